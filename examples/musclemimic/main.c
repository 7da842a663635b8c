/* >>program: musclemimic, the header as a program: model in, motion, training and evaluation out */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "app.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const command devices_command, info_command, forward_command, rollout_command, bench_command;
extern const command convert_command, walk_command, retarget_command, measure_command, train_command, eval_command;
extern const command export_command;

static const command *const commands[] = {
  &devices_command, &info_command, &forward_command, &rollout_command, &bench_command,
  &walk_command, &convert_command, &retarget_command, &measure_command, &train_command, &eval_command, &export_command, NULL
};

static void print_help(FILE *file) {
  fprintf(file, "usage: musclemimic COMMAND [operands] [options]\n\n");
  for (int i = 0; commands[i]; i++) fprintf(file, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
  fprintf(file,
          "\nmusclemimic COMMAND --help shows the options of a command and an example.\n"
          "Results go to standard output or the named file, messages to standard error.\n"
          "Exit status: 0 done; 1 failed, with a message; 2 wrong command line; 3 ended early on request;\n"
          "4 done, but some clips were set aside.\n");
}

static const char *command_word(int index, const void *user) {
  (void)user;
  return commands[index] ? commands[index]->name : NULL;
}

static int run_command(const command *cmd, int count, char **words) {
  int code = EXIT_DONE;
  args *given = args_parse(cmd, count, words, &code);
  if (!given) return code;
  code = cmd->run(given);
  args_free(given);
  return code;
}

/* What is still in the buffer may not fit the disk. After a failure the handlers at exit are left out: HDF5, once it has
   met a damaged file, complains there in words of its own. */
static int finish(int code) {
  if (fflush(stdout) || ferror(stdout)) {
    fprintf(stderr, "musclemimic: standard output cannot be written\n");
    if (code == EXIT_DONE) code = EXIT_FAILED;
  }
  fflush(stderr);
#ifndef __SANITIZE_ADDRESS__ /* whose report of leaks comes at exit */
  if (code == EXIT_FAILED) _exit(code);
#endif
  return code;
}

int main(int count, char **words) {
  const char *name = count > 1 ? words[1] : NULL, *near;
  signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of writing, as on a full disk */
  if (!name) {
    print_help(stderr);
    return EXIT_USAGE;
  }
  if (!strcmp(name, "--version")) {
    printf("musclemimic %s\n", MM_VERSION);
    return finish(EXIT_DONE);
  }
  if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
    for (int i = 0; count > 2 && commands[i]; i++)
      if (!strcmp(words[2], commands[i]->name)) {
        args_help(commands[i]);
        return finish(EXIT_DONE);
      }
    print_help(stdout);
    return finish(EXIT_DONE);
  }
  for (int i = 0; commands[i]; i++)
    if (!strcmp(name, commands[i]->name)) return finish(run_command(commands[i], count - 2, words + 2));
  near = nearest_word(name, command_word, NULL);
  if (near) return usage_error(NULL, "there is no command '%s'; did you mean '%s'?", name, near);
  return usage_error(NULL, "there is no command '%s'", name);
}
