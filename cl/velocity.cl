/* >>velocity: body velocities, bias forces, and forces on bodies brought to the degrees of freedom (MuJoCo: mj_comVel, mj_rne)

   Recursive Newton-Euler with no joint acceleration: going out, a body moves with its parent plus its own joints,
     v_i = v_p + sum S_j q'_j,   a_i = a_p + sum (v x S_j) q'_j,   a_world = -gravity,
   and needs the force f_i = I_i a_i + v_i x* I_i v_i; going in, f_p gathers those of its children; a degree of freedom
   feels S_j . f_i. In v x S_j the velocity is that of the frame which carries the joint: the parent's with the joints
   before; three axes that turn together (ball, free) share one. Translations of a free joint have fixed axes. */

/* the velocity that carries dof's axis, given the body's parent moves with v: joints of the body before dof's are added */
MM_FN mm_v6 mm_carrier(mm_env e, int dof, mm_v6 v) {
  const int joint = M(dof_jntid)[dof], type = M(jnt_type)[joint];
  const int end = type == MM_JNT_FREE ? M(jnt_dofadr)[joint] + 3 : M(jnt_dofadr)[joint];
  for (int k = M(body_dofadr)[M(dof_bodyid)[dof]]; k < end; k++) v = mm_mad6(v, mm_load6(D(cdof), k), D(qvel)[k]);
  return v;
}

/* time derivative of a motion axis; cvel must be there */
MM_FN mm_v6 mm_cdof_dot(mm_env e, int dof) {
  const int joint = M(dof_jntid)[dof];
  mm_v6 parent = mm_load6(D(cvel), M(body_parentid)[M(dof_bodyid)[dof]]);
  if (M(jnt_type)[joint] == MM_JNT_FREE && dof < M(jnt_dofadr)[joint] + 3) return mm_zero6();
  return mm_cross_motion(mm_carrier(e, dof, parent), mm_load6(D(cdof), dof));
}

/* velocity of a body, and acceleration without that of the joints, from those of its parent */
MM_FN void mm_velocity_body(mm_env e, int body, mm_v6 *velocity, mm_v6 *acceleration) {
  mm_v6 v = *velocity, a = *acceleration, carrier = v;
  const int first = M(body_dofadr)[body];
  for (int k = first; k < first + M(body_dofnum)[body]; k++) {
    const int joint = M(dof_jntid)[k], place = k - M(jnt_dofadr)[joint], type = M(jnt_type)[joint];
    mm_v6 axis = mm_load6(D(cdof), k);
    if (place == 0 || (type == MM_JNT_FREE && place == 3)) carrier = v;
    if (type != MM_JNT_FREE || place >= 3) a = mm_mad6(a, mm_cross_motion(carrier, axis), D(qvel)[k]);
    v = mm_mad6(v, axis, D(qvel)[k]);
  }
  *velocity = v;
  *acceleration = a;
}

/* cvel of every body */
MM_FN void mm_velocity(mm_env e) {
  MM_ONE mm_store6(D(cvel), 0, mm_zero6());
  MM_BARRIER;
  for (int level = 1; level < N(nlevel); level++) {
    MM_FOR(i, M(level_adr)[level], M(level_adr)[level] + M(level_num)[level]) {
      const int body = M(level_bodyid)[i];
      mm_v6 v = mm_load6(D(cvel), M(body_parentid)[body]), a = mm_zero6();
      mm_velocity_body(e, body, &v, &a);
      mm_store6(D(cvel), body, v);
    }
    MM_BARRIER;
  }
}

/* force[body] becomes the sum over the body and its descendants, leaves first; six numbers a body */
MM_FN void mm_gather_levels(mm_env e, MM_GLOBAL mm_v *force, int levels) {
  for (int level = levels - 1; level > 0; level--) {
    MM_FOR(i, M(level_adr)[level], M(level_adr)[level] + M(level_num)[level]) {
      const int body = M(level_bodyid)[i], first = M(child_adr)[body], count = M(child_num)[body];
      if (count > 0) {
        mm_v6 sum = mm_load6(force, body);
        for (int k = first; k < first + count; k++) sum = mm_add6(sum, mm_load6(force, M(child_bodyid)[k]));
        mm_store6(force, body, sum);
      }
    }
    MM_BARRIER;
  }
}

MM_FN void mm_gather_forces(mm_env e, MM_GLOBAL mm_v *force) { mm_gather_levels(e, force, N(nlevel)); }

/* qfrc_bias: forces that hold the present motion against gravity, Coriolis and centrifugal force; fills cvel too */
MM_FN void mm_bias(mm_env e) {
  MM_GLOBAL mm_v *acceleration = D(body_work), *force = D(body_work) + 6 * N(nbody);
  MM_ONE {
    mm_v3 up = mm_mul3(mm_table3(M(opt_gravity), 0), N(opt_disableflags) & MM_DSBL_GRAVITY ? V(0.0) : V(-1.0));
    mm_store6(D(cvel), 0, mm_zero6());
    mm_store6(acceleration, 0, mm_spatial(mm_vec(V(0.0), V(0.0), V(0.0)), up));
  }
  MM_BARRIER;
  for (int level = 1; level < N(nlevel); level++) {
    MM_FOR(i, M(level_adr)[level], M(level_adr)[level] + M(level_num)[level]) {
      const int body = M(level_bodyid)[i], parent = M(body_parentid)[body];
      mm_v6 v = mm_load6(D(cvel), parent), a = mm_load6(acceleration, parent);
      mm_inertia inertia = mm_load_inertia(D(cinert), body);
      mm_velocity_body(e, body, &v, &a);
      mm_store6(D(cvel), body, v);
      mm_store6(acceleration, body, a);
      mm_store6(force, body, mm_add6(mm_inertia_mul(inertia, a), mm_cross_force(v, mm_inertia_mul(inertia, v))));
    }
    MM_BARRIER;
  }
  mm_gather_forces(e, force);
  MM_FOR(i, 0, N(nv)) D(qfrc_bias)[i] = mm_dot6(mm_load6(D(cdof), i), mm_load6(force, M(dof_bodyid)[i]));
  MM_BARRIER;
}

/* a force and a torque at a body's centre of mass, about the centre of mass of the tree */
MM_FN mm_v6 mm_applied_force(mm_env e, int body) {
  mm_v3 force = mm_load3(D(xfrc_applied), 2 * body), torque = mm_load3(D(xfrc_applied), 2 * body + 1);
  mm_v3 arm = mm_sub3(mm_load3(D(xipos), body), mm_load3(D(subtree_com), M(body_rootid)[body]));
  return mm_spatial(mm_add3(torque, mm_cross(arm, force)), force);
}

/* qfrc_smooth: everything that moves the body but constraints; xfrc_applied costs only where there is any */
MM_FN void mm_smooth_force(mm_env e) {
  MM_GLOBAL mm_v *force = D(body_work);
  mm_v applied = V(0.0);
  MM_FOR(i, 6, 6 * N(nbody)) applied = mm_select(D(xfrc_applied)[i] == V(0.0), applied, V(1.0));
  const int found = mm_any(mm_lane_sum(e, applied) > V(0.0));
  MM_FOR(i, 0, found ? N(nbody) : 0) mm_store6(force, i, mm_applied_force(e, i));
  MM_BARRIER;
  mm_gather_levels(e, force, found ? N(nlevel) : 0);
  MM_FOR(i, 0, N(nv)) {
    mm_v sum = D(qfrc_passive)[i] - D(qfrc_bias)[i] + D(qfrc_applied)[i] + D(qfrc_actuator)[i];
    if (found) sum += mm_dot6(mm_load6(D(cdof), i), mm_load6(force, M(dof_bodyid)[i]));
    D(qfrc_smooth)[i] = sum;
  }
  MM_BARRIER;
}

/* Acceleration that qfrc_smooth alone would give. It is refined once: where axes of joints nearly coincide, as in a
   shoulder at rest, the factor's rounding in float shows in the fourth digit. */
MM_FN void mm_smooth_acceleration(mm_env e, MM_GLOBAL mm_v *acceleration) {
  const mm_pattern mass = mm_pattern_mass(e);
  MM_GLOBAL mm_v *rest = D(body_work);
  mm_factor(mass, D(qM), M(dof_damping), R(0.0), D(qLD));
  MM_FOR(i, 0, N(nv)) acceleration[i] = D(qfrc_smooth)[i];
  MM_BARRIER;
  mm_solve(mass, D(qLD), acceleration);
  mm_multiply(mass, D(qM), acceleration, rest);
  MM_FOR(i, 0, N(nv)) rest[i] = D(qfrc_smooth)[i] - rest[i];
  MM_BARRIER;
  mm_solve(mass, D(qLD), rest);
  MM_FOR(i, 0, N(nv)) acceleration[i] += rest[i];
  MM_BARRIER;
}
