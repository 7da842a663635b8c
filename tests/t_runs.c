/* >>t-runs: training as a program: kills, signals, full disks, kept checkpoints, logs, fine-tuning */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* prlimit */
#endif
#include "clips.h"
#include "program.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>

static mm_model *model;
static mm_trajectory *clip;

#define NATIVE "--backend native --precision f32 --quiet"
#define SMALL "train $LEGS clip.h5 " NATIVE " --set num_envs=4 --set num_steps=4 --set num_minibatches=2" \
  " --set update_epochs=1 --set actor_hidden_layers=[24] --set critic_hidden_layers=[16] "

static int setup(void **state) {
  if (make_native_float(state)) return -1;
  model = load_model("models/legs18.xml");
  clip = swinging(model, "swing", 60, 0);
  return mm_trajectory_save(clip, in_folder("clip.h5"));
}

static int teardown(void **state) {
  mm_trajectory_destroy(clip);
  mm_model_destroy(model);
  return remove_folder(state);
}

static void pause_ms(int ms) {
  struct timespec t;
  t.tv_sec = ms / 1000;
  t.tv_nsec = (long)(ms % 1000) * 1000000;
  nanosleep(&t, NULL);
}

/* updates made by a checkpoint, which must be whole; -1: there is none */
static int updates_of(const char *name) {
  int64_t counters[2];
  mm_store *store = NULL;
  mm_train_def def;
  if (!is_there(name)) return -1;
  ok(mm_checkpoint_def(ctx, in_folder(name), &def));
  ok(mm_store_open(ctx, in_folder(name), NULL, &store));
  ok(mm_store_get_numbers(store, "/", "counters", MM_DTYPE_I64, 2, counters));
  mm_store_close(store);
  return (int)counters[0];
}

static void wait_for(const char *name, int update) {
  for (int i = 0; i < 6000 && updates_of(name) < update; i++) pause_ms(10);
  if (updates_of(name) < update) fail_msg("%s did not come to update %d", name, update);
}

static double *load(const char *name, const char *array, int rank, int64_t *count) {
  mm_store *store = NULL;
  mm_store_array info;
  double *values;
  ok(mm_store_open(ctx, in_folder(name), NULL, &store));
  ok(mm_store_info(store, array, &info));
  assert_int_equal(info.rank, rank);
  *count = info.shape[0] * (rank == 2 ? info.shape[1] : 1);
  values = (double *)malloc((size_t)*count * sizeof *values);
  ok(mm_store_read(store, array, MM_DTYPE_F64, rank, info.shape, values));
  mm_store_close(store);
  return values;
}

static void same_array(const char *a, const char *b, const char *array, int rank) {
  int64_t counts[2];
  double *x = load(a, array, rank, &counts[0]), *y = load(b, array, rank, &counts[1]);
  assert_true(counts[0] == counts[1]);
  if (memcmp(x, y, (size_t)counts[0] * sizeof *x)) fail_msg("%s of %s and %s differ", array, a, b);
  free(x);
  free(y);
}

/* the last whole line of a log; 0: there is none */
static int last_logged(const char *name) {
  FILE *file = fopen(in_folder(name), "r");
  char line[8192];
  int update = 0, last = 0;
  while (file && fgets(line, sizeof line, file))
    if (strchr(line, '\n') && sscanf(line, "{\"update\": %d", &update) == 1) last = update;
  if (file) fclose(file);
  return last;
}

/* Saved after every update, so a kill may lose the one that was being made and no more. What comes out in the end is
   what a run that was left in peace would have given. */
static void t_runs_survive_kills(void **state) {
  static const char first[] = SMALL "--set total_timesteps=160000 -o killed.h5 --save-every 0 --log killed.jsonl";
  static const char next[] = "train --resume killed.h5 --save-every 0 --log killed.jsonl " NATIVE;
  unsigned random = 12345;
  int update = -1, killed = 0;
  mm_trainer *trainer = NULL;
  mm_train_def def;
  (void)state;
  while (killed < 20) {
    const pid_t child = start(update < 0 ? first : next);
    int now, logged;
    random = random * 1664525u + 1013904223u;
    if (killed % 3 == 0) wait_for("killed.h5", update + 2); /* the others meet it wherever it is, while it starts, too */
    pause_ms((int)(random >> 16) % (killed % 3 ? 150 : 20));
    kill(child, SIGKILL);
    if (end_of(child) != 1000 + SIGKILL) fail_msg("the run ended by itself: %s", errors);
    killed++;
    now = updates_of("killed.h5");
    logged = last_logged("killed.jsonl");
    if (now < update || logged > now + 1) fail_msg("kill %d: update %d after %d, %d logged", killed, now, update, logged);
    update = now;
  }
  assert_true(update >= 7);
  ok(mm_checkpoint_def(ctx, in_folder("killed.h5"), &def));
  ok(mm_trainer_create(ctx, model, clip, &def, &trainer));
  for (int i = 0; i < update; i++) ok(mm_trainer_step(trainer, NULL));
  ok(mm_trainer_save(trainer, in_folder("peace.h5")));
  mm_trainer_destroy(trainer);
  same_array("killed.h5", "peace.h5", "policy/actor/0/weight", 2);
  same_array("killed.h5", "peace.h5", "optimizer/v/critic/0/weight", 2);
  same_array("killed.h5", "peace.h5", "observations/variance", 1);
  same_array("killed.h5", "peace.h5", "environment/qpos", 2);
}

static void t_runs_end_cleanly_on_signals_and_time_limits(void **state) {
  static const int signals[] = {SIGINT, SIGTERM, SIGUSR1};
  const char *line = SMALL "--set total_timesteps=16000000 -o signal.h5 --save-every 0";
  int update;
  (void)state;
  for (int i = 0; i < 3; i++) {
    const pid_t child = start(line);
    wait_for("signal.h5", updates_of("signal.h5") + 2); /* the first is written at the start */
    kill(child, signals[i]);
    assert_int_equal(end_of(child), STOPPED);
    says(i == 0 ? "SIGINT" : i == 1 ? "SIGTERM" : "SIGUSR1");
    says("--resume signal.h5");
    assert_true(updates_of("signal.h5") >= i + 1);
    line = "train --resume signal.h5 --save-every 0 " NATIVE;
  }
  update = updates_of("signal.h5");
  runs("train --resume signal.h5 --time-limit 0.1 " NATIVE);
  assert_true(updates_of("signal.h5") > update);
}

static void set_file_limit(pid_t child, rlim_t bytes) {
  struct rlimit limit;
  limit.rlim_cur = bytes;
  limit.rlim_max = RLIM_INFINITY;
  if (prlimit(child, RLIMIT_FSIZE, &limit, NULL)) fail_msg("prlimit refused");
}

/* a file that may not grow is what a full disk is to the one who writes it */
static void t_runs_go_on_when_the_disk_is_full(void **state) {
  const pid_t child = start(SMALL "--set total_timesteps=16000000 -o full.h5 --save-every 0");
  int full;
  (void)state;
  wait_for("full.h5", 2);
  set_file_limit(child, 20000);
  pause_ms(150);
  full = updates_of("full.h5");
  pause_ms(150);
  assert_int_equal(updates_of("full.h5"), full);
  set_file_limit(child, RLIM_INFINITY);
  wait_for("full.h5", full + 1);
  kill(child, SIGTERM);
  assert_int_equal(end_of(child), STOPPED);
  says("stays, and the run goes on");
}

static void t_runs_keep_the_last_checkpoints_and_the_best(void **state) {
  char *note = NULL;
  int best = 0;
  (void)state;
  runs(SMALL "--set total_timesteps=160 -o kept.h5 --keep 2 --validate-every 4 --save-every 0 --log kept.jsonl");
  assert_true(!is_there("kept-000008.h5") && is_there("kept-000009.h5") && is_there("kept-000010.h5") && !is_there("kept-000000.h5"));
  assert_int_equal(updates_of("kept-000009.h5"), 9);
  assert_int_equal(updates_of("kept.h5"), 10);
  ok(mm_checkpoint_note(ctx, in_folder("kept.h5"), "best_validation", &note));
  assert_int_equal(sscanf(note, "%d", &best), 1);
  free(note);
  assert_true(best == 4 || best == 8);
  assert_int_equal(updates_of("kept-best.h5"), best);
}

/* >>events: an own reader of TensorBoard's records */

static uint32_t checksum(const unsigned char *bytes, size_t size) {
  uint32_t crc = 0xFFFFFFFFu;
  for (size_t i = 0; i < size; i++) {
    crc ^= bytes[i];
    for (int k = 0; k < 8; k++) crc = crc & 1 ? (crc >> 1) ^ 0x82F63B78u : crc >> 1;
  }
  crc ^= 0xFFFFFFFFu;
  return ((crc >> 15) | (crc << 17)) + 0xA282EAD8u;
}

static uint64_t little(const unsigned char *bytes, int count) {
  uint64_t value = 0;
  for (int i = count - 1; i >= 0; i--) value = value << 8 | bytes[i];
  return value;
}

static void t_runs_checksum_is_that_of_the_standard(void **state) {
  static const unsigned char zeros[32] = {0};
  const uint32_t crc = 0x8A9136AAu; /* CRC-32C of 32 zeros, RFC 3720 B.4 */
  (void)state;
  assert_true(checksum(zeros, 32) == ((crc >> 15) | (crc << 17)) + 0xA282EAD8u);
}

/* records of the one file in a folder; how often a tag is in them, and the least and greatest step it comes with */
static int read_events(const char *name, const char *tag, int *least, int *greatest) {
  unsigned char bytes[1 << 18];
  char command[256];
  size_t size = 0, at = 0;
  int found = 0;
  FILE *file;
  snprintf(command, sizeof command, "cat %s/%s/events.out.tfevents.*.musclemimic", folder, name);
  file = popen(command, "r");
  assert_non_null(file);
  size = fread(bytes, 1, sizeof bytes, file);
  pclose(file);
  assert_true(size > 100 && size < sizeof bytes);
  while (at < size) {
    const size_t length = (size_t)little(bytes + at, 8);
    const unsigned char *data = bytes + at + 12;
    int step = 0, shift = 0;
    assert_true(length < 600 && at + 16 + length <= size);
    assert_true(little(bytes + at + 8, 4) == checksum(bytes + at, 8));
    assert_true(little(data + length, 4) == checksum(data, length));
    if (at == 0) assert_memory_equal(data + 13, "brain.Event:2", 13);
    assert_true(data[0] == 0x09 && data[9] == 0x10); /* wall time, step */
    for (const unsigned char *c = data + 10;; c++, shift += 7) {
      step |= (*c & 127) << shift;
      if (*c < 128) break;
    }
    at += 16 + length;
    if (!memmem(data, length, tag, strlen(tag))) continue;
    if (!found || step < *least) *least = step;
    if (!found || step > *greatest) *greatest = step;
    found++;
  }
  return found;
}

static void t_runs_logs_have_each_update_once(void **state) {
  char text[8192];
  int expected = 1, least = 0, greatest = 0, update, validations = 0;
  FILE *file;
  (void)state;
  runs(SMALL "--set total_timesteps=160 -o logged.h5 --save-every 1e6 --log run.jsonl --tensorboard events --validate-every 5");
  assert_int_equal(read_events("events", "reward/total", &least, &greatest), 10);
  assert_true(least == 16 && greatest == 160);
  assert_int_equal(read_events("events", "Validation/success_rate", &least, &greatest), 2);
  /* as a kill leaves it: a checkpoint of update 5, ten lines and a piece of the next */
  runs("train --from logged.h5 --reset-schedule --set total_timesteps=80 -o half.h5 " NATIVE);
  file = fopen(in_folder("run.jsonl"), "a");
  fputs("{\"update\": 11, \"times", file);
  fclose(file);
  runs("train --from half.h5 --set total_timesteps=128 -o half.h5 --time-limit 1e-9 " NATIVE);
  assert_int_equal(updates_of("half.h5"), 6);
  runs("train --resume half.h5 --log run.jsonl --tensorboard events " NATIVE);
  file = fopen(in_folder("run.jsonl"), "r");
  assert_non_null(file);
  while (fgets(text, sizeof text, file)) {
    assert_int_equal(sscanf(text, "{\"update\": %d", &update), 1);
    if (strstr(text, "Validation/success_rate")) validations++;
    else assert_int_equal(update, expected++);
    assert_string_equal(text + strlen(text) - 2, "}\n");
  }
  fclose(file);
  assert_int_equal(expected, 9); /* 1 to 6 of before, 7 and 8 of the one that went on */
  assert_int_equal(validations, 1);
}

static void t_runs_fine_tune(void **state) {
  int64_t count;
  double *std;
  (void)state;
  runs(SMALL "--set total_timesteps=64 --set final_std=0 -o base.h5");
  /* at once ended: what it begins with is what it saves, one update on */
  runs("train --from base.h5 --reset-std 0.25 --reset-schedule --set lr=0 -o tuned.h5 --time-limit 1e-9 " NATIVE);
  assert_int_equal(updates_of("tuned.h5"), 1);
  same_array("base.h5", "tuned.h5", "policy/actor/0/weight", 2);
  std = load("tuned.h5", "policy/log_std", 1, &count);
  for (int64_t i = 0; i < count; i++) assert_true(fabs(std[i] - log(0.25)) < 1e-6);
  free(std);
  runs("train --from base.h5 --set total_timesteps=160 -o tuned.h5 --time-limit 1e-9 " NATIVE);
  assert_int_equal(updates_of("tuned.h5"), 5);
  refuses("train --from base.h5 -o tuned.h5 " NATIVE, FAILED, "total_timesteps ends at 4");
  refuses("train --from base.h5 --set actor_hidden_layers=[25] --reset-schedule -o tuned.h5 --backend native --quiet", FAILED,
          "policy/actor/0/weight");
  refuses("train --reset-std 1 -o tuned.h5", USAGE, "--reset-std");
  assert_int_equal(updates_of("tuned.h5"), 5);
}

int main(int count, char **words) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_runs_survive_kills), cmocka_unit_test(t_runs_end_cleanly_on_signals_and_time_limits),
    cmocka_unit_test(t_runs_go_on_when_the_disk_is_full), cmocka_unit_test(t_runs_keep_the_last_checkpoints_and_the_best),
    cmocka_unit_test(t_runs_checksum_is_that_of_the_standard), cmocka_unit_test(t_runs_logs_have_each_update_once),
    cmocka_unit_test(t_runs_fine_tune)};
  if (!count || find_program(words[0])) return 1;
  return cmocka_run_group_tests(tests, setup, teardown);
}
