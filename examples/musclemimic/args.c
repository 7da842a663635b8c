/* >>program-args-code: the command line */
#include "args.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct arg_value {
  const arg_option *option;
  char *text;
} arg_value;

struct args {
  const command *cmd;
  arg_value *values;
  char **operands;
  int value_count, operand_count;
};

static const arg_option common_options[] = {
  {"help", 'h', ARG_FLAG, "", 0, 0, "show this help"},
  {"quiet", 'q', ARG_FLAG, "", 0, 0, "no progress display"},
  {"verbose", 'v', ARG_FLAG, "", 0, 0, "say what the library does"},
  {NULL, 0, ARG_FLAG, "", 0, 0, ""}
};

int usage_error(const char *command_name, const char *format, ...) {
  va_list list;
  fprintf(stderr, "musclemimic%s%s: ", command_name ? " " : "", command_name ? command_name : "");
  va_start(list, format);
  vfprintf(stderr, format, list);
  va_end(list);
  fprintf(stderr, "\nmusclemimic%s%s --help shows how it is used\n", command_name ? " " : "",
          command_name ? command_name : "");
  return EXIT_USAGE;
}

/* the nth option of a command, the common ones last; NULL behind the end */
static const arg_option *nth_option(const command *cmd, int index) {
  for (const arg_option *const *group = cmd->options; *group; group++)
    for (const arg_option *option = *group; option->name; option++)
      if (index-- == 0) return option;
  return index < 3 ? &common_options[index] : NULL;
}

static const arg_option *find_option(const command *cmd, const char *name, size_t length) {
  const arg_option *option;
  for (int i = 0; (option = nth_option(cmd, i)) != NULL; i++)
    if (strlen(option->name) == length && !strncmp(option->name, name, length)) return option;
  return NULL;
}

static const arg_option *find_letter(const command *cmd, char letter) {
  const arg_option *option;
  for (int i = 0; (option = nth_option(cmd, i)) != NULL; i++)
    if (option->letter == letter) return option;
  return NULL;
}

/* how many letters must be changed, put in or left out */
static int edit_distance(const char *a, const char *b) {
  int row[64], n = (int)strlen(b);
  if (n > 62 || strlen(a) > 62) return 100;
  for (int j = 0; j <= n; j++) row[j] = j;
  for (int i = 1; a[i - 1]; i++) {
    int diagonal = row[0];
    row[0] = i;
    for (int j = 1; j <= n; j++) {
      int change = diagonal + (a[i - 1] != b[j - 1]), drop = row[j] + 1, insert = row[j - 1] + 1;
      diagonal = row[j];
      row[j] = change < drop ? change : drop;
      if (insert < row[j]) row[j] = insert;
    }
  }
  return row[n];
}

const char *nearest_word(const char *typed, word_source next, const void *user) {
  const char *best = NULL, *word;
  int least = 1 + (int)strlen(typed) / 3;
  for (int i = 0; (word = next(i, user)) != NULL; i++) {
    int distance = edit_distance(typed, word);
    if (strlen(typed) > 2 && !strncmp(word, typed, strlen(typed))) distance = 0; /* the beginning of it */
    if (distance > least || (best && distance == least)) continue;
    best = word;
    least = distance;
  }
  return best;
}

static const char *option_word(int index, const void *user) {
  const arg_option *option = nth_option((const command *)user, index);
  return option ? option->name : NULL;
}

static int unknown_option(const command *cmd, const char *typed) {
  char name[64];
  const char *near;
  snprintf(name, sizeof name, "%.*s", (int)strcspn(typed, "="), typed);
  near = nearest_word(name + strspn(name, "-"), option_word, cmd);
  if (near) return usage_error(cmd->name, "there is no option %s; did you mean --%s?", name, near);
  return usage_error(cmd->name, "there is no option %s", name);
}

static int in_choices(const char *choices, const char *word) {
  const size_t length = strlen(word);
  for (const char *at = choices; *at;) {
    const size_t n = strcspn(at, "|");
    if (n == length && !strncmp(at, word, n)) return 1;
    at += n + (at[n] == '|');
  }
  return 0;
}

static const char *plain_number(double value, char *text, size_t size) {
  snprintf(text, size, "%.10g", value);
  return text;
}

/* 0: the text is what the option takes; else EXIT_USAGE, and a message has been printed */
static int check_value(const command *cmd, const arg_option *option, const char *text) {
  char low[32], high[32], *end = NULL;
  double value;
  switch (option->kind) {
    case ARG_WHOLE: case ARG_REAL:
      value = strtod(text, &end);
      if (text[0] && !*end && value >= option->low && value <= option->high &&
          (option->kind == ARG_REAL || value == floor(value)))
        return 0;
      return usage_error(cmd->name, "--%s %s: must be a %s from %s to %s", option->name, text,
                         option->kind == ARG_WHOLE ? "whole number" : "number",
                         plain_number(option->low, low, sizeof low),
                         plain_number(option->high, high, sizeof high));
    case ARG_CHOICE:
      if (in_choices(option->value, text)) return 0;
      return usage_error(cmd->name, "--%s %s: must be one of %s", option->name, text, option->value);
    case ARG_PAIR:
      if (strchr(text, '=') && text[0] != '=') return 0;
      return usage_error(cmd->name, "--%s %s: must be %s", option->name, text, option->value);
    default:
      if (text[0] || option->kind == ARG_FLAG) return 0;
      return usage_error(cmd->name, "--%s: %s is empty", option->name, option->value);
  }
}

static char *copy_text(const char *text, size_t length) {
  char *copy = (char *)malloc(length + 1);
  if (!copy) {
    fprintf(stderr, "musclemimic: no memory\n");
    exit(EXIT_FAILED);
  }
  memcpy(copy, text, length);
  copy[length] = 0;
  return copy;
}

static void keep_value(args *given, const arg_option *option, const char *text, size_t length) {
  given->values[given->value_count].option = option;
  given->values[given->value_count++].text = copy_text(text, length);
}

/* one option with its value; lists are cut at their commas */
static int take_option(args *given, const arg_option *option, const char *text) {
  const int once = option->kind != ARG_MANY && option->kind != ARG_LIST && option->kind != ARG_PAIR;
  if (once && option->kind != ARG_FLAG && arg_count(given, option->name))
    return usage_error(given->cmd->name, "--%s is given twice", option->name);
  if (option->kind != ARG_LIST) {
    const int code = check_value(given->cmd, option, text);
    if (code) return code;
    keep_value(given, option, text, strlen(text));
    return 0;
  }
  for (const char *at = text;; at++) {
    const size_t n = strcspn(at, ",");
    if (!n) return usage_error(given->cmd->name, "--%s %s: a word of the list is empty", option->name, text);
    keep_value(given, option, at, n);
    at += n;
    if (!*at) return 0;
  }
}

/* words[*at] is an option; *at moves to its last word */
static int parse_option(args *given, int count, char **words, int *at) {
  const char *word = words[*at], *equals = strchr(word, '='), *text = "";
  const arg_option *option = word[1] != '-' ? (word[2] ? NULL : find_letter(given->cmd, word[1]))
    : find_option(given->cmd, word + 2, equals ? (size_t)(equals - word - 2) : strlen(word + 2));
  if (!option) return unknown_option(given->cmd, word);
  if (option->kind == ARG_FLAG) {
    if (equals) return usage_error(given->cmd->name, "--%s takes no value", option->name);
  } else if (equals) {
    text = equals + 1;
  } else if (*at + 1 < count) {
    text = words[++*at];
  } else {
    return usage_error(given->cmd->name, "--%s needs a value: --%s %s", option->name, option->name,
                       option->value);
  }
  return take_option(given, option, text);
}

static int check_operands(const args *given) {
  const command *cmd = given->cmd;
  if (given->operand_count < cmd->least)
    return usage_error(cmd->name, cmd->least == 1 ? "%s is missing" : "needs %s", cmd->operands);
  if (given->operand_count > cmd->most)
    return usage_error(cmd->name, "'%s' is one operand too many", given->operands[cmd->most]);
  return 0;
}

args *args_parse(const command *cmd, int count, char **words, int *code) {
  args *given = (args *)calloc(1, sizeof *given);
  size_t room = 1;
  int only_operands = 0;
  /* no list has more words than its text has characters */
  for (int i = 0; i < count; i++) room += strlen(words[i]) + 1;
  if (given) given->values = (arg_value *)calloc(room, sizeof *given->values);
  if (given) given->operands = (char **)calloc((size_t)count + 1, sizeof *given->operands);
  *code = EXIT_FAILED;
  if (!given || !given->values || !given->operands) {
    fprintf(stderr, "musclemimic: no memory\n");
    args_free(given);
    return NULL;
  }
  given->cmd = cmd;
  *code = 0;
  for (int i = 0; i < count && !*code; i++) {
    if (!only_operands && !strcmp(words[i], "--")) only_operands = 1;
    else if (only_operands || words[i][0] != '-' || !words[i][1])
      given->operands[given->operand_count++] = words[i];
    else *code = parse_option(given, count, words, &i);
  }
  if (!*code && arg_count(given, "help")) {
    args_help(cmd);
    args_free(given);
    return NULL;
  }
  if (!*code) *code = check_operands(given);
  if (!*code) return given;
  args_free(given);
  return NULL;
}

void args_free(args *given) {
  if (!given) return;
  for (int i = 0; i < given->value_count; i++) free(given->values[i].text);
  free(given->values);
  free(given->operands);
  free(given);
}

const char *arg_operand(const args *given, int index) {
  return index < given->operand_count ? given->operands[index] : NULL;
}

int arg_operands(const args *given) { return given->operand_count; }

const char *arg_command(const args *given) { return given->cmd->name; }

const char *arg_nth(const args *given, const char *name, int index) {
  for (int i = 0; i < given->value_count; i++)
    if (!strcmp(given->values[i].option->name, name) && index-- == 0) return given->values[i].text;
  return NULL;
}

int arg_count(const args *given, const char *name) {
  int count = 0;
  while (arg_nth(given, name, count)) count++;
  return count;
}

const char *arg_text(const args *given, const char *name, const char *otherwise) {
  const char *text = arg_nth(given, name, 0);
  return text ? text : otherwise;
}

int arg_whole(const args *given, const char *name, int otherwise) {
  const char *text = arg_nth(given, name, 0);
  return text ? (int)strtod(text, NULL) : otherwise;
}

double arg_real(const args *given, const char *name, double otherwise) {
  const char *text = arg_nth(given, name, 0);
  return text ? strtod(text, NULL) : otherwise;
}

/* text broken into lines of at most 100 columns, each after the first begun by indent blanks */
static void print_wrapped(const char *text, int indent) {
  int column = indent;
  while (*text) {
    const int n = (int)strcspn(text, " ");
    if (column > indent && column + 1 + n > 100) {
      printf("\n%*s", indent, "");
      column = indent;
    } else if (column > indent) {
      putchar(' ');
      column++;
    }
    printf("%.*s", n, text);
    column += n;
    text += n;
    text += strspn(text, " ");
  }
  putchar('\n');
}

void args_help(const command *cmd) {
  const arg_option *option;
  printf("usage: musclemimic %s%s%s [options]\n\n", cmd->name, cmd->operands[0] ? " " : "", cmd->operands);
  print_wrapped(cmd->about, 0);
  printf("\noptions:\n");
  for (int i = 0; (option = nth_option(cmd, i)) != NULL; i++) {
    char left[80];
    snprintf(left, sizeof left, "%c%c%s --%s %s", option->letter ? '-' : ' ',
             option->letter ? option->letter : ' ', option->letter ? "," : " ", option->name, option->value);
    printf("  %-32s", left);
    if (strlen(left) >= 32) printf("\n%34s", "");
    print_wrapped(option->help, 34);
  }
  printf("\nexample:\n%s", cmd->example);
}
