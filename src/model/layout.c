/* >>layout: where the model's tables and a tile's data lie, for every backend */

/* Which fields exist in a simulation, and where. Kept: [tile][kept_size], scratch: [group][work_size], in values of a tile. */
MM_PRIVATE void mm__layout_make(const mm_model *model, const unsigned char *wanted, mm_layout *layout) {
  int kept = 0, work = 0;
#define MM_LAYOUT_STATE MM_PLACE_KEPT
#define MM_LAYOUT_INPUT MM_PLACE_KEPT
#define MM_LAYOUT_WORK (keep ? MM_PLACE_KEPT : MM_PLACE_WORK)
#define MM_LAYOUT_LAZY (keep ? MM_PLACE_KEPT : MM_PLACE_NONE)
#define MM_LAYOUT_EXTRA MM_LAYOUT_LAZY
#define MM_LAYOUT_FIELD(kind, upper, name, rows, columns, unit, meaning)      \
  {                                                                           \
    const int keep = wanted[MM_##upper];                                      \
    int *end;                                                                 \
    layout->name.place = MM_LAYOUT_##kind;                                    \
    layout->name.size = mm_field_size(model, MM_##upper);                     \
    end = layout->name.place == MM_PLACE_KEPT ? &kept : &work;                \
    layout->name.offset = *end;                                               \
    if (layout->name.place != MM_PLACE_NONE) *end += layout->name.size;       \
    (void)keep;                                                               \
  }
  MM_DATA_FIELDS(MM_LAYOUT_FIELD)
#undef MM_LAYOUT_FIELD
#undef MM_LAYOUT_STATE
#undef MM_LAYOUT_INPUT
#undef MM_LAYOUT_WORK
#undef MM_LAYOUT_LAZY
#undef MM_LAYOUT_EXTRA
  layout->kept_size = kept;
  layout->work_size = work;
}

MM_PRIVATE mm_field_place mm__layout_place(const mm_layout *layout, mm_field field) {
  static const mm_field_place none = {MM_PLACE_NONE, 0, 0};
#define MM_LAYOUT_PLACE(kind, upper, name, rows, columns, unit, meaning) \
  if (field == MM_##upper) return layout->name;
  MM_DATA_FIELDS(MM_LAYOUT_PLACE)
#undef MM_LAYOUT_PLACE
  return none;
}

static void mm__pack_ints(mm_pack *pack, const int *values, size_t count) {
  if (pack->ints) memcpy(pack->ints + pack->int_count, values, count * sizeof *values);
  pack->int_count += count;
}

static void mm__pack_reals(mm_pack *pack, mm_precision precision, const double *values, size_t count) {
  if (pack->reals && precision == MM_PRECISION_F64)
    memcpy((double *)pack->reals + pack->real_count, values, count * sizeof *values);
  else if (pack->reals)
    for (size_t i = 0; i < count; i++) ((float *)pack->reals)[pack->real_count + i] = (float)values[i];
  pack->real_count += count;
}

/* one pass counts, or copies if the arrays are there; the order is that of mm__pack_prelude and mm_tables_bind */
static void mm__pack_walk(const mm_model *model, mm_precision precision, mm_pack *pack) {
  MM_SIZES_AS_LOCALS
  pack->int_count = pack->real_count = 0;
#define MM_WALK_int(name, count)
#define MM_WALK_real(name, count) mm__pack_reals(pack, precision, model->opt.name, count);
#define MM_WALK_OPTION(type, name, count, unit, meaning) MM_WALK_##type(name, count)
  MM_MODEL_OPTIONS(MM_WALK_OPTION)
#undef MM_WALK_OPTION
#undef MM_WALK_int
#undef MM_WALK_real
#define MM_WALK_int(name, count) mm__pack_ints(pack, model->name, count);
#define MM_WALK_real(name, count) mm__pack_reals(pack, precision, model->name, count);
#define MM_WALK_DEV(type, name, count) MM_WALK_##type(name, count)
#define MM_WALK_HOST(type, name, count)
#define MM_WALK(kind, type, name, rows, columns, unit, meaning) \
  MM_WALK_##kind(type, name, (size_t)model->rows * (size_t)(columns))
  MM_ALL_MODEL_FIELDS(MM_WALK)
#undef MM_WALK
#undef MM_WALK_DEV
#undef MM_WALK_HOST
#undef MM_WALK_int
#undef MM_WALK_real
}

MM_PRIVATE void mm__pack_free(mm_context *ctx, mm_pack *pack) {
  mm__free(ctx, pack->ints);
  mm__free(ctx, pack->reals);
  memset(pack, 0, sizeof *pack);
}

MM_PRIVATE mm_status mm__pack_make(mm_context *ctx, const mm_model *model, mm_precision precision, mm_pack *pack) {
  memset(pack, 0, sizeof *pack);
  mm__pack_walk(model, precision, pack);
  pack->ints = MM_NEW(ctx, int, pack->int_count);
  pack->reals = mm__alloc(ctx, pack->real_count, precision == MM_PRECISION_F64 ? sizeof(double) : sizeof(float));
  if (!pack->ints || !pack->reals) {
    mm__pack_free(ctx, pack);
    return MM_E_MEMORY;
  }
  mm__pack_walk(model, precision, pack);
  return MM_OK;
}

/* a text that grows; len is what would have been written, so that the first pass measures */
typedef struct mm_text { char *bytes; size_t size, length; } mm_text;

static void mm__text_add(mm_text *text, const char *format, ...) MM_PRINTF(2, 3);
static void mm__text_add(mm_text *text, const char *format, ...) {
  va_list args;
  size_t room = text->bytes && text->length < text->size ? text->size - text->length : 0;
  int written;
  va_start(args, format);
  written = vsnprintf(room ? text->bytes + text->length : NULL, room, format, args);
  va_end(args);
  if (written > 0) text->length += (size_t)written;
}

/* definitions that make the kernel text that of one model: sizes, options, places of tables and data */
static void mm__prelude_write(const mm_model *model, const mm_layout *layout, mm_text *text) {
  size_t ints = 0, reals = 0;
  MM_SIZES_AS_LOCALS
#define MM_PRELUDE_SIZE(name, meaning) mm__text_add(text, "#define MM_N_%s %d\n", #name, model->name);
  MM_ALL_MODEL_SIZES(MM_PRELUDE_SIZE)
#undef MM_PRELUDE_SIZE
#define MM_PRELUDE_int(name, count) mm__text_add(text, "#define MM_N_opt_%s %d\n", #name, model->opt.name[0]);
#define MM_PRELUDE_real(name, count)                                              \
  mm__text_add(text, "#define MM_M_opt_%s (e.mr + %lu)\n", #name, (unsigned long)reals); \
  reals += count;
#define MM_PRELUDE_OPTION(type, name, count, unit, meaning) MM_PRELUDE_##type(name, count)
  MM_MODEL_OPTIONS(MM_PRELUDE_OPTION)
#undef MM_PRELUDE_OPTION
#undef MM_PRELUDE_int
#undef MM_PRELUDE_real
#define MM_PRELUDE_int(name, count)                                              \
  mm__text_add(text, "#define MM_M_%s (e.mi + %lu)\n", #name, (unsigned long)ints); \
  ints += count;
#define MM_PRELUDE_real(name, count)                                              \
  mm__text_add(text, "#define MM_M_%s (e.mr + %lu)\n", #name, (unsigned long)reals); \
  reals += count;
#define MM_PRELUDE_DEV(type, name, count) MM_PRELUDE_##type(name, count)
#define MM_PRELUDE_HOST(type, name, count)
#define MM_PRELUDE(kind, type, name, rows, columns, unit, meaning) \
  MM_PRELUDE_##kind(type, name, (size_t)model->rows * (size_t)(columns))
  MM_ALL_MODEL_FIELDS(MM_PRELUDE)
#undef MM_PRELUDE
#undef MM_PRELUDE_DEV
#undef MM_PRELUDE_HOST
#undef MM_PRELUDE_int
#undef MM_PRELUDE_real
#define MM_PRELUDE_DATA(kind, upper, name, rows, columns, unit, meaning)                                        \
  mm__text_add(text, "#define MM_D_%s (e.%s + %d)\n#define MM_HAS_%s %d\n", #name,                              \
               layout->name.place == MM_PLACE_KEPT ? "kept" : "work", layout->name.offset, #name,               \
               layout->name.place != MM_PLACE_NONE);
  MM_DATA_FIELDS(MM_PRELUDE_DATA)
#undef MM_PRELUDE_DATA
  mm__text_add(text, "#define MM_KEPT_SIZE %d\n#define MM_WORK_SIZE %d\n", layout->kept_size, layout->work_size);
}

/* what makes the kernel text that of one device: precision, width of a tile, work-items of a group */
MM_PRIVATE mm_status mm__prelude_make(const mm_device *device, const mm_model *model, const mm_layout *layout, char **prelude) {
  mm_text text = {NULL, 0, 0};
  for (int pass = 0; pass < 2; pass++) {
    if (pass) {
      text.size = text.length + 1;
      text.bytes = MM_NEW(device->ctx, char, text.size);
      if (!text.bytes) return MM_E_MEMORY;
      text.length = 0;
    }
    mm__text_add(&text, "#define MM_OPENCL 1\n#define MM_DOUBLE %d\n#define MM_W %d\n#define MM_LANES %d\n",
                 device->precision == MM_PRECISION_F64, device->width, device->lanes);
    if (model) mm__prelude_write(model, layout, &text);
  }
  *prelude = text.bytes;
  return MM_OK;
}
