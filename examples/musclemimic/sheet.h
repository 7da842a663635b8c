/* >>program-sheet: facts one below another and tables, as text or as JSON */
#ifndef SHEET_H
#define SHEET_H

#include "json.h"
#include "table.h"

/* Every fact has a key for JSON, a label for people, and where it is a number a unit. Tables become lists of objects. */
typedef struct sheet {
  int as_json;
  json j;
  table t;
  const char *const *keys; /* of the table's columns */
  int columns, column;
} sheet;

void sheet_begin(sheet *s, int as_json);
void sheet_end(sheet *s);
void sheet_text(sheet *s, const char *key, const char *label, const char *text);
void sheet_whole(sheet *s, const char *key, const char *label, long long value, const char *unit);
void sheet_real(sheet *s, const char *key, const char *label, double value, int digits, const char *unit);
/* "x: -1.2 to 3.4 m" and the like; JSON: [low, high] */
void sheet_range(sheet *s, const char *key, const char *label, double low, double high, int digits, const char *unit);
/* "yes" or nothing; JSON: true or false */
void sheet_flag(sheet *s, const char *key, const char *label, int value);
void sheet_texts(sheet *s, const char *key, const char *label, int count, const char *const *texts);

/* headings as table_begin takes them; keys for the objects of JSON; cells row by row */
void sheet_table(sheet *s, const char *key, int columns, const char *const *headings, const char *const *keys);
void sheet_cell_text(sheet *s, const char *text);
void sheet_cell_whole(sheet *s, long long value);
void sheet_cell_real(sheet *s, double value, int digits); /* not finite: - */
void sheet_table_end(sheet *s);

#endif
