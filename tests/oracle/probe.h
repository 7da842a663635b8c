/* >>test-probe: what the probes share: a program that takes arrays from one file and sends what follows from them to another */
#ifndef MM_PROBE_H
#define MM_PROBE_H

#define MUSCLEMIMIC_IMPLEMENTATION
#include "musclemimic.h"

static mm_context *ctx;
static mm_store *in, *out;
static mm_learn learn;

static void ok(mm_status status) {
  if (!status) return;
  fprintf(stderr, "%s\n", mm_error(ctx));
  exit(1);
}

/* both files, the device that the words native|opencl and f32|f64 name; lanes 0: as many as suit it */
static void open_probe(const char *from, const char *to, const char *name, const char *backend, const char *precision, int lanes) {
  mm_store_def store_def = {NULL, 1, 0};
  mm_context_def def;
  memset(&def, 0, sizeof def);
  def.backend = strcmp(backend, "native") ? MM_BACKEND_OPENCL : MM_BACKEND_NATIVE;
  def.precision = strcmp(precision, "f64") ? MM_PRECISION_F32 : MM_PRECISION_F64;
  def.lanes = lanes;
  def.width = lanes ? 1 : 0;
  store_def.schema = name;
  if (mm_context_create(&def, &ctx)) exit(1);
  ok(mm_store_open(ctx, from, NULL, &in));
  ok(mm_store_create(ctx, to, &store_def, &out));
  ok(mm__learn_open(ctx, &learn));
}

static void close_probe(void) {
  ok(mm_store_commit(out));
  mm_store_close(out);
  mm_store_close(in);
  mm__learn_close(&learn);
  mm_context_destroy(ctx);
}

static double *take(const char *name, int rank, int64_t *shape) {
  void *data;
  for (int i = 0; i < rank; i++) shape[i] = -1;
  ok(mm_store_load(in, name, MM_DTYPE_F64, rank, shape, &data));
  return (double *)data;
}

static void send(const char *name, const double *values, int64_t rows, int64_t columns) {
  mm_store_array array;
  memset(&array, 0, sizeof array);
  array.name = name;
  array.type = MM_DTYPE_F64;
  array.rank = 2;
  array.shape[0] = rows;
  array.shape[1] = columns;
  ok(mm_store_write(out, &array, values));
}

static void send_buffer(const char *name, mm_buffer *buffer, size_t at, int64_t rows, int64_t columns) {
  double *values = (double *)calloc((size_t)(rows * columns + 1), sizeof *values);
  ok(mm__learn_read(&learn, buffer, at, values, (size_t)(rows * columns)));
  send(name, values, rows, columns);
  free(values);
}

#endif
