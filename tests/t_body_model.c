/* >>t-body-model: exact joints from a body model's file, made here, and files that are none */
#define MUSCLEMIMIC_PRIVATE
#include "support.h"

#define MOST 55
#define BETAS 4

/* a body of two vertices a joint, each joint half way between its own: parts of it can be left out or spoiled */
typedef struct body {
  int joints, vertices, betas;
  double regressor[MOST * 2 * MOST], vertex[2 * MOST * 3], direction[2 * MOST * 3 * 20];
  int no_regressor, short_vertices;
} body;

static double place(int joint, int k) {
  mm_skeleton s;
  ok(mm_skeleton_make(ctx, MM_BODY_SMPL, MM_GENDER_FEMALE, 0, NULL, &s));
  return joint < MM_SMPL_L_HAND ? s.joint[joint][k] : s.joint[20 + joint % 2][k] + 0.001 * joint;
}

static void make_body(body *b, int joints, int betas) {
  memset(b, 0, sizeof *b);
  b->joints = joints;
  b->betas = betas;
  b->vertices = 2 * joints;
  for (int j = 0; j < joints; j++)
    for (int side = 0; side < 2; side++) {
      const int v = 2 * j + side;
      b->regressor[j * b->vertices + v] = 0.5;
      for (int k = 0; k < 3; k++) {
        b->vertex[3 * v + k] = place(j, k) + (side ? 0.05 : -0.05);
        for (int n = 0; n < betas; n++) b->direction[(3 * v + k) * betas + n] = 0.01 * sin(v + 3 * k + 7 * n);
      }
    }
}

static const char *write_body(const char *name, const body *b) {
  const int64_t regressor[2] = {b->joints, b->vertices}, vertex[2] = {b->vertices - b->short_vertices, 3};
  const int64_t direction[3] = {b->vertices, 3, b->betas};
  mm_npz_writer *w;
  ok(mm_npz_create(ctx, in_folder(name), &w));
  if (!b->no_regressor) ok(mm_npz_add(w, "J_regressor", MM_DTYPE_F64, 2, regressor, b->regressor));
  ok(mm_npz_add(w, "v_template", MM_DTYPE_F64, 2, vertex, b->vertex));
  ok(mm_npz_add(w, "shapedirs", MM_DTYPE_F64, 3, direction, b->direction));
  ok(mm_npz_commit(w));
  mm_npz_end(w);
  keep_seed("body", in_folder(name));
  return in_folder(name);
}

static double expected(const body *b, int joint, int k, const double *betas) {
  double sum = 0;
  for (int side = 0; side < 2; side++) {
    const int v = 2 * joint + side;
    sum += 0.5 * b->vertex[3 * v + k];
    for (int n = 0; n < BETAS; n++) sum += 0.5 * betas[n] * b->direction[(3 * v + k) * b->betas + n];
  }
  return sum;
}

static void t_body_model_joints_are_regressed(void **state) {
  static body b;
  const double betas[BETAS] = {0.5, -1, 2, 0.25};
  static const int joints[] = {24, 52, 55}, hand[][2] = {{22, 23}, {25, 40}, {28, 43}};
  static const mm_body_kind kinds[] = {MM_BODY_SMPL, MM_BODY_SMPLH, MM_BODY_SMPLX};
  (void)state;
  for (int i = 0; i < 3; i++) {
    mm_body_model *model;
    mm_skeleton s;
    char name[32];
    snprintf(name, sizeof name, "body%d.npz", joints[i]);
    make_body(&b, joints[i], BETAS);
    ok(mm_body_model_load(ctx, write_body(name, &b), &model));
    assert_int_equal(model->kind, kinds[i]);
    assert_int_equal(model->joint_count, joints[i]);
    assert_int_equal(model->beta_count, BETAS);
    ok(mm_skeleton_from_model(model, kinds[i], MM_GENDER_FEMALE, BETAS, betas, &s));
    assert_int_equal(s.source, MM_SKELETON_MODEL);
    assert_int_equal(s.gender, MM_GENDER_FEMALE);
    for (int k = 0; k < 3; k++) {
      for (int j = 0; j < MM_SMPL_L_HAND; j++) near_to(s.joint[j][k], expected(&b, j, k, betas), 1e-12, "joint");
      for (int side = 0; side < 2; side++) near_to(s.joint[22 + side][k], expected(&b, hand[i][side], k, betas), 1e-12, "hand");
      near_to(s.root[k], s.joint[0][k], 0, "root");
    }
    mm_body_model_destroy(model);
  }
}

static void t_body_model_expressions_are_no_shape(void **state) {
  static body b;
  mm_body_model *model;
  (void)state;
  make_body(&b, 55, 20);
  ok(mm_body_model_load(ctx, write_body("expressive.npz", &b), &model));
  assert_int_equal(model->beta_count, 10);
  mm_body_model_destroy(model);
}

static void t_body_model_and_clip_must_fit(void **state) {
  static body b;
  const double betas[6] = {0, 0, 0, 0, 0, 1}, zeros[6] = {0, 0, 0, 0, 0, 0}, bad[1] = {NAN}, wild[1] = {1e6};
  mm_body_model *model;
  mm_skeleton s;
  (void)state;
  make_body(&b, 24, BETAS);
  ok(mm_body_model_load(ctx, write_body("b.npz", &b), &model));
  fails(mm_skeleton_from_model(model, MM_BODY_SMPLH, MM_GENDER_MALE, 6, betas, &s), MM_E_DATA, "4 shape directions");
  ok(mm_skeleton_from_model(model, MM_BODY_SMPLH, MM_GENDER_MALE, 6, zeros, &s));
  fails(mm_skeleton_from_model(model, MM_BODY_SMPL, MM_GENDER_MALE, 1, bad, &s), MM_E_DATA, "not finite");
  fails(mm_skeleton_from_model(model, MM_BODY_SMPL, MM_GENDER_MALE, 1, wild, &s), MM_E_DATA, "betas");
  fails(mm_skeleton_from_model(model, MM_BODY_SMPLX, MM_GENDER_MALE, 0, NULL, &s), MM_E_DATA, "SMPL-X");
  mm_body_model_destroy(model);
}

static void t_body_model_makes_a_clip_exact(void **state) {
  static body b;
  mm_clip_def def;
  mm_clip *clip, *opened;
  mm_skeleton s;
  (void)state;
  memset(&def, 0, sizeof def);
  make_body(&b, 52, BETAS);
  write_body("mine.npz", &b);
  ok(mm__clip_new(ctx, "made", 3, 52, BETAS, &clip));
  clip->frequency = 30;
  clip->betas[1] = 1.5;
  ok(mm_clip_save(clip, in_folder("clip.npz")));
  def.body_model = in_folder("mine.npz");
  ok(mm_clip_open(ctx, in_folder("clip.npz"), &def, &opened, NULL));
  ok(mm_clip_skeleton(opened, &s));
  assert_int_equal(s.source, MM_SKELETON_MODEL);
  for (int j = 0; j < MM_SMPL_L_HAND; j++) near_to(s.joint[j][1], expected(&b, j, 1, clip->betas), 1e-12, "joint");
  mm_clip_destroy(opened);
  /* neutral betas cannot be used without it: said, and the mean body taken */
  ok(mm_clip_open(ctx, in_folder("clip.npz"), NULL, &opened, NULL));
  ok(mm_clip_skeleton(opened, &s));
  assert_int_equal(s.source, MM_SKELETON_MEAN);
  assert_int_equal(s.betas_ignored, 1);
  mm_clip_destroy(opened);
  def.body_model = in_folder("missing.npz");
  fails(mm_clip_open(ctx, in_folder("clip.npz"), &def, &opened, NULL), MM_E_FILE, "missing.npz");
  assert_null(opened);
  fails(mm_clip_open(ctx, in_folder("clip.bvh"), &def, &opened, NULL), MM_E_ARGUMENT, "skeleton of its own");
  mm_clip_destroy(clip);
}

static void t_body_model_other_files_are_refused(void **state) {
  static body b;
  mm_body_model *model;
  (void)state;
  fails(mm_body_model_load(ctx, "SMPL_MALE.pkl", &model), MM_E_UNSUPPORTED, "savez");
  make_body(&b, 24, BETAS);
  b.no_regressor = 1;
  fails(mm_body_model_load(ctx, write_body("bad0.npz", &b), &model), MM_E_DATA, "has no J_regressor");
  make_body(&b, 24, BETAS);
  b.short_vertices = 2;
  fails(mm_body_model_load(ctx, write_body("bad1.npz", &b), &model), MM_E_DATA, "48, 46 and 48 vertices");
  make_body(&b, 16, BETAS);
  fails(mm_body_model_load(ctx, write_body("bad2.npz", &b), &model), MM_E_DATA, "has 16 joints");
  make_body(&b, 24, BETAS);
  for (int v = 0; v < b.vertices; v++) b.vertex[3 * v + 1] *= -1;
  fails(mm_body_model_load(ctx, write_body("bad3.npz", &b), &model), MM_E_DATA, "stand along y");
  make_body(&b, 24, BETAS);
  b.direction[5] = INFINITY;
  fails(mm_body_model_load(ctx, write_body("bad4.npz", &b), &model), MM_E_DATA, "metres");
  assert_null(model);
}

static mm_status attempt(mm_context *poor, const void *user) {
  mm_body_model *model;
  const mm_status status = mm_body_model_load(poor, (const char *)user, &model);
  mm_body_model_destroy(model);
  return status;
}

static void t_body_model_failed_allocations_leave_nothing(void **state) {
  static body b;
  (void)state;
  make_body(&b, 24, BETAS);
  survives_scarcity(attempt, write_body("poor.npz", &b));
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_body_model_joints_are_regressed),
    cmocka_unit_test(t_body_model_expressions_are_no_shape),
    cmocka_unit_test(t_body_model_and_clip_must_fit),
    cmocka_unit_test(t_body_model_makes_a_clip_exact),
    cmocka_unit_test(t_body_model_other_files_are_refused),
    cmocka_unit_test(t_body_model_failed_allocations_leave_nothing)};
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
