/* >>learn-shared: numbers that the learner and its kernels share */

/* What a random number is for: the last word of the counter of the generator. */
enum { MM_RANDOM_ACTION = 1, MM_RANDOM_SHUFFLE = 3, MM_RANDOM_WEIGHT = 4 };

/* A batch is a buffer of planes, one number for each step of each environment: number t * environments + i. Planes
   hold one more step than is rolled out, for the value that follows the last. */
enum {
  MM_PLANE_LOGP,       /* log probability of the action when it was taken */
  MM_PLANE_VALUE,      /* value of the state in which it was taken */
  MM_PLANE_LAST,       /* value of the state that an ended episode ended in */
  MM_PLANE_REWARD,
  MM_PLANE_SCALED,     /* reward over the running standard deviation of the return */
  MM_PLANE_DONE,       /* 1: the episode ended with this step */
  MM_PLANE_ABSORBING,  /* 1: and nothing follows, neither reward nor value */
  MM_PLANE_ADVANTAGE,
  MM_PLANE_TARGET,
  MM_PLANES
};

/* Sums over a minibatch, behind those for log_std and for the bias of the mean. */
enum {
  MM_LOSS_DVALUE, MM_LOSS_POLICY, MM_LOSS_VALUE, MM_LOSS_KL, MM_LOSS_RATIO, MM_LOSS_RATIO2, MM_LOSS_RATIO_MIN,
  MM_LOSS_RATIO_MAX, MM_LOSS_CLIPPED, MM_LOSS_ENTROPY, MM_LOSS_STD,
  MM_LOSS_COUNT,       /* minibatches summed so far */
  MM_LOSS_BALANCE,     /* of mixtures of experts, both networks */
  MM_LOSS_SIZE = 16
};

/* coefficients of the loss */
enum { MM_COEF_CLIP, MM_COEF_CLIP_VALUE, MM_COEF_VALUE, MM_COEF_ENTROPY, MM_COEF_LEARN_STD, MM_COEF_SIZE = 16 };

/* the optimiser's own state */
enum {
  MM_CTL_SCALE,        /* factor on the gradient */
  MM_CTL_GO,           /* 1: the step is made */
  MM_CTL_STEPS,        /* steps made */
  MM_CTL_SKIPPED,      /* steps left out, because the gradient was not finite */
  MM_CTL_M,            /* factor on AdamW's momentum: 1 / (1 - b1^t), or looking ahead b1 / (1 - b1^(t + 1)) */
  MM_CTL_V,            /* 1 / (1 - b2^t) */
  MM_CTL_NORM,         /* of the last gradient */
  MM_CTL_NORMS,        /* sum of the norms since this number was cleared */
  MM_CTL_COUNT,        /* how many these were */
  MM_CTL_LR,           /* learning rate */
  MM_CTL_G,            /* factor on the gradient beside the momentum: 0, or looking ahead (1 - b1) / (1 - b1^t) */
  MM_CTL_MUON_M,       /* likewise for Muon */
  MM_CTL_MUON_G,
  MM_CTL_SIZE = 16
};

/* rows of a matrix whose columns are summed together before the blocks are */
enum { MM_ROW_BLOCK = 8, MM_MOMENT_BLOCK = 64 };
