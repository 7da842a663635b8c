/* >>fuzz-amc: any text as an ASF file and, after the first @, an AMC file
   clang -g -O1 -fsanitize=fuzzer,address,undefined -I. tests/fuzz_amc.c $(pkg-config --cflags --libs hdf5) -lz -lexpat -lOpenCL -lm */
#define MUSCLEMIMIC_IMPLEMENTATION
#include "musclemimic.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint8_t *at = size ? (const uint8_t *)memchr(data, '@', size) : NULL;
  const size_t first = at ? (size_t)(at - data) : size, rest = at ? size - first - 1 : 0;
  mm_context *ctx = NULL;
  mm_motion *motion = NULL;
  mm_clip *clip = NULL;
  mm_status status;
  if (mm_context_create(NULL, &ctx)) return 0;
  status = mm_amc_parse(ctx, "fuzz.asf", data, first, "fuzz.amc", data + size - rest, rest, 0, &motion);
  if (status && status != MM_E_MEMORY && !strstr(mm_error(ctx), "fuzz.a")) __builtin_trap(); /* an error names the file */
  if (motion) (void)mm_clip_from_motion(motion, NULL, &clip, NULL);
  mm_clip_destroy(clip);
  mm_motion_destroy(motion);
  mm_context_destroy(ctx);
  return 0;
}
