/* >>fuzz-mjcf: any text as an MJCF file, read and compiled
   clang -g -O1 -fsanitize=fuzzer,address,undefined -I. tests/fuzz_mjcf.c $(pkg-config --cflags --libs hdf5) -lz -lexpat -lOpenCL -lm */
#define MUSCLEMIMIC_IMPLEMENTATION
#include "musclemimic.h"
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mm_context *ctx = NULL;
  mm_model *model = NULL;
  char path[64];
  FILE *file;
  mm_status status;
  snprintf(path, sizeof path, "/tmp/mm-fuzz-%ld.xml", (long)getpid());
  file = fopen(path, "wb");
  if (!file || mm_context_create(NULL, &ctx)) return 0;
  fwrite(data, 1, size, file);
  fclose(file);
  status = mm_model_load(ctx, path, &model);
  if (status && status != MM_E_MEMORY && !strstr(mm_error(ctx), path))
    __builtin_trap(); /* an error names the file */
  mm_model_destroy(model);
  mm_context_destroy(ctx);
  remove(path);
  return 0;
}
