/* >>step: the stages in their order, and the kernel that runs them (MuJoCo: mj_step, mj_forward) */

/* everything that follows from the state, up to qacc */
MM_FN void mm_forward(mm_env e) {
  mm_check_ctrl(e);
  mm_kinematics(e);
  mm_kinematics_frames(e);
  mm_com(e);
  mm_mass_matrix(e);
  mm_bias(e);
  mm_tendon(e);
  mm_transmission(e);
  mm_tendon_matrices(e);
  mm_collide(e);
  mm_passive(e);
  mm_actuation(e);
  mm_smooth_force(e);
  mm_constraint(e);
}

/* forward, and again where an environment had to be reset; then one time step */
MM_FN void mm_step(mm_env e, int moves) {
  int again = 1;
  if (moves) mm_check_state(e);
  for (int pass = 0; pass < 2 && again; pass++) {
    mm_forward(e);
    again = moves && mm_check_acceleration(e);
  }
  if (moves) {
    mm_advance_activation(e);
    mm_euler(e);
  }
}

/* steps time steps; 0: forward alone */
MM_KERNEL6(mmk_step, TABLES, mi, LAYOUT, mr, TILES, kept, TILES, work, INT, tiles, INT, steps) {
  MM_ENV(e);
  for (int tile = MM_GROUP_ID; tile < tiles; tile += MM_GROUP_COUNT) {
    MM_ENV_TILE(e, tile);
    for (int i = 0; i < (steps > 0 ? steps : 1); i++) mm_step(e, steps > 0);
  }
}
