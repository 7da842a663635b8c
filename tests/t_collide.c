/* >>t-collide: contacts of every pair of primitive shapes where a closed form or a bound tells them, and the plan of pairs
   Distances, places and normals of many poses are compared with MuJoCo in tests/oracle. */
#define MUSCLEMIMIC_PRIVATE
#include "support.h"

#define MOST 16

/* what was found, in the order of the slots */
typedef struct found {
  int count, acting;
  double dist[MOST], pos[MOST][3], frame[MOST][9];
} found;

static void look(const mm_model *model, found *f) {
  static const mm_field keep[3] = {MM_CONTACT_DIST, MM_CONTACT_POS, MM_CONTACT_FRAME};
  mm_sim_def def;
  mm_sim *sim = NULL;
  double *dist = (double *)malloc(sizeof(double) * (size_t)(model->nconmax * 13 + 1));
  double *pos = dist + model->nconmax, *frame = dist + 4 * model->nconmax;
  memset(&def, 0, sizeof def);
  def.keep = keep;
  def.keep_count = 3;
  if (mm_sim_create(ctx, model, &def, &sim) || mm_sim_forward(sim) || mm_sim_get(sim, MM_CONTACT_DIST, dist) ||
      mm_sim_get(sim, MM_CONTACT_POS, pos) || mm_sim_get(sim, MM_CONTACT_FRAME, frame))
    fail_msg("%s", mm_error(ctx));
  memset(f, 0, sizeof *f);
  for (int i = 0; i < model->nconmax; i++) {
    if (dist[i] > 1e9) continue;
    assert_true(f->count < MOST);
    f->dist[f->count] = dist[i];
    memcpy(f->pos[f->count], pos + 3 * i, 3 * sizeof(double));
    memcpy(f->frame[f->count], frame + 9 * i, 9 * sizeof(double));
    f->count++;
    f->acting += dist[i] < model->collide_margin[model->contact_collide[i]];
  }
  mm_sim_destroy(sim);
  free(dist);
}

/* a fixed geom and one of a free body, which stands at pos with an orientation, both written as attributes */
static mm_model *pair_of(const char *fixed, const char *moving, const char *place) {
  char text[2048];
  snprintf(text, sizeof text, "<mujoco><compiler angle='degree'/><worldbody><geom %s/><body %s><freejoint/>"
           "<geom mass='1' %s/></body></worldbody></mujoco>", fixed, place, moving);
  return model_of(text);
}

static found touch(const char *fixed, const char *moving, const char *place) {
  found f;
  mm_model *model = pair_of(fixed, moving, place);
  look(model, &f);
  mm_model_destroy(model);
  return f;
}

static void is_close(double a, double b) {
  if (!(fabs(a - b) <= 1e-9)) fail_msg("%.17g instead of %.17g", a, b);
}

static void near_to3(const double *a, double x, double y, double z) {
  if (!(fabs(a[0] - x) <= 1e-9 && fabs(a[1] - y) <= 1e-9 && fabs(a[2] - z) <= 1e-9))
    fail_msg("(%.12g %.12g %.12g) instead of (%.12g %.12g %.12g)", a[0], a[1], a[2], x, y, z);
}

/* all contacts have this depth and normal, and there are so many of them */
static void all_are(const found *f, int count, double dist, double x, double y, double z) {
  if (f->count != count) fail_msg("%d contacts instead of %d", f->count, count);
  for (int i = 0; i < count; i++) {
    is_close(f->dist[i], dist);
    near_to3(f->frame[i], x, y, z);
  }
}

/* one contact is at this place */
static void one_at(const found *f, double x, double y, double z) {
  for (int i = 0; i < f->count; i++)
    if (fabs(f->pos[i][0] - x) < 1e-9 && fabs(f->pos[i][1] - y) < 1e-9 && fabs(f->pos[i][2] - z) < 1e-9) return;
  fail_msg("no contact at (%g %g %g); the first is at (%.12g %.12g %.12g)", x, y, z, f->pos[0][0], f->pos[0][1], f->pos[0][2]);
}

#define PLANE "type='plane' size='1 1 1'"
#define SPHERE "type='sphere' size='.1'"
#define CAPSULE "type='capsule' size='.1 .2'"
#define ELLIPSOID "type='ellipsoid' size='.1 .2 .3'"
#define CYLINDER "type='cylinder' size='.1 .2'"
#define BOX "type='box' size='.1 .2 .3'"

/* ---- planes ---- */

static void t_collide_plane_sphere(void **state) {
  found f = touch(PLANE, SPHERE, "pos='1 2 .08'");
  (void)state;
  all_are(&f, 1, -0.02, 0, 0, 1);
  one_at(&f, 1, 2, -0.01);
  near_to3(f.frame[0] + 3, 0, 1, 0);
  near_to3(f.frame[0] + 6, -1, 0, 0);
  f = touch(PLANE, SPHERE, "pos='1 2 .11'");
  assert_int_equal(f.count, 0);
}

static void t_collide_plane_capsule_lying_touches_twice_along_its_axis(void **state) {
  found f = touch(PLANE, CAPSULE, "pos='0 0 .09' euler='0 90 0'");
  (void)state;
  all_are(&f, 2, -0.01, 0, 0, 1);
  one_at(&f, 0.2, 0, -0.005);
  one_at(&f, -0.2, 0, -0.005);
  near_to3(f.frame[0] + 3, 1, 0, 0);
  f = touch(PLANE, CAPSULE, "pos='0 0 .29'");
  all_are(&f, 1, -0.01, 0, 0, 1);
}

static void t_collide_plane_ellipsoid_support(void **state) {
  const double reach = sqrt(0.75 * 0.2 * 0.2 + 0.25 * 0.3 * 0.3); /* tilted by 60 degrees about x */
  found f = touch(PLANE, ELLIPSOID, "pos='0 0 .2' euler='60 0 0'");
  (void)state;
  all_are(&f, 1, 0.2 - reach, 0, 0, 1);
}

static void t_collide_plane_cylinder_stands_on_three_and_lies_on_two(void **state) {
  found f = touch(PLANE, CYLINDER, "pos='0 0 .19'");
  (void)state;
  all_are(&f, 3, -0.01, 0, 0, 1);
  one_at(&f, 0.1, 0, -0.005);
  one_at(&f, -0.05, 0.1 * sqrt(0.75), -0.005);
  one_at(&f, -0.05, -0.1 * sqrt(0.75), -0.005);
  f = touch(PLANE, CYLINDER, "pos='0 0 .09' euler='0 90 0'");
  all_are(&f, 2, -0.01, 0, 0, 1);
  one_at(&f, 0.2, 0, -0.005);
  one_at(&f, -0.2, 0, -0.005);
}

static void t_collide_plane_box_stands_on_four_corners(void **state) {
  found f = touch(PLANE, BOX, "pos='0 0 .29'");
  (void)state;
  all_are(&f, 4, -0.01, 0, 0, 1);
  one_at(&f, 0.1, 0.2, -0.005);
  one_at(&f, -0.1, -0.2, -0.005);
  f = touch(PLANE, BOX, "pos='0 0 .2' euler='0 45 0'");
  all_are(&f, 2, 0.2 - 0.4 / sqrt(2.0), 0, 0, 1);
}

static void t_collide_plane_is_where_it_is_turned_to(void **state) {
  found f = touch("type='plane' size='1 1 1' pos='.5 0 0' euler='0 90 0'", SPHERE, "pos='.58 3 4'");
  (void)state;
  all_are(&f, 1, -0.02, 1, 0, 0);
  one_at(&f, 0.49, 3, 4);
}

/* ---- spheres and capsules ---- */

static void t_collide_sphere_sphere(void **state) {
  found f = touch(SPHERE, SPHERE, "pos='0 .12 .09'");
  (void)state;
  all_are(&f, 1, -0.05, 0, 0.8, 0.6);
  one_at(&f, 0, 0.06, 0.045);
  near_to3(f.frame[0] + 3, 0, -0.6, 0.8);
  f = touch(SPHERE, SPHERE, "");
  all_are(&f, 1, -0.2, 1, 0, 0);
}

static void t_collide_sphere_capsule_side_and_end(void **state) {
  found f = touch(SPHERE, CAPSULE, "pos='.15 0 .1'");
  (void)state;
  all_are(&f, 1, -0.05, 1, 0, 0);
  f = touch(SPHERE, CAPSULE, "pos='0 0 .39'");
  all_are(&f, 1, -0.01, 0, 0, 1);
}

static void t_collide_sphere_cylinder_side_cap_rim_inside(void **state) {
  found f = touch(SPHERE, CYLINDER, "pos='.19 0 .1'");
  (void)state;
  all_are(&f, 1, -0.01, 1, 0, 0);
  f = touch(SPHERE, CYLINDER, "pos='.05 0 .29'");
  all_are(&f, 1, -0.01, 0, 0, 1);
  f = touch(SPHERE, CYLINDER, "pos='.14 0 .23'"); /* the rim is .04 and .03 away */
  all_are(&f, 1, -0.05, 0.8, 0, 0.6);
  f = touch(SPHERE, CYLINDER, "pos='.02 0 .15'"); /* .05 under the cap, .08 under the side */
  all_are(&f, 1, -0.15, 0, 0, 1);
  f = touch(SPHERE, CYLINDER, "pos='.09 0 .15'");
  all_are(&f, 1, -0.11, 1, 0, 0);
}

static void t_collide_capsules_cross_end_and_lie_side_by_side(void **state) {
  found f = touch(CAPSULE, CAPSULE, "pos='.05 .19 .1' euler='0 90 0'");
  (void)state;
  all_are(&f, 1, -0.01, 0, 1, 0);
  one_at(&f, 0, 0.095, 0.1);
  f = touch(CAPSULE, CAPSULE, "pos='0 0 .59'");
  all_are(&f, 2, -0.01, 0, 0, 1); /* parallel: the near ends twice, as MuJoCo has it */
  f = touch(CAPSULE, CAPSULE, "pos='0 .19 .1'");
  all_are(&f, 2, -0.01, 0, 1, 0);
  one_at(&f, 0, 0.095, 0.2);
  one_at(&f, 0, 0.095, -0.1);
}

/* ---- boxes ---- */

static void t_collide_sphere_box_face_edge_corner_inside(void **state) {
  found f = touch(SPHERE, BOX, "pos='0 0 .39'");
  (void)state;
  all_are(&f, 1, -0.01, 0, 0, 1);
  f = touch(SPHERE, BOX, "pos='.13 .24 0'");
  all_are(&f, 1, -0.05, 0.6, 0.8, 0);
  f = touch(SPHERE, BOX, "pos='.12 .23 .36'");
  all_are(&f, 1, -0.03, 2.0 / 7, 3.0 / 7, 6.0 / 7);
  f = touch(SPHERE, BOX, "pos='.07 0 0'"); /* .03 under the face */
  all_are(&f, 1, -0.13, 1, 0, 0);
  one_at(&f, 0.035, 0, 0);
}

static void t_collide_capsule_box_lies_stands_and_leans_on_an_edge(void **state) {
  found f = touch(CAPSULE, "type='box' size='1 1 .1'", "pos='.3 .2 -.39'");
  (void)state;
  all_are(&f, 1, -0.01, 0, 0, -1);
  f = touch("type='capsule' size='.1 .2' euler='90 0 0'", "type='box' size='1 1 .1'", "pos='0 0 -.19'");
  all_are(&f, 2, -0.01, 0, 0, -1);
  one_at(&f, 0, 0.2, -0.095);
  one_at(&f, 0, -0.2, -0.095);
  f = touch("type='capsule' size='.1 .5' euler='90 0 0'", "type='box' size='.1 .1 .1'", "pos='0 0 -.19' euler='45 0 0'");
  assert_int_equal(f.count, 1);
  is_close(f.dist[0], 0.19 - 0.1 - 0.1 * sqrt(2.0));
}

static void t_collide_boxes_stacked_have_the_corners_of_the_overlap(void **state) {
  found f = touch("type='box' size='.2 .2 .1'", "type='box' size='.1 .1 .1'", "pos='.05 0 .19'");
  (void)state;
  all_are(&f, 4, -0.01, 0, 0, 1);
  one_at(&f, 0.15, 0.1, 0.095);
  one_at(&f, -0.05, -0.1, 0.095);
  f = touch("type='box' size='.1 .1 .1'", "type='box' size='.1 .1 .1'", "pos='.15 0 .19'");
  all_are(&f, 4, -0.01, 0, 0, 1);
  one_at(&f, 0.05, 0.1, 0.095);
  one_at(&f, 0.1, -0.1, 0.095);
  f = touch("type='box' size='.1 .1 .1'", "type='box' size='.1 .1 .1'", "pos='0 0 .19' euler='0 0 45'");
  all_are(&f, 8, -0.01, 0, 0, 1);
  one_at(&f, 0.1, 0.1 * (sqrt(2.0) - 1), 0.095);
}

static void t_collide_boxes_meet_edge_to_edge_in_a_point(void **state) {
  const double height = 0.2 * sqrt(2.0) - 0.01; /* two edges, crossing, one above the other */
  char place[96];
  found f;
  (void)state;
  snprintf(place, sizeof place, "pos='0 0 %.17g' euler='0 45 0'", height);
  f = touch("type='box' size='.1 .1 .1' euler='45 0 0'", "type='box' size='.1 .1 .1'", place);
  all_are(&f, 1, -0.01, 0, 0, 1);
  one_at(&f, 0, 0, 0.1 * sqrt(2.0) - 0.005);
}

/* ---- the general method ---- */

static void t_collide_ellipsoids_on_their_axes(void **state) {
  found f = touch(ELLIPSOID, ELLIPSOID, "pos='0 0 .59'");
  (void)state;
  all_are(&f, 1, -0.01, 0, 0, 1);
  one_at(&f, 0, 0, 0.295);
  f = touch(ELLIPSOID, ELLIPSOID, "pos='.29 0 0' euler='0 0 90'");
  all_are(&f, 1, -0.01, 1, 0, 0);
  f = touch(SPHERE, "type='ellipsoid' size='.1 .1 .1'", "pos='0 .12 .09' euler='20 30 40'");
  all_are(&f, 1, -0.05, 0, 0.8, 0.6);
}

static void t_collide_capsule_ellipsoid_side_and_end(void **state) {
  found f = touch(CAPSULE, ELLIPSOID, "pos='.19 0 .15'");
  (void)state;
  all_are(&f, 1, -0.01, 1, 0, 0);
  one_at(&f, 0.095, 0, 0.15);
  f = touch(CAPSULE, ELLIPSOID, "pos='0 0 .59'");
  all_are(&f, 1, -0.01, 0, 0, 1);
}

static void t_collide_cylinders_cross_and_stand_on_each_other(void **state) {
  found f = touch(CYLINDER, CYLINDER, "pos='.05 .19 .1' euler='0 90 0'");
  (void)state;
  assert_true(f.count >= 1);
  is_close(f.dist[0], -0.01);
  near_to3(f.frame[0], 0, 1, 0);
  near_to3(f.pos[0], 0, 0.095, 0.1);
  f = touch(CYLINDER, CYLINDER, "pos='0 0 .39'");
  assert_int_equal(f.count, 5);
  for (int i = 0; i < 5; i++) is_close(f.dist[i], -0.01);
  near_to3(f.frame[0], 0, 0, 1);
}

static void t_collide_multiccd_off_finds_one_point(void **state) {
  mm_model *model = model_of("<mujoco><option><flag multiccd='disable'/></option><worldbody><geom type='cylinder' size='.1 .2'/>"
                             "<body pos='0 0 .39'><freejoint/><geom type='cylinder' size='.1 .2'/></body></worldbody></mujoco>");
  found f;
  (void)state;
  look(model, &f);
  assert_int_equal(f.count, 1);
  mm_model_destroy(model);
}

/* how far a shape with its centre in the origin reaches along the unit vector n */
static double reach_along(const mm_model *m, int geom, const double *turn, const double *n) {
  const double *s = m->geom_size + 3 * geom;
  const double x = turn[0] * n[0] + turn[3] * n[1] + turn[6] * n[2], y = turn[1] * n[0] + turn[4] * n[1] + turn[7] * n[2];
  const double z = turn[2] * n[0] + turn[5] * n[1] + turn[8] * n[2];
  switch (m->geom_type[geom]) {
    case MM_GEOM_SPHERE: return s[0];
    case MM_GEOM_CAPSULE: return s[0] + s[1] * fabs(z);
    case MM_GEOM_CYLINDER: return s[0] * sqrt(x * x + y * y) + s[1] * fabs(z);
    case MM_GEOM_ELLIPSOID: return sqrt(s[0] * s[0] * x * x + s[1] * s[1] * y * y + s[2] * s[2] * z * z);
    default: return s[0] * fabs(x) + s[1] * fabs(y) + s[2] * fabs(z);
  }
}

static void turn_of(const double *q, double *r) { mm__contact_axes(q, r); }

static double random_of(uint64_t *seed) {
  *seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
  return (double)(*seed >> 11) / 9007199254740992.0 * 2 - 1;
}

/* the separation along n of geoms 0 and 1 */
static double apart_along(const mm_model *m, const double *qpos, const double *n) {
  double turn1[9], turn2[9];
  turn_of(m->geom_quat, turn1);
  turn_of(qpos + 3, turn2);
  return n[0] * qpos[0] + n[1] * qpos[1] + n[2] * qpos[2] - reach_along(m, 0, turn1, n) - reach_along(m, 1, turn2, n);
}

/* For two geoms in the order of their types: the distance along no direction is more than the distance found, along the normal it is just that: over many poses
   near and deep, so that every kind of feature meets every other. */
static void check_pair(const char *shape1, const char *shape2, int poses, uint64_t seed) {
  mm_field keep[2] = {MM_CONTACT_DIST, MM_CONTACT_FRAME};
  char text[1024];
  mm_sim_def def;
  mm_sim *sim = NULL;
  mm_model *m;
  double *qpos, *dist, *frame;
  snprintf(text, sizeof text, "<mujoco><worldbody><geom %s margin='5'/><body><freejoint/><geom %s/></body></worldbody></mujoco>",
           shape1, shape2);
  m = model_of(text);
  assert_int_equal(m->ncollide, 1);
  qpos = (double *)malloc(sizeof(double) * (size_t)(poses * (7 + 10 * m->nconmax)));
  dist = qpos + 7 * poses;
  frame = dist + poses * m->nconmax;
  for (int i = 0; i < poses; i++) {
    double *q = qpos + 7 * i, length = 0;
    for (int k = 0; k < 7; k++) q[k] = random_of(&seed) * (k < 3 ? (i % 3 ? 0.4 : 0.05) : 1);
    for (int k = 3; k < 7; k++) length += q[k] * q[k];
    for (int k = 3; k < 7; k++) q[k] /= sqrt(length);
  }
  memset(&def, 0, sizeof def);
  def.environments = poses;
  def.keep = keep;
  def.keep_count = 2;
  if (mm_sim_create(ctx, m, &def, &sim) || mm_sim_set(sim, MM_QPOS, qpos) || mm_sim_forward(sim) ||
      mm_sim_get(sim, MM_CONTACT_DIST, dist) || mm_sim_get(sim, MM_CONTACT_FRAME, frame))
    fail_msg("%s", mm_error(ctx));
  for (int i = 0; i < poses; i++) {
    const double found_dist = dist[i * m->nconmax], *normal = frame + 9 * i * m->nconmax;
    if (fabs(apart_along(m, qpos + 7 * i, normal) - found_dist) > 1e-9)
      fail_msg("%s / %s, pose %d: along the normal %.12g, found %.12g", shape1, shape2, i,
               apart_along(m, qpos + 7 * i, normal), found_dist);
    for (int k = 0; k < 2000; k++) {
      double n[3], length;
      for (int j = 0; j < 3; j++) n[j] = random_of(&seed) * (k & 1 ? 0.1 : 1) + (k & 1 ? normal[j] : 0);
      length = sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]) + 1e-30;
      for (int j = 0; j < 3; j++) n[j] /= length;
      if (apart_along(m, qpos + 7 * i, n) > found_dist + 1e-9)
        fail_msg("%s / %s, pose %d: %.12g along (%g %g %g), found %.12g along (%g %g %g)", shape1, shape2, i,
                 apart_along(m, qpos + 7 * i, n), n[0], n[1], n[2], found_dist, normal[0], normal[1], normal[2]);
    }
  }
  mm_sim_destroy(sim);
  mm_model_destroy(m);
  free(qpos);
}

static void t_collide_convex_distance_is_the_largest_separation(void **state) {
  static const char *const shapes[5] = {SPHERE, CAPSULE, ELLIPSOID, CYLINDER, BOX};
  (void)state;
  for (int i = 0; i < 5; i++)
    for (int j = i; j < 5; j++) {
      const int general = (i == 2 || j == 2 || i == 3 || j == 3) && !(i == 0 && j == 3);
      if (general) check_pair(shapes[i], shapes[j], 120, (uint64_t)(10 * i + j));
    }
}

static void t_collide_convex_thin_shapes(void **state) {
  (void)state;
  check_pair("type='ellipsoid' size='.3 .2 .01'", "type='ellipsoid' size='.02 .02 .3'", 120, 1);
  check_pair("type='cylinder' size='.3 .01'", "type='cylinder' size='.01 .3'", 120, 2);
  check_pair("type='ellipsoid' size='.3 .05 .02'", "type='box' size='.3 .2 .01'", 120, 3);
  check_pair("type='capsule' size='.01 .3'", "type='cylinder' size='.2 .005'", 120, 4);
}

/* ---- reach ---- */

static void t_collide_margin_acts_and_gap_waits(void **state) {
  found f = touch(SPHERE " margin='.01' gap='.02'", SPHERE " margin='.02' gap='.01'", "pos='.225 0 0'");
  (void)state;
  assert_int_equal(f.count, 1);
  assert_int_equal(f.acting, 1);
  f = touch(SPHERE " margin='.01' gap='.02'", SPHERE " margin='.02' gap='.01'", "pos='.255 0 0'");
  assert_int_equal(f.count, 1);
  assert_int_equal(f.acting, 0);
  f = touch(SPHERE " margin='.01' gap='.02'", SPHERE " margin='.02' gap='.01'", "pos='.265 0 0'");
  assert_int_equal(f.count, 0);
}

/* ---- the plan ---- */

static int pairs_of(const char *text) {
  mm_model *model = model_of(text);
  const int count = model->ncollide;
  mm_model_destroy(model);
  return count;
}

#define CHAIN(option, geom2, contact)                                                                              \
  "<mujoco>" option "<worldbody><geom name='floor' type='plane' size='1 1 1'/>"                                    \
  "<body name='a'><freejoint/><geom name='ga' size='.1'/>"                                                         \
  "<body name='w' pos='.1 0 0'><geom name='gw' size='.1'/></body>"                                                 \
  "<body name='b' pos='.3 0 0'><joint axis='0 1 0'/><geom name='gb' size='.1' " geom2 "/>"                         \
  "<body name='c' pos='.3 0 0'><joint axis='0 1 0'/><geom name='gc' size='.1'/></body></body></body></worldbody>"  \
  contact "</mujoco>"

static void t_collide_plan_filters(void **state) {
  (void)state;
  /* the floor with four; a-c and w-c; not a-w (one body), a-b, w-b, b-c (parent and child) */
  assert_int_equal(pairs_of(CHAIN("", "", "")), 6);
  assert_int_equal(pairs_of(CHAIN("<option><flag filterparent='disable'/></option>", "", "")), 9);
  assert_int_equal(pairs_of(CHAIN("", "", "<contact><exclude body1='a' body2='c'/></contact>")), 5);
  assert_int_equal(pairs_of(CHAIN("", "contype='0' conaffinity='0'", "")), 5);
  assert_int_equal(pairs_of(CHAIN("", "contype='2' conaffinity='2'", "")), 5);
  assert_int_equal(pairs_of(CHAIN("", "contype='0'", "")), 6);
  assert_int_equal(pairs_of(CHAIN("<option><flag contact='disable'/></option>", "", "")), 0);
  assert_int_equal(pairs_of(CHAIN("<option><flag constraint='disable'/></option>", "", "")), 0);
}

static void t_collide_plan_explicit_pairs(void **state) {
  (void)state;
  /* one more, past all filters; one that exists already, once */
  assert_int_equal(pairs_of(CHAIN("", "", "<contact><pair geom1='ga' geom2='gb'/></contact>")), 7);
  assert_int_equal(pairs_of(CHAIN("", "", "<contact><pair geom1='gc' geom2='ga'/></contact>")), 6);
  assert_int_equal(pairs_of(CHAIN("", "", "<contact><pair geom1='gc' geom2='ga'/><exclude body1='a' body2='c'/></contact>")), 6);
}

static void t_collide_plan_nothing_static_meets(void **state) {
  (void)state;
  assert_int_equal(pairs_of("<mujoco><worldbody><geom type='plane' size='1 1 1'/><geom size='.1'/><body><geom size='.1'/></body>"
                            "<body mocap='true'><geom size='.1'/></body></worldbody></mujoco>"), 0);
}

static void t_collide_plan_combines_parameters(void **state) {
  mm_model *m = model_of(
    "<mujoco><worldbody>"
    "<geom name='a' type='sphere' size='.1' condim='3' friction='.5 .02 .003' solmix='1' solref='.02 1' solimp='.8 .9 .01 .5 2'/>"
    "<geom name='p' type='plane' size='1 1 1' priority='1' condim='1' friction='.3 .01 .001' solref='.04 1'/>"
    "<body><freejoint/><geom name='b' type='sphere' size='.1' condim='4' friction='.7 .01 .004' solmix='3' solref='.06 2'"
    " solimp='.4 .5 .03 .1 4'/></body></worldbody>"
    "<contact><pair geom1='a' geom2='b' condim='6' margin='.5' gap='.25' friction='1 2 3 4 5' solref='-1 -2'/></contact></mujoco>");
  (void)state;
  assert_int_equal(m->ncollide, 2);
  assert_int_equal(m->collide_dim[0], 1); /* the plane rules */
  is_close(m->collide_friction[0], 0.3);
  is_close(m->collide_solref[0], 0.04);
  assert_int_equal(m->collide_dim[1], 6);
  is_close(m->collide_friction[5 + 4], 5);
  is_close(m->collide_solref[2], -1);
  is_close(m->collide_margin[1], 0.5);
  is_close(m->collide_reach[1], 0.75);
  assert_int_equal(m->collide_pairid[1], 0);
  mm_model_destroy(m);
  m = model_of("<mujoco><worldbody>"
               "<geom type='sphere' size='.1' friction='.5 .02 .003' solmix='1' solref='.02 1' solimp='.8 .9 .01 .5 2'/>"
               "<body><freejoint/><geom type='sphere' size='.1' condim='4' friction='.7 .01 .004' solmix='3' solref='.06 2'"
               " solimp='.4 .5 .03 .1 4' margin='.1' gap='.2'/></body></worldbody></mujoco>");
  assert_int_equal(m->collide_dim[0], 4);
  is_close(m->collide_friction[0], 0.7);
  is_close(m->collide_friction[2], 0.02);
  is_close(m->collide_friction[3], 0.004);
  is_close(m->collide_solref[0], 0.05);
  is_close(m->collide_solref[1], 1.75);
  is_close(m->collide_solimp[0], 0.5);
  is_close(m->collide_margin[0], 0.1);
  is_close(m->collide_reach[0], 0.3);
  is_close(m->collide_bound[0], 0.5);
  mm_model_destroy(m);
}

static void t_collide_plan_slots_are_in_order_of_bodies(void **state) {
  mm_model *m = model_of(CHAIN("", "", ""));
  (void)state;
  for (int i = 0; i < m->nconmax; i++) {
    const int pair = m->contact_collide[i];
    assert_true(i >= m->collide_slotadr[pair] && i < m->collide_slotadr[pair] + m->collide_slotnum[pair]);
    if (i > 0) {
      const int *now = m->collide_geom + 2 * pair, *before = m->collide_geom + 2 * m->contact_collide[i - 1];
      assert_true(m->geom_bodyid[before[0]] <= m->geom_bodyid[now[0]]);
    }
  }
  mm_model_destroy(m);
}

static void t_collide_plan_refuses_meshes_that_can_collide(void **state) {
  mm_model *model = NULL;
  static const char *const text =
    "<mujoco><asset><mesh name='rock' vertex='0 0 0 1 0 0 0 1 0 0 0 1' face='0 2 1 0 1 3 0 3 2 1 2 3'/></asset><worldbody>"
    "<geom name='ground' type='plane' size='1 1 1'/><body><freejoint/>"
    "<geom name='stone' type='mesh' mesh='rock'/></body></worldbody></mujoco>";
  (void)state;
  fails(mm_model_load(ctx, write_text("model.xml", text), &model), MM_E_UNSUPPORTED, "stone");
  assert_non_null(strstr(mm_error(ctx), "ground"));
  assert_null(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_collide_plane_sphere),
    cmocka_unit_test(t_collide_plane_capsule_lying_touches_twice_along_its_axis),
    cmocka_unit_test(t_collide_plane_ellipsoid_support),
    cmocka_unit_test(t_collide_plane_cylinder_stands_on_three_and_lies_on_two),
    cmocka_unit_test(t_collide_plane_box_stands_on_four_corners),
    cmocka_unit_test(t_collide_plane_is_where_it_is_turned_to),
    cmocka_unit_test(t_collide_sphere_sphere),
    cmocka_unit_test(t_collide_sphere_capsule_side_and_end),
    cmocka_unit_test(t_collide_sphere_cylinder_side_cap_rim_inside),
    cmocka_unit_test(t_collide_capsules_cross_end_and_lie_side_by_side),
    cmocka_unit_test(t_collide_sphere_box_face_edge_corner_inside),
    cmocka_unit_test(t_collide_capsule_box_lies_stands_and_leans_on_an_edge),
    cmocka_unit_test(t_collide_boxes_stacked_have_the_corners_of_the_overlap),
    cmocka_unit_test(t_collide_boxes_meet_edge_to_edge_in_a_point),
    cmocka_unit_test(t_collide_ellipsoids_on_their_axes),
    cmocka_unit_test(t_collide_capsule_ellipsoid_side_and_end),
    cmocka_unit_test(t_collide_cylinders_cross_and_stand_on_each_other),
    cmocka_unit_test(t_collide_multiccd_off_finds_one_point),
    cmocka_unit_test(t_collide_convex_distance_is_the_largest_separation),
    cmocka_unit_test(t_collide_convex_thin_shapes),
    cmocka_unit_test(t_collide_margin_acts_and_gap_waits),
    cmocka_unit_test(t_collide_plan_filters),
    cmocka_unit_test(t_collide_plan_explicit_pairs),
    cmocka_unit_test(t_collide_plan_nothing_static_meets),
    cmocka_unit_test(t_collide_plan_combines_parameters),
    cmocka_unit_test(t_collide_plan_slots_are_in_order_of_bodies),
    cmocka_unit_test(t_collide_plan_refuses_meshes_that_can_collide),
  };
  return cmocka_run_group_tests(tests, make_native, remove_folder);
}
