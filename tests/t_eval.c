/* >>t-eval: evaluation: roll-outs, seeds, policies from outside */
#define MUSCLEMIMIC_IMPLEMENTATION
#include "clips.h"

static mm_model *model;
static mm_trajectory *clips; /* 45 and 12 frames */
static mm_trainer *trainer;

static int setup(void **state) {
  mm_train_def train;
  mm_trajectory *list[2];
  if (make_native_float(state)) return -1;
  model = load_model("models/legs18.xml");
  list[0] = swinging(model, "swing", 45, 2);
  list[1] = swinging(model, "short", 12, 2);
  clips = joined(list, 2);
  train = settings("num_envs=8; num_steps=5; actor_hidden_layers=[24]; critic_hidden_layers=[16]");
  ok(mm_trainer_create(ctx, model, clips, &train, &trainer));
  for (int i = 0; i < 4; i++) ok(mm_trainer_step(trainer, NULL));
  return 0;
}

static int teardown(void **state) {
  mm_trainer_destroy(trainer);
  mm_trajectory_destroy(clips);
  mm_model_destroy(model);
  return remove_folder(state);
}

static mm_eval_def lenient(void) {
  mm_eval_def def;
  memset(&def, 0, sizeof def);
  def.mean_site_deviation_threshold = 0.12; /* the long clip is lost on the way, the short one followed */
  def.root_deviation_threshold = 50;
  return def;
}

static mm_eval_result *evaluate(const mm_eval_def *def) {
  mm_eval_result *result = NULL;
  ok(mm_trainer_evaluate(trainer, clips, def, &result));
  return result;
}

static mm_eval_result *record(mm_eval_def def, const char *name) {
  mm_eval_result *result;
  ok(mm_eval_store(ctx, in_folder(name), model, &def.rollouts));
  result = evaluate(&def);
  ok(mm_eval_result_write(result, clips, def.rollouts));
  ok(mm_store_commit(def.rollouts));
  mm_store_close(def.rollouts);
  return result;
}

static double *load(mm_store *store, int clip, const char *name, int64_t *rows, int columns) {
  char path[96];
  double *values = NULL;
  int64_t shape[2] = {-1, columns};
  snprintf(path, sizeof path, "rollouts/%04d/%s", clip, name);
  ok(mm_store_load(store, path, MM_DTYPE_F64, columns ? 2 : 1, shape, (void **)&values));
  *rows = shape[0];
  return values;
}

static void t_eval_rollouts_are_of_what_happens_anyway(void **state) {
  mm_eval_def def = lenient();
  mm_eval_result *plain = evaluate(&def), *watched = record(def, "eval.h5");
  mm_store *store = NULL;
  (void)state;
  assert_memory_equal(plain->clips, watched->clips, 2 * sizeof *plain->clips);
  assert_true(watched->clips[0].success == 0 && watched->clips[0].survived < 44 && watched->clips[0].survived > 3);
  assert_true(watched->clips[1].success == 1);
  ok(mm_store_open(ctx, in_folder("eval.h5"), NULL, &store));
  for (int c = 0; c < 2; c++) {
    int64_t rows = 0, more = 0;
    double *reward = load(store, c, "reward", &rows, 0), *q = load(store, c, "qpos", &more, model->nq), sum = 0;
    double *reference = load(store, c, "reference_qpos", &more, model->nq);
    assert_true(rows == (int64_t)watched->clips[c].survived + 1 && more == rows);
    for (int64_t i = 0; i < rows; i++) sum += reward[i];
    assert_true(reward[0] == 0 && fabs(sum / (double)(rows - 1) - watched->clips[c].reward) < 1e-6);
    for (int i = 0; i < model->nq; i++) assert_true(fabs(q[i] - reference[i]) < 1e-6);
    assert_true(fabs(reference[(rows - 1) * model->nq] - 0.01 * (double)(rows - 1)) < 1e-6);
    assert_true(fabs(q[(rows - 1) * model->nq + 3] - q[3]) > 1e-3); /* the last frame is of this episode, not of a next one */
    mm_store_free(store, reward);
    mm_store_free(store, q);
    mm_store_free(store, reference);
  }
  mm_store_close(store);
  mm_eval_result_destroy(plain);
  mm_eval_result_destroy(watched);
}

/* what is written of a frame follows from the state that is written of it */
static void t_eval_rollouts_fit_together(void **state) {
  static const mm_field inputs[] = {MM_QPOS, MM_QVEL, MM_ACT, MM_CTRL}, outputs[] = {MM_ACTUATOR_FORCE, MM_QFRC_ACTUATOR, MM_XPOS, MM_SENSORDATA};
  mm_eval_result *result = record(lenient(), "fit.h5");
  mm_store *store = NULL;
  mm_sim *sim = NULL;
  mm_sim_def def;
  int64_t rows = 0;
  double *ctrl, *excitation, *act;
  (void)state;
  ok(mm_store_open(ctx, in_folder("fit.h5"), NULL, &store));
  memset(&def, 0, sizeof def);
  def.keep = outputs;
  def.keep_count = MM_COUNT(outputs);
  excitation = load(store, 1, "excitation", &rows, model->nu);
  def.environments = (int)rows;
  ok(mm_sim_create(ctx, model, &def, &sim));
  for (int i = 0; i < MM_COUNT(inputs); i++) {
    double *values = load(store, 1, mm_field_name(inputs[i]), &rows, mm_field_size(model, inputs[i]));
    ok(mm_sim_set(sim, inputs[i], values));
    mm_store_free(store, values);
  }
  ok(mm_sim_forward(sim));
  for (int i = 0; i < MM_COUNT(outputs); i++) {
    const int64_t size = mm_field_size(model, outputs[i]);
    double *values = load(store, 1, mm_field_name(outputs[i]), &rows, (int)size), *again = (double *)malloc((size_t)(rows * size) * sizeof *again);
    ok(mm_sim_get(sim, outputs[i], again));
    for (int64_t k = 0; k < rows * size; k++)
      if (fabs(again[k] - values[k]) > 1e-3 * (1 + fabs(values[k]))) fail_msg("%s[%d]: %g, %g from its state", mm_field_name(outputs[i]), (int)k, values[k], again[k]);
    free(again);
    mm_store_free(store, values);
  }
  ctrl = load(store, 1, "action", &rows, model->nu);
  act = load(store, 1, "act", &rows, model->na);
  for (int64_t k = 0; k < rows * model->nu; k++) {
    assert_true(fabs(excitation[k] - fmin(fmax(ctrl[k], 0), 1)) < 1e-6);
    assert_true(act[k] >= 0 && act[k] <= 1);
  }
  mm_store_free(store, ctrl);
  mm_store_free(store, act);
  mm_store_free(store, excitation);
  mm_sim_destroy(sim);
  mm_store_close(store);
  mm_eval_result_destroy(result);
}

static void t_eval_seeds_are_evaluations_of_their_own(void **state) {
  mm_eval_def def = lenient();
  mm_eval_result *all, *one[3];
  double mean = 0, squares = 0;
  (void)state;
  def.stochastic = 1;
  def.seed = 5;
  def.seeds = 3;
  all = evaluate(&def);
  def.seeds = 1;
  for (int s = 0; s < 3; s++) {
    def.seed = 5 + (uint64_t)s;
    one[s] = evaluate(&def);
    assert_memory_equal(all->runs + 2 * s, one[s]->clips, 2 * sizeof *all->runs);
    assert_true(one[s]->clips_sd[0].joint_angle == 0 && one[s]->overall_sd.success == 0);
    mean += one[s]->clips[1].joint_angle / 3;
  }
  for (int s = 0; s < 3; s++) squares += (one[s]->clips[1].joint_angle - mean) * (one[s]->clips[1].joint_angle - mean);
  assert_true(fabs(all->clips[1].joint_angle - mean) < 1e-12);
  assert_true(squares > 0 && fabs(all->clips_sd[1].joint_angle - sqrt(squares / 2)) < 1e-12);
  assert_true(fabs(all->overall.coverage - (one[0]->overall.coverage + one[1]->overall.coverage + one[2]->overall.coverage) / 3) < 1e-12);
  ok(mm_eval_result_save(all, clips, in_folder("seeds.h5")));
  for (int s = 0; s < 3; s++) mm_eval_result_destroy(one[s]);
  mm_eval_result_destroy(all);
}

/* plays recorded actions, of one clip after the other */
typedef struct tape { double *actions[2]; int64_t rows[2]; int clip, step, calls; } tape;

static int play(const float *observations, int rows, float *actions, void *user) {
  tape *t = (tape *)user;
  (void)observations;
  assert_int_equal(rows, 1);
  if (t->step == 0 || t->step + 1 >= t->rows[t->clip]) { /* the short clip is the second, and ends within a chunk of 32 */
    if (t->step && t->calls % 32 == 0) {
      t->clip++;
      t->step = 0;
    }
  }
  for (int i = 0; i < model->nu; i++) {
    const int64_t row = t->step + 1 < t->rows[t->clip] ? t->step + 1 : t->rows[t->clip] - 1;
    actions[i] = (float)t->actions[t->clip][row * model->nu + i];
  }
  t->step++;
  t->calls++;
  return 0;
}

static int refuse(const float *observations, int rows, float *actions, void *user) {
  (void)observations;
  (void)rows;
  (void)actions;
  (void)user;
  return 1;
}

static int go_wrong(const float *observations, int rows, float *actions, void *user) {
  (void)observations;
  (void)user;
  for (int i = 0; i < rows * model->nu; i++) actions[i] = NAN;
  return 0;
}

static void t_eval_somebody_else_may_act(void **state) {
  mm_eval_def def = lenient();
  mm_eval_result *engine, *outer = NULL;
  mm_store *store = NULL;
  tape t;
  (void)state;
  def.environments = 1;
  engine = record(def, "tape.h5");
  memset(&t, 0, sizeof t);
  ok(mm_store_open(ctx, in_folder("tape.h5"), NULL, &store));
  for (int c = 0; c < 2; c++) t.actions[c] = load(store, c, "action", &t.rows[c], model->nu);
  def.policy = play;
  def.policy_user = &t;
  outer = evaluate(&def);
  assert_memory_equal(engine->clips, outer->clips, 2 * sizeof *engine->clips);
  mm_eval_result_destroy(outer);
  def.policy = refuse;
  assert_int_equal(mm_trainer_evaluate(trainer, clips, &def, &outer), MM_E_INTERRUPTED);
  def.policy = go_wrong;
  assert_int_equal(mm_trainer_evaluate(trainer, clips, &def, &outer), MM_E_DATA);
  for (int c = 0; c < 2; c++) mm_store_free(store, t.actions[c]);
  mm_store_close(store);
  mm_eval_result_destroy(engine);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_eval_rollouts_are_of_what_happens_anyway), cmocka_unit_test(t_eval_rollouts_fit_together),
    cmocka_unit_test(t_eval_seeds_are_evaluations_of_their_own), cmocka_unit_test(t_eval_somebody_else_may_act)};
  return cmocka_run_group_tests(tests, setup, teardown);
}
