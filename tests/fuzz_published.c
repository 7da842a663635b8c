/* >>fuzz-published: any bytes as a trajectory in the published form
   clang -g -O1 -fsanitize=fuzzer,address,undefined -I. tests/fuzz_published.c $(pkg-config --cflags --libs hdf5) -lz -lexpat -lOpenCL -lm */
#define MUSCLEMIMIC_IMPLEMENTATION
#include "musclemimic.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static mm_context *ctx;
static mm_model *model;

/* the model that the seeds belong to */
static void make_model(void) {
  char path[64];
  FILE *file;
  snprintf(path, sizeof path, "/tmp/mm-fuzz-%ld.xml", (long)getpid());
  file = fopen(path, "wb");
  if (!file || mm_context_create(NULL, &ctx)) return;
  fputs("<mujoco><worldbody><body><freejoint name=\"root\"/><geom size=\"0.1\"/><site name=\"pelvis_mimic\"/><body pos=\"0 0 1\">"
        "<joint name=\"hip_flexion_r\"/><geom size=\"0.1\"/><body pos=\"0 0 1\"><joint name=\"knee_slide\" type=\"slide\"/>"
        "<joint name=\"knee_angle_r\"/><geom size=\"0.1\"/></body></body></body></worldbody>"
        "<equality><joint joint1=\"knee_slide\" joint2=\"knee_angle_r\" polycoef=\"0 1 0 0 0\"/></equality></mujoco>", file);
  fclose(file);
  if (mm_model_load(ctx, path, &model)) model = NULL;
  remove(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mm_trajectory *trajectory = NULL;
  mm_status status;
  if (!ctx) make_model();
  if (!model) return 0;
  status = mm_trajectory_parse_npz(ctx, "fuzz.npz", data, size, model, &trajectory);
  if (status && status != MM_E_MEMORY && !strstr(mm_error(ctx), "fuzz.npz")) __builtin_trap(); /* an error names the file */
  mm_trajectory_destroy(trajectory);
  return 0;
}
