/* >>t-config: configurations: what is read, what is refused and where, what a run keeps of them; which clips are chosen */
#include "clips.h"
#include "program.h"

static mm_model *model;

static mm_trajectory *many(int clips) {
  mm_trajectory *list[32];
  for (int i = 0; i < clips; i++) {
    char name[32];
    snprintf(name, sizeof name, "%s/%02d", i % 2 ? "run" : "walk", i);
    list[i] = swinging(model, name, 4 + i, 0);
  }
  return joined(list, clips);
}

static int setup(void **state) {
  mm_trajectory *clips;
  if (make_native(state)) return -1;
  model = load_model("models/legs18.xml");
  clips = many(6);
  ok(mm_trajectory_save(clips, in_folder("clips.h5")));
  mm_trajectory_destroy(clips);
  return 0;
}

static int teardown(void **state) {
  mm_model_destroy(model);
  return remove_folder(state);
}

/* what is printed reads back as the same, for every preset */
static void t_config_is_printed_as_it_is_read(void **state) {
  static const char *const presets[] = {"fullbody", "bimanual", "demo"};
  static char first[1 << 16];
  (void)state;
  for (int i = 0; i < 3; i++) {
    runs("train --settings --preset %s", presets[i]);
    strcpy(first, output);
    write_text("printed.yaml", output);
    runs("train --settings printed.yaml");
    assert_string_equal(first, output);
  }
  runs("train --settings printed.yaml --set num_envs=7 --set reward.qpos_w_sum=0.25 --set actor_hidden_layers=\"[2 x 8, 4, 3 x 5]\"");
  prints("  num_envs: 7 ");
  prints("  qpos_w_sum: 0.25 ");
  prints("  actor_hidden_layers: [8, 8, 4, 3 x 5] ");
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
    {"demo", "num_envs: 128 ", "timestep: 0 ", "models/legs18.xml", "build/demo/clip.h5", "lr: 0.0007 ", "update_epochs: 3 ", "gamma: 0.97 "}};
  (void)state;
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    runs("train --settings $HERE/configs/%s.yaml", files[i][0]);
    for (int k = 1; k < 8; k++) prints(files[i][k]);
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
  mm_train_def def;
  (void)state;
  shell("cp models/legs18.xml %s", folder);
  shell("mkdir -p %s/sub", folder);
  write_text("run.yaml", run_yaml);
  runs("train run.yaml --set lr=0.001 -o policy.h5 --backend native --compare");
  says("  num_envs: 4\n");
  says("  lr: 0.001\n");
  says("clips:\n  - '*'\n  - '!run/0[15]'\n");
  says("3 clips of ");
  prints("1 clips that were held out");
  ok(mm_checkpoint_def(ctx, in_folder("policy.h5"), &def));
  assert_true(def.num_envs == 4 && def.lr == 0.001 && def.actor_hidden_layers.count == 1);
  runs("eval policy.h5 --json --backend native");
  prints("\"clips\": 3");
  runs("eval policy.h5 --held-out --json --backend native");
  prints("\"clips\": 1,");
  /* going on takes what is kept; another configuration is no continuation */
  runs("train run.yaml --set lr=0.001 --resume policy.h5 --backend native");
  refuses("train run.yaml --resume policy.h5 --backend native", FAILED, "was begun with lr 0.001, and run.yaml says 0.0007");
}

static void t_config_clips_of_another_model_are_refused(void **state) {
  (void)state;
  write_text("run.yaml", run_yaml);
  refuses("train run.yaml --remove-joints ankle_angle_r -o x.h5 --backend native", FAILED, "another model");
  assert_false(is_there("x.h5"));
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
  if (!count || find_program(words[0])) return 1;
  return cmocka_run_group_tests(tests, setup, teardown);
}
