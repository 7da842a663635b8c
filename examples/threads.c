/* >>threads: four threads, each with a context of its own: nothing is shared, so nothing needs a lock

     build/examples/threads [models/legs18.xml]

   A context and what was made from it belong to one thread at a time. Here each runs the native backend in one thread
   with its own excitations; that the two with equal ones agree to the last bit is checked. */
#include "musclemimic.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORKERS = 4, ENVIRONMENTS = 8, STEPS = 200 };

typedef struct worker {
  const char *path;
  double excitation, last; /* in; qpos of the last coordinate of environment 0 */
  mm_status status;
  char error[512];
} worker;

static mm_status simulate(worker *w, const mm_model *model, mm_sim *sim) {
  double *numbers = (double *)malloc(sizeof *numbers * ENVIRONMENTS * (size_t)(model->nu + model->nq));
  mm_status status = numbers ? MM_OK : MM_E_MEMORY;
  for (int i = 0; numbers && i < ENVIRONMENTS * model->nu; i++) numbers[i] = w->excitation;
  if (!status) status = mm_sim_set(sim, MM_CTRL, numbers);
  if (!status) status = mm_sim_step(sim, STEPS);
  if (!status) status = mm_sim_get(sim, MM_QPOS, numbers);
  if (!status) w->last = numbers[model->nq - 1];
  free(numbers);
  return status;
}

static void *work(void *user) {
  worker *w = (worker *)user;
  mm_context *ctx = NULL;
  mm_model *model = NULL;
  mm_sim *sim = NULL;
  mm_context_def where;
  mm_sim_def def;
  memset(&where, 0, sizeof where);
  memset(&def, 0, sizeof def);
  where.backend = MM_BACKEND_NATIVE;
  where.threads = 1;
  def.environments = ENVIRONMENTS;
  w->status = mm_context_create(&where, &ctx);
  if (!w->status) w->status = mm_model_load(ctx, w->path, &model);
  if (!w->status) w->status = mm_sim_create(ctx, model, &def, &sim);
  if (!w->status) w->status = simulate(w, model, sim);
  if (w->status) snprintf(w->error, sizeof w->error, "%s", mm_error(ctx));
  mm_sim_destroy(sim);
  mm_model_destroy(model);
  mm_context_destroy(ctx);
  return NULL;
}

int main(int count, char **words) {
  pthread_t threads[WORKERS];
  worker workers[WORKERS];
  int begun = 0, failures = 0;
  memset(workers, 0, sizeof workers);
  for (; begun < WORKERS; begun++) {
    workers[begun].path = count > 1 ? words[1] : "models/legs18.xml";
    workers[begun].excitation = 0.1 * (begun % 3);
    if (pthread_create(&threads[begun], NULL, work, &workers[begun])) break;
  }
  for (int i = 0; i < begun; i++) {
    pthread_join(threads[i], NULL);
    if (workers[i].status) fprintf(stderr, "thread %d: %s\n", i, workers[i].error);
    else printf("thread %d, excitation %.1f: the last coordinate is %.6f after %d steps\n", i, workers[i].excitation, workers[i].last, STEPS);
    failures += workers[i].status != MM_OK;
  }
  if (begun < WORKERS || failures) return EXIT_FAILURE;
  printf("threads 0 and 3 %s\n", workers[0].last == workers[3].last ? "agree" : "differ");
  return workers[0].last == workers[3].last ? EXIT_SUCCESS : EXIT_FAILURE;
}
