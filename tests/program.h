/* >>test-program: what the tests of the program share: a shell runs it in the folder of the test; this folder is $HERE,
   the model of two legs $LEGS */
#ifndef MM_TEST_PROGRAM_H
#define MM_TEST_PROGRAM_H

#include "support.h"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"

enum { DONE = 0, FAILED = 1, USAGE = 2, STOPPED = 3 };

static char program[512], output[1 << 18], errors[1 << 16]; /* what it printed last */
static const char *limit = "";                              /* "ulimit ... &&" for the programs that are run */

/* the program lies beside the folder of the tests, wherever they were built: self is the test's own path */
static int find_program(const char *self) {
  char *path = realpath(self, NULL), here[512], legs[544];
  for (int up = 0; path && up < 2; up++) *strrchr(path, '/') = 0;
  snprintf(program, sizeof program, "%s/musclemimic", path ? path : ".");
  free(path);
  if (access(program, X_OK) || !getcwd(here, sizeof here)) return -1;
  snprintf(legs, sizeof legs, "%s/models/legs18.xml", here);
  return setenv("HERE", here, 1) || setenv("LEGS", legs, 1) || setenv("TERM", "dumb", 1) ? -1 : 0;
}

/* starts a shell with a line in the folder of the test */
static pid_t start_shell(const char *line) {
  const pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    char command[4096];
    snprintf(command, sizeof command, "cd %s && { %s; } >stdout.txt 2>stderr.txt", folder, line);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
  }
  return child;
}

/* starts the program with the words of a line */
static pid_t start(const char *line) {
  char command[2048];
  snprintf(command, sizeof command, "%s exec %s %s", limit, program, line);
  return start_shell(command);
}

/* waits for its end: the exit status, or 1000 and the signal that ended it */
static int end_of(pid_t child) {
  int status = 0;
  assert_true(waitpid(child, &status, 0) == child);
  read_text("stdout.txt", output, sizeof output);
  read_text("stderr.txt", errors, sizeof errors);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* a line, put together as by printf, must be done */
static void runs(const char *format, ...) {
  char line[1024];
  int status;
  va_list list;
  va_start(list, format);
  vsnprintf(line, sizeof line, format, list);
  va_end(list);
  status = end_of(start(line));
  if (status != DONE) fail_msg("'%s' returned %d: %s", line, status, errors);
}

/* the line must end with this status, with the word in what standard error says and nothing on standard output */
static void refuses(const char *line, int expected, const char *word) {
  const int status = end_of(start(line));
  if (status != expected || !strstr(errors, word) || output[0])
    fail_msg("'%s' returned %d, expected %d with '%s'; it said: %s%s", line, status, expected, word, errors, output);
}

static void prints(const char *word) {
  if (!strstr(output, word)) fail_msg("expected '%s' in: %s", word, output);
}

static void says(const char *word) {
  if (!strstr(errors, word)) fail_msg("expected '%s' in: %s", word, errors);
}

#pragma GCC diagnostic pop
#endif
