/* >>base-core: context, errors, memory, files */

static void *mm__default_alloc(size_t size, void *user) {
  (void)user;
  return malloc(size);
}

static void mm__default_free(void *block, void *user) {
  (void)user;
  free(block);
}

mm_status mm_context_create(const mm_context_def *def, mm_context **ctx) {
  mm_context_def d;
  memset(&d, 0, sizeof d);
  if (!ctx) return MM_E_ARGUMENT;
  *ctx = NULL;
  if (def) d = *def;
  if (!d.allocator.alloc != !d.allocator.free) return MM_E_ARGUMENT;
  if (!d.allocator.alloc) {
    d.allocator.alloc = mm__default_alloc;
    d.allocator.free = mm__default_free;
  }
  *ctx = (mm_context *)d.allocator.alloc(sizeof **ctx, d.allocator.user);
  if (!*ctx) return MM_E_MEMORY;
  memset(*ctx, 0, sizeof **ctx);
  (*ctx)->def = d;
  return MM_OK;
}

void mm_context_destroy(mm_context *ctx) {
  if (!ctx) return;
  mm__device_close(ctx);
  ctx->def.allocator.free(ctx, ctx->def.allocator.user);
}

const char *mm_error(const mm_context *ctx) {
  if (!ctx) return "the context could not be created: no memory, or an allocator with only one of its two functions";
  return ctx->error[0] ? ctx->error : "no error";
}

const char *mm_status_name(mm_status status) {
#define MM_STATUS_NAME(name, value, sentence) if (status == name) return #name;
  MM_STATUS_ITEMS(MM_STATUS_NAME)
#undef MM_STATUS_NAME
  return "unknown status";
}

const char *mm_status_text(mm_status status) {
#define MM_STATUS_TEXT(name, value, sentence) if (status == name) return sentence;
  MM_STATUS_ITEMS(MM_STATUS_TEXT)
#undef MM_STATUS_TEXT
  return "unknown status";
}

MM_PRIVATE mm_status mm__fail(mm_context *ctx, mm_status status, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(ctx->error, sizeof ctx->error, format, args);
  va_end(args);
  mm__log(ctx, MM_LOG_ERROR, "%s", ctx->error);
  return status;
}

MM_PRIVATE void mm__log(const mm_context *ctx, mm_log_level level, const char *format, ...) {
  char message[1024];
  va_list args;
  if (!ctx->def.log) return;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  ctx->def.log(level, message, ctx->def.log_user);
}

MM_PRIVATE void *mm__alloc(mm_context *ctx, size_t count, size_t size) {
  void *block = NULL;
  size_t bytes = count * size;
  if (size && bytes / size == count) block = ctx->def.allocator.alloc(bytes ? bytes : 1, ctx->def.allocator.user);
  if (!block) {
    mm__fail(ctx, MM_E_MEMORY, "no memory for %zu x %zu bytes", count, size);
    return NULL;
  }
  memset(block, 0, bytes ? bytes : 1);
  return block;
}

MM_PRIVATE void *mm__grow(mm_context *ctx, void *block, size_t old_count, size_t new_count, size_t size) {
  void *grown = mm__alloc(ctx, new_count, size);
  if (!grown) return NULL;
  if (block) memcpy(grown, block, (old_count < new_count ? old_count : new_count) * size);
  mm__free(ctx, block);
  return grown;
}

MM_PRIVATE void mm__free(mm_context *ctx, void *block) {
  if (block) ctx->def.allocator.free(block, ctx->def.allocator.user);
}

MM_PRIVATE char *mm__strdup(mm_context *ctx, const char *text) {
  size_t size = strlen(text) + 1;
  char *copy = MM_NEW(ctx, char, size);
  if (copy) memcpy(copy, text, size);
  return copy;
}

MM_PRIVATE void *mm__arena_alloc(mm_arena *arena, size_t count, size_t size) {
  const size_t header = (sizeof(mm_arena_block) + 15) & ~(size_t)15;
  mm_arena_block *block = arena->blocks;
  size_t bytes = count * size;
  void *memory;
  if (size && bytes / size != count) {
    mm__fail(arena->ctx, MM_E_MEMORY, "no memory for %zu x %zu bytes", count, size);
    return NULL;
  }
  bytes = (bytes + 15) & ~(size_t)15;
  if (!block || block->size - block->used < bytes) {
    size_t room = bytes > 65536 ? bytes : 65536;
    block = (mm_arena_block *)mm__alloc(arena->ctx, 1, header + room);
    if (!block) return NULL;
    block->size = room;
    block->next = arena->blocks;
    arena->blocks = block;
  }
  memory = (char *)block + header + block->used;
  block->used += bytes;
  return memory;
}

MM_PRIVATE char *mm__arena_strdup(mm_arena *arena, const char *text) {
  size_t size = strlen(text) + 1;
  char *copy = MM_ARENA_NEW(arena, char, size);
  if (copy) memcpy(copy, text, size);
  return copy;
}

MM_PRIVATE void mm__arena_free(mm_arena *arena) {
  while (arena->blocks) {
    mm_arena_block *next = arena->blocks->next;
    mm__free(arena->ctx, arena->blocks);
    arena->blocks = next;
  }
}

/* reads in steps, so that pipes and files that change their size are taken too */
static mm_status mm__stream_read(mm_context *ctx, FILE *file, const char *path, size_t limit, char **bytes, size_t *size) {
  size_t room = 65536, used = 0, got;
  char *buffer = MM_NEW(ctx, char, room + 1);
  if (!buffer) return MM_E_MEMORY;
  while ((got = fread(buffer + used, 1, room - used, file)) > 0) {
    used += got;
    if (used > limit) {
      mm__free(ctx, buffer);
      return mm__fail(ctx, MM_E_FILE, "%s: larger than %zu bytes", path, limit);
    }
    if (used == room) {
      char *grown = (char *)mm__grow(ctx, buffer, used, 2 * room + 1, 1);
      if (!grown) {
        mm__free(ctx, buffer);
        return MM_E_MEMORY;
      }
      buffer = grown;
      room *= 2;
    }
  }
  if (ferror(file)) {
    mm__free(ctx, buffer);
    return mm__fail(ctx, MM_E_FILE, "%s: %s", path, strerror(errno));
  }
  buffer[used] = 0;
  *bytes = buffer;
  *size = used;
  return MM_OK;
}

MM_PRIVATE mm_status mm__file_read(mm_context *ctx, const char *path, size_t limit, char **bytes, size_t *size) {
  FILE *file = fopen(path, "rb");
  mm_status status;
  *bytes = NULL;
  *size = 0;
  if (!file) return mm__fail(ctx, MM_E_FILE, "%s: %s", path, strerror(errno));
  status = mm__stream_read(ctx, file, path, limit, bytes, size);
  fclose(file);
  return status;
}

MM_PRIVATE uint64_t mm__hash(uint64_t seed, const void *bytes, size_t size) {
  const unsigned char *p = (const unsigned char *)bytes;
  for (size_t i = 0; i < size; i++) seed = (seed ^ p[i]) * 1099511628211ULL;
  return seed;
}

/* strtod reads the decimal point of the locale, so it is given that one */
MM_PRIVATE const char *mm__parse_real(const char *text, double *value) {
  char copy[128], *end;
  const char *point = localeconv()->decimal_point;
  size_t length = strspn(text, "+-.0123456789eEinfatyINFATY");
  if (length == 0 || length >= sizeof copy) return NULL;
  memcpy(copy, text, length);
  copy[length] = 0;
  for (char *c = copy; *c; c++)
    if (*c == '.') *c = point[0];
  *value = strtod(copy, &end);
  return end == copy ? NULL : text + (end - copy);
}

MM_PRIVATE double mm__seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
