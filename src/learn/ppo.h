/* >>ppo: what an update of the policy needs */

typedef struct mm_ppo_def {
  int environments, steps, epochs, minibatches;
  double gamma, lambda, clip, clip_value, value_coef, entropy_coef;
  double lr;             /* at the start; adaptive: it then follows the divergence of the updates from desired_kl */
  int adaptive;
  double desired_kl, min_lr, max_lr;
  double max_grad_norm, beta1, beta2, adam_eps, weight_decay;
  int muon;              /* 1: matrices by Muon, and adam_eps, weight_decay and adam_ahead belong to the rest */
  int adam_ahead, muon_ahead, ns_steps;
  double muon_beta, muon_decay;
  int learn_std;         /* 1: log_std is a parameter */
  int bootstrap;         /* 1: an episode that is cut goes on with the value of its last state */
  int normalize_reward;  /* 1: rewards over the running standard deviation of the return */
  uint64_t seed;
} mm_ppo_def;

/* the buffers of an update */
enum {
  MM_PPO_OBS,        /* [(steps + 1) environments][observations] */
  MM_PPO_LAST,       /* [environments][observations] what ended episodes saw last */
  MM_PPO_ACTION,     /* [steps environments][actions] */
  MM_PPO_BATCH,      /* [MM_PLANES][(steps + 1) environments] */
  MM_PPO_ORDER,      /* [steps environments] int */
  MM_PPO_RETURNS,    /* mean and variance of returns, 14 unused, [environments] */
  MM_PPO_MOMENTS,    /* of a minibatch's advantages */
  MM_PPO_COEF,       /* [MM_COEF_SIZE] */
  MM_PPO_STATS,      /* statistics of the inputs with a minibatch added */
  MM_PPO_DMEAN,      /* [minibatch][actions] */
  MM_PPO_DVALUE,     /* [minibatch] */
  MM_PPO_LOSS,       /* partial sums of the loss */
  MM_PPO_G,          /* [minibatch][widest] */
  MM_PPO_G2,         /* the same, where there are blocks or mixtures */
  MM_PPO_PARTIAL,
  MM_PPO_GRADS,      /* as the parameters, likewise the next two */
  MM_PPO_M,
  MM_PPO_V,          /* with Muon only of the vectors */
  MM_PPO_CTL,        /* [MM_CTL_SIZE] */
  MM_PPO_METRICS,    /* [MM_LOSS_SIZE] */
  MM_PPO_PLANES,     /* means and variances of planes [2 (MM_PLANES + 1)] */
  MM_PPO_NS_X,       /* Muon's matrix and the next one, and twice its shorter side squared */
  MM_PPO_NS_NEXT,
  MM_PPO_NS_A,
  MM_PPO_NS_AA,
  MM_PPO_BUFFERS
};

typedef struct mm_ppo {
  mm_learn *learn;
  mm_agent *agent;
  mm_ppo_def def;
  int batch, minibatch, stride;
  double rewards_seen;            /* numbers in the statistics of returns, and 1e-4 */
  mm_buffer *b[MM_PPO_BUFFERS];
} mm_ppo;

/* most rows the agent's two networks must hold for these settings */
MM_PRIVATE void mm__ppo_rows(const mm_ppo_def *def, int *actor_rows, int *critic_rows);
MM_PRIVATE mm_status mm__ppo_create(mm_agent *agent, const mm_ppo_def *def, mm_ppo *ppo);
MM_PRIVATE void mm__ppo_destroy(mm_ppo *ppo);
/* Actions and values for the observations of step t; counter numbers the steps since the beginning of the run. */
MM_PRIVATE mm_status mm__ppo_act(mm_ppo *ppo, int t, int counter);
/* The value after the last step, the advantages, and all minibatches of all epochs; update numbers the updates. A lr below
   0 leaves it as it is on the device. */
MM_PRIVATE mm_status mm__ppo_finish_rollout(mm_ppo *ppo);
MM_PRIVATE mm_status mm__ppo_update(mm_ppo *ppo, int update, double lr);
/* gradients of the minibatch that begins at place first of the order */
MM_PRIVATE mm_status mm__ppo_gradient(mm_ppo *ppo, int first);
MM_PRIVATE mm_status mm__ppo_step(mm_ppo *ppo, double lr);
