/* >>program-info: musclemimic info */
#include "config.h"
#include "clips.h"
#include "info_motion.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const arg_option options[] = {
  {"json", 0, ARG_FLAG, "", 0, 0, "as JSON"},
  {"observation", 0, ARG_FLAG, "", 0, 0, "what a policy sees of the model, and where in an observation"},
  {"preset", 0, ARG_CHOICE, "fullbody|bimanual|demo", 0, 0, "for --observation: settings (default: those that suit the model, or the configuration's)"},
  {"set", 0, ARG_PAIR, "KEY=VALUE", 0, 0, "for --observation: change a setting of training"},
  {NULL, 0, ARG_FLAG, "", 0, 0, ""}
};
static const arg_option *const groups[] = {options, clip_options, model_options, NULL};

/* how many entries of an array of kinds are of each kind */
static void count_kinds(const int *kinds, int count, int *of_kind, int limit) {
  memset(of_kind, 0, sizeof *of_kind * (size_t)limit);
  for (int i = 0; i < count; i++)
    if (kinds[i] >= 0 && kinds[i] < limit) of_kind[kinds[i]]++;
}

typedef struct breakdown {
  const char *title;          /* of what */
  const char *const *names;   /* of the kinds, NULL: not listed */
  int kinds, of_kind[8];
} breakdown;

#define BREAKDOWNS 5
static void make_breakdowns(const mm_model *m, breakdown *list) {
  static const char *const joints[] = {"free", "ball", "slide", "hinge"};
  static const char *const geoms[] = {"plane",     "hfield",   "sphere", "capsule",
                                      "ellipsoid", "cylinder", "box",    "mesh"};
  static const char *const wraps[] = {NULL, "joint", "pulley", "site", "sphere", "cylinder"};
  static const char *const equalities[] = {"connect", "weld", "joint", "tendon"};
  static const char *const gains[] = {"fixed", "affine", "muscle"};
  const breakdown made[BREAKDOWNS] = {{"joints", joints, 4, {0}},
                                      {"geoms", geoms, 8, {0}},
                                      {"wraps", wraps, 6, {0}},
                                      {"equalities", equalities, 4, {0}},
                                      {"actuators", gains, 3, {0}}};
  memcpy(list, made, sizeof made);
  count_kinds(m->jnt_type, m->njnt, list[0].of_kind, list[0].kinds);
  count_kinds(m->geom_type, m->ngeom, list[1].of_kind, list[1].kinds);
  count_kinds(m->wrap_type, m->nwrap, list[2].of_kind, list[2].kinds);
  count_kinds(m->eq_type, m->neq, list[3].of_kind, list[3].kinds);
  count_kinds(m->actuator_gaintype, m->nu, list[4].of_kind, list[4].kinds);
}

static void print_sizes(const mm_model *m) {
  static const char *const headings[] = {"size", ">number", "of"};
  table t;
  table_begin(&t, 3, headings);
#define SIZE_ROW(name, meaning) \
  table_cell(&t, "%s", #name);  \
  table_cell(&t, "%d", m->name); \
  table_cell(&t, "%s", meaning);
  MM_MODEL_SIZES(SIZE_ROW)
  SIZE_ROW(nM, "entries of the lower triangle of the mass matrix")
  SIZE_ROW(ncollide, "geom pairs that can collide")
  SIZE_ROW(nconmax, "contacts that they can have at once")
#undef SIZE_ROW
  table_end(&t, stdout);
}

static void print_breakdowns(const mm_model *m) {
  breakdown list[BREAKDOWNS];
  make_breakdowns(m, list);
  for (int i = 0; i < BREAKDOWNS; i++) {
    const char *separator = "";
    for (int k = 0; k < list[i].kinds; k++) {
      if (!list[i].of_kind[k] || !list[i].names[k]) continue;
      if (!separator[0]) printf("%-12s", list[i].title);
      printf("%s%d %s", separator, list[i].of_kind[k], list[i].names[k]);
      separator = ", ";
    }
    if (separator[0]) putchar('\n');
  }
}

static const char *option_word(const mm_model *m, const char *name) {
  if (!strcmp(name, "integrator")) return m->opt.integrator[0] == MM_INT_EULER ? " (Euler)" : "";
  if (!strcmp(name, "cone")) return m->opt.cone[0] == MM_CONE_ELLIPTIC ? " (elliptic)" : " (pyramidal)";
  return "";
}

static void print_options(const mm_model *m) {
  static const char *const headings[] = {"option", ">value", "unit", "meaning"};
  char text[128];
  size_t used;
  table t;
  table_begin(&t, 4, headings);
#define OPTION_ROW(type, name, count, unit, meaning)                                                                \
  used = 0;                                                                                                         \
  for (int i = 0; i < (count); i++)                                                                                 \
    used += (size_t)snprintf(text + used, sizeof text - used, "%s%.10g", i ? " " : "", (double)m->opt.name[i]);    \
  table_cell(&t, "%s", #name);                                                                                      \
  table_cell(&t, "%s", text);                                                                                       \
  table_cell(&t, "%s", unit);                                                                                       \
  table_cell(&t, "%s%s", meaning, option_word(m, #name));
  MM_MODEL_OPTIONS(OPTION_ROW)
#undef OPTION_ROW
  table_end(&t, stdout);
}

static double total_mass(const mm_model *m) { return m->nbody ? m->body_subtreemass[0] : 0; }

static void print_model(const app *a, const char *path, const mm_model *m) {
  char title[512];
  printf("%s: model '%s', hash %016llx\n\n", app_model_title(a, path, title, sizeof title), m->name,
         (unsigned long long)m->hash);
  print_sizes(m);
  putchar('\n');
  print_breakdowns(m);
  printf("%-12s%.4g kg; mean inertia %.4g, extent %.4g m, centre %.4g %.4g %.4g m\n\n", "mass", total_mass(m),
         m->stat_meaninertia, m->stat_extent, m->stat_center[0], m->stat_center[1], m->stat_center[2]);
  print_options(m);
  if (!a->warning_count) printf("\nno warnings\n");
  for (int i = 0; i < a->warning_count; i++) printf("%swarning: %s\n", i ? "" : "\n", a->warnings[i]);
}

static void json_breakdowns(json *j, const mm_model *m) {
  breakdown list[BREAKDOWNS];
  make_breakdowns(m, list);
  for (int i = 0; i < BREAKDOWNS; i++) {
    json_object(j, list[i].title);
    for (int k = 0; k < list[i].kinds; k++)
      if (list[i].names[k]) json_whole(j, list[i].names[k], list[i].of_kind[k]);
    json_close(j);
  }
}

static void json_options(json *j, const mm_model *m) {
  json_object(j, "options");
#define OPTION_ENTRY(type, name, count, unit, meaning)                         \
  if ((count) == 1) json_real(j, #name, (double)m->opt.name[0]);               \
  else {                                                                       \
    json_array(j, #name);                                                      \
    for (int i = 0; i < (count); i++) json_real(j, NULL, (double)m->opt.name[i]); \
    json_close(j);                                                             \
  }
  MM_MODEL_OPTIONS(OPTION_ENTRY)
#undef OPTION_ENTRY
  json_close(j);
}

static void print_model_json(const app *a, const char *path, const mm_model *m) {
  char hash[32];
  json j;
  snprintf(hash, sizeof hash, "%016llx", (unsigned long long)m->hash);
  json_begin(&j, stdout);
  json_text(&j, "file", path);
  json_text(&j, "model", m->name);
  json_text(&j, "hash", hash);
  json_object(&j, "sizes");
#define SIZE_ENTRY(name, meaning) json_whole(&j, #name, m->name);
  MM_MODEL_SIZES(SIZE_ENTRY)
  SIZE_ENTRY(nM, )
  SIZE_ENTRY(ncollide, )
  SIZE_ENTRY(nconmax, )
#undef SIZE_ENTRY
  json_close(&j);
  json_breakdowns(&j, m);
  json_real(&j, "mass", total_mass(m));
  json_real(&j, "meaninertia", m->stat_meaninertia);
  json_real(&j, "extent", m->stat_extent);
  json_options(&j, m);
  json_array(&j, "warnings");
  for (int i = 0; i < a->warning_count; i++) json_text(&j, NULL, a->warnings[i]);
  json_end(&j);
}

static void print_blocks(const mm_observation_block *blocks, int count, int is_json) {
  static const char *const headings[] = {">offset", ">size", ">stride", "block", "unit", "meaning"};
  json j;
  table t;
  if (is_json) {
    json_begin(&j, stdout);
    json_array(&j, "observation");
  } else {
    table_begin(&t, 6, headings);
  }
  for (int i = 0; i < count; i++) {
    const mm_observation_block *b = &blocks[i];
    if (is_json) {
      json_object(&j, NULL);
      json_text(&j, "block", b->name);
      json_whole(&j, "offset", b->offset);
      json_whole(&j, "size", b->size);
      json_whole(&j, "stride", b->stride);
      json_text(&j, "unit", b->unit);
      json_text(&j, "meaning", b->meaning);
      json_close(&j);
    } else {
      table_cell(&t, "%d", b->offset);
      table_cell(&t, "%d", b->size);
      table_cell(&t, "%d", b->stride);
      table_cell(&t, "%s", b->name);
      table_cell(&t, "%s", b->unit);
      table_cell(&t, "%s", b->meaning);
    }
  }
  if (is_json) json_end(&j);
  else table_end(&t, stdout);
}

/* the blocks of an observation; a preset that is named changes the model as training would */
static int observation_info(app *a, const char *path, run_config *config, mm_model **model) {
  const char *preset = arg_text(a->given, "preset", NULL);
  mm_observation_block *blocks;
  int count = 0, total = 0, code = EXIT_DONE;
  if (!config_is(path)) code = config_preset(a, preset ? preset : mm_train_preset_of(*model), config);
  if (!code) code = config_set(a, config);
  if (!code && (preset || config_is(path))) {
    mm_model_destroy(*model);
    *model = NULL;
    if (app_model_for(a, config->model ? config->model : path, &config->def, model)) return app_failed(a);
  }
  if (!code && mm_observation_blocks(a->ctx, *model, &config->def, NULL, 0, &count)) code = app_failed(a);
  if (code) return code;
  blocks = (mm_observation_block *)need((size_t)count, sizeof *blocks);
  if (mm_observation_blocks(a->ctx, *model, &config->def, blocks, count, &count)) code = app_failed(a);
  for (int i = 0; i < count; i++) total += blocks[i].size;
  if (!code) print_blocks(blocks, count, arg_count(a->given, "json"));
  if (!code && !arg_count(a->given, "json")) printf("\n%d numbers; %d actions\n", total, (*model)->nu);
  free(blocks);
  return code;
}

static int model_info(app *a, const char *path) {
  mm_model *model = NULL;
  run_config config;
  int code;
  a->warnings_silent = 1;
  code = config_model(a, path, &config, &model);
  if (!code && arg_count(a->given, "observation")) code = observation_info(a, path, &config, &model);
  else if (!code && arg_count(a->given, "json")) print_model_json(a, config.model ? config.model : path, model);
  else if (!code) print_model(a, config.model ? config.model : path, model);
  config_free(&config);
  mm_model_destroy(model);
  return code;
}

/* one array of a file of numbers: a row of the table, or an entry of the JSON */
typedef struct listing {
  mm_store *store;
  table *rows; /* NULL: JSON */
  json *j;
  const char *group;
} listing;

static const char *dtype_name(mm_dtype type) {
  static const char *const names[] = {"?", "uint8", "int32", "int64", "float32", "float64", "text"};
  return names[type];
}

static const char *shape_words(int rank, const int64_t *shape, char *text, size_t size) {
  size_t used = 0;
  if (!rank) snprintf(text, size, "scalar");
  for (int i = 0; i < rank && used < size; i++)
    used += (size_t)snprintf(text + used, size - used, "%s%lld", i ? " x " : "", (long long)shape[i]);
  return text;
}

static void list_array(const listing *l, const char *name, mm_dtype type, int rank, const int64_t *shape,
                       const char *units, const char *frame) {
  char text[128];
  if (l->rows) {
    table_cell(l->rows, "%s", name);
    table_cell(l->rows, "%s", dtype_name(type));
    table_cell(l->rows, "%s", shape_words(rank, shape, text, sizeof text));
    table_cell(l->rows, "%s", units);
    table_cell(l->rows, "%s", frame);
    return;
  }
  json_object(l->j, name);
  json_text(l->j, "type", dtype_name(type));
  json_array(l->j, "shape");
  for (int i = 0; i < rank; i++) json_whole(l->j, NULL, shape[i]);
  json_close(l->j);
  if (units[0]) json_text(l->j, "units", units);
  if (frame[0]) json_text(l->j, "frame", frame);
  json_close(l->j);
}

static int list_member(const char *name, int is_group, void *user) {
  listing l = *(const listing *)user;
  mm_store_array array;
  char path[600], units[64] = "", frame[64] = "";
  snprintf(path, sizeof path, "%s%s%s", l.group, l.group[0] ? "/" : "", name);
  if (is_group) {
    l.group = path;
    return mm_store_list(l.store, path, list_member, &l) != MM_OK;
  }
  if (mm_store_info(l.store, path, &array)) memset(&array, 0, sizeof array);
  if (mm_store_has_attribute(l.store, path, "units"))
    (void)mm_store_get_text(l.store, path, "units", units, sizeof units);
  if (mm_store_has_attribute(l.store, path, "frame"))
    (void)mm_store_get_text(l.store, path, "frame", frame, sizeof frame);
  list_array(&l, path, array.type, array.rank, array.shape, units, frame);
  return 0;
}

static void list_root(const listing *l) {
  static const char *const names[] = {"schema", "version", "created_by", "model_hash"};
  char text[256];
  for (int i = 0; i < 4; i++) {
    int number = 0;
    if (!mm_store_has_attribute(l->store, "/", names[i])) continue;
    if (i == 1 && !mm_store_get_numbers(l->store, "/", names[i], MM_DTYPE_I32, 1, &number))
      snprintf(text, sizeof text, "%d", number);
    else if (mm_store_get_text(l->store, "/", names[i], text, sizeof text)) continue;
    if (l->rows) printf("%-12s%s\n", names[i], text);
    else json_text(l->j, names[i], text);
  }
}

static const char *const array_headings[] = {"array", "type", "shape", "units", "frame"};

static int store_info(app *a, const char *path) {
  listing l;
  table t;
  json j;
  int code = EXIT_DONE;
  memset(&l, 0, sizeof l);
  l.group = "";
  if (mm_store_open(a->ctx, path, NULL, &l.store)) return app_failed(a);
  if (arg_count(a->given, "json")) {
    l.j = &j;
    json_begin(&j, stdout);
    json_text(&j, "file", path);
    list_root(&l);
    json_object(&j, "arrays");
    if (mm_store_list(l.store, "/", list_member, &l)) code = app_failed(a);
    json_end(&j);
  } else {
    l.rows = &t;
    list_root(&l);
    table_begin(&t, 5, array_headings);
    if (mm_store_list(l.store, "/", list_member, &l)) code = app_failed(a);
    table_end(&t, stdout);
  }
  mm_store_close(l.store);
  return code;
}

static int npz_info(app *a, const char *path) {
  listing l;
  mm_npz *npz = NULL;
  table t;
  json j;
  int code = EXIT_DONE;
  memset(&l, 0, sizeof l);
  if (mm_npz_open(a->ctx, path, &npz)) return app_failed(a);
  if (arg_count(a->given, "json")) {
    l.j = &j;
    json_begin(&j, stdout);
    json_text(&j, "file", path);
    json_object(&j, "arrays");
  } else {
    l.rows = &t;
    table_begin(&t, 5, array_headings);
  }
  for (int i = 0; i < mm_npz_count(npz); i++) {
    const mm_npz_array *array;
    if (mm_npz_get(npz, mm_npz_name(npz, i), &array)) code = app_failed(a);
    else list_array(&l, array->name, array->type, array->rank, array->shape, "", "");
  }
  if (l.rows) table_end(&t, stdout);
  else json_end(&j);
  mm_npz_close(npz);
  return code;
}

static int ends_with(const char *text, const char *end) {
  const size_t n = strlen(text), m = strlen(end);
  return n >= m && !strcmp(text + n - m, end);
}

static int run(const args *given) {
  const char *path = arg_operand(given, 0);
  app a;
  int code = app_begin(&a, given);
  if (code) return code;
  if (recording_is(&a, path)) code = recording_info(&a, path);
  else if (ends_with(path, ".h5") || ends_with(path, ".hdf5")) code = store_info(&a, path);
  else if (ends_with(path, ".npz")) code = npz_info(&a, path);
  else code = model_info(&a, path);
  return app_end(&a, code);
}

const command info_command = {
  "info", "what a model or a file of numbers holds", "MODEL|CONFIG.yaml|FILE", 1, 1,
  "For a model (MJCF): its sizes by MuJoCo's names, kinds of joints, geoms, tendon wraps, equalities and actuators, "
  "mass, options, and what the compiler warned of; of a configuration, its model. For a file of results (.h5) or an archive of arrays (.npz): "
  "the arrays with their types, shapes and units. Of motion (SMPL .npz, .bvh, .amc, .c3d, .trc, .mot, .sto, trajectories): frames, rate, "
  "body, axes, ranges of each joint, marker or column, and what looks wrong.",
  "  musclemimic info models/legs18.xml\n"
  "  musclemimic info myofullbody.xml --no-fingers --json\n"
  "  musclemimic info configs/fullbody.yaml --observation\n"
  "  musclemimic info fields.h5\n"
  "  musclemimic info clip.npz\n"
  "  musclemimic info trial.c3d --json\n",
  groups, run
};
