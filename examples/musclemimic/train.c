/* >>program-train: musclemimic train */
#include "eval.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const arg_option options[] = {
  {"out", 'o', ARG_TEXT, "CHECKPOINT.h5", 0, 0, "where the run is kept; written every few minutes and at the end"},
  {"resume", 0, ARG_TEXT, "CHECKPOINT.h5", 0, 0, "go on as if the run had never stopped, with the model and clips it names; the result goes there too, if --out says nothing else"},
  {"preset", 0, ARG_CHOICE, "fullbody|bimanual|demo", 0, 0, "which settings to begin with (default: those that suit the model)"},
  {"set", 0, ARG_PAIR, "KEY=VALUE", 0, 0, "change a setting: num_envs=64, actor_hidden_layers=\"[256, 256]\"; may be repeated"},
  {"settings", 0, ARG_FLAG, "", 0, 0, "print all settings, and what they mean, instead of training"},
  {"time-limit", 0, ARG_REAL, "S", 0, 1e9, "stop, with a checkpoint, after so many seconds of training"},
  {"save-every", 0, ARG_REAL, "MINUTES", 0, 1e6, "how often a checkpoint is written (default 5)"},
  {"log", 0, ARG_TEXT, "FILE.jsonl", 0, 0, "a line of JSON for each update, added to the file"},
  {"compare", 0, ARG_FLAG, "", 0, 0, "evaluate the policy before and after"},
  {NULL, 0, ARG_FLAG, "", 0, 0, ""}
};
static const arg_option *const groups[] = {options, model_options, device_options, NULL};

typedef struct train_run {
  app a;
  run_input input;
  mm_train_def def;
  mm_trainer *trainer;
  mm_eval_result *before, *after;
  mm_train_report last;     /* of the last update */
  FILE *log;
  double begun, saved;      /* s */
  int resumed, first;       /* updates made when this call began */
} train_run;

/* where the checkpoint goes */
static const char *out_path(const train_run *r) {
  return arg_text(r->a.given, "out", arg_text(r->a.given, "resume", NULL));
}

static int settings(train_run *r) {
  const args *given = r->a.given;
  const char *preset = arg_text(given, "preset", NULL), *pair;
  if (!preset) preset = r->input.model ? mm_train_preset_of(r->input.model) : "demo";
  if (mm_train_preset(r->a.ctx, preset, &r->def)) return app_failed(&r->a);
  for (int i = 0; (pair = arg_nth(given, "set", i)) != NULL; i++) {
    char key[64];
    snprintf(key, sizeof key, "%.*s", (int)strcspn(pair, "="), pair);
    if (mm_train_set(r->a.ctx, &r->def, key, strchr(pair, '=') + 1)) return app_failed(&r->a);
  }
  return EXIT_DONE;
}

static void print_settings(const mm_train_def *def) {
  static const char *const headings[] = {"setting", "value", "unit", "meaning"};
  int count;
  const mm_setting *settings = mm_train_settings(&count);
  table t;
  table_begin(&t, 4, headings);
  for (int i = 0; i < count; i++) {
    const int is_section = settings[i].kind == MM_SETTING_SECTION;
    char value[512];
    mm_train_value(def, &settings[i], value, sizeof value);
    table_cell(&t, is_section ? "%s:" : "  %s", settings[i].name);
    table_cell(&t, "%s", value);
    table_cell(&t, "%s", settings[i].kind == MM_SETTING_CHOICE ? "" : settings[i].unit);
    table_cell(&t, "%s", settings[i].meaning);
  }
  table_end(&t, stdout);
}

static int open_run(train_run *r) {
  const args *given = r->a.given;
  const int operands = arg_operands(given);
  const char *from = arg_text(given, "resume", NULL);
  const char **paths = (const char **)need((size_t)operands + 1, sizeof *paths);
  int code;
  r->resumed = from && access(from, F_OK) == 0;
  for (int i = 1; i < operands; i++) paths[i - 1] = arg_operand(given, i);
  if (r->resumed) code = input_from_checkpoint(&r->a, from, arg_operand(given, 0), paths, operands > 1 ? operands - 1 : 0, &r->input);
  else if (operands < 2 && from) code = app_error(&r->a, "there is no %s to go on from: give a model and a trajectory to begin", from);
  else if (operands < 2) code = app_error(&r->a, "a model and a trajectory are needed");
  else code = input_open(&r->a, arg_operand(given, 0), paths, operands - 1, &r->input);
  free((void *)paths);
  return code;
}

static int open_trainer(train_run *r) {
  if (r->resumed) {
    const char *from = arg_text(r->a.given, "resume", NULL);
    if (mm_trainer_load(r->a.ctx, r->input.model, r->input.trajectory, from, &r->trainer)) return app_failed(&r->a);
  } else if (mm_trainer_create(r->a.ctx, r->input.model, r->input.trajectory, &r->def, &r->trainer) || input_note(&r->input, r->trainer)) {
    return app_failed(&r->a);
  }
  r->def = *mm_trainer_def(r->trainer);
  mm_trainer_updates(r->trainer, &r->first);
  return EXIT_DONE;
}

static void print_start(const train_run *r) {
  char title[512], parameters[2][32], bytes[32];
  mm_trainer_info info;
  mm_trainer_get_info(r->trainer, &info);
  fprintf(stderr, "%s, %d clips of %d frames; %d observations, %d actions\n", app_model_title(&r->a, r->input.model_path, title, sizeof title),
          info.clips, info.frames, info.observations, info.actions);
  fprintf(stderr, "actor %s and critic %s parameters, %s on the device beside the simulation; %d environments, %d updates of %d steps each\n",
          with_commas((double)info.actor_parameters, parameters[0]), with_commas((double)info.critic_parameters, parameters[1]),
          with_unit((double)info.device_bytes, bytes), r->def.num_envs, mm_trainer_updates(r->trainer, NULL), r->def.num_steps);
  if (r->resumed) fprintf(stderr, "resumed after update %d\n", r->first);
}

static int compare(train_run *r, mm_eval_result **result) {
  if (!arg_count(r->a.given, "compare")) return EXIT_DONE;
  return mm_trainer_evaluate(r->trainer, r->input.trajectory, NULL, result) ? app_failed(&r->a) : EXIT_DONE;
}

static int save(train_run *r) {
  if (mm_trainer_save(r->trainer, out_path(r))) return app_failed(&r->a);
  r->saved = now_seconds();
  return EXIT_DONE;
}

/* JSON on one line; a number that is not finite is null */
static void log_line(train_run *r) {
  const char *key;
  double value = 0;
  if (!r->log) return;
  fprintf(r->log, "{\"update\": %d, \"timesteps\": %lld, \"seconds\": %.3f", r->last.update, (long long)r->last.timesteps,
          now_seconds() - r->begun);
  for (int i = 0; (key = mm_train_report_item(&r->last, i, &value)) != NULL; i++) {
    if (value - value == 0) fprintf(r->log, ", \"%s\": %.7g", key, value);
    else fprintf(r->log, ", \"%s\": null", key);
  }
  fprintf(r->log, "}\n");
  fflush(r->log);
}

/* updates until all are made, the time is over or somebody wants to end it; *stopped says which */
static int learn(train_run *r, int *stopped) {
  const double limit = arg_real(r->a.given, "time-limit", 0), every = 60 * arg_real(r->a.given, "save-every", 5);
  const int updates = mm_trainer_updates(r->trainer, NULL), steps = r->def.num_envs * r->def.num_steps;
  int made = r->first, code = EXIT_DONE;
  progress bar;
  r->begun = r->saved = now_seconds();
  progress_begin(&bar, "train", (double)(updates - r->first) * steps, "steps", arg_count(r->a.given, "quiet"));
  *stopped = 0;
  while (!code && made < updates && !*stopped) {
    char note[128];
    if (mm_trainer_step(r->trainer, &r->last)) code = app_failed(&r->a);
    if (code) break;
    made = r->last.update;
    log_line(r);
    snprintf(note, sizeof note, "reward %.3f  sites %.0f mm  episodes %.0f steps, %.0f %% lost", r->last.reward, 1000 * r->last.err_site_rel,
             r->last.mean_episode_length, 100 * r->last.early_termination_rate);
    progress_set(&bar, (double)(made - r->first) * steps, note);
    *stopped = stop_requested() || (limit > 0 && now_seconds() - r->begun >= limit);
    if (made < updates && !*stopped && now_seconds() - r->saved >= every) code = save(r);
  }
  progress_end(&bar);
  return code;
}

static int print_end(train_run *r, int stopped) {
  const double seconds = now_seconds() - r->begun;
  char steps[32], rate[32];
  const double made = (double)(r->last.update - r->first) * r->def.num_envs * r->def.num_steps;
  if (r->before && r->after) {
    eval_print_thresholds(r->after, stdout);
    eval_compare(r->before, r->after, stdout);
  }
  if (r->last.update > 0)
    printf("%s steps in %.0f s (%s a second), update %d of %d%s\n", with_commas(made, steps), seconds, with_commas(made / seconds, rate),
           r->last.update, r->last.updates, r->last.skipped_updates > 0 ? "; gradients that were not finite were left out" : "");
  else printf("all %d updates had been made\n", r->first);
  printf("%s\n", out_path(r));
  if (!stopped || !stop_requested()) return EXIT_DONE;
  app_error(&r->a, "stopped by %s: 'train --resume %s' goes on", stop_name(), out_path(r));
  return EXIT_STOPPED;
}

static int train(train_run *r) {
  const char *log = arg_text(r->a.given, "log", NULL);
  int stopped = 0, code = open_trainer(r);
  if (!code && log) {
    r->log = fopen(log, "a");
    if (!r->log) code = app_error(&r->a, "%s cannot be written", log);
  }
  if (!code && !arg_count(r->a.given, "quiet")) print_start(r);
  if (!code) code = compare(r, &r->before);
  if (!code) code = save(r);
  if (!code) code = learn(r, &stopped);
  if (!code) code = save(r);
  if (!code) code = compare(r, &r->after);
  if (!code) code = print_end(r, stopped);
  if (r->log && fclose(r->log) && !code) code = app_error(&r->a, "%s cannot be written", log);
  return code;
}

static int run(const args *given) {
  train_run r;
  int code;
  memset(&r, 0, sizeof r);
  if (!arg_text(given, "out", NULL) && !arg_text(given, "resume", NULL) && !arg_count(given, "settings"))
    return usage_error("train", "--out CHECKPOINT.h5 is missing: where does the policy go?");
  if (arg_text(given, "resume", NULL) && (arg_count(given, "set") || arg_count(given, "preset")))
    return usage_error("train", "--resume goes on with the settings of the checkpoint: leave --set and --preset out");
  stop_watch();
  code = app_begin(&r.a, given);
  if (!code && arg_count(given, "settings")) {
    if (arg_operands(given) > 0 && app_model(&r.a, arg_operand(given, 0), &r.input.model)) code = app_failed(&r.a);
    if (!code) code = settings(&r);
    if (!code) print_settings(&r.def);
  } else {
    if (!code) code = open_run(&r);
    if (!code && !r.resumed) code = settings(&r);
    if (!code) code = train(&r);
  }
  mm_trainer_destroy(r.trainer);
  mm_eval_result_destroy(r.before);
  mm_eval_result_destroy(r.after);
  input_close(&r.input);
  return app_end(&r.a, code);
}

const command train_command = {
  "train", "a policy that moves a model as trajectories do", "[MODEL TRAJECTORY.h5...]", 0, 10000,
  "Trains by PPO to imitate the motions of the given trajectories. The defaults are the published settings for MyoFullBody "
  "and MyoBimanualArm, and smaller ones for other models; --settings lists them. A checkpoint holds everything: a run that "
  "was stopped by a signal, a time limit or a power cut goes on with --resume and ends with the same numbers.",
  "  musclemimic train models/legs18.xml walk.h5 -o policy.h5 --compare\n"
  "  musclemimic train myofullbody.xml clips.h5 --no-fingers --mimic-sites --set-option timestep=0.002 -o policy.h5\n"
  "  musclemimic train --resume policy.h5\n",
  groups, run
};
