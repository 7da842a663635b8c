/* >>fuzz-mjcf: any text as an MJCF file, read and compiled */
#include "fuzz.h"

static void fuzz(const uint8_t *data, size_t size) {
  const char *path = file_of("xml", data, size);
  mm_model *model = NULL;
  if (!path) return;
  must_name(mm_model_load(ctx, path, &model), path);
  mm_model_destroy(model);
  remove(path);
}
