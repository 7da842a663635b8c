/* >>pattern: symbolic factorisation of a symmetric matrix and its cut into dense blocks, for cl/factor.cl

   L' L is computed from the last row up. Rows that follow each other and have the same columns (but for themselves)
   form groups of at most MM_GROUP_ROWS. The columns are cut into the same groups, and every row is filled up to whole
   groups, so that all work is on dense blocks of groups I and J, J before I or the same:
     L(I,J) = inv(L(I,I))' (A(I,J) - sum of L(k,I)' L(k,J) over the rows k below I that have both).
   Tables of integers:
     group  a group, from the last one up: first row, rows, columns before it, entry of the first row,
            first task, tasks, first place in below, rows below
     task   a block (I,J), for J = I, then for the others: column within the row, columns, first pair, pairs
     pair   a row k of that sum: entries L(k,I) and L(k,J)
     below  the rows k of the sum for (I,I)
     wave   groups sorted by their distance from the leaves; those of a wave do not need each other */

#define MM_GROUP_ROWS 4

typedef struct mm_pattern_plan {
  int n, nnz, ngroup, ntask, npair, nbelow, nwave;
  unsigned char *lower;                              /* has an entry [n * n] */
  int *first, *count, *height;                       /* of a group in the order of rows: first row, rows, wave */
  int *rownnz, *rowadr, *colind;                     /* by rows, columns ascending, diagonal last */
  int *group, *task, *pair, *below, *wave, *waveadr; /* [ngroup * 8], [ntask * 4], [npair * 2], …, [nwave + 1] */
} mm_pattern_plan;

static unsigned char *mm__pattern_row(const mm_pattern_plan *p, int row) { return p->lower + (size_t)row * (size_t)p->n; }

/* entries that elimination makes */
static void mm__pattern_eliminate(mm_pattern_plan *p) {
  for (int k = p->n - 1; k >= 0; k--) {
    const unsigned char *row = mm__pattern_row(p, k);
    mm__pattern_row(p, k)[k] = 1;
    for (int i = 0; i < k; i++)
      if (row[i])
        for (int j = 0; j <= i; j++) mm__pattern_row(p, i)[j] |= row[j];
  }
}

/* row k + 1 has the columns of row k, and k; and the rows below that have column k have k + 1 */
static int mm__pattern_follows(const mm_pattern_plan *p, int k) {
  if (k + 1 >= p->n || memcmp(mm__pattern_row(p, k), mm__pattern_row(p, k + 1), (size_t)k + 1)) return 0;
  for (int i = k + 2; i < p->n; i++)
    if (mm__pattern_row(p, i)[k] && !mm__pattern_row(p, i)[k + 1]) return 0;
  return 1;
}

/* runs of such rows are cut into groups of nearly the same size */
static void mm__pattern_group(mm_pattern_plan *p) {
  for (int k = 0; k < p->n;) {
    int end = k + 1;
    while (mm__pattern_follows(p, end - 1)) end++;
    for (int pieces = (end - k + MM_GROUP_ROWS - 1) / MM_GROUP_ROWS; pieces; pieces--) {
      p->first[p->ngroup] = k;
      p->count[p->ngroup] = (end - k + pieces - 1) / pieces;
      k += p->count[p->ngroup++];
    }
  }
}

/* a row that has a column of an earlier group gets all of them */
static void mm__pattern_complete(mm_pattern_plan *p) {
  for (int g = 0; g < p->ngroup; g++)
    for (int k = p->first[g] + p->count[g]; k < p->n; k++) {
      unsigned char *block = mm__pattern_row(p, k) + p->first[g];
      if (memchr(block, 1, (size_t)p->count[g])) memset(block, 1, (size_t)p->count[g]);
    }
  p->nnz = 0;
  for (int k = 0; k < p->n; k++) {
    p->rowadr[k] = p->nnz;
    for (int j = 0; j <= k; j++) p->nnz += mm__pattern_row(p, k)[j];
    p->rownnz[k] = p->nnz - p->rowadr[k];
  }
}

static int mm__pattern_has(const mm_pattern_plan *p, int row, int group) { return mm__pattern_row(p, row)[p->first[group]]; }

/* column within a row at which a group's columns begin */
static int mm__pattern_place(const mm_pattern_plan *p, int row, int group) {
  int place = 0;
  for (int j = 0; j < p->first[group]; j++) place += mm__pattern_row(p, row)[j];
  return place;
}

/* one block: counted, or written where there are arrays for it */
static void mm__pattern_task(mm_pattern_plan *p, int i, int j) {
  const int pair = p->npair;
  for (int k = p->first[i] + p->count[i]; k < p->n; k++) {
    if (!mm__pattern_has(p, k, i) || !mm__pattern_has(p, k, j)) continue;
    if (p->pair) {
      p->pair[2 * p->npair] = p->rowadr[k] + mm__pattern_place(p, k, i);
      p->pair[2 * p->npair + 1] = p->rowadr[k] + mm__pattern_place(p, k, j);
      if (i == j) p->below[p->nbelow] = k;
    }
    if (i == j) p->nbelow++;
    p->npair++;
  }
  if (p->task) {
    int *task = p->task + 4 * p->ntask;
    task[0] = mm__pattern_place(p, p->first[i], j);
    task[1] = p->count[j];
    task[2] = pair;
    task[3] = p->npair - pair;
  }
  p->ntask++;
}

static void mm__pattern_schedule(mm_pattern_plan *p) {
  p->ntask = p->npair = p->nbelow = 0;
  for (int g = p->ngroup - 1; g >= 0; g--) {
    const int row = p->first[g], task = p->ntask, below = p->nbelow;
    mm__pattern_task(p, g, g);
    for (int j = 0; j < g; j++)
      if (mm__pattern_has(p, row, j)) mm__pattern_task(p, g, j);
    if (p->group) {
      int *group = p->group + 8 * (p->ngroup - 1 - g);
      group[0] = row;
      group[1] = p->count[g];
      group[2] = p->rownnz[row] - 1;
      group[3] = p->rowadr[row];
      group[4] = task;
      group[5] = p->ntask - task;
      group[6] = below;
      group[7] = p->nbelow - below;
    }
  }
}

/* a group comes one wave after the last of those that have its columns */
static void mm__pattern_waves(mm_pattern_plan *p) {
  int at = 0;
  p->nwave = 0;
  for (int g = p->ngroup - 1; g >= 0; g--) {
    for (int k = g + 1; k < p->ngroup; k++)
      if (mm__pattern_has(p, p->first[k], g) && p->height[k] >= p->height[g]) p->height[g] = p->height[k] + 1;
    if (p->height[g] >= p->nwave) p->nwave = p->height[g] + 1;
  }
  for (int w = 0; w < p->nwave; w++) {
    p->waveadr[w] = at;
    for (int g = p->ngroup - 1; g >= 0; g--)
      if (p->height[g] == w) p->wave[at++] = p->ngroup - 1 - g;
  }
  p->waveadr[p->nwave] = at;
}

/* p->n and p->lower are given; everything lies in the arena */
static mm_status mm__pattern_make(mm_arena *arena, mm_pattern_plan *p) {
  const int n = p->n;
  int *small = MM_ARENA_NEW(arena, int, 8 * n + 1);
  if (!small) return MM_E_MEMORY;
  p->first = small;
  p->count = small + n;
  p->height = small + 2 * n;
  p->rownnz = small + 3 * n;
  p->rowadr = small + 4 * n;
  p->wave = small + 5 * n;
  p->waveadr = small + 6 * n;
  mm__pattern_eliminate(p);
  mm__pattern_group(p);
  mm__pattern_complete(p);
  mm__pattern_schedule(p);
  p->colind = MM_ARENA_NEW(arena, int, p->nnz);
  p->group = MM_ARENA_NEW(arena, int, 8 * p->ngroup);
  p->task = MM_ARENA_NEW(arena, int, 4 * p->ntask);
  p->pair = MM_ARENA_NEW(arena, int, 2 * p->npair);
  p->below = MM_ARENA_NEW(arena, int, p->nbelow);
  if (!p->colind || !p->group || !p->task || !p->pair || !p->below) return MM_E_MEMORY;
  for (int k = 0, at = 0; k < n; k++)
    for (int j = 0; j <= k; j++)
      if (mm__pattern_row(p, k)[j]) p->colind[at++] = j;
  mm__pattern_schedule(p);
  mm__pattern_waves(p);
  return MM_OK;
}
