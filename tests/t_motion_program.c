/* >>t-motion-program: musclemimic info and convert, of every kind of motion */
#define MUSCLEMIMIC_PRIVATE
#include "program.h"

static int setup(void **state) {
  static const char trc[] =
    "PathFileType\t4\t(X/Y/Z)\tx.trc\nDataRate\tNumFrames\tNumMarkers\tUnits\n100\t2\t2\tmm\nFrame#\tTime\tLASI\t\t\tLASI\n\tX1\n\n1\t0\t1\t2\t3\t4\t5\t6\n2\t0.01\t7\t8\t9\n";
  static const char mot[] = "Coordinates\ninDegrees=yes\nendheader\ntime\tknee_angle_r\tnose\n0\t10\t1\n0.01\t11\t1\n0.03\t12\t1\n";
  if (make_folder(state)) return -1;
  write_text("m.trc", trc);
  write_text("m.mot", mot);
  return 0;
}

static void t_motion_program_tells_what_a_clip_holds(void **state) {
  (void)state;
  runs("walk -o walk.npz --strides 1 --gender female");
  runs("info walk.npz");
  prints("SMPL .npz");
  prints("female");
  prints("z up");
  prints("the published mean body");
  prints("L_Knee");
  runs("info walk.npz --json --up y");
  prints("\"up\": \"y\"");
  prints("\"up_detected\": false");
  prints("\"frequency\": 120");
  prints("\"largest_angle_rad\"");
  refuses("info walk.npz --up x", USAGE, "--up x");
}

static void t_motion_program_converts_clips_and_back(void **state) {
  (void)state;
  runs("walk -o walk.npz --strides 1");
  runs("convert walk.npz -o walk.bvh");
  prints("walk.bvh: 130 frames at 120 Hz, z up");
  runs("info walk.bvh");
  prints("told from the motion");
  prints("joints named as by SMPL (22 of 24)");
  runs("convert walk.bvh -o again.npz");
  runs("info again.npz --json");
  prints("\"skeleton\": \"the recording's own skeleton\"");
  runs("convert walk.npz -o walk.csv");
  refuses("convert walk.npz -o walk.mot", FAILED, "retarget");
  refuses("convert walk.npz", USAGE, "--out");
  refuses("convert missing.bvh -o x.npz", FAILED, "missing.bvh");
  refuses("convert x.fbx -o x.npz", FAILED, "clips are read from");
}

static void t_motion_program_converts_trajectories_and_back(void **state) {
  (void)state;
  runs("walk -o walk.npz --strides 1");
  runs("convert walk.npz -o walk.bvh");
  runs("retarget walk.bvh $LEGS -o t.h5 --backend native --quiet");
  prints("body: the recording's own skeleton");
  runs("info t.h5");
  prints("legs18");
  prints("knee_angle_r");
  runs("info t.h5 --json");
  prints("\"site_count\": 10");
  runs("convert t.h5 -o t.csv");
  refuses("convert t.h5 -o t.npz", FAILED, "--model");
  refuses("convert t.h5 -o t.bvh", FAILED, "not as t.bvh");
  runs("convert t.h5 -o t.npz --model $LEGS");
  runs("info t.npz");
  prints("published trajectory");
  prints("knee_angle_r");
  runs("convert t.npz -o back.h5 --model $LEGS");
  runs("convert t.h5 -o t.mot --model $LEGS");
  runs("info t.mot");
  prints("degrees");
  runs("convert t.mot -o back2.h5 --model $LEGS");
  refuses("convert m.mot -o never.h5 --model $LEGS", FAILED, "m.mot");
  {
    mm_trajectory *a, *b, *c;
    ok(mm_trajectory_load(ctx, in_folder("t.h5"), NULL, &a));
    ok(mm_trajectory_load(ctx, in_folder("back.h5"), NULL, &b));
    ok(mm_trajectory_load(ctx, in_folder("back2.h5"), NULL, &c));
    assert_int_equal(a->frame_count, b->frame_count);
    for (int i = 0; i < a->frame_count * a->nq; i++) {
      near_to(b->qpos[i], a->qpos[i], 0, "through the published form");
      near_to(c->qpos[i], a->qpos[i], 1e-9, "through OpenSim's");
    }
    mm_trajectory_destroy(a);
    mm_trajectory_destroy(b);
    mm_trajectory_destroy(c);
  }
}

static void t_motion_program_tells_what_markers_and_tables_hold(void **state) {
  (void)state;
  runs("info m.trc");
  prints("markers");
  prints("two markers are called LASI");
  runs("info m.trc --json");
  prints("\"seen_percent\": 50");
  runs("convert m.trc -o m.csv");
  runs("info m.mot");
  prints("nose");
  prints("not equally far apart");
  runs("info m.mot --json");
  prints("\"angles\": \"degrees\"");
  refuses("convert m.trc -o m.npz", FAILED, ".trc or .csv");
  write_text("bad.c3d", "no C3D");
  refuses("info bad.c3d", FAILED, "bad.c3d: byte 0: is not a C3D file");
}

int main(int count, char **words) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_motion_program_tells_what_a_clip_holds),
    cmocka_unit_test(t_motion_program_converts_clips_and_back),
    cmocka_unit_test(t_motion_program_converts_trajectories_and_back),
    cmocka_unit_test(t_motion_program_tells_what_markers_and_tables_hold)};
  if (!count || find_program(words[0])) return 1;
  return cmocka_run_group_tests(tests, setup, remove_folder);
}
