/* >>fuzz-published: any bytes as a trajectory in the published form */
#include "fuzz.h"

/* the model that the seeds belong to */
static const char text[] =
  "<mujoco><worldbody><body><freejoint name=\"root\"/><geom size=\"0.1\"/><site name=\"pelvis_mimic\"/><body pos=\"0 0 1\">"
  "<joint name=\"hip_flexion_r\"/><geom size=\"0.1\"/><body pos=\"0 0 1\"><joint name=\"knee_slide\" type=\"slide\"/>"
  "<joint name=\"knee_angle_r\"/><geom size=\"0.1\"/></body></body></body></worldbody>"
  "<equality><joint joint1=\"knee_slide\" joint2=\"knee_angle_r\" polycoef=\"0 1 0 0 0\"/></equality></mujoco>";

static mm_model *make_model(void) {
  const char *path = file_of("xml", text, sizeof text - 1);
  mm_context *own = NULL;
  mm_model *model = NULL;
  must(path && !mm_context_create(NULL, &own) && !mm_model_load(own, path, &model));
  remove(path);
  return model;
}

static void fuzz(const uint8_t *data, size_t size) {
  static mm_model *model;
  mm_trajectory *trajectory = NULL;
  mm_context *mine = ctx;
  if (!model) model = make_model();
  ctx = model->ctx; /* which keeps the errors of what is made for the model */
  must_name(mm_trajectory_parse_npz(ctx, "fuzz.npz", data, size, model, &trajectory), "fuzz.npz");
  mm_trajectory_destroy(trajectory);
  ctx = mine;
}
