/* >>bench-learn: time of PPO updates alone, and of training with its parts, for bench/learn.py

   learn update OBSERVATIONS ACTIONS LAYERS plain|residual adamw|muon ROWS SECONDS BACKEND PRECISION
   learn run MODEL LAYERS plain|residual adamw|muon ENVIRONMENTS STEPS ROLLOUTS BACKEND PRECISION

   LAYERS: "[5 x 1024]". The model of a run loses its fingers and gets mimic sites where it has none; its clip is the pose
   it has at rest. Minibatches are of 1280 steps, or of the whole batch where that is less. */
#define MUSCLEMIMIC_IMPLEMENTATION
#include "musclemimic.h"

#include <sys/resource.h>

static mm_context *ctx;

static void ok(mm_status status) {
  if (!status) return;
  fprintf(stderr, "%s\n", mm_error(ctx));
  exit(1);
}

static void open_context(const char *backend, const char *precision) {
  mm_context_def def;
  memset(&def, 0, sizeof def);
  def.backend = strcmp(backend, "native") ? MM_BACKEND_OPENCL : MM_BACKEND_NATIVE;
  def.precision = strcmp(precision, "f64") ? MM_PRECISION_F32 : MM_PRECISION_F64;
  ok(mm_context_create(&def, &ctx));
}

/* networks and optimiser of the command line */
static mm_train_def settings(const char *layers, const char *kind, const char *optimizer) {
  mm_train_def def;
  ok(mm_train_preset(ctx, "fullbody", &def));
  ok(mm_train_set(ctx, &def, "actor_hidden_layers", layers));
  ok(mm_train_set(ctx, &def, "critic_hidden_layers", layers));
  ok(mm_train_set(ctx, &def, "use_residual", strcmp(kind, "residual") ? "false" : "true"));
  ok(mm_train_set(ctx, &def, "optimizer_type", optimizer));
  def.anneal_lr = 0;
  def.lr = 1e-6;
  return def;
}

static void fill(mm_learn *learn, mm_buffer *buffer, size_t count) {
  double *values = (double *)malloc(count * sizeof *values);
  for (size_t i = 0; i < count; i++) values[i] = mm_random_normals_f64(1, 2, 3, 4, 5, (int)i);
  ok(mm__learn_write(learn, buffer, 0, values, count));
  free(values);
}

static void finish(mm_learn *learn) { ok(learn->device->backend->finish(learn->device)); }

/* gradient and step of a minibatch; *step_s: of the optimiser alone */
static double minibatch(mm_ppo *ppo, double *step_s) {
  const double start = mm__train_clock();
  double middle;
  ok(mm__ppo_gradient(ppo, 0));
  finish(ppo->learn);
  middle = mm__train_clock();
  ok(mm__ppo_step(ppo, 1e-6));
  finish(ppo->learn);
  *step_s = mm__train_clock() - middle;
  return mm__train_clock() - start;
}

/* one environment a row, so that a rollout is one step */
static void update(char **words) {
  const int rows = atoi(words[5]);
  mm_train_def def = settings(words[2], words[3], words[4]);
  mm_agent_def agent_def;
  mm_learn learn;
  mm_agent agent;
  mm_ppo_def ppo_def;
  mm_ppo ppo;
  double best = 1e9, best_step = 1e9, start;
  int count = 0, half_bits = 1;
  def.num_envs = rows;
  def.num_steps = def.update_epochs = def.num_minibatches = 1;
  ok(mm__learn_open(ctx, &learn));
  ppo_def = mm__trainer_ppo_def(&def);
  mm__agent_def_of(&def, atoi(words[0]), atoi(words[1]), &agent_def);
  mm__ppo_rows(&ppo_def, &agent_def.actor_rows, &agent_def.critic_rows);
  ok(mm__agent_create(&learn, &agent_def, &agent));
  start = mm__train_clock();
  ok(mm__agent_init(&agent, 1, 1.0));
  printf("{\"init_s\": %.3f, ", mm__train_clock() - start);
  ok(mm__ppo_create(&agent, &ppo_def, &ppo));
  fill(&learn, ppo.b[MM_PPO_OBS], (size_t)rows * (size_t)agent.observations);
  fill(&learn, ppo.b[MM_PPO_ACTION], (size_t)rows * (size_t)agent.actions);
  fill(&learn, ppo.b[MM_PPO_BATCH], (size_t)MM_PLANES * (size_t)ppo.stride);
  while ((1 << (2 * half_bits)) < rows) half_bits++;
  ok(mm__learn_run(&learn, "mmk_shuffle", 1, "biiiii", ppo.b[MM_PPO_ORDER], rows, half_bits, 0, 1, 2));
  for (start = mm__train_clock(); count < 2 || mm__train_clock() - start < atof(words[6]); count++) {
    double step_s;
    const double seconds = minibatch(&ppo, &step_s);
    best = seconds < best ? seconds : best;
    best_step = step_s < best_step ? step_s : best_step;
  }
  printf("\"parameters\": %d, \"best_ms\": %.4f, \"step_ms\": %.4f, \"bytes\": %.0f, \"count\": %d}\n", agent.size, 1e3 * best, 1e3 * best_step,
         (double)learn.bytes, count);
  mm__ppo_destroy(&ppo);
  mm__agent_destroy(&agent);
  mm__learn_close(&learn);
}

static mm_model *load_model(const char *path) {
  mm_model *model = NULL;
  mm_spec *spec = NULL;
  ok(mm_spec_load(ctx, path, &spec));
  if (strstr(path, "myo")) {
    ok(mm_spec_remove_fingers(spec));
    ok(mm_spec_add_mimic_sites(spec));
    ok(mm_spec_set_option(spec, "timestep", "0.002"));
  }
  ok(mm_spec_compile(spec, &model));
  mm_spec_destroy(spec);
  return model;
}

static mm_trajectory *rest(const mm_model *model) {
  mm_trajectory *t = NULL;
  ok(mm_trajectory_create(model, "rest", 300, 100, &t));
  for (int f = 0; f < t->frame_count; f++) memcpy(t->qpos + (size_t)f * (size_t)t->nq, model->qpos0, (size_t)t->nq * sizeof(double));
  mm_trajectory_differentiate(model, t);
  ok(mm_trajectory_forward(model, t));
  return t;
}

enum { PHYSICS, OBSERVATION, POLICY, ADVANTAGES, UPDATE, PARTS };

/* a rollout and its update, each part waited for; the physics again by themselves, to be taken from the launch they share */
static void parts(mm_trainer *t, double *seconds) {
  const mm_task_io io = mm__trainer_io(t);
  double clock = mm__train_clock(), now;
  memset(seconds, 0, PARTS * sizeof *seconds);
  for (int step = 0; step < t->def.num_steps; step++, t->counter++) {
    ok(mm__ppo_act(&t->ppo, step, t->counter));
    finish(&t->learn);
    now = mm__train_clock();
    seconds[POLICY] += now - clock;
    clock = now;
    ok(mm__task_step(&t->task, &io, step, t->counter));
    finish(&t->learn);
    now = mm__train_clock();
    seconds[OBSERVATION] += now - clock;
    clock = now;
  }
  ok(mm__ppo_finish_rollout(&t->ppo));
  finish(&t->learn);
  now = mm__train_clock();
  seconds[ADVANTAGES] = now - clock;
  clock = now;
  ok(mm__ppo_update(&t->ppo, t->update, 1e-6));
  finish(&t->learn);
  seconds[UPDATE] = mm__train_clock() - clock;
  clock = mm__train_clock();
  for (int step = 0; step < t->def.num_steps; step++) ok(mm_sim_step(t->task.sim, t->def.n_substeps));
  ok(mm_sim_finish(t->task.sim));
  seconds[PHYSICS] = mm__train_clock() - clock;
  seconds[OBSERVATION] -= seconds[PHYSICS] < seconds[OBSERVATION] ? seconds[PHYSICS] : seconds[OBSERVATION];
}

static void run(char **words) {
  static const char *const names[PARTS] = {"physics", "observation", "policy", "advantages", "update"};
  mm_train_def def = settings(words[1], words[2], words[3]);
  mm_model *model = load_model(words[0]);
  mm_trajectory *trajectory = rest(model);
  mm_trainer *trainer = NULL;
  mm_trainer_info info;
  mm_sim_info sim;
  struct rusage usage;
  double seconds[PARTS], best = 1e9, start;
  int batch;
  def.num_envs = atoi(words[4]);
  def.num_steps = atoi(words[5]);
  batch = def.num_envs * def.num_steps;
  def.num_minibatches = batch > 1280 && batch % 1280 == 0 ? batch / 1280 : 1;
  def.goal_type = 0;
  ok(mm_trainer_create(ctx, model, trajectory, &def, &trainer));
  mm_trainer_get_info(trainer, &info);
  ok(mm_sim_get_info(trainer->task.sim, &sim));
  for (int i = 0; i <= atoi(words[6]); i++) { /* the first one is not counted */
    start = mm__train_clock();
    ok(mm_trainer_step(trainer, NULL));
    finish(&trainer->learn);
    if (i > 0 && mm__train_clock() - start < best) best = mm__train_clock() - start;
  }
  parts(trainer, seconds);
  getrusage(RUSAGE_SELF, &usage);
  printf("{\"observations\": %d, \"parameters\": %.0f, \"steps\": %d, \"minibatches\": %d, \"best_s\": %.5f, \"bytes\": %.0f, \"resident\": %.0f",
         info.observations, (double)(info.actor_parameters + info.critic_parameters), batch, def.num_minibatches, best,
         (double)info.device_bytes + (double)sim.kept_bytes * def.num_envs + (double)sim.scratch_bytes + (double)sim.model_bytes,
         1024.0 * (double)usage.ru_maxrss);
  for (int i = 0; i < PARTS; i++) printf(", \"%s_s\": %.5f", names[i], seconds[i]);
  printf("}\n");
  mm_trainer_destroy(trainer);
  mm_trajectory_destroy(trajectory);
  mm_model_destroy(model);
}

int main(int count, char **words) {
  const int is_update = count == 11 && !strcmp(words[1], "update"), is_run = count == 11 && !strcmp(words[1], "run");
  if (!is_update && !is_run) return 2;
  open_context(words[9], words[10]);
  if (is_update) update(words + 2);
  else run(words + 2);
  mm_context_destroy(ctx);
  return 0;
}
