/* >>t-mjcf: MJCF is read and compiled as written, wrong files are refused with their place, specs are edited
   Arrays as a whole are compared with MuJoCo in tests/oracle; here stand the rules that can be told in a line. */
#define MUSCLEMIMIC_PRIVATE
#include "support.h"

static mm_spec *load(const char *text) {
  mm_spec *spec = NULL;
  if (mm_spec_load(ctx, write_text("model.xml", text), &spec)) fail_msg("%s", mm_error(ctx));
  return spec;
}

static mm_model *compile(mm_spec *spec) {
  mm_model *model = NULL;
  if (mm_spec_compile(spec, &model)) fail_msg("%s", mm_error(ctx));
  return model;
}

/* the file is refused, and the message has its place and the word */
static void refused(const char *text, mm_status expected, const char *place, const char *word) {
  mm_model *model = NULL;
  mm_status status = mm_model_load(ctx, write_text("model.xml", text), &model);
  if (status != expected || !strstr(mm_error(ctx), place) || !strstr(mm_error(ctx), word))
    fail_msg("expected %s, '%s' and '%s'; got %s: %s\nof %s", mm_status_name(expected), place, word,
             mm_status_name(status), status ? mm_error(ctx) : "a model", text);
  assert_null(model);
}

#define BALL "<geom name='ball' size='.1' mass='1'/>"

/* ---- what is compiled ---- */

static void t_mjcf_counts_and_names(void **state) {
  mm_model *m = model_of("<mujoco model='m'><worldbody><geom name='g0' type='plane' size='1 1 1'/><body "
                         "name='a'><freejoint name='f'/>" BALL
                         "<body name='b'><joint name='h'/><joint name='s' type='slide'/><geom "
                         "size='.1'/><site name='x'/></body><geom name='late' size='.1'/></body>"
                         "</worldbody></mujoco>");
  (void)state;
  assert_string_equal(m->name, "m");
  assert_int_equal(m->nbody, 3);
  assert_int_equal(m->nq, 9);
  assert_int_equal(m->nv, 8);
  assert_int_equal(mm_model_id(m, MM_OBJ_BODY, "b"), 2);
  assert_int_equal(mm_model_id(m, MM_OBJ_JOINT, "s"), 2);
  /* before the geom of the child body, which stands ahead of it in the text */
  assert_int_equal(mm_model_id(m, MM_OBJ_GEOM, "late"), 2);
  assert_string_equal(mm_model_name(m, MM_OBJ_GEOM, 3), "");
  assert_int_equal(m->dof_parentid[6], 5);
  assert_int_equal(m->body_rootid[2], 1);
  mm_model_destroy(m);
}

static void t_mjcf_classes_nest_and_are_inherited(void **state) {
  mm_model *m = model_of("<mujoco><default><geom rgba='1 0 0 1' size='.1'/><default class='in'><geom "
                         "type='box' size='.1 .2 .3'/><joint damping='3'/>"
                         "</default></default><worldbody><body childclass='in'><joint name='j'/><geom/><geom "
                         "class='main'/><body><geom/></body></body></worldbody></mujoco>");
  const double red[] = {1, 0, 0, 1}, box[] = {0.1, 0.2, 0.3}, three = 3;
  (void)state;
  assert_int_equal(m->geom_type[0], MM_GEOM_BOX);
  assert_int_equal(m->geom_type[1], MM_GEOM_SPHERE);
  assert_int_equal(m->geom_type[2], MM_GEOM_BOX);
  all_near(m->geom_rgba + 8, red, 4, 0);
  all_near(m->geom_size + 6, box, 3, 0);
  all_near(m->dof_damping, &three, 1, 0);
  mm_model_destroy(m);
}

static void t_mjcf_angles_follow_the_compiler(void **state) {
  const char *text = "<mujoco><compiler angle='%s' autolimits='true'/><worldbody><body euler='0 0 %s'><joint "
                     "range='%s %s' ref='%s'/>" BALL "</body></worldbody></mujoco>";
  const double half = sqrt(0.5);
  double quat[4], range[2], ref = MM_PI / 4;
  (void)state;
  quat[0] = quat[3] = half;
  quat[1] = quat[2] = 0;
  range[0] = -MM_PI / 2;
  range[1] = MM_PI / 4;
  for (int degree = 0; degree < 2; degree++) {
    char model[600];
    mm_model *m;
    snprintf(model, sizeof model, text, degree ? "degree" : "radian", degree ? "90" : "1.57079632679489662",
             degree ? "-90" : "-1.57079632679489662", degree ? "45" : "0.78539816339744831",
             degree ? "45" : "0.78539816339744831");
    m = model_of(model);
    all_near(m->body_quat + 4, quat, 4, 1e-15);
    all_near(m->jnt_range, range, 2, 1e-15);
    all_near(m->qpos0, &ref, 1, 1e-15);
    assert_int_equal(m->jnt_limited[0], 1);
    mm_model_destroy(m);
  }
}

static void t_mjcf_every_orientation_names_the_same_turn(void **state) {
  static const char *const forms[] = {"quat='2 2 0 0'", "axisangle='3 0 0 90'", "euler='90 0 0'",
                                      "xyaxes='2 0 0 1 0 1'", "zaxis='0 -1 0'"};
  double quat[4];
  (void)state;
  quat[0] = quat[1] = sqrt(0.5);
  quat[2] = quat[3] = 0;
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    char text[300];
    mm_model *m;
    snprintf(text, sizeof text, "<mujoco><worldbody><site %s/></worldbody></mujoco>", forms[i]);
    m = model_of(text);
    all_near(m->site_quat, quat, 4, 1e-15);
    mm_model_destroy(m);
  }
}

static void t_mjcf_frames_move_what_stands_in_them(void **state) {
  mm_model *m = model_of("<mujoco><worldbody><frame pos='1 0 0' euler='0 0 90'><frame pos='0 0 1'><site "
                         "pos='2 0 0'/><body name='b' pos='0 1 0'>"
                         "<freejoint/>" BALL "</body></frame></frame></worldbody></mujoco>");
  const double site[] = {1, 2, 1}, body[] = {0, 0, 1};
  (void)state;
  all_near(m->site_pos, site, 3, 1e-15);
  all_near(m->body_pos + 3, body, 3, 1e-15);
  all_near(m->qpos0, body, 3, 1e-15);
  mm_model_destroy(m);
}

static void t_mjcf_mass_follows_from_shapes(void **state) {
  mm_model *m = model_of(
      "<mujoco><worldbody><body><joint/><geom type='box' size='.1 .2 .3' density='100' pos='1 0 0'/></body>"
      "<body><joint/><geom type='capsule' size='.1' fromto='0 0 0 0 0 1' mass='2'/></body>"
      "<body><joint/><geom size='.1' mass='1' pos='-1 0 0'/><geom size='.1' mass='3' pos='1 0 "
      "0'/></body></worldbody></mujoco>");
  const double box = 100 * 0.2 * 0.4 * 0.6, centre[] = {0.5, 0, 0};
  (void)state;
  assert_true(fabs(m->body_mass[1] - box) < 1e-12);
  assert_true(fabs(m->body_inertia[3] - box * (0.04 + 0.09) / 3) < 1e-12);
  assert_true(fabs(m->geom_size[3 + 1] - 0.5) < 1e-15);
  assert_true(fabs(m->body_mass[2] - 2) < 1e-15);
  all_near(m->body_ipos + 9, centre, 3, 1e-15);
  /* two balls 2 m apart: m1 m2 / (m1 + m2) d^2 about the middle, and their own */
  assert_true(fabs(m->body_inertia[9] - (0.75 * 4 + 4 * 0.4 * 0.01)) < 1e-12);
  assert_true(fabs(m->body_subtreemass[0] - (box + 6)) < 1e-12);
  mm_model_destroy(m);
}

static void t_mjcf_compiler_bounds_and_scales_mass(void **state) {
  mm_model *m = model_of(
      "<mujoco><compiler boundmass='2' boundinertia='.5' balanceinertia='true' settotalmass='30'/><worldbody>"
      "<body><joint/><inertial pos='0 0 0' mass='1' diaginertia='.1 .2 .3'/></body>"
      "<body><joint/><inertial pos='0 0 0' mass='8' diaginertia='1 1 4'/></body></worldbody></mujoco>");
  const double inertia[] = {1.5, 1.5, 1.5, 6, 6, 6};
  (void)state;
  all_near(m->body_inertia + 3, inertia, 6, 1e-12);
  assert_true(fabs(m->body_mass[1] - 6) < 1e-12 && fabs(m->body_mass[2] - 24) < 1e-12);
  mm_model_destroy(m);
}

static void t_mjcf_actuator_shortcuts(void **state) {
  mm_model *m = model_of("<mujoco><worldbody><body><joint name='j' range='-1 1'/>" BALL
                         "</body></worldbody><actuator><motor joint='j' gear='3'/>"
                         "<position joint='j' kp='5' kv='2' inheritrange='1'/><velocity joint='j' "
                         "kv='4'/><muscle joint='j' lengthrange='0 1' force='7'/></actuator></mujoco>");
  const double muscle[] = {0.75, 1.05, 7, 200, 0.5, 1.6, 1.5, 1.3, 1.2}, position[] = {0, -5, -2},
               limit = MM_PI / 180;
  (void)state;
  assert_int_equal(m->na, 1);
  assert_int_equal(m->actuator_actadr[3], 0);
  all_near(m->actuator_biasprm + 10, position, 3, 0);
  assert_true(fabs(m->actuator_ctrlrange[3] - limit) < 1e-15 && m->actuator_ctrllimited[1] == 1);
  all_near(m->actuator_gainprm + 30, muscle, 9, 0);
  all_near(m->actuator_biasprm + 30, muscle, 9, 0);
  assert_int_equal(m->actuator_dyntype[3], MM_DYN_MUSCLE);
  mm_model_destroy(m);
}

static void t_mjcf_tendon_paths(void **state) {
  mm_model *m = model_of(
      "<mujoco><worldbody><site name='a'/><body><joint name='j'/>" BALL
      "<geom name='c' type='cylinder' size='.1 .1'/><site name='b'/><site name='d'/></body></worldbody>"
      "<tendon><spatial springlength='.3'><site site='a'/><geom geom='ball' sidesite='d'/><site "
      "site='b'/><geom geom='c'/><site site='d'/><pulley divisor='2'/>"
      "<site site='a'/><site site='d'/></spatial><fixed><joint joint='j' "
      "coef='-2'/></fixed></tendon></mujoco>");
  const int types[] = {3, 4, 3, 5, 3, 2, 3, 3, 1};
  const double prm[] = {0, 2, 0, -1, 0, 2, 0, 0, -2}, length[] = {0.3, 0.3};
  (void)state;
  assert_memory_equal(m->wrap_type, types, sizeof types);
  all_near(m->wrap_prm, prm, 9, 0);
  all_near(m->tendon_lengthspring, length, 2, 0);
  assert_int_equal(m->tendon_adr[1], 8);
  mm_model_destroy(m);
}

static void t_mjcf_pairs_stand_in_the_order_of_bodies(void **state) {
  mm_model *m = model_of("<mujoco><worldbody><geom name='w' size='1'/><body name='a'><geom name='ga' "
                         "size='1'/></body><body name='b'><geom name='gb' size='1'/></body></worldbody>"
                         "<contact><pair name='p2' geom1='gb' geom2='ga'/><pair name='p1' geom1='gb' "
                         "geom2='w'/><exclude body1='b' body2='a'/></contact></mujoco>");
  (void)state;
  assert_int_equal(mm_model_id(m, MM_OBJ_PAIR, "p1"), 0);
  assert_int_equal(m->pair_geom1[1], 1);
  assert_int_equal(m->pair_geom2[1], 2);
  assert_int_equal(m->exclude_signature[0], (1 << 16) + 2);
  mm_model_destroy(m);
}

static void t_mjcf_equalities_keep_the_rest_pose(void **state) {
  mm_model *m =
      model_of("<mujoco><worldbody><body name='a' pos='1 0 0'><joint/>" BALL
               "</body><body name='b' pos='0 2 0' euler='0 0 90'><joint/><geom size='.1'/></body></worldbody>"
               "<equality><connect body1='a' body2='b' anchor='0 0 1'/><weld body1='a' "
               "body2='b'/></equality></mujoco>");
  const double connect[] = {0, 0, 1, -2, -1, 1}, weld[] = {0, 0, 0, -1, 2, 0, sqrt(0.5), 0, 0, sqrt(0.5), 1};
  (void)state;
  all_near(m->eq_data, connect, 6, 1e-15);
  all_near(m->eq_data + 11, weld, 11, 1e-15);
  mm_model_destroy(m);
}

static void t_mjcf_sensors_have_dimension_and_stage(void **state) {
  mm_model *m = model_of(
      "<mujoco><worldbody><body name='b'><joint/>" BALL
      "<site name='s'/></body></worldbody><sensor><touch site='s'/><framequat objtype='site' objname='s'/>"
      "<gyro site='s'/></sensor></mujoco>");
  const int dim[] = {1, 4, 3}, adr[] = {0, 1, 5}, stage[] = {3, 1, 2};
  (void)state;
  assert_memory_equal(m->sensor_dim, dim, sizeof dim);
  assert_memory_equal(m->sensor_adr, adr, sizeof adr);
  assert_memory_equal(m->sensor_needstage, stage, sizeof stage);
  assert_int_equal(m->nsensordata, 8);
  mm_model_destroy(m);
}

/* ---- included files ---- */

static void t_mjcf_includes_are_found_from_either_side(void **state) {
  mm_model *m;
  (void)state;
  shell("mkdir -p %s/sub/deep", folder);
  write_text("sub/a.xml", "<mujocoinclude><include file='deep/b.xml'/><option timestep='.01'/></mujocoinclude>");
  write_text("sub/deep/b.xml", "<mujoco><include file='c.xml'/></mujoco>");
  write_text("sub/deep/c.xml", "<x><worldbody><body name='b'><joint/>" BALL "</body></worldbody></x>");
  m = model_of("<mujoco><include file='sub/a.xml'/></mujoco>");
  assert_int_equal(m->nbody, 2);
  assert_true(m->opt.timestep[0] == 0.01);
  mm_model_destroy(m);
}

static void t_mjcf_includes_that_cannot_be(void **state) {
  (void)state;
  shell("mkdir -p %s/sub", folder);
  write_text("a.xml", "<m>\n<include file='b.xml'/></m>");
  write_text("b.xml", "<m>\n\n<include file='a.xml'/></m>");
  refused("<mujoco><include file='a.xml'/></mujoco>", MM_E_PARSE, "b.xml:3: <include>", "included already");
  refused("<mujoco><include file='model.xml'/></mujoco>", MM_E_PARSE, "model.xml:1: <include>",
          "included already");
  refused("<mujoco>\n<include file='none.xml'/></mujoco>", MM_E_FILE, "model.xml:2: <include>", "none.xml");
  write_text("e.xml", "<m></m>");
  refused("<mujoco><include file='e.xml'/></mujoco>", MM_E_PARSE, "model.xml:1: <include>", "empty");
  write_text("w.xml", "<m>\n<option timestep='x'/></m>");
  refused("<mujoco><include file='w.xml'/></mujoco>", MM_E_PARSE, "w.xml:2: <option>: timestep",
          "\"x\" is not a number");
  write_text("t.xml", "<m>\n<option");
  refused("<mujoco><include file='t.xml'/></mujoco>", MM_E_PARSE, "t.xml:2", "malformed");
  refused("<mujoco><include/></mujoco>", MM_E_PARSE, "model.xml:1: <include>", "file: is required");
}

/* ---- meshes ---- */

static void put32(unsigned char *at, uint32_t value) {
  for (int i = 0; i < 4; i++) at[i] = (unsigned char)(value >> 8 * i);
}

/* a tetrahedron of volume 1/6, binary; returns its bytes */
static size_t make_stl(unsigned char *bytes) {
  static const float corner[4][3] = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  static const int face[4][3] = {{0, 2, 1}, {0, 1, 3}, {0, 3, 2}, {1, 2, 3}};
  memset(bytes, 0, 84 + 200);
  memcpy(bytes, "solid but binary", 16);
  put32(bytes + 80, 4);
  for (int f = 0; f < 4; f++)
    for (int c = 0; c < 3; c++)
      for (int k = 0; k < 3; k++) {
        uint32_t bits;
        memcpy(&bits, &corner[face[f][c]][k], 4);
        put32(bytes + 84 + 50 * f + 12 + 12 * c + 4 * k, bits);
      }
  return 84 + 200;
}

#define MESH_MODEL                                                                                      \
  "<mujoco><asset><mesh name='m' file='t.stl'/></asset><worldbody><body><freejoint/><geom type='mesh' " \
  "mesh='m' density='6'/></body></worldbody></mujoco>"

static void check_tetrahedron(void) {
  mm_model *m = model_of(MESH_MODEL);
  const double centre[] = {0.25, 0.25, 0.25}, moments[] = {0.1, 0.0625, 0.0625};
  assert_int_equal(m->nmeshvert, 4);
  assert_int_equal(m->nmeshface, 4);
  assert_true(fabs(m->body_mass[1] - 1) < 1e-12);
  all_near(m->geom_pos, centre, 3, 1e-12);
  all_near(m->body_ipos + 3, centre, 3, 1e-12);
  all_near(m->body_inertia + 3, moments, 3, 1e-12);
  mm_model_destroy(m);
}

static void t_mjcf_stl_binary_and_text_are_the_same(void **state) {
  unsigned char bytes[400];
  char text[2000] = "solid tetra\n";
  static const char *const corner[] = {"0 0 0", "1 0 0", "0 1e0 0", "-0.0 0 1"};
  static const int face[4][3] = {{0, 2, 1}, {0, 1, 3}, {0, 3, 2}, {1, 2, 3}};
  (void)state;
  write_bytes("t.stl", bytes, make_stl(bytes));
  check_tetrahedron();
  for (int f = 0; f < 4; f++) {
    strcat(text, "facet normal 0 0 0\r\n outer loop\r\n");
    for (int c = 0; c < 3; c++) {
      strcat(text, "vertex ");
      strcat(text, corner[face[f][c]]);
      strcat(text, "\n");
    }
    strcat(text, "endloop endfacet\n");
  }
  strcat(text, "endsolid tetra\n");
  write_text("t.stl", text);
  check_tetrahedron();
}

static void t_mjcf_stl_damaged(void **state) {
  unsigned char bytes[400];
  size_t size = make_stl(bytes);
  const uint32_t nan = 0x7fc00000;
  (void)state;
  write_bytes("t.stl", bytes, size - 1);
  refused(MESH_MODEL, MM_E_PARSE, "model.xml:1: <mesh m>", "truncated");
  write_bytes("t.stl", bytes, 40);
  refused(MESH_MODEL, MM_E_PARSE, "model.xml:1: <mesh m>", "t.stl");
  write_bytes("t.stl", bytes, 0);
  refused(MESH_MODEL, MM_E_PARSE, "model.xml:1: <mesh m>", "truncated");
  put32(bytes + 84 + 12, nan);
  write_bytes("t.stl", bytes, size);
  refused(MESH_MODEL, MM_E_DATA, "model.xml:1: <mesh m>", "not finite");
  memset(bytes + 84, 0, 200);
  write_bytes("t.stl", bytes, size);
  refused(MESH_MODEL, MM_E_MODEL, "model.xml:1: <mesh m>", "at least 4");
  write_text("t.stl", "solid x\nfacet normal 0 0 1\nouter loop\nvertex 0 0 zero\n");
  refused(MESH_MODEL, MM_E_PARSE, "t.stl:4", "number");
  write_text("t.stl", "solid x\nendsolid x\n");
  refused(MESH_MODEL, MM_E_PARSE, "t.stl", "no triangles");
  assert_int_equal(remove(in_folder("t.stl")), 0);
  refused(MESH_MODEL, MM_E_FILE, "model.xml:1: <mesh m>", "t.stl");
  refused("<mujoco><asset>\n<mesh file='t.obj'/></asset></mujoco>", MM_E_UNSUPPORTED, "model.xml:2: <mesh t>",
          "STL");
  refused("<mujoco><asset>\n<mesh name='p' vertex='0 0 0 1 0 0 0 1 0 1 1 0'/></asset></mujoco>", MM_E_MODEL,
          "model.xml:2: <mesh p>", "plane");
  refused("<mujoco><asset>\n<mesh name='p' vertex='0 0 0 1 0 0 0 1 0 0 0 1' face='0 1 4'/></asset></mujoco>",
          MM_E_MODEL, "model.xml:2: <mesh p>", "no vertex 4");
}

/* points on the faces and edges of a box, and within it, change nothing; nor does a box that is far away and flat */
static void t_mjcf_convex_hull_has_the_volume_of_its_corners(void **state) {
  static const char *const boxes[] = {"0 0 0", "100000 0 0"};
  static const double scale[2][3] = {{1, 1, 1}, {1024, 1, 0.0009765625}};
  (void)state;
  for (int way = 0; way < 2; way++) {
    char text[4000], *at = text;
    double volume = 8 * scale[way][0] * scale[way][1] * scale[way][2];
    mm_model *m;
    at += sprintf(at, "<mujoco><asset><mesh name='m' inertia='convex' refpos='%s' vertex='", boxes[way]);
    for (int i = 0; i < 27; i++)
      at += sprintf(at, "%.9g %.9g %.9g ", scale[way][0] * (i % 3 - 1) + (way ? 100000 : 0),
                    scale[way][1] * (i / 3 % 3 - 1), scale[way][2] * (i / 9 - 1));
    sprintf(
        at,
        "'/></asset><worldbody><body><freejoint/><geom type='mesh' mesh='m' density='1'/></body></worldbody>"
        "</mujoco>");
    m = model_of(text);
    assert_int_equal(m->nmeshvert, 27);
    all_near(m->body_mass + 1, &volume, 1, 1e-12 * volume);
    assert_true(m->nmeshface >= 12);
    mm_model_destroy(m);
  }
}

/* ---- bad input ---- */

typedef struct wrong {
  const char *text;
  mm_status status;
  const char *place, *word;
} wrong;

#define WORLD(inside) "<mujoco>\n<worldbody>" inside "</worldbody></mujoco>"
#define BODY(inside) WORLD("<body name='b'><joint name='j'/>" BALL "<site name='s'/>" inside "</body>")
#define WITH(inside)                                                                          \
  "<mujoco><worldbody><body name='b'><joint name='j'/>" BALL                                  \
  "<site name='s'/><site name='t'/></body><body name='c'><joint name='k' type='ball'/><geom " \
  "size='.1'/></body></worldbody>\n" inside "</mujoco>"

static void all_refused(const wrong *list, size_t count) {
  for (size_t i = 0; i < count; i++) refused(list[i].text, list[i].status, list[i].place, list[i].word);
}

static void t_mjcf_malformed_text_is_refused(void **state) {
  static const wrong list[] = {
      {"", MM_E_PARSE, "model.xml:1", "malformed"},
      {"<mujoco>\n<worldbody>", MM_E_PARSE, "model.xml:2", "malformed"},
      {"<mujoco>\n<option a='1' a='2'/></mujoco>", MM_E_PARSE, "model.xml:2", "malformed"},
      {"<!DOCTYPE m [<!ENTITY a 'b'>]><mujoco/>", MM_E_PARSE, "model.xml:1", "DOCTYPE"},
      {"<robot/>", MM_E_UNSUPPORTED, "model.xml:1: <robot>", "URDF"},
      {"<scene/>", MM_E_PARSE, "model.xml:1: <scene>", "must be <mujoco>"},
      {"<mujoco><nonsense/></mujoco>", MM_E_PARSE, "model.xml:1: <nonsense>", "unknown element of <mujoco>"},
      {"<mujoco version='3'/>", MM_E_PARSE, "model.xml:1: <mujoco>", "version: unknown attribute"},
      {"<mujoco>\n<deformable/></mujoco>", MM_E_UNSUPPORTED, "model.xml:2: <deformable>", "not supported"}};
  char *deep = (char *)malloc(20000);
  (void)state;
  all_refused(list, sizeof list / sizeof *list);
  strcpy(deep, "<mujoco><worldbody>");
  for (int i = 0; i < 300; i++) strcat(deep, "<body>");
  refused(deep, MM_E_PARSE, "model.xml:1: <body>", "deeper than 256");
  free(deep);
}

static void t_mjcf_wrong_values_are_refused(void **state) {
  static const wrong list[] = {
      {"<mujoco>\n<option timestep='fast'/></mujoco>", MM_E_PARSE, "model.xml:2: <option>: timestep",
       "not a number"},
      {"<mujoco>\n<option timestep='nan'/></mujoco>", MM_E_PARSE, "model.xml:2: <option>: timestep",
       "not finite"},
      {"<mujoco>\n<option timestep='inf'/></mujoco>", MM_E_PARSE, "model.xml:2: <option>: timestep",
       "not finite"},
      {"<mujoco>\n<option timestep='0'/></mujoco>", MM_E_PARSE, "model.xml:2: <option>: timestep",
       "positive"},
      {"<mujoco>\n<option timestep='1 2'/></mujoco>", MM_E_PARSE, "model.xml:2: <option>: timestep",
       "1 number, not 2"},
      {"<mujoco>\n<option timestep='1x'/></mujoco>", MM_E_PARSE, "model.xml:2: <option>: timestep", "1x"},
      {"<mujoco>\n<option iterations='1.5'/></mujoco>", MM_E_PARSE, "model.xml:2: <option>: iterations",
       "whole number"},
      {"<mujoco>\n<option iterations='99999999999'/></mujoco>", MM_E_PARSE,
       "model.xml:2: <option>: iterations", "32 bits"},
      {"<mujoco>\n<option gravity='0 0'/></mujoco>", MM_E_PARSE, "model.xml:2: <option>: gravity",
       "3 numbers, not 2"},
      {"<mujoco>\n<option cone='round'/></mujoco>", MM_E_PARSE, "model.xml:2: <option>: cone",
       "pyramidal, elliptic"},
      {"<mujoco>\n<option integrator='RK4'/></mujoco>", MM_E_UNSUPPORTED, "model.xml:2: <option>: integrator",
       "not supported"},
      {"<mujoco>\n<option solver='CG'/></mujoco>", MM_E_UNSUPPORTED, "model.xml:2: <option>: solver",
       "not supported"},
      {"<mujoco>\n<option density='1.2'/></mujoco>", MM_E_UNSUPPORTED, "model.xml:2: <option>: density",
       "must be 0"},
      {"<mujoco><option>\n<flag gravity='off'/></option></mujoco>", MM_E_PARSE,
       "model.xml:2: <flag>: gravity", "disable, enable"},
      {"<mujoco><option>\n<flag sleep='enable'/></option></mujoco>", MM_E_UNSUPPORTED,
       "model.xml:2: <flag>: sleep", "not supported"},
      {"<mujoco>\n<compiler eulerseq='xya'/></mujoco>", MM_E_PARSE, "model.xml:2: <compiler>: eulerseq",
       "xya"},
      {"<mujoco>\n<compiler coordinate='global'/></mujoco>", MM_E_UNSUPPORTED,
       "model.xml:2: <compiler>: coordinate", "global"},
      {BODY("<geom size='1 2 3 4'/>"), MM_E_PARSE, "model.xml:2: <geom>: size", "1 to 3 numbers, not 4"},
      {BODY("<geom type='mesh'/>"), MM_E_MODEL, "model.xml:2: <geom>: mesh", "required"},
      {BODY("<geom type='hfield'/>"), MM_E_UNSUPPORTED, "model.xml:2: <geom>: type", "hfield"},
      {BODY("<geom type='box' size='1 1'/>"), MM_E_MODEL, "model.xml:2: <geom>: size", "number 3"},
      {BODY("<geom type='plane' size='1 1 1'/>"), MM_E_MODEL, "model.xml:2: <geom>: type", "does not move"},
      {BODY("<geom name='x' size='1' condim='2'/>"), MM_E_MODEL, "model.xml:2: <geom x>: condim",
       "1, 3, 4 or 6"},
      {BODY("<geom size='.1' pos='1 0 0' type='capsule' fromto='0 0 0 1 1 1'/>"), MM_E_MODEL,
       "model.xml:2: <geom>: fromto", "pos"},
      {BODY("<geom size='.1' quat='0 0 0 0'/>"), MM_E_PARSE, "model.xml:2: <geom>: quat", "zero"},
      {BODY("<geom size='.1' quat='1 0 0 0' euler='1 2 3'/>"), MM_E_PARSE, "model.xml:2: <geom>: euler",
       "quat is given too"},
      {BODY("<geom size='.1' mass='-1'/>"), MM_E_MODEL, "model.xml:2: <geom>", "negative"},
      {BODY("<joint axis='0 0 0'/>"), MM_E_MODEL, "model.xml:2: <joint>: axis", "short"},
      {BODY("<joint range='1 0' limited='true'/>"), MM_E_MODEL, "model.xml:2: <joint>: range", "lower end"},
      {BODY("<joint stiffness='1 2'/>"), MM_E_UNSUPPORTED, "model.xml:2: <joint>: stiffness",
       "first coefficient"},
      {BODY("<freejoint/>"), MM_E_MODEL, "model.xml:2: <freejoint>: type", "alone"},
      {BODY("<joint colour='red'/>"), MM_E_PARSE, "model.xml:2: <joint>: colour", "unknown attribute"},
      {BODY("<composite/>"), MM_E_UNSUPPORTED, "model.xml:2: <composite>", "not supported"},
      {BODY("<inertial mass='1'/>"), MM_E_PARSE, "model.xml:2: <inertial>: pos", "required"},
      {BODY("<inertial pos='0 0 0' mass='1' diaginertia='1 1 5'/>"), MM_E_MODEL, "model.xml:2: <body b>",
       "A + B >= C"},
      {BODY("<inertial pos='0 0 0' mass='1' fullinertia='1 1 1 2 2 2'/>"), MM_E_MODEL,
       "model.xml:2: <body b>: fullinertia", "positive"},
      {WORLD("<body name='b'><joint/></body>"), MM_E_MODEL, "model.xml:2: <body b>", "no mass"},
      {WORLD("<joint/>"), MM_E_MODEL, "model.xml:2: <joint>", "world"},
      {WORLD("<body mocap='true'><joint/><geom size='1'/></body>"), MM_E_MODEL, "model.xml:2: <body>: mocap",
       "no joint"}};
  (void)state;
  all_refused(list, sizeof list / sizeof *list);
}

static void t_mjcf_wrong_references_are_refused(void **state) {
  static const wrong list[] = {
      {BODY("<site name='s'/>"), MM_E_MODEL, "model.xml:2: <site s>: name", "already"},
      {BODY("<geom size='1' class='none'/>"), MM_E_PARSE, "model.xml:2: <geom>: class",
       "no default class \"none\""},
      {BODY("<geom size='1' material='none'/>"), MM_E_MODEL, "model.xml:2: <geom>: material",
       "no material \"none\""},
      {WITH("<contact><pair geom1='ball' geom2='none'/></contact>"), MM_E_MODEL, "model.xml:2: <pair>: geom2",
       "no geom \"none\""},
      {WITH("<contact><exclude body1='b' body2=''/></contact>"), MM_E_MODEL, "model.xml:2: <exclude>: body2",
       "no body"},
      {WITH("<equality><joint joint1='j' joint2='k'/></equality>"), MM_E_MODEL,
       "model.xml:2: <joint>: joint2", "slide or a hinge"},
      {WITH("<equality><joint joint1='none'/></equality>"), MM_E_MODEL, "model.xml:2: <joint>: joint1",
       "no joint \"none\""},
      {WITH("<equality><connect body1='b'/></equality>"), MM_E_PARSE, "model.xml:2: <connect>", "anchor"},
      {WITH("<equality><weld body1='b' site1='s'/></equality>"), MM_E_PARSE, "model.xml:2: <weld>", "either"},
      {WITH("<tendon><spatial><site site='s'/></spatial></tendon>"), MM_E_MODEL, "model.xml:2: <spatial>",
       "two sites"},
      {WITH("<tendon><spatial><site site='s'/><site site='none'/></spatial></tendon>"), MM_E_MODEL,
       "model.xml:2: <site>: site", "none"},
      {WITH("<tendon><spatial><site site='s'/><geom geom='ball'/></spatial></tendon>"), MM_E_MODEL,
       "model.xml:2: <geom>: geom", "between two sites"},
      {WITH("<tendon><spatial><site site='s'/><site site='t'/><pulley divisor='2'/></spatial></tendon>"),
       MM_E_MODEL, "model.xml:2: <pulley>", "ends the path"},
      {WITH("<tendon><spatial><site site='s'/><joint joint='j' coef='1'/></spatial></tendon>"), MM_E_PARSE,
       "model.xml:2: <joint>", "unknown element of <spatial>"},
      {WITH("<tendon><fixed><joint joint='k' coef='1'/></fixed></tendon>"), MM_E_MODEL,
       "model.xml:2: <joint>: joint", "slide or a hinge"},
      {WITH("<actuator><motor/></actuator>"), MM_E_PARSE, "model.xml:2: <motor>", "needs one of"},
      {WITH("<actuator><motor joint='none'/></actuator>"), MM_E_MODEL, "model.xml:2: <motor>: joint",
       "no joint \"none\""},
      {WITH("<actuator><motor joint='j' cranksite='s'/></actuator>"), MM_E_UNSUPPORTED,
       "model.xml:2: <motor>: cranksite", "not supported"},
      {WITH("<actuator><motor joint='j' kp='1'/></actuator>"), MM_E_PARSE, "model.xml:2: <motor>: kp",
       "unknown attribute"},
      {WITH("<actuator><motor joint='j' delay='.1'/></actuator>"), MM_E_UNSUPPORTED,
       "model.xml:2: <motor>: delay", "must be 0"},
      {WITH("<actuator><dcmotor joint='j'/></actuator>"), MM_E_UNSUPPORTED, "model.xml:2: <dcmotor>",
       "not supported"},
      {WITH("<actuator><position joint='j' kv='1' dampratio='1'/></actuator>"), MM_E_PARSE,
       "model.xml:2: <position>: dampratio", "kv"},
      {WITH("<actuator><muscle joint='j' lmin='2'/></actuator>"), MM_E_MODEL, "model.xml:2: <muscle>: lmin",
       "lmin < 1 < lmax"},
      {WITH("<actuator><general joint='j' dyntype='user'/></actuator>"), MM_E_UNSUPPORTED,
       "model.xml:2: <general>: dyntype", "user"},
      {WITH("<sensor><touch site='none'/></sensor>"), MM_E_MODEL, "model.xml:2: <touch>: site",
       "no site \"none\""},
      {WITH("<sensor><jointpos joint='k'/></sensor>"), MM_E_MODEL, "model.xml:2: <jointpos>: joint",
       "slide or a hinge"},
      {WITH("<sensor><user dim='1'/></sensor>"), MM_E_UNSUPPORTED, "model.xml:2: <user>",
       "not supported"},
      {WITH("<keyframe><key qpos='1 2'/></keyframe>"), MM_E_MODEL, "model.xml:2: <key>: qpos",
       "5 numbers, not 2"},
      {WITH("<custom><tuple name='t'><element objtype='body' objname='none'/></tuple></custom>"), MM_E_MODEL,
       "model.xml:2: <element>: objname", "no body"},
      {"<mujoco><default>\n<default/></default></mujoco>", MM_E_PARSE, "model.xml:2: <default>: class",
       "name"},
      {"<mujoco><default><default class='a'/>\n<default class='a'/></default></mujoco>", MM_E_PARSE,
       "model.xml:2: <default>: class", "exists already"},
      {"<mujoco><default>\n<geom name='g'/></default></mujoco>", MM_E_PARSE, "model.xml:2: <geom>: name",
       "default"}};
  (void)state;
  all_refused(list, sizeof list / sizeof *list);
}

/* ---- editing ---- */

#define LIMB                                                                                            \
  "<mujoco><worldbody><body name='a'><joint name='j1'/><joint name='j2'/>" BALL                         \
  "<site name='s1'/><site name='s2'/><body name='b' pos='1 0 0'><joint name='k1'/><geom size='.1' "     \
  "name='g'/>"                                                                                          \
  "<site name='s3'/></body></body></worldbody><tendon><spatial name='t1'><site site='s1'/><site "       \
  "site='s3'/></spatial><spatial name='t2'><site site='s2'/><site site='s3'/></spatial></tendon>"       \
  "<equality><joint name='e' joint1='j1' joint2='k1'/></equality><contact><pair name='p' geom1='ball' " \
  "geom2='g'/></contact>"                                                                               \
  "<actuator><muscle name='m1' tendon='t1' lengthrange='0 1'/><motor name='m2' joint='j2'/><muscle "    \
  "name='m3' tendon='t2' lengthrange='0 1'/></actuator>"                                                \
  "<sensor><jointpos name='n1' joint='j1'/><jointpos name='n2' joint='k1'/><actuatorfrc name='n3' "     \
  "actuator='m1'/></sensor>"                                                                            \
  "<keyframe><key qpos='1 2 3' qvel='4 5 6' act='.1 .2' ctrl='7 8 9'/></keyframe></mujoco>"

static void t_mjcf_removing_takes_what_refers_along(void **state) {
  mm_spec *spec = load(LIMB);
  mm_model *m;
  int count;
  const double qpos[] = {2, 3}, qvel[] = {5, 6}, ctrl[] = {8, 9}, act = 0.2;
  (void)state;
  assert_int_equal(mm_spec_remove(spec, MM_OBJ_JOINT, "j1", &count), MM_OK);
  assert_int_equal(count, 1);
  assert_int_equal(mm_spec_count(spec, MM_OBJ_EQUALITY), 0);
  assert_int_equal(mm_spec_count(spec, MM_OBJ_SENSOR), 2);
  assert_int_equal(mm_spec_remove(spec, MM_OBJ_TENDON, "t1", NULL), MM_OK);
  assert_int_equal(mm_spec_count(spec, MM_OBJ_ACTUATOR), 2);
  assert_int_equal(mm_spec_count(spec, MM_OBJ_SENSOR), 1);
  m = compile(spec);
  all_near(m->key_qpos, qpos, 2, 0);
  all_near(m->key_qvel, qvel, 2, 0);
  all_near(m->key_ctrl, ctrl, 2, 0);
  all_near(m->key_act, &act, 1, 0);
  mm_model_destroy(m);
  assert_int_equal(mm_spec_remove(spec, MM_OBJ_SITE, "s[2-3]", &count), MM_OK);
  assert_int_equal(count, 2);
  assert_int_equal(mm_spec_count(spec, MM_OBJ_TENDON), 0);
  assert_int_equal(mm_spec_count(spec, MM_OBJ_ACTUATOR), 1);
  assert_int_equal(mm_spec_remove(spec, MM_OBJ_GEOM, "g", &count), MM_OK);
  assert_int_equal(mm_spec_count(spec, MM_OBJ_PAIR), 0);
  mm_spec_destroy(spec);
}

static void t_mjcf_patterns(void **state) {
  static const struct {
    const char *pattern;
    int count;
  } cases[] = {{"*", 3},      {"j?", 2},  {"?1", 2}, {"[jk]1", 2}, {"[!j]*", 1},
               {"[a-j]2", 1}, {"*1*", 2}, {"x*", 0}, {"j[", 0},    {"j1*2", 0}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    mm_spec *spec = load(LIMB);
    int count = -1;
    assert_int_equal(mm_spec_remove(spec, MM_OBJ_JOINT, cases[i].pattern, &count), MM_OK);
    if (count != cases[i].count)
      fail_msg("%s matches %d joints, not %d", cases[i].pattern, count, cases[i].count);
    mm_spec_destroy(spec);
  }
}

static void t_mjcf_edits_that_cannot_be(void **state) {
  mm_spec *spec = load(LIMB);
  mm_site_def site;
  (void)state;
  memset(&site, 0, sizeof site);
  site.body = "none";
  site.name = "s9";
  assert_int_equal(mm_spec_remove(spec, MM_OBJ_JOINT, "none", NULL), MM_E_ARGUMENT);
  assert_non_null(strstr(mm_error(ctx), "no joint \"none\""));
  assert_int_equal(mm_spec_remove(spec, MM_OBJ_BODY, "b", NULL), MM_E_ARGUMENT);
  assert_int_equal(mm_spec_add_site(spec, &site), MM_E_ARGUMENT);
  site.body = "b";
  site.name = "s1";
  assert_int_equal(mm_spec_add_site(spec, &site), MM_E_ARGUMENT);
  assert_int_equal(mm_spec_set_option(spec, "speed", "1"), MM_E_ARGUMENT);
  assert_int_equal(mm_spec_set_option(spec, "timestep", "-1"), MM_E_PARSE);
  assert_int_equal(mm_spec_set_option(spec, "contact", "off"), MM_E_PARSE);
  assert_int_equal(mm_spec_remove_fingers(spec), MM_E_MODEL);
  mm_spec_destroy(spec);
}

static void t_mjcf_sites_and_options_are_set(void **state) {
  mm_spec *spec = load(LIMB);
  mm_site_def site;
  mm_model *m;
  const double size[] = {0.1, 0.2, 0.3};
  (void)state;
  memset(&site, 0, sizeof site);
  site.body = "a";
  site.name = "new";
  site.type = MM_GEOM_BOX;
  memcpy(site.size, size, sizeof size);
  assert_int_equal(mm_spec_add_site(spec, &site), MM_OK);
  assert_int_equal(mm_spec_set_option(spec, "timestep", "0.25"), MM_OK);
  assert_int_equal(mm_spec_set_option(spec, "contact", "disable"), MM_OK);
  assert_int_equal(mm_spec_set_option(spec, "settotalmass", "70"), MM_OK);
  m = compile(spec);
  assert_int_equal(mm_model_id(m, MM_OBJ_SITE, "new"), 2);
  all_near(m->site_size + 6, size, 3, 0);
  assert_true(m->opt.timestep[0] == 0.25);
  assert_int_equal(m->opt.disableflags[0], MM_DSBL_CONTACT);
  assert_true(fabs(m->body_subtreemass[0] - 70) < 1e-12);
  mm_model_destroy(m);
  mm_spec_destroy(spec);
}

static void t_mjcf_a_spec_compiles_twice_to_the_same(void **state) {
  mm_spec *spec = load(LIMB);
  mm_model *one = compile(spec), *two = compile(spec);
  (void)state;
  assert_true(one->hash == two->hash);
  assert_int_equal(mm_spec_set_option(spec, "timestep", "0.003"), MM_OK);
  mm_model_destroy(two);
  two = compile(spec);
  assert_true(one->hash != two->hash);
  mm_model_destroy(one);
  mm_model_destroy(two);
  mm_spec_destroy(spec);
}

static mm_status load_with(mm_context *poor, const void *path) {
  mm_model *model = NULL;
  const mm_status status = mm_model_load(poor, (const char *)path, &model);
  mm_model_destroy(model);
  return status;
}

static void t_mjcf_survives_every_lack_of_memory(void **state) {
  unsigned char bytes[400];
  const char *path = write_text("model.xml", "<mujoco><asset><mesh name='m' file='t.stl' inertia='convex'/></asset>"
                                             "<worldbody><body><freejoint/><geom type='mesh' mesh='m'/></body></worldbody></mujoco>");
  (void)state;
  write_bytes("t.stl", bytes, make_stl(bytes));
  assert_true(survives_scarcity(load_with, path) > 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(t_mjcf_counts_and_names),
                                     cmocka_unit_test(t_mjcf_classes_nest_and_are_inherited),
                                     cmocka_unit_test(t_mjcf_angles_follow_the_compiler),
                                     cmocka_unit_test(t_mjcf_every_orientation_names_the_same_turn),
                                     cmocka_unit_test(t_mjcf_frames_move_what_stands_in_them),
                                     cmocka_unit_test(t_mjcf_mass_follows_from_shapes),
                                     cmocka_unit_test(t_mjcf_compiler_bounds_and_scales_mass),
                                     cmocka_unit_test(t_mjcf_actuator_shortcuts),
                                     cmocka_unit_test(t_mjcf_tendon_paths),
                                     cmocka_unit_test(t_mjcf_pairs_stand_in_the_order_of_bodies),
                                     cmocka_unit_test(t_mjcf_equalities_keep_the_rest_pose),
                                     cmocka_unit_test(t_mjcf_sensors_have_dimension_and_stage),
                                     cmocka_unit_test(t_mjcf_includes_are_found_from_either_side),
                                     cmocka_unit_test(t_mjcf_includes_that_cannot_be),
                                     cmocka_unit_test(t_mjcf_stl_binary_and_text_are_the_same),
                                     cmocka_unit_test(t_mjcf_stl_damaged),
                                     cmocka_unit_test(t_mjcf_convex_hull_has_the_volume_of_its_corners),
                                     cmocka_unit_test(t_mjcf_malformed_text_is_refused),
                                     cmocka_unit_test(t_mjcf_wrong_values_are_refused),
                                     cmocka_unit_test(t_mjcf_wrong_references_are_refused),
                                     cmocka_unit_test(t_mjcf_removing_takes_what_refers_along),
                                     cmocka_unit_test(t_mjcf_patterns),
                                     cmocka_unit_test(t_mjcf_edits_that_cannot_be),
                                     cmocka_unit_test(t_mjcf_sites_and_options_are_set),
                                     cmocka_unit_test(t_mjcf_a_spec_compiles_twice_to_the_same),
                                     cmocka_unit_test(t_mjcf_survives_every_lack_of_memory)};
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
