/* >>record: roll-outs of an evaluation into a file

   rollouts/0007 are the frames of clip 7 until it was lost or over: frame 0 is the state it began in, frame k what k
   control steps made of it. observation is what the policy saw in a frame, action and reward belong to the step that
   led to it (frame 0: zero). excitation is the control as the muscles take it. Everything that follows from the state
   is computed in it, not before it. */

static const mm_field mm__record_fields[] = {
  MM_QPOS, MM_QVEL, MM_QACC, MM_ACT, MM_CTRL, MM_ACTUATOR_LENGTH, MM_ACTUATOR_VELOCITY, MM_ACTUATOR_FORCE, MM_QFRC_ACTUATOR,
  MM_QFRC_PASSIVE, MM_QFRC_CONSTRAINT, MM_XPOS, MM_XQUAT, MM_SENSORDATA, MM_CONTACT_DIST, MM_CONTACT_POS, MM_CONTACT_FRAME,
  MM_CONTACT_FORCE};

static int mm__record_is_contact(mm_field f) {
  return f == MM_CONTACT_DIST || f == MM_CONTACT_POS || f == MM_CONTACT_FRAME || f == MM_CONTACT_FORCE;
}

static mm_status mm__record_names(mm_record *r, const char *name, mm_object kind, int count) {
  const char **names = MM_NEW(r->ctx, const char *, count);
  mm_status status = names ? MM_OK : MM_E_MEMORY;
  for (int i = 0; i < count && status == MM_OK; i++) {
    names[i] = mm_model_name(r->model, kind, i);
    if (!names[i]) names[i] = "";
  }
  if (status == MM_OK && count > 0) status = mm_store_write_texts(r->store, name, count, names);
  mm__free(r->ctx, (void *)names);
  return status;
}

/* the two geoms of each contact slot */
static mm_status mm__record_slots(mm_store *store, mm_context *ctx, const mm_model *m) {
  int32_t *geoms = MM_NEW(ctx, int32_t, 2 * (size_t)m->nconmax);
  mm_store_array array;
  mm_status status;
  if (!geoms) return MM_E_MEMORY;
  memset(&array, 0, sizeof array);
  array.name = "contact_geom";
  array.type = MM_DTYPE_I32;
  array.rank = 2;
  array.shape[0] = m->nconmax;
  array.shape[1] = 2;
  for (int i = 0; i < 2 * m->nconmax; i++) geoms[i] = m->collide_geom[2 * m->contact_collide[i / 2] + i % 2];
  status = m->nconmax > 0 ? mm_store_write(store, &array, geoms) : MM_OK;
  mm__free(ctx, geoms);
  return status;
}

static mm_status mm__record_head(mm_record *r) {
  const mm_model *m = r->model;
  const double rate = r->trajectory->frequency;
  MM_TRY(mm_store_set_numbers(r->store, "/", "frequency", MM_DTYPE_F64, 1, &rate));
  MM_TRY(mm__record_names(r, "actuator_names", MM_OBJ_ACTUATOR, m->nu));
  MM_TRY(mm__record_names(r, "joint_names", MM_OBJ_JOINT, m->njnt));
  MM_TRY(mm__record_names(r, "body_names", MM_OBJ_BODY, m->nbody));
  MM_TRY(mm__record_names(r, "geom_names", MM_OBJ_GEOM, m->ngeom));
  MM_TRY(mm__record_names(r, "sensor_names", MM_OBJ_SENSOR, m->nsensor));
  return mm__record_slots(r->store, r->ctx, m);
}

static mm_status mm__record_rooms(mm_record *r) {
  const size_t n = (size_t)r->environments, rows = n * (MM_EVAL_CHUNK + 1);
  int largest = 1;
  for (int i = 0; i < r->field_count; i++) {
    const int size = mm_field_size(r->model, r->fields[i]);
    if (size > largest) largest = size;
    r->rows[i] = MM_NEW(r->ctx, float, rows *(size_t)size);
    if (!r->rows[i]) return MM_E_MEMORY;
  }
  r->numbers = MM_NEW(r->ctx, double, n *(size_t)largest);
  r->obs = MM_NEW(r->ctx, float, rows *(size_t)r->observations);
  r->action = MM_NEW(r->ctx, float, rows *(size_t)r->model->nu);
  r->frames = MM_NEW(r->ctx, int, n);
  return r->numbers && r->obs && r->action && r->frames ? MM_OK : MM_E_MEMORY;
}

MM_PRIVATE mm_status mm__record_open(mm_evaluator *e, const mm_model *model, const mm_trajectory *trajectory) {
  mm_record *r = &e->record;
  mm_sim_def def;
  if (!e->def->rollouts) return MM_OK;
  r->ctx = e->ctx;
  r->store = e->def->rollouts;
  r->model = model;
  r->trajectory = trajectory;
  r->environments = e->environments;
  r->observations = e->agent->observations;
  for (int i = 0; i < MM_COUNT(mm__record_fields); i++)
    if (mm_field_size(model, mm__record_fields[i]) > 0) r->fields[r->field_count++] = mm__record_fields[i];
  memset(&def, 0, sizeof def);
  def.environments = e->environments;
  def.keep = r->fields;
  def.keep_count = r->field_count;
  MM_TRY(mm_sim_create(e->ctx, model, &def, &r->sim));
  MM_TRY(mm__record_rooms(r));
  return mm__record_head(r);
}

MM_PRIVATE void mm__record_close(mm_record *r) {
  mm_sim_destroy(r->sim);
  for (int i = 0; i < r->field_count; i++) mm__free(r->ctx, r->rows[i]);
  mm__free(r->ctx, r->numbers);
  mm__free(r->ctx, r->obs);
  mm__free(r->ctx, r->action);
  mm__free(r->ctx, r->frames);
  memset(r, 0, sizeof *r);
}

static mm_status mm__record_declare(mm_record *r, int clip, const char *name, int columns, const char *units, int contact) {
  mm_store_array array;
  char path[96];
  snprintf(path, sizeof path, "rollouts/%04d/%s", clip, name);
  memset(&array, 0, sizeof array);
  array.name = path;
  array.type = MM_DTYPE_F32;
  array.rank = columns > 0 ? 2 : 1;
  array.shape[1] = columns;
  array.extendable = 1;
  array.compress = contact ? 1 : 0; /* most slots are empty most of the time */
  array.units = units && units[0] ? units : NULL;
  return mm_store_declare(r->store, &array);
}

static mm_status mm__record_clip(mm_record *r, int clip) {
  char path[32];
  for (int i = 0; i < r->field_count; i++)
    MM_TRY(mm__record_declare(r, clip, mm_field_name(r->fields[i]), mm_field_size(r->model, r->fields[i]), mm_field_unit(r->fields[i]),
                              mm__record_is_contact(r->fields[i])));
  MM_TRY(mm__record_declare(r, clip, "observation", r->observations, NULL, 0));
  MM_TRY(mm__record_declare(r, clip, "action", r->model->nu, NULL, 0));
  MM_TRY(mm__record_declare(r, clip, "excitation", r->model->nu, NULL, 0));
  MM_TRY(mm__record_declare(r, clip, "reward", 0, NULL, 0));
  MM_TRY(mm__record_declare(r, clip, "reference_qpos", r->model->nq, mm_field_unit(MM_QPOS), 0));
  snprintf(path, sizeof path, "rollouts/%04d", clip);
  return mm_store_set_text(r->store, path, "clip", r->trajectory->clip_names[clip]);
}

MM_PRIVATE mm_status mm__record_begin(mm_evaluator *e, int first, int count) {
  mm_record *r = &e->record;
  if (!r->store) return MM_OK;
  for (int i = 0; i < count; i++) {
    r->frames[i] = 0;
    MM_TRY(mm__record_clip(r, first + i));
  }
  return mm__record_frame(e, -1);
}

/* a field of the task's environments to the watching ones; who has numbers that are not finite is not looked at any more */
static mm_status mm__record_pass(mm_evaluator *e, mm_field field) {
  mm_record *r = &e->record;
  const int size = mm_field_size(r->model, field);
  if (size == 0) return MM_OK;
  MM_TRY(mm_sim_get(e->task.sim, field, r->numbers));
  for (int i = 0; i < r->environments * size; i++)
    if (!(r->numbers[i] - r->numbers[i] == 0)) r->numbers[i] = 0;
  return mm_sim_set(r->sim, field, r->numbers);
}

static mm_status mm__record_singles(mm_evaluator *e, mm_buffer *buffer, int row, int columns, float *to) {
  const size_t count = (size_t)e->environments * (size_t)columns;
  MM_TRY(mm__learn_read(e->learn, buffer, (size_t)row * count, e->numbers, count));
  for (size_t i = 0; i < count; i++) to[i] = (float)e->numbers[i];
  return MM_OK;
}

MM_PRIVATE mm_status mm__record_frame(mm_evaluator *e, int t) {
  mm_record *r = &e->record;
  const size_t n = (size_t)e->environments, at = (size_t)(t + 1);
  if (!r->store) return MM_OK;
  MM_TRY(mm__record_pass(e, MM_QPOS));
  MM_TRY(mm__record_pass(e, MM_QVEL));
  MM_TRY(mm__record_pass(e, MM_ACT));
  MM_TRY(mm__record_pass(e, MM_CTRL));
  MM_TRY(mm_sim_forward(r->sim));
  for (int f = 0; f < r->field_count; f++) {
    const size_t size = (size_t)mm_field_size(r->model, r->fields[f]);
    MM_TRY(mm_sim_get(r->sim, r->fields[f], r->numbers));
    for (size_t i = 0; i < n; i++)
      for (size_t k = 0; k < size; k++) r->rows[f][(i * (MM_EVAL_CHUNK + 1) + at) * size + k] = (float)r->numbers[i * size + k];
  }
  MM_TRY(mm__record_singles(e, e->obs, t + 1, r->observations, r->obs + at * n * (size_t)r->observations));
  if (t >= 0) MM_TRY(mm__record_singles(e, e->action, t, r->model->nu, r->action + at * n * (size_t)r->model->nu));
  return MM_OK;
}

/* rows lie apart by stride numbers where a chunk is stored step by step */
static mm_status mm__record_append(mm_record *r, int clip, const char *name, int rows, int columns, const float *from, size_t stride) {
  char path[96];
  float *packed = NULL;
  mm_status status;
  snprintf(path, sizeof path, "rollouts/%04d/%s", clip, name);
  if (stride == (size_t)columns) return mm_store_append(r->store, path, MM_DTYPE_F32, rows, from);
  packed = MM_NEW(r->ctx, float, (size_t)rows *(size_t)columns);
  if (!packed) return MM_E_MEMORY;
  for (int i = 0; i < rows; i++) memcpy(packed + (size_t)i * (size_t)columns, from + (size_t)i * stride, (size_t)columns * sizeof *packed);
  status = mm_store_append(r->store, path, MM_DTYPE_F32, rows, packed);
  mm__free(r->ctx, packed);
  return status;
}

/* controls of one frame */
static const float *mm__record_ctrl(const mm_record *r, int i, int row) {
  int f = 0;
  while (r->fields[f] != MM_CTRL) f++;
  return r->rows[f] + ((size_t)i * (MM_EVAL_CHUNK + 1) + (size_t)row) * (size_t)r->model->nu;
}

/* what is not a field of frame k: the reference, which begins where the state does, and excitations */
static void mm__record_derive(const mm_evaluator *e, int i, int frame, int row, int clip, float *reference, float *excitation) {
  const mm_record *r = &e->record;
  const mm_model *m = r->model;
  const double *q0 = r->trajectory->qpos + (size_t)r->trajectory->split_points[clip] * (size_t)m->nq, *q = q0 + (size_t)frame * (size_t)m->nq;
  const float *ctrl = mm__record_ctrl(r, i, row);
  for (int j = 0; j < m->nq; j++) reference[j] = (float)(q[j] - (j == e->task.plan.x || j == e->task.plan.y ? q0[j] : 0));
  for (int j = 0; j < m->nu; j++) {
    excitation[j] = ctrl[j];
    if (m->actuator_dyntype[j] == MM_DYN_MUSCLE) excitation[j] = ctrl[j] < 0 ? 0 : ctrl[j] > 1 ? 1 : ctrl[j];
  }
}

static mm_status mm__record_beside(mm_evaluator *e, int i, int clip, int first_row, int rows) {
  mm_record *r = &e->record;
  const int nq = r->model->nq, nu = r->model->nu;
  float *reward = MM_NEW(r->ctx, float, rows), *reference = MM_NEW(r->ctx, float, (size_t)rows *(size_t)nq);
  float *excitation = MM_NEW(r->ctx, float, (size_t)rows *(size_t)nu);
  mm_status status = reward && reference && excitation ? MM_OK : MM_E_MEMORY;
  for (int k = 0; k < rows && status == MM_OK; k++) {
    const int row = first_row + k;
    const size_t step = (size_t)(row > 0 ? row - 1 : 0) * (size_t)e->environments + (size_t)i;
    reward[k] = row > 0 ? (float)e->signals[step * MM_SIGNAL_COUNT + MM_SIGNAL_REWARD] : 0;
    mm__record_derive(e, i, r->frames[i] + k, row, clip, reference + (size_t)k * (size_t)nq, excitation + (size_t)k * (size_t)nu);
  }
  if (status == MM_OK) status = mm__record_append(r, clip, "reward", rows, 1, reward, 1);
  if (status == MM_OK) status = mm__record_append(r, clip, "reference_qpos", rows, nq, reference, (size_t)nq);
  if (status == MM_OK) status = mm__record_append(r, clip, "excitation", rows, nu, excitation, (size_t)nu);
  mm__free(r->ctx, reward);
  mm__free(r->ctx, reference);
  mm__free(r->ctx, excitation);
  return status;
}

MM_PRIVATE mm_status mm__record_write(mm_evaluator *e, int first, int count, const int *steps) {
  mm_record *r = &e->record;
  const size_t n = (size_t)e->environments;
  if (!r->store) return MM_OK;
  for (int i = 0; i < count; i++) {
    const int first_row = r->frames[i] ? 1 : 0, rows = steps[i] + 1 - first_row, clip = first + i;
    if (rows < 1 || (steps[i] == 0 && r->frames[i])) continue;
    for (int f = 0; f < r->field_count; f++) {
      const int size = mm_field_size(r->model, r->fields[f]);
      MM_TRY(mm__record_append(r, clip, mm_field_name(r->fields[f]), rows, size,
                               r->rows[f] + ((size_t)i * (MM_EVAL_CHUNK + 1) + (size_t)first_row) * (size_t)size, (size_t)size));
    }
    MM_TRY(mm__record_append(r, clip, "observation", rows, r->observations,
                             r->obs + ((size_t)first_row * n + (size_t)i) * (size_t)r->observations, n * (size_t)r->observations));
    MM_TRY(mm__record_append(r, clip, "action", rows, r->model->nu, r->action + ((size_t)first_row * n + (size_t)i) * (size_t)r->model->nu,
                             n * (size_t)r->model->nu));
    MM_TRY(mm__record_beside(e, i, clip, first_row, rows));
    r->frames[i] += rows;
  }
  return MM_OK;
}
