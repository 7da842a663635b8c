/* >>eval-internal: what an evaluation runs on */

enum { MM_EVAL_CHUNK = 32 };   /* control steps between two looks at the results */
enum { MM_RECORD_FIELDS = 24 };

/* Roll-outs: the states of the environments go to a simulation of their own, which computes everything that follows from
   them, so that to be watched changes nothing. */
typedef struct mm_record {
  mm_context *ctx;
  mm_store *store;               /* NULL: nothing is recorded */
  const mm_model *model;
  const mm_trajectory *trajectory;
  mm_sim *sim;
  mm_field fields[MM_RECORD_FIELDS];
  int field_count, environments, observations;
  double *numbers;               /* a field of all environments */
  float *rows[MM_RECORD_FIELDS]; /* [environments][chunk + 1][size] */
  float *obs, *action;           /* [chunk + 1][environments][...] */
  int *frames;                   /* [environments] written so far */
} mm_record;

/* environments that follow clips side by side */
typedef struct mm_evaluator {
  mm_context *ctx;
  mm_learn *learn;
  mm_agent *agent;
  mm_task task;
  const mm_eval_def *def;
  int environments, longest;
  uint64_t seed;
  mm_buffer *action, *obs, *last, *signal, *batch;
  double *signals;                    /* [chunk][environments][MM_SIGNAL_COUNT] */
  double (*sums)[MM_SIGNAL_COUNT];    /* [clips] over the steps survived */
  double *numbers;                    /* observations or actions of a step on their way */
  float *singles[2];                  /* the same for an outer policy: observations, actions */
  mm_record record;
} mm_evaluator;

/* A file that was begun for roll-outs gets the names that belong to their columns. */
MM_PRIVATE mm_status mm__record_open(mm_evaluator *e, const mm_model *model, const mm_trajectory *trajectory);
MM_PRIVATE void mm__record_close(mm_record *record);
/* The clips first..first+count-1 begin: their arrays. */
MM_PRIVATE mm_status mm__record_begin(mm_evaluator *e, int first, int count);
/* The state after step t of a chunk (-1: before the first step ever) */
MM_PRIVATE mm_status mm__record_frame(mm_evaluator *e, int t);
/* The chunk's frames into the file: steps[i] of environment i, and the one before the first where it has none yet. */
MM_PRIVATE mm_status mm__record_write(mm_evaluator *e, int first, int count, const int *steps);
