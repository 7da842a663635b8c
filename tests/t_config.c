/* >>t-config: configurations: what is read, what is refused and where, what a run keeps of them; which clips are chosen */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "musclemimic.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

enum { DONE = 0, FAILED = 1, USAGE = 2 };

static char program[512], here[256], folder[64], output[1 << 16], errors[1 << 16];
static mm_context *ctx;
static mm_model *model;

static void ok(mm_status status) {
  if (status) fail_msg("%s: %s", mm_status_name(status), mm_error(ctx));
}

static const char *in_folder(const char *name) {
  static char path[8][128];
  static int next;
  next = (next + 1) % 8;
  snprintf(path[next], sizeof path[next], "%s/%s", folder, name);
  return path[next];
}

static void write_text(const char *name, const char *text) {
  FILE *file = fopen(in_folder(name), "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static void read_text(const char *name, char *text, size_t size) {
  FILE *file = fopen(in_folder(name), "rb");
  const size_t got = file ? fread(text, 1, size - 1, file) : 0;
  text[got] = 0;
  if (file) fclose(file);
}

/* Runs the program in the folder of the test; returns its exit status. */
static int run(const char *line) {
  char command[2048];
  int status;
  snprintf(command, sizeof command, "cd %s && TERM=dumb %s %s >stdout.txt 2>stderr.txt", folder, program, line);
  status = system(command);
  read_text("stdout.txt", output, sizeof output);
  read_text("stderr.txt", errors, sizeof errors);
  if (!WIFEXITED(status)) fail_msg("'%s' died: %s", line, errors);
  return WEXITSTATUS(status);
}

static void runs(const char *line) {
  const int status = run(line);
  if (status != DONE) fail_msg("'%s' returned %d: %s", line, status, errors);
}

static void refuses(const char *line, int expected, const char *word) {
  const int status = run(line);
  if (status != expected || !strstr(errors, word) || output[0])
    fail_msg("'%s' returned %d, expected %d with '%s'; it said: %s%s", line, status, expected, word, errors, output);
}

static void prints(const char *text, const char *word) {
  if (!strstr(text, word)) fail_msg("expected '%s' in: %s", word, text);
}

/* swinging legs above the floor */
static mm_trajectory *motion(const char *name, int frames) {
  mm_trajectory *t = NULL;
  ok(mm_trajectory_create(model, name, frames, 100, &t));
  for (int f = 0; f < frames; f++) {
    double *q = t->qpos + (size_t)f * (size_t)t->nq;
    q[0] = 0.01 * f;
    q[1] = 0.95;
    for (int k = 3; k < t->nq; k++) q[k] = 0.2 + 0.001 * (f + k);
  }
  mm_trajectory_differentiate(model, t);
  ok(mm_trajectory_forward(model, t));
  return t;
}

static mm_trajectory *many(int clips) {
  mm_trajectory *list[32] = {NULL}, *joined = NULL;
  for (int i = 0; i < clips; i++) {
    char name[32];
    snprintf(name, sizeof name, "%s/%02d", i % 2 ? "run" : "walk", i);
    list[i] = motion(name, 4 + i);
  }
  ok(mm_trajectory_join(ctx, (const mm_trajectory *const *)list, clips, &joined));
  for (int i = 0; i < clips; i++) mm_trajectory_destroy(list[i]);
  return joined;
}

static int setup(void **state) {
  mm_context_def def;
  mm_trajectory *clips;
  (void)state;
  strcpy(folder, "/tmp/mm-config-XXXXXX");
  memset(&def, 0, sizeof def);
  def.backend = MM_BACKEND_NATIVE;
  if (!mkdtemp(folder) || !getcwd(here, sizeof here) || mm_context_create(&def, &ctx)) return -1;
  if (mm_model_load(ctx, "models/legs18.xml", &model)) return -1;
  clips = many(6);
  if (mm_trajectory_save(clips, in_folder("clips.h5"))) return -1;
  mm_trajectory_destroy(clips);
  return 0;
}

static int teardown(void **state) {
  char command[128];
  (void)state;
  mm_model_destroy(model);
  mm_context_destroy(ctx);
  snprintf(command, sizeof command, "rm -rf %s", folder);
  return system(command);
}

/* what is printed reads back as the same, for every preset */
static void t_config_is_printed_as_it_is_read(void **state) {
  static const char *const presets[] = {"fullbody", "bimanual", "demo"};
  static char first[1 << 16];
  (void)state;
  for (int i = 0; i < 3; i++) {
    char line[128];
    snprintf(line, sizeof line, "train --settings --preset %s", presets[i]);
    runs(line);
    strcpy(first, output);
    write_text("printed.yaml", output);
    runs("train --settings printed.yaml");
    assert_string_equal(first, output);
  }
  runs("train --settings printed.yaml --set num_envs=7 --set reward.qpos_w_sum=0.25 --set actor_hidden_layers=\"[2 x 8, 4, 3 x 5]\"");
  prints(output, "  num_envs: 7 ");
  prints(output, "  qpos_w_sum: 0.25 ");
  prints(output, "  actor_hidden_layers: [8, 8, 4, 3 x 5] ");
}

static void t_config_wrong_files_are_refused_with_their_line(void **state) {
  static const char *const wrong[][2] = {
    {"environment:\n  num_env: 5\n", "wrong.yaml:2: there is no setting 'num_env' in section 'environment'; did you mean 'num_envs'?"},
    {"enviroment:\n  num_envs: 5\n", "wrong.yaml:1: there is no section or setting 'enviroment'; did you mean 'environment'?"},
    {"# a comment\nnum_envs: 5\n", "wrong.yaml:2: 'num_envs' belongs into section 'environment'"},
    {"reward:\n  num_envs: 5\n", "wrong.yaml:2: 'num_envs' belongs to section 'environment', not to 'reward'"},
    {"environment:\n  num_envs: many\n", "wrong.yaml:2: num_envs: 'many' is no whole number"},
    {"environment:\n\n  num_envs: 0\n", "wrong.yaml:3: num_envs: '0' is no whole number from 1"},
    {"environment:\n  num_envs: 2.5\n", "wrong.yaml:2: num_envs: '2.5'"},
    {"environment:\n  num_envs: \"8\"\n", "wrong.yaml:2: num_envs: \"8\" is text in quotes"},
    {"environment:\n  num_envs: [8]\n", "wrong.yaml:2: num_envs: takes one value, not a list"},
    {"environment:\n  num_envs:\n", "wrong.yaml:2: num_envs: ''"},
    {"environment:\n  num_envs: 5\n  num_envs: 6\n", "wrong.yaml:3: 'num_envs' is there for the second time, first in line 2"},
    {"environment:\n  random_start: yes\n", "wrong.yaml:2: random_start: 'yes' is neither true nor false"},
    {"ppo:\n  actor_hidden_layers: 256\n", "wrong.yaml:2: actor_hidden_layers: takes a list"},
    {"ppo:\n  actor_hidden_layers: [256, wide]\n", "wrong.yaml:2: actor_hidden_layers: '[256, wide]'"},
    {"ppo:\n  lr: .nan\n", "wrong.yaml:2: lr: '.nan' is no number"},
    {"ppo:\n  lr: 1e-4\n   clip_eps: 0.2\n", "wrong.yaml:3: "},
    {"preset: whole\n", "wrong.yaml:1: preset 'whole' is none of fullbody, bimanual, demo"},
    {"environment: 5\n", "wrong.yaml:1: environment: takes settings, one a line, not text"},
    {"- 5\n", "wrong.yaml:1: the file holds a list"},
    {"", "wrong.yaml: the file is empty"},
    {"preset: demo\n---\npreset: demo\n", "wrong.yaml:3: a second document"},
    {"trajectories: clips.h5\n", "wrong.yaml:1: trajectories: takes a list"},
    {"validation_fraction: 1.5\n", "wrong.yaml:1: validation_fraction: takes a number from 0 to below 1"},
    {"preset: [demo\n", "wrong.yaml:"}};
  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    write_text("wrong.yaml", wrong[i][0]);
    refuses("train --settings wrong.yaml", FAILED, wrong[i][1]);
  }
  refuses("train --settings none.yaml", FAILED, "none.yaml cannot be read");
  refuses("train --settings --set lr2=1", FAILED, "--set lr2=1: there is no setting 'lr2'");
  refuses("train --settings --set learning.lr=1", FAILED, "there is no setting 'learning.lr'");
  refuses("train --settings --set lr=-1", FAILED, "--set lr=-1: lr: '-1' is no number from 0");
  write_text("wrong.yaml", "preset: demo\n");
  refuses("train wrong.yaml -o x.h5", FAILED, "a model and a trajectory are needed");
  refuses("train wrong.yaml --preset demo -o x.h5", USAGE, "--preset beside a configuration");
}

/* the files of this project are read, and say what was published */
static void t_config_published_files_hold_what_was_published(void **state) {
  static const char *const files[][8] = {
    {"fullbody", "num_envs: 8192 ", "disable_fingers: true ", "timestep: 0.002 ", "iterations: 4 ", "n_step_stride: 20 ", "rpos_w_sum: 0.6 ",
     "num_minibatches: 128 "},
    {"bimanual", "num_envs: 8192 ", "disable_fingers: false ", "rpos_w_sum: 2 ", "GoalBimanualTrajMimic", "anneal_lr: false ", "init_std: 0.2 ",
     "num_minibatches: 32 "},
    {"fullbody_residual", "actor_hidden_layers: [1408, 5 x 2688, 1408, 768, 384] ", "use_residual: true ", "residual_type: gated ", "num_envs: 8192 ",
     "disable_fingers: true ", "optimizer_type: muon ", "lr: 0.0004 "},
    {"fullbody_mixture", "critic_hidden_layers: [5 x 1024] ", "use_moe: true ", "num_experts: 16 ", "moe_at_layers: [3] ", "apply_moe_to: both ",
     "num_envs: 8192 ", "num_steps: 20 "},
    {"fullbody_demo", "num_envs: 2048 ", "num_steps: 80 ", "actor_hidden_layers: [5 x 1024] ", "use_moe: false ", "init_std: 3 ",
     "num_minibatches: 128 ", "horizon: 1000 "},
    {"demo", "num_envs: 128 ", "timestep: 0 ", "models/legs18.xml", "build/demo/clip.h5", "lr: 0.0005 ", "update_epochs: 4 ", "gamma: 0.97 "}};
  char line[600];
  (void)state;
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    snprintf(line, sizeof line, "train --settings %s/configs/%s.yaml", here, files[i][0]);
    runs(line);
    for (int k = 1; k < 8; k++) prints(output, files[i][k]);
  }
}

static const char run_yaml[] =
  "preset: demo\n"
  "model_file: legs18.xml\n"
  "trajectories: [clips.h5]\n"
  "clips: ['*', '!run/0[15]']\n"
  "validation_fraction: 0.25\n"
  "environment: {num_envs: 4}\n"
  "ppo:\n"
  "  num_steps: 4\n"
  "  num_minibatches: 2\n"
  "  update_epochs: 1\n"
  "  total_timesteps: 32\n"
  "  actor_hidden_layers: [8]\n"
  "  critic_hidden_layers: [8]\n";

/* a run from a file: everything is printed and kept, and found again from elsewhere */
static void t_config_makes_a_run(void **state) {
  char line[1200];
  mm_train_def def;
  (void)state;
  snprintf(line, sizeof line, "cp %s/models/legs18.xml %s", here, folder);
  assert_int_equal(system(line), 0);
  snprintf(line, sizeof line, "mkdir -p %s/sub", folder);
  assert_int_equal(system(line), 0);
  write_text("run.yaml", run_yaml);
  runs("train run.yaml --set lr=0.001 -o policy.h5 --backend native --compare");
  prints(errors, "  num_envs: 4\n");
  prints(errors, "  lr: 0.001\n");
  prints(errors, "clips:\n  - '*'\n  - '!run/0[15]'\n");
  prints(errors, "3 clips of ");
  prints(output, "1 clips that were held out");
  ok(mm_checkpoint_def(ctx, in_folder("policy.h5"), &def));
  assert_true(def.num_envs == 4 && def.lr == 0.001 && def.actor_hidden_layers.count == 1);
  runs("eval policy.h5 --json --backend native");
  prints(output, "\"clips\": 3");
  runs("eval policy.h5 --held-out --json --backend native");
  prints(output, "\"clips\": 1,");
  /* going on takes what is kept; another configuration is no continuation */
  runs("train run.yaml --set lr=0.001 --resume policy.h5 --backend native");
  refuses("train run.yaml --resume policy.h5 --backend native", FAILED, "was begun with lr 0.001, and run.yaml says 0.0005");
}

static void t_config_clips_of_another_model_are_refused(void **state) {
  (void)state;
  write_text("run.yaml", run_yaml);
  refuses("train run.yaml --remove-joints ankle_angle_r -o x.h5 --backend native", FAILED, "another model");
  assert_int_not_equal(access(in_folder("x.h5"), F_OK), 0);
}

static void t_config_clips_are_chosen_by_name(void **state) {
  static const char *const some[] = {"walk/*", "!walk/0[24]"}, *const none[] = {"walk/*", "!*"}, *const wrong[] = {"jump*"},
             *const rest[] = {"!run/*"};
  mm_trajectory *all = many(8), *t = NULL;
  (void)state;
  ok(mm_trajectory_select(all, some, 2, &t));
  assert_int_equal(t->clip_count, 2);
  assert_string_equal(t->clip_names[0], "walk/00");
  assert_string_equal(t->clip_names[1], "walk/06");
  assert_int_equal(t->split_points[1], 4);
  assert_int_equal(t->frame_count, 14);
  assert_memory_equal(t->qpos + 4 * t->nq, all->qpos + (size_t)all->split_points[6] * (size_t)all->nq, 10 * (size_t)t->nq * sizeof(double));
  assert_memory_equal(t->site_xvel, all->site_xvel, 4 * 6 * (size_t)t->site_count * sizeof(double));
  mm_trajectory_destroy(t);
  ok(mm_trajectory_select(all, rest, 1, &t));
  assert_int_equal(t->clip_count, 4);
  mm_trajectory_destroy(t);
  assert_int_equal(mm_trajectory_select(all, none, 2, &t), MM_E_ARGUMENT);
  assert_int_equal(mm_trajectory_select(all, wrong, 1, &t), MM_E_ARGUMENT);
  assert_non_null(strstr(mm_error(ctx), "no clip is called 'jump*'"));
  mm_trajectory_destroy(all);
}

static void t_config_held_out_clips_depend_on_names_alone(void **state) {
  mm_trajectory *all = many(20), *kept = NULL, *held = NULL, *list[2], *turned = NULL, *kept2 = NULL, *held2 = NULL;
  static const char *const walks[] = {"walk/*"}, *const runs_[] = {"run/*"};
  int matches = 0;
  (void)state;
  assert_int_equal(mm_trajectory_split(all, 0.01, &kept, &held), MM_E_ARGUMENT);
  ok(mm_trajectory_split(all, 0.3, &kept, &held));
  assert_int_equal(held->clip_count, 6);
  assert_int_equal(kept->clip_count, 14);
  ok(mm_trajectory_select(all, runs_, 1, &list[0]));
  ok(mm_trajectory_select(all, walks, 1, &list[1]));
  ok(mm_trajectory_join(ctx, (const mm_trajectory *const *)list, 2, &turned));
  ok(mm_trajectory_split(turned, 0.3, &kept2, &held2));
  for (int i = 0; i < 6; i++)
    for (int k = 0; k < 6; k++) matches += !strcmp(held->clip_names[i], held2->clip_names[k]);
  assert_int_equal(matches, 6);
  mm_trajectory_destroy(turned);
  mm_trajectory_destroy(all);
  mm_trajectory_destroy(kept);
  mm_trajectory_destroy(held);
  mm_trajectory_destroy(kept2);
  mm_trajectory_destroy(held2);
  mm_trajectory_destroy(list[0]);
  mm_trajectory_destroy(list[1]);
}

/* the section "model" makes the published variants; what is so already stays */
static void t_config_edits_models(void **state) {
  mm_train_def def;
  mm_spec *spec = NULL;
  mm_model *edited = NULL;
  (void)state;
  ok(mm_train_preset(ctx, "demo", &def));
  ok(mm_train_set(ctx, &def, "timestep", "0.001"));
  ok(mm_train_set(ctx, &def, "iterations", "7"));
  ok(mm_train_set(ctx, &def, "eulerdamp", "disable"));
  ok(mm_train_set(ctx, &def, "mimic_sites", "true"));
  ok(mm_train_set(ctx, &def, "disable_fingers", "true"));
  ok(mm_spec_load(ctx, "models/legs18.xml", &spec));
  ok(mm_train_edit_model(spec, &def));
  ok(mm_spec_compile(spec, &edited));
  assert_true(edited->opt.timestep[0] == 0.001);
  assert_int_equal(edited->opt.iterations[0], 7);
  assert_int_equal(edited->opt.ls_iterations[0], model->opt.ls_iterations[0]);
  assert_true(edited->opt.disableflags[0] != model->opt.disableflags[0]);
  assert_int_equal(mm_mimic_sites(edited, NULL, 0), mm_mimic_sites(model, NULL, 0));
  assert_true(mm_motion_hash(edited) == mm_motion_hash(model));
  mm_model_destroy(edited);
  mm_spec_destroy(spec);
}

/* the program lies two folders above the tests, wherever they were built */
static void find_program(const char *self) {
  char path[256], cwd[200];
  char *slash;
  snprintf(path, sizeof path, "%s", self);
  for (int i = 0; i < 2; i++) {
    slash = strrchr(path, '/');
    if (slash) *slash = 0;
  }
  if (!getcwd(cwd, sizeof cwd)) cwd[0] = 0;
  snprintf(program, sizeof program, "%s%s%s/musclemimic", path[0] == '/' ? "" : cwd, path[0] == '/' ? "" : "/", path);
}

int main(int count, char **words) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_config_is_printed_as_it_is_read),
    cmocka_unit_test(t_config_wrong_files_are_refused_with_their_line),
    cmocka_unit_test(t_config_published_files_hold_what_was_published),
    cmocka_unit_test(t_config_makes_a_run),
    cmocka_unit_test(t_config_clips_of_another_model_are_refused),
    cmocka_unit_test(t_config_clips_are_chosen_by_name),
    cmocka_unit_test(t_config_held_out_clips_depend_on_names_alone),
    cmocka_unit_test(t_config_edits_models)};
  (void)count;
  find_program(words[0]);
  return cmocka_run_group_tests(tests, setup, teardown);
}
