/* >>program-walk: musclemimic walk */
#include "app.h"

#include <stdio.h>
#include <string.h>

static const arg_option options[] = {
  {"out", 'o', ARG_TEXT, "FILE.npz", 0, 0, "where the clip goes"},
  {"strides", 0, ARG_WHOLE, "N", 1, 10000, "strides, of two steps each (default 5)"},
  {"stride-time", 0, ARG_REAL, "S", 0.5, 3, "seconds a stride (default 1.08)"},
  {"rate", 0, ARG_REAL, "HZ", 10, 1000, "frames a second (default 120)"},
  {"gender", 0, ARG_CHOICE, "neutral|male|female", 0, 0, "whose skeleton (default neutral)"},
  {NULL, 0, ARG_FLAG, "", 0, 0, ""}
};
static const arg_option *const groups[] = {options, NULL};

static int run(const args *given) {
  const char *out = arg_text(given, "out", NULL), *gender = arg_text(given, "gender", "neutral");
  const double degree = 57.29577951308232;
  mm_walk_def def;
  mm_walk_report report;
  mm_clip *clip = NULL;
  app a;
  int code;
  if (!out) return usage_error("walk", "--out FILE.npz is missing: where does the clip go?");
  memset(&def, 0, sizeof def);
  def.strides = arg_whole(given, "strides", 0);
  def.stride_time = arg_real(given, "stride-time", 0);
  def.frequency = arg_real(given, "rate", 0);
  def.gender = !strcmp(gender, "male") ? MM_GENDER_MALE : !strcmp(gender, "female") ? MM_GENDER_FEMALE : MM_GENDER_NEUTRAL;
  code = app_begin(&a, given);
  if (!code && (mm_clip_walk(a.ctx, &def, &report, &clip) || mm_clip_save(clip, out))) code = app_failed(&a);
  if (!code)
    printf("%s: %d frames at %g Hz, stride %.3f m, %.2f m/s\n"
           "nearest motion to the published angles whose feet roll without sliding: hip %.1f, knee %.1f, ankle %.1f deg rms "
           "away from them, feet slide %.1f cm/s\n", out, clip->frame_count, clip->frequency, report.stride_length, report.speed,
           degree * report.deviation[0], degree * report.deviation[1], degree * report.deviation[2], 100 * report.slip);
  mm_clip_destroy(clip);
  return app_end(&a, code);
}

const command walk_command = {
  "walk", "a walking clip in SMPL form, from published joint angles", "", 0, 0,
  "Makes level walking from the normative joint angles of Bovi et al. (2011), twenty adults at their own speed, in the form "
  "in which AMASS gives motion (.npz). It needs no data and no network.",
  "  musclemimic walk -o walk.npz --strides 8\n",
  groups, run
};
