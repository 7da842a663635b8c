/* >>program-keep-code: checkpoints of a run */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "keep.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void keeper_begin(keeper *k, app *a, const char *path) {
  memset(k, 0, sizeof *k);
  k->a = a;
  k->path = path;
  k->keep = arg_whole(a->given, "keep", 0);
  k->saved = now_seconds();
  k->update = -1;
}

/* where the ending begins */
static size_t stem_of(const char *path) {
  const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
  return dot && (!slash || dot > slash + 1) && dot > path ? (size_t)(dot - path) : strlen(path);
}

char *keeper_name(const char *path, const char *what) {
  const size_t stem = stem_of(path), size = strlen(path) + strlen(what) + 2;
  char *name = (char *)need(size, 1);
  snprintf(name, size, "%.*s-%s%s", (int)stem, path, what, path + stem);
  return name;
}

/* A further name for the file under path, in place of what has it. Where the file system knows no second names the
   trainer writes again. */
static int name_too(keeper *k, mm_trainer *trainer, const char *name) {
  char *beside = keeper_name(name, "part");
  int code = EXIT_DONE;
  remove(beside);
  if (link(k->path, beside) || rename(beside, name)) code = mm_trainer_save(trainer, name) ? app_failed(k->a) : EXIT_DONE;
  remove(beside); /* a rename to another name of the same file leaves both */
  free(beside);
  return code;
}

/* the update in a numbered name of this run's, -1: it is none */
static int number_of(const char *entry, const char *base, size_t stem) {
  const char *digits = entry + stem + 1;
  const size_t count = strlen(entry) > stem ? strspn(digits, "0123456789") : 0;
  if (strncmp(entry, base, stem) || strlen(entry) <= stem || entry[stem] != '-') return -1;
  if (count < 6 || count > 9 || strcmp(digits + count, base + stem)) return -1;
  return atoi(digits);
}

static int by_number(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

/* removes the oldest numbered ones up to this update */
static void prune(keeper *k) {
  const char *slash = strrchr(k->path, '/'), *base = slash ? slash + 1 : k->path;
  const size_t stem = stem_of(base);
  char *folder = slash ? (char *)need((size_t)(slash - k->path) + 2, 1) : NULL;
  int *numbers = NULL, count = 0;
  struct dirent *entry;
  DIR *dir;
  if (folder) memcpy(folder, k->path, (size_t)(slash - k->path) + 1);
  dir = opendir(folder ? folder : ".");
  free(folder);
  while (dir && (entry = readdir(dir)) != NULL) {
    const int number = number_of(entry->d_name, base, stem);
    int *grown;
    if (number < 0 || number > k->update) continue;
    grown = (int *)need((size_t)count + 1, sizeof *grown);
    if (count) memcpy(grown, numbers, (size_t)count * sizeof *grown);
    grown[count++] = number;
    free(numbers);
    numbers = grown;
  }
  if (dir) closedir(dir);
  if (count) qsort(numbers, (size_t)count, sizeof *numbers, by_number);
  for (int i = 0; i < count - k->keep; i++) {
    char what[16], *name;
    snprintf(what, sizeof what, "%06d", numbers[i]);
    name = keeper_name(k->path, what);
    remove(name);
    free(name);
  }
  free(numbers);
}

int keeper_save(keeper *k, mm_trainer *trainer, int must) {
  char what[16], *name;
  int update = 0, code;
  mm_trainer_updates(trainer, &update);
  k->saved = now_seconds();
  if (mm_trainer_save(trainer, k->path)) {
    if (must || k->update < 0) return app_failed(k->a);
    app_warning(k->a, "%s: the checkpoint of update %d stays, and the run goes on", mm_error(k->a->ctx), k->update);
    k->failures++;
    return EXIT_DONE;
  }
  k->update = update;
  k->failures = 0;
  if (k->keep <= 0) return EXIT_DONE;
  snprintf(what, sizeof what, "%06d", update);
  name = keeper_name(k->path, what);
  code = name_too(k, trainer, name);
  free(name);
  if (!code) prune(k);
  return code;
}

int keeper_best(keeper *k, mm_trainer *trainer) {
  char *name = keeper_name(k->path, "best");
  const int code = name_too(k, trainer, name);
  free(name);
  return code;
}
