/* >>program-json-code: JSON writer */
#include "json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* length of the well-formed UTF-8 sequence that begins at p; 0: none does */
static int utf8_length(const unsigned char *p) {
  int n;
  unsigned code;
  if (p[0] < 0x80) return 1;
  if (p[0] >= 0xc2 && p[0] <= 0xdf) n = 2;
  else if (p[0] >= 0xe0 && p[0] <= 0xef) n = 3;
  else if (p[0] >= 0xf0 && p[0] <= 0xf4) n = 4;
  else return 0;
  code = p[0] & (0xffu >> (n + 1));
  for (int i = 1; i < n; i++) {
    if ((p[i] & 0xc0) != 0x80) return 0;
    code = code << 6 | (p[i] & 0x3fu);
  }
  if (n == 3 && (code < 0x800 || (code >= 0xd800 && code < 0xe000))) return 0;
  return n == 4 && (code < 0x10000 || code > 0x10ffff) ? 0 : n;
}

static void put_text(FILE *file, const char *text) {
  const unsigned char *p = (const unsigned char *)text;
  putc('"', file);
  while (*p) {
    const int n = utf8_length(p);
    if (n == 0) fputs("\\ufffd", file);
    else if (*p == '"' || *p == '\\') fprintf(file, "\\%c", *p);
    else if (*p == '\n') fputs("\\n", file);
    else if (*p == '\t') fputs("\\t", file);
    else if (*p == '\r') fputs("\\r", file);
    else if (*p < 0x20 || *p == 0x7f) fprintf(file, "\\u%04x", *p);
    else fwrite(p, 1, (size_t)n, file);
    p += n ? n : 1;
  }
  putc('"', file);
}

/* comma, line, indentation and key of the next value */
static void put_key(json *j, const char *key) {
  if (j->used[j->depth]) putc(',', j->file);
  j->used[j->depth] = 1;
  if (j->depth) fprintf(j->file, "\n%*s", 2 * j->depth, "");
  if (!key) return;
  put_text(j->file, key);
  fputs(": ", j->file);
}

static void open_level(json *j, const char *key, char opening, char closing) {
  put_key(j, key);
  putc(opening, j->file);
  if (j->depth >= 31) return;
  j->depth++;
  j->used[j->depth] = 0;
  j->closing[j->depth] = closing;
}

void json_begin(json *j, FILE *file) {
  memset(j, 0, sizeof *j);
  j->file = file;
  open_level(j, NULL, '{', '}');
}

void json_object(json *j, const char *key) { open_level(j, key, '{', '}'); }
void json_array(json *j, const char *key) { open_level(j, key, '[', ']'); }

void json_close(json *j) {
  const int used = j->used[j->depth];
  const char closing = j->closing[j->depth];
  j->depth--;
  if (used) fprintf(j->file, "\n%*s", 2 * j->depth, "");
  putc(closing, j->file);
}

void json_end(json *j) {
  while (j->depth) json_close(j);
  putc('\n', j->file);
}

void json_text(json *j, const char *key, const char *text) {
  put_key(j, key);
  if (text) put_text(j->file, text);
  else fputs("null", j->file);
}

/* the fewest digits that give the same number again */
void json_real(json *j, const char *key, double value) {
  char text[40];
  put_key(j, key);
  if (!isfinite(value)) {
    fputs("null", j->file);
    return;
  }
  for (int digits = 6; digits <= 17; digits++) {
    snprintf(text, sizeof text, "%.*g", digits, value);
    if (strtod(text, NULL) == value) break;
  }
  fputs(text, j->file);
}

void json_whole(json *j, const char *key, long long value) {
  put_key(j, key);
  fprintf(j->file, "%lld", value);
}

void json_flag(json *j, const char *key, int value) {
  put_key(j, key);
  fputs(value ? "true" : "false", j->file);
}
