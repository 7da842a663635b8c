/* >>t-pool: threads that share work, and matrix products that are cut up for them */
#define MUSCLEMIMIC_PRIVATE
#include "support.h"

static mm_pool *pool_of(int threads) {
  mm_pool *pool = NULL;
  assert_int_equal(mm__pool_create(ctx, threads, &pool), MM_OK);
  assert_int_equal(mm__pool_threads(pool), threads);
  return pool;
}

typedef struct tally { int calls[64], parts[64]; } tally;

static void count_part(void *user, int part, int parts) {
  tally *t = (tally *)user;
  t->calls[part]++;
  t->parts[part] = parts;
}

static void t_pool_does_each_part_once(void **state) {
  (void)state;
  for (int threads = 1; threads <= 5; threads += 2) {
    mm_pool *pool = pool_of(threads);
    for (int round = 0; round < 200; round++) {
      const int parts = 1 + round % 64;
      tally t;
      memset(&t, 0, sizeof t);
      mm__pool_run(pool, count_part, &t, parts);
      for (int i = 0; i < 64; i++) {
        assert_int_equal(t.calls[i], i < parts);
        assert_int_equal(t.parts[i], i < parts ? parts : 0);
      }
    }
    mm__pool_destroy(pool);
  }
}

static void t_pool_without_work_ends(void **state) {
  (void)state;
  mm__pool_destroy(pool_of(4));
  mm__pool_destroy(NULL);
}

/* numbers that are random enough, from -1 to 1 */
static double noise(int i) { return sin(12.9898 * i + 78.233) * cos(3.7 * i * i + 1.1); }

static double number_at(const void *numbers, int is_double, size_t i) {
  return is_double ? ((const double *)numbers)[i] : (double)((const float *)numbers)[i];
}

static void *numbers_of(int count, int is_double, int from) {
  void *numbers = calloc((size_t)count, sizeof(double));
  assert_non_null(numbers);
  for (int i = 0; i < count; i++)
    if (is_double) ((double *)numbers)[i] = noise(from + i);
    else ((float *)numbers)[i] = (float)noise(from + i);
  return numbers;
}

/* largest difference of the product from sums made here; numbers before, between and behind the rows stay as they are */
static void product_is_right(mm_pool *pool, mm_precision precision, int m, int n, int k, int ta, int tb) {
  const int is_double = precision == MM_PRECISION_F64, margin = 3;
  const int lda = (ta ? m : k) + margin, ldb = (tb ? k : n) + margin, ldc = n + margin;
  void *a = numbers_of(lda * (ta ? k : m), is_double, 1), *b = numbers_of(ldb * (tb ? n : k), is_double, 7), *c = numbers_of(ldc * m, is_double, 5);
  void *before = numbers_of(ldc * m, is_double, 5);
  mm_gemm g;
  memset(&g, 0, sizeof g);
  g.transpose_a = ta;
  g.transpose_b = tb;
  g.m = m;
  g.n = n;
  g.k = k;
  g.alpha = 0.5;
  g.beta = 2;
  g.lda = lda;
  g.ldb = ldb;
  g.ldc = ldc;
  if (mm__cblas_gemm(pool, precision, &g, a, b, c))
    for (int i = 0; i < m; i++)
      for (int j = 0; j < ldc; j++) {
        const size_t at = (size_t)(i * ldc + j);
        double sum = number_at(before, is_double, at);
        if (i % 7 && i < m - 3 && j < n) continue; /* some rows, the last ones among them */
        for (int p = 0; p < k && j < n; p++)
          sum += (p ? 0 : sum) + 0.5 * number_at(a, is_double, (size_t)(ta ? p * lda + i : i * lda + p)) *
                                     number_at(b, is_double, (size_t)(tb ? j * ldb + p : p * ldb + j));
        if (fabs(sum - number_at(c, is_double, at)) > (is_double ? 1e-12 : 2e-5) * sqrt(k))
          fail_msg("%d x %d x %d, row %d, column %d: %.9g, expected %.9g", m, n, k, i, j, number_at(c, is_double, at), sum);
      }
  free(a);
  free(b);
  free(c);
  free(before);
}

static void t_pool_products_are_those_of_one_thread(void **state) {
  static const int sizes[][3] = {{300, 70, 130}, {70, 300, 130}, {513, 33, 150}, {17, 1000, 129}, {5, 6, 7}, {1, 20000, 110}, {20000, 1, 110}};
  mm_pool *pool = pool_of(3);
  (void)state;
  for (int i = 0; i < MM_COUNT(sizes); i++)
    for (int kind = 0; kind < 4; kind++)
      for (int d = 0; d < 2; d++)
        product_is_right(pool, d ? MM_PRECISION_F64 : MM_PRECISION_F32, sizes[i][0], sizes[i][1], sizes[i][2], kind & 1, kind >> 1);
  mm__pool_destroy(pool);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_pool_does_each_part_once),
    cmocka_unit_test(t_pool_without_work_ends),
    cmocka_unit_test(t_pool_products_are_those_of_one_thread),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
