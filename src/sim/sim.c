/* >>sim-make: simulations: creation, transfer, reset, stepping */

struct mm_sim {
  mm_context *ctx;
  mm_device *device;
  const mm_model *model;
  int environments, tiles, groups;
  unsigned char kept[MM_FIELD_COUNT];
  mm_layout layout;
  mm_pack pack;
  mm_program *program;
  mm_buffer *tables, *reals;       /* the model's */
  mm_buffer *state, *scratch;      /* [tile][kept_size], [group][work_size] tiles */
  mm_buffer *staging, *which;      /* [environments][largest field] in the host's order; a tile of marks each */
  void *host;                      /* as staging, on this side */
};

#define MM_ENVIRONMENTS_MAX (1 << 28)

/* the kernel files of a simulation, in order */
static const char *const *mm__sim_parts(void) {
  static const char *const parts[] = {MM_SIM_PARTS, NULL};
  return parts;
}

static size_t mm__sim_real_size(const mm_sim *sim) {
  return sim->device->precision == MM_PRECISION_F64 ? sizeof(double) : sizeof(float);
}

static size_t mm__sim_tile_bytes(const mm_sim *sim) { return mm__sim_real_size(sim) * (size_t)sim->device->width; }

static int mm__sim_largest_field(const mm_sim *sim) {
  int largest = sim->model->nq + sim->model->nv + sim->model->na + sim->model->nu;
  for (int f = 0; f < MM_FIELD_COUNT; f++) {
    mm_field_place place = mm__layout_place(&sim->layout, (mm_field)f);
    if (place.place == MM_PLACE_KEPT && place.size > largest) largest = place.size;
  }
  return largest;
}

typedef struct mm_sim_bytes { size_t state, scratch, which, staging; } mm_sim_bytes;

static mm_sim_bytes mm__sim_bytes(const mm_sim *sim) {
  const size_t tile = mm__sim_tile_bytes(sim);
  mm_sim_bytes bytes;
  bytes.state = (size_t)sim->tiles * (size_t)sim->layout.kept_size * tile;
  bytes.scratch = (size_t)sim->groups * (size_t)sim->layout.work_size * tile;
  bytes.which = (size_t)sim->tiles * tile;
  bytes.staging = (size_t)sim->environments * (size_t)mm__sim_largest_field(sim) * mm__sim_real_size(sim);
  return bytes;
}

/* before anything is made or compiled */
static mm_status mm__sim_room(const mm_sim *sim) {
  const mm_sim_bytes b = mm__sim_bytes(sim);
  return mm__device_room_for(sim->device, sim->environments, b.state + b.scratch + b.which + b.staging,
                             b.state > b.staging ? b.state : b.staging, b.staging);
}

static mm_status mm__sim_buffers(mm_sim *sim) {
  mm_device *d = sim->device;
  const mm_sim_bytes bytes = mm__sim_bytes(sim);
  MM_TRY(d->backend->tables_create(d, sim->model, &sim->layout, &sim->pack, &sim->tables, &sim->reals));
  MM_TRY(d->backend->buffer_create(d, bytes.state, &sim->state));
  MM_TRY(d->backend->buffer_create(d, bytes.scratch, &sim->scratch));
  MM_TRY(d->backend->buffer_create(d, bytes.which, &sim->which));
  MM_TRY(d->backend->buffer_create(d, bytes.staging, &sim->staging));
  sim->host = mm__alloc(sim->ctx, bytes.staging, 1);
  return sim->host ? MM_OK : MM_E_MEMORY;
}

static mm_status mm__sim_program(mm_sim *sim) {
  char *prelude;
  mm_status status;
  MM_TRY(mm__prelude_make(sim->device, sim->model, &sim->layout, &prelude));
  status = sim->device->backend->program_create(sim->device, prelude, mm__sim_parts(), &sim->program);
  mm__free(sim->ctx, prelude);
  return status;
}

static mm_status mm__sim_build(mm_sim *sim, const mm_sim_def *def) {
  mm_context *ctx = sim->ctx;
  for (int i = 0; def && i < def->keep_count; i++) {
    if (def->keep[i] < 0 || def->keep[i] >= MM_FIELD_COUNT)
      return mm__fail(ctx, MM_E_ARGUMENT, "mm_sim_create: keep[%d] = %d is no field", i, (int)def->keep[i]);
    sim->kept[def->keep[i]] = 1;
  }
  MM_TRY(mm__device_open(ctx));
  sim->device = ctx->device;
  sim->tiles = (sim->environments + sim->device->width - 1) / sim->device->width;
  sim->groups = sim->tiles < sim->device->groups ? sim->tiles : sim->device->groups;
  mm__layout_make(sim->model, sim->kept, &sim->layout);
  MM_TRY(mm__sim_room(sim));
  MM_TRY(mm__pack_make(ctx, sim->model, sim->device->precision, &sim->pack));
  MM_TRY(mm__sim_program(sim));
  MM_TRY(mm__sim_buffers(sim));
  return mm_sim_reset(sim, NULL, -1);
}

mm_status mm_sim_create(mm_context *ctx, const mm_model *model, const mm_sim_def *def, mm_sim **sim) {
  mm_status status;
  mm_sim *made;
  *sim = NULL;
  if (def && (def->environments < 0 || def->environments > MM_ENVIRONMENTS_MAX))
    return mm__fail(ctx, MM_E_ARGUMENT, "mm_sim_create: %d environments: 1 to %d are possible", def->environments, MM_ENVIRONMENTS_MAX);
  for (int i = 0; i < model->ntendon; i++)
    if (model->tendon_armature[i] != 0)
      return mm__fail(ctx, MM_E_UNSUPPORTED, "tendon %d '%s': armature %g: inertia of tendons is not simulated; give armature "
                      "to the joints that it moves", i, mm_model_name(model, MM_OBJ_TENDON, i), model->tendon_armature[i]);
  made = MM_NEW(ctx, mm_sim, 1);
  if (!made) return MM_E_MEMORY;
  made->ctx = ctx;
  made->model = model;
  made->environments = def && def->environments ? def->environments : 1;
  status = mm__sim_build(made, def);
  if (status != MM_OK) {
    mm_sim_destroy(made);
    return status;
  }
  *sim = made;
  return MM_OK;
}

void mm_sim_destroy(mm_sim *sim) {
  if (!sim) return;
  if (sim->device) {
    mm_device *d = sim->device;
    mm_buffer *buffers[6];
    mm__device_settle(d);
    buffers[0] = sim->tables;
    buffers[1] = sim->reals;
    buffers[2] = sim->state;
    buffers[3] = sim->scratch;
    buffers[4] = sim->staging;
    buffers[5] = sim->which;
    for (int i = 0; i < 6; i++) d->backend->buffer_destroy(d, buffers[i]);
    d->backend->program_destroy(d, sim->program);
  }
  mm__pack_free(sim->ctx, &sim->pack);
  mm__free(sim->ctx, sim->host);
  mm__free(sim->ctx, sim);
}

mm_status mm_sim_get_info(const mm_sim *sim, mm_sim_info *info) {
  const size_t tile = mm__sim_tile_bytes(sim);
  memset(info, 0, sizeof *info);
  info->backend = sim->device->backend->name;
  info->device = sim->device->info.name;
  info->precision = sim->device->precision;
  info->environments = sim->environments;
  info->width = sim->device->width;
  info->lanes = sim->device->lanes;
  info->groups = sim->groups;
  info->kept_bytes = (size_t)sim->layout.kept_size * mm__sim_real_size(sim);
  info->scratch_bytes = (size_t)sim->groups * (size_t)sim->layout.work_size * tile;
  info->model_bytes = sim->pack.int_count * sizeof(int) + sim->pack.real_count * mm__sim_real_size(sim);
  return MM_OK;
}

/* mmk_put or mmk_get of one field; staging is the second argument of both */
static mm_status mm__sim_transfer(mm_sim *sim, const char *kernel, mm_field_place place) {
  mm_arg args[7];
  args[0] = mm__arg_buffer(sim->state);
  args[1] = mm__arg_buffer(sim->staging);
  args[2] = mm__arg_int(sim->environments);
  args[3] = mm__arg_int(sim->layout.kept_size);
  args[4] = mm__arg_int(place.offset);
  args[5] = mm__arg_int(place.size);
  args[6] = mm__arg_int(sim->tiles);
  return sim->device->backend->launch(sim->device, sim->program, kernel, sim->groups, args, 7);
}

/* the numbers go to staging in the device's precision; those that are not finite are refused */
static mm_status mm__sim_put(mm_sim *sim, mm_field field, const double *f64, const float *f32) {
  const mm_field_place place = mm__layout_place(&sim->layout, field);
  const size_t count = (size_t)sim->environments * (size_t)place.size;
  const int device_f64 = sim->device->precision == MM_PRECISION_F64;
  if (!mm_field_settable(field))
    return mm__fail(sim->ctx, MM_E_ARGUMENT, "mm_sim_set: %s is computed, not set", mm_field_name(field));
  if (place.place != MM_PLACE_KEPT)
    return mm__fail(sim->ctx, MM_E_ARGUMENT, "mm_sim_set: %s is not kept: name it in mm_sim_def.keep", mm_field_name(field));
  for (size_t i = 0; i < count; i++) {
    double value = f64 ? f64[i] : (double)f32[i];
    if (!(value - value == 0))
      return mm__fail(sim->ctx, MM_E_DATA, "%s: environment %lu, number %lu is not finite", mm_field_name(field),
                      (unsigned long)(i / (size_t)place.size), (unsigned long)(i % (size_t)place.size));
    if (device_f64) ((double *)sim->host)[i] = value;
    else ((float *)sim->host)[i] = (float)value;
  }
  MM_TRY(sim->device->backend->write(sim->device, sim->staging, 0, sim->host, count * mm__sim_real_size(sim)));
  return mm__sim_transfer(sim, "mmk_put", place);
}

static mm_status mm__sim_take(mm_sim *sim, mm_field field, double *f64, float *f32) {
  const mm_field_place place = mm__layout_place(&sim->layout, field);
  const size_t count = (size_t)sim->environments * (size_t)place.size;
  const int device_f64 = sim->device->precision == MM_PRECISION_F64;
  if (place.place != MM_PLACE_KEPT)
    return mm__fail(sim->ctx, MM_E_ARGUMENT, "mm_sim_get: %s is not kept: name it in mm_sim_def.keep", mm_field_name(field));
  MM_TRY(mm__sim_transfer(sim, "mmk_get", place));
  MM_TRY(sim->device->backend->read(sim->device, sim->staging, 0, sim->host, count * mm__sim_real_size(sim)));
  for (size_t i = 0; i < count; i++) {
    double value = device_f64 ? ((const double *)sim->host)[i] : (double)((const float *)sim->host)[i];
    if (f64) f64[i] = value;
    else f32[i] = (float)value;
  }
  return MM_OK;
}

mm_status mm_sim_set(mm_sim *sim, mm_field field, const double *values) { return mm__sim_put(sim, field, values, NULL); }
mm_status mm_sim_get(mm_sim *sim, mm_field field, double *values) { return mm__sim_take(sim, field, values, NULL); }
mm_status mm_sim_setf(mm_sim *sim, mm_field field, const float *values) { return mm__sim_put(sim, field, NULL, values); }
mm_status mm_sim_getf(mm_sim *sim, mm_field field, float *values) { return mm__sim_take(sim, field, NULL, values); }

/* tiles with their padding: marks are 1 where an environment starts again */
static mm_status mm__sim_mark(mm_sim *sim, const unsigned char *which) {
  const int width = sim->device->width, count = sim->tiles * width;
  const size_t size = mm__sim_real_size(sim);
  void *marks = mm__alloc(sim->ctx, (size_t)count, size);
  mm_status status;
  if (!marks) return MM_E_MEMORY;
  for (int i = 0; i < count; i++) {
    int mark = !which || (i < sim->environments && which[i]);
    if (size == sizeof(double)) ((double *)marks)[i] = mark;
    else ((float *)marks)[i] = (float)mark;
  }
  status = sim->device->backend->write(sim->device, sim->which, 0, marks, (size_t)count * size);
  mm__free(sim->ctx, marks);
  return status;
}

mm_status mm_sim_reset(mm_sim *sim, const unsigned char *which, int key) {
  mm_arg args[7];
  if (key >= sim->model->nkey)
    return mm__fail(sim->ctx, MM_E_ARGUMENT, "mm_sim_reset: keyframe %d, and the model has %d", key, sim->model->nkey);
  MM_TRY(mm__sim_mark(sim, which));
  args[0] = mm__arg_buffer(sim->tables);
  args[1] = mm__arg_buffer(sim->reals);
  args[2] = mm__arg_buffer(sim->state);
  args[3] = mm__arg_buffer(sim->scratch);
  args[4] = mm__arg_buffer(sim->which);
  args[5] = mm__arg_int(key);
  args[6] = mm__arg_int(sim->tiles);
  return sim->device->backend->launch(sim->device, sim->program, "mmk_reset", sim->groups, args, 7);
}

/* stage slow runs repeats times in each step; -1: all once */
static mm_status mm__sim_run(mm_sim *sim, int steps, int slow, int repeats) {
  mm_arg args[8];
  args[0] = mm__arg_buffer(sim->tables);
  args[1] = mm__arg_buffer(sim->reals);
  args[2] = mm__arg_buffer(sim->state);
  args[3] = mm__arg_buffer(sim->scratch);
  args[4] = mm__arg_int(sim->tiles);
  args[5] = mm__arg_int(steps);
  args[6] = mm__arg_int(slow);
  args[7] = mm__arg_int(repeats);
  return sim->device->backend->launch(sim->device, sim->program, "mmk_step", sim->groups, args, 8);
}

mm_status mm_sim_forward(mm_sim *sim) { return mm__sim_run(sim, 0, -1, 1); }

mm_status mm_sim_step(mm_sim *sim, int count) {
  if (count < 0) return mm__fail(sim->ctx, MM_E_ARGUMENT, "mm_sim_step: %d steps", count);
  return count ? mm__sim_run(sim, count, -1, 1) : MM_OK;
}

mm_status mm_sim_finish(mm_sim *sim) { return sim->device->backend->finish(sim->device); }

mm_status mm_sim_faults(mm_sim *sim, mm_sim_fault *faults, int limit, int *count) {
  static const mm_sim_fault kinds[] = {
#define MM_FAULT(name, bit, quantity) {MM_WARN_##name, quantity, 0, -1},
    MM_WARNING_ITEMS(MM_FAULT)
#undef MM_FAULT
  };
  float *warning = MM_NEW(sim->ctx, float, sim->environments);
  mm_status status = warning ? mm_sim_getf(sim, MM_WARNING, warning) : MM_E_MEMORY;
  *count = 0;
  for (int k = 0; k < MM_COUNT(kinds) && status == MM_OK; k++) {
    mm_sim_fault fault = kinds[k];
    for (int i = sim->environments - 1; i >= 0; i--)
      if ((int)warning[i] & (int)fault.bit) {
        fault.environments++;
        fault.first = i;
      }
    if (fault.environments && *count < limit) faults[*count] = fault;
    *count += fault.environments > 0;
  }
  mm__free(sim->ctx, warning);
  return status;
}

/* seconds of one launch, an environment and step */
static mm_status mm__sim_time(mm_sim *sim, int steps, int slow, int repeats, double *seconds) {
  double start;
  MM_TRY(mm_sim_finish(sim));
  start = mm__seconds();
  MM_TRY(mm__sim_run(sim, steps, slow, repeats));
  MM_TRY(mm_sim_finish(sim));
  *seconds = (mm__seconds() - start) / steps / sim->environments;
  return MM_OK;
}

/* the least of some rounds, each beside a plain step of its own, since the machine's speed drifts */
static mm_status mm__sim_stage_time(mm_sim *sim, int steps, int stage, double *seconds, double *whole) {
  enum { ROUNDS = 3, REPEATS = 5 };
  double best = 1e30;
  for (int i = 0; i < ROUNDS; i++) {
    double plain, slow;
    MM_TRY(mm__sim_time(sim, steps, -1, 1, &plain));
    MM_TRY(mm__sim_time(sim, steps, stage, REPEATS, &slow));
    if (slow < best) best = slow;
    if (plain < *whole) *whole = plain;
  }
  *seconds = best / (REPEATS - 1);
  return MM_OK;
}

mm_status mm_sim_profile(mm_sim *sim, int steps, mm_stage_time *times, int limit, int *count) {
  static const char *const names[] = {"kinematics", "inertia", "bias", "tendon", "collision", "actuation", "constraint",
                                      "sensors", "integration", "step"};
  mm_stage_time all[MM_STAGE_COUNT + 2];
  double whole = 1e30, rest;
  if (steps < 1) return mm__fail(sim->ctx, MM_E_ARGUMENT, "mm_sim_profile: %d steps", steps);
  for (int stage = 0; stage < MM_STAGE_COUNT; stage++) MM_TRY(mm__sim_stage_time(sim, steps, stage, &all[stage].seconds, &whole));
  rest = whole;
  for (int stage = 0; stage < MM_STAGE_COUNT; stage++) {
    all[stage].seconds -= whole / 4;
    rest -= all[stage].seconds;
  }
  all[MM_STAGE_COUNT].seconds = rest;
  all[MM_STAGE_COUNT + 1].seconds = whole;
  *count = MM_STAGE_COUNT + 2;
  for (int i = 0; i < *count && i < limit; i++) {
    times[i] = all[i];
    times[i].name = names[i];
  }
  return MM_OK;
}
