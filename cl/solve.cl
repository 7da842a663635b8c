/* >>solve: accelerations and constraint forces by Newton's method (MuJoCo: mj_fwdConstraint, mj_solNewton)

   The acceleration a minimises  1/2 (a - a_s)' M (a - a_s) + sum of s(jar),  jar = J a - aref,  M a_s = f_smooth:
     equalities       s = D jar^2 / 2
     friction losses  likewise while D |jar| is below the loss, linear beyond (Huber)
     limits           D jar^2 / 2 where jar < 0, else nothing
     pyramids         as limits, for each edge;  elliptic cones: the squared distance to the cone, in three zones.
   The force is -ds/djar, the gradient M a - f_smooth - J' force, the Hessian H = M + J' s'' J. A step goes along
   -inv(H) gradient as far as the cost falls. Once the rows that push no longer change, a whole step is exact.

   H keeps each row as the path of its dof to the root of an elimination tree, so that there is no index for an
   entry: H_ij, j an ancestor of i, lies at H_rowadr[i] + (number of ancestors of j). The tree is that of the bodies,
   with equalities, until bodies of two branches touch; then one branch is hung below the other, for this tile and step.
   Rows of environments without that contact hold zeros there, which change nothing, so no environment sees its neighbours.

   H = U' inv(diag) U is eliminated from the last dof up; the diagonal is kept inverted. */

/* a line search ends where the slope is this small beside that at its start */
#if (defined(MM_OPENCL) && !MM_DOUBLE) || defined(MM_REAL_IS_FLOAT)
#define MM_SLOPE_TOLERANCE R(1e-4)
#else
#define MM_SLOPE_TOLERANCE R(1e-9)
#endif

/* the environments' tree: that of the model, and branches that touch joined */
MM_FN void mm_tree_make(mm_env e) {
  MM_GLOBAL int *parent = mm_tree_parent(e), *count = mm_tree_count(e);
  MM_GLOBAL const int *on = mm_contact_on(e);
  MM_FOR(i, 0, N(nv)) parent[i] = M(H_parent)[i];
  MM_BARRIER;
  MM_ONE {
    for (int c = 0; c < N(ncross); c++) {
      int active = 0;
      for (int k = M(cross_adr)[c]; k < M(cross_adr)[c] + M(cross_num)[c]; k++) active |= on[M(cross_slot)[k]];
      if (active) {
        int i = M(body_lastdof)[M(cross_body)[2 * c]], j = M(body_lastdof)[M(cross_body)[2 * c + 1]];
        while (i >= 0 && j >= 0 && i != j) {
          const int low = mm_min_int(i, j), high = i + j - low, above = parent[high];
          if (above < low) parent[high] = low;
          i = above < low ? low : above;
          j = above < low ? above : low;
        }
      }
    }
    for (int i = 0; i < N(nv); i++) count[i] = parent[i] < 0 ? 1 : count[parent[i]] + 1;
  }
  MM_BARRIER;
}

/* a sum: each lane adds its share, always in the same order; then mm_lane_sum */
#if MM_LANES == 1
#define MM_SUM_FOR(i, lo, hi) for (int i = (lo); i < (hi); i++)
#else
#define MM_SUM_FOR(i, lo, hi) MM_FOR(i, lo, hi)
#endif

/* ---- forces and their derivatives ---- */

MM_FN mm_v mm_row_force(mm_env e, int row, mm_v jar) {
  const mm_v force = -D(efc_D)[row] * jar;
  if (row < N(nefceq)) return force;
  if (row < N(nefceq) + N(nefcfriction)) {
    const mm_v loss = (mm_v)(M(efc_frictionloss)[row]);
    return mm_clamp(force, -loss, loss);
  }
  return mm_max(force, V(0.0));
}

/* second derivative of the cost: D where the row pushes by its spring, else 0 */
MM_FN mm_v mm_row_curve(mm_env e, int row, mm_v jar) {
  const mm_v weight = D(efc_D)[row];
  if (row < N(nefceq)) return weight;
  if (row < N(nefceq) + N(nefcfriction))
    return mm_select(mm_abs(weight * jar) < (mm_v)(M(efc_frictionloss)[row]), weight, V(0.0));
  return mm_select(jar < V(0.0), weight, V(0.0));
}

/* where a row's part of the cost is not one parabola, or line, from jar to next */
MM_FN mm_m mm_row_differs(mm_env e, int row, mm_v jar, mm_v next) {
  if (row < N(nefceq)) return mm_not(mm_all_true());
  if (row < N(nefceq) + N(nefcfriction)) {
    const mm_v loss = (mm_v)(M(efc_frictionloss)[row]), x = D(efc_D)[row] * jar, y = D(efc_D)[row] * next;
    return ((x >= loss) != (y >= loss)) | ((x <= -loss) != (y <= -loss));
  }
  return ((jar < V(0.0)) != (next < V(0.0))) & (D(efc_D)[row] > V(0.0));
}

/* an elliptic cone where the normal n and the tangents u are scaled so that it is round: its three zones */
typedef struct mm_cone_zone {
  scalar mu, scale; /* regularised friction; D of the middle zone over that of the normal */
  mm_v n, t;        /* normal, length of the tangents */
  mm_m push, slide; /* bottom zone: all dimensions push; middle zone: on the cone's surface */
} mm_cone_zone;

MM_FN scalar mm_contact_friction(mm_env e, int slot, int k) { return M(collide_friction)[5 * M(contact_collide)[slot] + k - 1]; }

MM_FN mm_cone_zone mm_cone_at(mm_env e, int slot, const mm_v *x) {
  mm_cone_zone c;
  const int dim = mm_contact_dim(e, slot);
  mm_v square = V(0.0);
  c.mu = mm_contact_friction(e, slot, 1) / mm_sqrt(M(opt_impratio)[0]);
  c.scale = R(1.0) / (c.mu * c.mu * (R(1.0) + c.mu * c.mu));
  for (int k = 1; k < dim; k++) {
    const mm_v u = x[k] * mm_contact_friction(e, slot, k);
    square += u * u;
  }
  c.n = x[0] * c.mu;
  c.t = mm_sqrt(square);
  c.push = c.n * c.mu + c.t <= V(0.0);
  c.slide = mm_not(c.push | (c.n >= c.t * c.mu));
  c.t = mm_max(c.t, V(1e-30));
  return c;
}

/* D of dimension k over that of the normal: such that friction * sqrt(R) is the same along all tangents */
MM_FN scalar mm_cone_weight(mm_env e, int slot, int k) {
  const scalar ratio = k > 0 ? mm_contact_friction(e, slot, k) / mm_contact_friction(e, slot, 1) : R(1.0);
  return k > 0 ? ratio * ratio * M(opt_impratio)[0] : R(1.0);
}

MM_FN int mm_contact_elliptic(mm_env e, int slot) { return mm_elliptic() && mm_contact_dim(e, slot) > 1; }

/* force along the dimensions of a contact whose jar is x */
MM_FN void mm_contact_push(mm_env e, int slot, const mm_v *x, mm_v *force) {
  const int dim = mm_contact_dim(e, slot);
  const mm_v weight = D(contact_D)[slot];
  if (dim == 1) force[0] = mm_max(-weight * x[0], V(0.0));
  else if (mm_contact_elliptic(e, slot)) {
    const mm_cone_zone c = mm_cone_at(e, slot, x);
    const mm_v surface = weight * c.scale * (c.t * c.mu - c.n) * c.mu;
    force[0] = mm_select(c.slide, surface, mm_select(c.push, -weight * x[0], V(0.0)));
    for (int k = 1; k < dim; k++) {
      const scalar friction = mm_contact_friction(e, slot, k);
      force[k] = mm_select(c.slide, -surface / c.t * x[k] * (friction * friction),
                           mm_select(c.push, -weight * x[k] * mm_cone_weight(e, slot, k), V(0.0)));
    }
  } else {
    force[0] = V(0.0);
    for (int k = 1; k < dim; k++) {
      const scalar friction = mm_contact_friction(e, slot, k);
      const mm_v one = mm_max(-weight * (x[0] + x[k] * friction), V(0.0));
      const mm_v two = mm_max(-weight * (x[0] - x[k] * friction), V(0.0));
      force[0] += one + two;
      force[k] = (one - two) * friction;
    }
  }
}

/* first and second derivative of a contact's cost along y, at x */
MM_FN void mm_contact_slope(mm_env e, int slot, const mm_v *x, const mm_v *y, mm_v *slope, mm_v *curve) {
  const int dim = mm_contact_dim(e, slot);
  const mm_v weight = D(contact_D)[slot];
  if (mm_contact_elliptic(e, slot)) {
    const mm_cone_zone c = mm_cone_at(e, slot, x);
    mm_v uv = V(0.0), vv = V(0.0), dot1 = V(0.0), dot2 = V(0.0);
    for (int k = 0; k < dim; k++) {
      const mm_v w = weight * mm_cone_weight(e, slot, k);
      dot1 += w * x[k] * y[k];
      dot2 += w * y[k] * y[k];
    }
    for (int k = 1; k < dim; k++) {
      const scalar friction = mm_contact_friction(e, slot, k);
      uv += x[k] * y[k] * (friction * friction);
      vv += y[k] * y[k] * (friction * friction);
    }
    const mm_v t1 = uv / c.t, t2 = (vv - t1 * t1) / c.t, gap = c.n - c.t * c.mu, gap1 = y[0] * c.mu - t1 * c.mu;
    *slope += mm_select(c.slide, weight * c.scale * gap * gap1, mm_select(c.push, dot1, V(0.0)));
    *curve += mm_select(c.slide, weight * c.scale * (gap1 * gap1 - gap * t2 * c.mu), mm_select(c.push, dot2, V(0.0)));
  } else
    for (int k = dim > 1; k < dim; k++) {
      const scalar friction = dim > 1 ? mm_contact_friction(e, slot, k) : R(0.0);
      const mm_v x1 = x[0] + x[k] * friction, y1 = y[0] + y[k] * friction;
      const mm_v x2 = x[0] - x[k] * friction, y2 = y[0] - y[k] * friction;
      const mm_v w1 = mm_select(x1 < V(0.0), weight, V(0.0));
      const mm_v w2 = dim > 1 ? mm_select(x2 < V(0.0), weight, V(0.0)) : V(0.0);
      *slope += w1 * x1 * y1 + w2 * x2 * y2;
      *curve += w1 * y1 * y1 + w2 * y2 * y2;
    }
}

/* second derivatives of a contact's cost, lower triangle by rows in c[21] */
MM_FN void mm_contact_curve(mm_env e, int slot, const mm_v *x, mm_v *c) {
  const int dim = mm_contact_dim(e, slot);
  const mm_v weight = D(contact_D)[slot];
  for (int i = 0; i < dim * (dim + 1) / 2; i++) c[i] = V(0.0);
  if (dim == 1) c[0] = mm_select(x[0] < V(0.0), weight, V(0.0));
  else if (mm_contact_elliptic(e, slot)) {
    const mm_cone_zone cone = mm_cone_at(e, slot, x);
    const mm_v middle = weight * cone.scale, bend = cone.n / cone.t * cone.mu, round = (mm_v)(cone.mu * cone.mu) - bend;
    for (int i = 0, at = 0; i < dim; i++)
      for (int j = 0; j <= i; j++, at++) {
        const scalar fi = i > 0 ? mm_contact_friction(e, slot, i) : cone.mu, fj = j > 0 ? mm_contact_friction(e, slot, j) : cone.mu;
        mm_v h = V(1.0);
        if (i > 0 && j == 0) h = -x[i] / cone.t * (fi * cone.mu);
        if (j > 0) h = x[i] / cone.t * (x[j] / cone.t) * (fi * fj) * bend + (i == j ? round : V(0.0));
        c[at] = mm_select(cone.slide, middle * h * (fi * fj),
                          mm_select(cone.push, i == j ? weight * mm_cone_weight(e, slot, i) : V(0.0), V(0.0)));
      }
  } else
    for (int k = 1; k < dim; k++) {
      const scalar friction = mm_contact_friction(e, slot, k);
      const mm_v one = mm_select(x[0] + x[k] * friction < V(0.0), weight, V(0.0));
      const mm_v two = mm_select(x[0] - x[k] * friction < V(0.0), weight, V(0.0));
      c[0] += one + two;
      c[k * (k + 1) / 2] = (one - two) * friction;
      c[k * (k + 1) / 2 + k] = (one + two) * (friction * friction);
    }
}

/* where a contact's part of the cost is not one parabola from jar x to y; on a cone's surface it never is */
MM_FN mm_m mm_contact_differs(mm_env e, int slot, const mm_v *x, const mm_v *y) {
  const int dim = mm_contact_dim(e, slot);
  mm_m differs = mm_not(mm_all_true());
  if (mm_contact_elliptic(e, slot)) {
    const mm_cone_zone a = mm_cone_at(e, slot, x), b = mm_cone_at(e, slot, y);
    return (a.slide | b.slide | (mm_not(a.push) & b.push) | (a.push & mm_not(b.push))) & (D(contact_D)[slot] > V(0.0));
  }
  for (int k = dim > 1; k < dim; k++) {
    const scalar friction = dim > 1 ? mm_contact_friction(e, slot, k) : R(0.0);
    differs |= (x[0] + x[k] * friction < V(0.0)) != (y[0] + y[k] * friction < V(0.0));
    differs |= (x[0] - x[k] * friction < V(0.0)) != (y[0] - y[k] * friction < V(0.0));
  }
  return differs;
}

MM_FN void mm_contact_load(mm_env e, int slot, MM_GLOBAL const mm_v *from, mm_v *to) {
  const int adr = M(contact_dimadr)[slot], dim = mm_contact_dim(e, slot);
  for (int k = 0; k < dim; k++) to[k] = from[adr + k];
}

/* ---- gradient ---- */

/* force and torque of a contact on its second body, about the centre of mass of a tree */
MM_FN mm_v6 mm_contact_wrench(mm_env e, int slot, int tree) {
  const int dim = mm_contact_dim(e, slot);
  const mm_m active = D(contact_D)[slot] > V(0.0);
  const mm_v3 arm = mm_sub3(mm_load3(D(contact_pos), slot), mm_load3(D(subtree_com), tree));
  mm_v x[6], f[6];
  mm_v6 w = mm_zero6();
  mm_contact_load(e, slot, D(contact_jar), x);
  mm_contact_push(e, slot, x, f);
  for (int k = 0; k < dim && k < 3; k++) w.t = mm_mad3(w.t, mm_load3(D(contact_frame), 3 * slot + k), f[k]);
  for (int k = 3; k < dim; k++) w.r = mm_mad3(w.r, mm_load3(D(contact_frame), 3 * slot + k - 3), f[k]);
  w.r = mm_add3(w.r, mm_cross(arm, w.t));
  w.r = mm_select3(active, w.r, mm_zero6().r);
  w.t = mm_select3(active, w.t, mm_zero6().t);
  return w;
}

/* forces of contacts on bodies with all that hangs on them, in body_work */
MM_FN void mm_contact_forces(mm_env e) {
  MM_GLOBAL const int *touched = mm_body_touched(e), *on = mm_contact_on(e);
  const int levels = touched[0] ? N(nlevel) : 0;
  for (int level = levels - 1; level > 0; level--) {
    MM_FOR(i, M(level_adr)[level], M(level_adr)[level] + M(level_num)[level]) {
      const int body = M(level_bodyid)[i];
      if (touched[body]) {
        mm_v6 w = mm_zero6();
        for (int k = M(touch_adr)[body]; k < M(touch_adr)[body] + M(touch_num)[body]; k++) {
          const int side = M(touch_side)[k];
          if (on[side / 4]) w = mm_mad6(w, mm_contact_wrench(e, side / 4, M(body_rootid)[body]), side & 1 ? V(1.0) : V(-1.0));
        }
        for (int k = M(child_adr)[body]; k < M(child_adr)[body] + M(child_num)[body]; k++)
          if (touched[M(child_bodyid)[k]]) w = mm_add6(w, mm_load6(D(body_work), M(child_bodyid)[k]));
        mm_store6(D(body_work), body, w);
      }
    }
    MM_BARRIER;
  }
}

/* efc_force, qfrc_constraint and the gradient, whose square is returned */
MM_FN mm_v mm_gradient(mm_env e, MM_GLOBAL const mm_v *Ma, MM_GLOBAL mm_v *gradient) {
  mm_v square = V(0.0);
  MM_FOR(i, 0, N(nefc)) D(efc_force)[i] = mm_row_on(e)[i] ? mm_row_force(e, i, D(efc_jar)[i]) : V(0.0);
  mm_contact_forces(e);
  MM_BARRIER;
  MM_FOR(i, 0, N(nv)) {
    mm_v sum = V(0.0);
    for (int k = M(efc_dofadr)[i]; k < M(efc_dofadr)[i] + M(efc_dofnum)[i]; k++)
      if (mm_row_on(e)[M(efc_dofrow)[k]]) sum += D(efc_J)[M(efc_dofentry)[k]] * D(efc_force)[M(efc_dofrow)[k]];
    if (mm_body_touched(e)[M(dof_bodyid)[i]]) sum += mm_dot6(mm_load6(D(cdof), i), mm_load6(D(body_work), M(dof_bodyid)[i]));
    D(qfrc_constraint)[i] = sum;
    gradient[i] = Ma[i] - D(qfrc_smooth)[i] - sum;
  }
  MM_BARRIER;
  MM_SUM_FOR(i, 0, N(nv)) square += gradient[i] * gradient[i];
  return mm_lane_sum(e, square);
}

/* ---- Hessian ---- */

/* adds a contact's second derivatives with respect to the relative twist about point: 6 by 6, lower triangle by rows */
MM_FN void mm_contact_stiffness(mm_env e, int slot, mm_v3 point, mm_v *stiffness) {
  const int dim = mm_contact_dim(e, slot);
  const mm_m active = D(contact_D)[slot] > V(0.0);
  const mm_v3 arm = mm_sub3(mm_load3(D(contact_pos), slot), point), zero = mm_vec(V(0.0), V(0.0), V(0.0));
  mm_v x[6], c[21];
  mm_v6 axis[6];
  mm_contact_load(e, slot, D(contact_jar), x);
  mm_contact_curve(e, slot, x, c);
  for (int k = 0; k < dim; k++) {
    const mm_v3 a = mm_select3(active, mm_load3(D(contact_frame), 3 * slot + k - (k < 3 ? 0 : 3)), zero);
    axis[k] = k < 3 ? mm_spatial(mm_select3(active, mm_cross(arm, a), zero), a) : mm_spatial(a, zero);
  }
  for (int k = 0; k < dim; k++) {
    mm_v6 h = mm_zero6();
    for (int l = 0; l < dim; l++) h = mm_mad6(h, axis[l], c[k < l ? l * (l + 1) / 2 + k : k * (k + 1) / 2 + l]);
    stiffness[0] += axis[k].r.x * h.r.x;
    stiffness[1] += axis[k].r.y * h.r.x;
    stiffness[2] += axis[k].r.y * h.r.y;
    stiffness[3] += axis[k].r.z * h.r.x;
    stiffness[4] += axis[k].r.z * h.r.y;
    stiffness[5] += axis[k].r.z * h.r.z;
    stiffness[6] += axis[k].t.x * h.r.x;
    stiffness[7] += axis[k].t.x * h.r.y;
    stiffness[8] += axis[k].t.x * h.r.z;
    stiffness[9] += axis[k].t.x * h.t.x;
    stiffness[10] += axis[k].t.y * h.r.x;
    stiffness[11] += axis[k].t.y * h.r.y;
    stiffness[12] += axis[k].t.y * h.r.z;
    stiffness[13] += axis[k].t.y * h.t.x;
    stiffness[14] += axis[k].t.y * h.t.y;
    stiffness[15] += axis[k].t.z * h.r.x;
    stiffness[16] += axis[k].t.z * h.r.y;
    stiffness[17] += axis[k].t.z * h.r.z;
    stiffness[18] += axis[k].t.z * h.t.x;
    stiffness[19] += axis[k].t.z * h.t.y;
    stiffness[20] += axis[k].t.z * h.t.z;
  }
}

/* 6 by 6 times a twist */
MM_FN mm_v6 mm_stiffness_mul(const mm_v *k, mm_v6 a) {
  mm_v6 f;
  f.r = mm_vec(k[0] * a.r.x + k[1] * a.r.y + k[3] * a.r.z, k[1] * a.r.x + k[2] * a.r.y + k[4] * a.r.z,
               k[3] * a.r.x + k[4] * a.r.y + k[5] * a.r.z);
  f.r = mm_add3(f.r, mm_vec(k[6] * a.t.x + k[10] * a.t.y + k[15] * a.t.z, k[7] * a.t.x + k[11] * a.t.y + k[16] * a.t.z,
                            k[8] * a.t.x + k[12] * a.t.y + k[17] * a.t.z));
  f.t = mm_vec(k[6] * a.r.x + k[7] * a.r.y + k[8] * a.r.z, k[10] * a.r.x + k[11] * a.r.y + k[12] * a.r.z,
               k[15] * a.r.x + k[16] * a.r.y + k[17] * a.r.z);
  f.t = mm_add3(f.t, mm_vec(k[9] * a.t.x + k[13] * a.t.y + k[18] * a.t.z, k[13] * a.t.x + k[14] * a.t.y + k[19] * a.t.z,
                            k[18] * a.t.x + k[19] * a.t.y + k[20] * a.t.z));
  return f;
}

/* stiffness of contacts with what does not move, of each body with all that hangs on it: 21 numbers a body */
MM_FN void mm_body_stiffness(mm_env e) {
  MM_GLOBAL const int *touched = mm_body_touched(e), *on = mm_contact_on(e);
  const int levels = touched[0] & MM_TOUCHED_STATIC ? N(nlevel) : 0;
  for (int level = levels - 1; level > 0; level--) {
    MM_FOR(i, M(level_adr)[level], M(level_adr)[level] + M(level_num)[level]) {
      const int body = M(level_bodyid)[i];
      if (touched[body] & MM_TOUCHED_STATIC) {
        const mm_v3 com = mm_load3(D(subtree_com), M(body_rootid)[body]);
        mm_v sum[21];
        for (int j = 0; j < 21; j++) sum[j] = V(0.0);
        for (int k = M(touch_adr)[body]; k < M(touch_adr)[body] + M(touch_num)[body]; k++) {
          const int side = M(touch_side)[k];
          if (on[side / 4] && !(side & 2)) mm_contact_stiffness(e, side / 4, com, sum);
        }
        for (int k = M(child_adr)[body]; k < M(child_adr)[body] + M(child_num)[body]; k++) {
          const int child = M(child_bodyid)[k];
          if (touched[child] & MM_TOUCHED_STATIC)
            for (int j = 0; j < 21; j++) sum[j] += D(body_stiffness)[21 * child + j];
        }
        for (int j = 0; j < 21; j++) D(body_stiffness)[21 * body + j] = sum[j];
      }
    }
    MM_BARRIER;
  }
}

/* a row of M + J' s'' J without the contacts between moving bodies */
MM_FN void mm_hessian_row(mm_env e, int dof) {
  MM_GLOBAL mm_v *row = D(hessian) + M(H_rowadr)[dof];
  MM_GLOBAL const int *count = mm_tree_count(e), *on = mm_row_on(e), *path = M(M_colind) + M(M_rowadr)[dof];
  MM_GLOBAL const mm_v *mass = D(qM) + M(M_rowadr)[dof];
  const int body = M(dof_bodyid)[dof], entries = M(M_rownnz)[dof];
  if (count[dof] == entries)
    for (int i = 0; i < entries; i++) row[i] = mass[i];
  else {
    for (int i = 0; i < count[dof]; i++) row[i] = V(0.0);
    for (int i = 0; i < entries; i++) row[count[path[i]] - 1] = mass[i];
  }
  for (int k = M(efc_dofadr)[dof]; k < M(efc_dofadr)[dof] + M(efc_dofnum)[dof]; k++) {
    const int r = M(efc_dofrow)[k], entry = M(efc_dofentry)[k];
    if (on[r]) {
      const mm_v weight = mm_row_curve(e, r, D(efc_jar)[r]) * D(efc_J)[entry];
      for (int j = M(efc_rowadr)[r]; j <= entry; j++) row[count[M(efc_colind)[j]] - 1] += weight * D(efc_J)[j];
    }
  }
  if (mm_body_touched(e)[body] & MM_TOUCHED_STATIC) {
    mm_v stiffness[21];
    for (int j = 0; j < 21; j++) stiffness[j] = D(body_stiffness)[21 * body + j];
    const mm_v6 force = mm_stiffness_mul(stiffness, mm_load6(D(cdof), dof));
    for (int i = 0; i < entries; i++) row[count[path[i]] - 1] += mm_dot6(mm_load6(D(cdof), path[i]), force);
  }
}

/* a motion axis about another tree's centre of mass */
MM_FN mm_v6 mm_cdof_about(mm_env e, int dof, int tree) {
  const int own = M(body_rootid)[M(dof_bodyid)[dof]];
  mm_v6 a = mm_load6(D(cdof), dof);
  if (own != tree) a.t = mm_add3(a.t, mm_cross(a.r, mm_sub3(mm_load3(D(subtree_com), tree), mm_load3(D(subtree_com), own))));
  return a;
}

/* contacts between two moving bodies: the dofs that move one of them but not the other, within a branch and across */
MM_FN void mm_hessian_cross(mm_env e, int pair) {
  MM_GLOBAL const int *count = mm_tree_count(e), *on = mm_contact_on(e);
  const int common = M(cross_common)[pair], skip = common < 0 ? 0 : M(M_rownnz)[common];
  const int tree = M(body_rootid)[M(cross_body)[2 * pair]];
  const int last1 = M(body_lastdof)[M(cross_body)[2 * pair]], last2 = M(body_lastdof)[M(cross_body)[2 * pair + 1]];
  MM_GLOBAL const int *path1 = M(M_colind) + M(M_rowadr)[last1] + skip, *path2 = M(M_colind) + M(M_rowadr)[last2] + skip;
  const int length1 = M(M_rownnz)[last1] - skip, length2 = M(M_rownnz)[last2] - skip;
  mm_v stiffness[21];
  for (int j = 0; j < 21; j++) stiffness[j] = V(0.0);
  for (int k = M(cross_adr)[pair]; k < M(cross_adr)[pair] + M(cross_num)[pair]; k++)
    if (on[M(cross_slot)[k]]) mm_contact_stiffness(e, M(cross_slot)[k], mm_load3(D(subtree_com), tree), stiffness);
  MM_FOR(t, 0, length1 + length2) {
    MM_GLOBAL const int *own = t < length1 ? path1 : path2, *other = t < length1 ? path2 : path1;
    const int dof = t < length1 ? path1[t] : path2[t - length1], others = t < length1 ? length2 : length1;
    MM_GLOBAL mm_v *row = D(hessian) + M(H_rowadr)[dof];
    const mm_v6 force = mm_stiffness_mul(stiffness, mm_cdof_about(e, dof, tree));
    for (int k = 0; k <= (t < length1 ? t : t - length1); k++)
      row[count[own[k]] - 1] += mm_dot6(mm_cdof_about(e, own[k], tree), force);
    for (int k = 0; k < others && other[k] < dof; k++)
      row[count[other[k]] - 1] -= mm_dot6(mm_cdof_about(e, other[k], tree), force);
  }
  MM_BARRIER;
}

MM_FN void mm_hessian(mm_env e) {
  mm_body_stiffness(e);
  MM_FOR(i, 0, N(nv)) mm_hessian_row(e, i);
  MM_BARRIER;
  for (int c = 0; c < N(ncross); c++) {
    int active = 0;
    for (int k = M(cross_adr)[c]; k < M(cross_adr)[c] + M(cross_num)[c]; k++) active |= mm_contact_on(e)[M(cross_slot)[k]];
    if (active) mm_hessian_cross(e, c);
  }
}

/* ---- elimination ---- */

#ifdef MM_OPENCL
#define MM_UNROLL _Pragma("unroll")
#else
#define MM_UNROLL
#endif

/* Some rows of a chain at once: dof, its parent dof - 1, and so on; above them lie `above` ancestors, in mm_tree_path.
   They are cleared of one another, deepest first, then taken from the rows of the ancestors, two of these at a time.
   Whatever number of rows goes at once, an entry's products are subtracted in the same order. */
#define MM_ELIMINATE(ROWS)                                                            \
  case ROWS: {                                                                        \
    MM_GLOBAL mm_v *r[ROWS];                                                          \
    mm_v a[ROWS][ROWS], l[ROWS][ROWS], inverse[ROWS];                                 \
    MM_UNROLL for (int i = 0; i < ROWS; i++) {                                        \
      r[i] = H + M(H_rowadr)[dof - i];                                                \
      MM_UNROLL for (int c = 0; c < ROWS; c++)                                        \
        if (c < ROWS - i) a[i][c] = r[i][above + c];                                  \
    }                                                                                 \
    MM_UNROLL for (int i = 0; i < ROWS; i++) {                                        \
      inverse[i] = V(1.0) / mm_max(a[i][ROWS - 1 - i], (mm_v)(MM_TINY));              \
      MM_UNROLL for (int k = 0; k < ROWS; k++)                                        \
        if (k > i) {                                                                  \
          l[k][i] = a[i][ROWS - 1 - k] * inverse[i];                                  \
          MM_UNROLL for (int c = 0; c < ROWS; c++)                                    \
            if (c < ROWS - k) a[k][c] = a[k][c] - l[k][i] * a[i][c];                  \
        }                                                                             \
    }                                                                                 \
    MM_BARRIER;                                                                       \
    MM_ONE {                                                                          \
      MM_UNROLL for (int i = 0; i < ROWS; i++) {                                      \
        MM_UNROLL for (int c = 0; c < ROWS; c++)                                      \
          if (c < ROWS - 1 - i) r[i][above + c] = a[i][c];                            \
        r[i][above + ROWS - 1 - i] = inverse[i];                                      \
      }                                                                               \
    }                                                                                 \
    MM_FOR(b, 0, above) {                                                             \
      mm_v u[ROWS];                                                                   \
      u[0] = r[0][b];                                                                 \
      MM_UNROLL for (int i = 1; i < ROWS; i++) {                                      \
        u[i] = r[i][b];                                                               \
        MM_UNROLL for (int k = 0; k < ROWS; k++)                                      \
          if (k < i) u[i] = u[i] - l[i][k] * u[k];                                    \
        r[i][b] = u[i];                                                               \
      }                                                                               \
    }                                                                                 \
    MM_BARRIER;                                                                       \
    MM_FOR(t, 0, (above + 1) / 2) {                                                   \
      const int place = above - 1 - 2 * t, both = place > 0;                          \
      MM_GLOBAL mm_v *high = H + M(H_rowadr)[path[place]], *low = H + M(H_rowadr)[path[place - both]]; \
      mm_v p[ROWS], q[ROWS], last = high[place];                                      \
      MM_UNROLL for (int i = 0; i < ROWS; i++) {                                      \
        p[i] = r[i][place] * inverse[i];                                              \
        q[i] = r[i][place - both] * inverse[i];                                       \
        last = last - p[i] * r[i][place];                                             \
      }                                                                               \
      high[place] = last;                                                             \
      for (int b = 0; b < place; b++) {                                               \
        mm_v one = high[b], two = low[b];                                             \
        MM_UNROLL for (int i = 0; i < ROWS; i++) {                                    \
          const mm_v u = r[i][b];                                                     \
          one = one - p[i] * u;                                                       \
          two = two - q[i] * u;                                                       \
        }                                                                             \
        high[b] = one;                                                                \
        low[b] = two;                                                                 \
      }                                                                               \
    }                                                                                 \
    MM_BARRIER;                                                                       \
    break;                                                                            \
  }

MM_FN void mm_eliminate(mm_env e, int dof, int rows, int above) {
  MM_GLOBAL const int *path = mm_tree_path(e);
  MM_GLOBAL mm_v *H = D(hessian);
  switch (rows) {
    MM_ELIMINATE(8)
    MM_ELIMINATE(4)
    MM_ELIMINATE(2)
    MM_ELIMINATE(1)
    default: break;
  }
}

/* rows that hang in a chain below dof + 1: 8, 4, 2 or 1 */
MM_FN int mm_chain(MM_GLOBAL const int *parent, int dof, int most) {
  int rows = 1;
  while (rows < most && dof - rows >= 0 && parent[dof - rows + 1] == dof - rows) rows++;
  return rows >= 8 ? 8 : rows >= 4 ? 4 : rows >= 2 ? 2 : 1;
}

/* The ancestors of dof, and dof, into mm_tree_path[0 .. count) from the root. The first `known` are those of the walk
   before, so that where these meet the work is done; returns count, for the next walk. */
MM_FN int mm_tree_walk(mm_env e, int dof, int count, int known) {
  MM_GLOBAL const int *parent = mm_tree_parent(e);
  MM_GLOBAL int *path = mm_tree_path(e);
  MM_ONE {
    for (int a = count - 1; a >= 0 && (a >= known || path[a] != dof); a--) {
      path[a] = dof;
      dof = parent[dof];
    }
  }
  MM_BARRIER;
  return count;
}

/* the Hessian becomes its factor */
MM_FN void mm_hessian_factor(mm_env e) {
  MM_GLOBAL const int *parent = mm_tree_parent(e), *count = mm_tree_count(e);
  for (int dof = N(nv) - 1, known = 0; dof >= 0;) {
    const int rows = mm_chain(parent, dof, 8), above = count[dof] - rows;
    known = mm_tree_walk(e, parent[dof - rows + 1], above, known);
    mm_eliminate(e, dof, rows, above);
    dof -= rows;
  }
}

/* the part of a solution that goes from the leaves to the root: x - L' x of four rows, or of one */
MM_FN void mm_solve_up(mm_env e, int dof, int rows, int above, MM_GLOBAL mm_v *x) {
  MM_GLOBAL const int *path = mm_tree_path(e);
  MM_GLOBAL const mm_v *r0 = D(hessian) + M(H_rowadr)[dof];
  if (rows == 4) {
    MM_GLOBAL const mm_v *r1 = D(hessian) + M(H_rowadr)[dof - 1], *r2 = D(hessian) + M(H_rowadr)[dof - 2], *r3 = D(hessian) + M(H_rowadr)[dof - 3];
    const mm_v y0 = x[dof] * r0[above + 3];
    const mm_v x1 = x[dof - 1] - r0[above + 2] * y0, y1 = x1 * r1[above + 2];
    const mm_v x2 = x[dof - 2] - r0[above + 1] * y0 - r1[above + 1] * y1, y2 = x2 * r2[above + 1];
    const mm_v x3 = x[dof - 3] - r0[above] * y0 - r1[above] * y1 - r2[above] * y2, y3 = x3 * r3[above];
    MM_BARRIER;
    MM_ONE {
      x[dof - 1] = x1;
      x[dof - 2] = x2;
      x[dof - 3] = x3;
    }
    MM_FOR(b, 0, above) x[path[b]] = x[path[b]] - r0[b] * y0 - r1[b] * y1 - r2[b] * y2 - r3[b] * y3;
  } else {
    const mm_v y0 = x[dof] * r0[above];
    MM_FOR(b, 0, above) x[path[b]] = x[path[b]] - r0[b] * y0;
  }
  MM_BARRIER;
}

/* and the part from the root to the leaves */
MM_FN void mm_solve_down(mm_env e, int dof, int rows, int above, MM_GLOBAL mm_v *x) {
  MM_GLOBAL const int *path = mm_tree_path(e);
  MM_GLOBAL const mm_v *r0 = D(hessian) + M(H_rowadr)[dof];
  mm_v s0 = V(0.0), s1 = V(0.0), s2 = V(0.0), s3 = V(0.0);
  if (rows == 4) {
    MM_GLOBAL const mm_v *r1 = D(hessian) + M(H_rowadr)[dof - 1], *r2 = D(hessian) + M(H_rowadr)[dof - 2], *r3 = D(hessian) + M(H_rowadr)[dof - 3];
    MM_SUM_FOR(b, 0, above) {
      const mm_v y = x[path[b]];
      s0 += r0[b] * y;
      s1 += r1[b] * y;
      s2 += r2[b] * y;
      s3 += r3[b] * y;
    }
    s0 = mm_lane_sum(e, s0);
    s1 = mm_lane_sum(e, s1);
    s2 = mm_lane_sum(e, s2);
    s3 = mm_lane_sum(e, s3);
    const mm_v x3 = (x[dof - 3] - s3) * r3[above];
    const mm_v x2 = (x[dof - 2] - (s2 + r2[above] * x3)) * r2[above + 1];
    const mm_v x1 = (x[dof - 1] - (s1 + r1[above] * x3 + r1[above + 1] * x2)) * r1[above + 2];
    const mm_v x0 = (x[dof] - (s0 + r0[above] * x3 + r0[above + 1] * x2 + r0[above + 2] * x1)) * r0[above + 3];
    MM_BARRIER;
    MM_ONE {
      x[dof - 3] = x3;
      x[dof - 2] = x2;
      x[dof - 1] = x1;
      x[dof] = x0;
    }
  } else {
    MM_SUM_FOR(b, 0, above) s0 += r0[b] * x[path[b]];
    s0 = mm_lane_sum(e, s0);
    MM_ONE x[dof] = (x[dof] - s0) * r0[above];
  }
  MM_BARRIER;
}

/* x becomes inv(H) x */
MM_FN void mm_hessian_solve(mm_env e, MM_GLOBAL mm_v *x) {
  MM_GLOBAL const int *parent = mm_tree_parent(e), *count = mm_tree_count(e);
  for (int dof = N(nv) - 1, known = 0; dof >= 0;) {
    const int rows = mm_chain(parent, dof, 4) == 4 ? 4 : 1, above = count[dof] - rows;
    known = mm_tree_walk(e, parent[dof - rows + 1], above, known);
    mm_solve_up(e, dof, rows, above, x);
    dof -= rows;
  }
  for (int dof = 0, known = 0; dof < N(nv);) {
    const int rows = dof + 3 < N(nv) && mm_chain(parent, dof + 3, 4) == 4 ? 4 : 1, above = count[dof] - 1;
    known = mm_tree_walk(e, parent[dof], above, known);
    mm_solve_down(e, dof + rows - 1, rows, above, x);
    dof += rows;
  }
}

/* ---- the iteration ---- */

/* jv = J v for the search direction */
MM_FN void mm_search_rows(mm_env e, MM_GLOBAL const mm_v *search) {
  mm_contact_twists(e, search);
  MM_FOR(i, 0, N(nefc))
    if (mm_row_on(e)[i]) {
      mm_v sum = V(0.0);
      for (int k = M(efc_rowadr)[i]; k < M(efc_rowadr)[i] + M(efc_rownnz)[i]; k++) sum += D(efc_J)[k] * search[M(efc_colind)[k]];
      D(efc_jv)[i] = sum;
    }
  MM_FOR(i, 0, N(nconmax))
    if (mm_contact_on(e)[i]) {
      const mm_v6 motion = mm_contact_motion(e, i, D(body_work));
      const mm_m active = D(contact_D)[i] > V(0.0);
      for (int k = 0; k < mm_contact_dim(e, i); k++)
        D(contact_jv)[M(contact_dimadr)[i] + k] = mm_select(active, mm_contact_along(e, i, k, motion), V(0.0));
    }
  MM_BARRIER;
}

/* first and second derivative of the cost along the search direction at alpha; without gauss and equalities */
MM_FN void mm_search_slope(mm_env e, mm_v alpha, mm_v *slope, mm_v *curve) {
  mm_v first = V(0.0), second = V(0.0);
  MM_SUM_FOR(i, N(nefceq), N(nefc))
    if (mm_row_on(e)[i]) {
      const mm_v jv = D(efc_jv)[i], jar = D(efc_jar)[i] + alpha * jv;
      first -= mm_row_force(e, i, jar) * jv;
      second += mm_row_curve(e, i, jar) * jv * jv;
    }
  MM_SUM_FOR(i, 0, N(nconmax))
    if (mm_contact_on(e)[i]) {
      mm_v x[6], y[6];
      mm_contact_load(e, i, D(contact_jar), x);
      mm_contact_load(e, i, D(contact_jv), y);
      for (int k = 0; k < mm_contact_dim(e, i); k++) x[k] += alpha * y[k];
      mm_contact_slope(e, i, x, y, &first, &second);
    }
  *slope += mm_lane_sum(e, first);
  *curve += mm_lane_sum(e, second);
}

/* The step at which the cost is least. Newton's method on the slope, between a lower end where it falls and an upper
   where it rises; a step of 1 is right where nothing changes on the way, so it is tried first. */
MM_FN mm_v mm_line_search(mm_env e, MM_GLOBAL const mm_v *Ma, MM_GLOBAL const mm_v *Mv, MM_GLOBAL const mm_v *search, mm_v start, mm_m open) {
  mm_v linear = V(0.0), square = V(0.0), alpha = V(1.0), low = V(0.0), high = V(1e30);
  const mm_v enough = mm_abs(start) * MM_SLOPE_TOLERANCE;
  MM_SUM_FOR(i, 0, N(nv)) {
    linear += search[i] * (Ma[i] - D(qfrc_smooth)[i]);
    square += search[i] * Mv[i];
  }
  MM_SUM_FOR(i, 0, N(nefceq))
    if (mm_row_on(e)[i]) {
      linear += D(efc_D)[i] * D(efc_jar)[i] * D(efc_jv)[i];
      square += D(efc_D)[i] * D(efc_jv)[i] * D(efc_jv)[i];
    }
  linear = mm_lane_sum(e, linear);
  square = mm_lane_sum(e, square);
  for (int k = 0; k < N(opt_ls_iterations) && mm_any(open); k++) {
    mm_v slope = linear + alpha * square, curve = square;
    mm_search_slope(e, alpha, &slope, &curve);
    open &= mm_abs(slope) > enough;
    low = mm_select(open & (slope < V(0.0)), alpha, low);
    high = mm_select(open & (slope > V(0.0)), alpha, high);
    mm_v next = alpha - slope / mm_max(curve, V(1e-30));
    const mm_m outside = mm_not((next > low) & (next < high));
    next = mm_select(outside, mm_select(high < V(1e30), V(0.5) * (low + high), V(2.0) * alpha), next);
    alpha = mm_select(open, next, alpha);
  }
  return alpha;
}

/* moves by alpha along the search direction; true where the second derivatives have changed */
MM_FN mm_m mm_search_move(mm_env e, MM_GLOBAL mm_v *Ma, MM_GLOBAL const mm_v *Mv, MM_GLOBAL const mm_v *search, mm_v alpha) {
  mm_v changes = V(0.0);
  const mm_m moves = alpha > V(0.0);
  MM_FOR(i, 0, N(nv)) {
    D(qacc)[i] = mm_select(moves, D(qacc)[i] + alpha * search[i], D(qacc)[i]);
    Ma[i] = mm_select(moves, Ma[i] + alpha * Mv[i], Ma[i]);
  }
  MM_FOR(i, 0, N(nefc))
    if (mm_row_on(e)[i]) {
      const mm_v old = D(efc_jar)[i], jar = mm_select(moves, old + alpha * D(efc_jv)[i], old);
      changes = mm_select(mm_row_differs(e, i, old, jar), V(1.0), changes);
      D(efc_jar)[i] = jar;
    }
  MM_FOR(i, 0, N(nconmax))
    if (mm_contact_on(e)[i]) {
      mm_v x[6], y[6];
      mm_contact_load(e, i, D(contact_jar), x);
      mm_contact_load(e, i, D(contact_jv), y);
      for (int k = 0; k < mm_contact_dim(e, i); k++) y[k] = mm_select(moves, x[k] + alpha * y[k], x[k]);
      changes = mm_select(mm_contact_differs(e, i, x, y), V(1.0), changes);
      for (int k = 0; k < mm_contact_dim(e, i); k++) D(contact_jar)[M(contact_dimadr)[i] + k] = y[k];
    }
  changes = mm_lane_sum(e, changes);
  MM_BARRIER;
  return changes > V(0.0);
}

/* From qacc, with rows and contacts made there, to the least cost. An environment is open until its gradient or what a
   step can gain is below the tolerance, or a whole step has been exact; then it keeps its numbers while others go on. */
MM_FN void mm_newton(mm_env e) {
  MM_GLOBAL mm_v *Ma = D(solve_work), *Mv = D(solve_work) + N(nv), *gradient = D(solve_work) + 2 * N(nv), *search = D(solve_work) + 3 * N(nv);
  const mm_v scale = (mm_v)(M(solver_scale)[0]), tolerance = (mm_v)(M(opt_tolerance)[0]);
  mm_multiply(mm_pattern_mass(e), D(qM), D(qacc), Ma);
  mm_tree_make(e);
  mm_v norm = mm_gradient(e, Ma, gradient), count = V(0.0);
  const mm_m broken = mm_not(mm_finite(norm));
  mm_m open = mm_not(broken | (mm_sqrt(norm) * scale < tolerance)), stale = mm_all_true();
  for (int k = 0; k < N(opt_iterations) && mm_any(open); k++) {
    mm_v slope = V(0.0);
    if (mm_any(stale & open)) {
      mm_hessian(e);
      mm_hessian_factor(e);
    }
    MM_FOR(i, 0, N(nv)) search[i] = -gradient[i];
    MM_BARRIER;
    mm_hessian_solve(e, search);
    MM_SUM_FOR(i, 0, N(nv)) slope += search[i] * gradient[i];
    slope = mm_lane_sum(e, slope);
    open &= mm_finite(slope) & (slope < V(0.0)); /* else rounding is all that is left */
    mm_multiply(mm_pattern_mass(e), D(qM), search, Mv);
    mm_search_rows(e, search);
    const mm_v alpha = mm_select(open, mm_line_search(e, Ma, Mv, search, slope, open), V(0.0));
    stale = mm_search_move(e, Ma, Mv, search, alpha);
    norm = mm_gradient(e, Ma, gradient);
    count += mm_select(open, V(1.0), V(0.0));
    open &= mm_finite(norm) & mm_not(mm_sqrt(norm) * scale < tolerance);
    open &= stale | (alpha != V(1.0));
    open &= mm_not(V(-0.5) * alpha * slope * scale < tolerance);
  }
  MM_FOR(i, 0, N(nv)) D(qacc)[i] = mm_select(broken, norm, D(qacc)[i]); /* forces that are not finite: let it be seen */
  if (HAS(solver_niter)) MM_ONE D(solver_niter)[0] = count;
  MM_BARRIER;
}

/* force and torque of a contact on geom 2 along the axes of its frame; zero where it is not active */
MM_FN void mm_contact_force(mm_env e, int slot, mm_v *force) {
  mm_v x[6];
  for (int k = 0; k < 6; k++) force[k] = V(0.0);
  if (mm_contact_on(e)[slot]) {
    mm_contact_load(e, slot, D(contact_jar), x);
    mm_contact_push(e, slot, x, force);
    for (int k = 0; k < 6; k++) force[k] = mm_select(D(contact_D)[slot] > V(0.0), force[k], V(0.0));
  }
}

/* active rows among some, where each counts */
MM_FN mm_v mm_count_active(MM_GLOBAL const mm_v *weight, int first, int end) {
  mm_v count = V(0.0);
  for (int i = first; i < end; i++) count += mm_select(weight[i] > V(0.0), V(1.0), V(0.0));
  return count;
}

/* what somebody asked to see */
MM_FN void mm_constraint_report(mm_env e) {
  if (HAS(efc_count))
    MM_ONE {
      const int limits = N(nefceq) + N(nefcfriction);
      mm_v count = V(0.0);
      for (int i = 0; i < N(nconmax); i++) {
        const int dim = mm_contact_dim(e, i);
        const scalar rows = (scalar)(dim == 1 || mm_elliptic() ? dim : 2 * (dim - 1));
        if (mm_contact_on(e)[i]) count += mm_select(D(contact_D)[i] > V(0.0), (mm_v)(rows), V(0.0));
      }
      D(efc_count)[0] = mm_count_active(D(efc_D), 0, N(nefceq));
      D(efc_count)[1] = mm_count_active(D(efc_D), N(nefceq), limits);
      D(efc_count)[2] = mm_count_active(D(efc_D), limits, N(nefc));
      D(efc_count)[3] = count;
    }
  if (HAS(contact_force))
    MM_FOR(i, 0, N(nconmax)) {
      mm_v force[6];
      mm_contact_force(e, i, force);
      for (int k = 0; k < 6; k++) D(contact_force)[6 * i + k] = force[k];
    }
  MM_BARRIER;
}

/* No rows at all: the solver's fields say so, and the acceleration is that without constraints. */
MM_FN void mm_constraint_none(mm_env e) {
  MM_FOR(i, 0, N(nefc)) {
    mm_row_on(e)[i] = 0;
    D(efc_D)[i] = D(efc_force)[i] = V(0.0);
  }
  MM_FOR(i, 0, N(nconmax)) mm_contact_on(e)[i] = 0;
  MM_FOR(i, 0, N(nv)) D(qfrc_constraint)[i] = V(0.0);
  if (HAS(solver_niter)) MM_ONE D(solver_niter)[0] = V(0.0);
  mm_smooth_acceleration(e, D(qacc));
}

/* qacc, qfrc_constraint and the forces of rows and contacts. The solver starts at qacc_warmstart, the acceleration of
   the step before. MuJoCo starts at qacc_smooth instead where the cost is less there; on MyoFullBody Newton's method
   needs 2.0 iterations from the step before, 2.4 from zero and 3.4 from qacc_smooth, whose factor is then saved too.
   Both converge to the same. */
MM_FN void mm_constraint(mm_env e) {
  if (N(nefc) + N(nconmax) == 0 || mm_disabled(MM_DSBL_CONSTRAINT)) mm_constraint_none(e);
  else {
    MM_FOR(i, 0, N(nv)) D(qacc)[i] = D(qacc_warmstart)[i];
    MM_BARRIER;
    if (mm_disabled(MM_DSBL_WARMSTART)) mm_smooth_acceleration(e, D(qacc));
    mm_constraint_make(e);
    mm_newton(e);
  }
  mm_constraint_report(e);
}
