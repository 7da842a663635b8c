/* >>scan: text files read word by word, with the line for messages */

typedef struct mm_slice { const char *text; size_t length; } mm_slice;

/* text ends with NUL at `end`, and may hold others */
typedef struct mm_scan {
  mm_context *ctx;
  const char *label, *at, *end;
  char *owned;
  int line, told; /* from 1: of `at`, and of what was read last */
} mm_scan;

/* A copy of the bytes, so that it may be scanned; mm__scan_close releases it. */
MM_PRIVATE mm_status mm__scan_open(mm_context *ctx, const char *label, const void *bytes, size_t size, mm_scan *scan);
MM_PRIVATE mm_status mm__scan_load(mm_context *ctx, const char *path, mm_scan *scan);
MM_PRIVATE void mm__scan_close(mm_scan *scan);
/* "label:line: …" */
MM_PRIVATE mm_status mm__scan_fail(const mm_scan *scan, mm_status status, const char *format, ...) MM_PRINTF(3, 4);

MM_PRIVATE int mm__scan_word(mm_scan *scan, mm_slice *word);  /* 0: the text is over */
MM_PRIVATE int mm__scan_peek(mm_scan *scan, mm_slice *word);  /* the same, and stays before it */
MM_PRIVATE mm_slice mm__scan_rest(mm_scan *scan);             /* of the line, without blanks at both ends */
MM_PRIVATE int mm__scan_line(mm_scan *scan, mm_slice *line);  /* the next line as it is, without its end; 0: the text is over */
MM_PRIVATE mm_status mm__scan_real(mm_scan *scan, const char *what, double *value); /* finite */
MM_PRIVATE mm_status mm__scan_reals(mm_scan *scan, const char *what, int count, double *values);
MM_PRIVATE mm_status mm__scan_whole(mm_scan *scan, const char *what, long low, long high, long *value);
MM_PRIVATE mm_status mm__scan_expect(mm_scan *scan, const char *word);

MM_PRIVATE int mm__slice_is(mm_slice slice, const char *word); /* letters of either case */
MM_PRIVATE int mm__slice_real(mm_slice slice, double *value);  /* 0: is not a finite number */
MM_PRIVATE char *mm__slice_copy(mm_context *ctx, mm_slice slice);
/* The next cell of a line that `separator` divides, without blanks; *at begins at line.text. 0: none is left. */
MM_PRIVATE int mm__slice_cell(mm_slice line, char separator, const char **at, mm_slice *cell);

/* The next word of a line; *at begins at line.text. 0: none is left. */
MM_PRIVATE int mm__slice_word(mm_slice line, const char **at, mm_slice *word);

/* the file name without folder and ending */
MM_PRIVATE char *mm__file_stem(mm_context *ctx, const char *path);
/* 1 where path ends in ".bvh" and the like, in either case */
MM_PRIVATE int mm__path_ends(const char *path, const char *ending);
/* a rate in Hz that is a whole number but for how it was written (120.00004577636719, 1 / 0.0083333) */
MM_PRIVATE double mm__round_rate(double rate);

/* for %.*s: at most 60 characters */
#define MM_SLICE(s) ((int)((s).length < 60 ? (s).length : 60)), (s).text

/* A text file that is written and appears whole or not at all. Nothing fails before mm__print_commit, which always ends it. */
typedef struct mm_printer {
  mm_context *ctx;
  const char *path;
  char *part, *buffer;
  int file;
  size_t used;
  mm_status status;
} mm_printer;

MM_PRIVATE mm_status mm__print_begin(mm_context *ctx, const char *path, mm_printer *text);
MM_PRIVATE void mm__print_add(mm_printer *text, const char *format, ...) MM_PRINTF(2, 3); /* at most 2000 characters; no fractions */
/* a number with its decimal point as a point in every locale; format: "%.6f", "%.9g" … */
MM_PRIVATE void mm__print_real(mm_printer *text, const char *before, int digits, char style, double value);
MM_PRIVATE mm_status mm__print_commit(mm_printer *text);
