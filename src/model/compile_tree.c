/* >>compile-tree: bodies with their inertia, joints, cameras and lights */

#define MM_LEAST_MASS 1e-15 /* a moving body must have more mass and inertia */

static int mm__joint_nq(int type) { return type == MM_JNT_FREE ? 7 : type == MM_JNT_BALL ? 4 : 1; }
static int mm__joint_nv(int type) { return type == MM_JNT_FREE ? 6 : type == MM_JNT_BALL ? 3 : 1; }

/* ---- the tree ---- */

/* parents, and what follows from which bodies have joints */
static mm_status mm__compile_topology(mm_compile *c) {
  mm_model *m = c->m;
  int mocap = 0;
  for (int j = 0; j < c->joints.count; j++) {
    int b = MM_ITEM(c->joints, mm_spec_part, j)->body->e.id;
    if (!m->body_jntnum[b]++) m->body_jntadr[b] = j;
  }
  for (int g = 0; g < c->geoms.count; g++) {
    int b = MM_ITEM(c->geoms, mm_spec_part, g)->body->e.id;
    if (!m->body_geomnum[b]++) m->body_geomadr[b] = g;
  }
  for (int b = 0; b < m->nbody; b++) {
    const mm_spec_body *body = MM_ITEM(c->spec->bodies, mm_spec_body, b);
    int parent = body->parent ? body->parent->e.id : 0;
    m->body_parentid[b] = parent;
    m->body_rootid[b] = b == 0 || parent == 0 ? b : m->body_rootid[parent];
    m->body_weldid[b] = b && (m->body_jntnum[b] || body->mocap) ? b : m->body_weldid[parent];
    m->body_mocapid[b] = body->mocap ? mocap++ : -1;
    m->body_gravcomp[b] = body->gravcomp;
    if (!m->body_jntnum[b]) m->body_jntadr[b] = -1;
    if (!m->body_geomnum[b]) m->body_geomadr[b] = -1;
    if (body->mocap && (m->body_jntnum[b] || parent))
      return MM_WRONG(c, &body->e, "mocap: the body must be a child of the world and have no joint");
  }
  return MM_OK;
}

/* ---- joints ---- */

static mm_status mm__joint_limits(mm_compile *c, int j, const mm_spec_joint *s) {
  mm_model *m = c->m;
  double *range = m->jnt_range + 2 * j;
  int angular = s->type == MM_JNT_HINGE || s->type == MM_JNT_BALL;
  mm__row(m->jnt_range, j, 2, s->range);
  mm__row(m->jnt_actfrcrange, j, 2, s->actfrcrange);
  if (s->type != MM_JNT_FREE) MM_TRY(mm__limit(c, &s->p.e, "range", s->limited, range, &m->jnt_limited[j]));
  if (m->jnt_limited[j]) {
    if (s->type == MM_JNT_BALL ? range[0] != 0 : range[0] >= range[1])
      return MM_WRONG(c, &s->p.e,
                      s->type == MM_JNT_BALL ? "range: the lower end of a ball joint must be 0"
                                             : "range: the lower end must lie below the upper");
    for (int k = 0; k < 2 && angular && c->spec->compiler.degree; k++) range[k] *= MM_PI / 180;
  }
  if (s->type == MM_JNT_FREE || s->type == MM_JNT_BALL) return MM_OK;
  return mm__limit_ordered(c, &s->p.e, "actuatorfrcrange", s->actfrclimited, s->actfrcrange,
                           &m->jnt_actfrclimited[j]);
}

static mm_status mm__joint_frame(mm_compile *c, int j, const mm_spec_joint *s) {
  double *pos = c->m->jnt_pos + 3 * j, *axis = c->m->jnt_axis + 3 * j;
  mm__v3_copy(pos, s->pos);
  mm__v3_copy(axis, s->axis);
  if (s->type == MM_JNT_FREE)
    mm__v3_set(pos, 0, 0, 0);
  else
    mm__in_frame(s->p.frame, pos, NULL);
  if (s->type == MM_JNT_FREE || s->type == MM_JNT_BALL)
    mm__v3_set(axis, 0, 0, 1);
  else if (s->p.frame)
    mm__q_rotate(axis, s->p.frame->total_quat, axis);
  if (mm__unit(axis, 3) < MM_LENGTH_TINY) return MM_WRONG(c, &s->p.e, "axis: is too short");
  return MM_OK;
}

static void mm__joint_reference(mm_model *m, int j, int b, const mm_spec_joint *s, int degree) {
  double *q = m->qpos0 + m->jnt_qposadr[j], *spring = m->qpos_spring + m->jnt_qposadr[j];
  double unit = s->type == MM_JNT_HINGE && degree ? MM_PI / 180 : 1;
  if (s->type == MM_JNT_FREE) {
    mm__v3_copy(q, m->body_pos + 3 * b);
    mm__q_copy(q + 3, m->body_quat + 4 * b);
  } else if (s->type == MM_JNT_BALL) {
    mm__q_set(q, 1, 0, 0, 0);
  } else {
    q[0] = s->ref * unit;
  }
  for (int k = 0; k < mm__joint_nq(s->type); k++) spring[k] = q[k];
  if (s->type == MM_JNT_SLIDE || s->type == MM_JNT_HINGE) spring[0] = s->springref * unit;
}

static void mm__compile_joint_dofs(mm_model *m, int j, int b, const mm_spec_joint *s, int *last) {
  for (int k = 0; k < mm__joint_nv(s->type); k++) {
    int d = m->jnt_dofadr[j] + k;
    m->dof_bodyid[d] = b;
    m->dof_jntid[d] = j;
    m->dof_parentid[d] = *last;
    if (*last < 0) m->ntree++;
    m->dof_treeid[d] = m->ntree - 1;
    *last = d;
    mm__row(m->dof_solref, d, 2, s->solref_friction);
    mm__row(m->dof_solimp, d, 5, s->solimp_friction);
    m->dof_frictionloss[d] = s->frictionloss;
    m->dof_armature[d] = s->armature;
    m->dof_damping[d] = s->damping;
  }
}

static mm_status mm__compile_joint(mm_compile *c, int j, int b, int *qpos, int *dof, int *last) {
  mm_model *m = c->m;
  const mm_spec_joint *s = MM_ITEM(c->joints, mm_spec_joint, j);
  const double *spring = s->springdamper;
  if ((spring[0] != 0 || spring[1] != 0) && (spring[0] <= 0 || spring[1] <= 0))
    return MM_WRONG(c, &s->p.e, "springdamper: both numbers must be positive");
  m->jnt_type[j] = s->type;
  m->jnt_qposadr[j] = *qpos;
  m->jnt_dofadr[j] = *dof;
  m->jnt_bodyid[j] = b;
  m->jnt_group[j] = s->group;
  m->jnt_actgravcomp[j] = s->actgravcomp;
  m->jnt_stiffness[j] = s->stiffness;
  m->jnt_margin[j] = s->margin;
  mm__row(m->jnt_springdamper, j, 2, spring);
  mm__row(m->jnt_solref, j, 2, s->solref_limit);
  mm__row(m->jnt_solimp, j, 5, s->solimp_limit);
  MM_TRY(mm__joint_limits(c, j, s));
  MM_TRY(mm__joint_frame(c, j, s));
  mm__joint_reference(m, j, b, s, c->spec->compiler.degree);
  mm__compile_joint_dofs(m, j, b, s, last);
  *qpos += mm__joint_nq(s->type);
  *dof += mm__joint_nv(s->type);
  return MM_OK;
}

/* which joints a body may have together */
static mm_status mm__check_joints(const mm_compile *c, int b) {
  const mm_model *m = c->m;
  int dofs = 0, ball = 0;
  for (int k = 0; k < m->body_jntnum[b]; k++) {
    const mm_spec_joint *s = MM_ITEM(c->joints, mm_spec_joint, m->body_jntadr[b] + k);
    if (s->type == MM_JNT_FREE && (m->body_jntnum[b] > 1 || m->body_parentid[b]))
      return MM_WRONG(c, &s->p.e, "type: a free joint must be alone in a child of the world");
    if ((s->type == MM_JNT_BALL || s->type == MM_JNT_HINGE) && ball)
      return MM_WRONG(c, &s->p.e, "type: a joint that turns cannot follow a ball joint in one body");
    ball |= s->type == MM_JNT_BALL;
    dofs += mm__joint_nv(s->type);
    if (dofs > 6) return MM_WRONG(c, &s->p.e, "the body has more than 6 degrees of freedom");
  }
  return MM_OK;
}

/* ---- inertia ---- */

typedef struct mm_geom_masses {
  double *mass, *moment;
} mm_geom_masses;

/* the geoms of body b together; one alone keeps its own axes */
static mm_status mm__inertia_from_geoms(mm_compile *c, int b, const mm_geom_masses *geoms) {
  mm_model *m = c->m;
  const mm_element *e = MM_ITEM(c->spec->bodies, mm_element, b);
  double full[6] = {0, 0, 0, 0, 0, 0}, *center = m->body_ipos + 3 * b, mass = 0, sum[3] = {0, 0, 0};
  int first = m->body_geomadr[b], count = 0, only = -1;
  const char *wrong;
  for (int g = first; g < first + m->body_geomnum[b]; g++) {
    if (!(geoms->mass[g] > MM_LENGTH_TINY)) continue;
    count++;
    only = g;
    mass += geoms->mass[g];
    for (int k = 0; k < 3; k++) sum[k] += geoms->mass[g] * m->geom_pos[3 * g + k];
  }
  if (!count) return MM_OK;
  m->body_mass[b] = mass;
  if (count == 1) {
    mm__v3_copy(center, m->geom_pos + 3 * only);
    mm__q_copy(m->body_iquat + 4 * b, m->geom_quat + 4 * only);
    mm__v3_copy(m->body_inertia + 3 * b, geoms->moment + 3 * only);
    return MM_OK;
  }
  for (int k = 0; k < 3; k++) center[k] = sum[k] / mass;
  for (int g = first; g < first + m->body_geomnum[b]; g++) {
    double turned[6], point[6], d[3];
    if (!(geoms->mass[g] > MM_LENGTH_TINY)) continue;
    for (int k = 0; k < 3; k++) d[k] = m->geom_pos[3 * g + k] - center[k];
    mm__inertia_turn(turned, geoms->moment + 3 * g, m->geom_quat + 4 * g);
    mm__inertia_point(point, geoms->mass[g], d);
    for (int k = 0; k < 6; k++) full[k] += turned[k] + point[k];
  }
  wrong = mm__inertia_principal(m->body_inertia + 3 * b, m->body_iquat + 4 * b, full);
  return wrong ? MM_WRONG(c, e, "from its geoms: %s", wrong) : MM_OK;
}

/* <inertial> in each of its forms */
static mm_status mm__inertia_given(mm_compile *c, int b, const mm_spec_body *body) {
  mm_model *m = c->m;
  const char *wrong;
  mm__v3_copy(m->body_ipos + 3 * b, body->ipos);
  m->body_mass[b] = body->mass;
  mm__v3_copy(m->body_inertia + 3 * b, body->inertia);
  MM_TRY(mm__orient_quat(c, &body->e, &body->iorient, m->body_iquat + 4 * b));
  if (!mm__given(body->fullinertia[0])) return MM_OK;
  wrong = mm__inertia_principal(m->body_inertia + 3 * b, m->body_iquat + 4 * b, body->fullinertia);
  return wrong ? MM_WRONG(c, &body->e, "fullinertia: %s", wrong) : MM_OK;
}

/* boundmass, boundinertia and balanceinertia; what is then impossible is an error */
static mm_status mm__inertia_bounds(mm_compile *c, int b, const mm_element *e) {
  const mm_compiler *k = &c->spec->compiler;
  double *mass = c->m->body_mass + b, *moment = c->m->body_inertia + 3 * b, sum;
  *mass = fmax(*mass, k->boundmass);
  for (int i = 0; i < 3; i++) moment[i] = fmax(moment[i], k->boundinertia);
  if (*mass < 0 || moment[0] < 0 || moment[1] < 0 || moment[2] < 0)
    return MM_WRONG(c, e, "mass and inertia must not be negative");
  sum = moment[0] + moment[1] + moment[2];
  if (moment[0] + moment[1] >= moment[2] && moment[0] + moment[2] >= moment[1] &&
      moment[1] + moment[2] >= moment[0])
    return MM_OK;
  if (!k->balanceinertia)
    return MM_WRONG(
        c, e, "the principal moments %g %g %g violate A + B >= C; balanceinertia=\"true\" makes them equal",
        moment[0], moment[1], moment[2]);
  mm__v3_set(moment, sum / 3, sum / 3, sum / 3);
  return MM_OK;
}

/* a body that moves must have mass, itself or in a body welded to it */
static mm_status mm__check_masses(mm_compile *c) {
  const mm_model *m = c->m;
  char *heavy = MM_ARENA_NEW(&c->arena, char, m->nbody);
  if (!heavy) return MM_E_MEMORY;
  for (int b = m->nbody - 1; b > 0; b--) {
    const double *moment = m->body_inertia + 3 * b;
    if (m->body_mass[b] >= MM_LEAST_MASS && moment[0] >= MM_LEAST_MASS && moment[1] >= MM_LEAST_MASS &&
        moment[2] >= MM_LEAST_MASS)
      heavy[b] = 1;
    if (m->body_jntnum[b] && !heavy[b])
      return MM_WRONG(c, MM_ITEM(c->spec->bodies, mm_element, b), "moves, but has no mass or no inertia");
    if (heavy[b] && !m->body_jntnum[b]) heavy[m->body_parentid[b]] = 1;
  }
  return MM_OK;
}

/* ---- bodies ---- */

/* a body alone on a free joint may be moved into its inertial frame */
static int mm__body_aligns(const mm_compile *c, int b) {
  const mm_model *m = c->m;
  const mm_spec_joint *s =
      m->body_jntnum[b] == 1 ? MM_ITEM(c->joints, mm_spec_joint, m->body_jntadr[b]) : NULL;
  if (!s || s->type != MM_JNT_FREE) return 0;
  for (int k = b + 1; k < m->nbody; k++)
    if (m->body_parentid[k] == b) return 0;
  return s->align == MM_LIMITED_TRUE || (s->align == MM_LIMITED_AUTO && c->spec->compiler.alignfree);
}

static mm_status mm__compile_body_geoms(mm_compile *c, int b, const mm_spec_body *body,
                                        const mm_geom_masses *geoms) {
  const mm_compiler *k = &c->spec->compiler;
  for (int g = c->m->body_geomadr[b], n = c->m->body_geomnum[b]; n > 0; g++, n--) {
    int group = MM_ITEM(c->geoms, mm_spec_geom, g)->group;
    int infer = b > 0 && (!body->has_inertial || k->inertiafromgeom == MM_LIMITED_TRUE) &&
                group >= k->inertiagrouprange[0] && group <= k->inertiagrouprange[1];
    MM_TRY(mm__compile_geom(c, g, infer, &geoms->mass[g], geoms->moment + 3 * g));
  }
  return MM_OK;
}

static mm_status mm__compile_body(mm_compile *c, int b, const mm_geom_masses *geoms, double shift_pos[3],
                                  double shift_quat[4]) {
  mm_model *m = c->m;
  const mm_spec_body *body = MM_ITEM(c->spec->bodies, mm_spec_body, b);
  int from_geom = c->spec->compiler.inertiafromgeom;
  double *pos = m->body_pos + 3 * b, *quat = m->body_quat + 4 * b, *ipos = m->body_ipos + 3 * b,
         *iquat = m->body_iquat + 4 * b;
  mm__v3_copy(pos, body->pos);
  MM_TRY(mm__orient_quat(c, &body->e, &body->orient, quat));
  MM_TRY(mm__inertia_given(c, b, body));
  MM_TRY(mm__compile_body_geoms(c, b, body, geoms));
  if (b && (from_geom == MM_LIMITED_TRUE || (from_geom == MM_LIMITED_AUTO && !body->has_inertial)))
    MM_TRY(mm__inertia_from_geoms(c, b, geoms));
  if (isnan(ipos[0])) {
    mm__v3_copy(ipos, pos);
    mm__q_copy(iquat, quat);
  }
  if (b) MM_TRY(mm__inertia_bounds(c, b, &body->e));
  mm__in_frame(body->frame, pos, quat);
  mm__v3_set(shift_pos, 0, 0, 0);
  mm__q_set(shift_quat, 1, 0, 0, 0);
  if (!mm__body_aligns(c, b)) return MM_OK;
  mm__pose_inverse(shift_pos, shift_quat, ipos, iquat);
  mm__pose_in(pos, quat, ipos, iquat);
  mm__v3_copy(pos, ipos);
  mm__q_copy(quat, iquat);
  mm__v3_set(ipos, 0, 0, 0);
  mm__q_set(iquat, 1, 0, 0, 0);
  for (int g = m->body_geomadr[b], n = m->body_geomnum[b]; n > 0; g++, n--)
    mm__pose_in(shift_pos, shift_quat, m->geom_pos + 3 * g, m->geom_quat + 4 * g);
  return MM_OK;
}

/* bodies, geoms and joints; shifts hold how far each body's frame was moved by alignment */
static mm_status mm__compile_bodies(mm_compile *c, double *shift_pos, double *shift_quat) {
  mm_model *m = c->m;
  mm_geom_masses geoms;
  int *last = MM_ARENA_NEW(&c->arena, int, m->nbody), qpos = 0, dof = 0;
  geoms.mass = MM_ARENA_NEW(&c->arena, double, m->ngeom);
  geoms.moment = MM_ARENA_NEW(&c->arena, double, 3 * m->ngeom);
  if (!last || !geoms.mass || !geoms.moment) return MM_E_MEMORY;
  MM_TRY(mm__compile_topology(c));
  for (int b = 0; b < m->nbody; b++) {
    MM_TRY(mm__compile_body(c, b, &geoms, shift_pos + 3 * b, shift_quat + 4 * b));
    MM_TRY(mm__check_joints(c, b));
    last[b] = b ? last[m->body_parentid[b]] : -1;
    m->body_dofadr[b] = dof;
    for (int k = 0; k < m->body_jntnum[b]; k++)
      MM_TRY(mm__compile_joint(c, m->body_jntadr[b] + k, b, &qpos, &dof, &last[b]));
    m->body_dofnum[b] = dof - m->body_dofadr[b];
    if (!m->body_dofnum[b]) m->body_dofadr[b] = -1;
  }
  for (int b = 0; b < m->nbody; b++) {
    int weld = m->body_weldid[b];
    m->body_treeid[b] = m->body_dofnum[weld] ? m->dof_treeid[m->body_dofadr[weld]] : -1;
  }
  return mm__check_masses(c);
}

/* ---- cameras and lights ---- */

/* field of view and focal lengths from the size of the sensor, in float as MuJoCo computes them */
static mm_status mm__camera_lens(mm_compile *c, int i, const mm_spec_camera *s) {
  mm_model *m = c->m;
  const mm_element *e = &s->p.e;
  int intrinsic = 0, sensor = s->sensorsize[0] > 0 && s->sensorsize[1] > 0;
  for (int k = 0; k < 2; k++)
    intrinsic |=
        s->focal[k] != 0 || s->focalpixel[k] != 0 || s->principal[k] != 0 || s->principalpixel[k] != 0;
  if (intrinsic && !sensor)
    return MM_WRONG(c, e, "sensorsize: is required with focal lengths and principal points");
  if (sensor && (s->resolution[0] <= 0 || s->resolution[1] <= 0))
    return MM_WRONG(c, e, "resolution: must be positive with sensorsize");
  if (s->fovy >= 180) return MM_WRONG(c, e, "fovy: must be below 180");
  m->cam_fovy[i] = s->fovy;
  m->cam_intrinsic[4 * i] = m->cam_intrinsic[4 * i + 1] = (double)(float)c->spec->znear;
  if (!sensor) return MM_OK;
  for (int k = 0; k < 2; k++) {
    float density = (float)s->resolution[k] / (float)s->sensorsize[k];
    m->cam_intrinsic[4 * i + k] =
        (double)(s->focalpixel[k] != 0 ? (float)s->focalpixel[k] / density : (float)s->focal[k]);
    m->cam_intrinsic[4 * i + 2 + k] =
        (double)(s->principalpixel[k] != 0 ? (float)s->principalpixel[k] / density : (float)s->principal[k]);
  }
  m->cam_fovy[i] =
      (double)atan2f((float)s->sensorsize[1] / 2, (float)m->cam_intrinsic[4 * i + 1]) * 360 / MM_PI;
  return MM_OK;
}

static mm_status mm__compile_camera(mm_compile *c, int i) {
  mm_model *m = c->m;
  const mm_spec_camera *s = MM_ITEM(c->cameras, mm_spec_camera, i);
  double *pos = m->cam_pos + 3 * i, *quat = m->cam_quat + 4 * i;
  mm__v3_copy(pos, s->pos);
  MM_TRY(mm__orient_quat(c, &s->p.e, &s->orient, quat));
  mm__in_frame(s->p.frame, pos, quat);
  m->cam_bodyid[i] = s->p.body->e.id;
  m->cam_mode[i] = s->mode;
  m->cam_projection[i] = s->projection;
  m->cam_ipd[i] = s->ipd;
  for (int k = 0; k < 2; k++) m->cam_resolution[2 * i + k] = s->resolution[k];
  mm__row(m->cam_sensorsize, i, 2, s->sensorsize);
  MM_TRY(mm__camera_lens(c, i, s));
  return mm__resolve_id(c, &s->p.e, "target", MM_OBJ_BODY, s->target, &m->cam_targetbodyid[i]);
}

static mm_status mm__compile_light(mm_compile *c, int i) {
  mm_model *m = c->m;
  const mm_spec_light *s = MM_ITEM(c->lights, mm_spec_light, i);
  double *pos = m->light_pos + 3 * i, *dir = m->light_dir + 3 * i;
  mm__v3_copy(pos, s->pos);
  mm__v3_copy(dir, s->dir);
  mm__in_frame(s->p.frame, pos, NULL);
  if (s->p.frame) mm__q_rotate(dir, s->p.frame->total_quat, dir);
  if (mm__unit(dir, 3) < MM_LENGTH_TINY) return MM_WRONG(c, &s->p.e, "dir: must not be zero");
  if (s->softness < 0 || s->softness > 1) return MM_WRONG(c, &s->p.e, "softness: must lie in 0 to 1");
  m->light_bodyid[i] = s->p.body->e.id;
  m->light_mode[i] = s->mode;
  m->light_type[i] = s->type;
  m->light_castshadow[i] = s->castshadow;
  m->light_active[i] = s->active;
  m->light_bulbradius[i] = s->bulbradius;
  m->light_intensity[i] = s->intensity;
  m->light_range[i] = s->range;
  m->light_cutoff[i] = s->cutoff;
  m->light_exponent[i] = s->exponent;
  mm__row(m->light_attenuation, i, 3, s->attenuation);
  mm__row(m->light_ambient, i, 3, s->ambient);
  mm__row(m->light_diffuse, i, 3, s->diffuse);
  mm__row(m->light_specular, i, 3, s->specular);
  return mm__resolve_id(c, &s->p.e, "target", MM_OBJ_BODY, s->target, &m->light_targetbodyid[i]);
}

/* everything that hangs on bodies */
static mm_status mm__compile_tree(mm_compile *c) {
  mm_model *m = c->m;
  double *shift_pos = MM_ARENA_NEW(&c->arena, double, 3 * m->nbody),
         *shift_quat = MM_ARENA_NEW(&c->arena, double, 4 * m->nbody);
  if (!shift_pos || !shift_quat) return MM_E_MEMORY;
  MM_TRY(mm__compile_frames(c));
  MM_TRY(mm__compile_bodies(c, shift_pos, shift_quat));
  for (int i = 0; i < m->nsite; i++) {
    MM_TRY(mm__compile_site(c, i));
    mm__pose_in(shift_pos + 3 * m->site_bodyid[i], shift_quat + 4 * m->site_bodyid[i], m->site_pos + 3 * i,
                m->site_quat + 4 * i);
  }
  for (int i = 0; i < m->ncam; i++) {
    MM_TRY(mm__compile_camera(c, i));
    mm__pose_in(shift_pos + 3 * m->cam_bodyid[i], shift_quat + 4 * m->cam_bodyid[i], m->cam_pos + 3 * i,
                m->cam_quat + 4 * i);
  }
  for (int i = 0; i < m->nlight; i++) {
    MM_TRY(mm__compile_light(c, i));
    mm__pose_in(shift_pos + 3 * m->light_bodyid[i], shift_quat + 4 * m->light_bodyid[i], m->light_pos + 3 * i,
                NULL);
    mm__q_rotate(m->light_dir + 3 * i, shift_quat + 4 * m->light_bodyid[i], m->light_dir + 3 * i);
  }
  return MM_OK;
}
