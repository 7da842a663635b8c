/* >>program-measure: musclemimic measure */
#include "figures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const arg_option options[] = {
  {"spectrum", 0, ARG_REAL, "HZ", 0.01, 10000, "how smooth each joint moves, and how much of its power lies above HZ"},
  {"json", 0, ARG_FLAG, "", 0, 0, "the figures as JSON"},
  {NULL, 0, ARG_FLAG, "", 0, 0, ""}
};
static const arg_option *const groups[] = {options, model_options, device_options, NULL};

typedef struct measured {
  app a;
  mm_model *model;
  mm_trajectory *t;
  mm_retarget_report *reports;
  mm_smoothness *smoothness; /* [nv] mean over clips; NULL: not asked for */
} measured;

/* the mean over clips, of the arc length over those in which the joint moves */
static int smoothness(measured *m, double cutoff) {
  const int nv = m->t->nv;
  mm_smoothness *one = (mm_smoothness *)need((size_t)nv, sizeof *one);
  int *moving = (int *)need((size_t)nv, sizeof *moving), code = 0;
  m->smoothness = (mm_smoothness *)need((size_t)nv, sizeof *one);
  for (int c = 0; !code && c < m->t->clip_count; c++) {
    if (mm_trajectory_smoothness(m->t, c, cutoff, one)) code = app_failed(&m->a);
    for (int d = 0; !code && d < nv; d++) {
      m->smoothness[d].bandwidth += one[d].bandwidth / m->t->clip_count;
      m->smoothness[d].share_above += one[d].share_above / m->t->clip_count;
      if (isnan(one[d].arc_length)) continue;
      m->smoothness[d].arc_length += one[d].arc_length;
      moving[d]++;
    }
  }
  for (int d = 0; d < nv; d++) m->smoothness[d].arc_length = moving[d] ? m->smoothness[d].arc_length / moving[d] : NAN;
  free(one);
  free(moving);
  return code;
}

/* a joint's name, with a number where it has several degrees of freedom */
static const char *dof_name(const mm_model *m, int dof, char *text, size_t size) {
  const int joint = m->dof_jntid[dof], first = m->jnt_dofadr[joint];
  const int several = m->jnt_type[joint] == MM_JNT_FREE || m->jnt_type[joint] == MM_JNT_BALL;
  if (several) snprintf(text, size, "%s[%d]", mm_model_name(m, MM_OBJ_JOINT, joint), dof - first);
  else snprintf(text, size, "%s", mm_model_name(m, MM_OBJ_JOINT, joint));
  return text;
}

static void print_smoothness(const measured *m, double cutoff) {
  static const char *const headings[] = {"joint", ">arc length|SPARC", ">bandwidth|Hz, 95 %", ">above|%"};
  char name[256];
  table t;
  printf("\nspectra of velocities; above: share of the power above %g Hz\n", cutoff);
  table_begin(&t, 4, headings);
  for (int d = 0; d < m->t->nv; d++) {
    const mm_smoothness *s = &m->smoothness[d];
    table_cell(&t, "%s", dof_name(m->model, d, name, sizeof name));
    if (isnan(s->arc_length)) table_cell(&t, "-");
    else table_cell(&t, "%.3f", s->arc_length);
    table_cell(&t, "%.2f", s->bandwidth);
    table_cell(&t, "%.3f", 100 * s->share_above);
  }
  table_end(&t, stdout);
}

static void smoothness_json(const measured *m, json *j, double cutoff) {
  char name[256];
  json_real(j, "spectrum_cutoff", cutoff);
  json_array(j, "smoothness");
  for (int d = 0; d < m->t->nv; d++) {
    json_object(j, NULL);
    json_text(j, "joint", dof_name(m->model, d, name, sizeof name));
    json_real(j, "arc_length", m->smoothness[d].arc_length);
    json_real(j, "bandwidth", m->smoothness[d].bandwidth);
    json_real(j, "share_above", m->smoothness[d].share_above);
    json_close(j);
  }
  json_close(j);
}

static int report(const measured *m) {
  const app *a = &m->a;
  const mm_trajectory *t = m->t;
  const mm_retarget_report *reports = m->reports;
  const char *const *names = (const char *const *)t->clip_names;
  const double cutoff = arg_real(a->given, "spectrum", 0);
  json j;
  int code;
  if (!arg_count(a->given, "json")) {
    code = figures_print(a, reports, names, t->clip_count, stdout);
    if (!code && m->smoothness) print_smoothness(m, cutoff);
    return code;
  }
  json_begin(&j, stdout);
  json_text(&j, "trajectory", arg_operand(a->given, 0));
  code = figures_json_all(a, &j, reports, names, t->clip_count);
  if (!code && m->smoothness) smoothness_json(m, &j, cutoff);
  json_end(&j);
  return code;
}

static int run(const args *given) {
  measured m;
  int code;
  memset(&m, 0, sizeof m);
  code = app_begin(&m.a, given);
  if (!code && app_model(&m.a, arg_operand(given, 1), &m.model)) code = app_failed(&m.a);
  if (!code && mm_trajectory_load(m.a.ctx, arg_operand(given, 0), m.model, &m.t)) code = app_failed(&m.a);
  if (!code) m.reports = (mm_retarget_report *)need((size_t)m.t->clip_count, sizeof *m.reports);
  for (int c = 0; !code && c < m.t->clip_count; c++)
    if (mm_trajectory_measure(m.model, m.t, c, 1, &m.reports[c])) code = app_failed(&m.a);
  if (!code && arg_count(given, "spectrum")) code = smoothness(&m, arg_real(given, "spectrum", 0));
  if (!code) code = report(&m);
  free(m.smoothness);
  free(m.reports);
  mm_trajectory_destroy(m.t);
  mm_model_destroy(m.model);
  return app_end(&m.a, code);
}

const command measure_command = {
  "measure", "how good the motions of a trajectory are", "TRAJECTORY.h5 MODEL", 2, 2,
  "Joint limits, couplings, depth in the floor, floating, foot skate, tendon jumps and jerk of every clip of a trajectory, "
  "in double precision by the kernels of the simulation; with --spectrum, also how smooth each joint moves. Distances from the clip's targets are known to retarget alone.",
  "  musclemimic measure walk.h5 models/legs18.xml\n"
  "  musclemimic measure walk.h5 models/legs18.xml --spectrum 12\n"
  "  musclemimic measure set.h5 myofullbody.xml --no-fingers --mimic-sites --json\n",
  groups, run
};
