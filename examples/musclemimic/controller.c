/* >>program-controller-code: observations to a child process, actions back */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "controller.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int write_all(int file, const void *bytes, size_t size) {
  const char *at = (const char *)bytes;
  while (size > 0) {
    const ssize_t done = write(file, at, size);
    if (done < 0 && errno == EINTR && !stop_requested()) continue;
    if (done <= 0) return 0;
    at += done;
    size -= (size_t)done;
  }
  return 1;
}

static int read_all(int file, void *bytes, size_t size) {
  char *at = (char *)bytes;
  while (size > 0) {
    const ssize_t done = read(file, at, size);
    if (done < 0 && errno == EINTR && !stop_requested()) continue;
    if (done <= 0) return 0;
    at += done;
    size -= (size_t)done;
  }
  return 1;
}

static int gone(controller *c, const char *what) {
  if (!c->failed && !stop_requested()) app_error(c->a, "the controller '%s' %s", c->command, what);
  c->failed = 1;
  return 1;
}

static void be_child(const char *command, const int *in, const int *out) {
  dup2(in[0], 0);
  dup2(out[1], 1);
  close(in[0]);
  close(in[1]);
  close(out[0]);
  close(out[1]);
  signal(SIGPIPE, SIG_DFL);
  execl("/bin/sh", "sh", "-c", command, (char *)NULL);
  _exit(127);
}

int controller_begin(controller *c, app *a, const char *command) {
  int in[2], out[2];
  int32_t sizes[2];
  memset(c, 0, sizeof *c);
  c->a = a;
  c->command = command;
  if (pipe(in)) return app_error(a, "no pipe: %s", strerror(errno));
  if (pipe(out)) {
    close(in[0]);
    close(in[1]);
    return app_error(a, "no pipe: %s", strerror(errno));
  }
  signal(SIGPIPE, SIG_IGN); /* who stopped reading is met as an error of writing */
  c->child = fork();
  if (c->child == 0) be_child(command, in, out);
  close(in[0]);
  close(out[1]);
  c->to = in[1];
  c->from = out[0];
  if (c->child < 0) return app_error(a, "'%s' cannot be started: %s", command, strerror(errno));
  if (!read_all(c->from, sizes, sizeof sizes)) {
    gone(c, "ended before it said how many numbers it takes and gives");
    return EXIT_FAILED;
  }
  c->observations = sizes[0];
  c->actions = sizes[1];
  return EXIT_DONE;
}

int controller_act(const float *observations, int rows, float *actions, void *user) {
  controller *c = (controller *)user;
  const int32_t count = rows;
  if (!write_all(c->to, &count, sizeof count) || !write_all(c->to, observations, sizeof(float) * (size_t)rows * (size_t)c->observations))
    return gone(c, "takes no more observations");
  if (!read_all(c->from, actions, sizeof(float) * (size_t)rows * (size_t)c->actions)) return gone(c, "gave no actions");
  return 0;
}

void controller_end(controller *c) {
  if (c->child <= 0) return;
  close(c->to);
  close(c->from);
  waitpid(c->child, NULL, 0);
  c->child = 0;
}
