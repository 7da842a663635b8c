/* >>clip-npz: motions in SMPL form, read from .npz in the spellings that are in use

   One table names each quantity's keys, the commonest first; the first that a file has is taken. Parts of a pose go to
   their places in the layouts of the three bodies (numbers of a frame where each begins, -1: the body has none):

     SMPL    root 0, body 3 (23 joints, the last two the hands)
     SMPL-H  root 0, body 3 (21 joints), left hand 66, right hand 111
     SMPL-X  root 0, body 3 (21 joints), jaw 66, left eye 69, right eye 72, left hand 75, right hand 120 */

typedef struct mm_clip_source {
  mm_context *ctx;
  mm_npz *npz;
  const char *path;
} mm_clip_source;

#define MM_CLIP_KEYS 6
typedef struct mm_clip_part {
  int size, wide;              /* numbers a frame; another size that is taken too, 0: none */
  int place[3];                /* in SMPL, SMPL-H, SMPL-X */
  const char *keys[MM_CLIP_KEYS];
} mm_clip_part;

static const char *const mm__clip_pose_keys[] = {"poses", "fullpose", "full_pose", "smpl_poses", NULL};
static const char *const mm__clip_trans_keys[] = {"trans", "transl", "smpl_trans", "root_trans", "translation", NULL};
static const char *const mm__clip_rate_keys[] = {"mocap_framerate", "mocap_frame_rate", "mocap_fps", "fps", "frame_rate",
                                                 "framerate", NULL};
static const mm_clip_part mm__clip_parts[] = {
  {3, 0, {0, 0, 0}, {"root_orient", "global_orient", "root_pose", NULL, NULL, NULL}},
  {63, 69, {3, 3, 3}, {"pose_body", "body_pose", NULL, NULL, NULL, NULL}},
  {3, 0, {-1, -1, 66}, {"pose_jaw", "jaw_pose", NULL, NULL, NULL, NULL}},
  {6, 0, {-1, -1, 69}, {"pose_eye", NULL, NULL, NULL, NULL, NULL}},
  {3, 0, {-1, -1, 69}, {"leye_pose", NULL, NULL, NULL, NULL, NULL}},
  {3, 0, {-1, -1, 72}, {"reye_pose", NULL, NULL, NULL, NULL, NULL}},
  {90, 0, {-1, 66, 75}, {"pose_hand", "hand_pose", NULL, NULL, NULL, NULL}},
  {45, 0, {-1, 66, 75}, {"left_hand_pose", NULL, NULL, NULL, NULL, NULL}},
  {45, 0, {-1, 111, 120}, {"right_hand_pose", NULL, NULL, NULL, NULL, NULL}}};

/* the first of the keys that the file has; NULL: none */
static const char *mm__clip_key(const mm_clip_source *s, const char *const *keys) {
  for (; *keys; keys++)
    if (mm_npz_has(s->npz, *keys)) return *keys;
  return NULL;
}

/* an array of frames: [frames, width] or [frames, joints, width / joints] */
static mm_status mm__clip_rows(const mm_clip_source *s, const char *key, int *frames, int64_t *width, const double **data) {
  const mm_npz_array *array;
  int64_t shape[MM_RANK_MAX];
  MM_TRY(mm_npz_get(s->npz, key, &array));
  if (array->rank != 2 && array->rank != 3)
    return mm__fail(s->ctx, MM_E_DATA, "%s: %s has %d dimensions; frames and numbers are needed", s->path, key, array->rank);
  if (array->shape[0] < 1 || array->shape[0] > 10000000)
    return mm__fail(s->ctx, MM_E_DATA, "%s: %s has %lld frames", s->path, key, (long long)array->shape[0]);
  memcpy(shape, array->shape, sizeof shape);
  *frames = (int)shape[0];
  *width = array->count / shape[0];
  return mm_npz_reals(s->npz, key, array->rank, shape, data);
}

static mm_status mm__clip_read_whole(const mm_clip_source *s, const char *key, mm_clip **clip) {
  int64_t width;
  const double *data;
  int frames;
  MM_TRY(mm__clip_rows(s, key, &frames, &width, &data));
  if (width != 66 && width != 72 && width != 156 && width != 165)
    return mm__fail(s->ctx, MM_E_DATA, "%s: %s has %lld numbers a frame; SMPL has 72 (66 without hands), SMPL-H 156, SMPL-X 165",
                    s->path, key, (long long)width);
  MM_TRY(mm__clip_new(s->ctx, s->path, frames, width == 66 ? MM_SMPL_JOINTS : (int)width / 3, 0, clip));
  for (int f = 0; f < frames; f++)
    memcpy((*clip)->poses + (size_t)f * 3 * (size_t)(*clip)->joint_count, data + f * width, sizeof(double) * (size_t)width);
  return MM_OK;
}

static mm_status mm__clip_read_part(const mm_clip_source *s, const mm_clip_part *part, const char *key, int kind, int joints,
                                    mm_clip **clip) {
  int64_t width;
  const double *data;
  int frames, count = part->size;
  MM_TRY(mm__clip_rows(s, key, &frames, &width, &data));
  if (width != part->size && (!part->wide || width != part->wide))
    return mm__fail(s->ctx, MM_E_DATA, "%s: %s has %lld numbers a frame; %d are needed", s->path, key, (long long)width, part->size);
  if (joints == MM_SMPL_JOINTS) count = (int)width;
  if (!*clip) MM_TRY(mm__clip_new(s->ctx, s->path, frames, joints, 0, clip));
  if (frames != (*clip)->frame_count)
    return mm__fail(s->ctx, MM_E_DATA, "%s: %d frames of %s and %d of the parts before it", s->path, frames, key, (*clip)->frame_count);
  for (int f = 0; f < frames && part->place[kind] >= 0; f++)
    memcpy((*clip)->poses + (size_t)f * 3 * (size_t)joints + part->place[kind], data + f * width, sizeof(double) * (size_t)count);
  return MM_OK;
}

/* the whole pose as it is, or its parts; which body it is follows from which parts are there */
static mm_status mm__clip_read_poses(const mm_clip_source *s, mm_clip **clip) {
  const char *keys[MM_COUNT(mm__clip_parts)], *whole = mm__clip_key(s, mm__clip_pose_keys);
  int kind, joints;
  if (whole) return mm__clip_read_whole(s, whole, clip);
  for (int p = 0; p < MM_COUNT(mm__clip_parts); p++) keys[p] = mm__clip_key(s, mm__clip_parts[p].keys);
  if (!keys[0] && !keys[1])
    return mm__fail(s->ctx, MM_E_DATA, "%s: holds no motion: neither `poses` nor `root_orient` and `pose_body`", s->path);
  for (int p = 0; p < 2; p++)
    if (!keys[p])
      return mm__fail(s->ctx, MM_E_DATA, "%s: has %s, but not %s", s->path, keys[1 - p], mm__clip_parts[p].keys[0]);
  kind = keys[2] || keys[3] || keys[4] || keys[5] ? 2 : keys[6] || keys[7] || keys[8] ? 1 : 0;
  joints = kind == 2 ? 55 : kind == 1 ? 52 : MM_SMPL_JOINTS;
  for (int p = 0; p < MM_COUNT(mm__clip_parts); p++)
    if (keys[p]) MM_TRY(mm__clip_read_part(s, &mm__clip_parts[p], keys[p], kind, joints, clip));
  return MM_OK;
}

/* one number, of any shape with one element; other arrays count as not there */
static mm_status mm__clip_number(const mm_clip_source *s, const char *key, double *value) {
  const mm_npz_array *array;
  int64_t shape[MM_RANK_MAX];
  const double *data;
  MM_TRY(mm_npz_get(s->npz, key, &array));
  if (array->count != 1)
    return mm__fail(s->ctx, MM_E_DATA, "%s: %s has %lld numbers; one is needed", s->path, key, (long long)array->count);
  memcpy(shape, array->shape, sizeof shape);
  MM_TRY(mm_npz_reals(s->npz, key, array->rank, shape, &data));
  *value = data[0];
  return MM_OK;
}

static mm_status mm__clip_read_trans(const mm_clip_source *s, mm_clip *clip) {
  const char *key = mm__clip_key(s, mm__clip_trans_keys);
  double scale = 1;
  int64_t width;
  const double *data;
  int frames;
  if (!key) return mm__fail(s->ctx, MM_E_DATA, "%s: says no positions (`trans`)", s->path);
  MM_TRY(mm__clip_rows(s, key, &frames, &width, &data));
  if (width != 3) return mm__fail(s->ctx, MM_E_DATA, "%s: %s has %lld numbers a frame; 3 are needed", s->path, key, (long long)width);
  if (frames != clip->frame_count)
    return mm__fail(s->ctx, MM_E_DATA, "%s: %d frames of poses and %d of trans", s->path, clip->frame_count, frames);
  if (mm_npz_has(s->npz, "smpl_scaling")) MM_TRY(mm__clip_number(s, "smpl_scaling", &scale));
  if (!(scale > 1e-6 && scale < 1e6)) return mm__fail(s->ctx, MM_E_DATA, "%s: smpl_scaling is %g", s->path, scale);
  for (size_t i = 0; i < 3 * (size_t)frames; i++) clip->trans[i] = data[i] / scale;
  return MM_OK;
}

static mm_status mm__clip_read_rate(const mm_clip_source *s, mm_clip *clip) {
  const char *key = mm__clip_key(s, mm__clip_rate_keys);
  double duration = 0;
  if (key) MM_TRY(mm__clip_number(s, key, &clip->frequency));
  else if (mm_npz_has(s->npz, "mocap_time_length")) {
    MM_TRY(mm__clip_number(s, "mocap_time_length", &duration));
    clip->frequency = clip->frame_count / duration;
  } else {
    return mm__fail(s->ctx, MM_E_DATA, "%s: says no frame rate (mocap_framerate or mocap_frame_rate)", s->path);
  }
  if (!(clip->frequency >= 1 && clip->frequency <= 10000))
    return mm__fail(s->ctx, MM_E_DATA, "%s: a frame rate of %g Hz", s->path, clip->frequency);
  clip->frequency = mm__round_rate(clip->frequency);
  return MM_OK;
}

static int mm__clip_word(const char *text, const char *word) {
  size_t i = 0;
  for (; word[i]; i++)
    if ((text[i] | 32) != word[i]) return 0;
  return !text[i] || text[i] == '\'';
}

static mm_status mm__clip_read_gender(const mm_clip_source *s, mm_clip *clip) {
  const char *text;
  if (!mm_npz_has(s->npz, "gender")) return MM_OK;
  MM_TRY(mm_npz_text(s->npz, "gender", &text));
  if (!strncmp(text, "b'", 2)) text += 2; /* bytes that were made text by str() */
  if (mm__clip_word(text, "male") || mm__clip_word(text, "m")) clip->gender = MM_GENDER_MALE;
  else if (mm__clip_word(text, "female") || mm__clip_word(text, "f")) clip->gender = MM_GENDER_FEMALE;
  else if (text[0] && !mm__clip_word(text, "neutral") && !mm__clip_word(text, "n"))
    return mm__fail(s->ctx, MM_E_DATA, "%s: gender is '%.40s'; male, female and neutral are known", s->path, text);
  return MM_OK;
}

/* one row, or one a frame, as trackers write them: their mean, since a body has one shape */
static mm_status mm__clip_read_betas(const mm_clip_source *s, mm_clip *clip) {
  int64_t shape[2] = {-1, -1}, rows, columns;
  const mm_npz_array *array;
  const double *data;
  double spread = 0;
  if (!mm_npz_has(s->npz, "betas")) return MM_OK;
  MM_TRY(mm_npz_get(s->npz, "betas", &array));
  MM_TRY(mm_npz_reals(s->npz, "betas", array->rank == 1 ? 1 : 2, shape, &data));
  rows = array->rank == 1 ? 1 : shape[0];
  columns = array->rank == 1 ? shape[0] : shape[1];
  if (columns < 0 || columns > 1000 || rows > 10000000)
    return mm__fail(s->ctx, MM_E_DATA, "%s: %lld betas", s->path, (long long)columns);
  clip->beta_count = rows ? (int)columns : 0;
  mm__free(s->ctx, clip->betas);
  clip->betas = MM_NEW(s->ctx, double, clip->beta_count);
  if (!clip->betas) return MM_E_MEMORY;
  for (int64_t r = 0; r < rows; r++)
    for (int64_t b = 0; b < columns; b++) {
      clip->betas[b] += data[r * columns + b] / (double)rows;
      spread = fmax(spread, fabs(data[r * columns + b] - data[b]));
    }
  for (int b = 0; b < clip->beta_count; b++)
    if (!(clip->betas[b] - clip->betas[b] == 0)) return mm__fail(s->ctx, MM_E_DATA, "%s: beta %d is not finite", s->path, b);
  if (spread > 1e-6)
    mm__log(s->ctx, MM_LOG_WARNING, "%s: betas change by up to %.2g along the clip; their mean is used", s->path, spread);
  return MM_OK;
}

/* the skeleton that mm_clip_save wrote */
static mm_status mm__clip_read_skeleton(const mm_clip_source *s, mm_clip *clip) {
  int64_t shape[2] = {MM_SMPL_JOINTS, 3}, three = 3;
  const double *joints, *root;
  mm_skeleton skeleton;
  if (!mm_npz_has(s->npz, "rest_joints")) return MM_OK;
  MM_TRY(mm_npz_reals(s->npz, "rest_joints", 2, shape, &joints));
  MM_TRY(mm_npz_reals(s->npz, "rest_root", 1, &three, &root));
  MM_TRY(mm_skeleton_make(s->ctx, clip->kind, clip->gender, 0, NULL, &skeleton));
  memcpy(skeleton.joint, joints, sizeof skeleton.joint);
  memcpy(skeleton.root, root, sizeof skeleton.root);
  skeleton.source = MM_SKELETON_RECORDED;
  for (int i = 0; i < 3 * MM_SMPL_JOINTS; i++)
    if (!(fabs(joints[i]) < 100) || !(fabs(root[i % 3]) < 100))
      return mm__fail(s->ctx, MM_E_DATA, "%s: rest_joints or rest_root is not that of a body, at joint %d", s->path, i / 3);
  return mm__clip_set_skeleton(clip, &skeleton);
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

static mm_status mm__clip_read_up(const mm_clip_source *s, mm_up_axis up, mm_clip *clip) {
  const char *text = "";
  if (up == MM_UP_AUTO && mm_npz_has(s->npz, "up_axis")) {
    MM_TRY(mm_npz_text(s->npz, "up_axis", &text));
    if ((text[0] != 'y' && text[0] != 'z') || text[1])
      return mm__fail(s->ctx, MM_E_DATA, "%s: up_axis is '%.40s'; y and z are known", s->path, text);
    up = text[0] == 'y' ? MM_UP_Y : MM_UP_Z;
  }
  clip->up_detected = up == MM_UP_AUTO;
  clip->up = up == MM_UP_AUTO ? mm__clip_detect_up(clip) : up;
  return MM_OK;
}

MM_PRIVATE mm_status mm__clip_check(const mm_clip *clip, const char *path) {
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

static mm_status mm__clip_read(const mm_clip_source *s, mm_up_axis up, mm_clip **clip) {
  MM_TRY(mm__clip_read_poses(s, clip));
  if (mm_npz_has(s->npz, "surface_model_type")) {
    const char *model;
    MM_TRY(mm_npz_text(s->npz, "surface_model_type", &model));
    if (!strcmp(model, "smplx")) (*clip)->kind = MM_BODY_SMPLX;
  }
  MM_TRY(mm__clip_read_trans(s, *clip));
  MM_TRY(mm__clip_read_rate(s, *clip));
  MM_TRY(mm__clip_read_gender(s, *clip));
  MM_TRY(mm__clip_read_betas(s, *clip));
  MM_TRY(mm__clip_read_skeleton(s, *clip));
  MM_TRY(mm__clip_check(*clip, s->path));
  MM_TRY(mm__clip_read_up(s, up, *clip));
  return mm__clip_rename(*clip, s->path);
}

static mm_status mm__clip_from_npz(mm_npz *npz, const char *path, mm_context *ctx, mm_up_axis up, mm_clip **clip) {
  mm_clip_source source;
  mm_status status;
  source.ctx = ctx;
  source.npz = npz;
  source.path = path;
  status = mm__clip_read(&source, up, clip);
  mm_npz_close(npz);
  if (status != MM_OK) {
    mm_clip_destroy(*clip);
    *clip = NULL;
  }
  return status;
}

mm_status mm_clip_load(mm_context *ctx, const char *path, mm_up_axis up, mm_clip **clip) {
  mm_npz *npz;
  *clip = NULL;
  MM_TRY(mm_npz_open(ctx, path, &npz));
  return mm__clip_from_npz(npz, path, ctx, up, clip);
}

mm_status mm_clip_parse(mm_context *ctx, const char *label, const void *bytes, size_t size, mm_up_axis up, mm_clip **clip) {
  mm_npz *npz;
  *clip = NULL;
  MM_TRY(mm_npz_parse(ctx, label, bytes, size, &npz));
  return mm__clip_from_npz(npz, label, ctx, up, clip);
}
