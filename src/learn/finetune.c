/* >>finetune: a new run that begins with what another has learned */

static mm_status mm__from_open(mm_trainer *trainer, const char *path, mm_store **store) {
  mm_context *ctx = trainer->ctx;
  const mm_status status = mm__checkpoint_open(ctx, path, trainer->model, store);
  if (status != MM_E_DATA) return status;
  MM_TRY(mm__checkpoint_open(ctx, path, NULL, store));
  mm__log(ctx, MM_LOG_WARNING, "%s was trained on another model or another form of it: its observations and actions are taken for this one's", path);
  return MM_OK;
}

/* the optimiser's memory, where it is the same optimiser */
static mm_status mm__from_optimizer(mm_trainer *trainer, mm_store *store, const mm_from_def *def) {
  mm_train_def before;
  mm_ppo *ppo = &trainer->ppo;
  const double std = def->std;
  const int actions = trainer->agent.actions, at = trainer->agent.log_std_at;
  MM_TRY(mm__checkpoint_read_def(trainer->ctx, store, &before));
  if (before.optimizer_type == trainer->def.optimizer_type) MM_TRY(mm__checkpoint_optimizer(store, trainer));
  if (std > 0) {
    MM_TRY(mm__learn_run(&trainer->learn, "mmk_fill", 1, "biir", trainer->agent.params, at, actions, log(std)));
    MM_TRY(mm__learn_run(&trainer->learn, "mmk_fill", 1, "biir", ppo->b[MM_PPO_M], at, actions, 0.0));
    MM_TRY(mm__learn_run(&trainer->learn, "mmk_fill", 1, "biir", ppo->b[MM_PPO_V], at, actions, 0.0));
  }
  if (def->reset_schedule || before.optimizer_type != trainer->def.optimizer_type)
    MM_TRY(mm__learn_write(&trainer->learn, ppo->b[MM_PPO_CTL], MM_CTL_LR, &ppo->def.lr, 1));
  return MM_OK;
}

/* how often a number went into the running statistics, and with which outcome */
static mm_status mm__from_statistics(mm_trainer *trainer, mm_store *store, const mm_from_def *def) {
  int64_t counters[2], shape[1] = {-1};
  double seen[2], *returns = NULL;
  mm_status status;
  MM_TRY(mm_store_get_numbers(store, "/", "counters", MM_DTYPE_I64, 2, counters));
  MM_TRY(mm_store_get_numbers(store, "/", "seen", MM_DTYPE_F64, 2, seen));
  MM_TRY(mm_store_load(store, "returns", MM_DTYPE_F64, 1, shape, (void **)&returns));
  status = shape[0] >= 2 ? mm__learn_write(&trainer->learn, trainer->ppo.b[MM_PPO_RETURNS], 0, returns, 2)
                         : mm__fail(trainer->ctx, MM_E_PARSE, "checkpoint: no statistics of the returns");
  mm_store_free(store, returns);
  MM_TRY(status);
  trainer->agent.seen = seen[0];
  trainer->ppo.rewards_seen = seen[1];
  if (def->reset_schedule) return MM_OK;
  if (counters[0] < 0 || counters[0] >= trainer->updates)
    return mm__fail(trainer->ctx, MM_E_ARGUMENT, "the checkpoint's run is at update %lld and total_timesteps ends at %d: raise it, or begin the "
                    "schedule anew", (long long)counters[0], trainer->updates);
  trainer->update = (int)counters[0];
  return MM_OK;
}

mm_status mm_trainer_from(mm_trainer *trainer, const char *path, const mm_from_def *def) {
  mm_from_def all;
  mm_store *store = NULL;
  mm_status status;
  memset(&all, 0, sizeof all);
  if (!def) def = &all;
  if (trainer->update > 0) return mm__fail(trainer->ctx, MM_E_ARGUMENT, "mm_trainer_from: this run has begun already");
  MM_TRY(mm__from_open(trainer, path, &store));
  status = mm__checkpoint_agent(store, &trainer->agent);
  if (status == MM_OK) status = mm__from_optimizer(trainer, store, def);
  if (status == MM_OK) status = mm__from_statistics(trainer, store, def);
  mm_store_close(store);
  return status;
}
