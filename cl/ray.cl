/* >>ray: where a line meets a shape (MuJoCo: mju_rayGeom)

   A line point + t * along is inside a convex shape for one interval of t. A shape's interval is put together from those
   of simpler ones: a box is three slabs, a cylinder is a round one and a slab, a capsule a cylinder and two balls.
   A ball's interval is told from the point of the line nearest to its centre, so that float keeps its digits far away. */

#define MM_RAY_FAR R(1e30)

typedef struct mm_interval { mm_v lo, hi; } mm_interval; /* empty: lo > hi, as MM_RAY_FAR, -MM_RAY_FAR */

MM_FN mm_interval mm_interval_make(mm_m inside, mm_v lo, mm_v hi) {
  mm_interval a;
  inside = inside & (lo <= hi);
  a.lo = mm_select(inside, lo, (mm_v)(MM_RAY_FAR));
  a.hi = mm_select(inside, hi, (mm_v)(-MM_RAY_FAR));
  return a;
}

MM_FN mm_interval mm_interval_both(mm_interval a, mm_interval b) {
  return mm_interval_make(mm_all_true(), mm_max(a.lo, b.lo), mm_min(a.hi, b.hi));
}

/* of two that overlap */
MM_FN mm_interval mm_interval_either(mm_interval a, mm_interval b) {
  return mm_interval_make(mm_all_true(), mm_min(a.lo, b.lo), mm_max(a.hi, b.hi));
}

/* within radius of the origin */
MM_FN mm_interval mm_ray_ball(mm_v3 point, mm_v3 along, mm_v radius) {
  const mm_v square = mm_dot3(along, along);
  const mm_m still = square < (mm_v)(MM_TINY);
  const mm_v inverse = V(1.0) / mm_select(still, V(1.0), square);
  const mm_v middle = mm_select(still, V(0.0), -mm_dot3(point, along) * inverse);
  const mm_v3 nearest = mm_mad3(point, along, middle);
  const mm_v rest = radius * radius - mm_dot3(nearest, nearest);
  const mm_v reach = mm_select(still, (mm_v)(MM_RAY_FAR), mm_sqrt(mm_max(rest, V(0.0)) * inverse));
  return mm_interval_make(rest >= V(0.0), middle - reach, middle + reach);
}

/* within size of zero, along one axis */
MM_FN mm_interval mm_ray_slab(mm_v point, mm_v along, mm_v size) {
  const mm_m still = mm_abs(along) < (mm_v)(MM_TINY);
  const mm_v inverse = V(1.0) / mm_select(still, V(1.0), along);
  const mm_v one = (-size - point) * inverse, other = (size - point) * inverse, end = (mm_v)(MM_RAY_FAR);
  return mm_interval_make(mm_not(still) | (mm_abs(point) <= size), mm_select(still, -end, mm_min(one, other)),
                          mm_select(still, end, mm_max(one, other)));
}

MM_FN mm_interval mm_ray_cylinder(mm_v3 point, mm_v3 along, mm_v radius, mm_v height) {
  const mm_interval disc = mm_ray_ball(mm_vec(point.x, point.y, V(0.0)), mm_vec(along.x, along.y, V(0.0)), radius);
  return mm_interval_both(disc, mm_ray_slab(point.z, along.z, height));
}

/* inside a convex shape of any type but plane and mesh; point and direction in its frame */
MM_FN mm_interval mm_ray_inside(int type, MM_GLOBAL const scalar *size, mm_v3 point, mm_v3 along) {
  const mm_v a = (mm_v)(size[0]), b = (mm_v)(size[1]), c = (mm_v)(size[2]);
  if (type == MM_GEOM_SPHERE) return mm_ray_ball(point, along, a);
  if (type == MM_GEOM_ELLIPSOID)
    return mm_ray_ball(mm_vec(point.x / a, point.y / b, point.z / c), mm_vec(along.x / a, along.y / b, along.z / c), V(1.0));
  if (type == MM_GEOM_BOX)
    return mm_interval_both(mm_interval_both(mm_ray_slab(point.x, along.x, a), mm_ray_slab(point.y, along.y, b)),
                            mm_ray_slab(point.z, along.z, c));
  mm_interval inside = mm_ray_cylinder(point, along, a, b);
  if (type == MM_GEOM_CAPSULE) {
    inside = mm_interval_either(inside, mm_ray_ball(mm_vec(point.x, point.y, point.z - b), along, a));
    inside = mm_interval_either(inside, mm_ray_ball(mm_vec(point.x, point.y, point.z + b), along, a));
  }
  return inside;
}

/* does the ray meet the surface? From inside it always does */
MM_FN mm_m mm_ray_meets(mm_interval inside) { return (inside.lo <= inside.hi) & (inside.hi >= V(0.0)); }

/* a plane is met from its front, and within its size where it has one */
MM_FN mm_v mm_ray_plane(MM_GLOBAL const scalar *size, mm_v3 point, mm_v3 along) {
  const mm_m towards = along.z < (mm_v)(-MM_TINY);
  const mm_v t = -point.z / mm_select(towards, along.z, V(-1.0));
  mm_m on = towards & (t >= V(0.0));
  if (size[0] > R(0.0)) on = on & (mm_abs(point.x + t * along.x) <= (mm_v)(size[0]));
  if (size[1] > R(0.0)) on = on & (mm_abs(point.y + t * along.y) <= (mm_v)(size[1]));
  return mm_select(on, t, V(-1.0));
}

/* distance along the ray to a geom's surface, -1: it does not meet it */
MM_FN mm_v mm_ray_geom(mm_env e, int geom, mm_v3 point, mm_v3 along) {
  const int type = M(geom_type)[geom], body = M(geom_bodyid)[geom];
  const mm_m33 frame = mm_fixed_mat(e, body, mm_table_quat(M(geom_quat), geom));
  const mm_v3 origin = mm_fixed_pos(e, body, mm_table3(M(geom_pos), geom));
  const mm_v3 local_point = mm_mat_mul_t(frame, mm_sub3(point, origin)), local_along = mm_mat_mul_t(frame, along);
  if (type == MM_GEOM_PLANE) return mm_ray_plane(M(geom_size) + 3 * geom, local_point, local_along);
  const mm_interval inside = mm_ray_inside(type, M(geom_size) + 3 * geom, local_point, local_along);
  return mm_select(mm_ray_meets(inside), mm_select(inside.lo >= V(0.0), inside.lo, inside.hi), V(-1.0));
}
