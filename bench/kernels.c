/* >>bench-kernels: the text of the kernels as a device would get it, without a device

     kernels sim|task|fit|learn WIDTH LANES [MODEL]   f32, on standard output

   sim: a simulation of the model; task: one that imitates; fit: retargeting; learn: networks, which need no model. */
#define MUSCLEMIMIC_IMPLEMENTATION
#include "musclemimic.h"

static const char *const sim_parts[] = {MM_SIM_PARTS, NULL};
static const char *const fit_parts[] = {"types", "ik", "rf", "port", "math", "kinematics", "retarget", "refine", NULL};
static const char *const learn_parts[] = {MM_LEARN_PARTS, NULL};

static int fails(const char *what) {
  fprintf(stderr, "kernels: %s\n", what);
  return 1;
}

static void print_part(const char *name) {
  for (int i = 0; i < MM_COUNT(mm__sources); i++)
    if (!strcmp(mm__sources[i].name, name))
      for (int k = 0; k < mm__sources[i].count; k++) fputs(mm__sources[i].lines[k], stdout);
}

int main(int argc, char **argv) {
  const char *kind = argc > 1 ? argv[1] : "";
  const int is_task = !strcmp(kind, "task"), is_fit = !strcmp(kind, "fit"), is_learn = !strcmp(kind, "learn");
  const char *const *parts = is_fit ? fit_parts : is_learn ? learn_parts : sim_parts;
  unsigned char kept[MM_FIELD_COUNT] = {0};
  mm_context *ctx = NULL;
  mm_model *model = NULL;
  mm_layout layout;
  mm_device device;
  char *prelude = NULL;
  if (argc < (is_learn ? 4 : 5) || !(is_task || is_fit || is_learn || !strcmp(kind, "sim")))
    return fails("kernels sim|task|fit|learn WIDTH LANES [MODEL]");
  if (mm_context_create(NULL, &ctx)) return fails("no memory");
  if (!is_learn && mm_model_load(ctx, argv[4], &model)) return fails(mm_error(ctx));
  memset(&device, 0, sizeof device);
  device.ctx = ctx;
  device.precision = MM_PRECISION_F32;
  device.width = atoi(argv[2]);
  device.lanes = atoi(argv[3]);
  if (model) {
    kept[MM_ENV_STATE] = kept[MM_ENV_ACTION] = (unsigned char)is_task;
    mm__layout_make(model, kept, &layout);
  }
  if (mm__prelude_make(&device, model, &layout, &prelude)) return fails(mm_error(ctx));
  fputs(prelude, stdout);
  for (int i = 0; parts[i]; i++) print_part(parts[i]);
  mm__free(ctx, prelude);
  mm_model_destroy(model);
  mm_context_destroy(ctx);
  return fflush(stdout) ? fails("standard output cannot be written") : 0;
}
