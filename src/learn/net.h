/* >>net: networks on a device: what the learner's kernels need of the host */

/* a device with the learner's kernels */
typedef struct mm_learn {
  mm_context *ctx;
  mm_device *device;
  mm_program *program;
  size_t bytes;          /* of the buffers made so far */
} mm_learn;

/* weight [inputs][outputs], and where its vectors begin (bias, and of a layer that is normalised gain and offset),
   each padded to 16 numbers */
typedef struct mm_dense { int inputs, outputs, weight_at, bias_at; } mm_dense;

enum { MM_LAYER_HIDDEN, MM_LAYER_BLOCK, MM_LAYER_MIXTURE };

/* A hidden layer, a residual block or a mixture of experts (cl/learn_net.cl says what each computes), with what a number
   of rows leaves behind in it. */
typedef struct mm_net_layer {
  int kind, inputs, outputs;
  mm_dense dense;              /* hidden: the layer; block: the second one; mixture: from all experts' insides [experts width] */
  int gain_at;                 /* gain and offset behind it */
  mm_buffer *h, *y, *scale;    /* normalised sums, outputs [rows][outputs]; 1 / standard deviation [rows] */
  /* block */
  mm_dense first, path;        /* path.inputs 0: the path around the block is the identity */
  int share_at;                /* parameter whose sigmoid is the block's share; -1: the share is fixed */
  mm_buffer *first_h, *first_y, *first_scale, *around; /* [rows][first.outputs] twice, [rows]; [rows][outputs] where there is a path */
  /* mixture */
  int experts, width;          /* width inside an expert */
  mm_dense gate, inside;       /* inside: [inputs][experts width], expert by expert */
  mm_buffer *weights, *dweights;   /* [rows][experts] and the derivative by them */
  mm_buffer *sums, *weighted;      /* [rows][experts width]: before the activation; activated and weighed */
  mm_buffer *use;                  /* mean weight of each expert, padded */
} mm_net_layer;

/* Layers and an output layer. */
typedef struct mm_mlp {
  int count;                    /* layers, without the output layer */
  mm_net_layer *layers;             /* [count] */
  mm_dense output;
  mm_buffer *out;               /* [rows][outputs] without the bias */
} mm_mlp;

/* What both networks are made of. Zeros: plain layers without normalisation. */
typedef struct mm_agent_def {
  int observations, actions;
  const int *actor_hidden, *critic_hidden;
  int actor_layers, critic_layers;  /* hidden ones */
  double layernorm_eps;             /* 0: no normalisation */
  int residual;                     /* 1: layers two by two are blocks with a path around them */
  int share_is_fixed;               /* 1: the block's share is share, 0: it is learned and begins with sigmoid(share) */
  double share;
  mm_layers actor_mixtures, critic_mixtures; /* which layers are mixtures */
  int experts;
  double expert_ratio, temperature, balance, gate_std;
  int actor_rows, critic_rows;      /* most rows that are computed at once */
} mm_agent_def;

/* numbers of their own; a matrix that begins orthogonal; one that begins with random normal numbers */
enum { MM_TENSOR_VECTOR, MM_TENSOR_ORTHOGONAL, MM_TENSOR_RANDOM };

/* Parameters one by one. A matrix may be several side by side (across) or on top of each other (down), one for each
   expert, which begin, and are moved by Muon, as matrices of their own. */
typedef struct mm_tensor {
  char name[48];             /* "actor/0/weight" */
  int kind, at, rows, columns;  /* rows 0: one row */
  int across, down;
  double begin;              /* numbers, gain or standard deviation at the start */
} mm_tensor;

/* Gaussian policy and value function side by side, with the statistics that normalise their inputs. The parameters of
   both are one buffer: first all vectors, then all matrices. */
typedef struct mm_agent {
  mm_learn *learn;
  mm_arena arena;
  int observations, actions, log_std_at;
  int vectors, size;                           /* numbers of all vectors, and of all parameters, with their padding */
  mm_agent_def def;
  double eps;
  mm_mlp actor, critic;
  mm_tensor *tensors;
  int tensor_count;
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

/* MM_E_ARGUMENT: settings that make no network */
MM_PRIVATE mm_status mm__agent_create(mm_learn *learn, const mm_agent_def *def, mm_agent *agent);
MM_PRIVATE void mm__agent_destroy(mm_agent *agent);
/* Orthogonal weights (gain sqrt 2, a block's second layer and output layers 0.01, paths 1), zero biases,
   log_std = log(init_std); statistics of nothing. */
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
  mm_buffer *g, *g2;         /* [rows][widest]; g2 only for blocks and mixtures, else NULL */
  mm_buffer *partial;        /* [mm__mlp_partial] */
  mm_buffer *metrics;        /* [MM_LOSS_SIZE]; only for mixtures, else NULL */
} mm_back;
/* From the derivative by the output, without the bias of the output layer, whose sum the caller makes. */
MM_PRIVATE mm_status mm__mlp_backward(mm_agent *agent, mm_mlp *mlp, mm_back *back, mm_buffer *dout, int rows);
MM_PRIVATE int mm__mlp_widest(const mm_mlp *mlp);       /* numbers of a row of mm_back.g */
MM_PRIVATE size_t mm__mlp_partial(const mm_mlp *mlp, int rows);
MM_PRIVATE int mm__mlp_is_plain(const mm_mlp *mlp);     /* neither blocks nor mixtures */
MM_PRIVATE int64_t mm__mlp_parameters(const mm_mlp *mlp);
