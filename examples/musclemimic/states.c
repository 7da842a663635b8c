/* >>program-states-code: states from files, checked before they reach a simulation */
#include "states.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const arg_option states_option[] = {
  {"in", 'i', ARG_TEXT, "FILE.h5", 0, 0, "states: qpos [N, nq], qvel [N, nv]; where given act [N, na], ctrl [N, nu], qfrc_applied [N, nv]"},
  {NULL, 0, ARG_FLAG, "", 0, 0, ""}
};

static const char *size_name(mm_field field) {
  switch (field) {
    case MM_QPOS: return "nq";
    case MM_ACT: return "na";
    case MM_CTRL: return "nu";
    default: return "nv";
  }
}

static const char *shape_of(const mm_store_array *array, char *text, size_t size) {
  size_t used = (size_t)snprintf(text, size, "[");
  for (int i = 0; i < array->rank && used < size; i++)
    used += (size_t)snprintf(text + used, size - used, "%s%lld", i ? ", " : "", (long long)array->shape[i]);
  if (used < size) snprintf(text + used, size - used, "]");
  return text;
}

/* one array of the file against the model; steps as in states_open */
static int check_array(states *s, state_array *array, const mm_model *model, int steps) {
  const char *name = mm_field_name(array->field), *columns = size_name(array->field);
  mm_store_array found;
  char shape[96];
  int over_time;
  array->size = mm_field_size(model, array->field);
  array->present = mm_store_has(s->store, name) == 1;
  if (!array->present) {
    if (array->field != MM_QPOS && array->field != MM_QVEL) return EXIT_DONE;
    return app_error(s->a, "%s: there is no array '%s'; the file must hold qpos [N, nq] and qvel [N, nv]",
                     s->path, name);
  }
  if (mm_store_info(s->store, name, &found)) return app_failed(s->a);
  shape_of(&found, shape, sizeof shape);
  over_time = steps && array->field == MM_CTRL && found.rank == 3;
  if (found.rank != 2 && !over_time)
    return app_error(s->a, "%s: %s has the shape %s; [N, %s] is needed, the batch first", s->path, name, shape,
                     columns);
  if (found.shape[found.rank - 1] != array->size)
    return app_error(
        s->a,
        "%s: %s has the shape %s, but the model has %s = %d: is it the same model, with the same joints "
        "and muscles removed?",
        s->path, name, shape, columns, array->size);
  if (found.shape[0] < 1 || found.shape[0] > 1 << 24)
    return app_error(s->a, "%s: %s has the shape %s: 1 to %d states can be taken", s->path, name, shape,
                     1 << 24);
  if (array->field != MM_QPOS && found.shape[0] != s->count)
    return app_error(s->a, "%s: %s holds %lld states, but qpos holds %d", s->path, name,
                     (long long)found.shape[0], s->count);
  if (over_time && found.shape[1] != steps)
    return app_error(s->a, "%s: ctrl has the shape %s: it holds %lld steps, but --steps is %d", s->path, shape,
                     (long long)found.shape[1], steps);
  if (array->field == MM_QPOS) s->count = (int)found.shape[0];
  array->steps = over_time ? steps : 0;
  return EXIT_DONE;
}

/* a misspelt name would otherwise be a zero control without a word */
static int warn_of_unread(const char *name, int is_group, void *user) {
  states *s = (states *)user;
  if (is_group) return 0;
  for (int i = 0; i < STATE_ARRAYS; i++)
    if (!strcmp(name, mm_field_name(s->arrays[i].field))) return 0;
  if (strcmp(name, "time")) app_warning(s->a, "%s: array '%s' is not read", s->path, name);
  return 0;
}

int states_open(states *s, app *a, const mm_model *model, int steps) {
  static const mm_field fields[STATE_ARRAYS] = {MM_QPOS, MM_QVEL, MM_ACT, MM_CTRL, MM_QFRC_APPLIED};
  int code = EXIT_DONE;
  memset(s, 0, sizeof *s);
  s->a = a;
  s->path = arg_text(a->given, "in", NULL);
  if (!s->path)
    return usage_error(arg_command(a->given), "--in FILE.h5 is missing: where do the states come from?");
  if (mm_store_open(a->ctx, s->path, NULL, &s->store)) return app_failed(a);
  for (int i = 0; i < STATE_ARRAYS && !code; i++) {
    s->arrays[i].field = fields[i];
    code = check_array(s, s->arrays + i, model, steps);
  }
  if (!code && mm_store_list(s->store, "/", warn_of_unread, s)) code = app_failed(a);
  return code;
}

void states_close(states *s) {
  mm_store_close(s->store);
  s->store = NULL;
}

static int check_finite(states *s, const state_array *array, int64_t first, int64_t count, int64_t step,
                        const double *numbers) {
  const int64_t all = count * array->size;
  for (int64_t i = 0; i < all; i++) {
    char when[32] = "";
    if (isfinite(numbers[i])) continue;
    if (array->steps) snprintf(when, sizeof when, "%lld, ", (long long)step);
    return app_error(s->a, "%s: %s[%lld, %s%lld] is not finite", s->path, mm_field_name(array->field),
                     (long long)(first + i / array->size), when, (long long)(i % array->size));
  }
  return EXIT_DONE;
}

int states_read(states *s, int index, int64_t first, int64_t count, int64_t step, int64_t rows,
                double *numbers) {
  const state_array *array = s->arrays + index;
  const size_t size = (size_t)array->size;
  int64_t start[MM_RANK_MAX] = {0}, extent[MM_RANK_MAX] = {0};
  int code;
  start[0] = first;
  extent[0] = count;
  start[1] = array->steps ? step : 0;
  extent[1] = array->steps ? 1 : array->size;
  extent[2] = array->size;
  if (mm_store_read_part(s->store, mm_field_name(array->field), MM_DTYPE_F64, start, extent, numbers))
    return app_failed(s->a);
  code = check_finite(s, array, first, count, step, numbers);
  for (int64_t i = count; i < rows && !code; i++)
    memcpy(numbers + (size_t)i * size, numbers + (size_t)(count - 1) * size, size * sizeof *numbers);
  return code;
}

int states_set(states *s, mm_sim *sim, int64_t first, int64_t count, int environments) {
  int code = EXIT_DONE;
  for (int i = 0; i < STATE_ARRAYS && !code; i++) {
    double *numbers;
    if (!s->arrays[i].present || !s->arrays[i].size) continue;
    numbers = (double *)need((size_t)environments * (size_t)s->arrays[i].size, sizeof *numbers);
    code = states_read(s, i, first, count, 0, environments, numbers);
    if (!code && mm_sim_set(sim, s->arrays[i].field, numbers)) code = app_failed(s->a);
    free(numbers);
  }
  return code;
}
