/* >>hdf5: HDF5 as a store */

#ifdef MUSCLEMIMIC_NO_HDF5

MM_PRIVATE const mm__store_ops *mm__store_hdf5(void) { return NULL; }

#else

/* Files use the 1.10 format: every block of metadata carries a checksum. Small arrays lie in the object header, under
   its checksum; larger ones in chunks under Fletcher32. Times are not recorded, so the same numbers give the same
   bytes. External links, external and virtual storage are refused: a file may not make us read another one. */

#define MM_H5_COMPACT 8192           /* arrays up to this many bytes lie in the object header */
#define MM_H5_CHUNK (512 * 1024)     /* bytes of a chunk, where the caller does not choose */
#define MM_H5_CHUNK_MAX (1LL << 30)  /* no file needs larger ones; a damaged file may declare them */
#define MM_H5_DEFLATE 1              /* on motion, level 6 gives 3 % more for 1.6 times the time */

/* HDF5 prints its errors by default: switched off for the length of a call, then as the host program had it */
static void mm__h5_enter(mm__store_quiet *saved) {
  unsigned v2 = 1;
  H5Eauto_is_v2(H5E_DEFAULT, &v2);
  saved->version = v2 ? 2 : 1;
  if (v2) {
    H5E_auto2_t function = NULL;
    H5Eget_auto2(H5E_DEFAULT, &function, &saved->data);
    saved->function = (void (*)(void))function;
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  }
#ifndef H5_NO_DEPRECATED_SYMBOLS
  else {
    H5E_auto1_t function = NULL;
    H5Eget_auto1(&function, &saved->data);
    saved->function = (void (*)(void))function;
    H5Eset_auto1(NULL, NULL);
  }
#endif
}

static void mm__h5_leave(mm__store_quiet *saved) {
  if (saved->version == 2) H5Eset_auto2(H5E_DEFAULT, (H5E_auto2_t)saved->function, saved->data);
#ifndef H5_NO_DEPRECATED_SYMBOLS
  else H5Eset_auto1((H5E_auto1_t)saved->function, saved->data);
#endif
}

/* the innermost entry of HDF5's error stack is the cause */
static herr_t mm__h5_cause(unsigned index, const H5E_error2_t *entry, void *user) {
  if (index == 0 && entry->desc) snprintf((char *)user, 256, "%s", entry->desc);
  return 0;
}

static mm_status mm__h5_fail(mm_store *store, mm_status status, const char *format, ...) MM_PRINTF(3, 4);

/* "path: what (HDF5: cause)"; to be called before any other call into HDF5 clears its error stack */
static mm_status mm__h5_fail(mm_store *store, mm_status status, const char *format, ...) {
  char cause[256] = "", what[640];
  va_list args;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, mm__h5_cause, cause);
  H5Eclear2(H5E_DEFAULT);
  va_start(args, format);
  vsnprintf(what, sizeof what, format, args);
  va_end(args);
  return mm__fail(store->ctx, status, "%s: %s%s%s%s", store->path, what, cause[0] ? " (HDF5: " : "", cause,
                  cause[0] ? ")" : "");
}

/* closes an identifier of any kind */
static void mm__h5_close(hid_t id) {
  if (id >= 0) H5Idec_ref(id);
}

static hid_t mm__h5_memory_type(mm_dtype type) {
  switch (type) {
    case MM_DTYPE_U8: return H5T_NATIVE_UINT8;
    case MM_DTYPE_I32: return H5T_NATIVE_INT32;
    case MM_DTYPE_I64: return H5T_NATIVE_INT64;
    case MM_DTYPE_F32: return H5T_NATIVE_FLOAT;
    default: return H5T_NATIVE_DOUBLE;
  }
}

static hid_t mm__h5_file_type(mm_dtype type) {
  switch (type) {
    case MM_DTYPE_U8: return H5T_STD_U8LE;
    case MM_DTYPE_I32: return H5T_STD_I32LE;
    case MM_DTYPE_I64: return H5T_STD_I64LE;
    case MM_DTYPE_F32: return H5T_IEEE_F32LE;
    default: return H5T_IEEE_F64LE;
  }
}

/* what a type of the file is read as; h5py stores booleans as an enumeration of bytes */
static mm_dtype mm__h5_dtype(hid_t type) {
  const H5T_class_t kind = H5Tget_class(type);
  const size_t size = H5Tget_size(type);
  if (kind == H5T_STRING) return MM_DTYPE_TEXT;
  if (kind == H5T_FLOAT) return size <= 4 ? MM_DTYPE_F32 : MM_DTYPE_F64;
  if (kind == H5T_ENUM) return size == 1 ? MM_DTYPE_U8 : size <= 4 ? MM_DTYPE_I32 : MM_DTYPE_I64;
  if (kind != H5T_INTEGER) return MM_DTYPE_NONE;
  if (H5Tget_sign(type) != H5T_SGN_NONE) return size <= 4 ? MM_DTYPE_I32 : MM_DTYPE_I64;
  return size == 1 ? MM_DTYPE_U8 : size < 4 ? MM_DTYPE_I32 : MM_DTYPE_I64;
}

/* an integer that does not fit stops the read; rounding of reals does not */
static H5T_conv_ret_t mm__h5_overflow(H5T_conv_except_t kind, hid_t from, hid_t to, void *source, void *target,
                                      void *user) {
  (void)from, (void)source, (void)target, (void)user;
  if ((kind == H5T_CONV_EXCEPT_RANGE_HI || kind == H5T_CONV_EXCEPT_RANGE_LOW) &&
      H5Tget_class(to) == H5T_INTEGER)
    return H5T_CONV_ABORT;
  return H5T_CONV_UNHANDLED;
}

static herr_t mm__h5_refuse_link(const char *parent_file, const char *parent_group, const char *file,
                                 const char *object, unsigned *flags, hid_t access, void *user) {
  (void)parent_file, (void)parent_group, (void)file, (void)object, (void)flags, (void)access, (void)user;
  return -1;
}

static hid_t mm__h5_object(mm_store *store, const char *name) {
  return H5Oopen((hid_t)store->file, name, (hid_t)store->access);
}

/* The driver through which files are written. When a write fails, HDF5 keeps objects that it could not flush and
   crashes over them when the program ends. So this driver remembers the first failure, takes the rest as written, and
   the store reports it. It writes to the descriptor that holds the lock. */

typedef struct mm__h5_target { int file; int *failed; } mm__h5_target;

typedef struct mm__h5_driver {
  H5FD_t base; /* HDF5's part; must be first */
  mm__h5_target target;
  haddr_t allocated, end;
} mm__h5_driver;

static H5FD_t *mm__h5_driver_open(const char *name, unsigned flags, hid_t access, haddr_t limit) {
  const mm__h5_target *target = (const mm__h5_target *)H5Pget_driver_info(access);
  mm__h5_driver *driver = (mm__h5_driver *)calloc(1, sizeof *driver);
  struct stat found;
  (void)name, (void)limit;
  if (!driver || !target || fstat(target->file, &found) ||
      ((flags & H5F_ACC_TRUNC) && ftruncate(target->file, 0))) {
    free(driver);
    return NULL;
  }
  driver->target = *target;
  driver->end = flags & H5F_ACC_TRUNC ? 0 : (haddr_t)found.st_size;
  return &driver->base;
}

static herr_t mm__h5_driver_close(H5FD_t *driver) {
  free(driver);
  return 0;
}

static int mm__h5_driver_compare(const H5FD_t *one, const H5FD_t *other) {
  const int a = ((const mm__h5_driver *)one)->target.file, b = ((const mm__h5_driver *)other)->target.file;
  return (a > b) - (a < b);
}

static herr_t mm__h5_driver_query(const H5FD_t *driver, unsigned long *flags) {
  (void)driver;
  *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
           H5FD_FEAT_AGGREGATE_SMALLDATA;
  return 0;
}

static haddr_t mm__h5_driver_allocated(const H5FD_t *driver, H5FD_mem_t type) {
  (void)type;
  return ((const mm__h5_driver *)driver)->allocated;
}

static herr_t mm__h5_driver_allocate(H5FD_t *driver, H5FD_mem_t type, haddr_t address) {
  (void)type;
  ((mm__h5_driver *)driver)->allocated = address;
  return 0;
}

static haddr_t mm__h5_driver_end(const H5FD_t *driver, H5FD_mem_t type) {
  (void)type;
  return ((const mm__h5_driver *)driver)->end;
}

/* what lies behind the end reads as zeros */
static herr_t mm__h5_driver_read(H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size,
                                 void *bytes) {
  const int file = ((const mm__h5_driver *)base)->target.file;
  char *next = (char *)bytes;
  (void)type, (void)transfer;
  while (size) {
    ssize_t got = pread(file, next, size, (off_t)address);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) {
      memset(next, 0, size);
      return 0;
    }
    next += got;
    address += (haddr_t)got;
    size -= (size_t)got;
  }
  return 0;
}

static herr_t mm__h5_driver_write(H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size,
                                  const void *bytes) {
  mm__h5_driver *driver = (mm__h5_driver *)base;
  const char *next = (const char *)bytes;
  (void)type, (void)transfer;
  if (address + size > driver->end) driver->end = address + size;
  while (size && !*driver->target.failed) {
    ssize_t put = pwrite(driver->target.file, next, size, (off_t)address);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) {
      *driver->target.failed = put ? errno : ENOSPC;
      return 0;
    }
    next += put;
    address += (haddr_t)put;
    size -= (size_t)put;
  }
  return 0;
}

static herr_t mm__h5_driver_truncate(H5FD_t *base, hid_t transfer, hbool_t closing) {
  mm__h5_driver *driver = (mm__h5_driver *)base;
  (void)transfer, (void)closing;
  if (!*driver->target.failed && ftruncate(driver->target.file, (off_t)driver->allocated))
    *driver->target.failed = errno;
  driver->end = driver->allocated;
  return 0;
}

static hid_t mm__h5_driver_register(void) {
  H5FD_class_t driver;
  memset(&driver, 0, sizeof driver);
#if H5_VERSION_GE(1, 13, 0)
  driver.version = H5FD_CLASS_VERSION;
  driver.value = (H5FD_class_value_t)H5_VFD_RESERVED; /* above this number HDF5 leaves them to programs */
#endif
  driver.name = "musclemimic";
  driver.maxaddr = (haddr_t)INT64_MAX;
  driver.fc_degree = H5F_CLOSE_STRONG;
  driver.fapl_size = sizeof(mm__h5_target);
  driver.open = mm__h5_driver_open;
  driver.close = mm__h5_driver_close;
  driver.cmp = mm__h5_driver_compare;
  driver.query = mm__h5_driver_query;
  driver.get_eoa = mm__h5_driver_allocated;
  driver.set_eoa = mm__h5_driver_allocate;
  driver.get_eof = mm__h5_driver_end;
  driver.read = mm__h5_driver_read;
  driver.write = mm__h5_driver_write;
  driver.truncate = mm__h5_driver_truncate;
  return H5FDregister(&driver);
}

static mm_status mm__h5_open_written(mm_store *store, hid_t layout) {
  const hid_t driver = mm__h5_driver_register(), creation = H5Pcreate(H5P_FILE_CREATE);
  mm_status status = MM_OK;
  mm__h5_target target;
  target.file = store->lock;
  target.failed = &store->failed;
  H5Pset_obj_track_times(creation, 0);
  if (H5Pset_driver(layout, driver, &target) >= 0)
    store->file = H5Fcreate(store->part, H5F_ACC_TRUNC, creation, layout);
  if (store->file < 0) status = mm__h5_fail(store, MM_E_FILE, "cannot be created");
  H5Pclose(creation);
  if (driver >= 0) H5FDunregister(driver); /* the open file keeps it */
  return status;
}

/* HDF5 says little about what is not HDF5, so the first bytes are looked at before */
static mm_status mm__h5_open_read(mm_store *store, hid_t layout) {
  static const char signature[] = "\211HDF\r\n\032\n";
  char head[8] = {0};
  struct stat found;
  FILE *file;
  if (stat(store->path, &found)) return mm__fail(store->ctx, MM_E_FILE, "%s: %s", store->path, strerror(errno));
  if (!S_ISREG(found.st_mode)) return mm__fail(store->ctx, MM_E_FILE, "%s: is not a file", store->path);
  file = fopen(store->path, "rb");
  if (!file) return mm__fail(store->ctx, MM_E_FILE, "%s: %s", store->path, strerror(errno));
  if (fread(head, 1, sizeof head, file) < sizeof head) head[0] = 0;
  fclose(file);
#if (H5_VERSION_GE(1, 10, 7) && !H5_VERSION_GE(1, 12, 0)) || H5_VERSION_GE(1, 12, 1)
  H5Pset_file_locking(layout, 0, 1); /* files appear whole, so a reader need not wait for whoever just made one */
#endif
  store->file = H5Fopen(store->path, H5F_ACC_RDONLY, layout);
  if (store->file >= 0) return MM_OK;
  if (!memcmp(head, "PK\003\004", 4))
    return mm__fail(store->ctx, MM_E_PARSE, "%s: is a zip archive (.npz?), not HDF5", store->path);
  if (memcmp(head, signature, 8))
    return mm__fail(store->ctx, MM_E_PARSE, "%s: is not an HDF5 file", store->path);
  return mm__h5_fail(store, MM_E_PARSE, "is a truncated or damaged HDF5 file");
}

static mm_status mm__h5_open(mm_store *store) {
  hid_t layout = H5Pcreate(H5P_FILE_ACCESS);
  mm_status status;
  if (layout < 0) return mm__h5_fail(store, MM_E_FILE, "the HDF5 library does not start");
  store->access = H5Pcreate(H5P_LINK_ACCESS);
  H5Pset_elink_cb((hid_t)store->access, mm__h5_refuse_link, NULL);
  H5Pset_fclose_degree(layout, H5F_CLOSE_STRONG);
#if H5_VERSION_GE(1, 10, 2)
  H5Pset_libver_bounds(layout, H5F_LIBVER_V110, H5F_LIBVER_V110);
#else
  H5Pset_libver_bounds(layout, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
#endif
  status = store->writing ? mm__h5_open_written(store, layout) : mm__h5_open_read(store, layout);
  H5Pclose(layout);
  if (status) {
    H5Pclose((hid_t)store->access);
    store->file = -1;
  }
  return status;
}

static mm_status mm__h5_close_file(mm_store *store) {
  hid_t file = (hid_t)store->file;
  mm_status status = MM_OK;
  if (store->part && H5Fflush(file, H5F_SCOPE_GLOBAL) < 0)
    status = mm__h5_fail(store, MM_E_FILE, "cannot be written");
  if (H5Fclose(file) < 0 && !status && store->part) status = mm__h5_fail(store, MM_E_FILE, "cannot be written");
  H5Pclose((hid_t)store->access);
  store->file = -1;
  return status;
}

/* H5Lexists fails where a group on the way is missing, so each step is asked for */
static int mm__h5_has(mm_store *store, const char *name) {
  char path[520];
  H5I_type_t kind;
  hid_t object;
  snprintf(path, sizeof path, "%s", name);
  for (char *c = path + (path[0] == '/'); *c; c++) {
    if (*c != '/') continue;
    *c = 0;
    if (H5Lexists((hid_t)store->file, path, (hid_t)store->access) <= 0) return 0;
    *c = '/';
  }
  if (H5Lexists((hid_t)store->file, path, (hid_t)store->access) <= 0) return 0;
  object = mm__h5_object(store, name);
  if (object < 0) return 0;
  kind = H5Iget_type(object);
  mm__h5_close(object);
  return kind == H5I_DATASET ? 1 : kind == H5I_GROUP ? 2 : 0;
}

static mm_status mm__h5_list(mm_store *store, const char *group, mm_store_visit visit, void *user) {
  char name[512], path[1040];
  H5G_info_t info;
  mm_status status = MM_OK;
  int stop = 0;
  hid_t object = mm__h5_object(store, group);
  if (object < 0) return mm__h5_fail(store, MM_E_DATA, "there is no group '%s'", group);
  if (H5Gget_info(object, &info) < 0) {
    status = mm__h5_fail(store, MM_E_DATA, "'%s' is not a group that can be read", group);
    info.nlinks = 0;
  }
  for (hsize_t i = 0; i < info.nlinks && !stop && !status; i++) {
    ssize_t length = H5Lget_name_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof name,
                                        (hid_t)store->access);
    if (length < 0 || (size_t)length >= sizeof name) {
      status = mm__h5_fail(store, MM_E_PARSE, "the members of group '%s' cannot be read", group);
      continue;
    }
    snprintf(path, sizeof path, "%s/%s", strcmp(group, "/") ? group : "", name);
    stop = visit(name, mm__h5_has(store, path) == 2, user);
  }
  mm__h5_close(object);
  return status;
}

/* the groups on the way to name, and name itself when it ends the path with a slash */
static mm_status mm__h5_make_groups(mm_store *store, const char *name) {
  char path[520];
  snprintf(path, sizeof path, "%s", name);
  for (char *c = path + (path[0] == '/'); *c; c++) {
    hid_t creation, group;
    if (*c != '/') continue;
    *c = 0;
    if (H5Lexists((hid_t)store->file, path, (hid_t)store->access) <= 0) {
      mm_status status = MM_OK;
      creation = H5Pcreate(H5P_GROUP_CREATE);
      H5Pset_obj_track_times(creation, 0);
      group = H5Gcreate2((hid_t)store->file, path, H5P_DEFAULT, creation, H5P_DEFAULT);
      if (group < 0) status = mm__h5_fail(store, MM_E_FILE, "group '%s' cannot be made", path);
      mm__h5_close(group);
      H5Pclose(creation);
      MM_TRY(status);
    }
    *c = '/';
  }
  return MM_OK;
}

static mm_status mm__h5_group(mm_store *store, const char *name) {
  char path[520];
  snprintf(path, sizeof path, "%s/", name);
  return mm__h5_make_groups(store, path);
}

/* Chunks of about MM_H5_CHUNK bytes: as many leading rows as fit, or parts of a row where one is larger. */
static void mm__h5_chunk(const mm_store_array *array, hsize_t *chunk) {
  double rest = (double)mm__dtype_size(array->type);
  for (int i = array->rank - 1; i >= 0; i--) {
    const int grows = array->extendable && i == 0;
    int64_t most = grows ? INT64_MAX : array->shape[i], fit = (int64_t)(MM_H5_CHUNK / rest);
    if (array->chunk[i] > 0) fit = array->chunk[i];
    if (fit > most) fit = most;
    chunk[i] = (hsize_t)(fit < 1 ? 1 : fit);
    rest *= array->shape[i] ? (double)array->shape[i] : 1;
  }
}

/* creation properties of a new array: where it lies, checksums, compression */
static hid_t mm__h5_layout(const mm_store_array *array, int compress) {
  const int64_t bytes = mm__shape_bytes(array->rank, array->shape, mm__dtype_size(array->type));
  hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
  hsize_t chunk[MM_RANK_MAX];
  H5Pset_obj_track_times(layout, 0);
  if (!array->rank || (!array->extendable && bytes <= MM_H5_COMPACT)) {
    H5Pset_layout(layout, H5D_COMPACT);
    return layout;
  }
  mm__h5_chunk(array, chunk);
  H5Pset_chunk(layout, array->rank, chunk);
  if (compress && H5Zfilter_avail(H5Z_FILTER_DEFLATE) > 0) {
    if (mm__dtype_size(array->type) > 1) H5Pset_shuffle(layout);
    H5Pset_deflate(layout, MM_H5_DEFLATE);
  }
  H5Pset_fletcher32(layout);
  return layout;
}

static mm_status mm__h5_declare(mm_store *store, const mm_store_array *array, int compress) {
  hsize_t shape[MM_RANK_MAX], most[MM_RANK_MAX];
  hid_t layout, space, set;
  mm_status status = MM_OK;
  MM_TRY(mm__h5_make_groups(store, array->name));
  for (int i = 0; i < array->rank; i++) {
    shape[i] = (hsize_t)array->shape[i];
    most[i] = array->extendable && (i == 0 || !shape[i]) ? H5S_UNLIMITED : shape[i];
  }
  layout = mm__h5_layout(array, compress);
  space = array->rank ? H5Screate_simple(array->rank, shape, most) : H5Screate(H5S_SCALAR);
  set = H5Dcreate2((hid_t)store->file, array->name, mm__h5_file_type(array->type), space, H5P_DEFAULT, layout,
                   H5P_DEFAULT);
  if (set < 0) status = mm__h5_fail(store, MM_E_FILE, "array '%s' cannot be made", array->name);
  mm__h5_close(set);
  mm__h5_close(space);
  mm__h5_close(layout);
  return status;
}

/* refuses what would read other files, and chunks that no sound file has */
static mm_status mm__h5_check_storage(mm_store *store, const char *name, hid_t set, mm_store_array *array) {
  hid_t layout = H5Dget_create_plist(set);
  hsize_t chunk[H5S_MAX_RANK] = {0};
  double bytes = 8;
  mm_status status = MM_OK;
  if (layout < 0) return mm__h5_fail(store, MM_E_PARSE, "array '%s' is damaged", name);
  if (H5Pget_layout(layout) == H5D_VIRTUAL || H5Pget_external_count(layout) > 0)
    status = mm__fail(store->ctx, MM_E_UNSUPPORTED,
                      "%s: array '%s' lies in another file; make a copy that holds it "
                      "(h5repack)",
                      store->path, name);
  if (!status && H5Pget_layout(layout) == H5D_CHUNKED) {
    int rank = H5Pget_chunk(layout, H5S_MAX_RANK, chunk);
    for (int i = 0; i < rank; i++) bytes *= (double)chunk[i];
    for (int i = 0; i < rank && i < MM_RANK_MAX; i++) array->chunk[i] = (int64_t)chunk[i];
    if (rank < 0 || bytes > 8.0 * (double)MM_H5_CHUNK_MAX)
      status =
          mm__fail(store->ctx, MM_E_PARSE,
                   "%s: array '%s' is stored in pieces that are too large, or is damaged", store->path, name);
  }
  mm__h5_close(layout);
  return status;
}

static mm_status mm__h5_shape(mm_store *store, const char *name, hid_t set, mm_store_array *array) {
  hsize_t shape[H5S_MAX_RANK], most[H5S_MAX_RANK];
  hid_t space = H5Dget_space(set), type = H5Dget_type(set);
  mm_status status = MM_OK;
  int rank = space < 0 || type < 0 ? -1 : H5Sget_simple_extent_dims(space, shape, most);
  if (rank < 0) status = mm__h5_fail(store, MM_E_PARSE, "array '%s' is damaged", name);
  else if (H5Sget_simple_extent_type(space) == H5S_NULL || rank > MM_RANK_MAX)
    status = mm__fail(store->ctx, MM_E_UNSUPPORTED, "%s: array '%s' is empty, or has more than %d dimensions",
                      store->path, name, MM_RANK_MAX);
  for (int i = 0; i < rank && !status; i++) {
    if (shape[i] > (hsize_t)INT64_MAX)
      status = mm__fail(store->ctx, MM_E_PARSE, "%s: array '%s' is damaged: its shape is impossible",
                        store->path, name);
    array->shape[i] = (int64_t)shape[i];
  }
  if (!status) {
    array->rank = rank;
    array->extendable = rank > 0 && most[0] == H5S_UNLIMITED;
    array->type = mm__h5_dtype(type);
  }
  mm__h5_close(space);
  mm__h5_close(type);
  return status;
}

static mm_status mm__h5_open_set(mm_store *store, const char *name, hid_t *set) {
  *set = mm__h5_has(store, name) == 1 ? mm__h5_object(store, name) : -1;
  if (*set >= 0) return MM_OK;
  if (H5Lexists((hid_t)store->file, name, (hid_t)store->access) > 0)
    return mm__fail(store->ctx, MM_E_DATA,
                    "%s: '%s' is not an array that can be opened: a group, a link to another "
                    "file, or damaged",
                    store->path, name);
  H5Eclear2(H5E_DEFAULT);
  return mm__fail(store->ctx, MM_E_DATA, "%s: there is no array '%s'", store->path, name);
}

static mm_status mm__h5_info(mm_store *store, const char *name, mm_store_array *array) {
  hid_t set;
  mm_status status;
  MM_TRY(mm__h5_open_set(store, name, &set));
  status = mm__h5_shape(store, name, set, array);
  if (!status) status = mm__h5_check_storage(store, name, set, array);
  mm__h5_close(set);
  return status;
}

static int64_t mm__h5_stored_bytes(mm_store *store, const char *name) {
  hid_t set = mm__h5_object(store, name);
  hsize_t bytes = set < 0 ? 0 : H5Dget_storage_size(set);
  mm__h5_close(set);
  return bytes > (hsize_t)(INT64_MAX / 2) ? INT64_MAX / 2 : (int64_t)bytes;
}

static mm_status mm__h5_extend(mm_store *store, const char *name, int rank, const int64_t *shape) {
  hsize_t extent[MM_RANK_MAX];
  hid_t set;
  mm_status status = MM_OK;
  MM_TRY(mm__h5_open_set(store, name, &set));
  for (int i = 0; i < rank; i++) extent[i] = (hsize_t)shape[i];
  if (H5Dset_extent(set, extent) < 0) status = mm__h5_fail(store, MM_E_FILE, "array '%s' cannot grow", name);
  mm__h5_close(set);
  return status;
}

/* a block of an array, in or out: exactly one of out and in is given */
static mm_status mm__h5_transfer(mm_store *store, const char *name, mm_dtype type, int rank,
                                 const int64_t *start, const int64_t *count, void *out, const void *in) {
  hsize_t first[MM_RANK_MAX], extent[MM_RANK_MAX];
  hid_t set, space, memory, transfer;
  mm_status status = MM_OK;
  herr_t failed;
  MM_TRY(mm__h5_open_set(store, name, &set));
  for (int i = 0; i < rank; i++) {
    first[i] = (hsize_t)start[i];
    extent[i] = (hsize_t)count[i];
  }
  space = H5Dget_space(set);
  memory = rank ? H5Screate_simple(rank, extent, NULL) : H5Screate(H5S_SCALAR);
  transfer = H5Pcreate(H5P_DATASET_XFER);
  H5Pset_type_conv_cb(transfer, mm__h5_overflow, NULL);
  failed = rank ? H5Sselect_hyperslab(space, H5S_SELECT_SET, first, NULL, extent, NULL) : 0;
  if (failed >= 0 && out) failed = H5Dread(set, mm__h5_memory_type(type), memory, space, transfer, out);
  if (failed >= 0 && in) failed = H5Dwrite(set, mm__h5_memory_type(type), memory, space, transfer, in);
  if (failed < 0 && in) status = mm__h5_fail(store, MM_E_FILE, "array '%s' cannot be written", name);
  if (failed < 0 && out)
    status = mm__h5_fail(store, MM_E_DATA, "array '%s' cannot be read as %s", name, mm__dtype_name(type));
  mm__h5_close(transfer);
  mm__h5_close(memory);
  mm__h5_close(space);
  mm__h5_close(set);
  return status;
}

static mm_status mm__h5_write(mm_store *store, const char *name, mm_dtype type, int rank, const int64_t *start,
                              const int64_t *count, const void *data) {
  return mm__h5_transfer(store, name, type, rank, start, count, NULL, data);
}

static mm_status mm__h5_read(mm_store *store, const char *name, mm_dtype type, int rank, const int64_t *start,
                             const int64_t *count, void *data) {
  return mm__h5_transfer(store, name, type, rank, start, count, data, NULL);
}

/* UTF-8 of a fixed size: strings of varying length would lie in a heap without checksums */
static hid_t mm__h5_text_type(size_t size) {
  hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, size ? size : 1);
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

static mm_status mm__h5_write_texts(mm_store *store, const char *name, int64_t count,
                                    const char *const *texts) {
  size_t longest = 1;
  hsize_t shape = (hsize_t)count;
  hid_t type, space, set, layout;
  mm_status status = MM_OK;
  mm_store_array array;
  char *packed;
  MM_TRY(mm__h5_make_groups(store, name));
  for (int64_t i = 0; i < count; i++)
    if (strlen(texts[i]) > longest) longest = strlen(texts[i]);
  packed = (char *)mm__alloc(store->ctx, (size_t)count, longest);
  if (!packed) return MM_E_MEMORY;
  for (int64_t i = 0; i < count; i++) memcpy(packed + (size_t)i * longest, texts[i], strlen(texts[i]));
  /* laid out as the bytes that they are */
  memset(&array, 0, sizeof array);
  array.type = MM_DTYPE_U8;
  array.rank = 1;
  array.shape[0] = count * (int64_t)longest;
  if (array.shape[0] > MM_H5_COMPACT) {
    array.shape[0] = count;
    array.chunk[0] = 1 + MM_H5_CHUNK / (int64_t)longest;
    array.extendable = 1; /* chunks, whatever the count */
  }
  layout = mm__h5_layout(&array, 1);
  type = mm__h5_text_type(longest);
  space = H5Screate_simple(1, &shape, NULL);
  if (array.extendable) {
    hsize_t chunk = (hsize_t)(array.chunk[0] < count ? array.chunk[0] : count);
    H5Pset_chunk(layout, 1, &chunk);
  }
  set = H5Dcreate2((hid_t)store->file, name, type, space, H5P_DEFAULT, layout, H5P_DEFAULT);
  if (set < 0 || (count && H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, packed) < 0))
    status = mm__h5_fail(store, MM_E_FILE, "array '%s' cannot be written", name);
  mm__h5_close(set);
  mm__h5_close(space);
  mm__h5_close(type);
  mm__h5_close(layout);
  mm__free(store->ctx, packed);
  return status;
}

/* one block: the pointers, then the strings */
static char **mm__h5_text_block(mm_context *ctx, size_t count, size_t bytes, char **strings) {
  char **texts = (char **)mm__alloc(ctx, count * sizeof(char *) + bytes, 1);
  if (texts) *strings = (char *)(texts + count);
  return texts;
}

static mm_status mm__h5_load_fixed(mm_store *store, const char *name, hid_t set, hid_t type, size_t count,
                                   char ***texts) {
  const size_t size = H5Tget_size(type);
  hid_t memory;
  char *packed, *strings = NULL;
  mm_status status = MM_OK;
  if (size == 0 || size > 1 << 20 || (count && size > ((size_t)1 << 32) / count))
    return mm__fail(store->ctx, MM_E_PARSE, "%s: array '%s' is damaged: strings of %zu bytes", store->path,
                    name, size);
  packed = (char *)mm__alloc(store->ctx, count, size);
  if (!packed) return MM_E_MEMORY;
  memory = H5Tcopy(type);
  H5Tset_strpad(memory, H5T_STR_NULLPAD);
  if (count && H5Dread(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, packed) < 0)
    status = mm__h5_fail(store, MM_E_DATA, "array '%s' cannot be read as text", name);
  *texts = status ? NULL : mm__h5_text_block(store->ctx, count, count * (size + 1), &strings);
  for (size_t i = 0; *texts && i < count; i++) {
    (*texts)[i] = strings + i * (size + 1);
    memcpy((*texts)[i], packed + i * size, size);
  }
  mm__h5_close(memory);
  mm__free(store->ctx, packed);
  return status ? status : *texts ? MM_OK : MM_E_MEMORY;
}

static mm_status mm__h5_load_varying(mm_store *store, const char *name, hid_t set, hid_t type, size_t count,
                                     char ***texts) {
  char **found = MM_NEW(store->ctx, char *, count), *strings = NULL;
  size_t bytes = 0;
  mm_status status = MM_OK;
  hid_t space;
  if (!found) return MM_E_MEMORY;
  if (count && H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, found) < 0) {
    status = mm__h5_fail(store, MM_E_DATA, "array '%s' cannot be read as text", name);
    mm__free(store->ctx, found);
    return status;
  }
  for (size_t i = 0; i < count; i++) bytes += found[i] ? strlen(found[i]) + 1 : 1;
  *texts = mm__h5_text_block(store->ctx, count, bytes, &strings);
  for (size_t i = 0; *texts && i < count; i++) {
    size_t length = found[i] ? strlen(found[i]) : 0;
    (*texts)[i] = strings;
    if (length) memcpy(strings, found[i], length);
    strings += length + 1;
  }
  space = H5Dget_space(set);
  if (count) H5Dvlen_reclaim(type, space, H5P_DEFAULT, found);
  mm__h5_close(space);
  mm__free(store->ctx, found);
  return *texts ? MM_OK : MM_E_MEMORY;
}

static mm_status mm__h5_load_texts(mm_store *store, const char *name, int64_t *count, char ***texts) {
  mm_store_array array;
  hid_t set, type;
  mm_status status;
  memset(&array, 0, sizeof array);
  MM_TRY(mm__h5_open_set(store, name, &set));
  status = mm__h5_shape(store, name, set, &array);
  if (status) {
    mm__h5_close(set);
    return status;
  }
  *count = mm__shape_bytes(array.rank, array.shape, 1);
  type = H5Dget_type(set);
  if (H5Tis_variable_str(type) > 0) status = mm__h5_load_varying(store, name, set, type, (size_t)*count, texts);
  else status = mm__h5_load_fixed(store, name, set, type, (size_t)*count, texts);
  mm__h5_close(type);
  mm__h5_close(set);
  return status;
}

static int mm__h5_has_attribute(mm_store *store, const char *object, const char *attribute) {
  return H5Aexists_by_name((hid_t)store->file, object, attribute, (hid_t)store->access) > 0;
}

static mm_status mm__h5_set_attribute(mm_store *store, const char *object, const char *attribute, mm_dtype type,
                                      int count, const void *data) {
  hsize_t shape = (hsize_t)count;
  hid_t stored, memory, space, target = mm__h5_object(store, object), found;
  mm_status status = MM_OK;
  if (target < 0)
    return mm__h5_fail(store, MM_E_DATA, "there is no '%s' to give the attribute '%s'", object, attribute);
  if (H5Aexists(target, attribute) > 0) H5Adelete(target, attribute);
  stored =
      type == MM_DTYPE_TEXT ? mm__h5_text_type(strlen((const char *)data)) : H5Tcopy(mm__h5_file_type(type));
  memory = type == MM_DTYPE_TEXT ? H5Tcopy(stored) : H5Tcopy(mm__h5_memory_type(type));
  space = count == 1 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &shape, NULL);
  found = H5Acreate2(target, attribute, stored, space, H5P_DEFAULT, H5P_DEFAULT);
  if (found < 0 || H5Awrite(found, memory, data) < 0)
    status = mm__h5_fail(store, MM_E_FILE, "attribute '%s' of '%s' cannot be written", attribute, object);
  mm__h5_close(found);
  mm__h5_close(space);
  mm__h5_close(memory);
  mm__h5_close(stored);
  mm__h5_close(target);
  return status;
}

static mm_status mm__h5_attribute_text(mm_store *store, const char *object, const char *attribute, hid_t found,
                                       hid_t type, size_t size, char *text) {
  const size_t stored = H5Tget_size(type);
  hid_t memory;
  mm_status status = MM_OK;
  if (H5Tis_variable_str(type) > 0) {
    char *string = NULL;
    hid_t space = H5Aget_space(found);
    if (H5Aread(found, type, &string) < 0)
      status = mm__h5_fail(store, MM_E_PARSE, "attribute '%s' of '%s' is damaged", attribute, object);
    else if (string && strlen(string) >= size)
      status = mm__fail(store->ctx, MM_E_DATA, "%s: attribute '%s' of '%s' is longer than %zu bytes",
                        store->path, attribute, object, size - 1);
    else snprintf(text, size, "%s", string ? string : "");
    if (string) H5Dvlen_reclaim(type, space, H5P_DEFAULT, &string);
    mm__h5_close(space);
    return status;
  }
  if (stored >= size)
    return mm__fail(store->ctx, MM_E_DATA, "%s: attribute '%s' of '%s' is longer than %zu bytes", store->path,
                    attribute, object, size - 1);
  memory = H5Tcopy(type);
  H5Tset_strpad(memory, H5T_STR_NULLPAD);
  if (H5Aread(found, memory, text) < 0)
    status = mm__h5_fail(store, MM_E_PARSE, "attribute '%s' of '%s' is damaged", attribute, object);
  text[status ? 0 : stored] = 0;
  mm__h5_close(memory);
  return status;
}

/* integers pass through int64, because attributes are read without the callback that finds what does not fit */
static mm_status mm__h5_attribute_numbers(mm_store *store, const char *object, const char *attribute,
                                          hid_t found, mm_dtype type, int count, void *data) {
  int64_t *wide;
  mm_status status = MM_OK;
  if (type != MM_DTYPE_U8 && type != MM_DTYPE_I32) {
    if (H5Aread(found, mm__h5_memory_type(type), data) >= 0) return MM_OK;
    return mm__h5_fail(store, MM_E_PARSE, "attribute '%s' of '%s' is damaged", attribute, object);
  }
  wide = MM_NEW(store->ctx, int64_t, count);
  if (!wide) return MM_E_MEMORY;
  if (H5Aread(found, H5T_NATIVE_INT64, wide) < 0)
    status = mm__h5_fail(store, MM_E_PARSE, "attribute '%s' of '%s' is damaged", attribute, object);
  for (int i = 0; i < count && !status; i++) {
    if (type == MM_DTYPE_U8 ? wide[i] < 0 || wide[i] > 255 : wide[i] < INT32_MIN || wide[i] > INT32_MAX)
      status = mm__fail(store->ctx, MM_E_DATA, "%s: attribute '%s' of '%s': %lld does not fit %s", store->path,
                        attribute, object, (long long)wide[i], mm__dtype_name(type));
    else if (type == MM_DTYPE_U8) ((uint8_t *)data)[i] = (uint8_t)wide[i];
    else ((int32_t *)data)[i] = (int32_t)wide[i];
  }
  mm__free(store->ctx, wide);
  return status;
}

static mm_status mm__h5_attribute_read(mm_store *store, const char *object, const char *attribute,
                                       mm_dtype type, int count, void *data, hid_t found) {
  hid_t stored = H5Aget_type(found), space = H5Aget_space(found);
  const mm_dtype holds = stored < 0 ? MM_DTYPE_NONE : mm__h5_dtype(stored);
  const hssize_t points = space < 0 ? 0 : H5Sget_simple_extent_npoints(space);
  const int real = holds == MM_DTYPE_F32 || holds == MM_DTYPE_F64;
  const int64_t wanted = type == MM_DTYPE_TEXT ? 1 : count;
  mm_status status = MM_OK;
  if (holds == MM_DTYPE_NONE || (holds == MM_DTYPE_TEXT) != (type == MM_DTYPE_TEXT) ||
      (real && type != MM_DTYPE_F32 && type != MM_DTYPE_F64))
    status = mm__fail(store->ctx, MM_E_DATA, "%s: attribute '%s' of '%s' holds %s; %s is needed", store->path,
                      attribute, object, mm__dtype_name(holds), mm__dtype_name(type));
  else if (points != wanted)
    status = mm__fail(store->ctx, MM_E_DATA, "%s: attribute '%s' of '%s' has %lld entries; %lld are needed",
                      store->path, attribute, object, (long long)points, (long long)wanted);
  else if (type == MM_DTYPE_TEXT)
    status = mm__h5_attribute_text(store, object, attribute, found, stored, (size_t)count, (char *)data);
  else status = mm__h5_attribute_numbers(store, object, attribute, found, type, count, data);
  mm__h5_close(space);
  mm__h5_close(stored);
  return status;
}

static mm_status mm__h5_get_attribute(mm_store *store, const char *object, const char *attribute, mm_dtype type,
                                      int count, void *data) {
  hid_t found;
  mm_status status;
  if (!mm__h5_has_attribute(store, object, attribute)) {
    H5Eclear2(H5E_DEFAULT);
    return mm__fail(store->ctx, MM_E_DATA, "%s: '%s' has no attribute '%s'", store->path, object, attribute);
  }
  found = H5Aopen_by_name((hid_t)store->file, object, attribute, H5P_DEFAULT, (hid_t)store->access);
  if (found < 0) return mm__h5_fail(store, MM_E_PARSE, "attribute '%s' of '%s' is damaged", attribute, object);
  status = mm__h5_attribute_read(store, object, attribute, type, count, data, found);
  mm__h5_close(found);
  return status;
}

MM_PRIVATE const mm__store_ops *mm__store_hdf5(void) {
  static const mm__store_ops ops = {
      mm__h5_enter,         mm__h5_leave,         mm__h5_open,         mm__h5_close_file,  mm__h5_has,
      mm__h5_list,          mm__h5_group,         mm__h5_info,         mm__h5_declare,     mm__h5_extend,
      mm__h5_write,         mm__h5_read,          mm__h5_stored_bytes, mm__h5_write_texts, mm__h5_load_texts,
      mm__h5_has_attribute, mm__h5_set_attribute, mm__h5_get_attribute};
  return &ops;
}

#endif
