/* >>fuzz-body: any bytes as a body model */
#include "fuzz.h"

static void fuzz(const uint8_t *data, size_t size) {
  const double betas[3] = {1, -1, 2};
  mm_body_model *model = NULL;
  mm_skeleton skeleton;
  must_name(mm_body_model_parse(ctx, "fuzz.npz", data, size, &model), "fuzz.npz");
  if (model) (void)mm_skeleton_from_model(model, model->kind, MM_GENDER_MALE, model->beta_count < 3 ? model->beta_count : 3, betas, &skeleton);
  mm_body_model_destroy(model);
}
