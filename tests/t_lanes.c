/* >>t-lanes: the kernels as a device with many work-items runs them: threads are the lanes of a group and meet at its
   barriers. What they compute is what one lane computes, but for rounding, and all lanes meet at the same barriers in
   the same order. Under ThreadSanitizer (make check-races) this finds what one lane writes and another reads or writes
   with no barrier between. */
#define MUSCLEMIMIC_IMPLEMENTATION
#include "kernels.h"

/* the kernels once more, in double, for threads as lanes */
#define LANES 4
static int mm_test_lane(void);
static void mm_test_barrier(int line);
static void *mm_test_lane_memory(void);
#define MM_NATIVE_PASS
#define MUSCLEMIMIC_LANES LANES
#define scalar double
#define MM_REAL_NAME_(name) name##_l64
#define MM_REAL_NAME(name) MM_REAL_NAME_(name)
#include "musclemimic.h"
#include "repeat.h"

/* a group's lanes, while a kernel runs */
typedef struct team {
  pthread_mutex_t lock;
  pthread_cond_t all;
  int arrived, line;  /* how many wait, and where in the header */
  unsigned round;
  double memory[LANES];
  const call *call;
  int groups;
} team;
static team lanes = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0, {0}, NULL, 0};
static pthread_key_t lane_key;

static int mm_test_lane(void) { return *(const int *)pthread_getspecific(lane_key); }
static void *mm_test_lane_memory(void) { return lanes.memory; }

/* a lane that comes to another barrier than those which wait would hang a GPU */
static void mm_test_barrier(int line) {
  unsigned round;
  pthread_mutex_lock(&lanes.lock);
  if (lanes.arrived && lanes.line != line) {
    printf("[  FAILED  ] lanes_meet\nmusclemimic.h: lanes wait at lines %d and %d (-1: the end of the kernel)\n", lanes.line, line);
    fflush(stdout);
    _exit(1);
  }
  lanes.line = line;
  round = lanes.round;
  if (++lanes.arrived == LANES) {
    lanes.arrived = 0;
    lanes.round++;
    pthread_cond_broadcast(&lanes.all);
  }
  while (round == lanes.round) pthread_cond_wait(&lanes.all, &lanes.lock);
  pthread_mutex_unlock(&lanes.lock);
}

static void *run_lane(void *number) {
  pthread_setspecific(lane_key, number);
  for (int g = 0; g < lanes.groups; g++) {
    lanes.call->kernel(lanes.call->args, g, lanes.groups);
    mm_test_barrier(-1);
  }
  return NULL;
}

static mm_status lanes_launch(mm_device *base, mm_program *program, const char *name, int groups, const mm_arg *args, int count) {
  call c;
  pthread_t threads[LANES];
  int numbers[LANES];
  (void)program;
  MM_TRY(find_kernel(base, mm__kernels_l64, name, args, count, &c));
  lanes.call = &c;
  lanes.groups = groups;
  for (int i = 0; i < LANES; i++) {
    numbers[i] = i;
    assert_int_equal(pthread_create(&threads[i], NULL, run_lane, &numbers[i]), 0);
  }
  for (int i = 0; i < LANES; i++) pthread_join(threads[i], NULL);
  return MM_OK;
}

static const machine native64 = {MM_BACKEND_NATIVE, MM_PRECISION_F64, 0, 0, 2, NULL};
static const machine lanes64 = {MM_BACKEND_NATIVE, MM_PRECISION_F64, 0, 0, 2, lanes_launch};

/* the largest difference of a field beside its largest number */
static void agree(const bench *a, const bench *b, const char *model, double tolerance) {
  for (int f = 0; f < FIELDS; f++) {
    const int size = a->n * mm_field_size(a->model, looked_at[f]);
    double most = 0, scale = 1;
    for (int i = 0; i < size; i++) {
      scale = fmax(scale, fabs(a->values[f][i]));
      most = fmax(most, fabs(a->values[f][i] - b->values[f][i]));
    }
    if (!(most <= tolerance * scale))
      fail_msg("%s: %s differs by %.3g, its numbers are up to %.3g", model, mm_field_name(looked_at[f]), most, scale);
  }
}

static void t_lanes_compute_what_one_does(void **state) {
  (void)state;
  for (int i = 0; i < MODELS; i++) {
    bench one, many;
    run_for(&one, &native64, &models[i], 3, 2);
    run_for(&many, &lanes64, &models[i], 3, 2);
    is_alive(&one, models[i].name);
    agree(&one, &many, models[i].name, 1e-8);
    end(&one);
    end(&many);
  }
}

static void alike(const learned *one, const learned *many) {
  assert_int_equal(one->count, many->count);
  for (int i = 0; i < one->count; i++)
    if (!(fabs(one->numbers[i] - many->numbers[i]) <= 1e-7 * fmax(1, fabs(one->numbers[i]))))
      fail_msg("number %d of %d: %.17g and %.17g", i, one->count, one->numbers[i], many->numbers[i]);
}

static void t_lanes_learn_what_one_does(void **state) {
  static learned one, many;
  (void)state;
  for (int kind = 0; kind < LEARNERS; kind++) {
    learn(&native64, &one, kind, 1);
    learn(&lanes64, &many, kind, 1);
    alike(&one, &many);
  }
}

static void t_lanes_retarget_as_one_does(void **state) {
  static learned one, many;
  (void)state;
  fit(&native64, &one);
  fit(&lanes64, &many);
  alike(&one, &many);
}

#ifndef MUSCLEMIMIC_NO_OPENCL
/* PoCL takes minutes to build a group of several work-items; Oclgrind (ci/check-races) and GPUs do not */
static void t_lanes_of_an_opencl_device(void **state) {
  static const machine groups = {MM_BACKEND_OPENCL, MM_PRECISION_F32, 1, LANES, 0, NULL};
  mm_device_info info;
  mm_context *ctx = NULL;
  int count = 0;
  (void)state;
  assert_int_equal(mm_context_create(NULL, &ctx) | mm_device_list(ctx, &info, 1, &count), 0);
  mm_context_destroy(ctx);
  if (count < 1 || info.backend != MM_BACKEND_OPENCL || strstr(info.platform, "Portable Computing Language")) {
    print_message("skipped: no OpenCL device here builds groups of several work-items in reasonable time\n");
    skip();
  }
  for (int i = 0; i < MODELS; i++) {
    bench one, many;
    run_for(&one, &native64, &models[i], 2, 1);
    run_for(&many, &groups, &models[i], 2, 1);
    agree(&one, &many, models[i].name, 2e-4);
    end(&one);
    end(&many);
  }
  for (int kind = 0; kind < LEARNERS; kind++) { /* rounding turns small steps of the optimiser round */
    static learned one, many;
    learn(&native64, &one, kind, 1);
    learn(&groups, &many, kind, 1);
    assert_int_equal(one.count, many.count);
    for (int i = 0; i < one.parameters; i++)
      if (!(fabs(one.numbers[i] - many.numbers[i]) <= 0.01))
        fail_msg("learner %d: parameter %d of %d: %.9g and %.9g", kind, i, one.parameters, one.numbers[i], many.numbers[i]);
  }
}
#endif

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_lanes_compute_what_one_does), cmocka_unit_test(t_lanes_learn_what_one_does),
    cmocka_unit_test(t_lanes_retarget_as_one_does),
#ifndef MUSCLEMIMIC_NO_OPENCL
    cmocka_unit_test(t_lanes_of_an_opencl_device),
#endif
  };
  if (pthread_key_create(&lane_key, NULL)) return 1;
  return cmocka_run_group_tests(tests, make_bare_folder, remove_bare_folder);
}
