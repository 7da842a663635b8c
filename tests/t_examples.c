/* >>t-examples: the short programs do what they say they do */
#include "support.h"

static char programs[512], output[1 << 16];

/* runs an example on the native backend; what it prints on either stream is in output */
static int run(const char *line) {
  char command[1024];
  FILE *pipe;
  size_t got;
  int status;
  snprintf(command, sizeof command, "OCL_ICD_VENDORS=/nonexistent %s/%s 2>&1", programs, line);
  pipe = popen(command, "r");
  assert_non_null(pipe);
  got = fread(output, 1, sizeof output - 1, pipe);
  output[got] = 0;
  status = pclose(pipe);
  if (!WIFEXITED(status)) fail_msg("'%s' died: %s", line, output);
  return WEXITSTATUS(status);
}

static void runs(const char *line) {
  const int status = run(line);
  if (status) fail_msg("'%s' returned %d: %s", line, status, output);
}

static void prints(const char *word) {
  if (!strstr(output, word)) fail_msg("expected '%s' in: %s", word, output);
}

/* the number that follows the last occurrence of a word */
static double number_after(const char *word) {
  const char *found = NULL;
  for (const char *at = strstr(output, word); at; at = strstr(at + 1, word)) found = at;
  if (!found) fail_msg("expected '%s' in: %s", word, output);
  return strtod(found + strlen(word), NULL);
}

static void t_examples_hello_moves_64_environments(void **state) {
  (void)state;
  runs("hello");
  prints("9 coordinates, 18 actuators");
  prints("0.200 s: the last coordinate is");
  assert_int_equal(run("hello nothing.xml"), EXIT_FAILURE);
  prints("nothing.xml: No such file");
}

static void t_examples_reflex_holds_the_body_up(void **state) {
  (void)state;
  runs("reflex");
  assert_true(number_after("centre of mass at ") > 0.01 + number_after("with the reflex, "));
}

static void t_examples_own_reward_climbs(void **state) {
  double first;
  (void)state;
  runs("own_reward");
  first = strtod(strstr(output, "earns ") + 6, NULL);
  assert_true(number_after("earns ") > first);
}

static void t_examples_weaken_takes_a_muscle_out(void **state) {
  (void)state;
  runs("weaken");
  prints("2 of 18 muscles removed");
  assert_true(number_after("ankle_angle_r") < -100);
  assert_true(number_after("without them ") > -100);
  assert_int_equal(run("weaken models/legs18.xml nothing"), EXIT_FAILURE);
  prints("nothing");
}

static void t_examples_threads_agree(void **state) {
  (void)state;
  runs("threads");
  prints("threads 0 and 3 agree");
}

static void t_examples_read_trajectory_prints_ranges(void **state) {
  mm_model *model = load_model("models/legs18.xml");
  mm_trajectory *t = NULL;
  char line[256];
  (void)state;
  ok(mm_trajectory_create(model, "wave", 50, 100, &t));
  for (int f = 0; f < 50; f++) t->qpos[f * t->nq + t->nq - 1] = 0.01 * f;
  mm_trajectory_differentiate(model, t);
  ok(mm_trajectory_forward(model, t));
  ok(mm_trajectory_save(t, in_folder("motion.h5")));
  mm_trajectory_destroy(t);
  mm_model_destroy(model);
  snprintf(line, sizeof line, "read_trajectory %s models/legs18.xml", in_folder("motion.h5"));
  runs(line);
  prints("50 frames at 100 Hz, 9 coordinates");
  prints("clip 0: wave, 0.50 s");
  assert_true(fabs(number_after("0.00 to ") - 0.49 * 180 / 3.14159265358979) < 0.01);
  assert_int_equal(run("read_trajectory models/legs18.xml models/legs18.xml"), EXIT_FAILURE);
  prints("is not an HDF5 file");
  assert_int_equal(run("read_trajectory"), 2);
}

/* the examples lie beside the tests, wherever they were built */
static void find_programs(const char *self) {
  const char *slash = strrchr(self, '/');
  snprintf(programs, sizeof programs, "%.*s/../examples", slash ? (int)(slash - self) : 1, slash ? self : ".");
}

int main(int count, char **words) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_examples_hello_moves_64_environments), cmocka_unit_test(t_examples_reflex_holds_the_body_up),
    cmocka_unit_test(t_examples_own_reward_climbs),           cmocka_unit_test(t_examples_weaken_takes_a_muscle_out),
    cmocka_unit_test(t_examples_threads_agree),               cmocka_unit_test(t_examples_read_trajectory_prints_ranges)};
  (void)count;
  find_programs(words[0]);
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
