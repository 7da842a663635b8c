/* >>mjcf-read: the attributes of one element, by the tables of mjcf-schema, and lists of elements */

MM_PRIVATE mm_status mm__list_add(mm_arena *arena, mm_list *list, void *item) {
  if (list->count == list->room) {
    int room = list->room ? 2 * list->room : 8;
    void **grown = MM_ARENA_NEW(arena, void *, room);
    if (!grown) return MM_E_MEMORY;
    if (list->count) memcpy(grown, list->item, (size_t)list->count * sizeof *grown);
    list->item = grown;
    list->room = room;
  }
  list->item[list->count++] = item;
  return MM_OK;
}

MM_PRIVATE mm_status mm__element_fail(mm_context *ctx, mm_status status, const mm_element *e,
                                      const char *format, ...) {
  char message[600];
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  return mm__fail(ctx, status, "%s:%d: <%s%s%.100s>: %s", e->file, e->line, e->tag,
                  e->name && *e->name ? " " : "", e->name ? e->name : "", message);
}

/* ---- values ---- */

static const char *mm__skip_space(const char *text) { return text + strspn(text, " \t\r\n"); }

/* the next number of a list; *text moves behind it. It must be finite and end at a space. */
static mm_status mm__next_real(mm_context *ctx, const mm_xml *x, const char *name, const char **text,
                               double *value) {
  const char *start = *text, *end = mm__parse_real(start, value);
  if (!end || (*end && !strchr(" \t\r\n", *end))) {
    size_t length = strcspn(start, " \t\r\n");
    return mm__xml_fail(ctx, MM_E_PARSE, x, "%s: \"%.*s\" is not a number", name,
                        (int)(length < 60 ? length : 60), start);
  }
  if (!isfinite(*value))
    return mm__xml_fail(ctx, MM_E_PARSE, x, "%s: \"%.*s\" is not finite", name, (int)(end - start), start);
  *text = mm__skip_space(end);
  return MM_OK;
}

/* lo to hi numbers, where one count is expected or another */
static mm_status mm__read_numbers(mm_context *ctx, const mm_xml *x, const mm_attr *attr, const char *text,
                                  double *value, int *count) {
  int n = 0;
  double number;
  text = mm__skip_space(text);
  while (*text) {
    MM_TRY(mm__next_real(ctx, x, attr->name, &text, &number));
    if (n < attr->hi) value[n] = number;
    n++;
  }
  *count = n;
  if (n >= attr->lo && n <= attr->hi) return MM_OK;
  if (attr->lo == attr->hi)
    return mm__xml_fail(ctx, MM_E_PARSE, x, "%s: needs %d number%s, not %d", attr->name, attr->lo,
                        attr->lo == 1 ? "" : "s", n);
  return mm__xml_fail(ctx, MM_E_PARSE, x, "%s: needs %d to %d numbers, not %d", attr->name, attr->lo,
                      attr->hi, n);
}

static mm_status mm__read_reals(mm_arena *arena, const mm_xml *x, const mm_attr *attr, const char *text,
                                mm_reals *list) {
  int room = (int)strlen(text) / 2 + 1;
  double *value = MM_ARENA_NEW(arena, double, room);
  int n = 0;
  if (!value) return MM_E_MEMORY;
  text = mm__skip_space(text);
  while (*text) MM_TRY(mm__next_real(arena->ctx, x, attr->name, &text, &value[n++]));
  list->value = value;
  list->count = n;
  return MM_OK;
}

static mm_status mm__read_ints(mm_context *ctx, const mm_xml *x, const mm_attr *attr, const char *text,
                               int *out) {
  double value[4];
  int count;
  MM_TRY(mm__read_numbers(ctx, x, attr, text, value, &count));
  for (int i = 0; i < count; i++) {
    if (value[i] != floor(value[i]) || fabs(value[i]) > 2147483647.0)
      return mm__xml_fail(ctx, MM_E_PARSE, x, "%s: \"%.60s\" is not a whole number that fits 32 bits",
                          attr->name, text);
    if (out) out[i] = (int)value[i];
  }
  return MM_OK;
}

static mm_status mm__read_word(mm_context *ctx, const mm_xml *x, const char *name, const char *text,
                               const mm_word *words, int *out) {
  char known[200] = "";
  for (const mm_word *w = words; w->text; w++) {
    size_t used = strlen(known);
    if (!strcmp(w->text, text)) {
      if (w->value == MM_WORD_REFUSED)
        return mm__xml_fail(ctx, MM_E_UNSUPPORTED, x, "%s: \"%s\" is not supported", name, text);
      if (out) *out = w->value;
      return MM_OK;
    }
    if (w->value != MM_WORD_REFUSED)
      snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "", w->text);
  }
  return mm__xml_fail(ctx, MM_E_PARSE, x, "%s: \"%.60s\" is none of: %s", name, text, known);
}

/* numbers that are only accepted when they switch a feature off */
static mm_status mm__read_zero(mm_context *ctx, const mm_xml *x, const mm_attr *attr, const char *text,
                               double *first) {
  double value[8];
  int count;
  MM_TRY(mm__read_numbers(ctx, x, attr, text, value, &count));
  for (int i = first ? 1 : 0; i < count; i++)
    if (value[i] != 0)
      return mm__xml_fail(ctx, MM_E_UNSUPPORTED, x,
                          first ? "%s: only the first coefficient is supported, the others must be 0"
                                : "%s: is not supported, it must be 0",
                          attr->name);
  if (first) *first = value[0];
  return MM_OK;
}

static const mm_word mm__words_bool[] = {{"false", 0}, {"true", 1}, {NULL, 0}};

/* reads one value and stores it at its place in the object */
static mm_status mm__read_value(mm_arena *arena, const mm_xml *x, const mm_attr *attr, const char *text,
                                void *object) {
  mm_context *ctx = arena->ctx;
  void *place = object && attr->offset >= 0 ? (void *)((char *)object + attr->offset) : NULL;
  double spare[16];
  mm_reals spare_list;
  int count;
  switch (attr->kind) {
    case MM_A_REAL: return mm__read_numbers(ctx, x, attr, text, place ? (double *)place : spare, &count);
    case MM_A_INT: return mm__read_ints(ctx, x, attr, text, (int *)place);
    case MM_A_BOOL: return mm__read_word(ctx, x, attr->name, text, mm__words_bool, (int *)place);
    case MM_A_WORD: return mm__read_word(ctx, x, attr->name, text, attr->words, (int *)place);
    case MM_A_TEXT:
      if (place) *(const char **)place = text;
      return MM_OK;
    case MM_A_REALS: return mm__read_reals(arena, x, attr, text, place ? (mm_reals *)place : &spare_list);
    case MM_A_POLY: return mm__read_zero(ctx, x, attr, text, (double *)place);
    case MM_A_ZERO: return mm__read_zero(ctx, x, attr, text, NULL);
    case MM_A_CLASS: return MM_OK;
    case MM_A_REFUSED: break;
  }
  return mm__xml_fail(ctx, MM_E_UNSUPPORTED, x, "%s: is not supported", attr->name);
}

static const mm_attr *mm__find_attr(const mm_attr *table, int count, unsigned tag, int in_default,
                                    const char *name) {
  for (int i = 0; i < count; i++)
    if (!strcmp(table[i].name, name) && (!table[i].tags || (table[i].tags & tag)) &&
        !(in_default && (table[i].flags & MM_AF_NODEFAULT)))
      return &table[i];
  return NULL;
}

/* every attribute of x into the object; in_default: x stands in a default class */
static mm_status mm__read_attrs(mm_arena *arena, const mm_xml *x, const mm_attr *table, int count,
                                unsigned tag, int in_default, void *object) {
  for (const mm_xml_attr *a = x->attrs; a; a = a->next) {
    const mm_attr *attr = mm__find_attr(table, count, tag, in_default, a->name);
    if (!attr)
      return mm__xml_fail(arena->ctx, MM_E_PARSE, x,
                          in_default ? "%s: unknown attribute, or one that a default cannot have"
                                     : "%s: unknown attribute",
                          a->name);
    MM_TRY(mm__read_value(arena, x, attr, a->value, object));
  }
  for (int i = 0; i < count && !in_default; i++)
    if ((table[i].flags & MM_AF_REQUIRED) && (!table[i].tags || (table[i].tags & tag)) &&
        !mm__xml_attr(x, table[i].name))
      return mm__xml_fail(arena->ctx, MM_E_PARSE, x, "%s: is required", table[i].name);
  return MM_OK;
}
#define MM_READ(spec, x, table, tag, in_default, object) \
  mm__read_attrs(&(spec)->arena, x, table, MM_COUNT(table), tag, in_default, object)

/* At most one form of orientation may be given. As in MuJoCo, a form other than quat that a default gave stays in
   force when an element gives a quat. */
static mm_status mm__read_orient(mm_context *ctx, const mm_xml *x, mm_orient *orient) {
  static const char *const forms[] = {"quat", "axisangle", "xyaxes", "zaxis", "euler"};
  const double *q = orient->quat;
  int given = -1;
  for (int i = 0; i < MM_COUNT(forms); i++) {
    if (!mm__xml_attr(x, forms[i])) continue;
    if (given >= 0)
      return mm__xml_fail(ctx, MM_E_PARSE, x, "%s: %s is given too, only one orientation can be", forms[i],
                          forms[given]);
    given = i;
  }
  if (given > 0) orient->form = given;
  if (given == 0 && q[0] == 0 && q[1] == 0 && q[2] == 0 && q[3] == 0)
    return mm__xml_fail(ctx, MM_E_PARSE, x, "quat: must not be zero");
  return MM_OK;
}

/* an element that this place does not have: known to MJCF and not supported, or unknown */
static mm_status mm__unknown_element(mm_context *ctx, const mm_xml *x, const char *parent) {
  for (int i = 0; i < MM_COUNT(mm__refused); i++)
    if (!strcmp(mm__refused[i].tag, x->tag) && !strcmp(mm__refused[i].parent, parent))
      return mm__xml_fail(ctx, MM_E_UNSUPPORTED, x, "is not supported");
  return mm__xml_fail(ctx, MM_E_PARSE, x, "unknown element of <%s>", x->parent ? x->parent->tag : parent);
}

static mm_status mm__no_children(mm_context *ctx, const mm_xml *x) {
  return x->first ? mm__unknown_element(ctx, x->first, x->tag) : MM_OK;
}
