/* >>pose: one pose of a model on the host, in double, by the kernels of the simulation */

/* qpos in; xpos, xquat, xmat, xanchor, xaxis out, in data under MuJoCo's names */
typedef struct mm_pose {
  mm_context *ctx;
  const mm_model *model;
  mm_pack pack;
  mm_layout layout;
  mm_tables_f64 tables;
  mm_data_f64 data;
  double *memory;
} mm_pose;

MM_PRIVATE mm_status mm__pose_create(mm_context *ctx, const mm_model *model, mm_pose **pose);
MM_PRIVATE void mm__pose_destroy(mm_pose *pose); /* NULL is allowed */
MM_PRIVATE void mm__pose_set(mm_pose *pose, const double *qpos);   /* kinematics */
MM_PRIVATE void mm__pose_site(const mm_pose *pose, int site, double *xpos, double *xmat);
MM_PRIVATE void mm__pose_tendons(mm_pose *pose);                   /* ten_length of the pose that is set */
/* The rotation (3) and translation (3) of a point of a body that a degree of freedom makes at unit speed, world axes. */
MM_PRIVATE void mm__pose_motion(const mm_pose *pose, int dof, const double *point, double *motion);
/* Rotation and translation of the site itself at the velocity qvel, world axes. */
MM_PRIVATE void mm__pose_site_velocity(const mm_pose *pose, int site, const double *xpos, const double *qvel, double *xvel);
MM_PRIVATE void mm__pose_geom(const mm_pose *pose, int geom, double *xpos, double *xmat);
