/* >>step: the stages in their order, and the kernel that runs them (MuJoCo: mj_step, mj_forward) */

/* everything that follows from the state, up to qacc and the sensors, in stages that give the same when they run twice */
MM_FN void mm_stage(mm_env e, int stage) {
  switch (stage) {
    case MM_STAGE_KINEMATICS:
      mm_kinematics(e);
      mm_kinematics_frames(e);
      break;
    case MM_STAGE_INERTIA:
      mm_com(e);
      mm_mass_matrix(e);
      break;
    case MM_STAGE_BIAS: mm_bias(e); break;
    case MM_STAGE_TENDON:
      mm_tendon(e);
      mm_transmission(e);
      mm_tendon_matrices(e);
      break;
    case MM_STAGE_COLLISION: mm_collide(e); break;
    case MM_STAGE_ACTUATION:
      mm_passive(e);
      mm_actuation(e);
      mm_smooth_force(e);
      if (HAS(qacc_smooth)) mm_smooth_acceleration(e, D(qacc_smooth));
      break;
    case MM_STAGE_CONSTRAINT: mm_constraint(e); break;
    case MM_STAGE_SENSOR: mm_sensor(e); break;
    default: break;
  }
}

/* stage slow runs repeats times: the difference in time is that stage's */
MM_FN void mm_forward(mm_env e, int slow, int repeats) {
  mm_check_ctrl(e);
  for (int stage = 0; stage < MM_STAGE_COUNT; stage++)
    for (int i = 0; i < (stage == slow ? repeats : 1); i++) mm_stage(e, stage);
}

/* forward, and again where an environment had to be reset; then one time step */
MM_FN void mm_step_timed(mm_env e, int moves, int slow, int repeats) {
  int again = 1;
  if (moves) mm_check_state(e);
  for (int pass = 0; pass < 2 && again; pass++) {
    mm_forward(e, slow, repeats);
    again = moves && mm_check_acceleration(e);
  }
  if (moves) {
    mm_advance_activation(e);
    mm_euler(e);
  }
}

MM_FN void mm_step(mm_env e, int moves) { mm_step_timed(e, moves, -1, 1); }

/* steps time steps; 0: forward alone */
MM_KERNEL8(mmk_step, TABLES, mi, LAYOUT, mr, TILES, kept, TILES, work, INT, tiles, INT, steps, INT, slow, INT, repeats) {
  MM_ENV(e);
  for (int tile = MM_GROUP_ID; tile < tiles; tile += MM_GROUP_COUNT) {
    MM_ENV_TILE(e, tile);
    for (int i = 0; i < (steps > 0 ? steps : 1); i++) mm_step_timed(e, steps > 0, slow, repeats);
  }
}
