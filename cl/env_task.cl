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

/* Writes the rows of the tile, all (all 1) or those of environments that are marked. True where a number was not
   finite; such numbers are written as 0. */
MM_FN mm_m mm_task_observe(mm_env e, mm_task_env t, MM_GLOBAL scalar *rows, int all) {
  const int width = t.i[MM_TI_OBS];
  int records[MM_LOOKAHEAD_MAX * MM_W];
  mm_v bad = V(0.0);
  for (int k = 0; k < t.i[MM_TI_LOOKAHEAD]; k++) mm_task_records(e, t, k * t.i[MM_TI_LOOKAHEAD_STRIDE], records + k * MM_W);
  MM_FOR(i, 0, width) {
    MM_GLOBAL const int *from = t.i + t.i[MM_TI_OBS_AT] + 3 * i;
    scalar part[MM_W];
    mm_v x;
    if (from[0] == MM_OBS_PHASE) {
      for (int w = 0; w < MM_W; w++)
        part[w] = mm_task_lane(D(env_state) + MM_ENV_FRAME, w) /
                  (scalar)t.i[t.i[MM_TI_CLIPS_AT] + 2 * (int)mm_task_lane(D(env_state) + MM_ENV_CLIP, w) + 1];
      x = mm_task_join(part);
    } else if (from[0] == MM_OBS_REFERENCE || from[0] == MM_OBS_DELTA) {
      x = mm_task_ref(t, records + from[2] * MM_W, from[1]);
      if (from[0] == MM_OBS_DELTA) x -= mm_task_ref(t, records, from[1]);
    } else {
      x = mm_task_sensed(e, t, from[0], from[1]);
    }
    bad = mm_select(mm_finite(x), bad, V(1.0));
    mm_task_split(mm_select(mm_finite(x), x, V(0.0)), part);
    for (int w = 0; w < t.count; w++)
      if (all || mm_task_lane(D(env_state) + MM_ENV_MARK, w) != R(0.0))
        rows[(size_t)(t.first + w) * (size_t)width + (size_t)i] = part[w];
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
   Other actuators get -1..1 stretched over their range. */
MM_FN void mm_task_control(mm_env e, mm_task_env t, MM_GLOBAL const scalar *actions) {
  MM_GLOBAL mm_v *before = t.s + MM_TS_SITES + t.i[MM_TI_RECORD] - t.i[MM_TI_SITE_AT];
  MM_FOR(i, 0, N(nu)) {
    const mm_v a = mm_clamp(mm_task_action(t, actions, N(nu), i), V(-1.0), V(1.0));
    const scalar low = M(actuator_ctrlrange)[2 * i], high = M(actuator_ctrlrange)[2 * i + 1];
    D(ctrl)[i] = M(actuator_dyntype)[i] == MM_DYN_MUSCLE || !M(actuator_ctrllimited)[i] ? a : (a + V(1.0)) * (R(0.5) * (high - low)) + (mm_v)(low);
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

/* marked environments start again at a frame of a clip, at rest in their muscles, above the origin */
MM_FN void mm_task_reset(mm_env e, mm_task_env t, mm_m mask, int counter) {
  int records[MM_W];
  MM_ONE {
    MM_GLOBAL scalar *state = (MM_GLOBAL scalar *)D(env_state);
    for (int w = 0; w < MM_W; w++) {
      const int environment = t.first + w, fixed = t.i[MM_TI_FIXED];
      const mm_bits bits = mm_philox(t.i[MM_TI_KEY0], t.i[MM_TI_KEY1], environment, counter, 0, MM_RANDOM_RESET);
      if (state[MM_ENV_MARK * MM_W + w] != R(0.0)) {
        const int clip = fixed < 0 ? mm_task_pick(t, mm_random_uniform(bits.w[0])) : (fixed + environment) % t.i[MM_TI_CLIPS];
        const int length = t.i[t.i[MM_TI_CLIPS_AT] + 2 * clip + 1];
        const int frame = fixed < 0 ? mm_min_int(length - 1, (int)(mm_random_uniform(bits.w[1]) * (scalar)length)) : 0;
        state[MM_ENV_CLIP * MM_W + w] = (scalar)clip;
        state[MM_ENV_FRAME * MM_W + w] = (scalar)frame;
        state[MM_ENV_START * MM_W + w] = (scalar)frame;
        state[MM_ENV_STEPS * MM_W + w] = R(0.0);
        state[MM_ENV_RETURN * MM_W + w] = R(0.0);
      }
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
}

#endif
