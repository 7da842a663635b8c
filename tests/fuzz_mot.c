/* >>fuzz-mot: any bytes as a .mot file */
#include "fuzz.h"

static void fuzz(const uint8_t *data, size_t size) {
  mm_columns *columns = NULL;
  must_name(mm_mot_parse(ctx, "fuzz.mot", data, size, &columns), "fuzz.mot");
  mm_columns_destroy(columns);
}
