/* >>env-plan: what of a model the imitation task looks at, and what is observed of it */

/* The root: the joints of the first body below the world that has any, if they move it through the world: a free
   joint, or a slide along x or y among them. Arms that hang from a fixed trunk have none. */
static void mm__plan_root(const mm_model *m, mm_task_plan *plan) {
  plan->x = plan->y = plan->z = -1;
  for (int j = 0; j < m->njnt && m->jnt_bodyid[j] == m->jnt_bodyid[0]; j++) {
    const int adr = m->jnt_qposadr[j];
    const double *axis = m->jnt_axis + 3 * j;
    if (m->body_parentid[m->jnt_bodyid[j]] != 0) return;
    if (m->jnt_type[j] == MM_JNT_FREE) {
      plan->is_free = 1;
      plan->x = adr;
      plan->y = adr + 1;
      plan->z = adr + 2;
    } else if (m->jnt_type[j] == MM_JNT_SLIDE) {
      if (axis[0] == 1) plan->x = adr;
      if (axis[1] == 1) plan->y = adr;
      if (axis[2] == 1) plan->z = adr;
    }
  }
  if (plan->x < 0 && plan->y < 0) return;
  plan->root_qpos = m->jnt_qposadr[0];
  plan->root_dof = m->jnt_dofadr[0];
  for (int j = 0; j < m->njnt && m->jnt_bodyid[j] == m->jnt_bodyid[0]; j++) {
    const int type = m->jnt_type[j], adr = m->jnt_qposadr[j];
    plan->root_qpos_count += type == MM_JNT_FREE ? 7 : 1;
    plan->root_dof_count += type == MM_JNT_FREE ? 6 : 1;
    for (int k = 0; k < 3 && type == MM_JNT_FREE; k++) plan->root_pos[plan->root_pos_count++] = adr + k;
    if (type == MM_JNT_SLIDE && plan->root_pos_count < 3) plan->root_pos[plan->root_pos_count++] = adr;
  }
}

/* observations are planned twice: first counted, then written */
typedef struct mm_obs_writer {
  mm_task_plan *plan;
  int count, blocks;
  int goal;            /* where what belongs to the goal begins */
} mm_obs_writer;

static void mm__obs_add(mm_obs_writer *w, int source, int index, int ahead) {
  if (w->plan->triples) {
    int *triple = w->plan->triples + 3 * w->count;
    triple[0] = source;
    triple[1] = index;
    triple[2] = ahead;
  }
  w->count++;
}

static void mm__obs_run(mm_obs_writer *w, int source, int first, int count, int ahead) {
  for (int i = 0; i < count; i++) mm__obs_add(w, source, first + i, ahead);
}

/* begins a block; one in which nothing is written vanishes. number: of the frame it belongs to, -1: none */
static void mm__obs_block(mm_obs_writer *w, const char *name, int number, const char *unit, const char *meaning) {
  mm_observation_block *block = w->plan->blocks ? w->plan->blocks + w->blocks : NULL;
  if (block) {
    if (number < 0) snprintf(block->name, sizeof block->name, "%s", name);
    else snprintf(block->name, sizeof block->name, "%s_%d", name, number);
    block->offset = w->count;
    block->size = 0;
    block->stride = 1;
    block->unit = unit;
    block->meaning = meaning;
  }
}

/* ends it */
static void mm__obs_end(mm_obs_writer *w) {
  mm_observation_block *block = w->plan->blocks ? w->plan->blocks + w->blocks : NULL;
  if (block) block->size = w->count - block->offset;
  if (!block || block->size > 0) w->blocks++;
}

/* coordinates but the horizontal ones, of the simulation or of a record */
static void mm__obs_qpos(mm_obs_writer *w, const mm_model *m, int source, int from, int to, int ahead) {
  for (int i = from; i < to && i < m->nq; i++)
    if (i != w->plan->x && i != w->plan->y) mm__obs_add(w, source, i, ahead);
}

/* coordinates from..to-1 under a name, of the simulation or of a frame of the reference */
static void mm__obs_qpos_block(mm_obs_writer *w, const mm_model *m, const char *name, int from, int to, const char *meaning) {
  mm__obs_block(w, name, -1, "m, rad", meaning);
  mm__obs_qpos(w, m, MM_OBS_QPOS, from, to, 0);
  mm__obs_end(w);
}

static void mm__obs_run_block(mm_obs_writer *w, const char *name, int number, int source, int first, int count, const char *unit,
                              const char *meaning) {
  mm__obs_block(w, name, number, unit, meaning);
  mm__obs_run(w, source, first, count, number > 0 ? number : 0);
  mm__obs_end(w);
}

/* a channel of all actuators; the activation of one that has none is its control */
static void mm__obs_channel(mm_obs_writer *w, const mm_model *m, int source, int at, int channels, const char *name, const char *unit,
                            const char *meaning) {
  const int start = w->count;
  mm__obs_block(w, name, -1, unit, meaning);
  if (w->plan->blocks) w->plan->blocks[w->blocks].offset = start + at;
  if (w->plan->blocks) w->plan->blocks[w->blocks].stride = channels;
  for (int i = 0; i < m->nu && w->plan->triples; i++) {
    int *triple = w->plan->triples + 3 * (start + at + i * channels);
    const int is_act = source == MM_OBS_ACT && m->actuator_actadr[i] >= 0;
    triple[0] = source == MM_OBS_ACT && !is_act ? MM_OBS_CTRL : source;
    triple[1] = is_act ? m->actuator_actadr[i] + m->actuator_actnum[i] - 1 : i;
    triple[2] = 0;
  }
  if (w->plan->blocks) w->plan->blocks[w->blocks].size = m->nu;
  w->blocks++;
}

/* five numbers of each actuator, one actuator after another */
static void mm__obs_muscles(mm_obs_writer *w, const mm_model *m, const mm_train_def *def) {
  const int wanted[5] = {def->enable_muscle_length_observations, def->enable_muscle_velocity_observations,
                         def->enable_muscle_force_observations, def->enable_muscle_excitation_observations,
                         def->enable_muscle_activation_observations};
  static const int sources[5] = {MM_OBS_LENGTH, MM_OBS_VELOCITY, MM_OBS_FORCE, MM_OBS_CTRL, MM_OBS_ACT};
  static const char *const texts[5][3] = {{"muscle_length", "m", "lengths of the actuators' paths"},
                                          {"muscle_velocity", "m/s", "their rates"},
                                          {"muscle_force", "N", "actuator forces, negative where they pull"},
                                          {"muscle_excitation", "1", "controls: the last action, limited to -1..1"},
                                          {"muscle_activation", "1", "activations"}};
  int channels = 0, at = 0;
  for (int i = 0; i < 5; i++) channels += wanted[i];
  for (int i = 0; i < 5 && m->nu; i++)
    if (wanted[i]) mm__obs_channel(w, m, sources[i], at++, channels, texts[i][0], texts[i][1], texts[i][2]);
  w->count += channels * m->nu;
}

/* the published order of the four sensors of the feet, then what else the model has */
static void mm__obs_touch(mm_obs_writer *w, const mm_model *m) {
  static const char *const order[] = {"r_foot", "r_toes", "l_foot", "l_toes"};
  mm__obs_block(w, "touch", -1, "N", "forces that the touch sensors feel");
  for (int pass = 0; pass <= MM_COUNT(order); pass++)
    for (int i = 0; i < m->nsensor; i++) {
      const char *name = mm_model_name(m, MM_OBJ_SENSOR, i);
      int known = 0;
      if (m->sensor_type[i] != MM_SENS_TOUCH) continue;
      for (int k = 0; k < MM_COUNT(order); k++) known |= !strcmp(name, order[k]);
      if (pass < MM_COUNT(order) ? !strcmp(name, order[pass]) : !known) mm__obs_add(w, MM_OBS_SENSOR, m->sensor_adr[i], 0);
    }
  mm__obs_end(w);
}

static void mm__obs_body(mm_obs_writer *w, const mm_model *m, const mm_train_def *def) {
  const mm_task_plan *p = w->plan;
  const int root = p->root_qpos, root_end = root + p->root_qpos_count, dof = p->root_dof, dof_end = dof + p->root_dof_count;
  if (def->enable_joint_pos_observations) {
    mm__obs_qpos_block(w, m, "root_qpos", root, root_end, "root: height and orientation, not its horizontal place");
    mm__obs_qpos_block(w, m, "joint_qpos", root_end, m->nq, "coordinates of all other joints");
  }
  if (def->enable_joint_vel_observations) {
    mm__obs_run_block(w, "root_qvel", -1, MM_OBS_QVEL, dof, p->root_dof_count, "m/s, rad/s", "root: linear in the world, angular in its own frame");
    mm__obs_run_block(w, "joint_qvel", -1, MM_OBS_QVEL, dof_end, m->nv - dof_end, "m/s, rad/s", "velocities of all other joints");
  }
  mm__obs_muscles(w, m, def);
  if (def->enable_touch_sensor_observations) mm__obs_touch(w, m);
}

/* what is seen of the reference: relative positions now, then of each later frame how root position and velocity
   differ from now and the relative positions */
static void mm__obs_goal_concise(mm_obs_writer *w, const mm_model *m, const mm_train_def *def) {
  const mm_task_plan *p = w->plan;
  const int rpos = p->site_at + 3 * p->sites, n = 3 * (p->sites - 1);
  for (int k = 0; k < def->n_step_lookahead; k++) {
    mm__obs_block(w, "goal_root_pos_delta", k, "m", "root position of the reference, that of now taken off");
    for (int i = 0; k && i < p->root_pos_count; i++) mm__obs_add(w, MM_OBS_DELTA, p->root_pos[i], k);
    mm__obs_end(w);
    mm__obs_run_block(w, "goal_root_vel_delta", k, MM_OBS_DELTA, m->nq + p->root_dof, k ? p->root_dof_count : 0, "m/s, rad/s",
                      "root velocity of the reference, that of now taken off");
    mm__obs_run_block(w, "goal_site_rpos", k, MM_OBS_REFERENCE, rpos, n, "m", "site_rpos of the reference");
  }
}

/* whole quantities one after another, each of all frames */
static void mm__obs_goal_whole(mm_obs_writer *w, const mm_model *m, const mm_train_def *def, int concise) {
  const mm_task_plan *p = w->plan;
  const int rpos = p->site_at + 3 * p->sites, n = 3 * (p->sites - 1), frames = def->n_step_lookahead;
  for (int k = 0; k < frames; k++) {
    mm__obs_block(w, "goal_qpos", k, "m, rad", "coordinates of the reference without the root's horizontal place");
    mm__obs_qpos(w, m, MM_OBS_REFERENCE, 0, m->nq, k);
    mm__obs_end(w);
  }
  for (int k = 0; k < frames; k++)
    mm__obs_run_block(w, "goal_qvel", k, MM_OBS_REFERENCE, m->nq, m->nv, "m/s, rad/s", "velocities of the reference");
  for (int k = 0; k < frames; k++) mm__obs_run_block(w, "goal_site_rpos", k, MM_OBS_REFERENCE, rpos, n, "m", "site_rpos of the reference");
  for (int k = 0; k < frames && !concise; k++)
    mm__obs_run_block(w, "goal_site_rangle", k, MM_OBS_REFERENCE, rpos + n, n, "rad", "site_rangle of the reference");
  for (int k = 0; k < frames && !concise; k++)
    mm__obs_run_block(w, "goal_site_rvel", k, MM_OBS_REFERENCE, rpos + 2 * n, 2 * n, "rad/s, m/s", "site_rvel of the reference");
}

static int mm__goal_is_bimanual(const mm_train_def *def) { return def->goal_type == 1; }

static void mm__obs_write(mm_obs_writer *w, const mm_model *m, const mm_train_def *def) {
  const mm_task_plan *p = w->plan;
  const int rpos = 3 * p->sites, n = 3 * (p->sites - 1);
  w->count = w->blocks = 0;
  mm__obs_body(w, m, def);
  w->goal = w->count;
  mm__obs_run_block(w, "site_rpos", -1, MM_OBS_SITE, rpos, def->enable_mimic_site_rpos_observations ? n : 0, "m",
                    "mimic sites less the first of them, world axes");
  mm__obs_run_block(w, "site_rangle", -1, MM_OBS_SITE, rpos + n, n, "rad", "their rotation vectors in its frame");
  mm__obs_run_block(w, "site_rvel", -1, MM_OBS_SITE, rpos + 2 * n, 2 * n, "rad/s, m/s",
                    "of each relative velocity, angular and then linear, by the published formula");
  if (mm__goal_is_bimanual(def) || !def->use_concise_lookahead) mm__obs_goal_whole(w, m, def, def->use_concise_lookahead);
  else mm__obs_goal_concise(w, m, def);
  mm__obs_block(w, "phase", -1, "1", "frame over the length of the clip");
  if (def->enable_motion_phase) mm__obs_add(w, MM_OBS_PHASE, 0, 0);
  mm__obs_end(w);
  mm__obs_block(w, "root_deviation", -1, "m", "root position less that of the reference");
  for (int i = 0; def->enable_root_deviation_observations && i < p->root_pos_count; i++) mm__obs_add(w, MM_OBS_AWAY, p->root_pos[i], 0);
  mm__obs_end(w);
}

/* the published order; sites of other names follow in the model's */
static void mm__plan_sites(const mm_model *m, mm_task_plan *plan, const int *found) {
  static const char *const order[] = {
    "pelvis_mimic", "upper_body_mimic", "head_mimic", "left_shoulder_mimic", "left_elbow_mimic", "left_hand_mimic",
    "right_shoulder_mimic", "right_elbow_mimic", "right_hand_mimic", "left_hip_mimic", "left_knee_mimic", "left_ankle_mimic",
    "left_toes_mimic", "right_hip_mimic", "right_knee_mimic", "right_ankle_mimic", "right_toes_mimic"};
  int count = 0;
  for (int pass = 0; pass <= MM_COUNT(order); pass++)
    for (int i = 0; i < plan->sites; i++) {
      const char *name = mm_model_name(m, MM_OBJ_SITE, found[i]);
      int known = 0;
      for (int k = 0; k < MM_COUNT(order); k++) known |= !strcmp(name, order[k]);
      if (pass < MM_COUNT(order) ? strcmp(name, order[pass]) : known) continue;
      plan->site_ids[count] = found[i];
      plan->site_places[count++] = i;
    }
}

/* Coupled joints in an order in which each comes after the one it depends on. */
static void mm__plan_couplings(const mm_model *m, mm_task_plan *plan) {
  for (int pass = 0; pass <= m->neq; pass++)
    for (int e = 0; e < m->neq; e++) {
      const int joint = m->eq_obj1id[e], other = m->eq_obj2id[e];
      int waits = 0, known = 0;
      if (m->eq_type[e] != MM_EQ_JOINT || !m->eq_active0[e] || m->jnt_type[joint] < MM_JNT_SLIDE) continue;
      for (int i = 0; i < plan->coupling_count; i++) known |= plan->couplings[3 * i] == joint;
      for (int k = 0; k < m->neq; k++) {
        const int depends = m->eq_type[k] == MM_EQ_JOINT && m->eq_active0[k] && m->eq_obj1id[k] == other;
        int there = 0;
        for (int i = 0; i < plan->coupling_count; i++) there |= plan->couplings[3 * i] == other;
        waits |= other >= 0 && depends && !there;
      }
      if (known || waits) continue;
      plan->couplings[3 * plan->coupling_count] = joint;
      plan->couplings[3 * plan->coupling_count + 1] = other;
      plan->couplings[3 * plan->coupling_count++ + 2] = e;
    }
}

/* joints and sites by what they are for */
static void mm__plan_kinds(const mm_model *m, mm_task_plan *plan) {
  for (int j = 0; j < m->njnt; j++) {
    const int adr = m->jnt_qposadr[j], in_root = adr >= plan->root_qpos && adr < plan->root_qpos + plan->root_qpos_count;
    if (m->jnt_type[j] == MM_JNT_HINGE && !in_root) plan->hinges[plan->hinge_count++] = adr;
  }
  for (int i = 0; i < plan->sites && plan->ankle_count < 2; i++) {
    const char *name = mm_model_name(m, MM_OBJ_SITE, plan->site_ids[i]);
    if (!strcmp(name, "left_ankle_mimic") || !strcmp(name, "right_ankle_mimic")) plan->ankles[plan->ankle_count++] = i;
  }
  mm__plan_couplings(m, plan);
}

/* The state of earlier moments goes before: with a history the blocks move, and what lies before them is one block. */
static void mm__plan_history(const mm_train_def *def, int goal, mm_task_plan *plan) {
  const int past = (def->len_obs_history - 1) * (def->split_goal ? goal : plan->raw);
  mm_observation_block *blocks = plan->blocks;
  plan->state = def->split_goal ? goal : plan->raw;
  plan->observations = past + plan->raw;
  if (!past) return;
  memmove(blocks + 1, blocks, (size_t)plan->block_count * sizeof *blocks);
  for (int i = 1; i <= plan->block_count; i++) blocks[i].offset += past;
  plan->block_count++;
  snprintf(blocks[0].name, sizeof blocks[0].name, "history");
  blocks[0].offset = 0;
  blocks[0].size = past;
  blocks[0].stride = 1;
  blocks[0].unit = "as below";
  blocks[0].meaning = "the blocks below that are kept, of earlier moments, the oldest first";
}

static mm_status mm__plan_lists(const mm_model *m, const mm_train_def *def, mm_task_plan *plan) {
  mm_obs_writer writer;
  int *found = MM_ARENA_NEW(&plan->arena, int, plan->sites);
  writer.plan = plan;
  plan->site_ids = MM_ARENA_NEW(&plan->arena, int, plan->sites);
  plan->site_places = MM_ARENA_NEW(&plan->arena, int, plan->sites);
  plan->hinges = MM_ARENA_NEW(&plan->arena, int, m->njnt + 1);
  plan->couplings = MM_ARENA_NEW(&plan->arena, int, 3 * m->neq + 1);
  if (!found || !plan->site_ids || !plan->site_places || !plan->hinges || !plan->couplings) return MM_E_MEMORY;
  mm_mimic_sites(m, found, plan->sites);
  mm__plan_sites(m, plan, found);
  mm__plan_kinds(m, plan);
  plan->site_at = m->nq + m->nv;
  plan->record = plan->site_at + 3 * plan->sites + 12 * (plan->sites - 1) + 4;
  mm__obs_write(&writer, m, def);
  plan->raw = writer.count;
  plan->triples = MM_ARENA_NEW(&plan->arena, int, 3 * (size_t)writer.count);
  plan->blocks = MM_ARENA_NEW(&plan->arena, mm_observation_block, 24 + 5 * def->n_step_lookahead);
  if (!plan->triples || !plan->blocks) return MM_E_MEMORY;
  mm__obs_write(&writer, m, def);
  plan->block_count = writer.blocks;
  mm__plan_history(def, writer.goal, plan);
  return MM_OK;
}

MM_PRIVATE mm_status mm__task_plan(mm_context *ctx, const mm_model *model, const mm_train_def *def, mm_task_plan *plan) {
  mm_status status = MM_OK;
  memset(plan, 0, sizeof *plan);
  plan->arena.ctx = ctx;
  plan->sites = mm_mimic_sites(model, NULL, 0);
  if (plan->sites < 2)
    status = mm__fail(ctx, MM_E_MODEL, "the model has %d mimic sites and imitation needs two: add sites whose names end in _mimic",
                      plan->sites);
  for (int j = 0; j < model->njnt && status == MM_OK; j++)
    if (model->jnt_type[j] == MM_JNT_BALL || (model->jnt_type[j] == MM_JNT_FREE && j > 0))
      status = mm__fail(ctx, MM_E_MODEL, "joint '%s': imitation takes hinges, slides and one free joint, which is the first",
                        mm_model_name(model, MM_OBJ_JOINT, j));
  mm__plan_root(model, plan);
  if (status == MM_OK) status = mm__plan_lists(model, def, plan);
  if (status != MM_OK) mm__task_plan_free(plan);
  return status;
}

MM_PRIVATE void mm__task_plan_free(mm_task_plan *plan) {
  mm__arena_free(&plan->arena);
  memset(plan, 0, sizeof *plan);
}

mm_status mm_observation_blocks(mm_context *ctx, const mm_model *model, const mm_train_def *def, mm_observation_block *blocks,
                                int limit, int *count) {
  mm_task_plan plan;
  MM_TRY(mm__task_plan(ctx, model, def, &plan));
  *count = plan.block_count;
  for (int i = 0; i < plan.block_count && i < limit; i++) blocks[i] = plan.blocks[i];
  mm__task_plan_free(&plan);
  return MM_OK;
}
