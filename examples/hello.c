/* >>hello: loads a model, steps 64 environments with random excitations and prints where they are

   With the header alone, as a program of your own would be built:
     cc -std=c99 -O2 -DMUSCLEMIMIC_IMPLEMENTATION examples/hello.c $(pkg-config --cflags --libs musclemimic) -o hello
     ./hello models/legs18.xml */
#include "musclemimic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENVIRONMENTS = 64 };

int main(int count, char **words) {
  const char *path = count > 1 ? words[1] : "models/legs18.xml";
  mm_context *ctx = NULL;
  mm_model *model = NULL;
  mm_sim *sim = NULL;
  mm_sim_def def;
  mm_sim_info info;
  double *ctrl = NULL, *qpos = NULL;
  int code = EXIT_FAILURE;
  memset(&def, 0, sizeof def); /* zero means default, in every definition */
  def.environments = ENVIRONMENTS;
  if (mm_context_create(NULL, &ctx) || mm_model_load(ctx, path, &model) || mm_sim_create(ctx, model, &def, &sim) ||
      mm_sim_get_info(sim, &info))
    goto failed;
  printf("%s: %d coordinates, %d actuators, on %s (%s)\n", path, model->nq, model->nu, info.device, info.backend);

  /* arrays are [environments, size], in the order of the host */
  ctrl = (double *)malloc(sizeof *ctrl * ENVIRONMENTS * (size_t)(model->nu + 1));
  qpos = (double *)malloc(sizeof *qpos * ENVIRONMENTS * (size_t)(model->nq + 1));
  if (!ctrl || !qpos) goto failed;
  for (int i = 0; i < ENVIRONMENTS * model->nu; i++) ctrl[i] = 0.2 * rand() / RAND_MAX;
  for (int step = 0; step < 100; step += 20) {
    double mean = 0, lowest = 1e9, highest = -1e9;
    if (mm_sim_set(sim, MM_CTRL, ctrl) || mm_sim_step(sim, 20) || mm_sim_get(sim, MM_QPOS, qpos)) goto failed;
    for (int e = 0; e < ENVIRONMENTS; e++) {
      const double last = qpos[(size_t)e * (size_t)model->nq + (size_t)model->nq - 1];
      mean += last / ENVIRONMENTS;
      if (last < lowest) lowest = last;
      if (last > highest) highest = last;
    }
    printf("%5.3f s: the last coordinate is %6.3f on average, %6.3f to %6.3f\n", (step + 20) * model->opt.timestep[0], mean, lowest,
           highest);
  }
  code = EXIT_SUCCESS;
failed:
  if (code) fprintf(stderr, "%s\n", mm_error(ctx)); /* what happened, where, and what to do */
  free(ctrl);
  free(qpos);
  mm_sim_destroy(sim); /* NULL is allowed */
  mm_model_destroy(model);
  mm_context_destroy(ctx);
  return code;
}
