/* >>retarget-code: clips become trajectories */

/* joint positions and rotations at the rate of the trajectory */
static mm_status mm__fit_clip_open(mm_fit_plan *plan, const mm_clip *clip, const mm_retarget_def *def, mm_arena *arena, mm_clip **sampled,
                                   mm_fit_clip *c, mm_retarget_report *report) {
  const double frequency = def && def->frequency > 0 ? def->frequency : 100;
  mm_skeleton own;
  mm_shape shape;
  size_t frames;
  memset(c, 0, sizeof *c);
  MM_TRY(mm_clip_skeleton(clip, &own));
  mm__fit_proportions(plan, &own, c);
  c->skeleton = own;
  report->shape_ignored = c->skeleton.betas_ignored;
  MM_TRY(mm_clip_resample(clip, frequency, sampled));
  frames = (size_t)(*sampled)->frame_count;
  c->clip = *sampled;
  c->fit = def ? def->fit : MM_FIT_SEGMENTS;
  if (c->fit != MM_FIT_SEGMENTS) {
    MM_TRY(mm__fit_shape(plan, &own, c->fit == MM_FIT_SHAPE, c->size, &c->skeleton, &shape));
    c->size = shape.scale;
    memcpy(c->offset, shape.offset, sizeof c->offset);
  }
  c->positions = MM_ARENA_NEW(arena, double, frames * 3 * MM_SMPL_JOINTS);
  c->rotations = MM_ARENA_NEW(arena, double, frames * 4 * MM_SMPL_JOINTS);
  c->targets = MM_ARENA_NEW(arena, double, frames * 7 * (size_t)plan->site_count);
  if (!c->positions || !c->rotations || !c->targets) return MM_E_MEMORY;
  mm_clip_joints(*sampled, &c->skeleton, c->positions, c->rotations);
  mm__pose_set(plan->pose, plan->rest);
  mm__fit_targets(plan, c, mm__fit_lowest(plan));
  report->scale = c->scale;
  return MM_OK;
}

/* what the device computed in its own precision: quaternions made unit and continuous, and, if they are hard, limits and
   couplings made exact */
static void mm__fit_polish(const mm_fit_plan *plan, double *qpos, int frames, int hard) {
  const mm_model *m = plan->model;
  const size_t nq = (size_t)m->nq;
  for (int f = 0; f < frames; f++) {
    double *q = qpos + (size_t)f * nq;
    for (int i = 0; i < plan->free_count; i++) {
      const int joint = m->dof_jntid[plan->free_dof[i]], type = m->jnt_type[joint], p = m->jnt_qposadr[joint];
      if (type == MM_JNT_HINGE || type == MM_JNT_SLIDE) {
        if (!hard) continue;
        if (q[p] < plan->lower[i]) q[p] = plan->lower[i];
        if (q[p] > plan->upper[i]) q[p] = plan->upper[i];
      } else {
        double *quat = q + p + (type == MM_JNT_FREE ? 3 : 0), dot = 0;
        mm__rot_normalize(quat);
        for (int k = 0; k < 4 && f; k++) dot += quat[k] * (quat - nq)[k];
        for (int k = 0; k < 4 && dot < 0; k++) quat[k] = -quat[k];
      }
    }
    if (hard) mm__fit_project(plan, q);
  }
}

/* coordinates freed of what is above a frequency; quaternions by their components, which mm__fit_polish makes unit again */
static mm_status mm__fit_low_pass(const mm_fit_plan *plan, double *qpos, int frames, int hard, double cutoff, double frequency) {
  const int nq = plan->model->nq;
  if (!(cutoff > 0)) return MM_OK;
  if (cutoff >= 0.5 * frequency)
    return mm__fail(plan->ctx, MM_E_ARGUMENT, "a low-pass filter of %g Hz needs a trajectory of more than %g Hz, not %g", cutoff, 2 * cutoff, frequency);
  for (int i = 0; i < nq; i++) MM_TRY(mm__filter_low_pass(plan->ctx, qpos + i, frames, nq, cutoff, frequency));
  mm__fit_polish(plan, qpos, frames, hard);
  return MM_OK;
}

/* targets of every clip, one after another */
static mm_status mm__fit_batch_open(mm_fit_plan *plan, const mm_clip *const *clips, int count, const mm_retarget_def *def, mm_arena *arena,
                                    mm_fit_batch *batch, mm_retarget_report *reports) {
  const size_t row = 7 * (size_t)plan->site_count;
  double **targets = MM_ARENA_NEW(arena, double *, count);
  mm_status status = MM_OK;
  memset(batch, 0, sizeof *batch);
  batch->clip_count = count;
  batch->first = MM_ARENA_NEW(arena, int, count + 1);
  if (!targets || !batch->first) return MM_E_MEMORY;
  for (int i = 0; status == MM_OK && i < count; i++) {
    mm_arena own = {NULL, NULL};
    mm_clip *sampled = NULL;
    mm_fit_clip c;
    own.ctx = plan->ctx;
    status = mm__fit_clip_open(plan, clips[i], def, &own, &sampled, &c, &reports[i]);
    if (status == MM_OK) {
      const size_t frames = (size_t)sampled->frame_count;
      batch->frequency = sampled->frequency;
      batch->first[i + 1] = batch->first[i] + (int)frames;
      targets[i] = MM_ARENA_NEW(arena, double, frames * row);
      if (targets[i]) memcpy(targets[i], c.targets, sizeof(double) * frames * row);
      else status = MM_E_MEMORY;
    }
    mm_clip_destroy(sampled);
    mm__arena_free(&own);
  }
  MM_TRY(status);
  batch->frame_count = batch->first[count];
  batch->targets = MM_ARENA_NEW(arena, double, (size_t)batch->frame_count * row);
  batch->qpos = MM_ARENA_NEW(arena, double, (size_t)batch->frame_count * (size_t)plan->model->nq);
  if (!batch->targets || !batch->qpos) return MM_E_MEMORY;
  for (int i = 0; i < count; i++)
    memcpy(batch->targets + (size_t)batch->first[i] * row, targets[i],
           sizeof(double) * row * (size_t)(batch->first[i + 1] - batch->first[i]));
  return MM_OK;
}

/* how long a stage took; *since becomes now */
static void mm__fit_lap(const mm_fit_plan *plan, const char *stage, double *since) {
  const double now = mm__seconds();
  mm__log(plan->ctx, MM_LOG_DEBUG, "retargeting: %s took %.3f s", stage, now - *since);
  *since = now;
}

static mm_status mm__fit_batch_solve(mm_fit_plan *plan, mm_fit_batch *batch, const mm_retarget_def *def, mm_retarget_report *reports) {
  mm_fit_solver s;
  double since = mm__seconds();
  mm_status status;
  if (def && def->method == MM_RETARGET_MOCAP) {
    status = mm__fit_mocap(plan, batch, def);
    mm__fit_lap(plan, "the puppet", &since);
    return status;
  }
  status = mm__fit_solver_open(&s, plan, batch, def);
  const int refined = !def || def->method == MM_RETARGET_REFINED;
  s.whole = (refined ? 13.0 : 3.0) * batch->frame_count;
  mm__fit_lap(plan, "the device's program", &since);
  if (status == MM_OK) status = mm__fit_solve(&s, batch, reports);
  mm__fit_lap(plan, "inverse kinematics", &since);
  if (status == MM_OK && refined) status = mm__fit_refine(&s, batch, reports);
  if (refined) mm__fit_lap(plan, "refinement", &since);
  mm__fit_solver_close(&s);
  return status;
}

/* what was solved becomes a trajectory, and is measured */
static mm_status mm__fit_finish(const mm_fit_plan *plan, const mm_fit_batch *batch, int clip, const char *name,
                                const mm_retarget_def *def, mm_trajectory **trajectory, mm_retarget_report *report) {
  const int first = batch->first[clip], frames = batch->first[clip + 1] - first, hard = !def || def->method != MM_RETARGET_MOCAP;
  double *targets = batch->targets + (size_t)first * 7 * (size_t)plan->site_count;
  double *qpos = batch->qpos + (size_t)first * (size_t)plan->model->nq;
  mm_trajectory *t;
  mm__fit_polish(plan, qpos, frames, hard);
  MM_TRY(mm__fit_low_pass(plan, qpos, frames, hard, def ? def->low_pass : 0, batch->frequency));
  if (!def || !def->keep_height)
    MM_TRY(mm__fit_settle(plan, frames, batch->frequency, def && def->method == MM_RETARGET_GMR, targets, qpos));
  MM_TRY(mm_trajectory_create(plan->model, name, frames, batch->frequency, trajectory));
  t = *trajectory;
  memcpy(t->qpos, qpos, sizeof(double) * (size_t)frames * (size_t)plan->model->nq);
  mm_trajectory_differentiate(plan->model, t);
  MM_TRY(mm_trajectory_forward(plan->model, t));
  return mm__fit_measure(plan, t, 0, 1, targets, report);
}

static mm_status mm__retarget_run(mm_fit_plan *plan, const mm_clip *const *clips, int count, const mm_retarget_def *def, mm_arena *arena,
                                  mm_trajectory **trajectories, mm_retarget_report *reports) {
  mm_fit_batch batch;
  double since = mm__seconds();
  MM_TRY(mm__fit_batch_open(plan, clips, count, def, arena, &batch, reports));
  mm__fit_lap(plan, "reading of the clips", &since);
  MM_TRY(mm__fit_batch_solve(plan, &batch, def, reports));
  since = mm__seconds();
  for (int i = 0; i < count; i++)
    MM_TRY(mm__fit_finish(plan, &batch, i, clips[i]->name, def, &trajectories[i], &reports[i]));
  mm__fit_lap(plan, "trajectories and their figures", &since);
  return MM_OK;
}

mm_status mm_retarget_clips(mm_context *ctx, const mm_clip *const *clips, int count, const mm_model *model, const mm_retarget_def *def,
                            mm_trajectory **trajectories, mm_retarget_report *reports) {
  const double start = mm__seconds();
  mm_fit_plan *plan = NULL;
  mm_retarget_report *own;
  mm_arena arena = {NULL, NULL};
  mm_status status;
  double frames = 0;
  arena.ctx = ctx;
  if (count < 1) return mm__fail(ctx, MM_E_ARGUMENT, "mm_retarget_clips: %d clips", count);
  for (int i = 0; i < count; i++) trajectories[i] = NULL;
  own = MM_ARENA_NEW(&arena, mm_retarget_report, count);
  status = own ? mm__fit_plan_create(ctx, model, def, &plan) : MM_E_MEMORY;
  if (status == MM_OK) status = mm__retarget_run(plan, clips, count, def, &arena, trajectories, own);
  mm__fit_plan_destroy(plan);
  for (int i = 0; status == MM_OK && i < count; i++) frames += own[i].frame_count;
  for (int i = 0; i < count; i++) {
    if (status == MM_OK) own[i].seconds = (mm__seconds() - start) * own[i].frame_count / frames;
    if (reports && own) reports[i] = own[i];
    if (status == MM_OK) continue;
    mm_trajectory_destroy(trajectories[i]);
    trajectories[i] = NULL;
  }
  mm__arena_free(&arena);
  return status;
}

mm_status mm_retarget(mm_context *ctx, const mm_clip *clip, const mm_model *model, const mm_retarget_def *def,
                      mm_trajectory **trajectory, mm_retarget_report *report) {
  return mm_retarget_clips(ctx, &clip, 1, model, def, trajectory, report);
}

mm_status mm_trajectory_measure(const mm_model *model, const mm_trajectory *trajectory, int first, int count,
                                mm_retarget_report *report) {
  mm_fit_plan *plan;
  mm_status status;
  const double start = mm__seconds();
  memset(report, 0, sizeof *report);
  if (trajectory->nq != model->nq || trajectory->nv != model->nv)
    return mm__fail(model->ctx, MM_E_DATA, "a trajectory of %d coordinates, and the model has %d", trajectory->nq, model->nq);
  if (first < 0 || count < 1 || first > trajectory->clip_count - count)
    return mm__fail(model->ctx, MM_E_ARGUMENT, "mm_trajectory_measure: clips %d to %d of %d", first, first + count - 1,
                    trajectory->clip_count);
  MM_TRY(mm__fit_plan_create(model->ctx, model, NULL, &plan));
  status = mm__fit_measure(plan, trajectory, first, count, NULL, report);
  mm__fit_plan_destroy(plan);
  report->seconds = mm__seconds() - start;
  return status;
}
