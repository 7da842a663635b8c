/* >>test-support: what the tests of file readers share: a folder of their own, checks of errors, seeds for the fuzzers */
#ifndef MM_TEST_SUPPORT_H
#define MM_TEST_SUPPORT_H

static char folder[64];
static mm_context *ctx;

MM_UNUSED static const char *in_folder(const char *name) {
  static char path[8][256];
  static int next;
  next = (next + 1) % 8;
  snprintf(path[next], sizeof path[next], "%s/%s", folder, name);
  return path[next];
}

MM_UNUSED static int make_folder(void **state) {
  (void)state;
  strcpy(folder, "/tmp/mm-test-XXXXXX");
  return mkdtemp(folder) && !mm_context_create(NULL, &ctx) ? 0 : -1;
}

MM_UNUSED static int remove_folder(void **state) {
  char command[128];
  (void)state;
  mm_context_destroy(ctx);
  snprintf(command, sizeof command, "rm -rf %s", folder);
  return system(command);
}

MM_UNUSED static void ok(mm_status status) {
  if (status) fail_msg("%s: %s", mm_status_name(status), mm_error(ctx));
}

MM_UNUSED static void fails(mm_status status, mm_status expected, const char *word) {
  if (status != expected || !strstr(mm_error(ctx), word))
    fail_msg("expected %s with '%s', got %s: %s", mm_status_name(expected), word, mm_status_name(status), mm_error(ctx));
}

MM_UNUSED static void near_to(double value, double expected, double tolerance, const char *what) {
  if (!(fabs(value - expected) <= tolerance)) fail_msg("%s: %.9g, expected %.9g", what, value, expected);
}

MM_UNUSED static const char *write_bytes(const char *name, const void *bytes, size_t size) {
  const char *path = in_folder(name);
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, size, file), size);
  assert_int_equal(fclose(file), 0);
  return path;
}

MM_UNUSED static const char *write_text(const char *name, const char *text) { return write_bytes(name, text, strlen(text)); }

/* an allocator that fails after some blocks, and counts those in use */
typedef struct scarce { int left, used; } scarce;

MM_UNUSED static void *scarce_alloc(size_t size, void *user) {
  scarce *s = (scarce *)user;
  if (s->left-- <= 0) return NULL;
  s->used++;
  return malloc(size);
}

MM_UNUSED static void scarce_free(void *block, void *user) {
  ((scarce *)user)->used--;
  free(block);
}

/* Every allocation of a call fails once: it says so and leaves nothing behind. attempt makes and releases something. */
MM_UNUSED static void survives_scarcity(mm_status (*attempt)(mm_context *poor, const void *user), const void *user) {
  mm_status status = MM_E_MEMORY;
  for (int n = 0; n < 3000 && status != MM_OK; n++) {
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
}

/* Keeps a file of this test for the fuzzer fuzz_<reader>: in $MUSCLEMIMIC_SEEDS/<reader>/, where that is set. */
MM_UNUSED static void keep_seed(const char *reader, const char *path) {
  const char *seeds = getenv("MUSCLEMIMIC_SEEDS"), *name = strrchr(path, '/');
  char command[1024];
  if (!seeds) return;
  snprintf(command, sizeof command, "mkdir -p '%s/%s' && cp '%s' '%s/%s/%s'", seeds, reader, path, seeds, reader,
           name ? name + 1 : path);
  assert_int_equal(system(command), 0);
}

/* Recordings that may be kept beside the repository and are never part of it; skips the test visibly where they are not. */
MM_UNUSED static const char *shared(const char *name) {
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

#endif
