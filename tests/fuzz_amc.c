/* >>fuzz-amc: any text as an ASF file and, after the first @, an AMC file */
#include "fuzz.h"

static void fuzz(const uint8_t *data, size_t size) {
  const uint8_t *at = size ? (const uint8_t *)memchr(data, '@', size) : NULL;
  const size_t first = at ? (size_t)(at - data) : size, rest = at ? size - first - 1 : 0;
  mm_motion *motion = NULL;
  mm_clip *clip = NULL;
  must_name(mm_amc_parse(ctx, "fuzz.asf", data, first, "fuzz.amc", data + size - rest, rest, 0, &motion), "fuzz.a");
  if (motion) (void)mm_clip_from_motion(motion, NULL, &clip, NULL);
  mm_clip_destroy(clip);
  mm_motion_destroy(motion);
}
