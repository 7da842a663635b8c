/* >>csv: plain columns of trajectories, clips and markers, as CSV and TRC */

/* The trajectory's file says how many coordinates and velocities there are, and how many joints: quaternions have one coordinate
   more than velocities, free joints six coordinates more than joints. *ball: those that are not free. */
static int mm__free_joints(const mm_trajectory *t, int *ball) {
  const int rotations = t->nq - t->nv, extra = t->nq - t->joint_count; /* free + ball; 6 free + 3 ball */
  const int free_joints = (extra - 3 * rotations) / 3;
  *ball = rotations - free_joints;
  return free_joints;
}

mm_status mm_columns_of_trajectory(const mm_trajectory *t, mm_columns **columns) {
  static const char *const parts[7] = {"x", "y", "z", "qw", "qx", "qy", "qz"};
  mm_context *ctx = t->ctx;
  int ball, at = 0, clip = 0;
  const int root = mm__free_joints(t, &ball);
  mm_status status;
  *columns = NULL;
  if (ball || root < 0 || root > 1 || t->nq != t->joint_count + 6 * root)
    return mm__fail(ctx, MM_E_UNSUPPORTED, "%s: its joints are not one free joint at most, then hinges and slides", t->clip_names[0]);
  MM_TRY(mm__columns_new(ctx, t->clip_names[0], t->model_name, t->frame_count, 2 + t->nq, columns));
  (*columns)->degrees = 0;
  (*columns)->frequency = t->frequency;
  status = mm__columns_name(*columns, &at, "time");
  if (status == MM_OK) status = mm__columns_name(*columns, &at, "clip");
  for (int k = 0; k < 7 * root && status == MM_OK; k++) {
    char name[300];
    snprintf(name, sizeof name, "%.280s_%s", t->joint_names[0], parts[k]);
    status = mm__columns_name(*columns, &at, name);
  }
  for (int j = root; j < t->joint_count && status == MM_OK; j++) status = mm__columns_name(*columns, &at, t->joint_names[j]);
  if (status != MM_OK) {
    mm_columns_destroy(*columns);
    *columns = NULL;
    return status;
  }
  for (int f = 0; f < t->frame_count; f++) {
    double *row = (*columns)->values + (size_t)f * (size_t)(2 + t->nq);
    if (f == t->split_points[clip + 1]) clip++;
    row[0] = (f - t->split_points[clip]) / t->frequency;
    row[1] = clip;
    memcpy(row + 2, t->qpos + (size_t)f * (size_t)t->nq, sizeof(double) * (size_t)t->nq);
  }
  return MM_OK;
}

/* time, and x y z of points with names */
static mm_status mm__columns_points(mm_context *ctx, const char *name, int rows, int points, const char *const *names, double frequency,
                                    const double *data, mm_columns **columns) {
  int at = 0;
  mm_status status;
  MM_TRY(mm__columns_new(ctx, name, name, rows, 1 + 3 * points, columns));
  (*columns)->frequency = frequency;
  status = mm__columns_name(*columns, &at, "time");
  for (int i = 0; i < 3 * points && status == MM_OK; i++) {
    char text[300];
    snprintf(text, sizeof text, "%.280s_%c", names[i / 3], 'x' + i % 3);
    status = mm__columns_name(*columns, &at, text);
  }
  for (int r = 0; r < rows && status == MM_OK; r++) {
    double *row = (*columns)->values + (size_t)r * (size_t)(1 + 3 * points);
    row[0] = r / frequency;
    memcpy(row + 1, data + (size_t)r * 3 * (size_t)points, sizeof(double) * 3 * (size_t)points);
  }
  if (status != MM_OK) {
    mm_columns_destroy(*columns);
    *columns = NULL;
  }
  return status;
}

mm_status mm_columns_of_clip(const mm_clip *clip, mm_columns **columns) {
  const size_t frames = (size_t)clip->frame_count;
  mm_skeleton skeleton;
  double *x, *q;
  mm_status status = MM_E_MEMORY;
  *columns = NULL;
  MM_TRY(mm_clip_skeleton(clip, &skeleton));
  x = MM_NEW(clip->ctx, double, frames * 3 * MM_SMPL_JOINTS);
  q = MM_NEW(clip->ctx, double, frames * 4 * MM_SMPL_JOINTS);
  if (x && q) {
    mm_clip_joints(clip, &skeleton, x, q);
    status = mm__columns_points(clip->ctx, clip->name, clip->frame_count, MM_SMPL_JOINTS, mm__smpl_names, clip->frequency, x, columns);
  }
  mm__free(clip->ctx, x);
  mm__free(clip->ctx, q);
  return status;
}

mm_status mm_columns_of_markers(const mm_markers *m, mm_columns **columns) {
  *columns = NULL;
  return mm__columns_points(m->ctx, m->name, m->frame_count, m->marker_count, (const char *const *)m->marker_names, m->frequency, m->positions,
                            columns);
}

/* names with commas or quotes stand in quotes */
static void mm__csv_name(mm_printer *out, const char *name) {
  if (!strpbrk(name, ",\"\n\r")) {
    mm__print_add(out, "%.1000s", name);
    return;
  }
  mm__print_add(out, "\"");
  for (const char *c = name; *c; c++) mm__print_add(out, "%s%c", *c == '"' ? "\"" : "", *c);
  mm__print_add(out, "\"");
}

mm_status mm_columns_save_csv(const mm_columns *c, const char *path) {
  mm_printer out;
  MM_TRY(mm__print_begin(c->ctx, path, &out));
  for (int i = 0; i < c->column_count; i++) {
    if (i) mm__print_add(&out, ",");
    mm__csv_name(&out, c->column_names[i]);
  }
  for (int r = 0; r < c->row_count; r++)
    for (int i = 0; i < c->column_count; i++) {
      const double x = c->values[(size_t)r * (size_t)c->column_count + (size_t)i];
      if (x == x) mm__print_real(&out, i ? "," : "\n", 12, 'g', x);
      else mm__print_add(&out, "%s", i ? "," : "\n");
    }
  mm__print_add(&out, "\n");
  return mm__print_commit(&out);
}

mm_status mm_trc_save(const mm_markers *m, const char *path) {
  mm_printer out;
  MM_TRY(mm__print_begin(m->ctx, path, &out));
  mm__print_add(&out, "PathFileType\t4\t(X/Y/Z)\t%.500s.trc\n", m->name);
  mm__print_add(&out, "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames\n");
  mm__print_real(&out, "", 9, 'g', m->frequency);
  mm__print_real(&out, "\t", 9, 'g', m->frequency);
  mm__print_add(&out, "\t%d\t%d\tm", m->frame_count, m->marker_count);
  mm__print_real(&out, "\t", 9, 'g', m->frequency);
  mm__print_add(&out, "\t%d\t%d\nFrame#\tTime", m->first_frame, m->frame_count);
  for (int i = 0; i < m->marker_count; i++) {
    mm__print_add(&out, "\t");
    for (const char *c = m->marker_names[i]; *c; c++) mm__print_add(&out, "%c", *c == '\t' ? ' ' : *c);
    mm__print_add(&out, "\t\t");
  }
  mm__print_add(&out, "\n\t");
  for (int i = 0; i < m->marker_count; i++) mm__print_add(&out, "\tX%d\tY%d\tZ%d", i + 1, i + 1, i + 1);
  mm__print_add(&out, "\n\n");
  for (int f = 0; f < m->frame_count; f++) {
    const double *x = m->positions + (size_t)f * 3 * (size_t)m->marker_count;
    mm__print_add(&out, "%d", m->first_frame + f);
    mm__print_real(&out, "\t", 9, 'g', f / m->frequency);
    for (int k = 0; k < 3 * m->marker_count; k++) {
      if (x[k] == x[k]) mm__print_real(&out, "\t", 9, 'g', x[k]);
      else mm__print_add(&out, "\t");
    }
    mm__print_add(&out, "\n");
  }
  return mm__print_commit(&out);
}
