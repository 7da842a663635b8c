/* >>t-lost: a device that fails at any call, for good: an error with its name, nothing left behind, files as before

   The native backend stands in for a device. Its table is replaced by one whose calls fail from a chosen one on, as
   those of a card do that fell off its bus. */
#define MUSCLEMIMIC_PRIVATE
#include "support.h"

static long calls, fail_at; /* calls of the device so far; from which on they fail */
static scarce memory;       /* as much as is asked for, counted */
static mm_backend lossy;
static const mm_backend *sound;

static int is_lost(void) { return ++calls >= fail_at; }

static mm_status lost(mm_device *device) { return mm__fail(device->ctx, MM_E_DEVICE, "%s: gone at call %ld", device->info.name, calls); }

static mm_status lossy_buffer_create(mm_device *device, size_t bytes, mm_buffer **buffer) {
  return is_lost() ? lost(device) : sound->buffer_create(device, bytes, buffer);
}

static mm_status lossy_write(mm_device *device, mm_buffer *buffer, size_t offset, const void *bytes, size_t size) {
  return is_lost() ? lost(device) : sound->write(device, buffer, offset, bytes, size);
}

static mm_status lossy_read(mm_device *device, mm_buffer *buffer, size_t offset, void *bytes, size_t size) {
  return is_lost() ? lost(device) : sound->read(device, buffer, offset, bytes, size);
}

static mm_status lossy_program_create(mm_device *device, const char *prelude, const char *const *parts, mm_program **program) {
  return is_lost() ? lost(device) : sound->program_create(device, prelude, parts, program);
}

static mm_status lossy_launch(mm_device *device, mm_program *program, const char *kernel, int groups, const mm_arg *args, int count) {
  return is_lost() ? lost(device) : sound->launch(device, program, kernel, groups, args, count);
}

static mm_status lossy_finish(mm_device *device) { return is_lost() ? lost(device) : sound->finish(device); }

static mm_status lossy_tables_create(mm_device *device, const mm_model *model, const mm_layout *layout, const mm_pack *pack,
                                     mm_buffer **tables, mm_buffer **reals) {
  return is_lost() ? lost(device) : sound->tables_create(device, model, layout, pack, tables, reals);
}

static mm_status lossy_gemm(mm_device *device, const mm_gemm *gemm, int *done) {
  return is_lost() ? lost(device) : sound->gemm(device, gemm, done);
}

/* a context whose device answers until call `from` */
static void begin(long from) {
  mm_context_def def;
  memset(&def, 0, sizeof def);
  def.backend = MM_BACKEND_NATIVE;
  def.threads = 1;
  def.allocator.alloc = scarce_alloc;
  def.allocator.free = scarce_free;
  def.allocator.user = &memory;
  memory.left = INT_MAX;
  assert_int_equal(mm_context_create(&def, &ctx), MM_OK);
  assert_int_equal(mm__device_open(ctx), MM_OK);
  sound = ctx->device->backend;
  lossy = *sound;
  lossy.buffer_create = lossy_buffer_create;
  lossy.write = lossy_write;
  lossy.read = lossy_read;
  lossy.program_create = lossy_program_create;
  lossy.launch = lossy_launch;
  lossy.finish = lossy_finish;
  lossy.tables_create = lossy_tables_create;
  lossy.gemm = lossy_gemm;
  ctx->device->backend = &lossy;
  calls = 0;
  fail_at = from;
}

/* after the loss: the error is the device's own, whatever was destroyed since, and all memory came back. The last calls
   only wait for the device before it is closed: when the work is done nobody minds. */
static void end(mm_status status, long from) {
  const int is_closing = status == MM_OK && calls - from < 3;
  char expected[64];
  snprintf(expected, sizeof expected, "cores: gone at call %ld", from);
  if (!is_closing && (status != MM_E_DEVICE || !strstr(mm_error(ctx), expected)))
    fail_msg("lost at call %ld of %ld: %s: %s", from, calls, mm_status_name(status), mm_error(ctx));
  if (ctx->device->used) fail_msg("lost at call %ld: %zu bytes of buffers are left", from, ctx->device->used);
  mm_context_destroy(ctx);
  if (memory.used) fail_msg("lost at call %ld: %d blocks of memory are left", from, memory.used);
}

/* job is done once with a sound device, to count its calls, and then with one that is lost at `tries` different calls */
static void lose_everywhere(mm_status (*job)(void), long tries) {
  long all, step;
  begin(LONG_MAX);
  assert_int_equal(job(), MM_OK);
  all = calls;
  mm_context_destroy(ctx);
  assert_int_equal(memory.used, 0);
  step = all / tries > 1 ? all / tries : 1;
  for (long from = 1; from <= all; from += from < tries / 2 ? 1 : step) {
    begin(from);
    end(job(), from);
  }
}

static mm_status run_simulation(mm_model *model, mm_sim *sim) {
  double *numbers = (double *)malloc(sizeof *numbers * 3 * (size_t)(model->nq + model->nu));
  mm_status status;
  for (int i = 0; i < 3 * model->nu; i++) numbers[i] = 0.3;
  status = mm_sim_set(sim, MM_CTRL, numbers);
  if (!status) status = mm_sim_forward(sim);
  if (!status) status = mm_sim_step(sim, 2);
  if (!status) status = mm_sim_get(sim, MM_QPOS, numbers);
  if (!status) status = mm_sim_reset(sim, NULL, -1);
  if (!status) status = mm_sim_finish(sim);
  free(numbers);
  return status;
}

static mm_status simulate(void) {
  mm_model *model = NULL;
  mm_sim *sim = NULL;
  mm_sim_def def;
  mm_status status;
  memset(&def, 0, sizeof def);
  def.environments = 3;
  status = mm_model_load(ctx, "models/legs18.xml", &model);
  if (!status) status = mm_sim_create(ctx, model, &def, &sim);
  if (!status) status = run_simulation(model, sim);
  else assert_null(sim);
  mm_sim_destroy(sim);
  mm_model_destroy(model);
  return status;
}

static void t_lost_simulations_end_with_the_error(void **state) {
  (void)state;
  lose_everywhere(simulate, 100);
}

static mm_status motion_of(mm_model *model, mm_trajectory **trajectory) {
  mm_trajectory *t;
  MM_TRY(mm_trajectory_create(model, "still", 20, 100, &t));
  for (int f = 0; f < 20; f++) memcpy(t->qpos + (size_t)f * (size_t)t->nq, model->qpos0, sizeof(double) * (size_t)t->nq);
  mm_trajectory_differentiate(model, t);
  *trajectory = t;
  return mm_trajectory_forward(model, t);
}

static mm_status small(mm_train_def *def) {
  static const char *const values[][2] = {{"num_envs", "3"}, {"num_steps", "2"}, {"num_minibatches", "1"}, {"update_epochs", "1"},
                                          {"total_timesteps", "60"}, {"actor_hidden_layers", "[8]"}, {"critic_hidden_layers", "[8]"}};
  MM_TRY(mm_train_preset(ctx, "demo", def));
  for (int i = 0; i < MM_COUNT(values); i++) MM_TRY(mm_train_set(ctx, def, values[i][0], values[i][1]));
  return MM_OK;
}

/* a checkpoint, an update, another checkpoint in its place, an evaluation */
static mm_status train(void) {
  mm_model *model = NULL;
  mm_trajectory *trajectory = NULL;
  mm_trainer *trainer = NULL;
  mm_eval_result *result = NULL;
  mm_train_def def;
  mm_train_report report;
  mm_status status = mm_model_load(ctx, "models/legs18.xml", &model);
  if (!status) status = motion_of(model, &trajectory);
  if (!status) status = small(&def);
  if (!status) status = mm_trainer_create(ctx, model, trajectory, &def, &trainer);
  if (!status) status = mm_trainer_save(trainer, in_folder("run.h5"));
  if (!status) status = mm_trainer_step(trainer, &report);
  if (!status) status = mm_trainer_save(trainer, in_folder("run.h5"));
  if (!status) status = mm_trainer_evaluate(trainer, trajectory, NULL, &result);
  mm_eval_result_destroy(result);
  mm_trainer_destroy(trainer);
  mm_trajectory_destroy(trajectory);
  mm_model_destroy(model);
  return status;
}

static mm_status go_on(void) {
  mm_model *model = NULL;
  mm_trajectory *trajectory = NULL;
  mm_trainer *trainer = NULL;
  mm_status status = mm_model_load(ctx, "models/legs18.xml", &model);
  if (!status) status = motion_of(model, &trajectory);
  if (!status) status = mm_trainer_load(ctx, model, trajectory, in_folder("run.h5"), &trainer);
  if (!status) status = mm_trainer_step(trainer, NULL);
  mm_trainer_destroy(trainer);
  mm_trajectory_destroy(trajectory);
  mm_model_destroy(model);
  return status;
}

/* whenever the device is lost, the file that was there before is whole, and training goes on from it */
static void t_lost_training_keeps_its_checkpoint(void **state) {
  (void)state;
  lose_everywhere(train, 60);
  assert_false(is_there("run.h5.part"));
  lose_everywhere(go_on, 20);
}

static mm_status fit(void) {
  mm_model *model = NULL;
  mm_clip *clip = NULL;
  mm_trajectory *trajectory = NULL;
  mm_walk_def def;
  mm_status status = mm_model_load(ctx, "models/legs18.xml", &model);
  memset(&def, 0, sizeof def);
  def.strides = 1;
  if (!status) status = mm_clip_walk(ctx, &def, NULL, &clip);
  if (!status) status = mm_retarget(ctx, clip, model, NULL, &trajectory, NULL);
  else assert_null(trajectory);
  mm_trajectory_destroy(trajectory);
  mm_clip_destroy(clip);
  mm_model_destroy(model);
  return status;
}

static void t_lost_retargeting_ends_with_the_error(void **state) {
  (void)state;
  lose_everywhere(fit, 20);
}

/* in memory where that is possible: each checkpoint is flushed to the disk */
static int setup(void **state) {
  (void)state;
  return make_folder_in("/dev/shm") && make_folder_in("/tmp") ? -1 : 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(t_lost_simulations_end_with_the_error),
                                     cmocka_unit_test(t_lost_training_keeps_its_checkpoint),
                                     cmocka_unit_test(t_lost_retargeting_ends_with_the_error)};
  return cmocka_run_group_tests(tests, setup, remove_bare_folder);
}
