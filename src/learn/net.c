/* >>net-make: multilayer perceptrons, residual blocks, mixtures of experts: layout, forward and backward passes */

/* Where parameters go. Networks are laid out twice: first to count, then for good, with the matrices behind all vectors. */
typedef struct mm_net_plan {
  mm_agent *agent;
  int64_t vectors, matrices;
  int tensors, write;           /* write: the second time */
  const char *network;
} mm_net_plan;

static void mm__plan_tensor(mm_net_plan *plan, int layer, const char *part, const char *name, int kind, int64_t at, int rows, int columns,
                            double begin) {
  mm_tensor *tensor = plan->agent->tensors + plan->tensors++;
  if (!plan->write) return;
  if (layer < 0) snprintf(tensor->name, sizeof tensor->name, "%s", name);
  else snprintf(tensor->name, sizeof tensor->name, "%s/%d/%s%s%s", plan->network, layer, part, part[0] ? "/" : "", name);
  tensor->kind = kind;
  tensor->at = (int)at;
  tensor->rows = rows;
  tensor->columns = columns;
  tensor->across = tensor->down = 1;
  tensor->begin = begin;
}

static int mm__plan_vector(mm_net_plan *plan, int layer, const char *part, const char *name, int columns, double begin) {
  const int64_t at = plan->vectors;
  mm__plan_tensor(plan, layer, part, name, MM_TENSOR_VECTOR, at, 0, columns, begin);
  plan->vectors += mm__padded(columns);
  return (int)at;
}

static int mm__plan_matrix(mm_net_plan *plan, int layer, const char *part, int rows, int columns, double gain) {
  const int64_t at = plan->matrices;
  mm__plan_tensor(plan, layer, part, "weight", MM_TENSOR_ORTHOGONAL, at, rows, columns, gain);
  plan->matrices += ((int64_t)rows * columns + 15) / 16 * 16;
  return (int)at;
}

static mm_dense mm__plan_dense(mm_net_plan *plan, int layer, const char *part, int inputs, int outputs, double gain) {
  mm_dense dense;
  dense.inputs = inputs;
  dense.outputs = outputs;
  dense.weight_at = mm__plan_matrix(plan, layer, part, inputs, outputs, gain);
  dense.bias_at = mm__plan_vector(plan, layer, part, "bias", outputs, 0);
  return dense;
}

/* gain and offset, which follow the bias where there is one */
static int mm__plan_norm(mm_net_plan *plan, int layer, const char *part, int outputs) {
  const int at = mm__plan_vector(plan, layer, part, "gain", outputs, 1);
  mm__plan_vector(plan, layer, part, "offset", outputs, 0);
  return at;
}

static void mm__plan_block(mm_net_plan *plan, int at, int inputs, int inner, int outputs, mm_net_layer *layer) {
  const mm_agent_def *def = &plan->agent->def;
  layer->kind = MM_LAYER_BLOCK;
  layer->first = mm__plan_dense(plan, at, "first", inputs, inner, sqrt(2.0));
  mm__plan_norm(plan, at, "first", inner);
  layer->dense = mm__plan_dense(plan, at, "second", inner, outputs, 0.01);
  layer->gain_at = mm__plan_norm(plan, at, "second", outputs);
  memset(&layer->path, 0, sizeof layer->path);
  if (inputs != outputs) layer->path = mm__plan_dense(plan, at, "path", inputs, outputs, 1);
  layer->share_at = def->share_is_fixed ? -1 : mm__plan_vector(plan, at, "", "share", 1, def->share);
}

/* the experts' matrices side by side, and those behind them on top of each other, so that each is one product */
static void mm__plan_mixture(mm_net_plan *plan, int at, int inputs, int outputs, mm_net_layer *layer) {
  const mm_agent_def *def = &plan->agent->def;
  mm_tensor *tensors = plan->agent->tensors;
  const int width = (int)(outputs * def->expert_ratio), first = plan->tensors;
  layer->kind = MM_LAYER_MIXTURE;
  layer->experts = def->experts;
  layer->width = width > 0 ? width : 1;
  layer->gate = mm__plan_dense(plan, at, "gate", inputs, def->experts, def->gate_std);
  layer->inside = mm__plan_dense(plan, at, "inside", inputs, def->experts * layer->width, sqrt(2.0));
  layer->dense.inputs = def->experts * layer->width;
  layer->dense.outputs = outputs;
  layer->dense.weight_at = mm__plan_matrix(plan, at, "outside", layer->dense.inputs, outputs, 0.01);
  layer->dense.bias_at = (int)plan->vectors; /* a row for each expert */
  mm__plan_tensor(plan, at, "outside", "bias", MM_TENSOR_VECTOR, plan->vectors, def->experts, outputs, 0);
  plan->vectors += ((int64_t)def->experts * outputs + 15) / 16 * 16;
  layer->gain_at = mm__plan_norm(plan, at, "", outputs);
  if (!plan->write) return;
  tensors[first].kind = MM_TENSOR_RANDOM;
  tensors[first + 2].across = tensors[first + 4].down = def->experts;
}

static int mm__layers_have(const mm_layers *layers, int number) {
  for (int i = 0; i < layers->count; i++)
    if (layers->width[i] == number) return 1;
  return 0;
}

static void mm__plan_mlp(mm_net_plan *plan, const char *network, mm_mlp *mlp, const int *hidden, int layers, const mm_layers *mixtures,
                         int outputs) {
  const mm_agent_def *def = &plan->agent->def;
  int inputs = def->observations;
  plan->network = network;
  mlp->count = 0;
  for (int i = 0; i < layers; i++) {
    mm_net_layer *layer = &mlp->layers[mlp->count];
    const int is_block = def->residual && i + 1 < layers, width = hidden[is_block ? i + 1 : i];
    layer->inputs = inputs;
    layer->outputs = width;
    if (is_block) mm__plan_block(plan, mlp->count, inputs, hidden[i++], width, layer);
    else if (mm__layers_have(mixtures, i)) mm__plan_mixture(plan, mlp->count, inputs, width, layer);
    else {
      layer->kind = MM_LAYER_HIDDEN;
      layer->dense = mm__plan_dense(plan, mlp->count, "", inputs, width, sqrt(2.0));
      layer->gain_at = mm__plan_norm(plan, mlp->count, "", width);
    }
    inputs = width;
    mlp->count++;
  }
  mlp->output = mm__plan_dense(plan, mlp->count, "", inputs, outputs, 0.01);
}

static void mm__plan_agent(mm_net_plan *plan, mm_agent *agent, int64_t vectors, int write) {
  const mm_agent_def *def = &agent->def;
  memset(plan, 0, sizeof *plan);
  plan->agent = agent;
  plan->matrices = vectors;
  plan->write = write;
  mm__plan_mlp(plan, "actor", &agent->actor, def->actor_hidden, def->actor_layers, &def->actor_mixtures, def->actions);
  agent->log_std_at = mm__plan_vector(plan, -1, "", "log_std", def->actions, 0);
  mm__plan_mlp(plan, "critic", &agent->critic, def->critic_hidden, def->critic_layers, &def->critic_mixtures, 1);
}

static mm_status mm__agent_check(const mm_agent *agent) {
  const mm_agent_def *def = &agent->def;
  for (int n = 0; n < 2; n++) {
    const mm_layers *mixtures = n ? &def->critic_mixtures : &def->actor_mixtures;
    const int layers = n ? def->critic_layers : def->actor_layers;
    if (mixtures->count && def->residual)
      return mm__fail(agent->arena.ctx, MM_E_ARGUMENT, "use_residual and use_moe exclude each other: a layer is a block or a mixture");
    for (int i = 0; i < mixtures->count; i++)
      if (mixtures->width[i] >= layers)
        return mm__fail(agent->arena.ctx, MM_E_ARGUMENT, "moe_at_layers names layer %d, and the %s has layers 0 to %d", mixtures->width[i],
                        n ? "critic" : "actor", layers - 1);
  }
  return MM_OK;
}

static mm_status mm__agent_layout(mm_agent *agent) {
  const int most = 12 * (agent->def.actor_layers + agent->def.critic_layers) + 8;
  mm_net_plan plan;
  MM_TRY(mm__agent_check(agent));
  agent->actor.layers = MM_ARENA_NEW(&agent->arena, mm_net_layer, agent->def.actor_layers + 1);
  agent->critic.layers = MM_ARENA_NEW(&agent->arena, mm_net_layer, agent->def.critic_layers + 1);
  agent->tensors = MM_ARENA_NEW(&agent->arena, mm_tensor, most);
  if (!agent->actor.layers || !agent->critic.layers || !agent->tensors) return MM_E_MEMORY;
  mm__plan_agent(&plan, agent, 0, 0);
  if (plan.vectors + plan.matrices > INT32_MAX)
    return mm__fail(agent->arena.ctx, MM_E_ARGUMENT, "networks of %lld parameters: 2^31 is the most", (long long)(plan.vectors + plan.matrices));
  agent->vectors = (int)plan.vectors;
  mm__plan_agent(&plan, agent, plan.vectors, 1);
  agent->tensor_count = plan.tensors;
  agent->size = (int)plan.matrices;
  return MM_OK;
}

static mm_status mm__layer_buffers(mm_learn *learn, mm_net_layer *layer, int rows) {
  const size_t n = (size_t)rows, size = n * (size_t)layer->outputs;
  MM_TRY(mm__learn_reals(learn, size, &layer->h));
  MM_TRY(mm__learn_reals(learn, size, &layer->y));
  MM_TRY(mm__learn_reals(learn, n, &layer->scale));
  if (layer->kind == MM_LAYER_BLOCK) {
    MM_TRY(mm__learn_reals(learn, n * (size_t)layer->first.outputs, &layer->first_h));
    MM_TRY(mm__learn_reals(learn, n * (size_t)layer->first.outputs, &layer->first_y));
    MM_TRY(mm__learn_reals(learn, n, &layer->first_scale));
    if (layer->path.inputs) MM_TRY(mm__learn_reals(learn, size, &layer->around));
  } else if (layer->kind == MM_LAYER_MIXTURE) {
    const size_t experts = (size_t)layer->experts, inside = n * experts * (size_t)layer->width;
    MM_TRY(mm__learn_reals(learn, n * experts, &layer->weights));
    MM_TRY(mm__learn_reals(learn, n * experts, &layer->dweights));
    MM_TRY(mm__learn_reals(learn, inside, &layer->sums));
    MM_TRY(mm__learn_reals(learn, inside, &layer->weighted));
    MM_TRY(mm__learn_reals(learn, (size_t)mm__padded(layer->experts), &layer->use));
  }
  return MM_OK;
}

static mm_status mm__mlp_buffers(mm_learn *learn, mm_mlp *mlp, int rows) {
  for (int i = 0; i < mlp->count; i++) MM_TRY(mm__layer_buffers(learn, &mlp->layers[i], rows));
  return mm__learn_reals(learn, (size_t)rows * (size_t)mlp->output.outputs, &mlp->out);
}

static void mm__mlp_release(mm_learn *learn, mm_mlp *mlp) {
  for (int i = 0; i < mlp->count; i++) {
    mm_net_layer *layer = &mlp->layers[i];
    mm_buffer *buffers[12];
    buffers[0] = layer->h;
    buffers[1] = layer->y;
    buffers[2] = layer->scale;
    buffers[3] = layer->first_h;
    buffers[4] = layer->first_y;
    buffers[5] = layer->first_scale;
    buffers[6] = layer->around;
    buffers[7] = layer->weights;
    buffers[8] = layer->dweights;
    buffers[9] = layer->sums;
    buffers[10] = layer->weighted;
    buffers[11] = layer->use;
    for (int k = 0; k < 12; k++) mm__learn_release(learn, buffers[k]);
  }
  mm__learn_release(learn, mlp->out);
}

static int mm__most(int a, int b) { return a > b ? a : b; }

MM_PRIVATE int mm__mlp_widest(const mm_mlp *mlp) {
  int widest = mm__most(mlp->output.outputs, mlp->output.inputs);
  for (int i = 0; i < mlp->count; i++) {
    const mm_net_layer *layer = &mlp->layers[i];
    widest = mm__most(widest, layer->outputs);
    if (i > 0) widest = mm__most(widest, layer->inputs);
    if (layer->kind == MM_LAYER_BLOCK) widest = mm__most(widest, layer->first.outputs);
    if (layer->kind == MM_LAYER_MIXTURE) widest = mm__most(widest, mm__most(layer->experts, layer->experts * layer->width));
  }
  return widest;
}

MM_PRIVATE size_t mm__mlp_partial(const mm_mlp *mlp, int rows) {
  return (3 * (size_t)mm__padded(mm__mlp_widest(mlp)) + 16) * (size_t)mm__blocks(rows, MM_ROW_BLOCK);
}

MM_PRIVATE int mm__mlp_is_plain(const mm_mlp *mlp) {
  for (int i = 0; i < mlp->count; i++)
    if (mlp->layers[i].kind != MM_LAYER_HIDDEN) return 0;
  return 1;
}

static int64_t mm__dense_parameters(const mm_dense *dense, int vectors) {
  return (int64_t)dense->outputs * (dense->inputs + vectors);
}

MM_PRIVATE int64_t mm__mlp_parameters(const mm_mlp *mlp) {
  int64_t count = mm__dense_parameters(&mlp->output, 1);
  for (int i = 0; i < mlp->count; i++) {
    const mm_net_layer *layer = &mlp->layers[i];
    count += mm__dense_parameters(&layer->dense, 3);
    if (layer->kind == MM_LAYER_BLOCK)
      count += mm__dense_parameters(&layer->first, 3) + (layer->share_at >= 0) + mm__dense_parameters(&layer->path, 1);
    if (layer->kind == MM_LAYER_MIXTURE)
      count += mm__dense_parameters(&layer->gate, 1) + mm__dense_parameters(&layer->inside, 1) + (int64_t)(layer->experts - 1) * layer->outputs;
  }
  return count;
}

static mm_status mm__agent_build(mm_agent *agent) {
  const mm_agent_def *def = &agent->def;
  mm_learn *learn = agent->learn;
  const int rows = mm__most(def->actor_rows, def->critic_rows);
  const size_t padded = (size_t)mm__padded(def->observations);
  MM_TRY(mm__agent_layout(agent));
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
  agent->def = *def;
  agent->observations = def->observations;
  agent->actions = def->actions;
  agent->eps = def->layernorm_eps;
  status = mm__agent_build(agent);
  agent->def.actor_hidden = agent->def.critic_hidden = NULL; /* the caller's */
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

/* out = x weight + add out, from row first of x */
static mm_status mm__dense_forward(mm_agent *agent, const mm_dense *dense, mm_buffer *x, int first, mm_buffer *out, int rows, double add) {
  mm_gemm g;
  memset(&g, 0, sizeof g);
  g.m = rows;
  g.n = dense->outputs;
  g.k = dense->inputs;
  g.alpha = 1;
  g.beta = add;
  g.a = x;
  g.a_at = (size_t)first * (size_t)dense->inputs;
  g.b = agent->params;
  g.b_at = (size_t)dense->weight_at;
  g.c = out;
  g.lda = dense->inputs;
  g.ldb = g.ldc = dense->outputs;
  return mm__learn_gemm(agent->learn, &g);
}

static mm_status mm__bias_forward(mm_agent *agent, const mm_dense *dense, mm_buffer *out, int rows) {
  return mm__learn_run(agent->learn, "mmk_bias", rows, "bbiii", agent->params, out, dense->bias_at, rows, dense->outputs);
}

/* normalisation and activation of what a product left in h */
static mm_status mm__norm_forward(mm_agent *agent, int bias_at, int gain_at, int width, mm_buffer *h, mm_buffer *y, mm_buffer *scale,
                                  int rows) {
  return mm__learn_run(agent->learn, "mmk_layer", rows, "bbbbiiiir", agent->params, h, y, scale, bias_at, gain_at, rows, width, agent->eps);
}

static mm_status mm__block_forward(mm_agent *agent, mm_net_layer *layer, mm_buffer *x, int first, int rows) {
  const int has_path = layer->path.inputs > 0, inner = layer->first.outputs;
  MM_TRY(mm__dense_forward(agent, &layer->first, x, first, layer->first_h, rows, 0));
  MM_TRY(mm__norm_forward(agent, layer->first.bias_at, layer->first.bias_at + mm__padded(inner), inner, layer->first_h, layer->first_y,
                          layer->first_scale, rows));
  MM_TRY(mm__dense_forward(agent, &layer->dense, layer->first_y, 0, layer->h, rows, 0));
  if (has_path) {
    MM_TRY(mm__dense_forward(agent, &layer->path, x, first, layer->around, rows, 0));
    MM_TRY(mm__bias_forward(agent, &layer->path, layer->around, rows));
  }
  return mm__learn_run(agent->learn, "mmk_block", rows, "bbbbbiiiiirr", agent->params, layer->h, has_path ? layer->around : x, layer->y,
                       layer->scale, layer->dense.bias_at, layer->share_at, has_path ? 0 : first, rows, layer->outputs, agent->eps,
                       agent->def.share);
}

/* the experts' biases as a matrix that their weights are multiplied with */
static mm_dense mm__mixture_biases(const mm_net_layer *layer) {
  mm_dense dense = layer->dense;
  dense.inputs = layer->experts;
  dense.weight_at = layer->dense.bias_at;
  return dense;
}

static mm_status mm__mixture_forward(mm_agent *agent, mm_net_layer *layer, mm_buffer *x, int first, int rows) {
  const mm_dense biases = mm__mixture_biases(layer);
  MM_TRY(mm__dense_forward(agent, &layer->gate, x, first, layer->weights, rows, 0));
  MM_TRY(mm__learn_run(agent->learn, "mmk_gate", rows, "bbiiir", agent->params, layer->weights, layer->gate.bias_at, rows, layer->experts,
                       1 / agent->def.temperature));
  MM_TRY(mm__dense_forward(agent, &layer->inside, x, first, layer->sums, rows, 0));
  MM_TRY(mm__learn_run(agent->learn, "mmk_experts", rows, "bbbbiiii", agent->params, layer->sums, layer->weights, layer->weighted,
                       layer->inside.bias_at, rows, layer->experts, layer->width));
  MM_TRY(mm__dense_forward(agent, &biases, layer->weights, 0, layer->h, rows, 0));
  MM_TRY(mm__dense_forward(agent, &layer->dense, layer->weighted, 0, layer->h, rows, 1));
  return mm__norm_forward(agent, -1, layer->gain_at, layer->outputs, layer->h, layer->y, layer->scale, rows);
}

MM_PRIVATE mm_status mm__mlp_forward(mm_agent *agent, mm_mlp *mlp, int first, int rows) {
  mm_buffer *x = agent->x;
  for (int i = 0; i < mlp->count; i++, first = 0) {
    mm_net_layer *layer = &mlp->layers[i];
    if (layer->kind == MM_LAYER_BLOCK) MM_TRY(mm__block_forward(agent, layer, x, first, rows));
    else if (layer->kind == MM_LAYER_MIXTURE) MM_TRY(mm__mixture_forward(agent, layer, x, first, rows));
    else {
      MM_TRY(mm__dense_forward(agent, &layer->dense, x, first, layer->h, rows, 0));
      MM_TRY(mm__norm_forward(agent, layer->dense.bias_at, layer->gain_at, layer->outputs, layer->h, layer->y, layer->scale, rows));
    }
    x = layer->y;
  }
  return mm__dense_forward(agent, &mlp->output, x, first, mlp->out, rows, 0);
}

/* >>net-back: backward passes

   The derivative by the output of a layer comes in back->g and that by its inputs leaves there. Once the layer above is
   done its inputs have served, so the place of a layer's output takes the derivative by its sums. */

/* dW = x' dz */
static mm_status mm__weight_backward(mm_agent *agent, const mm_dense *dense, mm_back *back, mm_buffer *x, mm_buffer *dz, int rows) {
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
  return mm__learn_gemm(agent->learn, &g);
}

/* dx = dz W' + add dx */
static mm_status mm__input_backward(mm_agent *agent, const mm_dense *dense, mm_buffer *dz, mm_buffer *dx, int rows, double add) {
  mm_gemm g;
  memset(&g, 0, sizeof g);
  g.transpose_b = 1;
  g.m = rows;
  g.n = dense->inputs;
  g.k = dense->outputs;
  g.alpha = 1;
  g.beta = add;
  g.a = dz;
  g.b = agent->params;
  g.b_at = (size_t)dense->weight_at;
  g.c = dx;
  g.lda = g.ldb = dense->outputs;
  g.ldc = dense->inputs;
  return mm__learn_gemm(agent->learn, &g);
}

static mm_status mm__reduce(mm_agent *agent, mm_back *back, int from, int to, int rows, int stride, int count) {
  return mm__learn_run(agent->learn, "mmk_reduce", mm__blocks(count, 16), "bbiiiiir", back->partial, back->grads, from, to,
                       mm__blocks(rows, MM_ROW_BLOCK), stride, count, 1.0);
}

/* the sum of the rows of dz is the derivative by a bias */
static mm_status mm__bias_backward(mm_agent *agent, mm_back *back, const mm_dense *dense, mm_buffer *dz, int rows) {
  MM_TRY(mm__learn_run(agent->learn, "mmk_column_sums", mm__blocks(rows, MM_ROW_BLOCK), "bbiii", dz, back->partial, rows, dense->outputs,
                       MM_ROW_BLOCK));
  return mm__reduce(agent, back, 0, dense->bias_at, rows, mm__padded(dense->outputs), dense->outputs);
}

/* through activation and normalisation: dy in g, dz left in place of y. bias_at -1: the layer has no bias of its own */
static mm_status mm__norm_backward(mm_agent *agent, mm_back *back, int bias_at, int gain_at, int width, mm_buffer *g, mm_buffer *h,
                                   mm_buffer *scale, mm_buffer *dz, int rows) {
  const int padded = mm__padded(width), skip = bias_at < 0 ? padded : 0;
  MM_TRY(mm__learn_run(agent->learn, "mmk_layer_back", mm__blocks(rows, MM_ROW_BLOCK), "bbbbbbiiiir", agent->params, g, h, scale, dz,
                       back->partial, gain_at, rows, width, MM_ROW_BLOCK, agent->eps));
  return mm__reduce(agent, back, skip, skip ? gain_at : bias_at, rows, 3 * padded, 3 * padded - skip);
}

static mm_status mm__hidden_backward(mm_agent *agent, mm_net_layer *layer, mm_back *back, mm_buffer *x, int rows, int below) {
  MM_TRY(mm__norm_backward(agent, back, layer->dense.bias_at, layer->gain_at, layer->outputs, back->g, layer->h, layer->scale, layer->y, rows));
  MM_TRY(mm__weight_backward(agent, &layer->dense, back, x, layer->y, rows));
  return below ? mm__input_backward(agent, &layer->dense, layer->y, back->g, rows, 0) : MM_OK;
}

/* both ways through a block: the second layer's derivative in y, the path's in g */
static mm_status mm__block_backward(mm_agent *agent, mm_net_layer *layer, mm_back *back, mm_buffer *x, int rows, int below) {
  const int has_path = layer->path.inputs > 0, inner = layer->first.outputs, stride = 3 * mm__padded(layer->outputs) + 16;
  MM_TRY(mm__learn_run(agent->learn, "mmk_block_back", mm__blocks(rows, MM_ROW_BLOCK), "bbbbbbbiiiiirr", agent->params, back->g, layer->h,
                       has_path ? layer->around : x, layer->scale, layer->y, back->partial, layer->gain_at, layer->share_at, rows,
                       layer->outputs, MM_ROW_BLOCK, agent->eps, agent->def.share));
  MM_TRY(mm__reduce(agent, back, 0, layer->dense.bias_at, rows, stride, stride - 16));
  if (layer->share_at >= 0) MM_TRY(mm__reduce(agent, back, stride - 16, layer->share_at, rows, stride, 1));
  MM_TRY(mm__weight_backward(agent, &layer->dense, back, layer->first_y, layer->y, rows));
  MM_TRY(mm__input_backward(agent, &layer->dense, layer->y, back->g2, rows, 0));
  MM_TRY(mm__norm_backward(agent, back, layer->first.bias_at, layer->first.bias_at + mm__padded(inner), inner, back->g2, layer->first_h,
                           layer->first_scale, layer->first_y, rows));
  MM_TRY(mm__weight_backward(agent, &layer->first, back, x, layer->first_y, rows));
  if (has_path) {
    MM_TRY(mm__bias_backward(agent, back, &layer->path, back->g, rows));
    MM_TRY(mm__weight_backward(agent, &layer->path, back, x, back->g, rows));
  }
  if (!below) return MM_OK;
  if (has_path) {
    mm_buffer *g = back->g;
    MM_TRY(mm__input_backward(agent, &layer->path, back->g, back->g2, rows, 0));
    back->g = back->g2;
    back->g2 = g;
  }
  return mm__input_backward(agent, &layer->first, layer->first_y, back->g, rows, 1);
}

static mm_status mm__mixture_backward(mm_agent *agent, mm_net_layer *layer, mm_back *back, mm_buffer *x, int rows, int below) {
  const mm_dense biases = mm__mixture_biases(layer);
  const int blocks = mm__blocks(rows, MM_ROW_BLOCK), experts = layer->experts;
  MM_TRY(mm__norm_backward(agent, back, -1, layer->gain_at, layer->outputs, back->g, layer->h, layer->scale, layer->y, rows));
  /* how even the experts are used, and what that costs */
  MM_TRY(mm__learn_run(agent->learn, "mmk_column_sums", blocks, "bbiii", layer->weights, back->partial, rows, experts, MM_ROW_BLOCK));
  MM_TRY(mm__learn_run(agent->learn, "mmk_reduce", mm__blocks(experts, 16), "bbiiiiir", back->partial, layer->use, 0, 0, blocks,
                       mm__padded(experts), experts, 1.0 / rows));
  MM_TRY(mm__learn_run(agent->learn, "mmk_balance", 1, "bbir", layer->use, back->metrics, experts, agent->def.balance));
  MM_TRY(mm__weight_backward(agent, &layer->dense, back, layer->weighted, layer->y, rows));
  MM_TRY(mm__weight_backward(agent, &biases, back, layer->weights, layer->y, rows));
  MM_TRY(mm__input_backward(agent, &layer->dense, layer->y, back->g2, rows, 0));
  MM_TRY(mm__input_backward(agent, &biases, layer->y, layer->dweights, rows, 0));
  MM_TRY(mm__learn_run(agent->learn, "mmk_experts_back", rows, "bbbbbiiirr", back->g2, layer->sums, layer->weights, layer->dweights,
                       layer->use, rows, experts, layer->width, 2 * agent->def.balance * experts / rows, 1 / agent->def.temperature));
  MM_TRY(mm__bias_backward(agent, back, &layer->inside, back->g2, rows));
  MM_TRY(mm__weight_backward(agent, &layer->inside, back, x, back->g2, rows));
  MM_TRY(mm__bias_backward(agent, back, &layer->gate, layer->dweights, rows));
  MM_TRY(mm__weight_backward(agent, &layer->gate, back, x, layer->dweights, rows));
  if (!below) return MM_OK;
  MM_TRY(mm__input_backward(agent, &layer->inside, back->g2, back->g, rows, 0));
  return mm__input_backward(agent, &layer->gate, layer->dweights, back->g, rows, 1);
}

MM_PRIVATE mm_status mm__mlp_backward(mm_agent *agent, mm_mlp *mlp, mm_back *back, mm_buffer *dout, int rows) {
  const int top = mlp->count;
  MM_TRY(mm__weight_backward(agent, &mlp->output, back, top ? mlp->layers[top - 1].y : agent->x, dout, rows));
  if (top) MM_TRY(mm__input_backward(agent, &mlp->output, dout, back->g, rows, 0));
  for (int i = top - 1; i >= 0; i--) {
    mm_net_layer *layer = &mlp->layers[i];
    mm_buffer *x = i ? mlp->layers[i - 1].y : agent->x;
    if (layer->kind == MM_LAYER_BLOCK) MM_TRY(mm__block_backward(agent, layer, back, x, rows, i > 0));
    else if (layer->kind == MM_LAYER_MIXTURE) MM_TRY(mm__mixture_backward(agent, layer, back, x, rows, i > 0));
    else MM_TRY(mm__hidden_backward(agent, layer, back, x, rows, i > 0));
  }
  return MM_OK;
}
