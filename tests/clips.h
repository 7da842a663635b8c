/* >>test-clips: what the tests of training share: clips of legs that swing in the air, settings for runs of a blink */
#ifndef MM_TEST_CLIPS_H
#define MM_TEST_CLIPS_H

#include "support.h"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"

/* models/legs18.xml from x = from on, no floor in reach: enough for all but walking itself */
static mm_trajectory *swinging(const mm_model *legs, const char *name, int frames, double from) {
  mm_trajectory *t = NULL;
  ok(mm_trajectory_create(legs, name, frames, 100, &t));
  for (int f = 0; f < frames; f++) {
    double *q = t->qpos + (size_t)f * (size_t)t->nq;
    q[0] = from + 0.01 * f;
    q[1] = 0.95;
    q[2] = 0.02 * sin(0.05 * f);
    for (int k = 3; k < t->nq; k++) q[k] = 0.2 + 0.1 * sin(0.04 * f + k);
  }
  mm_trajectory_differentiate(legs, t);
  ok(mm_trajectory_forward(legs, t));
  return t;
}

/* several as one; they are gone */
static mm_trajectory *joined(mm_trajectory **list, int count) {
  mm_trajectory *all = NULL;
  ok(mm_trajectory_join(ctx, (const mm_trajectory *const *)list, count, &all));
  for (int i = 0; i < count; i++) mm_trajectory_destroy(list[i]);
  return all;
}

/* takes settings from a text as "num_envs=8; actor_hidden_layers=[24]" */
static void set_all(mm_train_def *def, const char *text) {
  char name[64], value[128];
  int used = 0;
  for (; *text; text += used) {
    assert_int_equal(sscanf(text, "%63[^=]=%127[^;]%n", name, value, &used), 2);
    ok(mm_train_set(ctx, def, name, value));
    used += (int)strspn(text + used, "; ");
  }
}

static mm_train_def settings(const char *text) {
  mm_train_def def;
  ok(mm_train_preset(ctx, "demo", &def));
  set_all(&def, text);
  return def;
}

#pragma GCC diagnostic pop
#endif
