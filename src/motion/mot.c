/* >>mot: tables of numbers over time, as OpenSim's .mot and .sto

   A title; key=value lines (SIMM: key value) up to "endheader"; a line of names, the first of them "time"; rows. Cells are divided
   by tabs or blanks. */

void mm_columns_destroy(mm_columns *c) {
  if (!c) return;
  mm__texts_free(c->ctx, c->column_names, c->column_count);
  mm__free(c->ctx, c->name);
  mm__free(c->ctx, c->title);
  mm__free(c->ctx, c->values);
  mm__free(c->ctx, c);
}

int mm_columns_find(const mm_columns *c, const char *name) {
  for (int i = 0; i < c->column_count; i++)
    if (!strcmp(c->column_names[i], name)) return i;
  return -1;
}

MM_PRIVATE mm_status mm__columns_new(mm_context *ctx, const char *name, const char *title, int rows, int columns, mm_columns **made) {
  mm_columns *c = MM_NEW(ctx, mm_columns, 1);
  *made = NULL;
  if (!c) return MM_E_MEMORY;
  c->ctx = ctx;
  c->row_count = rows;
  c->column_count = columns;
  c->degrees = -1;
  c->name = mm__strdup(ctx, name);
  c->title = mm__strdup(ctx, title);
  c->column_names = MM_NEW(ctx, char *, columns);
  c->values = MM_NEW(ctx, double, (size_t)rows * (size_t)columns);
  if (!c->name || !c->title || !c->column_names || !c->values) {
    mm_columns_destroy(c);
    return MM_E_MEMORY;
  }
  *made = c;
  return MM_OK;
}

typedef struct mm_mot {
  mm_scan scan;
  mm_slice title;
  long rows, columns; /* said in the header; -1: not */
  int degrees;
} mm_mot;

/* "nRows=211" or "datarows 211" */
static mm_status mm__mot_key(mm_mot *t, mm_slice line) {
  const char *equal = line.length ? (const char *)memchr(line.text, '=', line.length) : NULL, *at = line.text;
  mm_slice key, value;
  double number;
  if (!mm__slice_word(line, &at, &key)) return MM_OK;
  if (equal) {
    key.text = line.text;
    key.length = (size_t)(equal - line.text);
    key = mm__slice_trim(key);
    at = equal + 1;
  }
  if (!mm__slice_word(line, &at, &value)) return MM_OK;
  if (mm__slice_is(key, "nRows") || mm__slice_is(key, "datarows") || mm__slice_is(key, "nColumns") || mm__slice_is(key, "datacolumns")) {
    const int is_rows = mm__slice_is(key, "nRows") || mm__slice_is(key, "datarows");
    if (!mm__slice_real(value, &number) || number != floor(number) || !(number >= 0 && number < 1e9))
      return mm__scan_fail(&t->scan, MM_E_PARSE, "%.*s is '%.*s'", MM_SLICE(key), MM_SLICE(value));
    if (is_rows) t->rows = (long)number;
    else t->columns = (long)number;
  } else if (mm__slice_is(key, "inDegrees")) {
    if (mm__slice_is(value, "yes")) t->degrees = 1;
    else if (mm__slice_is(value, "no")) t->degrees = 0;
    else return mm__scan_fail(&t->scan, MM_E_PARSE, "inDegrees is '%.*s'; yes and no are known", MM_SLICE(value));
  } else if (mm__slice_is(key, "DataType") && !mm__slice_is(value, "double")) {
    return mm__scan_fail(&t->scan, MM_E_UNSUPPORTED, "columns of type '%.*s'; those of one number each are read", MM_SLICE(value));
  }
  return MM_OK;
}

static mm_status mm__mot_head(mm_mot *t) {
  mm_slice line, word;
  t->rows = t->columns = t->degrees = -1;
  if (!mm__scan_line(&t->scan, &t->title)) return mm__scan_fail(&t->scan, MM_E_PARSE, "the file is empty");
  t->title = mm__slice_trim(t->title);
  line = t->title;
  for (;;) {
    const char *at = line.text;
    if (mm__slice_word(line, &at, &word) && mm__slice_is(word, "endheader")) return MM_OK;
    MM_TRY(mm__mot_key(t, line));
    if (!mm__scan_line(&t->scan, &line)) return mm__scan_fail(&t->scan, MM_E_PARSE, "there is no 'endheader'; is it a .mot or .sto file?");
  }
}

/* the next line that is not empty */
static int mm__mot_line(mm_mot *t, mm_slice *line) {
  mm_slice word;
  while (mm__scan_line(&t->scan, line)) {
    const char *at = line->text;
    if (mm__slice_word(*line, &at, &word)) return 1;
  }
  return 0;
}

/* how many rows and columns there are; the scan stays at the names */
static mm_status mm__mot_count(mm_mot *t, long *rows, long *columns) {
  mm_scan here = t->scan;
  mm_slice line, word;
  const char *at;
  *rows = *columns = 0;
  if (!mm__mot_line(t, &line)) return mm__scan_fail(&t->scan, MM_E_PARSE, "the file ends where the columns' names should be");
  at = line.text;
  while (mm__slice_word(line, &at, &word)) ++*columns;
  if (t->columns >= 0 && t->columns != *columns)
    return mm__scan_fail(&t->scan, MM_E_PARSE, "%ld names for the %ld columns of the header", *columns, t->columns);
  if (*columns > 100000) return mm__scan_fail(&t->scan, MM_E_UNSUPPORTED, "%ld columns", *columns);
  while (mm__mot_line(t, &line)) ++*rows;
  if (t->rows >= 0 && *rows < t->rows)
    return mm__scan_fail(&t->scan, MM_E_PARSE, "the file ends after %ld of the %ld rows of the header", *rows, t->rows);
  if (t->rows >= 0 && *rows > t->rows)
    mm__log(t->scan.ctx, MM_LOG_WARNING, "%s: has %ld rows, and its header says %ld", t->scan.label, *rows, t->rows);
  if (!*rows) return mm__scan_fail(&t->scan, MM_E_PARSE, "there are no rows");
  if (*rows > 100000000) return mm__scan_fail(&t->scan, MM_E_UNSUPPORTED, "%ld rows", *rows);
  t->scan = here;
  return MM_OK;
}

static mm_status mm__mot_row(mm_mot *t, mm_columns *c, int row) {
  double *values = c->values + (size_t)row * (size_t)c->column_count;
  mm_slice line, word;
  const char *at;
  int count = 0;
  (void)mm__mot_line(t, &line);
  at = line.text;
  while (mm__slice_word(line, &at, &word)) {
    if (count == c->column_count) return mm__scan_fail(&t->scan, MM_E_PARSE, "more than %d numbers in a row", count);
    if (!mm__slice_real(word, values + count)) {
      if (!count || !(mm__slice_is(word, "nan") || mm__slice_is(word, "-nan") || mm__slice_is(word, "inf") || mm__slice_is(word, "-inf")))
        return mm__scan_fail(&t->scan, MM_E_PARSE, "'%.*s' is not a number (column %s)", MM_SLICE(word), c->column_names[count]);
      values[count] = NAN;
    }
    count++;
  }
  if (count < c->column_count) return mm__scan_fail(&t->scan, MM_E_PARSE, "%d numbers for %d columns", count, c->column_count);
  if (row && !(values[0] > values[-c->column_count]))
    return mm__scan_fail(&t->scan, MM_E_DATA, "time goes from %g to %g s", values[-c->column_count], values[0]);
  return MM_OK;
}

/* the rate, and whether the rows keep it to a tenth of their distance */
static void mm__columns_rate(mm_columns *c) {
  const size_t width = (size_t)c->column_count, last = (size_t)c->row_count - 1;
  const double span = c->values[last * width] - c->values[0];
  if (c->row_count < 2 || !(span > 0)) return;
  c->frequency = (double)last / span;
  for (size_t i = 0; i <= last; i++)
    if (fabs((c->values[i * width] - c->values[0]) * c->frequency - (double)i) > 0.1) c->uneven = 1;
}

static mm_status mm__mot_read(mm_mot *t, const char *path, mm_columns **columns) {
  long rows, width;
  mm_slice line, word;
  const char *at;
  char *name, *title;
  mm_status status;
  MM_TRY(mm__mot_head(t));
  MM_TRY(mm__mot_count(t, &rows, &width));
  if ((double)rows * (double)width > (double)(t->scan.end - t->scan.owned)) /* a number and a blank take two characters */
    return mm__scan_fail(&t->scan, MM_E_PARSE, "%ld rows are shorter than %ld columns", rows, width);
  name = mm__file_stem(t->scan.ctx, path);
  title = mm__slice_copy(t->scan.ctx, t->title);
  status = name && title ? mm__columns_new(t->scan.ctx, name, title, (int)rows, (int)width, columns) : MM_E_MEMORY;
  mm__free(t->scan.ctx, name);
  mm__free(t->scan.ctx, title);
  MM_TRY(status);
  (*columns)->degrees = t->degrees;
  (void)mm__mot_line(t, &line);
  at = line.text;
  for (int i = 0; i < (int)width; i++) {
    (void)mm__slice_word(line, &at, &word);
    if (i == 0 && !mm__slice_is(word, "time"))
      return mm__scan_fail(&t->scan, MM_E_PARSE, "the first column is '%.*s'; it should be time", MM_SLICE(word));
    if (!((*columns)->column_names[i] = mm__slice_copy(t->scan.ctx, word))) return MM_E_MEMORY;
  }
  for (int r = 0; r < (int)rows; r++) MM_TRY(mm__mot_row(t, *columns, r));
  mm__columns_rate(*columns);
  return MM_OK;
}

static mm_status mm__mot_finish(mm_mot *t, const char *path, mm_status status, mm_columns **columns) {
  if (status == MM_OK) status = mm__mot_read(t, path, columns);
  mm__scan_close(&t->scan);
  if (status != MM_OK) {
    mm_columns_destroy(*columns);
    *columns = NULL;
  }
  return status;
}

mm_status mm_mot_load(mm_context *ctx, const char *path, mm_columns **columns) {
  mm_mot t;
  *columns = NULL;
  memset(&t, 0, sizeof t);
  return mm__mot_finish(&t, path, mm__scan_load(ctx, path, &t.scan), columns);
}

mm_status mm_mot_parse(mm_context *ctx, const char *label, const void *bytes, size_t size, mm_columns **columns) {
  mm_mot t;
  *columns = NULL;
  memset(&t, 0, sizeof t);
  return mm__mot_finish(&t, label, mm__scan_open(ctx, label, bytes, size, &t.scan), columns);
}

mm_status mm_mot_save(const mm_columns *c, const char *path) {
  mm_printer out;
  MM_TRY(mm__print_begin(c->ctx, path, &out));
  mm__print_add(&out, "%s\nversion=1\nnRows=%d\nnColumns=%d\ninDegrees=%s\nendheader\n", c->title, c->row_count, c->column_count,
                c->degrees == 1 ? "yes" : "no");
  for (int i = 0; i < c->column_count; i++) mm__print_add(&out, "%s%s", i ? "\t" : "", c->column_names[i]);
  for (int r = 0; r < c->row_count; r++)
    for (int i = 0; i < c->column_count; i++)
      mm__print_real(&out, i ? "\t" : "\n", 12, 'g', c->values[(size_t)r * (size_t)c->column_count + (size_t)i]);
  mm__print_add(&out, "\n");
  return mm__print_commit(&out);
}
