/* >>retarget: from human motion to motions of a model */

/* The mimic sites of the model (mm_mimic_sites) follow joints of the SMPL skeleton by name:

     pelvis_mimic Pelvis · upper_body_mimic Spine1 (Spine3 where there is no pelvis) · head_mimic Head ·
     left_ and right_ shoulder, elbow, hand (wrist), hip, knee, ankle, toes (foot)

   At rest (the model at qpos0 with its arms raised to the sides, the skeleton with its arms level) site and joint stand
   for each other; from there on a site turns as its joint does. Where it goes:

     MM_FIT_SEGMENTS  the skeleton's rotations on segments of the model's own lengths, the path of the pelvis scaled
     MM_FIT_UNIFORM   the skeleton as a whole scaled; what then separates site and joint at rest turns with the site

   The scale is the model's length of leg over the skeleton's (of arm, for a model without legs): the height of the hips
   follows the clip, and feet that stand in the clip stand. */
typedef enum mm_fit { MM_FIT_SEGMENTS, MM_FIT_UNIFORM } mm_fit;

/* Zero means default. */
typedef struct mm_retarget_def {
  double frequency;         /* Hz of the trajectory; default 100 */
  mm_fit fit;
  int asymmetric_weights;   /* 1: left and right weighted differently, as in the published GMR-Fit */
  int iterations;           /* most steps a frame; default 20 */
  int pieces;               /* pieces of a clip that are solved at once; default: what the device can hold in flight */
  int keep_height;          /* 1: no correction of height to the floor */
  int (*progress)(double fraction, void *user); /* not 0: stop, MM_E_INTERRUPTED */
  void *user;
} mm_retarget_def;

/* How good a trajectory is. Shares are between 0 and 1. */
typedef struct mm_retarget_report {
  int frame_count, site_count;
  double scale;             /* model over skeleton */
  double site_rmse;         /* m, root mean square distance of the sites from their targets */
  double site_mean, site_max; /* m */
  double rotation_mean;     /* rad, mean angle between sites and targets */
  double limit_violation;   /* share of (limited joint, frame) pairs beyond the range by more than 1e-5 */
  int contradictions;       /* coupled joints whose range contradicts their equality: not among those pairs */
  double coupling_residual; /* m or rad, largest violation of a joint coupling */
  double penetration;       /* share of frames with a part more than 1 mm below the floor */
  double penetration_depth; /* m, deepest */
  double floating;          /* m, height of the lowest part over the floor, at its largest */
  double foot_skate;        /* m/s, mean horizontal speed of a foot's part while it touches */
  double seconds;           /* for all of it */
  int passes, restarts;     /* of the solver over the pieces; frames that began anew */
  int shape_ignored;        /* 1: betas of a neutral body, which has no published shapes, were left out */
} mm_retarget_report;

/* The model's mimic sites follow the clip. Coupled joints (equality joint) hold exactly, limits are kept, and all frames
   are solved on the context's device. Errors: MM_E_MODEL (no mimic sites, a name that stands for no joint, no leg and no
   arm), MM_E_UNSUPPORTED (connect, weld or tendon equalities, coupled couplings, limited ball joints). */
mm_status mm_retarget(mm_context *ctx, const mm_clip *clip, const mm_model *model, const mm_retarget_def *def,
                      mm_trajectory **trajectory, mm_retarget_report *report);

/* Limits, couplings, floor and skate of any trajectory of the model; the site errors stay 0. */
mm_status mm_trajectory_measure(const mm_model *model, const mm_trajectory *trajectory, mm_retarget_report *report);
