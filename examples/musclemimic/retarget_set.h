/* >>program-retarget-set: many clips at once, into a folder or a data set */
#ifndef RETARGET_SET_H
#define RETARGET_SET_H

#include "collect.h"

extern const arg_option set_options[]; /* --limit, --batch, --again */

/* 1: the command line means more than one clip, or something else than one file with a trajectory */
int set_is_meant(const args *given);
/* Retargets what the command line names. def as for mm_retarget, without progress. */
int retarget_set(app *a, const mm_model *model, const char *title, const mm_retarget_def *def);

/* A trajectory with a record of its one clip. */
mm_status set_save(mm_context *ctx, const char *path, const mm_trajectory *t, const mm_clip_record *record);

#endif
