/* >>t-ppo: advantages, scaled rewards, the shuffle, the clipped losses */
#define MUSCLEMIMIC_IMPLEMENTATION
#include "learning.h"

enum { ENVIRONMENTS = 3, STEPS = 4, OBSERVATIONS = 5, ACTIONS = 2, BATCH = ENVIRONMENTS * STEPS };

static mm_agent agent;
static mm_ppo ppo;

static mm_ppo_def settings(void) {
  mm_ppo_def def;
  memset(&def, 0, sizeof def);
  def.environments = ENVIRONMENTS;
  def.steps = STEPS;
  def.epochs = def.minibatches = 1;
  def.gamma = 0.9;
  def.lambda = 0.8;
  def.clip = def.clip_value = 0.2;
  def.value_coef = 0.5;
  def.entropy_coef = 0.01;
  def.beta1 = 0.9;
  def.beta2 = 0.999;
  def.adam_eps = 1e-5;
  def.learn_std = def.bootstrap = 1;
  def.seed = 3;
  return def;
}

static void open_ppo(const mm_ppo_def *def) {
  mm_agent_def agent_def;
  memset(&agent_def, 0, sizeof agent_def);
  agent_def.observations = OBSERVATIONS;
  agent_def.actions = ACTIONS;
  mm__ppo_rows(def, &agent_def.actor_rows, &agent_def.critic_rows);
  ok(mm__agent_create(&learn, &agent_def, &agent));
  ok(mm__agent_init(&agent, 1, 0.6));
  ok(mm__ppo_create(&agent, def, &ppo));
}

static void close_ppo(void) {
  mm__ppo_destroy(&ppo);
  mm__agent_destroy(&agent);
}

static void put_plane(int plane, const double *values, int count) {
  ok(mm__learn_write(&learn, ppo.b[MM_PPO_BATCH], (size_t)(plane * ppo.stride), values, (size_t)count));
}

static void get_plane(int plane, double *values, int count) {
  ok(mm__learn_read(&learn, ppo.b[MM_PPO_BATCH], (size_t)(plane * ppo.stride), values, (size_t)count));
}

/* environment 0 goes on, 1 is absorbed in step 1, 2 is cut in step 1 */
static void fill_planes(void) {
  double scaled[BATCH], done[BATCH], absorbing[BATCH], value[BATCH + ENVIRONMENTS], last[BATCH];
  for (int i = 0; i < BATCH; i++) {
    scaled[i] = 0.1 * (i + 1);
    done[i] = absorbing[i] = 0;
    last[i] = 5 + i;
  }
  for (int i = 0; i < BATCH + ENVIRONMENTS; i++) value[i] = 1 + 0.3 * i;
  done[ENVIRONMENTS + 1] = absorbing[ENVIRONMENTS + 1] = done[ENVIRONMENTS + 2] = 1;
  put_plane(MM_PLANE_SCALED, scaled, BATCH);
  put_plane(MM_PLANE_DONE, done, BATCH);
  put_plane(MM_PLANE_ABSORBING, absorbing, BATCH);
  put_plane(MM_PLANE_VALUE, value, BATCH + ENVIRONMENTS);
  put_plane(MM_PLANE_LAST, last, BATCH);
}

static void check_advantages(int bootstrap) {
  mm_ppo_def def = settings();
  double advantage[BATCH], target[BATCH];
  def.bootstrap = bootstrap;
  open_ppo(&def);
  fill_planes();
  ok(mm__learn_run(&learn, "mmk_advantages", 1, "biiiirr", ppo.b[MM_PPO_BATCH], ppo.stride, STEPS, ENVIRONMENTS, bootstrap, def.gamma, def.lambda));
  get_plane(MM_PLANE_ADVANTAGE, advantage, BATCH);
  get_plane(MM_PLANE_TARGET, target, BATCH);
  for (int i = 0; i < ENVIRONMENTS; i++) {
    double next = 0;
    for (int t = STEPS - 1; t >= 0; t--) {
      const int at = t * ENVIRONMENTS + i, ends = t == 1 && i > 0;
      double after = 1 + 0.3 * (at + ENVIRONMENTS);
      if (ends) after = i == 1 || !bootstrap ? 0 : 5 + at;
      next = 0.1 * (at + 1) + 0.9 * after - (1 + 0.3 * at) + (ends ? 0 : 0.72 * next);
      assert_true(fabs(advantage[at] - next) < 1e-12);
      assert_true(fabs(target[at] - next - (1 + 0.3 * at)) < 1e-12);
    }
  }
  close_ppo();
}

static void t_ppo_cut_episodes_go_on_with_the_value_they_were_cut_at(void **state) {
  (void)state;
  check_advantages(1);
}

static void t_ppo_without_bootstrap_nothing_follows_an_end(void **state) {
  (void)state;
  check_advantages(0);
}

static void t_ppo_rewards_are_divided_by_the_deviation_of_the_return(void **state) {
  const mm_ppo_def def = settings();
  double reward[BATCH], done[BATCH], scaled[BATCH], back[ENVIRONMENTS] = {0, 0, 0}, mean = 0, variance = 1, count = 1e-4;
  (void)state;
  open_ppo(&def);
  for (int i = 0; i < BATCH; i++) {
    reward[i] = 1 + i % 5;
    done[i] = i == 4;
  }
  put_plane(MM_PLANE_REWARD, reward, BATCH);
  put_plane(MM_PLANE_DONE, done, BATCH);
  ok(mm__learn_run(&learn, "mmk_scale_rewards", 1, "bbiiiirr", ppo.b[MM_PPO_BATCH], ppo.b[MM_PPO_RETURNS], ppo.stride, STEPS, ENVIRONMENTS, 1,
                   0.9, 1e-4));
  get_plane(MM_PLANE_SCALED, scaled, BATCH);
  for (int t = 0; t < STEPS; t++) {
    double m = 0, q = 0, d;
    for (int i = 0; i < ENVIRONMENTS; i++) {
      back[i] = back[i] * 0.9 * (1 - done[t * ENVIRONMENTS + i]) + reward[t * ENVIRONMENTS + i];
      m += back[i] / ENVIRONMENTS;
    }
    for (int i = 0; i < ENVIRONMENTS; i++) q += (back[i] - m) * (back[i] - m);
    d = m - mean;
    variance = (variance * count + q + d * d * count * ENVIRONMENTS / (count + ENVIRONMENTS)) / (count + ENVIRONMENTS);
    mean += d * ENVIRONMENTS / (count + ENVIRONMENTS);
    count += ENVIRONMENTS;
    for (int i = 0; i < ENVIRONMENTS; i++)
      assert_true(fabs(scaled[t * ENVIRONMENTS + i] - reward[t * ENVIRONMENTS + i] / sqrt(variance + 1e-8)) < 1e-12);
  }
  close_ppo();
}

static void t_ppo_shuffle_meets_every_number_once(void **state) {
  const int sizes[] = {1, 2, 17, 255, 256, 257, 5000};
  (void)state;
  for (int s = 0; s < 7; s++) {
    const int n = sizes[s];
    int half_bits = 1, moved = 0;
    char *met = (char *)calloc((size_t)n, 1);
    while ((1 << (2 * half_bits)) < n) half_bits++;
    for (int i = 0; i < n; i++) {
      const int to = mm_random_place_f64(7, 8, 9, half_bits, n, i);
      assert_true(to >= 0 && to < n && !met[to]);
      met[to] = 1;
      moved += to != i;
    }
    assert_true(n < 17 || moved > n / 2);
    free(met);
  }
}

/* the loss as the kernel's own sums say it, for the numbers that are in the buffers */
typedef struct loss_case { double mean[BATCH * ACTIONS], value[BATCH], log_std[ACTIONS]; } loss_case;

static double run_loss(const loss_case *c, double *dmean, double *dvalue, double *dstd) {
  const int stride = 2 * 16 + MM_LOSS_SIZE, blocks = mm__blocks(BATCH, MM_ROW_BLOCK);
  const double zero[MM_LOSS_SIZE] = {0};
  double metrics[MM_LOSS_SIZE], partial[2 * (2 * 16 + MM_LOSS_SIZE)];
  ok(mm__learn_write(&learn, agent.actor.out, 0, c->mean, BATCH * ACTIONS));
  ok(mm__learn_write(&learn, agent.critic.out, 0, c->value, BATCH));
  ok(mm__learn_write(&learn, agent.params, (size_t)agent.log_std_at, c->log_std, ACTIONS));
  ok(mm__learn_write(&learn, ppo.b[MM_PPO_METRICS], 0, zero, MM_LOSS_SIZE));
  ok(mm__learn_run(&learn, "mmk_advantage_moments", 1, "bbbiii", ppo.b[MM_PPO_BATCH], ppo.b[MM_PPO_ORDER], ppo.b[MM_PPO_MOMENTS], ppo.stride, 0, BATCH));
  ok(mm__learn_run(&learn, "mmk_loss", blocks, "bbbbbbbbbbbiiiii", agent.actor.out, agent.critic.out, agent.params, ppo.b[MM_PPO_ACTION],
                   ppo.b[MM_PPO_BATCH], ppo.b[MM_PPO_ORDER], ppo.b[MM_PPO_MOMENTS], ppo.b[MM_PPO_COEF], ppo.b[MM_PPO_DMEAN], ppo.b[MM_PPO_DVALUE],
                   ppo.b[MM_PPO_LOSS], agent.log_std_at, 0, BATCH, ACTIONS, ppo.stride));
  ok(mm__ppo_head_sums(&ppo));
  ok(mm__learn_read(&learn, ppo.b[MM_PPO_METRICS], 0, metrics, MM_LOSS_SIZE));
  if (dmean) {
    ok(mm__learn_read(&learn, ppo.b[MM_PPO_DMEAN], 0, dmean, BATCH * ACTIONS));
    ok(mm__learn_read(&learn, ppo.b[MM_PPO_DVALUE], 0, dvalue, BATCH));
    ok(mm__learn_read(&learn, ppo.b[MM_PPO_LOSS], 0, partial, (size_t)(blocks * stride)));
    for (int i = 0; i < ACTIONS; i++) dstd[i] = partial[i] + partial[stride + i];
  }
  return metrics[MM_LOSS_POLICY] + 0.5 * metrics[MM_LOSS_VALUE] - 0.01 * metrics[MM_LOSS_ENTROPY];
}

static void slope_is(loss_case *c, double *at, double expected, const char *what, int index) {
  const double kept = *at, h = 1e-6;
  double up, down;
  *at = kept + h;
  up = run_loss(c, NULL, NULL, NULL);
  *at = kept - h;
  down = run_loss(c, NULL, NULL, NULL);
  *at = kept;
  if (fabs((up - down) / (2 * h) - expected) > 1e-7) fail_msg("%s %d: %g, differences say %g", what, index, expected, (up - down) / (2 * h));
}

static void t_ppo_loss_gradient_matches_differences(void **state) {
  const mm_ppo_def def = settings();
  loss_case c;
  int order[BATCH];
  double action[BATCH * ACTIONS], plane[BATCH], dmean[BATCH * ACTIONS], dvalue[BATCH], dstd[ACTIONS];
  (void)state;
  open_ppo(&def);
  for (int i = 0; i < BATCH * ACTIONS; i++) {
    action[i] = sin(3.1 * i);
    c.mean[i] = action[i] + 0.7 * cos(1.7 * i);
  }
  ok(mm__learn_write(&learn, ppo.b[MM_PPO_ACTION], 0, action, BATCH * ACTIONS));
  for (int i = 0; i < BATCH; i++) {
    order[i] = (5 * i + 2) % BATCH;
    c.value[i] = sin(1.0 * i);
  }
  for (int i = 0; i < ACTIONS; i++) c.log_std[i] = -0.4 + 0.2 * i;
  ok(mm__learn_write_ints(&learn, ppo.b[MM_PPO_ORDER], order, BATCH));
  for (int i = 0; i < BATCH; i++) plane[i] = -1.6 + 0.5 * sin(2.3 * i);
  put_plane(MM_PLANE_LOGP, plane, BATCH);
  for (int i = 0; i < BATCH; i++) plane[i] = cos(2.9 * i);
  put_plane(MM_PLANE_ADVANTAGE, plane, BATCH);
  for (int i = 0; i < BATCH; i++) plane[i] = sin(0.9 * i) + 0.25 * cos(5.0 * i);
  put_plane(MM_PLANE_VALUE, plane, BATCH);
  for (int i = 0; i < BATCH; i++) plane[i] = 0.4 * sin(7.0 * i);
  put_plane(MM_PLANE_TARGET, plane, BATCH);
  run_loss(&c, dmean, dvalue, dstd);
  for (int i = 0; i < BATCH * ACTIONS; i++) slope_is(&c, &c.mean[i], dmean[i], "mean", i);
  for (int i = 0; i < BATCH; i++) slope_is(&c, &c.value[i], dvalue[i], "value", i);
  for (int i = 0; i < ACTIONS; i++) slope_is(&c, &c.log_std[i], dstd[i], "log_std", i);
  close_ppo();
}

/* a value that moved less than the clip is pulled to its target, however its two losses are rounded */
static void t_ppo_values_within_the_clip_are_always_learned(void **state) {
  (void)state;
  for (int i = 0; i < 20000; i++) {
    const float old = (float)sin(0.7 * i), target = (float)(3 * cos(1.3 * i)), value = old + 0.199f * (float)sin(2.9 * i);
    float loss = 0;
    assert_true(mm_value_loss_f32(value, old, target, 0.2f, &loss) == value - target);
  }
}

static void t_ppo_batches_that_do_not_divide_are_refused(void **state) {
  mm_ppo_def def = settings();
  mm_ppo refused;
  (void)state;
  open_ppo(&def);
  def.minibatches = 5;
  assert_int_equal(mm__ppo_create(&agent, &def, &refused), MM_E_ARGUMENT);
  assert_non_null(strstr(mm_error(ctx), "num_minibatches 5"));
  close_ppo();
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_ppo_cut_episodes_go_on_with_the_value_they_were_cut_at), cmocka_unit_test(t_ppo_without_bootstrap_nothing_follows_an_end),
    cmocka_unit_test(t_ppo_rewards_are_divided_by_the_deviation_of_the_return), cmocka_unit_test(t_ppo_shuffle_meets_every_number_once),
    cmocka_unit_test(t_ppo_values_within_the_clip_are_always_learned), cmocka_unit_test(t_ppo_loss_gradient_matches_differences), cmocka_unit_test(t_ppo_batches_that_do_not_divide_are_refused)};
  return cmocka_run_group_tests(tests, open_learning, close_learning);
}
