/* >>c3d-read: the frames of C3D files, and the names, units and events that belong to them */

void mm_markers_destroy(mm_markers *m) {
  if (!m) return;
  mm__texts_free(m->ctx, m->marker_names, m->marker_count);
  mm__texts_free(m->ctx, m->analog_names, m->analog_count);
  mm__texts_free(m->ctx, m->analog_units, m->analog_count);
  mm__texts_free(m->ctx, m->event_names, m->event_count);
  mm__free(m->ctx, m->name);
  mm__free(m->ctx, m->positions);
  mm__free(m->ctx, m->analog);
  mm__free(m->ctx, m->event_times);
  mm__free(m->ctx, m);
}

static mm_status mm__markers_new(mm_context *ctx, const char *path, int frames, int markers, mm_markers **made) {
  mm_markers *m = MM_NEW(ctx, mm_markers, 1);
  *made = NULL;
  if (!m) return MM_E_MEMORY;
  m->ctx = ctx;
  m->frame_count = frames;
  m->marker_count = markers;
  m->first_frame = 1;
  m->name = mm__file_stem(ctx, path);
  m->marker_names = MM_NEW(ctx, char *, markers);
  m->positions = MM_NEW(ctx, double, 3 * (size_t)frames * (size_t)markers);
  if (!m->name || !m->marker_names || !m->positions) {
    mm_markers_destroy(m);
    return MM_E_MEMORY;
  }
  *made = m;
  return MM_OK;
}

/* metres in a unit of length; 0: unknown */
static double mm__unit_length(mm_slice unit) {
  static const struct { const char *name; double metres; } known[] = {
    {"mm", 0.001}, {"cm", 0.01}, {"m", 1}, {"in", 0.0254}, {"inch", 0.0254}, {"inches", 0.0254}, {"ft", 0.3048},
    {"millimeters", 0.001}, {"centimeters", 0.01}, {"meters", 1}};
  for (int i = 0; i < MM_COUNT(known); i++)
    if (mm__slice_is(unit, known[i].name)) return known[i].metres;
  return 0;
}

/* the names of points and channels; what has none is numbered */
static mm_status mm__c3d_names(const mm_c3d *c, mm_markers *m) {
  mm_c3d_list labels, channels, units;
  char number[32];
  mm__c3d_list_find(c, "POINT", "LABELS", &labels);
  mm__c3d_list_find(c, "ANALOG", "LABELS", &channels);
  mm__c3d_list_find(c, "ANALOG", "UNITS", &units);
  for (int i = 0; i < m->marker_count; i++) {
    mm_slice name = mm__c3d_item(&labels, i);
    if (!name.length) {
      name.length = (size_t)snprintf(number, sizeof number, "point %d", i + 1);
      name.text = number;
    }
    if (!(m->marker_names[i] = mm__slice_copy(c->ctx, name))) return MM_E_MEMORY;
  }
  for (int i = 0; i < m->analog_count; i++) {
    mm_slice name = mm__c3d_item(&channels, i);
    if (!name.length) {
      name.length = (size_t)snprintf(number, sizeof number, "channel %d", i + 1);
      name.text = number;
    }
    if (!(m->analog_names[i] = mm__slice_copy(c->ctx, name))) return MM_E_MEMORY;
    if (!(m->analog_units[i] = mm__slice_copy(c->ctx, mm__c3d_item(&units, i)))) return MM_E_MEMORY;
  }
  return MM_OK;
}

static void mm__c3d_unit(const mm_c3d *c, mm_markers *m) {
  mm_c3d_list units;
  mm_slice unit;
  mm__c3d_list_find(c, "POINT", "UNITS", &units);
  unit = mm__c3d_item(&units, 0);
  m->unit = mm__unit_length(unit);
  if (m->unit > 0) return;
  m->unit = 0.001;
  if (m->marker_count)
    mm__log(c->ctx, MM_LOG_WARNING, "%s: the unit of length '%.*s' is unknown; millimetres are taken", c->label, MM_SLICE(unit));
}

/* X Y Z and a word about the cameras, negative where the point was not seen; a point at the very origin was not seen either */
static size_t mm__c3d_points(const mm_c3d *c, const unsigned char *at, mm_markers *m, long frame) {
  const size_t width = c->scale < 0 ? 4 : 2;
  double *x = m->positions + (size_t)frame * (size_t)m->marker_count * 3;
  for (int i = 0; i < m->marker_count; i++, x += 3, at += 4 * width) {
    const double seen = width == 4 ? mm__c3d_real(c, at + 12) : mm__c3d_i16(c, at + 6);
    double sum = 0;
    for (int k = 0; k < 3; k++) {
      x[k] = width == 4 ? mm__c3d_real(c, at + 4 * k) * m->unit : mm__c3d_i16(c, at + 2 * k) * c->scale * m->unit;
      sum += fabs(x[k]);
    }
    if (!(seen >= 0) || !(sum > 0 && sum < 1e9))
      for (int k = 0; k < 3; k++) x[k] = NAN;
  }
  return 4 * width * (size_t)m->marker_count;
}

/* number = (raw - offset) * scale of the channel * scale of all */
static mm_status mm__c3d_calibration(const mm_c3d *c, int channels, double **calibration) {
  mm_c3d_parameter scale, offset;
  const double general = mm__c3d_ask(c, "ANALOG", "GEN_SCALE", 1);
  const int has_scale = mm__c3d_find(c, "ANALOG", "SCALE", &scale), has_offset = mm__c3d_find(c, "ANALOG", "OFFSET", &offset);
  mm_c3d_parameter format;
  const int is_unsigned = mm__c3d_find(c, "ANALOG", "FORMAT", &format) && mm__slice_is(mm__c3d_text(&format, 0), "UNSIGNED");
  double *k = MM_NEW(c->ctx, double, 2 * (size_t)channels + 1);
  *calibration = k;
  if (!k) return MM_E_MEMORY;
  for (int i = 0; i < channels; i++) {
    k[2 * i] = general * (has_scale && i < scale.count && scale.type > 0 ? mm__c3d_number(c, &scale, i, 0) : 1);
    k[2 * i + 1] = has_offset && i < offset.count && offset.type > 0 ? mm__c3d_number(c, &offset, i, is_unsigned) : 0;
  }
  k[2 * channels] = is_unsigned;
  return MM_OK;
}

static void mm__c3d_samples(const mm_c3d *c, const unsigned char *at, mm_markers *m, long frame, const double *calibration) {
  const int wide = c->scale < 0, is_unsigned = calibration[2 * m->analog_count] != 0;
  double *out = m->analog + (size_t)frame * (size_t)m->analog_samples * (size_t)m->analog_count;
  for (int s = 0; s < m->analog_samples; s++)
    for (int i = 0; i < m->analog_count; i++, at += wide ? 4 : 2) {
      const double raw = wide ? mm__c3d_real(c, at) : is_unsigned ? (double)mm__c3d_u16(c, at) : (double)mm__c3d_i16(c, at);
      *out++ = (raw - calibration[2 * i + 1]) * calibration[2 * i];
    }
}

/* EVENT:TIMES are minutes and seconds; who and what are in two lists */
static mm_status mm__c3d_events(const mm_c3d *c, mm_markers *m) {
  mm_c3d_parameter times;
  mm_c3d_list contexts, labels;
  long count = (long)mm__c3d_ask(c, "EVENT", "USED", 0);
  if (count < 1 || !mm__c3d_find(c, "EVENT", "TIMES", &times) || times.type != 4 || times.count < 2) return MM_OK;
  if (count > times.count / 2) count = times.count / 2;
  m->event_names = MM_NEW(c->ctx, char *, count);
  m->event_times = MM_NEW(c->ctx, double, count);
  if (!m->event_names || !m->event_times) return MM_E_MEMORY;
  m->event_count = (int)count;
  mm__c3d_list_find(c, "EVENT", "CONTEXTS", &contexts);
  mm__c3d_list_find(c, "EVENT", "LABELS", &labels);
  for (int i = 0; i < m->event_count; i++) {
    const mm_slice who = mm__c3d_item(&contexts, i), what = mm__c3d_item(&labels, i);
    char text[160];
    snprintf(text, sizeof text, "%.*s%s%.*s", MM_SLICE(who), who.length && what.length ? " " : "", MM_SLICE(what));
    m->event_times[i] = 60 * mm__c3d_number(c, &times, 2 * i, 0) + mm__c3d_number(c, &times, 2 * i + 1, 0);
    if (!(m->event_names[i] = mm__strdup(c->ctx, text))) return MM_E_MEMORY;
  }
  return MM_OK;
}

static void mm__c3d_plates(const mm_c3d *c, mm_markers *m) {
  mm_c3d_parameter types;
  const double used = mm__c3d_ask(c, "FORCE_PLATFORM", "USED", 0);
  m->plate_count = used > 0 && used < 1000 ? (int)used : 0;
  if (!mm__c3d_find(c, "FORCE_PLATFORM", "TYPE", &types)) return;
  for (int i = 0; i < m->plate_count && i < MM_COUNT(m->plate_types); i++)
    m->plate_types[i] = (int)fmax(0, fmin(99, mm__c3d_number(c, &types, i, 1)));
}

static mm_status mm__c3d_fill(const mm_c3d *c, mm_markers *m) {
  double *calibration;
  const unsigned char *at = c->bytes + c->data;
  const size_t analog = (size_t)c->analog * (c->scale < 0 ? 4u : 2u);
  m->first_frame = (int)c->first;
  m->frequency = mm__round_rate(c->rate);
  m->analog_samples = c->analog ? c->samples : 0;
  m->analog_names = MM_NEW(c->ctx, char *, c->analog ? c->analog / c->samples : 0);
  m->analog_units = MM_NEW(c->ctx, char *, c->analog ? c->analog / c->samples : 0);
  m->analog = MM_NEW(c->ctx, double, (size_t)c->frames * (size_t)c->analog);
  if (!m->analog_names || !m->analog_units || !m->analog) return MM_E_MEMORY;
  m->analog_count = c->analog ? c->analog / c->samples : 0;
  mm__c3d_unit(c, m);
  MM_TRY(mm__c3d_names(c, m));
  MM_TRY(mm__c3d_events(c, m));
  mm__c3d_plates(c, m);
  MM_TRY(mm__c3d_calibration(c, m->analog_count, &calibration));
  for (long f = 0; f < c->frames; f++) {
    at += mm__c3d_points(c, at, m, f);
    mm__c3d_samples(c, at, m, f, calibration);
    at += analog;
  }
  mm__free(c->ctx, calibration);
  return MM_OK;
}

mm_status mm_c3d_parse(mm_context *ctx, const char *label, const void *bytes, size_t size, mm_markers **markers) {
  mm_c3d c;
  mm_status status;
  *markers = NULL;
  memset(&c, 0, sizeof c);
  c.ctx = ctx;
  c.label = label;
  c.bytes = (const unsigned char *)bytes;
  c.size = size;
  MM_TRY(mm__c3d_head(&c));
  MM_TRY(mm__c3d_sizes(&c));
  MM_TRY(mm__markers_new(ctx, label, (int)c.frames, c.points, markers));
  status = mm__c3d_fill(&c, *markers);
  if (status != MM_OK) {
    mm_markers_destroy(*markers);
    *markers = NULL;
  }
  return status;
}

mm_status mm_c3d_load(mm_context *ctx, const char *path, mm_markers **markers) {
  char *bytes;
  size_t size;
  mm_status status;
  *markers = NULL;
  MM_TRY(mm__file_read(ctx, path, (size_t)1 << 32, &bytes, &size));
  status = mm_c3d_parse(ctx, path, bytes, size, markers);
  mm__free(ctx, bytes);
  return status;
}
