/* >>compile: a spec to a model: sizes, memory, the parts in turn, and what needs all of them */

/* the exact poses at qpos0, where no joint is displaced */
typedef struct mm_rest {
  double *pos, *quat;
} mm_rest;

/* ---- order and names ---- */

static mm_status mm__compile_order(mm_compile *c) {
  mm_spec *s = c->spec;
  static const mm_object kinds[] = {MM_OBJ_BODY,     MM_OBJ_JOINT,    MM_OBJ_GEOM,    MM_OBJ_SITE,
                                    MM_OBJ_CAMERA,   MM_OBJ_LIGHT,    MM_OBJ_MESH,    MM_OBJ_TEXTURE,
                                    MM_OBJ_MATERIAL, MM_OBJ_PAIR,     MM_OBJ_EXCLUDE, MM_OBJ_EQUALITY,
                                    MM_OBJ_TENDON,   MM_OBJ_ACTUATOR, MM_OBJ_SENSOR,  MM_OBJ_NUMERIC,
                                    MM_OBJ_TEXT,     MM_OBJ_TUPLE,    MM_OBJ_KEY};
  mm_index frames;
  for (int i = 0; i < MM_COUNT(kinds); i++) {
    mm_list *list = mm__spec_list(s, kinds[i]);
    mm__number(list);
    MM_TRY(mm__index_build(c, &c->index[kinds[i]], list, mm__kind_word(kinds[i])));
  }
  MM_TRY(mm__index_build(c, &frames, &s->frames, "frame"));
  if (s->bodies.count >= 65534)
    return mm__fail(c->ctx, MM_E_UNSUPPORTED, "%d bodies are more than 65533", s->bodies.count);
  MM_TRY(mm__sort_parts(c, &s->joints, &c->joints));
  MM_TRY(mm__sort_parts(c, &s->geoms, &c->geoms));
  MM_TRY(mm__sort_parts(c, &s->sites, &c->sites));
  MM_TRY(mm__sort_parts(c, &s->cameras, &c->cameras));
  MM_TRY(mm__sort_parts(c, &s->lights, &c->lights));
  return mm__sort_pairs(c);
}

static int mm__name_bytes(const mm_list *list) {
  int bytes = 0;
  for (int i = 0; i < list->count; i++) {
    const char *name = MM_ITEM(*list, mm_element, i)->name;
    bytes += 1 + (name ? (int)strlen(name) : 0);
  }
  return bytes;
}

static int mm__put_name(mm_model *m, int at, const char *name, int *adr) {
  size_t n = name ? strlen(name) : 0;
  *adr = at;
  if (n) memcpy(m->names + at, name, n);
  return at + (int)n + 1;
}

static int mm__put_names(mm_model *m, int at, const mm_list *list, int *adr) {
  for (int i = 0; i < list->count; i++)
    at = mm__put_name(m, at, MM_ITEM(*list, mm_element, i)->name, &adr[i]);
  return at;
}

static void mm__compile_names(mm_compile *c) {
  mm_model *m = c->m;
  const mm_spec *s = c->spec;
  int at = 1; /* an empty name, for keys that the text does not have */
  at = mm__put_names(m, at, &s->bodies, m->name_bodyadr);
  at = mm__put_names(m, at, &c->joints, m->name_jntadr);
  at = mm__put_names(m, at, &c->geoms, m->name_geomadr);
  at = mm__put_names(m, at, &c->sites, m->name_siteadr);
  at = mm__put_names(m, at, &c->cameras, m->name_camadr);
  at = mm__put_names(m, at, &c->lights, m->name_lightadr);
  at = mm__put_names(m, at, &s->meshes, m->name_meshadr);
  at = mm__put_names(m, at, &s->textures, m->name_texadr);
  at = mm__put_names(m, at, &s->materials, m->name_matadr);
  at = mm__put_names(m, at, &c->pairs, m->name_pairadr);
  at = mm__put_names(m, at, &c->excludes, m->name_excludeadr);
  at = mm__put_names(m, at, &s->equalities, m->name_eqadr);
  at = mm__put_names(m, at, &s->tendons, m->name_tendonadr);
  at = mm__put_names(m, at, &s->actuators, m->name_actuatoradr);
  at = mm__put_names(m, at, &s->sensors, m->name_sensoradr);
  at = mm__put_names(m, at, &s->numerics, m->name_numericadr);
  at = mm__put_names(m, at, &s->keys, m->name_keyadr);
  for (int i = 0; i < s->textures.count; i++) {
    const mm_spec_texture *t = MM_ITEM(s->textures, mm_spec_texture, i);
    m->tex_pathadr[i] = -1;
    if (t->path) at = mm__put_name(m, at, t->path, &m->tex_pathadr[i]);
  }
}

/* ---- sizes and memory ---- */

static void mm__count_names(mm_compile *c) {
  const mm_spec *s = c->spec;
  const mm_list *lists[] = {&s->bodies,   &s->joints,     &s->geoms,    &s->sites,     &s->cameras,
                            &s->lights,   &s->meshes,     &s->textures, &s->materials, &s->pairs,
                            &s->excludes, &s->equalities, &s->tendons,  &s->actuators, &s->sensors,
                            &s->numerics, &s->keys};
  c->m->nnames = 1;
  for (int i = 0; i < MM_COUNT(lists); i++) c->m->nnames += mm__name_bytes(lists[i]);
  for (int i = 0; i < s->textures.count; i++) {
    const mm_spec_texture *t = MM_ITEM(s->textures, mm_spec_texture, i);
    if (t->path) c->m->nnames += 1 + (int)strlen(t->path);
  }
}

static mm_status mm__compile_sizes(mm_compile *c) {
  double meshes = 0;
  mm_model *m = c->m;
  const mm_spec *s = c->spec;
  m->nbody = s->bodies.count;
  m->njnt = s->joints.count;
  m->ngeom = s->geoms.count;
  m->nsite = s->sites.count;
  m->ncam = s->cameras.count;
  m->nlight = s->lights.count;
  m->nmesh = s->meshes.count;
  m->ntex = s->textures.count;
  m->nmat = s->materials.count;
  m->npair = s->pairs.count;
  m->nexclude = s->excludes.count;
  m->neq = s->equalities.count;
  m->ntendon = s->tendons.count;
  m->nu = s->actuators.count;
  m->nsensor = s->sensors.count;
  m->nnumeric = s->numerics.count;
  m->nkey = s->keys.count > s->nkey ? s->keys.count : s->nkey;
  for (int i = 0; i < m->njnt; i++) {
    int type = MM_ITEM(s->joints, mm_spec_joint, i)->type;
    m->nq += mm__joint_nq(type);
    m->nv += mm__joint_nv(type);
  }
  for (int i = 0; i < m->nbody; i++) m->nmocap += MM_ITEM(s->bodies, mm_spec_body, i)->mocap;
  for (int i = 0; i < m->nu; i++) m->na += MM_ITEM(s->actuators, mm_spec_actuator, i)->dyntype != MM_DYN_NONE;
  for (int i = 0; i < m->ntendon; i++) m->nwrap += MM_ITEM(s->tendons, mm_spec_tendon, i)->wraps.count;
  for (int i = 0; i < m->nsensor; i++) {
    const mm_spec_sensor *sensor = MM_ITEM(s->sensors, mm_spec_sensor, i);
    m->nsensordata += mm__sensor_dim(sensor);
    if (m->nsensordata > 100000000) return MM_WRONG(c, &sensor->e, "all sensors together have more than 1e8 numbers");
  }
  for (int i = 0; i < m->nnumeric; i++) m->nnumericdata += MM_ITEM(s->numerics, mm_spec_numeric, i)->size;
  for (int i = 0; i < m->nmesh; i++) {
    meshes += c->meshes[i].nvert + c->meshes[i].nface;
    if (meshes > 1e8)
      return MM_WRONG(c, &c->meshes[i].spec->e, "all meshes together have more than 1e8 vertices and faces");
    m->nmeshvert += c->meshes[i].nvert;
    m->nmeshface += c->meshes[i].nface;
  }
  if ((double)m->nkey * m->nmocap > 1e8)
    return mm__fail(c->ctx, MM_E_MODEL, "%d keyframes of %d mocap bodies are too many", m->nkey, m->nmocap);
  m->nkeymocap = m->nkey * m->nmocap;
  mm__count_names(c);
  return MM_OK;
}

/* the arrays of the model itself; those of the plans follow when their sizes are known */
static mm_status mm__compile_memory(mm_compile *c) {
  mm_model *model = c->m;
  const int nq = model->nq, nv = model->nv, na = model->na, nu = model->nu;
  (void)nq, (void)nv, (void)na, (void)nu;
#define MM_COMPILE_NEW(kind, type, field, rows, columns, unit, meaning)                       \
  model->field = MM_NEW(model->ctx, MM_TYPE_##type, (size_t)model->rows * (size_t)(columns)); \
  if (!model->field) return MM_E_MEMORY;
  MM_MODEL_FIELDS_KINEMATICS(MM_COMPILE_NEW)
  MM_MODEL_FIELDS_GEOMETRY(MM_COMPILE_NEW)
  MM_MODEL_FIELDS_ACTUATION(MM_COMPILE_NEW)
#undef MM_COMPILE_NEW
  model->names = MM_NEW(model->ctx, char, model->nnames);
  model->name = mm__strdup(model->ctx, c->spec->name);
  return model->names && model->name ? MM_OK : MM_E_MEMORY;
}

/* ---- assets ---- */

static mm_status mm__compile_meshes(mm_compile *c) {
  c->meshes = MM_ARENA_NEW(&c->arena, mm_mesh, c->spec->meshes.count);
  if (!c->meshes) return MM_E_MEMORY;
  for (int i = 0; i < c->spec->meshes.count; i++)
    MM_TRY(mm__mesh_compile(&c->arena, c->spec, MM_ITEM(c->spec->meshes, mm_spec_mesh, i), &c->meshes[i]));
  return MM_OK;
}

/* vertices are kept to the precision of float, which is what MuJoCo collides */
static void mm__store_mesh(mm_model *m, int i, const mm_mesh *mesh, int *vert, int *face) {
  m->mesh_vertadr[i] = *vert;
  m->mesh_vertnum[i] = mesh->nvert;
  m->mesh_faceadr[i] = *face;
  m->mesh_facenum[i] = mesh->nface;
  mm__row(m->mesh_scale, i, 3, mesh->spec->scale);
  mm__row(m->mesh_pos, i, 3, mesh->pos);
  mm__row(m->mesh_quat, i, 4, mesh->quat);
  for (int k = 0; k < 3 * mesh->nvert; k++) m->mesh_vert[3 * *vert + k] = (double)(float)mesh->vert[k];
  memcpy(m->mesh_face + 3 * *face, mesh->face, 3 * (size_t)mesh->nface * sizeof *mesh->face);
  *vert += mesh->nvert;
  *face += mesh->nface;
}

static mm_status mm__store_material(mm_compile *c, int i) {
  mm_model *m = c->m;
  const mm_spec_material *s = MM_ITEM(c->spec->materials, mm_spec_material, i);
  for (int k = 0; k < MM_TEXTURE_ROLES; k++)
    MM_TRY(mm__resolve_id(c, &s->e, "texture", MM_OBJ_TEXTURE, s->texture[k],
                          &m->mat_texid[MM_TEXTURE_ROLES * i + k]));
  m->mat_texuniform[i] = s->texuniform;
  mm__row(m->mat_texrepeat, i, 2, s->texrepeat);
  m->mat_emission[i] = s->emission;
  m->mat_specular[i] = s->specular;
  m->mat_shininess[i] = s->shininess;
  m->mat_reflectance[i] = s->reflectance;
  m->mat_metallic[i] = s->metallic;
  m->mat_roughness[i] = s->roughness;
  mm__row(m->mat_rgba, i, 4, s->rgba);
  return MM_OK;
}

static mm_status mm__store_assets(mm_compile *c) {
  mm_model *m = c->m;
  int vert = 0, face = 0;
  for (int i = 0; i < m->nmesh; i++) mm__store_mesh(m, i, &c->meshes[i], &vert, &face);
  for (int i = 0; i < m->nmat; i++) MM_TRY(mm__store_material(c, i));
  for (int i = 0; i < m->ntex; i++) {
    const mm_spec_texture *t = MM_ITEM(c->spec->textures, mm_spec_texture, i);
    m->tex_type[i] = t->type;
    m->tex_builtin[i] = t->builtin;
    m->tex_mark[i] = t->mark;
    m->tex_size[2 * i] = t->width;
    m->tex_size[2 * i + 1] = t->height;
    mm__row(m->tex_rgb1, i, 3, t->rgb1);
    mm__row(m->tex_rgb2, i, 3, t->rgb2);
    mm__row(m->tex_markrgb, i, 3, t->markrgb);
    m->tex_random[i] = t->random;
  }
  return MM_OK;
}

/* ---- what needs the whole ---- */

static void mm__compile_masses(mm_compile *c) {
  mm_model *m = c->m;
  double total = 0, wanted = c->spec->compiler.settotalmass, scale;
  for (int b = 0; b < m->nbody; b++) total += m->body_mass[b];
  scale = fmax(MM_LEAST_MASS, wanted / fmax(MM_LEAST_MASS, total));
  for (int b = 1; b < m->nbody && wanted > 0; b++) {
    m->body_mass[b] *= scale;
    for (int k = 0; k < 3; k++) m->body_inertia[3 * b + k] *= scale;
  }
  for (int b = 0; b < m->nbody; b++) m->body_subtreemass[b] = m->body_mass[b];
  for (int b = m->nbody - 1; b > 0; b--) m->body_subtreemass[m->body_parentid[b]] += m->body_subtreemass[b];
}

static mm_status mm__rest_poses(mm_compile *c, mm_rest *rest) {
  const mm_model *m = c->m;
  rest->pos = MM_ARENA_NEW(&c->arena, double, 3 * m->nbody);
  rest->quat = MM_ARENA_NEW(&c->arena, double, 4 * m->nbody);
  if (!rest->pos || !rest->quat) return MM_E_MEMORY;
  rest->quat[0] = 1;
  for (int b = 1; b < m->nbody; b++) {
    int p = m->body_parentid[b];
    mm__v3_copy(rest->pos + 3 * b, m->body_pos + 3 * b);
    mm__q_copy(rest->quat + 4 * b, m->body_quat + 4 * b);
    mm__pose_in(rest->pos + 3 * p, rest->quat + 4 * p, rest->pos + 3 * b, rest->quat + 4 * b);
  }
  return MM_OK;
}

/* a point of body b in the world, at rest */
static void mm__rest_point(const mm_rest *rest, int b, const double local[3], double world[3]) {
  mm__v3_copy(world, local);
  mm__pose_in(rest->pos + 3 * b, rest->quat + 4 * b, world, NULL);
}

/* Connect and weld keep how their bodies stand at qpos0. Connect: anchor in body 1, in body 2. Weld: anchor in body 2,
   in body 1, and the orientation of body 2 in body 1, unless a relative pose was given. */
static void mm__compile_anchors(mm_compile *c, const mm_rest *rest) {
  mm_model *m = c->m;
  for (int i = 0; i < m->neq; i++) {
    double *data = m->eq_data + 11 * i, world[3], inverse_pos[3], inverse[4];
    int weld = m->eq_type[i] == MM_EQ_WELD, from, to;
    if (m->eq_type[i] > MM_EQ_WELD) continue;
    if (m->eq_objtype[i] == MM_OBJ_SITE) {
      if (!weld) memset(data, 0, 11 * sizeof *data);
      continue;
    }
    if (weld && (data[6] != 0 || data[7] != 0 || data[8] != 0 || data[9] != 0)) {
      if (mm__unit(data + 6, 4) == 0) mm__q_set(data + 6, 1, 0, 0, 0);
      continue;
    }
    from = weld ? m->eq_obj2id[i] : m->eq_obj1id[i];
    to = weld ? m->eq_obj1id[i] : m->eq_obj2id[i];
    mm__rest_point(rest, from, data, world);
    mm__pose_inverse(inverse_pos, inverse, rest->pos + 3 * to, rest->quat + 4 * to);
    mm__v3_copy(data + 3, world);
    mm__pose_in(inverse_pos, inverse, data + 3, NULL);
    if (weld) mm__q_mul(data + 6, inverse, rest->quat + 4 * from);
  }
}

static void mm__widen(double low[3], double high[3], const double point[3], double radius) {
  for (int k = 0; k < 3; k++) {
    low[k] = fmin(low[k], point[k] - radius);
    high[k] = fmax(high[k], point[k] + radius);
  }
}

/* the box that holds bodies, joints, sites and geoms at rest; a plane counts with a tenth of its size */
static void mm__rest_box(const mm_model *m, const mm_rest *rest, double low[3], double high[3]) {
  double point[3];
  mm__v3_set(low, 1e10, 1e10, 1e10);
  mm__v3_set(high, -1e10, -1e10, -1e10);
  for (int b = 1; b < m->nbody; b++) {
    mm__widen(low, high, rest->pos + 3 * b, 0);
    mm__rest_point(rest, b, m->body_ipos + 3 * b, point);
    mm__widen(low, high, point, 0);
  }
  for (int j = 0; j < m->njnt; j++) {
    mm__rest_point(rest, m->jnt_bodyid[j], m->jnt_pos + 3 * j, point);
    mm__widen(low, high, point, 0);
  }
  for (int i = 0; i < m->nsite; i++) {
    mm__rest_point(rest, m->site_bodyid[i], m->site_pos + 3 * i, point);
    mm__widen(low, high, point, 0);
  }
  for (int g = 0; g < m->ngeom; g++) {
    double flat = 0.1 * fmax(m->geom_size[3 * g], m->geom_size[3 * g + 1]);
    mm__rest_point(rest, m->geom_bodyid[g], m->geom_pos + 3 * g, point);
    mm__widen(low, high, point,
              m->geom_type[g] == MM_GEOM_PLANE ? (flat > 0 ? flat : 0.01) : m->geom_rbound[g]);
  }
}

/* how far each body reaches from its centre of mass: to joints, also those of children, and around geoms */
static mm_status mm__mean_size(mm_compile *c, const mm_rest *rest, double *mean) {
  const mm_model *m = c->m;
  double *reach = MM_ARENA_NEW(&c->arena, double, m->nbody),
         *center = MM_ARENA_NEW(&c->arena, double, 3 * m->nbody), point[3];
  if (!reach || !center) return MM_E_MEMORY;
  for (int b = 0; b < m->nbody; b++) mm__rest_point(rest, b, m->body_ipos + 3 * b, center + 3 * b);
  for (int j = 0; j < m->njnt; j++) {
    int b = m->jnt_bodyid[j], p = m->body_parentid[b];
    mm__rest_point(rest, b, m->jnt_pos + 3 * j, point);
    reach[b] = fmax(reach[b], mm__v3_distance(center + 3 * b, point));
    reach[p] = fmax(reach[p], mm__v3_distance(center + 3 * p, point));
  }
  for (int g = 0; g < m->ngeom; g++) {
    int b = m->geom_bodyid[g];
    if (!b || !(m->geom_rbound[g] > 0)) continue;
    mm__rest_point(rest, b, m->geom_pos + 3 * g, point);
    reach[b] = fmax(reach[b], m->geom_rbound[g] + mm__v3_distance(center + 3 * b, point));
  }
  *mean = 0;
  for (int b = 1; b < m->nbody; b++) *mean += fmax(reach[b], 1e-5) / (m->nbody - 1);
  return MM_OK;
}

/* Statistics that need no mass matrix; those that the text gives win. A stat_meaninertia of 0 is left to the constants. */
static mm_status mm__compile_statistics(mm_compile *c, const mm_rest *rest) {
  mm_model *m = c->m;
  const mm_statistic *given = &c->spec->statistic;
  double low[3], high[3], mass = 0;
  mm__rest_box(m, rest, low, high);
  for (int k = 0; k < 3; k++) m->stat_center[k] = 0.5 * (low[k] + high[k]);
  m->stat_extent = 2; /* this and the two below: what MuJoCo has when there is nothing to measure */
  if (high[0] > low[0])
    m->stat_extent = fmax(1e-5, fmax(high[0] - low[0], fmax(high[1] - low[1], high[2] - low[2])));
  m->stat_meansize = 0.2;
  m->stat_meanmass = 1;
  if (m->nbody > 1) MM_TRY(mm__mean_size(c, rest, &m->stat_meansize));
  m->stat_extent = fmax(m->stat_extent, 2 * m->stat_meansize);
  for (int b = 1; b < m->nbody; b++) mass += m->body_mass[b];
  if (m->nbody > 1) m->stat_meanmass = mass / (m->nbody - 1);
  m->stat_meaninertia = mm__or(given->meaninertia, 0);
  m->stat_meanmass = mm__or(given->meanmass, m->stat_meanmass);
  m->stat_meansize = mm__or(given->meansize, m->stat_meansize);
  m->stat_extent = mm__or(given->extent, m->stat_extent);
  if (mm__given(given->center[0])) mm__v3_copy(m->stat_center, given->center);
  return MM_OK;
}

/* ---- the whole ---- */

static mm_status mm__compile_all(mm_compile *c) {
  mm_rest rest;
  MM_TRY(mm__compile_order(c));
  MM_TRY(mm__compile_meshes(c));
  MM_TRY(mm__compile_sizes(c));
  MM_TRY(mm__compile_memory(c));
  c->m->opt = c->spec->option;
  c->m->lengthrange = c->spec->lengthrange;
  mm__compile_names(c);
  MM_TRY(mm__compile_tree(c));
  MM_TRY(mm__store_assets(c));
  MM_TRY(mm__compile_paths(c));
  MM_TRY(mm__compile_controls(c));
  mm__compile_masses(c);
  MM_TRY(mm__rest_poses(c, &rest));
  mm__compile_anchors(c, &rest);
  return mm__compile_statistics(c, &rest);
}

mm_status mm_spec_compile(mm_spec *spec, mm_model **model) {
  mm_compile c;
  mm_status status;
  if (!spec) return MM_E_ARGUMENT;
  if (!model) return mm__fail(spec->ctx, MM_E_ARGUMENT, "mm_spec_compile: model must not be NULL");
  memset(&c, 0, sizeof c);
  c.ctx = c.arena.ctx = spec->ctx;
  c.spec = spec;
  *model = c.m = MM_NEW(spec->ctx, mm_model, 1);
  if (!c.m) return MM_E_MEMORY;
  c.m->ctx = spec->ctx;
  status = mm__compile_all(&c);
  mm__arena_free(&c.arena);
  if (status == MM_OK) status = mm__model_plan(c.m);
  if (status == MM_OK) status = mm__model_set_constants(c.m);
  if (status == MM_OK) {
    c.m->hash = mm__model_hash(c.m);
    return MM_OK;
  }
  mm_model_destroy(c.m);
  *model = NULL;
  return status;
}

mm_status mm_model_load(mm_context *ctx, const char *path, mm_model **model) {
  mm_spec *spec = NULL;
  mm_status status;
  if (model) *model = NULL;
  MM_TRY(mm_spec_load(ctx, path, &spec));
  status = mm_spec_compile(spec, model);
  mm_spec_destroy(spec);
  return status;
}
