/* >>pool-code: threads wait for work, take parts of it from a counter, and report when none is left */

struct mm_pool {
  mm_context *ctx;
  pthread_t *threads;
  int count; /* threads, the caller's not among them */
  pthread_mutex_t lock;
  pthread_cond_t work, done;
  unsigned generation; /* of work */
  int busy, stop;      /* threads at work; the pool ends */
  mm_pool_fn fn;
  void *user;
  int next, parts;
};

static void mm__pool_work(mm_pool *pool) {
  for (;;) {
    int part;
    pthread_mutex_lock(&pool->lock);
    part = pool->next < pool->parts ? pool->next++ : -1;
    pthread_mutex_unlock(&pool->lock);
    if (part < 0) return;
    pool->fn(pool->user, part, pool->parts);
  }
}

static void *mm__pool_thread(void *user) {
  mm_pool *pool = (mm_pool *)user;
  unsigned seen = 0;
  pthread_mutex_lock(&pool->lock);
  for (;;) {
    while (pool->generation == seen && !pool->stop) pthread_cond_wait(&pool->work, &pool->lock);
    if (pool->stop) break;
    seen = pool->generation;
    pthread_mutex_unlock(&pool->lock);
    mm__pool_work(pool);
    pthread_mutex_lock(&pool->lock);
    if (--pool->busy == 0) pthread_cond_signal(&pool->done);
  }
  pthread_mutex_unlock(&pool->lock);
  return NULL;
}

MM_PRIVATE mm_status mm__pool_create(mm_context *ctx, int threads, mm_pool **made) {
  mm_pool *pool = MM_NEW(ctx, mm_pool, 1);
  *made = NULL;
  if (!pool) return MM_E_MEMORY;
  pool->ctx = ctx;
  pthread_mutex_init(&pool->lock, NULL);
  pthread_cond_init(&pool->work, NULL);
  pthread_cond_init(&pool->done, NULL);
  pool->threads = MM_NEW(ctx, pthread_t, threads);
  if (!pool->threads) {
    mm__pool_destroy(pool);
    return MM_E_MEMORY;
  }
  for (int i = 1; i < threads; i++) {
    if (pthread_create(&pool->threads[pool->count], NULL, mm__pool_thread, pool)) {
      mm__pool_destroy(pool);
      return mm__fail(ctx, MM_E_DEVICE, "thread %d of %d could not be started", i + 1, threads);
    }
    pool->count++;
  }
  *made = pool;
  return MM_OK;
}

MM_PRIVATE void mm__pool_destroy(mm_pool *pool) {
  if (!pool) return;
  pthread_mutex_lock(&pool->lock);
  pool->stop = 1;
  pthread_cond_broadcast(&pool->work);
  pthread_mutex_unlock(&pool->lock);
  for (int i = 0; i < pool->count; i++) pthread_join(pool->threads[i], NULL);
  pthread_cond_destroy(&pool->work);
  pthread_cond_destroy(&pool->done);
  pthread_mutex_destroy(&pool->lock);
  mm__free(pool->ctx, pool->threads);
  mm__free(pool->ctx, pool);
}

MM_PRIVATE int mm__pool_threads(const mm_pool *pool) { return pool->count + 1; }

MM_PRIVATE void mm__pool_run(mm_pool *pool, mm_pool_fn fn, void *user, int parts) {
  pthread_mutex_lock(&pool->lock);
  pool->fn = fn;
  pool->user = user;
  pool->next = 0;
  pool->parts = parts;
  pool->busy = pool->count;
  pool->generation++;
  pthread_cond_broadcast(&pool->work);
  pthread_mutex_unlock(&pool->lock);
  mm__pool_work(pool);
  pthread_mutex_lock(&pool->lock);
  while (pool->busy) pthread_cond_wait(&pool->done, &pool->lock);
  pthread_mutex_unlock(&pool->lock);
}

MM_PRIVATE int mm__pool_cores(void) {
  const long cores = sysconf(_SC_NPROCESSORS_ONLN);
  return cores < 1 ? 1 : cores > 1024 ? 1024 : (int)cores;
}
