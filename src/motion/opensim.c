/* >>opensim: trajectories as OpenSim's coordinates

   OpenSim's ground has y up: W maps (x, y, z) of the world to (x, z, -y). A root that stands upright and faces +x has all angles 0:
   with R its orientation, R0 that at qpos0 and F the turn about the vertical that brings +x to where it faces at qpos0,
     W R R0^-1 F W^-1 = Rz(tilt) Rx(list) Ry(rotation). */

static const double mm__opensim_ground[4] = {0.70710678118654752, -0.70710678118654752, 0, 0}; /* W */
static const char *const mm__opensim_root[6] = {"pelvis_tilt", "pelvis_list", "pelvis_rotation", "pelvis_tx", "pelvis_ty", "pelvis_tz"};

typedef struct mm_opensim {
  const mm_model *model;
  int root;           /* the free joint; -1: none */
  double facing[4];   /* R0^-1 F */
} mm_opensim;

/* which way the body faces at qpos0: across its hips, else its shoulders, and up; along an axis where it is nearly that */
static mm_status mm__opensim_facing(const mm_model *m, double *angle) {
  static const char *const pairs[2][2] = {{"left_hip_mimic", "right_hip_mimic"}, {"left_shoulder_mimic", "right_shoulder_mimic"}};
  mm_pose *pose;
  *angle = 0;
  MM_TRY(mm__pose_create(m->ctx, m, &pose));
  mm__pose_set(pose, m->qpos0);
  for (int i = 0; i < 2; i++) {
    const int left = mm_model_id(m, MM_OBJ_SITE, pairs[i][0]), right = mm_model_id(m, MM_OBJ_SITE, pairs[i][1]);
    double l[3], r[3], matrix[9];
    if (left < 0 || right < 0) continue;
    mm__pose_site(pose, left, l, matrix);
    mm__pose_site(pose, right, r, matrix);
    if (hypot(l[0] - r[0], l[1] - r[1]) < 1e-3) continue;
    *angle = atan2(-(l[0] - r[0]), l[1] - r[1]); /* forward is left x up = (dy, -dx) */
    if (fabs(*angle - nearbyint(*angle / (MM_PI / 2)) * (MM_PI / 2)) < 0.1) *angle = nearbyint(*angle / (MM_PI / 2)) * (MM_PI / 2);
    break;
  }
  mm__pose_destroy(pose);
  return MM_OK;
}

static mm_status mm__opensim_begin(const mm_model *m, mm_opensim *o) {
  double angle, turn[3] = {0, 0, 0}, start[4];
  memset(o, 0, sizeof *o);
  o->model = m;
  o->root = -1;
  o->facing[0] = 1;
  for (int j = 0; j < m->njnt; j++) {
    const char *name = mm_model_name(m, MM_OBJ_JOINT, j);
    if (m->jnt_type[j] == MM_JNT_BALL)
      return mm__fail(m->ctx, MM_E_UNSUPPORTED, "joint '%s' is a ball joint, which OpenSim's motions have no coordinates for", name);
    if (m->jnt_type[j] != MM_JNT_FREE) continue;
    if (o->root >= 0) return mm__fail(m->ctx, MM_E_UNSUPPORTED, "'%s' is a second free joint", name);
    o->root = j;
  }
  if (o->root < 0) return MM_OK;
  MM_TRY(mm__opensim_facing(m, &angle));
  turn[2] = angle;
  mm__rot_from_vector(turn, o->facing);
  memcpy(start, m->qpos0 + m->jnt_qposadr[o->root] + 3, sizeof start);
  mm__rot_normalize(start);
  mm__rot_conjugate(start, start);
  mm__rot_multiply(start, o->facing, o->facing);
  return MM_OK;
}

/* the six coordinates of the root, angles in degrees */
static void mm__opensim_from_root(const mm_opensim *o, const double *q, double *six) {
  double turn[4], back[4];
  mm__rot_conjugate(mm__opensim_ground, back);
  mm__rot_multiply(q + 3, o->facing, turn);
  mm__rot_multiply(mm__opensim_ground, turn, turn);
  mm__rot_multiply(turn, back, turn);
  mm__rot_normalize(turn);
  mm__rot_to_zxy(turn, six);
  mm__rot_apply(mm__opensim_ground, q, six + 3);
}

static void mm__opensim_to_root(const mm_opensim *o, const double *six, double *q) {
  static const int axes[3] = {2, 0, 1};
  double turn[4], back[4], facing[4];
  mm__rot_conjugate(mm__opensim_ground, back);
  mm__rot_conjugate(o->facing, facing);
  mm__rot_from_euler(axes, six, 3, turn);
  mm__rot_multiply(back, turn, turn);
  mm__rot_multiply(turn, mm__opensim_ground, turn);
  mm__rot_multiply(turn, facing, q + 3);
  mm__rot_normalize(q + 3);
  mm__rot_apply(back, six + 3, q);
}

static mm_status mm__columns_name(mm_columns *c, int *at, const char *name) {
  c->column_names[*at] = mm__strdup(c->ctx, name);
  return c->column_names[(*at)++] ? MM_OK : MM_E_MEMORY;
}

static mm_status mm__opensim_names(const mm_opensim *o, mm_columns *c) {
  int at = 0;
  MM_TRY(mm__columns_name(c, &at, "time"));
  for (int k = 0; k < 6 && o->root >= 0; k++) MM_TRY(mm__columns_name(c, &at, mm__opensim_root[k]));
  for (int j = 0; j < o->model->njnt; j++)
    if (j != o->root) MM_TRY(mm__columns_name(c, &at, mm_model_name(o->model, MM_OBJ_JOINT, j)));
  return MM_OK;
}

mm_status mm_columns_from_trajectory(const mm_model *m, const mm_trajectory *t, int clip, mm_columns **columns) {
  mm_opensim o;
  mm_status status;
  int first, rows;
  *columns = NULL;
  if (t->nq != m->nq || t->model_hash != mm_motion_hash(m))
    return mm__fail(m->ctx, MM_E_DATA, "the trajectory belongs to another model ('%s')", t->model_name);
  if (clip < 0 || clip >= t->clip_count) return mm__fail(m->ctx, MM_E_ARGUMENT, "clip %d of %d", clip, t->clip_count);
  MM_TRY(mm__opensim_begin(m, &o));
  first = t->split_points[clip];
  rows = t->split_points[clip + 1] - first;
  MM_TRY(mm__columns_new(m->ctx, t->clip_names[clip], "Coordinates", rows, 1 + m->njnt + (o.root >= 0 ? 5 : 0), columns));
  (*columns)->degrees = 1;
  (*columns)->frequency = t->frequency;
  status = mm__opensim_names(&o, *columns);
  for (int r = 0; r < rows && status == MM_OK; r++) {
    const double *q = t->qpos + (size_t)(first + r) * (size_t)m->nq;
    double *row = (*columns)->values + (size_t)r * (size_t)(*columns)->column_count;
    *row++ = r / t->frequency;
    if (o.root >= 0) mm__opensim_from_root(&o, q + m->jnt_qposadr[o.root], row);
    if (o.root >= 0) row += 6;
    for (int j = 0; j < m->njnt; j++)
      if (j != o.root) *row++ = q[m->jnt_qposadr[j]] * (m->jnt_type[j] == MM_JNT_HINGE ? 180 / MM_PI : 1);
  }
  if (status != MM_OK) {
    mm_columns_destroy(*columns);
    *columns = NULL;
  }
  return status;
}

/* column of each joint, -1: none; of the root's six coordinates too. Columns that are matched are marked. */
static void mm__opensim_match(const mm_opensim *o, const mm_columns *c, int *from, int *root, unsigned char *used) {
  for (int k = 0; k < 6; k++) {
    root[k] = o->root >= 0 ? mm_columns_find(c, mm__opensim_root[k]) : -1;
    if (root[k] >= 0) used[root[k]] = 1;
  }
  for (int j = 0; j < o->model->njnt; j++) {
    from[j] = j == o->root ? -1 : mm_columns_find(c, mm_model_name(o->model, MM_OBJ_JOINT, j));
    if (from[j] >= 0) used[from[j]] = 1;
  }
}

static mm_status mm__opensim_row(const mm_opensim *o, const mm_columns *c, int r, const int *from, const int *root, const unsigned char *given,
                                 double *q) {
  const mm_model *m = o->model;
  const double *row = c->values + (size_t)r * (size_t)c->column_count;
  memcpy(q, m->qpos0, sizeof(double) * (size_t)m->nq);
  if (o->root >= 0 && given[o->root]) {
    double six[6];
    mm__opensim_from_root(o, q + m->jnt_qposadr[o->root], six); /* what is not given stays */
    for (int k = 0; k < 6; k++)
      if (root[k] >= 0) six[k] = row[root[k]] * (k < 3 && c->degrees == 0 ? 180 / MM_PI : 1);
    mm__opensim_to_root(o, six, q + m->jnt_qposadr[o->root]);
  }
  for (int j = 0; j < m->njnt; j++)
    if (from[j] >= 0) q[m->jnt_qposadr[j]] = row[from[j]] * (m->jnt_type[j] == MM_JNT_HINGE && c->degrees == 1 ? MM_PI / 180 : 1);
  mm__couple(m, given, q);
  for (int i = 0; i < m->nq; i++)
    if (!(fabs(q[i]) < 1e6)) return mm__fail(m->ctx, MM_E_DATA, "%s: row %d: a coordinate is %g", c->name, r + 1, q[i]);
  return MM_OK;
}

mm_status mm_trajectory_from_columns(const mm_model *m, const mm_columns *c, mm_trajectory **trajectory, int *missing, int *unknown) {
  mm_arena arena = {NULL, NULL};
  mm_opensim o;
  mm_status status = MM_OK;
  int root[6], found = 0, *from;
  unsigned char *used, *given;
  *trajectory = NULL;
  if (c->degrees < 0)
    return mm__fail(m->ctx, MM_E_DATA, "%s: does not say whether angles are in degrees; put inDegrees=yes or no into its header", c->name);
  if (c->uneven || !(c->frequency > 0)) return mm__fail(m->ctx, MM_E_DATA, "%s: its rows are not equally far apart in time", c->name);
  MM_TRY(mm__opensim_begin(m, &o));
  arena.ctx = m->ctx;
  from = MM_ARENA_NEW(&arena, int, m->njnt);
  given = MM_ARENA_NEW(&arena, unsigned char, m->njnt);
  used = MM_ARENA_NEW(&arena, unsigned char, c->column_count);
  if (!from || !given || !used) status = MM_E_MEMORY;
  else {
    mm__opensim_match(&o, c, from, root, used);
    for (int j = 0; j < m->njnt; j++) found += given[j] = from[j] >= 0;
    for (int k = 0; k < 6; k++)
      if (root[k] >= 0) given[o.root] = 1;
    if (missing) *missing = m->njnt - found - (o.root >= 0 && given[o.root]);
    if (unknown) *unknown = 0;
    for (int i = 1; unknown && i < c->column_count; i++) *unknown += !used[i];
    if (!found) status = mm__fail(m->ctx, MM_E_DATA, "%s: none of its columns is a joint of the model", c->name);
  }
  if (status == MM_OK) status = mm_trajectory_create(m, c->name, c->row_count, mm__round_rate(c->frequency), trajectory);
  for (int r = 0; r < c->row_count && status == MM_OK; r++)
    status = mm__opensim_row(&o, c, r, from, root, given, (*trajectory)->qpos + (size_t)r * (size_t)m->nq);
  mm__arena_free(&arena);
  if (status == MM_OK) {
    mm_trajectory_differentiate(m, *trajectory);
    status = mm_trajectory_forward(m, *trajectory);
  }
  if (status != MM_OK) {
    mm_trajectory_destroy(*trajectory);
    *trajectory = NULL;
  }
  return status;
}
