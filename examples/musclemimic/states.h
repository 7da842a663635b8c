/* >>program-states: the files that forward and rollout start from */
#ifndef STATES_H
#define STATES_H

#include "app.h"

typedef struct state_array {
  mm_field field;
  int present, steps;  /* steps: 0, or T of an array [N, T, n] */
  int size;            /* n: numbers of a state */
} state_array;

/* qpos, qvel, act, ctrl, qfrc_applied, in this order */
#define STATE_ARRAYS 5
typedef struct states {
  app *a;
  const char *path;
  mm_store *store;
  int count; /* N */
  state_array arrays[STATE_ARRAYS];
} states;

extern const arg_option states_option[]; /* --in */

/* Opens the file that --in names and checks the shapes of what it holds against the model. steps: how many steps
   ctrl [N, T, nu] must have; 0: only [N, nu] is taken. On an error a message has been printed. */
int states_open(states *s, app *a, const mm_model *model, int steps);
void states_close(states *s);

/* Numbers of states first to first + count - 1 (of one step), checked to be finite; to room for rows states, where the
   last is repeated. */
int states_read(states *s, int array, int64_t first, int64_t count, int64_t step, int64_t rows,
                double *numbers);
/* Puts count states from first on into a simulation of environments >= count that was just reset, with ctrl of step 0. */
int states_set(states *s, mm_sim *sim, int64_t first, int64_t count, int environments);

#endif
