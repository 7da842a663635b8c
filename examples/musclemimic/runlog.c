/* >>program-runlog-code: JSON lines and TensorBoard events of a training run */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "runlog.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int cannot_write(runlog *log, const char *what) {
  if (!log->failed) app_error(log->a, "%s cannot be written: %s", what, strerror(errno));
  log->failed = 1;
  return EXIT_FAILED;
}

/* where the lines of updates up to first end; a line that a kill cut short has no end and goes */
static long end_of_updates(FILE *file, int first) {
  long end = 0;
  int update = 0, c, at_begin = 1, keep = 1;
  while ((c = fgetc(file)) != EOF) {
    if (at_begin) {
      ungetc(c, file);
      keep = fscanf(file, "{\"update\": %d", &update) != 1 || update <= first;
      at_begin = 0;
      if (!keep) break;
    } else if (c == '\n') {
      end = ftell(file);
      at_begin = 1;
    }
  }
  return end;
}

static int open_lines(runlog *log, int first) {
  FILE *before = first > 0 ? fopen(log->path, "r+") : NULL;
  if (before) {
    const long end = end_of_updates(before, first);
    const int fine = end >= 0 && ftruncate(fileno(before), (off_t)end) == 0;
    if (fclose(before) || !fine) return cannot_write(log, log->path);
  }
  log->lines = fopen(log->path, "a");
  return log->lines ? EXIT_DONE : cannot_write(log, log->path);
}

int runlog_open(runlog *log, app *a, int first, int64_t timesteps) {
  const char *folder = arg_text(a->given, "tensorboard", NULL);
  int code = EXIT_DONE;
  memset(log, 0, sizeof *log);
  log->a = a;
  log->path = arg_text(a->given, "log", NULL);
  if (log->path) code = open_lines(log, first);
  if (code || !folder) return code;
  log->tensorboard = events_open(folder, timesteps);
  return log->tensorboard ? EXIT_DONE : cannot_write(log, folder);
}

void runlog_begin(runlog *log, int update, int64_t timesteps, double seconds) {
  if (log->lines) fprintf(log->lines, "{\"update\": %d, \"timesteps\": %lld, \"seconds\": %.3f", update, (long long)timesteps, seconds);
}

void runlog_value(runlog *log, int64_t timesteps, const char *key, double value) {
  const int is_finite = value - value == 0;
  if (log->lines && is_finite) fprintf(log->lines, ", \"%s\": %.7g", key, value);
  else if (log->lines) fprintf(log->lines, ", \"%s\": null", key);
  if (log->tensorboard && is_finite) events_scalar(log->tensorboard, timesteps, key, value);
}

void runlog_end(runlog *log) {
  if (log->lines && (fprintf(log->lines, "}\n") < 0 || fflush(log->lines))) cannot_write(log, log->path);
  if (log->tensorboard && !events_flush(log->tensorboard)) cannot_write(log, arg_text(log->a->given, "tensorboard", ""));
}

int runlog_close(runlog *log) {
  if (log->lines && fclose(log->lines)) cannot_write(log, log->path);
  if (!events_close(log->tensorboard)) cannot_write(log, arg_text(log->a->given, "tensorboard", ""));
  log->lines = NULL;
  log->tensorboard = NULL;
  return log->failed ? EXIT_FAILED : EXIT_DONE;
}
