/* >>device: which backend and device a context uses */

MM_PRIVATE mm_arg mm__arg_buffer(mm_buffer *buffer) {
  mm_arg arg;
  memset(&arg, 0, sizeof arg);
  arg.kind = MM_ARG_BUFFER;
  arg.buffer = buffer;
  return arg;
}

MM_PRIVATE mm_arg mm__arg_int(int value) {
  mm_arg arg;
  memset(&arg, 0, sizeof arg);
  arg.kind = MM_ARG_INTEGER;
  arg.integer = value;
  return arg;
}

MM_PRIVATE mm_arg mm__arg_real(double value) {
  mm_arg arg;
  memset(&arg, 0, sizeof arg);
  arg.kind = MM_ARG_NUMBER;
  arg.number = value;
  return arg;
}

/* the backends that were compiled in, best first */
static int mm__backends(const mm_backend **list) {
  int count = 0;
#ifndef MUSCLEMIMIC_NO_OPENCL
  list[count++] = mm__opencl_backend();
#endif
#ifndef MUSCLEMIMIC_NO_NATIVE
  list[count++] = mm__native_backend();
#endif
  (void)list;
  return count;
}

mm_status mm_device_list(mm_context *ctx, mm_device_info *list, int limit, int *count) {
  const mm_backend *backends[2];
  int n = mm__backends(backends);
  *count = 0;
  for (int i = 0; i < n; i++) {
    int found = 0, room = limit > *count ? limit - *count : 0;
    MM_TRY(backends[i]->list(ctx, room ? list + *count : NULL, room, &found));
    *count += found;
  }
  return MM_OK;
}

/* opens device number index (from 1; 0: the best) of a backend, if it has any */
static mm_status mm__device_try(mm_context *ctx, const mm_backend *backend, int index, int required, mm_device **device) {
  int count = 0;
  MM_TRY(backend->list(ctx, NULL, 0, &count));
  if (count == 0 && !required) return MM_OK;
  if (count == 0)
    return mm__fail(ctx, MM_E_DEVICE, "no OpenCL device: install a driver (Debian: pocl-opencl-icd for CPUs; NVIDIA: "
                    "its driver's nvidia.icd, or OCL_ICD_VENDORS set to libnvidia-opencl.so.1), or use the native backend");
  if (index < 0 || index > count)
    return mm__fail(ctx, MM_E_ARGUMENT, "device %d: the %s backend has devices 1 to %d", index, backend->name, count);
  return backend->open(ctx, index, device);
}

MM_PRIVATE mm_status mm__device_open(mm_context *ctx) {
  const mm_backend *backends[2];
  int n = mm__backends(backends);
  if (ctx->device) return MM_OK;
  for (int i = 0; i < n && !ctx->device; i++) {
    int is_native = !strcmp(backends[i]->name, "native");
    if (ctx->def.backend == (is_native ? MM_BACKEND_OPENCL : MM_BACKEND_NATIVE)) continue;
    MM_TRY(mm__device_try(ctx, backends[i], ctx->def.device, ctx->def.backend != MM_BACKEND_AUTO, &ctx->device));
  }
  if (!ctx->device)
    return mm__fail(ctx, MM_E_DEVICE, "no compute device: the %s backend was left out when this program was compiled",
                    ctx->def.backend == MM_BACKEND_NATIVE ? "native" : "OpenCL");
  mm__log(ctx, MM_LOG_INFO, "device: %s (%s), %s, tiles of %d, %d lanes, %d groups", ctx->device->info.name,
          ctx->device->backend->name, ctx->device->precision == MM_PRECISION_F64 ? "f64" : "f32", ctx->device->width,
          ctx->device->lanes, ctx->device->groups);
  return MM_OK;
}

MM_PRIVATE void mm__device_close(mm_context *ctx) {
  if (ctx->device) ctx->device->backend->close(ctx->device);
  ctx->device = NULL;
}

MM_PRIVATE void mm__device_settle(mm_device *device) {
  char *kept = device->ctx->error, copy[sizeof device->ctx->error];
  memcpy(copy, kept, sizeof copy);
  (void)device->backend->finish(device);
  memcpy(kept, copy, sizeof copy);
}
