/* >>dump-model: prints every size, option and array of a compiled model as text, for tests/oracle/compare_model.py.
   usage: dump_model MODEL.xml [--no-fingers] [--mimic-sites] [--remove KIND PATTERN]... [--option NAME VALUE]... */
#include "musclemimic.h"
#include <stdio.h>
#include <string.h>

static void print_ints(const char *name, const int *value, int rows, int columns) {
  printf("int %s %d %d", name, rows, columns);
  for (int i = 0; i < rows * columns; i++) printf(" %d", value[i]);
  printf("\n");
}

static void print_reals(const char *name, const double *value, int rows, int columns) {
  printf("real %s %d %d", name, rows, columns);
  for (int i = 0; i < rows * columns; i++) printf(" %.17g", value[i]);
  printf("\n");
}

static void print_names(const mm_model *m, const char *kind_name, mm_object kind) {
  for (int i = 0; i < mm_model_count(m, kind); i++)
    printf("name %s %d %s\n", kind_name, i, mm_model_name(m, kind, i));
}

#define PRINT_int print_ints
#define PRINT_real print_reals

static void print_model(const mm_model *m) {
  const int nq = m->nq, nv = m->nv, na = m->na, nu = m->nu;
  (void)nq, (void)nv, (void)na, (void)nu;
#define PRINT_SIZE(name, meaning) printf("size " #name " %d\n", m->name);
  MM_MODEL_SIZES(PRINT_SIZE)
#define PRINT_OPTION(type, name, count, unit, meaning) PRINT_##type("opt." #name, m->opt.name, 1, count);
  MM_MODEL_OPTIONS(PRINT_OPTION)
#define PRINT_FIELD(kind, type, name, rows, columns, unit, meaning) \
  PRINT_##type(#name, m->name, m->rows, columns);
  MM_MODEL_FIELDS_KINEMATICS(PRINT_FIELD)
  MM_MODEL_FIELDS_GEOMETRY(PRINT_FIELD)
  MM_MODEL_FIELDS_ACTUATION(PRINT_FIELD)
  print_reals("stat.meaninertia", &m->stat_meaninertia, 1, 1);
  print_reals("stat.meanmass", &m->stat_meanmass, 1, 1);
  print_reals("stat.meansize", &m->stat_meansize, 1, 1);
  print_reals("stat.extent", &m->stat_extent, 1, 1);
  print_reals("stat.center", m->stat_center, 1, 3);
  print_names(m, "body", MM_OBJ_BODY);
  print_names(m, "joint", MM_OBJ_JOINT);
  print_names(m, "geom", MM_OBJ_GEOM);
  print_names(m, "site", MM_OBJ_SITE);
  print_names(m, "camera", MM_OBJ_CAMERA);
  print_names(m, "light", MM_OBJ_LIGHT);
  print_names(m, "mesh", MM_OBJ_MESH);
  print_names(m, "texture", MM_OBJ_TEXTURE);
  print_names(m, "material", MM_OBJ_MATERIAL);
  print_names(m, "pair", MM_OBJ_PAIR);
  print_names(m, "exclude", MM_OBJ_EXCLUDE);
  print_names(m, "equality", MM_OBJ_EQUALITY);
  print_names(m, "tendon", MM_OBJ_TENDON);
  print_names(m, "actuator", MM_OBJ_ACTUATOR);
  print_names(m, "sensor", MM_OBJ_SENSOR);
  print_names(m, "numeric", MM_OBJ_NUMERIC);
  print_names(m, "key", MM_OBJ_KEY);
}

static mm_object kind_of(const char *word) {
  static const struct {
    const char *word;
    mm_object kind;
  } words[] = {{"joint", MM_OBJ_JOINT},   {"geom", MM_OBJ_GEOM},         {"site", MM_OBJ_SITE},
               {"tendon", MM_OBJ_TENDON}, {"actuator", MM_OBJ_ACTUATOR}, {"equality", MM_OBJ_EQUALITY},
               {"sensor", MM_OBJ_SENSOR}, {"key", MM_OBJ_KEY},           {"pair", MM_OBJ_PAIR}};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (!strcmp(words[i].word, word)) return words[i].kind;
  return MM_OBJ_UNKNOWN;
}

static mm_status edit(mm_spec *spec, int argc, char **argv) {
  for (int i = 2; i < argc; i++) {
    mm_status status = MM_OK;
    if (!strcmp(argv[i], "--no-fingers")) {
      status = mm_spec_remove_fingers(spec);
    } else if (!strcmp(argv[i], "--mimic-sites")) {
      status = mm_spec_add_mimic_sites(spec);
    } else if (!strcmp(argv[i], "--remove") && i + 2 < argc) {
      status = mm_spec_remove(spec, kind_of(argv[i + 1]), argv[i + 2], NULL);
      i += 2;
    } else if (!strcmp(argv[i], "--option") && i + 2 < argc) {
      status = mm_spec_set_option(spec, argv[i + 1], argv[i + 2]);
      i += 2;
    }
    if (status != MM_OK) return status;
  }
  return MM_OK;
}

int main(int argc, char **argv) {
  mm_context *ctx = NULL;
  mm_spec *spec = NULL;
  mm_model *model = NULL;
  int failed = argc < 2 || mm_context_create(NULL, &ctx) != MM_OK ||
               mm_spec_load(ctx, argv[1], &spec) != MM_OK || edit(spec, argc, argv) != MM_OK ||
               mm_spec_compile(spec, &model) != MM_OK;
  if (failed)
    fprintf(stderr, "%s\n", argc < 2 ? "usage: dump_model MODEL.xml ..." : mm_error(ctx));
  else
    print_model(model);
  mm_model_destroy(model);
  mm_spec_destroy(spec);
  mm_context_destroy(ctx);
  return failed;
}
