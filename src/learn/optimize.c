/* >>optimize: optimiser steps: clipping, AdamW, Muon with its Newton-Schulz iteration on the device */

/* one of the matrices that a tensor is made of */
typedef struct mm_part { int at, rows, columns, stride; } mm_part;

static mm_part mm__tensor_part(const mm_tensor *tensor, int number) {
  mm_part part;
  part.stride = tensor->columns;
  part.rows = tensor->rows / tensor->down;
  part.columns = tensor->columns / tensor->across;
  part.at = tensor->at + number / tensor->across * part.rows * part.stride + number % tensor->across * part.columns;
  return part;
}

/* numbers that the largest matrix has, or its shorter side squared */
static size_t mm__muon_room(const mm_agent *agent, int squared) {
  size_t most = 1;
  for (int i = 0; i < agent->tensor_count; i++)
    if (agent->tensors[i].kind != MM_TENSOR_VECTOR) {
      const mm_part part = mm__tensor_part(&agent->tensors[i], 0);
      const size_t r = (size_t)part.rows, c = (size_t)part.columns, shorter = r < c ? r : c, room = squared ? shorter * shorter : r * c;
      if (room > most) most = room;
    }
  return most;
}

/* most partial sums that a step makes */
static size_t mm__optimizer_partial(const mm_agent *agent) {
  size_t most = (size_t)agent->size / 4096 + 1;
  for (int i = 0; i < agent->tensor_count; i++)
    if ((size_t)agent->tensors[i].rows / MM_ROW_BLOCK + 1 > most) most = (size_t)agent->tensors[i].rows / MM_ROW_BLOCK + 1;
  return most;
}

static mm_status mm__muon_product(mm_ppo *ppo, mm_buffer *a, int a_columns, int ta, mm_buffer *b, int b_columns, int tb, mm_buffer *c, int m,
                                  int n, int k) {
  mm_gemm g;
  memset(&g, 0, sizeof g);
  g.transpose_a = ta;
  g.transpose_b = tb;
  g.m = m;
  g.n = n;
  g.k = k;
  g.alpha = 1;
  g.a = a;
  g.b = b;
  g.c = c;
  g.lda = a_columns;
  g.ldb = b_columns;
  g.ldc = n;
  return mm__learn_gemm(ppo->learn, &g);
}

/* a step of the iteration; the two buffers of the matrix change places */
static mm_status mm__newton_schulz(mm_ppo *ppo, int rows, int columns, mm_buffer **x, mm_buffer **next) {
  const int is_tall = rows > columns, n = is_tall ? columns : rows, k = is_tall ? rows : columns;
  mm_buffer *a = ppo->b[MM_PPO_NS_A], *aa = ppo->b[MM_PPO_NS_AA], *kept = *x;
  MM_TRY(mm__muon_product(ppo, *x, columns, is_tall, *x, columns, !is_tall, a, n, n, k));
  MM_TRY(mm__muon_product(ppo, a, n, 0, a, n, 0, aa, n, n, n));
  MM_TRY(mm__learn_run(ppo->learn, "mmk_muon_polynomial", n, "bbi", a, aa, n));
  if (is_tall) MM_TRY(mm__muon_product(ppo, *x, columns, 0, aa, n, 0, *next, rows, columns, n));
  else MM_TRY(mm__muon_product(ppo, aa, n, 0, *x, columns, 0, *next, rows, columns, n));
  *x = *next;
  *next = kept;
  return MM_OK;
}

static mm_status mm__muon_step(mm_ppo *ppo, const mm_part *part) {
  const mm_ppo_def *def = &ppo->def;
  const int blocks = mm__blocks(part->rows, MM_ROW_BLOCK), count = part->rows * part->columns;
  const double factor = part->columns > part->rows ? sqrt((double)part->columns / part->rows) : 1;
  mm_buffer *x = ppo->b[MM_PPO_NS_X], *next = ppo->b[MM_PPO_NS_NEXT];
  MM_TRY(mm__learn_run(ppo->learn, "mmk_muon_momentum", blocks, "bbbbbiiiirr", ppo->b[MM_PPO_GRADS], ppo->b[MM_PPO_M], x,
                       ppo->b[MM_PPO_PARTIAL], ppo->b[MM_PPO_CTL], part->at, part->rows, part->columns, part->stride, def->muon_beta,
                       1 - def->muon_beta));
  MM_TRY(mm__learn_run(ppo->learn, "mmk_muon_scale", mm__blocks(count, 4096), "bbii", x, ppo->b[MM_PPO_PARTIAL], blocks, count));
  for (int i = 0; i < def->ns_steps; i++) MM_TRY(mm__newton_schulz(ppo, part->rows, part->columns, &x, &next));
  return mm__learn_run(ppo->learn, "mmk_muon_apply", part->rows, "bbbiiiirr", ppo->agent->params, x, ppo->b[MM_PPO_CTL], part->at, part->rows,
                       part->columns, part->stride, factor, def->muon_decay);
}

MM_PRIVATE mm_status mm__ppo_step(mm_ppo *ppo, double lr) {
  const mm_ppo_def *def = &ppo->def;
  const mm_agent *agent = ppo->agent;
  const int blocks = mm__blocks(agent->size, 4096), adam = def->muon ? agent->vectors : agent->size;
  MM_TRY(mm__learn_run(ppo->learn, "mmk_squares", blocks, "bbi", ppo->b[MM_PPO_GRADS], ppo->b[MM_PPO_PARTIAL], agent->size));
  MM_TRY(mm__learn_run(ppo->learn, "mmk_step_prepare", 1, "bbirrrrrirri", ppo->b[MM_PPO_PARTIAL], ppo->b[MM_PPO_CTL], blocks,
                       def->max_grad_norm, lr, log(def->beta1), 1 - def->beta1, log(def->beta2), def->adam_ahead,
                       def->muon && def->muon_beta > 0 ? log(def->muon_beta) : 0.0, 1 - def->muon_beta, def->muon_ahead));
  MM_TRY(mm__learn_run(ppo->learn, "mmk_adamw", mm__blocks(adam, 4096), "bbbbbirrrrrr", agent->params, ppo->b[MM_PPO_GRADS], ppo->b[MM_PPO_M],
                       ppo->b[MM_PPO_V], ppo->b[MM_PPO_CTL], adam, def->beta1, 1 - def->beta1, def->beta2, 1 - def->beta2, def->adam_eps,
                       def->weight_decay));
  for (int i = 0; i < agent->tensor_count && def->muon; i++) {
    const mm_tensor *tensor = &agent->tensors[i];
    for (int k = 0; k < tensor->across * tensor->down && tensor->kind != MM_TENSOR_VECTOR; k++) {
      const mm_part part = mm__tensor_part(tensor, k);
      MM_TRY(mm__muon_step(ppo, &part));
    }
  }
  return MM_OK;
}
