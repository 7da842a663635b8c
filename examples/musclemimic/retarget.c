/* >>program-retarget: musclemimic retarget */
#include "clips.h"
#include "config.h"
#include "figures.h"
#include "retarget_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const arg_option options[] = {
  {"method", 0, ARG_CHOICE, "refined|gmr|mocap", 0, 0,
   "inverse kinematics and then all frames at once (default), inverse kinematics alone, frame by frame as in GMR-Fit, or "
   "physics pulled by welds as in Mocap-Body"},
  {"out", 'o', ARG_TEXT, "FILE.h5|FOLDER", 0, 0, "where the trajectory goes; of several clips: one file for all, or a folder with a file for each"},
  {"rate", 0, ARG_REAL, "HZ", 1, 10000, "frames a second of the trajectory (default 100)"},
  {"fit", 0, ARG_CHOICE, "segments|shape|uniform", 0, 0,
   "the skeleton's rotations on the model's own lengths (default), a skeleton of fitted betas and scale, or the clip's own "
   "scaled as a whole"},
  {"weights", 0, ARG_CHOICE, "symmetric|published", 0, 0, "left and right alike (default), or as in the published GMR-Fit"},
  {"iterations", 0, ARG_WHOLE, "N", 1, 1000, "most steps a frame (default 20)"},
  {"refinements", 0, ARG_WHOLE, "N", 1, 1000, "most steps of the refinement (default 10)"},
  {"cutoff", 0, ARG_REAL, "HZ", 0.1, 1000, "above which the refinement smooths motion away (default 10)"},
  {"low-pass", 0, ARG_REAL, "HZ", 0.1, 1000, "filter out what lies above, without delay (default: nothing is filtered)"},
  {"pieces", 0, ARG_WHOLE, "N", 1, 100000, "pieces of the clip that are solved at once (default: what the device holds)"},
  {"keep-height", 0, ARG_FLAG, "", 0, 0, "do not correct the height to the floor"},
  {"json", 0, ARG_FLAG, "", 0, 0, "the figures as JSON"},
  {NULL, 0, ARG_FLAG, "", 0, 0, ""}
};
static const arg_option *const groups[] = {options, collect_options, set_options, clip_options, model_options, device_options, NULL};

typedef struct retarget_run {
  app a;
  run_config config;   /* of a model that is named by a configuration */
  mm_model *model, *puppet;
  mm_clip *clip;
  mm_clip_report reading;
  mm_trajectory *trajectory;
  mm_retarget_report report;
  mm_shape shape;
  progress bar;
} retarget_run;

static int on_progress(double fraction, void *user) {
  retarget_run *r = (retarget_run *)user;
  progress_set(&r->bar, fraction * r->bar.total, NULL);
  return stop_requested();
}

static mm_retarget_def definition(retarget_run *r) {
  const args *given = r->a.given;
  const char *fit = arg_text(given, "fit", "segments"), *method = arg_text(given, "method", "refined");
  mm_retarget_def def;
  memset(&def, 0, sizeof def);
  def.method = method[0] == 'g' ? MM_RETARGET_GMR : method[0] == 'm' ? MM_RETARGET_MOCAP : MM_RETARGET_REFINED;
  def.puppet = r->puppet;
  def.frequency = arg_real(given, "rate", 0);
  def.cutoff = arg_real(given, "cutoff", 0);
  def.low_pass = arg_real(given, "low-pass", 0);
  def.refinements = arg_whole(given, "refinements", 0);
  def.fit = fit[0] == 'u' ? MM_FIT_UNIFORM : fit[1] == 'h' ? MM_FIT_SHAPE : MM_FIT_SEGMENTS;
  def.asymmetric_weights = !strcmp(arg_text(given, "weights", "symmetric"), "published");
  def.iterations = arg_whole(given, "iterations", 0);
  def.pieces = arg_whole(given, "pieces", 0);
  def.keep_height = arg_count(given, "keep-height");
  def.progress = on_progress;
  def.user = r;
  return def;
}

/* the model goes last */
static const char *model_path(const retarget_run *r) { return arg_operand(r->a.given, arg_operands(r->a.given) - 1); }

static int load(retarget_run *r, int several) {
  const char *path = model_path(r);
  if (!several && app_clip(&r->a, arg_operand(r->a.given, 0), &r->clip, &r->reading)) return app_failed(&r->a);
  if (config_model(&r->a, path, &r->config, &r->model)) return EXIT_FAILED;
  if (!strcmp(arg_text(r->a.given, "method", ""), "mocap")) {
    const char *file = r->config.model ? r->config.model : path;
    if (app_puppet_for(&r->a, file, r->config.model ? &r->config.def : NULL, &r->puppet)) return app_failed(&r->a);
  }
  if (mm_mimic_sites(r->model, NULL, 0) == 0)
    return app_error(&r->a, "%s has no mimic sites to follow the clip; --mimic-sites adds them to the published models", path);
  return EXIT_DONE;
}

static int solve(retarget_run *r) {
  const mm_retarget_def def = definition(r);
  const double frames = r->clip->frame_count * (def.frequency > 0 ? def.frequency : 100) / r->clip->frequency;
  mm_clip_record record;
  mm_status status;
  if (def.fit == MM_FIT_SHAPE && mm_retarget_shape(r->a.ctx, r->clip, r->model, &r->shape)) return app_failed(&r->a);
  progress_begin(&r->bar, "retarget", frames, "frames", arg_count(r->a.given, "quiet"));
  status = mm_retarget(r->a.ctx, r->clip, r->model, &def, &r->trajectory, &r->report);
  progress_end(&r->bar);
  if (status == MM_E_INTERRUPTED && stop_requested()) {
    app_error(&r->a, "stopped by %s: nothing was written", stop_name());
    return EXIT_STOPPED;
  }
  if (status) return app_failed(&r->a);
  memset(&record, 0, sizeof record);
  record.source = (char *)arg_operand(r->a.given, 0);
  record.key = mm_retarget_key(r->clip, r->model, &def);
  record.report = r->report;
  return set_save(r->a.ctx, arg_text(r->a.given, "out", NULL), r->trajectory, &record) ? app_failed(&r->a) : EXIT_DONE;
}

/* what the fit of the body's shape has found */
static void print_shape(const retarget_run *r) {
  static const char *const headings[] = {"site", ">from its joint|mm", ">x", ">y", ">z"};
  const mm_shape *shape = &r->shape;
  table t;
  if (!shape->site_count) return;
  printf("\nshape: scale %.4f, betas", shape->scale);
  for (int i = 0; i < shape->beta_count; i++) printf(" %.2f", shape->betas[i]);
  printf("%s; %.1f mm rms from the joints of its T-pose to the sites\n\n", shape->beta_count ? "" : " none", 1e3 * shape->rmse);
  table_begin(&t, 5, headings);
  for (int i = 0; i < shape->site_count; i++) {
    table_cell(&t, "%s", mm_model_name(r->model, MM_OBJ_SITE, shape->site[i]));
    table_cell(&t, "%.1f", 1e3 * shape->residual[i]);
    for (int k = 0; k < 3; k++) table_cell(&t, "%.1f", 1e3 * shape->offset[i][k]);
  }
  table_end(&t, stdout);
}

static void json_shape(json *j, const retarget_run *r) {
  const mm_shape *shape = &r->shape;
  if (!shape->site_count) return;
  json_object(j, "shape");
  json_real(j, "scale", shape->scale);
  json_real(j, "rmse", shape->rmse);
  json_array(j, "betas");
  for (int i = 0; i < shape->beta_count; i++) json_real(j, NULL, shape->betas[i]);
  json_close(j);
  json_object(j, "residuals");
  for (int i = 0; i < shape->site_count; i++) json_real(j, mm_model_name(r->model, MM_OBJ_SITE, shape->site[i]), shape->residual[i]);
  json_close(j);
  json_close(j);
}

/* what was found out about the clip, and how well its body is known */
static void print_reading(const retarget_run *r) {
  mm_skeleton skeleton;
  char words[512];
  printf("clip: %s\n", clip_words(r->clip, &r->reading, words, sizeof words));
  if (!mm_clip_skeleton(r->clip, &skeleton)) printf("body: %s\n\n", mm_skeleton_source_text(skeleton.source));
}

static int print_report(const retarget_run *r) {
  const mm_retarget_report *report = &r->report;
  const char *name = r->clip->name;
  char title[512];
  printf("%s, %d frames at %g Hz -> %s, %d frames at %g Hz, %d sites, scale %.3f\n", name, r->clip->frame_count,
         r->clip->frequency, app_model_title(&r->a, model_path(r), title, sizeof title), report->frame_count,
         r->trajectory->frequency, report->site_count, report->scale);
  print_reading(r);
  if (figures_print(&r->a, report, &name, 1, stdout)) return EXIT_FAILED;
  if (report->contradictions)
    printf("\n%d coupled joints have ranges that their couplings leave; the couplings were kept\n", report->contradictions);
  if (report->shape_ignored) printf("\nthe clip's shape was left out: it is that of a neutral body, and none is published\n");
  print_shape(r);
  printf("\n%s\n", arg_text(r->a.given, "out", ""));
  return EXIT_DONE;
}

static int print_json(const retarget_run *r) {
  json j;
  json_begin(&j, stdout);
  json_text(&j, "clip", r->clip->name);
  json_text(&j, "out", arg_text(r->a.given, "out", NULL));
  json_real(&j, "frequency", r->trajectory->frequency);
  figures_json(&j, &r->report);
  json_shape(&j, r);
  json_end(&j);
  return EXIT_DONE;
}

static int solve_set(retarget_run *r) {
  const mm_retarget_def def = definition(r);
  char title[512];
  return retarget_set(&r->a, r->model, app_model_title(&r->a, model_path(r), title, sizeof title), &def);
}

static int run(const args *given) {
  const int several = set_is_meant(given);
  retarget_run r;
  int code;
  memset(&r, 0, sizeof r);
  if (!arg_text(given, "out", NULL)) return usage_error("retarget", "--out FILE.h5 or FOLDER is missing: where does the trajectory go?");
  stop_watch();
  code = app_begin(&r.a, given);
  if (!code) code = load(&r, several);
  if (!code) code = several ? solve_set(&r) : solve(&r);
  if (!code && !several) code = arg_count(given, "json") ? print_json(&r) : print_report(&r);
  mm_trajectory_destroy(r.trajectory);
  mm_clip_destroy(r.clip);
  mm_model_destroy(r.model);
  mm_model_destroy(r.puppet);
  config_free(&r.config);
  return app_end(&r.a, code);
}

const command retarget_command = {
  "retarget", "trajectories of a model from human motion", "[CLIP|FOLDER...] MODEL|CONFIG.yaml", 1, 1000000,
  "Reads a motion in SMPL form (AMASS .npz of SMPL, SMPL-H or SMPL-X) or one with a skeleton of its own (.bvh, .amc) and finds for each frame the pose of the model whose "
  "mimic sites come nearest to it, within the joints' limits and with coupled joints coupled exactly. No SMPL model file "
  "is needed: the published mean skeletons are built in, and betas of male and female bodies change segment lengths to "
  "first order (approximate); --body-model makes them exact. Several clips, folders with all that is below them, lists and "
  "splits become a data set: one file (-o SET.h5), which holds the names of splits (train and eval choose them as @train), or a "
  "folder with a file for each clip. What is done stays when the program is stopped, and the same command goes on from there; "
  "what has the same clip, model and settings is not made again. Bad clips are set aside with what they exceed, and the exit "
  "status is 4.",
  "  musclemimic walk -o walk.npz\n"
  "  musclemimic retarget walk.npz models/legs18.xml -o walk.h5\n"
  "  musclemimic retarget clip.npz myofullbody.xml --no-fingers --mimic-sites -o clip.h5 --json\n"
  "  musclemimic retarget AMASS/KIT myofullbody.xml --mimic-sites --mirror -o kit.h5 --split train=0.9,test=0.1\n"
  "  musclemimic retarget myofullbody.xml --mimic-sites --root AMASS --split train=train.txt,test=test.txt -o kit.h5\n",
  groups, run
};
