/* >>plan-tendon-make: spans, lines, bundles, and the muscles' constants

   Built twice, once to count and once to fill, because the arrays are allocated between the two. */

#define MM_BUNDLE_MOST 16  /* lines of a bundle: no lane shall have much more to do than another */
#define MM_LEAST 1e-15     /* MuJoCo divides by nothing smaller */

typedef struct mm__span {
  int tendon, place; /* place along all paths, so that sorting is stable */
  int geom, side;    /* geom and side site, -1: none */
  int body[3], line[2];
  double first[3], last[3], scale;
} mm__span;

typedef struct mm__line {
  int body[2], source, place;
  int span, end;     /* span and its end, or the site actuator and its site */
  double scale;
} mm__line;

typedef struct mm__paths {
  mm_arena arena;
  mm__span *spans;
  mm__line *lines;
  double *rest;      /* [ntendon] */
  int nspan, nstraight, nline, ntenline, nsiteact;
} mm__paths;

/* the body itself if it can move against its parent, else its nearest ancestor that can, or the world */
static int mm__moving_body(const mm_model *m, int body) {
  while (body > 0 && m->body_jntnum[body] == 0 && m->body_mocapid[body] < 0) body = m->body_parentid[body];
  return body;
}

static mm_v3_f64 mm__vec(const double *v) { return mm_vec_f64(v[0], v[1], v[2]); }
static mm_q_f64 mm__quat(const double *q) { return mm_quat_f64(q[0], q[1], q[2], q[3]); }

static void mm__vec_store(double *to, mm_v3_f64 v) {
  to[0] = v.x;
  to[1] = v.y;
  to[2] = v.z;
}

/* a pose that is fixed in body, in the frame of the body that moves it */
static int mm__moving_pose(const mm_model *m, int body, mm_v3_f64 *pos, mm_q_f64 *quat) {
  const int moving = mm__moving_body(m, body);
  for (; body != moving; body = m->body_parentid[body]) {
    const mm_q_f64 turn = mm__quat(m->body_quat + 4 * body);
    *pos = mm_add3_f64(mm__vec(m->body_pos + 3 * body), mm_quat_rotate_f64(turn, *pos));
    *quat = mm_quat_mul_f64(turn, *quat);
  }
  return moving;
}

static mm_v3_f64 mm__moving_site(const mm_model *m, int site, int *body) {
  mm_v3_f64 pos = mm__vec(m->site_pos + 3 * site);
  mm_q_f64 quat = mm_quat_f64(1, 0, 0, 0);
  *body = mm__moving_pose(m, m->site_bodyid[site], &pos, &quat);
  return pos;
}

static int mm__moving_geom(const mm_model *m, int geom, mm_v3_f64 *pos, mm_q_f64 *quat) {
  *pos = mm__vec(m->geom_pos + 3 * geom);
  *quat = mm__quat(m->geom_quat + 4 * geom);
  return mm__moving_pose(m, m->geom_bodyid[geom], pos, quat);
}

/* from the body of a geom to the geom's frame */
static mm_v3_f64 mm__geom_local(const mm_model *m, int geom, mm_v3_f64 point) {
  mm_v3_f64 pos;
  mm_q_f64 quat;
  mm__moving_geom(m, geom, &pos, &quat);
  return mm_quat_rotate_f64(mm_quat_conj_f64(mm_quat_unit_f64(quat)), mm_sub3_f64(point, pos));
}

static int mm__geom_is_cylinder(const mm_model *m, int geom) { return m->geom_type[geom] == MM_GEOM_CYLINDER; }

/* what kind of side site a span has, and where it is in the geom's frame or in its own body */
static int mm__side_place(const mm_model *m, const mm__span *span, int *body, double place[3]) {
  mm_v3_f64 local;
  const double radius = m->geom_size[3 * (span->geom >= 0 ? span->geom : 0)];
  place[0] = place[1] = place[2] = 0;
  *body = 0;
  if (span->side < 0) return MM_SIDE_NONE;
  local = mm__moving_site(m, span->side, body);
  if (*body != span->body[1]) {
    mm__vec_store(place, local);
    return MM_SIDE_MOVING;
  }
  local = mm__geom_local(m, span->geom, local);
  mm__vec_store(place, local);
  if (mm__geom_is_cylinder(m, span->geom)) {
    const mm_v2_f64 direction = mm_unit2_f64(mm_vec2_f64(local.x, local.y));
    place[0] = direction.x;
    place[1] = direction.y;
  }
  return mm_norm3_f64(local) < radius ? MM_SIDE_INSIDE : MM_SIDE_OUTSIDE;
}

/* length of a span whose ends and geom are all on one body */
static double mm__span_length(const mm_model *m, const mm__span *span) {
  mm_v3_f64 p = mm__vec(span->first), q = mm__vec(span->last);
  double side[3];
  int body, kind;
  if (span->geom < 0) return mm_norm3_f64(mm_sub3_f64(q, p));
  kind = mm__side_place(m, span, &body, side);
  return mm_wrap_f64(p, q, mm__vec(side), m->geom_size[3 * span->geom], mm__geom_is_cylinder(m, span->geom), kind).length;
}

/* the span between path elements at and the next site (over a geom if there is one between); how many elements on */
static int mm__span_read(const mm_model *m, int at, mm__span *span) {
  const int type = m->wrap_type[at + 1], over = type == MM_WRAP_SPHERE || type == MM_WRAP_CYLINDER, next = at + (over ? 2 : 1);
  mm_v3_f64 first = mm__moving_site(m, m->wrap_objid[at], &span->body[0]);
  mm_v3_f64 last = mm__moving_site(m, m->wrap_objid[next], &span->body[2]);
  mm_v3_f64 pos;
  mm_q_f64 quat;
  span->geom = over ? m->wrap_objid[at + 1] : -1;
  span->side = over && m->wrap_prm[at + 1] >= 0 ? (int)floor(m->wrap_prm[at + 1] + 0.5) : -1;
  span->body[1] = over ? mm__moving_geom(m, span->geom, &pos, &quat) : span->body[0];
  span->line[0] = span->line[1] = -1;
  if (over && span->body[0] == span->body[1]) first = mm__geom_local(m, span->geom, first);
  if (over && span->body[2] == span->body[1]) last = mm__geom_local(m, span->geom, last);
  mm__vec_store(span->first, first);
  mm__vec_store(span->last, last);
  return next - at;
}

/* a straight span runs from the lower body to the higher one */
static void mm__span_orient(mm__span *span) {
  double point[3];
  const int body = span->body[0];
  if (span->geom >= 0 || body < span->body[2]) return;
  memcpy(point, span->first, sizeof point);
  memcpy(span->first, span->last, sizeof point);
  memcpy(span->last, point, sizeof point);
  span->body[0] = span->body[1] = span->body[2];
  span->body[2] = body;
}

static int mm__span_is_fixed(const mm_model *m, const mm__span *span) {
  int side_body = span->body[1];
  if (span->side >= 0) mm__moving_site(m, span->side, &side_body);
  return span->body[0] == span->body[1] && span->body[1] == span->body[2] && side_body == span->body[1];
}

static void mm__paths_walk(const mm_model *m, int tendon, mm__paths *paths) {
  const int end = m->tendon_adr[tendon] + m->tendon_num[tendon];
  double divisor = 1;
  if (m->wrap_type[m->tendon_adr[tendon]] == MM_WRAP_JOINT) return;
  for (int at = m->tendon_adr[tendon]; at < end - 1;) {
    mm__span *span = &paths->spans[paths->nspan];
    if (m->wrap_type[at] == MM_WRAP_PULLEY) divisor = m->wrap_prm[at];
    if (m->wrap_type[at] == MM_WRAP_PULLEY || m->wrap_type[at + 1] == MM_WRAP_PULLEY) {
      at++;
      continue;
    }
    span->tendon = tendon;
    span->place = at;
    span->scale = 1 / divisor;
    at += mm__span_read(m, at, span);
    mm__span_orient(span);
    if (mm__span_is_fixed(m, span)) paths->rest[tendon] += mm__span_length(m, span) * span->scale;
    else paths->nspan++;
  }
}

/* straight spans by their bodies; arcs by kind, so that neighbours have the same to do, then by body */
static int mm__span_order(const void *left, const void *right) {
  const mm__span *a = (const mm__span *)left, *b = (const mm__span *)right;
  const int arc_a = a->geom >= 0, arc_b = b->geom >= 0, side_a = a->side >= 0, side_b = b->side >= 0;
  if (arc_a != arc_b) return arc_a - arc_b;
  if (arc_a && side_a != side_b) return side_a - side_b;
  if (arc_a && a->body[1] != b->body[1]) return a->body[1] - b->body[1];
  if (a->body[0] != b->body[0]) return a->body[0] - b->body[0];
  if (a->body[2] != b->body[2]) return a->body[2] - b->body[2];
  return a->place - b->place;
}

/* those of straight spans stay in front and in their order; site actuators come last */
static int mm__line_order(const void *left, const void *right) {
  const mm__line *a = (const mm__line *)left, *b = (const mm__line *)right;
  if (a->body[0] != b->body[0]) return a->body[0] - b->body[0];
  if (a->body[1] != b->body[1]) return a->body[1] - b->body[1];
  return a->place - b->place;
}

/* a line that runs from one body to another, unless they are the same */
static void mm__line_add(mm__paths *paths, int from, int to, int source, double scale, int span, int end) {
  mm__line *line = &paths->lines[paths->nline];
  if (from == to) return;
  line->body[0] = from < to ? from : to;
  line->body[1] = from < to ? to : from;
  line->scale = from < to ? scale : -scale;
  line->source = source;
  line->span = span;
  line->end = end;
  line->place = paths->nline++;
}

/* the body whose degree of freedom is the last that moves both; 0: none does */
static int mm__common_body(const mm_model *m, int body0, int body1) {
  int dof0 = m->body_dofnum[body0] ? m->body_dofadr[body0] + m->body_dofnum[body0] - 1 : -1;
  int dof1 = m->body_dofnum[body1] ? m->body_dofadr[body1] + m->body_dofnum[body1] - 1 : -1;
  while (dof0 != dof1) {
    if (dof0 > dof1) dof0 = m->dof_parentid[dof0];
    else dof1 = m->dof_parentid[dof1];
  }
  return dof0 < 0 ? 0 : m->dof_bodyid[dof0];
}

/* what a site actuator does to its site, against the last body that carries both sites, and to its reference site */
static void mm__siteact_lines(const mm_model *m, int actuator, mm__paths *paths) {
  const int site = m->actuator_trnid[2 * actuator], reference = m->actuator_trnid[2 * actuator + 1];
  const int body = mm__moving_body(m, m->site_bodyid[site]);
  const int other = reference >= 0 ? mm__moving_body(m, m->site_bodyid[reference]) : 0;
  const int common = mm__common_body(m, body, other);
  if (m->body_dofnum[body]) mm__line_add(paths, common, body, m->ntendon + actuator, 1, paths->nsiteact, 0);
  if (m->body_dofnum[other]) mm__line_add(paths, common, other, m->ntendon + actuator, -1, paths->nsiteact, 1);
  paths->nsiteact++;
}

static void mm__paths_lines(const mm_model *m, mm__paths *paths) {
  for (int i = 0; i < paths->nspan; i++) {
    const mm__span *span = &paths->spans[i];
    if (span->geom >= 0) {
      mm__line_add(paths, span->body[0], span->body[1], span->tendon, span->scale, i, 0);
      mm__line_add(paths, span->body[1], span->body[2], span->tendon, span->scale, i, 1);
    } else {
      mm__line_add(paths, span->body[0], span->body[2], span->tendon, span->scale, i, 0);
      paths->nstraight++;
    }
  }
  paths->ntenline = paths->nline;
  for (int i = 0; i < m->nu; i++)
    if (m->actuator_trntype[i] == MM_TRN_SITE) mm__siteact_lines(m, i, paths);
  qsort(paths->lines + paths->nstraight, (size_t)(paths->ntenline - paths->nstraight), sizeof *paths->lines, mm__line_order);
  qsort(paths->lines + paths->ntenline, (size_t)(paths->nline - paths->ntenline), sizeof *paths->lines, mm__line_order);
  for (int i = 0; i < paths->ntenline; i++) {
    mm__span *span = &paths->spans[paths->lines[i].span];
    span->line[paths->lines[i].end] = i;
    if (i < paths->nstraight) span->line[1] = i;
  }
}

static mm_status mm__paths_make(const mm_model *m, mm__paths *paths) {
  memset(paths, 0, sizeof *paths);
  paths->arena.ctx = m->ctx;
  paths->spans = MM_ARENA_NEW(&paths->arena, mm__span, m->nwrap + 1);
  paths->lines = MM_ARENA_NEW(&paths->arena, mm__line, 2 * m->nwrap + 2 * m->nu + 1);
  paths->rest = MM_ARENA_NEW(&paths->arena, double, m->ntendon + 1);
  if (!paths->spans || !paths->lines || !paths->rest) {
    mm__arena_free(&paths->arena);
    return MM_E_MEMORY;
  }
  for (int i = 0; i < m->ntendon; i++) mm__paths_walk(m, i, paths);
  qsort(paths->spans, (size_t)paths->nspan, sizeof *paths->spans, mm__span_order);
  mm__paths_lines(m, paths);
  return MM_OK;
}

/* whether line i begins a bundle that has count lines so far; the groups of lines do not mix */
static int mm__bundle_begins(const mm__paths *paths, int i, int count) {
  const mm__line *line = &paths->lines[i];
  if (i == 0 || i == paths->nstraight || i == paths->ntenline || count == MM_BUNDLE_MOST) return 1;
  return line->body[0] != line[-1].body[0] || line->body[1] != line[-1].body[1];
}

/* bundles, written to the model if its arrays are there */
static int mm__bundles(mm_model *m, const mm__paths *paths, int fill) {
  int bundles = 0, count = 0;
  for (int i = 0; i < paths->nline; i++) {
    if (mm__bundle_begins(paths, i, count)) {
      if (fill) m->bundle_adr[bundles] = i;
      bundles++;
      count = 0;
    }
    count++;
    if (fill) m->bundle_num[bundles - 1] = count;
  }
  return bundles;
}

/* the degrees of freedom that source i of direct force acts on: joint k of a fixed tendon or an actuator's joint */
static int mm__direct_joint(const mm_model *m, int source, int k) {
  const int tendon = source < m->ntendon, i = source - m->ntendon, trntype = tendon ? 0 : m->actuator_trntype[i];
  if (tendon) {
    const int adr = m->tendon_adr[source];
    return m->wrap_type[adr] == MM_WRAP_JOINT && k < m->tendon_num[source] ? m->wrap_objid[adr + k] : -1;
  }
  return k == 0 && (trntype == MM_TRN_JOINT || trntype == MM_TRN_JOINTINPARENT) ? m->actuator_trnid[2 * i] : -1;
}

static int mm__dofs_of_joint(const mm_model *m, int joint) {
  return m->jnt_type[joint] == MM_JNT_FREE ? 6 : m->jnt_type[joint] == MM_JNT_BALL ? 3 : 1;
}

static int mm__dofpulls(mm_model *m, int dof, int at, int fill) {
  const int joint = m->dof_jntid[dof], place = dof - m->jnt_dofadr[joint];
  const int rotation = mm__dofs_of_joint(m, joint) > 1 && place >= mm__dofs_of_joint(m, joint) - 3;
  for (int source = 0; source < m->ntendon + m->nu; source++)
    for (int k = 0; mm__direct_joint(m, source, k) >= 0; k++) {
      const int i = source - m->ntendon;
      if (mm__direct_joint(m, source, k) != joint) continue;
      if (fill) {
        m->dofpull_source[at] = source;
        m->dofpull_coef[at] = i < 0 ? m->wrap_prm[m->tendon_adr[source] + k] : m->actuator_gear[6 * i + place];
        m->dofpull_turn[at] = i >= 0 && rotation && m->actuator_trntype[i] == MM_TRN_JOINTINPARENT ? place % 3 : -1;
      }
      at++;
    }
  return at;
}

static mm_status mm__plan_tendon_refuse(const mm_model *m) {
  for (int i = 0; i < m->nu; i++) {
    const int trntype = m->actuator_trntype[i];
    if (trntype != MM_TRN_JOINT && trntype != MM_TRN_JOINTINPARENT && trntype != MM_TRN_TENDON && trntype != MM_TRN_SITE)
      return mm__fail(m->ctx, MM_E_UNSUPPORTED, "actuator %d (%s): transmission type %d is not supported: use a joint, a tendon or a site",
                      i, mm_model_name(m, MM_OBJ_ACTUATOR, i), trntype);
  }
  return MM_OK;
}

static mm_status mm__plan_tendon_sizes(mm_model *m) {
  mm__paths paths;
  MM_TRY(mm__plan_tendon_refuse(m));
  MM_TRY(mm__paths_make(m, &paths));
  m->nspan = paths.nspan;
  m->nstraight = paths.nstraight;
  m->narc = paths.nspan - paths.nstraight;
  m->nline = paths.nline;
  m->ntenline = paths.ntenline;
  m->nbundle = mm__bundles(m, &paths, 0);
  m->npull = 2 * m->nbundle;
  m->nsiteact = paths.nsiteact;
  m->ntenact = m->ntenspring = m->ngravdof = m->ndofpull = 0;
  for (int i = 0; i < m->nu; i++) m->ntenact += m->actuator_trntype[i] == MM_TRN_TENDON;
  for (int i = 0; i < m->ntendon; i++) m->ntenspring += m->tendon_stiffness[i] != 0 || m->tendon_damping[i] != 0;
  for (int i = 0; i < m->nbody; i++)
    if (m->body_gravcomp[i] != 0) m->ngravdof = m->nv;
  for (int i = 0; i < m->nv; i++) m->ndofpull = mm__dofpulls(m, i, m->ndofpull, 0);
  mm__arena_free(&paths.arena);
  return MM_OK;
}

static void mm__fill_arc(mm_model *m, int arc, const mm__span *span) {
  mm_v3_f64 pos;
  mm_q_f64 quat;
  mm_m33_f64 turn;
  mm__moving_geom(m, span->geom, &pos, &quat);
  turn = mm_quat_matrix_f64(mm_quat_unit_f64(quat));
  m->arc_cylinder[arc] = mm__geom_is_cylinder(m, span->geom);
  m->arc_side[arc] = mm__side_place(m, span, &m->arc_sidebody[arc], m->arc_sidepos + 3 * arc);
  m->arc_radius[arc] = m->geom_size[3 * span->geom];
  mm__vec_store(m->arc_pos + 3 * arc, pos);
  mm_store33_f64(m->arc_mat, arc, turn);
}

static void mm__fill_spans(mm_model *m, const mm__paths *paths) {
  for (int i = 0; i < paths->nspan; i++) {
    const mm__span *span = &paths->spans[i];
    memcpy(m->span_body + 3 * i, span->body, sizeof span->body);
    memcpy(m->span_line + 2 * i, span->line, sizeof span->line);
    memcpy(m->span_first + 3 * i, span->first, sizeof span->first);
    memcpy(m->span_last + 3 * i, span->last, sizeof span->last);
    m->span_scale[i] = span->scale;
    if (i >= m->nstraight) mm__fill_arc(m, i - m->nstraight, span);
  }
}

static void mm__fill_lines(mm_model *m, const mm__paths *paths) {
  int at = 0, reached = 0;
  for (int i = 0; i < paths->nline; i++) {
    memcpy(m->line_body + 2 * i, paths->lines[i].body, sizeof paths->lines[i].body);
    m->line_source[i] = paths->lines[i].source;
    m->line_scale[i] = paths->lines[i].scale;
  }
  mm__bundles(m, paths, 1);
  for (int body = 0; body < m->nbody; body++) {
    m->pull_adr[body] = at;
    for (int i = 0; i < m->nbundle; i++)
      for (int side = 0; side < 2; side++)
        if (paths->lines[m->bundle_adr[i]].body[side] == body) m->pull_bundle[at++] = 2 * i + side;
    m->pull_num[body] = body ? at - m->pull_adr[body] : 0;
  }
  for (int i = 0; i < m->nu; i++)
    if (m->actuator_trntype[i] == MM_TRN_SITE) {
      m->siteact_actuator[reached] = i;
      m->siteact_line[2 * reached] = m->siteact_line[2 * reached + 1] = -1;
      reached++;
    }
  for (int i = paths->ntenline; i < paths->nline; i++) m->siteact_line[2 * paths->lines[i].span + paths->lines[i].end] = i;
}

static void mm__fill_tendons(mm_model *m, const mm__paths *paths) {
  int spans = 0, lines = 0, actuators = 0;
  for (int t = 0; t < m->ntendon; t++) {
    m->tendon_rest[t] = paths->rest[t];
    m->tendon_spanadr[t] = spans;
    m->tendon_lineadr[t] = lines;
    m->tendon_actadr[t] = actuators;
    for (int i = 0; i < paths->nspan; i++)
      if (paths->spans[i].tendon == t) m->tendon_span[spans++] = i;
    for (int i = 0; i < paths->ntenline; i++)
      if (paths->lines[i].source == t) m->tendon_line[lines++] = i;
    for (int i = 0; i < m->nu; i++)
      if (m->actuator_trntype[i] == MM_TRN_TENDON && m->actuator_trnid[2 * i] == t) m->tendon_actuator[actuators++] = i;
    m->tendon_spannum[t] = spans - m->tendon_spanadr[t];
    m->tendon_linenum[t] = lines - m->tendon_lineadr[t];
    m->tendon_actnum[t] = actuators - m->tendon_actadr[t];
  }
}

static double mm__at_least(double x) { return x > MM_LEAST ? x : MM_LEAST; }

/* the peak force of a muscle, and the scale and offset from length to normalised length */
static double mm__muscle_scale(const mm_model *m, int i, const double *prm, double *scale, double *offset, double *optimum) {
  const double *range = m->actuator_lengthrange + 2 * i;
  *optimum = (range[1] - range[0]) / mm__at_least(prm[1] - prm[0]);
  *scale = 1 / mm__at_least(*optimum);
  *offset = prm[0] - range[0] * *scale;
  return prm[2] < 0 ? prm[3] / mm__at_least(m->actuator_acc0[i]) : prm[2];
}

/* muscle_gain and muscle_bias, which follow from gainprm, biasprm, lengthrange and acc0 */
MM_PRIVATE void mm__plan_muscles(mm_model *m) {
  for (int i = 0; i < m->nu; i++) {
    double *gain = m->muscle_gain + 11 * i, *bias = m->muscle_bias + 4 * i, optimum;
    const double *prm = m->actuator_gainprm + 10 * i;
    if (m->actuator_gaintype[i] == MM_GAIN_MUSCLE) {
      gain[3] = mm__muscle_scale(m, i, prm, &gain[0], &gain[1], &optimum);
      gain[2] = 1 / mm__at_least(optimum * prm[6]);
      gain[4] = prm[4];
      gain[5] = prm[5];
      gain[6] = 1 / mm__at_least(0.5 * (1 - prm[4]));
      gain[7] = 1 / mm__at_least(0.5 * (prm[5] - 1));
      gain[8] = prm[8];
      gain[9] = prm[8] - 1;
      gain[10] = 1 / mm__at_least(prm[8] - 1);
    }
    prm = m->actuator_biasprm + 10 * i;
    if (m->actuator_biastype[i] == MM_BIAS_MUSCLE) {
      bias[3] = mm__muscle_scale(m, i, prm, &bias[0], &bias[1], &optimum) * prm[7];
      bias[2] = 1 / mm__at_least(0.5 * (prm[5] - 1));
    }
  }
}

static double mm__length3(const double *v) { return sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]); }

/* Position servos of a ball joint, or of the rotation between two sites, have their set point on a circle. */
static double mm__actuator_period(const mm_model *m, int i) {
  const double *gear = m->actuator_gear + 6 * i;
  const int type = m->actuator_trntype[i], dynamics = m->actuator_dyntype[i];
  if (m->actuator_gaintype[i] != MM_GAIN_FIXED || m->actuator_biastype[i] != MM_BIAS_AFFINE) return 0;
  if (m->actuator_gainprm[10 * i] != -m->actuator_biasprm[10 * i + 1]) return 0;
  if (dynamics != MM_DYN_NONE && dynamics != MM_DYN_INTEGRATOR) return 0;
  if (type == MM_TRN_SITE)
    return m->actuator_trnid[2 * i + 1] >= 0 && mm__length3(gear) == 0 ? 2 * MM_PI * mm__length3(gear + 3) : 0;
  if (type != MM_TRN_JOINT && type != MM_TRN_JOINTINPARENT) return 0;
  return m->jnt_type[m->actuator_trnid[2 * i]] == MM_JNT_BALL ? 2 * MM_PI * mm__length3(gear) : 0;
}

static mm_status mm__plan_tendon_fill(mm_model *m) {
  mm__paths paths;
  int at = 0;
  MM_TRY(mm__paths_make(m, &paths));
  mm__fill_spans(m, &paths);
  mm__fill_lines(m, &paths);
  mm__fill_tendons(m, &paths);
  for (int i = 0; i < m->nv; i++) {
    m->dofpull_adr[i] = at;
    at = mm__dofpulls(m, i, at, 1);
    m->dofpull_num[i] = at - m->dofpull_adr[i];
  }
  for (int i = 0; i < m->nu; i++) m->actuator_period[i] = mm__actuator_period(m, i);
  mm__plan_muscles(m);
  mm__arena_free(&paths.arena);
  return MM_OK;
}

/* marks[nv]: 1 for the degrees of freedom that a tendon's length depends on (the pattern of its Jacobian row) */
MM_PRIVATE void mm__tendon_dofs(const mm_model *m, int tendon, unsigned char *marks) {
  const int adr = m->tendon_adr[tendon];
  memset(marks, 0, (size_t)m->nv);
  for (int k = 0; mm__direct_joint(m, tendon, k) >= 0; k++) marks[m->jnt_dofadr[m->wrap_objid[adr + k]]] = 1;
  for (int k = m->tendon_lineadr[tendon]; k < m->tendon_lineadr[tendon] + m->tendon_linenum[tendon]; k++) {
    const int *body = m->line_body + 2 * m->tendon_line[k];
    const int weld0 = m->body_weldid[body[0]], weld1 = m->body_weldid[body[1]];
    int dof0 = m->body_dofnum[weld0] ? m->body_dofadr[weld0] + m->body_dofnum[weld0] - 1 : -1;
    int dof1 = m->body_dofnum[weld1] ? m->body_dofadr[weld1] + m->body_dofnum[weld1] - 1 : -1;
    while (dof0 != dof1) {
      int *deeper = dof0 > dof1 ? &dof0 : &dof1;
      marks[*deeper] = 1;
      *deeper = m->dof_parentid[*deeper];
    }
  }
}
