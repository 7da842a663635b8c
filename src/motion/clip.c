/* >>clip: motions in SMPL form: made, checked, resampled, posed */

MM_PRIVATE mm_status mm__clip_new(mm_context *ctx, const char *name, int frames, int joints, int betas, mm_clip **clip) {
  mm_clip *made = MM_NEW(ctx, mm_clip, 1);
  *clip = NULL;
  if (!made) return MM_E_MEMORY;
  made->ctx = ctx;
  made->kind = joints == 52 ? MM_BODY_SMPLH : joints == 55 ? MM_BODY_SMPLX : MM_BODY_SMPL;
  made->up = MM_UP_Z;
  made->frame_count = frames;
  made->joint_count = joints;
  made->beta_count = betas;
  made->name = mm__strdup(ctx, name);
  made->poses = MM_NEW(ctx, double, (size_t)frames * (size_t)joints * 3);
  made->trans = MM_NEW(ctx, double, (size_t)frames * 3);
  made->betas = MM_NEW(ctx, double, betas);
  if (!made->name || !made->poses || !made->trans || !made->betas) {
    mm_clip_destroy(made);
    return MM_E_MEMORY;
  }
  *clip = made;
  return MM_OK;
}

void mm_clip_destroy(mm_clip *clip) {
  if (!clip) return;
  mm__free(clip->ctx, clip->name);
  mm__free(clip->ctx, clip->poses);
  mm__free(clip->ctx, clip->trans);
  mm__free(clip->ctx, clip->betas);
  mm__free(clip->ctx, clip);
}

static mm_status mm__clip_write(const mm_clip *clip, mm_npz_writer *w) {
  static const char *const up[] = {"", "z", "y"};
  const char *gender = mm_gender_name(clip->gender), *axis = up[clip->up];
  int64_t shape[2];
  shape[0] = clip->frame_count;
  shape[1] = 3 * (int64_t)clip->joint_count;
  MM_TRY(mm_npz_add(w, "poses", MM_DTYPE_F64, 2, shape, clip->poses));
  shape[1] = 3;
  MM_TRY(mm_npz_add(w, "trans", MM_DTYPE_F64, 2, shape, clip->trans));
  shape[0] = clip->beta_count;
  MM_TRY(mm_npz_add(w, "betas", MM_DTYPE_F64, 1, shape, clip->betas));
  MM_TRY(mm_npz_add(w, "mocap_framerate", MM_DTYPE_F64, 0, NULL, &clip->frequency));
  MM_TRY(mm_npz_add(w, "gender", MM_DTYPE_TEXT, 0, NULL, &gender));
  MM_TRY(mm_npz_add(w, "up_axis", MM_DTYPE_TEXT, 0, NULL, &axis));
  return mm_npz_commit(w);
}

mm_status mm_clip_save(const mm_clip *clip, const char *path) {
  mm_npz_writer *writer;
  mm_status status;
  MM_TRY(mm_npz_create(clip->ctx, path, &writer));
  status = mm__clip_write(clip, writer);
  mm_npz_end(writer);
  return status;
}

/* the up axis that the pelvis' own is nearest to, on average over the clip */
static mm_up_axis mm__clip_detect_up(const mm_clip *clip) {
  static const double up[3] = {0, 1, 0};
  double y = 0, z = 0;
  for (int f = 0; f < clip->frame_count; f++) {
    double q[4], v[3];
    mm__rot_from_vector(clip->poses + (size_t)f * 3 * (size_t)clip->joint_count, q);
    mm__rot_apply(q, up, v);
    y += v[1];
    z += v[2];
  }
  return y > z ? MM_UP_Y : MM_UP_Z;
}

/* the file name without folder and ending */
static mm_status mm__clip_rename(mm_clip *clip, const char *path) {
  const char *slash = strrchr(path, '/'), *start = slash ? slash + 1 : path, *dot = strrchr(start, '.');
  const size_t length = dot && dot > start ? (size_t)(dot - start) : strlen(start);
  char *name = MM_NEW(clip->ctx, char, length + 1);
  if (!name) return MM_E_MEMORY;
  memcpy(name, start, length);
  mm__free(clip->ctx, clip->name);
  clip->name = name;
  return MM_OK;
}

/* one number under the first of several names that the file has; 0 of them: *value stays */
static mm_status mm__clip_number(mm_npz *npz, const char *const *names, int count, double *value) {
  for (int i = 0; i < count; i++) {
    const mm_npz_array *array;
    int64_t shape[MM_RANK_MAX];
    const double *data;
    if (!mm_npz_has(npz, names[i])) continue;
    MM_TRY(mm_npz_get(npz, names[i], &array));
    memcpy(shape, array->shape, sizeof shape);
    if (array->count != 1) continue;
    MM_TRY(mm_npz_reals(npz, names[i], array->rank, shape, &data));
    *value = data[0];
    return MM_OK;
  }
  return MM_OK;
}

/* the parts of a pose that may be stored apart, in the order of SMPL-X, with their numbers a frame */
typedef struct mm_clip_part { const char *name; int size, required; } mm_clip_part;
static const mm_clip_part mm__clip_parts[] = {{"root_orient", 3, 1}, {"pose_body", 63, 1}, {"pose_jaw", 3, 0},
                                              {"pose_eye", 6, 0}, {"pose_hand", 90, 0}};

/* `poses` as it is, or its parts; how many joints there are follows from what is there */
static mm_status mm__clip_read_poses(mm_npz *npz, const char *path, mm_context *ctx, mm_clip **clip) {
  int64_t shape[2] = {-1, -1};
  const double *data;
  int joints = MM_SMPL_JOINTS;
  if (mm_npz_has(npz, "poses")) {
    MM_TRY(mm_npz_reals(npz, "poses", 2, shape, &data));
    if (shape[1] != 72 && shape[1] != 156 && shape[1] != 165)
      return mm__fail(ctx, MM_E_DATA, "%s: poses has %lld numbers a frame; SMPL has 72, SMPL-H 156, SMPL-X 165", path,
                      (long long)shape[1]);
    if (shape[0] < 1 || shape[0] > 10000000) return mm__fail(ctx, MM_E_DATA, "%s: poses has %lld frames", path, (long long)shape[0]);
    MM_TRY(mm__clip_new(ctx, path, (int)shape[0], (int)shape[1] / 3, 0, clip));
    memcpy((*clip)->poses, data, sizeof(double) * (size_t)shape[0] * (size_t)shape[1]);
    return MM_OK;
  }
  if (!mm_npz_has(npz, "root_orient"))
    return mm__fail(ctx, MM_E_DATA, "%s: holds no motion: neither `poses` nor `root_orient` and `pose_body`", path);
  if (mm_npz_has(npz, "pose_jaw")) joints = 55;
  else if (mm_npz_has(npz, "pose_hand")) joints = 52;
  for (int p = 0, at = 0; p < MM_COUNT(mm__clip_parts); p++) {
    const mm_clip_part *part = &mm__clip_parts[p];
    if (!part->required && !mm_npz_has(npz, part->name)) {
      if (joints == 55) at += part->size;
      continue;
    }
    shape[1] = part->size;
    MM_TRY(mm_npz_reals(npz, part->name, 2, shape, &data));
    if (shape[0] < 1 || shape[0] > 10000000) return mm__fail(ctx, MM_E_DATA, "%s: root_orient has %lld frames", path, (long long)shape[0]);
    if (!*clip) MM_TRY(mm__clip_new(ctx, path, (int)shape[0], joints, 0, clip));
    for (int64_t f = 0; f < shape[0]; f++)
      memcpy((*clip)->poses + (size_t)f * (size_t)joints * 3 + at, data + f * part->size, sizeof(double) * (size_t)part->size);
    at += part->size;
  }
  return MM_OK;
}

static mm_status mm__clip_read_gender(mm_npz *npz, const char *path, mm_clip *clip) {
  const char *text;
  if (!mm_npz_has(npz, "gender")) return MM_OK;
  MM_TRY(mm_npz_text(npz, "gender", &text));
  if (!strncmp(text, "b'", 2)) text += 2; /* bytes that were made text by str() */
  if (!strncmp(text, "male", 4)) clip->gender = MM_GENDER_MALE;
  else if (!strncmp(text, "female", 6)) clip->gender = MM_GENDER_FEMALE;
  else if (strncmp(text, "neutral", 7) && text[0])
    return mm__fail(clip->ctx, MM_E_DATA, "%s: gender is '%s'; male, female and neutral are known", path, text);
  return MM_OK;
}

static mm_status mm__clip_read_rest(mm_npz *npz, const char *path, mm_clip *clip) {
  static const char *const rates[] = {"mocap_framerate", "mocap_frame_rate", "mocap_fps", "fps", "frame_rate", "framerate"};
  int64_t shape[2] = {-1, 3};
  const double *data;
  const mm_npz_array *array;
  MM_TRY(mm_npz_reals(npz, "trans", 2, shape, &data));
  if (shape[0] != clip->frame_count)
    return mm__fail(clip->ctx, MM_E_DATA, "%s: %d frames of poses and %lld of trans", path, clip->frame_count, (long long)shape[0]);
  memcpy(clip->trans, data, sizeof(double) * 3 * (size_t)shape[0]);
  MM_TRY(mm__clip_number(npz, rates, MM_COUNT(rates), &clip->frequency));
  if (clip->frequency == 0)
    return mm__fail(clip->ctx, MM_E_DATA, "%s: says no frame rate (mocap_framerate or mocap_frame_rate)", path);
  if (!(clip->frequency >= 1 && clip->frequency <= 10000))
    return mm__fail(clip->ctx, MM_E_DATA, "%s: a frame rate of %g Hz", path, clip->frequency);
  /* 120 Hz is written as 120.00004577636719 by some exports */
  if (fabs(clip->frequency - floor(clip->frequency + 0.5)) < 1e-3) clip->frequency = floor(clip->frequency + 0.5);
  MM_TRY(mm__clip_read_gender(npz, path, clip));
  if (mm_npz_has(npz, "surface_model_type")) {
    const char *model;
    MM_TRY(mm_npz_text(npz, "surface_model_type", &model));
    if (!strcmp(model, "smplx")) clip->kind = MM_BODY_SMPLX;
  }
  if (!mm_npz_has(npz, "betas")) return MM_OK;
  MM_TRY(mm_npz_get(npz, "betas", &array));
  /* one row, or one row a frame of which all are equal */
  shape[0] = shape[1] = -1;
  MM_TRY(mm_npz_reals(npz, "betas", array->rank == 1 ? 1 : 2, shape, &data));
  clip->beta_count = (int)(array->rank == 1 ? shape[0] : shape[1]);
  if (clip->beta_count < 0 || clip->beta_count > 1000) return mm__fail(clip->ctx, MM_E_DATA, "%s: %d betas", path, clip->beta_count);
  mm__free(clip->ctx, clip->betas);
  clip->betas = MM_NEW(clip->ctx, double, clip->beta_count);
  if (!clip->betas) return MM_E_MEMORY;
  if (array->count) memcpy(clip->betas, data, sizeof(double) * (size_t)clip->beta_count);
  return MM_OK;
}

static mm_status mm__clip_check(const mm_clip *clip, const char *path) {
  const size_t row = 3 * (size_t)clip->joint_count, frames = (size_t)clip->frame_count;
  for (size_t i = 0; i < frames * row; i++)
    if (!(clip->poses[i] - clip->poses[i] == 0) || fabs(clip->poses[i]) > 1000)
      return mm__fail(clip->ctx, MM_E_DATA, "%s: frame %lu, joint %lu: rotation %g", path, (unsigned long)(i / row),
                      (unsigned long)(i % row / 3), clip->poses[i]);
  for (size_t i = 0; i < 3 * frames; i++)
    if (!(clip->trans[i] - clip->trans[i] == 0) || fabs(clip->trans[i]) > 1e5)
      return mm__fail(clip->ctx, MM_E_DATA, "%s: frame %lu: position %g m", path, (unsigned long)(i / 3), clip->trans[i]);
  return MM_OK;
}

mm_status mm_clip_load(mm_context *ctx, const char *path, mm_up_axis up, mm_clip **clip) {
  mm_npz *npz;
  mm_status status;
  *clip = NULL;
  MM_TRY(mm_npz_open(ctx, path, &npz));
  status = mm__clip_read_poses(npz, path, ctx, clip);
  if (status == MM_OK) status = mm__clip_read_rest(npz, path, *clip);
  if (status == MM_OK) status = mm__clip_check(*clip, path);
  if (status == MM_OK) status = mm__clip_rename(*clip, path);
  mm_npz_close(npz);
  if (status != MM_OK) {
    mm_clip_destroy(*clip);
    *clip = NULL;
    return status;
  }
  (*clip)->up = up == MM_UP_AUTO ? mm__clip_detect_up(*clip) : up;
  return MM_OK;
}

/* quaternions of the first joints of each frame [frame_count, joints, 4], each nearest to the one before */
static void mm__clip_quaternions(const mm_clip *clip, int joints, double *quats) {
  for (int f = 0; f < clip->frame_count; f++)
    for (int j = 0; j < joints; j++)
      mm__rot_from_vector(clip->poses + ((size_t)f * (size_t)clip->joint_count + (size_t)j) * 3,
                          quats + ((size_t)f * (size_t)joints + (size_t)j) * 4);
  mm__spline_align(quats, clip->frame_count, joints);
}

mm_status mm_clip_resample(const mm_clip *clip, double frequency, mm_clip **out) {
  mm_context *ctx = clip->ctx;
  mm_arena arena = {NULL, NULL};
  const int n = clip->frame_count, joints = clip->joint_count, smooth = n >= 4;
  const double ratio = clip->frequency / frequency, span = (n - 1) / clip->frequency * frequency;
  double *quats, *curve, *drift, *work, *row;
  int frames;
  *out = NULL;
  if (!(frequency > 0 && frequency <= 10000) || span > 1e8)
    return mm__fail(ctx, MM_E_ARGUMENT, "%s: cannot be resampled to %g Hz", clip->name, frequency);
  frames = (int)(span + 1e-6) + 1;
  MM_TRY(mm__clip_new(ctx, clip->name, frames, joints, clip->beta_count, out));
  arena.ctx = ctx;
  quats = MM_ARENA_NEW(&arena, double, 4 * (size_t)n * (size_t)joints);
  curve = MM_ARENA_NEW(&arena, double, 4 * (size_t)n * (size_t)joints);
  drift = MM_ARENA_NEW(&arena, double, 3 * (size_t)n);
  work = MM_ARENA_NEW(&arena, double, n);
  row = MM_ARENA_NEW(&arena, double, 4 * (size_t)joints);
  if (!quats || !curve || !drift || !work || !row) {
    mm__arena_free(&arena);
    mm_clip_destroy(*out);
    *out = NULL;
    return MM_E_MEMORY;
  }
  (*out)->kind = clip->kind;
  (*out)->gender = clip->gender;
  (*out)->up = clip->up;
  (*out)->frequency = frequency;
  memcpy((*out)->betas, clip->betas, sizeof(double) * (size_t)clip->beta_count);
  mm__clip_quaternions(clip, joints, quats);
  if (smooth) {
    mm__spline_fit(quats, n, 4 * joints, curve, work);
    mm__spline_fit(clip->trans, n, 3, drift, work);
  }
  for (int f = 0; f < frames; f++) {
    mm__spline_at(clip->trans, smooth ? drift : NULL, n, 3, f * ratio, (*out)->trans + 3 * (size_t)f);
    mm__spline_rotations(quats, smooth ? curve : NULL, n, joints, f * ratio, row);
    for (int j = 0; j < joints; j++)
      mm__rot_to_vector(row + 4 * j, (*out)->poses + ((size_t)f * (size_t)joints + (size_t)j) * 3);
  }
  mm__arena_free(&arena);
  return MM_OK;
}

void mm_clip_joints(const mm_clip *clip, const mm_skeleton *skeleton, double *positions, double *rotations) {
  static const double y_up[4] = {0.70710678118654752, 0.70710678118654752, 0, 0}; /* y becomes z */
  const int own = clip->joint_count == MM_SMPL_JOINTS ? MM_SMPL_JOINTS : MM_SMPL_L_HAND;
  for (int f = 0; f < clip->frame_count; f++) {
    double *x = positions + (size_t)f * 3 * MM_SMPL_JOINTS, *q = rotations + (size_t)f * 4 * MM_SMPL_JOINTS;
    for (int j = 0; j < MM_SMPL_JOINTS; j++) {
      const int parent = skeleton->parent[j];
      double turn[4] = {1, 0, 0, 0}, bone[3];
      if (j < own) mm__rot_from_vector(clip->poses + ((size_t)f * (size_t)clip->joint_count + (size_t)j) * 3, turn);
      if (parent < 0) {
        for (int k = 0; k < 3; k++) x[k] = clip->trans[3 * (size_t)f + (size_t)k] + skeleton->root[k];
        if (clip->up == MM_UP_Y) {
          mm__rot_apply(y_up, x, x);
          mm__rot_multiply(y_up, turn, turn);
        }
        memcpy(q, turn, sizeof turn);
        continue;
      }
      for (int k = 0; k < 3; k++) bone[k] = skeleton->joint[j][k] - skeleton->joint[parent][k];
      mm__rot_apply(q + 4 * parent, bone, bone);
      for (int k = 0; k < 3; k++) x[3 * j + k] = x[3 * parent + k] + bone[k];
      mm__rot_multiply(q + 4 * parent, turn, q + 4 * j);
      mm__rot_normalize(q + 4 * j);
    }
  }
}
