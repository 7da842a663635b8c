/* >>fuzz-c3d: any bytes as a .c3d file */
#include "fuzz.h"

static void fuzz(const uint8_t *data, size_t size) {
  mm_markers *markers = NULL;
  must_name(mm_c3d_parse(ctx, "fuzz.c3d", data, size, &markers), "fuzz.c3d");
  mm_markers_destroy(markers);
}
