/* >>net-make: multilayer perceptrons: layout, forward and backward passes */

/* offsets of the parameters; at moves on */
static mm_status mm__mlp_plan(mm_arena *arena, mm_mlp *mlp, int inputs, const int *hidden, int layers, int outputs, int *at) {
  mlp->count = layers + 1;
  mlp->layers = MM_ARENA_NEW(arena, mm_dense, mlp->count);
  mlp->h = MM_ARENA_NEW(arena, mm_buffer *, mlp->count);
  mlp->y = MM_ARENA_NEW(arena, mm_buffer *, mlp->count);
  mlp->scale = MM_ARENA_NEW(arena, mm_buffer *, mlp->count);
  if (!mlp->layers || !mlp->h || !mlp->y || !mlp->scale) return MM_E_MEMORY;
  for (int i = 0; i < mlp->count; i++) {
    mm_dense *dense = &mlp->layers[i];
    const int64_t end = (int64_t)*at + (int64_t)inputs * (i < layers ? hidden[i] : outputs) + 4 * (int64_t)(inputs + 16);
    if (end > INT32_MAX) return mm__fail(arena->ctx, MM_E_ARGUMENT, "a network of more than 2^31 parameters");
    dense->inputs = inputs;
    dense->outputs = i < layers ? hidden[i] : outputs;
    dense->weight_at = *at;
    dense->bias_at = *at + mm__padded(dense->inputs * dense->outputs);
    *at = dense->bias_at + (i < layers ? 3 : 1) * mm__padded(dense->outputs);
    inputs = dense->outputs;
  }
  return MM_OK;
}

static mm_status mm__mlp_buffers(mm_learn *learn, mm_mlp *mlp, int rows) {
  for (int i = 0; i + 1 < mlp->count; i++) {
    const size_t size = (size_t)rows * (size_t)mlp->layers[i].outputs;
    MM_TRY(mm__learn_reals(learn, size, &mlp->h[i]));
    MM_TRY(mm__learn_reals(learn, size, &mlp->y[i]));
    MM_TRY(mm__learn_reals(learn, (size_t)rows, &mlp->scale[i]));
  }
  return mm__learn_reals(learn, (size_t)rows * (size_t)mlp->layers[mlp->count - 1].outputs, &mlp->out);
}

static void mm__mlp_release(mm_learn *learn, mm_mlp *mlp) {
  for (int i = 0; i < mlp->count && mlp->h && mlp->y && mlp->scale; i++) {
    mm__learn_release(learn, mlp->h[i]);
    mm__learn_release(learn, mlp->y[i]);
    mm__learn_release(learn, mlp->scale[i]);
  }
  mm__learn_release(learn, mlp->out);
}

MM_PRIVATE int mm__mlp_widest(const mm_mlp *mlp) {
  int widest = 1;
  for (int i = 0; i < mlp->count; i++)
    if (mlp->layers[i].outputs > widest) widest = mlp->layers[i].outputs;
  return widest;
}

static mm_status mm__agent_build(mm_agent *agent, const mm_agent_def *def) {
  mm_learn *learn = agent->learn;
  const int rows = def->actor_rows > def->critic_rows ? def->actor_rows : def->critic_rows;
  const size_t padded = (size_t)mm__padded(def->observations);
  int at = 0;
  MM_TRY(mm__mlp_plan(&agent->arena, &agent->actor, def->observations, def->actor_hidden, def->actor_layers, def->actions, &at));
  agent->log_std_at = at;
  at += mm__padded(def->actions);
  MM_TRY(mm__mlp_plan(&agent->arena, &agent->critic, def->observations, def->critic_hidden, def->critic_layers, 1, &at));
  agent->size = at;
  MM_TRY(mm__learn_reals(learn, (size_t)agent->size, &agent->params));
  MM_TRY(mm__learn_reals(learn, 3 * padded, &agent->stats));
  MM_TRY(mm__learn_reals(learn, (size_t)rows * (size_t)def->observations, &agent->x));
  MM_TRY(mm__learn_reals(learn, 2 * padded * (size_t)mm__blocks(rows, MM_MOMENT_BLOCK), &agent->moments));
  MM_TRY(mm__mlp_buffers(learn, &agent->actor, def->actor_rows));
  return mm__mlp_buffers(learn, &agent->critic, def->critic_rows);
}

MM_PRIVATE mm_status mm__agent_create(mm_learn *learn, const mm_agent_def *def, mm_agent *agent) {
  mm_status status;
  memset(agent, 0, sizeof *agent);
  agent->learn = learn;
  agent->arena.ctx = learn->ctx;
  agent->observations = def->observations;
  agent->actions = def->actions;
  agent->eps = def->layernorm_eps;
  status = mm__agent_build(agent, def);
  if (status != MM_OK) mm__agent_destroy(agent);
  return status;
}

MM_PRIVATE void mm__agent_destroy(mm_agent *agent) {
  if (!agent->learn) return;
  mm__mlp_release(agent->learn, &agent->actor);
  mm__mlp_release(agent->learn, &agent->critic);
  mm__learn_release(agent->learn, agent->params);
  mm__learn_release(agent->learn, agent->stats);
  mm__learn_release(agent->learn, agent->x);
  mm__learn_release(agent->learn, agent->moments);
  mm__arena_free(&agent->arena);
  memset(agent, 0, sizeof *agent);
}

MM_PRIVATE mm_status mm__agent_observe(mm_agent *agent, mm_buffer *x, mm_buffer *order, int first, int rows, mm_buffer *stats) {
  const int width = agent->observations;
  MM_TRY(mm__learn_run(agent->learn, "mmk_moments", mm__blocks(rows, MM_MOMENT_BLOCK), "bbbiiiii", x, order ? order : x,
                       agent->moments, order != NULL, first, rows, width, MM_MOMENT_BLOCK));
  MM_TRY(mm__learn_run(agent->learn, "mmk_moments_merge", mm__blocks(width, 16), "bbbiiir", agent->moments, agent->stats, stats,
                       rows, width, MM_MOMENT_BLOCK, agent->seen));
  if (stats == agent->stats) agent->seen += rows;
  return MM_OK;
}

MM_PRIVATE mm_status mm__agent_normalize(mm_agent *agent, mm_buffer *x, mm_buffer *order, int first, int to, int rows,
                                         mm_buffer *stats) {
  return mm__learn_run(agent->learn, "mmk_normalize", rows, "bbbbiiiii", x, order ? order : x, stats, agent->x, order != NULL, first,
                       to, rows, agent->observations);
}

MM_PRIVATE mm_status mm__mlp_forward(mm_agent *agent, mm_mlp *mlp, int first, int rows) {
  for (int i = 0; i < mlp->count; i++) {
    const mm_dense *dense = &mlp->layers[i];
    const int last = i + 1 == mlp->count;
    mm_gemm g;
    memset(&g, 0, sizeof g);
    g.m = rows;
    g.n = dense->outputs;
    g.k = dense->inputs;
    g.alpha = 1;
    g.a = i ? mlp->y[i - 1] : agent->x;
    g.a_at = i ? 0 : (size_t)first * (size_t)dense->inputs;
    g.b = agent->params;
    g.b_at = (size_t)dense->weight_at;
    g.c = last ? mlp->out : mlp->h[i];
    g.lda = dense->inputs;
    g.ldb = g.ldc = dense->outputs;
    MM_TRY(mm__learn_gemm(agent->learn, &g));
    if (!last)
      MM_TRY(mm__learn_run(agent->learn, "mmk_layer", rows, "bbbbiiir", agent->params, mlp->h[i], mlp->y[i], mlp->scale[i],
                           dense->bias_at, rows, dense->outputs, agent->eps));
  }
  return MM_OK;
}

/* dW = x' dz, and where there is a layer below, dx = dz W' into back->g */
static mm_status mm__dense_backward(mm_agent *agent, const mm_dense *dense, mm_back *back, mm_buffer *x, mm_buffer *dz, int rows,
                                    int below) {
  mm_gemm g;
  memset(&g, 0, sizeof g);
  g.transpose_a = 1;
  g.m = dense->inputs;
  g.n = dense->outputs;
  g.k = rows;
  g.alpha = 1;
  g.a = x;
  g.b = dz;
  g.c = back->grads;
  g.c_at = (size_t)dense->weight_at;
  g.lda = dense->inputs;
  g.ldb = g.ldc = dense->outputs;
  MM_TRY(mm__learn_gemm(agent->learn, &g));
  if (!below) return MM_OK;
  memset(&g, 0, sizeof g);
  g.transpose_b = 1;
  g.m = rows;
  g.n = dense->inputs;
  g.k = dense->outputs;
  g.alpha = 1;
  g.a = dz;
  g.b = agent->params;
  g.b_at = (size_t)dense->weight_at;
  g.c = back->g;
  g.lda = g.ldb = dense->outputs;
  g.ldc = dense->inputs;
  return mm__learn_gemm(agent->learn, &g);
}

/* the output of a layer has served once the layer above is done, so its place takes the derivative by the layer's sums */
MM_PRIVATE mm_status mm__mlp_backward(mm_agent *agent, mm_mlp *mlp, mm_back *back, mm_buffer *dout, int rows) {
  const int blocks = mm__blocks(rows, MM_ROW_BLOCK), top = mlp->count - 1;
  MM_TRY(mm__dense_backward(agent, &mlp->layers[top], back, top ? mlp->y[top - 1] : agent->x, dout, rows, top > 0));
  for (int i = top - 1; i >= 0; i--) {
    const mm_dense *dense = &mlp->layers[i];
    const int stride = 3 * mm__padded(dense->outputs);
    MM_TRY(mm__learn_run(agent->learn, "mmk_layer_back", blocks, "bbbbbbiiiir", agent->params, back->g, mlp->h[i], mlp->scale[i],
                         mlp->y[i], back->partial, dense->bias_at, rows, dense->outputs, MM_ROW_BLOCK, agent->eps));
    MM_TRY(mm__learn_run(agent->learn, "mmk_reduce", mm__blocks(stride, 16), "bbiiiiir", back->partial, back->grads, 0,
                         dense->bias_at, blocks, stride, stride, 1.0));
    MM_TRY(mm__dense_backward(agent, dense, back, i ? mlp->y[i - 1] : agent->x, mlp->y[i], rows, i > 0));
  }
  return MM_OK;
}

/* counts down index over the tensors of one network; 1: it is there */
static int mm__mlp_tensor(const mm_mlp *mlp, const char *network, int *index, mm_tensor *tensor) {
  static const char *const names[4] = {"weight", "bias", "gain", "offset"};
  for (int i = 0; i < mlp->count; i++) {
    const mm_dense *dense = &mlp->layers[i];
    const int count = i + 1 < mlp->count ? 4 : 2;
    if (*index >= count) {
      *index -= count;
      continue;
    }
    snprintf(tensor->name, sizeof tensor->name, "%s/%d/%s", network, i, names[*index]);
    tensor->at = *index ? dense->bias_at + (*index - 1) * mm__padded(dense->outputs) : dense->weight_at;
    tensor->rows = *index ? 0 : dense->inputs;
    tensor->columns = dense->outputs;
    return 1;
  }
  return 0;
}

MM_PRIVATE int mm__agent_tensor(const mm_agent *agent, int index, mm_tensor *tensor) {
  memset(tensor, 0, sizeof *tensor);
  if (mm__mlp_tensor(&agent->actor, "actor", &index, tensor)) return 1;
  if (index-- == 0) {
    snprintf(tensor->name, sizeof tensor->name, "log_std");
    tensor->at = agent->log_std_at;
    tensor->columns = agent->actions;
    return 1;
  }
  return mm__mlp_tensor(&agent->critic, "critic", &index, tensor);
}
