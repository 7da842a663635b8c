/* >>learn: learning to imitate motions: configuration, training, checkpoints, evaluation

   A policy is trained by PPO to move a model as reference motions do. Everything runs on the context's device: physics,
   observation and reward in one launch a control step, networks, advantages and updates. Nothing returns to the host
   during a rollout on a GPU. Names of settings are those of the published system, and so are their defaults. */

#define MM_LAYERS_MAX 32

/* widths of hidden layers */
typedef struct mm_layers {
  int count;
  int width[MM_LAYERS_MAX];
} mm_layers;

/* The settings of training, a table for each section.
   X(kind, name, full body, bimanual, small models, least, most, unit, meaning) with defaults as text.
   Kinds: INT, WIDE (64 bits), REAL, FLAG (true or false), CHOICE (unit: the words there are), LAYERS ("[256, 128]"). */
#define MM_TRAIN_MODEL_ITEMS(X)                                                                                   \
  X(FLAG, disable_fingers, "true", "false", "false", 0, 1, "", "fingers are rigid and without muscles")           \
  X(FLAG, mimic_sites, "true", "true", "false", 0, 1, "", "the published sites are added where the model has none") \
  X(REAL, timestep, "0.002", "0.002", "0", 0, 1, "s", "time step; 0: the model's own")                            \
  X(INT, iterations, "4", "4", "0", 0, 1e6, "", "most iterations of the solver; 0: the model's own")              \
  X(INT, ls_iterations, "8", "8", "0", 0, 1e6, "", "most of its line search; 0: the model's own")                 \
  X(CHOICE, eulerdamp, "disable", "disable", "model", 0, 0, "model|enable|disable", "implicit joint damping")

#define MM_TRAIN_ENV_ITEMS(X)                                                                                     \
  X(INT, num_envs, "8192", "8192", "128", 1, 1e6, "", "environments that run side by side")                       \
  X(INT, n_substeps, "5", "5", "5", 1, 1000, "", "time steps a control step; the trajectory has one frame for each") \
  X(INT, horizon, "1000", "1000", "1000", 1, 1e7, "control steps", "longest episode")                             \
  X(CHOICE, apply_mode, "direct", "direct", "direct", 0, 0, "direct|incremental", "an action is the control, or what it changes by") \
  X(CHOICE, init_state_type, "TrajInitialStateHandler", "TrajInitialStateHandler", "TrajInitialStateHandler", 0, 0, \
    "TrajInitialStateHandler|PerturbedTrajInitialStateHandler", "episodes begin on the reference, or beside it")  \
  X(FLAG, random_start, "true", "true", "true", 0, 1, "", "episodes begin in any clip")                           \
  X(FLAG, start_from_random_step, "true", "true", "true", 0, 1, "", "and there in any frame, else in the first")  \
  X(REAL, start_from_first_share, "0", "0", "0.3", 0, 1, "", "share of these episodes that begin in the first frame after all: early frames are seen least") \
  X(INT, fixed_start_clip, "0", "0", "0", 0, 1e9, "", "random_start false: the clip they begin in")               \
  X(INT, fixed_start_frame, "0", "0", "0", 0, 1e9, "", "and the frame")                                           \
  X(REAL, qpos_noise_std, "0", "0", "0", 0, 10, "m, rad", "Perturbed: standard deviation of the coordinates; coupled joints stay coupled") \
  X(REAL, qvel_noise_std, "0", "0", "0", 0, 100, "m/s, rad/s", "of the velocities")                               \
  X(FLAG, perturb_free_joint_pos, "false", "false", "false", 0, 1, "", "and of the root's position")              \
  X(FLAG, perturb_free_joint_quat, "false", "false", "false", 0, 1, "", "orientation")                            \
  X(FLAG, perturb_free_joint_vel, "false", "false", "false", 0, 1, "", "and velocity, too")                       \
  X(FLAG, enable_joint_pos_observations, "true", "true", "true", 0, 1, "", "coordinates are observed")            \
  X(FLAG, enable_joint_vel_observations, "true", "true", "true", 0, 1, "", "velocities are observed")             \
  X(FLAG, enable_muscle_length_observations, "true", "true", "true", 0, 1, "", "actuator lengths are observed")   \
  X(FLAG, enable_muscle_velocity_observations, "true", "true", "true", 0, 1, "", "actuator velocities are observed") \
  X(FLAG, enable_muscle_force_observations, "true", "true", "true", 0, 1, "", "actuator forces are observed")     \
  X(FLAG, enable_muscle_excitation_observations, "true", "true", "true", 0, 1, "", "controls are observed")       \
  X(FLAG, enable_muscle_activation_observations, "true", "true", "true", 0, 1, "", "activations are observed")    \
  X(FLAG, enable_touch_sensor_observations, "true", "false", "true", 0, 1, "", "touch sensors are observed")      \
  X(INT, len_obs_history, "1", "1", "1", 1, 64, "control steps", "states that are observed, the present one last; before an episode: zeros") \
  X(FLAG, split_goal, "false", "false", "false", 0, 1, "", "of the goal only the present one")                    \
  X(CHOICE, goal_type, "GoalTrajMimic", "GoalBimanualTrajMimic", "GoalTrajMimic", 0, 0,                           \
    "GoalTrajMimic|GoalBimanualTrajMimic", "order and contents of what is seen of the reference")

#define MM_TRAIN_GOAL_ITEMS(X)                                                                                    \
  X(INT, n_step_lookahead, "5", "5", "5", 1, 16, "frames", "frames of the reference that are seen, the present one included") \
  X(INT, n_step_stride, "20", "20", "20", 1, 10000, "frames", "from one of them to the next")                     \
  X(FLAG, enable_motion_phase, "true", "true", "true", 0, 1, "", "frame over length of the clip is observed")     \
  X(FLAG, enable_root_deviation_observations, "false", "false", "true", 0, 1, "", "how far the root is from that of the reference is observed") \
  X(FLAG, use_concise_lookahead, "true", "true", "true", 0, 1, "", "of later frames only root and relative site positions") \
  X(FLAG, enable_mimic_site_rpos_observations, "true", "true", "true", 0, 1, "", "the model's own relative site positions are observed")

#define MM_TRAIN_REWARD_ITEMS(X)                                                                                  \
  X(REAL, qpos_w_sum, "0.1", "0.1", "0.1", 0, 1e6, "", "weight of coordinates")                                   \
  X(REAL, qvel_w_sum, "0.1", "0.1", "0.1", 0, 1e6, "", "weight of velocities")                                    \
  X(REAL, root_pos_w_sum, "0.1", "0", "0.5", 0, 1e6, "", "weight of the root's position")                         \
  X(REAL, root_vel_w_sum, "0.1", "0", "0.1", 0, 1e6, "", "weight of the root's velocity")                         \
  X(REAL, rpos_w_sum, "0.6", "2.0", "0.6", 0, 1e6, "", "weight of relative site positions")                       \
  X(REAL, rquat_w_sum, "0.01", "0.2", "0.01", 0, 1e6, "", "weight of relative site rotations")                    \
  X(REAL, rvel_w_sum, "0.1", "0.5", "0.1", 0, 1e6, "", "weight of relative site velocities, angular and linear each") \
  X(REAL, qpos_w_exp, "10", "10", "10", 0, 1e6, "", "exponent of coordinates")                                    \
  X(REAL, qvel_w_exp, "2", "2", "2", 0, 1e6, "", "exponent of velocities")                                        \
  X(REAL, root_pos_w_exp, "10", "10", "10", 0, 1e6, "", "exponent of the root's position")                        \
  X(REAL, root_vel_w_exp, "10", "10", "10", 0, 1e6, "", "exponent of the root's velocity")                        \
  X(REAL, rpos_w_exp, "100", "100", "100", 0, 1e6, "", "exponent of relative site positions")                     \
  X(REAL, rquat_w_exp, "10", "10", "10", 0, 1e6, "", "exponent of relative site rotations")                       \
  X(REAL, rvel_w_exp, "0.1", "0.1", "0.1", 0, 1e6, "", "exponent of relative site velocities")                    \
  X(REAL, action_out_of_bounds_coeff, "0.01", "0.01", "0.01", 0, 1e6, "", "penalty on actions beyond -1..1")      \
  X(REAL, joint_acc_coeff, "0", "0", "0", 0, 1e6, "", "penalty on changes of joint velocity")                     \
  X(REAL, joint_torque_coeff, "0", "0", "0", 0, 1e6, "", "penalty on joint torques")                              \
  X(REAL, action_rate_coeff, "0", "0", "0", 0, 1e6, "", "penalty on changes of the action")                       \
  X(REAL, activation_energy_coeff, "0", "0", "0", 0, 1e6, "", "penalty on squared activations")                   \
  X(FLAG, use_mean_exp_reward, "false", "false", "false", 0, 1, "", "means of exponentials instead of exponentials of means")

#define MM_TRAIN_TERMINATION_ITEMS(X)                                                                             \
  X(CHOICE, terminal_state_type, "MeanRelativeSiteDeviationWithRootTerminalStateHandler",                         \
    "EnhancedBimanualTerminalStateHandler", "MeanRelativeSiteDeviationWithRootTerminalStateHandler", 0, 0,        \
    "NoTerminalStateHandler|MeanSiteDeviationTerminalStateHandler|MeanRelativeSiteDeviationTerminalStateHandler|" \
    "MeanRelativeSiteDeviationWithRootTerminalStateHandler|EnhancedBimanualTerminalStateHandler|"                 \
    "EnhancedFullBodyTerminalStateHandler|HeightBasedTerminalStateHandler", "what ends an episode early")         \
  X(REAL, mean_site_deviation_threshold, "1.0", "0.25", "0.3", 0, 1e6, "m", "Mean..., EnhancedBimanual: deviation of the sites that ends it") \
  X(REAL, root_deviation_threshold, "1.0", "1.0", "0.5", 0, 1e6, "m", "...WithRoot: deviation of the reference site that ends it") \
  X(REAL, root_orientation_threshold, "1.0", "1.0", "1.0", 0, 10, "rad", "...WithRoot: that of the root's orientation; 0: none") \
  X(CHOICE, site_deviation_mode, "mean", "mean", "mean", 0, 0, "mean|max", "Enhanced...: the mean deviation counts, or any one") \
  X(REAL, root_height_low, "0.6", "0.6", "0.6", -1e6, 1e6, "m", "HeightBased, EnhancedFullBody: the root lower than this ends it") \
  X(REAL, root_height_high, "1.5", "1.5", "1.5", -1e6, 1e6, "m", "or higher than this")                           \
  X(REAL, ankle_deviation, "0.5", "0.5", "0.5", 0, 1e6, "m", "EnhancedFullBody: deviation of the ankles")         \
  X(REAL, root_deviation, "0.3", "0.3", "0.3", 0, 1e6, "m", "EnhancedFullBody: deviation of the reference site")

#define MM_TRAIN_ADAPTIVE_TERMINATION_ITEMS(X)                                                                    \
  X(FLAG, adaptive_termination_enabled, "false", "false", "false", 0, 1, "", "mean_site_deviation_threshold follows the share of episodes that end early") \
  X(REAL, adaptive_termination_init_threshold, "0.5", "0.1", "0.3", 0, 1e6, "m", "where it begins, and its greatest") \
  X(REAL, adaptive_termination_min_threshold, "0.1", "0.03", "0.1", 0, 1e6, "m", "its least")                     \
  X(REAL, adaptive_termination_low_band, "0.1", "0.1", "0.1", 0, 1, "", "below this share it shrinks")            \
  X(REAL, adaptive_termination_high_band, "0.2", "0.2", "0.2", 0, 1, "", "above this it grows")                   \
  X(REAL, adaptive_termination_adjust_factor, "0.95", "0.95", "0.95", 1e-3, 0.9999, "", "by this factor")         \
  X(INT, adaptive_termination_consecutive_k, "5", "5", "5", 1, 1e6, "updates", "after so many on the same side")  \
  X(REAL, adaptive_termination_ema_alpha, "0.1", "0.1", "0.1", 1e-6, 1, "", "weight of an update in the running share") \
  X(REAL, adaptive_termination_init_ema_val, "1.0", "1.0", "1.0", 0, 1, "", "where the running share begins")

#define MM_TRAIN_REWARD_CURRICULUM_ITEMS(X)                                                                       \
  X(FLAG, reward_curriculum_enabled, "false", "false", "false", 0, 1, "", "qvel_w_sum and root_vel_w_sum grow while few episodes end early") \
  X(REAL, reward_curriculum_qvel_w_sum_init, "0.1", "0.5", "0.1", 0, 1e6, "", "where they begin")                 \
  X(REAL, reward_curriculum_root_vel_w_sum_init, "0.1", "0", "0.1", 0, 1e6, "", "and this")                       \
  X(REAL, reward_curriculum_qvel_w_sum_max, "0.4", "0.8", "0.4", 0, 1e6, "", "their greatest")                    \
  X(REAL, reward_curriculum_root_vel_w_sum_max, "0.4", "0.2", "0.4", 0, 1e6, "", "and this")                      \
  X(REAL, reward_curriculum_eta, "0.02", "0.02", "0.02", 0, 10, "", "what they grow by")                          \
  X(REAL, reward_curriculum_term_rate_threshold, "0.08", "0.08", "0.08", 0, 1, "", "below this share")            \
  X(INT, reward_curriculum_consecutive_k, "5", "5", "5", 1, 1e6, "updates", "after so many there")                \
  X(REAL, reward_curriculum_ema_alpha, "0.2", "0.2", "0.2", 1e-6, 1, "", "weight of an update in the running share")

#define MM_TRAIN_ADAPTIVE_SAMPLING_ITEMS(X)                                                                       \
  X(FLAG, adaptive_sampling_enabled, "false", "false", "false", 0, 1, "", "clips whose episodes end early are drawn more often") \
  X(REAL, adaptive_sampling_beta, "0.2", "0.2", "0.2", 0, 1, "", "weight of an update in the running counts of a clip") \
  X(REAL, adaptive_sampling_alpha, "1", "1", "1", 0, 100, "", "a clip is drawn by its share of early ends to this power") \
  X(REAL, adaptive_sampling_floor_mix, "0.1", "0.1", "0.1", 0, 1, "", "share of clips that are drawn evenly")     \
  X(REAL, adaptive_sampling_eps_div, "1e-6", "1e-6", "1e-6", 0, 1, "", "added to the ends of a clip")             \
  X(REAL, adaptive_sampling_eps_pow, "1e-6", "1e-6", "1e-6", 0, 1, "", "added to its share")                      \
  X(REAL, adaptive_sampling_ema_done_init, "10", "10", "10", 0, 1e9, "", "running ends of a clip at the start")   \
  X(REAL, adaptive_sampling_ema_early_init, "5", "5", "5", 0, 1e9, "", "early ones among them")

#define MM_TRAIN_PPO_ITEMS(X)                                                                                     \
  X(LAYERS, actor_hidden_layers, "[16 x 1024]", "[4 x 1024]", "[256, 256]", 1, 65536, "", "widths of the policy's hidden layers") \
  X(LAYERS, critic_hidden_layers, "[16 x 1024]", "[4 x 1024]", "[256, 256]", 1, 65536, "", "widths of the value function's hidden layers") \
  X(CHOICE, activation, "silu", "silu", "silu", 0, 0, "silu", "activation function of the hidden layers")         \
  X(FLAG, use_layernorm, "true", "true", "true", 0, 1, "", "hidden layers are normalised")                        \
  X(REAL, layernorm_eps, "1e-5", "1e-5", "1e-5", 1e-12, 1, "", "added to the variance")                           \
  X(FLAG, use_residual, "false", "false", "false", 0, 1, "", "hidden layers two by two are blocks with a path around them") \
  X(CHOICE, residual_type, "gated", "gated", "gated", 0, 0, "gated|fixed", "a block's own share: learned or residual_scale") \
  X(REAL, residual_scale, "0.1", "0.1", "0.1", 0, 1e3, "", "share of a block where it is fixed")                \
  X(REAL, residual_gate_init, "-2", "-2", "-2", -50, 50, "", "where the learned share begins: sigmoid of this")   \
  X(FLAG, use_moe, "false", "false", "false", 0, 1, "", "some hidden layers are soft mixtures of experts")        \
  X(INT, num_experts, "16", "6", "4", 1, 256, "", "experts of a mixture")                                         \
  X(LAYERS, moe_at_layers, "[3]", "[2]", "[1]", 0, 31, "", "which hidden layers, counted from 0")                 \
  X(CHOICE, apply_moe_to, "both", "both", "both", 0, 0, "both|actor|critic", "of which network")                  \
  X(REAL, expert_hidden_ratio, "0.5", "0.5", "0.5", 1e-3, 100, "", "width inside an expert over that of the layer") \
  X(REAL, moe_temperature, "0.5", "0.7", "0.5", 1e-3, 1e3, "", "of the softmax that weighs the experts")          \
  X(REAL, load_balance_loss_weight, "0.01", "0.01", "0.01", 0, 1e3, "", "weight of the loss that evens their use") \
  X(REAL, gate_init_std, "0.01", "0.01", "0.01", 0, 1e3, "", "standard deviation of the weighing's weights at the start") \
  X(CHOICE, optimizer_type, "muon", "muon", "adamw", 0, 0, "adamw|muon",                                          \
    "AdamW, decay rates 0.9 and 0.999, eps 1e-5; or Muon for matrices, Nesterov AdamW, eps 1e-8, for the rest")   \
  X(REAL, muon_beta, "0.95", "0.95", "0.95", 0, 0.9999, "", "Muon: decay rate of the momentum")                   \
  X(FLAG, muon_nesterov, "true", "true", "true", 0, 1, "", "Muon: the momentum looks ahead")                      \
  X(INT, muon_ns_steps, "5", "5", "5", 1, 100, "", "Muon: steps of the Newton-Schulz iteration")                  \
  X(REAL, muon_weight_decay, "0", "0", "0", 0, 10, "", "Muon: decay of the matrices")                             \
  X(REAL, lr, "4e-4", "4e-4", "7e-4", 0, 10, "", "learning rate")                                                 \
  X(FLAG, anneal_lr, "true", "false", "true", 0, 1, "", "the learning rate follows lr_schedule_type")             \
  X(CHOICE, lr_schedule_type, "linear", "warmup_cosine", "linear", 0, 0, "linear|warmup_cosine|adaptive",          \
    "to 0; up and then along a cosine; or by how far updates move the policy")                                    \
  X(INT, warmup_steps, "0", "0", "0", 0, 1e9, "", "updates of the warm-up; 0: a tenth of all")                    \
  X(REAL, min_lr_ratio, "0.1", "0.1", "0.1", 0, 1, "", "where the cosine ends")                                   \
  X(REAL, desired_kl, "0.01", "0.01", "0.01", 1e-9, 1e3, "", "adaptive: above twice this the rate falls by 1.5, below half of it it rises") \
  X(REAL, min_lr, "1e-5", "1e-5", "1e-5", 0, 10, "", "adaptive: least rate")                                      \
  X(REAL, max_lr, "1e-2", "1e-2", "1e-2", 0, 10, "", "adaptive: greatest rate")                                   \
  X(REAL, weight_decay, "0", "1e-3", "0", 0, 10, "", "AdamW: decay of the parameters")                            \
  X(REAL, max_grad_norm, "1.0", "1.0", "1.0", 0, 1e9, "", "longer gradients are cut to this; 0: never")           \
  X(WIDE, total_timesteps, "2048000000", "2048000000", "1500000", 1, 9e18, "", "control steps of all environments together") \
  X(FLAG, normalize_env, "true", "true", "true", 0, 1, "", "rewards are divided by the running standard deviation of the return") \
  X(INT, num_steps, "20", "20", "20", 1, 100000, "", "control steps of a rollout")                                \
  X(INT, update_epochs, "1", "1", "3", 1, 1000, "", "passes over a rollout")                                      \
  X(INT, num_minibatches, "128", "32", "5", 1, 1e6, "", "minibatches of a pass")                                  \
  X(REAL, gamma, "0.99", "0.99", "0.97", 0, 1, "", "discount")                                                    \
  X(REAL, gae_lambda, "0.95", "0.95", "0.95", 0, 1, "", "decay of the advantage estimate")                        \
  X(REAL, clip_eps, "0.2", "0.2", "0.2", 1e-9, 1e9, "", "clip of the probability ratio")                          \
  X(REAL, clip_eps_vf, "0.2", "0.2", "0.2", 1e-9, 1e9, "", "clip of the value's change")                          \
  X(REAL, init_std, "3.0", "0.2", "0.3", 1e-9, 1e9, "", "standard deviation of the actions at the start")         \
  X(REAL, final_std, "0", "0", "0.05", 0, 1e9, "", "none is greater at the end, nor before than geometrically between init_std and this; 0: as learned") \
  X(FLAG, learnable_std, "true", "true", "true", 0, 1, "", "and it is learned")                                   \
  X(REAL, ent_coef, "0", "0", "0", 0, 1e9, "", "weight of the entropy")                                           \
  X(REAL, vf_coef, "0.5", "0.5", "0.5", 0, 1e9, "", "weight of the value loss")                                   \
  X(FLAG, bootstrap_truncation, "true", "true", "true", 0, 1, "", "where a clip or the horizon ends, the value of the last state goes on") \
  X(WIDE, seed, "0", "0", "0", 0, 9e18, "", "of all random numbers")

/* all tables, the name of its section before each: S(section) */
#define MM_TRAIN_SECTIONS(S, X)                       \
  S(model) MM_TRAIN_MODEL_ITEMS(X)                    \
  S(environment) MM_TRAIN_ENV_ITEMS(X)                \
  S(goal) MM_TRAIN_GOAL_ITEMS(X)                      \
  S(reward) MM_TRAIN_REWARD_ITEMS(X)                  \
  S(termination) MM_TRAIN_TERMINATION_ITEMS(X)        \
  S(adaptive_termination) MM_TRAIN_ADAPTIVE_TERMINATION_ITEMS(X) \
  S(reward_curriculum) MM_TRAIN_REWARD_CURRICULUM_ITEMS(X) \
  S(adaptive_sampling) MM_TRAIN_ADAPTIVE_SAMPLING_ITEMS(X) \
  S(ppo) MM_TRAIN_PPO_ITEMS(X)

#define MM_TRAIN_TYPE_INT int
#define MM_TRAIN_TYPE_WIDE int64_t
#define MM_TRAIN_TYPE_REAL double
#define MM_TRAIN_TYPE_FLAG int
#define MM_TRAIN_TYPE_CHOICE int
#define MM_TRAIN_TYPE_LAYERS mm_layers

/* How to train. Not zero means default here: fill it by mm_train_preset, then change what should differ. */
typedef struct mm_train_def {
#define MM_TRAIN_MEMBER(kind, name, full, bimanual, demo, least, most, unit, meaning) MM_TRAIN_TYPE_##kind name;
#define MM_TRAIN_NO_MEMBER(section)
  MM_TRAIN_SECTIONS(MM_TRAIN_NO_MEMBER, MM_TRAIN_MEMBER)
#undef MM_TRAIN_NO_MEMBER
#undef MM_TRAIN_MEMBER
} mm_train_def;

typedef enum mm_setting_kind {
  MM_SETTING_SECTION, /* no setting: the name of the section that begins */
  MM_SETTING_INT, MM_SETTING_WIDE, MM_SETTING_REAL, MM_SETTING_FLAG, MM_SETTING_CHOICE, MM_SETTING_LAYERS
} mm_setting_kind;

/* A line of the tables above. */
typedef struct mm_setting {
  mm_setting_kind kind;
  const char *name;
  const char *defaults[3];        /* full body, bimanual, small models */
  double least, most;
  const char *unit, *meaning;     /* unit of a CHOICE: the words there are, with | between them */
  size_t offset;                  /* in mm_train_def */
} mm_setting;

/* "fullbody", "bimanual" or "demo" (a small model on a few cores). */
mm_status mm_train_preset(mm_context *ctx, const char *preset, mm_train_def *def);
/* Which of them suits a model: a free root and more than 100 actuators, no root, else. */
const char *mm_train_preset_of(const mm_model *model);
/* One setting from text. MM_E_ARGUMENT: no such key, a value of another type or out of range. */
mm_status mm_train_set(mm_context *ctx, mm_train_def *def, const char *key, const char *value);
/* Changes a model as the section "model" says, before it is compiled; what is so already stays. */
mm_status mm_train_edit_model(mm_spec *spec, const mm_train_def *def);
/* All settings, the name of its section before each section's; and as text what one of them is in a def, in size bytes. */
const mm_setting *mm_train_settings(int *count);
void mm_train_value(const mm_train_def *def, const mm_setting *setting, char *value, size_t size);

/* Where in an observation what is found: number k of size at offset + k stride. Channels of the actuators alternate. */
typedef struct mm_observation_block {
  char name[32];
  int offset, size, stride;
  const char *unit, *meaning;
} mm_observation_block;

/* The blocks of an observation in their order: writes at most limit, *count is how many there are.
   MM_E_MODEL: the model has fewer than two mimic sites, or a ball joint. */
mm_status mm_observation_blocks(mm_context *ctx, const mm_model *model, const mm_train_def *def, mm_observation_block *blocks,
                                int limit, int *count);

/* What an update reports: losses are means over its minibatches, signals means over its steps, episodes those that ended. */
#define MM_REPORT_ITEMS(X)                                                                                     \
  X(policy_loss, "ppo/policy_loss") X(value_loss, "ppo/value_loss") X(entropy, "ppo/entropy")                 \
  X(kl, "ppo/kl_divergence") X(policy_std, "ppo/policy_std") X(ratio_mean, "ppo/ratio_mean")                   \
  X(ratio_std, "ppo/ratio_std") X(ratio_min, "ppo/ratio_min") X(ratio_max, "ppo/ratio_max")                    \
  X(clipped_ratio_frac, "ppo/clipped_ratio_frac") X(explained_variance, "ppo/explained_variance")              \
  X(advantage_mean, "ppo/advantage_mean") X(advantage_std, "ppo/advantage_std")                                \
  X(return_mean, "ppo/return_mean") X(return_std, "ppo/return_std") X(value_mean, "ppo/value_mean")            \
  X(grad_norm, "ppo/grad_norm") X(skipped_updates, "ppo/skipped_updates") X(learning_rate, "learning_rate")    \
  X(moe_balance, "ppo/moe_balance")                                                                            \
  X(episodes, "episodes") X(mean_episode_return, "mean_episode_return") X(mean_episode_length, "mean_episode_length") \
  X(early_termination_count, "ppo/early_termination_count") X(early_termination_rate, "ppo/early_termination_rate") X(horizon_timeout_rate, "ppo/horizon_timeout_rate")  \
  X(diverged, "diverged") X(reward, "reward/total") X(reward_qpos, "reward/qpos") X(reward_qvel, "reward/qvel") \
  X(reward_root_pos, "reward/root_pos") X(reward_root_vel, "reward/root_vel") X(reward_rpos, "reward/rpos")    \
  X(reward_rquat, "reward/rquat") X(reward_rvel_rot, "reward/rvel_rot") X(reward_rvel_lin, "reward/rvel_lin")  \
  X(penalty, "reward/penalty") X(err_root_xyz, "err/root_xyz") X(err_root_yaw, "err/root_yaw")                 \
  X(err_joint_pos, "err/joint_pos") X(err_joint_vel, "err/joint_vel") X(err_joint_angle, "err/joint_angle")    \
  X(err_site_abs, "err/site_abs") X(err_site_rel, "err/site_rel") X(err_rpos, "err/rpos")                      \
  X(site_threshold, "curriculum/threshold") X(termination_ema, "curriculum/ema_rate")                          \
  X(qvel_w_sum, "reward_curriculum/qvel_w_sum") X(root_vel_w_sum, "reward_curriculum/root_vel_w_sum")          \
  X(sampling_max, "adaptive/max_weight")                                                                       \
  X(rollout_seconds, "time/rollout") X(update_seconds, "time/update")

typedef struct mm_train_report {
  int update, updates;      /* updates made, and in all */
  int64_t timesteps;        /* control steps made */
#define MM_REPORT_MEMBER(name, key) double name;
  MM_REPORT_ITEMS(MM_REPORT_MEMBER)
#undef MM_REPORT_MEMBER
} mm_train_report;

/* The name that item index has in logs, and its value; NULL beyond the last. */
const char *mm_train_report_item(const mm_train_report *report, int index, double *value);

typedef struct mm_trainer mm_trainer;

/* Model and trajectory must outlive the trainer. Errors: MM_E_DATA where the trajectory belongs to another model or has
   another rate, MM_E_MODEL as mm_observation_blocks, MM_E_ARGUMENT for settings that do not fit together. */
mm_status mm_trainer_create(mm_context *ctx, const mm_model *model, const mm_trajectory *trajectory, const mm_train_def *def,
                            mm_trainer **trainer);
void mm_trainer_destroy(mm_trainer *trainer);
/* One rollout and the updates from it. report may be NULL, then nothing is waited for. Beyond the last update:
   MM_E_ARGUMENT. */
mm_status mm_trainer_step(mm_trainer *trainer, mm_train_report *report);
int mm_trainer_updates(const mm_trainer *trainer, int *made);  /* how many there are in all */
const mm_train_def *mm_trainer_def(const mm_trainer *trainer);

/* What a trainer is made of. */
typedef struct mm_trainer_info {
  int observations, actions, clips, frames;
  int64_t actor_parameters, critic_parameters;
  size_t device_bytes;      /* buffers of learner and task */
  size_t simulation_bytes;  /* those of the simulation */
} mm_trainer_info;
void mm_trainer_get_info(const mm_trainer *trainer, mm_trainer_info *info);

/* A text that goes into every checkpoint under a name, for whoever reads it: where the model came from, say. At most 16;
   a name that is there already gets the new text. A trainer that was loaded has those of its checkpoint. */
mm_status mm_trainer_note(mm_trainer *trainer, const char *name, const char *text);

/* HDF5, schema "musclemimic-checkpoint": everything that a run needs to go on as if it had never stopped. */
mm_status mm_trainer_save(mm_trainer *trainer, const char *path);
/* A trainer as it was saved. The trajectory must be the one it was trained on (MM_E_DATA). */
mm_status mm_trainer_load(mm_context *ctx, const mm_model *model, const mm_trajectory *trajectory, const char *path,
                          mm_trainer **trainer);
/* What a new run takes from a checkpoint beside policy, value function, statistics and, where the optimiser is the same, its
   memory. Zero means default. */
typedef struct mm_from_def {
  double std;             /* the actions' standard deviation begins anew with this; 0: it is the checkpoint's */
  int reset_schedule;     /* 1: updates and learning rate begin anew; 0: they go on from the checkpoint's */
} mm_from_def;
/* Fine-tuning: of a trainer that was made and has not moved. Networks must be those of the checkpoint (MM_E_DATA); model,
   trajectory and other settings are the trainer's own. MM_E_ARGUMENT: the schedule is at its end. */
mm_status mm_trainer_from(mm_trainer *trainer, const char *path, const mm_from_def *def);
/* The settings a checkpoint was made with. */
mm_status mm_checkpoint_def(mm_context *ctx, const char *path, mm_train_def *def);
/* A note of a checkpoint in *text, to be given to free(); NULL where there is none of that name. */
mm_status mm_checkpoint_note(mm_context *ctx, const char *path, const char *name, char **text);

/* The policy of a checkpoint as one C99 header that needs only libc and libm: policy.h has policy_act(observation, action)
   with its statistics, for one observation at a time. Names in it begin with that of the file. */
mm_status mm_checkpoint_export_c(mm_context *ctx, const char *path, const char *c_path);
/* All arrays of both networks and the statistics for numpy.load, under the names they have in the checkpoint; actor/layers and
   critic/layers say what kind of layer each number is (cl/learn_net.cl has the formulas). */
mm_status mm_checkpoint_export_npz(mm_context *ctx, const char *path, const char *npz_path);

/* How to evaluate. Zero means default. */
typedef struct mm_eval_def {
  int environments;       /* clips at a time; default: all, at most 256 (with roll-outs 16) */
  int stochastic;         /* 1: actions are drawn, 0: the policy's means */
  int untrained;          /* 1: of a checkpoint, the policy as it was before training */
  double mean_site_deviation_threshold;  /* m, default 0.3: mean relative site deviation that counts as lost (bimanual: 0.25, absolute) */
  double root_deviation_threshold;       /* m, default 0.5 */
  double root_orientation_threshold;     /* rad, default 0: not looked at */
  uint64_t seed;
  int seeds;              /* default 1; more: all clips once more with seed + 1, seed + 2, ... */
  mm_store *rollouts;     /* a store that is being written: roll-outs of all clips go there, with the first seed (src/learn/record.c) */
  /* who acts in place of the checkpoint's policy: actions [rows][actions] for observations [rows][observations], as the
     environment gives them, not normalised; not 0 stops with MM_E_INTERRUPTED */
  int (*policy)(const float *observations, int rows, float *actions, void *user);
  void *policy_user;
  int (*progress)(double done, void *user);  /* called now and then with 0..1; not 0 stops with MM_E_INTERRUPTED */
  void *user;
} mm_eval_def;

/* Of a clip, or of all: errors are means over the steps that were survived. With several seeds all but length are means
   over them, or standard deviations. */
typedef struct mm_eval_clip {
  int clip, length;             /* frames of the clip */
  double survived;              /* steps before it was lost or over */
  double success;               /* 1: followed to the end; of all: share of the clips */
  double coverage;              /* steps survived over steps there are */
  double joint_angle;           /* deg, mean over hinge joints of the absolute error */
  double joint_pos, joint_vel;  /* rad, rad/s: published root mean squares over joints */
  double site_rel, site_abs;    /* m, mean distance of the sites, relative to the first and in the world */
  double rpos;                  /* m, published root mean square of relative site positions */
  double root_xyz, root_yaw;    /* m, rad */
  double reward;                /* mean of a step */
} mm_eval_clip;

typedef struct mm_eval_result {
  mm_context *ctx;
  mm_eval_def def;              /* as used, with thresholds */
  int clip_count, seeds;
  mm_eval_clip *clips, *clips_sd; /* [clip_count]: means over the seeds and standard deviations (n - 1) */
  mm_eval_clip *runs;           /* [seeds][clip_count] */
  mm_eval_clip overall, overall_sd; /* errors: means over all steps */
  mm_eval_clip *overall_runs;   /* [seeds] */
  double success_rate;
  int absolute;                 /* 1: the site threshold is in the world (arms), 0: relative to the first site */
} mm_eval_result;

/* Every clip once from its first frame, by the trainer's policy as it is, or by that of a checkpoint. trajectory may
   have other clips than those trained on. */
mm_status mm_trainer_evaluate(mm_trainer *trainer, const mm_trajectory *trajectory, const mm_eval_def *def, mm_eval_result **result);
mm_status mm_checkpoint_evaluate(mm_context *ctx, const mm_model *model, const mm_trajectory *trajectory, const char *path,
                                 const mm_eval_def *def, mm_eval_result **result);
void mm_eval_result_destroy(mm_eval_result *result);
/* HDF5, schema "musclemimic-evaluation". In one step, or for a file with roll-outs: make it, evaluate into it, write the
   figures beside them, commit. */
mm_status mm_eval_result_save(const mm_eval_result *result, const mm_trajectory *trajectory, const char *path);
mm_status mm_eval_store(mm_context *ctx, const char *path, const mm_model *model, mm_store **store);
mm_status mm_eval_result_write(const mm_eval_result *result, const mm_trajectory *trajectory, mm_store *store);
