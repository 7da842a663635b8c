/* >>t-muscle: muscle curves, activation, the other kinds of actuator, and passive forces, at values that formulas give */
#include "simulation.h"

#define FLAT "<flag contact='disable' gravity='disable'/>"
#define HINGE "<body name='b'><joint name='j' axis='0 1 0'/><geom size='.05' mass='1' pos='.1 0 0'/></body>"

static void begins_with(int environments, const char *option, const char *world, const char *tendons, const char *actuators) {
  static const mm_field keep[] = {MM_ACTUATOR_LENGTH, MM_ACTUATOR_VELOCITY, MM_ACTUATOR_FORCE, MM_ACT_DOT, MM_QFRC_ACTUATOR, MM_QFRC_PASSIVE, MM_QFRC_BIAS};
  simulate(environments, keep, 7, "<mujoco><option timestep='.01'>%s</option><worldbody>%s</worldbody><tendon>%s</tendon>"
           "<actuator>%s</actuator></mujoco>", option, world, tendons, actuators);
}

static void begins(int environments, const char *option, const char *world, const char *actuators) {
  begins_with(environments, option, world, "", actuators);
}

/* a muscle on a hinge: range .5 to 1.5 for -1 to 1 rad, so optimal length 2 rad, L = 1 + q / 2, V = v / (2 vmax) */
#define MUSCLE(more) "<muscle joint='j' lengthrange='-1 1' range='.5 1.5' force='100' lmin='.4' lmax='1.8' vmax='5' fpmax='1.3' fvmax='1.5'" more "/>"

static void t_muscle_length_curve_has_its_corners(void **state) {
  /* L: below lmin, lmin, midway to 1, 1, midway to lmax, lmax, beyond; the gain alone: passive force is 0 up to 1 */
  const double length[7] = {0.3, 0.4, 0.7, 1, 1.4, 1.8, 1.9}, active[7] = {0, 0, 0.5, 1, 0.5, 0, 0}, one[7] = {1, 1, 1, 1, 1, 1, 1};
  double position[7], force[7], passive[7], zero[7] = {0};
  (void)state;
  begins(7, FLAT, HINGE, MUSCLE(""));
  for (int i = 0; i < 7; i++) position[i] = 2 * (length[i] - 1);
  set(MM_QPOS, position);
  set(MM_ACT, zero);
  forward(MM_ACTUATOR_FORCE, passive);
  set(MM_ACT, one);
  forward(MM_ACTUATOR_FORCE, force);
  for (int i = 0; i < 7; i++) force[i] = (passive[i] - force[i]) / 100;
  all_near(force, active, 7, 1e-14);
  ends();
}

static void t_muscle_velocity_curve_has_its_corners(void **state) {
  const double rate[6] = {-1.2, -1, -0.5, 0, 0.25, 0.7}, curve[6] = {0, 0, 0.25, 1, 1.5 - 0.25 * 0.25 / 0.5, 1.5}, one[6] = {1, 1, 1, 1, 1, 1};
  double velocity[6], force[6];
  (void)state;
  begins(6, FLAT, HINGE, MUSCLE(""));
  for (int i = 0; i < 6; i++) velocity[i] = rate[i] * 2 * 5;
  set(MM_QVEL, velocity);
  set(MM_ACT, one);
  forward(MM_ACTUATOR_FORCE, force);
  for (int i = 0; i < 6; i++) force[i] /= -100;
  all_near(force, curve, 6, 1e-14);
  ends();
}

static void t_muscle_passive_force_is_a_parabola_then_a_line(void **state) {
  const double length[5] = {0.9, 1, 1.2, 1.4, 1.8}, curve[5] = {0, 0, 0.125, 0.5, 1.5};
  double position[5], force[5];
  (void)state;
  begins(5, FLAT, HINGE, MUSCLE(""));
  for (int i = 0; i < 5; i++) position[i] = 2 * (length[i] - 1);
  set(MM_QPOS, position);
  forward(MM_ACTUATOR_FORCE, force);
  for (int i = 0; i < 5; i++) force[i] /= -130;
  all_near(force, curve, 5, 1e-14);
  ends();
}

static void t_muscle_activation_is_quick_to_rise_and_slow_to_fall(void **state) {
  const double ctrl[5] = {1, 0, 2, -1, 0.6}, act[5] = {0, 1, 0.5, 0.5, 0.6};
  const double rate[5] = {1 / (0.01 * 0.5), -1 / (0.04 / 2), 0.5 / (0.01 * 1.25), -0.5 / (0.04 / 1.25), 0};
  double dot[5];
  (void)state;
  begins(5, FLAT, HINGE, MUSCLE(" timeconst='.01 .04'"));
  set(MM_CTRL, ctrl);
  set(MM_ACT, act);
  forward(MM_ACT_DOT, dot);
  all_near(dot, rate, 5, 1e-11);
  ends();
}

/* half way between rising and falling the time constant is midway; beyond half the width it is that of one side */
static void t_muscle_activation_may_change_over_smoothly(void **state) {
  const double ctrl[3] = {0.5 + 1e-9, 0.65, 0.35}, act[3] = {0.5, 0.5, 0.5};
  const double rise = 0.01 * 1.25, fall = 0.04 / 1.25, rate[3] = {1e-9 / (0.5 * (rise + fall)), 0.15 / rise, -0.15 / fall};
  double dot[3];
  (void)state;
  begins(3, FLAT, HINGE, MUSCLE(" timeconst='.01 .04' tausmooth='.2'"));
  set(MM_CTRL, ctrl);
  set(MM_ACT, act);
  forward(MM_ACT_DOT, dot);
  all_near(dot, rate, 1, 1e-14);
  all_near(dot + 1, rate + 1, 2, 1e-11);
  ends();
}

/* force scale / acc0 where no force is given; acc0 is the acceleration that a unit force gives */
static void t_muscle_peak_force_follows_from_scale(void **state) {
  const double act = 1, inertia = 0.4 * 0.05 * 0.05 + 0.1 * 0.1;
  double force, expected = -30 * inertia;
  (void)state;
  begins(1, FLAT, HINGE, "<muscle joint='j' lengthrange='-1 1' range='.5 1.5' scale='30'/>");
  set(MM_ACT, &act);
  forward(MM_ACTUATOR_FORCE, &force);
  all_near(&force, &expected, 1, 1e-12);
  ends();
}

static void t_actuator_dynamics_take_one_step(void **state) {
  const double ctrl[4] = {2, 2, 2, 2}, act[4] = {0.5, 0.5, 0.5, 0.5};
  const double dot[4] = {2, 1.5 / 0.05, 1.5 / 0.05, 2}, next[4] = {0.52, 0.8, 2 - 1.5 * exp(-0.2), 0.51};
  double value[4];
  (void)state;
  begins(1, FLAT, HINGE,
         "<general joint='j' dyntype='integrator'/><general joint='j' dyntype='filter' dynprm='.05'/>"
         "<general joint='j' dyntype='filterexact' dynprm='.05'/><general joint='j' dyntype='integrator' actlimited='true' actrange='0 .51'/>");
  set(MM_CTRL, ctrl);
  set(MM_ACT, act);
  forward(MM_ACT_DOT, value);
  all_near(value, dot, 4, 1e-13);
  assert_int_equal(mm_sim_step(sim, 1), 0);
  assert_int_equal(mm_sim_get(sim, MM_ACT, value), 0);
  all_near(value, next, 4, 1e-13);
  ends();
}

static void t_actuator_acts_early_with_the_next_activation(void **state) {
  const double ctrl[2] = {2, 2}, act[2] = {0.5, 0.5}, expected[2] = {0.5, 0.52};
  double force[2];
  (void)state;
  begins(1, FLAT, HINGE, "<general joint='j' dyntype='integrator'/><general joint='j' dyntype='integrator' actearly='true'/>");
  set(MM_CTRL, ctrl);
  set(MM_ACT, act);
  forward(MM_ACTUATOR_FORCE, force);
  all_near(force, expected, 2, 1e-15);
  ends();
}

static void t_actuator_gain_and_bias_are_affine(void **state) {
  const double position = 0.3, velocity = -2, ctrl[3] = {0.5, 0.5, 0.5};
  /* length 2 q, velocity 2 v */
  const double expected[3] = {(1 + 2 * 0.6 + 3 * -4) * 0.5 + (4 + 5 * 0.6 + 6 * -4), 50 * (0.5 - 0.3) + 7 * 2, 9 * (0.5 + 2)};
  double force[3];
  (void)state;
  begins(1, FLAT, HINGE,
         "<general joint='j' gear='2' gaintype='affine' gainprm='1 2 3' biastype='affine' biasprm='4 5 6'/>"
         "<position joint='j' kp='50' kv='7'/><velocity joint='j' kv='9'/>");
  set(MM_QPOS, &position);
  set(MM_QVEL, &velocity);
  set(MM_CTRL, ctrl);
  forward(MM_ACTUATOR_FORCE, force);
  all_near(force, expected, 3, 1e-13);
  ends();
}

static void t_actuator_control_and_force_are_clamped(void **state) {
  const double ctrl[3] = {5, 5, -5}, expected[3] = {10, 8, -3}, total = 12;
  double force[3], qfrc;
  (void)state;
  begins(1, FLAT, "<body><joint name='j' axis='0 1 0' actuatorfrcrange='-1 12'/><geom size='.05' mass='1'/></body>",
         "<general joint='j' gainprm='10' ctrlrange='-1 1'/><general joint='j' gainprm='2' forcerange='-9 8'/><general joint='j' forcerange='-3 3'/>");
  set(MM_CTRL, ctrl);
  forward(MM_ACTUATOR_FORCE, force);
  all_near(force, expected, 3, 1e-14);
  forward(MM_QFRC_ACTUATOR, &qfrc);
  all_near(&qfrc, &total, 1, 1e-14);
  ends();
}

/* a tendon's range scales its actuators alike, before each has its own range */
static void t_actuator_forces_share_the_range_of_their_tendon(void **state) {
  const double ctrl[3] = {30, 10, 5}, expected[3] = {6, 1.5, 5}, total = 2 * (6 + 1.5) + 5;
  double force[3], qfrc;
  (void)state;
  begins_with(1, FLAT, HINGE, "<fixed name='t' actuatorfrclimited='true' actuatorfrcrange='-8 8'><joint joint='j' coef='2'/></fixed>",
              "<motor tendon='t'/><motor tendon='t' forcerange='-1.5 1.5'/><motor joint='j'/>");
  set(MM_CTRL, ctrl);
  forward(MM_ACTUATOR_FORCE, force);
  all_near(force, expected, 3, 1e-14);
  forward(MM_QFRC_ACTUATOR, &qfrc);
  all_near(&qfrc, &total, 1, 1e-14);
  ends();
}

/* a quarter turn about z: in the child's frame the gear is as given, in the parent's it is turned back */
static void t_actuator_turns_a_ball_joint_in_either_frame(void **state) {
  const double qpos[4] = {sqrt(0.5), 0, 0, sqrt(0.5)}, qvel[3] = {1, 2, 3}, ctrl[2] = {1, 10}, half_pi = acos(-1.0) / 2;
  const double length[2] = {3 * half_pi, 3 * half_pi}, velocity[2] = {1 + 2 * 2 + 3 * 3, 2 * 1 - 1 * 2 + 3 * 3};
  const double qfrc[3] = {1 + 10 * 2, 2 - 10 * 1, 3 + 10 * 3};
  double value[3];
  (void)state;
  begins(1, FLAT, "<body><joint name='j' type='ball'/><geom size='.05' mass='1'/></body>",
         "<motor joint='j' gear='1 2 3 0 0 0'/><motor jointinparent='j' gear='1 2 3 0 0 0'/>");
  set(MM_QPOS, qpos);
  set(MM_QVEL, qvel);
  set(MM_CTRL, ctrl);
  forward(MM_ACTUATOR_LENGTH, value);
  all_near(value, length, 2, 1e-14);
  forward(MM_ACTUATOR_VELOCITY, value);
  all_near(value, velocity, 2, 1e-14);
  forward(MM_QFRC_ACTUATOR, value);
  all_near(value, qfrc, 3, 1e-14);
  ends();
}

/* force 1 2 3 and torque 4 5 6 in the axes of a site that is turned by a quarter about z and lies at x = .5 */
static void t_actuator_pushes_at_a_site(void **state) {
  const double ctrl = 2, expected[6] = {2 * -2, 2 * 1, 2 * 3, 2 * -5, 2 * (4 - 0.5 * 3), 2 * (6 + 0.5 * 1)};
  double qfrc[6];
  (void)state;
  begins(1, FLAT, "<body><freejoint/><geom size='.05' mass='1'/><site name='s' pos='.5 0 0' euler='0 0 90'/></body>",
         "<motor site='s' gear='1 2 3 4 5 6'/>");
  set(MM_CTRL, &ctrl);
  forward(MM_QFRC_ACTUATOR, qfrc);
  all_near(qfrc, expected, 6, 1e-14);
  ends();
}

/* against a site on the parent: nothing is felt above it */
static void t_actuator_pulls_sites_together(void **state) {
  const double ctrl = 2, length = 0.3 * 4, expected[7] = {0, 0, 0, 0, 0, 0, 8};
  double value[7];
  (void)state;
  begins(1, FLAT, "<body><freejoint/><geom size='.05' mass='1'/><site name='r' pos='0 .1 0'/><body pos='.3 .1 0'><joint type='slide' axis='1 0 0'/>"
         "<geom size='.05' mass='1'/><site name='s'/></body></body>", "<motor site='s' refsite='r' gear='4 0 0 0 0 0'/>");
  set(MM_CTRL, &ctrl);
  forward(MM_ACTUATOR_LENGTH, value);
  all_near(value, &length, 1, 1e-15);
  forward(MM_QFRC_ACTUATOR, value);
  all_near(value, expected, 7, 1e-14);
  ends();
}

static void t_actuator_switched_off_does_nothing(void **state) {
  const double ctrl = 5, zero = 0;
  double value;
  (void)state;
  begins(1, "<flag actuation='disable'/>", HINGE, "<motor joint='j'/>");
  set(MM_CTRL, &ctrl);
  forward(MM_QFRC_ACTUATOR, &value);
  all_near(&value, &zero, 1, 0);
  ends();
}

static void t_passive_joints_have_springs_and_dampers(void **state) {
  const double angle = 0.6, qpos[5] = {0.3, cos(angle / 2), sin(angle / 2), 0, 0}, qvel[4] = {2, 1, 0, -1};
  const double expected[4] = {-10 * (0.3 - 0.1) - 0.5 * 2, -3 * angle - 0.2, 0, 0.2};
  double force[4];
  (void)state;
  begins(1, FLAT, "<body><joint type='slide' axis='1 0 0' stiffness='10' springref='.1' damping='.5'/><geom size='.05' mass='1'/>"
         "<body><joint type='ball' stiffness='3' damping='.2'/><geom size='.05' mass='1'/></body></body>", "");
  set(MM_QPOS, qpos);
  set(MM_QVEL, qvel);
  forward(MM_QFRC_PASSIVE, force);
  all_near(force, expected, 4, 1e-14);
  ends();
}

/* slack between .2 and .5 */
static void t_passive_tendon_spring_has_a_slack_range(void **state) {
  const double position[3] = {0.1, 0.3, 0.7}, velocity[3] = {2, 2, 2};
  const double expected[3] = {-50 * (0.1 - 0.2) - 3 * 2, -3 * 2, -50 * (0.7 - 0.5) - 3 * 2};
  double force[3];
  (void)state;
  begins_with(3, FLAT, "<site name='a'/><body><joint type='slide' axis='1 0 0'/><geom size='.05' mass='1'/><site name='e'/></body>",
              "<spatial springlength='.2 .5' stiffness='50' damping='3'><site site='a'/><site site='e'/></spatial>", "");
  set(MM_QPOS, position);
  set(MM_QVEL, velocity);
  forward(MM_QFRC_PASSIVE, force);
  all_near(force, expected, 3, 1e-13);
  ends();
}

static void t_passive_gravity_compensation_carries_the_body(void **state) {
  double passive, bias, actuator, zero = 0;
  (void)state;
  begins(1, "", "<body><joint axis='0 1 0'/><geom size='.05' mass='2' pos='.3 0 0'/><body gravcomp='1' pos='.5 0 0'><geom size='.05' mass='1'/></body></body>", "");
  forward(MM_QFRC_PASSIVE, &passive);
  forward(MM_QFRC_BIAS, &bias);
  bias = bias - passive + 2 * 9.81 * 0.3;
  all_near(&bias, &zero, 1, 1e-13);
  passive += 9.81 * 0.5;
  all_near(&passive, &zero, 1, 1e-13);
  ends();
  begins(1, "", "<body gravcomp='1'><joint name='j' axis='0 1 0' actuatorgravcomp='true'/><geom size='.05' mass='2' pos='.3 0 0'/></body>", "<motor joint='j'/>");
  forward(MM_QFRC_PASSIVE, &passive);
  all_near(&passive, &zero, 1, 0);
  forward(MM_QFRC_ACTUATOR, &actuator);
  actuator += 2 * 9.81 * 0.3;
  all_near(&actuator, &zero, 1, 1e-13);
  ends();
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_muscle_length_curve_has_its_corners),
    cmocka_unit_test(t_muscle_velocity_curve_has_its_corners),
    cmocka_unit_test(t_muscle_passive_force_is_a_parabola_then_a_line),
    cmocka_unit_test(t_muscle_activation_is_quick_to_rise_and_slow_to_fall),
    cmocka_unit_test(t_muscle_activation_may_change_over_smoothly),
    cmocka_unit_test(t_muscle_peak_force_follows_from_scale),
    cmocka_unit_test(t_actuator_dynamics_take_one_step),
    cmocka_unit_test(t_actuator_acts_early_with_the_next_activation),
    cmocka_unit_test(t_actuator_gain_and_bias_are_affine),
    cmocka_unit_test(t_actuator_control_and_force_are_clamped),
    cmocka_unit_test(t_actuator_forces_share_the_range_of_their_tendon),
    cmocka_unit_test(t_actuator_turns_a_ball_joint_in_either_frame),
    cmocka_unit_test(t_actuator_pushes_at_a_site),
    cmocka_unit_test(t_actuator_pulls_sites_together),
    cmocka_unit_test(t_actuator_switched_off_does_nothing),
    cmocka_unit_test(t_passive_joints_have_springs_and_dampers),
    cmocka_unit_test(t_passive_tendon_spring_has_a_slack_range),
    cmocka_unit_test(t_passive_gravity_compensation_carries_the_body)};
  return cmocka_run_group_tests(tests, make_contexts, remove_contexts);
}
