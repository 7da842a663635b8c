/* >>program-keep: the checkpoints of a run: the latest, the last few, the best */
#ifndef KEEP_H
#define KEEP_H

#include "app.h"

/* policy.h5 is always the latest. --keep K leaves the last K as policy-000120.h5 (the update in the name), and the best of
   the validations is policy-best.h5. They are further names of the same file, so they cost no writing. */
typedef struct keeper {
  app *a;
  const char *path;
  int keep;        /* numbered ones; 0: none */
  double saved;    /* s, when */
  int update;      /* of the latest one; -1: none yet */
  int failures;    /* in a row */
} keeper;

void keeper_begin(keeper *k, app *a, const char *path);
/* must 0: what cannot be written now is only warned of, and the last good one stays. Prints the message of an error. */
int keeper_save(keeper *k, mm_trainer *trainer, int must);
/* The one just saved is also the best. */
int keeper_best(keeper *k, mm_trainer *trainer);
/* "policy-best.h5" for "policy.h5"; to be given to free() */
char *keeper_name(const char *path, const char *what);

#endif
