/* >>base-internal: what every part of the implementation uses */

#if defined(__GNUC__) || defined(__clang__)
#define MM_UNUSED __attribute__((unused))
#else
#define MM_UNUSED
#endif
#ifdef MUSCLEMIMIC_PRIVATE
#define MM_PRIVATE
#else
#define MM_PRIVATE static MM_UNUSED /* what a configuration leaves out may leave a function without a caller */
#endif

#define MM_COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))
#define MM_PI 3.14159265358979323846
#define MM_PATH_MAX 4096

struct mm_context {
  mm_context_def def;
  char error[1024];
  struct mm_device *device; /* opened by the first simulation, NULL before */
};

/* return the status of a failed call to the caller at once */
#define MM_TRY(call)                               \
  do {                                             \
    mm_status mm_try_status = (call);              \
    if (mm_try_status != MM_OK) return mm_try_status; \
  } while (0)

#if defined(__GNUC__) || defined(__clang__)
#define MM_PRINTF(nth, first) __attribute__((format(printf, nth, first)))
#else
#define MM_PRINTF(nth, first)
#endif

/* Keeps the formatted sentence as mm_error(ctx) and returns status: `return mm__fail(ctx, MM_E_PARSE, …)`. */
MM_PRIVATE mm_status mm__fail(mm_context *ctx, mm_status status, const char *format, ...) MM_PRINTF(3, 4);
MM_PRIVATE void mm__log(const mm_context *ctx, mm_log_level level, const char *format, ...) MM_PRINTF(3, 4);

/* count * size zeroed bytes (at least one), or NULL with the error set. */
MM_PRIVATE void *mm__alloc(mm_context *ctx, size_t count, size_t size);
/* A block of new_count * size bytes that begins with old_count * size bytes of block (freed); NULL: error set, block intact. */
MM_PRIVATE void *mm__grow(mm_context *ctx, void *block, size_t old_count, size_t new_count, size_t size);
MM_PRIVATE void mm__free(mm_context *ctx, void *block);
MM_PRIVATE char *mm__strdup(mm_context *ctx, const char *text);

/* typed allocation: double *x = MM_NEW(ctx, double, n) */
#define MM_NEW(ctx, type, count) ((type *)mm__alloc((ctx), (size_t)(count), sizeof(type)))

/* Many small blocks that live and die together. Zero-initialise; mm__arena_free releases everything. */
typedef struct mm_arena_block { struct mm_arena_block *next; size_t used, size; } mm_arena_block;
typedef struct mm_arena { mm_context *ctx; mm_arena_block *blocks; } mm_arena;
MM_PRIVATE void *mm__arena_alloc(mm_arena *arena, size_t count, size_t size); /* zeroed; NULL: error set */
MM_PRIVATE char *mm__arena_strdup(mm_arena *arena, const char *text);
MM_PRIVATE void mm__arena_free(mm_arena *arena);
#define MM_ARENA_NEW(arena, type, count) ((type *)mm__arena_alloc((arena), (size_t)(count), sizeof(type)))

/* The whole file, with a terminating NUL that is not counted in size. Files over limit bytes are refused. */
MM_PRIVATE mm_status mm__file_read(mm_context *ctx, const char *path, size_t limit, char **bytes, size_t *size);

/* 64-bit FNV-1a, continued from seed (start with MM_HASH_SEED). */
#define MM_HASH_SEED 14695981039346656037ULL
MM_PRIVATE uint64_t mm__hash(uint64_t seed, const void *bytes, size_t size);

/* Decimal number without regard to the locale. Returns the first character after it, or NULL if there is none. */
MM_PRIVATE const char *mm__parse_real(const char *text, double *value);

/* Bytes that this process can still take without being killed; SIZE_MAX where the system does not say. */
MM_PRIVATE size_t mm__memory_left(void);
/* "12.3 GB" in text, which is returned. */
MM_PRIVATE const char *mm__bytes_text(size_t bytes, char text[32]);

/* Seconds of a clock that never goes back. */
MM_PRIVATE double mm__seconds(void);
