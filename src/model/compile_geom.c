/* >>compile-geom: geoms and sites: frames, sizes, mass and inertia of the shapes */

/* how many sizes of each mm_geom_type must be positive */
static const int mm__geom_sizes[8] = {3, 0, 1, 2, 3, 2, 3, 0};

/* fromto: the z axis runs from the second point to the first, the middle is the position, half the length a size */
static mm_status mm__apply_fromto(const mm_compile *c, const mm_element *e, int type, const double ends[6],
                                  double size[3], double pos[3], double quat[4]) {
  double axis[3], half;
  if (type != MM_GEOM_CAPSULE && type != MM_GEOM_CYLINDER && type != MM_GEOM_ELLIPSOID && type != MM_GEOM_BOX)
    return MM_WRONG(c, e, "fromto: only for capsule, cylinder, ellipsoid and box");
  if (pos[0] != 0 || pos[1] != 0 || pos[2] != 0) return MM_WRONG(c, e, "fromto: pos is given too");
  for (int k = 0; k < 3; k++) {
    axis[k] = ends[k] - ends[3 + k];
    pos[k] = (ends[k] + ends[3 + k]) / 2;
  }
  half = mm__unit(axis, 3) / 2;
  if (half < MM_LENGTH_TINY) return MM_WRONG(c, e, "fromto: the points are too close");
  size[1] = half;
  if (type == MM_GEOM_ELLIPSOID || type == MM_GEOM_BOX) {
    size[1] = size[0];
    size[2] = half;
  }
  mm__q_from_z(quat, axis);
  return MM_OK;
}

static mm_status mm__check_size(const mm_compile *c, const mm_element *e, int type, const double size[3]) {
  if (type == MM_GEOM_PLANE)
    return size[2] > 0 ? MM_OK : MM_WRONG(c, e, "size: the third number of a plane must be positive");
  for (int k = 0; k < mm__geom_sizes[type]; k++)
    if (!(size[k] > 0)) return MM_WRONG(c, e, "size: number %d must be given and positive", k + 1);
  return MM_OK;
}

/* sizes of a shape that stands for a mesh: as its inertia box, or as its bounds, whose centre is then the shape's */
static void mm__fit_mesh(const mm_compile *c, const mm_spec_geom *g, const mm_mesh *mesh, double size[3],
                         double center[3]) {
  int bounds = c->spec->compiler.fitaabb;
  double half[3];
  for (int k = 0; k < 3; k++) {
    center[k] = bounds ? (mesh->low[k] + mesh->high[k]) / 2 : 0;
    half[k] = bounds ? mesh->high[k] - center[k] : mesh->box[k];
  }
  if (g->type == MM_GEOM_SPHERE) {
    size[0] = bounds ? fmax(fmax(half[0], half[1]), half[2]) : (half[0] + half[1] + half[2]) / 3;
  } else if (g->type == MM_GEOM_CAPSULE || g->type == MM_GEOM_CYLINDER) {
    size[0] = bounds ? fmax(half[0], half[1]) : (half[0] + half[1]) / 2;
    size[1] = half[2];
    if (g->type == MM_GEOM_CAPSULE) size[1] = bounds ? size[1] - size[0] : fmax(0, half[2] - size[0] / 2);
  } else {
    mm__v3_copy(size, half);
  }
  for (int k = 0; k < 3; k++) size[k] *= g->fitscale;
}

/* takes the frame of the mesh into the geom, and its size, or the size of the shape that stands for it */
static mm_status mm__geom_mesh(const mm_compile *c, const mm_spec_geom *g, const mm_mesh *mesh,
                               double size[3], double pos[3], double quat[4]) {
  double offset[3] = {0, 0, 0}, turned[4];
  if (mm__given(g->fromto[0])) return MM_WRONG(c, &g->p.e, "fromto: not with a mesh");
  if (g->type == MM_GEOM_PLANE) return MM_WRONG(c, &g->p.e, "mesh: a plane cannot stand for a mesh");
  if (g->type != MM_GEOM_MESH)
    mm__fit_mesh(c, g, mesh, size, offset);
  else if (g->shellinertia)
    return MM_WRONG(c, &g->p.e, "shellinertia: is set in the mesh, by inertia=\"shell\"");
  mm__pose_in(mesh->pos, mesh->quat, offset, NULL);
  mm__q_rotate(offset, quat, offset);
  for (int k = 0; k < 3; k++) pos[k] += offset[k];
  mm__q_mul(turned, quat, mesh->quat);
  mm__q_copy(quat, turned);
  for (int k = 0; k < 3 && g->type == MM_GEOM_MESH; k++)
    size[k] = fmax(fabs(mesh->low[k]), fabs(mesh->high[k]));
  return MM_OK;
}

/* ---- mass ---- */

/* volume of a shape, or its surface if only that has mass */
static double mm__shape_volume(int type, int shell, const double s[3]) {
  double p = 1.6075;
  switch (type) {
    case MM_GEOM_SPHERE: return shell ? 4 * MM_PI * s[0] * s[0] : 4 * MM_PI * s[0] * s[0] * s[0] / 3;
    case MM_GEOM_CAPSULE:
      return shell ? 4 * MM_PI * s[0] * (s[0] + s[1]) : MM_PI * s[0] * s[0] * (2 * s[1] + 4 * s[0] / 3);
    case MM_GEOM_CYLINDER:
      return shell ? 2 * MM_PI * s[0] * (s[0] + 2 * s[1]) : 2 * MM_PI * s[0] * s[0] * s[1];
    case MM_GEOM_ELLIPSOID: /* surface: the approximation of K. Thomsen */
      if (!shell) return 4 * MM_PI * s[0] * s[1] * s[2] / 3;
      return 4 * MM_PI * pow((pow(s[0] * s[1], p) + pow(s[1] * s[2], p) + pow(s[2] * s[0], p)) / 3, 1 / p);
    case MM_GEOM_BOX: return shell ? 8 * (s[0] * s[1] + s[1] * s[2] + s[2] * s[0]) : 8 * s[0] * s[1] * s[2];
    default: return 0;
  }
}

/* principal moments of a solid ellipsoid, box (divisor 3) and so on: mass / divisor times sums of squares */
static void mm__moments_of_squares(double moment[3], double factor, double a, double b, double c) {
  mm__v3_set(moment, factor * (b * b + c * c), factor * (a * a + c * c), factor * (a * a + b * b));
}

/* a cylinder and two half balls, whose share of the mass is that of their volume or surface */
static void mm__moments_capsule(double moment[3], int shell, double mass, double r, double half) {
  double h = 2 * half, share = shell ? 2 * r / (2 * r + h) : 4 * r / (4 * r + 3 * h);
  double ball = mass * share, tube = mass - ball, ball_moment = (shell ? 2.0 / 3 : 2.0 / 5) * ball * r * r;
  double side = shell ? tube * (6 * r * r + h * h) / 12 : tube * (3 * r * r + h * h) / 12;
  /* the half balls sit half away from the middle: the centre of mass of each is r / 2 (shell) or 3 r / 8 beyond */
  double shift = shell ? ball * half * (half + r) : ball * h * (3 * r + 2 * h) / 8;
  mm__v3_set(moment, side + ball_moment + shift, side + ball_moment + shift,
             (shell ? 1 : 0.5) * tube * r * r + ball_moment);
}

static void mm__moments_cylinder(double moment[3], int shell, double mass, double r, double half) {
  double disk = shell ? mass * r / (2 * r + 4 * half) : 0, tube = mass - 2 * disk;
  double side =
      tube * ((shell ? 6 : 3) * r * r + 4 * half * half) / 12 + 2 * disk * (r * r / 4 + half * half);
  mm__v3_set(moment, side, side, (shell ? 1 : 0.5) * tube * r * r + disk * r * r);
}

/* the shell between two ellipsoids 1e-6 apart */
static void mm__moments_ellipsoid_shell(double moment[3], double mass, const double s[3]) {
  const double thin = 1e-6;
  double inner = mm__shape_volume(MM_GEOM_ELLIPSOID, 0, s), outer, density, inside[3];
  double t[3] = {s[0] + thin, s[1] + thin, s[2] + thin};
  outer = mm__shape_volume(MM_GEOM_ELLIPSOID, 0, t);
  density = mass / (outer - inner);
  mm__moments_of_squares(inside, inner * density / 5, s[0], s[1], s[2]);
  mm__moments_of_squares(moment, outer * density / 5, t[0], t[1], t[2]);
  for (int k = 0; k < 3; k++) moment[k] -= inside[k];
}

/* three pairs of plates; a plate normal to axis k has its mass by its area */
static void mm__moments_box_shell(double moment[3], double mass, const double s[3]) {
  double total = s[0] * s[1] + s[1] * s[2] + s[2] * s[0];
  mm__v3_set(moment, 0, 0, 0);
  for (int k = 0; k < 3; k++) {
    int i = (k + 1) % 3, j = (k + 2) % 3;
    double pair = mass * s[i] * s[j] / total; /* both plates */
    moment[k] += pair * (s[i] * s[i] + s[j] * s[j]) / 3;
    moment[i] += pair * (s[j] * s[j] / 3 + s[k] * s[k]);
    moment[j] += pair * (s[i] * s[i] / 3 + s[k] * s[k]);
  }
}

static void mm__shape_moments(double moment[3], int type, int shell, double mass, const double s[3]) {
  switch (type) {
    case MM_GEOM_SPHERE:
      mm__moments_of_squares(moment, (shell ? 1.0 / 3 : 1.0 / 5) * mass, s[0], s[0], s[0]);
      break;
    case MM_GEOM_CAPSULE: mm__moments_capsule(moment, shell, mass, s[0], s[1]); break;
    case MM_GEOM_CYLINDER: mm__moments_cylinder(moment, shell, mass, s[0], s[1]); break;
    case MM_GEOM_ELLIPSOID:
      if (shell)
        mm__moments_ellipsoid_shell(moment, mass, s);
      else
        mm__moments_of_squares(moment, mass / 5, s[0], s[1], s[2]);
      break;
    case MM_GEOM_BOX:
      if (shell)
        mm__moments_box_shell(moment, mass, s);
      else
        mm__moments_of_squares(moment, mass / 3, s[0], s[1], s[2]);
      break;
    default: mm__v3_set(moment, 0, 0, 0);
  }
}

/* mass and principal moments that a geom gives its body; a mass that is given replaces the density */
static mm_status mm__geom_mass(const mm_compile *c, const mm_spec_geom *g, const mm_mesh *mesh,
                               const double size[3], double *mass, double moment[3]) {
  int solid_mesh = g->type == MM_GEOM_MESH;
  double volume = solid_mesh ? mesh->volume : mm__shape_volume(g->type, g->shellinertia, size);
  *mass = mm__given(g->mass) ? (volume > MM_LENGTH_TINY || g->mass == 0 ? g->mass : 0) : g->density * volume;
  mm__v3_set(moment, 0, 0, 0);
  if (*mass < 0) return MM_WRONG(c, &g->p.e, "mass and density must not be negative");
  if (*mass == 0) return MM_OK;
  if (solid_mesh)
    mm__moments_of_squares(moment, *mass / 3, mesh->box[0], mesh->box[1], mesh->box[2]);
  else
    mm__shape_moments(moment, g->type, g->shellinertia, *mass, size);
  return MM_OK;
}

/* ---- geoms and sites into the model ---- */

static double mm__geom_bound(int type, const double s[3]) {
  switch (type) {
    case MM_GEOM_SPHERE: return s[0];
    case MM_GEOM_CAPSULE: return s[0] + s[1];
    case MM_GEOM_CYLINDER: return sqrt(s[0] * s[0] + s[1] * s[1]);
    case MM_GEOM_ELLIPSOID: return fmax(fmax(s[0], s[1]), s[2]);
    case MM_GEOM_BOX:
    case MM_GEOM_MESH: return sqrt(mm__v3_dot(s, s));
    default: return 0;
  }
}

static void mm__geom_numbers(mm_model *m, int i, const mm_spec_geom *g) {
  m->geom_type[i] = g->type;
  m->geom_contype[i] = g->contype;
  m->geom_conaffinity[i] = g->conaffinity;
  m->geom_condim[i] = g->condim;
  m->geom_bodyid[i] = g->p.body->e.id;
  m->geom_group[i] = g->group;
  m->geom_priority[i] = g->priority;
  m->geom_solmix[i] = g->solmix;
  m->geom_margin[i] = g->margin;
  m->geom_gap[i] = g->gap;
  mm__row(m->geom_solref, i, 2, g->solref);
  mm__row(m->geom_solimp, i, 5, g->solimp);
  mm__row(m->geom_friction, i, 3, g->friction);
  mm__row(m->geom_rgba, i, 4, g->rgba);
}

static int mm__body_is_static(const mm_compile *c, int body) {
  int weld = c->m->body_weldid[body];
  return weld == 0 || c->m->body_mocapid[weld] >= 0;
}

/* Frame in the body before frames are applied; infer: mass and moments for the body are wanted. */
static mm_status mm__compile_geom(mm_compile *c, int i, int infer, double *mass, double moment[3]) {
  mm_model *m = c->m;
  const mm_spec_geom *g = MM_ITEM(c->geoms, mm_spec_geom, i);
  const mm_element *e = &g->p.e, *found = NULL;
  const mm_mesh *mesh = NULL;
  double *size = m->geom_size + 3 * i, *pos = m->geom_pos + 3 * i, *quat = m->geom_quat + 4 * i;
  const char *material = g->material;
  mm__geom_numbers(m, i, g);
  if (g->condim != 1 && g->condim != 3 && g->condim != 4 && g->condim != 6)
    return MM_WRONG(c, e, "condim: must be 1, 3, 4 or 6, not %d", g->condim);
  if (g->type == MM_GEOM_PLANE && !mm__body_is_static(c, g->p.body->e.id))
    return MM_WRONG(c, e, "type: a plane can only stand in a body that does not move");
  if (g->mesh && *g->mesh) {
    MM_TRY(mm__resolve(c, e, "mesh", MM_OBJ_MESH, g->mesh, &found));
    mesh = &c->meshes[found->id];
    if (!material || !*material) material = mesh->spec->material;
  } else if (g->type == MM_GEOM_MESH) {
    return MM_WRONG(c, e, "mesh: is required for this type");
  }
  MM_TRY(mm__resolve_id(c, e, "material", MM_OBJ_MATERIAL, material, &m->geom_matid[i]));
  m->geom_dataid[i] = found ? found->id : -1; /* also when a shape stands for the mesh */
  mm__v3_copy(size, g->size);
  mm__v3_copy(pos, g->pos);
  mm__q_copy(quat, g->orient.quat);
  mm__unit(quat, 4);
  if (mm__given(g->fromto[0]) && !mesh)
    MM_TRY(mm__apply_fromto(c, e, g->type, g->fromto, size, pos, quat));
  else
    MM_TRY(mm__orient_quat(c, e, &g->orient, quat));
  if (mesh) MM_TRY(mm__geom_mesh(c, g, mesh, size, pos, quat));
  MM_TRY(mm__check_size(c, e, g->type, size));
  m->geom_rbound[i] = mm__geom_bound(g->type, size);
  *mass = 0;
  if (infer) MM_TRY(mm__geom_mass(c, g, mesh, size, mass, moment));
  mm__in_frame(g->p.frame, pos, quat);
  return MM_OK;
}

static mm_status mm__compile_site(mm_compile *c, int i) {
  mm_model *m = c->m;
  const mm_spec_site *s = MM_ITEM(c->sites, mm_spec_site, i);
  const mm_element *e = &s->p.e;
  double *size = m->site_size + 3 * i, *pos = m->site_pos + 3 * i, *quat = m->site_quat + 4 * i;
  if (s->type == MM_GEOM_PLANE || s->type == MM_GEOM_MESH)
    return MM_WRONG(c, e, "type: a site cannot be a plane or a mesh");
  mm__v3_copy(size, s->size);
  mm__v3_copy(pos, s->pos);
  if (mm__given(s->fromto[0]))
    MM_TRY(mm__apply_fromto(c, e, s->type, s->fromto, size, pos, quat));
  else
    MM_TRY(mm__orient_quat(c, e, &s->orient, quat));
  mm__in_frame(s->p.frame, pos, quat);
  MM_TRY(mm__check_size(c, e, s->type, size));
  m->site_type[i] = s->type;
  m->site_bodyid[i] = s->p.body->e.id;
  m->site_group[i] = s->group;
  mm__row(m->site_rgba, i, 4, s->rgba);
  return mm__resolve_id(c, e, "material", MM_OBJ_MATERIAL, s->material, &m->site_matid[i]);
}
