/* >>tendon: tendon lengths and velocities, and what their tension does to the bodies (MuJoCo: mj_tendon)

   No Jacobian is formed. A string of tension f between bodies a and b pulls each along one line of space, and such a
   line is six numbers, the screw l = (x X u, u) for any of its points x and its direction u; x is taken from the centre
   of mass of the higher body's tree, as all spatial vectors are. Then its length changes at the rate l . (v_b - v_a)
   with v the bodies' cvel, and f pulls with the wrench -f l on b and f l on a. Where a string runs over a geom, two lines
   end at the geom's body; where it does not touch they are the same line, and what they do to that body cancels.
   Forces go back the same way: lines of the same two bodies are summed, then these sums by body, each in fixed order. */

/* a fixed rotation of row i of a table, and its transpose, applied to v */
MM_FN MM_HOT mm_v3 mm_table_turn(MM_GLOBAL const scalar *table, int i, mm_v3 v) {
  table += 9 * i;
  return mm_vec((mm_v)(table[0]) * v.x + (mm_v)(table[1]) * v.y + (mm_v)(table[2]) * v.z,
                (mm_v)(table[3]) * v.x + (mm_v)(table[4]) * v.y + (mm_v)(table[5]) * v.z,
                (mm_v)(table[6]) * v.x + (mm_v)(table[7]) * v.y + (mm_v)(table[8]) * v.z);
}

MM_FN MM_HOT mm_v3 mm_table_turn_back(MM_GLOBAL const scalar *table, int i, mm_v3 v) {
  table += 9 * i;
  return mm_vec((mm_v)(table[0]) * v.x + (mm_v)(table[3]) * v.y + (mm_v)(table[6]) * v.z,
                (mm_v)(table[1]) * v.x + (mm_v)(table[4]) * v.y + (mm_v)(table[7]) * v.z,
                (mm_v)(table[2]) * v.x + (mm_v)(table[5]) * v.y + (mm_v)(table[8]) * v.z);
}

/* from the centre of mass of the first tree to that of the second */
MM_FN mm_v3 mm_tree_offset(mm_env e, int root0, int root1) {
  return mm_sub3(mm_load3(D(subtree_com), root1), mm_load3(D(subtree_com), root0));
}

/* velocity of a line's higher body against its lower one */
MM_FN MM_HOT mm_v6 mm_line_velocity(mm_env e, int line) {
  const int lower = M(line_body)[2 * line], higher = M(line_body)[2 * line + 1];
  const int root0 = M(body_rootid)[lower], root1 = M(body_rootid)[higher];
  mm_v6 a = mm_load6(D(cvel), lower), b = mm_load6(D(cvel), higher);
  if (root0 != root1) a.t = mm_add3(a.t, mm_cross(a.r, mm_tree_offset(e, root0, root1)));
  return mm_spatial(mm_sub3(b.r, a.r), mm_sub3(b.t, a.t));
}

/* keeps a line through a point, and gives the rate at which its length grows */
MM_FN MM_HOT mm_v mm_line_make(mm_env e, int line, mm_v3 point, mm_v3 direction) {
  const int root = M(body_rootid)[M(line_body)[2 * line + 1]];
  mm_v3 along = mm_mul3(direction, (mm_v)(M(line_scale)[line]));
  mm_v6 screw = mm_spatial(mm_cross(mm_sub3(point, mm_load3(D(subtree_com), root)), along), along);
  mm_store6(D(path_line), line, screw);
  return mm_dot6(screw, mm_line_velocity(e, line));
}

MM_FN MM_HOT void mm_span_straight(mm_env e, int span) {
  mm_v3 first = mm_fixed_pos(e, M(span_body)[3 * span], mm_table3(M(span_first), span));
  mm_v3 last = mm_fixed_pos(e, M(span_body)[3 * span + 2], mm_table3(M(span_last), span));
  mm_v3 step = mm_sub3(last, first);
  mm_v square = mm_dot3(step, step);
  mm_m none = square < (mm_v)(MM_TINY * MM_TINY);
  mm_v inverse = mm_rsqrt(mm_select(none, V(1.0), square));
  mm_v3 direction = mm_mul3(step, inverse);
  if (mm_any(none)) direction = mm_select3(none, mm_vec(V(1.0), V(0.0), V(0.0)), direction);
  D(path_rate)[span] = mm_line_make(e, span, last, direction);
  D(path_length)[span] = square * inverse * (mm_v)(M(span_scale)[span]);
}

/* a point of a body, in the world, in the frame of an arc's geom */
MM_FN MM_HOT mm_v3 mm_arc_local(mm_env e, int arc, int body, mm_v3 point) {
  mm_v3 in_body = mm_mat_mul_t(mm_load33(D(xmat), body), mm_sub3(point, mm_load3(D(xpos), body)));
  return mm_table_turn_back(M(arc_mat), arc, mm_sub3(in_body, mm_table3(M(arc_pos), arc)));
}

MM_FN MM_HOT mm_v mm_arc_line(mm_env e, int arc, int body, int line, mm_v3 point, mm_v3 direction) {
  if (line < 0) return V(0.0);
  direction = mm_mat_mul(mm_load33(D(xmat), body), mm_table_turn(M(arc_mat), arc, direction));
  return mm_line_make(e, line, point, direction);
}

MM_FN MM_HOT void mm_span_arc(mm_env e, int arc) {
  const int span = N(nstraight) + arc, body = M(span_body)[3 * span + 1], kind = M(arc_side)[arc];
  const int line0 = M(span_line)[2 * span], line1 = M(span_line)[2 * span + 1];
  mm_v3 p = mm_table3(M(span_first), span), q = mm_table3(M(span_last), span), side = mm_table3(M(arc_sidepos), arc);
  mm_v3 first = p, last = q;
  if (line0 >= 0) {
    first = mm_fixed_pos(e, M(span_body)[3 * span], p);
    p = mm_arc_local(e, arc, body, first);
  }
  if (line1 >= 0) {
    last = mm_fixed_pos(e, M(span_body)[3 * span + 2], q);
    q = mm_arc_local(e, arc, body, last);
  }
  if (kind == MM_SIDE_MOVING) side = mm_arc_local(e, arc, body, mm_fixed_pos(e, M(arc_sidebody)[arc], side));
  mm_path path = mm_wrap(p, q, side, M(arc_radius)[arc], M(arc_cylinder)[arc], kind);
  D(path_rate)[span] = mm_arc_line(e, arc, body, line0, first, path.first) + mm_arc_line(e, arc, body, line1, last, path.last);
  D(path_length)[span] = path.length * (mm_v)(M(span_scale)[span]);
}

/* length and velocity of a fixed tendon: a weighted sum of joint coordinates */
MM_FN void mm_tendon_fixed(mm_env e, int tendon, mm_v *length, mm_v *velocity) {
  for (int k = M(tendon_adr)[tendon]; k < M(tendon_adr)[tendon] + M(tendon_num)[tendon]; k++) {
    const int joint = M(wrap_objid)[k];
    *length += (mm_v)(M(wrap_prm)[k]) * D(qpos)[M(jnt_qposadr)[joint]];
    *velocity += (mm_v)(M(wrap_prm)[k]) * D(qvel)[M(jnt_dofadr)[joint]];
  }
}

/* ten_length, ten_velocity, and the lines of force; cvel must be there */
MM_FN void mm_tendon(mm_env e) {
  MM_FOR(i, 0, N(nstraight)) mm_span_straight(e, i);
  MM_FOR(i, 0, N(narc)) mm_span_arc(e, i);
  MM_BARRIER;
  MM_FOR(i, 0, N(ntendon)) {
    const int first = M(tendon_spanadr)[i];
    mm_v length = (mm_v)(M(tendon_rest)[i]), velocity = V(0.0);
    for (int k = first; k < first + M(tendon_spannum)[i]; k++) {
      length += D(path_length)[M(tendon_span)[k]];
      velocity += D(path_rate)[M(tendon_span)[k]];
    }
    if (M(wrap_type)[M(tendon_adr)[i]] == MM_WRAP_JOINT) mm_tendon_fixed(e, i, &length, &velocity);
    D(ten_length)[i] = length;
    D(ten_velocity)[i] = velocity;
  }
  MM_BARRIER;
}

/* force of a source: a tendon's, or where actuators take part that of one which acts on no tendon */
MM_FN mm_v mm_pull_force(mm_env e, int source, int with_actuators) {
  if (source < N(ntendon)) return D(tendon_force)[source];
  return with_actuators ? D(actuator_force)[source - N(ntendon)] : V(0.0);
}

/* component of the gear of an actuator on the rotation of its ball or free joint, turned to the parent's frame */
MM_FN mm_v mm_turned_gear(mm_env e, int actuator, int component) {
  const int joint = M(actuator_trnid)[2 * actuator], is_free = M(jnt_type)[joint] == MM_JNT_FREE;
  mm_q turn = mm_quat_unit(mm_load_quat(D(qpos) + M(jnt_qposadr)[joint] + (is_free ? 3 : 0), 0));
  mm_v3 gear = mm_quat_rotate(mm_quat_conj(turn), mm_table3(M(actuator_gear), 2 * actuator + is_free));
  return component == 0 ? gear.x : component == 1 ? gear.y : gear.z;
}

MM_FN mm_v mm_dofpull_coefficient(mm_env e, int pull) {
  const int component = M(dofpull_turn)[pull];
  if (component < 0) return (mm_v)(M(dofpull_coef)[pull]);
  return mm_turned_gear(e, M(dofpull_source)[pull] - N(ntendon), component);
}

/* what the lines of a bundle pull together */
MM_FN void mm_pull_bundle(mm_env e, int bundle, int with_actuators) {
  mm_v6 sum = mm_zero6();
  for (int k = M(bundle_adr)[bundle]; k < M(bundle_adr)[bundle] + M(bundle_num)[bundle]; k++)
    sum = mm_mad6(sum, mm_load6(D(path_line), k), mm_pull_force(e, M(line_source)[k], with_actuators));
  mm_store6(D(path_force), bundle, sum);
}

/* what all bundles do to a body, about the centre of mass of its tree */
MM_FN MM_HOT mm_v6 mm_pull_body(mm_env e, int body) {
  mm_v6 force = mm_zero6();
  for (int k = M(pull_adr)[body]; k < M(pull_adr)[body] + M(pull_num)[body]; k++) {
    const int bundle = M(pull_bundle)[k] / 2, is_higher = M(pull_bundle)[k] & 1;
    const int root0 = M(body_rootid)[M(line_body)[2 * M(bundle_adr)[bundle] + 1]], root1 = M(body_rootid)[body];
    mm_v6 pull = mm_load6(D(path_force), bundle);
    if (root0 != root1) pull.r = mm_add3(pull.r, mm_cross(mm_tree_offset(e, root1, root0), pull.t));
    force = mm_mad6(force, pull, is_higher ? V(1.0) : V(-1.0));
  }
  return force;
}

/* the generalised force of tendon_force along the tendons, and of the actuators that act on no tendon */
MM_FN void mm_pull(mm_env e, int with_actuators, MM_GLOBAL mm_v *qfrc) {
  MM_GLOBAL mm_v *force = D(body_work);
  MM_FOR(i, 0, N(nbundle)) mm_pull_bundle(e, i, with_actuators);
  MM_BARRIER;
  MM_FOR(i, 0, N(nbody)) mm_store6(force, i, mm_pull_body(e, i));
  MM_BARRIER;
  mm_gather_forces(e, force);
  MM_FOR(i, 0, N(nv)) {
    mm_v sum = mm_dot6(mm_load6(D(cdof), i), mm_load6(force, M(dof_bodyid)[i]));
    for (int k = M(dofpull_adr)[i]; k < M(dofpull_adr)[i] + M(dofpull_num)[i]; k++)
      sum += mm_dofpull_coefficient(e, k) * mm_pull_force(e, M(dofpull_source)[k], with_actuators);
    qfrc[i] = sum;
  }
  MM_BARRIER;
}

/* adds weight * line, projected on the degrees of freedom between its bodies, to a dense row */
MM_FN void mm_line_jacobian(mm_env e, int line, mm_v weight, MM_GLOBAL mm_v *row) {
  const int body0 = M(line_body)[2 * line], body1 = M(line_body)[2 * line + 1];
  const int root0 = M(body_rootid)[body0], root1 = M(body_rootid)[body1];
  const int weld0 = M(body_weldid)[body0], weld1 = M(body_weldid)[body1];
  int dof0 = M(body_dofnum)[weld0] ? M(body_dofadr)[weld0] + M(body_dofnum)[weld0] - 1 : -1;
  int dof1 = M(body_dofnum)[weld1] ? M(body_dofadr)[weld1] + M(body_dofnum)[weld1] - 1 : -1;
  mm_v6 screw1 = mm_load6(D(path_line), line), screw0 = screw1;
  if (root0 != root1) screw0.r = mm_add3(screw0.r, mm_cross(mm_tree_offset(e, root0, root1), screw0.t));
  while (dof0 != dof1) {
    if (dof1 > dof0) {
      row[dof1] += weight * mm_dot6(screw1, mm_load6(D(cdof), dof1));
      dof1 = M(dof_parentid)[dof1];
    } else {
      row[dof0] -= weight * mm_dot6(screw0, mm_load6(D(cdof), dof0));
      dof0 = M(dof_parentid)[dof0];
    }
  }
}

/* derivative of a tendon's length with respect to the degrees of freedom, as nv numbers; by one lane */
MM_FN void mm_tendon_jacobian_row(mm_env e, int tendon, MM_GLOBAL mm_v *row) {
  const int first = M(tendon_lineadr)[tendon], path = M(tendon_adr)[tendon];
  for (int i = 0; i < N(nv); i++) row[i] = V(0.0);
  for (int k = first; k < first + M(tendon_linenum)[tendon]; k++) mm_line_jacobian(e, M(tendon_line)[k], V(1.0), row);
  if (M(wrap_type)[path] == MM_WRAP_JOINT)
    for (int k = path; k < path + M(tendon_num)[tendon]; k++) row[M(jnt_dofadr)[M(wrap_objid)[k]]] += (mm_v)(M(wrap_prm)[k]);
}

/* derivative of an actuator's length, likewise: its moment arms */
MM_FN void mm_actuator_moment_row(mm_env e, int actuator, MM_GLOBAL mm_v *row) {
  const int trntype = M(actuator_trntype)[actuator], source = N(ntendon) + actuator;
  if (trntype == MM_TRN_TENDON) {
    mm_tendon_jacobian_row(e, M(actuator_trnid)[2 * actuator], row);
    for (int i = 0; i < N(nv); i++) row[i] = row[i] * (mm_v)(M(actuator_gear)[6 * actuator]);
    return;
  }
  for (int i = 0; i < N(nv); i++) {
    row[i] = V(0.0);
    for (int k = M(dofpull_adr)[i]; k < M(dofpull_adr)[i] + M(dofpull_num)[i]; k++)
      if (M(dofpull_source)[k] == source) row[i] += mm_dofpull_coefficient(e, k);
  }
  for (int i = 0; i < N(nsiteact); i++)
    if (M(siteact_actuator)[i] == actuator)
      for (int k = 0; k < 2; k++)
        if (M(siteact_line)[2 * i + k] >= 0) mm_line_jacobian(e, M(siteact_line)[2 * i + k], V(1.0), row);
}

/* what somebody asked to see */
MM_FN void mm_tendon_matrices(mm_env e) {
  if (HAS(ten_J))
    MM_FOR(i, 0, N(ntendon)) mm_tendon_jacobian_row(e, i, D(ten_J) + i * N(nv));
  if (HAS(actuator_moment))
    MM_FOR(i, 0, N(nu)) mm_actuator_moment_row(e, i, D(actuator_moment) + i * N(nv));
  MM_BARRIER;
}
