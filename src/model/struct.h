/* >>model-struct: the struct that the tables declare, and the calls that make one */

/* X(type, name, count, unit, meaning): options of the simulation, with MuJoCo's names and defaults */
#define MM_MODEL_OPTIONS(X)                                                           \
  X(real, timestep, 1, "s", "time step")                                              \
  X(real, impratio, 1, "", "ratio of frictional to normal impedance")                 \
  X(real, tolerance, 1, "", "solver: stop below this scaled improvement and gradient") \
  X(real, ls_tolerance, 1, "", "line search: stop below this relative slope")         \
  X(real, ccd_tolerance, 1, "m", "general convex collision: stop below")              \
  X(real, gravity, 3, "m/s^2", "gravity, world frame")                                \
  X(real, magnetic, 3, "", "magnetic field, world frame")                             \
  X(int, integrator, 1, "", "mm_integrator")                                          \
  X(int, cone, 1, "", "mm_cone")                                                      \
  X(int, iterations, 1, "", "solver: most iterations")                                \
  X(int, ls_iterations, 1, "", "line search: most iterations")                        \
  X(int, ccd_iterations, 1, "", "general convex collision: most iterations")          \
  X(int, disableflags, 1, "", "mm_disable bits")                                      \
  X(int, enableflags, 1, "", "MuJoCo's enable bits; those that change the dynamics are refused")

#define MM_ALL_MODEL_SIZES(X) \
  MM_MODEL_SIZES(X) MM_PLAN_TREE_SIZES(X) MM_PLAN_TENDON_SIZES(X) MM_PLAN_CONTACT_SIZES(X) MM_PLAN_CONSTRAINT_SIZES(X) \
  MM_PLAN_SENSOR_SIZES(X)
#define MM_ALL_MODEL_FIELDS(X)                                                        \
  MM_MODEL_FIELDS_KINEMATICS(X) MM_MODEL_FIELDS_GEOMETRY(X) MM_MODEL_FIELDS_ACTUATION(X) \
  MM_PLAN_TREE_FIELDS(X) MM_PLAN_TENDON_FIELDS(X) MM_PLAN_CONTACT_FIELDS(X) MM_PLAN_CONSTRAINT_FIELDS(X) \
  MM_PLAN_SENSOR_FIELDS(X)

/* inside a function with a mm_model *model: the sizes as constants of their names */
#define MM_SIZE_LOCAL(name, meaning) const int name = model->name; (void)name;
#define MM_SIZES_AS_LOCALS MM_ALL_MODEL_SIZES(MM_SIZE_LOCAL)

#define MM_TYPE_int int
#define MM_TYPE_real double

/* how mm_model_load looks for the length ranges that muscles need and do not give */
typedef struct mm_lengthrange_option {
  int mode;        /* 0 none, 1 muscles (default), 2 muscles and user types, 3 all actuators */
  int useexisting; /* 1: a range that is given is kept (default) */
  int uselimit;    /* 1: joint and tendon limits are used where they exist */
  double accel, maxforce, timeconst, timestep, inttotal, interval, tolrange;
} mm_lengthrange_option;

typedef struct mm_option {
#define MM_OPTION_MEMBER(type, name, count, unit, meaning) MM_TYPE_##type name[count];
  MM_MODEL_OPTIONS(MM_OPTION_MEMBER)
#undef MM_OPTION_MEMBER
} mm_option;

/* Everything a simulation needs to know of a body. Read it freely; change it before it is compiled, through mm_spec. */
typedef struct mm_model {
  mm_context *ctx;
  char *name;      /* the model attribute of the MJCF */
  char *names;     /* all names, each ended by NUL [nnames] */
  uint64_t hash;   /* of all sizes, options and arrays */
  mm_option opt;
  mm_lengthrange_option lengthrange;
  double stat_meaninertia, stat_meanmass, stat_meansize, stat_extent, stat_center[3];
#define MM_MODEL_SIZE(name, meaning) int name;
  MM_ALL_MODEL_SIZES(MM_MODEL_SIZE)
#undef MM_MODEL_SIZE
#define MM_MODEL_MEMBER(kind, type, name, rows, columns, unit, meaning) MM_TYPE_##type *name;
  MM_ALL_MODEL_FIELDS(MM_MODEL_MEMBER)
#undef MM_MODEL_MEMBER
} mm_model;

/* Reads and compiles MJCF as MuJoCo 3 does. Errors name file, line, element and attribute. */
mm_status mm_model_load(mm_context *ctx, const char *path, mm_model **model);
void mm_model_destroy(mm_model *model);

/* -1 if there is no such object. A body is found as MM_OBJ_BODY. */
int mm_model_id(const mm_model *model, mm_object kind, const char *name);
/* "" for an unnamed object, NULL out of range. */
const char *mm_model_name(const mm_model *model, mm_object kind, int id);
/* How many objects of the kind there are. */
int mm_model_count(const mm_model *model, mm_object kind);
