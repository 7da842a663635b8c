/* >>rotation-math: quaternions, rotation vectors and matrices on the host */

MM_PRIVATE void mm__rot_multiply(const double *a, const double *b, double *out) {
  const double w = a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3];
  const double x = a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2];
  const double y = a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1];
  const double z = a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0];
  out[0] = w;
  out[1] = x;
  out[2] = y;
  out[3] = z;
}

MM_PRIVATE void mm__rot_conjugate(const double *q, double *out) {
  out[0] = q[0];
  for (int k = 1; k < 4; k++) out[k] = -q[k];
}

/* v + 2 u x (u x v + w v), u the vector part */
MM_PRIVATE void mm__rot_apply(const double *q, const double *v, double *out) {
  const double tx = q[2] * v[2] - q[3] * v[1] + q[0] * v[0];
  const double ty = q[3] * v[0] - q[1] * v[2] + q[0] * v[1];
  const double tz = q[1] * v[1] - q[2] * v[0] + q[0] * v[2];
  const double x = v[0] + 2 * (q[2] * tz - q[3] * ty);
  const double y = v[1] + 2 * (q[3] * tx - q[1] * tz);
  const double z = v[2] + 2 * (q[1] * ty - q[2] * tx);
  out[0] = x;
  out[1] = y;
  out[2] = z;
}

MM_PRIVATE void mm__rot_normalize(double *q) {
  const double n = sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
  if (n > 0)
    for (int k = 0; k < 4; k++) q[k] /= n;
  else
    q[0] = 1;
}

/* sin(x)/x as a series where the quotient would lose digits */
MM_PRIVATE void mm__rot_from_vector(const double *v, double *q) {
  const double angle = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
  const double half = angle / 2;
  const double s = angle < 1e-4 ? 0.5 - half * half / 12 : sin(half) / angle;
  q[0] = cos(half);
  for (int k = 0; k < 3; k++) q[k + 1] = s * v[k];
}

MM_PRIVATE void mm__rot_to_vector(const double *q, double *v) {
  const double flip = q[0] < 0 ? -1 : 1;
  const double n = sqrt(q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
  const double scale = n < 1e-12 ? 2 : 2 * atan2(n, flip * q[0]) / n;
  for (int k = 0; k < 3; k++) v[k] = flip * scale * q[k + 1];
}

MM_PRIVATE void mm__rot_to_matrix(const double *q, double *m) {
  const double xx = q[1] * q[1], yy = q[2] * q[2], zz = q[3] * q[3], xy = q[1] * q[2], xz = q[1] * q[3];
  const double yz = q[2] * q[3], wx = q[0] * q[1], wy = q[0] * q[2], wz = q[0] * q[3];
  m[0] = 1 - 2 * (yy + zz);
  m[1] = 2 * (xy - wz);
  m[2] = 2 * (xz + wy);
  m[3] = 2 * (xy + wz);
  m[4] = 1 - 2 * (xx + zz);
  m[5] = 2 * (yz - wx);
  m[6] = 2 * (xz - wy);
  m[7] = 2 * (yz + wx);
  m[8] = 1 - 2 * (xx + yy);
}

/* from the largest of the four candidates for a component, so that nothing is divided by a small number */
MM_PRIVATE void mm__rot_from_matrix(const double *m, double *q) {
  const double trace = m[0] + m[4] + m[8];
  double best = trace;
  int axis = 3;
  for (int k = 0; k < 3; k++)
    if (m[4 * k] > best) {
      best = m[4 * k];
      axis = k;
    }
  if (axis == 3) {
    const double s = 2 * sqrt(1 + trace);
    q[0] = s / 4;
    q[1] = (m[7] - m[5]) / s;
    q[2] = (m[2] - m[6]) / s;
    q[3] = (m[3] - m[1]) / s;
  } else {
    const int i = axis, j = (i + 1) % 3, k = (i + 2) % 3;
    const double s = 2 * sqrt(1 + m[4 * i] - m[4 * j] - m[4 * k]);
    q[0] = (m[3 * k + j] - m[3 * j + k]) / s;
    q[1 + i] = s / 4;
    q[1 + j] = (m[3 * j + i] + m[3 * i + j]) / s;
    q[1 + k] = (m[3 * k + i] + m[3 * i + k]) / s;
  }
  if (q[0] < 0)
    for (int k = 0; k < 4; k++) q[k] = -q[k];
  mm__rot_normalize(q);
}

MM_PRIVATE void mm__rot_slerp(const double *a, const double *b, double t, double *out) {
  double inverse[4], turn[4], v[3];
  mm__rot_conjugate(a, inverse);
  mm__rot_multiply(inverse, b, turn);
  mm__rot_to_vector(turn, v);
  for (int k = 0; k < 3; k++) v[k] *= t;
  mm__rot_from_vector(v, turn);
  mm__rot_multiply(a, turn, out);
}
