/* >>t-parity: fields, contacts and the state after a step against stored numbers of MuJoCo, in double, float and on OpenCL

   The files tests/data/NAME.h5 were made by tests/oracle/parity.py --store: a few random states and states in motion, and
   what MuJoCo, run to the end, computes from them. The models beside them are our own; those of the published models are
   compared where the models are (build/models, $MUSCLEMIMIC_MODELS or ../shared/models). */
#include "support.h"

/* how far a field may be off: absolute, or relative to its norm, with the field's scale as the least norm */
typedef enum measure { ABSOLUTE, RELATIVE } measure;

typedef struct gate {
  mm_field field;
  measure kind;
  double in_double, in_float;
} gate;

static const gate gates[] = {
  {MM_XPOS, ABSOLUTE, 1e-12, 2e-6}, {MM_XQUAT, ABSOLUTE, 1e-12, 2e-6},
  {MM_TEN_LENGTH, ABSOLUTE, 1e-10, 1e-6}, {MM_TEN_VELOCITY, RELATIVE, 1e-9, 1e-4},
  {MM_ACTUATOR_LENGTH, RELATIVE, 1e-9, 1e-4}, {MM_ACTUATOR_FORCE, RELATIVE, 1e-9, 1e-4}, {MM_ACT_DOT, RELATIVE, 1e-9, 1e-4},
  {MM_QM, RELATIVE, 1e-10, 1e-5}, {MM_QFRC_BIAS, RELATIVE, 1e-10, 1e-5}, {MM_QFRC_PASSIVE, RELATIVE, 1e-10, 1e-5},
  {MM_QFRC_ACTUATOR, RELATIVE, 1e-9, 1e-4}, {MM_QFRC_CONSTRAINT, RELATIVE, 1e-6, 1e-3},
  {MM_QACC_SMOOTH, RELATIVE, 1e-6, 1e-3}, {MM_QACC, RELATIVE, 1e-6, 1e-3}, {MM_SENSORDATA, RELATIVE, 1e-6, 1e-3},
};
#define GATES (int)(sizeof gates / sizeof gates[0])
static const double contact_gate[2] = {1e-9, 1e-5}, step_gate[2] = {1e-9, 1e-5};

/* on OpenCL only the first few: each model is a program of its own, and compiling one takes seconds */
static const char *const own[] = {"shapes", "wraps", "sensors", "friction_elliptic", "actuators", "equalities", "friction", "joints", "legs18", "passive"};
static const char *const published[] = {"myofullbody", "myoarm_bimanual", "myoarm_bimanual_no_fingers", "myofullbody_no_fingers"};
enum { OWN_ON_OPENCL = 2, PUBLISHED_ON_OPENCL = 1 };
#define COUNT(list) (int)(sizeof(list) / sizeof(list)[0])

/* one model in one simulation, and the file it is compared with */
typedef struct comparison {
  mm_context *ctx;
  mm_store *store;
  mm_model *model;
  mm_sim *sim;
  const char *name;
  int states, single, compared;
} comparison;

static void failed(const comparison *c) { fail_msg("%s: %s", c->name, mm_error(c->ctx)); }

/* an array [rows, *columns] of the file, or NULL when there is none */
static double *load(comparison *c, const char *group, const char *name, int64_t rows, int64_t *columns) {
  char path[96];
  int64_t shape[MM_RANK_MAX] = {0};
  void *data = NULL;
  snprintf(path, sizeof path, "%s%s%s", group, *group ? "/" : "", name);
  if (mm_store_has(c->store, path) != 1) return NULL;
  shape[0] = rows;
  shape[1] = -1;
  if (mm_store_load(c->store, path, MM_DTYPE_F64, columns ? 2 : 1, shape, &data)) failed(c);
  if (columns) *columns = shape[1];
  return (double *)data;
}

static double scale_of(comparison *c, const char *group, const char *name) {
  char path[96];
  double scale = 0;
  snprintf(path, sizeof path, "%s/%s", group, name);
  if (mm_store_get_numbers(c->store, path, "scale", MM_DTYPE_F64, 1, &scale)) failed(c);
  return scale > 1e-12 ? scale : 1e-12;
}

static double deviation(measure kind, const double *ours, const double *theirs, int n, double scale) {
  double most = 0, difference = 0, norm = 0;
  for (int i = 0; i < n; i++) {
    const double d = ours[i] - theirs[i];
    if (!(fabs(d) <= most)) most = fabs(d);
    difference += d * d;
    norm += theirs[i] * theirs[i];
  }
  return kind == ABSOLUTE ? most : sqrt(difference) / (sqrt(norm) > scale ? sqrt(norm) : scale);
}

static double *get(comparison *c, mm_field field) {
  const int size = mm_field_size(c->model, field);
  double *values = (double *)calloc((size_t)(c->states * size + 1), sizeof *values);
  assert_non_null(values);
  if (size && mm_sim_get(c->sim, field, values)) failed(c);
  return values;
}

/* the mass matrix as its lower triangle, dense */
static double *get_mass(comparison *c) {
  const mm_model *m = c->model;
  const size_t all = (size_t)m->nv * (size_t)m->nv;
  double *sparse = get(c, MM_QM), *dense = (double *)calloc((size_t)c->states * all, sizeof *dense);
  for (int s = 0; s < c->states; s++)
    for (int i = 0; i < m->nv; i++)
      for (int k = m->M_rowadr[i]; k < m->M_rowadr[i] + m->M_rownnz[i]; k++)
        dense[(size_t)s * all + (size_t)(i * m->nv + m->M_colind[k])] = sparse[s * m->nM + k];
  free(sparse);
  return dense;
}

static void compare_field(comparison *c, const gate *g) {
  const char *name = mm_field_name(g->field);
  const double most = c->single ? g->in_float : g->in_double;
  int64_t columns = 0;
  double *theirs = load(c, "fields", name, c->states, &columns), *ours;
  if (!theirs) return;
  ours = g->field == MM_QM ? get_mass(c) : get(c, g->field);
  assert_int_equal(columns, g->field == MM_QM ? c->model->nv * c->model->nv : mm_field_size(c->model, g->field));
  for (int s = 0; s < c->states; s++) {
    const double d = deviation(g->kind, ours + s * columns, theirs + s * columns, (int)columns, scale_of(c, "fields", name));
    if (!(d <= most)) fail_msg("%s: %s of state %d is off by %.3g (gate %.0e)", c->name, name, s, d, most);
  }
  c->compared++;
  free(ours);
  mm_store_free(c->store, theirs);
}

typedef struct contact { int geom[2]; double dist, pos[3], normal[3]; } contact;

/* our contacts of a state that are not taken yet: the nearest one of the same geoms; -1: none */
static int nearest(const contact *list, const unsigned char *taken, int count, const contact *wanted) {
  int best = -1;
  double least = INFINITY;
  for (int i = 0; i < count; i++) {
    double square = 0;
    if (taken[i] || list[i].geom[0] != wanted->geom[0] || list[i].geom[1] != wanted->geom[1]) continue;
    for (int k = 0; k < 3; k++) square += (list[i].pos[k] - wanted->pos[k]) * (list[i].pos[k] - wanted->pos[k]);
    if (square < least) {
      least = square;
      best = i;
    }
  }
  return best;
}

/* In float the normal at a round geom is as good as the position of its core over how far this is from the other geom. */
static double normal_gate(const comparison *c, const contact *at) {
  double apart = at->dist;
  int round_ones = 0;
  for (int k = 0; k < 2; k++) {
    const int type = c->model->geom_type[at->geom[k]];
    if (type == MM_GEOM_PLANE || type == MM_GEOM_ELLIPSOID) return contact_gate[c->single];
    if (type != MM_GEOM_SPHERE && type != MM_GEOM_CAPSULE) continue;
    apart += c->model->geom_size[3 * at->geom[k]];
    round_ones++;
  }
  return c->single && round_ones && fabs(apart) < 0.05 ? contact_gate[1] * 0.05 / fabs(apart) : contact_gate[c->single];
}

static void compare_contact(const comparison *c, const contact *a, const contact *b, int state) {
  const double most = contact_gate[c->single];
  if (!(fabs(a->dist - b->dist) <= most))
    fail_msg("%s: state %d: distance %.12g of geoms %d %d instead of %.12g", c->name, state, a->dist, b->geom[0], b->geom[1], b->dist);
  if (!(deviation(ABSOLUTE, a->pos, b->pos, 3, 1) <= most))
    fail_msg("%s: state %d: place of the contact of geoms %d %d", c->name, state, b->geom[0], b->geom[1]);
  if (!(deviation(ABSOLUTE, a->normal, b->normal, 3, 1) <= normal_gate(c, b)))
    fail_msg("%s: state %d: normal of the contact of geoms %d %d", c->name, state, b->geom[0], b->geom[1]);
}

/* our contacts of all states, state by state in slots; count[s] of state s */
static contact *get_contacts(comparison *c, int *count) {
  const mm_model *m = c->model;
  const int slots = m->nconmax;
  double *dist = get(c, MM_CONTACT_DIST), *pos = get(c, MM_CONTACT_POS), *frame = get(c, MM_CONTACT_FRAME);
  contact *list = (contact *)calloc((size_t)(c->states * slots + 1), sizeof *list);
  for (int s = 0; s < c->states; s++) {
    count[s] = 0;
    for (int i = s * slots; i < (s + 1) * slots; i++) {
      contact *to = list + s * slots + count[s];
      if (!(dist[i] < 1e9)) continue;
      memcpy(to->geom, m->collide_geom + 2 * m->contact_collide[i - s * slots], sizeof to->geom);
      memcpy(to->pos, pos + 3 * i, sizeof to->pos);
      memcpy(to->normal, frame + 9 * i, sizeof to->normal);
      to->dist = dist[i];
      count[s]++;
    }
  }
  free(dist);
  free(pos);
  free(frame);
  return list;
}

static void compare_contacts(comparison *c) {
  const int slots = c->model->nconmax;
  int64_t columns;
  double *counts = load(c, "contacts", "count", c->states, NULL), *geom, *dist, *pos, *normal;
  int *count = (int *)calloc((size_t)c->states, sizeof *count), at = 0, all = 0;
  unsigned char *taken = (unsigned char *)calloc((size_t)slots + 1, 1);
  contact *ours = get_contacts(c, count);
  for (int s = 0; s < c->states; s++) all += (int)counts[s];
  geom = load(c, "contacts", "geom", all, &columns);
  dist = load(c, "contacts", "dist", all, NULL);
  pos = load(c, "contacts", "pos", all, &columns);
  normal = load(c, "contacts", "normal", all, &columns);
  for (int s = 0; s < c->states; s++) {
    if (count[s] != (int)counts[s]) fail_msg("%s: state %d: %d contacts instead of %d", c->name, s, count[s], (int)counts[s]);
    memset(taken, 0, (size_t)slots);
    for (const int end = at + count[s]; at < end; at++) {
      contact wanted = {{(int)geom[2 * at], (int)geom[2 * at + 1]}, dist[at], {0, 0, 0}, {0, 0, 0}};
      int found;
      memcpy(wanted.pos, pos + 3 * at, sizeof wanted.pos);
      memcpy(wanted.normal, normal + 3 * at, sizeof wanted.normal);
      found = nearest(ours + s * slots, taken, count[s], &wanted);
      if (found < 0) fail_msg("%s: state %d: no contact of geoms %d and %d", c->name, s, wanted.geom[0], wanted.geom[1]);
      taken[found] = 1;
      compare_contact(c, ours + s * slots + found, &wanted, s);
    }
  }
  mm_store_free(c->store, counts);
  mm_store_free(c->store, geom);
  mm_store_free(c->store, dist);
  mm_store_free(c->store, pos);
  mm_store_free(c->store, normal);
  free(ours);
  free(taken);
  free(count);
}

/* In float the step is compared from states in motion whose contacts have one place: random states begin with muscles in
   full force, and flat parts that lie on each other touch anywhere. */
static void compare_step(comparison *c) {
  double *in_motion = load(c, "", "in_motion", c->states, NULL), *flat = load(c, "", "flat_parts", c->states, NULL);
  int64_t nq, nv;
  double *qpos = load(c, "after", "qpos", c->states, &nq), *qvel = load(c, "after", "qvel", c->states, &nv);
  double *our_qpos, *our_qvel;
  const double scale = scale_of(c, "after", "qvel"), most = step_gate[c->single];
  if (mm_sim_step(c->sim, 1)) failed(c);
  our_qpos = get(c, MM_QPOS);
  our_qvel = get(c, MM_QVEL);
  for (int s = 0; s < c->states; s++) {
    const double d = deviation(ABSOLUTE, our_qpos + s * nq, qpos + s * nq, (int)nq, 1);
    const double v = deviation(RELATIVE, our_qvel + s * nv, qvel + s * nv, (int)nv, scale);
    if (c->single && (in_motion[s] == 0 || flat[s] != 0)) continue;
    if (!(d <= most)) fail_msg("%s: qpos of state %d is off by %.3g after a step (gate %.0e)", c->name, s, d, most);
    if (!c->single && !(v <= most)) fail_msg("%s: qvel of state %d is off by %.3g after a step (gate %.0e)", c->name, s, v, most);
  }
  free(our_qpos);
  free(our_qvel);
  mm_store_free(c->store, in_motion);
  mm_store_free(c->store, flat);
  mm_store_free(c->store, qpos);
  mm_store_free(c->store, qvel);
}

static void open_model(comparison *c, const char *path, int without_fingers) {
  mm_spec *spec = NULL;
  if (mm_spec_load(c->ctx, path, &spec) || (without_fingers && mm_spec_remove_fingers(spec)) || mm_spec_compile(spec, &c->model))
    failed(c);
  mm_spec_destroy(spec);
}

static void begin(comparison *c) {
  static const mm_field inputs[] = {MM_QPOS, MM_QVEL, MM_ACT, MM_CTRL, MM_QFRC_APPLIED};
  mm_field keep[GATES + 3];
  mm_store_array shape;
  mm_sim_def def;
  memset(&def, 0, sizeof def);
  if (mm_store_info(c->store, "states/qpos", &shape)) failed(c);
  c->states = def.environments = (int)shape.shape[0];
  for (int i = 0; i < GATES; i++) keep[i] = gates[i].field;
  keep[GATES] = MM_CONTACT_DIST;
  keep[GATES + 1] = MM_CONTACT_POS;
  keep[GATES + 2] = MM_CONTACT_FRAME;
  def.keep = keep;
  def.keep_count = GATES + 3;
  if (mm_sim_create(c->ctx, c->model, &def, &c->sim)) failed(c);
  for (int i = 0; i < COUNT(inputs); i++) {
    int64_t columns;
    double *values = load(c, "states", mm_field_name(inputs[i]), c->states, &columns);
    if (!values) continue;
    assert_int_equal(columns, mm_field_size(c->model, inputs[i]));
    if (mm_sim_set(c->sim, inputs[i], values)) failed(c);
    mm_store_free(c->store, values);
  }
}

static void compare(mm_context *ctx, int single, const char *name, const char *folder) {
  comparison c;
  mm_store_def def;
  char path[1024], file[64];
  int without_fingers = 0;
  memset(&c, 0, sizeof c);
  memset(&def, 0, sizeof def);
  c.ctx = ctx;
  c.single = single;
  c.name = name;
  def.schema = "musclemimic-parity";
  def.version = 1;
  snprintf(path, sizeof path, "tests/data/%s.h5", name);
  if (mm_store_open(ctx, path, &def, &c.store) || mm_store_get_text(c.store, "/", "model", file, sizeof file) ||
      mm_store_get_numbers(c.store, "/", "without_fingers", MM_DTYPE_I32, 1, &without_fingers))
    failed(&c);
  snprintf(path, sizeof path, "%s/%s", folder, file);
  open_model(&c, path, without_fingers);
  begin(&c);
  if (mm_sim_forward(c.sim)) failed(&c);
  for (int i = 0; i < GATES; i++) compare_field(&c, gates + i);
  assert_true(c.compared >= 5);
  compare_contacts(&c);
  compare_step(&c);
  mm_sim_destroy(c.sim);
  mm_model_destroy(c.model);
  mm_store_close(c.store);
}

/* a context, or a visible skip where there is no such device */
static mm_context *context(mm_backend_kind backend, int single) {
  mm_context_def def;
  mm_context *ctx = NULL;
  memset(&def, 0, sizeof def);
  def.backend = backend;
  def.precision = single ? MM_PRECISION_F32 : MM_PRECISION_F64;
  if (mm_context_create(&def, &ctx)) {
    mm_context_destroy(ctx);
    if (backend == MM_BACKEND_NATIVE) fail_msg("no native context");
    print_message("no OpenCL device: skipped\n");
    skip();
  }
  return ctx;
}

static void compare_own(mm_backend_kind backend, int single, int count) {
  mm_context *ctx = context(backend, single);
  for (int i = 0; i < count; i++) compare(ctx, single, own[i], strcmp(own[i], "legs18") ? "tests/data" : "models");
  mm_context_destroy(ctx);
}

/* the folder of the published models, "": there is none */
static const char *published_folder(void) {
  static char folder[900];
  const char *places[3] = {"build/models", getenv("MUSCLEMIMIC_MODELS"), "../shared/models"};
  for (int i = 0; i < 3; i++) {
    char path[1024];
    FILE *file;
    if (!places[i]) continue;
    snprintf(folder, sizeof folder, "%s", places[i]);
    snprintf(path, sizeof path, "%s/body/myofullbody.xml", folder);
    file = fopen(path, "rb");
    if (!file) continue;
    fclose(file);
    return folder;
  }
  print_message("the published models are not here (make models): skipped\n");
  return "";
}

static void compare_published(mm_backend_kind backend, int single, int count) {
  const char *folder = published_folder();
  mm_context *ctx;
  if (!*folder) skip();
  ctx = context(backend, single);
  for (int i = 0; i < count; i++) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, strncmp(published[i], "myoarm", 6) ? "body" : "arm");
    compare(ctx, single, published[i], path);
  }
  mm_context_destroy(ctx);
}

static void t_parity_own_models_in_double(void **state) { (void)state; compare_own(MM_BACKEND_NATIVE, 0, COUNT(own)); }
static void t_parity_own_models_in_float(void **state) { (void)state; compare_own(MM_BACKEND_NATIVE, 1, COUNT(own)); }
#ifndef MUSCLEMIMIC_NO_OPENCL
static void t_parity_own_models_on_opencl(void **state) { (void)state; compare_own(MM_BACKEND_OPENCL, 1, OWN_ON_OPENCL); }
static void t_parity_published_models_on_opencl(void **state) {
  (void)state;
  compare_published(MM_BACKEND_OPENCL, 1, PUBLISHED_ON_OPENCL);
}
#endif

static void t_parity_published_models_in_double(void **state) {
  (void)state;
  compare_published(MM_BACKEND_NATIVE, 0, COUNT(published));
}

static void t_parity_published_models_in_float(void **state) {
  (void)state;
  compare_published(MM_BACKEND_NATIVE, 1, COUNT(published));
}


int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_parity_own_models_in_double), cmocka_unit_test(t_parity_own_models_in_float),
    cmocka_unit_test(t_parity_published_models_in_double), cmocka_unit_test(t_parity_published_models_in_float),
#ifndef MUSCLEMIMIC_NO_OPENCL
    cmocka_unit_test(t_parity_own_models_on_opencl), cmocka_unit_test(t_parity_published_models_on_opencl),
#endif
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
