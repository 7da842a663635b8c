/* >>t-export: policies without the engine: the C header against the engine, arrays for NumPy, refused checkpoints */
#define MUSCLEMIMIC_IMPLEMENTATION
#include "clips.h"

enum { ROWS = 40 };

static mm_model *model;
static mm_trajectory *clip;

static int setup(void **state) {
  if (make_native_float(state)) return -1;
  model = load_model("models/legs18.xml");
  clip = swinging(model, "swing", 30, 0);
  return 0;
}

static int teardown(void **state) {
  mm_trajectory_destroy(clip);
  mm_model_destroy(model);
  return remove_folder(state);
}

/* weights of the output layer by which actions are as large as muscles need them */
static void enlarge(mm_trainer *t) {
  const mm_dense *output = &t->agent.actor.output;
  const size_t count = (size_t)(output->inputs * output->outputs);
  double *weights = (double *)malloc(sizeof *weights * count);
  ok(mm__learn_read(&t->learn, t->agent.params, (size_t)output->weight_at, weights, count));
  for (size_t i = 0; i < count; i++) weights[i] *= 30;
  ok(mm__learn_write(&t->learn, t->agent.params, (size_t)output->weight_at, weights, count));
  free(weights);
}

/* a policy after some updates; every: hidden layers, residual blocks, one of them with a way of its own, a mixture */
static mm_trainer *trained(const char *kind) {
  mm_trainer *trainer = NULL;
  mm_train_def def = settings("num_envs=8; num_steps=8; num_minibatches=2; total_timesteps=6400; lr=0.01;"
                              "actor_hidden_layers=[40, 48, 40, 48, 20]; critic_hidden_layers=[16]");
  if (!strcmp(kind, "residual")) set_all(&def, "use_residual=true");
  if (!strcmp(kind, "fixed")) set_all(&def, "use_residual=true; residual_type=fixed; use_layernorm=false; lr=1e-4");
  if (!strcmp(kind, "mixture")) set_all(&def, "use_moe=true; moe_at_layers=[0, 3]; apply_moe_to=actor");
  ok(mm_trainer_create(ctx, model, clip, &def, &trainer));
  for (int i = 0; i < 6; i++) ok(mm_trainer_step(trainer, NULL));
  enlarge(trainer);
  ok(mm_trainer_save(trainer, in_folder("policy.h5")));
  return trainer;
}

/* the engine's mean actions for observations that lie in the trainer's buffer */
static void engine_actions(mm_trainer *t, const double *obs, double *actions) {
  mm_agent *agent = &t->agent;
  ok(mm__learn_write(&t->learn, t->ppo.b[MM_PPO_OBS], 0, obs, (size_t)(ROWS * agent->observations)));
  for (int first = 0; first < ROWS; first += 8) { /* as many rows as the agent holds */
    ok(mm__agent_normalize(agent, t->ppo.b[MM_PPO_OBS], NULL, first, 0, 8, agent->stats));
    ok(mm__mlp_forward(agent, &agent->actor, 0, 8));
    ok(mm__learn_run(&t->learn, "mmk_bias", 8, "bbiii", agent->params, agent->actor.out, agent->actor.output.bias_at, 8, agent->actions));
    ok(mm__learn_read(&t->learn, agent->actor.out, 0, actions + first * agent->actions, (size_t)(8 * agent->actions)));
  }
}

static void write_rows(const char *name, const double *obs, int observations) {
  FILE *file = fopen(in_folder(name), "wb");
  const int32_t rows = ROWS;
  assert_non_null(file);
  fwrite(&rows, sizeof rows, 1, file);
  for (int i = 0; i < ROWS * observations; i++) {
    const float x = (float)obs[i];
    fwrite(&x, sizeof x, 1, file);
  }
  fclose(file);
}

static void check_answers(const char *name, const mm_agent *agent, const double *expected, double gate, const char *kind) {
  FILE *file = fopen(in_folder(name), "rb");
  int32_t sizes[2];
  float x;
  assert_non_null(file);
  assert_int_equal(fread(sizes, sizeof sizes, 1, file), 1);
  assert_int_equal(sizes[0], agent->observations);
  assert_int_equal(sizes[1], agent->actions);
  for (int i = 0; i < ROWS * agent->actions; i++) {
    assert_int_equal(fread(&x, sizeof x, 1, file), 1);
    if (!(fabs((double)x - expected[i]) <= gate * (1 + fabs(expected[i])))) fail_msg("%s: action %d: %.9g, the engine says %.9g", kind, i, (double)x, expected[i]);
  }
  assert_int_equal(fread(&x, 1, 1, file), 0);
  fclose(file);
}

static void t_export_c_gives_the_engines_actions(void **state) {
  static const char *const kinds[] = {"plain", "residual", "fixed", "mixture"};
  mm_context *exact = NULL;
  (void)state;
  ok(native_context(MM_PRECISION_F64, &exact));
  for (int k = 0; k < MM_COUNT(kinds); k++) {
    mm_trainer *t = trained(kinds[k]);
    const int observations = t->agent.observations, actions = t->agent.actions;
    double *obs = (double *)malloc(sizeof *obs * (size_t)(ROWS * observations)), *expected = (double *)malloc(sizeof *obs * (size_t)(ROWS * actions));
    double stats[2 * 1024], most = 0;
    ok(mm__learn_read(&t->learn, t->agent.stats, 0, stats, 2 * (size_t)mm__padded(observations)));
    for (int i = 0; i < ROWS * observations; i++) { /* floats around what the policy has seen */
      const int c = i % observations;
      obs[i] = (double)(float)(stats[c] + 1.5 * sqrt(stats[mm__padded(observations) + c]) * sin(12.9898 * i + 0.3));
    }
    engine_actions(t, obs, expected);
    for (int i = 0; i < ROWS * actions; i++) most = fmax(most, fabs(expected[i]));
    assert_true(most > 0.1);
    write_rows("in", obs, observations);
    ok(mm_checkpoint_export_c(ctx, in_folder("policy.h5"), in_folder("my-policy.h")));
    shell("cc -std=c99 -Wall -Wextra -Wpedantic -Wconversion -Werror -O1 -I%s -DPOLICY='\"my-policy.h\"' -Dpolicy_act=my_policy_act "
          "-DPOLICY_OBSERVATIONS=MY_POLICY_OBSERVATIONS -DPOLICY_ACTIONS=MY_POLICY_ACTIONS examples/controller/controller.c -o %s -lm",
          folder, in_folder("controller"));
    shell("%s < %s > %s", in_folder("controller"), in_folder("in"), in_folder("out"));
    check_answers("out", &t->agent, expected, 5e-5, kinds[k]); /* to the rounding of the engine in float */
    mm_trainer_destroy(t);
    ok(mm_trainer_load(exact, model, clip, in_folder("policy.h5"), &t));
    engine_actions(t, obs, expected);
    check_answers("out", &t->agent, expected, 1e-6, kinds[k]); /* the same policy in double */
    mm_trainer_destroy(t);
    free(obs);
    free(expected);
  }
  mm_context_destroy(exact);
}

static void t_export_npz_holds_what_the_checkpoint_does(void **state) {
  mm_trainer *t = trained("residual");
  mm_npz *npz = NULL;
  const mm_npz_array *array, *names;
  double *params = (double *)calloc((size_t)t->agent.size, sizeof *params);
  (void)state;
  ok(mm__learn_read(&t->learn, t->agent.params, 0, params, (size_t)t->agent.size));
  ok(mm_checkpoint_export_npz(ctx, in_folder("policy.h5"), in_folder("policy.npz")));
  ok(mm_npz_open(ctx, in_folder("policy.npz"), &npz));
  for (int i = 0; i < t->agent.tensor_count; i++) {
    const mm_tensor *tensor = &t->agent.tensors[i];
    ok(mm_npz_get(npz, tensor->name, &array));
    assert_int_equal(array->type, MM_DTYPE_F32);
    assert_int_equal(array->count, (tensor->rows ? tensor->rows : 1) * tensor->columns);
    for (int64_t k = 0; k < array->count; k++) assert_true((double)((const float *)array->data)[k] == params[tensor->at + k]);
  }
  ok(mm_npz_get(npz, "actor/layers", &names));
  assert_int_equal(names->count, 3);
  assert_string_equal(((const char *const *)names->data)[0], "block");
  assert_string_equal(((const char *const *)names->data)[2], "hidden");
  ok(mm_npz_get(npz, "actions/names", &names));
  assert_int_equal(names->count, model->nu);
  assert_string_equal(((const char *const *)names->data)[3], mm_model_name(model, MM_OBJ_ACTUATOR, 3));
  ok(mm_npz_get(npz, "observations/block_places", &array));
  assert_true(array->shape[1] == 3 && ((const int *)array->data)[1] == 2);
  mm_npz_close(npz);
  mm_trainer_destroy(t);
  free(params);
}

static void t_export_refuses_what_holds_no_policy(void **state) {
  (void)state;
  ok(mm_trajectory_save(clip, in_folder("clip.h5")));
  assert_int_equal(mm_checkpoint_export_c(ctx, in_folder("none.h5"), in_folder("x.h")), MM_E_FILE);
  assert_int_equal(mm_checkpoint_export_c(ctx, in_folder("clip.h5"), in_folder("x.h")), MM_E_DATA);
  assert_int_equal(mm_checkpoint_export_npz(ctx, in_folder("clip.h5"), in_folder("x.npz")), MM_E_DATA);
  mm_trainer_destroy(trained("plain"));
  assert_int_equal(mm_checkpoint_export_c(ctx, in_folder("policy.h5"), in_folder("no/such/x.h")), MM_E_FILE);
  assert_false(is_there("x.h"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_export_c_gives_the_engines_actions), cmocka_unit_test(t_export_npz_holds_what_the_checkpoint_does),
    cmocka_unit_test(t_export_refuses_what_holds_no_policy)};
  return cmocka_run_group_tests(tests, setup, teardown);
}
