/* >>t-optimizer: AdamW, clipping by the norm, steps that are left out */
#define MUSCLEMIMIC_IMPLEMENTATION
#include "learning.h"

enum { COUNT = 5000 }; /* more than one block of the sum of squares */

static double p[COUNT], m[COUNT], v[COUNT];
static mm_buffer *params, *grads, *first, *second, *ctl, *partial;

static int begin(void **state) {
  (void)state;
  ok(mm__learn_reals(&learn, COUNT, &params));
  ok(mm__learn_reals(&learn, COUNT, &grads));
  ok(mm__learn_reals(&learn, COUNT, &first));
  ok(mm__learn_reals(&learn, COUNT, &second));
  ok(mm__learn_reals(&learn, MM_CTL_SIZE, &ctl));
  ok(mm__learn_reals(&learn, 16, &partial));
  for (int i = 0; i < COUNT; i++) {
    p[i] = sin(0.1 * i);
    m[i] = v[i] = 0;
  }
  ok(mm__learn_write(&learn, params, 0, p, COUNT));
  return 0;
}

static int end(void **state) {
  (void)state;
  mm__learn_release(&learn, params);
  mm__learn_release(&learn, grads);
  mm__learn_release(&learn, first);
  mm__learn_release(&learn, second);
  mm__learn_release(&learn, ctl);
  mm__learn_release(&learn, partial);
  return 0;
}

static void step_with(const double *g, double max_norm, double lr, double decay) {
  const int blocks = mm__blocks(COUNT, 4096);
  ok(mm__learn_write(&learn, grads, 0, g, COUNT));
  ok(mm__learn_run(&learn, "mmk_squares", blocks, "bbi", grads, partial, (int)COUNT));
  ok(mm__learn_run(&learn, "mmk_step_prepare", 1, "bbirrrrrirri", partial, ctl, blocks, max_norm, lr, log(0.9), 1 - 0.9, log(0.999), 0, 0.0,
                   1.0, 0));
  ok(mm__learn_run(&learn, "mmk_adamw", blocks, "bbbbbirrrrrr", params, grads, first, second, ctl, (int)COUNT, 0.9, 1 - 0.9, 0.999, 1 - 0.999,
                   1e-5, decay));
}

/* the same in plain C */
static void expect(const double *g, double max_norm, double lr, double decay, int t) {
  double norm = 0, factor;
  for (int i = 0; i < COUNT; i++) norm += g[i] * g[i];
  norm = sqrt(norm);
  factor = norm > max_norm ? max_norm / norm : 1;
  for (int i = 0; i < COUNT; i++) {
    m[i] = 0.9 * m[i] + (1 - 0.9) * factor * g[i];
    v[i] = 0.999 * v[i] + (1 - 0.999) * factor * factor * g[i] * g[i];
    p[i] -= lr * (m[i] / (1 - pow(0.9, t)) / (sqrt(v[i] / (1 - pow(0.999, t))) + 1e-5) + decay * p[i]);
  }
}

static void same(void) {
  double now[COUNT];
  ok(mm__learn_read(&learn, params, 0, now, COUNT));
  for (int i = 0; i < COUNT; i++)
    if (fabs(now[i] - p[i]) > 1e-12) fail_msg("parameter %d: %.15g, %.15g expected", i, now[i], p[i]);
}

static void gradient(double *g, int t, double size) {
  for (int i = 0; i < COUNT; i++) g[i] = size * sin(0.37 * i + t) * (i % 7 - 2);
}

static void t_optimizer_steps_are_those_of_adamw(void **state) {
  double g[COUNT];
  (void)state;
  for (int t = 1; t <= 40; t++) {
    gradient(g, t, t % 3 ? 0.01 : 3);
    step_with(g, 1, 1e-3, 1e-2);
    expect(g, 1, 1e-3, 1e-2, t);
  }
  same();
}

static void t_optimizer_gradients_that_are_not_finite_change_nothing(void **state) {
  double g[COUNT], numbers[MM_CTL_SIZE];
  (void)state;
  for (int t = 1; t <= 6; t++) {
    gradient(g, t, 0.5);
    if (t == 3) g[4500] = NAN;
    if (t == 5) g[17] = INFINITY;
    step_with(g, 1, 1e-3, 0);
    if (t != 3 && t != 5) expect(g, 1, 1e-3, 0, t < 3 ? t : t == 4 ? 3 : 4);
  }
  same();
  ok(mm__learn_read(&learn, ctl, 0, numbers, MM_CTL_SIZE));
  assert_true(numbers[MM_CTL_STEPS] == 4);
  assert_true(numbers[MM_CTL_SKIPPED] == 2);
}

static void t_optimizer_long_gradients_are_cut_to_the_norm(void **state) {
  double g[COUNT], numbers[MM_CTL_SIZE], norm = 0;
  (void)state;
  gradient(g, 1, 2);
  for (int i = 0; i < COUNT; i++) norm += g[i] * g[i];
  step_with(g, 0.5, 0, 0);
  ok(mm__learn_read(&learn, ctl, 0, numbers, MM_CTL_SIZE));
  assert_true(fabs(numbers[MM_CTL_NORM] - sqrt(norm)) < 1e-9);
  assert_true(fabs(numbers[MM_CTL_SCALE] - 0.5 / sqrt(norm)) < 1e-12);
  step_with(g, 0, 0, 0);
  ok(mm__learn_read(&learn, ctl, 0, numbers, MM_CTL_SIZE));
  assert_true(numbers[MM_CTL_SCALE] == 1);
}

static void t_optimizer_bias_correction_is_exact_from_the_first_step(void **state) {
  (void)state;
  for (int t = 1; t < 20000; t = 1 + t * 3 / 2)
    assert_true(fabs(mm_one_less_exp_f32((float)(t * log(0.999))) / (1 - pow(0.999, t)) - 1) < 3e-7);
}

/* an agent whose matrices are tall, wide and, in a mixture, parts of larger ones */
static mm_agent agent;
static mm_ppo ppo;

static void open_muon(int adaptive) {
  static const int hidden[2] = {24, 10};
  mm_agent_def def;
  mm_ppo_def ppo_def;
  memset(&def, 0, sizeof def);
  memset(&ppo_def, 0, sizeof ppo_def);
  def.observations = 9;
  def.actions = 3;
  def.actor_hidden = def.critic_hidden = hidden;
  def.actor_layers = 2;
  def.layernorm_eps = 1e-5;
  def.actor_mixtures.count = 1;
  def.actor_mixtures.width[0] = 1;
  def.experts = 3;
  def.expert_ratio = def.temperature = 1;
  ppo_def.environments = 4;
  ppo_def.steps = ppo_def.epochs = ppo_def.minibatches = 1;
  ppo_def.lr = 0.01;
  ppo_def.beta1 = 0.9;
  ppo_def.beta2 = 0.999;
  ppo_def.adam_eps = 1e-8;
  ppo_def.max_grad_norm = 0.7;
  ppo_def.muon = ppo_def.adam_ahead = ppo_def.muon_ahead = 1;
  ppo_def.ns_steps = 5;
  ppo_def.muon_beta = 0.95;
  ppo_def.muon_decay = 0.1;
  ppo_def.adaptive = adaptive;
  ppo_def.desired_kl = 0.02;
  ppo_def.min_lr = 0.004;
  ppo_def.max_lr = 0.02;
  mm__ppo_rows(&ppo_def, &def.actor_rows, &def.critic_rows);
  ok(mm__agent_create(&learn, &def, &agent));
  ok(mm__agent_init(&agent, 4, 0.5));
  ok(mm__ppo_create(&agent, &ppo_def, &ppo));
}

static void close_muon(void) {
  mm__ppo_destroy(&ppo);
  mm__agent_destroy(&agent);
}

/* x by the iteration of five steps, rows times columns, in plain C: never transposed, whatever its shape */
static void plain_newton_schulz(double *x, int rows, int columns) {
  double length = 0, a[48 * 48], aa[48 * 48], next[48 * 48];
  for (int i = 0; i < rows * columns; i++) length += x[i] * x[i];
  for (int i = 0; i < rows * columns; i++) x[i] /= sqrt(length) + 1e-8;
  for (int step = 0; step < 5; step++) {
    for (int i = 0; i < rows; i++)
      for (int j = 0; j < rows; j++) {
        a[i * rows + j] = 0;
        for (int k = 0; k < columns; k++) a[i * rows + j] += x[i * columns + k] * x[j * columns + k];
      }
    for (int i = 0; i < rows; i++)
      for (int j = 0; j < rows; j++) {
        aa[i * rows + j] = (i == j ? 3.4445 : 0) - 4.7750 * a[i * rows + j];
        for (int k = 0; k < rows; k++) aa[i * rows + j] += 2.0315 * a[i * rows + k] * a[k * rows + j];
      }
    for (int i = 0; i < rows; i++)
      for (int j = 0; j < columns; j++) {
        next[i * columns + j] = 0;
        for (int k = 0; k < rows; k++) next[i * columns + j] += aa[i * rows + k] * x[k * columns + j];
      }
    memcpy(x, next, (size_t)(rows * columns) * sizeof *x);
  }
}

/* one part of a matrix after step t: w is moved in place */
static void plain_muon(const mm_part *part, const double *g, double scale, double *m_all, double *w, int t) {
  double x[48 * 48];
  for (int i = 0; i < part->rows; i++)
    for (int j = 0; j < part->columns; j++) {
      const int at = part->at + i * part->stride + j;
      m_all[at] = 0.95 * m_all[at] + 0.05 * scale * g[at];
      x[i * part->columns + j] = 0.95 * m_all[at] / (1 - pow(0.95, t + 1)) + 0.05 * scale * g[at] / (1 - pow(0.95, t));
    }
  plain_newton_schulz(x, part->rows, part->columns);
  for (int i = 0; i < part->rows; i++)
    for (int j = 0; j < part->columns; j++) {
      const int at = part->at + i * part->stride + j;
      w[at] -= 0.01 * (sqrt(fmax(1, (double)part->columns / part->rows)) * x[i * part->columns + j] + 0.1 * w[at]);
    }
}

static void t_optimizer_muon_takes_each_matrix_along_its_singular_vectors(void **state) {
  double *w, *now, *g, *m_all, numbers[MM_CTL_SIZE];
  int parts = 0;
  (void)state;
  open_muon(0);
  w = (double *)calloc(4 * (size_t)agent.size, sizeof *w);
  now = w + agent.size;
  g = now + agent.size;
  m_all = g + agent.size;
  ok(mm__learn_read(&learn, agent.params, 0, w, (size_t)agent.size));
  for (int t = 1; t <= 4; t++) {
    double norm = 0;
    for (int i = 0; i < agent.size; i++) g[i] = sin(0.61 * i * t) + 0.3 * cos(0.01 * i * i);
    for (int i = 0; i < agent.size; i++) norm += g[i] * g[i];
    ok(mm__learn_write(&learn, ppo.b[MM_PPO_GRADS], 0, g, (size_t)agent.size));
    ok(mm__ppo_step(&ppo, 0.01));
    for (int i = 0; i < agent.tensor_count; i++) {
      const mm_tensor *tensor = &agent.tensors[i];
      for (int k = 0; k < tensor->across * tensor->down && tensor->kind != MM_TENSOR_VECTOR; k++, parts++) {
        const mm_part part = mm__tensor_part(tensor, k);
        plain_muon(&part, g, 0.7 / sqrt(norm), m_all, w, t);
      }
    }
    if (t != 2) continue;
    g[agent.size - 1] = NAN; /* a step that is not made */
    ok(mm__learn_write(&learn, ppo.b[MM_PPO_GRADS], 0, g, (size_t)agent.size));
    ok(mm__ppo_step(&ppo, 0.01));
  }
  assert_int_equal(parts, 4 * (1 + 1 + 3 + 3 + 1 + 1)); /* first layer, weighing, experts' two, output; the critic's output */
  ok(mm__learn_read(&learn, agent.params, 0, now, (size_t)agent.size));
  for (int i = 0; i < agent.tensor_count; i++) {
    const mm_tensor *tensor = &agent.tensors[i];
    for (int k = 0; k < tensor->rows * tensor->columns && tensor->kind != MM_TENSOR_VECTOR; k++)
      if (fabs(now[tensor->at + k] - w[tensor->at + k]) > 1e-10) fail_msg("%s[%d]: %.15g, %.15g expected", tensor->name, k, now[tensor->at + k], w[tensor->at + k]);
  }
  ok(mm__learn_read(&learn, ppo.b[MM_PPO_CTL], 0, numbers, MM_CTL_SIZE));
  assert_true(numbers[MM_CTL_STEPS] == 4 && numbers[MM_CTL_SKIPPED] == 1);
  free(w);
  close_muon();
}

static double rate_after(double kl) {
  double metrics[MM_LOSS_SIZE] = {0}, lr = 0;
  metrics[MM_LOSS_KL] = 5 * kl;
  metrics[MM_LOSS_COUNT] = 5;
  ok(mm__learn_write(&learn, ppo.b[MM_PPO_METRICS], 0, metrics, MM_LOSS_SIZE));
  ok(mm__learn_run(&learn, "mmk_adapt_rate", 1, "bbrrr", ppo.b[MM_PPO_METRICS], ppo.b[MM_PPO_CTL], ppo.def.desired_kl, ppo.def.min_lr, ppo.def.max_lr));
  ok(mm__learn_read(&learn, ppo.b[MM_PPO_CTL], MM_CTL_LR, &lr, 1));
  return lr;
}

static void t_optimizer_rate_follows_the_divergence(void **state) {
  (void)state;
  open_muon(1);
  assert_true(fabs(rate_after(0.039) - 0.01) < 1e-15);
  assert_true(fabs(rate_after(0.041) - 0.01 / 1.5) < 1e-15);
  assert_true(fabs(rate_after(5) - 0.01 / 2.25) < 1e-15);
  assert_true(fabs(rate_after(5) - 0.004) < 1e-15);
  assert_true(fabs(rate_after(0.011) - 0.004) < 1e-15);
  assert_true(fabs(rate_after(0) - 0.004) < 1e-15);
  for (int i = 0; i < 4; i++) rate_after(0.001);
  assert_true(fabs(rate_after(0.001) - 0.02) < 1e-15);
  assert_true(fabs(rate_after(-1) - 0.02) < 1e-15);
  close_muon();
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(t_optimizer_steps_are_those_of_adamw, begin, end),
    cmocka_unit_test_setup_teardown(t_optimizer_gradients_that_are_not_finite_change_nothing, begin, end),
    cmocka_unit_test_setup_teardown(t_optimizer_long_gradients_are_cut_to_the_norm, begin, end),
    cmocka_unit_test(t_optimizer_bias_correction_is_exact_from_the_first_step),
    cmocka_unit_test(t_optimizer_muon_takes_each_matrix_along_its_singular_vectors), cmocka_unit_test(t_optimizer_rate_follows_the_divergence)};
  return cmocka_run_group_tests(tests, open_learning, close_learning);
}
