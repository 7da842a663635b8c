/* >>fuzz-mot: any bytes as a .mot file
   clang -g -O1 -fsanitize=fuzzer,address,undefined -I. tests/fuzz_mot.c $(pkg-config --cflags --libs hdf5) -lz -lexpat -lOpenCL -lm */
#define MUSCLEMIMIC_IMPLEMENTATION
#include "musclemimic.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mm_context *ctx = NULL;
  mm_columns *columns = NULL;
  mm_status status;
  if (mm_context_create(NULL, &ctx)) return 0;
  status = mm_mot_parse(ctx, "fuzz.mot", data, size, &columns);
  if (status && status != MM_E_MEMORY && !strstr(mm_error(ctx), "fuzz.mot")) __builtin_trap(); /* an error names the file */
  mm_columns_destroy(columns);
  mm_context_destroy(ctx);
  return 0;
}
