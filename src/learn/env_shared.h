/* >>env-shared: numbers that the imitation task and its kernels share */

/* env_state of an environment */
enum {
  MM_ENV_CLIP, MM_ENV_FRAME, MM_ENV_START, MM_ENV_STEPS, /* clip, frame in it, frame it began with, steps since */
  MM_ENV_X, MM_ENV_Y,                                    /* horizontal place of the reference in its first frame */
  MM_ENV_RETURN,                                         /* rewards since the reset */
  MM_ENV_MARK,                                           /* not 0: starts again */
  MM_ENV_SIZE
};

/* Where an observation comes from: triples source, index, look-ahead for each number of a moment. An observation is the
   state of some moments, the present one last, and then the rest of the present moment. */
enum {
  MM_OBS_QPOS, MM_OBS_QVEL, MM_OBS_LENGTH, MM_OBS_VELOCITY, MM_OBS_FORCE, MM_OBS_CTRL, MM_OBS_ACT, MM_OBS_SENSOR,
  MM_OBS_SITE,       /* index in the site numbers of a record */
  MM_OBS_REFERENCE,  /* of a record of the reference, some frames ahead */
  MM_OBS_DELTA,      /* that less the present record's */
  MM_OBS_PHASE,      /* frame over length of the clip */
  MM_OBS_AWAY        /* coordinate less that of the reference where the episode's is */
};

/* A record of the reference: qpos, qvel, then the site numbers: position of each site, and of each but the first what
   it is relative to the first: position, rotation vector, velocity; last the orientation of the first site. */

/* the integers of a task */
enum {
  MM_TI_ENVIRONMENTS, MM_TI_TILES, MM_TI_KEY0, MM_TI_KEY1, MM_TI_STRIDE, /* of the planes of a batch */
  MM_TI_OBS,                              /* numbers of an observation */
  MM_TI_RAW, MM_TI_RAW_AT,                /* those of one moment; where their triples are */
  MM_TI_STATE, MM_TI_HISTORY,             /* the first of them are kept for so many moments */
  MM_TI_CLIPS, MM_TI_CLIPS_AT,            /* clips; pairs of first record and length */
  MM_TI_SITES, MM_TI_SITES_AT,            /* mimic sites; their numbers in the model */
  MM_TI_HINGES, MM_TI_HINGES_AT,          /* qpos addresses of the hinges that do not belong to the root */
  MM_TI_COUPLINGS, MM_TI_COUPLINGS_AT,    /* coupled joints: joint, the joint it depends on or -1, equality */
  MM_TI_ANKLES, MM_TI_ANKLES_AT,          /* which of the mimic sites they are */
  MM_TI_LOOKAHEAD, MM_TI_LOOKAHEAD_STRIDE,
  MM_TI_RECORD, MM_TI_SITE_AT,            /* numbers of a record; where its site numbers begin */
  MM_TI_SCRATCH,                          /* numbers of a group's scratch */
  MM_TI_SUBSTEPS, MM_TI_HORIZON,
  MM_TI_HOLD,                             /* 1: environments that end are left as they are */
  MM_TI_START, MM_TI_START_CLIP, MM_TI_START_FRAME,
  MM_TI_NOISE_AT,                         /* where in the real numbers the noise of a start is, 0: none */
  MM_TI_INCREMENTAL,                      /* 1: actions are changes of controls */
  MM_TI_TERMINAL,
  MM_TI_MEAN_EXP,                         /* 1: means of exponentials instead of exponentials of means */
  MM_TI_FREE,                             /* 1: the root is a free joint */
  MM_TI_ROOT_QPOS, MM_TI_ROOT_QPOS_COUNT, /* first coordinate of the root, and how many; 0: it has no root */
  MM_TI_ROOT_POS, MM_TI_ROOT_POS_AT,      /* those that are positions */
  MM_TI_ROOT_DOF, MM_TI_ROOT_DOF_COUNT,
  MM_TI_X, MM_TI_Y, MM_TI_Z,              /* horizontal coordinates and height in qpos, -1: none */
  MM_TI_REWARD_AT, MM_TI_DONE_AT, MM_TI_ABSORBING_AT, /* planes of a batch */
  MM_TI_ADAPT_TERMINATION, MM_TI_ADAPT_REWARD, MM_TI_ADAPT_SAMPLING, /* 1: what follows early ends */
  MM_TI_TERMINATION_K, MM_TI_REWARD_K,    /* updates on the same side before a change */
  MM_TI_ADAPT_AT,                         /* where in the real numbers that state is */
  MM_TI_SIZE
};

/* How episodes begin: frame and clip drawn; the clip drawn, first frame; both given; environment i at the first frame of
   clip START_CLIP + i. */
enum { MM_START_ANYWHERE, MM_START_CLIP, MM_START_FIXED, MM_START_EACH };

/* what ends an episode before its clip does */
enum {
  MM_TERMINAL_NONE, MM_TERMINAL_SITES, MM_TERMINAL_RELATIVE, MM_TERMINAL_RELATIVE_ROOT, MM_TERMINAL_MAX_SITES,
  MM_TERMINAL_FULL_BODY, MM_TERMINAL_FULL_BODY_MAX, MM_TERMINAL_HEIGHT
};

/* The real numbers of a task. There follow the distribution of clips, summed up; where MM_TI_NOISE_AT says, the noise of
   starts: standard deviations [nq] [nv], least and greatest coordinates [nq] [nq]; and where MM_TI_ADAPT_AT says, the
   state of what adapts: MM_ADAPT_..., then ends of each clip, early ends of each clip. */
enum {
  MM_TR_QPOS_W, MM_TR_QPOS_B, MM_TR_QVEL_W, MM_TR_QVEL_B, MM_TR_ROOT_POS_W, MM_TR_ROOT_POS_B, MM_TR_ROOT_VEL_W,
  MM_TR_ROOT_VEL_B, MM_TR_RPOS_W, MM_TR_RPOS_B, MM_TR_RQUAT_W, MM_TR_RQUAT_B, MM_TR_RVEL_W, MM_TR_RVEL_B,
  MM_TR_OUT_OF_BOUNDS, MM_TR_JOINT_ACC, MM_TR_JOINT_TORQUE, MM_TR_ACTION_RATE, MM_TR_ACTIVATION,
  MM_TR_SITE_LIMIT, MM_TR_ROOT_LIMIT, MM_TR_ANGLE_LIMIT, MM_TR_STEP,
  MM_TR_HEIGHT_LOW, MM_TR_HEIGHT_HIGH, MM_TR_ANKLE_SITE_LIMIT, MM_TR_ROOT_SITE_LIMIT,
  MM_TR_LIMIT_MOST, MM_TR_LIMIT_LEAST, MM_TR_LOW_BAND, MM_TR_HIGH_BAND, MM_TR_FACTOR, MM_TR_TERMINATION_ALPHA,
  MM_TR_QVEL_MOST, MM_TR_ROOT_VEL_MOST, MM_TR_ETA, MM_TR_REWARD_BAND, MM_TR_REWARD_ALPHA,
  MM_TR_SAMPLING_BETA, MM_TR_SAMPLING_ALPHA, MM_TR_FLOOR, MM_TR_EPS_DIV, MM_TR_EPS_POW,
  MM_TR_FIRST_SHARE,
  MM_TR_SIZE = 48
};

/* state of what adapts to the share of episodes that end early */
enum {
  MM_ADAPT_RATE, MM_ADAPT_RUN, MM_ADAPT_SIDE,                /* termination: running share, updates on a side, which side */
  MM_ADAPT_REWARD_RATE, MM_ADAPT_REWARD_RUN, MM_ADAPT_BEGUN, /* reward: running share, updates below, 1: it has begun */
  MM_ADAPT_MOST,                                             /* greatest probability of a clip */
  MM_ADAPT_SIZE = 16
};
enum { MM_ADAPT_BLOCK = 64 }; /* clips that a group counts at once */

/* X(NAME, name, unit): what a step reports of each environment */
#define MM_SIGNALS(X)                                                                              \
  X(REWARD, "reward/total", "") X(R_QPOS, "reward/qpos", "") X(R_QVEL, "reward/qvel", "")          \
  X(R_ROOT_POS, "reward/root_pos", "") X(R_ROOT_VEL, "reward/root_vel", "")                        \
  X(R_RPOS, "reward/rpos", "") X(R_RQUAT, "reward/rquat", "") X(R_RVEL_ROT, "reward/rvel_rot", "") \
  X(R_RVEL_LIN, "reward/rvel_lin", "") X(PENALTY, "reward/penalty", "")                            \
  X(PENALTY_ENERGY, "reward/penalty_activation_energy", "")                                        \
  X(E_ROOT, "err/root_xyz", "m") X(E_YAW, "err/root_yaw", "rad") X(E_QPOS, "err/joint_pos", "rad") \
  X(E_QVEL, "err/joint_vel", "rad/s") X(E_SITE, "err/site_abs", "m") X(E_RPOS, "err/rpos", "m")    \
  X(E_IMITATION, "err/imitation_total", "") X(E_ANGLE, "err/joint_angle", "deg")                   \
  X(E_RELATIVE, "err/site_rel", "m") X(E_PELVIS, "err/root_site", "m")                             \
  X(DONE, "done", "") X(EARLY, "early_termination", "") X(END, "clip_end", "")                     \
  X(TIMEOUT, "horizon_timeout", "") X(DIVERGED, "diverged", "")                                    \
  X(RETURN, "episode_return", "") X(LENGTH, "episode_length", "steps") X(CLIP, "clip", "")
enum {
#define MM_SIGNAL_NUMBER(upper, name, unit) MM_SIGNAL_##upper,
  MM_SIGNALS(MM_SIGNAL_NUMBER)
#undef MM_SIGNAL_NUMBER
  MM_SIGNAL_USED,
  MM_SIGNAL_COUNT = 32
};

enum { MM_LOOKAHEAD_MAX = 16, MM_RANDOM_RESET = 2, MM_RANDOM_START = 5 };

/* scratch of a group: signals; the site numbers of a record; the velocity before the step; of each site how far it is
   from where it should be, in the world and relative to the first */
enum { MM_TS_SITES = MM_SIGNAL_COUNT };
