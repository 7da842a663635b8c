/* >>passive: springs, dampers and gravity compensation (MuJoCo: mj_passive) */

/* the spring of a joint: towards qpos_spring, on a ball joint along the rotation that is missing */
MM_FN void mm_passive_joint(mm_env e, int joint) {
  const int type = M(jnt_type)[joint], adr = M(jnt_qposadr)[joint], is_free = type == MM_JNT_FREE;
  const mm_v stiffness = (mm_v)(M(jnt_stiffness)[joint]);
  MM_GLOBAL const mm_v *q = D(qpos) + adr;
  MM_GLOBAL mm_v *force = D(qfrc_passive) + M(jnt_dofadr)[joint];
  if (type == MM_JNT_SLIDE || type == MM_JNT_HINGE || is_free)
    for (int i = 0; i < (is_free ? 3 : 1); i++) force[i] -= stiffness * (q[i] - (mm_v)(M(qpos_spring)[adr + i]));
  if (type == MM_JNT_BALL || is_free) {
    const int shift = is_free ? 3 : 0;
    mm_q rest = mm_quat((mm_v)(M(qpos_spring)[adr + shift]), (mm_v)(M(qpos_spring)[adr + shift + 1]),
                        (mm_v)(M(qpos_spring)[adr + shift + 2]), (mm_v)(M(qpos_spring)[adr + shift + 3]));
    mm_v3 away = mm_quat_log(mm_quat_mul(mm_quat_conj(rest), mm_quat_unit(mm_load_quat(q + shift, 0))));
    mm_v3 old = mm_load3(force + shift, 0);
    mm_store3(force + shift, 0, mm_mad3(old, away, -stiffness));
  }
}

/* spring and damper along a tendon; the spring is slack between its two lengths */
MM_FN mm_v mm_passive_tendon(mm_env e, int i) {
  const mm_v lower = (mm_v)(M(tendon_lengthspring)[2 * i]), upper = (mm_v)(M(tendon_lengthspring)[2 * i + 1]);
  mm_v length = D(ten_length)[i], force = V(0.0);
  mm_v stretch = mm_select(length > upper, length - upper, mm_select(length < lower, length - lower, V(0.0)));
  if (!mm_disabled(MM_DSBL_SPRING)) force = force - (mm_v)(M(tendon_stiffness)[i]) * stretch;
  if (!mm_disabled(MM_DSBL_DAMPER)) force = force - (mm_v)(M(tendon_damping)[i]) * D(ten_velocity)[i];
  return force;
}

/* qfrc_gravcomp: each body's share of its weight, taken off at its centre of mass */
MM_FN void mm_gravcomp(mm_env e) {
  MM_GLOBAL mm_v *force = D(body_work);
  const mm_v none = N(opt_disableflags) & MM_DSBL_GRAVITY ? V(0.0) : V(-1.0);
  MM_FOR(i, 0, N(nbody)) {
    mm_v3 up = mm_mul3(mm_table3(M(opt_gravity), 0), none * (mm_v)(M(body_mass)[i] * M(body_gravcomp)[i]));
    mm_v3 arm = mm_sub3(mm_load3(D(xipos), i), mm_load3(D(subtree_com), M(body_rootid)[i]));
    mm_store6(force, i, mm_spatial(mm_cross(arm, up), up));
  }
  MM_BARRIER;
  mm_gather_forces(e, force);
  MM_FOR(i, 0, N(nv)) D(qfrc_gravcomp)[i] = mm_dot6(mm_load6(D(cdof), i), mm_load6(force, M(dof_bodyid)[i]));
  MM_BARRIER;
}

/* qfrc_passive, qfrc_gravcomp. With springs and dampers both switched off there is no gravity compensation either */
MM_FN void mm_passive(mm_env e) {
  const int springs = !mm_disabled(MM_DSBL_SPRING), dampers = !mm_disabled(MM_DSBL_DAMPER);
  const int pull = (springs | dampers) & (N(ntenspring) > 0);
  if (pull) {
    MM_FOR(i, 0, N(ntendon)) D(tendon_force)[i] = mm_passive_tendon(e, i);
    MM_BARRIER;
    mm_pull(e, 0, D(qfrc_passive));
  } else {
    MM_FOR(i, 0, N(nv)) D(qfrc_passive)[i] = V(0.0);
    MM_BARRIER;
  }
  if (N(ngravdof) > 0) {
    if (springs | dampers) mm_gravcomp(e);
    MM_FOR(i, 0, N(nv)) {
      if (!(springs | dampers)) D(qfrc_gravcomp)[i] = V(0.0);
      if (!M(jnt_actgravcomp)[M(dof_jntid)[i]]) D(qfrc_passive)[i] += D(qfrc_gravcomp)[i];
    }
    MM_BARRIER;
  }
  if (springs) {
    MM_FOR(i, 0, N(njnt))
      if (M(jnt_stiffness)[i] != R(0.0)) mm_passive_joint(e, i);
    MM_BARRIER;
  }
  if (dampers) MM_FOR(i, 0, N(nv)) D(qfrc_passive)[i] -= (mm_v)(M(dof_damping)[i]) * D(qvel)[i];
  MM_BARRIER;
}
