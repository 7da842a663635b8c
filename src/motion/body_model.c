/* >>body-model-code: joints and what betas do to them, from a body model's file */

void mm_body_model_destroy(mm_body_model *model) {
  if (!model) return;
  mm__free(model->ctx, model->path);
  mm__free(model->ctx, model->joint);
  mm__free(model->ctx, model->shape);
  mm__free(model->ctx, model);
}

/* regressor [joints, vertices] is nearly all zero; J = sum_v w_v v, and the same for each shape direction */
static mm_status mm__body_regress(mm_body_model *b, const double *regressor, const double *vertices, const double *directions, int stride) {
  const size_t vertex_count = (size_t)b->vertex_count, betas = (size_t)b->beta_count;
  for (size_t j = 0; j < (size_t)b->joint_count; j++)
    for (size_t v = 0; v < vertex_count; v++) {
      const double w = regressor[j * vertex_count + v];
      if (w == 0) continue;
      for (size_t k = 0; k < 3; k++) {
        const double *d = directions + (3 * v + k) * (size_t)stride;
        double *s = b->shape + (3 * j + k) * betas;
        b->joint[3 * j + k] += w * vertices[3 * v + k];
        for (size_t n = 0; n < betas; n++) s[n] += w * d[n];
      }
    }
  for (size_t i = 0; i < 3 * (size_t)b->joint_count * (betas + 1); i++) {
    const double x = i < 3 * (size_t)b->joint_count ? b->joint[i] : b->shape[i - 3 * (size_t)b->joint_count];
    if (!(fabs(x) < 100)) return mm__fail(b->ctx, MM_E_DATA, "%s: its joints are not those of a body in metres", b->path);
  }
  return MM_OK;
}

/* a person stands upright along y in metres: head over hips over ankles, the left at +x */
static mm_status mm__body_plausible(const mm_body_model *b) {
  const double *j = b->joint;
  if (j[3 * MM_SMPL_HEAD + 1] - j[3 * MM_SMPL_L_HIP + 1] > 0.2 && j[3 * MM_SMPL_L_HIP + 1] - j[3 * MM_SMPL_L_ANKLE + 1] > 0.2 &&
      j[3 * MM_SMPL_L_WRIST] - j[3 * MM_SMPL_R_WRIST] > 0.4)
    return MM_OK;
  return mm__fail(b->ctx, MM_E_DATA, "%s: its body does not stand along y in metres with level arms, as those of SMPL do", b->path);
}

static mm_status mm__body_read(mm_npz *npz, mm_body_model *b) {
  int64_t regressor_shape[2] = {-1, -1}, template_shape[2] = {-1, 3}, direction_shape[3] = {-1, 3, -1};
  const double *regressor, *vertices, *directions;
  static const char *const needed[] = {"J_regressor", "v_template", "shapedirs"};
  for (int i = 0; i < 3; i++)
    if (!mm_npz_has(npz, needed[i]))
      return mm__fail(b->ctx, MM_E_DATA, "%s: has no %s; is it a file of SMPL, SMPL-H or SMPL-X?", b->path, needed[i]);
  MM_TRY(mm_npz_reals(npz, "J_regressor", 2, regressor_shape, &regressor));
  MM_TRY(mm_npz_reals(npz, "v_template", 2, template_shape, &vertices));
  MM_TRY(mm_npz_reals(npz, "shapedirs", 3, direction_shape, &directions));
  if (regressor_shape[0] != 24 && regressor_shape[0] != 52 && regressor_shape[0] != 55)
    return mm__fail(b->ctx, MM_E_DATA, "%s: has %lld joints; SMPL has 24, SMPL-H 52, SMPL-X 55", b->path, (long long)regressor_shape[0]);
  if (regressor_shape[1] != template_shape[0] || direction_shape[0] != template_shape[0] || template_shape[0] < 1 || template_shape[0] > 1000000)
    return mm__fail(b->ctx, MM_E_DATA, "%s: J_regressor, v_template and shapedirs have %lld, %lld and %lld vertices", b->path,
                    (long long)regressor_shape[1], (long long)template_shape[0], (long long)direction_shape[0]);
  if (direction_shape[2] > 1000) return mm__fail(b->ctx, MM_E_DATA, "%s: has %lld shape directions", b->path, (long long)direction_shape[2]);
  b->joint_count = (int)regressor_shape[0];
  b->kind = b->joint_count == 24 ? MM_BODY_SMPL : b->joint_count == 52 ? MM_BODY_SMPLH : MM_BODY_SMPLX;
  b->vertex_count = (int)template_shape[0];
  b->beta_count = (int)direction_shape[2];
  /* SMPL-X keeps 100 (or 10) directions of expressions behind its 300 (or 10) of shape */
  if (b->kind == MM_BODY_SMPLX && b->beta_count == 400) b->beta_count = 300;
  if (b->kind == MM_BODY_SMPLX && b->beta_count == 20) b->beta_count = 10;
  b->joint = MM_NEW(b->ctx, double, 3 * b->joint_count);
  b->shape = MM_NEW(b->ctx, double, 3 * (size_t)b->joint_count * (size_t)b->beta_count);
  if (!b->joint || !b->shape) return MM_E_MEMORY;
  MM_TRY(mm__body_regress(b, regressor, vertices, directions, (int)direction_shape[2]));
  return mm__body_plausible(b);
}

static mm_status mm__body_from_npz(mm_context *ctx, const char *path, mm_npz *npz, mm_body_model **model) {
  mm_body_model *b = MM_NEW(ctx, mm_body_model, 1);
  mm_status status = MM_E_MEMORY;
  if (b) {
    b->ctx = ctx;
    b->path = mm__strdup(ctx, path);
    if (b->path) status = mm__body_read(npz, b);
  }
  mm_npz_close(npz);
  if (status != MM_OK) mm_body_model_destroy(b);
  else *model = b;
  return status;
}

mm_status mm_body_model_load(mm_context *ctx, const char *path, mm_body_model **model) {
  mm_npz *npz;
  *model = NULL;
  if (mm__path_ends(path, ".pkl"))
    return mm__fail(ctx, MM_E_UNSUPPORTED, "%s: is a Python pickle, which may run any program and is never unpickled here; with "
                    "chumpy and scipy installed: python3 -c \"import pickle, sys, numpy as n; d = pickle.load(open(sys.argv[1], 'rb'), "
                    "encoding='latin1'); r = d['J_regressor']; n.savez(sys.argv[2], J_regressor=r.toarray() if hasattr(r, 'toarray') "
                    "else n.array(r), v_template=n.array(d['v_template']), shapedirs=n.array(d['shapedirs']))\" IN.pkl OUT.npz", path);
  MM_TRY(mm_npz_open(ctx, path, &npz));
  return mm__body_from_npz(ctx, path, npz, model);
}

mm_status mm_body_model_parse(mm_context *ctx, const char *label, const void *bytes, size_t size, mm_body_model **model) {
  mm_npz *npz;
  *model = NULL;
  MM_TRY(mm_npz_parse(ctx, label, bytes, size, &npz));
  return mm__body_from_npz(ctx, label, npz, model);
}

/* The hands of SMPL are where the middle finger begins in bodies with fingers. */
static int mm__body_joint(mm_body_kind kind, int smpl) {
  if (kind == MM_BODY_SMPL || smpl < MM_SMPL_L_HAND) return smpl;
  if (kind == MM_BODY_SMPLH) return smpl == MM_SMPL_L_HAND ? 25 : 40;
  return smpl == MM_SMPL_L_HAND ? 28 : 43;
}

mm_status mm_skeleton_from_model(const mm_body_model *b, mm_body_kind kind, mm_gender gender, int beta_count, const double *betas,
                                 mm_skeleton *skeleton) {
  for (int n = 0; n < beta_count; n++) {
    if (!(betas[n] - betas[n] == 0)) return mm__fail(b->ctx, MM_E_DATA, "betas: number %d is not finite", n);
    if (n >= b->beta_count && betas[n] != 0)
      return mm__fail(b->ctx, MM_E_DATA, "%s: has %d shape directions, and the clip's beta %d is %g", b->path, b->beta_count, n, betas[n]);
  }
  if ((kind == MM_BODY_SMPLX) != (b->kind == MM_BODY_SMPLX))
    return mm__fail(b->ctx, MM_E_DATA, "%s: has %d joints, and the clip is of %s", b->path, b->joint_count,
                    kind == MM_BODY_SMPLX ? "SMPL-X" : "SMPL or SMPL-H");
  MM_TRY(mm_skeleton_make(b->ctx, kind, gender, 0, NULL, skeleton));
  for (int s = 0; s < MM_SMPL_JOINTS; s++)
    for (int k = 0; k < 3; k++) {
      const int at = 3 * mm__body_joint(b->kind, s) + k;
      double x = b->joint[at];
      for (int n = 0; n < beta_count && n < b->beta_count; n++) x += betas[n] * b->shape[(size_t)at * (size_t)b->beta_count + (size_t)n];
      if (!(fabs(x) < 100)) return mm__fail(b->ctx, MM_E_DATA, "betas: they put %s at %g m", mm__smpl_names[s], x);
      skeleton->joint[s][k] = x;
    }
  memcpy(skeleton->root, skeleton->joint[0], sizeof skeleton->root);
  skeleton->source = MM_SKELETON_MODEL;
  return MM_OK;
}
