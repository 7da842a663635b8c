/* >>repeat: what the tests of repetition share: models with everything in them, runs of many environments that differ,
   and all that can be compared of them. The implementation is included before this. */
#include "clips.h"

/* a sensor of each family */
#define SENSORS \
  "<sensor><touch site='p0'/><accelerometer site='p1'/><gyro site='s3'/><force site='s3'/><torque site='p1'/><framepos objtype='site' objname='p1' reftype='body' refname='tip'/>" \
  "<framelinvel objtype='site' objname='s4' reftype='site' refname='p1'/><rangefinder site='p1'/><subtreeangmom body='base'/><subtreelinvel body='base'/><e_potential/><e_kinetic/>" \
  "<contact subtree1='world' data='found force pos' reduce='maxforce' num='3'/><contact data='torque' reduce='netforce'/><jointlimitpos joint='elbow'/><tendonlimitfrc tendon='long'/></sensor>"

/* Free bodies of every shape that fall on a plane and on each other, a chain on a ball joint, two arms whose muscles run
   over a sphere, a cylinder and through a ring, with limits, friction loss, equalities of each kind, and sensors. */
#define ZOO(cone) \
  "<mujoco><option cone='" cone "' timestep='0.004'/><default><geom density='500'/></default><worldbody>" \
  "<geom type='plane' size='0 0 1' condim='6' friction='0.8 0.01 0.001'/>" \
  "<body pos='0 0 .1'><freejoint/><geom size='.1'/><site name='p0' size='.11'/><site name='p1' pos='0 .1 0'/></body>" \
  "<body pos='.12 0 .22' euler='20 10 0'><freejoint/><geom type='box' size='.1 .08 .06' condim='4'/></body>" \
  "<body pos='-.14 .02 .14'><freejoint/><geom type='capsule' size='.06 .1' euler='80 0 0' condim='1'/></body>" \
  "<body pos='0 .12 .27'><freejoint/><geom type='cylinder' size='.1 .05' condim='3'/></body>" \
  "<body pos='.03 -.1 .32'><freejoint/><geom type='ellipsoid' size='.12 .08 .05' condim='6'/></body>" \
  "<body pos='0 .1 .42' euler='0 40 20'><freejoint/><geom type='box' size='.07 .07 .07'/></body>" \
  "<body pos='2 0 1'><joint type='ball' damping='.1' range='0 60'/><geom type='capsule' size='.03' fromto='0 0 0 0 0 -.4'/>" \
  "<body name='tip' pos='0 0 -.4'><joint type='hinge' axis='0 1 0' frictionloss='.2' range='-50 50'/><geom type='capsule' size='.03' fromto='0 0 0 0 0 -.3'/></body></body>" \
  "<body name='anchor' pos='2.2 0 .4'><freejoint/><geom size='.05' mass='.3'/></body>" \
  "<body name='base' pos='-2 0 1'><geom name='ball' size='.05' pos='0 0 -.05' contype='0' conaffinity='0'/><site name='s0' pos='.02 .08 0'/><site name='side' pos='0 .1 -.05'/>" \
  "<geom name='ring' type='cylinder' size='.06 .1' pos='0 0 -.3' euler='90 0 0' contype='0' conaffinity='0'/><site name='within' pos='0 0 -.3'/>" \
  "<body pos='0 0 0'><joint name='shoulder' axis='1 0 0' range='-70 70' damping='.05'/><joint axis='0 1 0' damping='.05'/><geom type='capsule' size='.03' fromto='0 0 0 0 0 -.3' mass='1'/>" \
  "<site name='s1' pos='.02 .06 -.2'/><site name='s2' pos='0 -.07 -.15'/>" \
  "<body pos='0 0 -.3'><joint name='elbow' axis='1 0 0' range='-20 120' damping='.05'/><geom type='capsule' size='.025' fromto='0 0 0 0 0 -.3' mass='.7'/><site name='s3' pos='0 -.05 -.1'/><site name='s4' pos='0 .04 -.12'/>" \
  "<body pos='0 0 -.3'><joint name='wrist' axis='1 0 0' damping='.01'/><geom size='.04' mass='.2'/></body></body></body></body>" \
  "</worldbody><tendon>" \
  "<spatial name='front' springlength='.1 .2' stiffness='20' damping='1'><site site='s0'/><geom geom='ball' sidesite='side'/><site site='s1'/></spatial>" \
  "<spatial name='back'><site site='s2'/><geom geom='ring' sidesite='within'/><site site='s3'/></spatial>" \
  "<spatial name='long' limited='true' range='0 .52'><site site='s0'/><geom geom='ball'/><site site='s1'/><pulley divisor='2'/><site site='s2'/><site site='s4'/></spatial>" \
  "<fixed name='pair' frictionloss='.05'><joint joint='elbow' coef='1'/><joint joint='wrist' coef='-.5'/></fixed></tendon>" \
  "<equality><joint joint1='wrist' joint2='elbow' polycoef='0 .5 .1 0 0'/><connect body1='tip' body2='anchor' anchor='0 0 -.3'/>" \
  "<tendon tendon1='front' tendon2='back' polycoef='0 -.2 0 0 0' solref='.1 1'/></equality><actuator>" \
  "<muscle tendon='front' lengthrange='.1 .4'/><muscle tendon='back' lengthrange='.1 .4' tausmooth='.2'/><muscle tendon='long' lengthrange='.2 .6'/>" \
  "<motor joint='shoulder' gear='3' ctrllimited='true' ctrlrange='-1 1'/><position joint='wrist' kp='2'/></actuator>" SENSORS "</mujoco>"

typedef struct model_def { const char *name, *text, *path; } model_def;

/* where kernels run; launch: by a function of the test's own */
typedef mm_status (*launch_fn)(mm_device *base, mm_program *program, const char *name, int groups, const mm_arg *args, int count);
typedef struct machine { mm_backend_kind backend; mm_precision precision; int width, lanes, threads; launch_fn launch; } machine;
/* what is compared: the state, and what follows from it */
static const mm_field looked_at[] = {
  MM_QPOS, MM_QVEL, MM_ACT, MM_QACC_WARMSTART, MM_WARNING, MM_XPOS, MM_XQUAT, MM_CVEL, MM_QM, MM_TEN_LENGTH, MM_TEN_VELOCITY,
  MM_ACTUATOR_LENGTH, MM_ACTUATOR_VELOCITY, MM_ACTUATOR_FORCE, MM_ACT_DOT, MM_QFRC_BIAS, MM_QFRC_PASSIVE, MM_QFRC_ACTUATOR,
  MM_QFRC_CONSTRAINT, MM_QACC, MM_QACC_SMOOTH, MM_CONTACT_DIST, MM_CONTACT_FORCE, MM_EFC_COUNT, MM_SOLVER_NITER, MM_SENSORDATA};
enum { FIELDS = sizeof looked_at / sizeof *looked_at, STATE_FIELDS = 5 };

typedef struct bench {
  mm_context *ctx;
  mm_model *model;
  mm_sim *sim;
  int n;
  double *values[FIELDS]; /* [n, size] */
} bench;

static void good(const bench *b, mm_status status) {
  if (status) fail_msg("%s: %s", mm_status_name(status), mm_error(b->ctx));
}

/* a number from 0 to 1 that depends on its three keys alone */
static double chance(uint64_t a, uint64_t b, uint64_t c) {
  uint64_t x = a * 0x9E3779B97F4A7C15ULL + b * 0xC2B2AE3D27D4EB4FULL + c * 0x165667B19E3779F9ULL + 1;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return (double)((x ^ (x >> 31)) >> 11) / 9007199254740992.0;
}

static mm_backend special;

static void open_context(bench *b, const machine *m) {
  mm_context_def def;
  memset(&def, 0, sizeof def);
  def.backend = m->backend;
  def.precision = m->precision;
  def.width = m->width;
  def.lanes = m->lanes;
  def.threads = m->threads;
  assert_int_equal(mm_context_create(&def, &b->ctx), 0);
  good(b, mm__device_open(b->ctx));
  if (m->launch) {
    special = *b->ctx->device->backend;
    special.launch = m->launch;
    b->ctx->device->backend = &special;
  }
}

static void load(bench *b, const model_def *def) {
  char name[64];
  snprintf(name, sizeof name, "%s.xml", def->name);
  good(b, mm_model_load(b->ctx, def->text ? write_text(name, def->text) : def->path, &b->model));
}

static void begin(bench *b, const machine *m, const model_def *def, int n) {
  mm_sim_def sim_def;
  memset(b, 0, sizeof *b);
  memset(&sim_def, 0, sizeof sim_def);
  b->n = sim_def.environments = n;
  sim_def.keep = looked_at + STATE_FIELDS;
  sim_def.keep_count = FIELDS - STATE_FIELDS;
  open_context(b, m);
  load(b, def);
  good(b, mm_sim_create(b->ctx, b->model, &sim_def, &b->sim));
  for (int f = 0; f < FIELDS; f++)
    b->values[f] = (double *)calloc((size_t)(n * mm_field_size(b->model, looked_at[f]) + 1), sizeof(double));
}

static void end(bench *b) {
  for (int f = 0; f < FIELDS; f++) free(b->values[f]);
  mm_sim_destroy(b->sim);
  mm_model_destroy(b->model);
  mm_context_destroy(b->ctx);
}

/* every environment begins elsewhere */
static void scatter(bench *b) {
  const mm_model *m = b->model;
  double *q = (double *)malloc(sizeof *q * (size_t)(b->n * m->nq)), *v = (double *)malloc(sizeof *v * (size_t)(b->n * m->nv));
  for (int i = 0; i < b->n; i++) {
    for (int k = 0; k < m->nq; k++) q[i * m->nq + k] = m->qpos0[k] + 0.1 * (chance(1, (uint64_t)i, (uint64_t)k) - 0.5);
    for (int k = 0; k < m->nv; k++) v[i * m->nv + k] = 1.0 * (chance(2, (uint64_t)i, (uint64_t)k) - 0.5);
  }
  good(b, mm_sim_set(b->sim, MM_QPOS, q));
  good(b, mm_sim_set(b->sim, MM_QVEL, v));
  free(q);
  free(v);
}

static void excite(bench *b, int control) {
  const int nu = b->model->nu;
  double *u = (double *)malloc(sizeof *u * (size_t)(b->n * nu + 1));
  for (int i = 0; i < b->n; i++)
    for (int k = 0; k < nu; k++) u[i * nu + k] = chance((uint64_t)(3 + control), (uint64_t)i, (uint64_t)k);
  good(b, mm_sim_set(b->sim, MM_CTRL, u));
  free(u);
}

static void read_all(bench *b) {
  for (int f = 0; f < FIELDS; f++) good(b, mm_sim_get(b->sim, looked_at[f], b->values[f]));
}

static void move(bench *b, int controls, int substeps) {
  for (int c = 0; c < controls; c++) {
    excite(b, c);
    good(b, mm_sim_step(b->sim, substeps));
  }
}

static void run_for(bench *b, const machine *m, const model_def *def, int n, int controls) {
  begin(b, m, def, n);
  scatter(b);
  move(b, controls, 5);
  good(b, mm_sim_forward(b->sim));
  read_all(b);
}

/* environment i of a is environment j of b, in every bit */
static void same_environment(const bench *a, int i, const bench *b, int j, const char *model, const char *what) {
  for (int f = 0; f < FIELDS; f++) {
    const int size = mm_field_size(a->model, looked_at[f]);
    const double *x = a->values[f] + (size_t)i * (size_t)size, *y = b->values[f] + (size_t)j * (size_t)size;
    for (int k = 0; k < size; k++)
      if (x[k] != y[k] && (x[k] == x[k] || y[k] == y[k]))
        fail_msg("%s, %s: environment %d, %s[%d]: %.17g and %.17g", model, what, i, mm_field_name(looked_at[f]), k, x[k], y[k]);
  }
}

static MM_UNUSED void same_all(const bench *a, const bench *b, const char *model, const char *what) {
  const int n = a->n < b->n ? a->n : b->n;
  for (int i = 0; i < n; i++) same_environment(a, i, b, i, model, what);
}

/* that it went somewhere, in sight of contacts, and that no two environments are alike */
static void is_alive(const bench *b, const char *model) {
  const int nq = b->model->nq, slots = b->model->nconmax;
  int touching = 0;
  for (int i = 0; i < b->n; i++) {
    for (int k = 0; k < nq; k++) assert_true(fabs(b->values[0][i * nq + k]) < 100);
    if (i) assert_true(memcmp(b->values[0], b->values[0] + i * nq, sizeof(double) * (size_t)nq) != 0);
    for (int k = 0; k < slots; k++) {
      int f = 0;
      while (looked_at[f] != MM_CONTACT_FORCE) f++;
      touching += b->values[f][6 * (i * slots + k)] > 0;
    }
  }
  if (!touching) fail_msg("%s: nothing touches", model);
}

static const model_def models[] = {
  {"legs18", NULL, "models/legs18.xml"}, {"pyramids", ZOO("pyramidal"), NULL}, {"cones", ZOO("elliptic"), NULL}};
enum { MODELS = sizeof models / sizeof *models };

typedef struct learned { double numbers[60000]; int count, parameters; } learned;

/* parameters, statistics and what the last of some updates has reported */
enum { LEARNERS = 3 }; /* plain networks; residual blocks and all that an environment may have; mixtures of experts with Muon */
static MM_UNUSED void learn(const machine *m, learned *l, int kind, int updates) {
  static const char *const kinds[LEARNERS] = {
    "actor_hidden_layers=[24, 16]",
    "actor_hidden_layers=[16, 24, 24, 16]; use_residual=true; apply_mode=incremental;"
    "init_state_type=PerturbedTrajInitialStateHandler; qpos_noise_std=0.01; qvel_noise_std=0.1; joint_acc_coeff=0.001;"
    "joint_torque_coeff=0.001; action_rate_coeff=0.01; activation_energy_coeff=0.01; len_obs_history=2; use_mean_exp_reward=true;"
    "horizon=5; adaptive_termination_enabled=true; reward_curriculum_enabled=true; adaptive_sampling_enabled=true",
    "actor_hidden_layers=[24, 16]; use_moe=true; moe_at_layers=[0]; optimizer_type=muon; lr_schedule_type=adaptive"};
  mm_train_report report;
  mm_train_def def;
  mm_trainer *trainer = NULL;
  mm_trajectory *clip;
  const char *key;
  double value;
  bench b;
  memset(&b, 0, sizeof b);
  open_context(&b, m);
  load(&b, &models[0]);
  ctx = b.ctx;
  clip = swinging(b.model, "swing", 40, 0);
  def = settings("num_envs=6; num_steps=8; num_minibatches=3; update_epochs=2; total_timesteps=4800; critic_hidden_layers=[16]");
  set_all(&def, kinds[kind]);
  good(&b, mm_trainer_create(b.ctx, b.model, clip, &def, &trainer));
  for (int i = 0; i < updates; i++) good(&b, mm_trainer_step(trainer, &report));
  l->parameters = trainer->agent.size;
  l->count = trainer->agent.size + 3 * trainer->agent.observations;
  assert_true(l->count + 100 < MM_COUNT(l->numbers));
  good(&b, mm__learn_read(&trainer->learn, trainer->agent.params, 0, l->numbers, (size_t)trainer->agent.size));
  good(&b, mm__learn_read(&trainer->learn, trainer->agent.stats, 0, l->numbers + trainer->agent.size, (size_t)(3 * trainer->agent.observations)));
  for (int i = 0; (key = mm_train_report_item(&report, i, &value)) != NULL; i++)
    if (!strstr(key, "time/")) l->numbers[l->count++] = value;
  mm_trainer_destroy(trainer);
  mm_trajectory_destroy(clip);
  mm_model_destroy(b.model);
  mm_context_destroy(b.ctx);
}

/* the coordinates of a walk that legs18 follows */
static MM_UNUSED void fit(const machine *m, learned *l) {
  mm_walk_def walk;
  mm_retarget_def def;
  mm_trajectory *t = NULL;
  mm_clip *clip = NULL;
  bench b;
  memset(&b, 0, sizeof b);
  memset(&walk, 0, sizeof walk);
  memset(&def, 0, sizeof def);
  walk.strides = 1;
  def.frequency = 25;
  def.iterations = 4;
  def.pieces = 2;
  open_context(&b, m);
  load(&b, &models[0]);
  good(&b, mm_clip_walk(b.ctx, &walk, NULL, &clip));
  good(&b, mm_retarget(b.ctx, clip, b.model, &def, &t, NULL));
  l->count = t->frame_count * t->nq;
  assert_true(l->count > 100 && l->count < MM_COUNT(l->numbers));
  memcpy(l->numbers, t->qpos, sizeof(double) * (size_t)l->count);
  mm_trajectory_destroy(t);
  mm_clip_destroy(clip);
  mm_model_destroy(b.model);
  mm_context_destroy(b.ctx);
}
