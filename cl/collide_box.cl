/* >>collide-box: contacts of boxes with spheres, capsules and boxes (MuJoCo: engine_collision_box) */

/* component k of a vector; the vector of sizes */
MM_FN mm_v mm_part(mm_v3 a, int k) {
  if (k == 0) return a.x;
  if (k == 1) return a.y;
  return a.z;
}

MM_FN mm_v3 mm_shape_size(mm_shape s) { return mm_vec((mm_v)(s.a), (mm_v)(s.b), (mm_v)(s.c)); }
MM_FN mm_v3 mm_abs3(mm_v3 a) { return mm_vec(mm_abs(a.x), mm_abs(a.y), mm_abs(a.z)); }
MM_FN mm_v mm_sign_of(mm_v x) { return mm_select(x >= V(0.0), V(1.0), V(-1.0)); }

/* a sphere at a point of the box's frame: the nearest point of the box, or from inside the nearest face */
MM_FN mm_touch mm_touch_sphere_box(mm_v3 center, mm_v radius, mm_shape box) {
  mm_touch t;
  mm_v3 size = mm_shape_size(box), room = mm_sub3(size, mm_abs3(center)), push, unit, near_point;
  mm_v outside, depth = mm_min(room.x, mm_min(room.y, room.z)), half_way;
  mm_m inside, x_least = room.x <= depth, y_least = mm_not(x_least) & (room.y <= depth);
  near_point = mm_vec(mm_clamp(center.x, -size.x, size.x), mm_clamp(center.y, -size.y, size.y),
                      mm_clamp(center.z, -size.z, size.z));
  unit = mm_unit3(mm_sub3(near_point, center), &outside);
  inside = outside <= (mm_v)(MM_TINY);
  push = mm_vec(mm_select(x_least, V(1.0), V(0.0)), mm_select(y_least, V(1.0), V(0.0)),
                mm_select(x_least | y_least, V(0.0), V(1.0)));
  push = mm_vec(mm_select(center.x > V(0.0), -push.x, push.x), mm_select(center.y > V(0.0), -push.y, push.y),
                mm_select(center.z > V(0.0), -push.z, push.z));
  unit = mm_select3(inside, push, unit);
  outside = mm_select(inside, -depth, outside);
  half_way = V(0.5) * (outside + radius);
  t.on = mm_all_true();
  t.dist = outside - radius;
  t.normal = mm_mat_mul(box.mat, unit);
  t.pos = mm_add3(box.pos, mm_mat_mul(box.mat, mm_mad3(center, unit, half_way)));
  return t;
}

/* The point of a capsule's segment that is nearest to a box, and on which feature of the box it was found. */
typedef struct mm_nearest {
  mm_v dist;        /* squared */
  mm_v along;       /* where on the segment, -1 to 1 */
  mm_v on_edge;     /* where on the edge, -1 to 1 */
  mm_m is_end;      /* an end of the segment, over a face or inside */
  mm_m is_over;     /* of these: over a face */
  mm_m is_corner;   /* a corner of the box */
  mm_v3 face, edge; /* 1 at the axis of the face, of the edge */
  mm_v3 corner;     /* signs of the corner; of an edge: of its lower end */
} mm_nearest;

MM_FN mm_v3 mm_one_hot(int k) {
  return mm_vec((mm_v)((scalar)(k == 0)), (mm_v)((scalar)(k == 1)), (mm_v)((scalar)(k == 2)));
}

/* the ends of the segment, where they are over a face or inside */
MM_FN void mm_nearest_ends(mm_nearest *best, mm_v3 pos, mm_v3 axis, mm_v3 size) {
  for (int k = 0; k < 2; k++) {
    mm_v along = (mm_v)((scalar)(2 * k - 1)), dist;
    mm_v3 end = mm_mad3(pos, axis, along), over = mm_abs3(end), beyond;
    mm_m better;
    beyond = mm_vec(mm_select(over.x > size.x, V(1.0), V(0.0)), mm_select(over.y > size.y, V(1.0), V(0.0)),
                    mm_select(over.z > size.z, V(1.0), V(0.0)));
    over = mm_sub3(over, size);
    over = mm_vec(mm_max(over.x, V(0.0)), mm_max(over.y, V(0.0)), mm_max(over.z, V(0.0)));
    dist = mm_dot3(over, over);
    better = (beyond.x + beyond.y + beyond.z < V(1.5)) & (dist < best->dist);
    best->dist = mm_select(better, dist, best->dist);
    best->along = mm_select(better, along, best->along);
    best->face = mm_select3(better, beyond, best->face);
    best->is_end = best->is_end | better;
  }
  best->is_over = best->is_end & (best->face.x + best->face.y + best->face.z > V(0.5));
}

/* the edge of the box along axis j whose other coordinates have the given signs */
MM_FN void mm_nearest_edge(mm_nearest *best, mm_v3 pos, mm_v3 axis, mm_v3 size, int j, mm_v3 signs) {
  mm_v3 one = mm_one_hot(j), off = mm_mad3(signs, one, -mm_part(signs, j));
  mm_v3 middle = mm_vec(size.x * off.x, size.y * off.y, size.z * off.z);
  mm_v half_edge = mm_part(size, j), x1, x2, x1_of_end, clamped, dist;
  mm_v3 edge = mm_mul3(one, half_edge);
  mm_segments s = mm_segments_make(edge, axis, mm_sub3(middle, pos));
  mm_m parallel = mm_abs(s.det) < mm_max(V(1e-15), R(4.0) * MM_EPS * s.aa * s.bb), better;
  x1 = mm_clamp((s.bb * s.au - s.ab * s.bv) / mm_select(parallel, V(1.0), s.det), V(-1.0), V(1.0));
  x2 = mm_segments_second(s, x1);
  x1_of_end = mm_segments_first(s, x2);
  clamped = mm_select(mm_abs(x1) >= V(1.0), x1, V(0.0));
  x1 = mm_select(mm_abs(x2) >= V(1.0), x1_of_end, x1);
  clamped = mm_select(mm_abs(x1) >= V(1.0), x1, clamped);
  middle = mm_mad3(mm_sub3(mm_mad3(middle, edge, x1), pos), axis, -x2);
  dist = mm_dot3(middle, middle);
  better = mm_not(parallel) & (dist < best->dist - mm_max(V(1e-15), R(32.0) * MM_EPS * best->dist));
  best->dist = mm_select(better, dist, best->dist);
  best->along = mm_select(better, x2, best->along);
  best->on_edge = mm_select(better, x1, best->on_edge);
  best->is_end = best->is_end & mm_not(better);
  best->is_corner = (best->is_corner & mm_not(better)) | (better & (mm_abs(clamped) > V(0.0)));
  best->edge = mm_select3(better, one, best->edge);
  signs = mm_mad3(off, one, mm_select(clamped > V(0.0), V(1.0), V(-1.0)));
  best->corner = mm_select3(better, signs, best->corner);
}

MM_FN mm_nearest mm_nearest_to_box(mm_v3 pos, mm_v3 axis, mm_v3 size, mm_v far) {
  mm_nearest best;
  best.dist = far;
  best.along = best.on_edge = V(0.0);
  best.is_end = best.is_over = best.is_corner = mm_not(mm_all_true());
  best.face = best.edge = best.corner = mm_vec(V(0.0), V(0.0), V(0.0));
  mm_nearest_ends(&best, pos, axis, size);
  for (int j = 0; j < 3; j++)
    for (int k = 0; k < 8; k++) {
      mm_v x = (mm_v)((scalar)(k & 1 ? 1 : -1)), y = (mm_v)((scalar)(k & 2 ? 1 : -1));
      mm_v z = (mm_v)((scalar)(k & 4 ? 1 : -1));
      if (!(k & (1 << j))) mm_nearest_edge(&best, pos, axis, size, j, mm_vec(x, y, z));
    }
  best.is_over = best.is_over & best.is_end;
  return best;
}

/* the share of the segment that spans the box along an axis */
MM_FN mm_v mm_span(mm_v size, mm_v axis) { return V(2.0) * size / mm_abs(axis); }
MM_FN mm_v3 mm_span3(mm_v3 size, mm_v3 axis) {
  return mm_vec(mm_span(size.x, axis.x), mm_span(size.y, axis.y), mm_span(size.z, axis.z));
}

/* The second contact lies where the segment, going on from the first over the box, ends or leaves the box. Each of
   these gives how far that is, signed, unless the segment leads away. diff is 1 where the directions of the segment
   and of the corner differ in sign. */
typedef struct mm_second { mm_m on; mm_v by; } mm_second;

MM_FN mm_second mm_second_make(mm_m on, mm_v by) {
  mm_second s;
  s.on = on;
  s.by = by;
  return s;
}

MM_FN mm_second mm_second_of_end(mm_nearest n, mm_v3 pos, mm_v3 axis, mm_v3 size) {
  mm_v turn = -n.along, best = V(2.0);
  mm_v3 end = mm_mad3(pos, axis, n.along);
  for (int i = 0; i < 3; i++) {
    mm_v a = mm_part(axis, i), here = mm_part(end, i), limit = mm_part(size, i);
    mm_m other = mm_part(n.face, i) < V(0.5);
    mm_v up = (limit - here) / a * turn, down = (-limit - here) / a * turn;
    best = mm_select(other & (up > V(0.0)) & (up < best), up, best);
    best = mm_select(other & (down > V(0.0)) & (down < best), down, best);
  }
  return mm_second_make(n.is_over, best * turn);
}

MM_FN mm_second mm_second_of_corner(mm_nearest n, mm_v3 diff, mm_v3 axis, mm_v3 unit, mm_v3 size) {
  mm_v count = diff.x + diff.y + diff.z, turn, along_edge, along_face, square;
  mm_m one = count < V(1.5), lone;
  mm_v3 odd = mm_select3(one, diff, mm_sub3(mm_vec(V(1.0), V(1.0), V(1.0)), diff)), span = mm_span3(size, axis);
  mm_v least = V(2.0);
  turn = mm_select(one, V(1.0), V(-1.0));
  along_edge = V(1.0) - turn * n.along;
  along_face = V(1.0) + turn * n.along;
  square = V(0.0);
  for (int i = 0; i < 3; i++) {
    mm_v u = mm_part(unit, i);
    lone = mm_part(odd, i) > V(0.5);
    square = mm_select(lone, u * u, square);
    along_edge = mm_select(lone, mm_min(along_edge, mm_part(span, i)), along_edge);
    least = mm_select(lone, least, mm_min(least, mm_part(span, i)));
  }
  along_face = mm_min(along_face, least);
  turn = mm_select(square > V(0.5), turn * along_edge, -turn * along_face);
  return mm_second_make((count > V(0.5)) & (count < V(2.5)), turn);
}

MM_FN mm_second mm_second_of_edge(mm_nearest n, mm_v3 diff, mm_v3 axis, mm_v3 unit, mm_v3 size) {
  mm_v3 span = mm_span3(size, axis);
  mm_second s = mm_second_make(mm_not(mm_all_true()), V(0.0));
  for (int j = 0; j < 3; j++) {
    int p = (j + 1) % 3, q = (j + 2) % 3;
    mm_v dp = mm_part(diff, p), dq = mm_part(diff, q), mark = mm_part(n.edge, j), differ = mm_abs(dp - dq);
    mm_v here, left;
    mm_m this_edge = (mark > V(0.5)) & (differ > V(0.5));
    mm_m p_steeper = mm_abs(mm_part(unit, p)) > mm_abs(mm_part(unit, q));
    mm_m forth = mm_select(p_steeper, dp, dq) > V(0.5), up = mm_part(axis, j) > V(0.0);
    mm_v turn = mm_select(forth, V(1.0), V(-1.0));
    here = mm_min(V(1.0) - turn * n.along, mm_select(p_steeper, mm_part(span, p), mm_part(span, q)));
    left = V(1.0) - mm_select(up, turn, -turn) * n.on_edge;
    here = mm_min(here, V(0.5) * mm_part(span, j) * left);
    s.by = mm_select(this_edge, here * turn, s.by);
    s.on = s.on | this_edge;
  }
  return s;
}

/* Two spheres of the capsule against the box: at the point of the segment nearest to the box, and at a second. */
MM_FN void mm_collide_capsule_box(mm_env e, int pair, mm_shape capsule, mm_shape box) {
  mm_v3 size = mm_shape_size(box), pos = mm_mat_mul_t(box.mat, mm_sub3(capsule.pos, box.pos)), diff;
  mm_v3 unit = mm_mat_mul_t(box.mat, capsule.mat.c), axis = mm_mul3(unit, (mm_v)(capsule.b));
  mm_v far = (mm_v)(M(collide_reach)[pair] + R(2.0) * (capsule.a + capsule.b + box.a + box.b + box.c)), further;
  mm_nearest n = mm_nearest_to_box(pos, axis, size, far);
  mm_second of_end, of_corner, of_edge;
  mm_m found = n.dist < far;
  mm_touch t = mm_touch_sphere_box(mm_mad3(pos, axis, n.along), (mm_v)(capsule.a), box);
  t.on = found;
  mm_contact_put(e, pair, 0, t);
  diff = mm_vec(mm_select((axis.x > V(0.0)) == (n.corner.x > V(0.0)), V(0.0), V(1.0)),
                mm_select((axis.y > V(0.0)) == (n.corner.y > V(0.0)), V(0.0), V(1.0)),
                mm_select((axis.z > V(0.0)) == (n.corner.z > V(0.0)), V(0.0), V(1.0)));
  of_end = mm_second_of_end(n, pos, axis, size);
  of_corner = mm_second_of_corner(n, diff, axis, unit, size);
  of_edge = mm_second_of_edge(n, diff, axis, unit, size);
  further = mm_select(n.is_end, of_end.by, mm_select(n.is_corner, of_corner.by, of_edge.by));
  t = mm_touch_sphere_box(mm_mad3(pos, axis, n.along + further), (mm_v)(capsule.a), box);
  t.on = found & ((n.is_end & of_end.on) | (mm_not(n.is_end) & ((n.is_corner & of_corner.on) |
                                                                (mm_not(n.is_corner) & of_edge.on))));
  mm_contact_put(e, pair, 1, t);
}

/* ---- box and box ----

   The direction in which the boxes are farthest apart, or least deep in each other, is among the normals of their
   faces and the products of their edges. If it is the normal of a face, the opposed face of the other box is cut to
   the outline of this one, and each corner of what is left and within reach is a contact; if it is a product of
   edges, these touch in one point. Faces win ties: several points carry better than one. */

#if (defined(MM_OPENCL) && !MM_DOUBLE) || defined(MM_REAL_IS_FLOAT)
#define MM_BOX_APART R(1e-6)     /* slack of the test for being apart, times the sizes */
#define MM_BOX_PARALLEL R(1e-7)  /* squared sine below which edges are parallel */
#define MM_BOX_LEVEL R(1e-5)     /* cosine below which both ends of a box support the direction */
#define MM_BOX_SAME R(1e-10)     /* squared distance, relative to the face, below which corners are one */
#else
#define MM_BOX_APART R(1e-13)
#define MM_BOX_PARALLEL R(1e-16)
#define MM_BOX_LEVEL R(1e-9)
#define MM_BOX_SAME R(1e-14)
#endif
#define MM_BOX_POINTS 12 /* where corners of the cut face can come from */

/* the second box in the frame of the first, and the best direction so far */
typedef struct mm_boxes {
  mm_m33 turn;            /* axes of the second box */
  mm_v3 off, back;        /* from centre to centre, in the frame of the first and of the second */
  mm_v3 size1, size2;
  mm_v limit;             /* farther apart than this along any direction: no contact */
  mm_m apart;
  mm_v face, best;        /* separation along the best face normal; along the best direction */
  mm_v3 ref_axis;         /* 1 at the axis of the face */
  mm_m is_second, is_edge; /* the face is the second box's; the direction is a product of edges */
  mm_v3 axis;             /* the product, frame of the first box */
  mm_v3 edge1, edge2;     /* 1 at the axes of its edges */
} mm_boxes;

MM_FN mm_boxes mm_boxes_make(mm_shape s1, mm_shape s2, scalar reach) {
  mm_boxes b;
  b.turn.a = mm_mat_mul_t(s1.mat, s2.mat.a);
  b.turn.b = mm_mat_mul_t(s1.mat, s2.mat.b);
  b.turn.c = mm_mat_mul_t(s1.mat, s2.mat.c);
  b.off = mm_mat_mul_t(s1.mat, mm_sub3(s2.pos, s1.pos));
  b.back = mm_mat_mul_t(s2.mat, mm_sub3(s1.pos, s2.pos));
  b.size1 = mm_shape_size(s1);
  b.size2 = mm_shape_size(s2);
  b.limit = (mm_v)(reach + MM_BOX_APART * (s1.a + s1.b + s1.c + s2.a + s2.b + s2.c));
  b.apart = b.is_second = b.is_edge = mm_not(mm_all_true());
  b.face = b.best = (mm_v)(-MM_FAR);
  b.ref_axis = b.axis = b.edge1 = b.edge2 = mm_vec(V(0.0), V(0.0), V(0.0));
  return b;
}

/* how far a box reaches along a direction given in its frame */
MM_FN mm_v mm_box_reach(mm_v3 size, mm_v3 direction) { return mm_dot3(size, mm_abs3(direction)); }

MM_FN void mm_boxes_faces(mm_boxes *b) {
  for (int k = 0; k < 6; k++) {
    int second = k >= 3, i = k % 3;
    mm_v3 one = mm_one_hot(i);
    mm_v apart = mm_abs(mm_part(b->off, i)) - mm_part(b->size1, i);
    mm_m better;
    if (second) apart = mm_abs(mm_part(b->back, i)) - mm_part(b->size2, i);
    if (second) apart -= mm_box_reach(b->size1, mm_mat_mul(b->turn, one));
    else apart -= mm_box_reach(b->size2, mm_mat_mul_t(b->turn, one));
    better = apart > b->face;
    b->apart = b->apart | (apart > b->limit);
    b->face = mm_select(better, apart, b->face);
    b->ref_axis = mm_select3(better, one, b->ref_axis);
    if (second) b->is_second = b->is_second | better;
  }
  b->best = b->face;
}

MM_FN void mm_boxes_edges(mm_boxes *b) {
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) {
      mm_v3 one1 = mm_one_hot(i), one2 = mm_one_hot(j);
      mm_v3 axis = mm_cross(one1, mm_mat_mul(b->turn, one2));
      mm_v square = mm_dot3(axis, axis), apart;
      mm_m good = square >= (mm_v)(MM_BOX_PARALLEL), better;
      axis = mm_mul3(axis, V(1.0) / mm_sqrt(mm_select(good, square, V(1.0))));
      apart = mm_abs(mm_dot3(axis, b->off)) - mm_box_reach(b->size1, axis);
      apart -= mm_box_reach(b->size2, mm_mat_mul_t(b->turn, axis));
      b->apart = b->apart | (good & (apart > b->limit));
      better = good & (apart - V(1e-6) * mm_abs(apart) > b->best) & (apart > b->face);
      b->best = mm_select(better, apart, b->best);
      b->axis = mm_select3(better, axis, b->axis);
      b->edge1 = mm_select3(better, one1, b->edge1);
      b->edge2 = mm_select3(better, one2, b->edge2);
      b->is_edge = b->is_edge | better;
    }
}

/* a product of edges that is nearly the best face normal, and hardly better, stands for that face */
MM_FN void mm_boxes_prefer_face(mm_boxes *b) {
  mm_v3 seen = mm_select3(b->is_second, mm_mat_mul_t(b->turn, b->axis), b->axis);
  mm_m alike = mm_abs(mm_dot3(seen, b->ref_axis)) > V(0.99);
  mm_m hardly = b->best < b->face + V(0.05) * mm_abs(b->face) + (mm_v)(MM_TINY);
  b->is_edge = b->is_edge & mm_not(alike & hardly);
}

/* the corner of a box that lies farthest along the direction, but on the middle of the given edge; where the
   direction is level, the other end if flip is 1 */
MM_FN mm_v mm_box_corner_part(mm_v size, mm_v direction, mm_v on_edge, mm_v flip) {
  mm_v level = mm_select(mm_abs(direction) < (mm_v)(MM_BOX_LEVEL), V(1.0) - V(2.0) * flip, V(1.0));
  return size * mm_sign_of(direction) * level * (V(1.0) - on_edge);
}

MM_FN mm_v3 mm_box_corner(mm_v3 size, mm_v3 direction, mm_v3 edge, mm_v flip) {
  return mm_vec(mm_box_corner_part(size.x, direction.x, edge.x, flip),
                mm_box_corner_part(size.y, direction.y, edge.y, flip),
                mm_box_corner_part(size.z, direction.z, edge.z, flip));
}

/* the contact of two edges: the middle between their nearest points */
MM_FN mm_touch mm_touch_edges(const mm_boxes *b, mm_shape s1) {
  mm_touch t;
  mm_v3 axis = mm_mul3(b->axis, mm_sign_of(mm_dot3(b->axis, b->off))), axis2 = mm_mat_mul_t(b->turn, axis);
  mm_v3 along1 = b->edge1, along2 = mm_mat_mul(b->turn, b->edge2), middle = b->off, gap = b->off;
  mm_v half1 = mm_dot3(b->size1, b->edge1), half2 = mm_dot3(b->size2, b->edge2), cosine = mm_dot3(along1, along2);
  mm_v sine2 = V(1.0) - cosine * cosine, least = (mm_v)(MM_FAR);
  for (int k = 0; k < 4; k++) {
    mm_v3 corner1 = mm_box_corner(b->size1, axis, b->edge1, (mm_v)((scalar)(k & 1)));
    mm_v3 corner2 = mm_mul3(mm_box_corner(b->size2, axis2, b->edge2, (mm_v)((scalar)(k >> 1))), V(-1.0));
    mm_v3 between, point1, point2;
    mm_v d1, d2, x, y, dist;
    mm_m better;
    corner2 = mm_add3(mm_mat_mul(b->turn, corner2), b->off);
    between = mm_sub3(corner2, corner1);
    d1 = mm_dot3(along1, between);
    d2 = mm_dot3(along2, between);
    x = (d1 - cosine * d2) / mm_max(sine2, (mm_v)(MM_TINY));
    x = mm_clamp(x, -half1, half1);
    y = mm_clamp(cosine * x - d2, -half2, half2);
    x = mm_clamp(d1 + cosine * y, -half1, half1);
    point1 = mm_mad3(corner1, along1, x);
    point2 = mm_mad3(corner2, along2, y);
    between = mm_sub3(point2, point1);
    dist = mm_dot3(between, between);
    better = dist < least;
    least = mm_select(better, dist, least);
    middle = mm_select3(better, mm_mul3(mm_add3(point1, point2), V(0.5)), middle);
    gap = mm_select3(better, between, gap);
  }
  t.dist = mm_dot3(gap, axis);
  t.on = b->is_edge & mm_not(b->apart) & (t.dist <= b->limit);
  t.pos = mm_add3(s1.pos, mm_mat_mul(s1.mat, middle));
  t.normal = mm_mat_mul(s1.mat, axis);
  return t;
}

/* the face of one box, and the opposed face of the other as seen from it: x and y in the face, z above it */
typedef struct mm_facing {
  mm_v3 center, x, y, up; /* of the box with the face, world frame; up points to the other box */
  mm_v half_x, half_y, half_z;
  mm_v3 at, u, v;         /* middle of the opposed face, its half edges */
} mm_facing;

/* from the mark of an axis to that of the next */
MM_FN mm_v3 mm_next_axis(mm_v3 one) { return mm_vec(one.z, one.x, one.y); }

MM_FN mm_facing mm_facing_make(const mm_boxes *b, mm_shape s1, mm_shape s2) {
  mm_facing f;
  mm_m second = b->is_second;
  mm_m33 own, other;
  mm_v3 own_size = mm_select3(second, b->size2, b->size1), other_size = mm_select3(second, b->size1, b->size2);
  mm_v3 other_center = mm_select3(second, s1.pos, s2.pos), one = b->ref_axis, two, seen, to_face, axis;
  own.a = mm_select3(second, s2.mat.a, s1.mat.a);
  own.b = mm_select3(second, s2.mat.b, s1.mat.b);
  own.c = mm_select3(second, s2.mat.c, s1.mat.c);
  other.a = mm_select3(second, s1.mat.a, s2.mat.a);
  other.b = mm_select3(second, s1.mat.b, s2.mat.b);
  other.c = mm_select3(second, s1.mat.c, s2.mat.c);
  f.center = mm_select3(second, s2.pos, s1.pos);
  f.up = mm_mat_mul(own, one);
  f.up = mm_mul3(f.up, mm_sign_of(mm_dot3(f.up, mm_sub3(other_center, f.center))));
  f.half_z = mm_dot3(own_size, one);
  one = mm_next_axis(one);
  f.x = mm_mat_mul(own, one);
  f.half_x = mm_dot3(own_size, one);
  one = mm_next_axis(one);
  f.y = mm_mat_mul(own, one);
  f.half_y = mm_dot3(own_size, one);
  seen = mm_abs3(mm_mat_mul_t(other, f.up));
  two = mm_select3(seen.y > seen.x, mm_one_hot(1), mm_one_hot(0));
  two = mm_select3(seen.z > mm_max(seen.x, seen.y), mm_one_hot(2), two);
  axis = mm_mat_mul(other, two);
  axis = mm_mul3(axis, mm_select(mm_dot3(axis, f.up) > V(0.0), V(-1.0), V(1.0)) * mm_dot3(other_size, two));
  to_face = mm_add3(mm_sub3(other_center, f.center), axis);
  f.at = mm_vec(mm_dot3(f.x, to_face), mm_dot3(f.y, to_face), mm_dot3(f.up, to_face) - f.half_z);
  two = mm_next_axis(two);
  axis = mm_mul3(mm_mat_mul(other, two), mm_dot3(other_size, two));
  f.u = mm_vec(mm_dot3(f.x, axis), mm_dot3(f.y, axis), mm_dot3(f.up, axis));
  two = mm_next_axis(two);
  axis = mm_mul3(mm_mat_mul(other, two), mm_dot3(other_size, two));
  f.v = mm_vec(mm_dot3(f.x, axis), mm_dot3(f.y, axis), mm_dot3(f.up, axis));
  return f;
}

/* the part from lo to hi of a line from p on by d that lies within -half and half */
MM_FN void mm_cut_line(mm_v p, mm_v d, mm_v half_size, mm_v *lo, mm_v *hi) {
  mm_m still = d == V(0.0), out = still & (mm_abs(p) > half_size);
  mm_v inv = V(1.0) / mm_select(still, V(1.0), d), a = (-half_size - p) * inv, b = (half_size - p) * inv;
  *lo = mm_select(still, *lo, mm_max(*lo, mm_min(a, b)));
  *hi = mm_select(still, *hi, mm_min(*hi, mm_max(a, b)));
  *hi = mm_select(out, V(-1.0), *hi);
}

/* Corners of the opposed face cut to the outline of the face: each edge of the former that has a part inside gives
   where that begins and, unless the next edge begins there, where it ends; each corner of the outline inside the
   former counts. */
MM_FN void mm_cut_face(const mm_facing *f, mm_v3 *point, mm_m *inside) {
  mm_v det = f->u.x * f->v.y - f->u.y * f->v.x, inv;
  mm_m flat = mm_abs(det) < (mm_v)(MM_TINY * MM_TINY);
  inv = V(1.0) / mm_select(flat, V(1.0), det);
  for (int k = 0; k < 4; k++) {
    mm_v su = (mm_v)((scalar)(k == 0 || k == 3 ? 1 : -1)), sv = (mm_v)((scalar)(k < 2 ? 1 : -1));
    mm_v lo = V(0.0), hi = V(1.0);
    mm_v3 from = mm_mad3(mm_mad3(f->at, f->u, su), f->v, sv), by;
    mm_v3 corner = mm_vec(f->half_x * su, f->half_y * sv, V(0.0));
    mm_v x = corner.x - f->at.x, y = corner.y - f->at.y, a, b;
    if (k & 1) by = mm_mul3(f->v, V(-2.0) * sv);
    else by = mm_mul3(f->u, V(-2.0) * su);
    mm_cut_line(from.x, by.x, f->half_x, &lo, &hi);
    mm_cut_line(from.y, by.y, f->half_y, &lo, &hi);
    inside[k] = lo <= hi;
    point[k] = mm_mad3(from, by, lo);
    inside[k + 4] = (lo < hi) & (hi < V(1.0));
    point[k + 4] = mm_mad3(from, by, hi);
    a = (x * f->v.y - y * f->v.x) * inv;
    b = (y * f->u.x - x * f->u.y) * inv;
    inside[k + 8] = mm_not(flat) & (mm_max(mm_abs(a), mm_abs(b)) < V(1.0));
    point[k + 8] = mm_vec(corner.x, corner.y, f->at.z + a * f->u.z + b * f->v.z);
  }
}

/* Points within reach, the first of those that are one; point by point each takes the next free slot. */
MM_FN void mm_collide_faces(mm_env e, int pair, const mm_boxes *b, mm_touch edge, mm_shape s1, mm_shape s2) {
  mm_facing f = mm_facing_make(b, s1, s2);
  mm_v3 point[MM_BOX_POINTS], slot[8];
  mm_m inside[MM_BOX_POINTS];
  mm_v count = V(0.0), same = (mm_v)(MM_BOX_SAME) * (f.half_x * f.half_x + f.half_y * f.half_y);
  mm_m face = mm_not(b->is_edge) & mm_not(b->apart);
  mm_v3 normal = mm_mul3(f.up, mm_select(b->is_second, V(-1.0), V(1.0)));
  mm_cut_face(&f, point, inside);
  for (int q = 0; q < 8; q++) slot[q] = point[0];
  for (int k = 0; k < MM_BOX_POINTS; k++) {
    mm_m good = inside[k] & (point[k].z <= (mm_v)(M(collide_reach)[pair]));
    for (int q = 0; q < k; q++) {
      mm_v dx = point[q].x - point[k].x, dy = point[q].y - point[k].y;
      good = good & mm_not(inside[q] & (dx * dx + dy * dy < same));
    }
    inside[k] = good;
    for (int q = 0; q < 8; q++) slot[q] = mm_select3(good & (count == (mm_v)((scalar)q)), point[k], slot[q]);
    count += mm_select(good, V(1.0), V(0.0));
  }
  for (int q = 0; q < 8; q++) {
    mm_touch t;
    t.on = face & ((mm_v)((scalar)q) < count);
    t.dist = slot[q].z;
    t.normal = normal;
    t.pos = mm_mad3(mm_mad3(mm_mad3(f.center, f.x, slot[q].x), f.y, slot[q].y), f.up, f.half_z + V(0.5) * t.dist);
    if (q == 0) {
      t.on = t.on | edge.on;
      t.dist = mm_select(edge.on, edge.dist, t.dist);
      t.pos = mm_select3(edge.on, edge.pos, t.pos);
      t.normal = mm_select3(edge.on, edge.normal, t.normal);
    }
    mm_contact_put(e, pair, q, t);
  }
}

MM_FN void mm_collide_boxes(mm_env e, int pair, mm_shape s1, mm_shape s2) {
  mm_boxes b = mm_boxes_make(s1, s2, M(collide_reach)[pair]);
  mm_boxes_faces(&b);
  if (!mm_any(mm_not(b.apart))) {
    mm_contact_none(e, pair);
    return;
  }
  mm_boxes_edges(&b);
  mm_boxes_prefer_face(&b);
  mm_collide_faces(e, pair, &b, mm_touch_edges(&b, s1), s1, s2);
}

MM_FN void mm_collide_box(mm_env e, int pair, int geom1, int geom2) {
  mm_shape s1 = mm_geom_shape(e, geom1), s2 = mm_geom_shape(e, geom2);
  switch (M(geom_type)[geom1]) {
    case MM_GEOM_SPHERE:
      s1.pos = mm_mat_mul_t(s2.mat, mm_sub3(s1.pos, s2.pos));
      mm_contact_put(e, pair, 0, mm_touch_sphere_box(s1.pos, (mm_v)(s1.a), s2));
      break;
    case MM_GEOM_CAPSULE: mm_collide_capsule_box(e, pair, s1, s2); break;
    default: mm_collide_boxes(e, pair, s1, s2); break;
  }
}
