/* >>learn-net: what a network computes between its matrix products

   A hidden layer is  z = x W + b,  h = (z - mean(z)) / sqrt(var(z) + eps),  u = g h + c,  y = u sigmoid(u),
   with mean and variance over the layer's width (LayerNorm, Ba et al. 2016; SiLU, Elfwing et al. 2018).
   Backwards, with dy given:  du = dy s (1 + u (1 - s)), s = sigmoid(u);  dh = g du;
   dz = (dh - mean(dh) - h mean(dh h)) / sqrt(var(z) + eps);  dg = sum of du h, dc = sum of du, db = sum of dz.

   A residual block is a hidden layer, a second one without activation whose outcome is u = g h + c, and a way around
   both: a = x, or x P + p where the widths differ.  v = a + w u,  y = v sigmoid(v), where the share w is fixed or the
   sigmoid of a parameter q. Backwards:  da = dv,  du = w dv,  dq = w (1 - w) sum of dv u.

   A mixture of n experts weighs all of them for each row:  t = softmax((x G + b) / temperature),  z = sum over the
   experts of t_e (silu(x V_e + v_e) W_e + w_e), then normalisation and activation as above. The V_e lie side by side
   and the W_e on top of each other, so that with the inside [t_e silu(x V_e + v_e)] z is one product. The balance loss
   is n times the sum of the squared mean weights.

   Sums over rows are made block by block and then over the blocks, always in the same order. */

/* c += bias in every row */
MM_KERNEL5(mmk_bias, CREALS, params, REALS, c, INT, bias_at, INT, rows, INT, width) {
  MM_SHARE(rows, lo, hi);
  for (int row = lo; row < hi; row++) {
    MM_GLOBAL scalar *out = MM_ROW_OF(c, row, width);
    MM_FOR(i, 0, MM_CHUNKS(width)) mm_row_put(out, i, width, mm_row_get(out, i, width) + mm_row_get(params + bias_at, i, width));
  }
}

/* mean and 1 / sqrt(variance + eps) of a row; eps 0: 0 and 1 */
typedef struct mm_norm { scalar mean, inverse; } mm_norm;

/* of a row of sums, to which the bias is added (bias_at -1: none). A lane meets the same chunks again. */
MM_FN mm_norm mm_row_norm(mm_env e, MM_GLOBAL const scalar *params, int bias_at, MM_GLOBAL scalar *h, int width, scalar eps) {
  const int chunks = MM_CHUNKS(width);
  mm_norm norm;
  mm_v sum = V(0.0), squares = V(0.0);
  norm.mean = R(0.0);
  norm.inverse = R(1.0);
  MM_OWN(i, 0, chunks) {
    mm_v x = mm_row_get(h, i, width);
    if (bias_at >= 0) x += mm_row_get(params + bias_at, i, width);
    mm_row_put(h, i, width, x);
    sum += x;
  }
  if (eps > R(0.0)) {
    norm.mean = mm_row_total(e, sum) / (scalar)width;
    MM_OWN(i, 0, chunks) {
      const mm_v x = mm_row_within(i, width, mm_row_get(h, i, width) - (mm_v)(norm.mean));
      squares += x * x;
    }
    norm.inverse = mm_row_first(V(1.0) / mm_sqrt((mm_v)(mm_row_total(e, squares) / (scalar)width + eps)));
  }
  return norm;
}

/* z holds x W and becomes h; y is the output; scale becomes 1 / sqrt(var + eps) */
MM_KERNEL9(mmk_layer, CREALS, params, REALS, z, REALS, y, REALS, scale, INT, bias_at, INT, gain_at, INT, rows, INT, width,
           REAL, eps) {
  MM_TEAM(e);
  MM_SHARE(rows, lo, hi);
  const int stride = MM_PADDED(width);
  for (int row = lo; row < hi; row++) {
    MM_GLOBAL scalar *h = MM_ROW_OF(z, row, width), *out = MM_ROW_OF(y, row, width);
    const mm_norm norm = mm_row_norm(e, params, bias_at, h, width, eps);
    MM_OWN(i, 0, MM_CHUNKS(width)) {
      const mm_v x = (mm_row_get(h, i, width) - (mm_v)(norm.mean)) * norm.inverse;
      const mm_v u = x * mm_row_get(params + gain_at, i, width) + mm_row_get(params + gain_at + stride, i, width);
      mm_row_put(h, i, width, x);
      mm_row_put(out, i, width, u * mm_logistic(u));
    }
    MM_ONE scale[row] = norm.inverse;
  }
}

/* the share that a block has in its outcome */
MM_FN mm_v mm_block_share(MM_GLOBAL const scalar *params, int share_at, scalar share) {
  return share_at < 0 ? (mm_v)(share) : mm_logistic((mm_v)(params[share_at]));
}

/* z holds the product of the second layer and becomes h; around: the way around the block, from row around_first */
MM_KERNEL12(mmk_block, CREALS, params, REALS, z, CREALS, around, REALS, y, REALS, scale, INT, bias_at, INT, share_at,
            INT, around_first, INT, rows, INT, width, REAL, eps, REAL, share) {
  MM_TEAM(e);
  MM_SHARE(rows, lo, hi);
  const int stride = MM_PADDED(width), gain_at = bias_at + stride;
  const mm_v w = mm_block_share(params, share_at, share);
  for (int row = lo; row < hi; row++) {
    MM_GLOBAL scalar *h = MM_ROW_OF(z, row, width), *out = MM_ROW_OF(y, row, width);
    MM_GLOBAL const scalar *a = MM_ROW_OF(around, around_first + row, width);
    const mm_norm norm = mm_row_norm(e, params, bias_at, h, width, eps);
    MM_OWN(i, 0, MM_CHUNKS(width)) {
      const mm_v x = (mm_row_get(h, i, width) - (mm_v)(norm.mean)) * norm.inverse;
      const mm_v u = x * mm_row_get(params + gain_at, i, width) + mm_row_get(params + gain_at + stride, i, width);
      const mm_v v = mm_row_get(a, i, width) + w * u;
      mm_row_put(h, i, width, x);
      mm_row_put(out, i, width, v * mm_logistic(v));
    }
    MM_ONE scale[row] = norm.inverse;
  }
}

/* derivative of y = v sigmoid(v) by v */
MM_FN mm_v mm_silu_slope(mm_v v) {
  const mm_v s = mm_logistic(v);
  return s * (V(1.0) + v * (V(1.0) - s));
}

/* through the normalisation of a row: d holds dh; sum and sum_h are this lane's sums of dh and dh h. out becomes dz and
   is added to db. */
MM_FN void mm_row_norm_back(mm_env e, MM_GLOBAL const scalar *d, MM_GLOBAL const scalar *h, scalar inverse, mm_v sum, mm_v sum_h,
                                 MM_GLOBAL scalar *out, MM_GLOBAL scalar *db, int width, scalar eps) {
  const int stride = MM_PADDED(width);
  scalar mean = R(0.0), mean_h = R(0.0);
  if (eps > R(0.0)) {
    mean = mm_row_total(e, sum) / (scalar)width;
    mean_h = mm_row_total(e, sum_h) / (scalar)width;
  }
  MM_OWN(i, 0, MM_CHUNKS(width)) {
    const mm_v g = mm_row_within(i, width, (mm_row_get(d, i, width) - (mm_v)(mean) - mm_row_get(h, i, width) * mean_h) * inverse);
    mm_row_put(out, i, width, g);
    mm_row_put(db, i, stride, mm_row_get(db, i, stride) + g);
  }
}

/* dy becomes scratch, dz is what goes on backwards; partial: [blocks][3][padded width] sums for b, g and c */
MM_KERNEL11(mmk_layer_back, CREALS, params, REALS, dy, CREALS, h, CREALS, scale, REALS, dz, REALS, partial, INT, gain_at,
            INT, rows, INT, width, INT, block, REAL, eps) {
  MM_TEAM(e);
  const int chunks = MM_CHUNKS(width), stride = MM_PADDED(width), blocks = (rows + block - 1) / block;
  for (int b = MM_GROUP_ID; b < blocks; b += MM_GROUP_COUNT) {
    MM_GLOBAL scalar *db = MM_ROW_OF(partial, 3 * b, stride), *dg = db + stride, *dc = dg + stride;
    MM_OWN(i, 0, MM_CHUNKS(3 * stride)) mm_row_put(db, i, 3 * stride, V(0.0));
    MM_BARRIER;
    for (int row = b * block; row < mm_min_int(rows, (b + 1) * block); row++) {
      MM_GLOBAL scalar *d = MM_ROW_OF(dy, row, width);
      MM_GLOBAL const scalar *x = MM_ROW_OF(h, row, width);
      mm_v sum = V(0.0), sum_h = V(0.0);
      MM_OWN(i, 0, chunks) {
        const mm_v gain = mm_row_get(params + gain_at, i, width), hi = mm_row_get(x, i, width);
        const mm_v u = hi * gain + mm_row_get(params + gain_at + stride, i, width);
        const mm_v du = mm_row_get(d, i, width) * mm_silu_slope(u), dh = du * gain;
        mm_row_put(d, i, width, dh);
        mm_row_put(dg, i, stride, mm_row_get(dg, i, stride) + du * hi);
        mm_row_put(dc, i, stride, mm_row_get(dc, i, stride) + du);
        sum += dh;
        sum_h += dh * hi;
      }
      mm_row_norm_back(e, d, x, scale[row], sum, sum_h, MM_ROW_OF(dz, row, width), db, width, eps);
    }
    MM_BARRIER;
  }
}

/* dy becomes da, dz what goes back through the second layer; partial: [blocks][3][padded width] sums for b, g and c, and
   16 numbers with the derivative by the share's parameter */
MM_KERNEL14(mmk_block_back, CREALS, params, REALS, dy, CREALS, h, CREALS, around, CREALS, scale, REALS, dz, REALS, partial,
            INT, gain_at, INT, share_at, INT, rows, INT, width, INT, block, REAL, eps, REAL, share) {
  MM_TEAM(e);
  const int chunks = MM_CHUNKS(width), stride = MM_PADDED(width), all = 3 * stride + 16, blocks = (rows + block - 1) / block;
  const mm_v w = mm_block_share(params, share_at, share);
  for (int b = MM_GROUP_ID; b < blocks; b += MM_GROUP_COUNT) {
    MM_GLOBAL scalar *db = MM_ROW_OF(partial, b, all), *dg = db + stride, *dc = dg + stride;
    scalar total;
    mm_v dshare = V(0.0);
    MM_OWN(i, 0, MM_CHUNKS(all)) mm_row_put(db, i, all, V(0.0));
    MM_BARRIER;
    for (int row = b * block; row < mm_min_int(rows, (b + 1) * block); row++) {
      MM_GLOBAL scalar *d = MM_ROW_OF(dy, row, width), *out = MM_ROW_OF(dz, row, width);
      MM_GLOBAL const scalar *x = MM_ROW_OF(h, row, width), *a = MM_ROW_OF(around, row, width);
      mm_v sum = V(0.0), sum_h = V(0.0);
      MM_OWN(i, 0, chunks) {
        const mm_v gain = mm_row_get(params + gain_at, i, width), hi = mm_row_get(x, i, width);
        const mm_v u = hi * gain + mm_row_get(params + gain_at + stride, i, width);
        const mm_v dv = mm_row_get(d, i, width) * mm_silu_slope(mm_row_get(a, i, width) + w * u), du = w * dv, dh = du * gain;
        mm_row_put(d, i, width, dv);
        mm_row_put(out, i, width, dh);
        mm_row_put(dg, i, stride, mm_row_get(dg, i, stride) + du * hi);
        mm_row_put(dc, i, stride, mm_row_get(dc, i, stride) + du);
        dshare += mm_row_within(i, width, du * u * (V(1.0) - w));
        sum += dh;
        sum_h += dh * hi;
      }
      mm_row_norm_back(e, out, x, scale[row], sum, sum_h, out, db, width, eps);
    }
    total = mm_row_total(e, dshare);
    MM_ONE db[3 * stride] = total;
    MM_BARRIER;
  }
}

/* logits [rows][experts] without their bias become softmax((logit + bias) inverse_temperature) */
MM_KERNEL6(mmk_gate, CREALS, params, REALS, weights, INT, bias_at, INT, rows, INT, experts, REAL, inverse_temperature) {
  MM_SHARE(rows, lo, hi);
  MM_FOR(row, lo, hi) {
    MM_GLOBAL scalar *t = MM_ROW_OF(weights, row, experts);
    scalar most = R(0.0), sum = R(0.0);
    for (int k = 0; k < experts; k++) {
      t[k] = (t[k] + params[bias_at + k]) * inverse_temperature;
      most = k == 0 || t[k] > most ? t[k] : most;
    }
    for (int k = 0; k < experts; k++) {
      t[k] = mm_row_first(mm_exp((mm_v)(t[k] - most)));
      sum += t[k];
    }
    for (int k = 0; k < experts; k++) t[k] /= sum;
  }
}

/* sums [rows][experts width] get their bias; weighted becomes weight times silu of them */
MM_KERNEL8(mmk_experts, CREALS, params, REALS, sums, CREALS, weights, REALS, weighted, INT, bias_at, INT, rows, INT, experts,
           INT, width) {
  MM_SHARE(rows, lo, hi);
  for (int row = lo; row < hi; row++)
    for (int k = 0; k < experts; k++) {
      MM_GLOBAL scalar *z = MM_ROW_OF(sums, row * experts + k, width), *out = MM_ROW_OF(weighted, row * experts + k, width);
      const mm_v t = (mm_v)(weights[row * experts + k]);
      MM_FOR(i, 0, MM_CHUNKS(width)) {
        const mm_v v = mm_row_get(z, i, width) + mm_row_get(params + bias_at + k * width, i, width);
        mm_row_put(z, i, width, v);
        mm_row_put(out, i, width, t * v * mm_logistic(v));
      }
    }
}

/* adds the balance loss to the metrics. For one group. */
MM_KERNEL4(mmk_balance, CREALS, use, REALS, metrics, INT, experts, REAL, balance) {
  scalar sum = R(0.0);
  for (int k = 0; k < experts; k++) sum += use[k] * use[k];
  MM_ONE metrics[MM_LOSS_BALANCE] += balance * (scalar)experts * sum;
}

/* d holds the derivative by weighted and becomes that by sums; dweights that by the outcome of each expert's bias and
   becomes the one by the logits */
MM_KERNEL10(mmk_experts_back, REALS, d, CREALS, sums, CREALS, weights, REALS, dweights, CREALS, use, INT, rows, INT, experts,
            INT, width, REAL, balance, REAL, inverse_temperature) {
  MM_TEAM(e);
  MM_SHARE(rows, lo, hi);
  for (int row = lo; row < hi; row++) {
    MM_GLOBAL const scalar *t = MM_ROW_OF(weights, row, experts);
    MM_GLOBAL scalar *dt = MM_ROW_OF(dweights, row, experts);
    for (int k = 0; k < experts; k++) {
      MM_GLOBAL const scalar *z = MM_ROW_OF(sums, row * experts + k, width);
      MM_GLOBAL scalar *dz = MM_ROW_OF(d, row * experts + k, width);
      scalar total;
      mm_v sum = V(0.0);
      MM_OWN(i, 0, MM_CHUNKS(width)) {
        const mm_v v = mm_row_get(z, i, width), g = mm_row_get(dz, i, width);
        sum += mm_row_within(i, width, g * v * mm_logistic(v));
        mm_row_put(dz, i, width, g * mm_silu_slope(v) * t[k]);
      }
      total = mm_row_total(e, sum);
      MM_ONE dt[k] += total + balance * use[k];
    }
    MM_BARRIER;
    MM_ONE {
      scalar along = R(0.0);
      for (int k = 0; k < experts; k++) along += dt[k] * t[k];
      for (int k = 0; k < experts; k++) dt[k] = t[k] * (dt[k] - along) * inverse_temperature;
    }
    MM_BARRIER;
  }
}

/* partial: [blocks][padded width] sums of the columns of x */
MM_KERNEL5(mmk_column_sums, CREALS, x, REALS, partial, INT, rows, INT, width, INT, block) {
  const int stride = MM_PADDED(width), blocks = (rows + block - 1) / block;
  for (int b = MM_GROUP_ID; b < blocks; b += MM_GROUP_COUNT) {
    MM_GLOBAL scalar *sum = MM_ROW_OF(partial, b, stride);
    const int end = mm_min_int(rows, (b + 1) * block);
    MM_FOR(i, 0, MM_CHUNKS(width)) {
      mm_v s = V(0.0);
      for (int row = b * block; row < end; row++) s += mm_row_get(MM_ROW_OF(x, row, width), i, width);
      mm_row_put(sum, i, stride, s);
    }
  }
}

/* to[to_at + i] = factor * (sum over blocks of partial[b][from + i]) */
MM_KERNEL8(mmk_reduce, CREALS, partial, REALS, to, INT, from, INT, to_at, INT, blocks, INT, stride, INT, count, REAL, factor) {
  MM_SHARE(MM_CHUNKS(count), lo, hi);
  MM_FOR(i, lo, hi) {
    mm_v s = V(0.0);
    for (int b = 0; b < blocks; b++) s += mm_row_get(MM_ROW_OF(partial, b, stride) + from, i, count);
    mm_row_put(to + to_at, i, count, s * factor);
  }
}

/* Statistics of the inputs. partial: [blocks][2][padded width], mean and sum of squared deviations of each column over
   the rows of a block; rows are taken through order where it is given (ordered 1). */
MM_KERNEL8(mmk_moments, CREALS, x, CINTS, order, REALS, partial, INT, ordered, INT, first, INT, rows, INT, width, INT, block) {
  const int stride = MM_PADDED(width), blocks = (rows + block - 1) / block;
  for (int b = MM_GROUP_ID; b < blocks; b += MM_GROUP_COUNT) {
    MM_GLOBAL scalar *mean = MM_ROW_OF(partial, 2 * b, stride);
    const int begin = b * block, end = mm_min_int(rows, begin + block);
    MM_FOR(i, 0, MM_CHUNKS(width)) {
      mm_v m = V(0.0), q = V(0.0);
      for (int row = begin; row < end; row++) m += mm_row_get(MM_ROW_OF(x, ordered ? order[first + row] : first + row, width), i, width);
      m /= (mm_v)((scalar)(end - begin));
      for (int row = begin; row < end; row++) {
        const mm_v d = mm_row_get(MM_ROW_OF(x, ordered ? order[first + row] : first + row, width), i, width) - m;
        q += d * d;
      }
      mm_row_put(mean, i, stride, m);
      mm_row_put(mean + stride, i, stride, q);
    }
  }
}

/* Two sets of numbers with means a, b and sums of squared deviations A, B together have the mean a + (b - a) nb / n and
   the sum A + B + (b - a)^2 na nb / n (Chan, Golub and LeVeque 1983). The blocks are merged one after another, then
   their mean and variance (+ 1e-6) with the running ones of count numbers. in and out: mean, variance, 1/sqrt(variance
   + 1e-8), each padded; they may be the same. */
MM_KERNEL7(mmk_moments_merge, CREALS, partial, CREALS, in, REALS, out, INT, rows, INT, width, INT, block, REAL, count) {
  const int stride = MM_PADDED(width), blocks = (rows + block - 1) / block;
  const scalar n = (scalar)rows, all = count + n;
  MM_SHARE(MM_CHUNKS(width), lo, hi);
  MM_FOR(i, lo, hi) {
    mm_v m = mm_row_get(partial, i, width), q = mm_row_get(partial + stride, i, width);
    scalar seen = (scalar)mm_min_int(rows, block);
    for (int b = 1; b < blocks; b++) {
      const scalar more = (scalar)(mm_min_int(rows, (b + 1) * block) - b * block);
      MM_GLOBAL const scalar *from = MM_ROW_OF(partial, 2 * b, stride);
      const mm_v d = mm_row_get(from, i, width) - m;
      m += d * (more / (seen + more));
      q += mm_row_get(from + stride, i, width) + d * d * (seen * more / (seen + more));
      seen += more;
    }
    const mm_v old_mean = mm_row_get(in, i, width), old_var = mm_row_get(in + stride, i, width), d = m - old_mean;
    const mm_v variance = (old_var * count + (q / (mm_v)(n) + V(1e-6)) * n + d * d * (count * (n / all))) / (mm_v)(all);
    mm_row_put(out, i, width, old_mean + d * (n / all));
    mm_row_put(out + stride, i, width, variance);
    mm_row_put(out + 2 * stride, i, width, V(1.0) / mm_sqrt(variance + V(1e-8)));
  }
}

/* to[row] = (x[order[first + row]] - mean) / sqrt(variance + 1e-8) */
MM_KERNEL9(mmk_normalize, CREALS, x, CINTS, order, CREALS, stats, REALS, to, INT, ordered, INT, first, INT, to_first, INT, rows,
           INT, width) {
  const int stride = MM_PADDED(width);
  MM_SHARE(rows, lo, hi);
  for (int row = lo; row < hi; row++) {
    MM_GLOBAL const scalar *from = MM_ROW_OF(x, ordered ? order[first + row] : first + row, width);
    MM_GLOBAL scalar *out = MM_ROW_OF(to, to_first + row, width);
    MM_FOR(i, 0, MM_CHUNKS(width))
      mm_row_put(out, i, width, (mm_row_get(from, i, width) - mm_row_get(stats, i, width)) * mm_row_get(stats + 2 * stride, i, width));
  }
}

/* A matrix product for builds without a library: c = alpha a b + beta c. Strides: numbers from one row or column of the
   factor to the next, so that a transpose is only an exchange. */
MM_FN mm_v mm_gemm_row(MM_GLOBAL const scalar *b, int chunk, int n, int column_step) {
#if MM_W == 1
  (void)n;
  return b[(size_t)chunk * (size_t)column_step];
#else
  scalar part[MM_W];
  if (column_step == 1) return mm_row_get(b, chunk, n);
  for (int i = 0; i < MM_W; i++)
    part[i] = chunk * MM_W + i < n ? b[(size_t)(chunk * MM_W + i) * (size_t)column_step] : R(0.0);
  return MM_VLOAD(0, part);
#endif
}

MM_KERNEL16(mmk_gemm, CREALS, as, CREALS, bs, REALS, cs, INT, a_at, INT, b_at, INT, c_at, INT, m, INT, n, INT, k,
            INT, a_row, INT, a_column, INT, b_row, INT, b_column, INT, ldc, REAL, alpha, REAL, beta) {
  MM_GLOBAL const scalar *a = as + a_at, *b = bs + b_at;
  MM_SHARE((m + 3) / 4, lo, hi);
  for (int tile = lo; tile < hi; tile++) {
    const int i0 = 4 * tile, i1 = mm_min_int(i0 + 1, m - 1), i2 = mm_min_int(i0 + 2, m - 1), i3 = mm_min_int(i0 + 3, m - 1);
    MM_GLOBAL const scalar *a0 = MM_ROW_OF(a, i0, a_row), *a1 = MM_ROW_OF(a, i1, a_row);
    MM_GLOBAL const scalar *a2 = MM_ROW_OF(a, i2, a_row), *a3 = MM_ROW_OF(a, i3, a_row);
    MM_FOR(j, 0, MM_CHUNKS(n)) {
      mm_v s[4];
      s[0] = s[1] = s[2] = s[3] = V(0.0);
      for (int p = 0; p < k; p++) {
        const mm_v x = mm_gemm_row(MM_ROW_OF(b, p, b_row), j, n, b_column);
        const size_t at = (size_t)p * (size_t)a_column;
        s[0] += x * a0[at];
        s[1] += x * a1[at];
        s[2] += x * a2[at];
        s[3] += x * a3[at];
      }
      for (int r = 0; r < 4 && i0 + r < m; r++) {
        MM_GLOBAL scalar *c = MM_ROW_OF(cs + c_at, i0 + r, ldc);
        mm_v x = s[r] * alpha;
        if (beta != R(0.0)) x += mm_row_get(c, j, n) * beta;
        mm_row_put(c, j, n, x);
      }
    }
  }
}

/* rows of a matrix to other rows of it or of another; the two do not overlap */
MM_KERNEL6(mmk_copy_rows, CREALS, from, REALS, to, INT, from_first, INT, to_first, INT, rows, INT, width) {
  MM_SHARE(rows, lo, hi);
  for (int row = lo; row < hi; row++)
    MM_FOR(i, 0, MM_CHUNKS(width))
      mm_row_put(MM_ROW_OF(to, to_first + row, width), i, width, mm_row_get(MM_ROW_OF(from, from_first + row, width), i, width));
}

/* numbers above a limit become that */
MM_KERNEL4(mmk_limit, REALS, to, INT, first, INT, count, REAL, most) {
  MM_SHARE(count, lo, hi);
  MM_FOR(i, lo, hi) if (to[first + i] > most) to[first + i] = most;
}

MM_KERNEL4(mmk_fill, REALS, to, INT, first, INT, count, REAL, value) {
  MM_SHARE(count, lo, hi);
  MM_FOR(i, lo, hi) to[first + i] = value;
}
