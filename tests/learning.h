/* >>test-learning: what the tests of networks and updates share: arrays and kernels of learning on the native backend */
#ifndef MM_TEST_LEARNING_H
#define MM_TEST_LEARNING_H

#include "support.h"

static mm_learn learn;

static int open_learning(void **state) {
  (void)state;
  return native_context(MM_PRECISION_F64, &ctx) || mm__learn_open(ctx, &learn) ? -1 : 0;
}

static int close_learning(void **state) {
  (void)state;
  mm__learn_close(&learn);
  mm_context_destroy(ctx);
  return 0;
}

#endif
