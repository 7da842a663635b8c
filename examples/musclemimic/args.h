/* >>program-args: commands, their options, and what was given on the command line */
#ifndef ARGS_H
#define ARGS_H

/* what the program returns to the shell */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_STOPPED = 3, EXIT_SOME = 4 };

typedef enum arg_kind {
  ARG_FLAG,   /* --name */
  ARG_TEXT,   /* --name VALUE, at most once */
  ARG_WHOLE,  /* a whole number from low to high */
  ARG_REAL,   /* a number from low to high */
  ARG_CHOICE, /* one of the words in value, which | separates */
  ARG_MANY,   /* text, may be repeated */
  ARG_LIST,   /* words that commas separate, may be repeated */
  ARG_PAIR    /* key=value, may be repeated */
} arg_kind;

typedef struct arg_option {
  const char *name;  /* without the dashes; NULL ends a list */
  char letter;       /* -o for --out; 0: none */
  arg_kind kind;
  const char *value; /* how help calls the value */
  double low, high;
  const char *help;
} arg_option;

typedef struct args args;

typedef struct command {
  const char *name, *summary;
  const char *operands;             /* "MODEL": how help calls them */
  int least, most;                  /* how many operands */
  const char *about, *example;      /* help: a paragraph, and lines that can be pasted */
  const arg_option *const *options; /* lists of options, NULL-ended */
  int (*run)(const args *given);
} command;

/* NULL: a message has been printed, leave with *code (also after --help). */
args *args_parse(const command *cmd, int count, char **words, int *code);
void args_free(args *given);
void args_help(const command *cmd);

const char *arg_operand(const args *given, int index); /* NULL: not given */
int arg_operands(const args *given);
int arg_count(const args *given, const char *name);    /* how often, or how many words of a list */
const char *arg_nth(const args *given, const char *name, int index);
const char *arg_text(const args *given, const char *name, const char *otherwise);
int arg_whole(const args *given, const char *name, int otherwise);
double arg_real(const args *given, const char *name, double otherwise);
const char *arg_command(const args *given);

/* Prints "musclemimic COMMAND: …" and how to get help; returns EXIT_USAGE. */
#if defined(__GNUC__) || defined(__clang__)
__attribute__((format(printf, 2, 3)))
#endif
int usage_error(const char *command_name, const char *format, ...);

/* The word of a list that is nearest to what was typed; NULL when none is near. next gives the words by number, then
   NULL. */
typedef const char *(*word_source)(int index, const void *user);
const char *nearest_word(const char *typed, word_source next, const void *user);

#endif
