/* >>measurement: markers (C3D, TRC) and tables of numbers over time (MOT, STO) */

/* Positions of markers over time, with what was measured beside them. */
typedef struct mm_markers {
  mm_context *ctx;
  char *name;                 /* file name without folder and ending */
  int frame_count, marker_count, first_frame; /* first_frame: as the recording counts */
  double frequency;           /* Hz */
  double unit;                /* m in one unit of the file; positions are in m */
  char **marker_names;        /* [marker_count]; names may stand twice */
  double *positions;          /* [frame_count, marker_count, 3] m; NaN: the marker was not seen */
  /* C3D only: */
  int analog_count, analog_samples; /* channels; samples a frame */
  char **analog_names, **analog_units; /* [analog_count] */
  double *analog;             /* [frame_count * analog_samples, analog_count] in those units */
  int event_count;
  char **event_names;         /* [event_count] "Right Foot Strike" */
  double *event_times;        /* [event_count] s, on the recording's own clock, whose frame 1 is at 0 */
  int plate_count;            /* force plates */
  int plate_types[8];         /* of the first eight */
} mm_markers;

void mm_markers_destroy(mm_markers *markers);

/* C3D of all three processor types (PC, DEC, MIPS), integers and floating point. MM_E_PARSE: not C3D, damaged, truncated. */
mm_status mm_c3d_load(mm_context *ctx, const char *path, mm_markers **markers);
mm_status mm_c3d_parse(mm_context *ctx, const char *label, const void *bytes, size_t size, mm_markers **markers);
/* Text of tracked row columns, as of OpenSim. */
mm_status mm_trc_load(mm_context *ctx, const char *path, mm_markers **markers);
mm_status mm_trc_parse(mm_context *ctx, const char *label, const void *bytes, size_t size, mm_markers **markers);

/* Columns of numbers, the first of which is time. */
typedef struct mm_columns {
  mm_context *ctx;
  char *name, *title;         /* file name without folder and ending; the file's first line */
  int row_count, column_count;
  int degrees;                /* 1: angles are in degrees, 0: in radians, -1: the file does not say */
  double frequency;           /* Hz, over the whole; 0: fewer than two rows */
  int uneven;                 /* 1: the rows are not equally far apart in time */
  char **column_names;        /* [column_count] */
  double *values;             /* [row_count, column_count] NaN: not a number in the file either */
} mm_columns;

void mm_columns_destroy(mm_columns *columns);
/* The column of that name; -1: none. */
int mm_columns_find(const mm_columns *columns, const char *name);

/* OpenSim's .mot and .sto, of SIMM too. Time must increase. MM_E_UNSUPPORTED: columns that are vectors or quaternions. */
mm_status mm_mot_load(mm_context *ctx, const char *path, mm_columns **columns);
mm_status mm_mot_parse(mm_context *ctx, const char *label, const void *bytes, size_t size, mm_columns **columns);
mm_status mm_mot_save(const mm_columns *columns, const char *path);
