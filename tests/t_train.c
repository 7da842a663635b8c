/* >>t-train: settings, the imitation task, training, checkpoints, evaluation, on the small model of this project */
#define MUSCLEMIMIC_PRIVATE
#include "clips.h"
#include "task.h"

static mm_model *model;
static mm_trajectory *walk, *two; /* a clip; the same and a shorter one */

static int setup(void **state) {
  mm_trajectory *list[2];
  if (make_native_float(state)) return -1;
  model = load_model("models/legs18.xml");
  walk = swinging(model, "swing", 60, 2);
  list[0] = walk;
  list[1] = swinging(model, "short", 12, 2);
  ok(mm_trajectory_join(ctx, (const mm_trajectory *const *)list, 2, &two));
  mm_trajectory_destroy(list[1]);
  return 0;
}

static int teardown(void **state) {
  mm_trajectory_destroy(walk);
  mm_trajectory_destroy(two);
  mm_model_destroy(model);
  return remove_folder(state);
}

/* settings for runs of a blink */
static mm_train_def small(void) {
  return settings("num_envs=6; num_steps=8; num_minibatches=3; update_epochs=2; total_timesteps=4800;"
                  "actor_hidden_layers=[32, 24]; critic_hidden_layers=[16]");
}

static mm_trainer *trainer_of(const mm_train_def *def, const mm_trajectory *trajectory) {
  mm_trainer *trainer = NULL;
  ok(mm_trainer_create(ctx, model, trajectory, def, &trainer));
  return trainer;
}

static void updates(mm_trainer *trainer, int count, mm_train_report *report) {
  for (int i = 0; i < count; i++) ok(mm_trainer_step(trainer, i + 1 == count ? report : NULL));
}

static void t_train_settings_go_to_text_and_back(void **state) {
  mm_train_def def, back;
  char value[512];
  int count;
  const mm_setting *settings = mm_train_settings(&count);
  (void)state;
  ok(mm_train_preset(ctx, "fullbody", &def));
  assert_int_equal(def.actor_hidden_layers.count, 16);
  assert_int_equal(def.actor_hidden_layers.width[15], 1024);
  assert_true(def.total_timesteps == 2048000000 && def.lr == 4e-4 && def.num_minibatches == 128);
  ok(mm_train_set(ctx, &def, "lr", "0.1234567890123456"));
  ok(mm_train_set(ctx, &def, "critic_hidden_layers", " [ 2 x 7 , 5 ] "));
  ok(mm_train_set(ctx, &def, "goal_type", "GoalBimanualTrajMimic"));
  ok(mm_train_set(ctx, &def, "seed", "1234567890123456789"));
  ok(mm_train_preset(ctx, "demo", &back));
  for (int i = 0; i < count; i++) {
    if (settings[i].kind == MM_SETTING_SECTION) continue;
    mm_train_value(&def, &settings[i], value, sizeof value);
    ok(mm_train_set(ctx, &back, settings[i].name, value));
    assert_true(strlen(settings[i].meaning) > 5);
  }
  assert_memory_equal(&def, &back, sizeof def);
}

static void t_train_wrong_settings_are_refused(void **state) {
  static const char *const wrong[][3] = {
    {"learning_rate", "1e-3", "there is no setting 'learning_rate'"}, {"lr", "fast", "lr: 'fast' is no number"},
    {"lr", "-1", "lr: '-1'"}, {"lr", "1e-3 x", "lr"}, {"lr", "nan", "lr"}, {"num_envs", "2.5", "num_envs: '2.5' is no whole number"},
    {"num_envs", "0", "num_envs"}, {"num_envs", "99999999999999999999", "num_envs"}, {"anneal_lr", "yes", "neither true nor false"},
    {"goal_type", "Goal", "GoalTrajMimic"}, {"actor_hidden_layers", "256", "no list"}, {"actor_hidden_layers", "[256", "no list"},
    {"actor_hidden_layers", "[0]", "no list"}, {"actor_hidden_layers", "[40 x 8]", "no list"}, {"actor_hidden_layers", "[8] 8", "no list"}};
  mm_train_def def, before;
  (void)state;
  fails(mm_train_preset(ctx, "whole", &def), MM_E_ARGUMENT, "fullbody, bimanual, demo");
  ok(mm_train_preset(ctx, "demo", &def));
  before = def;
  for (int i = 0; i < MM_COUNT(wrong); i++) {
    fails(mm_train_set(ctx, &def, wrong[i][0], wrong[i][1]), MM_E_ARGUMENT, wrong[i][2]);
    if (!strstr(wrong[i][0], "layers")) assert_memory_equal(&def, &before, sizeof def);
    def = before;
  }
}

/* a block of an observation by name */
static mm_observation_block block_of(const mm_train_def *def, const char *name) {
  mm_observation_block blocks[64];
  int count = 0;
  ok(mm_observation_blocks(ctx, model, def, blocks, 64, &count));
  for (int i = 0; i < count; i++)
    if (!strcmp(blocks[i].name, name)) return blocks[i];
  fail_msg("there is no block %s", name);
  return blocks[0];
}

static void t_train_observation_is_in_blocks(void **state) {
  static const struct { const char *name; int offset, size, stride; } expected[] = {
    {"root_qpos", 0, 2, 1}, {"joint_qpos", 2, 6, 1}, {"root_qvel", 8, 3, 1}, {"joint_qvel", 11, 6, 1}, {"muscle_length", 17, 18, 5},
    {"muscle_velocity", 18, 18, 5}, {"muscle_force", 19, 18, 5}, {"muscle_excitation", 20, 18, 5}, {"muscle_activation", 21, 18, 5},
    {"touch", 107, 4, 1}, {"site_rpos", 111, 27, 1}, {"site_rangle", 138, 27, 1}, {"site_rvel", 165, 54, 1},
    {"goal_site_rpos_0", 219, 27, 1}, {"goal_root_pos_delta_1", 246, 2, 1}, {"goal_root_vel_delta_1", 248, 3, 1},
    {"goal_site_rpos_1", 251, 27, 1}, {"goal_root_pos_delta_4", 342, 2, 1}, {"goal_site_rpos_4", 347, 27, 1}, {"phase", 374, 1, 1},
    {"root_deviation", 375, 2, 1}};
  mm_observation_block blocks[64];
  mm_train_def def = small();
  int count = 0;
  char seen[377] = "";
  (void)state;
  for (int i = 0; i < MM_COUNT(expected); i++) {
    const mm_observation_block block = block_of(&def, expected[i].name);
    assert_int_equal(block.offset, expected[i].offset);
    assert_int_equal(block.size, expected[i].size);
    assert_int_equal(block.stride, expected[i].stride);
  }
  /* every number belongs to one block */
  ok(mm_observation_blocks(ctx, model, &def, blocks, 64, &count));
  for (int i = 0; i < count; i++) {
    assert_true(strlen(blocks[i].meaning) > 5 && blocks[i].unit[0]);
    for (int k = 0; k < blocks[i].size; k++) seen[blocks[i].offset + k * blocks[i].stride]++;
  }
  for (int i = 0; i < 377; i++) assert_int_equal(seen[i], 1);
  def.enable_touch_sensor_observations = def.enable_motion_phase = def.enable_root_deviation_observations = def.enable_muscle_force_observations = 0;
  ok(mm_observation_blocks(ctx, model, &def, blocks, 64, &count));
  for (int i = 0; i < count; i++)
    assert_true(strcmp(blocks[i].name, "touch") && strcmp(blocks[i].name, "phase") && strcmp(blocks[i].name, "root_deviation") &&
                strcmp(blocks[i].name, "muscle_force"));
  assert_int_equal(block_of(&def, "muscle_activation").offset, 20);
  assert_int_equal(block_of(&def, "muscle_activation").stride, 4);
}

static double signal_of(bench *b, int t, int environment, int signal) {
  double value = 0;
  ok(mm__learn_read(&b->learn, b->io.signal, (size_t)((t * b->n + environment) * MM_SIGNAL_COUNT + signal), &value, 1));
  return value;
}

static void t_train_episodes_begin_on_their_reference(void **state) {
  mm_train_def def = small();
  const mm_observation_block own = block_of(&def, "site_rpos"), goal = block_of(&def, "goal_site_rpos_0");
  double obs[2 * 400], qpos[2 * 9];
  bench b;
  (void)state;
  bench_open(&b, ctx, model, two, &def, 2, 0);
  ok(mm__task_begin(&b.task, &b.io, 0, 0));
  ok(mm__learn_read(&b.learn, b.io.obs, 0, obs, 2 * (size_t)b.task.plan.observations));
  for (int i = 0; i < 27; i++) assert_true(fabs(obs[own.offset + i] - obs[goal.offset + i]) < 1e-5);
  ok(mm_sim_get(b.task.sim, MM_QPOS, qpos));
  assert_true(qpos[0] == 0 && fabs(qpos[1] - 0.95) < 1e-6);
  assert_true(fabs(qpos[3] - walk->qpos[3]) < 1e-6);
  bench_close(&b);
}

static void t_train_random_starts_are_even(void **state) {
  mm_train_def def = small();
  const int n = 600;
  double *env = (double *)malloc(sizeof *env * 600 * MM_ENV_SIZE), frames = 0;
  int clips[2] = {0, 0};
  bench b;
  (void)state;
  def.start_from_first_share = 0;
  bench_open(&b, ctx, model, two, &def, n, -1);
  ok(mm__task_begin(&b.task, &b.io, 0, 0));
  ok(mm_sim_get(b.task.sim, MM_ENV_STATE, env));
  for (int i = 0; i < n; i++) {
    const int clip = (int)env[i * MM_ENV_SIZE + MM_ENV_CLIP], frame = (int)env[i * MM_ENV_SIZE + MM_ENV_FRAME];
    assert_true(clip >= 0 && clip < 2 && frame >= 0 && frame < (clip ? 12 : 60));
    clips[clip]++;
    if (!clip) frames += frame;
  }
  assert_true(abs(clips[0] - n / 2) < 70);
  assert_true(fabs(frames / clips[0] - 29.5) < 5);
  bench_close(&b);
  free(env);
}

static void t_train_some_starts_are_at_the_beginning(void **state) {
  mm_train_def def = small();
  const int n = 600;
  double *env = (double *)malloc(sizeof *env * 600 * MM_ENV_SIZE);
  int first = 0;
  bench b;
  (void)state;
  def.start_from_first_share = 0.4;
  bench_open(&b, ctx, model, two, &def, n, -1);
  ok(mm__task_begin(&b.task, &b.io, 0, 0));
  ok(mm_sim_get(b.task.sim, MM_ENV_STATE, env));
  for (int i = 0; i < n; i++) first += env[i * MM_ENV_SIZE + MM_ENV_FRAME] == 0;
  /* 1 of 60 and 1 of 12 frames are the first anyway */
  assert_true(abs(first - (int)(n * (0.4 + 0.6 * 0.05))) < 60);
  bench_close(&b);
  free(env);
}

/* environment 1 follows the clip of 12 frames: 11 steps to its last frame, wherever they began */
static void t_train_clips_end_and_horizons_cut(void **state) {
  mm_train_def def = small();
  double env[2 * MM_ENV_SIZE];
  bench b;
  (void)state;
  def.terminal_state_type = 0;
  def.horizon = 3;
  bench_open(&b, ctx, model, two, &def, 2, 0);
  ok(mm__task_begin(&b.task, &b.io, 0, 0));
  ok(mm_sim_get(b.task.sim, MM_ENV_STATE, env));
  env[MM_ENV_SIZE + MM_ENV_FRAME] = 9;
  ok(mm_sim_set(b.task.sim, MM_ENV_STATE, env));
  for (int t = 0; t < STEPS; t++) ok(mm__task_step(&b.task, &b.io, t, t + 1));
  for (int t = 0; t < STEPS; t++) {
    assert_true(signal_of(&b, t, 0, MM_SIGNAL_DONE) == (t == 2));
    assert_true(signal_of(&b, t, 0, MM_SIGNAL_TIMEOUT) == (t == 2));
    assert_true(signal_of(&b, t, 1, MM_SIGNAL_END) == (t == 1));
    assert_true(signal_of(&b, t, 1, MM_SIGNAL_DONE) == (t == 1));
    assert_true(signal_of(&b, t, 1, MM_SIGNAL_EARLY) == 0);
  }
  assert_true(signal_of(&b, 2, 0, MM_SIGNAL_LENGTH) == 3);
  ok(mm_sim_get(b.task.sim, MM_ENV_STATE, env));
  assert_true(env[MM_ENV_FRAME] == 1 && env[MM_ENV_SIZE + MM_ENV_FRAME] == 2);
  bench_close(&b);
}

static void t_train_diverged_environments_are_counted_and_begin_again(void **state) {
  mm_train_def def = small();
  double qvel[3 * 9], qpos[3 * 9];
  bench b;
  (void)state;
  bench_open(&b, ctx, model, walk, &def, 3, 0);
  ok(mm__task_begin(&b.task, &b.io, 0, 0));
  ok(mm_sim_get(b.task.sim, MM_QVEL, qvel));
  qvel[9 + 4] = 1e9;
  ok(mm_sim_set(b.task.sim, MM_QVEL, qvel));
  ok(mm__task_step(&b.task, &b.io, 0, 1));
  for (int i = 0; i < 3; i++) {
    assert_true(signal_of(&b, 0, i, MM_SIGNAL_DIVERGED) == (i == 1));
    assert_true(signal_of(&b, 0, i, MM_SIGNAL_DONE) == (i == 1));
  }
  assert_true(signal_of(&b, 0, 1, MM_SIGNAL_REWARD) == 0);
  ok(mm_sim_get(b.task.sim, MM_QPOS, qpos));
  assert_true(qpos[9] == 0 && fabs(qpos[9 + 3] - walk->qpos[3]) < 1e-6);
  bench_close(&b);
}

static void t_train_losing_the_reference_ends_an_episode(void **state) {
  mm_train_def def = small();
  double qpos[2 * 9];
  bench b;
  (void)state;
  bench_open(&b, ctx, model, walk, &def, 2, 0);
  ok(mm__task_begin(&b.task, &b.io, 0, 0));
  ok(mm_sim_get(b.task.sim, MM_QPOS, qpos));
  qpos[9] = 0.6; /* root 0.6 m ahead: beyond 0.5 */
  ok(mm_sim_set(b.task.sim, MM_QPOS, qpos));
  ok(mm__task_step(&b.task, &b.io, 0, 1));
  assert_true(signal_of(&b, 0, 0, MM_SIGNAL_DONE) == 0 && signal_of(&b, 0, 1, MM_SIGNAL_EARLY) == 1);
  assert_true(fabs(signal_of(&b, 0, 1, MM_SIGNAL_E_PELVIS) - 0.6) < 0.02);
  bench_close(&b);
}

static void same_checkpoints(const char *a, const char *b);

/* residual networks and mixtures of experts, both optimisers, and a rate that is kept on the device through whole runs */
static void t_train_every_network_runs(void **state) {
  (void)state;
  for (int kind = 0; kind < 2; kind++) {
    mm_train_def def = small();
    mm_trainer *trainer;
    mm_train_report report;
    ok(mm_train_set(ctx, &def, "actor_hidden_layers", "[32, 24, 24, 24, 16]"));
    ok(mm_train_set(ctx, &def, kind ? "use_moe" : "use_residual", "true"));
    ok(mm_train_set(ctx, &def, "moe_at_layers", "[0]"));
    ok(mm_train_set(ctx, &def, "optimizer_type", kind ? "muon" : "adamw"));
    if (kind) ok(mm_train_set(ctx, &def, "lr_schedule_type", "adaptive"));
    def.desired_kl = 1e-9; /* every update goes further than that */
    trainer = trainer_of(&def, two);
    updates(trainer, 2, &report);
    assert_true(report.skipped_updates == 0 && report.grad_norm > 0);
    assert_true(kind ? report.learning_rate < def.lr && report.learning_rate > def.lr / 2.3 : report.learning_rate == def.lr * (1 - 0.01));
    assert_true(kind ? report.moe_balance > 2 * 0.0099 && report.moe_balance < 0.08 : report.moe_balance == 0);
    ok(mm_trainer_save(trainer, in_folder("kind.h5")));
    updates(trainer, 1, NULL);
    ok(mm_trainer_save(trainer, in_folder("kind-on.h5")));
    mm_trainer_destroy(trainer);
    ok(mm_trainer_load(ctx, model, two, in_folder("kind.h5"), &trainer));
    updates(trainer, 1, NULL);
    ok(mm_trainer_save(trainer, in_folder("kind-resumed.h5")));
    mm_trainer_destroy(trainer);
    same_checkpoints("kind-on.h5", "kind-resumed.h5");
  }
}

static void t_train_runs_and_reports(void **state) {
  const mm_train_def def = small();
  mm_trainer *trainer = trainer_of(&def, two);
  mm_train_report report;
  mm_trainer_info info;
  double value = 0;
  int made = 0, items = 0;
  (void)state;
  mm_trainer_get_info(trainer, &info);
  assert_int_equal(info.observations, 377);
  assert_int_equal(info.actor_parameters, 377 * 32 + 3 * 32 + 32 * 24 + 3 * 24 + 24 * 18 + 18 + 18);
  assert_int_equal(mm_trainer_updates(trainer, &made), 100);
  updates(trainer, 2, &report);
  mm_trainer_updates(trainer, &made);
  assert_int_equal(made, 2);
  assert_true(report.update == 2 && report.timesteps == 96 && report.reward > 0 && report.policy_std > 0.2 && report.skipped_updates == 0);
  assert_true(report.learning_rate == def.lr * (1 - 0.01));
  for (; mm_train_report_item(&report, items, &value); items++) assert_true(value - value == 0);
  assert_true(items > 40);
  mm_trainer_destroy(trainer);
}

/* every array of two checkpoints, bit for bit */
static mm_store *open_store(const char *name) {
  mm_store *store = NULL;
  ok(mm_store_open(ctx, in_folder(name), NULL, &store));
  return store;
}

typedef struct comparison { mm_store *a, *b; char group[128]; int arrays; } comparison;

static int compare_member(const char *name, int is_group, void *user) {
  comparison *c = (comparison *)user, inner;
  char path[160];
  mm_store_array shape;
  snprintf(path, sizeof path, "%s%s%s", c->group, c->group[0] ? "/" : "", name);
  if (is_group) {
    inner = *c;
    snprintf(inner.group, sizeof inner.group, "%.120s", path);
    ok(mm_store_list(c->a, path, compare_member, &inner));
    c->arrays = inner.arrays;
    return 0;
  }
  ok(mm_store_info(c->a, path, &shape));
  if (shape.type == MM_DTYPE_F32 || shape.type == MM_DTYPE_F64) {
    double *values[2];
    int64_t count = 1, dims[MM_RANK_MAX];
    for (int i = 0; i < shape.rank; i++) count *= shape.shape[i];
    for (int i = 0; i < 2; i++) {
      for (int k = 0; k < shape.rank; k++) dims[k] = -1;
      ok(mm_store_load(i ? c->b : c->a, path, MM_DTYPE_F64, shape.rank, dims, (void **)&values[i]));
    }
    if (memcmp(values[0], values[1], (size_t)count * sizeof(double))) fail_msg("%s differs", path);
    mm_store_free(c->a, values[0]);
    mm_store_free(c->b, values[1]);
    c->arrays++;
  }
  return 0;
}

static void same_checkpoints(const char *a, const char *b) {
  comparison c;
  memset(&c, 0, sizeof c);
  c.a = open_store(a);
  c.b = open_store(b);
  ok(mm_store_list(c.a, "/", compare_member, &c));
  assert_true(c.arrays > 50);
  mm_store_close(c.a);
  mm_store_close(c.b);
}

static void t_train_noise_ends_where_it_should(void **state) {
  mm_train_def def = small();
  mm_train_report report;
  mm_trainer *trainer;
  (void)state;
  def.total_timesteps = 6 * 8 * 4;
  def.init_std = 0.4;
  def.final_std = 0.1;
  trainer = trainer_of(&def, two);
  updates(trainer, 3, &report);
  /* what an update reports is the noise that it was made with */
  assert_true(report.policy_std <= 0.2 + 1e-9 && report.policy_std > 0.15);
  updates(trainer, 1, &report);
  assert_true(report.policy_std <= 0.4 * pow(0.25, 0.75) + 1e-9);
  mm_trainer_destroy(trainer);
}

static void t_train_resumed_equals_uninterrupted(void **state) {
  const mm_train_def def = small();
  mm_trainer *trainer = trainer_of(&def, two);
  (void)state;
  ok(mm_trainer_note(trainer, "model", "legs"));
  ok(mm_trainer_note(trainer, "model", "legs18"));
  updates(trainer, 3, NULL);
  ok(mm_trainer_save(trainer, in_folder("half.h5")));
  updates(trainer, 3, NULL);
  ok(mm_trainer_save(trainer, in_folder("whole.h5")));
  mm_trainer_destroy(trainer);
  ok(mm_trainer_load(ctx, model, two, in_folder("half.h5"), &trainer));
  updates(trainer, 3, NULL);
  ok(mm_trainer_save(trainer, in_folder("resumed.h5")));
  mm_trainer_destroy(trainer);
  same_checkpoints("whole.h5", "resumed.h5");
}

static void t_train_same_seed_gives_the_same_numbers(void **state) {
  mm_train_def def = small();
  char *note = NULL;
  (void)state;
  for (int i = 0; i < 2; i++) {
    mm_trainer *trainer = trainer_of(&def, two);
    mm_train_report report;
    updates(trainer, 2, i ? &report : NULL); /* looking at a run does not change it */
    ok(mm_trainer_save(trainer, in_folder(i ? "second.h5" : "first.h5")));
    mm_trainer_destroy(trainer);
  }
  same_checkpoints("first.h5", "second.h5");
  ok(mm_checkpoint_note(ctx, in_folder("first.h5"), "model", &note));
  assert_null(note);
}

static void t_train_checkpoints_know_their_run(void **state) {
  mm_train_def def = small(), back;
  mm_trainer *trainer = trainer_of(&def, two);
  mm_model *other = NULL;
  char *note = NULL, cut[64];
  FILE *file;
  (void)state;
  ok(mm_trainer_note(trainer, "model", "legs18"));
  ok(mm_trainer_save(trainer, in_folder("run.h5")));
  mm_trainer_destroy(trainer);
  ok(mm_checkpoint_def(ctx, in_folder("run.h5"), &back));
  assert_memory_equal(&def, &back, sizeof def);
  ok(mm_checkpoint_note(ctx, in_folder("run.h5"), "model", &note));
  assert_string_equal(note, "legs18");
  free(note);
  fails(mm_trainer_load(ctx, model, walk, in_folder("run.h5"), &trainer), MM_E_DATA, "another trajectory");
  assert_null(trainer);
  ok(mm_model_load(ctx, "models/legs18.xml", &other));
  other->hash ^= 1;
  assert_int_equal(mm_trainer_load(ctx, other, two, in_folder("run.h5"), &trainer), MM_E_DATA);
  mm_model_destroy(other);
  assert_int_equal(mm_trainer_load(ctx, model, two, in_folder("none.h5"), &trainer), MM_E_FILE);
  snprintf(cut, sizeof cut, "%s", in_folder("run.h5"));
  file = fopen(cut, "r+b");
  assert_non_null(file);
  assert_int_equal(ftruncate(fileno(file), 30000), 0);
  fclose(file);
  assert_int_equal(mm_trainer_load(ctx, model, two, cut, &trainer), MM_E_PARSE);
  assert_null(trainer);
}

static void t_train_what_does_not_fit_is_refused(void **state) {
  mm_train_def def = small();
  mm_trainer *trainer = NULL;
  mm_trajectory *odd;
  (void)state;
  def.num_minibatches = 7;
  fails(mm_trainer_create(ctx, model, walk, &def, &trainer), MM_E_ARGUMENT, "num_minibatches 7");
  def = small();
  def.n_substeps = 4;
  fails(mm_trainer_create(ctx, model, walk, &def, &trainer), MM_E_DATA, "100 frames a second");
  def = small();
  def.total_timesteps = 10;
  fails(mm_trainer_create(ctx, model, walk, &def, &trainer), MM_E_ARGUMENT, "total_timesteps");
  def = small();
  odd = swinging(model, "odd", 20, 2);
  odd->model_hash ^= 1;
  fails(mm_trainer_create(ctx, model, odd, &def, &trainer), MM_E_DATA, "another model");
  odd->model_hash ^= 1;
  odd->qvel[3] = NAN;
  fails(mm_trainer_create(ctx, model, odd, &def, &trainer), MM_E_DATA, "not finite");
  mm_trajectory_destroy(odd);
  assert_null(trainer);
}

static int stop_at_once(double done, void *user) {
  (void)user;
  return done >= 0;
}

static void t_train_evaluation_follows_every_clip_once(void **state) {
  const mm_train_def def = small();
  mm_trainer *trainer = trainer_of(&def, two);
  mm_eval_result *one = NULL, *side = NULL, *untrained = NULL;
  mm_eval_def eval;
  (void)state;
  memset(&eval, 0, sizeof eval);
  eval.mean_site_deviation_threshold = 5; /* nobody is lost, so every clip runs to its end */
  eval.root_deviation_threshold = 50;
  eval.environments = 1;
  ok(mm_trainer_evaluate(trainer, two, &eval, &one));
  assert_int_equal(one->clip_count, 2);
  assert_int_equal(one->clips[0].survived, 59);
  assert_int_equal(one->clips[1].survived, 11);
  assert_true(one->success_rate == 1 && one->overall.coverage == 1 && one->overall.survived == 70);
  assert_true(one->overall.joint_angle > 0.1 && one->overall.site_rel > 0.001);
  eval.environments = 2; /* side by side they do the same */
  ok(mm_trainer_evaluate(trainer, two, &eval, &side));
  assert_memory_equal(one->clips, side->clips, 2 * sizeof *one->clips);
  ok(mm_trainer_save(trainer, in_folder("eval.h5")));
  eval.untrained = 1;
  mm_eval_result_destroy(side);
  ok(mm_checkpoint_evaluate(ctx, model, two, in_folder("eval.h5"), &eval, &side));
  assert_memory_equal(one->clips, side->clips, 2 * sizeof *one->clips);
  ok(mm_eval_result_save(side, two, in_folder("result.h5")));
  eval.mean_site_deviation_threshold = 1e-6;
  ok(mm_trainer_evaluate(trainer, two, &eval, &untrained));
  assert_true(untrained->success_rate == 0 && untrained->overall.survived == 2);
  mm_eval_result_destroy(untrained);
  eval.progress = stop_at_once;
  fails(mm_trainer_evaluate(trainer, two, &eval, &untrained), MM_E_INTERRUPTED, "stopped");
  mm_eval_result_destroy(one);
  mm_eval_result_destroy(side);
  mm_trainer_destroy(trainer);
}

/* where effort costs, muscles learn to rest */
static void t_train_learns(void **state) {
  mm_train_def def = small();
  mm_trainer *trainer;
  mm_train_report report;
  double first = 0, last = 0;
  (void)state;
  def.num_envs = 32;
  def.num_steps = 16;
  def.num_minibatches = 4;
  def.total_timesteps = 30 * 512;
  def.lr = 2e-3;
  def.activation_energy_coeff = 3;
  trainer = trainer_of(&def, walk);
  for (int i = 0; i < 30; i++) {
    ok(mm_trainer_step(trainer, &report));
    if (i < 4) first += report.penalty / 4;
    if (i >= 26) last += report.penalty / 4;
  }
  if (!(last > 0.75 * first)) fail_msg("penalty %g at first, %g in the end", first, last);
  mm_trainer_destroy(trainer);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_train_settings_go_to_text_and_back), cmocka_unit_test(t_train_wrong_settings_are_refused),
    cmocka_unit_test(t_train_observation_is_in_blocks), cmocka_unit_test(t_train_episodes_begin_on_their_reference),
    cmocka_unit_test(t_train_random_starts_are_even), cmocka_unit_test(t_train_some_starts_are_at_the_beginning), cmocka_unit_test(t_train_clips_end_and_horizons_cut),
    cmocka_unit_test(t_train_diverged_environments_are_counted_and_begin_again), cmocka_unit_test(t_train_losing_the_reference_ends_an_episode),
    cmocka_unit_test(t_train_every_network_runs), cmocka_unit_test(t_train_runs_and_reports), cmocka_unit_test(t_train_noise_ends_where_it_should), cmocka_unit_test(t_train_resumed_equals_uninterrupted),
    cmocka_unit_test(t_train_same_seed_gives_the_same_numbers), cmocka_unit_test(t_train_checkpoints_know_their_run),
    cmocka_unit_test(t_train_what_does_not_fit_is_refused), cmocka_unit_test(t_train_evaluation_follows_every_clip_once),
    cmocka_unit_test(t_train_learns)};
  return cmocka_run_group_tests(tests, setup, teardown);
}
