/* >>npz: NumPy archives (.npz), read and written */

/* Read: zip members stored or deflated, with their checksums; .npy versions 1 to 3 of booleans, integers, reals and
   texts, either byte order, C or Fortran order. Not read, each with a sentence that says so: pickled objects,
   structured and complex numbers, dates, encrypted members, zip64 (archives of 4 GB and more).
   Arrays are decoded when they are asked for, so that a member that cannot be read does not hide the others. */
typedef struct mm_npz mm_npz;

typedef struct mm_npz_array {
  const char *name;
  mm_dtype type;                /* bool and u1: U8; i1 i2 i4 u2: I32; i8 u4 u8: I64; f2 f4: F32; f8: F64; S U: TEXT */
  int rank;                     /* 0: one value */
  int64_t shape[MM_RANK_MAX];
  int64_t count;                /* values in all */
  const void *data;             /* row-major; text: const char *const *, UTF-8 */
} mm_npz_array;

mm_status mm_npz_open(mm_context *ctx, const char *path, mm_npz **npz);
/* bytes must outlive npz; label stands for the file name in errors. */
mm_status mm_npz_parse(mm_context *ctx, const char *label, const void *bytes, size_t size, mm_npz **npz);
void mm_npz_close(mm_npz *npz);

/* How many arrays there are, and the name of the nth in the order of the file; NULL out of range. */
int mm_npz_count(const mm_npz *npz);
const char *mm_npz_name(const mm_npz *npz, int index);
int mm_npz_has(const mm_npz *npz, const char *name);
/* The array lives as long as npz. MM_E_DATA: there is none; MM_E_PARSE: damaged; MM_E_UNSUPPORTED. */
mm_status mm_npz_get(mm_npz *npz, const char *name, const mm_npz_array **array);
/* A numeric array as double. Entries of shape that are -1 accept any size and are filled in. */
mm_status mm_npz_reals(mm_npz *npz, const char *name, int rank, int64_t *shape, const double **data);
/* The one text of an array with one element. */
mm_status mm_npz_text(mm_npz *npz, const char *name, const char **text);

/* Writes what numpy.load reads, stored without compression. The file appears when it is committed. */
typedef struct mm_npz_writer mm_npz_writer;
mm_status mm_npz_create(mm_context *ctx, const char *path, mm_npz_writer **writer);
/* data: row-major; for MM_DTYPE_TEXT const char *const *. At most 4 GB in all. */
mm_status mm_npz_add(mm_npz_writer *writer, const char *name, mm_dtype type, int rank, const int64_t *shape,
                     const void *data);
mm_status mm_npz_commit(mm_npz_writer *writer);
/* Releases everything; what was not committed is removed. NULL is allowed. */
void mm_npz_end(mm_npz_writer *writer);
