/* >>net: networks on a device: what the learner's kernels need of the host */

/* a device with the learner's kernels */
typedef struct mm_learn {
  mm_context *ctx;
  mm_device *device;
  mm_program *program;
  size_t bytes;          /* of the buffers made so far */
} mm_learn;

/* Dense layer: weight [inputs][outputs], then bias and, in hidden layers, gain and offset, each padded to 16 numbers. */
typedef struct mm_dense { int inputs, outputs, weight_at, bias_at; } mm_dense;

/* Hidden layers and an output layer, with room for what a number of rows leaves behind in each. */
typedef struct mm_mlp {
  int count;                    /* layers, the output layer included */
  mm_dense *layers;             /* [count] */
  mm_buffer **h, **y, **scale;  /* [count - 1]: normalised sums, outputs [rows][outputs]; 1 / standard deviation [rows] */
  mm_buffer *out;               /* [rows][outputs] without the bias */
} mm_mlp;

/* What a network is made of. */
typedef struct mm_agent_def {
  int observations, actions;
  const int *actor_hidden, *critic_hidden;
  int actor_layers, critic_layers;  /* hidden ones */
  double layernorm_eps;             /* 0: no normalisation */
  int actor_rows, critic_rows;      /* most rows that are computed at once */
} mm_agent_def;

/* Gaussian policy and value function side by side, with the statistics that normalise their inputs. */
typedef struct mm_agent {
  mm_learn *learn;
  mm_arena arena;
  int observations, actions, log_std_at, size; /* size: parameters with their padding */
  double eps;
  mm_mlp actor, critic;
  mm_buffer *params;                           /* [size] */
  mm_buffer *stats;                            /* mean, variance, 1/sqrt(variance + 1e-8), each padded [observations] */
  double seen;                                 /* observations in the statistics, and 1e-6 */
  mm_buffer *x;                                /* normalised observations [most rows][observations] */
  mm_buffer *moments;                          /* partial sums for the statistics */
} mm_agent;

MM_PRIVATE mm_status mm__learn_open(mm_context *ctx, mm_learn *learn);
MM_PRIVATE void mm__learn_close(mm_learn *learn);
MM_PRIVATE size_t mm__learn_real_size(const mm_learn *learn);
MM_PRIVATE mm_status mm__learn_reals(mm_learn *learn, size_t count, mm_buffer **buffer);
MM_PRIVATE mm_status mm__learn_ints(mm_learn *learn, size_t count, mm_buffer **buffer);
MM_PRIVATE void mm__learn_release(mm_learn *learn, mm_buffer *buffer);
/* count numbers from or to place at of a buffer, in the precision of the device */
MM_PRIVATE mm_status mm__learn_write(mm_learn *learn, mm_buffer *buffer, size_t at, const double *values, size_t count);
MM_PRIVATE mm_status mm__learn_read(mm_learn *learn, mm_buffer *buffer, size_t at, double *values, size_t count);
MM_PRIVATE mm_status mm__learn_write_ints(mm_learn *learn, mm_buffer *buffer, const int *values, size_t count);
/* Runs a kernel for work independent pieces (1: one group). kinds: a letter for each argument that follows,
   b mm_buffer *, i int, r double. */
MM_PRIVATE mm_status mm__learn_run(mm_learn *learn, const char *kernel, int work, const char *kinds, ...);
MM_PRIVATE mm_status mm__learn_gemm(mm_learn *learn, const mm_gemm *gemm);

MM_PRIVATE int mm__padded(int n); /* to a multiple of 16 */
MM_PRIVATE int mm__blocks(int n, int block);

MM_PRIVATE mm_status mm__agent_create(mm_learn *learn, const mm_agent_def *def, mm_agent *agent);
MM_PRIVATE void mm__agent_destroy(mm_agent *agent);
/* Orthogonal weights (gain sqrt 2, output layers 0.01), zero biases, log_std = log(init_std); statistics of nothing. */
MM_PRIVATE mm_status mm__agent_init(mm_agent *agent, uint64_t seed, double init_std);
MM_PRIVATE mm_status mm__mlp_forward(mm_agent *agent, mm_mlp *mlp, int first, int rows);
/* statistics with rows more observations, into another buffer or themselves; order NULL: rows as they lie */
MM_PRIVATE mm_status mm__agent_observe(mm_agent *agent, mm_buffer *x, mm_buffer *order, int first, int rows, mm_buffer *stats);
MM_PRIVATE mm_status mm__agent_normalize(mm_agent *agent, mm_buffer *x, mm_buffer *order, int first, int to, int rows,
                                         mm_buffer *stats);

/* rows orthonormal vectors of length columns, from random normal numbers of a seed and a stream */
MM_PRIVATE mm_status mm__orthonormal(mm_context *ctx, uint64_t seed, int stream, int rows, int columns, double *vectors);

/* what the gradients of one minibatch need */
typedef struct mm_back {
  mm_buffer *grads;          /* as params */
  mm_buffer *g;              /* [rows][widest layer] */
  mm_buffer *partial;        /* [blocks][widest sum] */
} mm_back;
/* From the derivative by the output, without the bias of the output layer, whose sum the caller makes. */
MM_PRIVATE mm_status mm__mlp_backward(mm_agent *agent, mm_mlp *mlp, mm_back *back, mm_buffer *dout, int rows);
MM_PRIVATE int mm__mlp_widest(const mm_mlp *mlp);

/* Parameters one by one: weight, bias, gain and offset of each layer of actor and critic, and log_std. */
typedef struct mm_tensor {
  char name[48];             /* "actor/0/weight" */
  int at, rows, columns;     /* rows 0: a vector */
} mm_tensor;
/* 0: there are no more than index tensors */
MM_PRIVATE int mm__agent_tensor(const mm_agent *agent, int index, mm_tensor *tensor);
