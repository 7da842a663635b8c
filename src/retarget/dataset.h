/* >>dataset: trajectories of many clips in one file, with where each comes from and how good it is; what makes a clip bad */

/* What a trajectory file says of a clip beside its frames. */
typedef struct mm_clip_record {
  char *source;              /* the file that the clip came from; NULL: not said */
  char *split;               /* "train", "test", …; NULL: none */
  uint64_t key;              /* mm_retarget_key; 0: not said */
  int mirrored;
  mm_retarget_report report;
} mm_clip_record;

/* A number of everything that a retargeted clip depends on: the clip, the model, the settings and this version of the
   engine. def begins as zeroed memory (memset), NULL: defaults. */
uint64_t mm_retarget_key(const mm_clip *clip, const mm_model *model, const mm_retarget_def *def);

/* The index of a trajectory file; frames stay in it until they are asked for. A file of mm_trajectory_save has empty records. */
typedef struct mm_dataset {
  mm_context *ctx;
  mm_store *store;
  char *path, *model_name;
  uint64_t model_hash;       /* mm_motion_hash */
  double frequency;          /* Hz */
  int clip_count, frame_count, nq, nv, joint_count, site_count;
  char **clip_names;         /* [clip_count] */
  char **joint_names;        /* [joint_count] */
  char **site_names;         /* [site_count] */
  int *split_points;         /* [clip_count + 1] */
  mm_clip_record *records;   /* [clip_count] */
  int recorded;              /* 1: the file holds records */
} mm_dataset;

/* model may be NULL; if it is given and the file belongs to another model, MM_E_DATA. */
mm_status mm_dataset_open(mm_context *ctx, const char *path, const mm_model *model, mm_dataset **set);
/* One clip of it as a trajectory. */
mm_status mm_dataset_clip(mm_dataset *set, int clip, mm_trajectory **trajectory);
void mm_dataset_close(mm_dataset *set);

/* Writes a file that mm_trajectory_load reads, too, clip by clip: like gives names, sizes and rate, frame_count is the sum of
   what mm_dataset_add will get. The file appears with mm_dataset_commit, or not at all. mm_dataset_end is always due. */
typedef struct mm_dataset_writer mm_dataset_writer;
mm_status mm_dataset_create(mm_context *ctx, const char *path, const mm_trajectory *like, int64_t frame_count,
                            mm_dataset_writer **writer);
/* All clips of a trajectory, with a record for each. */
mm_status mm_dataset_add(mm_dataset_writer *writer, const mm_trajectory *trajectory, const mm_clip_record *records);
mm_status mm_dataset_commit(mm_dataset_writer *writer);
void mm_dataset_end(mm_dataset_writer *writer);

/* What makes a clip bad: X(upper, name, default, scale, digits, unit, meaning); shown times scale in that unit. The first two
   are looked at before retargeting; joints, penetration and floating are the published acceptance of GMR-Fit. */
#define MM_CLIP_LIMITS(X)                                                                                                         \
  X(TELEPORT, teleport, 0.25, 1e2, 1, "cm", "how far a joint leaps in one frame beyond what it moves in the frames beside it")     \
  X(SPEED, speed, 15, 1, 1, "m/s", "fastest the pelvis moves")                                                                    \
  X(REACH, reach, 0.1, 1e3, 1, "mm", "root mean square distance of the sites from their targets")                                 \
  X(JOINTS, joints, 0.005, 1e2, 3, "%", "joints beyond their range")                                                              \
  X(PENETRATION, penetration, 0.005, 1e3, 1, "mm", "deepest below the floor")                                                     \
  X(FLOATING, floating, 0.025, 1e3, 1, "mm", "lowest the body comes over the floor")                                              \
  X(AIRBORNE, airborne, 1, 1, 2, "s", "longest without anything within 5 cm of the floor")

typedef enum mm_clip_limit {
#define MM_CLIP_LIMIT(upper, name, normal, scale, digits, unit, meaning) MM_LIMIT_##upper,
  MM_CLIP_LIMITS(MM_CLIP_LIMIT)
#undef MM_CLIP_LIMIT
  MM_LIMIT_COUNT
} mm_clip_limit;

typedef struct mm_clip_verdict {
  double value[MM_LIMIT_COUNT];
  int frame, joint;          /* of the leap, in the clip as recorded; -1: nothing moves */
} mm_clip_verdict;

const char *mm_clip_limit_name(mm_clip_limit limit);     /* "teleport", …; NULL out of range */
void mm_clip_limits_default(double limits[MM_LIMIT_COUNT]);
/* teleport and speed of a clip; the other values become 0. */
mm_status mm_clip_inspect(const mm_clip *clip, mm_clip_verdict *verdict);
/* The other values, from the report on its trajectory. */
void mm_retarget_inspect(const mm_retarget_report *report, mm_clip_verdict *verdict);
/* The first limit that a value exceeds; MM_LIMIT_COUNT: none. */
mm_clip_limit mm_clip_exceeds(const mm_clip_verdict *verdict, const double limits[MM_LIMIT_COUNT]);

/* Names of clips from a text, a line each, as published splits are given: blanks, quotes, brackets, commas and the dashes of
   YAML around a name are left out, and what follows # is not read; a line that ends in : (a heading) holds none. MM_E_PARSE:
   names that leave their folder (..), begin at the root of the file system, or hold control characters; no name at all. */
typedef struct mm_name_list { mm_context *ctx; int count; char **names; } mm_name_list;
mm_status mm_name_list_load(mm_context *ctx, const char *path, mm_name_list **list);
mm_status mm_name_list_parse(mm_context *ctx, const char *label, const void *bytes, size_t size, mm_name_list **list);
void mm_name_list_destroy(mm_name_list *list);

/* Which of several splits a clip falls into, by its name alone: shares [count] that sum to 1; -1: count is 0. A clip that is
   mirrored goes with its original if it is asked for by the original's name. */
int mm_split_of(const char *clip_name, const double *shares, int count);
