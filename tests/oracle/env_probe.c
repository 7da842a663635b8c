/* >>env-probe: runs the imitation task for one step on numbers from a file, for tests/oracle/env.py

   usage: env_probe MODEL.xml IN.h5 OUT.h5 native|opencl f32|f64 timestep=S [no-fingers] [setting=value...] */
#include "probe.h"

static void send_field(mm_sim *sim, const mm_model *model, mm_field field, int n) {
  const int size = mm_field_size(model, field);
  double *values = (double *)calloc((size_t)n * (size_t)size, sizeof *values);
  ok(mm_sim_get(sim, field, values));
  send(mm_field_name(field), values, n, size);
  free(values);
}

static mm_model *load_model(const char *path, const char *timestep, int no_fingers) {
  mm_spec *spec;
  mm_model *model;
  ok(mm_spec_load(ctx, path, &spec));
  if (no_fingers) ok(mm_spec_remove_fingers(spec));
  if (strstr(path, "myo")) ok(mm_spec_add_mimic_sites(spec));
  ok(mm_spec_set_option(spec, "timestep", timestep));
  ok(mm_spec_set_option(spec, "iterations", "100"));
  ok(mm_spec_set_option(spec, "tolerance", "1e-15"));
  ok(mm_spec_compile(spec, &model));
  mm_spec_destroy(spec);
  return model;
}

/* clips [clips][frames][nq] and [nv], as one trajectory */
static mm_trajectory *load_trajectory(const mm_model *model, const mm_train_def *def) {
  int64_t shape[3];
  double *qpos = take("clip_qpos", 3, shape), *qvel = take("clip_qvel", 3, shape);
  const int clips = (int)shape[0], frames = (int)shape[1];
  mm_trajectory **list = (mm_trajectory **)calloc((size_t)clips, sizeof *list), *joined;
  for (int c = 0; c < clips; c++) {
    const size_t nq = (size_t)frames * (size_t)model->nq, nv = (size_t)frames * (size_t)model->nv;
    char name[16];
    snprintf(name, sizeof name, "clip%d", c);
    ok(mm_trajectory_create(model, name, frames, 1 / (def->n_substeps * model->opt.timestep[0]), &list[c]));
    memcpy(list[c]->qpos, qpos + (size_t)c * nq, nq * sizeof *qpos);
    memcpy(list[c]->qvel, qvel + (size_t)c * nv, nv * sizeof *qvel);
    ok(mm_trajectory_forward(model, list[c]));
  }
  ok(mm_trajectory_join(ctx, (const mm_trajectory *const *)list, clips, &joined));
  for (int c = 0; c < clips; c++) mm_trajectory_destroy(list[c]);
  free(list);
  mm_store_free(in, qpos);
  mm_store_free(in, qvel);
  return joined;
}

static void put_field(mm_sim *sim, mm_field field, const char *name) {
  int64_t shape[2];
  double *values = take(name, 2, shape);
  ok(mm_sim_set(sim, field, values));
  mm_store_free(in, values);
}

static void run(const mm_model *model, const mm_trajectory *trajectory, const mm_train_def *def, int n) {
  const mm_field shown[] = {MM_QPOS, MM_QVEL, MM_ACT, MM_CTRL, MM_ENV_STATE};
  int64_t shape[2];
  mm_task task;
  mm_task_io io;
  double *actions = take("action", 2, shape);
  ok(mm__task_create(&learn, model, trajectory, def, n, 2 * n, 0, &task));
  ok(mm__learn_reals(&learn, (size_t)n * (size_t)model->nu, &io.action));
  ok(mm__learn_reals(&learn, 2 * (size_t)n * (size_t)task.plan.observations, &io.obs));
  ok(mm__learn_reals(&learn, (size_t)n * (size_t)task.plan.observations, &io.last));
  ok(mm__learn_reals(&learn, (size_t)n * MM_SIGNAL_COUNT, &io.signal));
  ok(mm__learn_reals(&learn, 2 * (size_t)n * MM_PLANES, &io.batch));
  ok(mm__task_begin(&task, &io, 0, 0));
  put_field(task.sim, MM_QPOS, "qpos");
  put_field(task.sim, MM_QVEL, "qvel");
  put_field(task.sim, MM_ACT, "act");
  put_field(task.sim, MM_ENV_STATE, "env_state");
  ok(mm__learn_write(&learn, io.action, 0, actions, (size_t)n * (size_t)model->nu));
  ok(mm__task_step(&task, &io, 0, 1));
  send_buffer("first", io.obs, 0, n, task.plan.observations);
  send_buffer("obs", io.obs, (size_t)n * (size_t)task.plan.observations, n, task.plan.observations);
  send_buffer("last", io.last, 0, n, task.plan.observations);
  send_buffer("signal", io.signal, 0, n, MM_SIGNAL_COUNT);
  send_buffer("planes", io.batch, 0, MM_PLANES, 2 * n);
  for (int i = 0; i < MM_COUNT(shown); i++) send_field(task.sim, model, shown[i], n);
  mm__learn_release(&learn, io.action);
  mm__learn_release(&learn, io.obs);
  mm__learn_release(&learn, io.last);
  mm__learn_release(&learn, io.signal);
  mm__learn_release(&learn, io.batch);
  mm__task_destroy(&task);
  mm_store_free(in, actions);
}

int main(int argc, char **argv) {
  mm_train_def def;
  mm_model *model;
  mm_trajectory *trajectory;
  int64_t shape[2];
  int no_fingers = 0;
  if (argc < 7 || strncmp(argv[6], "timestep=", 9)) return 2;
  open_probe(argv[2], argv[3], "env-probe", argv[4], argv[5], 0);
  for (int i = 6; i < argc; i++) no_fingers |= !strcmp(argv[i], "no-fingers");
  model = load_model(argv[1], argv[6] + 9, no_fingers);
  ok(mm_train_preset(ctx, mm_train_preset_of(model), &def));
  for (int i = 7; i < argc; i++) {
    char *equals = strchr(argv[i], '=');
    if (!equals) continue;
    *equals = 0;
    ok(mm_train_set(ctx, &def, argv[i], equals + 1));
  }
  trajectory = load_trajectory(model, &def);
  mm_store_free(in, take("qpos", 2, shape));
  run(model, trajectory, &def, (int)shape[0]);
  mm_trajectory_destroy(trajectory);
  mm_model_destroy(model);
  close_probe();
  return 0;
}
