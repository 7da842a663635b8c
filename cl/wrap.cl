/* >>wrap: the shortest path of a string over a sphere or a cylinder (MuJoCo: mju_wrap)

   Everything happens in the geom's frame. Its circle lies in a plane: that of the two ends and the centre for a sphere,
   x y for a cylinder, where z then follows in proportion to the length in the plane. In the plane the ends are d0 and d1,
   at angles a0 and a1 from their points of tangency (cos a = r / |d|) and g from each other. With s = sqrt(d d - r r)

     k = r r - s0 s1 = |d0| |d1| cos(a0 + a1),  m = r (s0 + s1) = |d0| |d1| sin(a0 + a1),  dot = d0 . d1,  cross = d0 x d1

   say without any angle whether the straight line meets the circle (dot <= k), whether the tangents of the short way
   round cross each other (k < dot <= r r + s0 s1), and how long the arc is. Turning with sign t (1: from d0 to d1
   anticlockwise) the string leaves d0 along (t r d0' - s0 d0) / d0 d0, where d' is d turned by a right angle, reaches
   d1 along (t r d1' + s1 d1) / d1 d1, and in between covers the angle atan2(t k cross - m dot, k dot + t m cross).

   Inside a circle (a string that its side site keeps within) there is one point of contact, where both parts meet the
   circle at equal angles. */

typedef struct mm_v2 { mm_v x, y; } mm_v2;

/* wraps: where the string touches; else it is straight. Directions are units, along the string from first to second end */
typedef struct mm_plane_path { mm_m wraps; mm_v length; mm_v2 first, last; } mm_plane_path;
typedef struct mm_path { mm_m wraps; mm_v length; mm_v3 first, last; } mm_path;

/* what counts as no distance for MuJoCo */
#define MM_WRAP_TINY R(1e-15)

/* 1 / sqrt(x), x > 0 */
#if defined(MM_OPENCL) && MM_W == 1
#define mm_rsqrt(x) rsqrt(x)
#else
#define mm_rsqrt(x) (V(1.0) / mm_sqrt(x))
#endif

MM_FN MM_HOT mm_v2 mm_vec2(mm_v x, mm_v y) { mm_v2 r; r.x = x; r.y = y; return r; }
MM_FN MM_HOT mm_v2 mm_mul2(mm_v2 a, mm_v s) { return mm_vec2(a.x * s, a.y * s); }
MM_FN MM_HOT mm_v2 mm_add2(mm_v2 a, mm_v2 b) { return mm_vec2(a.x + b.x, a.y + b.y); }
MM_FN MM_HOT mm_v2 mm_mad2(mm_v2 a, mm_v2 b, mm_v s) { return mm_vec2(a.x + b.x * s, a.y + b.y * s); }
MM_FN MM_HOT mm_v mm_dot2(mm_v2 a, mm_v2 b) { return a.x * b.x + a.y * b.y; }
MM_FN MM_HOT mm_v mm_cross2(mm_v2 a, mm_v2 b) { return a.x * b.y - a.y * b.x; }
MM_FN MM_HOT mm_v2 mm_turned2(mm_v2 a) { return mm_vec2(-a.y, a.x); }
MM_FN MM_HOT mm_v2 mm_select2(mm_m mask, mm_v2 a, mm_v2 b) { return mm_vec2(mm_select(mask, a.x, b.x), mm_select(mask, a.y, b.y)); }

/* a / |a|, and the x axis where there is no length */
MM_FN MM_HOT mm_v2 mm_unit2(mm_v2 a) {
  mm_v square = mm_dot2(a, a);
  mm_m none = square < (mm_v)(MM_WRAP_TINY * MM_WRAP_TINY);
  mm_v scale = mm_rsqrt(mm_select(none, V(1.0), square));
  return mm_vec2(mm_select(none, V(1.0), a.x * scale), mm_select(none, V(0.0), a.y * scale));
}

/* whether the point of the line d0 d1 that is nearest to the centre lies on the far side: side . nearest < 0 */
MM_FN MM_HOT mm_m mm_wrap_away(mm_v2 d0, mm_v2 d1, mm_v2 side) {
  mm_v2 step = mm_mad2(d1, d0, V(-1.0));
  mm_v square = mm_dot2(step, step), back = mm_dot2(step, d0), at0 = mm_dot2(side, d0), along = mm_dot2(side, step);
  mm_v within = at0 * square - back * along;
  return mm_select(back > V(0.0), at0, mm_select(back + square < V(0.0), at0 + along, within)) < V(0.0);
}

/* which way round: 1 or -1, with a side the way whose points of tangency have their middle in a direction nearer to it,
   unless its tangents cross each other; else the short way. The squares of the two cosines are compared, times both
   lengths; where a middle is the centre itself its direction counts as x, as in MuJoCo */
MM_FN MM_HOT mm_v mm_wrap_turn(mm_v2 d0, mm_v2 d1, mm_v inverse0, mm_v inverse1, mm_v s0, mm_v s1, mm_v2 side, mm_v r, mm_m crossed, int has_side) {
  mm_v shorter = mm_select(mm_cross2(d0, d1) < V(0.0), V(-1.0), V(1.0));
  if (!has_side) return shorter;
  mm_v2 middle = mm_mul2(mm_mad2(mm_mul2(d0, inverse0), d1, inverse1), r);
  mm_v2 spread = mm_mad2(mm_mul2(mm_turned2(d0), inverse0 * s0), mm_turned2(d1), -inverse1 * s1);
  mm_v2 plus = mm_add2(middle, spread), minus = mm_mad2(middle, spread, V(-1.0));
  mm_v square_plus = mm_dot2(plus, plus), square_minus = mm_dot2(minus, minus);
  mm_v least = V(16.0) * (mm_v)(MM_EPS * MM_EPS);
  mm_m none = mm_min(square_plus, square_minus) < least;
  if (mm_any(none)) {
    plus = mm_select2(square_plus < least, mm_vec2(V(1.0), V(0.0)), plus);
    minus = mm_select2(square_minus < least, mm_vec2(V(1.0), V(0.0)), minus);
    square_plus = mm_dot2(plus, plus);
    square_minus = mm_dot2(minus, minus);
  }
  mm_v along_plus = mm_dot2(plus, side), along_minus = mm_dot2(minus, side);
  mm_m other = along_minus * mm_abs(along_minus) * square_plus > along_plus * mm_abs(along_plus) * square_minus;
  return mm_select(crossed, -shorter, mm_select(other, V(-1.0), V(1.0)));
}

/* around the outside of the circle */
MM_FN MM_HOT mm_plane_path mm_wrap_outside(mm_v2 d0, mm_v2 d1, mm_v2 side, mm_v r, int has_side) {
  mm_plane_path path;
  mm_v square0 = mm_dot2(d0, d0), square1 = mm_dot2(d1, d1), dot01 = mm_dot2(d0, d1), cross01 = mm_cross2(d0, d1);
  mm_v2 step = mm_mad2(d1, d0, V(-1.0));
  mm_v excess0 = square0 - r * r, excess1 = square1 - r * r;
  mm_v s0 = mm_sqrt(mm_max(excess0, V(0.0))), s1 = mm_sqrt(mm_max(excess1, V(0.0)));
  mm_v k = r * r - s0 * s1, m = r * (s0 + s1);
  mm_m blocked = dot01 <= k;
  path.wraps = (excess0 >= V(0.0)) & (excess1 >= V(0.0)) & (mm_dot2(step, step) >= (mm_v)(MM_WRAP_TINY));
  path.wraps = path.wraps & (has_side ? blocked | mm_wrap_away(d0, d1, side) : blocked);
  path.length = V(0.0);
  path.first = path.last = d0;
  if (!mm_any(path.wraps)) return path;
  mm_v inverse0 = V(1.0) / mm_max(square0, (mm_v)(MM_WRAP_TINY)), inverse1 = V(1.0) / mm_max(square1, (mm_v)(MM_WRAP_TINY));
  mm_m crossed = mm_not(blocked) & (dot01 <= r * r + s0 * s1);
  mm_v turn = mm_wrap_turn(d0, d1, inverse0, inverse1, s0, s1, side, r, crossed, has_side);
  mm_v arc = mm_atan2(turn * k * cross01 - m * dot01, k * dot01 + turn * m * cross01);
  /* the short way over a circle that is just touched is short, whatever the rounding */
  mm_m touches = blocked & (turn * cross01 >= V(0.0)) & (arc > V(-1.0));
  arc = mm_select(arc < V(0.0), mm_select(touches, V(0.0), arc + V(6.283185307179586)), arc);
  path.length = s0 + r * arc + s1;
  path.first = mm_mul2(mm_mad2(mm_mul2(mm_turned2(d0), turn * r), d0, -s0), inverse0);
  path.last = mm_mul2(mm_mad2(mm_mul2(mm_turned2(d1), turn * r), d1, s1), inverse1);
  return path;
}

#if (defined(MM_OPENCL) && !MM_DOUBLE) || defined(MM_REAL_IS_FLOAT)
/* Where the string touches the circle from inside, in float. Half the angle from d0, x, solves

     b sin x cos x - a sin y cos y + 2 sin x sin y sin(x - y) = 0,   y = g / 2 - x,   a = 1 - r / |d0|,  b = 1 - r / |d1|

   in which nothing cancels. Points that both ends can see are bracketed by tangents; Newton's method from the middle of
   the bracket has error 5e-3, 7e-5, 2e-8 after one, two, three steps, whatever the ends (12 million were tried). Near
   to where the straight line would touch the circle MuJoCo's solver gives up and takes the direction midway between the
   ends: within 2 d of it, cos d = 1 - 1e-7. So does this. */
MM_FN MM_HOT mm_v2 mm_wrap_touch(mm_v2 d0, mm_v2 d1, mm_v length0, mm_v length1, mm_v r) {
  mm_v2 e0 = mm_mul2(d0, V(1.0) / length0), e1 = mm_mul2(d1, V(1.0) / length1);
  mm_v2 sum = mm_add2(e0, e1), difference = mm_mad2(e1, e0, V(-1.0));
  mm_v cos_half = V(0.5) * mm_sqrt(mm_dot2(sum, sum)), sin_half = V(0.5) * mm_sqrt(mm_dot2(difference, difference));
  mm_v a = (length0 - r) / length0, b = (length1 - r) / length1;
  mm_v sin_a = mm_sqrt(V(0.5) * a), cos_a = mm_sqrt(V(1.0) - V(0.5) * a);
  mm_v sin_b = mm_sqrt(V(0.5) * b), cos_b = mm_sqrt(V(1.0) - V(0.5) * b);
  mm_v2 lower = mm_vec2(cos_half * cos_b + sin_half * sin_b, sin_half * cos_b - cos_half * sin_b);
  mm_m sees0 = lower.y < V(0.0), sees1 = sin_half * cos_a < cos_half * sin_a;
  lower = mm_select2(sees0, mm_vec2(V(1.0), V(0.0)), lower);
  mm_v2 upper = mm_select2(sees1, mm_vec2(cos_half, sin_half), mm_vec2(cos_a, sin_a));
  mm_v2 x = mm_unit2(mm_add2(lower, upper));
  for (int i = 0; i < 3; i++) {
    mm_v2 y = mm_vec2(cos_half * x.x + sin_half * x.y, sin_half * x.x - cos_half * x.y);
    mm_v sine = x.y * y.x - x.x * y.y, cosine = mm_dot2(x, y);
    mm_v value = b * x.x * x.y - a * y.x * y.y + V(2.0) * x.y * y.y * sine;
    mm_v slope = b * (x.x * x.x - x.y * x.y) + a * (y.x * y.x - y.y * y.y) - V(2.0) * sine * sine + V(4.0) * x.y * y.y * cosine;
    x = mm_unit2(mm_mad2(x, mm_vec2(x.y, -x.x), value / slope));
  }
  mm_v sine = mm_select(mm_cross2(d0, d1) < V(0.0), V(-2.0), V(2.0)) * x.x * x.y;
  mm_v2 touch = mm_mad2(mm_mul2(e0, x.x * x.x - x.y * x.y), mm_turned2(e0), sine);
  mm_v cos_tangents = (V(1.0) - a) * (V(1.0) - b) - V(4.0) * sin_a * cos_a * sin_b * cos_b;
  mm_v sin_tangents = V(2.0) * (sin_a * cos_a * (V(1.0) - b) + sin_b * cos_b * (V(1.0) - a));
  mm_v cos_limit = cos_tangents * V(0.9999996) + sin_tangents * V(8.944271e-4);
  mm_v sin_limit = sin_tangents * V(0.9999996) - cos_tangents * V(8.944271e-4);
  mm_m midway = mm_abs(mm_cross2(e0, e1)) * cos_limit > mm_dot2(e0, e1) * sin_limit;
  return mm_mul2(mm_select2(midway, mm_unit2(mm_add2(d0, d1)), touch), r);
}
#else
MM_FN mm_v mm_asin(mm_v x) { return mm_atan2(x, mm_sqrt((V(1.0) - x) * (V(1.0) + x))); }

/* The same in double by MuJoCo's own iteration, which stops at a residue of 1e-6 or gives up; so its error is
   reproduced: asin(a z) + asin(b z) - 2 asin z + g = 0 with a = r / |d0|, b = r / |d1|, z from 1 - 1e-7 downwards. */
MM_FN MM_HOT mm_v2 mm_wrap_touch(mm_v2 d0, mm_v2 d1, mm_v length0, mm_v length1, mm_v r) {
  const mm_v tolerance = V(1e-6);
  mm_v2 step = mm_mad2(d1, d0, V(-1.0)), midway = mm_mul2(mm_unit2(mm_add2(d0, d1)), r);
  mm_v a = r / length0, b = r / length1, z = V(0.9999999);
  mm_v cosine = (length0 * length0 + length1 * length1 - mm_dot2(step, step)) / (V(2.0) * length0 * length1);
  mm_v g = mm_atan2(mm_sqrt(mm_max((V(1.0) - cosine) * (V(1.0) + cosine), V(0.0))), cosine);
  mm_v f = mm_asin(a * z) + mm_asin(b * z) - V(2.0) * mm_asin(z) + g;
  mm_m solved = (cosine <= V(1.0) - (mm_v)(MM_WRAP_TINY)) & (f <= V(0.0)), active = solved & (mm_abs(f) > tolerance);
  for (int i = 0; i < 20 && mm_any(active); i++) {
    mm_v slope = a / mm_sqrt(V(1.0) - z * z * a * a) + b / mm_sqrt(V(1.0) - z * z * b * b) - V(2.0) / mm_sqrt(V(1.0) - z * z);
    mm_v next = z - f / slope;
    mm_m fails = active & ((slope > V(-1e-15)) | (next > z));
    mm_v z1 = mm_select(active & mm_not(fails), next, z);
    f = mm_asin(a * z1) + mm_asin(b * z1) - V(2.0) * mm_asin(z1) + g;
    z = z1;
    solved = solved & mm_not(fails) & mm_not(active & (f > tolerance));
    active = active & solved & (mm_abs(f) > tolerance);
    if (i == 19) solved = solved & mm_not(active);
  }
  mm_m from0 = mm_cross2(d0, d1) > V(0.0);
  mm_v sine, angle = mm_asin(z) - mm_select(from0, mm_asin(a * z), mm_asin(b * z));
  mm_sincos(angle, &sine, &cosine);
  mm_v2 e = mm_unit2(mm_select2(from0, d0, d1));
  mm_v2 touch = mm_mul2(mm_mad2(mm_mul2(e, cosine), mm_turned2(e), sine), r);
  return mm_select2(solved, touch, midway);
}
#endif

/* within the circle: straight through it where the line already does so */
MM_FN mm_plane_path mm_wrap_inside(mm_v2 d0, mm_v2 d1, mm_v r) {
  mm_plane_path path;
  mm_v length0 = mm_sqrt(mm_dot2(d0, d0)), length1 = mm_sqrt(mm_dot2(d1, d1));
  mm_v excess0 = mm_dot2(d0, d0) - r * r, excess1 = mm_dot2(d1, d1) - r * r;
  path.wraps = (length0 > r) & (length1 > r);
  mm_v root = mm_sqrt(mm_max(excess0, V(0.0)) * mm_max(excess1, V(0.0)));
  path.wraps = path.wraps & (mm_dot2(d0, d1) > r * r - root);
  path.length = V(0.0);
  path.first = path.last = d0;
  if (!mm_any(path.wraps)) return path;
  length0 = mm_select(path.wraps, length0, V(2.0) * r);
  length1 = mm_select(path.wraps, length1, V(2.0) * r);
  mm_v2 touch = mm_wrap_touch(mm_select2(path.wraps, d0, mm_vec2(length0, V(0.0))),
                              mm_select2(path.wraps, d1, mm_vec2(V(0.0), length1)), length0, length1, r);
  path.first = mm_mad2(touch, d0, V(-1.0));
  path.last = mm_mad2(d1, touch, V(-1.0));
  mm_v square0 = mm_dot2(path.first, path.first), square1 = mm_dot2(path.last, path.last);
  mm_v scale0 = mm_rsqrt(mm_max(square0, V(1e-30))), scale1 = mm_rsqrt(mm_max(square1, V(1e-30)));
  path.first = mm_mul2(path.first, scale0);
  path.last = mm_mul2(path.last, scale1);
  path.length = square0 * scale0 + square1 * scale1;
  return path;
}

MM_FN MM_HOT mm_plane_path mm_wrap_plane(mm_v2 d0, mm_v2 d1, mm_v2 side, mm_m within, mm_v r, int kind) {
  if (kind == MM_SIDE_INSIDE) return mm_wrap_inside(d0, d1, r);
  mm_plane_path path = mm_wrap_outside(d0, d1, side, r, kind != MM_SIDE_NONE);
  if (kind == MM_SIDE_MOVING && mm_any(within)) {
    mm_plane_path inner = mm_wrap_inside(d0, d1, r);
    path.wraps = (within & inner.wraps) | (mm_not(within) & path.wraps);
    path.length = mm_select(within, inner.length, path.length);
    path.first = mm_select2(within, inner.first, path.first);
    path.last = mm_select2(within, inner.last, path.last);
  }
  return path;
}

/* a vector perpendicular to p, where p, q and the centre are on one line, and its square: perpendicular also to the axes
   that p is not longest in, as in MuJoCo */
MM_FN mm_v3 mm_wrap_normal(mm_v3 p) {
  mm_v ax = mm_abs(p.x), ay = mm_abs(p.y), az = mm_abs(p.z);
  mm_m z_longest = (az > ax) & (az > ay), y_longest = (ay > ax) & (ay > az) & mm_not(z_longest);
  mm_m x_longest = mm_not(z_longest | y_longest);
  return mm_cross(p, mm_vec(mm_select(x_longest, V(0.0), V(1.0)), mm_select(y_longest, V(0.0), V(1.0)),
                            mm_select(z_longest, V(0.0), V(1.0))));
}

/* over a sphere. The plane has its x axis towards p and its y axis so that q has positive y */
MM_FN MM_HOT mm_plane_path mm_wrap_sphere(mm_v3 p, mm_v3 q, mm_v3 side, mm_v r, int kind, mm_v3 *x, mm_v3 *y) {
  mm_v square = mm_dot3(p, p), inverse = mm_rsqrt(mm_max(square, V(1e-30))), along = mm_dot3(p, q) * inverse;
  mm_v3 normal = mm_cross(p, q);
  mm_v area = mm_dot3(normal, normal);
  mm_m flat = area < V(1e-30) + V(16.0) * (mm_v)(MM_EPS * MM_EPS) * square * mm_dot3(q, q);
  mm_v across = mm_rsqrt(mm_max(area, V(1e-36)));
  *x = mm_mul3(p, inverse);
  *y = mm_mul3(mm_mad3(q, *x, -along), across * square * inverse);
  if (mm_any(flat)) {
    mm_v length;
    *y = mm_select3(flat, mm_unit3(mm_cross(mm_wrap_normal(*x), *x), &length), *y);
  }
  mm_v2 sd = mm_vec2(mm_dot3(side, *x), mm_dot3(side, *y));
  if (kind != MM_SIDE_NONE) sd.x = mm_select(mm_dot2(sd, sd) < (mm_v)(MM_WRAP_TINY * MM_WRAP_TINY), V(1.0), sd.x);
  mm_v2 d0 = mm_vec2(square * inverse, V(0.0)), d1 = mm_vec2(along, mm_select(flat, V(0.0), area * across * inverse));
  return mm_wrap_plane(d0, d1, sd, mm_dot3(side, side) < r * r, r, kind);
}

/* from p to q over a geom at the origin, side site (or, fixed to a cylinder, its direction) at side; kind: mm_side_kind */
MM_FN MM_HOT mm_path mm_wrap(mm_v3 p, mm_v3 q, mm_v3 side, scalar radius, int is_cylinder, int kind) {
  mm_path path;
  mm_v r = (mm_v)(radius), rise = q.z - p.z;
  mm_v3 step = mm_sub3(q, p), x = mm_vec(V(1.0), V(0.0), V(0.0)), y = mm_vec(V(0.0), V(1.0), V(0.0));
  mm_plane_path flat;
  if (is_cylinder) {
    mm_v2 sd = mm_vec2(side.x, side.y);
    if (kind == MM_SIDE_MOVING) sd = mm_unit2(sd);
    flat = mm_wrap_plane(mm_vec2(p.x, p.y), mm_vec2(q.x, q.y), sd, mm_dot3(side, side) < r * r, r, kind);
  } else {
    flat = mm_wrap_sphere(p, q, side, r, kind, &x, &y);
  }
  mm_v square = mm_dot3(step, step), inverse = mm_rsqrt(mm_max(square, V(1e-30)));
  path.wraps = flat.wraps;
  path.length = square * inverse;
  path.first = path.last = mm_mul3(step, inverse);
  if (!mm_any(path.wraps)) return path;
  mm_v length = flat.length;
  mm_v3 first, last;
  if (is_cylinder) {
    mm_v squared = length * length + rise * rise, scale = mm_rsqrt(mm_max(squared, V(1e-30)));
    first = mm_vec(flat.first.x * length * scale, flat.first.y * length * scale, rise * scale);
    last = mm_vec(flat.last.x * length * scale, flat.last.y * length * scale, rise * scale);
    length = squared * scale;
  } else {
    first = mm_mad3(mm_mul3(x, flat.first.x), y, flat.first.y);
    last = mm_mad3(mm_mul3(x, flat.last.x), y, flat.last.y);
  }
  path.length = mm_select(path.wraps, length, path.length);
  path.first = mm_select3(path.wraps, first, path.first);
  path.last = mm_select3(path.wraps, last, path.last);
  return path;
}
