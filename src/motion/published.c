/* >>published: trajectories as the published package stores them (.npz) */

/* numbers that follow from qpos and qvel of a frame, for all bodies: xpos, xquat, cvel, subtree_com */
typedef struct mm_published {
  const mm_model *model;
  const mm_trajectory *t;
  double *xpos, *xquat, *cvel, *subtree_com, *cvel_parent, *subtree_com_root;
  int *sites;
} mm_published;

static mm_status mm__published_bodies(mm_published *p, mm_arena *arena) {
  const mm_model *m = p->model;
  const size_t frames = (size_t)p->t->frame_count, bodies = (size_t)m->nbody, sites = (size_t)p->t->site_count;
  mm_pose *pose;
  p->xpos = MM_ARENA_NEW(arena, double, frames * bodies * 3);
  p->xquat = MM_ARENA_NEW(arena, double, frames * bodies * 4);
  p->cvel = MM_ARENA_NEW(arena, double, frames * bodies * 6);
  p->subtree_com = MM_ARENA_NEW(arena, double, frames * bodies * 3);
  p->cvel_parent = MM_ARENA_NEW(arena, double, frames * sites * 6);
  p->subtree_com_root = MM_ARENA_NEW(arena, double, frames * 3);
  p->sites = MM_ARENA_NEW(arena, int, sites);
  if (!p->xpos || !p->xquat || !p->cvel || !p->subtree_com || !p->cvel_parent || !p->subtree_com_root || !p->sites) return MM_E_MEMORY;
  if ((size_t)mm_mimic_sites(m, p->sites, (int)sites) != sites)
    return mm__fail(m->ctx, MM_E_DATA, "the trajectory has %d mimic sites, and the model others", (int)sites);
  MM_TRY(mm__pose_create(m->ctx, m, &pose));
  for (size_t f = 0; f < frames; f++) {
    const mm_data_f64 *d = &pose->data;
    memcpy(pose->data.qvel, p->t->qvel + f * (size_t)m->nv, sizeof(double) * (size_t)m->nv);
    mm__pose_set(pose, p->t->qpos + f * (size_t)m->nq);
    mm_com_f64(mm__pose_env(pose));
    mm_velocity_f64(mm__pose_env(pose));
    memcpy(p->xpos + f * bodies * 3, d->xpos, sizeof(double) * bodies * 3);
    memcpy(p->xquat + f * bodies * 4, d->xquat, sizeof(double) * bodies * 4);
    memcpy(p->cvel + f * bodies * 6, d->cvel, sizeof(double) * bodies * 6);
    memcpy(p->subtree_com + f * bodies * 3, d->subtree_com, sizeof(double) * bodies * 3);
    for (size_t s = 0; s < sites; s++)
      memcpy(p->cvel_parent + (f * sites + s) * 6, d->cvel + 6 * m->site_bodyid[p->sites[s]], 6 * sizeof(double));
    memcpy(p->subtree_com_root + 3 * f, d->subtree_com + 3 * (sites ? m->body_rootid[m->site_bodyid[p->sites[0]]] : 0), 3 * sizeof(double));
  }
  mm__pose_destroy(pose);
  return MM_OK;
}

static mm_status mm__published_frames(const mm_published *p, mm_npz_writer *w) {
  const mm_trajectory *t = p->t;
  const struct { const char *name; int rows, columns; const double *data; } list[] = {
    {"qpos", t->nq, 0, t->qpos}, {"qvel", t->nv, 0, t->qvel}, {"xpos", p->model->nbody, 3, p->xpos},
    {"xquat", p->model->nbody, 4, p->xquat}, {"cvel", p->model->nbody, 6, p->cvel},
    {"subtree_com", p->model->nbody, 3, p->subtree_com}, {"site_xpos", t->site_count, 3, t->site_xpos},
    {"site_xmat", t->site_count, 9, t->site_xmat}, {"cvel_parent", t->site_count, 6, p->cvel_parent},
    {"subtree_com_root", 3, 0, p->subtree_com_root}};
  int64_t shape[3];
  for (int i = 0; i < MM_COUNT(list); i++) {
    shape[0] = t->frame_count;
    shape[1] = list[i].rows;
    shape[2] = list[i].columns;
    MM_TRY(mm_npz_add(w, list[i].name, MM_DTYPE_F64, list[i].columns ? 3 : 2, shape, list[i].data));
  }
  shape[0] = t->clip_count + 1;
  MM_TRY(mm_npz_add(w, "split_points", MM_DTYPE_I32, 1, shape, t->split_points));
  return mm_npz_add(w, "frequency", MM_DTYPE_F64, 0, NULL, &t->frequency);
}

/* rows of a model array at the mimic sites */
static mm_status mm__published_sites(const mm_published *p, mm_arena *arena, mm_npz_writer *w) {
  const mm_model *m = p->model;
  const size_t sites = (size_t)p->t->site_count;
  int *body = MM_ARENA_NEW(arena, int, sites);
  double *pos = MM_ARENA_NEW(arena, double, 3 * sites), *quat = MM_ARENA_NEW(arena, double, 4 * sites);
  int64_t shape[2];
  if (!body || !pos || !quat) return MM_E_MEMORY;
  for (size_t s = 0; s < sites; s++) {
    body[s] = m->site_bodyid[p->sites[s]];
    memcpy(pos + 3 * s, m->site_pos + 3 * p->sites[s], 3 * sizeof(double));
    memcpy(quat + 4 * s, m->site_quat + 4 * p->sites[s], 4 * sizeof(double));
  }
  shape[0] = (int64_t)sites;
  MM_TRY(mm_npz_add(w, "site_bodyid", MM_DTYPE_I32, 1, shape, body));
  shape[1] = 3;
  MM_TRY(mm_npz_add(w, "site_pos", MM_DTYPE_F64, 2, shape, pos));
  shape[1] = 4;
  MM_TRY(mm_npz_add(w, "site_quat", MM_DTYPE_F64, 2, shape, quat));
  return mm_npz_add(w, "nsite", MM_DTYPE_I32, 0, NULL, &p->t->site_count);
}

static mm_status mm__published_model(const mm_published *p, mm_arena *arena, mm_npz_writer *w) {
  const mm_model *m = p->model;
  const struct { const char *name; int columns; const double *data; } reals[] = {
    {"body_pos", 3, m->body_pos}, {"body_quat", 4, m->body_quat}, {"body_ipos", 3, m->body_ipos}, {"body_iquat", 4, m->body_iquat}};
  const struct { const char *name; const int *data; } wholes[] = {
    {"body_rootid", m->body_rootid}, {"body_weldid", m->body_weldid}, {"body_mocapid", m->body_mocapid}};
  const char **bodies = MM_ARENA_NEW(arena, const char *, m->nbody);
  int64_t shape[2];
  if (!bodies) return MM_E_MEMORY;
  for (int b = 0; b < m->nbody; b++) bodies[b] = mm_model_name(m, MM_OBJ_BODY, b);
  shape[0] = m->njnt;
  MM_TRY(mm_npz_add(w, "njnt", MM_DTYPE_I32, 0, NULL, &m->njnt));
  MM_TRY(mm_npz_add(w, "jnt_type", MM_DTYPE_I32, 1, shape, m->jnt_type));
  MM_TRY(mm_npz_add(w, "joint_names", MM_DTYPE_TEXT, 1, shape, p->t->joint_names));
  shape[0] = m->nbody;
  MM_TRY(mm_npz_add(w, "nbody", MM_DTYPE_I32, 0, NULL, &m->nbody));
  MM_TRY(mm_npz_add(w, "body_names", MM_DTYPE_TEXT, 1, shape, bodies));
  for (int i = 0; i < MM_COUNT(wholes); i++) MM_TRY(mm_npz_add(w, wholes[i].name, MM_DTYPE_I32, 1, shape, wholes[i].data));
  for (int i = 0; i < MM_COUNT(reals); i++) {
    shape[1] = reals[i].columns;
    MM_TRY(mm_npz_add(w, reals[i].name, MM_DTYPE_F64, 2, shape, reals[i].data));
  }
  shape[0] = p->t->site_count;
  MM_TRY(mm_npz_add(w, "site_names", MM_DTYPE_TEXT, 1, shape, p->t->site_names));
  return mm__published_sites(p, arena, w);
}

mm_status mm_trajectory_save_npz(const mm_model *model, const mm_trajectory *t, const char *path) {
  mm_arena arena = {NULL, NULL};
  mm_published p;
  mm_npz_writer *w = NULL;
  mm_status status;
  if (t->model_hash != mm_motion_hash(model))
    return mm__fail(model->ctx, MM_E_DATA, "%s: the trajectory belongs to another model ('%s')", path, t->model_name);
  memset(&p, 0, sizeof p);
  arena.ctx = model->ctx;
  p.model = model;
  p.t = t;
  status = mm__published_bodies(&p, &arena);
  if (status == MM_OK) status = mm_npz_create(model->ctx, path, &w);
  if (status == MM_OK) status = mm__published_frames(&p, w);
  if (status == MM_OK) status = mm__published_model(&p, &arena, w);
  if (status == MM_OK) status = mm_npz_commit(w);
  mm_npz_end(w);
  mm__arena_free(&arena);
  return status;
}

/* coupled joints that nobody gave a value follow the ones that they are coupled to: y = y0 + sum c_k (x - x0)^k (MuJoCo: mjEQ_JOINT).
   One that leads another is done before it, so a chain of n needs n rounds. */
MM_PRIVATE void mm__couple(const mm_model *m, const unsigned char *given, double *qpos) {
  for (int round = 0; round < 4; round++)
    for (int e = 0; e < m->neq; e++) {
      const int dependent = m->eq_obj1id[e], leader = m->eq_obj2id[e];
      const double *c = m->eq_data + 11 * e;
      double x, y = 0;
      if (m->eq_type[e] != MM_EQ_JOINT || !m->eq_active0[e] || given[dependent]) continue;
      x = leader < 0 ? 0 : qpos[m->jnt_qposadr[leader]] - m->qpos0[m->jnt_qposadr[leader]];
      for (int k = 4; k >= 0; k--) y = y * x + c[k];
      qpos[m->jnt_qposadr[dependent]] = m->qpos0[m->jnt_qposadr[dependent]] + y;
    }
}

static int mm__joint_width(int type) { return type == MM_JNT_FREE ? 7 : type == MM_JNT_BALL ? 4 : 1; }

/* where the joints of a file and those of a model lie in their rows of qpos */
typedef struct mm_joint_match {
  const mm_model *model;
  int *from;                /* [njnt] column of the file, -1: none */
  unsigned char *given;     /* [njnt] */
  int missing, unknown;
} mm_joint_match;

static mm_status mm__match_joints(mm_context *ctx, mm_npz *npz, const char *path, int columns, mm_joint_match *match) {
  const mm_model *m = match->model;
  const mm_npz_array *names;
  const double *types;
  int64_t count = -1;
  int at = 0, found = 0;
  MM_TRY(mm_npz_get(npz, "joint_names", &names));
  MM_TRY(mm_npz_reals(npz, "jnt_type", 1, &count, &types));
  if (names->type != MM_DTYPE_TEXT || names->count != count)
    return mm__fail(ctx, MM_E_DATA, "%s: joint_names and jnt_type do not fit together", path);
  for (int j = 0; j < m->njnt; j++) match->from[j] = -1;
  for (int64_t i = 0; i < count; i++) {
    const char *name = ((const char *const *)names->data)[i];
    const int joint = mm_model_id(m, MM_OBJ_JOINT, name), type = types[i] >= 0 && types[i] <= 3 ? (int)types[i] : -1;
    if (type < 0 || at + mm__joint_width(type) > columns)
      return mm__fail(ctx, MM_E_DATA, "%s: jnt_type and the %d columns of qpos do not fit together", path, columns);
    if (joint >= 0 && mm__joint_width(m->jnt_type[joint]) != mm__joint_width(type))
      return mm__fail(ctx, MM_E_DATA, "%s: joint '%s' is of another type than the model's", path, name);
    if (joint >= 0 && match->from[joint] < 0) {
      match->from[joint] = at;
      match->given[joint] = 1;
      found++;
    } else {
      match->unknown++;
    }
    at += mm__joint_width(type);
  }
  match->missing = m->njnt - found;
  if (found) return MM_OK;
  return mm__fail(ctx, MM_E_DATA, "%s: none of its %d joints is one of the model's", path, (int)count);
}

/* clips by split_points; they have no names, so they get numbers */
static mm_status mm__published_clips(mm_npz *npz, const char *path, mm_trajectory *t) {
  mm_context *ctx = t->ctx;
  const double *split;
  int64_t count = -1;
  char *stem;
  mm_status status = MM_OK;
  if (!mm_npz_has(npz, "split_points")) return MM_OK;
  MM_TRY(mm_npz_reals(npz, "split_points", 1, &count, &split));
  if (count < 2 || count > t->frame_count + 1) return mm__fail(ctx, MM_E_DATA, "%s: %lld split_points", path, (long long)count);
  for (int64_t i = 0; i < count; i++)
    if (!(split[i] >= 0 && split[i] <= t->frame_count) || split[i] != floor(split[i]) || (i ? split[i] <= split[i - 1] : split[i] != 0) ||
        (i == count - 1 && split[i] != t->frame_count))
      return mm__fail(ctx, MM_E_DATA, "%s: split_points do not part the %d frames, at number %lld", path, t->frame_count, (long long)i);
  if (count == 2) return MM_OK;
  stem = mm__file_stem(ctx, path);
  if (!stem) return MM_E_MEMORY;
  mm__texts_free(ctx, t->clip_names, t->clip_count);
  mm__free(ctx, t->split_points);
  t->clip_count = (int)count - 1;
  t->clip_names = MM_NEW(ctx, char *, t->clip_count);
  t->split_points = MM_NEW(ctx, int, count);
  if (!t->clip_names || !t->split_points) status = MM_E_MEMORY;
  for (int i = 0; status == MM_OK && i <= t->clip_count; i++) {
    char name[600];
    t->split_points[i] = (int)split[i];
    if (i == t->clip_count) break;
    snprintf(name, sizeof name, "%.500s_%04d", stem, i);
    if (!(t->clip_names[i] = mm__strdup(ctx, name))) status = MM_E_MEMORY;
  }
  mm__free(ctx, stem);
  return status;
}

/* qpos by joints; then all that follows from it */
static mm_status mm__published_fill(const char *path, const double *data, int columns, const mm_joint_match *match, mm_trajectory *t) {
  const mm_model *m = match->model;
  for (int f = 0; f < t->frame_count; f++) {
    double *q = t->qpos + (size_t)f * (size_t)m->nq;
    memcpy(q, m->qpos0, sizeof(double) * (size_t)m->nq);
    for (int j = 0; j < m->njnt; j++) {
      double *to = q + m->jnt_qposadr[j];
      if (match->from[j] < 0) continue;
      memcpy(to, data + (size_t)f * (size_t)columns + (size_t)match->from[j], sizeof(double) * (size_t)mm__joint_width(m->jnt_type[j]));
      for (int k = 0; k < mm__joint_width(m->jnt_type[j]); k++)
        if (!(fabs(to[k]) < 1e6))
          return mm__fail(t->ctx, MM_E_DATA, "%s: joint '%s' is at %g in frame %d", path, mm_model_name(m, MM_OBJ_JOINT, j), to[k], f);
      if (m->jnt_type[j] == MM_JNT_FREE) mm__rot_normalize(to + 3);
      if (m->jnt_type[j] == MM_JNT_BALL) mm__rot_normalize(to);
    }
    mm__couple(m, match->given, q);
  }
  mm_trajectory_differentiate(m, t);
  return mm_trajectory_forward(m, t);
}

static mm_status mm__published_read(mm_context *ctx, mm_npz *npz, const char *path, const mm_model *model, mm_joint_match *match,
                                    mm_trajectory **t) {
  int64_t shape[2] = {-1, -1};
  const double *qpos, *rate;
  const mm_npz_array *array;
  char *stem;
  mm_status status;
  if (!mm_npz_has(npz, "qpos") || !mm_npz_has(npz, "joint_names") || !mm_npz_has(npz, "frequency"))
    return mm__fail(ctx, MM_E_DATA, "%s: is no published trajectory: it lacks qpos, joint_names or frequency", path);
  MM_TRY(mm_npz_reals(npz, "qpos", 2, shape, &qpos));
  MM_TRY(mm_npz_get(npz, "frequency", &array));
  if (array->count != 1 || array->type == MM_DTYPE_TEXT) return mm__fail(ctx, MM_E_DATA, "%s: frequency is not one number", path);
  {
    int64_t one[MM_RANK_MAX];
    memcpy(one, array->shape, sizeof one);
    MM_TRY(mm_npz_reals(npz, "frequency", array->rank, one, &rate));
  }
  if (shape[0] < 1 || shape[0] > 100000000 || shape[1] > 1000000 || !(rate[0] > 0 && rate[0] <= 100000))
    return mm__fail(ctx, MM_E_DATA, "%s: %lld frames at %g Hz", path, (long long)shape[0], rate[0]);
  MM_TRY(mm__match_joints(ctx, npz, path, (int)shape[1], match));
  stem = mm__file_stem(ctx, path);
  if (!stem) return MM_E_MEMORY;
  status = mm_trajectory_create(model, stem, (int)shape[0], rate[0], t);
  mm__free(ctx, stem);
  if (status == MM_OK) status = mm__published_clips(npz, path, *t);
  if (status == MM_OK) status = mm__published_fill(path, qpos, (int)shape[1], match, *t);
  return status;
}

/* releases npz */
static mm_status mm__published_open(mm_context *ctx, mm_npz *npz, const char *path, const mm_model *model, mm_trajectory **trajectory,
                                    int *missing, int *unknown) {
  mm_joint_match match;
  mm_status status = MM_E_MEMORY;
  memset(&match, 0, sizeof match);
  match.model = model;
  match.from = MM_NEW(ctx, int, model->njnt);
  match.given = MM_NEW(ctx, unsigned char, model->njnt);
  if (match.from && match.given) status = mm__published_read(ctx, npz, path, model, &match, trajectory);
  mm_npz_close(npz);
  mm__free(ctx, match.from);
  mm__free(ctx, match.given);
  if (missing) *missing = match.missing;
  if (unknown) *unknown = match.unknown;
  if (status != MM_OK) {
    mm_trajectory_destroy(*trajectory);
    *trajectory = NULL;
  }
  return status;
}

mm_status mm_trajectory_load_npz(mm_context *ctx, const char *path, const mm_model *model, mm_trajectory **trajectory, int *missing,
                                 int *unknown) {
  mm_npz *npz;
  *trajectory = NULL;
  MM_TRY(mm_npz_open(ctx, path, &npz));
  return mm__published_open(ctx, npz, path, model, trajectory, missing, unknown);
}

mm_status mm_trajectory_parse_npz(mm_context *ctx, const char *label, const void *bytes, size_t size, const mm_model *model,
                                  mm_trajectory **trajectory) {
  mm_npz *npz;
  *trajectory = NULL;
  MM_TRY(mm_npz_parse(ctx, label, bytes, size, &npz));
  return mm__published_open(ctx, npz, label, model, trajectory, NULL, NULL);
}
