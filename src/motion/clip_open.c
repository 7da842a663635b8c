/* >>clip-open: a clip from a file of any format, and back to a skeleton with named joints */

mm_status mm_motion_from_clip(const mm_clip *clip, mm_motion **motion) {
  mm_context *ctx = clip->ctx;
  const size_t joints = MM_SMPL_JOINTS, own = clip->joint_count == MM_SMPL_JOINTS ? joints : (size_t)MM_SMPL_L_HAND;
  mm_skeleton skeleton;
  mm_motion *m;
  *motion = NULL;
  MM_TRY(mm_clip_skeleton(clip, &skeleton));
  MM_TRY(mm__motion_alloc(ctx, clip->name, clip->frame_count, MM_SMPL_JOINTS, &m));
  m->frequency = clip->frequency;
  m->unit = 1;
  for (int j = 0; j < MM_SMPL_JOINTS; j++) {
    m->parent[j] = skeleton.parent[j];
    m->joint_names[j] = mm__strdup(ctx, mm__smpl_names[j]);
    if (!m->joint_names[j]) {
      mm_motion_destroy(m);
      return MM_E_MEMORY;
    }
    for (int k = 0; k < 3 && j; k++) m->offset[3 * j + k] = skeleton.joint[j][k] - skeleton.joint[skeleton.parent[j]][k];
  }
  for (size_t f = 0; f < (size_t)clip->frame_count; f++) {
    for (size_t j = 0; j < own; j++)
      mm__rot_from_vector(clip->poses + (f * (size_t)clip->joint_count + j) * 3, m->rotations + (f * joints + j) * 4);
    for (size_t k = 0; k < 3; k++) m->translations[3 * f + k] = clip->trans[3 * f + k] + skeleton.root[k];
  }
  *motion = m;
  return MM_OK;
}

static int mm__file_exists(const char *path) {
  struct stat found;
  return !stat(path, &found) && !S_ISDIR(found.st_mode);
}

/* the skeleton of NN_MM.amc: NN_MM.asf or NN.asf beside it */
static mm_status mm__asf_beside(mm_context *ctx, const char *path, char *asf) {
  const char *slash = strrchr(path, '/'), *stem = slash ? slash + 1 : path, *under = strchr(stem, '_');
  const size_t length = strlen(path);
  char first[MM_PATH_MAX];
  if (length + 1 >= MM_PATH_MAX) return mm__fail(ctx, MM_E_ARGUMENT, "%.200s...: the name is too long", path);
  snprintf(asf, MM_PATH_MAX, "%.*s.asf", (int)(length - 4), path);
  if (mm__file_exists(asf)) return MM_OK;
  snprintf(first, sizeof first, "%s", asf);
  if (under) {
    snprintf(asf, MM_PATH_MAX, "%.*s.asf", (int)(under - path), path);
    if (mm__file_exists(asf)) return MM_OK;
  }
  return mm__fail(ctx, MM_E_FILE, "%.300s: its skeleton is in a file of its own, and neither %.300s%s%.300s is there; name it (--skeleton FILE.asf)",
                  path, first, under ? " nor " : "", under ? asf : "");
}

static mm_status mm__clip_open_amc(mm_context *ctx, const char *path, const mm_clip_def *def, mm_motion **motion) {
  char asf[MM_PATH_MAX];
  if (def && def->skeleton) return mm_amc_load(ctx, def->skeleton, path, def->frequency, motion);
  MM_TRY(mm__asf_beside(ctx, path, asf));
  return mm_amc_load(ctx, asf, path, def ? def->frequency : 0, motion);
}

static mm_status mm__clip_unreadable(mm_context *ctx, const char *path) {
  if (mm__path_ends(path, ".pkl"))
    return mm__fail(ctx, MM_E_UNSUPPORTED, "%s: is a Python pickle, which may run any program and is never unpickled here; in Python: "
                    "import pickle, numpy; numpy.savez('clip.npz', fps=60, **pickle.load(open('clip.pkl', 'rb'), encoding='latin1')) "
                    "(with the recording's own rate)", path);
  if (mm__path_ends(path, ".asf")) return mm__fail(ctx, MM_E_UNSUPPORTED, "%s: is a skeleton without motion; give its .amc file", path);
  if (mm__path_ends(path, ".c3d") || mm__path_ends(path, ".trc"))
    return mm__fail(ctx, MM_E_UNSUPPORTED, "%s: holds markers; a clip needs joints that turn", path);
  return mm__fail(ctx, MM_E_UNSUPPORTED, "%s: clips are read from .npz (SMPL), .bvh and .amc files", path);
}

/* an error of what comes after reading names the clip; the file is what people know */
static mm_status mm__clip_blame(mm_context *ctx, const char *path, mm_status status) {
  char text[sizeof ctx->error];
  if (status == MM_OK || status == MM_E_MEMORY || strstr(ctx->error, path)) return status;
  memcpy(text, ctx->error, sizeof text);
  return mm__fail(ctx, status, "%.300s: %.700s", path, text);
}

/* joints from the person's own body model */
static mm_status mm__clip_embody(mm_clip *clip, const char *path) {
  mm_body_model *model;
  mm_skeleton skeleton;
  mm_status status;
  MM_TRY(mm_body_model_load(clip->ctx, path, &model));
  status = mm_skeleton_from_model(model, clip->kind, clip->gender, clip->beta_count, clip->betas, &skeleton);
  if (status == MM_OK) status = mm__clip_set_skeleton(clip, &skeleton);
  mm_body_model_destroy(model);
  return status;
}

mm_status mm_clip_open(mm_context *ctx, const char *path, const mm_clip_def *def, mm_clip **clip, mm_clip_report *report) {
  mm_motion *motion = NULL;
  mm_clip_report own;
  mm_status status;
  if (!report) report = &own;
  memset(report, 0, sizeof *report);
  *clip = NULL;
  if (mm__path_ends(path, ".npz")) {
    status = mm_clip_load(ctx, path, def ? def->up : MM_UP_AUTO, clip);
    if (status == MM_OK && def && def->body_model) status = mm__clip_embody(*clip, def->body_model);
    if (status != MM_OK) {
      mm_clip_destroy(*clip);
      *clip = NULL;
    }
    report->format = "SMPL .npz";
    report->unit = 1;
  } else if (mm__path_ends(path, ".bvh") || mm__path_ends(path, ".amc")) {
    const int bvh = mm__path_ends(path, ".bvh");
    if (def && def->body_model)
      return mm__fail(ctx, MM_E_ARGUMENT, "%s: has a skeleton of its own, so a body model cannot be used with it", path);
    status = bvh ? mm_bvh_load(ctx, path, &motion) : mm__clip_open_amc(ctx, path, def, &motion);
    if (status == MM_OK) status = mm__clip_blame(ctx, path, mm_clip_from_motion(motion, def, clip, report));
    report->format = bvh ? "BVH" : "ASF/AMC";
    mm_motion_destroy(motion);
  } else {
    status = mm__clip_unreadable(ctx, path);
  }
  return status;
}
