/* >>opencl: devices, buffers, program cache and launches through OpenCL 1.2 */

#ifndef MUSCLEMIMIC_NO_OPENCL

#define MM_CL_DEVICES_MAX 64

typedef struct mm_cl_device {
  mm_device base;
  cl_device_id id;
  cl_context context;
  cl_command_queue queue;
} mm_cl_device;

typedef struct mm_cl_buffer { cl_mem memory; size_t bytes; } mm_cl_buffer;

typedef struct mm_cl_kernel { char name[64]; cl_kernel kernel; } mm_cl_kernel;
typedef struct mm_cl_program {
  cl_program program;
  mm_cl_kernel *kernels;
  int kernel_count;
} mm_cl_program;

static const char *mm__cl_text(cl_int code) {
  static const struct { cl_int code; const char *text; } table[] = {
    {CL_DEVICE_NOT_FOUND, "device not found"},
    {CL_DEVICE_NOT_AVAILABLE, "the device is not available: it was reset, unplugged, or taken by another process"},
    {CL_COMPILER_NOT_AVAILABLE, "no compiler"}, {CL_MEM_OBJECT_ALLOCATION_FAILURE, "no device memory: use fewer environments"},
    {CL_OUT_OF_RESOURCES, "out of resources: use fewer environments, or the device was lost"},
    {CL_OUT_OF_HOST_MEMORY, "no host memory"}, {CL_BUILD_PROGRAM_FAILURE, "the kernels did not build"},
    {CL_INVALID_DEVICE, "the device vanished"}, {CL_INVALID_CONTEXT, "the context is invalid: the device vanished"},
    {CL_INVALID_COMMAND_QUEUE, "the queue is invalid: a kernel failed before"}, {CL_INVALID_MEM_OBJECT, "invalid buffer"},
    {CL_INVALID_BINARY, "invalid program binary"}, {CL_INVALID_KERNEL_NAME, "no such kernel"},
    {CL_INVALID_KERNEL_ARGS, "an argument of the kernel is not set"}, {CL_INVALID_WORK_GROUP_SIZE, "group size not possible"},
    {CL_INVALID_BUFFER_SIZE, "buffer too large: use fewer environments"}};
  for (int i = 0; i < MM_COUNT(table); i++)
    if (table[i].code == code) return table[i].text;
  return "OpenCL error";
}

static mm_status mm__cl_fail(const mm_cl_device *device, cl_int code, const char *what) {
  return mm__fail(device->base.ctx, code == CL_BUILD_PROGRAM_FAILURE ? MM_E_BUILD : MM_E_DEVICE, "%s (driver %s): %s: %s (%d)",
                  device->base.info.name, device->base.info.driver, what, mm__cl_text(code), (int)code);
}

static void mm__cl_string(cl_device_id id, cl_device_info what, char *text, size_t size) {
  if (clGetDeviceInfo(id, what, size, text, NULL) != CL_SUCCESS) text[0] = 0;
  text[size - 1] = 0;
}

/* the widest tile the device's vector units take at once; one environment a tile on a GPU */
static void mm__cl_shape(cl_device_id id, mm_precision precision, mm_device_info *info) {
  cl_uint vector = 1;
  if (!info->is_cpu) {
    info->width = 1;
    info->lanes = 32;
    return;
  }
  clGetDeviceInfo(id, precision == MM_PRECISION_F64 ? CL_DEVICE_NATIVE_VECTOR_WIDTH_DOUBLE : CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT,
                  sizeof vector, &vector, NULL);
  info->width = vector >= 16 ? 16 : vector >= 8 ? 8 : vector >= 4 ? 4 : vector >= 2 ? 2 : 1;
  info->lanes = 1;
}

static void mm__cl_describe(cl_platform_id platform, cl_device_id id, mm_precision precision, mm_device_info *info) {
  cl_device_type type = 0;
  cl_uint units = 1;
  cl_ulong memory = 0, most = 0, local = 0;
  cl_device_fp_config f64 = 0;
  memset(info, 0, sizeof *info);
  info->backend = MM_BACKEND_OPENCL;
  mm__cl_string(id, CL_DEVICE_NAME, info->name, sizeof info->name);
  mm__cl_string(id, CL_DEVICE_VENDOR, info->vendor, sizeof info->vendor);
  mm__cl_string(id, CL_DRIVER_VERSION, info->driver, sizeof info->driver);
  if (clGetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof info->platform, info->platform, NULL) != CL_SUCCESS) info->platform[0] = 0;
  clGetDeviceInfo(id, CL_DEVICE_TYPE, sizeof type, &type, NULL);
  clGetDeviceInfo(id, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL);
  clGetDeviceInfo(id, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof memory, &memory, NULL);
  clGetDeviceInfo(id, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof most, &most, NULL);
  clGetDeviceInfo(id, CL_DEVICE_LOCAL_MEM_SIZE, sizeof local, &local, NULL);
  if (clGetDeviceInfo(id, CL_DEVICE_DOUBLE_FP_CONFIG, sizeof f64, &f64, NULL) != CL_SUCCESS) f64 = 0;
  info->units = (int)units;
  info->is_cpu = (type & CL_DEVICE_TYPE_CPU) != 0;
  info->has_f64 = f64 != 0;
  info->memory = (size_t)memory;
  info->max_alloc = (size_t)most;
  info->local_memory = (size_t)local;
  mm__cl_shape(id, precision, info);
}

/* every device of every platform; GPUs and accelerators come before CPUs */
static int mm__cl_devices(mm_precision precision, cl_platform_id *platforms, cl_device_id *ids, mm_device_info *infos) {
  cl_platform_id found[16];
  cl_uint platform_count = 0;
  int count = 0;
  if (clGetPlatformIDs(16, found, &platform_count) != CL_SUCCESS) return 0;
  if (platform_count > 16) platform_count = 16;
  for (int pass = 0; pass < 2; pass++)
    for (cl_uint p = 0; p < platform_count; p++) {
      cl_device_id list[16];
      cl_uint device_count = 0;
      if (clGetDeviceIDs(found[p], CL_DEVICE_TYPE_ALL, 16, list, &device_count) != CL_SUCCESS) continue;
      for (cl_uint d = 0; d < device_count && d < 16 && count < MM_CL_DEVICES_MAX; d++) {
        mm_device_info info;
        mm__cl_describe(found[p], list[d], precision, &info);
        if (info.is_cpu != pass) continue;
        platforms[count] = found[p];
        ids[count] = list[d];
        infos[count++] = info;
      }
    }
  return count;
}

static mm_status mm__cl_list(mm_context *ctx, mm_device_info *list, int limit, int *count) {
  cl_platform_id platforms[MM_CL_DEVICES_MAX];
  cl_device_id ids[MM_CL_DEVICES_MAX];
  mm_device_info *infos = MM_NEW(ctx, mm_device_info, MM_CL_DEVICES_MAX);
  if (!infos) return MM_E_MEMORY;
  *count = mm__cl_devices(ctx->def.precision, platforms, ids, infos);
  for (int i = 0; i < *count && i < limit; i++) list[i] = infos[i];
  mm__free(ctx, infos);
  return MM_OK;
}

static void mm__cl_close(mm_device *base) {
  mm_cl_device *device = (mm_cl_device *)base;
  if (device->queue) clReleaseCommandQueue(device->queue);
  if (device->context) clReleaseContext(device->context);
  mm__pool_destroy(base->pool);
  mm__free(base->ctx, device);
}

/* tiles are OpenCL's vectors, and sums over the lanes halve their number each time */
static mm_status mm__cl_choose(mm_context *ctx, mm_cl_device *device) {
  const mm_device_info *info = &device->base.info;
  const int width = ctx->def.width > 0 ? ctx->def.width : info->width;
  const int lanes = ctx->def.lanes > 0 ? ctx->def.lanes : info->lanes;
  size_t most = 1;
  device->base.precision = ctx->def.precision == MM_PRECISION_F64 ? MM_PRECISION_F64 : MM_PRECISION_F32;
  device->base.width = width;
  device->base.lanes = lanes;
  device->base.groups = info->is_cpu ? info->units : 16 * info->units;
  clGetDeviceInfo(device->id, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof most, &most, NULL);
  if (width > 16 || (width & (width - 1)))
    return mm__fail(ctx, MM_E_ARGUMENT, "width %d: a tile holds 1, 2, 4, 8 or 16 environments", width);
  if ((lanes & (lanes - 1)) || (size_t)lanes > most)
    return mm__fail(ctx, MM_E_ARGUMENT, "%s: lanes %d: a group has a power of two of them, at most %d", info->name, lanes, (int)most);
  if (device->base.precision == MM_PRECISION_F64 && !info->has_f64)
    return mm__fail(ctx, MM_E_UNSUPPORTED, "%s has no double precision: use f32", info->name);
  return MM_OK;
}

static mm_status mm__cl_open(mm_context *ctx, int index, mm_device **opened) {
  cl_platform_id platforms[MM_CL_DEVICES_MAX];
  cl_device_id ids[MM_CL_DEVICES_MAX];
  cl_int code;
  int count, chosen = index > 0 ? index - 1 : 0;
  mm_cl_device *device = MM_NEW(ctx, mm_cl_device, 1);
  mm_device_info *infos = MM_NEW(ctx, mm_device_info, MM_CL_DEVICES_MAX);
  mm_status status;
  if (!device || !infos) {
    mm__free(ctx, device);
    mm__free(ctx, infos);
    return MM_E_MEMORY;
  }
  count = mm__cl_devices(ctx->def.precision, platforms, ids, infos);
  device->base.backend = mm__opencl_backend();
  device->base.ctx = ctx;
  if (chosen < count) {
    device->id = ids[chosen];
    device->base.info = infos[chosen];
  }
  mm__free(ctx, infos);
  if (chosen >= count) {
    mm__cl_close(&device->base);
    return mm__fail(ctx, MM_E_DEVICE, "OpenCL device %d vanished", index);
  }
  status = mm__cl_choose(ctx, device);
  if (status != MM_OK) {
    mm__cl_close(&device->base);
    return status;
  }
  device->context = clCreateContext(NULL, 1, &device->id, NULL, NULL, &code);
  if (code == CL_SUCCESS) device->queue = clCreateCommandQueue(device->context, device->id, 0, &code);
  if (code != CL_SUCCESS) {
    status = mm__cl_fail(device, code, "opening the device");
    mm__cl_close(&device->base);
    return status;
  }
  if (device->base.info.is_cpu) {
    status = mm__cblas_open(ctx, device->base.info.units, &device->base.pool);
    if (status != MM_OK) {
      mm__cl_close(&device->base);
      return status;
    }
  }
  *opened = &device->base;
  return MM_OK;
}

static mm_status mm__cl_buffer_create(mm_device *base, size_t bytes, mm_buffer **buffer) {
  mm_cl_device *device = (mm_cl_device *)base;
  mm_cl_buffer *made;
  const size_t size = bytes ? (bytes + 63) & ~(size_t)63 : 64;
  cl_uint zero = 0;
  cl_int code;
  MM_TRY(mm__device_room(base, size));
  made = MM_NEW(base->ctx, mm_cl_buffer, 1);
  if (!made) return MM_E_MEMORY;
  made->memory = clCreateBuffer(device->context, CL_MEM_READ_WRITE, size, NULL, &code);
  if (code == CL_SUCCESS) code = clEnqueueFillBuffer(device->queue, made->memory, &zero, sizeof zero, 0, size, 0, NULL, NULL);
  if (code != CL_SUCCESS) {
    if (made->memory) clReleaseMemObject(made->memory);
    mm__free(base->ctx, made);
    return mm__cl_fail(device, code, "making a buffer");
  }
  made->bytes = size;
  base->used += size;
  *buffer = (mm_buffer *)made;
  return MM_OK;
}

static void mm__cl_buffer_destroy(mm_device *base, mm_buffer *buffer) {
  if (!buffer) return;
  base->used -= ((mm_cl_buffer *)buffer)->bytes;
  clReleaseMemObject(((mm_cl_buffer *)buffer)->memory);
  mm__free(base->ctx, buffer);
}

static mm_status mm__cl_write(mm_device *base, mm_buffer *buffer, size_t offset, const void *bytes, size_t size) {
  mm_cl_device *device = (mm_cl_device *)base;
  cl_int code = size ? clEnqueueWriteBuffer(device->queue, ((mm_cl_buffer *)buffer)->memory, CL_TRUE, offset, size, bytes, 0, NULL, NULL)
                     : CL_SUCCESS;
  return code == CL_SUCCESS ? MM_OK : mm__cl_fail(device, code, "writing a buffer");
}

static mm_status mm__cl_read(mm_device *base, mm_buffer *buffer, size_t offset, void *bytes, size_t size) {
  mm_cl_device *device = (mm_cl_device *)base;
  cl_int code = size ? clEnqueueReadBuffer(device->queue, ((mm_cl_buffer *)buffer)->memory, CL_TRUE, offset, size, bytes, 0, NULL, NULL)
                     : CL_SUCCESS;
  return code == CL_SUCCESS ? MM_OK : mm__cl_fail(device, code, "reading a buffer");
}

/* >>program-cache: binaries on disk, keyed by everything that shaped them */

static void mm__cl_cache_path(const mm_cl_device *device, uint64_t key, char *path, size_t size) {
  const char *dir = device->base.ctx->def.cache_dir, *home;
  path[0] = 0;
  if (!dir) dir = getenv("MUSCLEMIMIC_CACHE");
  if (dir && !dir[0]) return;
  if (dir) {
    mkdir(dir, 0755);
    snprintf(path, size, "%s/%016llx.clbin", dir, (unsigned long long)key);
    return;
  }
  home = getenv("HOME");
  if (!home) return;
  snprintf(path, size, "%s/.cache", home);
  mkdir(path, 0755);
  snprintf(path, size, "%s/.cache/musclemimic", home);
  mkdir(path, 0755);
  snprintf(path, size, "%s/.cache/musclemimic/%016llx.clbin", home, (unsigned long long)key);
}

static uint64_t mm__cl_cache_key(const mm_cl_device *device, const char **lines, cl_uint count, const char *options) {
  const mm_device_info *info = &device->base.info;
  uint64_t key = mm__hash(MM_HASH_SEED, "1", 1);
  key = mm__hash(key, info->name, strlen(info->name));
  key = mm__hash(key, info->driver, strlen(info->driver));
  key = mm__hash(key, info->platform, strlen(info->platform));
  key = mm__hash(key, options, strlen(options));
  for (cl_uint i = 0; i < count; i++) key = mm__hash(key, lines[i], strlen(lines[i]));
  return key;
}

/* a binary that is missing, damaged or refused is a miss */
static cl_program mm__cl_cache_load(mm_cl_device *device, const char *path, uint64_t key, const char *options) {
  char *bytes = NULL, kept_error[sizeof device->base.ctx->error];
  size_t size = 0;
  cl_program program = NULL;
  uint64_t head[2];
  FILE *file = path[0] ? fopen(path, "rb") : NULL;
  if (!file) return NULL;
  fclose(file);
  memcpy(kept_error, device->base.ctx->error, sizeof kept_error);
  if (mm__file_read(device->base.ctx, path, (size_t)1 << 30, &bytes, &size) == MM_OK && size > sizeof head) {
    size_t binary_size = size - sizeof head;
    const unsigned char *binary = (const unsigned char *)bytes + sizeof head;
    cl_int code, status;
    memcpy(head, bytes, sizeof head);
    if (head[0] == key && head[1] == mm__hash(MM_HASH_SEED, binary, binary_size)) {
      program = clCreateProgramWithBinary(device->context, 1, &device->id, &binary_size, &binary, &status, &code);
      if (code != CL_SUCCESS) program = NULL;
      if (program && clBuildProgram(program, 1, &device->id, options, NULL, NULL) != CL_SUCCESS) {
        clReleaseProgram(program);
        program = NULL;
      }
    }
  }
  mm__free(device->base.ctx, bytes);
  memcpy(device->base.ctx->error, kept_error, sizeof kept_error);
  return program;
}

/* a cache that cannot be written is no error */
static void mm__cl_cache_store(mm_cl_device *device, cl_program program, const char *path, uint64_t key) {
  char beside[MM_PATH_MAX + 32];
  size_t size = 0;
  unsigned char *binary;
  uint64_t head[2];
  FILE *file;
  int ok;
  if (!path[0] || clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof size, &size, NULL) != CL_SUCCESS || !size) return;
  binary = MM_NEW(device->base.ctx, unsigned char, size);
  if (!binary) return;
  snprintf(beside, sizeof beside, "%s.%ld", path, (long)getpid());
  file = clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof binary, &binary, NULL) == CL_SUCCESS ? fopen(beside, "wb") : NULL;
  if (file) {
    head[0] = key;
    head[1] = mm__hash(MM_HASH_SEED, binary, size);
    ok = fwrite(head, sizeof head, 1, file) == 1 && fwrite(binary, 1, size, file) == size;
    ok = fclose(file) == 0 && ok;
    if (!ok || rename(beside, path)) remove(beside);
  }
  mm__free(device->base.ctx, binary);
}

static mm_status mm__cl_build_failed(mm_cl_device *device, cl_program program, cl_int code) {
  char *log = NULL, *error;
  size_t size = 0;
  mm_status status;
  clGetProgramBuildInfo(program, device->id, CL_PROGRAM_BUILD_LOG, 0, NULL, &size);
  log = MM_NEW(device->base.ctx, char, size + 1);
  if (log && size) clGetProgramBuildInfo(program, device->id, CL_PROGRAM_BUILD_LOG, size, log, NULL);
  error = log ? strstr(log, "error:") : NULL;
  if (log) mm__log(device->base.ctx, MM_LOG_DEBUG, "build log: %s", log);
  status = mm__fail(device->base.ctx, MM_E_BUILD, "%s (driver %s): the kernels did not build (%d): %.600s", device->base.info.name,
                    device->base.info.driver, (int)code,
                    error ? error : log && log[0] ? log : "the log is empty: a part of the driver's compiler may be missing "
                    "(NVIDIA: libnvidia-nvvm.so.4)");
  mm__free(device->base.ctx, log);
  return status;
}

static mm_status mm__cl_compile(mm_cl_device *device, const char **lines, cl_uint count, cl_program *program) {
  static const char options[] = "-cl-std=CL1.2 -w"; /* what is constant for one model is no mistake */
  char path[MM_PATH_MAX];
  uint64_t key = mm__cl_cache_key(device, lines, count, options);
  cl_int code;
  mm__cl_cache_path(device, key, path, sizeof path);
  *program = mm__cl_cache_load(device, path, key, options);
  if (*program) return MM_OK;
  mm__log(device->base.ctx, MM_LOG_INFO, "building the kernels for %s", device->base.info.name);
  *program = clCreateProgramWithSource(device->context, count, lines, NULL, &code);
  if (code != CL_SUCCESS) return mm__cl_fail(device, code, "making a program");
  code = clBuildProgram(*program, 1, &device->id, options, NULL, NULL);
  if (code != CL_SUCCESS) {
    mm_status status = mm__cl_build_failed(device, *program, code);
    clReleaseProgram(*program);
    *program = NULL;
    return status;
  }
  mm__cl_cache_store(device, *program, path, key);
  return MM_OK;
}

static const mm_source *mm__cl_source(const char *name) {
  for (int i = 0; i < MM_COUNT(mm__sources); i++)
    if (!strcmp(mm__sources[i].name, name)) return &mm__sources[i];
  return NULL;
}

static void mm__cl_program_destroy(mm_device *base, mm_program *destroyed) {
  mm_cl_program *program = (mm_cl_program *)destroyed;
  if (!program) return;
  for (int i = 0; i < program->kernel_count; i++) clReleaseKernel(program->kernels[i].kernel);
  if (program->program) clReleaseProgram(program->program);
  mm__free(base->ctx, program->kernels);
  mm__free(base->ctx, program);
}

static mm_status mm__cl_kernels_create(mm_cl_device *device, mm_cl_program *program) {
  cl_kernel kernels[64];
  cl_uint count = 0;
  cl_int code = clCreateKernelsInProgram(program->program, 64, kernels, &count);
  if (code != CL_SUCCESS) return mm__cl_fail(device, code, "making the kernels");
  program->kernels = MM_NEW(device->base.ctx, mm_cl_kernel, count);
  for (cl_uint i = 0; i < count; i++) {
    if (!program->kernels) {
      clReleaseKernel(kernels[i]);
      continue;
    }
    program->kernels[i].kernel = kernels[i];
    clGetKernelInfo(kernels[i], CL_KERNEL_FUNCTION_NAME, sizeof program->kernels[i].name, program->kernels[i].name, NULL);
    program->kernel_count++;
  }
  return program->kernels ? MM_OK : MM_E_MEMORY;
}

static mm_status mm__cl_program_create(mm_device *base, const char *prelude, const char *const *parts, mm_program **made) {
  mm_cl_device *device = (mm_cl_device *)base;
  mm_cl_program *program = MM_NEW(base->ctx, mm_cl_program, 1);
  const char **lines;
  cl_uint count = 1, at = 0;
  mm_status status;
  if (!program) return MM_E_MEMORY;
  for (int i = 0; parts[i]; i++) count += (cl_uint)mm__cl_source(parts[i])->count;
  lines = MM_NEW(base->ctx, const char *, count);
  if (!lines) {
    mm__free(base->ctx, program);
    return MM_E_MEMORY;
  }
  lines[at++] = prelude;
  for (int i = 0; parts[i]; i++)
    for (int k = 0; k < mm__cl_source(parts[i])->count; k++) lines[at++] = mm__cl_source(parts[i])->lines[k];
  status = mm__cl_compile(device, lines, count, &program->program);
  mm__free(base->ctx, (void *)lines);
  if (status == MM_OK) status = mm__cl_kernels_create(device, program);
  if (status != MM_OK) {
    mm__cl_program_destroy(base, (mm_program *)program);
    return status;
  }
  *made = (mm_program *)program;
  return MM_OK;
}

static cl_int mm__cl_set_arg(const mm_cl_device *device, cl_kernel kernel, cl_uint index, const mm_arg *arg) {
  float single = (float)arg->number;
  if (arg->kind == MM_ARG_INTEGER) return clSetKernelArg(kernel, index, sizeof arg->integer, &arg->integer);
  if (arg->kind == MM_ARG_BUFFER) {
    cl_mem memory = arg->buffer ? ((const mm_cl_buffer *)arg->buffer)->memory : NULL;
    return clSetKernelArg(kernel, index, sizeof memory, &memory);
  }
  if (device->base.precision == MM_PRECISION_F64) return clSetKernelArg(kernel, index, sizeof arg->number, &arg->number);
  return clSetKernelArg(kernel, index, sizeof single, &single);
}

static mm_status mm__cl_launch(mm_device *base, mm_program *launched, const char *name, int groups, const mm_arg *args, int count) {
  mm_cl_device *device = (mm_cl_device *)base;
  mm_cl_program *program = (mm_cl_program *)launched;
  cl_kernel kernel = NULL;
  size_t local = (size_t)base->lanes, global = local * (size_t)groups;
  cl_int code = CL_SUCCESS;
  for (int i = 0; i < program->kernel_count; i++)
    if (!strcmp(program->kernels[i].name, name)) kernel = program->kernels[i].kernel;
  if (!kernel) return mm__fail(base->ctx, MM_E_BUILD, "%s: there is no kernel %s", base->info.name, name);
  for (int i = 0; i < count && code == CL_SUCCESS; i++) code = mm__cl_set_arg(device, kernel, (cl_uint)i, &args[i]);
  if (code == CL_SUCCESS) code = clEnqueueNDRangeKernel(device->queue, kernel, 1, NULL, &global, &local, 0, NULL, NULL);
  if (code == CL_SUCCESS) code = clFlush(device->queue);
  return code == CL_SUCCESS ? MM_OK : mm__cl_fail(device, code, name);
}

static mm_status mm__cl_finish(mm_device *base) {
  mm_cl_device *device = (mm_cl_device *)base;
  cl_int code = clFinish(device->queue);
  return code == CL_SUCCESS ? MM_OK : mm__cl_fail(device, code, "waiting for the device");
}

static mm_status mm__cl_tables_create(mm_device *device, const mm_model *model, const mm_layout *layout, const mm_pack *pack,
                                      mm_buffer **tables, mm_buffer **reals) {
  size_t int_bytes = pack->int_count * sizeof(int);
  size_t real_bytes = pack->real_count * (device->precision == MM_PRECISION_F64 ? sizeof(double) : sizeof(float));
  (void)model;
  (void)layout;
  MM_TRY(mm__cl_buffer_create(device, int_bytes, tables));
  MM_TRY(mm__cl_buffer_create(device, real_bytes, reals));
  MM_TRY(mm__cl_write(device, *tables, 0, pack->ints, int_bytes));
  return mm__cl_write(device, *reals, 0, pack->reals, real_bytes);
}

static mm_status mm__cl_gemm(mm_device *base, const mm_gemm *gemm, int *done);
static mm_status mm__cl_fft(mm_device *base, const mm_fft *fft, int *done);

MM_PRIVATE const mm_backend *mm__opencl_backend(void) {
  static const mm_backend backend = {
    "opencl", mm__cl_list, mm__cl_open, mm__cl_close, mm__cl_buffer_create, mm__cl_buffer_destroy, mm__cl_write, mm__cl_read,
    mm__cl_program_create, mm__cl_program_destroy, mm__cl_launch, mm__cl_finish,
    mm__cl_tables_create, mm__cl_gemm, mm__cl_fft};
  return &backend;
}

#endif /* MUSCLEMIMIC_NO_OPENCL */
