/* >>t-env: the imitation task: how episodes begin, what controls do, histories, ends, what adapts, thousands of clips */
#define MUSCLEMIMIC_IMPLEMENTATION
#include "reversed.h"
#include "task.h"

/* a hopper with a free root, a muscle, a motor, and a chain of coupled joints whose equalities stand in the wrong order */
static const char model_text[] =
  "<mujoco model=\"hopper\">\n"
  "  <option timestep=\"0.002\"/>\n"
  "  <worldbody>\n"
  "    <geom name=\"floor\" type=\"plane\" size=\"5 5 1\"/>\n"
  "    <body name=\"pelvis\" pos=\"0 0 1\">\n"
  "      <freejoint name=\"root\"/>\n"
  "      <geom name=\"trunk\" type=\"capsule\" fromto=\"0 0 0 0 0 0.4\" size=\"0.08\"/>\n"
  "      <site name=\"pelvis_mimic\"/>\n"
  "      <site name=\"origin\" pos=\"0.05 0 0\"/>\n"
  "      <body name=\"thigh\" pos=\"0 0 -0.1\">\n"
  "        <joint name=\"hip\" axis=\"0 1 0\" range=\"-60 60\"/>\n"
  "        <geom name=\"thigh\" type=\"capsule\" fromto=\"0 0 0 0 0 -0.3\" size=\"0.04\"/>\n"
  "        <site name=\"insertion\" pos=\"0.05 0 -0.2\"/>\n"
  "        <body name=\"shank\" pos=\"0 0 -0.4\">\n"
  "          <joint name=\"knee\" axis=\"0 1 0\" range=\"0 2\" damping=\"0.2\"/>\n"
  "          <joint name=\"slip\" type=\"slide\" axis=\"1 0 0\"/>\n"
  "          <geom name=\"shank\" type=\"capsule\" fromto=\"0 0 0 0 0 -0.3\" size=\"0.03\"/>\n"
  "          <site name=\"left_ankle_mimic\" pos=\"0 0 -0.35\"/>\n"
  "          <body name=\"cap\" pos=\"0.05 0 0\">\n"
  "            <joint name=\"glide\" type=\"slide\" axis=\"0 0 1\"/>\n"
  "            <geom name=\"cap\" type=\"sphere\" size=\"0.02\"/>\n"
  "          </body>\n"
  "        </body>\n"
  "      </body>\n"
  "    </body>\n"
  "  </worldbody>\n"
  "  <equality>\n"
  "    <joint joint1=\"glide\" joint2=\"slip\" polycoef=\"0.01 0.5 0.2 0 0\"/>\n"
  "    <joint joint1=\"slip\" joint2=\"knee\" polycoef=\"0 0.02 -0.01 0.003 0.001\"/>\n"
  "  </equality>\n"
  "  <tendon><spatial name=\"flexor\"><site site=\"origin\"/><site site=\"insertion\"/></spatial></tendon>\n"
  "  <actuator>\n"
  "    <muscle name=\"iliopsoas\" tendon=\"flexor\" force=\"300\" lengthrange=\"0.1 0.5\"/>\n"
  "    <motor name=\"push\" joint=\"knee\" ctrllimited=\"true\" ctrlrange=\"-2 4\"/>\n"
  "  </actuator>\n"
  "</mujoco>\n";
enum { NQ = 11, NV = 10, NU = 2, NA = 1, HIP = 7, KNEE = 8, SLIP = 9, GLIDE = 10 };

static mm_model *model;
static mm_trajectory *three;

/* a hovering hopper that swings, with coupled joints that are not */
static mm_trajectory *motion(const mm_model *m, const char *name, int frames, double phase) {
  mm_trajectory *t = NULL;
  ok(mm_trajectory_create(m, name, frames, 100, &t));
  for (int f = 0; f < frames; f++) {
    double *q = t->qpos + (size_t)f * NQ;
    q[0] = 3 + 0.01 * f + phase;
    q[1] = -2 + 0.005 * f;
    q[2] = 1.1;
    q[3] = cos(0.01 * f);
    q[6] = sin(0.01 * f);
    q[HIP] = 0.4 * sin(0.05 * f + phase);
    q[KNEE] = 0.6 + 0.2 * sin(0.04 * f + phase);
    q[SLIP] = 0.1;
  }
  mm_trajectory_differentiate(m, t);
  ok(mm_trajectory_forward(m, t));
  return t;
}

static mm_trajectory *clips(int count, int frames) {
  mm_trajectory **list = (mm_trajectory **)calloc((size_t)count, sizeof *list), *joined = NULL;
  for (int i = 0; i < count; i++) {
    char name[32];
    snprintf(name, sizeof name, "clip%d", i);
    list[i] = motion(model, name, frames + i % 5, 0.01 * i);
  }
  ok(mm_trajectory_join(ctx, (const mm_trajectory *const *)list, count, &joined));
  for (int i = 0; i < count; i++) mm_trajectory_destroy(list[i]);
  free(list);
  return joined;
}

static int setup(void **state) {
  if (make_native(state)) return -1;
  model = model_of(model_text);
  three = clips(3, 30);
  return 0;
}

static int teardown(void **state) {
  mm_trajectory_destroy(three);
  mm_model_destroy(model);
  return remove_folder(state);
}

static mm_train_def settings(void) {
  mm_train_def def;
  ok(mm_train_preset(ctx, "demo", &def));
  def.enable_touch_sensor_observations = 0;
  return def;
}

static double *field_of(bench *b, mm_field field, int size) {
  double *values = (double *)calloc((size_t)(b->n * size), sizeof *values);
  assert_non_null(values);
  ok(mm_sim_get(b->task.sim, field, values));
  return values;
}

static void act(bench *b, int t, const double *actions) {
  ok(mm__learn_write(&b->learn, b->io.action, (size_t)(t * b->n * NU), actions, (size_t)(b->n * NU)));
  ok(mm__task_step(&b->task, &b->io, t, t + 1));
}

static double poly(const double *c, double x) { return c[0] + x * (c[1] + x * (c[2] + x * (c[3] + x * c[4]))); }
static double slope(const double *c, double x) { return c[1] + x * (2 * c[2] + x * (3 * c[3] + x * 4 * c[4])); }
static const double slip_of_knee[5] = {0, 0.02, -0.01, 0.003, 0.001}, glide_of_slip[5] = {0.01, 0.5, 0.2, 0, 0};

static void t_env_coupled_joints_start_coupled(void **state) {
  mm_train_def def = settings();
  double *q, *v;
  bench b;
  (void)state;
  bench_open(&b, ctx, model, three, &def, 16, -1);
  ok(mm__task_begin(&b.task, &b.io, 0, 0));
  q = field_of(&b, MM_QPOS, NQ);
  v = field_of(&b, MM_QVEL, NV);
  for (int i = 0; i < 16; i++) {
    const double *p = q + i * NQ, *u = v + i * NV;
    assert_true(p[KNEE] > 0.39);
    assert_true(fabs(p[SLIP] - poly(slip_of_knee, p[KNEE])) < 1e-14);
    assert_true(fabs(p[GLIDE] - poly(glide_of_slip, p[SLIP])) < 1e-14);
    assert_true(fabs(u[SLIP - 1] - slope(slip_of_knee, p[KNEE]) * u[KNEE - 1]) < 1e-14);
    assert_true(fabs(u[GLIDE - 1] - slope(glide_of_slip, p[SLIP]) * u[SLIP - 1]) < 1e-14);
  }
  free(q);
  free(v);
  bench_close(&b);
}

static void t_env_begins_where_it_is_told(void **state) {
  mm_train_def def = settings();
  double *env, *q;
  int seen[3] = {0, 0, 0};
  bench b;
  (void)state;
  def.start_from_random_step = 0;
  bench_open(&b, ctx, model, three, &def, 60, -1);
  ok(mm__task_begin(&b.task, &b.io, 0, 0));
  env = field_of(&b, MM_ENV_STATE, MM_ENV_SIZE);
  for (int i = 0; i < 60; i++) {
    assert_true(env[i * MM_ENV_SIZE + MM_ENV_FRAME] == 0);
    seen[(int)env[i * MM_ENV_SIZE + MM_ENV_CLIP]]++;
  }
  assert_true(seen[0] > 5 && seen[1] > 5 && seen[2] > 5);
  free(env);
  bench_close(&b);
  def.random_start = 0;
  def.fixed_start_clip = 2;
  def.fixed_start_frame = 7;
  bench_open(&b, ctx, model, three, &def, 5, -1);
  ok(mm__task_begin(&b.task, &b.io, 0, 0));
  env = field_of(&b, MM_ENV_STATE, MM_ENV_SIZE);
  q = field_of(&b, MM_QPOS, NQ);
  for (int i = 0; i < 5; i++) {
    const double *r = three->qpos + (size_t)(three->split_points[2] + 7) * NQ;
    assert_true(env[i * MM_ENV_SIZE + MM_ENV_CLIP] == 2 && env[i * MM_ENV_SIZE + MM_ENV_FRAME] == 7);
    assert_true(q[i * NQ] == 0 && q[i * NQ + 1] == 0 && q[i * NQ + 2] == r[2] && q[i * NQ + HIP] == r[HIP]);
  }
  free(env);
  free(q);
  bench_close(&b);
  assert_int_equal(mm__learn_open(ctx, &b.learn), MM_OK);
  def.fixed_start_frame = 99;
  fails(mm__task_create(&b.learn, model, three, &def, 5, 10, -1, &b.task), MM_E_ARGUMENT, "frame 99 of clip 2");
  mm__learn_close(&b.learn);
}

/* noise has its standard deviation, stays in the joints' ranges, leaves the root alone unless told, couples, and is the
   same for the same seed */
static void t_env_perturbed_starts(void **state) {
  enum { N = 3000 };
  mm_train_def def = settings();
  double *q, *again, *v, sum = 0, squares = 0, speeds = 0;
  int beyond = 0;
  bench b;
  (void)state;
  def.init_state_type = 1;
  def.random_start = 0;
  def.qpos_noise_std = 0.05;
  def.qvel_noise_std = 0.3;
  bench_open(&b, ctx, model, three, &def, N, -1);
  ok(mm__task_begin(&b.task, &b.io, 0, 0));
  q = field_of(&b, MM_QPOS, NQ);
  v = field_of(&b, MM_QVEL, NV);
  for (int i = 0; i < N; i++) {
    const double *p = q + i * NQ, d = p[HIP] - three->qpos[HIP], w = v[i * NV + HIP - 1] - three->qvel[HIP - 1];
    sum += d;
    squares += d * d;
    speeds += w * w;
    beyond += p[KNEE] < 0 || p[KNEE] > 2 * MM_PI / 180;
    assert_true(p[0] == 0 && p[2] == 1.1 && p[3] == 1 && v[i * NV] == three->qvel[0]);
    assert_true(fabs(p[SLIP] - poly(slip_of_knee, p[KNEE])) < 1e-14);
  }
  assert_true(fabs(sum / N) < 0.003 && fabs(sqrt(squares / N) - 0.05) < 0.003 && fabs(sqrt(speeds / N) - 0.3) < 0.02);
  assert_int_equal(beyond, 0);
  ok(mm__task_begin(&b.task, &b.io, 0, 0));
  again = field_of(&b, MM_QPOS, NQ);
  assert_memory_equal(q, again, N * NQ * sizeof *q);
  free(again);
  ok(mm__task_begin(&b.task, &b.io, 0, 1));
  again = field_of(&b, MM_QPOS, NQ);
  assert_true(memcmp(q, again, N * NQ * sizeof *q) != 0);
  free(q);
  free(again);
  free(v);
  bench_close(&b);
  def.perturb_free_joint_pos = def.perturb_free_joint_quat = def.perturb_free_joint_vel = 1;
  bench_open(&b, ctx, model, three, &def, 50, -1);
  ok(mm__task_begin(&b.task, &b.io, 0, 0));
  q = field_of(&b, MM_QPOS, NQ);
  for (int i = 0; i < 50; i++) {
    const double *p = q + i * NQ;
    assert_true(p[0] != 0 && p[3] != 1);
    assert_true(fabs(p[3] * p[3] + p[4] * p[4] + p[5] * p[5] + p[6] * p[6] - 1) < 1e-12);
  }
  free(q);
  bench_close(&b);
}

static void t_env_actions_become_controls(void **state) {
  static const double first[NU] = {0.4, 0.5}, second[NU] = {-3, 0.8}, third[NU] = {0.9, -0.25};
  mm_train_def def = settings();
  double *ctrl;
  bench b;
  (void)state;
  def.terminal_state_type = 0;
  bench_open(&b, ctx, model, three, &def, 1, 0);
  ok(mm__task_begin(&b.task, &b.io, 0, 0));
  act(&b, 0, second);
  ctrl = field_of(&b, MM_CTRL, NU);
  assert_true(ctrl[0] == -1 && fabs(ctrl[1] - (1 + 0.8 * 3)) < 1e-14); /* muscles as they are, a motor over its range */
  free(ctrl);
  bench_close(&b);
  def.apply_mode = 1;
  bench_open(&b, ctx, model, three, &def, 1, 0);
  ok(mm__task_begin(&b.task, &b.io, 0, 0));
  act(&b, 0, first);
  act(&b, 1, second);
  act(&b, 2, third);
  ctrl = field_of(&b, MM_CTRL, NU);
  assert_true(fabs(ctrl[0] - (-0.6 + 0.9)) < 1e-14);
  assert_true(fabs(ctrl[1] - (1.5 + 2.4 - 0.75)) < 1e-14);
  free(ctrl);
  bench_close(&b);
}

/* older states before the newest, zeros before the beginning, also after an end */
static void t_env_history(void **state) {
  static const double none[2 * NU] = {0, 0, 0, 0};
  mm_train_def def = settings();
  double *rows;
  int width, kept;
  bench b;
  (void)state;
  def.len_obs_history = 3;
  def.split_goal = 1;
  def.terminal_state_type = 0;
  def.horizon = 3;
  bench_open(&b, ctx, model, three, &def, 2, 0);
  width = b.task.plan.observations;
  kept = b.task.plan.state;
  assert_int_equal(kept, 5 + 4 + 6 + 4 + 5 * NU);
  assert_int_equal(width, b.task.plan.raw + 2 * kept);
  ok(mm__task_begin(&b.task, &b.io, 0, 0));
  for (int t = 0; t < STEPS; t++) act(&b, t, none);
  rows = (double *)calloc((size_t)((STEPS + 1) * 2 * width), sizeof *rows);
  ok(mm__learn_read(&b.learn, b.io.obs, 0, rows, (size_t)((STEPS + 1) * 2 * width)));
  for (int i = 0; i < 2; i++) {
    const double *r[STEPS + 1];
    for (int t = 0; t <= STEPS; t++) r[t] = rows + (size_t)(t * 2 + i) * (size_t)width;
    for (int k = 0; k < 2 * kept; k++) assert_true(r[0][k] == 0 && r[3][k] == 0); /* row 3: after the horizon */
    for (int k = 0; k < kept; k++) assert_true(r[1][k] == 0 && r[4][k] == 0);
    assert_memory_equal(r[1] + kept, r[0] + 2 * kept, (size_t)kept * sizeof *rows);
    assert_memory_equal(r[2], r[1] + kept, 2 * (size_t)kept * sizeof *rows);
    assert_memory_equal(r[4] + kept, r[3] + 2 * kept, (size_t)kept * sizeof *rows);
    assert_true(r[1][2 * kept] != r[0][2 * kept]);
  }
  free(rows);
  bench_close(&b);
}

/* the end of a clip is no absorbing end, and what was seen last is kept for the value that goes on */
static void t_env_clip_ends_do_not_absorb(void **state) {
  static const double none[NU] = {0, 0};
  mm_train_def def = settings();
  double env[MM_ENV_SIZE], planes[(STEPS + 1) * MM_PLANES], *last;
  bench b;
  (void)state;
  def.terminal_state_type = 0;
  def.enable_root_deviation_observations = 0; /* the phase is last */
  bench_open(&b, ctx, model, three, &def, 1, 1);
  ok(mm__task_begin(&b.task, &b.io, 0, 0));
  ok(mm_sim_get(b.task.sim, MM_ENV_STATE, env));
  env[MM_ENV_FRAME] = 31 - 2;
  ok(mm_sim_set(b.task.sim, MM_ENV_STATE, env));
  act(&b, 0, none);
  ok(mm__learn_read(&b.learn, b.io.batch, 0, planes, (STEPS + 1) * MM_PLANES));
  assert_true(planes[MM_PLANE_DONE * (STEPS + 1)] == 1 && planes[MM_PLANE_ABSORBING * (STEPS + 1)] == 0);
  last = (double *)calloc((size_t)b.task.plan.observations, sizeof *last);
  ok(mm__learn_read(&b.learn, b.io.last, 0, last, (size_t)b.task.plan.observations));
  assert_true(last[b.task.plan.observations - 1] == 30.0 / 31);
  ok(mm__learn_read(&b.learn, b.io.obs, (size_t)b.task.plan.observations, last, (size_t)b.task.plan.observations));
  assert_true(last[b.task.plan.observations - 1] == 0);
  free(last);
  bench_close(&b);
}

static void t_env_root_deviation_is_from_where_the_episode_is(void **state) {
  static const double none[NU] = {0, 0};
  mm_train_def def = settings();
  const int width_of_root = 3, first = three->split_points[1] + 4;
  double seen[3];
  bench b;
  (void)state;
  def.random_start = 0;
  def.fixed_start_clip = 1;
  def.fixed_start_frame = 4;
  def.terminal_state_type = 0;
  bench_open(&b, ctx, model, three, &def, 1, -1);
  ok(mm__task_begin(&b.task, &b.io, 0, 0));
  for (int t = 0; t < 3; t++) {
    const double *begin = three->qpos + (size_t)first * NQ, *now = begin + (size_t)t * NQ;
    const int width = b.task.plan.observations;
    double *q = field_of(&b, MM_QPOS, NQ);
    ok(mm__learn_read(&b.learn, b.io.obs, (size_t)((t + 1) * width - width_of_root), seen, 3));
    for (int i = 0; i < 3; i++) assert_true(fabs(seen[i] - (q[i] - now[i] + (i < 2 ? begin[i] : 0))) < 1e-12);
    assert_true(t == 0 || fabs(seen[0]) > 1e-6);
    free(q);
    act(&b, t, none);
  }
  bench_close(&b);
}

/* ---- what adapts, against the same written plainly ---- */

typedef struct plain {
  double limit, ema, run, side, qvel, root_vel, reward_ema, reward_run, begun;
  double done[3], early[3], sums[3];
} plain;

static void plain_sampling(plain *p, const mm_train_def *d, const double *done, const double *early) {
  double priority[3], total = 0, sum = 0;
  for (int c = 0; c < 3; c++) {
    p->done[c] = (1 - d->adaptive_sampling_beta) * p->done[c] + d->adaptive_sampling_beta * done[c];
    p->early[c] = (1 - d->adaptive_sampling_beta) * p->early[c] + d->adaptive_sampling_beta * early[c];
    priority[c] = pow(p->early[c] / (p->done[c] + d->adaptive_sampling_eps_div) + d->adaptive_sampling_eps_pow, d->adaptive_sampling_alpha);
    total += priority[c];
  }
  for (int c = 0; c < 3; c++) p->sums[c] = sum += (1 - d->adaptive_sampling_floor_mix) * priority[c] / total + d->adaptive_sampling_floor_mix / 3;
}

static void plain_update(plain *p, const mm_train_def *d, const double *done, const double *early) {
  const double ends = done[0] + done[1] + done[2], rate = ends > 0 ? (early[0] + early[1] + early[2]) / ends : 0;
  double side;
  plain_sampling(p, d, done, early);
  p->ema = 0.9 * p->ema + 0.1 * rate;
  side = p->ema < d->adaptive_termination_low_band ? -1 : p->ema > d->adaptive_termination_high_band ? 1 : 0;
  p->run = side != 0 && side == p->side ? p->run + 1 : side != 0;
  p->side = side;
  if (side != 0 && p->run >= d->adaptive_termination_consecutive_k) {
    p->limit = side < 0 ? p->limit * 0.95 : p->limit / 0.95;
    p->limit = fmin(fmax(p->limit, d->adaptive_termination_min_threshold), d->adaptive_termination_init_threshold);
    p->run = 0;
  }
  if (p->begun == 0) {
    p->begun = 1;
    p->reward_ema = rate;
    return;
  }
  p->reward_ema = 0.8 * p->reward_ema + 0.2 * rate;
  p->reward_run = p->reward_ema < d->reward_curriculum_term_rate_threshold ? p->reward_run + 1 : 0;
  if (p->reward_run >= d->reward_curriculum_consecutive_k) {
    p->qvel = fmin(p->qvel * (1 + d->reward_curriculum_eta), d->reward_curriculum_qvel_w_sum_max);
    p->root_vel = fmin(p->root_vel * (1 + d->reward_curriculum_eta), d->reward_curriculum_root_vel_w_sum_max);
    p->reward_run = 0;
  }
}

static mm_train_def adaptive(void) {
  mm_train_def def = settings();
  def.adaptive_termination_enabled = def.reward_curriculum_enabled = def.adaptive_sampling_enabled = 1;
  def.adaptive_termination_consecutive_k = 2;
  def.reward_curriculum_consecutive_k = 2;
  def.reward_curriculum_eta = 0.3;
  def.adaptive_sampling_alpha = 1.5;
  return def;
}

static void t_env_adapts_as_published(void **state) {
  enum { N = 8, ROWS = STEPS * N };
  const mm_train_def def = adaptive();
  double signal[ROWS * MM_SIGNAL_COUNT], planes[MM_PLANES * (ROWS + N)], sums[MM_SIGNAL_COUNT], reals[MM_TR_SIZE + 3];
  plain p = {0.3, 1, 0, 0, 0.1, 0.1, 0, 0, 0, {10, 10, 10}, {5, 5, 5}, {0, 0, 0}};
  mm_buffer *sum_buffer = NULL;
  double shrunk = 1, grown = 0;
  uint32_t random = 1;
  bench b;
  (void)state;
  bench_open(&b, ctx, model, three, &def, N, -1);
  ok(mm__learn_reals(&b.learn, MM_SIGNAL_COUNT, &sum_buffer));
  assert_true(mm__task_adapts(&b.task));
  for (int update = 0; update < 60; update++) {
    const uint32_t share = update < 30 ? 0 : update < 45 ? 70 : 30; /* percent of early ends */
    double done[3] = {0, 0, 0}, early[3] = {0, 0, 0};
    memset(signal, 0, sizeof signal);
    memset(planes, 0, sizeof planes);
    memset(sums, 0, sizeof sums);
    for (int i = 0; i < ROWS; i++) {
      int clip, ends, lost;
      random = random * 1664525u + 1013904223u;
      clip = (int)(random >> 16) % 3;
      ends = (random >> 8) % 4 == 0 && update != 7;
      random = random * 1664525u + 1013904223u;
      lost = ends && (random >> 16) % 100 < share * (uint32_t)(clip + 1) / 2;
      signal[i * MM_SIGNAL_COUNT + MM_SIGNAL_CLIP] = clip;
      planes[MM_PLANE_DONE * (ROWS + N) + i] = ends;
      planes[MM_PLANE_ABSORBING * (ROWS + N) + i] = lost;
      done[clip] += ends;
      early[clip] += lost;
      sums[MM_SIGNAL_DONE] += ends;
      sums[MM_SIGNAL_EARLY] += lost;
    }
    ok(mm__learn_write(&b.learn, b.io.signal, 0, signal, ROWS * MM_SIGNAL_COUNT));
    ok(mm__learn_write(&b.learn, b.io.batch, 0, planes, MM_PLANES * (ROWS + N)));
    ok(mm__learn_write(&b.learn, sum_buffer, 0, sums, MM_SIGNAL_COUNT));
    ok(mm__task_adapt(&b.task, b.io.batch, b.io.signal, sum_buffer, ROWS));
    plain_update(&p, &def, done, early);
    ok(mm__learn_read(&b.learn, b.task.real_buffer, 0, reals, MM_TR_SIZE + 3));
    assert_true(fabs(reals[MM_TR_SITE_LIMIT] - p.limit) < 1e-12);
    assert_true(fabs(reals[MM_TR_QVEL_W] - p.qvel) < 1e-12 && fabs(reals[MM_TR_ROOT_VEL_W] - p.root_vel) < 1e-12);
    for (int c = 0; c < 3; c++) assert_true(fabs(reals[MM_TR_SIZE + c] - p.sums[c]) < 1e-12);
    shrunk = fmin(shrunk, p.limit);
    grown = fmax(grown, p.qvel);
  }
  assert_true(shrunk < 0.29 && p.limit > shrunk && grown == 0.4);
  assert_true(p.sums[2] - p.sums[1] > p.sums[0]); /* the clip that is lost most is drawn most */
  mm__learn_release(&b.learn, sum_buffer);
  bench_close(&b);
}

/* starts follow the distribution */
static void t_env_draws_clips_by_their_weights(void **state) {
  enum { N = 2000 };
  const mm_train_def def = settings();
  const double sums[3] = {0.1, 0.1, 1.0};
  double *env;
  int seen[3] = {0, 0, 0};
  bench b;
  (void)state;
  bench_open(&b, ctx, model, three, &def, N, -1);
  ok(mm__learn_write(&b.learn, b.task.real_buffer, MM_TR_SIZE, sums, 3));
  ok(mm__task_begin(&b.task, &b.io, 0, 0));
  env = field_of(&b, MM_ENV_STATE, MM_ENV_SIZE);
  for (int i = 0; i < N; i++) seen[(int)env[i * MM_ENV_SIZE + MM_ENV_CLIP]]++;
  assert_true(abs(seen[0] - N / 10) < 50);
  assert_int_equal(seen[1], 0);
  free(env);
  bench_close(&b);
}

/* a run that adapts, interrupted: the same numbers */
static void t_env_adaptive_runs_resume(void **state) {
  mm_train_def def = adaptive();
  mm_train_report whole, parts;
  mm_trainer *trainer = NULL;
  char path[128];
  (void)state;
  def.num_envs = 8;
  def.num_steps = 10;
  def.num_minibatches = 2;
  def.total_timesteps = 80 * 12;
  def.horizon = 6;
  def.adaptive_termination_init_threshold = 0.1;
  def.adaptive_termination_min_threshold = 0.05;
  def.actor_hidden_layers.count = def.critic_hidden_layers.count = 1;
  def.actor_hidden_layers.width[0] = def.critic_hidden_layers.width[0] = 8;
  snprintf(path, sizeof path, "%s/adaptive.h5", folder);
  ok(mm_trainer_create(ctx, model, three, &def, &trainer));
  for (int i = 0; i < 6; i++) ok(mm_trainer_step(trainer, NULL));
  ok(mm_trainer_save(trainer, path));
  for (int i = 0; i < 6; i++) ok(mm_trainer_step(trainer, i == 5 ? &whole : NULL));
  mm_trainer_destroy(trainer);
  ok(mm_trainer_load(ctx, model, three, path, &trainer));
  for (int i = 0; i < 6; i++) ok(mm_trainer_step(trainer, i == 5 ? &parts : NULL));
  mm_trainer_destroy(trainer);
  whole.rollout_seconds = whole.update_seconds = parts.rollout_seconds = parts.update_seconds = 0;
  assert_memory_equal(&whole, &parts, sizeof whole);
  if (!(whole.sampling_max > 0.334 && whole.termination_ema < 0.99 && whole.site_threshold > 0))
    fail_msg("clip %g, share %g, threshold %g", whole.sampling_max, whole.termination_ema, whole.site_threshold);
}

static void t_env_adaptive_settings_must_fit(void **state) {
  mm_train_def def = adaptive();
  bench b;
  (void)state;
  memset(&b, 0, sizeof b);
  assert_int_equal(mm__learn_open(ctx, &b.learn), MM_OK);
  def.adaptive_termination_min_threshold = 2;
  fails(mm__task_create(&b.learn, model, three, &def, 2, 4, -1, &b.task), MM_E_ARGUMENT, "min_threshold 2");
  mm__learn_close(&b.learn);
}

static void t_env_takes_thousands_of_clips(void **state) {
  enum { CLIPS = 3000, N = 500 };
  mm_trajectory *many = clips(CLIPS, 4);
  const mm_train_def def = settings();
  double *env, *q;
  int drawn[CLIPS], different = 0;
  bench b;
  (void)state;
  memset(drawn, 0, sizeof drawn);
  bench_open(&b, ctx, model, many, &def, N, -1);
  ok(mm__task_begin(&b.task, &b.io, 0, 0));
  env = field_of(&b, MM_ENV_STATE, MM_ENV_SIZE);
  q = field_of(&b, MM_QPOS, NQ);
  for (int i = 0; i < N; i++) {
    const int clip = (int)env[i * MM_ENV_SIZE + MM_ENV_CLIP], frame = (int)env[i * MM_ENV_SIZE + MM_ENV_FRAME];
    const double *r = many->qpos + (size_t)(many->split_points[clip] + frame) * NQ;
    assert_true(clip < CLIPS && frame < many->split_points[clip + 1] - many->split_points[clip]);
    assert_true(q[i * NQ + HIP] == r[HIP] && env[i * MM_ENV_SIZE + MM_ENV_X] == r[0]);
    different += !drawn[clip]++;
  }
  assert_true(different > 400);
  free(env);
  free(q);
  bench_close(&b);
  mm_trajectory_destroy(many);
}

/* a task whose lanes and groups run backwards leaves the same bits */
static void t_env_order_of_lanes_does_not_matter(void **state) {
  static const double actions[4 * NU] = {0.3, -0.2, 0.9, 0.1, -0.5, 1.5, 0, 0};
  const mm_backend *backend;
  mm_backend backwards;
  mm_train_def def = adaptive();
  double *rows[2], *signals[2];
  size_t count = 0;
  (void)state;
  def.init_state_type = 1;
  def.qpos_noise_std = def.qvel_noise_std = 0.05;
  def.horizon = 2;
  def.len_obs_history = 2;
  def.action_rate_coeff = 0.01;
  for (int i = 0; i < 2; i++) {
    bench b;
    bench_open(&b, ctx, model, three, &def, 4, -1);
    backend = b.learn.device->backend;
    backwards = *backend;
    backwards.launch = reversed_launch;
    if (i) b.learn.device->backend = &backwards;
    ok(mm__task_begin(&b.task, &b.io, 0, 0));
    for (int s = 0; s < 3; s++) act(&b, s, actions);
    ok(mm__task_adapt(&b.task, b.io.batch, b.io.signal, b.io.signal, 3 * 4));
    count = (size_t)(4 * 4 * b.task.plan.observations);
    rows[i] = (double *)calloc(count + (size_t)b.task.real_count, sizeof(double));
    signals[i] = (double *)calloc(3 * 4 * MM_SIGNAL_COUNT, sizeof(double));
    ok(mm__learn_read(&b.learn, b.io.obs, 0, rows[i], count));
    ok(mm__learn_read(&b.learn, b.task.real_buffer, 0, rows[i] + count, (size_t)b.task.real_count));
    count += (size_t)b.task.real_count;
    ok(mm__learn_read(&b.learn, b.io.signal, 0, signals[i], 3 * 4 * MM_SIGNAL_COUNT));
    b.learn.device->backend = backend;
    bench_close(&b);
  }
  assert_memory_equal(rows[0], rows[1], count * sizeof(double));
  assert_memory_equal(signals[0], signals[1], 3 * 4 * MM_SIGNAL_COUNT * sizeof(double));
  for (int i = 0; i < 2; i++) {
    free(rows[i]);
    free(signals[i]);
  }
}

/* sizes of the published environments; the models are not part of this project */
static void t_env_published_observations(void **state) {
  static const struct { const char *preset, *file, *fingers; int numbers, actions; } published[] = {
    {"fullbody", "body/myofullbody.xml", "true", 2418, 354}, {"bimanual", "arm/myoarm_bimanual.xml", "false", 1705, 126},
    {"bimanual", "arm/myoarm_bimanual.xml", "true", 915, 64}};
  const char *places[] = {"build/models", "../shared/models", getenv("MUSCLEMIMIC_MODELS")}, *place = NULL;
  (void)state;
  for (int i = 0; i < 3 && !place; i++) {
    char path[512];
    if (!places[i]) continue;
    snprintf(path, sizeof path, "%s/body/myofullbody.xml", places[i]);
    if (access(path, R_OK) == 0) place = places[i];
  }
  if (!place) {
    print_message("the published models are not there (ci/models): sizes are not compared\n");
    skip();
  }
  for (int i = 0; i < 3; i++) {
    mm_observation_block blocks[64];
    mm_train_def def;
    mm_spec *spec = NULL;
    mm_model *m = NULL;
    int count = 0, numbers = 0;
    char path[512];
    snprintf(path, sizeof path, "%s/%s", place, published[i].file);
    ok(mm_train_preset(ctx, published[i].preset, &def));
    ok(mm_train_set(ctx, &def, "disable_fingers", published[i].fingers));
    ok(mm_spec_load(ctx, path, &spec));
    ok(mm_train_edit_model(spec, &def));
    ok(mm_spec_compile(spec, &m));
    ok(mm_observation_blocks(ctx, m, &def, blocks, 64, &count));
    for (int k = 0; k < count; k++) numbers += blocks[k].size;
    assert_int_equal(numbers, published[i].numbers);
    assert_int_equal(m->nu, published[i].actions);
    assert_true(m->opt.timestep[0] == 0.002 && m->opt.iterations[0] == 4 && m->opt.ls_iterations[0] == 8);
    assert_true(m->opt.disableflags[0] & MM_DSBL_EULERDAMP);
    assert_string_equal(mm_train_preset_of(m), published[i].preset);
    mm_model_destroy(m);
    mm_spec_destroy(spec);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_env_coupled_joints_start_coupled), cmocka_unit_test(t_env_begins_where_it_is_told),
    cmocka_unit_test(t_env_perturbed_starts), cmocka_unit_test(t_env_actions_become_controls), cmocka_unit_test(t_env_history),
    cmocka_unit_test(t_env_root_deviation_is_from_where_the_episode_is), cmocka_unit_test(t_env_clip_ends_do_not_absorb), cmocka_unit_test(t_env_adapts_as_published),
    cmocka_unit_test(t_env_draws_clips_by_their_weights), cmocka_unit_test(t_env_adaptive_runs_resume),
    cmocka_unit_test(t_env_adaptive_settings_must_fit), cmocka_unit_test(t_env_takes_thousands_of_clips),
    cmocka_unit_test(t_env_order_of_lanes_does_not_matter), cmocka_unit_test(t_env_published_observations)};
  return cmocka_run_group_tests(tests, setup, teardown);
}
