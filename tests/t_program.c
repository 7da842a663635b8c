/* >>t-program: the program musclemimic answers good and bad command lines and files as its help says */
#include "program.h"
#include <signal.h>
#include <time.h>

/* a pendulum of two links over a plane, with a muscle over a wrapping sphere, a motor and a sensor */
static const char model_text[] =
  "<mujoco model=\"two links\">\n"
  "  <option timestep=\"0.002\"/>\n"
  "  <worldbody>\n"
  "    <geom name=\"floor\" type=\"plane\" size=\"1 1 1\"/>\n"
  "    <body name=\"upper\" pos=\"0 0 1\">\n"
  "      <joint name=\"shoulder\" axis=\"0 1 0\" range=\"-90 90\" damping=\"0.1\"/>\n"
  "      <geom name=\"upper_arm\" type=\"capsule\" fromto=\"0 0 0 0 0 -0.4\" size=\"0.03\"/>\n"
  "      <site name=\"origin\" pos=\"0.02 0 -0.2\"/>\n"
  "      <body name=\"lower\" pos=\"0 0 -0.4\">\n"
  "        <joint name=\"elbow\" axis=\"0 1 0\" range=\"-120 0\" damping=\"0.1\"/>\n"
  "        <geom name=\"lower_arm\" type=\"capsule\" fromto=\"0 0 0 0 0 -0.4\" size=\"0.025\"/>\n"
  "        <site name=\"insertion\" pos=\"0.02 0 -0.1\"/>\n"
  "      </body>\n"
  "    </body>\n"
  "  </worldbody>\n"
  "  <tendon>\n"
  "    <spatial name=\"biceps_tendon\"><site site=\"origin\"/><site site=\"insertion\"/></spatial>\n"
  "  </tendon>\n"
  "  <actuator>\n"
  "    <muscle name=\"biceps\" tendon=\"biceps_tendon\" force=\"300\" lengthrange=\"0.1 0.5\"/>\n"
  "    <motor name=\"push\" joint=\"shoulder\" ctrlrange=\"-1 1\"/>\n"
  "  </actuator>\n"
  "  <sensor><jointpos joint=\"elbow\"/></sensor>\n"
  "</mujoco>\n";
#ifdef MUSCLEMIMIC_NO_OPENCL
#define WITH_OPENCL 0
#else
#define WITH_OPENCL 1
#endif
#define NQ 2
#define NV 2
#define NU 2
#define NA 1

/* both words must be in the message */
static void refuses_with(const char *line, int expected, const char *word, const char *other) {
  refuses(line, expected, word);
  says(other);
}

static void write_array(mm_store *store, const char *name, int rank, int64_t n0, int64_t n1, int64_t n2,
                        const double *data) {
  mm_store_array array;
  memset(&array, 0, sizeof array);
  array.name = name;
  array.type = MM_DTYPE_F64;
  array.rank = rank;
  array.shape[0] = n0;
  array.shape[1] = n1;
  array.shape[2] = n2;
  ok(mm_store_write(store, &array, data));
}

/* three states; spoil: number of qpos that is not a number, -1: none; extra: the name of one more array */
static void write_states(const char *name, int columns, int spoil, const char *extra) {
  double qpos[3 * 8], qvel[3 * NV] = {0}, ctrl[3 * NU] = {0.5, 0.1, 0.5, 0.1, 0.5, 0.1};
  mm_store *store;
  for (int i = 0; i < 3 * columns; i++) qpos[i] = -0.1 * (i + 1);
  if (spoil >= 0) qpos[spoil] = NAN;
  ok(mm_store_create(ctx, in_folder(name), NULL, &store));
  write_array(store, "qpos", 2, 3, columns, 0, qpos);
  write_array(store, "qvel", 2, 3, NV, 0, qvel);
  write_array(store, "ctrl", 2, 3, NU, 0, ctrl);
  if (extra) write_array(store, extra, 2, 3, NV, 0, qvel);
  ok(mm_store_commit(store));
  mm_store_close(store);
}

/* qpos as it should be, and a qvel that is missing, text, without rows, or a group */
static void write_odd_states(const char *file, const char *what) {
  const char *const texts[3] = {"a", "b", "c"};
  const double qpos[3 * NQ] = {0};
  mm_store *store;
  ok(mm_store_create(ctx, in_folder(file), NULL, &store));
  write_array(store, "qpos", 2, 3, NQ, 0, qpos);
  if (!strcmp(what, "text")) ok(mm_store_write_texts(store, "qvel", 3, texts));
  if (!strcmp(what, "flat")) write_array(store, "qvel", 1, 3 * NV, 0, 0, qpos);
  if (!strcmp(what, "group")) ok(mm_store_group(store, "qvel"));
  if (!strcmp(what, "few")) write_array(store, "qvel", 2, 2, NV, 0, qpos);
  ok(mm_store_commit(store));
  mm_store_close(store);
}

static int setup(void **state) {
  if (make_folder(state)) return -1;
  write_text("two.xml", model_text);
  write_states("states.h5", NQ, -1, NULL);
  return 0;
}

/* the commands are those that --help lists, each at the beginning of an indented line */
static void t_program_help_is_there_for_each_command(void **state) {
  char list[4096], line[64], name[32];
  int count = 0;
  (void)state;
  runs("--help");
  snprintf(list, sizeof list, "%.4000s", output);
  for (const char *at = strstr(list, "\n  "); at && sscanf(at, " %31[a-z]", name) == 1; at = strstr(at + 3, "\n  "), count++) {
    runs("%s --help", name);
    prints("usage: musclemimic");
    prints("--quiet");
    prints("\nexample:\n  ");
    snprintf(line, sizeof line, "\n  musclemimic %s", name);
    prints(line);
    assert_string_equal(errors, "");
    snprintf(line, sizeof line, "%s --no-such-option", name);
    refuses_with(line, USAGE, "no option --no-such-option", "--help");
  }
  assert_true(count >= 9);
  runs("--version");
  prints("musclemimic " MM_VERSION);
}

static void t_program_refuses_wrong_command_lines(void **state) {
  (void)state;
  refuses_with("", USAGE, "usage:", "COMMAND");
  refuses_with("rolout", USAGE, "no command 'rolout'", "did you mean 'rollout'?");
  refuses_with("xyzzy", USAGE, "no command 'xyzzy'", "--help");
  refuses_with("forward two.xml --fieds xpos", USAGE, "no option --fieds", "did you mean --fields?");
  refuses_with("forward two.xml --in states.h5", USAGE, "--out", "missing");
  refuses_with("forward two.xml --out x.h5", USAGE, "--in", "missing");
  refuses_with("forward --in states.h5 --out x.h5", USAGE, "MODEL is missing", "--help");
  refuses_with("info two.xml more.xml", USAGE, "'more.xml'", "too many");
  refuses_with("rollout two.xml --in states.h5 --out x.h5", USAGE, "--steps T is missing", "how many");
  refuses_with("rollout two.xml --in states.h5 --out x.h5 --steps", USAGE, "--steps needs a value", "--steps T");
  refuses_with("rollout two.xml --in states.h5 --out x.h5 --steps 0", USAGE, "--steps 0", "from 1 to 100000000");
  refuses_with("rollout two.xml --in states.h5 --out x.h5 --steps 1.5", USAGE, "--steps 1.5", "whole number");
  refuses_with("rollout two.xml --in states.h5 --out x.h5 --steps 3x", USAGE, "--steps 3x", "whole number");
  refuses_with("rollout two.xml --in states.h5 --out x.h5 --steps 10 --every 3", USAGE, "--steps 10",
          "no multiple of --every 3");
  refuses_with("bench two.xml --seconds nan", USAGE, "--seconds nan", "must be a number");
  refuses_with("bench two.xml --backend cuda", USAGE, "--backend cuda", "auto|opencl|native");
  refuses_with("info two.xml --set-option timestep", USAGE, "--set-option timestep", "NAME=VALUE");
  refuses_with("info two.xml --json=1", USAGE, "--json", "takes no value");
  refuses_with("forward two.xml --in states.h5 --out x.h5 --in states.h5", USAGE, "--in", "given twice");
  refuses_with("forward two.xml --in states.h5 --out x.h5 --fields xpos,xpoz", USAGE, "no field 'xpoz'",
          "did you mean 'xpos'?");
}

static void t_program_lists_devices(void **state) {
  (void)state;
  runs("devices --json");
  prints("\"devices\": [");
  prints("\"backend\": \"native\"");
  runs("devices");
  prints("native");
}

static void t_program_tells_what_a_model_holds(void **state) {
  (void)state;
  runs("info two.xml");
  prints("two links");
  prints("2 hinge");
  prints("1 plane, 2 capsule");
  prints("timestep");
  runs("info two.xml --json --set-option timestep=0.004");
  prints("\"nq\": 2");
  prints("\"na\": 1");
  prints("\"timestep\": 0.004");
  prints("\"muscle\": 1");
  runs("info two.xml --json --remove-actuators 'bi*'");
  prints("\"nu\": 1");
  prints("\"na\": 0");
}

/* a folder without ICD files stands for a machine without OpenCL */
static void t_program_says_what_to_do_without_opencl(void **state) {
  (void)state;
  assert_int_equal(setenv("OCL_ICD_VENDORS", "/nonexistent", 1), 0);
  runs("devices");
  prints("native");
  prints("There is no OpenCL device");
  prints("apt install pocl-opencl-icd");
  prints("OCL_ICD_VENDORS=libnvidia-opencl.so.1");
  refuses_with("forward two.xml --in states.h5 --out x.h5 --backend opencl", FAILED, "OpenCL", WITH_OPENCL ? "pocl-opencl-icd" : "left out");
  runs("forward two.xml --in states.h5 --out x.h5 --fields xpos");
  assert_int_equal(unsetenv("OCL_ICD_VENDORS"), 0);
  assert_int_equal(remove(in_folder("x.h5")), 0);
}

static void t_program_refuses_devices_that_are_not_there(void **state) {
  (void)state;
  refuses_with("forward two.xml --in states.h5 --out x.h5 --backend native --device 3", FAILED, "device 3", "devices 1 to 1");
  refuses_with("forward two.xml --in states.h5 --out x.h5 --device 0", USAGE, "--device 0", "from 1 to");
  refuses_with("forward two.xml --in states.h5 --out x.h5 --device 1000", FAILED, "device 1000", "has devices 1 to");
  refuses_with("bench two.xml --backend native --envs 1000000000000", USAGE, "--envs 1000000000000", "from 1 to");
  assert_false(is_there("x.h5"));
}

/* room for the address space of the program, not for so many environments */
static void t_program_refuses_more_than_the_memory(void **state) {
  (void)state;
#ifndef __SANITIZE_ADDRESS__
  limit = "ulimit -v 3000000 &&";
  refuses_with("bench two.xml --backend native --envs 8000000 --threads 1", FAILED, "8000000 environments need ", "use fewer environments");
  limit = "";
#endif
}

static void t_program_refuses_bad_models(void **state) {
  (void)state;
  refuses_with("info nothing.xml", FAILED, "nothing.xml", "No such file");
  write_text("broken.xml", "<mujoco>\n<worldbody>\n<body>\n</mujoco>\n");
  refuses("info broken.xml", FAILED, "broken.xml:4");
  write_text("unknown.xml", "<mujoco>\n<worldbody>\n<geon/>\n</worldbody>\n</mujoco>\n");
  refuses_with("info unknown.xml", FAILED, "unknown.xml:3", "geon");
  write_text("cycle.xml", "<mujoco>\n<include file=\"cycle.xml\"/>\n</mujoco>\n");
  refuses("info cycle.xml", FAILED, "cycle.xml");
  refuses("info two.xml --remove-joints none", FAILED, "none");
  refuses_with("info two.xml --set-option timestep=fast", FAILED, "timestep", "fast");
  refuses("info two.xml --set-option timestap=1", FAILED, "timestap");
}

static void t_program_writes_fields(void **state) {
  const int64_t xpos_shape[] = {3, 3, 3}, matrix_shape[] = {3, NV, NV}, count_shape[] = {3},
                ten_shape[] = {3, 1};
  double xpos[27], matrix[12], tendon[3];
  int32_t contacts[3];
  char units[16];
  mm_store *store;
  (void)state;
  runs("forward two.xml --in states.h5 --out fields.h5 --backend native");
  ok(mm_store_open(ctx, in_folder("fields.h5"), NULL, &store));
  ok(mm_store_read(store, "xpos", MM_DTYPE_F64, 3, xpos_shape, xpos));
  ok(mm_store_read(store, "qM", MM_DTYPE_F64, 3, matrix_shape, matrix));
  ok(mm_store_read(store, "ncon", MM_DTYPE_I32, 1, count_shape, contacts));
  ok(mm_store_read(store, "ten_length", MM_DTYPE_F64, 2, ten_shape, tendon));
  ok(mm_store_get_text(store, "xpos", "units", units, sizeof units));
  assert_string_equal(units, "m");
  ok(mm_store_get_text(store, "xpos", "frame", units, sizeof units));
  assert_string_equal(units, "world");
  mm_store_close(store);
  /* the elbow of state 0: shoulder turned by -0.1 about y */
  assert_true(fabs(xpos[6] - 0.4 * sin(0.1)) < 1e-12 && fabs(xpos[8] - (1 - 0.4 * cos(0.1))) < 1e-12);
  assert_true(matrix[0] > 0 && matrix[1] == matrix[2]);
  assert_true(tendon[0] > 0.25 && tendon[0] < 0.35);
  assert_true(contacts[0] >= 0);
  runs("info fields.h5");
  prints("musclemimic-fields");
  prints("3 x 3 x 3");
}

/* a chunk at a time gives the same numbers as all at once */
static void t_program_forward_does_not_depend_on_the_chunk(void **state) {
  const int64_t shape[] = {3, NV};
  double one[3 * NV], all[3 * NV];
  mm_store *store;
  (void)state;
  runs("forward two.xml --in states.h5 --out one.h5 --backend native --fields qacc --envs 2");
  runs("forward two.xml --in states.h5 --out all.h5 --backend native --fields qacc");
  ok(mm_store_open(ctx, in_folder("one.h5"), NULL, &store));
  ok(mm_store_read(store, "qacc", MM_DTYPE_F64, 2, shape, one));
  mm_store_close(store);
  ok(mm_store_open(ctx, in_folder("all.h5"), NULL, &store));
  ok(mm_store_read(store, "qacc", MM_DTYPE_F64, 2, shape, all));
  mm_store_close(store);
  assert_memory_equal(one, all, sizeof all);
  assert_true(all[0] != 0);
}

static void read_qpos(const char *name, int frames, double *qpos) {
  const int64_t shape[] = {3, frames, NQ};
  mm_store *store;
  ok(mm_store_open(ctx, in_folder(name), NULL, &store));
  ok(mm_store_read(store, "qpos", MM_DTYPE_F64, 3, shape, qpos));
  mm_store_close(store);
}

/* controls that do not change give the same trajectory whether given once or at each step */
static void t_program_rolls_out(void **state) {
  enum { T = 20 };
  double held[3 * T * NQ], given[3 * T * NQ], few[3 * 2 * NQ], ctrl[3 * T * NU], qpos[3 * NQ],
      qvel[3 * NV] = {0};
  mm_store *store;
  (void)state;
  for (int i = 0; i < 3 * NQ; i++) qpos[i] = -0.1 * (i + 1);
  for (int i = 0; i < 3 * T * NU; i++) ctrl[i] = i % NU ? 0.1 : 0.5;
  ok(mm_store_create(ctx, in_folder("driven.h5"), NULL, &store));
  write_array(store, "qpos", 2, 3, NQ, 0, qpos);
  write_array(store, "qvel", 2, 3, NV, 0, qvel);
  write_array(store, "ctrl", 3, 3, T, NU, ctrl);
  ok(mm_store_commit(store));
  mm_store_close(store);
  runs("rollout two.xml --in states.h5 --out held.h5 --steps 20 --backend native");
  runs("rollout two.xml --in driven.h5 --out given.h5 --steps 20 --backend native");
  runs("rollout two.xml --in states.h5 --out few.h5 --steps 20 --every 10 --backend native");
  read_qpos("held.h5", T, held);
  read_qpos("given.h5", T, given);
  read_qpos("few.h5", 2, few);
  assert_memory_equal(held, given, sizeof held);
  for (int i = 0; i < 3; i++)
    assert_memory_equal(few + (2 * i + 1) * NQ, held + (T * i + T - 1) * NQ, NQ * sizeof *held);
  assert_true(held[0] != held[2 * (T - 1)]);
  refuses_with("rollout two.xml --in driven.h5 --out x.h5 --steps 10", FAILED, "ctrl has the shape [3, 20, 2]",
          "--steps is 10");
}

/* a copy of states.h5 with one byte changed (at >= 0), or cut off there (at < 0) */
static void write_damaged(const char *name, long at) {
  FILE *from = fopen(in_folder("states.h5"), "rb"), *to = fopen(in_folder(name), "wb");
  assert_true(from && to);
  for (long i = 0;; i++) {
    const int c = getc(from);
    if (c == EOF || i == -at) break;
    putc(i == at ? c ^ 1 : c, to);
  }
  fclose(from);
  fclose(to);
}

static void t_program_refuses_bad_states(void **state) {
  (void)state;
  write_damaged("damaged.h5", 100);
  refuses("forward two.xml --in damaged.h5 --out x.h5", FAILED, "damaged.h5");
#ifndef __SANITIZE_ADDRESS__
  assert_ptr_equal(strchr(errors, '\n'), errors + strlen(errors) - 1); /* one line */
#endif
  write_damaged("cut.h5", -700);
  refuses_with("forward two.xml --in cut.h5 --out x.h5", FAILED, "cut.h5", "truncated");
  write_states("wide.h5", 5, -1, NULL);
  refuses_with("forward two.xml --in wide.h5 --out x.h5", FAILED, "qpos has the shape [3, 5]", "nq = 2");
  write_states("nan.h5", NQ, 3, NULL);
  refuses_with("forward two.xml --in nan.h5 --out x.h5 --backend native", FAILED, "nan.h5: qpos[1, 1]",
          "not finite");
  refuses_with("rollout two.xml --in nan.h5 --out x.h5 --steps 5 --backend native", FAILED, "nan.h5: qpos[1, 1]",
          "not finite");
  refuses_with("forward two.xml --in none.h5 --out x.h5", FAILED, "none.h5", "No such file");
  refuses_with("forward two.xml --in two.xml --out x.h5", FAILED, "two.xml", "not an HDF5 file");
  refuses_with("forward two.xml --in states.h5 --out none/x.h5 --backend native", FAILED, "none/x.h5",
          "No such file");
  assert_false(is_there("x.h5"));
  assert_false(is_there("x.h5.part"));
  refuses_with("rollout two.xml --in states.h5 --out none/x.h5 --steps 2 --backend native", FAILED, "none/x.h5", "No such file");
  refuses_with("forward two.xml --in states.h5 --out . --backend native", FAILED, ".", "not a file");
  for (int i = 0; i < 5; i++) {
    static const char *const odd[5][2] = {{"missing", "there is no array 'qvel'"}, {"text", "qvel has the shape [3]"},
                                          {"flat", "qvel has the shape [6]"}, {"group", "there is no array 'qvel'"},
                                          {"few", "qvel holds 2 states, but qpos holds 3"}};
    write_odd_states("odd.h5", odd[i][0]);
    refuses_with("forward two.xml --in odd.h5 --out x.h5 --backend native", FAILED, "odd.h5", odd[i][1]);
  }
  write_states("extra.h5", NQ, -1, "ctrls");
  runs("forward two.xml --in extra.h5 --out y.h5 --backend native --fields xpos");
  says("'ctrls' is not read");
}

/* a limit on the size of files stands for a full disk, and /dev/full for one that takes what is printed */
static void t_program_says_when_the_disk_is_full(void **state) {
  (void)state;
  assert_int_equal(end_of(start("info two.xml >/dev/full")), FAILED);
  assert_string_equal(errors, "musclemimic: standard output cannot be written\n");
  limit = "ulimit -f 16 &&"; /* blocks of 512 bytes */
  refuses_with("rollout two.xml --in states.h5 --out full.h5 --steps 4000 --backend native --quiet", FAILED, "full.h5", "File too large");
  assert_false(is_there("full.h5"));
  assert_false(is_there("full.h5.part"));
  refuses_with("walk -o walk.npz --quiet", FAILED, "walk.npz", "File too large");
  limit = "";
  assert_false(is_there("walk.npz"));
}

/* a run without end, as a child that has begun to write */
static pid_t begin_endless_run(void) {
  const struct timespec moment = {0, 10000000};
  const pid_t child = start("rollout two.xml --in states.h5 --out stopped.h5 --steps 100000000 --every 1000 --backend native");
  for (int i = 0; i < 3000 && !is_there("stopped.h5.part"); i++) nanosleep(&moment, NULL);
  return child;
}

/* a signal ends a run early, without a file, and the status says so */
static void t_program_stops_on_request(void **state) {
  const int signals[] = {SIGINT, SIGTERM, SIGUSR1};
  (void)state;
  for (int i = 0; i < 3; i++) {
    const pid_t child = begin_endless_run();
    assert_int_equal(kill(child, signals[i]), 0);
    assert_int_equal(end_of(child), STOPPED);
    says("stopped by SIG");
    assert_false(is_there("stopped.h5"));
    assert_false(is_there("stopped.h5.part"));
  }
}

static void t_program_measures_physics(void **state) {
  (void)state;
  runs("bench two.xml --envs 8 --seconds 0.05 --backend native --json");
  prints("\"substeps_per_second\": ");
  prints("\"environments\": 8");
  runs("bench two.xml --envs 8 --seconds 0.05 --backend native --quiet");
  prints("substeps per second");
}

int main(int count, char **words) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_program_help_is_there_for_each_command),
    cmocka_unit_test(t_program_refuses_wrong_command_lines),
    cmocka_unit_test(t_program_lists_devices),
    cmocka_unit_test(t_program_says_what_to_do_without_opencl),
    cmocka_unit_test(t_program_refuses_devices_that_are_not_there),
    cmocka_unit_test(t_program_refuses_more_than_the_memory),
    cmocka_unit_test(t_program_tells_what_a_model_holds),
    cmocka_unit_test(t_program_refuses_bad_models),
    cmocka_unit_test(t_program_writes_fields),
    cmocka_unit_test(t_program_forward_does_not_depend_on_the_chunk),
    cmocka_unit_test(t_program_rolls_out),
    cmocka_unit_test(t_program_refuses_bad_states),
    cmocka_unit_test(t_program_says_when_the_disk_is_full),
    cmocka_unit_test(t_program_stops_on_request),
    cmocka_unit_test(t_program_measures_physics),
  };
  if (!count || find_program(words[0])) return 1;
  return cmocka_run_group_tests(tests, setup, remove_folder);
}
