/* >>actuation: transmission lengths and velocities, activation, force, generalised force (MuJoCo: mj_transmission, mj_fwdActuation)

   force = gain * input + bias, with input the control, or the activation of actuators that have one. A muscle's gain is
   minus peak force times the curves of force over length and over velocity, its bias minus the passive force; both are
   in normalised length L (1: optimal) and velocity V (1: fastest), whose scales the plan holds ready (muscle_gain). */

/* control, clamped */
MM_FN mm_v mm_control(mm_env e, int i) {
  mm_v ctrl = D(ctrl)[i];
  if (!M(actuator_ctrllimited)[i] || mm_disabled(MM_DSBL_CLAMPCTRL)) return ctrl;
  return mm_clamp(ctrl, (mm_v)(M(actuator_ctrlrange)[2 * i]), (mm_v)(M(actuator_ctrlrange)[2 * i + 1]));
}

/* on a ball joint, or the rotation of a free one: length and velocity about the gear's axis */
MM_FN void mm_transmission_ball(mm_env e, int i, MM_GLOBAL const mm_v *q, MM_GLOBAL const mm_v *v, int is_free) {
  mm_q turn = mm_quat_unit(mm_load_quat(q, 0));
  mm_v3 gear = mm_table3(M(actuator_gear), 2 * i + is_free), angle = mm_quat_log(turn);
  if (M(actuator_trntype)[i] == MM_TRN_JOINTINPARENT) gear = mm_quat_rotate(mm_quat_conj(turn), gear);
  D(actuator_length)[i] = is_free ? V(0.0) : mm_dot3(angle, gear);
  D(actuator_velocity)[i] = mm_dot3(mm_load3(v, 0), gear);
}

MM_FN void mm_transmission_joint(mm_env e, int i) {
  const int joint = M(actuator_trnid)[2 * i], type = M(jnt_type)[joint];
  MM_GLOBAL const mm_v *q = D(qpos) + M(jnt_qposadr)[joint], *v = D(qvel) + M(jnt_dofadr)[joint];
  if (type == MM_JNT_FREE) {
    mm_transmission_ball(e, i, q + 3, v + 3, 1);
    D(actuator_velocity)[i] += mm_dot3(mm_load3(v, 0), mm_table3(M(actuator_gear), 2 * i));
  } else if (type == MM_JNT_BALL) {
    mm_transmission_ball(e, i, q, v, 0);
  } else {
    D(actuator_length)[i] = q[0] * (mm_v)(M(actuator_gear)[6 * i]);
    D(actuator_velocity)[i] = v[0] * (mm_v)(M(actuator_gear)[6 * i]);
  }
}

/* a force and a torque, in the axes of frame, at the point of a line: its rate */
MM_FN mm_v mm_siteact_line(mm_env e, int line, mm_v3 point, mm_v3 force, mm_v3 torque) {
  if (line < 0) return V(0.0);
  const mm_v scale = (mm_v)(M(line_scale)[line]);
  mm_v3 arm = mm_sub3(point, mm_load3(D(subtree_com), M(body_rootid)[M(line_body)[2 * line + 1]]));
  mm_v6 screw = mm_spatial(mm_mul3(mm_add3(mm_cross(arm, force), torque), scale), mm_mul3(force, scale));
  mm_store6(D(path_line), line, screw);
  return mm_dot6(screw, mm_line_velocity(e, line));
}

/* orientation of a site against the world as this transmission takes it: site first, then body */
MM_FN mm_q mm_siteact_quat(mm_env e, int site) {
  return mm_quat_mul(mm_table_quat(M(site_quat), site), mm_load_quat(D(xquat), M(site_bodyid)[site]));
}

/* the gear is a force and torque at a site, in its own axes, or against a reference site in that one's axes */
MM_FN void mm_transmission_site(mm_env e, int k) {
  const int i = M(siteact_actuator)[k], site = M(actuator_trnid)[2 * i], reference = M(actuator_trnid)[2 * i + 1];
  const int axes = reference >= 0 ? reference : site;
  mm_v3 gear_force = mm_table3(M(actuator_gear), 2 * i), gear_torque = mm_table3(M(actuator_gear), 2 * i + 1);
  mm_m33 frame = mm_fixed_mat(e, M(site_bodyid)[axes], mm_table_quat(M(site_quat), axes));
  mm_v3 force = mm_mat_mul(frame, gear_force), torque = mm_mat_mul(frame, gear_torque);
  mm_v3 at = mm_fixed_pos(e, M(site_bodyid)[site], mm_table3(M(site_pos), site));
  mm_v length = V(0.0), velocity = mm_siteact_line(e, M(siteact_line)[2 * k], at, force, torque);
  if (reference >= 0) {
    mm_v3 from = mm_fixed_pos(e, M(site_bodyid)[reference], mm_table3(M(site_pos), reference));
    mm_q turn = mm_quat_mul(mm_quat_conj(mm_siteact_quat(e, reference)), mm_siteact_quat(e, site));
    length = mm_dot3(mm_sub3(at, from), force) + mm_dot3(mm_quat_log(turn), gear_torque);
    velocity += mm_siteact_line(e, M(siteact_line)[2 * k + 1], from, force, torque);
  }
  D(actuator_length)[i] = length;
  D(actuator_velocity)[i] = velocity;
}

/* actuator_length, actuator_velocity; the tendons must be there */
MM_FN void mm_transmission(mm_env e) {
  MM_FOR(i, 0, N(nu)) {
    const int trntype = M(actuator_trntype)[i];
    if (trntype == MM_TRN_TENDON) {
      const mm_v gear = (mm_v)(M(actuator_gear)[6 * i]);
      D(actuator_length)[i] = D(ten_length)[M(actuator_trnid)[2 * i]] * gear;
      D(actuator_velocity)[i] = D(ten_velocity)[M(actuator_trnid)[2 * i]] * gear;
    }
    if (trntype == MM_TRN_JOINT || trntype == MM_TRN_JOINTINPARENT) mm_transmission_joint(e, i);
  }
  MM_FOR(i, 0, N(nsiteact)) mm_transmission_site(e, i);
  MM_BARRIER;
  if (mm_disabled(MM_DSBL_ACTUATION)) {
    MM_FOR(i, 0, N(nu)) D(actuator_velocity)[i] = V(0.0);
    MM_BARRIER;
  }
}

/* from 0 to 1 over 0 <= x <= 1 with no first and second derivative at the ends */
MM_FN mm_v mm_sigmoid(mm_v x) {
  x = mm_clamp(x, V(0.0), V(1.0));
  return x * x * x * ((V(6.0) * x - V(15.0)) * x + V(10.0));
}

/* (excitation - activation) / tau, where tau depends on the activation and on the direction (Millard et al. 2013) */
MM_FN mm_v mm_muscle_rate(mm_env e, int i, mm_v ctrl, mm_v act) {
  MM_GLOBAL const scalar *prm = M(actuator_dynprm) + 10 * i;
  mm_v slowness = V(0.5) + V(1.5) * mm_clamp(act, V(0.0), V(1.0)), excess = mm_clamp(ctrl, V(0.0), V(1.0)) - act;
  mm_v rises = (mm_v)(prm[0]) * slowness, falls = (mm_v)(prm[1]) / slowness;
  mm_v tau = prm[2] < R(1e-15) ? mm_select(excess > V(0.0), rises, falls)
                               : falls + (rises - falls) * mm_sigmoid(excess / (mm_v)(prm[2]) + V(0.5));
  return excess / mm_max(tau, V(1e-15));
}

MM_FN mm_v mm_activation_rate(mm_env e, int i, mm_v ctrl, mm_v act) {
  const int dyntype = M(actuator_dyntype)[i];
  const scalar tau = M(actuator_dynprm)[10 * i];
  if (dyntype == MM_DYN_MUSCLE) return mm_muscle_rate(e, i, ctrl, act);
  if (dyntype == MM_DYN_INTEGRATOR) return ctrl;
  return (ctrl - act) / (mm_v)(tau > R(1e-15) ? tau : R(1e-15));
}

/* activation one time step later */
MM_FN mm_v mm_activation_next(mm_env e, int i, mm_v act, mm_v rate) {
  mm_v time = (mm_v)(M(opt_timestep)[0]);
  if (M(actuator_dyntype)[i] == MM_DYN_FILTEREXACT) {
    const scalar given = M(actuator_dynprm)[10 * i];
    const mm_v tau = (mm_v)(given > R(1e-15) ? given : R(1e-15));
    time = tau * (V(1.0) - mm_exp(-time / tau));
  }
  act += rate * time;
  if (!M(actuator_actlimited)[i]) return act;
  return mm_clamp(act, (mm_v)(M(actuator_actrange)[2 * i]), (mm_v)(M(actuator_actrange)[2 * i + 1]));
}

/* the active force: parabolas in length, from lmin to 1 and from 1 to lmax, and in velocity */
MM_FN mm_v mm_muscle_gain(MM_GLOBAL const scalar *prm, mm_v length, mm_v velocity) {
  mm_v l = (mm_v)(prm[0]) * length + (mm_v)(prm[1]), v = (mm_v)(prm[2]) * velocity;
  mm_m in_range = ((mm_v)(prm[4]) <= l) & (l <= (mm_v)(prm[5]));
  mm_v off = mm_select(l <= V(1.0), (V(1.0) - l) * (mm_v)(prm[6]), (l - V(1.0)) * (mm_v)(prm[7]));
  mm_v by_length = mm_select(off <= V(1.0), V(1.0) - V(0.5) * off * off, V(0.5) * (V(2.0) - off) * (V(2.0) - off));
  mm_v shortens = mm_max(v + V(1.0), V(0.0)), below = mm_max((mm_v)(prm[9]) - v, V(0.0));
  mm_v by_velocity = mm_select(v <= V(0.0), shortens * shortens, (mm_v)(prm[8]) - below * below * (mm_v)(prm[10]));
  return -(mm_v)(prm[3]) * mm_select(in_range, by_length, V(0.0)) * by_velocity;
}

/* the passive force: a parabola up to half way from 1 to lmax, then its tangent */
MM_FN mm_v mm_muscle_bias(MM_GLOBAL const scalar *prm, mm_v length) {
  mm_v over = mm_max(((mm_v)(prm[0]) * length + (mm_v)(prm[1]) - V(1.0)) * (mm_v)(prm[2]), V(0.0));
  return -(mm_v)(prm[3]) * mm_select(over <= V(1.0), V(0.5) * over * over, over - V(0.5));
}

MM_FN mm_v mm_affine(MM_GLOBAL const scalar *prm, mm_v length, mm_v velocity) {
  return (mm_v)(prm[0]) + (mm_v)(prm[1]) * length + (mm_v)(prm[2]) * velocity;
}

MM_FN mm_v mm_force_clamped(mm_env e, int i, mm_v force) {
  if (!M(actuator_forcelimited)[i]) return force;
  return mm_clamp(force, (mm_v)(M(actuator_forcerange)[2 * i]), (mm_v)(M(actuator_forcerange)[2 * i + 1]));
}

/* a set point on a circle: of all that mean the same, the one nearest to the length */
MM_FN mm_v mm_setpoint(mm_env e, int i, mm_v input) {
  const scalar period = M(actuator_period)[i];
  if (!(period > R(0.0))) return input;
  return input - (mm_v)(period) * mm_floor((input - D(actuator_length)[i]) / (mm_v)(period) + V(0.5));
}

/* act_dot and actuator_force; the range of a force on a tendon is left to mm_actuator_tendon */
MM_FN MM_HOT void mm_actuator(mm_env e, int i) {
  const int gaintype = M(actuator_gaintype)[i], biastype = M(actuator_biastype)[i];
  const int state = M(actuator_actnum)[i] > 0 ? M(actuator_actadr)[i] + M(actuator_actnum)[i] - 1 : -1;
  mm_v length = D(actuator_length)[i], velocity = D(actuator_velocity)[i], input = mm_control(e, i), gain, bias = V(0.0);
  if (state >= 0) {
    mm_v act = D(act)[state], rate = mm_activation_rate(e, i, input, act);
    D(act_dot)[state] = rate;
    input = M(actuator_actearly)[i] ? mm_activation_next(e, i, act, rate) : act;
  }
  if (gaintype == MM_GAIN_MUSCLE) gain = mm_muscle_gain(M(muscle_gain) + 11 * i, length, velocity);
  else if (gaintype == MM_GAIN_AFFINE) gain = mm_affine(M(actuator_gainprm) + 10 * i, length, velocity);
  else gain = (mm_v)(M(actuator_gainprm)[10 * i]);
  if (biastype == MM_BIAS_MUSCLE) bias = mm_muscle_bias(M(muscle_bias) + 4 * i, length);
  if (biastype == MM_BIAS_AFFINE) bias = mm_affine(M(actuator_biasprm) + 10 * i, length, velocity);
  mm_v force = gain * mm_setpoint(e, i, input) + bias;
  D(actuator_force)[i] = M(actuator_trntype)[i] == MM_TRN_TENDON ? force : mm_force_clamped(e, i, force);
}

/* the actuators of a tendon together: the tendon's range scales them all, then each has its own */
MM_FN void mm_actuator_tendon(mm_env e, int tendon) {
  const int first = M(tendon_actadr)[tendon], end = first + M(tendon_actnum)[tendon];
  mm_v total = V(0.0), scale = V(1.0), force = V(0.0);
  if (M(tendon_actfrclimited)[tendon]) {
    const mm_v lower = (mm_v)(M(tendon_actfrcrange)[2 * tendon]), upper = (mm_v)(M(tendon_actfrcrange)[2 * tendon + 1]);
    for (int k = first; k < end; k++) total += D(actuator_force)[M(tendon_actuator)[k]];
    mm_v divisor = mm_select(total == V(0.0), V(1.0), total);
    scale = mm_select(total == V(0.0), V(1.0), mm_select(total < lower, lower / divisor, mm_select(total > upper, upper / divisor, V(1.0))));
  }
  for (int k = first; k < end; k++) {
    const int i = M(tendon_actuator)[k];
    mm_v each = mm_force_clamped(e, i, D(actuator_force)[i] * scale);
    D(actuator_force)[i] = each;
    force += each * (mm_v)(M(actuator_gear)[6 * i]);
  }
  D(tendon_force)[tendon] = force;
}

/* gravity compensation that counts as an actuator's, and the range of each joint's force */
MM_FN void mm_actuation_joint(mm_env e, int joint) {
  const int dof = M(jnt_dofadr)[joint], type = M(jnt_type)[joint];
  const int count = type == MM_JNT_FREE ? 6 : type == MM_JNT_BALL ? 3 : 1;
  if (N(ngravdof) > 0 && M(jnt_actgravcomp)[joint])
    for (int k = dof; k < dof + count; k++) D(qfrc_actuator)[k] += D(qfrc_gravcomp)[k];
  if (M(jnt_actfrclimited)[joint])
    D(qfrc_actuator)[dof] = mm_clamp(D(qfrc_actuator)[dof], (mm_v)(M(jnt_actfrcrange)[2 * joint]), (mm_v)(M(jnt_actfrcrange)[2 * joint + 1]));
}

/* act_dot, actuator_force, qfrc_actuator; mm_passive must have run */
MM_FN void mm_actuation(mm_env e) {
  if (N(nu) == 0 || mm_disabled(MM_DSBL_ACTUATION)) {
    MM_FOR(i, 0, N(nu)) D(actuator_force)[i] = V(0.0);
    MM_FOR(i, 0, N(na)) D(act_dot)[i] = V(0.0);
    MM_FOR(i, 0, N(nv)) D(qfrc_actuator)[i] = V(0.0);
    MM_BARRIER;
    return;
  }
  MM_FOR(i, 0, N(nu)) mm_actuator(e, i);
  MM_BARRIER;
  MM_FOR(i, 0, N(ntendon)) mm_actuator_tendon(e, i);
  MM_BARRIER;
  mm_pull(e, 1, D(qfrc_actuator));
  MM_FOR(i, 0, N(njnt)) mm_actuation_joint(e, i);
  MM_BARRIER;
}

/* activations one time step later */
MM_FN void mm_advance_activation(mm_env e) {
  if (mm_disabled(MM_DSBL_ACTUATION)) return;
  MM_FOR(i, 0, N(nu))
    for (int k = M(actuator_actadr)[i]; k >= 0 && k < M(actuator_actadr)[i] + M(actuator_actnum)[i]; k++)
      D(act)[k] = mm_setpoint(e, i, mm_activation_next(e, i, D(act)[k], D(act_dot)[k]));
  MM_BARRIER;
}
