/* >>retarget-tendon: tendons that change too fast, and how the motion gives way

   A tendon's length jumps in two ways (mm__fit_measure_tendons says what counts as a jump). Where it is a smooth function
   of the pose, joints turn too fast: their rates in those frames are drawn down to what the tendon bears, and the frames
   around take over the way (rows of the refinement, in rounds, so that a fast stretch becomes an even one). Where its path
   changes sides at a wrapping object, length is a function with a cliff, and a slow motion falls down it too. Most such
   motions cross the cliff twice within a second, so one coordinate is kept from going so far in between: the one, and the
   bound, that changes the motion least. */

#define MM_FIT_TENDON_MOST 0.04   /* relative change in a frame that is left alone; what counts as a jump is above */
#define MM_FIT_TENDON_CLIFF 0.047 /* change that a motion is kept from, which takes long to find out */
#define MM_FIT_TENDON_PULL 10     /* weight of a drawn rate, over that of smoothness */

typedef struct mm_fit_leap { int frame, tendon; double change; } mm_fit_leap;

typedef struct mm_fit_leaps {
  mm_fit_leap *list;
  int count, room;
} mm_fit_leaps;

static int mm__fit_leap_add(mm_context *ctx, mm_fit_leaps *leaps, int frame, int tendon, double change) {
  if (leaps->count == leaps->room) {
    const int room = leaps->room ? 2 * leaps->room : 64;
    mm_fit_leap *grown = (mm_fit_leap *)mm__grow(ctx, leaps->list, (size_t)leaps->count, (size_t)room, sizeof *grown);
    if (!grown) return 0;
    leaps->list = grown;
    leaps->room = room;
  }
  leaps->list[leaps->count].frame = frame;
  leaps->list[leaps->count].tendon = tendon;
  leaps->list[leaps->count++].change = change;
  return 1;
}

static double mm__fit_tendon_rest(const mm_model *m, int t) { return m->tendon_length0[t] > 1e-6 ? m->tendon_length0[t] : 1e-6; }

static void mm__fit_tendons_at(const mm_fit_plan *plan, const double *qpos, double *length) {
  mm__pose_set(plan->pose, qpos);
  mm__pose_tendons(plan->pose);
  for (int t = 0; t < plan->model->ntendon; t++) length[t] = plan->pose->data.ten_length[t] / mm__fit_tendon_rest(plan->model, t);
}

/* The changes of all tendons in a clip that are larger than most and stand out as jumps do. lengths [2, ntendon] and
   drift [ntendon] are scratch. */
static mm_status mm__fit_leaps_find(const mm_fit_plan *plan, const double *qpos, int begin, int end, double most, double *scratch,
                                    mm_fit_leaps *leaps) {
  const int tendons = plan->model->ntendon;
  double *drift = scratch + 2 * tendons;
  leaps->count = 0;
  for (int f = begin; f < end; f++) {
    double *now = scratch + (f & 1) * tendons, *before = scratch + (~f & 1) * tendons;
    mm__fit_tendons_at(plan, qpos + (size_t)f * (size_t)plan->model->nq, now);
    for (int t = 0; t < tendons && f > begin; t++) {
      const double change = fabs(now[t] - before[t]);
      drift[t] = f == begin + 1 ? change : 0.99 * drift[t] + 0.01 * change;
      if (change > most && change > 10 * drift[t] && !mm__fit_leap_add(plan->ctx, leaps, f, t, now[t] - before[t])) return MM_E_MEMORY;
    }
  }
  return MM_OK;
}

/* What each free coordinate's change between two poses does to a tendon: share [free_count]. Returns how much of the whole
   change the shares explain: about 1 where length is smooth. */
static double mm__fit_tendon_shares(const mm_fit_plan *plan, const double *before, const double *now, int tendon, double change, double *pose,
                                    double *share) {
  const mm_model *m = plan->model;
  const double rest = mm__fit_tendon_rest(m, tendon), small = 0.02;
  double sum = 0, base;
  memcpy(pose, now, sizeof(double) * (size_t)m->nq);
  mm__pose_set(plan->pose, pose);
  mm__pose_tendons(plan->pose);
  base = plan->pose->data.ten_length[tendon];
  for (int i = 0; i < plan->free_count; i++) {
    const int joint = m->dof_jntid[plan->free_dof[i]], p = m->jnt_qposadr[joint];
    share[i] = 0;
    if ((m->jnt_type[joint] != MM_JNT_HINGE && m->jnt_type[joint] != MM_JNT_SLIDE) || now[p] == before[p]) continue;
    /* a part of the step only, so that a cliff is not stepped over */
    pose[p] = now[p] + small * (now[p] - before[p]);
    mm__fit_project(plan, pose);
    mm__pose_set(plan->pose, pose);
    mm__pose_tendons(plan->pose);
    share[i] = (plan->pose->data.ten_length[tendon] - base) / (small * rest);
    pose[p] = now[p];
    mm__fit_project(plan, pose);
    sum += share[i];
  }
  return sum / change;
}

/* Draws the rates of what moves a leaping tendon: weight and rate [free_count] of the leap's frame, further and more strongly
   than they were drawn before. What falls down a cliff is left. smooth [free_count]: weights of smoothness */
static void mm__fit_leap_draw(const mm_fit_plan *plan, const double *qpos, const mm_fit_leap *leap, const double *smooth, double *work,
                              double *weight, double *rate) {
  const mm_model *m = plan->model;
  const double *now = qpos + (size_t)leap->frame * (size_t)m->nq, *before = now - m->nq;
  const double ratio = 0.9 * MM_FIT_TENDON_MOST / fabs(leap->change);
  double *share = work + m->nq;
  const double explained = mm__fit_tendon_shares(plan, before, now, leap->tendon, leap->change, work, share);
  for (int i = 0; i < plan->free_count && explained > 0.6 && explained < 1.4; i++) {
    const int p = m->jnt_qposadr[m->dof_jntid[plan->free_dof[i]]];
    const double slower = ratio * (now[p] - before[p]);
    if (share[i] / leap->change < 0.1) continue;
    /* of several tendons the one that bears least decides */
    if (weight[i] > 0 && fabs(rate[i]) < fabs(slower)) continue;
    weight[i] = MM_FIT_TENDON_PULL * (weight[i] > smooth[i] ? weight[i] : smooth[i]);
    rate[i] = slower;
  }
}

/* a stretch of a clip on the far side of a cliff */
typedef struct mm_fit_island { int first, last, begin, end; } mm_fit_island; /* frames beyond; frames that may be changed */

/* Bounds coordinate i from below (side 1) or above (-1) within the island; changed [count, nq] takes the frames begin to end.
   Returns what it costs, or a negative number if nothing changes. */
static double mm__fit_island_bound(const mm_fit_plan *plan, const double *qpos, const mm_fit_island *s, int i, int side, double bound, int reach,
                                   double stiffness, double *work, double *changed) {
  const mm_model *m = plan->model;
  const size_t nq = (size_t)m->nq;
  const int count = s->end - s->begin, p = m->jnt_qposadr[m->dof_jntid[plan->free_dof[i]]];
  double *depth = work, *scratch = work + count, *hump = work + 2 * count, cost = 0;
  for (int k = 0; k < count; k++) {
    const int f = s->begin + k, inside = f >= s->first - 2 && f <= s->last + 2;
    const double gap = side * (bound - qpos[(size_t)f * nq + (size_t)p]);
    depth[k] = inside && gap > 0 ? gap : 0;
  }
  mm__fit_hump(depth, count, reach, scratch, hump);
  memcpy(changed, qpos + (size_t)s->begin * nq, sizeof(double) * nq * (size_t)count);
  for (int k = 0; k < count; k++) {
    double *q = changed + (size_t)k * nq;
    cost += stiffness * hump[k] * hump[k];
    q[p] += side * hump[k];
    if (q[p] < plan->lower[i]) q[p] = plan->lower[i];
    if (q[p] > plan->upper[i]) q[p] = plan->upper[i];
    mm__fit_project(plan, q);
  }
  return cost > 0 ? cost : -1;
}

/* how many changes of all tendons from one pose to the next are larger than most; counts no further than enough */
static int mm__fit_leaps_between(const mm_fit_plan *plan, const double *poses, int count, double most, int enough, double *scratch) {
  const int tendons = plan->model->ntendon;
  int found = 0;
  for (int k = 0; k < count && found < enough; k++) {
    double *now = scratch + (k & 1) * tendons, *before = scratch + (~k & 1) * tendons;
    mm__fit_tendons_at(plan, poses + (size_t)k * (size_t)plan->model->nq, now);
    for (int t = 0; t < tendons && k; t++) found += fabs(now[t] - before[t]) > most;
  }
  return found;
}

typedef struct mm_fit_steering {
  double *share, *pose, *work, *lengths, *changed, *best, *stiffness; /* scratch for islands of at most room frames */
  int room;
} mm_fit_steering;

/* keeps the motion from an island if one coordinate's bound can */
static void mm__fit_island_avoid(const mm_fit_plan *plan, double *qpos, const mm_fit_island *s, int tendon, int reach, mm_fit_steering *w) {
  const mm_model *m = plan->model;
  const size_t nq = (size_t)m->nq;
  const int count = s->end - s->begin;
  const double most = MM_FIT_TENDON_MOST;
  double least = 1e300;
  const int before = mm__fit_leaps_between(plan, qpos + (size_t)s->begin * nq, count, most, INT_MAX, w->lengths);
  int left = before;
  for (int i = 0; i < plan->free_count; i++) {
    const int joint = m->dof_jntid[plan->free_dof[i]], p = m->jnt_qposadr[joint];
    double low = 1e300, high = -1e300, moved;
    if (m->jnt_type[joint] != MM_JNT_HINGE && m->jnt_type[joint] != MM_JNT_SLIDE) continue;
    /* does it move the tendon? */
    memcpy(w->pose, qpos + (size_t)s->first * nq, sizeof(double) * nq);
    mm__fit_tendons_at(plan, w->pose, w->lengths);
    moved = w->lengths[tendon];
    w->pose[p] += 0.01;
    mm__fit_project(plan, w->pose);
    mm__fit_tendons_at(plan, w->pose, w->lengths);
    if (fabs(w->lengths[tendon] - moved) < 1e-7) continue;
    for (int f = s->first; f <= s->last; f++) {
      const double q = qpos[(size_t)f * nq + (size_t)p];
      if (q < low) low = q;
      if (q > high) high = q;
    }
    for (int side = -1; side <= 1; side += 2)
      for (double far = 0.04; far < 0.9; far *= 1.4) {
        const double bound = side > 0 ? low + far : high - far;
        const double cost = mm__fit_island_bound(plan, qpos, s, i, side, bound, reach, w->stiffness[i], w->work, w->changed);
        int rest;
        if (cost >= least && left == 0) break;
        if (cost < 0) continue;
        rest = mm__fit_leaps_between(plan, w->changed, count, most, cost < least && left < before ? left + 1 : left, w->lengths);
        if (rest > left || (rest == left && cost >= least) || rest >= before) continue;
        left = rest;
        least = cost;
        memcpy(w->best, w->changed, sizeof(double) * nq * (size_t)count);
        if (rest == 0) break;
      }
  }
  if (left < before) memcpy(qpos + (size_t)s->begin * nq, w->best, sizeof(double) * nq * (size_t)count);
}

/* Where a clip falls down a cliff and comes back within a second it is kept from there. stiffness [free_count] */
static mm_status mm__fit_steer(const mm_fit_plan *plan, mm_fit_batch *batch, int clip, const double *stiffness, mm_fit_leaps *leaps) {
  const mm_model *m = plan->model;
  const int begin = batch->first[clip], end = batch->first[clip + 1], reach = (int)(0.12 * batch->frequency + 0.5);
  const int most = (int)(batch->frequency + 0.5), room = most + 4 * reach + 8;
  mm_arena arena = {NULL, NULL};
  mm_fit_steering w;
  mm_status status = MM_OK;
  arena.ctx = plan->ctx;
  memset(&w, 0, sizeof w);
  w.lengths = MM_ARENA_NEW(&arena, double, 3 * m->ntendon);
  w.share = MM_ARENA_NEW(&arena, double, plan->free_count);
  w.stiffness = MM_ARENA_NEW(&arena, double, plan->free_count);
  w.pose = MM_ARENA_NEW(&arena, double, m->nq);
  w.work = MM_ARENA_NEW(&arena, double, 3 * room);
  w.changed = MM_ARENA_NEW(&arena, double, (size_t)room * (size_t)m->nq);
  w.best = MM_ARENA_NEW(&arena, double, (size_t)room * (size_t)m->nq);
  if (!w.lengths || !w.share || !w.stiffness || !w.pose || !w.work || !w.changed || !w.best) status = MM_E_MEMORY;
  else {
    memcpy(w.stiffness, stiffness, sizeof(double) * (size_t)plan->free_count);
    status = mm__fit_leaps_find(plan, batch->qpos, begin, end, MM_FIT_TENDON_CLIFF, w.lengths, leaps);
  }
  for (int k = 0; status == MM_OK && k < leaps->count; k++) {
    const mm_fit_leap *leap = &leaps->list[k];
    for (int j = k + 1; j < leaps->count && leaps->list[j].frame - leap->frame < most; j++) {
      mm_fit_island s;
      if (leaps->list[j].tendon != leap->tendon || leaps->list[j].change * leap->change > 0) continue;
      s.first = leap->frame;
      s.last = leaps->list[j].frame - 1;
      s.begin = s.first - 2 * reach - 2 > begin ? s.first - 2 * reach - 2 : begin;
      s.end = s.last + 2 * reach + 3 < end ? s.last + 2 * reach + 3 : end;
      mm__fit_island_avoid(plan, batch->qpos, &s, leap->tendon, reach, &w);
      break;
    }
  }
  mm__arena_free(&arena);
  return status;
}
