/* >>cblas: matrix products on the host's cores, by whichever CBLAS the program is linked with

   Threads of a library wait for its next product by turning in circles, and take the cores from the kernels that run in
   between. OpenBLAS is therefore told to use one thread when a device is opened, and products of some size are
   cut up here, along rows or columns of the result, for threads that sleep between them. Any other CBLAS gets whole
   products and may do with them as it likes. */

#ifdef MUSCLEMIMIC_NO_CBLAS

MM_PRIVATE mm_status mm__cblas_open(mm_context *ctx, int threads, mm_pool **pool) {
  (void)ctx;
  (void)threads;
  *pool = NULL;
  return MM_OK;
}

MM_PRIVATE int mm__cblas_gemm(mm_pool *pool, mm_precision precision, const mm_gemm *gemm, const void *a, const void *b, void *c) {
  (void)pool;
  (void)precision;
  (void)gemm;
  (void)a;
  (void)b;
  (void)c;
  return 0;
}

#else

MM_PRIVATE mm_status mm__cblas_open(mm_context *ctx, int threads, mm_pool **pool) {
  *pool = NULL;
#ifdef OPENBLAS_VERSION
  openblas_set_num_threads(1);
  if (threads > 1) return mm__pool_create(ctx, threads, pool);
#endif
  (void)ctx;
  (void)threads;
  return MM_OK;
}

static void mm__cblas_product(mm_precision precision, const mm_gemm *gemm, const void *a, const void *b, void *c) {
  const CBLAS_TRANSPOSE ta = gemm->transpose_a ? CblasTrans : CblasNoTrans;
  const CBLAS_TRANSPOSE tb = gemm->transpose_b ? CblasTrans : CblasNoTrans;
  if (precision == MM_PRECISION_F64)
    cblas_dgemm(CblasRowMajor, ta, tb, gemm->m, gemm->n, gemm->k, gemm->alpha, (const double *)a, gemm->lda,
                (const double *)b, gemm->ldb, gemm->beta, (double *)c, gemm->ldc);
  else
    cblas_sgemm(CblasRowMajor, ta, tb, gemm->m, gemm->n, gemm->k, (float)gemm->alpha, (const float *)a, gemm->lda,
                (const float *)b, gemm->ldb, (float)gemm->beta, (float *)c, gemm->ldc);
}

typedef struct mm_cblas_work {
  mm_precision precision;
  const mm_gemm *gemm;
  const char *a, *b;
  char *c;
} mm_cblas_work;

/* rows of the result, or columns where it has more of them; parts begin at multiples of 16 */
static void mm__cblas_part(void *user, int part, int parts) {
  const mm_cblas_work *work = (const mm_cblas_work *)user;
  const int by_rows = work->gemm->m >= work->gemm->n, length = by_rows ? work->gemm->m : work->gemm->n;
  const int units = (length + 15) / 16, from = 16 * (int)((int64_t)units * part / parts);
  const int next = 16 * (int)((int64_t)units * (part + 1) / parts), to = next < length ? next : length;
  const size_t size = work->precision == MM_PRECISION_F64 ? sizeof(double) : sizeof(float), at = (size_t)from * size;
  mm_gemm g = *work->gemm;
  const char *a = work->a, *b = work->b;
  char *c = work->c;
  if (from >= to) return;
  if (by_rows) {
    g.m = to - from;
    a += g.transpose_a ? at : at * (size_t)g.lda;
    c += at * (size_t)g.ldc;
  } else {
    g.n = to - from;
    b += g.transpose_b ? at * (size_t)g.ldb : at;
    c += at;
  }
  mm__cblas_product(work->precision, &g, a, b, c);
}

MM_PRIVATE int mm__cblas_gemm(mm_pool *pool, mm_precision precision, const mm_gemm *gemm, const void *a, const void *b, void *c) {
  const double products = (double)gemm->m * gemm->n * gemm->k;
  mm_cblas_work work;
  work.precision = precision;
  work.gemm = gemm;
  work.a = (const char *)a;
  work.b = (const char *)b;
  work.c = (char *)c;
  /* waking a thread takes as long as about a million products */
  if (pool && products > 2e6) mm__pool_run(pool, mm__cblas_part, &work, mm__pool_threads(pool));
  else mm__cblas_product(precision, gemm, a, b, c);
  return 1;
}

#endif /* MUSCLEMIMIC_NO_CBLAS */
