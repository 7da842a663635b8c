/* >>t-bvh: Biovision files: what they mean, come back as written, and say where they are broken */
#define MUSCLEMIMIC_PRIVATE
#include "support.h"

static const char two_bones[] =
  "HIERARCHY\r\n"
  "ROOT Hips {\r\n"
  "  OFFSET 1 2 3\r\n"
  "  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation\r\n"
  "  JOINT upper arm\r\n"
  "  {\r\n"
  "    OFFSET 0 10 0\r\n"
  "    CHANNELS 3 Zrotation Yrotation Xrotation\r\n"
  "    JOINT hand\r\n"
  "    {\r\n"
  "      OFFSET 5 0 0\r\n"
  "      CHANNELS 1 yROTATION\r\n"
  "      End Site\r\n"
  "      {\r\n"
  "        OFFSET 0 0 2.5\r\n"
  "      }\r\n"
  "    }\r\n"
  "  }\r\n"
  "}\r\n"
  "MOTION\r\n"
  "Frames: 2\r\n"
  "Frame Time: .0083333\r\n"
  "0 0 0 0 0 0 0 0 0 0\r\n"
  "7 8 9 90 0 0 0 0 90 180\r\n";

static mm_motion *parse(const char *text) {
  mm_motion *m;
  ok(mm_bvh_parse(ctx, "test.bvh", text, strlen(text), &m));
  return m;
}

static void t_bvh_hierarchy_and_channels_are_read(void **state) {
  mm_motion *m;
  (void)state;
  keep_seed("bvh", write_text("two.bvh", two_bones));
  ok(mm_bvh_load(ctx, in_folder("two.bvh"), &m));
  assert_string_equal(m->name, "two");
  assert_int_equal(m->joint_count, 3);
  assert_int_equal(m->frame_count, 2);
  assert_string_equal(m->joint_names[0], "Hips");
  assert_string_equal(m->joint_names[1], "upper arm");
  assert_int_equal(m->parent[0], -1);
  assert_int_equal(m->parent[2], 1);
  near_to(m->frequency, 120, 0, "rate");
  near_to(m->offset[3 * 2], 5, 0, "offset");
  near_to(m->end[3 * 2 + 2], 2.5, 0, "end");
  near_to(m->end[3 * 1], 0, 0, "no end");
  near_to(m->unit, 0, 0, "the unit is not said");
  near_to(m->stretch, 0, 0, "bones keep their length");
  mm_motion_destroy(m);
}

/* by hand: the root turned 90 deg about z puts the arm at -10 x; the arm turned 90 deg about x leaves the hand's bone, which lies
   along the turned x, at y; the hand turned 180 deg about y: Rz(90) Rx(90) Ry(180) */
static void t_bvh_pose_is_that_by_hand(void **state) {
  mm_motion *m = parse(two_bones);
  const double expected[9] = {7, 8, 9, 7 - 10, 8, 9, 7 - 10, 8 + 5, 9};
  /* columns: where the hand's x, y, z point */
  const double axes[9] = {0, 0, -1, -1, 0, 0, 0, 1, 0};
  double x[9], q[12], matrix[9];
  (void)state;
  mm_motion_pose(m, 1, x, q);
  for (int k = 0; k < 9; k++) near_to(x[k], expected[k], 1e-12, "place");
  mm__rot_to_matrix(q + 8, matrix);
  for (int k = 0; k < 9; k++) near_to(matrix[k], axes[k], 1e-12, "orientation of the hand");
  mm_motion_pose(m, -1, x, q);
  near_to(x[4], 12, 1e-12, "at rest the root is at its offset");
  mm_motion_destroy(m);
}

static void t_bvh_position_channels_replace_offsets(void **state) {
  static const char text[] =
    "HIERARCHY ROOT a { OFFSET 0 0 0 CHANNELS 3 Xrotation Yrotation Zrotation JOINT b { OFFSET 9 9 9 "
    "CHANNELS 6 Xposition Yposition Zposition Xrotation Yrotation Zrotation End Site { OFFSET 0 0 0 } } } "
    "MOTION Frames: 2 Frame Time: 0.01 0 0 0 1 2 3 0 0 0 0 0 0 1 2.5 3 0 0 0";
  mm_motion *m;
  (void)state;
  /* the name ends with its line */
  fails(mm_bvh_parse(ctx, "t.bvh", text, strlen(text), &m), MM_E_PARSE, "t.bvh:1:");
  {
    char lines[sizeof text];
    strcpy(lines, text);
    for (char *c = lines; *c; c++)
      if (*c == ' ' && (c[1] == '{' || c[1] == '}')) *c = '\n';
    m = parse(lines);
  }
  near_to(m->offset[3], 1, 0, "offset");
  near_to(m->offset[4], 2.25, 1e-12, "mean offset");
  near_to(m->stretch, 0.25, 1e-12, "stray");
  mm_motion_destroy(m);
}

static void t_bvh_comes_back_as_written(void **state) {
  mm_motion *m = parse(two_bones), *back;
  double x[2][9], q[2][12];
  (void)state;
  ok(mm_bvh_save(m, 0, in_folder("out.bvh")));
  keep_seed("bvh", in_folder("out.bvh"));
  ok(mm_bvh_load(ctx, in_folder("out.bvh"), &back));
  for (int f = -1; f < 2; f++) {
    mm_motion_pose(m, f, x[0], q[0]);
    mm_motion_pose(back, f, x[1], q[1]);
    for (int k = 0; k < 9; k++) near_to(x[1][k], x[0][k], 1e-6, "place");
    for (int j = 0; j < 3; j++)
      near_to(fabs(q[0][4 * j] * q[1][4 * j] + q[0][4 * j + 1] * q[1][4 * j + 1] + q[0][4 * j + 2] * q[1][4 * j + 2] +
                   q[0][4 * j + 3] * q[1][4 * j + 3]), 1, 1e-12, "orientation");
  }
  near_to(back->end[8], 2.5, 1e-6, "end");
  mm_motion_destroy(back);
  fails(mm_bvh_save(m, 0.01, in_folder("cm.bvh")), MM_E_ARGUMENT, "unit");
  m->unit = 0.1;
  ok(mm_bvh_save(m, 0.01, in_folder("cm.bvh")));
  ok(mm_bvh_load(ctx, in_folder("cm.bvh"), &back));
  near_to(back->offset[3 * 1 + 1], 100, 1e-6, "centimetres");
  near_to(back->translations[3], 70, 1e-6, "centimetres");
  mm_motion_destroy(back);
  mm_motion_destroy(m);
}

/* a change of the file that is read well, and what is said of it */
static void t_bvh_broken_files_say_where(void **state) {
  static const struct { const char *from, *to, *word; mm_status status; } changes[] = {
    {"HIERARCHY", "HIERARCHIE", ":1: 'HIERARCHIE'", MM_E_PARSE},
    {"ROOT Hips {", "ROOT {", ":2: a joint has no name", MM_E_PARSE},
    {"OFFSET 1 2 3", "OFFSET 1 2 x", ":3: 'x' is not a number", MM_E_PARSE},
    {"OFFSET 1 2 3", "OFFSET 1 2 nan", ":3: 'nan' is not a number", MM_E_PARSE},
    {"OFFSET 1 2 3\r\n", "\r\n", "has no OFFSET", MM_E_PARSE},
    {"CHANNELS 6", "CHANNELS 7", ":4: the number of channels is 7", MM_E_PARSE},
    {"Zrotation Yrotation", "Zrotation Zrotation", ":8: channel Zrotation stands twice", MM_E_PARSE},
    {"Zrotation Yrotation", "Wrotation Yrotation", ":8: 'Wrotation' is no channel", MM_E_PARSE},
    {"JOINT hand", "JOINT Hips", ":9: there are two joints 'Hips'", MM_E_PARSE},
    {"JOINT hand", "BONE hand", ":9: 'BONE' stands where", MM_E_PARSE},
    {"End Site", "End Point", ":13: 'Point' stands where 'Site'", MM_E_PARSE},
    {"}\r\nMOTION", "}\r\nROOT other\r\n{\r\n}\r\nMOTION", ":20: a second ROOT", MM_E_UNSUPPORTED},
    {"MOTION", "MOVEMENT", ":20: 'MOVEMENT'", MM_E_PARSE},
    {"Frames: 2", "Frames: -2", ":21: the number of frames", MM_E_PARSE},
    {"Frames: 2", "Frames: 2.5", ":21: the number of frames", MM_E_PARSE},
    {"Frames: 2", "Frames: 3", "the file ends in frame 3 of 3", MM_E_PARSE},
    {"Frames: 2", "Frames: 9000000", "more than the file can hold", MM_E_PARSE},
    {".0083333", "0", ":22: a frame takes 0 s", MM_E_DATA},
    {"7 8 9 90", "7 8 9 9O", ":24: '9O' is not a number", MM_E_PARSE},
    {"7 8 9 90", "7 8 1e30 90", ":24: joint 'Hips' is at 1e+30", MM_E_DATA}};
  (void)state;
  for (int i = 0; i < MM_COUNT(changes); i++) {
    const char *at = strstr(two_bones, changes[i].from);
    char text[2048], name[32];
    mm_motion *m;
    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - two_bones), two_bones, changes[i].to, at + strlen(changes[i].from));
    fails(mm_bvh_parse(ctx, "broken.bvh", text, strlen(text), &m), changes[i].status, changes[i].word);
    assert_non_null(strstr(mm_error(ctx), "broken.bvh"));
    assert_null(m);
    snprintf(name, sizeof name, "broken%d.bvh", i);
    keep_seed("bvh", write_text(name, text));
  }
}

static void t_bvh_truncated_files_are_refused(void **state) {
  (void)state;
  for (size_t size = 0; size + 8 < strlen(two_bones); size++) {
    mm_motion *m;
    const mm_status status = mm_bvh_parse(ctx, "cut.bvh", two_bones, size, &m);
    assert_true(status == MM_E_PARSE || status == MM_E_DATA); /* a number that is cut may be another number */
    assert_null(m);
  }
}

static mm_status attempt(mm_context *poor, const void *user) {
  mm_motion *m;
  const mm_status status = mm_bvh_parse(poor, "poor.bvh", user, strlen((const char *)user), &m);
  mm_motion_destroy(m);
  return status;
}

static void t_bvh_failed_allocations_leave_nothing(void **state) {
  (void)state;
  survives_scarcity(attempt, two_bones);
}

static void t_bvh_recordings_are_read(void **state) {
  static const struct { const char *name; int joints, frames; } known[] = {
    {"motion/mass_bvh/walk.bvh", 37, 132}, {"motion/mass_bvh/dance.bvh", 37, 381}, {"motion/mass_bvh/kick.bvh", 37, 231},
    {"motion/cmu_asfamc/01_01.bvh", 31, 2752}};
  (void)state;
  for (int i = 0; i < MM_COUNT(known); i++) {
    mm_motion *m;
    ok(mm_bvh_load(ctx, shared(known[i].name), &m));
    assert_int_equal(m->joint_count, known[i].joints);
    assert_int_equal(m->frame_count, known[i].frames);
    near_to(m->frequency, 120, 0, "rate");
    mm_motion_destroy(m);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_bvh_hierarchy_and_channels_are_read),
    cmocka_unit_test(t_bvh_pose_is_that_by_hand),
    cmocka_unit_test(t_bvh_position_channels_replace_offsets),
    cmocka_unit_test(t_bvh_comes_back_as_written),
    cmocka_unit_test(t_bvh_broken_files_say_where),
    cmocka_unit_test(t_bvh_truncated_files_are_refused),
    cmocka_unit_test(t_bvh_failed_allocations_leave_nothing),
    cmocka_unit_test(t_bvh_recordings_are_read)};
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
