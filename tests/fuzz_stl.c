/* >>fuzz-stl: any bytes as an STL file, read and given inertia in each way */
#include "fuzz.h"

static void fuzz(const uint8_t *data, size_t size) {
  static const char *const ways[4] = {"convex", "exact", "legacy", "shell"};
  const char *const way = size ? ways[data[0] % 4] : ways[0];
  char stl[64], text[512];
  const char *path = file_of("stl", data, size);
  mm_model *model = NULL;
  if (!path) return;
  snprintf(stl, sizeof stl, "%s", path);
  snprintf(text, sizeof text, "<mujoco><asset><mesh name='m' file='%s' inertia='%s'/></asset><worldbody><body><freejoint/>"
           "<geom type='mesh' mesh='m' contype='0' conaffinity='0'/></body></worldbody></mujoco>", stl, way);
  path = file_of("xml", text, strlen(text));
  if (path) must_name(mm_model_load(ctx, path, &model), "/tmp/mm-fuzz-");
  mm_model_destroy(model);
  remove(stl);
  if (path) remove(path);
}
