/* >>types: numbers that host and kernels share; the values are MuJoCo's */

typedef enum mm_joint_type { MM_JNT_FREE, MM_JNT_BALL, MM_JNT_SLIDE, MM_JNT_HINGE } mm_joint_type;
typedef enum mm_geom_type {
  MM_GEOM_PLANE = 0, MM_GEOM_HFIELD, MM_GEOM_SPHERE, MM_GEOM_CAPSULE, MM_GEOM_ELLIPSOID, MM_GEOM_CYLINDER,
  MM_GEOM_BOX, MM_GEOM_MESH
} mm_geom_type;
typedef enum mm_wrap_type { MM_WRAP_NONE, MM_WRAP_JOINT, MM_WRAP_PULLEY, MM_WRAP_SITE, MM_WRAP_SPHERE, MM_WRAP_CYLINDER } mm_wrap_type;
/* where the side site of a wrapped tendon is: nowhere, or fixed to the geom outside or inside of it, or on another body */
typedef enum mm_side_kind { MM_SIDE_NONE, MM_SIDE_OUTSIDE, MM_SIDE_INSIDE, MM_SIDE_MOVING } mm_side_kind;
typedef enum mm_eq_type { MM_EQ_CONNECT, MM_EQ_WELD, MM_EQ_JOINT, MM_EQ_TENDON } mm_eq_type;
typedef enum mm_trn_type { MM_TRN_JOINT, MM_TRN_JOINTINPARENT, MM_TRN_SLIDERCRANK, MM_TRN_TENDON, MM_TRN_SITE, MM_TRN_BODY } mm_trn_type;
typedef enum mm_dyn_type { MM_DYN_NONE, MM_DYN_INTEGRATOR, MM_DYN_FILTER, MM_DYN_FILTEREXACT, MM_DYN_MUSCLE } mm_dyn_type;
typedef enum mm_gain_type { MM_GAIN_FIXED, MM_GAIN_AFFINE, MM_GAIN_MUSCLE } mm_gain_type;
typedef enum mm_bias_type { MM_BIAS_NONE, MM_BIAS_AFFINE, MM_BIAS_MUSCLE } mm_bias_type;
typedef enum mm_integrator { MM_INT_EULER } mm_integrator;
typedef enum mm_cone { MM_CONE_PYRAMIDAL, MM_CONE_ELLIPTIC } mm_cone;
typedef enum mm_disable {
  MM_DSBL_CONSTRAINT = 1 << 0, MM_DSBL_EQUALITY = 1 << 1, MM_DSBL_FRICTIONLOSS = 1 << 2, MM_DSBL_LIMIT = 1 << 3,
  MM_DSBL_CONTACT = 1 << 4, MM_DSBL_SPRING = 1 << 5, MM_DSBL_DAMPER = 1 << 6, MM_DSBL_GRAVITY = 1 << 7,
  MM_DSBL_CLAMPCTRL = 1 << 8, MM_DSBL_WARMSTART = 1 << 9, MM_DSBL_FILTERPARENT = 1 << 10, MM_DSBL_ACTUATION = 1 << 11,
  MM_DSBL_REFSAFE = 1 << 12, MM_DSBL_SENSOR = 1 << 13, MM_DSBL_MIDPHASE = 1 << 14, MM_DSBL_EULERDAMP = 1 << 15
} mm_disable;

/* Which quantity of an environment was the first that is not finite, or beyond 1e10: X(NAME, bit, quantity), in the order
   in which they are looked at. Controls count as zero then; for all others the environment is put back to its start. */
#define MM_WARNING_ITEMS(X)                                                                              \
  X(BADCTRL, 8, "ctrl") X(BADQPOS, 1, "qpos") X(BADQVEL, 2, "qvel") X(BADACT, 16, "act")                 \
  X(BADAPPLIED, 32, "qfrc_applied or xfrc_applied") X(BADLENGTH, 64, "ten_length")                       \
  X(BADFORCE, 128, "actuator_force") X(BADQACC, 4, "qacc")
typedef enum mm_warning {
#define MM_WARNING_BIT(name, bit, quantity) MM_WARN_##name = bit,
  MM_WARNING_ITEMS(MM_WARNING_BIT)
#undef MM_WARNING_BIT
  MM_WARN_NONE = 0
} mm_warning;

/* kinds of named objects, for mm_model_id and mm_model_name, and for what equalities and sensors refer to */
typedef enum mm_object {
  MM_OBJ_UNKNOWN = 0, MM_OBJ_BODY = 1, MM_OBJ_XBODY = 2, MM_OBJ_JOINT = 3, MM_OBJ_GEOM = 5, MM_OBJ_SITE = 6,
  MM_OBJ_CAMERA = 7, MM_OBJ_LIGHT = 8, MM_OBJ_MESH = 10, MM_OBJ_TEXTURE = 13, MM_OBJ_MATERIAL = 14, MM_OBJ_PAIR = 15,
  MM_OBJ_EXCLUDE = 16, MM_OBJ_EQUALITY = 17, MM_OBJ_TENDON = 18, MM_OBJ_ACTUATOR = 19, MM_OBJ_SENSOR = 20,
  MM_OBJ_NUMERIC = 21, MM_OBJ_TEXT = 22, MM_OBJ_TUPLE = 23, MM_OBJ_KEY = 24
} mm_object;

typedef enum mm_sensor_type {
  MM_SENS_TOUCH = 0, MM_SENS_ACCELEROMETER = 1, MM_SENS_VELOCIMETER = 2, MM_SENS_GYRO = 3, MM_SENS_FORCE = 4,
  MM_SENS_TORQUE = 5, MM_SENS_MAGNETOMETER = 6, MM_SENS_RANGEFINDER = 7, MM_SENS_CAMPROJECTION = 8,
  MM_SENS_JOINTPOS = 9, MM_SENS_JOINTVEL = 10, MM_SENS_TENDONPOS = 11,
  MM_SENS_TENDONVEL = 12, MM_SENS_ACTUATORPOS = 13, MM_SENS_ACTUATORVEL = 14, MM_SENS_ACTUATORFRC = 15,
  MM_SENS_JOINTACTFRC = 16, MM_SENS_TENDONACTFRC = 17, MM_SENS_BALLQUAT = 18, MM_SENS_BALLANGVEL = 19,
  MM_SENS_JOINTLIMITPOS = 20, MM_SENS_JOINTLIMITVEL = 21, MM_SENS_JOINTLIMITFRC = 22, MM_SENS_TENDONLIMITPOS = 23,
  MM_SENS_TENDONLIMITVEL = 24, MM_SENS_TENDONLIMITFRC = 25, MM_SENS_FRAMEPOS = 26, MM_SENS_FRAMEQUAT = 27,
  MM_SENS_FRAMEXAXIS = 28, MM_SENS_FRAMEYAXIS = 29, MM_SENS_FRAMEZAXIS = 30, MM_SENS_FRAMELINVEL = 31,
  MM_SENS_FRAMEANGVEL = 32, MM_SENS_FRAMELINACC = 33, MM_SENS_FRAMEANGACC = 34, MM_SENS_SUBTREECOM = 35,
  MM_SENS_SUBTREELINVEL = 36, MM_SENS_SUBTREEANGMOM = 37, MM_SENS_INSIDESITE = 38, MM_SENS_CONTACT = 42,
  MM_SENS_E_POTENTIAL = 43, MM_SENS_E_KINETIC = 44, MM_SENS_CLOCK = 45
} mm_sensor_type;

/* what a contact sensor tells of each contact, as bits in this order; which contacts it takes first */
typedef enum mm_condata {
  MM_CONDATA_FOUND = 1, MM_CONDATA_FORCE = 2, MM_CONDATA_TORQUE = 4, MM_CONDATA_DIST = 8, MM_CONDATA_POS = 16,
  MM_CONDATA_NORMAL = 32, MM_CONDATA_TANGENT = 64
} mm_condata;
typedef enum mm_conreduce { MM_CONREDUCE_NONE, MM_CONREDUCE_MINDIST, MM_CONREDUCE_MAXFORCE, MM_CONREDUCE_NETFORCE } mm_conreduce;

/* kinds of constraint rows; MM_EFC_MORE: a further row of the constraint before */
typedef enum mm_efc_kind {
  MM_EFC_CONNECT, MM_EFC_WELD, MM_EFC_MORE, MM_EFC_JOINT, MM_EFC_TENDON, MM_EFC_FRICTION_DOF, MM_EFC_FRICTION_TENDON,
  MM_EFC_LIMIT, MM_EFC_LOWER, MM_EFC_UPPER, MM_EFC_BALL, MM_EFC_TENDON_LIMIT, MM_EFC_TENDON_LOWER, MM_EFC_TENDON_UPPER
} mm_efc_kind;

/* stages of the forward pass, in order */
typedef enum mm_stage_id {
  MM_STAGE_KINEMATICS, MM_STAGE_INERTIA, MM_STAGE_BIAS, MM_STAGE_TENDON, MM_STAGE_COLLISION, MM_STAGE_ACTUATION,
  MM_STAGE_CONSTRAINT, MM_STAGE_SENSOR, MM_STAGE_COUNT
} mm_stage_id;
