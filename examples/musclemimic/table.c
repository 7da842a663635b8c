/* >>program-table-code: aligned tables */
#include "table.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void table_begin(table *t, int columns, const char *const *headings) {
  memset(t, 0, sizeof *t);
  t->columns = columns;
  t->headings = headings;
}

void table_cell(table *t, const char *format, ...) {
  char text[512];
  va_list list;
  va_start(list, format);
  vsnprintf(text, sizeof text, format, list);
  va_end(list);
  if (t->cells == t->room) {
    char **grown = (char **)realloc(t->text, sizeof *grown * (size_t)(2 * t->room + 64));
    if (!grown) return;
    t->text = grown;
    t->room = 2 * t->room + 64;
  }
  t->text[t->cells] = (char *)malloc(strlen(text) + 1);
  if (t->text[t->cells]) strcpy(t->text[t->cells++], text);
}

/* characters, not bytes */
static int text_width(const char *text, size_t length) {
  int width = 0;
  for (size_t i = 0; i < length; i++) width += (text[i] & 0xc0) != 0x80;
  return width;
}

static void print_cell(FILE *file, const char *text, size_t length, int width, int right, int last) {
  const int pad = width - text_width(text, length);
  if (right && pad > 0) fprintf(file, "%*s", pad, "");
  fprintf(file, "%.*s", (int)length, text);
  if (!last) fprintf(file, "%*s", (right || pad < 0 ? 0 : pad) + 2, "");
}

/* the part of a heading before (0) or after (1) the bar */
static const char *heading_part(const char *heading, int part, size_t *length) {
  const char *text = heading + (heading[0] == '>'), *bar = strchr(text, '|');
  if (part) {
    *length = bar ? strlen(bar + 1) : 0;
    return bar ? bar + 1 : "";
  }
  *length = bar ? (size_t)(bar - text) : strlen(text);
  return text;
}

static int column_width(const table *t, int column) {
  int width = 0;
  for (int part = 0; part < 2; part++) {
    size_t length;
    const char *text = heading_part(t->headings[column], part, &length);
    if (text_width(text, length) > width) width = text_width(text, length);
  }
  for (int i = column; i < t->cells; i += t->columns) {
    const int n = text_width(t->text[i], strlen(t->text[i]));
    if (n > width) width = n;
  }
  return width;
}

/* the last column of the row from cell on that is not empty */
static int last_cell(const table *t, int cell) {
  int last = 0;
  for (int c = 0; c < t->columns && cell + c < t->cells; c++)
    if (t->text[cell + c][0]) last = c;
  return last;
}

void table_end(table *t, FILE *file) {
  int width[32], units = 0;
  for (int c = 0; c < t->columns && c < 32; c++) {
    width[c] = column_width(t, c);
    units |= strchr(t->headings[c], '|') != NULL;
  }
  for (int part = 0; part < 1 + units; part++)
    for (int c = 0; c < t->columns && c < 32; c++) {
      size_t length;
      const char *text = heading_part(t->headings[c], part, &length);
      print_cell(file, text, length, width[c], t->headings[c][0] == '>', c == t->columns - 1);
      if (c == t->columns - 1) putc('\n', file);
    }
  for (int i = 0, last = 0; i < t->cells; i++) {
    const int c = i % t->columns;
    if (c == 0) last = last_cell(t, i);
    if (c < 32 && c <= last)
      print_cell(file, t->text[i], strlen(t->text[i]), width[c], t->headings[c][0] == '>', c == last);
    if (c == t->columns - 1) putc('\n', file);
    free(t->text[i]);
  }
  free(t->text);
  t->text = NULL;
}

const char *with_commas(double value, char *text) {
  char plain[32];
  int used = 0, digits;
  snprintf(plain, sizeof plain, "%.0f", fabs(value) < 1e15 ? value : 0.0);
  digits = (int)strlen(plain + (plain[0] == '-'));
  for (const char *p = plain; *p; p++) {
    text[used++] = *p;
    if (*p != '-' && --digits > 0 && digits % 3 == 0) text[used++] = ',';
  }
  text[used] = 0;
  return text;
}

const char *with_unit(double bytes, char *text) {
  static const char *const units[] = {"B", "KB", "MB", "GB", "TB"};
  int unit = 0;
  while (bytes >= 1000 && unit < 4) {
    bytes /= 1000;
    unit++;
  }
  snprintf(text, 32, unit && bytes < 100 ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
  return text;
}
