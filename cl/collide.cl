/* >>collide: every candidate pair of geoms to its contact slots (MuJoCo: mj_collision)

   The pairs and the slots of each are known since the model was compiled. A pair whose bounding spheres are apart
   in the whole tile is done with one test; there is no other broad phase, and no list that could overflow. */

/* bounding spheres within reach of each other? */
MM_FN mm_m mm_collide_near(mm_env e, int pair, int geom1, int geom2) {
  mm_v3 apart = mm_sub3(mm_geom_pos(e, geom2), mm_geom_pos(e, geom1));
  scalar bound = M(collide_bound)[pair];
  return mm_dot3(apart, apart) <= (mm_v)(bound * bound);
}

MM_FN void mm_collide_plane_pair(mm_env e, int pair) {
  int plane = M(collide_geom)[2 * pair], geom = M(collide_geom)[2 * pair + 1];
  mm_m33 body = mm_load33(D(xmat), M(geom_bodyid)[plane]);
  mm_v3 origin = mm_geom_pos(e, plane), normal = mm_geom_axis(e, body, plane, 2);
  mm_m near_plane = mm_dot3(normal, mm_sub3(mm_geom_pos(e, geom), origin)) <= (mm_v)(M(collide_bound)[pair]);
  if (mm_any(near_plane)) mm_collide_plane(e, pair, origin, normal, geom);
  else mm_contact_none(e, pair);
}

MM_FN void mm_collide_pair(mm_env e, int pair, int family) {
  int geom1 = M(collide_geom)[2 * pair], geom2 = M(collide_geom)[2 * pair + 1];
  if (!mm_any(mm_collide_near(e, pair, geom1, geom2))) mm_contact_none(e, pair);
  else if (family == 0) mm_collide_round(e, pair, geom1, geom2);
  else if (family == 1) mm_collide_box(e, pair, geom1, geom2);
  else mm_collide_convex(e, pair, geom1, geom2);
}

MM_FN void mm_collide(mm_env e) {
  int first_round = N(ncollideplane), first_box = first_round + N(ncollideround);
  int first_convex = first_box + N(ncollidebox);
  if (N(ncollideplane) > 0) MM_FOR(i, 0, first_round) mm_collide_plane_pair(e, i);
  if (N(ncollideround) > 0) MM_FOR(i, first_round, first_box) mm_collide_pair(e, i, 0);
  if (N(ncollidebox) > 0) MM_FOR(i, first_box, first_convex) mm_collide_pair(e, i, 1);
  if (N(ncollideconvex) > 0) MM_FOR(i, first_convex, N(ncollide)) mm_collide_pair(e, i, 2);
  MM_BARRIER;
}
