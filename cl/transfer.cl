/* >>transfer: between tiles and the host's order, and resets */

/* staging is [environments][size]; a field lies at offset in each tile of kept */
MM_KERNEL7(mmk_put, REALS, kept, CREALS, staging, INT, environments, INT, kept_size, INT, offset, INT, size, INT, tiles) {
  for (int tile = MM_GROUP_ID; tile < tiles; tile += MM_GROUP_COUNT) {
    const int count = mm_min_int(MM_W, environments - tile * MM_W);
    MM_FOR(i, 0, size)
      for (int w = 0; w < count; w++)
        kept[((size_t)tile * (size_t)kept_size + (size_t)(offset + i)) * MM_W + (size_t)w] =
          staging[(size_t)(tile * MM_W + w) * (size_t)size + (size_t)i];
  }
}

MM_KERNEL7(mmk_get, CREALS, kept, REALS, staging, INT, environments, INT, kept_size, INT, offset, INT, size, INT, tiles) {
  for (int tile = MM_GROUP_ID; tile < tiles; tile += MM_GROUP_COUNT) {
    const int count = mm_min_int(MM_W, environments - tile * MM_W);
    MM_FOR(i, 0, size)
      for (int w = 0; w < count; w++)
        staging[(size_t)(tile * MM_W + w) * (size_t)size + (size_t)i] =
          kept[((size_t)tile * (size_t)kept_size + (size_t)(offset + i)) * MM_W + (size_t)w];
  }
}

/* where the mask is set: qpos0, or a keyframe; no applied force; mocap bodies where the model has them. A barrier must follow */
MM_FN void mm_reset_values(mm_env e, mm_m mask, int key) {
  MM_FOR(i, 0, N(nq)) {
    const scalar start = key < 0 ? M(qpos0)[i] : M(key_qpos)[key * N(nq) + i];
    D(qpos)[i] = mm_select(mask, (mm_v)(start), D(qpos)[i]);
  }
  MM_FOR(i, 0, N(nv)) {
    const scalar start = key < 0 ? R(0.0) : M(key_qvel)[key * N(nv) + i];
    D(qvel)[i] = mm_select(mask, (mm_v)(start), D(qvel)[i]);
    D(qacc_warmstart)[i] = mm_select(mask, V(0.0), D(qacc_warmstart)[i]);
    D(qfrc_applied)[i] = mm_select(mask, V(0.0), D(qfrc_applied)[i]);
  }
  MM_FOR(i, 0, N(na)) {
    const scalar start = key < 0 ? R(0.0) : M(key_act)[key * N(na) + i];
    D(act)[i] = mm_select(mask, (mm_v)(start), D(act)[i]);
  }
  MM_FOR(i, 0, N(nu)) {
    const scalar start = key < 0 ? R(0.0) : M(key_ctrl)[key * N(nu) + i];
    D(ctrl)[i] = mm_select(mask, (mm_v)(start), D(ctrl)[i]);
  }
  MM_FOR(i, 0, 6 * N(nbody)) D(xfrc_applied)[i] = mm_select(mask, V(0.0), D(xfrc_applied)[i]);
  MM_FOR(i, 0, N(nbody)) {
    const int mocap = M(body_mocapid)[i];
    if (mocap >= 0) {
      for (int k = 0; k < 3; k++)
        D(mocap_pos)[3 * mocap + k] = mm_select(mask, (mm_v)(M(body_pos)[3 * i + k]), D(mocap_pos)[3 * mocap + k]);
      for (int k = 0; k < 4; k++)
        D(mocap_quat)[4 * mocap + k] = mm_select(mask, (mm_v)(M(body_quat)[4 * i + k]), D(mocap_quat)[4 * mocap + k]);
    }
  }
  MM_ONE D(step)[0] = mm_select(mask, (mm_v)(key < 0 ? R(0.0) : M(key_time)[key] / M(opt_timestep)[0]), D(step)[0]);
}

MM_FN void mm_reset(mm_env e, mm_m mask, int key) {
  mm_reset_values(e, mask, key);
  MM_BARRIER;
}

/* which: one mm_v a tile, not zero where the environment starts again */
MM_KERNEL7(mmk_reset, TABLES, mi, LAYOUT, mr, TILES, kept, TILES, work, TILES, which, INT, key, INT, tiles) {
  MM_ENV(e);
  for (int tile = MM_GROUP_ID; tile < tiles; tile += MM_GROUP_COUNT) {
    MM_ENV_TILE(e, tile);
    mm_m mask = which[tile] != V(0.0);
    mm_reset(e, mask, key);
    MM_ONE {
      D(warning)[0] = mm_select(mask, V(0.0), D(warning)[0]);
      D(resets)[0] = mm_select(mask, V(0.0), D(resets)[0]);
    }
  }
}
