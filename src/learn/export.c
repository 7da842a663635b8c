/* >>export: the policy of a checkpoint without the engine: one C file, or arrays for NumPy */

/* networks of a checkpoint, laid out but not on a device */
typedef struct mm_exported {
  mm_context *ctx;
  mm_store *store;
  mm_train_def trained;
  mm_agent agent;
} mm_exported;

static int64_t mm__store_length(mm_store *store, const char *name) {
  mm_store_array array;
  return mm_store_info(store, name, &array) == MM_OK && array.rank == 1 ? array.shape[0] : -1;
}

static void mm__exported_close(mm_exported *x) {
  mm__arena_free(&x->agent.arena);
  mm_store_close(x->store);
}

static mm_status mm__exported_open(mm_context *ctx, const char *path, mm_exported *x) {
  int64_t observations, actions;
  mm_status status;
  memset(x, 0, sizeof *x);
  x->ctx = x->agent.arena.ctx = ctx;
  MM_TRY(mm__checkpoint_open(ctx, path, NULL, &x->store));
  status = mm__checkpoint_read_def(ctx, x->store, &x->trained);
  observations = mm__store_length(x->store, "observations/mean");
  actions = mm__store_length(x->store, "policy/log_std");
  if (status == MM_OK && (observations < 1 || actions < 1 || observations > INT32_MAX || actions > INT32_MAX))
    status = mm__fail(ctx, MM_E_PARSE, "%s: there is no policy in it", path);
  if (status == MM_OK) {
    mm__agent_def_of(&x->trained, (int)observations, (int)actions, &x->agent.def);
    x->agent.observations = (int)observations;
    x->agent.actions = (int)actions;
    x->agent.eps = x->agent.def.layernorm_eps;
    status = mm__agent_layout(&x->agent);
  }
  if (status != MM_OK) mm__exported_close(x);
  return status;
}

/* >>export-c: a header of C99 */

typedef struct mm_writer { mm_exported *x; FILE *file; const char *prefix; } mm_writer;

/* a number that reads back as the same float, in any locale */
static void mm__write_float(FILE *file, double value) {
  char text[32];
  snprintf(text, sizeof text, "%.9g", (double)(float)value);
  for (char *c = text; *c; c++)
    if (!strchr("+-0123456789einfa", *c)) *c = '.';
  fprintf(file, "%s%sf", text, strpbrk(text, ".e") ? "" : ".0");
}

static mm_status mm__write_array(mm_writer *w, const char *source, const char *name) {
  mm_store_array info;
  double *values = NULL;
  int64_t count = 1;
  mm_status status;
  MM_TRY(mm_store_info(w->x->store, source, &info));
  for (int i = 0; i < info.rank; i++) count *= info.shape[i];
  MM_TRY(mm_store_load(w->x->store, source, MM_DTYPE_F64, info.rank, info.shape, (void **)&values));
  fprintf(w->file, "static const float %s_%s[%lld] = {\n", w->prefix, name, (long long)count);
  for (int64_t i = 0; i < count; i++) {
    mm__write_float(w->file, values[i]);
    fprintf(w->file, i + 1 == count ? "};\n\n" : i % 8 == 7 ? ",\n" : ", ");
  }
  status = count > 0 ? MM_OK : mm__fail(w->x->ctx, MM_E_PARSE, "checkpoint: '%s' is empty", source);
  mm_store_free(w->x->store, values);
  return status;
}

/* "actor/0/first/weight" as l0_first_weight */
static void mm__layer_name(const char *tensor, char *name, size_t size) {
  const size_t used = (size_t)snprintf(name, size, "l%s", tensor + strlen("actor/"));
  for (size_t i = 0; i < used && i < size; i++)
    if (name[i] == '/') name[i] = '_';
}

static mm_status mm__write_arrays(mm_writer *w) {
  char source[96], name[64];
  MM_TRY(mm__write_array(w, "observations/mean", "mean"));
  MM_TRY(mm__write_array(w, "observations/scale", "scale"));
  MM_TRY(mm__write_array(w, "policy/log_std", "log_std"));
  for (int i = 0; i < w->x->agent.tensor_count; i++) {
    const mm_tensor *tensor = &w->x->agent.tensors[i];
    if (strncmp(tensor->name, "actor/", 6)) continue;
    snprintf(source, sizeof source, "policy/%s", tensor->name);
    mm__layer_name(tensor->name, name, sizeof name);
    MM_TRY(mm__write_array(w, source, name));
  }
  return MM_OK;
}

/* what all layers are made of, in double, so that the order in which another program adds does not show */
static const char *const mm__export_functions[] = {
  "/* out += in weight + bias */\n",
  "static void @_dense(const double *in, int inputs, const float *weight, const float *bias, int outputs, double *out) {\n",
  "  for (int j = 0; bias && j < outputs; j++) out[j] += (double)bias[j];\n",
  "  for (int i = 0; i < inputs; i++)\n",
  "    for (int j = 0; j < outputs; j++) out[j] += in[i] * (double)weight[i * outputs + j];\n",
  "}\n\n",
  "static double @_silu(double x) { return x / (1.0 + exp(-x)); }\n\n",
  "/* mean 0 and variance 1 over the layer, then gain and offset */\n",
  "static void @_norm(double *x, int width, double eps, const float *gain, const float *offset) {\n",
  "  double mean = 0.0, variance = 0.0, factor = 1.0;\n",
  "  for (int i = 0; i < width; i++) mean += x[i] / width;\n",
  "  for (int i = 0; i < width; i++) variance += (x[i] - mean) * (x[i] - mean) / width;\n",
  "  if (eps > 0.0) factor = 1.0 / sqrt(variance + eps);\n",
  "  else mean = 0.0;\n",
  "  for (int i = 0; i < width; i++) x[i] = (x[i] - mean) * factor * (double)gain[i] + (double)offset[i];\n",
  "}\n\n", NULL};

/* lines with the prefix in place of each @ */
static void mm__write_lines(mm_writer *w, const char *const *lines) {
  for (; *lines; lines++)
    for (const char *c = *lines; *c; c++) {
      if (*c == '@') fputs(w->prefix, w->file);
      else fputc(*c, w->file);
    }
}

static void mm__write_hidden(mm_writer *w, const mm_net_layer *layer, int i) {
  const char *p = w->prefix;
  fprintf(w->file, "  { /* hidden layer */\n    double z[%d] = {0};\n", layer->outputs);
  fprintf(w->file, "    %s_dense(x, %d, %s_l%d_weight, %s_l%d_bias, %d, z);\n", p, layer->inputs, p, i, p, i, layer->outputs);
  fprintf(w->file, "    %s_norm(z, %d, %.9g, %s_l%d_gain, %s_l%d_offset);\n", p, layer->outputs, w->x->agent.eps, p, i, p, i);
  fprintf(w->file, "    for (int j = 0; j < %d; j++) x[j] = %s_silu(z[j]);\n  }\n", layer->outputs, p);
}

static void mm__write_block(mm_writer *w, const mm_net_layer *layer, int i) {
  const char *p = w->prefix;
  const int inner = layer->first.outputs, outputs = layer->outputs;
  const double eps = w->x->agent.eps;
  fprintf(w->file, "  { /* two layers and a way around them */\n    double inner[%d];\n", inner);
  fprintf(w->file, "    double y[%d] = {0}, z[%d] = {0}, around[%d] = {0};\n", inner, outputs, outputs);
  fprintf(w->file, "    %s_dense(x, %d, %s_l%d_first_weight, %s_l%d_first_bias, %d, y);\n", p, layer->inputs, p, i, p, i, inner);
  fprintf(w->file, "    %s_norm(y, %d, %.9g, %s_l%d_first_gain, %s_l%d_first_offset);\n", p, inner, eps, p, i, p, i);
  fprintf(w->file, "    for (int j = 0; j < %d; j++) inner[j] = %s_silu(y[j]);\n", inner, p);
  fprintf(w->file, "    %s_dense(inner, %d, %s_l%d_second_weight, %s_l%d_second_bias, %d, z);\n", p, inner, p, i, p, i, outputs);
  fprintf(w->file, "    %s_norm(z, %d, %.9g, %s_l%d_second_gain, %s_l%d_second_offset);\n", p, outputs, eps, p, i, p, i);
  if (layer->path.inputs)
    fprintf(w->file, "    %s_dense(x, %d, %s_l%d_path_weight, %s_l%d_path_bias, %d, around);\n", p, layer->inputs, p, i, p, i, outputs);
  else fprintf(w->file, "    for (int j = 0; j < %d; j++) around[j] = x[j];\n", outputs);
  fprintf(w->file, "    for (int j = 0; j < %d; j++) x[j] = %s_silu(around[j] + z[j] * ", outputs, p);
  if (layer->share_at < 0) fprintf(w->file, "%.17g", w->x->agent.def.share);
  else fprintf(w->file, "(1.0 / (1.0 + exp(-(double)%s_l%d_share[0])))", p, i);
  fprintf(w->file, ");\n  }\n");
}

static void mm__write_mixture(mm_writer *w, const mm_net_layer *layer, int i) {
  const char *p = w->prefix;
  const int experts = layer->experts, width = layer->width, outputs = layer->outputs;
  fprintf(w->file, "  { /* mixture of experts */\n    double inside[%d];\n", experts * width);
  fprintf(w->file, "    double t[%d] = {0}, y[%d] = {0}, z[%d] = {0}, most, sum = 0.0;\n", experts, experts * width, outputs);
  fprintf(w->file, "    %s_dense(x, %d, %s_l%d_gate_weight, %s_l%d_gate_bias, %d, t);\n    most = t[0];\n", p, layer->inputs, p, i, p, i, experts);
  fprintf(w->file, "    for (int k = 0; k < %d; k++) most = t[k] > most ? t[k] : most;\n", experts);
  fprintf(w->file, "    for (int k = 0; k < %d; k++) sum += t[k] = exp((t[k] - most) / %.17g);\n", experts, w->x->agent.def.temperature);
  fprintf(w->file, "    %s_dense(x, %d, %s_l%d_inside_weight, %s_l%d_inside_bias, %d, y);\n", p, layer->inputs, p, i, p, i, experts * width);
  fprintf(w->file, "    for (int j = 0; j < %d; j++) inside[j] = t[j / %d] / sum * %s_silu(y[j]);\n", experts * width, width, p);
  fprintf(w->file, "    for (int k = 0; k < %d; k++)\n      for (int j = 0; j < %d; j++) z[j] += t[k] / sum * (double)%s_l%d_outside_bias[k * %d + j];\n",
          experts, outputs, p, i, outputs);
  fprintf(w->file, "    %s_dense(inside, %d, %s_l%d_outside_weight, 0, %d, z);\n", p, experts * width, p, i, outputs);
  fprintf(w->file, "    %s_norm(z, %d, %.9g, %s_l%d_gain, %s_l%d_offset);\n", p, outputs, w->x->agent.eps, p, i, p, i);
  fprintf(w->file, "    for (int j = 0; j < %d; j++) x[j] = %s_silu(z[j]);\n  }\n", outputs, p);
}

static void mm__write_act(mm_writer *w) {
  const mm_mlp *actor = &w->x->agent.actor;
  const char *p = w->prefix;
  int widest = w->x->agent.observations;
  for (int i = 0; i < actor->count; i++) widest = mm__most(widest, actor->layers[i].outputs);
  fprintf(w->file, "/* The mean action for one observation. The engine's policy draws action + exp(log_std) normal where it is stochastic. */\n");
  fprintf(w->file, "static inline void %s_act(const float *observation, float *action) {\n  double x[%d], out[%d] = {0};\n", p, widest,
          w->x->agent.actions);
  fprintf(w->file, "  for (int i = 0; i < %d; i++) x[i] = ((double)observation[i] - (double)%s_mean[i]) * (double)%s_scale[i];\n", w->x->agent.observations, p, p);
  for (int i = 0; i < actor->count; i++) {
    const mm_net_layer *layer = &actor->layers[i];
    if (layer->kind == MM_LAYER_BLOCK) mm__write_block(w, layer, i);
    else if (layer->kind == MM_LAYER_MIXTURE) mm__write_mixture(w, layer, i);
    else mm__write_hidden(w, layer, i);
  }
  fprintf(w->file, "  %s_dense(x, %d, %s_l%d_weight, %s_l%d_bias, %d, out);\n", p, actor->output.inputs, p, actor->count, p, actor->count,
          w->x->agent.actions);
  fprintf(w->file, "  for (int i = 0; i < %d; i++) action[i] = (float)out[i];\n}\n\n", w->x->agent.actions);
}

/* names in an array of text, in quotes */
static mm_status mm__write_names(mm_writer *w, const char *source, const char *name) {
  char **texts = NULL;
  int64_t count = 0;
  if (mm_store_has(w->x->store, source) != 1) return MM_OK;
  MM_TRY(mm_store_load_texts(w->x->store, source, &count, &texts));
  fprintf(w->file, "static const char *const %s_%s[%lld] = {\n", w->prefix, name, (long long)(count > 0 ? count : 1));
  for (int64_t i = 0; i < count; i++) {
    fputs("  \"", w->file);
    for (const char *c = texts[i]; *c; c++) {
      if (*c == '"' || *c == '\\') fputc('\\', w->file);
      fputc((unsigned char)*c < 32 ? '?' : *c, w->file);
    }
    fputs(i + 1 < count ? "\",\n" : "\"", w->file);
  }
  fputs(count > 0 ? "};\n\n" : "  \"\"};\n\n", w->file);
  mm_store_free(w->x->store, texts);
  return MM_OK;
}

/* where in an observation what is found, as a comment */
static mm_status mm__write_blocks(mm_writer *w) {
  char **names = NULL;
  int32_t *places = NULL;
  int64_t count = 0, shape[2] = {-1, 3};
  mm_status status;
  if (mm_store_has(w->x->store, "observations/block_names") != 1) return MM_OK;
  MM_TRY(mm_store_load_texts(w->x->store, "observations/block_names", &count, &names));
  status = mm_store_load(w->x->store, "observations/block_places", MM_DTYPE_I32, 2, shape, (void **)&places);
  fprintf(w->file, "/* An observation: the first number, how many, from one to the next:\n");
  for (int64_t i = 0; i < count && i < shape[0] && status == MM_OK; i++)
    fprintf(w->file, "   %6d %6d %3d  %s\n", (int)places[3 * i], (int)places[3 * i + 1], (int)places[3 * i + 2], names[i]);
  fprintf(w->file, "*/\n");
  mm_store_free(w->x->store, names);
  mm_store_free(w->x->store, places);
  return status;
}

static mm_status mm__write_policy(mm_writer *w) {
  char upper[64];
  const char *p = w->prefix;
  snprintf(upper, sizeof upper, "%s", p);
  for (char *c = upper; *c; c++)
    if (*c >= 'a' && *c <= 'z') *c = (char)(*c - 'a' + 'A');
  fprintf(w->file, "/* A policy that musclemimic %s trained, as C99 that needs nothing but the mathematics library:\n\n", MM_VERSION);
  fprintf(w->file, "     #include \"%s.h\"\n     float action[%s_ACTIONS];\n     %s_act(observation, action);\n\n", p, upper, p);
  fprintf(w->file, "   The observation is what the engine's environment gives, not normalised. An action is a control: a muscle takes\n");
  fprintf(w->file, "   excitations from 0 to 1, and what lies beyond is clipped. */\n");
  fprintf(w->file, "#ifndef %s_H\n#define %s_H\n\n#include <math.h>\n\n", upper, upper);
  fprintf(w->file, "#define %s_OBSERVATIONS %d\n#define %s_ACTIONS %d\n\n", upper, w->x->agent.observations, upper, w->x->agent.actions);
  MM_TRY(mm__write_blocks(w));
  MM_TRY(mm__write_names(w, "actions/names", "action_names"));
  MM_TRY(mm__write_arrays(w));
  mm__write_lines(w, mm__export_functions);
  mm__write_act(w);
  fprintf(w->file, "#endif\n");
  return MM_OK;
}

/* a name in C of at most 31 characters from that of the file */
static void mm__prefix_of(const char *path, char *prefix, size_t size) {
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  const size_t length = strcspn(name, ".");
  snprintf(prefix, size, "%s%.*s", name[0] >= '0' && name[0] <= '9' ? "p" : "", (int)(length < 30 ? length : 30), name);
  for (char *c = prefix; *c; c++)
    if (!(*c == '_' || (*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z'))) *c = '_';
  if (!prefix[0]) snprintf(prefix, size, "policy");
}

mm_status mm_checkpoint_export_c(mm_context *ctx, const char *path, const char *c_path) {
  char prefix[32], *part = NULL;
  int lock = -1;
  mm_exported x;
  mm_writer w;
  mm_status status;
  MM_TRY(mm__exported_open(ctx, path, &x));
  mm__prefix_of(c_path, prefix, sizeof prefix);
  w.x = &x;
  w.prefix = prefix;
  status = mm__part_begin(ctx, c_path, &part, &lock);
  w.file = status == MM_OK ? fopen(part, "w") : NULL;
  if (status == MM_OK && !w.file) status = mm__fail(ctx, MM_E_FILE, "%s: %s", part, strerror(errno));
  if (status == MM_OK) {
    int broken;
    status = mm__write_policy(&w);
    broken = ferror(w.file);
    if ((fclose(w.file) || broken) && status == MM_OK) status = mm__fail(ctx, MM_E_FILE, "%s: cannot be written: %s", c_path, strerror(errno));
  }
  if (status == MM_OK) status = mm__part_commit(ctx, c_path, &part, &lock);
  else mm__part_discard(ctx, &part, &lock);
  mm__exported_close(&x);
  return status;
}

/* >>export-npz: the same arrays for NumPy */

static mm_status mm__npz_array(mm_exported *x, mm_npz_writer *npz, const char *source, const char *name) {
  mm_store_array info;
  void *values = NULL;
  mm_status status;
  MM_TRY(mm_store_info(x->store, source, &info));
  MM_TRY(mm_store_load(x->store, source, info.type, info.rank, info.shape, &values));
  status = mm_npz_add(npz, name, info.type, info.rank, info.shape, values);
  mm_store_free(x->store, values);
  return status;
}

static mm_status mm__npz_number(mm_npz_writer *npz, const char *name, double value) {
  return mm_npz_add(npz, name, MM_DTYPE_F64, 0, NULL, &value);
}

static mm_status mm__export_texts(mm_exported *x, mm_npz_writer *npz, const char *source, const char *name) {
  char **texts = NULL;
  int64_t count = 0;
  mm_status status;
  if (mm_store_has(x->store, source) != 1) return MM_OK;
  MM_TRY(mm_store_load_texts(x->store, source, &count, &texts));
  status = mm_npz_add(npz, name, MM_DTYPE_TEXT, 1, &count, texts);
  mm_store_free(x->store, texts);
  return status;
}

/* the kinds of the layers of a network, without the output layer */
static mm_status mm__npz_kinds(mm_npz_writer *npz, const char *name, const mm_mlp *mlp) {
  static const char *const kinds[] = {"hidden", "block", "mixture"};
  const char *list[MM_LAYERS_MAX];
  int64_t count = mlp->count;
  for (int i = 0; i < mlp->count; i++) list[i] = kinds[mlp->layers[i].kind];
  return mm_npz_add(npz, name, MM_DTYPE_TEXT, 1, &count, list);
}

static mm_status mm__npz_write(mm_exported *x, mm_npz_writer *npz) {
  const mm_agent *agent = &x->agent;
  char source[96];
  for (int i = 0; i < agent->tensor_count; i++) {
    snprintf(source, sizeof source, "policy/%s", agent->tensors[i].name);
    MM_TRY(mm__npz_array(x, npz, source, agent->tensors[i].name));
  }
  MM_TRY(mm__npz_array(x, npz, "observations/mean", "observations/mean"));
  MM_TRY(mm__npz_array(x, npz, "observations/variance", "observations/variance"));
  MM_TRY(mm__npz_kinds(npz, "actor/layers", &agent->actor));
  MM_TRY(mm__npz_kinds(npz, "critic/layers", &agent->critic));
  MM_TRY(mm__npz_number(npz, "layernorm_eps", agent->eps));
  MM_TRY(mm__npz_number(npz, "experts", agent->def.experts));
  MM_TRY(mm__npz_number(npz, "temperature", agent->def.temperature));
  if (agent->def.share_is_fixed) MM_TRY(mm__npz_number(npz, "share", agent->def.share));
  MM_TRY(mm__export_texts(x, npz, "observations/block_names", "observations/block_names"));
  if (mm_store_has(x->store, "observations/block_places") == 1)
    MM_TRY(mm__npz_array(x, npz, "observations/block_places", "observations/block_places"));
  return mm__export_texts(x, npz, "actions/names", "actions/names");
}

mm_status mm_checkpoint_export_npz(mm_context *ctx, const char *path, const char *npz_path) {
  mm_npz_writer *npz = NULL;
  mm_exported x;
  mm_status status;
  MM_TRY(mm__exported_open(ctx, path, &x));
  status = mm_npz_create(ctx, npz_path, &npz);
  if (status == MM_OK) status = mm__npz_write(&x, npz);
  if (status == MM_OK) status = mm_npz_commit(npz);
  mm_npz_end(npz);
  mm__exported_close(&x);
  return status;
}
