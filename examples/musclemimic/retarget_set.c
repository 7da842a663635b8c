/* >>program-retarget-set-code: many clips at once, into a folder or a data set

   Every clip becomes a file of its own as soon as its batch is done, so that nothing is lost when the program ends early, and
   with its key (clip, model, settings) in it, so that the next run knows what is done:

     -o FOLDER    FOLDER/NAME.h5, bad clips FOLDER/aside/NAME.h5
     -o SET.h5    SET.h5.clips/NAME.h5 while it works, then all of them in SET.h5; bad clips SET.h5.aside/NAME.h5

   Batches are cut from the whole list, whether a clip is done or not: the same list gives the same batches. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "retarget_set.h"

#include "clips.h"
#include "figures.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const arg_option set_options[] = {
  {"limit", 0, ARG_PAIR, "NAME=VALUE", 0, 0,
   "when a clip is set aside: teleport (m), speed (m/s), reach (m), joints (share), penetration (m), floating (m), airborne "
   "(s); may be repeated"},
  {"batch", 0, ARG_WHOLE, "FRAMES", 1, 1e7, "frames that are solved at a time (default 8192)"},
  {"again", 0, ARG_FLAG, "", 0, 0, "make what is there already again"},
  {NULL, 0, ARG_FLAG, "", 0, 0, ""}
};

typedef struct set_run {
  app *a;
  const mm_model *model;
  const char *title;      /* of the model */
  mm_retarget_def def;
  collection c;
  const char *out;
  char *good, *aside;     /* folders of files of single clips */
  int in_one;             /* all good clips go into one file */
  mm_dataset *old;        /* what that file held before; NULL: nothing */
  double limits[MM_LIMIT_COUNT];
  progress bar;
  double done;            /* frames of finished batches */
  int batch_frames;       /* of the batch that is being solved */
  int told;               /* that the program is about to stop */
  int kept, made, bad, stale;
  double seconds;
} set_run;

static char *text_of(const char *format, const char *a, const char *b) {
  const size_t size = strlen(format) + strlen(a) + strlen(b) + 1;
  char *text = (char *)need(size, 1);
  snprintf(text, size, format, a, b);
  return text;
}

static int is_folder(const char *path) {
  struct stat found;
  return !stat(path, &found) && S_ISDIR(found.st_mode);
}

int set_is_meant(const args *given) {
  const char *out = arg_text(given, "out", ""), *first = arg_operand(given, 0);
  return arg_operands(given) != 2 || arg_count(given, "list") || arg_count(given, "split") || arg_count(given, "mirror") ||
         is_folder(first) || is_folder(out) || !(path_ends(out, ".h5") || path_ends(out, ".hdf5"));
}

/* the folders above a file */
static int make_folders(const app *a, const char *path) {
  char *part = text_of("%s%s", path, "");
  int code = EXIT_DONE;
  for (char *at = part + 1; *at && !code; at++) {
    if (*at != '/') continue;
    *at = 0;
    if (mkdir(part, 0777) && errno != EEXIST) code = app_error(a, "%s: cannot be made: %s", part, strerror(errno));
    *at = '/';
  }
  free(part);
  return code;
}

/* the folders above a file, as far as they are empty and lie below root */
static void remove_folders(const char *path, const char *root) {
  char *part = text_of("%s%s", path, "");
  char *slash;
  while ((slash = strrchr(part, '/')) != NULL && (size_t)(slash - part) >= strlen(root)) {
    *slash = 0;
    if (rmdir(part)) break;
  }
  free(part);
}

static char *file_in(const char *folder, const item *it) {
  char *base = text_of("%s/%s", folder, it->name), *path = text_of("%s%s", base, ".h5");
  free(base);
  return path;
}

/* the clip of an item as it was recorded, or in the mirror, under the item's name */
static mm_status open_clip(const set_run *r, const item *it, mm_clip **clip) {
  mm_clip_report reading;
  mm_status status = app_clip(r->a, it->path, clip, &reading);
  if (!status && it->mirrored) {
    mm_clip *image = NULL;
    status = mm_clip_mirror(*clip, &image);
    mm_clip_destroy(*clip);
    *clip = image;
  }
  if (!status) status = mm_clip_rename(*clip, it->name);
  return status;
}

/* borrows the texts of the item */
static void record_of(const item *it, mm_clip_record *record) {
  memset(record, 0, sizeof *record);
  record->source = it->path;
  record->split = (char *)it->split;
  record->key = it->key;
  record->mirrored = it->mirrored;
  record->report = it->report;
}

static void set_aside(item *it, const char *why) {
  it->state = ITEM_ASIDE;
  free(it->why);
  it->why = why ? text_of("%s%s", why, "") : NULL;
}

/* an error that concerns this clip alone; others end the run */
static int is_of_clip(mm_status status) {
  return status == MM_E_DATA || status == MM_E_PARSE || status == MM_E_UNSUPPORTED || status == MM_E_FILE || status == MM_E_ARGUMENT;
}

/* the same of solving, where what is unsupported is the model */
static int is_of_solved_clip(mm_status status) { return status == MM_E_DATA || status == MM_E_PARSE || status == MM_E_FILE; }

/* what is in a file of the item's name; 1: it was made of the same clip with the same settings */
static int is_done(set_run *r, item *it, const char *path) {
  mm_dataset *set = NULL;
  int same = 0;
  if (access(path, R_OK) || mm_dataset_open(r->a->ctx, path, r->model, &set)) return 0;
  if (set->clip_count == 1 && set->records[0].key == it->key) {
    it->report = set->records[0].report;
    same = 1;
  } else {
    r->stale++;
  }
  mm_dataset_close(set);
  return same;
}

static int is_in_old(set_run *r, item *it) {
  for (int i = 0; r->old && i < r->old->clip_count; i++)
    if (!strcmp(r->old->clip_names[i], it->name)) {
      if (r->old->records[i].key != it->key) {
        r->stale++;
        return 0;
      }
      it->report = r->old->records[i].report;
      it->old = i + 1;
      return 1;
    }
  return 0;
}

static int is_kept(set_run *r, item *it) {
  char *good = file_in(r->good, it), *aside = file_in(r->aside, it);
  const int stale = r->stale;
  const int found = !arg_count(r->a->given, "again") && (is_in_old(r, it) || is_done(r, it, good) || is_done(r, it, aside));
  if (r->stale > stale) r->stale = found ? stale : stale + 1;
  free(good);
  free(aside);
  return found;
}

/* reads a clip to know what it is, and whether it is good and done */
static int look_at(set_run *r, item *it) {
  mm_clip *clip = NULL;
  mm_status status;
  char text[512];
  if (!it->path) {
    set_aside(it, "there is no file of this name");
    return EXIT_DONE;
  }
  status = open_clip(r, it, &clip);
  if (!status) status = mm_clip_inspect(clip, &it->verdict);
  if (!status) {
    const double rate = r->def.frequency > 0 ? r->def.frequency : 100;
    it->frames = (int)((clip->frame_count - 1) / clip->frequency * rate + 1e-6) + 1;
    it->key = mm_retarget_key(clip, r->model, &r->def);
    it->limit = mm_clip_exceeds(&it->verdict, r->limits);
    if (it->limit == MM_LIMIT_TELEPORT) {
      snprintf(text, sizeof text, "%s, frame %d", mm_skeleton_joint_name(it->verdict.joint), it->verdict.frame + 1);
      set_aside(it, text);
    } else if (it->limit != MM_LIMIT_COUNT) {
      set_aside(it, NULL);
    }
  }
  mm_clip_destroy(clip);
  if (status && !is_of_clip(status)) return app_failed(r->a);
  if (status) set_aside(it, mm_error(r->a->ctx));
  else if (it->state == ITEM_WAITS && is_kept(r, it)) it->state = ITEM_KEPT;
  return EXIT_DONE;
}

static int read_all(set_run *r) {
  int code = EXIT_DONE;
  progress_begin(&r->bar, "read", r->c.count, "clips", arg_count(r->a->given, "quiet"));
  for (int i = 0; i < r->c.count && !code && !stop_requested(); i++) {
    code = look_at(r, &r->c.items[i]);
    progress_set(&r->bar, i + 1, NULL);
  }
  progress_end(&r->bar);
  return code;
}

static int on_progress(double fraction, void *user) {
  set_run *r = (set_run *)user;
  if (stop_requested() && !r->told) {
    progress_end(&r->bar);
    fprintf(stderr, "musclemimic retarget: %s: stops after the clips in work; Ctrl-C again ends at once\n", stop_name());
    r->told = 1;
  }
  progress_set(&r->bar, r->done + fraction * r->batch_frames, NULL);
  return 0;
}

mm_status set_save(mm_context *ctx, const char *path, const mm_trajectory *t, const mm_clip_record *record) {
  mm_dataset_writer *w = NULL;
  mm_status status = mm_dataset_create(ctx, path, t, t->frame_count, &w);
  if (!status) status = mm_dataset_add(w, t, record);
  if (!status) status = mm_dataset_commit(w);
  mm_dataset_end(w);
  return status;
}

/* a clip's own file */
static int save_file(set_run *r, const item *it, const mm_trajectory *t, const char *path) {
  mm_clip_record record;
  if (make_folders(r->a, path)) return EXIT_FAILED;
  record_of(it, &record);
  return set_save(r->a->ctx, path, t, &record) ? app_failed(r->a) : EXIT_DONE;
}

/* a clip of the old set as a file of its own */
static int copy_old(set_run *r, const item *it, const char *path) {
  mm_trajectory *t = NULL;
  int code;
  if (mm_dataset_clip(r->old, it->old - 1, &t)) return app_failed(r->a);
  code = save_file(r, it, t, path);
  mm_trajectory_destroy(t);
  return code;
}

/* Good or bad by its report: the file goes where it belongs. */
static int file_away(set_run *r, item *it) {
  char *good = file_in(r->good, it), *aside = file_in(r->aside, it);
  int code = EXIT_DONE;
  mm_retarget_inspect(&it->report, &it->verdict);
  it->reported = 1;
  it->limit = mm_clip_exceeds(&it->verdict, r->limits);
  if (it->limit != MM_LIMIT_COUNT) {
    set_aside(it, NULL);
    code = make_folders(r->a, aside);
    if (!code && it->old) {
      code = copy_old(r, it, aside);
    } else if (!code && !access(good, F_OK)) {
      if (rename(good, aside)) code = app_error(r->a, "%s: cannot be moved to %s: %s", good, aside, strerror(errno));
      remove_folders(good, r->good);
    }
  } else if (!access(aside, F_OK)) {
    code = make_folders(r->a, good);
    if (!code && access(good, F_OK) && rename(aside, good)) code = app_error(r->a, "%s: cannot be moved to %s: %s", aside, good, strerror(errno));
    else if (!code) (void)unlink(aside); /* of an earlier run */
    remove_folders(aside, r->aside);
  }
  free(good);
  free(aside);
  return code;
}

static int save_one(set_run *r, item *it, const mm_trajectory *t) {
  char *path = file_in(r->good, it), *aside = file_in(r->aside, it);
  const int code = save_file(r, it, t, path);
  if (!code) (void)unlink(aside); /* of an earlier run */
  free(path);
  free(aside);
  it->old = 0;
  it->state = ITEM_MADE;
  return code ? code : file_away(r, it);
}

/* items [count] that wait; a clip that fails where others are with it is tried alone */
static int retarget_items(set_run *r, item **items, int count) {
  mm_clip **clips = (mm_clip **)need((size_t)count, sizeof *clips);
  mm_trajectory **made = (mm_trajectory **)need((size_t)count, sizeof *made);
  mm_retarget_report *reports = (mm_retarget_report *)need((size_t)count, sizeof *reports);
  mm_status status = MM_OK;
  int code = EXIT_DONE;
  for (int i = 0; i < count && !status; i++) status = open_clip(r, items[i], &clips[i]);
  if (!status) status = mm_retarget_clips(r->a->ctx, (const mm_clip *const *)clips, count, r->model, &r->def, made, reports);
  for (int i = 0; i < count; i++) mm_clip_destroy(clips[i]);
  if (!status) {
    for (int i = 0; i < count; i++) {
      items[i]->report = reports[i];
      if (!code) code = save_one(r, items[i], made[i]);
      mm_trajectory_destroy(made[i]);
    }
  } else if (!is_of_solved_clip(status)) {
    code = app_failed(r->a);
  } else if (count == 1) {
    set_aside(items[0], mm_error(r->a->ctx));
  } else {
    for (int i = 0; i < count && !code; i++) code = retarget_items(r, items + i, 1);
  }
  free(clips);
  free(made);
  free(reports);
  return code;
}

static int retarget_all(set_run *r) {
  const int most = arg_whole(r->a->given, "batch", 8192), quiet = arg_count(r->a->given, "quiet");
  item **batch = (item **)need((size_t)r->c.count, sizeof *batch);
  const double begun = now_seconds();
  double frames = 0;
  int code = EXIT_DONE;
  for (int i = 0; i < r->c.count; i++)
    if (r->c.items[i].state == ITEM_WAITS) frames += r->c.items[i].frames;
  progress_begin(&r->bar, "retarget", frames, "frames", quiet);
  for (int i = 0; i < r->c.count && !code && !stop_requested();) {
    int room = most, count = 0, waiting = 0;
    do {
      item *it = &r->c.items[i++];
      room -= it->frames;
      if (it->state != ITEM_WAITS) continue;
      batch[count++] = it;
      waiting += it->frames;
    } while (i < r->c.count && r->c.items[i].frames <= room);
    if (!count) continue;
    r->batch_frames = waiting;
    code = retarget_items(r, batch, count);
    r->done += waiting;
    progress_set(&r->bar, r->done, NULL);
  }
  progress_end(&r->bar);
  r->seconds = now_seconds() - begun;
  free(batch);
  return code;
}

/* what was there already is judged by the limits of today */
static int file_kept(set_run *r) {
  int code = EXIT_DONE;
  for (int i = 0; i < r->c.count && !code; i++)
    if (r->c.items[i].state == ITEM_KEPT) code = file_away(r, &r->c.items[i]);
  return code;
}

/* one file of all good clips */

static int is_in(const item *it) { return it->state == ITEM_KEPT || it->state == ITEM_MADE; }

/* whether the old set holds just these clips in this order under these splits */
static int is_current(const set_run *r) {
  int at = 0;
  for (int i = 0; r->old && i < r->c.count; i++) {
    const item *it = &r->c.items[i];
    const char *split = r->old && at < r->old->clip_count && r->old->records[at].split ? r->old->records[at].split : "";
    if (!is_in(it)) continue;
    if (it->old != ++at || strcmp(split, it->split ? it->split : "")) return 0;
  }
  return r->old && at == r->old->clip_count;
}

static int add_clip(set_run *r, const item *it, mm_dataset_writer *w) {
  char *path = file_in(r->good, it);
  mm_dataset *own = NULL;
  mm_trajectory *t = NULL;
  mm_clip_record record;
  mm_status status = MM_OK;
  record_of(it, &record);
  if (!it->old) status = mm_dataset_open(r->a->ctx, path, r->model, &own);
  if (!status) status = mm_dataset_clip(it->old ? r->old : own, it->old ? it->old - 1 : 0, &t);
  if (!status) status = mm_dataset_add(w, t, &record);
  mm_trajectory_destroy(t);
  mm_dataset_close(own);
  free(path);
  return status ? app_failed(r->a) : EXIT_DONE;
}

/* the folders of single clips go once the set is there */
static void remove_files(set_run *r) {
  for (int i = 0; i < r->c.count; i++) {
    char *path = file_in(r->good, &r->c.items[i]);
    if (is_in(&r->c.items[i])) (void)unlink(path);
    remove_folders(path, r->good);
    free(path);
  }
  (void)rmdir(r->good);
}

static int join_all(set_run *r) {
  mm_dataset_writer *w = NULL;
  mm_trajectory *like = NULL;
  int64_t frames = 0;
  int code = EXIT_DONE, count = 0;
  for (int i = 0; i < r->c.count; i++) {
    if (!is_in(&r->c.items[i])) continue;
    frames += r->c.items[i].report.frame_count;
    count++;
  }
  if (!count || is_current(r)) return EXIT_DONE;
  if (mm_trajectory_create(r->model, "", 1, r->def.frequency > 0 ? r->def.frequency : 100, &like)) return app_failed(r->a);
  if (make_folders(r->a, r->out) || mm_dataset_create(r->a->ctx, r->out, like, frames, &w)) code = app_failed(r->a);
  mm_trajectory_destroy(like);
  progress_begin(&r->bar, "write", count, "clips", arg_count(r->a->given, "quiet"));
  for (int i = 0, done = 0; i < r->c.count && !code; i++) {
    if (!is_in(&r->c.items[i])) continue;
    code = add_clip(r, &r->c.items[i], w);
    progress_set(&r->bar, ++done, NULL);
  }
  progress_end(&r->bar);
  if (!code && mm_dataset_commit(w)) code = app_failed(r->a);
  mm_dataset_end(w);
  if (!code) remove_files(r);
  return code;
}

/* what came of it */

typedef struct shown_limit { const char *name, *unit, *meaning; double scale; int digits; } shown_limit;

static shown_limit limit_of(int limit) {
  static const shown_limit list[] = {
#define SHOWN_LIMIT(upper, name, normal, scale, digits, unit, meaning) {#name, unit, meaning, scale, digits},
    MM_CLIP_LIMITS(SHOWN_LIMIT)
#undef SHOWN_LIMIT
  };
  return list[limit];
}

static void print_aside(const set_run *r) {
  static const char *const headings[] = {"set aside", "because of", ">found", ">limit", "unit", "where"};
  table t;
  table_begin(&t, 6, headings);
  for (int i = 0; i < r->c.count; i++) {
    const item *it = &r->c.items[i];
    if (it->state != ITEM_ASIDE) continue;
    table_cell(&t, "%s", it->name);
    if (it->limit == MM_LIMIT_COUNT) {
      table_cell(&t, "unreadable");
      for (int k = 0; k < 3; k++) table_cell(&t, "%s", "");
    } else {
      const shown_limit s = limit_of((int)it->limit);
      table_cell(&t, "%s", s.name);
      table_cell(&t, "%.*f", s.digits, s.scale * it->verdict.value[it->limit]);
      table_cell(&t, "%.*f", s.digits, s.scale * r->limits[it->limit]);
      table_cell(&t, "%s", s.unit);
    }
    table_cell(&t, "%.400s", it->why ? it->why : "");
  }
  table_end(&t, stdout);
  putchar('\n');
}

static void print_limits(const set_run *r) {
  static const char *const headings[] = {"limit", ">most", "unit", ">clips beyond", "meaning"};
  table t;
  table_begin(&t, 5, headings);
  for (int k = 0; k < MM_LIMIT_COUNT; k++) {
    const shown_limit s = limit_of(k);
    int beyond = 0;
    for (int i = 0; i < r->c.count; i++) beyond += !(r->c.items[i].verdict.value[k] <= r->limits[k]);
    table_cell(&t, "%s", s.name);
    table_cell(&t, "%.*f", s.digits, s.scale * r->limits[k]);
    table_cell(&t, "%s", s.unit);
    table_cell(&t, "%d", beyond);
    table_cell(&t, "%s", s.meaning);
  }
  table_end(&t, stdout);
}

static void count_splits(set_run *r) {
  for (int i = 0; i < r->c.count; i++)
    for (int k = 0; k < r->c.split_count; k++)
      if (is_in(&r->c.items[i]) && r->c.items[i].split == r->c.splits[k].name) r->c.splits[k].count++;
  for (int k = 0; k < r->c.split_count; k++)
    if (!r->c.splits[k].count) app_warning(r->a, "no clip is in the split '%s'", r->c.splits[k].name);
}

/* the reports and names of the clips that are in, in their order */
static int gather(const set_run *r, mm_retarget_report **reports, const char ***names) {
  int count = 0;
  *reports = (mm_retarget_report *)need((size_t)r->c.count, sizeof **reports);
  *names = (const char **)need((size_t)r->c.count, sizeof **names);
  for (int i = 0; i < r->c.count; i++) {
    if (!is_in(&r->c.items[i])) continue;
    (*reports)[count] = r->c.items[i].report;
    (*names)[count++] = r->c.items[i].name;
  }
  return count;
}

static void print_summary(const set_run *r, int count) {
  char text[32];
  double made = 0;
  for (int i = 0; i < r->c.count; i++)
    if (r->c.items[i].state == ITEM_MADE || (r->c.items[i].state == ITEM_ASIDE && r->c.items[i].reported)) made += r->c.items[i].report.frame_count;
  printf("%d clips -> %s: %d in, of which %d were there already; %d set aside", r->c.count, r->title, count, r->kept, r->bad);
  if (r->stale) printf("; %d were of other clips, models or settings and made again", r->stale);
  printf("\n");
  if (r->made && r->seconds > 0) printf("%s frames in %.1f s, %.0f a second\n", with_commas(made, text), r->seconds, made / r->seconds);
  for (int k = 0; k < r->c.split_count; k++) printf("%s%s: %d clips", k ? ", " : "", r->c.splits[k].name, r->c.splits[k].count);
  if (r->c.split_count) printf("\n");
  if (r->c.ignored) printf("%d files of other kinds were passed over\n", r->c.ignored);
  printf("\n");
}

static int print_tables(const set_run *r, const mm_retarget_report *reports, const char *const *names, int count) {
  print_summary(r, count);
  if (count && figures_print(r->a, reports, names, count, stdout)) return EXIT_FAILED;
  if (count) putchar('\n');
  if (r->bad) print_aside(r);
  print_limits(r);
  printf("\n%s\n", r->out);
  if (r->bad && is_folder(r->aside)) printf("%s: what was made of those set aside\n", r->aside);
  return EXIT_DONE;
}

static void json_item(json *j, const set_run *r, const item *it) {
  json_object(j, NULL);
  json_text(j, "clip", it->name);
  json_text(j, "source", it->path);
  json_text(j, "split", it->split);
  json_flag(j, "mirrored", it->mirrored);
  if (it->state == ITEM_ASIDE) {
    json_text(j, "because_of", it->limit == MM_LIMIT_COUNT ? "unreadable" : mm_clip_limit_name(it->limit));
    json_text(j, "text", it->why);
    if (it->limit != MM_LIMIT_COUNT) {
      json_real(j, "found", it->verdict.value[it->limit]);
      json_real(j, "limit", r->limits[it->limit]);
    }
  } else {
    json_flag(j, "was_there", it->state == ITEM_KEPT);
  }
  if (it->reported) figures_json(j, &it->report);
  json_close(j);
}

static int print_json(const set_run *r, const mm_retarget_report *reports, int count) {
  mm_retarget_report all;
  json j;
  json_begin(&j, stdout);
  json_text(&j, "out", r->out);
  json_text(&j, "model", r->title);
  json_whole(&j, "in", count);
  json_whole(&j, "was_there", r->kept);
  json_whole(&j, "set_aside", r->bad);
  json_whole(&j, "made_again", r->stale);
  json_real(&j, "seconds", r->seconds);
  for (int aside = 0; aside < 2; aside++) {
    json_array(&j, aside ? "aside" : "clips");
    for (int i = 0; i < r->c.count; i++)
      if ((r->c.items[i].state == ITEM_ASIDE) == aside) json_item(&j, r, &r->c.items[i]);
    json_close(&j);
  }
  json_object(&j, "limits");
  for (int k = 0; k < MM_LIMIT_COUNT; k++) json_real(&j, mm_clip_limit_name((mm_clip_limit)k), r->limits[k]);
  json_close(&j);
  json_object(&j, "splits");
  for (int k = 0; k < r->c.split_count; k++) json_whole(&j, r->c.splits[k].name, r->c.splits[k].count);
  json_close(&j);
  if (count) {
    if (mm_retarget_total(r->a->ctx, reports, count, &all)) return app_failed(r->a);
    json_object(&j, "all");
    figures_json(&j, &all);
    json_close(&j);
  }
  json_end(&j);
  return EXIT_DONE;
}

static int tell(set_run *r) {
  mm_retarget_report *reports;
  const char **names;
  int count, code;
  for (int i = 0; i < r->c.count; i++) {
    r->kept += r->c.items[i].state == ITEM_KEPT;
    r->made += r->c.items[i].state == ITEM_MADE;
    r->bad += r->c.items[i].state == ITEM_ASIDE;
  }
  count_splits(r);
  count = gather(r, &reports, &names);
  code = arg_count(r->a->given, "json") ? print_json(r, reports, count) : print_tables(r, reports, names, count);
  free(reports);
  free(names);
  return code ? code : r->bad ? EXIT_SOME : EXIT_DONE;
}

static int tell_stopped(const set_run *r) {
  int done = 0;
  for (int i = 0; i < r->c.count; i++) done += r->c.items[i].state == ITEM_MADE || r->c.items[i].state == ITEM_KEPT;
  app_error(r->a, "stopped by %s: %d of %d clips are done and kept in %s; the same command goes on from there", stop_name(), done, r->c.count, r->good);
  return EXIT_STOPPED;
}

static int read_limits(set_run *r) {
  const char *pair;
  mm_clip_limits_default(r->limits);
  for (int i = 0; (pair = arg_nth(r->a->given, "limit", i)) != NULL; i++) {
    const char *equals = strchr(pair, '=');
    char *end = NULL;
    int k = 0;
    while (k < MM_LIMIT_COUNT && (strlen(mm_clip_limit_name((mm_clip_limit)k)) != (size_t)(equals - pair) ||
                                  strncmp(mm_clip_limit_name((mm_clip_limit)k), pair, (size_t)(equals - pair))))
      k++;
    if (k == MM_LIMIT_COUNT) return usage_error("retarget", "--limit %s: there is no such limit", pair);
    r->limits[k] = strtod(equals + 1, &end);
    if (!equals[1] || *end || !(r->limits[k] >= 0)) return usage_error("retarget", "--limit %s: must be a number from 0 on", pair);
  }
  return EXIT_DONE;
}

/* what -o means, and what is there of an earlier run */
static int open_places(set_run *r) {
  r->in_one = path_ends(r->out, ".h5") || path_ends(r->out, ".hdf5");
  r->good = text_of(r->in_one ? "%s.clips%s" : "%s%s", r->out, "");
  r->aside = text_of(r->in_one ? "%s.aside%s" : "%s/aside%s", r->out, "");
  if (r->in_one && is_folder(r->out)) return app_error(r->a, "%s: is a folder; a data set is one file", r->out);
  if (!r->in_one && !access(r->out, F_OK) && !is_folder(r->out))
    return app_error(r->a, "%s: is a file; name a folder for a file of each clip, or a data set that ends in .h5", r->out);
  /* another model's clips, or no data set at all: it is replaced when the new one is whole */
  if (r->in_one && !access(r->out, R_OK) && mm_dataset_open(r->a->ctx, r->out, r->model, &r->old)) r->old = NULL;
  return EXIT_DONE;
}

int retarget_set(app *a, const mm_model *model, const char *title, const mm_retarget_def *def) {
  set_run r;
  int code;
  memset(&r, 0, sizeof r);
  r.a = a;
  r.model = model;
  r.title = title;
  r.out = arg_text(a->given, "out", NULL);
  memcpy(&r.def, def, sizeof r.def);
  r.def.progress = on_progress;
  r.def.user = &r;
  code = read_limits(&r);
  if (!code) code = collect(a, 0, arg_operands(a->given) - 1, &r.c);
  if (!code) code = open_places(&r);
  if (!code) code = read_all(&r);
  if (!code && !stop_requested()) code = file_kept(&r);
  if (!code && !stop_requested()) code = retarget_all(&r);
  if (!code && stop_requested()) code = tell_stopped(&r);
  else if (!code && r.in_one) code = join_all(&r);
  if (!code) code = tell(&r);
  mm_dataset_close(r.old);
  collection_free(&r.c);
  free(r.good);
  free(r.aside);
  return code;
}
