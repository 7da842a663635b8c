/* >>fuzz-bvh: any text as a BVH file, and what is read as the motion of a body
   clang -g -O1 -fsanitize=fuzzer,address,undefined -I. tests/fuzz_bvh.c $(pkg-config --cflags --libs hdf5) -lz -lexpat -lOpenCL -lm */
#define MUSCLEMIMIC_IMPLEMENTATION
#include "musclemimic.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mm_context *ctx = NULL;
  mm_motion *motion = NULL;
  mm_clip *clip = NULL;
  mm_clip_def def;
  mm_status status;
  if (mm_context_create(NULL, &ctx)) return 0;
  status = mm_bvh_parse(ctx, "fuzz.bvh", data, size, &motion);
  if (status && status != MM_E_MEMORY && !strstr(mm_error(ctx), "fuzz.bvh")) __builtin_trap(); /* an error names the file */
  memset(&def, 0, sizeof def);
  def.rest_frame = size % 3 == 0;
  if (motion && !mm_clip_from_motion(motion, &def, &clip, NULL))
    for (int i = 0; i < 3 * clip->frame_count * clip->joint_count; i++)
      if (!(clip->poses[i] - clip->poses[i] == 0)) __builtin_trap(); /* what is made is finite */
  mm_clip_destroy(clip);
  mm_motion_destroy(motion);
  mm_context_destroy(ctx);
  return 0;
}
