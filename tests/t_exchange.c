/* >>t-exchange: trajectories as the published NPZ, OpenSim's coordinates and CSV, and back */
#define MUSCLEMIMIC_PRIVATE
#include "support.h"

#define FRAMES 9
#define NQ 10

/* a pelvis that faces -y at qpos0, a hip, a knee, and a slide that follows the knee: y = 0.5 + 2 x - x^2 */
static const char body[] =
  "<mujoco model=\"body\">\n"
  "  <worldbody>\n"
  "    <geom type=\"plane\" size=\"1 1 1\"/>\n"
  "    <body name=\"pelvis\" pos=\"0.1 0.2 1\" euler=\"0 0 -90\">\n"
  "      <freejoint name=\"root\"/>\n"
  "      <geom type=\"sphere\" size=\"0.1\"/>\n"
  "      <site name=\"pelvis_mimic\"/>\n"
  "      <site name=\"left_hip_mimic\" pos=\"0.001 0.1 0\"/>\n"
  "      <site name=\"right_hip_mimic\" pos=\"0 -0.1 0\"/>\n"
  "      <body name=\"thigh\" pos=\"0 -0.1 0\">\n"
  "        <joint name=\"hip_flexion_r\" axis=\"0 -1 0\"/>\n"
  "        <geom type=\"capsule\" fromto=\"0 0 0 0 0 -0.4\" size=\"0.05\"/>\n"
  "        <body name=\"shank\" pos=\"0 0 -0.4\">\n"
  "          <joint name=\"knee_slide\" type=\"slide\" axis=\"1 0 0\"/>\n"
  "          <joint name=\"knee_angle_r\" axis=\"0 1 0\"/>\n"
  "          <geom type=\"capsule\" fromto=\"0 0 0 0 0 -0.4\" size=\"0.04\"/>\n"
  "        </body>\n"
  "      </body>\n"
  "    </body>\n"
  "  </worldbody>\n"
  "  <equality><joint joint1=\"knee_slide\" joint2=\"knee_angle_r\" polycoef=\"0.5 2 -1 0 0\"/></equality>\n"
  "</mujoco>\n";

/* smooth motion; the slide follows */
static mm_trajectory *move(const mm_model *m) {
  mm_trajectory *t;
  ok(mm_trajectory_create(m, "made", FRAMES, 50, &t));
  for (int f = 0; f < FRAMES; f++) {
    double *q = t->qpos + f * NQ, turn[3] = {0.3 * sin(0.2 * f), 0.2 * cos(0.3 * f), 0.4 * f};
    q[0] = 0.1 * f;
    q[1] = -0.05 * f;
    q[2] = 1 + 0.02 * f;
    mm__rot_from_vector(turn, q + 3);
    q[7] = 0.5 * sin(0.5 * f);
    q[9] = 0.3 * f;
    q[8] = 0.5 + 2 * q[9] - q[9] * q[9];
  }
  mm_trajectory_differentiate(m, t);
  ok(mm_trajectory_forward(m, t));
  return t;
}

static void same_qpos(const mm_trajectory *a, const mm_trajectory *b, double tolerance) {
  assert_int_equal(a->frame_count, b->frame_count);
  for (int f = 0; f < a->frame_count; f++) {
    const double *p = a->qpos + f * NQ, *q = b->qpos + f * NQ;
    double dot = 0;
    for (int k = 3; k < 7; k++) dot += p[k] * q[k];
    near_to(fabs(dot), 1, tolerance, "orientation");
    for (int k = 0; k < NQ; k++)
      if (k < 3 || k > 6) near_to(q[k], p[k], tolerance, "coordinate");
  }
}

static void t_exchange_published_comes_back(void **state) {
  mm_model *m = model_of(body);
  mm_trajectory *t = move(m), *two, *back;
  const mm_trajectory *pair[2] = {t, t};
  int missing = -1, unknown = -1;
  (void)state;
  ok(mm_trajectory_join(ctx, pair, 2, &two));
  ok(mm_trajectory_save_npz(m, two, in_folder("two.npz")));
  keep_seed("published", in_folder("two.npz"));
  ok(mm_trajectory_load_npz(ctx, in_folder("two.npz"), m, &back, &missing, &unknown));
  assert_int_equal(missing, 0);
  assert_int_equal(unknown, 0);
  assert_int_equal(back->clip_count, 2);
  assert_int_equal(back->split_points[1], FRAMES);
  assert_string_equal(back->clip_names[1], "two_0001");
  near_to(back->frequency, 50, 0, "rate");
  same_qpos(two, back, 1e-15);
  for (int i = 0; i < 2 * FRAMES * 9; i++) near_to(back->qvel[i], two->qvel[i], 1e-12, "velocity");
  for (int i = 0; i < 2 * FRAMES * 9; i++) near_to(back->site_xpos[i], two->site_xpos[i], 1e-12, "site");
  mm_trajectory_destroy(two);
  mm_trajectory_destroy(back);
  mm_trajectory_destroy(t);
  mm_model_destroy(m);
}

/* velocities of bodies as MuJoCo has them: about the tree's centre of mass. The sites' own follow from them as the published
   programs compute them. */
static void t_exchange_published_velocities_give_those_of_sites(void **state) {
  mm_model *m = model_of(body);
  mm_trajectory *t = move(m);
  mm_npz *npz;
  int64_t shape3[3] = {FRAMES, 3, 6}, shape2[2] = {FRAMES, 3};
  const double *cvel, *com;
  (void)state;
  ok(mm_trajectory_save_npz(m, t, in_folder("t.npz")));
  ok(mm_npz_open(ctx, in_folder("t.npz"), &npz));
  ok(mm_npz_reals(npz, "cvel_parent", 3, shape3, &cvel));
  ok(mm_npz_reals(npz, "subtree_com_root", 2, shape2, &com));
  for (int f = 0; f < FRAMES; f++)
    for (int s = 0; s < 3; s++) {
      const double *w = cvel + (f * 3 + s) * 6, *v = w + 3, *x = t->site_xpos + (f * 3 + s) * 3, *own = t->site_xvel + (f * 3 + s) * 6;
      double arm[3];
      for (int k = 0; k < 3; k++) arm[k] = x[k] - com[3 * f + k];
      for (int k = 0; k < 3; k++) {
        const int i = (k + 1) % 3, j = (k + 2) % 3;
        near_to(w[k], own[k], 1e-12, "rotation");
        near_to(v[k] + w[i] * arm[j] - w[j] * arm[i], own[3 + k], 1e-12, "translation");
      }
    }
  mm_npz_close(npz);
  mm_trajectory_destroy(t);
  mm_model_destroy(m);
}

/* a model with a joint more, one less, and another order of them */
static void t_exchange_joints_are_matched_by_name(void **state) {
  static const char other[] =
    "<mujoco><worldbody><body name=\"pelvis\" pos=\"0 0 2\"><freejoint name=\"root\"/><geom size=\"0.1\"/><site name=\"pelvis_mimic\"/>"
    "<body pos=\"0 0 1\"><joint name=\"elbow\" ref=\"20\"/><geom size=\"0.1\"/>"
    "<body pos=\"0 0 1\"><joint name=\"knee_angle_r\"/><geom size=\"0.1\"/></body></body></body></worldbody></mujoco>";
  static const char none[] = "<mujoco><worldbody><body><joint name=\"elbow\"/><geom size=\"0.1\"/></body></worldbody></mujoco>";
  static const char slide[] = "<mujoco><worldbody><body><joint name=\"root\" type=\"slide\"/><geom size=\"0.1\"/></body></worldbody></mujoco>";
  mm_model *m = model_of(body), *o = model_of(other), *n = model_of(none);
  mm_model *s = model_of(slide);
  mm_trajectory *t = move(m), *back;
  int missing, unknown;
  (void)state;
  ok(mm_trajectory_save_npz(m, t, in_folder("t.npz")));
  ok(mm_trajectory_load_npz(ctx, in_folder("t.npz"), o, &back, &missing, &unknown));
  assert_int_equal(missing, 1); /* the elbow */
  assert_int_equal(unknown, 2); /* hip and slide */
  near_to(back->qpos[9 * 3 + 7], 20 * MM_PI / 180, 1e-12, "what is missing stays at qpos0");
  near_to(back->qpos[9 * 3 + 8], 0.9, 1e-12, "knee");
  near_to(back->qpos[9 * 3 + 2], 1.06, 1e-12, "root");
  mm_trajectory_destroy(back);
  fails(mm_trajectory_load_npz(ctx, in_folder("t.npz"), n, &back, NULL, NULL), MM_E_DATA, "none of its 4 joints");
  fails(mm_trajectory_load_npz(ctx, in_folder("t.npz"), s, &back, NULL, NULL), MM_E_DATA, "'root' is of another type");
  fails(mm_trajectory_save_npz(o, t, in_folder("o.npz")), MM_E_DATA, "another model");
  mm_trajectory_destroy(t);
  mm_model_destroy(m);
  mm_model_destroy(o);
  mm_model_destroy(n);
  mm_model_destroy(s);
}

/* the least that the published form may hold, with something wrong in it */
static void t_exchange_bad_published_files_are_refused(void **state) {
  static const struct { int frames, width, split; double rate, value; int types; const char *word; } bad[] = {
    {3, NQ, 3, 50, 0, 4, NULL}, {3, NQ - 1, 3, 50, 0, 4, "jnt_type and the 9 columns"}, {3, NQ, 2, 50, 0, 4, "split_points"},
    {3, NQ, 3, 0, 0, 4, "3 frames at 0 Hz"}, {3, NQ, 3, 50, NAN, 4, "joint 'root' is at nan in frame 0"}, {3, NQ, 3, 50, 0, 3, "do not fit together"}};
  mm_model *m = model_of(body);
  (void)state;
  for (int i = 0; i < MM_COUNT(bad); i++) {
    static const char *const names[] = {"root", "hip_flexion_r", "knee_slide", "knee_angle_r"};
    const int types[] = {0, 3, 2, 3}, split[2] = {0, bad[i].split};
    int64_t shape[2];
    double qpos[3 * NQ];
    mm_npz_writer *w;
    mm_trajectory *t;
    char name[32];
    snprintf(name, sizeof name, "bad%d.npz", i);
    for (int k = 0; k < 3 * NQ; k++) qpos[k] = bad[i].value;
    ok(mm_npz_create(ctx, in_folder(name), &w));
    shape[0] = bad[i].frames;
    shape[1] = bad[i].width;
    ok(mm_npz_add(w, "qpos", MM_DTYPE_F64, 2, shape, qpos));
    shape[0] = 2;
    ok(mm_npz_add(w, "split_points", MM_DTYPE_I32, 1, shape, split));
    ok(mm_npz_add(w, "frequency", MM_DTYPE_F64, 0, NULL, &bad[i].rate));
    shape[0] = 4;
    ok(mm_npz_add(w, "joint_names", MM_DTYPE_TEXT, 1, shape, names));
    shape[0] = bad[i].types;
    ok(mm_npz_add(w, "jnt_type", MM_DTYPE_I32, 1, shape, types));
    ok(mm_npz_commit(w));
    mm_npz_end(w);
    keep_seed("published", in_folder(name));
    if (bad[i].word) {
      fails(mm_trajectory_load_npz(ctx, in_folder(name), m, &t, NULL, NULL), MM_E_DATA, bad[i].word);
      assert_non_null(strstr(mm_error(ctx), name));
      assert_null(t);
    } else {
      ok(mm_trajectory_load_npz(ctx, in_folder(name), m, &t, NULL, NULL));
      near_to(t->qpos[3], 1, 0, "no quaternion becomes one");
      mm_trajectory_destroy(t);
    }
  }
  mm_model_destroy(m);
}

static double value(const mm_columns *c, int row, const char *name) {
  const int column = mm_columns_find(c, name);
  if (column < 0) fail_msg("there is no column %s", name);
  return c->values[row * c->column_count + column];
}

/* by hand: at qpos0 the body faces -y of the world, which is +z of OpenSim's ground: turned by -90 degrees about its y */
static void t_exchange_opensim_axes_are_those_by_hand(void **state) {
  mm_model *m = model_of(body);
  mm_trajectory *t;
  mm_columns *c;
  double back[3] = {0, -0.2, 0}, face[3] = {0, 0, MM_PI / 2}, side[3] = {0.3, 0, 0}, turn[4], q[4];
  (void)state;
  ok(mm_trajectory_create(m, "by hand", 4, 100, &t));
  for (int f = 0; f < 4; f++) memcpy(t->qpos + f * NQ, m->qpos0, sizeof(double) * NQ);
  /* 1: turned to face +x; 2: then leaning back; 3: leaning to its right, the hip bent */
  for (int f = 1; f < 4; f++) {
    double *root = t->qpos + f * NQ + 3;
    mm__rot_from_vector(face, turn);
    mm__rot_multiply(turn, root, root);
    if (f == 1) continue;
    mm__rot_from_vector(f == 2 ? back : side, q);
    mm__rot_multiply(q, root, root);
  }
  t->qpos[3 * NQ + 7] = 0.5;
  ok(mm_columns_from_trajectory(m, t, 0, &c));
  assert_int_equal(c->degrees, 1);
  assert_int_equal(c->column_count, 1 + 6 + 3);
  near_to(value(c, 0, "pelvis_tx"), 0.1, 1e-12, "x");
  near_to(value(c, 0, "pelvis_ty"), 1, 1e-12, "height");
  near_to(value(c, 0, "pelvis_tz"), -0.2, 1e-12, "z is the right");
  near_to(value(c, 0, "pelvis_rotation"), -90, 1e-9, "it faces -y, the right of +x");
  near_to(value(c, 0, "pelvis_tilt"), 0, 1e-9, "upright");
  near_to(value(c, 1, "pelvis_rotation"), 0, 1e-9, "it faces +x");
  near_to(value(c, 2, "pelvis_tilt"), 0.2 * 180 / MM_PI, 1e-9, "leaning back is positive");
  near_to(value(c, 2, "pelvis_list"), 0, 1e-9, "only back");
  near_to(value(c, 3, "pelvis_list"), 0.3 * 180 / MM_PI, 1e-9, "the right side down is positive");
  near_to(value(c, 3, "hip_flexion_r"), 0.5 * 180 / MM_PI, 1e-9, "degrees");
  near_to(value(c, 3, "time"), 0.03, 1e-15, "time");
  mm_columns_destroy(c);
  mm_trajectory_destroy(t);
  mm_model_destroy(m);
}

static void t_exchange_opensim_comes_back(void **state) {
  mm_model *m = model_of(body);
  mm_trajectory *t = move(m), *back;
  mm_columns *c, *read;
  int missing, unknown;
  (void)state;
  ok(mm_columns_from_trajectory(m, t, 0, &c));
  ok(mm_mot_save(c, in_folder("t.mot")));
  ok(mm_mot_load(ctx, in_folder("t.mot"), &read));
  ok(mm_trajectory_from_columns(m, read, &back, &missing, &unknown));
  assert_int_equal(missing + unknown, 0);
  near_to(back->frequency, 50, 0, "rate");
  same_qpos(t, back, 1e-9);
  mm_trajectory_destroy(back);
  /* radians; a column that is no joint; a joint that is no column follows its coupling */
  for (int r = 0; r < read->row_count; r++) {
    double *row = read->values + r * read->column_count;
    for (int k = 1; k < read->column_count; k++)
      if (k < 4 || k == mm_columns_find(read, "hip_flexion_r") || k == mm_columns_find(read, "knee_angle_r")) row[k] *= MM_PI / 180;
  }
  read->degrees = 0;
  strcpy(read->column_names[mm_columns_find(read, "knee_slide")], "other");
  ok(mm_trajectory_from_columns(m, read, &back, &missing, &unknown));
  assert_int_equal(missing, 1);
  assert_int_equal(unknown, 1);
  same_qpos(t, back, 1e-9);
  mm_trajectory_destroy(back);
  read->degrees = -1;
  fails(mm_trajectory_from_columns(m, read, &back, NULL, NULL), MM_E_DATA, "inDegrees");
  read->degrees = 1;
  read->uneven = 1;
  fails(mm_trajectory_from_columns(m, read, &back, NULL, NULL), MM_E_DATA, "equally");
  read->uneven = 0;
  read->values[2 * read->column_count + 4] = NAN;
  fails(mm_trajectory_from_columns(m, read, &back, NULL, NULL), MM_E_DATA, "row 3");
  mm_columns_destroy(read);
  mm_columns_destroy(c);
  mm_trajectory_destroy(t);
  mm_model_destroy(m);
}

static void t_exchange_csv_holds_what_it_says(void **state) {
  mm_model *m = model_of(body);
  mm_trajectory *t = move(m), *two;
  const mm_trajectory *pair[2] = {t, t};
  mm_columns *c;
  char text[512];
  FILE *file;
  (void)state;
  ok(mm_trajectory_join(ctx, pair, 2, &two));
  ok(mm_columns_of_trajectory(two, &c));
  assert_int_equal(c->column_count, 2 + NQ);
  near_to(value(c, FRAMES + 1, "clip"), 1, 0, "clip");
  near_to(value(c, FRAMES + 1, "time"), 0.02, 1e-15, "time begins anew");
  near_to(value(c, 3, "root_qz"), t->qpos[3 * NQ + 6], 0, "quaternion");
  near_to(value(c, 3, "knee_angle_r"), 0.9, 1e-12, "radians");
  c->values[1] = NAN;
  mm__free(ctx, c->column_names[2]);
  c->column_names[2] = mm__strdup(ctx, "a \"quoted\", name");
  ok(mm_columns_save_csv(c, in_folder("t.csv")));
  file = fopen(in_folder("t.csv"), "r");
  assert_non_null(fgets(text, sizeof text, file));
  assert_non_null(strstr(text, "time,clip,\"a \"\"quoted\"\", name\",root_y,root_z,root_qw"));
  assert_non_null(fgets(text, sizeof text, file));
  assert_memory_equal(text, "0,,0,", 5);
  fclose(file);
  mm_columns_destroy(c);
  mm_trajectory_destroy(two);
  mm_trajectory_destroy(t);
  mm_model_destroy(m);
}

static void t_exchange_markers_come_back_as_trc(void **state) {
  static const char text[] =
    "PathFileType\t4\t(X/Y/Z)\tx.trc\nDataRate\tNumFrames\tNumMarkers\tUnits\n100\t2\t2\tcm\nFrame#\tTime\tA\t\t\tB\n\tX1\n\n1\t0\t1\t2\t3\t4\t5\t6\n2\t0.01\t7\t8\t9\n";
  mm_markers *m, *back;
  mm_columns *c;
  (void)state;
  ok(mm_trc_parse(ctx, "x.trc", text, strlen(text), &m));
  ok(mm_trc_save(m, in_folder("y.trc")));
  ok(mm_trc_load(ctx, in_folder("y.trc"), &back));
  near_to(back->frequency, 100, 0, "rate");
  for (int i = 0; i < 12; i++) {
    if (i > 8) assert_true(back->positions[i] != back->positions[i]);
    else near_to(back->positions[i], m->positions[i], 1e-9, "position");
  }
  ok(mm_columns_of_markers(m, &c));
  near_to(value(c, 1, "A_y"), 0.08, 1e-12, "column");
  mm_columns_destroy(c);
  mm_markers_destroy(m);
  mm_markers_destroy(back);
}

/* numbers have points where the language of the machine has commas */
static void t_exchange_numbers_do_not_depend_on_the_locale(void **state) {
  static const char *const locales[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "nl_NL.UTF-8", "ru_RU.UTF-8"};
  mm_columns *c, *back;
  int found = 0;
  (void)state;
  for (int i = 0; i < MM_COUNT(locales) && !found; i++) found = setlocale(LC_NUMERIC, locales[i]) != NULL;
  if (!found) {
    print_message("skipped: no locale with a decimal comma is installed\n");
    skip();
  }
  ok(mm_mot_parse(ctx, "x.mot", "t\ninDegrees=no\nendheader\ntime a\n0 1.5\n0.25 2\n", 49, &c));
  ok(mm_mot_save(c, in_folder("l.mot")));
  ok(mm_mot_load(ctx, in_folder("l.mot"), &back));
  setlocale(LC_NUMERIC, "C");
  near_to(back->values[1], 1.5, 0, "value");
  mm_columns_destroy(c);
  mm_columns_destroy(back);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_exchange_published_comes_back),
    cmocka_unit_test(t_exchange_published_velocities_give_those_of_sites),
    cmocka_unit_test(t_exchange_joints_are_matched_by_name),
    cmocka_unit_test(t_exchange_bad_published_files_are_refused),
    cmocka_unit_test(t_exchange_opensim_axes_are_those_by_hand),
    cmocka_unit_test(t_exchange_opensim_comes_back),
    cmocka_unit_test(t_exchange_csv_holds_what_it_says),
    cmocka_unit_test(t_exchange_markers_come_back_as_trc),
    cmocka_unit_test(t_exchange_numbers_do_not_depend_on_the_locale)};
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
