/* >>constants: what the model's own kinematics fix: inverse weights, reference lengths, length ranges, statistics

   MuJoCo computes these at qpos0 (mj_setConst) and, for muscles whose length range is not given, by pulling the muscle
   both ways in a simulation (mj_setLengthRange). The double form of the kernels does the same here, for one environment. */

typedef struct mm_reference {
  mm_model *model;
  mm_pack pack;
  mm_layout layout;
  double *kept, *work;
  double *row, *solved; /* [nv] */
  mm_tables_f64 tables;
  mm_data_f64 data;
  mm_env_f64 env;
} mm_reference;

static void mm__reference_end(mm_reference *r) {
  mm_context *ctx = r->model->ctx;
  mm__pack_free(ctx, &r->pack);
  mm__free(ctx, r->kept);
  mm__free(ctx, r->work);
  mm__free(ctx, r->row);
  mm__free(ctx, r->solved);
}

static mm_status mm__reference_begin(mm_reference *r, mm_model *model) {
  unsigned char wanted[MM_FIELD_COUNT];
  memset(r, 0, sizeof *r);
  memset(wanted, 0, sizeof wanted);
  r->model = model;
  wanted[MM_SITE_XPOS] = wanted[MM_GEOM_XPOS] = 1;
  mm__layout_make(model, wanted, &r->layout);
  MM_TRY(mm__pack_make(model->ctx, model, MM_PRECISION_F64, &r->pack));
  r->kept = MM_NEW(model->ctx, double, r->layout.kept_size);
  r->work = MM_NEW(model->ctx, double, r->layout.work_size);
  r->row = MM_NEW(model->ctx, double, model->nv);
  r->solved = MM_NEW(model->ctx, double, model->nv);
  if (!r->kept || !r->work || !r->row || !r->solved) return MM_E_MEMORY;
  mm_tables_fill_f64(&r->tables, model, &r->pack);
  mm_data_bind_f64(&r->data, &r->layout, r->kept, r->work);
  r->env.m = &r->tables;
  r->env.d = &r->data;
  mm_reset_f64(r->env, 1, -1);
  return MM_OK;
}

/* the mass matrix with the tendons' own inertia, as far as its pattern goes; the kernels simulate none */
static void mm__reference_add_armature(mm_reference *r) {
  const mm_model *m = r->model;
  for (int t = 0; t < m->ntendon; t++) {
    if (m->tendon_armature[t] == 0) continue;
    mm_tendon_jacobian_row_f64(r->env, t, r->row);
    for (int i = 0; i < m->nv; i++)
      for (int k = m->M_rowadr[i]; k < m->M_rowadr[i] + m->M_rownnz[i]; k++)
        r->data.qM[k] += m->tendon_armature[t] * r->row[i] * r->row[m->M_colind[k]];
  }
}

/* positions, the mass matrix and its factor, tendons and transmissions, at rest */
static void mm__reference_pose(mm_reference *r, const double *qpos) {
  const mm_model *m = r->model;
  memcpy(r->data.qpos, qpos, sizeof *qpos * (size_t)m->nq);
  memset(r->data.qvel, 0, sizeof(double) * (size_t)m->nv);
  mm_kinematics_f64(r->env);
  mm_kinematics_frames_f64(r->env);
  mm_com_f64(r->env);
  mm_velocity_f64(r->env);
  mm_tendon_f64(r->env);
  mm_transmission_f64(r->env);
  mm_mass_matrix_f64(r->env);
  mm__reference_add_armature(r);
  mm_factor_f64(mm_pattern_mass_f64(r->env), r->data.qM, r->tables.dof_damping, 0.0, r->data.qLD);
}

/* x' inv(M) y for the row x = r->row; inv(M) x stays in r->solved */
static double mm__inverse_weight(mm_reference *r) {
  double sum = 0;
  memcpy(r->solved, r->row, sizeof(double) * (size_t)r->model->nv);
  mm_solve_f64(mm_pattern_mass_f64(r->env), r->data.qLD, r->solved);
  for (int i = 0; i < r->model->nv; i++) sum += r->row[i] * r->solved[i];
  return sum;
}

/* MuJoCo's rule for a body that slides along its own axes and does not turn: its inverse weight is 1 / mass */
static int mm__body_only_slides(const mm_model *m, int b) {
  const int parent = m->body_parentid[b], adr = m->body_jntadr[b];
  const double *ipos = m->body_ipos + 3 * b, *iquat = m->body_iquat + 4 * b;
  if (m->body_rootid[b] != b && (m->body_parentid[parent] != 0 || m->body_dofnum[parent] != 0)) return 0;
  for (int k = 0; k < 3; k++)
    if (fabs(ipos[k]) >= 1e-6 || fabs(iquat[1 + k]) >= 1e-6) return 0;
  for (int c = b + 1; c < m->nbody; c++)
    if (m->body_parentid[c] == b) return 0;
  for (int j = adr; j < adr + m->body_jntnum[b]; j++) {
    int components = 0;
    for (int k = 0; k < 3; k++) {
      if (fabs(m->jnt_pos[3 * j + k]) >= 1e-6) return 0;
      components += fabs(m->jnt_axis[3 * j + k]) > 1e-14;
    }
    if (m->jnt_type[j] != MM_JNT_SLIDE || components != 1) return 0;
  }
  for (int w = 0, t = 0; w < m->nwrap; w++) {
    const int type = m->wrap_type[w], id = m->wrap_objid[w];
    while (w >= m->tendon_adr[t] + m->tendon_num[t]) t++;
    if (m->tendon_armature[t] == 0) continue;
    if (type == MM_WRAP_SITE && m->site_bodyid[id] == b) return 0;
    if ((type == MM_WRAP_SPHERE || type == MM_WRAP_CYLINDER) && m->geom_bodyid[id] == b) return 0;
  }
  return m->body_dofnum[b] > 0;
}

/* one row of the Jacobian of the body's centre of mass: component 0 to 2 of its velocity, 3 to 5 of its rotation */
static void mm__body_row(mm_reference *r, int body, int component) {
  const mm_model *m = r->model;
  const double *com = r->data.subtree_com + 3 * m->body_rootid[body], *at = r->data.xipos + 3 * body;
  const double offset[3] = {at[0] - com[0], at[1] - com[1], at[2] - com[2]};
  memset(r->row, 0, sizeof(double) * (size_t)m->nv);
  for (int b = body; b > 0; b = m->body_parentid[b])
    for (int i = m->body_dofadr[b]; i < m->body_dofadr[b] + m->body_dofnum[b]; i++) {
      const double *axis = r->data.cdof + 6 * i;
      const int k = component % 3, next = (k + 1) % 3, last = (k + 2) % 3;
      r->row[i] = component < 3 ? axis[3 + k] + axis[next] * offset[last] - axis[last] * offset[next] : axis[k];
    }
}

static void mm__constants_bodies(mm_reference *r) {
  mm_model *m = r->model;
  for (int b = 0; b < m->nbody; b++) {
    double *weight = m->body_invweight0 + 2 * b;
    weight[0] = weight[1] = 0;
    if (b == 0 || m->body_dofnum[m->body_weldid[b]] == 0) continue;
    if (mm__body_only_slides(m, b)) {
      weight[0] = 1 / (m->body_mass[b] > 1e-15 ? m->body_mass[b] : 1e-15);
      continue;
    }
    for (int k = 0; k < 6; k++) {
      mm__body_row(r, b, k);
      weight[k / 3] += mm__inverse_weight(r) / 3;
    }
  }
}

/* free and ball joints share one weight among three degrees of freedom; dof_M0 is without the tendons' armature, which
   mm__constants_paths takes off */
static void mm__constants_dofs(mm_reference *r) {
  mm_model *m = r->model;
  for (int i = 0; i < m->nv; i++) {
    const int row_end = m->M_rowadr[i] + m->M_rownnz[i] - 1, body = m->dof_bodyid[i];
    m->dof_M0[i] = r->data.qM[row_end];
    memset(r->row, 0, sizeof(double) * (size_t)m->nv);
    r->row[i] = 1;
    m->dof_invweight0[i] = mm__body_only_slides(m, body) ? 1 / (m->body_mass[body] > 1e-15 ? m->body_mass[body] : 1e-15)
                                                         : mm__inverse_weight(r);
  }
  for (int j = 0; j < m->njnt; j++) {
    const int triples = m->jnt_type[j] == MM_JNT_FREE ? 2 : m->jnt_type[j] == MM_JNT_BALL ? 1 : 0;
    for (int t = 0; t < triples; t++) {
      double *weight = m->dof_invweight0 + m->jnt_dofadr[j] + 3 * t;
      weight[0] = weight[1] = weight[2] = (weight[0] + weight[1] + weight[2]) / 3;
    }
  }
}

static void mm__constants_paths(mm_reference *r) {
  mm_model *m = r->model;
  for (int i = 0; i < m->ntendon; i++) {
    m->tendon_length0[i] = r->data.ten_length[i];
    mm_tendon_jacobian_row_f64(r->env, i, r->row);
    m->tendon_invweight0[i] = mm__inverse_weight(r);
    for (int k = 0; k < m->nv; k++) m->dof_M0[k] -= m->tendon_armature[i] * r->row[k] * r->row[k];
  }
  for (int i = 0; i < m->nu; i++) {
    double square = 0;
    m->actuator_length0[i] = r->data.actuator_length[i];
    mm_actuator_moment_row_f64(r->env, i, r->row);
    mm__inverse_weight(r);
    for (int k = 0; k < m->nv; k++) square += r->solved[k] * r->solved[k];
    m->actuator_acc0[i] = sqrt(square);
  }
}

/* a position actuator may give its damping as a ratio of the critical one */
static void mm__constants_damping(mm_reference *r) {
  mm_model *m = r->model;
  for (int i = 0; i < m->nu; i++) {
    double *bias = m->actuator_biasprm + 10 * i, mass = 0;
    const double *gain = m->actuator_gainprm + 10 * i;
    if (gain[0] != -bias[1] || bias[2] <= 0) continue;
    mm_actuator_moment_row_f64(r->env, i, r->row);
    for (int k = 0; k < m->nv; k++)
      if (r->row[k] * r->row[k] > 1e-15) mass += m->dof_M0[k] / (r->row[k] * r->row[k]);
    bias[2] = -bias[2] * 2 * sqrt(gain[0] * mass);
  }
}

/* joints that give their spring by time constant and damping ratio, as solref does, for the inertia that they feel */
static void mm__constants_springdamper(mm_model *m) {
  for (int j = 0; j < m->njnt; j++) {
    const double *given = m->jnt_springdamper + 2 * j;
    const int adr = m->jnt_dofadr[j], count = m->jnt_type[j] == MM_JNT_FREE ? 6 : m->jnt_type[j] == MM_JNT_BALL ? 3 : 1;
    double weight = 0, inertia;
    if (given[0] <= 0 || given[1] <= 0) continue;
    for (int i = adr; i < adr + count; i++) weight += m->dof_invweight0[i];
    inertia = count / fmax(1e-15, weight);
    m->jnt_stiffness[j] = inertia / fmax(1e-15, given[0] * given[0] * given[1] * given[1]);
    for (int i = adr; i < adr + count; i++) m->dof_damping[i] = 2 * inertia / fmax(1e-15, given[0]);
  }
}

/* where a tendon's spring rests, if that is where the joints' springs rest */
static void mm__constants_springs(mm_reference *r) {
  mm_model *m = r->model;
  mm__reference_pose(r, m->qpos_spring);
  for (int i = 0; i < m->ntendon; i++) {
    double *rest = m->tendon_lengthspring + 2 * i;
    if (rest[0] == -1 && rest[1] == -1) rest[0] = rest[1] = r->data.ten_length[i];
  }
}

/* ---- length ranges ---- */

/* the actuator's range is that of the joint or tendon, if this is limited and the option allows it */
static int mm__range_from_limit(mm_model *m, int i) {
  const int id = m->actuator_trnid[2 * i], type = m->actuator_trntype[i];
  const double *range = NULL;
  if (!m->lengthrange.uselimit) return 0;
  if ((type == MM_TRN_JOINT || type == MM_TRN_JOINTINPARENT) && m->jnt_limited[id]) range = m->jnt_range + 2 * id;
  if (type == MM_TRN_TENDON && m->tendon_limited[id]) range = m->tendon_range + 2 * id;
  if (range) memcpy(m->actuator_lengthrange + 2 * i, range, 2 * sizeof *range);
  return range != NULL;
}

static int mm__range_is_due(mm_model *m, int i) {
  const mm_lengthrange_option *o = &m->lengthrange;
  const double *range = m->actuator_lengthrange + 2 * i;
  const int is_muscle = m->actuator_gaintype[i] == MM_GAIN_MUSCLE || m->actuator_biastype[i] == MM_BIAS_MUSCLE;
  if (o->mode == 0 || (o->mode < 3 && !is_muscle)) return 0;
  if (o->useexisting && range[0] < range[1]) return 0;
  return !mm__range_from_limit(m, i);
}

/* one step with the force along the moment that gives the wanted acceleration; sign -1 shortens */
static double mm__range_step(mm_reference *r, int i, double sign) {
  const mm_lengthrange_option *o = &r->model->lengthrange;
  const int nv = r->model->nv;
  const double keep = exp(-r->tables.opt_timestep[0] / (o->timeconst > 0.01 ? o->timeconst : 0.01));
  double acceleration = 0, force = 0, scale;
  for (int k = 0; k < nv; k++) r->data.qvel[k] *= keep;
  memset(r->data.qfrc_applied, 0, sizeof(double) * (size_t)nv);
  mm_step_f64(r->env, 0);
  mm_actuator_moment_row_f64(r->env, i, r->row);
  mm_factor_f64(mm_pattern_mass_f64(r->env), r->data.qM, r->tables.dof_damping, 0.0, r->data.qLD);
  mm__inverse_weight(r);
  for (int k = 0; k < nv; k++) acceleration += r->solved[k] * r->solved[k];
  scale = sign * o->accel / (acceleration > 1e-30 ? sqrt(acceleration) : 1e-15);
  for (int k = 0; k < nv; k++) force += r->row[k] * scale * r->row[k] * scale;
  if (o->maxforce > 0 && sqrt(force) > o->maxforce) scale *= o->maxforce / sqrt(force);
  for (int k = 0; k < nv; k++) r->data.qfrc_applied[k] = scale * r->row[k];
  mm_step_f64(r->env, 1);
  return r->data.actuator_length[i];
}

/* pulls one way for inttotal seconds; the lengths of the last interval must agree to tolrange of the range */
static mm_status mm__range_pull(mm_reference *r, int i, int side, double *low, double *high) {
  const mm_lengthrange_option *o = &r->model->lengthrange;
  const double h = r->tables.opt_timestep[0];
  *low = 1e30;
  *high = -1e30;
  mm_reset_f64(r->env, 1, -1);
  r->data.warning[0] = 0;
  for (double time = 0; time < o->inttotal;) {
    const double length = mm__range_step(r, i, side ? 1.0 : -1.0);
    if (r->data.warning[0] != 0)
      return mm__fail(r->model->ctx, MM_E_MODEL, "actuator '%s': the simulation that looks for its length range diverged: give "
                      "lengthrange", mm_model_name(r->model, MM_OBJ_ACTUATOR, i));
    time += h;
    if (time <= o->inttotal - o->interval) continue;
    if (length < *low) *low = length;
    if (length > *high) *high = length;
  }
  return MM_OK;
}

static mm_status mm__range_search(mm_reference *r, int i) {
  mm_model *m = r->model;
  double *range = m->actuator_lengthrange + 2 * i, low[2], high[2], most;
  for (int side = 0; side < 2; side++) MM_TRY(mm__range_pull(r, i, side, &low[side], &high[side]));
  range[0] = low[0];
  range[1] = high[1];
  most = m->lengthrange.tolrange * (range[1] - range[0]);
  if (range[1] <= range[0])
    return mm__fail(m->ctx, MM_E_MODEL, "actuator '%s': its length range comes out as %g to %g m: give lengthrange",
                    mm_model_name(m, MM_OBJ_ACTUATOR, i), range[0], range[1]);
  if (high[0] - low[0] > most || high[1] - low[1] > most)
    return mm__fail(m->ctx, MM_E_MODEL, "actuator '%s': its length range did not converge (%g to %g m): give lengthrange",
                    mm_model_name(m, MM_OBJ_ACTUATOR, i), range[0], range[1]);
  return MM_OK;
}

/* only limits and equalities act while the range is looked for */
static mm_status mm__constants_ranges(mm_model *m) {
  mm_reference r;
  mm_option saved = m->opt;
  mm_status status = MM_OK;
  int due = 0;
  for (int i = 0; i < m->nu; i++) due += mm__range_is_due(m, i);
  if (!due) return MM_OK;
  m->opt.disableflags[0] = MM_DSBL_FRICTIONLOSS | MM_DSBL_CONTACT | MM_DSBL_SPRING | MM_DSBL_DAMPER | MM_DSBL_GRAVITY | MM_DSBL_ACTUATION;
  if (m->lengthrange.timestep > 0) m->opt.timestep[0] = m->lengthrange.timestep;
  status = mm__reference_begin(&r, m);
  for (int i = 0; i < m->nu && status == MM_OK; i++)
    if (mm__range_is_due(m, i)) status = mm__range_search(&r, i);
  mm__reference_end(&r);
  m->opt = saved;
  return status;
}

/* Fills the derived constants; the plan must be there, and is brought up to date with them. */
MM_PRIVATE mm_status mm__model_set_constants(mm_model *model) {
  mm_reference r;
  double sum = 0;
  mm_status status = mm__reference_begin(&r, model);
  if (status == MM_OK) {
    mm__reference_pose(&r, model->qpos0);
    mm__constants_dofs(&r);
    mm__constants_bodies(&r);
    mm__constants_paths(&r);
    mm__constants_damping(&r);
    for (int i = 0; i < model->nv; i++) sum += r.data.qM[model->M_rowadr[i] + model->M_rownnz[i] - 1];
    if (model->stat_meaninertia == 0 && model->nv) model->stat_meaninertia = sum / model->nv;
    mm__constants_springs(&r);
    mm__constants_springdamper(model);
  }
  mm__reference_end(&r);
  if (status == MM_OK) status = mm__model_replan(model);
  if (status == MM_OK) status = mm__constants_ranges(model);
  return status == MM_OK ? mm__model_replan(model) : status;
}
