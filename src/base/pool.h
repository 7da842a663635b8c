/* >>pool: threads of a CPU device */

typedef struct mm_pool mm_pool;
typedef void (*mm_pool_fn)(void *user, int part, int parts);

/* the caller's thread works too, so a pool of one starts none */
MM_PRIVATE mm_status mm__pool_create(mm_context *ctx, int threads, mm_pool **pool);
MM_PRIVATE void mm__pool_destroy(mm_pool *pool); /* NULL: nothing */
MM_PRIVATE int mm__pool_threads(const mm_pool *pool);
/* all parts, each by one thread; returns when the last is done */
MM_PRIVATE void mm__pool_run(mm_pool *pool, mm_pool_fn fn, void *user, int parts);
MM_PRIVATE int mm__pool_cores(void); /* of this machine */
