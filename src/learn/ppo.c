/* >>ppo-update: rollout planes, gradients and optimiser steps, all on the device */

MM_PRIVATE void mm__ppo_rows(const mm_ppo_def *def, int *actor_rows, int *critic_rows) {
  const int minibatch = def->environments * def->steps / def->minibatches, both = (def->bootstrap ? 2 : 1) * def->environments;
  *actor_rows = minibatch > def->environments ? minibatch : def->environments;
  *critic_rows = minibatch > both ? minibatch : both;
}

/* how many numbers each buffer holds */
static size_t mm__ppo_size(const mm_ppo *ppo, int buffer) {
  const mm_agent *agent = ppo->agent;
  const size_t n = (size_t)ppo->def.environments, batch = (size_t)ppo->batch, rows = (size_t)ppo->minibatch;
  const size_t obs = (size_t)agent->observations, act = (size_t)agent->actions, size = (size_t)agent->size;
  const size_t widest = (size_t)mm__most(mm__mlp_widest(&agent->actor), mm__mlp_widest(&agent->critic));
  const size_t blocks = (size_t)mm__blocks(ppo->minibatch, MM_ROW_BLOCK);
  const size_t actor = mm__mlp_partial(&agent->actor, ppo->minibatch), critic = mm__mlp_partial(&agent->critic, ppo->minibatch);
  const size_t sums = actor > critic ? actor : critic, squares = mm__optimizer_partial(agent);
  switch (buffer) {
    case MM_PPO_OBS: return (batch + n) * obs;
    case MM_PPO_LAST: return n * obs;
    case MM_PPO_ACTION: return batch * act;
    case MM_PPO_BATCH: return MM_PLANES * (batch + n);
    case MM_PPO_RETURNS: return 16 + n;
    case MM_PPO_MOMENTS: return 16;
    case MM_PPO_COEF: return MM_COEF_SIZE;
    case MM_PPO_STATS: return 3 * (size_t)mm__padded(agent->observations);
    case MM_PPO_DMEAN: return rows * act;
    case MM_PPO_DVALUE: return rows;
    case MM_PPO_LOSS: return blocks * (2 * (size_t)mm__padded(agent->actions) + MM_LOSS_SIZE);
    case MM_PPO_G: return rows * widest;
    case MM_PPO_G2: return mm__mlp_is_plain(&agent->actor) && mm__mlp_is_plain(&agent->critic) ? 1 : rows * widest;
    case MM_PPO_PARTIAL: return sums > squares ? sums : squares;
    case MM_PPO_GRADS: case MM_PPO_M: return size;
    case MM_PPO_V: return ppo->def.muon ? (size_t)agent->vectors : size;
    case MM_PPO_NS_X: case MM_PPO_NS_NEXT: return ppo->def.muon ? mm__muon_room(agent, 0) : 1;
    case MM_PPO_NS_A: case MM_PPO_NS_AA: return ppo->def.muon ? mm__muon_room(agent, 1) : 1;
    case MM_PPO_CTL: return MM_CTL_SIZE;
    case MM_PPO_METRICS: return MM_LOSS_SIZE;
    case MM_PPO_PLANES: return 2 * (MM_PLANES + 1);
    default: return 0;
  }
}

static mm_status mm__ppo_build(mm_ppo *ppo) {
  double coef[MM_COEF_SIZE], returns[2];
  for (int i = 0; i < MM_PPO_BUFFERS; i++)
    if (i != MM_PPO_ORDER) MM_TRY(mm__learn_reals(ppo->learn, mm__ppo_size(ppo, i), &ppo->b[i]));
  MM_TRY(mm__learn_ints(ppo->learn, (size_t)ppo->batch, &ppo->b[MM_PPO_ORDER]));
  memset(coef, 0, sizeof coef);
  coef[MM_COEF_CLIP] = ppo->def.clip;
  coef[MM_COEF_CLIP_VALUE] = ppo->def.clip_value;
  coef[MM_COEF_VALUE] = ppo->def.value_coef;
  coef[MM_COEF_ENTROPY] = ppo->def.entropy_coef;
  coef[MM_COEF_LEARN_STD] = ppo->def.learn_std;
  returns[0] = 0;
  returns[1] = 1;
  MM_TRY(mm__learn_write(ppo->learn, ppo->b[MM_PPO_COEF], 0, coef, MM_COEF_SIZE));
  MM_TRY(mm__learn_write(ppo->learn, ppo->b[MM_PPO_CTL], MM_CTL_LR, &ppo->def.lr, 1));
  return mm__learn_write(ppo->learn, ppo->b[MM_PPO_RETURNS], 0, returns, 2);
}

MM_PRIVATE mm_status mm__ppo_create(mm_agent *agent, const mm_ppo_def *def, mm_ppo *ppo) {
  const int64_t batch = (int64_t)def->environments * def->steps;
  mm_status status;
  memset(ppo, 0, sizeof *ppo);
  if (batch < 1 || MM_PLANES * (batch + def->environments) > INT32_MAX)
    return mm__fail(agent->learn->ctx, MM_E_ARGUMENT, "num_envs %d times num_steps %d is out of range", def->environments, def->steps);
  if (def->minibatches < 1 || batch % def->minibatches)
    return mm__fail(agent->learn->ctx, MM_E_ARGUMENT, "num_minibatches %d does not divide a batch of %d environments times %d steps",
                    def->minibatches, def->environments, def->steps);
  ppo->learn = agent->learn;
  ppo->agent = agent;
  ppo->def = *def;
  ppo->batch = (int)batch;
  ppo->minibatch = ppo->batch / def->minibatches;
  ppo->stride = ppo->batch + def->environments;
  ppo->rewards_seen = 1e-4;
  status = mm__ppo_build(ppo);
  if (status != MM_OK) mm__ppo_destroy(ppo);
  return status;
}

MM_PRIVATE void mm__ppo_destroy(mm_ppo *ppo) {
  for (int i = 0; i < MM_PPO_BUFFERS && ppo->learn; i++) mm__learn_release(ppo->learn, ppo->b[i]);
  memset(ppo, 0, sizeof *ppo);
}

/* values of the states of step t, and of the last states of episodes that ended in the step before */
static mm_status mm__ppo_values(mm_ppo *ppo, int t) {
  mm_agent *agent = ppo->agent;
  const int n = ppo->def.environments, both = ppo->def.bootstrap && t > 0;
  const mm_dense *output = &agent->critic.output;
  if (both) MM_TRY(mm__agent_normalize(agent, ppo->b[MM_PPO_LAST], NULL, 0, n, n, agent->stats));
  MM_TRY(mm__mlp_forward(agent, &agent->critic, 0, both ? 2 * n : n));
  return mm__learn_run(ppo->learn, "mmk_values", mm__blocks(n, 16), "bbbiiiii", agent->critic.out, agent->params, ppo->b[MM_PPO_BATCH],
                       output->bias_at, t, n, ppo->stride, both);
}

MM_PRIVATE mm_status mm__ppo_act(mm_ppo *ppo, int t, int counter) {
  mm_agent *agent = ppo->agent;
  const int n = ppo->def.environments;
  const mm_dense *output = &agent->actor.output;
  MM_TRY(mm__agent_observe(agent, ppo->b[MM_PPO_OBS], NULL, t * n, n, agent->stats));
  MM_TRY(mm__agent_normalize(agent, ppo->b[MM_PPO_OBS], NULL, t * n, 0, n, agent->stats));
  MM_TRY(mm__ppo_values(ppo, t));
  MM_TRY(mm__mlp_forward(agent, &agent->actor, 0, n));
  MM_TRY(mm__learn_run(ppo->learn, "mmk_bias", n, "bbiii", agent->params, agent->actor.out, output->bias_at, n, agent->actions));
  return mm__learn_run(ppo->learn, "mmk_sample", n, "bbbbiiiiiiii", agent->actor.out, agent->params, ppo->b[MM_PPO_ACTION],
                       ppo->b[MM_PPO_BATCH], agent->log_std_at, t * n, n, agent->actions, counter, (int)(uint32_t)ppo->def.seed,
                       (int)(uint32_t)(ppo->def.seed >> 32), 1);
}

MM_PRIVATE mm_status mm__ppo_finish_rollout(mm_ppo *ppo) {
  mm_agent *agent = ppo->agent;
  const int n = ppo->def.environments, steps = ppo->def.steps;
  MM_TRY(mm__agent_normalize(agent, ppo->b[MM_PPO_OBS], NULL, steps * n, 0, n, agent->stats));
  MM_TRY(mm__ppo_values(ppo, steps));
  MM_TRY(mm__learn_run(ppo->learn, "mmk_scale_rewards", 1, "bbiiiirr", ppo->b[MM_PPO_BATCH], ppo->b[MM_PPO_RETURNS], ppo->stride,
                       steps, n, ppo->def.normalize_reward, ppo->def.gamma, ppo->rewards_seen));
  ppo->rewards_seen += ppo->batch;
  return mm__learn_run(ppo->learn, "mmk_advantages", mm__blocks(n, 16), "biiiirr", ppo->b[MM_PPO_BATCH], ppo->stride, steps, n,
                       ppo->def.bootstrap, ppo->def.gamma, ppo->def.lambda);
}

/* sums over the rows that the loss left: derivatives by log_std and by the biases of the two output layers */
static mm_status mm__ppo_head_sums(mm_ppo *ppo) {
  mm_agent *agent = ppo->agent;
  const int padded = mm__padded(agent->actions), stride = 2 * padded + MM_LOSS_SIZE, blocks = mm__blocks(ppo->minibatch, MM_ROW_BLOCK);
  const int from[3] = {0, padded, 2 * padded + MM_LOSS_DVALUE};
  int to[3], count[3];
  to[0] = agent->log_std_at;
  to[1] = agent->actor.output.bias_at;
  to[2] = agent->critic.output.bias_at;
  count[0] = count[1] = agent->actions;
  count[2] = 1;
  for (int i = 0; i < 3; i++)
    MM_TRY(mm__learn_run(ppo->learn, "mmk_reduce", mm__blocks(count[i], 16), "bbiiiiir", ppo->b[MM_PPO_LOSS], ppo->b[MM_PPO_GRADS],
                         from[i], to[i], blocks, stride, count[i], 1.0));
  return mm__learn_run(ppo->learn, "mmk_loss_metrics", 1, "bbbiiiii", ppo->b[MM_PPO_LOSS], agent->params, ppo->b[MM_PPO_METRICS],
                       agent->log_std_at, 2 * padded, ppo->minibatch, agent->actions, stride);
}

MM_PRIVATE mm_status mm__ppo_gradient(mm_ppo *ppo, int first) {
  mm_agent *agent = ppo->agent;
  mm_buffer **b = ppo->b;
  const int rows = ppo->minibatch;
  mm_back back;
  back.grads = b[MM_PPO_GRADS];
  back.g = b[MM_PPO_G];
  back.g2 = b[MM_PPO_G2];
  back.metrics = b[MM_PPO_METRICS];
  back.partial = b[MM_PPO_PARTIAL];
  MM_TRY(mm__agent_observe(agent, b[MM_PPO_OBS], b[MM_PPO_ORDER], first, rows, b[MM_PPO_STATS]));
  MM_TRY(mm__agent_normalize(agent, b[MM_PPO_OBS], b[MM_PPO_ORDER], first, 0, rows, b[MM_PPO_STATS]));
  MM_TRY(mm__mlp_forward(agent, &agent->actor, 0, rows));
  MM_TRY(mm__learn_run(ppo->learn, "mmk_bias", rows, "bbiii", agent->params, agent->actor.out,
                       agent->actor.output.bias_at, rows, agent->actions));
  MM_TRY(mm__mlp_forward(agent, &agent->critic, 0, rows));
  MM_TRY(mm__learn_run(ppo->learn, "mmk_bias", rows, "bbiii", agent->params, agent->critic.out,
                       agent->critic.output.bias_at, rows, 1));
  MM_TRY(mm__learn_run(ppo->learn, "mmk_advantage_moments", 1, "bbbiii", b[MM_PPO_BATCH], b[MM_PPO_ORDER], b[MM_PPO_MOMENTS],
                       ppo->stride, first, rows));
  MM_TRY(mm__learn_run(ppo->learn, "mmk_loss", mm__blocks(rows, MM_ROW_BLOCK), "bbbbbbbbbbbiiiii", agent->actor.out, agent->critic.out,
                       agent->params, b[MM_PPO_ACTION], b[MM_PPO_BATCH], b[MM_PPO_ORDER], b[MM_PPO_MOMENTS], b[MM_PPO_COEF],
                       b[MM_PPO_DMEAN], b[MM_PPO_DVALUE], b[MM_PPO_LOSS], agent->log_std_at, first, rows, agent->actions, ppo->stride));
  MM_TRY(mm__ppo_head_sums(ppo));
  MM_TRY(mm__mlp_backward(agent, &agent->actor, &back, b[MM_PPO_DMEAN], rows));
  return mm__mlp_backward(agent, &agent->critic, &back, b[MM_PPO_DVALUE], rows);
}

MM_PRIVATE mm_status mm__ppo_update(mm_ppo *ppo, int update, double lr) {
  int half_bits = 1;
  while (((int64_t)1 << (2 * half_bits)) < ppo->batch) half_bits++;
  for (int epoch = 0; epoch < ppo->def.epochs; epoch++) {
    MM_TRY(mm__learn_run(ppo->learn, "mmk_shuffle", mm__blocks(ppo->batch, 16), "biiiii", ppo->b[MM_PPO_ORDER], ppo->batch, half_bits,
                         update * ppo->def.epochs + epoch, (int)(uint32_t)ppo->def.seed, (int)(uint32_t)(ppo->def.seed >> 32)));
    for (int i = 0; i < ppo->def.minibatches; i++) {
      MM_TRY(mm__ppo_gradient(ppo, i * ppo->minibatch));
      MM_TRY(mm__ppo_step(ppo, lr));
    }
  }
  if (!ppo->def.adaptive) return MM_OK;
  return mm__learn_run(ppo->learn, "mmk_adapt_rate", 1, "bbrrr", ppo->b[MM_PPO_METRICS], ppo->b[MM_PPO_CTL], ppo->def.desired_kl,
                       ppo->def.min_lr, ppo->def.max_lr);
}
