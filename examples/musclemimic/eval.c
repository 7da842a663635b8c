/* >>program-eval-code: musclemimic eval */
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700
#endif
#include "controller.h"
#include "eval.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const arg_option options[] = {
  {"model", 0, ARG_TEXT, "MODEL", 0, 0, "the model (default: the file that the policy was trained on)"},
  {"clips", 0, ARG_LIST, "FILE.h5", 0, 0, "trajectories to follow (default: those that the policy was trained on); may be repeated"},
  {"held-out", 0, ARG_FLAG, "", 0, 0, "the clips that were held out of training"},
  {"threshold", 0, ARG_REAL, "M", 1e-6, 1e6, "mean deviation of the sites at which a clip counts as lost (default 0.3, relative; arms 0.25, in the world)"},
  {"root-threshold", 0, ARG_REAL, "M", 1e-6, 1e6, "likewise of the reference site (default 0.5)"},
  {"untrained", 0, ARG_FLAG, "", 0, 0, "the policy as it was before training"},
  {"deterministic", 0, ARG_FLAG, "", 0, 0, "take the policy's mean actions (default, but with --seeds)"},
  {"stochastic", 0, ARG_FLAG, "", 0, 0, "draw actions"},
  {"seed", 0, ARG_WHOLE, "N", 0, 1e9, "of drawn actions (default 0)"},
  {"seeds", 0, ARG_WHOLE, "K", 1, 1e6, "follow all clips K times, with seeds N, N + 1, ...: means and standard deviations over them; actions are drawn"},
  {"envs", 0, ARG_WHOLE, "N", 1, 1e6, "clips at a time (default: all, at most 256)"},
  {"controller", 0, ARG_TEXT, "COMMAND", 0, 0, "another program acts in place of the policy: observations on its standard input, actions on its output (examples/controller)"},
  {"out", 'o', ARG_TEXT, "FILE.h5", 0, 0, "the figures of each clip"},
  {"rollouts", 0, ARG_FLAG, "", 0, 0, "with --out: states, excitations, activations, forces, contacts and observations of every frame, too"},
  {"all", 0, ARG_FLAG, "", 0, 0, "a line for every clip (default: the 20 worst)"},
  {"json", 0, ARG_FLAG, "", 0, 0, "the figures as JSON"},
  {NULL, 0, ARG_FLAG, "", 0, 0, ""}
};
static const arg_option *const groups[] = {options, model_options, device_options, NULL};

static char *copy_text(const char *text) {
  char *copy = (char *)need(strlen(text) + 1, 1);
  strcpy(copy, text);
  return copy;
}

/* adds a line to a text that grows */
static void add_line(char **text, const char *line) {
  const size_t used = *text ? strlen(*text) : 0;
  char *grown = (char *)need(used + strlen(line) + 2, 1);
  if (used) {
    strcpy(grown, *text);
    strcat(grown, "\n");
  }
  strcat(grown, line);
  free(*text);
  *text = grown;
}

/* a path from the root, so that a checkpoint finds its files from anywhere */
static char *whole_path(const char *path) {
  char *whole = realpath(path, NULL);
  return whole ? whole : copy_text(path);
}

/* the model options that were given, in the words of the command line */
static char *option_words(const args *given) {
  char *text = copy_text("");
  for (const arg_option *o = model_options; o->name; o++)
    for (int i = 0; i < arg_count(given, o->name); i++) {
      char word[64];
      snprintf(word, sizeof word, "--%s", o->name);
      add_line(&text, word);
      if (o->kind != ARG_FLAG) add_line(&text, arg_nth(given, o->name, i));
    }
  return text;
}

static int load_trajectories(app *a, const run_input *input, const words *paths, mm_trajectory **joined) {
  mm_trajectory **list = (mm_trajectory **)need((size_t)paths->count, sizeof *list);
  mm_status status = MM_OK;
  for (int i = 0; i < paths->count && !status; i++) status = mm_trajectory_load(a->ctx, paths->list[i], input->model, &list[i]);
  if (!status && paths->count == 1) {
    *joined = list[0];
    list[0] = NULL;
  } else if (!status) {
    status = mm_trajectory_join(a->ctx, (const mm_trajectory *const *)list, paths->count, joined);
  }
  for (int i = 0; i < paths->count; i++) mm_trajectory_destroy(list[i]);
  free(list);
  return status ? app_failed(a) : EXIT_DONE;
}

/* A data set with a split called train is trained on it, and what belongs to none or another is held out. */
static int choose_split(app *a, run_input *input) {
  static const char *const train = "@train", *const rest = "!@train";
  const mm_trajectory *t = input->trajectory;
  mm_trajectory *chosen = NULL;
  int count = 0;
  for (int i = 0; t->clip_splits && i < t->clip_count; i++) count += !strcmp(t->clip_splits[i], "train");
  if (!count || count == t->clip_count) return EXIT_DONE;
  if (mm_trajectory_select(t, &train, 1, &chosen) || mm_trajectory_select(t, &rest, 1, &input->held_out)) {
    mm_trajectory_destroy(chosen);
    return app_failed(a);
  }
  mm_trajectory_destroy(input->trajectory);
  input->trajectory = chosen;
  return EXIT_DONE;
}

/* the clips that were chosen, and those that are held out */
static int choose_clips(app *a, run_input *input) {
  const run_config *c = &input->config;
  mm_trajectory *chosen = NULL, *rest = NULL;
  if (c->clips.count) {
    if (mm_trajectory_select(input->trajectory, (const char *const *)c->clips.list, c->clips.count, &chosen)) return app_failed(a);
    mm_trajectory_destroy(input->trajectory);
    input->trajectory = chosen;
  }
  if (c->validation.count) return load_trajectories(a, input, &c->validation, &input->held_out);
  if (!(c->validation_fraction > 0)) return c->clips.count || input->whole ? EXIT_DONE : choose_split(a, input);
  if (mm_trajectory_split(input->trajectory, c->validation_fraction, &rest, &input->held_out)) return app_failed(a);
  mm_trajectory_destroy(input->trajectory);
  input->trajectory = rest;
  return EXIT_DONE;
}

int input_open(app *a, int edits, run_input *input) {
  const run_config *c = &input->config;
  int code = EXIT_DONE;
  if (!input->options) input->options = option_words(a->given);
  if (!input->model && app_model_for(a, c->model, edits ? &c->def : NULL, &input->model)) return app_failed(a);
  code = load_trajectories(a, input, &c->trajectories, &input->trajectory);
  return code ? code : choose_clips(a, input);
}

void input_close(run_input *input) {
  mm_trajectory_destroy(input->trajectory);
  mm_trajectory_destroy(input->held_out);
  mm_model_destroy(input->model);
  config_free(&input->config);
  free(input->options);
  memset(input, 0, sizeof *input);
}

/* a list as one text, a line each */
static char *joined_words(const words *w, int are_paths) {
  char *text = copy_text("");
  for (int i = 0; i < w->count; i++) {
    char *whole = are_paths ? whole_path(w->list[i]) : copy_text(w->list[i]);
    add_line(&text, whole);
    free(whole);
  }
  return text;
}

static mm_status note_words(mm_trainer *trainer, const char *name, const words *w, int are_paths) {
  char *text = joined_words(w, are_paths);
  const mm_status status = mm_trainer_note(trainer, name, text);
  free(text);
  return status;
}

mm_status input_note(const run_input *input, mm_trainer *trainer) {
  const run_config *c = &input->config;
  char *model = whole_path(c->model), fraction[32];
  mm_status status = mm_trainer_note(trainer, "model", model);
  free(model);
  snprintf(fraction, sizeof fraction, "%.17g", c->validation_fraction);
  if (!status) status = mm_trainer_note(trainer, "model_options", input->options);
  if (!status) status = mm_trainer_note(trainer, "preset", c->preset);
  if (!status) status = note_words(trainer, "trajectories", &c->trajectories, 1);
  if (!status) status = note_words(trainer, "clips", &c->clips, 0);
  if (!status) status = note_words(trainer, "validation_trajectories", &c->validation, 1);
  if (!status) status = mm_trainer_note(trainer, "validation_fraction", fraction);
  return status;
}

/* lines as words: the text is cut up, the list ends with NULL */
static char **split_lines(char *text, int *count) {
  char **words;
  int lines = text[0] ? 1 : 0;
  for (char *c = text; *c; c++) lines += *c == '\n';
  words = (char **)need((size_t)lines + 1, sizeof *words);
  *count = lines;
  for (int i = 0; i < lines; i++) {
    char *end = strchr(text, '\n');
    words[i] = text;
    if (end) *end = 0;
    text = end ? end + 1 : text;
  }
  return words;
}

static int no_run(const args *given) {
  (void)given;
  return EXIT_FAILED;
}

/* the model with the options that are written in the checkpoint, which are those of a command line */
static int model_from_words(app *a, run_input *input) {
  static const arg_option *const lists[] = {model_options, NULL};
  const command as_given = {"checkpoint", "", "", 0, 0, "", "", lists, no_run};
  const args *kept = a->given;
  int count, code = EXIT_DONE;
  char *text = copy_text(input->options), **list = split_lines(text, &count);
  args *given = args_parse(&as_given, count, list, &code);
  if (given) {
    a->given = given;
    code = app_model_for(a, input->config.model, &input->config.def, &input->model) ? EXIT_FAILED : EXIT_DONE;
    a->given = kept;
    args_free(given);
    if (code) app_failed(a);
  }
  free(list);
  free(text);
  return code;
}

static int model_options_given(const args *given) {
  int count = 0;
  for (const arg_option *o = model_options; o->name; o++) count += arg_count(given, o->name);
  return count;
}

/* one note of a checkpoint, "" where it is not there; to be given to free() */
static int read_note(app *a, const char *checkpoint, const char *name, char **text) {
  if (mm_checkpoint_note(a->ctx, checkpoint, name, text)) return app_failed(a);
  if (!*text) *text = copy_text("");
  return EXIT_DONE;
}

static int note_lines(app *a, const char *checkpoint, const char *name, words *w) {
  char *text, **list;
  int count;
  if (read_note(a, checkpoint, name, &text)) return EXIT_FAILED;
  list = split_lines(text, &count);
  for (int i = 0; i < count; i++) words_add(w, list[i]);
  free(list);
  free(text);
  return EXIT_DONE;
}

/* what the run was about, as input_note wrote it down */
static int read_notes(app *a, const char *checkpoint, run_input *input) {
  run_config *c = &input->config;
  char *text;
  if (mm_checkpoint_def(a->ctx, checkpoint, &c->def)) return app_failed(a);
  if (read_note(a, checkpoint, "model", &c->model) || read_note(a, checkpoint, "model_options", &input->options)) return EXIT_FAILED;
  if (note_lines(a, checkpoint, "trajectories", &c->trajectories) || note_lines(a, checkpoint, "clips", &c->clips) ||
      note_lines(a, checkpoint, "validation_trajectories", &c->validation) || read_note(a, checkpoint, "validation_fraction", &text))
    return EXIT_FAILED;
  c->validation_fraction = strtod(text, NULL);
  free(text);
  if (read_note(a, checkpoint, "preset", &text)) return EXIT_FAILED;
  snprintf(c->preset, sizeof c->preset, "%s", text);
  free(text);
  return EXIT_DONE;
}

int input_from_checkpoint(app *a, const char *checkpoint, const char *model_path, const char *const *paths, int count, run_input *input) {
  run_config *c = &input->config;
  int code = read_notes(a, checkpoint, input);
  if (!code && model_path) {
    free(c->model);
    c->model = copy_text(model_path);
  }
  if (!code && count > 0) {
    words_free(&c->trajectories);
    words_free(&c->clips);
    words_free(&c->validation);
    c->validation_fraction = 0;
    for (int i = 0; i < count; i++) words_add(&c->trajectories, paths[i]);
  }
  if (!code && !c->model[0]) code = app_error(a, "%s does not say which model it belongs to: give it with --model", checkpoint);
  if (!code && !c->trajectories.count) code = app_error(a, "%s does not say which clips it was trained on: give some with --clips", checkpoint);
  if (!code && model_options_given(a->given)) {
    free(input->options);
    input->options = option_words(a->given);
  } else if (!code) {
    code = model_from_words(a, input);
  }
  return code ? code : input_open(a, 1, input);
}

void eval_print_thresholds(const mm_eval_result *result, FILE *file) {
  const int is_absolute = result->absolute;
  fprintf(file, "lost: mean %s site deviation > %.3g m", is_absolute ? "absolute" : "relative", result->def.mean_site_deviation_threshold);
  if (!is_absolute) fprintf(file, " or reference site > %.3g m", result->def.root_deviation_threshold);
  if (!is_absolute && result->def.root_orientation_threshold > 0) fprintf(file, " or root turned > %.3g rad", result->def.root_orientation_threshold);
  fprintf(file, "; %s actions\n", result->def.stochastic ? "drawn" : "mean");
  if (result->def.untrained) fprintf(file, "the policy before training\n");
}

static const char *const headings[] = {"clip", ">frames", ">followed", ">success", ">joint angle|deg", ">joints rms|rad", ">sites rel.|mm",
                                       ">sites abs.|mm", ">rpos rms|mm", ">root|mm", ">reward"};

static void eval_row(table *t, const char *name, const mm_eval_clip *clip, const char *success) {
  table_cell(t, "%s", name);
  table_cell(t, "%d", clip->length);
  table_cell(t, "%.1f %%", 100 * clip->coverage);
  table_cell(t, "%s", success);
  table_cell(t, "%.2f", clip->joint_angle);
  table_cell(t, "%.3f", clip->joint_pos);
  table_cell(t, "%.1f", 1000 * clip->site_rel);
  table_cell(t, "%.1f", 1000 * clip->site_abs);
  table_cell(t, "%.1f", 1000 * clip->rpos);
  table_cell(t, "%.1f", 1000 * clip->root_xyz);
  table_cell(t, "%.3f", clip->reward);
}

static int by_coverage(const void *a, const void *b) {
  const mm_eval_clip *x = (const mm_eval_clip *)a, *y = (const mm_eval_clip *)b;
  if (x->coverage != y->coverage) return x->coverage < y->coverage ? -1 : 1;
  return x->clip - y->clip;
}

void eval_print(const mm_eval_result *result, const mm_trajectory *trajectory, int limit, FILE *file) {
  const int count = limit > 0 && limit < result->clip_count ? limit : result->clip_count;
  mm_eval_clip *clips = (mm_eval_clip *)need((size_t)result->clip_count, sizeof *clips);
  char rate[32];
  table t;
  memcpy(clips, result->clips, (size_t)result->clip_count * sizeof *clips);
  if (count < result->clip_count) qsort(clips, (size_t)result->clip_count, sizeof *clips, by_coverage);
  table_begin(&t, 11, headings);
  for (int i = 0; i < count; i++) {
    snprintf(rate, sizeof rate, "%.0f %%", 100 * clips[i].success);
    eval_row(&t, trajectory->clip_names[clips[i].clip], &clips[i], result->seeds > 1 ? rate : clips[i].success > 0 ? "yes" : "no");
  }
  snprintf(rate, sizeof rate, "%.1f %%", 100 * result->success_rate);
  if (result->clip_count > 1) eval_row(&t, count < result->clip_count ? "all (above: the worst)" : "all", &result->overall, rate);
  if (result->seeds > 1) {
    snprintf(rate, sizeof rate, "%.1f %%", 100 * result->overall_sd.success);
    eval_row(&t, "sd over the seeds", &result->overall_sd, rate);
  }
  table_end(&t, file);
  free(clips);
}

void eval_compare(const mm_eval_result *before, const mm_eval_result *after, FILE *file) {
  char rate[2][32];
  table t;
  snprintf(rate[0], sizeof rate[0], "%.1f %%", 100 * before->success_rate);
  snprintf(rate[1], sizeof rate[1], "%.1f %%", 100 * after->success_rate);
  table_begin(&t, 11, headings);
  eval_row(&t, "before training", &before->overall, rate[0]);
  eval_row(&t, "after training", &after->overall, rate[1]);
  table_end(&t, file);
}

static void clip_json(json *j, const mm_eval_clip *clip) {
  json_whole(j, "frames", clip->length);
  json_real(j, "success_rate", clip->success);
  json_real(j, "steps_survived", clip->survived);
  json_real(j, "frame_coverage", clip->coverage);
  json_real(j, "joint_angle_deg", clip->joint_angle);
  json_real(j, "joint_pos_rmse", clip->joint_pos);
  json_real(j, "joint_vel_rmse", clip->joint_vel);
  json_real(j, "site_rel_m", clip->site_rel);
  json_real(j, "site_abs_m", clip->site_abs);
  json_real(j, "rpos_rmse_m", clip->rpos);
  json_real(j, "root_m", clip->root_xyz);
  json_real(j, "root_yaw_rad", clip->root_yaw);
  json_real(j, "reward", clip->reward);
}

static void print_json(const char *checkpoint, const mm_eval_result *r, const mm_trajectory *trajectory) {
  json j;
  json_begin(&j, stdout);
  json_text(&j, "checkpoint", checkpoint);
  json_whole(&j, "clips", r->clip_count);
  json_real(&j, "success_rate", r->success_rate);
  json_flag(&j, "stochastic", r->def.stochastic);
  json_real(&j, "mean_site_deviation_threshold", r->def.mean_site_deviation_threshold);
  json_flag(&j, "threshold_is_absolute", r->absolute);
  json_real(&j, "root_deviation_threshold", r->def.root_deviation_threshold);
  json_whole(&j, "seeds", r->seeds);
  json_object(&j, "overall");
  clip_json(&j, &r->overall);
  json_close(&j);
  if (r->seeds > 1) {
    json_object(&j, "overall_sd");
    clip_json(&j, &r->overall_sd);
    json_close(&j);
  }
  json_array(&j, "per_clip");
  for (int i = 0; i < r->clip_count; i++) {
    json_object(&j, NULL);
    json_text(&j, "clip", trajectory->clip_names[i]);
    if (r->seeds == 1) json_flag(&j, "success", r->clips[i].success > 0);
    clip_json(&j, &r->clips[i]);
    if (r->seeds > 1) {
      json_object(&j, "sd");
      clip_json(&j, &r->clips_sd[i]);
      json_close(&j);
    }
    json_close(&j);
  }
  json_close(&j);
  json_end(&j);
}

typedef struct eval_run {
  app a;
  run_input input;
  controller outer;
  mm_store *store;      /* where roll-outs go */
  mm_eval_result *result;
  progress bar;
} eval_run;

static int on_progress(double done, void *user) {
  eval_run *r = (eval_run *)user;
  progress_set(&r->bar, done * r->bar.total, NULL);
  return stop_requested();
}

/* numbers of an observation of the model that the checkpoint's settings make */
static int observations_of(eval_run *r) {
  mm_observation_block blocks[512];
  int count = 0, most = 0;
  if (mm_observation_blocks(r->a.ctx, r->input.model, &r->input.config.def, blocks, 512, &count)) return -1;
  for (int i = 0; i < count && i < 512; i++) {
    const int end = blocks[i].offset + (blocks[i].size - 1) * blocks[i].stride + 1;
    if (end > most) most = end;
  }
  return most;
}

/* another program in place of the policy */
static int begin_controller(eval_run *r, mm_eval_def *def) {
  const char *command = arg_text(r->a.given, "controller", NULL);
  const int observations = command ? observations_of(r) : 0;
  int code;
  if (!command) return EXIT_DONE;
  if (observations < 0) return app_failed(&r->a);
  code = controller_begin(&r->outer, &r->a, command);
  if (!code && (r->outer.observations != observations || r->outer.actions != r->input.model->nu))
    code = app_error(&r->a, "the controller takes %d observations and gives %d actions, and here are %d and %d", r->outer.observations,
                     r->outer.actions, observations, r->input.model->nu);
  def->policy = controller_act;
  def->policy_user = &r->outer;
  return code;
}

static mm_eval_def eval_def_of(eval_run *r) {
  const args *given = r->a.given;
  mm_eval_def def;
  memset(&def, 0, sizeof def);
  def.environments = arg_whole(given, "envs", 0);
  def.stochastic = arg_count(given, "stochastic") || (arg_count(given, "seeds") && !arg_count(given, "deterministic"));
  def.untrained = arg_count(given, "untrained");
  def.mean_site_deviation_threshold = arg_real(given, "threshold", 0);
  def.root_deviation_threshold = arg_real(given, "root-threshold", 0);
  def.seed = (uint64_t)arg_whole(given, "seed", 0);
  def.seeds = arg_whole(given, "seeds", 1);
  def.progress = on_progress;
  def.user = r;
  return def;
}

static int evaluate(eval_run *r) {
  const args *given = r->a.given;
  const char *out = arg_text(given, "out", NULL);
  mm_eval_def def = eval_def_of(r);
  mm_status status;
  int code = begin_controller(r, &def);
  if (code) return code;
  if (out && mm_eval_store(r->a.ctx, out, r->input.model, &r->store)) return app_failed(&r->a);
  if (arg_count(given, "rollouts")) def.rollouts = r->store;
  progress_begin(&r->bar, "evaluate", r->input.trajectory->frame_count, "frames", arg_count(given, "quiet"));
  status = mm_checkpoint_evaluate(r->a.ctx, r->input.model, r->input.trajectory, arg_operand(given, 0), &def, &r->result);
  progress_end(&r->bar);
  if (status == MM_E_INTERRUPTED && stop_requested()) {
    app_error(&r->a, "stopped by %s: nothing was written", stop_name());
    return EXIT_STOPPED;
  }
  if (r->outer.failed) return EXIT_FAILED;
  if (!status && out) status = mm_eval_result_write(r->result, r->input.trajectory, r->store);
  if (!status && out) status = mm_store_commit(r->store);
  return status ? app_failed(&r->a) : EXIT_DONE;
}

/* clips are operands or --clips */
static int open_input(eval_run *r) {
  const args *given = r->a.given;
  const int operands = arg_operands(given) > 2 ? arg_operands(given) - 2 : 0, count = operands + arg_count(given, "clips");
  const char *model = arg_operand(given, 1);
  const char **paths = (const char **)need((size_t)count + 1, sizeof *paths);
  int code;
  r->input.whole = count > 0;
  for (int i = 0; i < operands; i++) paths[i] = arg_operand(given, 2 + i);
  for (int i = operands; i < count; i++) paths[i] = arg_nth(given, "clips", i - operands);
  code = input_from_checkpoint(&r->a, arg_operand(given, 0), model ? model : arg_text(given, "model", NULL), paths, count, &r->input);
  free((void *)paths);
  if (code || !arg_count(given, "held-out")) return code;
  if (!r->input.held_out) return app_error(&r->a, "no clips were held out of the training of %s", arg_operand(given, 0));
  mm_trajectory_destroy(r->input.trajectory);
  r->input.trajectory = r->input.held_out;
  r->input.held_out = NULL;
  return EXIT_DONE;
}

static int run(const args *given) {
  eval_run r;
  int code;
  memset(&r, 0, sizeof r);
  if (arg_count(given, "rollouts") && !arg_text(given, "out", NULL)) return usage_error("eval", "--rollouts needs --out FILE.h5");
  if (arg_count(given, "deterministic") && arg_count(given, "stochastic"))
    return usage_error("eval", "--deterministic and --stochastic exclude each other");
  if (arg_text(given, "controller", NULL) && (arg_count(given, "stochastic") || arg_count(given, "untrained")))
    return usage_error("eval", "--controller acts in place of the policy: leave %s out", arg_count(given, "stochastic") ? "--stochastic" : "--untrained");
  stop_watch();
  code = app_begin(&r.a, given);
  if (!code) code = open_input(&r);
  if (!code) code = evaluate(&r);
  if (!code && arg_count(given, "json")) print_json(arg_operand(given, 0), r.result, r.input.trajectory);
  else if (!code) {
    eval_print_thresholds(r.result, stdout);
    eval_print(r.result, r.input.trajectory, arg_count(given, "all") ? 0 : 20, stdout);
  }
  controller_end(&r.outer);
  mm_store_close(r.store);
  mm_eval_result_destroy(r.result);
  input_close(&r.input);
  return app_end(&r.a, code);
}

const command eval_command = {
  "eval", "how well a trained policy follows clips", "CHECKPOINT [MODEL [TRAJECTORY.h5...]]", 1, 10000,
  "Follows every clip once from its first frame and says how many were followed to the end, and how near: mean absolute "
  "error of the hinge joints, mean distance of the mimic sites relative to the reference site and in the world, the "
  "published root mean squares, distance of the reference site. Errors are means over the steps that were survived. "
  "Published success rates are of drawn actions: --seeds 3 gives mean and standard deviation of them.",
  "  musclemimic eval walk-policy.h5\n"
  "  musclemimic eval policy.h5 --clips held-out.h5 --threshold 0.3 --seeds 3 --json\n"
  "  musclemimic eval policy.h5 --rollouts -o eval.h5\n",
  groups, run
};
