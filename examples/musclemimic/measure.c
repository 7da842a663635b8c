/* >>program-measure: musclemimic measure */
#include "figures.h"

#include <stdlib.h>
#include <string.h>

static const arg_option options[] = {
  {"json", 0, ARG_FLAG, "", 0, 0, "the figures as JSON"},
  {NULL, 0, ARG_FLAG, "", 0, 0, ""}
};
static const arg_option *const groups[] = {options, model_options, NULL};

static int report(const app *a, const mm_trajectory *t, const mm_retarget_report *reports) {
  const char *const *names = (const char *const *)t->clip_names;
  json j;
  int code;
  if (!arg_count(a->given, "json")) return figures_print(a, reports, names, t->clip_count, stdout);
  json_begin(&j, stdout);
  json_text(&j, "trajectory", arg_operand(a->given, 0));
  code = figures_json_all(a, &j, reports, names, t->clip_count);
  json_end(&j);
  return code;
}

static int run(const args *given) {
  app a;
  mm_model *model = NULL;
  mm_trajectory *t = NULL;
  mm_retarget_report *reports = NULL;
  int code = app_begin(&a, given);
  if (!code && app_model(&a, arg_operand(given, 1), &model)) code = app_failed(&a);
  if (!code && mm_trajectory_load(a.ctx, arg_operand(given, 0), model, &t)) code = app_failed(&a);
  if (!code) reports = (mm_retarget_report *)need((size_t)t->clip_count, sizeof *reports);
  for (int c = 0; !code && c < t->clip_count; c++)
    if (mm_trajectory_measure(model, t, c, 1, &reports[c])) code = app_failed(&a);
  if (!code) code = report(&a, t, reports);
  free(reports);
  mm_trajectory_destroy(t);
  mm_model_destroy(model);
  return app_end(&a, code);
}

const command measure_command = {
  "measure", "how good the motions of a trajectory are", "TRAJECTORY.h5 MODEL", 2, 2,
  "Joint limits, couplings, depth in the floor, floating, foot skate, tendon jumps and jerk of every clip of a trajectory, "
  "in double precision by the kernels of the simulation. Distances from the clip's targets are known to retarget alone.",
  "  musclemimic measure walk.h5 models/legs18.xml\n"
  "  musclemimic measure set.h5 myofullbody.xml --no-fingers --mimic-sites --json\n",
  groups, run
};
