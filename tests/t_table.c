/* >>t-table: OpenSim's .trc, .mot and .sto: what they mean, come back as written, and where they are broken */
#define MUSCLEMIMIC_PRIVATE
#include "support.h"

static const char trc[] =
  "PathFileType\t4\t(X/Y/Z)\ttest.trc\r\n"
  "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\r\n"
  "60.00\t60.00\t3\t2\tmm\t60.00\r\n"
  "Frame#\tTime\tR.ASIS\t\t\tL.ASIS\t\t\r\n"
  "\t\tX1\tY1\tZ1\tX2\tY2\tZ2\r\n"
  "\r\n"
  "5\t0.0\t1\t2\t3\t-4\t5\t6\r\n"
  "6\t0.0166\t1.5\t2\t3\t\t\t\r\n"
  "7\t0.0333\t2\t2\t3\t4\t5\tNaN\r\n";

static const char mot[] =
  "Coordinates\n"
  "version=1\n"
  "nRows=3\n"
  "nColumns=3\n"
  "inDegrees=yes\n"
  "\n"
  "Units are S.I. units (second, meters, Newtons, ...)\n"
  "endheader\n"
  "time\thip_flexion_r\tpelvis_tx\n"
  "0.5\t10.25\t-1e-3\n"
  "  0.51\t 11\tnan\n"
  "0.52\t12\t3\n";

typedef struct change { const char *from, *to, *word; mm_status status; } change;

static void spoil(const char *text, const change *c, char *out, size_t size) {
  const char *at = strstr(text, c->from);
  assert_non_null(at);
  snprintf(out, size, "%.*s%s%s", (int)(at - text), text, c->to, at + strlen(c->from));
}

static void t_table_trc_is_read(void **state) {
  mm_markers *m;
  (void)state;
  keep_seed("trc", write_text("test.trc", trc));
  ok(mm_trc_load(ctx, in_folder("test.trc"), &m));
  assert_int_equal(m->frame_count, 3);
  assert_int_equal(m->marker_count, 2);
  assert_int_equal(m->first_frame, 5);
  assert_string_equal(m->marker_names[1], "L.ASIS");
  near_to(m->frequency, 60, 0, "rate");
  near_to(m->unit, 0.001, 0, "unit");
  near_to(m->positions[3], -0.004, 1e-15, "metres");
  near_to(m->positions[6], 0.0015, 1e-15, "second frame");
  for (int k = 9; k < 18; k++) assert_true((m->positions[k] == m->positions[k]) == (k >= 12 && k < 15));
  mm_markers_destroy(m);
}

static void t_table_broken_trc_says_where(void **state) {
  static const change changes[] = {
    {"PathFileType", "PathFiletipe", ":1: is not a .trc file", MM_E_PARSE},
    {"\tmm\t", "\tparsec\t", ":3: the unit of length 'parsec'", MM_E_DATA},
    {"60.00\t60.00\t3", "0\t60.00\t3", ":3: DataRate is '0'", MM_E_PARSE},
    {"\t3\t2\tmm", "\t3.5\t2\tmm", ":3: NumFrames is '3.5'", MM_E_PARSE},
    {"NumMarkers", "Markers", ":3: NumMarkers is not given", MM_E_PARSE},
    {"\t3\t2\tmm", "\t3\t1\tmm", ":4: more names than the 1", MM_E_PARSE},
    {"\t3\t2\tmm", "\t3\t3\tmm", ":4: 2 names for 3", MM_E_PARSE},
    {"\t3\t2\tmm", "\t2\t2\tmm", ":9: more than the 2 frames", MM_E_PARSE},
    {"\t3\t2\tmm", "\t4\t2\tmm", "ends after 3 of 4", MM_E_PARSE},
    {"\t3\t2\tmm", "\t4000000\t2\tmm", "more than the file can hold", MM_E_PARSE},
    {"\t-4\t", "\tfour\t", ":7: 'four' is not a number", MM_E_PARSE},
    {"5\t6\r\n", "5\t6\t7\r\n", ":7: more numbers than 2 markers", MM_E_PARSE}};
  (void)state;
  for (int i = 0; i < MM_COUNT(changes); i++) {
    char text[2048], name[32];
    mm_markers *m;
    spoil(trc, &changes[i], text, sizeof text);
    fails(mm_trc_parse(ctx, "t.trc", text, strlen(text), &m), changes[i].status, changes[i].word);
    assert_null(m);
    snprintf(name, sizeof name, "bad%d.trc", i);
    keep_seed("trc", write_text(name, text));
  }
}

static void t_table_mot_is_read(void **state) {
  mm_columns *c;
  (void)state;
  keep_seed("mot", write_text("test.mot", mot));
  ok(mm_mot_load(ctx, in_folder("test.mot"), &c));
  assert_int_equal(c->row_count, 3);
  assert_int_equal(c->column_count, 3);
  assert_int_equal(c->degrees, 1);
  assert_string_equal(c->title, "Coordinates");
  assert_int_equal(mm_columns_find(c, "pelvis_tx"), 2);
  assert_int_equal(mm_columns_find(c, "pelvis"), -1);
  near_to(c->values[1], 10.25, 0, "value");
  near_to(c->values[2], -1e-3, 0, "value");
  assert_true(c->values[5] != c->values[5]);
  near_to(c->frequency, 100, 1e-9, "rate");
  assert_int_equal(c->uneven, 0);
  mm_columns_destroy(c);
}

static void t_table_simm_form_and_uneven_time_are_read(void **state) {
  static const char simm[] = "name old.mot\ndatacolumns 2\ndatarows 4\nrange 0 1\nendheader\ntime a\n0 1\n0.1 2\n0.5 3\n0.6 4\n";
  mm_columns *c;
  (void)state;
  keep_seed("mot", write_text("simm.mot", simm));
  ok(mm_mot_parse(ctx, "simm.mot", simm, strlen(simm), &c));
  assert_int_equal(c->degrees, -1);
  assert_int_equal(c->uneven, 1);
  near_to(c->frequency, 5, 1e-12, "mean rate");
  mm_columns_destroy(c);
}

static void t_table_mot_comes_back_as_written(void **state) {
  mm_columns *c, *back;
  (void)state;
  ok(mm_mot_parse(ctx, "t.mot", mot, strlen(mot), &c));
  c->values[5] = 1.0 / 3;
  ok(mm_mot_save(c, in_folder("out.sto")));
  ok(mm_mot_load(ctx, in_folder("out.sto"), &back));
  assert_int_equal(back->degrees, 1);
  for (int i = 0; i < 9; i++) near_to(back->values[i], c->values[i], 1e-11, "value");
  for (int i = 0; i < 3; i++) assert_string_equal(back->column_names[i], c->column_names[i]);
  mm_columns_destroy(c);
  mm_columns_destroy(back);
}

static void t_table_broken_mot_says_where(void **state) {
  static const change changes[] = {
    {"endheader", "endofheader", "there is no 'endheader'", MM_E_PARSE},
    {"nRows=3", "nRows=three", ":3: nRows is 'three'", MM_E_PARSE},
    {"nRows=3", "nRows=5", "ends after 3 of the 5 rows", MM_E_PARSE},
    {"nColumns=3", "nColumns=4", ":9: 3 names for the 4 columns", MM_E_PARSE},
    {"inDegrees=yes", "inDegrees=maybe", ":5: inDegrees is 'maybe'", MM_E_PARSE},
    {"version=1", "DataType=Vec3", ":2: columns of type 'Vec3'", MM_E_UNSUPPORTED},
    {"time\thip", "frame\thip", ":9: the first column is 'frame'", MM_E_PARSE},
    {"0.52\t12\t3", "0.52\t12", ":12: 2 numbers for 3 columns", MM_E_PARSE},
    {"0.52\t12\t3", "0.52\t12\t3\t4", ":12: more than 3 numbers", MM_E_PARSE},
    {"0.52\t12", "0.52\t1.2.3", ":12: '1.2.3' is not a number (column hip_flexion_r)", MM_E_PARSE},
    {"0.52", "0.51", ":12: time goes from 0.51 to 0.51", MM_E_DATA},
    {"0.52", "nan", ":12: 'nan' is not a number (column time)", MM_E_PARSE}};
  mm_columns *c;
  (void)state;
  for (int i = 0; i < MM_COUNT(changes); i++) {
    char text[2048], name[32];
    spoil(mot, &changes[i], text, sizeof text);
    fails(mm_mot_parse(ctx, "t.mot", text, strlen(text), &c), changes[i].status, changes[i].word);
    assert_null(c);
    snprintf(name, sizeof name, "bad%d.mot", i);
    keep_seed("mot", write_text(name, text));
  }
  fails(mm_mot_parse(ctx, "empty.mot", "", 0, &c), MM_E_PARSE, "empty");
  fails(mm_mot_parse(ctx, "t.mot", "x\nendheader\ntime a\n", 19, &c), MM_E_PARSE, "no rows");
}

static void t_table_recordings_are_read(void **state) {
  mm_markers *m;
  mm_columns *c;
  (void)state;
  ok(mm_trc_load(ctx, shared("reference/opensim_gait2392_walk/subject01_walk1.trc"), &m));
  assert_int_equal(m->frame_count, 151);
  assert_int_equal(m->marker_count, 41);
  near_to(m->positions[1], 1.05527502, 1e-9, "R.ASIS");
  mm_markers_destroy(m);
  ok(mm_mot_load(ctx, shared("reference/opensim_gait2392_walk/subject01_walk1_ik.mot"), &c));
  assert_int_equal(c->row_count, 211);
  assert_int_equal(c->column_count, 24);
  assert_int_equal(c->degrees, 1);
  near_to(c->frequency, 60, 0.01, "rate");
  mm_columns_destroy(c);
  ok(mm_mot_load(ctx, shared("reference/opensim_gait2392_walk/subject01_walk1_grf.mot"), &c));
  assert_int_equal(c->row_count, 1501);
  near_to(c->frequency, 600, 0.1, "rate");
  mm_columns_destroy(c);
}

static mm_status attempt_trc(mm_context *poor, const void *user) {
  mm_markers *m;
  const mm_status status = mm_trc_parse(poor, "poor.trc", user, strlen((const char *)user), &m);
  mm_markers_destroy(m);
  return status;
}

static mm_status attempt_mot(mm_context *poor, const void *user) {
  mm_columns *c;
  const mm_status status = mm_mot_parse(poor, "poor.mot", user, strlen((const char *)user), &c);
  mm_columns_destroy(c);
  return status;
}

static void t_table_failed_allocations_leave_nothing(void **state) {
  (void)state;
  survives_scarcity(attempt_trc, trc);
  survives_scarcity(attempt_mot, mot);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_table_trc_is_read),
    cmocka_unit_test(t_table_broken_trc_says_where),
    cmocka_unit_test(t_table_mot_is_read),
    cmocka_unit_test(t_table_simm_form_and_uneven_time_are_read),
    cmocka_unit_test(t_table_mot_comes_back_as_written),
    cmocka_unit_test(t_table_broken_mot_says_where),
    cmocka_unit_test(t_table_recordings_are_read),
    cmocka_unit_test(t_table_failed_allocations_leave_nothing)};
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
