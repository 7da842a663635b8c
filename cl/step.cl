/* >>step: the stages in their order, and the kernels that run them (MuJoCo: mj_step, mj_forward) */

/* everything that follows from the state, up to qacc */
MM_FN void mm_forward(mm_env e) {
  mm_kinematics(e);
  mm_kinematics_frames(e);
  mm_com(e);
  mm_mass_matrix(e);
  mm_bias(e);
}

MM_KERNEL6(mmk_forward, TABLES, mi, LAYOUT, mr, TILES, kept, TILES, work, INT, tiles, INT, steps) {
  MM_ENV(e);
  for (int tile = MM_GROUP_ID; tile < tiles; tile += MM_GROUP_COUNT) {
    MM_ENV_TILE(e, tile);
    for (int i = 0; i < steps; i++) mm_forward(e);
  }
}
