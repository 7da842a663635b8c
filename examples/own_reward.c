/* >>own-reward: a reward of your own, and the excitations that earn most of it, by random search

     build/examples/own_reward [models/legs18.xml]

   The environments of a batch try as many variations of one vector of excitations at once; the best becomes the
   next round's centre. The reward: height of the centre of mass over 0.2 s, less effort. */
#include "musclemimic.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES = 128, ROUNDS = 6, STEPS = 100, EVERY = 20 };

typedef struct search {
  mm_context *ctx;
  mm_model *model;
  mm_sim *sim;
  double *centre, *ctrl, *com, *reward; /* [nu], [TRIES, nu], [TRIES, nbody, 3], [TRIES] */
} search;

static double uniform(void) { return rand() / (RAND_MAX + 1.0); }

/* try 0 is the centre itself, so that a round is never worse than the one before */
static void vary(search *s, double width) {
  const int nu = s->model->nu;
  for (int t = 0; t < TRIES; t++)
    for (int i = 0; i < nu; i++) {
      const double u = s->centre[i] + (t ? width * (2 * uniform() - 1) : 0);
      s->ctrl[t * nu + i] = u < 0 ? 0 : u > 1 ? 1 : u;
    }
}

static mm_status try_all(search *s) {
  const int nu = s->model->nu, nbody = s->model->nbody;
  mm_status status = mm_sim_reset(s->sim, NULL, -1);
  if (!status) status = mm_sim_set(s->sim, MM_CTRL, s->ctrl);
  memset(s->reward, 0, sizeof *s->reward * TRIES);
  for (int step = 0; step < STEPS && !status; step += EVERY) {
    status = mm_sim_step(s->sim, EVERY);
    if (!status) status = mm_sim_get(s->sim, MM_SUBTREE_COM, s->com);
    for (int t = 0; t < TRIES; t++) s->reward[t] += s->com[3 * (t * nbody + 1) + 2] * EVERY / STEPS;
  }
  for (int t = 0; t < TRIES; t++)
    for (int i = 0; i < nu; i++) s->reward[t] -= 0.05 * s->ctrl[t * nu + i] * s->ctrl[t * nu + i] / nu;
  return status;
}

static mm_status climb(search *s) {
  const int nu = s->model->nu;
  mm_status status = MM_OK;
  for (int round = 0; round < ROUNDS && !status; round++) {
    int best = 0;
    vary(s, 0.5 * pow(0.7, round));
    status = try_all(s);
    for (int t = 1; t < TRIES; t++)
      if (s->reward[t] > s->reward[best]) best = t;
    memcpy(s->centre, s->ctrl + best * nu, sizeof *s->centre * (size_t)nu);
    if (!status) printf("round %d: best of %d tries earns %.4f, the centre %.4f\n", round + 1, TRIES, s->reward[best], s->reward[0]);
  }
  return status;
}

int main(int count, char **words) {
  static const mm_field keep[] = {MM_SUBTREE_COM};
  search s;
  mm_sim_def def;
  mm_status status;
  memset(&s, 0, sizeof s);
  memset(&def, 0, sizeof def);
  def.environments = TRIES;
  def.keep = keep;
  def.keep_count = 1;
  status = mm_context_create(NULL, &s.ctx);
  if (!status) status = mm_model_load(s.ctx, count > 1 ? words[1] : "models/legs18.xml", &s.model);
  if (!status) status = mm_sim_create(s.ctx, s.model, &def, &s.sim);
  if (!status) {
    s.centre = (double *)calloc((size_t)(1 + TRIES) * (size_t)s.model->nu, sizeof *s.centre);
    s.com = (double *)calloc((size_t)TRIES * (size_t)(3 * s.model->nbody + 1), sizeof *s.com);
    status = s.centre && s.com ? MM_OK : MM_E_MEMORY;
  }
  if (!status) {
    s.ctrl = s.centre + s.model->nu;
    s.reward = s.com + TRIES * 3 * s.model->nbody;
    status = climb(&s);
  }
  if (status) fprintf(stderr, "%s: %s\n", mm_status_name(status), mm_error(s.ctx));
  free(s.centre);
  free(s.com);
  mm_sim_destroy(s.sim);
  mm_model_destroy(s.model);
  mm_context_destroy(s.ctx);
  return status ? EXIT_FAILURE : EXIT_SUCCESS;
}
