/* >>t-amc: Acclaim skeletons and motions: what they mean, and where they are broken */
#define MUSCLEMIMIC_PRIVATE
#include "support.h"

static const char asf[] =
  "# a comment\n"
  ":version 1.10\n"
  ":name TEST\n"
  ":units\n"
  "  mass 1.0\n"
  "  length 0.45\n"
  "  angle deg\n"
  ":documentation\n"
  "  two bones\n"
  ":root\n"
  "  order TX TY TZ RX RY RZ\n"
  "  axis XYZ\n"
  "  position 0 0 0\n"
  "  orientation 0 0 0\n"
  ":bonedata\n"
  "  begin\n"
  "    id 1\n"
  "    name thigh\n"
  "    direction 0 -1 0\n"
  "    length 8\n"
  "    axis 0 0 90 XYZ\n"
  "    dof rx ry rz\n"
  "    limits (-160.0 20.0)\n"
  "           (-70.0 70.0)\n"
  "           (-60.0 70.0)\n"
  "  end\n"
  "  begin\n"
  "    id 2\n"
  "    name shank\n"
  "    direction 0 -0.6 0.8\n"
  "    length 5\n"
  "    axis 0 0 0 XYZ\n"
  "    dof rx\n"
  "    limits (-10.0 170.0)\n"
  "  end\n"
  ":hierarchy\n"
  "  begin\n"
  "    root thigh\n"
  "    thigh shank\n"
  "  end\n";

static const char amc[] =
  "#!OML:ASF x.ASF\n"
  ":FULLY-SPECIFIED\n"
  ":DEGREES\n"
  "1\n"
  "root 1 2 3 0 0 0\n"
  "thigh 0 0 0\n"
  "shank 0\n"
  "2\n"
  "root 1 2 3 0 90 0\n"
  "shank 90\n"
  "thigh 90 0 0\n";

static mm_motion *parse(const char *skeleton, const char *motion) {
  mm_motion *m;
  ok(mm_amc_parse(ctx, "t.asf", skeleton, strlen(skeleton), "t.amc", motion, strlen(motion), 0, &m));
  return m;
}

/* both files in one, as the fuzzer takes them */
static void keep_pair(const char *name, const char *skeleton, const char *motion) {
  char both[8192];
  const int size = snprintf(both, sizeof both, "%s@%s", skeleton, motion);
  keep_seed("amc", write_bytes(name, both, (size_t)size));
}

static void t_amc_bones_become_joints_at_their_near_ends(void **state) {
  mm_motion *m = parse(asf, amc);
  (void)state;
  keep_pair("pair", asf, amc);
  assert_int_equal(m->joint_count, 3);
  assert_int_equal(m->frame_count, 2);
  assert_string_equal(m->joint_names[1], "thigh");
  assert_int_equal(m->parent[2], 1);
  near_to(m->frequency, 120, 0, "rate of the CMU database");
  near_to(m->unit, 0.0254 / 0.45, 1e-15, "unit");
  near_to(m->offset[3 * 1 + 1], 0, 0, "the thigh begins at the root");
  near_to(m->offset[3 * 2 + 1], -8, 1e-12, "the shank where the thigh ends");
  near_to(m->end[3 * 2 + 2], 4, 1e-12, "end of the shank");
  near_to(m->end[3 * 1 + 1], 0, 0, "the thigh has a child");
  mm_motion_destroy(m);
}

/* by hand: the thigh's x axis is the world's y (its frame is turned 90 deg about z), so 90 deg about it is about y; the root adds
   as much about y; the shank turns about its x, which is the world's x at rest */
static void t_amc_rotations_are_about_the_bones_own_axes(void **state) {
  mm_motion *m = parse(asf, amc);
  const double knee[3] = {1, 2 - 8, 3};
  double x[9], q[12], end[3];
  (void)state;
  mm_motion_pose(m, 1, x, q);
  for (int k = 0; k < 3; k++) near_to(x[6 + k], knee[k], 1e-12, "knee");
  /* the shank's end: (0, -3, 4), about x to (0, -4, -3), about y by 180 deg to (0, -4, 3) */
  mm__rot_apply(q + 8, m->end + 6, end);
  near_to(end[0], 0, 1e-12, "x");
  near_to(end[1], -4, 1e-12, "y");
  near_to(end[2], 3, 1e-12, "z");
  mm_motion_destroy(m);
}

/* three angles at once, against the product of three matrices */
static void t_amc_first_rotation_is_applied_first(void **state) {
  static const char motion[] = ":DEGREES\n7\nroot 0 0 0 10 20 30\nthigh 0 0 0\nshank 0\n8\nroot 0 0 0 0 0 0\nthigh 0 0 0\nshank 0\n";
  mm_motion *m = parse(asf, motion);
  const double a = 10 * MM_PI / 180, b = 20 * MM_PI / 180, c = 30 * MM_PI / 180, v[3] = {0.3, -0.5, 0.8};
  double out[3], w[3], t;
  (void)state;
  memcpy(w, v, sizeof v);
  t = cos(a) * w[1] - sin(a) * w[2];
  w[2] = sin(a) * w[1] + cos(a) * w[2];
  w[1] = t;
  t = cos(b) * w[0] + sin(b) * w[2];
  w[2] = -sin(b) * w[0] + cos(b) * w[2];
  w[0] = t;
  t = cos(c) * w[0] - sin(c) * w[1];
  w[1] = sin(c) * w[0] + cos(c) * w[1];
  w[0] = t;
  mm__rot_apply(m->rotations, v, out);
  for (int k = 0; k < 3; k++) near_to(out[k], w[k], 1e-12, "turned vector");
  mm_motion_destroy(m);
}

static void t_amc_radians_and_rates_are_taken(void **state) {
  static const char motion[] = ":RADIANS\n1\nroot 0 0 0 0 0 1.5707963267948966\nthigh 0 0 0\nshank 0\n";
  mm_motion *m;
  (void)state;
  ok(mm_amc_parse(ctx, "t.asf", asf, strlen(asf), "t.amc", motion, strlen(motion), 60, &m));
  near_to(m->frequency, 60, 0, "rate");
  near_to(m->rotations[3], sqrt(0.5), 1e-12, "a right angle");
  mm_motion_destroy(m);
}

typedef struct change { const char *from, *to, *word; mm_status status; } change;

static void spoil(const char *text, const change *c, char *out, size_t size) {
  const char *at = strstr(text, c->from);
  assert_non_null(at);
  snprintf(out, size, "%.*s%s%s", (int)(at - text), text, c->to, at + strlen(c->from));
}

static void t_amc_broken_skeletons_say_where(void **state) {
  static const change changes[] = {
    {"length 0.45", "length 0", "t.asf:6: a unit of length", MM_E_DATA},
    {"angle deg", "angle grad", "t.asf:7: angles in 'grad'", MM_E_PARSE},
    {"order TX", "order QX", "t.asf:11: 'QX' is no degree", MM_E_PARSE},
    {"axis XYZ", "axis XYY", "t.asf:12: 'XYY' is no order", MM_E_PARSE},
    {"name thigh", "name root", "t.asf:18: the bone's name 'root'", MM_E_PARSE},
    {"direction 0 -1 0", "direction 0 -2 0", "no unit vector", MM_E_DATA},
    {"length 8", "length -8", "t.asf:20: a bone's length", MM_E_DATA},
    {"dof rx ry rz", "dof rx ry l", "'thigh' changes its length", MM_E_UNSUPPORTED},
    {"dof rx ry rz", "dof rx ry rx", "'rx' stands twice", MM_E_PARSE},
    {"root thigh", "root calf", "t.asf:38: there is no bone 'calf'", MM_E_PARSE},
    {"thigh shank", "thigh thigh", "t.asf:39: bone 'thigh' has two parents", MM_E_PARSE},
    {"root thigh\n", "\n", "does not lead from the root", MM_E_PARSE},
    {":hierarchy", ":hierarchie", "has no :hierarchy", MM_E_PARSE}};
  (void)state;
  for (int i = 0; i < MM_COUNT(changes); i++) {
    char text[4096], name[32];
    mm_motion *m;
    spoil(asf, &changes[i], text, sizeof text);
    fails(mm_amc_parse(ctx, "t.asf", text, strlen(text), "t.amc", amc, strlen(amc), 0, &m), changes[i].status, changes[i].word);
    assert_null(m);
    snprintf(name, sizeof name, "asf%d", i);
    keep_pair(name, text, amc);
  }
}

static void t_amc_broken_motions_say_where(void **state) {
  static const change changes[] = {
    {"thigh 90 0 0", "thigh 90 0", "the file ends where a degree of freedom", MM_E_PARSE},
    {"thigh 0 0 0", "thigh 0 0 0 0", "t.amc:6: ", MM_E_PARSE},
    {"shank 90\n", "", "frame 2 ends without bone 'shank'", MM_E_PARSE},
    {"shank 90", "shank 90\nshank 90", "t.amc:11: 'shank' stands twice", MM_E_PARSE},
    {"shank 90", "calf 90", "t.amc:10: 'calf' is no bone of t.asf", MM_E_PARSE},
    {"shank 90", "shank ninety", "t.amc:10: 'ninety' is not a number", MM_E_PARSE},
    {"\n2\n", "\n3\n", "t.amc:8: '3' stands where the number of a frame", MM_E_PARSE},
    {"root 1 2 3 0 0 0", "root 1e9 2 3 0 0 0", "t.amc:5: the root is at", MM_E_DATA}};
  (void)state;
  for (int i = 0; i < MM_COUNT(changes); i++) {
    char text[4096], name[32];
    mm_motion *m;
    spoil(amc, &changes[i], text, sizeof text);
    fails(mm_amc_parse(ctx, "t.asf", asf, strlen(asf), "t.amc", text, strlen(text), 0, &m), changes[i].status, changes[i].word);
    assert_null(m);
    snprintf(name, sizeof name, "amc%d", i);
    keep_pair(name, asf, text);
  }
}

static void t_amc_skeleton_is_found_beside_the_motion(void **state) {
  mm_clip *clip;
  (void)state;
  write_text("07_11.amc", amc);
  fails(mm_clip_open(ctx, in_folder("07_11.amc"), NULL, &clip, NULL), MM_E_FILE, "07.asf");
  write_text("07.asf", asf);
  /* it is found, and is no person */
  fails(mm_clip_open(ctx, in_folder("07_11.amc"), NULL, &clip, NULL), MM_E_DATA, "07_11.amc");
  assert_non_null(strstr(mm_error(ctx), "L_Hip"));
}

/* the same trial as AMC and as BVH (the BVH begins with a T-pose): joints turn alike and lie where they lay */
static void t_amc_and_bvh_of_a_trial_agree(void **state) {
  mm_motion *a, *b;
  double *x[2], *q[2], worst = 0;
  static const char *const names[] = {"lfemur", "LeftUpLeg", "ltibia", "LeftLeg", "lfoot", "LeftFoot", "rfemur", "RightUpLeg",
                                      "rtibia", "RightLeg", "rfoot", "RightFoot", "rhumerus", "RightArm"};
  (void)state;
  ok(mm_amc_load(ctx, shared("motion/cmu_asfamc/01.asf"), shared("motion/cmu_asfamc/01_01.amc"), 0, &a));
  ok(mm_bvh_load(ctx, shared("motion/cmu_asfamc/01_01.bvh"), &b));
  assert_int_equal(a->frame_count + 1, b->frame_count);
  for (int i = 0; i < 2; i++) {
    x[i] = (double *)malloc(sizeof(double) * 3 * 64);
    q[i] = (double *)malloc(sizeof(double) * 4 * 64);
  }
  for (int f = 0; f < a->frame_count; f += 50) {
    mm_motion_pose(a, f, x[0], q[0]);
    mm_motion_pose(b, f + 1, x[1], q[1]);
    for (int n = 0; n < MM_COUNT(names); n += 2) {
      int ja = -1, jb = -1;
      double dot = 0;
      for (int j = 0; j < a->joint_count; j++)
        if (!strcmp(a->joint_names[j], names[n])) ja = j;
      for (int j = 0; j < b->joint_count; j++)
        if (!strcmp(b->joint_names[j], names[n + 1])) jb = j;
      assert_true(ja >= 0 && jb >= 0);
      for (int k = 0; k < 4; k++) dot += q[0][4 * ja + k] * q[1][4 * jb + k];
      worst = fmax(worst, acos(fmin(1, fabs(dot))));
    }
  }
  assert_true(worst < 0.02);
  for (int i = 0; i < 2; i++) {
    free(x[i]);
    free(q[i]);
  }
  mm_motion_destroy(a);
  mm_motion_destroy(b);
}

static mm_status attempt(mm_context *poor, const void *user) {
  mm_motion *m;
  const mm_status status = mm_amc_parse(poor, "p.asf", asf, strlen(asf), "p.amc", user, strlen((const char *)user), 0, &m);
  mm_motion_destroy(m);
  return status;
}

static void t_amc_failed_allocations_leave_nothing(void **state) {
  (void)state;
  survives_scarcity(attempt, amc);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_amc_bones_become_joints_at_their_near_ends),
    cmocka_unit_test(t_amc_rotations_are_about_the_bones_own_axes),
    cmocka_unit_test(t_amc_first_rotation_is_applied_first),
    cmocka_unit_test(t_amc_radians_and_rates_are_taken),
    cmocka_unit_test(t_amc_broken_skeletons_say_where),
    cmocka_unit_test(t_amc_broken_motions_say_where),
    cmocka_unit_test(t_amc_skeleton_is_found_beside_the_motion),
    cmocka_unit_test(t_amc_and_bvh_of_a_trial_agree),
    cmocka_unit_test(t_amc_failed_allocations_leave_nothing)};
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
