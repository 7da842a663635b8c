/* >>body-model: a person's own SMPL, SMPL-H or SMPL-X file, for joints that are exact for betas */

/* The files of the SMPL family may not be passed on, so none is part of this project and what is read stays in memory. Of a file
   only what moves joints is kept: joints = joint + shape . betas, both from its joint regressor. */
typedef struct mm_body_model {
  mm_context *ctx;
  char *path;
  mm_body_kind kind;
  int joint_count, vertex_count, beta_count;
  double *joint;      /* [joint_count, 3] m, the mean body */
  double *shape;      /* [joint_count, 3, beta_count] m a unit of beta */
} mm_body_model;

/* A .npz with J_regressor [joints, vertices], v_template [vertices, 3] and shapedirs [vertices, 3, betas]; joints are 24, 52 or
   55. Of SMPL-X the shape directions without those of expressions. MM_E_UNSUPPORTED: .pkl files, with the command that makes a
   .npz of one. MM_E_DATA: not such a body. */
mm_status mm_body_model_load(mm_context *ctx, const char *path, mm_body_model **model);
mm_status mm_body_model_parse(mm_context *ctx, const char *label, const void *bytes, size_t size, mm_body_model **model);
void mm_body_model_destroy(mm_body_model *model);

/* The exact skeleton. kind: of the clip whose translation it shall belong to. MM_E_DATA: more betas than the file has directions
   (zeros may be left over), or a clip of another body. */
mm_status mm_skeleton_from_model(const mm_body_model *model, mm_body_kind kind, mm_gender gender, int beta_count, const double *betas,
                                 mm_skeleton *skeleton);
