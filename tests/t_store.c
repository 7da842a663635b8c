/* >>t-store: stores keep numbers, appear whole or not at all, and survive damaged files */
#define MUSCLEMIMIC_PRIVATE
#include "support.h"
#include <signal.h>
#include <sys/resource.h>

static const mm_store_def any_def = {"test", 3, 0};

static mm_store_array array_of(const char *name, mm_dtype type, int rank, int64_t n0, int64_t n1, int64_t n2) {
  mm_store_array array;
  memset(&array, 0, sizeof array);
  array.name = name;
  array.type = type;
  array.rank = rank;
  array.shape[0] = n0;
  array.shape[1] = n1;
  array.shape[2] = n2;
  return array;
}

static mm_store *create(const char *name) {
  mm_store *store = NULL;
  ok(mm_store_create(ctx, in_folder(name), &any_def, &store));
  return store;
}

static mm_store *reopen(const char *name) {
  mm_store *store = NULL;
  ok(mm_store_open(ctx, in_folder(name), NULL, &store));
  return store;
}

static void commit(mm_store *store) {
  ok(mm_store_commit(store));
  mm_store_close(store);
}

/* a file with one array of each kind of storage; the numbers follow from their index */
#define SAMPLE_ROWS 700
static void write_sample(const char *name) {
  mm_store *store = create(name);
  mm_store_array big = array_of("group/big", MM_DTYPE_F64, 2, SAMPLE_ROWS, 9, 0);
  mm_store_array small = array_of("small", MM_DTYPE_I32, 1, 5, 0, 0);
  const char *texts[] = {"knee", "", "h\303\274fte"};
  double *numbers = (double *)malloc(SAMPLE_ROWS * 9 * sizeof *numbers);
  const int32_t few[] = {-3, 1, 4, 1, 5};
  for (int i = 0; i < SAMPLE_ROWS * 9; i++) numbers[i] = sin(0.01 * i);
  big.units = "m";
  big.frame = "world";
  ok(mm_store_write(store, &big, numbers));
  ok(mm_store_write(store, &small, few));
  ok(mm_store_write_texts(store, "names", 3, texts));
  free(numbers);
  commit(store);
}

/* 0: read and equal, 1: refused with an error, 2: wrong numbers without an error */
static int read_sample(const char *path) {
  mm_store *store = NULL;
  int64_t shape[2] = {-1, -1}, count = 0;
  double *numbers = NULL;
  int32_t few[5];
  const int64_t five = 5;
  char **texts = NULL, units[16] = "";
  int result = 1;
  if (mm_store_open(ctx, path, &any_def, &store)) return 1;
  if (!mm_store_load(store, "group/big", MM_DTYPE_F64, 2, shape, (void **)&numbers) &&
      !mm_store_read(store, "small", MM_DTYPE_I32, 1, &five, few) &&
      !mm_store_load_texts(store, "names", &count, &texts) &&
      !mm_store_get_text(store, "group/big", "units", units, sizeof units)) {
    int same = shape[0] == SAMPLE_ROWS && shape[1] == 9 && count == 3 && few[0] == -3 && few[4] == 5 &&
               !strcmp(texts[0], "knee") && !texts[1][0] && !strcmp(units, "m");
    for (int i = 0; same && i < SAMPLE_ROWS * 9; i++) same = numbers[i] == sin(0.01 * i);
    result = same ? 0 : 2;
  }
  mm_store_free(store, numbers);
  mm_store_free(store, texts);
  mm_store_close(store);
  return result;
}

static void t_store_keeps_every_type(void **state) {
  const uint8_t u8[] = {0, 255};
  const int32_t i32[] = {INT32_MIN, INT32_MAX};
  const int64_t i64[] = {INT64_MIN, INT64_MAX};
  const float f32[] = {1.5f, -INFINITY};
  const double f64[] = {0.1, NAN};
  const void *data[] = {u8, i32, i64, f32, f64};
  const mm_dtype types[] = {MM_DTYPE_U8, MM_DTYPE_I32, MM_DTYPE_I64, MM_DTYPE_F32, MM_DTYPE_F64};
  const int64_t two = 2;
  char back[16];
  mm_store *store = create("types.h5");
  (void)state;
  for (int i = 0; i < 5; i++) {
    mm_store_array array = array_of(mm__dtype_name(types[i]), types[i], 1, 2, 0, 0);
    ok(mm_store_write(store, &array, data[i]));
  }
  commit(store);
  store = reopen("types.h5");
  for (int i = 0; i < 5; i++) {
    mm_store_array info;
    ok(mm_store_info(store, mm__dtype_name(types[i]), &info));
    assert_int_equal(info.type, types[i]);
    ok(mm_store_read(store, mm__dtype_name(types[i]), types[i], 1, &two, back));
    assert_memory_equal(back, data[i], 2 * mm__dtype_size(types[i]));
  }
  mm_store_close(store);
}

static void t_store_converts_on_read_and_refuses_loss(void **state) {
  mm_store *store = create("convert.h5");
  mm_store_array wide = array_of("wide", MM_DTYPE_I64, 1, 2, 0, 0),
                 real = array_of("real", MM_DTYPE_F64, 1, 2, 0, 0);
  const int64_t large[] = {7, 1LL << 40}, two = 2;
  const double reals[] = {0.1, 2.5};
  double d[2];
  float f[2];
  int32_t i[2];
  (void)state;
  ok(mm_store_write(store, &wide, large));
  ok(mm_store_write(store, &real, reals));
  commit(store);
  store = reopen("convert.h5");
  ok(mm_store_read(store, "wide", MM_DTYPE_F64, 1, &two, d));
  assert_true(d[0] == 7 && d[1] == (double)(1LL << 40));
  ok(mm_store_read(store, "real", MM_DTYPE_F32, 1, &two, f));
  assert_true(f[0] == 0.1f && f[1] == 2.5f);
  fails(mm_store_read(store, "wide", MM_DTYPE_I32, 1, &two, i), MM_E_DATA, "wide");
  fails(mm_store_read(store, "real", MM_DTYPE_I32, 1, &two, i), MM_E_DATA, "float64; int32 is needed");
  mm_store_close(store);
}

static void t_store_keeps_scalars_and_empty_arrays(void **state) {
  mm_store *store = create("scalar.h5");
  mm_store_array scalar = array_of("scalar", MM_DTYPE_F64, 0, 0, 0, 0),
                 none = array_of("none", MM_DTYPE_F64, 2, 4, 0, 0);
  const double value = 3.25;
  double back = 0, *loaded;
  int64_t shape[2] = {-1, -1};
  (void)state;
  ok(mm_store_write(store, &scalar, &value));
  ok(mm_store_write(store, &none, &value));
  commit(store);
  store = reopen("scalar.h5");
  ok(mm_store_read(store, "scalar", MM_DTYPE_F64, 0, NULL, &back));
  assert_true(back == value);
  ok(mm_store_load(store, "none", MM_DTYPE_F64, 2, shape, (void **)&loaded));
  assert_true(shape[0] == 4 && shape[1] == 0);
  mm_store_free(store, loaded);
  mm_store_close(store);
}

static void t_store_reads_and_writes_blocks(void **state) {
  mm_store *store = create("blocks.h5");
  mm_store_array array = array_of("x", MM_DTYPE_F32, 3, 4, 5, 600);
  const int64_t start[] = {1, 2, 0}, count[] = {2, 1, 600}, outside[] = {3, 2, 0};
  float block[1200], back[1200];
  (void)state;
  for (int i = 0; i < 1200; i++) block[i] = (float)i;
  ok(mm_store_declare(store, &array));
  ok(mm_store_write_part(store, "x", MM_DTYPE_F32, start, count, block));
  fails(mm_store_write_part(store, "x", MM_DTYPE_F32, outside, count, block), MM_E_ARGUMENT, "[4, 5, 600]");
  commit(store);
  store = reopen("blocks.h5");
  ok(mm_store_read_part(store, "x", MM_DTYPE_F32, start, count, back));
  assert_memory_equal(back, block, sizeof block);
  mm_store_close(store);
}

static void t_store_appends_rows(void **state) {
  mm_store *store = create("rows.h5");
  mm_store_array array = array_of("log/reward", MM_DTYPE_F32, 2, 0, 3, 0),
                 fixed = array_of("fixed", MM_DTYPE_F32, 1, 3, 0, 0);
  int64_t shape[2] = {-1, 3};
  float row[3], *all;
  (void)state;
  array.extendable = 1;
  ok(mm_store_declare(store, &array));
  for (int i = 0; i < 1000; i++) {
    for (int k = 0; k < 3; k++) row[k] = (float)(3 * i + k);
    ok(mm_store_append(store, "log/reward", MM_DTYPE_F32, 1, row));
  }
  ok(mm_store_write(store, &fixed, row));
  fails(mm_store_append(store, "fixed", MM_DTYPE_F32, 1, row), MM_E_ARGUMENT, "extendable");
  commit(store);
  store = reopen("rows.h5");
  ok(mm_store_load(store, "log/reward", MM_DTYPE_F32, 2, shape, (void **)&all));
  assert_int_equal(shape[0], 1000);
  for (int i = 0; i < 3000; i++) assert_true(all[i] == (float)i);
  mm_store_free(store, all);
  mm_store_close(store);
}

/* chunks need not divide what they hold, and a row may be larger than a chunk */
static void t_store_keeps_arrays_larger_than_a_chunk(void **state) {
  const int64_t n = 300000;
  mm_store *store = create("large.h5");
  mm_store_array array = array_of("x", MM_DTYPE_F64, 2, 2, n, 0);
  int64_t shape[2] = {2, n};
  double *numbers = (double *)malloc(2 * (size_t)n * sizeof *numbers), *back;
  (void)state;
  for (int64_t i = 0; i < 2 * n; i++) numbers[i] = (double)(i * i % 1009);
  ok(mm_store_write(store, &array, numbers));
  commit(store);
  store = reopen("large.h5");
  ok(mm_store_load(store, "x", MM_DTYPE_F64, 2, shape, (void **)&back));
  assert_memory_equal(back, numbers, 2 * (size_t)n * sizeof *numbers);
  mm_store_free(store, back);
  mm_store_close(store);
  free(numbers);
}

static void t_store_compresses_where_it_pays(void **state) {
  mm_store *store = create("pays.h5");
  mm_store_array still = array_of("still", MM_DTYPE_F32, 1, 100000, 0, 0),
                 noise = array_of("noise", MM_DTYPE_U8, 1, 400000, 0, 0);
  float *numbers = (float *)calloc(100000, sizeof *numbers);
  uint8_t *bytes = (uint8_t *)malloc(400000);
  uint32_t seed = 1;
  (void)state;
  for (int i = 0; i < 400000; i++) bytes[i] = (uint8_t)((seed = seed * 1664525u + 1013904223u) >> 24);
  ok(mm_store_write(store, &still, numbers));
  ok(mm_store_write(store, &noise, bytes));
  assert_true(store->ops->stored_bytes(store, "still") < 20000);
  assert_true(store->ops->stored_bytes(store, "noise") >= 400000);
  mm_store_close(store);
  free(numbers);
  free(bytes);
}

static void t_store_shape_errors_name_both_shapes(void **state) {
  const int64_t wanted[] = {2, 7}, flat = 2;
  double numbers[14];
  mm_store *store;
  (void)state;
  write_sample("shape.h5");
  store = reopen("shape.h5");
  fails(mm_store_read(store, "group/big", MM_DTYPE_F64, 2, wanted, numbers), MM_E_DATA,
        "'group/big' has the shape [700, 9]; [2, 7] is needed");
  fails(mm_store_read(store, "group/big", MM_DTYPE_F64, 1, &flat, numbers), MM_E_DATA,
        "[700, 9]; [2] is needed");
  fails(mm_store_read(store, "group/none", MM_DTYPE_F64, 1, &flat, numbers), MM_E_DATA,
        "no array 'group/none'");
  fails(mm_store_read(store, "none/none", MM_DTYPE_F64, 1, &flat, numbers), MM_E_DATA, "no array 'none/none'");
  fails(mm_store_read(store, "group", MM_DTYPE_F64, 1, &flat, numbers), MM_E_DATA, "'group'");
  fails(mm_store_read(store, "names", MM_DTYPE_F64, 1, &flat, numbers), MM_E_DATA, "shape [3]");
  mm_store_close(store);
}

static void t_store_keeps_attributes(void **state) {
  mm_store *store = create("attributes.h5");
  const int32_t pair[] = {3, -4};
  const int64_t large = 1LL << 40;
  const double ratio = 0.5;
  int32_t back[2] = {0, 0};
  double real = 0;
  char text[32];
  (void)state;
  ok(mm_store_group(store, "a/b"));
  ok(mm_store_set_text(store, "a/b", "note", "first"));
  ok(mm_store_set_text(store, "a/b", "note", "second"));
  ok(mm_store_set_text(store, "/", "empty", ""));
  ok(mm_store_set_numbers(store, "a", "pair", MM_DTYPE_I32, 2, pair));
  ok(mm_store_set_numbers(store, "a", "large", MM_DTYPE_I64, 1, &large));
  ok(mm_store_set_numbers(store, "a", "ratio", MM_DTYPE_F64, 1, &ratio));
  commit(store);
  store = reopen("attributes.h5");
  ok(mm_store_get_text(store, "a/b", "note", text, sizeof text));
  assert_string_equal(text, "second");
  ok(mm_store_get_text(store, "/", "empty", text, sizeof text));
  assert_string_equal(text, "");
  ok(mm_store_get_text(store, "/", "created_by", text, sizeof text));
  assert_memory_equal(text, "musclemimic ", 12);
  ok(mm_store_get_numbers(store, "a", "pair", MM_DTYPE_I32, 2, back));
  assert_memory_equal(back, pair, sizeof pair);
  ok(mm_store_get_numbers(store, "a", "ratio", MM_DTYPE_F64, 1, &real));
  assert_true(real == 0.5);
  fails(mm_store_get_numbers(store, "a", "large", MM_DTYPE_I32, 1, back), MM_E_DATA, "does not fit");
  fails(mm_store_get_numbers(store, "a", "pair", MM_DTYPE_I32, 1, back), MM_E_DATA, "has 2 entries");
  fails(mm_store_get_numbers(store, "a", "ratio", MM_DTYPE_I32, 1, back), MM_E_DATA, "float64");
  fails(mm_store_get_text(store, "a/b", "note", text, 4), MM_E_DATA, "longer than 3");
  fails(mm_store_get_text(store, "a/b", "nothing", text, 4), MM_E_DATA, "no attribute 'nothing'");
  assert_true(mm_store_has_attribute(store, "a", "pair") && !mm_store_has_attribute(store, "a", "note"));
  mm_store_close(store);
}

static int collect(const char *name, int is_group, void *user) {
  char *all = (char *)user;
  snprintf(all + strlen(all), 128 - strlen(all), "%s%s ", name, is_group ? "/" : "");
  return 0;
}

static void t_store_lists_members_in_order(void **state) {
  char all[128] = "";
  mm_store *store;
  (void)state;
  write_sample("list.h5");
  store = reopen("list.h5");
  ok(mm_store_list(store, "/", collect, all));
  ok(mm_store_list(store, "group", collect, all));
  assert_string_equal(all, "group/ names small big ");
  fails(mm_store_list(store, "none", collect, all), MM_E_DATA, "no group 'none'");
  mm_store_close(store);
}

static void t_store_checks_what_a_file_is(void **state) {
  mm_store_def def = {"test", 2, 0};
  mm_store *store;
  (void)state;
  write_sample("what.h5");
  fails(mm_store_open(ctx, in_folder("what.h5"), &def, &store), MM_E_DATA, "version 3");
  assert_null(store);
  def.schema = "trajectory";
  fails(mm_store_open(ctx, in_folder("what.h5"), &def, &store), MM_E_DATA, "is a test; a trajectory is needed");
  def = any_def;
  def.model_hash = 12;
  fails(mm_store_open(ctx, in_folder("what.h5"), &def, &store), MM_E_DATA, "model_hash");
  ok(mm_store_create(ctx, in_folder("what.h5"), &def, &store));
  commit(store);
  ok(mm_store_open(ctx, in_folder("what.h5"), &def, &store));
  mm_store_close(store);
  def.model_hash = 13;
  fails(mm_store_open(ctx, in_folder("what.h5"), &def, &store), MM_E_DATA, "000000000000000c");
}

static void t_store_refuses_misuse(void **state) {
  mm_store *store = create("misuse.h5");
  mm_store_array array = array_of("x", MM_DTYPE_F64, 1, 2, 0, 0);
  const double numbers[] = {1, 2};
  (void)state;
  ok(mm_store_write(store, &array, numbers));
  fails(mm_store_write(store, &array, numbers), MM_E_ARGUMENT, "there already");
  array.name = "";
  fails(mm_store_write(store, &array, numbers), MM_E_ARGUMENT, "cannot be the name");
  array.name = "y";
  array.shape[0] = -1;
  fails(mm_store_write(store, &array, numbers), MM_E_ARGUMENT, "cannot have the shape");
  array.rank = 9;
  fails(mm_store_write(store, &array, numbers), MM_E_ARGUMENT, "9 dimensions");
  ok(mm_store_commit(store));
  fails(mm_store_group(store, "late"), MM_E_ARGUMENT, "not open for writing");
  mm_store_close(store);
  store = reopen("misuse.h5");
  fails(mm_store_group(store, "late"), MM_E_ARGUMENT, "not open for writing");
  mm_store_close(store);
}

/* the old file stands until the new one is complete, and nothing else is left in the folder */
static void t_store_appears_whole_or_not_at_all(void **state) {
  mm_store *store;
  mm_store_array array = array_of("other", MM_DTYPE_F64, 0, 0, 0, 0);
  const double value = 1;
  (void)state;
  write_sample("whole.h5");
  store = create("whole.h5");
  ok(mm_store_write(store, &array, &value));
  assert_int_equal(read_sample(in_folder("whole.h5")), 0);
  assert_int_equal(access(in_folder("whole.h5.part"), F_OK), 0);
  mm_store_close(store);
  assert_int_equal(read_sample(in_folder("whole.h5")), 0);
  assert_int_not_equal(access(in_folder("whole.h5.part"), F_OK), 0);
  store = create("whole.h5");
  ok(mm_store_write(store, &array, &value));
  commit(store);
  assert_int_not_equal(read_sample(in_folder("whole.h5")), 0);
  assert_int_not_equal(access(in_folder("whole.h5.part"), F_OK), 0);
}

static void t_store_same_numbers_give_same_bytes(void **state) {
  char *first, *second;
  size_t first_size, second_size;
  (void)state;
  write_sample("first.h5");
  write_sample("second.h5");
  ok(mm__file_read(ctx, in_folder("first.h5"), 1 << 24, &first, &first_size));
  ok(mm__file_read(ctx, in_folder("second.h5"), 1 << 24, &second, &second_size));
  assert_int_equal(first_size, second_size);
  assert_memory_equal(first, second, first_size);
  mm__free(ctx, first);
  mm__free(ctx, second);
}

/* what is run in a child: returns 0 for success; a signal is a failure of the test */
static int in_child(int (*run)(const char *path), const char *path) {
  int status = 0;
  pid_t child = fork();
  if (!child) _exit(run(path));
  assert_true(child > 0 && waitpid(child, &status, 0) == child);
  if (!WIFEXITED(status)) fail_msg("%s: the reader died of signal %d", path, WTERMSIG(status));
  return WEXITSTATUS(status);
}

static int fill_disk(const char *path) {
  const struct rlimit limit = {200000, 200000};
  mm_store_array array = array_of("x", MM_DTYPE_U8, 1, 1000000, 0, 0);
  mm_store *store;
  uint8_t *bytes = (uint8_t *)malloc(1000000);
  mm_status status;
  uint32_t seed = 1;
  char left[160];
  for (int i = 0; i < 1000000; i++) bytes[i] = (uint8_t)((seed = seed * 1664525u + 1013904223u) >> 24);
  signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &limit);
  if (mm_store_create(ctx, path, NULL, &store)) return 1;
  status = mm_store_write(store, &array, bytes);
  if (!status) status = mm_store_commit(store);
  mm_store_close(store);
  free(bytes);
  snprintf(left, sizeof left, "%s.part", path);
  return status == MM_E_FILE && access(left, F_OK) && read_sample(path) == 0 ? 0 : 2;
}

static void t_store_full_disk_keeps_the_old_file(void **state) {
  (void)state;
  write_sample("full.h5");
  assert_int_equal(in_child(fill_disk, in_folder("full.h5")), 0);
}

static int second_writer(const char *path) {
  mm_store *store;
  return mm_store_create(ctx, path, NULL, &store) == MM_E_FILE && strstr(mm_error(ctx), "another process") ? 0
                                                                                                           : 1;
}

static void t_store_refuses_a_second_writer(void **state) {
  mm_store *store = create("twice.h5");
  (void)state;
  assert_int_equal(in_child(second_writer, in_folder("twice.h5")), 0);
  commit(store);
  fails(mm_store_create(ctx, in_folder("none/x.h5"), NULL, &store), MM_E_FILE, "No such file");
  fails(mm_store_create(ctx, folder, NULL, &store), MM_E_FILE, "not a file");
}

static void t_store_refuses_what_is_not_hdf5(void **state) {
  mm_store *store;
  (void)state;
  fails(mm_store_open(ctx, in_folder("nothing.h5"), NULL, &store), MM_E_FILE, "No such file");
  fails(mm_store_open(ctx, folder, NULL, &store), MM_E_FILE, "is not a file");
  write_bytes("text.h5", "hello", 5);
  fails(mm_store_open(ctx, in_folder("text.h5"), NULL, &store), MM_E_PARSE, "is not an HDF5 file");
  write_bytes("empty.h5", "", 0);
  fails(mm_store_open(ctx, in_folder("empty.h5"), NULL, &store), MM_E_PARSE, "is not an HDF5 file");
  write_bytes("zip.h5", "PK\003\004abcdefgh", 12);
  fails(mm_store_open(ctx, in_folder("zip.h5"), NULL, &store), MM_E_PARSE, "zip");
}

static void t_store_survives_truncation(void **state) {
  char *bytes;
  size_t size;
  (void)state;
  write_sample("whole.h5");
  ok(mm__file_read(ctx, in_folder("whole.h5"), 1 << 24, &bytes, &size));
  for (size_t cut = 0; cut < size; cut += cut < 3000 ? 37 : 1499) {
    write_bytes("cut.h5", bytes, cut);
    assert_int_equal(in_child(read_sample, in_folder("cut.h5")), 1);
  }
  mm__free(ctx, bytes);
}

/* every block carries a checksum, so damage is an error or does not matter: never a crash or other numbers */
static void t_store_survives_flipped_bytes(void **state) {
  char *bytes;
  size_t size;
  int refused = 0, tried = 0;
  (void)state;
  write_sample("whole.h5");
  ok(mm__file_read(ctx, in_folder("whole.h5"), 1 << 24, &bytes, &size));
  for (size_t at = 0; at < size; at += at < 2000 ? 3 : 97) {
    int result;
    bytes[at] = (char)(bytes[at] ^ (1 << (at % 8)));
    write_bytes("flip.h5", bytes, size);
    bytes[at] = (char)(bytes[at] ^ (1 << (at % 8)));
    result = in_child(read_sample, in_folder("flip.h5"));
    if (result == 2) fail_msg("byte %zu: other numbers were read without an error", at);
    refused += result;
    tried++;
  }
  assert_true(refused > tried / 2);
  mm__free(ctx, bytes);
}

#ifndef MUSCLEMIMIC_NO_HDF5
static herr_t own_handler(hid_t stack, void *user) {
  (void)stack;
  (*(int *)user)++;
  return 0;
}

static void t_store_leaves_the_error_handler_of_the_program(void **state) {
  int called = 0;
  H5E_auto2_t found = NULL;
  void *user = NULL;
  mm_store *store;
  (void)state;
  H5Eset_auto2(H5E_DEFAULT, own_handler, &called);
  write_bytes("text.h5", "hello", 5);
  fails(mm_store_open(ctx, in_folder("text.h5"), NULL, &store), MM_E_PARSE, "not an HDF5");
  assert_int_equal(called, 0);
  H5Eget_auto2(H5E_DEFAULT, &found, &user);
  assert_true(found == own_handler && user == &called);
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

/* a file from a stranger must not make the program read other files */
static void t_store_does_not_follow_links_to_other_files(void **state) {
  const int64_t five = 5;
  int32_t few[5];
  hid_t file, space, layout, set;
  hsize_t shape = 5;
  mm_store *store;
  (void)state;
  write_sample("target.h5");
  file = H5Fcreate(in_folder("links.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_external(in_folder("target.h5"), "/small", file, "linked", H5P_DEFAULT, H5P_DEFAULT);
  space = H5Screate_simple(1, &shape, NULL);
  layout = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_external(layout, in_folder("target.h5"), 0, 20);
  set = H5Dcreate2(file, "outside", H5T_STD_I32LE, space, H5P_DEFAULT, layout, H5P_DEFAULT);
  H5Dclose(set);
  H5Pclose(layout);
  H5Sclose(space);
  H5Fclose(file);
  store = reopen("links.h5");
  assert_int_equal(mm_store_has(store, "linked"), 0);
  fails(mm_store_read(store, "linked", MM_DTYPE_I32, 1, &five, few), MM_E_DATA, "link to another file");
  fails(mm_store_read(store, "outside", MM_DTYPE_I32, 1, &five, few), MM_E_UNSUPPORTED, "lies in another file");
  mm_store_close(store);
}

/* a declared size is not believed when next to nothing is stored */
static void t_store_refuses_impossible_sizes(void **state) {
  int64_t shape[2] = {-1, -1};
  hsize_t huge[] = {1000000000, 1000}, chunk[] = {1000, 1000};
  void *data;
  hid_t file = H5Fcreate(in_folder("huge.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  hid_t space = H5Screate_simple(2, huge, NULL), layout = H5Pcreate(H5P_DATASET_CREATE), set;
  mm_store *store;
  (void)state;
  H5Pset_chunk(layout, 2, chunk);
  set = H5Dcreate2(file, "huge", H5T_IEEE_F64LE, space, H5P_DEFAULT, layout, H5P_DEFAULT);
  H5Dclose(set);
  H5Pclose(layout);
  H5Sclose(space);
  H5Fclose(file);
  store = reopen("huge.h5");
  fails(mm_store_load(store, "huge", MM_DTYPE_F64, 2, shape, &data), MM_E_PARSE, "[1000000000, 1000]");
  assert_null(data);
  mm_store_close(store);
}

static void write_foreign_text(const char *name) {
  const char *texts[] = {"alpha", "beta"};
  const char *one = "male";
  hsize_t two = 2;
  hid_t file = H5Fcreate(in_folder(name), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), type = H5Tcopy(H5T_C_S1);
  hid_t space = H5Screate_simple(1, &two, NULL), scalar = H5Screate(H5S_SCALAR), set, attribute;
  H5Tset_size(type, H5T_VARIABLE);
  set = H5Dcreate2(file, "texts", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts);
  attribute = H5Acreate2(set, "gender", type, scalar, H5P_DEFAULT, H5P_DEFAULT);
  H5Awrite(attribute, type, &one);
  H5Aclose(attribute);
  H5Dclose(set);
  H5Sclose(space);
  H5Sclose(scalar);
  H5Tclose(type);
  H5Fclose(file);
}

static void t_store_reads_strings_of_varying_length(void **state) {
  char **texts, gender[16];
  int64_t count;
  mm_store *store;
  (void)state;
  write_foreign_text("foreign.h5");
  store = reopen("foreign.h5");
  ok(mm_store_load_texts(store, "texts", &count, &texts));
  assert_int_equal(count, 2);
  assert_string_equal(texts[0], "alpha");
  assert_string_equal(texts[1], "beta");
  ok(mm_store_get_text(store, "texts", "gender", gender, sizeof gender));
  assert_string_equal(gender, "male");
  mm_store_free(store, texts);
  mm_store_close(store);
}
#endif

static void t_store_keeps_many_texts(void **state) {
  enum { N = 5000 };
  static char storage[N][40];
  const char *texts[N];
  char **back;
  int64_t count;
  mm_store *store = create("texts.h5");
  (void)state;
  for (int i = 0; i < N; i++) {
    snprintf(storage[i], sizeof storage[i], "joint_%d_with_a_long_name", i);
    texts[i] = storage[i];
  }
  ok(mm_store_write_texts(store, "names", N, texts));
  ok(mm_store_write_texts(store, "none", 0, texts));
  commit(store);
  store = reopen("texts.h5");
  ok(mm_store_load_texts(store, "names", &count, &back));
  assert_int_equal(count, N);
  for (int i = 0; i < N; i++) assert_string_equal(back[i], texts[i]);
  mm_store_free(store, back);
  ok(mm_store_load_texts(store, "none", &count, &back));
  assert_int_equal(count, 0);
  mm_store_free(store, back);
  mm_store_close(store);
}

static mm_status write_and_read(mm_context *own, const void *user) {
  static double x[20000];
  const char *texts[] = {"knee", "hip"};
  mm_store_array array = array_of("group/x", MM_DTYPE_F64, 1, 20000, 0, 0);
  int64_t shape = -1, count;
  void *data = NULL;
  char **names = NULL;
  mm_store *store = NULL;
  mm_status status = mm_store_create(own, in_folder("failing.h5"), &any_def, &store);
  (void)user;
  if (!status) status = mm_store_write(store, &array, x);
  if (!status) status = mm_store_write_texts(store, "names", 2, texts);
  if (!status) status = mm_store_commit(store);
  mm_store_close(store);
  if (status) return status;
  MM_TRY(mm_store_open(own, in_folder("failing.h5"), &any_def, &store));
  status = mm_store_load(store, "group/x", MM_DTYPE_F64, 1, &shape, &data);
  if (!status) status = mm_store_load_texts(store, "names", &count, &names);
  mm_store_free(store, data);
  mm_store_free(store, names);
  mm_store_close(store);
  return status;
}

static void t_store_survives_each_failed_allocation(void **state) {
  (void)state;
  assert_true(survives_scarcity(write_and_read, NULL) >= 8);
}

int main(void) {
#ifdef MUSCLEMIMIC_NO_HDF5
  mm_store *store;
  const struct CMUnitTest tests[] = {cmocka_unit_test(t_store_keeps_every_type)};
  (void)tests;
  if (mm_context_create(NULL, &ctx)) return 1;
  return mm_store_open(ctx, "x.h5", &any_def, &store) == MM_E_UNSUPPORTED && strstr(mm_error(ctx), "NO_HDF5")
             ? 0
             : 1;
#else
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_store_keeps_every_type),
    cmocka_unit_test(t_store_converts_on_read_and_refuses_loss),
    cmocka_unit_test(t_store_keeps_scalars_and_empty_arrays),
    cmocka_unit_test(t_store_reads_and_writes_blocks),
    cmocka_unit_test(t_store_appends_rows),
    cmocka_unit_test(t_store_keeps_arrays_larger_than_a_chunk),
    cmocka_unit_test(t_store_compresses_where_it_pays),
    cmocka_unit_test(t_store_shape_errors_name_both_shapes),
    cmocka_unit_test(t_store_keeps_attributes),
    cmocka_unit_test(t_store_lists_members_in_order),
    cmocka_unit_test(t_store_checks_what_a_file_is),
    cmocka_unit_test(t_store_refuses_misuse),
    cmocka_unit_test(t_store_appears_whole_or_not_at_all),
    cmocka_unit_test(t_store_same_numbers_give_same_bytes),
    cmocka_unit_test(t_store_full_disk_keeps_the_old_file),
    cmocka_unit_test(t_store_refuses_a_second_writer),
    cmocka_unit_test(t_store_refuses_what_is_not_hdf5),
    cmocka_unit_test(t_store_survives_truncation),
    cmocka_unit_test(t_store_survives_flipped_bytes),
    cmocka_unit_test(t_store_leaves_the_error_handler_of_the_program),
    cmocka_unit_test(t_store_does_not_follow_links_to_other_files),
    cmocka_unit_test(t_store_refuses_impossible_sizes),
    cmocka_unit_test(t_store_reads_strings_of_varying_length),
    cmocka_unit_test(t_store_keeps_many_texts),
    cmocka_unit_test(t_store_survives_each_failed_allocation),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
#endif
}
