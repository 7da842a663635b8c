/* >>mjcf: an MJCF file to a spec: the sections that stand outside the bodies, and mm_spec_load */

static mm_status mm__read_compiler(mm_spec *spec, const mm_xml *x) {
  const char *assetdir = mm__xml_attr(x, "assetdir");
  if (assetdir) spec->compiler.meshdir = spec->compiler.texturedir = assetdir;
  MM_TRY(MM_READ(spec, x, mm__attrs_compiler, 0, 0, spec));
  if (strspn(spec->compiler.eulerseq, "xyzXYZ") != 3 || strlen(spec->compiler.eulerseq) != 3)
    return mm__xml_fail(spec->ctx, MM_E_PARSE, x, "eulerseq: \"%.20s\" is not three of x, y, z, X, Y, Z",
                        spec->compiler.eulerseq);
  for (const mm_xml *c = x->first; c; c = c->next) {
    if (strcmp(c->tag, "lengthrange")) return mm__unknown_element(spec->ctx, c, "compiler");
    MM_TRY(MM_READ(spec, c, mm__attrs_lengthrange, 0, 0, spec));
    MM_TRY(mm__no_children(spec->ctx, c));
  }
  return MM_OK;
}

static mm_status mm__set_flag(mm_spec *spec, const mm_xml *x, const mm_flag *flag, const char *text) {
  int on = 0, *bits = flag->enables ? spec->option.enableflags : spec->option.disableflags;
  MM_TRY(mm__read_word(spec->ctx, x, flag->name, text, mm__words_enable, &on));
  if (on && flag->refused)
    return mm__xml_fail(spec->ctx, MM_E_UNSUPPORTED, x, "%s: is not supported", flag->name);
  if (on == flag->enables)
    *bits |= flag->bit;
  else
    *bits &= ~flag->bit;
  return MM_OK;
}

static const mm_flag *mm__find_flag(const char *name) {
  for (int i = 0; i < MM_COUNT(mm__flags); i++)
    if (!strcmp(mm__flags[i].name, name)) return &mm__flags[i];
  return NULL;
}

static mm_status mm__check_option(mm_spec *spec, const mm_xml *x) {
  const mm_option *o = &spec->option;
  if (!(o->timestep[0] > 0)) return mm__xml_fail(spec->ctx, MM_E_PARSE, x, "timestep: must be positive");
  if (!(o->impratio[0] > 0)) return mm__xml_fail(spec->ctx, MM_E_PARSE, x, "impratio: must be positive");
  if (o->iterations[0] < 0) return mm__xml_fail(spec->ctx, MM_E_PARSE, x, "iterations: must not be negative");
  if (o->ls_iterations[0] < 0)
    return mm__xml_fail(spec->ctx, MM_E_PARSE, x, "ls_iterations: must not be negative");
  if (o->ccd_iterations[0] < 0)
    return mm__xml_fail(spec->ctx, MM_E_PARSE, x, "ccd_iterations: must not be negative");
  return MM_OK;
}

static mm_status mm__read_option(mm_spec *spec, const mm_xml *x) {
  MM_TRY(MM_READ(spec, x, mm__attrs_option, 0, 0, spec));
  MM_TRY(mm__check_option(spec, x));
  for (const mm_xml *c = x->first; c; c = c->next) {
    if (strcmp(c->tag, "flag")) return mm__unknown_element(spec->ctx, c, "option");
    MM_TRY(mm__no_children(spec->ctx, c));
    for (const mm_xml_attr *a = c->attrs; a; a = a->next) {
      const mm_flag *flag = mm__find_flag(a->name);
      if (!flag) return mm__xml_fail(spec->ctx, MM_E_PARSE, c, "%s: unknown attribute", a->name);
      MM_TRY(mm__set_flag(spec, c, flag, a->value));
    }
  }
  return MM_OK;
}

static mm_status mm__read_size(mm_spec *spec, const mm_xml *x) {
  MM_TRY(MM_READ(spec, x, mm__attrs_size, 0, 0, spec));
  if (spec->nkey < -1 || spec->nkey > 1 << 16)
    return mm__xml_fail(spec->ctx, MM_E_PARSE, x, "nkey: must lie in 0 to %d", 1 << 16);
  return mm__no_children(spec->ctx, x);
}

static mm_status mm__read_statistic(mm_spec *spec, const mm_xml *x) {
  MM_TRY(MM_READ(spec, x, mm__attrs_statistic, 0, 0, spec));
  if (spec->statistic.extent <= 0) return mm__xml_fail(spec->ctx, MM_E_PARSE, x, "extent: must be positive");
  return mm__no_children(spec->ctx, x);
}

/* for MuJoCo's viewers, so it is checked and not kept */
static mm_status mm__read_visual(mm_spec *spec, const mm_xml *x) {
  for (const mm_xml *c = x->first; c; c = c->next) {
    MM_TRY(mm__no_children(spec->ctx, c));
    if (!strcmp(c->tag, "global"))
      MM_TRY(MM_READ(spec, c, mm__attrs_global, 0, 0, NULL));
    else if (!strcmp(c->tag, "quality"))
      MM_TRY(MM_READ(spec, c, mm__attrs_quality, 0, 0, NULL));
    else if (!strcmp(c->tag, "headlight"))
      MM_TRY(MM_READ(spec, c, mm__attrs_headlight, 0, 0, NULL));
    else if (!strcmp(c->tag, "map"))
      MM_TRY(MM_READ(spec, c, mm__attrs_map, 0, 0, spec));
    else if (!strcmp(c->tag, "scale"))
      MM_TRY(MM_READ(spec, c, mm__attrs_scale, 0, 0, NULL));
    else if (!strcmp(c->tag, "rgba"))
      MM_TRY(MM_READ(spec, c, mm__attrs_rgba, 0, 0, NULL));
    else
      return mm__unknown_element(spec->ctx, c, "visual");
  }
  return MM_OK;
}

static mm_status mm__read_default_section(mm_spec *spec, const mm_xml *x) {
  return mm__read_default(spec, x, NULL);
}

/* ---- assets ---- */

/* an asset without a name is called as its file, without folder and extension */
static mm_status mm__name_by_file(mm_spec *spec, const mm_xml *x, mm_element *e, const char *path,
                                  int required) {
  const char *base = path;
  char *name, *dot;
  if (e->name && *e->name) return MM_OK;
  if (path)
    for (const char *p = path; *p; p++)
      if (*p == '/' || *p == '\\') base = p + 1;
  name = path ? mm__arena_strdup(&spec->arena, base) : NULL;
  if (path && !name) return MM_E_MEMORY;
  dot = name ? strrchr(name, '.') : NULL;
  if (dot) *dot = 0;
  e->name = name;
  if (required && (!name || !*name)) return mm__xml_fail(spec->ctx, MM_E_PARSE, x, "name: is required");
  return MM_OK;
}

static mm_status mm__read_mesh(mm_spec *spec, const mm_xml *x, const mm_class *c) {
  mm_spec_mesh *m = MM_ELEMENT(spec, x, &spec->meshes, mm_spec_mesh, &c->mesh);
  const double *q;
  if (!m) return MM_E_MEMORY;
  m->origin = x->file;
  MM_TRY(MM_READ(spec, x, mm__attrs_mesh, 0, 0, m));
  MM_TRY(mm__no_children(spec->ctx, x));
  q = m->refquat;
  if (q[0] == 0 && q[1] == 0 && q[2] == 0 && q[3] == 0)
    return mm__xml_fail(spec->ctx, MM_E_PARSE, x, "refquat: must not be zero");
  if (m->scale[0] == 0 || m->scale[1] == 0 || m->scale[2] == 0)
    return mm__xml_fail(spec->ctx, MM_E_PARSE, x, "scale: must not be zero");
  if (m->path && m->vertex.count) return mm__xml_fail(spec->ctx, MM_E_PARSE, x, "vertex: file is given too");
  if (m->path && m->face.count) return mm__xml_fail(spec->ctx, MM_E_PARSE, x, "face: file is given too");
  if (!m->path && !m->vertex.count)
    return mm__xml_fail(spec->ctx, MM_E_PARSE, x, "file: is required, or vertex");
  return mm__name_by_file(spec, x, &m->e, m->path, 1);
}

static mm_status mm__read_texture(mm_spec *spec, const mm_xml *x) {
  mm_spec_texture *t = MM_ELEMENT(spec, x, &spec->textures, mm_spec_texture, NULL);
  if (!t) return MM_E_MEMORY;
  t->origin = x->file;
  t->type = 1;
  mm__v3_set(t->rgb1, 0.8, 0.8, 0.8);
  mm__v3_set(t->rgb2, 0.5, 0.5, 0.5);
  t->random = 0.01;
  MM_TRY(MM_READ(spec, x, mm__attrs_texture, 0, 0, t));
  MM_TRY(mm__no_children(spec->ctx, x));
  return mm__name_by_file(spec, x, &t->e, t->path, t->type != 2);
}

static mm_status mm__read_material(mm_spec *spec, const mm_xml *x, const mm_class *c) {
  mm_spec_material *m = MM_ELEMENT(spec, x, &spec->materials, mm_spec_material, &c->material);
  if (!m) return MM_E_MEMORY;
  MM_TRY(MM_READ(spec, x, mm__attrs_material, 0, 0, m));
  if (!m->e.name || !*m->e.name) return mm__xml_fail(spec->ctx, MM_E_PARSE, x, "name: is required");
  return mm__read_material_layers(spec, x, m);
}

static mm_status mm__read_asset(mm_spec *spec, const mm_xml *x) {
  for (const mm_xml *c = x->first; c; c = c->next) {
    const mm_class *class_of = MM_ITEM(spec->classes, mm_class, 0);
    MM_TRY(mm__read_class(spec, c, "class", &class_of));
    if (!strcmp(c->tag, "mesh"))
      MM_TRY(mm__read_mesh(spec, c, class_of));
    else if (!strcmp(c->tag, "texture"))
      MM_TRY(mm__read_texture(spec, c));
    else if (!strcmp(c->tag, "material"))
      MM_TRY(mm__read_material(spec, c, class_of));
    else
      return mm__unknown_element(spec->ctx, c, "asset");
  }
  return MM_OK;
}

/* ---- contact, equality, tendon ---- */

static mm_status mm__read_contact(mm_spec *spec, const mm_xml *x) {
  for (const mm_xml *c = x->first; c; c = c->next) {
    const mm_class *class_of = MM_ITEM(spec->classes, mm_class, 0);
    MM_TRY(mm__read_class(spec, c, "class", &class_of));
    MM_TRY(mm__no_children(spec->ctx, c));
    if (!strcmp(c->tag, "pair")) {
      mm_spec_pair *pair = MM_ELEMENT(spec, c, &spec->pairs, mm_spec_pair, &class_of->pair);
      if (!pair) return MM_E_MEMORY;
      MM_TRY(MM_READ(spec, c, mm__attrs_pair, 0, 0, pair));
    } else if (!strcmp(c->tag, "exclude")) {
      mm_spec_exclude *exclude = MM_ELEMENT(spec, c, &spec->excludes, mm_spec_exclude, NULL);
      if (!exclude) return MM_E_MEMORY;
      MM_TRY(MM_READ(spec, c, mm__attrs_exclude, 0, 0, exclude));
    } else {
      return mm__unknown_element(spec->ctx, c, "contact");
    }
  }
  return MM_OK;
}

/* connect and weld join two bodies at an anchor, or two sites */
static mm_status mm__read_join(mm_spec *spec, const mm_xml *x, mm_equality_reading *r, int weld) {
  mm_context *ctx = spec->ctx;
  int has_anchor = mm__xml_attr(x, "anchor") != NULL, by_site = r->site1 || r->site2;
  if (by_site && (r->body1 || r->body2 || has_anchor || mm__xml_attr(x, "relpose")))
    return mm__xml_fail(ctx, MM_E_PARSE, x, "joins either sites or bodies: give site1 and site2, or body1%s",
                        weld ? "" : " and anchor");
  if (by_site ? !r->site1 || !r->site2 : !r->body1 || (!weld && !has_anchor))
    return mm__xml_fail(ctx, MM_E_PARSE, x, "needs site1 and site2, or body1%s", weld ? "" : " and anchor");
  r->q.objtype = by_site ? MM_OBJ_SITE : MM_OBJ_BODY;
  r->q.name1 = by_site ? r->site1 : r->body1;
  r->q.name2 = by_site ? r->site2 : r->body2;
  if (has_anchor || (weld && !by_site)) memcpy(r->q.data, r->anchor, sizeof r->anchor);
  if (mm__xml_attr(x, "relpose")) memcpy(r->q.data + 3, r->relpose, sizeof r->relpose);
  if (mm__xml_attr(x, "torquescale")) r->q.data[10] = r->torquescale;
  return MM_OK;
}

static mm_status mm__read_one_equality(mm_spec *spec, const mm_xml *x, mm_equality_reading *r) {
  static const char *const tags[] = {"connect", "weld", "joint", "tendon"};
  double polynomial[5] = {0, 1, 0, 0, 0};
  int type = -1;
  for (int i = 0; i < MM_COUNT(tags); i++)
    if (!strcmp(tags[i], x->tag)) type = i;
  if (type < 0) return mm__unknown_element(spec->ctx, x, "equality");
  MM_TRY(mm__no_children(spec->ctx, x));
  memcpy(r->polycoef, polynomial, sizeof polynomial);
  MM_TRY(MM_READ(spec, x, mm__attrs_equality, 1u << type, 0, r));
  r->q.type = type;
  if (type <= MM_EQ_WELD) return mm__read_join(spec, x, r, type == MM_EQ_WELD);
  r->q.name1 = type == MM_EQ_JOINT ? r->joint1 : r->tendon1;
  r->q.name2 = type == MM_EQ_JOINT ? r->joint2 : r->tendon2;
  memcpy(r->q.data, r->polycoef, sizeof r->polycoef);
  return MM_OK;
}

static mm_status mm__read_equality(mm_spec *spec, const mm_xml *x) {
  for (const mm_xml *c = x->first; c; c = c->next) {
    const mm_class *class_of = MM_ITEM(spec->classes, mm_class, 0);
    mm_equality_reading reading;
    mm_spec_equality *equality;
    MM_TRY(mm__read_class(spec, c, "class", &class_of));
    memset(&reading, 0, sizeof reading);
    reading.q = class_of->equality;
    mm__element_at(&reading.q.e, c);
    MM_TRY(mm__read_one_equality(spec, c, &reading));
    equality = MM_ELEMENT(spec, c, &spec->equalities, mm_spec_equality, NULL);
    if (!equality) return MM_E_MEMORY;
    *equality = reading.q;
  }
  return MM_OK;
}

static mm_status mm__read_tendon_attrs(mm_spec *spec, const mm_xml *x, unsigned tag, int in_default,
                                       mm_spec_tendon *tendon) {
  double before = tendon->springlength[1];
  const char *length = mm__xml_attr(x, "springlength");
  tendon->springlength[1] = NAN;
  MM_TRY(MM_READ(spec, x, mm__attrs_tendon, tag, in_default, tendon));
  if (!mm__given(tendon->springlength[1]))
    tendon->springlength[1] = length ? tendon->springlength[0] : before;
  return MM_OK;
}

static mm_status mm__read_wrap(mm_spec *spec, const mm_xml *x, mm_spec_tendon *tendon) {
  mm_spec_wrap *w = MM_ELEMENT(spec, x, &tendon->wraps, mm_spec_wrap, NULL);
  if (!w) return MM_E_MEMORY;
  MM_TRY(mm__no_children(spec->ctx, x));
  if (!tendon->spatial) {
    if (strcmp(x->tag, "joint")) return mm__unknown_element(spec->ctx, x, "fixed");
    w->type = MM_WRAP_JOINT;
    return MM_READ(spec, x, mm__attrs_wrap_joint, 0, 0, w);
  }
  if (!strcmp(x->tag, "site")) {
    w->type = MM_WRAP_SITE;
    return MM_READ(spec, x, mm__attrs_wrap_site, 0, 0, w);
  }
  if (!strcmp(x->tag, "geom")) {
    w->type = MM_WRAP_SPHERE;
    return MM_READ(spec, x, mm__attrs_wrap_geom, 0, 0, w);
  }
  if (strcmp(x->tag, "pulley")) return mm__unknown_element(spec->ctx, x, "spatial");
  w->type = MM_WRAP_PULLEY;
  MM_TRY(MM_READ(spec, x, mm__attrs_wrap_pulley, 0, 0, w));
  return w->number < 0 ? mm__xml_fail(spec->ctx, MM_E_PARSE, x, "divisor: must not be negative") : MM_OK;
}

static mm_status mm__read_tendon(mm_spec *spec, const mm_xml *x) {
  for (const mm_xml *c = x->first; c; c = c->next) {
    const mm_class *class_of = MM_ITEM(spec->classes, mm_class, 0);
    int spatial = !strcmp(c->tag, "spatial");
    mm_spec_tendon *tendon;
    if (!spatial && strcmp(c->tag, "fixed")) return mm__unknown_element(spec->ctx, c, "tendon");
    MM_TRY(mm__read_class(spec, c, "class", &class_of));
    tendon = MM_ELEMENT(spec, c, &spec->tendons, mm_spec_tendon, &class_of->tendon);
    if (!tendon) return MM_E_MEMORY;
    tendon->spatial = spatial;
    MM_TRY(mm__read_tendon_attrs(spec, c, spatial ? MM_TAG_SPATIAL : MM_TAG_FIXED, 0, tendon));
    for (const mm_xml *w = c->first; w; w = w->next) MM_TRY(mm__read_wrap(spec, w, tendon));
  }
  return MM_OK;
}

/* ---- actuators, sensors, custom, keyframes ---- */

static mm_status mm__read_actuators(mm_spec *spec, const mm_xml *x) {
  for (const mm_xml *c = x->first; c; c = c->next) {
    const mm_class *class_of = MM_ITEM(spec->classes, mm_class, 0);
    mm_spec_actuator *a;
    int known;
    MM_TRY(mm__read_class(spec, c, "class", &class_of));
    a = MM_ELEMENT(spec, c, &spec->actuators, mm_spec_actuator, &class_of->actuator);
    if (!a) return MM_E_MEMORY;
    MM_TRY(mm__read_actuator(spec, c, 0, a, &known));
    if (!known) return mm__unknown_element(spec->ctx, c, "actuator");
    MM_TRY(mm__no_children(spec->ctx, c));
  }
  return MM_OK;
}

static const mm_sensor_kind *mm__sensor_kind(const char *tag) {
  for (int i = 0; i < MM_COUNT(mm__sensor_kinds); i++)
    if (!strcmp(mm__sensor_kinds[i].tag, tag)) return &mm__sensor_kinds[i];
  return NULL;
}

/* words of a list, which must stand in the order of the table: their bits; an empty list changes nothing */
static mm_status mm__read_bits(mm_spec *spec, const mm_xml *x, const char *name, const char *text, const mm_word *words, int *bits) {
  int found = 0, last = 0;
  for (const char *at = mm__skip_space(text); *at; at = mm__skip_space(at)) {
    char word[64];
    const size_t length = strcspn(at, " \t\r\n");
    int bit;
    if (length >= sizeof word) return mm__xml_fail(spec->ctx, MM_E_PARSE, x, "%s: \"%.60s\" is no word that it can have", name, at);
    memcpy(word, at, length);
    word[length] = 0;
    MM_TRY(mm__read_word(spec->ctx, x, name, word, words, &bit));
    if (bit <= last) return mm__xml_fail(spec->ctx, MM_E_PARSE, x, "%s: \"%s\" must stand before the word before it", name, word);
    found |= last = bit;
    at += length;
  }
  if (found) *bits = found;
  return MM_OK;
}

/* the one object that is given for a side of a contact sensor, if any */
static mm_status mm__contact_sides(mm_spec *spec, const mm_xml *x, const mm_contact_side *sides, int count, const char **given,
                                   const char **object, int *kind) {
  for (int i = 0; i < count; i++) {
    if (!given[i]) continue;
    if (*object) return mm__xml_fail(spec->ctx, MM_E_PARSE, x, "%s: another object of this side is given too", sides[i].attr);
    *object = given[i];
    *kind = sides[i].kind;
  }
  return MM_OK;
}

static mm_status mm__read_contact_sensor(mm_spec *spec, const mm_xml *x, mm_spec_sensor *s) {
  MM_TRY(mm__contact_sides(spec, x, mm__contact_first, MM_COUNT(mm__contact_first), s->first, &s->object, &s->objtype));
  MM_TRY(mm__contact_sides(spec, x, mm__contact_second, MM_COUNT(mm__contact_second), s->second, &s->reference, &s->reftype));
  if (s->data) MM_TRY(mm__read_bits(spec, x, "data", s->data, mm__words_condata, &s->intprm[0]));
  if (s->intprm[2] < 1 || s->intprm[2] > 100000)
    return mm__xml_fail(spec->ctx, MM_E_PARSE, x, "num: must lie in 1 to 100000");
  return MM_OK;
}

/* what a sensor is of before its attributes are read */
static void mm__sensor_begin(const mm_sensor_kind *kind, mm_spec_sensor *s) {
  s->type = kind->type;
  s->objtype = kind->objtype;
  if (kind->type == MM_SENS_CAMPROJECTION) s->reftype = MM_OBJ_CAMERA;
  if (kind->type == MM_SENS_INSIDESITE) s->reftype = MM_OBJ_SITE;
  if (kind->type == MM_SENS_RANGEFINDER || kind->type == MM_SENS_CONTACT) s->intprm[0] = 1;
  if (kind->type == MM_SENS_CONTACT) s->intprm[2] = 1;
}

static mm_status mm__read_sensors(mm_spec *spec, const mm_xml *x) {
  for (const mm_xml *c = x->first; c; c = c->next) {
    const mm_sensor_kind *kind = mm__sensor_kind(c->tag);
    mm_spec_sensor *s;
    if (!kind) return mm__unknown_element(spec->ctx, c, "sensor");
    MM_TRY(mm__no_children(spec->ctx, c));
    s = MM_ELEMENT(spec, c, &spec->sensors, mm_spec_sensor, NULL);
    if (!s) return MM_E_MEMORY;
    mm__sensor_begin(kind, s);
    MM_TRY(MM_READ(spec, c, mm__attrs_sensor, kind->attrs, 0, s));
    if (s->type == MM_SENS_CONTACT) MM_TRY(mm__read_contact_sensor(spec, c, s));
    if (!s->reftype != !s->reference)
      return mm__xml_fail(spec->ctx, MM_E_PARSE, c, "reftype and refname: both or none");
    if (s->cutoff < 0) return mm__xml_fail(spec->ctx, MM_E_PARSE, c, "cutoff: must not be negative");
    if (s->noise < 0) return mm__xml_fail(spec->ctx, MM_E_PARSE, c, "noise: must not be negative");
    if (s->cutoff > 0 && kind->datatype >= 2)
      return mm__xml_fail(spec->ctx, MM_E_PARSE, c, "cutoff: not on an axis or a quaternion");
  }
  return MM_OK;
}

static mm_status mm__read_numeric(mm_spec *spec, const mm_xml *x) {
  mm_spec_numeric *n = MM_ELEMENT(spec, x, &spec->numerics, mm_spec_numeric, NULL);
  if (!n) return MM_E_MEMORY;
  MM_TRY(MM_READ(spec, x, mm__attrs_numeric, 0, 0, n));
  if (!mm__xml_attr(x, "size")) n->size = n->data.count;
  if (n->size < 1 || n->size > 500)
    return mm__xml_fail(spec->ctx, MM_E_PARSE, x, "size: must lie in 1 to 500");
  if (n->data.count > n->size)
    return mm__xml_fail(spec->ctx, MM_E_PARSE, x, "data: has more numbers than size");
  return mm__no_children(spec->ctx, x);
}

static mm_status mm__read_tuple(mm_spec *spec, const mm_xml *x) {
  mm_spec_tuple *t = MM_ELEMENT(spec, x, &spec->tuples, mm_spec_tuple, NULL);
  if (!t) return MM_E_MEMORY;
  MM_TRY(MM_READ(spec, x, mm__attrs_tuple, 0, 0, t));
  for (const mm_xml *c = x->first; c; c = c->next) {
    mm_spec_tuple_entry *entry;
    if (strcmp(c->tag, "element")) return mm__unknown_element(spec->ctx, c, "tuple");
    entry = MM_ELEMENT(spec, c, &t->entries, mm_spec_tuple_entry, NULL);
    if (!entry) return MM_E_MEMORY;
    MM_TRY(MM_READ(spec, c, mm__attrs_tuple_entry, 0, 0, entry));
    MM_TRY(mm__no_children(spec->ctx, c));
  }
  return t->entries.count ? MM_OK : mm__xml_fail(spec->ctx, MM_E_PARSE, x, "is empty");
}

static mm_status mm__read_custom(mm_spec *spec, const mm_xml *x) {
  for (const mm_xml *c = x->first; c; c = c->next) {
    if (!strcmp(c->tag, "numeric")) {
      MM_TRY(mm__read_numeric(spec, c));
    } else if (!strcmp(c->tag, "tuple")) {
      MM_TRY(mm__read_tuple(spec, c));
    } else if (!strcmp(c->tag, "text")) {
      mm_spec_text *t = MM_ELEMENT(spec, c, &spec->texts, mm_spec_text, NULL);
      if (!t) return MM_E_MEMORY;
      MM_TRY(MM_READ(spec, c, mm__attrs_text, 0, 0, t));
      if (!*t->data) return mm__xml_fail(spec->ctx, MM_E_PARSE, c, "data: must not be empty");
      MM_TRY(mm__no_children(spec->ctx, c));
    } else {
      return mm__unknown_element(spec->ctx, c, "custom");
    }
  }
  return MM_OK;
}

static mm_status mm__read_keyframes(mm_spec *spec, const mm_xml *x) {
  for (const mm_xml *c = x->first; c; c = c->next) {
    mm_spec_key *key;
    if (strcmp(c->tag, "key")) return mm__unknown_element(spec->ctx, c, "keyframe");
    key = MM_ELEMENT(spec, c, &spec->keys, mm_spec_key, NULL);
    if (!key) return MM_E_MEMORY;
    MM_TRY(MM_READ(spec, c, mm__attrs_key, 0, 0, key));
    MM_TRY(mm__no_children(spec->ctx, c));
  }
  return MM_OK;
}

/* ---- the whole file ---- */

/* Sections may come in any order and more than once. They are read in the order of this table, because classes must be
   known before what uses them. */
typedef struct mm_section {
  const char *tag;
  mm_status (*read)(mm_spec *spec, const mm_xml *x);
  int no_attrs;
} mm_section;
static const mm_section mm__sections[] = {
    {"compiler", mm__read_compiler, 0},   {"option", mm__read_option, 0},
    {"size", mm__read_size, 0},           {"visual", mm__read_visual, 1},
    {"statistic", mm__read_statistic, 0}, {"default", mm__read_default_section, 0},
    {"custom", mm__read_custom, 1},       {"asset", mm__read_asset, 1},
    {"contact", mm__read_contact, 1},     {"equality", mm__read_equality, 1},
    {"tendon", mm__read_tendon, 1},       {"actuator", mm__read_actuators, 1},
    {"sensor", mm__read_sensors, 1},      {"keyframe", mm__read_keyframes, 1},
    {"worldbody", mm__read_world, 0}};

static mm_status mm__read_mujoco(mm_spec *spec, const mm_xml *root) {
  if (!strcmp(root->tag, "robot"))
    return mm__xml_fail(spec->ctx, MM_E_UNSUPPORTED, root, "URDF is not supported, only MJCF");
  if (strcmp(root->tag, "mujoco"))
    return mm__xml_fail(spec->ctx, MM_E_PARSE, root, "the outermost element must be <mujoco>");
  MM_TRY(MM_READ(spec, root, mm__attrs_mujoco, 0, 0, spec));
  for (const mm_xml *c = root->first; c; c = c->next) {
    const mm_section *section = NULL;
    for (int i = 0; i < MM_COUNT(mm__sections); i++)
      if (!strcmp(mm__sections[i].tag, c->tag)) section = &mm__sections[i];
    if (!section) return mm__unknown_element(spec->ctx, c, "mujoco");
    if (section->no_attrs && c->attrs)
      return mm__xml_fail(spec->ctx, MM_E_PARSE, c, "%s: unknown attribute", c->attrs->name);
  }
  for (int i = 0; i < MM_COUNT(mm__sections); i++)
    for (const mm_xml *c = root->first; c; c = c->next)
      if (!strcmp(mm__sections[i].tag, c->tag)) MM_TRY(mm__sections[i].read(spec, c));
  return MM_OK;
}

/* the class "main" and the world body, which every spec has */
static mm_status mm__begin_spec(mm_spec *spec, const mm_xml *root) {
  mm_class *main_class = MM_ARENA_NEW(&spec->arena, mm_class, 1);
  mm_spec_body *world = MM_ELEMENT(spec, root, &spec->bodies, mm_spec_body, NULL);
  if (!main_class || !world) return MM_E_MEMORY;
  mm__default_spec(spec);
  mm__default_class(main_class);
  main_class->name = "main";
  world->e.tag = "worldbody";
  world->e.name = "world";
  world->orient.quat[0] = world->iorient.quat[0] = 1;
  world->ipos[0] = world->fullinertia[0] = NAN;
  spec->name = "MuJoCo Model";
  spec->dir = root->file->dir;
  return mm__list_add(&spec->arena, &spec->classes, main_class);
}

static mm_status mm__spec_read(mm_spec *spec, const char *path) {
  mm_xml *root = NULL;
  MM_TRY(mm__xml_read(&spec->arena, path, &root));
  MM_TRY(mm__begin_spec(spec, root));
  return mm__read_mujoco(spec, root);
}

mm_status mm_spec_load(mm_context *ctx, const char *path, mm_spec **spec) {
  mm_status status;
  if (!ctx) return MM_E_ARGUMENT;
  if (!path || !spec) return mm__fail(ctx, MM_E_ARGUMENT, "mm_spec_load: path and spec must not be NULL");
  *spec = MM_NEW(ctx, mm_spec, 1);
  if (!*spec) return MM_E_MEMORY;
  (*spec)->ctx = (*spec)->arena.ctx = ctx;
  status = mm__spec_read(*spec, path);
  if (status == MM_OK) return MM_OK;
  mm_spec_destroy(*spec);
  *spec = NULL;
  return status;
}

void mm_spec_destroy(mm_spec *spec) {
  if (!spec) return;
  mm__arena_free(&spec->arena);
  mm__free(spec->ctx, spec);
}
