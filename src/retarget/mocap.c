/* >>retarget-mocap: physics finds the poses, pulled by welds: a clip to an environment

   The puppet is the model with a mocap body welded to each mimic site. Mocap bodies stand at the targets of a frame while the
   puppet takes so many time steps, without excitation; its pose then is the frame's. Before the first frame it is given time
   to get there from the rest pose. */

enum { MM_FIT_MOCAP_SETTLE = 1000, MM_FIT_MOCAP_STEPS = 25 }; /* time steps, as published */

typedef struct mm_fit_puppet {
  const mm_fit_plan *plan;
  const mm_model *model;
  mm_fit_batch *batch;
  mm_sim *sim;
  mm_arena arena;
  int *mocap;                 /* of a site [site_count] */
  double *qpos, *pos, *quat;  /* [clips, nq], [clips, nmocap, 3], [clips, nmocap, 4] */
} mm_fit_puppet;

static mm_status mm__fit_puppet_check(const mm_fit_puppet *p) {
  const mm_model *m = p->plan->model;
  if (!p->model)
    return mm__fail(m->ctx, MM_E_ARGUMENT, "mm_retarget: MM_RETARGET_MOCAP needs a puppet: the model with mm_spec_add_mocap");
  if (p->model->nq != m->nq || p->model->nv != m->nv)
    return mm__fail(m->ctx, MM_E_MODEL, "the puppet has %d coordinates, and the model has %d", p->model->nq, m->nq);
  for (int s = 0; s < p->plan->site_count; s++) {
    const char *site = mm_model_name(m, MM_OBJ_SITE, p->plan->sites[s].site);
    char name[160];
    int body;
    snprintf(name, sizeof name, "%s_mocap", site);
    body = mm_model_id(p->model, MM_OBJ_BODY, name);
    if (body < 0 || p->model->body_mocapid[body] < 0)
      return mm__fail(m->ctx, MM_E_MODEL, "the puppet has no mocap body %s", name);
    p->mocap[s] = p->model->body_mocapid[body];
  }
  return MM_OK;
}

static mm_status mm__fit_puppet_open(mm_fit_puppet *p, const mm_fit_plan *plan, mm_fit_batch *batch, const mm_retarget_def *def) {
  const size_t clips = (size_t)batch->clip_count;
  mm_sim_def sim;
  memset(p, 0, sizeof *p);
  memset(&sim, 0, sizeof sim);
  p->plan = plan;
  p->batch = batch;
  p->model = def->puppet;
  p->arena.ctx = plan->ctx;
  p->mocap = MM_ARENA_NEW(&p->arena, int, plan->site_count);
  if (!p->mocap) return MM_E_MEMORY;
  MM_TRY(mm__fit_puppet_check(p));
  p->qpos = MM_ARENA_NEW(&p->arena, double, clips * (size_t)p->model->nq);
  p->pos = MM_ARENA_NEW(&p->arena, double, clips * 3 * (size_t)p->model->nmocap);
  p->quat = MM_ARENA_NEW(&p->arena, double, clips * 4 * (size_t)p->model->nmocap);
  if (!p->qpos || !p->pos || !p->quat) return MM_E_MEMORY;
  sim.environments = batch->clip_count;
  return mm_sim_create(plan->ctx, p->model, &sim, &p->sim);
}

/* mocap bodies to the targets of a frame, clips that are over to those of their last */
static mm_status mm__fit_puppet_pull(mm_fit_puppet *p, int frame) {
  const mm_fit_batch *batch = p->batch;
  const size_t sites = (size_t)p->plan->site_count, mocaps = (size_t)p->model->nmocap;
  for (int c = 0; c < batch->clip_count; c++) {
    const int last = batch->first[c + 1] - 1, f = batch->first[c] + frame < last ? batch->first[c] + frame : last;
    for (size_t s = 0; s < sites; s++) {
      const double *target = batch->targets + ((size_t)f * sites + s) * 7;
      const size_t at = (size_t)c * mocaps + (size_t)p->mocap[s];
      memcpy(p->pos + 3 * at, target, 3 * sizeof *target);
      memcpy(p->quat + 4 * at, target + 3, 4 * sizeof *target);
    }
  }
  MM_TRY(mm_sim_set(p->sim, MM_MOCAP_POS, p->pos));
  return mm_sim_set(p->sim, MM_MOCAP_QUAT, p->quat);
}

static mm_status mm__fit_puppet_run(mm_fit_puppet *p, const mm_retarget_def *def) {
  const mm_fit_batch *batch = p->batch;
  const size_t nq = (size_t)p->model->nq, row = 7 * (size_t)p->plan->site_count;
  int longest = 0;
  for (int c = 0; c < batch->clip_count; c++) {
    const int frames = batch->first[c + 1] - batch->first[c];
    if (frames > longest) longest = frames;
    mm__fit_start(p->plan, batch->targets + (size_t)batch->first[c] * row, p->qpos + (size_t)c * nq);
  }
  MM_TRY(mm_sim_set(p->sim, MM_QPOS, p->qpos));
  for (int f = 0; f < longest; f++) {
    MM_TRY(mm__fit_puppet_pull(p, f));
    MM_TRY(mm_sim_step(p->sim, f ? MM_FIT_MOCAP_STEPS : MM_FIT_MOCAP_SETTLE));
    MM_TRY(mm_sim_get(p->sim, MM_QPOS, p->qpos));
    for (int c = 0; c < batch->clip_count; c++)
      if (batch->first[c] + f < batch->first[c + 1])
        memcpy(batch->qpos + (size_t)(batch->first[c] + f) * nq, p->qpos + (size_t)c * nq, nq * sizeof(double));
    if (def->progress && def->progress((f + 1.0) / longest, def->user))
      return mm__fail(p->plan->ctx, MM_E_INTERRUPTED, "retargeting was stopped");
  }
  return MM_OK;
}

/* batch->qpos from batch->targets */
static mm_status mm__fit_mocap(const mm_fit_plan *plan, mm_fit_batch *batch, const mm_retarget_def *def) {
  mm_fit_puppet p;
  mm_status status = mm__fit_puppet_open(&p, plan, batch, def);
  mm_sim_fault fault;
  int faults = 0;
  if (status == MM_OK) status = mm__fit_puppet_run(&p, def);
  if (status == MM_OK) status = mm_sim_faults(p.sim, &fault, 1, &faults);
  if (status == MM_OK && faults)
    mm__log(plan->ctx, MM_LOG_WARNING, "%d puppets, clip %d's the first, came apart by %s and began again", fault.environments, fault.first + 1,
            fault.quantity);
  mm_sim_destroy(p.sim);
  mm__arena_free(&p.arena);
  return status;
}
