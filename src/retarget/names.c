/* >>clip-names: lists of clip names, as published splits are given */

void mm_name_list_destroy(mm_name_list *list) {
  if (!list) return;
  mm__texts_free(list->ctx, list->names, list->count);
  mm__free(list->ctx, list);
}

static int mm__name_decoration(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '"' || c == '\'' || c == ',' || c == '[' || c == ']'; }

/* what is around a name is taken off: - "KIT/3/walk_poses", */
static mm_slice mm__name_bare(mm_slice line) {
  const char *hash = line.length ? (const char *)memchr(line.text, '#', line.length) : NULL;
  if (hash) line.length = (size_t)(hash - line.text);
  line = mm__slice_trim(line);
  if (line.length > 1 && line.text[0] == '-' && (line.text[1] == ' ' || line.text[1] == '\t')) {
    line.text += 2;
    line.length -= 2;
  }
  while (line.length && mm__name_decoration(line.text[0])) {
    line.text++;
    line.length--;
  }
  while (line.length && mm__name_decoration(line.text[line.length - 1])) line.length--;
  if (line.length && (line.text[line.length - 1] == ':' || line.text[0] == '{' || line.text[0] == '}')) line.length = 0;
  return line;
}

static mm_status mm__name_check(const mm_scan *scan, mm_slice name) {
  for (size_t i = 0; i < name.length; i++) {
    const int starts = i == 0 || name.text[i - 1] == '/', two = starts && i + 1 < name.length && name.text[i] == '.' && name.text[i + 1] == '.';
    if ((unsigned char)name.text[i] < 32 || (unsigned char)name.text[i] == 127)
      return mm__scan_fail(scan, MM_E_PARSE, "a name holds the control character %d", name.text[i]);
    if (two && (i + 2 == name.length || name.text[i + 2] == '/'))
      return mm__scan_fail(scan, MM_E_PARSE, "'%.*s' leaves its folder", MM_SLICE(name));
  }
  if (name.text[0] == '/') return mm__scan_fail(scan, MM_E_PARSE, "'%.*s' must be relative to the folder of the clips", MM_SLICE(name));
  if (name.length > 1024) return mm__scan_fail(scan, MM_E_PARSE, "a name has %lu characters", (unsigned long)name.length);
  return MM_OK;
}

static mm_status mm__names_read(mm_scan *scan, mm_name_list *list) {
  mm_slice line;
  size_t room = 0;
  while (mm__scan_line(scan, &line)) {
    const mm_slice name = mm__name_bare(line);
    if (!name.length) continue;
    MM_TRY(mm__name_check(scan, name));
    if ((size_t)list->count == room) {
      char **grown = (char **)mm__grow(scan->ctx, list->names, room, 2 * room + 64, sizeof *grown);
      if (!grown) return MM_E_MEMORY;
      list->names = grown;
      room = 2 * room + 64;
    }
    if (!(list->names[list->count] = mm__slice_copy(scan->ctx, name))) return MM_E_MEMORY;
    list->count++;
  }
  return list->count ? MM_OK : mm__fail(scan->ctx, MM_E_PARSE, "%s: holds no name of a clip", scan->label);
}

static mm_status mm__names_take(mm_context *ctx, mm_scan *scan, mm_name_list **list) {
  mm_name_list *made = MM_NEW(ctx, mm_name_list, 1);
  mm_status status = made ? MM_OK : MM_E_MEMORY;
  *list = NULL;
  if (made) {
    made->ctx = ctx;
    status = mm__names_read(scan, made);
  }
  mm__scan_close(scan);
  if (status != MM_OK) mm_name_list_destroy(made);
  else *list = made;
  return status;
}

mm_status mm_name_list_parse(mm_context *ctx, const char *label, const void *bytes, size_t size, mm_name_list **list) {
  mm_scan scan;
  *list = NULL;
  MM_TRY(mm__scan_open(ctx, label, bytes, size, &scan));
  return mm__names_take(ctx, &scan, list);
}

mm_status mm_name_list_load(mm_context *ctx, const char *path, mm_name_list **list) {
  mm_scan scan;
  *list = NULL;
  MM_TRY(mm__scan_load(ctx, path, &scan));
  return mm__names_take(ctx, &scan, list);
}
