/* >>fuzz-stl: any bytes as an STL file, read and given inertia in each way
   clang -g -O1 -fsanitize=fuzzer,address,undefined -I. tests/fuzz_stl.c $(pkg-config --cflags --libs hdf5) -lz -lexpat -lOpenCL -lm */
#define MUSCLEMIMIC_IMPLEMENTATION
#include "musclemimic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mm_context *ctx = NULL;
  if (size < 1 || mm_context_create(NULL, &ctx)) return 0;
  mm_arena arena = {NULL, NULL};
  arena.ctx = ctx;
  mm_class defaults;
  char *text = (char *)malloc(size); /* ends with a NUL as files do; the first byte chooses the way */
  float *corners = NULL;
  int count = 0;
  memcpy(text, data + 1, size - 1);
  text[size - 1] = 0;
  mm__default_class(&defaults);
  defaults.mesh.e.tag = "mesh";
  defaults.mesh.e.file = "fuzz";
  defaults.mesh.inertia = data[0] % 4;
  mm_mesh mesh;
  memset(&mesh, 0, sizeof mesh);
  mesh.spec = &defaults.mesh;
  if (!mm__stl_parse(&arena, "fuzz", text, size - 1, &corners, &count) &&
      !mm__mesh_weld(&arena, corners, count, &mesh))
    mm__mesh_finish(&arena, &mesh);
  mm__arena_free(&arena);
  mm_context_destroy(ctx);
  free(text);
  return 0;
}
