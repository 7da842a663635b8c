/* >>config: settings of training as text and back */

#define MM_SETTING_NAMED(section) {MM_SETTING_SECTION, #section, {NULL, NULL, NULL}, 0, 0, "", "", 0},
#define MM_SETTING_ROW(kind, name, full, bimanual, demo, least, most, unit, meaning) \
  {MM_SETTING_##kind, #name, {full, bimanual, demo}, least, most, unit, meaning, offsetof(mm_train_def, name)},
const mm_setting *mm_train_settings(int *count) {
  static const mm_setting settings[] = {MM_TRAIN_SECTIONS(MM_SETTING_NAMED, MM_SETTING_ROW)};
  *count = MM_COUNT(settings);
  return settings;
}
#undef MM_SETTING_NAMED
#undef MM_SETTING_ROW

/* number of a word in a list whose words are separated by bars, -1: not there */
static int mm__choice_find(const char *choices, const char *word) {
  const size_t length = strlen(word);
  for (int i = 0;; i++) {
    const size_t here = strcspn(choices, "|");
    if (here == length && !strncmp(choices, word, here)) return i;
    if (!choices[here]) return -1;
    choices += here + 1;
  }
}

static void mm__choice_text(const char *choices, int index, char *text, size_t size) {
  size_t here = strcspn(choices, "|");
  for (; index > 0 && choices[here]; index--) {
    choices += here + 1;
    here = strcspn(choices, "|");
  }
  snprintf(text, size, "%.*s", (int)here, choices);
}

/* "[256, 256]", "[4 x 1024, 512]", "[]" */
static int mm__layers_parse(const char *text, double least, double most, mm_layers *layers) {
  memset(layers, 0, sizeof *layers);
  text += strspn(text, " ");
  if (*text++ != '[') return 0;
  for (;;) {
    char *end;
    long count = 1, width;
    text += strspn(text, " ");
    if (*text == ']' && layers->count == 0) break;
    width = strtol(text, &end, 10);
    if (end == text) return 0;
    text = end + strspn(end, " ");
    if (*text == 'x') {
      count = width;
      width = strtol(text + 1, &end, 10);
      if (end == text + 1) return 0;
      text = end + strspn(end, " ");
    }
    if ((double)width < least || (double)width > most || count < 1 || count > MM_LAYERS_MAX - layers->count) return 0;
    while (count-- > 0) layers->width[layers->count++] = (int)width;
    if (*text == ']') break;
    if (*text++ != ',') return 0;
  }
  text++;
  return text[strspn(text, " ")] == 0;
}

/* 0: not a whole number, or beyond 64 bits */
static int mm__wide_parse(const char *text, int64_t *value) {
  char *end;
  errno = 0;
  *value = (int64_t)strtoll(text, &end, 10);
  return end != text && !errno && end[strspn(end, " ")] == 0;
}

static int mm__real_parse(const char *text, double *value) {
  const char *end = mm__parse_real(text, value);
  return end && end[strspn(end, " ")] == 0 && *value - *value == 0;
}

static mm_status mm__train_refuse(mm_context *ctx, const mm_setting *item, const char *value) {
  if (item->kind == MM_SETTING_CHOICE) return mm__fail(ctx, MM_E_ARGUMENT, "%s: '%s' is none of %s", item->name, value, item->unit);
  if (item->kind == MM_SETTING_FLAG) return mm__fail(ctx, MM_E_ARGUMENT, "%s: '%s' is neither true nor false", item->name, value);
  if (item->kind == MM_SETTING_LAYERS)
    return mm__fail(ctx, MM_E_ARGUMENT, "%s: '%s' is no list of at most %d numbers from %g to %g such as [256, 256]", item->name, value,
                    MM_LAYERS_MAX, item->least, item->most);
  return mm__fail(ctx, MM_E_ARGUMENT, "%s: '%s' is no %s from %g to %g", item->name, value,
                  item->kind == MM_SETTING_REAL ? "number" : "whole number", item->least, item->most);
}

static mm_status mm__train_assign(mm_context *ctx, mm_train_def *def, const mm_setting *item, const char *value) {
  char *place = (char *)def + item->offset;
  double real = 0;
  int64_t wide = 0;
  int ok, choice;
  switch (item->kind) {
    case MM_SETTING_REAL:
      ok = mm__real_parse(value, &real) && real >= item->least && real <= item->most;
      if (ok) *(double *)(void *)place = real;
      break;
    case MM_SETTING_LAYERS: ok = mm__layers_parse(value, item->least, item->most, (mm_layers *)(void *)place); break;
    case MM_SETTING_FLAG:
      choice = mm__choice_find("false|true", value);
      ok = choice >= 0;
      if (ok) *(int *)(void *)place = choice;
      break;
    case MM_SETTING_CHOICE:
      choice = mm__choice_find(item->unit, value);
      ok = choice >= 0;
      if (ok) *(int *)(void *)place = choice;
      break;
    default:
      ok = mm__wide_parse(value, &wide) && (double)wide >= item->least && (double)wide <= item->most;
      if (ok && item->kind == MM_SETTING_WIDE) *(int64_t *)(void *)place = wide;
      if (ok && item->kind == MM_SETTING_INT) *(int *)(void *)place = (int)wide;
  }
  return ok ? MM_OK : mm__train_refuse(ctx, item, value);
}

mm_status mm_train_set(mm_context *ctx, mm_train_def *def, const char *key, const char *value) {
  int count;
  const mm_setting *items = mm_train_settings(&count);
  for (int i = 0; i < count; i++)
    if (items[i].kind != MM_SETTING_SECTION && !strcmp(items[i].name, key)) return mm__train_assign(ctx, def, &items[i], value);
  return mm__fail(ctx, MM_E_ARGUMENT, "there is no setting '%s'", key);
}

mm_status mm_train_preset(mm_context *ctx, const char *preset, mm_train_def *def) {
  int count, column = mm__choice_find("fullbody|bimanual|demo", preset);
  const mm_setting *items = mm_train_settings(&count);
  memset(def, 0, sizeof *def);
  if (column < 0) return mm__fail(ctx, MM_E_ARGUMENT, "preset '%s' is none of fullbody, bimanual, demo", preset);
  for (int i = 0; i < count; i++)
    if (items[i].kind != MM_SETTING_SECTION) MM_TRY(mm__train_assign(ctx, def, &items[i], items[i].defaults[column]));
  return MM_OK;
}

const char *mm_train_preset_of(const mm_model *model) {
  const int has_free = model->njnt > 0 && model->jnt_type[0] == MM_JNT_FREE;
  if (has_free && model->nu > 100) return "fullbody";
  if (!has_free && model->nu >= 60) return "bimanual";
  return "demo";
}

/* a run of the same number as "16 x 1024" */
static void mm__layers_text(const mm_layers *layers, char *text, size_t size) {
  size_t at = (size_t)snprintf(text, size, "[");
  for (int i = 0, run; i < layers->count && at < size; i += run) {
    run = 1;
    while (i + run < layers->count && layers->width[i + run] == layers->width[i]) run++;
    if (run < 3) run = 1;
    if (i) at += (size_t)snprintf(text + at, size - at, ", ");
    if (run > 1 && at < size) at += (size_t)snprintf(text + at, size - at, "%d x ", run);
    if (at < size) at += (size_t)snprintf(text + at, size - at, "%d", layers->width[i]);
  }
  if (at < size) snprintf(text + at, size - at, "]");
}

/* the shortest text that reads back as the same number, in any locale */
static void mm__real_text(double value, char *text, size_t size) {
  double back = 0;
  for (int digits = 6; digits <= 17; digits++) {
    snprintf(text, size, "%.*g", digits, value);
    for (char *c = text; *c; c++)
      if (!strchr("+-0123456789einfax", *c)) *c = '.';
    if (mm__parse_real(text, &back) && back == value) return;
  }
}

void mm_train_value(const mm_train_def *def, const mm_setting *setting, char *value, size_t size) {
  const char *place = (const char *)def + setting->offset;
  if (!size) return;
  value[0] = 0;
  switch (setting->kind) {
    case MM_SETTING_SECTION: break;
    case MM_SETTING_REAL: mm__real_text(*(const double *)(const void *)place, value, size); break;
    case MM_SETTING_LAYERS: mm__layers_text((const mm_layers *)(const void *)place, value, size); break;
    case MM_SETTING_FLAG: snprintf(value, size, "%s", *(const int *)(const void *)place ? "true" : "false"); break;
    case MM_SETTING_CHOICE: mm__choice_text(setting->unit, *(const int *)(const void *)place, value, size); break;
    case MM_SETTING_WIDE: snprintf(value, size, "%lld", (long long)*(const int64_t *)(const void *)place); break;
    case MM_SETTING_INT: snprintf(value, size, "%d", *(const int *)(const void *)place); break;
  }
}

mm_status mm_train_edit_model(mm_spec *spec, const mm_train_def *def) {
  static const char *const eulerdamp[] = {NULL, "enable", "disable"};
  char text[64];
  if (def->disable_fingers && mm__list_find(&spec->joints, "cmc_flexion_r")) MM_TRY(mm_spec_remove_fingers(spec));
  if (def->mimic_sites && !mm__list_find(&spec->sites, "pelvis_mimic") && !mm__list_find(&spec->sites, "upper_body_mimic"))
    MM_TRY(mm_spec_add_mimic_sites(spec));
  if (def->timestep > 0) {
    mm__real_text(def->timestep, text, sizeof text);
    MM_TRY(mm_spec_set_option(spec, "timestep", text));
  }
  if (def->iterations > 0) {
    snprintf(text, sizeof text, "%d", def->iterations);
    MM_TRY(mm_spec_set_option(spec, "iterations", text));
  }
  if (def->ls_iterations > 0) {
    snprintf(text, sizeof text, "%d", def->ls_iterations);
    MM_TRY(mm_spec_set_option(spec, "ls_iterations", text));
  }
  return eulerdamp[def->eulerdamp] ? mm_spec_set_option(spec, "eulerdamp", eulerdamp[def->eulerdamp]) : MM_OK;
}
