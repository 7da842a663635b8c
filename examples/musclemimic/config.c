/* >>program-config-code: YAML into settings, strictly, and settings as YAML */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

void words_add(words *w, const char *text) {
  char **grown = (char **)need((size_t)w->count + 1, sizeof *grown);
  if (w->count) memcpy(grown, w->list, (size_t)w->count * sizeof *grown);
  free(w->list);
  w->list = grown;
  w->list[w->count] = (char *)need(strlen(text) + 1, 1);
  strcpy(w->list[w->count++], text);
}

void words_free(words *w) {
  for (int i = 0; i < w->count; i++) free(w->list[i]);
  free(w->list);
  memset(w, 0, sizeof *w);
}

void config_free(run_config *config) {
  free(config->model);
  words_free(&config->trajectories);
  words_free(&config->clips);
  words_free(&config->validation);
  memset(config, 0, sizeof *config);
}

int config_is(const char *path) {
  const size_t n = path ? strlen(path) : 0;
  return (n > 5 && !strcmp(path + n - 5, ".yaml")) || (n > 4 && !strcmp(path + n - 4, ".yml"));
}

/* ---- names of settings ---- */

/* A key as it stands in its section: there the name of the section may be left out. */
static int is_named(const mm_setting *setting, const char *section, const char *key) {
  const size_t n = section ? strlen(section) : 0;
  if (!strcmp(setting->name, key)) return 1;
  return n && !strncmp(setting->name, section, n) && setting->name[n] == '_' && !strcmp(setting->name + n + 1, key);
}

static const char *short_name(const mm_setting *setting, const char *section) {
  const size_t n = strlen(section);
  return !strncmp(setting->name, section, n) && setting->name[n] == '_' ? setting->name + n + 1 : setting->name;
}

/* The setting of a key in a section (NULL: in any); *found the section it is in. */
static const mm_setting *find_setting(const char *section, const char *key, const char **found) {
  int count;
  const mm_setting *settings = mm_train_settings(&count);
  const char *here = "";
  for (int i = 0; i < count; i++) {
    if (settings[i].kind == MM_SETTING_SECTION) here = settings[i].name;
    else if ((!section || !strcmp(section, here)) && is_named(&settings[i], section, key)) {
      if (found) *found = here;
      return &settings[i];
    }
  }
  return NULL;
}

static int is_section(const char *name) {
  int count;
  const mm_setting *settings = mm_train_settings(&count);
  for (int i = 0; i < count; i++)
    if (settings[i].kind == MM_SETTING_SECTION && !strcmp(settings[i].name, name)) return 1;
  return 0;
}

/* names that could have been meant: those of a section, or all */
static const char *next_name(int index, const void *user) {
  int count;
  const mm_setting *settings = mm_train_settings(&count);
  const char *section = (const char *)user, *here = "";
  for (int i = 0; i < count; i++) {
    if (settings[i].kind == MM_SETTING_SECTION) here = settings[i].name;
    else if ((!section || !strcmp(section, here)) && index-- == 0) return section ? short_name(&settings[i], here) : settings[i].name;
  }
  return NULL;
}

static const char *const top_keys[] = {"preset", "model_file", "trajectories", "clips", "validation_trajectories", "validation_fraction"};
enum { TOP_KEYS = sizeof top_keys / sizeof *top_keys };

static const char *next_top(int index, const void *user) {
  int count;
  const mm_setting *settings = mm_train_settings(&count);
  (void)user;
  if (index < TOP_KEYS) return top_keys[index];
  index -= TOP_KEYS;
  for (int i = 0; i < count; i++)
    if (settings[i].kind == MM_SETTING_SECTION && index-- == 0) return settings[i].name;
  return NULL;
}

/* ---- YAML ---- */

typedef struct yaml_file {
  app *a;
  const char *path;
  yaml_document_t document;
  run_config *config;
  int code;
} yaml_file;

#if defined(__GNUC__) || defined(__clang__)
__attribute__((format(printf, 3, 4)))
#endif
static int yaml_wrong(yaml_file *y, const yaml_mark_t *mark, const char *format, ...) {
  char message[1024];
  va_list list;
  va_start(list, format);
  vsnprintf(message, sizeof message, format, list);
  va_end(list);
  y->code = app_error(y->a, "%s:%zu: %s", y->path, mark->line + 1, message);
  return y->code;
}

static yaml_node_t *yaml_node(yaml_file *y, int index) { return yaml_document_get_node(&y->document, index); }
static const char *yaml_text(const yaml_node_t *node) { return (const char *)node->data.scalar.value; }

static int is_plain(const yaml_node_t *node) {
  return node->type == YAML_SCALAR_NODE && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static const char *yaml_word(const yaml_node_t *node) {
  return node->type == YAML_SEQUENCE_NODE ? "a list" : node->type == YAML_MAPPING_NODE ? "a mapping" : "text";
}

/* the keys of a mapping are text, each once */
static int check_keys(yaml_file *y, const yaml_node_t *map) {
  for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top; p++) {
    const yaml_node_t *key = yaml_node(y, p->key);
    if (key->type != YAML_SCALAR_NODE) return yaml_wrong(y, &key->start_mark, "a key that is %s", yaml_word(key));
    for (yaml_node_pair_t *q = map->data.mapping.pairs.start; q < p; q++)
      if (!strcmp(yaml_text(yaml_node(y, q->key)), yaml_text(key)))
        return yaml_wrong(y, &key->start_mark, "'%s' is there for the second time, first in line %zu", yaml_text(key),
                          yaml_node(y, q->key)->start_mark.line + 1);
  }
  return EXIT_DONE;
}

/* a list of numbers in the words of mm_train_set */
static int list_text(yaml_file *y, const yaml_node_t *node, char *text, size_t size) {
  size_t used = (size_t)snprintf(text, size, "[");
  for (yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top; i++) {
    const yaml_node_t *item = yaml_node(y, *i);
    if (!is_plain(item)) return yaml_wrong(y, &item->start_mark, "%s in a list of numbers", yaml_word(item));
    used += (size_t)snprintf(text + used, size - used, "%s%s", i > node->data.sequence.items.start ? ", " : "", yaml_text(item));
    if (used >= size - 2) return yaml_wrong(y, &item->start_mark, "the list is too long");
  }
  snprintf(text + used, size - used, "]");
  return EXIT_DONE;
}

static int assign(yaml_file *y, const mm_setting *setting, const yaml_node_t *value) {
  char text[1024];
  const int wants_list = setting->kind == MM_SETTING_LAYERS;
  if (wants_list && value->type != YAML_SEQUENCE_NODE)
    return yaml_wrong(y, &value->start_mark, "%s: takes a list, such as [256, 256]", setting->name);
  if (!wants_list && value->type != YAML_SCALAR_NODE)
    return yaml_wrong(y, &value->start_mark, "%s: takes one value, not %s", setting->name, yaml_word(value));
  if (wants_list) {
    if (list_text(y, value, text, sizeof text)) return y->code;
  } else {
    if (!is_plain(value) && setting->kind != MM_SETTING_CHOICE)
      return yaml_wrong(y, &value->start_mark, "%s: \"%s\" is text in quotes, not a %s", setting->name, yaml_text(value),
                        setting->kind == MM_SETTING_FLAG ? "true or false" : "number");
    snprintf(text, sizeof text, "%s", yaml_text(value));
  }
  if (mm_train_set(y->a->ctx, &y->config->def, setting->name, text)) return yaml_wrong(y, &value->start_mark, "%s", mm_error(y->a->ctx));
  return EXIT_DONE;
}

static int read_section(yaml_file *y, const char *section, const yaml_node_t *map) {
  if (map->type != YAML_MAPPING_NODE)
    return yaml_wrong(y, &map->start_mark, "%s: takes settings, one a line, not %s", section, yaml_word(map));
  if (check_keys(y, map)) return y->code;
  for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top; p++) {
    const yaml_node_t *key = yaml_node(y, p->key);
    const mm_setting *setting = find_setting(section, yaml_text(key), NULL);
    const char *other = NULL, *near;
    if (setting) {
      if (assign(y, setting, yaml_node(y, p->value))) return y->code;
      continue;
    }
    if (find_setting(NULL, yaml_text(key), &other))
      return yaml_wrong(y, &key->start_mark, "'%s' belongs to section '%s', not to '%s'", yaml_text(key), other, section);
    near = nearest_word(yaml_text(key), next_name, section);
    return yaml_wrong(y, &key->start_mark, "there is no setting '%s' in section '%s'%s%s%s", yaml_text(key), section,
                      near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
  }
  return EXIT_DONE;
}

/* a path of the file, which is seen from its folder, seen from the working folder */
static char *resolved(const char *file, const char *path) {
  const char *slash = strrchr(file, '/');
  const size_t folder = path[0] == '/' || !slash ? 0 : (size_t)(slash - file) + 1;
  char *whole = (char *)need(folder + strlen(path) + 1, 1);
  memcpy(whole, file, folder);
  strcpy(whole + folder, path);
  return whole;
}

static int read_words(yaml_file *y, const char *key, const yaml_node_t *node, int are_paths, words *w) {
  if (node->type != YAML_SEQUENCE_NODE) return yaml_wrong(y, &node->start_mark, "%s: takes a list", key);
  for (yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top; i++) {
    const yaml_node_t *item = yaml_node(y, *i);
    char *path;
    if (item->type != YAML_SCALAR_NODE || !yaml_text(item)[0])
      return yaml_wrong(y, &item->start_mark, "%s: takes a list of %s, not %s", key, are_paths ? "files" : "names", yaml_word(item));
    path = are_paths ? resolved(y->path, yaml_text(item)) : NULL;
    words_add(w, path ? path : yaml_text(item));
    free(path);
  }
  return EXIT_DONE;
}

static int read_fraction(yaml_file *y, const yaml_node_t *node) {
  char *end = NULL;
  y->config->validation_fraction = is_plain(node) ? strtod(yaml_text(node), &end) : -1;
  if (end && end != yaml_text(node) && !*end && y->config->validation_fraction >= 0 && y->config->validation_fraction < 1) return EXIT_DONE;
  return yaml_wrong(y, &node->start_mark, "validation_fraction: takes a number from 0 to below 1");
}

static int read_top(yaml_file *y, const char *key, const yaml_node_t *key_node, const yaml_node_t *value) {
  const char *other = NULL, *near;
  if (!strcmp(key, "preset")) return EXIT_DONE; /* has been read before all else */
  if (is_section(key)) return read_section(y, key, value);
  if (!strcmp(key, "trajectories")) return read_words(y, key, value, 1, &y->config->trajectories);
  if (!strcmp(key, "clips")) return read_words(y, key, value, 0, &y->config->clips);
  if (!strcmp(key, "validation_trajectories")) return read_words(y, key, value, 1, &y->config->validation);
  if (!strcmp(key, "validation_fraction")) return read_fraction(y, value);
  if (!strcmp(key, "model_file")) {
    if (value->type != YAML_SCALAR_NODE || !yaml_text(value)[0]) return yaml_wrong(y, &value->start_mark, "model_file: takes a file");
    y->config->model = resolved(y->path, yaml_text(value));
    return EXIT_DONE;
  }
  if (find_setting(NULL, key, &other)) return yaml_wrong(y, &key_node->start_mark, "'%s' belongs into section '%s'", key, other);
  near = nearest_word(key, next_top, NULL);
  return yaml_wrong(y, &key_node->start_mark, "there is no section or setting '%s'%s%s%s", key, near ? "; did you mean '" : "",
                    near ? near : "", near ? "'?" : "");
}

/* the preset comes first, wherever it stands */
static int read_preset(yaml_file *y, const yaml_node_t *root) {
  const char *preset = "demo";
  const yaml_mark_t *mark = &root->start_mark;
  for (yaml_node_pair_t *p = root->data.mapping.pairs.start; p < root->data.mapping.pairs.top; p++) {
    const yaml_node_t *value = yaml_node(y, p->value);
    if (strcmp(yaml_text(yaml_node(y, p->key)), "preset")) continue;
    mark = &value->start_mark;
    if (value->type != YAML_SCALAR_NODE) return yaml_wrong(y, mark, "preset: takes fullbody, bimanual or demo");
    preset = yaml_text(value);
  }
  if (mm_train_preset(y->a->ctx, preset, &y->config->def)) return yaml_wrong(y, mark, "%s", mm_error(y->a->ctx));
  snprintf(y->config->preset, sizeof y->config->preset, "%s", preset);
  return EXIT_DONE;
}

static int read_document(yaml_file *y) {
  const yaml_node_t *root = yaml_document_get_root_node(&y->document);
  if (!root) return app_error(y->a, "%s: the file is empty", y->path);
  if (root->type != YAML_MAPPING_NODE) return yaml_wrong(y, &root->start_mark, "the file holds %s, not sections of settings", yaml_word(root));
  if (check_keys(y, root) || read_preset(y, root)) return y->code;
  for (yaml_node_pair_t *p = root->data.mapping.pairs.start; p < root->data.mapping.pairs.top; p++) {
    const yaml_node_t *key = yaml_node(y, p->key);
    if (read_top(y, yaml_text(key), key, yaml_node(y, p->value))) return y->code;
  }
  return EXIT_DONE;
}

static int read_file(yaml_file *y, FILE *file) {
  yaml_parser_t parser;
  yaml_document_t more;
  if (!yaml_parser_initialize(&parser)) return app_error(y->a, "%s: no memory to read it", y->path);
  yaml_parser_set_input_file(&parser, file);
  if (!yaml_parser_load(&parser, &y->document)) {
    y->code = app_error(y->a, "%s:%zu: %s%s%s", y->path, parser.problem_mark.line + 1, parser.problem ? parser.problem : "cannot be read",
                        parser.context ? " " : "", parser.context ? parser.context : "");
  } else {
    y->code = read_document(y);
    yaml_document_delete(&y->document);
    if (!y->code && yaml_parser_load(&parser, &more)) {
      const yaml_node_t *root = yaml_document_get_root_node(&more);
      if (root) yaml_wrong(y, &root->start_mark, "a second document");
      yaml_document_delete(&more);
    }
  }
  yaml_parser_delete(&parser);
  return y->code;
}

int config_load(app *a, const char *path, run_config *config) {
  FILE *file = fopen(path, "rb");
  yaml_file y;
  memset(config, 0, sizeof *config);
  memset(&y, 0, sizeof y);
  if (!file) return app_error(a, "%s cannot be read", path);
  y.a = a;
  y.path = path;
  y.config = config;
  read_file(&y, file);
  fclose(file);
  return y.code;
}

int config_preset(app *a, const char *preset, run_config *config) {
  memset(config, 0, sizeof *config);
  if (mm_train_preset(a->ctx, preset, &config->def)) return app_failed(a);
  snprintf(config->preset, sizeof config->preset, "%s", preset);
  return EXIT_DONE;
}

/* ---- the command line ---- */

int config_set(app *a, run_config *config) {
  const char *pair;
  for (int i = 0; (pair = arg_nth(a->given, "set", i)) != NULL; i++) {
    const size_t length = strcspn(pair, "=");
    char key[128], *dot;
    const char *near;
    const mm_setting *setting;
    snprintf(key, sizeof key, "%.*s", (int)length, pair);
    dot = strchr(key, '.');
    if (dot) *dot = 0;
    setting = find_setting(dot ? key : NULL, dot ? dot + 1 : key, NULL);
    if (!setting) {
      near = nearest_word(dot ? dot + 1 : key, next_name, dot && is_section(key) ? key : NULL);
      return app_error(a, "--set %s: there is no setting '%.*s'%s%s%s", pair, (int)length, pair, near ? "; did you mean '" : "",
                       near ? near : "", near ? "'?" : "");
    }
    if (mm_train_set(a->ctx, &config->def, setting->name, pair + length + 1)) return app_error(a, "--set %s: %s", pair, mm_error(a->ctx));
  }
  return EXIT_DONE;
}

int config_model(app *a, const char *path, run_config *config, mm_model **model) {
  int code = EXIT_DONE;
  *model = NULL;
  memset(config, 0, sizeof *config);
  if (!config_is(path)) return app_model(a, path, model) ? app_failed(a) : EXIT_DONE;
  code = config_load(a, path, config);
  if (!code && !config->model) code = app_error(a, "%s does not say which model: it has no model_file", path);
  if (!code && app_model_for(a, config->model, &config->def, model)) code = app_failed(a);
  return code;
}

/* ---- as text ---- */

/* whether a plain scalar of YAML would read as it stands */
static int needs_quotes(const char *text) {
  return !text[0] || strchr("-?:,[]{}#&*!|>'\"%@` ", text[0]) || strstr(text, ": ") || strstr(text, " #") || strchr(text, '\n') ||
         text[strlen(text) - 1] == ' ' || text[strlen(text) - 1] == ':';
}

static void print_text(const char *text, FILE *file) {
  if (!needs_quotes(text)) fputs(text, file);
  else {
    fputc('\'', file);
    for (; *text; text++) fprintf(file, *text == '\'' ? "''" : "%c", *text);
    fputc('\'', file);
  }
}

static void print_words(const char *key, const words *w, FILE *file) {
  if (!w->count) return;
  fprintf(file, "%s:\n", key);
  for (int i = 0; i < w->count; i++) {
    fputs("  - ", file);
    print_text(w->list[i], file);
    fputc('\n', file);
  }
}

void config_print(const run_config *config, int explained, FILE *file) {
  int count;
  const mm_setting *settings = mm_train_settings(&count);
  const char *section = "";
  fprintf(file, "preset: %s\n", config->preset[0] ? config->preset : "demo");
  if (config->model) {
    fputs("model_file: ", file);
    print_text(config->model, file);
    fputc('\n', file);
  }
  print_words("trajectories", &config->trajectories, file);
  print_words("clips", &config->clips, file);
  print_words("validation_trajectories", &config->validation, file);
  if (config->validation_fraction > 0) fprintf(file, "validation_fraction: %g\n", config->validation_fraction);
  for (int i = 0; i < count; i++) {
    const mm_setting *s = &settings[i];
    char value[1024];
    int width;
    if (s->kind == MM_SETTING_SECTION) {
      section = s->name;
      fprintf(file, "%s:\n", section);
      continue;
    }
    mm_train_value(&config->def, s, value, sizeof value);
    width = fprintf(file, "  %s: %s", short_name(s, section), value);
    if (explained) fprintf(file, "%*s # %s", width < 46 ? 46 - width : 0, "", s->meaning);
    if (explained && s->unit[0]) fprintf(file, s->kind == MM_SETTING_CHOICE ? " (%s)" : " [%s]", s->unit);
    fputc('\n', file);
  }
}
