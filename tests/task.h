/* >>test-task: the imitation task by itself, with buffers for a few steps */
#ifndef MM_TEST_TASK_H
#define MM_TEST_TASK_H

#include "support.h"

enum { STEPS = 4 };

typedef struct bench {
  mm_learn learn;
  mm_task task;
  mm_task_io io;
  int n;
} bench;

static void bench_open(bench *b, mm_context *context, const mm_model *m, const mm_trajectory *t, const mm_train_def *def, int n, int fixed) {
  memset(b, 0, sizeof *b);
  b->n = n;
  assert_int_equal(mm__learn_open(context, &b->learn), MM_OK);
  if (mm__task_create(&b->learn, m, t, def, n, (STEPS + 1) * n, fixed, &b->task)) fail_msg("%s", mm_error(context));
  ok(mm__learn_reals(&b->learn, (size_t)(STEPS * n * m->nu), &b->io.action));
  ok(mm__learn_reals(&b->learn, (size_t)((STEPS + 1) * n * b->task.plan.observations), &b->io.obs));
  ok(mm__learn_reals(&b->learn, (size_t)(n * b->task.plan.observations), &b->io.last));
  ok(mm__learn_reals(&b->learn, (size_t)(STEPS * n * MM_SIGNAL_COUNT), &b->io.signal));
  ok(mm__learn_reals(&b->learn, (size_t)((STEPS + 1) * n * MM_PLANES), &b->io.batch));
}

static void bench_close(bench *b) {
  mm__learn_release(&b->learn, b->io.action);
  mm__learn_release(&b->learn, b->io.obs);
  mm__learn_release(&b->learn, b->io.last);
  mm__learn_release(&b->learn, b->io.signal);
  mm__learn_release(&b->learn, b->io.batch);
  mm__task_destroy(&b->task);
  mm__learn_close(&b->learn);
}

#endif
