/* >>program-figures: the figures of retargeting, as tables and as JSON */
#ifndef FIGURES_H
#define FIGURES_H

#include "app.h"

/* One report: a line for each figure with its meaning. Several: a line for each clip, and one for all. */
int figures_print(const app *a, const mm_retarget_report *reports, const char *const *names, int count, FILE *file);
/* The members of a report, into the object that is open. */
void figures_json(json *j, const mm_retarget_report *report);
/* "clips": one object each, and "all". */
int figures_json_all(const app *a, json *j, const mm_retarget_report *reports, const char *const *names, int count);

#endif
