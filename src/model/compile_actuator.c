/* >>compile-actuator: actuators, sensors, keyframes and custom numbers */

/* ---- actuators ---- */

static mm_object mm__transmission_kind(int trntype) {
  return trntype == MM_TRN_TENDON ? MM_OBJ_TENDON : trntype == MM_TRN_SITE ? MM_OBJ_SITE : MM_OBJ_JOINT;
}

static mm_status mm__compile_transmission(mm_compile *c, int i, const mm_spec_actuator *a) {
  static const char *const attrs[] = {"joint", "jointinparent", "", "tendon", "site"};
  mm_model *m = c->m;
  m->actuator_trntype[i] = a->trntype;
  m->actuator_trnid[2 * i + 1] = -1;
  MM_TRY(mm__require_id(c, &a->e, attrs[a->trntype], mm__transmission_kind(a->trntype), a->target,
                        &m->actuator_trnid[2 * i]));
  return mm__resolve_id(c, &a->e, "refsite", MM_OBJ_SITE, a->refsite, &m->actuator_trnid[2 * i + 1]);
}

/* inheritrange: a servo's range is that of its joint or tendon, scaled about the middle */
static mm_status mm__inherit_range(mm_compile *c, int i, const mm_spec_actuator *a, double ctrlrange[2],
                                   double actrange[2]) {
  const mm_model *m = c->m;
  const double *from = NULL;
  double *to = a->dyntype == MM_DYN_INTEGRATOR ? actrange : ctrlrange, middle, half;
  int id = m->actuator_trnid[2 * i];
  if (a->gaintype != MM_GAIN_FIXED || a->gainprm[0] != -a->biasprm[1] || a->biastype != MM_BIAS_AFFINE ||
      !(a->inheritrange > 0))
    return MM_OK;
  if (a->dyntype != MM_DYN_NONE && a->dyntype != MM_DYN_FILTEREXACT && a->dyntype != MM_DYN_INTEGRATOR)
    return MM_WRONG(c, &a->e, "inheritrange: only for position and intvelocity");
  if (a->trntype == MM_TRN_JOINT && m->jnt_type[id] >= MM_JNT_SLIDE) from = m->jnt_range + 2 * id;
  if (a->trntype == MM_TRN_TENDON) from = m->tendon_range + 2 * id;
  if (!from) return MM_WRONG(c, &a->e, "inheritrange: only with a slide, a hinge or a tendon");
  if (from[0] == from[1]) return MM_WRONG(c, &a->e, "inheritrange: \"%s\" has no range", a->target);
  middle = 0.5 * (from[1] + from[0]);
  half = 0.5 * (from[1] - from[0]) * a->inheritrange;
  to[0] = middle - half;
  to[1] = middle + half;
  return MM_OK;
}

static mm_status mm__check_muscle(const mm_compile *c, const mm_spec_actuator *a, const double prm[10]) {
  const mm_element *e = &a->e;
  if (prm[0] >= prm[1]) return MM_WRONG(c, e, "range: the first number must be below the second");
  if (prm[4] >= 1 || prm[5] <= 1) return MM_WRONG(c, e, "lmin and lmax: need lmin < 1 < lmax");
  if (prm[3] <= 0 || prm[6] <= 0 || prm[7] <= 0 || prm[8] <= 0)
    return MM_WRONG(c, e, "scale, vmax, fpmax and fvmax must be positive");
  return MM_OK;
}

static mm_status mm__check_activation(const mm_compile *c, const mm_spec_actuator *a) {
  const mm_element *e = &a->e;
  if (a->actdim > 1)
    return mm__element_fail(c->ctx, MM_E_UNSUPPORTED, e, "actdim: more than 1 is not supported");
  if (a->actdim == 1 && a->dyntype == MM_DYN_NONE)
    return MM_WRONG(c, e, "actdim: 1, but there is no dyntype");
  if (a->actdim == 0 && a->dyntype != MM_DYN_NONE) return MM_WRONG(c, e, "actdim: 0, but dyntype needs 1");
  if (a->gaintype == MM_GAIN_MUSCLE) MM_TRY(mm__check_muscle(c, a, a->gainprm));
  return a->biastype == MM_BIAS_MUSCLE ? mm__check_muscle(c, a, a->biasprm) : MM_OK;
}

static mm_status mm__compile_actuator(mm_compile *c, int i, int *activation) {
  mm_model *m = c->m;
  const mm_spec_actuator *a = MM_ITEM(c->spec->actuators, mm_spec_actuator, i);
  double *ctrl = m->actuator_ctrlrange + 2 * i, *act = m->actuator_actrange + 2 * i;
  MM_TRY(mm__compile_transmission(c, i, a));
  mm__row(ctrl, 0, 2, a->ctrlrange);
  mm__row(act, 0, 2, a->actrange);
  mm__row(m->actuator_forcerange, i, 2, a->forcerange);
  MM_TRY(mm__inherit_range(c, i, a, ctrl, act));
  MM_TRY(mm__limit_ordered(c, &a->e, "forcerange", a->forcelimited, a->forcerange,
                           &m->actuator_forcelimited[i]));
  MM_TRY(mm__limit_ordered(c, &a->e, "ctrlrange", a->ctrllimited, ctrl, &m->actuator_ctrllimited[i]));
  MM_TRY(mm__limit_ordered(c, &a->e, "actrange", a->actlimited, act, &m->actuator_actlimited[i]));
  if (m->actuator_actlimited[i] && a->dyntype == MM_DYN_NONE)
    return MM_WRONG(c, &a->e, "actrange: is given, but there is no dyntype");
  MM_TRY(mm__check_activation(c, a));
  m->actuator_dyntype[i] = a->dyntype;
  m->actuator_gaintype[i] = a->gaintype;
  m->actuator_biastype[i] = a->biastype;
  m->actuator_group[i] = a->group;
  m->actuator_actearly[i] = a->actearly;
  m->actuator_actnum[i] = a->dyntype != MM_DYN_NONE;
  m->actuator_actadr[i] = m->actuator_actnum[i] ? *activation : -1;
  *activation += m->actuator_actnum[i];
  mm__row(m->actuator_dynprm, i, 10, a->dynprm);
  mm__row(m->actuator_gainprm, i, 10, a->gainprm);
  mm__row(m->actuator_biasprm, i, 10, a->biasprm);
  mm__row(m->actuator_gear, i, 6, a->gear);
  mm__row(m->actuator_lengthrange, i, 2, a->lengthrange);
  return MM_OK;
}

/* ---- sensors ---- */

static const mm_sensor_kind *mm__sensor_of_type(int type) {
  for (int i = 0; i < MM_COUNT(mm__sensor_kinds); i++)
    if (mm__sensor_kinds[i].type == type) return &mm__sensor_kinds[i];
  return NULL;
}

static int mm__sensor_dim(const mm_spec_sensor *s) {
  static const int sizes[] = {1, 3, 3, 1, 3, 3, 3}; /* of the bits of mm_condata */
  int size = 0;
  if (s->type != MM_SENS_CONTACT) return mm__sensor_of_type(s->type)->dim;
  for (int i = 0; i < MM_COUNT(sizes); i++)
    if (s->intprm[0] >> i & 1) size += sizes[i];
  return size * s->intprm[2];
}

/* what a sensor asks of a camera that carries a frame, or on which a site is seen */
static mm_status mm__check_sensor_camera(const mm_compile *c, const mm_spec_sensor *s, int kind, int id) {
  const mm_model *m = c->m;
  if (kind != MM_OBJ_CAMERA) return MM_OK;
  if (m->cam_mode[id] != 0)
    return mm__element_fail(c->ctx, MM_E_UNSUPPORTED, &s->e, "camera \"%.100s\": only cameras of mode fixed are supported",
                            mm_model_name(m, MM_OBJ_CAMERA, id));
  if (s->type == MM_SENS_CAMPROJECTION && (m->cam_resolution[2 * id] == 0 || m->cam_resolution[2 * id + 1] == 0))
    return MM_WRONG(c, &s->e, "camera: \"%.100s\" has no resolution", s->reference);
  return MM_OK;
}

/* rays meet all shapes but meshes */
static mm_status mm__check_sensor_ray(const mm_compile *c, const mm_spec_sensor *s, int site) {
  const mm_model *m = c->m;
  for (int i = 0; i < m->ngeom; i++)
    if (m->geom_type[i] == MM_GEOM_MESH && mm__ray_sees(m, m->site_bodyid[site], i))
      return mm__element_fail(c->ctx, MM_E_UNSUPPORTED, &s->e, "its ray can meet geom %d \"%.100s\", and rays against meshes "
                              "are not supported: make it transparent (rgba), or use another shape", i,
                              mm_model_name(m, MM_OBJ_GEOM, i));
  return MM_OK;
}

/* what a sensor asks of the object that it sits on */
static mm_status mm__check_sensor(const mm_compile *c, const mm_spec_sensor *s, int id) {
  const mm_model *m = c->m;
  int joint = s->objtype == MM_OBJ_JOINT ? m->jnt_type[id] : -1;
  switch (s->type) {
    case MM_SENS_JOINTPOS:
    case MM_SENS_JOINTVEL:
    case MM_SENS_JOINTACTFRC:
      if (joint < MM_JNT_SLIDE) return MM_WRONG(c, &s->e, "joint: must be a slide or a hinge");
      break;
    case MM_SENS_BALLQUAT:
    case MM_SENS_BALLANGVEL:
      if (joint != MM_JNT_BALL) return MM_WRONG(c, &s->e, "joint: must be a ball joint");
      break;
    case MM_SENS_JOINTLIMITPOS:
    case MM_SENS_JOINTLIMITVEL:
    case MM_SENS_JOINTLIMITFRC:
      if (!m->jnt_limited[id]) return MM_WRONG(c, &s->e, "joint: has no limits");
      break;
    case MM_SENS_TENDONLIMITPOS:
    case MM_SENS_TENDONLIMITVEL:
    case MM_SENS_TENDONLIMITFRC:
      if (!m->tendon_limited[id]) return MM_WRONG(c, &s->e, "tendon: has no limits");
      break;
    case MM_SENS_RANGEFINDER: return mm__check_sensor_ray(c, s, id);
    default: break;
  }
  return MM_OK;
}

static mm_status mm__compile_sensor(mm_compile *c, int i, int *adr) {
  mm_model *m = c->m;
  const mm_spec_sensor *s = MM_ITEM(c->spec->sensors, mm_spec_sensor, i);
  const mm_sensor_kind *kind = mm__sensor_of_type(s->type);
  m->sensor_objid[i] = m->sensor_refid[i] = -1;
  if (s->objtype) {
    MM_TRY(mm__require_id(c, &s->e, kind->objtype ? mm__kind_word((mm_object)kind->objtype) : "objname",
                          (mm_object)s->objtype, s->object, &m->sensor_objid[i]));
    MM_TRY(mm__check_sensor(c, s, m->sensor_objid[i]));
    MM_TRY(mm__check_sensor_camera(c, s, s->objtype, m->sensor_objid[i]));
  }
  if (s->reftype) {
    MM_TRY(mm__require_id(c, &s->e, "refname", (mm_object)s->reftype, s->reference, &m->sensor_refid[i]));
    MM_TRY(mm__check_sensor_camera(c, s, s->reftype, m->sensor_refid[i]));
  }
  m->sensor_type[i] = s->type;
  m->sensor_datatype[i] = kind->datatype;
  m->sensor_needstage[i] = kind->stage;
  m->sensor_objtype[i] = s->objtype;
  m->sensor_reftype[i] = s->reftype;
  m->sensor_dim[i] = mm__sensor_dim(s);
  for (int k = 0; k < 3; k++) m->sensor_intprm[3 * i + k] = s->intprm[k];
  m->sensor_adr[i] = *adr;
  m->sensor_cutoff[i] = s->cutoff;
  m->sensor_noise[i] = s->noise;
  *adr += m->sensor_dim[i];
  return MM_OK;
}

/* ---- keyframes ---- */

/* numbers of a keyframe, or what stands there when none are given (rest NULL: zeros) */
static mm_status mm__key_numbers(const mm_compile *c, const mm_spec_key *key, const char *attr,
                                 const mm_reals *given, int count, const double *rest, double *out) {
  if (given && given->count && given->count != count)
    return MM_WRONG(c, &key->e, "%s: needs %d numbers, not %d", attr, count, given->count);
  if (given && given->count) rest = given->value;
  if (rest && count) memcpy(out, rest, (size_t)count * sizeof *out);
  return MM_OK;
}

static mm_status mm__key_mocap(mm_compile *c, const mm_spec_key *key, int i) {
  mm_model *m = c->m;
  double *pos = m->key_mpos + 3 * i * m->nmocap, *quat = m->key_mquat + 4 * i * m->nmocap;
  for (int b = 0; b < m->nbody; b++) {
    if (m->body_mocapid[b] < 0) continue;
    mm__v3_copy(pos + 3 * m->body_mocapid[b], m->body_pos + 3 * b);
    mm__q_copy(quat + 4 * m->body_mocapid[b], m->body_quat + 4 * b);
  }
  MM_TRY(mm__key_numbers(c, key, "mpos", &key->mpos, 3 * m->nmocap, NULL, pos));
  MM_TRY(mm__key_numbers(c, key, "mquat", &key->mquat, 4 * m->nmocap, NULL, quat));
  for (int k = 0; k < m->nmocap; k++) mm__unit(quat + 4 * k, 4);
  return MM_OK;
}

static mm_status mm__compile_key(mm_compile *c, int i) {
  mm_model *m = c->m;
  mm_spec_key none;
  const mm_spec_key *key = &none;
  double *qpos = m->key_qpos + (size_t)i * (size_t)m->nq;
  memset(&none, 0, sizeof none);
  if (i < c->spec->keys.count) key = MM_ITEM(c->spec->keys, mm_spec_key, i);
  m->key_time[i] = key->time;
  MM_TRY(mm__key_numbers(c, key, "qpos", &key->qpos, m->nq, m->qpos0, qpos));
  MM_TRY(mm__key_numbers(c, key, "qvel", &key->qvel, m->nv, NULL, m->key_qvel + (size_t)i * (size_t)m->nv));
  MM_TRY(mm__key_numbers(c, key, "act", &key->act, m->na, NULL, m->key_act + (size_t)i * (size_t)m->na));
  MM_TRY(mm__key_numbers(c, key, "ctrl", &key->ctrl, m->nu, NULL, m->key_ctrl + (size_t)i * (size_t)m->nu));
  for (int j = 0; j < m->njnt; j++)
    if (m->jnt_type[j] == MM_JNT_FREE || m->jnt_type[j] == MM_JNT_BALL) {
      double *q = qpos + m->jnt_qposadr[j] + (m->jnt_type[j] == MM_JNT_FREE ? 3 : 0);
      if (mm__unit(q, 4) == 0) mm__q_set(q, 1, 0, 0, 0);
    }
  return mm__key_mocap(c, key, i);
}

/* ---- custom ---- */

static mm_object mm__object_of_word(const char *word) {
  for (int kind = 1; kind < MM_KINDS; kind++)
    if (!strcmp(mm__kind_word((mm_object)kind), word)) return (mm_object)kind;
  return !strcmp(word, "xbody") ? MM_OBJ_XBODY : MM_OBJ_UNKNOWN;
}

/* the references of tuples are checked; tuples and texts are not kept */
static mm_status mm__check_tuple(const mm_compile *c, const mm_spec_tuple *t) {
  for (int i = 0; i < t->entries.count; i++) {
    const mm_spec_tuple_entry *entry = MM_ITEM(t->entries, mm_spec_tuple_entry, i);
    mm_object kind = mm__object_of_word(entry->objtype);
    int id;
    if (kind == MM_OBJ_UNKNOWN)
      return MM_WRONG(c, &entry->e, "objtype: \"%.40s\" is no type of object", entry->objtype);
    MM_TRY(mm__require_id(c, &entry->e, "objname", kind, entry->objname, &id));
  }
  return MM_OK;
}

static mm_status mm__compile_controls(mm_compile *c) {
  mm_model *m = c->m;
  int activation = 0, adr = 0, number = 0;
  for (int i = 0; i < m->nu; i++) MM_TRY(mm__compile_actuator(c, i, &activation));
  for (int i = 0; i < m->nsensor; i++) MM_TRY(mm__compile_sensor(c, i, &adr));
  for (int i = 0; i < m->nkey; i++) MM_TRY(mm__compile_key(c, i));
  for (int i = 0; i < m->nnumeric; i++) {
    const mm_spec_numeric *n = MM_ITEM(c->spec->numerics, mm_spec_numeric, i);
    m->numeric_adr[i] = number;
    m->numeric_size[i] = n->size;
    if (n->data.count)
      memcpy(m->numeric_data + number, n->data.value, (size_t)n->data.count * sizeof *n->data.value);
    number += n->size;
  }
  for (int i = 0; i < c->spec->tuples.count; i++)
    MM_TRY(mm__check_tuple(c, MM_ITEM(c->spec->tuples, mm_spec_tuple, i)));
  return MM_OK;
}
