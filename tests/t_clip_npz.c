/* >>t-clip-npz: SMPL motion in every spelling in use, and what of it is refused */
#define MUSCLEMIMIC_PRIVATE
#include "support.h"

/* one array of an archive: numbers that count up from `first`, or a text */
typedef struct entry {
  const char *name;
  mm_dtype type;
  int rank;
  int64_t shape[3];
  double first;
  const char *text;
} entry;

static const char *write_archive(const char *file, const entry *list, int count) {
  static double numbers[3000];
  static float singles[3000];
  mm_npz_writer *w;
  ok(mm_npz_create(ctx, in_folder(file), &w));
  for (int i = 0; i < count; i++) {
    const entry *e = &list[i];
    int64_t total = 1;
    for (int k = 0; k < e->rank; k++) total *= e->shape[k];
    assert_true(total <= 3000);
    for (int64_t k = 0; k < total; k++) singles[k] = (float)(numbers[k] = e->first + 0.001 * (double)k);
    ok(mm_npz_add(w, e->name, e->type, e->rank, e->shape,
                  e->type == MM_DTYPE_TEXT ? (const void *)&e->text : e->type == MM_DTYPE_F32 ? (const void *)singles : numbers));
  }
  ok(mm_npz_commit(w));
  mm_npz_end(w);
  keep_seed("clip", in_folder(file));
  return in_folder(file);
}

#define ARRAY(name, a, b, first) {name, MM_DTYPE_F64, 2, {a, b, 0}, first, NULL}
#define NUMBER(name, value) {name, MM_DTYPE_F64, 0, {0, 0, 0}, value, NULL}
#define TEXT(name, value) {name, MM_DTYPE_TEXT, 0, {0, 0, 0}, 0, value}

static mm_clip *load(const char *file, const entry *list, int count) {
  mm_clip *clip;
  ok(mm_clip_load(ctx, write_archive(file, list, count), MM_UP_Z, &clip));
  return clip;
}

static void t_clip_npz_smplx_package_names_are_read(void **state) {
  const entry list[] = {ARRAY("global_orient", 2, 3, 1), ARRAY("body_pose", 2, 63, 2), ARRAY("left_hand_pose", 2, 45, 3),
                        ARRAY("right_hand_pose", 2, 45, 4), ARRAY("jaw_pose", 2, 3, 5), ARRAY("leye_pose", 2, 3, 6),
                        ARRAY("reye_pose", 2, 3, 7), ARRAY("transl", 2, 3, 0.5), NUMBER("fps", 30), TEXT("gender", "FEMALE")};
  mm_clip *clip = load("package.npz", list, MM_COUNT(list));
  const double *p = clip->poses + 165;
  (void)state;
  assert_int_equal(clip->kind, MM_BODY_SMPLX);
  assert_int_equal(clip->gender, MM_GENDER_FEMALE);
  near_to(p[1], 1.004, 1e-12, "root");
  near_to(p[3], 2.063, 1e-12, "body");
  near_to(p[66], 5.003, 1e-12, "jaw");
  near_to(p[69], 6.003, 1e-12, "left eye");
  near_to(p[72], 7.003, 1e-12, "right eye");
  near_to(p[75], 3.045, 1e-12, "left hand");
  near_to(p[120 + 44], 4.089, 1e-12, "right hand");
  near_to(clip->trans[5], 0.505, 1e-12, "position");
  mm_clip_destroy(clip);
}

static void t_clip_npz_aist_names_and_scale_are_read(void **state) {
  const entry list[] = {{"smpl_poses", MM_DTYPE_F32, 2, {2, 72, 0}, 0.25, NULL}, {"smpl_trans", MM_DTYPE_F32, 2, {2, 3, 0}, 50, NULL},
                        {"smpl_scaling", MM_DTYPE_F32, 1, {1, 0, 0}, 100, NULL}, NUMBER("fps", 60)};
  mm_clip *clip = load("aist.npz", list, MM_COUNT(list));
  (void)state;
  assert_int_equal(clip->kind, MM_BODY_SMPL);
  near_to(clip->trans[4], 0.50004, 1e-6, "position in metres");
  near_to(clip->poses[72], 0.25 + 0.072, 1e-6, "pose");
  mm_clip_destroy(clip);
}

static void t_clip_npz_joints_may_be_a_dimension_and_hands_left_out(void **state) {
  const entry cube[] = {{"poses", MM_DTYPE_F64, 3, {2, 52, 3}, 0, NULL}, ARRAY("trans", 2, 3, 0), NUMBER("mocap_framerate", 120)};
  const entry bare[] = {ARRAY("poses", 3, 66, 0), ARRAY("trans", 3, 3, 0), NUMBER("mocap_time_length", 0.1)};
  const entry smpl[] = {ARRAY("root_orient", 2, 3, 1), ARRAY("pose_body", 2, 69, 2), ARRAY("trans", 2, 3, 0), NUMBER("fps", 25)};
  mm_clip *clip = load("cube.npz", cube, MM_COUNT(cube));
  (void)state;
  assert_int_equal(clip->joint_count, 52);
  near_to(clip->poses[156 + 155], 0.311, 1e-12, "last of all");
  mm_clip_destroy(clip);
  clip = load("bare.npz", bare, MM_COUNT(bare));
  assert_int_equal(clip->joint_count, 24);
  near_to(clip->frequency, 30, 1e-9, "rate from the duration");
  near_to(clip->poses[72 + 65], 0.131, 1e-12, "right wrist");
  near_to(clip->poses[72 + 66], 0, 0, "hands rest");
  mm_clip_destroy(clip);
  clip = load("smpl.npz", smpl, MM_COUNT(smpl));
  near_to(clip->poses[72 + 71], 2 + 0.137, 1e-12, "right hand");
  mm_clip_destroy(clip);
}

static void t_clip_npz_betas_of_any_shape_are_read(void **state) {
  const entry one[] = {ARRAY("poses", 3, 72, 0), ARRAY("trans", 3, 3, 0), NUMBER("fps", 25), {"betas", MM_DTYPE_F32, 1, {300, 0, 0}, 1, NULL}};
  const entry rows[] = {ARRAY("poses", 3, 72, 0), ARRAY("trans", 3, 3, 0), NUMBER("fps", 25), ARRAY("betas", 3, 10, 1)};
  const entry none[] = {ARRAY("poses", 3, 72, 0), ARRAY("trans", 3, 3, 0), NUMBER("fps", 25), ARRAY("betas", 0, 10, 1)};
  mm_clip *clip = load("one.npz", one, MM_COUNT(one));
  (void)state;
  assert_int_equal(clip->beta_count, 300);
  near_to(clip->betas[299], 1.299, 1e-6, "last beta");
  mm_clip_destroy(clip);
  clip = load("rows.npz", rows, MM_COUNT(rows));
  assert_int_equal(clip->beta_count, 10);
  near_to(clip->betas[2], 1.012, 1e-12, "mean of the rows");
  mm_clip_destroy(clip);
  clip = load("none.npz", none, MM_COUNT(none));
  assert_int_equal(clip->beta_count, 0);
  mm_clip_destroy(clip);
}

/* gender in each form NumPy gives it: text of no dimension and of one, bytes; made by hand because the writer makes UCS-4 */
static void t_clip_npz_gender_may_be_bytes(void **state) {
  static const char *const words[] = {"male", "b'female'", "neutral", "M", "f", ""};
  static const mm_gender expected[] = {MM_GENDER_MALE, MM_GENDER_FEMALE, MM_GENDER_NEUTRAL, MM_GENDER_MALE, MM_GENDER_FEMALE,
                                       MM_GENDER_NEUTRAL};
  (void)state;
  for (int i = 0; i < 6; i++)
    for (int rank = 0; rank < 2; rank++) {
      const entry list[] = {ARRAY("poses", 1, 72, 0), ARRAY("trans", 1, 3, 0), NUMBER("fps", 25),
                            {"gender", MM_DTYPE_TEXT, rank, {1, 0, 0}, 0, words[i]}};
      mm_clip *clip = load("gender.npz", list, MM_COUNT(list));
      assert_int_equal(clip->gender, expected[i]);
      mm_clip_destroy(clip);
    }
}

static void t_clip_npz_bad_files_are_refused(void **state) {
  const entry width[] = {ARRAY("pose_body", 2, 60, 0), ARRAY("root_orient", 2, 3, 0), ARRAY("trans", 2, 3, 0), NUMBER("fps", 9)};
  const entry parts[] = {ARRAY("pose_body", 2, 63, 0), ARRAY("root_orient", 3, 3, 0), ARRAY("trans", 2, 3, 0), NUMBER("fps", 9)};
  const entry half[] = {ARRAY("pose_body", 2, 63, 0), ARRAY("trans", 2, 3, 0), NUMBER("fps", 9)};
  const entry nowhere[] = {ARRAY("poses", 2, 72, 0), NUMBER("fps", 9)};
  const entry flat[] = {{"poses", MM_DTYPE_F64, 1, {72, 0, 0}, 0, NULL}, ARRAY("trans", 1, 3, 0), NUMBER("fps", 9)};
  const entry rates[] = {ARRAY("poses", 2, 72, 0), ARRAY("trans", 2, 3, 0), ARRAY("fps", 2, 1, 0)};
  const entry scale[] = {ARRAY("poses", 2, 72, 0), ARRAY("trans", 2, 3, 0), NUMBER("fps", 9), NUMBER("smpl_scaling", 0)};
  const entry sex[] = {ARRAY("poses", 2, 72, 0), ARRAY("trans", 2, 3, 0), NUMBER("fps", 9), TEXT("gender", "robot")};
  const entry up[] = {ARRAY("poses", 2, 72, 0), ARRAY("trans", 2, 3, 0), NUMBER("fps", 9), TEXT("up_axis", "x")};
  const entry rest[] = {ARRAY("poses", 2, 72, 0), ARRAY("trans", 2, 3, 0), NUMBER("fps", 9), ARRAY("rest_joints", 24, 3, 0)};
  static const struct { int which; const char *word; } expected[] = {
    {0, "pose_body has 60"}, {1, "2 frames of pose_body"}, {2, "but not root_orient"}, {3, "`trans`"}, {4, "1 dimensions"},
    {5, "fps has 2"}, {6, "smpl_scaling"}, {7, "robot"}, {8, "up_axis is 'x'"}, {9, "rest_root"}};
  const entry *lists[] = {width, parts, half, nowhere, flat, rates, scale, sex, up, rest};
  const int counts[] = {4, 4, 3, 2, 3, 3, 4, 4, 4, 4};
  (void)state;
  for (int i = 0; i < MM_COUNT(counts); i++) {
    mm_clip *clip;
    char name[32];
    snprintf(name, sizeof name, "bad%d.npz", i);
    fails(mm_clip_load(ctx, write_archive(name, lists[i], counts[i]), i == 8 ? MM_UP_AUTO : MM_UP_Z, &clip), MM_E_DATA, expected[i].word);
    assert_non_null(strstr(mm_error(ctx), name));
    assert_null(clip);
  }
}

static void t_clip_npz_own_skeleton_comes_back(void **state) {
  mm_clip *clip, *back, *twice;
  mm_skeleton s, found;
  (void)state;
  ok(mm__clip_new(ctx, "own", 5, 24, 0, &clip));
  clip->frequency = 50;
  ok(mm_skeleton_make(ctx, clip->kind, clip->gender, 0, NULL, &s));
  s.joint[MM_SMPL_L_KNEE][1] -= 0.05;
  s.source = MM_SKELETON_RECORDED;
  ok(mm__clip_set_skeleton(clip, &s));
  ok(mm_clip_save(clip, in_folder("own.npz")));
  keep_seed("clip", in_folder("own.npz"));
  ok(mm_clip_load(ctx, in_folder("own.npz"), MM_UP_AUTO, &back));
  assert_int_equal(back->up, MM_UP_Z);
  assert_int_equal(back->up_detected, 0);
  ok(mm_clip_skeleton(back, &found));
  assert_memory_equal(found.joint, s.joint, sizeof s.joint);
  assert_int_equal(found.source, MM_SKELETON_RECORDED);
  ok(mm_clip_resample(back, 100, &twice));
  ok(mm_clip_skeleton(twice, &found));
  assert_memory_equal(found.joint, s.joint, sizeof s.joint);
  mm_clip_destroy(clip);
  mm_clip_destroy(back);
  mm_clip_destroy(twice);
}

static void t_clip_npz_recorded_clips_are_read(void **state) {
  static const struct { const char *name; int joints, frames; double rate; mm_body_kind kind; } known[] = {
    {"motion/smpl/cmu/CMU_02_01_walk_poses.npz", 52, 343, 120, MM_BODY_SMPLH},
    {"motion/smpl/cmu/CMU_02_01_walk_poses_stored_f32.npz", 52, 343, 120, MM_BODY_SMPLH},
    {"motion/smpl/cmu/CMU_02_01_walk_stageii.npz", 55, 343, 120, MM_BODY_SMPLX},
    {"motion/smpl/aistpp/AISTpp_gBR_sBM_cAll_d04_mBR0_ch01_poses.npz", 52, 720, 60, MM_BODY_SMPLH},
    {"motion/smpl/deepmimic/DM_spin_poses.npz", 52, 107, 24, MM_BODY_SMPLH}};
  (void)state;
  for (int i = 0; i < MM_COUNT(known); i++) {
    mm_clip *clip;
    ok(mm_clip_load(ctx, shared(known[i].name), MM_UP_AUTO, &clip));
    assert_int_equal(clip->joint_count, known[i].joints);
    assert_int_equal(clip->frame_count, known[i].frames);
    assert_int_equal(clip->kind, known[i].kind);
    assert_int_equal(clip->gender, MM_GENDER_MALE);
    assert_int_equal(clip->up, MM_UP_Z);
    assert_int_equal(clip->up_detected, 1);
    near_to(clip->frequency, known[i].rate, 0, "rate");
    mm_clip_destroy(clip);
  }
}

static mm_status attempt(mm_context *poor, const void *user) {
  mm_clip *clip;
  const mm_status status = mm_clip_load(poor, (const char *)user, MM_UP_AUTO, &clip);
  mm_clip_destroy(clip);
  return status;
}

static void t_clip_npz_failed_allocations_leave_nothing(void **state) {
  const entry list[] = {ARRAY("root_orient", 2, 3, 1), ARRAY("pose_body", 2, 63, 2), ARRAY("pose_hand", 2, 90, 3), ARRAY("trans", 2, 3, 0),
                        NUMBER("fps", 25), ARRAY("betas", 1, 10, 0), TEXT("gender", "male"), ARRAY("rest_joints", 24, 3, 0),
                        {"rest_root", MM_DTYPE_F64, 1, {3, 0, 0}, 0, NULL}};
  (void)state;
  survives_scarcity(attempt, write_archive("poor.npz", list, MM_COUNT(list)));
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_clip_npz_smplx_package_names_are_read),
    cmocka_unit_test(t_clip_npz_aist_names_and_scale_are_read),
    cmocka_unit_test(t_clip_npz_joints_may_be_a_dimension_and_hands_left_out),
    cmocka_unit_test(t_clip_npz_betas_of_any_shape_are_read),
    cmocka_unit_test(t_clip_npz_gender_may_be_bytes),
    cmocka_unit_test(t_clip_npz_bad_files_are_refused),
    cmocka_unit_test(t_clip_npz_own_skeleton_comes_back),
    cmocka_unit_test(t_clip_npz_recorded_clips_are_read),
    cmocka_unit_test(t_clip_npz_failed_allocations_leave_nothing)};
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
