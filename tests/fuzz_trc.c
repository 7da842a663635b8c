/* >>fuzz-trc: any bytes as a .trc file */
#include "fuzz.h"

static void fuzz(const uint8_t *data, size_t size) {
  mm_markers *markers = NULL;
  must_name(mm_trc_parse(ctx, "fuzz.trc", data, size, &markers), "fuzz.trc");
  mm_markers_destroy(markers);
}
