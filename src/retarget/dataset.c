/* >>dataset-code: trajectory files with records of their clips */

/* X(name): whole numbers of a report; figures are kept as they are */
#define MM_DATASET_COUNTS(X) \
  X(frame_count) X(site_count) X(contact_count) X(contradictions) X(jump_frame) X(jump_tendon) X(uneven) X(passes) \
  X(restarts) X(shape_ignored)

uint64_t mm_retarget_key(const mm_clip *clip, const mm_model *model, const mm_retarget_def *def) {
  mm_retarget_def settings;
  uint64_t parts[3];
  if (def) memcpy(&settings, def, sizeof settings);
  else memset(&settings, 0, sizeof settings);
  settings.progress = NULL;
  settings.user = NULL;
  settings.puppet = NULL;
  parts[0] = mm_clip_hash(clip);
  parts[1] = model->hash;
  parts[2] = def && def->puppet ? def->puppet->hash : 0;
  return mm__hash(mm__hash(mm__hash(MM_HASH_SEED, MM_VERSION, sizeof MM_VERSION), parts, sizeof parts), &settings, sizeof settings);
}

/* reading */

void mm_dataset_close(mm_dataset *set) {
  if (!set) return;
  for (int i = 0; set->records && i < set->clip_count; i++) {
    mm__free(set->ctx, set->records[i].source);
    mm__free(set->ctx, set->records[i].split);
  }
  mm__texts_free(set->ctx, set->clip_names, set->clip_count);
  mm__texts_free(set->ctx, set->joint_names, set->joint_count);
  mm__texts_free(set->ctx, set->site_names, set->site_count);
  mm__free(set->ctx, set->records);
  mm__free(set->ctx, set->split_points);
  mm__free(set->ctx, set->model_name);
  mm__free(set->ctx, set->path);
  mm_store_close(set->store);
  mm__free(set->ctx, set);
}

/* one text for each clip, "" for none */
static mm_status mm__dataset_texts(mm_dataset *set, const char *name, mm_status (*take)(mm_dataset *set, int clip, const char *text)) {
  char **texts;
  int64_t count;
  mm_status status = MM_OK;
  MM_TRY(mm_store_load_texts(set->store, name, &count, &texts));
  if (count != set->clip_count)
    status = mm__fail(set->ctx, MM_E_DATA, "%s: %s has %lld entries for %d clips", set->path, name, (long long)count, set->clip_count);
  for (int i = 0; status == MM_OK && i < set->clip_count; i++)
    if (texts[i][0]) status = take(set, i, texts[i]);
  mm_store_free(set->store, texts);
  return status;
}

static mm_status mm__dataset_take_source(mm_dataset *set, int clip, const char *text) {
  set->records[clip].source = mm__strdup(set->ctx, text);
  return set->records[clip].source ? MM_OK : MM_E_MEMORY;
}

static mm_status mm__dataset_take_split(mm_dataset *set, int clip, const char *text) {
  set->records[clip].split = mm__strdup(set->ctx, text);
  return set->records[clip].split ? MM_OK : MM_E_MEMORY;
}

static mm_status mm__dataset_take_key(mm_dataset *set, int clip, const char *text) {
  set->records[clip].key = (uint64_t)strtoull(text, NULL, 16);
  return MM_OK;
}

/* figures that an older file has not leave a record without key, so that the clip is made again */
static mm_status mm__dataset_read_figures(mm_dataset *set) {
  const size_t clips = (size_t)set->clip_count;
  int64_t shape[1];
  double *column = MM_NEW(set->ctx, double, clips);
  mm_status status = column ? MM_OK : MM_E_MEMORY;
  shape[0] = set->clip_count;
#define MM_DATASET_READ(field, type)                                                                         \
  if (status == MM_OK && mm_store_has(set->store, "clips/" #field) == 1) {                                   \
    status = mm_store_read(set->store, "clips/" #field, MM_DTYPE_F64, 1, shape, column);                     \
    for (size_t i = 0; status == MM_OK && i < clips; i++) set->records[i].report.field = (type)column[i];    \
  } else if (status == MM_OK) {                                                                              \
    for (size_t i = 0; i < clips; i++) set->records[i].key = 0;                                              \
  }
#define MM_DATASET_READ_COUNT(name) MM_DATASET_READ(name, int)
#define MM_DATASET_READ_FIGURE(name, kind, scale, digits, shown, meaning) MM_DATASET_READ(name, double)
  MM_DATASET_COUNTS(MM_DATASET_READ_COUNT)
  MM_RETARGET_FIGURES(MM_DATASET_READ_FIGURE)
  MM_DATASET_READ(scale, double)
#undef MM_DATASET_READ_FIGURE
#undef MM_DATASET_READ_COUNT
#undef MM_DATASET_READ
  if (status == MM_OK) status = mm_store_read(set->store, "clips/mirrored", MM_DTYPE_F64, 1, shape, column);
  for (size_t i = 0; status == MM_OK && i < clips; i++) set->records[i].mirrored = column[i] != 0;
  mm__free(set->ctx, column);
  return status;
}

/* sizes and names are read as those of a trajectory without its frames */
static mm_status mm__dataset_read(mm_dataset *set, const mm_model *model) {
  mm_context *ctx = set->ctx;
  mm_trajectory t;
  mm_status status;
  memset(&t, 0, sizeof t);
  t.ctx = ctx;
  status = mm__trajectory_read_index(&t, set->store, set->path);
  set->model_name = t.model_name;
  set->model_hash = t.model_hash;
  set->frequency = t.frequency;
  set->clip_count = t.clip_count;
  set->frame_count = t.frame_count;
  set->nq = t.nq;
  set->nv = t.nv;
  set->joint_count = t.joint_count;
  set->site_count = t.site_count;
  set->clip_names = t.clip_names;
  set->joint_names = t.joint_names;
  set->site_names = t.site_names;
  set->split_points = t.split_points;
  MM_TRY(status);
  if (model && (t.nq != model->nq || t.nv != model->nv))
    return mm__fail(ctx, MM_E_DATA, "%s: %d coordinates, and the model has %d", set->path, t.nq, model->nq);
  set->records = MM_NEW(ctx, mm_clip_record, set->clip_count);
  if (!set->records) return MM_E_MEMORY;
  if (mm_store_has(set->store, "clip_splits") == 1) MM_TRY(mm__dataset_texts(set, "clip_splits", mm__dataset_take_split));
  if (mm_store_has(set->store, "clips/key") != 1) return MM_OK;
  set->recorded = 1;
  MM_TRY(mm__dataset_texts(set, "clips/source", mm__dataset_take_source));
  MM_TRY(mm__dataset_texts(set, "clips/key", mm__dataset_take_key));
  return mm__dataset_read_figures(set);
}

mm_status mm_dataset_open(mm_context *ctx, const char *path, const mm_model *model, mm_dataset **opened) {
  mm_dataset *set = MM_NEW(ctx, mm_dataset, 1);
  mm_store_def def;
  mm_status status;
  *opened = NULL;
  if (!set) return MM_E_MEMORY;
  set->ctx = ctx;
  set->path = mm__strdup(ctx, path);
  memset(&def, 0, sizeof def);
  def.schema = MM_TRAJECTORY_SCHEMA;
  def.version = 1;
  def.model_hash = model ? mm_motion_hash(model) : 0;
  status = set->path ? mm_store_open(ctx, path, &def, &set->store) : MM_E_MEMORY;
  if (status == MM_OK) status = mm__dataset_read(set, model);
  if (status != MM_OK) {
    mm_dataset_close(set);
    return status;
  }
  *opened = set;
  return MM_OK;
}

/* names and frames of one clip; t has its sizes and room */
static mm_status mm__dataset_read_clip(mm_dataset *set, int clip, mm_trajectory *t) {
  int64_t start[2] = {0, 0}, count[2];
  MM_TRAJECTORY_SIZES(t)
  t->split_points[1] = t->frame_count;
  t->model_name = mm__strdup(t->ctx, set->model_name);
  if (!t->model_name) return MM_E_MEMORY;
  MM_TRY(mm__texts_copy(t->ctx, t->clip_names, set->clip_names + clip, 1));
  MM_TRY(mm__texts_copy(t->ctx, t->joint_names, set->joint_names, set->joint_count));
  MM_TRY(mm__texts_copy(t->ctx, t->site_names, set->site_names, set->site_count));
  start[0] = set->split_points[clip];
  count[0] = t->frame_count;
#define MM_DATASET_READ_PART(name, columns, unit, frame, meaning) \
  count[1] = columns;                                             \
  MM_TRY(mm_store_read_part(set->store, #name, MM_DTYPE_F64, start, count, t->name));
  MM_TRAJECTORY_FIELDS(MM_DATASET_READ_PART)
#undef MM_DATASET_READ_PART
  if (set->records[clip].split) {
    t->clip_splits = MM_NEW(t->ctx, char *, 1);
    if (!t->clip_splits) return MM_E_MEMORY;
    MM_TRY(mm__texts_copy(t->ctx, t->clip_splits, &set->records[clip].split, 1));
  }
  return mm__trajectory_check(t, set->path);
}

mm_status mm_dataset_clip(mm_dataset *set, int clip, mm_trajectory **trajectory) {
  mm_trajectory *t;
  mm_status status;
  *trajectory = NULL;
  if (clip < 0 || clip >= set->clip_count)
    return mm__fail(set->ctx, MM_E_ARGUMENT, "mm_dataset_clip: %s has no clip %d", set->path, clip);
  t = MM_NEW(set->ctx, mm_trajectory, 1);
  if (!t) return MM_E_MEMORY;
  t->ctx = set->ctx;
  t->model_hash = set->model_hash;
  t->frequency = set->frequency;
  t->frame_count = set->split_points[clip + 1] - set->split_points[clip];
  t->clip_count = 1;
  t->nq = set->nq;
  t->nv = set->nv;
  t->joint_count = set->joint_count;
  t->site_count = set->site_count;
  status = mm__trajectory_allocate(t);
  if (status == MM_OK) status = mm__dataset_read_clip(set, clip, t);
  if (status != MM_OK) {
    mm_trajectory_destroy(t);
    return status;
  }
  *trajectory = t;
  return MM_OK;
}

/* writing */

struct mm_dataset_writer {
  mm_context *ctx;
  mm_store *store;
  char *path;
  int64_t frames, whole;
  int clip_count, room, nq, nv, site_count, any_split;
  uint64_t model_hash;
  double frequency;
  char **names;             /* [room] */
  int *split_points;        /* [room + 1] */
  mm_clip_record *records;  /* [room] */
};

void mm_dataset_end(mm_dataset_writer *w) {
  if (!w) return;
  for (int i = 0; i < w->clip_count; i++) {
    mm__free(w->ctx, w->names[i]);
    mm__free(w->ctx, w->records[i].source);
    mm__free(w->ctx, w->records[i].split);
  }
  mm__free(w->ctx, w->names);
  mm__free(w->ctx, w->split_points);
  mm__free(w->ctx, w->records);
  mm__free(w->ctx, w->path);
  mm_store_close(w->store);
  mm__free(w->ctx, w);
}

static mm_status mm__dataset_declare(mm_dataset_writer *w, const mm_trajectory *like) {
  MM_TRAJECTORY_SIZES(like)
  mm_store_array array;
#define MM_DATASET_DECLARE(field, columns, unit, in_frame, meaning) \
  memset(&array, 0, sizeof array);                                  \
  array.name = #field;                                              \
  array.type = MM_DTYPE_F64;                                        \
  array.rank = 2;                                                   \
  array.shape[0] = w->whole;                                        \
  array.shape[1] = columns;                                         \
  array.units = unit;                                               \
  array.frame = in_frame[0] ? in_frame : NULL;                      \
  array.compress = -1;                                              \
  MM_TRY(mm_store_declare(w->store, &array));
  MM_TRAJECTORY_FIELDS(MM_DATASET_DECLARE)
#undef MM_DATASET_DECLARE
  memset(&array, 0, sizeof array);
  array.name = "frequency";
  array.type = MM_DTYPE_F64;
  array.units = "Hz";
  MM_TRY(mm_store_write(w->store, &array, &like->frequency));
  MM_TRY(mm_store_write_texts(w->store, "joint_names", like->joint_count, (const char *const *)like->joint_names));
  MM_TRY(mm_store_write_texts(w->store, "site_names", like->site_count, (const char *const *)like->site_names));
  return mm_store_set_text(w->store, "/", "model", like->model_name);
}

mm_status mm_dataset_create(mm_context *ctx, const char *path, const mm_trajectory *like, int64_t frame_count,
                            mm_dataset_writer **writer) {
  mm_dataset_writer *w;
  mm_store_def def;
  mm_status status;
  *writer = NULL;
  if (frame_count < 1) return mm__fail(ctx, MM_E_ARGUMENT, "%s: a data set of %lld frames", path, (long long)frame_count);
  w = MM_NEW(ctx, mm_dataset_writer, 1);
  if (!w) return MM_E_MEMORY;
  w->ctx = ctx;
  w->whole = frame_count;
  w->nq = like->nq;
  w->nv = like->nv;
  w->site_count = like->site_count;
  w->model_hash = like->model_hash;
  w->frequency = like->frequency;
  w->path = mm__strdup(ctx, path);
  memset(&def, 0, sizeof def);
  def.schema = MM_TRAJECTORY_SCHEMA;
  def.version = 1;
  def.model_hash = like->model_hash;
  status = w->path ? mm_store_create(ctx, path, &def, &w->store) : MM_E_MEMORY;
  if (status == MM_OK) status = mm__dataset_declare(w, like);
  if (status != MM_OK) {
    mm_dataset_end(w);
    return status;
  }
  *writer = w;
  return MM_OK;
}

/* places for count more clips */
static mm_status mm__dataset_room(mm_dataset_writer *w, int count) {
  const size_t old = (size_t)w->room, room = 2 * old + (size_t)count;
  void *grown;
  if (w->clip_count + count <= w->room) return MM_OK;
  if (!(grown = mm__grow(w->ctx, w->names, old, room, sizeof *w->names))) return MM_E_MEMORY;
  w->names = (char **)grown;
  if (!(grown = mm__grow(w->ctx, w->split_points, w->split_points ? old + 1 : 0, room + 1, sizeof *w->split_points))) return MM_E_MEMORY;
  w->split_points = (int *)grown;
  if (!(grown = mm__grow(w->ctx, w->records, old, room, sizeof *w->records))) return MM_E_MEMORY;
  w->records = (mm_clip_record *)grown;
  w->room = (int)room;
  return MM_OK;
}

static mm_status mm__dataset_note(mm_dataset_writer *w, const char *name, int end, const mm_clip_record *record) {
  const int i = w->clip_count++;
  w->records[i] = *record;
  w->records[i].source = record->source ? mm__strdup(w->ctx, record->source) : NULL;
  w->records[i].split = record->split ? mm__strdup(w->ctx, record->split) : NULL;
  w->names[i] = mm__strdup(w->ctx, name);
  w->split_points[i + 1] = end;
  w->any_split |= record->split != NULL;
  return w->names[i] && !w->records[i].source == !record->source && !w->records[i].split == !record->split ? MM_OK : MM_E_MEMORY;
}

mm_status mm_dataset_add(mm_dataset_writer *w, const mm_trajectory *t, const mm_clip_record *records) {
  int64_t start[2] = {0, 0}, count[2];
  MM_TRAJECTORY_SIZES(t)
  if (t->model_hash != w->model_hash || t->nq != w->nq || t->nv != w->nv || t->site_count != w->site_count)
    return mm__fail(w->ctx, MM_E_DATA, "%s: '%s' is the motion of another model", w->path, t->clip_names[0]);
  if (t->frequency != w->frequency)
    return mm__fail(w->ctx, MM_E_DATA, "%s: '%s' has %g Hz, and those before it %g Hz", w->path, t->clip_names[0], t->frequency, w->frequency);
  if (w->frames + t->frame_count > w->whole)
    return mm__fail(w->ctx, MM_E_ARGUMENT, "%s: '%s' has more frames than there is room for", w->path, t->clip_names[0]);
  start[0] = w->frames;
  count[0] = t->frame_count;
#define MM_DATASET_WRITE_PART(name, columns, unit, frame, meaning) \
  count[1] = columns;                                              \
  MM_TRY(mm_store_write_part(w->store, #name, MM_DTYPE_F64, start, count, t->name));
  MM_TRAJECTORY_FIELDS(MM_DATASET_WRITE_PART)
#undef MM_DATASET_WRITE_PART
  MM_TRY(mm__dataset_room(w, t->clip_count));
  for (int c = 0; c < t->clip_count; c++)
    MM_TRY(mm__dataset_note(w, t->clip_names[c], (int)w->frames + t->split_points[c + 1], &records[c]));
  w->frames += t->frame_count;
  return MM_OK;
}

static mm_status mm__dataset_column(mm_dataset_writer *w, const char *name, const char *units, const double *values) {
  mm_store_array array;
  memset(&array, 0, sizeof array);
  array.name = name;
  array.type = MM_DTYPE_F64;
  array.rank = 1;
  array.shape[0] = w->clip_count;
  array.units = units;
  return mm_store_write(w->store, &array, values);
}

/* figures are stored as they are in a report, and their units say so where they are shown otherwise */
static mm_status mm__dataset_write_figures(mm_dataset_writer *w) {
  double *column = MM_NEW(w->ctx, double, w->clip_count);
  mm_status status = column ? MM_OK : MM_E_MEMORY;
#define MM_DATASET_WRITE(field)                                                                    \
  for (int i = 0; column && i < w->clip_count; i++) column[i] = (double)w->records[i].report.field; \
  if (status == MM_OK) status = mm__dataset_column(w, "clips/" #field, NULL, column);
#define MM_DATASET_WRITE_FIGURE(name, kind, scale, digits, shown, meaning) MM_DATASET_WRITE(name)
  MM_DATASET_COUNTS(MM_DATASET_WRITE)
  MM_RETARGET_FIGURES(MM_DATASET_WRITE_FIGURE)
  MM_DATASET_WRITE(scale)
#undef MM_DATASET_WRITE_FIGURE
#undef MM_DATASET_WRITE
  for (int i = 0; column && i < w->clip_count; i++) column[i] = w->records[i].mirrored;
  if (status == MM_OK) status = mm__dataset_column(w, "clips/mirrored", NULL, column);
  mm__free(w->ctx, column);
  return status;
}

static mm_status mm__dataset_write_texts(mm_dataset_writer *w, const char **texts, char (*keys)[24]) {
  for (int i = 0; i < w->clip_count; i++) texts[i] = w->names[i];
  MM_TRY(mm_store_write_texts(w->store, "clip_names", w->clip_count, texts));
  for (int i = 0; i < w->clip_count; i++) texts[i] = w->records[i].source ? w->records[i].source : "";
  MM_TRY(mm_store_write_texts(w->store, "clips/source", w->clip_count, texts));
  for (int i = 0; i < w->clip_count; i++) {
    snprintf(keys[i], sizeof keys[i], "%016llx", (unsigned long long)w->records[i].key);
    texts[i] = keys[i];
  }
  MM_TRY(mm_store_write_texts(w->store, "clips/key", w->clip_count, texts));
  for (int i = 0; i < w->clip_count; i++) texts[i] = w->records[i].split ? w->records[i].split : "";
  return w->any_split ? mm_store_write_texts(w->store, "clip_splits", w->clip_count, texts) : MM_OK;
}

mm_status mm_dataset_commit(mm_dataset_writer *w) {
  mm_store_array array;
  const char **texts;
  char (*keys)[24];
  mm_status status;
  if (w->frames != w->whole)
    return mm__fail(w->ctx, MM_E_ARGUMENT, "%s: %lld frames were added, and %lld announced", w->path, (long long)w->frames, (long long)w->whole);
  memset(&array, 0, sizeof array);
  array.name = "split_points";
  array.type = MM_DTYPE_I32;
  array.rank = 1;
  array.shape[0] = w->clip_count + 1;
  MM_TRY(mm_store_write(w->store, &array, w->split_points));
  texts = MM_NEW(w->ctx, const char *, w->clip_count);
  keys = (char (*)[24])mm__alloc(w->ctx, (size_t)w->clip_count, sizeof *keys);
  status = texts && keys ? mm__dataset_write_texts(w, texts, keys) : MM_E_MEMORY;
  mm__free(w->ctx, (void *)texts);
  mm__free(w->ctx, keys);
  MM_TRY(status);
  MM_TRY(mm__dataset_write_figures(w));
  return mm_store_commit(w->store);
}

/* splits by name */

int mm_split_of(const char *clip_name, const double *shares, int count) {
  uint64_t hash = mm__hash(mm__hash(MM_HASH_SEED, "split", 6), clip_name, strlen(clip_name));
  double at, sum = 0;
  /* the last letters reach only the lower bits of the hash */
  hash ^= hash >> 32;
  hash *= 0x9e3779b97f4a7c15ULL;
  hash ^= hash >> 29;
  at = (double)(hash >> 11) / 9007199254740992.0;
  for (int i = 0; i < count; i++) {
    sum += shares[i];
    if (at < sum) return i;
  }
  return count - 1;
}
