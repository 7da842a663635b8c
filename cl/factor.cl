/* >>factor: sparse factorisation of symmetric positive definite matrices of a fixed pattern, A = L' L

   A matrix keeps its lower triangle by rows, columns ascending, the diagonal last; L has the same pattern (closed under
   elimination from the last row up) and may take the place of A. The diagonal of L is kept inverted.
   src/model/pattern.c cuts the matrix into blocks of up to 4 x 4 and lists for each the products that make it, so that a
   block stays in registers: 8 loads for 16 products, and one load and one store for each of its entries in all. */

typedef struct mm_pattern {
  int n, ngroup, nwave;
  MM_GLOBAL const int *rowadr, *rownnz, *colind, *group, *task, *pair, *below, *wave, *waveadr;
} mm_pattern;

MM_FN mm_pattern mm_pattern_mass(mm_env e) {
  mm_pattern p;
  p.n = N(nv);
  p.ngroup = N(nMgroup);
  p.nwave = N(nMwave);
  p.rowadr = M(M_rowadr);
  p.rownnz = M(M_rownnz);
  p.colind = M(M_colind);
  p.group = M(M_group);
  p.task = M(M_task);
  p.pair = M(M_pair);
  p.below = M(M_below);
  p.wave = M(M_wave);
  p.waveadr = M(M_waveadr);
  return p;
}

/* entry at which row r of a group begins, given the first row's and its columns before the group */
#define MM_ROW(adr, before, r) ((adr) + (r) * (before) + (r) * ((r) + 1) / 2)

MM_FN mm_v mm_inverse_root(mm_v pivot) { return V(1.0) / mm_sqrt(mm_max(pivot, (mm_v)(MM_TINY))); }

#if MM_LANES == 1

/* A block is the variables c00 to c33, of which it has ROWS x COLUMNS, below the diagonal where it is DIAGONAL: constants,
   so the tests cost nothing. It begins at column of the rows that begin at MM_ROW. */
#define MM_EACH(X)                                                                        \
  X(0, 0) X(0, 1) X(0, 2) X(0, 3) X(1, 0) X(1, 1) X(1, 2) X(1, 3)                         \
  X(2, 0) X(2, 1) X(2, 2) X(2, 3) X(3, 0) X(3, 1) X(3, 2) X(3, 3)
#define MM_HERE(r, j) ((r) < ROWS && (j) < COLUMNS && ((j) <= (r) || !DIAGONAL))
#define MM_ENTRY(r, j) (MM_ROW(adr, before, r) + column + (j))
#define MM_MAKE(r, j) mm_v c##r##j = MM_HERE(r, j) ? A[MM_HERE(r, j) ? MM_ENTRY(r, j) : 0] : V(0.0);
#define MM_TAKE(r, j) if (MM_HERE(r, j)) c##r##j -= u##r * w##j;
#define MM_KEEP(r, j) if (MM_HERE(r, j)) L[MM_ENTRY(r, j)] = c##r##j;

/* row r is divided by the diagonal block's, and goes from the rows above it */
#define MM_DIVIDE(r)                                                                      \
  if (r < ROWS) {                                                                         \
    MM_GLOBAL const mm_v *done = L + MM_ROW(adr, before, r) + before;                     \
    const mm_v inverse = DIAGONAL ? mm_inverse_root(c##r##r + (mm_v)(scale * shift[row + r])) : done[r]; \
    c##r##0 *= inverse, c##r##1 *= inverse, c##r##2 *= inverse, c##r##3 *= inverse;       \
    MM_ABOVE(r, 0) MM_ABOVE(r, 1) MM_ABOVE(r, 2)                                          \
    if (DIAGONAL) c##r##r = inverse;                                                      \
  }
#define MM_ABOVE(r, q)                                                                    \
  if (q < r) {                                                                            \
    const mm_v f = DIAGONAL ? c##r##q : done[q];                                          \
    c##q##0 -= f * c##r##0, c##q##1 -= f * c##r##1, c##q##2 -= f * c##r##2, c##q##3 -= f * c##r##3; \
  }

/* entries of A, less the products of the rows below, divided */
#define MM_BLOCK(rows, columns, diagonal)                                                 \
  {                                                                                       \
    enum { ROWS = rows, COLUMNS = columns, DIAGONAL = diagonal };                         \
    MM_EACH(MM_MAKE)                                                                      \
    for (int k = first; k < end; k++) {                                                   \
      MM_GLOBAL const mm_v *u = L + p.pair[2 * k], *w = L + p.pair[2 * k + 1];            \
      const mm_v u0 = u[0], u1 = u[ROWS > 1 ? 1 : 0], u2 = u[ROWS > 2 ? 2 : 0], u3 = u[ROWS > 3 ? 3 : 0];             \
      const mm_v w0 = w[0], w1 = w[COLUMNS > 1 ? 1 : 0], w2 = w[COLUMNS > 2 ? 2 : 0], w3 = w[COLUMNS > 3 ? 3 : 0]; \
      MM_EACH(MM_TAKE)                                                                    \
    }                                                                                     \
    MM_DIVIDE(3) MM_DIVIDE(2) MM_DIVIDE(1) MM_DIVIDE(0)                                   \
    MM_EACH(MM_KEEP)                                                                      \
    break;                                                                                \
  }
#define MM_CASES(rows)                                                                    \
  case 5 * (rows): MM_BLOCK(rows, rows, 1)                                                \
  case 5 * (rows) + 1: MM_BLOCK(rows, 1, 0)                                               \
  case 5 * (rows) + 2: MM_BLOCK(rows, 2, 0)                                               \
  case 5 * (rows) + 3: MM_BLOCK(rows, 3, 0)                                               \
  case 5 * (rows) + 4: MM_BLOCK(rows, 4, 0)

/* L of A + scale * diag(shift), one shift a row; L may be A. A pivot that is not positive is raised to a tiny number. */
MM_FN void mm_factor(mm_pattern p, MM_GLOBAL const mm_v *A, MM_GLOBAL const scalar *shift, scalar scale, MM_GLOBAL mm_v *L) {
  for (int g = 0; g < p.ngroup; g++) {
    MM_GLOBAL const int *group = p.group + 8 * g;
    const int row = group[0], rows = group[1], before = group[2], adr = group[3];
    for (int t = group[4]; t < group[4] + group[5]; t++) {
      MM_GLOBAL const int *task = p.task + 4 * t;
      const int column = task[0], first = task[2], end = first + task[3];
      switch (5 * rows + (column < before ? task[1] : 0)) {
        MM_CASES(1)
        MM_CASES(2)
        MM_CASES(3)
        MM_CASES(4)
        default: break;
      }
    }
  }
}

/* Passes over the rows of a group, whose number is a constant again: a, b, c, d are their entries, s0 to s3 their numbers
   in x. MM_PASS(UP, g) is MM_UP for group g. */
#define MM_PASS_ROWS(pass, rows)                                                          \
  case rows: {                                                                            \
    enum { ROWS = rows };                                                                 \
    MM_GLOBAL const mm_v *a = L + adr, *b = ROWS > 1 ? L + MM_ROW(adr, before, 1) : a;    \
    MM_GLOBAL const mm_v *c = ROWS > 2 ? L + MM_ROW(adr, before, 2) : a, *d = ROWS > 3 ? L + MM_ROW(adr, before, 3) : a; \
    mm_v s0 = x[row], s1 = x[row + (ROWS > 1 ? 1 : 0)], s2 = x[row + (ROWS > 2 ? 2 : 0)], s3 = x[row + (ROWS > 3 ? 3 : 0)]; \
    MM_##pass                                                                             \
    break;                                                                                \
  }
#define MM_PASS(pass, g)                                                                  \
  {                                                                                       \
    MM_GLOBAL const int *group = p.group + 8 * (g), *col = p.colind + group[3];           \
    const int row = group[0], before = group[2], adr = group[3];                          \
    switch (group[1]) {                                                                   \
      MM_PASS_ROWS(pass, 1)                                                               \
      MM_PASS_ROWS(pass, 2)                                                               \
      MM_PASS_ROWS(pass, 3)                                                               \
      MM_PASS_ROWS(pass, 4)                                                               \
      default: break;                                                                     \
    }                                                                                     \
  }
#define MM_PASS_KEEP(x)                                                                   \
  x[row] = s0;                                                                            \
  if (ROWS > 1) x[row + 1] = s1;                                                          \
  if (ROWS > 2) x[row + 2] = s2;                                                          \
  if (ROWS > 3) x[row + 3] = s3;

/* x becomes inv(L') x: a group's rows are done, then they go from those above */
#define MM_UP                                                                             \
  if (ROWS > 3) s3 *= d[before + 3], s2 -= d[before + 2] * s3, s1 -= d[before + 1] * s3, s0 -= d[before] * s3; \
  if (ROWS > 2) s2 *= c[before + 2], s1 -= c[before + 1] * s2, s0 -= c[before] * s2;      \
  if (ROWS > 1) s1 *= b[before + 1], s0 -= b[before] * s1;                                \
  s0 *= a[before];                                                                        \
  for (int k = 0; k < before; k++) {                                                      \
    mm_v t = x[col[k]] - a[k] * s0;                                                       \
    if (ROWS > 1) t -= b[k] * s1;                                                         \
    if (ROWS > 2) t -= c[k] * s2;                                                         \
    if (ROWS > 3) t -= d[k] * s3;                                                         \
    x[col[k]] = t;                                                                        \
  }                                                                                       \
  MM_PASS_KEEP(x)

/* x becomes inv(L) x: those above go from a group's rows, then these are done */
#define MM_DOWN                                                                           \
  for (int k = 0; k < before; k++) {                                                      \
    const mm_v t = x[col[k]];                                                             \
    s0 -= a[k] * t;                                                                       \
    if (ROWS > 1) s1 -= b[k] * t;                                                         \
    if (ROWS > 2) s2 -= c[k] * t;                                                         \
    if (ROWS > 3) s3 -= d[k] * t;                                                         \
  }                                                                                       \
  s0 *= a[before];                                                                        \
  if (ROWS > 1) s1 = (s1 - b[before] * s0) * b[before + 1];                               \
  if (ROWS > 2) s2 = (s2 - c[before] * s0 - c[before + 1] * s1) * c[before + 2];          \
  if (ROWS > 3) s3 = (s3 - d[before] * s0 - d[before + 1] * s1 - d[before + 2] * s2) * d[before + 3]; \
  MM_PASS_KEEP(x)

/* y takes the product of a group's rows, and, transposed, that of the same entries with its numbers */
#define MM_TIMES                                                                          \
  mm_v t0 = a[before] * s0, t1 = V(0.0), t2 = V(0.0), t3 = V(0.0);                        \
  if (ROWS > 1) t0 += b[before] * s1, t1 = b[before] * s0 + b[before + 1] * s1;           \
  if (ROWS > 2) {                                                                         \
    t0 += c[before] * s2, t1 += c[before + 1] * s2;                                       \
    t2 = c[before] * s0 + c[before + 1] * s1 + c[before + 2] * s2;                        \
  }                                                                                       \
  if (ROWS > 3) {                                                                         \
    t0 += d[before] * s3, t1 += d[before + 1] * s3, t2 += d[before + 2] * s3;             \
    t3 = d[before] * s0 + d[before + 1] * s1 + d[before + 2] * s2 + d[before + 3] * s3;   \
  }                                                                                       \
  for (int k = 0; k < before; k++) {                                                      \
    const mm_v t = x[col[k]];                                                             \
    mm_v sum = y[col[k]] + a[k] * s0;                                                     \
    t0 += a[k] * t;                                                                       \
    if (ROWS > 1) sum += b[k] * s1, t1 += b[k] * t;                                       \
    if (ROWS > 2) sum += c[k] * s2, t2 += c[k] * t;                                       \
    if (ROWS > 3) sum += d[k] * s3, t3 += d[k] * t;                                       \
    y[col[k]] = sum;                                                                      \
  }                                                                                       \
  s0 = t0, s1 = t1, s2 = t2, s3 = t3;                                                     \
  MM_PASS_KEEP(y)

/* x becomes inv(A) x */
MM_FN void mm_solve(mm_pattern p, MM_GLOBAL const mm_v *L, MM_GLOBAL mm_v *x) {
  for (int g = 0; g < p.ngroup; g++) MM_PASS(UP, g)
  for (int g = p.ngroup - 1; g >= 0; g--) MM_PASS(DOWN, g)
}

/* y becomes A x */
MM_FN void mm_multiply(mm_pattern p, MM_GLOBAL const mm_v *L, MM_GLOBAL const mm_v *x, MM_GLOBAL mm_v *y) {
  for (int g = p.ngroup - 1; g >= 0; g--) MM_PASS(TIMES, g)
}

#else /* many lanes, a matrix a group: they share the entries of a wave of groups, which do not need each other */

MM_FN void mm_factor_diagonal(mm_pattern p, int g, MM_GLOBAL const scalar *shift, scalar scale, MM_GLOBAL mm_v *L) {
  MM_GLOBAL const int *group = p.group + 8 * g;
  const int before = group[2], adr = group[3];
  for (int r = group[1] - 1; r >= 0; r--) {
    MM_GLOBAL mm_v *row = L + MM_ROW(adr, before, r) + before;
    row[r] = mm_inverse_root(row[r] + (mm_v)(scale * shift[group[0] + r]));
    for (int j = 0; j < r; j++) row[j] *= row[r];
    for (int q = 0; q < r; q++)
      for (int j = 0; j <= q; j++) L[MM_ROW(adr, before, q) + before + j] -= row[q] * row[j];
  }
}

/* an entry of A less the products of the rows below; i counts the 16 places of each block */
MM_FN void mm_factor_entry(mm_pattern p, MM_GLOBAL const int *group, int i, MM_GLOBAL const mm_v *A, MM_GLOBAL mm_v *L) {
  MM_GLOBAL const int *task = p.task + 4 * (group[4] + i / 16);
  const int r = i / 4 % 4, j = i % 4, before = group[2];
  if (r < group[1] && j < task[1] && (j <= r || task[0] < before)) {
    const int entry = MM_ROW(group[3], before, r) + task[0] + j;
    mm_v sum = A[entry];
    for (int k = task[2]; k < task[2] + task[3]; k++) sum -= L[p.pair[2 * k] + r] * L[p.pair[2 * k + 1] + j];
    L[entry] = sum;
  }
}

MM_FN void mm_factor(mm_pattern p, MM_GLOBAL const mm_v *A, MM_GLOBAL const scalar *shift, scalar scale, MM_GLOBAL mm_v *L) {
  for (int w = 0; w < p.nwave; w++) {
    const int first = p.waveadr[w], end = p.waveadr[w + 1];
    for (int k = first; k < end; k++) {
      MM_GLOBAL const int *group = p.group + 8 * p.wave[k];
      MM_FOR(i, 0, 16 * group[5]) mm_factor_entry(p, group, i, A, L);
    }
    MM_BARRIER;
    MM_FOR(k, first, end) mm_factor_diagonal(p, p.wave[k], shift, scale, L);
    MM_BARRIER;
    for (int k = first; k < end; k++) {
      MM_GLOBAL const int *group = p.group + 8 * p.wave[k];
      const int before = group[2], adr = group[3];
      MM_FOR(i, 0, before)
        for (int r = group[1] - 1; r >= 0; r--) {
          MM_GLOBAL const mm_v *done = L + MM_ROW(adr, before, r) + before;
          const mm_v value = L[MM_ROW(adr, before, r) + i] * done[r];
          L[MM_ROW(adr, before, r) + i] = value;
          for (int q = 0; q < r; q++) L[MM_ROW(adr, before, q) + i] -= done[q] * value;
        }
    }
    MM_BARRIER;
  }
}

/* the rows of a group by its diagonal block, transposed (from the last) or not */
MM_FN void mm_solve_diagonal(mm_pattern p, int g, int transposed, MM_GLOBAL const mm_v *L, MM_GLOBAL mm_v *x) {
  MM_GLOBAL const int *group = p.group + 8 * g;
  const int rows = group[1], before = group[2];
  for (int i = 0; i < rows; i++) {
    const int r = transposed ? rows - 1 - i : i;
    mm_v sum = x[group[0] + r];
    for (int k = 0; k < i; k++) {
      const int q = transposed ? rows - 1 - k : k;
      sum -= L[MM_ROW(group[3], before, transposed ? q : r) + before + (transposed ? r : q)] * x[group[0] + q];
    }
    x[group[0] + r] = sum * L[MM_ROW(group[3], before, r) + before + r];
  }
}

MM_FN void mm_solve(mm_pattern p, MM_GLOBAL const mm_v *L, MM_GLOBAL mm_v *x) {
  for (int g = 0; g < p.ngroup; g++) {
    MM_GLOBAL const int *group = p.group + 8 * g;
    MM_ONE mm_solve_diagonal(p, g, 1, L, x);
    MM_BARRIER;
    MM_FOR(i, 0, group[2]) {
      mm_v sum = x[p.colind[group[3] + i]];
      for (int r = 0; r < group[1]; r++) sum -= L[MM_ROW(group[3], group[2], r) + i] * x[group[0] + r];
      x[p.colind[group[3] + i]] = sum;
    }
    MM_BARRIER;
  }
  for (int g = p.ngroup - 1; g >= 0; g--) {
    MM_GLOBAL const int *group = p.group + 8 * g, *pair = p.pair + 2 * p.task[4 * group[4] + 2];
    MM_ONE mm_solve_diagonal(p, g, 0, L, x);
    MM_BARRIER;
    MM_FOR(i, 0, group[7])
      for (int r = 0; r < group[1]; r++) x[p.below[group[6] + i]] -= L[pair[2 * i] + r] * x[group[0] + r];
    MM_BARRIER;
  }
}

MM_FN void mm_multiply(mm_pattern p, MM_GLOBAL const mm_v *A, MM_GLOBAL const mm_v *x, MM_GLOBAL mm_v *y) {
  MM_FOR(i, 0, 4 * p.ngroup) {
    MM_GLOBAL const int *group = p.group + 8 * (i / 4), *pair = p.pair + 2 * p.task[4 * group[4] + 2];
    const int r = i % 4, row = group[0] + r, adr = MM_ROW(group[3], group[2], r);
    if (r < group[1]) {
      mm_v sum = V(0.0);
      for (int k = 0; k <= group[2] + r; k++) sum += A[adr + k] * x[p.colind[adr + k]];
      for (int q = r + 1; q < group[1]; q++) sum += A[MM_ROW(group[3], group[2], q) + group[2] + r] * x[group[0] + q];
      for (int k = 0; k < group[7]; k++) sum += A[pair[2 * k] + r] * x[p.below[group[6] + k]];
      y[row] = sum;
    }
  }
  MM_BARRIER;
}

#endif
