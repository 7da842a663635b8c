/* >>ik: the layout of the inverse kinematics' tables, for host and kernel */

/* places in the array of integers; entries that end a list of addresses have one more than there are owners */
typedef enum mm_ik_table {
  MM_IK_SITES,            /* how many sites, free coordinates, dependent coordinates, columns of all sites */
  MM_IK_FREE,
  MM_IK_DEPENDENT,
  MM_IK_COLUMNS,
  MM_IK_ITERATIONS,       /* most steps a frame; the same for the first frame of a piece */
  MM_IK_COLD_ITERATIONS,
  MM_IK_COLD,             /* 1: the first frame of a piece starts from far, in two stages */
  MM_IK_WORK_SIZE,        /* values of a tile's work */
  MM_IK_SITE_BODY,        /* where the tables begin: body of a site [sites] */
  MM_IK_SITE_CHAIN,       /* first link of a site [sites + 1] */
  MM_IK_SITE_COLUMN,      /* first column of a site [sites + 1] */
  MM_IK_CHAIN,            /* links: degree of freedom, column, dependent or -1 */
  MM_IK_COLUMN_SITE,      /* site of a column [columns] */
  MM_IK_COLUMN_FREE,      /* free coordinate of a column [columns] */
  MM_IK_FREE_QPOS,        /* place in qpos [free] */
  MM_IK_FREE_KIND,        /* mm_ik_kind [free] */
  MM_IK_DEP,              /* [dependent]: place in qpos, place of the coordinate that it follows, its number */
  MM_IK_PAIR_ADR,         /* first pair of columns of an entry of the normal equations [free (free + 1) / 2 + 1] */
  MM_IK_PAIR,             /* pairs of columns */
  MM_IK_JOB,              /* [environments]: first frame, number of frames, 1 or -1 to the next */
  MM_IK_TILE_FRAMES,      /* the most frames of a tile's environments [tiles] */
  MM_IK_HEADER
} mm_ik_table;

/* places in the array of reals: four numbers, then where the tables begin, as whole numbers */
typedef enum mm_ik_real {
  MM_IK_TOLERANCE,        /* m, rad: a step below it is the last */
  MM_IK_DAMPING,          /* added to the diagonal of the normal equations */
  MM_IK_LAMBDA,           /* share of the diagonal that the first step adds */
  MM_IK_CALM,             /* pull towards the frame before, 1/rad^2 */
  MM_IK_PLACE,            /* position and orientation of a site in its body [sites, 3], [sites, 4] */
  MM_IK_TURN,
  MM_IK_WEIGHT,           /* of position (1/m) and rotation (1/rad) of each site, stage by stage [3, sites, 2] */
  MM_IK_LOWER,            /* limits [free] */
  MM_IK_UPPER,
  MM_IK_POLY,             /* [dependent, 7]: five coefficients, value at rest, value of the other at rest */
  MM_IK_REALS
} mm_ik_real;

/* free coordinates: a number with limits, or the turns of a quaternion, of which the first acts for all three */
typedef enum mm_ik_kind { MM_IK_SCALAR, MM_IK_TURN_FIRST, MM_IK_TURN_OTHER } mm_ik_kind;
