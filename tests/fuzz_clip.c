/* >>fuzz-clip: any bytes as a motion in SMPL form
   clang -g -O1 -fsanitize=fuzzer,address,undefined -I. tests/fuzz_clip.c $(pkg-config --cflags --libs hdf5) -lz -lexpat -lOpenCL -lm */
#define MUSCLEMIMIC_IMPLEMENTATION
#include "musclemimic.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mm_context *ctx = NULL;
  mm_clip *clip = NULL;
  mm_skeleton skeleton;
  mm_status status;
  if (mm_context_create(NULL, &ctx)) return 0;
  status = mm_clip_parse(ctx, "fuzz.npz", data, size, MM_UP_AUTO, &clip);
  if (status && status != MM_E_MEMORY && !strstr(mm_error(ctx), "fuzz.npz")) __builtin_trap(); /* an error names the file */
  if (clip) (void)mm_clip_skeleton(clip, &skeleton);
  mm_clip_destroy(clip);
  mm_context_destroy(ctx);
  return 0;
}
