/* >>compile-base: what the parts of the model compiler share: names, orientations, limits */

#define MM_KINDS 25 /* mm_object values are below */

typedef struct mm_index {
  const mm_element **slot;
  size_t room;
} mm_index;

typedef struct mm_compile {
  mm_context *ctx;
  mm_spec *spec;
  mm_model *m;
  mm_arena arena;
  mm_index index[MM_KINDS];
  mm_list joints, geoms, sites, cameras, lights; /* in the order of the model: by body */
  mm_list pairs, excludes;                       /* in the order of the model: by bodies */
  mm_mesh *meshes;
} mm_compile;

/* what is wrong with element e: "file:line: <tag name>: ..." */
#define MM_WRONG(c, e, ...) mm__element_fail((c)->ctx, MM_E_MODEL, (e), __VA_ARGS__)

static const char *mm__kind_word(mm_object kind) {
  switch (kind) {
    case MM_OBJ_BODY:
    case MM_OBJ_XBODY: return "body";
    case MM_OBJ_JOINT: return "joint";
    case MM_OBJ_GEOM: return "geom";
    case MM_OBJ_SITE: return "site";
    case MM_OBJ_CAMERA: return "camera";
    case MM_OBJ_LIGHT: return "light";
    case MM_OBJ_MESH: return "mesh";
    case MM_OBJ_TEXTURE: return "texture";
    case MM_OBJ_MATERIAL: return "material";
    case MM_OBJ_PAIR: return "pair";
    case MM_OBJ_EXCLUDE: return "exclude";
    case MM_OBJ_EQUALITY: return "equality";
    case MM_OBJ_TENDON: return "tendon";
    case MM_OBJ_ACTUATOR: return "actuator";
    case MM_OBJ_SENSOR: return "sensor";
    case MM_OBJ_NUMERIC: return "numeric";
    case MM_OBJ_TEXT: return "text";
    case MM_OBJ_TUPLE: return "tuple";
    case MM_OBJ_KEY: return "key";
    default: return "object";
  }
}

/* the list of a spec that holds a kind, NULL if none does */
static mm_list *mm__spec_list(mm_spec *spec, mm_object kind) {
  switch (kind) {
    case MM_OBJ_BODY:
    case MM_OBJ_XBODY: return &spec->bodies;
    case MM_OBJ_JOINT: return &spec->joints;
    case MM_OBJ_GEOM: return &spec->geoms;
    case MM_OBJ_SITE: return &spec->sites;
    case MM_OBJ_CAMERA: return &spec->cameras;
    case MM_OBJ_LIGHT: return &spec->lights;
    case MM_OBJ_MESH: return &spec->meshes;
    case MM_OBJ_TEXTURE: return &spec->textures;
    case MM_OBJ_MATERIAL: return &spec->materials;
    case MM_OBJ_PAIR: return &spec->pairs;
    case MM_OBJ_EXCLUDE: return &spec->excludes;
    case MM_OBJ_EQUALITY: return &spec->equalities;
    case MM_OBJ_TENDON: return &spec->tendons;
    case MM_OBJ_ACTUATOR: return &spec->actuators;
    case MM_OBJ_SENSOR: return &spec->sensors;
    case MM_OBJ_NUMERIC: return &spec->numerics;
    case MM_OBJ_TEXT: return &spec->texts;
    case MM_OBJ_TUPLE: return &spec->tuples;
    case MM_OBJ_KEY: return &spec->keys;
    default: return NULL;
  }
}

/* ---- names ---- */

static size_t mm__index_slot(const mm_index *index, const char *name) {
  size_t slot = (size_t)mm__hash(MM_HASH_SEED, name, strlen(name)) & (index->room - 1);
  while (index->slot[slot] && strcmp(index->slot[slot]->name, name)) slot = (slot + 1) & (index->room - 1);
  return slot;
}

/* names of a list, each once */
static mm_status mm__index_build(mm_compile *c, mm_index *index, const mm_list *list, const char *word) {
  index->room = 16;
  while (index->room < 2 * (size_t)list->count) index->room *= 2;
  index->slot = MM_ARENA_NEW(&c->arena, const mm_element *, index->room);
  if (!index->slot) return MM_E_MEMORY;
  for (int i = 0; i < list->count; i++) {
    const mm_element *e = MM_ITEM(*list, mm_element, i);
    size_t slot;
    if (!e->name || !*e->name) continue;
    slot = mm__index_slot(index, e->name);
    if (index->slot[slot])
      return MM_WRONG(c, e, "name: there is a %s of this name already, at %s:%d", word,
                      index->slot[slot]->file, index->slot[slot]->line);
    index->slot[slot] = e;
  }
  return MM_OK;
}

/* the element of a kind and name, or NULL */
static const mm_element *mm__find_element(const mm_compile *c, mm_object kind, const char *name) {
  const mm_index *index = &c->index[kind == MM_OBJ_XBODY ? MM_OBJ_BODY : kind];
  return index->slot ? index->slot[mm__index_slot(index, name)] : NULL;
}

/* attribute `attr` of e names an element of a kind */
static mm_status mm__resolve(const mm_compile *c, const mm_element *e, const char *attr, mm_object kind,
                             const char *name, const mm_element **found) {
  *found = name && *name ? mm__find_element(c, kind, name) : NULL;
  if (*found) return MM_OK;
  return MM_WRONG(c, e, "%s: there is no %s \"%.100s\"", attr, mm__kind_word(kind), name ? name : "");
}

/* likewise, to its place; an attribute that is not given leaves -1 */
static mm_status mm__resolve_id(const mm_compile *c, const mm_element *e, const char *attr, mm_object kind,
                                const char *name, int *id) {
  const mm_element *found;
  *id = -1;
  if (!name || !*name) return MM_OK;
  MM_TRY(mm__resolve(c, e, attr, kind, name, &found));
  *id = found->id;
  return MM_OK;
}

/* likewise, of an attribute that must name something */
static mm_status mm__require_id(const mm_compile *c, const mm_element *e, const char *attr, mm_object kind,
                                const char *name, int *id) {
  const mm_element *found;
  *id = -1;
  MM_TRY(mm__resolve(c, e, attr, kind, name, &found));
  *id = found->id;
  return MM_OK;
}

static void mm__number(const mm_list *list) {
  for (int i = 0; i < list->count; i++) MM_ITEM(*list, mm_element, i)->id = i;
}

/* parts of bodies, sorted by body; those of one body keep their order */
static mm_status mm__sort_parts(mm_compile *c, const mm_list *from, mm_list *to) {
  int bodies = c->spec->bodies.count;
  int *at = MM_ARENA_NEW(&c->arena, int, bodies + 1);
  to->item = MM_ARENA_NEW(&c->arena, void *, from->count);
  if (!at || !to->item) return MM_E_MEMORY;
  to->count = to->room = from->count;
  for (int i = 0; i < from->count; i++) at[MM_ITEM(*from, mm_spec_part, i)->body->e.id + 1]++;
  for (int b = 0; b < bodies; b++) at[b + 1] += at[b];
  for (int i = 0; i < from->count; i++)
    to->item[at[MM_ITEM(*from, mm_spec_part, i)->body->e.id]++] = from->item[i];
  mm__number(to);
  return MM_OK;
}

/* ---- orientations ---- */

static void mm__euler_quat(double q[4], const double angle[3], const char *sequence) {
  mm__q_set(q, 1, 0, 0, 0);
  for (int i = 0; i < 3; i++) {
    double turn[4] = {cos(angle[i] / 2), 0, 0, 0}, result[4];
    int fixed = sequence[i] >= 'X' && sequence[i] <= 'Z';
    turn[1 + sequence[i] - (fixed ? 'X' : 'x')] = sin(angle[i] / 2);
    /* small letters turn about the moved axes, capitals about the fixed ones */
    if (fixed)
      mm__q_mul(result, turn, q);
    else
      mm__q_mul(result, q, turn);
    mm__q_copy(q, result);
  }
}

static mm_status mm__xyaxes_quat(const mm_compile *c, const mm_element *e, double q[4],
                                 const double axes[6]) {
  double x[3], y[3], z[3], along;
  mm__v3_copy(x, axes);
  mm__v3_copy(y, axes + 3);
  if (mm__unit(x, 3) < MM_LENGTH_TINY) return MM_WRONG(c, e, "xyaxes: the x axis is too short");
  along = mm__v3_dot(x, y);
  for (int k = 0; k < 3; k++) y[k] -= along * x[k];
  if (mm__unit(y, 3) < MM_LENGTH_TINY)
    return MM_WRONG(c, e, "xyaxes: the axes are parallel, or the y axis is too short");
  mm__v3_cross(z, x, y);
  mm__unit(z, 3);
  mm__q_from_axes(q, x, y, z);
  return MM_OK;
}

/* the unit quaternion of an orientation in any form */
static mm_status mm__orient_quat(const mm_compile *c, const mm_element *e, const mm_orient *o, double q[4]) {
  const mm_compiler *k = &c->spec->compiler;
  double unit = k->degree ? MM_PI / 180 : 1, axis[3], angle[3];
  switch ((mm_orient_form)o->form) {
    case MM_ORIENT_QUAT:
      mm__q_copy(q, o->quat);
      mm__unit(q, 4);
      return MM_OK;
    case MM_ORIENT_AXISANGLE:
      mm__v3_copy(axis, o->axisangle);
      if (mm__unit(axis, 3) < MM_LENGTH_TINY) return MM_WRONG(c, e, "axisangle: the axis is too short");
      angle[0] = o->axisangle[3] * unit / 2;
      mm__q_set(q, cos(angle[0]), sin(angle[0]) * axis[0], sin(angle[0]) * axis[1], sin(angle[0]) * axis[2]);
      return MM_OK;
    case MM_ORIENT_XYAXES: return mm__xyaxes_quat(c, e, q, o->xyaxes);
    case MM_ORIENT_ZAXIS:
      mm__v3_copy(axis, o->zaxis);
      if (mm__unit(axis, 3) < MM_LENGTH_TINY) return MM_WRONG(c, e, "zaxis: is too short");
      mm__q_from_z(q, axis);
      return MM_OK;
    case MM_ORIENT_EULER:
      for (int i = 0; i < 3; i++) angle[i] = o->euler[i] * unit;
      mm__euler_quat(q, angle, k->eulerseq);
      return MM_OK;
  }
  return MM_OK;
}

/* every frame in its body; frames outside come first in the list */
static mm_status mm__compile_frames(mm_compile *c) {
  for (int i = 0; i < c->spec->frames.count; i++) {
    mm_spec_frame *f = MM_ITEM(c->spec->frames, mm_spec_frame, i);
    mm__v3_copy(f->total_pos, f->pos);
    MM_TRY(mm__orient_quat(c, &f->e, &f->orient, f->total_quat));
    if (f->frame) mm__pose_in(f->frame->total_pos, f->frame->total_quat, f->total_pos, f->total_quat);
  }
  return MM_OK;
}

static void mm__in_frame(const mm_spec_frame *f, double pos[3], double quat[4]) {
  if (f) mm__pose_in(f->total_pos, f->total_quat, pos, quat);
}

/* ---- limits ---- */

/* A range is in force when "limited" says so, or when it is given and "limited" leaves it open (autolimits). */
static mm_status mm__limit(const mm_compile *c, const mm_element *e, const char *what, int limited,
                           const double range[2], int *on) {
  int given = range[0] != 0 || range[1] != 0;
  if (limited == MM_LIMITED_AUTO && given && !c->spec->compiler.autolimits)
    return MM_WRONG(c, e, "%s: is given without its \"limited\", and autolimits is false", what);
  *on = limited == MM_LIMITED_TRUE || (limited == MM_LIMITED_AUTO && range[0] < range[1]);
  return MM_OK;
}

static mm_status mm__limit_ordered(const mm_compile *c, const mm_element *e, const char *what, int limited,
                                   const double range[2], int *on) {
  MM_TRY(mm__limit(c, e, what, limited, range, on));
  if (*on && range[0] >= range[1]) return MM_WRONG(c, e, "%s: the lower end must lie below the upper", what);
  return MM_OK;
}

/* copies a row of a model array */
static void mm__row(double *array, int row, int columns, const double *values) {
  memcpy(array + (size_t)row * (size_t)columns, values, (size_t)columns * sizeof *array);
}
