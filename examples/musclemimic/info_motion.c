/* >>program-info-motion-code: what clips, markers and tables hold */
#include "info_motion.h"

#include "clips.h"
#include "sheet.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOINTS MM_SMPL_JOINTS

/* what is looked at in a clip */
typedef struct clip_figures {
  double low[3], high[3];        /* m, of the pelvis */
  double lowest, lowest_high;    /* m, of the lowest joint of a foot: least, and its most over the frames */
  double speed, fastest;         /* m/s, of the pelvis: mean over the ground, most */
  int fastest_frame;
  double angle[JOINTS], turning[JOINTS]; /* rad from rest, rad/s: most */
  int turning_frame[JOINTS];
} clip_figures;

static double angle_between(const double *a, const double *b) {
  const double dot = fabs(a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3]);
  return dot >= 1 ? 0 : 2 * acos(dot);
}

/* the joint's own rotation: its parent's turned back */
static void local_turn(const mm_skeleton *s, const double *q, int joint, double *local) {
  const double *own = q + 4 * joint, still[4] = {1, 0, 0, 0}, *parent = s->parent[joint] < 0 ? still : q + 4 * s->parent[joint];
  local[0] = parent[0] * own[0] + parent[1] * own[1] + parent[2] * own[2] + parent[3] * own[3];
  local[1] = parent[0] * own[1] - parent[1] * own[0] - parent[2] * own[3] + parent[3] * own[2];
  local[2] = parent[0] * own[2] + parent[1] * own[3] - parent[2] * own[0] - parent[3] * own[1];
  local[3] = parent[0] * own[3] - parent[1] * own[2] + parent[2] * own[1] - parent[3] * own[0];
}

static void look_at_frame(const mm_clip *clip, const mm_skeleton *s, const double *x, const double *q, int f, clip_figures *c) {
  static const int feet[4] = {7, 8, 10, 11};
  const double still[4] = {1, 0, 0, 0}, *before = x - 3 * JOINTS;
  double lowest = x[3 * feet[0] + 2], step = 0, level = 0;
  for (int k = 0; k < 3; k++) {
    if (f == 0 || x[k] < c->low[k]) c->low[k] = x[k];
    if (f == 0 || x[k] > c->high[k]) c->high[k] = x[k];
  }
  for (int i = 1; i < 4; i++) lowest = fmin(lowest, x[3 * feet[i] + 2]);
  c->lowest = f == 0 ? lowest : fmin(c->lowest, lowest);
  c->lowest_high = f == 0 ? lowest : fmax(c->lowest_high, lowest);
  for (int j = 1; j < JOINTS; j++) {
    double now[4], then[4];
    local_turn(s, q, j, now);
    c->angle[j] = fmax(c->angle[j], angle_between(now, still));
    if (f == 0) continue;
    local_turn(s, q - 4 * JOINTS, j, then);
    if (angle_between(now, then) * clip->frequency > c->turning[j]) {
      c->turning[j] = angle_between(now, then) * clip->frequency;
      c->turning_frame[j] = f;
    }
  }
  if (f == 0) return;
  for (int k = 0; k < 3; k++) {
    step += (x[k] - before[k]) * (x[k] - before[k]);
    if (k == 1) level = step;
  }
  c->speed += sqrt(level) * clip->frequency / (clip->frame_count - 1);
  if (sqrt(step) * clip->frequency > c->fastest) {
    c->fastest = sqrt(step) * clip->frequency;
    c->fastest_frame = f;
  }
}

/* warnings of what a retargeter would stumble over */
static void judge_clip(app *a, const mm_clip *clip, const mm_skeleton *skeleton, const clip_figures *c, const mm_clip_report *report) {
  const double degree = 57.29577951308232;
  if (skeleton->betas_ignored)
    app_warning(a, "no segment lengths are published for shapes of the neutral body: betas are left out (--body-model FILE.npz makes them exact)");
  if (c->fastest > 12) app_warning(a, "the pelvis moves at %.1f m/s at frame %d: a jump in the recording?", c->fastest, c->fastest_frame + 1);
  for (int j = 1; j < JOINTS; j++)
    if (c->turning[j] > 50)
      app_warning(a, "%s turns at %.0f deg/s at frame %d: a jump in the recording?", mm_skeleton_joint_name(j),
                  degree * c->turning[j], c->turning_frame[j] + 1);
  if (c->lowest > 0.2) app_warning(a, "the feet are never lower than %.2f m: the floor is not at 0", c->lowest);
  if (c->lowest < -0.1) app_warning(a, "a foot is %.2f m below 0: the floor is not at 0", -c->lowest);
  if (clip->frequency < 20) app_warning(a, "%g frames a second are few for motion", clip->frequency);
  if (report->max_error > 0.05)
    app_warning(a, "joints of the clip are up to %.0f mm from those of the recording: it has joints that SMPL does not have",
                1000 * report->max_error);
}

static void show_joints(sheet *s, const clip_figures *c) {
  static const char *const headings[] = {"joint", ">largest angle|deg", ">fastest|deg/s"};
  static const char *const keys[] = {"joint", "largest_angle_rad", "fastest_rad_s"};
  const double scale = s->as_json ? 1 : 57.29577951308232;
  sheet_table(s, "joints", 3, headings, keys);
  for (int j = 1; j < JOINTS; j++) {
    sheet_cell_text(s, mm_skeleton_joint_name(j));
    sheet_cell_real(s, scale * c->angle[j], 1);
    sheet_cell_real(s, scale * c->turning[j], 0);
  }
  sheet_table_end(s);
}

static void show_clip(app *a, const char *path, const mm_clip *clip, const mm_clip_report *report, const mm_skeleton *skeleton,
                      const clip_figures *c) {
  char words[512], betas[64];
  int nonzero = 0;
  sheet s;
  for (int b = 0; b < clip->beta_count; b++) nonzero += clip->betas[b] != 0;
  snprintf(betas, sizeof betas, "%d, %d of them not 0", clip->beta_count, nonzero);
  judge_clip(a, clip, skeleton, c, report);
  sheet_begin(&s, arg_count(a->given, "json"));
  sheet_text(&s, "file", "file", path);
  sheet_text(&s, "format", "format", report->format);
  sheet_whole(&s, "frames", "frames", clip->frame_count, "");
  sheet_real(&s, "frequency", "rate", clip->frequency, 3, "Hz");
  sheet_real(&s, "duration", "duration", (clip->frame_count - 1) / clip->frequency, 3, "s");
  if (s.as_json) {
    json_text(&s.j, "up", clip->up == MM_UP_Y ? "y" : "z");
    json_flag(&s.j, "up_detected", clip->up_detected);
    json_whole(&s.j, "beta_count", clip->beta_count);
    json_flag(&s.j, "betas_ignored", skeleton->betas_ignored);
  } else {
    sheet_text(&s, NULL, "read as", clip_words(clip, report, words, sizeof words));
  }
  if (!report->names) {
    sheet_text(&s, "body", "body", body_name(clip->kind));
    sheet_whole(&s, "joint_count", "joints", clip->joint_count, "");
    sheet_text(&s, "gender", "gender", mm_gender_name(clip->gender));
    if (!s.as_json) sheet_text(&s, NULL, "betas", betas);
  } else if (s.as_json) {
    json_text(&s.j, "names", report->names);
    json_whole(&s.j, "joint_count", report->joints);
    json_whole(&s.j, "matched", report->matched);
    json_text(&s.j, "rest", report->rest);
    json_real(&s.j, "unit", report->unit);
    json_flag(&s.j, "unit_detected", report->unit_detected);
    json_real(&s.j, "mean_error", report->mean_error);
    json_real(&s.j, "max_error", report->max_error);
  } else {
    sheet_range(&s, NULL, "fit", 1000 * report->mean_error, 1000 * report->max_error, 2, "mm from the recording's joints (mean, most)");
  }
  sheet_text(&s, "skeleton", "skeleton", mm_skeleton_source_text(skeleton->source));
  sheet_real(&s, "height", "ankle to head", mm_skeleton_height(skeleton), 3, "m");
  sheet_range(&s, "pelvis_x", "pelvis x", c->low[0], c->high[0], 3, "m");
  sheet_range(&s, "pelvis_y", "pelvis y", c->low[1], c->high[1], 3, "m");
  sheet_range(&s, "pelvis_z", "pelvis z", c->low[2], c->high[2], 3, "m");
  sheet_range(&s, "lowest_foot", "lowest foot", c->lowest, c->lowest_high, 3, "m (z up)");
  sheet_real(&s, "speed", "mean speed", c->speed, 2, "m/s over the ground");
  sheet_real(&s, "fastest", "fastest", c->fastest, 2, "m/s");
  show_joints(&s, c);
  sheet_texts(&s, "warnings", "warning", a->warning_count, (const char *const *)a->warnings);
  sheet_end(&s);
}

static int clip_info(app *a, const char *path) {
  mm_clip *clip = NULL;
  mm_clip_report report;
  mm_skeleton skeleton;
  clip_figures figures;
  double *x, *q;
  size_t frames;
  memset(&figures, 0, sizeof figures);
  if (app_clip(a, path, &clip, &report)) return app_failed(a);
  if (mm_clip_skeleton(clip, &skeleton)) {
    mm_clip_destroy(clip);
    return app_failed(a);
  }
  frames = (size_t)clip->frame_count;
  x = (double *)need(frames * 3 * JOINTS, sizeof *x);
  q = (double *)need(frames * 4 * JOINTS, sizeof *q);
  mm_clip_joints(clip, &skeleton, x, q);
  for (int f = 0; f < clip->frame_count; f++)
    look_at_frame(clip, &skeleton, x + (size_t)f * 3 * JOINTS, q + (size_t)f * 4 * JOINTS, f, &figures);
  show_clip(a, path, clip, &report, &skeleton, &figures);
  free(x);
  free(q);
  mm_clip_destroy(clip);
  return EXIT_DONE;
}

static void marker_range(const mm_markers *m, int i, double *low, double *high, int *seen) {
  *seen = 0;
  for (int k = 0; k < 3; k++) low[k] = high[k] = NAN;
  for (int f = 0; f < m->frame_count; f++) {
    const double *x = m->positions + ((size_t)f * (size_t)m->marker_count + (size_t)i) * 3;
    if (x[0] != x[0]) continue;
    ++*seen;
    for (int k = 0; k < 3; k++) {
      low[k] = fmin(low[k], x[k]);
      high[k] = fmax(high[k], x[k]);
    }
  }
}

/* The body stands on the floor: along the vertical the lowest marker of a frame stays where it is. NULL: no telling */
static const char *markers_up(const mm_markers *m) {
  static const char *const names[] = {"x", "y", "z"};
  double spread[3];
  int best = 0;
  for (int k = 0; k < 3; k++) {
    double sum = 0, square = 0, count = 0;
    for (int f = 0; f < m->frame_count; f++) {
      double low = NAN;
      for (int i = 0; i < m->marker_count; i++) low = fmin(low, m->positions[((size_t)f * (size_t)m->marker_count + (size_t)i) * 3 + (size_t)k]);
      if (low != low) continue;
      sum += low;
      square += low * low;
      count++;
    }
    spread[k] = count > 1 ? sqrt(fmax(0, square / count - sum * sum / (count * count))) : 0;
    if (spread[k] < spread[best]) best = k;
  }
  for (int k = 0; k < 3; k++)
    if (k != best && !(spread[k] > 2 * spread[best] && spread[k] > 0.01)) return NULL;
  return names[best];
}

static void judge_markers(app *a, const mm_markers *m) {
  for (int i = 0; i < m->marker_count; i++)
    for (int k = 0; k < i; k++)
      if (!strcmp(m->marker_names[i], m->marker_names[k])) {
        app_warning(a, "two markers are called %s (%d and %d)", m->marker_names[i], k + 1, i + 1);
        break;
      }
}

static void show_markers(sheet *s, const mm_markers *m) {
  static const char *const headings[] = {"marker", ">seen|%", ">x from|m", ">to|m", ">y from|m", ">to|m", ">z from|m", ">to|m"};
  static const char *const keys[] = {"name", "seen_percent", "x_low", "x_high", "y_low", "y_high", "z_low", "z_high"};
  sheet_table(s, "markers", 8, headings, keys);
  for (int i = 0; i < m->marker_count; i++) {
    double low[3], high[3];
    int seen;
    marker_range(m, i, low, high, &seen);
    sheet_cell_text(s, m->marker_names[i]);
    sheet_cell_real(s, 100.0 * seen / m->frame_count, 1);
    for (int k = 0; k < 3; k++) {
      sheet_cell_real(s, low[k], 3);
      sheet_cell_real(s, high[k], 3);
    }
  }
  sheet_table_end(s);
}

static void show_channels(sheet *s, const mm_markers *m) {
  static const char *const headings[] = {"channel", "unit", ">least", ">mean", ">most"}, *const keys[] = {"name", "unit", "least", "mean", "most"};
  const size_t rows = (size_t)m->frame_count * (size_t)m->analog_samples, width = (size_t)m->analog_count;
  if (!m->analog_count) return;
  sheet_table(s, "channels", 5, headings, keys);
  for (size_t i = 0; i < width; i++) {
    double low = NAN, high = NAN, sum = 0;
    for (size_t r = 0; r < rows; r++) {
      low = fmin(low, m->analog[r * width + i]);
      high = fmax(high, m->analog[r * width + i]);
      sum += m->analog[r * width + i] / (double)rows;
    }
    sheet_cell_text(s, m->analog_names[i]);
    sheet_cell_text(s, m->analog_units[i]);
    sheet_cell_real(s, low, 4);
    sheet_cell_real(s, sum, 4);
    sheet_cell_real(s, high, 4);
  }
  sheet_table_end(s);
}

static void show_events(sheet *s, const mm_markers *m) {
  static const char *const headings[] = {"event", ">time|s"}, *const keys[] = {"name", "time"};
  if (!m->event_count) return;
  sheet_table(s, "events", 2, headings, keys);
  for (int i = 0; i < m->event_count; i++) {
    sheet_cell_text(s, m->event_names[i]);
    sheet_cell_real(s, m->event_times[i], 3);
  }
  sheet_table_end(s);
}

static int markers_info(app *a, const char *path) {
  mm_markers *m = NULL;
  const char *up;
  sheet s;
  const int is_c3d = path_ends(path, ".c3d");
  if (is_c3d ? mm_c3d_load(a->ctx, path, &m) : mm_trc_load(a->ctx, path, &m)) return app_failed(a);
  judge_markers(a, m);
  up = markers_up(m);
  sheet_begin(&s, arg_count(a->given, "json"));
  sheet_text(&s, "file", "file", path);
  sheet_text(&s, "format", "format", is_c3d ? "C3D" : "TRC");
  sheet_whole(&s, "frames", "frames", m->frame_count, "");
  sheet_whole(&s, "first_frame", "first frame", m->first_frame, "");
  sheet_real(&s, "frequency", "rate", m->frequency, 3, "Hz");
  sheet_real(&s, "duration", "duration", (m->frame_count - 1) / m->frequency, 3, "s");
  sheet_whole(&s, "marker_count", "markers", m->marker_count, "");
  sheet_real(&s, "unit", "unit of file", m->unit, 4, "m");
  sheet_text(&s, "up", "up axis", up ? up : s.as_json ? NULL : "not told by the motion");
  if (m->analog_count) {
    sheet_whole(&s, "analog_count", "channels", m->analog_count, "analog");
    sheet_real(&s, "analog_frequency", "their rate", m->frequency * m->analog_samples, 3, "Hz");
  }
  if (is_c3d) sheet_whole(&s, "plate_count", "force plates", m->plate_count, "");
  show_markers(&s, m);
  show_channels(&s, m);
  show_events(&s, m);
  sheet_texts(&s, "warnings", "warning", a->warning_count, (const char *const *)a->warnings);
  sheet_end(&s);
  mm_markers_destroy(m);
  return EXIT_DONE;
}

static void show_columns(sheet *s, const mm_columns *c) {
  static const char *const headings[] = {"column", ">least", ">mean", ">most"}, *const keys[] = {"name", "least", "mean", "most"};
  sheet_table(s, "columns", 4, headings, keys);
  for (int i = 1; i < c->column_count; i++) {
    double low = NAN, high = NAN, sum = 0, count = 0;
    for (int r = 0; r < c->row_count; r++) {
      const double x = c->values[(size_t)r * (size_t)c->column_count + (size_t)i];
      if (x != x) continue;
      low = fmin(low, x);
      high = fmax(high, x);
      sum += x;
      count++;
    }
    sheet_cell_text(s, c->column_names[i]);
    sheet_cell_real(s, low, 4);
    sheet_cell_real(s, sum / count, 4);
    sheet_cell_real(s, high, 4);
  }
  sheet_table_end(s);
}

static int columns_info(app *a, const char *path) {
  mm_columns *c = NULL;
  sheet s;
  double first, last;
  if (mm_mot_load(a->ctx, path, &c)) return app_failed(a);
  first = c->values[0];
  last = c->values[(size_t)(c->row_count - 1) * (size_t)c->column_count];
  if (c->uneven) app_warning(a, "the rows are not equally far apart in time");
  if (c->degrees < 0) app_warning(a, "the file does not say whether angles are in degrees");
  sheet_begin(&s, arg_count(a->given, "json"));
  sheet_text(&s, "file", "file", path);
  sheet_text(&s, "format", "format", path_ends(path, ".sto") ? "OpenSim storage" : "OpenSim motion");
  sheet_text(&s, "title", "title", c->title);
  sheet_whole(&s, "rows", "rows", c->row_count, "");
  sheet_range(&s, "time", "time", first, last, 3, "s");
  sheet_real(&s, "frequency", "rate", c->frequency, 3, c->uneven ? "Hz on average" : "Hz");
  sheet_text(&s, "angles", "angles in", c->degrees == 1 ? "degrees" : c->degrees == 0 ? "radians" : s.as_json ? NULL : "not said");
  show_columns(&s, c);
  sheet_texts(&s, "warnings", "warning", a->warning_count, (const char *const *)a->warnings);
  sheet_end(&s);
  mm_columns_destroy(c);
  return EXIT_DONE;
}

/* an .npz is a clip where it has poses and positions */
static int npz_is_clip(app *a, const char *path) {
  static const char *const poses[] = {"poses", "fullpose", "full_pose", "smpl_poses", "root_orient", "global_orient"};
  static const char *const places[] = {"trans", "transl", "smpl_trans", "root_trans", "translation"};
  mm_npz *npz = NULL;
  int found = 0, placed = 0;
  if (mm_npz_open(a->ctx, path, &npz)) return 0;
  for (int i = 0; i < 6; i++) found |= mm_npz_has(npz, poses[i]);
  for (int i = 0; i < 5; i++) placed |= mm_npz_has(npz, places[i]);
  mm_npz_close(npz);
  return found && placed;
}

int recording_is(app *a, const char *path) {
  static const char *const endings[] = {".bvh", ".amc", ".c3d", ".trc", ".mot", ".sto", ".asf", ".pkl"}; /* the last two: what to do instead */
  for (int i = 0; i < 8; i++)
    if (path_ends(path, endings[i])) return 1;
  return trajectory_is(a, path) || (path_ends(path, ".npz") && npz_is_clip(a, path));
}

int recording_info(app *a, const char *path) {
  a->warnings_silent = 1;
  if (path_ends(path, ".c3d") || path_ends(path, ".trc")) return markers_info(a, path);
  if (path_ends(path, ".mot") || path_ends(path, ".sto")) return columns_info(a, path);
  if (trajectory_is(a, path)) return trajectory_info(a, path);
  return clip_info(a, path);
}
