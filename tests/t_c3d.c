/* >>t-c3d: C3D files of every processor and number type, made here and recorded, and damaged ones */
#define MUSCLEMIMIC_PRIVATE
#include "support.h"

enum { MM_C3D_INTEL = 84, MM_C3D_DEC = 85, MM_C3D_MIPS = 86 }; /* processors */

#define POINTS 3
#define CHANNELS 2
#define SAMPLES 2
#define FRAMES 3

/* a file under construction, in the form of a processor */
typedef struct file {
  unsigned char bytes[8192];
  size_t size;
  int processor, real; /* real: data are floats */
} file;

static void put16(file *f, size_t at, int value) {
  const unsigned v = (unsigned)value & 0xffff;
  f->bytes[at + (f->processor == MM_C3D_MIPS)] = (unsigned char)v;
  f->bytes[at + (f->processor != MM_C3D_MIPS)] = (unsigned char)(v >> 8);
}

/* the encodings are written down here once more, from their definitions: VAX F is (-1)^s 0.1m 2^(e-128), its high half first */
static void put_real(file *f, size_t at, double value) {
  unsigned char *p = f->bytes + at;
  uint32_t bits = 0;
  if (f->processor == MM_C3D_DEC) {
    int exponent;
    const double fraction = frexp(fabs(value), &exponent);
    if (value != 0) bits = (value < 0 ? 0x80000000u : 0) | (uint32_t)(exponent + 128) << 23 | ((uint32_t)ldexp(fraction, 24) & 0x7fffff);
    p[0] = (unsigned char)(bits >> 16);
    p[1] = (unsigned char)(bits >> 24);
    p[2] = (unsigned char)bits;
    p[3] = (unsigned char)(bits >> 8);
    return;
  }
  {
    const float single = (float)value;
    memcpy(&bits, &single, 4);
  }
  for (int k = 0; k < 4; k++) p[f->processor == MM_C3D_MIPS ? 3 - k : k] = (unsigned char)(bits >> (8 * k));
}

/* starts an entry and returns where its offset is to be written */
static size_t put_entry(file *f, int group, const char *name) {
  const size_t length = strlen(name);
  f->bytes[f->size++] = (unsigned char)length;
  f->bytes[f->size++] = (unsigned char)group;
  memcpy(f->bytes + f->size, name, length);
  f->size += length + 2;
  return f->size - 2;
}

static void end_entry(file *f, size_t offset) {
  f->bytes[f->size++] = 0; /* no description */
  put16(f, offset, (int)(f->size - offset));
}

static void put_group(file *f, int group, const char *name) { end_entry(f, put_entry(f, -group, name)); }

static void put_numbers(file *f, int group, const char *name, int type, int count, const double *values) {
  const size_t offset = put_entry(f, group, name);
  f->bytes[f->size++] = (unsigned char)type;
  f->bytes[f->size++] = count > 1;
  if (count > 1) f->bytes[f->size++] = (unsigned char)count;
  for (int i = 0; i < count; i++, f->size += (size_t)type)
    if (type == 2) put16(f, f->size, (int)values[i]);
    else put_real(f, f->size, values[i]);
  end_entry(f, offset);
}

static void put_number(file *f, int group, const char *name, int type, double value) { put_numbers(f, group, name, type, 1, &value); }

static void put_texts(file *f, int group, const char *name, int count, const char *const *texts) {
  const size_t offset = put_entry(f, group, name);
  f->bytes[f->size++] = 255;
  f->bytes[f->size++] = 2;
  f->bytes[f->size++] = 8;
  f->bytes[f->size++] = (unsigned char)count;
  for (int i = 0; i < count; i++, f->size += 8) {
    memset(f->bytes + f->size, f->processor == MM_C3D_DEC ? 0 : ' ', 8); /* DEC files are filled with zeros */
    memcpy(f->bytes + f->size, texts[i], strlen(texts[i]));
  }
  end_entry(f, offset);
}

static int coordinate(int frame, int point, int k) { return 100 * point + 10 * frame + k - 7; }
static int sample(int frame, int s, int channel) { return 1000 * channel + 10 * frame + s - 20; }
static int hidden(int frame, int point) { return frame == 1 && point == 2; }

static void make_file(file *f, int processor, int real, int is_unsigned) {
  static const char *const labels[] = {"LASI", "RASI"}, *const more[] = {"SACR"}, *const units[] = {"mm"}, *const volts[] = {"V", "N"};
  static const char *const channels[] = {"EMG1", "Fz1"}, *const contexts[] = {"Right"}, *const events[] = {"Strike"};
  static const char *const formats[] = {"UNSIGNED"};
  const double scales[] = {0.5, 2}, offsets[] = {4, is_unsigned ? 40000 : -3}, types[] = {2, 4}, times[] = {1, 2.5};
  memset(f, 0, sizeof *f);
  f->processor = processor;
  f->real = real;
  f->bytes[0] = 2;
  f->bytes[1] = 0x50;
  f->bytes[512 + 2] = 3;
  f->bytes[512 + 3] = (unsigned char)processor;
  f->size = 516;
  put_group(f, 1, "POINT");
  put_number(f, 1, "USED", 2, POINTS);
  put_number(f, 1, "SCALE", 4, real ? -0.5 : 0.5);
  put_number(f, 1, "RATE", 4, 50);
  put_number(f, 1, "FRAMES", 2, FRAMES);
  put_texts(f, 1, "LABELS", 2, labels);
  put_texts(f, 1, "LABELS2", 1, more);
  put_texts(f, 1, "UNITS", 1, units);
  put_group(f, 2, "ANALOG");
  put_texts(f, 2, "LABELS", 2, channels);
  put_texts(f, 2, "UNITS", 2, volts);
  if (is_unsigned) put_texts(f, 2, "FORMAT", 1, formats);
  put_number(f, 2, "GEN_SCALE", 4, 0.25);
  put_numbers(f, 2, "SCALE", 4, 2, scales);
  put_numbers(f, 2, "OFFSET", 2, 2, offsets);
  put_group(f, 3, "FORCE_PLATFORM");
  put_number(f, 3, "USED", 2, 2);
  put_numbers(f, 3, "TYPE", 2, 2, types);
  put_group(f, 4, "EVENT");
  put_number(f, 4, "USED", 2, 1);
  put_numbers(f, 4, "TIMES", 4, 2, times);
  put_texts(f, 4, "CONTEXTS", 1, contexts);
  put_texts(f, 4, "LABELS", 1, events);
  assert_true(f->size < 512 * 4);
  put16(f, 2, POINTS);
  put16(f, 4, CHANNELS * SAMPLES);
  put16(f, 6, 11);
  put16(f, 8, 11 + FRAMES - 1);
  put_real(f, 12, real ? -0.5 : 0.5);
  put16(f, 16, 5);
  put16(f, 18, SAMPLES);
  put_real(f, 20, 50);
  f->size = 2048;
  for (int frame = 0; frame < FRAMES; frame++) {
    for (int p = 0; p < POINTS; p++)
      for (int k = 0; k < 4; k++, f->size += real ? 4 : 2) {
        const int value = k < 3 ? coordinate(frame, p, k) : hidden(frame, p) ? -1 : 5;
        if (real) put_real(f, f->size, k < 3 ? 0.5 * value : value);
        else put16(f, f->size, value);
      }
    for (int s = 0; s < SAMPLES; s++)
      for (int c = 0; c < CHANNELS; c++, f->size += real ? 4 : 2)
        if (real) put_real(f, f->size, sample(frame, s, c));
        else put16(f, f->size, sample(frame, s, c) + (is_unsigned && c ? 40000 : 0));
  }
}

static void t_c3d_every_form_is_read(void **state) {
  static file f;
  (void)state;
  for (int processor = MM_C3D_INTEL; processor <= MM_C3D_MIPS; processor++)
    for (int real = 0; real < 2; real++)
      for (int is_unsigned = 0; is_unsigned < 2 - real; is_unsigned++) {
        mm_markers *m;
        char name[64];
        snprintf(name, sizeof name, "form%d%d%d.c3d", processor, real, is_unsigned);
        make_file(&f, processor, real, is_unsigned);
        write_bytes(name, f.bytes, f.size);
        keep_seed("c3d", in_folder(name));
        ok(mm_c3d_load(ctx, in_folder(name), &m));
        assert_int_equal(m->frame_count, FRAMES);
        assert_int_equal(m->marker_count, POINTS);
        assert_int_equal(m->first_frame, 11);
        assert_int_equal(m->analog_count, CHANNELS);
        assert_int_equal(m->analog_samples, SAMPLES);
        near_to(m->frequency, 50, 0, "rate");
        near_to(m->unit, 0.001, 0, "unit");
        assert_string_equal(m->marker_names[0], "LASI");
        assert_string_equal(m->marker_names[2], "SACR");
        assert_string_equal(m->analog_names[1], "Fz1");
        assert_string_equal(m->analog_units[0], "V");
        assert_int_equal(m->plate_count, 2);
        assert_int_equal(m->plate_types[1], 4);
        assert_int_equal(m->event_count, 1);
        assert_string_equal(m->event_names[0], "Right Strike");
        near_to(m->event_times[0], 62.5, 0, "event");
        for (int frame = 0; frame < FRAMES; frame++) {
          for (int p = 0; p < POINTS; p++)
            for (int k = 0; k < 3; k++) {
              const double x = m->positions[(frame * POINTS + p) * 3 + k];
              if (hidden(frame, p)) assert_true(x != x);
              else near_to(x, 0.0005 * coordinate(frame, p, k), 1e-12, "position");
            }
          for (int s = 0; s < SAMPLES; s++)
            for (int c = 0; c < CHANNELS; c++) {
              const double offset = c ? (is_unsigned ? 0 : -3) : 4;
              /* unsigned: the first channel's sample is a large number where it is negative */
              const double raw = sample(frame, s, c), wrapped = is_unsigned && !c && raw < 0 ? raw + 65536 : raw;
              near_to(m->analog[(frame * SAMPLES + s) * CHANNELS + c], (wrapped - offset) * (c ? 2 : 0.5) * 0.25, 1e-9, "sample");
            }
        }
        mm_markers_destroy(m);
      }
}

static void t_c3d_damaged_files_are_refused(void **state) {
  static file f;
  static const struct { size_t at; int value; const char *word; mm_status status; } spoils[] = {
    {1, 0x51, "is not a C3D file", MM_E_PARSE}, {0, 1, "is not a C3D file", MM_E_PARSE}, {0, 200, "byte 101888", MM_E_PARSE},
    {515, 83, "byte 515", MM_E_UNSUPPORTED}, {518 + 5, 0xff, "a parameter reaches beyond", MM_E_PARSE},
    {18, 3, "no whole number of channels", MM_E_PARSE}, {16, 200, "data begin beyond", MM_E_PARSE},
    {8, 200, "frames are said", MM_E_PARSE}, {2, 200, "frames are said", MM_E_PARSE}};
  mm_markers *m;
  (void)state;
  for (int i = 0; i < MM_COUNT(spoils); i++) {
    char name[32];
    make_file(&f, MM_C3D_INTEL, 0, 0);
    if (spoils[i].at == 523) /* the offset of the first entry */
      f.bytes[524] = 0x7f;
    f.bytes[spoils[i].at] = (unsigned char)spoils[i].value;
    snprintf(name, sizeof name, "bad%d.c3d", i);
    write_bytes(name, f.bytes, f.size);
    keep_seed("c3d", in_folder(name));
    fails(mm_c3d_load(ctx, in_folder(name), &m), spoils[i].status, spoils[i].word);
    assert_non_null(strstr(mm_error(ctx), name));
    assert_null(m);
  }
  make_file(&f, MM_C3D_DEC, 1, 0);
  for (size_t size = 0; size < f.size; size += 7) fails(mm_c3d_parse(ctx, "cut.c3d", f.bytes, size, &m), MM_E_PARSE, "cut.c3d");
}

/* the number of parameter blocks is wrong in files that are about; the data begin where they begin */
static void t_c3d_parameters_may_be_longer_than_said(void **state) {
  static file f;
  mm_markers *m;
  (void)state;
  make_file(&f, MM_C3D_INTEL, 0, 0);
  f.bytes[514] = 1;
  ok(mm_c3d_parse(ctx, "blocks.c3d", f.bytes, f.size, &m));
  assert_int_equal(m->event_count, 1);
  mm_markers_destroy(m);
}

static void t_c3d_longer_recordings_than_the_header_can_count(void **state) {
  static file f;
  mm_markers *m;
  (void)state;
  make_file(&f, MM_C3D_MIPS, 0, 0);
  put16(&f, 8, 11); /* the header speaks of one frame, POINT:FRAMES of three */
  ok(mm_c3d_parse(ctx, "long.c3d", f.bytes, f.size, &m));
  assert_int_equal(m->frame_count, FRAMES);
  mm_markers_destroy(m);
}

/* the same trial in six forms */
static void t_c3d_forms_of_a_recording_agree(void **state) {
  static const char *const forms[] = {"pi", "pr", "vi", "vr", "si", "sr"};
  mm_markers *first = NULL;
  (void)state;
  for (int i = 0; i < 6; i++) {
    char name[128];
    mm_markers *m;
    snprintf(name, sizeof name, "motion/c3d/btk/c3d.org_sample01_Eb015%s.c3d", forms[i]);
    ok(mm_c3d_load(ctx, shared(name), &m));
    assert_int_equal(m->frame_count, 450);
    near_to(m->frequency, 50, 0, "rate");
    if (!first) {
      first = m;
      continue;
    }
    assert_int_equal(m->marker_count, first->marker_count);
    assert_int_equal(m->analog_count, first->analog_count);
    for (int k = 0; k < 3 * m->frame_count * m->marker_count; k++) {
      const double a = m->positions[k], b = first->positions[k];
      if ((a != a) != (b != b) || fabs(a - b) > 1e-4) fail_msg("%s: number %d is %g, and %g m in another form", forms[i], k, a, b);
    }
    for (int k = 0; k < m->analog_count * m->analog_samples * m->frame_count; k++)
      if (fabs(m->analog[k] - first->analog[k]) > 1e-3 * (1 + fabs(first->analog[k]))) fail_msg("%s: sample %d", forms[i], k);
    mm_markers_destroy(m);
  }
  mm_markers_destroy(first);
}

static void t_c3d_recordings_are_read(void **state) {
  static const struct { const char *name; int markers, frames, channels, plates; } known[] = {
    {"others_Gait", 33, 487, 28, 2}, {"c3d.org_sample10_type-2a", -1, -1, -1, 1}, {"c3d.org_sample10_type-4a", -1, -1, -1, 1},
    {"c3d.org_sample09_PlugInC3D", -1, -1, -1, -1}, {"c3d.org_sample08_TESTAPI", -1, -1, -1, -1},
    {"c3d.org_sample08_TESTDPI", -1, -1, -1, -1}, {"c3d.org_sample13_Dance", -1, -1, -1, -1}, {"c3d.org_sample13_golfswing", -1, -1, -1, -1}};
  (void)state;
  for (int i = 0; i < MM_COUNT(known); i++) {
    char name[128];
    mm_markers *m;
    double low = 1e9, high = -1e9;
    int seen = 0;
    snprintf(name, sizeof name, "motion/c3d/btk/%s.c3d", known[i].name);
    ok(mm_c3d_load(ctx, shared(name), &m));
    if (known[i].markers >= 0) assert_int_equal(m->marker_count, known[i].markers);
    if (known[i].frames >= 0) assert_int_equal(m->frame_count, known[i].frames);
    if (known[i].channels >= 0) assert_int_equal(m->analog_count, known[i].channels);
    if (known[i].plates >= 0) assert_true(m->plate_count >= known[i].plates);
    for (int k = 0; k < 3 * m->frame_count * m->marker_count; k++)
      if (m->positions[k] == m->positions[k]) {
        low = fmin(low, m->positions[k]);
        high = fmax(high, m->positions[k]);
        seen++;
      }
    assert_true(seen > 100 && low > -30 && high < 30); /* a laboratory, in metres */
    mm_markers_destroy(m);
  }
}

/* markers and joints of one trial: the skeleton of the AMC file, laid onto the markers by one rigid motion, has its joints where
   the markers on the skin are */
static void t_c3d_markers_lie_about_the_joints_of_their_trial(void **state) {
  static const struct { int joint; const char *a, *b; double most; } near[] = {
    {MM_SMPL_L_ANKLE, "LANK", "LANK", 0.09}, {MM_SMPL_R_ANKLE, "RANK", "RANK", 0.09}, {MM_SMPL_L_KNEE, "LKNE", "LKNE", 0.1},
    {MM_SMPL_R_KNEE, "RKNE", "RKNE", 0.1}, {MM_SMPL_L_ELBOW, "LELB", "LELB", 0.09}, {MM_SMPL_R_ELBOW, "RELB", "RELB", 0.09},
    {MM_SMPL_L_WRIST, "LWRA", "LWRB", 0.07}, {MM_SMPL_R_WRIST, "RWRA", "RWRB", 0.07}};
  mm_markers *m;
  mm_clip *clip;
  mm_skeleton s;
  double *x, *q, overall = 0;
  int which[8][2];
  (void)state;
  ok(mm_c3d_load(ctx, shared("motion/c3d/cmu/cmu_02_05.c3d"), &m));
  ok(mm_clip_open(ctx, shared("motion/cmu_asfamc/02_05.amc"), NULL, &clip, NULL));
  assert_int_equal(m->frame_count, clip->frame_count);
  assert_int_equal(m->marker_count, 41);
  for (int n = 0; n < 8; n++)
    for (int k = 0; k < 2; k++) {
      which[n][k] = -1;
      for (int i = 0; i < m->marker_count; i++)
        if (strstr(m->marker_names[i], k ? near[n].b : near[n].a)) which[n][k] = i;
      assert_true(which[n][k] >= 0);
    }
  ok(mm_clip_skeleton(clip, &s));
  x = (double *)malloc(sizeof(double) * 3 * 24 * (size_t)clip->frame_count);
  q = (double *)malloc(sizeof(double) * 4 * 24 * (size_t)clip->frame_count);
  mm_clip_joints(clip, &s, x, q);
  /* the laboratory's x y z are the skeleton's z x y, whose own z is turned to -y where y is made up */
  for (int n = 0; n < 8; n++) {
    double mean = 0;
    int frames = 0;
    for (int f = 0; f < m->frame_count; f++) {
      const double *j = x + (f * 24 + near[n].joint) * 3, at[3] = {-j[1], j[0], j[2]};
      const double *a = m->positions + (f * m->marker_count + which[n][0]) * 3, *b = m->positions + (f * m->marker_count + which[n][1]) * 3;
      double distance = 0;
      for (int k = 0; k < 3; k++) distance += pow(0.5 * (a[k] + b[k]) - at[k], 2);
      if (!(distance == distance)) continue;
      mean += sqrt(distance);
      frames++;
    }
    assert_true(frames > 1000);
    print_message("%s: %.1f mm from %s\n", near[n].a, 1000 * mean / frames, mm_skeleton_joint_name(near[n].joint));
    if (mean / frames > near[n].most) fail_msg("%s is %.3f m from %s on average", near[n].a, mean / frames, mm_skeleton_joint_name(near[n].joint));
    overall += mean / frames / 8;
  }
  assert_true(overall < 0.07);
  free(x);
  free(q);
  mm_clip_destroy(clip);
  mm_markers_destroy(m);
}

static mm_status attempt(mm_context *poor, const void *user) {
  const file *f = (const file *)user;
  mm_markers *m;
  const mm_status status = mm_c3d_parse(poor, "poor.c3d", f->bytes, f->size, &m);
  mm_markers_destroy(m);
  return status;
}

static void t_c3d_failed_allocations_leave_nothing(void **state) {
  static file f;
  (void)state;
  make_file(&f, MM_C3D_DEC, 1, 0);
  survives_scarcity(attempt, &f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_c3d_every_form_is_read),
    cmocka_unit_test(t_c3d_damaged_files_are_refused),
    cmocka_unit_test(t_c3d_parameters_may_be_longer_than_said),
    cmocka_unit_test(t_c3d_longer_recordings_than_the_header_can_count),
    cmocka_unit_test(t_c3d_forms_of_a_recording_agree),
    cmocka_unit_test(t_c3d_recordings_are_read),
    cmocka_unit_test(t_c3d_markers_lie_about_the_joints_of_their_trial),
    cmocka_unit_test(t_c3d_failed_allocations_leave_nothing)};
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
