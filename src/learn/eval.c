/* >>eval: every clip once from its first frame, once for each seed */

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

/* with roll-outs fewer clips at a time, because the frames of a chunk wait in memory */
static mm_eval_def mm__eval_defaults(const mm_eval_def *def, const mm_train_def *trained, int clips) {
  const int is_bimanual = trained->terminal_state_type == 4 || trained->terminal_state_type == 1;
  mm_eval_def d;
  memset(&d, 0, sizeof d);
  if (def) d = *def;
  if (d.environments <= 0) d.environments = d.rollouts ? 16 : 256;
  if (d.environments > clips) d.environments = clips;
  if (d.seeds <= 0) d.seeds = 1;
  if (d.mean_site_deviation_threshold <= 0) d.mean_site_deviation_threshold = is_bimanual ? 0.25 : 0.3;
  if (d.root_deviation_threshold <= 0) d.root_deviation_threshold = 0.5;
  return d;
}

static mm_status mm__eval_build(mm_evaluator *e, const mm_model *model, const mm_trajectory *trajectory, const mm_train_def *eval) {
  const int n = e->environments, widest = mm__most(e->agent->observations, model->nu);
  const size_t rows = (size_t)n * MM_EVAL_CHUNK;
  MM_TRY(mm__task_create(e->learn, model, trajectory, eval, n, (MM_EVAL_CHUNK + 1) * n, 0, &e->task));
  if (e->task.plan.observations != e->agent->observations || model->nu != e->agent->actions)
    return mm__fail(e->ctx, MM_E_DATA, "the policy takes %d observations and gives %d actions, the model %d and %d",
                    e->agent->observations, e->agent->actions, e->task.plan.observations, model->nu);
  e->task.ints[MM_TI_HOLD] = e->def->rollouts != NULL;
  MM_TRY(mm__learn_reals(e->learn, rows * (size_t)model->nu, &e->action));
  MM_TRY(mm__learn_reals(e->learn, (rows + (size_t)n) * (size_t)e->task.plan.observations, &e->obs));
  MM_TRY(mm__learn_reals(e->learn, (size_t)n * (size_t)e->task.plan.observations, &e->last));
  MM_TRY(mm__learn_reals(e->learn, rows * MM_SIGNAL_COUNT, &e->signal));
  MM_TRY(mm__learn_reals(e->learn, MM_PLANES * (rows + (size_t)n), &e->batch));
  e->signals = MM_NEW(e->ctx, double, rows * MM_SIGNAL_COUNT);
  e->sums = (double(*)[MM_SIGNAL_COUNT])mm__alloc(e->ctx, (size_t)trajectory->clip_count, sizeof *e->sums);
  e->numbers = MM_NEW(e->ctx, double, (size_t)n *(size_t)widest);
  for (int i = 0; i < 2; i++) e->singles[i] = MM_NEW(e->ctx, float, (size_t)n *(size_t)widest);
  if (!e->signals || !e->sums || !e->numbers || !e->singles[0] || !e->singles[1]) return MM_E_MEMORY;
  return mm__record_open(e, model, trajectory);
}

static void mm__eval_free(mm_evaluator *e) {
  mm__record_close(&e->record);
  mm__task_destroy(&e->task);
  mm__learn_release(e->learn, e->action);
  mm__learn_release(e->learn, e->obs);
  mm__learn_release(e->learn, e->last);
  mm__learn_release(e->learn, e->signal);
  mm__learn_release(e->learn, e->batch);
  mm__free(e->ctx, e->signals);
  mm__free(e->ctx, e->sums);
  mm__free(e->ctx, e->numbers);
  for (int i = 0; i < 2; i++) mm__free(e->ctx, e->singles[i]);
}

static mm_task_io mm__eval_io(const mm_evaluator *e) {
  mm_task_io io;
  memset(&io, 0, sizeof io);
  io.action = e->action;
  io.obs = e->obs;
  io.last = e->last;
  io.signal = e->signal;
  io.batch = e->batch;
  return io;
}

/* actions of the policy for row t, its statistics left as they are */
static mm_status mm__eval_act(mm_evaluator *e, int t, int counter) {
  mm_agent *agent = e->agent;
  const int n = e->environments;
  MM_TRY(mm__agent_normalize(agent, e->obs, NULL, t * n, 0, n, agent->stats));
  MM_TRY(mm__mlp_forward(agent, &agent->actor, 0, n));
  MM_TRY(mm__learn_run(e->learn, "mmk_bias", n, "bbiii", agent->params, agent->actor.out, agent->actor.output.bias_at, n, agent->actions));
  return mm__learn_run(e->learn, "mmk_sample", n, "bbbbiiiiiiii", agent->actor.out, agent->params, e->action, e->batch, agent->log_std_at,
                       t * n, n, agent->actions, counter, (int)(uint32_t)e->seed, (int)(uint32_t)(e->seed >> 32), e->def->stochastic);
}

/* actions of somebody else for row t */
static mm_status mm__eval_ask(mm_evaluator *e, int t) {
  const int n = e->environments;
  const size_t obs = (size_t)n * (size_t)e->agent->observations, act = (size_t)n * (size_t)e->agent->actions;
  MM_TRY(mm__learn_read(e->learn, e->obs, (size_t)t * obs, e->numbers, obs));
  for (size_t i = 0; i < obs; i++) e->singles[0][i] = (float)e->numbers[i];
  if (e->def->policy(e->singles[0], n, e->singles[1], e->def->policy_user))
    return mm__fail(e->ctx, MM_E_INTERRUPTED, "evaluation stopped by the policy");
  for (size_t i = 0; i < act; i++) {
    e->numbers[i] = (double)e->singles[1][i];
    if (!(e->numbers[i] - e->numbers[i] == 0)) return mm__fail(e->ctx, MM_E_DATA, "the policy's action %d is not finite", (int)(i % (size_t)e->agent->actions));
  }
  return mm__learn_write(e->learn, e->action, (size_t)t * act, e->numbers, act);
}

static mm_status mm__eval_step(mm_evaluator *e, int t, int counter) {
  const mm_task_io io = mm__eval_io(e);
  MM_TRY(e->def->policy ? mm__eval_ask(e, t) : mm__eval_act(e, t, counter));
  MM_TRY(mm__task_step(&e->task, &io, t, counter));
  return mm__record_frame(e, t);
}

/* adds up what clips did until they were lost or over, and how many of these steps that took; true while one is running */
static int mm__eval_collect(mm_evaluator *e, int first, int count, int *steps, mm_eval_clip *clips) {
  int running = 0;
  for (int i = 0; i < count; i++) {
    mm_eval_clip *clip = &clips[first + i];
    steps[i] = 0;
    for (int t = 0; t < MM_EVAL_CHUNK && clip->coverage == 0; t++, steps[i]++) {
      const double *s = e->signals + ((size_t)t * (size_t)e->environments + (size_t)i) * MM_SIGNAL_COUNT;
      for (int k = 0; k < MM_SIGNAL_COUNT; k++) e->sums[first + i][k] += s[k];
      clip->survived++;
      if (s[MM_SIGNAL_DONE] != 0) {
        clip->success = s[MM_SIGNAL_EARLY] == 0;
        clip->coverage = clip->survived / (clip->length - 1);
      }
    }
    running |= clip->coverage == 0;
  }
  return running;
}

/* clips first..first+count-1 side by side, a chunk of steps at a time; begun and share: of the whole evaluation */
static mm_status mm__eval_batch(mm_evaluator *e, int first, int count, double begun, double share, int *steps, mm_eval_clip *clips) {
  const int n = e->environments;
  const size_t rows = (size_t)n * MM_EVAL_CHUNK;
  const mm_task_io io = mm__eval_io(e);
  int running = 1;
  MM_TRY(mm__task_follow(&e->task, first));
  MM_TRY(mm__task_begin(&e->task, &io, 0, 0));
  MM_TRY(mm__record_begin(e, first, count));
  for (int done = 0; running; done += MM_EVAL_CHUNK) {
    for (int t = 0; t < MM_EVAL_CHUNK; t++) MM_TRY(mm__eval_step(e, t, 1 + done + t));
    MM_TRY(mm__learn_run(e->learn, "mmk_copy_rows", n, "bbiiii", e->obs, e->obs, (int)rows, 0, n, e->agent->observations));
    MM_TRY(mm__learn_read(e->learn, e->signal, 0, e->signals, rows * MM_SIGNAL_COUNT));
    if (e->def->progress && e->def->progress(begun + share * fmin(1, (double)(done + MM_EVAL_CHUNK) / e->longest), e->def->user))
      return mm__fail(e->ctx, MM_E_INTERRUPTED, "evaluation stopped on request");
    running = mm__eval_collect(e, first, count, steps, clips);
    MM_TRY(mm__record_write(e, first, count, steps));
  }
  return MM_OK;
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

/* of all clips: errors are means over all steps, coverage is steps survived over steps there are */
static mm_eval_clip mm__eval_overall(const mm_evaluator *e, mm_eval_clip *clips, int count) {
  double sums[MM_SIGNAL_COUNT];
  mm_eval_clip overall;
  memset(sums, 0, sizeof sums);
  memset(&overall, 0, sizeof overall);
  overall.clip = -1;
  for (int i = 0; i < count; i++) {
    mm__eval_means(e->sums[i], clips[i].survived, &clips[i]);
    for (int k = 0; k < MM_SIGNAL_COUNT; k++) sums[k] += e->sums[i][k];
    overall.length += clips[i].length;
    overall.survived += clips[i].survived;
    overall.success += clips[i].success / count;
  }
  mm__eval_means(sums, overall.survived, &overall);
  overall.coverage = overall.survived / (overall.length - count);
  return overall;
}

/* all clips with one seed */
static mm_status mm__eval_seed(mm_evaluator *e, const mm_trajectory *trajectory, int seed, int *steps, mm_eval_result *result) {
  const int n = e->environments, all = result->clip_count;
  mm_eval_clip *clips = result->runs + (size_t)seed * (size_t)all;
  e->seed = e->def->seed + (uint64_t)seed;
  memset(e->sums, 0, (size_t)all * sizeof *e->sums);
  for (int i = 0; i < all; i++) {
    clips[i].clip = i;
    clips[i].length = trajectory->split_points[i + 1] - trajectory->split_points[i];
    if (clips[i].length > e->longest) e->longest = clips[i].length;
  }
  for (int first = 0; first < all; first += n) {
    const int count = first + n < all ? n : all - first;
    MM_TRY(mm__eval_batch(e, first, count, (seed + (double)first / all) / result->seeds, (double)count / all / result->seeds, steps, clips));
  }
  result->overall_runs[seed] = mm__eval_overall(e, clips, all);
  e->record.store = NULL; /* roll-outs are those of the first seed */
  return MM_OK;
}

/* X(member, unit): what is known of each clip, and how much of it differs from seed to seed */
#define MM_EVAL_ITEMS(X)                                                                                     \
  X(survived, "steps") X(success, "") X(coverage, "") X(joint_angle, "deg") X(joint_pos, "rad")              \
  X(joint_vel, "rad/s") X(site_rel, "m") X(site_abs, "m") X(rpos, "m") X(root_xyz, "m") X(root_yaw, "rad")   \
  X(reward, "")

/* mean and standard deviation of count runs, which lie stride apart; of one run the deviation is 0 */
static void mm__eval_spread(const mm_eval_clip *runs, int count, size_t stride, mm_eval_clip *mean, mm_eval_clip *sd) {
  *mean = *sd = runs[0];
#define MM_EVAL_SPREAD(member, unit)                                                                             \
  mean->member = sd->member = 0;                                                                                 \
  for (int i = 0; i < count; i++) mean->member += runs[(size_t)i * stride].member / count;                       \
  for (int i = 0; i < count && count > 1; i++) {                                                                 \
    const double off = runs[(size_t)i * stride].member - mean->member;                                           \
    sd->member += off * off / (count - 1);                                                                       \
  }                                                                                                              \
  sd->member = sqrt(sd->member);
  MM_EVAL_ITEMS(MM_EVAL_SPREAD)
#undef MM_EVAL_SPREAD
}

static mm_status mm__eval_run(mm_evaluator *e, const mm_trajectory *trajectory, mm_eval_result *result) {
  int *steps = MM_NEW(e->ctx, int, e->environments);
  mm_status status = steps ? MM_OK : MM_E_MEMORY;
  for (int seed = 0; seed < result->seeds && status == MM_OK; seed++) status = mm__eval_seed(e, trajectory, seed, steps, result);
  mm__free(e->ctx, steps);
  if (status != MM_OK) return status;
  for (int i = 0; i < result->clip_count; i++)
    mm__eval_spread(result->runs + i, result->seeds, (size_t)result->clip_count, &result->clips[i], &result->clips_sd[i]);
  mm__eval_spread(result->overall_runs, result->seeds, 1, &result->overall, &result->overall_sd);
  result->success_rate = result->overall.success;
  return MM_OK;
}

static mm_status mm__eval_result_make(mm_context *ctx, int clips, int seeds, mm_eval_result **result) {
  mm_eval_result *made = MM_NEW(ctx, mm_eval_result, 1);
  if (!made) return MM_E_MEMORY;
  made->ctx = ctx;
  made->clip_count = clips;
  made->seeds = seeds;
  made->clips = MM_NEW(ctx, mm_eval_clip, clips);
  made->clips_sd = MM_NEW(ctx, mm_eval_clip, clips);
  made->runs = MM_NEW(ctx, mm_eval_clip, (size_t)clips *(size_t)seeds);
  made->overall_runs = MM_NEW(ctx, mm_eval_clip, seeds);
  *result = made;
  return made->clips && made->clips_sd && made->runs && made->overall_runs ? MM_OK : MM_E_MEMORY;
}

/* with the weights and statistics that the agent has */
static mm_status mm__evaluate(mm_learn *learn, mm_agent *agent, const mm_model *model, const mm_trajectory *trajectory,
                              const mm_train_def *trained, const mm_eval_def *def, mm_eval_result **result) {
  const mm_train_def eval = mm__eval_train_def(trained, def);
  mm_eval_result *made = NULL;
  mm_evaluator e;
  mm_status status = mm__eval_result_make(learn->ctx, trajectory->clip_count, def->seeds, &made);
  memset(&e, 0, sizeof e);
  e.ctx = learn->ctx;
  e.learn = learn;
  e.agent = agent;
  e.def = def;
  e.environments = def->environments;
  if (status == MM_OK) {
    made->def = *def;
    made->absolute = eval.terminal_state_type != 3;
    status = mm__eval_build(&e, model, trajectory, &eval);
  }
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
  mm__free(result->ctx, result->clips_sd);
  mm__free(result->ctx, result->runs);
  mm__free(result->ctx, result->overall_runs);
  mm__free(result->ctx, result);
}

/* a number of every clip: of the means, of the deviations, or of all seeds */
static mm_status mm__eval_column(mm_store *store, const mm_eval_result *r, const char *name, const char *units, int seeds, const double *column) {
  mm_store_array array;
  memset(&array, 0, sizeof array);
  array.name = name;
  array.type = MM_DTYPE_F64;
  array.rank = seeds ? 2 : 1;
  array.shape[0] = seeds ? seeds : r->clip_count;
  array.shape[1] = r->clip_count;
  array.units = units;
  return mm_store_write(store, &array, column);
}

static mm_status mm__eval_write(mm_store *store, const mm_eval_result *r, double *column) {
  const int count = r->clip_count, all = count * r->seeds;
  double thresholds[3];
  for (int i = 0; i < count; i++) column[i] = r->clips[i].length;
  MM_TRY(mm__eval_column(store, r, "length", "frames", 0, column));
#define MM_EVAL_WRITE(member, units)                                                          \
  for (int i = 0; i < count; i++) column[i] = r->clips[i].member;                             \
  MM_TRY(mm__eval_column(store, r, #member, units, 0, column));                               \
  for (int i = 0; i < count; i++) column[i] = r->clips_sd[i].member;                          \
  if (r->seeds > 1) MM_TRY(mm__eval_column(store, r, "sd/" #member, units, 0, column));       \
  for (int i = 0; i < all; i++) column[i] = r->runs[i].member;                                \
  if (r->seeds > 1) MM_TRY(mm__eval_column(store, r, "seeds/" #member, units, r->seeds, column));
  MM_EVAL_ITEMS(MM_EVAL_WRITE)
#undef MM_EVAL_WRITE
#define MM_EVAL_OVERALL(member, units)                                                                            \
  MM_TRY(mm_store_set_numbers(store, "/", "overall_" #member, MM_DTYPE_F64, 1, &r->overall.member));              \
  if (r->seeds > 1) MM_TRY(mm_store_set_numbers(store, "/", "overall_sd_" #member, MM_DTYPE_F64, 1, &r->overall_sd.member));
  MM_EVAL_ITEMS(MM_EVAL_OVERALL)
#undef MM_EVAL_OVERALL
  thresholds[0] = r->def.mean_site_deviation_threshold;
  thresholds[1] = r->def.root_deviation_threshold;
  thresholds[2] = r->def.root_orientation_threshold;
  return mm_store_set_numbers(store, "/", "thresholds", MM_DTYPE_F64, 3, thresholds);
}

mm_status mm_eval_result_write(const mm_eval_result *result, const mm_trajectory *trajectory, mm_store *store) {
  double *column = MM_NEW(result->ctx, double, (size_t)result->clip_count *(size_t)result->seeds);
  mm_status status = column ? MM_OK : MM_E_MEMORY;
  if (status == MM_OK)
    status = mm_store_write_texts(store, "clip_names", result->clip_count, (const char *const *)trajectory->clip_names);
  if (status == MM_OK) status = mm__eval_write(store, result, column);
  mm__free(result->ctx, column);
  return status;
}

mm_status mm_eval_store(mm_context *ctx, const char *path, const mm_model *model, mm_store **store) {
  mm_store_def def;
  memset(&def, 0, sizeof def);
  def.schema = "musclemimic-evaluation";
  def.version = 1;
  def.model_hash = model ? model->hash : 0;
  return mm_store_create(ctx, path, &def, store);
}

mm_status mm_eval_result_save(const mm_eval_result *result, const mm_trajectory *trajectory, const char *path) {
  mm_store *store = NULL;
  mm_status status = mm_eval_store(result->ctx, path, NULL, &store);
  if (status == MM_OK) status = mm_eval_result_write(result, trajectory, store);
  if (status == MM_OK) status = mm_store_commit(store);
  mm_store_close(store);
  return status;
}
