/* >>fuzz-clip: any bytes as a motion in SMPL form */
#include "fuzz.h"

static void fuzz(const uint8_t *data, size_t size) {
  mm_clip *clip = NULL;
  mm_skeleton skeleton;
  must_name(mm_clip_parse(ctx, "fuzz.npz", data, size, MM_UP_AUTO, &clip), "fuzz.npz");
  if (clip) (void)mm_clip_skeleton(clip, &skeleton);
  mm_clip_destroy(clip);
}
