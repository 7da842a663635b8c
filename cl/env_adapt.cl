/* >>env-adapt: what follows the share of episodes that end early: the threshold that ends them, weights of velocities,
   and how often a clip is drawn. Published: adaptive termination, reward curriculum, adaptive sampling.

   A share is smoothed over updates, s <- (1 - a) s + a x. Where that of all episodes stays below its low band for k
   updates the threshold shrinks, above its high band it grows, never beyond where it began; where it stays below the
   reward's band the weights grow. A clip has running counts of ends and early ends; their quotient is its priority. */

#if !defined(MM_OPENCL) || MM_HAS_env_state

/* Running counts of the clips and their priorities, which go where the distribution is. Each clip looks through all
   steps for episodes of its own that ended. */
MM_KERNEL5(mmk_task_clips, CINTS, ti, REALS, tr, CREALS, batch, CREALS, signal, INT, rows) {
  const int clips = ti[MM_TI_CLIPS];
  MM_GLOBAL scalar *ends = tr + ti[MM_TI_ADAPT_AT] + MM_ADAPT_SIZE, *early = ends + clips;
  MM_GLOBAL const scalar *done = batch + ti[MM_TI_DONE_AT], *absorbing = batch + ti[MM_TI_ABSORBING_AT];
  const scalar beta = tr[MM_TR_SAMPLING_BETA];
  for (int block = MM_GROUP_ID * MM_ADAPT_BLOCK; block < clips; block += MM_GROUP_COUNT * MM_ADAPT_BLOCK)
    MM_FOR(c, block, mm_min_int(block + MM_ADAPT_BLOCK, clips)) {
      scalar n = R(0.0), lost = R(0.0), share, part[MM_W];
      for (int i = 0; i < rows; i++)
        if (done[i] != R(0.0) && (int)signal[(size_t)i * MM_SIGNAL_COUNT + MM_SIGNAL_CLIP] == c) {
          n += R(1.0);
          lost += absorbing[i];
        }
      ends[c] += beta * (n - ends[c]);
      early[c] += beta * (lost - early[c]);
      share = early[c] / (ends[c] + tr[MM_TR_EPS_DIV]);
      mm_task_split(mm_pow((mm_v)(share + tr[MM_TR_EPS_POW]), (mm_v)(tr[MM_TR_SAMPLING_ALPHA])), part);
      tr[MM_TR_SIZE + c] = part[0];
    }
}

/* priorities into a distribution, summed up, a part of it even */
MM_FN void mm_adapt_sampling(MM_GLOBAL const int *ti, MM_GLOBAL scalar *tr) {
  const int clips = ti[MM_TI_CLIPS];
  const scalar even = R(1.0) / (scalar)clips, floor_mix = tr[MM_TR_FLOOR];
  MM_GLOBAL scalar *sums = tr + MM_TR_SIZE;
  scalar total = R(0.0), sum = R(0.0), most = R(0.0);
  for (int c = 0; c < clips; c++) total += sums[c];
  for (int c = 0; c < clips; c++) {
    const scalar own = total > R(0.0) && total < R(1e30) ? sums[c] / total : even;
    const scalar p = (R(1.0) - floor_mix) * own + floor_mix * even;
    most = p > most ? p : most;
    sum += p;
    sums[c] = sum;
  }
  tr[ti[MM_TI_ADAPT_AT] + MM_ADAPT_MOST] = most;
}

/* the threshold by the smoothed share of early ends */
MM_FN void mm_adapt_termination(MM_GLOBAL const int *ti, MM_GLOBAL scalar *tr, scalar share) {
  MM_GLOBAL scalar *a = tr + ti[MM_TI_ADAPT_AT];
  scalar limit = tr[MM_TR_SITE_LIMIT], side;
  a[MM_ADAPT_RATE] += tr[MM_TR_TERMINATION_ALPHA] * (share - a[MM_ADAPT_RATE]);
  side = a[MM_ADAPT_RATE] < tr[MM_TR_LOW_BAND] ? R(-1.0) : a[MM_ADAPT_RATE] > tr[MM_TR_HIGH_BAND] ? R(1.0) : R(0.0);
  a[MM_ADAPT_RUN] = side == R(0.0) ? R(0.0) : side == a[MM_ADAPT_SIDE] ? a[MM_ADAPT_RUN] + R(1.0) : R(1.0);
  a[MM_ADAPT_SIDE] = side;
  if (side == R(0.0) || a[MM_ADAPT_RUN] < (scalar)ti[MM_TI_TERMINATION_K]) return;
  a[MM_ADAPT_RUN] = R(0.0);
  limit = side < R(0.0) ? limit * tr[MM_TR_FACTOR] : limit / tr[MM_TR_FACTOR];
  if (limit < tr[MM_TR_LIMIT_LEAST]) limit = tr[MM_TR_LIMIT_LEAST];
  if (limit > tr[MM_TR_LIMIT_MOST]) limit = tr[MM_TR_LIMIT_MOST];
  tr[MM_TR_SITE_LIMIT] = limit;
}

MM_FN scalar mm_adapt_grown(scalar weight, scalar eta, scalar most) {
  const scalar grown = weight * (R(1.0) + eta);
  return grown < most ? grown : most;
}

/* the weights of velocities by the smoothed share, which begins with the first share there is */
MM_FN void mm_adapt_reward(MM_GLOBAL const int *ti, MM_GLOBAL scalar *tr, scalar share) {
  MM_GLOBAL scalar *a = tr + ti[MM_TI_ADAPT_AT];
  if (a[MM_ADAPT_BEGUN] == R(0.0)) {
    a[MM_ADAPT_BEGUN] = R(1.0);
    a[MM_ADAPT_REWARD_RATE] = share;
    return;
  }
  a[MM_ADAPT_REWARD_RATE] += tr[MM_TR_REWARD_ALPHA] * (share - a[MM_ADAPT_REWARD_RATE]);
  a[MM_ADAPT_REWARD_RUN] = a[MM_ADAPT_REWARD_RATE] < tr[MM_TR_REWARD_BAND] ? a[MM_ADAPT_REWARD_RUN] + R(1.0) : R(0.0);
  if (a[MM_ADAPT_REWARD_RUN] < (scalar)ti[MM_TI_REWARD_K]) return;
  a[MM_ADAPT_REWARD_RUN] = R(0.0);
  tr[MM_TR_QVEL_W] = mm_adapt_grown(tr[MM_TR_QVEL_W], tr[MM_TR_ETA], tr[MM_TR_QVEL_MOST]);
  tr[MM_TR_ROOT_VEL_W] = mm_adapt_grown(tr[MM_TR_ROOT_VEL_W], tr[MM_TR_ETA], tr[MM_TR_ROOT_VEL_MOST]);
}

/* after a rollout whose signals sum to sums. For one group. */
MM_KERNEL3(mmk_task_adapt, CINTS, ti, REALS, tr, CREALS, sums) {
  MM_ONE {
    const scalar ends = sums[MM_SIGNAL_DONE], share = ends > R(0.0) ? sums[MM_SIGNAL_EARLY] / ends : R(0.0);
    if (ti[MM_TI_ADAPT_SAMPLING]) mm_adapt_sampling(ti, tr);
    if (ti[MM_TI_ADAPT_TERMINATION]) mm_adapt_termination(ti, tr, share);
    if (ti[MM_TI_ADAPT_REWARD]) mm_adapt_reward(ti, tr, share);
  }
}

#endif
