/* >>program-config: a run's configuration: a YAML file, settings from the command line, and the text of both */
#ifndef CONFIG_H
#define CONFIG_H

#include "app.h"

/* a list of texts that grows */
typedef struct words {
  char **list;
  int count;
} words;
void words_add(words *w, const char *text);
void words_free(words *w);

/* What a run is: settings, and the files it is about. Paths are those of the file, seen from the working folder. */
typedef struct run_config {
  mm_train_def def;
  char preset[16];       /* whose values the settings had that the file does not name */
  char *model;           /* NULL: not said */
  words trajectories;    /* files */
  words clips;           /* patterns of clip names; none: all */
  words validation;      /* files of clips that are held out */
  double validation_fraction; /* share of the clips that is held out, where there are no such files */
} run_config;

/* whether a name is that of a configuration: it ends in .yaml or .yml */
int config_is(const char *path);
/* Reads a file; everything in it must be known, of the right type and in range. On an error a message with file and line
   has been printed. config_free is needed in either case. */
int config_load(app *a, const char *path, run_config *config);
/* A preset by name alone. */
int config_preset(app *a, const char *preset, run_config *config);
/* the --set options of the command line, KEY=VALUE or SECTION.KEY=VALUE */
int config_set(app *a, run_config *config);
void config_free(run_config *config);
/* The model of a path, which may be that of a configuration. On an error a message has been printed. */
int config_model(app *a, const char *path, run_config *config, mm_model **model);

/* As YAML that config_load reads; explained: with units and meanings. */
void config_print(const run_config *config, int explained, FILE *file);

#endif
