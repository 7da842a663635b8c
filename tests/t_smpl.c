/* >>t-smpl: skeletons, clips in all spellings, resampling, forward kinematics, the synthesised walk */
#define MUSCLEMIMIC_PRIVATE
#include "support.h"

static double length(const mm_skeleton *s, int a, int b) {
  double sum = 0;
  for (int k = 0; k < 3; k++) sum += pow(s->joint[a][k] - s->joint[b][k], 2);
  return sqrt(sum);
}

/* segment lengths as published apart from the joints: hip-knee, knee-ankle, ankle-foot, hips, pelvis-neck, upper arm */
static void t_smpl_mean_skeletons_have_published_lengths(void **state) {
  static const int ends[6][2] = {{1, 4}, {4, 7}, {7, 10}, {1, 2}, {0, 12}, {16, 18}};
  static const double published[2][6] = {{389.0, 428.8, 142.2, 119.2, 531.7, 256.8}, {365.6, 386.0, 128.9, 140.4, 490.4, 253.0}};
  mm_skeleton s;
  (void)state;
  for (int female = 0; female < 2; female++) {
    ok(mm_skeleton_make(ctx, MM_BODY_SMPL, female ? MM_GENDER_FEMALE : MM_GENDER_MALE, 0, NULL, &s));
    for (int i = 0; i < 6; i++) near_to(1000 * length(&s, ends[i][0], ends[i][1]), published[female][i], 0.1, "length, mm");
    assert_int_equal(s.shaped, 0);
  }
  ok(mm_skeleton_make(ctx, MM_BODY_SMPL, MM_GENDER_NEUTRAL, 0, NULL, &s));
  near_to(mm_skeleton_height(&s), 0.35257 + 1.09484, 1e-9, "neutral height");
  assert_string_equal(mm_skeleton_joint_name(18), "L_Elbow");
  assert_null(mm_skeleton_joint_name(24));
}

static void t_smpl_betas_change_lengths_as_published(void **state) {
  const double one[10] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0}, two[3] = {0, 0, 2}, wild[1] = {40}, nan[2] = {0, NAN};
  mm_skeleton mean, s;
  (void)state;
  ok(mm_skeleton_make(ctx, MM_BODY_SMPLH, MM_GENDER_MALE, 0, NULL, &mean));
  ok(mm_skeleton_make(ctx, MM_BODY_SMPLH, MM_GENDER_MALE, 10, one, &s));
  near_to(1000 * (length(&s, 1, 4) - length(&mean, 1, 4)), -14.8, 1e-6, "thigh for beta 0");
  near_to(1000 * (length(&s, 2, 5) - length(&mean, 2, 5)), -14.8, 0.2, "right thigh for beta 0");
  near_to(1000 * (length(&s, 18, 20) - length(&mean, 18, 20)), -11.9, 1e-6, "forearm for beta 0");
  assert_int_equal(s.shaped, 1);
  ok(mm_skeleton_make(ctx, MM_BODY_SMPLH, MM_GENDER_FEMALE, 0, NULL, &mean));
  ok(mm_skeleton_make(ctx, MM_BODY_SMPLH, MM_GENDER_FEMALE, 3, two, &s));
  near_to(1000 * (length(&s, 12, 15) - length(&mean, 12, 15)), 2 * 1.3, 1e-6, "neck for beta 2");
  fails(mm_skeleton_make(ctx, MM_BODY_SMPLH, MM_GENDER_NEUTRAL, 3, two, &s), MM_E_UNSUPPORTED, "neutral");
  fails(mm_skeleton_make(ctx, MM_BODY_SMPLH, MM_GENDER_MALE, 1, wild, &s), MM_E_DATA, "betas");
  fails(mm_skeleton_make(ctx, MM_BODY_SMPLH, MM_GENDER_MALE, 2, nan, &s), MM_E_DATA, "not finite");
}

static mm_clip *new_clip(int frames, int joints) {
  mm_clip *clip;
  ok(mm__clip_new(ctx, "made", frames, joints, 4, &clip));
  clip->frequency = 60;
  clip->gender = MM_GENDER_MALE;
  for (int f = 0; f < frames; f++) { /* the body stands in a z-up world */
    double *root = clip->poses + (size_t)f * (size_t)joints * 3;
    root[0] = MM_PI / 2;
    clip->trans[3 * f] = 0.01 * f;
    clip->trans[3 * f + 2] = 1.2;
  }
  return clip;
}

static void t_smpl_root_is_trans_plus_unturned_rest_pelvis(void **state) {
  mm_clip *clip = new_clip(2, 52);
  mm_skeleton s;
  double x[2 * 72], q[2 * 96];
  (void)state;
  ok(mm_skeleton_make(ctx, clip->kind, clip->gender, 0, NULL, &s));
  mm_clip_joints(clip, &s, x, q);
  for (int k = 0; k < 3; k++) near_to(x[72 + k], clip->trans[3 + k] + s.joint[0][k], 1e-12, "pelvis");
  /* standing turns the skeleton's y up into z and its z forward into -y */
  near_to(x[72 + 3 * 7 + 2] - x[72 + 2], s.joint[7][1] - s.joint[0][1], 1e-12, "ankle under pelvis");
  near_to(x[72 + 3 * 7 + 1] - x[72 + 1], -(s.joint[7][2] - s.joint[0][2]), 1e-12, "ankle beside pelvis");
  clip->kind = MM_BODY_SMPLX;
  ok(mm_skeleton_make(ctx, clip->kind, clip->gender, 0, NULL, &s));
  mm_clip_joints(clip, &s, x, q);
  near_to(x[1], -0.36684, 1e-12, "pelvis of SMPL-X");
  mm_clip_destroy(clip);
}

static void t_smpl_knee_flexion_turns_shank_and_foot_back(void **state) {
  mm_clip *clip = new_clip(1, 24);
  mm_skeleton s;
  double x[72], q[96], shank[3], turned[3], half[4], knee[4];
  const double bend[3] = {1.2, 0, 0}, up[3] = {MM_PI / 2, 0, 0};
  (void)state;
  memcpy(clip->poses + 3 * MM_SMPL_L_KNEE, bend, sizeof bend);
  ok(mm_skeleton_make(ctx, clip->kind, clip->gender, 0, NULL, &s));
  mm_clip_joints(clip, &s, x, q);
  /* by hand: the ankle turns about the knee, first by the bend, then with the standing body */
  for (int k = 0; k < 3; k++) shank[k] = s.joint[7][k] - s.joint[4][k];
  turned[0] = shank[0];
  turned[1] = cos(1.2) * shank[1] - sin(1.2) * shank[2];
  turned[2] = sin(1.2) * shank[1] + cos(1.2) * shank[2];
  near_to(x[21] - x[12], turned[0], 1e-12, "x");
  near_to(x[22] - x[13], -turned[2], 1e-12, "y");
  near_to(x[23] - x[14], turned[1], 1e-12, "z");
  mm__rot_from_vector(up, half);
  mm__rot_from_vector(bend, knee);
  mm__rot_multiply(half, knee, half);
  for (int k = 0; k < 4; k++) near_to(q[4 * MM_SMPL_L_FOOT + k], half[k], 1e-12, "foot turns with the knee");
  mm_clip_destroy(clip);
}

static void t_smpl_clip_comes_back_as_saved(void **state) {
  mm_clip *clip = new_clip(7, 24), *back;
  (void)state;
  for (int i = 0; i < 7 * 72; i++) clip->poses[i] += 0.01 * sin(i);
  clip->betas[2] = 0.5;
  clip->frequency = 119.88;
  ok(mm_clip_save(clip, in_folder("some.motion.npz")));
  ok(mm_clip_load(ctx, in_folder("some.motion.npz"), MM_UP_AUTO, &back));
  assert_string_equal(back->name, "some.motion");
  assert_int_equal(back->frame_count, 7);
  assert_int_equal(back->joint_count, 24);
  assert_int_equal(back->gender, MM_GENDER_MALE);
  assert_int_equal(back->up, MM_UP_Z);
  near_to(back->frequency, 119.88, 0, "rate");
  assert_memory_equal(back->poses, clip->poses, 7 * 72 * sizeof(double));
  assert_memory_equal(back->trans, clip->trans, 21 * sizeof(double));
  assert_memory_equal(back->betas, clip->betas, 4 * sizeof(double));
  mm_clip_destroy(clip);
  mm_clip_destroy(back);
}

/* an archive of 3 frames with the keys that are asked for */
typedef struct spelling {
  int poses, root, body, jaw, eye, hand; /* numbers a frame, 0: left out */
  const char *rate, *gender, *model;
  double frequency;
  int trans; /* frames */
} spelling;

static const char *write_spelling(const spelling *s) {
  static double numbers[3 * 200];
  static const char *const names[] = {"poses", "root_orient", "pose_body", "pose_jaw", "pose_eye", "pose_hand"};
  const int sizes[] = {s->poses, s->root, s->body, s->jaw, s->eye, s->hand};
  const char *path = in_folder("spelled.npz");
  mm_npz_writer *w;
  int64_t shape[2] = {3, 0};
  ok(mm_npz_create(ctx, path, &w));
  for (int i = 0; i < 6; i++) {
    if (!sizes[i]) continue;
    shape[1] = sizes[i];
    for (int k = 0; k < 3 * sizes[i]; k++) numbers[k] = (i + 1) + 0.001 * (k % sizes[i]);
    ok(mm_npz_add(w, names[i], MM_DTYPE_F64, 2, shape, numbers));
  }
  shape[0] = s->trans ? s->trans : 3;
  shape[1] = 3;
  memset(numbers, 0, sizeof numbers);
  ok(mm_npz_add(w, "trans", MM_DTYPE_F64, 2, shape, numbers));
  if (s->rate) ok(mm_npz_add(w, s->rate, MM_DTYPE_F64, 0, NULL, &s->frequency));
  if (s->gender) ok(mm_npz_add(w, "gender", MM_DTYPE_TEXT, 0, NULL, &s->gender));
  if (s->model) ok(mm_npz_add(w, "surface_model_type", MM_DTYPE_TEXT, 0, NULL, &s->model));
  ok(mm_npz_commit(w));
  mm_npz_end(w);
  return path;
}

static void t_smpl_spellings_of_the_releases_are_read(void **state) {
  const spelling smplh = {156, 0, 0, 0, 0, 0, "mocap_framerate", "female", NULL, 120.00004577636719, 0};
  const spelling stageii = {0, 3, 63, 3, 6, 90, "mocap_frame_rate", "neutral", "smplx", 100, 0};
  const spelling parts = {0, 3, 63, 0, 0, 90, "fps", "b'male'", NULL, 30, 0};
  const spelling body = {0, 3, 63, 0, 0, 0, "mocap_framerate", NULL, NULL, 60, 0};
  mm_clip *clip;
  (void)state;
  ok(mm_clip_load(ctx, write_spelling(&smplh), MM_UP_Z, &clip));
  assert_int_equal(clip->kind, MM_BODY_SMPLH);
  assert_int_equal(clip->gender, MM_GENDER_FEMALE);
  near_to(clip->frequency, 120, 0, "rate is rounded");
  mm_clip_destroy(clip);
  ok(mm_clip_load(ctx, write_spelling(&stageii), MM_UP_Z, &clip));
  assert_int_equal(clip->kind, MM_BODY_SMPLX);
  assert_int_equal(clip->joint_count, 55);
  near_to(clip->poses[165 + 3 + 5], 3.005, 1e-12, "body after root");
  near_to(clip->poses[165 + 66], 4, 1e-12, "jaw after body");
  near_to(clip->poses[165 + 69 + 1], 5.001, 1e-12, "eyes after jaw");
  near_to(clip->poses[165 + 75 + 89], 6.089, 1e-12, "hands last");
  mm_clip_destroy(clip);
  ok(mm_clip_load(ctx, write_spelling(&parts), MM_UP_Z, &clip));
  assert_int_equal(clip->kind, MM_BODY_SMPLH);
  assert_int_equal(clip->gender, MM_GENDER_MALE);
  near_to(clip->poses[156 + 66], 6, 1e-12, "hands after body");
  mm_clip_destroy(clip);
  ok(mm_clip_load(ctx, write_spelling(&body), MM_UP_Z, &clip));
  assert_int_equal(clip->joint_count, 24);
  assert_int_equal(clip->gender, MM_GENDER_NEUTRAL);
  mm_clip_destroy(clip);
}

static void t_smpl_bad_clips_are_refused(void **state) {
  const spelling width = {70, 0, 0, 0, 0, 0, "fps", NULL, NULL, 30, 0}, none = {0, 0, 0, 0, 0, 0, "fps", NULL, NULL, 30, 0};
  const spelling half = {0, 3, 0, 0, 0, 0, "fps", NULL, NULL, 30, 0}, shorter = {72, 0, 0, 0, 0, 0, "fps", NULL, NULL, 30, 2};
  const spelling timeless = {72, 0, 0, 0, 0, 0, NULL, NULL, NULL, 30, 0}, slow = {72, 0, 0, 0, 0, 0, "fps", NULL, NULL, -5, 0};
  const spelling other = {72, 0, 0, 0, 0, 0, "fps", "other", NULL, 30, 0};
  mm_clip *clip;
  (void)state;
  fails(mm_clip_load(ctx, write_spelling(&width), MM_UP_Z, &clip), MM_E_DATA, "70");
  assert_null(clip);
  fails(mm_clip_load(ctx, write_spelling(&none), MM_UP_Z, &clip), MM_E_DATA, "no motion");
  fails(mm_clip_load(ctx, write_spelling(&half), MM_UP_Z, &clip), MM_E_DATA, "pose_body");
  fails(mm_clip_load(ctx, write_spelling(&shorter), MM_UP_Z, &clip), MM_E_DATA, "2 of trans");
  fails(mm_clip_load(ctx, write_spelling(&timeless), MM_UP_Z, &clip), MM_E_DATA, "frame rate");
  fails(mm_clip_load(ctx, write_spelling(&slow), MM_UP_Z, &clip), MM_E_DATA, "frame rate");
  fails(mm_clip_load(ctx, write_spelling(&other), MM_UP_Z, &clip), MM_E_DATA, "gender");
  fails(mm_clip_load(ctx, in_folder("missing.npz"), MM_UP_Z, &clip), MM_E_FILE, "missing.npz");
  clip = new_clip(3, 24);
  clip->poses[72 + 5] = NAN;
  ok(mm_clip_save(clip, in_folder("nan.npz")));
  mm_clip_destroy(clip);
  fails(mm_clip_load(ctx, in_folder("nan.npz"), MM_UP_Z, &clip), MM_E_DATA, "frame 1, joint 1");
}

static void t_smpl_up_axis_is_detected(void **state) {
  mm_clip *clip = new_clip(4, 24), *back;
  mm_skeleton s;
  double x[4 * 72], q[4 * 96];
  (void)state;
  for (int f = 0; f < 4; f++) { /* y up: the body stands without turning */
    clip->poses[72 * f] = 0.1;
    clip->trans[3 * f + 1] = 1.2;
    clip->trans[3 * f + 2] = 0;
  }
  clip->up = MM_UP_Y;
  ok(mm_clip_save(clip, in_folder("y.npz")));
  ok(mm_clip_load(ctx, in_folder("y.npz"), MM_UP_AUTO, &back));
  assert_int_equal(back->up, MM_UP_Y);
  ok(mm_skeleton_make(ctx, back->kind, back->gender, 0, NULL, &s));
  mm_clip_joints(back, &s, x, q);
  near_to(x[2], 1.2 + s.root[1], 1e-12, "pelvis height");
  assert_true(x[3 * MM_SMPL_HEAD + 2] > x[2] + 0.5);
  mm_clip_destroy(back);
  ok(mm_clip_load(ctx, in_folder("y.npz"), MM_UP_Z, &back));
  assert_int_equal(back->up, MM_UP_Z);
  mm_clip_destroy(back);
  mm_clip_destroy(clip);
}

static void t_smpl_resampling_follows_a_smooth_motion(void **state) {
  mm_clip *clip = new_clip(61, 24), *out;
  (void)state;
  for (int f = 0; f < 61; f++) {
    const double t = f / 60.0;
    clip->poses[72 * f + 3 * 4] = 0.8 * sin(2 * MM_PI * t);
    clip->poses[72 * f + 3 * 1 + 2] = 3.0 * t; /* beyond half a turn, where axis-angle jumps */
    clip->trans[3 * f + 1] = 0.2 * cos(2 * MM_PI * t);
  }
  ok(mm_clip_resample(clip, 100, &out));
  assert_int_equal(out->frame_count, 101);
  near_to(out->frequency, 100, 0, "rate");
  for (int f = 0; f < 101; f++) {
    const double t = f / 100.0;
    near_to(out->poses[72 * f + 12], 0.8 * sin(2 * MM_PI * t), 1e-4, "knee");
    near_to(out->poses[72 * f + 5], 3.0 * t, 1e-5, "hip");
    near_to(out->trans[3 * f + 1], 0.2 * cos(2 * MM_PI * t), 2e-5, "position");
    near_to(out->poses[72 * f], MM_PI / 2, 1e-12, "what rests, rests");
  }
  mm_clip_destroy(out);
  ok(mm_clip_resample(clip, 60, &out));
  assert_int_equal(out->frame_count, 61);
  for (int i = 0; i < 61 * 3; i++) near_to(out->trans[i], clip->trans[i], 1e-12, "same rate, same numbers");
  mm_clip_destroy(out);
  fails(mm_clip_resample(clip, 0, &out), MM_E_ARGUMENT, "resampled");
  mm_clip_destroy(clip);
}

static void t_smpl_short_clips_are_resampled_by_slerp(void **state) {
  mm_clip *clip = new_clip(2, 24), *out;
  (void)state;
  clip->frequency = 10;
  clip->poses[72 + 13] = 1.0;
  ok(mm_clip_resample(clip, 40, &out));
  assert_int_equal(out->frame_count, 5);
  for (int f = 0; f < 5; f++) near_to(out->poses[72 * f + 13], 0.25 * f, 1e-12, "slerp is even");
  mm_clip_destroy(out);
  mm_clip_destroy(clip);
  clip = new_clip(1, 24);
  ok(mm_clip_resample(clip, 100, &out));
  assert_int_equal(out->frame_count, 1);
  mm_clip_destroy(out);
  mm_clip_destroy(clip);
}

static void t_smpl_spline_goes_through_its_samples(void **state) {
  double y[12], m[12], work[12], out;
  (void)state;
  for (int i = 0; i < 12; i++) y[i] = i * i; /* a parabola is reproduced, ends included */
  mm__spline_fit(y, 12, 1, m, work);
  for (int i = 0; i <= 110; i++) {
    mm__spline_at(y, m, 12, 1, 0.1 * i, &out);
    near_to(out, 0.01 * i * i, 1e-9, "parabola");
  }
  for (int i = 0; i < 12; i++) y[i] = sin(3.0 * i);
  mm__spline_fit(y, 12, 1, m, work);
  for (int i = 0; i < 12; i++) {
    mm__spline_at(y, m, 12, 1, i, &out);
    near_to(out, y[i], 1e-12, "sample");
  }
}

/* heights and speeds of the foot joints of a walk at 120 Hz */
static void t_smpl_walk_treads_without_sliding(void **state) {
  mm_walk_report report;
  mm_walk_def def;
  mm_clip *clip;
  mm_skeleton s;
  double *x, *q, slide = 0, lowest = 1;
  int stands = 0;
  (void)state;
  memset(&def, 0, sizeof def);
  def.strides = 3;
  ok(mm_clip_walk(ctx, &def, &report, &clip));
  assert_int_equal(clip->frame_count, (int)(3 * 1.08 * 120) + 1);
  assert_true(report.stride_length > 1.1 && report.stride_length < 1.4);
  assert_true(report.slip < 0.02);
  for (int a = 0; a < 3; a++) assert_true(report.deviation[a] < 1.5 * MM_PI / 180);
  ok(mm_skeleton_make(ctx, clip->kind, clip->gender, 0, NULL, &s));
  x = (double *)malloc(sizeof(double) * 72 * (size_t)clip->frame_count);
  q = (double *)malloc(sizeof(double) * 96 * (size_t)clip->frame_count);
  mm_clip_joints(clip, &s, x, q);
  for (int f = 1; f < clip->frame_count; f++)
    for (int foot = MM_SMPL_L_FOOT; foot <= MM_SMPL_R_FOOT; foot++) {
      const double *now = x + 72 * f + 3 * foot, *before = now - 72;
      if (now[2] < lowest) lowest = now[2];
      if (now[2] > 0.0255 || x[72 * f + 3 * (foot - 3) + 2] > 0.09) continue; /* ball down and heel not far up */
      slide += fabs(now[0] - before[0]) * 120;
      stands++;
    }
  assert_true(stands > clip->frame_count / 3);
  assert_true(slide / stands < 0.05);
  assert_true(lowest > 0.02);
  near_to(x[72 * (clip->frame_count - 1)] - x[0], 3 * report.stride_length * (clip->frame_count - 1) / (3 * 1.08 * 120), 0.02, "way");
  free(x);
  free(q);
  mm_clip_destroy(clip);
  def.strides = -1;
  fails(mm_clip_walk(ctx, &def, NULL, &clip), MM_E_ARGUMENT, "strides");
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_smpl_mean_skeletons_have_published_lengths),
    cmocka_unit_test(t_smpl_betas_change_lengths_as_published),
    cmocka_unit_test(t_smpl_root_is_trans_plus_unturned_rest_pelvis),
    cmocka_unit_test(t_smpl_knee_flexion_turns_shank_and_foot_back),
    cmocka_unit_test(t_smpl_clip_comes_back_as_saved),
    cmocka_unit_test(t_smpl_spellings_of_the_releases_are_read),
    cmocka_unit_test(t_smpl_bad_clips_are_refused),
    cmocka_unit_test(t_smpl_up_axis_is_detected),
    cmocka_unit_test(t_smpl_resampling_follows_a_smooth_motion),
    cmocka_unit_test(t_smpl_short_clips_are_resampled_by_slerp),
    cmocka_unit_test(t_smpl_spline_goes_through_its_samples),
    cmocka_unit_test(t_smpl_walk_treads_without_sliding),
  };
  return cmocka_run_group_tests_name("t_smpl", tests, make_folder, remove_folder);
}
