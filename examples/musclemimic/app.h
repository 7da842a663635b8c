/* >>program-app: what all commands share: the context, messages, models and fields */
#ifndef APP_H
#define APP_H

#include "musclemimic.h"

#include "args.h"
#include "json.h"
#include "progress.h"
#include "table.h"

#include <stdint.h>

typedef struct app {
  const args *given;
  mm_context *ctx;
  char **warnings; /* what the library warned of */
  int warning_count, warnings_silent; /* silent: only collected */
} app;

extern const arg_option model_options[];  /* --no-fingers, --remove-joints, … */
extern const arg_option device_options[]; /* --backend, --device, … */

/* Makes the context from device_options (where the command has them). On an error a message has been printed. */
int app_begin(app *a, const args *given);
/* Releases the context; returns code. */
int app_end(app *a, int code);
/* Prints the library's last error; returns EXIT_FAILED. */
int app_failed(const app *a);
/* Prints "musclemimic COMMAND: …"; returns EXIT_FAILED. */
#if defined(__GNUC__) || defined(__clang__)
__attribute__((format(printf, 2, 3)))
#endif
int app_error(const app *a, const char *format, ...);
#if defined(__GNUC__) || defined(__clang__)
__attribute__((format(printf, 2, 3)))
#endif
void app_warning(app *a, const char *format, ...);

/* The model with the changes that model_options ask for. */
mm_status app_model(app *a, const char *path, mm_model **model);
/* and those of the settings of training; model_options come before them, --set-option after */
mm_status app_model_for(app *a, const char *path, const mm_train_def *def, mm_model **model);
/* the same as a puppet for retargeting by physics */
mm_status app_puppet_for(app *a, const char *path, const mm_train_def *def, mm_model **puppet);
/* "myofullbody.xml without fingers, 3 joints removed" */
const char *app_model_title(const app *a, const char *path, char *text, size_t size);

/* memory, or the end of the program with a message */
void *need(size_t count, size_t size);

/* The shape of a field in one environment, [rows] or [rows, columns]; returns the rank. */
int field_shape(const mm_model *model, mm_field field, int64_t shape[2]);
/* "world", or NULL when the numbers belong to no frame */
const char *field_frame(mm_field field);

#endif
