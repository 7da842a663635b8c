/* >>retarget-shape: the body whose T-pose meets the model's sites

   Betas b, a scale s and a place t, for which the joints J of the shaped skeleton in its T-pose come nearest to the sites
   p of the model at rest:

     smallest  sum over sites |p - p0 - t - s (J(b) - J0(b))|^2  +  stiffness |b|^2

   (p0, J0: the reference's, which needs not lie where its joint does.)

   J(b) is what mm_skeleton_make gives: for the built-in bodies the published first-order change of segment lengths, for
   which a unit of any beta is as likely as one of another. It is linear but for the scale, so that Gauss-Newton with
   differences for derivatives ends in a few rounds. What is left then turns with the site. */

enum { MM_SHAPE_FITTED = 6 }; /* betas whose effects are published */

static mm_status mm__fit_shaped(mm_context *ctx, const mm_skeleton *own, const double *betas, mm_skeleton *skeleton) {
  if (own->gender != MM_GENDER_NEUTRAL)
    MM_TRY(mm_skeleton_make(ctx, MM_BODY_SMPL, own->gender, MM_SHAPE_FITTED, betas, skeleton));
  else *skeleton = *own;
  memcpy(skeleton->root, own->root, sizeof skeleton->root);
  return MM_OK;
}

/* from the joints of the skeleton, put where they fit best, to the sites [3 site_count] */
static void mm__fit_shape_gaps(const mm_fit_plan *plan, const mm_skeleton *skeleton, double scale, double *gaps) {
  const int first = plan->sites[0].joint;
  double mean[3] = {0, 0, 0};
  for (int s = 0; s < plan->site_count; s++) {
    const mm_fit_site *site = &plan->sites[s];
    double arm[3];
    for (int k = 0; k < 3; k++) arm[k] = skeleton->joint[site->joint][k] - skeleton->joint[first][k];
    mm__rot_apply(mm__fit_upright, arm, arm);
    for (int k = 0; k < 3; k++) {
      gaps[3 * s + k] = site->pos[k] - plan->sites[0].pos[k] - scale * arm[k];
      mean[k] += gaps[3 * s + k] / plan->site_count;
    }
  }
  for (int s = 0; s < plan->site_count; s++)
    for (int k = 0; k < 3; k++) gaps[3 * s + k] -= mean[k];
}

/* solves the n equations a x = b in place; a is symmetric and positive */
static void mm__fit_solve_small(double *a, double *b, int n) {
  for (int i = 0; i < n; i++)
    for (int r = i + 1; r < n; r++) {
      const double share = a[r * n + i] / a[i * n + i];
      for (int c = i; c < n; c++) a[r * n + c] -= share * a[i * n + c];
      b[r] -= share * b[i];
    }
  for (int i = n - 1; i >= 0; i--) {
    for (int c = i + 1; c < n; c++) b[i] -= a[i * n + c] * b[c];
    b[i] /= a[i * n + i];
  }
}

/* one round: x, betas and then the scale, moves to where the linear problem has its smallest sum */
static mm_status mm__fit_shape_round(const mm_fit_plan *plan, const mm_skeleton *own, double stiffness, double *x, double *gaps) {
  enum { N = MM_SHAPE_FITTED + 1 };
  const int rows = 3 * plan->site_count, betas = own->gender == MM_GENDER_NEUTRAL ? 0 : MM_SHAPE_FITTED;
  const double step = 1e-4;
  double a[N * N], b[N], *moved = gaps + rows;
  mm_skeleton skeleton;
  MM_TRY(mm__fit_shaped(plan->ctx, own, x, &skeleton));
  mm__fit_shape_gaps(plan, &skeleton, x[MM_SHAPE_FITTED], gaps);
  memset(a, 0, sizeof a);
  memset(b, 0, sizeof b);
  for (int i = 0; i < N; i++) {
    double *slope = moved + i * rows, keep = x[i];
    x[i] += step;
    MM_TRY(mm__fit_shaped(plan->ctx, own, x, &skeleton));
    mm__fit_shape_gaps(plan, &skeleton, x[MM_SHAPE_FITTED], slope);
    x[i] = keep;
    for (int r = 0; r < rows; r++) slope[r] = (gaps[r] - slope[r]) / step;
  }
  for (int i = 0; i < N; i++) {
    const double *u = moved + i * rows;
    for (int j = 0; j < N; j++)
      for (int r = 0; r < rows; r++) a[i * N + j] += u[r] * moved[j * rows + r];
    for (int r = 0; r < rows; r++) b[i] += u[r] * gaps[r];
    if (i < MM_SHAPE_FITTED) {
      a[i * N + i] += i < betas ? stiffness : 1;
      b[i] = i < betas ? b[i] - stiffness * x[i] : 0;
    }
  }
  mm__fit_solve_small(a, b, N);
  for (int i = 0; i < N; i++) x[i] += b[i];
  return MM_OK;
}

/* own: the clip's skeleton; fitted: the one that takes its place, which without betas is itself in the given scale; shape says
   what was found */
static mm_status mm__fit_shape(const mm_fit_plan *plan, const mm_skeleton *own, int with_betas, double scale, mm_skeleton *fitted,
                               mm_shape *shape) {
  const size_t rows = 3 * (size_t)plan->site_count;
  double x[MM_SHAPE_FITTED + 1], *gaps = MM_NEW(plan->ctx, double, rows * (MM_SHAPE_FITTED + 2)), sum = 0;
  mm_status status = gaps ? MM_OK : MM_E_MEMORY;
  memset(shape, 0, sizeof *shape);
  memset(x, 0, sizeof x);
  x[MM_SHAPE_FITTED] = scale;
  /* a beta of one is as bad as one centimetre at one site */
  for (int round = 0; status == MM_OK && with_betas && round < 6; round++) status = mm__fit_shape_round(plan, own, 1e-4, x, gaps);
  *fitted = *own;
  if (status == MM_OK && with_betas) status = mm__fit_shaped(plan->ctx, own, x, fitted);
  if (status == MM_OK) {
    mm__fit_shape_gaps(plan, fitted, x[MM_SHAPE_FITTED], gaps);
    shape->scale = x[MM_SHAPE_FITTED];
    shape->beta_count = !with_betas || own->gender == MM_GENDER_NEUTRAL ? 0 : MM_SHAPE_FITTED;
    memcpy(shape->betas, x, sizeof(double) * (size_t)shape->beta_count);
    shape->site_count = plan->site_count;
    for (int s = 0; s < plan->site_count; s++) {
      const double *g = gaps + 3 * s;
      shape->site[s] = plan->sites[s].site;
      memcpy(shape->offset[s], g, sizeof shape->offset[s]);
      shape->residual[s] = sqrt(g[0] * g[0] + g[1] * g[1] + g[2] * g[2]);
      sum += shape->residual[s] * shape->residual[s];
    }
    shape->rmse = sqrt(sum / plan->site_count);
  }
  mm__free(plan->ctx, gaps);
  return status;
}

mm_status mm_retarget_shape(mm_context *ctx, const mm_clip *clip, const mm_model *model, mm_shape *shape) {
  mm_fit_plan *plan;
  mm_skeleton own, fitted;
  mm_status status;
  MM_TRY(mm_clip_skeleton(clip, &own));
  MM_TRY(mm__fit_plan_create(ctx, model, NULL, &plan));
  status = mm__fit_shape(plan, &own, 1, 1, &fitted, shape);
  mm__fit_plan_destroy(plan);
  return status;
}
