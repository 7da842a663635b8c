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

/* what is shown of either kind: rows of coordinates under names */
typedef struct shown {
  const char *format, *model;
  char hash[32];
  double frequency;
  int frames, clips, width, sites;
  const double *qpos;       /* [frames, width] */
  const int *split;         /* [clips + 1] */
  const char *const *clip_names; /* NULL: none */
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

static void show_coordinates(sheet *s, const shown *t) {
  static const char *const headings[] = {"coordinate", ">least|m, rad", ">mean", ">most", ">fastest|1/s"};
  static const char *const keys[] = {"name", "least", "mean", "most", "fastest"};
  sheet_table(s, "coordinates", 5, headings, keys);
  for (int i = 0; i < t->width; i++) {
    double low = NAN, high = NAN, sum = 0, fastest = 0;
    for (int c = 0; c < t->clips; c++)
      for (int f = t->split[c]; f < t->split[c + 1]; f++) {
        const double x = t->qpos[(size_t)f * (size_t)t->width + (size_t)i];
        low = fmin(low, x);
        high = fmax(high, x);
        sum += x / t->frames;
        if (f > t->split[c]) fastest = fmax(fastest, fabs(x - t->qpos[(size_t)(f - 1) * (size_t)t->width + (size_t)i]) * t->frequency);
      }
    sheet_cell_text(s, t->names[i]);
    sheet_cell_real(s, low, 4);
    sheet_cell_real(s, sum, 4);
    sheet_cell_real(s, high, 4);
    sheet_cell_real(s, fastest, 2);
  }
  sheet_table_end(s);
}

static void show_clips(sheet *s, const shown *t) {
  static const char *const headings[] = {">clip", "name", ">frames", ">duration|s"}, *const keys[] = {"clip", "name", "frames", "duration"};
  sheet_table(s, "clips", 4, headings, keys);
  for (int c = 0; c < t->clips; c++) {
    const int frames = t->split[c + 1] - t->split[c];
    sheet_cell_whole(s, c + 1);
    sheet_cell_text(s, t->clip_names ? t->clip_names[c] : "");
    sheet_cell_whole(s, frames);
    sheet_cell_real(s, (frames - 1) / t->frequency, 2);
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
  if (t->clips > 1 || t->clip_names) show_clips(&s, t);
  show_coordinates(&s, t);
  sheet_texts(&s, "warnings", "warning", a->warning_count, (const char *const *)a->warnings);
  sheet_end(&s);
}

static int own_info(app *a, const char *path) {
  mm_trajectory *t = NULL;
  shown s;
  memset(&s, 0, sizeof s);
  if (mm_trajectory_load(a->ctx, path, NULL, &t)) return app_failed(a);
  s.format = "trajectory";
  s.model = t->model_name;
  snprintf(s.hash, sizeof s.hash, "%016llx", (unsigned long long)t->model_hash);
  s.frequency = t->frequency;
  s.frames = t->frame_count;
  s.clips = t->clip_count;
  s.width = t->nq;
  s.sites = t->site_count;
  s.qpos = t->qpos;
  s.split = t->split_points;
  s.clip_names = (const char *const *)t->clip_names;
  s.names = coordinate_names(t->nq, t->joint_count, (const char *const *)t->joint_names);
  show_trajectory(a, path, &s);
  for (int i = 0; i < s.width; i++) free(s.names[i]);
  free(s.names);
  mm_trajectory_destroy(t);
  return EXIT_DONE;
}

/* the arrays of a published trajectory that are shown; without a model nothing is computed from them */
static mm_status published_read(app *a, mm_npz *npz, const char *path, shown *s, int **split) {
  int64_t qpos_shape[2] = {-1, -1}, split_count = -1, one[MM_RANK_MAX];
  const mm_npz_array *names, *rate;
  const double *splits, *frequency;
  mm_status status = mm_npz_reals(npz, "qpos", 2, qpos_shape, &s->qpos);
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
  free(split);
  mm_npz_close(npz);
  return status ? EXIT_FAILED : EXIT_DONE;
}

int trajectory_info(app *a, const char *path) { return path_ends(path, ".npz") ? published_info(a, path) : own_info(a, path); }
