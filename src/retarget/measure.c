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

/* Lays the clip on the floor. First all frames together, so that the lowest tenth of them touch; the targets move
   along. Then, where something is still below the floor, a smooth hump lifts it: the largest depth within a tenth of a
   second, averaged over the same time, which is nowhere less than the depth itself. */
static mm_status mm__fit_settle(const mm_fit_plan *plan, mm_fit_clip *c, double *qpos) {
  const size_t nq = (size_t)plan->model->nq, frames = (size_t)c->clip->frame_count;
  const int reach = (int)(0.1 * c->clip->frequency + 0.5), last = (int)frames - 1;
  double *height, *sorted, *hump, shift;
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
  shift = sorted[frames / 10];
  for (int f = 0; f <= last; f++) {
    hump[f] = 0;
    for (int k = f - reach < 0 ? 0 : f - reach; k <= last && k <= f + reach; k++)
      if (shift - height[k] > hump[f]) hump[f] = shift - height[k];
  }
  for (int f = 0; f <= last; f++) {
    double mean = 0;
    /* bell-shaped weights; beyond the ends the hump goes on as it is there */
    for (int k = -reach; k <= reach; k++) {
      const int at = f + k < 0 ? 0 : f + k > last ? last : f + k;
      mean += hump[at] * (1 + cos(MM_PI * k / (reach + 1))) / (2 * (reach + 1));
    }
    qpos[(size_t)f * nq + (size_t)plan->height_qpos] += plan->height_sign * (mean - shift);
  }
  for (size_t i = 0; i < frames * (size_t)plan->site_count; i++) c->targets[7 * i + 2] -= shift;
  mm__free(plan->ctx, height);
  return MM_OK;
}

/* limits of single joints, and couplings */
static void mm__fit_measure_joints(const mm_fit_plan *plan, const double *qpos, int64_t *pairs, int64_t *beyond, double *residual) {
  const mm_model *m = plan->model;
  for (int j = 0; j < m->njnt; j++) {
    const double q = qpos[m->jnt_qposadr[j]], *range = m->jnt_range + 2 * j;
    if (!m->jnt_limited[j] || (m->jnt_type[j] != MM_JNT_HINGE && m->jnt_type[j] != MM_JNT_SLIDE)) continue;
    if (plan->coupling_of[j] >= 0 && plan->couplings[plan->coupling_of[j]].loose) continue;
    ++*pairs;
    if (q < range[0] - 1e-5 || q > range[1] + 1e-5) ++*beyond;
  }
  for (int i = 0; i < plan->coupling_count; i++) {
    const mm_fit_coupling *c = &plan->couplings[i];
    const double value = mm__fit_dependent(plan, c, c->master < 0 ? 0 : qpos[m->jnt_qposadr[c->master]]);
    const double gap = fabs(qpos[m->jnt_qposadr[c->joint]] - value);
    if (gap > *residual) *residual = gap;
  }
}

/* the horizontal speed of the lowest point of what touches the floor */
static void mm__fit_measure_skate(const mm_fit_plan *plan, const double *qvel, double *sum, int64_t *count) {
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
    *sum += hypot(v[0], v[1]);
    ++*count;
  }
}

static void mm__fit_measure_sites(const mm_fit_plan *plan, const double *target, const double *xpos, const double *xmat,
                                  double *square, mm_retarget_report *report) {
  double quat[4], turn[3], gap = 0;
  for (int k = 0; k < 3; k++) gap += pow(xpos[k] - target[k], 2);
  *square += gap;
  gap = sqrt(gap);
  report->site_mean += gap;
  if (gap > report->site_max) report->site_max = gap;
  mm__rot_from_matrix(xmat, quat);
  mm__rot_conjugate(quat, quat);
  mm__rot_multiply(target + 3, quat, quat);
  mm__rot_to_vector(quat, turn);
  report->rotation_mean += sqrt(turn[0] * turn[0] + turn[1] * turn[1] + turn[2] * turn[2]);
  (void)plan;
}

/* targets [frame, site, 7] in the order of the plan's sites, NULL: none */
static void mm__fit_measure(const mm_fit_plan *plan, const mm_trajectory *t, const double *targets, mm_retarget_report *report) {
  const size_t sites = (size_t)plan->site_count;
  int64_t pairs = 0, beyond = 0, below = 0, touches = 0;
  double square = 0, skate = 0;
  report->frame_count = t->frame_count;
  report->site_count = plan->site_count;
  for (int i = 0; i < plan->coupling_count; i++) report->contradictions += plan->couplings[i].loose;
  for (int f = 0; f < t->frame_count; f++) {
    const double *qpos = t->qpos + (size_t)f * (size_t)t->nq;
    double lowest;
    mm__fit_measure_joints(plan, qpos, &pairs, &beyond, &report->coupling_residual);
    for (size_t s = 0; s < sites && targets; s++) {
      const size_t at = (size_t)f * sites + s;
      mm__fit_measure_sites(plan, targets + 7 * at, t->site_xpos + 3 * at, t->site_xmat + 9 * at, &square, report);
    }
    if (!plan->floor_count) continue;
    mm__pose_set(plan->pose, qpos);
    lowest = mm__fit_lowest(plan);
    if (lowest < -0.001) below++;
    if (-lowest > report->penetration_depth) report->penetration_depth = -lowest;
    if (lowest > report->floating) report->floating = lowest;
    mm__fit_measure_skate(plan, t->qvel + (size_t)f * (size_t)t->nv, &skate, &touches);
  }
  report->limit_violation = pairs ? (double)beyond / (double)pairs : 0;
  report->penetration = (double)below / t->frame_count;
  report->foot_skate = touches ? skate / (double)touches : 0;
  if (targets) {
    report->site_rmse = sqrt(square / ((double)sites * t->frame_count));
    report->site_mean /= (double)sites * t->frame_count;
    report->rotation_mean /= (double)sites * t->frame_count;
  }
}
