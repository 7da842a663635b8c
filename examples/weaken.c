/* >>weaken: changes a model before it is compiled: what a leg can do without one of its muscles

     build/examples/weaken [models/legs18.xml ['*soleus*']]

   Removes the muscles whose names match, compiles again, and compares the largest torque that all muscles together
   can bring about each hinge in the start pose. */
#include "musclemimic.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* qfrc_actuator [nv] of full activation */
static mm_status strength(mm_context *ctx, const mm_model *model, double *torque) {
  static const mm_field keep[] = {MM_QFRC_ACTUATOR};
  mm_sim *sim = NULL;
  mm_sim_def def;
  double *act = (double *)malloc(sizeof *act * (size_t)(model->na + 1));
  mm_status status = act ? MM_OK : MM_E_MEMORY;
  memset(&def, 0, sizeof def);
  def.keep = keep;
  def.keep_count = 1;
  for (int i = 0; act && i < model->na; i++) act[i] = 1;
  if (!status) status = mm_sim_create(ctx, model, &def, &sim);
  if (!status) status = mm_sim_set(sim, MM_ACT, act);
  if (!status) status = mm_sim_forward(sim);
  if (!status) status = mm_sim_get(sim, MM_QFRC_ACTUATOR, torque);
  mm_sim_destroy(sim);
  free(act);
  return status;
}

static mm_status compare(mm_context *ctx, mm_spec *spec, const char *pattern) {
  mm_model *whole = NULL, *weak = NULL;
  double *torque[2] = {NULL, NULL};
  int removed = 0;
  mm_status status = mm_spec_compile(spec, &whole);
  if (!status) status = mm_spec_remove(spec, MM_OBJ_ACTUATOR, pattern, &removed);
  if (!status) status = mm_spec_compile(spec, &weak);
  if (!status) {
    torque[0] = (double *)calloc((size_t)whole->nv, sizeof(double));
    torque[1] = (double *)calloc((size_t)weak->nv, sizeof(double));
    status = torque[0] && torque[1] ? strength(ctx, whole, torque[0]) : MM_E_MEMORY;
  }
  if (!status) status = strength(ctx, weak, torque[1]);
  if (!status) printf("%d of %d muscles removed (%s)\n", removed, whole->nu, pattern);
  for (int j = 0; !status && j < whole->njnt; j++) {
    const int dof = whole->jnt_dofadr[j];
    if (whole->jnt_type[j] == MM_JNT_HINGE)
      printf("%-20s %8.1f N m, without them %8.1f N m\n", mm_model_name(whole, MM_OBJ_JOINT, j), torque[0][dof], torque[1][dof]);
  }
  free(torque[0]);
  free(torque[1]);
  mm_model_destroy(weak);
  mm_model_destroy(whole);
  return status;
}

int main(int count, char **words) {
  mm_context *ctx = NULL;
  mm_spec *spec = NULL;
  mm_status status = mm_context_create(NULL, &ctx);
  if (!status) status = mm_spec_load(ctx, count > 1 ? words[1] : "models/legs18.xml", &spec);
  if (!status) status = compare(ctx, spec, count > 2 ? words[2] : "*soleus*");
  if (status) fprintf(stderr, "%s\n", mm_error(ctx));
  mm_spec_destroy(spec);
  mm_context_destroy(ctx);
  return status ? EXIT_FAILURE : EXIT_SUCCESS;
}
