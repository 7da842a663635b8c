/* >>learn-run: buffers, launches and matrix products of the learner */

MM_PRIVATE int mm__padded(int n) { return (n + 15) / 16 * 16; }
MM_PRIVATE int mm__blocks(int n, int block) { return (n + block - 1) / block; }

MM_PRIVATE mm_status mm__learn_open(mm_context *ctx, mm_learn *learn) {
  static const char *const parts[] = {MM_LEARN_PARTS, NULL};
  char *prelude = NULL;
  mm_status status;
  memset(learn, 0, sizeof *learn);
  MM_TRY(mm__device_open(ctx));
  learn->ctx = ctx;
  learn->device = ctx->device;
  MM_TRY(mm__prelude_make(learn->device, NULL, NULL, &prelude));
  status = learn->device->backend->program_create(learn->device, prelude, parts, &learn->program);
  mm__free(ctx, prelude);
  return status;
}

MM_PRIVATE void mm__learn_close(mm_learn *learn) {
  if (learn->program) learn->device->backend->program_destroy(learn->device, learn->program);
  learn->program = NULL;
}

MM_PRIVATE size_t mm__learn_real_size(const mm_learn *learn) {
  return learn->device->precision == MM_PRECISION_F64 ? sizeof(double) : sizeof(float);
}

MM_PRIVATE mm_status mm__learn_reals(mm_learn *learn, size_t count, mm_buffer **buffer) {
  learn->bytes += count * mm__learn_real_size(learn);
  return learn->device->backend->buffer_create(learn->device, count * mm__learn_real_size(learn), buffer);
}

MM_PRIVATE mm_status mm__learn_ints(mm_learn *learn, size_t count, mm_buffer **buffer) {
  learn->bytes += count * sizeof(int);
  return learn->device->backend->buffer_create(learn->device, count * sizeof(int), buffer);
}

MM_PRIVATE void mm__learn_release(mm_learn *learn, mm_buffer *buffer) {
  if (buffer) learn->device->backend->buffer_destroy(learn->device, buffer);
}

MM_PRIVATE mm_status mm__learn_write(mm_learn *learn, mm_buffer *buffer, size_t at, const double *values, size_t count) {
  mm_device *device = learn->device;
  float *singles;
  mm_status status;
  if (device->precision == MM_PRECISION_F64)
    return device->backend->write(device, buffer, at * sizeof(double), values, count * sizeof(double));
  singles = MM_NEW(learn->ctx, float, count);
  if (!singles) return MM_E_MEMORY;
  for (size_t i = 0; i < count; i++) singles[i] = (float)values[i];
  status = device->backend->write(device, buffer, at * sizeof(float), singles, count * sizeof(float));
  mm__free(learn->ctx, singles);
  return status;
}

MM_PRIVATE mm_status mm__learn_read(mm_learn *learn, mm_buffer *buffer, size_t at, double *values, size_t count) {
  mm_device *device = learn->device;
  float *singles;
  mm_status status;
  if (device->precision == MM_PRECISION_F64)
    return device->backend->read(device, buffer, at * sizeof(double), values, count * sizeof(double));
  singles = MM_NEW(learn->ctx, float, count);
  if (!singles) return MM_E_MEMORY;
  status = device->backend->read(device, buffer, at * sizeof(float), singles, count * sizeof(float));
  for (size_t i = 0; i < count && status == MM_OK; i++) values[i] = (double)singles[i];
  mm__free(learn->ctx, singles);
  return status;
}

MM_PRIVATE mm_status mm__learn_write_ints(mm_learn *learn, mm_buffer *buffer, const int *values, size_t count) {
  return learn->device->backend->write(learn->device, buffer, 0, values, count * sizeof(int));
}

MM_PRIVATE mm_status mm__learn_run(mm_learn *learn, const char *kernel, int work, const char *kinds, ...) {
  mm_arg args[MM_ARGS_MAX];
  int count = 0, groups = work < learn->device->groups ? work : learn->device->groups;
  va_list list;
  va_start(list, kinds);
  for (; kinds[count] && count < MM_ARGS_MAX; count++) {
    if (kinds[count] == 'b') args[count] = mm__arg_buffer(va_arg(list, mm_buffer *));
    else if (kinds[count] == 'i') args[count] = mm__arg_int(va_arg(list, int));
    else args[count] = mm__arg_real(va_arg(list, double));
  }
  va_end(list);
  return learn->device->backend->launch(learn->device, learn->program, kernel, groups > 0 ? groups : 1, args, count);
}

MM_PRIVATE mm_status mm__learn_gemm(mm_learn *learn, const mm_gemm *g) {
  int done = 0;
  MM_TRY(learn->device->backend->gemm(learn->device, g, &done));
  if (done) return MM_OK;
  return mm__learn_run(learn, "mmk_gemm", (g->m + 3) / 4, "bbbiiiiiiiiiiirr", g->a, g->b, g->c, (int)g->a_at, (int)g->b_at,
                       (int)g->c_at, g->m, g->n, g->k, g->transpose_a ? 1 : g->lda, g->transpose_a ? g->lda : 1,
                       g->transpose_b ? 1 : g->ldb, g->transpose_b ? g->ldb : 1, g->ldc, g->alpha, g->beta);
}
