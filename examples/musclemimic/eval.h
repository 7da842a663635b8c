/* >>program-eval: what train and eval share: where a policy came from, and how good it is */
#ifndef EVAL_H
#define EVAL_H

#include "config.h"

/* What a run is about: the command line's model and trajectories, or those that a checkpoint names. */
typedef struct run_input {
  run_config config;          /* with the files that were given, and settings */
  char *options;              /* the words of model_options that were given, a line each */
  mm_model *model;
  mm_trajectory *trajectory;  /* clips to train on, of all files */
  mm_trajectory *held_out;    /* NULL: none */
  int whole;                  /* 1: all clips of a data set are meant, whatever their splits */
} run_input;

/* From input->config, with the model options of a->given; edits: the model is changed as the settings say. On an error a
   message has been printed. */
int input_open(app *a, int edits, run_input *input);
/* From the notes of a checkpoint; a model or trajectories that are given (not NULL, count > 0) take their place. */
int input_from_checkpoint(app *a, const char *checkpoint, const char *model_path, const char *const *paths, int count, run_input *input);
/* writes the notes that input_from_checkpoint reads */
mm_status input_note(const run_input *input, mm_trainer *trainer);
void input_close(run_input *input);

/* "MeanRelativeSiteDeviation > 0.30 m or root > 0.50 m" */
void eval_print_thresholds(const mm_eval_result *result, FILE *file);
/* a line for each clip, at most limit of them (0: all), the worst first, and one for all */
void eval_print(const mm_eval_result *result, const mm_trajectory *trajectory, int limit, FILE *file);
/* two evaluations side by side */
void eval_compare(const mm_eval_result *before, const mm_eval_result *after, FILE *file);

#endif
