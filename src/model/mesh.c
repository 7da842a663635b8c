/* >>model-mesh: triangle meshes: STL files, convex hull, volume inertia, and the frame that the vertices are put in

   A mesh of triangles with corners D E F has, seen from a point o, the volume V = sum (c - o) . n A / 3 over faces of
   area A, normal n and centre c, each a pyramid whose centre of mass is (3 c + o) / 4. About the centre of mass the
   products of inertia of a pyramid with its apex there are
     P_ij = V / 20 (2 (Di Dj + Ei Ej + Fi Fj) + Di Ej + Dj Ei + Di Fj + Dj Fi + Ei Fj + Ej Fi),
   and with V / 20 replaced by A / 12 those of a shell. The modes are MuJoCo's: "exact" takes V as it is, "legacy" its
   size (so that holes and turned faces do little harm), "convex" the faces of the hull, "shell" the surface.
   Vertices leave in the frame of the centre of mass and principal axes; geoms take that frame into their own. */

typedef struct mm_mesh {
  const mm_spec_mesh *spec;
  double *vert; /* [nvert, 3] */
  int *face;    /* [nface, 3] */
  int nvert, nface;
  double pos[3], quat[4]; /* the frame that was taken out of the vertices */
  double box[3];          /* half sizes of the box with the same inertia */
  double volume;          /* or surface */
  double low[3], high[3]; /* bounds of the vertices */
} mm_mesh;

#define MM_MESH_TINY 1e-15
#define MM_STL_FACES 5000000

/* ---- STL ---- */

static uint32_t mm__le32(const char *bytes) {
  const unsigned char *b = (const unsigned char *)bytes;
  return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static float mm__le_float(const char *bytes) {
  uint32_t bits = mm__le32(bytes);
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static mm_status mm__stl_corner(mm_context *ctx, const char *path, int index, const float v[3], float *out) {
  for (int k = 0; k < 3; k++) {
    if (!isfinite(v[k]) || fabsf(v[k]) > 1e9f)
      return mm__fail(ctx, MM_E_DATA, "%s: triangle %d: a coordinate is not finite or beyond 1e9", path,
                      index / 3);
    out[3 * index + k] = v[k] + 0.0f; /* -0 becomes 0 */
  }
  return MM_OK;
}

/* header of 80 bytes, number of triangles, and for each: normal, three corners, two bytes of attributes */
static mm_status mm__stl_binary(mm_arena *arena, const char *path, const char *bytes, int count,
                                float **corners) {
  *corners = MM_ARENA_NEW(arena, float, 9 * (size_t)count);
  if (!*corners) return MM_E_MEMORY;
  for (int i = 0; i < 3 * count; i++) {
    const char *at = bytes + 84 + 50 * (size_t)(i / 3) + 12 + 12 * (size_t)(i % 3);
    float v[3];
    for (int k = 0; k < 3; k++) v[k] = mm__le_float(at + 4 * k);
    MM_TRY(mm__stl_corner(arena->ctx, path, i, v, *corners));
  }
  return MM_OK;
}

typedef struct mm_stl_text {
  mm_context *ctx;
  const char *path, *at;
  int line;
} mm_stl_text;

static void mm__stl_space(mm_stl_text *t) {
  for (; *t->at && strchr(" \t\r\n", *t->at); t->at++) t->line += *t->at == '\n';
}

static int mm__stl_is(mm_stl_text *t, const char *word) {
  size_t n = strlen(word);
  mm__stl_space(t);
  return !strncmp(t->at, word, n) && (!t->at[n] || strchr(" \t\r\n", t->at[n]));
}

static mm_status mm__stl_expect(mm_stl_text *t, const char *word) {
  if (!mm__stl_is(t, word))
    return mm__fail(t->ctx, MM_E_PARSE, "%s:%d: expected \"%s\"", t->path, t->line, word);
  t->at += strlen(word);
  return MM_OK;
}

static mm_status mm__stl_vector(mm_stl_text *t, float v[3]) {
  for (int k = 0; k < 3; k++) {
    double number;
    const char *end;
    mm__stl_space(t);
    end = mm__parse_real(t->at, &number);
    if (!end) return mm__fail(t->ctx, MM_E_PARSE, "%s:%d: expected a number", t->path, t->line);
    v[k] = fabs(number) < 3e38 ? (float)number : (float)INFINITY;
    t->at = end;
  }
  return MM_OK;
}

static mm_status mm__stl_facet(mm_stl_text *t, int index, float *corners) {
  float v[3];
  MM_TRY(mm__stl_expect(t, "facet"));
  MM_TRY(mm__stl_expect(t, "normal"));
  MM_TRY(mm__stl_vector(t, v));
  MM_TRY(mm__stl_expect(t, "outer"));
  MM_TRY(mm__stl_expect(t, "loop"));
  for (int i = 0; i < 3; i++) {
    MM_TRY(mm__stl_expect(t, "vertex"));
    MM_TRY(mm__stl_vector(t, v));
    MM_TRY(mm__stl_corner(t->ctx, t->path, 3 * index + i, v, corners));
  }
  MM_TRY(mm__stl_expect(t, "endloop"));
  return mm__stl_expect(t, "endfacet");
}

/* solid name { facet normal n { outer loop { vertex v } three times endloop } endfacet } endsolid name */
static mm_status mm__stl_words(mm_arena *arena, const char *path, const char *bytes, size_t size,
                               float **corners, int *count) {
  mm_stl_text t;
  int room = (int)(size / 60) + 1; /* a facet has more letters */
  t.ctx = arena->ctx;
  t.path = path;
  t.at = bytes;
  t.line = 1;
  *count = 0;
  *corners = MM_ARENA_NEW(arena, float, 9 * (size_t)room);
  if (!*corners) return MM_E_MEMORY;
  MM_TRY(mm__stl_expect(&t, "solid"));
  t.at += strcspn(t.at, "\n");
  for (; mm__stl_is(&t, "facet"); ++*count) {
    if (*count == room) return mm__fail(t.ctx, MM_E_PARSE, "%s:%d: a facet is too short", path, t.line);
    MM_TRY(mm__stl_facet(&t, *count, *corners));
  }
  return mm__stl_expect(&t, "endsolid");
}

/* corners of all triangles of an STL file, binary or text */
static mm_status mm__stl_parse(mm_arena *arena, const char *path, const char *bytes, size_t size,
                               float **corners, int *count) {
  uint32_t faces = size >= 84 ? mm__le32(bytes + 80) : 0;
  if (size >= 84 && (uint64_t)faces * 50 + 84 == (uint64_t)size && faces > 0) {
    if (faces > MM_STL_FACES)
      return mm__fail(arena->ctx, MM_E_UNSUPPORTED, "%s: %u triangles are more than %d", path,
                      (unsigned)faces, MM_STL_FACES);
    *count = (int)faces;
    return mm__stl_binary(arena, path, bytes, *count, corners);
  }
  if (size >= 6 && !strncmp(bytes, "solid", 5) && strchr(" \t\r\n", bytes[5]) &&
      !memchr(bytes, 0, size < 512 ? size : 512)) {
    MM_TRY(mm__stl_words(arena, path, bytes, size, corners, count));
    return *count ? MM_OK : mm__fail(arena->ctx, MM_E_PARSE, "%s: has no triangles", path);
  }
  if (size < 84)
    return mm__fail(arena->ctx, MM_E_PARSE, "%s: truncated STL file: %zu bytes, the header alone has 84",
                    path, size);
  return mm__fail(arena->ctx, MM_E_PARSE,
                  "%s: truncated STL file, or none: %u triangles need %llu bytes, it has %zu", path,
                  (unsigned)faces, (unsigned long long)faces * 50 + 84, size);
}

/* ---- vertices ---- */

/* equal corners become one vertex, numbered as they first appear */
static mm_status mm__mesh_weld(mm_arena *arena, const float *corners, int count, mm_mesh *mesh) {
  size_t room = 16, n = 3 * (size_t)count;
  int *slots;
  while (room < 2 * n) room *= 2;
  slots = MM_ARENA_NEW(arena, int, room); /* vertex + 1, 0: free */
  mesh->vert = MM_ARENA_NEW(arena, double, 3 * n);
  mesh->face = MM_ARENA_NEW(arena, int, n);
  if (!slots || !mesh->vert || !mesh->face) return MM_E_MEMORY;
  mesh->nface = count;
  for (size_t i = 0; i < n; i++) {
    const float *v = corners + 3 * i;
    size_t slot = (size_t)mm__hash(MM_HASH_SEED, v, 3 * sizeof *v) & (room - 1);
    int found = -1;
    for (; slots[slot] && found < 0; slot = (slot + 1) & (room - 1)) {
      const double *u = mesh->vert + 3 * (slots[slot] - 1);
      if (u[0] == (double)v[0] && u[1] == (double)v[1] && u[2] == (double)v[2]) found = slots[slot] - 1;
    }
    if (found < 0) {
      found = mesh->nvert++;
      for (int k = 0; k < 3; k++) mesh->vert[3 * found + k] = (double)v[k];
      slots[slot] = found + 1;
    }
    mesh->face[i] = found;
  }
  return MM_OK;
}

/* vertex and face of the element itself; numbers are rounded to float as MuJoCo does */
static mm_status mm__mesh_inline(mm_arena *arena, const mm_spec_mesh *spec, mm_mesh *mesh) {
  mm_context *ctx = arena->ctx;
  if (spec->vertex.count % 3)
    return mm__element_fail(ctx, MM_E_MODEL, &spec->e, "vertex: %d numbers are no triples",
                            spec->vertex.count);
  if (spec->face.count % 3)
    return mm__element_fail(ctx, MM_E_MODEL, &spec->e, "face: %d numbers are no triples", spec->face.count);
  mesh->nvert = spec->vertex.count / 3;
  mesh->nface = spec->face.count / 3;
  mesh->vert = MM_ARENA_NEW(arena, double, spec->vertex.count);
  mesh->face = MM_ARENA_NEW(arena, int, spec->face.count);
  if (!mesh->vert || !mesh->face) return MM_E_MEMORY;
  for (int i = 0; i < spec->vertex.count; i++) {
    if (fabs(spec->vertex.value[i]) > 1e9)
      return mm__element_fail(ctx, MM_E_MODEL, &spec->e, "vertex: a coordinate is beyond 1e9");
    mesh->vert[i] = (double)(float)spec->vertex.value[i];
  }
  for (int i = 0; i < spec->face.count; i++) {
    double v = spec->face.value[i];
    if (v != floor(v) || v < 0 || v >= mesh->nvert)
      return mm__element_fail(ctx, MM_E_MODEL, &spec->e, "face: there is no vertex %g", v);
    mesh->face[i] = (int)v;
  }
  return MM_OK;
}

/* meshdir/file beside the main file; else, if an included file has the mesh, file beside that one */
static char *mm__asset_path(mm_arena *arena, const mm_spec *spec, const char *folder, const char *name,
                            const mm_xml_file *origin) {
  const char *base = name;
  char *path;
  if (spec->compiler.strippath)
    for (const char *p = name; *p; p++)
      if (*p == '/' || *p == '\\') base = p + 1;
  path = mm__path_join(arena, spec->dir, folder);
  if (path) path = mm__path_join(arena, path, base);
  if (path && origin->dir != spec->dir && !spec->compiler.strippath && !mm__path_exists(path)) {
    char *beside = mm__path_join(arena, origin->dir, name);
    if (!beside || mm__path_exists(beside)) return beside;
  }
  return path;
}

static mm_status mm__mesh_file(mm_arena *arena, const mm_spec *spec, mm_mesh *mesh) {
  mm_context *ctx = arena->ctx;
  const mm_spec_mesh *m = mesh->spec;
  const char *dot = strrchr(m->path, '.');
  float *corners = NULL;
  int count = 0;
  char *path, *bytes, message[700];
  size_t size;
  mm_status status;
  if (!dot || (strcmp(dot, ".stl") && strcmp(dot, ".STL")))
    return mm__element_fail(ctx, MM_E_UNSUPPORTED, &m->e, "file: \"%s\": only STL files are supported",
                            m->path);
  path = mm__asset_path(arena, spec, spec->compiler.meshdir, m->path, m->origin);
  if (!path) return MM_E_FILE;
  status = mm__file_read(ctx, path, MM_XML_BYTES, &bytes, &size);
  if (status == MM_OK) {
    status = mm__stl_parse(arena, path, bytes, size, &corners, &count);
    mm__free(ctx, bytes);
  }
  if (status != MM_OK && status != MM_E_MEMORY) {
    snprintf(message, sizeof message, "%.690s", ctx->error);
    return mm__element_fail(ctx, status, &m->e, "file: %s", message);
  }
  return status == MM_OK ? mm__mesh_weld(arena, corners, count, mesh) : status;
}

/* ---- convex hull, by adding one vertex after the other ----

   All rests on one question: does vertex p lie outside the plane of a face a b c? Answered with rounding errors it
   gives hulls with holes, so where double precision cannot tell, it is answered in pairs of doubles (about 106 bits,
   which is enough for coordinates that are floats of like size). Then a vertex sees whole facets only, what it sees
   has one rim, and no face without area arises. */

typedef struct mm_pair {
  double high, low;
} mm_pair;

static mm_pair mm__pair_of_sum(double a, double b) {
  mm_pair r;
  double of_b;
  r.high = a + b;
  of_b = r.high - a;
  r.low = (a - (r.high - of_b)) + (b - of_b);
  return r;
}

static mm_pair mm__pair_add(mm_pair a, mm_pair b) {
  mm_pair high = mm__pair_of_sum(a.high, b.high), low = mm__pair_of_sum(a.low, b.low);
  high = mm__pair_of_sum(high.high, high.low + low.high);
  return mm__pair_of_sum(high.high, high.low + low.low);
}

static mm_pair mm__pair_mul(mm_pair a, mm_pair b) {
  double product = a.high * b.high;
  return mm__pair_of_sum(product, fma(a.high, b.high, -product) + (a.high * b.low + a.low * b.high));
}

static mm_pair mm__pair_negative(mm_pair a) {
  a.high = -a.high;
  a.low = -a.low;
  return a;
}

/* determinant of three rows */
static mm_pair mm__pair_det(mm_pair row[3][3]) {
  mm_pair sum = {0, 0};
  for (int k = 0; k < 3; k++) {
    int i = (k + 1) % 3, j = (k + 2) % 3;
    mm_pair minor = mm__pair_add(mm__pair_mul(row[1][i], row[2][j]),
                                 mm__pair_negative(mm__pair_mul(row[1][j], row[2][i])));
    sum = mm__pair_add(sum, mm__pair_mul(row[0][k], minor));
  }
  return sum;
}

/* positive if p lies on the side from which a b c run counterclockwise, 0 if in their plane */
static double mm__outside(const double *a, const double *b, const double *c, const double *p) {
  const double *corner[3];
  double row[3][3], det = 0, size = 0;
  mm_pair fine[3][3];
  corner[0] = p;
  corner[1] = b;
  corner[2] = c;
  for (int r = 0; r < 3; r++)
    for (int k = 0; k < 3; k++) row[r][k] = corner[r][k] - a[k];
  for (int k = 0; k < 3; k++) {
    int i = (k + 1) % 3, j = (k + 2) % 3;
    double one = row[1][i] * row[2][j], other = row[1][j] * row[2][i];
    det += row[0][k] * (one - other);
    size += fabs(row[0][k]) * (fabs(one) + fabs(other));
  }
  if (fabs(det) > 1e-15 * size) return det;
  for (int r = 0; r < 3; r++)
    for (int k = 0; k < 3; k++) fine[r][k] = mm__pair_of_sum(corner[r][k], -a[k]);
  det = mm__pair_det(fine).high;
  return fabs(det) > 1e-29 * size ? det : 0;
}

typedef struct mm_hull_face {
  int v[3], alive;
} mm_hull_face;
typedef struct mm_hull {
  mm_arena *arena;
  const double *vert;
  mm_hull_face *face;
  int count, room, alive;
} mm_hull;

static mm_status mm__hull_add(mm_hull *h, int a, int b, int c) {
  mm_hull_face *f;
  if (h->count == h->room) {
    int room = h->room ? 2 * h->room : 64;
    mm_hull_face *grown = MM_ARENA_NEW(h->arena, mm_hull_face, room);
    if (!grown) return MM_E_MEMORY;
    if (h->count) memcpy(grown, h->face, (size_t)h->count * sizeof *grown);
    h->face = grown;
    h->room = room;
  }
  f = &h->face[h->count++];
  h->alive++;
  f->v[0] = a;
  f->v[1] = b;
  f->v[2] = c;
  f->alive = 1;
  return MM_OK;
}

static int mm__hull_sees(const mm_hull *h, const mm_hull_face *f, int v) {
  const double *x = h->vert;
  return mm__outside(x + 3 * f->v[0], x + 3 * f->v[1], x + 3 * f->v[2], x + 3 * v) > 0;
}

/* four vertices to begin with: far apart, far from a line, far from a plane; 0 if all lie in a plane */
static int mm__hull_corners(const double *vert, int n, int corner[4]) {
  double best[4] = {0, 0, 0, 0}, u[3] = {0, 0, 0}, w[3], normal[3] = {0, 0, 0}, d;
  memset(corner, 0, 4 * sizeof *corner);
  for (int pass = 1; pass < 4; pass++) {
    for (int i = 1; i < n; i++) {
      for (int k = 0; k < 3; k++) w[k] = vert[3 * i + k] - vert[k];
      if (pass == 2) mm__v3_cross(normal, u, w);
      d = pass == 1 ? mm__v3_dot(w, w) : pass == 2 ? mm__v3_dot(normal, normal) : fabs(mm__v3_dot(normal, w));
      if (!(d > best[pass])) continue;
      best[pass] = d;
      corner[pass] = i;
    }
    for (int k = 0; k < 3; k++) {
      u[k] = vert[3 * corner[1] + k] - vert[k];
      w[k] = vert[3 * corner[2] + k] - vert[k];
    }
    mm__v3_cross(normal, u, w);
  }
  return mm__outside(vert, vert + 3 * corner[1], vert + 3 * corner[2], vert + 3 * corner[3]) != 0;
}

/* takes away the faces that vertex v sees, and joins the rim of the hole to v */
static mm_status mm__hull_extend(mm_hull *h, int v, mm_list *edges) {
  int count = h->count;
  edges->count = 0;
  for (int i = 0; i < count; i++) {
    mm_hull_face *f = &h->face[i];
    if (!f->alive || !mm__hull_sees(h, f, v)) continue;
    f->alive = 0;
    h->alive--;
    for (int k = 0; k < 3; k++) MM_TRY(mm__list_add(h->arena, edges, &f->v[k]));
  }
  for (int i = 0; i < edges->count; i++) {
    const int *a = (const int *)edges->item[i], *b = i % 3 == 2 ? a - 2 : a + 1;
    int from = *a, to = *b, inner = 0;
    for (int j = 0; j < edges->count && !inner; j++) {
      const int *c = (const int *)edges->item[j], *d = j % 3 == 2 ? c - 2 : c + 1;
      inner = *c == to && *d == from;
    }
    if (!inner) MM_TRY(mm__hull_add(h, from, to, v));
  }
  return MM_OK;
}

static void mm__hull_forget_dead(mm_hull *h) {
  int alive = 0;
  for (int i = 0; i < h->count; i++)
    if (h->face[i].alive) h->face[alive++] = h->face[i];
  h->count = alive;
}

/* Faces of the convex hull of the vertices, outward. *count 0: they lie in a plane, or in spite of all they tear the
   hull, which would show in more faces than a closed surface over n vertices has. */
static mm_status mm__mesh_hull(mm_arena *arena, const double *vert, int n, int **face, int *count) {
  mm_hull h;
  mm_list edges;
  int c[4], swap;
  memset(&h, 0, sizeof h);
  memset(&edges, 0, sizeof edges);
  h.arena = arena;
  h.vert = vert;
  *count = 0;
  if (!mm__hull_corners(vert, n, c)) return MM_OK;
  if (mm__outside(vert + 3 * c[0], vert + 3 * c[1], vert + 3 * c[2], vert + 3 * c[3]) > 0) {
    swap = c[1];
    c[1] = c[2];
    c[2] = swap;
  }
  MM_TRY(mm__hull_add(&h, c[0], c[1], c[2]));
  MM_TRY(mm__hull_add(&h, c[1], c[0], c[3]));
  MM_TRY(mm__hull_add(&h, c[2], c[1], c[3]));
  MM_TRY(mm__hull_add(&h, c[0], c[2], c[3]));
  for (int v = 0; v < n; v++) {
    if (v == c[0] || v == c[1] || v == c[2] || v == c[3]) continue;
    MM_TRY(mm__hull_extend(&h, v, &edges));
    if (h.alive > 2 * n) return MM_OK;
    if (h.count > 2 * h.alive + 64) mm__hull_forget_dead(&h);
  }
  mm__hull_forget_dead(&h);
  *face = MM_ARENA_NEW(arena, int, 3 * (size_t)h.count);
  if (!*face) return MM_E_MEMORY;
  for (int i = 0; i < h.count; i++) memcpy(*face + 3 * i, h.face[i].v, sizeof h.face[i].v);
  *count = h.count;
  return MM_OK;
}

/* ---- inertia ---- */

/* area of a triangle, its unit normal and its centre */
static double mm__triangle(const double *a, const double *b, const double *c, double normal[3],
                           double center[3]) {
  double u[3], w[3], length;
  for (int k = 0; k < 3; k++) {
    u[k] = b[k] - a[k];
    w[k] = c[k] - a[k];
    center[k] = (a[k] + b[k] + c[k]) / 3;
  }
  mm__v3_cross(normal, u, w);
  length = sqrt(mm__v3_dot(normal, normal));
  if (length < MM_MESH_TINY) return 0;
  for (int k = 0; k < 3; k++) normal[k] /= length;
  return 0.5 * length;
}

/* signed volume of the pyramid from o to a face, or its area, as the mode takes it */
static double mm__mesh_measure(const double *vert, const int *f, int mode, const double o[3],
                               double center[3]) {
  double normal[3], d[3],
      area = mm__triangle(vert + 3 * f[0], vert + 3 * f[1], vert + 3 * f[2], normal, center), volume;
  if (mode == MM_MESH_SHELL) return area;
  for (int k = 0; k < 3; k++) d[k] = center[k] - o[k];
  volume = mm__v3_dot(d, normal) * area / 3;
  return mode == MM_MESH_LEGACY ? fabs(volume) : volume;
}

/* centre of mass seen from the centroid of the faces; returns volume or surface */
static double mm__mesh_center(const mm_mesh *m, const int *face, int nface, double com[3]) {
  double o[3] = {0, 0, 0}, center[3], area = 0, total = 0;
  const double origin[3] = {0, 0, 0};
  for (int i = 0; i < m->nface; i++) {
    double a = mm__mesh_measure(m->vert, m->face + 3 * i, MM_MESH_SHELL, origin, center);
    for (int k = 0; k < 3; k++) o[k] += a * center[k];
    area += a;
  }
  if (area < MM_MESH_TINY) return 0;
  for (int k = 0; k < 3; k++) o[k] /= area;
  mm__v3_set(com, 0, 0, 0);
  for (int i = 0; i < nface; i++) {
    double v = mm__mesh_measure(m->vert, face + 3 * i, m->spec->inertia, o, center);
    total += v;
    for (int k = 0; k < 3; k++) com[k] += v * (center[k] * 3 / 4 + o[k] / 4);
  }
  for (int k = 0; k < 3 && total >= MM_MESH_TINY; k++) com[k] /= total;
  return total;
}

/* inertia of unit density about the origin, where the centre of mass must be; returns volume or surface */
static double mm__mesh_inertia(const mm_mesh *m, const int *face, int nface, double full[6]) {
  static const int row[6] = {0, 1, 2, 0, 0, 1}, column[6] = {0, 1, 2, 1, 2, 2};
  const double origin[3] = {0, 0, 0}, scale = m->spec->inertia == MM_MESH_SHELL ? 12 : 20;
  double product[6] = {0, 0, 0, 0, 0, 0}, center[3], total = 0;
  for (int i = 0; i < nface; i++) {
    const double *d = m->vert + 3 * face[3 * i], *e = m->vert + 3 * face[3 * i + 1],
                 *f = m->vert + 3 * face[3 * i + 2];
    double v = mm__mesh_measure(m->vert, face + 3 * i, m->spec->inertia, origin, center);
    total += v;
    for (int n = 0; n < 6; n++) {
      int a = row[n], b = column[n];
      product[n] += v / scale *
                    (2 * (d[a] * d[b] + e[a] * e[b] + f[a] * f[b]) + d[a] * e[b] + d[b] * e[a] + d[a] * f[b] +
                     d[b] * f[a] + e[a] * f[b] + e[b] * f[a]);
    }
  }
  full[0] = product[1] + product[2];
  full[1] = product[0] + product[2];
  full[2] = product[0] + product[1];
  for (int n = 3; n < 6; n++) full[n] = -product[n];
  return total;
}

/* refpos and refquat are taken out, then the scale is applied; a mirror turns the faces over */
static void mm__mesh_transform(mm_mesh *mesh) {
  const mm_spec_mesh *m = mesh->spec;
  double q[4], inverse[4];
  mm__q_copy(q, m->refquat);
  mm__unit(q, 4);
  mm__q_conjugate(inverse, q);
  for (int i = 0; i < mesh->nvert; i++) {
    double *v = mesh->vert + 3 * i;
    for (int k = 0; k < 3; k++) v[k] -= m->refpos[k];
    if (q[0] != 1) mm__q_rotate(v, inverse, v);
    for (int k = 0; k < 3; k++) v[k] *= m->scale[k];
  }
}

static void mm__mesh_flip(int *face, int count) {
  for (int i = 0; i < count; i++) {
    int swap = face[3 * i + 1];
    face[3 * i + 1] = face[3 * i + 2];
    face[3 * i + 2] = swap;
  }
}

static int mm__edge_order(const void *a, const void *b) {
  const int *x = (const int *)a, *y = (const int *)b;
  if (x[0] != y[0]) return x[0] < y[0] ? -1 : 1;
  return x[1] < y[1] ? -1 : x[1] > y[1];
}

/* "exact" needs faces that agree on what is outside: no edge may be run through twice in one direction */
static mm_status mm__mesh_oriented(mm_arena *arena, const mm_mesh *m) {
  int *edge = MM_ARENA_NEW(arena, int, 6 * (size_t)m->nface), count = 0;
  if (!edge) return MM_E_MEMORY;
  for (int i = 0; i < m->nface; i++) {
    const int *f = m->face + 3 * i;
    double normal[3], center[3];
    if (mm__triangle(m->vert + 3 * f[0], m->vert + 3 * f[1], m->vert + 3 * f[2], normal, center) <=
        sqrt(MM_MESH_TINY))
      continue;
    for (int k = 0; k < 3; k++, count++) {
      edge[2 * count] = f[k];
      edge[2 * count + 1] = f[(k + 1) % 3];
    }
  }
  qsort(edge, (size_t)count, 2 * sizeof *edge, mm__edge_order);
  for (int i = 1; i < count; i++)
    if (!mm__edge_order(edge + 2 * i, edge + 2 * i - 2))
      return mm__element_fail(
          arena->ctx, MM_E_MODEL, &m->spec->e,
          "inertia: \"exact\" needs faces that are turned alike; those at vertices %d and %d are not",
          edge[2 * i] + 1, edge[2 * i + 1] + 1);
  return MM_OK;
}

/* moves the vertices to the centre of mass and principal axes, and notes box and bounds */
static mm_status mm__mesh_settle(mm_arena *arena, mm_mesh *m, const int *face, int nface) {
  const mm_element *e = &m->spec->e;
  double full[6], moment[3], inverse[4];
  m->volume = mm__mesh_center(m, face, nface, m->pos);
  if (m->volume < MM_MESH_TINY)
    return mm__element_fail(arena->ctx, MM_E_MODEL, e,
                            m->volume < 0 ? "the volume is negative: the faces are turned inside out"
                                          : "the volume is too small; inertia=\"shell\" may suit");
  for (int i = 0; i < m->nvert; i++)
    for (int k = 0; k < 3; k++) m->vert[3 * i + k] -= m->pos[k];
  m->volume = mm__mesh_inertia(m, face, nface, full);
  mm__inertia_axes(moment, m->quat, full);
  if (moment[2] <= 0)
    return mm__element_fail(arena->ctx, MM_E_MODEL, e, "a principal moment of inertia is not positive");
  for (int i = 0; i < 3; i++) {
    double sum = moment[(i + 1) % 3] + moment[(i + 2) % 3];
    if (sum < moment[i] * (1 - 1e-6) - 1e-9)
      return mm__element_fail(arena->ctx, MM_E_MODEL, e, "the principal moments violate A + B >= C");
    m->box[i] = 0.5 * sqrt(6 * (sum > moment[i] ? sum - moment[i] : 0) / m->volume);
  }
  mm__q_conjugate(inverse, m->quat);
  for (int i = 0; i < m->nvert; i++) {
    double *v = m->vert + 3 * i;
    mm__q_rotate(v, inverse, v);
    for (int k = 0; k < 3; k++) {
      if (i == 0 || v[k] < m->low[k]) m->low[k] = v[k];
      if (i == 0 || v[k] > m->high[k]) m->high[k] = v[k];
    }
  }
  return MM_OK;
}

/* from vertices and faces as they were read to the mesh of the model */
static mm_status mm__mesh_finish(mm_arena *arena, mm_mesh *mesh) {
  const mm_spec_mesh *m = mesh->spec;
  int *hull = NULL, hull_count = 0, convex = m->inertia == MM_MESH_CONVEX;
  if (mesh->nvert < 4)
    return mm__element_fail(arena->ctx, MM_E_MODEL, &m->e, "has %d different vertices, at least 4 are needed",
                            mesh->nvert);
  if (convex || !mesh->nface) {
    MM_TRY(mm__mesh_hull(arena, mesh->vert, mesh->nvert, &hull, &hull_count));
    if (!hull_count)
      return mm__element_fail(arena->ctx, MM_E_MODEL, &m->e,
                              "there is no convex hull: the vertices lie in a plane, or almost");
  }
  if (m->inertia == MM_MESH_EXACT && mesh->nface) MM_TRY(mm__mesh_oriented(arena, mesh));
  if (m->scale[0] * m->scale[1] * m->scale[2] < 0) {
    mm__mesh_flip(mesh->face, mesh->nface);
    mm__mesh_flip(hull, hull_count);
  }
  if (!mesh->nface) {
    mesh->face = hull;
    mesh->nface = hull_count;
  }
  mm__mesh_transform(mesh);
  return mm__mesh_settle(arena, mesh, convex ? hull : mesh->face, convex ? hull_count : mesh->nface);
}

static mm_status mm__mesh_compile(mm_arena *arena, const mm_spec *spec, const mm_spec_mesh *m,
                                  mm_mesh *mesh) {
  memset(mesh, 0, sizeof *mesh);
  mesh->spec = m;
  MM_TRY(m->path ? mm__mesh_file(arena, spec, mesh) : mm__mesh_inline(arena, m, mesh));
  return mm__mesh_finish(arena, mesh);
}
