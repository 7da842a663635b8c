/* >>program-rollout: musclemimic rollout */
#include "states.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const arg_option options[] = {
  {"out", 'o', ARG_TEXT, "FILE.h5", 0, 0, "where the trajectories go"},
  {"steps", 'n', ARG_WHOLE, "T", 1, 100000000, "how many time steps"},
  {"every", 0, ARG_WHOLE, "K", 1, 100000000, "keep each Kth step only (T must be a multiple; default 1)"},
  {NULL, 0, ARG_FLAG, "", 0, 0, ""}
};
static const arg_option *const groups[] = {states_option, options, model_options, device_options, NULL};

#define KEPT 4
static const mm_field kept_fields[KEPT] = {MM_QPOS, MM_QVEL, MM_ACT, MM_SENSORDATA};

typedef struct rollout_run {
  app a;
  mm_model *model;
  mm_sim *sim;
  states in;
  mm_store *out;
  mm_dtype type;
  int steps, every, frames; /* frames = steps / every */
  int block;                /* frames that are collected before they are written */
  double *collected[KEPT];  /* [N, block, n] */
  double *numbers;          /* [N, largest n] */
} rollout_run;

static int kept_size(const rollout_run *r, int i) { return mm_field_size(r->model, kept_fields[i]); }

static int make_simulation(rollout_run *r) {
  mm_sim_def def;
  mm_sim_info info;
  const mm_field keep[1] = {MM_SENSORDATA};
  double frame = 1;
  int largest = 1;
  memset(&def, 0, sizeof def);
  def.environments = r->in.count;
  def.keep = keep;
  def.keep_count = 1;
  if (mm_sim_create(r->a.ctx, r->model, &def, &r->sim) || mm_sim_get_info(r->sim, &info))
    return app_failed(&r->a);
  r->type = info.precision == MM_PRECISION_F32 ? MM_DTYPE_F32 : MM_DTYPE_F64;
  for (int i = 0; i < KEPT; i++) {
    frame += kept_size(r, i);
    if (kept_size(r, i) > largest) largest = kept_size(r, i);
  }
  if (r->model->nu > largest) largest = r->model->nu;
  /* about 64 MB are collected before they are written */
  r->block = (int)(8e6 / (frame * r->in.count));
  if (r->block < 1) r->block = 1;
  if (r->block > r->frames) r->block = r->frames;
  for (int i = 0; i < KEPT; i++)
    r->collected[i] =
        (double *)need((size_t)r->in.count * (size_t)r->block * (size_t)kept_size(r, i), sizeof(double));
  r->numbers = (double *)need((size_t)r->in.count * (size_t)largest, sizeof(double));
  return EXIT_DONE;
}

static int write_time(rollout_run *r) {
  mm_store_array array;
  double *time = (double *)need((size_t)r->frames, sizeof *time);
  int code = EXIT_DONE;
  memset(&array, 0, sizeof array);
  array.name = "time";
  array.type = MM_DTYPE_F64;
  array.rank = 1;
  array.shape[0] = r->frames;
  array.units = "s";
  for (int i = 0; i < r->frames; i++) time[i] = (double)(i + 1) * r->every * r->model->opt.timestep[0];
  if (mm_store_write(r->out, &array, time)) code = app_failed(&r->a);
  free(time);
  return code;
}

static int create_file(rollout_run *r) {
  mm_store_def def;
  mm_store_array array;
  memset(&def, 0, sizeof def);
  def.schema = "musclemimic-rollout";
  def.version = 1;
  def.model_hash = r->model->hash;
  if (mm_store_create(r->a.ctx, arg_text(r->a.given, "out", NULL), &def, &r->out)) return app_failed(&r->a);
  for (int i = 0; i < KEPT; i++) {
    memset(&array, 0, sizeof array);
    array.name = mm_field_name(kept_fields[i]);
    array.type = r->type;
    array.rank = 3;
    array.shape[0] = r->in.count;
    array.shape[1] = r->frames;
    array.shape[2] = kept_size(r, i);
    array.chunk[0] = 1; /* a piece is one state's block of frames */
    array.chunk[1] = r->block;
    array.units = mm_field_unit(kept_fields[i])[0] ? mm_field_unit(kept_fields[i]) : NULL;
    if (mm_store_declare(r->out, &array)) return app_failed(&r->a);
  }
  return write_time(r);
}

/* the state after a kept step into the block */
static int collect(rollout_run *r, int place) {
  for (int i = 0; i < KEPT; i++) {
    const size_t size = (size_t)kept_size(r, i);
    if (!size) continue;
    if (mm_sim_get(r->sim, kept_fields[i], r->numbers)) return app_failed(&r->a);
    for (size_t env = 0; env < (size_t)r->in.count; env++)
      memcpy(r->collected[i] + (env * (size_t)r->block + (size_t)place) * size, r->numbers + env * size,
             size * sizeof(double));
  }
  return EXIT_DONE;
}

/* count frames of the block, which begins with frame first, into the file */
static int write_block(rollout_run *r, int first, int count) {
  const int64_t start[MM_RANK_MAX] = {0, first};
  int64_t extent[MM_RANK_MAX] = {0};
  for (int i = 0; i < KEPT; i++) {
    const size_t size = (size_t)kept_size(r, i);
    extent[0] = r->in.count;
    extent[1] = count;
    extent[2] = (int64_t)size;
    /* the last block may be shorter than its place: close the gaps */
    for (size_t env = 1; env < (size_t)r->in.count && count < r->block; env++)
      memmove(r->collected[i] + env * (size_t)count * size, r->collected[i] + env * (size_t)r->block * size,
              (size_t)count * size * sizeof(double));
    if (mm_store_write_part(r->out, mm_field_name(kept_fields[i]), MM_DTYPE_F64, start, extent,
                            r->collected[i]))
      return app_failed(&r->a);
  }
  return EXIT_DONE;
}

/* controls that change in time are given before each step */
static int set_controls(rollout_run *r, int step) {
  for (int i = 0; i < STATE_ARRAYS; i++) {
    const state_array *array = r->in.arrays + i;
    if (!array->steps || !array->size) continue;
    if (states_read(&r->in, i, 0, r->in.count, step, r->in.count, r->numbers)) return EXIT_FAILED;
    if (mm_sim_set(r->sim, array->field, r->numbers)) return app_failed(&r->a);
  }
  return EXIT_DONE;
}

static int advance(rollout_run *r, int frame) {
  int over_time = 0;
  for (int i = 0; i < STATE_ARRAYS; i++) over_time |= r->in.arrays[i].steps;
  if (!over_time) return mm_sim_step(r->sim, r->every) ? app_failed(&r->a) : EXIT_DONE;
  for (int k = 0; k < r->every; k++) {
    const int code = set_controls(r, frame * r->every + k);
    if (code) return code;
    if (mm_sim_step(r->sim, 1)) return app_failed(&r->a);
  }
  return EXIT_DONE;
}

static int compute(rollout_run *r) {
  progress bar;
  int code = EXIT_DONE, begun = 0;
  progress_begin(&bar, "rollout", (double)r->steps * r->in.count, "steps", arg_count(r->a.given, "quiet"));
  for (int frame = 0; frame < r->frames && !code; frame++) {
    if (stop_requested()) {
      app_error(&r->a, "stopped by %s: nothing was written", stop_name());
      code = EXIT_STOPPED;
      break;
    }
    code = advance(r, frame);
    if (!code) code = collect(r, frame - begun);
    if (!code && (frame + 1 - begun == r->block || frame + 1 == r->frames)) {
      code = write_block(r, begun, frame + 1 - begun);
      begun = frame + 1;
    }
    progress_set(&bar, (double)(frame + 1) * r->every * r->in.count, NULL);
  }
  progress_end(&bar);
  return code;
}

/* environments that had to be put back to their start are told, not hidden */
static int report_warnings(rollout_run *r) {
  mm_sim_fault faults[16];
  int count = 0;
  if (mm_sim_faults(r->sim, faults, 16, &count)) return app_failed(&r->a);
  for (int i = 0; i < count && i < 16; i++)
    app_warning(&r->a, "%d of %d environments (the first is %d): %s not finite or too large; %s", faults[i].environments,
                r->in.count, faults[i].first, faults[i].quantity,
                faults[i].bit == MM_WARN_BADCTRL ? "all their controls were taken as 0" : "they were put back to their start");
  return EXIT_DONE;
}

static int run(const args *given) {
  rollout_run r;
  int code;
  memset(&r, 0, sizeof r);
  r.steps = arg_whole(given, "steps", 0);
  r.every = arg_whole(given, "every", 1);
  if (!arg_text(given, "out", NULL))
    return usage_error("rollout", "--out FILE.h5 is missing: where do the trajectories go?");
  if (!r.steps) return usage_error("rollout", "--steps T is missing: how many time steps?");
  if (r.steps % r.every)
    return usage_error("rollout", "--steps %d is no multiple of --every %d", r.steps, r.every);
  r.frames = r.steps / r.every;
  stop_watch();
  code = app_begin(&r.a, given);
  if (!code && app_model(&r.a, arg_operand(given, 0), &r.model)) code = app_failed(&r.a);
  if (!code) code = states_open(&r.in, &r.a, r.model, r.steps);
  if (!code) code = make_simulation(&r);
  if (!code) code = create_file(&r);
  if (!code) code = states_set(&r.in, r.sim, 0, r.in.count, r.in.count);
  if (!code) code = compute(&r);
  if (!code) code = report_warnings(&r);
  if (!code && mm_store_commit(r.out)) code = app_failed(&r.a);
  mm_store_close(r.out);
  states_close(&r.in);
  mm_sim_destroy(r.sim);
  mm_model_destroy(r.model);
  for (int i = 0; i < KEPT; i++) free(r.collected[i]);
  free(r.numbers);
  return app_end(&r.a, code);
}

const command rollout_command = {
  "rollout", "trajectories from start states under given controls", "MODEL", 1, 1,
  "Steps every state of a file T times and writes time [T] and qpos, qvel, act and sensordata [N, T, n] after each "
  "step. Controls are held when the file gives ctrl [N, nu], and change with each step when it gives ctrl [N, T, nu]. "
  "Sensors read the state that a step began with, as after MuJoCo's mj_step.",
  "  musclemimic rollout models/legs18.xml --in start.h5 --out trajectories.h5 --steps 1000 --every 10\n",
  groups, run
};
