/* >>refine-tables: the layout of the refinement's tables, for host and kernel */

/* places in the array of integers */
typedef enum mm_rf_table {
  MM_RF_POINTS,           /* points that come near the floor, columns of all of them */
  MM_RF_COLUMNS,
  MM_RF_TOTAL,            /* frames of all clips */
  MM_RF_SPAN,             /* frames of the longest window */
  MM_RF_WORK_SIZE,        /* values of a tile's work, that of inverse kinematics included */
  MM_RF_POINT_BODY,       /* where the tables begin: body of a point [points] */
  MM_RF_POINT_KIND,       /* 0: ball, 1: ellipsoid [points] */
  MM_RF_POINT_LINK,       /* first link of a point [points + 1] */
  MM_RF_POINT_COLUMN,     /* first column of a point [points + 1] */
  MM_RF_LINK,             /* links: degree of freedom, column, dependent or -1 */
  MM_RF_COLUMN_POINT,     /* point of a column [columns] */
  MM_RF_PAIR_ADR,         /* as MM_IK_PAIR_ADR and MM_IK_PAIR */
  MM_RF_PAIR,
  MM_RF_JOB,              /* [environments]: first frame, frames, first frame to keep, how many, damping's power of four */
  MM_RF_TILE_FRAMES,      /* the most frames of a tile's environments [tiles] */
  MM_RF_HEADER
} mm_rf_table;
#define MM_RF_JOB_SIZE 5

/* places in the array of reals: numbers, then where the tables begin */
typedef enum mm_rf_real {
  MM_RF_GUARD,            /* weight of depth below what is allowed, 1/m */
  MM_RF_FLOOR,            /* a point of the floor, two axes in it, its normal [12] */
  MM_RF_CENTRE,           /* of a point, in its body [points, 3] */
  MM_RF_SIZE,             /* radius, or half-axes [points, 3] */
  MM_RF_TURN,             /* of an ellipsoid in its body [points, 4] */
  MM_RF_SMOOTH,           /* weight of second differences [free] */
  MM_RF_REALS
} mm_rf_real;

/* a frame's row: 1 where both neighbours belong to the clip, then for each point: weight and place of what holds it on the
   floor's two axes, weight and height of where it stands, height under which it may not go; then for each of n free
   coordinates a weight that draws its change since the frame before, then for each to what. No rate is drawn in a clip's
   first and last frame. */
#define MM_RF_RATES(points) (1 + 6 * (points))
#define MM_RF_ROW(points, n) (MM_RF_RATES(points) + 2 * (n))
