/* >>collide-convex: the distance or depth of two convex shapes, exactly and without branches (MuJoCo: mjc_Convex)

   All primitives are sums of segments, disks, ellipsoids and a ball: a capsule is a segment and a ball, a cylinder
   a segment and a disk, a box three segments. So along a unit vector n from the first to the second, whose centres
   are d apart, the surfaces are separated by

     s(n) = n.d - rho - sum over k of |B_k n|     (B_k: the axes of a segment, disk or ellipsoid, times its sizes)

   and the distance, or if negative the depth, is the largest s over all n, with its n as the normal. At the maximum
   there are z_k, |z_k| <= 1, with z_k = B_k n / |B_k n| where that is defined, such that

     d - sum of B_k' z_k = (s + rho) n ,             (1)

   and the z_k say where on the shapes the nearest points are. |B_k n| has a kink where B_k n = 0: the side of a
   segment, the face of a disk. Apart, the problem is convex, and even where it is not, a path of softened problems
   |B_k n| -> sqrt(|B_k n|^2 + soft^2) with soft to 0 leads to a maximum (Newton's method in n and z together, as
   Andersen, Christiansen, Conn and Overton, 2000, minimise sums of norms). From near the end of the path an
   active-set Newton method goes to the exact one: n stays on the kinks whose |z| < 1, z is solved from (1). What
   remains of (1) certifies the result. Deep inside each other shapes have several maxima: there the path is followed
   from several directions. All shapes are symmetric about their centres, so only n with n.d >= 0 matter.

   Every environment of a tile runs the same steps, each on its own numbers. */

#define MM_CONVEX_TERMS 6

typedef struct mm_convex {
  int terms, groups;                                     /* a group is a k above: 1 to 3 terms */
  int first[MM_CONVEX_TERMS], count[MM_CONVEX_TERMS];
  int side[MM_CONVEX_TERMS];                             /* the shape of a term */
  mm_v3 u[MM_CONVEX_TERMS];                              /* axis of a term, world frame */
  scalar a[MM_CONVEX_TERMS];                             /* its size */
  scalar rho1, rho2, least, total;                       /* balls; smallest and all sizes */
  int smooth;                                            /* no kinks */
  mm_v3 d;
  mm_v3 n;                                               /* the state of the method: normal */
  mm_v z[MM_CONVEX_TERMS];                               /* and z */
} mm_convex;

/* a maximum: separation, normal, the point midway relative to the first centre, what remains of (1) */
typedef struct mm_closest { mm_v dist; mm_v3 normal, middle; mm_v error; } mm_closest;

MM_FN void mm_convex_term(mm_convex *c, int side, int joins, mm_v3 axis, scalar size) {
  int t = c->terms++;
  c->u[t] = axis;
  c->a[t] = size;
  c->z[t] = V(0.0);
  c->side[t] = side;
  if (!joins) {
    c->first[c->groups] = t;
    c->count[c->groups++] = 0;
  }
  c->count[c->groups - 1]++;
  if (size < c->least) c->least = size;
  c->total += size;
}

MM_FN void mm_convex_shape(mm_convex *c, int side, int type, mm_shape s) {
  scalar rho = type == MM_GEOM_SPHERE || type == MM_GEOM_CAPSULE ? s.a : R(0.0);
  if (type == MM_GEOM_CAPSULE) mm_convex_term(c, side, 0, s.mat.c, s.b);
  if (type == MM_GEOM_CYLINDER) {
    mm_convex_term(c, side, 0, s.mat.a, s.a);
    mm_convex_term(c, side, 1, s.mat.b, s.a);
    mm_convex_term(c, side, 0, s.mat.c, s.b);
  }
  if (type == MM_GEOM_ELLIPSOID || type == MM_GEOM_BOX) {
    mm_convex_term(c, side, 0, s.mat.a, s.a);
    mm_convex_term(c, side, type == MM_GEOM_ELLIPSOID, s.mat.b, s.b);
    mm_convex_term(c, side, type == MM_GEOM_ELLIPSOID, s.mat.c, s.c);
  }
  if (side == 0) c->rho1 = rho;
  else c->rho2 = rho;
  c->total += rho;
}

MM_FN void mm_convex_make(mm_convex *c, int type1, mm_shape s1, int type2, mm_shape s2) {
  c->terms = c->groups = 0;
  c->least = MM_FAR;
  c->total = R(0.0);
  mm_convex_shape(c, 0, type1, s1);
  mm_convex_shape(c, 1, type2, s2);
  c->smooth = c->count[0] == 3 && c->count[c->groups - 1] == 3;
  c->d = mm_sub3(s2.pos, s1.pos);
}

/* s(n) */
MM_FN mm_v mm_convex_apart(const mm_convex *c, mm_v3 n) {
  mm_v s = mm_dot3(n, c->d) - (mm_v)(c->rho1 + c->rho2);
  for (int g = 0; g < c->groups; g++) {
    mm_v square = V(0.0);
    for (int t = c->first[g]; t < c->first[g] + c->count[g]; t++) {
      mm_v y = mm_dot3(c->u[t], n) * c->a[t];
      square += y * y;
    }
    s -= mm_sqrt(square);
  }
  return s;
}

/* two unit vectors normal to n and to each other */
MM_FN void mm_tangents(mm_v3 n, mm_v3 *t1, mm_v3 *t2) {
  mm_v length;
  mm_m steep = mm_abs(n.x) < V(0.6);
  mm_v3 e = mm_vec(mm_select(steep, V(1.0), V(0.0)), mm_select(steep, V(0.0), V(1.0)), V(0.0));
  *t1 = mm_unit3(mm_cross(n, e), &length);
  *t2 = mm_cross(n, *t1);
}

/* the slope of s across n, and minus its curvature, in two directions */
typedef struct mm_slope { mm_v r1, r2, k11, k12, k22, mu; } mm_slope;

/* uphill: where s is not curved down, as if it were a little */
MM_FN void mm_slope_newton(mm_slope s, mm_v *x1, mm_v *x2) {
  mm_v mean = V(0.5) * (s.k11 + s.k22), half_gap = V(0.5) * (s.k11 - s.k22);
  mm_v least = mean - mm_sqrt(half_gap * half_gap + s.k12 * s.k12);
  mm_v floor_ = V(1e-3) * (mm_abs(mean) + mm_abs(s.mu)) + V(1e-12);
  mm_v lift = mm_max(floor_ - least, V(0.0)), k11 = s.k11 + lift, k22 = s.k22 + lift;
  mm_v inv = V(1.0) / (k11 * k22 - s.k12 * s.k12);
  *x1 = (k22 * s.r1 - s.k12 * s.r2) * inv;
  *x2 = (k11 * s.r2 - s.k12 * s.r1) * inv;
}

MM_FN mm_v mm_shorten(mm_v x1, mm_v x2, mm_v most) {
  mm_v length = mm_sqrt(x1 * x1 + x2 * x2);
  return mm_select(length > most, most / mm_select(length > most, length, V(1.0)), V(1.0));
}

/* z of a group back into the unit ball; how long it was */
MM_FN mm_v mm_convex_confine(mm_convex *c, int g) {
  mm_v square = V(0.0), length, by;
  for (int t = c->first[g]; t < c->first[g] + c->count[g]; t++) square += c->z[t] * c->z[t];
  length = mm_sqrt(square);
  by = V(1.0) / mm_max(length, V(1.0));
  for (int t = c->first[g]; t < c->first[g] + c->count[g]; t++) c->z[t] *= by;
  return length;
}

/* one step of Newton's method in n and z on the problem softened by soft; begin: z is not known yet */
MM_FN void mm_convex_step(mm_convex *c, scalar soft, int begin) {
  mm_v3 t1, t2, rest = c->d;
  mm_v w1[MM_CONVEX_TERMS], w2[MM_CONVEX_TERMS], y[MM_CONVEX_TERMS];
  mm_v inv[MM_CONVEX_TERMS], yw1[MM_CONVEX_TERMS], yw2[MM_CONVEX_TERMS], x1, x2, by, length;
  mm_slope s;
  mm_tangents(c->n, &t1, &t2);
  s.k11 = s.k12 = s.k22 = V(0.0);
  for (int g = 0; g < c->groups; g++) {
    int exact = c->count[g] == 3;
    mm_v square = (mm_v)(exact ? R(0.0) : soft * soft), zw1 = V(0.0), zw2 = V(0.0);
    for (int t = c->first[g]; t < c->first[g] + c->count[g]; t++) {
      y[t] = mm_dot3(c->u[t], c->n) * c->a[t];
      square += y[t] * y[t];
    }
    inv[g] = V(1.0) / mm_sqrt(square);
    yw1[g] = yw2[g] = V(0.0);
    for (int t = c->first[g]; t < c->first[g] + c->count[g]; t++) {
      y[t] *= inv[g];
      if (begin || exact) c->z[t] = y[t];
      w1[t] = mm_dot3(c->u[t], t1) * c->a[t];
      w2[t] = mm_dot3(c->u[t], t2) * c->a[t];
      rest = mm_mad3(rest, c->u[t], -y[t] * c->a[t]);
      zw1 += c->z[t] * w1[t];
      zw2 += c->z[t] * w2[t];
      yw1[g] += y[t] * w1[t];
      yw2[g] += y[t] * w2[t];
      s.k11 += w1[t] * w1[t] * inv[g];
      s.k12 += w1[t] * w2[t] * inv[g];
      s.k22 += w2[t] * w2[t] * inv[g];
    }
    s.k11 -= zw1 * yw1[g] * inv[g];
    s.k12 -= V(0.5) * (zw1 * yw2[g] + zw2 * yw1[g]) * inv[g];
    s.k22 -= zw2 * yw2[g] * inv[g];
  }
  s.mu = mm_dot3(c->n, rest);
  s.r1 = mm_dot3(t1, rest);
  s.r2 = mm_dot3(t2, rest);
  s.k11 += s.mu;
  s.k22 += s.mu;
  mm_slope_newton(s, &x1, &x2);
  by = mm_shorten(x1, x2, V(0.5));
  x1 *= by;
  x2 *= by;
  for (int g = 0; g < c->groups; g++) {
    mm_v along = yw1[g] * x1 + yw2[g] * x2;
    if (c->count[g] == 3) continue;
    for (int t = c->first[g]; t < c->first[g] + c->count[g]; t++)
      c->z[t] = y[t] + (w1[t] * x1 + w2[t] * x2 - c->z[t] * along) * inv[g];
    mm_convex_confine(c, g);
  }
  c->n = mm_unit3(mm_mad3(mm_mad3(c->n, t1, x1), t2, x2), &length);
}

/* The kinks that n stays on: none, one with the axis c1, or two, the part of whose axis across c1 is c2. Of each
   environment, which term gave c1 and which c2. */
typedef struct mm_corner {
  mm_v3 c1, c2;
  mm_m one, two; /* at least one kink; two */
  mm_m own1[MM_CONVEX_TERMS], own2[MM_CONVEX_TERMS];
} mm_corner;

MM_FN void mm_corner_find(mm_corner *k, const mm_convex *c, const mm_m *active) {
  k->one = k->two = mm_not(mm_all_true());
  k->c1 = k->c2 = mm_vec(V(0.0), V(0.0), V(0.0));
  for (int g = 0; g < c->groups; g++)
    for (int t = c->first[g]; t < c->first[g] + c->count[g]; t++) {
      mm_v length;
      mm_v3 across = mm_unit3(mm_mad3(c->u[t], k->c1, -mm_dot3(c->u[t], k->c1)), &length);
      k->own1[t] = active[g] & mm_not(k->one);
      k->own2[t] = active[g] & k->one & mm_not(k->two) & (length > V(0.02));
      k->c1 = mm_select3(k->own1[t], c->u[t], k->c1);
      k->c2 = mm_select3(k->own2[t], across, k->c2);
      k->one = k->one | k->own1[t];
      k->two = k->two | k->own2[t];
    }
}

/* n moved onto the kinks; t1 and t2 across it, with t1 along c1 if there is just that one */
MM_FN void mm_corner_enter(const mm_corner *k, mm_v3 *n, mm_v3 *t1, mm_v3 *t2) {
  mm_v length;
  mm_v3 edge = mm_unit3(mm_mad3(*n, k->c1, -mm_dot3(*n, k->c1)), &length);
  mm_v3 point = mm_cross(k->c1, k->c2);
  point = mm_mul3(point, mm_select(mm_dot3(point, *n) < V(0.0), V(-1.0), V(1.0)));
  *n = mm_select3(k->two, point, mm_select3(k->one, edge, *n));
  mm_tangents(*n, t1, t2);
  *t1 = mm_select3(k->one & mm_not(k->two), k->c1, *t1);
  *t2 = mm_cross(*n, *t1);
}

/* the z that own the kinks take up what is left across n */
MM_FN void mm_corner_settle(const mm_corner *k, mm_convex *c, mm_v3 left) {
  for (int t = 0; t < c->terms; t++) {
    mm_v share = mm_dot3(c->u[t], k->c2) * c->a[t];
    mm_v by = mm_select(k->own2[t], mm_dot3(left, k->c2) / mm_select(k->own2[t], share, V(1.0)), V(0.0));
    c->z[t] += by;
    left = mm_mad3(left, c->u[t], -by * c->a[t]);
  }
  for (int t = 0; t < c->terms; t++) {
    mm_v by = mm_select(k->own1[t], mm_dot3(left, k->c1) / c->a[t], V(0.0));
    c->z[t] += by;
    left = mm_mad3(left, c->u[t], -by * c->a[t]);
  }
}

/* slope and curvature of s on the kinks, exact; z off the kinks; y for the test of crossing */
MM_FN mm_slope mm_convex_slope(mm_convex *c, const mm_m *active, mm_v3 t1, mm_v3 t2, mm_v *y) {
  mm_slope s;
  mm_v3 rest = c->d;
  s.k11 = s.k12 = s.k22 = V(0.0);
  for (int g = 0; g < c->groups; g++) {
    mm_v square = V(0.0), inv, zw1 = V(0.0), zw2 = V(0.0), length;
    mm_m hold;
    for (int t = c->first[g]; t < c->first[g] + c->count[g]; t++) {
      y[t] = mm_dot3(c->u[t], c->n) * c->a[t];
      square += y[t] * y[t];
    }
    length = mm_sqrt(square);
    hold = active[g] | (length <= (mm_v)(R(8.0) * MM_EPS * c->a[c->first[g]]));
    inv = mm_select(hold, V(0.0), V(1.0) / mm_select(hold, V(1.0), length));
    for (int t = c->first[g]; t < c->first[g] + c->count[g]; t++) {
      mm_v w1 = mm_dot3(c->u[t], t1) * c->a[t], w2 = mm_dot3(c->u[t], t2) * c->a[t];
      c->z[t] = mm_select(hold, c->z[t], y[t] * inv);
      rest = mm_mad3(rest, c->u[t], -c->z[t] * c->a[t]);
      zw1 += c->z[t] * w1;
      zw2 += c->z[t] * w2;
      s.k11 += w1 * w1 * inv;
      s.k12 += w1 * w2 * inv;
      s.k22 += w2 * w2 * inv;
    }
    s.k11 -= zw1 * zw1 * inv;
    s.k12 -= zw1 * zw2 * inv;
    s.k22 -= zw2 * zw2 * inv;
  }
  s.mu = mm_dot3(c->n, rest);
  s.r1 = mm_dot3(t1, rest);
  s.r2 = mm_dot3(t2, rest);
  s.k11 += s.mu;
  s.k22 += s.mu;
  return s;
}

/* which kinks n shall stay on from now: those whose z is inside, and those it stepped across */
MM_FN mm_m mm_convex_revise(mm_convex *c, mm_m *active, const mm_v *y) {
  mm_m changed = mm_not(mm_all_true());
  for (int g = 0; g < c->groups; g++) {
    mm_v turned = V(0.0), length;
    mm_m leaves, enters;
    if (c->count[g] == 3) continue;
    length = mm_convex_confine(c, g);
    for (int t = c->first[g]; t < c->first[g] + c->count[g]; t++) turned += mm_dot3(c->u[t], c->n) * y[t];
    leaves = active[g] & (length > V(1.0));
    enters = mm_not(active[g]) & (turned < V(0.0));
    active[g] = (active[g] & mm_not(leaves)) | enters;
    changed = changed | leaves | enters;
  }
  return changed;
}

/* a step of the active-set method, of length 0 if it is the last; true where it was not small, or kinks have changed */
MM_FN mm_m mm_convex_active_step(mm_convex *c, mm_m *active, int last) {
  mm_corner k;
  mm_slope s;
  mm_v y[MM_CONVEX_TERMS], x1, x2, by, length;
  mm_v3 t1, t2, left;
  mm_corner_find(&k, c, active);
  mm_corner_enter(&k, &c->n, &t1, &t2);
  s = mm_convex_slope(c, active, t1, t2, y);
  mm_slope_newton(s, &x1, &x2);
  by = mm_select(s.k22 > V(1e-3) * mm_abs(s.mu), s.k22, mm_abs(s.mu) + V(1e-12));
  x1 = mm_select(k.one, V(0.0), x1);
  x2 = mm_select(k.two, V(0.0), mm_select(k.one, s.r2 / by, x2));
  by = last ? V(0.0) : mm_shorten(x1, x2, V(0.3));
  x1 *= by;
  x2 *= by;
  left = mm_mad3(mm_mul3(t1, s.r1 - s.k11 * x1 - s.k12 * x2), t2, s.r2 - s.k12 * x1 - s.k22 * x2);
  mm_corner_settle(&k, c, left);
  c->n = mm_unit3(mm_mad3(mm_mad3(c->n, t1, x1), t2, x2), &length);
  return mm_convex_revise(c, active, y) | (x1 * x1 + x2 * x2 > (mm_v)(R(1e-4) * MM_EPS));
}

/* The active-set method from the state of c; c keeps its state. An environment that no longer moves waits for the last
   step, so that it does not depend on how long its neighbours take. */
MM_FN mm_closest mm_convex_finish(const mm_convex *from, int steps) {
  mm_convex c = *from;
  mm_m active[MM_CONVEX_TERMS], moving = mm_all_true();
  mm_v3 rest, left;
  mm_closest out;
  for (int g = 0; g < c.groups; g++) {
    mm_v square = V(0.0);
    for (int t = c.first[g]; t < c.first[g] + c.count[g]; t++) square += c.z[t] * c.z[t];
    active[g] = square < (mm_v)(c.count[g] < 3 ? R(0.998) : R(-1.0));
  }
  for (int i = 0; i < steps && mm_any(moving); i++) {
    const mm_v3 n = c.n;
    mm_v z[MM_CONVEX_TERMS];
    mm_m was[MM_CONVEX_TERMS], moves;
    for (int t = 0; t < c.terms; t++) z[t] = c.z[t];
    for (int g = 0; g < c.groups; g++) was[g] = active[g];
    moves = mm_convex_active_step(&c, active, 0);
    c.n = mm_select3(moving, c.n, n);
    for (int t = 0; t < c.terms; t++) c.z[t] = mm_select(moving, c.z[t], z[t]);
    for (int g = 0; g < c.groups; g++) active[g] = (active[g] & moving) | (was[g] & mm_not(moving));
    moving = moving & moves;
  }
  mm_convex_active_step(&c, active, 1);
  rest = c.d;
  left = mm_vec(V(0.0), V(0.0), V(0.0));
  for (int t = 0; t < c.terms; t++) {
    rest = mm_mad3(rest, c.u[t], -c.z[t] * c.a[t]);
    if (c.side[t] == 0) left = mm_mad3(left, c.u[t], c.z[t] * c.a[t]);
  }
  out.dist = mm_convex_apart(&c, c.n);
  out.normal = c.n;
  out.middle = mm_mad3(left, c.n, (mm_v)(c.rho1) + V(0.5) * out.dist);
  out.error = mm_norm3(mm_mad3(rest, c.n, -(out.dist + (mm_v)(c.rho1 + c.rho2))));
  return out;
}

MM_FN mm_closest mm_closest_select(mm_m mask, mm_closest a, mm_closest b) {
  a.dist = mm_select(mask, a.dist, b.dist);
  a.normal = mm_select3(mask, a.normal, b.normal);
  a.middle = mm_select3(mask, a.middle, b.middle);
  a.error = mm_select(mask, a.error, b.error);
  return a;
}

/* what may remain of (1) by rounding */
MM_FN mm_v mm_convex_tolerance(const mm_convex *c) { return (mm_v)(R(32.0) * MM_EPS * c->total); }

/* From the direction n to a maximum, on and on until (1) holds in every environment that matters. Where shapes are seen
   to be out of reach on the way (s(n) is never more than the distance), no maximum is sought, and the error is zero. */
MM_FN mm_closest mm_convex_climb(mm_convex *c, mm_v3 n, scalar soft, mm_m matters, mm_v reach) {
  mm_closest best, found;
  int steps = c->smooth ? 0 : 12;
  c->n = best.normal = best.middle = n;
  best.dist = reach;
  best.error = (mm_v)(MM_FAR);
  for (int round = 0; round < 4 && mm_any(matters); round++, steps = 8) {
    for (int i = 0; i < steps && mm_any(matters); i++, soft *= R(0.5337)) {
      mm_convex_step(c, soft, round == 0 && i == 0);
      if (round == 0 && (i & 3) == 3) {
        found.dist = mm_convex_apart(c, c->n);
        found.normal = found.middle = c->n;
        found.error = V(0.0);
        best = mm_closest_select(matters & (found.dist > reach), found, best);
        matters = matters & mm_not(found.dist > reach);
      }
    }
    if (mm_any(matters)) {
      found = mm_convex_finish(c, c->smooth ? 12 : 6);
      best = mm_closest_select(matters & (found.error < best.error), found, best);
      matters = matters & (best.error > mm_convex_tolerance(c));
      if (c->smooth) return best;
    }
  }
  return best;
}

/* ---- where to begin ---- */

/* Directions worth trying, by class: between the centres, and straight from each axis; axes of the first; of the
   second; products of axes; diagonals of the three axes of either. */
#define MM_CONVEX_CLASSES 5

MM_FN int mm_convex_directions(const mm_convex *c, int class_) {
  int first = 0, second;
  for (int t = 0; t < c->terms; t++) first += c->side[t] == 0;
  second = c->terms - first;
  if (class_ == 0) return 1 + c->terms;
  if (class_ == 1) return first;
  if (class_ == 2) return second;
  if (class_ == 3) return first * second;
  return (first == 3 ? 13 : 0) + (second == 3 ? 13 : 0);
}

MM_FN mm_v3 mm_convex_direction(const mm_convex *c, int class_, int i) {
  int first = 0, t, code;
  mm_v3 sum;
  for (int k = 0; k < c->terms; k++) first += c->side[k] == 0;
  if (class_ == 0 && i == 0) return c->d;
  if (class_ == 0) return mm_mad3(c->d, c->u[i - 1], -mm_dot3(c->u[i - 1], c->d));
  if (class_ == 1) return c->u[i];
  if (class_ == 2) return c->u[first + i];
  if (class_ == 3) return mm_cross(c->u[i % first], c->u[first + i / first]);
  t = first == 3 && i < 13 ? 0 : first;
  code = i % 13 + 14; /* the second half of 0 .. 26 in base 3: one of each pair of opposites */
  sum = mm_mul3(c->u[t], (mm_v)((scalar)(code / 9 - 1)));
  sum = mm_mad3(sum, c->u[t + 1], (mm_v)((scalar)(code / 3 % 3 - 1)));
  return mm_mad3(sum, c->u[t + 2], (mm_v)((scalar)(code % 3 - 1)));
}

/* the best direction of a class, turned to the second shape */
MM_FN mm_v mm_convex_start(const mm_convex *c, int class_, mm_v3 *n) {
  mm_v best = (mm_v)(-MM_FAR), length;
  int count = mm_convex_directions(c, class_);
  *n = mm_unit3(c->d, &length);
  for (int i = 0; i < count; i++) {
    mm_v3 unit = mm_unit3(mm_convex_direction(c, class_, i), &length);
    mm_v s;
    mm_m good;
    unit = mm_mul3(unit, mm_select(mm_dot3(unit, c->d) < V(0.0), V(-1.0), V(1.0)));
    s = mm_convex_apart(c, unit);
    good = (s > best) & (length > V(1e-6));
    best = mm_select(good, s, best);
    *n = mm_select3(good, unit, *n);
  }
  return best;
}

/* The closest points. It begins near a known normal (warm); or between the centres; or, where shapes have flat parts,
   at the best of all classes. Then once more at the best of each class, for environments where (1) does not hold yet,
   or cores are deep inside each other. */
MM_FN mm_closest mm_convex_solve(mm_convex *c, mm_v3 n, int warm, int flat_parts, mm_m matters, mm_v reach) {
  mm_v3 start;
  mm_v value, best, length, tolerance = V(16.0) * mm_convex_tolerance(c), rho = (mm_v)(c->rho1 + c->rho2);
  mm_closest found, other;
  mm_m todo, good;
  if (!warm) n = mm_unit3(c->d, &length);
  best = mm_convex_apart(c, n);
  for (int k = 0; k < (flat_parts && !warm ? MM_CONVEX_CLASSES : 0); k++) {
    value = mm_convex_start(c, k, &start);
    n = mm_select3(value > best, start, n);
    best = mm_max(value, best);
  }
  found.dist = best;
  found.normal = found.middle = n;
  found.error = (mm_v)(MM_FAR);
  matters = matters & (best <= reach);
  todo = matters;
  for (int k = -1; k < MM_CONVEX_CLASSES && mm_any(todo); k++) {
    if (k >= 0) mm_convex_start(c, k, &n);
    other = mm_convex_climb(c, n, (warm || k >= 0 ? R(0.03) : R(0.3)) * c->least, todo, reach);
    good = todo & (other.error <= mm_max(found.error, tolerance));
    good = good & ((other.dist > found.dist) | (found.error > tolerance));
    found = mm_closest_select(good, other, found);
    todo = matters & (found.error > tolerance);
    todo = todo | (matters & (found.dist + rho < (mm_v)(R(-0.05) * c->least)));
  }
  return found;
}

/* ---- contacts ---- */

/* a shape turned about a point by a small angle */
MM_FN mm_v3 mm_turn_small(mm_v3 v, mm_v3 axis, scalar sine, scalar one_minus_cosine) {
  mm_v3 turned = mm_mad3(v, mm_cross(axis, v), (mm_v)(sine));
  return mm_mad3(turned, mm_sub3(mm_mul3(axis, mm_dot3(axis, v)), v), (mm_v)(one_minus_cosine));
}

MM_FN mm_shape mm_shape_turn(mm_shape s, mm_v3 center, mm_v3 axis, scalar direction) {
  scalar sine = direction * R(9.99999833333341667e-4), one_minus_cosine = R(4.99999958333334722e-7);
  s.pos = mm_add3(center, mm_turn_small(mm_sub3(s.pos, center), axis, sine, one_minus_cosine));
  s.mat.a = mm_turn_small(s.mat.a, axis, sine, one_minus_cosine);
  s.mat.b = mm_turn_small(s.mat.b, axis, sine, one_minus_cosine);
  s.mat.c = mm_turn_small(s.mat.c, axis, sine, one_minus_cosine);
  return s;
}

#define MM_CONVEX_PLACES 5

/* a place where the shapes touch, if it is none of those before, which are nearer than apart then */
MM_FN mm_m mm_convex_is_new(const mm_v3 *place, const mm_m *was, int count, mm_v3 pos, scalar apart) {
  mm_m is_new = mm_all_true();
  for (int q = 0; q < count; q++) {
    mm_v gap = mm_norm3(mm_sub3(place[q], pos));
    is_new = is_new & mm_not(was[q] & (gap <= (mm_v)(apart)));
  }
  return is_new;
}

/* The contact, and for shapes with flat parts, which may touch in more than a point, more: as MuJoCo does, both are
   turned against each other by a thousandth about each tangent, to and fro; a new place counts, with the depth of
   the first. */
MM_FN void mm_collide_convex(mm_env e, int pair, int geom1, int geom2) {
  mm_shape s1 = mm_geom_shape(e, geom1), s2 = mm_geom_shape(e, geom2), now1 = s1, now2 = s2;
  int type1 = M(geom_type)[geom1], type2 = M(geom_type)[geom2], count = M(collide_slotnum)[pair];
  int flat_parts = type1 >= MM_GEOM_CYLINDER || type2 >= MM_GEOM_CYLINDER;
  scalar bound1 = M(geom_rbound)[geom1], bound2 = M(geom_rbound)[geom2];
  scalar apart = R(1e-3) * (bound1 < bound2 ? bound1 : bound2);
  mm_v reach = (mm_v)(M(collide_reach)[pair]), dist = reach;
  mm_v3 place[MM_CONVEX_PLACES], axis = s1.mat.a;
  mm_m was[MM_CONVEX_PLACES], matters = mm_all_true();
  mm_m33 frame = s1.mat;
  mm_convex c;
  mm_touch t;
  for (int k = 0; k < count && mm_any(matters); k++) {
    mm_closest found;
    if (k > 0) {
      axis = frame.b;
      if (k > 2) axis = frame.c;
      now1 = mm_shape_turn(s1, place[0], axis, k & 1 ? R(-1.0) : R(1.0));
      now2 = mm_shape_turn(s2, place[0], axis, k & 1 ? R(1.0) : R(-1.0));
    }
    mm_convex_make(&c, type1, now1, type2, now2);
    found = mm_convex_solve(&c, frame.a, k > 0, flat_parts, matters, reach);
    t.normal = found.normal;
    t.pos = mm_add3(now1.pos, found.middle);
    t.on = matters & (found.dist <= reach);
    if (k == 0) {
      frame = mm_contact_frame(t.normal, mm_vec(V(0.0), V(0.0), V(0.0)));
      dist = found.dist;
      matters = t.on;
    }
    t.dist = dist;
    t.on = t.on & mm_convex_is_new(place, was, k, t.pos, apart);
    place[k] = t.pos;
    was[k] = t.on;
    mm_contact_put(e, pair, k, t);
  }
  if (!mm_any(matters)) mm_contact_none(e, pair);
}
