/* >>base: status codes, the context, memory, log */

#define MM_VERSION "0.1.0"

/* Every function that can fail returns an mm_status: MM_OK (0) or a negative code.
   The sentence that says what happened, where, and what to do is mm_error(ctx). */
#define MM_STATUS_ITEMS(X)                                                            \
  X(MM_OK, 0, "no error")                                                             \
  X(MM_E_MEMORY, -1, "the allocator returned no memory")                              \
  X(MM_E_ARGUMENT, -2, "an argument is out of range or missing")                      \
  X(MM_E_FILE, -3, "a file cannot be read or written")                                \
  X(MM_E_PARSE, -4, "a file is malformed")                                            \
  X(MM_E_MODEL, -5, "a model is inconsistent")                                        \
  X(MM_E_UNSUPPORTED, -6, "a feature is not supported")                               \
  X(MM_E_DEVICE, -7, "a compute device failed or is missing")                         \
  X(MM_E_BUILD, -8, "the kernels did not build on the device")                        \
  X(MM_E_DATA, -9, "numbers are not finite, or do not fit the model")                 \
  X(MM_E_INTERRUPTED, -10, "stopped on request")

typedef enum mm_status {
#define MM_STATUS_ENUM(name, value, sentence) name = value,
  MM_STATUS_ITEMS(MM_STATUS_ENUM)
#undef MM_STATUS_ENUM
  MM_STATUS_END = 1
} mm_status;

typedef enum mm_log_level { MM_LOG_ERROR, MM_LOG_WARNING, MM_LOG_INFO, MM_LOG_DEBUG } mm_log_level;

/* Both or neither of alloc and free must be given. Blocks need the alignment of malloc. */
typedef struct mm_allocator {
  void *(*alloc)(size_t size, void *user);
  void (*free)(void *block, void *user);
  void *user;
} mm_allocator;

typedef void (*mm_log_fn)(mm_log_level level, const char *message, void *user);

typedef enum mm_backend_kind {
  MM_BACKEND_AUTO,   /* OpenCL if a device answers, else native */
  MM_BACKEND_OPENCL, /* any OpenCL 1.2 device */
  MM_BACKEND_NATIVE  /* the kernels compiled as C, on this machine's cores */
} mm_backend_kind;

typedef enum mm_precision { MM_PRECISION_AUTO, MM_PRECISION_F32, MM_PRECISION_F64 } mm_precision;

/* Zero means default throughout. */
typedef struct mm_context_def {
  mm_allocator allocator;   /* default: malloc and free */
  mm_log_fn log;            /* default: no log */
  void *log_user;
  mm_backend_kind backend;
  int device;               /* which device of the list of mm_device_list, from 1; 0: the best */
  mm_precision precision;   /* AUTO: f32 on OpenCL, f64 native */
  int threads;              /* native backend: threads; 0: one a core */
  int width;                /* environments a tile; 0: what suits the device */
  int lanes;                /* work-items a group; 0: what suits the device */
  const char *cache_dir;    /* compiled kernels; NULL: $MUSCLEMIMIC_CACHE, else ~/.cache/musclemimic; "": none */
} mm_context_def;

typedef struct mm_context mm_context;

/* Opens no device yet: that happens when the first simulation is created. def may be NULL. */
mm_status mm_context_create(const mm_context_def *def, mm_context **ctx);
void mm_context_destroy(mm_context *ctx);

/* The last error of this context as one sentence with file, line and element where there is one; never NULL. */
const char *mm_error(const mm_context *ctx);
const char *mm_status_name(mm_status status);
const char *mm_status_text(mm_status status);
