/* >>t-retarget: clips become trajectories: round trips, limits, couplings, pieces, bodies that cannot turn or move */
#define MUSCLEMIMIC_IMPLEMENTATION
#include "musclemimic.h"
#include <setjmp.h>
#include <cmocka.h>

static char folder[64];
static mm_context *ctx;

static void ok(mm_status status) {
  if (status) fail_msg("%s: %s", mm_status_name(status), mm_error(ctx));
}

static void fails(mm_status status, mm_status expected, const char *word) {
  if (status != expected || !strstr(mm_error(ctx), word))
    fail_msg("expected %s with '%s', got %s: %s", mm_status_name(expected), word, mm_status_name(status), mm_error(ctx));
}

static void near_to(double value, double expected, double tolerance, const char *what) {
  if (!(fabs(value - expected) <= tolerance)) fail_msg("%s: %.9g, expected %.9g", what, value, expected);
}

static int setup(void **state) {
  mm_context_def def;
  (void)state;
  memset(&def, 0, sizeof def);
  def.backend = MM_BACKEND_NATIVE;
  strcpy(folder, "/tmp/mm-retarget-XXXXXX");
  return mkdtemp(folder) && !mm_context_create(&def, &ctx) ? 0 : -1;
}

static int teardown(void **state) {
  char command[128];
  (void)state;
  mm_context_destroy(ctx);
  snprintf(command, sizeof command, "rm -rf %s", folder);
  return system(command);
}

static mm_model *load_text(const char *text) {
  char path[128];
  FILE *file;
  mm_model *made = NULL;
  snprintf(path, sizeof path, "%s/model.xml", folder);
  file = fopen(path, "w");
  fputs(text, file);
  fclose(file);
  ok(mm_model_load(ctx, path, &made));
  return made;
}

/* legs and a trunk with a free root; the knees slide as they bend, as MyoFullBody's do. It faces -y at rest. */
#define MASS "<inertial pos='0 0 0' mass='1' diaginertia='0.01 0.01 0.01'/>"
#define LEG(side, y)                                                                                             \
  "<body name='thigh_" side "' pos='0 " y " 0'>"                                                                 \
  "<joint name='hip_" side "_flexion' axis='0 -1 0' range='-40 110'/><joint name='hip_" side "_adduction' axis='1 0 0' range='-50 50'/>" \
  "<joint name='hip_" side "_rotation' axis='0 0 1' range='-50 50'/>" MASS "<site name='" side "_hip_mimic'/>"  \
  "<body name='shank_" side "' pos='0 0 -0.4'><joint name='knee_" side "_slide' type='slide' axis='1 0 0' range='-0.03 0.03'/>" \
  "<joint name='knee_" side "' axis='0 1 0' range='0 130'/>" MASS "<site name='" side "_knee_mimic'/>"          \
  "<body name='foot_" side "' pos='0 0 -0.42'><joint name='ankle_" side "' axis='0 -1 0' range='-50 40'/>"      \
  "<joint name='subtalar_" side "' axis='1 0 0' range='-30 30'/>" MASS "<geom type='box' size='0.1 0.04 0.02' pos='0.05 0 -0.05'/>" \
  "<site name='" side "_ankle_mimic'/><site name='" side "_toes_mimic' pos='0.12 0 -0.05'/></body></body></body>"
static const char *const legs_text =
  "<mujoco model='legs'><default><geom contype='1' conaffinity='2'/></default><worldbody>"
  "<geom name='floor' type='plane' size='0 0 1' contype='2'/>"
  "<body name='pelvis' pos='0 0 1' euler='0 0 -90'><freejoint name='root'/>" MASS "<site name='pelvis_mimic'/>"
  "<body pos='0 0 0.1'><joint name='lumbar' axis='0 1 0' range='-40 60'/>" MASS "<site name='upper_body_mimic'/></body>"
  LEG("left", "0.08") LEG("right", "-0.08")
  "</body></worldbody><equality>"
  "<joint joint1='knee_left_slide' joint2='knee_left' polycoef='0 0.01 -0.004 0.0005 0.0001'/>"
  "<joint joint1='knee_right_slide' joint2='knee_right' polycoef='0 0.01 -0.004 0.0005 0.0001'/>"
  "</equality></mujoco>";

static mm_clip *walking(int strides) {
  mm_walk_def def;
  mm_clip *clip = NULL;
  memset(&def, 0, sizeof def);
  def.strides = strides;
  ok(mm_clip_walk(ctx, &def, NULL, &clip));
  return clip;
}

static mm_model *legs18(void) {
  mm_model *model = NULL;
  ok(mm_model_load(ctx, "models/legs18.xml", &model));
  return model;
}

static void walks_as_the_clip(mm_retarget_method method) {
  mm_model *model = legs18();
  mm_clip *clip = walking(2);
  mm_trajectory *t;
  mm_retarget_report r;
  mm_retarget_def def;
  memset(&def, 0, sizeof def);
  def.method = method;
  ok(mm_retarget(ctx, clip, model, &def, &t, &r));
  assert_int_equal(r.frame_count, 216);
  assert_int_equal(r.site_count, 10);
  near_to(t->frequency, 100, 0, "rate");
  /* feet that stand still take the sites with them */
  assert_true(r.site_rmse < (method == MM_RETARGET_GMR ? 0.001 : 0.005));
  assert_true(r.rotation_mean < (method == MM_RETARGET_GMR ? 0.2 : 1.5) * MM_DEGREE);
  near_to(r.limit_violation, 0, 0, "limits");
  near_to(r.penetration, 0, 0, "penetration");
  assert_true(r.highest < 0.01);
  assert_true(r.floating < 0.001);
  assert_true(r.foot_skate < (method == MM_RETARGET_GMR ? 0.06 : 0.03));
  /* it gets on by the scaled length of stride, and the knee bends as in the published table */
  near_to(t->qpos[9 * 215] - t->qpos[0], 2.15 / 1.08 * 1.2431 * r.scale, 0.03, "way");
  {
    const int knee = model->jnt_qposadr[mm_model_id(model, MM_OBJ_JOINT, "knee_angle_r")];
    double most = 0, least = 9;
    for (int f = 0; f < 216; f++) {
      const double q = t->qpos[9 * f + knee];
      if (q > most) most = q;
      if (q < least) least = q;
    }
    near_to(most / MM_DEGREE, 63, 3, "knee flexion in swing");
    near_to(least / MM_DEGREE, 6, 3, "knee flexion in stance");
  }
  mm_trajectory_destroy(t);
  mm_clip_destroy(clip);
  mm_model_destroy(model);
}

static void t_retarget_planar_legs_walk_as_the_clip(void **state) {
  (void)state;
  walks_as_the_clip(MM_RETARGET_GMR);
}

static void t_retarget_refined_legs_walk_as_the_clip(void **state) {
  (void)state;
  walks_as_the_clip(MM_RETARGET_REFINED);
}

/* a smooth motion of the model itself: its free coordinates go to share of their range, at rate radians a frame */
static void own_motion(mm_fit_plan *plan, int frames, double share, double rate, double *truth, double *targets) {
  const mm_model *m = plan->model;
  for (int f = 0; f < frames; f++) {
    double *q = truth + f * m->nq, turn[3];
    memcpy(q, plan->rest, sizeof(double) * (size_t)m->nq);
    for (int k = 0; k < 3 && plan->free_root; k++) {
      q[k] += 0.3 * sin(0.7 * rate * f + k);
      turn[k] = 0.6 * sin(0.6 * rate * f + 2 * k);
    }
    if (plan->free_root) mm__rot_from_vector(turn, q + 3);
    for (int i = 0; i < plan->free_count; i++) {
      const int joint = m->dof_jntid[plan->free_dof[i]];
      const double middle = 0.5 * (plan->lower[i] + plan->upper[i]), half = 0.5 * share * (plan->upper[i] - plan->lower[i]);
      if (m->jnt_type[joint] == MM_JNT_HINGE) q[m->jnt_qposadr[joint]] = middle + half * sin(rate * f + 1.7 * i);
    }
    mm__fit_project(plan, q);
    mm__pose_set(plan->pose, q);
    for (int s = 0; s < plan->site_count; s++) {
      double mat[9], *target = targets + (f * plan->site_count + s) * 7;
      mm__pose_site(plan->pose, plan->sites[s].site, target, mat);
      mm__rot_from_matrix(mat, target + 3);
    }
  }
}

typedef struct gaps { double mean_angle, worst_angle, mean_place, worst_place; } gaps;

/* how far joints (those that a site shows) and sites are from where they were: rad and m */
static gaps gaps_between(mm_fit_plan *plan, int frames, const double *truth, const double *found, const double *targets) {
  const mm_model *m = plan->model;
  gaps g;
  int joints = 0;
  memset(&g, 0, sizeof g);
  for (int f = 0; f < frames; f++) {
    const double *a = truth + f * m->nq, *b = found + f * m->nq;
    mm__pose_set(plan->pose, b);
    for (int s = 0; s < plan->site_count; s++) {
      const double *target = targets + (f * plan->site_count + s) * 7;
      double pos[3], mat[9], place;
      mm__pose_site(plan->pose, plan->sites[s].site, pos, mat);
      place = sqrt(pow(pos[0] - target[0], 2) + pow(pos[1] - target[1], 2) + pow(pos[2] - target[2], 2));
      g.mean_place += place / (frames * plan->site_count);
      if (place > g.worst_place) g.worst_place = place;
    }
    for (int i = 0; i < plan->free_count; i++) {
      const int joint = m->dof_jntid[plan->free_dof[i]], p = m->jnt_qposadr[joint];
      if (m->jnt_type[joint] != MM_JNT_HINGE) continue;
      g.mean_angle += fabs(a[p] - b[p]);
      if (fabs(a[p] - b[p]) > g.worst_angle) g.worst_angle = fabs(a[p] - b[p]);
      joints++;
    }
  }
  if (joints) g.mean_angle /= joints;
  return g;
}

/* Targets made by the model's own motion: the motion must come back. */
static gaps comes_back(const mm_model *m, mm_retarget_method method, int frames, double share, double rate) {
  mm_fit_plan *plan;
  mm_fit_batch c;
  mm_retarget_def def;
  mm_retarget_report r;
  gaps g;
  int first[2] = {0, 0};
  double *truth;
  memset(&def, 0, sizeof def);
  def.method = method;
  def.keep_height = 1;
  ok(mm__fit_plan_create(ctx, m, &def, &plan));
  memset(&c, 0, sizeof c);
  memset(&r, 0, sizeof r);
  first[1] = c.frame_count = frames;
  c.clip_count = 1;
  c.first = first;
  c.frequency = 100;
  truth = (double *)calloc((size_t)(frames * m->nq), sizeof(double));
  c.qpos = (double *)calloc((size_t)(frames * m->nq), sizeof(double));
  c.targets = (double *)calloc((size_t)(frames * plan->site_count * 7), sizeof(double));
  own_motion(plan, frames, share, rate, truth, c.targets);
  ok(mm__fit_batch_solve(plan, &c, &def, &r));
  mm__fit_polish(plan, c.qpos, frames, 1);
  g = gaps_between(plan, frames, truth, c.qpos, c.targets);
  free(truth);
  free(c.qpos);
  free(c.targets);
  mm__fit_plan_destroy(plan);
  return g;
}

static void came_back(gaps g, const char *what) {
  if (g.mean_place > 1e-3 || g.mean_angle > 0.5 * MM_DEGREE || g.worst_place > 5e-3 || g.worst_angle > 3 * MM_DEGREE)
    fail_msg("%s: came back within %g m (%g), %g deg (%g)", what, g.mean_place, g.worst_place, g.mean_angle / MM_DEGREE,
             g.worst_angle / MM_DEGREE);
}

static void t_retarget_own_motion_comes_back(void **state) {
  mm_model *m = load_text(legs_text);
  (void)state;
  came_back(comes_back(m, MM_RETARGET_GMR, 80, 0.9, 0.07), "frame by frame");
  /* half as fast, for fast motions are smoothed a little */
  came_back(comes_back(m, MM_RETARGET_REFINED, 80, 0.9, 0.035), "refined");
  mm_model_destroy(m);
}

/* the same of the published models, without fingers, where they were fetched */
static void t_retarget_own_motion_of_published_models_comes_back(void **state) {
  static const char *const names[] = {"body/myofullbody.xml", "arm/myoarm_bimanual.xml"};
  const char *folders[2];
  int found = 0;
  (void)state;
  folders[0] = getenv("MUSCLEMIMIC_MODELS");
  folders[1] = "build/models";
  for (int i = 0; i < 2; i++) {
    char path[512] = "";
    mm_spec *spec;
    mm_model *m;
    for (int k = 0; k < 2 && access(path, R_OK); k++)
      if (folders[k]) snprintf(path, sizeof path, "%s/%s", folders[k], names[i]);
    if (access(path, R_OK)) continue;
    found++;
    ok(mm_spec_load(ctx, path, &spec));
    ok(mm_spec_remove_fingers(spec));
    ok(mm_spec_add_mimic_sites(spec));
    ok(mm_spec_compile(spec, &m));
    came_back(comes_back(m, MM_RETARGET_GMR, 24, 0.4, 0.03), names[i]);
    came_back(comes_back(m, MM_RETARGET_REFINED, 24, 0.4, 0.03), names[i]);
    mm_spec_destroy(spec);
    mm_model_destroy(m);
  }
  if (!found) {
    print_message("skipped: the published models are not here (make models)\n");
    skip();
  }
}

static void t_retarget_free_body_keeps_couplings_and_limits(void **state) {
  mm_model *m = load_text(legs_text);
  mm_clip *clip = walking(1);
  mm_trajectory *t;
  mm_retarget_report r;
  const int knee = m->jnt_qposadr[mm_model_id(m, MM_OBJ_JOINT, "knee_left")];
  const int slide = m->jnt_qposadr[mm_model_id(m, MM_OBJ_JOINT, "knee_left_slide")];
  double least = 9, most = -9;
  (void)state;
  ok(mm_retarget(ctx, clip, m, NULL, &t, &r));
  near_to(r.coupling_residual, 0, 1e-12, "coupling");
  near_to(r.limit_violation, 0, 0, "limits");
  assert_true(r.site_rmse < 0.02);
  for (int f = 0; f < t->frame_count; f++) {
    const double x = t->qpos[f * m->nq + knee], y = t->qpos[f * m->nq + slide];
    near_to(y, x * (0.01 + x * (-0.004 + x * (0.0005 + x * 0.0001))), 1e-12, "slide follows knee");
    if (x < least) least = x;
    if (x > most) most = x;
  }
  assert_true(most - least > 40 * MM_DEGREE);
  /* the model faces -y at rest, the clip walks along +x: the root has turned */
  near_to(t->site_xmat[0], 1, 0.05, "pelvis points along x");
  mm_trajectory_destroy(t);
  mm_clip_destroy(clip);
  mm_model_destroy(m);
}

static void t_retarget_pieces_do_not_matter(void **state) {
  mm_model *m = load_text(legs_text);
  mm_clip *clip = walking(1);
  mm_trajectory *t[3];
  mm_retarget_def def;
  (void)state;
  memset(&def, 0, sizeof def);
  for (int i = 0; i < 3; i++) {
    static const int pieces[] = {1, 4, 23};
    def.pieces = pieces[i];
    ok(mm_retarget(ctx, clip, m, &def, &t[i], NULL));
  }
  for (int i = 1; i < 3; i++)
    for (int k = 0; k < t[0]->frame_count * m->nq; k++) near_to(t[i]->qpos[k], t[0]->qpos[k], 2e-3, "pieces");
  for (int i = 0; i < 3; i++) mm_trajectory_destroy(t[i]);
  mm_clip_destroy(clip);
  mm_model_destroy(m);
}

/* the walk in uneven pieces on another backend or precision */
static void compare_with_double(mm_backend_kind backend, mm_precision precision) {
  mm_context_def def;
  mm_context *own, *keep = ctx;
  mm_model *m = legs18();
  mm_clip *clip = walking(1);
  mm_trajectory *exact, *t;
  mm_retarget_report r;
  mm_retarget_def how;
  memset(&how, 0, sizeof how);
  how.pieces = 7;
  ok(mm_retarget(ctx, clip, m, &how, &exact, NULL));
  memset(&def, 0, sizeof def);
  def.backend = backend;
  def.precision = precision;
  assert_int_equal(mm_context_create(&def, &own), MM_OK);
  ctx = own;
  ok(mm_retarget(own, clip, m, &how, &t, &r));
  assert_true(r.site_rmse < 0.005);
  for (int k = 0; k < t->frame_count * m->nq; k++) near_to(t->qpos[k], exact->qpos[k], 2e-4, "coordinate");
  mm_trajectory_destroy(t);
  mm_context_destroy(own);
  ctx = keep;
  mm_trajectory_destroy(exact);
  mm_clip_destroy(clip);
  mm_model_destroy(m);
}

static void t_retarget_float_is_as_good(void **state) {
  (void)state;
  compare_with_double(MM_BACKEND_NATIVE, MM_PRECISION_F32);
}

static void t_retarget_device_finds_the_same(void **state) {
  mm_device_info list[8];
  int count, found = 0;
  (void)state;
  ok(mm_device_list(ctx, list, 8, &count));
  for (int i = 0; i < count && i < 8; i++) found |= list[i].backend == MM_BACKEND_OPENCL;
  if (!found) skip();
  compare_with_double(MM_BACKEND_OPENCL, MM_PRECISION_F32);
}

/* turns the whole clip about the vertical and puts it elsewhere */
static void move_clip(mm_clip *clip, double angle) {
  const double about[3] = {0, 0, angle};
  double turn[4];
  mm_skeleton s;
  mm__rot_from_vector(about, turn);
  ok(mm_skeleton_make(ctx, clip->kind, clip->gender, 0, NULL, &s));
  for (int f = 0; f < clip->frame_count; f++) {
    double q[4], *root = clip->poses + (size_t)f * 3 * (size_t)clip->joint_count, *at = clip->trans + 3 * f;
    mm__rot_from_vector(root, q);
    mm__rot_multiply(turn, q, q);
    mm__rot_to_vector(q, root);
    for (int k = 0; k < 3; k++) at[k] += s.root[k];
    mm__rot_apply(turn, at, at);
    for (int k = 0; k < 3; k++) at[k] -= s.root[k];
  }
}

static void t_retarget_planar_body_takes_any_heading(void **state) {
  mm_model *m = legs18();
  mm_clip *clip = walking(1);
  mm_trajectory *a, *b;
  mm_retarget_report r;
  (void)state;
  ok(mm_retarget(ctx, clip, m, NULL, &a, NULL));
  move_clip(clip, 2.3);
  ok(mm_retarget(ctx, clip, m, NULL, &b, &r));
  assert_true(r.site_rmse < 0.005);
  for (int k = 0; k < a->frame_count * m->nq; k++) near_to(b->qpos[k], a->qpos[k], 1e-3, "heading");
  mm_trajectory_destroy(a);
  mm_trajectory_destroy(b);
  mm_clip_destroy(clip);
  mm_model_destroy(m);
}

static void t_retarget_fixed_trunk_needs_only_the_arms(void **state) {
  mm_model *m = load_text(
    "<mujoco model='arms'><worldbody><body pos='0 0 1.2'>" MASS "<site name='upper_body_mimic'/>"
    "<body pos='0 0.18 0.15'><joint name='a' axis='1 0 0' range='-100 100'/><joint name='b' axis='0 0 1' range='-100 100'/>"
    "<joint name='c' axis='0 1 0' range='-100 100'/>" MASS "<site name='left_shoulder_mimic'/>"
    "<body pos='0 0.28 0'><joint name='d' axis='0 0 -1' range='0 140'/>" MASS "<site name='left_elbow_mimic'/>"
    "<body pos='0 0.25 0'>" MASS "<site name='left_hand_mimic'/></body></body></body>"
    "<body pos='0 -0.18 0.15'>" MASS "<site name='right_shoulder_mimic'/></body>"
    "</body></worldbody></mujoco>");
  mm_clip *clip = walking(1);
  mm_trajectory *t, *moved;
  mm_retarget_report r;
  const int elbow = m->jnt_qposadr[mm_model_id(m, MM_OBJ_JOINT, "d")];
  double most = 0;
  (void)state;
  ok(mm_retarget(ctx, clip, m, NULL, &t, &r));
  assert_true(r.site_rmse < 0.03);
  for (int f = 0; f < t->frame_count; f++)
    if (t->qpos[f * m->nq + elbow] > most) most = t->qpos[f * m->nq + elbow];
  near_to(most / MM_DEGREE, 35, 12, "elbow flexion");
  move_clip(clip, -1.1);
  ok(mm_retarget(ctx, clip, m, NULL, &moved, NULL));
  for (int k = 0; k < t->frame_count * m->nq; k++) near_to(moved->qpos[k], t->qpos[k], 1e-3, "where it walks does not matter");
  mm_trajectory_destroy(t);
  mm_trajectory_destroy(moved);
  mm_clip_destroy(clip);
  mm_model_destroy(m);
}

static void t_retarget_limits_hold_where_the_clip_exceeds_them(void **state) {
  mm_model *m = legs18();
  mm_clip *clip = walking(1);
  mm_trajectory *t;
  mm_retarget_report r;
  const int joint = mm_model_id(m, MM_OBJ_JOINT, "knee_angle_r"), knee = m->jnt_qposadr[joint];
  int at_limit = 0;
  (void)state;
  m->jnt_range[2 * joint + 1] = 0.5;
  ok(mm_retarget(ctx, clip, m, NULL, &t, &r));
  near_to(r.limit_violation, 0, 0, "limits");
  for (int f = 0; f < t->frame_count; f++) {
    assert_true(t->qpos[9 * f + knee] <= 0.5);
    at_limit += t->qpos[9 * f + knee] > 0.4999;
  }
  assert_true(at_limit > 10);
  assert_true(r.site_rmse > 0.003);
  mm_trajectory_destroy(t);
  mm_clip_destroy(clip);
  mm_model_destroy(m);
}

static void t_retarget_height_correction_lifts_smoothly(void **state) {
  static const mm_retarget_method methods[] = {MM_RETARGET_GMR, MM_RETARGET_REFINED};
  mm_model *m = legs18();
  mm_clip *clip = walking(1);
  mm_trajectory *t;
  mm_retarget_report r;
  mm_retarget_def def;
  (void)state;
  memset(&def, 0, sizeof def);
  for (int f = 40; f < 80; f++) clip->trans[3 * f + 2] -= 0.04 * pow(sin(MM_PI * (f - 40) / 40), 2); /* a dip into the floor */
  for (int i = 0; i < 2; i++) {
    def.method = methods[i];
    def.keep_height = 1;
    ok(mm_retarget(ctx, clip, m, &def, &t, &r));
    assert_true(r.penetration > 0.05 && r.penetration_depth > 0.02);
    mm_trajectory_destroy(t);
    def.keep_height = 0;
    ok(mm_retarget(ctx, clip, m, &def, &t, &r));
    near_to(r.penetration, 0, 0, "penetration");
    for (int f = 2; f < t->frame_count; f++) {
      const double *z = t->qpos + 9 * f + 1;
      if (fabs(z[0] - 2 * z[-9] + z[-18]) > 0.002) fail_msg("frame %d: a jerk of %g m", f, z[0] - 2 * z[-9] + z[-18]);
    }
    mm_trajectory_destroy(t);
  }
  mm_clip_destroy(clip);
  mm_model_destroy(m);
}

/* The clip's feet slide by 12 cm/s and are pitched by 12 degrees: the refined ones stand still and level. */
static void t_retarget_refined_feet_neither_slide_nor_tilt(void **state) {
  mm_model *m = load_text(legs_text);
  mm_clip *clip = walking(2);
  mm_trajectory *t;
  mm_retarget_report r;
  mm_retarget_def def;
  double travelled;
  (void)state;
  for (int f = 0; f < clip->frame_count; f++) {
    clip->trans[3 * f] += 0.12 * f / clip->frequency;
    for (int side = 0; side < 2; side++) {
      double *foot = clip->poses + 3 * ((size_t)f * (size_t)clip->joint_count + (size_t)(MM_SMPL_L_ANKLE + side)), q[4];
      const double pitch[4] = {cos(6 * MM_DEGREE), -sin(6 * MM_DEGREE), 0, 0};
      mm__rot_from_vector(foot, q);
      mm__rot_multiply(q, pitch, q);
      mm__rot_to_vector(q, foot);
    }
  }
  memset(&def, 0, sizeof def);
  def.method = MM_RETARGET_GMR;
  ok(mm_retarget(ctx, clip, m, &def, &t, &r));
  assert_true(r.foot_skate > 0.1);
  travelled = t->site_xpos[3 * t->site_count * (t->frame_count - 1)] - t->site_xpos[0];
  mm_trajectory_destroy(t);
  def.method = MM_RETARGET_REFINED;
  ok(mm_retarget(ctx, clip, m, &def, &t, &r));
  if (!(r.foot_skate < 0.04)) fail_msg("skate %g cm/s", 100 * r.foot_skate);
  near_to(r.penetration, 0, 0, "penetration");
  near_to(r.limit_violation, 0, 0, "limits");
  near_to(r.coupling_residual, 0, 1e-12, "couplings");
  near_to(r.foot_turn / MM_DEGREE, 12, 4, "level feet");
  assert_true(r.path_shift > 0.12);
  /* the body gets on as far as its steps carry it */
  near_to(travelled - (t->site_xpos[3 * t->site_count * (t->frame_count - 1)] - t->site_xpos[0]), 0.12 * 2.15, 0.08, "way");
  mm_trajectory_destroy(t);
  mm_clip_destroy(clip);
  mm_model_destroy(m);
}

/* Where the refinement ends the sum that it makes small has no slope: in no direction that the limits allow. */
static void t_retarget_refinement_ends_in_a_minimum(void **state) {
  mm_model *m = load_text(legs_text);
  mm_clip *clip = walking(1);
  const mm_clip *clips[1];
  mm_fit_plan *plan;
  mm_fit_batch batch;
  mm_fit_solver solver;
  mm_fit_refiner r;
  mm_retarget_report report;
  mm_arena arena = {NULL, NULL};
  double *sums, *found, least;
  size_t numbers;
  (void)state;
  clips[0] = clip;
  arena.ctx = ctx;
  memset(&report, 0, sizeof report);
  ok(mm__fit_plan_create(ctx, m, NULL, &plan));
  ok(mm__fit_batch_open(plan, clips, 1, NULL, &arena, &batch, &report));
  ok(mm__fit_solver_open(&solver, plan, &batch, NULL));
  ok(mm__fit_solve(&solver, &batch, &report));
  ok(mm__rf_open(&r, &solver, &batch, &report));
  numbers = (size_t)batch.frame_count * (size_t)m->nq;
  sums = MM_ARENA_NEW(&arena, double, 2 * batch.frame_count);
  found = MM_ARENA_NEW(&arena, double, numbers);
  for (int i = 0; i < 30; i++) {
    if (i == 3) ok(mm__rf_contacts(&r, 0, 1000));
    ok(mm__rf_launch(&r, sums));
    ok(mm__rf_judge(&r));
  }
  assert_true(r.step[0] < 1e-4);
  ok(mm__rf_read(&r, r.poses[0], 0, numbers, found));
  ok(mm__rf_launch(&r, sums));
  least = r.cost[0];
  for (int way = 0; way < 20; way++) {
    double cost[2];
    for (int sign = 0; sign < 2; sign++) {
      for (int f = 0; f < batch.frame_count; f++) {
        double *q = batch.qpos + (size_t)f * (size_t)m->nq;
        memcpy(q, found + (size_t)f * (size_t)m->nq, sizeof(double) * (size_t)m->nq);
        for (int i = 0; i < plan->free_count; i++) {
          const int joint = m->dof_jntid[plan->free_dof[i]], p = m->jnt_qposadr[joint];
          if (m->jnt_type[joint] != MM_JNT_HINGE || q[p] <= plan->lower[i] + 1e-3 || q[p] >= plan->upper[i] - 1e-3) continue;
          q[p] += (sign ? -1e-4 : 1e-4) * sin(0.1 * (way + 1) * f + i * way);
        }
        mm__fit_project(plan, q);
      }
      ok(mm__rf_write(&r, r.poses[0], batch.qpos, numbers));
      ok(mm__rf_launch(&r, sums));
      cost[sign] = r.cost[0];
    }
    /* the slope is what the sum differs by; its curvature by how much it exceeds the least */
    assert_true(cost[0] + cost[1] > 2 * least);
    if (fabs(cost[0] - cost[1]) > 0.05 * (cost[0] + cost[1] - 2 * least)) fail_msg("way %d: %g %g %g", way, cost[0], least, cost[1]);
  }
  mm__rf_close(&r);
  mm__fit_solver_close(&solver);
  mm__fit_plan_destroy(plan);
  mm__arena_free(&arena);
  mm_clip_destroy(clip);
  mm_model_destroy(m);
}

/* The legs with a tendon from the pelvis to the left knee: where the thigh is flexed by more than 33 degrees it has to go round
   the other side of a ball, which is a quarter longer. */
static mm_model *legs_with_tendon(void) {
  static const char *const parts[][2] = {
    {"<site name='pelvis_mimic'/>", "<site name='origin' pos='-0.2 0.08 -0.3'/><site name='side' pos='-0.15 0.08 -0.233'/>"
                                    "<geom name='ball' type='sphere' size='0.05' pos='0 0.08 -0.25' contype='0' conaffinity='0'/>"},
    {"</equality>", "<tendon><spatial><site site='origin'/><geom geom='ball' sidesite='side'/><site site='left_knee_mimic'/>"
                    "</spatial></tendon>"}};
  char text[8192];
  size_t at = 0;
  const char *from = legs_text;
  for (int i = 0; i < 2; i++) {
    const char *to = strstr(from, parts[i][0]) + strlen(parts[i][0]);
    memcpy(text + at, from, (size_t)(to - from));
    at += (size_t)(to - from);
    strcpy(text + at, parts[i][1]);
    at += strlen(parts[i][1]);
    from = to;
  }
  strcpy(text + at, from);
  return load_text(text);
}

/* the largest relative change of the tendon in a frame */
static double largest_change(const mm_fit_plan *plan, const double *qpos, int frames) {
  double last = 0, most = 0;
  for (int f = 0; f < frames; f++) {
    double length;
    mm__fit_tendons_at(plan, qpos + f * plan->model->nq, &length);
    if (f) most = fmax(most, fabs(length - last));
    last = length;
  }
  return most;
}

static void t_retarget_motion_keeps_away_from_a_cliff_of_a_tendon(void **state) {
  mm_model *m = legs_with_tendon();
  const int frames = 200, nq = m->nq, hip = m->jnt_qposadr[mm_model_id(m, MM_OBJ_JOINT, "hip_left_flexion")];
  double *qpos = (double *)calloc((size_t)(frames * nq), sizeof(double)), *stiffness, before;
  int first[2] = {0, 0};
  mm_fit_plan *plan;
  mm_fit_batch batch;
  mm_fit_leaps leaps;
  (void)state;
  ok(mm__fit_plan_create(ctx, m, NULL, &plan));
  memset(&batch, 0, sizeof batch);
  memset(&leaps, 0, sizeof leaps);
  first[1] = batch.frame_count = frames;
  batch.first = first;
  batch.clip_count = 1;
  batch.frequency = 100;
  batch.qpos = qpos;
  stiffness = (double *)calloc((size_t)plan->free_count, sizeof(double));
  for (int i = 0; i < plan->free_count; i++) stiffness[i] = 1;
  for (int f = 0; f < frames; f++) {
    memcpy(qpos + f * nq, plan->rest, sizeof(double) * (size_t)nq);
    qpos[f * nq + hip] = (28 + 10 * sin(2 * MM_PI * f / frames)) * MM_DEGREE;
  }
  before = largest_change(plan, qpos, frames);
  assert_true(before > 0.05);
  ok(mm__fit_steer(plan, &batch, 0, stiffness, &leaps));
  assert_true(largest_change(plan, qpos, frames) < 0.02);
  for (int f = 0; f < frames; f++) {
    const double angle = (28 + 10 * sin(2 * MM_PI * f / frames)) * MM_DEGREE;
    if (fabs(qpos[f * nq + hip] - angle) > 12 * MM_DEGREE) fail_msg("frame %d: turned by %g rad", f, qpos[f * nq + hip] - angle);
    if (f > 120) near_to(qpos[f * nq + hip], angle, 0, "what is far from the cliff");
  }
  free(qpos);
  free(stiffness);
  free(leaps.list);
  mm__fit_plan_destroy(plan);
  mm_model_destroy(m);
}

/* A quick swing of the thigh between rests: the refined one takes more time for it where the tendon is too fast. */
static void t_retarget_refined_tendons_do_not_jump(void **state) {
  mm_model *m = legs_with_tendon();
  const int frames = 120, nq = m->nq, hip = m->jnt_qposadr[mm_model_id(m, MM_OBJ_JOINT, "hip_left_flexion")];
  double change[2];
  (void)state;
  for (int refined = 0; refined < 2; refined++) {
    int first[2] = {0, 0};
    mm_fit_plan *plan;
    mm_fit_batch c;
    mm_retarget_def def;
    mm_retarget_report r;
    double *pose = (double *)calloc((size_t)nq, sizeof(double));
    memset(&c, 0, sizeof c);
    memset(&r, 0, sizeof r);
    memset(&def, 0, sizeof def);
    def.method = refined ? MM_RETARGET_REFINED : MM_RETARGET_GMR;
    def.keep_height = 1;
    ok(mm__fit_plan_create(ctx, m, &def, &plan));
    first[1] = c.frame_count = frames;
    c.first = first;
    c.clip_count = 1;
    c.frequency = 100;
    c.qpos = (double *)calloc((size_t)(frames * nq), sizeof(double));
    c.targets = (double *)calloc((size_t)(frames * plan->site_count * 7), sizeof(double));
    for (int f = 0; f < frames; f++) {
      const double part = f < 50 ? 0 : f > 70 ? 1 : (f - 50) / 20.0;
      memcpy(pose, plan->rest, sizeof(double) * (size_t)nq);
      pose[hip] = (-15 + 40 * part * part * (3 - 2 * part)) * MM_DEGREE;
      mm__pose_set(plan->pose, pose);
      for (int s = 0; s < plan->site_count; s++) {
        double mat[9], *target = c.targets + (f * plan->site_count + s) * 7;
        mm__pose_site(plan->pose, plan->sites[s].site, target, mat);
        mm__rot_from_matrix(mat, target + 3);
      }
    }
    ok(mm__fit_batch_solve(plan, &c, &def, &r));
    change[refined] = largest_change(plan, c.qpos, frames);
    near_to(c.qpos[(frames - 1) * nq + hip], 25 * MM_DEGREE, 0.03, "where it ends");
    free(pose);
    free(c.qpos);
    free(c.targets);
    mm__fit_plan_destroy(plan);
  }
  if (!(change[0] > 0.08 && change[1] < 0.05)) fail_msg("largest changes: %g and %g", change[0], change[1]);
  mm_model_destroy(m);
}

/* Physics pulls the legs along: near to the clip, but limits and couplings are soft. */
static void t_retarget_puppet_is_pulled_along(void **state) {
  mm_clip *clip = walking(1);
  mm_trajectory *t;
  mm_retarget_report r;
  mm_retarget_def def;
  mm_model *m, *puppet;
  mm_spec *spec;
  char path[128];
  (void)state;
  m = load_text(legs_text);
  memset(&def, 0, sizeof def);
  def.method = MM_RETARGET_MOCAP;
  fails(mm_retarget(ctx, clip, m, &def, &t, NULL), MM_E_ARGUMENT, "needs a puppet");
  def.puppet = m;
  fails(mm_retarget(ctx, clip, m, &def, &t, NULL), MM_E_MODEL, "no mocap body");
  snprintf(path, sizeof path, "%s/model.xml", folder);
  ok(mm_spec_load(ctx, path, &spec));
  ok(mm_spec_add_mocap(spec));
  ok(mm_spec_compile(spec, &puppet));
  assert_int_equal(puppet->nmocap, 10);
  assert_int_equal(puppet->nq, m->nq);
  def.puppet = puppet;
  def.frequency = 25;
  ok(mm_retarget(ctx, clip, m, &def, &t, &r));
  if (!(r.site_rmse < 0.03)) fail_msg("sites %g m from where they are pulled", r.site_rmse);
  assert_true(r.coupling_residual > 1e-9 && r.coupling_residual < 0.05);
  near_to(r.penetration, 0, 0, "penetration");
  mm_trajectory_destroy(t);
  mm_spec_destroy(spec);
  mm_model_destroy(puppet);
  mm_model_destroy(m);
  mm_clip_destroy(clip);
}

static int stop_at_once(double fraction, void *user) {
  ++*(int *)user;
  return fraction > 0;
}

/* A ball on two slides over a floor, hung from a string: every figure can be told by hand. */
static void t_retarget_figures_are_as_defined(void **state) {
  mm_model *m = load_text(
    "<mujoco model='ball'><worldbody><geom type='plane' size='0 0 1'/><site name='hook' pos='0 0 2'/>"
    "<body name='ball' pos='0 0 0.1'><joint name='x' type='slide' axis='1 0 0'/><joint name='z' type='slide' axis='0 0 1' range='-1 0.5'/>"
    MASS "<geom type='sphere' size='0.1'/><site name='upper_body_mimic'/>"
    "<body pos='0 0.2 0.1'>" MASS "<site name='left_shoulder_mimic'/><body pos='0 0.3 0'>" MASS "<site name='left_elbow_mimic'/>"
    "<body pos='0 0.3 0'>" MASS "<site name='left_hand_mimic'/></body></body></body>"
    "<body pos='0 -0.2 0.1'>" MASS "<site name='right_shoulder_mimic'/></body></body></worldbody>"
    "<tendon><spatial name='string'><site site='hook'/><site site='upper_body_mimic'/></spatial></tendon></mujoco>");
  mm_trajectory *t;
  mm_retarget_report r[2], all;
  /* rolls on the floor at 10 cm/s for ten frames, is 2 mm in it for two, 4 mm over it for two, jumps up and down */
  static const double height[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -0.002, -0.002, 0.004, 0.004, 0.6, 0.1};
  const int frames = MM_COUNT(height);
  double length[16], drift = 0, jump = 0;
  (void)state;
  ok(mm_trajectory_create(m, "ball", frames, 100, &t));
  for (int f = 0; f < frames; f++) {
    t->qpos[2 * f] = 0.001 * f;
    t->qpos[2 * f + 1] = height[f];
    length[f] = hypot(0.001 * f, 1.9 - height[f]);
    if (!f) continue;
    drift = f == 1 ? fabs(length[1] - length[0]) / 1.9 : 0.99 * drift + 0.01 * fabs(length[f] - length[f - 1]) / 1.9;
    if (fabs(length[f] - length[f - 1]) / 1.9 > jump) jump = fabs(length[f] - length[f - 1]) / 1.9;
  }
  assert_true(jump > 10 * drift);
  mm_trajectory_differentiate(m, t);
  ok(mm_trajectory_forward(m, t));
  ok(mm_trajectory_measure(m, t, 0, 1, &r[0]));
  near_to(r[0].penetration, 2.0 / 16, 1e-12, "two frames in the floor");
  near_to(r[0].penetration_depth, 0.002, 1e-12, "depth");
  near_to(r[0].floating, 0, 1e-12, "lowest");
  near_to(r[0].highest, 0.6, 1e-12, "highest");
  near_to(r[0].airborne, 0.02, 1e-12, "two frames away from the floor");
  near_to(r[0].limit_violation, 1.0 / 16, 1e-12, "the jump leaves the range");
  assert_int_equal(r[0].contact_count, 14);
  near_to(r[0].foot_skate, 0.1, 1e-9, "skate");
  near_to(r[0].tendon_jump, jump, 1e-9, "tendon");
  assert_int_equal(r[0].jump_frame, 14);
  near_to(r[0].tendon_jumps, 1, 0, "jumps");
  assert_int_equal(r[0].jump_tendon, 0);
  /* the same without the jump: nothing stands out */
  for (int f = 0; f < frames; f++) t->qpos[2 * f + 1] = 0;
  mm_trajectory_differentiate(m, t);
  ok(mm_trajectory_forward(m, t));
  ok(mm_trajectory_measure(m, t, 0, 1, &r[1]));
  near_to(r[1].tendon_jump, 0, 0, "no jump");
  near_to(r[1].jerk, 0, 1e-6, "no jerk");
  assert_int_equal(r[1].contact_count, 16);
  ok(mm_retarget_total(ctx, r, 2, &all));
  assert_int_equal(all.frame_count, 32);
  near_to(all.penetration, 1.0 / 16, 1e-12, "mean over frames");
  near_to(all.foot_skate, 0.1, 1e-9, "mean over contacts");
  near_to(all.tendon_jumps, 0.5, 0, "mean over clips");
  near_to(all.highest, 0.6, 1e-12, "largest");
  fails(mm_trajectory_measure(m, t, 1, 1, &r[1]), MM_E_ARGUMENT, "clips 1 to 1 of 1");
  mm_trajectory_destroy(t);
  mm_model_destroy(m);
}

/* A ball that no joint can lower hangs, and does not float. */
static void t_retarget_what_hangs_by_its_model_does_not_float(void **state) {
  mm_model *m = load_text(
    "<mujoco><worldbody><geom type='plane' size='0 0 1'/><body name='ball' pos='0 0 0.5'><joint name='x' type='slide' axis='1 0 0'/>" MASS
    "<geom type='sphere' size='0.1'/><site name='upper_body_mimic'/><body pos='0 0.2 0.1'>" MASS "<site name='left_shoulder_mimic'/>"
    "<body pos='0 0.3 0'>" MASS "<site name='left_elbow_mimic'/><body pos='0 0.3 0'>" MASS "<site name='left_hand_mimic'/></body></body>"
    "</body><body pos='0 -0.2 0.1'>" MASS "<site name='right_shoulder_mimic'/></body></body></worldbody></mujoco>");
  mm_trajectory *t;
  mm_retarget_report r;
  (void)state;
  ok(mm_trajectory_create(m, "ball", 200, 100, &t));
  ok(mm_trajectory_forward(m, t));
  ok(mm_trajectory_measure(m, t, 0, 1, &r));
  near_to(r.floating, 0, 0, "lowest");
  near_to(r.highest, 0, 0, "highest");
  near_to(r.airborne, 0, 0, "time in the air");
  mm_trajectory_destroy(t);
  mm_model_destroy(m);
}

/* A statue of a body of known shape and size: the fit finds both, and its sites lie at the joints. */
static void t_retarget_shape_of_a_statue_is_found(void **state) {
  static const struct { const char *site; int joint; } places[] = {
    {"pelvis", MM_SMPL_PELVIS}, {"upper_body", MM_SMPL_SPINE1}, {"head", MM_SMPL_HEAD}, {"left_shoulder", MM_SMPL_L_SHOULDER},
    {"right_shoulder", MM_SMPL_R_SHOULDER}, {"left_elbow", MM_SMPL_L_ELBOW}, {"right_elbow", MM_SMPL_R_ELBOW},
    {"left_hand", MM_SMPL_L_WRIST}, {"right_hand", MM_SMPL_R_WRIST}, {"left_hip", MM_SMPL_L_HIP}, {"right_hip", MM_SMPL_R_HIP},
    {"left_knee", MM_SMPL_L_KNEE}, {"right_knee", MM_SMPL_R_KNEE}, {"left_ankle", MM_SMPL_L_ANKLE},
    {"right_ankle", MM_SMPL_R_ANKLE}, {"left_toes", MM_SMPL_L_FOOT}, {"right_toes", MM_SMPL_R_FOOT}};
  static const double betas[] = {-1.5, 1, 0.5, 0, 0, 0};
  char text[8000];
  int length = snprintf(text, sizeof text, "<mujoco><worldbody><body pos='0 0 1'><freejoint/>" MASS);
  mm_clip *clip = NULL;
  mm_model *m;
  mm_skeleton body;
  mm_shape shape;
  (void)state;
  ok(mm_skeleton_make(ctx, MM_BODY_SMPL, MM_GENDER_MALE, 6, betas, &body));
  for (int i = 0; i < MM_COUNT(places); i++) {
    double at[3];
    mm__rot_apply(mm__fit_upright, body.joint[places[i].joint], at);
    length += snprintf(text + length, sizeof text - (size_t)length, "<site name='%s_mimic' pos='%.9f %.9f %.9f'/>", places[i].site,
                       1.1 * at[0], 1.1 * at[1], 1.1 * at[2]);
  }
  snprintf(text + length, sizeof text - (size_t)length, "</body></worldbody></mujoco>");
  m = load_text(text);
  ok(mm__clip_new(ctx, "still", 1, 24, 0, &clip));
  clip->gender = MM_GENDER_MALE;
  ok(mm_retarget_shape(ctx, clip, m, &shape));
  assert_int_equal(shape.site_count, 17);
  assert_int_equal(shape.beta_count, 6);
  /* the mean body's hips are two degrees askew, by which the statue is turned */
  assert_true(shape.rmse < 0.014);
  /* size and first beta stand for each other in part: what counts is the body they make */
  {
    mm_skeleton found;
    ok(mm_skeleton_make(ctx, MM_BODY_SMPL, MM_GENDER_MALE, 6, shape.betas, &found));
    near_to(shape.scale * mm_skeleton_height(&found), 1.1 * mm_skeleton_height(&body), 0.01, "height");
    assert_true(mm_skeleton_height(&body) > 1.62);
  }
  /* the neutral body has a size only */
  clip->gender = MM_GENDER_NEUTRAL;
  ok(mm_retarget_shape(ctx, clip, m, &shape));
  assert_int_equal(shape.beta_count, 0);
  assert_true(shape.rmse > 0.015 && shape.rmse < 0.05);
  mm_clip_destroy(clip);
  mm_model_destroy(m);
}

/* In the rest pose of the body the targets are the sites themselves, whichever body carries the motion. */
static void t_retarget_offsets_close_the_gaps_at_rest(void **state) {
  static const mm_fit fits[] = {MM_FIT_SEGMENTS, MM_FIT_SHAPE, MM_FIT_UNIFORM};
  mm_model *m = load_text(legs_text);
  mm_clip *clip = NULL;
  (void)state;
  ok(mm__clip_new(ctx, "still", 1, 24, 0, &clip));
  clip->frequency = 100;
  clip->gender = MM_GENDER_FEMALE;
  clip->up = MM_UP_Y;
  for (int i = 0; i < 3; i++) {
    mm_arena arena = {NULL, NULL};
    mm_fit_plan *plan;
    mm_fit_clip c;
    mm_clip *sampled = NULL;
    mm_retarget_report r;
    mm_retarget_def def;
    memset(&def, 0, sizeof def);
    def.fit = fits[i];
    arena.ctx = ctx;
    ok(mm__fit_plan_create(ctx, m, &def, &plan));
    ok(mm__fit_clip_open(plan, clip, &def, &arena, &sampled, &c, &r));
    for (int s = 0; s < plan->site_count; s++) {
      const double *target = c.targets + 7 * s, *site = plan->sites[s].pos;
      /* SMPL's legs stand apart and are a little bent: segments of the model's own follow them */
      const double slack = i ? 1e-9 : 0.15;
      double gap[3];
      /* the body faces -y: y is up in the clip */
      gap[0] = site[1] - plan->sites[0].pos[1];
      gap[1] = plan->sites[0].pos[0] - site[0];
      gap[2] = site[2] - plan->sites[0].pos[2];
      for (int k = 0; k < 3; k++) near_to(target[k] - c.targets[k], gap[k], slack, "place of a site");
    }
    mm_clip_destroy(sampled);
    mm__arena_free(&arena);
    mm__fit_plan_destroy(plan);
  }
  mm_clip_destroy(clip);
  mm_model_destroy(m);
}

static void t_retarget_what_cannot_be_done_is_said(void **state) {
  mm_clip *clip = walking(1);
  mm_model *m;
  mm_trajectory *t;
  mm_retarget_def def;
  int calls = 0;
  (void)state;
  m = load_text("<mujoco><worldbody><body><freejoint/>" MASS "<site name='a'/></body></worldbody></mujoco>");
  fails(mm_retarget(ctx, clip, m, NULL, &t, NULL), MM_E_MODEL, "no mimic sites");
  assert_null(t);
  mm_model_destroy(m);
  m = load_text("<mujoco><worldbody><body><freejoint/>" MASS "<site name='tail_mimic'/></body></worldbody></mujoco>");
  fails(mm_retarget(ctx, clip, m, NULL, &t, NULL), MM_E_MODEL, "tail_mimic");
  mm_model_destroy(m);
  m = load_text("<mujoco><worldbody><body><freejoint/>" MASS "<site name='pelvis_mimic'/></body></worldbody></mujoco>");
  fails(mm_retarget(ctx, clip, m, NULL, &t, NULL), MM_E_MODEL, "neither both hips");
  mm_model_destroy(m);
  m = load_text(legs_text);
  m->eq_type[0] = MM_EQ_CONNECT;
  fails(mm_retarget(ctx, clip, m, NULL, &t, NULL), MM_E_UNSUPPORTED, "connect");
  m->eq_type[0] = MM_EQ_JOINT;
  m->eq_obj2id[0] = m->eq_obj1id[1];
  fails(mm_retarget(ctx, clip, m, NULL, &t, NULL), MM_E_UNSUPPORTED, "itself follows");
  mm_model_destroy(m);
  m = legs18();
  memset(&def, 0, sizeof def);
  def.progress = stop_at_once;
  def.user = &calls;
  fails(mm_retarget(ctx, clip, m, &def, &t, NULL), MM_E_INTERRUPTED, "stopped");
  assert_int_equal(calls, 1);
  assert_null(t);
  mm_model_destroy(m);
  mm_clip_destroy(clip);
}

/* an allocator that fails once, at a chosen request, and counts what is out */
typedef struct failing { long count, fail_at, out; } failing;

static void *failing_alloc(size_t size, void *user) {
  failing *f = (failing *)user;
  if (++f->count == f->fail_at) return NULL;
  f->out++;
  return malloc(size);
}

static void failing_free(void *block, void *user) {
  ((failing *)user)->out--;
  free(block);
}

static void t_retarget_survives_every_failed_allocation(void **state) {
  failing f = {0, 0, 0};
  long total = 0;
  (void)state;
  for (long fail_at = 0; fail_at <= total; fail_at += 1 + fail_at / 40) {
    mm_context_def def;
    mm_context *own;
    mm_model *m = NULL;
    mm_clip *clip = NULL;
    mm_trajectory *t = NULL;
    mm_walk_def walk;
    mm_status status = MM_OK;
    memset(&def, 0, sizeof def);
    memset(&walk, 0, sizeof walk);
    walk.strides = 1;
    walk.frequency = 30;
    def.backend = MM_BACKEND_NATIVE;
    def.threads = 1;
    def.allocator.alloc = failing_alloc;
    def.allocator.free = failing_free;
    def.allocator.user = &f;
    f.count = f.fail_at = 0;
    if (mm_context_create(&def, &own)) fail_msg("context");
    if (mm_model_load(own, "models/legs18.xml", &m)) fail_msg("model: %s", mm_error(own));
    f.count = 0;
    f.fail_at = fail_at;
    status = mm_clip_walk(own, &walk, NULL, &clip);
    if (!status) status = mm_retarget(own, clip, m, NULL, &t, NULL);
    if (!fail_at) total = f.count;
    if (fail_at ? status != MM_E_MEMORY : status != MM_OK) fail_msg("request %ld of %ld: %s", fail_at, total, mm_error(own));
    assert_true(!fail_at || t == NULL);
    f.fail_at = 0;
    mm_trajectory_destroy(t);
    mm_clip_destroy(clip);
    mm_model_destroy(m);
    mm_context_destroy(own);
    assert_int_equal(f.out, 0);
  }
  assert_true(total > 50);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_retarget_planar_legs_walk_as_the_clip),
    cmocka_unit_test(t_retarget_refined_legs_walk_as_the_clip),
    cmocka_unit_test(t_retarget_own_motion_comes_back),
    cmocka_unit_test(t_retarget_own_motion_of_published_models_comes_back),
    cmocka_unit_test(t_retarget_free_body_keeps_couplings_and_limits),
    cmocka_unit_test(t_retarget_pieces_do_not_matter),
    cmocka_unit_test(t_retarget_float_is_as_good),
    cmocka_unit_test(t_retarget_device_finds_the_same),
    cmocka_unit_test(t_retarget_planar_body_takes_any_heading),
    cmocka_unit_test(t_retarget_fixed_trunk_needs_only_the_arms),
    cmocka_unit_test(t_retarget_limits_hold_where_the_clip_exceeds_them),
    cmocka_unit_test(t_retarget_height_correction_lifts_smoothly),
    cmocka_unit_test(t_retarget_refined_feet_neither_slide_nor_tilt),
    cmocka_unit_test(t_retarget_refinement_ends_in_a_minimum),
    cmocka_unit_test(t_retarget_motion_keeps_away_from_a_cliff_of_a_tendon),
    cmocka_unit_test(t_retarget_refined_tendons_do_not_jump),
    cmocka_unit_test(t_retarget_puppet_is_pulled_along),
    cmocka_unit_test(t_retarget_figures_are_as_defined),
    cmocka_unit_test(t_retarget_what_hangs_by_its_model_does_not_float),
    cmocka_unit_test(t_retarget_shape_of_a_statue_is_found),
    cmocka_unit_test(t_retarget_offsets_close_the_gaps_at_rest),
    cmocka_unit_test(t_retarget_what_cannot_be_done_is_said),
    cmocka_unit_test(t_retarget_survives_every_failed_allocation),
  };
  return cmocka_run_group_tests_name("t_retarget", tests, setup, teardown);
}
