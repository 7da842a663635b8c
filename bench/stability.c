/* >>bench-stability: many environments for long under random excitations: what diverges, how far numbers go, and the hash
   of the last states, as JSON on standard output

     stability MODEL [--no-fingers] [--envs N] [--seconds S] [--samples K] [--backend native] [--precision f64]

   Excitations are drawn anew every 5 substeps of 2 ms, evenly between 0 and the environment's own most: 0.1 for every
   tenth environment, and so on to 1. They depend on environment, control step and actuator alone, so bench/stability.py
   gives MuJoCo the same. The states of the first K environments are written at some control steps for it. */
#define _POSIX_C_SOURCE 200809L
#include "musclemimic.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SUBSTEPS = 5, TOLD = 64 };
static const double timestep = 0.002;
static const int samples_at[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000};

typedef struct reset { int environment, control, bits; } reset;

typedef struct run {
  const char *path, *device;
  int no_fingers, envs, controls, samples;
  mm_context_def where;
  mm_context *ctx;
  mm_model *model;
  mm_sim *sim;
  float *qpos, *qvel, *act, *ctrl, *resets, *warning;  /* [envs, n] */
  float *resets_before;
  double most_qpos, most_qvel, most_beyond;  /* of all, beside the root's place; beyond a joint's range */
  double root_low, root_high, root_away;     /* m: a free root's height, and way from its start */
  int most_qvel_env, most_qvel_control;
  int not_finite, reset_count;
  reset told[TOLD];
} run;

static uint64_t mixed(uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

static float excitation(int environment, int control, int actuator) {
  const uint64_t key = ((uint64_t)environment << 40) | ((uint64_t)control << 16) | (uint64_t)actuator;
  return (float)(mixed(key) >> 40) / 16777216.0f * (float)(0.1 * (1 + environment % 10));
}

static int failed(const run *r) {
  fprintf(stderr, "stability: %s\n", mm_error(r->ctx));
  return 1;
}

static float *floats(int envs, int size) { return (float *)calloc((size_t)envs * (size_t)size + 1, sizeof(float)); }

static int begin(run *r) {
  mm_spec *spec = NULL;
  mm_sim_def def;
  mm_sim_info info;
  mm_status status;
  char text[32];
  if (mm_context_create(&r->where, &r->ctx)) return 1;
  snprintf(text, sizeof text, "%g", timestep);
  status = mm_spec_load(r->ctx, r->path, &spec);
  if (!status && r->no_fingers) status = mm_spec_remove_fingers(spec);
  if (!status) status = mm_spec_set_option(spec, "timestep", text);
  if (!status) status = mm_spec_compile(spec, &r->model);
  mm_spec_destroy(spec);
  memset(&def, 0, sizeof def);
  def.environments = r->envs;
  if (!status) status = mm_sim_create(r->ctx, r->model, &def, &r->sim);
  if (!status) status = mm_sim_get_info(r->sim, &info);
  if (status) return failed(r);
  r->device = info.device;
  r->qpos = floats(r->envs, r->model->nq);
  r->qvel = floats(r->envs, r->model->nv);
  r->act = floats(r->envs, r->model->na);
  r->ctrl = floats(r->envs, r->model->nu);
  r->resets = floats(r->envs, 1);
  r->resets_before = floats(r->envs, 1);
  r->warning = floats(r->envs, 1);
  r->root_low = 1e30;
  r->root_high = -1e30;
  return 0;
}

static void end(run *r) {
  free(r->qpos);
  free(r->qvel);
  free(r->act);
  free(r->ctrl);
  free(r->resets);
  free(r->resets_before);
  free(r->warning);
  mm_sim_destroy(r->sim);
  mm_model_destroy(r->model);
  mm_context_destroy(r->ctx);
}

/* how far the numbers of an environment go */
static void look(run *r, int environment, int control) {
  const mm_model *m = r->model;
  const float *q = r->qpos + environment * m->nq, *v = r->qvel + environment * m->nv;
  for (int i = 0; i < m->nv; i++) {
    if (!isfinite(v[i])) r->not_finite++;
    if (fabs((double)v[i]) > r->most_qvel) {
      r->most_qvel = fabs((double)v[i]);
      r->most_qvel_env = environment;
      r->most_qvel_control = control;
    }
  }
  for (int j = 0; j < m->njnt; j++) {
    const int adr = m->jnt_qposadr[j], is_free = m->jnt_type[j] == MM_JNT_FREE;
    const int count = is_free ? 7 : m->jnt_type[j] == MM_JNT_BALL ? 4 : 1;
    for (int i = 0; i < count; i++)
      if (!isfinite(q[adr + i])) r->not_finite++;
    if (is_free) {
      r->root_low = fmin(r->root_low, (double)q[adr + 2]);
      r->root_high = fmax(r->root_high, (double)q[adr + 2]);
      r->root_away = fmax(r->root_away, hypot((double)q[adr] - m->qpos0[adr], (double)q[adr + 1] - m->qpos0[adr + 1]));
    } else {
      for (int i = 0; i < count; i++) r->most_qpos = fmax(r->most_qpos, fabs((double)q[adr + i]));
      if (count == 1 && m->jnt_limited[j])
        r->most_beyond = fmax(r->most_beyond, fmax(m->jnt_range[2 * j] - (double)q[adr], (double)q[adr] - m->jnt_range[2 * j + 1]));
    }
  }
}

static void look_at_resets(run *r, int control) {
  for (int i = 0; i < r->envs; i++) {
    if (r->resets[i] == r->resets_before[i]) continue;
    if (r->reset_count < TOLD) {
      r->told[r->reset_count].environment = i;
      r->told[r->reset_count].control = control;
      r->told[r->reset_count].bits = (int)r->warning[i];
    }
    r->reset_count++;
    r->resets_before[i] = r->resets[i];
  }
}

static void print_numbers(const char *name, const float *x, int count) {
  printf("\"%s\":[", name);
  for (int i = 0; i < count; i++) printf("%s%.9g", i ? "," : "", (double)x[i]);
  printf("]");
}

static void print_samples(const run *r, int control, int *printed) {
  const mm_model *m = r->model;
  for (size_t k = 0; k < sizeof samples_at / sizeof *samples_at; k++)
    if (control == samples_at[k])
      for (int i = 0; i < r->samples && i < r->envs; i++) {
        printf("%s\n{\"environment\":%d,\"control\":%d,", (*printed)++ ? "," : "", i, control);
        print_numbers("qpos", r->qpos + i * m->nq, m->nq);
        printf(",");
        print_numbers("qvel", r->qvel + i * m->nv, m->nv);
        printf("}");
      }
}

static int step(run *r, int control) {
  for (int i = 0; i < r->envs; i++)
    for (int k = 0; k < r->model->nu; k++) r->ctrl[i * r->model->nu + k] = excitation(i, control, k);
  if (mm_sim_setf(r->sim, MM_CTRL, r->ctrl) || mm_sim_step(r->sim, SUBSTEPS) || mm_sim_getf(r->sim, MM_QPOS, r->qpos) ||
      mm_sim_getf(r->sim, MM_QVEL, r->qvel) || mm_sim_getf(r->sim, MM_RESETS, r->resets) || mm_sim_getf(r->sim, MM_WARNING, r->warning))
    return failed(r);
  for (int i = 0; i < r->envs; i++) look(r, i, control);
  look_at_resets(r, control);
  return 0;
}

static uint64_t hash(uint64_t seed, const float *x, size_t count) {
  const unsigned char *bytes = (const unsigned char *)x;
  for (size_t i = 0; i < count * sizeof *x; i++) seed = (seed ^ bytes[i]) * 1099511628211ULL;
  return seed;
}

static int report(run *r) {
  const size_t n = (size_t)r->envs;
  uint64_t h;
  if (mm_sim_getf(r->sim, MM_ACT, r->act)) return failed(r);
  h = hash(14695981039346656037ULL, r->qpos, n * (size_t)r->model->nq);
  h = hash(hash(h, r->qvel, n * (size_t)r->model->nv), r->act, n * (size_t)r->model->na);
  printf("],\"hash\":\"%016llx\",\"not_finite\":%d,\"put_back\":%d,\"resets\":[", (unsigned long long)h, r->not_finite, r->reset_count);
  for (int i = 0; i < r->reset_count && i < TOLD; i++)
    printf("%s{\"environment\":%d,\"control\":%d,\"bits\":%d}", i ? "," : "", r->told[i].environment, r->told[i].control, r->told[i].bits);
  printf("],\"most_qpos\":%.9g,\"most_qvel\":%.9g,\"most_qvel_environment\":%d,\"most_qvel_control\":%d,\"most_beyond_range\":%.9g", r->most_qpos,
         r->most_qvel, r->most_qvel_env, r->most_qvel_control, r->most_beyond);
  if (r->root_high >= r->root_low) printf(",\"root\":[%.9g,%.9g,%.9g]", r->root_low, r->root_high, r->root_away);
  printf("}\n");
  return 0;
}

static int parse(run *r, int argc, char **argv) {
  double seconds = 20;
  r->envs = 1000;
  r->where.backend = MM_BACKEND_OPENCL;
  for (int i = 1; i < argc; i++) {
    const char *value = i + 1 < argc ? argv[i + 1] : "";
    if (argv[i][0] != '-') r->path = argv[i];
    else if (!strcmp(argv[i], "--no-fingers")) r->no_fingers = 1;
    else if (!strcmp(argv[i], "--envs")) r->envs = atoi(value), i++;
    else if (!strcmp(argv[i], "--seconds")) seconds = atof(value), i++;
    else if (!strcmp(argv[i], "--samples")) r->samples = atoi(value), i++;
    else if (!strcmp(argv[i], "--backend")) r->where.backend = strcmp(value, "native") ? MM_BACKEND_OPENCL : MM_BACKEND_NATIVE, i++;
    else if (!strcmp(argv[i], "--precision")) r->where.precision = strcmp(value, "f64") ? MM_PRECISION_F32 : MM_PRECISION_F64, i++;
    else return 1;
  }
  r->controls = (int)(seconds / (timestep * SUBSTEPS) + 0.5);
  return !r->path || r->envs < 1 || r->controls < 1;
}

/* one line that moves on a terminal, a line for each tenth in a log */
static void show(const run *r, int done) {
  const int terminal = isatty(2), last = done == r->controls;
  if (last || done % (terminal || r->controls < 10 ? 50 : r->controls / 10) == 0)
    fprintf(stderr, "%s%5.1f %%  %d put back%s", terminal ? "\r" : "", 100.0 * done / r->controls, r->reset_count, !terminal || last ? "\n" : " ");
}

int main(int argc, char **argv) {
  run r;
  int code, printed = 0;
  memset(&r, 0, sizeof r);
  if (parse(&r, argc, argv)) {
    fprintf(stderr, "stability MODEL [--no-fingers] [--envs N] [--seconds S] [--samples K] [--backend native] [--precision f64]\n");
    return 2;
  }
  code = begin(&r);
  if (!code)
    printf("{\"device\":\"%s\",\"environments\":%d,\"controls\":%d,\"substeps\":%d,\"nq\":%d,\"nv\":%d,\"nu\":%d,\"samples\":[", r.device, r.envs,
           r.controls, SUBSTEPS, r.model->nq, r.model->nv, r.model->nu);
  for (int c = 0; c < r.controls && !code; c++) {
    code = step(&r, c);
    if (!code) print_samples(&r, c + 1, &printed);
    show(&r, c + 1);
  }
  if (!code) code = report(&r);
  end(&r);
  return code;
}
