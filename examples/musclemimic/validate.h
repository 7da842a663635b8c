/* >>program-validate: evaluations during a training run */
#ifndef VALIDATE_H
#define VALIDATE_H

#include "eval.h"
#include "keep.h"
#include "runlog.h"

typedef struct validation {
  app *a;
  const mm_trajectory *clips; /* NULL: there is no validation */
  int every;                  /* updates */
  int best_update;            /* -1: none yet */
  double best[3];             /* success rate, frames followed of all, minus the mean relative site error */
  double last[3];
} validation;

/* Of the clips held out, or, where --validate-every is given and there are none, of those trained on. A run that goes on
   knows the best one so far from its checkpoint (NULL: it does not go on). */
int validation_begin(validation *v, app *a, const run_input *input, int updates, const char *checkpoint);
int validation_due(const validation *v, int update);
/* Evaluates, logs, saves a checkpoint and remembers it where it is the best. A signal ends it without a result. */
int validation_run(validation *v, mm_trainer *trainer, const mm_train_report *report, double seconds, runlog *log, keeper *keep);

#endif
