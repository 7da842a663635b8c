/* >>program-collect-code: files, folders, lists and splits become clips with names */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "collect.h"

#include "clips.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const arg_option collect_options[] = {
  {"list", 0, ARG_MANY, "FILE.txt", 0, 0, "names of clips, a line each, below --root, with or without ending; may be repeated"},
  {"root", 0, ARG_TEXT, "FOLDER", 0, 0, "the folder that names of lists belong to (default: where the list is); names of clips begin below it"},
  {"split", 0, ARG_LIST, "NAME=SHARE|FILE.txt,...", 0, 0,
   "parts of the data set: shares of the clips, drawn by their names (train=0.9,test=0.1), or lists of names "
   "(train=kit_train.txt,test=kit_test.txt)"},
  {"mirror", 0, ARG_FLAG, "", 0, 0, "each clip also with left and right exchanged, as NAME_mirrored"},
  {NULL, 0, ARG_FLAG, "", 0, 0, ""}
};

static char *join_text(const char *a, const char *between, const char *b) {
  const size_t size = strlen(a) + strlen(between) + strlen(b) + 1;
  char *text = (char *)need(size, 1);
  snprintf(text, size, "%s%s%s", a, between, b);
  return text;
}

static char *path_below(const char *folder, const char *name) {
  const size_t length = strlen(folder);
  return join_text(folder, length && folder[length - 1] == '/' ? "" : "/", name);
}

static int is_folder(const char *path) {
  struct stat found;
  return !stat(path, &found) && S_ISDIR(found.st_mode);
}

static int is_file(const char *path) {
  struct stat found;
  return !stat(path, &found) && !S_ISDIR(found.st_mode);
}

/* what can be a clip, and what people take for one and is told about */
static int is_motion(const char *path) {
  static const char *const endings[] = {".npz", ".bvh", ".amc", ".c3d", ".trc", ".pkl"};
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
    if (path_ends(path, endings[i])) return 1;
  return 0;
}

/* AMASS keeps a person's shape beside the motions */
static int is_shape(const char *path) {
  const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
  return !strcmp(file, "shape.npz") || path_ends(path, "_shape.npz") || path_ends(path, "_stagei.npz");
}

/* takes path; name is copied, without the ending of a clip */
static item *add_item(collection *c, char *path, const char *name) {
  item *made;
  if (c->count == c->room) {
    item *grown = (item *)need((size_t)(2 * c->room + 64), sizeof *grown);
    if (c->count) memcpy(grown, c->items, sizeof *grown * (size_t)c->count);
    free(c->items);
    c->items = grown;
    c->room = 2 * c->room + 64;
  }
  made = &c->items[c->count++];
  memset(made, 0, sizeof *made);
  made->path = path;
  made->limit = MM_LIMIT_COUNT;
  made->name = join_text(name, "", "");
  if (is_motion(name)) made->name[strlen(name) - 4] = 0;
  return made;
}

/* the part of path below the folder; NULL: it does not lie there */
static const char *below(const char *path, const char *folder) {
  size_t n = folder ? strlen(folder) : 0;
  while (n && folder[n - 1] == '/') n--;
  return n && !strncmp(path, folder, n) && path[n] == '/' ? path + n + 1 : NULL;
}

static void add_file(const app *a, collection *c, char *path, const char *name) {
  const char *rest = below(path, arg_text(a->given, "root", NULL));
  add_item(c, path, rest ? rest : name);
}

/* everything below a folder; prefix: its path below the operand, with a / at its end */
static int add_folder(app *a, collection *c, const char *folder, const char *prefix, int depth) {
  DIR *open = opendir(folder);
  struct dirent *entry;
  int code = EXIT_DONE;
  if (!open) return app_error(a, "%s: %s", folder, strerror(errno));
  if (depth > 32) code = app_error(a, "%s: folders within folders, 32 deep", folder);
  while (!code && (entry = readdir(open)) != NULL) {
    char *path, *name;
    if (entry->d_name[0] == '.') continue;
    path = path_below(folder, entry->d_name);
    name = join_text(prefix, "", entry->d_name);
    if (is_folder(path)) {
      char *deeper = join_text(name, "", "/");
      code = add_folder(a, c, path, deeper, depth + 1);
      free(deeper);
      free(path);
    } else if (is_motion(path) && !is_shape(path)) {
      add_file(a, c, path, name);
    } else {
      c->ignored++;
      free(path);
    }
    free(name);
  }
  closedir(open);
  return code;
}

static int add_operand(app *a, collection *c, const char *path) {
  const char *slash = strrchr(path, '/');
  if (is_folder(path)) return add_folder(a, c, path, "", 0);
  if (!is_file(path)) return app_error(a, "%s: %s", path, strerror(ENOENT));
  add_file(a, c, join_text(path, "", ""), slash ? slash + 1 : path);
  return EXIT_DONE;
}

/* the file that a name of a list means; NULL: there is none */
static char *find_file(const char *root, const char *name) {
  static const char *const endings[] = {"", ".npz", ".bvh", ".amc", "_poses.npz", "_stageii.npz"};
  const char *poses = strlen(name) > 6 && !strcmp(name + strlen(name) - 6, "_poses") ? name + strlen(name) - 6 : NULL;
  char *path, *bare;
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
    bare = join_text(name, "", endings[i]);
    path = path_below(root, bare);
    free(bare);
    if (is_file(path)) return path;
    free(path);
  }
  if (!poses) return NULL;
  /* the same motion in the later release of AMASS */
  bare = join_text(name, "", ".npz  ");
  snprintf(bare + (poses - name), strlen(bare) + 1 - (size_t)(poses - name), "_stageii.npz");
  path = path_below(root, bare);
  free(bare);
  if (is_file(path)) return path;
  free(path);
  return NULL;
}

static item *find_item(collection *c, const char *name) {
  for (int i = 0; i < c->count; i++)
    if (!strcmp(c->items[i].name, name)) return &c->items[i];
  return NULL;
}

/* where the names of a list begin: --root, else the list's own folder */
static char *list_root(const app *a, const char *file) {
  const char *root = arg_text(a->given, "root", NULL), *slash = strrchr(file, '/');
  char *copy;
  if (root) return join_text(root, "", "");
  copy = join_text(slash ? file : ".", "", "");
  if (slash) copy[slash == file ? 1 : slash - file] = 0;
  return copy;
}

/* split NULL: the list belongs to none */
static int add_list(app *a, collection *c, const char *file, split *part) {
  mm_name_list *list;
  char *root;
  int code = EXIT_DONE;
  if (mm_name_list_load(a->ctx, file, &list)) return app_failed(a);
  root = list_root(a, file);
  for (int i = 0; i < list->count && !code; i++) {
    char bare[1100];
    item *found;
    snprintf(bare, sizeof bare, "%s", list->names[i]);
    if (is_motion(bare)) bare[strlen(bare) - 4] = 0;
    found = find_item(c, bare);
    if (!found) found = add_item(c, find_file(root, list->names[i]), bare);
    if (part && found->split && strcmp(found->split, part->name))
      code = app_error(a, "%s: %s is in the split '%s' already", file, bare, found->split);
    if (part) found->split = part->name;
  }
  free(root);
  mm_name_list_destroy(list);
  return code;
}

/* the splits of the command line; those by share must sum to 1, or leave the rest to "train" */
static int read_splits(app *a, collection *c) {
  const int count = arg_count(a->given, "split");
  double sum = 0;
  int shares = 0;
  c->splits = (split *)need((size_t)count + 1, sizeof *c->splits);
  for (int i = 0; i < count; i++) {
    const char *text = arg_nth(a->given, "split", i), *equals = strchr(text, '=');
    split *s = &c->splits[c->split_count];
    char *end = NULL;
    if (!equals || equals == text || !equals[1]) return usage_error("retarget", "--split %s: must be NAME=SHARE or NAME=FILE.txt", text);
    s->name = join_text(text, "", "");
    s->name[equals - text] = 0;
    c->split_count++;
    s->share = strtod(equals + 1, &end);
    if (*end) s->share = 0;
    else if (!(s->share > 0 && s->share <= 1)) return usage_error("retarget", "--split %s: a share is above 0 and at most 1", text);
    sum += s->share;
    shares += s->share > 0;
    for (int k = 0; k < i; k++)
      if (!strcmp(c->splits[k].name, s->name)) return usage_error("retarget", "--split: '%s' is given twice", s->name);
  }
  if (!shares) return EXIT_DONE;
  if (shares != count) return usage_error("retarget", "--split takes shares or lists, not both");
  if (sum < 1 - 1e-9) {
    for (int i = 0; i < count; i++)
      if (!strcmp(c->splits[i].name, "train")) return usage_error("retarget", "--split: the shares sum to %g, not to 1", sum);
    c->splits[c->split_count].name = join_text("train", "", "");
    c->splits[c->split_count++].share = 1 - sum;
  } else if (sum > 1 + 1e-9) {
    return usage_error("retarget", "--split: the shares sum to %g, not to 1", sum);
  }
  return EXIT_DONE;
}

static int add_split_lists(app *a, collection *c) {
  int code = EXIT_DONE;
  for (int i = 0; i < c->split_count && !code; i++)
    if (c->splits[i].share <= 0) code = add_list(a, c, strchr(arg_nth(a->given, "split", i), '=') + 1, &c->splits[i]);
  return code;
}

static void draw_splits(collection *c) {
  double *shares = (double *)need((size_t)c->split_count + 1, sizeof *shares);
  for (int i = 0; i < c->split_count; i++) shares[i] = c->splits[i].share;
  for (int i = 0; i < c->count && c->split_count && shares[0] > 0; i++)
    c->items[i].split = c->splits[mm_split_of(c->items[i].name, shares, c->split_count)].name;
  free(shares);
}

static int by_name(const void *a, const void *b) {
  const item *x = (const item *)a, *y = (const item *)b;
  const int order = strcmp(x->name, y->name);
  return order || !x->path || !y->path ? order : strcmp(x->path, y->path);
}

/* A file that is given twice stands once. Files whose names differ only in their ending keep it. */
static int settle_names(app *a, collection *c) {
  int kept = 0;
  if (c->count) qsort(c->items, (size_t)c->count, sizeof *c->items, by_name);
  for (int i = 0; i < c->count; i++) {
    item *last = kept ? &c->items[kept - 1] : NULL;
    if (last && !strcmp(last->name, c->items[i].name) && last->path && c->items[i].path && !strcmp(last->path, c->items[i].path)) {
      if (!last->split) last->split = c->items[i].split;
      free(c->items[i].path);
      free(c->items[i].name);
      continue;
    }
    c->items[kept++] = c->items[i];
  }
  c->count = kept;
  for (int i = 0, end; i < c->count; i = end) {
    for (end = i + 1; end < c->count && !strcmp(c->items[i].name, c->items[end].name); end++) continue;
    for (int k = i; k < end && end > i + 1; k++) {
      const char *ending = c->items[k].path ? c->items[k].path + strlen(c->items[k].path) - 4 : "";
      char *longer = join_text(c->items[k].name, "", ending);
      if (k > i && c->items[k].path && c->items[k - 1].path && path_ends(c->items[k - 1].path, ending)) {
        free(longer);
        return app_error(a, "%s and %s would have the same name; give the folder above both, or --root", c->items[k - 1].path, c->items[k].path);
      }
      free(c->items[k].name);
      c->items[k].name = longer;
    }
  }
  return EXIT_DONE;
}

static void add_mirrors(collection *c) {
  item *both = (item *)need((size_t)c->count * 2, sizeof *both);
  for (int i = 0; i < c->count; i++) {
    item *image = &both[2 * i + 1];
    both[2 * i] = c->items[i];
    *image = c->items[i];
    image->path = image->path ? join_text(image->path, "", "") : NULL;
    image->name = join_text(c->items[i].name, "", "_mirrored");
    image->mirrored = 1;
  }
  free(c->items);
  c->items = both;
  c->room = c->count *= 2;
}

int collect(app *a, int first, int last, collection *c) {
  int code;
  memset(c, 0, sizeof *c);
  code = read_splits(a, c);
  for (int i = first; i < last && !code; i++) code = add_operand(a, c, arg_operand(a->given, i));
  for (int i = 0; i < arg_count(a->given, "list") && !code; i++) code = add_list(a, c, arg_nth(a->given, "list", i), NULL);
  if (!code) code = add_split_lists(a, c);
  if (!code) code = settle_names(a, c);
  if (!code && !c->count) code = app_error(a, "there are no clips: neither .npz nor .bvh nor .amc");
  if (code) return code;
  draw_splits(c);
  if (arg_count(a->given, "mirror")) add_mirrors(c);
  return EXIT_DONE;
}

void collection_free(collection *c) {
  for (int i = 0; i < c->count; i++) {
    free(c->items[i].path);
    free(c->items[i].name);
    free(c->items[i].why);
  }
  for (int i = 0; i < c->split_count; i++) free(c->splits[i].name);
  free(c->items);
  free(c->splits);
  memset(c, 0, sizeof *c);
}
