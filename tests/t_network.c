/* >>t-network: random numbers, weights, layers forward and back, statistics, matrix products */
#define MUSCLEMIMIC_IMPLEMENTATION
#include "learning.h"

/* numbers that are random enough, from -1 to 1 */
static double noise(int i) { return sin(12.9898 * i + 78.233) * cos(3.7 * i * i + 1.1); }

static mm_buffer *buffer_of(const double *values, int count) {
  mm_buffer *buffer = NULL;
  ok(mm__learn_reals(&learn, (size_t)count, &buffer));
  if (values) ok(mm__learn_write(&learn, buffer, 0, values, (size_t)count));
  return buffer;
}

static void near(const char *what, const double *a, const double *b, int count, double gate) {
  double error = 0, size = 0;
  for (int i = 0; i < count; i++) {
    error += (a[i] - b[i]) * (a[i] - b[i]);
    size += b[i] * b[i];
  }
  if (!(sqrt(error) <= gate * sqrt(size))) fail_msg("%s: relative difference %g, gate %g", what, sqrt(error / size), gate);
}

static void t_network_random_bits_are_those_of_philox(void **state) {
  const int pi[6] = {(int)0xa4093822u, (int)0x299f31d0u, 0x243f6a88, (int)0x85a308d3u, 0x13198a2e, 0x03707344};
  mm_bits_f64 zero = mm_philox_f64(0, 0, 0, 0, 0, 0), ones = mm_philox_f64(-1, -1, -1, -1, -1, -1);
  mm_bits_f64 digits = mm_philox_f64(pi[0], pi[1], pi[2], pi[3], pi[4], pi[5]);
  const unsigned expected[3][4] = {{0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u},
                                   {0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu},
                                   {0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u}};
  (void)state;
  for (int i = 0; i < 4; i++) {
    assert_int_equal(zero.w[i], expected[0][i]);
    assert_int_equal(ones.w[i], expected[1][i]);
    assert_int_equal(digits.w[i], expected[2][i]);
  }
}

static void t_network_normal_numbers_are_normal(void **state) {
  const int n = 40000;
  double sum = 0, squares = 0, fourth = 0;
  (void)state;
  for (int i = 0; i < n; i++) {
    const double z = mm_random_normals_f64(1, 2, 3, 4, 5, i);
    sum += z;
    squares += z * z;
    fourth += z * z * z * z;
  }
  assert_true(fabs(sum / n) < 4 / sqrt((double)n));
  assert_true(fabs(squares / n - 1) < 6 / sqrt((double)n));
  assert_true(fabs(fourth / n - 3) < 40 / sqrt((double)n));
}

static void t_network_weights_begin_orthogonal(void **state) {
  const int rows = 70, columns = 90;
  double *q = (double *)malloc(sizeof *q * 70 * 90);
  (void)state;
  ok(mm__orthonormal(ctx, 5, 0, rows, columns, q));
  for (int i = 0; i < rows; i++)
    for (int j = 0; j <= i; j++) {
      double dot = 0;
      for (int k = 0; k < columns; k++) dot += q[i * columns + k] * q[j * columns + k];
      if (fabs(dot - (i == j)) > 1e-12) fail_msg("vectors %d and %d: %g", i, j, dot);
    }
  free(q);
}

/* numbers of both networks and log_std, of a layout without buffers; those of the tensors must be the same */
static int64_t parameters(mm_agent_def *def) {
  int64_t count, sum = 0;
  mm_agent agent;
  memset(&agent, 0, sizeof agent);
  agent.arena.ctx = ctx;
  def->observations = 2418;
  def->actions = 354;
  def->layernorm_eps = 1e-5;
  agent.def = *def;
  ok(mm__agent_layout(&agent));
  count = mm__mlp_parameters(&agent.actor) + mm__mlp_parameters(&agent.critic) + def->actions;
  for (int i = 0; i < agent.tensor_count; i++) sum += (int64_t)(agent.tensors[i].rows ? agent.tensors[i].rows : 1) * agent.tensors[i].columns;
  if (sum != count) fail_msg("tensors hold %lld numbers, networks %lld", (long long)sum, (long long)count);
  assert_true(agent.size >= count && agent.size < count + 16 * agent.tensor_count);
  mm__arena_free(&agent.arena);
  return count;
}

static void t_network_published_sizes(void **state) {
  static const int residual[9] = {1408, 2688, 2688, 2688, 2688, 2688, 1408, 768, 384};
  int plain[16];
  mm_agent_def def;
  (void)state;
  for (int i = 0; i < 16; i++) plain[i] = 1024;
  memset(&def, 0, sizeof def);
  def.actor_hidden = def.critic_hidden = plain;
  def.actor_layers = def.critic_layers = 16;
  assert_int_equal(parameters(&def), 36871877);
  def.actor_layers = def.critic_layers = 5;
  assert_int_equal(parameters(&def), 13735621);
  def.actor_mixtures.count = def.critic_mixtures.count = 1; /* the fourth layer becomes 16 experts of 512 */
  def.actor_mixtures.width[0] = def.critic_mixtures.width[0] = 3;
  def.experts = 16;
  def.expert_ratio = 0.5;
  assert_int_equal(parameters(&def), 13735621 + 2 * (1024 * 16 + 16 + 16 * (1024 * 512 + 512 + 512 * 1024 + 1024) - 1024 * 1024 - 1024));
  memset(&def, 0, sizeof def);
  def.actor_hidden = def.critic_hidden = residual;
  def.actor_layers = def.critic_layers = 9;
  def.residual = 1;
  assert_int_equal(parameters(&def), 99879501);
}

static void t_network_wrong_layouts_are_refused(void **state) {
  static const int widths[3] = {8, 8, 8};
  mm_agent_def def;
  mm_agent agent;
  (void)state;
  memset(&def, 0, sizeof def);
  def.observations = def.actions = 4;
  def.actor_hidden = def.critic_hidden = widths;
  def.actor_layers = 3;
  def.critic_layers = 2;
  def.actor_rows = def.critic_rows = 1;
  def.experts = 2;
  def.expert_ratio = def.temperature = 1;
  def.critic_mixtures.count = 1;
  def.critic_mixtures.width[0] = 2;
  assert_int_equal(mm__agent_create(&learn, &def, &agent), MM_E_ARGUMENT);
  assert_non_null(strstr(mm_error(ctx), "moe_at_layers names layer 2, and the critic has layers 0 to 1"));
  def.critic_mixtures.width[0] = 1;
  def.residual = 1;
  assert_int_equal(mm__agent_create(&learn, &def, &agent), MM_E_ARGUMENT);
  assert_non_null(strstr(mm_error(ctx), "exclude each other"));
}

/* a network of two hidden layers of uneven widths */
enum { INPUTS = 19, OUTPUTS = 3, ROWS = 21 };
static const int hidden[2] = {17, 33};

static void make_agent(mm_agent *agent, double eps) {
  mm_agent_def def;
  memset(&def, 0, sizeof def);
  def.observations = INPUTS;
  def.actions = OUTPUTS;
  def.actor_hidden = def.critic_hidden = hidden;
  def.actor_layers = 2;
  def.critic_layers = 1;
  def.layernorm_eps = eps;
  def.actor_rows = def.critic_rows = ROWS;
  ok(mm__agent_create(&learn, &def, agent));
  ok(mm__agent_init(agent, 11, 0.7));
}

/* all parameters moved away from their special values */
static double *stir(mm_agent *agent) {
  double *params = (double *)calloc((size_t)agent->size, sizeof *params);
  ok(mm__learn_read(&learn, agent->params, 0, params, (size_t)agent->size));
  for (int i = 0; i < agent->tensor_count; i++) {
    const mm_tensor *tensor = &agent->tensors[i];
    for (int k = 0; k < (tensor->rows ? tensor->rows : 1) * tensor->columns; k++) params[tensor->at + k] += 0.3 * noise(tensor->at + k);
  }
  ok(mm__learn_write(&learn, agent->params, 0, params, (size_t)agent->size));
  return params;
}

static void set_inputs(mm_agent *agent, double *x) {
  for (int i = 0; i < ROWS * INPUTS; i++) x[i] = 1.5 * noise(1000 + i);
  ok(mm__learn_write(&learn, agent->x, 0, x, ROWS * INPUTS));
}

/* the actor for one row, in plain C */
static void plain_forward(const mm_agent *agent, const double *params, const double *x, double *out) {
  double in[64], z[64];
  memcpy(in, x, INPUTS * sizeof *in);
  for (int l = 0; l <= agent->actor.count; l++) {
    const int last = l == agent->actor.count;
    const mm_dense *d = last ? &agent->actor.output : &agent->actor.layers[l].dense;
    const double *bias = params + d->bias_at, *gain = bias + mm__padded(d->outputs), *offset = gain + mm__padded(d->outputs);
    double mean = 0, variance = 0;
    for (int j = 0; j < d->outputs; j++) {
      z[j] = last ? 0 : bias[j];
      for (int i = 0; i < d->inputs; i++) z[j] += in[i] * params[d->weight_at + i * d->outputs + j];
      mean += z[j] / d->outputs;
    }
    for (int j = 0; j < d->outputs; j++) variance += (z[j] - mean) * (z[j] - mean) / d->outputs;
    for (int j = 0; j < d->outputs && !last; j++) {
      const double h = agent->eps > 0 ? (z[j] - mean) / sqrt(variance + agent->eps) : z[j], u = gain[j] * h + offset[j];
      in[j] = u / (1 + exp(-u));
    }
  }
  memcpy(out, z, OUTPUTS * sizeof *out);
}

static void check_forward(double eps) {
  double x[ROWS * INPUTS], out[ROWS * OUTPUTS], expected[ROWS * OUTPUTS], *params;
  mm_agent agent;
  make_agent(&agent, eps);
  params = stir(&agent);
  set_inputs(&agent, x);
  ok(mm__mlp_forward(&agent, &agent.actor, 0, ROWS));
  ok(mm__learn_read(&learn, agent.actor.out, 0, out, ROWS * OUTPUTS));
  for (int r = 0; r < ROWS; r++) plain_forward(&agent, params, x + r * INPUTS, expected + r * OUTPUTS);
  near("forward", out, expected, ROWS * OUTPUTS, learn.device->precision == MM_PRECISION_F64 ? 1e-12 : 2e-5);
  free(params);
  mm__agent_destroy(&agent);
}

static void t_network_forward_is_dense_layernorm_silu(void **state) {
  (void)state;
  check_forward(1e-5);
  check_forward(0);
}

/* sum of c out, with the parameters as they are */
static double weighted(mm_agent *agent, const double *c) {
  double out[ROWS * OUTPUTS], sum = 0;
  ok(mm__mlp_forward(agent, &agent->actor, 0, ROWS));
  ok(mm__learn_read(&learn, agent->actor.out, 0, out, ROWS * OUTPUTS));
  for (int i = 0; i < ROWS * OUTPUTS; i++) sum += c[i] * out[i];
  return sum;
}

/* the derivatives of the actor's parameters, and by how much the balance loss went up */
static double *gradients(mm_agent *agent, const double *c, double *balance) {
  double *grads = (double *)calloc((size_t)agent->size, sizeof *grads), metrics[MM_LOSS_SIZE];
  mm_buffer *dout = buffer_of(c, ROWS * OUTPUTS);
  mm_back back;
  back.grads = buffer_of(NULL, agent->size);
  back.g = buffer_of(NULL, ROWS * mm__mlp_widest(&agent->actor));
  back.g2 = buffer_of(NULL, ROWS * mm__mlp_widest(&agent->actor));
  back.partial = buffer_of(NULL, (int)mm__mlp_partial(&agent->actor, ROWS));
  back.metrics = buffer_of(NULL, MM_LOSS_SIZE);
  ok(mm__mlp_forward(agent, &agent->actor, 0, ROWS));
  ok(mm__mlp_backward(agent, &agent->actor, &back, dout, ROWS));
  ok(mm__learn_read(&learn, back.grads, 0, grads, (size_t)agent->size));
  ok(mm__learn_read(&learn, back.metrics, 0, metrics, MM_LOSS_SIZE));
  *balance = metrics[MM_LOSS_BALANCE];
  mm__learn_release(&learn, dout);
  mm__learn_release(&learn, back.grads);
  mm__learn_release(&learn, back.g);
  mm__learn_release(&learn, back.g2);
  mm__learn_release(&learn, back.partial);
  mm__learn_release(&learn, back.metrics);
  return grads;
}

/* sum of c out, and the balance loss where there are mixtures, with the parameters as they are */
static double objective(mm_agent *agent, const double *c) {
  double balance = 0, sum = weighted(agent, c);
  if (!mm__mlp_is_plain(&agent->actor)) free(gradients(agent, c, &balance));
  return sum + balance;
}

/* every seventh number of each of the actor's tensors but the output's bias, which is not this pass's */
static void check_backward(mm_agent *agent) {
  double x[ROWS * INPUTS], c[ROWS * OUTPUTS], balance, *params = stir(agent), *grads;
  set_inputs(agent, x);
  for (int i = 0; i < ROWS * OUTPUTS; i++) c[i] = noise(5000 + i);
  grads = gradients(agent, c, &balance);
  for (int i = 0; i < agent->tensor_count; i++) {
    const mm_tensor *t = &agent->tensors[i];
    const int count = (t->rows ? t->rows : 1) * t->columns;
    if (strncmp(t->name, "actor", 5) || t->at == agent->actor.output.bias_at) continue;
    for (int k = 0; k < count; k += count > 100 ? 37 : 7) {
      const double h = 1e-6;
      double up = params[t->at + k] + h, down = params[t->at + k] - h, slope;
      ok(mm__learn_write(&learn, agent->params, (size_t)(t->at + k), &up, 1));
      slope = objective(agent, c);
      ok(mm__learn_write(&learn, agent->params, (size_t)(t->at + k), &down, 1));
      slope = (slope - objective(agent, c)) / (2 * h);
      ok(mm__learn_write(&learn, agent->params, (size_t)(t->at + k), &params[t->at + k], 1));
      if (fabs(slope - grads[t->at + k]) > 1e-7 * (1 + fabs(slope)))
        fail_msg("%s[%d]: %g, differences say %g", t->name, k, grads[t->at + k], slope);
    }
  }
  free(params);
  free(grads);
}

static mm_agent_def agent_def(const int *widths, int layers) {
  mm_agent_def def;
  memset(&def, 0, sizeof def);
  def.observations = INPUTS;
  def.actions = OUTPUTS;
  def.actor_hidden = def.critic_hidden = widths;
  def.actor_layers = layers;
  def.layernorm_eps = 1e-5;
  def.actor_rows = def.critic_rows = ROWS;
  return def;
}

static void check_layout(const mm_agent_def *def) {
  mm_agent agent;
  ok(mm__agent_create(&learn, def, &agent));
  ok(mm__agent_init(&agent, 11, 0.7));
  check_backward(&agent);
  mm__agent_destroy(&agent);
}

static void t_network_backward_matches_differences(void **state) {
  const mm_agent_def def = agent_def(hidden, 2);
  (void)state;
  check_layout(&def);
}

/* blocks with and without a way of their own around them, first, in the middle and before a plain layer */
static void t_network_blocks_backward_matches_differences(void **state) {
  static const int widths[7] = {9, 21, 18, 21, 7, 20, 5}, same[2] = {6, INPUTS};
  mm_agent_def def = agent_def(widths, 7);
  (void)state;
  def.residual = 1;
  def.share = -0.7;
  check_layout(&def);
  def.share_is_fixed = 1;
  def.share = 0.3;
  check_layout(&def);
  def = agent_def(same, 2);
  def.residual = 1;
  def.layernorm_eps = 0;
  check_layout(&def);
}

static void t_network_mixtures_backward_matches_differences(void **state) {
  static const int widths[3] = {17, 10, 12};
  mm_agent_def def = agent_def(widths, 3);
  (void)state;
  def.actor_mixtures.count = 2;
  def.actor_mixtures.width[0] = 0;
  def.actor_mixtures.width[1] = 2;
  def.experts = 3;
  def.expert_ratio = 0.5;
  def.temperature = 0.6;
  def.balance = 0.4;
  def.gate_std = 0.3;
  check_layout(&def);
}

/* each expert's matrices, blocks' second layers and ways around begin as published */
static void t_network_every_matrix_begins_orthogonal(void **state) {
  static const int widths[4] = {16, 20, 24, 12};
  mm_agent_def def = agent_def(widths, 4);
  (void)state;
  for (int kind = 0; kind < 2; kind++) {
    double *params;
    mm_agent agent;
    def.residual = kind == 0;
    def.share = -2;
    def.actor_mixtures.count = kind;
    def.actor_mixtures.width[0] = 2;
    def.experts = 4;
    def.expert_ratio = 0.5;
    def.temperature = 1;
    def.gate_std = 0.01;
    ok(mm__agent_create(&learn, &def, &agent));
    ok(mm__agent_init(&agent, 3, 0.7));
    params = (double *)calloc((size_t)agent.size, sizeof *params);
    ok(mm__learn_read(&learn, agent.params, 0, params, (size_t)agent.size));
    for (int i = 0; i < agent.tensor_count; i++) {
      const mm_tensor *t = &agent.tensors[i];
      const int rows = t->rows / t->down, columns = t->columns / t->across;
      for (int p = 0; p < t->across * t->down && t->kind == MM_TENSOR_ORTHOGONAL; p++) {
        const double *w = params + t->at + p / t->across * rows * t->columns + p % t->across * columns;
        double length = 0, gain = strstr(t->name, "path") ? 1 : sqrt(2.0);
        if (strstr(t->name, "second") || strstr(t->name, "outside") || t->at == agent.actor.output.weight_at || t->at == agent.critic.output.weight_at)
          gain = 0.01;
        for (int a = 0; a < rows; a++)
          for (int b = 0; b < columns; b++) length += w[a * t->columns + b] * w[a * t->columns + b];
        if (fabs(length - gain * gain * (rows < columns ? rows : columns)) > 1e-9) fail_msg("%s, part %d: squares %g", t->name, p, length);
      }
      if (t->kind == MM_TENSOR_VECTOR && strstr(t->name, "share")) assert_true(params[t->at] == -2);
      if (t->kind == MM_TENSOR_RANDOM) assert_true(params[t->at] != 0 && fabs(params[t->at]) < 0.05);
    }
    free(params);
    mm__agent_destroy(&agent);
  }
}

static void t_network_statistics_are_those_of_all_rows(void **state) {
  const int rows = 150;
  double *x = (double *)malloc(sizeof *x * 150 * INPUTS), stats[3 * 32], mean, square;
  mm_agent_def def;
  mm_agent agent;
  mm_buffer *buffer;
  (void)state;
  memset(&def, 0, sizeof def);
  def.observations = INPUTS;
  def.actions = 1;
  def.actor_rows = def.critic_rows = rows;
  ok(mm__agent_create(&learn, &def, &agent));
  ok(mm__agent_init(&agent, 0, 1));
  for (int i = 0; i < rows * INPUTS; i++) x[i] = 3 * noise(i) + i % INPUTS;
  buffer = buffer_of(x, rows * INPUTS);
  ok(mm__agent_observe(&agent, buffer, NULL, 0, 70, agent.stats));
  ok(mm__agent_observe(&agent, buffer, NULL, 70, 80, agent.stats));
  ok(mm__learn_read(&learn, agent.stats, 0, stats, 3 * 32));
  for (int k = 0; k < INPUTS; k++) {
    mean = square = 0;
    for (int r = 0; r < rows; r++) mean += x[r * INPUTS + k] / rows;
    for (int r = 0; r < rows; r++) square += (x[r * INPUTS + k] - mean) * (x[r * INPUTS + k] - mean) / rows;
    assert_true(fabs(stats[k] - mean) < 1e-6);
    assert_true(fabs(stats[32 + k] - square - 1e-6) < 1e-5);
    assert_true(fabs(stats[64 + k] - 1 / sqrt(stats[32 + k] + 1e-8)) < 1e-9);
  }
  mm__learn_release(&learn, buffer);
  mm__agent_destroy(&agent);
  free(x);
}

/* c = alpha op(a) op(b) + beta c through the learner's own kernel and through whatever the build has */
static void check_gemm(int m, int n, int k, int ta, int tb, double alpha, double beta) {
  const int a_count = m * k, b_count = k * n, c_count = m * n;
  double *a = (double *)malloc(sizeof *a * (size_t)(a_count + b_count + 3 * c_count)), *b = a + a_count, *c = b + b_count;
  double *expected = c + c_count, *got = expected + c_count;
  mm_gemm g;
  memset(&g, 0, sizeof g);
  for (int i = 0; i < a_count; i++) a[i] = noise(i);
  for (int i = 0; i < b_count; i++) b[i] = noise(i + 777);
  for (int i = 0; i < c_count; i++) c[i] = noise(i + 1777);
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++) {
      double sum = 0;
      for (int p = 0; p < k; p++) sum += (ta ? a[p * m + i] : a[i * k + p]) * (tb ? b[j * k + p] : b[p * n + j]);
      expected[i * n + j] = alpha * sum + beta * c[i * n + j];
    }
  g.transpose_a = ta;
  g.transpose_b = tb;
  g.m = m;
  g.n = n;
  g.k = k;
  g.alpha = alpha;
  g.beta = beta;
  g.lda = ta ? m : k;
  g.ldb = tb ? k : n;
  g.ldc = n;
  g.a = buffer_of(a, a_count);
  g.b = buffer_of(b, b_count);
  for (int own = 0; own < 2; own++) {
    g.c = buffer_of(c, c_count);
    if (own)
      ok(mm__learn_run(&learn, "mmk_gemm", (m + 3) / 4, "bbbiiiiiiiiiiirr", g.a, g.b, g.c, 0, 0, 0, m, n, k, ta ? 1 : g.lda, ta ? g.lda : 1,
                       tb ? 1 : g.ldb, tb ? g.ldb : 1, n, alpha, beta));
    else ok(mm__learn_gemm(&learn, &g));
    ok(mm__learn_read(&learn, g.c, 0, got, (size_t)c_count));
    near(own ? "own product" : "library's product", got, expected, c_count, learn.device->precision == MM_PRECISION_F64 ? 1e-12 : 1e-5);
    mm__learn_release(&learn, g.c);
  }
  mm__learn_release(&learn, g.a);
  mm__learn_release(&learn, g.b);
  free(a);
}

static void t_network_products_of_every_kind(void **state) {
  (void)state;
  for (int t = 0; t < 4; t++) {
    check_gemm(5, 18, 7, t & 1, t >> 1, 1, 0);
    check_gemm(33, 1, 20, t & 1, t >> 1, 0.5, 2);
    check_gemm(1, 40, 3, t & 1, t >> 1, -1, 1);
  }
}

/* the same on an OpenCL device, where there is one */
static void t_network_opencl_agrees(void **state) {
  mm_device_info list[8];
  mm_context_def def;
  int count = 0, devices = 0;
  ok(mm_device_list(ctx, list, 8, &count));
  for (int i = 0; i < count && i < 8; i++) devices += list[i].backend == MM_BACKEND_OPENCL;
  if (!devices) skip();
  close_learning(state);
  memset(&def, 0, sizeof def);
  def.backend = MM_BACKEND_OPENCL;
  def.precision = MM_PRECISION_F32;
  assert_int_equal(mm_context_create(&def, &ctx), MM_OK);
  ok(mm__learn_open(ctx, &learn));
  check_forward(1e-5);
  check_gemm(5, 18, 7, 1, 0, 1, 0);
  check_gemm(33, 1, 20, 0, 1, 0.5, 2);
  close_learning(state);
  assert_int_equal(open_learning(state), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_network_random_bits_are_those_of_philox), cmocka_unit_test(t_network_normal_numbers_are_normal),
    cmocka_unit_test(t_network_weights_begin_orthogonal), cmocka_unit_test(t_network_published_sizes),
    cmocka_unit_test(t_network_wrong_layouts_are_refused), cmocka_unit_test(t_network_every_matrix_begins_orthogonal),
    cmocka_unit_test(t_network_forward_is_dense_layernorm_silu), cmocka_unit_test(t_network_backward_matches_differences),
    cmocka_unit_test(t_network_blocks_backward_matches_differences), cmocka_unit_test(t_network_mixtures_backward_matches_differences),
    cmocka_unit_test(t_network_statistics_are_those_of_all_rows), cmocka_unit_test(t_network_products_of_every_kind),
    cmocka_unit_test(t_network_opencl_agrees)};
  return cmocka_run_group_tests(tests, open_learning, close_learning);
}
