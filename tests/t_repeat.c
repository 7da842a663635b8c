/* >>t-repeat: the same numbers again, bit for bit: in another context, beside other environments, with lanes run
   backwards. And a number that is not finite stays in its environment. */
#define MUSCLEMIMIC_IMPLEMENTATION
#include "reversed.h"
#include "repeat.h"

static const machine native64 = {MM_BACKEND_NATIVE, MM_PRECISION_F64, 0, 0, 0, NULL};
static const machine native32 = {MM_BACKEND_NATIVE, MM_PRECISION_F32, 0, 0, 0, NULL};
static const machine reverse64 = {MM_BACKEND_NATIVE, MM_PRECISION_F64, 0, 0, 1, reversed_launch};
static const machine reverse32 = {MM_BACKEND_NATIVE, MM_PRECISION_F32, 0, 0, 1, reversed_launch};
#ifndef MUSCLEMIMIC_NO_OPENCL
static const machine opencl32 = {MM_BACKEND_OPENCL, MM_PRECISION_F32, 0, 0, 0, NULL};
#endif

/* twice, and 1, 7 and 64 environments */
static void repeats(const machine *m, const model_def *def, const int *counts, int controls) {
  bench whole, part;
  run_for(&whole, m, def, counts[0], controls);
  is_alive(&whole, def->name);
  run_for(&part, m, def, counts[0], controls);
  same_all(&whole, &part, def->name, "again in a fresh context");
  end(&part);
  for (int c = 1; c < 3; c++) {
    char what[64];
    snprintf(what, sizeof what, "%d environments and %d", counts[0], counts[c]);
    run_for(&part, m, def, counts[c], controls);
    same_all(&whole, &part, def->name, what);
    end(&part);
  }
  end(&whole);
}

static const int counts[3] = {64, 7, 1};

static void t_repeat_native_double(void **state) {
  (void)state;
  for (int i = 0; i < MODELS; i++) repeats(&native64, &models[i], counts, 1);
}

static void t_repeat_native_float(void **state) {
  (void)state;
  for (int i = 0; i < MODELS; i++) repeats(&native32, &models[i], counts, 1);
}

#ifndef MUSCLEMIMIC_NO_OPENCL
static void t_repeat_opencl_float(void **state) {
  (void)state;
  for (int i = 0; i < MODELS; i += 2) repeats(&opencl32, &models[i], counts, 6); /* building takes the longest */
}
#endif

/* the published models, where they were fetched: few environments, few steps */
static void t_repeat_published_models(void **state) {
  static const char *const names[] = {"body/myofullbody.xml", "arm/myoarm_bimanual.xml"};
  static const int few[3] = {18, 3, 1};
  const char *folders[2];
  int found = 0;
  (void)state;
  folders[0] = getenv("MUSCLEMIMIC_MODELS");
  folders[1] = "build/models";
  for (int i = 0; i < 2; i++) {
    char path[512] = "";
    const model_def def = {names[i], NULL, path};
    for (int k = 0; k < 2 && access(path, R_OK); k++)
      if (folders[k]) snprintf(path, sizeof path, "%s/%s", folders[k], names[i]);
    if (access(path, R_OK)) continue;
    found++;
#ifndef MUSCLEMIMIC_NO_OPENCL
    repeats(&opencl32, &def, few, 1);
#else
    repeats(&native32, &def, few, 1);
#endif
  }
  if (!found) {
    print_message("skipped: the published models are not here (make models)\n");
    skip();
  }
}

/* ---- lanes ---- */

static void t_repeat_lanes_in_reverse(void **state) {
  (void)state;
  for (int i = 0; i < MODELS; i++)
    for (int k = 0; k < 2; k++) {
      bench forwards, reversed;
      run_for(&forwards, k ? &native32 : &native64, &models[i], 2, 5);
      run_for(&reversed, k ? &reverse32 : &reverse64, &models[i], 2, 5);
      is_alive(&forwards, models[i].name);
      same_all(&forwards, &reversed, models[i].name, "lanes in reverse");
      end(&forwards);
      end(&reversed);
    }
}

static void t_repeat_learning_with_lanes_in_reverse(void **state) {
  static learned forwards, reversed;
  (void)state;
  for (int kind = 0; kind < LEARNERS; kind++) {
    const int k = kind == 1;
    learn(k ? &native32 : &native64, &forwards, kind, 2);
    learn(k ? &reverse32 : &reverse64, &reversed, kind, 2);
    assert_int_equal(forwards.count, reversed.count);
    for (int i = 0; i < forwards.count; i++)
      if (forwards.numbers[i] != reversed.numbers[i])
        fail_msg("learner %d: number %d of %d: %.17g and %.17g", kind, i, forwards.count, forwards.numbers[i], reversed.numbers[i]);
  }
}

static void t_repeat_retargeting_with_lanes_in_reverse(void **state) {
  static learned forwards, reversed;
  (void)state;
  fit(&native64, &forwards);
  fit(&reverse64, &reversed);
  assert_int_equal(forwards.count, reversed.count);
  assert_memory_equal(forwards.numbers, reversed.numbers, sizeof(double) * (size_t)forwards.count);
}

/* ---- numbers that are not finite ---- */

/* writes one number of an environment where mm_sim_set would refuse it */
static void poison(bench *b, mm_field field, int environment, int index, double value) {
  const mm_device *d = b->ctx->device;
  const int width = d->width, tile = environment / width;
  const size_t place = (size_t)(tile * b->sim->layout.kept_size + mm__layout_place(&b->sim->layout, field).offset + index);
  const size_t at = place * (size_t)width + (size_t)(environment % width);
  const float single = (float)value;
  if (d->precision == MM_PRECISION_F64) good(b, d->backend->write(b->ctx->device, b->sim->state, 8 * at, &value, 8));
  else good(b, d->backend->write(b->ctx->device, b->sim->state, 4 * at, &single, 4));
}

typedef struct illness { mm_field field; double value; mm_warning bit; const char *quantity; } illness;
static const illness illnesses[] = {
  {MM_QPOS, NAN, MM_WARN_BADQPOS, "qpos"}, {MM_QPOS, 2e10, MM_WARN_BADQPOS, "qpos"}, {MM_QVEL, NAN, MM_WARN_BADQVEL, "qvel"},
  {MM_QVEL, -INFINITY, MM_WARN_BADQVEL, "qvel"}, {MM_CTRL, NAN, MM_WARN_BADCTRL, "ctrl"}, {MM_ACT, NAN, MM_WARN_BADACT, "act"},
  {MM_QFRC_APPLIED, NAN, MM_WARN_BADAPPLIED, "qfrc_applied or xfrc_applied"},
  {MM_XFRC_APPLIED, NAN, MM_WARN_BADAPPLIED, "qfrc_applied or xfrc_applied"}, {MM_QACC_WARMSTART, NAN, MM_WARN_BADQACC, "qacc"}};

enum { ILL = 3, HERD = 20 }; /* two tiles of 16 */

/* the ill one is told by name and put back, or has no controls; no other one notices, now or later */
static void check_illness(const machine *m, const model_def *def, const illness *ill, const bench *well, const bench *later, const bench *fresh) {
  const int last = mm_field_size(well->model, ill->field) - 1;
  mm_sim_fault faults[4];
  double resets[HERD];
  int count = 0;
  bench b;
  begin(&b, m, def, HERD);
  scatter(&b);
  move(&b, 1, 1);
  poison(&b, ill->field, ILL, last, ill->value);
  good(&b, mm_sim_forward(b.sim)); /* as it is: nothing is mended before a step */
  good(&b, mm_sim_step(b.sim, 1));
  good(&b, mm_sim_faults(b.sim, faults, 4, &count));
  if (count != 1 || faults[0].bit != ill->bit || strcmp(faults[0].quantity, ill->quantity) || faults[0].environments != 1 || faults[0].first != ILL)
    fail_msg("%s: %s = %g: %d faults, the first is %s of %d environments, first %d", def->name, mm_field_name(ill->field), ill->value,
             count, count ? faults[0].quantity : "none", count ? faults[0].environments : 0, count ? faults[0].first : 0);
  good(&b, mm_sim_get(b.sim, MM_RESETS, resets));
  for (int i = 0; i < HERD; i++) assert_true(resets[i] == (i == ILL && ill->bit != MM_WARN_BADCTRL));
  good(&b, mm_sim_forward(b.sim));
  read_all(&b);
  for (int i = 0; i < HERD; i++)
    if (i != ILL) same_environment(well, i, &b, i, def->name, mm_field_name(ill->field));
  if (ill->bit != MM_WARN_BADCTRL) {
    b.values[4][ILL] = 0; /* the warning itself */
    same_environment(fresh, ILL, &b, ILL, def->name, "put back");
  }
  good(&b, mm_sim_step(b.sim, 3));
  good(&b, mm_sim_forward(b.sim));
  read_all(&b);
  for (int i = 0; i < HERD; i++)
    if (i != ILL) same_environment(later, i, &b, i, def->name, "three steps later");
  for (int f = 0; f < FIELDS; f++)
    for (int k = 0; k < mm_field_size(b.model, looked_at[f]); k++)
      assert_true(isfinite(b.values[f][ILL * mm_field_size(b.model, looked_at[f]) + k]));
  good(&b, mm_sim_reset(b.sim, NULL, -1));
  good(&b, mm_sim_faults(b.sim, faults, 4, &count));
  assert_int_equal(count, 0);
  end(&b);
}

static void check_illnesses(const machine *m, const model_def *def) {
  unsigned char which[HERD] = {0};
  bench well, later, fresh;
  begin(&well, m, def, HERD);
  scatter(&well);
  move(&well, 1, 2);
  good(&well, mm_sim_forward(well.sim));
  read_all(&well);
  begin(&later, m, def, HERD);
  scatter(&later);
  move(&later, 1, 5);
  good(&later, mm_sim_forward(later.sim));
  read_all(&later);
  begin(&fresh, m, def, HERD); /* what a start is followed by */
  which[ILL] = 1;
  good(&fresh, mm_sim_reset(fresh.sim, which, -1));
  good(&fresh, mm_sim_step(fresh.sim, 1));
  good(&fresh, mm_sim_forward(fresh.sim));
  read_all(&fresh);
  for (int i = 0; i < MM_COUNT(illnesses); i++)
    if (mm_field_size(well.model, illnesses[i].field)) check_illness(m, def, &illnesses[i], &well, &later, &fresh);
  end(&well);
  end(&later);
  end(&fresh);
}

static void t_repeat_an_ill_environment_is_alone(void **state) {
  (void)state;
  check_illnesses(&native64, &models[0]);
  check_illnesses(&native32, &models[0]);
#ifndef MUSCLEMIMIC_NO_OPENCL
  check_illnesses(&opencl32, &models[0]);
  check_illnesses(&opencl32, &models[2]);
#endif
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_repeat_native_double), cmocka_unit_test(t_repeat_native_float),
#ifndef MUSCLEMIMIC_NO_OPENCL
    cmocka_unit_test(t_repeat_opencl_float),
#endif
    cmocka_unit_test(t_repeat_published_models), cmocka_unit_test(t_repeat_lanes_in_reverse), cmocka_unit_test(t_repeat_learning_with_lanes_in_reverse),
    cmocka_unit_test(t_repeat_retargeting_with_lanes_in_reverse),
    cmocka_unit_test(t_repeat_an_ill_environment_is_alone),
  };
  return cmocka_run_group_tests(tests, make_bare_folder, remove_bare_folder);
}
