/* >>env-make: reference records, settings and launches of the imitation task */

/* ---- the records of a trajectory ---- */

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

/* ---- settings, buffers, launches ---- */

static int mm__task_terminal(const mm_train_def *def) {
  switch (def->terminal_state_type) {
    case 1: return MM_TERMINAL_SITES;
    case 2: return MM_TERMINAL_RELATIVE;
    case 3: return MM_TERMINAL_RELATIVE_ROOT;
    case 4: return def->site_deviation_mode ? MM_TERMINAL_MAX_SITES : MM_TERMINAL_SITES;
    case 5: return def->site_deviation_mode ? MM_TERMINAL_FULL_BODY_MAX : MM_TERMINAL_FULL_BODY;
    case 6: return MM_TERMINAL_HEIGHT;
    default: return MM_TERMINAL_NONE;
  }
}

/* lists behind the integers, and parts behind the real numbers */
static void mm__task_places(mm_task *task, const mm_train_def *def) {
  const mm_task_plan *p = &task->plan;
  const int counts[][3] = {{MM_TI_RAW, p->raw, 3}, {MM_TI_CLIPS, task->clips, 2}, {MM_TI_SITES, p->sites, 1}, {MM_TI_HINGES, p->hinge_count, 1},
                           {MM_TI_COUPLINGS, p->coupling_count, 3}, {MM_TI_ANKLES, p->ankle_count, 1}, {MM_TI_ROOT_POS, p->root_pos_count, 1}};
  int *v = task->ints, at = MM_TI_SIZE;
  for (int i = 0; i < MM_COUNT(counts); i++) {
    v[counts[i][0]] = counts[i][1];
    v[counts[i][0] + 1] = at; /* its place follows each count */
    at += counts[i][1] * counts[i][2];
  }
  task->int_count = at;
  at = MM_TR_SIZE + task->clips;
  if (def->init_state_type == 1 && (def->qpos_noise_std > 0 || def->qvel_noise_std > 0)) {
    v[MM_TI_NOISE_AT] = at;
    at += 3 * task->model->nq + task->model->nv;
  }
  v[MM_TI_ADAPT_AT] = at;
  task->real_count = at + MM_ADAPT_SIZE + 2 * task->clips;
}

static void mm__task_ints(mm_task *task, const mm_train_def *def, int planes, int fixed) {
  const mm_task_plan *p = &task->plan;
  const int width = task->learn->device->width;
  int *v = task->ints;
  memset(v, 0, sizeof task->ints);
  mm__task_places(task, def);
  v[MM_TI_ENVIRONMENTS] = task->environments;
  v[MM_TI_TILES] = (task->environments + width - 1) / width;
  v[MM_TI_KEY0] = (int)(uint32_t)def->seed;
  v[MM_TI_KEY1] = (int)(uint32_t)((uint64_t)def->seed >> 32);
  v[MM_TI_STRIDE] = planes;
  v[MM_TI_OBS] = p->observations;
  v[MM_TI_STATE] = p->state;
  v[MM_TI_HISTORY] = def->len_obs_history;
  v[MM_TI_LOOKAHEAD] = def->n_step_lookahead;
  v[MM_TI_LOOKAHEAD_STRIDE] = def->n_step_stride;
  v[MM_TI_RECORD] = p->record;
  v[MM_TI_SITE_AT] = p->site_at;
  v[MM_TI_SCRATCH] = MM_TS_SITES + p->record - p->site_at + task->model->nv + 2 * p->sites;
  v[MM_TI_SUBSTEPS] = def->n_substeps;
  v[MM_TI_HORIZON] = def->horizon;
  v[MM_TI_START] = fixed >= 0 ? MM_START_EACH : !def->random_start ? MM_START_FIXED : def->start_from_random_step ? MM_START_ANYWHERE : MM_START_CLIP;
  v[MM_TI_START_CLIP] = fixed >= 0 ? fixed : def->fixed_start_clip;
  v[MM_TI_START_FRAME] = def->fixed_start_frame;
  v[MM_TI_INCREMENTAL] = def->apply_mode == 1;
  v[MM_TI_MEAN_EXP] = def->use_mean_exp_reward;
  v[MM_TI_FREE] = p->is_free;
  v[MM_TI_ROOT_QPOS] = p->root_qpos;
  v[MM_TI_ROOT_QPOS_COUNT] = p->root_qpos_count;
  v[MM_TI_ROOT_DOF] = p->root_dof;
  v[MM_TI_ROOT_DOF_COUNT] = p->root_dof_count;
  v[MM_TI_X] = p->x;
  v[MM_TI_Y] = p->y;
  v[MM_TI_Z] = p->z;
  v[MM_TI_REWARD_AT] = MM_PLANE_REWARD * planes;
  v[MM_TI_DONE_AT] = MM_PLANE_DONE * planes;
  v[MM_TI_ABSORBING_AT] = MM_PLANE_ABSORBING * planes;
  v[MM_TI_TERMINAL] = mm__task_terminal(def);
  v[MM_TI_ADAPT_TERMINATION] = def->adaptive_termination_enabled;
  v[MM_TI_ADAPT_REWARD] = def->reward_curriculum_enabled;
  v[MM_TI_ADAPT_SAMPLING] = def->adaptive_sampling_enabled;
  v[MM_TI_TERMINATION_K] = def->adaptive_termination_consecutive_k;
  v[MM_TI_REWARD_K] = def->reward_curriculum_consecutive_k;
}

static void mm__task_adaptive_reals(double *r, const mm_train_def *def) {
  if (def->adaptive_termination_enabled) r[MM_TR_SITE_LIMIT] = def->adaptive_termination_init_threshold;
  if (def->reward_curriculum_enabled) r[MM_TR_QVEL_W] = def->reward_curriculum_qvel_w_sum_init;
  if (def->reward_curriculum_enabled) r[MM_TR_ROOT_VEL_W] = def->reward_curriculum_root_vel_w_sum_init;
  r[MM_TR_LIMIT_MOST] = def->adaptive_termination_init_threshold;
  r[MM_TR_LIMIT_LEAST] = def->adaptive_termination_min_threshold;
  r[MM_TR_LOW_BAND] = def->adaptive_termination_low_band;
  r[MM_TR_HIGH_BAND] = def->adaptive_termination_high_band;
  r[MM_TR_FACTOR] = def->adaptive_termination_adjust_factor;
  r[MM_TR_TERMINATION_ALPHA] = def->adaptive_termination_ema_alpha;
  r[MM_TR_QVEL_MOST] = def->reward_curriculum_qvel_w_sum_max;
  r[MM_TR_ROOT_VEL_MOST] = def->reward_curriculum_root_vel_w_sum_max;
  r[MM_TR_ETA] = def->reward_curriculum_eta;
  r[MM_TR_REWARD_BAND] = def->reward_curriculum_term_rate_threshold;
  r[MM_TR_REWARD_ALPHA] = def->reward_curriculum_ema_alpha;
  r[MM_TR_SAMPLING_BETA] = def->adaptive_sampling_beta;
  r[MM_TR_SAMPLING_ALPHA] = def->adaptive_sampling_alpha;
  r[MM_TR_FLOOR] = def->adaptive_sampling_floor_mix;
  r[MM_TR_EPS_DIV] = def->adaptive_sampling_eps_div;
  r[MM_TR_EPS_POW] = def->adaptive_sampling_eps_pow;
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
  r[MM_TR_FIRST_SHARE] = def->start_from_first_share;
  r[MM_TR_STEP] = def->n_substeps * task->model->opt.timestep[0];
  r[MM_TR_HEIGHT_LOW] = def->root_height_low;
  r[MM_TR_HEIGHT_HIGH] = def->root_height_high;
  r[MM_TR_ANKLE_SITE_LIMIT] = def->ankle_deviation;
  r[MM_TR_ROOT_SITE_LIMIT] = def->root_deviation;
  mm__task_adaptive_reals(r, def);
}

/* all integers with the lists behind them */
static mm_status mm__task_int_lists(mm_task *task, const mm_trajectory *trajectory) {
  const mm_task_plan *p = &task->plan;
  const int *v = task->ints;
  int *all = MM_NEW(task->learn->ctx, int, task->int_count);
  mm_status status = all ? mm__learn_ints(task->learn, (size_t)task->int_count, &task->int_buffer) : MM_E_MEMORY;
  if (status == MM_OK) {
    memcpy(all, v, sizeof task->ints);
    memcpy(all + v[MM_TI_RAW_AT], p->triples, 3 * (size_t)p->raw * sizeof *all);
    for (int i = 0; i < task->clips; i++) {
      all[v[MM_TI_CLIPS_AT] + 2 * i] = trajectory->split_points[i];
      all[v[MM_TI_CLIPS_AT] + 2 * i + 1] = trajectory->split_points[i + 1] - trajectory->split_points[i];
    }
    memcpy(all + v[MM_TI_SITES_AT], p->site_ids, (size_t)p->sites * sizeof *all);
    memcpy(all + v[MM_TI_HINGES_AT], p->hinges, (size_t)p->hinge_count * sizeof *all);
    memcpy(all + v[MM_TI_COUPLINGS_AT], p->couplings, 3 * (size_t)p->coupling_count * sizeof *all);
    memcpy(all + v[MM_TI_ANKLES_AT], p->ankles, (size_t)p->ankle_count * sizeof *all);
    memcpy(all + v[MM_TI_ROOT_POS_AT], p->root_pos, (size_t)p->root_pos_count * sizeof *all);
    status = mm__learn_write_ints(task->learn, task->int_buffer, all, (size_t)task->int_count);
  }
  mm__free(task->learn->ctx, all);
  return status;
}

/* standard deviations and ranges of a start: of hinges and slides, and where it is wanted of the root */
static void mm__task_noise(const mm_task *task, const mm_train_def *def, double *noise) {
  const mm_model *m = task->model;
  const mm_task_plan *p = &task->plan;
  double *std_v = noise + m->nq, *low = std_v + m->nv, *high = low + m->nq;
  for (int i = 0; i < m->nq; i++) {
    low[i] = -1e30;
    high[i] = 1e30;
  }
  for (int j = 0; j < m->njnt; j++) {
    const int q = m->jnt_qposadr[j], v = m->jnt_dofadr[j], is_free = m->jnt_type[j] == MM_JNT_FREE;
    const int in_root = q >= p->root_qpos && q < p->root_qpos + p->root_qpos_count;
    for (int k = 0; k < (is_free ? 7 : 1); k++) {
      const int turns = is_free ? k > 2 : m->jnt_type[j] == MM_JNT_HINGE;
      if (!in_root || (turns ? def->perturb_free_joint_quat : def->perturb_free_joint_pos)) noise[q + k] = def->qpos_noise_std;
    }
    for (int k = 0; k < (is_free ? 6 : 1); k++)
      if (!in_root || def->perturb_free_joint_vel) std_v[v + k] = def->qvel_noise_std;
    if (is_free || !m->jnt_limited[j]) continue;
    low[q] = m->jnt_range[2 * j];
    high[q] = m->jnt_range[2 * j + 1];
  }
}

/* what follows the settings in the real numbers: clips drawn evenly, noise, the state of what adapts */
static mm_status mm__task_real_lists(mm_task *task, const mm_train_def *def) {
  mm_context *ctx = task->learn->ctx;
  double *all = MM_NEW(ctx, double, task->real_count), *adapt;
  mm_status status = all ? mm__learn_reals(task->learn, (size_t)task->real_count, &task->real_buffer) : MM_E_MEMORY;
  if (status == MM_OK) {
    adapt = all + task->ints[MM_TI_ADAPT_AT];
    memcpy(all, task->reals, sizeof task->reals);
    for (int i = 0; i < task->clips; i++) all[MM_TR_SIZE + i] = (double)(i + 1) / (double)task->clips;
    if (task->ints[MM_TI_NOISE_AT]) mm__task_noise(task, def, all + task->ints[MM_TI_NOISE_AT]);
    adapt[MM_ADAPT_RATE] = def->adaptive_termination_init_ema_val;
    adapt[MM_ADAPT_MOST] = 1.0 / task->clips;
    for (int i = 0; i < task->clips; i++) {
      adapt[MM_ADAPT_SIZE + i] = def->adaptive_sampling_ema_done_init;
      adapt[MM_ADAPT_SIZE + task->clips + i] = def->adaptive_sampling_ema_early_init;
    }
    status = mm__learn_write(task->learn, task->real_buffer, 0, all, (size_t)task->real_count);
  }
  mm__free(ctx, all);
  return status;
}

MM_PRIVATE mm_status mm__task_follow(mm_task *task, int first) {
  task->ints[MM_TI_START] = MM_START_EACH;
  task->ints[MM_TI_START_CLIP] = first;
  return mm__learn_write_ints(task->learn, task->int_buffer, task->ints, MM_TI_SIZE);
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
  if (!def->random_start && (def->fixed_start_clip >= t->clip_count ||
                             def->fixed_start_frame >= t->split_points[def->fixed_start_clip + 1] - t->split_points[def->fixed_start_clip]))
    return mm__fail(ctx, MM_E_ARGUMENT, "episodes cannot begin in frame %d of clip %d: there are %d clips, counted from 0",
                    def->fixed_start_frame, def->fixed_start_clip, t->clip_count);
  if (def->adaptive_termination_enabled && (def->adaptive_termination_min_threshold > def->adaptive_termination_init_threshold ||
                                            def->adaptive_termination_low_band >= def->adaptive_termination_high_band))
    return mm__fail(ctx, MM_E_ARGUMENT, "adaptive_termination: min_threshold %g must not be above init_threshold %g, nor low_band %g reach high_band %g",
                    def->adaptive_termination_min_threshold, def->adaptive_termination_init_threshold,
                    def->adaptive_termination_low_band, def->adaptive_termination_high_band);
  if (def->terminal_state_type > 4 && model->njnt && !(model->jnt_type[0] == MM_JNT_FREE || model->jnt_type[0] == MM_JNT_SLIDE))
    return mm__fail(ctx, MM_E_ARGUMENT, "terminal_state_type: the model has no root whose height could end an episode");
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
  MM_TRY(mm__task_real_lists(task, def));
  return mm__learn_reals(task->learn, (size_t)info.groups * (size_t)info.width * (size_t)task->ints[MM_TI_SCRATCH], &task->scratch);
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

MM_PRIVATE mm_status mm__task_adapt(mm_task *task, mm_buffer *batch, mm_buffer *signal, mm_buffer *sums, int rows) {
  const mm_backend *backend = task->learn->device->backend;
  const int blocks = mm__blocks(task->clips, MM_ADAPT_BLOCK);
  mm_arg args[5];
  args[0] = mm__arg_buffer(task->int_buffer);
  args[1] = mm__arg_buffer(task->real_buffer);
  args[2] = mm__arg_buffer(batch);
  args[3] = mm__arg_buffer(signal);
  args[4] = mm__arg_int(rows);
  if (task->ints[MM_TI_ADAPT_SAMPLING])
    MM_TRY(backend->launch(task->learn->device, task->sim->program, "mmk_task_clips", blocks, args, 5));
  args[2] = mm__arg_buffer(sums);
  return backend->launch(task->learn->device, task->sim->program, "mmk_task_adapt", 1, args, 3);
}

MM_PRIVATE int mm__task_adapts(const mm_task *task) {
  return task->ints[MM_TI_ADAPT_TERMINATION] || task->ints[MM_TI_ADAPT_REWARD] || task->ints[MM_TI_ADAPT_SAMPLING];
}
