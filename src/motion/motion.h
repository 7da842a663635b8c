/* >>motion: clips of human motion in SMPL form, the SMPL skeleton, and trajectories of a model */

/* SMPL's own axes, in which rest joints are given: x to the body's left, y up, z forward, metres. Rotations of the 24
   joints are axis-angle vectors from the parent joint's frame, radians; that of the pelvis is from the clip's world.
   A clip's world is z up or y up; what the calls below return is always z up. */
#define MM_SMPL_JOINTS 24

typedef enum mm_gender { MM_GENDER_NEUTRAL, MM_GENDER_MALE, MM_GENDER_FEMALE } mm_gender;
typedef enum mm_up_axis { MM_UP_AUTO, MM_UP_Z, MM_UP_Y } mm_up_axis;
typedef enum mm_body_kind { MM_BODY_SMPL, MM_BODY_SMPLH, MM_BODY_SMPLX } mm_body_kind; /* 24, 52 and 55 joints */

typedef enum mm_skeleton_source {
  MM_SKELETON_MEAN,    /* the published mean body */
  MM_SKELETON_SHAPED,  /* that, with segments lengthened to first order in betas: approximate */
  MM_SKELETON_MODEL,   /* from a body model's own file: exact */
  MM_SKELETON_RECORDED /* of the recording itself (BVH, AMC): exact */
} mm_skeleton_source;

/* The joints of a body at rest (arms level, legs straight, facing +z). */
typedef struct mm_skeleton {
  mm_gender gender;
  int parent[MM_SMPL_JOINTS];         /* -1: the pelvis */
  double joint[MM_SMPL_JOINTS][3];    /* m, in the axes above */
  double root[3];                     /* m, rest pelvis of the body model that the clip's translation refers to */
  int shaped;                         /* 1: betas changed the lengths of segments, to first order (approximate) */
  mm_skeleton_source source;
  int betas_ignored;                  /* 1: betas of a neutral body, for which no effects are published, were left out */
} mm_skeleton;

/* The published mean skeletons of SMPL, and for betas the published first-order change of segment lengths (mean: all
   betas 0; none are published for the neutral body, so its betas are refused unless they are 0: MM_E_UNSUPPORTED).
   kind says which body model's translation is meant. */
mm_status mm_skeleton_make(mm_context *ctx, mm_body_kind kind, mm_gender gender, int beta_count, const double *betas,
                           mm_skeleton *skeleton);
/* "Pelvis", "L_Hip", …; NULL out of range. */
const char *mm_skeleton_joint_name(int joint);
/* From the lower ankle to the head joint, m. */
double mm_skeleton_height(const mm_skeleton *skeleton);
const char *mm_gender_name(mm_gender gender);
/* "the published mean body", … */
const char *mm_skeleton_source_text(mm_skeleton_source source);

/* A motion in SMPL form. */
typedef struct mm_clip {
  mm_context *ctx;
  char *name;               /* file name without folder and ending */
  mm_body_kind kind;
  mm_gender gender;
  mm_up_axis up;            /* of the world of trans and of the pelvis' rotation; never MM_UP_AUTO */
  int up_detected;          /* 1: told from the motion, 0: by the caller */
  int frame_count, joint_count, beta_count;
  double frequency;         /* Hz */
  double *poses;            /* [frame_count, joint_count, 3] rad */
  double *trans;            /* [frame_count, 3] m; the pelvis is at trans + the rest pelvis */
  double *betas;            /* [beta_count] */
  mm_skeleton *skeleton;    /* of this body, where it is known better than from gender and betas; else NULL */
} mm_clip;

/* Reads an AMASS-style .npz in the spellings of AMASS, the smplx package, AIST++ and their kin:

     poses, fullpose, smpl_poses     72 (SMPL), 156 (SMPL-H), 165 (SMPL-X) or 66 (no hands) numbers a frame, or
     root_orient or global_orient    with pose_body or body_pose, and where they are pose_hand or left_hand_pose and
                                     right_hand_pose, pose_jaw or jaw_pose, pose_eye or leye_pose and reye_pose
     trans, transl, smpl_trans       divided by smpl_scaling where that is
     mocap_framerate, mocap_frame_rate, fps, … or mocap_time_length
     gender                          text or bytes; left out: neutral
     betas                           any number, one row or one a frame

   up: MM_UP_AUTO takes the file's own up_axis, else the axis that the pelvis' own up axis is nearest to on average.
   MM_E_DATA: numbers that are not finite, or frames that do not fit together. */
mm_status mm_clip_load(mm_context *ctx, const char *path, mm_up_axis up, mm_clip **clip);
/* The same of bytes in memory; label stands for the file name in errors. */
mm_status mm_clip_parse(mm_context *ctx, const char *label, const void *bytes, size_t size, mm_up_axis up, mm_clip **clip);
/* Writes that form with AMASS' names, uncompressed, whole or not at all; a skeleton of its own as rest_joints. */
mm_status mm_clip_save(const mm_clip *clip, const char *path);
void mm_clip_destroy(mm_clip *clip);

/* The skeleton that the clip's joints turn: its own, else that of mm_skeleton_make; for a neutral body with betas the mean one, with
   betas_ignored set. */
mm_status mm_clip_skeleton(const mm_clip *clip, mm_skeleton *skeleton);

/* The same motion at another rate: cubic splines through positions, and through rotations as quaternions (slerp where
   there are fewer than four frames). The last frame is the last that lies within the clip. */
mm_status mm_clip_resample(const mm_clip *clip, double frequency, mm_clip **out);

/* The clip in a mirror: what the left did the right does, in a world reflected at the plane x = 0. The skeleton is reflected,
   too, so that joints are exactly where their partners' images are; mirrored twice, a clip is what it was. */
mm_status mm_clip_mirror(const mm_clip *clip, mm_clip **out);
mm_status mm_clip_rename(mm_clip *clip, const char *name);
/* A number of everything in a clip but its name. */
uint64_t mm_clip_hash(const mm_clip *clip);

/* Forward kinematics, world z up: positions [frame_count, 24, 3] m and rotations [frame_count, 24, 4] w x y z of the
   joints. The hands of bodies with fingers (joints 22 and 23) follow the wrists. */
void mm_clip_joints(const mm_clip *clip, const mm_skeleton *skeleton, double *positions, double *rotations);

/* Level walking, made from normative joint angles. Zero means default. */
typedef struct mm_walk_def {
  int strides;          /* default 5; right and left foot have each touched down so often */
  double stride_time;   /* s, default 1.08 */
  double frequency;     /* Hz, default 120 */
  mm_gender gender;     /* default neutral */
} mm_walk_def;

/* What the synthesis had to change in the published angles so that the feet neither slide nor sink. */
typedef struct mm_walk_report {
  double stride_length, speed;  /* m, m/s */
  double deviation[3];          /* rms change of hip, knee and ankle angle, rad */
  double slip;                  /* mean horizontal speed of the parts of the foot that touch the floor, m/s */
} mm_walk_report;

/* Walks along +x from the origin, z up. report may be NULL. */
mm_status mm_clip_walk(mm_context *ctx, const mm_walk_def *def, mm_walk_report *report, mm_clip **clip);

/* X(name, columns, unit, frame, meaning): the arrays of a trajectory, [frame_count, columns] */
#define MM_TRAJECTORY_FIELDS(X)                                                                                   \
  X(qpos, nq, "m, rad", "", "coordinates of the model")                                                           \
  X(qvel, nv, "m/s, rad/s", "", "velocities; free joint: linear in the world, angular in the body frame")         \
  X(site_xpos, 3 * site_count, "m", "world", "positions of the mimic sites")                                      \
  X(site_xmat, 9 * site_count, "", "world", "orientations of the mimic sites as matrices by rows")                \
  X(site_xvel, 6 * site_count, "rad/s, m/s", "world", "velocities of the mimic sites: rotation, then translation")

/* Motions of a model, one after another at one rate. Clip c has the frames split_points[c] to split_points[c+1] - 1. */
typedef struct mm_trajectory {
  mm_context *ctx;
  uint64_t model_hash;        /* mm_motion_hash of the model that qpos belongs to */
  char *model_name;
  double frequency;           /* Hz */
  int frame_count, clip_count, nq, nv, joint_count, site_count;
  int *split_points;          /* [clip_count + 1] */
  char **clip_names;          /* [clip_count] */
  char **clip_splits;         /* [clip_count] "train", "test", …, "": none; NULL: no clip belongs to a split */
  char **joint_names;         /* [joint_count], all joints of the model */
  char **site_names;          /* [site_count] the mimic sites; the first is the reference */
#define MM_TRAJECTORY_MEMBER(name, columns, unit, frame, meaning) double *name;
  MM_TRAJECTORY_FIELDS(MM_TRAJECTORY_MEMBER)
#undef MM_TRAJECTORY_MEMBER
} mm_trajectory;

/* One clip of zeroed frames with the names of the model and its mimic sites (those whose name ends in _mimic). */
mm_status mm_trajectory_create(const mm_model *model, const char *clip_name, int frame_count, double frequency,
                               mm_trajectory **trajectory);
void mm_trajectory_destroy(mm_trajectory *trajectory);

/* qvel from qpos: half the difference of the neighbours in time on the model's manifold, one-sided at both ends of a
   clip (a clip of one frame is at rest). */
void mm_trajectory_differentiate(const mm_model *model, mm_trajectory *trajectory);
/* site_xpos, site_xmat and site_xvel from qpos and qvel. */
mm_status mm_trajectory_forward(const mm_model *model, mm_trajectory *trajectory);

/* How smooth a degree of freedom moves, from the spectrum of its velocity. */
typedef struct mm_smoothness {
  double arc_length;   /* of the speed's spectrum (SPARC: Balasubramanian et al. 2015, padding 4, 10 Hz, threshold 0.05); nearer
                          to 0 is smoother; NAN where nothing moves */
  double bandwidth;    /* Hz below which 95 % of the velocity's power lies */
  double share_above;  /* of its power above the cutoff, 0 to 1 */
} mm_smoothness;
/* dofs [nv]; cutoff in Hz. Transformed on the context's device where that is a GPU (clFFT). MM_E_DATA: a clip of
   more than 262,144 frames. */
mm_status mm_trajectory_smoothness(const mm_trajectory *trajectory, int clip, double cutoff, mm_smoothness *dofs);

/* HDF5: schema "musclemimic-trajectory", version 1, the members above under their names. */
mm_status mm_trajectory_save(const mm_trajectory *trajectory, const char *path);
/* model may be NULL; if it is given and the file belongs to another model, MM_E_DATA. */
mm_status mm_trajectory_load(mm_context *ctx, const char *path, const mm_model *model, mm_trajectory **trajectory);
/* All clips of several trajectories of the same model and rate. */
mm_status mm_trajectory_join(mm_context *ctx, const mm_trajectory *const *list, int count, mm_trajectory **joined);
/* The clips whose names fit patterns as in a shell, * ? [abc]; one that begins with ! leaves out. The last that fits counts,
   and where the first leaves out, all clips are there before it. @train and the like mean the clips of a split. MM_E_ARGUMENT: a
   pattern fits nothing, or nothing is left. */
mm_status mm_trajectory_select(const mm_trajectory *trajectory, const char *const *patterns, int count, mm_trajectory **selected);
/* Holds a share of the clips out, drawn by their names alone: the same for every order of them. */
mm_status mm_trajectory_split(const mm_trajectory *trajectory, double fraction, mm_trajectory **kept, mm_trajectory **held_out);
/* A number of everything in a model that its motions depend on: bodies, joints, qpos0, mimic sites. Muscles, contacts and
   options may change without making its trajectories another model's. */
uint64_t mm_motion_hash(const mm_model *model);
/* The mimic sites of a model, the reference (pelvis_mimic, else upper_body_mimic) first and the others in the model's order:
   writes at most limit site numbers, returns how many there are. */
int mm_mimic_sites(const mm_model *model, int *sites, int limit);
