/* >>program-figures-code: the figures of retargeting */
#include "figures.h"

#include <string.h>

static void print_one(const mm_retarget_report *report, FILE *file) {
  static const char *const headings[] = {"figure", ">value", "unit", "meaning"};
  table t;
  table_begin(&t, 4, headings);
#define FIGURE_ROW(key, kind, scale, digits, shown, meaning) \
  table_cell(&t, "%s", #key);                                \
  table_cell(&t, "%.*f", digits, (scale) * report->key);     \
  table_cell(&t, "%s", shown);                               \
  table_cell(&t, "%s", meaning);
  MM_RETARGET_FIGURES(FIGURE_ROW)
#undef FIGURE_ROW
  table_cell(&t, "frame_seconds");
  table_cell(&t, "%.3f", 1e3 * report->seconds / (report->frame_count ? report->frame_count : 1));
  table_cell(&t, "ms");
  table_cell(&t, "the same for a frame");
  table_end(&t, file);
}

/* X(key, heading, scale, digits): what a line for each clip has room for */
#define COLUMNS(X)                         \
  X(site_rmse, ">sites|mm rms", 1e3, 1)    \
  X(site_max, ">most|mm", 1e3, 0)          \
  X(rotation_mean, ">turn|deg", 57.29577951308232, 1) \
  X(limit_violation, ">limits|%", 1e2, 3)  \
  X(coupling_residual, ">coupling|", 1, 9) \
  X(penetration, ">below|%", 1e2, 2)       \
  X(penetration_depth, ">deepest|mm", 1e3, 1) \
  X(floating, ">floating|mm", 1e3, 1)      \
  X(foot_skate, ">skate|cm/s", 1e2, 1)     \
  X(tendon_jump, ">tendon|%", 1e2, 1)      \
  X(tendon_jumps, ">jumps|%", 1e2, 1)      \
  X(jerk, ">jerk|m/s3", 1, 0)              \
  X(seconds, ">time|s", 1, 2)

static void print_row(table *t, const char *name, const mm_retarget_report *report) {
  table_cell(t, "%s", name);
  table_cell(t, "%d", report->frame_count);
#define COLUMN_CELL(key, heading, scale, digits) table_cell(t, "%.*f", digits, (scale) * report->key);
  COLUMNS(COLUMN_CELL)
#undef COLUMN_CELL
}

int figures_print(const app *a, const mm_retarget_report *reports, const char *const *names, int count, FILE *file) {
#define COLUMN_HEADING(key, heading, scale, digits) heading,
  static const char *const headings[] = {"clip", ">frames", COLUMNS(COLUMN_HEADING)};
#undef COLUMN_HEADING
  mm_retarget_report all;
  table t;
  if (count == 1) {
    print_one(reports, file);
    return EXIT_DONE;
  }
  if (mm_retarget_total(a->ctx, reports, count, &all)) return app_failed(a);
  table_begin(&t, (int)(sizeof headings / sizeof *headings), headings);
  for (int i = 0; i < count; i++) print_row(&t, names[i], &reports[i]);
  print_row(&t, "all", &all);
  table_end(&t, file);
  return EXIT_DONE;
}

void figures_json(json *j, const mm_retarget_report *report) {
  json_whole(j, "frames", report->frame_count);
  json_whole(j, "sites", report->site_count);
  json_real(j, "scale", report->scale);
#define FIGURE_ENTRY(key, kind, scale, digits, shown, meaning) json_real(j, #key, report->key);
  MM_RETARGET_FIGURES(FIGURE_ENTRY)
#undef FIGURE_ENTRY
  json_whole(j, "contacts", report->contact_count);
  json_whole(j, "contradictions", report->contradictions);
  json_whole(j, "jump_frame", report->jump_frame);
  json_whole(j, "jump_tendon", report->jump_tendon);
  json_flag(j, "shape_ignored", report->shape_ignored);
  json_whole(j, "passes", report->passes);
  json_whole(j, "restarts", report->restarts);
}

int figures_json_all(const app *a, json *j, const mm_retarget_report *reports, const char *const *names, int count) {
  mm_retarget_report all;
  if (mm_retarget_total(a->ctx, reports, count, &all)) return app_failed(a);
  json_array(j, "clips");
  for (int i = 0; i < count; i++) {
    json_object(j, NULL);
    json_text(j, "clip", names[i]);
    figures_json(j, &reports[i]);
    json_close(j);
  }
  json_close(j);
  json_object(j, "all");
  figures_json(j, &all);
  json_close(j);
  return EXIT_DONE;
}
