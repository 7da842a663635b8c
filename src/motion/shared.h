/* >>motion-shared: what the parts that work on motions share */

/* joints of SMPL's skeleton */
enum {
  MM_SMPL_PELVIS, MM_SMPL_L_HIP, MM_SMPL_R_HIP, MM_SMPL_SPINE1, MM_SMPL_L_KNEE, MM_SMPL_R_KNEE, MM_SMPL_SPINE2,
  MM_SMPL_L_ANKLE, MM_SMPL_R_ANKLE, MM_SMPL_SPINE3, MM_SMPL_L_FOOT, MM_SMPL_R_FOOT, MM_SMPL_NECK, MM_SMPL_L_COLLAR,
  MM_SMPL_R_COLLAR, MM_SMPL_HEAD, MM_SMPL_L_SHOULDER, MM_SMPL_R_SHOULDER, MM_SMPL_L_ELBOW, MM_SMPL_R_ELBOW,
  MM_SMPL_L_WRIST, MM_SMPL_R_WRIST, MM_SMPL_L_HAND, MM_SMPL_R_HAND
};

/* A clip with room for its arrays; betas: numbers of the body's shape. */
MM_PRIVATE mm_status mm__clip_new(mm_context *ctx, const char *name, int frames, int joints, int betas, mm_clip **clip);
/* The skeleton that the clip's joints hang on; copied. */
MM_PRIVATE mm_status mm__clip_set_skeleton(mm_clip *clip, const mm_skeleton *skeleton);

/* What lies below cutoff, without delay, in place: x [count] at every stride-th number; 0 < cutoff < frequency / 2. */
MM_PRIVATE mm_status mm__filter_low_pass(mm_context *ctx, double *x, int count, int stride, double cutoff, double frequency);

/* Cubic splines (spline.c): samples [count, columns] -> second derivatives m; the value at x in samples. */
MM_PRIVATE void mm__spline_fit(const double *y, int count, int columns, double *m, double *work);
MM_PRIVATE void mm__spline_at(const double *y, const double *m, int count, int columns, double x, double *out);

/* the numbers a frame has of each array */
#define MM_TRAJECTORY_SIZES(t) \
  const int nq = (t)->nq, nv = (t)->nv, site_count = (t)->site_count; \
  (void)nq, (void)nv, (void)site_count;

#define MM_TRAJECTORY_SCHEMA "musclemimic-trajectory"
