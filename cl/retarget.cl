/* >>retarget-kernels: inverse kinematics of many motions at once, frame after frame

   Each environment of a tile follows its own piece of a clip. For every frame it looks for the pose q whose mimic sites
   s come nearest to their targets p*, R*:

     smallest  sum over s of  wp^2 |p* - p(q)|^2 + wr^2 |log(R* R(q)')|^2  +  calm |q - q before|^2   with  lo <= q <= hi

   (calm is small: it decides where the sites leave q open, as for the direction of an arm that hangs straight down)
   over the independent degrees of freedom only. A coordinate that an equality couples to another is a polynomial of it,
   q_d = d0 + c0 + c1 x + c2 x^2 + c3 x^3 + c4 x^4, x = q - q0, so its motion is added to the other's:

     J_i  =  J(dof i) + sum over its dependents of  dq_d/dq_i J(dof d)

   and the coupling holds exactly. A step solves (J'W J + lambda diag + damping) dq = J'W e by Cholesky on the coordinates
   that are not held at a limit (those at a limit that the gradient pushes against it), is cut off at the limits, and is kept
   if the sum became smaller; else lambda grows (Levenberg-Marquardt). Frames start from the pose before, moved on by
   the last change; a piece starts from the pose that the host put into qpos.

   Tables come in one array of integers, whose first entries (MM_IK_...) say where, and one of reals. Work of a tile:

     target [7 sites]  error [6 sites]  spot [3 sites]  column [6 columns]  H [n (n + 1) / 2]  g [n]  held [n]  dq [n]
     best [nq]  before [nq]                                                      (lower triangle by rows, MuJoCo: none) */

typedef struct mm_ik {
  MM_GLOBAL const int *t;       /* tables */
  MM_GLOBAL const scalar *r;
  MM_GLOBAL mm_v *target, *error, *spot, *column, *normal, *gradient, *held, *change, *best, *before;
  scalar calm;
} mm_ik;

MM_FN mm_ik mm_ik_make(mm_env e, MM_GLOBAL const int *t, MM_GLOBAL const scalar *r, MM_GLOBAL mm_v *work) {
  const int sites = t[MM_IK_SITES], n = t[MM_IK_FREE];
  mm_ik k;
  k.t = t;
  k.r = r;
  k.target = work;
  k.error = k.target + 7 * sites;
  k.spot = k.error + 6 * sites;
  k.column = k.spot + 3 * sites;
  k.normal = k.column + 6 * t[MM_IK_COLUMNS];
  k.gradient = k.normal + n * (n + 1) / 2;
  k.held = k.gradient + n;
  k.change = k.held + n;
  k.best = k.change + n;
  k.before = k.best + N(nq);
  k.calm = r[MM_IK_CALM];
  return k;
}

/* the offset of a table among the reals; the host writes it as a whole number */
MM_FN MM_GLOBAL const scalar *mm_ik_reals(mm_ik k, int table) { return k.r + (int)k.r[table]; }

/* the polynomial's value, or its slope */
MM_FN mm_v mm_ik_coupling(mm_env e, mm_ik k, int d, int slope) {
  MM_GLOBAL const int *dep = k.t + k.t[MM_IK_DEP] + 3 * d;
  MM_GLOBAL const scalar *c = mm_ik_reals(k, MM_IK_POLY) + 7 * d;
  const mm_v x = D(qpos)[dep[1]] - (mm_v)(c[6]);
  if (slope) return (mm_v)(c[1]) + x * ((mm_v)(R(2.0) * c[2]) + x * ((mm_v)(R(3.0) * c[3]) + x * (mm_v)(R(4.0) * c[4])));
  return (mm_v)(c[5]) + ((mm_v)(c[0]) + x * ((mm_v)(c[1]) + x * ((mm_v)(c[2]) + x * ((mm_v)(c[3]) + x * (mm_v)(c[4])))));
}

MM_FN void mm_ik_depend(mm_env e, mm_ik k) {
  MM_FOR(d, 0, k.t[MM_IK_DEPENDENT]) D(qpos)[k.t[k.t[MM_IK_DEP] + 3 * d]] = mm_ik_coupling(e, k, d, 0);
  MM_BARRIER;
}

/* poses of the sites, weighted errors, and the sum that is to be smallest */
MM_FN mm_v mm_ik_errors(mm_env e, mm_ik k, int stage) {
  const int sites = k.t[MM_IK_SITES];
  MM_GLOBAL const int *body = k.t + k.t[MM_IK_SITE_BODY];
  MM_GLOBAL const int *adr = k.t + k.t[MM_IK_FREE_QPOS], *kind = k.t + k.t[MM_IK_FREE_KIND];
  MM_GLOBAL const scalar *place = mm_ik_reals(k, MM_IK_PLACE), *turn = mm_ik_reals(k, MM_IK_TURN);
  MM_GLOBAL const scalar *weight = mm_ik_reals(k, MM_IK_WEIGHT) + 2 * sites * stage;
  mm_v sum = V(0.0);
  mm_ik_depend(e, k);
  mm_kinematics(e);
  MM_FOR(s, 0, sites) {
    mm_v3 pos = mm_fixed_pos(e, body[s], mm_table3(place, s));
    mm_q quat = mm_quat_mul(mm_load_quat(D(xquat), body[s]), mm_table_quat(turn, s));
    mm_v3 aim = mm_vec(k.target[7 * s], k.target[7 * s + 1], k.target[7 * s + 2]);
    mm_q want = mm_quat(k.target[7 * s + 3], k.target[7 * s + 4], k.target[7 * s + 5], k.target[7 * s + 6]);
    mm_store3(k.spot, s, pos);
    mm_store3(k.error, 2 * s, mm_mul3(mm_sub3(aim, pos), (mm_v)(weight[2 * s])));
    mm_store3(k.error, 2 * s + 1, mm_mul3(mm_quat_log(mm_quat_mul(want, mm_quat_conj(quat))), (mm_v)(weight[2 * s + 1])));
  }
  MM_BARRIER;
  for (int i = 0; i < 6 * sites; i++) sum += k.error[i] * k.error[i];
  for (int i = 0; i < k.t[MM_IK_FREE]; i++)
    if (kind[i] == MM_IK_SCALAR) {
      const mm_v gap = D(qpos)[adr[i]] - k.before[adr[i]];
      sum += (mm_v)(k.calm) * gap * gap;
    }
  return sum;
}

/* what a degree of freedom does to a point at unit speed: rotation and translation, world axes */
MM_FN mm_v3 mm_ik_motion(mm_env e, int dof, mm_v3 point, mm_v3 *rotation) {
  const int joint = M(dof_jntid)[dof], type = M(jnt_type)[joint], at = dof - M(jnt_dofadr)[joint];
  const mm_v3 zero = mm_vec(V(0.0), V(0.0), V(0.0)), axis = mm_load3(D(xaxis), joint);
  mm_v3 turn = axis;
  *rotation = zero;
  if (type == MM_JNT_SLIDE) return axis;
  if (type == MM_JNT_FREE && at < 3) return mm_vec((mm_v)(at == 0 ? R(1.0) : R(0.0)), (mm_v)(at == 1 ? R(1.0) : R(0.0)),
                                                   (mm_v)(at == 2 ? R(1.0) : R(0.0)));
  if (type != MM_JNT_HINGE) {
    const mm_m33 frame = mm_load33(D(xmat), M(jnt_bodyid)[joint]);
    const int which = type == MM_JNT_FREE ? at - 3 : at;
    turn = which == 0 ? frame.a : which == 1 ? frame.b : frame.c;
  }
  *rotation = turn;
  return mm_cross(turn, mm_sub3(point, mm_load3(D(xanchor), joint)));
}

/* weighted columns of each site: one for each independent coordinate that moves it */
MM_FN void mm_ik_columns(mm_env e, mm_ik k, int stage) {
  const int sites = k.t[MM_IK_SITES];
  MM_GLOBAL const int *first = k.t + k.t[MM_IK_SITE_CHAIN], *start = k.t + k.t[MM_IK_SITE_COLUMN];
  MM_GLOBAL const scalar *weight = mm_ik_reals(k, MM_IK_WEIGHT) + 2 * sites * stage;
  MM_FOR(s, 0, sites) {
    const mm_v3 spot = mm_load3(k.spot, s);
    const mm_v wp = (mm_v)(weight[2 * s]), wr = (mm_v)(weight[2 * s + 1]);
    for (int c = 6 * start[s]; c < 6 * start[s + 1]; c++) k.column[c] = V(0.0);
    for (int i = first[s]; i < first[s + 1]; i++) {
      MM_GLOBAL const int *link = k.t + k.t[MM_IK_CHAIN] + 3 * i; /* dof, column, dependent or -1 */
      MM_GLOBAL mm_v *to = k.column + 6 * link[1];
      mm_v3 turn;
      mm_v3 move = mm_ik_motion(e, link[0], spot, &turn);
      mm_v share = link[2] < 0 ? V(1.0) : mm_ik_coupling(e, k, link[2], 1);
      to[0] += wp * share * move.x;
      to[1] += wp * share * move.y;
      to[2] += wp * share * move.z;
      to[3] += wr * share * turn.x;
      to[4] += wr * share * turn.y;
      to[5] += wr * share * turn.z;
    }
  }
  MM_BARRIER;
}

/* the normal equations; an entry gathers from the sites that both its coordinates move */
MM_FN void mm_ik_normal(mm_env e, mm_ik k) {
  const int n = k.t[MM_IK_FREE];
  MM_GLOBAL const int *place = k.t + k.t[MM_IK_FREE_QPOS], *kind = k.t + k.t[MM_IK_FREE_KIND];
  const mm_v calm = (mm_v)(k.calm);
  MM_GLOBAL const int *adr = k.t + k.t[MM_IK_PAIR_ADR], *pair = k.t + k.t[MM_IK_PAIR], *site = k.t + k.t[MM_IK_COLUMN_SITE];
  MM_FOR(p, 0, n * (n + 1) / 2) {
    mm_v sum = V(0.0);
    for (int i = adr[p]; i < adr[p + 1]; i++) {
      MM_GLOBAL const mm_v *a = k.column + 6 * pair[2 * i], *b = k.column + 6 * pair[2 * i + 1];
      sum += a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3] + a[4] * b[4] + a[5] * b[5];
    }
    k.normal[p] = sum;
  }
  MM_BARRIER;
  MM_FOR(i, 0, n) {
    const int p = i * (i + 1) / 2 + i;
    mm_v sum = V(0.0);
    if (kind[i] == MM_IK_SCALAR) {
      sum = calm * (k.before[place[i]] - D(qpos)[place[i]]);
      k.normal[p] += calm;
    }
    for (int c = adr[p]; c < adr[p + 1]; c++) {
      MM_GLOBAL const mm_v *a = k.column + 6 * pair[2 * c], *err = k.error + 6 * site[pair[2 * c]];
      sum += a[0] * err[0] + a[1] * err[1] + a[2] * err[2] + a[3] * err[3] + a[4] * err[4] + a[5] * err[5];
    }
    k.gradient[i] = sum;
  }
  MM_BARRIER;
}

/* coordinates at a limit that the gradient pushes against it are held; their rows become those of the identity */
MM_FN void mm_ik_hold(mm_env e, mm_ik k, mm_v lambda) {
  const int n = k.t[MM_IK_FREE];
  MM_GLOBAL const int *adr = k.t + k.t[MM_IK_FREE_QPOS], *kind = k.t + k.t[MM_IK_FREE_KIND];
  MM_GLOBAL const scalar *lower = mm_ik_reals(k, MM_IK_LOWER), *upper = mm_ik_reals(k, MM_IK_UPPER);
  MM_FOR(i, 0, n) {
    const mm_v q = D(qpos)[adr[i]], g = k.gradient[i];
    const mm_m stuck = ((q <= (mm_v)(lower[i])) & (g < V(0.0))) | ((q >= (mm_v)(upper[i])) & (g > V(0.0)));
    k.held[i] = kind[i] == MM_IK_SCALAR ? mm_select(stuck, V(1.0), V(0.0)) : V(0.0);
  }
  MM_BARRIER;
  MM_FOR(i, 0, n) {
    const mm_v is_free = V(1.0) - k.held[i];
    MM_GLOBAL mm_v *row = k.normal + i * (i + 1) / 2;
    for (int j = 0; j < i; j++) row[j] *= is_free * (V(1.0) - k.held[j]);
    row[i] = row[i] * (V(1.0) + lambda) + (mm_v)(k.r[MM_IK_DAMPING]) + k.held[i];
    k.change[i] = k.gradient[i] * is_free;
  }
  MM_BARRIER;
}

/* Cholesky in place, column by column of rows' products, then both substitutions into change */
MM_FN void mm_ik_solve(mm_ik k) {
  const int n = k.t[MM_IK_FREE];
  for (int j = 0; j < n; j++) {
    MM_GLOBAL const mm_v *pivot = k.normal + j * (j + 1) / 2;
    mm_v inverse;
    MM_FOR(i, j, n) {
      MM_GLOBAL mm_v *row = k.normal + i * (i + 1) / 2;
      mm_v sum = row[j];
      for (int c = 0; c < j; c++) sum -= row[c] * pivot[c];
      row[j] = sum;
    }
    MM_BARRIER;
    inverse = V(1.0) / mm_sqrt(mm_max(pivot[j], V(1e-12)));
    MM_BARRIER;
    MM_FOR(i, j, n) k.normal[i * (i + 1) / 2 + j] *= inverse;
    MM_BARRIER;
  }
  MM_ONE {
    for (int i = 0; i < n; i++) {
      MM_GLOBAL const mm_v *row = k.normal + i * (i + 1) / 2;
      mm_v x = k.change[i];
      for (int j = 0; j < i; j++) x -= row[j] * k.change[j];
      k.change[i] = x / row[i];
    }
    for (int i = n - 1; i >= 0; i--) {
      MM_GLOBAL const mm_v *row = k.normal + i * (i + 1) / 2;
      const mm_v x = k.change[i] / row[i];
      k.change[i] = x;
      for (int j = 0; j < i; j++) k.change[j] -= row[j] * x;
    }
  }
  MM_BARRIER;
}

/* moves qpos by change where moving is set, within the limits; returns the largest change of a coordinate */
MM_FN mm_v mm_ik_move(mm_env e, mm_ik k, mm_m moving) {
  const int n = k.t[MM_IK_FREE];
  MM_GLOBAL const int *adr = k.t + k.t[MM_IK_FREE_QPOS], *kind = k.t + k.t[MM_IK_FREE_KIND];
  MM_GLOBAL const scalar *lower = mm_ik_reals(k, MM_IK_LOWER), *upper = mm_ik_reals(k, MM_IK_UPPER);
  mm_v largest = V(0.0);
  MM_FOR(i, 0, n) {
    const int a = adr[i];
    if (kind[i] == MM_IK_SCALAR) {
      const mm_v q = D(qpos)[a], to = mm_clamp(q + k.change[i], (mm_v)(lower[i]), (mm_v)(upper[i]));
      k.change[i] = to - q;
      D(qpos)[a] = mm_select(moving, to, q);
    } else if (kind[i] == MM_IK_TURN_FIRST) {
      const mm_v3 v = mm_vec(k.change[i], k.change[i + 1], k.change[i + 2]);
      mm_v size;
      const mm_v3 axis = mm_unit3(v, &size);
      const mm_q q = mm_quat(D(qpos)[a], D(qpos)[a + 1], D(qpos)[a + 2], D(qpos)[a + 3]);
      const mm_q to = mm_quat_unit(mm_quat_mul(q, mm_quat_axis(axis, size)));
      D(qpos)[a] = mm_select(moving, to.w, q.w);
      D(qpos)[a + 1] = mm_select(moving, to.x, q.x);
      D(qpos)[a + 2] = mm_select(moving, to.y, q.y);
      D(qpos)[a + 3] = mm_select(moving, to.z, q.z);
    }
  }
  MM_BARRIER;
  for (int i = 0; i < n; i++) largest = mm_max(largest, mm_abs(k.change[i]));
  return largest;
}

/* best takes qpos where kept is set, and qpos takes best elsewhere */
MM_FN void mm_ik_keep(mm_env e, mm_ik k, mm_m kept) {
  MM_FOR(i, 0, N(nq)) {
    const mm_v q = mm_select(kept, D(qpos)[i], k.best[i]);
    k.best[i] = q;
    D(qpos)[i] = q;
  }
  MM_BARRIER;
}

/* One frame: from the pose in qpos to the best that the iterations find. A round of the loop judges the pose that the last
   step has led to and takes the next; where steps were refused, a round in between computes errors and frames of the best
   pose again. (Each stage is called at one place only: compilers that unroll work-items copy what they find.) */
MM_FN void mm_ik_frame(mm_env e, mm_ik k, int stage, int iterations) {
  const mm_m everyone = mm_all_true();
  mm_v lambda = (mm_v)(k.r[MM_IK_LAMBDA]), sum = V(0.0), size = V(1.0);
  mm_m open = everyone;
  int again = 1;
  for (int step = 0; step <= iterations && mm_any(open); step += !again) {
    const mm_v trial = mm_ik_errors(e, k, stage);
    const mm_m better = again ? open : (trial < sum) & open;
    sum = mm_select(better, trial, sum);
    if (!again) {
      lambda = mm_select(better, lambda * V(0.25), mm_max(lambda, V(1e-4)) * V(10.0));
      open = open & (size > (mm_v)(k.r[MM_IK_TOLERANCE])) & (lambda < V(1e6));
    }
    mm_ik_keep(e, k, again ? everyone : better);
    again = !again && mm_any(mm_not(better) & open);
    if (!again) {
      mm_ik_columns(e, k, stage);
      mm_ik_normal(e, k);
      mm_ik_hold(e, k, lambda);
      mm_ik_solve(k);
      size = mm_ik_move(e, k, open);
    }
  }
  mm_ik_keep(e, k, mm_not(everyone));
}

/* the pose from which a frame is sought, and which it is held to: within the limits, moved on by the last change if ahead */
MM_FN void mm_ik_start(mm_env e, mm_ik k, int ahead) {
  MM_GLOBAL const int *adr = k.t + k.t[MM_IK_FREE_QPOS], *kind = k.t + k.t[MM_IK_FREE_KIND];
  MM_GLOBAL const scalar *lower = mm_ik_reals(k, MM_IK_LOWER), *upper = mm_ik_reals(k, MM_IK_UPPER);
  MM_FOR(i, 0, k.t[MM_IK_FREE]) {
    const int a = adr[i];
    if (kind[i] == MM_IK_SCALAR) {
      const mm_v last = D(qpos)[a], next = ahead ? last + (last - k.before[a]) : last;
      k.before[a] = last;
      D(qpos)[a] = mm_clamp(next, (mm_v)(lower[i]), (mm_v)(upper[i]));
    }
  }
  MM_BARRIER;
}

/* targets [frame][7 sites] -> a tile's, or result [frame][nq] <- qpos; environments that are done repeat their last frame
   and write it no more */
MM_FN void mm_ik_transfer(mm_env e, mm_ik k, MM_GLOBAL const scalar *targets, MM_GLOBAL scalar *result, int tile, int frame) {
  MM_GLOBAL const int *job = k.t + k.t[MM_IK_JOB] + 3 * tile * MM_W;
  const int size = result ? N(nq) : 7 * k.t[MM_IK_SITES];
  MM_GLOBAL scalar *own = (MM_GLOBAL scalar *)(result ? D(qpos) : k.target);
  MM_FOR(i, 0, size)
    for (int w = 0; w < MM_W; w++) {
      const int last = job[3 * w + 1] - 1;
      const size_t at = (size_t)(job[3 * w] + job[3 * w + 2] * mm_min_int(frame, last)) * (size_t)size + (size_t)i;
      if (!result) own[i * MM_W + w] = targets[at];
      else if (frame <= last) result[at] = own[i * MM_W + w];
    }
  MM_BARRIER;
}

MM_KERNEL10(mmk_retarget, TABLES, mi, LAYOUT, mr, TILES, kept, TILES, work, CINTS, tables, CREALS, reals, TILES, scratch,
            CREALS, targets, REALS, result, INT, tiles) {
  MM_ENV(e);
  for (int tile = MM_GROUP_ID; tile < tiles; tile += MM_GROUP_COUNT) {
    MM_ENV_TILE(e, tile);
    const mm_ik k = mm_ik_make(e, tables, reals, scratch + (size_t)MM_GROUP_ID * (size_t)tables[MM_IK_WORK_SIZE]);
    const int frames = tables[tables[MM_IK_TILE_FRAMES] + tile];
    for (int frame = 0; frame < frames; frame++) {
      const int cold = frame == 0 && tables[MM_IK_COLD];
      mm_ik_transfer(e, k, targets, 0, tile, frame);
      /* from far away there are rounds before, each held to what the one before it has reached */
      for (int round = cold ? 0 : 3; round < 4; round++) {
        mm_ik_start(e, k, round == 3 && frame > 1);
        mm_ik_frame(e, k, round > 0, round < 3 ? tables[MM_IK_COLD_ITERATIONS] : tables[MM_IK_ITERATIONS]);
      }
      mm_ik_transfer(e, k, targets, result, tile, frame);
    }
  }
}
