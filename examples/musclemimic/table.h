/* >>program-table: aligned tables for people */
#ifndef TABLE_H
#define TABLE_H

#include <stdio.h>

/* Columns are given as "heading" or "heading|unit"; a heading that begins with > is aligned to the right. */
typedef struct table {
  int columns, cells, room;
  const char *const *headings;
  char **text;
} table;

void table_begin(table *t, int columns, const char *const *headings);
/* The next cell, row by row. */
#if defined(__GNUC__) || defined(__clang__)
__attribute__((format(printf, 2, 3)))
#endif
void table_cell(table *t, const char *format, ...);
/* Prints and releases the table. */
void table_end(table *t, FILE *file);

/* 1234567 as "1,234,567" in text (at least 32 bytes) */
const char *with_commas(double value, char *text);
/* bytes as "12.3 MB" in text (at least 32 bytes) */
const char *with_unit(double bytes, char *text);

#endif
