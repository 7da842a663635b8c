/* >>store-ops: what a file format must offer to be a store */

typedef struct mm__store_ops mm__store_ops;

/* how the format's library printed its errors before a call */
typedef struct mm__store_quiet {
  void (*function)(void);
  void *data;
  int version;
} mm__store_quiet;

struct mm_store {
  mm_context *ctx;
  const mm__store_ops *ops;
  char *path;      /* the name that the user gave */
  char *part;      /* where the file lies until it is committed; NULL: reading */
  int lock;        /* descriptor that holds the lock on part, -1: none */
  int writing;     /* 1 between create and commit */
  int failed;      /* errno of the first write that failed, 0: none */
  int64_t file;    /* the backend's handle, -1: closed */
  int64_t access;  /* a second handle for the backend */
};

/* Names and shapes have been checked by the caller; errors are set by the backend, which names file and object. */
struct mm__store_ops {
  void (*enter)(mm__store_quiet *saved); /* around each call: silences what the format's library would print */
  void (*leave)(mm__store_quiet *saved);
  mm_status (*open)(mm_store *store);
  mm_status (*close)(mm_store *store); /* flushes when writing; the handle is gone also after an error */
  int (*has)(mm_store *store, const char *name);
  mm_status (*list)(mm_store *store, const char *group, mm_store_visit visit, void *user);
  mm_status (*group)(mm_store *store, const char *name);
  mm_status (*info)(mm_store *store, const char *name, mm_store_array *array);
  mm_status (*declare)(mm_store *store, const mm_store_array *array, int compress); /* compress: 0 or 1 */
  mm_status (*extend)(mm_store *store, const char *name, int rank, const int64_t *shape);
  mm_status (*write)(mm_store *store, const char *name, mm_dtype type, int rank, const int64_t *start,
                     const int64_t *count, const void *data);
  mm_status (*read)(mm_store *store, const char *name, mm_dtype type, int rank, const int64_t *start,
                    const int64_t *count, void *data);
  int64_t (*stored_bytes)(mm_store *store, const char *name); /* before decompression */
  mm_status (*write_texts)(mm_store *store, const char *name, int64_t count, const char *const *texts);
  mm_status (*load_texts)(mm_store *store, const char *name, int64_t *count, char ***texts);
  int (*has_attribute)(mm_store *store, const char *object, const char *attribute);
  mm_status (*set_attribute)(mm_store *store, const char *object, const char *attribute, mm_dtype type, int count,
                             const void *data);
  mm_status (*get_attribute)(mm_store *store, const char *object, const char *attribute, mm_dtype type, int count,
                             void *data); /* text: count is the size of data */
};

/* NULL when this build has no HDF5 */
MM_PRIVATE const mm__store_ops *mm__store_hdf5(void);

MM_PRIVATE size_t mm__dtype_size(mm_dtype type);
MM_PRIVATE const char *mm__dtype_name(mm_dtype type);
/* "[3, 4]" */
MM_PRIVATE const char *mm__shape_text(char *text, size_t size, int rank, const int64_t *shape);
/* The product of shape times size; -1 when it does not fit or an entry is negative. */
MM_PRIVATE int64_t mm__shape_bytes(int rank, const int64_t *shape, size_t size);
