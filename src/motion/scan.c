/* >>scan-code: words, lines and numbers of text files, read and written */

static int mm__is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v'; }

MM_PRIVATE mm_status mm__scan_open(mm_context *ctx, const char *label, const void *bytes, size_t size, mm_scan *scan) {
  memset(scan, 0, sizeof *scan);
  scan->ctx = ctx;
  scan->label = label;
  scan->line = scan->told = 1;
  scan->owned = MM_NEW(ctx, char, size + 1);
  if (!scan->owned) return MM_E_MEMORY;
  if (size) memcpy(scan->owned, bytes, size);
  scan->at = scan->owned;
  scan->end = scan->owned + size;
  /* a byte order mark says nothing that matters here */
  if (size >= 3 && !memcmp(scan->at, "\xef\xbb\xbf", 3)) scan->at += 3;
  return MM_OK;
}

MM_PRIVATE mm_status mm__scan_load(mm_context *ctx, const char *path, mm_scan *scan) {
  size_t size;
  memset(scan, 0, sizeof *scan);
  scan->ctx = ctx;
  scan->label = path;
  scan->line = scan->told = 1;
  MM_TRY(mm__file_read(ctx, path, (size_t)1 << 31, &scan->owned, &size));
  scan->at = scan->owned;
  scan->end = scan->owned + size;
  if (size >= 3 && !memcmp(scan->at, "\xef\xbb\xbf", 3)) scan->at += 3;
  return MM_OK;
}

MM_PRIVATE void mm__scan_close(mm_scan *scan) {
  if (scan->ctx) mm__free(scan->ctx, scan->owned);
  scan->owned = NULL;
}

MM_PRIVATE mm_status mm__scan_fail(const mm_scan *scan, mm_status status, const char *format, ...) {
  char text[768];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  return mm__fail(scan->ctx, status, "%s:%d: %s", scan->label, scan->told, text);
}

/* steps over one character; a lone carriage return ends a line too */
static void mm__scan_step(mm_scan *scan) {
  const char c = *scan->at++;
  if (c == '\n' || (c == '\r' && (scan->at == scan->end || *scan->at != '\n'))) scan->line++;
}

MM_PRIVATE int mm__scan_word(mm_scan *scan, mm_slice *word) {
  while (scan->at < scan->end && mm__is_blank(*scan->at)) mm__scan_step(scan);
  word->text = scan->at;
  scan->told = scan->line;
  while (scan->at < scan->end && !mm__is_blank(*scan->at)) scan->at++;
  word->length = (size_t)(scan->at - word->text);
  return word->length > 0;
}

MM_PRIVATE int mm__scan_peek(mm_scan *scan, mm_slice *word) {
  const int found = mm__scan_word(scan, word);
  scan->at = word->text;
  return found;
}

static mm_slice mm__slice_trim(mm_slice s) {
  while (s.length && mm__is_blank(*s.text)) {
    s.text++;
    s.length--;
  }
  while (s.length && mm__is_blank(s.text[s.length - 1])) s.length--;
  return s;
}

MM_PRIVATE mm_slice mm__scan_rest(mm_scan *scan) {
  mm_slice rest;
  rest.text = scan->at;
  while (scan->at < scan->end && *scan->at != '\n' && *scan->at != '\r') scan->at++;
  rest.length = (size_t)(scan->at - rest.text);
  return mm__slice_trim(rest);
}

MM_PRIVATE int mm__scan_line(mm_scan *scan, mm_slice *line) {
  if (scan->at == scan->end) return 0;
  scan->told = scan->line;
  line->text = scan->at;
  while (scan->at < scan->end && *scan->at != '\n' && *scan->at != '\r') scan->at++;
  line->length = (size_t)(scan->at - line->text);
  if (scan->end - scan->at > 1 && scan->at[0] == '\r' && scan->at[1] == '\n') scan->at++;
  if (scan->at < scan->end) mm__scan_step(scan);
  return 1;
}

MM_PRIVATE int mm__slice_real(mm_slice slice, double *value) {
  char text[64];
  const char *end;
  if (slice.length >= sizeof text || !slice.length) return 0;
  memcpy(text, slice.text, slice.length);
  text[slice.length] = 0;
  end = mm__parse_real(text, value);
  return end == text + slice.length && *value - *value == 0;
}

MM_PRIVATE mm_status mm__scan_real(mm_scan *scan, const char *what, double *value) {
  mm_slice word;
  if (!mm__scan_word(scan, &word)) return mm__scan_fail(scan, MM_E_PARSE, "the file ends where %s should be", what);
  if (mm__slice_real(word, value)) return MM_OK;
  return mm__scan_fail(scan, MM_E_PARSE, "'%.*s' is not a number (%s)", MM_SLICE(word), what);
}

MM_PRIVATE mm_status mm__scan_reals(mm_scan *scan, const char *what, int count, double *values) {
  for (int i = 0; i < count; i++) MM_TRY(mm__scan_real(scan, what, values + i));
  return MM_OK;
}

MM_PRIVATE mm_status mm__scan_whole(mm_scan *scan, const char *what, long low, long high, long *value) {
  double real;
  MM_TRY(mm__scan_real(scan, what, &real));
  if (!(real >= (double)low && real <= (double)high) || real != floor(real))
    return mm__scan_fail(scan, MM_E_PARSE, "%s is %g; a whole number from %ld to %ld is needed", what, real, low, high);
  *value = (long)real;
  return MM_OK;
}

MM_PRIVATE mm_status mm__scan_expect(mm_scan *scan, const char *word) {
  mm_slice found;
  if (!mm__scan_word(scan, &found)) return mm__scan_fail(scan, MM_E_PARSE, "the file ends where '%s' should be", word);
  if (mm__slice_is(found, word)) return MM_OK;
  return mm__scan_fail(scan, MM_E_PARSE, "'%.*s' stands where '%s' should be", MM_SLICE(found), word);
}

static int mm__lower(int c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; }

MM_PRIVATE int mm__slice_is(mm_slice slice, const char *word) {
  size_t i = 0;
  for (; i < slice.length && word[i]; i++)
    if (mm__lower(slice.text[i]) != mm__lower(word[i])) return 0;
  return i == slice.length && !word[i];
}

MM_PRIVATE char *mm__slice_copy(mm_context *ctx, mm_slice slice) {
  char *copy = MM_NEW(ctx, char, slice.length + 1);
  if (copy) memcpy(copy, slice.text, slice.length);
  return copy;
}

MM_PRIVATE int mm__slice_cell(mm_slice line, char separator, const char **at, mm_slice *cell) {
  const char *end = line.text + line.length, *stop;
  if (!*at || *at > end) return 0;
  stop = (const char *)memchr(*at, separator, (size_t)(end - *at));
  cell->text = *at;
  cell->length = (size_t)((stop ? stop : end) - *at);
  *cell = mm__slice_trim(*cell);
  *at = stop ? stop + 1 : NULL;
  return 1;
}

MM_PRIVATE int mm__slice_word(mm_slice line, const char **at, mm_slice *word) {
  const char *end = line.text + line.length;
  while (*at < end && mm__is_blank(**at)) ++*at;
  word->text = *at;
  while (*at < end && !mm__is_blank(**at)) ++*at;
  word->length = (size_t)(*at - word->text);
  return word->length > 0;
}

MM_PRIVATE char *mm__file_stem(mm_context *ctx, const char *path) {
  const char *slash = strrchr(path, '/'), *start = slash ? slash + 1 : path, *dot = strrchr(start, '.');
  mm_slice stem;
  stem.text = start;
  stem.length = dot && dot > start ? (size_t)(dot - start) : strlen(start);
  return mm__slice_copy(ctx, stem);
}

MM_PRIVATE int mm__path_ends(const char *path, const char *ending) {
  const size_t length = strlen(path), size = strlen(ending);
  mm_slice tail;
  if (length < size) return 0;
  tail.text = path + length - size;
  tail.length = size;
  return mm__slice_is(tail, ending);
}

MM_PRIVATE double mm__round_rate(double rate) {
  const double whole = floor(rate + 0.5);
  return whole > 0 && fabs(rate - whole) < 2e-5 * whole ? whole : rate;
}

#define MM_TEXT_BUFFER 65536

MM_PRIVATE mm_status mm__print_begin(mm_context *ctx, const char *path, mm_printer *text) {
  memset(text, 0, sizeof *text);
  text->ctx = ctx;
  text->path = path;
  text->buffer = MM_NEW(ctx, char, MM_TEXT_BUFFER);
  if (!text->buffer) return MM_E_MEMORY;
  text->status = mm__part_begin(ctx, path, &text->part, &text->file);
  if (text->status == MM_OK) return MM_OK;
  mm__free(ctx, text->buffer);
  return text->status;
}

static void mm__print_flush(mm_printer *text) {
  const char *next = text->buffer;
  while (text->used && text->status == MM_OK) {
    const ssize_t put = write(text->file, next, text->used);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) text->status = mm__fail(text->ctx, MM_E_FILE, "%s: cannot be written: %s", text->path, strerror(errno));
    else {
      next += put;
      text->used -= (size_t)put;
    }
  }
  text->used = 0;
}

MM_PRIVATE void mm__print_add(mm_printer *text, const char *format, ...) {
  va_list args;
  int length;
  if (MM_TEXT_BUFFER - text->used < 2048) mm__print_flush(text);
  va_start(args, format);
  length = vsnprintf(text->buffer + text->used, 2048, format, args);
  va_end(args);
  if (length > 2047) length = 2047;
  if (length > 0) text->used += (size_t)length;
}

MM_PRIVATE void mm__print_real(mm_printer *text, const char *before, int digits, char style, double value) {
  char number[400];
  const char point = localeconv()->decimal_point[0];
  if (style == 'f') snprintf(number, sizeof number, "%.*f", digits, value);
  else snprintf(number, sizeof number, "%.*g", digits, value);
  for (char *c = number; *c; c++)
    if (*c == point) *c = '.';
  mm__print_add(text, "%s%s", before, number);
}

MM_PRIVATE mm_status mm__print_commit(mm_printer *text) {
  mm__print_flush(text);
  if (text->status == MM_OK) text->status = mm__part_commit(text->ctx, text->path, &text->part, &text->file);
  else mm__part_discard(text->ctx, &text->part, &text->file);
  mm__free(text->ctx, text->buffer);
  return text->status;
}
