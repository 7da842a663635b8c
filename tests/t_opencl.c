/* >>t-opencl: OpenCL devices that are missing, refuse what is asked, or vanish at any call

   The calls of OpenCL go through functions of this file, which count what is alive and can be told to fail from one
   call on, as those of a card do that fell off its bus. */
#define _POSIX_C_SOURCE 200809L
#define CL_TARGET_OPENCL_VERSION 120
#ifndef MUSCLEMIMIC_NO_OPENCL
#include <CL/cl.h>
#include <limits.h>

static long calls, fail_at = LONG_MAX, alive; /* calls so far; from which on they fail; contexts, queues, buffers, programs, kernels */

static int gone(void) { return ++calls >= fail_at; }

static cl_context lossy_context(const cl_context_properties *what, cl_uint count, const cl_device_id *ids, cl_int *code) {
  cl_context made = NULL;
  if (gone()) *code = CL_DEVICE_NOT_AVAILABLE;
  else made = clCreateContext(what, count, ids, NULL, NULL, code);
  alive += made != NULL;
  return made;
}

static cl_command_queue lossy_queue(cl_context context, cl_device_id id, cl_int *code) {
  cl_command_queue made = NULL;
  if (gone()) *code = CL_DEVICE_NOT_AVAILABLE;
  else made = clCreateCommandQueue(context, id, 0, code);
  alive += made != NULL;
  return made;
}

static cl_mem lossy_buffer(cl_context context, cl_mem_flags flags, size_t size, cl_int *code) {
  cl_mem made = NULL;
  if (gone()) *code = CL_MEM_OBJECT_ALLOCATION_FAILURE;
  else made = clCreateBuffer(context, flags, size, NULL, code);
  alive += made != NULL;
  return made;
}

static cl_program lossy_source(cl_context context, cl_uint count, const char **lines, cl_int *code) {
  cl_program made = NULL;
  if (gone()) *code = CL_OUT_OF_HOST_MEMORY;
  else made = clCreateProgramWithSource(context, count, lines, NULL, code);
  alive += made != NULL;
  return made;
}

static cl_program lossy_binary(cl_context context, const cl_device_id *id, const size_t *size, const unsigned char **bytes, cl_int *status,
                               cl_int *code) {
  cl_program made = NULL;
  if (gone()) *code = CL_DEVICE_NOT_AVAILABLE;
  else made = clCreateProgramWithBinary(context, 1, id, size, bytes, status, code);
  alive += made != NULL;
  return made;
}

static cl_int lossy_build(cl_program program, const cl_device_id *id, const char *options) {
  return gone() ? CL_DEVICE_NOT_AVAILABLE : clBuildProgram(program, 1, id, options, NULL, NULL);
}

static cl_int lossy_kernels(cl_program program, cl_uint most, cl_kernel *kernels, cl_uint *count) {
  const cl_int code = gone() ? CL_OUT_OF_RESOURCES : clCreateKernelsInProgram(program, most, kernels, count);
  if (code == CL_SUCCESS) alive += (long)*count;
  return code;
}

/* the queue's own calls */
#define lossy_call(name, arguments) (gone() ? CL_OUT_OF_RESOURCES : name arguments)
static cl_int lossy_fill(cl_command_queue q, cl_mem b, const void *p, size_t n, size_t at, size_t size) {
  return lossy_call(clEnqueueFillBuffer, (q, b, p, n, at, size, 0, NULL, NULL));
}
static cl_int lossy_write(cl_command_queue q, cl_mem b, size_t at, size_t size, const void *bytes) {
  return lossy_call(clEnqueueWriteBuffer, (q, b, CL_TRUE, at, size, bytes, 0, NULL, NULL));
}
static cl_int lossy_read(cl_command_queue q, cl_mem b, size_t at, size_t size, void *bytes) {
  return lossy_call(clEnqueueReadBuffer, (q, b, CL_TRUE, at, size, bytes, 0, NULL, NULL));
}
static cl_int lossy_launch(cl_command_queue q, cl_kernel k, const size_t *global, const size_t *local) {
  return lossy_call(clEnqueueNDRangeKernel, (q, k, 1, NULL, global, local, 0, NULL, NULL));
}
static cl_int lossy_flush(cl_command_queue q) { return lossy_call(clFlush, (q)); }
static cl_int lossy_finish(cl_command_queue q) { return lossy_call(clFinish, (q)); }

#define clCreateContext(what, count, ids, notify, user, code) lossy_context(what, count, ids, code)
#define clCreateCommandQueue(context, id, what, code) lossy_queue(context, id, code)
#define clCreateBuffer(context, flags, size, host, code) lossy_buffer(context, flags, size, code)
#define clCreateProgramWithSource(context, count, lines, lengths, code) lossy_source(context, count, lines, code)
#define clCreateProgramWithBinary(context, count, id, size, bytes, status, code) lossy_binary(context, id, size, bytes, status, code)
#define clBuildProgram(program, count, id, options, notify, user) lossy_build(program, id, options)
#define clCreateKernelsInProgram(program, most, kernels, count) lossy_kernels(program, most, kernels, count)
#define clEnqueueFillBuffer(q, b, p, n, at, size, c, w, e) lossy_fill(q, b, p, n, at, size)
#define clEnqueueWriteBuffer(q, b, block, at, size, bytes, c, w, e) lossy_write(q, b, at, size, bytes)
#define clEnqueueReadBuffer(q, b, block, at, size, bytes, c, w, e) lossy_read(q, b, at, size, bytes)
#define clEnqueueNDRangeKernel(q, k, rank, from, global, local, c, w, e) lossy_launch(q, k, global, local)
#define clFlush(q) lossy_flush(q)
#define clFinish(q) lossy_finish(q)
#define clReleaseContext(x) (alive--, clReleaseContext(x))
#define clReleaseCommandQueue(x) (alive--, clReleaseCommandQueue(x))
#define clReleaseMemObject(x) (alive--, clReleaseMemObject(x))
#define clReleaseProgram(x) (alive--, clReleaseProgram(x))
#define clReleaseKernel(x) (alive--, clReleaseKernel(x))
#endif

#define MUSCLEMIMIC_IMPLEMENTATION
#include "support.h"

#ifndef MUSCLEMIMIC_NO_OPENCL

static const char model_text[] =
  "<mujoco><worldbody><body><joint name='j' type='slide' axis='0 0 1'/><geom size='.1'/></body></worldbody>"
  "<actuator><motor joint='j'/></actuator></mujoco>";

static mm_status make(mm_model **model, mm_sim **sim) {
  mm_sim_def def;
  memset(&def, 0, sizeof def);
  def.environments = 3;
  MM_TRY(mm_model_load(ctx, write_text("model.xml", model_text), model));
  return mm_sim_create(ctx, *model, &def, sim);
}

static void begin_on(int device, int width, int lanes) {
  mm_context_def def;
  memset(&def, 0, sizeof def);
  def.backend = MM_BACKEND_OPENCL;
  def.device = device;
  def.width = width;
  def.lanes = lanes;
  def.cache_dir = folder;
  assert_int_equal(mm_context_create(&def, &ctx), MM_OK);
}

/* everything that a simulation asks of a device; the name of the device is copied as soon as it is known */
static mm_status run(char *name, size_t size) {
  double numbers[3] = {1, 1, 1};
  mm_model *model = NULL;
  mm_sim *sim = NULL;
  mm_status status = make(&model, &sim);
  if (ctx->device) snprintf(name, size, "%s", ctx->device->info.name);
  if (!status) status = mm_sim_set(sim, MM_CTRL, numbers);
  if (!status) status = mm_sim_step(sim, 2);
  if (!status) status = mm_sim_get(sim, MM_QPOS, numbers);
  if (!status && !(numbers[0] != 0 && numbers[0] == numbers[2])) fail_msg("moved by %g and %g", numbers[0], numbers[2]);
  if (!status) status = mm_sim_finish(sim);
  mm_sim_destroy(sim);
  mm_model_destroy(model);
  return status;
}

/* closing waits for the device once more, and a device that is lost only then has done its work */
static void t_opencl_device_that_vanishes_is_an_error(void **state) {
  char name[128] = "";
  long all;
  (void)state;
  for (int warm = 0; warm < 2; warm++) { /* the second finds the program in the cache */
    begin_on(0, 1, 1);
    calls = 0;
    ok(run(name, sizeof name));
    mm_context_destroy(ctx);
  }
  assert_int_equal(alive, 0);
  all = calls;
  assert_true(all > 15);
  for (long from = 1; from < all; from++) {
    mm_status status;
    begin_on(0, 1, 1);
    calls = 0;
    fail_at = from;
    status = run(name, sizeof name);
    if (status != MM_E_DEVICE || !strstr(mm_error(ctx), name))
      fail_msg("lost at call %ld of %ld: %s: %s", from, all, mm_status_name(status), mm_error(ctx));
    mm_context_destroy(ctx);
    if (alive) fail_msg("lost at call %ld of %ld: %ld objects are left", from, all, alive);
  }
  fail_at = LONG_MAX;
}

static void refused(int device, int width, int lanes, mm_status expected, const char *word) {
  char name[128];
  begin_on(device, width, lanes);
  fails(run(name, sizeof name), expected, word);
  mm_context_destroy(ctx);
  assert_int_equal(alive, 0);
}

static void t_opencl_impossible_shapes_are_refused(void **state) {
  (void)state;
  refused(0, 3, 0, MM_E_ARGUMENT, "width 3: a tile holds 1, 2, 4, 8 or 16");
  refused(0, 32, 0, MM_E_ARGUMENT, "width 32");
  refused(0, 0, 3, MM_E_ARGUMENT, "lanes 3: a group has a power of two of them, at most ");
  refused(0, 0, 1 << 20, MM_E_ARGUMENT, "lanes 1048576");
  refused(1000, 0, 0, MM_E_ARGUMENT, "device 1000: the opencl backend has devices 1 to ");
  refused(-1, 0, 0, MM_E_ARGUMENT, "device -1");
}

/* as on a device of 1 MB, and on one that gives at most 1 kB in one block */
static void t_opencl_memory_that_is_not_there_is_refused_beforehand(void **state) {
  mm_model *model = NULL;
  mm_sim *sim = NULL;
  mm_sim_def def;
  long before;
  (void)state;
  begin_on(0, 1, 1);
  ok(make(&model, &sim));
  mm_sim_destroy(sim);
  memset(&def, 0, sizeof def);
  def.environments = 100000;
  ctx->device->info.memory = 1000000;
  before = calls;
  fails(mm_sim_create(ctx, model, &def, &sim), MM_E_MEMORY, "100000 environments need ");
  assert_non_null(strstr(mm_error(ctx), "1.0 MB of memory is left: use fewer"));
  assert_null(sim);
  assert_int_equal(calls, before + 1); /* nothing but the wait on closing */
  ctx->device->info.memory = (size_t)1 << 30;
  ctx->device->info.max_alloc = 1000;
  fails(mm_sim_create(ctx, model, &def, &sim), MM_E_MEMORY, "the device gives at most 1.0 kB in one: use fewer");
  def.environments = 1;
  ctx->device->info.max_alloc = (size_t)1 << 30;
  ok(mm_sim_create(ctx, model, &def, &sim));
  mm_sim_destroy(sim);
  assert_int_equal(ctx->device->used, 0);
  mm_model_destroy(model);
  mm_context_destroy(ctx);
}

/* a file of the cache that is damaged, cut off or of another program is a miss, and is replaced */
static void t_opencl_damaged_cache_is_a_miss(void **state) {
  char name[128];
  static const char *const damage[] = {"truncate -s 40", "truncate -s 5", "truncate -s 0", "sed -i s/e/f/g"};
  (void)state;
  for (int i = 0; i < MM_COUNT(damage); i++) {
    begin_on(0, 1, 1);
    shell("test -n \"$(ls %s/*.clbin)\" && %s %s/*.clbin", folder, damage[i], folder);
    if (run(name, sizeof name)) fail_msg("%s: %s", damage[i], mm_error(ctx));
    mm_context_destroy(ctx);
  }
  assert_int_equal(alive, 0);
}
#endif

static void t_opencl_too_many_environments_are_refused_natively(void **state) {
  mm_sim_def many;
  mm_model *model = NULL;
  mm_sim *sim = NULL;
  (void)state;
  memset(&many, 0, sizeof many);
  assert_int_equal(native_context(MM_PRECISION_AUTO, &ctx), MM_OK);
  model = load_model("models/legs18.xml");
  many.environments = 1 << 28;
  fails(mm_sim_create(ctx, model, &many, &sim), MM_E_MEMORY, "268435456 environments need ");
  assert_non_null(strstr(mm_error(ctx), "use fewer environments"));
  many.environments = -1;
  assert_int_equal(mm_sim_create(ctx, model, &many, &sim), MM_E_ARGUMENT);
  many.environments = INT_MAX;
  assert_int_equal(mm_sim_create(ctx, model, &many, &sim), MM_E_ARGUMENT);
  assert_null(sim);
  mm_model_destroy(model);
  mm_context_destroy(ctx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
#ifndef MUSCLEMIMIC_NO_OPENCL
    cmocka_unit_test(t_opencl_device_that_vanishes_is_an_error),
    cmocka_unit_test(t_opencl_impossible_shapes_are_refused),
    cmocka_unit_test(t_opencl_memory_that_is_not_there_is_refused_beforehand),
    cmocka_unit_test(t_opencl_damaged_cache_is_a_miss),
#endif
    cmocka_unit_test(t_opencl_too_many_environments_are_refused_natively)};
  return cmocka_run_group_tests(tests, make_bare_folder, remove_bare_folder);
}
