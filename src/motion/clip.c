/* >>clip: motions in SMPL form: made, saved, resampled, posed */

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
  mm__free(clip->ctx, clip->skeleton);
  mm__free(clip->ctx, clip);
}

MM_PRIVATE mm_status mm__clip_set_skeleton(mm_clip *clip, const mm_skeleton *skeleton) {
  if (!clip->skeleton && !(clip->skeleton = MM_NEW(clip->ctx, mm_skeleton, 1))) return MM_E_MEMORY;
  *clip->skeleton = *skeleton;
  return MM_OK;
}

mm_status mm_clip_skeleton(const mm_clip *clip, mm_skeleton *skeleton) {
  int betas = clip->beta_count, shaped = 0;
  if (clip->skeleton) {
    *skeleton = *clip->skeleton;
    return MM_OK;
  }
  for (int b = 0; b < betas; b++)
    if (clip->betas[b] != 0) shaped = 1;
  shaped = shaped && clip->gender == MM_GENDER_NEUTRAL;
  MM_TRY(mm_skeleton_make(clip->ctx, clip->kind, clip->gender, shaped ? 0 : betas, clip->betas, skeleton));
  skeleton->betas_ignored = shaped;
  return MM_OK;
}

MM_PRIVATE mm_status mm__clip_rename(mm_clip *clip, const char *path) {
  char *name = mm__file_stem(clip->ctx, path);
  if (!name) return MM_E_MEMORY;
  mm__free(clip->ctx, clip->name);
  clip->name = name;
  return MM_OK;
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
  if (clip->skeleton) {
    shape[0] = MM_SMPL_JOINTS;
    shape[1] = 3;
    MM_TRY(mm_npz_add(w, "rest_joints", MM_DTYPE_F64, 2, shape, clip->skeleton->joint));
    shape[0] = 3;
    MM_TRY(mm_npz_add(w, "rest_root", MM_DTYPE_F64, 1, shape, clip->skeleton->root));
  }
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
  mm_status status = MM_OK;
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
  if (!quats || !curve || !drift || !work || !row) status = MM_E_MEMORY;
  if (status == MM_OK && clip->skeleton) status = mm__clip_set_skeleton(*out, clip->skeleton);
  if (status != MM_OK) {
    mm__arena_free(&arena);
    mm_clip_destroy(*out);
    *out = NULL;
    return status;
  }
  (*out)->kind = clip->kind;
  (*out)->gender = clip->gender;
  (*out)->up = clip->up;
  (*out)->up_detected = clip->up_detected;
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
