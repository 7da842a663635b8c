/* >>plan-tree-make: levels of the body tree, rows of the mass matrix */

static int mm__body_level(const mm_model *m, int body) {
  int level = 0;
  for (; body > 0; body = m->body_parentid[body]) level++;
  return level;
}

/* sizes first: the arrays are allocated between the two */
static void mm__plan_tree_sizes(mm_model *m) {
  m->nlevel = 0;
  m->nM = 0;
  m->ndamped = 0;
  for (int i = 0; i < m->nbody; i++)
    if (mm__body_level(m, i) >= m->nlevel) m->nlevel = mm__body_level(m, i) + 1;
  for (int i = 0; i < m->nv; i++)
    for (int j = i; j >= 0; j = m->dof_parentid[j]) m->nM++;
  for (int i = 0; i < m->nv; i++) m->ndamped += m->dof_damping[i] > 0;
}

static void mm__plan_tree_fill(mm_model *m) {
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
  at = 0;
  for (int i = 0; i < m->nv; i++) {
    int count = 0;
    for (int j = i; j >= 0; j = m->dof_parentid[j]) count++;
    m->M_rowadr[i] = at;
    m->M_rownnz[i] = count;
    at += count;
    for (int j = i, k = at - 1; j >= 0; j = m->dof_parentid[j]) m->M_colind[k--] = j;
  }
}
