/* >>t-sensor: sensors against what mechanics says they must read, and errors of those that are not supported */
#include "simulation.h"

#define PI 3.14159265358979323846
#define G 9.81

static double readings[256];

/* option is the text after "<option": attributes, ">" and flags */
#define MODEL "<mujoco>\n<option %s</option>\n<worldbody>%s</worldbody>\n%s\n<sensor>%s</sensor></mujoco>"

static void begins(const char *option, const char *world, const char *rest, const char *sensors) {
  static const mm_field keep[] = {MM_SENSORDATA, MM_QACC};
  simulate(1, keep, 2, MODEL, option, world, rest, sensors);
  assert_true(mm_field_size(model, MM_SENSORDATA) <= 256);
}

static void reads(void) {
  ok(mm_sim_forward(sim));
  ok(mm_sim_get(sim, MM_SENSORDATA, readings));
}

static void moves(int steps) {
  ok(mm_sim_step(sim, steps));
  reads();
}

/* the numbers of a sensor */
static const double *of(const char *name) {
  const int id = mm_model_id(model, MM_OBJ_SENSOR, name);
  if (id < 0) fail_msg("there is no sensor %s", name);
  return readings + model->sensor_adr[id];
}

static void reads_as(const char *what, double value, double expected, double tolerance) {
  const double most = precision ? 1e-5 * (1 + fabs(expected)) : 1e-11 * (1 + fabs(expected));
  if (!(fabs(value - expected) <= (tolerance > most ? tolerance : most)))
    fail_msg("%s: %.12g, expected %.12g (%s)", what, value, expected, precision ? "float" : "double");
}

static void is(const char *name, double expected) { reads_as(name, of(name)[0], expected, 0); }

static void near3(const char *name, double x, double y, double z, double tolerance) {
  const double expected[3] = {x, y, z};
  for (int k = 0; k < 3; k++) reads_as(name, of(name)[k], expected[k], tolerance);
}

static void is3(const char *name, double x, double y, double z) { near3(name, x, y, z, 0); }

/* ---- touch and contacts ---- */

#define SITES(name, pos) \
  "<site name='" name "1' type='sphere' size='.03' pos='" pos "'/><site name='" name "2' type='capsule' size='.03 .01' pos='" pos "'/>" \
  "<site name='" name "3' type='ellipsoid' size='.02 .03 .04' pos='" pos "'/><site name='" name "4' type='cylinder' size='.02 .03' pos='" pos "'/>" \
  "<site name='" name "5' type='box' size='.02 .03 .03' pos='" pos "'/>"
#define TOUCH(name) \
  "<touch name='" name "1' site='" name "1'/><touch name='" name "2' site='" name "2'/><touch name='" name "3' site='" name "3'/>" \
  "<touch name='" name "4' site='" name "4'/><touch name='" name "5' site='" name "5'/>"

/* the sphere touches the floor at its lowest point; sites there and below feel its weight, those above and aside do not */
static void t_sensor_touch_of_a_resting_sphere_is_its_weight(void **state) {
  (void)state;
  for (precision = 0; precision < 2; precision++) {
    begins(">", "<geom type='plane' size='1 1 1'/><site name='floor' size='.5'/><body name='ball' pos='0 0 .1'><freejoint/><geom size='.1' mass='3'/>"
           SITES("at", "0 0 -.1") SITES("below", "0 0 -.25") SITES("above", "0 0 .05") SITES("aside", ".15 0 -.1") "</body>", "",
           "<touch name='floor' site='floor'/><touch name='little' site='at1' cutoff='7'/><contact name='net' body1='ball' data='found force pos' reduce='netforce'/>"
           "<contact name='turned' body2='ball' data='force'/><contact name='away' site='above1' data='found'/>" TOUCH("at") TOUCH("below") TOUCH("above") TOUCH("aside"));
    moves(1000);
    for (int k = 1; k <= 5; k++) {
      char name[16];
      snprintf(name, sizeof name, "at%d", k);
      reads_as(name, of(name)[0], 3 * G, 1e-4);
      snprintf(name, sizeof name, "below%d", k);
      reads_as(name, of(name)[0], 3 * G, 1e-4);
      snprintf(name, sizeof name, "above%d", k);
      assert_true(of(name)[0] == 0);
      snprintf(name, sizeof name, "aside%d", k);
      assert_true(of(name)[0] == 0);
    }
    reads_as("floor", of("floor")[0], 3 * G, 1e-4);
    is("little", 7);
    is("net", 1);
    reads_as("net force", of("net")[3], -3 * G, 1e-4); /* on what body1 is turned to: the floor, along world axes */
    reads_as("net pos", of("net")[6], 0, 1e-3);
    reads_as("turned", of("turned")[0], 3 * G, 1e-4);
    is("away", 0);
    ends();
  }
}

/* four corners of a box share its weight; asked for the deepest two, or one after another, the sensor says so */
static void t_sensor_contact_takes_as_many_as_it_has_room_for(void **state) {
  (void)state;
  for (precision = 0; precision < 2; precision++) {
    double sum = 0;
    begins(">", "<geom name='floor' type='plane' size='1 1 1'/><body name='b' pos='0 0 .0999'><freejoint/><geom name='g' type='box' size='.1 .2 .1' mass='2'/></body>", "",
           "<contact name='all' geom1='floor' geom2='g' data='found force normal' num='6'/><contact name='deep' subtree1='b' data='dist' reduce='mindist' num='2'/>"
           "<contact name='strong' body1='b' data='force' reduce='maxforce'/>");
    {
      const double tilted[7] = {0, 0, .0999, cos(.001), sin(.001), 0, 0};
      set(MM_QPOS, tilted);
      reads();
      assert_true(of("deep")[0] < -1e-4 && of("deep")[0] == of("deep")[1]); /* one edge is lower */
    }
    {
      const double flat[7] = {0, 0, .0999, 1, 0, 0, 0};
      set(MM_QPOS, flat);
    }
    moves(1000);
    for (int k = 0; k < 6; k++) {
      const double *one = of("all") + 7 * k;
      reads_as("found", one[0], k < 4 ? 4 : 0, 0);
      reads_as("normal", one[6], k < 4 ? 1 : 0, 1e-4);
      sum += one[1];
    }
    reads_as("sum", sum, 2 * G, 1e-4);
    reads_as("strong", of("strong")[0], 2 * G / 4, 2e-2);
    ends();
  }
}

/* ---- what moves ---- */

static void t_sensor_accelerometer_feels_support_and_not_fall(void **state) {
  static const double tilt[7] = {0, 0, 5, 0.70710678118654752, 0.70710678118654752, 0, 0}; /* y is up */
  static const double spin[6] = {1, 2, 3, 0, 0, 4};
  (void)state;
  for (precision = 0; precision < 2; precision++) {
    begins("magnetic='0 0 2'>", "<body pos='0 0 5'><freejoint/><geom size='.1'/><site name='s'/><site name='off' pos='.5 0 0'/></body>"
           "<body pos='3 0 1'><joint type='slide' axis='0 0 1' stiffness='1e7' damping='1e4'/><geom size='.1' mass='1'/><site name='held' euler='90 0 0'/></body><site name='world'/>", "",
           "<accelerometer name='fall' site='s'/><accelerometer name='off' site='off'/><accelerometer name='held' site='held'/><accelerometer name='world' site='world'/>"
           "<gyro name='gyro' site='off'/><velocimeter name='speed' site='s'/><velocimeter name='rim' site='off'/><magnetometer name='field' site='s'/>"
           "<framelinacc name='up' objtype='site' objname='held'/>");
    set(MM_QPOS, (double[]){tilt[0], tilt[1], tilt[2], tilt[3], tilt[4], tilt[5], tilt[6], 0});
    set(MM_QVEL, (double[]){spin[0], spin[1], spin[2], spin[3], spin[4], spin[5], 0});
    reads();
    is3("fall", 0, 0, 0);
    is3("off", -16 * .5, 0, 0); /* towards the axis */
    is3("gyro", 0, 0, 4);
    is3("speed", 1, 3, -2);
    is3("rim", 1, 3 + 4 * .5, -2);
    is3("field", 0, 2, 0);
    moves(2000);
    near3("held", 0, G, 0, 2e-2);
    near3("up", 0, 0, G, 2e-2);
    is3("world", 0, 0, 0);
    ends();
  }
}

/* readings relative to a moving frame are the rates of one another */
static void t_sensor_frames_seen_from_a_moving_frame(void **state) {
  const double h = 1e-4;
  double before[5][4], after[5][4];
  static const char *const names[5] = {"pos", "vel", "quat", "xaxis", "spin"};
  (void)state;
  for (precision = 0; precision < 1; precision++) { /* differences over so short a time are double's alone */
    begins("gravity='0 0 0' timestep='1e-4'>", "<body name='a' pos='0 0 1'><freejoint/><geom type='box' size='.1 .2 .3'/><site name='p' pos='.3 .2 .1' euler='10 20 30'/></body>"
           "<body name='b' pos='1 0 1'><freejoint/><geom type='box' size='.3 .2 .1'/><site name='r' pos='.1 .3 .2' euler='40 50 60'/></body>", "",
           "<framepos name='pos' objtype='site' objname='p' reftype='site' refname='r'/><framelinvel name='vel' objtype='site' objname='p' reftype='site' refname='r'/>"
           "<framequat name='quat' objtype='site' objname='p' reftype='site' refname='r'/><framexaxis name='xaxis' objtype='site' objname='p' reftype='site' refname='r'/>"
           "<frameangvel name='spin' objtype='site' objname='p' reftype='site' refname='r'/>");
    set(MM_QVEL, (double[]){1, 2, 3, 3, -2, 1, -1, .5, 2, 2, 1, -3});
    reads();
    for (int k = 0; k < 5; k++) memcpy(before[k], of(names[k]), sizeof before[k]);
    moves(1);
    for (int k = 0; k < 5; k++) memcpy(after[k], of(names[k]), sizeof after[k]);
    for (int k = 0; k < 3; k++) {
      const int n = (k + 1) % 3, m = (k + 2) % 3;
      const double *w = before[4], *x = before[3], *q = before[2];
      reads_as("velocity", (after[0][k] - before[0][k]) / h, 0.5 * (before[1][k] + after[1][k]), 1e-2);
      reads_as("axis", (after[3][k] - before[3][k]) / h, w[n] * x[m] - w[m] * x[n], 1e-2);
      reads_as("quaternion", (after[2][k + 1] - q[k + 1]) / h, 0.5 * (w[k] * q[0] + w[n] * q[m + 1] - w[m] * q[n + 1]), 1e-2);
    }
    assert_true(fabs(before[1][0]) + fabs(before[1][1]) + fabs(before[1][2]) > 1);
    ends();
  }
}

/* inner forces move momentum about, and change none of it */
static void t_sensor_momentum_of_a_free_tree_is_kept(void **state) {
  (void)state;
  for (precision = 0; precision < 2; precision++) {
    double linear[3], angular[3], arm;
    const int steps = precision ? 300 : 3000;
    begins(precision ? "gravity='0 0 0' timestep='1e-3'>" : "gravity='0 0 0' timestep='1e-4'>",
           "<body name='trunk' pos='0 0 1'><freejoint/><geom type='box' size='.1 .2 .3' mass='10'/>"
           "<body name='arm' pos='.1 0 .3'><joint name='j' axis='0 1 1' damping='.1'/><geom type='capsule' size='.05' fromto='0 0 0 .5 0 0' mass='3'/></body></body>"
           "<body name='ball' pos='5 0 0'><freejoint/><geom size='.2' mass='2'/></body>",
           "<actuator><motor joint='j' gear='2'/></actuator>",
           "<subtreelinvel name='v' body='trunk'/><subtreeangmom name='L' body='trunk'/><subtreeangmom name='arm' body='arm'/><subtreecom name='com' body='trunk'/>"
           "<subtreeangmom name='ball' body='ball'/><subtreelinvel name='ball v' body='ball'/><e_kinetic name='E'/>");
    set(MM_QVEL, (double[]){.1, .2, .3, 1, 2, 3, .5, 1, 2, 3, 0, 0, 10});
    ok(mm_sim_set(sim, MM_CTRL, (double[]){1}));
    reads();
    is3("ball v", 1, 2, 3);
    is3("ball", 0, 0, 10 * .4 * 2 * .04);
    memcpy(linear, of("v"), sizeof linear);
    memcpy(angular, of("L"), sizeof angular);
    arm = of("arm")[1];
    moves(steps);
    near3("v", linear[0], linear[1], linear[2], 2e-3);
    near3("L", angular[0], angular[1], angular[2], 5e-3);
    assert_true(fabs(of("arm")[1] - arm) > 0.05 * fabs(arm));
    ends();
  }
}

static void t_sensor_energy_of_a_fall_is_kept(void **state) {
  (void)state;
  for (precision = 0; precision < 2; precision++) {
    double whole;
    begins("timestep='1e-4'>", "<body pos='0 0 3'><freejoint/><geom size='.1' mass='2'/></body><body pos='9 0 1'><joint type='slide' axis='1 0 0' stiffness='50' springref='.1'/><geom size='.1' mass='1'/></body>", "",
           "<e_potential name='U'/><e_kinetic name='K'/><clock name='t'/>");
    set(MM_QVEL, (double[]){1, 0, 2, 0, 0, 0, 3});
    reads();
    is("U", 2 * G * 3 + G * 1 + .5 * 50 * .01);
    is("K", .5 * 2 * 5 + .5 * 9);
    is("t", 0);
    whole = of("U")[0] + of("K")[0];
    moves(1000);
    reads_as("whole", of("U")[0] + of("K")[0], whole, 1e-4 * whole);
    assert_true(fabs(of("K")[0] - 9.5) > 0.5);
    reads_as("t", of("t")[0], .1, 1e-6);
    ends();
  }
}

/* ---- forces between bodies ---- */

static void t_sensor_force_carries_what_hangs_below(void **state) {
  (void)state;
  for (precision = 0; precision < 2; precision++) {
    begins(">", "<body name='upper' pos='0 0 3'><joint type='slide' axis='0 0 1' stiffness='1e8' damping='1e5'/><geom size='.1' mass='1'/><site name='top' euler='180 0 0'/>"
           "<body name='lower' pos='0 0 -1'><geom size='.1' mass='2'/><geom size='.1' mass='3' pos='.5 0 0'/><site name='middle'/></body></body>"
           "<body pos='9 0 5'><freejoint/><geom size='.1' mass='1'/><body pos='0 0 1'><geom size='.1' mass='4'/><site name='falls'/></body></body>"
           "<site name='ground'/>", "",
           "<force name='top' site='top'/><force name='middle' site='middle'/><torque name='bend' site='middle'/><force name='falls' site='falls'/><force name='ground' site='ground'/>");
    moves(1000);
    near3("top", 0, 0, -6 * G, 1e-3); /* upwards, in axes that are upside down */
    near3("middle", 0, 0, 5 * G, 1e-3);
    near3("bend", 0, -.5 * 3 * G, 0, 1e-3);
    near3("falls", 0, 0, 0, 1e-3);
    near3("ground", 0, 0, 6 * G, 1e-2); /* all that stands on the world */
    ends();
  }
}

/* what pushes on a body itself does not go through the joint to its parent */
static void t_sensor_force_leaves_out_what_pushes_the_body_itself(void **state) {
  (void)state;
  for (precision = 0; precision < 2; precision++) {
    double applied[18] = {0};
    begins("gravity='0 0 0'>", "<body name='one'><freejoint/><geom size='.1' mass='1'/><body name='two' pos='1 0 0'><geom size='.1' mass='3'/><site name='s'/></body></body>", "",
           "<force name='f' site='s'/>");
    applied[12] = 8; /* 3 of 4 kg are accelerated with 2 m/s^2, so 2 N of the 8 N go on to the other */
    ok(mm_sim_set(sim, MM_XFRC_APPLIED, applied));
    reads();
    is3("f", -2, 0, 0);
    ends();
    begins(">", "<geom type='plane' size='1 1 1'/><body pos='0 0 .5'><freejoint/><geom size='.1' mass='7'/><body name='foot' pos='0 0 -.4'><geom type='box' size='.2 .2 .1' mass='1'/><site name='s'/></body></body>", "",
           "<force name='ankle' site='s'/><touch name='sole' site='s'/>");
    moves(1500);
    near3("ankle", 0, 0, -7 * G, 1e-2); /* the foot is pressed down by what stands on it */
    ends();
    begins(">", "<body name='anchor' pos='0 0 2'><geom size='.1' contype='0'/></body><body name='lamp' pos='0 0 1'><freejoint/><geom size='.1' mass='2'/><body name='shade' pos='0 0 -.5'><geom size='.1' mass='5'/><site name='s'/></body></body>",
           "<equality><connect body1='shade' body2='anchor' anchor='0 0 .2' solref='.005 1'/></equality>", "<force name='f' site='s'/>");
    moves(2000);
    near3("f", 0, 0, -2 * G, 5e-2); /* held at the lower part: the upper one presses on it */
    ends();
  }
}

/* ---- joints, tendons, limits ---- */

static void t_sensor_joints_tendons_and_actuators(void **state) {
  (void)state;
  for (precision = 0; precision < 2; precision++) {
    begins("gravity='0 0 0'>", "<site name='o' pos='0 0 1'/><body><joint name='s' type='slide' axis='1 0 0'/><geom size='.1' mass='1'/><site name='p'/>"
           "<body pos='0 0 -1'><joint name='b' type='ball'/><geom size='.1' pos='0 0 -.2'/></body></body>",
           "<tendon><spatial name='t'><site site='o'/><site site='p'/></spatial></tendon>"
           "<actuator><motor name='m' joint='s' gear='3'/><motor name='n' tendon='t' gear='2'/><motor name='k' tendon='t' gear='-1'/></actuator>",
           "<jointpos name='x' joint='s'/><jointpos name='less' joint='s' cutoff='.3'/><jointvel name='v' joint='s'/><jointvel name='least' joint='s' cutoff='1'/><ballquat name='q' joint='b'/><ballangvel name='w' joint='b'/>"
           "<tendonpos name='l' tendon='t'/><tendonvel name='r' tendon='t'/><tendonactuatorfrc name='tf' tendon='t'/><jointactuatorfrc name='jf' joint='s'/>"
           "<actuatorpos name='al' actuator='m'/><actuatorvel name='av' actuator='n'/><actuatorfrc name='af' actuator='k'/>");
    set(MM_QPOS, (double[]){.75, 2, 0, 0, 2}); /* not of unit length */
    set(MM_QVEL, (double[]){-5, 1, 2, 3});
    ok(mm_sim_set(sim, MM_CTRL, (double[]){4, 5, 6}));
    reads();
    is("x", .75);
    is("less", .3);
    is("v", -5);
    is("least", -1);
    reads_as("q", of("q")[0], sqrt(.5), 0);
    reads_as("q", of("q")[3], sqrt(.5), 0);
    is3("w", 1, 2, 3);
    is("l", 1.25);
    is("r", -5 * .75 / 1.25);
    is("tf", 11);
    is("jf", 3 * 4 + .6 * (2 * 5 - 6));
    is("al", 3 * .75);
    is("av", -2 * 3);
    is("af", 6);
    ends();
  }
}

static void t_sensor_limits_tell_only_when_they_act(void **state) {
  (void)state;
  for (precision = 0; precision < 2; precision++) {
    double qacc[4];
    begins("gravity='0 0 0'>", "<body><joint name='s' type='slide' axis='1 0 0' range='-1 1' margin='.1'/><geom size='.1' mass='2'/></body>"
           "<body pos='9 0 0'><joint name='b' type='ball' range='0 60'/><geom size='.1'/></body>",
           "<tendon><fixed name='t' range='-4 4'><joint joint='s' coef='3'/></fixed></tendon>",
           "<jointlimitpos name='p' joint='s'/><jointlimitvel name='v' joint='s'/><jointlimitfrc name='f' joint='s'/>"
           "<jointlimitpos name='bp' joint='b'/><jointlimitvel name='bv' joint='b'/><tendonlimitpos name='tp' tendon='t'/><tendonlimitvel name='tv' tendon='t'/><tendonlimitfrc name='tf' tendon='t'/>");
    set(MM_QPOS, (double[]){.85, 1, 0, 0, 0});
    set(MM_QVEL, (double[]){2, 0, 0, 7});
    reads();
    is("p", 0);
    is("v", 0);
    is("f", 0);
    is("tp", 0);
    is("bp", 0);
    set(MM_QPOS, (double[]){1.2, cos(PI / 4), 0, 0, sin(PI / 4)});
    reads();
    ok(mm_sim_get(sim, MM_QACC, qacc));
    is("p", -.2 - .1);
    is("v", -2);
    reads_as("f", of("f")[0], -2 * qacc[0], 1e-3 * fabs(qacc[0])); /* alone with its limit: the tendon has not reached its own */
    assert_true(of("f")[0] > 1);
    is("bp", PI / 3 - PI / 2);
    is("bv", -7);
    is("tp", 0);
    set(MM_QPOS, (double[]){-1.5, 1, 0, 0, 0});
    reads();
    is("p", -.5 - .1);
    is("v", 2);
    is("tp", -.5);
    is("tv", 6);
    ok(mm_sim_get(sim, MM_QACC, qacc));
    reads_as("both", of("f")[0] + 3 * of("tf")[0], 2 * qacc[0], 1e-3 * fabs(qacc[0])); /* a tendon pulls with its coefficient */
    ends();
  }
}

/* ---- volumes, rays, cameras ---- */

static void t_sensor_rangefinder_meets_every_shape(void **state) {
  static const struct { const char *name; double expected; } rays[] = {
    {"sphere", 2}, {"box", 1.5}, {"capsule", 1}, {"cylinder", 1.75}, {"ellipsoid", 1.9}, {"plane", .5}, {"past", -1}, {"inside", .3}, {"glass", 5.5}};
  (void)state;
  for (precision = 0; precision < 2; precision++) {
    begins(">", "<geom size='1' pos='3 0 0'/><geom type='box' size='.5 .5 .5' pos='0 2 0'/><geom type='capsule' size='.5 .5' pos='-2 0 0' euler='0 90 0'/><geom type='cylinder' size='.25 .4' pos='0 -2 0'/>"
           "<geom type='ellipsoid' size='.2 .3 .1' pos='0 0 2'/><geom type='plane' size='.1 .1 .1' pos='0 0 -.5'/><geom size='1' pos='9 0 0' rgba='1 1 1 0'/><geom type='box' size='.1 9 9' pos='15.1 0 0'/>"
           "<body><geom size='.05'/><joint/><site name='sphere' zaxis='1 0 0'/><site name='box' zaxis='0 1 0'/><site name='capsule' zaxis='-1 0 0'/><site name='cylinder' zaxis='0 -1 0'/>"
           "<site name='ellipsoid'/><site name='plane' zaxis='0 0 -1'/><site name='past' pos='.2 0 0' zaxis='0 0 -1'/><site name='inside' pos='0 -2.05 0' zaxis='0 1 0'/>"
           "<site name='glass' pos='9.5 0 0' zaxis='1 0 0'/></body>", "",
           "<rangefinder name='sphere' site='sphere'/><rangefinder name='box' site='box'/><rangefinder name='capsule' site='capsule'/><rangefinder name='cylinder' site='cylinder'/><rangefinder name='ellipsoid' site='ellipsoid'/>"
           "<rangefinder name='plane' site='plane'/><rangefinder name='past' site='past'/><rangefinder name='inside' site='inside'/><rangefinder name='glass' site='glass'/>");
    reads();
    for (size_t i = 0; i < sizeof rays / sizeof *rays; i++) is(rays[i].name, rays[i].expected);
    ends();
  }
}

/* a point that goes out along x and z leaves each volume where its shape ends */
static void t_sensor_insidesite_ends_where_the_shape_ends(void **state) {
  static const double reach[5][2] = {{.3, .3}, {.1, .3}, {.1, .3}, {.1, .2}, {.1, .3}}; /* sphere, capsule, ellipsoid, cylinder, box */
  (void)state;
  for (precision = 0; precision < 2; precision++) {
    begins("gravity='0 0 0'>", "<site name='v1' size='.3'/><site name='v2' type='capsule' size='.1 .2'/><site name='v3' type='ellipsoid' size='.1 .2 .3'/><site name='v4' type='cylinder' size='.1 .2'/>"
           "<site name='v5' type='box' size='.1 .2 .3'/><body name='b'><joint type='slide' axis='1 0 0'/><joint type='slide' axis='0 0 1'/><geom size='.1'/></body>", "",
           "<insidesite name='v1' site='v1' objtype='body' objname='b'/><insidesite name='v2' site='v2' objtype='body' objname='b'/><insidesite name='v3' site='v3' objtype='body' objname='b'/>"
           "<insidesite name='v4' site='v4' objtype='body' objname='b'/><insidesite name='v5' site='v5' objtype='body' objname='b'/>");
    for (int along = 0; along < 2; along++)
      for (int v = 0; v < 5; v++)
        for (int out = 0; out < 2; out++) {
          const char *const names[] = {"v1", "v2", "v3", "v4", "v5"};
          double qpos[2] = {0, 0};
          qpos[along] = reach[v][along] + (out ? 1e-4 : -1e-4);
          set(MM_QPOS, qpos);
          reads();
          if (of(names[v])[0] != !out) fail_msg("%s along %d: %g at %.12g", names[v], along, of(names[v])[0], qpos[along]);
        }
    ends();
  }
}

static void t_sensor_camera_sees_a_point_where_it_is(void **state) {
  (void)state;
  for (precision = 0; precision < 2; precision++) {
    begins(">", "<camera name='c' pos='0 0 4' resolution='640 480' fovy='90'/><site name='middle' pos='0 0 1'/><site name='corner' pos='4 3 1'/>", "",
           "<camprojection name='middle' site='middle' camera='c'/><camprojection name='corner' site='corner' camera='c'/>");
    reads();
    is("middle", 320);
    reads_as("middle", of("middle")[1], 240, 0);
    reads_as("corner", of("corner")[0], 320 + 240 * 4 / 3., 0);
    reads_as("corner", of("corner")[1], 0, 1e-3);
    ends();
  }
}

/* ---- when ---- */

static void t_sensor_flag_switches_all_off(void **state) {
  (void)state;
  for (precision = 0; precision < 2; precision++) {
    begins("><flag sensor='disable'/>", "<body pos='0 0 1'><freejoint/><geom size='.1'/><site name='s'/></body>", "", "<gyro name='g' site='s'/><clock name='t'/>");
    set(MM_QVEL, (double[]){0, 0, 0, 1, 2, 3});
    moves(3);
    is3("g", 0, 0, 0);
    is("t", 0);
    ends();
  }
}

/* a step leaves the readings of the state that it began with; a keyframe brings its time */
static void t_sensor_readings_are_of_the_state_before_the_step(void **state) {
  (void)state;
  for (precision = 0; precision < 2; precision++) {
    begins("timestep='.01'>", "<body pos='0 0 1'><freejoint/><geom size='.1'/></body>", "<keyframe><key time='2.5' qpos='0 0 3 1 0 0 0'/></keyframe>", "<clock name='t'/><framepos name='p' objtype='xbody' objname='world'/>");
    ok(mm_sim_step(sim, 3));
    ok(mm_sim_get(sim, MM_SENSORDATA, readings));
    is("t", .02);
    ok(mm_sim_reset(sim, NULL, 0));
    moves(2);
    is("t", 2.52);
    ok(mm_sim_reset(sim, NULL, -1));
    reads();
    is("t", 0);
    ends();
  }
}

static void t_sensor_is_kept_only_when_asked_for(void **state) {
  double number;
  (void)state;
  precision = 0;
  simulate(1, NULL, 0, MODEL, ">", "<body><joint/><geom size='.1'/></body>", "", "<clock/>");
  ok(mm_sim_forward(sim));
  fails(mm_sim_get(sim, MM_SENSORDATA, &number), MM_E_ARGUMENT, "mm_sim_def.keep");
  ends();
}

/* ---- what is refused ---- */

static void t_sensor_refuses_what_it_cannot_read(void **state) {
#define WORLD "<camera name='moving' mode='track'/><camera name='blind' resolution='0 1'/><geom name='g' size='.1'/><site name='s'/>" \
  "<body name='b' pos='0 0 9'><joint name='j'/><geom name='m' type='mesh' mesh='tet' contype='0' conaffinity='0'/><site name='t'/></body>"
  static const struct { const char *sensor; mm_status status; const char *words[2]; } cases[] = {
    {"<rangefinder site='s'/>", MM_E_UNSUPPORTED, {":5: <rangefinder>: ", "geom 1 \"m\", and rays against meshes"}},
    {"<rangefinder site='t' data='point'/>", MM_E_UNSUPPORTED, {":5: <rangefinder>: data", "\"point\" is not supported"}},
    {"<rangefinder camera='blind'/>", MM_E_UNSUPPORTED, {":5: <rangefinder>: camera", "not supported"}},
    {"<framepos objtype='camera' objname='moving'/>", MM_E_UNSUPPORTED, {":5: <framepos>: camera \"moving\"", "mode fixed"}},
    {"<framepos objtype='site' objname='s' reftype='camera' refname='moving'/>", MM_E_UNSUPPORTED, {":5: <framepos>: camera", "mode fixed"}},
    {"<camprojection site='s' camera='blind'/>", MM_E_MODEL, {":5: <camprojection>: camera", "no resolution"}},
    {"<contact body1='b' geom1='g'/>", MM_E_PARSE, {":5: <contact>: geom1", "another object"}},
    {"<contact data='force found'/>", MM_E_PARSE, {":5: <contact>: data", "\"found\" must stand before"}},
    {"<contact data='weight'/>", MM_E_PARSE, {":5: <contact>: data", "none of: found, force"}},
    {"<contact num='0'/>", MM_E_PARSE, {":5: <contact>: num", "1 to"}},
    {"<contact subtree2='nobody'/>", MM_E_MODEL, {":5: <contact>: ", "no body \"nobody\""}},
    {"<insidesite site='nowhere' objtype='body' objname='b'/>", MM_E_MODEL, {":5: <insidesite>: ", "no site \"nowhere\""}},
    {"<insidesite site='s' objname='b'/>", MM_E_PARSE, {":5: <insidesite>: objtype", "required"}},
    {"<distance geom1='g' geom2='m' cutoff='1'/>", MM_E_UNSUPPORTED, {":5: <distance>: ", "not supported"}},
    {"<normal geom1='g' geom2='m' cutoff='1'/>", MM_E_UNSUPPORTED, {":5: <normal>: ", "not supported"}},
    {"<fromto geom1='g' geom2='m' cutoff='1'/>", MM_E_UNSUPPORTED, {":5: <fromto>: ", "not supported"}},
    {"<tactile geom='g' mesh='tet'/>", MM_E_UNSUPPORTED, {":5: <tactile>: ", "not supported"}},
    {"<user dim='1'/>", MM_E_UNSUPPORTED, {":5: <user>: ", "not supported"}},
    {"<plugin plugin='p'/>", MM_E_UNSUPPORTED, {":5: <plugin>: ", "not supported"}},
    {"<jointlimitpos joint='j'/>", MM_E_MODEL, {":5: <jointlimitpos>: joint", "no limits"}},
    {"<clock delay='.1'/>", MM_E_UNSUPPORTED, {":5: <clock>: delay", "must be 0"}},
    {"<gyro site='s' cutoff='-1'/>", MM_E_PARSE, {":5: <gyro>: cutoff", "negative"}}};
  (void)state;
  ctx = contexts[0];
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[2048];
    snprintf(text, sizeof text, MODEL, ">", WORLD, "<asset><mesh name='tet' vertex='0 0 0 1 0 0 0 1 0 0 0 1'/></asset>", cases[i].sensor);
    fails(mm_model_load(ctx, write_text("model.xml", text), &model), cases[i].status, cases[i].words[0]);
    assert_non_null(strstr(mm_error(ctx), cases[i].words[1]));
    assert_null(model);
  }
#undef WORLD
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_sensor_touch_of_a_resting_sphere_is_its_weight),
    cmocka_unit_test(t_sensor_contact_takes_as_many_as_it_has_room_for),
    cmocka_unit_test(t_sensor_accelerometer_feels_support_and_not_fall),
    cmocka_unit_test(t_sensor_frames_seen_from_a_moving_frame),
    cmocka_unit_test(t_sensor_momentum_of_a_free_tree_is_kept),
    cmocka_unit_test(t_sensor_energy_of_a_fall_is_kept),
    cmocka_unit_test(t_sensor_force_carries_what_hangs_below),
    cmocka_unit_test(t_sensor_force_leaves_out_what_pushes_the_body_itself),
    cmocka_unit_test(t_sensor_joints_tendons_and_actuators),
    cmocka_unit_test(t_sensor_limits_tell_only_when_they_act),
    cmocka_unit_test(t_sensor_rangefinder_meets_every_shape),
    cmocka_unit_test(t_sensor_insidesite_ends_where_the_shape_ends),
    cmocka_unit_test(t_sensor_camera_sees_a_point_where_it_is),
    cmocka_unit_test(t_sensor_flag_switches_all_off),
    cmocka_unit_test(t_sensor_readings_are_of_the_state_before_the_step),
    cmocka_unit_test(t_sensor_is_kept_only_when_asked_for),
    cmocka_unit_test(t_sensor_refuses_what_it_cannot_read)};
  return cmocka_run_group_tests(tests, make_contexts, remove_contexts);
}
