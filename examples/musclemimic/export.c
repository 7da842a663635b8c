/* >>program-export: musclemimic export */
#include "app.h"

#include <stdio.h>

static const arg_option options[] = {
  {"c", 0, ARG_TEXT, "FILE.h", 0, 0, "the policy as one header of C99 that needs only libc and libm: FILE_act(observation, action)"},
  {"npz", 0, ARG_TEXT, "FILE.npz", 0, 0, "all arrays of policy and value function and the statistics, for NumPy and PyTorch"},
  {NULL, 0, ARG_FLAG, "", 0, 0, ""}
};
static const arg_option *const groups[] = {options, NULL};

static int run(const args *given) {
  const char *checkpoint = arg_operand(given, 0), *c = arg_text(given, "c", NULL), *npz = arg_text(given, "npz", NULL);
  app a;
  int code;
  if (!c && !npz) return usage_error("export", "what for? --c FILE.h or --npz FILE.npz, or both");
  code = app_begin(&a, given);
  if (!code && c && mm_checkpoint_export_c(a.ctx, checkpoint, c)) code = app_failed(&a);
  if (!code && npz && mm_checkpoint_export_npz(a.ctx, checkpoint, npz)) code = app_failed(&a);
  if (!code && c) printf("%s\n", c);
  if (!code && npz) printf("%s\n", npz);
  return app_end(&a, code);
}

const command export_command = {
  "export", "a trained policy without the engine, for C and for NumPy", "CHECKPOINT", 1, 1,
  "Writes the policy of a checkpoint in a form that needs nothing of this project: a C header with its weights and "
  "statistics, or an archive of arrays. examples/controller has programs that use either and that 'musclemimic eval "
  "--controller' closes the loop with.",
  "  musclemimic export policy.h5 --c policy.h --npz policy.npz\n"
  "  cc -O2 -I. examples/controller/controller.c -lm -o controller\n"
  "  musclemimic eval policy.h5 --controller ./controller\n",
  groups, run
};
