/* >>fuzz: what the fuzzers share; each gives fuzz(). One of them alone:
   clang -g -O1 -fsanitize=fuzzer,address,undefined -I. tests/fuzz_NAME.c $(pkg-config --cflags --libs hdf5) -lz -lexpat -lOpenCL -lm */
#ifndef MM_FUZZ_H
#define MM_FUZZ_H

#ifdef MUSCLEMIMIC_IMPLEMENTED /* in an object of its own */
#define MUSCLEMIMIC_PRIVATE
#else
#define MUSCLEMIMIC_IMPLEMENTATION
#endif
#include "musclemimic.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static mm_context *ctx;

static void fuzz(const uint8_t *data, size_t size);

/* what must be */
static MM_UNUSED void must(int is_so) {
  if (!is_so) __builtin_trap();
}

/* an error names the file that was read */
static MM_UNUSED void must_name(mm_status status, const char *file) {
  must(!status || status == MM_E_MEMORY || strstr(mm_error(ctx), file));
}

/* what can only be read from a file; NULL: it cannot be written */
static MM_UNUSED const char *file_of(const char *ending, const void *data, size_t size) {
  static char path[64];
  FILE *file;
  snprintf(path, sizeof path, "/tmp/mm-fuzz-%ld.%s", (long)getpid(), ending);
  file = fopen(path, "wb");
  if (!file) return NULL;
  fwrite(data, 1, size, file);
  fclose(file);
  return path;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (mm_context_create(NULL, &ctx)) return 0;
  fuzz(data, size);
  mm_context_destroy(ctx);
  return 0;
}

#endif
