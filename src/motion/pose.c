/* >>pose-code: one pose of a model on the host */

MM_PRIVATE void mm__pose_destroy(mm_pose *pose) {
  if (!pose) return;
  mm__pack_free(pose->ctx, &pose->pack);
  mm__free(pose->ctx, pose->memory);
  mm__free(pose->ctx, pose);
}

MM_PRIVATE mm_status mm__pose_create(mm_context *ctx, const mm_model *model, mm_pose **pose) {
  unsigned char wanted[MM_FIELD_COUNT];
  mm_pose *p = MM_NEW(ctx, mm_pose, 1);
  mm_status status;
  *pose = NULL;
  if (!p) return MM_E_MEMORY;
  memset(wanted, 0, sizeof wanted);
  p->ctx = ctx;
  p->model = model;
  mm__layout_make(model, wanted, &p->layout);
  status = mm__pack_make(ctx, model, MM_PRECISION_F64, &p->pack);
  if (status == MM_OK) {
    const size_t kept = (size_t)p->layout.kept_size, work = (size_t)p->layout.work_size;
    p->memory = MM_NEW(ctx, double, kept + work);
    if (!p->memory) status = MM_E_MEMORY;
    else mm_data_bind_f64(&p->data, &p->layout, p->memory, p->memory + kept);
  }
  if (status != MM_OK) {
    mm__pose_destroy(p);
    return status;
  }
  mm_tables_fill_f64(&p->tables, model, &p->pack);
  *pose = p;
  return MM_OK;
}

static mm_env_f64 mm__pose_env(mm_pose *pose) {
  mm_env_f64 e;
  e.m = &pose->tables;
  e.d = &pose->data;
  return e;
}

MM_PRIVATE void mm__pose_set(mm_pose *pose, const double *qpos) {
  const mm_model *m = pose->model;
  memcpy(pose->data.qpos, qpos, sizeof(double) * (size_t)m->nq);
  for (int b = 0; b < m->nbody; b++) {
    const int mocap = m->body_mocapid[b];
    if (mocap < 0) continue;
    memcpy(pose->data.mocap_pos + 3 * mocap, m->body_pos + 3 * b, 3 * sizeof(double));
    memcpy(pose->data.mocap_quat + 4 * mocap, m->body_quat + 4 * b, 4 * sizeof(double));
  }
  mm_kinematics_f64(mm__pose_env(pose));
}

MM_PRIVATE void mm__pose_tendons(mm_pose *pose) { mm_tendon_f64(mm__pose_env(pose)); }

static void mm__pose_attached(const mm_pose *pose, int body, const double *pos, const double *quat, double *xpos, double *xmat) {
  double q[4];
  mm__rot_apply(pose->data.xquat + 4 * body, pos, xpos);
  for (int k = 0; k < 3; k++) xpos[k] += pose->data.xpos[3 * body + k];
  mm__rot_multiply(pose->data.xquat + 4 * body, quat, q);
  mm__rot_to_matrix(q, xmat);
}

MM_PRIVATE void mm__pose_site(const mm_pose *pose, int site, double *xpos, double *xmat) {
  const mm_model *m = pose->model;
  mm__pose_attached(pose, m->site_bodyid[site], m->site_pos + 3 * site, m->site_quat + 4 * site, xpos, xmat);
}

MM_PRIVATE void mm__pose_geom(const mm_pose *pose, int geom, double *xpos, double *xmat) {
  const mm_model *m = pose->model;
  mm__pose_attached(pose, m->geom_bodyid[geom], m->geom_pos + 3 * geom, m->geom_quat + 4 * geom, xpos, xmat);
}

/* slides move along their axis, hinges turn about it; free and ball joints turn about the axes of their body */
MM_PRIVATE void mm__pose_motion(const mm_pose *pose, int dof, const double *point, double *motion) {
  const mm_model *m = pose->model;
  const int joint = m->dof_jntid[dof], type = m->jnt_type[joint], at = dof - m->jnt_dofadr[joint];
  const double *anchor = pose->data.xanchor + 3 * joint;
  const double *w = motion;
  double arm[3];
  memset(motion, 0, 6 * sizeof *motion);
  if (type == MM_JNT_FREE && at < 3) {
    motion[3 + at] = 1;
    return;
  }
  if (type == MM_JNT_SLIDE) {
    memcpy(motion + 3, pose->data.xaxis + 3 * joint, 3 * sizeof *motion);
    return;
  }
  if (type == MM_JNT_HINGE) memcpy(motion, pose->data.xaxis + 3 * joint, 3 * sizeof *motion);
  else
    for (int k = 0; k < 3; k++)
      motion[k] = pose->data.xmat[9 * m->jnt_bodyid[joint] + 3 * k + (type == MM_JNT_FREE ? at - 3 : at)];
  for (int k = 0; k < 3; k++) arm[k] = point[k] - anchor[k];
  motion[3] = w[1] * arm[2] - w[2] * arm[1];
  motion[4] = w[2] * arm[0] - w[0] * arm[2];
  motion[5] = w[0] * arm[1] - w[1] * arm[0];
}

MM_PRIVATE void mm__pose_site_velocity(const mm_pose *pose, int site, const double *xpos, const double *qvel, double *xvel) {
  const mm_model *m = pose->model;
  int body = m->site_bodyid[site], dof;
  memset(xvel, 0, 6 * sizeof *xvel);
  body = m->body_weldid[body];
  dof = m->body_dofnum[body] ? m->body_dofadr[body] + m->body_dofnum[body] - 1 : -1;
  for (; dof >= 0; dof = m->dof_parentid[dof]) {
    double motion[6];
    mm__pose_motion(pose, dof, xpos, motion);
    for (int k = 0; k < 6; k++) xvel[k] += motion[k] * qvel[dof];
  }
}
