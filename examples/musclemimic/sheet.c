/* >>program-sheet-code: facts and tables, as text or as JSON */
#include "sheet.h"

#include <math.h>
#include <string.h>

#define LABEL "%-14s"

void sheet_begin(sheet *s, int as_json) {
  memset(s, 0, sizeof *s);
  s->as_json = as_json;
  if (as_json) json_begin(&s->j, stdout);
}

void sheet_end(sheet *s) {
  if (s->as_json) json_end(&s->j);
}

void sheet_text(sheet *s, const char *key, const char *label, const char *text) {
  if (s->as_json) json_text(&s->j, key, text);
  else if (text) printf(LABEL "%s\n", label, text);
}

void sheet_whole(sheet *s, const char *key, const char *label, long long value, const char *unit) {
  char text[32];
  if (s->as_json) json_whole(&s->j, key, value);
  else printf(LABEL "%s%s%s\n", label, with_commas((double)value, text), unit[0] ? " " : "", unit);
}

void sheet_real(sheet *s, const char *key, const char *label, double value, int digits, const char *unit) {
  if (s->as_json) json_real(&s->j, key, value);
  else printf(LABEL "%.*f%s%s\n", label, digits, value, unit[0] ? " " : "", unit);
}

void sheet_range(sheet *s, const char *key, const char *label, double low, double high, int digits, const char *unit) {
  if (s->as_json) {
    json_array(&s->j, key);
    json_real(&s->j, NULL, low);
    json_real(&s->j, NULL, high);
    json_close(&s->j);
  } else if (low <= high) {
    printf(LABEL "%.*f to %.*f%s%s\n", label, digits, low, digits, high, unit[0] ? " " : "", unit);
  }
}

void sheet_flag(sheet *s, const char *key, const char *label, int value) {
  if (s->as_json) json_flag(&s->j, key, value);
  else if (value) printf(LABEL "yes\n", label);
}

void sheet_texts(sheet *s, const char *key, const char *label, int count, const char *const *texts) {
  if (s->as_json) {
    json_array(&s->j, key);
    for (int i = 0; i < count; i++) json_text(&s->j, NULL, texts[i]);
    json_close(&s->j);
    return;
  }
  for (int i = 0; i < count; i++) printf("%s%s: %s\n", i ? "" : "\n", label, texts[i]);
}

void sheet_table(sheet *s, const char *key, int columns, const char *const *headings, const char *const *keys) {
  s->keys = keys;
  s->columns = columns;
  s->column = 0;
  if (s->as_json) json_array(&s->j, key);
  else {
    putchar('\n');
    table_begin(&s->t, columns, headings);
  }
}

/* the key of the next cell; a row is an object */
static const char *next_key(sheet *s) {
  const char *key = s->keys[s->column];
  if (s->column == 0) json_object(&s->j, NULL);
  return key;
}

static void cell_done(sheet *s) {
  if (++s->column < s->columns) return;
  s->column = 0;
  if (s->as_json) json_close(&s->j);
}

void sheet_cell_text(sheet *s, const char *text) {
  if (s->as_json) json_text(&s->j, next_key(s), text);
  else table_cell(&s->t, "%s", text);
  cell_done(s);
}

void sheet_cell_whole(sheet *s, long long value) {
  char text[32];
  if (s->as_json) json_whole(&s->j, next_key(s), value);
  else table_cell(&s->t, "%s", with_commas((double)value, text));
  cell_done(s);
}

void sheet_cell_real(sheet *s, double value, int digits) {
  if (s->as_json) json_real(&s->j, next_key(s), value);
  else if (isfinite(value)) table_cell(&s->t, "%.*f", digits, value);
  else table_cell(&s->t, "-");
  cell_done(s);
}

void sheet_table_end(sheet *s) {
  if (s->as_json) json_close(&s->j);
  else table_end(&s->t, stdout);
}
