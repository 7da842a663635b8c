/* >>program-info-trajectory: what trajectories hold, ours and the published ones */
#include "info_motion.h"

#include "clips.h"
#include "sheet.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int store_is_trajectory(app *a, const char *path) {
  mm_store *store = NULL;
  char schema[64] = "";
  if (mm_store_open(a->ctx, path, NULL, &store)) return 0;
  if (mm_store_has_attribute(store, "/", "schema")) (void)mm_store_get_text(store, "/", "schema", schema, sizeof schema);
  mm_store_close(store);
  return !strcmp(schema, "musclemimic-trajectory");
}

static int npz_is_trajectory(app *a, const char *path) {
  mm_npz *npz = NULL;
  int found;
  if (mm_npz_open(a->ctx, path, &npz)) return 0;
  found = mm_npz_has(npz, "qpos") && mm_npz_has(npz, "split_points") && mm_npz_has(npz, "joint_names") && mm_npz_has(npz, "frequency");
  mm_npz_close(npz);
  return found;
}

int trajectory_is(app *a, const char *path) {
  if (path_ends(path, ".h5") || path_ends(path, ".hdf5")) return store_is_trajectory(a, path);
  return path_ends(path, ".npz") && npz_is_trajectory(a, path);
}

/* of one coordinate */
typedef struct span { double low, high, sum, fastest; } span;

/* what is shown of either kind: rows of coordinates under names */
typedef struct shown {
  const char *format, *model;
  char hash[32];
  double frequency;
  int frames, clips, width, sites;
  span *spans;              /* [width] */
  const int *split;         /* [clips + 1] */
  const char *const *clip_names; /* NULL: none */
  const mm_clip_record *records; /* [clips] with figures of retargeting; NULL: none */
  const mm_clip_record *splits;  /* [clips] with splits; NULL: none */
  char **names;             /* [width] of the coordinates */
} shown;

/* joints are one coordinate each, but for a free joint that goes first */
static char **coordinate_names(int width, int joints, const char *const *names) {
  static const char *const parts[7] = {"x", "y", "z", "qw", "qx", "qy", "qz"};
  const int root = width == joints + 6;
  char **list = (char **)need((size_t)width, sizeof *list);
  for (int i = 0; i < width; i++) {
    char text[300];
    const int joint = root ? (i < 7 ? 0 : i - 6) : i;
    if (width != joints && !root) snprintf(text, sizeof text, "qpos %d", i);
    else snprintf(text, sizeof text, "%.280s%s%s", names[joint], root && i < 7 ? " " : "", root && i < 7 ? parts[i] : "");
    list[i] = (char *)need(strlen(text) + 1, 1);
    strcpy(list[i], text);
  }
  return list;
}

/* one clip's rows are taken in, so that no more than a clip need be in memory */
static void take_rows(shown *t, const double *qpos, int frames) {
  for (int i = 0; i < t->width; i++) {
    span *s = &t->spans[i];
    for (int f = 0; f < frames; f++) {
      const double x = qpos[(size_t)f * (size_t)t->width + (size_t)i];
      s->low = fmin(s->low, x);
      s->high = fmax(s->high, x);
      s->sum += x / t->frames;
      if (f) s->fastest = fmax(s->fastest, fabs(x - qpos[(size_t)(f - 1) * (size_t)t->width + (size_t)i]) * t->frequency);
    }
  }
}

static void make_spans(shown *t) {
  t->spans = (span *)need((size_t)t->width, sizeof *t->spans);
  for (int i = 0; i < t->width; i++) t->spans[i].low = t->spans[i].high = NAN;
}

static void show_coordinates(sheet *s, const shown *t) {
  static const char *const headings[] = {"coordinate", ">least|m, rad", ">mean", ">most", ">fastest|1/s"};
  static const char *const keys[] = {"name", "least", "mean", "most", "fastest"};
  sheet_table(s, "coordinates", 5, headings, keys);
  for (int i = 0; i < t->width; i++) {
    sheet_cell_text(s, t->names[i]);
    sheet_cell_real(s, t->spans[i].low, 4);
    sheet_cell_real(s, t->spans[i].sum, 4);
    sheet_cell_real(s, t->spans[i].high, 4);
    sheet_cell_real(s, t->spans[i].fastest, 2);
  }
  sheet_table_end(s);
}

/* X(key, heading, figure, scale, digits): of retargeting, where the file knows them */
#define FIGURES(X)                                                   \
  X(site_rmse, ">sites|mm rms", 1e3, 1)                              \
  X(limit_violation, ">limits|%", 1e2, 3)                            \
  X(coupling_residual, ">coupling|", 1, 9)                           \
  X(penetration, ">below|%", 1e2, 2)                                 \
  X(floating, ">floating|mm", 1e3, 1)                                \
  X(foot_skate, ">skate|cm/s", 1e2, 1)                               \
  X(tendon_jump, ">tendon|%", 1e2, 1)                                \
  X(jerk, ">jerk|m/s3", 1, 0)

static void show_clips(sheet *s, const shown *t) {
#define FIGURE_HEADING(key, heading, scale, digits) heading,
#define FIGURE_KEY(key, heading, scale, digits) #key,
  static const char *const headings[] = {">clip", "name", ">frames", ">duration|s", "split", FIGURES(FIGURE_HEADING)};
  static const char *const keys[] = {"clip", "name", "frames", "duration", "split", FIGURES(FIGURE_KEY)};
  const int columns = t->records ? (int)(sizeof keys / sizeof *keys) : t->splits ? 5 : 4;
  sheet_table(s, "clips", columns, headings, keys);
  for (int c = 0; c < t->clips; c++) {
    const int frames = t->split[c + 1] - t->split[c];
    sheet_cell_whole(s, c + 1);
    sheet_cell_text(s, t->clip_names ? t->clip_names[c] : "");
    sheet_cell_whole(s, frames);
    sheet_cell_real(s, (frames - 1) / t->frequency, 2);
    if (columns > 4) sheet_cell_text(s, t->splits && t->splits[c].split ? t->splits[c].split : "");
#define FIGURE_CELL(key, heading, scale, digits) sheet_cell_real(s, s->as_json ? t->records[c].report.key : (scale) * t->records[c].report.key, digits);
    if (t->records) { FIGURES(FIGURE_CELL) }
  }
  sheet_table_end(s);
}

/* the splits with how many clips and frames each has */
static void show_splits(sheet *s, const shown *t) {
  static const char *const headings[] = {"split", ">clips", ">frames", ">duration|s"}, *const keys[] = {"split", "clips", "frames", "duration"};
  sheet_table(s, "splits", 4, headings, keys);
  for (int c = 0; c < t->clips; c++) {
    const char *name = t->splits[c].split ? t->splits[c].split : "";
    int clips = 0, frames = 0, first = 1;
    for (int k = 0; k < t->clips; k++) {
      if (strcmp(name, t->splits[k].split ? t->splits[k].split : "")) continue;
      if (k < c) first = 0;
      clips++;
      frames += t->split[k + 1] - t->split[k];
    }
    if (!first) continue;
    sheet_cell_text(s, name[0] ? name : "(none)");
    sheet_cell_whole(s, clips);
    sheet_cell_whole(s, frames);
    sheet_cell_real(s, (frames - clips) / t->frequency, 2);
  }
  sheet_table_end(s);
}

static void show_trajectory(app *a, const char *path, const shown *t) {
  sheet s;
  sheet_begin(&s, arg_count(a->given, "json"));
  sheet_text(&s, "file", "file", path);
  sheet_text(&s, "format", "format", t->format);
  if (t->model) sheet_text(&s, "model", "model", t->model);
  if (t->hash[0]) sheet_text(&s, "model_hash", "model hash", t->hash);
  sheet_whole(&s, "clip_count", "clips", t->clips, "");
  sheet_whole(&s, "frames", "frames", t->frames, "");
  sheet_real(&s, "frequency", "rate", t->frequency, 3, "Hz");
  sheet_real(&s, "duration", "duration", (t->frames - t->clips) / t->frequency, 2, "s");
  sheet_whole(&s, "nq", "coordinates", t->width, "");
  sheet_whole(&s, "site_count", "mimic sites", t->sites, "");
  if (t->splits) show_splits(&s, t);
  if (t->clips > 1 || t->clip_names) show_clips(&s, t);
  show_coordinates(&s, t);
  sheet_texts(&s, "warnings", "warning", a->warning_count, (const char *const *)a->warnings);
  sheet_end(&s);
}

static int own_info(app *a, const char *path) {
  mm_dataset *set = NULL;
  mm_status status = MM_OK;
  shown s;
  memset(&s, 0, sizeof s);
  if (mm_dataset_open(a->ctx, path, NULL, &set)) return app_failed(a);
  s.format = set->recorded ? "data set" : "trajectory";
  s.model = set->model_name;
  snprintf(s.hash, sizeof s.hash, "%016llx", (unsigned long long)set->model_hash);
  s.frequency = set->frequency;
  s.frames = set->frame_count;
  s.clips = set->clip_count;
  s.width = set->nq;
  s.sites = set->site_count;
  s.split = set->split_points;
  s.clip_names = (const char *const *)set->clip_names;
  s.names = coordinate_names(set->nq, set->joint_count, (const char *const *)set->joint_names);
  if (set->recorded) s.records = set->records;
  for (int c = 0; c < set->clip_count; c++)
    if (set->records[c].split) s.splits = set->records;
  make_spans(&s);
  for (int c = 0; c < set->clip_count && !status; c++) {
    mm_trajectory *t = NULL;
    status = mm_dataset_clip(set, c, &t);
    if (!status) take_rows(&s, t->qpos, t->frame_count);
    mm_trajectory_destroy(t);
  }
  if (!status) show_trajectory(a, path, &s);
  for (int i = 0; i < s.width; i++) free(s.names[i]);
  free(s.names);
  free(s.spans);
  mm_dataset_close(set);
  return status ? app_failed(a) : EXIT_DONE;
}

/* the arrays of a published trajectory that are shown; without a model nothing is computed from them */
static mm_status published_read(app *a, mm_npz *npz, const char *path, shown *s, int **split) {
  const double *qpos;
  int64_t qpos_shape[2] = {-1, -1}, split_count = -1, one[MM_RANK_MAX];
  const mm_npz_array *names, *rate;
  const double *splits, *frequency;
  mm_status status = mm_npz_reals(npz, "qpos", 2, qpos_shape, &qpos);
  if (!status) status = mm_npz_reals(npz, "split_points", 1, &split_count, &splits);
  if (!status) status = mm_npz_get(npz, "joint_names", &names);
  if (!status) status = mm_npz_get(npz, "frequency", &rate);
  if (status) return status;
  memcpy(one, rate->shape, sizeof one);
  status = mm_npz_reals(npz, "frequency", rate->rank, one, &frequency);
  if (status) return status;
  if (names->type != MM_DTYPE_TEXT || rate->count != 1 || qpos_shape[0] < 1 || qpos_shape[0] > 100000000 || qpos_shape[1] < 1 ||
      qpos_shape[1] > 100000 || split_count < 2 || split_count > qpos_shape[0] + 1 || !(frequency[0] > 0)) {
    app_error(a, "%s: qpos, split_points, joint_names and frequency are not those of a trajectory", path);
    return MM_E_DATA;
  }
  s->frames = (int)qpos_shape[0];
  s->width = (int)qpos_shape[1];
  s->clips = (int)split_count - 1;
  s->frequency = frequency[0];
  *split = (int *)need((size_t)split_count, sizeof **split);
  for (int i = 0; i <= s->clips; i++) {
    if (!(splits[i] >= (i ? (*split)[i - 1] + 1 : 0) && splits[i] <= s->frames)) {
      app_error(a, "%s: split_points do not part the %d frames", path, s->frames);
      return MM_E_DATA;
    }
    (*split)[i] = (int)splits[i];
  }
  make_spans(s);
  for (int c = 0; c < s->clips; c++) take_rows(s, qpos + (size_t)(*split)[c] * (size_t)s->width, (*split)[c + 1] - (*split)[c]);
  s->names = coordinate_names(s->width, (int)names->count, (const char *const *)names->data);
  if (mm_npz_has(npz, "site_names") && !mm_npz_get(npz, "site_names", &names)) s->sites = (int)names->count;
  return MM_OK;
}

static int published_info(app *a, const char *path) {
  mm_npz *npz = NULL;
  shown s;
  int *split = NULL;
  mm_status status;
  memset(&s, 0, sizeof s);
  s.format = "published trajectory (.npz)";
  if (mm_npz_open(a->ctx, path, &npz)) return app_failed(a);
  status = published_read(a, npz, path, &s, &split);
  s.split = split;
  if (!status) show_trajectory(a, path, &s);
  else if (status != MM_E_DATA) app_failed(a);
  for (int i = 0; s.names && i < s.width; i++) free(s.names[i]);
  free(s.names);
  free(s.spans);
  free(split);
  mm_npz_close(npz);
  return status ? EXIT_FAILED : EXIT_DONE;
}

int trajectory_info(app *a, const char *path) { return path_ends(path, ".npz") ? published_info(a, path) : own_info(a, path); }
