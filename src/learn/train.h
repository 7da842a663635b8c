/* >>trainer: what a trainer holds */

enum { MM_NOTES_MAX = 16 };

struct mm_trainer {
  mm_context *ctx;
  const mm_model *model;
  mm_train_def def;
  uint64_t trajectory_hash;
  mm_learn learn;
  mm_task task;
  mm_agent agent;
  mm_ppo ppo;
  mm_buffer *signal, *signal_partial, *signal_sums; /* [steps environments][MM_SIGNAL_COUNT], sums of blocks, of all */
  int update, updates, counter;                     /* made, in all; control steps of each environment */
  mm_arena arena;
  const char *note_names[MM_NOTES_MAX], *note_texts[MM_NOTES_MAX];
  int notes;
};

MM_PRIVATE mm_ppo_def mm__trainer_ppo_def(const mm_train_def *def);
MM_PRIVATE void mm__agent_def_of(const mm_train_def *def, int observations, int actions, mm_agent_def *agent);
/* Everything but the first observations and the weights, which either begin or come from a checkpoint. */
MM_PRIVATE mm_status mm__trainer_open(mm_context *ctx, const mm_model *model, const mm_trajectory *trajectory, const mm_train_def *def,
                                      mm_trainer **trainer);
MM_PRIVATE mm_task_io mm__trainer_io(mm_trainer *trainer);
/* what the optimiser remembers, of a checkpoint with the same networks and the same optimiser */
MM_PRIVATE mm_status mm__checkpoint_optimizer(mm_store *store, mm_trainer *trainer);
/* weights and statistics of a checkpoint into an agent of the same make */
MM_PRIVATE mm_status mm__checkpoint_agent(mm_store *store, mm_agent *agent);
MM_PRIVATE mm_status mm__checkpoint_open(mm_context *ctx, const char *path, const mm_model *model, mm_store **store);
MM_PRIVATE mm_status mm__checkpoint_read_def(mm_context *ctx, mm_store *store, mm_train_def *def);
