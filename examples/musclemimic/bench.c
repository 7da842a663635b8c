/* >>program-bench: musclemimic bench */
#include "app.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUBSTEPS 5          /* of a control step: excitations are redrawn after each */
#define EXCITATION_MOST 0.3 /* drawn from 0 to this, as in the comparison with MuJoCo */
#define EPISODE 100         /* control steps, from the start pose: 1 s at 2 ms, so that standing, falling and lying count */
#define LOOK_EVERY 10       /* control steps between counts of contacts */
#define STAGES_MAX 16

static const arg_option options[] = {
  {"envs", 'n', ARG_WHOLE, "N", 1, 1 << 24, "environments (default 1024)"},
  {"seconds", 's', ARG_REAL, "S", 0.01, 86400, "how long to measure (default 5)"},
  {"json", 0, ARG_FLAG, "", 0, 0, "as JSON"},
  {NULL, 0, ARG_FLAG, "", 0, 0, ""}
};
static const arg_option *const groups[] = {options, model_options, device_options, NULL};

typedef struct bench_run {
  app a;
  mm_model *model;
  mm_sim *sim;
  mm_sim_info info;
  float *ctrl;      /* [environments, nu] */
  uint64_t random;
  double build, elapsed; /* s */
  long long control_steps;
  double contacts;  /* sum over looks of the mean in an environment */
  int looks;
  int resets;       /* environments that had to be put back */
  mm_stage_time stages[STAGES_MAX];
  int stage_count;
} bench_run;

/* xorshift64*: only to have excitations; results of the simulation do not depend on it */
static float draw(uint64_t *state) {
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return (float)((*state * 2685821657736338717ULL) >> 40) / 16777216.0f;
}

static int excite(bench_run *r) {
  const size_t count = (size_t)r->info.environments * (size_t)r->model->nu;
  if (!count) return EXIT_DONE;
  for (size_t i = 0; i < count; i++) r->ctrl[i] = (float)EXCITATION_MOST * draw(&r->random);
  return mm_sim_setf(r->sim, MM_CTRL, r->ctrl) ? app_failed(&r->a) : EXIT_DONE;
}

static int make_simulation(bench_run *r) {
  const mm_field keep[1] = {MM_CONTACT_DIST};
  const double begun = now_seconds();
  mm_sim_def def;
  memset(&def, 0, sizeof def);
  def.environments = arg_whole(r->a.given, "envs", 1024);
  def.keep = keep;
  def.keep_count = r->model->nconmax ? 1 : 0;
  if (mm_sim_create(r->a.ctx, r->model, &def, &r->sim) || mm_sim_get_info(r->sim, &r->info))
    return app_failed(&r->a);
  r->build = now_seconds() - begun;
  r->ctrl = (float *)need((size_t)def.environments * (size_t)r->model->nu, sizeof *r->ctrl);
  r->random = 88172645463325252ULL;
  return EXIT_DONE;
}

static int count_contacts(bench_run *r) {
  const size_t count = (size_t)r->info.environments * (size_t)r->model->nconmax;
  double *distance;
  long long contacts = 0;
  int code = EXIT_DONE;
  r->looks++;
  if (!count) return EXIT_DONE;
  distance = (double *)need(count, sizeof *distance);
  if (mm_sim_get(r->sim, MM_CONTACT_DIST, distance)) code = app_failed(&r->a);
  for (size_t i = 0; i < count; i++) contacts += distance[i] < 1e9;
  r->contacts += (double)contacts / r->info.environments;
  free(distance);
  return code;
}

/* all environments from the start pose; the clock runs while they are stepped. Cut short where twice the time is over */
static int run_episode(bench_run *r, double seconds, progress *bar) {
  int code = mm_sim_reset(r->sim, NULL, -1) ? app_failed(&r->a) : EXIT_DONE;
  for (int k = 0; !code && !stop_requested() && k < EPISODE && r->elapsed < 2 * seconds; k++) {
    const double begun = now_seconds();
    code = excite(r);
    if (!code && (mm_sim_step(r->sim, SUBSTEPS) || mm_sim_finish(r->sim))) code = app_failed(&r->a);
    r->elapsed += now_seconds() - begun;
    r->control_steps++;
    progress_set(bar, fmin(r->elapsed, seconds), NULL);
    if (!code && k % LOOK_EVERY == LOOK_EVERY - 1) code = count_contacts(r);
  }
  return code;
}

/* whole episodes, until the given time is over */
static int run_for(bench_run *r, double seconds) {
  progress bar;
  int code = EXIT_DONE;
  progress_begin(&bar, "bench", seconds, "s", arg_count(r->a.given, "quiet"));
  while (!code && !stop_requested() && r->elapsed < seconds) code = run_episode(r, seconds, &bar);
  progress_end(&bar);
  return code;
}

static int count_resets(bench_run *r) {
  double *warning = (double *)need((size_t)r->info.environments, sizeof *warning);
  int code = mm_sim_get(r->sim, MM_WARNING, warning) ? app_failed(&r->a) : EXIT_DONE;
  for (int i = 0; i < r->info.environments; i++) r->resets += warning[i] != 0;
  free(warning);
  return code;
}

/* some sixty control steps: not where they would take far longer than the measurement itself */
static int time_stages(bench_run *r, double seconds) {
  const double step = r->elapsed / (double)r->control_steps;
  r->stage_count = 0;
  if (60 * step > fmax(60, 10 * seconds)) {
    app_error(&r->a, "stages are not timed: that would take %.0f s; give fewer --envs, or more --seconds", 60 * step);
    return EXIT_DONE;
  }
  if (mm_sim_profile(r->sim, SUBSTEPS, r->stages, STAGES_MAX, &r->stage_count)) return app_failed(&r->a);
  return EXIT_DONE;
}

static double rate(const bench_run *r) {
  return r->elapsed > 0 ? (double)r->control_steps * SUBSTEPS * r->info.environments / r->elapsed : 0;
}

static const char *precision_name(const bench_run *r) {
  return r->info.precision == MM_PRECISION_F64 ? "f64" : "f32";
}

static void print_json(const bench_run *r, const char *path) {
  json j;
  json_begin(&j, stdout);
  json_text(&j, "model", path);
  json_text(&j, "backend", r->info.backend);
  json_text(&j, "device", r->info.device);
  json_text(&j, "precision", precision_name(r));
  json_whole(&j, "environments", r->info.environments);
  json_whole(&j, "width", r->info.width);
  json_whole(&j, "lanes", r->info.lanes);
  json_whole(&j, "groups", r->info.groups);
  json_real(&j, "timestep", r->model->opt.timestep[0]);
  json_real(&j, "build_seconds", r->build);
  json_real(&j, "seconds", r->elapsed);
  json_real(&j, "substeps_per_second", rate(r));
  json_real(&j, "us_per_substep", rate(r) > 0 ? 1e6 / rate(r) : 0);
  json_whole(&j, "kept_bytes", (long long)r->info.kept_bytes);
  json_whole(&j, "scratch_bytes", (long long)r->info.scratch_bytes);
  json_whole(&j, "model_bytes", (long long)r->info.model_bytes);
  json_real(&j, "contacts_mean", r->looks ? r->contacts / r->looks : 0);
  json_whole(&j, "episode_substeps", (r->control_steps < EPISODE ? r->control_steps : EPISODE) * SUBSTEPS);
  json_whole(&j, "resets", r->resets);
  json_object(&j, "stages_us");
  for (int i = 0; i < r->stage_count; i++) json_real(&j, r->stages[i].name, 1e6 * r->stages[i].seconds);
  json_close(&j);
  json_end(&j);
}

static void print_text(const bench_run *r, const char *path) {
  char title[512], text[32], more[32];
  printf("%s: nv %d, nu %d, time step %g s\n", app_model_title(&r->a, path, title, sizeof title), r->model->nv,
         r->model->nu, r->model->opt.timestep[0]);
  printf("%s (%s), %s, %d environments in tiles of %d, %d lanes, %d groups in flight\n\n", r->info.device,
         r->info.backend, precision_name(r), r->info.environments, r->info.width, r->info.lanes,
         r->info.groups);
  printf("%-26s%14s\n", "substeps per second", with_commas(rate(r), text));
  printf("%-26s%14s  (of %d substeps)\n", "control steps per second", with_commas(rate(r) / SUBSTEPS, text),
         SUBSTEPS);
  printf("%-26s%14.2f  us of all cores\n", "an environment's substep", rate(r) > 0 ? 1e6 / rate(r) : 0);
  printf("%-26s%14.1f  times real time\n", "simulated time", rate(r) * r->model->opt.timestep[0]);
  printf("%-26s%14s  an environment, and %s in all for those in flight\n", "memory",
         with_unit((double)r->info.kept_bytes, text), with_unit((double)r->info.scratch_bytes, more));
  printf("%-26s%14.2f  an environment, on average\n", "contacts", r->looks ? r->contacts / r->looks : 0);
  printf("%-26s%14d\n", "environments put back", r->resets);
  printf("%-26s%14.1f  s; measured %.1f s\n", "kernels built in", r->build, r->elapsed);
  if (r->stage_count) printf("\n%-26s%14s  us of all cores, by running it several times\n", "stage", "time");
  for (int i = 0; i < r->stage_count; i++) printf("%-26s%14.2f\n", r->stages[i].name, 1e6 * r->stages[i].seconds);
}

static int run(const args *given) {
  bench_run r;
  const char *path = arg_operand(given, 0);
  int code;
  memset(&r, 0, sizeof r);
  stop_watch();
  code = app_begin(&r.a, given);
  if (!code && app_model(&r.a, path, &r.model)) code = app_failed(&r.a);
  if (!code) code = make_simulation(&r);
  if (!code && (mm_sim_step(r.sim, SUBSTEPS) || mm_sim_finish(r.sim))) code = app_failed(&r.a); /* pages are touched */
  if (!code) code = run_for(&r, arg_real(given, "seconds", 5));
  if (!code) code = count_resets(&r);
  if (!code && !stop_requested()) code = time_stages(&r, arg_real(given, "seconds", 5));
  if (!code && stop_requested())
    app_error(&r.a, "stopped by %s: the numbers are of the time until then", stop_name());
  if (!code && arg_count(given, "json")) print_json(&r, path);
  else if (!code) print_text(&r, path);
  if (!code && stop_requested()) code = EXIT_STOPPED;
  mm_sim_destroy(r.sim);
  mm_model_destroy(r.model);
  free(r.ctrl);
  return app_end(&r.a, code);
}

const command bench_command = {
  "bench", "how fast the physics of a model runs", "MODEL", 1, 1,
  "Steps environments under random excitations from 0 to 0.3, redrawn every 5 substeps, contacts on, in episodes of 500 "
  "substeps from the start pose, and prints substeps per second, memory, and how many contacts were met. Whole episodes "
  "run until the time is over, but no episode for more than twice that time.",
  "  musclemimic bench models/legs18.xml --envs 1024 --seconds 5\n"
  "  musclemimic bench myofullbody.xml --no-fingers --set-option timestep=0.002 --backend opencl --json\n",
  groups, run
};
