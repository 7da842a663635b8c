/* >>npz-write: NumPy archives, stored without compression */

typedef struct mm__npz_record {
  struct mm__npz_record *next;
  char *name; /* with .npy */
  uint32_t crc, size, offset;
} mm__npz_record;

struct mm_npz_writer {
  mm_context *ctx;
  mm_arena arena;
  char *path, *part;
  int file;
  uint64_t size;     /* written so far */
  int count, failed; /* failed: something is missing in the file */
  mm__npz_record *first, **last;
};

mm_status mm_npz_create(mm_context *ctx, const char *path, mm_npz_writer **writer) {
  mm_status status = MM_E_MEMORY;
  *writer = MM_NEW(ctx, mm_npz_writer, 1);
  if (!*writer) return MM_E_MEMORY;
  (*writer)->ctx = (*writer)->arena.ctx = ctx;
  (*writer)->file = -1;
  (*writer)->last = &(*writer)->first;
  (*writer)->path = mm__arena_strdup(&(*writer)->arena, path);
  if ((*writer)->path) status = mm__part_begin(ctx, path, &(*writer)->part, &(*writer)->file);
  if (status) {
    mm_npz_end(*writer);
    *writer = NULL;
  }
  return status;
}

void mm_npz_end(mm_npz_writer *writer) {
  if (!writer) return;
  mm__part_discard(writer->ctx, &writer->part, &writer->file);
  mm__arena_free(&writer->arena);
  mm__free(writer->ctx, writer);
}

static mm_status mm__npz_put(mm_npz_writer *writer, const void *bytes, size_t size) {
  const char *next = (const char *)bytes;
  writer->size += size;
  while (size) {
    const ssize_t put = write(writer->file, next, size);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) {
      writer->failed = 1;
      return mm__fail(writer->ctx, MM_E_FILE, "%s: cannot be written: %s", writer->path, strerror(errno));
    }
    next += put;
    size -= (size_t)put;
  }
  return MM_OK;
}

static unsigned char *mm__put16(unsigned char *p, uint32_t value) {
  p[0] = (unsigned char)value;
  p[1] = (unsigned char)(value >> 8);
  return p + 2;
}

static unsigned char *mm__put32(unsigned char *p, uint32_t value) {
  return mm__put16(mm__put16(p, value), value >> 16);
}

/* what local header and directory entry share: version 2.0, stored, 1 January 1980 so that bytes repeat */
static unsigned char *mm__npz_common(unsigned char *p, const mm__npz_record *record) {
  p = mm__put16(p, 20);
  p = mm__put16(p, 0);
  p = mm__put16(p, 0);
  p = mm__put16(p, 0);
  p = mm__put16(p, 33);
  p = mm__put32(p, record->crc);
  p = mm__put32(p, record->size);
  p = mm__put32(p, record->size);
  p = mm__put16(p, (uint32_t)strlen(record->name));
  return mm__put16(p, 0);
}

/* the header of a .npy file, a multiple of 64 bytes */
static size_t mm__npy_write_header(char *text, size_t size, const char *type, int rank, const int64_t *shape) {
  size_t used =
             (size_t)snprintf(text + 10, size - 10, "{'descr': '%s', 'fortran_order': False, 'shape': (", type),
         total;
  for (int i = 0; i < rank; i++)
    used += (size_t)snprintf(text + 10 + used, size - 10 - used, "%s%lld%s", i ? ", " : "", (long long)shape[i],
                             rank == 1 ? "," : "");
  used += (size_t)snprintf(text + 10 + used, size - 10 - used, "), }");
  total = (10 + used + 1 + 63) / 64 * 64;
  memset(text + 10 + used, ' ', total - 10 - used);
  text[total - 1] = '\n';
  memcpy(text, "\223NUMPY\001", 7);
  text[7] = 0;
  mm__put16((unsigned char *)text + 8, (uint32_t)(total - 10));
  return total;
}

/* the code points of UTF-8, each in 4 bytes; bytes that are not UTF-8 are taken as Latin-1 */
static int64_t mm__npz_ucs4(const char *text, unsigned char *out) {
  const unsigned char *p = (const unsigned char *)text;
  int64_t count = 0;
  while (*p) {
    const int more = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc0 ? 1 : 0;
    uint32_t code = more == 3 ? *p & 7 : more == 2 ? *p & 15 : more == 1 ? *p & 31 : *p;
    int good = 0;
    while (good < more && (p[good + 1] & 0xc0) == 0x80) code = code << 6 | (p[++good] & 63);
    if (good < more) {
      code = *p;
      good = 0;
    }
    p += good + 1;
    if (out) mm__put32(out + 4 * count, code);
    count++;
  }
  return count;
}

/* texts as one block of UCS-4, and the name of its type */
static mm_status mm__npz_pack_texts(mm_npz_writer *writer, int64_t count, const char *const *texts, char *type,
                                    size_t type_size, unsigned char **packed, int64_t *item) {
  int64_t longest = 1;
  for (int64_t i = 0; i < count; i++) {
    const int64_t length = mm__npz_ucs4(texts[i], NULL);
    if (length > longest) longest = length;
  }
  *packed = (unsigned char *)mm__alloc(writer->ctx, (size_t)count, (size_t)longest * 4);
  if (!*packed) return MM_E_MEMORY;
  for (int64_t i = 0; i < count; i++) mm__npz_ucs4(texts[i], *packed + i * longest * 4);
  snprintf(type, type_size, "<U%lld", (long long)longest);
  *item = longest * 4;
  return MM_OK;
}

static const char *mm__npy_type_name(mm_dtype type) {
  switch (type) {
    case MM_DTYPE_U8: return "|u1";
    case MM_DTYPE_I32: return "<i4";
    case MM_DTYPE_I64: return "<i8";
    case MM_DTYPE_F32: return "<f4";
    default: return "<f8";
  }
}

static mm_status mm__npz_put_member(mm_npz_writer *writer, const char *name, const char *head, size_t head_size,
                                    const void *data, size_t size) {
  mm__npz_record *record = MM_ARENA_NEW(&writer->arena, mm__npz_record, 1);
  const size_t length = strlen(name) + sizeof ".npy";
  const uLong crc = crc32(0, (const Bytef *)head, (uInt)head_size);
  unsigned char local[30];
  if (!record) return MM_E_MEMORY;
  record->name = MM_ARENA_NEW(&writer->arena, char, length);
  if (!record->name) return MM_E_MEMORY;
  snprintf(record->name, length, "%s.npy", name);
  record->crc = (uint32_t)(size ? crc32(crc, (const Bytef *)data, (uInt)size) : crc);
  record->size = (uint32_t)(head_size + size);
  record->offset = (uint32_t)writer->size;
  mm__npz_common(mm__put32(local, 0x04034b50), record);
  MM_TRY(mm__npz_put(writer, local, sizeof local));
  MM_TRY(mm__npz_put(writer, record->name, length - 1));
  MM_TRY(mm__npz_put(writer, head, head_size));
  MM_TRY(mm__npz_put(writer, data, size));
  *writer->last = record;
  writer->last = &record->next;
  writer->count++;
  return MM_OK;
}

static int mm__npz_has_record(const mm_npz_writer *writer, const char *name) {
  const size_t length = strlen(name);
  for (const mm__npz_record *record = writer->first; record; record = record->next)
    if (!strncmp(record->name, name, length) && !strcmp(record->name + length, ".npy")) return 1;
  return 0;
}

mm_status mm_npz_add(mm_npz_writer *writer, const char *name, mm_dtype type, int rank, const int64_t *shape,
                     const void *data) {
  const uint16_t probe = 1;
  const int64_t count = rank < 0 || rank > MM_RANK_MAX ? -1 : mm__shape_bytes(rank, shape, 1);
  int64_t item = (int64_t)mm__dtype_size(type), bytes;
  char head[512], descr[32];
  unsigned char *packed = NULL;
  mm_status status;
  if (!writer->part) return mm__fail(writer->ctx, MM_E_ARGUMENT, "%s: is not open for writing", writer->path);
  if (count < 0 || !name || !name[0] || strlen(name) > 500 || (!item && type != MM_DTYPE_TEXT))
    return mm__fail(writer->ctx, MM_E_ARGUMENT, "%s: an array cannot have this name, type or shape",
                    writer->path);
  if (*(const unsigned char *)&probe != 1)
    return mm__fail(writer->ctx, MM_E_UNSUPPORTED, "%s: .npz files are written on little-endian machines only",
                    writer->path);
  if (mm__npz_has_record(writer, name))
    return mm__fail(writer->ctx, MM_E_ARGUMENT, "%s: '%s' is there already", writer->path, name);
  snprintf(descr, sizeof descr, "%s", mm__npy_type_name(type));
  if (type == MM_DTYPE_TEXT)
    MM_TRY(mm__npz_pack_texts(writer, count, (const char *const *)data, descr, sizeof descr, &packed, &item));
  bytes = mm__shape_bytes(rank, shape, (size_t)item);
  if (bytes < 0 || (uint64_t)bytes + writer->size + 65536 > MM_NPZ_LIMIT || writer->count == MM_NPZ_MEMBERS)
    status = mm__fail(writer->ctx, MM_E_UNSUPPORTED,
                      "%s: array '%s' makes the archive larger than 4 GB or %d arrays", writer->path, name,
                      MM_NPZ_MEMBERS);
  else
    status = mm__npz_put_member(writer, name, head, mm__npy_write_header(head, sizeof head, descr, rank, shape),
                                packed ? packed : data, (size_t)bytes);
  mm__free(writer->ctx, packed);
  return status;
}

mm_status mm_npz_commit(mm_npz_writer *writer) {
  const uint64_t start = writer->size;
  unsigned char entry[46], *p;
  if (!writer->part || writer->failed)
    return mm__fail(writer->ctx, MM_E_ARGUMENT, "%s: is not open for writing, or has failed before",
                    writer->path);
  for (const mm__npz_record *record = writer->first; record; record = record->next) {
    memset(entry, 0, sizeof entry);
    mm__npz_common(mm__put16(mm__put32(entry, 0x02014b50), 20), record);
    mm__put32(entry + 42, record->offset);
    MM_TRY(mm__npz_put(writer, entry, sizeof entry));
    MM_TRY(mm__npz_put(writer, record->name, strlen(record->name)));
  }
  p = mm__put32(entry, 0x06054b50);
  p = mm__put32(p, 0);
  p = mm__put16(mm__put16(p, (uint32_t)writer->count), (uint32_t)writer->count);
  p = mm__put32(p, (uint32_t)(writer->size - start));
  p = mm__put16(mm__put32(p, (uint32_t)start), 0);
  MM_TRY(mm__npz_put(writer, entry, (size_t)(p - entry)));
  return mm__part_commit(writer->ctx, writer->path, &writer->part, &writer->file);
}
