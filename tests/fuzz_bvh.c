/* >>fuzz-bvh: any text as a BVH file, and what is read as the motion of a body */
#include "fuzz.h"

static void fuzz(const uint8_t *data, size_t size) {
  mm_motion *motion = NULL;
  mm_clip *clip = NULL;
  mm_clip_def def;
  must_name(mm_bvh_parse(ctx, "fuzz.bvh", data, size, &motion), "fuzz.bvh");
  memset(&def, 0, sizeof def);
  def.rest_frame = size % 3 == 0;
  if (motion && !mm_clip_from_motion(motion, &def, &clip, NULL))
    for (int i = 0; i < 3 * clip->frame_count * clip->joint_count; i++) must(clip->poses[i] - clip->poses[i] == 0); /* it is finite */
  mm_clip_destroy(clip);
  mm_motion_destroy(motion);
}
