/* >>learn-math: rows of numbers on tiles: loads, sums, normal numbers

   Learning works on matrices by rows, not on tiles of environments. Here an mm_v is a chunk: MM_W neighbours of one
   row. A row of n numbers is MM_CHUNKS(n) of them; of the last, what lies beyond n reads as zero and is not written.
   Rows need no alignment. Groups share rows or blocks of rows, lanes share the chunks of a row. */

#define MM_CHUNKS(n) (((n) + MM_W - 1) / MM_W)

/* a group without an environment, for mm_lane_sum */
#ifdef MM_OPENCL
#if MM_LANES > 1
#define MM_TEAM(e) __local mm_v mm_lane[MM_LANES]; mm_env e; e.mi = 0; e.mr = 0; e.kept = 0; e.work = 0; e.lane = mm_lane
#else
#define MM_TEAM(e) mm_env e; e.mi = 0; e.mr = 0; e.kept = 0; e.work = 0
#endif
#else
#define MM_TEAM(e) mm_env e; e.m = NULL; e.d = NULL; MM_LANE_MEMORY(e)
#endif

/* the part lo..hi of n things that is this group's */
#define MM_SHARE(n, lo, hi)                                          \
  const int mm_part = ((n) + MM_GROUP_COUNT - 1) / MM_GROUP_COUNT;   \
  const int lo = mm_min_int((n), mm_part * MM_GROUP_ID), hi = mm_min_int((n), lo + mm_part)

/* where row i of a matrix begins */
#define MM_ROW_OF(matrix, i, width) ((matrix) + (size_t)(i) * (size_t)(width))

/* vectors of parameters are stored in multiples of 16 numbers */
#define MM_PADDED(n) (((n) + 15) / 16 * 16)

#if MM_W == 1
#define mm_row_first(x) (x)
MM_FN mm_v mm_row_get(MM_GLOBAL const scalar *row, int chunk, int n) {
  (void)n;
  return row[chunk];
}
MM_FN void mm_row_put(MM_GLOBAL scalar *row, int chunk, int n, mm_v x) {
  (void)n;
  row[chunk] = x;
}
/* zero beyond the end of the row */
MM_FN mm_v mm_row_within(int chunk, int n, mm_v x) {
  (void)chunk;
  (void)n;
  return x;
}
MM_FN scalar mm_row_across(mm_v x) { return x; }
#else
#define mm_row_first(x) ((x).s0)
#define MM_VLOAD MM_PASTE(vload, MM_W)
#define MM_VSTORE MM_PASTE(vstore, MM_W)
MM_FN mm_v mm_row_get(MM_GLOBAL const scalar *row, int chunk, int n) {
  scalar part[MM_W];
  if ((chunk + 1) * MM_W <= n) return MM_VLOAD((size_t)chunk, row);
  for (int i = 0; i < MM_W; i++) part[i] = chunk * MM_W + i < n ? row[chunk * MM_W + i] : R(0.0);
  return MM_VLOAD(0, part);
}
MM_FN void mm_row_put(MM_GLOBAL scalar *row, int chunk, int n, mm_v x) {
  scalar part[MM_W];
  if ((chunk + 1) * MM_W <= n) {
    MM_VSTORE(x, (size_t)chunk, row);
  } else {
    MM_VSTORE(x, 0, part);
    for (int i = 0; chunk * MM_W + i < n; i++) row[chunk * MM_W + i] = part[i];
  }
}
MM_FN mm_v mm_row_within(int chunk, int n, mm_v x) {
  scalar part[MM_W];
  if ((chunk + 1) * MM_W <= n) return x;
  MM_VSTORE(x, 0, part);
  for (int i = 0; i < MM_W; i++)
    if (chunk * MM_W + i >= n) part[i] = R(0.0);
  return MM_VLOAD(0, part);
}
MM_FN scalar mm_row_across(mm_v x) {
  scalar part[MM_W];
  MM_VSTORE(x, 0, part);
  for (int step_width = MM_W / 2; step_width > 0; step_width /= 2)
    for (int i = 0; i < step_width; i++) part[i] += part[i + step_width];
  return part[0];
}
#endif

/* sum over the chunks of all lanes */
MM_FN scalar mm_row_total(mm_env e, mm_v x) { return mm_row_across(mm_lane_sum(e, x)); }

MM_FN mm_v mm_logistic(mm_v x) { return V(1.0) / (V(1.0) + mm_exp(-x)); }

/* the standard normal number of one angle and one radius (Box and Muller); both uniform in 0..1 */
MM_FN mm_v mm_random_normal(mm_v radius, mm_v angle) {
  return mm_sqrt(V(-2.0) * mm_log(radius)) * mm_cos(V(6.283185307179586) * angle);
}

/* Standard normal numbers chunk of a row: number j is made of call j/4, words 2(j/2 mod 2) and the next; the odd ones
   take the sine, a quarter turn behind. So they do not depend on the width of a tile. */
MM_FN mm_v mm_random_normals(int key0, int key1, int row, int counter, int purpose, int chunk) {
#if MM_W == 1
  const mm_bits bits = mm_philox(key0, key1, chunk / 4, row, counter, purpose);
  const int word = chunk & 2;
  return mm_random_normal(mm_random_uniform(bits.w[word]), mm_random_uniform(bits.w[word + 1]) - (chunk & 1 ? R(0.25) : R(0.0)));
#else
  scalar radius[MM_W], angle[MM_W];
  mm_bits bits;
  for (int i = 0; i < MM_W; i++) {
    const int j = chunk * MM_W + i, word = j & 2;
    if (i == 0 || (j & 3) == 0) bits = mm_philox(key0, key1, j / 4, row, counter, purpose);
    radius[i] = mm_random_uniform(bits.w[word]);
    angle[i] = mm_random_uniform(bits.w[word + 1]) - (j & 1 ? R(0.25) : R(0.0));
  }
  return mm_random_normal(MM_VLOAD(0, radius), MM_VLOAD(0, angle));
#endif
}

/* Where number i of 0..n-1 goes in a random order: a Feistel network of four rounds on the smallest square of a power
   of two that holds n, walked until it falls below n. A bijection, so every number is met once. */
MM_FN int mm_random_place(int key0, int key1, int counter, int half_bits, int n, int i) {
  const mm_u32 mask = (1u << half_bits) - 1u;
  mm_u32 at = (mm_u32)i;
  do {
    mm_u32 left = at >> half_bits, right = at & mask;
    for (int k = 0; k < 4; k++) {
      const mm_bits bits = mm_philox(key0, key1, (int)right, k, counter, MM_RANDOM_SHUFFLE);
      const mm_u32 next_right = left ^ (bits.w[0] & mask);
      left = right;
      right = next_right;
    }
    at = (left << half_bits) | right;
  } while (at >= (mm_u32)n);
  return (int)at;
}
