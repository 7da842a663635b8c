/* >>fuzz-body: any bytes as a body model
   clang -g -O1 -fsanitize=fuzzer,address,undefined -I. tests/fuzz_body.c $(pkg-config --cflags --libs hdf5) -lz -lexpat -lOpenCL -lm */
#define MUSCLEMIMIC_IMPLEMENTATION
#include "musclemimic.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const double betas[3] = {1, -1, 2};
  mm_context *ctx = NULL;
  mm_body_model *model = NULL;
  mm_skeleton skeleton;
  mm_status status;
  if (mm_context_create(NULL, &ctx)) return 0;
  status = mm_body_model_parse(ctx, "fuzz.npz", data, size, &model);
  if (status && status != MM_E_MEMORY && !strstr(mm_error(ctx), "fuzz.npz")) __builtin_trap(); /* an error names the file */
  if (model) (void)mm_skeleton_from_model(model, model->kind, MM_GENDER_MALE, model->beta_count < 3 ? model->beta_count : 3, betas, &skeleton);
  mm_body_model_destroy(model);
  mm_context_destroy(ctx);
  return 0;
}
