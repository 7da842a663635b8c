/* >>reflex: a controller in C: every muscle is excited by its own stretch, and the legs brace instead of giving way

     build/examples/reflex [models/legs18.xml]

   Each control step reads lengths and velocities of the actuators, and sets excitations from them. Half of the
   environments have no reflex, for comparison. */
#include "musclemimic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENVIRONMENTS = 32, CONTROL_STEPS = 120, SUBSTEPS = 5 };

/* tone, and what exceeds the length and velocity at the start, in fractions of the muscle's operating length and a second */
static double excitation(double stretch, double velocity, int has_reflex) {
  const double u = 0.02 + (has_reflex ? 6.0 * stretch + 0.4 * velocity : 0);
  return u < 0 ? 0 : u > 1 ? 1 : u;
}

static mm_status control(mm_sim *sim, const mm_model *model, const double *rest, double *length, double *velocity, double *ctrl) {
  mm_status status = mm_sim_get(sim, MM_ACTUATOR_LENGTH, length);
  if (!status) status = mm_sim_get(sim, MM_ACTUATOR_VELOCITY, velocity);
  for (int i = 0; i < ENVIRONMENTS * model->nu; i++)
    ctrl[i] = excitation((length[i] - rest[i]) / rest[i], velocity[i] / rest[i], i / model->nu % 2);
  return status ? status : mm_sim_set(sim, MM_CTRL, ctrl);
}

static mm_status run(mm_sim *sim, const mm_model *model, double *numbers) {
  const size_t size = (size_t)ENVIRONMENTS * (size_t)model->nu;
  double *rest = numbers, *length = rest + size, *velocity = length + size, *ctrl = velocity + size, *com = ctrl + size;
  mm_status status = mm_sim_forward(sim); /* what follows from the start pose, without moving */
  if (!status) status = mm_sim_get(sim, MM_ACTUATOR_LENGTH, rest);
  for (int step = 0; step <= CONTROL_STEPS && !status; step++) {
    if (step % 20 == 0) {
      double height[2] = {0, 0};
      status = mm_sim_get(sim, MM_SUBTREE_COM, com); /* of each body with its descendants; body 1 carries all */
      for (int e = 0; e < ENVIRONMENTS; e++) height[e % 2] += com[3 * (e * model->nbody + 1) + 2] / (ENVIRONMENTS / 2);
      printf("%4.2f s: centre of mass at %.3f m with the reflex, %.3f m without\n", step * SUBSTEPS * model->opt.timestep[0], height[1],
             height[0]);
    }
    if (!status) status = control(sim, model, rest, length, velocity, ctrl);
    if (!status) status = mm_sim_step(sim, SUBSTEPS);
  }
  return status;
}

int main(int count, char **words) {
  /* fields that are computed within a step are kept only when they are asked for */
  static const mm_field keep[] = {MM_ACTUATOR_LENGTH, MM_ACTUATOR_VELOCITY, MM_SUBTREE_COM};
  mm_context *ctx = NULL;
  mm_model *model = NULL;
  mm_sim *sim = NULL;
  mm_sim_def def;
  double *numbers = NULL;
  mm_status status;
  memset(&def, 0, sizeof def);
  def.environments = ENVIRONMENTS;
  def.keep = keep;
  def.keep_count = 3;
  status = mm_context_create(NULL, &ctx);
  if (!status) status = mm_model_load(ctx, count > 1 ? words[1] : "models/legs18.xml", &model);
  if (!status) status = mm_sim_create(ctx, model, &def, &sim);
  if (!status) {
    numbers = (double *)malloc(sizeof *numbers * ENVIRONMENTS * (size_t)(4 * model->nu + 3 * model->nbody));
    status = numbers ? run(sim, model, numbers) : MM_E_MEMORY;
  }
  if (status) fprintf(stderr, "%s: %s\n", mm_status_name(status), mm_error(ctx));
  free(numbers);
  mm_sim_destroy(sim);
  mm_model_destroy(model);
  mm_context_destroy(ctx);
  return status ? EXIT_FAILURE : EXIT_SUCCESS;
}
