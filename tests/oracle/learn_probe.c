/* >>learn-probe: runs the learner's kernels on numbers from a file, for tests/oracle/learn.py

   usage: learn_probe IN.h5 OUT.h5 native|opencl f32|f64 [lanes] */
#include "probe.h"

static void give(const char *name, mm_buffer *buffer, size_t at) {
  int64_t shape[2];
  double *values = take(name, 2, shape);
  ok(mm__learn_write(&learn, buffer, at, values, (size_t)(shape[0] * shape[1])));
  mm_store_free(in, values);
}

static void give_tensors(mm_agent *agent, const char *group, mm_buffer *buffer) {
  char name[96];
  for (int i = 0; i < agent->tensor_count; i++) {
    snprintf(name, sizeof name, "%s/%s", group, agent->tensors[i].name);
    give(name, buffer, (size_t)agent->tensors[i].at);
  }
}

static void send_tensors(mm_agent *agent, const char *group, mm_buffer *buffer) {
  char name[96];
  for (int i = 0; i < agent->tensor_count; i++) {
    const mm_tensor *tensor = &agent->tensors[i];
    snprintf(name, sizeof name, "%s/%s", group, tensor->name);
    send_buffer(name, buffer, (size_t)tensor->at, tensor->rows ? tensor->rows : 1, tensor->columns);
  }
}

static int *layers(const char *name, int *count) {
  int64_t shape[1];
  double *values = take(name, 1, shape);
  int *list = (int *)calloc((size_t)shape[0] + 1, sizeof *list);
  for (int i = 0; i < (int)shape[0]; i++) list[i] = (int)values[i];
  *count = (int)shape[0];
  mm_store_free(in, values);
  return list;
}

static mm_layers mixtures(const char *name) {
  mm_layers list;
  int *layer_numbers;
  memset(&list, 0, sizeof list);
  layer_numbers = layers(name, &list.count);
  for (int i = 0; i < list.count; i++) list.width[i] = layer_numbers[i];
  free(layer_numbers);
  return list;
}

static double number(const char *name) {
  int64_t shape[1];
  double *values = take(name, 1, shape), value = values[0];
  mm_store_free(in, values);
  return value;
}

static mm_ppo_def ppo_def(void) {
  mm_ppo_def def;
  memset(&def, 0, sizeof def);
  def.environments = (int)number("environments");
  def.steps = (int)number("steps");
  def.epochs = 1;
  def.minibatches = (int)number("minibatches");
  def.gamma = number("gamma");
  def.lambda = number("lambda");
  def.clip = number("clip");
  def.clip_value = number("clip_value");
  def.value_coef = number("value_coef");
  def.entropy_coef = number("entropy_coef");
  def.max_grad_norm = number("max_grad_norm");
  def.beta1 = 0.9;
  def.beta2 = 0.999;
  def.adam_eps = number("adam_eps");
  def.weight_decay = number("weight_decay");
  def.muon = def.adam_ahead = def.muon_ahead = (int)number("muon");
  def.ns_steps = 5;
  def.muon_beta = 0.95;
  def.muon_decay = number("muon_decay");
  def.learn_std = 1;
  def.bootstrap = (int)number("bootstrap");
  def.normalize_reward = 1;
  def.seed = 1234567890123ULL;
  return def;
}

/* statistics and policy for two steps, then the values of the steps after */
static void probe_rollout(mm_ppo *ppo) {
  mm_agent *agent = ppo->agent;
  const int n = ppo->def.environments;
  char name[32];
  for (int t = 0; t < ppo->def.steps; t++) {
    ok(mm__ppo_act(ppo, t, 7 + t));
    snprintf(name, sizeof name, "mean/%d", t);
    send_buffer(name, agent->actor.out, 0, n, agent->actions);
  }
  send_buffer("stats", agent->stats, 0, 3, mm__padded(agent->observations));
  send_buffer("action", ppo->b[MM_PPO_ACTION], 0, ppo->batch, agent->actions);
  give("reward", ppo->b[MM_PPO_BATCH], (size_t)(MM_PLANE_REWARD * ppo->stride));
  give("done", ppo->b[MM_PPO_BATCH], (size_t)(MM_PLANE_DONE * ppo->stride));
  give("absorbing", ppo->b[MM_PPO_BATCH], (size_t)(MM_PLANE_ABSORBING * ppo->stride));
  ok(mm__ppo_finish_rollout(ppo));
  send_buffer("planes", ppo->b[MM_PPO_BATCH], 0, MM_PLANES, ppo->stride);
  send_buffer("returns", ppo->b[MM_PPO_RETURNS], 0, 1, 2);
}

static void probe_gradient(mm_ppo *ppo) {
  mm_agent *agent = ppo->agent;
  int64_t shape[1];
  double *values = take("order", 1, shape);
  int *order = (int *)calloc((size_t)shape[0], sizeof *order);
  for (int64_t i = 0; i < shape[0]; i++) order[i] = (int)values[i];
  mm_store_free(in, values);
  ok(mm__learn_write_ints(&learn, ppo->b[MM_PPO_ORDER], order, (size_t)shape[0]));
  free(order);
  give("batch", ppo->b[MM_PPO_BATCH], 0);
  give("actions", ppo->b[MM_PPO_ACTION], 0);
  ok(mm__ppo_gradient(ppo, ppo->minibatch));
  send_tensors(agent, "grads", ppo->b[MM_PPO_GRADS]);
  send_buffer("metrics", ppo->b[MM_PPO_METRICS], 0, 1, MM_LOSS_SIZE);
}

static void probe_steps(mm_ppo *ppo) {
  const int steps = (int)number("adam_steps");
  char name[32];
  for (int i = 0; i < steps; i++) {
    snprintf(name, sizeof name, "step/%d", i);
    give_tensors(ppo->agent, name, ppo->b[MM_PPO_GRADS]);
    ok(mm__ppo_step(ppo, number("lr")));
  }
  send_tensors(ppo->agent, "after", ppo->agent->params);
  send_buffer("ctl", ppo->b[MM_PPO_CTL], 0, 1, MM_CTL_SIZE);
}

static void send_order(const char *name, mm_ppo *ppo) {
  mm_store_array array;
  int *order = (int *)calloc((size_t)ppo->batch, sizeof *order);
  memset(&array, 0, sizeof array);
  array.name = name;
  array.type = MM_DTYPE_I32;
  array.rank = 1;
  array.shape[0] = ppo->batch;
  ok(learn.device->backend->read(learn.device, ppo->b[MM_PPO_ORDER], 0, order, (size_t)ppo->batch * sizeof *order));
  ok(mm_store_write(out, &array, order));
  free(order);
}

/* a whole update of two epochs from the beginning, and the orders in which it met the batch */
static void probe_update(mm_ppo *ppo) {
  const int update = 3;
  int half_bits = 1;
  char name[32];
  while ((1 << (2 * half_bits)) < ppo->batch) half_bits++;
  give_tensors(ppo->agent, "params", ppo->agent->params);
  ok(mm__learn_run(&learn, "mmk_fill", 1, "biir", ppo->b[MM_PPO_M], 0, ppo->agent->size, 0.0));
  ok(mm__learn_run(&learn, "mmk_fill", 1, "biir", ppo->b[MM_PPO_V], 0, ppo->def.muon ? ppo->agent->vectors : ppo->agent->size, 0.0));
  ok(mm__learn_run(&learn, "mmk_fill", 1, "biir", ppo->b[MM_PPO_CTL], 0, (int)MM_CTL_SIZE, 0.0));
  ppo->def.epochs = 2;
  ok(mm__ppo_update(ppo, update, number("lr")));
  send_tensors(ppo->agent, "updated", ppo->agent->params);
  for (int epoch = 0; epoch < 2; epoch++) {
    ok(mm__learn_run(&learn, "mmk_shuffle", 4, "biiiii", ppo->b[MM_PPO_ORDER], ppo->batch, half_bits, update * 2 + epoch,
                     (int)(uint32_t)ppo->def.seed, (int)(uint32_t)(ppo->def.seed >> 32)));
    snprintf(name, sizeof name, "orders/%d", epoch);
    send_order(name, ppo);
  }
}

/* learning rates of 60 updates: linear, warm-up of a number of updates and cosine */
static void probe_schedules(void) {
  mm_trainer trainer;
  double rates[2][60];
  memset(&trainer, 0, sizeof trainer);
  trainer.def.lr = number("lr");
  trainer.def.anneal_lr = 1;
  trainer.def.min_lr_ratio = 0.15;
  trainer.def.warmup_steps = 7;
  trainer.updates = 60;
  for (int type = 0; type < 2; type++)
    for (trainer.update = 0; trainer.update < 60; trainer.update++) {
      trainer.def.lr_schedule_type = type;
      rates[type][trainer.update] = mm__trainer_lr(&trainer);
    }
  send("rates", rates[0], 2, 60);
}

static void probe_shuffle(mm_ppo *ppo) {
  int half_bits = 1;
  while ((1 << (2 * half_bits)) < ppo->batch) half_bits++;
  ok(mm__learn_run(&learn, "mmk_shuffle", 4, "biiiii", ppo->b[MM_PPO_ORDER], ppo->batch, half_bits, 5, 11, 12));
  send_order("shuffled", ppo);
}

int main(int argc, char **argv) {
  mm_agent_def agent_def;
  mm_ppo_def def;
  mm_agent agent;
  mm_ppo ppo;
  if (argc < 5) return 2;
  open_probe(argv[1], argv[2], "learn-probe", argv[3], argv[4], argc > 5 ? atoi(argv[5]) : 0);
  def = ppo_def();
  memset(&agent_def, 0, sizeof agent_def);
  agent_def.observations = (int)number("observations");
  agent_def.actions = (int)number("actions_count");
  agent_def.actor_hidden = layers("actor_hidden", &agent_def.actor_layers);
  agent_def.critic_hidden = layers("critic_hidden", &agent_def.critic_layers);
  agent_def.layernorm_eps = number("layernorm_eps");
  agent_def.residual = (int)number("residual");
  agent_def.share_is_fixed = (int)number("share_is_fixed");
  agent_def.share = number("share");
  agent_def.actor_mixtures = mixtures("actor_mixtures");
  agent_def.critic_mixtures = mixtures("critic_mixtures");
  agent_def.experts = (int)number("experts");
  agent_def.expert_ratio = number("expert_ratio");
  agent_def.temperature = number("temperature");
  agent_def.balance = number("balance");
  agent_def.gate_std = 0.02;
  mm__ppo_rows(&def, &agent_def.actor_rows, &agent_def.critic_rows);
  ok(mm__agent_create(&learn, &agent_def, &agent));
  ok(mm__agent_init(&agent, 99, 0.5));
  send_tensors(&agent, "initial", agent.params);
  ok(mm__ppo_create(&agent, &def, &ppo));
  give_tensors(&agent, "params", agent.params);
  give("obs", ppo.b[MM_PPO_OBS], 0);
  give("last", ppo.b[MM_PPO_LAST], 0);
  probe_rollout(&ppo);
  probe_gradient(&ppo);
  probe_steps(&ppo);
  probe_shuffle(&ppo);
  probe_update(&ppo);
  probe_schedules();
  mm__ppo_destroy(&ppo);
  mm__agent_destroy(&agent);
  free((void *)agent_def.actor_hidden);
  free((void *)agent_def.critic_hidden);
  close_probe();
  return 0;
}
