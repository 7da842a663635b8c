/* >>store: files of named arrays (HDF5), which appear whole or not at all */

/* Everything that outlasts a run is a store: trajectories, checkpoints, evaluations, fields of a forward pass.
   h5py, MATLAB and h5dump open them. Objects are named by paths ("qpos", "policy/weight"); groups are made as needed.
   A store that is written lies beside its path until mm_store_commit has flushed it and renamed it, so a crash, a
   full disk or an error never leaves half a file under the name. Metadata and arrays carry checksums, so that damage
   is an error and not another number; in files of other programs, which may lack them, HDF5 finds what it can.
   Without HDF5 (MUSCLEMIMIC_NO_HDF5) mm_store_create and mm_store_open return MM_E_UNSUPPORTED.
   Errors: MM_E_FILE (cannot be read or written), MM_E_PARSE (not HDF5, truncated, corrupt), MM_E_DATA (there is
   no such array, or it has another shape or type than the caller needs), MM_E_ARGUMENT. */

typedef enum mm_dtype {
  MM_DTYPE_NONE, /* a type that this library does not read */
  MM_DTYPE_U8,
  MM_DTYPE_I32,
  MM_DTYPE_I64,
  MM_DTYPE_F32,
  MM_DTYPE_F64,
  MM_DTYPE_TEXT /* UTF-8; only through the calls with text in their name */
} mm_dtype;

#define MM_RANK_MAX 8

typedef struct mm_store mm_store;

/* What a file is. On creation it goes into the attributes of the root, with created_by. When a file is opened, each
   member that is set is required: the schema, at most this version, this model_hash. */
typedef struct mm_store_def {
  const char *schema;  /* for example "musclemimic-trajectory" */
  int version;         /* of the schema, from 1 */
  uint64_t model_hash; /* mm_model.hash of the model that the numbers belong to; 0: none */
} mm_store_def;

/* One array of a file. Row-major; the first index is the slowest. Zero means default. */
typedef struct mm_store_array {
  const char *name;
  mm_dtype type;                /* in the file; a reader may ask for another */
  int rank;                     /* 0: one number */
  int64_t shape[MM_RANK_MAX];
  int extendable;               /* 1: rows may be appended; shape[0] may then be 0 */
  const char *units;            /* attribute `units`: "m", "rad/s", … ; NULL: none is written */
  const char *frame;            /* attribute `frame`: "world", "parent", …; NULL: none is written */
  int64_t chunk[MM_RANK_MAX];   /* how much is stored in one piece; 0: chosen */
  int compress;                 /* 0: where it pays, 1: always, -1: never */
} mm_store_array;

/* path is replaced on mm_store_commit. While a process writes it, a second one is refused. */
mm_status mm_store_create(mm_context *ctx, const char *path, const mm_store_def *def, mm_store **store);
/* def may be NULL: any file is taken, also one that another program wrote. */
mm_status mm_store_open(mm_context *ctx, const char *path, const mm_store_def *def, mm_store **store);
/* Flushes to the disk and gives the file its name. Nothing can be written after it; mm_store_close is still due. */
mm_status mm_store_commit(mm_store *store);
/* Releases everything. What was created and not committed is removed. NULL is allowed. */
void mm_store_close(mm_store *store);

/* Declares an array, to be filled by mm_store_write_part or mm_store_append. */
mm_status mm_store_declare(mm_store *store, const mm_store_array *array);
/* Declares and fills an array; data is of array->type. */
mm_status mm_store_write(mm_store *store, const mm_store_array *array, const void *data);
/* A block of a declared array: start and count hold one entry for each dimension. */
mm_status mm_store_write_part(mm_store *store, const char *name, mm_dtype type, const int64_t *start,
                              const int64_t *count, const void *data);
/* rows more rows at the end of an extendable array */
mm_status mm_store_append(mm_store *store, const char *name, mm_dtype type, int64_t rows, const void *data);
mm_status mm_store_write_texts(mm_store *store, const char *name, int64_t count, const char *const *texts);
mm_status mm_store_group(mm_store *store, const char *name);

/* 0: nothing of that name, 1: an array, 2: a group */
int mm_store_has(mm_store *store, const char *name);
/* Type, rank, shape, extendable and chunk of an array; the other members become NULL or 0. */
mm_status mm_store_info(mm_store *store, const char *name, mm_store_array *array);
/* The whole array converted to type. shape must be that of the file. Numbers that do not fit an integer type, and
   fractions read as integers, are errors. data holds the product of shape. */
mm_status mm_store_read(mm_store *store, const char *name, mm_dtype type, int rank, const int64_t *shape,
                        void *data);
mm_status mm_store_read_part(mm_store *store, const char *name, mm_dtype type, const int64_t *start,
                             const int64_t *count, void *data);
/* As mm_store_read into new memory, to be given to mm_store_free. Entries of shape that are -1 accept any size and
   are filled in. */
mm_status mm_store_load(mm_store *store, const char *name, mm_dtype type, int rank, int64_t *shape,
                        void **data);
/* A list of strings in one block, to be given to mm_store_free. */
mm_status mm_store_load_texts(mm_store *store, const char *name, int64_t *count, char ***texts);
void mm_store_free(mm_store *store, void *block);

/* Calls visit for each member of a group ("/": the root) in the order of their names, until it returns non-zero. */
typedef int (*mm_store_visit)(const char *name, int is_group, void *user);
mm_status mm_store_list(mm_store *store, const char *group, mm_store_visit visit, void *user);

/* Attributes of an array or group ("/": the root). Numbers are lists of count entries. */
mm_status mm_store_set_text(mm_store *store, const char *object, const char *attribute, const char *text);
mm_status mm_store_set_numbers(mm_store *store, const char *object, const char *attribute, mm_dtype type,
                               int count, const void *data);
int mm_store_has_attribute(mm_store *store, const char *object, const char *attribute);
/* text holds size bytes; a longer text is an error. */
mm_status mm_store_get_text(mm_store *store, const char *object, const char *attribute, char *text,
                            size_t size);
mm_status mm_store_get_numbers(mm_store *store, const char *object, const char *attribute, mm_dtype type,
                               int count, void *data);
