/* >>test-support: what tests share: a folder of their own, contexts, checks, files and models, an allocator that runs
   out, seeds for the fuzzers. It brings musclemimic.h, as the test has asked for it, and what the standard library and
   cmocka have. */
#ifndef MM_TEST_SUPPORT_H
#define MM_TEST_SUPPORT_H

#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700
#endif
#include "musclemimic.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

/* each test uses what it needs */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"

static char folder[64];
static mm_context *ctx;

/* ---- checks ---- */

static void ok(mm_status status) {
  if (status) fail_msg("%s: %s", mm_status_name(status), mm_error(ctx));
}

static void fails(mm_status status, mm_status expected, const char *word) {
  if (status != expected || !strstr(mm_error(ctx), word))
    fail_msg("expected %s with '%s', got %s: %s", mm_status_name(expected), word, mm_status_name(status), mm_error(ctx));
}

static void near_to(double value, double expected, double tolerance, const char *what) {
  if (!(fabs(value - expected) <= tolerance)) fail_msg("%s: %.9g, expected %.9g", what, value, expected);
}

static void all_near(const double *values, const double *expected, int count, double tolerance) {
  for (int i = 0; i < count; i++)
    if (!(fabs(values[i] - expected[i]) <= tolerance)) fail_msg("number %d: %.17g instead of %.17g", i, values[i], expected[i]);
}

/* ---- contexts, and a folder around the test ---- */

static mm_status native_context(mm_precision precision, mm_context **made) {
  mm_context_def def;
  memset(&def, 0, sizeof def);
  def.backend = MM_BACKEND_NATIVE;
  def.precision = precision;
  return mm_context_create(&def, made);
}

static int make_folder_in(const char *place) {
  snprintf(folder, sizeof folder, "%s/mm-test-XXXXXX", place);
  return mkdtemp(folder) ? 0 : -1;
}

static int make_bare_folder(void **state) {
  (void)state;
  return make_folder_in("/tmp");
}

/* with the context of the defaults */
static int make_folder(void **state) { return make_bare_folder(state) || mm_context_create(NULL, &ctx) ? -1 : 0; }

static int make_native(void **state) { return make_bare_folder(state) || native_context(MM_PRECISION_F64, &ctx) ? -1 : 0; }

static int make_native_float(void **state) { return make_bare_folder(state) || native_context(MM_PRECISION_F32, &ctx) ? -1 : 0; }

static int remove_bare_folder(void **state) {
  char command[128];
  (void)state;
  snprintf(command, sizeof command, "rm -rf %s", folder);
  return system(command);
}

static int remove_folder(void **state) {
  mm_context_destroy(ctx);
  return remove_bare_folder(state);
}

/* ---- files ---- */

static const char *in_folder(const char *name) {
  static char path[8][256];
  static int next;
  next = (next + 1) % 8;
  snprintf(path[next], sizeof path[next], "%s/%s", folder, name);
  return path[next];
}

static int is_there(const char *name) { return access(in_folder(name), F_OK) == 0; }

static const char *write_bytes(const char *name, const void *bytes, size_t size) {
  const char *path = in_folder(name);
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, size, file), size);
  assert_int_equal(fclose(file), 0);
  return path;
}

static const char *write_text(const char *name, const char *text) { return write_bytes(name, text, strlen(text)); }

/* what fits of a file; nothing of one that is not there */
static void read_text(const char *name, char *text, size_t size) {
  FILE *file = fopen(in_folder(name), "rb");
  const size_t got = file ? fread(text, 1, size - 1, file) : 0;
  text[got] = 0;
  if (file) fclose(file);
}

/* a command of the shell, put together as by printf, which must succeed */
static void shell(const char *format, ...) {
  char command[2048];
  int status;
  va_list list;
  va_start(list, format);
  vsnprintf(command, sizeof command, format, list);
  va_end(list);
  status = system(command);
  if (status) fail_msg("'%s' returned %d", command, status);
}

static mm_model *load_model(const char *path) {
  mm_model *model = NULL;
  ok(mm_model_load(ctx, path, &model));
  return model;
}

static mm_model *model_of(const char *text) {
  mm_model *model = NULL;
  if (mm_model_load(ctx, write_text("model.xml", text), &model)) fail_msg("%s\nof %s", mm_error(ctx), text);
  return model;
}

/* ---- memory ---- */

/* an allocator that fails after some blocks, and counts those in use */
typedef struct scarce { int left, used; } scarce;

static void *scarce_alloc(size_t size, void *user) {
  scarce *s = (scarce *)user;
  if (s->left-- <= 0) return NULL;
  s->used++;
  return malloc(size);
}

static void scarce_free(void *block, void *user) {
  ((scarce *)user)->used--;
  free(block);
}

/* Every allocation of a call fails once: it says so and leaves nothing behind. attempt makes and releases something.
   Returns how often it failed. */
static int survives_scarcity(mm_status (*attempt)(mm_context *poor, const void *user), const void *user) {
  mm_status status = MM_E_MEMORY;
  int n = 0;
  for (; n < 3000 && status != MM_OK; n++) {
    scarce s = {1, 0};
    mm_context_def def;
    mm_context *poor;
    memset(&def, 0, sizeof def);
    def.allocator.alloc = scarce_alloc;
    def.allocator.free = scarce_free;
    def.allocator.user = &s;
    assert_int_equal(mm_context_create(&def, &poor), MM_OK);
    s.left = n;
    status = attempt(poor, user);
    if (status != MM_OK && status != MM_E_MEMORY) fail_msg("allocation %d: %s: %s", n, mm_status_name(status), mm_error(poor));
    if (s.used != 1) fail_msg("allocation %d: %d blocks are left", n, s.used - 1);
    mm_context_destroy(poor);
  }
  assert_int_equal(status, MM_OK);
  return n - 1;
}

/* ---- files from elsewhere and for elsewhere ---- */

/* Keeps a file of this test for the fuzzer fuzz_<reader>: in $MUSCLEMIMIC_SEEDS/<reader>/, where that is set. */
static void keep_seed(const char *reader, const char *path) {
  const char *seeds = getenv("MUSCLEMIMIC_SEEDS");
  if (seeds) shell("mkdir -p '%s/%s' && cp '%s' '%s/%s'", seeds, reader, path, seeds, reader);
}

/* Recordings that may be kept beside the repository and are never part of it; skips the test visibly where they are not. */
static const char *shared(const char *name) {
  static char path[8][512];
  static int next;
  FILE *file;
  next = (next + 1) % 8;
  snprintf(path[next], sizeof path[next], "../shared/%s", name);
  file = fopen(path[next], "rb");
  if (!file) {
    print_message("skipped: %s is not there\n", path[next]);
    skip();
  }
  fclose(file);
  return path[next];
}

#pragma GCC diagnostic pop
#endif
