/* >>controller: a trained policy in a closed loop, with libc and libm alone

   The policy is a header that 'musclemimic export' wrote. This program reads observations and answers with actions; the
   other end of the loop is whatever has the observations: the engine here, a robot's bus or another simulator elsewhere.

     musclemimic export policy.h5 --c policy.h
     cc -O2 -I. examples/controller/controller.c -lm -o controller
     musclemimic eval policy.h5 --controller ./controller

   On standard output it first says how many numbers it takes and how many it gives, as two 32-bit integers. Then, for each
   control step, comes how many rows there are, as one such integer, then the rows of observations, and out go the rows of
   actions, all as floats. The end of the input ends it. */
#include <stdint.h>
#include <stdio.h>

#ifndef POLICY
#define POLICY "policy.h"
#endif
#include POLICY

int main(void) {
  static float observation[POLICY_OBSERVATIONS], action[POLICY_ACTIONS];
  const int32_t sizes[2] = {POLICY_OBSERVATIONS, POLICY_ACTIONS};
  int32_t rows;
  fwrite(sizes, sizeof sizes, 1, stdout);
  fflush(stdout);
  while (fread(&rows, sizeof rows, 1, stdin) == 1) {
    for (int32_t i = 0; i < rows; i++) {
      if (fread(observation, sizeof observation, 1, stdin) != 1) return 1;
      policy_act(observation, action);
      fwrite(action, sizeof action, 1, stdout);
    }
    if (fflush(stdout)) return 1;
  }
  return 0;
}
