/* >>eval: every clip once from its first frame */

enum { MM_EVAL_CHUNK = 32 }; /* control steps between two looks at the results */

/* what an evaluation runs on: environments that follow clips side by side */
typedef struct mm_evaluator {
  mm_context *ctx;
  mm_learn *learn;
  mm_agent *agent;
  mm_task task;
  int environments, longest;
  uint64_t seed;
  int stochastic;
  mm_buffer *action, *obs, *last, *signal, *batch;
  double *signals;                    /* [chunk][environments][MM_SIGNAL_COUNT] */
  double (*sums)[MM_SIGNAL_COUNT];    /* [clips] over the steps survived */
} mm_evaluator;

/* the settings of training with the ends of evaluation */
static mm_train_def mm__eval_train_def(const mm_train_def *trained, const mm_eval_def *def) {
  mm_train_def eval = *trained;
  const int is_bimanual = trained->terminal_state_type == 4 || trained->terminal_state_type == 1;
  eval.horizon = INT32_MAX / 2;
  eval.init_state_type = eval.adaptive_termination_enabled = eval.reward_curriculum_enabled = eval.adaptive_sampling_enabled = 0;
  eval.seed = (int64_t)(def->seed & INT64_MAX);
  eval.terminal_state_type = is_bimanual ? trained->terminal_state_type : 3;
  eval.site_deviation_mode = 0;
  eval.mean_site_deviation_threshold = def->mean_site_deviation_threshold;
  eval.root_deviation_threshold = def->root_deviation_threshold;
  eval.root_orientation_threshold = def->root_orientation_threshold;
  return eval;
}

static mm_eval_def mm__eval_defaults(const mm_eval_def *def, const mm_train_def *trained, int clips) {
  const int is_bimanual = trained->terminal_state_type == 4 || trained->terminal_state_type == 1;
  mm_eval_def d;
  memset(&d, 0, sizeof d);
  if (def) d = *def;
  if (d.environments <= 0) d.environments = clips < 256 ? clips : 256;
  if (d.environments > clips) d.environments = clips;
  if (d.mean_site_deviation_threshold <= 0) d.mean_site_deviation_threshold = is_bimanual ? 0.25 : 0.3;
  if (d.root_deviation_threshold <= 0) d.root_deviation_threshold = 0.5;
  return d;
}

static mm_status mm__eval_build(mm_evaluator *e, const mm_model *model, const mm_trajectory *trajectory, const mm_train_def *eval) {
  const int n = e->environments;
  const size_t rows = (size_t)n * MM_EVAL_CHUNK;
  MM_TRY(mm__task_create(e->learn, model, trajectory, eval, n, (MM_EVAL_CHUNK + 1) * n, 0, &e->task));
  if (e->task.plan.observations != e->agent->observations || model->nu != e->agent->actions)
    return mm__fail(e->ctx, MM_E_DATA, "the policy takes %d observations and gives %d actions, the model %d and %d",
                    e->agent->observations, e->agent->actions, e->task.plan.observations, model->nu);
  MM_TRY(mm__learn_reals(e->learn, rows * (size_t)model->nu, &e->action));
  MM_TRY(mm__learn_reals(e->learn, (rows + (size_t)n) * (size_t)e->task.plan.observations, &e->obs));
  MM_TRY(mm__learn_reals(e->learn, (size_t)n * (size_t)e->task.plan.observations, &e->last));
  MM_TRY(mm__learn_reals(e->learn, rows * MM_SIGNAL_COUNT, &e->signal));
  MM_TRY(mm__learn_reals(e->learn, MM_PLANES * (rows + (size_t)n), &e->batch));
  e->signals = MM_NEW(e->ctx, double, rows * MM_SIGNAL_COUNT);
  e->sums = (double(*)[MM_SIGNAL_COUNT])mm__alloc(e->ctx, (size_t)trajectory->clip_count, sizeof *e->sums);
  return e->signals && e->sums ? MM_OK : MM_E_MEMORY;
}

static void mm__eval_free(mm_evaluator *e) {
  mm__task_destroy(&e->task);
  mm__learn_release(e->learn, e->action);
  mm__learn_release(e->learn, e->obs);
  mm__learn_release(e->learn, e->last);
  mm__learn_release(e->learn, e->signal);
  mm__learn_release(e->learn, e->batch);
  mm__free(e->ctx, e->signals);
  mm__free(e->ctx, e->sums);
}

/* a control step of the policy, its statistics left as they are */
static mm_status mm__eval_step(mm_evaluator *e, int t, int counter) {
  mm_agent *agent = e->agent;
  const int n = e->environments;
  const mm_dense *output = &agent->actor.output;
  mm_task_io io;
  io.action = e->action;
  io.obs = e->obs;
  io.last = e->last;
  io.signal = e->signal;
  io.batch = e->batch;
  MM_TRY(mm__agent_normalize(agent, e->obs, NULL, t * n, 0, n, agent->stats));
  MM_TRY(mm__mlp_forward(agent, &agent->actor, 0, n));
  MM_TRY(mm__learn_run(e->learn, "mmk_bias", n, "bbiii", agent->params, agent->actor.out, output->bias_at, n, agent->actions));
  MM_TRY(mm__learn_run(e->learn, "mmk_sample", n, "bbbbiiiiiiii", agent->actor.out, agent->params, e->action, e->batch, agent->log_std_at,
                       t * n, n, agent->actions, counter, (int)(uint32_t)e->seed, (int)(uint32_t)(e->seed >> 32), e->stochastic));
  return mm__task_step(&e->task, &io, t, counter);
}

/* adds up what clips did until they were lost or over; true while one is still running */
static int mm__eval_collect(mm_evaluator *e, int first, int count, int steps, mm_eval_clip *clips) {
  int running = 0;
  for (int i = 0; i < count; i++) {
    mm_eval_clip *clip = &clips[first + i];
    for (int t = 0; t < steps && clip->coverage == 0; t++) {
      const double *s = e->signals + ((size_t)t * (size_t)e->environments + (size_t)i) * MM_SIGNAL_COUNT;
      for (int k = 0; k < MM_SIGNAL_COUNT; k++) e->sums[first + i][k] += s[k];
      clip->survived++;
      if (s[MM_SIGNAL_DONE] != 0) {
        clip->success = s[MM_SIGNAL_EARLY] == 0;
        clip->coverage = (double)clip->survived / (clip->length - 1);
      }
    }
    running |= clip->coverage == 0;
  }
  return running;
}

/* clips first..first+count-1 side by side, a chunk of steps at a time */
static mm_status mm__eval_batch(mm_evaluator *e, const mm_eval_def *def, int first, int count, int all, mm_eval_clip *clips) {
  const int n = e->environments, width = e->agent->observations;
  const size_t rows = (size_t)n * MM_EVAL_CHUNK;
  mm_task_io io;
  memset(&io, 0, sizeof io);
  io.action = e->action;
  io.obs = e->obs;
  io.last = e->last;
  io.signal = e->signal;
  io.batch = e->batch;
  MM_TRY(mm__task_follow(&e->task, first));
  MM_TRY(mm__task_begin(&e->task, &io, 0, 0));
  for (int done = 0;; done += MM_EVAL_CHUNK) {
    for (int t = 0; t < MM_EVAL_CHUNK; t++) MM_TRY(mm__eval_step(e, t, 1 + done + t));
    MM_TRY(mm__learn_run(e->learn, "mmk_copy_rows", n, "bbiiii", e->obs, e->obs, (int)rows, 0, n, width));
    MM_TRY(mm__learn_read(e->learn, e->signal, 0, e->signals, rows * MM_SIGNAL_COUNT));
    if (def->progress) {
      const double part = fmin(1, (double)(done + MM_EVAL_CHUNK) / e->longest);
      if (def->progress((first + part * count) / all, def->user)) return mm__fail(e->ctx, MM_E_INTERRUPTED, "evaluation stopped on request");
    }
    if (!mm__eval_collect(e, first, count, MM_EVAL_CHUNK, clips)) return MM_OK;
  }
}

static void mm__eval_means(const double *sums, double steps, mm_eval_clip *clip) {
  clip->joint_angle = sums[MM_SIGNAL_E_ANGLE] / steps;
  clip->joint_pos = sums[MM_SIGNAL_E_QPOS] / steps;
  clip->joint_vel = sums[MM_SIGNAL_E_QVEL] / steps;
  clip->site_rel = sums[MM_SIGNAL_E_RELATIVE] / steps;
  clip->site_abs = sums[MM_SIGNAL_E_SITE] / steps;
  clip->rpos = sums[MM_SIGNAL_E_RPOS] / steps;
  clip->root_xyz = sums[MM_SIGNAL_E_PELVIS] / steps;
  clip->root_yaw = sums[MM_SIGNAL_E_YAW] / steps;
  clip->reward = sums[MM_SIGNAL_REWARD] / steps;
}

/* of all: errors are means over all steps, coverage is steps survived over steps there are */
static void mm__eval_overall(const mm_evaluator *e, mm_eval_result *result) {
  double sums[MM_SIGNAL_COUNT];
  mm_eval_clip *overall = &result->overall;
  memset(sums, 0, sizeof sums);
  overall->clip = -1;
  for (int i = 0; i < result->clip_count; i++) {
    mm_eval_clip *clip = &result->clips[i];
    mm__eval_means(e->sums[i], clip->survived, clip);
    for (int k = 0; k < MM_SIGNAL_COUNT; k++) sums[k] += e->sums[i][k];
    overall->length += clip->length;
    overall->survived += clip->survived;
    overall->success += clip->success;
  }
  mm__eval_means(sums, overall->survived, overall);
  overall->coverage = (double)overall->survived / (overall->length - result->clip_count);
  result->success_rate = (double)overall->success / result->clip_count;
}

static mm_status mm__eval_run(mm_evaluator *e, const mm_trajectory *trajectory, mm_eval_result *result) {
  const int n = e->environments;
  for (int i = 0; i < result->clip_count; i++) {
    result->clips[i].clip = i;
    result->clips[i].length = trajectory->split_points[i + 1] - trajectory->split_points[i];
    if (result->clips[i].length > e->longest) e->longest = result->clips[i].length;
  }
  for (int first = 0; first < result->clip_count; first += n) {
    const int count = first + n < result->clip_count ? n : result->clip_count - first;
    MM_TRY(mm__eval_batch(e, &result->def, first, count, result->clip_count, result->clips));
  }
  mm__eval_overall(e, result);
  return MM_OK;
}

/* with the weights and statistics that the agent has */
static mm_status mm__evaluate(mm_learn *learn, mm_agent *agent, const mm_model *model, const mm_trajectory *trajectory,
                              const mm_train_def *trained, const mm_eval_def *def, mm_eval_result **result) {
  const mm_eval_def used = mm__eval_defaults(def, trained, trajectory->clip_count);
  const mm_train_def eval = mm__eval_train_def(trained, &used);
  mm_context *ctx = learn->ctx;
  mm_eval_result *made = MM_NEW(ctx, mm_eval_result, 1);
  mm_evaluator e;
  mm_status status;
  if (!made) return MM_E_MEMORY;
  memset(&e, 0, sizeof e);
  e.ctx = made->ctx = ctx;
  e.learn = learn;
  e.agent = agent;
  e.environments = used.environments;
  e.seed = used.seed;
  e.stochastic = used.stochastic;
  made->def = used;
  made->absolute = eval.terminal_state_type != 3;
  made->clip_count = trajectory->clip_count;
  made->clips = MM_NEW(ctx, mm_eval_clip, trajectory->clip_count);
  status = made->clips ? mm__eval_build(&e, model, trajectory, &eval) : MM_E_MEMORY;
  if (status == MM_OK) status = mm__eval_run(&e, trajectory, made);
  mm__eval_free(&e);
  if (status != MM_OK) {
    mm_eval_result_destroy(made);
    return status;
  }
  *result = made;
  return MM_OK;
}

/* an agent for as many rows as there are environments, whose weights the caller fills */
static mm_status mm__eval_agent(mm_learn *learn, const mm_model *model, const mm_train_def *trained, int rows, mm_agent *agent) {
  mm_task_plan plan;
  mm_agent_def def;
  mm_status status;
  memset(agent, 0, sizeof *agent);
  MM_TRY(mm__task_plan(learn->ctx, model, trained, &plan));
  mm__agent_def_of(trained, plan.observations, model->nu, &def);
  def.actor_rows = rows;
  def.critic_rows = 1;
  status = mm__agent_create(learn, &def, agent);
  mm__task_plan_free(&plan);
  return status;
}

mm_status mm_trainer_evaluate(mm_trainer *trainer, const mm_trajectory *trajectory, const mm_eval_def *def, mm_eval_result **result) {
  const mm_eval_def used = mm__eval_defaults(def, &trainer->def, trajectory->clip_count);
  const size_t stats = 3 * (size_t)mm__padded(trainer->agent.observations);
  mm_learn *learn = &trainer->learn;
  mm_agent agent;
  mm_status status;
  *result = NULL;
  MM_TRY(mm__eval_agent(learn, trainer->model, &trainer->def, used.environments, &agent));
  status = mm__learn_run(learn, "mmk_copy_rows", mm__blocks(agent.size, 4096), "bbiiii", trainer->agent.params, agent.params, 0, 0,
                         agent.size / 16, 16);
  if (status == MM_OK)
    status = mm__learn_run(learn, "mmk_copy_rows", 1, "bbiiii", trainer->agent.stats, agent.stats, 0, 0, (int)(stats / 16), 16);
  if (status == MM_OK) status = mm__evaluate(learn, &agent, trainer->model, trajectory, &trainer->def, &used, result);
  mm__agent_destroy(&agent);
  return status;
}

mm_status mm_checkpoint_evaluate(mm_context *ctx, const mm_model *model, const mm_trajectory *trajectory, const char *path,
                                 const mm_eval_def *def, mm_eval_result **result) {
  mm_store *store = NULL;
  mm_train_def trained;
  mm_eval_def used;
  mm_learn learn;
  mm_agent agent;
  mm_status status;
  *result = NULL;
  memset(&learn, 0, sizeof learn);
  memset(&agent, 0, sizeof agent);
  MM_TRY(mm__checkpoint_open(ctx, path, model, &store));
  status = mm__checkpoint_read_def(ctx, store, &trained);
  if (status == MM_OK) status = mm__learn_open(ctx, &learn);
  if (status == MM_OK) {
    used = mm__eval_defaults(def, &trained, trajectory->clip_count);
    status = mm__eval_agent(&learn, model, &trained, used.environments, &agent);
  }
  if (status == MM_OK)
    status = used.untrained ? mm__agent_init(&agent, (uint64_t)trained.seed, trained.init_std) : mm__checkpoint_agent(store, &agent);
  if (status == MM_OK) status = mm__evaluate(&learn, &agent, model, trajectory, &trained, &used, result);
  mm__agent_destroy(&agent);
  mm__learn_close(&learn);
  mm_store_close(store);
  return status;
}

void mm_eval_result_destroy(mm_eval_result *result) {
  if (!result) return;
  mm__free(result->ctx, result->clips);
  mm__free(result->ctx, result);
}

/* X(member, unit): what is stored of each clip */
#define MM_EVAL_ITEMS(X)                                                                                     \
  X(length, "frames") X(survived, "steps") X(success, "") X(coverage, "") X(joint_angle, "deg")              \
  X(joint_pos, "rad") X(joint_vel, "rad/s") X(site_rel, "m") X(site_abs, "m") X(rpos, "m") X(root_xyz, "m")  \
  X(root_yaw, "rad") X(reward, "")

static mm_status mm__eval_write(mm_store *store, const mm_eval_result *r, double *column) {
  mm_store_array array;
  double thresholds[3];
  memset(&array, 0, sizeof array);
  array.type = MM_DTYPE_F64;
  array.rank = 1;
  array.shape[0] = r->clip_count;
#define MM_EVAL_WRITE(member, text)                                                             \
  for (int i = 0; i < r->clip_count; i++) column[i] = (double)r->clips[i].member;               \
  array.name = #member;                                                                         \
  array.units = text;                                                                           \
  MM_TRY(mm_store_write(store, &array, column));
  MM_EVAL_ITEMS(MM_EVAL_WRITE)
#undef MM_EVAL_WRITE
  thresholds[0] = r->def.mean_site_deviation_threshold;
  thresholds[1] = r->def.root_deviation_threshold;
  thresholds[2] = r->def.root_orientation_threshold;
  return mm_store_set_numbers(store, "/", "thresholds", MM_DTYPE_F64, 3, thresholds);
}

mm_status mm_eval_result_save(const mm_eval_result *result, const mm_trajectory *trajectory, const char *path) {
  mm_store_def def;
  mm_store *store = NULL;
  double *column = MM_NEW(result->ctx, double, result->clip_count);
  mm_status status;
  if (!column) return MM_E_MEMORY;
  memset(&def, 0, sizeof def);
  def.schema = "musclemimic-evaluation";
  def.version = 1;
  status = mm_store_create(result->ctx, path, &def, &store);
  if (status == MM_OK)
    status = mm_store_write_texts(store, "clip_names", result->clip_count, (const char *const *)trajectory->clip_names);
  if (status == MM_OK) status = mm__eval_write(store, result, column);
  if (status == MM_OK) status = mm_store_commit(store);
  mm_store_close(store);
  mm__free(result->ctx, column);
  return status;
}
