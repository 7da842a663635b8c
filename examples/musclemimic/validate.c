/* >>program-validate-code: evaluations during a training run */
#include "validate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int read_best(validation *v, const char *checkpoint) {
  char *text = NULL;
  int fine;
  if (mm_checkpoint_note(v->a->ctx, checkpoint, "best_validation", &text)) return app_failed(v->a);
  if (!text) return EXIT_DONE;
  fine = sscanf(text, "%d %lf %lf %lf", &v->best_update, &v->best[0], &v->best[1], &v->best[2]) == 4;
  if (!fine) v->best_update = -1;
  free(text);
  return EXIT_DONE;
}

int validation_begin(validation *v, app *a, const run_input *input, int updates, const char *checkpoint) {
  memset(v, 0, sizeof *v);
  v->a = a;
  v->best_update = -1;
  v->every = arg_whole(a->given, "validate-every", updates >= 100 ? updates / 100 : 1);
  v->clips = input->held_out ? input->held_out : arg_count(a->given, "validate-every") ? input->trajectory : NULL;
  return v->clips && checkpoint ? read_best(v, checkpoint) : EXIT_DONE;
}

int validation_due(const validation *v, int update) { return v->clips && v->every > 0 && update % v->every == 0; }

static int stop_wanted(double done, void *user) {
  (void)done;
  (void)user;
  return stop_requested();
}

static void log_result(runlog *log, const mm_train_report *report, double seconds, const mm_eval_result *r) {
  static const char *const keys[] = {
    "Validation/success_rate", "Validation/early_termination_rate", "Validation/frame_coverage", "Validation/err_joint_angle_deg",
    "Validation/err_joint_pos", "Validation/err_joint_vel", "Validation/err_site_rel", "Validation/err_site_abs", "Validation/err_rpos",
    "Validation/err_root_xyz", "Validation/err_root_yaw", "Validation/mean_step_reward"};
  const mm_eval_clip *o = &r->overall;
  const double values[] = {r->success_rate, 1 - r->success_rate, o->coverage, o->joint_angle, o->joint_pos, o->joint_vel,
                           o->site_rel, o->site_abs, o->rpos, o->root_xyz, o->root_yaw, o->reward};
  runlog_begin(log, report->update, report->timesteps, seconds);
  for (int i = 0; i < (int)(sizeof keys / sizeof *keys); i++) runlog_value(log, report->timesteps, keys[i], values[i]);
  runlog_end(log);
}

/* more clips followed; as many, and more of their frames; as many, and nearer */
static int is_better(const double *a, const double *b) {
  for (int i = 0; i < 3; i++)
    if (a[i] != b[i]) return a[i] > b[i];
  return 0;
}

int validation_run(validation *v, mm_trainer *trainer, const mm_train_report *report, double seconds, runlog *log, keeper *keep) {
  mm_eval_result *result = NULL;
  mm_eval_def def;
  mm_status status;
  char note[160];
  int code;
  memset(&def, 0, sizeof def);
  def.progress = stop_wanted;
  status = mm_trainer_evaluate(trainer, v->clips, &def, &result);
  if (status == MM_E_INTERRUPTED && stop_requested()) return EXIT_DONE;
  if (status) return app_failed(v->a);
  log_result(log, report, seconds, result);
  v->last[0] = result->success_rate;
  v->last[1] = result->overall.coverage;
  v->last[2] = -result->overall.site_rel;
  mm_eval_result_destroy(result);
  if (v->best_update >= 0 && !is_better(v->last, v->best)) return keeper_save(keep, trainer, 0);
  v->best_update = report->update;
  memcpy(v->best, v->last, sizeof v->best);
  snprintf(note, sizeof note, "%d %.17g %.17g %.17g", v->best_update, v->best[0], v->best[1], v->best[2]);
  if (mm_trainer_note(trainer, "best_validation", note)) return app_failed(v->a);
  code = keeper_save(keep, trainer, 0);
  return code || keep->failures ? code : keeper_best(keep, trainer);
}
