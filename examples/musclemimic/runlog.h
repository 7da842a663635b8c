/* >>program-runlog: what a training run tells of itself: lines of JSON and TensorBoard events */
#ifndef RUNLOG_H
#define RUNLOG_H

#include "app.h"

#include "events.h"

typedef struct runlog {
  app *a;
  const char *path;   /* of the lines; NULL: none */
  FILE *lines;
  events *tensorboard; /* NULL: none */
  int items;          /* of the line that is being written */
  int failed;         /* a message has been printed */
} runlog;

/* From --log and --tensorboard. A run that goes on after update first (0: from the beginning) takes out the lines of
   later ones, which it makes again. On an error a message has been printed. */
int runlog_open(runlog *log, app *a, int first, int64_t timesteps);
/* a line: begin, values, end; not finite: null, and no event */
void runlog_begin(runlog *log, int update, int64_t timesteps, double seconds);
void runlog_value(runlog *log, int64_t timesteps, const char *key, double value);
void runlog_end(runlog *log);
int runlog_close(runlog *log);

#endif
