/* >>backend: the table of functions through which the stages reach a device */

typedef struct mm_device mm_device;
typedef struct mm_buffer mm_buffer;
typedef struct mm_program mm_program;

/* where a data field lies in a tile, for the plain-C kernels */
enum { MM_PLACE_NONE, MM_PLACE_KEPT, MM_PLACE_WORK };
typedef struct mm_field_place { int place, offset, size; } mm_field_place;
typedef struct mm_layout {
  int kept_size, work_size; /* values a tile */
#define MM_LAYOUT_MEMBER(kind, upper, name, rows, columns, unit, meaning) mm_field_place name;
  MM_DATA_FIELDS(MM_LAYOUT_MEMBER)
#undef MM_LAYOUT_MEMBER
} mm_layout;

/* the DEV tables of a model, packed: integers, and reals in the precision of the device */
typedef struct mm_pack {
  int *ints;
  void *reals;
  size_t int_count, real_count;
} mm_pack;

/* an argument of a kernel; plain-C kernels read pointer, integer or number directly */
typedef enum mm_arg_kind { MM_ARG_BUFFER, MM_ARG_INTEGER, MM_ARG_NUMBER } mm_arg_kind;
typedef struct mm_arg {
  mm_arg_kind kind;
  mm_buffer *buffer;
  const void *pointer; /* filled by the native backend */
  int integer;
  double number;
} mm_arg;

/* c = alpha a b + beta c with matrices by rows, in the precision of the device */
typedef struct mm_gemm {
  int transpose_a, transpose_b;  /* 1: what is stored is the transpose of the factor */
  int m, n, k;                   /* a is m x k, b is k x n, c is m x n */
  double alpha, beta;
  mm_buffer *a, *b, *c;
  size_t a_at, b_at, c_at;       /* where the matrices begin, in numbers */
  int lda, ldb, ldc;             /* numbers from one stored row to the next */
} mm_gemm;

/* transforms of count real rows, one after another: in [count, length], out [count, length / 2 + 1] complex */
typedef struct mm_fft {
  int length, count; /* length: a power of two */
  mm_buffer *in, *out;
} mm_fft;

typedef struct mm_backend {
  const char *name;
  mm_status (*list)(mm_context *ctx, mm_device_info *list, int limit, int *count);
  mm_status (*open)(mm_context *ctx, int index, mm_device **device);
  void (*close)(mm_device *device);
  mm_status (*buffer_create)(mm_device *device, size_t bytes, mm_buffer **buffer); /* zeroed */
  void (*buffer_destroy)(mm_device *device, mm_buffer *buffer);
  mm_status (*write)(mm_device *device, mm_buffer *buffer, size_t offset, const void *bytes, size_t size);
  mm_status (*read)(mm_device *device, mm_buffer *buffer, size_t offset, void *bytes, size_t size);
  /* prelude: generated definitions; parts: names of kernel files, NULL-ended */
  mm_status (*program_create)(mm_device *device, const char *prelude, const char *const *parts, mm_program **program);
  void (*program_destroy)(mm_device *device, mm_program *program);
  mm_status (*launch)(mm_device *device, mm_program *program, const char *kernel, int groups, const mm_arg *args, int count);
  mm_status (*finish)(mm_device *device);
  /* the first two arguments of the kernels that step tiles; pack must outlive them */
  mm_status (*tables_create)(mm_device *device, const mm_model *model, const mm_layout *layout, const mm_pack *pack,
                             mm_buffer **tables, mm_buffer **reals);
  /* by a library; *done = 0: this build has none for the device */
  mm_status (*gemm)(mm_device *device, const mm_gemm *gemm, int *done);
  mm_status (*fft)(mm_device *device, const mm_fft *fft, int *done); /* NULL: none */
} mm_backend;

/* what every backend's device begins with */
struct mm_device {
  const mm_backend *backend;
  mm_context *ctx;
  mm_device_info info;
  mm_precision precision;
  int width, lanes, groups; /* groups: how many are kept in flight */
  size_t used;              /* bytes of its buffers */
  mm_pool *pool;            /* a CPU's threads for kernels in C and for matrix products, or NULL */
};

MM_PRIVATE mm_status mm__device_open(mm_context *ctx); /* ctx->device, opened once */
MM_PRIVATE void mm__device_close(mm_context *ctx);
/* waits for the device where nothing can be done about an error any more: mm_error stays what it was */
MM_PRIVATE void mm__device_settle(mm_device *device);
/* whether a buffer of so many bytes fits beside what is there; else MM_E_MEMORY */
MM_PRIVATE mm_status mm__device_room(mm_device *device, size_t bytes);
/* the same for all buffers of some environments and for the host's memory beside them, before any is made */
MM_PRIVATE mm_status mm__device_room_for(mm_device *device, int environments, size_t bytes, size_t largest, size_t host);
#ifndef MUSCLEMIMIC_NO_OPENCL
MM_PRIVATE const mm_backend *mm__opencl_backend(void);
#endif
#ifndef MUSCLEMIMIC_NO_NATIVE
MM_PRIVATE const mm_backend *mm__native_backend(void);
#endif
/* the threads that products are cut up for, NULL where the CBLAS has threads of its own; after which a product takes them */
MM_PRIVATE mm_status mm__cblas_open(mm_context *ctx, int threads, mm_pool **pool);
/* 1 when the product was computed, 0 in a build without CBLAS; a, b and c are where the matrices begin */
MM_PRIVATE int mm__cblas_gemm(mm_pool *pool, mm_precision precision, const mm_gemm *gemm, const void *a, const void *b, void *c);
MM_PRIVATE mm_arg mm__arg_buffer(mm_buffer *buffer);
MM_PRIVATE mm_arg mm__arg_int(int value);
MM_PRIVATE mm_arg mm__arg_real(double value);

#define MM_ARGS_MAX 16
typedef struct mm_native_kernel {
  const char *name;
  void (*fn)(const mm_arg *args, int group, int groups);
} mm_native_kernel;

/* the text of one kernel file, by lines */
typedef struct mm_source {
  const char *name;
  const char *const *lines;
  int count;
} mm_source;
