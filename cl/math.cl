/* >>math: masks, elementary functions, vectors and quaternions on tiles */

#if MM_W == 1
#define mm_select(mask, yes, no) ((mask) ? (yes) : (no))
#define mm_any(mask) ((mask) != 0)
#define mm_not(mask) (!(mask))
#else
#define mm_select(mask, yes, no) select((mm_v)(no), (mm_v)(yes), (mm_m)(mask))
#define mm_any(mask) any(mask)
#define mm_not(mask) (~(mask))
#endif

/* is one of these parts of the model switched off? (mm_disable) */
#define mm_disabled(flags) ((N(opt_disableflags) & (flags)) != 0)
#define mm_elliptic() (N(opt_cone) == MM_CONE_ELLIPTIC)

MM_FN int mm_min_int(int a, int b) { return a < b ? a : b; }
MM_FN mm_v mm_min(mm_v a, mm_v b) { return mm_select(a < b, a, b); }
MM_FN mm_v mm_max(mm_v a, mm_v b) { return mm_select(a > b, a, b); }
MM_FN mm_v mm_clamp(mm_v x, mm_v lo, mm_v hi) { return mm_min(mm_max(x, lo), hi); }
MM_FN mm_v mm_abs(mm_v x) { return mm_select(x < V(0.0), -x, x); }

/* finite: not NaN and not infinite */
MM_FN mm_m mm_finite(mm_v x) { return (x - x) == V(0.0); }

/* true in every environment of the tile */
MM_FN mm_m mm_all_true(void) { return V(0.0) == V(0.0); }

#ifdef MM_OPENCL
#define mm_sqrt(x) sqrt(x)
#define mm_floor(x) floor(x)
#elif defined(MM_REAL_IS_FLOAT)
#define mm_sqrt(x) sqrtf(x)
#define mm_floor(x) floorf(x)
#else
#define mm_sqrt(x) sqrt(x)
#define mm_floor(x) floor(x)
#endif

/* In double, and in plain C, the library's functions serve. In float on a device they are polynomials,
   because the built-in ones branch or fall back to scalars on wide tiles (error below 2 units in the last
   place in the range of joint angles; coefficients: Cephes, S. Moshier). */
#if defined(MM_OPENCL) && !MM_DOUBLE

#if MM_W == 1
#define mm_to_int(x) convert_int_rte(x)
#define mm_from_int(x) convert_float(x)
#define mm_bits_to_v(x) as_float(x)
#define mm_bits_of_v(x) as_int(x)
typedef int mm_i;
#else
#define mm_to_int(x) MM_PASTE(MM_PASTE(convert_int, MM_W), _rte)(x)
#define mm_from_int(x) MM_PASTE(convert_float, MM_W)(x)
#define mm_bits_to_v(x) MM_PASTE(as_float, MM_W)(x)
#define mm_bits_of_v(x) MM_PASTE(as_int, MM_W)(x)
typedef MM_PASTE(int, MM_W) mm_i;
#endif

/* sine and cosine together: quarter turns are taken off, then two short polynomials */
MM_FN void mm_sincos(mm_v x, mm_v *sine, mm_v *cosine) {
  mm_i quarter = mm_to_int(x * V(0.636619772367581));
  mm_v n = mm_from_int(quarter);
  mm_v r = ((x - n * V(1.5703125)) - n * V(4.837512969970703125e-4)) - n * V(7.54978995489188216e-8);
  mm_v z = r * r;
  mm_v s = ((V(-1.9515295891e-4) * z + V(8.3321608736e-3)) * z + V(-1.6666654611e-1)) * z * r + r;
  mm_v c = ((V(2.443315711809948e-5) * z + V(-1.388731625493765e-3)) * z + V(4.166664568298827e-2)) * z * z - V(0.5) * z + V(1.0);
  mm_m swap = (quarter & 1) != 0;
  mm_v ss = mm_select(swap, c, s), cc = mm_select(swap, s, c);
  *sine = mm_select((quarter & 2) != 0, -ss, ss);
  *cosine = mm_select(((quarter + 1) & 2) != 0, -cc, cc);
}

MM_FN mm_v mm_atan2(mm_v y, mm_v x) {
  mm_v ax = mm_abs(x), ay = mm_abs(y);
  mm_v lo = mm_min(ax, ay), hi = mm_max(ax, ay);
  mm_m steep = lo > hi * V(0.4142135623730950);
  mm_v num = mm_select(steep, lo - hi, lo), den = mm_select(steep, lo + hi, hi);
  mm_v t = num / mm_select(den == V(0.0), V(1.0), den);
  mm_v z = t * t;
  mm_v a = (((V(8.05374449538e-2) * z - V(1.38776856032e-1)) * z + V(1.99777106478e-1)) * z - V(3.33329491539e-1)) * z * t + t;
  a = mm_select(steep, a + V(0.785398163397448), a);
  a = mm_select(ay > ax, V(1.570796326794897) - a, a);
  a = mm_select(x < V(0.0), V(3.141592653589793) - a, a);
  return mm_select(y < V(0.0), -a, a);
}

MM_FN mm_v mm_exp(mm_v x) {
  mm_v clamped = mm_clamp(x, V(-87.0), V(88.0));
  mm_i n = mm_to_int(clamped * V(1.44269504088896341));
  mm_v f = mm_from_int(n);
  mm_v r = (clamped - f * V(0.693359375)) + f * V(2.12194440e-4);
  mm_v p = ((((V(1.9875691500e-4) * r + V(1.3981999507e-3)) * r + V(8.3334519073e-3)) * r + V(4.1665795894e-2)) * r +
            V(1.6666665459e-1)) * r + V(5.0000001201e-1);
  mm_v y = (p * r * r + r + V(1.0)) * mm_bits_to_v((n + 127) << 23);
  return mm_select(x < V(-87.0), V(0.0), y);
}

/* x > 0 */
MM_FN mm_v mm_log(mm_v x) {
  mm_i bits = mm_bits_of_v(x);
  mm_i n = (bits >> 23) - 126;
  mm_v m = mm_bits_to_v((bits & 0x007fffff) | 0x3f000000);
  mm_m low = m < V(0.707106781186547524);
  mm_v f = mm_from_int(n) - mm_select(low, V(1.0), V(0.0));
  mm_v r = mm_select(low, m + m, m) - V(1.0);
  mm_v z = r * r;
  mm_v p = ((((((((V(7.0376836292e-2) * r - V(1.1514610310e-1)) * r + V(1.1676998740e-1)) * r - V(1.2420140846e-1)) * r +
                V(1.4249322787e-1)) * r - V(1.6668057665e-1)) * r + V(2.0000714765e-1)) * r - V(2.4999993993e-1)) * r +
            V(3.3333331174e-1)) * r * z;
  return ((p - V(2.12194440e-4) * f) - V(0.5) * z) + r + V(0.693359375) * f;
}

/* x > 0 */
MM_FN mm_v mm_pow(mm_v x, mm_v y) { return mm_exp(y * mm_log(x)); }

#elif defined(MM_REAL_IS_FLOAT)
MM_FN void mm_sincos(mm_v x, mm_v *sine, mm_v *cosine) { *sine = sinf(x); *cosine = cosf(x); }
MM_FN mm_v mm_atan2(mm_v y, mm_v x) { return atan2f(y, x); }
MM_FN mm_v mm_exp(mm_v x) { return expf(x); }
MM_FN mm_v mm_log(mm_v x) { return logf(x); }
MM_FN mm_v mm_pow(mm_v x, mm_v y) { return powf(x, y); }
#else
MM_FN void mm_sincos(mm_v x, mm_v *sine, mm_v *cosine) { *sine = sin(x); *cosine = cos(x); }
MM_FN mm_v mm_atan2(mm_v y, mm_v x) { return atan2(y, x); }
MM_FN mm_v mm_exp(mm_v x) { return exp(x); }
MM_FN mm_v mm_log(mm_v x) { return log(x); }
MM_FN mm_v mm_pow(mm_v x, mm_v y) { return pow(x, y); }
#endif

MM_FN mm_v mm_sin(mm_v x) {
  mm_v s, c;
  mm_sincos(x, &s, &c);
  return s;
}

MM_FN mm_v mm_cos(mm_v x) {
  mm_v s, c;
  mm_sincos(x, &s, &c);
  return c;
}

/* the smallest length that is told from zero, and the relative resolution: by precision */
#if (defined(MM_OPENCL) && !MM_DOUBLE) || defined(MM_REAL_IS_FLOAT)
#define MM_TINY R(1e-9)
#define MM_EPS R(1.1920929e-7)
#else
#define MM_TINY R(1e-15)
#define MM_EPS R(2.220446049250313e-16)
#endif

/* vectors */
typedef struct mm_v3 { mm_v x, y, z; } mm_v3;
typedef struct mm_q { mm_v w, x, y, z; } mm_q;        /* unit quaternion */
typedef struct mm_m33 { mm_v3 a, b, c; } mm_m33;      /* columns: images of the axes */

MM_FN mm_v3 mm_vec(mm_v x, mm_v y, mm_v z) { mm_v3 r; r.x = x; r.y = y; r.z = z; return r; }
MM_FN mm_v3 mm_add3(mm_v3 a, mm_v3 b) { return mm_vec(a.x + b.x, a.y + b.y, a.z + b.z); }
MM_FN mm_v3 mm_sub3(mm_v3 a, mm_v3 b) { return mm_vec(a.x - b.x, a.y - b.y, a.z - b.z); }
MM_FN mm_v3 mm_mul3(mm_v3 a, mm_v s) { return mm_vec(a.x * s, a.y * s, a.z * s); }
MM_FN mm_v3 mm_mad3(mm_v3 a, mm_v3 b, mm_v s) { return mm_vec(a.x + b.x * s, a.y + b.y * s, a.z + b.z * s); }
MM_FN mm_v mm_dot3(mm_v3 a, mm_v3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
MM_FN mm_v3 mm_cross(mm_v3 a, mm_v3 b) {
  return mm_vec(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x);
}
MM_FN mm_v mm_norm3(mm_v3 a) { return mm_sqrt(mm_dot3(a, a)); }
MM_FN mm_v3 mm_select3(mm_m mask, mm_v3 a, mm_v3 b) {
  return mm_vec(mm_select(mask, a.x, b.x), mm_select(mask, a.y, b.y), mm_select(mask, a.z, b.z));
}

/* unit vector, and its length; a vector shorter than MM_TINY becomes the x axis */
MM_FN mm_v3 mm_unit3(mm_v3 a, mm_v *length) {
  mm_v n = mm_norm3(a);
  mm_m small = n < (mm_v)(MM_TINY);
  mm_v s = V(1.0) / mm_select(small, V(1.0), n);
  *length = n;
  return mm_select3(small, mm_vec(V(1.0), V(0.0), V(0.0)), mm_mul3(a, s));
}

/* a table's scalars as a vector that is the same in every environment */
#define mm_table3(table, i) mm_vec((mm_v)((table)[3 * (i)]), (mm_v)((table)[3 * (i) + 1]), (mm_v)((table)[3 * (i) + 2]))
#define mm_load3(data, i) mm_vec((data)[3 * (i)], (data)[3 * (i) + 1], (data)[3 * (i) + 2])

MM_FN void mm_store3(MM_GLOBAL mm_v *data, int i, mm_v3 a) {
  data[3 * i] = a.x;
  data[3 * i + 1] = a.y;
  data[3 * i + 2] = a.z;
}

/* quaternions */
MM_FN mm_q mm_quat(mm_v w, mm_v x, mm_v y, mm_v z) { mm_q q; q.w = w; q.x = x; q.y = y; q.z = z; return q; }
#define mm_table_quat(table, i) \
  mm_quat((mm_v)((table)[4 * (i)]), (mm_v)((table)[4 * (i) + 1]), (mm_v)((table)[4 * (i) + 2]), (mm_v)((table)[4 * (i) + 3]))
#define mm_load_quat(data, i) mm_quat((data)[4 * (i)], (data)[4 * (i) + 1], (data)[4 * (i) + 2], (data)[4 * (i) + 3])

MM_FN void mm_store_quat(MM_GLOBAL mm_v *data, int i, mm_q q) {
  data[4 * i] = q.w;
  data[4 * i + 1] = q.x;
  data[4 * i + 2] = q.y;
  data[4 * i + 3] = q.z;
}

MM_FN mm_q mm_quat_mul(mm_q a, mm_q b) {
  return mm_quat(a.w * b.w - a.x * b.x - a.y * b.y - a.z * b.z, a.w * b.x + a.x * b.w + a.y * b.z - a.z * b.y,
                 a.w * b.y - a.x * b.z + a.y * b.w + a.z * b.x, a.w * b.z + a.x * b.y - a.y * b.x + a.z * b.w);
}

MM_FN mm_q mm_quat_conj(mm_q q) { return mm_quat(q.w, -q.x, -q.y, -q.z); }

/* zero quaternions become the identity */
MM_FN mm_q mm_quat_unit(mm_q q) {
  mm_v n = mm_sqrt(q.w * q.w + q.x * q.x + q.y * q.y + q.z * q.z);
  mm_m small = n < (mm_v)(MM_TINY);
  mm_v s = V(1.0) / mm_select(small, V(1.0), n);
  return mm_quat(mm_select(small, V(1.0), q.w * s), mm_select(small, V(0.0), q.x * s),
                 mm_select(small, V(0.0), q.y * s), mm_select(small, V(0.0), q.z * s));
}

/* rotation by angle about a unit axis */
MM_FN mm_q mm_quat_axis(mm_v3 axis, mm_v angle) {
  mm_v s, c;
  mm_sincos(angle * V(0.5), &s, &c);
  return mm_quat(c, axis.x * s, axis.y * s, axis.z * s);
}

/* 2 u x (u x v + w v) + v, with u the vector part */
MM_FN mm_v3 mm_quat_rotate(mm_q q, mm_v3 v) {
  mm_v3 u = mm_vec(q.x, q.y, q.z);
  mm_v3 t = mm_mad3(mm_cross(u, v), v, q.w);
  return mm_mad3(v, mm_cross(u, t), V(2.0));
}

/* rotation vector of the shortest rotation that q stands for, radians */
MM_FN mm_v3 mm_quat_log(mm_q q) {
  mm_v flip = mm_select(q.w < V(0.0), V(-1.0), V(1.0));
  mm_v3 u = mm_vec(q.x * flip, q.y * flip, q.z * flip);
  mm_v n = mm_norm3(u);
  mm_m small = n < (mm_v)(MM_TINY);
  mm_v angle = V(2.0) * mm_atan2(n, q.w * flip);
  return mm_mul3(u, mm_select(small, V(2.0), angle / mm_select(small, V(1.0), n)));
}

MM_FN mm_m33 mm_quat_matrix(mm_q q) {
  mm_m33 r;
  mm_v xx = q.x * q.x, yy = q.y * q.y, zz = q.z * q.z, ww = q.w * q.w;
  mm_v xy = q.x * q.y, xz = q.x * q.z, yz = q.y * q.z, wx = q.w * q.x, wy = q.w * q.y, wz = q.w * q.z;
  r.a = mm_vec(ww + xx - yy - zz, V(2.0) * (xy + wz), V(2.0) * (xz - wy));
  r.b = mm_vec(V(2.0) * (xy - wz), ww - xx + yy - zz, V(2.0) * (yz + wx));
  r.c = mm_vec(V(2.0) * (xz + wy), V(2.0) * (yz - wx), ww - xx - yy + zz);
  return r;
}

/* matrices are stored by rows, as MuJoCo stores them */
MM_FN mm_m33 mm_load33(MM_GLOBAL const mm_v *data, int i) {
  mm_m33 r;
  r.a = mm_vec(data[9 * i], data[9 * i + 3], data[9 * i + 6]);
  r.b = mm_vec(data[9 * i + 1], data[9 * i + 4], data[9 * i + 7]);
  r.c = mm_vec(data[9 * i + 2], data[9 * i + 5], data[9 * i + 8]);
  return r;
}

MM_FN void mm_store33(MM_GLOBAL mm_v *data, int i, mm_m33 r) {
  data[9 * i] = r.a.x;
  data[9 * i + 1] = r.b.x;
  data[9 * i + 2] = r.c.x;
  data[9 * i + 3] = r.a.y;
  data[9 * i + 4] = r.b.y;
  data[9 * i + 5] = r.c.y;
  data[9 * i + 6] = r.a.z;
  data[9 * i + 7] = r.b.z;
  data[9 * i + 8] = r.c.z;
}

MM_FN mm_v3 mm_mat_mul(mm_m33 r, mm_v3 v) { return mm_mad3(mm_mad3(mm_mul3(r.a, v.x), r.b, v.y), r.c, v.z); }
MM_FN mm_v3 mm_mat_mul_t(mm_m33 r, mm_v3 v) { return mm_vec(mm_dot3(r.a, v), mm_dot3(r.b, v), mm_dot3(r.c, v)); }

/* sum over the lanes of a group, in a fixed order, the same in every lane; a barrier on many lanes */
#if MM_LANES > 1
MM_FN mm_v mm_lane_sum(mm_env e, mm_v x) {
  e.lane[MM_LANE] = x;
  MM_BARRIER;
  for (int half_width = MM_LANES / 2; half_width > 0; half_width /= 2) {
    if (MM_LANE < half_width) e.lane[MM_LANE] += e.lane[MM_LANE + half_width];
    MM_BARRIER;
  }
  x = e.lane[0];
  MM_BARRIER;
  return x;
}
#else
MM_FN mm_v mm_lane_sum(mm_env e, mm_v x) {
  (void)e;
  return x;
}
#endif
