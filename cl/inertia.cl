/* >>inertia: centres of mass, motion axes, composite inertias and the mass matrix (MuJoCo: mj_comPos, mj_crb)

   Spatial vectors are a rotation r and a translation t, both along world axes, about the centre of mass of the
   kinematic tree (the subtree of the root body): there the numbers stay small, which float needs.
   A body's inertia is ten numbers: the moments xx yy zz xy xz yz about that point, mass times offset, mass.
   A mass matrix entry of dof i and its ancestor j is cdof_j . (I_i cdof_i) with I_i the inertia of all that dof i moves. */

typedef struct mm_v6 { mm_v3 r, t; } mm_v6;
typedef struct mm_inertia { mm_v xx, yy, zz, xy, xz, yz; mm_v3 c; mm_v m; } mm_inertia;

MM_FN mm_v6 mm_spatial(mm_v3 r, mm_v3 t) { mm_v6 a; a.r = r; a.t = t; return a; }
MM_FN mm_v6 mm_zero6(void) { return mm_spatial(mm_vec(V(0.0), V(0.0), V(0.0)), mm_vec(V(0.0), V(0.0), V(0.0))); }
MM_FN mm_v6 mm_add6(mm_v6 a, mm_v6 b) { return mm_spatial(mm_add3(a.r, b.r), mm_add3(a.t, b.t)); }
MM_FN mm_v6 mm_mad6(mm_v6 a, mm_v6 b, mm_v s) { return mm_spatial(mm_mad3(a.r, b.r, s), mm_mad3(a.t, b.t, s)); }
MM_FN mm_v mm_dot6(mm_v6 a, mm_v6 b) { return mm_dot3(a.r, b.r) + mm_dot3(a.t, b.t); }

/* rate of a motion that is carried along by velocity v; and of a force or momentum */
MM_FN mm_v6 mm_cross_motion(mm_v6 v, mm_v6 a) {
  return mm_spatial(mm_cross(v.r, a.r), mm_add3(mm_cross(v.r, a.t), mm_cross(v.t, a.r)));
}
MM_FN mm_v6 mm_cross_force(mm_v6 v, mm_v6 f) {
  return mm_spatial(mm_add3(mm_cross(v.r, f.r), mm_cross(v.t, f.t)), mm_cross(v.r, f.t));
}

MM_FN mm_v6 mm_load6(MM_GLOBAL const mm_v *data, int i) {
  return mm_spatial(mm_vec(data[6 * i], data[6 * i + 1], data[6 * i + 2]),
                    mm_vec(data[6 * i + 3], data[6 * i + 4], data[6 * i + 5]));
}

MM_FN void mm_store6(MM_GLOBAL mm_v *data, int i, mm_v6 a) {
  mm_store3(data, 2 * i, a.r);
  mm_store3(data, 2 * i + 1, a.t);
}

MM_FN mm_inertia mm_load_inertia(MM_GLOBAL const mm_v *data, int i) {
  mm_inertia a;
  data += 10 * i;
  a.xx = data[0]; a.yy = data[1]; a.zz = data[2]; a.xy = data[3]; a.xz = data[4]; a.yz = data[5];
  a.c = mm_vec(data[6], data[7], data[8]);
  a.m = data[9];
  return a;
}

MM_FN void mm_store_inertia(MM_GLOBAL mm_v *data, int i, mm_inertia a) {
  data += 10 * i;
  data[0] = a.xx; data[1] = a.yy; data[2] = a.zz; data[3] = a.xy; data[4] = a.xz; data[5] = a.yz;
  data[6] = a.c.x; data[7] = a.c.y; data[8] = a.c.z;
  data[9] = a.m;
}

/* momentum of the motion a, or force of the acceleration a */
MM_FN mm_v6 mm_inertia_mul(mm_inertia i, mm_v6 a) {
  mm_v3 r = mm_vec(i.xx * a.r.x + i.xy * a.r.y + i.xz * a.r.z, i.xy * a.r.x + i.yy * a.r.y + i.yz * a.r.z,
                   i.xz * a.r.x + i.yz * a.r.y + i.zz * a.r.z);
  return mm_spatial(mm_add3(r, mm_cross(i.c, a.t)), mm_sub3(mm_mul3(a.t, i.m), mm_cross(i.c, a.r)));
}

/* centre of mass of each body with its descendants: moments are summed leaves first, then divided by the mass */
MM_FN void mm_subtree_com(mm_env e) {
  for (int level = N(nlevel) - 1; level >= 0; level--) {
    MM_FOR(i, M(level_adr)[level], M(level_adr)[level] + M(level_num)[level]) {
      const int body = M(level_bodyid)[i], first = M(child_adr)[body];
      mm_v3 moment = mm_mul3(mm_load3(D(xipos), body), (mm_v)(M(body_mass)[body]));
      for (int k = first; k < first + M(child_num)[body]; k++) {
        const int child = M(child_bodyid)[k];
        const scalar mass = M(body_subtreemass)[child];
        if (mass > MM_TINY) moment = mm_mad3(moment, mm_load3(D(subtree_com), child), (mm_v)(mass));
      }
      const scalar mass = M(body_subtreemass)[body];
      mm_store3(D(subtree_com), body, mass > MM_TINY ? mm_mul3(moment, (mm_v)(R(1.0) / mass)) : mm_load3(D(xipos), body));
    }
    MM_BARRIER;
  }
}

/* about the tree's centre of mass: R diag(I) R' + m (|o|^2 - o o') with o from there to the body's own */
MM_FN mm_inertia mm_inertia_body(mm_env e, int body) {
  mm_inertia a;
  mm_m33 r = mm_load33(D(ximat), body);
  mm_v3 o = mm_sub3(mm_load3(D(xipos), body), mm_load3(D(subtree_com), M(body_rootid)[body]));
  mm_v3 p = mm_mul3(r.a, (mm_v)(M(body_inertia)[3 * body])), q = mm_mul3(r.b, (mm_v)(M(body_inertia)[3 * body + 1]));
  mm_v3 s = mm_mul3(r.c, (mm_v)(M(body_inertia)[3 * body + 2]));
  a.m = (mm_v)(M(body_mass)[body]);
  a.c = mm_mul3(o, a.m);
  a.xx = r.a.x * p.x + r.b.x * q.x + r.c.x * s.x + a.c.y * o.y + a.c.z * o.z;
  a.yy = r.a.y * p.y + r.b.y * q.y + r.c.y * s.y + a.c.x * o.x + a.c.z * o.z;
  a.zz = r.a.z * p.z + r.b.z * q.z + r.c.z * s.z + a.c.x * o.x + a.c.y * o.y;
  a.xy = r.a.x * p.y + r.b.x * q.y + r.c.x * s.y - a.c.x * o.y;
  a.xz = r.a.x * p.z + r.b.x * q.z + r.c.x * s.z - a.c.x * o.z;
  a.yz = r.a.y * p.z + r.b.y * q.z + r.c.y * s.z - a.c.y * o.z;
  return a;
}

/* turning about an axis through a point that lies at offset from the tree's centre of mass */
MM_FN mm_v6 mm_turn_axis(mm_v3 axis, mm_v3 offset) { return mm_spatial(axis, mm_cross(offset, axis)); }

MM_FN void mm_cdof_joint(mm_env e, int joint) {
  const int body = M(jnt_bodyid)[joint], type = M(jnt_type)[joint];
  int dof = M(jnt_dofadr)[joint];
  mm_v3 offset = mm_sub3(mm_load3(D(xanchor), joint), mm_load3(D(subtree_com), M(body_rootid)[body]));
  mm_v3 zero = mm_vec(V(0.0), V(0.0), V(0.0));
  if (type == MM_JNT_HINGE) mm_store6(D(cdof), dof, mm_turn_axis(mm_load3(D(xaxis), joint), offset));
  if (type == MM_JNT_SLIDE) mm_store6(D(cdof), dof, mm_spatial(zero, mm_load3(D(xaxis), joint)));
  if (type == MM_JNT_FREE) {
    mm_store6(D(cdof), dof, mm_spatial(zero, mm_vec(V(1.0), V(0.0), V(0.0))));
    mm_store6(D(cdof), dof + 1, mm_spatial(zero, mm_vec(V(0.0), V(1.0), V(0.0))));
    mm_store6(D(cdof), dof + 2, mm_spatial(zero, mm_vec(V(0.0), V(0.0), V(1.0))));
    dof += 3;
  }
  if (type == MM_JNT_FREE || type == MM_JNT_BALL) {
    mm_m33 r = mm_load33(D(xmat), body);
    mm_store6(D(cdof), dof, mm_turn_axis(r.a, offset));
    mm_store6(D(cdof), dof + 1, mm_turn_axis(r.b, offset));
    mm_store6(D(cdof), dof + 2, mm_turn_axis(r.c, offset));
  }
}

/* what depends on positions alone: subtree_com, cinert, cdof */
MM_FN void mm_com(mm_env e) {
  mm_subtree_com(e);
  MM_FOR(i, 0, N(nbody)) mm_store_inertia(D(cinert), i, mm_inertia_body(e, i));
  MM_FOR(i, 0, N(njnt)) mm_cdof_joint(e, i);
  MM_BARRIER;
}

/* inertia of each body with its descendants, leaves first; body_work holds 12 numbers a body */
MM_FN void mm_composite(mm_env e) {
  for (int level = N(nlevel) - 1; level > 0; level--) {
    MM_FOR(i, M(level_adr)[level], M(level_adr)[level] + M(level_num)[level]) {
      const int body = M(level_bodyid)[i], first = M(child_adr)[body];
      for (int j = 0; j < 10; j++) {
        mm_v sum = D(cinert)[10 * body + j];
        for (int k = first; k < first + M(child_num)[body]; k++) sum += D(body_work)[10 * M(child_bodyid)[k] + j];
        D(body_work)[10 * body + j] = sum;
      }
    }
    MM_BARRIER;
  }
}

MM_FN void mm_mass_row(mm_env e, int dof) {
  const int adr = M(M_rowadr)[dof], diagonal = adr + M(M_rownnz)[dof] - 1;
  mm_v6 force = mm_inertia_mul(mm_load_inertia(D(body_work), M(dof_bodyid)[dof]), mm_load6(D(cdof), dof));
  for (int i = adr; i <= diagonal; i++) D(qM)[i] = mm_dot6(mm_load6(D(cdof), M(M_colind)[i]), force);
  D(qM)[diagonal] += (mm_v)(M(dof_armature)[dof]);
}

MM_FN void mm_mass_matrix(mm_env e) {
  mm_composite(e);
  MM_FOR(i, 0, N(nv)) mm_mass_row(e, i);
  MM_BARRIER;
}
