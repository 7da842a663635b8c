/* >>t-npz: NumPy archives come back as they were written, and damaged ones are refused */
#define MUSCLEMIMIC_PRIVATE
#include "support.h"

/* an archive of one member made by hand, whose parts may then be spoiled */
typedef struct archive {
  unsigned char bytes[4096];
  size_t size, local, directory, end; /* offsets */
} archive;

static unsigned char *put(archive *a, size_t n, uint32_t value) {
  unsigned char *at = a->bytes + a->size;
  for (size_t i = 0; i < n; i++) a->bytes[a->size++] = (unsigned char)(i < 4 ? value >> (8 * i) : 0);
  return at;
}

static void put_bytes(archive *a, const void *bytes, size_t size) {
  memcpy(a->bytes + a->size, bytes, size);
  a->size += size;
}

static size_t pack(const unsigned char *bytes, size_t size, unsigned char *packed, size_t room) {
  z_stream stream;
  memset(&stream, 0, sizeof stream);
  assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
  stream.next_in = (Bytef *)(uintptr_t)bytes;
  stream.avail_in = (uInt)size;
  stream.next_out = packed;
  stream.avail_out = (uInt)room;
  assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
  deflateEnd(&stream);
  return stream.total_out;
}

static void make_archive(archive *a, const char *name, uint32_t method, const unsigned char *member,
                         size_t size) {
  unsigned char packed[2048];
  const uint32_t crc = (uint32_t)crc32(0, member, (uInt)size);
  size_t stored = size;
  const unsigned char *bytes = member;
  if (method == 8) {
    stored = pack(member, size, packed, sizeof packed);
    bytes = packed;
  }
  memset(a, 0, sizeof *a);
  for (int directory = 0; directory < 2; directory++) {
    if (directory) a->directory = a->size;
    put(a, 4, directory ? 0x02014b50 : 0x04034b50);
    if (directory) put(a, 2, 20);
    put(a, 2, 20);
    put(a, 2, 0);
    put(a, 2, method);
    put(a, 4, 0);
    put(a, 4, crc);
    put(a, 4, (uint32_t)stored);
    put(a, 4, (uint32_t)size);
    put(a, 2, (uint32_t)strlen(name));
    put(a, 2, 0);
    if (directory) put(a, 14, 0);
    put_bytes(a, name, strlen(name));
    if (!directory) put_bytes(a, bytes, stored);
  }
  a->end = a->size;
  put(a, 4, 0x06054b50);
  put(a, 4, 0);
  put(a, 2, 1);
  put(a, 2, 1);
  put(a, 4, (uint32_t)(a->end - a->directory));
  put(a, 4, (uint32_t)a->directory);
  put(a, 2, 0);
}

/* a .npy file of the given version and dictionary */
static size_t make_npy(unsigned char *npy, int version, const char *dictionary, const void *data, size_t size) {
  const size_t start = version > 1 ? 12 : 10, length = strlen(dictionary);
  memcpy(npy, "\223NUMPY", 6);
  npy[6] = (unsigned char)version;
  npy[7] = 0;
  npy[8] = (unsigned char)length;
  npy[9] = (unsigned char)(length >> 8);
  if (version > 1) npy[10] = npy[11] = 0;
  memcpy(npy + start, dictionary, length);
  memcpy(npy + start + length, data, size);
  return start + length + size;
}

/* the status of reading array x of a member with this dictionary; the archive stays open in *npz on success */
static mm_status read_npy(int version, uint32_t method, const char *dictionary, const void *data, size_t size,
                          mm_npz **npz, const mm_npz_array **array) {
  static archive a;
  unsigned char npy[2048];
  mm_status status;
  make_archive(&a, "x.npy", method, npy, make_npy(npy, version, dictionary, data, size));
  ok(mm_npz_parse(ctx, "test.npz", a.bytes, a.size, npz));
  status = mm_npz_get(*npz, "x", array);
  if (status) mm_npz_close(*npz);
  return status;
}

static void refuses_npy(const char *dictionary, size_t size, mm_status expected, const char *word) {
  static const unsigned char zeros[256];
  mm_npz *npz;
  const mm_npz_array *array;
  fails(read_npy(1, 0, dictionary, zeros, size, &npz, &array), expected, word);
}

static void t_npz_reads_what_it_writes(void **state) {
  const double poses[] = {0.1, -2, 3, 4, 5, NAN};
  const float rate = 120;
  const int32_t counts[] = {INT32_MIN, 7};
  const int64_t large[] = {INT64_MIN, INT64_MAX};
  const uint8_t bytes[] = {0, 255};
  const char *gender[] = {"female"}, *names[] = {"knee", "h\303\274fte", "\360\237\246\265", ""};
  const int64_t two = 2, four = 4, six[] = {2, 3}, none[] = {0, 5};
  const mm_npz_array *array;
  const char *text;
  mm_npz_writer *writer;
  mm_npz *npz;
  (void)state;
  ok(mm_npz_create(ctx, in_folder("all.npz"), &writer));
  ok(mm_npz_add(writer, "poses", MM_DTYPE_F64, 2, six, poses));
  ok(mm_npz_add(writer, "mocap_framerate", MM_DTYPE_F32, 0, NULL, &rate));
  ok(mm_npz_add(writer, "counts", MM_DTYPE_I32, 1, &two, counts));
  ok(mm_npz_add(writer, "large", MM_DTYPE_I64, 1, &two, large));
  ok(mm_npz_add(writer, "bytes", MM_DTYPE_U8, 1, &two, bytes));
  ok(mm_npz_add(writer, "gender", MM_DTYPE_TEXT, 0, NULL, gender));
  ok(mm_npz_add(writer, "names", MM_DTYPE_TEXT, 1, &four, names));
  ok(mm_npz_add(writer, "none", MM_DTYPE_F64, 2, none, NULL));
  fails(mm_npz_add(writer, "poses", MM_DTYPE_F64, 2, six, poses), MM_E_ARGUMENT, "there already");
  ok(mm_npz_commit(writer));
  mm_npz_end(writer);
  ok(mm_npz_open(ctx, in_folder("all.npz"), &npz));
  assert_int_equal(mm_npz_count(npz), 8);
  assert_string_equal(mm_npz_name(npz, 1), "mocap_framerate");
  ok(mm_npz_get(npz, "poses", &array));
  assert_true(array->type == MM_DTYPE_F64 && array->rank == 2 && array->shape[0] == 2 && array->shape[1] == 3);
  assert_memory_equal(array->data, poses, sizeof poses);
  ok(mm_npz_get(npz, "counts", &array));
  assert_memory_equal(array->data, counts, sizeof counts);
  ok(mm_npz_get(npz, "large", &array));
  assert_memory_equal(array->data, large, sizeof large);
  ok(mm_npz_get(npz, "bytes", &array));
  assert_memory_equal(array->data, bytes, sizeof bytes);
  ok(mm_npz_text(npz, "gender", &text));
  assert_string_equal(text, "female");
  ok(mm_npz_get(npz, "names", &array));
  for (int i = 0; i < 4; i++) assert_string_equal(((const char *const *)array->data)[i], names[i]);
  ok(mm_npz_get(npz, "none", &array));
  assert_true(array->count == 0 && array->shape[1] == 5);
  mm_npz_close(npz);
}

static void t_npz_gives_reals_of_any_number_type(void **state) {
  const int32_t counts[] = {-3, 7};
  int64_t shape = -1, wrong = 3;
  const double *reals;
  const mm_npz_array *array;
  mm_npz *npz;
  (void)state;
  ok(read_npy(1, 0, "{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }", counts, sizeof counts, &npz,
              &array));
  ok(mm_npz_reals(npz, "x", 1, &shape, &reals));
  assert_true(shape == 2 && reals[0] == -3 && reals[1] == 7);
  fails(mm_npz_reals(npz, "x", 1, &wrong, &reals), MM_E_DATA, "'x' has the shape [2]; [3] is needed");
  fails(mm_npz_reals(npz, "y", 1, &shape, &reals), MM_E_DATA, "no array 'y'");
  mm_npz_close(npz);
}

static void t_npz_reads_each_header_version_and_method(void **state) {
  const double x[] = {1.5, -2.5};
  const mm_npz_array *array;
  mm_npz *npz;
  (void)state;
  for (int version = 1; version <= 3; version++)
    for (uint32_t method = 0; method <= 8; method += 8) {
      ok(read_npy(version, method, "{\"shape\": (2L,), 'descr': '<f8', 'fortran_order': False}   \n", x,
                  sizeof x, &npz, &array));
      assert_memory_equal(array->data, x, sizeof x);
      mm_npz_close(npz);
    }
}

static void t_npz_reads_other_orders_and_widths(void **state) {
  const unsigned char big[] = {0x3f, 0xf8, 0, 0, 0, 0, 0, 0}, half[] = {0x00, 0x3c, 0x01, 0x00, 0x00, 0xfc},
                      small[] = {0x80, 0xff};
  const int32_t columns[] = {1, 4, 2, 5, 3, 6}, rows[] = {1, 2, 3, 4, 5, 6};
  const unsigned char ucs4[] = {0, 0, 0, 'h', 0, 0, 0, 0xfc};
  const mm_npz_array *array;
  mm_npz *npz;
  (void)state;
  ok(read_npy(1, 0, "{'descr': '>f8', 'fortran_order': False, 'shape': ()}", big, 8, &npz, &array));
  assert_true(array->rank == 0 && *(const double *)array->data == 1.5);
  mm_npz_close(npz);
  ok(read_npy(1, 0, "{'descr': '<f2', 'fortran_order': False, 'shape': (3,)}", half, 6, &npz, &array));
  assert_true(((const float *)array->data)[0] == 1 && ((const float *)array->data)[1] == ldexpf(1, -24));
  assert_true(((const float *)array->data)[2] == -INFINITY);
  mm_npz_close(npz);
  ok(read_npy(1, 0, "{'descr': '|i1', 'fortran_order': False, 'shape': (2,)}", small, 2, &npz, &array));
  assert_true(((const int32_t *)array->data)[0] == -128 && ((const int32_t *)array->data)[1] == -1);
  mm_npz_close(npz);
  ok(read_npy(1, 0, "{'descr': '<i4', 'fortran_order': True, 'shape': (2, 3)}", columns, sizeof columns, &npz,
              &array));
  assert_memory_equal(array->data, rows, sizeof rows);
  mm_npz_close(npz);
  ok(read_npy(1, 0, "{'descr': '>U2', 'fortran_order': False, 'shape': ()}", ucs4, 8, &npz, &array));
  assert_string_equal(((const char *const *)array->data)[0], "h\303\274");
  mm_npz_close(npz);
  ok(read_npy(1, 0, "{'descr': '|S3', 'fortran_order': False, 'shape': (2,)}", "malfem", 6, &npz, &array));
  assert_string_equal(((const char *const *)array->data)[1], "fem");
  mm_npz_close(npz);
}

static void t_npz_refuses_what_it_does_not_read(void **state) {
  (void)state;
  refuses_npy("{'descr': '|O', 'fortran_order': False, 'shape': (2,)}", 16, MM_E_UNSUPPORTED,
              "pickled Python object");
  refuses_npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (2,)}", 16, MM_E_UNSUPPORTED,
              "structured");
  refuses_npy("{'descr': '<c16', 'fortran_order': False, 'shape': (1,)}", 16, MM_E_UNSUPPORTED, "complex");
  refuses_npy("{'descr': '<M8[ns]', 'fortran_order': False, 'shape': (1,)}", 8, MM_E_UNSUPPORTED, "dates");
  refuses_npy("{'descr': '<f16', 'fortran_order': False, 'shape': (1,)}", 16, MM_E_UNSUPPORTED, "not read");
}

static void t_npz_refuses_malformed_headers(void **state) {
  const char *broken[] = {
    "", "{", "}", "{'descr': '<f8'", "{'descr': '<f8', 'fortran_order': False}", "{'descr': '<f8', 'shape': (1,)}",
    "{'descr': '<f8', 'fortran_order': Maybe, 'shape': (1,)}", "{'descr': '<f8', 'fortran_order': False, 'shape': 1}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (1,}", "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}", "{'other': 1}",
    "{'descr': 'f8', 'fortran_order': False, 'shape': (1,)}", "{'descr': '<f8', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}",
  };
  (void)state;
  for (int i = 0; i < MM_COUNT(broken); i++)
    refuses_npy(broken[i], 8, MM_E_PARSE, "header that cannot be read");
}

static void t_npz_refuses_sizes_that_do_not_fit(void **state) {
  (void)state;
  refuses_npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}", 8, MM_E_PARSE, "more or fewer bytes");
  refuses_npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", 9, MM_E_PARSE, "more or fewer bytes");
  refuses_npy("{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 4)}", 0, MM_E_PARSE,
              "more or fewer");
  refuses_npy("{'descr': '<U0', 'fortran_order': False, 'shape': (4611686018427387904,)}", 0, MM_E_PARSE,
              "more or fewer");
  refuses_npy("{'descr': '<U4611686018427387904', 'fortran_order': False, 'shape': (2,)}", 0, MM_E_PARSE,
              "more or fewer");
}

static archive sound(uint32_t method) {
  static const double x[] = {1, 2};
  unsigned char npy[256];
  archive a;
  make_archive(&a, "x.npy", method, npy,
               make_npy(npy, 1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}", x, sizeof x));
  return a;
}

static void refuses(const archive *a, size_t size, mm_status expected, const char *word) {
  const mm_npz_array *array;
  mm_npz *npz = NULL;
  mm_status status = mm_npz_parse(ctx, "test.npz", a->bytes, size, &npz);
  if (!status) status = mm_npz_get(npz, "x", &array);
  mm_npz_close(npz);
  fails(status, expected, word);
}

static void t_npz_refuses_damaged_archives(void **state) {
  archive a = sound(0);
  (void)state;
  refuses(&a, a.size - 1, MM_E_PARSE, "truncated zip");
  refuses(&a, 0, MM_E_PARSE, "not a .npz file");
  a.bytes[a.local + 40]++;
  refuses(&a, a.size, MM_E_PARSE, "wrong checksum");
  a = sound(0);
  a.bytes[a.directory + 10] = 12;
  refuses(&a, a.size, MM_E_UNSUPPORTED, "other than deflate");
  a = sound(0);
  a.bytes[a.directory + 8] = 1;
  refuses(&a, a.size, MM_E_UNSUPPORTED, "encrypted");
  a = sound(0);
  a.bytes[a.directory + 42] = 5;
  refuses(&a, a.size, MM_E_PARSE, "not where the directory says");
  a = sound(0);
  a.bytes[a.directory + 24]++;
  refuses(&a, a.size, MM_E_PARSE, "two different sizes");
  a = sound(0);
  memset(a.bytes + a.directory + 20, 0xff, 8);
  refuses(&a, a.size, MM_E_UNSUPPORTED, "zip64");
  a = sound(0);
  a.bytes[a.end + 17]++;
  refuses(&a, a.size, MM_E_PARSE, "end record is impossible");
  a = sound(0);
  a.bytes[a.end + 8] = a.bytes[a.end + 10] = 2;
  refuses(&a, a.size, MM_E_PARSE, "directory ends early");
  a = sound(0);
  memset(a.bytes + a.end + 8, 0xff, 4);
  refuses(&a, a.size, MM_E_UNSUPPORTED, "zip64");
  a = sound(8);
  a.bytes[a.directory + 27] = 0x7f;
  refuses(&a, a.size, MM_E_PARSE, "its bytes cannot hold");
  a = sound(8);
  a.bytes[a.directory + 24]++;
  refuses(&a, a.size, MM_E_PARSE, "cannot be unpacked");
}

/* whatever byte is changed, the answer is an error or the array */
static void t_npz_survives_any_changed_byte(void **state) {
  int refused = 0, read = 0;
  (void)state;
  for (uint32_t method = 0; method <= 8; method += 8)
    for (size_t at = 0; at < sound(method).size; at++)
      for (int bit = 0; bit < 8; bit++) {
        archive a = sound(method);
        const mm_npz_array *array;
        mm_npz *npz;
        unsigned char *exact = (unsigned char *)malloc(a.size); /* so that a sanitizer sees a byte too far */
        a.bytes[at] = (unsigned char)(a.bytes[at] ^ 1 << bit);
        memcpy(exact, a.bytes, a.size);
        if (!mm_npz_parse(ctx, "test.npz", exact, a.size, &npz)) {
          if (!mm_npz_get(npz, "x", &array)) read++;
          else refused++;
          mm_npz_close(npz);
        } else refused++;
        free(exact);
      }
  assert_true(refused > read && read > 0);
}

static void t_npz_leaves_no_file_without_a_commit(void **state) {
  mm_npz_writer *writer;
  const double x = 1;
  (void)state;
  ok(mm_npz_create(ctx, in_folder("gone.npz"), &writer));
  ok(mm_npz_add(writer, "x", MM_DTYPE_F64, 0, NULL, &x));
  mm_npz_end(writer);
  assert_int_not_equal(access(in_folder("gone.npz"), F_OK), 0);
  assert_int_not_equal(access(in_folder("gone.npz.part"), F_OK), 0);
  fails(mm_npz_create(ctx, in_folder("none/gone.npz"), &writer), MM_E_FILE, "No such file");
}

static void t_npz_refuses_what_is_missing(void **state) {
  mm_npz *npz;
  const mm_npz_array *array;
  const char *text;
  const double x[] = {1, 2};
  (void)state;
  fails(mm_npz_open(ctx, in_folder("missing.npz"), &npz), MM_E_FILE, "No such file");
  ok(read_npy(1, 0, "{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}", x, sizeof x, &npz, &array));
  fails(mm_npz_text(npz, "x", &text), MM_E_DATA, "'x' is not one text");
  assert_true(mm_npz_has(npz, "x") && !mm_npz_has(npz, "y") && !mm_npz_name(npz, 1));
  mm_npz_close(npz);
}

static mm_status write_and_read(mm_context *own, const void *user) {
  const double x[] = {1, 2};
  const char *gender[] = {"male"}, *text;
  const int64_t two = 2;
  int64_t shape = -1;
  const double *reals;
  mm_npz_writer *writer = NULL;
  mm_npz *npz = NULL;
  mm_status status = mm_npz_create(own, in_folder("failing.npz"), &writer);
  if (!status) status = mm_npz_add(writer, "x", MM_DTYPE_F64, 1, &two, x);
  if (!status) status = mm_npz_add(writer, "gender", MM_DTYPE_TEXT, 0, NULL, gender);
  if (!status) status = mm_npz_commit(writer);
  (void)user;
  mm_npz_end(writer);
  if (!status) status = mm_npz_open(own, in_folder("failing.npz"), &npz);
  if (!status) status = mm_npz_reals(npz, "x", 1, &shape, &reals);
  if (!status) status = mm_npz_text(npz, "gender", &text);
  mm_npz_close(npz);
  return status;
}

static void t_npz_survives_each_failed_allocation(void **state) {
  (void)state;
  assert_true(survives_scarcity(write_and_read, NULL) >= 8);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_npz_reads_what_it_writes),
    cmocka_unit_test(t_npz_gives_reals_of_any_number_type),
    cmocka_unit_test(t_npz_reads_each_header_version_and_method),
    cmocka_unit_test(t_npz_reads_other_orders_and_widths),
    cmocka_unit_test(t_npz_refuses_what_it_does_not_read),
    cmocka_unit_test(t_npz_refuses_malformed_headers),
    cmocka_unit_test(t_npz_refuses_sizes_that_do_not_fit),
    cmocka_unit_test(t_npz_refuses_damaged_archives),
    cmocka_unit_test(t_npz_survives_any_changed_byte),
    cmocka_unit_test(t_npz_leaves_no_file_without_a_commit),
    cmocka_unit_test(t_npz_refuses_what_is_missing),
    cmocka_unit_test(t_npz_survives_each_failed_allocation),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
