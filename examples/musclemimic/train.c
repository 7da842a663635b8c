/* >>program-train: musclemimic train */
#include "validate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const arg_option options[] = {
  {"out", 'o', ARG_TEXT, "CHECKPOINT.h5", 0, 0, "where the run is kept; written every few minutes and at the end"},
  {"resume", 0, ARG_TEXT, "CHECKPOINT.h5", 0, 0, "go on as if the run had never stopped, with the model and clips it names; the result goes there too, if --out says nothing else"},
  {"from", 0, ARG_TEXT, "CHECKPOINT.h5", 0, 0, "begin with what another run has learned, and with its settings, model and clips where nothing else is given (fine-tuning)"},
  {"reset-std", 0, ARG_REAL, "S", 1e-6, 1e6, "with --from: the standard deviation of the actions begins anew"},
  {"reset-schedule", 0, ARG_FLAG, "", 0, 0, "with --from: updates and learning rate are counted from the beginning"},
  {"preset", 0, ARG_CHOICE, "fullbody|bimanual|demo", 0, 0, "without a configuration: which settings to begin with (default: those that suit the model, which stays as it is)"},
  {"set", 0, ARG_PAIR, "KEY=VALUE", 0, 0, "change a setting: num_envs=64, actor_hidden_layers=\"[256, 256]\"; may be repeated"},
  {"settings", 0, ARG_FLAG, "", 0, 0, "print the whole configuration with units and meanings instead of training"},
  {"dry-run", 0, ARG_FLAG, "", 0, 0, "make the run ready, say what it is and what memory it takes, and end"},
  {"time-limit", 0, ARG_REAL, "S", 0, 1e9, "stop, with a checkpoint, after so many seconds of training"},
  {"save-every", 0, ARG_REAL, "MINUTES", 0, 1e6, "how often a checkpoint is written (default 5)"},
  {"keep", 0, ARG_WHOLE, "K", 0, 1e6, "leave the last K checkpoints under names of their own, CHECKPOINT-000120.h5 after update 120 (default 0)"},
  {"validate-every", 0, ARG_WHOLE, "UPDATES", 1, 1e9, "evaluate the clips that are held out (where none are, those trained on), and keep the best policy as CHECKPOINT-best.h5 (default: a hundred times, where clips are held out)"},
  {"log", 0, ARG_TEXT, "FILE.jsonl", 0, 0, "a line of JSON for each update and each validation, added to the file; a resumed run replaces those it makes again"},
  {"tensorboard", 0, ARG_TEXT, "FOLDER", 0, 0, "the same as TensorBoard events, over control steps"},
  {"compare", 0, ARG_FLAG, "", 0, 0, "evaluate the policy before and after"},
  {NULL, 0, ARG_FLAG, "", 0, 0, ""}
};
static const arg_option *const groups[] = {options, model_options, device_options, NULL};

typedef struct train_run {
  app a;
  run_input input;
  mm_trainer *trainer;
  mm_eval_result *before[2], *after[2]; /* of the clips trained on, and of those held out */
  mm_train_report begin, last; /* of this call's first update and its last */
  runlog log;
  keeper keep;
  validation valid;
  double begun;             /* s */
  double rollouts, updates; /* s, in all */
  int resumed, first;       /* updates made when this call began */
} train_run;

/* where the checkpoint goes */
static const char *out_path(const train_run *r) {
  return arg_text(r->a.given, "out", arg_text(r->a.given, "resume", NULL));
}

static const mm_train_def *def_of(const train_run *r) { return &r->input.config.def; }

/* settings that suit a model, which then stays as it is */
static int suitable(train_run *r, const char *path) {
  run_config *c = &r->input.config;
  mm_train_def plain;
  const mm_setting *settings;
  const char *section = "", *preset;
  int count;
  if (app_model(&r->a, path, &r->input.model)) return app_failed(&r->a);
  preset = mm_train_preset_of(r->input.model);
  if (config_preset(&r->a, preset, c)) return EXIT_FAILED;
  if (mm_train_preset(r->a.ctx, "demo", &plain)) return app_failed(&r->a);
  settings = mm_train_settings(&count);
  for (int i = 0; i < count; i++) {
    char value[512];
    if (settings[i].kind == MM_SETTING_SECTION) section = settings[i].name;
    else if (!strcmp(section, "model")) {
      mm_train_value(&plain, &settings[i], value, sizeof value);
      if (mm_train_set(r->a.ctx, &c->def, settings[i].name, value)) return app_failed(&r->a);
    }
  }
  return EXIT_DONE;
}

/* [CONFIG] [MODEL TRAJECTORY...]: what is given beside a configuration takes its place */
static int read_config(train_run *r) {
  const args *given = r->a.given;
  const char *first = arg_operand(given, 0), *preset = arg_text(given, "preset", NULL);
  const int has_file = config_is(first), operands = arg_operands(given) - has_file;
  run_config *c = &r->input.config;
  int code;
  if (has_file && preset) return usage_error("train", "--preset beside a configuration: the file says which preset it changes");
  if (has_file) code = config_load(&r->a, first, c);
  else if (preset || operands < 1) code = config_preset(&r->a, preset ? preset : "demo", c);
  else code = suitable(r, first);
  if (!code) code = config_set(&r->a, c);
  if (code || operands < 1) return code;
  free(c->model);
  c->model = (char *)need(strlen(arg_operand(given, has_file)) + 1, 1);
  strcpy(c->model, arg_operand(given, has_file));
  if (operands > 1) words_free(&c->trajectories);
  for (int i = 1; i < operands; i++) words_add(&c->trajectories, arg_operand(given, has_file + i));
  return EXIT_DONE;
}

/* settings, model and clips of another run's checkpoint, and what is given beside it in their place */
static int read_from(train_run *r, const char *from) {
  const args *given = r->a.given;
  const int operands = arg_operands(given);
  const char **paths = (const char **)need((size_t)operands + 1, sizeof *paths);
  mm_train_def def;
  int code = EXIT_DONE;
  if (mm_checkpoint_def(r->a.ctx, from, &def)) code = app_failed(&r->a);
  for (int i = 1; i < operands; i++) paths[i - 1] = arg_operand(given, i);
  if (!code) code = input_from_checkpoint(&r->a, from, arg_operand(given, 0), paths, operands > 1 ? operands - 1 : 0, &r->input);
  free((void *)paths);
  return code ? code : config_set(&r->a, &r->input.config);
}

/* a run goes on with the settings it has, so a configuration that is given must be the same */
static int same_settings(train_run *r, const char *checkpoint) {
  train_run wanted;
  const mm_setting *settings;
  int count, code;
  char value[2][512];
  if (!config_is(arg_operand(r->a.given, 0))) return EXIT_DONE;
  memset(&wanted, 0, sizeof wanted);
  wanted.a = r->a;
  code = read_config(&wanted);
  settings = mm_train_settings(&count);
  for (int i = 0; i < count && !code; i++) {
    if (settings[i].kind == MM_SETTING_SECTION) continue;
    mm_train_value(&wanted.input.config.def, &settings[i], value[0], sizeof value[0]);
    mm_train_value(def_of(r), &settings[i], value[1], sizeof value[1]);
    if (strcmp(value[0], value[1]))
      code = app_error(&r->a, "%s was begun with %s %s, and %s says %s: leave the configuration out, or begin anew with another --out",
                       checkpoint, settings[i].name, value[1], arg_operand(r->a.given, 0), value[0]);
  }
  input_close(&wanted.input);
  return code;
}

static int open_run(train_run *r) {
  const args *given = r->a.given;
  const char *from = arg_text(given, "resume", NULL), *other = arg_text(given, "from", NULL);
  const int has_file = config_is(arg_operand(given, 0)), operands = arg_operands(given) - has_file;
  int code;
  r->resumed = from && access(from, F_OK) == 0;
  if (r->resumed) {
    const char **paths = (const char **)need((size_t)operands + 1, sizeof *paths);
    for (int i = 1; i < operands; i++) paths[i - 1] = arg_operand(given, has_file + i);
    code = input_from_checkpoint(&r->a, from, operands > 0 ? arg_operand(given, has_file) : NULL, paths, operands > 1 ? operands - 1 : 0, &r->input);
    free((void *)paths);
    return code ? code : same_settings(r, from);
  }
  if (other && !has_file) return read_from(r, other);
  if (!has_file && operands < 2 && from)
    return app_error(&r->a, "there is no %s to go on from: give a configuration, or a model and a trajectory, to begin", from);
  code = read_config(r);
  if (!code && (!r->input.config.model || !r->input.config.trajectories.count))
    code = app_error(&r->a, has_file ? "a model and a trajectory are needed: the configuration does not name both, nor does the command line"
                                     : "a model and a trajectory are needed");
  if (!code) {
    mm_model_destroy(r->input.model); /* the settings may change it */
    r->input.model = NULL;
    code = input_open(&r->a, 1, &r->input);
  }
  return code;
}

static int open_trainer(train_run *r) {
  const char *from = arg_text(r->a.given, "resume", NULL), *other = arg_text(r->a.given, "from", NULL);
  mm_from_def def;
  def.std = arg_real(r->a.given, "reset-std", 0);
  def.reset_schedule = arg_count(r->a.given, "reset-schedule");
  if (r->resumed) {
    if (mm_trainer_load(r->a.ctx, r->input.model, r->input.trajectory, from, &r->trainer)) return app_failed(&r->a);
  } else {
    if (mm_trainer_create(r->a.ctx, r->input.model, r->input.trajectory, def_of(r), &r->trainer) || input_note(&r->input, r->trainer) ||
        (other && mm_trainer_from(r->trainer, other, &def)))
      return app_failed(&r->a);
  }
  mm_trainer_updates(r->trainer, &r->first);
  return EXIT_DONE;
}

static void print_start(const train_run *r) {
  char title[512], parameters[2][32], bytes[2][32];
  mm_trainer_info info;
  config_print(&r->input.config, 0, stderr);
  mm_trainer_get_info(r->trainer, &info);
  fprintf(stderr, "%s, %d clips of %d frames; %d observations, %d actions\n", app_model_title(&r->a, r->input.config.model, title, sizeof title),
          info.clips, info.frames, info.observations, info.actions);
  fprintf(stderr, "actor %s and critic %s parameters; %s on the device to learn and %s to simulate; %d environments, %d updates of %d steps each\n",
          with_commas((double)info.actor_parameters, parameters[0]), with_commas((double)info.critic_parameters, parameters[1]),
          with_unit((double)info.device_bytes, bytes[0]), with_unit((double)info.simulation_bytes, bytes[1]), def_of(r)->num_envs, mm_trainer_updates(r->trainer, NULL), def_of(r)->num_steps);
  if (r->resumed) fprintf(stderr, "resumed after update %d\n", r->first);
  else if (arg_text(r->a.given, "from", NULL)) fprintf(stderr, "from %s, after update %d\n", arg_text(r->a.given, "from", NULL), r->first);
}

/* trained and held-out clips apart */
static int compare(train_run *r, mm_eval_result **result) {
  if (!arg_count(r->a.given, "compare")) return EXIT_DONE;
  if (mm_trainer_evaluate(r->trainer, r->input.trajectory, NULL, &result[0])) return app_failed(&r->a);
  if (r->input.held_out && mm_trainer_evaluate(r->trainer, r->input.held_out, NULL, &result[1])) return app_failed(&r->a);
  return EXIT_DONE;
}

static void log_update(train_run *r) {
  const char *key;
  double value = 0;
  runlog_begin(&r->log, r->last.update, r->last.timesteps, now_seconds() - r->begun);
  for (int i = 0; (key = mm_train_report_item(&r->last, i, &value)) != NULL; i++) runlog_value(&r->log, r->last.timesteps, key, value);
  runlog_end(&r->log);
}

static void show(train_run *r, progress *bar) {
  char note[160];
  int used = snprintf(note, sizeof note, "reward %.3f  sites %.0f mm  episodes %.0f steps, %.0f %% lost", r->last.reward,
                      1000 * r->last.err_site_rel, r->last.mean_episode_length, 100 * r->last.early_termination_rate);
  if (r->valid.best_update >= 0 && used > 0 && (size_t)used < sizeof note)
    snprintf(note + used, sizeof note - (size_t)used, "  validated %.0f %%", 100 * r->valid.best[0]);
  progress_set(bar, (double)(r->last.update - r->first) * def_of(r)->num_envs * def_of(r)->num_steps, note);
}

/* an update and what it brings with it */
static int one_update(train_run *r, progress *bar) {
  int code = EXIT_DONE;
  if (mm_trainer_step(r->trainer, &r->last)) return app_failed(&r->a);
  if (r->begin.update == 0) r->begin = r->last;
  r->rollouts += r->last.rollout_seconds;
  r->updates += r->last.update_seconds;
  log_update(r);
  if (validation_due(&r->valid, r->last.update))
    code = validation_run(&r->valid, r->trainer, &r->last, now_seconds() - r->begun, &r->log, &r->keep);
  show(r, bar);
  return code;
}

/* updates until all are made, the time is over or somebody wants to end it; *stopped says which */
static int learn(train_run *r, int *stopped) {
  const double limit = arg_real(r->a.given, "time-limit", 0), every = 60 * arg_real(r->a.given, "save-every", 5);
  const int updates = mm_trainer_updates(r->trainer, NULL);
  int made = r->first, code = EXIT_DONE;
  progress bar;
  r->begun = r->keep.saved = now_seconds();
  progress_begin(&bar, "train", (double)(updates - r->first) * def_of(r)->num_envs * def_of(r)->num_steps, "steps", arg_count(r->a.given, "quiet"));
  *stopped = 0;
  while (!code && made < updates && !*stopped) {
    code = one_update(r, &bar);
    made = r->last.update;
    *stopped = stop_requested() || (limit > 0 && now_seconds() - r->begun >= limit);
    if (!code && made < updates && !*stopped && now_seconds() - r->keep.saved >= every) code = keeper_save(&r->keep, r->trainer, 0);
  }
  progress_end(&bar);
  if (code == EXIT_FAILED)
    app_error(&r->a, "%s is whole, and %.0f s old: 'train --resume %s' goes on from it", out_path(r), now_seconds() - r->keep.saved, out_path(r));
  return code;
}

static void summary_row(table *t, const char *name, double before, double after, int digits, double factor) {
  table_cell(t, "%s", name);
  table_cell(t, "%.*f", digits, factor * before);
  table_cell(t, "%.*f", digits, factor * after);
}

/* what the first update of this call said of itself and what the last one */
static void print_summary(const train_run *r) {
  static const char *const headings[] = {"in training", ">first update", ">last update"};
  const mm_train_report *a = &r->begin, *b = &r->last;
  table t;
  table_begin(&t, 3, headings);
  summary_row(&t, "reward of a step", a->reward, b->reward, 3, 1);
  summary_row(&t, "steps of an episode", a->mean_episode_length, b->mean_episode_length, 0, 1);
  summary_row(&t, "episodes lost, %", a->early_termination_rate, b->early_termination_rate, 1, 100);
  summary_row(&t, "joint angle error, deg", a->err_joint_angle, b->err_joint_angle, 2, 1);
  summary_row(&t, "relative site error, mm", a->err_site_rel, b->err_site_rel, 1, 1000);
  summary_row(&t, "absolute site error, mm", a->err_site_abs, b->err_site_abs, 1, 1000);
  summary_row(&t, "standard deviation of actions", a->policy_std, b->policy_std, 3, 1);
  summary_row(&t, "divergence of an update", a->kl, b->kl, 5, 1);
  summary_row(&t, "variance explained by the values", a->explained_variance, b->explained_variance, 3, 1);
  table_end(&t, stdout);
}

static int print_end(train_run *r, int stopped) {
  const double seconds = now_seconds() - r->begun;
  char steps[32], rate[32];
  const double made = (double)(r->last.update - r->first) * def_of(r)->num_envs * def_of(r)->num_steps;
  if (r->before[0] && r->after[0]) eval_print_thresholds(r->after[0], stdout);
  for (int i = 0; i < 2; i++) {
    if (!r->before[i] || !r->after[i]) continue;
    if (i) printf("%d clips that were held out:\n", r->after[i]->clip_count);
    eval_compare(r->before[i], r->after[i], stdout);
  }
  if (r->last.update > 0) {
    print_summary(r);
    printf("%s steps in %.0f s (%s a second; %.0f %% of it rollouts, %.0f %% updates), update %d of %d%s\n", with_commas(made, steps), seconds,
           with_commas(made / seconds, rate), 100 * r->rollouts / seconds, 100 * r->updates / seconds, r->last.update, r->last.updates,
           r->last.skipped_updates > 0 ? "; gradients that were not finite were left out" : "");
  }
  else printf("all %d updates had been made\n", r->first);
  if (r->valid.best_update >= 0) {
    char *best = keeper_name(out_path(r), "best");
    printf("best validation at update %d: %.1f %% of the clips, %.1f %% of their frames, sites %.1f mm: %s\n", r->valid.best_update,
           100 * r->valid.best[0], 100 * r->valid.best[1], -1000 * r->valid.best[2], best);
    free(best);
  }
  printf("%s\n", out_path(r));
  if (!stopped || !stop_requested()) return EXIT_DONE;
  app_error(&r->a, "stopped by %s: 'train --resume %s' goes on", stop_name(), out_path(r));
  return EXIT_STOPPED;
}

static int train(train_run *r) {
  const char *resumed = r->resumed ? arg_text(r->a.given, "resume", NULL) : NULL;
  const int64_t batch = (int64_t)def_of(r)->num_envs * def_of(r)->num_steps;
  int stopped = 0, code = open_trainer(r), logged;
  keeper_begin(&r->keep, &r->a, out_path(r));
  if (!code) code = runlog_open(&r->log, &r->a, r->resumed ? r->first : 0, r->first * batch);
  if (!code) code = validation_begin(&r->valid, &r->a, &r->input, mm_trainer_updates(r->trainer, NULL), resumed);
  if (!code && !arg_count(r->a.given, "quiet")) print_start(r);
  if (!code) code = compare(r, r->before);
  if (!code) code = keeper_save(&r->keep, r->trainer, 1);
  if (!code) code = learn(r, &stopped);
  if (!code) code = keeper_save(&r->keep, r->trainer, 1);
  if (!code) code = compare(r, r->after);
  if (!code) code = print_end(r, stopped);
  logged = runlog_close(&r->log);
  return code ? code : logged;
}

static int dry_run(train_run *r) {
  const int code = open_trainer(r);
  if (!code) print_start(r);
  return code;
}

static int run(const args *given) {
  train_run r;
  int code;
  memset(&r, 0, sizeof r);
  if (!arg_text(given, "out", NULL) && !arg_text(given, "resume", NULL) && !arg_count(given, "settings") && !arg_count(given, "dry-run"))
    return usage_error("train", "--out CHECKPOINT.h5 is missing: where does the policy go?");
  if (arg_text(given, "resume", NULL) && !config_is(arg_operand(given, 0)) && (arg_count(given, "set") || arg_count(given, "preset")))
    return usage_error("train", "--resume goes on with the settings of the checkpoint: leave --set and --preset out");
  if (arg_text(given, "from", NULL) && arg_count(given, "preset"))
    return usage_error("train", "--from begins a run with the settings of its checkpoint or of a configuration: leave --preset out");
  if (!arg_text(given, "from", NULL) && (arg_count(given, "reset-std") || arg_count(given, "reset-schedule")))
    return usage_error("train", "--reset-std and --reset-schedule belong to --from CHECKPOINT.h5");
  stop_watch();
  code = app_begin(&r.a, given);
  if (!code && arg_count(given, "settings")) {
    code = read_config(&r);
    if (!code) config_print(&r.input.config, 1, stdout);
  } else {
    if (!code) code = open_run(&r);
    if (!code) code = arg_count(given, "dry-run") ? dry_run(&r) : train(&r);
  }
  mm_trainer_destroy(r.trainer);
  for (int i = 0; i < 2; i++) {
    mm_eval_result_destroy(r.before[i]);
    mm_eval_result_destroy(r.after[i]);
  }
  input_close(&r.input);
  return app_end(&r.a, code);
}

const command train_command = {
  "train", "a policy that moves a model as trajectories do", "[CONFIG.yaml] [MODEL TRAJECTORY.h5...]", 0, 10000,
  "Trains by PPO to imitate the motions of the given trajectories. A configuration names settings, model and trajectories; "
  "what it does not name has the values of its preset: fullbody and bimanual are the published settings for MyoFullBody and "
  "MyoBimanualArm, demo are smaller ones. --settings prints all there is. A checkpoint holds everything: a run that was "
  "stopped by a signal, a time limit or a power cut goes on with --resume and ends with the same numbers.",
  "  musclemimic train models/legs18.xml walk.h5 -o policy.h5 --compare\n"
  "  musclemimic train configs/fullbody.yaml --set num_envs=1024 -o policy.h5\n"
  "  musclemimic train --settings --preset bimanual > arms.yaml\n"
  "  musclemimic train --resume policy.h5\n"
  "  musclemimic train --from policy.h5 --set lr=1e-4 --reset-schedule -o tuned.h5 models/legs18.xml other.h5\n",
  groups, run
};
