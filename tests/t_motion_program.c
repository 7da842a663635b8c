/* >>t-motion-program: musclemimic info and convert, of every kind of motion */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#define MUSCLEMIMIC_PRIVATE
#include "musclemimic.h"
#include <setjmp.h>
#include <sys/wait.h>
#include <cmocka.h>
#include "support.h"

static char here[400], program[1024], output[1 << 17], errors[1 << 14];

static void read_text(const char *name, char *text, size_t size) {
  FILE *file = fopen(in_folder(name), "rb");
  const size_t got = file ? fread(text, 1, size - 1, file) : 0;
  text[got] = 0;
  if (file) fclose(file);
}

static int run(const char *line) {
  char command[2048];
  int status;
  snprintf(command, sizeof command, "cd %s && %s %s >stdout.txt 2>stderr.txt", folder, program, line);
  status = system(command);
  read_text("stdout.txt", output, sizeof output);
  read_text("stderr.txt", errors, sizeof errors);
  if (!WIFEXITED(status)) fail_msg("'%s' died: %s", line, errors);
  return WEXITSTATUS(status);
}

static void runs(const char *line) {
  const int status = run(line);
  if (status) fail_msg("'%s' returned %d: %s", line, status, errors);
}

static void refuses(const char *line, int expected, const char *word) {
  const int status = run(line);
  if (status != expected || !strstr(errors, word)) fail_msg("'%s' returned %d, expected %d with '%s': %s", line, status, expected, word, errors);
}

static void prints(const char *word) {
  if (!strstr(output, word)) fail_msg("expected '%s' in: %s", word, output);
}

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
  refuses("info walk.npz --up x", 2, "--up x");
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
  refuses("convert walk.npz -o walk.mot", 1, "retarget");
  refuses("convert walk.npz", 2, "--out");
  refuses("convert missing.bvh -o x.npz", 1, "missing.bvh");
  refuses("convert x.fbx -o x.npz", 1, "clips are read from");
}

static void t_motion_program_converts_trajectories_and_back(void **state) {
  char line[1024], model[600];
  (void)state;
  snprintf(model, sizeof model, "%s/models/legs18.xml", here);
  runs("walk -o walk.npz --strides 1");
  runs("convert walk.npz -o walk.bvh");
  snprintf(line, sizeof line, "retarget walk.bvh %s -o t.h5 --backend native --quiet", model);
  runs(line);
  prints("body: the recording's own skeleton");
  runs("info t.h5");
  prints("legs18");
  prints("knee_angle_r");
  runs("info t.h5 --json");
  prints("\"site_count\": 10");
  runs("convert t.h5 -o t.csv");
  refuses("convert t.h5 -o t.npz", 1, "--model");
  refuses("convert t.h5 -o t.bvh", 1, "not as t.bvh");
  snprintf(line, sizeof line, "convert t.h5 -o t.npz --model %s", model);
  runs(line);
  runs("info t.npz");
  prints("published trajectory");
  prints("knee_angle_r");
  snprintf(line, sizeof line, "convert t.npz -o back.h5 --model %s", model);
  runs(line);
  snprintf(line, sizeof line, "convert t.h5 -o t.mot --model %s", model);
  runs(line);
  runs("info t.mot");
  prints("degrees");
  snprintf(line, sizeof line, "convert t.mot -o back2.h5 --model %s", model);
  runs(line);
  snprintf(line, sizeof line, "convert m.mot -o never.h5 --model %s", model);
  refuses(line, 1, "m.mot");
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
  refuses("convert m.trc -o m.npz", 1, ".trc or .csv");
  write_text("bad.c3d", "no C3D");
  refuses("info bad.c3d", 1, "bad.c3d: byte 0: is not a C3D file");
}

/* the program lies beside the folder of this test */
int main(int count, char **words) {
  char path[500];
  char *slash;
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_motion_program_tells_what_a_clip_holds),
    cmocka_unit_test(t_motion_program_converts_clips_and_back),
    cmocka_unit_test(t_motion_program_converts_trajectories_and_back),
    cmocka_unit_test(t_motion_program_tells_what_markers_and_tables_hold)};
  snprintf(path, sizeof path, "%s", count ? words[0] : "");
  for (int up = 0; up < 2; up++)
    if ((slash = strrchr(path, '/')) != NULL) *slash = 0;
  if (!getcwd(here, sizeof here)) return 1;
  snprintf(program, sizeof program, "%s%s%s/musclemimic", path[0] == '/' ? "" : here, path[0] == '/' ? "" : "/", path);
  return cmocka_run_group_tests(tests, setup, remove_folder);
}
