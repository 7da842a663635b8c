/* >>program-app-code: context, messages, models */
#include "app.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const arg_option model_options[] = {
  {"no-fingers", 0, ARG_FLAG, "", 0, 0, "the published variant with rigid fingers (MyoFullBody, MyoBimanualArm)"},
  {"mimic-sites", 0, ARG_FLAG, "", 0, 0, "add the sites that imitation follows"},
  {"remove-joints", 0, ARG_MANY, "PATTERN", 0, 0, "remove joints and what hangs on them; * ? [abc] as in a shell; may be repeated"},
  {"remove-actuators", 0, ARG_MANY, "PATTERN", 0, 0, "remove actuators; may be repeated"},
  {"remove-tendons", 0, ARG_MANY, "PATTERN", 0, 0, "remove tendons and what hangs on them; may be repeated"},
  {"set-option", 0, ARG_PAIR, "NAME=VALUE", 0, 0,
   "change an attribute of <option>, its <flag> or <compiler>: timestep=0.002, gravity=\"0 0 0\", contact=disable; may be repeated"},
  {NULL, 0, ARG_FLAG, "", 0, 0, ""}
};

const arg_option device_options[] = {
  {"backend", 0, ARG_CHOICE, "auto|opencl|native", 0, 0, "where the kernels run (auto: OpenCL if a device answers)"},
  {"device", 0, ARG_WHOLE, "K", 1, 1000, "which device of the backend, as numbered by 'musclemimic devices'"},
  {"precision", 0, ARG_CHOICE, "f32|f64", 0, 0, "default: f32 on OpenCL, f64 on native"},
  {"threads", 0, ARG_WHOLE, "N", 1, 4096, "native backend: threads (default: one a core)"},
  {"width", 0, ARG_WHOLE, "N", 1, 16, "environments a tile (default: what suits the device)"},
  {"lanes", 0, ARG_WHOLE, "N", 1, 1024, "work-items a group (default: what suits the device)"},
  {NULL, 0, ARG_FLAG, "", 0, 0, ""}
};

void *need(size_t count, size_t size) {
  void *block = calloc(count ? count : 1, size ? size : 1);
  if (block) return block;
  fprintf(stderr, "musclemimic: no memory for %zu x %zu bytes\n", count, size);
  exit(EXIT_FAILED);
}

static void keep_warning(app *a, const char *message) {
  char **grown = (char **)realloc(a->warnings, sizeof *grown * (size_t)(a->warning_count + 1));
  if (!grown) return;
  a->warnings = grown;
  grown[a->warning_count] = (char *)need(strlen(message) + 1, 1);
  strcpy(grown[a->warning_count++], message);
  if (!a->warnings_silent) fprintf(stderr, "musclemimic %s: warning: %s\n", arg_command(a->given), message);
}

/* errors are printed once, by app_failed */
static void on_log(mm_log_level level, const char *message, void *user) {
  app *a = (app *)user;
  if (level == MM_LOG_WARNING) keep_warning(a, message);
  else if (level != MM_LOG_ERROR && arg_count(a->given, "verbose")) fprintf(stderr, "%s\n", message);
}

static mm_context_def context_def(app *a) {
  const char *backend = arg_text(a->given, "backend", "auto"), *precision = arg_text(a->given, "precision", "");
  mm_context_def def;
  memset(&def, 0, sizeof def);
  def.log = on_log;
  def.log_user = a;
  def.backend = !strcmp(backend, "opencl") ? MM_BACKEND_OPENCL : !strcmp(backend, "native") ? MM_BACKEND_NATIVE
                                                                                           : MM_BACKEND_AUTO;
  def.precision = !strcmp(precision, "f32") ? MM_PRECISION_F32 : !strcmp(precision, "f64") ? MM_PRECISION_F64
                                                                                          : MM_PRECISION_AUTO;
  def.device = arg_whole(a->given, "device", 0);
  def.threads = arg_whole(a->given, "threads", 0);
  def.width = arg_whole(a->given, "width", 0);
  def.lanes = arg_whole(a->given, "lanes", 0);
  return def;
}

int app_begin(app *a, const args *given) {
  mm_context_def def;
  memset(a, 0, sizeof *a);
  a->given = given;
  def = context_def(a);
  if (mm_context_create(&def, &a->ctx)) return app_failed(a);
  return EXIT_DONE;
}

int app_end(app *a, int code) {
  mm_context_destroy(a->ctx);
  for (int i = 0; i < a->warning_count; i++) free(a->warnings[i]);
  free(a->warnings);
  memset(a, 0, sizeof *a);
  return code;
}

int app_failed(const app *a) { return app_error(a, "%s", mm_error(a->ctx)); }

int app_error(const app *a, const char *format, ...) {
  va_list list;
  fprintf(stderr, "musclemimic %s: ", arg_command(a->given));
  va_start(list, format);
  vfprintf(stderr, format, list);
  va_end(list);
  fputc('\n', stderr);
  return EXIT_FAILED;
}

void app_warning(app *a, const char *format, ...) {
  char message[1024];
  va_list list;
  va_start(list, format);
  vsnprintf(message, sizeof message, format, list);
  va_end(list);
  keep_warning(a, message);
}

static mm_status remove_named(app *a, mm_spec *spec, mm_object kind, const char *option) {
  const char *pattern;
  mm_status status = MM_OK;
  for (int i = 0; !status && (pattern = arg_nth(a->given, option, i)) != NULL; i++) {
    int count = 0;
    status = mm_spec_remove(spec, kind, pattern, &count);
    if (!status && count == 0) app_warning(a, "--%s %s: nothing in the model matches", option, pattern);
  }
  return status;
}

static mm_status set_options(app *a, mm_spec *spec) {
  const char *pair;
  mm_status status = MM_OK;
  for (int i = 0; !status && (pair = arg_nth(a->given, "set-option", i)) != NULL; i++) {
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(pair, "="), pair);
    status = mm_spec_set_option(spec, name, strchr(pair, '=') + 1);
  }
  return status;
}

static mm_status model_made(app *a, const char *path, const mm_train_def *def, int puppet, mm_model **model) {
  mm_spec *spec = NULL;
  mm_status status = mm_spec_load(a->ctx, path, &spec);
  *model = NULL;
  if (!status && arg_count(a->given, "no-fingers")) status = mm_spec_remove_fingers(spec);
  if (!status) status = remove_named(a, spec, MM_OBJ_JOINT, "remove-joints");
  if (!status) status = remove_named(a, spec, MM_OBJ_ACTUATOR, "remove-actuators");
  if (!status) status = remove_named(a, spec, MM_OBJ_TENDON, "remove-tendons");
  if (!status && arg_count(a->given, "mimic-sites")) status = mm_spec_add_mimic_sites(spec);
  if (!status && def) status = mm_train_edit_model(spec, def);
  if (!status) status = set_options(a, spec);
  if (!status && puppet) status = mm_spec_add_mocap(spec);
  if (!status) status = mm_spec_compile(spec, model);
  mm_spec_destroy(spec);
  return status;
}

mm_status app_model_for(app *a, const char *path, const mm_train_def *def, mm_model **model) {
  return model_made(a, path, def, 0, model);
}

mm_status app_model(app *a, const char *path, mm_model **model) { return app_model_for(a, path, NULL, model); }

mm_status app_puppet_for(app *a, const char *path, const mm_train_def *def, mm_model **puppet) {
  return model_made(a, path, def, 1, puppet);
}

const char *app_model_title(const app *a, const char *path, char *text, size_t size) {
  static const char *const removals[][2] = {
    {"remove-joints", "joints"}, {"remove-actuators", "actuators"}, {"remove-tendons", "tendons"}};
  const char *slash = strrchr(path, '/');
  size_t used = (size_t)snprintf(text, size, "%s", slash ? slash + 1 : path);
  if (arg_count(a->given, "no-fingers") && used < size)
    used += (size_t)snprintf(text + used, size - used, " without fingers");
  for (int i = 0; i < 3; i++)
    for (int k = 0; k < arg_count(a->given, removals[i][0]) && used < size; k++)
      used += (size_t)snprintf(text + used, size - used, ", without the %s %s", removals[i][1],
                               arg_nth(a->given, removals[i][0], k));
  return text;
}

int field_shape(const mm_model *model, mm_field field, int64_t shape[2]) {
  int rows = 0, columns = 1;
#define SIZE_AS_LOCAL(name, meaning) const int name = model->name; (void)name;
  MM_ALL_MODEL_SIZES(SIZE_AS_LOCAL)
#undef SIZE_AS_LOCAL
  switch (field) {
#define FIELD_SHAPE(kind, upper, name, r, c, unit, meaning) case MM_##upper: rows = (r); columns = (c); break;
    MM_DATA_FIELDS(FIELD_SHAPE)
#undef FIELD_SHAPE
    default: break;
  }
  shape[0] = rows;
  shape[1] = columns;
  return columns == 1 ? 1 : 2;
}

const char *field_frame(mm_field field) {
  return strstr(mm_field_meaning(field), "world frame") || strstr(mm_field_meaning(field), "world axes")
             ? "world"
             : NULL;
}
