/* >>retarget-measure: heights over the floor, their correction, and how good a trajectory is */

/* how far a geom reaches along a direction from its centre */
static double mm__fit_support(const mm_model *m, int geom, const double *mat, const double *direction) {
  const double *size = m->geom_size + 3 * geom;
  double d[3], best = 0;
  for (int k = 0; k < 3; k++) d[k] = mat[k] * direction[0] + mat[3 + k] * direction[1] + mat[6 + k] * direction[2];
  switch (m->geom_type[geom]) {
    case MM_GEOM_SPHERE: return size[0];
    case MM_GEOM_CAPSULE: return size[0] + size[1] * fabs(d[2]);
    case MM_GEOM_CYLINDER: return size[0] * sqrt(d[0] * d[0] + d[1] * d[1]) + size[1] * fabs(d[2]);
    case MM_GEOM_ELLIPSOID: return sqrt(pow(size[0] * d[0], 2) + pow(size[1] * d[1], 2) + pow(size[2] * d[2], 2));
    case MM_GEOM_BOX: return fabs(size[0] * d[0]) + fabs(size[1] * d[1]) + fabs(size[2] * d[2]);
    case MM_GEOM_MESH: {
      const int mesh = m->geom_dataid[geom];
      for (int v = 0; v < m->mesh_vertnum[mesh]; v++) {
        const double *x = m->mesh_vert + 3 * (m->mesh_vertadr[mesh] + v);
        const double reach = x[0] * d[0] + x[1] * d[1] + x[2] * d[2];
        if (v == 0 || reach > best) best = reach;
      }
      return best;
    }
    default: return 0;
  }
}

/* the distance of a geom's lowest part from the floor; point (may be NULL) is that part */
static double mm__fit_distance(const mm_fit_plan *plan, int geom, double *point) {
  double floor_pos[3], floor_mat[9], pos[3], mat[9], down[3], reach, height = 0;
  mm__pose_geom(plan->pose, plan->floor, floor_pos, floor_mat);
  mm__pose_geom(plan->pose, geom, pos, mat);
  for (int k = 0; k < 3; k++) {
    down[k] = -floor_mat[3 * k + 2];
    height -= down[k] * (pos[k] - floor_pos[k]);
  }
  reach = mm__fit_support(plan->model, geom, mat, down);
  for (int k = 0; k < 3 && point; k++) point[k] = pos[k] + reach * down[k];
  return height - reach;
}

/* of all parts that may touch the floor, in the pose that is set; a model without floor stands at its lowest site */
static double mm__fit_lowest(const mm_fit_plan *plan) {
  double lowest = 0;
  for (int i = 0; i < plan->floor_count; i++) {
    const double distance = mm__fit_distance(plan, plan->floor_geoms[i], NULL);
    if (i == 0 || distance < lowest) lowest = distance;
  }
  for (int s = 0; s < plan->site_count && !plan->floor_count; s++)
    if (s == 0 || plan->sites[s].pos[2] < lowest) lowest = plan->sites[s].pos[2];
  return lowest;
}

static int mm__fit_ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* the smallest smooth hump that is nowhere less than depth: the largest within reach, averaged over reach with bell-shaped
   weights; beyond the ends it goes on as it is there. scratch [count] */
static void mm__fit_hump(const double *depth, int count, int reach, double *scratch, double *hump) {
  for (int f = 0; f < count; f++) {
    scratch[f] = 0;
    for (int k = f - reach < 0 ? 0 : f - reach; k < count && k <= f + reach; k++)
      if (depth[k] > scratch[f]) scratch[f] = depth[k];
  }
  for (int f = 0; f < count; f++) {
    hump[f] = 0;
    for (int k = -reach; k <= reach; k++) {
      const int at = f + k < 0 ? 0 : f + k > count - 1 ? count - 1 : f + k;
      hump[f] += scratch[at] * (1 + cos(MM_PI * k / (reach + 1))) / (2 * (reach + 1));
    }
  }
}

/* Lays the clip on the floor. First, if it is to be laid, all frames together, so that the lowest tenth of them touch; the
   targets move along. Then, where something is more than a fifth of a millimeter below the floor, a smooth hump lifts it. */
static mm_status mm__fit_settle(const mm_fit_plan *plan, int frame_count, double frequency, int lay, double *targets, double *qpos) {
  const size_t nq = (size_t)plan->model->nq, frames = (size_t)frame_count;
  const int reach = (int)(0.1 * frequency + 0.5);
  double *height, *sorted, *hump, shift = 0;
  if (plan->height_qpos < 0 || !plan->floor_count) return MM_OK;
  height = MM_NEW(plan->ctx, double, 3 * frames);
  if (!height) return MM_E_MEMORY;
  sorted = height + frames;
  hump = sorted + frames;
  for (size_t f = 0; f < frames; f++) {
    mm__pose_set(plan->pose, qpos + f * nq);
    sorted[f] = height[f] = mm__fit_lowest(plan);
  }
  qsort(sorted, frames, sizeof *sorted, mm__fit_ascending);
  if (lay) shift = sorted[frames / 10];
  for (size_t f = 0; f < frames; f++) sorted[f] = shift - height[f] > 2e-4 ? shift - height[f] : 0;
  mm__fit_hump(sorted, frame_count, reach, height, hump);
  for (size_t f = 0; f < frames; f++)
    qpos[f * nq + (size_t)plan->height_qpos] += plan->height_sign * (hump[f] - shift);
  for (size_t i = 0; i < frames * (size_t)plan->site_count; i++) targets[7 * i + 2] -= shift;
  mm__free(plan->ctx, height);
  return MM_OK;
}

/* sums that become figures once all frames have been seen */
typedef struct mm_fit_sums {
  int64_t pairs, beyond, all_pairs, all_beyond, below, touches, jerks;
  int flight, longest;           /* frames without anything near the floor, until now and at most */
  double square, skate, jerk, target_jerk;
  double *length, *drift;        /* [ntendon] of the frame before, and moving average of changes */
} mm_fit_sums;

/* limits of single joints, and couplings */
static void mm__fit_measure_joints(const mm_fit_plan *plan, const double *qpos, mm_fit_sums *sums, mm_retarget_report *report) {
  const mm_model *m = plan->model;
  for (int j = 0; j < m->njnt; j++) {
    const double q = qpos[m->jnt_qposadr[j]], *range = m->jnt_range + 2 * j;
    const int bad = q < range[0] - 1e-5 || q > range[1] + 1e-5;
    if (!m->jnt_limited[j] || (m->jnt_type[j] != MM_JNT_HINGE && m->jnt_type[j] != MM_JNT_SLIDE)) continue;
    sums->all_pairs++;
    sums->all_beyond += bad;
    if (plan->coupling_of[j] >= 0 && plan->couplings[plan->coupling_of[j]].loose) continue;
    sums->pairs++;
    sums->beyond += bad;
  }
  for (int i = 0; i < plan->coupling_count; i++) {
    const mm_fit_coupling *c = &plan->couplings[i];
    const double value = mm__fit_dependent(plan, c, c->master < 0 ? 0 : qpos[m->jnt_qposadr[c->master]]);
    const double gap = fabs(qpos[m->jnt_qposadr[c->joint]] - value);
    if (gap > report->coupling_residual) report->coupling_residual = gap;
  }
}

/* the horizontal speed of the lowest point of what touches the floor */
static void mm__fit_measure_skate(const mm_fit_plan *plan, const double *qvel, mm_fit_sums *sums) {
  const mm_model *m = plan->model;
  for (int i = 0; i < plan->floor_count; i++) {
    const int geom = plan->floor_geoms[i], body = m->body_weldid[m->geom_bodyid[geom]];
    double point[3], v[2] = {0, 0};
    int dof = m->body_dofnum[body] ? m->body_dofadr[body] + m->body_dofnum[body] - 1 : -1;
    if (mm__fit_distance(plan, geom, point) > 0.005) continue;
    for (; dof >= 0; dof = m->dof_parentid[dof]) {
      double motion[6];
      mm__pose_motion(plan->pose, dof, point, motion);
      for (int k = 0; k < 2; k++) v[k] += motion[3 + k] * qvel[dof];
    }
    sums->skate += hypot(v[0], v[1]);
    sums->touches++;
  }
}

static void mm__fit_measure_floor(const mm_fit_plan *plan, const double *qvel, mm_fit_sums *sums, mm_retarget_report *report) {
  const double lowest = mm__fit_lowest(plan);
  if (lowest < -0.001) sums->below++;
  sums->flight = lowest > 0.05 ? sums->flight + 1 : 0;
  if (sums->flight > sums->longest) sums->longest = sums->flight;
  if (-lowest > report->penetration_depth) report->penetration_depth = -lowest;
  if (lowest > report->highest) report->highest = lowest;
  if (lowest < report->floating) report->floating = lowest;
  mm__fit_measure_skate(plan, qvel, sums);
}

/* A tendon jumps where its relative change is more than a thousandth and more than ten times its moving average, which has
   taken in a hundredth of it; the first change is the average's start. (As published with GMR-Fit.) */
static void mm__fit_measure_tendons(const mm_fit_plan *plan, int frame, int first, mm_fit_sums *sums, mm_retarget_report *report) {
  const mm_model *m = plan->model;
  mm__pose_tendons(plan->pose);
  for (int t = 0; t < m->ntendon; t++) {
    const double length = plan->pose->data.ten_length[t], rest = m->tendon_length0[t] > 1e-6 ? m->tendon_length0[t] : 1e-6;
    const double change = fabs(length - sums->length[t]) / rest;
    sums->length[t] = length;
    if (frame == first) continue;
    sums->drift[t] = frame == first + 1 ? change : 0.99 * sums->drift[t] + 0.01 * change;
    if (change <= 1e-3 || change <= 10 * sums->drift[t] || change <= report->tendon_jump) continue;
    report->tendon_jump = change;
    report->jump_frame = frame;
    report->jump_tendon = t;
  }
}

static void mm__fit_measure_site(const double *target, const double *xpos, const double *xmat, mm_fit_sums *sums,
                                 mm_retarget_report *report) {
  double quat[4], turn[3], gap = 0;
  for (int k = 0; k < 3; k++) gap += pow(xpos[k] - target[k], 2);
  sums->square += gap;
  gap = sqrt(gap);
  report->site_mean += gap;
  if (gap > report->site_max) report->site_max = gap;
  mm__rot_from_matrix(xmat, quat);
  mm__rot_conjugate(quat, quat);
  mm__rot_multiply(target + 3, quat, quat);
  mm__rot_to_vector(quat, turn);
  report->rotation_mean += sqrt(turn[0] * turn[0] + turn[1] * turn[1] + turn[2] * turn[2]);
}

/* third difference of a point at four frames, row numbers apart */
static double mm__fit_third(const double *x, size_t row) {
  double square = 0;
  for (int k = 0; k < 3; k++) square += pow(x[3 * row + (size_t)k] - 3 * x[2 * row + (size_t)k] + 3 * x[row + (size_t)k] - x[k], 2);
  return sqrt(square);
}

/* one frame of the clip that begins at frame first; targets [frame, site, 7] in the order of the plan's sites, NULL: none */
static void mm__fit_measure_frame(const mm_fit_plan *plan, const mm_trajectory *t, int frame, int first, const double *targets,
                                  mm_fit_sums *sums, mm_retarget_report *report) {
  const double *qpos = t->qpos + (size_t)frame * (size_t)t->nq, *qvel = t->qvel + (size_t)frame * (size_t)t->nv;
  const size_t sites = (size_t)plan->site_count;
  const double cube = pow(t->frequency, 3);
  mm__fit_measure_joints(plan, qpos, sums, report);
  for (size_t s = 0; s < sites; s++) {
    const size_t at = (size_t)frame * sites + s;
    if (targets) mm__fit_measure_site(targets + 7 * at, t->site_xpos + 3 * at, t->site_xmat + 9 * at, sums, report);
    if (frame < first + 3) continue;
    sums->jerk += cube * mm__fit_third(t->site_xpos + 3 * (at - 3 * sites), 3 * sites);
    if (targets) sums->target_jerk += cube * mm__fit_third(targets + 7 * (at - 3 * sites), 7 * sites);
    sums->jerks++;
  }
  mm__pose_set(plan->pose, qpos);
  if (frame == first) sums->flight = 0;
  if (plan->floor_count) mm__fit_measure_floor(plan, qvel, sums, report);
  if (plan->model->ntendon) mm__fit_measure_tendons(plan, frame, first, sums, report);
}

/* clips first to first + count - 1 of a trajectory; targets of its frame 0 on, NULL: none */
static mm_status mm__fit_measure(const mm_fit_plan *plan, const mm_trajectory *t, int first, int count, const double *targets,
                                 mm_retarget_report *report) {
  const int begin = t->split_points[first], end = t->split_points[first + count];
  const double frames = end - begin, sites = plan->site_count;
  mm_fit_sums sums;
  memset(&sums, 0, sizeof sums);
  sums.length = MM_NEW(plan->ctx, double, 2 * plan->model->ntendon);
  if (!sums.length) return MM_E_MEMORY;
  sums.drift = sums.length + plan->model->ntendon;
  report->frame_count = end - begin;
  report->site_count = plan->site_count;
  report->floating = plan->floor_count ? 1e30 : 0;
  report->jump_frame = report->jump_tendon = -1;
  for (int i = 0; i < plan->coupling_count; i++) report->contradictions += plan->couplings[i].loose;
  for (int c = first; c < first + count; c++)
    for (int f = t->split_points[c]; f < t->split_points[c + 1]; f++)
      mm__fit_measure_frame(plan, t, f, t->split_points[c], targets, &sums, report);
  mm__free(plan->ctx, sums.length);
  if (report->floating < 0) report->floating = 0;
  if (sums.all_pairs) report->limit_all = (double)sums.all_beyond / (double)sums.all_pairs;
  if (sums.pairs) report->limit_violation = (double)sums.beyond / (double)sums.pairs;
  report->penetration = (double)sums.below / frames;
  report->airborne = sums.longest / t->frequency;
  /* what hangs in the air by its model does not float */
  if (plan->height_qpos < 0) report->floating = report->highest = report->airborne = 0;
  report->contact_count = (int)sums.touches;
  if (sums.touches) report->foot_skate = sums.skate / (double)sums.touches;
  report->tendon_jumps = report->tendon_jump > 0.05;
  if (sums.jerks) report->jerk = sums.jerk / (double)sums.jerks;
  if (!targets) return MM_OK;
  if (sums.jerks) report->target_jerk = sums.target_jerk / (double)sums.jerks;
  report->site_rmse = sqrt(sums.square / (sites * frames));
  report->site_mean /= sites * frames;
  report->rotation_mean /= sites * frames;
  return MM_OK;
}

/* what one clip adds to a figure of all, and the figure from the sum, by kind */
typedef enum mm_fit_kind { MM_FIT_RMS, MM_FIT_MEAN, MM_FIT_TOUCH, MM_FIT_CLIP, MM_FIT_MOST, MM_FIT_SUM } mm_fit_kind;

static double mm__fit_total(const double *values, const mm_retarget_report *reports, int count, mm_fit_kind kind) {
  double sum = 0, weights = 0;
  for (int i = 0; i < count; i++) {
    const double weight = kind == MM_FIT_TOUCH ? reports[i].contact_count : kind <= MM_FIT_MEAN ? reports[i].frame_count : 1;
    const double value = kind == MM_FIT_RMS ? values[i] * values[i] : values[i];
    if (kind == MM_FIT_MOST) sum = value > sum ? value : sum;
    else sum += weight * value;
    weights += weight;
  }
  if (kind == MM_FIT_MOST || kind == MM_FIT_SUM) return sum;
  sum = weights > 0 ? sum / weights : 0;
  return kind == MM_FIT_RMS ? sqrt(sum) : sum;
}

mm_status mm_retarget_total(mm_context *ctx, const mm_retarget_report *reports, int count, mm_retarget_report *total) {
  double *values = MM_NEW(ctx, double, count);
  if (!values) return MM_E_MEMORY;
  memset(total, 0, sizeof *total);
  total->jump_frame = total->jump_tendon = -1;
  for (int i = 0; i < count; i++) {
    const mm_retarget_report *r = &reports[i];
    total->frame_count += r->frame_count;
    total->site_count = r->site_count;
    total->scale += r->scale / count;
    total->contact_count += r->contact_count;
    total->contradictions = r->contradictions;
    total->passes += r->passes;
    total->restarts += r->restarts;
    total->shape_ignored += r->shape_ignored;
  }
#define MM_FIT_TOTAL(name, kind, scale, digits, shown, meaning)   \
  for (int i = 0; i < count; i++) values[i] = reports[i].name;    \
  total->name = mm__fit_total(values, reports, count, MM_FIT_##kind);
  MM_RETARGET_FIGURES(MM_FIT_TOTAL)
#undef MM_FIT_TOTAL
  mm__free(ctx, values);
  return MM_OK;
}
