/* >>test-kernels: tests that run kernels of a pass of their own in place of the native backend's */
#ifndef MM_TEST_KERNELS_H
#define MM_TEST_KERNELS_H

#include "support.h"

/* a kernel with its arguments, buffers as pointers to what they hold */
typedef struct call {
  void (*kernel)(const mm_arg *args, int group, int groups);
  mm_arg args[MM_ARGS_MAX];
} call;

static mm_status find_kernel(mm_device *base, const mm_native_kernel *pass, const char *name, const mm_arg *args, int count, call *c) {
  while (pass->name && strcmp(pass->name, name)) pass++;
  if (!pass->name) return mm__fail(base->ctx, MM_E_BUILD, "there is no kernel %s", name);
  c->kernel = pass->fn;
  for (int i = 0; i < count; i++) {
    c->args[i] = args[i];
    if (args[i].kind == MM_ARG_BUFFER) c->args[i].pointer = args[i].buffer ? mm__native_memory(args[i].buffer) : NULL;
  }
  return MM_OK;
}

#endif
