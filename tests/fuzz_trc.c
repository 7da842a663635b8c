/* >>fuzz-trc: any bytes as a .trc file
   clang -g -O1 -fsanitize=fuzzer,address,undefined -I. tests/fuzz_trc.c $(pkg-config --cflags --libs hdf5) -lz -lexpat -lOpenCL -lm */
#define MUSCLEMIMIC_IMPLEMENTATION
#include "musclemimic.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mm_context *ctx = NULL;
  mm_markers *markers = NULL;
  mm_status status;
  if (mm_context_create(NULL, &ctx)) return 0;
  status = mm_trc_parse(ctx, "fuzz.trc", data, size, &markers);
  if (status && status != MM_E_MEMORY && !strstr(mm_error(ctx), "fuzz.trc")) __builtin_trap(); /* an error names the file */
  mm_markers_destroy(markers);
  mm_context_destroy(ctx);
  return 0;
}
