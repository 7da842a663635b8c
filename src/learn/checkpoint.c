/* >>checkpoint: a run on the disk, whole: weights, optimiser, statistics, environments, counters, settings */

#define MM_CHECKPOINT_SCHEMA "musclemimic-checkpoint"

static mm_store_array mm__checkpoint_array(const mm_learn *learn, const char *name, int rank, int64_t rows, int64_t columns) {
  mm_store_array array;
  memset(&array, 0, sizeof array);
  array.name = name;
  array.type = learn->device->precision == MM_PRECISION_F64 ? MM_DTYPE_F64 : MM_DTYPE_F32;
  array.rank = rank;
  array.shape[0] = rank == 2 ? rows : columns;
  array.shape[1] = columns;
  array.compress = -1;
  return array;
}

/* rows x columns numbers (rows 0: a vector) from place at of a buffer, as they are */
static mm_status mm__checkpoint_write(mm_store *store, mm_learn *learn, const char *name, mm_buffer *buffer, size_t at, int rows, int columns) {
  const mm_store_array array = mm__checkpoint_array(learn, name, rows ? 2 : 1, rows, columns);
  const size_t size = mm__learn_real_size(learn), count = (size_t)(rows ? rows : 1) * (size_t)columns;
  void *bytes = mm__alloc(learn->ctx, count, size);
  mm_status status = bytes ? learn->device->backend->read(learn->device, buffer, at * size, bytes, count * size) : MM_E_MEMORY;
  if (status == MM_OK) status = mm_store_write(store, &array, bytes);
  mm__free(learn->ctx, bytes);
  return status;
}

static mm_status mm__checkpoint_read(mm_store *store, mm_learn *learn, const char *name, mm_buffer *buffer, size_t at, int rows, int columns) {
  const mm_store_array array = mm__checkpoint_array(learn, name, rows ? 2 : 1, rows, columns);
  const size_t size = mm__learn_real_size(learn), count = (size_t)(rows ? rows : 1) * (size_t)columns;
  void *bytes = mm__alloc(learn->ctx, count, size);
  mm_status status = bytes ? mm_store_read(store, name, array.type, array.rank, array.shape, bytes) : MM_E_MEMORY;
  if (status == MM_OK) status = learn->device->backend->write(learn->device, buffer, at * size, bytes, count * size);
  mm__free(learn->ctx, bytes);
  return status;
}

typedef mm_status (*mm_checkpoint_move)(mm_store *store, mm_learn *learn, const char *name, mm_buffer *buffer, size_t at, int rows, int columns);

/* all tensors, or only the vectors */
static mm_status mm__checkpoint_tensors(mm_store *store, mm_agent *agent, const char *group, mm_buffer *buffer, int vectors, mm_checkpoint_move move) {
  char name[96];
  for (int i = 0; i < agent->tensor_count; i++) {
    const mm_tensor *tensor = &agent->tensors[i];
    if (vectors && tensor->kind != MM_TENSOR_VECTOR) continue;
    snprintf(name, sizeof name, "%s/%s", group, tensor->name);
    MM_TRY(move(store, agent->learn, name, buffer, (size_t)tensor->at, tensor->rows, tensor->columns));
  }
  return MM_OK;
}

static mm_status mm__checkpoint_stats(mm_store *store, mm_agent *agent, mm_checkpoint_move move) {
  const size_t padded = (size_t)mm__padded(agent->observations);
  MM_TRY(move(store, agent->learn, "observations/mean", agent->stats, 0, 0, agent->observations));
  MM_TRY(move(store, agent->learn, "observations/variance", agent->stats, padded, 0, agent->observations));
  return move(store, agent->learn, "observations/scale", agent->stats, 2 * padded, 0, agent->observations);
}

static mm_status mm__checkpoint_moments(mm_store *store, mm_trainer *t, mm_checkpoint_move move) {
  MM_TRY(mm__checkpoint_tensors(store, &t->agent, "optimizer/m", t->ppo.b[MM_PPO_M], 0, move));
  MM_TRY(mm__checkpoint_tensors(store, &t->agent, "optimizer/v", t->ppo.b[MM_PPO_V], t->ppo.def.muon, move));
  return move(store, &t->learn, "optimizer/state", t->ppo.b[MM_PPO_CTL], 0, 0, MM_CTL_SIZE);
}

MM_PRIVATE mm_status mm__checkpoint_optimizer(mm_store *store, mm_trainer *trainer) {
  return mm__checkpoint_moments(store, trainer, mm__checkpoint_read);
}

/* what lives on the device, in or out */
static mm_status mm__checkpoint_buffers(mm_store *store, mm_trainer *t, mm_checkpoint_move move) {
  const int n = t->def.num_envs;
  MM_TRY(mm__checkpoint_tensors(store, &t->agent, "policy", t->agent.params, 0, move));
  MM_TRY(mm__checkpoint_stats(store, &t->agent, move));
  MM_TRY(mm__checkpoint_moments(store, t, move));
  MM_TRY(move(store, &t->learn, "task/reals", t->task.real_buffer, 0, 0, t->task.real_count));
  MM_TRY(move(store, &t->learn, "returns", t->ppo.b[MM_PPO_RETURNS], 0, 0, 16 + n));
  return move(store, &t->learn, "environment/observation", t->ppo.b[MM_PPO_OBS], 0, n, t->agent.observations);
}

/* fields of the simulation that are carried from step to step */
static int mm__checkpoint_has(const mm_trainer *t, mm_field field) {
  const mm_field_place place = mm__layout_place(&t->task.sim->layout, field);
  return mm_field_settable(field) && place.place == MM_PLACE_KEPT && place.size > 0;
}

static mm_status mm__checkpoint_field(mm_store *store, mm_trainer *t, mm_field field, int in) {
  const int n = t->def.num_envs, columns = mm_field_size(t->model, field);
  double *values = MM_NEW(t->ctx, double, (size_t)n *(size_t)columns);
  mm_status status = MM_OK;
  mm_store_array array;
  char name[64];
  if (!values) return MM_E_MEMORY;
  snprintf(name, sizeof name, "environment/%s", mm_field_name(field));
  array = mm__checkpoint_array(&t->learn, name, 2, n, columns);
  array.type = MM_DTYPE_F64;
  array.compress = 0;
  array.units = mm_field_unit(field);
  if (in) status = mm_store_read(store, name, MM_DTYPE_F64, 2, array.shape, values);
  if (status == MM_OK) status = in ? mm_sim_set(t->task.sim, field, values) : mm_sim_get(t->task.sim, field, values);
  if (status == MM_OK && !in) status = mm_store_write(store, &array, values);
  mm__free(t->ctx, values);
  return status;
}

static mm_status mm__checkpoint_fields(mm_store *store, mm_trainer *t, int in) {
  for (int f = 0; f < MM_FIELD_COUNT; f++)
    if (mm__checkpoint_has(t, (mm_field)f)) MM_TRY(mm__checkpoint_field(store, t, (mm_field)f, in));
  return MM_OK;
}

/* settings by name, so that a file is read whatever their order is */
static mm_status mm__checkpoint_write_def(mm_context *ctx, mm_store *store, const mm_train_def *def) {
  int count, used = 0;
  const mm_setting *settings = mm_train_settings(&count);
  const char **texts = (const char **)mm__alloc(ctx, 2 * (size_t)count, sizeof *texts);
  mm_arena arena;
  mm_status status = texts ? MM_OK : MM_E_MEMORY;
  memset(&arena, 0, sizeof arena);
  arena.ctx = ctx;
  for (int i = 0; i < count && status == MM_OK; i++) {
    char value[512];
    if (settings[i].kind == MM_SETTING_SECTION) continue;
    mm_train_value(def, &settings[i], value, sizeof value);
    texts[used] = settings[i].name;
    texts[count + used] = mm__arena_strdup(&arena, value);
    if (!texts[count + used++]) status = MM_E_MEMORY;
  }
  if (status == MM_OK) status = mm_store_write_texts(store, "config/keys", used, texts);
  if (status == MM_OK) status = mm_store_write_texts(store, "config/values", used, texts + count);
  mm__arena_free(&arena);
  mm__free(ctx, (void *)texts);
  return status;
}

MM_PRIVATE mm_status mm__checkpoint_read_def(mm_context *ctx, mm_store *store, mm_train_def *def) {
  char **keys = NULL, **values = NULL;
  int64_t key_count = -1, value_count = -1;
  mm_status status = mm_train_preset(ctx, "demo", def);
  if (status == MM_OK) status = mm_store_load_texts(store, "config/keys", &key_count, &keys);
  if (status == MM_OK) status = mm_store_load_texts(store, "config/values", &value_count, &values);
  if (status == MM_OK && key_count != value_count)
    status = mm__fail(ctx, MM_E_PARSE, "checkpoint: %lld settings with %lld values", (long long)key_count, (long long)value_count);
  for (int64_t i = 0; i < key_count && status == MM_OK; i++) status = mm_train_set(ctx, def, keys[i], values[i]);
  mm_store_free(store, keys);
  mm_store_free(store, values);
  return status;
}

/* counters: updates, control steps of an environment; sums: numbers in the statistics of observations and returns */
static mm_status mm__checkpoint_counters(mm_store *store, mm_trainer *t, int in) {
  int64_t counters[2], hash = 0;
  double seen[2];
  counters[0] = t->update;
  counters[1] = t->counter;
  seen[0] = t->agent.seen;
  seen[1] = t->ppo.rewards_seen;
  memcpy(&hash, &t->trajectory_hash, sizeof hash);
  if (!in) {
    MM_TRY(mm_store_set_numbers(store, "/", "counters", MM_DTYPE_I64, 2, counters));
    MM_TRY(mm_store_set_numbers(store, "/", "trajectory_hash", MM_DTYPE_I64, 1, &hash));
    MM_TRY(mm_store_set_text(store, "/", "device", t->learn.device->info.name));
    return mm_store_set_numbers(store, "/", "seen", MM_DTYPE_F64, 2, seen);
  }
  MM_TRY(mm_store_get_numbers(store, "/", "counters", MM_DTYPE_I64, 2, counters));
  MM_TRY(mm_store_get_numbers(store, "/", "seen", MM_DTYPE_F64, 2, seen));
  MM_TRY(mm_store_get_numbers(store, "/", "trajectory_hash", MM_DTYPE_I64, 1, &hash));
  if (memcmp(&hash, &t->trajectory_hash, sizeof hash))
    return mm__fail(t->ctx, MM_E_DATA, "the checkpoint was trained on another trajectory: give the one it was made with");
  if (counters[0] < 0 || counters[0] > t->updates || counters[1] < 1 || counters[1] > INT32_MAX)
    return mm__fail(t->ctx, MM_E_DATA, "checkpoint: counters out of range");
  t->update = (int)counters[0];
  t->counter = (int)counters[1];
  t->agent.seen = seen[0];
  t->ppo.rewards_seen = seen[1];
  return MM_OK;
}

/* for who uses the policy elsewhere: what its numbers are */
static mm_status mm__checkpoint_write_names(mm_store *store, const mm_trainer *t) {
  const mm_task_plan *plan = &t->task.plan;
  const int count = plan->block_count, actions = t->model->nu;
  const char **names = MM_NEW(t->ctx, const char *, count + actions);
  int32_t *places = MM_NEW(t->ctx, int32_t, 3 * (size_t)count);
  mm_store_array array;
  mm_status status = names && places ? MM_OK : MM_E_MEMORY;
  memset(&array, 0, sizeof array);
  array.name = "observations/block_places";
  array.type = MM_DTYPE_I32;
  array.rank = 2;
  array.shape[0] = count;
  array.shape[1] = 3;
  for (int i = 0; i < count && status == MM_OK; i++) {
    names[i] = plan->blocks[i].name;
    places[3 * i] = plan->blocks[i].offset;
    places[3 * i + 1] = plan->blocks[i].size;
    places[3 * i + 2] = plan->blocks[i].stride;
  }
  for (int i = 0; i < actions && status == MM_OK; i++) {
    const char *name = mm_model_name(t->model, MM_OBJ_ACTUATOR, i);
    names[count + i] = name ? name : "";
  }
  if (status == MM_OK) status = mm_store_write_texts(store, "observations/block_names", count, names);
  if (status == MM_OK) status = mm_store_write(store, &array, places);
  if (status == MM_OK) status = mm_store_write_texts(store, "actions/names", actions, names + count);
  mm__free(t->ctx, (void *)names);
  mm__free(t->ctx, places);
  return status;
}

static mm_status mm__checkpoint_write_notes(mm_store *store, const mm_trainer *t) {
  if (t->notes == 0) return MM_OK;
  MM_TRY(mm_store_write_texts(store, "notes/names", t->notes, t->note_names));
  return mm_store_write_texts(store, "notes/texts", t->notes, t->note_texts);
}

/* calls note for each note of a checkpoint */
typedef mm_status (*mm_note_fn)(void *user, const char *name, const char *text);
static mm_status mm__checkpoint_read_notes(mm_context *ctx, mm_store *store, mm_note_fn note, void *user) {
  char **names = NULL, **texts = NULL;
  int64_t name_count = 0, text_count = 0;
  mm_status status;
  if (mm_store_has(store, "notes/names") != 1) return MM_OK;
  status = mm_store_load_texts(store, "notes/names", &name_count, &names);
  if (status == MM_OK) status = mm_store_load_texts(store, "notes/texts", &text_count, &texts);
  if (status == MM_OK && name_count != text_count) status = mm__fail(ctx, MM_E_PARSE, "checkpoint: notes without names");
  for (int64_t i = 0; i < name_count && status == MM_OK; i++) status = note(user, names[i], texts[i]);
  mm_store_free(store, names);
  mm_store_free(store, texts);
  return status;
}

static mm_status mm__note_to_trainer(void *user, const char *name, const char *text) {
  return mm_trainer_note((mm_trainer *)user, name, text);
}

typedef struct mm_note_wanted { const char *name; char *text; } mm_note_wanted;

static mm_status mm__note_wanted(void *user, const char *name, const char *text) {
  mm_note_wanted *wanted = (mm_note_wanted *)user;
  if (strcmp(name, wanted->name) || wanted->text) return MM_OK;
  wanted->text = (char *)malloc(strlen(text) + 1);
  if (!wanted->text) return MM_E_MEMORY;
  strcpy(wanted->text, text);
  return MM_OK;
}

mm_status mm_checkpoint_note(mm_context *ctx, const char *path, const char *name, char **text) {
  mm_note_wanted wanted;
  mm_store *store = NULL;
  mm_status status;
  wanted.name = name;
  *text = wanted.text = NULL;
  MM_TRY(mm__checkpoint_open(ctx, path, NULL, &store));
  status = mm__checkpoint_read_notes(ctx, store, mm__note_wanted, &wanted);
  mm_store_close(store);
  if (status == MM_OK) *text = wanted.text;
  else free(wanted.text);
  return status;
}

mm_status mm_trainer_save(mm_trainer *trainer, const char *path) {
  mm_store_def def;
  mm_store *store = NULL;
  mm_status status;
  memset(&def, 0, sizeof def);
  def.schema = MM_CHECKPOINT_SCHEMA;
  def.version = 1;
  def.model_hash = trainer->model->hash;
  MM_TRY(mm_store_create(trainer->ctx, path, &def, &store));
  status = mm__checkpoint_write_def(trainer->ctx, store, &trainer->def);
  if (status == MM_OK) status = mm__checkpoint_write_notes(store, trainer);
  if (status == MM_OK) status = mm__checkpoint_write_names(store, trainer);
  if (status == MM_OK) status = mm__checkpoint_counters(store, trainer, 0);
  if (status == MM_OK) status = mm__checkpoint_buffers(store, trainer, mm__checkpoint_write);
  if (status == MM_OK) status = mm__checkpoint_fields(store, trainer, 0);
  if (status == MM_OK) status = mm_store_commit(store);
  mm_store_close(store);
  return status;
}

MM_PRIVATE mm_status mm__checkpoint_open(mm_context *ctx, const char *path, const mm_model *model, mm_store **store) {
  mm_store_def def;
  memset(&def, 0, sizeof def);
  def.schema = MM_CHECKPOINT_SCHEMA;
  def.version = 1;
  def.model_hash = model ? model->hash : 0;
  return mm_store_open(ctx, path, &def, store);
}

mm_status mm_checkpoint_def(mm_context *ctx, const char *path, mm_train_def *def) {
  mm_store *store = NULL;
  mm_status status;
  MM_TRY(mm__checkpoint_open(ctx, path, NULL, &store));
  status = mm__checkpoint_read_def(ctx, store, def);
  mm_store_close(store);
  return status;
}

MM_PRIVATE mm_status mm__checkpoint_agent(mm_store *store, mm_agent *agent) {
  MM_TRY(mm__checkpoint_tensors(store, agent, "policy", agent->params, 0, mm__checkpoint_read));
  return mm__checkpoint_stats(store, agent, mm__checkpoint_read);
}

mm_status mm_trainer_load(mm_context *ctx, const mm_model *model, const mm_trajectory *trajectory, const char *path,
                          mm_trainer **trainer) {
  mm_train_def def;
  mm_store *store = NULL;
  mm_status status;
  *trainer = NULL;
  MM_TRY(mm__checkpoint_open(ctx, path, model, &store));
  status = mm__checkpoint_read_def(ctx, store, &def);
  if (status == MM_OK) status = mm__trainer_open(ctx, model, trajectory, &def, trainer);
  if (status == MM_OK) status = mm__checkpoint_counters(store, *trainer, 1);
  if (status == MM_OK) status = mm__checkpoint_buffers(store, *trainer, mm__checkpoint_read);
  if (status == MM_OK) status = mm__checkpoint_fields(store, *trainer, 1);
  if (status == MM_OK) status = mm__checkpoint_read_notes(ctx, store, mm__note_to_trainer, *trainer);
  mm_store_close(store);
  if (status != MM_OK) {
    mm_trainer_destroy(*trainer);
    *trainer = NULL;
  }
  return status;
}
