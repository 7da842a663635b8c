/* >>bench-learn: time of a PPO minibatch (gradient and AdamW step), for bench/learn.py

   usage: learn OBSERVATIONS ACTIONS WIDTH LAYERS ROWS SECONDS native|opencl f32|f64 */
#define MUSCLEMIMIC_IMPLEMENTATION
#include "musclemimic.h"

static void ok(mm_context *ctx, mm_status status) {
  if (!status) return;
  fprintf(stderr, "%s\n", mm_error(ctx));
  exit(1);
}

/* one environment a row, so that a rollout is one step */
static mm_ppo_def settings(int rows) {
  mm_ppo_def def;
  memset(&def, 0, sizeof def);
  def.environments = rows;
  def.steps = def.epochs = def.minibatches = 1;
  def.gamma = 0.99;
  def.lambda = 0.95;
  def.clip = def.clip_value = 0.2;
  def.value_coef = 0.5;
  def.max_grad_norm = 1;
  def.beta1 = 0.9;
  def.beta2 = 0.999;
  def.adam_eps = 1e-5;
  def.learn_std = 1;
  return def;
}

static void fill(mm_learn *learn, mm_buffer *buffer, size_t count) {
  double *values = (double *)malloc(count * sizeof *values);
  for (size_t i = 0; i < count; i++) values[i] = mm_random_normals_f64(1, 2, 3, 4, 5, (int)i);
  ok(learn->ctx, mm__learn_write(learn, buffer, 0, values, count));
  free(values);
}

static double minibatch(mm_ppo *ppo) {
  const double start = mm__train_clock();
  ok(ppo->learn->ctx, mm__ppo_gradient(ppo, 0));
  ok(ppo->learn->ctx, mm__ppo_step(ppo, 1e-6));
  ok(ppo->learn->ctx, ppo->learn->device->backend->finish(ppo->learn->device));
  return mm__train_clock() - start;
}

int main(int argc, char **argv) {
  const int width = argc > 8 ? atoi(argv[3]) : 0, layers = argc > 8 ? atoi(argv[4]) : 0, rows = argc > 8 ? atoi(argv[5]) : 0;
  double best = 1e9, sum = 0, start;
  int hidden[MM_LAYERS_MAX], count = 0;
  mm_context_def context_def;
  mm_agent_def agent_def;
  mm_context *ctx = NULL;
  mm_learn learn;
  mm_agent agent;
  mm_ppo ppo;
  const mm_ppo_def def = settings(rows);
  if (argc < 9 || layers < 0 || layers > MM_LAYERS_MAX || rows < 1) return 2;
  memset(&context_def, 0, sizeof context_def);
  context_def.backend = strcmp(argv[7], "native") ? MM_BACKEND_OPENCL : MM_BACKEND_NATIVE;
  context_def.precision = strcmp(argv[8], "f64") ? MM_PRECISION_F32 : MM_PRECISION_F64;
  ok(ctx, mm_context_create(&context_def, &ctx));
  ok(ctx, mm__learn_open(ctx, &learn));
  for (int i = 0; i < layers; i++) hidden[i] = width;
  memset(&agent_def, 0, sizeof agent_def);
  agent_def.observations = atoi(argv[1]);
  agent_def.actions = atoi(argv[2]);
  agent_def.actor_hidden = agent_def.critic_hidden = hidden;
  agent_def.actor_layers = agent_def.critic_layers = layers;
  agent_def.layernorm_eps = 1e-5;
  mm__ppo_rows(&def, &agent_def.actor_rows, &agent_def.critic_rows);
  ok(ctx, mm__agent_create(&learn, &agent_def, &agent));
  start = mm__train_clock();
  ok(ctx, mm__agent_init(&agent, 1, 1.0));
  printf("{\"init_s\": %.3f, ", mm__train_clock() - start);
  ok(ctx, mm__ppo_create(&agent, &def, &ppo));
  fill(&learn, ppo.b[MM_PPO_OBS], (size_t)rows * (size_t)agent.observations);
  fill(&learn, ppo.b[MM_PPO_ACTION], (size_t)rows * (size_t)agent.actions);
  fill(&learn, ppo.b[MM_PPO_BATCH], (size_t)MM_PLANES * (size_t)ppo.stride);
  ok(ctx, mm__learn_run(&learn, "mmk_shuffle", 1, "biiiii", ppo.b[MM_PPO_ORDER], rows, 16, 0, 1, 2));
  minibatch(&ppo);
  for (start = mm__train_clock(); count < 3 || mm__train_clock() - start < atof(argv[6]); count++) {
    const double seconds = minibatch(&ppo);
    best = seconds < best ? seconds : best;
    sum += seconds;
  }
  printf("\"parameters\": %d, \"best_ms\": %.4f, \"mean_ms\": %.4f, \"count\": %d}\n", agent.size, 1e3 * best, 1e3 * sum / count, count);
  mm__ppo_destroy(&ppo);
  mm__agent_destroy(&agent);
  mm__learn_close(&learn);
  mm_context_destroy(ctx);
  return 0;
}
