/* >>rotation: rotations on the host, as quaternions w x y z, rotation vectors and matrices by rows */

MM_PRIVATE void mm__rot_multiply(const double *a, const double *b, double *out); /* out may be a or b */
MM_PRIVATE void mm__rot_conjugate(const double *q, double *out);
MM_PRIVATE void mm__rot_apply(const double *q, const double *v, double *out);    /* out may be v */
MM_PRIVATE void mm__rot_normalize(double *q);                                    /* zero becomes the identity */
MM_PRIVATE void mm__rot_from_vector(const double *v, double *q);                 /* axis times angle, radians */
MM_PRIVATE void mm__rot_to_vector(const double *q, double *v);                   /* of the shorter way round */
MM_PRIVATE void mm__rot_to_matrix(const double *q, double *m);
MM_PRIVATE void mm__rot_from_matrix(const double *m, double *q);                 /* w >= 0 */
MM_PRIVATE void mm__rot_slerp(const double *a, const double *b, double t, double *out);
