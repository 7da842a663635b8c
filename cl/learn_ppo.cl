/* >>learn-ppo: actions, advantages and the clipped losses (Schulman et al. 2017, arXiv 1707.06347) */

#define MM_HALF_LOG_2PI R(0.91893853320467274)

/* A diagonal Gaussian policy: action = mean + exp(log_std) normal. Row r is environment r; its action and the log
   probability go to row first + r of the batch. */
MM_KERNEL12(mmk_sample, CREALS, mean, CREALS, params, REALS, action, REALS, batch, INT, log_std_at, INT, first, INT, rows,
            INT, width, INT, counter, INT, key0, INT, key1, INT, stochastic) {
  MM_TEAM(e);
  MM_SHARE(rows, lo, hi);
  const int chunks = MM_CHUNKS(width);
  for (int row = lo; row < hi; row++) {
    MM_GLOBAL const scalar *m = MM_ROW_OF(mean, row, width);
    MM_GLOBAL scalar *a = MM_ROW_OF(action, first + row, width);
    scalar sum;
    mm_v logp = V(0.0);
    MM_OWN(i, 0, chunks) {
      const mm_v log_std = mm_row_get(params + log_std_at, i, width);
      mm_v z = V(0.0);
      if (stochastic) z = mm_random_normals(key0, key1, row, counter, MM_RANDOM_ACTION, i);
      mm_row_put(a, i, width, mm_row_get(m, i, width) + mm_exp(log_std) * z);
      logp -= mm_row_within(i, width, V(0.5) * z * z + log_std + (mm_v)(MM_HALF_LOG_2PI));
    }
    sum = mm_row_total(e, logp);
    MM_ONE batch[first + row] = sum;
  }
}

/* The critic's output without its bias: rows of states of step t, and rows of the last states of episodes that ended
   in the step before (both 1). */
MM_KERNEL8(mmk_values, CREALS, value, CREALS, params, REALS, batch, INT, bias_at, INT, t, INT, environments, INT, stride, INT, both) {
  MM_SHARE(MM_CHUNKS(environments), lo, hi);
  const mm_v bias = (mm_v)(params[bias_at]);
  MM_FOR(i, lo, hi) {
    mm_row_put(batch + MM_PLANE_VALUE * stride + t * environments, i, environments, mm_row_get(value, i, environments) + bias);
    if (both)
      mm_row_put(batch + MM_PLANE_LAST * stride + (t - 1) * environments, i, environments,
             mm_row_get(value + environments, i, environments) + bias);
  }
}

/* Rewards over the running standard deviation of the discounted return. state: mean and variance of the returns of
   count numbers so far, 14 unused, then the return of each environment. For one group. */
MM_KERNEL8(mmk_scale_rewards, REALS, batch, REALS, state, INT, stride, INT, steps, INT, environments, INT, scaled, REAL, gamma,
           REAL, count) {
  MM_TEAM(e);
  MM_GLOBAL scalar *returns = state + 16;
  const int chunks = MM_CHUNKS(environments);
  const scalar n = (scalar)environments;
  scalar mean = state[0], variance = state[1], seen = count;
  for (int t = 0; t < steps; t++) {
    MM_GLOBAL const scalar *reward = batch + MM_PLANE_REWARD * stride + t * environments;
    MM_GLOBAL const scalar *done = batch + MM_PLANE_DONE * stride + t * environments;
    MM_GLOBAL scalar *out = batch + MM_PLANE_SCALED * stride + t * environments;
    scalar m, q, d;
    mm_v sum = V(0.0), squares = V(0.0), factor = V(1.0);
    MM_OWN(i, 0, chunks) {
      const mm_v old = mm_row_get(returns, i, environments) * gamma * (V(1.0) - mm_row_get(done, i, environments));
      const mm_v x = old + mm_row_get(reward, i, environments);
      mm_row_put(returns, i, environments, x);
      sum += x;
    }
    m = mm_row_total(e, sum) / n;
    MM_OWN(i, 0, chunks) {
      const mm_v x = mm_row_within(i, environments, mm_row_get(returns, i, environments) - (mm_v)(m));
      squares += x * x;
    }
    q = mm_row_total(e, squares);
    d = m - mean;
    variance = (variance * seen + q + d * d * seen * (n / (seen + n))) / (seen + n);
    mean += d * (n / (seen + n));
    seen += n;
    if (scaled) factor = V(1.0) / mm_sqrt((mm_v)(variance) + V(1e-8));
    MM_OWN(i, 0, chunks) mm_row_put(out, i, environments, mm_row_get(reward, i, environments) * factor);
  }
  MM_BARRIER;
  MM_ONE {
    state[0] = mean;
    state[1] = variance;
  }
}

/* Generalised advantages (Schulman et al. 2016, arXiv 1506.02438), from the last step back:
   delta = r + gamma v' - v,  A = delta + gamma lambda A' (none across the end of an episode),  target = A + v.
   v' is the value of the next state; after an episode that was cut (bootstrap 1) that of the state it was cut in;
   after an absorbing state, and with bootstrap 0 after any end, nothing. */
MM_KERNEL7(mmk_advantages, REALS, batch, INT, stride, INT, steps, INT, environments, INT, bootstrap, REAL, gamma, REAL, lambda) {
  MM_SHARE(MM_CHUNKS(environments), lo, hi);
  MM_FOR(i, lo, hi) {
    mm_v advantage = V(0.0);
    for (int t = steps - 1; t >= 0; t--) {
      MM_GLOBAL scalar *at = batch + t * environments;
      const mm_v value = mm_row_get(at + MM_PLANE_VALUE * stride, i, environments);
      const mm_v done = mm_row_get(at + MM_PLANE_DONE * stride, i, environments);
      const mm_v absorbing = mm_row_get(at + MM_PLANE_ABSORBING * stride, i, environments);
      const mm_v next = mm_row_get(at + MM_PLANE_VALUE * stride + environments, i, environments);
      mm_v after = mm_select(done != V(0.0), mm_row_get(at + MM_PLANE_LAST * stride, i, environments), next);
      after = mm_select((absorbing != V(0.0)) | ((done != V(0.0)) & ((mm_v)(bootstrap ? R(0.0) : R(1.0)) != V(0.0))), V(0.0), after);
      advantage = mm_row_get(at + MM_PLANE_SCALED * stride, i, environments) + after * gamma - value +
                  advantage * (gamma * lambda) * (V(1.0) - done);
      mm_row_put(at + MM_PLANE_ADVANTAGE * stride, i, environments, advantage);
      mm_row_put(at + MM_PLANE_TARGET * stride, i, environments, advantage + value);
    }
  }
}

/* a random order of 0..n-1 */
MM_KERNEL6(mmk_shuffle, INTS, order, INT, n, INT, half_bits, INT, counter, INT, key0, INT, key1) {
  MM_SHARE(n, lo, hi);
  MM_FOR(i, lo, hi) order[i] = mm_random_place(key0, key1, counter, half_bits, n, i);
}

/* numbers of a plane in the order of a minibatch */
MM_FN mm_v mm_row_gather(MM_GLOBAL const scalar *plane, MM_GLOBAL const int *order, int chunk, int n) {
#if MM_W == 1
  (void)n;
  return plane[order[chunk]];
#else
  scalar part[MM_W];
  for (int i = 0; i < MM_W; i++) part[i] = chunk * MM_W + i < n ? plane[order[chunk * MM_W + i]] : R(0.0);
  return MM_VLOAD(0, part);
#endif
}

/* moments: mean and 1 / (standard deviation + 1e-8) of the advantages of a minibatch. For one group. */
MM_KERNEL6(mmk_advantage_moments, CREALS, batch, CINTS, order, REALS, moments, INT, stride, INT, first, INT, rows) {
  MM_TEAM(e);
  const int chunks = MM_CHUNKS(rows);
  scalar mean, variance;
  mm_v sum = V(0.0), squares = V(0.0);
  MM_OWN(i, 0, chunks) sum += mm_row_gather(batch + MM_PLANE_ADVANTAGE * stride, order + first, i, rows);
  mean = mm_row_total(e, sum) / (scalar)rows;
  MM_OWN(i, 0, chunks) {
    const mm_v d = mm_row_within(i, rows, mm_row_gather(batch + MM_PLANE_ADVANTAGE * stride, order + first, i, rows) - (mm_v)(mean));
    squares += d * d;
  }
  variance = mm_row_total(e, squares) / (scalar)rows;
  MM_ONE {
    moments[0] = mean;
    moments[1] = mm_row_first(V(1.0) / (mm_sqrt((mm_v)(variance)) + V(1e-8)));
  }
}

/* the derivative of the value loss, and the loss itself */
MM_FN scalar mm_value_loss(scalar value, scalar old, scalar target, scalar clip, scalar *loss) {
  const scalar moved = value - old, limited = moved > clip ? clip : moved < -clip ? -clip : moved;
  const scalar plain = value - target, held = old + limited - target;
  const int use_plain = plain * plain >= held * held;
  *loss = R(0.5) * (use_plain ? plain * plain : held * held);
  /* where nothing is clipped both are the same but for rounding, and either is the larger */
  return use_plain || moved == limited ? plain : R(0.0);
}

/* Gradients of  -mean min(r A, clip(r) A) + c_v 0.5 mean max((v - R)^2, (v_clip - R)^2) - c_e entropy  by mean, value
   and log_std, for rows of a minibatch. mean and value hold the networks' outputs, biases added. partial: [blocks]
   [padded width for log_std, padded width for the bias of the mean, 16 of the sums above]. */
MM_KERNEL16(mmk_loss, CREALS, mean, CREALS, value, CREALS, params, CREALS, action, CREALS, batch, CINTS, order, CREALS, moments,
            CREALS, coef, REALS, dmean, REALS, dvalue, REALS, partial, INT, log_std_at, INT, first, INT, rows, INT, width,
            INT, stride) {
  MM_TEAM(e);
  const int chunks = MM_CHUNKS(width), padded = MM_PADDED(width), block = MM_ROW_BLOCK, blocks = (rows + block - 1) / block;
  const scalar clip = coef[MM_COEF_CLIP], per_row = R(1.0) / (scalar)rows;
  for (int b = MM_GROUP_ID; b < blocks; b += MM_GROUP_COUNT) {
    MM_GLOBAL scalar *dstd = MM_ROW_OF(partial, b, 2 * padded + MM_LOSS_SIZE), *dbias = dstd + padded, *sums = dbias + padded;
    scalar log_stds;
    mm_v logs = V(0.0);
    MM_OWN(i, 0, chunks) {
      logs += mm_row_get(params + log_std_at, i, width);
      mm_row_put(dstd, i, width, V(0.0));
      mm_row_put(dbias, i, width, V(0.0));
    }
    log_stds = mm_row_total(e, logs);
    MM_ONE {
      for (int i = 0; i < MM_LOSS_SIZE; i++) sums[i] = R(0.0);
      sums[MM_LOSS_RATIO_MIN] = R(1e30);
      sums[MM_LOSS_RATIO_MAX] = R(-1e30);
    }
    for (int row = b * block; row < mm_min_int(rows, (b + 1) * block); row++) {
      const int from = order[first + row];
      MM_GLOBAL const scalar *m = MM_ROW_OF(mean, row, width), *a = MM_ROW_OF(action, from, width);
      MM_GLOBAL scalar *out = MM_ROW_OF(dmean, row, width);
      const scalar advantage = (batch[MM_PLANE_ADVANTAGE * stride + from] - moments[0]) * moments[1];
      scalar logp, ratio, limited, dlogp, dv, value_loss;
      int is_free;
      mm_v squares = V(0.0);
      MM_OWN(i, 0, chunks) {
        const mm_v z = (mm_row_get(a, i, width) - mm_row_get(m, i, width)) * mm_exp(-mm_row_get(params + log_std_at, i, width));
        squares += z * z;
      }
      logp = R(-0.5) * mm_row_total(e, squares) - log_stds - (scalar)width * MM_HALF_LOG_2PI;
      ratio = mm_row_first(mm_exp((mm_v)(logp - batch[MM_PLANE_LOGP * stride + from])));
      limited = ratio > R(1.0) + clip ? R(1.0) + clip : ratio < R(1.0) - clip ? R(1.0) - clip : ratio;
      is_free = ratio * advantage <= limited * advantage;
      dlogp = is_free ? -advantage * ratio * per_row : R(0.0);
      if (!(ratio - ratio == R(0.0))) dlogp = ratio; /* not finite: let the optimiser see it and skip the step */
      MM_OWN(i, 0, chunks) {
        const mm_v inverse = mm_exp(-mm_row_get(params + log_std_at, i, width));
        const mm_v z = (mm_row_get(a, i, width) - mm_row_get(m, i, width)) * inverse, dm = z * inverse * dlogp;
        mm_row_put(out, i, width, dm);
        mm_row_put(dbias, i, width, mm_row_get(dbias, i, width) + dm);
        mm_row_put(dstd, i, width, mm_row_get(dstd, i, width) +
               ((z * z - V(1.0)) * dlogp - (mm_v)(coef[MM_COEF_ENTROPY] * per_row)) * coef[MM_COEF_LEARN_STD]);
      }
      dv = coef[MM_COEF_VALUE] * per_row *
           mm_value_loss(value[row], batch[MM_PLANE_VALUE * stride + from], batch[MM_PLANE_TARGET * stride + from],
                         coef[MM_COEF_CLIP_VALUE], &value_loss);
      MM_ONE {
        dvalue[row] = dv;
        sums[MM_LOSS_DVALUE] += dv;
        sums[MM_LOSS_POLICY] -= is_free ? ratio * advantage : limited * advantage;
        sums[MM_LOSS_VALUE] += value_loss;
        sums[MM_LOSS_KL] += batch[MM_PLANE_LOGP * stride + from] - logp;
        sums[MM_LOSS_RATIO] += ratio;
        sums[MM_LOSS_RATIO2] += ratio * ratio;
        if (ratio < sums[MM_LOSS_RATIO_MIN]) sums[MM_LOSS_RATIO_MIN] = ratio;
        if (ratio > sums[MM_LOSS_RATIO_MAX]) sums[MM_LOSS_RATIO_MAX] = ratio;
        sums[MM_LOSS_CLIPPED] += ratio == limited ? R(0.0) : R(1.0);
      }
    }
    MM_BARRIER;
  }
}

/* adds the means over a minibatch to metrics [16]; the extremes of the ratio stay extremes. For one group. */
MM_KERNEL8(mmk_loss_metrics, CREALS, partial, CREALS, params, REALS, metrics, INT, log_std_at, INT, from, INT, rows, INT, width,
           INT, stride) {
  const int blocks = (rows + MM_ROW_BLOCK - 1) / MM_ROW_BLOCK;
  MM_FOR(i, MM_LOSS_DVALUE, MM_LOSS_COUNT + 1) {
    scalar sum = R(0.0), low = R(1e30), high = R(-1e30);
    if (i < MM_LOSS_ENTROPY)
      for (int b = 0; b < blocks; b++) {
        const scalar x = partial[(size_t)b * (size_t)stride + (size_t)(from + i)];
        sum += x;
        low = x < low ? x : low;
        high = x > high ? x : high;
      }
    for (int k = 0; k < width && (i == MM_LOSS_ENTROPY || i == MM_LOSS_STD); k++) {
      const scalar log_std = params[log_std_at + k];
      sum += i == MM_LOSS_ENTROPY ? log_std + R(0.5) + MM_HALF_LOG_2PI : mm_row_first(mm_exp((mm_v)(log_std))) / (scalar)width;
    }
    if (i == MM_LOSS_RATIO_MIN)
      metrics[i] = metrics[MM_LOSS_COUNT] == R(0.0) || low < metrics[i] ? low : metrics[i];
    else if (i == MM_LOSS_RATIO_MAX)
      metrics[i] = metrics[MM_LOSS_COUNT] == R(0.0) || high > metrics[i] ? high : metrics[i];
    else if (i < MM_LOSS_ENTROPY)
      metrics[i] += sum / (scalar)rows;
    else if (i < MM_LOSS_COUNT)
      metrics[i] += sum;
  }
  MM_BARRIER;
  MM_ONE metrics[MM_LOSS_COUNT] += R(1.0);
}

/* out: mean and variance of plane a, or of the difference of planes a and b where b is not -1. For one group. */
MM_KERNEL6(mmk_plane_moments, CREALS, batch, REALS, out, INT, stride, INT, count, INT, a, INT, b) {
  MM_TEAM(e);
  const int chunks = MM_CHUNKS(count);
  scalar mean, variance;
  mm_v sum = V(0.0), squares = V(0.0);
  MM_OWN(i, 0, chunks) {
    sum += mm_row_get(batch + a * stride, i, count);
    if (b >= 0) sum -= mm_row_get(batch + b * stride, i, count);
  }
  mean = mm_row_total(e, sum) / (scalar)count;
  MM_OWN(i, 0, chunks) {
    mm_v d = mm_row_get(batch + a * stride, i, count);
    if (b >= 0) d -= mm_row_get(batch + b * stride, i, count);
    d = mm_row_within(i, count, d - (mm_v)(mean));
    squares += d * d;
  }
  variance = mm_row_total(e, squares) / (scalar)count;
  MM_ONE {
    out[2 * (a + 1)] = mean;
    out[2 * (a + 1) + 1] = variance;
    if (b >= 0) out[0] = variance;
  }
}
