/* >>model-geometry: rigid poses and inertia tensors in double precision, with MuJoCo's conventions

   Quaternions are w x y z. Matrices are by rows. A pose (p, q) maps x to p + q x. Where an orientation is not unique
   (the frame around an axis, principal axes of a symmetric body) the choice made here is MuJoCo's, since the compiled
   model must name the same axes. Its thresholds matter for the same reason: small bones have inertias near them. */

#define MM_LENGTH_TINY 1e-14 /* below: a length is none, a norm is one */

static void mm__v3_set(double r[3], double x, double y, double z) {
  r[0] = x;
  r[1] = y;
  r[2] = z;
}

static void mm__v3_copy(double r[3], const double a[3]) { memcpy(r, a, 3 * sizeof *r); }

static double mm__v3_dot(const double a[3], const double b[3]) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void mm__v3_cross(double r[3], const double a[3], const double b[3]) {
  mm__v3_set(r, a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]);
}

static double mm__v3_distance(const double a[3], const double b[3]) {
  const double d[3] = {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
  return sqrt(mm__v3_dot(d, d));
}

/* scales to length one and returns the length it had; a vector of no length stays and gives 0 */
static double mm__unit(double *v, int n) {
  double square = 0, length;
  for (int i = 0; i < n; i++) square += v[i] * v[i];
  if (square < MM_LENGTH_TINY) return 0;
  length = sqrt(square);
  if (fabs(length - 1) > MM_LENGTH_TINY)
    for (int i = 0; i < n; i++) v[i] /= length;
  return length;
}

static void mm__q_set(double q[4], double w, double x, double y, double z) {
  q[0] = w;
  q[1] = x;
  q[2] = y;
  q[3] = z;
}

static void mm__q_copy(double r[4], const double q[4]) { memcpy(r, q, 4 * sizeof *r); }

static void mm__q_mul(double r[4], const double a[4], const double b[4]) {
  double c[3];
  double w = a[0] * b[0] - mm__v3_dot(a + 1, b + 1);
  mm__v3_cross(c, a + 1, b + 1);
  for (int i = 0; i < 3; i++) c[i] += a[0] * b[i + 1] + b[0] * a[i + 1];
  mm__q_set(r, w, c[0], c[1], c[2]);
  mm__unit(r, 4);
}

static void mm__q_conjugate(double r[4], const double q[4]) { mm__q_set(r, q[0], -q[1], -q[2], -q[3]); }

static void mm__q_matrix(double m[9], const double q[4]) {
  for (int i = 0; i < 3; i++) {
    int j = (i + 1) % 3, k = (i + 2) % 3;
    const double *v = q + 1;
    m[4 * i] = q[0] * q[0] + v[i] * v[i] - v[j] * v[j] - v[k] * v[k];
    m[3 * i + j] = 2 * (v[i] * v[j] - q[0] * v[k]);
    m[3 * i + k] = 2 * (v[i] * v[k] + q[0] * v[j]);
  }
}

static void mm__m3_apply(double r[3], const double m[9], const double v[3]) {
  mm__v3_set(r, mm__v3_dot(m, v), mm__v3_dot(m + 3, v), mm__v3_dot(m + 6, v));
}

static void mm__q_rotate(double r[3], const double q[4], const double v[3]) {
  double m[9], copy[3];
  mm__v3_copy(copy, v);
  mm__q_matrix(m, q);
  mm__m3_apply(r, m, copy);
}

/* the shortest rotation that turns z to the direction v */
static void mm__q_from_z(double q[4], const double v[3]) {
  const double z[3] = {0, 0, 1};
  double axis[3], sine, half;
  mm__v3_cross(axis, z, v);
  sine = mm__unit(axis, 3);
  if (sine < 1e-10) mm__v3_set(axis, 1, 0, 0);
  half = 0.5 * atan2(sine, v[2]);
  mm__q_set(q, cos(half), sin(half) * axis[0], sin(half) * axis[1], sin(half) * axis[2]);
}

/* of three orthonormal axes; the largest component of q is found first, so that no quotient is small */
static void mm__q_from_axes(double q[4], const double x[3], const double y[3], const double z[3]) {
  const double *c[3] = {x, y, z};
  double trace = x[0] + y[1] + z[2];
  if (trace > 0) {
    q[0] = 0.5 * sqrt(1 + trace);
    for (int i = 0; i < 3; i++) {
      int j = (i + 1) % 3, k = (i + 2) % 3;
      q[i + 1] = 0.25 * (c[j][k] - c[k][j]) / q[0];
    }
  } else {
    int i = x[0] > y[1] && x[0] > z[2] ? 0 : y[1] > z[2] ? 1 : 2;
    int j = (i + 1) % 3, k = (i + 2) % 3;
    double big = 0.5 * sqrt(1 + c[i][i] - c[j][j] - c[k][k]);
    q[i + 1] = big;
    q[0] = 0.25 * (c[j][k] - c[k][j]) / big;
    q[j + 1] = 0.25 * (c[i][j] + c[j][i]) / big;
    q[k + 1] = 0.25 * (c[i][k] + c[k][i]) / big;
  }
  mm__unit(q, 4);
}

/* (pos, quat) becomes outer o (pos, quat) */
static void mm__pose_in(const double outer_pos[3], const double outer_quat[4], double pos[3],
                        double quat[4]) {
  double q[4];
  mm__q_rotate(pos, outer_quat, pos);
  for (int i = 0; i < 3; i++) pos[i] += outer_pos[i];
  if (!quat) return;
  mm__q_mul(q, outer_quat, quat);
  mm__q_copy(quat, q);
}

static void mm__pose_inverse(double pos[3], double quat[4], const double p[3], const double q[4]) {
  mm__q_conjugate(quat, q);
  mm__q_rotate(pos, quat, p);
  for (int i = 0; i < 3; i++) pos[i] = -pos[i];
}

/* Inertia tensors are six numbers: xx yy zz xy xz yz. */

/* of principal moments along the axes of q */
static void mm__inertia_turn(double full[6], const double moment[3], const double q[4]) {
  static const int row[6] = {0, 1, 2, 0, 0, 1}, column[6] = {0, 1, 2, 1, 2, 2};
  double m[9];
  mm__q_matrix(m, q);
  for (int n = 0; n < 6; n++) {
    full[n] = 0;
    for (int k = 0; k < 3; k++) full[n] += m[3 * row[n] + k] * (m[3 * column[n] + k] * moment[k]);
  }
}

/* of a point mass at d */
static void mm__inertia_point(double full[6], double mass, const double d[3]) {
  for (int i = 0; i < 3; i++) {
    int j = (i + 1) % 3, k = (i + 2) % 3;
    full[i] = mass * (d[j] * d[j] + d[k] * d[k]);
  }
  full[3] = -mass * d[0] * d[1];
  full[4] = -mass * d[0] * d[2];
  full[5] = -mass * d[1] * d[2];
}

/* b = q' a q for a symmetric a */
static void mm__m3_turn(double b[9], const double a[9], const double q[4]) {
  double m[9], am[9];
  mm__q_matrix(m, q);
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) am[3 * i + j] = m[j] * a[i] + m[3 + j] * a[3 + i] + m[6 + j] * a[6 + i];
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) b[3 * i + j] = m[i] * am[j] + m[3 + i] * am[3 + j] + m[6 + i] * am[6 + j];
}

/* Principal moments in falling order, and their axes, by Jacobi rotations kept as a quaternion. In each turn the largest
   of the entries yz, xz, xy (the earlier if equal) is rotated away, about x, y or z. Stops when that entry, or the
   angle, is too small. */
#define MM_JACOBI_TINY 1e-12
static void mm__inertia_axes(double moment[3], double q[4], const double full[6]) {
  static const int first[3] = {1, 0, 0}, second[3] = {2, 2, 1}; /* by axis of rotation */
  const double a[9] = {full[0], full[3], full[4], full[3], full[1], full[5], full[4], full[5], full[2]};
  double b[9], turn[4];
  mm__q_set(q, 1, 0, 0, 0);
  for (int iteration = 0; iteration < 500; iteration++) {
    int axis = 0;
    double tau, tangent, cosine, half;
    mm__m3_turn(b, a, q);
    for (int i = 0; i < 3; i++) moment[i] = b[4 * i];
    for (int i = 1; i < 3; i++)
      if (fabs(b[3 * first[i] + second[i]]) > fabs(b[3 * first[axis] + second[axis]])) axis = i;
    if (fabs(b[3 * first[axis] + second[axis]]) < MM_JACOBI_TINY) break;
    tau = (moment[second[axis]] - moment[first[axis]]) / (2 * b[3 * first[axis] + second[axis]]);
    tangent = 1 / (fabs(tau) + sqrt(1 + tau * tau));
    cosine = 1 / sqrt(1 + tangent * tangent);
    if (cosine > 1 - MM_JACOBI_TINY) break;
    half = sqrt(0.5 - 0.5 * cosine);
    mm__q_set(turn, sqrt(1 - half * half), 0, 0, 0);
    turn[axis + 1] = (tau >= 0) == (axis == 1) ? half : -half;
    mm__unit(turn, 4);
    mm__q_mul(b, q, turn);
    mm__q_copy(q, b);
  }
  /* exchanging two axes is a quarter turn about the third */
  for (int pass = 0; pass < 3; pass++) {
    int i = pass % 2;
    double swap = moment[i];
    if (!(moment[i] + MM_JACOBI_TINY < moment[i + 1])) continue;
    moment[i] = moment[i + 1];
    moment[i + 1] = swap;
    mm__q_set(turn, sqrt(0.5), 0, 0, 0);
    turn[(i + 2) % 3 + 1] = sqrt(0.5);
    mm__q_mul(b, q, turn);
    mm__q_copy(q, b);
  }
}

/* NULL, or what is wrong with the tensor */
static const char *mm__inertia_principal(double moment[3], double q[4], const double full[6]) {
  mm__inertia_axes(moment, q, full);
  return moment[2] < MM_LENGTH_TINY ? "the inertia must have three positive principal moments" : NULL;
}
