/* >>net-init: orthogonal weights (Saxe, McClelland and Ganguli 2014, arXiv 1312.6120)

   Random normal vectors made orthonormal by Gram and Schmidt, which is their QR factor with a positive diagonal. Blocks
   of vectors are cleared of all earlier ones by two matrix products, twice, because once loses digits; inside a block
   vector by vector. Each matrix of each expert is a matrix of its own. */

static void mm__normals(uint64_t seed, int stream, int row, int columns, double *to) {
  for (int i = 0; i < columns; i++)
    to[i] = mm_random_normals_f64((int)(uint32_t)seed, (int)(uint32_t)(seed >> 32), row, stream, MM_RANDOM_WEIGHT, i);
}

/* c = alpha a b + beta c for matrices by rows in memory, b transposed or not */
static void mm__host_gemm(mm_context *ctx, int m, int n, int k, double alpha, const double *a, int lda, const double *b, int ldb, int transpose_b,
                          double beta, double *c, int ldc) {
  mm_gemm gemm;
  memset(&gemm, 0, sizeof gemm);
  gemm.m = m;
  gemm.n = n;
  gemm.k = k;
  gemm.alpha = alpha;
  gemm.beta = beta;
  gemm.lda = lda;
  gemm.ldb = ldb;
  gemm.ldc = ldc;
  gemm.transpose_b = transpose_b;
  if (mm__cblas_gemm(ctx->device ? ctx->device->pool : NULL, MM_PRECISION_F64, &gemm, a, b, c)) return;
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++) {
      double sum = 0;
      for (int p = 0; p < k; p++)
        sum += a[(size_t)i * (size_t)lda + (size_t)p] *
               (transpose_b ? b[(size_t)j * (size_t)ldb + (size_t)p] : b[(size_t)p * (size_t)ldb + (size_t)j]);
      c[(size_t)i * (size_t)ldc + (size_t)j] = alpha * sum + (beta == 0 ? 0 : beta * c[(size_t)i * (size_t)ldc + (size_t)j]);
    }
}

static double mm__dot(const double *a, const double *b, int n) {
  double sum = 0;
  for (int i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

/* vector i of a block against those before it in the block */
static void mm__orthonormal_within(double *block, int i, int columns) {
  double *v = block + (size_t)i * (size_t)columns, length;
  for (int pass = 0; pass < 2; pass++)
    for (int j = 0; j < i; j++) {
      const double *q = block + (size_t)j * (size_t)columns, along = mm__dot(v, q, columns);
      for (int k = 0; k < columns; k++) v[k] -= along * q[k];
    }
  length = sqrt(mm__dot(v, v, columns));
  for (int k = 0; k < columns; k++) v[k] /= length;
}

MM_PRIVATE mm_status mm__orthonormal(mm_context *ctx, uint64_t seed, int stream, int rows, int columns, double *vectors) {
  const int most = 32;
  double *along = MM_NEW(ctx, double, (size_t)most *(size_t)(rows > 0 ? rows : 1));
  if (!along) return MM_E_MEMORY;
  for (int first = 0; first < rows; first += most) {
    const int count = first + most < rows ? most : rows - first;
    double *block = vectors + (size_t)first * (size_t)columns;
    for (int i = 0; i < count; i++) mm__normals(seed, stream, first + i, columns, block + (size_t)i * (size_t)columns);
    for (int pass = 0; pass < 2 && first > 0; pass++) {
      mm__host_gemm(ctx, count, first, columns, 1, block, columns, vectors, columns, 1, 0, along, first);
      mm__host_gemm(ctx, count, columns, first, -1, along, first, vectors, columns, 0, 1, block, columns);
    }
    for (int i = 0; i < count; i++) mm__orthonormal_within(block, i, columns);
  }
  mm__free(ctx, along);
  return MM_OK;
}

/* part [rows][columns] of a matrix with rows of stride numbers: the shorter side orthonormal, times gain */
static mm_status mm__orthogonal_init(mm_context *ctx, int rows, int columns, int stride, double gain, uint64_t seed, int stream, double *part) {
  const int is_wide = rows < columns, n = is_wide ? rows : columns, m = is_wide ? columns : rows;
  double *vectors = MM_NEW(ctx, double, (size_t)n *(size_t)m);
  mm_status status = vectors ? mm__orthonormal(ctx, seed, stream, n, m, vectors) : MM_E_MEMORY;
  for (int i = 0; i < rows && status == MM_OK; i++)
    for (int j = 0; j < columns; j++)
      part[(size_t)i * (size_t)stride + (size_t)j] = gain * vectors[is_wide ? (size_t)i * (size_t)m + (size_t)j : (size_t)j * (size_t)m + (size_t)i];
  mm__free(ctx, vectors);
  return status;
}

static mm_status mm__tensor_init(mm_agent *agent, const mm_tensor *tensor, uint64_t seed, int *stream) {
  mm_context *ctx = agent->learn->ctx;
  const int rows = tensor->rows ? tensor->rows : 1, columns = tensor->columns;
  const int part_rows = rows / tensor->down, part_columns = columns / tensor->across;
  const size_t count = (size_t)rows * (size_t)columns;
  double *values = MM_NEW(ctx, double, count);
  mm_status status = values ? MM_OK : MM_E_MEMORY;
  if (status == MM_OK && tensor->kind == MM_TENSOR_VECTOR)
    for (size_t i = 0; i < count; i++) values[i] = tensor->begin;
  if (status == MM_OK && tensor->kind == MM_TENSOR_RANDOM) {
    for (int i = 0; i < rows; i++) mm__normals(seed, *stream, i, columns, values + (size_t)i * (size_t)columns);
    for (size_t i = 0; i < count; i++) values[i] *= tensor->begin;
    (*stream)++;
  }
  for (int i = 0; i < tensor->down && tensor->kind == MM_TENSOR_ORTHOGONAL; i++)
    for (int j = 0; j < tensor->across && status == MM_OK; j++)
      status = mm__orthogonal_init(ctx, part_rows, part_columns, columns, tensor->begin, seed, (*stream)++,
                                   values + (size_t)(i * part_rows) * (size_t)columns + (size_t)(j * part_columns));
  if (status == MM_OK) status = mm__learn_write(agent->learn, agent->params, (size_t)tensor->at, values, count);
  mm__free(ctx, values);
  return status;
}

static mm_status mm__stats_init(mm_agent *agent) {
  const int padded = mm__padded(agent->observations);
  double *values = MM_NEW(agent->learn->ctx, double, 3 * (size_t)padded);
  mm_status status;
  if (!values) return MM_E_MEMORY;
  for (int i = padded; i < 3 * padded; i++) values[i] = 1;
  status = mm__learn_write(agent->learn, agent->stats, 0, values, 3 * (size_t)padded);
  agent->seen = 1e-6;
  mm__free(agent->learn->ctx, values);
  return status;
}

MM_PRIVATE mm_status mm__agent_init(mm_agent *agent, uint64_t seed, double init_std) {
  int stream = 0;
  for (int i = 0; i < agent->tensor_count; i++) {
    mm_tensor tensor = agent->tensors[i];
    if (tensor.kind == MM_TENSOR_VECTOR && tensor.at == agent->log_std_at) tensor.begin = log(init_std);
    MM_TRY(mm__tensor_init(agent, &tensor, seed, &stream));
  }
  return mm__stats_init(agent);
}
