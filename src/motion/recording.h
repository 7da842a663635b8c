/* >>recording: what motion capture systems write: skeletons with named joints (BVH, ASF/AMC) */

/* A skeleton whose joints turn. Joint 0 is a root; parents come before their children. Positions are in the file's own
   unit of length and axes; at rest all joints' frames are aligned with the file's world. */
typedef struct mm_motion {
  mm_context *ctx;
  char *name;                 /* file name without folder and ending */
  int frame_count, joint_count;
  double frequency;           /* Hz */
  double unit;                /* m in one unit of length; 0: the file does not say */
  char **joint_names;         /* [joint_count] */
  int *parent;                /* [joint_count] -1: none */
  double *offset;             /* [joint_count, 3] from the parent at rest */
  double *end;                /* [joint_count, 3] where the bone of a joint without children ends, from the joint; zero: not said */
  double *rotations;          /* [frame_count, joint_count, 4] w x y z, from the parent's frame */
  double *translations;       /* [frame_count, 3] of joint 0 in the world */
  double stretch;             /* the farthest that position channels moved a joint from its mean place on its parent, which is
                                 taken as its offset */
} mm_motion;

void mm_motion_destroy(mm_motion *motion);

/* Biovision hierarchy. Channels in any order; one root; position channels of the root are its place in the world. Errors
   name file and line: MM_E_PARSE, MM_E_UNSUPPORTED (several roots). */
mm_status mm_bvh_load(mm_context *ctx, const char *path, mm_motion **motion);
mm_status mm_bvh_parse(mm_context *ctx, const char *label, const void *bytes, size_t size, mm_motion **motion);
/* Writes one, whole or not at all: rotations as Z X Y channels; unit: how many metres one unit of the written file is
   (0.01: centimetres), which needs a motion whose unit is known, or 0: numbers as they are. */
mm_status mm_bvh_save(const mm_motion *motion, double unit, const char *path);

/* Acclaim skeleton (ASF) and its motion (AMC), as of the CMU database. Units of length come from the file (1 is an inch over
   `length`). The AMC format has no rate: frequency in Hz, 0: 120, that of the CMU database. A bone becomes the joint at its
   near end. Errors as above; MM_E_UNSUPPORTED: bones that change their length. */
mm_status mm_amc_load(mm_context *ctx, const char *asf_path, const char *amc_path, double frequency, mm_motion **motion);
mm_status mm_amc_parse(mm_context *ctx, const char *asf_label, const void *asf, size_t asf_size, const char *amc_label,
                       const void *amc, size_t amc_size, double frequency, mm_motion **motion);

/* World positions [joint_count, 3] and orientations [joint_count, 4] of one frame; frame -1: at rest. Either may be NULL. */
void mm_motion_pose(const mm_motion *motion, int frame, double *positions, double *orientations);

/* How a recording becomes a clip. Zero means default. */
typedef struct mm_clip_def {
  mm_up_axis up;             /* default: told from the motion */
  double unit;               /* m in one unit of length; default: the file's, else the one of m, cm, mm, inch and CMU's unit
                                (an inch over 0.45) in which the legs are a person's */
  double frequency;          /* Hz of an AMC; default 120 */
  int rest_frame;            /* from 1: the frame in which the body stands in a T-pose; default: told from the skeleton */
  const char *skeleton;      /* the .asf of an AMC; default: NAME.asf, else NN.asf of NN_MM.amc, beside it */
  const char *body_model;    /* the person's own SMPL file for mm_body_model_load: exact joints for betas */
  const char *const *joints; /* "L_Wrist=hand_l", …, NULL: joints whose names no table knows */
} mm_clip_def;

/* What was found out on the way. */
typedef struct mm_clip_report {
  const char *format;        /* "AMASS .npz", "BVH", "ASF/AMC" */
  const char *names;         /* whose names of joints these are; NULL: SMPL's own form */
  const char *rest;          /* which pose was taken for the T-pose; NULL as above */
  double unit;               /* m */
  int unit_detected;
  int joints, matched;       /* of the recording; that stand for one of the 24 of SMPL */
  double mean_error, max_error; /* m, between joints of the recording and of the clip, over all frames */
} mm_clip_report;

/* Joints are matched by name (tables: CMU, MotionBuilder, Mixamo and LAFAN1, SMPL and classic BVH, Biped, Unreal, VRM), spine,
   neck and collars by their place in the tree. The clip gets the recording's own skeleton, so that its joints are where the
   recording's are; rotations are measured from the T-pose. MM_E_DATA: joints of which there are none, which are listed, or a
   skeleton that stands in a T-pose neither at rest nor in its first frame. report may be NULL. */
mm_status mm_clip_from_motion(const mm_motion *motion, const mm_clip_def *def, mm_clip **clip, mm_clip_report *report);
/* The other way: 24 joints under SMPL's names, in the clip's own axes, metres. */
mm_status mm_motion_from_clip(const mm_clip *clip, mm_motion **motion);

/* A clip from any of the formats, by the ending of the name: .npz, .bvh, .amc. Others are MM_E_UNSUPPORTED, with what to do. */
mm_status mm_clip_open(mm_context *ctx, const char *path, const mm_clip_def *def, mm_clip **clip, mm_clip_report *report);
