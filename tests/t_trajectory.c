/* >>t-trajectory: trajectories: derivatives on the model's manifold, mimic sites, files */
#define MUSCLEMIMIC_PRIVATE
#include "support.h"

static const char *const model_text =
  "<mujoco model='trial'><worldbody>"
  "<body name='base' pos='0 0 1'><freejoint name='root'/><inertial pos='0 0 0' mass='1' diaginertia='1 1 1'/>"
  "<site name='upper_body_mimic' pos='0.1 0 0.3'/>"
  "<body name='arm' pos='0.2 0 0' euler='10 20 30'><joint name='ball' type='ball' pos='0.05 0 0'/>"
  "<inertial pos='0 0 0' mass='1' diaginertia='1 1 1'/>"
  "<site name='far' pos='1 1 1'/>"
  "<body pos='0.3 0.1 0'><joint name='slide' type='slide' axis='1 1 0'/><joint name='hinge' axis='0 1 1' pos='0 0.1 0'/>"
  "<inertial pos='0 0 0' mass='1' diaginertia='1 1 1'/><site name='left_hand_mimic' pos='0.2 0.1 0' euler='0 40 0'/></body></body>"
  "<site name='pelvis_mimic'/></body></worldbody></mujoco>";

static mm_model *model;

static int setup(void **state) {
  if (make_folder(state)) return -1;
  model = model_of(model_text);
  return 0;
}

static int teardown(void **state) {
  mm_model_destroy(model);
  return remove_folder(state);
}

/* qpos at time t of a motion with these velocities: constant but for the ball, which also turns evenly */
static const double speed[11] = {0.3, -0.2, 0.5, 0.4, 1.1, -0.7, -0.6, 0.8, 0.9, 0.25, -1.5};

static void pose_at(double t, double *q) {
  double v[3];
  for (int k = 0; k < 3; k++) q[k] = speed[k] * t;
  for (int k = 0; k < 3; k++) v[k] = speed[3 + k] * t;
  mm__rot_from_vector(v, q + 3);
  for (int k = 0; k < 3; k++) v[k] = speed[6 + k] * t;
  mm__rot_from_vector(v, q + 7);
  q[11] = speed[9] * t;
  q[12] = speed[10] * t;
}

static mm_trajectory *moving(int frames, double frequency, const char *name) {
  mm_trajectory *t;
  ok(mm_trajectory_create(model, name, frames, frequency, &t));
  for (int f = 0; f < frames; f++) pose_at(f / frequency, t->qpos + (size_t)f * (size_t)t->nq);
  mm_trajectory_differentiate(model, t);
  ok(mm_trajectory_forward(model, t));
  return t;
}

static void t_trajectory_even_motion_has_its_velocity_everywhere(void **state) {
  mm_trajectory *t = moving(20, 100, "even");
  (void)state;
  assert_int_equal(t->nq, 13);
  assert_int_equal(t->nv, 11);
  for (int f = 0; f < 20; f++)
    for (int d = 0; d < 11; d++) near_to(t->qvel[11 * f + d], speed[d], 1e-9, "velocity");
  mm_trajectory_destroy(t);
}

static void t_trajectory_clips_do_not_leak_into_each_other(void **state) {
  mm_trajectory *t = moving(20, 100, "even");
  (void)state;
  /* a second clip that begins elsewhere, and a third of one frame */
  mm__free(ctx, t->split_points);
  t->split_points = MM_NEW(ctx, int, 4);
  t->split_points[1] = 10;
  t->split_points[2] = 19;
  t->split_points[3] = 20;
  t->clip_count = 3;
  for (int f = 10; f < 19; f++) t->qpos[13 * f] += 5;
  t->qpos[13 * 19] = -7;
  memset(t->qvel, 0, sizeof(double) * 20 * 11);
  mm_trajectory_differentiate(model, t);
  for (int f = 0; f < 19; f++) near_to(t->qvel[11 * f], speed[0], 1e-9, "velocity inside clips");
  near_to(t->qvel[11 * 19], 0, 0, "a single frame rests");
  t->clip_count = 1;
  mm_trajectory_destroy(t);
}

static void t_trajectory_reference_site_goes_first(void **state) {
  int sites[8];
  (void)state;
  assert_int_equal(mm_mimic_sites(model, sites, 8), 3);
  assert_string_equal(mm_model_name(model, MM_OBJ_SITE, sites[0]), "pelvis_mimic");
  assert_string_equal(mm_model_name(model, MM_OBJ_SITE, sites[1]), "upper_body_mimic");
  assert_string_equal(mm_model_name(model, MM_OBJ_SITE, sites[2]), "left_hand_mimic");
  sites[1] = -5;
  assert_int_equal(mm_mimic_sites(model, sites, 1), 3);
  assert_int_equal(sites[1], -5);
}

static void t_trajectory_site_velocity_is_the_derivative_of_its_pose(void **state) {
  const double h = 1e-6;
  mm_trajectory *t = moving(3, 100, "even"), *after;
  (void)state;
  ok(mm_trajectory_create(model, "after", 3, 100, &after));
  for (int f = 0; f < 3; f++) pose_at(f / 100.0 + h, after->qpos + 13 * f);
  ok(mm_trajectory_forward(model, after));
  for (size_t i = 0; i < 9; i++) {
    double a[4], b[4], turn[3];
    for (size_t k = 0; k < 3; k++)
      near_to((after->site_xpos[3 * i + k] - t->site_xpos[3 * i + k]) / h, t->site_xvel[6 * i + 3 + k], 1e-4, "translation");
    mm__rot_from_matrix(t->site_xmat + 9 * i, a);
    mm__rot_from_matrix(after->site_xmat + 9 * i, b);
    mm__rot_conjugate(a, a);
    mm__rot_multiply(b, a, b);
    mm__rot_to_vector(b, turn);
    for (size_t k = 0; k < 3; k++) near_to(turn[k] / h, t->site_xvel[6 * i + k], 1e-4, "rotation");
  }
  mm_trajectory_destroy(t);
  mm_trajectory_destroy(after);
}

static void t_trajectory_file_comes_back(void **state) {
  mm_trajectory *t = moving(12, 50, "walk \xc3\xa4"), *back;
  (void)state;
  ok(mm_trajectory_save(t, in_folder("t.h5")));
  ok(mm_trajectory_load(ctx, in_folder("t.h5"), model, &back));
  assert_int_equal(back->frame_count, 12);
  assert_int_equal(back->clip_count, 1);
  assert_int_equal(back->site_count, 3);
  assert_int_equal(back->joint_count, 4);
  assert_true(back->model_hash == mm_motion_hash(model));
  assert_string_equal(back->model_name, "trial");
  assert_string_equal(back->clip_names[0], "walk \xc3\xa4");
  assert_string_equal(back->joint_names[3], "hinge");
  assert_string_equal(back->site_names[2], "left_hand_mimic");
  near_to(back->frequency, 50, 0, "rate");
  {
    MM_TRAJECTORY_SIZES(t)
#define SAME(name, columns, unit, frame, meaning) \
  assert_memory_equal(back->name, t->name, sizeof(double) * 12 * (size_t)(columns));
    MM_TRAJECTORY_FIELDS(SAME)
#undef SAME
  }
  mm_trajectory_destroy(back);
  ok(mm_trajectory_load(ctx, in_folder("t.h5"), NULL, &back));
  assert_true(back->model_hash == t->model_hash);
  mm_trajectory_destroy(back);
  mm_trajectory_destroy(t);
}

static void t_trajectory_of_another_model_is_refused(void **state) {
  mm_trajectory *t = moving(2, 50, "a"), *back;
  mm_model *other;
  char text[4096];
  (void)state;
  ok(mm_trajectory_save(t, in_folder("t.h5")));
  snprintf(text, sizeof text, "%s", model_text);
  memcpy(strstr(text, "0.05 0 0"), "0.06 0 0", 8);
  other = model_of(text);
  fails(mm_trajectory_load(ctx, in_folder("t.h5"), other, &back), MM_E_DATA, "t.h5");
  assert_null(back);
  mm_model_destroy(other);
  /* what motion does not depend on may differ */
  snprintf(text, sizeof text, "%s", model_text);
  memcpy(strstr(text, "mass='1'"), "mass='2'", 8);
  other = model_of(text);
  assert_true(other->hash != model->hash);
  ok(mm_trajectory_load(ctx, in_folder("t.h5"), other, &back));
  mm_trajectory_destroy(back);
  mm_model_destroy(other);
  mm_trajectory_destroy(t);
}

/* a good file with one array changed */
static void spoil(mm_trajectory *t, const char *what) {
  const double keep = t->qpos[5];
  const int split = t->split_points[1];
  if (!strcmp(what, "nan")) t->qpos[5] = NAN;
  if (!strcmp(what, "split")) t->split_points[1] = 1;
  ok(mm_trajectory_save(t, in_folder("bad.h5")));
  t->qpos[5] = keep;
  t->split_points[1] = split;
}

static void t_trajectory_bad_files_are_refused(void **state) {
  mm_trajectory *t = moving(4, 50, "a"), *back;
  mm_store_def def;
  mm_store *store;
  (void)state;
  spoil(t, "nan");
  fails(mm_trajectory_load(ctx, in_folder("bad.h5"), model, &back), MM_E_DATA, "qpos");
  spoil(t, "split");
  fails(mm_trajectory_load(ctx, in_folder("bad.h5"), model, &back), MM_E_DATA, "split_points");
  t->frequency = -1;
  spoil(t, "");
  t->frequency = 50;
  fails(mm_trajectory_load(ctx, in_folder("bad.h5"), model, &back), MM_E_DATA, "frequency");
  memset(&def, 0, sizeof def);
  def.schema = "something-else";
  def.version = 1;
  ok(mm_store_create(ctx, in_folder("other.h5"), &def, &store));
  ok(mm_store_commit(store));
  mm_store_close(store);
  fails(mm_trajectory_load(ctx, in_folder("other.h5"), NULL, &back), MM_E_DATA, "something-else");
  def.schema = MM_TRAJECTORY_SCHEMA;
  ok(mm_store_create(ctx, in_folder("empty.h5"), &def, &store));
  ok(mm_store_commit(store));
  mm_store_close(store);
  fails(mm_trajectory_load(ctx, in_folder("empty.h5"), NULL, &back), MM_E_DATA, "qpos");
  fails(mm_trajectory_load(ctx, in_folder("none.h5"), NULL, &back), MM_E_FILE, "none.h5");
  assert_null(back);
  mm_trajectory_destroy(t);
  fails(mm_trajectory_create(model, "x", 0, 50, &back), MM_E_ARGUMENT, "0 frames");
}

static void t_trajectory_join_keeps_clips_apart(void **state) {
  mm_trajectory *list[3], *joined;
  const mm_trajectory *const *input = (const mm_trajectory *const *)list;
  (void)state;
  list[0] = moving(4, 50, "a");
  list[1] = moving(3, 50, "b");
  list[2] = moving(3, 60, "c");
  ok(mm_trajectory_join(ctx, input, 2, &joined));
  assert_int_equal(joined->frame_count, 7);
  assert_int_equal(joined->clip_count, 2);
  assert_int_equal(joined->split_points[1], 4);
  assert_int_equal(joined->split_points[2], 7);
  assert_string_equal(joined->clip_names[1], "b");
  assert_memory_equal(joined->qvel + 4 * 11, list[1]->qvel, sizeof(double) * 33);
  assert_memory_equal(joined->site_xvel, list[0]->site_xvel, sizeof(double) * 4 * 18);
  ok(mm_trajectory_save(joined, in_folder("joined.h5")));
  mm_trajectory_destroy(joined);
  ok(mm_trajectory_load(ctx, in_folder("joined.h5"), model, &joined));
  assert_int_equal(joined->split_points[1], 4);
  mm_trajectory_destroy(joined);
  fails(mm_trajectory_join(ctx, input, 3, &joined), MM_E_DATA, "60 Hz");
  assert_null(joined);
  fails(mm_trajectory_join(ctx, input, 0, &joined), MM_E_ARGUMENT, "no trajectories");
  for (int i = 0; i < 3; i++) mm_trajectory_destroy(list[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_trajectory_even_motion_has_its_velocity_everywhere),
    cmocka_unit_test(t_trajectory_clips_do_not_leak_into_each_other),
    cmocka_unit_test(t_trajectory_reference_site_goes_first),
    cmocka_unit_test(t_trajectory_site_velocity_is_the_derivative_of_its_pose),
    cmocka_unit_test(t_trajectory_file_comes_back),
    cmocka_unit_test(t_trajectory_of_another_model_is_refused),
    cmocka_unit_test(t_trajectory_bad_files_are_refused),
    cmocka_unit_test(t_trajectory_join_keeps_clips_apart),
  };
  return cmocka_run_group_tests_name("t_trajectory", tests, setup, teardown);
}
