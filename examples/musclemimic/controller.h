/* >>program-controller: another program that acts in place of the policy */
#ifndef CONTROLLER_H
#define CONTROLLER_H

#include "app.h"

#include <sys/types.h>

/* A child process that gets observations on its standard input and answers with actions (examples/controller/controller.c
   says in which form). */
typedef struct controller {
  app *a;
  const char *command;
  pid_t child;           /* 0: none */
  int to, from;          /* pipes */
  int observations, actions;
  int failed;            /* a message has been printed */
} controller;

/* Starts a command of the shell. On an error a message has been printed. */
int controller_begin(controller *c, app *a, const char *command);
/* for mm_eval_def.policy, with the controller as user */
int controller_act(const float *observations, int rows, float *actions, void *user);
void controller_end(controller *c);

#endif
