/* >>learn-optim: gradient clipping and AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101)

   m <- b1 m + (1 - b1) g,  v <- b2 v + (1 - b2) g^2,
   p <- p - lr ((m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps) + decay p)
   with g scaled down to the given norm where it is longer. When the norm is not finite nothing changes, t included,
   and the step is counted as skipped. */

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

/* for one group; log_b1, log_b2: logarithms of the decay rates */
MM_KERNEL6(mmk_step_prepare, CREALS, partial, REALS, ctl, INT, blocks, REAL, max_norm, REAL, log_b1, REAL, log_b2) {
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
    if (go) {
      ctl[MM_CTL_M] = R(1.0) / mm_one_less_exp(t * log_b1);
      ctl[MM_CTL_V] = R(1.0) / mm_one_less_exp(t * log_b2);
      ctl[MM_CTL_NORMS] += norm;
      ctl[MM_CTL_COUNT] += R(1.0);
    } else {
      ctl[MM_CTL_SKIPPED] += R(1.0);
    }
  }
}

/* less1, less2: 1 - b1 and 1 - b2, which a float rounds too coarsely */
MM_KERNEL13(mmk_adamw, REALS, p, CREALS, g, REALS, m, REALS, v, CREALS, ctl, INT, count, REAL, lr, REAL, b1, REAL, less1,
            REAL, b2, REAL, less2, REAL, eps, REAL, decay) {
  const scalar factor = ctl[MM_CTL_SCALE], m_factor = ctl[MM_CTL_M], v_factor = ctl[MM_CTL_V];
  MM_SHARE(MM_CHUNKS(count), lo, hi);
  if (ctl[MM_CTL_GO] != R(0.0)) {
    MM_FOR(i, lo, hi) {
      const mm_v x = mm_row_get(p, i, count), d = mm_row_get(g, i, count) * factor;
      const mm_v m1 = mm_row_get(m, i, count) * b1 + d * less1, v1 = mm_row_get(v, i, count) * b2 + d * d * less2;
      mm_row_put(m, i, count, m1);
      mm_row_put(v, i, count, v1);
      mm_row_put(p, i, count, x - (m1 * m_factor / (mm_sqrt(v1 * v_factor) + (mm_v)(eps)) + x * decay) * lr);
    }
  }
}
