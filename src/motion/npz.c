/* >>npz-code: zip directories, .npy headers, and the arrays behind them */

/* A zip archive is read from its end: end record, central directory, then each member's local header, which only
   tells where the bytes begin. Sizes and checksums are those of the central directory: NumPy leaves them out of the
   local headers. Every offset is checked against the file before it is used. */

typedef struct mm__npz_member {
  char *name;          /* without .npy */
  int is_npy;
  uint32_t method, flags, crc, packed, size, offset;
  int decoded;
  mm_npz_array array;
  double *reals;       /* the array as double, where somebody asked for it */
} mm__npz_member;

struct mm_npz {
  mm_context *ctx;
  mm_arena arena;      /* names, arrays */
  char *label, *owned; /* owned: the file's bytes, NULL when the caller's */
  const unsigned char *bytes;
  size_t size;
  int count;
  mm__npz_member *members;
};

#define MM_NPZ_MEMBERS 4096
#define MM_NPZ_LIMIT 0xffffffffULL

static uint32_t mm__zip_u16(const unsigned char *p) { return (uint32_t)(p[0] | p[1] << 8); }
static uint32_t mm__zip_u32(const unsigned char *p) { return mm__zip_u16(p) | mm__zip_u16(p + 2) << 16; }

/* offset of the end record, which a comment of up to 64 KB may follow; -1: none */
static int64_t mm__npz_find_end(const mm_npz *npz) {
  const size_t record = 22, most = npz->size < record + 65535 ? npz->size : record + 65535;
  for (size_t back = record; back <= most; back++) {
    const unsigned char *p = npz->bytes + npz->size - back;
    if (!memcmp(p, "PK\005\006", 4) && mm__zip_u16(p + 20) + record == back) return (int64_t)(npz->size - back);
  }
  return -1;
}

static mm_status mm__npz_member_name(mm_npz *npz, mm__npz_member *member, const unsigned char *name,
                                     size_t length) {
  if (!length || length > 512 || memchr(name, 0, length))
    return mm__fail(npz->ctx, MM_E_PARSE, "%s: is a damaged zip archive: the name of a member is impossible",
                    npz->label);
  member->name = MM_ARENA_NEW(&npz->arena, char, length + 1);
  if (!member->name) return MM_E_MEMORY;
  memcpy(member->name, name, length);
  if (length > 4 && !strcmp(member->name + length - 4, ".npy")) {
    member->is_npy = 1;
    member->name[length - 4] = 0;
  }
  for (const mm__npz_member *other = npz->members; other < member; other++)
    if (!strcmp(other->name, member->name))
      return mm__fail(npz->ctx, MM_E_PARSE, "%s: holds '%s' twice", npz->label, member->name);
  return MM_OK;
}

/* one entry of the central directory; *at moves behind it */
static mm_status mm__npz_entry(mm_npz *npz, mm__npz_member *member, size_t *at, size_t end) {
  const unsigned char *p = npz->bytes + *at;
  size_t length, total;
  if (end - *at < 46 || memcmp(p, "PK\001\002", 4))
    return mm__fail(npz->ctx, MM_E_PARSE, "%s: is a damaged zip archive: its directory ends early", npz->label);
  length = mm__zip_u16(p + 28);
  total = 46 + length + mm__zip_u16(p + 30) + mm__zip_u16(p + 32);
  if (end - *at < total)
    return mm__fail(npz->ctx, MM_E_PARSE, "%s: is a damaged zip archive: its directory ends early", npz->label);
  member->flags = mm__zip_u16(p + 8);
  member->method = mm__zip_u16(p + 10);
  member->crc = mm__zip_u32(p + 16);
  member->packed = mm__zip_u32(p + 20);
  member->size = mm__zip_u32(p + 24);
  member->offset = mm__zip_u32(p + 42);
  *at += total;
  return mm__npz_member_name(npz, member, p + 46, length);
}

static mm_status mm__npz_directory(mm_npz *npz) {
  const int64_t found = mm__npz_find_end(npz);
  const unsigned char *end;
  size_t at, size;
  if (found < 0)
    return mm__fail(npz->ctx, MM_E_PARSE,
                    npz->size > 3 && !memcmp(npz->bytes, "PK\003\004", 4)
                        ? "%s: is a truncated zip archive"
                        : "%s: is not a .npz file (a zip archive of arrays)",
                    npz->label);
  end = npz->bytes + found;
  npz->count = (int)mm__zip_u16(end + 10);
  size = mm__zip_u32(end + 12);
  at = mm__zip_u32(end + 16);
  if (npz->count == 0xffff || size == MM_NPZ_LIMIT || at == MM_NPZ_LIMIT)
    return mm__fail(npz->ctx, MM_E_UNSUPPORTED, "%s: is a zip64 archive; save it in parts of less than 4 GB",
                    npz->label);
  if (mm__zip_u16(end + 4) || mm__zip_u16(end + 8) != (uint32_t)npz->count || at > (size_t)found ||
      size > (size_t)found - at)
    return mm__fail(npz->ctx, MM_E_PARSE, "%s: is a damaged zip archive: its end record is impossible",
                    npz->label);
  if (npz->count > MM_NPZ_MEMBERS)
    return mm__fail(npz->ctx, MM_E_UNSUPPORTED, "%s: holds %d arrays; at most %d are read", npz->label,
                    npz->count, MM_NPZ_MEMBERS);
  npz->members = MM_ARENA_NEW(&npz->arena, mm__npz_member, npz->count);
  if (!npz->members) return MM_E_MEMORY;
  size += at;
  for (int i = 0; i < npz->count; i++) MM_TRY(mm__npz_entry(npz, npz->members + i, &at, size));
  return MM_OK;
}

mm_status mm_npz_parse(mm_context *ctx, const char *label, const void *bytes, size_t size, mm_npz **npz) {
  mm_status status = MM_E_MEMORY;
  *npz = MM_NEW(ctx, mm_npz, 1);
  if (!*npz) return MM_E_MEMORY;
  (*npz)->ctx = (*npz)->arena.ctx = ctx;
  (*npz)->bytes = (const unsigned char *)bytes;
  (*npz)->size = size;
  (*npz)->label = mm__arena_strdup(&(*npz)->arena, label);
  if ((*npz)->label) status = mm__npz_directory(*npz);
  if (status) {
    mm_npz_close(*npz);
    *npz = NULL;
  }
  return status;
}

mm_status mm_npz_open(mm_context *ctx, const char *path, mm_npz **npz) {
  char *bytes;
  size_t size;
  mm_status status;
  *npz = NULL;
  MM_TRY(mm__file_read(ctx, path, MM_NPZ_LIMIT, &bytes, &size));
  status = mm_npz_parse(ctx, path, bytes, size, npz);
  if (status) mm__free(ctx, bytes);
  else (*npz)->owned = bytes;
  return status;
}

void mm_npz_close(mm_npz *npz) {
  if (!npz) return;
  mm__arena_free(&npz->arena);
  mm__free(npz->ctx, npz->owned);
  mm__free(npz->ctx, npz);
}

int mm_npz_count(const mm_npz *npz) { return npz->count; }

const char *mm_npz_name(const mm_npz *npz, int index) {
  return index >= 0 && index < npz->count ? npz->members[index].name : NULL;
}

static mm__npz_member *mm__npz_find(const mm_npz *npz, const char *name) {
  for (int i = 0; i < npz->count; i++)
    if (!strcmp(npz->members[i].name, name)) return npz->members + i;
  return NULL;
}

int mm_npz_has(const mm_npz *npz, const char *name) { return mm__npz_find(npz, name) != NULL; }

/* every error about one member */
static mm_status mm__npz_fail(const mm_npz *npz, const mm__npz_member *member, mm_status status,
                              const char *what) {
  return mm__fail(npz->ctx, status, "%s: array '%s' %s", npz->label, member->name, what);
}

/* where the packed bytes of a member begin */
static mm_status mm__npz_locate(mm_npz *npz, const mm__npz_member *member, const unsigned char **packed) {
  const unsigned char *p;
  size_t start;
  if (member->flags & 1) return mm__npz_fail(npz, member, MM_E_UNSUPPORTED, "is encrypted");
  if (member->method != 0 && member->method != 8)
    return mm__npz_fail(npz, member, MM_E_UNSUPPORTED,
                        "is compressed by a method other than deflate; save it with "
                        "numpy.savez or numpy.savez_compressed");
  if (member->packed == MM_NPZ_LIMIT || member->size == MM_NPZ_LIMIT || member->offset == MM_NPZ_LIMIT)
    return mm__npz_fail(npz, member, MM_E_UNSUPPORTED, "has 4 GB or more (zip64); save it in parts");
  p = npz->bytes + (member->offset < npz->size ? member->offset : 0);
  if (npz->size < (size_t)member->offset + 30 || memcmp(p, "PK\003\004", 4))
    return mm__npz_fail(npz, member, MM_E_PARSE, "is not where the directory says: the file is damaged");
  start = (size_t)member->offset + 30 + mm__zip_u16(p + 26) + mm__zip_u16(p + 28);
  if (start > npz->size || npz->size - start < member->packed)
    return mm__npz_fail(npz, member, MM_E_PARSE, "reaches beyond the end: the file is truncated");
  *packed = npz->bytes + start;
  return MM_OK;
}

static mm_status mm__npz_inflate(mm_npz *npz, const mm__npz_member *member, const unsigned char *packed,
                                 unsigned char *bytes) {
  z_stream stream;
  int end;
  memset(&stream, 0, sizeof stream);
  if (inflateInit2(&stream, -15) != Z_OK)
    return mm__npz_fail(npz, member, MM_E_MEMORY, "cannot be unpacked: zlib gets no memory");
  stream.next_in = (Bytef *)packed;
  stream.avail_in = member->packed;
  stream.next_out = bytes;
  stream.avail_out = member->size;
  end = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  if (end == Z_STREAM_END && stream.total_out == member->size) return MM_OK;
  return mm__npz_fail(npz, member, MM_E_PARSE, "cannot be unpacked: the file is damaged");
}

/* the bytes of a member, unpacked and checked; *unpacked is what must be freed, NULL when they lie in the file */
static mm_status mm__npz_bytes(mm_npz *npz, const mm__npz_member *member, const unsigned char **bytes,
                               unsigned char **unpacked) {
  const unsigned char *packed = NULL;
  mm_status status = MM_OK;
  *unpacked = NULL;
  MM_TRY(mm__npz_locate(npz, member, &packed));
  if (member->method == 0 && member->size != member->packed)
    return mm__npz_fail(npz, member, MM_E_PARSE, "has two different sizes: the file is damaged");
  /* deflate cannot shrink by more than 1032, so larger sizes are not believed */
  if (member->size / 1032 > member->packed)
    return mm__npz_fail(npz, member, MM_E_PARSE,
                        "declares a size that its bytes cannot hold: the file is damaged");
  *bytes = packed;
  if (member->method == 8) {
    *unpacked = MM_NEW(npz->ctx, unsigned char, member->size);
    if (!*unpacked) return MM_E_MEMORY;
    *bytes = *unpacked;
    status = mm__npz_inflate(npz, member, packed, *unpacked);
  }
  if (!status && crc32(0, *bytes, member->size) != member->crc)
    status = mm__npz_fail(npz, member, MM_E_PARSE, "has a wrong checksum: the file is damaged");
  if (status) {
    mm__free(npz->ctx, *unpacked);
    *unpacked = NULL;
  }
  return status;
}

/* a .npy header: a Python dictionary of three entries, {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4)} */
typedef struct mm__npy_header {
  char order, kind;      /* < > | =; f i u b U S … */
  int64_t item;          /* bytes of a value; U: characters */
  int fortran, rank;
  int64_t shape[MM_RANK_MAX];
  int seen;              /* bits: descr, fortran_order, shape */
} mm__npy_header;

static const char *mm__npy_skip(const char *at, const char *end) {
  while (at < end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == ',')) at++;
  return at;
}

/* a quoted word of at most size - 1 characters; NULL: none */
static const char *mm__npy_word(const char *at, const char *end, char *word, size_t size) {
  const char quote = at < end ? *at : 0;
  size_t used = 0;
  if (quote != '\'' && quote != '"') return NULL;
  for (at++; at < end && *at != quote; at++) {
    if (used + 1 >= size) return NULL;
    word[used++] = *at;
  }
  word[used] = 0;
  return at < end ? at + 1 : NULL;
}

/* decimal digits, and the L that Python 2 wrote; NULL: none or too large */
static const char *mm__npy_integer(const char *at, const char *end, int64_t *value) {
  const char *start = at;
  *value = 0;
  for (; at < end && *at >= '0' && *at <= '9'; at++) {
    if (*value > (INT64_MAX - 9) / 10) return NULL;
    *value = *value * 10 + (*at - '0');
  }
  if (at == start) return NULL;
  return at < end && *at == 'L' ? at + 1 : at;
}

static const char *mm__npy_shape(const char *at, const char *end, mm__npy_header *header) {
  if (at == end || *at != '(') return NULL;
  for (at = mm__npy_skip(at + 1, end); at < end && *at != ')'; at = mm__npy_skip(at, end)) {
    if (header->rank == MM_RANK_MAX) return NULL;
    at = mm__npy_integer(at, end, &header->shape[header->rank++]);
    if (!at) return NULL;
  }
  return at < end ? at + 1 : NULL;
}

static const char *mm__npy_type(const char *at, const char *end, mm__npy_header *header) {
  char word[32];
  const char *next = mm__npy_word(at, end, word, sizeof word), *digits = word + 2;
  if (!next) {
    header->kind = 'V'; /* a list: structured */
    return NULL;
  }
  if (!strchr("<>|=", word[0]) || !word[0] || !word[1]) return NULL;
  header->order = word[0];
  header->kind = word[1];
  if (!*digits) return next;
  return mm__npy_integer(digits, word + strlen(word), &header->item) ? next : NULL;
}

static const char *mm__npy_entry(const char *at, const char *end, mm__npy_header *header) {
  char key[32];
  at = mm__npy_word(at, end, key, sizeof key);
  if (!at) return NULL;
  at = mm__npy_skip(at, end);
  if (at == end || *at != ':') return NULL;
  at = mm__npy_skip(at + 1, end);
  if (!strcmp(key, "descr")) {
    header->seen |= 1;
    return mm__npy_type(at, end, header);
  }
  if (!strcmp(key, "fortran_order")) {
    header->seen |= 2;
    header->fortran = end - at >= 4 && !memcmp(at, "True", 4);
    if (header->fortran) return at + 4;
    return end - at >= 5 && !memcmp(at, "False", 5) ? at + 5 : NULL;
  }
  header->seen |= 4;
  return strcmp(key, "shape") ? NULL : mm__npy_shape(at, end, header);
}

/* MM_OK, and *data behind the header; the kind is set also where the rest cannot be read */
static mm_status mm__npy_parse(const unsigned char *bytes, size_t size, mm__npy_header *header, size_t *data) {
  size_t length, start = 10;
  const char *at, *end;
  memset(header, 0, sizeof *header);
  if (size < 12 || memcmp(bytes, "\223NUMPY", 6) || bytes[6] < 1 || bytes[6] > 3) return MM_E_PARSE;
  length = mm__zip_u16(bytes + 8);
  if (bytes[6] > 1) {
    length = mm__zip_u32(bytes + 8);
    start = 12;
  }
  if (length > size - start) return MM_E_PARSE;
  *data = start + length;
  at = (const char *)bytes + start;
  end = at + length;
  at = mm__npy_skip(at, end);
  if (at == end || *at != '{') return MM_E_PARSE;
  for (at = mm__npy_skip(at + 1, end); at < end && *at != '}'; at = mm__npy_skip(at, end)) {
    at = mm__npy_entry(at, end, header);
    if (!at) return MM_E_PARSE;
  }
  return at < end && header->seen == 7 ? MM_OK : MM_E_PARSE;
}

static mm_dtype mm__npy_dtype(const mm__npy_header *header) {
  const int64_t n = header->item;
  switch (header->kind) {
    case 'b': return n == 1 ? MM_DTYPE_U8 : MM_DTYPE_NONE;
    case 'i': return n == 8 ? MM_DTYPE_I64 : n == 1 || n == 2 || n == 4 ? MM_DTYPE_I32 : MM_DTYPE_NONE;
    case 'u':
      return n == 1 ? MM_DTYPE_U8 : n == 2 ? MM_DTYPE_I32 : n == 4 || n == 8 ? MM_DTYPE_I64 : MM_DTYPE_NONE;
    case 'f': return n == 8 ? MM_DTYPE_F64 : n == 2 || n == 4 ? MM_DTYPE_F32 : MM_DTYPE_NONE;
    case 'U': case 'S': return MM_DTYPE_TEXT;
    default: return MM_DTYPE_NONE;
  }
}

static mm_status mm__npz_unsupported(mm_npz *npz, const mm__npz_member *member, char kind) {
  switch (kind) {
    case 'O':
      return mm__npz_fail(npz, member, MM_E_UNSUPPORTED,
                          "is a pickled Python object, which is never unpickled here; "
                          "save it in Python as an array of numbers or text, without dtype=object");
    case 'V':
      return mm__npz_fail(npz, member, MM_E_UNSUPPORTED, "has a structured type; save its fields as arrays");
    case 'c':
      return mm__npz_fail(npz, member, MM_E_UNSUPPORTED, "is complex; save its real and imaginary parts");
    case 'M': case 'm': return mm__npz_fail(npz, member, MM_E_UNSUPPORTED, "holds dates; save them as numbers");
    default: return mm__npz_fail(npz, member, MM_E_UNSUPPORTED, "has a type of numbers that is not read");
  }
}

/* the unsigned integer in n bytes */
static uint64_t mm__npy_bits(const unsigned char *p, int64_t n, int big) {
  uint64_t bits = 0;
  for (int64_t i = 0; i < n; i++) bits = bits << 8 | p[big ? i : n - 1 - i];
  return bits;
}

static float mm__npy_half(uint64_t bits) {
  const int exponent = (int)(bits >> 10 & 31), fraction = (int)(bits & 1023);
  const double magnitude = exponent == 31 ? (fraction ? NAN : INFINITY)
                         : exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
  return (float)(bits >> 15 & 1 ? -magnitude : magnitude);
}

/* one value of the file into element index of an array of the type that mm__npy_dtype gives */
static int mm__npy_value(const mm__npy_header *header, const unsigned char *p, void *array, int64_t index) {
  const int64_t n = header->item;
  uint64_t bits = mm__npy_bits(p, n, header->order == '>');
  const uint32_t word = (uint32_t)bits;
  switch (header->kind) {
    case 'b': case 'u':
      if (n == 8 && bits > (uint64_t)INT64_MAX) return 0;
      if (n == 1) ((uint8_t *)array)[index] = (uint8_t)bits;
      else if (n == 2) ((int32_t *)array)[index] = (int32_t)bits;
      else ((int64_t *)array)[index] = (int64_t)bits;
      return 1;
    case 'i':
      if (n < 8 && bits >> (8 * n - 1) & 1) bits |= ~(uint64_t)0 << (8 * n); /* sign */
      if (n == 8) memcpy((int64_t *)array + index, &bits, 8);
      else ((int32_t *)array)[index] = (int32_t)(int64_t)bits;
      return 1;
    default:
      if (n == 8) memcpy((double *)array + index, &bits, 8);
      else if (n == 4) memcpy((float *)array + index, &word, 4);
      else ((float *)array)[index] = mm__npy_half(bits);
      return 1;
  }
}

/* where the element with row-major number index lies in an array in Fortran order */
static int64_t mm__npy_fortran(const mm_npz_array *array, int64_t index) {
  int64_t place[MM_RANK_MAX], at = 0;
  for (int i = array->rank - 1; i >= 0; i--) {
    place[i] = index % array->shape[i];
    index /= array->shape[i];
  }
  for (int i = array->rank - 1; i >= 0; i--) at = at * array->shape[i] + place[i];
  return at;
}

static int64_t mm__npy_place(const mm__npy_header *header, const mm_npz_array *array, int64_t index) {
  return header->fortran && array->rank > 1 ? mm__npy_fortran(array, index) : index;
}

static mm_status mm__npz_numbers(mm_npz *npz, mm__npz_member *member, const mm__npy_header *header,
                                 const unsigned char *data) {
  mm_npz_array *array = &member->array;
  const uint16_t probe = 1;
  const int little = *(const unsigned char *)&probe == 1, as_is = header->kind == 'i' ? header->item >= 4
    : header->kind == 'f' ? header->item >= 4 : header->item == 1;
  void *values = mm__arena_alloc(&npz->arena, (size_t)array->count, mm__dtype_size(array->type));
  if (!values) return MM_E_MEMORY;
  array->data = values;
  if (as_is && little && header->order != '>' && !(header->fortran && array->rank > 1)) {
    memcpy(values, data, (size_t)array->count * (size_t)header->item);
    return MM_OK;
  }
  for (int64_t i = 0; i < array->count; i++)
    if (!mm__npy_value(header, data + mm__npy_place(header, array, i) * header->item, values, i))
      return mm__npz_fail(npz, member, MM_E_DATA, "holds integers that do not fit 63 bits");
  return MM_OK;
}

/* UTF-8 of one code point; impossible ones become the replacement character */
static size_t mm__utf8(uint32_t code, char *text) {
  if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) code = 0xfffd;
  if (code < 0x80) {
    text[0] = (char)code;
    return 1;
  }
  if (code < 0x800) {
    text[0] = (char)(0xc0 | code >> 6);
    text[1] = (char)(0x80 | (code & 63));
    return 2;
  }
  if (code < 0x10000) {
    text[0] = (char)(0xe0 | code >> 12);
    text[1] = (char)(0x80 | (code >> 6 & 63));
    text[2] = (char)(0x80 | (code & 63));
    return 3;
  }
  text[0] = (char)(0xf0 | code >> 18);
  text[1] = (char)(0x80 | (code >> 12 & 63));
  text[2] = (char)(0x80 | (code >> 6 & 63));
  text[3] = (char)(0x80 | (code & 63));
  return 4;
}

/* text of fixed size, filled up with zeros: bytes (S) or UCS-4 characters (U) */
static mm_status mm__npz_texts(mm_npz *npz, mm__npz_member *member, const mm__npy_header *header,
                               const unsigned char *data) {
  mm_npz_array *array = &member->array;
  const int64_t width = header->kind == 'U' ? 4 : 1;
  const size_t room = (size_t)(header->item * width) + 1;
  char **texts = MM_ARENA_NEW(&npz->arena, char *, array->count);
  char *next = (char *)mm__arena_alloc(&npz->arena, (size_t)array->count, room);
  if (!texts || !next) return MM_E_MEMORY;
  for (int64_t i = 0; i < array->count; i++) {
    const unsigned char *p = data + mm__npy_place(header, array, i) * header->item * width;
    texts[i] = next;
    for (int64_t k = 0; k < header->item; k++) {
      const uint32_t code = (uint32_t)mm__npy_bits(p + k * width, width, header->order == '>');
      if (!code) break;
      if (width == 1) *next++ = (char)code;
      else next += mm__utf8(code, next);
    }
    *next++ = 0;
  }
  array->data = texts;
  return MM_OK;
}

static mm_status mm__npz_decode(mm_npz *npz, mm__npz_member *member, const unsigned char *bytes) {
  mm__npy_header header;
  mm_npz_array *array = &member->array;
  size_t data = 0;
  int64_t item, need;
  const mm_status parsed = mm__npy_parse(bytes, member->size, &header, &data);
  if (parsed && header.kind == 'V') return mm__npz_unsupported(npz, member, 'V');
  if (parsed) return mm__npz_fail(npz, member, MM_E_PARSE, "has a .npy header that cannot be read");
  array->type = mm__npy_dtype(&header);
  if (array->type == MM_DTYPE_NONE) return mm__npz_unsupported(npz, member, header.kind);
  array->name = member->name;
  array->rank = header.rank;
  memcpy(array->shape, header.shape, sizeof array->shape);
  array->count = mm__shape_bytes(array->rank, array->shape, 1);
  item = header.item <= (int64_t)MM_NPZ_LIMIT ? header.item * (header.kind == 'U' ? 4 : 1) : -1;
  need = item < 0 ? -1 : mm__shape_bytes(array->rank, array->shape, (size_t)item);
  /* texts of no width take no bytes, so their number is limited by itself */
  if (array->count < 0 || need < 0 || (uint64_t)need != member->size - data ||
      (!item && array->count > (int64_t)member->size))
    return mm__npz_fail(npz, member, MM_E_PARSE,
                        "has more or fewer bytes than its shape needs: the file is damaged");
  return array->type == MM_DTYPE_TEXT ? mm__npz_texts(npz, member, &header, bytes + data)
                                      : mm__npz_numbers(npz, member, &header, bytes + data);
}

mm_status mm_npz_get(mm_npz *npz, const char *name, const mm_npz_array **array) {
  mm__npz_member *member = mm__npz_find(npz, name);
  const unsigned char *bytes = NULL;
  unsigned char *unpacked;
  mm_status status;
  *array = NULL;
  if (!member) return mm__fail(npz->ctx, MM_E_DATA, "%s: there is no array '%s'", npz->label, name);
  if (!member->is_npy) return mm__npz_fail(npz, member, MM_E_UNSUPPORTED, "is not a NumPy array (.npy)");
  if (!member->decoded) {
    MM_TRY(mm__npz_bytes(npz, member, &bytes, &unpacked));
    status = mm__npz_decode(npz, member, bytes);
    mm__free(npz->ctx, unpacked);
    MM_TRY(status);
    member->decoded = 1;
  }
  *array = &member->array;
  return MM_OK;
}

static double mm__npz_real(const mm_npz_array *array, int64_t i) {
  switch (array->type) {
    case MM_DTYPE_U8: return (double)((const uint8_t *)array->data)[i];
    case MM_DTYPE_I32: return (double)((const int32_t *)array->data)[i];
    case MM_DTYPE_I64: return (double)((const int64_t *)array->data)[i];
    case MM_DTYPE_F32: return (double)((const float *)array->data)[i];
    default: return ((const double *)array->data)[i];
  }
}

mm_status mm_npz_reals(mm_npz *npz, const char *name, int rank, int64_t *shape, const double **data) {
  const mm_npz_array *array;
  char found[128], wanted[128];
  mm__npz_member *member;
  int fits;
  *data = NULL;
  MM_TRY(mm_npz_get(npz, name, &array));
  member = mm__npz_find(npz, name);
  if (array->type == MM_DTYPE_TEXT)
    return mm__npz_fail(npz, member, MM_E_DATA, "holds text; numbers are needed");
  fits = array->rank == rank;
  for (int i = 0; fits && i < rank; i++) fits = shape[i] < 0 || shape[i] == array->shape[i];
  if (!fits)
    return mm__fail(npz->ctx, MM_E_DATA, "%s: array '%s' has the shape %s; %s is needed", npz->label, name,
                    mm__shape_text(found, sizeof found, array->rank, array->shape),
                    mm__shape_text(wanted, sizeof wanted, rank, shape));
  for (int i = 0; i < rank; i++) shape[i] = array->shape[i];
  if (array->type == MM_DTYPE_F64) {
    *data = (const double *)array->data;
    return MM_OK;
  }
  if (!member->reals) {
    member->reals = MM_ARENA_NEW(&npz->arena, double, array->count);
    if (!member->reals) return MM_E_MEMORY;
    for (int64_t i = 0; i < array->count; i++) member->reals[i] = mm__npz_real(array, i);
  }
  *data = member->reals;
  return MM_OK;
}

mm_status mm_npz_text(mm_npz *npz, const char *name, const char **text) {
  const mm_npz_array *array;
  *text = NULL;
  MM_TRY(mm_npz_get(npz, name, &array));
  if (array->type != MM_DTYPE_TEXT || array->count != 1)
    return mm__npz_fail(npz, mm__npz_find(npz, name), MM_E_DATA, "is not one text");
  *text = ((const char *const *)array->data)[0];
  return MM_OK;
}
