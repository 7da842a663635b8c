/* >>t-spectrum: low-pass filter and smoothness, against numbers of SciPy and NumPy (tests/oracle/spectrum.py) and theory */
#define MUSCLEMIMIC_PRIVATE
#include "support.h"

#define PI 3.14159265358979323846
enum { FRAMES = 150 };

static mm_model *model;

static int begin(mm_precision precision, mm_backend_kind backend) {
  mm_context_def def;
  memset(&def, 0, sizeof def);
  def.backend = backend;
  def.precision = precision;
  if (mm_context_create(&def, &ctx)) return -1;
  model = model_of("<mujoco><worldbody><body><joint name='a'/><joint name='b'/><joint name='still'/>"
                   "<geom size='1'/></body></worldbody></mujoco>");
  return 0;
}

static void end(void) {
  mm_model_destroy(model);
  mm_context_destroy(ctx);
}

static double wave(double t) { return sin(2 * PI * 1.3 * t) + 0.2 * sin(2 * PI * 17 * t + 1); }

/* joint a reaches once with least jerk, joint b shakes, the third is still */
static mm_trajectory *reaching(void) {
  mm_trajectory *t;
  ok(mm_trajectory_create(model, "reach", FRAMES, 100, &t));
  for (int f = 0; f < FRAMES; f++) {
    const double u = f / 150.0;
    t->qvel[3 * f] = 30 * u * u * (1 - u) * (1 - u);
    t->qvel[3 * f + 1] = wave(0.01 * f);
  }
  return t;
}

static void smoothness(double tolerance) {
  mm_trajectory *t = reaching();
  mm_smoothness s[3];
  ok(mm_trajectory_smoothness(t, 0, 12, s));
  near_to(s[0].arc_length, -1.402541088267, tolerance, "arc of the reach");
  near_to(s[1].arc_length, -3.043362502908, tolerance, "arc of the shaking");
  near_to(s[0].bandwidth, 0.7080078125, 1e-9, "bandwidth of the reach");
  near_to(s[1].bandwidth, 2.294921875, 1e-9, "bandwidth of the shaking");
  near_to(s[0].share_above, 1.7170e-8, tolerance, "power of the reach above 12 Hz");
  near_to(s[1].share_above, 0.037195126738, tolerance, "power of the shaking above 12 Hz");
  assert_true(isnan(s[2].arc_length) && s[2].bandwidth == 0 && s[2].share_above == 0);
  mm_trajectory_destroy(t);
}

static void t_spectrum_smoothness_in_double(void **state) {
  (void)state;
  assert_int_equal(begin(MM_PRECISION_F64, MM_BACKEND_NATIVE), 0);
  smoothness(1e-11);
  end();
}

#ifndef MUSCLEMIMIC_NO_OPENCL
static void t_spectrum_smoothness_on_a_device(void **state) {
  (void)state;
  if (begin(MM_PRECISION_F32, MM_BACKEND_OPENCL)) skip();
  ok(mm__device_open(ctx));
  ctx->device->info.is_cpu = 0; /* a CPU would leave it to the host */
  smoothness(2e-5);
  end();
}
#endif

static void t_spectrum_wrong_clips_are_refused(void **state) {
  mm_trajectory *t;
  mm_smoothness s[3];
  (void)state;
  assert_int_equal(begin(MM_PRECISION_F64, MM_BACKEND_NATIVE), 0);
  t = reaching();
  fails(mm_trajectory_smoothness(t, 1, 12, s), MM_E_ARGUMENT, "clip 1 of 1");
  mm_trajectory_destroy(t);
  ok(mm_trajectory_create(model, "night", (1 << 18) + 1, 100, &t));
  fails(mm_trajectory_smoothness(t, 0, 12, s), MM_E_DATA, "'night' has 262145 frames");
  mm_trajectory_destroy(t);
  end();
}

static void t_spectrum_filter_is_that_of_scipy(void **state) {
  static const int at[] = {0, 1, 50, 100, 149};
  static const double expected[] = {0.168294197077825, 0.195689599882725, -0.562598180483431, 1.454513923192569, 0.373033761621097};
  double x[2 * FRAMES];
  (void)state;
  assert_int_equal(begin(MM_PRECISION_F64, MM_BACKEND_NATIVE), 0);
  for (int i = 0; i < FRAMES; i++) {
    x[2 * i] = wave(0.01 * i) + 0.005 * i;
    x[2 * i + 1] = i;
  }
  ok(mm__filter_low_pass(ctx, x, FRAMES, 2, 6, 100));
  for (int i = 0; i < MM_COUNT(at); i++) near_to(x[2 * at[i]], expected[i], 1e-13, "filtered");
  for (int i = 0; i < FRAMES; i++) assert_true(x[2 * i + 1] == i);
  end();
}

/* a line stays a line; a wave at the cutoff keeps a half of its power and its phase; a single sample stays */
static void t_spectrum_filter_keeps_lines_and_halves_the_cutoff(void **state) {
  enum { LONG = 2000 };
  double line[40], x[LONG], one = 3;
  (void)state;
  assert_int_equal(begin(MM_PRECISION_F64, MM_BACKEND_NATIVE), 0);
  for (int i = 0; i < 40; i++) line[i] = 2 - 0.3 * i;
  ok(mm__filter_low_pass(ctx, line, 40, 1, 10, 100));
  for (int i = 0; i < 40; i++) near_to(line[i], 2 - 0.3 * i, 1e-3, "line");
  for (int i = 0; i < LONG; i++) x[i] = sin(2 * PI * 8 * i / 100.0);
  ok(mm__filter_low_pass(ctx, x, LONG, 1, 8, 100));
  for (int i = 200; i < LONG - 200; i++) near_to(x[i], sqrt(0.5) * sin(2 * PI * 8 * i / 100.0), 1e-9, "at the cutoff");
  ok(mm__filter_low_pass(ctx, &one, 1, 1, 8, 100));
  near_to(one, 3, 1e-12, "one sample");
  end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_spectrum_smoothness_in_double),
#ifndef MUSCLEMIMIC_NO_OPENCL
    cmocka_unit_test(t_spectrum_smoothness_on_a_device),
#endif
    cmocka_unit_test(t_spectrum_wrong_clips_are_refused),
    cmocka_unit_test(t_spectrum_filter_is_that_of_scipy),
    cmocka_unit_test(t_spectrum_filter_keeps_lines_and_halves_the_cutoff)};
  return cmocka_run_group_tests(tests, make_bare_folder, remove_bare_folder);
}
