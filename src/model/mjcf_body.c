/* >>mjcf-body: the world and everything that stands in it */

/* what a new element of a list begins with */
static void mm__element_at(mm_element *e, const mm_xml *x) {
  memset(e, 0, sizeof *e);
  e->tag = x->tag;
  e->file = x->file->path;
  e->line = x->line;
}

/* A copy of *pattern (size bytes, which begin with a mm_element), told where it comes from and added to the list. */
static void *mm__new_element(mm_spec *spec, const mm_xml *x, mm_list *list, const void *pattern,
                             size_t size) {
  void *made = mm__arena_alloc(&spec->arena, 1, size);
  if (!made) return NULL;
  if (pattern) memcpy(made, pattern, size);
  mm__element_at((mm_element *)made, x);
  return mm__list_add(&spec->arena, list, made) == MM_OK ? made : NULL;
}
#define MM_ELEMENT(spec, x, list, type, pattern) \
  ((type *)mm__new_element((spec), (x), (list), (pattern), sizeof(type)))

/* where elements are being read: the body, the innermost frame, and the class of elements that name none */
typedef struct mm_place {
  mm_spec_body *body;
  mm_spec_frame *frame;
  const mm_class *c;
} mm_place;

static mm_status mm__read_body(mm_spec *spec, const mm_xml *x, mm_place place);

static void mm__put_part(mm_spec_part *part, mm_place place) {
  part->body = place.body;
  part->frame = place.frame;
}

static mm_status mm__not_in_world(mm_spec *spec, const mm_xml *x, mm_place place) {
  if (place.body->parent) return MM_OK;
  return mm__xml_fail(spec->ctx, MM_E_MODEL, x, "cannot stand in the world, which does not move");
}

static mm_status mm__read_inertial(mm_spec *spec, const mm_xml *x, mm_place place) {
  mm_spec_body *b = place.body;
  MM_TRY(mm__not_in_world(spec, x, place));
  if (b->has_inertial) return mm__xml_fail(spec->ctx, MM_E_PARSE, x, "the body has an inertial already");
  b->has_inertial = 1;
  MM_TRY(MM_READ(spec, x, mm__attrs_inertial, 0, 0, b));
  if (mm__xml_attr(x, "fullinertia")) {
    static const char *const others[] = {"diaginertia", "quat", "axisangle", "xyaxes", "zaxis", "euler"};
    for (int i = 0; i < MM_COUNT(others); i++)
      if (mm__xml_attr(x, others[i]))
        return mm__xml_fail(spec->ctx, MM_E_PARSE, x, "fullinertia: %s is given too", others[i]);
  }
  return mm__read_orient(spec->ctx, x, &b->iorient);
}

static mm_status mm__read_joint(mm_spec *spec, const mm_xml *x, mm_place place) {
  mm_spec_joint *j;
  MM_TRY(mm__not_in_world(spec, x, place));
  j = MM_ELEMENT(spec, x, &spec->joints, mm_spec_joint, &place.c->joint);
  if (!j) return MM_E_MEMORY;
  mm__put_part(&j->p, place);
  return MM_READ(spec, x, mm__attrs_joint, 0, 0, j);
}

/* a free joint takes nothing from default classes */
static mm_status mm__read_freejoint(mm_spec *spec, const mm_xml *x, mm_place place) {
  mm_class plain;
  mm_spec_joint *j;
  MM_TRY(mm__not_in_world(spec, x, place));
  mm__default_class(&plain);
  plain.joint.type = MM_JNT_FREE;
  j = MM_ELEMENT(spec, x, &spec->joints, mm_spec_joint, &plain.joint);
  if (!j) return MM_E_MEMORY;
  mm__put_part(&j->p, place);
  return MM_READ(spec, x, mm__attrs_freejoint, 0, 0, j);
}

static mm_status mm__read_geom(mm_spec *spec, const mm_xml *x, mm_place place) {
  mm_spec_geom *g = MM_ELEMENT(spec, x, &spec->geoms, mm_spec_geom, &place.c->geom);
  if (!g) return MM_E_MEMORY;
  mm__put_part(&g->p, place);
  MM_TRY(MM_READ(spec, x, mm__attrs_geom, 0, 0, g));
  return mm__read_orient(spec->ctx, x, &g->orient);
}

static mm_status mm__read_site(mm_spec *spec, const mm_xml *x, mm_place place) {
  mm_spec_site *s = MM_ELEMENT(spec, x, &spec->sites, mm_spec_site, &place.c->site);
  if (!s) return MM_E_MEMORY;
  mm__put_part(&s->p, place);
  MM_TRY(MM_READ(spec, x, mm__attrs_site, 0, 0, s));
  return mm__read_orient(spec->ctx, x, &s->orient);
}

static mm_status mm__read_camera(mm_spec *spec, const mm_xml *x, mm_place place) {
  mm_spec_camera *c = MM_ELEMENT(spec, x, &spec->cameras, mm_spec_camera, &place.c->camera);
  if (!c) return MM_E_MEMORY;
  mm__put_part(&c->p, place);
  MM_TRY(MM_READ(spec, x, mm__attrs_camera, 0, 0, c));
  if (mm__xml_attr(x, "fovy") && mm__xml_attr(x, "sensorsize"))
    return mm__xml_fail(spec->ctx, MM_E_PARSE, x, "fovy: sensorsize is given too");
  return mm__read_orient(spec->ctx, x, &c->orient);
}

static mm_status mm__read_light_attrs(mm_spec *spec, const mm_xml *x, int in_default, mm_spec_light *light) {
  if (mm__xml_attr(x, "directional") && mm__xml_attr(x, "type"))
    return mm__xml_fail(spec->ctx, MM_E_PARSE, x, "directional: type is given too");
  return MM_READ(spec, x, mm__attrs_light, 0, in_default, light);
}

static mm_status mm__read_light(mm_spec *spec, const mm_xml *x, mm_place place) {
  mm_spec_light *l = MM_ELEMENT(spec, x, &spec->lights, mm_spec_light, &place.c->light);
  if (!l) return MM_E_MEMORY;
  mm__put_part(&l->p, place);
  return mm__read_light_attrs(spec, x, 0, l);
}

static mm_status mm__read_frame(mm_spec *spec, const mm_xml *x, mm_place place) {
  mm_spec_frame *f = MM_ELEMENT(spec, x, &spec->frames, mm_spec_frame, NULL);
  if (!f) return MM_E_MEMORY;
  f->body = place.body;
  f->frame = place.frame;
  f->orient.quat[0] = 1;
  MM_TRY(MM_READ(spec, x, mm__attrs_frame, 0, 0, f));
  MM_TRY(mm__read_orient(spec->ctx, x, &f->orient));
  MM_TRY(mm__read_class(spec, x, "childclass", &place.c));
  place.frame = f;
  return mm__read_body(spec, x, place);
}

static mm_status mm__read_child_body(mm_spec *spec, const mm_xml *x, mm_place place) {
  mm_spec_body *b = MM_ELEMENT(spec, x, &spec->bodies, mm_spec_body, NULL);
  if (!b) return MM_E_MEMORY;
  b->parent = place.body;
  b->frame = place.frame;
  b->orient.quat[0] = b->iorient.quat[0] = 1;
  b->ipos[0] = b->fullinertia[0] = NAN;
  MM_TRY(MM_READ(spec, x, mm__attrs_body, 0, 0, b));
  MM_TRY(mm__read_orient(spec->ctx, x, &b->orient));
  MM_TRY(mm__read_class(spec, x, "childclass", &place.c));
  place.body = b;
  place.frame = NULL;
  return mm__read_body(spec, x, place);
}

typedef mm_status (*mm_read_part)(mm_spec *spec, const mm_xml *x, mm_place place);
typedef struct mm_part_reader {
  const char *tag;
  mm_read_part read;
  int nests;
} mm_part_reader;

static const mm_part_reader mm__part_readers[] = {
    {"inertial", mm__read_inertial, 0}, {"joint", mm__read_joint, 0}, {"freejoint", mm__read_freejoint, 0},
    {"geom", mm__read_geom, 0},         {"site", mm__read_site, 0},   {"camera", mm__read_camera, 0},
    {"light", mm__read_light, 0},       {"frame", mm__read_frame, 1}, {"body", mm__read_child_body, 1}};

/* what stands in a body, a frame or the world, in the order of the text */
static mm_status mm__read_body(mm_spec *spec, const mm_xml *x, mm_place place) {
  for (const mm_xml *c = x->first; c; c = c->next) {
    const mm_part_reader *reader = NULL;
    mm_place here = place;
    for (int i = 0; i < MM_COUNT(mm__part_readers); i++)
      if (!strcmp(mm__part_readers[i].tag, c->tag)) reader = &mm__part_readers[i];
    if (!reader) return mm__unknown_element(spec->ctx, c, "body");
    if (!reader->nests) {
      MM_TRY(mm__no_children(spec->ctx, c));
      MM_TRY(mm__read_class(spec, c, "class", &here.c));
    }
    MM_TRY(reader->read(spec, c, here));
  }
  return MM_OK;
}

static mm_status mm__read_world(mm_spec *spec, const mm_xml *x) {
  mm_place place;
  if (x->attrs)
    return mm__xml_fail(spec->ctx, MM_E_PARSE, x, "%s: the world has no attributes", x->attrs->name);
  place.body = MM_ITEM(spec->bodies, mm_spec_body, 0);
  place.frame = NULL;
  place.c = MM_ITEM(spec->classes, mm_class, 0);
  return mm__read_body(spec, x, place);
}
