/* >>trajectory: motions of a model, their derivatives and their files */

static int mm__is_mimic(const char *name) {
  static const char ending[] = "_mimic";
  const size_t size = sizeof ending - 1, length = strlen(name);
  return length > size && !strcmp(name + length - size, ending);
}

/* the pelvis, else the upper body, goes first; the others follow in the model's order */
int mm_mimic_sites(const mm_model *model, int *sites, int limit) {
  int first = mm_model_id(model, MM_OBJ_SITE, "pelvis_mimic"), count = 0;
  if (first < 0) first = mm_model_id(model, MM_OBJ_SITE, "upper_body_mimic");
  if (first >= 0 && count++ < limit) sites[0] = first;
  for (int s = 0; s < model->nsite; s++) {
    if (s == first || !mm__is_mimic(mm_model_name(model, MM_OBJ_SITE, s))) continue;
    if (count < limit) sites[count] = s;
    count++;
  }
  return count;
}

uint64_t mm_motion_hash(const mm_model *m) {
  uint64_t hash = MM_HASH_SEED;
  const size_t real = sizeof(double), bodies = (size_t)m->nbody, joints = (size_t)m->njnt;
  hash = mm__hash(hash, m->body_parentid, bodies * sizeof(int));
  hash = mm__hash(hash, m->body_pos, 3 * bodies * real);
  hash = mm__hash(hash, m->body_quat, 4 * bodies * real);
  hash = mm__hash(hash, m->jnt_type, joints * sizeof(int));
  hash = mm__hash(hash, m->jnt_bodyid, joints * sizeof(int));
  hash = mm__hash(hash, m->jnt_pos, 3 * joints * real);
  hash = mm__hash(hash, m->jnt_axis, 3 * joints * real);
  hash = mm__hash(hash, m->qpos0, (size_t)m->nq * real);
  for (int j = 0; j < m->njnt; j++) {
    const char *name = mm_model_name(m, MM_OBJ_JOINT, j);
    hash = mm__hash(hash, name, strlen(name) + 1);
  }
  for (int s = 0; s < m->nsite; s++) {
    const char *name = mm_model_name(m, MM_OBJ_SITE, s);
    if (!mm__is_mimic(name)) continue;
    hash = mm__hash(hash, name, strlen(name) + 1);
    hash = mm__hash(hash, m->site_bodyid + s, sizeof(int));
    hash = mm__hash(hash, m->site_pos + 3 * s, 3 * real);
    hash = mm__hash(hash, m->site_quat + 4 * s, 4 * real);
  }
  return hash;
}

static void mm__texts_free(mm_context *ctx, char **texts, int count) {
  for (int i = 0; texts && i < count; i++) mm__free(ctx, texts[i]);
  mm__free(ctx, texts);
}

void mm_trajectory_destroy(mm_trajectory *t) {
  if (!t) return;
  mm__texts_free(t->ctx, t->clip_names, t->clip_count);
  mm__texts_free(t->ctx, t->clip_splits, t->clip_count);
  mm__texts_free(t->ctx, t->joint_names, t->joint_count);
  mm__texts_free(t->ctx, t->site_names, t->site_count);
  mm__free(t->ctx, t->model_name);
  mm__free(t->ctx, t->split_points);
#define MM_TRAJECTORY_FREE(name, columns, unit, frame, meaning) mm__free(t->ctx, t->name);
  MM_TRAJECTORY_FIELDS(MM_TRAJECTORY_FREE)
#undef MM_TRAJECTORY_FREE
  mm__free(t->ctx, t);
}

/* every array for the sizes that are set, and lists for names, still empty */
static mm_status mm__trajectory_allocate(mm_trajectory *t) {
  mm_context *ctx = t->ctx;
  MM_TRAJECTORY_SIZES(t)
#define MM_TRAJECTORY_NEW(name, columns, unit, frame, meaning)                       \
  t->name = MM_NEW(ctx, double, (size_t)t->frame_count * (size_t)(columns));         \
  if (!t->name) return MM_E_MEMORY;
  MM_TRAJECTORY_FIELDS(MM_TRAJECTORY_NEW)
#undef MM_TRAJECTORY_NEW
  t->split_points = MM_NEW(ctx, int, t->clip_count + 1);
  t->clip_names = MM_NEW(ctx, char *, t->clip_count);
  t->joint_names = MM_NEW(ctx, char *, t->joint_count);
  t->site_names = MM_NEW(ctx, char *, t->site_count);
  return t->split_points && t->clip_names && t->joint_names && t->site_names ? MM_OK : MM_E_MEMORY;
}

static mm_status mm__texts_copy(mm_context *ctx, char **to, char *const *from, int count) {
  for (int i = 0; i < count; i++) {
    to[i] = mm__strdup(ctx, from[i]);
    if (!to[i]) return MM_E_MEMORY;
  }
  return MM_OK;
}

static mm_status mm__trajectory_name(const mm_model *model, const char *clip_name, mm_trajectory *t, const int *sites) {
  mm_context *ctx = t->ctx;
  t->model_name = mm__strdup(ctx, model->name ? model->name : "");
  t->clip_names[0] = mm__strdup(ctx, clip_name);
  if (!t->model_name || !t->clip_names[0]) return MM_E_MEMORY;
  for (int j = 0; j < t->joint_count; j++)
    if (!(t->joint_names[j] = mm__strdup(ctx, mm_model_name(model, MM_OBJ_JOINT, j)))) return MM_E_MEMORY;
  for (int s = 0; s < t->site_count; s++)
    if (!(t->site_names[s] = mm__strdup(ctx, mm_model_name(model, MM_OBJ_SITE, sites[s])))) return MM_E_MEMORY;
  return MM_OK;
}

mm_status mm_trajectory_create(const mm_model *model, const char *clip_name, int frame_count, double frequency,
                               mm_trajectory **trajectory) {
  mm_context *ctx = model->ctx;
  mm_trajectory *t;
  mm_status status;
  int *sites;
  *trajectory = NULL;
  if (frame_count < 1 || !(frequency > 0))
    return mm__fail(ctx, MM_E_ARGUMENT, "mm_trajectory_create: %d frames at %g Hz", frame_count, frequency);
  t = MM_NEW(ctx, mm_trajectory, 1);
  sites = MM_NEW(ctx, int, model->nsite);
  if (!t || !sites) {
    mm__free(ctx, t);
    mm__free(ctx, sites);
    return MM_E_MEMORY;
  }
  t->ctx = ctx;
  t->model_hash = mm_motion_hash(model);
  t->frequency = frequency;
  t->frame_count = frame_count;
  t->clip_count = 1;
  t->nq = model->nq;
  t->nv = model->nv;
  t->joint_count = model->njnt;
  t->site_count = mm_mimic_sites(model, sites, model->nsite);
  status = mm__trajectory_allocate(t);
  if (status == MM_OK) status = mm__trajectory_name(model, clip_name, t, sites);
  mm__free(ctx, sites);
  if (status != MM_OK) {
    mm_trajectory_destroy(t);
    return status;
  }
  t->split_points[1] = frame_count;
  *trajectory = t;
  return MM_OK;
}

/* v * duration moves a to b: differences, and for rotations the rotation vector in the frame of a (MuJoCo: mj_differentiatePos) */
MM_PRIVATE void mm__pose_difference(const mm_model *model, const double *a, const double *b, double duration, double *v) {
  for (int j = 0; j < model->njnt; j++) {
    const int type = model->jnt_type[j];
    int p = model->jnt_qposadr[j], d = model->jnt_dofadr[j];
    if (type == MM_JNT_FREE) {
      for (int k = 0; k < 3; k++) v[d + k] = (b[p + k] - a[p + k]) / duration;
      p += 3;
      d += 3;
    }
    if (type == MM_JNT_FREE || type == MM_JNT_BALL) {
      double inverse[4], turn[4];
      mm__rot_conjugate(a + p, inverse);
      mm__rot_multiply(inverse, b + p, turn);
      mm__rot_to_vector(turn, v + d);
      for (int k = 0; k < 3; k++) v[d + k] /= duration;
    } else {
      v[d] = (b[p] - a[p]) / duration;
    }
  }
}

void mm_trajectory_differentiate(const mm_model *model, mm_trajectory *t) {
  const size_t nq = (size_t)t->nq, nv = (size_t)t->nv;
  for (int c = 0; c < t->clip_count; c++) {
    const int first = t->split_points[c], last = t->split_points[c + 1] - 1;
    for (int f = first; f <= last; f++) {
      const int before = f > first ? f - 1 : f, after = f < last ? f + 1 : f;
      if (before == after) continue;
      mm__pose_difference(model, t->qpos + (size_t)before * nq, t->qpos + (size_t)after * nq, (after - before) / t->frequency,
                          t->qvel + (size_t)f * nv);
    }
  }
}

mm_status mm_trajectory_forward(const mm_model *model, mm_trajectory *t) {
  mm_context *ctx = t->ctx;
  int *sites = MM_NEW(ctx, int, model->nsite);
  mm_pose *pose = NULL;
  mm_status status = sites ? mm__pose_create(ctx, model, &pose) : MM_E_MEMORY;
  if (status == MM_OK) {
    const size_t count = (size_t)mm_mimic_sites(model, sites, model->nsite);
    for (int f = 0; f < t->frame_count; f++) {
      mm__pose_set(pose, t->qpos + (size_t)f * (size_t)t->nq);
      for (size_t s = 0; s < count; s++) {
        const size_t at = (size_t)f * count + s;
        mm__pose_site(pose, sites[s], t->site_xpos + 3 * at, t->site_xmat + 9 * at);
        mm__pose_site_velocity(pose, sites[s], t->site_xpos + 3 * at, t->qvel + (size_t)f * (size_t)t->nv, t->site_xvel + 6 * at);
      }
    }
  }
  mm__pose_destroy(pose);
  mm__free(ctx, sites);
  return status;
}

/* files */

static mm_status mm__trajectory_write(const mm_trajectory *t, mm_store *store) {
  MM_TRAJECTORY_SIZES(t)
  mm_store_array array;
  int64_t split = t->clip_count + 1;
#define MM_TRAJECTORY_WRITE(field, columns, unit, in_frame, meaning)  \
  memset(&array, 0, sizeof array);                                    \
  array.name = #field;                                                \
  array.type = MM_DTYPE_F64;                                          \
  array.rank = 2;                                                     \
  array.shape[0] = t->frame_count;                                    \
  array.shape[1] = columns;                                           \
  array.units = unit;                                                 \
  array.frame = in_frame[0] ? in_frame : NULL;                        \
  MM_TRY(mm_store_write(store, &array, t->field));
  MM_TRAJECTORY_FIELDS(MM_TRAJECTORY_WRITE)
#undef MM_TRAJECTORY_WRITE
  memset(&array, 0, sizeof array);
  array.name = "split_points";
  array.type = MM_DTYPE_I32;
  array.rank = 1;
  array.shape[0] = split;
  MM_TRY(mm_store_write(store, &array, t->split_points));
  memset(&array, 0, sizeof array);
  array.name = "frequency";
  array.type = MM_DTYPE_F64;
  array.units = "Hz";
  MM_TRY(mm_store_write(store, &array, &t->frequency));
  MM_TRY(mm_store_write_texts(store, "clip_names", t->clip_count, (const char *const *)t->clip_names));
  if (t->clip_splits) MM_TRY(mm_store_write_texts(store, "clip_splits", t->clip_count, (const char *const *)t->clip_splits));
  MM_TRY(mm_store_write_texts(store, "joint_names", t->joint_count, (const char *const *)t->joint_names));
  MM_TRY(mm_store_write_texts(store, "site_names", t->site_count, (const char *const *)t->site_names));
  return mm_store_set_text(store, "/", "model", t->model_name);
}

mm_status mm_trajectory_save(const mm_trajectory *t, const char *path) {
  mm_store_def def;
  mm_store *store;
  mm_status status;
  memset(&def, 0, sizeof def);
  def.schema = MM_TRAJECTORY_SCHEMA;
  def.version = 1;
  def.model_hash = t->model_hash;
  MM_TRY(mm_store_create(t->ctx, path, &def, &store));
  status = mm__trajectory_write(t, store);
  if (status == MM_OK) status = mm_store_commit(store);
  mm_store_close(store);
  return status;
}

/* a list of names of any length: copied, because the store's block is one piece */
static mm_status mm__trajectory_read_names(mm_trajectory *t, mm_store *store, const char *name, char ***names, int *count) {
  char **texts;
  int64_t found;
  mm_status status;
  MM_TRY(mm_store_load_texts(store, name, &found, &texts));
  if (found > 1000000) status = mm__fail(t->ctx, MM_E_DATA, "%s: %lld entries", name, (long long)found);
  else {
    *names = MM_NEW(t->ctx, char *, found);
    *count = *names ? (int)found : 0;
    status = *names ? mm__texts_copy(t->ctx, *names, texts, (int)found) : MM_E_MEMORY;
  }
  mm_store_free(store, texts);
  return status;
}

static mm_status mm__trajectory_read_sizes(mm_trajectory *t, mm_store *store, const char *path) {
  mm_store_array qpos, qvel, split;
  MM_TRY(mm_store_info(store, "qpos", &qpos));
  MM_TRY(mm_store_info(store, "qvel", &qvel));
  MM_TRY(mm_store_info(store, "split_points", &split));
  if (qpos.rank != 2 || qvel.rank != 2 || split.rank != 1 || qpos.shape[0] < 1 || qpos.shape[0] > 100000000 ||
      qpos.shape[1] < 1 || qpos.shape[1] > 100000 || qvel.shape[1] < 1 || qvel.shape[1] > 100000 || split.shape[0] < 2 ||
      split.shape[0] > qpos.shape[0] + 1)
    return mm__fail(t->ctx, MM_E_DATA, "%s: qpos, qvel and split_points are not those of a trajectory", path);
  t->frame_count = (int)qpos.shape[0];
  t->nq = (int)qpos.shape[1];
  t->nv = (int)qvel.shape[1];
  MM_TRY(mm__trajectory_read_names(t, store, "clip_names", &t->clip_names, &t->clip_count));
  MM_TRY(mm__trajectory_read_names(t, store, "joint_names", &t->joint_names, &t->joint_count));
  MM_TRY(mm__trajectory_read_names(t, store, "site_names", &t->site_names, &t->site_count));
  if (t->clip_count != (int)split.shape[0] - 1)
    return mm__fail(t->ctx, MM_E_DATA, "%s: %d clip_names, and split_points for %d clips", path, t->clip_count,
                    (int)split.shape[0] - 1);
  return MM_OK;
}

static mm_status mm__trajectory_check_index(const mm_trajectory *t, const char *path) {
  for (int c = 0; c < t->clip_count; c++)
    if (t->split_points[0] != 0 || t->split_points[c + 1] <= t->split_points[c] || t->split_points[t->clip_count] != t->frame_count)
      return mm__fail(t->ctx, MM_E_DATA, "%s: split_points do not part the %d frames, at clip %d", path, t->frame_count, c);
  if (!(t->frequency > 0 && t->frequency <= 100000)) return mm__fail(t->ctx, MM_E_DATA, "%s: frequency %g Hz", path, t->frequency);
  return MM_OK;
}

static mm_status mm__trajectory_check(const mm_trajectory *t, const char *path) {
  MM_TRAJECTORY_SIZES(t)
#define MM_TRAJECTORY_FINITE(name, columns, unit, frame, meaning)                                                       \
  for (size_t i = 0; i < (size_t)t->frame_count * (size_t)(columns); i++)                                             \
    if (!(t->name[i] - t->name[i] == 0))                                                                              \
      return mm__fail(t->ctx, MM_E_DATA, "%s: %s of frame %lu is not finite", path, #name,                             \
                      (unsigned long)(i / (size_t)(columns)));
  MM_TRAJECTORY_FIELDS(MM_TRAJECTORY_FINITE)
#undef MM_TRAJECTORY_FINITE
  return MM_OK;
}

/* everything but the frames */
static mm_status mm__trajectory_read_index(mm_trajectory *t, mm_store *store, const char *path) {
  mm_context *ctx = t->ctx;
  int64_t shape[2];
  char name[512];
  MM_TRY(mm__trajectory_read_sizes(t, store, path));
  if (mm_store_has_attribute(store, "/", "model_hash")) {
    MM_TRY(mm_store_get_text(store, "/", "model_hash", name, sizeof name));
    t->model_hash = (uint64_t)strtoull(name, NULL, 16);
  }
  MM_TRY(mm_store_get_text(store, "/", "model", name, sizeof name));
  t->model_name = mm__strdup(ctx, name);
  t->split_points = MM_NEW(ctx, int, t->clip_count + 1);
  if (!t->model_name || !t->split_points) return MM_E_MEMORY;
  shape[0] = t->clip_count + 1;
  MM_TRY(mm_store_read(store, "split_points", MM_DTYPE_I32, 1, shape, t->split_points));
  MM_TRY(mm_store_read(store, "frequency", MM_DTYPE_F64, 0, shape, &t->frequency));
  return mm__trajectory_check_index(t, path);
}

static mm_status mm__trajectory_read_splits(mm_trajectory *t, mm_store *store, const char *path) {
  char **splits = NULL;
  int count = 0;
  mm_status status = mm__trajectory_read_names(t, store, "clip_splits", &splits, &count);
  if (status == MM_OK && count != t->clip_count)
    status = mm__fail(t->ctx, MM_E_DATA, "%s: clip_splits has %d entries for %d clips", path, count, t->clip_count);
  if (status == MM_OK) t->clip_splits = splits;
  else mm__texts_free(t->ctx, splits, count);
  return status;
}

static mm_status mm__trajectory_read(mm_trajectory *t, mm_store *store, const char *path) {
  mm_context *ctx = t->ctx;
  int64_t shape[2];
  MM_TRY(mm__trajectory_read_index(t, store, path));
  if (mm_store_has(store, "clip_splits") == 1) MM_TRY(mm__trajectory_read_splits(t, store, path));
  {
    MM_TRAJECTORY_SIZES(t)
#define MM_TRAJECTORY_READ(field, columns, unit, frame, meaning)                          \
  shape[0] = t->frame_count;                                                              \
  shape[1] = columns;                                                                     \
  t->field = MM_NEW(ctx, double, (size_t)t->frame_count * (size_t)(columns));             \
  if (!t->field) return MM_E_MEMORY;                                                      \
  MM_TRY(mm_store_read(store, #field, MM_DTYPE_F64, 2, shape, t->field));
    MM_TRAJECTORY_FIELDS(MM_TRAJECTORY_READ)
#undef MM_TRAJECTORY_READ
  }
  return mm__trajectory_check(t, path);
}

mm_status mm_trajectory_load(mm_context *ctx, const char *path, const mm_model *model, mm_trajectory **trajectory) {
  mm_trajectory *t;
  mm_store_def def;
  mm_store *store;
  mm_status status;
  *trajectory = NULL;
  memset(&def, 0, sizeof def);
  def.schema = MM_TRAJECTORY_SCHEMA;
  def.version = 1;
  def.model_hash = model ? mm_motion_hash(model) : 0;
  MM_TRY(mm_store_open(ctx, path, &def, &store));
  t = MM_NEW(ctx, mm_trajectory, 1);
  if (!t) {
    mm_store_close(store);
    return MM_E_MEMORY;
  }
  t->ctx = ctx;
  status = mm__trajectory_read(t, store, path);
  mm_store_close(store);
  if (status == MM_OK && model && (t->nq != model->nq || t->nv != model->nv))
    status = mm__fail(ctx, MM_E_DATA, "%s: %d coordinates, and the model has %d", path, t->nq, model->nq);
  if (status != MM_OK) {
    mm_trajectory_destroy(t);
    return status;
  }
  *trajectory = t;
  return MM_OK;
}

static mm_status mm__trajectory_fill(mm_trajectory *t, const mm_trajectory *const *list, int count) {
  MM_TRAJECTORY_SIZES(t)
  int frame = 0, clip = 0;
  MM_TRY(mm__texts_copy(t->ctx, t->joint_names, list[0]->joint_names, t->joint_count));
  MM_TRY(mm__texts_copy(t->ctx, t->site_names, list[0]->site_names, t->site_count));
  if (!(t->model_name = mm__strdup(t->ctx, list[0]->model_name))) return MM_E_MEMORY;
  for (int i = 0; i < count; i++) {
    const mm_trajectory *from = list[i];
    MM_TRY(mm__texts_copy(t->ctx, t->clip_names + clip, from->clip_names, from->clip_count));
    for (int c = 0; t->clip_splits && c < from->clip_count; c++)
      if (!(t->clip_splits[clip + c] = mm__strdup(t->ctx, from->clip_splits ? from->clip_splits[c] : ""))) return MM_E_MEMORY;
#define MM_TRAJECTORY_COPY(name, columns, unit, in_frame, meaning) \
  memcpy(t->name + (size_t)frame * (size_t)(columns), from->name, sizeof(double) * (size_t)from->frame_count * (size_t)(columns));
    MM_TRAJECTORY_FIELDS(MM_TRAJECTORY_COPY)
#undef MM_TRAJECTORY_COPY
    for (int c = 0; c < from->clip_count; c++) t->split_points[clip + c + 1] = frame + from->split_points[c + 1];
    clip += from->clip_count;
    frame += from->frame_count;
  }
  return MM_OK;
}

mm_status mm_trajectory_join(mm_context *ctx, const mm_trajectory *const *list, int count, mm_trajectory **joined) {
  mm_trajectory *t;
  mm_status status;
  int64_t frames = 0, clips = 0;
  *joined = NULL;
  if (count < 1) return mm__fail(ctx, MM_E_ARGUMENT, "mm_trajectory_join: no trajectories");
  for (int i = 0; i < count; i++) {
    if (list[i]->model_hash != list[0]->model_hash || list[i]->nq != list[0]->nq || list[i]->site_count != list[0]->site_count)
      return mm__fail(ctx, MM_E_DATA, "%s and %s are motions of different models", list[0]->clip_names[0], list[i]->clip_names[0]);
    if (list[i]->frequency != list[0]->frequency)
      return mm__fail(ctx, MM_E_DATA, "%s has %g Hz and %s %g Hz", list[0]->clip_names[0], list[0]->frequency,
                      list[i]->clip_names[0], list[i]->frequency);
    frames += list[i]->frame_count;
    clips += list[i]->clip_count;
  }
  if (frames > 100000000) return mm__fail(ctx, MM_E_ARGUMENT, "mm_trajectory_join: %lld frames", (long long)frames);
  t = MM_NEW(ctx, mm_trajectory, 1);
  if (!t) return MM_E_MEMORY;
  t->ctx = ctx;
  t->model_hash = list[0]->model_hash;
  t->frequency = list[0]->frequency;
  t->frame_count = (int)frames;
  t->clip_count = (int)clips;
  t->nq = list[0]->nq;
  t->nv = list[0]->nv;
  t->joint_count = list[0]->joint_count;
  t->site_count = list[0]->site_count;
  status = mm__trajectory_allocate(t);
  for (int i = 0; status == MM_OK && i < count; i++)
    if (list[i]->clip_splits && !t->clip_splits && !(t->clip_splits = MM_NEW(ctx, char *, clips))) status = MM_E_MEMORY;
  if (status == MM_OK) status = mm__trajectory_fill(t, list, count);
  if (status != MM_OK) {
    mm_trajectory_destroy(t);
    return status;
  }
  *joined = t;
  return MM_OK;
}
