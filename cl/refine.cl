/* >>refine-kernels: all frames of a motion at once

   Inverse kinematics finds each frame by itself. Here the motion q_0 .. q_T as a whole is moved to where this is smallest:

     sum over frames   wp^2 |p* - p|^2 + wr^2 |log(R* R')|^2                            sites, weights of the third stage
                     + lock^2 |x* - x|^2 + stand^2 (z* - z)^2 + guard^2 max(0, c - z)^2   points that touch the floor
                     + smooth |q_{f-1} - 2 q_f + q_{f+1}|^2                             second differences
                     + draw |q_f - q_{f-1} - r|^2                                       rates, where tendons are too fast
   with  lo <= q <= hi

   over the independent coordinates; couplings hold exactly as in inverse kinematics. Limits, where a point stands (x*, z*)
   and how strongly (lock, stand), and which rates (draw, r) come from the host. The motion is cut into windows that overlap, one to an environment:
   frames outside a window stay as they are, and only its middle is kept. One launch is one Gauss-Newton step.

   A frame touches the two before it, by diagonal blocks alone, so the step solves a block matrix of five diagonals

     [ A_ff  diag(c1)  diag(c2) ]    by  Cholesky, frame after frame:    C = diag(c2) L_{f-2}^-T
                                                                        B = (diag(c1) - C B_{f-1}^T) L_{f-1}^-T
                                                                        L L^T = A_ff - C C^T - B B^T

   forwards with y = L^-1 (g - B y_{f-1} - C y_{f-2}), then backwards x = L^-T (y - B_{f+1}^T x_{f+1} - L^-1 c2 x_{f+2}).
   A window's frames leave a record each: L by rows with its diagonal inverted, B by rows, y and then x, c2.

   sums takes each frame's part of the sum above (of the poses that were given), then each frame's largest step. */

#if MM_LANES > 1
#define MM_RF_ROWS 1
#else
#define MM_RF_ROWS 4 /* rows that share what they are multiplied with */
#endif

typedef struct mm_rf {
  MM_GLOBAL const int *t;
  MM_GLOBAL const scalar *r;
  MM_GLOBAL mm_v *contact, *next, *flags, *rate, *ahead, *locked, *spot, *lever, *weight, *error, *column, *c1, *c2, *block;
  MM_GLOBAL mm_v *damping; /* of the diagonal; then scratch: what is alive, the sum, the step */
} mm_rf;

MM_FN mm_rf mm_rf_make(mm_env e, MM_GLOBAL const int *t, MM_GLOBAL const scalar *r, mm_ik k, MM_GLOBAL mm_v *work) {
  const int n = k.t[MM_IK_FREE], points = t[MM_RF_POINTS];
  mm_rf s;
  s.t = t;
  s.r = r;
  s.contact = work;
  s.next = s.contact + MM_RF_ROW(points, n);
  s.flags = s.next + 2 * n;
  s.rate = s.flags + 3;
  s.ahead = s.rate + 4 * n;
  s.locked = s.ahead + 2 * N(nq);
  s.spot = s.locked + 2 * n;
  s.lever = s.spot + 3 * points;
  s.weight = s.lever + 3 * points;
  s.error = s.weight + 2 * points;
  s.column = s.error + 3 * points;
  s.c1 = s.column + 3 * t[MM_RF_COLUMNS];
  s.c2 = s.c1 + n;
  s.block = s.c2 + n;
  s.damping = s.block + n * n;
  return s;
}

MM_FN MM_GLOBAL const scalar *mm_rf_reals(mm_rf s, int table) { return s.r + (int)s.r[table]; }

MM_FN mm_v3 mm_rf_floor(mm_rf s, int i) { return mm_table3(mm_rf_reals(s, MM_RF_FLOOR), i); }

/* the first values of the row of a frame counted from the window's first; rows have stride values */
MM_FN void mm_rf_load(mm_rf s, MM_GLOBAL const scalar *rows, int stride, int size, int tile, int frame, MM_GLOBAL mm_v *to) {
  MM_GLOBAL const int *job = s.t + s.t[MM_RF_JOB] + MM_RF_JOB_SIZE * tile * MM_W;
  MM_GLOBAL scalar *own = (MM_GLOBAL scalar *)to;
  MM_FOR(i, 0, size)
    for (int w = 0; w < MM_W; w++) {
      const int at = job[MM_RF_JOB_SIZE * w] + mm_min_int(frame, job[MM_RF_JOB_SIZE * w + 1] + 1);
      const int row = at < 0 ? 0 : mm_min_int(at, s.t[MM_RF_TOTAL] - 1);
      own[i * MM_W + w] = rows[(size_t)row * (size_t)stride + (size_t)i];
    }
  MM_BARRIER;
}

/* rows of frames that the window keeps */
MM_FN void mm_rf_store(mm_rf s, MM_GLOBAL scalar *rows, int size, int tile, int frame, MM_GLOBAL const mm_v *from) {
  MM_GLOBAL const int *job = s.t + s.t[MM_RF_JOB] + MM_RF_JOB_SIZE * tile * MM_W;
  MM_GLOBAL const scalar *own = (MM_GLOBAL const scalar *)from;
  MM_FOR(i, 0, size)
    for (int w = 0; w < MM_W; w++) {
      const int at = job[MM_RF_JOB_SIZE * w] + frame, keep = at - job[MM_RF_JOB_SIZE * w + 2];
      if (keep >= 0 && keep < job[MM_RF_JOB_SIZE * w + 3]) rows[(size_t)at * (size_t)size + (size_t)i] = own[i * MM_W + w];
    }
  MM_BARRIER;
}

/* 1 where the window has the frame */
MM_FN mm_v mm_rf_alive(mm_rf s, int tile, int frame) {
  MM_GLOBAL const int *job = s.t + s.t[MM_RF_JOB] + MM_RF_JOB_SIZE * tile * MM_W;
  MM_GLOBAL scalar *own = (MM_GLOBAL scalar *)(s.damping + 1);
  MM_ONE for (int w = 0; w < MM_W; w++) own[w] = frame < job[MM_RF_JOB_SIZE * w + 1] ? R(1.0) : R(0.0);
  MM_BARRIER;
  return s.damping[1];
}

/* what moves pose a to pose b: differences, and the turn in the frame of a */
MM_FN void mm_rf_rate(mm_ik k, MM_GLOBAL const mm_v *a, MM_GLOBAL const mm_v *b, MM_GLOBAL mm_v *to) {
  MM_GLOBAL const int *adr = k.t + k.t[MM_IK_FREE_QPOS], *kind = k.t + k.t[MM_IK_FREE_KIND];
  MM_FOR(i, 0, k.t[MM_IK_FREE]) {
    if (kind[i] == MM_IK_SCALAR) to[i] = b[adr[i]] - a[adr[i]];
    else if (kind[i] == MM_IK_TURN_FIRST) {
      const mm_q p = mm_load_quat(a + adr[i], 0), q = mm_load_quat(b + adr[i], 0);
      mm_store3(to + i, 0, mm_quat_log(mm_quat_mul(mm_quat_conj(p), q)));
    }
  }
  MM_BARRIER;
}

/* the ring of rates from two frames before to the one after */
MM_FN void mm_rf_rates(mm_env e, mm_ik k, mm_rf s, MM_GLOBAL const scalar *poses, int tile, int frame) {
  const int n = k.t[MM_IK_FREE];
  for (int j = frame ? 3 : 0; j < 4; j++) {
    if (frame) {
      MM_FOR(i, 0, n)
        for (int r = 0; r < 3; r++) s.rate[r * n + i] = s.rate[(r + 1) * n + i];
      MM_BARRIER;
    }
    mm_rf_load(s, poses, N(nq), N(nq), tile, frame + j - 2, s.ahead);
    mm_rf_load(s, poses, N(nq), N(nq), tile, frame + j - 1, s.ahead + N(nq));
    mm_rf_rate(k, s.ahead, s.ahead + N(nq), s.rate + j * n);
  }
}

/* where the points are over the floor, what they miss, and the sum of that */
MM_FN mm_v mm_rf_errors(mm_env e, mm_rf s) {
  const int points = s.t[MM_RF_POINTS];
  MM_GLOBAL const scalar *centre = mm_rf_reals(s, MM_RF_CENTRE), *size = mm_rf_reals(s, MM_RF_SIZE), *turn = mm_rf_reals(s, MM_RF_TURN);
  const mm_v3 origin = mm_rf_floor(s, 0), right = mm_rf_floor(s, 1), ahead = mm_rf_floor(s, 2), up = mm_rf_floor(s, 3);
  const mm_v guard = (mm_v)(s.r[MM_RF_GUARD] * s.r[MM_RF_GUARD]);
  mm_v sum = V(0.0);
  MM_FOR(p, 0, points) {
    const int body = s.t[s.t[MM_RF_POINT_BODY] + p];
    const mm_v3 spot = mm_fixed_pos(e, body, mm_table3(centre, p)), over = mm_sub3(spot, origin);
    MM_GLOBAL const mm_v *row = s.contact + 1 + 6 * p;
    mm_v reach = (mm_v)(size[3 * p]), height, depth, weight, lean;
    mm_v3 lever = mm_mul3(up, -reach);
    mm_m below;
    if (s.t[s.t[MM_RF_POINT_KIND] + p]) {
      const mm_m33 frame = mm_fixed_mat(e, body, mm_table_quat(turn, p));
      const mm_v3 along = mm_mat_mul_t(frame, up);
      const mm_v3 axes = mm_vec(along.x * (mm_v)(size[3 * p]), along.y * (mm_v)(size[3 * p + 1]), along.z * (mm_v)(size[3 * p + 2]));
      reach = mm_sqrt(mm_max(mm_dot3(axes, axes), V(1e-12)));
      lever = mm_mul3(mm_mat_mul(frame, mm_vec(axes.x * (mm_v)(size[3 * p]), axes.y * (mm_v)(size[3 * p + 1]),
                                               axes.z * (mm_v)(size[3 * p + 2]))), -V(1.0) / reach);
    }
    height = mm_dot3(over, up) - reach;
    depth = row[5] - height;
    below = depth > V(0.0);
    weight = row[3] * row[3] + mm_select(below, guard, V(0.0));
    lean = row[3] * row[3] * (row[4] - height) + mm_select(below, guard * depth, V(0.0));
    weight = mm_sqrt(weight);
    mm_store3(s.spot, p, spot);
    mm_store3(s.lever, p, lever);
    s.weight[2 * p] = row[0];
    s.weight[2 * p + 1] = weight;
    s.error[3 * p] = row[0] * (row[1] - mm_dot3(over, right));
    s.error[3 * p + 1] = row[0] * (row[2] - mm_dot3(over, ahead));
    s.error[3 * p + 2] = mm_select(weight > V(0.0), lean / mm_max(weight, V(1e-9)), V(0.0));
  }
  MM_BARRIER;
  for (int i = 0; i < 3 * points; i++) sum += s.error[i] * s.error[i];
  return sum;
}

/* weighted columns of the points */
MM_FN void mm_rf_columns(mm_env e, mm_ik k, mm_rf s) {
  MM_GLOBAL const int *first = s.t + s.t[MM_RF_POINT_LINK], *start = s.t + s.t[MM_RF_POINT_COLUMN];
  const mm_v3 right = mm_rf_floor(s, 1), ahead = mm_rf_floor(s, 2), up = mm_rf_floor(s, 3);
  MM_FOR(p, 0, s.t[MM_RF_POINTS]) {
    const mm_v3 spot = mm_load3(s.spot, p), lever = mm_load3(s.lever, p);
    const mm_v lock = s.weight[2 * p], stand = s.weight[2 * p + 1];
    for (int c = 3 * start[p]; c < 3 * start[p + 1]; c++) s.column[c] = V(0.0);
    if (mm_any((lock > V(0.0)) | (stand > V(0.0))))
      for (int i = first[p]; i < first[p + 1]; i++) {
        MM_GLOBAL const int *link = s.t + s.t[MM_RF_LINK] + 3 * i;
        MM_GLOBAL mm_v *to = s.column + 3 * link[1];
        mm_v3 turn;
        const mm_v3 move = mm_ik_motion(e, link[0], spot, &turn);
        const mm_v share = link[2] < 0 ? V(1.0) : mm_ik_coupling(e, k, link[2], 1);
        to[0] += lock * share * mm_dot3(move, right);
        to[1] += lock * share * mm_dot3(move, ahead);
        to[2] += stand * share * mm_dot3(mm_add3(move, mm_cross(turn, lever)), up);
      }
  }
  MM_BARRIER;
}

/* what points, second differences and rates add to the frame's equations; returns the part of the sum of the latter two */
MM_FN mm_v mm_rf_normal(mm_ik k, mm_rf s) {
  const int n = k.t[MM_IK_FREE];
  MM_GLOBAL const int *adr = s.t + s.t[MM_RF_PAIR_ADR], *pair = s.t + s.t[MM_RF_PAIR], *point = s.t + s.t[MM_RF_COLUMN_POINT];
  MM_GLOBAL const scalar *smooth = mm_rf_reals(s, MM_RF_SMOOTH);
  const int rates = MM_RF_RATES(s.t[MM_RF_POINTS]);
  const mm_v before = s.flags[0], here = s.flags[1], after = s.flags[2];
  mm_v cost = V(0.0);
  MM_FOR(p, 0, n * (n + 1) / 2) {
    mm_v sum = k.normal[p];
    for (int i = adr[p]; i < adr[p + 1]; i++) {
      MM_GLOBAL const mm_v *a = s.column + 3 * pair[2 * i], *b = s.column + 3 * pair[2 * i + 1];
      sum += a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    }
    k.normal[p] = sum;
  }
  MM_BARRIER;
  MM_FOR(i, 0, n) {
    const int p = i * (i + 1) / 2 + i;
    const mm_v weight = (mm_v)(smooth[i]);
    const mm_v bend0 = s.rate[n + i] - s.rate[i], bend1 = s.rate[2 * n + i] - s.rate[n + i], bend2 = s.rate[3 * n + i] - s.rate[2 * n + i];
    const mm_v draw = s.contact[rates + i], on = s.next[i];
    mm_v sum = k.gradient[i] - weight * (before * bend0 - V(2.0) * here * bend1 + after * bend2) -
               draw * (s.rate[n + i] - s.contact[rates + n + i]) + on * (s.rate[2 * n + i] - s.next[n + i]);
    for (int c = adr[p]; c < adr[p + 1]; c++) {
      MM_GLOBAL const mm_v *a = s.column + 3 * pair[2 * c], *err = s.error + 3 * point[pair[2 * c]];
      sum += a[0] * err[0] + a[1] * err[1] + a[2] * err[2];
    }
    k.gradient[i] = sum;
    k.normal[p] += weight * (before + V(4.0) * here + after) + draw + on;
    s.c1[i] = weight * V(-2.0) * (before + here) - draw;
    s.c2[i] = weight * before;
  }
  MM_BARRIER;
  for (int i = 0; i < n; i++) {
    const mm_v bend = s.rate[2 * n + i] - s.rate[n + i];
    const mm_v off = s.rate[n + i] - s.contact[rates + n + i];
    cost += (mm_v)(smooth[i]) * here * bend * bend + s.contact[rates + i] * off * off;
  }
  return cost;
}

/* Coordinates that a limit holds, and all of a frame that the window does not have, become those of the identity. The
   blocks to the frames before lose what is held on either side; locked keeps who was held in the last two frames. */
MM_FN void mm_rf_hold(mm_env e, mm_ik k, mm_rf s, mm_v alive, int frame) {
  const int n = k.t[MM_IK_FREE];
  MM_GLOBAL const int *adr = k.t + k.t[MM_IK_FREE_QPOS], *kind = k.t + k.t[MM_IK_FREE_KIND];
  MM_GLOBAL const scalar *lower = mm_ik_reals(k, MM_IK_LOWER), *upper = mm_ik_reals(k, MM_IK_UPPER);
  MM_FOR(i, 0, n) {
    const mm_v q = D(qpos)[adr[i]], g = k.gradient[i];
    const mm_m stuck = ((q <= (mm_v)(lower[i])) & (g < V(0.0))) | ((q >= (mm_v)(upper[i])) & (g > V(0.0)));
    const mm_v held = kind[i] == MM_IK_SCALAR ? mm_select(stuck, V(1.0), V(0.0)) : V(0.0);
    k.held[i] = V(1.0) - alive * (V(1.0) - held);
  }
  MM_BARRIER;
  MM_FOR(i, 0, n) {
    const mm_v is_free = V(1.0) - k.held[i];
    MM_GLOBAL mm_v *row = k.normal + i * (i + 1) / 2;
    for (int j = 0; j < i; j++) row[j] *= is_free * (V(1.0) - k.held[j]);
    row[i] = is_free * (row[i] * (V(1.0) + s.damping[0]) + (mm_v)(k.r[MM_IK_DAMPING])) + k.held[i];
    k.change[i] = k.gradient[i] * is_free;
    s.c1[i] *= frame > 0 ? is_free * (V(1.0) - s.locked[n + i]) : V(0.0);
    s.c2[i] *= frame > 1 ? is_free * (V(1.0) - s.locked[i]) : V(0.0);
    s.locked[i] = s.locked[n + i];
    s.locked[n + i] = k.held[i];
  }
  MM_BARRIER;
}

/* C = diag(c2) L^-T: above its diagonal only */
MM_FN MM_HOT void mm_rf_far(int n, MM_GLOBAL const mm_v *c2, MM_GLOBAL const mm_v *L, MM_GLOBAL mm_v *C) {
  MM_FOR(r, 0, n) {
    MM_GLOBAL mm_v *row = C + r * n;
    for (int j = 0; j < r; j++) row[j] = V(0.0);
    row[r] = c2[r] * L[r * (r + 1) / 2 + r];
    for (int j = r + 1; j < n; j++) {
      MM_GLOBAL const mm_v *other = L + j * (j + 1) / 2;
      mm_v sum = V(0.0), more = V(0.0);
      int c = r;
      for (; c + 1 < j; c += 2) {
        sum += row[c] * other[c];
        more += row[c + 1] * other[c + 1];
      }
      if (c < j) sum += row[c] * other[c];
      row[j] = -(sum + more) * other[j];
    }
  }
  MM_BARRIER;
}

/* B = (diag(c1) - C old^T) L^-T; rows are independent of each other */
MM_FN MM_HOT void mm_rf_near(int n, MM_GLOBAL const mm_v *c1, MM_GLOBAL const mm_v *C, MM_GLOBAL const mm_v *old,
                             MM_GLOBAL const mm_v *L, MM_GLOBAL mm_v *B, int with_far) {
  MM_FOR(group, 0, (n + MM_RF_ROWS - 1) / MM_RF_ROWS) {
    int row[MM_RF_ROWS];
    mm_v sum[MM_RF_ROWS];
    for (int i = 0; i < MM_RF_ROWS; i++) row[i] = mm_min_int(group * MM_RF_ROWS + i, n - 1);
    for (int j = 0; j < n; j++) {
      MM_GLOBAL const mm_v *pivot = L + j * (j + 1) / 2, *far = old + j * n;
      for (int i = 0; i < MM_RF_ROWS; i++) sum[i] = row[i] == j ? c1[j] : V(0.0);
      for (int c = 0; c < j; c++)
        for (int i = 0; i < MM_RF_ROWS; i++) sum[i] -= B[row[i] * n + c] * pivot[c];
      if (with_far)
        for (int c = row[0]; c < n; c++)
          for (int i = 0; i < MM_RF_ROWS; i++) sum[i] -= C[row[i] * n + c] * far[c];
      for (int i = 0; i < MM_RF_ROWS; i++) B[row[i] * n + j] = sum[i] * pivot[j];
    }
  }
  MM_BARRIER;
}

/* A - B B^T - C C^T, lower triangle by rows */
MM_FN MM_HOT void mm_rf_reduce(int n, MM_GLOBAL const mm_v *B, MM_GLOBAL const mm_v *C, MM_GLOBAL mm_v *A, int with_far) {
  MM_FOR(r, 0, n) {
    MM_GLOBAL mm_v *row = A + r * (r + 1) / 2;
    MM_GLOBAL const mm_v *b = B + r * n, *far = C + r * n;
    for (int s = 0; s <= r; s += MM_RF_ROWS) {
      int at[MM_RF_ROWS];
      mm_v sum[MM_RF_ROWS];
      for (int i = 0; i < MM_RF_ROWS; i++) {
        at[i] = mm_min_int(s + i, r);
        sum[i] = row[at[i]];
      }
      for (int c = 0; c < n; c++)
        for (int i = 0; i < MM_RF_ROWS; i++) sum[i] -= b[c] * B[at[i] * n + c];
      if (with_far)
        for (int c = r; c < n; c++)
          for (int i = 0; i < MM_RF_ROWS; i++) sum[i] -= far[c] * C[at[i] * n + c];
      for (int i = 0; i < MM_RF_ROWS; i++) row[at[i]] = sum[i];
    }
  }
  MM_BARRIER;
}

/* L in place of A, its diagonal inverted */
MM_FN MM_HOT void mm_rf_factor(int n, MM_GLOBAL mm_v *A) {
  for (int j = 0; j < n; j++) {
    MM_GLOBAL const mm_v *pivot = A + j * (j + 1) / 2;
    mm_v inverse;
    MM_FOR(group, 0, (n - j + MM_RF_ROWS - 1) / MM_RF_ROWS) {
      int row[MM_RF_ROWS];
      mm_v sum[MM_RF_ROWS];
      for (int i = 0; i < MM_RF_ROWS; i++) {
        const int at = mm_min_int(j + group * MM_RF_ROWS + i, n - 1);
        row[i] = at * (at + 1) / 2;
        sum[i] = A[row[i] + j];
      }
      for (int c = 0; c < j; c++)
        for (int i = 0; i < MM_RF_ROWS; i++) sum[i] -= A[row[i] + c] * pivot[c];
      for (int i = 0; i < MM_RF_ROWS; i++) A[row[i] + j] = sum[i];
    }
    MM_BARRIER;
    inverse = V(1.0) / mm_sqrt(mm_max(pivot[j], V(1e-9)));
    MM_BARRIER;
    MM_FOR(i, j, n) A[i * (i + 1) / 2 + j] = i == j ? inverse : A[i * (i + 1) / 2 + j] * inverse;
    MM_BARRIER;
  }
}

/* x = L^-1 x, by one lane */
MM_FN MM_HOT void mm_rf_forth(int n, MM_GLOBAL const mm_v *L, MM_GLOBAL mm_v *x) {
  MM_ONE
    for (int i = 0; i < n; i++) {
      MM_GLOBAL const mm_v *row = L + i * (i + 1) / 2;
      mm_v sum = x[i];
      for (int j = 0; j < i; j++) sum -= row[j] * x[j];
      x[i] = sum * row[i];
    }
  MM_BARRIER;
}

/* x = L^-T x, by one lane */
MM_FN MM_HOT void mm_rf_back(int n, MM_GLOBAL const mm_v *L, MM_GLOBAL mm_v *x) {
  MM_ONE
    for (int i = n - 1; i >= 0; i--) {
      MM_GLOBAL const mm_v *row = L + i * (i + 1) / 2;
      const mm_v value = x[i] * row[i];
      x[i] = value;
      for (int j = 0; j < i; j++) x[j] -= row[j] * value;
    }
  MM_BARRIER;
}

MM_FN int mm_rf_record(int n) { return n * (n + 1) / 2 + n * n + 2 * n; }

/* the frame's equations stand in its record and in k.change; the records of the two frames before are done */
MM_FN void mm_rf_eliminate(mm_ik k, mm_rf s, MM_GLOBAL mm_v *record, int frame) {
  const int n = k.t[MM_IK_FREE], triangle = n * (n + 1) / 2, size = mm_rf_record(n);
  MM_GLOBAL mm_v *B = record + triangle, *y = B + n * n;
  MM_GLOBAL const mm_v *one = record - (frame > 0 ? size : 0), *two = record - (frame > 1 ? 2 * size : 0);
  MM_FOR(i, 0, n) y[n + i] = s.c2[i];
  MM_BARRIER;
  if (frame > 1) mm_rf_far(n, s.c2, two, s.block);
  if (frame > 0) {
    mm_rf_near(n, s.c1, s.block, one + triangle, one, B, frame > 1);
    mm_rf_reduce(n, B, s.block, record, frame > 1);
  }
  MM_FOR(r, 0, n) {
    mm_v sum = k.change[r];
    for (int c = 0; c < n && frame > 0; c++) sum -= B[r * n + c] * one[triangle + n * n + c];
    for (int c = r; c < n && frame > 1; c++) sum -= s.block[r * n + c] * two[triangle + n * n + c];
    y[r] = sum;
  }
  MM_BARRIER;
  mm_rf_factor(n, record);
  mm_rf_forth(n, record, y);
}

/* y of the frame becomes x */
MM_FN void mm_rf_substitute(mm_ik k, mm_rf s, MM_GLOBAL mm_v *record, int frame, int frames) {
  const int n = k.t[MM_IK_FREE], triangle = n * (n + 1) / 2, size = mm_rf_record(n);
  MM_GLOBAL mm_v *y = record + triangle + n * n;
  if (frame + 2 < frames) {
    MM_GLOBAL const mm_v *next = record + 2 * size + triangle + n * n;
    MM_FOR(i, 0, n) s.c1[i] = next[n + i] * next[i];
    MM_BARRIER;
    mm_rf_forth(n, record, s.c1);
    MM_FOR(i, 0, n) y[i] -= s.c1[i];
    MM_BARRIER;
  }
  if (frame + 1 < frames) {
    MM_GLOBAL const mm_v *B = record + size + triangle, *x = B + n * n;
    MM_FOR(i, 0, n) {
      mm_v sum = y[i];
      for (int r = 0; r < n; r++) sum -= B[r * n + i] * x[r];
      y[i] = sum;
    }
    MM_BARRIER;
  }
  mm_rf_back(n, record, y);
}

/* equations of one frame, and the part of the sum that is its own */
MM_FN mm_v mm_rf_frame(mm_env e, mm_ik k, mm_rf s, MM_GLOBAL const scalar *targets, MM_GLOBAL const scalar *poses,
                       MM_GLOBAL const scalar *contacts, int tile, int frame) {
  const int n = k.t[MM_IK_FREE], points = s.t[MM_RF_POINTS], target = 7 * k.t[MM_IK_SITES], row = MM_RF_ROW(points, n);
  const mm_v alive = mm_rf_alive(s, tile, frame);
  mm_v sum;
  mm_rf_load(s, poses, N(nq), N(nq), tile, frame, D(qpos));
  mm_rf_load(s, targets, target, target, tile, frame, k.target);
  mm_rf_load(s, contacts, row, row, tile, frame, s.contact);
  mm_rf_load(s, contacts + MM_RF_RATES(points), row, 2 * n, tile, frame + 1, s.next);
  for (int j = 0; j < 3; j++) mm_rf_load(s, contacts, row, 1, tile, frame + j - 1, s.flags + j);
  mm_rf_rates(e, k, s, poses, tile, frame);
  sum = mm_ik_errors(e, k, 2);
  sum += mm_rf_errors(e, s);
  mm_ik_columns(e, k, 2);
  mm_rf_columns(e, k, s);
  mm_ik_normal(e, k);
  sum += mm_rf_normal(k, s);
  mm_rf_hold(e, k, s, alive, frame);
  return sum;
}

/* the frame of a window moves by x, at most by a quarter of a radian or meter */
MM_FN mm_v mm_rf_move(mm_env e, mm_ik k, mm_rf s, MM_GLOBAL const scalar *poses, MM_GLOBAL const mm_v *x, int tile, int frame) {
  mm_v largest;
  mm_rf_load(s, poses, N(nq), N(nq), tile, frame, D(qpos));
  MM_FOR(i, 0, k.t[MM_IK_FREE]) k.change[i] = mm_clamp(x[i], V(-0.25), V(0.25));
  MM_BARRIER;
  largest = mm_ik_move(e, k, mm_all_true());
  mm_ik_depend(e, k);
  return largest;
}

MM_KERNEL16(mmk_refine, TABLES, mi, LAYOUT, mr, TILES, kept, TILES, work, CINTS, tables, CREALS, reals, CINTS, more, CREALS, numbers,
            TILES, scratch, CREALS, targets, CREALS, poses, REALS, moved, CREALS, contacts, TILES, band, REALS, sums, INT, tiles) {
  MM_ENV(e);
  for (int tile = MM_GROUP_ID; tile < tiles; tile += MM_GROUP_COUNT) {
    MM_ENV_TILE(e, tile);
    MM_GLOBAL mm_v *own = scratch + (size_t)MM_GROUP_ID * (size_t)more[MM_RF_WORK_SIZE];
    mm_ik k = mm_ik_make(e, tables, reals, own);
    const mm_rf s = mm_rf_make(e, more, numbers, k, own + tables[MM_IK_WORK_SIZE]);
    const int frames = more[more[MM_RF_TILE_FRAMES] + tile], size = mm_rf_record(k.t[MM_IK_FREE]);
    MM_GLOBAL mm_v *records = band + (size_t)MM_GROUP_ID * (size_t)more[MM_RF_SPAN] * (size_t)size;
    MM_GLOBAL scalar *damping = (MM_GLOBAL scalar *)s.damping;
    k.calm = R(0.0);
    MM_ONE for (int w = 0; w < MM_W; w++) {
      damping[w] = R(1e-4);
      for (int i = 0; i < more[more[MM_RF_JOB] + MM_RF_JOB_SIZE * (tile * MM_W + w) + 4]; i++) damping[w] *= R(4.0);
    }
    MM_BARRIER;
    for (int frame = 0; frame < frames; frame++) {
      k.normal = records + (size_t)frame * (size_t)size;
      const mm_v sum = mm_rf_frame(e, k, s, targets, poses, contacts, tile, frame);
      mm_rf_eliminate(k, s, k.normal, frame);
      MM_ONE s.damping[2] = sum;
      MM_BARRIER;
      mm_rf_store(s, sums, 1, tile, frame, s.damping + 2);
    }
    for (int frame = frames - 1; frame >= 0; frame--) {
      MM_GLOBAL mm_v *record = records + (size_t)frame * (size_t)size;
      mm_rf_substitute(k, s, record, frame, frames);
      const mm_v step = mm_rf_move(e, k, s, poses, record + size - 2 * k.t[MM_IK_FREE], tile, frame);
      mm_rf_store(s, moved, N(nq), tile, frame, D(qpos));
      MM_ONE s.damping[3] = step;
      MM_BARRIER;
      mm_rf_store(s, sums + s.t[MM_RF_TOTAL], 1, tile, frame, s.damping + 3);
    }
  }
}
