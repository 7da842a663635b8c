/* >>constraint: rows of equalities, friction losses and limits; contacts (MuJoCo: mj_makeConstraint, mj_referenceConstraint)

   A constraint asks for the acceleration aref = -b J v - k d (r - margin) along its row J; r is how far it is from being
   satisfied. Its impedance d(r) says how hard it asks: with A an estimate of J inv(M) J' it may push with
   force = -D (J a - aref), 1 / D = R = A (1 - d) / d. What the solver works with is jar = J a - aref.

   Rows have fixed places; where one is inactive its D is 0, and where it is so in the whole tile it is skipped.
   A contact has no rows. Its jar are the accelerations along the axes of its frame (normal, two tangents; spin about
   the normal, rolling about the tangents), less what it asks for; a pyramid's edges are normal +- friction * tangent,
   so jar of an edge is that same sum. With the twist (rotation, translation) of each body from one pass over the tree,
   a contact costs no more than its own frame, however many joints move it. */

/* integers of a tile: the Hessian's tree, and what is active in at least one environment */
MM_FN MM_GLOBAL int *mm_tree_parent(mm_env e) { return (MM_GLOBAL int *)D(solve_index); }
MM_FN MM_GLOBAL int *mm_tree_count(mm_env e) { return (MM_GLOBAL int *)D(solve_index) + N(nv); }
MM_FN MM_GLOBAL int *mm_body_touched(mm_env e) { return (MM_GLOBAL int *)D(solve_index) + 2 * N(nv); }
MM_FN MM_GLOBAL int *mm_contact_on(mm_env e) { return (MM_GLOBAL int *)D(solve_index) + 2 * N(nv) + N(nbody); }
MM_FN MM_GLOBAL int *mm_row_on(mm_env e) { return (MM_GLOBAL int *)D(solve_index) + 2 * N(nv) + N(nbody) + N(nconmax); }
MM_FN MM_GLOBAL int *mm_tree_path(mm_env e) { return (MM_GLOBAL int *)D(solve_index) + 2 * N(nv) + N(nbody) + N(nconmax) + N(nefc); }

/* bits of mm_body_touched, of the body with all its descendants */
#define MM_TOUCHED 1
#define MM_TOUCHED_STATIC 2 /* by something that does not move */

/* impedance d, and 1 - d: each keeps its digits where it is small */
typedef struct mm_impedance { mm_v d, rest; } mm_impedance;

MM_FN mm_v mm_impedance_power(mm_v x, scalar power) {
  if (power == R(2.0)) return x * x;
  if (power == R(1.0)) return x;
  return mm_pow(mm_max(x, V(1e-30)), (mm_v)(power));
}

/* table: dmin, 1 - dmax, dmax - dmin, 1 / width, midpoint, power, factors below and above the midpoint */
MM_FN mm_impedance mm_impedance_at(MM_GLOBAL const scalar *table, mm_v distance) {
  mm_impedance out;
  const mm_v x = mm_min(mm_abs(distance) * table[3], V(1.0));
  const mm_m low = x <= (mm_v)(table[4]);
  const mm_v base = mm_impedance_power(mm_select(low, x, V(1.0) - x), table[5]);
  const mm_v part = base * mm_select(low, (mm_v)(table[6]), (mm_v)(table[7])), other = V(1.0) - part;
  out.d = (mm_v)(table[0]) + mm_select(low, part, other) * table[2];
  out.rest = (mm_v)(table[1]) + mm_select(low, other, part) * table[2];
  return out;
}

/* 1 / R, at most what MuJoCo allows */
MM_FN mm_v mm_impedance_weight(mm_impedance i, scalar diagapprox) {
  return mm_min(i.d / mm_max(i.rest * diagapprox, V(1e-30)), V(1e15));
}

/* does a degree of freedom move the body? */
MM_FN int mm_dof_moves(mm_env e, int dof, int body) {
  int i = M(body_lastdof)[body];
  while (i > dof) i = M(dof_parentid)[i];
  return i == dof;
}

/* a body's point from the centre of mass of its tree, where its spatial vectors are told */
MM_FN mm_v3 mm_body_arm(mm_env e, int body, mm_v3 point) {
  return mm_sub3(point, mm_load3(D(subtree_com), M(body_rootid)[body]));
}

/* ---- rows ---- */

/* weight and jar of a row whose J is there; it lies at pos and its impedance is that at distance; rate: dJ/dt v */
MM_FN void mm_row_weigh(mm_env e, int row, mm_m active, mm_v pos, mm_v distance, mm_v rate) {
  const int on = mm_any(active);
  mm_row_on(e)[row] = on;
  D(efc_D)[row] = V(0.0);
  if (on) {
    const int adr = M(efc_rowadr)[row];
    const mm_impedance imp = mm_impedance_at(M(efc_impedance) + 8 * row, distance);
    const mm_v damping = (mm_v)(M(efc_damping)[row]);
    mm_v jar = imp.d * pos * M(efc_stiffness)[row] + rate;
    for (int k = adr; k < adr + M(efc_rownnz)[row]; k++)
      jar += D(efc_J)[k] * (D(qacc)[M(efc_colind)[k]] + damping * D(qvel)[M(efc_colind)[k]]);
    D(efc_D)[row] = mm_select(active, mm_impedance_weight(imp, M(efc_diagapprox)[row]), V(0.0));
    D(efc_jar)[row] = mm_select(active, jar, V(0.0));
  }
}

/* c1 x + c2 x^2 + c3 x^3 + c4 x^4, and its derivative */
MM_FN mm_v mm_polynomial(MM_GLOBAL const scalar *c, mm_v x, mm_v *slope) {
  *slope = (mm_v)(c[1]) + x * ((mm_v)(R(2.0) * c[2]) + x * ((mm_v)(R(3.0) * c[3]) + x * (R(4.0) * c[4])));
  return x * ((mm_v)(c[1]) + x * ((mm_v)(c[2]) + x * ((mm_v)(c[3]) + x * c[4])));
}

/* one joint against a polynomial of another */
MM_FN void mm_row_joint(mm_env e, int row) {
  const int eq = M(efc_id)[row], joint1 = M(eq_obj1id)[eq], joint2 = M(eq_obj2id)[eq], adr = M(efc_rowadr)[row];
  const int swap = joint2 >= 0 && M(efc_colind)[adr] != M(jnt_dofadr)[joint1];
  MM_GLOBAL const scalar *c = M(eq_data) + 11 * eq;
  mm_v pos = D(qpos)[M(jnt_qposadr)[joint1]] - (mm_v)(M(qpos0)[M(jnt_qposadr)[joint1]] + c[0]);
  D(efc_J)[adr + swap] = V(1.0);
  if (joint2 >= 0) {
    mm_v slope;
    pos -= mm_polynomial(c, D(qpos)[M(jnt_qposadr)[joint2]] - (mm_v)(M(qpos0)[M(jnt_qposadr)[joint2]]), &slope);
    if (joint1 == joint2) D(efc_J)[adr] -= slope;
    else D(efc_J)[adr + 1 - swap] = -slope;
  }
  mm_row_weigh(e, row, mm_all_true(), pos, pos, V(0.0));
}

/* two bodies that equality eq holds together: their points, and how these move */
typedef struct mm_joined {
  int body[2];
  mm_v3 point[2];
  mm_q quat[2]; /* frames that shall coincide */
} mm_joined;

MM_FN mm_joined mm_joined_bodies(mm_env e, int eq) {
  mm_joined j;
  MM_GLOBAL const scalar *c = M(eq_data) + 11 * eq;
  const int weld = M(eq_type)[eq] == MM_EQ_WELD;
  for (int side = 0; side < 2; side++) {
    const int id = side ? M(eq_obj2id)[eq] : M(eq_obj1id)[eq];
    if (M(eq_objtype)[eq] == MM_OBJ_SITE) {
      j.body[side] = M(site_bodyid)[id];
      j.point[side] = mm_fixed_pos(e, j.body[side], mm_table3(M(site_pos), id));
      j.quat[side] = mm_quat_mul(mm_load_quat(D(xquat), j.body[side]), mm_table_quat(M(site_quat), id));
    } else {
      MM_GLOBAL const scalar *anchor = c + (weld != side ? 3 : 0);
      j.body[side] = id;
      j.point[side] = mm_fixed_pos(e, id, mm_table3(anchor, 0));
      j.quat[side] = mm_load_quat(D(xquat), id);
      if (weld && !side) j.quat[side] = mm_quat_mul(j.quat[side], mm_table_quat(c + 6, 0));
    }
  }
  return j;
}

/* acceleration of a body's point while all joint accelerations are zero, and in r that of its rotation */
MM_FN mm_v6 mm_point_bias(mm_env e, int body, mm_v3 point) {
  const mm_v3 arm = mm_body_arm(e, body, point);
  const mm_v6 v = mm_load6(D(cvel), body);
  mm_v6 a = mm_zero6();
  for (int i = M(body_lastdof)[body]; i >= 0; i = M(dof_parentid)[i]) a = mm_mad6(a, mm_cdof_dot(e, i), D(qvel)[i]);
  a.t = mm_add3(a.t, mm_add3(mm_cross(a.r, arm), mm_cross(v.r, mm_add3(v.t, mm_cross(v.r, arm)))));
  return a;
}

/* the vector part of a * w * b */
MM_FN mm_v3 mm_quat_sandwich(mm_q a, mm_v3 w, mm_q b) {
  const mm_q q = mm_quat_mul(mm_quat_mul(a, mm_quat(V(0.0), w.x, w.y, w.z)), b);
  return mm_vec(q.x, q.y, q.z);
}

/* J of a pair of points, first less second, and of the rotation between two frames if there are six rows */
MM_FN void mm_row_joined_jacobian(mm_env e, int row, const mm_joined j, scalar scale) {
  const int adr = M(efc_rowadr)[row], count = M(efc_rownnz)[row];
  const mm_q inverse = mm_quat_conj(j.quat[1]);
  for (int k = 0; k < count; k++) {
    const int dof = M(efc_colind)[adr + k];
    const mm_v6 axis = mm_load6(D(cdof), dof);
    mm_v6 move = mm_zero6();
    for (int side = 0; side < 2; side++)
      if (mm_dof_moves(e, dof, j.body[side])) {
        const mm_v3 point = mm_add3(axis.t, mm_cross(axis.r, mm_body_arm(e, j.body[side], j.point[side])));
        move = mm_mad6(move, mm_spatial(axis.r, point), side ? V(-1.0) : V(1.0));
      }
    D(efc_J)[adr + k] = move.t.x;
    D(efc_J)[adr + count + k] = move.t.y;
    D(efc_J)[adr + 2 * count + k] = move.t.z;
    if (M(efc_kind)[row] == MM_EFC_WELD) {
      const mm_v3 turn = mm_mul3(mm_quat_sandwich(inverse, move.r, j.quat[0]), (mm_v)(R(0.5) * scale));
      D(efc_J)[adr + 3 * count + k] = turn.x;
      D(efc_J)[adr + 4 * count + k] = turn.y;
      D(efc_J)[adr + 5 * count + k] = turn.z;
    }
  }
}

/* d/dt of the rotation rows times velocity: 1/2 (p' w q + p w' q + p w q'), p and q the frames' quaternions, w between them */
MM_FN mm_v3 mm_joined_turn_rate(mm_env e, const mm_joined j, mm_v3 bias) {
  const mm_v3 w0 = mm_load6(D(cvel), j.body[0]).r, w1 = mm_load6(D(cvel), j.body[1]).r, w = mm_sub3(w0, w1);
  const mm_q p = mm_quat_conj(j.quat[1]);
  const mm_q p_rate = mm_quat_mul(p, mm_quat(V(0.0), V(-0.5) * w1.x, V(-0.5) * w1.y, V(-0.5) * w1.z));
  const mm_q q_rate = mm_quat_mul(mm_quat(V(0.0), V(0.5) * w0.x, V(0.5) * w0.y, V(0.5) * w0.z), j.quat[0]);
  return mm_mul3(mm_add3(mm_quat_sandwich(p_rate, w, j.quat[0]),
                         mm_add3(mm_quat_sandwich(p, bias, j.quat[0]), mm_quat_sandwich(p, w, q_rate))), V(0.5));
}

/* connect: three rows; weld: six */
MM_FN void mm_row_joined(mm_env e, int row) {
  const int eq = M(efc_id)[row];
  const scalar scale = M(eq_data)[11 * eq + 10];
  const mm_joined j = mm_joined_bodies(e, eq);
  const mm_v6 bias0 = mm_point_bias(e, j.body[0], j.point[0]), bias1 = mm_point_bias(e, j.body[1], j.point[1]);
  const mm_v3 pos = mm_sub3(j.point[0], j.point[1]), rate = mm_sub3(bias0.t, bias1.t);
  mm_row_joined_jacobian(e, row, j, scale);
  if (M(efc_kind)[row] == MM_EFC_CONNECT) {
    const mm_v distance = mm_norm3(pos);
    mm_row_weigh(e, row, mm_all_true(), pos.x, distance, rate.x);
    mm_row_weigh(e, row + 1, mm_all_true(), pos.y, distance, rate.y);
    mm_row_weigh(e, row + 2, mm_all_true(), pos.z, distance, rate.z);
  } else {
    const mm_q q = mm_quat_mul(mm_quat_conj(j.quat[1]), j.quat[0]);
    const mm_v3 turn = mm_mul3(mm_vec(q.x, q.y, q.z), (mm_v)(scale));
    const mm_v3 turn_rate = mm_mul3(mm_joined_turn_rate(e, j, mm_sub3(bias0.r, bias1.r)), (mm_v)(scale));
    const mm_v distance = mm_sqrt(mm_dot3(pos, pos) + mm_dot3(turn, turn));
    mm_row_weigh(e, row, mm_all_true(), pos.x, distance, rate.x);
    mm_row_weigh(e, row + 1, mm_all_true(), pos.y, distance, rate.y);
    mm_row_weigh(e, row + 2, mm_all_true(), pos.z, distance, rate.z);
    mm_row_weigh(e, row + 3, mm_all_true(), turn.x, distance, turn_rate.x);
    mm_row_weigh(e, row + 4, mm_all_true(), turn.y, distance, turn_rate.y);
    mm_row_weigh(e, row + 5, mm_all_true(), turn.z, distance, turn_rate.z);
  }
}

/* distance to the nearer of two limits, or to one; side: +1 where that is the lower, -1 the upper */
MM_FN mm_v mm_limit_distance(MM_GLOBAL const scalar *range, mm_v x, int kind, mm_v *side) {
  const mm_v lower = x - (mm_v)(range[0]), upper = (mm_v)(range[1]) - x;
  mm_m low = lower < upper;
  if (kind == MM_EFC_LOWER || kind == MM_EFC_TENDON_LOWER) low = mm_all_true();
  if (kind == MM_EFC_UPPER || kind == MM_EFC_TENDON_UPPER) low = mm_not(mm_all_true());
  *side = mm_select(low, V(1.0), V(-1.0));
  return mm_select(low, lower, upper);
}

MM_FN void mm_row_limit(mm_env e, int row) {
  const int joint = M(efc_id)[row];
  const mm_v margin = (mm_v)(M(efc_margin)[row]);
  mm_v side;
  const mm_v distance = mm_limit_distance(M(jnt_range) + 2 * joint, D(qpos)[M(jnt_qposadr)[joint]], M(efc_kind)[row], &side);
  D(efc_J)[M(efc_rowadr)[row]] = side;
  mm_row_weigh(e, row, distance < margin, distance - margin, distance - margin, V(0.0));
}

MM_FN void mm_row_ball(mm_env e, int row) {
  const int joint = M(efc_id)[row], adr = M(efc_rowadr)[row];
  MM_GLOBAL const scalar *range = M(jnt_range) + 2 * joint;
  const mm_v margin = (mm_v)(M(efc_margin)[row]);
  mm_v angle;
  const mm_v3 axis = mm_unit3(mm_quat_log(mm_quat_unit(mm_load_quat(D(qpos) + M(jnt_qposadr)[joint], 0))), &angle);
  const mm_v distance = (mm_v)(range[0] > range[1] ? range[0] : range[1]) - angle;
  D(efc_J)[adr] = -axis.x;
  D(efc_J)[adr + 1] = -axis.y;
  D(efc_J)[adr + 2] = -axis.z;
  mm_row_weigh(e, row, distance < margin, distance - margin, distance - margin, V(0.0));
}

/* adds weight * the derivative of a tendon's length to a row; the dense derivative needs solve_work */
MM_FN void mm_row_tendon_add(mm_env e, int row, int tendon, mm_v weight) {
  const int adr = M(efc_rowadr)[row];
  mm_tendon_jacobian_row(e, tendon, D(solve_work));
  for (int k = adr; k < adr + M(efc_rownnz)[row]; k++) D(efc_J)[k] += weight * D(solve_work)[M(efc_colind)[k]];
}

/* one tendon against a polynomial of another */
MM_FN mm_v mm_row_tendon_equality(mm_env e, int row) {
  const int eq = M(efc_id)[row], tendon1 = M(eq_obj1id)[eq], tendon2 = M(eq_obj2id)[eq];
  MM_GLOBAL const scalar *c = M(eq_data) + 11 * eq;
  mm_v pos = D(ten_length)[tendon1] - (mm_v)(M(tendon_length0)[tendon1] + c[0]), slope;
  mm_row_tendon_add(e, row, tendon1, V(1.0));
  if (tendon2 >= 0) {
    pos -= mm_polynomial(c, D(ten_length)[tendon2] - (mm_v)(M(tendon_length0)[tendon2]), &slope);
    mm_row_tendon_add(e, row, tendon2, -slope);
  }
  return pos;
}

/* rows of tendons: one after the other, by one lane */
MM_FN void mm_row_tendon(mm_env e, int row) {
  const int id = M(efc_id)[row], kind = M(efc_kind)[row], adr = M(efc_rowadr)[row];
  for (int k = adr; k < adr + M(efc_rownnz)[row]; k++) D(efc_J)[k] = V(0.0);
  if (kind == MM_EFC_TENDON) {
    const mm_v pos = mm_row_tendon_equality(e, row);
    mm_row_weigh(e, row, mm_all_true(), pos, pos, V(0.0));
  } else if (kind == MM_EFC_FRICTION_TENDON) {
    mm_row_tendon_add(e, row, id, V(1.0));
    mm_row_weigh(e, row, mm_all_true(), V(0.0), V(0.0), V(0.0));
  } else {
    const mm_v margin = (mm_v)(M(efc_margin)[row]);
    mm_v side;
    const mm_v distance = mm_limit_distance(M(tendon_range) + 2 * id, D(ten_length)[id], kind, &side);
    mm_row_tendon_add(e, row, id, side);
    mm_row_weigh(e, row, distance < margin, distance - margin, distance - margin, V(0.0));
  }
}

MM_FN int mm_row_of_tendon(mm_env e, int row) {
  const int kind = M(efc_kind)[row];
  return kind == MM_EFC_TENDON || kind == MM_EFC_FRICTION_TENDON || kind >= MM_EFC_TENDON_LIMIT;
}

MM_FN void mm_row(mm_env e, int row) {
  const int kind = M(efc_kind)[row];
  if (kind == MM_EFC_JOINT) mm_row_joint(e, row);
  if (kind == MM_EFC_CONNECT || kind == MM_EFC_WELD) mm_row_joined(e, row);
  if (kind == MM_EFC_LIMIT || kind == MM_EFC_LOWER || kind == MM_EFC_UPPER) mm_row_limit(e, row);
  if (kind == MM_EFC_BALL) mm_row_ball(e, row);
  if (kind == MM_EFC_FRICTION_DOF) {
    D(efc_J)[M(efc_rowadr)[row]] = V(1.0);
    mm_row_weigh(e, row, mm_all_true(), V(0.0), V(0.0), V(0.0));
  }
}

/* is a class of rows switched off? */
MM_FN int mm_row_disabled(mm_env e, int row) {
  const int flag = row < N(nefceq) ? MM_DSBL_EQUALITY : row < N(nefceq) + N(nefcfriction) ? MM_DSBL_FRICTIONLOSS : MM_DSBL_LIMIT;
  return mm_disabled(flag);
}

/* ---- contacts ---- */

MM_FN int mm_contact_body(mm_env e, int slot, int side) {
  return M(body_weldid)[M(geom_bodyid)[M(collide_geom)[2 * M(contact_collide)[slot] + side]]];
}

/* which slots are active in the tile, and which bodies have one, themselves or below */
MM_FN void mm_contact_find(mm_env e) {
  MM_GLOBAL int *on = mm_contact_on(e), *touched = mm_body_touched(e);
  MM_FOR(s, 0, N(nconmax)) {
    const int moves = M(body_lastdof)[mm_contact_body(e, s, 0)] >= 0 || M(body_lastdof)[mm_contact_body(e, s, 1)] >= 0;
    const int wanted = moves & !mm_disabled(MM_DSBL_CONTACT);
    on[s] = wanted && mm_any(D(contact_dist)[s] < (mm_v)(M(collide_margin)[M(contact_collide)[s]]));
  }
  MM_BARRIER;
  for (int level = N(nlevel) - 1; level >= 0; level--) {
    MM_FOR(i, M(level_adr)[level], M(level_adr)[level] + M(level_num)[level]) {
      const int body = M(level_bodyid)[i];
      int bits = 0;
      for (int k = M(touch_adr)[body]; k < M(touch_adr)[body] + M(touch_num)[body]; k++) {
        const int side = M(touch_side)[k];
        if (on[side / 4]) bits |= side & 2 ? MM_TOUCHED : MM_TOUCHED | MM_TOUCHED_STATIC;
      }
      for (int k = M(child_adr)[body]; k < M(child_adr)[body] + M(child_num)[body]; k++) bits |= touched[M(child_bodyid)[k]];
      touched[body] = bits;
    }
    MM_BARRIER;
  }
}

/* twist of every touched body that the joint motion x makes, in body_work */
MM_FN void mm_contact_twists(mm_env e, MM_GLOBAL const mm_v *x) {
  MM_GLOBAL const int *touched = mm_body_touched(e);
  const int levels = touched[0] ? N(nlevel) : 0;
  MM_ONE mm_store6(D(body_work), 0, mm_zero6());
  MM_BARRIER;
  for (int level = 1; level < levels; level++) {
    MM_FOR(i, M(level_adr)[level], M(level_adr)[level] + M(level_num)[level]) {
      const int body = M(level_bodyid)[i], first = M(body_dofadr)[body];
      if (touched[body]) {
        mm_v6 v = mm_load6(D(body_work), M(body_parentid)[body]);
        for (int k = first; k < first + M(body_dofnum)[body]; k++) v = mm_mad6(v, mm_load6(D(cdof), k), x[k]);
        mm_store6(D(body_work), body, v);
      }
    }
    MM_BARRIER;
  }
}

/* motion of the second body against the first at the contact, given the twists of bodies */
MM_FN mm_v6 mm_contact_motion(mm_env e, int slot, MM_GLOBAL const mm_v *twist) {
  const mm_v3 point = mm_load3(D(contact_pos), slot);
  mm_v6 motion = mm_zero6();
  for (int side = 0; side < 2; side++) {
    const int body = mm_contact_body(e, slot, side);
    if (M(body_lastdof)[body] >= 0) {
      mm_v6 v = mm_load6(twist, body);
      v.t = mm_add3(v.t, mm_cross(v.r, mm_body_arm(e, body, point)));
      motion = mm_mad6(motion, v, side ? V(1.0) : V(-1.0));
    }
  }
  return motion;
}

/* the part of a motion along dimension k of a contact */
MM_FN mm_v mm_contact_along(mm_env e, int slot, int k, mm_v6 motion) {
  return k < 3 ? mm_dot3(mm_load3(D(contact_frame), 3 * slot + k), motion.t) : mm_dot3(mm_load3(D(contact_frame), 3 * slot + k - 3), motion.r);
}

MM_FN int mm_contact_dim(mm_env e, int slot) { return M(collide_dim)[M(contact_collide)[slot]]; }

/* the model's part of 1 / D: of a normal; of a pyramid's edge, whose stiffness together matches the elliptic cone's friction */
MM_FN scalar mm_contact_diagapprox(mm_env e, int pair) {
  const scalar weight = M(collide_diagapprox)[pair], friction = M(collide_friction)[5 * pair], square = friction * friction;
  if (M(collide_dim)[pair] == 1 || mm_elliptic()) return weight;
  return R(2.0) * square / M(opt_impratio)[0] * weight * (R(1.0) + square);
}

/* weight and jar of a contact; twists of qacc are in body_work */
MM_FN void mm_contact_weigh(mm_env e, int slot) {
  const int pair = M(contact_collide)[slot], adr = M(contact_dimadr)[slot];
  const mm_v distance = D(contact_dist)[slot] - (mm_v)(M(collide_margin)[pair]);
  const mm_m active = distance < V(0.0);
  const mm_impedance imp = mm_impedance_at(M(collide_impedance) + 8 * pair, distance);
  const mm_v6 acceleration = mm_contact_motion(e, slot, D(body_work)), velocity = mm_contact_motion(e, slot, D(cvel));
  D(contact_D)[slot] = mm_select(active, mm_impedance_weight(imp, mm_contact_diagapprox(e, pair)), V(0.0));
  for (int k = 0; k < mm_contact_dim(e, slot); k++) {
    const scalar damping = M(collide_damping)[2 * pair + (k > 0 && mm_elliptic())];
    mm_v jar = mm_contact_along(e, slot, k, acceleration) + mm_contact_along(e, slot, k, velocity) * damping;
    if (k == 0) jar += imp.d * distance * M(collide_stiffness)[pair];
    D(contact_jar)[adr + k] = mm_select(active, jar, V(0.0));
  }
}

/* all rows and contacts, with jar at qacc */
MM_FN void mm_constraint_make(mm_env e) {
  MM_FOR(i, 0, N(nefc)) {
    if (mm_row_disabled(e, i)) {
      mm_row_on(e)[i] = 0;
      D(efc_D)[i] = V(0.0);
    } else mm_row(e, i);
  }
  if (N(nefctendon) > 0) {
    MM_ONE {
      for (int i = 0; i < N(nefc); i++)
        if (mm_row_of_tendon(e, i) && !mm_row_disabled(e, i)) mm_row_tendon(e, i);
    }
  }
  mm_contact_find(e);
  mm_contact_twists(e, D(qacc));
  MM_FOR(i, 0, N(nconmax))
    if (mm_contact_on(e)[i]) mm_contact_weigh(e, i);
  MM_BARRIER;
}
