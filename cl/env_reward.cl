/* >>env-reward: how well an environment follows its reference, and when it has lost it

   A tracking term is w exp(-b d), d the mean of squared differences; penalties are taken off; what is below 0 counts 0.
   Weights, exponents and definitions are the published ones, as are the errors that are reported. */

#if !defined(MM_OPENCL) || MM_HAS_env_state

/* sums over numbers of one kind */
typedef struct mm_track { mm_v squares, exponentials; } mm_track;

/* w exp(-b d) over n numbers, or the mean of the exponentials where the task asks for that; extra is added to d */
MM_FN mm_v mm_track_reward(mm_task_env t, mm_track x, int n, int exponent, mm_v extra) {
  const scalar per = R(1.0) / (scalar)(n > 0 ? n : 1);
  if (t.i[MM_TI_MEAN_EXP]) return x.exponentials * per;
  return mm_exp((x.squares * per + extra) * -t.r[exponent]);
}

MM_FN mm_track mm_track_sum(mm_env e, mm_v squares, mm_v exponentials) {
  mm_track x;
  x.squares = mm_lane_sum(e, squares);
  x.exponentials = mm_lane_sum(e, exponentials);
  return x;
}

/* count numbers of the simulation from place at of the site numbers against the reference; of each run of period
   numbers those from..to-1 count */
MM_FN mm_track mm_track_sites(mm_env e, mm_task_env t, const int *records, int at, int count, int exponent, int period, int from, int to) {
  mm_v squares = V(0.0), exponentials = V(0.0);
  MM_OWN(i, 0, count)
    if (i % period >= from && i % period < to) {
      const mm_v d = t.s[MM_TS_SITES + at + i] - mm_task_ref(t, records, t.i[MM_TI_SITE_AT] + at + i);
      squares += d * d;
      exponentials += mm_exp(d * d * -t.r[exponent]);
    }
  return mm_track_sum(e, squares, exponentials);
}

/* angle between two orientations */
MM_FN mm_v mm_task_angle(mm_q a, mm_q b) {
  const mm_q d = mm_quat_mul(mm_quat_conj(a), b);
  return V(2.0) * mm_atan2(mm_sqrt(d.x * d.x + d.y * d.y + d.z * d.z), mm_abs(d.w));
}

MM_FN mm_v mm_task_yaw(mm_q q) {
  return mm_atan2(V(2.0) * (q.w * q.z + q.x * q.y), V(1.0) - V(2.0) * (q.y * q.y + q.z * q.z));
}

MM_FN mm_q mm_task_ref_quat(mm_task_env t, const int *records, int at) {
  return mm_quat_unit(mm_quat(mm_task_ref(t, records, at), mm_task_ref(t, records, at + 1), mm_task_ref(t, records, at + 2),
                              mm_task_ref(t, records, at + 3)));
}

/* orientations of the root, of simulation and reference: of the free joint, else of the reference site */
MM_FN void mm_task_root_quats(mm_env e, mm_task_env t, const int *records, mm_q *sim, mm_q *ref) {
  const int sites = t.i[MM_TI_SITES], at = 3 * sites + 12 * (sites - 1);
  if (t.i[MM_TI_FREE]) {
    *sim = mm_quat_unit(mm_load_quat(D(qpos) + t.i[MM_TI_ROOT_QPOS] + 3, 0));
    *ref = mm_task_ref_quat(t, records, t.i[MM_TI_ROOT_QPOS] + 3);
  } else {
    *sim = mm_load_quat(t.s + MM_TS_SITES + at, 0);
    *ref = mm_task_ref_quat(t, records, t.i[MM_TI_SITE_AT] + at);
  }
}

/* coordinates: their reward, and the errors that leave the root out */
MM_FN void mm_reward_qpos(mm_env e, mm_task_env t, const int *records, mm_v quat_error) {
  const int root = t.i[MM_TI_ROOT_QPOS], root_end = root + t.i[MM_TI_ROOT_QPOS_COUNT], free_quat = t.i[MM_TI_FREE] ? root + 3 : N(nq);
  const mm_v extra = t.i[MM_TI_FREE] ? quat_error : V(0.0);
  mm_v squares = V(0.0), exponentials = V(0.0), joints = V(0.0), angles = V(0.0);
  mm_track sum;
  MM_OWN(i, 0, N(nq))
    if (i < free_quat || i >= free_quat + 4) {
      const mm_v d = D(qpos)[i] - mm_task_ref_qpos(e, t, records, i);
      squares += d * d;
      exponentials += mm_exp((d * d + extra) * -t.r[MM_TR_QPOS_B]);
      if (i < root || i >= root_end) joints += d * d;
    }
  MM_OWN(i, 0, t.i[MM_TI_HINGES]) {
    const int at = t.i[t.i[MM_TI_HINGES_AT] + i];
    angles += mm_abs(D(qpos)[at] - mm_task_ref(t, records, at));
  }
  sum = mm_track_sum(e, squares, exponentials);
  joints = mm_lane_sum(e, joints);
  angles = mm_lane_sum(e, angles);
  MM_ONE {
    const int n = N(nq) - (t.i[MM_TI_FREE] ? 4 : 0), m = N(nq) - t.i[MM_TI_ROOT_QPOS_COUNT], hinges = t.i[MM_TI_HINGES];
    t.s[MM_SIGNAL_R_QPOS] = mm_track_reward(t, sum, n, MM_TR_QPOS_B, extra);
    t.s[MM_SIGNAL_E_IMITATION] = (sum.squares / (mm_v)((scalar)n) + extra) * t.r[MM_TR_QPOS_W];
    t.s[MM_SIGNAL_E_QPOS] = mm_sqrt(joints / (mm_v)((scalar)(m > 0 ? m : 1)));
    t.s[MM_SIGNAL_E_ANGLE] = angles * (R(57.29577951308232) / (scalar)(hinges > 0 ? hinges : 1));
  }
}

MM_FN void mm_reward_qvel(mm_env e, mm_task_env t, const int *records) {
  const int root = t.i[MM_TI_ROOT_DOF], root_end = root + t.i[MM_TI_ROOT_DOF_COUNT], joints_count = N(nv) - t.i[MM_TI_ROOT_DOF_COUNT];
  mm_v squares = V(0.0), exponentials = V(0.0), joints = V(0.0);
  mm_track sum;
  MM_OWN(i, 0, N(nv)) {
    const mm_v d = D(qvel)[i] - mm_task_ref(t, records, N(nq) + i);
    squares += d * d;
    exponentials += mm_exp(d * d * -t.r[MM_TR_QVEL_B]);
    if (i < root || i >= root_end) joints += d * d;
  }
  sum = mm_track_sum(e, squares, exponentials);
  joints = mm_lane_sum(e, joints);
  MM_ONE {
    t.s[MM_SIGNAL_R_QVEL] = mm_track_reward(t, sum, N(nv), MM_TR_QVEL_B, V(0.0));
    t.s[MM_SIGNAL_E_IMITATION] += sum.squares * (t.r[MM_TR_QVEL_W] / (scalar)N(nv));
    t.s[MM_SIGNAL_E_QVEL] = mm_sqrt(joints / (mm_v)((scalar)(joints_count > 0 ? joints_count : 1)));
  }
}

/* position and velocity of the root; the linear velocity of a free joint in its own frame. One lane, few numbers. */
MM_FN void mm_reward_root(mm_env e, mm_task_env t, const int *records, mm_q sim, mm_q ref) {
  MM_ONE {
    const int positions = t.i[MM_TI_ROOT_POS], dofs = t.i[MM_TI_ROOT_DOF_COUNT], dof = t.i[MM_TI_ROOT_DOF];
    mm_v d = V(0.0), v = V(0.0), yaw = mm_task_yaw(sim) - mm_task_yaw(ref), s, c;
    for (int i = 0; i < positions; i++) {
      const int at = t.i[t.i[MM_TI_ROOT_POS_AT] + i];
      const mm_v x = D(qpos)[at] - mm_task_ref_qpos(e, t, records, at);
      d += x * x;
    }
    if (t.i[MM_TI_FREE]) {
      const mm_v3 own = mm_quat_rotate(mm_quat_conj(sim), mm_load3(D(qvel) + dof, 0));
      const mm_v3 goal = mm_quat_rotate(mm_quat_conj(ref), mm_vec(mm_task_ref(t, records, N(nq) + dof),
                                        mm_task_ref(t, records, N(nq) + dof + 1), mm_task_ref(t, records, N(nq) + dof + 2)));
      const mm_v3 x = mm_sub3(own, goal);
      v = mm_dot3(x, x);
    }
    for (int i = t.i[MM_TI_FREE] ? 3 : 0; i < dofs; i++) {
      const mm_v x = D(qvel)[dof + i] - mm_task_ref(t, records, N(nq) + dof + i);
      v += x * x;
    }
    d /= (mm_v)((scalar)(positions > 0 ? positions : 1));
    v /= (mm_v)((scalar)(dofs > 0 ? dofs : 1));
    mm_sincos(yaw, &s, &c);
    t.s[MM_SIGNAL_R_ROOT_POS] = positions ? mm_exp(d * -t.r[MM_TR_ROOT_POS_B]) : V(0.0);
    t.s[MM_SIGNAL_R_ROOT_VEL] = dofs ? mm_exp(v * -t.r[MM_TR_ROOT_VEL_B]) : V(0.0);
    t.s[MM_SIGNAL_E_ROOT] = mm_sqrt(d);
    t.s[MM_SIGNAL_E_YAW] = mm_abs(mm_atan2(s, c));
    t.s[MM_SIGNAL_E_IMITATION] += d * t.r[MM_TR_ROOT_POS_W];
  }
}

/* what the sites say: rewards of relative position, rotation and velocity */
MM_FN void mm_reward_sites(mm_env e, mm_task_env t, const int *records) {
  const int sites = t.i[MM_TI_SITES], n = 3 * (sites - 1);
  const mm_track pos = mm_track_sites(e, t, records, 3 * sites, n, MM_TR_RPOS_B, 1, 0, 1);
  const mm_track angle = mm_track_sites(e, t, records, 3 * sites + n, n, MM_TR_RQUAT_B, 1, 0, 1);
  const mm_track rotation = mm_track_sites(e, t, records, 3 * sites + 2 * n, 2 * n, MM_TR_RVEL_B, 6, 0, 3);
  const mm_track translation = mm_track_sites(e, t, records, 3 * sites + 2 * n, 2 * n, MM_TR_RVEL_B, 6, 3, 6);
  MM_ONE {
    const scalar per = n > 0 ? R(1.0) / (scalar)n : R(0.0);
    t.s[MM_SIGNAL_R_RPOS] = mm_track_reward(t, pos, n, MM_TR_RPOS_B, V(0.0));
    t.s[MM_SIGNAL_R_RQUAT] = mm_track_reward(t, angle, n, MM_TR_RQUAT_B, V(0.0));
    t.s[MM_SIGNAL_R_RVEL_ROT] = mm_track_reward(t, rotation, n, MM_TR_RVEL_B, V(0.0));
    t.s[MM_SIGNAL_R_RVEL_LIN] = mm_track_reward(t, translation, n, MM_TR_RVEL_B, V(0.0));
    t.s[MM_SIGNAL_E_RPOS] = mm_sqrt(pos.squares * per);
    t.s[MM_SIGNAL_E_IMITATION] += (pos.squares * t.r[MM_TR_RPOS_W] + angle.squares * t.r[MM_TR_RQUAT_W] +
                                   (rotation.squares + translation.squares) * t.r[MM_TR_RVEL_W]) * per;
  }
}

/* where the distances of the sites are: in the world, then relative to the first */
MM_FN MM_GLOBAL mm_v *mm_task_away(mm_env e, mm_task_env t) { return t.s + MM_TS_SITES + t.i[MM_TI_RECORD] - t.i[MM_TI_SITE_AT] + N(nv); }

/* distances of the sites from where they should be, and their means */
MM_FN void mm_task_distances(mm_env e, mm_task_env t, const int *records) {
  const int sites = t.i[MM_TI_SITES], at = t.i[MM_TI_SITE_AT];
  const mm_v3 offset = mm_vec(t.i[MM_TI_X] >= 0 ? D(env_state)[MM_ENV_X] : V(0.0), t.i[MM_TI_Y] >= 0 ? D(env_state)[MM_ENV_Y] : V(0.0), V(0.0));
  MM_GLOBAL mm_v *away = mm_task_away(e, t);
  MM_FOR(i, 0, sites) {
    const int r = 3 * sites + 3 * (i - 1);
    const mm_v3 d = mm_sub3(mm_load3(t.s + MM_TS_SITES, i), mm_vec(mm_task_ref(t, records, at + 3 * i),
                            mm_task_ref(t, records, at + 3 * i + 1), mm_task_ref(t, records, at + 3 * i + 2)));
    away[i] = mm_norm3(mm_add3(d, offset));
    if (i > 0)
      away[sites + i] = mm_norm3(mm_sub3(mm_load3(t.s + MM_TS_SITES + r, 0), mm_vec(mm_task_ref(t, records, at + r),
                                         mm_task_ref(t, records, at + r + 1), mm_task_ref(t, records, at + r + 2))));
  }
  MM_BARRIER;
  MM_ONE {
    mm_v world = V(0.0), relative = V(0.0);
    for (int i = 0; i < sites; i++) world += away[i];
    for (int i = 1; i < sites; i++) relative += away[sites + i];
    t.s[MM_SIGNAL_E_PELVIS] = away[0];
    t.s[MM_SIGNAL_E_SITE] = world / (mm_v)((scalar)sites);
    t.s[MM_SIGNAL_E_RELATIVE] = relative / (mm_v)((scalar)(sites > 1 ? sites - 1 : 1));
  }
  MM_BARRIER;
}

/* What is taken off, at most 1: actions beyond their limits, and where they are weighted, accelerations, torques,
   changes of action, activation. */
MM_FN void mm_reward_penalty(mm_env e, mm_task_env t, MM_GLOBAL const scalar *actions) {
  MM_GLOBAL const mm_v *before = t.s + MM_TS_SITES + t.i[MM_TI_RECORD] - t.i[MM_TI_SITE_AT];
  const int root = t.i[MM_TI_ROOT_DOF], root_end = root + t.i[MM_TI_ROOT_DOF_COUNT];
  mm_v beyond = V(0.0), rate = V(0.0), acceleration = V(0.0), torque = V(0.0), energy = V(0.0);
  MM_OWN(i, 0, N(nu)) {
    const mm_v a = mm_task_action(t, actions, N(nu), i), excess = mm_max(mm_abs(a) - V(1.0), V(0.0));
    beyond += excess * excess;
    if (HAS(env_action)) {
      const mm_v change = a - D(env_action)[i];
      rate += change * change;
      D(env_action)[i] = a;
    }
  }
  MM_OWN(i, 0, N(nv))
    if (i < root || i >= root_end) {
      const mm_v change = D(qvel)[i] - before[i], force = D(qfrc_actuator)[i];
      acceleration += change * change / (mm_v)(t.r[MM_TR_STEP]);
      torque += force * force;
    }
  MM_OWN(i, 0, N(na)) energy += D(act)[i] * D(act)[i];
  beyond = mm_lane_sum(e, beyond) / (mm_v)((scalar)(N(nu) > 0 ? N(nu) : 1));
  rate = mm_lane_sum(e, rate);
  acceleration = mm_lane_sum(e, acceleration);
  torque = mm_lane_sum(e, torque);
  energy = mm_lane_sum(e, energy) / (mm_v)((scalar)(N(na) > 0 ? N(na) : 1));
  MM_ONE {
    const mm_v sum = beyond * t.r[MM_TR_OUT_OF_BOUNDS] + rate * t.r[MM_TR_ACTION_RATE] + acceleration * t.r[MM_TR_JOINT_ACC] +
                     torque * t.r[MM_TR_JOINT_TORQUE] + energy * t.r[MM_TR_ACTIVATION];
    t.s[MM_SIGNAL_PENALTY] = mm_max(-sum, V(-1.0));
    t.s[MM_SIGNAL_PENALTY_ENERGY] = energy * -t.r[MM_TR_ACTIVATION];
  }
}

/* the reward of a step, all its terms and errors left in the scratch */
MM_FN void mm_task_reward(mm_env e, mm_task_env t, MM_GLOBAL const scalar *actions, const int *records, mm_v *angle) {
  mm_q sim, ref;
  mm_task_root_quats(e, t, records, &sim, &ref);
  *angle = mm_task_angle(sim, ref);
  mm_reward_qpos(e, t, records, *angle);
  mm_reward_qvel(e, t, records);
  mm_reward_root(e, t, records, sim, ref);
  mm_reward_sites(e, t, records);
  mm_reward_penalty(e, t, actions);
  mm_task_distances(e, t, records);
  MM_ONE {
    const mm_v sum = t.s[MM_SIGNAL_R_QPOS] * t.r[MM_TR_QPOS_W] + t.s[MM_SIGNAL_R_QVEL] * t.r[MM_TR_QVEL_W] +
                     t.s[MM_SIGNAL_R_ROOT_POS] * t.r[MM_TR_ROOT_POS_W] + t.s[MM_SIGNAL_R_ROOT_VEL] * t.r[MM_TR_ROOT_VEL_W] +
                     t.s[MM_SIGNAL_R_RPOS] * t.r[MM_TR_RPOS_W] + t.s[MM_SIGNAL_R_RQUAT] * t.r[MM_TR_RQUAT_W] +
                     (t.s[MM_SIGNAL_R_RVEL_ROT] + t.s[MM_SIGNAL_R_RVEL_LIN]) * t.r[MM_TR_RVEL_W] + t.s[MM_SIGNAL_PENALTY];
    t.s[MM_SIGNAL_REWARD] = mm_select(mm_finite(sum), mm_max(sum, V(0.0)), V(0.0));
  }
}

/* whether the root is too low or too high */
MM_FN mm_m mm_task_fallen(mm_env e, mm_task_env t) {
  const int z = t.i[MM_TI_Z];
  if (z < 0) return V(0.0) > V(1.0);
  return (D(qpos)[z] < (mm_v)(t.r[MM_TR_HEIGHT_LOW])) | (D(qpos)[z] > (mm_v)(t.r[MM_TR_HEIGHT_HIGH]));
}

/* the reference site and the ankles: their mean distance is beyond the mean of their limits, or any beyond its own */
MM_FN mm_m mm_task_strayed(mm_env e, mm_task_env t, int any) {
  MM_GLOBAL const mm_v *away = mm_task_away(e, t);
  const int ankles = t.i[MM_TI_ANKLES];
  const scalar ankle = t.r[MM_TR_ANKLE_SITE_LIMIT], root = t.r[MM_TR_ROOT_SITE_LIMIT];
  mm_v sum = away[0];
  mm_m beyond = away[0] > (mm_v)(root);
  for (int i = 0; i < ankles; i++) {
    const mm_v d = away[t.i[t.i[MM_TI_ANKLES_AT] + i]];
    sum += d;
    beyond = beyond | (d > (mm_v)(ankle));
  }
  if (any) return beyond;
  return sum > (mm_v)(root + ankle * (scalar)ankles);
}

/* true where the reference is lost; by the lane that has the scratch in order */
MM_FN mm_m mm_task_lost(mm_env e, mm_task_env t, mm_v angle) {
  MM_GLOBAL const mm_v *away = mm_task_away(e, t);
  const int terminal = t.i[MM_TI_TERMINAL];
  const mm_v limit = (mm_v)(t.r[MM_TR_SITE_LIMIT]);
  mm_m lost = V(0.0) > V(1.0);
  if (terminal == MM_TERMINAL_SITES) lost = t.s[MM_SIGNAL_E_SITE] > limit;
  if (terminal == MM_TERMINAL_MAX_SITES)
    for (int i = 0; i < t.i[MM_TI_SITES]; i++) lost = lost | (away[i] > limit);
  if (terminal == MM_TERMINAL_RELATIVE || terminal == MM_TERMINAL_RELATIVE_ROOT) lost = t.s[MM_SIGNAL_E_RELATIVE] > limit;
  if (terminal == MM_TERMINAL_RELATIVE_ROOT) {
    lost = lost | (t.s[MM_SIGNAL_E_PELVIS] > (mm_v)(t.r[MM_TR_ROOT_LIMIT]));
    if (t.r[MM_TR_ANGLE_LIMIT] > R(0.0)) lost = lost | (angle > (mm_v)(t.r[MM_TR_ANGLE_LIMIT]));
  }
  if (terminal == MM_TERMINAL_FULL_BODY || terminal == MM_TERMINAL_FULL_BODY_MAX)
    lost = mm_task_fallen(e, t) | mm_task_strayed(e, t, terminal == MM_TERMINAL_FULL_BODY_MAX);
  if (terminal == MM_TERMINAL_HEIGHT) lost = mm_task_fallen(e, t);
  return lost;
}

#endif
