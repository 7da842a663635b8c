/* >>learn-optim: gradient clipping, AdamW and Muon

   AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101):
   m <- b1 m + (1 - b1) g,  v <- b2 v + (1 - b2) g^2,
   p <- p - lr (m' / (sqrt(v / (1 - b2^t)) + eps) + decay p),  m' = m / (1 - b1^t), or looking ahead (Dozat 2016)
   m' = b1 m / (1 - b1^(t + 1)) + (1 - b1) g / (1 - b1^t)
   with g scaled down to the given norm where it is longer. When the norm is not finite nothing changes, t included,
   and the step is counted as skipped.

   Muon (Jordan et al. 2024) for a matrix of r x c: m and m' as above with a rate of its own and no v; X = m' over its
   Frobenius norm; a few times  A = X X', X <- (a I + b A + c A A) X, an odd polynomial of fifth degree that takes all
   singular values near to 1; p <- p - lr (sqrt(max(1, c / r)) X + decay p). A matrix taller than wide takes A = X' X
   and multiplies from the right, which is the same. */

/* partial: [blocks] sums of squares of blocks of 4096 numbers */
MM_KERNEL3(mmk_squares, CREALS, g, REALS, partial, INT, count) {
  MM_TEAM(e);
  const int blocks = (count + 4095) / 4096;
  for (int b = MM_GROUP_ID; b < blocks; b += MM_GROUP_COUNT) {
    MM_GLOBAL const scalar *x = MM_ROW_OF(g, b, 4096);
    const int n = mm_min_int(4096, count - b * 4096);
    scalar total;
    mm_v s = V(0.0);
    MM_OWN(i, 0, MM_CHUNKS(n)) {
      const mm_v v = mm_row_get(x, i, n);
      s += v * v;
    }
    total = mm_row_total(e, s);
    MM_ONE partial[b] = total;
  }
}

/* 1 - exp(x) for x < 0, also where that is small */
MM_FN scalar mm_one_less_exp(scalar x) {
  scalar sum = R(1.0);
  if (x < R(-0.5)) return R(1.0) - mm_row_first(mm_exp((mm_v)(x)));
  for (int i = 14; i > 1; i--) sum = R(1.0) + sum * x / (scalar)i;
  return -x * sum;
}

/* Factors on momentum and gradient with bias correction at step t; log_b: logarithm of the decay rate, less: 1 - rate. */
MM_FN scalar mm_momentum_factor(scalar t, scalar log_b, scalar less, int ahead) {
  return ahead ? (R(1.0) - less) / mm_one_less_exp((t + R(1.0)) * log_b) : R(1.0) / mm_one_less_exp(t * log_b);
}
MM_FN scalar mm_gradient_factor(scalar t, scalar log_b, scalar less, int ahead) {
  return ahead ? less / mm_one_less_exp(t * log_b) : R(0.0);
}

/* for one group; lr < 0: the rate stays; ahead: of AdamW, muon_ahead: of Muon, whose rate of decay 0 means there is none */
MM_KERNEL12(mmk_step_prepare, CREALS, partial, REALS, ctl, INT, blocks, REAL, max_norm, REAL, lr, REAL, log_b1, REAL, less1,
            REAL, log_b2, INT, ahead, REAL, log_muon, REAL, less_muon, INT, muon_ahead) {
  MM_TEAM(e);
  scalar total, norm;
  mm_v s = V(0.0);
  MM_OWN(i, 0, MM_CHUNKS(blocks)) s += mm_row_get(partial, i, blocks);
  total = mm_row_total(e, s);
  norm = mm_row_first(mm_sqrt((mm_v)(total)));
  MM_ONE {
    const int go = norm - norm == R(0.0);
    const scalar t = ctl[MM_CTL_STEPS] + (go ? R(1.0) : R(0.0));
    ctl[MM_CTL_SCALE] = max_norm > R(0.0) && norm > max_norm ? max_norm / norm : R(1.0);
    ctl[MM_CTL_GO] = go ? R(1.0) : R(0.0);
    ctl[MM_CTL_STEPS] = t;
    ctl[MM_CTL_NORM] = norm;
    if (lr >= R(0.0)) ctl[MM_CTL_LR] = lr;
    if (go) {
      ctl[MM_CTL_M] = mm_momentum_factor(t, log_b1, less1, ahead);
      ctl[MM_CTL_G] = mm_gradient_factor(t, log_b1, less1, ahead);
      ctl[MM_CTL_V] = R(1.0) / mm_one_less_exp(t * log_b2);
      ctl[MM_CTL_MUON_M] = log_muon < R(0.0) ? mm_momentum_factor(t, log_muon, less_muon, muon_ahead) : R(1.0);
      ctl[MM_CTL_MUON_G] = log_muon < R(0.0) ? mm_gradient_factor(t, log_muon, less_muon, muon_ahead) : R(0.0);
      ctl[MM_CTL_NORMS] += norm;
      ctl[MM_CTL_COUNT] += R(1.0);
    } else {
      ctl[MM_CTL_SKIPPED] += R(1.0);
    }
  }
}

/* of the first count parameters; less1, less2: 1 - b1 and 1 - b2, which a float rounds too coarsely */
MM_KERNEL12(mmk_adamw, REALS, p, CREALS, g, REALS, m, REALS, v, CREALS, ctl, INT, count, REAL, b1, REAL, less1, REAL, b2,
            REAL, less2, REAL, eps, REAL, decay) {
  const scalar factor = ctl[MM_CTL_SCALE], m_factor = ctl[MM_CTL_M], g_factor = ctl[MM_CTL_G], v_factor = ctl[MM_CTL_V];
  const scalar lr = ctl[MM_CTL_LR];
  MM_SHARE(MM_CHUNKS(count), lo, hi);
  if (ctl[MM_CTL_GO] != R(0.0)) {
    MM_FOR(i, lo, hi) {
      const mm_v x = mm_row_get(p, i, count), d = mm_row_get(g, i, count) * factor;
      const mm_v m1 = mm_row_get(m, i, count) * b1 + d * less1, v1 = mm_row_get(v, i, count) * b2 + d * d * less2;
      mm_row_put(m, i, count, m1);
      mm_row_put(v, i, count, v1);
      mm_row_put(p, i, count, x - ((m1 * m_factor + d * g_factor) / (mm_sqrt(v1 * v_factor) + (mm_v)(eps)) + x * decay) * lr);
    }
  }
}

/* A matrix lies at place at with stride numbers from row to row; x: [rows][columns] becomes what is made orthogonal, zero
   when the step is not made; partial: [blocks of MM_ROW_BLOCK rows] sums of squares of it. */
MM_KERNEL11(mmk_muon_momentum, CREALS, grads, REALS, momentum, REALS, xs, REALS, partial, CREALS, ctl, INT, at, INT, rows,
            INT, columns, INT, stride, REAL, beta, REAL, less) {
  MM_TEAM(e);
  const int blocks = (rows + MM_ROW_BLOCK - 1) / MM_ROW_BLOCK, go = ctl[MM_CTL_GO] != R(0.0);
  const scalar factor = ctl[MM_CTL_SCALE], m_factor = ctl[MM_CTL_MUON_M], g_factor = ctl[MM_CTL_MUON_G];
  for (int b = MM_GROUP_ID; b < blocks; b += MM_GROUP_COUNT) {
    scalar total;
    mm_v squares = V(0.0);
    for (int row = b * MM_ROW_BLOCK; row < mm_min_int(rows, (b + 1) * MM_ROW_BLOCK); row++) {
      MM_GLOBAL const scalar *g = MM_ROW_OF(grads + at, row, stride);
      MM_GLOBAL scalar *m = MM_ROW_OF(momentum + at, row, stride), *x = MM_ROW_OF(xs, row, columns);
      MM_OWN(i, 0, MM_CHUNKS(columns)) {
        mm_v ahead = V(0.0);
        if (go) {
          const mm_v d = mm_row_get(g, i, columns) * factor, m1 = mm_row_get(m, i, columns) * beta + d * less;
          mm_row_put(m, i, columns, m1);
          ahead = m1 * m_factor + d * g_factor;
        }
        mm_row_put(x, i, columns, ahead);
        squares += ahead * ahead;
      }
    }
    total = mm_row_total(e, squares);
    MM_ONE partial[b] = total;
  }
}

/* x over the root of the sum of partial */
MM_KERNEL4(mmk_muon_scale, REALS, x, CREALS, partial, INT, blocks, INT, count) {
  MM_TEAM(e);
  scalar factor;
  mm_v s = V(0.0);
  MM_SHARE(MM_CHUNKS(count), lo, hi);
  MM_OWN(i, 0, MM_CHUNKS(blocks)) s += mm_row_get(partial, i, blocks);
  factor = mm_row_first(V(1.0) / (mm_sqrt((mm_v)(mm_row_total(e, s))) + V(1e-8)));
  MM_FOR(i, lo, hi) mm_row_put(x, i, count, mm_row_get(x, i, count) * factor);
}

/* [n][n]: squared, which holds A A, becomes a I + b A + c A A */
MM_KERNEL3(mmk_muon_polynomial, CREALS, once, REALS, squared, INT, n) {
  MM_SHARE(n, lo, hi);
  for (int row = lo; row < hi; row++) {
    MM_GLOBAL const scalar *from = MM_ROW_OF(once, row, n);
    MM_GLOBAL scalar *to = MM_ROW_OF(squared, row, n);
    MM_FOR(i, 0, MM_CHUNKS(n)) mm_row_put(to, i, n, mm_row_get(from, i, n) * R(-4.7750) + mm_row_get(to, i, n) * R(2.0315));
    MM_BARRIER;
    MM_ONE to[row] += R(3.4445);
  }
}

MM_KERNEL9(mmk_muon_apply, REALS, params, CREALS, xs, CREALS, ctl, INT, at, INT, rows, INT, columns, INT, stride, REAL, factor,
           REAL, decay) {
  const scalar lr = ctl[MM_CTL_LR];
  MM_SHARE(rows, lo, hi);
  if (ctl[MM_CTL_GO] != R(0.0))
    for (int row = lo; row < hi; row++) {
      MM_GLOBAL scalar *p = MM_ROW_OF(params + at, row, stride);
      MM_GLOBAL const scalar *x = MM_ROW_OF(xs, row, columns);
      MM_FOR(i, 0, MM_CHUNKS(columns)) {
        const mm_v w = mm_row_get(p, i, columns);
        mm_row_put(p, i, columns, w - (mm_row_get(x, i, columns) * factor + w * decay) * lr);
      }
    }
}

/* The rate by the mean divergence of an update's minibatches: above twice the desired one it falls by 1.5, below half of
   it, but above 0, it rises. For one group. */
MM_KERNEL5(mmk_adapt_rate, CREALS, metrics, REALS, ctl, REAL, desired, REAL, least, REAL, most) {
  MM_ONE {
    const scalar kl = metrics[MM_LOSS_KL] / metrics[MM_LOSS_COUNT], lr = ctl[MM_CTL_LR];
    if (kl > R(2.0) * desired) ctl[MM_CTL_LR] = lr / R(1.5) > least ? lr / R(1.5) : least;
    if (kl > R(0.0) && kl < R(0.5) * desired) ctl[MM_CTL_LR] = lr * R(1.5) < most ? lr * R(1.5) : most;
  }
}
