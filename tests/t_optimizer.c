/* >>t-optimizer: AdamW, clipping by the norm, steps that are left out */
#define MUSCLEMIMIC_IMPLEMENTATION
#include "musclemimic.h"
#include <setjmp.h>
#include <cmocka.h>

enum { COUNT = 5000 }; /* more than one block of the sum of squares */

static mm_context *ctx;
static mm_learn learn;
static double p[COUNT], m[COUNT], v[COUNT];
static mm_buffer *params, *grads, *first, *second, *ctl, *partial;

static void ok(mm_status status) {
  if (status) fail_msg("%s: %s", mm_status_name(status), mm_error(ctx));
}

static int setup(void **state) {
  mm_context_def def;
  (void)state;
  memset(&def, 0, sizeof def);
  def.backend = MM_BACKEND_NATIVE;
  if (mm_context_create(&def, &ctx)) return -1;
  return mm__learn_open(ctx, &learn) ? -1 : 0;
}

static int teardown(void **state) {
  (void)state;
  mm__learn_close(&learn);
  mm_context_destroy(ctx);
  return 0;
}

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
  ok(mm__learn_run(&learn, "mmk_step_prepare", 1, "bbirrr", partial, ctl, blocks, max_norm, log(0.9), log(0.999)));
  ok(mm__learn_run(&learn, "mmk_adamw", blocks, "bbbbbirrrrrrr", params, grads, first, second, ctl, (int)COUNT, lr, 0.9, 1 - 0.9, 0.999,
                   1 - 0.999, 1e-5, decay));
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

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(t_optimizer_steps_are_those_of_adamw, begin, end),
    cmocka_unit_test_setup_teardown(t_optimizer_gradients_that_are_not_finite_change_nothing, begin, end),
    cmocka_unit_test_setup_teardown(t_optimizer_long_gradients_are_cut_to_the_norm, begin, end),
    cmocka_unit_test(t_optimizer_bias_correction_is_exact_from_the_first_step)};
  return cmocka_run_group_tests(tests, setup, teardown);
}
