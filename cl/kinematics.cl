/* >>kinematics: poses of bodies, joints, geoms and sites from qpos (MuJoCo: mj_kinematics)

   Level by level from the world: a body's frame is its parent's, moved by its own offset and then by each of
   its joints in turn. A joint turns the body about its anchor, so the anchor stays where it was. */

/* the pose of a free body is its seven coordinates */
MM_FN void mm_kinematics_free(mm_env e, int joint, mm_v3 *pos, mm_q *quat) {
  int adr = M(jnt_qposadr)[joint];
  *pos = mm_vec(D(qpos)[adr], D(qpos)[adr + 1], D(qpos)[adr + 2]);
  *quat = mm_quat_unit(mm_quat(D(qpos)[adr + 3], D(qpos)[adr + 4], D(qpos)[adr + 5], D(qpos)[adr + 6]));
}

/* one hinge, slide or ball joint moves the frame */
MM_FN void mm_kinematics_joint(mm_env e, int joint, mm_v3 *pos, mm_q *quat) {
  int adr = M(jnt_qposadr)[joint], type = M(jnt_type)[joint];
  mm_v3 local_anchor = mm_table3(M(jnt_pos), joint), local_axis = mm_table3(M(jnt_axis), joint);
  mm_v3 axis = mm_quat_rotate(*quat, local_axis);
  mm_v3 anchor = mm_add3(mm_quat_rotate(*quat, local_anchor), *pos);
  mm_store3(D(xanchor), joint, anchor);
  mm_store3(D(xaxis), joint, axis);
  if (type == MM_JNT_SLIDE) {
    *pos = mm_mad3(*pos, axis, D(qpos)[adr] - (mm_v)(M(qpos0)[adr]));
    return;
  }
  mm_q turn;
  if (type == MM_JNT_BALL)
    turn = mm_quat_unit(mm_quat(D(qpos)[adr], D(qpos)[adr + 1], D(qpos)[adr + 2], D(qpos)[adr + 3]));
  else
    turn = mm_quat_axis(local_axis, D(qpos)[adr] - (mm_v)(M(qpos0)[adr]));
  *quat = mm_quat_mul(*quat, turn);
  *pos = mm_sub3(anchor, mm_quat_rotate(*quat, local_anchor));
}

MM_FN void mm_kinematics_body(mm_env e, int body) {
  int first = M(body_jntadr)[body], count = M(body_jntnum)[body], parent = M(body_parentid)[body];
  mm_v3 pos;
  mm_q quat;
  if (count == 1 && M(jnt_type)[first] == MM_JNT_FREE) {
    mm_kinematics_free(e, first, &pos, &quat);
    mm_store3(D(xanchor), first, pos);
    mm_store3(D(xaxis), first, mm_table3(M(jnt_axis), first));
  } else {
    mm_q parent_quat = mm_load_quat(D(xquat), parent);
    mm_v3 offset = mm_table3(M(body_pos), body);
    mm_q turn = mm_table_quat(M(body_quat), body);
    if (M(body_mocapid)[body] >= 0) {
      offset = mm_load3(D(mocap_pos), M(body_mocapid)[body]);
      turn = mm_quat_unit(mm_load_quat(D(mocap_quat), M(body_mocapid)[body]));
    }
    pos = mm_add3(mm_load3(D(xpos), parent), mm_quat_rotate(parent_quat, offset));
    quat = mm_quat_mul(parent_quat, turn);
    for (int j = first; j < first + count; j++) mm_kinematics_joint(e, j, &pos, &quat);
    quat = mm_quat_unit(quat);
  }
  mm_store3(D(xpos), body, pos);
  mm_store_quat(D(xquat), body, quat);
  mm_store33(D(xmat), body, mm_quat_matrix(quat));
}

/* the world, then level after level */
MM_FN void mm_kinematics(mm_env e) {
  MM_ONE {
    mm_q identity = mm_quat(V(1.0), V(0.0), V(0.0), V(0.0));
    mm_store3(D(xpos), 0, mm_vec(V(0.0), V(0.0), V(0.0)));
    mm_store_quat(D(xquat), 0, identity);
    mm_store33(D(xmat), 0, mm_quat_matrix(identity));
  }
  MM_BARRIER;
  for (int level = 1; level < N(nlevel); level++) {
    MM_FOR(i, M(level_adr)[level], M(level_adr)[level] + M(level_num)[level])
      mm_kinematics_body(e, M(level_bodyid)[i]);
    MM_BARRIER;
  }
  MM_FOR(i, 0, N(nbody)) {
    mm_q quat = mm_load_quat(D(xquat), i);
    mm_v3 offset = mm_table3(M(body_ipos), i);
    mm_store3(D(xipos), i, mm_add3(mm_load3(D(xpos), i), mm_quat_rotate(quat, offset)));
    mm_store33(D(ximat), i, mm_quat_matrix(mm_quat_mul(quat, mm_table_quat(M(body_iquat), i))));
  }
  MM_BARRIER;
}

/* position and orientation of something that is fixed in a body */
MM_FN mm_v3 mm_fixed_pos(mm_env e, int body, mm_v3 fixed) {
  return mm_add3(mm_load3(D(xpos), body), mm_mat_mul(mm_load33(D(xmat), body), fixed));
}

MM_FN mm_m33 mm_fixed_mat(mm_env e, int body, mm_q fixed) {
  return mm_quat_matrix(mm_quat_mul(mm_load_quat(D(xquat), body), fixed));
}

/* frames that somebody asked to see; the stages compute what they need themselves */
MM_FN void mm_kinematics_frames(mm_env e) {
  if (HAS(geom_xpos))
    MM_FOR(i, 0, N(ngeom)) mm_store3(D(geom_xpos), i, mm_fixed_pos(e, M(geom_bodyid)[i], mm_table3(M(geom_pos), i)));
  if (HAS(geom_xmat))
    MM_FOR(i, 0, N(ngeom)) mm_store33(D(geom_xmat), i, mm_fixed_mat(e, M(geom_bodyid)[i], mm_table_quat(M(geom_quat), i)));
  if (HAS(site_xpos))
    MM_FOR(i, 0, N(nsite)) mm_store3(D(site_xpos), i, mm_fixed_pos(e, M(site_bodyid)[i], mm_table3(M(site_pos), i)));
  if (HAS(site_xmat))
    MM_FOR(i, 0, N(nsite)) mm_store33(D(site_xmat), i, mm_fixed_mat(e, M(site_bodyid)[i], mm_table_quat(M(site_quat), i)));
  MM_BARRIER;
}
