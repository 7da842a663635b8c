/* >>env-step: one control step of the imitation task, in one launch: control, physics, reward, end, reset, observation */

#if !defined(MM_OPENCL) || MM_HAS_env_state

/* the next frame of the reference, at most the last */
MM_FN void mm_task_advance(mm_env e, mm_task_env t) {
  MM_ONE {
    MM_GLOBAL scalar *state = (MM_GLOBAL scalar *)D(env_state);
    for (int w = 0; w < MM_W; w++) {
      const int length = t.i[t.i[MM_TI_CLIPS_AT] + 2 * (int)state[MM_ENV_CLIP * MM_W + w] + 1];
      const int frame = (int)state[MM_ENV_FRAME * MM_W + w];
      state[MM_ENV_FRAME * MM_W + w] = (scalar)mm_min_int(frame + 1, length - 1);
      state[MM_ENV_STEPS * MM_W + w] += R(1.0);
      state[MM_ENV_MARK * MM_W + w] = frame + 1 >= length - 1 ? R(1.0) : R(0.0);
    }
  }
  MM_BARRIER;
}

/* 1 and 0 for a mask */
MM_FN mm_v mm_task_flag(mm_m mask) { return mm_select(mask, V(1.0), V(0.0)); }

/* Who ends, and why; marks them. The mark says on entry where the clip is at its end. */
MM_FN void mm_task_end(mm_env e, mm_task_env t, mm_m bad, mm_v angle) {
  MM_ONE {
    const mm_m real = mm_task_real(t), clip_end = D(env_state)[MM_ENV_MARK] != V(0.0);
    const mm_m diverged = bad | (D(warning)[0] != V(0.0)), lost = mm_task_lost(e, t, angle) | diverged;
    const mm_m timeout = D(env_state)[MM_ENV_STEPS] >= (mm_v)((scalar)t.i[MM_TI_HORIZON]);
    const mm_m done = (lost | clip_end | timeout) & real;
    t.s[MM_SIGNAL_REWARD] = mm_select(diverged, V(0.0), t.s[MM_SIGNAL_REWARD]);
    D(env_state)[MM_ENV_RETURN] += t.s[MM_SIGNAL_REWARD];
    D(env_state)[MM_ENV_MARK] = mm_task_flag(done);
    t.s[MM_SIGNAL_DONE] = mm_task_flag(done);
    t.s[MM_SIGNAL_EARLY] = mm_task_flag(lost & real);
    t.s[MM_SIGNAL_END] = mm_task_flag(clip_end & mm_not(lost));
    t.s[MM_SIGNAL_TIMEOUT] = mm_task_flag(timeout & mm_not(lost | clip_end));
    t.s[MM_SIGNAL_DIVERGED] = mm_task_flag(diverged & real);
    t.s[MM_SIGNAL_RETURN] = D(env_state)[MM_ENV_RETURN] * mm_task_flag(done);
    t.s[MM_SIGNAL_LENGTH] = D(env_state)[MM_ENV_STEPS] * mm_task_flag(done);
    t.s[MM_SIGNAL_CLIP] = D(env_state)[MM_ENV_CLIP];
    for (int i = MM_SIGNAL_USED; i < MM_SIGNAL_COUNT; i++) t.s[i] = V(0.0);
  }
  MM_BARRIER;
}

/* signals of the step, and reward and ends in the planes of the batch */
MM_FN void mm_task_report(mm_task_env t, MM_GLOBAL scalar *signal, MM_GLOBAL scalar *batch, int row) {
  MM_FOR(i, 0, MM_SIGNAL_COUNT) {
    scalar part[MM_W];
    mm_task_split(mm_select(mm_finite(t.s[i]), t.s[i], V(0.0)), part);
    for (int w = 0; w < t.count; w++) signal[(size_t)(row + t.first + w) * MM_SIGNAL_COUNT + (size_t)i] = part[w];
    for (int w = 0; w < t.count; w++) {
      if (i == MM_SIGNAL_REWARD) batch[t.i[MM_TI_REWARD_AT] + row + t.first + w] = part[w];
      if (i == MM_SIGNAL_DONE) batch[t.i[MM_TI_DONE_AT] + row + t.first + w] = part[w];
      if (i == MM_SIGNAL_EARLY) batch[t.i[MM_TI_ABSORBING_AT] + row + t.first + w] = part[w];
    }
  }
}

/* after the last substep: observation, reward, end. The observation of those that end is kept in last. */
MM_FN void mm_task_judge(mm_env e, mm_task_env t, MM_GLOBAL const scalar *actions, MM_GLOBAL scalar *obs, MM_GLOBAL const scalar *before,
                         MM_GLOBAL scalar *last, MM_GLOBAL scalar *signal, MM_GLOBAL scalar *batch, int row) {
  const int width = t.i[MM_TI_OBS];
  int records[MM_W];
  mm_v angle;
  mm_m bad;
  mm_task_advance(e, t);
  mm_task_sites(e, t);
  mm_task_records(e, t, 0, records);
  bad = mm_task_observe(e, t, obs, before, 1);
  mm_task_reward(e, t, actions, records, &angle);
  mm_task_end(e, t, bad, angle);
  mm_task_report(t, signal, batch, row);
  for (int w = 0; w < t.count; w++)
    if (mm_task_lane(D(env_state) + MM_ENV_MARK, w) != R(0.0))
      MM_FOR(i, 0, width) last[(size_t)(t.first + w) * (size_t)width + (size_t)i] = obs[(size_t)(t.first + w) * (size_t)width + (size_t)i];
  MM_BARRIER;
}

/* One control step t of a rollout, or (begin 1) the start of all environments. Actions are those of row t; the
   observations go to row t + 1, or to row t at the start. An environment that ends starts again at once (hold 1: it is left as it is). */
MM_KERNEL16(mmk_task, TABLES, mi, LAYOUT, mr, TILES, kept, TILES, work, CINTS, ti, CREALS, tr, CREALS, reference, TILES, scratch,
            CREALS, action, REALS, obs, REALS, last, REALS, signal, REALS, batch, INT, step_t, INT, counter, INT, begin) {
  MM_ENV(e);
  const int substeps = ti[MM_TI_SUBSTEPS], environments = ti[MM_TI_ENVIRONMENTS], row = step_t * environments;
  const int width = ti[MM_TI_OBS];
  MM_GLOBAL const scalar *actions = action + (size_t)row * (size_t)N(nu);
  MM_GLOBAL const scalar *before = obs + (size_t)row * (size_t)width;
  MM_GLOBAL scalar *rows = obs + (size_t)(begin ? row : row + environments) * (size_t)width;
  mm_task_env t;
  t.i = ti;
  t.r = tr;
  t.reference = reference;
  t.s = scratch + (size_t)MM_GROUP_ID * (size_t)ti[MM_TI_SCRATCH];
  for (int tile = MM_GROUP_ID; tile < ti[MM_TI_TILES]; tile += MM_GROUP_COUNT) {
    MM_ENV_TILE(e, tile);
    t.first = tile * MM_W;
    t.count = mm_min_int(MM_W, environments - t.first);
    if (begin) {
      MM_ONE D(env_state)[MM_ENV_MARK] = V(1.0);
      MM_BARRIER;
      mm_task_reset(e, t, D(env_state)[MM_ENV_MARK] != V(0.0), counter);
    } else {
      mm_task_control(e, t, actions);
    }
    for (int pass = 0; pass <= substeps; pass++) {
      const int moves = !begin && pass < substeps;
      const int again = pass == substeps && (begin || !ti[MM_TI_HOLD]) && mm_any(D(env_state)[MM_ENV_MARK] != V(0.0));
      if (moves || again) mm_step(e, moves);
      if (moves && pass == substeps - 1) {
        mm_task_judge(e, t, actions, rows, before, last, signal, batch, row);
        if (!ti[MM_TI_HOLD] && mm_any(D(env_state)[MM_ENV_MARK] != V(0.0))) mm_task_reset(e, t, D(env_state)[MM_ENV_MARK] != V(0.0), counter);
      }
      if (again) {
        mm_task_sites(e, t);
        mm_task_observe(e, t, rows, rows, 0);
      }
    }
    MM_BARRIER;
    MM_ONE D(env_state)[MM_ENV_MARK] = V(0.0);
    MM_BARRIER;
  }
}

#endif
