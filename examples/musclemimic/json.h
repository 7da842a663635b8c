/* >>program-json: JSON, written as it is made */
#ifndef JSON_H
#define JSON_H

#include <stdio.h>

/* Start with json_begin(&j, file), end with json_end. key is NULL inside an array. */
typedef struct json {
  FILE *file;
  int depth;
  int used[32];     /* something was written at this depth */
  char closing[32]; /* } or ] */
} json;

void json_begin(json *j, FILE *file);
void json_end(json *j); /* closes what is open, and the line */
void json_object(json *j, const char *key);
void json_array(json *j, const char *key);
void json_close(json *j); /* the innermost object or array */
void json_text(json *j, const char *key, const char *text); /* NULL: null; bytes that are not UTF-8: U+FFFD */
void json_real(json *j, const char *key, double value);     /* not finite: null */
void json_whole(json *j, const char *key, long long value);
void json_flag(json *j, const char *key, int value);

#endif
