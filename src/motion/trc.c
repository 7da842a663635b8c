/* >>trc: markers as text

   Line 1: PathFileType 4 (X/Y/Z) and a name; line 2: the names of what line 3 gives (DataRate, NumMarkers, Units, …); line 4:
   Frame#, Time and the markers' names, each followed by two empty cells; line 5: X1 Y1 Z1 …; then the frames, cells divided by
   tabs, empty where a marker was not seen. */

typedef struct mm_trc {
  mm_scan scan;
  double rate, unit;
  long frames, markers;
} mm_trc;

static mm_status mm__trc_line(mm_trc *t, const char *what, mm_slice *line) {
  if (mm__scan_line(&t->scan, line)) return MM_OK;
  return mm__scan_fail(&t->scan, MM_E_PARSE, "the file ends where %s should be", what);
}

static mm_status mm__trc_value(mm_trc *t, mm_slice key, mm_slice value) {
  double number = 0;
  const int is_number = mm__slice_real(value, &number);
  if (mm__slice_is(key, "Units")) {
    t->unit = mm__unit_length(value);
    if (!(t->unit > 0)) return mm__scan_fail(&t->scan, MM_E_DATA, "the unit of length '%.*s' is unknown", MM_SLICE(value));
  } else if (mm__slice_is(key, "DataRate") || mm__slice_is(key, "NumFrames") || mm__slice_is(key, "NumMarkers")) {
    if (!is_number || !(number > 0 && number <= 10000000))
      return mm__scan_fail(&t->scan, MM_E_PARSE, "%.*s is '%.*s'", MM_SLICE(key), MM_SLICE(value));
    if (mm__slice_is(key, "DataRate")) t->rate = number;
    else if (number != floor(number)) return mm__scan_fail(&t->scan, MM_E_PARSE, "%.*s is '%.*s'", MM_SLICE(key), MM_SLICE(value));
    else if (mm__slice_is(key, "NumFrames")) t->frames = (long)number;
    else t->markers = (long)number;
  }
  return MM_OK;
}

static mm_status mm__trc_head(mm_trc *t) {
  mm_slice keys, values, key, value, word;
  const char *k, *v;
  MM_TRY(mm__trc_line(t, "PathFileType", &keys));
  k = keys.text;
  if (!mm__slice_word(keys, &k, &word) || !mm__slice_is(word, "PathFileType"))
    return mm__scan_fail(&t->scan, MM_E_PARSE, "is not a .trc file: it does not begin with PathFileType");
  MM_TRY(mm__trc_line(t, "the names DataRate, NumMarkers ...", &keys));
  MM_TRY(mm__trc_line(t, "the values of DataRate, NumMarkers ...", &values));
  k = keys.text;
  v = values.text;
  while (mm__slice_word(keys, &k, &key) && mm__slice_word(values, &v, &value)) MM_TRY(mm__trc_value(t, key, value));
  if (t->rate > 0 && t->unit > 0 && t->frames && t->markers) return MM_OK;
  return mm__scan_fail(&t->scan, MM_E_PARSE, "%s is not given",
                       !(t->rate > 0) ? "DataRate" : !(t->unit > 0) ? "Units" : !t->frames ? "NumFrames" : "NumMarkers");
}

static mm_status mm__trc_names(mm_trc *t, mm_markers *m) {
  mm_slice line, cell;
  const char *at;
  int found = 0;
  MM_TRY(mm__trc_line(t, "Frame#, Time and the markers' names", &line));
  at = line.text;
  for (int i = 0; mm__slice_cell(line, '\t', &at, &cell); i++) {
    if (i < 2 || !cell.length) continue;
    if (found == m->marker_count) return mm__scan_fail(&t->scan, MM_E_PARSE, "more names than the %d markers of NumMarkers", found);
    if (!(m->marker_names[found++] = mm__slice_copy(m->ctx, cell))) return MM_E_MEMORY;
  }
  if (found < m->marker_count) return mm__scan_fail(&t->scan, MM_E_PARSE, "%d names for %d markers", found, m->marker_count);
  return mm__trc_line(t, "X1, Y1, Z1 ...", &line);
}

/* one line; cells that are empty or missing at its end are numbers that were not measured */
static mm_status mm__trc_frame(mm_trc *t, mm_slice line, mm_markers *m, int frame) {
  double *x = m->positions + (size_t)frame * 3 * (size_t)m->marker_count, number;
  const char *at = line.text;
  mm_slice cell;
  int cells = 0;
  for (int i = 0; i < 3 * m->marker_count; i++) x[i] = NAN;
  for (; mm__slice_cell(line, '\t', &at, &cell); cells++) {
    if (!cell.length) continue;
    if (cells - 2 >= 3 * m->marker_count) return mm__scan_fail(&t->scan, MM_E_PARSE, "more numbers than %d markers have", m->marker_count);
    if (!mm__slice_real(cell, &number)) {
      if (cells > 1 && mm__slice_is(cell, "nan")) continue;
      return mm__scan_fail(&t->scan, MM_E_PARSE, "'%.*s' is not a number", MM_SLICE(cell));
    }
    if (cells == 0 && frame == 0 && fabs(number) < 1e9) m->first_frame = (int)number;
    if (cells > 1) x[cells - 2] = number * t->unit;
  }
  for (int i = 0; i < m->marker_count; i++) /* a marker is seen as a whole or not */
    for (int k = 0; k < 3; k++)
      if (!(fabs(x[3 * i + k]) < 1e9)) x[3 * i] = x[3 * i + 1] = x[3 * i + 2] = NAN;
  return MM_OK;
}

static mm_status mm__trc_read(mm_trc *t, const char *path, mm_markers **markers) {
  mm_slice line;
  int frame = 0;
  MM_TRY(mm__trc_head(t));
  /* a name takes a character and a tab, a frame of it three tabs */
  if ((double)t->frames * (double)t->markers > 4096 + (double)(t->scan.end - t->scan.owned))
    return mm__scan_fail(&t->scan, MM_E_PARSE, "%ld frames of %ld markers are said, more than the file can hold", t->frames, t->markers);
  MM_TRY(mm__markers_new(t->scan.ctx, path, (int)t->frames, (int)t->markers, markers));
  (*markers)->frequency = t->rate;
  (*markers)->unit = t->unit;
  MM_TRY(mm__trc_names(t, *markers));
  while (mm__scan_line(&t->scan, &line)) {
    const char *at = line.text;
    mm_slice word;
    if (!mm__slice_word(line, &at, &word)) continue;
    if (frame == (*markers)->frame_count) return mm__scan_fail(&t->scan, MM_E_PARSE, "more than the %d frames of NumFrames", frame);
    MM_TRY(mm__trc_frame(t, line, *markers, frame++));
  }
  if (frame == (*markers)->frame_count) return MM_OK;
  return mm__scan_fail(&t->scan, MM_E_PARSE, "the file ends after %d of %d frames", frame, (*markers)->frame_count);
}

static mm_status mm__trc_finish(mm_trc *t, const char *path, mm_status status, mm_markers **markers) {
  if (status == MM_OK) status = mm__trc_read(t, path, markers);
  mm__scan_close(&t->scan);
  if (status != MM_OK) {
    mm_markers_destroy(*markers);
    *markers = NULL;
  }
  return status;
}

mm_status mm_trc_load(mm_context *ctx, const char *path, mm_markers **markers) {
  mm_trc t;
  *markers = NULL;
  memset(&t, 0, sizeof t);
  return mm__trc_finish(&t, path, mm__scan_load(ctx, path, &t.scan), markers);
}

mm_status mm_trc_parse(mm_context *ctx, const char *label, const void *bytes, size_t size, mm_markers **markers) {
  mm_trc t;
  *markers = NULL;
  memset(&t, 0, sizeof t);
  return mm__trc_finish(&t, label, mm__scan_open(ctx, label, bytes, size, &t.scan), markers);
}
