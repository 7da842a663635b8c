/* >>t-dataset: clips in the mirror, data sets on disk, bad clips told from good ones, lists of names */
#define MUSCLEMIMIC_PRIVATE
#include "support.h"

/* a clip of random rotations: all joints turn about all axes */
static mm_clip *tumbling(int joints, mm_up_axis up) {
  const int frames = 7;
  double *poses = (double *)calloc((size_t)(frames * joints * 3), sizeof(double)), trans[21], betas[3] = {0.5, -0.2, 0.1}, rate = 60;
  const char *gender = "female", *axis = up == MM_UP_Y ? "y" : "z";
  int64_t shape[2];
  mm_npz_writer *w;
  mm_clip *clip;
  for (int i = 0; i < frames * joints * 3; i++) poses[i] = sin(1.7 * i) + 0.3 * cos(0.9 * i);
  for (int i = 0; i < 21; i++) trans[i] = cos(2.3 * i);
  ok(mm_npz_create(ctx, in_folder("tumbling.npz"), &w));
  shape[0] = frames;
  shape[1] = 3 * joints;
  ok(mm_npz_add(w, "poses", MM_DTYPE_F64, 2, shape, poses));
  shape[1] = 3;
  ok(mm_npz_add(w, "trans", MM_DTYPE_F64, 2, shape, trans));
  shape[0] = 3;
  ok(mm_npz_add(w, "betas", MM_DTYPE_F64, 1, shape, betas));
  ok(mm_npz_add(w, "mocap_framerate", MM_DTYPE_F64, 0, NULL, &rate));
  ok(mm_npz_add(w, "gender", MM_DTYPE_TEXT, 0, NULL, &gender));
  ok(mm_npz_add(w, "up_axis", MM_DTYPE_TEXT, 0, NULL, &axis));
  ok(mm_npz_commit(w));
  mm_npz_end(w);
  free(poses);
  ok(mm_clip_load(ctx, in_folder("tumbling.npz"), MM_UP_AUTO, &clip));
  return clip;
}

static const int partner[24] = {0, 2, 1, 3, 5, 4, 6, 8, 7, 9, 11, 10, 12, 14, 13, 15, 17, 16, 19, 18, 21, 20, 23, 22};

static void joints_of(const mm_clip *clip, double *positions, double *rotations) {
  mm_skeleton skeleton;
  ok(mm_clip_skeleton(clip, &skeleton));
  mm_clip_joints(clip, &skeleton, positions, rotations);
}

static void check_mirror(int joints, mm_up_axis up) {
  mm_clip *clip = tumbling(joints, up), *image, *back;
  double *x = (double *)calloc(7 * 24 * 14, sizeof(double)), *q = x + 7 * 24 * 3, *mx = q + 7 * 24 * 4, *mq = mx + 7 * 24 * 3;
  ok(mm_clip_mirror(clip, &image));
  ok(mm_clip_mirror(image, &back));
  assert_memory_equal(back->poses, clip->poses, sizeof(double) * (size_t)(7 * joints * 3));
  assert_memory_equal(back->trans, clip->trans, sizeof(double) * 21);
  joints_of(clip, x, q);
  joints_of(back, mx, mq);
  assert_memory_equal(mx, x, sizeof(double) * 7 * 24 * 7);
  /* joints are the images of their partners, and so are their axes: R' e = S R S e */
  joints_of(image, mx, mq);
  for (int f = 0; f < 7; f++)
    for (int j = 0; j < 24; j++) {
      const int a = f * 24 + j, b = f * 24 + partner[j];
      for (int k = 0; k < 3; k++) {
        double axis[3] = {0, 0, 0}, turned[3], mirrored[3];
        near_to(mx[3 * a + k], (k ? 1 : -1) * x[3 * b + k], 1e-12, "joint");
        axis[k] = 1;
        mm__rot_apply(mq + 4 * a, axis, turned);
        axis[k] = k ? 1 : -1;
        mm__rot_apply(q + 4 * b, axis, mirrored);
        for (int i = 0; i < 3; i++) near_to(turned[i], (i ? 1 : -1) * mirrored[i], 1e-12, "axis of a joint");
      }
    }
  assert_true(mm_clip_hash(image) != mm_clip_hash(clip));
  free(x);
  mm_clip_destroy(clip);
  mm_clip_destroy(image);
  mm_clip_destroy(back);
}

static void t_dataset_mirrored_joints_are_the_images_of_their_partners(void **state) {
  (void)state;
  check_mirror(24, MM_UP_Z);
  check_mirror(24, MM_UP_Y);
  check_mirror(52, MM_UP_Z);
  check_mirror(55, MM_UP_Z);
}

/* fingers, jaw and eyes have no place in the 24 joints: told by their numbers */
static void t_dataset_mirrored_hands_and_eyes_change_sides(void **state) {
  const int pairs[][3] = {{52, 22, 37}, {52, 36, 51}, {55, 25, 40}, {55, 39, 54}, {55, 23, 24}, {55, 22, 22}, {24, 22, 23}};
  (void)state;
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    const int joints = pairs[i][0], a = pairs[i][1], b = pairs[i][2];
    mm_clip *clip = tumbling(joints, MM_UP_Z), *image;
    ok(mm_clip_mirror(clip, &image));
    for (int k = 0; k < 3; k++) {
      near_to(image->poses[3 * a + k], (k ? -1 : 1) * clip->poses[3 * b + k], 0, "from the right");
      near_to(image->poses[3 * b + k], (k ? -1 : 1) * clip->poses[3 * a + k], 0, "from the left");
    }
    mm_clip_destroy(clip);
    mm_clip_destroy(image);
  }
}

static mm_clip *walking(void) {
  mm_walk_def def;
  mm_clip *clip = NULL;
  memset(&def, 0, sizeof def);
  def.strides = 1;
  ok(mm_clip_walk(ctx, &def, NULL, &clip));
  return clip;
}

static void t_dataset_leaps_are_told_from_fast_motion(void **state) {
  mm_clip *clip = walking();
  mm_clip_verdict v;
  double limits[MM_LIMIT_COUNT];
  (void)state;
  mm_clip_limits_default(limits);
  ok(mm_clip_inspect(clip, &v));
  assert_true(v.value[MM_LIMIT_TELEPORT] < 0.02);
  near_to(v.value[MM_LIMIT_SPEED], 1.2, 0.5, "speed");
  assert_int_equal(mm_clip_exceeds(&v, limits), MM_LIMIT_COUNT);
  /* a run of 12 m/s moves 10 cm a frame, and in no frame more than in the others */
  for (int f = 0; f < clip->frame_count; f++) clip->trans[3 * f] += 0.1 * f;
  ok(mm_clip_inspect(clip, &v));
  assert_true(v.value[MM_LIMIT_TELEPORT] < 0.02);
  assert_int_equal(mm_clip_exceeds(&v, limits), MM_LIMIT_COUNT);
  /* from frame 40 on the body is elsewhere */
  for (int f = 40; f < clip->frame_count; f++) clip->trans[3 * f + 1] += 0.5;
  ok(mm_clip_inspect(clip, &v));
  assert_int_equal(v.frame, 40);
  near_to(v.value[MM_LIMIT_TELEPORT], 0.41, 0.03, "leap");
  assert_int_equal(mm_clip_exceeds(&v, limits), MM_LIMIT_TELEPORT);
  /* and one frame in which an arm points elsewhere */
  for (int f = 40; f < clip->frame_count; f++) clip->trans[3 * f + 1] -= 0.5;
  clip->poses[(20 * clip->joint_count + 16) * 3 + 2] += 2.5;
  ok(mm_clip_inspect(clip, &v));
  assert_true(v.frame == 20 || v.frame == 21);
  assert_true(v.joint == 18 || v.joint == 20 || v.joint == 22);
  assert_int_equal(mm_clip_exceeds(&v, limits), MM_LIMIT_TELEPORT);
  clip->poses[0] = NAN;
  v.value[MM_LIMIT_REACH] = NAN;
  v.value[MM_LIMIT_TELEPORT] = 0;
  assert_int_equal(mm_clip_exceeds(&v, limits), MM_LIMIT_REACH);
  mm_clip_destroy(clip);
}

static void t_dataset_reports_are_held_against_limits(void **state) {
  mm_retarget_report r;
  mm_clip_verdict v;
  double limits[MM_LIMIT_COUNT];
  (void)state;
  memset(&r, 0, sizeof r);
  memset(&v, 0, sizeof v);
  mm_clip_limits_default(limits);
  r.site_rmse = 0.02;
  r.airborne = 0.6;
  mm_retarget_inspect(&r, &v);
  assert_int_equal(mm_clip_exceeds(&v, limits), MM_LIMIT_COUNT);
  r.airborne = 1.2;
  mm_retarget_inspect(&r, &v);
  assert_int_equal(mm_clip_exceeds(&v, limits), MM_LIMIT_AIRBORNE);
  r.floating = 0.03;
  mm_retarget_inspect(&r, &v);
  assert_int_equal(mm_clip_exceeds(&v, limits), MM_LIMIT_FLOATING);
  r.site_rmse = 0.2;
  mm_retarget_inspect(&r, &v);
  assert_int_equal(mm_clip_exceeds(&v, limits), MM_LIMIT_REACH);
  assert_string_equal(mm_clip_limit_name(MM_LIMIT_REACH), "reach");
  assert_null(mm_clip_limit_name(MM_LIMIT_COUNT));
}

/* two clips of the planar legs, which stand still */
static mm_trajectory *standing(const mm_model *model, const char *name, int frames, double knee) {
  mm_trajectory *t;
  ok(mm_trajectory_create(model, name, frames, 100, &t));
  for (int f = 0; f < frames; f++) {
    memcpy(t->qpos + f * t->nq, model->qpos0, sizeof(double) * (size_t)t->nq);
    t->qpos[f * t->nq + 4] = knee + 0.001 * f;
  }
  mm_trajectory_differentiate(model, t);
  ok(mm_trajectory_forward(model, t));
  return t;
}

static void write_set(const mm_model *model, const char *path) {
  mm_trajectory *a = standing(model, "first/walk", 5, 0.1), *b = standing(model, "second", 3, 0.2);
  mm_dataset_writer *w;
  mm_clip_record record;
  memset(&record, 0, sizeof record);
  ok(mm_dataset_create(ctx, path, a, 8, &w));
  record.source = (char *)"clips/first/walk.npz";
  record.split = (char *)"train";
  record.key = 0x123456789abcdef0ULL;
  record.report.site_rmse = 0.0125;
  record.report.contact_count = 7;
  record.report.frame_count = 5;
  ok(mm_dataset_add(w, a, &record));
  fails(mm_dataset_commit(w), MM_E_ARGUMENT, "announced");
  record.source = NULL;
  record.split = (char *)"test";
  record.mirrored = 1;
  record.key = 2;
  ok(mm_dataset_add(w, b, &record));
  fails(mm_dataset_add(w, b, &record), MM_E_ARGUMENT, "more frames");
  ok(mm_dataset_commit(w));
  mm_dataset_end(w);
  mm_trajectory_destroy(a);
  mm_trajectory_destroy(b);
}

static void t_dataset_clips_and_records_come_back(void **state) {
  const char *path = in_folder("set.h5");
  mm_model *model;
  mm_dataset *set;
  mm_trajectory *all, *one, *train, *joined;
  const char *const pattern[] = {"@test"}, *const nothing[] = {"@validation"};
  const mm_trajectory *two[2];
  (void)state;
  model = load_model("models/legs18.xml");
  write_set(model, path);
  ok(mm_dataset_open(ctx, path, model, &set));
  assert_int_equal(set->clip_count, 2);
  assert_int_equal(set->frame_count, 8);
  assert_true(set->recorded);
  assert_string_equal(set->clip_names[0], "first/walk");
  assert_string_equal(set->records[0].source, "clips/first/walk.npz");
  assert_null(set->records[1].source);
  assert_string_equal(set->records[1].split, "test");
  assert_true(set->records[0].key == 0x123456789abcdef0ULL);
  assert_int_equal(set->records[0].mirrored, 0);
  assert_int_equal(set->records[1].mirrored, 1);
  near_to(set->records[0].report.site_rmse, 0.0125, 0, "figure");
  assert_int_equal(set->records[0].report.contact_count, 7);
  /* a clip by itself, and the file as a trajectory */
  ok(mm_dataset_clip(set, 1, &one));
  ok(mm_trajectory_load(ctx, path, model, &all));
  assert_int_equal(one->frame_count, 3);
  assert_string_equal(one->clip_names[0], "second");
  assert_memory_equal(one->qpos, all->qpos + 5 * all->nq, sizeof(double) * (size_t)(3 * all->nq));
  assert_memory_equal(one->site_xpos, all->site_xpos + 15 * all->site_count, sizeof(double) * (size_t)(9 * all->site_count));
  near_to(one->qpos[one->nq + 4], 0.201, 1e-15, "coordinate");
  assert_string_equal(one->clip_splits[0], "test");
  fails(mm_dataset_clip(set, 2, &train), MM_E_ARGUMENT, "no clip 2");
  /* splits are chosen by name, and stay with their clips */
  ok(mm_trajectory_select(all, pattern, 1, &train));
  assert_int_equal(train->clip_count, 1);
  assert_string_equal(train->clip_names[0], "second");
  fails(mm_trajectory_select(all, nothing, 1, &joined), MM_E_ARGUMENT, "validation");
  two[0] = all;
  two[1] = train;
  ok(mm_trajectory_join(ctx, two, 2, &joined));
  assert_string_equal(joined->clip_splits[0], "train");
  assert_string_equal(joined->clip_splits[2], "test");
  ok(mm_trajectory_save(joined, in_folder("joined.h5")));
  mm_trajectory_destroy(train);
  ok(mm_trajectory_load(ctx, in_folder("joined.h5"), model, &train));
  assert_string_equal(train->clip_splits[2], "test");
  mm_dataset_close(set);
  ok(mm_dataset_open(ctx, in_folder("joined.h5"), NULL, &set));
  assert_false(set->recorded);
  assert_true(set->records[0].key == 0);
  mm_dataset_close(set);
  mm_trajectory_destroy(all);
  mm_trajectory_destroy(one);
  mm_trajectory_destroy(train);
  mm_trajectory_destroy(joined);
  mm_model_destroy(model);
}

static void t_dataset_is_whole_or_not_there(void **state) {
  const char *path = in_folder("half.h5");
  mm_model *model, *other;
  mm_trajectory *a;
  mm_dataset_writer *w;
  mm_dataset *set;
  mm_clip_record record;
  (void)state;
  memset(&record, 0, sizeof record);
  model = load_model("models/legs18.xml");
  a = standing(model, "a", 4, 0);
  ok(mm_dataset_create(ctx, path, a, 4, &w));
  ok(mm_dataset_add(w, a, &record));
  mm_dataset_end(w);
  fails(mm_dataset_open(ctx, path, model, &set), MM_E_FILE, "half.h5");
  assert_null(set);
  fails(mm_dataset_create(ctx, path, a, 0, &w), MM_E_ARGUMENT, "0 frames");
  ok(mm_trajectory_save(a, in_folder("plain.h5")));
  ok(mm_model_load(ctx, "tests/data/joints.xml", &other));
  fails(mm_dataset_open(ctx, in_folder("plain.h5"), other, &set), MM_E_DATA, "plain.h5");
  mm_trajectory_destroy(a);
  mm_model_destroy(model);
  mm_model_destroy(other);
}

static void t_dataset_keys_tell_clip_model_and_settings_apart(void **state) {
  mm_clip *clip = walking(), *same = walking();
  mm_model *model, *other;
  mm_retarget_def def;
  uint64_t key;
  (void)state;
  memset(&def, 0, sizeof def);
  model = load_model("models/legs18.xml");
  ok(mm_model_load(ctx, "tests/data/joints.xml", &other));
  key = mm_retarget_key(clip, model, NULL);
  assert_true(key == mm_retarget_key(same, model, &def));
  ok(mm_clip_rename(same, "other/name"));
  def.user = same;
  assert_true(key == mm_retarget_key(same, model, &def));
  assert_true(key != mm_retarget_key(clip, other, NULL));
  def.frequency = 50;
  assert_true(key != mm_retarget_key(clip, model, &def));
  same->poses[100] += 1e-15;
  assert_true(key != mm_retarget_key(same, model, NULL));
  mm_clip_destroy(clip);
  mm_clip_destroy(same);
  mm_model_destroy(model);
  mm_model_destroy(other);
}

static void t_dataset_names_are_read_however_they_are_listed(void **state) {
  static const char text[] = "# walking\r\nKIT/3/walk_poses\n\n  - \"KIT/4/turn left_poses\"\nTRAIN:\n[\n'CMU/01',\n]\n  CMU/02  # a remark\n";
  static const char *const names[] = {"KIT/3/walk_poses", "KIT/4/turn left_poses", "CMU/01", "CMU/02"};
  mm_name_list *list;
  (void)state;
  ok(mm_name_list_load(ctx, write_text("names.txt", text), &list));
  keep_seed("names", in_folder("names.txt"));
  assert_int_equal(list->count, 4);
  for (int i = 0; i < 4; i++) assert_string_equal(list->names[i], names[i]);
  mm_name_list_destroy(list);
  fails(mm_name_list_parse(ctx, "n.txt", "a\n../b\n", 7, &list), MM_E_PARSE, "n.txt:2");
  fails(mm_name_list_parse(ctx, "n.txt", "a/..", 4, &list), MM_E_PARSE, "leaves");
  fails(mm_name_list_parse(ctx, "n.txt", "/etc/passwd", 11, &list), MM_E_PARSE, "relative");
  fails(mm_name_list_parse(ctx, "n.txt", "a\0b", 3, &list), MM_E_PARSE, "control");
  fails(mm_name_list_parse(ctx, "n.txt", "# nothing\n", 10, &list), MM_E_PARSE, "no name");
  fails(mm_name_list_load(ctx, in_folder("missing.txt"), &list), MM_E_FILE, "missing.txt");
  ok(mm_name_list_parse(ctx, "n.txt", "..a/b..", 7, &list));
  assert_string_equal(list->names[0], "..a/b..");
  mm_name_list_destroy(list);
}

static void t_dataset_splits_depend_on_names_alone(void **state) {
  const double shares[3] = {0.7, 0.2, 0.1};
  int counts[3] = {0, 0, 0};
  (void)state;
  for (int i = 0; i < 3000; i++) {
    char name[32];
    snprintf(name, sizeof name, "KIT/%d/walk%02d_poses", i / 20, i % 20);
    counts[mm_split_of(name, shares, 3)]++;
    assert_int_equal(mm_split_of(name, shares, 3), mm_split_of(name, shares, 3));
  }
  near_to(counts[0] / 3000.0, 0.7, 0.03, "share");
  near_to(counts[1] / 3000.0, 0.2, 0.03, "share");
  near_to(counts[2] / 3000.0, 0.1, 0.03, "share");
  assert_int_equal(mm_split_of("a", shares, 0), -1);
}

static mm_status scarce_set(mm_context *poor, const void *user) {
  mm_dataset *set = NULL;
  mm_trajectory *t = NULL;
  mm_status status = mm_dataset_open(poor, (const char *)user, NULL, &set);
  if (status == MM_OK) status = mm_dataset_clip(set, 1, &t);
  mm_trajectory_destroy(t);
  mm_dataset_close(set);
  return status;
}

static mm_status scarce_names(mm_context *poor, const void *user) {
  mm_name_list *list = NULL;
  const mm_status status = mm_name_list_parse(poor, "n.txt", (const char *)user, strlen((const char *)user), &list);
  mm_name_list_destroy(list);
  return status;
}

static mm_status scarce_mirror(mm_context *poor, const void *user) {
  mm_clip *clip = NULL, *image = NULL;
  mm_clip_verdict v;
  mm_status status = mm_clip_load(poor, (const char *)user, MM_UP_AUTO, &clip);
  if (status == MM_OK) status = mm_clip_mirror(clip, &image);
  if (status == MM_OK) status = mm_clip_inspect(image, &v);
  mm_clip_destroy(clip);
  mm_clip_destroy(image);
  return status;
}

static void t_dataset_without_memory_nothing_is_left_behind(void **state) {
  mm_model *model;
  (void)state;
  model = load_model("models/legs18.xml");
  write_set(model, in_folder("scarce.h5"));
  survives_scarcity(scarce_set, in_folder("scarce.h5"));
  survives_scarcity(scarce_names, "a\nb\nc\n");
  mm_clip_destroy(tumbling(24, MM_UP_Z));
  survives_scarcity(scarce_mirror, in_folder("tumbling.npz"));
  mm_model_destroy(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_dataset_mirrored_joints_are_the_images_of_their_partners),
    cmocka_unit_test(t_dataset_mirrored_hands_and_eyes_change_sides),
    cmocka_unit_test(t_dataset_leaps_are_told_from_fast_motion),
    cmocka_unit_test(t_dataset_reports_are_held_against_limits),
    cmocka_unit_test(t_dataset_clips_and_records_come_back),
    cmocka_unit_test(t_dataset_is_whole_or_not_there),
    cmocka_unit_test(t_dataset_keys_tell_clip_model_and_settings_apart),
    cmocka_unit_test(t_dataset_names_are_read_however_they_are_listed),
    cmocka_unit_test(t_dataset_splits_depend_on_names_alone),
    cmocka_unit_test(t_dataset_without_memory_nothing_is_left_behind),
  };
  return cmocka_run_group_tests(tests, make_native, remove_folder);
}
