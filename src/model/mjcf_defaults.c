/* >>mjcf-defaults: what elements have when nothing is given, and default classes */

static void mm__default_solver(double solref[2], double solimp[5]) {
  static const double reference[2] = {0.02, 1}, impedance[5] = {0.9, 0.95, 0.001, 0.5, 2};
  memcpy(solref, reference, sizeof reference);
  memcpy(solimp, impedance, sizeof impedance);
}

static void mm__default_rgba(double rgba[4], double grey) {
  rgba[0] = rgba[1] = rgba[2] = grey;
  rgba[3] = 1;
}

static void mm__default_actuator(mm_spec_actuator *a) {
  a->gainprm[0] = a->dynprm[0] = a->gear[0] = 1;
  a->actdim = -1;
  a->trntype = MM_TRN_UNDEFINED;
  a->ctrllimited = a->forcelimited = a->actlimited = MM_LIMITED_AUTO;
}

static void mm__default_light(mm_spec_light *l) {
  l->castshadow = l->active = 1;
  l->dir[2] = -1;
  l->bulbradius = 0.02;
  l->range = 10;
  l->attenuation[0] = 1;
  l->cutoff = 45;
  l->softness = 0.2;
  l->exponent = 10;
  mm__v3_set(l->diffuse, 0.7, 0.7, 0.7);
  mm__v3_set(l->specular, 0.3, 0.3, 0.3);
}

static void mm__default_material(mm_spec_material *m) {
  m->texrepeat[0] = m->texrepeat[1] = 1;
  m->specular = m->shininess = 0.5;
  m->metallic = m->roughness = -1;
  mm__default_rgba(m->rgba, 1);
}

static void mm__default_geom(mm_spec_geom *g) {
  g->type = MM_GEOM_SPHERE;
  g->orient.quat[0] = 1;
  g->fromto[0] = g->mass = NAN;
  g->contype = g->conaffinity = 1;
  g->condim = 3;
  mm__v3_set(g->friction, 1, 0.005, 0.0001);
  g->solmix = g->fitscale = 1;
  g->density = 1000;
  mm__default_solver(g->solref, g->solimp);
  mm__default_rgba(g->rgba, 0.5);
}

static void mm__default_class(mm_class *c) {
  static const double pair_friction[5] = {1, 1, 0.005, 0.0001, 0.0001};
  memset(c, 0, sizeof *c);
  c->joint.type = MM_JNT_HINGE;
  c->joint.axis[2] = 1;
  c->joint.limited = c->joint.actfrclimited = c->joint.align = MM_LIMITED_AUTO;
  mm__default_solver(c->joint.solref_limit, c->joint.solimp_limit);
  mm__default_solver(c->joint.solref_friction, c->joint.solimp_friction);
  mm__default_geom(&c->geom);
  c->site.type = MM_GEOM_SPHERE;
  c->site.orient.quat[0] = 1;
  mm__v3_set(c->site.size, 0.005, 0.005, 0.005);
  c->site.fromto[0] = NAN;
  mm__default_rgba(c->site.rgba, 0.5);
  c->camera.orient.quat[0] = 1;
  c->camera.fovy = 45;
  c->camera.ipd = 0.068;
  c->camera.resolution[0] = c->camera.resolution[1] = 1;
  mm__default_light(&c->light);
  mm__v3_set(c->mesh.scale, 1, 1, 1);
  c->mesh.refquat[0] = 1;
  c->mesh.inertia = MM_MESH_LEGACY;
  mm__default_material(&c->material);
  c->pair.condim = 3;
  memcpy(c->pair.friction, pair_friction, sizeof pair_friction);
  mm__default_solver(c->pair.solref, c->pair.solimp);
  c->equality.active = 1;
  mm__default_solver(c->equality.solref, c->equality.solimp);
  c->equality.data[1] = c->equality.data[10] = 1;
  c->tendon.limited = MM_LIMITED_AUTO;
  c->tendon.springlength[0] = c->tendon.springlength[1] = -1;
  c->tendon.width = 0.003;
  mm__default_rgba(c->tendon.rgba, 0.5);
  mm__default_solver(c->tendon.solref_limit, c->tendon.solimp_limit);
  mm__default_solver(c->tendon.solref_friction, c->tendon.solimp_friction);
  mm__default_actuator(&c->actuator);
}

static void mm__default_spec(mm_spec *spec) {
  mm_option *o = &spec->option;
  mm_lengthrange_option *l = &spec->lengthrange;
  mm_statistic *s = &spec->statistic;
  spec->compiler.autolimits = spec->compiler.degree = 1;
  spec->compiler.settotalmass = -1;
  spec->compiler.inertiafromgeom = MM_LIMITED_AUTO;
  spec->compiler.inertiagrouprange[1] = 5;
  spec->compiler.eulerseq = "xyz";
  spec->compiler.meshdir = spec->compiler.texturedir = "";
  spec->znear = 0.01;
  o->timestep[0] = 0.002;
  o->impratio[0] = 1;
  o->tolerance[0] = 1e-8;
  o->ls_tolerance[0] = 0.01;
  o->ccd_tolerance[0] = 1e-6;
  o->gravity[2] = -9.81;
  o->magnetic[1] = -0.5;
  o->iterations[0] = 100;
  o->ls_iterations[0] = 50;
  o->ccd_iterations[0] = 35;
  l->mode = l->useexisting = 1;
  l->accel = 20;
  l->timeconst = 1;
  l->timestep = 0.01;
  l->inttotal = 10;
  l->interval = 2;
  l->tolrange = 0.05;
  s->meaninertia = s->meanmass = s->meansize = s->extent = s->center[0] = NAN;
}

static const mm_class *mm__find_class(const mm_spec *spec, const char *name) {
  for (int i = 0; i < spec->classes.count; i++)
    if (!strcmp(MM_ITEM(spec->classes, mm_class, i)->name, name)) return MM_ITEM(spec->classes, mm_class, i);
  return NULL;
}

/* the class that attribute `key` of x names; without it *class_out stays */
static mm_status mm__read_class(mm_spec *spec, const mm_xml *x, const char *key, const mm_class **class_out) {
  const char *name = mm__xml_attr(x, key);
  const mm_class *found;
  if (!name) return MM_OK;
  found = mm__find_class(spec, name);
  if (!found)
    return mm__xml_fail(spec->ctx, MM_E_PARSE, x, "%s: there is no default class \"%s\"", key, name);
  *class_out = found;
  return MM_OK;
}

/* ---- <default> ---- */

static mm_status mm__read_material_layers(mm_spec *spec, const mm_xml *x, mm_spec_material *material) {
  for (const mm_xml *c = x->first; c; c = c->next) {
    mm_layer layer = {NULL, 0};
    if (strcmp(c->tag, "layer")) return mm__unknown_element(spec->ctx, c, "material");
    if (mm__xml_attr(x, "texture"))
      return mm__xml_fail(spec->ctx, MM_E_PARSE, c,
                          "the material has a texture attribute, so it cannot have layers");
    MM_TRY(MM_READ(spec, c, mm__attrs_layer, 0, 0, &layer));
    MM_TRY(mm__no_children(spec->ctx, c));
    material->texture[layer.role] = layer.texture;
  }
  return MM_OK;
}

static mm_status mm__read_actuator(mm_spec *spec, const mm_xml *x, int in_default, mm_spec_actuator *a,
                                   int *known);
static mm_status mm__read_light_attrs(mm_spec *spec, const mm_xml *x, int in_default, mm_spec_light *light);
static mm_status mm__read_tendon_attrs(mm_spec *spec, const mm_xml *x, unsigned tag, int in_default,
                                       mm_spec_tendon *tendon);

static mm_status mm__read_default_equality(mm_spec *spec, const mm_xml *x, mm_spec_equality *equality) {
  mm_equality_reading reading;
  memset(&reading, 0, sizeof reading);
  reading.q = *equality;
  MM_TRY(MM_READ(spec, x, mm__attrs_equality, MM_TAG_EQ_DEFAULT, 1, &reading));
  *equality = reading.q;
  return MM_OK;
}

/* one element of a default class; *known 0: there is no such element here */
static mm_status mm__read_default_element(mm_spec *spec, const mm_xml *x, mm_class *c, int *known) {
  const char *tag = x->tag;
  *known = 1;
  if (!strcmp(tag, "joint")) return MM_READ(spec, x, mm__attrs_joint, 0, 1, &c->joint);
  if (!strcmp(tag, "geom")) {
    MM_TRY(MM_READ(spec, x, mm__attrs_geom, 0, 1, &c->geom));
    return mm__read_orient(spec->ctx, x, &c->geom.orient);
  }
  if (!strcmp(tag, "site")) {
    MM_TRY(MM_READ(spec, x, mm__attrs_site, 0, 1, &c->site));
    return mm__read_orient(spec->ctx, x, &c->site.orient);
  }
  if (!strcmp(tag, "camera")) {
    MM_TRY(MM_READ(spec, x, mm__attrs_camera, 0, 1, &c->camera));
    return mm__read_orient(spec->ctx, x, &c->camera.orient);
  }
  if (!strcmp(tag, "light")) return mm__read_light_attrs(spec, x, 1, &c->light);
  if (!strcmp(tag, "mesh")) return MM_READ(spec, x, mm__attrs_mesh, 0, 1, &c->mesh);
  if (!strcmp(tag, "pair")) return MM_READ(spec, x, mm__attrs_pair, 0, 1, &c->pair);
  if (!strcmp(tag, "equality")) return mm__read_default_equality(spec, x, &c->equality);
  if (!strcmp(tag, "tendon")) return mm__read_tendon_attrs(spec, x, MM_TAG_SPATIAL, 1, &c->tendon);
  if (!strcmp(tag, "material")) {
    MM_TRY(MM_READ(spec, x, mm__attrs_material, 0, 1, &c->material));
    return mm__read_material_layers(spec, x, &c->material);
  }
  return mm__read_actuator(spec, x, 1, &c->actuator, known);
}

/* the class of a nested <default>: it begins as its parent stands now */
static mm_status mm__new_class(mm_spec *spec, const mm_xml *x, const mm_class *parent, mm_class **made) {
  const char *name = mm__xml_attr(x, "class");
  mm_class *c;
  if (!name || !*name) return mm__xml_fail(spec->ctx, MM_E_PARSE, x, "class: a nested default needs a name");
  if (mm__find_class(spec, name))
    return mm__xml_fail(spec->ctx, MM_E_PARSE, x, "class: \"%s\" exists already", name);
  c = MM_ARENA_NEW(&spec->arena, mm_class, 1);
  if (!c) return MM_E_MEMORY;
  *c = *parent;
  c->name = name;
  *made = c;
  return mm__list_add(&spec->arena, &spec->classes, c);
}

/* A class: first its own elements, then the classes nested in it, which inherit them. Several <default> sections of
   the file all extend the class "main". */
static mm_status mm__read_default(mm_spec *spec, const mm_xml *x, const mm_class *parent) {
  mm_class *c = MM_ITEM(spec->classes, mm_class, 0);
  int known;
  if (parent) MM_TRY(mm__new_class(spec, x, parent, &c));
  MM_TRY(MM_READ(spec, x, mm__attrs_default, 0, 0, NULL));
  if (!parent && mm__xml_attr(x, "class") && *mm__xml_attr(x, "class") &&
      strcmp(mm__xml_attr(x, "class"), "main"))
    return mm__xml_fail(spec->ctx, MM_E_PARSE, x,
                        "class: the outermost default is called \"main\", it cannot be renamed");
  for (const mm_xml *child = x->first; child; child = child->next) {
    if (!strcmp(child->tag, "default")) continue;
    MM_TRY(mm__read_default_element(spec, child, c, &known));
    if (!known) return mm__unknown_element(spec->ctx, child, "default");
    if (strcmp(child->tag, "material")) MM_TRY(mm__no_children(spec->ctx, child));
  }
  for (const mm_xml *child = x->first; child; child = child->next)
    if (!strcmp(child->tag, "default")) MM_TRY(mm__read_default(spec, child, c));
  return MM_OK;
}
