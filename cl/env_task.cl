/* >>env-task: the imitation task: reference, observation, control, reset

   These kernels belong to a simulation that keeps env_state; others are compiled without them. A lane of a tile is an
   environment of its own with its own clip and frame, so what is read from the reference is gathered number by number. */

#if !defined(MM_OPENCL) || MM_HAS_env_state

typedef struct mm_task_env {
  MM_GLOBAL const int *i;            /* MM_TI_... and the lists */
  MM_GLOBAL const scalar *r;         /* MM_TR_... and the distribution of clips */
  MM_GLOBAL const scalar *reference; /* records */
  MM_GLOBAL mm_v *s;                 /* scratch */
  int first, count;                  /* first environment of the tile, and how many are real */
} mm_task_env;

/* one environment's number */
#define mm_task_lane(data, w) (((MM_GLOBAL const scalar *)(data))[w])

#if MM_W == 1
#define mm_task_join(part) ((part)[0])
MM_FN void mm_task_split(mm_v x, scalar *part) { part[0] = x; }
#else
#define mm_task_join(part) MM_PASTE(vload, MM_W)(0, part)
MM_FN void mm_task_split(mm_v x, scalar *part) { MM_PASTE(vstore, MM_W)(x, 0, part); }
#endif

/* where the tile has environments */
MM_FN mm_m mm_task_real(mm_task_env t) {
  scalar part[MM_W];
  for (int w = 0; w < MM_W; w++) part[w] = w < t.count ? R(1.0) : R(0.0);
  return mm_task_join(part) != V(0.0);
}

/* the records that the environments of the tile are at, ahead frames further, no further than the clip's last */
MM_FN void mm_task_records(mm_env e, mm_task_env t, int ahead, int *records) {
  for (int w = 0; w < MM_W; w++) {
    MM_GLOBAL const int *clip = t.i + t.i[MM_TI_CLIPS_AT] + 2 * (int)mm_task_lane(D(env_state) + MM_ENV_CLIP, w);
    const int frame = (int)mm_task_lane(D(env_state) + MM_ENV_FRAME, w) + ahead;
    records[w] = clip[0] + mm_min_int(frame, clip[1] - 1);
  }
}

MM_FN mm_v mm_task_ref(mm_task_env t, const int *records, int i) {
  scalar part[MM_W];
  for (int w = 0; w < MM_W; w++) part[w] = t.reference[(size_t)records[w] * (size_t)t.i[MM_TI_RECORD] + (size_t)i];
  return mm_task_join(part);
}

/* number i of qpos of the reference, moved so that the episode began above the origin */
MM_FN mm_v mm_task_ref_qpos(mm_env e, mm_task_env t, const int *records, int i) {
  mm_v x = mm_task_ref(t, records, i);
  if (i == t.i[MM_TI_X]) x -= D(env_state)[MM_ENV_X];
  if (i == t.i[MM_TI_Y]) x -= D(env_state)[MM_ENV_Y];
  return x;
}

/* Site i as the reference site 0 sees it: position in world axes, rotation vector of R0' Ri, angular velocity in the
   frame of R0' Ri less that of site 0, and R0 (v0 - vi). The last two follow the published formulas to the letter. */
MM_FN void mm_site_relative(mm_v3 p0, mm_q q0, mm_v3 w0, mm_v3 v0, mm_v3 p, mm_q q, mm_v3 w, mm_v3 v, mm_v3 *rpos, mm_v3 *angle,
                            mm_v3 *rotation, mm_v3 *translation) {
  const mm_q relative = mm_quat_mul(mm_quat_conj(q0), q);
  *rpos = mm_sub3(p, p0);
  *angle = mm_quat_log(relative);
  *rotation = mm_sub3(mm_quat_rotate(mm_quat_conj(relative), w), w0);
  *translation = mm_quat_rotate(q0, mm_sub3(v0, v));
}

/* pose and velocity of a site, from what the last forward pass left of its body */
MM_FN void mm_task_site(mm_env e, int site, mm_v3 *pos, mm_q *quat, mm_v3 *rotation, mm_v3 *translation) {
  const int body = M(site_bodyid)[site];
  *pos = mm_fixed_pos(e, body, mm_table3(M(site_pos), site));
  *quat = mm_quat_unit(mm_quat_mul(mm_load_quat(D(xquat), body), mm_table_quat(M(site_quat), site)));
  *rotation = mm_load3(D(cvel), 2 * body);
  *translation = mm_add3(mm_load3(D(cvel), 2 * body + 1),
                         mm_cross(*rotation, mm_sub3(*pos, mm_load3(D(subtree_com), M(body_rootid)[body]))));
}

/* the site numbers of a record, of the simulation */
MM_FN void mm_task_sites(mm_env e, mm_task_env t) {
  const int sites = t.i[MM_TI_SITES];
  MM_GLOBAL mm_v *pos = t.s + MM_TS_SITES, *rpos = pos + 3 * sites, *angle = rpos + 3 * (sites - 1), *rvel = angle + 3 * (sites - 1);
  MM_FOR(i, 0, sites) {
    mm_v3 p0, w0, v0, p, w, v, rotation, translation, relative, turn;
    mm_q q0, q;
    mm_task_site(e, t.i[t.i[MM_TI_SITES_AT]], &p0, &q0, &w0, &v0);
    mm_task_site(e, t.i[t.i[MM_TI_SITES_AT] + i], &p, &q, &w, &v);
    mm_store3(pos, i, p);
    if (i == 0) {
      mm_store_quat(rvel + 6 * (sites - 1), 0, q);
    } else {
      mm_site_relative(p0, q0, w0, v0, p, q, w, v, &relative, &turn, &rotation, &translation);
      mm_store3(rpos, i - 1, relative);
      mm_store3(angle, i - 1, turn);
      mm_store3(rvel, 2 * (i - 1), rotation);
      mm_store3(rvel, 2 * (i - 1) + 1, translation);
    }
  }
  MM_BARRIER;
}

/* an observation that comes from the simulation */
MM_FN mm_v mm_task_sensed(mm_env e, mm_task_env t, int source, int index) {
  mm_v x = V(0.0);
  if (source == MM_OBS_QPOS) x = D(qpos)[index];
  if (source == MM_OBS_QVEL) x = D(qvel)[index];
  if (source == MM_OBS_LENGTH) x = D(actuator_length)[index];
  if (source == MM_OBS_VELOCITY) x = D(actuator_velocity)[index];
  if (source == MM_OBS_FORCE) x = D(actuator_force)[index];
  if (source == MM_OBS_CTRL) x = D(ctrl)[index];
  if (source == MM_OBS_ACT) x = D(act)[index];
  if (source == MM_OBS_SENSOR && HAS(sensordata)) x = D(sensordata)[index];
  if (source == MM_OBS_SITE) x = t.s[MM_TS_SITES + index];
  return x;
}

/* number i of what is observed at this moment */
MM_FN mm_v mm_task_seen(mm_env e, mm_task_env t, const int *records, int i) {
  MM_GLOBAL const int *from = t.i + t.i[MM_TI_RAW_AT] + 3 * i;
  mm_v x;
  if (from[0] == MM_OBS_PHASE) {
    scalar part[MM_W];
    for (int w = 0; w < MM_W; w++)
      part[w] = mm_task_lane(D(env_state) + MM_ENV_FRAME, w) /
                (scalar)t.i[t.i[MM_TI_CLIPS_AT] + 2 * (int)mm_task_lane(D(env_state) + MM_ENV_CLIP, w) + 1];
    return mm_task_join(part);
  }
  if (from[0] == MM_OBS_AWAY) return D(qpos)[from[1]] - mm_task_ref_qpos(e, t, records, from[1]);
  if (from[0] != MM_OBS_REFERENCE && from[0] != MM_OBS_DELTA) return mm_task_sensed(e, t, from[0], from[1]);
  x = mm_task_ref(t, records + from[2] * MM_W, from[1]);
  if (from[0] == MM_OBS_DELTA) x -= mm_task_ref(t, records, from[1]);
  return x;
}

/* Writes the rows of the tile, all (all 1) or those of environments that are marked, whose history is empty. before:
   rows of the moment before. True where a number was not finite; such numbers are written as 0. */
MM_FN mm_m mm_task_observe(mm_env e, mm_task_env t, MM_GLOBAL scalar *rows, MM_GLOBAL const scalar *before, int all) {
  const int width = t.i[MM_TI_OBS], state = t.i[MM_TI_STATE], past = state * (t.i[MM_TI_HISTORY] - 1);
  int records[MM_LOOKAHEAD_MAX * MM_W];
  mm_v bad = V(0.0);
  for (int k = 0; k < t.i[MM_TI_LOOKAHEAD]; k++) mm_task_records(e, t, k * t.i[MM_TI_LOOKAHEAD_STRIDE], records + k * MM_W);
  MM_FOR(i, 0, past)
    for (int w = 0; w < t.count; w++)
      if (all || mm_task_lane(D(env_state) + MM_ENV_MARK, w) != R(0.0)) {
        const size_t row = (size_t)(t.first + w) * (size_t)width;
        rows[row + (size_t)i] = all ? before[row + (size_t)(i + state)] : R(0.0);
      }
  MM_FOR(i, 0, t.i[MM_TI_RAW]) {
    const mm_v x = mm_task_seen(e, t, records, i);
    scalar part[MM_W];
    bad = mm_select(mm_finite(x), bad, V(1.0));
    mm_task_split(mm_select(mm_finite(x), x, V(0.0)), part);
    for (int w = 0; w < t.count; w++)
      if (all || mm_task_lane(D(env_state) + MM_ENV_MARK, w) != R(0.0))
        rows[(size_t)(t.first + w) * (size_t)width + (size_t)(past + i)] = part[w];
  }
  return mm_lane_sum(e, bad) > V(0.0);
}

/* number i of the actions of the tile */
MM_FN mm_v mm_task_action(mm_task_env t, MM_GLOBAL const scalar *actions, int width, int i) {
  scalar part[MM_W];
  for (int w = 0; w < MM_W; w++)
    part[w] = actions[(size_t)(t.first + mm_min_int(w, t.count - 1)) * (size_t)width + (size_t)i];
  return mm_task_join(part);
}

/* Controls from actions. Muscles take the action, limited to -1..1, as it is: their dynamics take what is below 0 as 0.
   Other actuators get -1..1 stretched over their range. Incremental actions change the control by as much. */
MM_FN void mm_task_control(mm_env e, mm_task_env t, MM_GLOBAL const scalar *actions) {
  MM_GLOBAL mm_v *before = t.s + MM_TS_SITES + t.i[MM_TI_RECORD] - t.i[MM_TI_SITE_AT];
  MM_FOR(i, 0, N(nu)) {
    const int as_is = M(actuator_dyntype)[i] == MM_DYN_MUSCLE || !M(actuator_ctrllimited)[i];
    const scalar low = as_is ? R(-1.0) : M(actuator_ctrlrange)[2 * i], high = as_is ? R(1.0) : M(actuator_ctrlrange)[2 * i + 1];
    const mm_v a = mm_clamp(mm_task_action(t, actions, N(nu), i), V(-1.0), V(1.0)) * (R(0.5) * (high - low));
    if (t.i[MM_TI_INCREMENTAL]) D(ctrl)[i] = mm_clamp(D(ctrl)[i] + a, (mm_v)(low), (mm_v)(high));
    else D(ctrl)[i] = a + (mm_v)(R(0.5) * (low + high));
  }
  MM_FOR(i, 0, N(nv)) before[i] = D(qvel)[i];
  MM_BARRIER;
}

/* the clip that a uniform number picks from the summed distribution */
MM_FN int mm_task_pick(mm_task_env t, scalar u) {
  int low = 0, high = t.i[MM_TI_CLIPS] - 1;
  while (low < high) {
    const int middle = (low + high) / 2;
    if (u < t.r[MM_TR_SIZE + middle]) high = middle;
    else low = middle + 1;
  }
  return low;
}

/* clip and frame that an environment starts with */
MM_FN void mm_task_draw(mm_task_env t, int environment, int counter, int *clip, int *frame) {
  const int start = t.i[MM_TI_START], clips = t.i[MM_TI_CLIPS];
  const mm_bits bits = mm_philox(t.i[MM_TI_KEY0], t.i[MM_TI_KEY1], environment, counter, 0, MM_RANDOM_RESET);
  int length;
  *clip = start == MM_START_FIXED ? t.i[MM_TI_START_CLIP] : start == MM_START_EACH ? (t.i[MM_TI_START_CLIP] + environment) % clips
          : mm_task_pick(t, mm_random_uniform(bits.w[0]));
  length = t.i[t.i[MM_TI_CLIPS_AT] + 2 * *clip + 1];
  *frame = start == MM_START_FIXED ? t.i[MM_TI_START_FRAME]
           : start == MM_START_ANYWHERE ? (int)(mm_random_uniform(bits.w[1]) * (scalar)length) : 0;
  if (start == MM_START_ANYWHERE && mm_random_uniform(bits.w[2]) < t.r[MM_TR_FIRST_SHARE]) *frame = 0;
  *frame = mm_min_int(*frame, length - 1);
}

/* two normal numbers for each environment of the tile */
MM_FN void mm_task_normals(mm_task_env t, int counter, int i, mm_v *first, mm_v *second) {
  scalar a[MM_W], b[MM_W], c[MM_W], d[MM_W];
  mm_v sine, cosine;
  for (int w = 0; w < MM_W; w++) {
    const mm_bits bits = mm_philox(t.i[MM_TI_KEY0], t.i[MM_TI_KEY1], t.first + w, counter, i, MM_RANDOM_START);
    a[w] = mm_random_uniform(bits.w[0]);
    b[w] = mm_random_uniform(bits.w[1]);
    c[w] = mm_random_uniform(bits.w[2]);
    d[w] = mm_random_uniform(bits.w[3]);
  }
  mm_sincos(mm_task_join(b) * R(6.283185307179586), &sine, &cosine);
  *first = mm_sqrt(mm_log(mm_task_join(a)) * R(-2.0)) * cosine;
  mm_sincos(mm_task_join(d) * R(6.283185307179586), &sine, &cosine);
  *second = mm_sqrt(mm_log(mm_task_join(c)) * R(-2.0)) * cosine;
}

/* Normal noise on where marked environments start, within the joints' ranges. */
MM_FN void mm_task_perturb(mm_env e, mm_task_env t, mm_m mask, int counter) {
  MM_GLOBAL const scalar *std_q = t.r + t.i[MM_TI_NOISE_AT], *std_v = std_q + N(nq), *low = std_v + N(nv), *high = low + N(nq);
  const int n = N(nq) > N(nv) ? N(nq) : N(nv), quat = t.i[MM_TI_ROOT_QPOS] + 3;
  MM_FOR(i, 0, n) {
    mm_v for_q, for_v;
    mm_task_normals(t, counter, i, &for_q, &for_v);
    if (i < N(nq)) {
      const mm_v q = mm_clamp(D(qpos)[i] + for_q * std_q[i], (mm_v)(low[i]), (mm_v)(high[i]));
      if (std_q[i] > R(0.0)) D(qpos)[i] = mm_select(mask, q, D(qpos)[i]);
    }
    if (i < N(nv)) D(qvel)[i] = mm_select(mask, D(qvel)[i] + for_v * std_v[i], D(qvel)[i]);
  }
  MM_BARRIER;
  if (t.i[MM_TI_FREE]) MM_ONE {
    const mm_q old = mm_load_quat(D(qpos) + quat, 0), unit = mm_quat_unit(old);
    D(qpos)[quat] = mm_select(mask, unit.w, old.w);
    D(qpos)[quat + 1] = mm_select(mask, unit.x, old.x);
    D(qpos)[quat + 2] = mm_select(mask, unit.y, old.y);
    D(qpos)[quat + 3] = mm_select(mask, unit.z, old.z);
  }
  MM_BARRIER;
}

/* Coupled joints of marked environments follow those they depend on: q - q0 is a polynomial of the other's. References
   may violate that, and a start that does begins with a blow. In order, so that chains hold. */
MM_FN void mm_task_couple(mm_env e, mm_task_env t, mm_m mask) {
  MM_ONE for (int i = 0; i < t.i[MM_TI_COUPLINGS]; i++) {
    MM_GLOBAL const int *coupling = t.i + t.i[MM_TI_COUPLINGS_AT] + 3 * i;
    MM_GLOBAL const scalar *c = M(eq_data) + 11 * coupling[2];
    const int q = M(jnt_qposadr)[coupling[0]], v = M(jnt_dofadr)[coupling[0]];
    mm_v pos = (mm_v)(c[0]), vel = V(0.0);
    if (coupling[1] >= 0) {
      const int other = M(jnt_qposadr)[coupling[1]];
      const mm_v x = D(qpos)[other] - (mm_v)(M(qpos0)[other]);
      pos += x * ((mm_v)(c[1]) + x * ((mm_v)(c[2]) + x * ((mm_v)(c[3]) + x * c[4])));
      vel = D(qvel)[M(jnt_dofadr)[coupling[1]]] * ((mm_v)(c[1]) + x * ((mm_v)(R(2.0) * c[2]) + x * ((mm_v)(R(3.0) * c[3]) + x * (R(4.0) * c[4]))));
    }
    D(qpos)[q] = mm_select(mask, pos + (mm_v)(M(qpos0)[q]), D(qpos)[q]);
    D(qvel)[v] = mm_select(mask, vel, D(qvel)[v]);
  }
  MM_BARRIER;
}

/* marked environments start again at a frame of a clip, at rest in their muscles, above the origin */
MM_FN void mm_task_reset(mm_env e, mm_task_env t, mm_m mask, int counter) {
  int records[MM_W];
  MM_ONE {
    MM_GLOBAL scalar *state = (MM_GLOBAL scalar *)D(env_state);
    for (int w = 0; w < MM_W; w++) {
      int clip, frame;
      if (state[MM_ENV_MARK * MM_W + w] == R(0.0)) continue;
      mm_task_draw(t, t.first + w, counter, &clip, &frame);
      state[MM_ENV_CLIP * MM_W + w] = (scalar)clip;
      state[MM_ENV_FRAME * MM_W + w] = (scalar)frame;
      state[MM_ENV_START * MM_W + w] = (scalar)frame;
      state[MM_ENV_STEPS * MM_W + w] = R(0.0);
      state[MM_ENV_RETURN * MM_W + w] = R(0.0);
    }
  }
  MM_BARRIER;
  mm_task_records(e, t, 0, records);
  MM_ONE {
    if (t.i[MM_TI_X] >= 0) D(env_state)[MM_ENV_X] = mm_select(mask, mm_task_ref(t, records, t.i[MM_TI_X]), D(env_state)[MM_ENV_X]);
    if (t.i[MM_TI_Y] >= 0) D(env_state)[MM_ENV_Y] = mm_select(mask, mm_task_ref(t, records, t.i[MM_TI_Y]), D(env_state)[MM_ENV_Y]);
    D(warning)[0] = mm_select(mask, V(0.0), D(warning)[0]);
  }
  MM_BARRIER;
  mm_reset(e, mask, -1);
  MM_FOR(i, 0, N(nq)) D(qpos)[i] = mm_select(mask, mm_task_ref_qpos(e, t, records, i), D(qpos)[i]);
  MM_FOR(i, 0, N(nv)) D(qvel)[i] = mm_select(mask, mm_task_ref(t, records, N(nq) + i), D(qvel)[i]);
  if (HAS(env_action)) MM_FOR(i, 0, N(nu)) D(env_action)[i] = mm_select(mask, V(0.0), D(env_action)[i]);
  MM_BARRIER;
  if (t.i[MM_TI_NOISE_AT]) mm_task_perturb(e, t, mask, counter);
  mm_task_couple(e, t, mask);
}

#endif
