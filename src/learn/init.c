/* >>net-init: orthogonal weights (Saxe, McClelland and Ganguli 2014, arXiv 1312.6120)

   Random normal vectors made orthonormal by Gram and Schmidt, which is their QR factor with a positive diagonal. Blocks
   of vectors are cleared of all earlier ones by two matrix products, twice, because once loses digits; inside a block
   vector by vector. */

static void mm__normals(uint64_t seed, int stream, int row, int columns, double *to) {
  for (int i = 0; i < columns; i++)
    to[i] = mm_random_normals_f64((int)(uint32_t)seed, (int)(uint32_t)(seed >> 32), row, stream, MM_RANDOM_WEIGHT, i);
}

/* c = alpha a b + beta c for matrices by rows in memory, b transposed or not */
static void mm__host_gemm(int m, int n, int k, double alpha, const double *a, int lda, const double *b, int ldb, int transpose_b,
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
  if (mm__cblas_gemm(MM_PRECISION_F64, &gemm, a, b, c)) return;
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
      mm__host_gemm(count, first, columns, 1, block, columns, vectors, columns, 1, 0, along, first);
      mm__host_gemm(count, columns, first, -1, along, first, vectors, columns, 0, 1, block, columns);
    }
    for (int i = 0; i < count; i++) mm__orthonormal_within(block, i, columns);
  }
  mm__free(ctx, along);
  return MM_OK;
}

/* weight [inputs][outputs]: the shorter side orthonormal, times gain */
static mm_status mm__dense_init(mm_agent *agent, const mm_dense *dense, int hidden, uint64_t seed, int stream) {
  mm_context *ctx = agent->learn->ctx;
  const int n = dense->inputs, m = dense->outputs, padded = mm__padded(m);
  const double gain = hidden ? sqrt(2.0) : 0.01;
  double *vectors = MM_NEW(ctx, double, (size_t)n *(size_t)m), *weight = MM_NEW(ctx, double, (size_t)n *(size_t)m);
  double *bias = MM_NEW(ctx, double, 3 * (size_t)padded);
  mm_status status = vectors && weight && bias ? MM_OK : MM_E_MEMORY;
  if (status == MM_OK) status = n < m ? mm__orthonormal(ctx, seed, stream, n, m, vectors) : mm__orthonormal(ctx, seed, stream, m, n, vectors);
  if (status == MM_OK) {
    for (int i = 0; i < n; i++)
      for (int j = 0; j < m; j++)
        weight[(size_t)i * (size_t)m + (size_t)j] = gain * (n < m ? vectors[(size_t)i * (size_t)m + (size_t)j] : vectors[(size_t)j * (size_t)n + (size_t)i]);
    for (int j = 0; j < m && hidden; j++) bias[padded + j] = 1;
    status = mm__learn_write(agent->learn, agent->params, (size_t)dense->weight_at, weight, (size_t)n * (size_t)m);
  }
  if (status == MM_OK)
    status = mm__learn_write(agent->learn, agent->params, (size_t)dense->bias_at, bias, (size_t)padded * (hidden ? 3 : 1));
  mm__free(ctx, vectors);
  mm__free(ctx, weight);
  mm__free(ctx, bias);
  return status;
}

MM_PRIVATE mm_status mm__agent_init(mm_agent *agent, uint64_t seed, double init_std) {
  const int padded = mm__padded(agent->observations), longest = padded > agent->actions ? padded : agent->actions;
  double *values = MM_NEW(agent->learn->ctx, double, 3 * (size_t)longest);
  mm_status status = values ? MM_OK : MM_E_MEMORY;
  int stream = 0;
  for (int i = 0; i < agent->actor.count && status == MM_OK; i++)
    status = mm__dense_init(agent, &agent->actor.layers[i], i + 1 < agent->actor.count, seed, stream++);
  for (int i = 0; i < agent->critic.count && status == MM_OK; i++)
    status = mm__dense_init(agent, &agent->critic.layers[i], i + 1 < agent->critic.count, seed, stream++);
  for (int i = 0; i < agent->actions && status == MM_OK; i++) values[i] = log(init_std);
  if (status == MM_OK) status = mm__learn_write(agent->learn, agent->params, (size_t)agent->log_std_at, values, (size_t)agent->actions);
  for (int i = 0; i < padded && status == MM_OK; i++) {
    values[i] = 0;
    values[padded + i] = values[2 * padded + i] = 1;
  }
  if (status == MM_OK) status = mm__learn_write(agent->learn, agent->stats, 0, values, 3 * (size_t)padded);
  agent->seen = 1e-6;
  mm__free(agent->learn->ctx, values);
  return status;
}
