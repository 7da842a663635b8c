/* >>program-forward: musclemimic forward */
#include "states.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_MOST 4096
#define NO_CONTACT 1e9 /* a slot without a contact holds a larger distance */

static const arg_option options[] = {
  {"out", 'o', ARG_TEXT, "FILE.h5", 0, 0, "where the fields go"},
  {"fields", 'f', ARG_LIST, "a,b", 0, 0, "which fields (default: all below)"},
  {"envs", 0, ARG_WHOLE, "N", 1, 1 << 20, "states at a time (default: at most 4096)"},
  {NULL, 0, ARG_FLAG, "", 0, 0, ""}
};
static const arg_option *const groups[] = {states_option, options, model_options, device_options, NULL};

/* fields by MuJoCo's names; the sensors' readings and the contacts last */
static const char *const all_fields[] = {
  "xpos", "xquat", "xipos", "site_xpos", "geom_xpos", "ten_length", "ten_velocity", "actuator_length",
  "actuator_velocity", "actuator_force", "act_dot", "qM", "qfrc_bias", "qfrc_passive", "qfrc_actuator",
  "qfrc_constraint", "qacc_smooth", "qacc", "sensordata", "ncon", "contact_geom", "contact_dist", "contact_pos",
  "contact_frame", NULL
};

/* How a field is written: as the simulation has it; the mass matrix as a full matrix; contacts without empty slots. */
typedef enum form { FORM_PLAIN, FORM_MATRIX, FORM_CONTACT, FORM_CONTACT_COUNT, FORM_CONTACT_GEOM } form;

typedef struct output {
  const char *name;
  form form;
  mm_field field; /* what is read from the simulation */
  int size;       /* numbers of it */
} output;

typedef struct forward_run {
  app a;
  mm_model *model;
  mm_sim *sim;
  states in;
  mm_store *out;
  mm_dtype type;  /* of reals in the file */
  int environments, outputs;
  output output[40];
  double *distance; /* [environments, nconmax], where contacts are asked for */
} forward_run;

static const char *field_word(int index, const void *user) {
  const int listed = (int)(sizeof all_fields / sizeof all_fields[0]) - 1;
  (void)user;
  if (index < listed) return all_fields[index];
  return index - listed < MM_FIELD_COUNT ? mm_field_name((mm_field)(index - listed)) : NULL;
}

/* 0: there is such a field */
static int find_output(const app *a, const char *name, output *out) {
  const char *near;
  memset(out, 0, sizeof *out);
  out->name = name;
  out->field = mm_field_find(name);
  if (!strcmp(name, "qM")) out->form = FORM_MATRIX;
  else if (!strcmp(name, "ncon")) out->form = FORM_CONTACT_COUNT;
  else if (!strcmp(name, "contact_geom")) out->form = FORM_CONTACT_GEOM;
  else if (!strncmp(name, "contact_", 8)) out->form = FORM_CONTACT;
  if (out->form == FORM_CONTACT_COUNT || out->form == FORM_CONTACT_GEOM) out->field = MM_CONTACT_DIST;
  if (out->field != MM_FIELD_COUNT) return EXIT_DONE;
  near = nearest_word(name, field_word, NULL);
  return usage_error(arg_command(a->given),
                     near ? "there is no field '%s'; did you mean '%s'?" : "there is no field '%s'", name,
                     near);
}

static int choose_outputs(forward_run *r) {
  const int asked = arg_count(r->a.given, "fields");
  int code = EXIT_DONE;
  for (int i = 0; !code && (asked ? i < asked : all_fields[i] != NULL); i++) {
    if (r->outputs == 40) return app_error(&r->a, "--fields: at most 40 fields");
    code = find_output(&r->a, asked ? arg_nth(r->a.given, "fields", i) : all_fields[i], r->output + r->outputs);
    for (int k = 0; k < r->outputs && !code; k++)
      if (!strcmp(r->output[k].name, r->output[r->outputs].name))
        code = app_error(&r->a, "--fields: '%s' is given twice", r->output[k].name);
    r->outputs++;
  }
  return code;
}

static int make_simulation(forward_run *r) {
  mm_field keep[41];
  mm_sim_def def;
  mm_sim_info info;
  int most = arg_whole(r->a.given, "envs", CHUNK_MOST);
  memset(&def, 0, sizeof def);
  for (int i = 0; i < r->outputs; i++) {
    keep[i] = r->output[i].field;
    r->output[i].size = mm_field_size(r->model, keep[i]);
  }
  keep[r->outputs] = MM_CONTACT_DIST;
  r->environments = def.environments = r->in.count < most ? r->in.count : most;
  def.keep = keep;
  def.keep_count = r->outputs + 1;
  if (mm_sim_create(r->a.ctx, r->model, &def, &r->sim) || mm_sim_get_info(r->sim, &info))
    return app_failed(&r->a);
  r->type = info.precision == MM_PRECISION_F32 ? MM_DTYPE_F32 : MM_DTYPE_F64;
  r->distance = (double *)need((size_t)r->environments * (size_t)r->model->nconmax, sizeof *r->distance);
  return EXIT_DONE;
}

/* the array of the file for an output: [N, rows] or [N, rows, columns] */
static void describe_output(const forward_run *r, const output *out, mm_store_array *array) {
  int64_t shape[2];
  memset(array, 0, sizeof *array);
  array->name = out->name;
  array->type = r->type;
  array->shape[0] = r->in.count;
  array->rank = 1 + field_shape(r->model, out->field, shape);
  array->shape[1] = shape[0];
  array->shape[2] = shape[1];
  array->units = mm_field_unit(out->field);
  array->frame = field_frame(out->field);
  array->compress = out->form == FORM_PLAIN ? -1 : 1; /* numbers of unrelated states hardly shrink */
  if (out->form == FORM_MATRIX) {
    array->rank = 3;
    array->shape[1] = array->shape[2] = r->model->nv;
  } else if (out->form == FORM_CONTACT_COUNT) {
    array->rank = 1;
    array->type = MM_DTYPE_I32;
    array->units = NULL;
  } else if (out->form == FORM_CONTACT_GEOM) {
    array->rank = 3;
    array->shape[2] = 2;
    array->type = MM_DTYPE_I32;
    array->units = NULL;
  }
  if (array->units && !array->units[0]) array->units = NULL;
}

static int create_file(forward_run *r) {
  const char *path = arg_text(r->a.given, "out", NULL);
  mm_store_def def;
  mm_store_array array;
  memset(&def, 0, sizeof def);
  def.schema = "musclemimic-fields";
  def.version = 1;
  def.model_hash = r->model->hash;
  if (mm_store_create(r->a.ctx, path, &def, &r->out)) return app_failed(&r->a);
  for (int i = 0; i < r->outputs; i++) {
    describe_output(r, r->output + i, &array);
    if (mm_store_declare(r->out, &array)) return app_failed(&r->a);
  }
  return EXIT_DONE;
}

/* lower triangle by rows to a full symmetric matrix */
static void fill_matrix(const mm_model *m, const double *sparse, double *full) {
  const size_t nv = (size_t)m->nv;
  memset(full, 0, nv * nv * sizeof *full);
  for (int i = 0; i < m->nv; i++)
    for (int k = m->M_rowadr[i]; k < m->M_rowadr[i] + m->M_rownnz[i]; k++) {
      const size_t row = (size_t)i, column = (size_t)m->M_colind[k];
      full[row * nv + column] = full[column * nv + row] = sparse[k];
    }
}

/* contacts to the front of their array, in the order of the slots; what is left is not a number */
static void pack_contacts(const forward_run *r, const output *out, const double *slots, int64_t environment,
                          double *packed) {
  const int n = r->model->nconmax, width = n ? out->size / n : 0;
  const double *distance = r->distance + environment * n;
  int used = 0;
  for (int i = 0; i < n; i++)
    if (distance[i] < NO_CONTACT)
      memcpy(packed + width * used++, slots + width * i, (size_t)width * sizeof *packed);
  for (int i = width * used; i < width * n; i++) packed[i] = NAN;
}

/* count of contacts, or the geoms of each and -1 for what is left */
static void list_contacts(const forward_run *r, const output *out, int64_t environment, int32_t *list) {
  const mm_model *m = r->model;
  const double *distance = r->distance + environment * m->nconmax;
  int used = 0;
  for (int i = 0; i < m->nconmax; i++) {
    if (!(distance[i] < NO_CONTACT)) continue;
    if (out->form == FORM_CONTACT_GEOM)
      memcpy(list + 2 * used, m->collide_geom + 2 * m->contact_collide[i], 2 * sizeof *list);
    used++;
  }
  if (out->form == FORM_CONTACT_COUNT) list[0] = used;
  else for (int i = 2 * used; i < 2 * m->nconmax; i++) list[i] = -1;
}

/* one output of count environments, from first on, into the file */
static int write_output(forward_run *r, const output *out, int64_t first, int64_t count) {
  const int64_t start[MM_RANK_MAX] = {first};
  mm_store_array array;
  double *numbers = NULL, *made = NULL;
  int32_t *list = NULL;
  const void *data;
  size_t size = 1;
  int code = EXIT_DONE;
  describe_output(r, out, &array);
  array.shape[0] = count;
  for (int i = 1; i < array.rank; i++) size *= (size_t)array.shape[i];
  if (array.type == MM_DTYPE_I32) {
    data = list = (int32_t *)need(size * (size_t)count, sizeof *list);
    for (int64_t i = 0; i < count; i++) list_contacts(r, out, i, list + (size_t)i * size);
  } else {
    data = numbers = (double *)need((size_t)r->environments * (size_t)out->size, sizeof *numbers);
    if (mm_sim_get(r->sim, out->field, numbers)) code = app_failed(&r->a);
    if (out->form != FORM_PLAIN) data = made = (double *)need(size * (size_t)count, sizeof *made);
    for (int64_t i = 0; i < count && made; i++) {
      const double *from = numbers + (size_t)i * (size_t)out->size;
      if (out->form == FORM_MATRIX) fill_matrix(r->model, from, made + (size_t)i * size);
      else pack_contacts(r, out, from, i, made + (size_t)i * size);
    }
  }
  if (!code &&
      mm_store_write_part(r->out, out->name, list ? MM_DTYPE_I32 : MM_DTYPE_F64, start, array.shape, data))
    code = app_failed(&r->a);
  free(list);
  free(made);
  free(numbers);
  return code;
}

static int compute(forward_run *r) {
  progress bar;
  int code = EXIT_DONE;
  progress_begin(&bar, "forward", r->in.count, "states", arg_count(r->a.given, "quiet"));
  for (int64_t first = 0; first < r->in.count && !code; first += r->environments) {
    const int64_t left = r->in.count - first, count = left < r->environments ? left : r->environments;
    if (stop_requested()) {
      app_error(&r->a, "stopped by %s: nothing was written", stop_name());
      code = EXIT_STOPPED;
      break;
    }
    if (mm_sim_reset(r->sim, NULL, -1)) code = app_failed(&r->a);
    if (!code) code = states_set(&r->in, r->sim, first, count, r->environments);
    if (!code &&
        (mm_sim_forward(r->sim) || (r->model->nconmax && mm_sim_get(r->sim, MM_CONTACT_DIST, r->distance))))
      code = app_failed(&r->a);
    for (int i = 0; i < r->outputs && !code; i++) code = write_output(r, r->output + i, first, count);
    progress_set(&bar, (double)(first + count), NULL);
  }
  progress_end(&bar);
  return code;
}

static int run(const args *given) {
  forward_run r;
  int code;
  memset(&r, 0, sizeof r);
  stop_watch();
  code = app_begin(&r.a, given);
  if (!code && !arg_text(given, "out", NULL))
    code = usage_error("forward", "--out FILE.h5 is missing: where do the fields go?");
  if (!code) code = choose_outputs(&r);
  if (!code && app_model(&r.a, arg_operand(given, 0), &r.model)) code = app_failed(&r.a);
  if (!code) code = states_open(&r.in, &r.a, r.model, 0);
  if (!code) code = make_simulation(&r);
  if (!code) code = create_file(&r);
  if (!code) code = compute(&r);
  if (!code && mm_store_commit(r.out)) code = app_failed(&r.a);
  mm_store_close(r.out);
  states_close(&r.in);
  mm_sim_destroy(r.sim);
  mm_model_destroy(r.model);
  free(r.distance);
  return app_end(&r.a, code);
}

const command forward_command = {
  "forward", "fields that follow from states, without moving them", "MODEL", 1, 1,
  "Computes what MuJoCo's mj_forward computes, for every state of a file: positions, tendons, muscle forces, mass "
  "matrix, contacts, accelerations. Fields: xpos xquat xipos site_xpos geom_xpos ten_length ten_velocity "
  "actuator_length actuator_velocity actuator_force act_dot qM (a full matrix) qfrc_bias qfrc_passive qfrc_actuator "
  "qfrc_constraint qacc_smooth qacc sensordata ncon contact_geom contact_dist contact_pos contact_frame, and every "
  "other field of a simulation by its name. In the file the batch comes first: xpos [N, nbody, 3]; of the contacts "
  "of a state the first ncon count.",
  "  musclemimic forward models/legs18.xml --in states.h5 --out fields.h5 --fields xpos,qacc --backend native\n",
  groups, run
};
