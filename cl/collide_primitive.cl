/* >>collide-primitive: contacts of planes, spheres, capsules and cylinders in closed form

   A contact is a distance of two surfaces (negative: depth), the point midway between them, and the unit normal
   from the first geom to the second. Everything is computed for the whole tile; a mask says where a contact is. A
   contact is found within the reach of its pair, and every place where one could be has its own slot. */

#define MM_FAR R(1e10) /* the distance of a slot without contact */

/* the world pose of a geom with its sizes */
typedef struct mm_shape {
  mm_v3 pos;
  mm_m33 mat;
  scalar a, b, c;
} mm_shape;

/* what may become a contact */
typedef struct mm_touch {
  mm_m on;
  mm_v dist;
  mm_v3 pos, normal;
} mm_touch;

MM_FN mm_v3 mm_geom_pos(mm_env e, int geom) {
  return mm_fixed_pos(e, M(geom_bodyid)[geom], mm_table3(M(geom_pos), geom));
}

/* axis k of a geom, world frame */
MM_FN mm_v3 mm_geom_axis(mm_env e, mm_m33 body, int geom, int k) {
  MM_GLOBAL const scalar *axes = M(geom_axes) + 9 * geom + k;
  return mm_mat_mul(body, mm_vec((mm_v)(axes[0]), (mm_v)(axes[3]), (mm_v)(axes[6])));
}

MM_FN mm_shape mm_geom_shape(mm_env e, int geom) {
  mm_shape s;
  mm_m33 body = mm_load33(D(xmat), M(geom_bodyid)[geom]);
  s.pos = mm_geom_pos(e, geom);
  s.mat.a = mm_geom_axis(e, body, geom, 0);
  s.mat.b = mm_geom_axis(e, body, geom, 1);
  s.mat.c = mm_geom_axis(e, body, geom, 2);
  s.a = M(geom_size)[3 * geom];
  s.b = M(geom_size)[3 * geom + 1];
  s.c = M(geom_size)[3 * geom + 2];
  return s;
}

/* is there a contact that acts? */
MM_FN mm_m mm_contact_active(mm_env e, int slot) {
  return D(contact_dist)[slot] < (mm_v)(M(collide_margin)[M(contact_collide)[slot]]);
}

/* no environment of the tile has a contact in the slots of the pair */
MM_FN void mm_contact_none(mm_env e, int pair) {
  int first = M(collide_slotadr)[pair], count = M(collide_slotnum)[pair];
  for (int k = 0; k < count; k++) D(contact_dist)[first + k] = (mm_v)(MM_FAR);
}

/* the first tangent is that part of the hint that is normal to the normal; a zero hint means the y axis, or the z
   axis where the normal is near y */
MM_FN mm_m33 mm_contact_frame(mm_v3 normal, mm_v3 hint) {
  mm_m33 f;
  mm_v length;
  mm_m given = mm_dot3(hint, hint) >= V(0.25);
  mm_m near_y = mm_abs(normal.y) >= V(0.5);
  mm_v3 axis = mm_vec(V(0.0), mm_select(near_y, V(0.0), V(1.0)), mm_select(near_y, V(1.0), V(0.0)));
  axis = mm_select3(given, hint, axis);
  f.a = normal;
  f.b = mm_unit3(mm_mad3(axis, normal, -mm_dot3(normal, axis)), &length);
  f.c = mm_cross(f.a, f.b);
  return f;
}

/* writes slot k of the pair; what is not in reach is no contact. The frame's rows are normal and tangents */
MM_FN void mm_contact_put_along(mm_env e, int pair, int k, mm_touch t, mm_v3 hint) {
  int slot = M(collide_slotadr)[pair] + k;
  mm_m on = t.on & (t.dist <= (mm_v)(M(collide_reach)[pair]));
  D(contact_dist)[slot] = mm_select(on, t.dist, (mm_v)(MM_FAR));
  if (mm_any(on)) {
    mm_v3 zero = mm_vec(V(0.0), V(0.0), V(0.0)), x = mm_vec(V(1.0), V(0.0), V(0.0));
    mm_m33 f = mm_contact_frame(mm_select3(on, t.normal, x), mm_select3(on, hint, zero));
    mm_store3(D(contact_pos), slot, mm_select3(on, t.pos, zero));
    mm_store3(D(contact_frame), 3 * slot, f.a);
    mm_store3(D(contact_frame), 3 * slot + 1, f.b);
    mm_store3(D(contact_frame), 3 * slot + 2, f.c);
  }
}

MM_FN void mm_contact_put(mm_env e, int pair, int k, mm_touch t) {
  mm_contact_put_along(e, pair, k, t, mm_vec(V(0.0), V(0.0), V(0.0)));
}

/* two spheres; where their centres are one, the normal is normal to the axes of the shapes they belong to */
MM_FN mm_touch mm_touch_spheres(mm_v3 center1, mm_v radius1, mm_v3 axis1, mm_v3 center2, mm_v radius2, mm_v3 axis2) {
  mm_touch t;
  mm_v apart, length;
  mm_v3 normal = mm_unit3(mm_sub3(center2, center1), &apart);
  mm_v3 across = mm_unit3(mm_cross(axis1, axis2), &length);
  t.on = mm_all_true();
  t.normal = mm_select3(apart < (mm_v)(MM_TINY), across, normal);
  t.dist = apart - radius1 - radius2;
  t.pos = mm_mad3(center1, t.normal, radius1 + V(0.5) * t.dist);
  return t;
}

/* a point of the second geom and its sphere against a plane */
MM_FN mm_touch mm_touch_plane(mm_v3 origin, mm_v3 normal, mm_v3 point, mm_v radius) {
  mm_touch t;
  t.on = mm_all_true();
  t.normal = normal;
  t.dist = mm_dot3(normal, mm_sub3(point, origin)) - radius;
  t.pos = mm_mad3(point, normal, -(radius + V(0.5) * t.dist));
  return t;
}

MM_FN void mm_collide_plane_capsule(mm_env e, int pair, mm_v3 origin, mm_v3 normal, mm_shape s) {
  mm_v radius = (mm_v)(s.a);
  mm_v3 axis = mm_mul3(s.mat.c, (mm_v)(s.b));
  mm_contact_put_along(e, pair, 0, mm_touch_plane(origin, normal, mm_add3(s.pos, axis), radius), s.mat.c);
  mm_contact_put_along(e, pair, 1, mm_touch_plane(origin, normal, mm_sub3(s.pos, axis), radius), s.mat.c);
}

/* the deepest point of an ellipsoid is where its normal is that of the plane */
MM_FN void mm_collide_plane_ellipsoid(mm_env e, int pair, mm_v3 origin, mm_v3 normal, mm_shape s) {
  mm_v length;
  mm_v3 down = mm_mat_mul_t(s.mat, normal);
  mm_v3 unit = mm_unit3(mm_vec(-down.x * s.a, -down.y * s.b, -down.z * s.c), &length);
  mm_v3 deepest = mm_add3(s.pos, mm_mat_mul(s.mat, mm_vec(unit.x * s.a, unit.y * s.b, unit.z * s.c)));
  mm_contact_put(e, pair, 0, mm_touch_plane(origin, normal, deepest, V(0.0)));
}

/* the lowest point of each rim; then two more on the lower rim, which with the first make a triangle of equal sides */
MM_FN void mm_collide_plane_cylinder(mm_env e, int pair, mm_v3 origin, mm_v3 normal, mm_shape s) {
  mm_v rise = mm_dot3(normal, s.mat.c), length;
  mm_v3 axis = mm_mul3(s.mat.c, mm_select(rise > V(0.0), V(-1.0), V(1.0)) * s.b);
  mm_v3 slope = mm_sub3(mm_mul3(s.mat.c, rise), normal);
  mm_m flat = mm_dot3(slope, slope) < (mm_v)(R(16.0) * MM_EPS * MM_EPS);
  mm_v3 out = mm_mul3(mm_unit3(mm_select3(flat, s.mat.a, slope), &length), (mm_v)(s.a));
  mm_v3 side = mm_mul3(mm_unit3(mm_cross(out, axis), &length), (mm_v)(s.a) * V(0.866025403784438647));
  mm_v3 disk = mm_add3(s.pos, axis), back = mm_mad3(disk, out, V(-0.5));
  mm_touch first = mm_touch_plane(origin, normal, mm_add3(disk, out), V(0.0)), t;
  mm_m any_at_all = first.dist <= (mm_v)(M(collide_reach)[pair]);
  mm_contact_put(e, pair, 0, first);
  t = mm_touch_plane(origin, normal, mm_add3(mm_sub3(s.pos, axis), out), V(0.0));
  t.on = any_at_all;
  mm_contact_put(e, pair, 1, t);
  t = mm_touch_plane(origin, normal, mm_add3(back, side), V(0.0));
  t.on = any_at_all;
  mm_contact_put(e, pair, 2, t);
  t = mm_touch_plane(origin, normal, mm_sub3(back, side), V(0.0));
  t.on = any_at_all;
  mm_contact_put(e, pair, 3, t);
}

/* of each of the four diagonals, the end that points to the plane */
MM_FN void mm_collide_plane_box(mm_env e, int pair, mm_v3 origin, mm_v3 normal, mm_shape s) {
  mm_v3 x = mm_mul3(s.mat.a, (mm_v)(s.a)), y = mm_mul3(s.mat.b, (mm_v)(s.b)), z = mm_mul3(s.mat.c, (mm_v)(s.c));
  for (int k = 0; k < 4; k++) {
    mm_v3 corner = mm_mad3(mm_mad3(z, x, (mm_v)((scalar)(1 - 2 * (k & 1)))), y, (mm_v)((scalar)(1 - (k & 2))));
    mm_v up = mm_select(mm_dot3(corner, normal) > V(0.0), V(-1.0), V(1.0));
    mm_contact_put(e, pair, k, mm_touch_plane(origin, normal, mm_mad3(s.pos, corner, up), V(0.0)));
  }
}

MM_FN void mm_collide_plane(mm_env e, int pair, mm_v3 origin, mm_v3 normal, int geom) {
  mm_shape s = mm_geom_shape(e, geom);
  switch (M(geom_type)[geom]) {
    case MM_GEOM_SPHERE: mm_contact_put(e, pair, 0, mm_touch_plane(origin, normal, s.pos, (mm_v)(s.a))); break;
    case MM_GEOM_CAPSULE: mm_collide_plane_capsule(e, pair, origin, normal, s); break;
    case MM_GEOM_ELLIPSOID: mm_collide_plane_ellipsoid(e, pair, origin, normal, s); break;
    case MM_GEOM_CYLINDER: mm_collide_plane_cylinder(e, pair, origin, normal, s); break;
    default: mm_collide_plane_box(e, pair, origin, normal, s); break;
  }
}

MM_FN mm_touch mm_touch_sphere_capsule(mm_shape sphere, mm_shape capsule) {
  mm_v half_length = (mm_v)(capsule.b);
  mm_v along = mm_clamp(mm_dot3(capsule.mat.c, mm_sub3(sphere.pos, capsule.pos)), -half_length, half_length);
  return mm_touch_spheres(sphere.pos, (mm_v)(sphere.a), sphere.mat.c, mm_mad3(capsule.pos, capsule.mat.c, along),
                          (mm_v)(capsule.a), capsule.mat.c);
}

/* the side if the centre is beside it, the cap if it is above one, else the rim; inside, the nearer of side and cap */
MM_FN mm_touch mm_touch_sphere_cylinder(mm_shape sphere, mm_shape cylinder) {
  mm_v radius = (mm_v)(cylinder.a), height = (mm_v)(cylinder.b), length;
  mm_v3 axis = cylinder.mat.c, off = mm_sub3(sphere.pos, cylinder.pos);
  mm_v along = mm_dot3(axis, off);
  mm_v3 radial = mm_mad3(off, axis, -along);
  mm_v out = mm_norm3(radial), above = mm_abs(along);
  mm_v up = mm_select(along > V(0.0), V(1.0), V(-1.0));
  mm_m beside = above < height, over = out < radius;
  mm_m cap_nearer = height - above < radius - out;
  mm_m side = beside & mm_not(over & cap_nearer), cap = over & mm_not(beside & mm_not(cap_nearer));
  mm_v3 on_axis = mm_mad3(cylinder.pos, axis, along), end = mm_mad3(cylinder.pos, axis, up * height);
  mm_v3 rim = mm_mad3(end, mm_unit3(radial, &length), radius);
  mm_touch t = mm_touch_spheres(sphere.pos, (mm_v)(sphere.a), sphere.mat.c, mm_select3(side, on_axis, rim),
                                mm_select(side, radius, V(0.0)), axis);
  mm_touch flat = mm_touch_plane(end, mm_mul3(axis, up), sphere.pos, (mm_v)(sphere.a));
  t.dist = mm_select(cap, flat.dist, t.dist);
  t.pos = mm_select3(cap, flat.pos, t.pos);
  t.normal = mm_select3(cap, mm_mul3(flat.normal, V(-1.0)), t.normal);
  return t;
}

/* Two segments p1 + x1 a1 and p2 + x2 a2, x in [-1, 1]: squares of the axes, their product and the projections of
   the offset on them. The nearest point of either to a given point of the other is a division and a clamp. */
typedef struct mm_segments { mm_v aa, ab, bb, au, bv, det; } mm_segments;

MM_FN mm_segments mm_segments_make(mm_v3 a1, mm_v3 a2, mm_v3 from2to1) {
  mm_segments s;
  s.aa = mm_dot3(a1, a1);
  s.ab = -mm_dot3(a1, a2);
  s.bb = mm_dot3(a2, a2);
  s.au = -mm_dot3(a1, from2to1);
  s.bv = mm_dot3(a2, from2to1);
  s.det = s.aa * s.bb - s.ab * s.ab;
  return s;
}

MM_FN mm_v mm_segments_second(mm_segments s, mm_v x1) {
  return mm_clamp((s.bv - s.ab * x1) / s.bb, V(-1.0), V(1.0));
}

MM_FN mm_v mm_segments_first(mm_segments s, mm_v x2) {
  return mm_clamp((s.au - s.ab * x2) / s.aa, V(-1.0), V(1.0));
}

MM_FN mm_touch mm_touch_segments(mm_shape s1, mm_v3 a1, mm_v x1, mm_shape s2, mm_v3 a2, mm_v x2) {
  mm_v3 p1 = mm_mad3(s1.pos, a1, x1), p2 = mm_mad3(s2.pos, a2, x2);
  return mm_touch_spheres(p1, (mm_v)(s1.a), s1.mat.c, p2, (mm_v)(s2.a), s2.mat.c);
}

/* parallel axes: the ends of the first segment and then those of the second, until two contacts are found */
MM_FN void mm_collide_parallel(mm_env e, int pair, mm_m parallel, mm_touch single, mm_shape s1, mm_v3 a1, mm_shape s2,
                               mm_v3 a2, mm_segments s) {
  mm_v reach = (mm_v)(M(collide_reach)[pair]), found = V(0.0);
  mm_touch kept[2];
  kept[0] = kept[1] = single;
  kept[0].on = mm_not(parallel);
  kept[1].on = mm_not(mm_all_true());
  for (int k = 0; k < 4; k++) {
    mm_v x1 = (mm_v)((scalar)(1 - 2 * (k & 1))), x2 = x1;
    if (k < 2) x2 = mm_segments_second(s, x1);
    else x1 = mm_segments_first(s, x2);
    mm_touch t = mm_touch_segments(s1, a1, x1, s2, a2, x2);
    mm_m good = parallel & (t.dist <= reach);
    for (int q = 0; q < 2; q++) {
      mm_m here = good & (found == (mm_v)((scalar)q));
      kept[q].on = kept[q].on | here;
      kept[q].dist = mm_select(here, t.dist, kept[q].dist);
      kept[q].pos = mm_select3(here, t.pos, kept[q].pos);
      kept[q].normal = mm_select3(here, t.normal, kept[q].normal);
    }
    found += mm_select(good, V(1.0), V(0.0));
  }
  mm_contact_put(e, pair, 0, kept[0]);
  mm_contact_put(e, pair, 1, kept[1]);
}

MM_FN void mm_collide_capsules(mm_env e, int pair, mm_shape s1, mm_shape s2) {
  mm_v3 a1 = mm_mul3(s1.mat.c, (mm_v)(s1.b)), a2 = mm_mul3(s2.mat.c, (mm_v)(s2.b));
  mm_segments s = mm_segments_make(a1, a2, mm_sub3(s1.pos, s2.pos));
  mm_m parallel = mm_abs(s.det) < mm_max(V(1e-15), R(4.0) * MM_EPS * s.aa * s.bb);
  mm_v x1 = mm_clamp((s.bb * s.au - s.ab * s.bv) / mm_select(parallel, V(1.0), s.det), V(-1.0), V(1.0));
  mm_v x2 = mm_segments_second(s, x1);
  mm_v x1_of_end = mm_segments_first(s, x2);
  mm_touch t;
  x1 = mm_select(mm_abs(x2) >= V(1.0), x1_of_end, x1);
  t = mm_touch_segments(s1, a1, x1, s2, a2, x2);
  if (mm_any(parallel)) {
    mm_collide_parallel(e, pair, parallel, t, s1, a1, s2, a2, s);
  } else {
    mm_contact_put(e, pair, 0, t);
    D(contact_dist)[M(collide_slotadr)[pair] + 1] = (mm_v)(MM_FAR);
  }
}

MM_FN void mm_collide_round(mm_env e, int pair, int geom1, int geom2) {
  mm_shape s1 = mm_geom_shape(e, geom1), s2 = mm_geom_shape(e, geom2);
  int type1 = M(geom_type)[geom1], type2 = M(geom_type)[geom2];
  if (type1 == MM_GEOM_CAPSULE)
    mm_collide_capsules(e, pair, s1, s2);
  else if (type2 == MM_GEOM_SPHERE)
    mm_contact_put(e, pair, 0, mm_touch_spheres(s1.pos, (mm_v)(s1.a), s1.mat.c, s2.pos, (mm_v)(s2.a), s2.mat.c));
  else if (type2 == MM_GEOM_CAPSULE)
    mm_contact_put(e, pair, 0, mm_touch_sphere_capsule(s1, s2));
  else
    mm_contact_put(e, pair, 0, mm_touch_sphere_cylinder(s1, s2));
}
