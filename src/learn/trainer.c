/* >>trainer-run: rollouts, updates and what they report */

MM_PRIVATE mm_ppo_def mm__trainer_ppo_def(const mm_train_def *def) {
  mm_ppo_def ppo;
  memset(&ppo, 0, sizeof ppo);
  ppo.environments = def->num_envs;
  ppo.steps = def->num_steps;
  ppo.epochs = def->update_epochs;
  ppo.minibatches = def->num_minibatches;
  ppo.gamma = def->gamma;
  ppo.lambda = def->gae_lambda;
  ppo.clip = def->clip_eps;
  ppo.clip_value = def->clip_eps_vf;
  ppo.value_coef = def->vf_coef;
  ppo.entropy_coef = def->ent_coef;
  ppo.max_grad_norm = def->max_grad_norm;
  ppo.beta1 = 0.9;
  ppo.beta2 = 0.999;
  ppo.muon = def->optimizer_type == 1;
  ppo.adam_eps = ppo.muon ? 1e-8 : 1e-5;
  ppo.weight_decay = ppo.muon ? 0 : def->weight_decay;
  ppo.adam_ahead = ppo.muon_ahead = ppo.muon && def->muon_nesterov;
  ppo.ns_steps = def->muon_ns_steps;
  ppo.muon_beta = def->muon_beta;
  ppo.muon_decay = def->muon_weight_decay;
  ppo.lr = def->lr;
  ppo.adaptive = def->anneal_lr && def->lr_schedule_type == 2;
  ppo.desired_kl = def->desired_kl;
  ppo.min_lr = def->min_lr;
  ppo.max_lr = def->max_lr;
  ppo.learn_std = def->learnable_std;
  ppo.bootstrap = def->bootstrap_truncation;
  ppo.normalize_reward = def->normalize_env;
  ppo.seed = (uint64_t)def->seed;
  return ppo;
}

MM_PRIVATE void mm__agent_def_of(const mm_train_def *def, int observations, int actions, mm_agent_def *agent) {
  memset(agent, 0, sizeof *agent);
  agent->observations = observations;
  agent->actions = actions;
  agent->actor_hidden = def->actor_hidden_layers.width;
  agent->actor_layers = def->actor_hidden_layers.count;
  agent->critic_hidden = def->critic_hidden_layers.width;
  agent->critic_layers = def->critic_hidden_layers.count;
  agent->layernorm_eps = def->use_layernorm ? def->layernorm_eps : 0;
  agent->residual = def->use_residual;
  agent->share_is_fixed = def->residual_type == 1;
  agent->share = agent->share_is_fixed ? def->residual_scale : def->residual_gate_init;
  if (!def->use_moe) return;
  if (def->apply_moe_to != 2) agent->actor_mixtures = def->moe_at_layers;
  if (def->apply_moe_to != 1) agent->critic_mixtures = def->moe_at_layers;
  agent->experts = def->num_experts;
  agent->expert_ratio = def->expert_hidden_ratio;
  agent->temperature = def->moe_temperature;
  agent->balance = def->load_balance_loss_weight;
  agent->gate_std = def->gate_init_std;
}

static mm_status mm__trainer_build(mm_trainer *trainer, const mm_trajectory *trajectory) {
  const mm_train_def *def = &trainer->def;
  const mm_ppo_def ppo = mm__trainer_ppo_def(def);
  const int64_t batch = (int64_t)def->num_envs * def->num_steps, updates = def->total_timesteps / batch;
  const size_t blocks = (size_t)mm__blocks((int)(batch < INT32_MAX ? batch : INT32_MAX), 64);
  mm_agent_def agent;
  if (updates < 1 || updates * def->num_steps > INT32_MAX || updates * def->update_epochs > INT32_MAX)
    return mm__fail(trainer->ctx, MM_E_ARGUMENT, "total_timesteps %lld is %lld updates of num_envs %d times num_steps %d",
                    (long long)def->total_timesteps, (long long)updates, def->num_envs, def->num_steps);
  if (trainer->model->nu < 1) return mm__fail(trainer->ctx, MM_E_MODEL, "the model has no actuators, so there is nothing to learn");
  trainer->updates = (int)updates;
  MM_TRY(mm__learn_open(trainer->ctx, &trainer->learn));
  MM_TRY(mm__task_create(&trainer->learn, trainer->model, trajectory, def, def->num_envs, (int)batch + def->num_envs, -1, &trainer->task));
  mm__agent_def_of(def, trainer->task.plan.observations, trainer->model->nu, &agent);
  if (batch % ppo.minibatches == 0) mm__ppo_rows(&ppo, &agent.actor_rows, &agent.critic_rows);
  else agent.actor_rows = agent.critic_rows = 1; /* refused below */
  MM_TRY(mm__agent_create(&trainer->learn, &agent, &trainer->agent));
  MM_TRY(mm__ppo_create(&trainer->agent, &ppo, &trainer->ppo));
  MM_TRY(mm__learn_reals(&trainer->learn, (size_t)batch * MM_SIGNAL_COUNT, &trainer->signal));
  MM_TRY(mm__learn_reals(&trainer->learn, blocks * MM_SIGNAL_COUNT, &trainer->signal_partial));
  return mm__learn_reals(&trainer->learn, MM_SIGNAL_COUNT, &trainer->signal_sums);
}

MM_PRIVATE mm_status mm__trainer_open(mm_context *ctx, const mm_model *model, const mm_trajectory *trajectory, const mm_train_def *def,
                                      mm_trainer **trainer) {
  mm_trainer *made = MM_NEW(ctx, mm_trainer, 1);
  mm_status status;
  *trainer = NULL;
  if (!made) return MM_E_MEMORY;
  made->ctx = made->arena.ctx = ctx;
  made->model = model;
  made->def = *def;
  made->trajectory_hash = mm__trajectory_hash(trajectory);
  status = mm__trainer_build(made, trajectory);
  if (status != MM_OK) {
    mm_trainer_destroy(made);
    return status;
  }
  *trainer = made;
  return MM_OK;
}

MM_PRIVATE mm_task_io mm__trainer_io(mm_trainer *trainer) {
  mm_task_io io;
  io.action = trainer->ppo.b[MM_PPO_ACTION];
  io.obs = trainer->ppo.b[MM_PPO_OBS];
  io.last = trainer->ppo.b[MM_PPO_LAST];
  io.signal = trainer->signal;
  io.batch = trainer->ppo.b[MM_PPO_BATCH];
  return io;
}

mm_status mm_trainer_create(mm_context *ctx, const mm_model *model, const mm_trajectory *trajectory, const mm_train_def *def,
                            mm_trainer **trainer) {
  mm_task_io io;
  mm_status status;
  MM_TRY(mm__trainer_open(ctx, model, trajectory, def, trainer));
  io = mm__trainer_io(*trainer);
  status = mm__agent_init(&(*trainer)->agent, (uint64_t)def->seed, def->init_std);
  if (status == MM_OK) status = mm__task_begin(&(*trainer)->task, &io, 0, 0);
  (*trainer)->counter = 1;
  if (status != MM_OK) {
    mm_trainer_destroy(*trainer);
    *trainer = NULL;
  }
  return status;
}

void mm_trainer_destroy(mm_trainer *trainer) {
  if (!trainer) return;
  if (trainer->learn.device) {
    mm__device_settle(trainer->learn.device);
    mm__learn_release(&trainer->learn, trainer->signal);
    mm__learn_release(&trainer->learn, trainer->signal_partial);
    mm__learn_release(&trainer->learn, trainer->signal_sums);
    mm__ppo_destroy(&trainer->ppo);
    mm__agent_destroy(&trainer->agent);
    mm__task_destroy(&trainer->task);
    mm__learn_close(&trainer->learn);
  }
  mm__arena_free(&trainer->arena);
  mm__free(trainer->ctx, trainer);
}

int mm_trainer_updates(const mm_trainer *trainer, int *made) {
  if (made) *made = trainer->update;
  return trainer->updates;
}

const mm_train_def *mm_trainer_def(const mm_trainer *trainer) { return &trainer->def; }

mm_status mm_trainer_note(mm_trainer *trainer, const char *name, const char *text) {
  int at = 0;
  while (at < trainer->notes && strcmp(trainer->note_names[at], name)) at++;
  if (at == MM_NOTES_MAX) return mm__fail(trainer->ctx, MM_E_ARGUMENT, "note '%s': there are %d already", name, MM_NOTES_MAX);
  if (at == trainer->notes) trainer->note_names[at] = mm__arena_strdup(&trainer->arena, name);
  trainer->note_texts[at] = mm__arena_strdup(&trainer->arena, text);
  if (!trainer->note_names[at] || !trainer->note_texts[at]) return MM_E_MEMORY;
  if (at == trainer->notes) trainer->notes++;
  return MM_OK;
}

void mm_trainer_get_info(const mm_trainer *trainer, mm_trainer_info *info) {
  mm_sim_info sim;
  memset(info, 0, sizeof *info);
  info->observations = trainer->agent.observations;
  info->actions = trainer->agent.actions;
  info->clips = trainer->task.clips;
  info->frames = trainer->task.frames;
  info->actor_parameters = mm__mlp_parameters(&trainer->agent.actor) + trainer->agent.actions;
  info->critic_parameters = mm__mlp_parameters(&trainer->agent.critic);
  info->device_bytes = trainer->learn.bytes;
  if (mm_sim_get_info(trainer->task.sim, &sim) == MM_OK)
    info->simulation_bytes = sim.kept_bytes * (size_t)sim.environments + sim.scratch_bytes + sim.model_bytes;
}

/* stepped once an update, not once a minibatch; -1: the device adapts it */
static double mm__trainer_lr(const mm_trainer *trainer) {
  const mm_train_def *def = &trainer->def;
  const double update = trainer->update, updates = trainer->updates;
  const double warm = def->warmup_steps > 0 ? def->warmup_steps : updates / 10;
  double along;
  if (!def->anneal_lr) return def->lr;
  if (def->lr_schedule_type == 2) return -1;
  if (def->lr_schedule_type == 0) return def->lr * (1 - update / updates);
  if (update < warm) return def->lr * (update + 1) / (warm + 1);
  along = updates > warm ? (update - warm) / (updates - warm) : 1;
  return def->lr * (def->min_lr_ratio + (1 - def->min_lr_ratio) * 0.5 * (1 + cos(MM_PI * along)));
}

/* Muscles take no excitation below 0, so that drawn actions excite more than their mean does: a policy whose mean is to
   act in the end has to learn with little noise at last. */
static mm_status mm__trainer_limit_std(mm_trainer *trainer) {
  const mm_train_def *def = &trainer->def;
  const double along = (double)trainer->update / trainer->updates;
  if (!(def->final_std > 0)) return MM_OK;
  return mm__learn_run(&trainer->learn, "mmk_limit", 1, "biir", trainer->agent.params, trainer->agent.log_std_at, trainer->agent.actions,
                       (1 - along) * log(def->init_std) + along * log(def->final_std));
}

static double mm__train_clock(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* from the planes of the batch, before the update */
static mm_status mm__trainer_measure(mm_trainer *trainer) {
  mm_ppo *ppo = &trainer->ppo;
  const int planes[4][2] = {{MM_PLANE_TARGET, MM_PLANE_VALUE}, {MM_PLANE_TARGET, -1}, {MM_PLANE_ADVANTAGE, -1}, {MM_PLANE_VALUE, -1}};
  for (int i = 0; i < 4; i++)
    MM_TRY(mm__learn_run(&trainer->learn, "mmk_plane_moments", 1, "bbiiii", ppo->b[MM_PPO_BATCH], ppo->b[MM_PPO_PLANES], ppo->stride,
                         ppo->batch, planes[i][0], planes[i][1]));
  return MM_OK;
}

static mm_status mm__trainer_sum_signals(mm_trainer *trainer) {
  mm_ppo *ppo = &trainer->ppo;
  const int blocks = mm__blocks(ppo->batch, 64);
  MM_TRY(mm__learn_run(&trainer->learn, "mmk_column_sums", blocks, "bbiii", trainer->signal, trainer->signal_partial, ppo->batch,
                       (int)MM_SIGNAL_COUNT, 64));
  return mm__learn_run(&trainer->learn, "mmk_reduce", 1, "bbiiiiir", trainer->signal_partial, trainer->signal_sums, 0, 0, blocks,
                       (int)MM_SIGNAL_COUNT, (int)MM_SIGNAL_COUNT, 1.0);
}

static void mm__report_losses(mm_train_report *r, const double *m, const double *ctl) {
  const double n = m[MM_LOSS_COUNT] > 0 ? m[MM_LOSS_COUNT] : 1;
  r->policy_loss = m[MM_LOSS_POLICY] / n;
  r->value_loss = m[MM_LOSS_VALUE] / n;
  r->kl = m[MM_LOSS_KL] / n;
  r->ratio_mean = m[MM_LOSS_RATIO] / n;
  r->ratio_std = sqrt(fmax(m[MM_LOSS_RATIO2] / n - r->ratio_mean * r->ratio_mean, 0));
  r->ratio_min = m[MM_LOSS_RATIO_MIN];
  r->ratio_max = m[MM_LOSS_RATIO_MAX];
  r->clipped_ratio_frac = m[MM_LOSS_CLIPPED] / n;
  r->entropy = m[MM_LOSS_ENTROPY] / n;
  r->policy_std = m[MM_LOSS_STD] / n;
  r->grad_norm = ctl[MM_CTL_COUNT] > 0 ? ctl[MM_CTL_NORMS] / ctl[MM_CTL_COUNT] : 0;
  r->skipped_updates = ctl[MM_CTL_SKIPPED];
  r->moe_balance = m[MM_LOSS_BALANCE] / n;
  r->learning_rate = ctl[MM_CTL_LR];
}

static void mm__report_planes(mm_train_report *r, const double *p) {
  const double *advantage = p + 2 * (MM_PLANE_ADVANTAGE + 1), *target = p + 2 * (MM_PLANE_TARGET + 1);
  r->advantage_mean = advantage[0];
  r->advantage_std = sqrt(advantage[1]);
  r->return_mean = target[0];
  r->return_std = sqrt(target[1]);
  r->value_mean = p[2 * (MM_PLANE_VALUE + 1)];
  r->explained_variance = target[1] > 1e-8 ? 1 - p[0] / target[1] : 0;
}

static void mm__report_signals(mm_train_report *r, const double *sums, double steps) {
  const double ends = sums[MM_SIGNAL_DONE] > 0 ? sums[MM_SIGNAL_DONE] : 1;
  r->episodes = sums[MM_SIGNAL_DONE];
  r->mean_episode_return = sums[MM_SIGNAL_RETURN] / ends;
  r->mean_episode_length = sums[MM_SIGNAL_LENGTH] / ends;
  r->early_termination_count = sums[MM_SIGNAL_EARLY];
  r->early_termination_rate = sums[MM_SIGNAL_EARLY] / ends;
  r->horizon_timeout_rate = sums[MM_SIGNAL_TIMEOUT] / ends;
  r->diverged = sums[MM_SIGNAL_DIVERGED];
  r->reward = sums[MM_SIGNAL_REWARD] / steps;
  r->reward_qpos = sums[MM_SIGNAL_R_QPOS] / steps;
  r->reward_qvel = sums[MM_SIGNAL_R_QVEL] / steps;
  r->reward_root_pos = sums[MM_SIGNAL_R_ROOT_POS] / steps;
  r->reward_root_vel = sums[MM_SIGNAL_R_ROOT_VEL] / steps;
  r->reward_rpos = sums[MM_SIGNAL_R_RPOS] / steps;
  r->reward_rquat = sums[MM_SIGNAL_R_RQUAT] / steps;
  r->reward_rvel_rot = sums[MM_SIGNAL_R_RVEL_ROT] / steps;
  r->reward_rvel_lin = sums[MM_SIGNAL_R_RVEL_LIN] / steps;
  r->penalty = sums[MM_SIGNAL_PENALTY] / steps;
  r->err_root_xyz = sums[MM_SIGNAL_E_ROOT] / steps;
  r->err_root_yaw = sums[MM_SIGNAL_E_YAW] / steps;
  r->err_joint_pos = sums[MM_SIGNAL_E_QPOS] / steps;
  r->err_joint_vel = sums[MM_SIGNAL_E_QVEL] / steps;
  r->err_joint_angle = sums[MM_SIGNAL_E_ANGLE] / steps;
  r->err_site_abs = sums[MM_SIGNAL_E_SITE] / steps;
  r->err_site_rel = sums[MM_SIGNAL_E_RELATIVE] / steps;
  r->err_rpos = sums[MM_SIGNAL_E_RPOS] / steps;
}

/* what adapts, as it is from the next rollout on */
static mm_status mm__report_task(mm_train_report *r, mm_task *task) {
  double reals[MM_TR_SIZE], adapt[MM_ADAPT_SIZE];
  MM_TRY(mm__learn_read(task->learn, task->real_buffer, 0, reals, MM_TR_SIZE));
  MM_TRY(mm__learn_read(task->learn, task->real_buffer, (size_t)task->ints[MM_TI_ADAPT_AT], adapt, MM_ADAPT_SIZE));
  r->site_threshold = reals[MM_TR_SITE_LIMIT];
  r->termination_ema = adapt[MM_ADAPT_RATE];
  r->qvel_w_sum = reals[MM_TR_QVEL_W];
  r->root_vel_w_sum = reals[MM_TR_ROOT_VEL_W];
  r->sampling_max = adapt[MM_ADAPT_MOST];
  return MM_OK;
}

static mm_status mm__trainer_report(mm_trainer *trainer, mm_train_report *report) {
  double losses[MM_LOSS_SIZE], ctl[MM_CTL_SIZE], planes[2 * (MM_PLANES + 1)], sums[MM_SIGNAL_COUNT];
  mm_ppo *ppo = &trainer->ppo;
  MM_TRY(mm__report_task(report, &trainer->task));
  MM_TRY(mm__learn_read(&trainer->learn, ppo->b[MM_PPO_METRICS], 0, losses, MM_LOSS_SIZE));
  MM_TRY(mm__learn_read(&trainer->learn, ppo->b[MM_PPO_CTL], 0, ctl, MM_CTL_SIZE));
  MM_TRY(mm__learn_read(&trainer->learn, ppo->b[MM_PPO_PLANES], 0, planes, 2 * (MM_PLANES + 1)));
  MM_TRY(mm__learn_read(&trainer->learn, trainer->signal_sums, 0, sums, MM_SIGNAL_COUNT));
  mm__report_losses(report, losses, ctl);
  mm__report_planes(report, planes);
  mm__report_signals(report, sums, (double)ppo->batch);
  report->update = trainer->update;
  report->updates = trainer->updates;
  report->timesteps = (int64_t)trainer->update * ppo->batch;
  return MM_OK;
}

static mm_status mm__trainer_rollout(mm_trainer *trainer) {
  const mm_task_io io = mm__trainer_io(trainer);
  for (int t = 0; t < trainer->def.num_steps; t++, trainer->counter++) {
    MM_TRY(mm__ppo_act(&trainer->ppo, t, trainer->counter));
    MM_TRY(mm__task_step(&trainer->task, &io, t, trainer->counter));
  }
  return mm__ppo_finish_rollout(&trainer->ppo);
}

mm_status mm_trainer_step(mm_trainer *trainer, mm_train_report *report) {
  mm_ppo *ppo = &trainer->ppo;
  const mm_backend *backend = trainer->learn.device->backend;
  const double lr = mm__trainer_lr(trainer), start = mm__train_clock();
  const int n = trainer->def.num_envs;
  double middle = start;
  if (trainer->update >= trainer->updates)
    return mm__fail(trainer->ctx, MM_E_ARGUMENT, "all %d updates have been made: raise total_timesteps", trainer->updates);
  MM_TRY(mm__trainer_rollout(trainer));
  if (report || mm__task_adapts(&trainer->task)) MM_TRY(mm__trainer_sum_signals(trainer));
  if (mm__task_adapts(&trainer->task))
    MM_TRY(mm__task_adapt(&trainer->task, ppo->b[MM_PPO_BATCH], trainer->signal, trainer->signal_sums, ppo->batch));
  if (report) {
    memset(report, 0, sizeof *report);
    MM_TRY(mm__trainer_measure(trainer));
    MM_TRY(backend->finish(trainer->learn.device));
    middle = mm__train_clock();
  }
  MM_TRY(mm__learn_run(&trainer->learn, "mmk_fill", 1, "biir", ppo->b[MM_PPO_METRICS], 0, (int)MM_LOSS_SIZE, 0.0));
  MM_TRY(mm__learn_run(&trainer->learn, "mmk_fill", 1, "biir", ppo->b[MM_PPO_CTL], (int)MM_CTL_NORMS, 2, 0.0));
  MM_TRY(mm__ppo_update(ppo, trainer->update, lr));
  MM_TRY(mm__learn_run(&trainer->learn, "mmk_copy_rows", n, "bbiiii", ppo->b[MM_PPO_OBS], ppo->b[MM_PPO_OBS],
                       n * trainer->def.num_steps, 0, n, trainer->agent.observations));
  trainer->update++;
  MM_TRY(mm__trainer_limit_std(trainer));
  if (!report) return MM_OK;
  MM_TRY(mm__trainer_report(trainer, report));
  if (lr >= 0) report->learning_rate = lr;
  report->rollout_seconds = middle - start;
  report->update_seconds = mm__train_clock() - middle;
  return MM_OK;
}

const char *mm_train_report_item(const mm_train_report *report, int index, double *value) {
  int i = 0;
#define MM_REPORT_ITEM(name, key)              \
  if (i++ == index) {                          \
    if (value && report) *value = report->name; \
    return key;                                \
  }
  MM_REPORT_ITEMS(MM_REPORT_ITEM)
#undef MM_REPORT_ITEM
  return NULL;
}
