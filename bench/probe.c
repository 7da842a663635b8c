/* >>probe: what an OpenCL device really does, measured by small kernels: each line of the table decides a design choice.
   A probe compiles, runs, and compares numbers; "no" means it did not compile or gave wrong numbers.

     probe            every device
     probe 1          the first device of the list */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <clblast_c.h>

typedef struct probe_device {
  cl_device_id id;
  cl_context context;
  cl_command_queue queue;
  int nvidia;
} probe_device;

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void line(const char *what, const char *result) { printf("  %-44s %s\n", what, result); }

/* NULL if it does not build; the log's first line goes to why */
static cl_program build(const probe_device *d, const char *source, const char *options, char *why, size_t size) {
  cl_int code;
  cl_program program = clCreateProgramWithSource(d->context, 1, &source, NULL, &code);
  why[0] = 0;
  if (code != CL_SUCCESS) return NULL;
  code = clBuildProgram(program, 1, &d->id, options, NULL, NULL);
  if (code == CL_SUCCESS) return program;
  if (clGetProgramBuildInfo(program, d->id, CL_PROGRAM_BUILD_LOG, size, why, NULL) != CL_SUCCESS) snprintf(why, size, "error %d", (int)code);
  why[size - 1] = 0;
  why[strcspn(why, "\n")] = 0;
  clReleaseProgram(program);
  return NULL;
}

static cl_mem buffer(const probe_device *d, size_t bytes) {
  cl_int code;
  cl_uint zero = 0;
  cl_mem memory = clCreateBuffer(d->context, CL_MEM_READ_WRITE, bytes, NULL, &code);
  if (code != CL_SUCCESS) return NULL;
  clEnqueueFillBuffer(d->queue, memory, &zero, sizeof zero, 0, bytes & ~(size_t)3, 0, NULL, NULL);
  return memory;
}

/* seconds of one launch, the least of repeats; negative on failure */
static double launch(const probe_device *d, cl_kernel kernel, size_t global, size_t local, int repeats) {
  double best = -1;
  for (int i = 0; i <= repeats; i++) {
    double start = seconds(), took;
    if (clEnqueueNDRangeKernel(d->queue, kernel, 1, NULL, &global, &local, 0, NULL, NULL) != CL_SUCCESS) return -1;
    if (clFinish(d->queue) != CL_SUCCESS) return -1;
    took = seconds() - start;
    if (i > 0 && (best < 0 || took < best)) best = took;
  }
  return best;
}

static void inventory(const probe_device *d) {
  static const struct { cl_device_info what; const char *name; } texts[] = {
    {CL_DEVICE_VENDOR, "vendor"}, {CL_DRIVER_VERSION, "driver"}, {CL_DEVICE_VERSION, "version"},
    {CL_DEVICE_OPENCL_C_VERSION, "OpenCL C"}, {CL_DEVICE_EXTENSIONS, "extensions"}};
  static const struct { cl_device_info what; const char *name, *unit; double scale; } numbers[] = {
    {CL_DEVICE_GLOBAL_MEM_SIZE, "memory", "GB", 1e-9}, {CL_DEVICE_MAX_MEM_ALLOC_SIZE, "largest buffer", "GB", 1e-9},
    {CL_DEVICE_LOCAL_MEM_SIZE, "local memory reported", "KB", 1.0 / 1024}, {CL_DEVICE_GLOBAL_MEM_CACHE_SIZE, "cache", "KB", 1.0 / 1024}};
  static char text[16384];
  cl_uint units = 0, clock = 0;
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    if (clGetDeviceInfo(d->id, texts[i].what, sizeof text, text, NULL) == CL_SUCCESS) line(texts[i].name, text);
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    cl_ulong value = 0;
    clGetDeviceInfo(d->id, numbers[i].what, sizeof value, &value, NULL);
    snprintf(text, sizeof text, "%.1f %s", (double)value * numbers[i].scale, numbers[i].unit);
    line(numbers[i].name, text);
  }
  clGetDeviceInfo(d->id, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL);
  clGetDeviceInfo(d->id, CL_DEVICE_MAX_CLOCK_FREQUENCY, sizeof clock, &clock, NULL);
  snprintf(text, sizeof text, "%u at %u MHz", units, clock);
  line("compute units", text);
}

/* a group fills a static array of the size and reads it back in another order */
static void local_memory(const probe_device *d) {
  static const int sizes[] = {47, 48, 64, 99, 160, 227};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    char source[1024], why[512], what[64];
    cl_program program;
    int words = sizes[i] * 256, good = 0;
    snprintf(source, sizeof source,
             "__kernel void f(__global int *out) { __local int a[%d]; int l = (int)get_local_id(0);\n"
             "for (int i = l; i < %d; i += 128) a[i] = i * 3 + 1; barrier(CLK_LOCAL_MEM_FENCE);\n"
             "int bad = 0; for (int i = l; i < %d; i += 128) bad += a[%d - 1 - i] != (%d - 1 - i) * 3 + 1;\n"
             "if (bad) out[1] = 1; barrier(CLK_GLOBAL_MEM_FENCE); if (l == 0) out[0] = 1; }",
             words, words, words, words, words);
    snprintf(what, sizeof what, "%d KB of static local memory", sizes[i]);
    program = build(d, source, "-cl-std=CL1.2", why, sizeof why);
    if (program) {
      cl_int code, result[2] = {0, 0};
      cl_kernel kernel = clCreateKernel(program, "f", &code);
      cl_mem out = buffer(d, sizeof result);
      if (kernel && out && clSetKernelArg(kernel, 0, sizeof out, &out) == CL_SUCCESS && launch(d, kernel, 128, 128, 1) > 0 &&
          clEnqueueReadBuffer(d->queue, out, CL_TRUE, 0, sizeof result, result, 0, NULL, NULL) == CL_SUCCESS)
        good = result[0] == 1 && result[1] == 0;
      if (kernel) clReleaseKernel(kernel);
      if (out) clReleaseMemObject(out);
      clReleaseProgram(program);
    }
    line(what, good ? "yes" : why[0] ? why : "no");
  }
}

/* the target that the driver compiles for, from the text of its binary */
static void target(const probe_device *d, const char *options) {
  char why[512], what[64];
  cl_program program = build(d, "__kernel void f(__global float *a) { a[get_global_id(0)] *= 2.0f; }", options, why, sizeof why);
  snprintf(what, sizeof what, "target with %s", options);
  if (program) {
    size_t size = 0;
    unsigned char *binary;
    const char *found = NULL;
    clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof size, &size, NULL);
    binary = (unsigned char *)calloc(size + 1, 1);
    if (binary && clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof binary, &binary, NULL) == CL_SUCCESS)
      for (size_t i = 0; i + 7 < size && !found; i++)
        if (!memcmp(binary + i, ".target", 7)) found = (const char *)binary + i;
    snprintf(why, sizeof why, "%.40s", found ? found : "no PTX text in the binary");
    why[strcspn(why, "\n")] = 0;
    free(binary);
    clReleaseProgram(program);
  }
  line(what, why);
}

typedef struct source_probe {
  const char *what, *options, *source;
  int expected; /* of every out[i], i < 32 */
} source_probe;

/* One warp each. Tensor-core products of matrices of ones: every sum is the depth. */
static const source_probe probes[] = {
  {"shfl.sync", "-cl-std=CL1.2",
   "__kernel void f(__global int *out) { int r; int v = (int)get_local_id(0);\n"
   "asm volatile(\"shfl.sync.bfly.b32 %0, %1, 1, 0x1f, 0xffffffff;\" : \"=r\"(r) : \"r\"(v)); out[v] = (r == (v ^ 1)) ? 1 : 0; }", 1},
  {"mma.sync m16n8k8 tf32", "-cl-std=CL1.2",
   "__kernel void f(__global int *out) { float c0 = 0, c1 = 0, c2 = 0, c3 = 0; int one = as_int(1.0f);\n"
   "asm volatile(\"mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};\"\n"
   ": \"+f\"(c0), \"+f\"(c1), \"+f\"(c2), \"+f\"(c3) : \"r\"(one), \"r\"(one), \"r\"(one), \"r\"(one), \"r\"(one), \"r\"(one));\n"
   "out[get_local_id(0)] = (int)((c0 + c1 + c2 + c3) / 4); }", 8},
  {"mma.sync m16n8k16 bf16", "-cl-std=CL1.2",
   "__kernel void f(__global int *out) { float c0 = 0, c1 = 0, c2 = 0, c3 = 0; int one = 0x3f803f80;\n"
   "asm volatile(\"mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};\"\n"
   ": \"+f\"(c0), \"+f\"(c1), \"+f\"(c2), \"+f\"(c3) : \"r\"(one), \"r\"(one), \"r\"(one), \"r\"(one), \"r\"(one), \"r\"(one));\n"
   "out[get_local_id(0)] = (int)((c0 + c1 + c2 + c3) / 4); }", 16},
  {"cvta.to.shared and ldmatrix", "-cl-std=CL1.2",
   "__kernel void f(__global int *out) { __local int a[128] __attribute__((aligned(16))); int l = (int)get_local_id(0);\n"
   "for (int i = l; i < 128; i += 32) a[i] = i; barrier(CLK_LOCAL_MEM_FENCE); int r0, r1, r2, r3; ulong p; ulong q = (ulong)(a + 4 * l);\n"
   "asm volatile(\"cvta.to.shared.u64 %0, %1;\" : \"=l\"(p) : \"l\"(q)); uint s = (uint)p;\n"
   "asm volatile(\"ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];\" : \"=r\"(r0), \"=r\"(r1), \"=r\"(r2), \"=r\"(r3) : \"r\"(s));\n"
   "out[l] = r0 == l && r1 == 32 + l && r2 == 64 + l && r3 == 96 + l; }", 1},
  {"cp.async.ca, wait_all", "-cl-std=CL1.2",
   "__kernel void f(__global int *out) { __local int a[128] __attribute__((aligned(16))); int l = (int)get_local_id(0);\n"
   "__global int *src = out + 64; ulong p, q = (ulong)(a + 4 * l); asm volatile(\"cvta.to.shared.u64 %0, %1;\" : \"=l\"(p) : \"l\"(q));\n"
   "asm volatile(\"cp.async.ca.shared.global [%0], [%1], 16;\" :: \"r\"((uint)p), \"l\"((ulong)(src + 4 * l)) : \"memory\");\n"
   "asm volatile(\"cp.async.wait_all;\" ::: \"memory\"); barrier(CLK_LOCAL_MEM_FENCE);\n"
   "out[l] = a[4 * l] == 7 && a[4 * l + 3] == 7 && a[(4 * l + 64) % 128] == 7; }", 1},
  {"cp.async.cg, commit and wait_group", "-cl-std=CL1.2",
   "__kernel void f(__global int *out) { __local int a[128] __attribute__((aligned(16))); int l = (int)get_local_id(0);\n"
   "__global int *src = out + 64; ulong p, q = (ulong)(a + 4 * l); asm volatile(\"cvta.to.shared.u64 %0, %1;\" : \"=l\"(p) : \"l\"(q));\n"
   "asm volatile(\"cp.async.cg.shared.global [%0], [%1], 16;\" :: \"r\"((uint)p), \"l\"((ulong)(src + 4 * l)) : \"memory\");\n"
   "asm volatile(\"cp.async.commit_group; cp.async.wait_group 0;\" ::: \"memory\"); barrier(CLK_LOCAL_MEM_FENCE);\n"
   "out[l] = a[4 * l] == 7 && a[4 * l + 3] == 7 && a[(4 * l + 64) % 128] == 7; }", 1},
  {"wgmma.fence for sm_90a", "-cl-std=CL1.2 -cl-nv-arch sm_90a",
   "__kernel void f(__global int *out) { asm volatile(\"wgmma.fence.sync.aligned;\" ::: \"memory\"); out[get_local_id(0)] = 1; }", 1},
};

static void run_source_probe(const probe_device *d, const source_probe *probe) {
  char why[512];
  cl_program program = build(d, probe->source, probe->options, why, sizeof why);
  int good = 0;
  if (program) {
    cl_int code, values[256];
    cl_kernel kernel = clCreateKernel(program, "f", &code);
    cl_mem out = buffer(d, sizeof values);
    for (int i = 0; i < 256; i++) values[i] = i < 64 ? 0 : 7;
    if (kernel && out && clEnqueueWriteBuffer(d->queue, out, CL_TRUE, 0, sizeof values, values, 0, NULL, NULL) == CL_SUCCESS &&
        clSetKernelArg(kernel, 0, sizeof out, &out) == CL_SUCCESS && launch(d, kernel, 32, 32, 1) > 0 &&
        clEnqueueReadBuffer(d->queue, out, CL_TRUE, 0, sizeof values, values, 0, NULL, NULL) == CL_SUCCESS) {
      good = 1;
      for (int i = 0; i < 32; i++) good &= values[i] == probe->expected;
    }
    if (kernel) clReleaseKernel(kernel);
    if (out) clReleaseMemObject(out);
    clReleaseProgram(program);
  }
  line(probe->what, good ? "yes" : why[0] ? why : "compiles, wrong numbers");
}

/* a kernel written in PTX, given to the driver as if it were its own binary */
static void ptx_as_binary(const probe_device *d, const char *target_name) {
  char ptx[1024], what[64];
  const unsigned char *text = (const unsigned char *)ptx;
  size_t size;
  cl_int code, status, result = 0;
  cl_program program;
  snprintf(ptx, sizeof ptx,
           ".version 8.0\n.target %s\n.address_size 64\n.visible .entry f(.param .u64 .ptr .global .align 4 out) {\n"
           ".reg .u64 %%p; .reg .u32 %%v; ld.param.u64 %%p, [out]; mov.u32 %%v, 42; st.global.u32 [%%p], %%v; ret; }\n", target_name);
  size = strlen(ptx) + 1;
  snprintf(what, sizeof what, "PTX for %s through clCreateProgramWithBinary", target_name);
  program = clCreateProgramWithBinary(d->context, 1, &d->id, &size, &text, &status, &code);
  if (code == CL_SUCCESS && clBuildProgram(program, 1, &d->id, "", NULL, NULL) == CL_SUCCESS) {
    cl_kernel kernel = clCreateKernel(program, "f", &code);
    cl_mem out = buffer(d, 64);
    if (kernel && clSetKernelArg(kernel, 0, sizeof out, &out) == CL_SUCCESS && launch(d, kernel, 1, 1, 1) > 0)
      clEnqueueReadBuffer(d->queue, out, CL_TRUE, 0, sizeof result, &result, 0, NULL, NULL);
    if (kernel) clReleaseKernel(kernel);
    if (out) clReleaseMemObject(out);
  }
  if (program) clReleaseProgram(program);
  line(what, result == 42 ? "yes" : "no");
}

static void enqueue_cost(const probe_device *d) {
  char why[512], text[64];
  cl_program program = build(d, "__kernel void f(__global int *a) { if (a[0] == 123456789) a[1] = 1; }", "-cl-std=CL1.2", why, sizeof why);
  cl_int code;
  cl_kernel kernel;
  cl_mem out;
  size_t one = 1;
  double start;
  if (!program) return;
  kernel = clCreateKernel(program, "f", &code);
  out = buffer(d, 64);
  clSetKernelArg(kernel, 0, sizeof out, &out);
  launch(d, kernel, 1, 1, 10);
  start = seconds();
  for (int i = 0; i < 10000; i++) clEnqueueNDRangeKernel(d->queue, kernel, 1, NULL, &one, &one, 0, NULL, NULL);
  clFinish(d->queue);
  snprintf(text, sizeof text, "%.2f us", 1e6 * (seconds() - start) / 10000);
  line("one of 10000 dependent empty launches", text);
  snprintf(text, sizeof text, "%.2f us", 1e6 * launch(d, kernel, 1, 1, 200));
  line("one launch and wait", text);
  clReleaseKernel(kernel);
  clReleaseMemObject(out);
  clReleaseProgram(program);
}

static void rate(const probe_device *d, const char *what, const char *source, const char *options, size_t groups, size_t lanes,
                 double work, const char *unit) {
  char why[512], text[64];
  cl_program program = build(d, source, options, why, sizeof why);
  cl_int code;
  double took = -1;
  if (program) {
    cl_kernel kernel = clCreateKernel(program, "f", &code);
    cl_mem a = buffer(d, (size_t)1 << 28);
    if (kernel && a && clSetKernelArg(kernel, 0, sizeof a, &a) == CL_SUCCESS) took = launch(d, kernel, groups * lanes, lanes, 5);
    if (kernel) clReleaseKernel(kernel);
    if (a) clReleaseMemObject(a);
    clReleaseProgram(program);
  }
  if (took > 0) snprintf(text, sizeof text, "%.1f %s", 1e-9 * work * (double)(groups * lanes) / took, unit);
  line(what, took > 0 ? text : why[0] ? why : "no");
}

static void rates(const probe_device *d) {
  cl_uint units = 1;
  size_t groups;
  clGetDeviceInfo(d->id, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL);
  groups = 16 * (size_t)units;
  rate(d, "fp32 multiply-add",
       "__kernel void f(__global float *a) { float x = a[get_global_id(0)], y = x + 1, z = x + 2, w = x + 3;\n"
       "for (int i = 0; i < 4096; i++) { x = fma(x, 0.5f, 1.0f); y = fma(y, 0.5f, 1.0f); z = fma(z, 0.5f, 1.0f); w = fma(w, 0.5f, 1.0f); }\n"
       "a[get_global_id(0)] = x + y + z + w; }", "-cl-std=CL1.2", groups, 128, 4096.0 * 8, "GFLOP/s");
  rate(d, "read and write of memory",
       "__kernel void f(__global float4 *a) { size_t n = get_global_size(0); for (size_t i = get_global_id(0); i < 16777216; i += n)\n"
       "a[i] = a[i] + (float4)(1.0f); }", "-cl-std=CL1.2", groups, 128, 2.0 * 268435456.0 / (double)(groups * 128), "GB/s");
  rate(d, "64-bit integer atomic add, one address a group",
       "#pragma OPENCL EXTENSION cl_khr_int64_base_atomics : enable\n"
       "__kernel void f(__global long *a) { for (int i = 0; i < 64; i++) atom_add(a + 16 * get_group_id(0), 1L); }",
       "-cl-std=CL1.2", groups, 128, 64, "G/s");
  if (d->nvidia)
    rate(d, "mma.sync m16n8k16 bf16, registers only",
         "__kernel void f(__global float *a) { float c[16]; for (int i = 0; i < 16; i++) c[i] = 0; int v = (int)get_local_id(0);\n"
         "for (int i = 0; i < 1024; i++) for (int k = 0; k < 4; k++)\n"
         "asm volatile(\"mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%4,%4,%4}, {%4,%4}, {%0,%1,%2,%3};\"\n"
         ": \"+f\"(c[4*k]), \"+f\"(c[4*k+1]), \"+f\"(c[4*k+2]), \"+f\"(c[4*k+3]) : \"r\"(v));\n"
         "float s = 0; for (int i = 0; i < 16; i++) s += c[i]; a[get_global_id(0)] = s; }",
         "-cl-std=CL1.2", groups, 256, 1024.0 * 4 * 16 * 8 * 16 * 2 / 32, "GFLOP/s");
}

static void gemm(const probe_device *d, size_t m, size_t n, size_t k) {
  cl_mem a = buffer(d, m * k * 4), b = buffer(d, k * n * 4), c = buffer(d, m * n * 4);
  char what[64], text[64];
  double best = -1;
  cl_command_queue queue = d->queue;
  for (int i = 0; i < 4 && a && b && c; i++) {
    double start = seconds();
    if (CLBlastSgemm(CLBlastLayoutRowMajor, CLBlastTransposeNo, CLBlastTransposeNo, m, n, k, 1.0f, a, 0, k, b, 0, n, 0.0f, c, 0, n,
                     &queue, NULL) != CLBlastSuccess) break;
    clFinish(queue);
    if (i > 0 && (best < 0 || seconds() - start < best)) best = seconds() - start;
  }
  snprintf(what, sizeof what, "CLBlast sgemm %zu x %zu x %zu", m, n, k);
  snprintf(text, sizeof text, "%.1f GFLOP/s", 2e-9 * (double)m * (double)n * (double)k / best);
  line(what, best > 0 ? text : "no");
  if (a) clReleaseMemObject(a);
  if (b) clReleaseMemObject(b);
  if (c) clReleaseMemObject(c);
}

static void probe(cl_device_id id, int number) {
  probe_device d;
  char name[256] = "", vendor[256] = "";
  cl_device_type type = 0;
  cl_int code;
  memset(&d, 0, sizeof d);
  d.id = id;
  clGetDeviceInfo(id, CL_DEVICE_NAME, sizeof name, name, NULL);
  clGetDeviceInfo(id, CL_DEVICE_VENDOR, sizeof vendor, vendor, NULL);
  clGetDeviceInfo(id, CL_DEVICE_TYPE, sizeof type, &type, NULL);
  d.nvidia = strstr(vendor, "NVIDIA") != NULL;
  printf("device %d: %s\n", number, name);
  d.context = clCreateContext(NULL, 1, &id, NULL, NULL, &code);
  if (code == CL_SUCCESS) d.queue = clCreateCommandQueue(d.context, id, 0, &code);
  if (code != CL_SUCCESS) {
    printf("  cannot be opened (%d)\n", (int)code);
    return;
  }
  inventory(&d);
  local_memory(&d);
  enqueue_cost(&d);
  rates(&d);
  if (type & CL_DEVICE_TYPE_GPU) gemm(&d, 8192, 2688, 2688);
  else gemm(&d, 512, 512, 512);
  if (d.nvidia) {
    target(&d, "-cl-std=CL1.2");
    target(&d, "-cl-std=CL1.2 -cl-nv-arch sm_90a");
    for (size_t i = 0; i < sizeof probes / sizeof probes[0]; i++) run_source_probe(&d, &probes[i]);
    ptx_as_binary(&d, "sm_90");
    ptx_as_binary(&d, "sm_90a");
  }
  clReleaseCommandQueue(d.queue);
  clReleaseContext(d.context);
}

int main(int argc, char **argv) {
  cl_platform_id platforms[16];
  cl_uint count = 0;
  int number = 0, only = argc > 1 ? atoi(argv[1]) : 0;
  if (clGetPlatformIDs(16, platforms, &count) != CL_SUCCESS || count == 0) {
    fprintf(stderr, "probe: no OpenCL platform\n");
    return 1;
  }
  for (cl_uint p = 0; p < count && p < 16; p++) {
    cl_device_id ids[16];
    cl_uint devices = 0;
    if (clGetDeviceIDs(platforms[p], CL_DEVICE_TYPE_ALL, 16, ids, &devices) != CL_SUCCESS) continue;
    for (cl_uint i = 0; i < devices && i < 16; i++)
      if (++number == only || only == 0) probe(ids[i], number);
  }
  return 0;
}
