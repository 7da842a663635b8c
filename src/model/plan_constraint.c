/* >>plan-constraint-make: which constraint rows there can be, where they lie, what is fixed in them */

#define MM_EFC_MIN 1e-15        /* MuJoCo's smallest number */
#define MM_EFC_MIN_IMPEDANCE 1e-4
#define MM_EFC_MAX_IMPEDANCE 0.9999

/* rows as they are added; with fill their tables are written, without they are counted */
typedef struct mm_efc_build {
  mm_model *m;
  int fill, row, entry, tendons;
  int *mark;   /* one for each dof: a column of the row that is being made */
  int *parent; /* elimination tree of the mass matrix and the rows so far */
} mm_efc_build;

/* makes dof j an ancestor of dof i, or i of j, and keeps all ancestors that there are */
static void mm__tree_join(int *parent, int i, int j) {
  while (i >= 0 && j >= 0 && i != j) {
    const int low = i < j ? i : j, high = i < j ? j : i, above = parent[high];
    if (above < low) {
      parent[high] = low;
      i = low;
      j = above;
    } else {
      i = above;
      j = low;
    }
  }
}

/* the last dof that moves a body, -1: none */
static int mm__efc_last_dof(const mm_model *m, int body) {
  while (body > 0 && m->body_dofnum[body] == 0) body = m->body_parentid[body];
  return body > 0 ? m->body_dofadr[body] + m->body_dofnum[body] - 1 : -1;
}

/* the last dof that moves both bodies, -1: none */
static int mm__efc_common_dof(const mm_model *m, int body1, int body2) {
  int a = mm__efc_last_dof(m, body1), b = mm__efc_last_dof(m, body2);
  while (a != b) {
    if (a > b) a = m->dof_parentid[a];
    else b = m->dof_parentid[b];
  }
  return a;
}

/* marks the dofs that move body, up to but without the dof stop (-1: all) */
static void mm__efc_mark_path(const mm_efc_build *b, int body, int stop) {
  for (int i = mm__efc_last_dof(b->m, body); i >= 0 && i != stop; i = b->m->dof_parentid[i]) b->mark[i] = 1;
}

/* the impedance of one table row, from MuJoCo's five parameters */
static void mm__efc_impedance(const double *solimp, double *out) {
  double low = solimp[0], high = solimp[1], width = solimp[2], middle = solimp[3], power = solimp[4];
  low = low < MM_EFC_MIN_IMPEDANCE ? MM_EFC_MIN_IMPEDANCE : low > MM_EFC_MAX_IMPEDANCE ? MM_EFC_MAX_IMPEDANCE : low;
  high = high < MM_EFC_MIN_IMPEDANCE ? MM_EFC_MIN_IMPEDANCE : high > MM_EFC_MAX_IMPEDANCE ? MM_EFC_MAX_IMPEDANCE : high;
  middle = middle < MM_EFC_MIN_IMPEDANCE ? MM_EFC_MIN_IMPEDANCE : middle > MM_EFC_MAX_IMPEDANCE ? MM_EFC_MAX_IMPEDANCE : middle;
  power = power < 1 ? 1 : power;
  if (low == high || !(width > MM_EFC_MIN)) low = high = 0.5 * (low + high), width = 0;
  out[0] = low;
  out[1] = 1 - high;
  out[2] = high - low;
  out[3] = width > 0 ? 1 / width : 0;
  out[4] = middle;
  out[5] = power;
  out[6] = pow(middle, 1 - power);
  out[7] = pow(1 - middle, 1 - power);
}

/* spring and damper of the reference acceleration; standard (time constant, damping ratio) or direct (both negative) */
static void mm__efc_reference(const mm_model *m, const double *solref, const double *solimp, double *stiffness, double *damping) {
  double time = solref[0], ratio = solref[1], width = solimp[1];
  width = width < MM_EFC_MIN_IMPEDANCE ? MM_EFC_MIN_IMPEDANCE : width > MM_EFC_MAX_IMPEDANCE ? MM_EFC_MAX_IMPEDANCE : width;
  if ((time > 0) != (ratio > 0)) time = 0.02, ratio = 1; /* as MuJoCo: mixed forms become the default */
  if (time > 0) {
    if (!(m->opt.disableflags[0] & MM_DSBL_REFSAFE) && time < 2 * m->opt.timestep[0]) time = 2 * m->opt.timestep[0];
    *stiffness = width * width * time * time * ratio * ratio;
    *stiffness = 1 / (*stiffness > MM_EFC_MIN ? *stiffness : MM_EFC_MIN);
    *damping = 2 / (width * time > MM_EFC_MIN ? width * time : MM_EFC_MIN);
  } else {
    *stiffness = -time / (width * width);
    *damping = -ratio / width;
  }
}

/* one row; its columns are what is marked, and the marks are taken off */
static void mm__efc_row(mm_efc_build *b, mm_efc_kind kind, int id, int last) {
  mm_model *m = b->m;
  const int adr = b->entry;
  int before = -1;
  for (int i = 0; i < m->nv; i++) {
    if (!b->mark[i]) continue;
    if (b->fill) m->efc_colind[b->entry] = i;
    b->entry++;
    mm__tree_join(b->parent, before, i);
    before = i;
    if (last) b->mark[i] = 0;
  }
  if (b->fill) {
    m->efc_kind[b->row] = (int)kind;
    m->efc_id[b->row] = id;
    m->efc_rowadr[b->row] = adr;
    m->efc_rownnz[b->row] = b->entry - adr;
    m->efc_margin[b->row] = m->efc_frictionloss[b->row] = 0;
  }
  b->tendons += kind == MM_EFC_TENDON || kind == MM_EFC_FRICTION_TENDON || kind >= MM_EFC_TENDON_LIMIT;
  b->row++;
}

/* what the row that was added last weighs; friction: a friction loss, it has no spring */
static void mm__efc_weigh(mm_efc_build *b, const double *solref, const double *solimp, double diagapprox, int friction) {
  mm_model *m = b->m;
  const int row = b->row - 1;
  if (!b->fill) return;
  mm__efc_impedance(solimp, m->efc_impedance + 8 * row);
  mm__efc_reference(m, solref, solimp, m->efc_stiffness + row, m->efc_damping + row);
  if (friction) m->efc_stiffness[row] = 0;
  m->efc_diagapprox[row] = diagapprox;
}

static int mm__efc_marked(const mm_efc_build *b) {
  for (int i = 0; i < b->m->nv; i++)
    if (b->mark[i]) return 1;
  return 0;
}

/* connect and weld: three or six rows over all dofs that move one of the bodies */
static void mm__efc_bodies(mm_efc_build *b, int eq, int rows) {
  const mm_model *m = b->m;
  const int site = m->eq_objtype[eq] == MM_OBJ_SITE;
  const int body1 = site ? m->site_bodyid[m->eq_obj1id[eq]] : m->eq_obj1id[eq];
  const int body2 = site ? m->site_bodyid[m->eq_obj2id[eq]] : m->eq_obj2id[eq];
  mm__efc_mark_path(b, body1, -1);
  mm__efc_mark_path(b, body2, -1);
  if (!mm__efc_marked(b)) return; /* neither moves: MuJoCo leaves such a constraint out */
  for (int i = 0; i < rows; i++) {
    const int rotation = i >= 3;
    mm__efc_row(b, i ? MM_EFC_MORE : rows == 3 ? MM_EFC_CONNECT : MM_EFC_WELD, eq, i == rows - 1);
    mm__efc_weigh(b, m->eq_solref + 2 * eq, m->eq_solimp + 5 * eq,
                  m->body_invweight0[2 * body1 + rotation] + m->body_invweight0[2 * body2 + rotation], 0);
  }
}

/* the dofs on which the length of a tendon depends: joints, or all that moves one end of a segment but not the other */
static void mm__efc_mark_tendon(const mm_efc_build *b, int tendon) {
  const mm_model *m = b->m;
  int before = -1; /* body of the last point, -1: none */
  for (int i = m->tendon_adr[tendon]; i < m->tendon_adr[tendon] + m->tendon_num[tendon]; i++) {
    int body = -1;
    if (m->wrap_type[i] == MM_WRAP_JOINT) b->mark[m->jnt_dofadr[m->wrap_objid[i]]] = 1;
    if (m->wrap_type[i] == MM_WRAP_SITE) body = m->site_bodyid[m->wrap_objid[i]];
    if (m->wrap_type[i] == MM_WRAP_SPHERE || m->wrap_type[i] == MM_WRAP_CYLINDER) body = m->geom_bodyid[m->wrap_objid[i]];
    if (body >= 0 && before >= 0 && body != before) {
      const int common = mm__efc_common_dof(m, before, body);
      mm__efc_mark_path(b, before, common);
      mm__efc_mark_path(b, body, common);
    }
    /* where a wrap is not met its two sites are joined */
    if (m->wrap_type[i] != MM_WRAP_SITE && body >= 0 && before >= 0) {
      const int next = m->site_bodyid[m->wrap_objid[i + 1]], common = mm__efc_common_dof(m, before, next);
      mm__efc_mark_path(b, before, common);
      mm__efc_mark_path(b, next, common);
    }
    before = body;
  }
}

static void mm__efc_equalities(mm_efc_build *b) {
  const mm_model *m = b->m;
  for (int i = 0; i < m->neq; i++) {
    const int id1 = m->eq_obj1id[i], id2 = m->eq_obj2id[i], type = m->eq_type[i];
    if (!m->eq_active0[i]) continue;
    if (type == MM_EQ_CONNECT) mm__efc_bodies(b, i, 3);
    if (type == MM_EQ_WELD) mm__efc_bodies(b, i, 6);
    if (type == MM_EQ_JOINT) {
      const double weight = m->dof_invweight0[m->jnt_dofadr[id1]];
      b->mark[m->jnt_dofadr[id1]] = 1;
      if (id2 >= 0) b->mark[m->jnt_dofadr[id2]] = 1;
      mm__efc_row(b, MM_EFC_JOINT, i, 1);
      mm__efc_weigh(b, m->eq_solref + 2 * i, m->eq_solimp + 5 * i, weight + (id2 < 0 ? 0 : m->dof_invweight0[m->jnt_dofadr[id2]]), 0);
    }
    if (type == MM_EQ_TENDON) {
      mm__efc_mark_tendon(b, id1);
      if (id2 >= 0) mm__efc_mark_tendon(b, id2);
      if (!mm__efc_marked(b)) continue;
      mm__efc_row(b, MM_EFC_TENDON, i, 1);
      mm__efc_weigh(b, m->eq_solref + 2 * i, m->eq_solimp + 5 * i,
                    m->tendon_invweight0[id1] + (id2 < 0 ? 0 : m->tendon_invweight0[id2]), 0);
    }
  }
}

static void mm__efc_frictions(mm_efc_build *b) {
  mm_model *m = b->m;
  for (int i = 0; i < m->nv; i++) {
    if (m->dof_frictionloss[i] == 0) continue;
    b->mark[i] = 1;
    mm__efc_row(b, MM_EFC_FRICTION_DOF, i, 1);
    mm__efc_weigh(b, m->dof_solref + 2 * i, m->dof_solimp + 5 * i, m->dof_invweight0[i], 1);
    if (b->fill) m->efc_frictionloss[b->row - 1] = m->dof_frictionloss[i];
  }
  for (int i = 0; i < m->ntendon; i++) {
    if (!(m->tendon_frictionloss[i] > 0)) continue;
    mm__efc_mark_tendon(b, i);
    if (!mm__efc_marked(b)) continue;
    mm__efc_row(b, MM_EFC_FRICTION_TENDON, i, 1);
    mm__efc_weigh(b, m->tendon_solref_fri + 2 * i, m->tendon_solimp_fri + 5 * i, m->tendon_invweight0[i], 1);
    if (b->fill) m->efc_frictionloss[b->row - 1] = m->tendon_frictionloss[i];
  }
}

/* one row of a limit; both sides share it where they cannot be active together */
static void mm__efc_limit(mm_efc_build *b, mm_efc_kind kind, int joint) {
  mm_model *m = b->m;
  const int dof = m->jnt_dofadr[joint];
  for (int i = 0; i < (kind == MM_EFC_BALL ? 3 : 1); i++) b->mark[dof + i] = 1;
  mm__efc_row(b, kind, joint, 1);
  mm__efc_weigh(b, m->jnt_solref + 2 * joint, m->jnt_solimp + 5 * joint, m->dof_invweight0[dof], 0);
  if (b->fill) m->efc_margin[b->row - 1] = m->jnt_margin[joint];
}

static void mm__efc_tendon_limit(mm_efc_build *b, mm_efc_kind kind, int tendon) {
  mm_model *m = b->m;
  mm__efc_mark_tendon(b, tendon);
  if (!mm__efc_marked(b)) return;
  mm__efc_row(b, kind, tendon, 1);
  mm__efc_weigh(b, m->tendon_solref_lim + 2 * tendon, m->tendon_solimp_lim + 5 * tendon, m->tendon_invweight0[tendon], 0);
  if (b->fill) m->efc_margin[b->row - 1] = m->tendon_margin[tendon];
}

static void mm__efc_limits(mm_efc_build *b) {
  const mm_model *m = b->m;
  for (int i = 0; i < m->njnt; i++) {
    const int one = m->jnt_range[2 * i + 1] - m->jnt_range[2 * i] >= 2 * m->jnt_margin[i];
    if (!m->jnt_limited[i] || m->jnt_type[i] == MM_JNT_FREE) continue;
    if (m->jnt_type[i] == MM_JNT_BALL) mm__efc_limit(b, MM_EFC_BALL, i);
    else if (one) mm__efc_limit(b, MM_EFC_LIMIT, i);
    else {
      mm__efc_limit(b, MM_EFC_LOWER, i);
      mm__efc_limit(b, MM_EFC_UPPER, i);
    }
  }
  for (int i = 0; i < m->ntendon; i++) {
    if (!m->tendon_limited[i]) continue;
    if (m->tendon_range[2 * i + 1] - m->tendon_range[2 * i] >= 2 * m->tendon_margin[i])
      mm__efc_tendon_limit(b, MM_EFC_TENDON_LIMIT, i);
    else {
      mm__efc_tendon_limit(b, MM_EFC_TENDON_LOWER, i);
      mm__efc_tendon_limit(b, MM_EFC_TENDON_UPPER, i);
    }
  }
}

/* all rows in MuJoCo's order */
static void mm__efc_rows(mm_efc_build *b) {
  mm__efc_equalities(b);
  b->m->nefceq = b->row;
  mm__efc_frictions(b);
  b->m->nefcfriction = b->row - b->m->nefceq;
  mm__efc_limits(b);
  b->m->nefc = b->row;
  b->m->nefctendon = b->tendons;
  b->m->nefcJ = b->entry;
}

/* the body that a geom of a contact slot's pair moves with */
static int mm__contact_body(const mm_model *m, int slot, int side) {
  return m->body_weldid[m->geom_bodyid[m->collide_geom[2 * m->contact_collide[slot] + side]]];
}

static int mm__contact_moves(const mm_model *m, int slot, int side) {
  return mm__efc_last_dof(m, mm__contact_body(m, slot, side)) >= 0;
}

/* contact slots by body, and by pair of moving bodies; each slot's place among the numbers of all slots */
static void mm__efc_contacts(mm_model *m, int fill) {
  int touch = 0, dim = 0, cross = 0, at = 0;
  for (int s = 0; s < m->nconmax; s++) {
    if (fill) m->contact_dimadr[s] = dim;
    dim += m->collide_dim[m->contact_collide[s]];
  }
  for (int body = 0; body < m->nbody; body++) {
    if (fill) m->touch_adr[body] = touch;
    for (int k = 0; k < 2 * m->nconmax; k++) {
      if (mm__contact_body(m, k / 2, k % 2) != body || !mm__contact_moves(m, k / 2, k % 2)) continue;
      if (fill) m->touch_side[touch] = 4 * (k / 2) + 2 * mm__contact_moves(m, k / 2, !(k % 2)) + k % 2;
      touch++;
    }
    if (fill) m->touch_num[body] = touch - m->touch_adr[body];
  }
  for (int s = 0; s < m->nconmax; s++) {
    const int body1 = mm__contact_body(m, s, 0), body2 = mm__contact_body(m, s, 1), first = at;
    if (!mm__contact_moves(m, s, 0) || !mm__contact_moves(m, s, 1)) continue;
    for (int k = 0; k < m->nconmax; k++) {
      const int same = (mm__contact_body(m, k, 0) == body1 && mm__contact_body(m, k, 1) == body2) ||
                       (mm__contact_body(m, k, 0) == body2 && mm__contact_body(m, k, 1) == body1);
      if (same && k < s) break; /* another slot has begun this pair */
      if (same && fill) m->cross_slot[at] = k;
      at += same;
    }
    if (at == first) continue;
    if (fill) {
      m->cross_body[2 * cross] = body1;
      m->cross_body[2 * cross + 1] = body2;
      m->cross_common[cross] = mm__efc_common_dof(m, body1, body2);
      m->cross_adr[cross] = first;
      m->cross_num[cross] = at - first;
    }
    cross++;
  }
  m->ntouch = touch;
  m->ncontactdim = dim;
  m->ncross = cross;
  m->ncrossslot = at;
}

/* the tree in which each pair of moving bodies touches; counts the entries of its rows, or places the rows */
static void mm__efc_hessian(mm_model *m, int *parent, int *depth, int fill) {
  for (int c = 0; c < m->nconmax; c++)
    mm__tree_join(parent, mm__efc_last_dof(m, mm__contact_body(m, c, 0)), mm__efc_last_dof(m, mm__contact_body(m, c, 1)));
  m->nH = 0;
  for (int i = 0; i < m->nv; i++) {
    if (fill) m->H_rowadr[i] = m->nH;
    depth[i] = parent[i] < 0 ? 1 : depth[parent[i]] + 1;
    m->nH += depth[i];
  }
}

/* everything: counted before the arrays are there, written after */
static mm_status mm__efc_walk(mm_model *m, int fill) {
  mm_efc_build b;
  mm_arena arena;
  memset(&b, 0, sizeof b);
  memset(&arena, 0, sizeof arena);
  arena.ctx = m->ctx;
  b.m = m;
  b.fill = fill;
  b.mark = MM_ARENA_NEW(&arena, int, m->nv);
  b.parent = MM_ARENA_NEW(&arena, int, m->nv);
  if (!b.mark || !b.parent) {
    mm__arena_free(&arena);
    return MM_E_MEMORY;
  }
  for (int i = 0; i < m->nv; i++) b.parent[i] = m->dof_parentid[i];
  mm__efc_rows(&b);
  if (fill && m->nv > 0) memcpy(m->H_parent, b.parent, (size_t)m->nv * sizeof *b.parent);
  mm__efc_contacts(m, fill);
  mm__efc_hessian(m, b.parent, b.mark, fill);
  mm__arena_free(&arena);
  return MM_OK;
}

static mm_status mm__plan_constraint_sizes(mm_model *m) {
  MM_TRY(mm__efc_walk(m, 0));
  m->nsolveindex = 3 * m->nv + m->nbody + m->nconmax + m->nefc;
  m->nsolver = 1;
  return MM_OK;
}

/* the entries of all rows once more, by dof */
static void mm__efc_transpose(mm_model *m) {
  int at = 0;
  for (int i = 0; i < m->nv; i++) {
    m->efc_dofadr[i] = at;
    for (int r = 0; r < m->nefc; r++)
      for (int k = m->efc_rowadr[r]; k < m->efc_rowadr[r] + m->efc_rownnz[r]; k++)
        if (m->efc_colind[k] == i) {
          m->efc_dofentry[at] = k;
          m->efc_dofrow[at++] = r;
        }
    m->efc_dofnum[i] = at - m->efc_dofadr[i];
  }
}

/* what is fixed in the contacts of a geom pair */
static void mm__efc_collide(mm_model *m, int pair) {
  const double *solref = m->collide_solref + 2 * pair, *friction = m->collide_solreffriction + 2 * pair;
  const double *solimp = m->collide_solimp + 5 * pair;
  const int own = (friction[0] > 0) == (friction[1] > 0) && (friction[0] != 0 || friction[1] != 0);
  double spring;
  mm__efc_impedance(solimp, m->collide_impedance + 8 * pair);
  mm__efc_reference(m, own ? friction : solref, solimp, &spring, m->collide_damping + 2 * pair + 1);
  mm__efc_reference(m, solref, solimp, m->collide_stiffness + pair, m->collide_damping + 2 * pair);
  m->collide_diagapprox[pair] = m->body_invweight0[2 * m->geom_bodyid[m->collide_geom[2 * pair]]] +
                                m->body_invweight0[2 * m->geom_bodyid[m->collide_geom[2 * pair + 1]]];
}

/* needs the plan of contacts; what hangs on invweight0, options and mean inertia is as good as these are when it is called */
static mm_status mm__plan_constraint_fill(mm_model *m) {
  MM_TRY(mm__efc_walk(m, 1));
  mm__efc_transpose(m);
  for (int i = 0; i < m->ncollide; i++) mm__efc_collide(m, i);
  for (int i = 0; i < m->nbody; i++) m->body_lastdof[i] = mm__efc_last_dof(m, i);
  m->solver_scale[0] = 1 / ((m->stat_meaninertia > 0 ? m->stat_meaninertia : 1) * (m->nv > 0 ? m->nv : 1));
  return MM_OK;
}
