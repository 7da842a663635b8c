/* >>spline: cubic splines through equally spaced samples, of positions and of rotations

   Between samples i and i+1, u in [0, 1]:  y = (1-u) y[i] + u y[i+1] - u (1-u) ((2-u) m[i] + (1+u) m[i+1]) / 6,
   where m are second derivatives for unit spacing. They follow from continuity of the first derivative:
   m[i-1] + 4 m[i] + m[i+1] = 6 (y[i-1] - 2 y[i] + y[i+1]).  At the ends m is as that beside it. */

/* samples [count, columns] -> m [count, columns]; work holds count numbers. count >= 4 */
MM_PRIVATE void mm__spline_fit(const double *y, int count, int columns, double *m, double *work) {
  for (int c = 0; c < columns; c++) {
    const double *p = y + c;
    double *q = m + c;
    /* eliminate downwards: rows 1 to count - 2, the ends folded in (5 instead of 4 on the diagonal) */
    for (int i = 1; i < count - 1; i++) {
      const double diagonal = i == 1 || i == count - 2 ? 5 : 4;
      const double right = 6 * (p[(i - 1) * columns] - 2 * p[i * columns] + p[(i + 1) * columns]);
      const double pivot = i == 1 ? diagonal : diagonal - work[i - 1];
      work[i] = 1 / pivot;
      q[i * columns] = (right - (i == 1 ? 0 : q[(i - 1) * columns])) * work[i];
    }
    for (int i = count - 3; i >= 1; i--) q[i * columns] -= work[i] * q[(i + 1) * columns];
    q[0] = q[columns];
    q[(count - 1) * columns] = q[(count - 2) * columns];
  }
}

/* the value at sample number x (0 to count - 1) of every column; straight lines if m is NULL */
MM_PRIVATE void mm__spline_at(const double *y, const double *m, int count, int columns, double x, double *out) {
  const double last = (double)(count - 1);
  const double at = x < 0 ? 0 : x > last ? last : x;
  int i = (int)at;
  double u;
  if (i > count - 2) i = count - 2;
  if (i < 0) i = 0;
  u = count > 1 ? at - i : 0;
  for (int c = 0; c < columns; c++) {
    const double *p = y + (size_t)i * (size_t)columns + c;
    if (count == 1) {
      out[c] = p[0];
      continue;
    }
    out[c] = (1 - u) * p[0] + u * p[columns];
    if (m) {
      const double *q = m + (size_t)i * (size_t)columns + c;
      out[c] -= u * (1 - u) * ((2 - u) * q[0] + (1 + u) * q[columns]) / 6;
    }
  }
}

/* [count, joints, 4]: each quaternion gets the sign that is nearest to the one before it */
MM_PRIVATE void mm__spline_align(double *quats, int count, int joints) {
  for (int i = 1; i < count; i++)
    for (int j = 0; j < joints; j++) {
      const double *a = quats + ((size_t)(i - 1) * (size_t)joints + (size_t)j) * 4;
      double *b = quats + ((size_t)i * (size_t)joints + (size_t)j) * 4;
      if (a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3] < 0)
        for (int k = 0; k < 4; k++) b[k] = -b[k];
    }
}

/* the rotations at sample number x: the spline of the components, made unit; slerp if m is NULL */
MM_PRIVATE void mm__spline_rotations(const double *quats, const double *m, int count, int joints, double x, double *out) {
  if (m) {
    mm__spline_at(quats, m, count, 4 * joints, x, out);
    for (int j = 0; j < joints; j++) mm__rot_normalize(out + 4 * j);
    return;
  }
  for (int j = 0; j < joints; j++) {
    const double last = (double)(count - 1), at = x < 0 ? 0 : x > last ? last : x;
    const int i = (int)at, next = i + 1 < count ? i + 1 : i;
    mm__rot_slerp(quats + ((size_t)i * (size_t)joints + (size_t)j) * 4,
                  quats + ((size_t)next * (size_t)joints + (size_t)j) * 4, at - i, out + 4 * j);
  }
}
