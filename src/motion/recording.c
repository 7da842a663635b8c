/* >>recording-code: skeletons with named joints: made, posed */

#define MM_MOTION_JOINTS 2048

MM_PRIVATE mm_status mm__motion_alloc(mm_context *ctx, const char *name, int frames, int joints, mm_motion **motion) {
  const size_t poses = (size_t)frames * (size_t)joints;
  mm_motion *m = MM_NEW(ctx, mm_motion, 1);
  *motion = NULL;
  if (!m) return MM_E_MEMORY;
  m->ctx = ctx;
  m->frame_count = frames;
  m->joint_count = joints;
  m->name = mm__strdup(ctx, name);
  m->joint_names = MM_NEW(ctx, char *, joints);
  m->parent = MM_NEW(ctx, int, joints);
  m->offset = MM_NEW(ctx, double, 3 * (size_t)joints);
  m->end = MM_NEW(ctx, double, 3 * (size_t)joints);
  m->rotations = MM_NEW(ctx, double, 4 * poses);
  m->translations = MM_NEW(ctx, double, 3 * (size_t)frames);
  if (!m->name || !m->joint_names || !m->parent || !m->offset || !m->end || !m->rotations || !m->translations) {
    mm_motion_destroy(m);
    return MM_E_MEMORY;
  }
  for (size_t i = 0; i < poses; i++) m->rotations[4 * i] = 1;
  *motion = m;
  return MM_OK;
}

/* Sizes are those of a file, which may claim anything: what its bytes cannot hold is refused before memory is asked for. A
   joint has at least one number of two characters a frame, but for a few. */
MM_PRIVATE mm_status mm__motion_new(const mm_scan *scan, const char *path, long frames, int joints, mm_motion **motion) {
  const size_t file = (size_t)(scan->end - scan->owned), poses = (size_t)frames * (size_t)joints;
  char *name;
  mm_status status;
  *motion = NULL;
  if (poses > 4096 + file * 2)
    return mm__scan_fail(scan, MM_E_PARSE, "%ld frames of %d joints are said, more than the file can hold", frames, joints);
  name = mm__file_stem(scan->ctx, path);
  status = name ? mm__motion_alloc(scan->ctx, name, (int)frames, joints, motion) : MM_E_MEMORY;
  mm__free(scan->ctx, name);
  return status;
}

void mm_motion_destroy(mm_motion *m) {
  if (!m) return;
  for (int j = 0; m->joint_names && j < m->joint_count; j++) mm__free(m->ctx, m->joint_names[j]);
  mm__free(m->ctx, m->joint_names);
  mm__free(m->ctx, m->name);
  mm__free(m->ctx, m->parent);
  mm__free(m->ctx, m->offset);
  mm__free(m->ctx, m->end);
  mm__free(m->ctx, m->rotations);
  mm__free(m->ctx, m->translations);
  mm__free(m->ctx, m);
}

void mm_motion_pose(const mm_motion *m, int frame, double *positions, double *orientations) {
  static const double still[4] = {1, 0, 0, 0}, origin[3] = {0, 0, 0};
  double *q = orientations, *x = positions;
  for (int j = 0; j < m->joint_count; j++) {
    const int parent = m->parent[j];
    const double *turn = frame < 0 ? still : m->rotations + ((size_t)frame * (size_t)m->joint_count + (size_t)j) * 4;
    const double *up = parent < 0 ? still : q + 4 * parent, *from = parent < 0 ? origin : x + 3 * parent;
    const double *bone = j == 0 && frame >= 0 ? m->translations + 3 * (size_t)frame : m->offset + 3 * j;
    double moved[3];
    mm__rot_apply(up, bone, moved);
    for (int k = 0; k < 3; k++) x[3 * j + k] = from[k] + moved[k];
    mm__rot_multiply(up, turn, q + 4 * j);
    mm__rot_normalize(q + 4 * j);
  }
}

/* rotations about the axes x y z (0 1 2) by degrees, one after another, each about the axis that the ones before have turned */
MM_PRIVATE void mm__rot_from_euler(const int *axes, const double *degrees, int count, double *q) {
  q[0] = 1;
  q[1] = q[2] = q[3] = 0;
  for (int i = 0; i < count; i++) {
    const double half = degrees[i] * (MM_PI / 360);
    double turn[4] = {0, 0, 0, 0};
    turn[0] = cos(half);
    turn[1 + axes[i]] = sin(half);
    mm__rot_multiply(q, turn, q);
  }
}

/* the inverse for the three axes z, x, y: q = Rz(a) Rx(b) Ry(c), degrees, b between -90 and 90 */
MM_PRIVATE void mm__rot_to_zxy(const double *q, double *degrees) {
  double m[9], sine;
  mm__rot_to_matrix(q, m);
  sine = m[7] > 1 ? 1 : m[7] < -1 ? -1 : m[7];
  degrees[1] = asin(sine) * (180 / MM_PI);
  if (fabs(sine) < 1 - 1e-12) {
    degrees[0] = atan2(-m[1], m[4]) * (180 / MM_PI);
    degrees[2] = atan2(-m[6], m[8]) * (180 / MM_PI);
  } else { /* only the sum or the difference of the two is fixed */
    degrees[0] = atan2(m[3], m[0]) * (180 / MM_PI);
    degrees[2] = 0;
  }
}
