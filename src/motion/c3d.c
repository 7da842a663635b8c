/* >>c3d: the header and the parameters of C3D files

   Blocks of 512 bytes: a header, then groups of parameters, then the frames. The parameters' head says which processor wrote the
   file, and with it how numbers lie: Intel little-endian, MIPS big-endian, DEC little-endian with VAX floats, whose two halves
   are swapped and which are four times as large as IEEE's of the same bits. A parameter has a type (text, byte, 16-bit integer,
   float) and up to seven dimensions, the first the fastest. */

enum { MM_C3D_INTEL = 84, MM_C3D_DEC = 85, MM_C3D_MIPS = 86 };

typedef struct mm_c3d {
  mm_context *ctx;
  const char *label;
  const unsigned char *bytes;
  size_t size, parameters, parameters_end;
  int processor;
  int points, analog, samples; /* of a frame: points, analog numbers, samples of a channel */
  long first, frames;
  double scale, rate;
  size_t data;
} mm_c3d;

typedef struct mm_c3d_parameter {
  const unsigned char *data;
  int type, rank, dims[7];   /* type: -1 text, 1, 2, 4 bytes */
  long count;
} mm_c3d_parameter;

static uint32_t mm__c3d_u16(const mm_c3d *c, const unsigned char *p) {
  return c->processor == MM_C3D_MIPS ? (uint32_t)(p[0] << 8 | p[1]) : (uint32_t)(p[1] << 8 | p[0]);
}

static int mm__c3d_i16(const mm_c3d *c, const unsigned char *p) {
  const uint32_t value = mm__c3d_u16(c, p);
  return value & 0x8000 ? (int)value - 65536 : (int)value;
}

static double mm__c3d_real(const mm_c3d *c, const unsigned char *p) {
  uint32_t bits;
  float value;
  if (c->processor == MM_C3D_MIPS) bits = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
  else if (c->processor == MM_C3D_DEC) bits = (uint32_t)p[1] << 24 | (uint32_t)p[0] << 16 | (uint32_t)p[3] << 8 | p[2];
  else bits = (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
  if (c->processor == MM_C3D_DEC) {
    /* VAX has no infinities: all exponents are numbers */
    const int exponent = (int)(bits >> 23 & 255);
    const double fraction = ldexp((double)((bits & 0x7fffff) | 0x800000), exponent - 152);
    return exponent == 0 ? 0 : bits >> 31 ? -fraction : fraction;
  }
  memcpy(&value, &bits, sizeof value);
  return (double)value;
}

static mm_status mm__c3d_fail(const mm_c3d *c, mm_status status, size_t at, const char *what) {
  return mm__fail(c->ctx, status, "%s: byte %lu: %s", c->label, (unsigned long)at, what);
}

/* names and texts are filled up with blanks or zeros */
static size_t mm__c3d_trim(const unsigned char *text, size_t length) {
  while (length && (text[length - 1] == ' ' || !text[length - 1])) length--;
  return length;
}

static int mm__c3d_named(const unsigned char *text, size_t length, const char *name) {
  mm_slice slice;
  slice.text = (const char *)text;
  slice.length = mm__c3d_trim(text, length);
  return mm__slice_is(slice, name);
}

/* one entry of the parameter section: a group (number below 0) or a parameter of one */
typedef struct mm_c3d_entry {
  const unsigned char *name;
  size_t name_length, body, next;  /* body: behind the offset; next 0: the last */
  int group;
} mm_c3d_entry;

/* 1: there is an entry at `at`; 0: the section is over; -1: damaged */
static int mm__c3d_entry(const mm_c3d *c, size_t at, mm_c3d_entry *e) {
  const size_t end = c->parameters_end;
  int length;
  size_t offset;
  if (end - at < 2) return 0;
  length = (signed char)c->bytes[at];
  if (!length) return 0;
  e->name_length = (size_t)(length < 0 ? -length : length);
  e->group = (signed char)c->bytes[at + 1];
  if (end - at < 4 + e->name_length) return -1;
  e->name = c->bytes + at + 2;
  e->body = at + 4 + e->name_length;
  offset = mm__c3d_u16(c, c->bytes + e->body - 2);
  e->next = offset ? e->body - 2 + offset : 0;
  if (e->next && (e->next > end || offset < 2)) return -1;
  return 1;
}

static int mm__c3d_group(const mm_c3d *c, const char *name) {
  mm_c3d_entry e;
  for (size_t at = c->parameters; mm__c3d_entry(c, at, &e) == 1; at = e.next) {
    if (e.group < 0 && mm__c3d_named(e.name, e.name_length, name)) return -e.group;
    if (!e.next) break;
  }
  return 0;
}

/* what an entry holds; 0: it reaches beyond the section */
static int mm__c3d_value(const mm_c3d *c, const mm_c3d_entry *e, mm_c3d_parameter *p) {
  size_t at = e->body, bytes;
  memset(p, 0, sizeof *p);
  if (c->parameters_end - at < 2) return 0;
  p->type = (signed char)c->bytes[at];
  p->rank = c->bytes[at + 1];
  at += 2;
  if ((p->type != -1 && p->type != 1 && p->type != 2 && p->type != 4) || p->rank > 7 || c->parameters_end - at < (size_t)p->rank) return 0;
  p->count = 1;
  for (int k = 0; k < p->rank; k++) {
    p->dims[k] = c->bytes[at++];
    p->count *= p->dims[k];
    if (p->count > 1 << 24) return 0;
  }
  bytes = (size_t)p->count * (size_t)(p->type < 0 ? 1 : p->type);
  if (c->parameters_end - at < bytes) return 0;
  p->data = c->bytes + at;
  return 1;
}

/* "POINT", "LABELS"; 0: there is none */
static int mm__c3d_find(const mm_c3d *c, const char *group, const char *name, mm_c3d_parameter *p) {
  const int number = mm__c3d_group(c, group);
  mm_c3d_entry e;
  for (size_t at = c->parameters; number && mm__c3d_entry(c, at, &e) == 1; at = e.next) {
    if (e.group == number && mm__c3d_named(e.name, e.name_length, name)) return mm__c3d_value(c, &e, p);
    if (!e.next) break;
  }
  return 0;
}

/* number i of a parameter; integers are unsigned where they count something */
static double mm__c3d_number(const mm_c3d *c, const mm_c3d_parameter *p, long i, int is_count) {
  const unsigned char *at = p->data;
  if (i >= p->count || p->type < 0) return 0;
  if (p->type == 1) return is_count ? (double)at[i] : (double)(signed char)at[i];
  if (p->type == 2) return is_count ? (double)mm__c3d_u16(c, at + 2 * i) : (double)mm__c3d_i16(c, at + 2 * i);
  return mm__c3d_real(c, at + 4 * i);
}

static double mm__c3d_ask(const mm_c3d *c, const char *group, const char *name, double otherwise) {
  mm_c3d_parameter p;
  if (!mm__c3d_find(c, group, name, &p) || p.type < 0 || !p.count) return otherwise;
  return mm__c3d_number(c, &p, 0, 1);
}

/* text number i of a parameter whose first dimension is the texts' length; length 0: none */
static mm_slice mm__c3d_text(const mm_c3d_parameter *p, long i) {
  mm_slice text;
  const long length = p->rank ? p->dims[0] : 1;
  text.text = (const char *)p->data + i * length;
  text.length = 0;
  if (p->type == -1 && length && (i + 1) * length <= p->count) text.length = mm__c3d_trim((const unsigned char *)text.text, (size_t)length);
  return text;
}

/* a list of texts that goes on in NAME2, NAME3 … */
#define MM_C3D_PARTS 32
typedef struct mm_c3d_list {
  int parts;
  mm_c3d_parameter part[MM_C3D_PARTS];
} mm_c3d_list;

static void mm__c3d_list_find(const mm_c3d *c, const char *group, const char *name, mm_c3d_list *list) {
  for (list->parts = 0; list->parts < MM_C3D_PARTS; list->parts++) {
    mm_c3d_parameter *p = &list->part[list->parts];
    char key[32];
    snprintf(key, sizeof key, list->parts ? "%s%d" : "%s", name, list->parts + 1);
    if (!mm__c3d_find(c, group, key, p) || p->type != -1 || !p->rank) return;
  }
}

/* length 0: there is none */
static mm_slice mm__c3d_item(const mm_c3d_list *list, long i) {
  mm_slice none;
  for (int k = 0; k < list->parts; k++) {
    const long length = list->part[k].dims[0], count = length ? list->part[k].count / length : 0;
    if (i < count) return mm__c3d_text(&list->part[k], i);
    i -= count;
  }
  none.text = "";
  none.length = 0;
  return none;
}

/* the header, and where the parameters are */
static mm_status mm__c3d_head(mm_c3d *c) {
  const unsigned char *h = c->bytes;
  mm_c3d_entry e;
  size_t start;
  int found = 1;
  if (c->size < 512 || h[1] != 0x50 || h[0] < 2) return mm__c3d_fail(c, MM_E_PARSE, 0, "is not a C3D file");
  start = ((size_t)h[0] - 1) * 512;
  if (c->size < start + 512) return mm__c3d_fail(c, MM_E_PARSE, start, "the parameters are missing: the file is truncated");
  c->processor = h[start + 3];
  if (c->processor < MM_C3D_INTEL || c->processor > MM_C3D_MIPS)
    return mm__c3d_fail(c, MM_E_UNSUPPORTED, start + 3, "the processor that wrote it is none of PC (84), DEC (85) and MIPS (86)");
  c->parameters = start + 4;
  c->data = (size_t)mm__c3d_u16(c, h + 16);
  /* the number of blocks is often wrong, so the section may go on to where the data begin */
  c->parameters_end = start + (size_t)(h[start + 2] ? h[start + 2] : 255) * 512;
  if (c->data && (c->data - 1) * 512 > c->parameters_end) c->parameters_end = (c->data - 1) * 512;
  if (c->parameters_end > c->size) c->parameters_end = c->size;
  for (size_t at = c->parameters; found == 1; at = e.next) {
    found = mm__c3d_entry(c, at, &e);
    if (found < 0) return mm__c3d_fail(c, MM_E_PARSE, at, "a parameter reaches beyond the section of parameters: the file is damaged");
    if (found && !e.next) break;
  }
  c->points = (int)mm__c3d_u16(c, h + 2);
  c->analog = (int)mm__c3d_u16(c, h + 4);
  c->first = (long)mm__c3d_u16(c, h + 6);
  c->frames = (long)mm__c3d_u16(c, h + 8) - c->first + 1;
  c->scale = mm__c3d_real(c, h + 12);
  c->samples = (int)mm__c3d_u16(c, h + 18);
  c->rate = mm__c3d_real(c, h + 20);
  return MM_OK;
}

/* What parameters say is more than the header can: counts over 65535, rates, the start of the data. The number of frames is the
   header's where the file holds that many and no parameter speaks of more that it holds. */
static mm_status mm__c3d_sizes(mm_c3d *c) {
  const double scale = mm__c3d_ask(c, "POINT", "SCALE", c->scale), rate = mm__c3d_ask(c, "POINT", "RATE", c->rate);
  const double start = mm__c3d_ask(c, "POINT", "DATA_START", (double)c->data), long_frames = mm__c3d_ask(c, "POINT", "LONG_FRAMES", 0);
  mm_c3d_parameter first, last;
  double more = mm__c3d_ask(c, "POINT", "FRAMES", 0);
  size_t frame, room;
  if (scale - scale == 0 && scale != 0) c->scale = scale;
  if (rate > 0 && rate < 1e6) c->rate = rate;
  if (start >= 1) c->data = (size_t)start;
  if (long_frames > more && long_frames < 1e9) more = long_frames;
  if (mm__c3d_find(c, "TRIAL", "ACTUAL_START_FIELD", &first) && mm__c3d_find(c, "TRIAL", "ACTUAL_END_FIELD", &last) &&
      first.count == 2 && last.count == 2) {
    const double from = mm__c3d_number(c, &first, 0, 1) + 65536 * mm__c3d_number(c, &first, 1, 1);
    more = fmax(more, mm__c3d_number(c, &last, 0, 1) + 65536 * mm__c3d_number(c, &last, 1, 1) - from + 1);
    c->first = from < 2e9 ? (long)from : c->first;
  }
  if (!(c->rate > 0 && c->rate < 1e6)) return mm__c3d_fail(c, MM_E_DATA, 20, "the frame rate is not a positive number");
  if (!c->points && !c->analog) return mm__c3d_fail(c, MM_E_DATA, 2, "it holds neither points nor analog channels");
  if (c->scale == 0 || !(c->scale - c->scale == 0)) return mm__c3d_fail(c, MM_E_DATA, 12, "the scale of the points is not a number but zero");
  if (!c->data || (c->data - 1) * 512 >= c->size) return mm__c3d_fail(c, MM_E_PARSE, 16, "the data begin beyond the end: the file is truncated");
  if (c->analog && (!c->samples || c->analog % c->samples))
    return mm__c3d_fail(c, MM_E_PARSE, 18, "the analog numbers of a frame are no whole number of channels");
  c->data = (c->data - 1) * 512;
  frame = (size_t)(4 * c->points + c->analog) * (c->scale < 0 ? 4u : 2u);
  room = (c->size - c->data) / frame;
  if (more > (double)c->frames && more <= (double)room) c->frames = (long)more;
  if (c->frames < 1 || (size_t)c->frames > room || c->frames > 100000000)
    return mm__fail(c->ctx, MM_E_PARSE, "%s: byte 8: %ld frames are said and the file holds %lu: it is damaged or truncated", c->label,
                    c->frames, (unsigned long)room);
  return MM_OK;
}
