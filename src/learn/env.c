/* >>env-make: observations, reference records and settings of the imitation task */

/* >>task-plan: what of a model the task looks at */

/* The root: the joints of the first body below the world that has any, if they move it through the world: a free
   joint, or a slide along x or y among them. Arms that hang from a fixed trunk have none. */
static void mm__plan_root(const mm_model *m, mm_task_plan *plan) {
  plan->x = plan->y = -1;
  for (int j = 0; j < m->njnt && m->jnt_bodyid[j] == m->jnt_bodyid[0]; j++) {
    const int adr = m->jnt_qposadr[j];
    const double *axis = m->jnt_axis + 3 * j;
    if (m->body_parentid[m->jnt_bodyid[j]] != 0) return;
    if (m->jnt_type[j] == MM_JNT_FREE) {
      plan->is_free = 1;
      plan->x = adr;
      plan->y = adr + 1;
    } else if (m->jnt_type[j] == MM_JNT_SLIDE) {
      if (axis[0] == 1) plan->x = adr;
      if (axis[1] == 1) plan->y = adr;
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
  mm__obs_qpos_block(w, m, "root_qpos", root, root_end, "root: height and orientation, not its horizontal place");
  mm__obs_qpos_block(w, m, "joint_qpos", root_end, m->nq, "coordinates of all other joints");
  mm__obs_run_block(w, "root_qvel", -1, MM_OBS_QVEL, dof, p->root_dof_count, "m/s, rad/s", "root: linear in the world, angular in its own frame");
  mm__obs_run_block(w, "joint_qvel", -1, MM_OBS_QVEL, dof_end, m->nv - dof_end, "m/s, rad/s", "velocities of all other joints");
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

static mm_status mm__plan_lists(const mm_model *m, const mm_train_def *def, mm_task_plan *plan) {
  mm_obs_writer writer;
  int *found = MM_ARENA_NEW(&plan->arena, int, plan->sites);
  writer.plan = plan;
  plan->site_ids = MM_ARENA_NEW(&plan->arena, int, plan->sites);
  plan->site_places = MM_ARENA_NEW(&plan->arena, int, plan->sites);
  plan->hinges = MM_ARENA_NEW(&plan->arena, int, m->njnt + 1);
  if (!found || !plan->site_ids || !plan->site_places || !plan->hinges) return MM_E_MEMORY;
  mm_mimic_sites(m, found, plan->sites);
  mm__plan_sites(m, plan, found);
  for (int j = 0; j < m->njnt; j++) {
    const int adr = m->jnt_qposadr[j], in_root = adr >= plan->root_qpos && adr < plan->root_qpos + plan->root_qpos_count;
    if (m->jnt_type[j] == MM_JNT_HINGE && !in_root) plan->hinges[plan->hinge_count++] = adr;
  }
  plan->site_at = m->nq + m->nv;
  plan->record = plan->site_at + 3 * plan->sites + 12 * (plan->sites - 1) + 4;
  mm__obs_write(&writer, m, def);
  plan->observations = writer.count;
  plan->triples = MM_ARENA_NEW(&plan->arena, int, 3 * (size_t)writer.count);
  plan->blocks = MM_ARENA_NEW(&plan->arena, mm_observation_block, 24 + 5 * def->n_step_lookahead);
  if (!plan->triples || !plan->blocks) return MM_E_MEMORY;
  mm__obs_write(&writer, m, def);
  plan->block_count = writer.blocks;
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

/* >>task-reference: the records of a trajectory */

static mm_v3_f64 mm__vec3(const double *x) {
  mm_v3_f64 v;
  v.x = x[0];
  v.y = x[1];
  v.z = x[2];
  return v;
}

/* a rotation matrix by rows as a quaternion: the largest of its four components is found without cancellation */
static mm_q_f64 mm__mat_quat(const double *m) {
  mm_q_f64 q;
  const double trace[4] = {m[0] + m[4] + m[8], m[0] - m[4] - m[8], m[4] - m[0] - m[8], m[8] - m[0] - m[4]};
  int largest = 0;
  double r, s;
  for (int i = 1; i < 4; i++)
    if (trace[i] > trace[largest]) largest = i;
  r = sqrt(1 + trace[largest]);
  s = 0.5 / r;
  q.w = largest == 0 ? 0.5 * r : largest == 1 ? (m[7] - m[5]) * s : largest == 2 ? (m[2] - m[6]) * s : (m[3] - m[1]) * s;
  q.x = largest == 0 ? (m[7] - m[5]) * s : largest == 1 ? 0.5 * r : largest == 2 ? (m[1] + m[3]) * s : (m[2] + m[6]) * s;
  q.y = largest == 0 ? (m[2] - m[6]) * s : largest == 1 ? (m[1] + m[3]) * s : largest == 2 ? 0.5 * r : (m[5] + m[7]) * s;
  q.z = largest == 0 ? (m[3] - m[1]) * s : largest == 1 ? (m[2] + m[6]) * s : largest == 2 ? (m[5] + m[7]) * s : 0.5 * r;
  return q;
}

static void mm__put3(double *to, mm_v3_f64 v) {
  to[0] = v.x;
  to[1] = v.y;
  to[2] = v.z;
}

/* pose and velocity of one site in a frame */
typedef struct mm_site_state {
  mm_v3_f64 pos, rotation, translation;
  mm_q_f64 quat;
} mm_site_state;

static mm_site_state mm__site_state(const mm_trajectory *t, size_t at) {
  mm_site_state state;
  state.pos = mm__vec3(t->site_xpos + 3 * at);
  state.quat = mm__mat_quat(t->site_xmat + 9 * at);
  state.rotation = mm__vec3(t->site_xvel + 6 * at);
  state.translation = mm__vec3(t->site_xvel + 6 * at + 3);
  return state;
}

static void mm__task_record(const mm_task_plan *plan, const mm_trajectory *t, int frame, double *record) {
  const int sites = plan->sites, n = sites - 1;
  const size_t at = (size_t)frame * (size_t)sites;
  const mm_site_state first = mm__site_state(t, at + (size_t)plan->site_places[0]);
  double *pos = record + plan->site_at, *to = pos + 3 * sites;
  memcpy(record, t->qpos + (size_t)frame * (size_t)t->nq, (size_t)t->nq * sizeof *record);
  memcpy(record + t->nq, t->qvel + (size_t)frame * (size_t)t->nv, (size_t)t->nv * sizeof *record);
  mm__put3(pos, first.pos);
  for (int i = 0; i < n; i++) {
    const mm_site_state site = mm__site_state(t, at + (size_t)plan->site_places[i + 1]);
    mm_v3_f64 rpos, angle, rotation, translation;
    mm_site_relative_f64(first.pos, first.quat, first.rotation, first.translation, site.pos, site.quat, site.rotation, site.translation,
                         &rpos, &angle, &rotation, &translation);
    mm__put3(pos + 3 * (i + 1), site.pos);
    mm__put3(to + 3 * i, rpos);
    mm__put3(to + 3 * n + 3 * i, angle);
    mm__put3(to + 6 * n + 6 * i, rotation);
    mm__put3(to + 6 * n + 6 * i + 3, translation);
  }
  to += 12 * n;
  to[0] = first.quat.w;
  to[1] = first.quat.x;
  to[2] = first.quat.y;
  to[3] = first.quat.z;
}

/* records go to the device a few hundred at a time */
static mm_status mm__task_reference(mm_task *task, const mm_trajectory *trajectory) {
  const int some = 256;
  const size_t record = (size_t)task->plan.record;
  double *records;
  mm_status status = mm__learn_reals(task->learn, (size_t)trajectory->frame_count * record, &task->reference);
  if (status != MM_OK) return status;
  records = MM_NEW(task->learn->ctx, double, (size_t)some * record);
  if (!records) return MM_E_MEMORY;
  for (int first = 0; first < trajectory->frame_count && status == MM_OK; first += some) {
    const int count = first + some < trajectory->frame_count ? some : trajectory->frame_count - first;
    for (int i = 0; i < count; i++) mm__task_record(&task->plan, trajectory, first + i, records + (size_t)i * record);
    for (size_t i = 0; i < (size_t)count * record && status == MM_OK; i++)
      if (!(records[i] - records[i] == 0))
        status = mm__fail(task->learn->ctx, MM_E_DATA, "trajectory: frame %d has numbers that are not finite", first + (int)(i / record));
    if (status == MM_OK) status = mm__learn_write(task->learn, task->reference, (size_t)first * record, records, (size_t)count * record);
  }
  mm__free(task->learn->ctx, records);
  return status;
}

MM_PRIVATE uint64_t mm__trajectory_hash(const mm_trajectory *t) {
  uint64_t hash = mm__hash(MM_HASH_SEED, &t->model_hash, sizeof t->model_hash);
  hash = mm__hash(hash, &t->frequency, sizeof t->frequency);
  hash = mm__hash(hash, t->split_points, (size_t)(t->clip_count + 1) * sizeof *t->split_points);
  hash = mm__hash(hash, t->qpos, (size_t)t->frame_count * (size_t)t->nq * sizeof *t->qpos);
  return mm__hash(hash, t->qvel, (size_t)t->frame_count * (size_t)t->nv * sizeof *t->qvel);
}

/* >>task-make: settings, buffers, launches */

static void mm__task_ints(mm_task *task, const mm_train_def *def, int planes, int fixed) {
  const mm_task_plan *p = &task->plan;
  const int width = task->learn->device->width;
  int *v = task->ints, at = MM_TI_SIZE;
  memset(v, 0, sizeof task->ints);
  v[MM_TI_ENVIRONMENTS] = task->environments;
  v[MM_TI_TILES] = (task->environments + width - 1) / width;
  v[MM_TI_KEY0] = (int)(uint32_t)def->seed;
  v[MM_TI_KEY1] = (int)(uint32_t)((uint64_t)def->seed >> 32);
  v[MM_TI_STRIDE] = planes;
  v[MM_TI_OBS] = p->observations;
  v[MM_TI_OBS_AT] = at;
  at += 3 * p->observations;
  v[MM_TI_CLIPS] = task->clips;
  v[MM_TI_CLIPS_AT] = at;
  at += 2 * task->clips;
  v[MM_TI_SITES] = p->sites;
  v[MM_TI_SITES_AT] = at;
  at += p->sites;
  v[MM_TI_HINGES] = p->hinge_count;
  v[MM_TI_HINGES_AT] = at;
  at += p->hinge_count;
  v[MM_TI_ROOT_POS] = p->root_pos_count;
  v[MM_TI_ROOT_POS_AT] = at;
  v[MM_TI_LOOKAHEAD] = def->n_step_lookahead;
  v[MM_TI_LOOKAHEAD_STRIDE] = def->n_step_stride;
  v[MM_TI_RECORD] = p->record;
  v[MM_TI_SITE_AT] = p->site_at;
  v[MM_TI_SUBSTEPS] = def->n_substeps;
  v[MM_TI_HORIZON] = def->horizon;
  v[MM_TI_FIXED] = fixed < 0 && !def->random_start ? 0 : fixed;
  v[MM_TI_MEAN_EXP] = def->use_mean_exp_reward;
  v[MM_TI_FREE] = p->is_free;
  v[MM_TI_ROOT_QPOS] = p->root_qpos;
  v[MM_TI_ROOT_QPOS_COUNT] = p->root_qpos_count;
  v[MM_TI_ROOT_DOF] = p->root_dof;
  v[MM_TI_ROOT_DOF_COUNT] = p->root_dof_count;
  v[MM_TI_X] = p->x;
  v[MM_TI_Y] = p->y;
  v[MM_TI_REWARD_AT] = MM_PLANE_REWARD * planes;
  v[MM_TI_DONE_AT] = MM_PLANE_DONE * planes;
  v[MM_TI_ABSORBING_AT] = MM_PLANE_ABSORBING * planes;
  switch (def->terminal_state_type) {
    case 1: v[MM_TI_TERMINAL] = MM_TERMINAL_SITES; break;
    case 2: v[MM_TI_TERMINAL] = MM_TERMINAL_RELATIVE; break;
    case 3: v[MM_TI_TERMINAL] = MM_TERMINAL_RELATIVE_ROOT; break;
    case 4: v[MM_TI_TERMINAL] = def->site_deviation_mode ? MM_TERMINAL_MAX_SITES : MM_TERMINAL_SITES; break;
    default: v[MM_TI_TERMINAL] = MM_TERMINAL_NONE;
  }
}

static void mm__task_reals(mm_task *task, const mm_train_def *def) {
  double *r = task->reals;
  memset(r, 0, sizeof task->reals);
  r[MM_TR_QPOS_W] = def->qpos_w_sum;
  r[MM_TR_QPOS_B] = def->qpos_w_exp;
  r[MM_TR_QVEL_W] = def->qvel_w_sum;
  r[MM_TR_QVEL_B] = def->qvel_w_exp;
  r[MM_TR_ROOT_POS_W] = def->root_pos_w_sum;
  r[MM_TR_ROOT_POS_B] = def->root_pos_w_exp;
  r[MM_TR_ROOT_VEL_W] = def->root_vel_w_sum;
  r[MM_TR_ROOT_VEL_B] = def->root_vel_w_exp;
  r[MM_TR_RPOS_W] = def->rpos_w_sum;
  r[MM_TR_RPOS_B] = def->rpos_w_exp;
  r[MM_TR_RQUAT_W] = def->rquat_w_sum;
  r[MM_TR_RQUAT_B] = def->rquat_w_exp;
  r[MM_TR_RVEL_W] = def->rvel_w_sum;
  r[MM_TR_RVEL_B] = def->rvel_w_exp;
  r[MM_TR_OUT_OF_BOUNDS] = def->action_out_of_bounds_coeff;
  r[MM_TR_JOINT_ACC] = def->joint_acc_coeff;
  r[MM_TR_JOINT_TORQUE] = def->joint_torque_coeff;
  r[MM_TR_ACTION_RATE] = def->action_rate_coeff;
  r[MM_TR_ACTIVATION] = def->activation_energy_coeff;
  r[MM_TR_SITE_LIMIT] = def->mean_site_deviation_threshold;
  r[MM_TR_ROOT_LIMIT] = def->root_deviation_threshold;
  r[MM_TR_ANGLE_LIMIT] = def->root_orientation_threshold;
  r[MM_TR_STEP] = def->n_substeps * task->model->opt.timestep[0];
}

/* all integers with the lists behind them */
static mm_status mm__task_int_lists(mm_task *task, const mm_trajectory *trajectory) {
  const mm_task_plan *p = &task->plan;
  const size_t count = (size_t)task->ints[MM_TI_ROOT_POS_AT] + 3;
  int *all = MM_NEW(task->learn->ctx, int, count);
  mm_status status = all ? mm__learn_ints(task->learn, count, &task->int_buffer) : MM_E_MEMORY;
  if (status == MM_OK) {
    memcpy(all, task->ints, sizeof task->ints);
    memcpy(all + task->ints[MM_TI_OBS_AT], p->triples, 3 * (size_t)p->observations * sizeof *all);
    for (int i = 0; i < task->clips; i++) {
      all[task->ints[MM_TI_CLIPS_AT] + 2 * i] = trajectory->split_points[i];
      all[task->ints[MM_TI_CLIPS_AT] + 2 * i + 1] = trajectory->split_points[i + 1] - trajectory->split_points[i];
    }
    memcpy(all + task->ints[MM_TI_SITES_AT], p->site_ids, (size_t)p->sites * sizeof *all);
    memcpy(all + task->ints[MM_TI_HINGES_AT], p->hinges, (size_t)p->hinge_count * sizeof *all);
    memcpy(all + task->ints[MM_TI_ROOT_POS_AT], p->root_pos, sizeof p->root_pos);
    status = mm__learn_write_ints(task->learn, task->int_buffer, all, count);
  }
  mm__free(task->learn->ctx, all);
  return status;
}

/* clips are drawn evenly: the summed distribution */
static mm_status mm__task_distribution(mm_task *task) {
  mm_status status = mm__learn_reals(task->learn, (size_t)(MM_TR_SIZE + task->clips), &task->real_buffer);
  double *sums = status == MM_OK ? MM_NEW(task->learn->ctx, double, task->clips) : NULL;
  if (!sums) return status == MM_OK ? MM_E_MEMORY : status;
  for (int i = 0; i < task->clips; i++) sums[i] = (double)(i + 1) / (double)task->clips;
  status = mm__learn_write(task->learn, task->real_buffer, MM_TR_SIZE, sums, (size_t)task->clips);
  mm__free(task->learn->ctx, sums);
  return status;
}

MM_PRIVATE mm_status mm__task_upload(mm_task *task) {
  MM_TRY(mm__learn_write_ints(task->learn, task->int_buffer, task->ints, MM_TI_SIZE));
  return mm__learn_write(task->learn, task->real_buffer, 0, task->reals, MM_TR_SIZE);
}

static mm_status mm__task_check(mm_context *ctx, const mm_model *model, const mm_trajectory *t, const mm_train_def *def) {
  const double rate = 1 / (def->n_substeps * model->opt.timestep[0]);
  if (t->model_hash != mm_motion_hash(model) || t->nq != model->nq || t->nv != model->nv)
    return mm__fail(ctx, MM_E_DATA, "the trajectory was made for another model ('%s'): retarget it to this one", t->model_name);
  if (fabs(t->frequency - rate) > 1e-6 * rate)
    return mm__fail(ctx, MM_E_DATA, "the trajectory has %g frames a second and the task %g control steps: %d time steps of %g s",
                    t->frequency, rate, def->n_substeps, model->opt.timestep[0]);
  for (int i = 0; i < t->clip_count; i++)
    if (t->split_points[i + 1] - t->split_points[i] < 2)
      return mm__fail(ctx, MM_E_DATA, "clip '%s' has %d frames and needs two", t->clip_names[i], t->split_points[i + 1] - t->split_points[i]);
  return MM_OK;
}

static mm_status mm__task_build(mm_task *task, const mm_trajectory *trajectory, const mm_train_def *def, int planes, int fixed) {
  mm_context *ctx = task->learn->ctx;
  mm_field keep[3];
  mm_sim_def sim_def;
  mm_sim_info info;
  MM_TRY(mm__task_check(ctx, task->model, trajectory, def));
  MM_TRY(mm__task_plan(ctx, task->model, def, &task->plan));
  memset(&sim_def, 0, sizeof sim_def);
  keep[0] = MM_ENV_STATE;
  sim_def.environments = task->environments;
  sim_def.keep = keep;
  sim_def.keep_count = 1;
  if (def->action_rate_coeff > 0) keep[sim_def.keep_count++] = MM_ENV_ACTION;
  if (def->enable_touch_sensor_observations) keep[sim_def.keep_count++] = MM_SENSORDATA;
  MM_TRY(mm_sim_create(ctx, task->model, &sim_def, &task->sim));
  MM_TRY(mm_sim_get_info(task->sim, &info));
  MM_TRY(mm__task_reference(task, trajectory));
  mm__task_ints(task, def, planes, fixed);
  mm__task_reals(task, def);
  MM_TRY(mm__task_int_lists(task, trajectory));
  MM_TRY(mm__task_distribution(task));
  MM_TRY(mm__learn_reals(task->learn, (size_t)info.groups * (size_t)info.width *
                         (size_t)(MM_TS_SITES + 15 * task->plan.sites + 4 + task->model->nv), &task->scratch));
  return mm__task_upload(task);
}

MM_PRIVATE mm_status mm__task_create(mm_learn *learn, const mm_model *model, const mm_trajectory *trajectory, const mm_train_def *def,
                                     int environments, int planes, int fixed, mm_task *task) {
  mm_status status;
  memset(task, 0, sizeof *task);
  task->learn = learn;
  task->model = model;
  task->environments = environments;
  task->clips = trajectory->clip_count;
  task->frames = trajectory->frame_count;
  status = mm__task_build(task, trajectory, def, planes, fixed);
  if (status != MM_OK) mm__task_destroy(task);
  return status;
}

MM_PRIVATE void mm__task_destroy(mm_task *task) {
  if (!task->learn) return;
  mm__learn_release(task->learn, task->int_buffer);
  mm__learn_release(task->learn, task->real_buffer);
  mm__learn_release(task->learn, task->reference);
  mm__learn_release(task->learn, task->scratch);
  mm_sim_destroy(task->sim);
  mm__task_plan_free(&task->plan);
  memset(task, 0, sizeof *task);
}

/* the first four arguments are those of every kernel that steps tiles */
static mm_status mm__task_launch(mm_task *task, const mm_task_io *io, int t, int counter, int begin) {
  mm_sim *sim = task->sim;
  mm_arg args[16];
  args[0] = mm__arg_buffer(sim->tables);
  args[1] = mm__arg_buffer(sim->reals);
  args[2] = mm__arg_buffer(sim->state);
  args[3] = mm__arg_buffer(sim->scratch);
  args[4] = mm__arg_buffer(task->int_buffer);
  args[5] = mm__arg_buffer(task->real_buffer);
  args[6] = mm__arg_buffer(task->reference);
  args[7] = mm__arg_buffer(task->scratch);
  args[8] = mm__arg_buffer(io->action);
  args[9] = mm__arg_buffer(io->obs);
  args[10] = mm__arg_buffer(io->last);
  args[11] = mm__arg_buffer(io->signal);
  args[12] = mm__arg_buffer(io->batch);
  args[13] = mm__arg_int(t);
  args[14] = mm__arg_int(counter);
  args[15] = mm__arg_int(begin);
  return sim->device->backend->launch(sim->device, sim->program, "mmk_task", sim->groups, args, 16);
}

MM_PRIVATE mm_status mm__task_begin(mm_task *task, const mm_task_io *io, int t, int counter) {
  return mm__task_launch(task, io, t, counter, 1);
}

MM_PRIVATE mm_status mm__task_step(mm_task *task, const mm_task_io *io, int t, int counter) {
  return mm__task_launch(task, io, t, counter, 0);
}
