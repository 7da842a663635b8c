/* >>native: the kernels compiled as C, run by a pool of threads; a group is a thread's share of the tiles */

#ifndef MUSCLEMIMIC_NO_NATIVE

typedef struct mm_native_buffer { size_t bytes; } mm_native_buffer; /* the memory follows */

typedef void (*mm_native_fn)(const mm_arg *args, int group, int groups);

typedef struct mm_native_program { mm_precision precision; } mm_native_program;

/* a launch */
typedef struct mm_native_work { mm_native_fn fn; const mm_arg *args; } mm_native_work;

static mm_status mm__native_list(mm_context *ctx, mm_device_info *list, int limit, int *count) {
  *count = 1;
  if (limit < 1) return MM_OK;
  memset(list, 0, sizeof *list);
  list->backend = MM_BACKEND_NATIVE;
  snprintf(list->name, sizeof list->name, "this machine's cores");
  snprintf(list->platform, sizeof list->platform, "plain C");
  list->units = ctx->def.threads > 0 ? ctx->def.threads : mm__pool_cores();
  list->is_cpu = list->has_f64 = 1;
  list->width = list->lanes = 1;
  list->memory = list->max_alloc = (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
  return MM_OK;
}

static void mm__native_close(mm_device *device) {
  mm__pool_destroy(device->pool);
  mm__free(device->ctx, device);
}

static mm_status mm__native_open(mm_context *ctx, int index, mm_device **opened) {
  mm_device *device = MM_NEW(ctx, mm_device, 1);
  mm_status status;
  int count = 0;
  (void)index;
  if (!device) return MM_E_MEMORY;
  device->backend = mm__native_backend();
  device->ctx = ctx;
  mm__native_list(ctx, &device->info, 1, &count);
  device->precision = ctx->def.precision == MM_PRECISION_F32 ? MM_PRECISION_F32 : MM_PRECISION_F64;
  device->width = device->lanes = 1;
  device->groups = device->info.units;
  status = mm__cblas_open(ctx, device->groups, &device->pool);
  if (status == MM_OK && !device->pool) status = mm__pool_create(ctx, device->groups, &device->pool);
  if (status != MM_OK) {
    mm__native_close(device);
    return status;
  }
  *opened = device;
  return MM_OK;
}

#define MM_NATIVE_HEADER 64
static void *mm__native_memory(mm_buffer *buffer) { return (char *)buffer + MM_NATIVE_HEADER; }

static mm_status mm__native_buffer_create(mm_device *device, size_t bytes, mm_buffer **buffer) {
  mm_native_buffer *made;
  MM_TRY(mm__device_room(device, bytes));
  made = (mm_native_buffer *)mm__alloc(device->ctx, 1, bytes + MM_NATIVE_HEADER);
  if (!made) return MM_E_MEMORY;
  made->bytes = bytes;
  device->used += bytes;
  *buffer = (mm_buffer *)made;
  return MM_OK;
}

static void mm__native_buffer_destroy(mm_device *device, mm_buffer *buffer) {
  if (buffer) device->used -= ((mm_native_buffer *)buffer)->bytes;
  mm__free(device->ctx, buffer);
}

static mm_status mm__native_write(mm_device *device, mm_buffer *buffer, size_t offset, const void *bytes, size_t size) {
  (void)device;
  memcpy((char *)mm__native_memory(buffer) + offset, bytes, size);
  return MM_OK;
}

static mm_status mm__native_read(mm_device *device, mm_buffer *buffer, size_t offset, void *bytes, size_t size) {
  (void)device;
  memcpy(bytes, (char *)mm__native_memory(buffer) + offset, size);
  return MM_OK;
}

static mm_status mm__native_program_create(mm_device *device, const char *prelude, const char *const *parts, mm_program **program) {
  (void)prelude;
  (void)parts;
  mm_native_program *made = MM_NEW(device->ctx, mm_native_program, 1);
  if (!made) return MM_E_MEMORY;
  made->precision = device->precision;
  *program = (mm_program *)made;
  return MM_OK;
}

static void mm__native_program_destroy(mm_device *device, mm_program *program) { mm__free(device->ctx, program); }

static mm_native_fn mm__native_find(mm_precision precision, const char *name) {
  const mm_native_kernel *kernels = precision == MM_PRECISION_F64 ? mm__kernels_f64 : mm__kernels_f32;
  for (; kernels->name; kernels++)
    if (!strcmp(kernels->name, name)) return kernels->fn;
  return NULL;
}

static void mm__native_part(void *user, int part, int parts) {
  const mm_native_work *work = (const mm_native_work *)user;
  work->fn(work->args, part, parts);
}

static mm_status mm__native_launch(mm_device *base, mm_program *program, const char *kernel, int groups, const mm_arg *args, int count) {
  mm_arg bound[MM_ARGS_MAX];
  mm_native_work work;
  mm_native_fn fn = mm__native_find(((mm_native_program *)program)->precision, kernel);
  if (!fn || count > MM_ARGS_MAX) return mm__fail(base->ctx, MM_E_BUILD, "native backend: there is no kernel %s", kernel);
  for (int i = 0; i < count; i++) {
    bound[i] = args[i];
    if (args[i].kind == MM_ARG_BUFFER) bound[i].pointer = args[i].buffer ? mm__native_memory(args[i].buffer) : NULL;
  }
  work.fn = fn;
  work.args = bound;
  mm__pool_run(base->pool, mm__native_part, &work, groups);
  return MM_OK;
}

static mm_status mm__native_finish(mm_device *device) {
  (void)device;
  return MM_OK;
}

static mm_status mm__native_tables_create(mm_device *device, const mm_model *model, const mm_layout *layout, const mm_pack *pack,
                                          mm_buffer **tables, mm_buffer **reals) {
  int is_double = device->precision == MM_PRECISION_F64;
  MM_TRY(mm__native_buffer_create(device, is_double ? sizeof(mm_tables_f64) : sizeof(mm_tables_f32), tables));
  MM_TRY(mm__native_buffer_create(device, sizeof *layout, reals));
  if (is_double)
    mm_tables_fill_f64((mm_tables_f64 *)mm__native_memory(*tables), model, pack);
  else
    mm_tables_fill_f32((mm_tables_f32 *)mm__native_memory(*tables), model, pack);
  return mm__native_write(device, *reals, 0, layout, sizeof *layout);
}

static mm_status mm__native_gemm(mm_device *device, const mm_gemm *gemm, int *done) {
  const size_t size = device->precision == MM_PRECISION_F64 ? sizeof(double) : sizeof(float);
  *done = mm__cblas_gemm(device->pool, device->precision, gemm, (char *)mm__native_memory(gemm->a) + gemm->a_at * size,
                         (char *)mm__native_memory(gemm->b) + gemm->b_at * size,
                         (char *)mm__native_memory(gemm->c) + gemm->c_at * size);
  return MM_OK;
}

MM_PRIVATE const mm_backend *mm__native_backend(void) {
  static const mm_backend backend = {
    "native", mm__native_list, mm__native_open, mm__native_close, mm__native_buffer_create, mm__native_buffer_destroy,
    mm__native_write, mm__native_read, mm__native_program_create, mm__native_program_destroy, mm__native_launch, mm__native_finish,
    mm__native_tables_create, mm__native_gemm, NULL};
  return &backend;
}

#endif /* MUSCLEMIMIC_NO_NATIVE */
