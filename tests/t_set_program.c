/* >>t-set-program: musclemimic retarget of folders, lists and splits: resumed, set aside, mirrored, in one file or many */
#define MUSCLEMIMIC_PRIVATE
#include "program.h"

/* a line for the shell in the test's folder; $M is the program */
static void gives(const char *line, int expected) {
  const int status = end_of(start_shell(line));
  if (status != expected) fail_msg("'%s' returned %d, expected %d: %s%s", line, status, expected, output, errors);
}

/* a/one, b/two; a clip that leaps, one that is none, and what is passed over */
static int setup(void **state) {
  mm_walk_def def;
  mm_clip *clip = NULL;
  if (make_folder(state) || setenv("M", program, 1)) return -1;
  gives("mkdir -p clips/a clips/b", 0);
  memset(&def, 0, sizeof def);
  def.strides = 1;
  for (int i = 0; i < 3; i++) {
    static const char *const names[] = {"clips/a/one.npz", "clips/b/two.npz", "clips/leap.npz"};
    def.stride_time = 1.0 + 0.1 * i;
    if (mm_clip_walk(ctx, &def, NULL, &clip)) return -1;
    for (int f = 50; f < clip->frame_count && i == 2; f++) clip->trans[3 * f + 1] += 1;
    if (mm_clip_save(clip, in_folder(names[i]))) return -1;
    mm_clip_destroy(clip);
  }
  write_text("clips/broken.npz", "not an archive");
  write_text("clips/readme.txt", "clips");
  write_text("clips/a/shape.npz", "a shape");
  return 0;
}

#define FAST " --backend native --method gmr --quiet"

static void t_set_folders_become_files_and_bad_clips_are_set_aside(void **state) {
  (void)state;
  gives("$M retarget clips $LEGS -o out" FAST, 4);
  prints("4 clips -> legs18.xml: 2 in, of which 0 were there already; 2 set aside");
  prints("a/one");
  prints("leap");
  prints("teleport");
  prints(", frame 51");
  prints("broken");
  prints("unreadable");
  prints("2 files of other kinds were passed over");
  prints("clips beyond");
  gives("test -f out/a/one.h5 -a -f out/b/two.h5 -a ! -e out/leap.h5", 0);
  gives("$M info out/a/one.h5", 0);
  prints("data set");
  /* again: nothing is made; with another limit the leap is taken */
  gives("touch -r out/a/one.h5 stamp; $M retarget clips $LEGS -o out" FAST, 4);
  prints("2 in, of which 2 were there already");
  gives("test ! out/a/one.h5 -nt stamp", 0);
  gives("$M retarget clips/a clips/b clips/leap.npz $LEGS --root clips -o out --limit teleport=2 --limit speed=1e3 --limit reach=1" FAST, 0);
  prints("3 in, of which 2 were there already; 0 set aside");
  /* now its trajectory is there, and goes where the limits say */
  gives("$M retarget clips/a clips/b clips/leap.npz $LEGS --root clips -o out --limit teleport=2 --limit speed=1e3 --limit reach=0" FAST, 4);
  prints("0 in, of which 0 were there already; 3 set aside");
  gives("test -f out/aside/a/one.h5 -a -f out/aside/leap.h5 -a ! -e out/a", 0);
  gives("$M retarget clips/a clips/b $LEGS --root clips -o out" FAST, 0);
  prints("2 in, of which 2 were there already");
  gives("test -f out/a/one.h5 -a -f out/aside/leap.h5 -a ! -e out/aside/a", 0);
  /* other settings */
  gives("$M retarget clips/a clips/b $LEGS --root clips -o out --rate 50" FAST, 0);
  prints("2 were of other clips, models or settings and made again");
}

static void t_set_splits_mirrors_and_json(void **state) {
  mm_dataset *set;
  mm_trajectory *chosen, *all;
  const char *const train[] = {"@train"};
  double shares[2] = {0.5, 0.5};
  (void)state;
  gives("$M retarget clips/a clips/b $LEGS -o set.h5 --mirror --split train=0.5,test=0.5 --json" FAST, 0);
  prints("\"in\": 4");
  ok(mm_dataset_open(ctx, in_folder("set.h5"), NULL, &set));
  assert_int_equal(set->clip_count, 4);
  assert_string_equal(set->clip_names[0], "one");
  assert_string_equal(set->clip_names[1], "one_mirrored");
  for (int i = 0; i < 4; i++) {
    assert_int_equal(set->records[i].mirrored, i % 2);
    assert_string_equal(set->records[i].split, mm_split_of(i < 2 ? "one" : "two", shares, 2) == 0 ? "train" : "test");
    assert_int_equal(set->records[i].report.frame_count, set->split_points[i + 1] - set->split_points[i]);
  }
  mm_dataset_close(set);
  gives("test ! -e set.h5.clips -a ! -e set.h5.aside", 0);
  gives("$M info set.h5", 0);
  prints("one_mirrored");
  prints("split");
  /* as it is: left alone; with one clip less: without making anything again */
  gives("touch -r set.h5 stamp; $M retarget clips/a clips/b $LEGS -o set.h5 --mirror --split train=0.5,test=0.5" FAST, 0);
  prints("4 in, of which 4 were there already");
  gives("test ! set.h5 -nt stamp", 0);
  gives("$M retarget clips/a $LEGS -o set.h5 --mirror --split train=0.5,test=0.5" FAST, 0);
  prints("2 in, of which 2 were there already");
  ok(mm_trajectory_load(ctx, in_folder("set.h5"), NULL, &all));
  assert_int_equal(all->clip_count, 2);
  if (!strcmp(all->clip_splits[0], "train")) {
    ok(mm_trajectory_select(all, train, 1, &chosen));
    assert_int_equal(chosen->clip_count, 2);
    mm_trajectory_destroy(chosen);
  }
  mm_trajectory_destroy(all);
}

static void t_set_lists_name_what_is_below_their_root(void **state) {
  mm_dataset *set;
  (void)state;
  write_text("train.txt", "# published\n- \"a/one\"\nb/gone_poses\n");
  write_text("test.txt", "b/two.npz\n");
  gives("$M retarget $LEGS --root clips --split train=train.txt,test=test.txt -o lists.h5" FAST, 4);
  prints("2 in");
  prints("b/gone_poses");
  prints("there is no file of this name");
  prints("train: 1 clips, test: 1 clips");
  ok(mm_dataset_open(ctx, in_folder("lists.h5"), NULL, &set));
  assert_string_equal(set->clip_names[0], "a/one");
  assert_string_equal(set->records[0].split, "train");
  assert_string_equal(set->records[0].source, "clips/a/one.npz");
  assert_string_equal(set->records[1].split, "test");
  mm_dataset_close(set);
  gives("$M retarget $LEGS --root clips --list test.txt --split train=train.txt -o lists.h5" FAST, 4);
  prints("2 in, of which 2 were there already");
}

static void t_set_wrong_words_are_told(void **state) {
  (void)state;
  gives("$M retarget clips $LEGS -o x.h5 --split train=0.5,test=0.6", 2);
  says("sum to 1.1");
  gives("$M retarget clips $LEGS -o x.h5 --split train=0.5", 2);
  gives("$M retarget clips $LEGS -o x.h5 --split a=0.5,a=0.5", 2);
  says("twice");
  gives("$M retarget clips $LEGS -o x.h5 --limit telport=1", 2);
  says("no such limit");
  gives("$M retarget clips $LEGS -o x.h5 --limit reach=-1", 2);
  gives("$M retarget clips/nothing $LEGS -o x.h5 --mirror", 1);
  says("clips/nothing");
  gives("mkdir -p empty; $M retarget empty $LEGS -o x.h5", 1);
  says("no clips");
  gives("mkdir -p same/a same/b; cp clips/a/one.npz same/a; cp clips/a/one.npz same/b; $M retarget same/a same/b $LEGS -o x.h5", 1);
  says("same name");
  gives("echo > file; $M retarget clips $LEGS -o file", 1);
  says("is a file");
  gives("$M retarget clips $LEGS", 2);
  gives("$M retarget $LEGS -o x.h5", 1);
  gives("test ! -e x.h5", 0);
}

static void t_set_stopped_runs_go_on(void **state) {
  (void)state;
  /* the signal comes while the first batch is in work: it is finished, and the second is not begun */
  gives("mkdir -p many; for i in 1 2 3 4 5 6; do $M walk -o many/w$i.npz --strides 4 "
        "--stride-time 1.$i >/dev/null; done; true", 0);
  gives("$M retarget many $LEGS -o many.h5 --batch 1 --backend native --threads 1 --quiet & p=$!; "
        "i=0; while [ ! -e many.h5.clips/w1.h5 ] && [ $i -lt 600 ]; do sleep 0.05; i=$((i + 1)); done; kill -TERM $p; wait $p", 3);
  says("stopped by SIGTERM");
  says("of 6 clips are done and kept in many.h5.clips");
  gives("test -f many.h5.clips/w1.h5 -a ! -e many.h5", 0);
  gives("$M retarget many $LEGS -o many.h5 --backend native --quiet", 0);
  prints("6 clips -> legs18.xml: 6 in");
  if (strstr(output, "of which 0 were")) fail_msg("%s", output);
  gives("test -f many.h5 -a ! -e many.h5.clips", 0);
}

int main(int count, char **words) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_set_folders_become_files_and_bad_clips_are_set_aside),
    cmocka_unit_test(t_set_splits_mirrors_and_json),
    cmocka_unit_test(t_set_lists_name_what_is_below_their_root),
    cmocka_unit_test(t_set_wrong_words_are_told),
    cmocka_unit_test(t_set_stopped_runs_go_on),
  };
  if (!count || find_program(words[0])) return 1;
  return cmocka_run_group_tests(tests, setup, remove_folder);
}
