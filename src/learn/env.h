/* >>env: the imitation task on the host: which numbers go where */

/* what of a model the task looks at */
typedef struct mm_task_plan {
  mm_arena arena;
  int observations, raw, state;             /* numbers of an observation; of one moment; those of them that are kept */
  int sites, record, site_at;               /* numbers of a record; where its site numbers begin */
  int *triples;                             /* [raw][3] MM_OBS_... */
  int *site_ids, *site_places;              /* [sites]: numbers in the model and places in a trajectory */
  int *hinges;                              /* qpos addresses of hinges beside the root */
  int hinge_count;
  int *couplings, coupling_count;           /* joint, the joint it depends on or -1, equality: in order */
  int ankles[2], ankle_count;               /* which sites they are */
  int is_free, x, y, z;                     /* free root; horizontal coordinates and height in qpos, -1: none */
  int root_qpos, root_qpos_count, root_dof, root_dof_count;
  int root_pos[3], root_pos_count;          /* coordinates of the root that are positions */
  mm_observation_block *blocks;
  int block_count;
} mm_task_plan;

/* A task on a simulation of its own. */
typedef struct mm_task {
  mm_learn *learn;
  const mm_model *model;
  mm_sim *sim;
  mm_task_plan plan;
  int environments, clips, frames, int_count, real_count;
  int ints[MM_TI_SIZE];
  double reals[MM_TR_SIZE];
  mm_buffer *int_buffer, *real_buffer, *reference, *scratch;
} mm_task;

/* what a task reads and writes: rows of steps, as in mm_ppo */
typedef struct mm_task_io { mm_buffer *action, *obs, *last, *signal, *batch; } mm_task_io;

MM_PRIVATE mm_status mm__task_plan(mm_context *ctx, const mm_model *model, const mm_train_def *def, mm_task_plan *plan);
MM_PRIVATE void mm__task_plan_free(mm_task_plan *plan);
/* planes: numbers of a plane of the batch. fixed: -1, or the clip of environment 0, whose neighbours get the next ones. */
MM_PRIVATE mm_status mm__task_create(mm_learn *learn, const mm_model *model, const mm_trajectory *trajectory, const mm_train_def *def,
                                     int environments, int planes, int fixed, mm_task *task);
MM_PRIVATE void mm__task_destroy(mm_task *task);
/* From its next start on, environment i follows clip first + i from its first frame. */
MM_PRIVATE mm_status mm__task_follow(mm_task *task, int first);
/* Whether anything adapts to early ends; and after a rollout of rows steps, whose signals sum to sums, adapts it. */
MM_PRIVATE int mm__task_adapts(const mm_task *task);
MM_PRIVATE mm_status mm__task_adapt(mm_task *task, mm_buffer *batch, mm_buffer *signal, mm_buffer *sums, int rows);
/* Starts all environments and observes row t; or moves them by a control step with the actions of row t and observes
   row t + 1. counter numbers the control steps since the beginning of the run. */
MM_PRIVATE mm_status mm__task_begin(mm_task *task, const mm_task_io *io, int t, int counter);
MM_PRIVATE mm_status mm__task_step(mm_task *task, const mm_task_io *io, int t, int counter);
/* a number of the trajectory's frames, names and clips */
MM_PRIVATE uint64_t mm__trajectory_hash(const mm_trajectory *trajectory);
