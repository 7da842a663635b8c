/* >>model-xml: MJCF text to a tree of elements that know their file and line; included files take the place of <include> */

typedef struct mm_xml_reader {
  mm_context *ctx;
  mm_arena *arena;
  const char *root_dir; /* of the main file: includes are looked for here first */
  const mm_xml_file *files[MM_XML_FILES];
  int file_count, element_count;
  size_t bytes; /* of all files so far */
  /* of the file being parsed */
  XML_Parser parser;
  const mm_xml_file *file;
  mm_xml *root, *open;
  int depth, base_depth;
  mm_status status;
} mm_xml_reader;

static mm_status mm__xml_fail(mm_context *ctx, mm_status status, const mm_xml *x, const char *format, ...)
    MM_PRINTF(4, 5);
static mm_status mm__xml_fail(mm_context *ctx, mm_status status, const mm_xml *x, const char *format, ...) {
  char message[600];
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  return mm__fail(ctx, status, "%s:%d: <%s>: %s", x->file->path, x->line, x->tag, message);
}

static const char *mm__xml_attr(const mm_xml *x, const char *name) {
  for (const mm_xml_attr *a = x->attrs; a; a = a->next)
    if (!strcmp(a->name, name)) return a->value;
  return NULL;
}

/* ---- paths ---- */

static int mm__path_is_absolute(const char *path) {
  return path[0] == '/' || path[0] == '\\' || strstr(path, ":/") != NULL || strstr(path, ":\\") != NULL;
}

/* directory part with its slash, "" if there is none */
static const char *mm__path_dir(mm_arena *arena, const char *path) {
  size_t length = 0;
  char *dir;
  for (size_t i = 0; path[i]; i++)
    if (path[i] == '/' || path[i] == '\\') length = i + 1;
  dir = MM_ARENA_NEW(arena, char, length + 1);
  if (dir) memcpy(dir, path, length);
  return dir;
}

/* takes out "." and "x/..", so that one file has one name; works in place */
static void mm__path_reduce(char *path) {
  size_t starts[MM_PATH_MAX / 2], count = 0, out = path[0] == '/' ? 1 : 0;
  const char *p = path + out;
  for (;;) {
    size_t length = strcspn(p, "/\\");
    int last = !p[length];
    int up = length == 2 && p[0] == '.' && p[1] == '.';
    if (up && count && strncmp(path + starts[count - 1], "../", 3)) {
      out = starts[--count];
    } else if (!(length == 1 && p[0] == '.') && (length || last)) {
      if (count < MM_PATH_MAX / 2) starts[count++] = out;
      memmove(path + out, p, length);
      out += length;
      if (!last) path[out++] = '/';
    }
    if (last) break;
    p += length + 1;
  }
  path[out] = 0;
}

/* dir/name, or name alone if it is absolute; NULL: error set */
static char *mm__path_join(mm_arena *arena, const char *dir, const char *name) {
  size_t a = mm__path_is_absolute(name) ? 0 : strlen(dir), b = strlen(name);
  int slash = a && dir[a - 1] != '/' && dir[a - 1] != '\\';
  char *path;
  if (a + b + 2 > MM_PATH_MAX) {
    mm__fail(arena->ctx, MM_E_FILE, "%.80s...: the path is longer than %d characters", name, MM_PATH_MAX);
    return NULL;
  }
  path = MM_ARENA_NEW(arena, char, a + b + 2);
  if (!path) return NULL;
  memcpy(path, dir, a);
  if (slash) path[a] = '/';
  memcpy(path + a + slash, name, b);
  mm__path_reduce(path);
  return path;
}

static int mm__path_exists(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file) fclose(file);
  return file != NULL;
}

/* ---- one file ---- */

static void mm__xml_stop(mm_xml_reader *r, mm_status status) {
  r->status = status;
  XML_StopParser(r->parser, XML_FALSE);
}

static int mm__xml_line(const mm_xml_reader *r) { return (int)XML_GetCurrentLineNumber(r->parser); }

static mm_xml *mm__xml_new(mm_xml_reader *r, const char *tag, const char *const *attrs) {
  mm_xml *x = MM_ARENA_NEW(r->arena, mm_xml, 1);
  mm_xml_attr **tail;
  if (!x) return NULL;
  x->tag = mm__arena_strdup(r->arena, tag);
  x->file = r->file;
  x->line = mm__xml_line(r);
  tail = &x->attrs;
  for (int i = 0; attrs[i]; i += 2) {
    mm_xml_attr *a = MM_ARENA_NEW(r->arena, mm_xml_attr, 1);
    if (!a) return NULL;
    a->name = mm__arena_strdup(r->arena, attrs[i]);
    a->value = mm__arena_strdup(r->arena, attrs[i + 1]);
    if (!a->name || !a->value) return NULL;
    *tail = a;
    tail = &a->next;
  }
  return x->tag ? x : NULL;
}

static void XMLCALL mm__xml_on_start(void *user, const XML_Char *tag, const XML_Char **attrs) {
  mm_xml_reader *r = (mm_xml_reader *)user;
  mm_xml *x;
  if (r->status != MM_OK) return;
  if (++r->depth + r->base_depth > MM_XML_DEPTH) {
    mm__xml_stop(r, mm__fail(r->ctx, MM_E_PARSE, "%s:%d: <%s>: elements are nested deeper than %d",
                             r->file->path, mm__xml_line(r), tag, MM_XML_DEPTH));
    return;
  }
  if (++r->element_count > MM_XML_ELEMENTS) {
    mm__xml_stop(r, mm__fail(r->ctx, MM_E_PARSE, "%s:%d: <%s>: more than %d elements", r->file->path,
                             mm__xml_line(r), tag, MM_XML_ELEMENTS));
    return;
  }
  x = mm__xml_new(r, tag, attrs);
  if (!x) {
    mm__xml_stop(r, MM_E_MEMORY);
    return;
  }
  x->parent = r->open;
  if (!r->open) {
    r->root = x;
  } else {
    if (r->open->last)
      r->open->last->next = x;
    else
      r->open->first = x;
    r->open->last = x;
  }
  r->open = x;
}

static void XMLCALL mm__xml_on_end(void *user, const XML_Char *tag) {
  mm_xml_reader *r = (mm_xml_reader *)user;
  (void)tag;
  if (r->status != MM_OK) return;
  r->depth--;
  r->open = r->open->parent;
}

/* MJCF has no text between its tags: what stands there is most often the rest of a broken comment */
static void XMLCALL mm__xml_on_text(void *user, const XML_Char *text, int length) {
  mm_xml_reader *r = (mm_xml_reader *)user;
  for (int i = 0; i < length; i++) {
    if (strchr(" \t\r\n", text[i])) continue;
    mm__log(r->ctx, MM_LOG_WARNING, "%s:%d: text between elements is ignored: \"%.*s\"", r->file->path,
            mm__xml_line(r), length - i > 40 ? 40 : length - i, text + i);
    return;
  }
}

static void XMLCALL mm__xml_on_doctype(void *user, const XML_Char *name, const XML_Char *sysid,
                                       const XML_Char *pubid, int subset) {
  mm_xml_reader *r = (mm_xml_reader *)user;
  (void)name, (void)sysid, (void)pubid, (void)subset;
  if (r->status != MM_OK) return;
  mm__xml_stop(r, mm__fail(r->ctx, MM_E_PARSE, "%s:%d: <!DOCTYPE> is refused: remove it", r->file->path,
                           mm__xml_line(r)));
}

/* Comments become spaces. XML forbids "--" in them, but MuJoCo reads such files and people write them. */
static void mm__xml_blank_comments(char *text) {
  for (char *at = strstr(text, "<!--"); at; at = strstr(at, "<!--")) {
    const char *end = strstr(at + 4, "-->");
    if (!end) return;
    for (; at < end + 3; at++)
      if (*at != '\n') *at = ' ';
  }
}

/* the tree of one file, with its <include> elements still in it */
static mm_status mm__xml_parse(mm_xml_reader *r, const mm_xml_file *file, int base_depth, mm_xml **root) {
  char *bytes;
  size_t size;
  MM_TRY(mm__file_read(r->ctx, file->path, MM_XML_BYTES - r->bytes, &bytes, &size));
  r->bytes += size;
  mm__xml_blank_comments(bytes);
  r->parser = XML_ParserCreate(NULL);
  if (!r->parser) {
    mm__free(r->ctx, bytes);
    return mm__fail(r->ctx, MM_E_MEMORY, "%s: no memory for the XML parser", file->path);
  }
  r->file = file;
  r->root = r->open = NULL;
  r->depth = 0;
  r->base_depth = base_depth;
  r->status = MM_OK;
  XML_SetUserData(r->parser, r);
  XML_SetElementHandler(r->parser, mm__xml_on_start, mm__xml_on_end);
  XML_SetCharacterDataHandler(r->parser, mm__xml_on_text);
  XML_SetStartDoctypeDeclHandler(r->parser, mm__xml_on_doctype);
  if (XML_Parse(r->parser, bytes, (int)size, 1) == XML_STATUS_ERROR && r->status == MM_OK)
    r->status = mm__fail(r->ctx, MM_E_PARSE, "%s:%d: malformed XML: %s", file->path, mm__xml_line(r),
                         XML_ErrorString(XML_GetErrorCode(r->parser)));
  XML_ParserFree(r->parser);
  mm__free(r->ctx, bytes);
  *root = r->root;
  return r->status;
}

/* ---- includes ---- */

/* A file is looked for beside the main file, then beside the file that includes it. Each may be included once. */
static mm_status mm__xml_find_include(mm_xml_reader *r, const mm_xml *x, const mm_xml_file **found) {
  const char *name = mm__xml_attr(x, "file");
  mm_xml_file *file;
  char *path;
  if (x->first) return mm__xml_fail(r->ctx, MM_E_PARSE, x, "must be empty");
  for (const mm_xml_attr *a = x->attrs; a; a = a->next)
    if (strcmp(a->name, "file")) return mm__xml_fail(r->ctx, MM_E_PARSE, x, "%s: unknown attribute", a->name);
  if (!name || !*name) return mm__xml_fail(r->ctx, MM_E_PARSE, x, "file: is required");
  path = mm__path_join(r->arena, r->root_dir, name);
  if (path && !mm__path_exists(path)) path = mm__path_join(r->arena, x->file->dir, name);
  if (!path) return MM_E_FILE;
  if (!mm__path_exists(path))
    return mm__xml_fail(r->ctx, MM_E_FILE, x,
                        "file: \"%s\" is neither beside the main file nor beside this one", name);
  for (int i = 0; i < r->file_count; i++)
    if (!strcmp(r->files[i]->path, path))
      return mm__xml_fail(r->ctx, MM_E_PARSE, x, "file: %s is included already, or includes itself", path);
  if (r->file_count == MM_XML_FILES)
    return mm__xml_fail(r->ctx, MM_E_PARSE, x, "more than %d files", MM_XML_FILES);
  file = MM_ARENA_NEW(r->arena, mm_xml_file, 1);
  if (!file || !(file->dir = mm__path_dir(r->arena, path))) return MM_E_MEMORY;
  file->path = path;
  r->files[r->file_count++] = file;
  *found = file;
  return MM_OK;
}

/* replaces the <include> elements below x by what their files hold */
static mm_status mm__xml_include(mm_xml_reader *r, mm_xml *x, int depth) {
  mm_xml **link = &x->first;
  x->last = NULL;
  while (*link) {
    mm_xml *child = *link;
    if (strcmp(child->tag, "include")) {
      MM_TRY(mm__xml_include(r, child, depth + 1));
      x->last = child;
      link = &child->next;
      continue;
    }
    const mm_xml_file *file = NULL;
    mm_xml *root = NULL;
    MM_TRY(mm__xml_find_include(r, child, &file));
    MM_TRY(mm__xml_parse(r, file, depth, &root));
    if (!root->first) return mm__xml_fail(r->ctx, MM_E_PARSE, child, "file: %s is empty", file->path);
    for (mm_xml *c = root->first; c; c = c->next) c->parent = x;
    root->last->next = child->next;
    *link = root->first;
  }
  return MM_OK;
}

/* Reads a file with all that it includes. The tree lives in the arena. */
static mm_status mm__xml_read(mm_arena *arena, const char *path, mm_xml **root) {
  mm_context *ctx = arena->ctx;
  mm_xml_reader *r = MM_ARENA_NEW(arena, mm_xml_reader, 1);
  mm_xml_file *file = MM_ARENA_NEW(arena, mm_xml_file, 1);
  char *copy = r && file ? mm__path_join(arena, "", path) : NULL;
  if (!copy || !(file->dir = mm__path_dir(arena, copy))) return r && file && !copy ? MM_E_FILE : MM_E_MEMORY;
  file->path = copy;
  r->ctx = ctx;
  r->arena = arena;
  r->root_dir = file->dir;
  r->files[r->file_count++] = file;
  MM_TRY(mm__xml_parse(r, file, 0, root));
  return mm__xml_include(r, *root, 1);
}
