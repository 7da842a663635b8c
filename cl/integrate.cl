/* >>integrate: one time step from the acceleration, and what happens to numbers that went wrong (MuJoCo: mj_Euler, mj_checkPos)

   Semi-implicit Euler: v' = v + h a, q' = q + h v'. Where degrees of freedom have damping D, the acceleration is solved
   anew with M + h D in place of M, which is the damper at v' instead of v: stiff dampers stay stable. */

/* larger numbers count as diverged; MuJoCo's bound */
#define MM_HUGE R(1e10)

MM_FN mm_m mm_bad(mm_v x) { return mm_not(mm_abs(x) <= (mm_v)(MM_HUGE)); }

/* 1 where one of a lane's share of count numbers is bad */
MM_FN mm_v mm_bad_among(MM_GLOBAL const mm_v *x, int count) {
  mm_v bad = V(0.0);
  MM_FOR(i, 0, count) bad = mm_select(mm_bad(x[i]), V(1.0), bad);
  return bad;
}

/* sets one bit of mm_warning where the mask is set */
MM_FN void mm_warn(mm_env e, mm_m mask, int bit) {
  const mm_v value = (mm_v)((scalar)(bit));
  MM_ONE {
    const mm_v shifted = mm_floor(D(warning)[0] / value);
    const mm_m is_clear = shifted == V(2.0) * mm_floor(shifted * V(0.5));
    D(warning)[0] += mm_select(mask & is_clear, value, V(0.0));
  }
}

/* controls that are not finite: all of that environment's count as zero */
MM_FN void mm_check_ctrl(mm_env e) {
  const mm_m bad = mm_lane_sum(e, mm_bad_among(D(ctrl), N(nu))) > V(0.0);
  if (mm_any(bad)) {
    MM_FOR(i, 0, N(nu)) D(ctrl)[i] = mm_select(bad, V(0.0), D(ctrl)[i]);
    mm_warn(e, bad, MM_WARN_BADCTRL);
  }
  MM_BARRIER;
}

/* back to the start; the other environments of the tile do not notice */
MM_FN void mm_put_back(mm_env e, mm_m mask) {
  mm_reset_values(e, mask, -1);
  MM_ONE D(resets)[0] += mm_select(mask, V(1.0), V(0.0));
}

/* a state that is not finite, or diverged, starts again */
MM_FN void mm_check_state(mm_env e) {
  const mm_v bad = mm_lane_sum(e, mm_bad_among(D(qpos), N(nq)) + V(4096.0) * mm_bad_among(D(qvel), N(nv)));
  const mm_m position = bad != V(4096.0) * mm_floor(bad / V(4096.0)), velocity = mm_not(position) & (bad > V(0.0));
  if (mm_any(position | velocity)) {
    mm_warn(e, position, MM_WARN_BADQPOS);
    mm_warn(e, velocity, MM_WARN_BADQVEL);
    mm_put_back(e, position | velocity);
  }
  MM_BARRIER;
}

/* sets the bit where one of the numbers is bad; where the mask is still set after that */
MM_FN mm_m mm_blame(mm_env e, mm_m mask, MM_GLOBAL const mm_v *x, int count, int bit) {
  const mm_m bad = mm_lane_sum(e, mm_bad_among(x, count)) > V(0.0);
  mm_warn(e, mask & bad, bit);
  return mask & mm_not(bad);
}

/* likewise an acceleration, or what it was computed from; true if there was one, then everything must be computed again */
MM_FN int mm_check_acceleration(mm_env e) {
  const mm_m bad = mm_lane_sum(e, mm_bad_among(D(qacc), N(nv))) > V(0.0);
  const int found = mm_any(bad);
  if (found) {
    mm_m rest = mm_blame(e, bad, D(act), N(na), MM_WARN_BADACT);
    rest = mm_blame(e, rest, D(qfrc_applied), N(nv), MM_WARN_BADAPPLIED);
    rest = mm_blame(e, rest, D(xfrc_applied), 6 * N(nbody), MM_WARN_BADAPPLIED);
    rest = mm_blame(e, rest, D(ten_length), N(ntendon), MM_WARN_BADLENGTH);
    rest = mm_blame(e, rest, D(actuator_force), N(nu), MM_WARN_BADFORCE);
    mm_warn(e, rest, MM_WARN_BADQACC);
    mm_put_back(e, bad);
  }
  MM_BARRIER;
  return found;
}

/* a unit quaternion after turning with velocity w, in its own frame, for time h */
MM_FN mm_q mm_quat_integrate(mm_q q, mm_v3 w, mm_v h) {
  mm_v rate;
  mm_v3 axis = mm_unit3(w, &rate);
  return mm_quat_mul(mm_quat_unit(q), mm_quat_axis(axis, rate * h));
}

MM_FN void mm_integrate_joint(mm_env e, int joint, mm_v h) {
  const int type = M(jnt_type)[joint];
  MM_GLOBAL mm_v *q = D(qpos) + M(jnt_qposadr)[joint];
  MM_GLOBAL const mm_v *v = D(qvel) + M(jnt_dofadr)[joint];
  if (type == MM_JNT_HINGE || type == MM_JNT_SLIDE) q[0] += h * v[0];
  if (type == MM_JNT_FREE) {
    for (int i = 0; i < 3; i++) q[i] += h * v[i];
    q += 3;
    v += 3;
  }
  if (type == MM_JNT_FREE || type == MM_JNT_BALL)
    mm_store_quat(q, 0, mm_quat_integrate(mm_load_quat(q, 0), mm_load3(v, 0), h));
}

/* the acceleration that moves the state: qacc, or in body_work that with implicit damping */
MM_FN MM_GLOBAL const mm_v *mm_damped_acceleration(mm_env e) {
  MM_GLOBAL mm_v *acceleration = D(body_work);
  if (N(ndamped) == 0 || mm_disabled(MM_DSBL_EULERDAMP | MM_DSBL_DAMPER)) return D(qacc);
  mm_factor(mm_pattern_mass(e), D(qM), M(dof_damping), M(opt_timestep)[0], D(qLD));
  MM_FOR(i, 0, N(nv)) acceleration[i] = D(qfrc_smooth)[i] + D(qfrc_constraint)[i];
  MM_BARRIER;
  mm_solve(mm_pattern_mass(e), D(qLD), acceleration);
  return acceleration;
}

/* the state one time step later */
MM_FN void mm_euler(mm_env e) {
  const mm_v h = (mm_v)(M(opt_timestep)[0]);
  MM_GLOBAL const mm_v *acceleration = mm_damped_acceleration(e);
  MM_FOR(i, 0, N(nv)) {
    D(qvel)[i] += h * acceleration[i];
    D(qacc_warmstart)[i] = D(qacc)[i];
  }
  MM_BARRIER;
  MM_FOR(i, 0, N(njnt)) mm_integrate_joint(e, i, h);
  MM_ONE D(step)[0] += V(1.0);
  MM_BARRIER;
}
