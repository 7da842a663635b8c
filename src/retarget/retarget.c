/* >>retarget-code: a clip becomes a trajectory */

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

/* what the device computed in its own precision: quaternions made unit and continuous, limits and couplings made exact */
static void mm__fit_polish(const mm_fit_plan *plan, double *qpos, int frames) {
  const mm_model *m = plan->model;
  const size_t nq = (size_t)m->nq;
  for (int f = 0; f < frames; f++) {
    double *q = qpos + (size_t)f * nq;
    for (int i = 0; i < plan->free_count; i++) {
      const int joint = m->dof_jntid[plan->free_dof[i]], type = m->jnt_type[joint], p = m->jnt_qposadr[joint];
      if (type == MM_JNT_HINGE || type == MM_JNT_SLIDE) {
        if (q[p] < plan->lower[i]) q[p] = plan->lower[i];
        if (q[p] > plan->upper[i]) q[p] = plan->upper[i];
      } else {
        double *quat = q + p + (type == MM_JNT_FREE ? 3 : 0), dot = 0;
        mm__rot_normalize(quat);
        for (int k = 0; k < 4 && f; k++) dot += quat[k] * (quat - nq)[k];
        for (int k = 0; k < 4 && dot < 0; k++) quat[k] = -quat[k];
      }
    }
    mm__fit_project(plan, q);
  }
}

static mm_status mm__retarget_run(mm_fit_plan *plan, const mm_clip *clip, const mm_retarget_def *def, mm_arena *arena,
                                  mm_clip **sampled, mm_trajectory **trajectory, mm_retarget_report *report) {
  mm_fit_clip c;
  mm_trajectory *t;
  MM_TRY(mm__fit_clip_open(plan, clip, def, arena, sampled, &c, report));
  MM_TRY(mm_trajectory_create(plan->model, clip->name, (*sampled)->frame_count, (*sampled)->frequency, trajectory));
  t = *trajectory;
  MM_TRY(mm__fit_solve(plan, &c, def, t->qpos, report));
  mm__fit_polish(plan, t->qpos, t->frame_count);
  if (!def || !def->keep_height) MM_TRY(mm__fit_settle(plan, &c, t->qpos));
  mm_trajectory_differentiate(plan->model, t);
  MM_TRY(mm_trajectory_forward(plan->model, t));
  return mm__fit_measure(plan, t, 0, 1, c.targets, report);
}

mm_status mm_retarget(mm_context *ctx, const mm_clip *clip, const mm_model *model, const mm_retarget_def *def,
                      mm_trajectory **trajectory, mm_retarget_report *report) {
  const double start = mm__seconds();
  mm_retarget_report own;
  mm_fit_plan *plan;
  mm_clip *sampled = NULL;
  mm_arena arena = {NULL, NULL};
  mm_status status;
  arena.ctx = ctx;
  *trajectory = NULL;
  memset(&own, 0, sizeof own);
  MM_TRY(mm__fit_plan_create(ctx, model, def, &plan));
  status = mm__retarget_run(plan, clip, def, &arena, &sampled, trajectory, &own);
  mm_clip_destroy(sampled);
  mm__arena_free(&arena);
  mm__fit_plan_destroy(plan);
  own.seconds = mm__seconds() - start;
  if (report) *report = own;
  if (status != MM_OK) {
    mm_trajectory_destroy(*trajectory);
    *trajectory = NULL;
  }
  return status;
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
