/* >>plan-tree-make: levels of the body tree, pattern of the mass matrix */

static int mm__body_level(const mm_model *m, int body) {
  int level = 0;
  for (; body > 0; body = m->body_parentid[body]) level++;
  return level;
}

/* the mass matrix has an entry for each degree of freedom and each of its ancestors */
static mm_status mm__pattern_mass(const mm_model *m, mm_arena *arena, mm_pattern_plan *pattern) {
  memset(pattern, 0, sizeof *pattern);
  pattern->n = m->nv;
  pattern->lower = MM_ARENA_NEW(arena, unsigned char, (size_t)m->nv * (size_t)m->nv);
  if (!pattern->lower) return MM_E_MEMORY;
  for (int i = 0; i < m->nv; i++)
    for (int j = i; j >= 0; j = m->dof_parentid[j]) mm__pattern_row(pattern, i)[j] = 1;
  return mm__pattern_make(arena, pattern);
}

/* sizes first: the arrays are allocated between the two */
static mm_status mm__plan_tree_sizes(mm_model *m) {
  mm_arena arena = {m->ctx, NULL};
  mm_pattern_plan pattern;
  mm_status status = mm__pattern_mass(m, &arena, &pattern);
  m->nM = pattern.nnz;
  m->nMgroup = pattern.ngroup;
  m->nMtask = pattern.ntask;
  m->nMpair = pattern.npair;
  m->nMbelow = pattern.nbelow;
  m->nMwave = pattern.nwave;
  m->nMwaveadr = pattern.nwave + 1;
  mm__arena_free(&arena);
  m->nlevel = 0;
  for (int i = 0; i < m->nbody; i++)
    if (mm__body_level(m, i) >= m->nlevel) m->nlevel = mm__body_level(m, i) + 1;
  return status;
}

/* children of a body in ascending order, all bodies level by level */
static void mm__plan_bodies(mm_model *m) {
  int at = 0;
  for (int level = 0; level < m->nlevel; level++) {
    m->level_adr[level] = at;
    for (int i = 0; i < m->nbody; i++)
      if (mm__body_level(m, i) == level) m->level_bodyid[at++] = i;
    m->level_num[level] = at - m->level_adr[level];
  }
  at = 0;
  for (int i = 0; i < m->nbody; i++) {
    m->child_adr[i] = at;
    for (int k = 1; k < m->nbody; k++)
      if (m->body_parentid[k] == i) m->child_bodyid[at++] = k;
    m->child_num[i] = at - m->child_adr[i];
  }
}

static void mm__ints_copy(int *to, const int *from, int count) { memcpy(to, from, (size_t)count * sizeof *to); }

static mm_status mm__plan_tree_fill(mm_model *m) {
  mm_arena arena = {m->ctx, NULL};
  mm_pattern_plan pattern;
  mm_status status = mm__pattern_mass(m, &arena, &pattern);
  if (status == MM_OK) {
    mm__ints_copy(m->M_rownnz, pattern.rownnz, m->nv);
    mm__ints_copy(m->M_rowadr, pattern.rowadr, m->nv);
    mm__ints_copy(m->M_colind, pattern.colind, m->nM);
    mm__ints_copy(m->M_group, pattern.group, 8 * m->nMgroup);
    mm__ints_copy(m->M_task, pattern.task, 4 * m->nMtask);
    mm__ints_copy(m->M_pair, pattern.pair, 2 * m->nMpair);
    mm__ints_copy(m->M_below, pattern.below, m->nMbelow);
    mm__ints_copy(m->M_wave, pattern.wave, m->nMgroup);
    mm__ints_copy(m->M_waveadr, pattern.waveadr, m->nMwaveadr);
    mm__plan_bodies(m);
    m->ndamped = 0;
    for (int i = 0; i < m->nv; i++) m->ndamped += m->dof_damping[i] > 0;
  }
  mm__arena_free(&arena);
  return status;
}
