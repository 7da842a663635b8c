/* >>sensor: what sensors read (MuJoCo: mj_sensorPos, mj_sensorVel, mj_sensorAcc)

   All of them run once, after the constraint forces are known and before the state moves. Each sensor is one lane's; they
   come sorted by family, so that a model pays only for families that it has. Two of these need a pass over the tree first:
     momentum of subtrees   leaves first: momentum P and angular momentum L about the subtree's own centre of mass c,
                            L = sum of L_child + (c_child - c) x M_child (V_child - V),  V = P / M;
     accelerations, forces  as in velocity.cl, now with those of the joints: a_i = a_p + sum S' q' + sum S q'',
                            a_world = -gravity; f_i = I_i a_i + v_i x* I_i v_i less contacts and equalities that act at
                            a point of the body, then the sum with those of the children is what the joint carries.

   A frame is fixed in a body, whatever it belongs to (plan_sensor.h). Sensors of limits read the constraint row, which is
   0 where it is not active. */

/* one number of a sensor, within its cutoff */
MM_FN void mm_sense_put(mm_env e, int i, int k, mm_v x) {
  const scalar cutoff = M(sensor_cutoff)[i];
  const int datatype = M(sensor_datatype)[i];
  if (cutoff > R(0.0) && datatype <= 1) {
    x = mm_select(x > (mm_v)(cutoff), (mm_v)(cutoff), x);
    if (datatype == 0) x = mm_select(x < (mm_v)(-cutoff), (mm_v)(-cutoff), x);
  }
  D(sensordata)[M(sensor_adr)[i] + k] = x;
}

MM_FN void mm_sense_put3(mm_env e, int i, mm_v3 x) {
  mm_sense_put(e, i, 0, x.x);
  mm_sense_put(e, i, 1, x.y);
  mm_sense_put(e, i, 2, x.z);
}

MM_FN void mm_sense_put_quat(mm_env e, int i, mm_q q) { mm_store_quat(D(sensordata) + M(sensor_adr)[i], 0, q); }

/* ---- what a step has ---- */

/* the forces of all actuators on a tendon */
MM_FN mm_v mm_sense_tendon_force(mm_env e, int tendon) {
  mm_v force = V(0.0);
  for (int k = M(tendon_actadr)[tendon]; k < M(tendon_actadr)[tendon] + M(tendon_actnum)[tendon]; k++)
    force += D(actuator_force)[M(tendon_actuator)[k]];
  return force;
}

MM_FN void mm_sense_plain(mm_env e, int i) {
  const int id = M(sensor_objid)[i];
  switch (M(sensor_type)[i]) {
    case MM_SENS_JOINTPOS: mm_sense_put(e, i, 0, D(qpos)[M(jnt_qposadr)[id]]); break;
    case MM_SENS_JOINTVEL: mm_sense_put(e, i, 0, D(qvel)[M(jnt_dofadr)[id]]); break;
    case MM_SENS_JOINTACTFRC: mm_sense_put(e, i, 0, D(qfrc_actuator)[M(jnt_dofadr)[id]]); break;
    case MM_SENS_BALLQUAT: mm_sense_put_quat(e, i, mm_quat_unit(mm_load_quat(D(qpos) + M(jnt_qposadr)[id], 0))); break;
    case MM_SENS_BALLANGVEL: mm_sense_put3(e, i, mm_load3(D(qvel) + M(jnt_dofadr)[id], 0)); break;
    case MM_SENS_TENDONPOS: mm_sense_put(e, i, 0, D(ten_length)[id]); break;
    case MM_SENS_TENDONVEL: mm_sense_put(e, i, 0, D(ten_velocity)[id]); break;
    case MM_SENS_TENDONACTFRC: mm_sense_put(e, i, 0, mm_sense_tendon_force(e, id)); break;
    case MM_SENS_ACTUATORPOS: mm_sense_put(e, i, 0, D(actuator_length)[id]); break;
    case MM_SENS_ACTUATORVEL: mm_sense_put(e, i, 0, D(actuator_velocity)[id]); break;
    case MM_SENS_ACTUATORFRC: mm_sense_put(e, i, 0, D(actuator_force)[id]); break;
    case MM_SENS_SUBTREECOM: mm_sense_put3(e, i, mm_load3(D(subtree_com), id)); break;
    case MM_SENS_CLOCK: mm_sense_put(e, i, 0, D(step)[0] * M(opt_timestep)[0]); break;
    default: break;
  }
}

/* ---- limits ---- */

/* how far a joint or tendon is within its limit, less the margin */
MM_FN mm_v mm_sense_limit_distance(mm_env e, int row) {
  const int id = M(efc_id)[row], kind = M(efc_kind)[row];
  mm_v side, room;
  if (kind == MM_EFC_BALL) {
    MM_GLOBAL const scalar *range = M(jnt_range) + 2 * id;
    const mm_v3 turn = mm_quat_log(mm_quat_unit(mm_load_quat(D(qpos) + M(jnt_qposadr)[id], 0)));
    room = (mm_v)(range[0] > range[1] ? range[0] : range[1]) - mm_norm3(turn);
  } else if (kind >= MM_EFC_TENDON_LIMIT) {
    room = mm_limit_distance(M(tendon_range) + 2 * id, D(ten_length)[id], kind, &side);
  } else {
    room = mm_limit_distance(M(jnt_range) + 2 * id, D(qpos)[M(jnt_qposadr)[id]], kind, &side);
  }
  return room - (mm_v)(M(efc_margin)[row]);
}

/* the first active row of a limit that can have two */
MM_FN void mm_sense_limit(mm_env e, int i) {
  const int type = M(sensor_type)[i], first = M(sense_adr)[i];
  mm_v x = V(0.0);
  for (int row = first + M(sense_num)[i] - 1; row >= first; row--)
    if (mm_row_on(e)[row]) {
      mm_v found = V(0.0);
      if (type == MM_SENS_JOINTLIMITPOS || type == MM_SENS_TENDONLIMITPOS) found = mm_sense_limit_distance(e, row);
      else if (type == MM_SENS_JOINTLIMITFRC || type == MM_SENS_TENDONLIMITFRC) found = D(efc_force)[row];
      else
        for (int k = M(efc_rowadr)[row]; k < M(efc_rowadr)[row] + M(efc_rownnz)[row]; k++)
          found += D(efc_J)[k] * D(qvel)[M(efc_colind)[k]];
      x = mm_select(D(efc_D)[row] > V(0.0), found, x);
    }
  mm_sense_put(e, i, 0, x);
}

/* ---- frames ---- */

/* frame of a sensor's object (side 0) or reference (side 1) */
MM_FN mm_v3 mm_sense_pos(mm_env e, int i, int side) {
  return mm_fixed_pos(e, M(sense_body)[2 * i + side], mm_table3(M(sense_pos), 2 * i + side));
}

MM_FN mm_q mm_sense_quat(mm_env e, int i, int side) {
  return mm_quat_mul(mm_load_quat(D(xquat), M(sense_body)[2 * i + side]), mm_table_quat(M(sense_quat), 2 * i + side));
}

MM_FN mm_m33 mm_sense_mat(mm_env e, int i, int side) { return mm_quat_matrix(mm_sense_quat(e, i, side)); }

/* rotation and translation of a point of a body, from spatial vectors of bodies */
MM_FN mm_v6 mm_sense_motion(mm_env e, MM_GLOBAL const mm_v *bodies, int body, mm_v3 point) {
  mm_v6 v = mm_load6(bodies, body);
  v.t = mm_add3(v.t, mm_cross(v.r, mm_body_arm(e, body, point)));
  return v;
}

/* velocity of the object in the axes of the reference, as seen from there; without one, in those of the world */
MM_FN mm_v6 mm_sense_velocity(mm_env e, int i) {
  const int body = M(sense_body)[2 * i], reference = M(sense_body)[2 * i + 1];
  const mm_v3 point = mm_sense_pos(e, i, 0);
  mm_v6 v = mm_sense_motion(e, D(cvel), body, point);
  if (reference >= 0) {
    const mm_v3 origin = mm_sense_pos(e, i, 1);
    const mm_m33 axes = mm_sense_mat(e, i, 1);
    const mm_v6 carrier = mm_sense_motion(e, D(cvel), reference, origin);
    v = mm_mad6(v, carrier, V(-1.0));
    v.t = mm_sub3(v.t, mm_cross(carrier.r, mm_sub3(point, origin)));
    v = mm_spatial(mm_mat_mul_t(axes, v.r), mm_mat_mul_t(axes, v.t));
  }
  return v;
}

/* a vector of the world in the axes of the reference, if there is one */
MM_FN mm_v3 mm_sense_seen(mm_env e, int i, mm_v3 x) {
  return M(sense_body)[2 * i + 1] < 0 ? x : mm_mat_mul_t(mm_sense_mat(e, i, 1), x);
}

/* a point in the frame of the reference, if there is one */
MM_FN mm_v3 mm_sense_point(mm_env e, int i, mm_v3 point) {
  return M(sense_body)[2 * i + 1] < 0 ? point : mm_sense_seen(e, i, mm_sub3(point, mm_sense_pos(e, i, 1)));
}

/* is the object inside the volume of a site, the reference? */
MM_FN mm_m mm_sense_within(mm_env e, int i, mm_v3 point) {
  const int type = M(sense_shape)[i];
  MM_GLOBAL const scalar *size = M(sense_size) + 3 * i;
  const mm_v a = (mm_v)(size[0]), b = (mm_v)(size[1]), c = (mm_v)(size[2]);
  const mm_v disc = point.x * point.x + point.y * point.y;
  const mm_v beyond = mm_max(mm_abs(point.z) - b, V(0.0));
  if (type == MM_GEOM_SPHERE) return disc + point.z * point.z < a * a;
  if (type == MM_GEOM_CAPSULE) return disc + beyond * beyond < a * a;
  if (type == MM_GEOM_CYLINDER) {
    const mm_m around = disc < a * a, along = mm_abs(point.z) < b;
    return around & along;
  }
  if (type == MM_GEOM_BOX) {
    const mm_m x = mm_abs(point.x) < a, y = mm_abs(point.y) < b, z = mm_abs(point.z) < c;
    return x & y & z;
  }
  return point.x * point.x / (a * a) + point.y * point.y / (b * b) + point.z * point.z / (c * c) < V(1.0);
}

/* the pixel at which a camera sees a point; behind the camera it is mirrored */
MM_FN void mm_sense_project(mm_env e, int i, mm_v3 point) {
  MM_GLOBAL const scalar *lens = M(sense_lens) + 4 * i;
  const mm_m behind = point.z < V(0.0);
  const mm_v depth = mm_select(behind, mm_min(point.z, (mm_v)(-MM_TINY)), mm_max(point.z, (mm_v)(MM_TINY)));
  mm_sense_put(e, i, 0, (mm_v)(lens[2]) - point.x / depth * lens[0]);
  mm_sense_put(e, i, 1, (mm_v)(lens[3]) + point.y / depth * lens[1]);
}

MM_FN void mm_sense_frame(mm_env e, int i) {
  const int type = M(sensor_type)[i];
  if (type == MM_SENS_FRAMEPOS) mm_sense_put3(e, i, mm_sense_point(e, i, mm_sense_pos(e, i, 0)));
  else if (type == MM_SENS_FRAMEQUAT) {
    mm_q q = mm_sense_quat(e, i, 0);
    if (M(sense_body)[2 * i + 1] >= 0) q = mm_quat_mul(mm_quat_conj(mm_sense_quat(e, i, 1)), q);
    mm_sense_put_quat(e, i, q);
  } else if (type == MM_SENS_FRAMEXAXIS || type == MM_SENS_FRAMEYAXIS || type == MM_SENS_FRAMEZAXIS) {
    const mm_m33 axes = mm_sense_mat(e, i, 0);
    mm_sense_put3(e, i, mm_sense_seen(e, i, type == MM_SENS_FRAMEXAXIS ? axes.a : type == MM_SENS_FRAMEYAXIS ? axes.b : axes.c));
  } else if (type == MM_SENS_FRAMELINVEL) mm_sense_put3(e, i, mm_sense_velocity(e, i).t);
  else if (type == MM_SENS_FRAMEANGVEL) mm_sense_put3(e, i, mm_sense_velocity(e, i).r);
  else if (type == MM_SENS_VELOCIMETER) mm_sense_put3(e, i, mm_mat_mul_t(mm_sense_mat(e, i, 0), mm_sense_velocity(e, i).t));
  else if (type == MM_SENS_GYRO) mm_sense_put3(e, i, mm_mat_mul_t(mm_sense_mat(e, i, 0), mm_sense_velocity(e, i).r));
  else if (type == MM_SENS_MAGNETOMETER) mm_sense_put3(e, i, mm_mat_mul_t(mm_sense_mat(e, i, 0), mm_table3(M(opt_magnetic), 0)));
  else if (type == MM_SENS_CAMPROJECTION) mm_sense_project(e, i, mm_sense_point(e, i, mm_sense_pos(e, i, 0)));
  else {
    const mm_v3 point = M(sense_num)[i] ? mm_load3(D(subtree_com), M(sense_body)[2 * i]) : mm_sense_pos(e, i, 0);
    mm_sense_put(e, i, 0, mm_select(mm_sense_within(e, i, mm_sense_point(e, i, point)), V(1.0), V(0.0)));
  }
}

/* ---- rays ---- */

/* distance to the nearest of the geoms that the ray along the site's z axis can meet, -1: none */
MM_FN void mm_sense_ray(mm_env e, int i) {
  const mm_v3 point = mm_sense_pos(e, i, 0), along = mm_sense_mat(e, i, 0).c;
  mm_v nearest = V(-1.0);
  for (int k = M(sense_adr)[i]; k < M(sense_adr)[i] + M(sense_num)[i]; k++) {
    const mm_v t = mm_ray_geom(e, M(sense_item)[k], point, along);
    nearest = mm_select((t >= V(0.0)) & ((nearest < V(0.0)) | (t < nearest)), t, nearest);
  }
  mm_sense_put(e, i, 0, nearest);
}

/* ---- momentum of subtrees ---- */

/* linear and angular momentum of each body with its descendants, six numbers a body */
MM_FN void mm_sense_momentum(mm_env e, MM_GLOBAL mm_v *momentum) {
  for (int level = N(nlevel) - 1; level >= 0; level--) {
    MM_FOR(n, M(level_adr)[level], M(level_adr)[level] + M(level_num)[level]) {
      const int body = M(level_bodyid)[n], first = M(child_adr)[body], end = first + M(child_num)[body];
      const scalar mass = M(body_mass)[body], total = M(body_subtreemass)[body], inverse = total > MM_TINY ? R(1.0) / total : R(0.0);
      const mm_v3 middle = mm_load3(D(subtree_com), body), centre = mm_load3(D(xipos), body);
      const mm_v6 v = mm_sense_motion(e, D(cvel), body, centre);
      const mm_m33 axes = mm_load33(D(ximat), body);
      const mm_v3 spin = mm_mat_mul_t(axes, v.r), inertia = mm_table3(M(body_inertia), body);
      mm_v3 linear = mm_mul3(v.t, (mm_v)(mass));
      for (int k = first; k < end; k++) linear = mm_add3(linear, mm_load3(momentum, 2 * M(child_bodyid)[k]));
      const mm_v3 mean = mm_mul3(linear, (mm_v)(inverse));
      mm_v3 angular = mm_mat_mul(axes, mm_vec(spin.x * inertia.x, spin.y * inertia.y, spin.z * inertia.z));
      angular = mm_add3(angular, mm_cross(mm_sub3(centre, middle), mm_mul3(mm_sub3(v.t, mean), (mm_v)(mass))));
      for (int k = first; k < end; k++) {
        const int child = M(child_bodyid)[k];
        const mm_v3 moves = mm_sub3(mm_load3(momentum, 2 * child), mm_mul3(mean, (mm_v)(M(body_subtreemass)[child])));
        angular = mm_add3(angular, mm_load3(momentum, 2 * child + 1));
        angular = mm_add3(angular, mm_cross(mm_sub3(mm_load3(D(subtree_com), child), middle), moves));
      }
      mm_store3(momentum, 2 * body, linear);
      mm_store3(momentum, 2 * body + 1, angular);
    }
    MM_BARRIER;
  }
}

MM_FN void mm_sense_subtree(mm_env e, int i, MM_GLOBAL const mm_v *momentum) {
  const int body = M(sensor_objid)[i];
  const scalar mass = M(body_subtreemass)[body];
  if (M(sensor_type)[i] == MM_SENS_SUBTREEANGMOM) mm_sense_put3(e, i, mm_load3(momentum, 2 * body + 1));
  else mm_sense_put3(e, i, mm_mul3(mm_load3(momentum, 2 * body), (mm_v)(mass > MM_TINY ? R(1.0) / mass : R(0.0))));
}

/* ---- energy ---- */

/* of the spring of a joint */
MM_FN mm_v mm_sense_spring(mm_env e, int joint) {
  const int type = M(jnt_type)[joint], adr = M(jnt_qposadr)[joint], is_free = type == MM_JNT_FREE;
  MM_GLOBAL const mm_v *q = D(qpos) + adr;
  MM_GLOBAL const scalar *rest = M(qpos_spring) + adr;
  mm_v square = V(0.0);
  if (type != MM_JNT_BALL)
    for (int k = 0; k < (is_free ? 3 : 1); k++) square += (q[k] - (mm_v)(rest[k])) * (q[k] - (mm_v)(rest[k]));
  if (type == MM_JNT_BALL || is_free) {
    const int shift = is_free ? 3 : 0;
    const mm_q turn = mm_quat_mul(mm_quat_conj(mm_table_quat(rest + shift, 0)), mm_quat_unit(mm_load_quat(q + shift, 0)));
    const mm_v3 away = mm_quat_log(turn);
    square += mm_dot3(away, away);
  }
  return square * (R(0.5) * M(jnt_stiffness)[joint]);
}

/* of heights and springs */
MM_FN mm_v mm_sense_potential(mm_env e) {
  mm_v energy = V(0.0);
  if (!(N(opt_disableflags) & MM_DSBL_GRAVITY))
    for (int i = 1; i < N(nbody); i++)
      energy -= mm_dot3(mm_table3(M(opt_gravity), 0), mm_load3(D(xipos), i)) * M(body_mass)[i];
  if (N(opt_disableflags) & MM_DSBL_SPRING) return energy;
  for (int i = 0; i < N(njnt); i++)
    if (M(jnt_stiffness)[i] != R(0.0)) energy += mm_sense_spring(e, i);
  for (int i = 0; i < N(ntendon); i++) {
    const mm_v lower = (mm_v)(M(tendon_lengthspring)[2 * i]), upper = (mm_v)(M(tendon_lengthspring)[2 * i + 1]);
    const mm_v length = D(ten_length)[i], stretch = mm_max(length - upper, mm_max(lower - length, V(0.0)));
    energy += stretch * stretch * (R(0.5) * M(tendon_stiffness)[i]);
  }
  return energy;
}

/* moved: mass matrix times velocity */
MM_FN void mm_sense_energy(mm_env e, int i, MM_GLOBAL const mm_v *moved) {
  mm_v energy = V(0.0);
  if (M(sensor_type)[i] == MM_SENS_E_POTENTIAL) energy = mm_sense_potential(e);
  else
    for (int k = 0; k < N(nv); k++) energy += V(0.5) * moved[k] * D(qvel)[k];
  mm_sense_put(e, i, 0, energy);
}

/* ---- contacts ---- */

/* A touch sensor adds up the normal forces of contacts of its body whose line of force, from the contact on to the
   outside, meets the volume of the site; from within it always does. */
MM_FN void mm_sense_touch(mm_env e, int i) {
  const mm_v3 origin = mm_sense_pos(e, i, 0);
  const mm_m33 axes = mm_sense_mat(e, i, 0);
  mm_v sum = V(0.0);
  for (int k = M(sense_adr)[i]; k < M(sense_adr)[i] + M(sense_num)[i]; k++) {
    const int slot = M(sense_item)[k] / 2, turned = M(sense_item)[k] & 1;
    if (mm_contact_on(e)[slot]) {
      mm_v force[6];
      mm_contact_force(e, slot, force);
      const mm_m pushes = force[0] > V(0.0);
      if (mm_any(pushes)) {
        const mm_v3 out = mm_mul3(mm_load3(D(contact_frame), 3 * slot), turned ? V(-1.0) : V(1.0));
        const mm_v3 point = mm_mat_mul_t(axes, mm_sub3(mm_load3(D(contact_pos), slot), origin));
        const mm_interval inside = mm_ray_inside(M(sense_shape)[i], M(sense_size) + 3 * i, point, mm_mat_mul_t(axes, out));
        sum += mm_select(pushes & mm_ray_meets(inside), force[0], V(0.0));
      }
    }
  }
  mm_sense_put(e, i, 0, sum);
}

/* is there a contact in a slot, in the site of the sensor if it has one? Contacts within their gap count, without force */
MM_FN mm_m mm_sense_contact_there(mm_env e, int i, int slot) {
  mm_m there = D(contact_dist)[slot] < (mm_v)(MM_FAR);
  if ((N(opt_disableflags) & (MM_DSBL_CONTACT | MM_DSBL_CONSTRAINT)) != 0) there = mm_not(mm_all_true());
  if (M(sense_shape)[i] >= 0 && mm_any(there)) {
    const mm_v3 away = mm_sub3(mm_load3(D(contact_pos), slot), mm_sense_pos(e, i, 0));
    there = there & mm_sense_within(e, i, mm_mat_mul_t(mm_sense_mat(e, i, 0), away));
  }
  return there;
}

/* what contacts are taken by, the least first; then by slot */
MM_FN mm_v mm_sense_contact_rank(mm_env e, int i, int slot) {
  const int reduce = M(sensor_intprm)[3 * i + 1];
  mm_v rank = V(0.0);
  if (reduce == MM_CONREDUCE_MINDIST) rank = D(contact_dist)[slot];
  if (reduce == MM_CONREDUCE_MAXFORCE) {
    mm_v force[6];
    mm_contact_force(e, slot, force);
    for (int k = 0; k < 6; k++) rank -= force[k] * force[k];
  }
  return rank;
}

/* writes up to three numbers where the mask is set; returns how many there are */
MM_FN int mm_sense_some(mm_env e, int at, mm_m mask, mm_v3 x, int count) {
  MM_GLOBAL mm_v *out = D(sensordata) + at;
  out[0] = mm_select(mask, x.x, out[0]);
  if (count > 1) out[1] = mm_select(mask, x.y, out[1]);
  if (count > 2) out[2] = mm_select(mask, x.z, out[2]);
  return count;
}

/* what a sensor tells of one contact; turned: seen from the other side, by half a turn about the second tangent */
MM_FN void mm_sense_contact_tell(mm_env e, int i, int at, mm_m mask, int slot, int turned, mm_v found) {
  const int spec = M(sensor_intprm)[3 * i];
  const mm_v sign_of = turned ? V(-1.0) : V(1.0);
  mm_v f[6];
  mm_contact_force(e, slot, f);
  if (spec & MM_CONDATA_FOUND) at += mm_sense_some(e, at, mask, mm_vec(found, found, found), 1);
  if (spec & MM_CONDATA_FORCE) at += mm_sense_some(e, at, mask, mm_vec(f[0], f[1], f[2] * sign_of), 3);
  if (spec & MM_CONDATA_TORQUE) at += mm_sense_some(e, at, mask, mm_vec(f[3], f[4], f[5] * sign_of), 3);
  if (spec & MM_CONDATA_DIST) {
    const mm_v gap = D(contact_dist)[slot];
    at += mm_sense_some(e, at, mask, mm_vec(gap, gap, gap), 1);
  }
  if (spec & MM_CONDATA_POS) at += mm_sense_some(e, at, mask, mm_load3(D(contact_pos), slot), 3);
  if (spec & MM_CONDATA_NORMAL) at += mm_sense_some(e, at, mask, mm_mul3(mm_load3(D(contact_frame), 3 * slot), sign_of), 3);
  if (spec & MM_CONDATA_TANGENT) mm_sense_some(e, at, mask, mm_mul3(mm_load3(D(contact_frame), 3 * slot + 1), sign_of), 3);
}

/* the first contacts of the sensor's order, one after another */
MM_FN void mm_sense_contact_each(mm_env e, int i, mm_v found) {
  const int first = M(sense_adr)[i], end = first + M(sense_num)[i], most = mm_min_int(M(sensor_intprm)[3 * i + 2], end - first);
  const int size = M(sensor_dim)[i] / M(sensor_intprm)[3 * i + 2];
  mm_v last = (mm_v)(-MM_RAY_FAR), last_item = V(-1.0);
  for (int n = 0; n < most && mm_any(found > (mm_v)((scalar)n)); n++) {
    mm_v best = (mm_v)(MM_RAY_FAR), best_item = V(-1.0);
    for (int k = first; k < end; k++) {
      const mm_v item = (mm_v)((scalar)(k - first)), rank = mm_sense_contact_rank(e, i, M(sense_item)[k] / 2);
      const mm_m after = (rank > last) | ((rank == last) & (item > last_item));
      const mm_m better = mm_sense_contact_there(e, i, M(sense_item)[k] / 2) & after & (rank < best);
      best = mm_select(better, rank, best);
      best_item = mm_select(better, item, best_item);
    }
    for (int k = first; k < end; k++) {
      const mm_m chosen = best_item == (mm_v)((scalar)(k - first));
      if (mm_any(chosen))
        mm_sense_contact_tell(e, i, M(sensor_adr)[i] + n * size, chosen, M(sense_item)[k] / 2, M(sense_item)[k] & 1, found);
    }
    last = best;
    last_item = best_item;
  }
}

/* force and torque of a contact on its second body, or on the first if turned, along world axes; zero where it is not */
MM_FN mm_v6 mm_sense_contact_load(mm_env e, int slot, int turned, mm_m there) {
  mm_v f[6];
  mm_v6 load = mm_zero6();
  mm_contact_force(e, slot, f);
  for (int k = 0; k < 3; k++) {
    const mm_v3 axis = mm_load3(D(contact_frame), 3 * slot + k);
    load.t = mm_mad3(load.t, axis, turned ? -f[k] : f[k]);
    load.r = mm_mad3(load.r, axis, turned ? -f[3 + k] : f[3 + k]);
  }
  return mm_spatial(mm_select3(there, load.r, mm_zero6().r), mm_select3(there, load.t, mm_zero6().t));
}

/* all contacts together, as one force at the mean of their places, weighted by force */
MM_FN void mm_sense_contact_net(mm_env e, int i, mm_v found) {
  const int spec = M(sensor_intprm)[3 * i], first = M(sense_adr)[i], end = first + M(sense_num)[i];
  const mm_m some = found > V(0.0);
  int at = M(sensor_adr)[i];
  mm_v3 force = mm_zero6().r, torque = mm_zero6().r, point = mm_zero6().r, middle = mm_zero6().r;
  mm_v total = V(0.0);
  for (int pass = 0; pass < 2; pass++) {
    for (int k = first; k < end; k++) {
      const int slot = M(sense_item)[k] / 2;
      const mm_m there = mm_sense_contact_there(e, i, slot);
      if (mm_any(there)) {
        const mm_v6 load = mm_sense_contact_load(e, slot, M(sense_item)[k] & 1, there);
        const mm_v3 pos = mm_select3(there, mm_load3(D(contact_pos), slot), mm_zero6().r);
        if (pass == 0) {
          const mm_v weight = mm_norm3(load.t);
          middle = mm_mad3(middle, pos, weight);
          total += weight;
        } else {
          force = mm_add3(force, load.t);
          torque = mm_add3(torque, mm_add3(load.r, mm_cross(mm_sub3(pos, point), load.t)));
        }
      }
    }
    point = mm_mul3(middle, V(1.0) / mm_max(total, (mm_v)(MM_TINY)));
  }
  if (spec & MM_CONDATA_FOUND) at += mm_sense_some(e, at, some, mm_vec(found, found, found), 1);
  if (spec & MM_CONDATA_FORCE) at += mm_sense_some(e, at, some, force, 3);
  if (spec & MM_CONDATA_TORQUE) at += mm_sense_some(e, at, some, torque, 3);
  if (spec & MM_CONDATA_DIST) at += 1;
  if (spec & MM_CONDATA_POS) at += mm_sense_some(e, at, some, point, 3);
  if (spec & MM_CONDATA_NORMAL) at += mm_sense_some(e, at, mm_all_true(), mm_vec(V(1.0), V(0.0), V(0.0)), 3);
  if (spec & MM_CONDATA_TANGENT) mm_sense_some(e, at, mm_all_true(), mm_vec(V(0.0), V(1.0), V(0.0)), 3);
}

MM_FN void mm_sense_contact(mm_env e, int i) {
  mm_v found = V(0.0);
  for (int k = 0; k < M(sensor_dim)[i]; k++) D(sensordata)[M(sensor_adr)[i] + k] = V(0.0);
  for (int k = M(sense_adr)[i]; k < M(sense_adr)[i] + M(sense_num)[i]; k++)
    found += mm_select(mm_sense_contact_there(e, i, M(sense_item)[k] / 2), V(1.0), V(0.0));
  if (M(sensor_intprm)[3 * i + 1] == MM_CONREDUCE_NETFORCE) mm_sense_contact_net(e, i, found);
  else mm_sense_contact_each(e, i, found);
}

/* ---- accelerations and forces between bodies ---- */

/* contacts and equalities that act at a point of a body's own, about the centre of mass of its tree */
MM_FN mm_v6 mm_sense_load(mm_env e, int body) {
  mm_v6 sum = mm_zero6();
  for (int k = M(load_adr)[body]; k < M(load_adr)[body] + M(load_num)[body]; k++) {
    const int index = M(load_item)[k] / 4, side = M(load_item)[k] & 1;
    mm_v6 load = mm_zero6();
    mm_v3 point = load.r;
    mm_v scale = side ? V(1.0) : V(-1.0);
    int on = 0;
    if (!(M(load_item)[k] & 2)) {
      on = mm_contact_on(e)[index];
      if (on) {
        const mm_m active = D(contact_D)[index] > V(0.0);
        load = mm_sense_contact_load(e, index, 0, active);
        point = mm_select3(active, mm_load3(D(contact_pos), index), point);
      }
    } else if (mm_row_on(e)[index]) {
      on = 1;
      scale = -scale;
      load.t = mm_load3(D(efc_force) + index, 0);
      if (M(efc_kind)[index] == MM_EFC_WELD) load.r = mm_load3(D(efc_force) + index + 3, 0);
      point = mm_joined_bodies(e, M(efc_id)[index]).point[side];
    }
    if (on) {
      load.r = mm_add3(load.r, mm_cross(mm_body_arm(e, body, point), load.t));
      sum = mm_mad6(sum, load, scale);
    }
  }
  return sum;
}

/* acceleration of bodies, and, if a sensor needs it, the force that each takes from its parent; six numbers a body each */
MM_FN void mm_sense_dynamics(mm_env e, MM_GLOBAL mm_v *acceleration, MM_GLOBAL mm_v *force) {
  const mm_v3 zero = mm_vec(V(0.0), V(0.0), V(0.0));
  MM_ONE {
    const mm_v3 up = mm_mul3(mm_table3(M(opt_gravity), 0), N(opt_disableflags) & MM_DSBL_GRAVITY ? V(0.0) : V(-1.0));
    mm_store6(acceleration, 0, mm_spatial(zero, up));
    mm_store6(force, 0, mm_zero6());
  }
  MM_BARRIER;
  for (int level = 1; level < N(nlevel); level++) {
    MM_FOR(n, M(level_adr)[level], M(level_adr)[level] + M(level_num)[level]) {
      const int body = M(level_bodyid)[n], parent = M(body_parentid)[body], first = M(body_dofadr)[body];
      mm_v6 v = mm_load6(D(cvel), parent), a = mm_load6(acceleration, parent);
      mm_velocity_body(e, body, &v, &a);
      for (int k = first; k < first + M(body_dofnum)[body]; k++) a = mm_mad6(a, mm_load6(D(cdof), k), D(qacc)[k]);
      mm_store6(acceleration, body, a);
      if (N(nsenseforce) > 0) {
        const mm_inertia inertia = mm_load_inertia(D(cinert), body);
        const mm_v6 own = mm_add6(mm_inertia_mul(inertia, a), mm_cross_force(v, mm_inertia_mul(inertia, v)));
        const mm_v6 loads = mm_add6(mm_sense_load(e, body), mm_applied_force(e, body));
        mm_store6(force, body, mm_mad6(own, loads, V(-1.0)));
      }
    }
    MM_BARRIER;
  }
  if (N(nsenseforce) > 0) {
    mm_gather_forces(e, force);
    MM_ONE {
      mm_v6 sum = mm_zero6();
      for (int k = M(child_adr)[0]; k < M(child_adr)[0] + M(child_num)[0]; k++) sum = mm_add6(sum, mm_load6(force, M(child_bodyid)[k]));
      mm_store6(force, 0, sum);
    }
    MM_BARRIER;
  }
}

/* acceleration of the object's origin, gravity felt; nothing is felt by what cannot move, as in MuJoCo */
MM_FN void mm_sense_acceleration(mm_env e, int i, MM_GLOBAL const mm_v *acceleration) {
  const int body = M(sense_body)[2 * i], type = M(sensor_type)[i];
  const mm_v3 point = mm_sense_pos(e, i, 0);
  const mm_v6 v = mm_sense_motion(e, D(cvel), body, point), a = mm_sense_motion(e, acceleration, body, point);
  mm_v3 x = type == MM_SENS_FRAMEANGACC ? a.r : mm_add3(a.t, mm_cross(v.r, v.t));
  if (M(body_dofnum)[M(body_weldid)[body]] == 0) x = mm_zero6().r;
  mm_sense_put3(e, i, type == MM_SENS_ACCELEROMETER ? mm_mat_mul_t(mm_sense_mat(e, i, 0), x) : x);
}

/* force or torque that the body of a site takes from its parent, at the site and along its axes */
MM_FN void mm_sense_force(mm_env e, int i, MM_GLOBAL const mm_v *force) {
  const int body = M(sense_body)[2 * i];
  const mm_m33 axes = mm_sense_mat(e, i, 0);
  const mm_v6 f = mm_load6(force, body);
  const mm_v3 torque = mm_sub3(f.r, mm_cross(mm_body_arm(e, body, mm_sense_pos(e, i, 0)), f.t));
  mm_sense_put3(e, i, mm_mat_mul_t(axes, M(sensor_type)[i] == MM_SENS_FORCE ? f.t : torque));
}

/* ---- all of it ---- */

/* the sensors of a family: those behind the ones before it in sense_id */
#define MM_SENSE_FAMILY(size, call)                     \
  if (N(size) > 0) {                                    \
    MM_FOR(k, first, first + N(size)) {                 \
      const int i = M(sense_id)[k];                     \
      call;                                             \
    }                                                   \
  }                                                     \
  first += N(size);

/* sensordata, if somebody asked for it */
MM_FN void mm_sensor(mm_env e) {
  if (HAS(sensordata)) {
    MM_GLOBAL mm_v *one = D(body_work), *other = D(body_work) + 6 * N(nbody), *moved = D(solve_work);
    int first = 0;
    if (N(opt_disableflags) & MM_DSBL_SENSOR) {
      MM_FOR(i, 0, N(nsensordata)) D(sensordata)[i] = V(0.0);
    } else {
      MM_SENSE_FAMILY(nsenseplain, mm_sense_plain(e, i))
      MM_SENSE_FAMILY(nsenselimit, mm_sense_limit(e, i))
      MM_SENSE_FAMILY(nsenseframe, mm_sense_frame(e, i))
      MM_SENSE_FAMILY(nsenseray, mm_sense_ray(e, i))
      if (N(nsensesubtree) > 0) mm_sense_momentum(e, one);
      MM_SENSE_FAMILY(nsensesubtree, mm_sense_subtree(e, i, one))
      if (N(nsenseenergy) > 0) mm_multiply(mm_pattern_mass(e), D(qM), D(qvel), moved);
      MM_SENSE_FAMILY(nsenseenergy, mm_sense_energy(e, i, moved))
      MM_SENSE_FAMILY(nsensetouch, mm_sense_touch(e, i))
      MM_SENSE_FAMILY(nsensecontact, mm_sense_contact(e, i))
      MM_BARRIER;
      if (N(nsenseacc) + N(nsenseforce) > 0) mm_sense_dynamics(e, one, other);
      MM_SENSE_FAMILY(nsenseacc, mm_sense_acceleration(e, i, one))
      MM_SENSE_FAMILY(nsenseforce, mm_sense_force(e, i, other))
    }
    MM_BARRIER;
  }
}
