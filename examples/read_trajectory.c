/* >>read-trajectory: what a file of motions holds, and the range of every joint in it

     build/musclemimic walk -o walk.npz
     build/musclemimic retarget walk.npz models/legs18.xml -o walk.h5
     build/examples/read_trajectory walk.h5 models/legs18.xml */
#include "musclemimic.h"

#include <stdio.h>
#include <stdlib.h>

/* slides and hinges: the joints that have one coordinate */
static void print_ranges(const mm_model *model, const mm_trajectory *t) {
  for (int j = 0; j < model->njnt; j++) {
    const double unit = model->jnt_type[j] == MM_JNT_HINGE ? 57.29577951308232 : 1;
    double lowest = 1e9, highest = -1e9, fastest = 0;
    if (model->jnt_type[j] != MM_JNT_HINGE && model->jnt_type[j] != MM_JNT_SLIDE) continue;
    for (int f = 0; f < t->frame_count; f++) {
      const double q = unit * t->qpos[(size_t)f * (size_t)t->nq + (size_t)model->jnt_qposadr[j]];
      const double v = unit * t->qvel[(size_t)f * (size_t)t->nv + (size_t)model->jnt_dofadr[j]];
      if (q < lowest) lowest = q;
      if (q > highest) highest = q;
      if (v > fastest || -v > fastest) fastest = v < 0 ? -v : v;
    }
    printf("%-24s %8.2f to %8.2f %s, up to %8.2f %s/s\n", mm_model_name(model, MM_OBJ_JOINT, j), lowest, highest,
           unit > 1 ? "deg" : "m  ", fastest, unit > 1 ? "deg" : "m");
  }
}

int main(int count, char **words) {
  mm_context *ctx = NULL;
  mm_model *model = NULL;
  mm_trajectory *t = NULL;
  mm_status status;
  if (count != 3) {
    fprintf(stderr, "usage: read_trajectory TRAJECTORY.h5 MODEL.xml\n");
    return 2;
  }
  status = mm_context_create(NULL, &ctx);
  if (!status) status = mm_model_load(ctx, words[2], &model);
  if (!status) status = mm_trajectory_load(ctx, words[1], model, &t); /* refuses motions of another model */
  if (!status) {
    printf("%d frames at %g Hz, %d coordinates, %d sites\n", t->frame_count, t->frequency, t->nq, t->site_count);
    for (int c = 0; c < t->clip_count; c++)
      printf("clip %d: %s, %.2f s\n", c, t->clip_names[c], (t->split_points[c + 1] - t->split_points[c]) / t->frequency);
    print_ranges(model, t);
  } else {
    fprintf(stderr, "%s\n", mm_error(ctx));
  }
  mm_trajectory_destroy(t);
  mm_model_destroy(model);
  mm_context_destroy(ctx);
  return status ? EXIT_FAILURE : EXIT_SUCCESS;
}
