/* >>t-tendon: paths of tendons against lengths that geometry gives, and forces against the work they do */
#include "simulation.h"

#define PI 3.14159265358979323846

/* worldbody and tendons of a model, simulated in double (0) or float (1); without contacts, gravity and limits */
static void begins(int single, int environments, const char *world, const char *tendons, const char *actuators) {
  static const mm_field keep[] = {MM_TEN_LENGTH, MM_TEN_VELOCITY, MM_TEN_J, MM_QFRC_ACTUATOR, MM_ACTUATOR_FORCE, MM_ACTUATOR_VELOCITY};
  precision = single;
  simulate(environments, keep, 6, "<mujoco><option gravity='0 0 0'><flag contact='disable'/></option><worldbody>%s</worldbody>"
           "<tendon>%s</tendon><actuator>%s</actuator></mujoco>", world, tendons, actuators);
}

static void close_to(double value, double expected, double tolerance) { all_near(&value, &expected, 1, tolerance); }

static double first_length(void) {
  double length[64];
  forward(MM_TEN_LENGTH, length);
  return length[0];
}

/* length of one tendon of a world in which body m can move; the same in float */
static void has_length(const char *world, const char *tendon, double expected) {
  for (int single = 0; single < 2; single++) {
    begins(single, 1, world, tendon, "");
    close_to(first_length(), expected, single ? 2e-7 : 1e-13);
    ends();
  }
}

#define SLIDER(at, more) "<body name='m' pos='" at "'><joint type='slide' axis='1 0 0'/><geom size='.01' mass='1'/><site name='e'/>" more "</body>"
#define OVER(type, side) "<spatial><site site='a'/><geom geom='g'" side "/><site site='e'/></spatial>"

static void t_tendon_straight_has_length_rate_and_force(void **state) {
  const double position = 0.4, velocity = 2, control = -3;
  double value[4];
  (void)state;
  begins(0, 1, "<site name='a' pos='0 .3 0'/>" SLIDER("0 0 0", ""), "<spatial name='t'><site site='a'/><site site='e'/></spatial>",
         "<motor tendon='t' gear='2'/>");
  set(MM_QPOS, &position);
  set(MM_QVEL, &velocity);
  set(MM_CTRL, &control);
  close_to(first_length(), 0.5, 1e-15);
  forward(MM_TEN_VELOCITY, value);
  close_to(value[0], velocity * 0.8, 1e-14);
  forward(MM_QFRC_ACTUATOR, value);
  close_to(value[0], 2 * control * 0.8, 1e-14);
  ends();
}

static void t_tendon_sphere_blocks_the_line(void **state) {
  const double r = 0.1, d = 0.25;
  (void)state;
  has_length("<site name='a' pos='-.25 0 0'/><site name='s' pos='0 0 .2'/><geom name='g' size='.1'/>" SLIDER(".25 0 0", ""),
             OVER("sphere", " sidesite='s'"), 2 * sqrt(d * d - r * r) + r * (PI - 2 * acos(r / d)));
}

static void t_tendon_sphere_is_passed_on_the_short_way(void **state) {
  const double r = 0.1, x = 0.25, h = 0.05, d = sqrt(x * x + h * h);
  (void)state;
  has_length("<site name='a' pos='-.25 0 .05'/><geom name='g' size='.1'/>" SLIDER(".25 0 .05", ""), OVER("sphere", ""),
             2 * sqrt(d * d - r * r) + r * (2 * atan2(x, h) - 2 * acos(r / d)));
}

static void t_tendon_side_site_sends_it_round_the_far_side(void **state) {
  const double r = 0.1, x = 0.25, h = 0.15, d = sqrt(x * x + h * h);
  (void)state;
  has_length("<site name='a' pos='-.25 0 .15'/><site name='s' pos='0 0 -.2'/><geom name='g' size='.1'/>" SLIDER(".25 0 .15", ""),
             OVER("sphere", " sidesite='s'"), 2 * sqrt(d * d - r * r) + r * (2 * PI - 2 * atan2(x, h) - 2 * acos(r / d)));
}

static void t_tendon_free_line_stays_straight(void **state) {
  (void)state;
  has_length("<site name='a' pos='-.25 0 .11'/><geom name='g' size='.1'/>" SLIDER(".25 0 .11", ""), OVER("sphere", ""), 0.5);
  has_length("<site name='a' pos='-.25 0 .11'/><site name='s' pos='0 0 .2'/><geom name='g' size='.1'/>" SLIDER(".25 0 .11", ""),
             OVER("sphere", " sidesite='s'"), 0.5);
}

static void t_tendon_end_within_the_sphere_stays_straight(void **state) {
  (void)state;
  has_length("<site name='a' pos='-.05 0 0'/><site name='s' pos='0 0 .2'/><geom name='g' size='.1'/>" SLIDER(".25 0 0", ""),
             OVER("sphere", " sidesite='s'"), 0.3);
}

/* unrolled, a string round a cylinder is a straight line */
static void t_tendon_cylinder_path_is_a_helix(void **state) {
  const double r = 0.1, d = 0.25, flat = 2 * sqrt(d * d - r * r) + r * (PI - 2 * acos(r / d)), rise = 0.3;
  (void)state;
  has_length("<site name='a' pos='-.25 0 -.1'/><site name='s' pos='0 .2 0'/><geom name='g' type='cylinder' size='.1 .5'/>" SLIDER(".25 0 .2", ""),
             OVER("cylinder", " sidesite='s'"), sqrt(flat * flat + rise * rise));
}

/* mirror: the string touches where both parts meet the circle at the same angle */
static void t_tendon_inside_wrap_touches_from_within(void **state) {
  (void)state;
  has_length("<site name='a' pos='-.3 0 .4'/><site name='s' pos='0 0 .01'/><geom name='g' size='.1'/>" SLIDER(".3 0 .4", ""),
             OVER("sphere", " sidesite='s'"), 2 * sqrt(0.09 + 0.09));
  has_length("<site name='a' pos='-.3 .4 0'/><site name='s' pos='0 .01 0'/><geom name='g' type='cylinder' size='.1 .5'/>" SLIDER(".3 .4 .2", ""),
             OVER("cylinder", " sidesite='s'"), sqrt(4 * 0.18 + 0.04));
}

static void t_tendon_inside_wrap_lets_a_crossing_line_pass(void **state) {
  (void)state;
  has_length("<site name='a' pos='-.3 0 .05'/><site name='s' pos='0 0 .01'/><geom name='g' size='.1'/>" SLIDER(".3 0 .05", ""),
             OVER("sphere", " sidesite='s'"), 0.6);
}

static void t_tendon_side_site_may_be_on_another_body(void **state) {
  const double r = 0.1, d = 0.25;
  (void)state;
  has_length("<site name='a' pos='-.25 0 0'/><geom name='g' size='.1'/>" SLIDER(".25 0 0", "<site name='s' pos='-.25 0 .2'/>"),
             OVER("sphere", " sidesite='s'"), 2 * sqrt(d * d - r * r) + r * (PI - 2 * acos(r / d)));
  has_length("<site name='a' pos='-.3 0 .4'/><geom name='g' size='.1'/>" SLIDER(".3 0 .4", "<site name='s' pos='-.3 0 -.4'/>"),
             OVER("sphere", " sidesite='s'"), 2 * sqrt(0.18));
}

static void t_tendon_pulley_divides_its_branch(void **state) {
  (void)state;
  has_length("<site name='a' pos='0 0 0'/><site name='b' pos='0 .3 0'/>" SLIDER(".4 0 0", ""),
             "<spatial><site site='a'/><site site='b'/><pulley divisor='2'/><site site='a'/><site site='e'/><pulley divisor='4'/>"
             "<site site='b'/><site site='e'/></spatial>", 0.3 + 0.4 / 2 + 0.5 / 4);
}

static void t_tendon_within_one_body_is_constant(void **state) {
  const double position = 5;
  (void)state;
  begins(0, 1, SLIDER("0 0 0", "<geom name='g' size='.1' mass='1'/><site name='a' pos='-.25 0 0'/><site name='b' pos='.25 0 0'/><site name='s' pos='0 0 .2'/>"),
         "<spatial><site site='a'/><geom geom='g' sidesite='s'/><site site='b'/></spatial>", "");
  set(MM_QPOS, &position);
  close_to(first_length(), 2 * sqrt(0.0525) + 0.1 * (PI - 2 * acos(0.4)), 1e-15);
  assert_int_equal(model->nspan, 0);
  ends();
}

#define TWO_HINGES "<body name='m'><joint name='p' axis='0 1 0'/><geom size='.01' mass='1'/><body pos='.2 0 0'><joint name='q' axis='0 0 1'/>" \
                   "<geom size='.01' mass='1'/></body></body>"

static void t_tendon_fixed_is_a_weighted_sum(void **state) {
  const double position[2] = {0.3, -0.2}, velocity[2] = {1, 2}, control = 10;
  double value[2];
  (void)state;
  begins(0, 1, TWO_HINGES, "<fixed name='f'><joint joint='p' coef='2'/><joint joint='q' coef='-3'/></fixed>", "<motor tendon='f' gear='.5'/>");
  set(MM_QPOS, position);
  set(MM_QVEL, velocity);
  set(MM_CTRL, &control);
  close_to(first_length(), 2 * 0.3 + 3 * 0.2, 1e-15);
  forward(MM_TEN_VELOCITY, value);
  close_to(value[0], 2 * 1 - 3 * 2, 1e-15);
  forward(MM_QFRC_ACTUATOR, value);
  close_to(value[0], 10, 1e-13);
  close_to(value[1], -15, 1e-13);
  ends();
}

/* two free bodies, a ball joint and a hinge; strings within, across and between the trees, over each kind of geom */
static const char tangle[] =
  "<site name='w' pos='.3 .1 .6'/>"
  "<body name='f' pos='0 0 .5'><freejoint/><geom name='fg' size='.08' mass='1'/><site name='f1' pos='.1 .05 .1'/><site name='f2' pos='-.02 .01 .03'/>"
  "<body pos='.2 0 .1'><joint type='ball'/><geom name='bg' type='cylinder' size='.05 .2' mass='1' euler='20 50 10'/><site name='b1' pos='.1 0 .1'/>"
  "<site name='b2' pos='-.1 .05 -.1'/>"
  "<body pos='0 .15 .1'><joint axis='1 1 0'/><geom size='.02' mass='1'/><site name='h1' pos='.05 .05 .1'/></body></body></body>"
  "<body name='k' pos='.5 0 .6'><freejoint/><geom name='kg' size='.06' mass='1'/><site name='k1' pos='.1 .1 0'/><site name='k2' pos='0 -.02 .01'/></body>";
static const char strings[] =
  "<spatial name='t0'><site site='w'/><site site='h1'/><site site='k1'/></spatial>"
  "<spatial name='t1'><site site='f1'/><geom geom='bg' sidesite='b2'/><site site='h1'/><pulley divisor='2'/><site site='h1'/><site site='w'/></spatial>"
  "<spatial name='t2'><site site='h1'/><geom geom='kg' sidesite='k2'/><site site='f1'/></spatial>"
  "<spatial name='t3'><site site='k1'/><geom geom='fg'/><site site='b1'/><geom geom='bg' sidesite='k1'/><site site='w'/></spatial>"
  "<spatial name='t4'><site site='b2'/><geom geom='fg' sidesite='f2'/><site site='k1'/></spatial>"
  "<spatial name='t5'><site site='w'/><geom geom='kg' sidesite='k1'/><site site='b1'/></spatial>";
#define TANGLED 6

/* pseudo-random numbers of a linear congruence, -1 to 1 */
static double noise(unsigned *seed) {
  *seed = *seed * 1664525u + 1013904223u;
  return (double)(*seed >> 8) / 8388608.0 - 1;
}

static void random_pose(double *qpos, unsigned *seed) {
  static const int quats[3] = {3, 7, 15};
  for (int i = 0; i < model->nq; i++) qpos[i] = 0.4 * noise(seed);
  qpos[2] += 0.5;
  qpos[12] += 0.4;
  for (int i = 0; i < 3; i++) {
    double *q = qpos + quats[i], norm = 0;
    for (int k = 0; k < 4; k++) norm += q[k] * q[k];
    for (int k = 0; k < 4; k++) q[k] /= sqrt(norm);
  }
}

#define POSES 200

/* states and controls of all poses, to the simulation and kept here */
static double qpos[POSES * 19], qvel[POSES * 16], ctrl[POSES * TANGLED];

static void tangle_moves(int single) {
  unsigned seed = 7;
  begins(single, POSES, tangle, strings, "<motor tendon='t0'/><motor tendon='t1'/><motor tendon='t2'/><motor tendon='t3'/>"
         "<motor tendon='t4'/><motor tendon='t5'/>");
  assert_int_equal(model->nq, 19);
  assert_int_equal(model->nv, 16);
  for (int i = 0; i < POSES; i++) random_pose(qpos + 19 * i, &seed);
  for (int i = 0; i < POSES * 16; i++) qvel[i] = noise(&seed);
  for (int i = 0; i < POSES * TANGLED; i++) ctrl[i] = 10 * noise(&seed);
  set(MM_QPOS, qpos);
  set(MM_QVEL, qvel);
  set(MM_CTRL, ctrl);
}

static void t_tendon_velocity_and_force_follow_from_the_jacobian(void **state) {
  static double jacobian[POSES * TANGLED * 16], rate[POSES * TANGLED], qfrc[POSES * 16];
  (void)state;
  tangle_moves(0);
  forward(MM_TEN_J, jacobian);
  forward(MM_TEN_VELOCITY, rate);
  forward(MM_QFRC_ACTUATOR, qfrc);
  for (int pose = 0; pose < POSES; pose++) {
    double force[16] = {0};
    for (int t = 0; t < TANGLED; t++) {
      const double *row = jacobian + (pose * TANGLED + t) * 16;
      double sum = 0;
      for (int k = 0; k < 16; k++) sum += row[k] * qvel[pose * 16 + k];
      for (int k = 0; k < 16; k++) force[k] += row[k] * ctrl[pose * TANGLED + t];
      close_to(rate[pose * TANGLED + t], sum, 1e-13);
    }
    for (int k = 0; k < 16; k++) close_to(qfrc[pose * 16 + k], force[k], 1e-12);
  }
  ends();
}

/* along the velocity; where a string lets go of a geom, or MuJoCo's inside wrap gives up, there is no derivative */
static void t_tendon_velocity_is_the_derivative_of_length(void **state) {
  static double rate[POSES * TANGLED], before[POSES * TANGLED], after[POSES * TANGLED], start[POSES * 19];
  const double step = 1e-5;
  int off = 0;
  (void)state;
  tangle_moves(0);
  forward(MM_TEN_VELOCITY, rate);
  ends();
  tangle_moves(0);
  memcpy(start, qpos, sizeof start);
  for (int side = -1; side < 2; side += 2) {
    for (int pose = 0; pose < POSES; pose++) {
      double *q = qpos + 19 * pose;
      const double *v = qvel + 16 * pose;
      static const int place[3][2] = {{3, 3}, {7, 6}, {15, 13}};
      memcpy(q, start + 19 * pose, 19 * sizeof *q);
      for (int k = 0; k < 3; k++) {
        q[k] += side * step * v[k];
        q[12 + k] += side * step * v[10 + k];
      }
      q[11] += side * step * v[9];
      for (int k = 0; k < 3; k++) {
        double *a = q + place[k][0], half[3], b[4];
        for (int j = 0; j < 3; j++) half[j] = 0.5 * side * step * v[place[k][1] + j];
        b[0] = a[0] - a[1] * half[0] - a[2] * half[1] - a[3] * half[2];
        b[1] = a[1] + a[0] * half[0] + a[2] * half[2] - a[3] * half[1];
        b[2] = a[2] + a[0] * half[1] + a[3] * half[0] - a[1] * half[2];
        b[3] = a[3] + a[0] * half[2] + a[1] * half[1] - a[2] * half[0];
        memcpy(a, b, sizeof b);
      }
    }
    set(MM_QPOS, qpos);
    forward(MM_TEN_LENGTH, side < 0 ? before : after);
  }
  for (int i = 0; i < POSES * TANGLED; i++) off += !(fabs((after[i] - before[i]) / (2 * step) - rate[i]) < 1e-5);
  assert_true(off <= 2);
  ends();
}

static void t_tendon_float_is_near_double(void **state) {
  static double length[2][POSES * TANGLED];
  (void)state;
  for (int single = 0; single < 2; single++) {
    tangle_moves(single);
    forward(MM_TEN_LENGTH, length[single]);
    ends();
  }
  for (int i = 0; i < POSES * TANGLED; i++) close_to(length[1][i], length[0][i], 1e-6);
}

/* an end sinks past a sphere until the string touches: in float too the length never jumps, and never by a whole turn */
static void t_tendon_touches_without_a_jump(void **state) {
  enum { COUNT = 4000 };
  static double position[COUNT], length[COUNT];
  (void)state;
  for (int single = 0; single < 2; single++) {
    begins(single, COUNT, "<site name='a' pos='-.25 0 .1'/><geom name='g' size='.1'/>"
           "<body pos='.25 0 .1'><joint type='slide' axis='0 0 1'/><geom size='.01' mass='1'/><site name='e'/></body>", OVER("sphere", ""), "");
    for (int i = 0; i < COUNT; i++) position[i] = 1e-3 - 5e-7 * i;
    set(MM_QPOS, position);
    forward(MM_TEN_LENGTH, length);
    for (int i = 1; i < COUNT; i++) close_to(length[i], length[i - 1], single ? 3e-7 : 1e-8);
    close_to(length[COUNT - 1], 0.5, 1e-4);
    ends();
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_tendon_straight_has_length_rate_and_force),
    cmocka_unit_test(t_tendon_sphere_blocks_the_line),
    cmocka_unit_test(t_tendon_sphere_is_passed_on_the_short_way),
    cmocka_unit_test(t_tendon_side_site_sends_it_round_the_far_side),
    cmocka_unit_test(t_tendon_free_line_stays_straight),
    cmocka_unit_test(t_tendon_end_within_the_sphere_stays_straight),
    cmocka_unit_test(t_tendon_cylinder_path_is_a_helix),
    cmocka_unit_test(t_tendon_inside_wrap_touches_from_within),
    cmocka_unit_test(t_tendon_inside_wrap_lets_a_crossing_line_pass),
    cmocka_unit_test(t_tendon_side_site_may_be_on_another_body),
    cmocka_unit_test(t_tendon_pulley_divides_its_branch),
    cmocka_unit_test(t_tendon_within_one_body_is_constant),
    cmocka_unit_test(t_tendon_fixed_is_a_weighted_sum),
    cmocka_unit_test(t_tendon_velocity_and_force_follow_from_the_jacobian),
    cmocka_unit_test(t_tendon_velocity_is_the_derivative_of_length),
    cmocka_unit_test(t_tendon_float_is_near_double),
    cmocka_unit_test(t_tendon_touches_without_a_jump)};
  return cmocka_run_group_tests(tests, make_contexts, remove_contexts);
}
