/* >>store-code: what is checked before a file format sees it */

MM_PRIVATE size_t mm__dtype_size(mm_dtype type) {
  switch (type) {
    case MM_DTYPE_U8: return 1;
    case MM_DTYPE_I32: case MM_DTYPE_F32: return 4;
    case MM_DTYPE_I64: case MM_DTYPE_F64: return 8;
    default: return 0;
  }
}

MM_PRIVATE const char *mm__dtype_name(mm_dtype type) {
  switch (type) {
    case MM_DTYPE_U8: return "uint8";
    case MM_DTYPE_I32: return "int32";
    case MM_DTYPE_I64: return "int64";
    case MM_DTYPE_F32: return "float32";
    case MM_DTYPE_F64: return "float64";
    case MM_DTYPE_TEXT: return "text";
    default: return "a type that is not read";
  }
}

MM_PRIVATE const char *mm__shape_text(char *text, size_t size, int rank, const int64_t *shape) {
  size_t used = (size_t)snprintf(text, size, "[");
  for (int i = 0; i < rank && used < size; i++) {
    if (shape[i] < 0) used += (size_t)snprintf(text + used, size - used, "%s*", i ? ", " : "");
    else used += (size_t)snprintf(text + used, size - used, "%s%lld", i ? ", " : "", (long long)shape[i]);
  }
  if (used < size) snprintf(text + used, size - used, "]");
  return text;
}

MM_PRIVATE int64_t mm__shape_bytes(int rank, const int64_t *shape, size_t size) {
  int64_t bytes = (int64_t)size;
  for (int i = 0; i < rank; i++) {
    if (shape[i] < 0) return -1;
    if (shape[i] && bytes > INT64_MAX / shape[i]) return -1;
    bytes *= shape[i];
  }
  return bytes;
}

/* after each call that writes: a failure of the disk goes before what the format's library says */
static mm_status mm__store_settle(mm_store *store, mm_status status) {
  if (!store->failed) return status;
  return mm__fail(store->ctx, MM_E_FILE, "%s: cannot be written: %s", store->path, strerror(store->failed));
}

static mm_status mm__store_usable(mm_store *store, int write) {
  if (write && !store->writing)
    return mm__fail(store->ctx, MM_E_ARGUMENT, "%s: is not open for writing", store->path);
  if (store->file < 0) return mm__fail(store->ctx, MM_E_ARGUMENT, "%s: has been closed", store->path);
  return mm__store_settle(store, MM_OK);
}

static mm_status mm__store_name(mm_store *store, const char *name) {
  if (!name || !name[0] || strlen(name) > 512 || strstr(name, "//") || name[strlen(name) - 1] == '/')
    return mm__fail(store->ctx, MM_E_ARGUMENT, "%s: '%s' cannot be the name of an array or group", store->path,
                    name ? name : "NULL");
  return MM_OK;
}

static mm_status mm__store_type(mm_store *store, const char *name, mm_dtype type) {
  if (mm__dtype_size(type)) return MM_OK;
  return mm__fail(store->ctx, MM_E_ARGUMENT, "%s: array '%s' cannot be exchanged as %s", store->path, name,
                  mm__dtype_name(type));
}

static mm_status mm__store_new(mm_context *ctx, const char *path, mm_store **store) {
  const mm__store_ops *ops = mm__store_hdf5();
  *store = NULL;
  if (!path) return mm__fail(ctx, MM_E_ARGUMENT, "the name of the file is missing");
  if (!ops)
    return mm__fail(ctx, MM_E_UNSUPPORTED, "%s: HDF5 files need a build without MUSCLEMIMIC_NO_HDF5", path);
  *store = MM_NEW(ctx, mm_store, 1);
  if (!*store) return MM_E_MEMORY;
  (*store)->ctx = ctx;
  (*store)->ops = ops;
  (*store)->lock = -1;
  (*store)->file = -1;
  (*store)->path = mm__strdup(ctx, path);
  if ((*store)->path) return MM_OK;
  mm_store_close(*store);
  *store = NULL;
  return MM_E_MEMORY;
}

static mm_status mm__store_open_file(mm_store *store) {
  mm__store_quiet saved;
  mm_status status;
  store->ops->enter(&saved);
  status = store->ops->open(store);
  store->ops->leave(&saved);
  return mm__store_settle(store, status);
}

/* flushes and closes the backend's file; safe to call twice */
static mm_status mm__store_close_file(mm_store *store) {
  mm__store_quiet saved;
  mm_status status;
  if (store->file < 0) return MM_OK;
  store->ops->enter(&saved);
  status = store->ops->close(store);
  store->ops->leave(&saved);
  return mm__store_settle(store, status);
}

static mm_status mm__store_stamp(mm_store *store, const mm_store_def *def) {
  char hash[32];
  if (def && def->schema) MM_TRY(mm_store_set_text(store, "/", "schema", def->schema));
  if (def && def->version) MM_TRY(mm_store_set_numbers(store, "/", "version", MM_DTYPE_I32, 1, &def->version));
  if (def && def->model_hash) {
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)def->model_hash);
    MM_TRY(mm_store_set_text(store, "/", "model_hash", hash));
  }
  return mm_store_set_text(store, "/", "created_by", "musclemimic " MM_VERSION);
}

mm_status mm_store_create(mm_context *ctx, const char *path, const mm_store_def *def, mm_store **store) {
  mm_status status;
  MM_TRY(mm__store_new(ctx, path, store));
  (*store)->writing = 1;
  status = mm__part_begin(ctx, path, &(*store)->part, &(*store)->lock);
  if (!status) status = mm__store_open_file(*store);
  if (!status) status = mm__store_stamp(*store, def);
  if (status) {
    mm_store_close(*store);
    *store = NULL;
  }
  return status;
}

static mm_status mm__store_check(mm_store *store, const mm_store_def *def) {
  char text[128], hash[32];
  int version = 0;
  if (!def) return MM_OK;
  if (def->schema) {
    if (!mm_store_has_attribute(store, "/", "schema"))
      return mm__fail(store->ctx, MM_E_DATA, "%s: is HDF5, but not a %s: the root has no attribute 'schema'",
                      store->path, def->schema);
    MM_TRY(mm_store_get_text(store, "/", "schema", text, sizeof text));
    if (strcmp(text, def->schema))
      return mm__fail(store->ctx, MM_E_DATA, "%s: is a %s; a %s is needed", store->path, text, def->schema);
  }
  if (def->version) {
    MM_TRY(mm_store_get_numbers(store, "/", "version", MM_DTYPE_I32, 1, &version));
    if (version < 1 || version > def->version)
      return mm__fail(store->ctx, MM_E_DATA, "%s: has version %d of its schema; this build reads 1 to %d",
                      store->path, version, def->version);
  }
  if (!def->model_hash) return MM_OK;
  snprintf(hash, sizeof hash, "%016llx", (unsigned long long)def->model_hash);
  if (!mm_store_has_attribute(store, "/", "model_hash"))
    return mm__fail(store->ctx, MM_E_DATA,
                    "%s: does not say which model it belongs to: no attribute 'model_hash'", store->path);
  MM_TRY(mm_store_get_text(store, "/", "model_hash", text, sizeof text));
  if (!strcmp(text, hash)) return MM_OK;
  return mm__fail(store->ctx, MM_E_DATA,
                  "%s: belongs to another model (hash %s; this one is %s): give the model and "
                  "the edits that it was made with",
                  store->path, text, hash);
}

mm_status mm_store_open(mm_context *ctx, const char *path, const mm_store_def *def, mm_store **store) {
  mm_status status;
  MM_TRY(mm__store_new(ctx, path, store));
  status = mm__store_open_file(*store);
  if (!status) status = mm__store_check(*store, def);
  if (status) {
    mm_store_close(*store);
    *store = NULL;
  }
  return status;
}

mm_status mm_store_commit(mm_store *store) {
  mm_status status;
  MM_TRY(mm__store_usable(store, 1));
  store->writing = 0;
  status = mm__store_close_file(store);
  if (!status) return mm__part_commit(store->ctx, store->path, &store->part, &store->lock);
  mm__part_discard(store->ctx, &store->part, &store->lock);
  return status;
}

void mm_store_close(mm_store *store) {
  if (!store) return;
  (void)mm__store_close_file(store);
  mm__part_discard(store->ctx, &store->part, &store->lock);
  mm__free(store->ctx, store->path);
  mm__free(store->ctx, store);
}

void mm_store_free(mm_store *store, void *block) { mm__free(store->ctx, block); }

/* Compression pays when a sample of bytes, grouped by significance as the shuffle filter does it, shrinks. */
#define MM_STORE_SAMPLE 32768

static int mm__store_pays(mm_store *store, const mm_store_array *array, int64_t bytes, const void *data) {
  const size_t size = mm__dtype_size(array->type);
  const unsigned char *source = (const unsigned char *)data;
  size_t sample = bytes < MM_STORE_SAMPLE ? (size_t)bytes : MM_STORE_SAMPLE, count = sample / size;
  uLongf packed = (uLongf)sample;
  unsigned char *work;
  int pays;
  if (array->compress) return array->compress > 0;
  if (array->extendable) return 1; /* its last chunk is partly empty */
  if (!data) return bytes > MM_STORE_SAMPLE;
  if (bytes < 1024) return 0;
  work = MM_NEW(store->ctx, unsigned char, 2 * sample);
  if (!work) return 0;
  source += ((size_t)bytes - sample) / 2 / size * size; /* from the middle: beginnings are often still */
  for (size_t i = 0; i < count; i++)
    for (size_t k = 0; k < size; k++) work[k * count + i] = source[i * size + k];
  pays = compress2(work + sample, &packed, work, (uLong)sample, 1) == Z_OK &&
         (double)packed < 0.85 * (double)sample;
  mm__free(store->ctx, work);
  return pays;
}

static mm_status mm__store_declare(mm_store *store, const mm_store_array *array, const void *data) {
  mm__store_quiet saved;
  char text[128];
  int64_t bytes;
  mm_status status;
  MM_TRY(mm__store_usable(store, 1));
  MM_TRY(mm__store_name(store, array->name));
  MM_TRY(mm__store_type(store, array->name, array->type));
  if (array->rank < 0 || array->rank > MM_RANK_MAX || (array->extendable && !array->rank))
    return mm__fail(store->ctx, MM_E_ARGUMENT, "%s: array '%s' cannot have %d dimensions", store->path,
                    array->name, array->rank);
  bytes = mm__shape_bytes(array->rank, array->shape, mm__dtype_size(array->type));
  if (bytes < 0)
    return mm__fail(store->ctx, MM_E_ARGUMENT, "%s: array '%s' cannot have the shape %s", store->path,
                    array->name, mm__shape_text(text, sizeof text, array->rank, array->shape));
  if (mm_store_has(store, array->name))
    return mm__fail(store->ctx, MM_E_ARGUMENT, "%s: '%s' is there already", store->path, array->name);
  store->ops->enter(&saved);
  status = store->ops->declare(store, array, mm__store_pays(store, array, bytes, data));
  store->ops->leave(&saved);
  MM_TRY(mm__store_settle(store, status));
  if (array->units) MM_TRY(mm_store_set_text(store, array->name, "units", array->units));
  if (array->frame) MM_TRY(mm_store_set_text(store, array->name, "frame", array->frame));
  return MM_OK;
}

mm_status mm_store_declare(mm_store *store, const mm_store_array *array) {
  return mm__store_declare(store, array, NULL);
}

/* the block must lie inside the array */
static mm_status mm__store_block(mm_store *store, const char *name, const mm_store_array *array,
                                 const int64_t *start, const int64_t *count) {
  char shape[128], from[128], size[128];
  int outside = 0;
  for (int i = 0; i < array->rank; i++)
    outside |=
        start[i] < 0 || count[i] < 0 || start[i] > array->shape[i] || count[i] > array->shape[i] - start[i];
  if (!outside) return MM_OK;
  return mm__fail(store->ctx, MM_E_ARGUMENT,
                  "%s: array '%s': a block of %s from %s does not lie in its shape %s", store->path, name,
                  mm__shape_text(size, sizeof size, array->rank, count),
                  mm__shape_text(from, sizeof from, array->rank, start),
                  mm__shape_text(shape, sizeof shape, array->rank, array->shape));
}

mm_status mm_store_write_part(mm_store *store, const char *name, mm_dtype type, const int64_t *start,
                              const int64_t *count, const void *data) {
  mm_store_array array;
  mm__store_quiet saved;
  mm_status status;
  MM_TRY(mm__store_usable(store, 1));
  MM_TRY(mm__store_type(store, name, type));
  MM_TRY(mm_store_info(store, name, &array));
  MM_TRY(mm__store_block(store, name, &array, start, count));
  if (!mm__shape_bytes(array.rank, count, 1)) return MM_OK;
  store->ops->enter(&saved);
  status = store->ops->write(store, name, type, array.rank, start, count, data);
  store->ops->leave(&saved);
  return mm__store_settle(store, status);
}

mm_status mm_store_write(mm_store *store, const mm_store_array *array, const void *data) {
  const int64_t start[MM_RANK_MAX] = {0};
  MM_TRY(mm__store_declare(store, array, data));
  return mm_store_write_part(store, array->name, array->type, start, array->shape, data);
}

mm_status mm_store_append(mm_store *store, const char *name, mm_dtype type, int64_t rows, const void *data) {
  mm_store_array array;
  int64_t start[MM_RANK_MAX] = {0}, count[MM_RANK_MAX];
  mm__store_quiet saved;
  mm_status status;
  MM_TRY(mm__store_usable(store, 1));
  MM_TRY(mm_store_info(store, name, &array));
  if (!array.extendable)
    return mm__fail(store->ctx, MM_E_ARGUMENT, "%s: array '%s' was not declared as extendable", store->path,
                    name);
  if (rows < 0 || rows > INT64_MAX - array.shape[0])
    return mm__fail(store->ctx, MM_E_ARGUMENT, "%s: array '%s' cannot grow by %lld rows", store->path, name,
                    (long long)rows);
  memcpy(count, array.shape, sizeof count);
  count[0] = rows;
  start[0] = array.shape[0];
  array.shape[0] += rows;
  store->ops->enter(&saved);
  status = store->ops->extend(store, name, array.rank, array.shape);
  store->ops->leave(&saved);
  MM_TRY(mm__store_settle(store, status));
  return mm_store_write_part(store, name, type, start, count, data);
}

mm_status mm_store_write_texts(mm_store *store, const char *name, int64_t count, const char *const *texts) {
  mm__store_quiet saved;
  mm_status status;
  MM_TRY(mm__store_usable(store, 1));
  MM_TRY(mm__store_name(store, name));
  if (mm_store_has(store, name))
    return mm__fail(store->ctx, MM_E_ARGUMENT, "%s: '%s' is there already", store->path, name);
  store->ops->enter(&saved);
  status = store->ops->write_texts(store, name, count, texts);
  store->ops->leave(&saved);
  return mm__store_settle(store, status);
}

mm_status mm_store_group(mm_store *store, const char *name) {
  mm__store_quiet saved;
  mm_status status;
  MM_TRY(mm__store_usable(store, 1));
  MM_TRY(mm__store_name(store, name));
  if (mm_store_has(store, name) == 2) return MM_OK;
  store->ops->enter(&saved);
  status = store->ops->group(store, name);
  store->ops->leave(&saved);
  return mm__store_settle(store, status);
}

int mm_store_has(mm_store *store, const char *name) {
  mm__store_quiet saved;
  int found;
  if (store->file < 0 || mm__store_name(store, name)) return 0;
  store->ops->enter(&saved);
  found = store->ops->has(store, name);
  store->ops->leave(&saved);
  return found;
}

mm_status mm_store_info(mm_store *store, const char *name, mm_store_array *array) {
  mm__store_quiet saved;
  mm_status status;
  memset(array, 0, sizeof *array);
  MM_TRY(mm__store_usable(store, 0));
  MM_TRY(mm__store_name(store, name));
  store->ops->enter(&saved);
  status = store->ops->info(store, name, array);
  store->ops->leave(&saved);
  return status;
}

mm_status mm_store_read_part(mm_store *store, const char *name, mm_dtype type, const int64_t *start,
                             const int64_t *count, void *data) {
  mm_store_array array;
  mm__store_quiet saved;
  mm_status status;
  MM_TRY(mm__store_type(store, name, type));
  MM_TRY(mm_store_info(store, name, &array));
  MM_TRY(mm__store_block(store, name, &array, start, count));
  if (array.type == MM_DTYPE_NONE || array.type == MM_DTYPE_TEXT ||
      ((array.type == MM_DTYPE_F32 || array.type == MM_DTYPE_F64) && type != MM_DTYPE_F32 &&
       type != MM_DTYPE_F64))
    return mm__fail(store->ctx, MM_E_DATA, "%s: array '%s' holds %s; %s is needed", store->path, name,
                    mm__dtype_name(array.type), mm__dtype_name(type));
  if (!mm__shape_bytes(array.rank, count, 1)) return MM_OK;
  store->ops->enter(&saved);
  status = store->ops->read(store, name, type, array.rank, start, count, data);
  store->ops->leave(&saved);
  return status;
}

static mm_status mm__store_fits(mm_store *store, const char *name, const mm_store_array *array, int rank,
                                const int64_t *shape) {
  char found[128], wanted[128];
  int fits = rank == array->rank;
  for (int i = 0; fits && i < rank; i++) fits = shape[i] < 0 || shape[i] == array->shape[i];
  if (fits) return MM_OK;
  return mm__fail(store->ctx, MM_E_DATA, "%s: array '%s' has the shape %s; %s is needed", store->path, name,
                  mm__shape_text(found, sizeof found, array->rank, array->shape),
                  mm__shape_text(wanted, sizeof wanted, rank, shape));
}

mm_status mm_store_read(mm_store *store, const char *name, mm_dtype type, int rank, const int64_t *shape,
                        void *data) {
  const int64_t start[MM_RANK_MAX] = {0};
  mm_store_array array;
  MM_TRY(mm_store_info(store, name, &array));
  for (int i = 0; i < rank; i++)
    if (shape[i] < 0)
      return mm__fail(store->ctx, MM_E_ARGUMENT, "mm_store_read of '%s' needs the whole shape", name);
  MM_TRY(mm__store_fits(store, name, &array, rank, shape));
  return mm_store_read_part(store, name, type, start, array.shape, data);
}

/* A damaged file may declare any size. Deflate cannot shrink by more than 1032, so nothing larger is believed. */
static mm_status mm__store_believable(mm_store *store, const char *name, const mm_store_array *array) {
  const int64_t bytes = mm__shape_bytes(array->rank, array->shape, 8);
  char shape[128];
  mm__store_quiet saved;
  int64_t stored;
  store->ops->enter(&saved);
  stored = store->ops->stored_bytes(store, name);
  store->ops->leave(&saved);
  if (bytes >= 0 && bytes / 8256 <= stored + 128) return MM_OK;
  return mm__fail(store->ctx, MM_E_PARSE,
                  "%s: array '%s' declares the shape %s but only %lld bytes are stored: the "
                  "file is damaged or was never finished",
                  store->path, name, mm__shape_text(shape, sizeof shape, array->rank, array->shape),
                  (long long)stored);
}

mm_status mm_store_load(mm_store *store, const char *name, mm_dtype type, int rank, int64_t *shape,
                        void **data) {
  const int64_t start[MM_RANK_MAX] = {0};
  mm_store_array array;
  mm_status status;
  *data = NULL;
  MM_TRY(mm__store_type(store, name, type));
  MM_TRY(mm_store_info(store, name, &array));
  MM_TRY(mm__store_fits(store, name, &array, rank, shape));
  MM_TRY(mm__store_believable(store, name, &array));
  *data = mm__alloc(store->ctx, (size_t)mm__shape_bytes(rank, array.shape, 1), mm__dtype_size(type));
  if (!*data) return MM_E_MEMORY;
  status = mm_store_read_part(store, name, type, start, array.shape, *data);
  if (status) {
    mm__free(store->ctx, *data);
    *data = NULL;
    return status;
  }
  for (int i = 0; i < rank; i++) shape[i] = array.shape[i];
  return MM_OK;
}

mm_status mm_store_load_texts(mm_store *store, const char *name, int64_t *count, char ***texts) {
  mm_store_array array;
  mm__store_quiet saved;
  mm_status status;
  *count = 0;
  *texts = NULL;
  MM_TRY(mm_store_info(store, name, &array));
  if (array.type != MM_DTYPE_TEXT)
    return mm__fail(store->ctx, MM_E_DATA, "%s: array '%s' holds %s; text is needed", store->path, name,
                    mm__dtype_name(array.type));
  MM_TRY(mm__store_believable(store, name, &array));
  store->ops->enter(&saved);
  status = store->ops->load_texts(store, name, count, texts);
  store->ops->leave(&saved);
  return status;
}

mm_status mm_store_list(mm_store *store, const char *group, mm_store_visit visit, void *user) {
  mm__store_quiet saved;
  mm_status status;
  MM_TRY(mm__store_usable(store, 0));
  if (strcmp(group, "/")) MM_TRY(mm__store_name(store, group));
  store->ops->enter(&saved);
  status = store->ops->list(store, group, visit, user);
  store->ops->leave(&saved);
  return status;
}

static mm_status mm__store_set(mm_store *store, const char *object, const char *attribute, mm_dtype type,
                               int count, const void *data) {
  mm__store_quiet saved;
  mm_status status;
  MM_TRY(mm__store_usable(store, 1));
  store->ops->enter(&saved);
  status = store->ops->set_attribute(store, object, attribute, type, count, data);
  store->ops->leave(&saved);
  return mm__store_settle(store, status);
}

static mm_status mm__store_get(mm_store *store, const char *object, const char *attribute, mm_dtype type,
                               int count, void *data) {
  mm__store_quiet saved;
  mm_status status;
  MM_TRY(mm__store_usable(store, 0));
  store->ops->enter(&saved);
  status = store->ops->get_attribute(store, object, attribute, type, count, data);
  store->ops->leave(&saved);
  return status;
}

mm_status mm_store_set_text(mm_store *store, const char *object, const char *attribute, const char *text) {
  return mm__store_set(store, object, attribute, MM_DTYPE_TEXT, 1, text);
}

mm_status mm_store_set_numbers(mm_store *store, const char *object, const char *attribute, mm_dtype type,
                               int count, const void *data) {
  MM_TRY(mm__store_type(store, attribute, type));
  return mm__store_set(store, object, attribute, type, count, data);
}

int mm_store_has_attribute(mm_store *store, const char *object, const char *attribute) {
  mm__store_quiet saved;
  int found;
  if (store->file < 0) return 0;
  store->ops->enter(&saved);
  found = store->ops->has_attribute(store, object, attribute);
  store->ops->leave(&saved);
  return found;
}

mm_status mm_store_get_text(mm_store *store, const char *object, const char *attribute, char *text,
                            size_t size) {
  if (!size || size > 1 << 20) return mm__fail(store->ctx, MM_E_ARGUMENT, "mm_store_get_text: size %zu", size);
  text[0] = 0;
  return mm__store_get(store, object, attribute, MM_DTYPE_TEXT, (int)size, text);
}

mm_status mm_store_get_numbers(mm_store *store, const char *object, const char *attribute, mm_dtype type,
                               int count, void *data) {
  MM_TRY(mm__store_type(store, attribute, type));
  return mm__store_get(store, object, attribute, type, count, data);
}
