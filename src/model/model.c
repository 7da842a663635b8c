/* >>model-store: allocation, names and hash of a compiled model, from the tables */

#define MM_MODEL_NEW(kind, type, field, rows, columns, unit, meaning)                                              \
  if (!model->field) model->field = MM_NEW(model->ctx, MM_TYPE_##type, (size_t)model->rows * (size_t)(columns));   \
  if (!model->field) return MM_E_MEMORY;

/* Allocates the arrays of the model proper for the sizes that are set; those that exist are kept. */
MM_PRIVATE mm_status mm__model_allocate(mm_model *model) {
  MM_SIZES_AS_LOCALS
  MM_MODEL_FIELDS_KINEMATICS(MM_MODEL_NEW)
  MM_MODEL_FIELDS_GEOMETRY(MM_MODEL_NEW)
  MM_MODEL_FIELDS_ACTUATION(MM_MODEL_NEW)
  if (!model->names) model->names = MM_NEW(model->ctx, char, model->nnames);
  return model->names ? MM_OK : MM_E_MEMORY;
}

/* Likewise the arrays of the plan, once its sizes are counted. */
MM_PRIVATE mm_status mm__model_allocate_plan(mm_model *model) {
  MM_SIZES_AS_LOCALS
  MM_PLAN_TREE_FIELDS(MM_MODEL_NEW)
  MM_PLAN_TENDON_FIELDS(MM_MODEL_NEW)
  MM_PLAN_CONTACT_FIELDS(MM_MODEL_NEW)
  return MM_OK;
}

/* The constraint rows follow from the other parts of the plan, and what sensors read from all. */
MM_PRIVATE mm_status mm__model_allocate_constraint(mm_model *model) {
  MM_SIZES_AS_LOCALS
  MM_PLAN_CONSTRAINT_FIELDS(MM_MODEL_NEW)
  MM_PLAN_SENSOR_FIELDS(MM_MODEL_NEW)
  return MM_OK;
}
#undef MM_MODEL_NEW

void mm_model_destroy(mm_model *model) {
  if (!model) return;
#define MM_MODEL_FREE(kind, type, field, rows, columns, unit, meaning) mm__free(model->ctx, model->field);
  MM_ALL_MODEL_FIELDS(MM_MODEL_FREE)
#undef MM_MODEL_FREE
  mm__free(model->ctx, model->names);
  mm__free(model->ctx, model->name);
  mm__free(model->ctx, model);
}

/* The hash covers what the model means, not where its text came from. */
MM_PRIVATE uint64_t mm__model_hash(const mm_model *model) {
  uint64_t hash = MM_HASH_SEED;
  MM_SIZES_AS_LOCALS
#define MM_MODEL_HASH_SIZE(name, meaning) hash = mm__hash(hash, &model->name, sizeof model->name);
  MM_MODEL_SIZES(MM_MODEL_HASH_SIZE)
#undef MM_MODEL_HASH_SIZE
#define MM_MODEL_HASH_OPTION(type, name, count, unit, meaning) hash = mm__hash(hash, model->opt.name, sizeof model->opt.name);
  MM_MODEL_OPTIONS(MM_MODEL_HASH_OPTION)
#undef MM_MODEL_HASH_OPTION
#define MM_MODEL_HASH(kind, type, field, rows, columns, unit, meaning) \
  hash = mm__hash(hash, model->field, sizeof(MM_TYPE_##type) * (size_t)model->rows * (size_t)(columns));
  MM_MODEL_FIELDS_KINEMATICS(MM_MODEL_HASH)
  MM_MODEL_FIELDS_GEOMETRY(MM_MODEL_HASH)
  MM_MODEL_FIELDS_ACTUATION(MM_MODEL_HASH)
#undef MM_MODEL_HASH
  return mm__hash(hash, model->names, (size_t)model->nnames);
}

/* the array of name addresses of a kind of object, and how many there are */
static const int *mm__name_table(const mm_model *m, mm_object kind, int *count) {
  switch (kind) {
    case MM_OBJ_BODY: case MM_OBJ_XBODY: *count = m->nbody; return m->name_bodyadr;
    case MM_OBJ_JOINT: *count = m->njnt; return m->name_jntadr;
    case MM_OBJ_GEOM: *count = m->ngeom; return m->name_geomadr;
    case MM_OBJ_SITE: *count = m->nsite; return m->name_siteadr;
    case MM_OBJ_CAMERA: *count = m->ncam; return m->name_camadr;
    case MM_OBJ_LIGHT: *count = m->nlight; return m->name_lightadr;
    case MM_OBJ_MESH: *count = m->nmesh; return m->name_meshadr;
    case MM_OBJ_MATERIAL: *count = m->nmat; return m->name_matadr;
    case MM_OBJ_TEXTURE: *count = m->ntex; return m->name_texadr;
    case MM_OBJ_PAIR: *count = m->npair; return m->name_pairadr;
    case MM_OBJ_EXCLUDE: *count = m->nexclude; return m->name_excludeadr;
    case MM_OBJ_EQUALITY: *count = m->neq; return m->name_eqadr;
    case MM_OBJ_TENDON: *count = m->ntendon; return m->name_tendonadr;
    case MM_OBJ_ACTUATOR: *count = m->nu; return m->name_actuatoradr;
    case MM_OBJ_SENSOR: *count = m->nsensor; return m->name_sensoradr;
    case MM_OBJ_NUMERIC: *count = m->nnumeric; return m->name_numericadr;
    case MM_OBJ_KEY: *count = m->nkey; return m->name_keyadr;
    default: *count = 0; return NULL;
  }
}

int mm_model_count(const mm_model *model, mm_object kind) {
  int count;
  mm__name_table(model, kind, &count);
  return count;
}

int mm_model_id(const mm_model *model, mm_object kind, const char *name) {
  int count;
  const int *table = mm__name_table(model, kind, &count);
  for (int i = 0; i < count; i++)
    if (!strcmp(model->names + table[i], name)) return i;
  return -1;
}

const char *mm_model_name(const mm_model *model, mm_object kind, int id) {
  int count;
  const int *table = mm__name_table(model, kind, &count);
  return id >= 0 && id < count ? model->names + table[id] : NULL;
}
