/* >>program-clips-code: clips of any format */
#include "clips.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const arg_option clip_options[] = {
  {"up", 0, ARG_CHOICE, "auto|z|y", 0, 0, "the clip's vertical axis (default: what the file says, else told from the motion)"},
  {"body-model", 0, ARG_TEXT, "FILE.npz", 0, 0, "SMPL: the person's own body model, for joints that are exact for betas"},
  {"unit", 0, ARG_REAL, "M", 1e-6, 1000, "BVH: metres in one unit of length (default: told from the legs)"},
  {"rest-frame", 0, ARG_WHOLE, "N", 1, 10000000, "BVH, AMC: the frame in which the body stands in a T-pose (default: the skeleton at rest)"},
  {"joints", 0, ARG_LIST, "L_Wrist=NAME,...", 0, 0, "BVH, AMC: joints that no table of names knows; may be repeated"},
  {"skeleton", 0, ARG_TEXT, "FILE.asf", 0, 0, "AMC: its skeleton (default: beside it)"},
  {"clip-rate", 0, ARG_REAL, "HZ", 1, 10000, "AMC: frames a second (default 120)"},
  {NULL, 0, ARG_FLAG, "", 0, 0, ""}
};

mm_status app_clip(app *a, const char *path, mm_clip **clip, mm_clip_report *report) {
  const char *up = arg_text(a->given, "up", "auto");
  const int pairs = arg_count(a->given, "joints");
  const char **joints = (const char **)need((size_t)pairs + 1, sizeof *joints);
  mm_clip_def def;
  mm_status status;
  memset(&def, 0, sizeof def);
  def.up = !strcmp(up, "z") ? MM_UP_Z : !strcmp(up, "y") ? MM_UP_Y : MM_UP_AUTO;
  def.unit = arg_real(a->given, "unit", 0);
  def.frequency = arg_real(a->given, "clip-rate", 0);
  def.rest_frame = arg_whole(a->given, "rest-frame", 0);
  def.skeleton = arg_text(a->given, "skeleton", NULL);
  def.body_model = arg_text(a->given, "body-model", NULL);
  for (int i = 0; i < pairs; i++) joints[i] = arg_nth(a->given, "joints", i);
  def.joints = joints;
  status = mm_clip_open(a->ctx, path, &def, clip, report);
  free(joints);
  return status;
}

const char *clip_words(const mm_clip *clip, const mm_clip_report *report, char *text, size_t size) {
  size_t used = (size_t)snprintf(text, size, "%s up%s", clip->up == MM_UP_Y ? "y" : "z", clip->up_detected ? " (told from the motion)" : "");
  if (report->names && used < size)
    used += (size_t)snprintf(text + used, size - used, ", %g m a unit%s, joints named as by %s (%d of %d), T-pose: %s", report->unit,
                             report->unit_detected ? " (told from the legs)" : "", report->names, report->matched, report->joints, report->rest);
  return text;
}

const char *body_name(mm_body_kind kind) {
  return kind == MM_BODY_SMPLX ? "SMPL-X" : kind == MM_BODY_SMPLH ? "SMPL-H" : "SMPL";
}

int path_ends(const char *path, const char *ending) {
  const size_t length = strlen(path), size = strlen(ending);
  if (length < size) return 0;
  for (size_t i = 0; i < size; i++) {
    const char c = path[length - size + i];
    if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != ending[i]) return 0;
  }
  return 1;
}
