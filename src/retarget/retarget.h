/* >>retarget: from human motion to motions of a model */

/* The mimic sites of the model (mm_mimic_sites) follow joints of the SMPL skeleton by name:

     pelvis_mimic Pelvis · upper_body_mimic Spine1 (Spine3 where there is no pelvis) · head_mimic Head ·
     left_ and right_ shoulder, elbow, hand (wrist), hip, knee, ankle, toes (foot)

   At rest (the model at qpos0 with its arms raised to the sides, the skeleton with its arms level) site and joint stand
   for each other; from there on a site turns as its joint does. Where it goes:

     MM_FIT_SEGMENTS  the skeleton's rotations on segments of the model's own lengths, the path of the pelvis scaled
     MM_FIT_SHAPE     the skeleton with the betas and the scale whose T-pose comes nearest to the model's sites; what then
                      separates site and joint at rest turns with the site (as published with GMR-Fit)
     MM_FIT_UNIFORM   the clip's own skeleton scaled as a whole, likewise

   The scale of the path is the model's length of leg over the skeleton's (of arm, for a model without legs): the height of
   the hips follows the clip, and feet that stand in the clip stand. */
typedef enum mm_fit { MM_FIT_SEGMENTS, MM_FIT_SHAPE, MM_FIT_UNIFORM } mm_fit;

/* The body whose T-pose meets the model's sites. */
#define MM_MIMIC_MAX 32
typedef struct mm_shape {
  double scale;                  /* of the skeleton */
  int beta_count, site_count;
  double betas[16];              /* [beta_count]; none for the neutral body, whose shapes are not published */
  int site[MM_MIMIC_MAX];        /* of the model [site_count] */
  double offset[MM_MIMIC_MAX][3]; /* m, from joint to site, facing +x; it turns with the site [site_count] */
  double residual[MM_MIMIC_MAX]; /* m, its length */
  double rmse;                   /* m */
} mm_shape;

/* How poses are found. */
typedef enum mm_retarget_method {
  MM_RETARGET_REFINED, /* inverse kinematics, then all frames at once: nearer to all sites, smooth, and standing on the floor */
  MM_RETARGET_GMR,     /* inverse kinematics frame by frame, as in GMR-Fit, lifted from the floor where it is below */
  MM_RETARGET_MOCAP    /* physics: the puppet is pulled along by welds, as in Mocap-Body, and lifted likewise. Limits and
                          couplings are as soft as the simulation has them */
} mm_retarget_method;

/* Zero means default. */
typedef struct mm_retarget_def {
  mm_retarget_method method;
  double frequency;         /* Hz of the trajectory; default 100 */
  const mm_model *puppet;   /* for MM_RETARGET_MOCAP: the model with mm_spec_add_mocap */
  mm_fit fit;
  int asymmetric_weights;   /* 1: left and right weighted differently, as in the published GMR-Fit */
  int iterations;           /* most steps a frame; default 20 */
  int refinements;          /* most steps of the refinement; default 10 */
  double cutoff;            /* Hz, above which the refinement smooths motion away; default 10 */
  double low_pass;          /* Hz: what lies above is filtered out in the end, without delay; default: nothing is */
  int pieces;               /* pieces of a clip that are solved at once; default: what the device can hold in flight */
  int keep_height;          /* 1: no correction of height to the floor */
  int (*progress)(double fraction, void *user); /* not 0: stop, MM_E_INTERRUPTED */
  void *user;
} mm_retarget_def;

/* How good a trajectory is: X(name, kind, scale, digits, shown, meaning). Lengths are in m, times in s, angles in rad, shares
   between 0 and 1; tables show scale times that, in the unit named. kind says how several clips make one figure: RMS and
   MEAN over frames, TOUCH mean over contacts, CLIP mean over clips, MOST the largest, SUM. */
#define MM_RETARGET_FIGURES(X)                                                                                             \
  X(site_rmse, RMS, 1e3, 2, "mm", "root mean square distance of the sites from their targets")                             \
  X(site_mean, MEAN, 1e3, 2, "mm", "mean distance")                                                                        \
  X(site_max, MOST, 1e3, 1, "mm", "largest distance")                                                                      \
  X(rotation_mean, MEAN, 57.29577951308232, 2, "deg", "mean angle between sites and targets")                              \
  X(limit_violation, MEAN, 1e2, 4, "%", "joints beyond their range by more than 1e-5, of all that could keep it")          \
  X(limit_all, MEAN, 1e2, 4, "%", "the same of all joints, with those whose range contradicts what they follow")           \
  X(coupling_residual, MOST, 1, 9, "m, rad", "largest violation of a joint coupling")                                      \
  X(penetration, MEAN, 1e2, 3, "%", "frames with a part more than 1 mm below the floor")                                   \
  X(penetration_depth, MOST, 1e3, 2, "mm", "deepest")                                                                      \
  X(floating, MOST, 1e3, 1, "mm", "height of the lowest part over the floor, at its smallest")                             \
  X(highest, MOST, 1e3, 1, "mm", "the same at its largest")                                                                \
  X(airborne, MOST, 1, 2, "s", "longest time without anything less than 5 cm over the floor")                               \
  X(foot_skate, TOUCH, 1e2, 2, "cm/s", "mean horizontal speed of a part that is less than 5 mm over the floor")            \
  X(tendon_jump, MOST, 1e2, 2, "%", "largest change of a tendon in a frame of those that stand out, of its length")        \
  X(tendon_jumps, CLIP, 1e2, 2, "%", "clips with such a change of more than 5 %")                                          \
  X(jerk, MEAN, 1, 1, "m/s^3", "mean third derivative of the sites' positions")                                            \
  X(target_jerk, MEAN, 1, 1, "m/s^3", "the same of their targets")                                                         \
  X(foot_turn, MOST, 57.29577951308232, 1, "deg", "by how much the feet's targets were turned so that they stand level")          \
  X(path_shift, MOST, 1e3, 0, "mm", "by how much the path was shifted so that what bears the body stays in its place")      \
  X(seconds, SUM, 1, 2, "s", "time, kernels built included")

typedef struct mm_retarget_report {
  int frame_count, site_count;
  double scale;             /* model over skeleton */
#define MM_RETARGET_FIGURE(name, kind, scale, digits, shown, meaning) double name;
  MM_RETARGET_FIGURES(MM_RETARGET_FIGURE)
#undef MM_RETARGET_FIGURE
  int contact_count;        /* parts and frames that foot_skate is the mean of */
  int contradictions;       /* coupled joints whose range contradicts what they follow */
  int jump_frame, jump_tendon; /* where tendon_jump is; -1: there is none */
  int uneven;               /* 1: what bears the body lies more than 10 cm from its usual height: stairs, furniture */
  int passes, restarts;     /* of the solver over the pieces; frames that began anew */
  int shape_ignored;        /* 1: betas of a neutral body, which has no published shapes, were left out */
} mm_retarget_report;

/* All clips at once, which is faster than one after another: trajectories [count] and reports [count] (may be NULL). An
   error concerns them all: none is made. The result for a clip does not depend on which others there are, but for where
   the device's precision decides between two poses. */
mm_status mm_retarget_clips(mm_context *ctx, const mm_clip *const *clips, int count, const mm_model *model,
                            const mm_retarget_def *def, mm_trajectory **trajectories, mm_retarget_report *reports);

/* Fits the skeleton's shape to the model, as MM_FIT_SHAPE does. Errors as mm_retarget. */
mm_status mm_retarget_shape(mm_context *ctx, const mm_clip *clip, const mm_model *model, mm_shape *shape);

/* One report of several: figures by their kinds, other numbers summed. */
mm_status mm_retarget_total(mm_context *ctx, const mm_retarget_report *reports, int count, mm_retarget_report *total);

/* The model's mimic sites follow the clip. Coupled joints (equality joint) hold exactly, limits are kept, and all frames
   are solved on the context's device. Errors: MM_E_MODEL (no mimic sites, a name that stands for no joint, no leg and no
   arm), MM_E_UNSUPPORTED (connect, weld or tendon equalities, coupled couplings, limited ball joints). */
mm_status mm_retarget(mm_context *ctx, const mm_clip *clip, const mm_model *model, const mm_retarget_def *def,
                      mm_trajectory **trajectory, mm_retarget_report *report);

/* Limits, couplings, floor, skate, tendons and jerk of clips first to first + count - 1 of any trajectory of the model, as
   one; what needs targets stays 0. */
mm_status mm_trajectory_measure(const mm_model *model, const mm_trajectory *trajectory, int first, int count,
                                mm_retarget_report *report);
