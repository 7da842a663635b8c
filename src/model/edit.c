/* >>model-edit-code: changes of a spec before it is compiled */

/* ---- patterns ---- */

/* one [set] against a character; *pattern moves behind the set. A set that does not end matches nothing. */
static int mm__glob_set(const char **pattern, char c) {
  const char *p = *pattern + 1;
  int negated = *p == '!' || *p == '^', match = 0;
  if (negated) p++;
  for (const char *start = p; *p && (*p != ']' || p == start); p++) {
    if (p[1] == '-' && p[2] && p[2] != ']') {
      match |= c >= p[0] && c <= p[2];
      p += 2;
    } else {
      match |= c == *p;
    }
  }
  if (!*p) return 0;
  *pattern = p + 1;
  return match != negated;
}

/* whether a name fits a pattern of * ? and [sets]; goes back to the last * when it does not */
static int mm__glob(const char *pattern, const char *name) {
  const char *star = NULL, *from = NULL;
  for (;;) {
    const char *next = pattern;
    if (*pattern == '*') {
      star = ++pattern;
      from = name;
      continue;
    }
    if (!*name) return !*pattern;
    if (*pattern == '[' ? mm__glob_set(&next, *name) : *pattern && (*pattern == '?' || *pattern == *name)) {
      pattern = *pattern == '[' ? next : pattern + 1;
      name++;
    } else if (star) {
      pattern = star;
      name = ++from;
    } else {
      return 0;
    }
  }
}

/* ---- removing ---- */

static void mm__list_drop(mm_list *list, int at) {
  memmove(list->item + at, list->item + at + 1, (size_t)(list->count - at - 1) * sizeof *list->item);
  list->count--;
}

/* takes n numbers out of a keyframe's list, if the list has all of them */
static void mm__reals_drop(mm_reals *list, int total, int at, int n) {
  if (!n || list->count != total) return;
  memmove(list->value + at, list->value + at + n, (size_t)(total - at - n) * sizeof *list->value);
  list->count -= n;
}

/* the columns of a joint in keyframes */
static void mm__drop_joint_columns(mm_spec *spec, const mm_spec_joint *joint) {
  int q = 0, v = 0, nq = 0, nv = 0, before = 1;
  mm__number(&spec->bodies);
  for (int i = 0; i < spec->joints.count; i++) {
    const mm_spec_joint *j = MM_ITEM(spec->joints, mm_spec_joint, i);
    int ahead = j->p.body->e.id != joint->p.body->e.id ? j->p.body->e.id < joint->p.body->e.id : before;
    if (j == joint) ahead = before = 0;
    nq += mm__joint_nq(j->type);
    nv += mm__joint_nv(j->type);
    if (!ahead) continue;
    q += mm__joint_nq(j->type);
    v += mm__joint_nv(j->type);
  }
  for (int i = 0; i < spec->keys.count; i++) {
    mm_spec_key *key = MM_ITEM(spec->keys, mm_spec_key, i);
    mm__reals_drop(&key->qpos, nq, q, mm__joint_nq(joint->type));
    mm__reals_drop(&key->qvel, nv, v, mm__joint_nv(joint->type));
  }
}

static void mm__drop_actuator_columns(mm_spec *spec, const mm_spec_actuator *actuator) {
  int u = 0, a = 0, na = 0;
  for (int i = 0; i < spec->actuators.count; i++) {
    const mm_spec_actuator *s = MM_ITEM(spec->actuators, mm_spec_actuator, i);
    if (s == actuator) {
      u = i;
      a = na;
    }
    na += s->dyntype != MM_DYN_NONE;
  }
  for (int i = 0; i < spec->keys.count; i++) {
    mm_spec_key *key = MM_ITEM(spec->keys, mm_spec_key, i);
    mm__reals_drop(&key->ctrl, spec->actuators.count, u, 1);
    mm__reals_drop(&key->act, na, a, actuator->dyntype != MM_DYN_NONE);
  }
}

static int mm__same(const char *a, const char *b) { return a && b && !strcmp(a, b); }

static int mm__kind_same(int a, int b) {
  return a == b || (a == MM_OBJ_BODY && b == MM_OBJ_XBODY) || (a == MM_OBJ_XBODY && b == MM_OBJ_BODY);
}

/* whether a tendon runs over the element of this kind and name */
static int mm__tendon_uses(const mm_spec_tendon *t, mm_object kind, const char *name) {
  for (int i = 0; i < t->wraps.count; i++) {
    const mm_spec_wrap *w = MM_ITEM(t->wraps, mm_spec_wrap, i);
    mm_object of = w->type == MM_WRAP_JOINT  ? MM_OBJ_JOINT
                   : w->type == MM_WRAP_SITE ? MM_OBJ_SITE
                                             : MM_OBJ_GEOM;
    if (w->type != MM_WRAP_PULLEY && of == kind && mm__same(w->object, name)) return 1;
    if (kind == MM_OBJ_SITE && mm__same(w->sidesite, name)) return 1;
  }
  return 0;
}

/* whether element e of kind `user` refers to the element of this kind and name */
static int mm__refers(mm_object user, const void *e, mm_object kind, const char *name) {
  if (user == MM_OBJ_TENDON) return mm__tendon_uses((const mm_spec_tendon *)e, kind, name);
  if (user == MM_OBJ_EQUALITY) {
    const mm_spec_equality *s = (const mm_spec_equality *)e;
    return mm__equality_kind(s) == kind && (mm__same(s->name1, name) || mm__same(s->name2, name));
  }
  if (user == MM_OBJ_ACTUATOR) {
    const mm_spec_actuator *s = (const mm_spec_actuator *)e;
    return (mm__transmission_kind(s->trntype) == kind && mm__same(s->target, name)) ||
           (kind == MM_OBJ_SITE && mm__same(s->refsite, name));
  }
  if (user == MM_OBJ_SENSOR) {
    const mm_spec_sensor *s = (const mm_spec_sensor *)e;
    return (mm__kind_same(s->objtype, (int)kind) && mm__same(s->object, name)) ||
           (mm__kind_same(s->reftype, (int)kind) && mm__same(s->reference, name));
  }
  if (user == MM_OBJ_PAIR) {
    const mm_spec_pair *s = (const mm_spec_pair *)e;
    return kind == MM_OBJ_GEOM && (mm__same(s->geom1, name) || mm__same(s->geom2, name));
  }
  return 0;
}

/* removes one element and then, in turn, everything that refers to it */
static void mm__drop(mm_spec *spec, mm_object kind, int at) {
  static const mm_object users[] = {MM_OBJ_PAIR, MM_OBJ_EQUALITY, MM_OBJ_SENSOR, MM_OBJ_ACTUATOR,
                                    MM_OBJ_TENDON};
  mm_list *list = mm__spec_list(spec, kind);
  const mm_element *e = MM_ITEM(*list, mm_element, at);
  if (kind == MM_OBJ_JOINT) mm__drop_joint_columns(spec, (const mm_spec_joint *)(const void *)e);
  if (kind == MM_OBJ_ACTUATOR) mm__drop_actuator_columns(spec, (const mm_spec_actuator *)(const void *)e);
  mm__list_drop(list, at);
  if (!e->name || !*e->name) return;
  for (int u = 0; u < MM_COUNT(users); u++) {
    mm_list *others = mm__spec_list(spec, users[u]);
    for (int i = others->count - 1; i >= 0; i--)
      if (i < others->count && mm__refers(users[u], others->item[i], kind, e->name))
        mm__drop(spec, users[u], i);
  }
}

static int mm__can_remove(mm_object kind) {
  static const mm_object kinds[] = {MM_OBJ_JOINT,  MM_OBJ_GEOM,     MM_OBJ_SITE,    MM_OBJ_CAMERA,
                                    MM_OBJ_LIGHT,  MM_OBJ_PAIR,     MM_OBJ_EXCLUDE, MM_OBJ_EQUALITY,
                                    MM_OBJ_TENDON, MM_OBJ_ACTUATOR, MM_OBJ_SENSOR,  MM_OBJ_KEY};
  for (int i = 0; i < MM_COUNT(kinds); i++)
    if (kinds[i] == kind) return 1;
  return 0;
}

mm_status mm_spec_remove(mm_spec *spec, mm_object kind, const char *pattern, int *count) {
  mm_list *list;
  int removed = 0;
  if (count) *count = 0;
  if (!spec) return MM_E_ARGUMENT;
  if (!pattern) return mm__fail(spec->ctx, MM_E_ARGUMENT, "mm_spec_remove: pattern must not be NULL");
  if (!mm__can_remove(kind))
    return mm__fail(spec->ctx, MM_E_ARGUMENT, "mm_spec_remove: a %s cannot be removed", mm__kind_word(kind));
  list = mm__spec_list(spec, kind);
  for (int i = 0; i < list->count;) {
    const char *name = MM_ITEM(*list, mm_element, i)->name;
    if (!mm__glob(pattern, name ? name : "")) {
      i++;
      continue;
    }
    mm__drop(spec, kind, i);
    removed++;
  }
  if (count) *count = removed;
  if (!removed && !strpbrk(pattern, "*?["))
    return mm__fail(spec->ctx, MM_E_ARGUMENT, "mm_spec_remove: there is no %s \"%.100s\"",
                    mm__kind_word(kind), pattern);
  return MM_OK;
}

int mm_spec_count(const mm_spec *spec, mm_object kind) {
  mm_spec copy;
  const mm_list *list;
  if (!spec) return 0;
  copy = *spec;
  list = mm__spec_list(&copy, kind);
  return list ? list->count : 0;
}

/* ---- adding sites ---- */

static mm_element *mm__list_find(const mm_list *list, const char *name) {
  for (int i = 0; i < list->count; i++)
    if (mm__same(MM_ITEM(*list, mm_element, i)->name, name)) return MM_ITEM(*list, mm_element, i);
  return NULL;
}

mm_status mm_spec_add_site(mm_spec *spec, const mm_site_def *def) {
  mm_class plain;
  mm_spec_site *site;
  mm_element *body;
  if (!spec) return MM_E_ARGUMENT;
  if (!def || !def->body || !def->name)
    return mm__fail(spec->ctx, MM_E_ARGUMENT, "mm_spec_add_site: needs body and name");
  body = mm__list_find(&spec->bodies, def->body);
  if (!body)
    return mm__fail(spec->ctx, MM_E_ARGUMENT, "mm_spec_add_site: there is no body \"%.100s\"", def->body);
  if (mm__list_find(&spec->sites, def->name))
    return mm__fail(spec->ctx, MM_E_ARGUMENT, "mm_spec_add_site: there is a site \"%.100s\" already",
                    def->name);
  site = MM_ARENA_NEW(&spec->arena, mm_spec_site, 1);
  if (!site) return MM_E_MEMORY;
  mm__default_class(&plain);
  *site = plain.site;
  site->p.e.name = mm__arena_strdup(&spec->arena, def->name);
  if (!site->p.e.name) return MM_E_MEMORY;
  site->p.e.tag = "site";
  site->p.e.file = "mm_spec_add_site";
  site->p.body = (mm_spec_body *)(void *)body;
  if (def->type) site->type = (int)def->type;
  if (def->size[0] != 0 || def->size[1] != 0 || def->size[2] != 0) mm__v3_copy(site->size, def->size);
  mm__v3_copy(site->pos, def->pos);
  if (def->quat[0] != 0 || def->quat[1] != 0 || def->quat[2] != 0 || def->quat[3] != 0)
    mm__q_copy(site->orient.quat, def->quat);
  if (def->rgba[0] != 0 || def->rgba[1] != 0 || def->rgba[2] != 0 || def->rgba[3] != 0)
    memcpy(site->rgba, def->rgba, sizeof site->rgba);
  site->group = def->group;
  return mm__list_add(&spec->arena, &spec->sites, site);
}

/* ---- options ---- */

/* an element of one attribute, as if it stood in the file */
static mm_status mm__option_element(mm_spec *spec, const char *tag, const char *name, const char *value,
                                    mm_xml *x) {
  mm_xml_attr *attr = MM_ARENA_NEW(&spec->arena, mm_xml_attr, 1);
  mm_xml_file *file = MM_ARENA_NEW(&spec->arena, mm_xml_file, 1);
  if (!attr || !file) return MM_E_MEMORY;
  attr->name = mm__arena_strdup(&spec->arena, name);
  attr->value = mm__arena_strdup(&spec->arena, value);
  if (!attr->name || !attr->value) return MM_E_MEMORY;
  file->path = "mm_spec_set_option";
  file->dir = "";
  memset(x, 0, sizeof *x);
  x->tag = tag;
  x->attrs = attr;
  x->file = file;
  return MM_OK;
}

mm_status mm_spec_set_option(mm_spec *spec, const char *name, const char *value) {
  const mm_flag *flag;
  mm_option option;
  mm_compiler compiler;
  mm_status status;
  mm_xml x;
  if (!spec) return MM_E_ARGUMENT;
  if (!name || !value)
    return mm__fail(spec->ctx, MM_E_ARGUMENT, "mm_spec_set_option: name and value must not be NULL");
  option = spec->option;
  compiler = spec->compiler;
  flag = mm__find_flag(name);
  if (flag) {
    MM_TRY(mm__option_element(spec, "flag", name, value, &x));
    return mm__set_flag(spec, &x, flag, value);
  }
  if (mm__find_attr(mm__attrs_option, MM_COUNT(mm__attrs_option), 0, 0, name)) {
    MM_TRY(mm__option_element(spec, "option", name, value, &x));
    status = mm__read_option(spec, &x);
  } else if (mm__find_attr(mm__attrs_compiler, MM_COUNT(mm__attrs_compiler), 0, 0, name)) {
    MM_TRY(mm__option_element(spec, "compiler", name, value, &x));
    status = mm__read_compiler(spec, &x);
  } else {
    return mm__fail(spec->ctx, MM_E_ARGUMENT,
                    "mm_spec_set_option: \"%.60s\" is no attribute of <option>, <flag> or <compiler>", name);
  }
  if (status == MM_OK) return MM_OK;
  spec->option = option;
  spec->compiler = compiler;
  return status;
}

/* ---- the published variants ---- */

static mm_status mm__remove_counted(mm_spec *spec, mm_object kind, const char *pattern, int expected) {
  int count;
  MM_TRY(mm_spec_remove(spec, kind, pattern, &count));
  if (count == expected) return MM_OK;
  return mm__fail(
      spec->ctx, MM_E_MODEL,
      "mm_spec_remove_fingers: %d %ss are called %s, not %d: is this MyoFullBody or MyoBimanualArm?", count,
      mm__kind_word(kind), pattern, expected);
}

mm_status mm_spec_remove_fingers(mm_spec *spec) {
  static const char *const muscles[] = {"FDS[2-5]", "FDP[2-5]",   "EDC[2-5]",  "EDM", "EIP",
                                        "EPL",      "EPB",        "FPL",       "APL", "OP",
                                        "RI[2-5]",  "LU_RB[2-5]", "UI_UB[2-5]"};
  static const struct {
    const char *pattern;
    int count;
  } joints[] = {{"cmc_flexion_[rl]", 2},     {"cmc_abduction_[rl]", 2},    {"mp_flexion_[rl]", 2},
                {"ip_flexion_[rl]", 2},      {"mcp[2-5]_flexion_[rl]", 8}, {"mcp[2-5]_abduction_[rl]", 8},
                {"pm[2-5]_flexion_[rl]", 8}, {"md[2-5]_flexion_[rl]", 8}};
  if (!spec) return MM_E_ARGUMENT;
  for (int i = 0; i < MM_COUNT(muscles); i++) {
    int count = strchr(muscles[i], '[') ? 4 : 1;
    char pattern[40];
    for (int left = 0; left < 2; left++) {
      snprintf(pattern, sizeof pattern, "%s%s", muscles[i], left ? "_left" : "");
      MM_TRY(mm__remove_counted(spec, MM_OBJ_ACTUATOR, pattern, count));
      snprintf(pattern, sizeof pattern, "%s_tendon%s", muscles[i], left ? "_left" : "");
      MM_TRY(mm__remove_counted(spec, MM_OBJ_TENDON, pattern, count));
    }
  }
  for (int i = 0; i < MM_COUNT(joints); i++)
    MM_TRY(mm__remove_counted(spec, MM_OBJ_JOINT, joints[i].pattern, joints[i].count));
  return MM_OK;
}

mm_status mm_spec_add_mimic_sites(mm_spec *spec) {
  static const struct {
    const char *site, *body;
    int arms;
  } sites[] = {{"pelvis_mimic", "pelvis", 0},           {"upper_body_mimic", "lumbar1", 0},
               {"upper_body_mimic", "thorax", 1},       {"head_mimic", "head", 0},
               {"left_shoulder_mimic", "humerus_l", 2}, {"left_elbow_mimic", "ulna_l", 2},
               {"left_hand_mimic", "lunate_l", 2},      {"right_shoulder_mimic", "humerus_r", 2},
               {"right_elbow_mimic", "ulna_r", 2},      {"right_hand_mimic", "lunate_r", 2},
               {"left_hip_mimic", "femur_l", 0},        {"left_knee_mimic", "tibia_l", 0},
               {"left_ankle_mimic", "talus_l", 0},      {"left_toes_mimic", "toes_l", 0},
               {"right_hip_mimic", "femur_r", 0},       {"right_knee_mimic", "tibia_r", 0},
               {"right_ankle_mimic", "talus_r", 0},     {"right_toes_mimic", "toes_r", 0}};
  int arms;
  if (!spec) return MM_E_ARGUMENT;
  arms = mm__list_find(&spec->bodies, "pelvis") == NULL;
  for (int i = 0; i < MM_COUNT(sites); i++) {
    mm_site_def def;
    if (sites[i].arms != 2 && sites[i].arms != arms) continue;
    memset(&def, 0, sizeof def);
    def.body = sites[i].body;
    def.name = sites[i].site;
    def.type = MM_GEOM_BOX;
    mm__v3_set(def.size, 0.075, 0.05, 0.025);
    def.group = 4;
    MM_TRY(mm_spec_add_site(spec, &def));
  }
  return MM_OK;
}

/* a mocap body of the world's with a site of the same name */
static mm_status mm__add_mocap_body(mm_spec *spec, const char *name) {
  mm_spec_body *body = MM_ARENA_NEW(&spec->arena, mm_spec_body, 1);
  mm_site_def site;
  if (!body) return MM_E_MEMORY;
  memset(&site, 0, sizeof site);
  body->e.name = name;
  body->e.tag = "body";
  body->e.file = "mm_spec_add_mocap";
  body->parent = MM_ITEM(spec->bodies, mm_spec_body, 0);
  body->orient.quat[0] = body->iorient.quat[0] = 1;
  body->ipos[0] = body->fullinertia[0] = NAN;
  body->mocap = 1;
  MM_TRY(mm__list_add(&spec->arena, &spec->bodies, body));
  site.body = site.name = name;
  return mm_spec_add_site(spec, &site);
}

static mm_status mm__add_site_weld(mm_spec *spec, const char *site1, const char *site2, double torquescale) {
  mm_spec_equality *weld = MM_ARENA_NEW(&spec->arena, mm_spec_equality, 1);
  mm_class plain;
  if (!weld) return MM_E_MEMORY;
  mm__default_class(&plain);
  *weld = plain.equality;
  weld->e.name = "";
  weld->e.tag = "weld";
  weld->e.file = "mm_spec_add_mocap";
  weld->type = MM_EQ_WELD;
  weld->objtype = MM_OBJ_SITE;
  weld->name1 = site1;
  weld->name2 = site2;
  weld->data[10] = torquescale;
  return mm__list_add(&spec->arena, &spec->equalities, weld);
}

mm_status mm_spec_add_mocap(mm_spec *spec) {
  int sites;
  if (!spec) return MM_E_ARGUMENT;
  sites = spec->sites.count;
  for (int i = 0; i < sites; i++) {
    const char *site = MM_ITEM(spec->sites, mm_element, i)->name;
    const size_t length = site ? strlen(site) : 0;
    char *name;
    if (length < 6 || strcmp(site + length - 6, "_mimic")) continue;
    name = (char *)mm__arena_alloc(&spec->arena, length + 7, 1);
    if (!name) return MM_E_MEMORY;
    snprintf(name, length + 7, "%s_mocap", site);
    MM_TRY(mm__add_mocap_body(spec, name));
    MM_TRY(mm__add_site_weld(spec, name, site, strstr(site, "shoulder") ? 0.5 : 1));
  }
  return MM_OK;
}
