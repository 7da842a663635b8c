/* >>test-simulation: what the tests of the physics share: one small model at a time, simulated on the native backend in
   double or in float */
#ifndef MM_TEST_SIMULATION_H
#define MM_TEST_SIMULATION_H

#include "support.h"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"

static mm_context *contexts[2]; /* double, float */
static int precision;           /* which of them simulate() takes */
static mm_model *model;
static mm_sim *sim;

static int make_contexts(void **state) {
  if (make_native(state) || native_context(MM_PRECISION_F32, &contexts[1])) return -1;
  contexts[0] = ctx;
  return 0;
}

static int remove_contexts(void **state) {
  mm_context_destroy(contexts[1]);
  ctx = contexts[0];
  return remove_folder(state);
}

/* begins with the model of a text, put together as by printf; ends() ends it */
static void simulate(int environments, const mm_field *keep, int count, const char *format, ...) {
  char text[8192];
  mm_sim_def def;
  va_list list;
  va_start(list, format);
  assert_true(vsnprintf(text, sizeof text, format, list) < (int)sizeof text);
  va_end(list);
  memset(&def, 0, sizeof def);
  def.environments = environments;
  def.keep = keep;
  def.keep_count = count;
  ctx = contexts[precision];
  model = model_of(text);
  ok(mm_sim_create(ctx, model, &def, &sim));
}

static void ends(void) {
  mm_sim_destroy(sim);
  mm_model_destroy(model);
  sim = NULL;
  model = NULL;
}

static void set(mm_field field, const double *values) { ok(mm_sim_set(sim, field, values)); }

static void forward(mm_field field, double *values) {
  ok(mm_sim_forward(sim));
  ok(mm_sim_get(sim, field, values));
}

#pragma GCC diagnostic pop
#endif
