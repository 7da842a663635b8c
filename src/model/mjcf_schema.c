/* >>mjcf-schema: every element of MJCF that is read, its attributes, and where their values go */

typedef enum mm_attr_kind {
  MM_A_REAL,   /* lo to hi finite numbers */
  MM_A_INT,    /* lo to hi whole numbers */
  MM_A_BOOL,   /* true or false */
  MM_A_WORD,   /* one of words */
  MM_A_TEXT,   /* any text */
  MM_A_REALS,  /* any number of numbers, to a mm_reals */
  MM_A_POLY,   /* lo to hi numbers of which all but the first must be 0; the first is kept */
  MM_A_ZERO,   /* lo to hi numbers that must be 0: the feature is not supported */
  MM_A_CLASS,  /* the name of a default class, found before the attributes are read */
  MM_A_REFUSED /* known to MJCF, not supported */
} mm_attr_kind;

enum { MM_AF_REQUIRED = 1, MM_AF_NODEFAULT = 2 }; /* NODEFAULT: not in a default class */

typedef struct mm_word { const char *text; int value; } mm_word;
#define MM_WORD_REFUSED (-1000) /* a word of MJCF that is not supported */

typedef struct mm_attr {
  const char *name;
  mm_attr_kind kind;
  int lo, hi, flags;
  unsigned tags;        /* which of the elements that share the table have it; 0: all */
  int offset;           /* in the object; negative: checked, not kept */
  const mm_word *words;
} mm_attr;

/* entries of a table for the type MM_T */
#define MM_AT(kind, name, member, lo, hi, flags, tags, words) \
  {name, kind, lo, hi, flags, tags, (int)offsetof(MM_T, member), words}
#define MM_AT_NONE(kind, name, lo, hi, flags, tags, words) {name, kind, lo, hi, flags, tags, -1, words}
#define MM_REAL(name, member, lo, hi) MM_AT(MM_A_REAL, name, member, lo, hi, 0, 0, NULL)
#define MM_WHOLE(name, member, lo, hi) MM_AT(MM_A_INT, name, member, lo, hi, 0, 0, NULL)
#define MM_BOOLEAN(name, member) MM_AT(MM_A_BOOL, name, member, 1, 1, 0, 0, NULL)
#define MM_KEYWORD(name, member, words) MM_AT(MM_A_WORD, name, member, 1, 1, 0, 0, words)
#define MM_STRING(name, member, flags) MM_AT(MM_A_TEXT, name, member, 1, 1, flags, 0, NULL)
#define MM_NUMBERS(name, member, flags) MM_AT(MM_A_REALS, name, member, 0, 0, flags, 0, NULL)
#define MM_POLY(name, member) MM_AT(MM_A_POLY, name, member, 1, 3, 0, 0, NULL)
#define MM_NAME(tags) MM_AT(MM_A_TEXT, "name", e.name, 1, 1, MM_AF_NODEFAULT, tags, NULL)
#define MM_PART_NAME MM_AT(MM_A_TEXT, "name", p.e.name, 1, 1, MM_AF_NODEFAULT, 0, NULL)
#define MM_CLASS_NAME(name) MM_AT_NONE(MM_A_CLASS, name, 1, 1, MM_AF_NODEFAULT, 0, NULL)
#define MM_CHECK(kind, name, lo, hi) MM_AT_NONE(kind, name, lo, hi, 0, 0, NULL)
#define MM_USER MM_AT_NONE(MM_A_REALS, "user", 0, 0, 0, 0, NULL)
#define MM_ZERO(name, hi) MM_AT_NONE(MM_A_ZERO, name, 1, hi, 0, 0, NULL)
#define MM_REFUSE(name) MM_AT_NONE(MM_A_REFUSED, name, 1, 1, 0, 0, NULL)
#define MM_ORIENTATION(member)                                                        \
  MM_REAL("quat", member.quat, 4, 4), MM_REAL("axisangle", member.axisangle, 4, 4),   \
  MM_REAL("xyaxes", member.xyaxes, 6, 6), MM_REAL("zaxis", member.zaxis, 3, 3),       \
  MM_REAL("euler", member.euler, 3, 3)

static const mm_word mm__words_limited[] = {{"false", 0}, {"true", 1}, {"auto", 2}, {NULL, 0}};
static const mm_word mm__words_false_only[] = {{"false", 0}, {"true", MM_WORD_REFUSED}, {NULL, 0}};
static const mm_word mm__words_angle[] = {{"radian", 0}, {"degree", 1}, {NULL, 0}};
static const mm_word mm__words_coordinate[] = {{"local", 0}, {"global", MM_WORD_REFUSED}, {NULL, 0}};
static const mm_word mm__words_conflict[] = {{"warning", 0}, {"merge", 0}, {"error", 0}, {NULL, 0}};
static const mm_word mm__words_integrator[] = {
  {"Euler", MM_INT_EULER}, {"RK4", MM_WORD_REFUSED}, {"implicit", MM_WORD_REFUSED},
  {"implicitfast", MM_WORD_REFUSED}, {NULL, 0}};
static const mm_word mm__words_cone[] = {
  {"pyramidal", MM_CONE_PYRAMIDAL}, {"elliptic", MM_CONE_ELLIPTIC}, {NULL, 0}};
static const mm_word mm__words_solver[] = {
  {"Newton", 2}, {"PGS", MM_WORD_REFUSED}, {"CG", MM_WORD_REFUSED}, {NULL, 0}};
static const mm_word mm__words_jacobian[] = {{"dense", 0}, {"sparse", 1}, {"auto", 2}, {NULL, 0}};
static const mm_word mm__words_lengthrange[] = {
  {"none", 0}, {"muscle", 1}, {"muscleuser", 2}, {"all", 3}, {NULL, 0}};
static const mm_word mm__words_joint[] = {{"free", 0}, {"ball", 1}, {"slide", 2}, {"hinge", 3}, {NULL, 0}};
static const mm_word mm__words_geom[] = {
  {"plane", 0}, {"hfield", MM_WORD_REFUSED}, {"sphere", 2}, {"capsule", 3}, {"ellipsoid", 4}, {"cylinder", 5},
  {"box", 6}, {"mesh", 7}, {"sdf", MM_WORD_REFUSED}, {NULL, 0}};
static const mm_word mm__words_fluid[] = {{"none", 0}, {"ellipsoid", MM_WORD_REFUSED}, {NULL, 0}};
static const mm_word mm__words_sleep[] = {{"auto", 0}, {"never", 0}, {"allowed", 0}, {"init", 0}, {NULL, 0}};
static const mm_word mm__words_simple[] = {{"false", 0}, {"auto", 0}, {NULL, 0}};
static const mm_word mm__words_tracking[] = {
  {"fixed", 0}, {"track", 1}, {"trackcom", 2}, {"targetbody", 3}, {"targetbodycom", 4}, {NULL, 0}};
static const mm_word mm__words_projection[] = {{"perspective", 0}, {"orthographic", 1}, {NULL, 0}};
static const mm_word mm__words_light[] = {
  {"spot", 0}, {"directional", 1}, {"point", 2}, {"image", 3}, {NULL, 0}};
static const mm_word mm__words_light_directional[] = {{"false", 0}, {"true", 1}, {NULL, 0}};
static const mm_word mm__words_mesh_inertia[] = {
  {"convex", MM_MESH_CONVEX}, {"exact", MM_MESH_EXACT}, {"legacy", MM_MESH_LEGACY}, {"shell", MM_MESH_SHELL},
  {NULL, 0}};
static const mm_word mm__words_mesh_builtin[] = {
  {"none", 0}, {"sphere", MM_WORD_REFUSED}, {"hemisphere", MM_WORD_REFUSED}, {"cone", MM_WORD_REFUSED},
  {"supertorus", MM_WORD_REFUSED}, {"supersphere", MM_WORD_REFUSED}, {"wedge", MM_WORD_REFUSED},
  {"plate", MM_WORD_REFUSED}, {NULL, 0}};
static const mm_word mm__words_stl_only[] = {
  {"model/stl", 0}, {"model/obj", MM_WORD_REFUSED}, {"model/vnd.mujoco.msh", MM_WORD_REFUSED}, {NULL, 0}};
static const mm_word mm__words_texture[] = {{"2d", 0}, {"cube", 1}, {"skybox", 2}, {NULL, 0}};
static const mm_word mm__words_colorspace[] = {{"auto", 0}, {"linear", 1}, {"sRGB", 2}, {NULL, 0}};
static const mm_word mm__words_pattern[] = {
  {"none", 0}, {"gradient", 1}, {"checker", 2}, {"flat", 3}, {NULL, 0}};
static const mm_word mm__words_mark[] = {{"none", 0}, {"edge", 1}, {"cross", 2}, {"random", 3}, {NULL, 0}};
static const mm_word mm__words_role[] = {
  {"rgb", 1}, {"occlusion", 2}, {"roughness", 3}, {"metallic", 4}, {"normal", 5}, {"opacity", 6},
  {"emissive", 7}, {"rgba", 8}, {"orm", 9}, {NULL, 0}};
static const mm_word mm__words_interp[] = {{"zoh", 0}, {"linear", 1}, {"cubic", 2}, {NULL, 0}};
static const mm_word mm__words_dyn[] = {
  {"none", 0}, {"integrator", 1}, {"filter", 2}, {"filterexact", 3}, {"muscle", 4},
  {"dcmotor", MM_WORD_REFUSED}, {"pid", MM_WORD_REFUSED}, {"user", MM_WORD_REFUSED}, {NULL, 0}};
static const mm_word mm__words_gain[] = {
  {"fixed", 0}, {"affine", 1}, {"muscle", 2}, {"dcmotor", MM_WORD_REFUSED}, {"so3", MM_WORD_REFUSED},
  {"pid", MM_WORD_REFUSED}, {"user", MM_WORD_REFUSED}, {NULL, 0}};
static const mm_word mm__words_bias[] = {
  {"none", 0}, {"affine", 1}, {"muscle", 2}, {"dcmotor", MM_WORD_REFUSED}, {"so3", MM_WORD_REFUSED},
  {"user", MM_WORD_REFUSED}, {NULL, 0}};
static const mm_word mm__words_frame[] = {
  {"body", MM_OBJ_BODY}, {"xbody", MM_OBJ_XBODY}, {"geom", MM_OBJ_GEOM}, {"site", MM_OBJ_SITE},
  {"camera", MM_OBJ_CAMERA}, {NULL, 0}};
static const mm_word mm__words_reduce[] = {
  {"none", MM_CONREDUCE_NONE}, {"mindist", MM_CONREDUCE_MINDIST}, {"maxforce", MM_CONREDUCE_MAXFORCE},
  {"netforce", MM_CONREDUCE_NETFORCE}, {NULL, 0}};
static const mm_word mm__words_condata[] = {
  {"found", MM_CONDATA_FOUND}, {"force", MM_CONDATA_FORCE}, {"torque", MM_CONDATA_TORQUE}, {"dist", MM_CONDATA_DIST},
  {"pos", MM_CONDATA_POS}, {"normal", MM_CONDATA_NORMAL}, {"tangent", MM_CONDATA_TANGENT}, {NULL, 0}};
static const mm_word mm__words_raydata[] = {
  {"dist", 1}, {"dir", MM_WORD_REFUSED}, {"origin", MM_WORD_REFUSED}, {"point", MM_WORD_REFUSED},
  {"normal", MM_WORD_REFUSED}, {"depth", MM_WORD_REFUSED}, {NULL, 0}};
static const mm_word mm__words_enable[] = {{"disable", 0}, {"enable", 1}, {NULL, 0}};

/* ---- compiler, option, size, statistic ---- */

#define MM_T mm_spec
static const mm_attr mm__attrs_mujoco[] = {MM_STRING("model", name, 0)};

static const mm_attr mm__attrs_compiler[] = {
  MM_BOOLEAN("autolimits", compiler.autolimits), MM_REAL("boundmass", compiler.boundmass, 1, 1),
  MM_REAL("boundinertia", compiler.boundinertia, 1, 1), MM_REAL("settotalmass", compiler.settotalmass, 1, 1),
  MM_BOOLEAN("balanceinertia", compiler.balanceinertia), MM_BOOLEAN("strippath", compiler.strippath),
  MM_AT_NONE(MM_A_WORD, "coordinate", 1, 1, 0, 0, mm__words_coordinate),
  MM_KEYWORD("angle", compiler.degree, mm__words_angle), MM_BOOLEAN("fitaabb", compiler.fitaabb),
  MM_STRING("eulerseq", compiler.eulerseq, 0), MM_STRING("meshdir", compiler.meshdir, 0),
  MM_STRING("texturedir", compiler.texturedir, 0), MM_CHECK(MM_A_TEXT, "assetdir", 1, 1),
  MM_AT_NONE(MM_A_WORD, "discardvisual", 1, 1, 0, 0, mm__words_false_only),
  MM_CHECK(MM_A_BOOL, "usethread", 1, 1),
  MM_AT_NONE(MM_A_WORD, "fusestatic", 1, 1, 0, 0, mm__words_false_only),
  MM_KEYWORD("inertiafromgeom", compiler.inertiafromgeom, mm__words_limited),
  MM_WHOLE("inertiagrouprange", compiler.inertiagrouprange, 2, 2), MM_CHECK(MM_A_BOOL, "saveinertial", 1, 1),
  MM_BOOLEAN("alignfree", compiler.alignfree),
  MM_AT_NONE(MM_A_WORD, "conflict", 1, 1, 0, 0, mm__words_conflict)};

static const mm_attr mm__attrs_lengthrange[] = {
  MM_KEYWORD("mode", lengthrange.mode, mm__words_lengthrange),
  MM_BOOLEAN("useexisting", lengthrange.useexisting), MM_BOOLEAN("uselimit", lengthrange.uselimit),
  MM_REAL("accel", lengthrange.accel, 1, 1), MM_REAL("maxforce", lengthrange.maxforce, 1, 1),
  MM_REAL("timeconst", lengthrange.timeconst, 1, 1), MM_REAL("timestep", lengthrange.timestep, 1, 1),
  MM_REAL("inttotal", lengthrange.inttotal, 1, 1), MM_REAL("interval", lengthrange.interval, 1, 1),
  MM_REAL("tolrange", lengthrange.tolrange, 1, 1)};

static const mm_attr mm__attrs_option[] = {
  MM_REAL("timestep", option.timestep, 1, 1), MM_REAL("impratio", option.impratio, 1, 1),
  MM_REAL("tolerance", option.tolerance, 1, 1), MM_REAL("ls_tolerance", option.ls_tolerance, 1, 1),
  MM_CHECK(MM_A_REAL, "noslip_tolerance", 1, 1), MM_REAL("ccd_tolerance", option.ccd_tolerance, 1, 1),
  MM_CHECK(MM_A_REAL, "sleep_tolerance", 1, 1), MM_REAL("gravity", option.gravity, 3, 3), MM_ZERO("wind", 3),
  MM_REAL("magnetic", option.magnetic, 3, 3), MM_ZERO("density", 1), MM_ZERO("viscosity", 1),
  MM_CHECK(MM_A_REAL, "o_margin", 1, 1), MM_CHECK(MM_A_REAL, "o_solref", 1, 2),
  MM_CHECK(MM_A_REAL, "o_solimp", 1, 5), MM_CHECK(MM_A_REAL, "o_friction", 1, 5),
  MM_KEYWORD("integrator", option.integrator, mm__words_integrator),
  MM_KEYWORD("cone", option.cone, mm__words_cone),
  MM_AT_NONE(MM_A_WORD, "jacobian", 1, 1, 0, 0, mm__words_jacobian),
  MM_AT_NONE(MM_A_WORD, "solver", 1, 1, 0, 0, mm__words_solver),
  MM_WHOLE("iterations", option.iterations, 1, 1), MM_WHOLE("ls_iterations", option.ls_iterations, 1, 1),
  MM_ZERO("noslip_iterations", 1), MM_WHOLE("ccd_iterations", option.ccd_iterations, 1, 1),
  MM_CHECK(MM_A_INT, "sdf_iterations", 1, 1), MM_CHECK(MM_A_INT, "sdf_initpoints", 1, 1),
  MM_REFUSE("actuatorgroupdisable")};

static const mm_attr mm__attrs_size[] = {
  MM_CHECK(MM_A_TEXT, "memory", 1, 1), MM_CHECK(MM_A_INT, "njmax", 1, 1), MM_CHECK(MM_A_INT, "nconmax", 1, 1),
  MM_CHECK(MM_A_INT, "nstack", 1, 1), MM_CHECK(MM_A_INT, "nuserdata", 1, 1), MM_WHOLE("nkey", nkey, 1, 1),
  MM_CHECK(MM_A_INT, "nuser_body", 1, 1), MM_CHECK(MM_A_INT, "nuser_jnt", 1, 1),
  MM_CHECK(MM_A_INT, "nuser_geom", 1, 1), MM_CHECK(MM_A_INT, "nuser_site", 1, 1),
  MM_CHECK(MM_A_INT, "nuser_cam", 1, 1), MM_CHECK(MM_A_INT, "nuser_tendon", 1, 1),
  MM_CHECK(MM_A_INT, "nuser_actuator", 1, 1), MM_CHECK(MM_A_INT, "nuser_sensor", 1, 1)};

static const mm_attr mm__attrs_statistic[] = {
  MM_REAL("meaninertia", statistic.meaninertia, 1, 1), MM_REAL("meanmass", statistic.meanmass, 1, 1),
  MM_REAL("meansize", statistic.meansize, 1, 1), MM_REAL("extent", statistic.extent, 1, 1),
  MM_REAL("center", statistic.center, 3, 3)};
#undef MM_T

/* <flag>: a bit of disableflags that "disable" sets, or a bit of enableflags that "enable" sets */
typedef struct mm_flag { const char *name; int bit, enables, refused; } mm_flag;
static const mm_flag mm__flags[] = {
  {"constraint", 1 << 0, 0, 0}, {"equality", 1 << 1, 0, 0}, {"frictionloss", 1 << 2, 0, 0},
  {"limit", 1 << 3, 0, 0}, {"contact", 1 << 4, 0, 0}, {"spring", 1 << 5, 0, 0}, {"damper", 1 << 6, 0, 0},
  {"gravity", 1 << 7, 0, 0}, {"clampctrl", 1 << 8, 0, 0}, {"warmstart", 1 << 9, 0, 0},
  {"filterparent", 1 << 10, 0, 0}, {"actuation", 1 << 11, 0, 0}, {"refsafe", 1 << 12, 0, 0},
  {"sensor", 1 << 13, 0, 0}, {"midphase", 1 << 14, 0, 0}, {"eulerdamp", 1 << 15, 0, 0},
  {"autoreset", 1 << 16, 0, 0}, {"nativeccd", 1 << 17, 0, 0}, {"island", 1 << 18, 0, 0},
  {"multiccd", 1 << 19, 0, 0}, {"override", 1 << 0, 1, 1}, {"energy", 1 << 1, 1, 0}, {"fwdinv", 1 << 2, 1, 0},
  {"invdiscrete", 1 << 3, 1, 0}, {"sleep", 1 << 4, 1, 1}, {"diagexact", 1 << 5, 1, 1}};

/* ---- visual: for viewers of MuJoCo; checked, not kept, but for the near plane that cameras take ---- */

#define MM_VREAL(name) MM_CHECK(MM_A_REAL, name, 1, 1)
#define MM_VRGBA(name) MM_CHECK(MM_A_REAL, name, 4, 4)
#define MM_VINT(name) MM_CHECK(MM_A_INT, name, 1, 1)
static const mm_attr mm__attrs_global[] = {
  MM_VINT("cameraid"), MM_CHECK(MM_A_BOOL, "orthographic", 1, 1), MM_VREAL("fovy"), MM_VREAL("ipd"),
  MM_VREAL("azimuth"), MM_VREAL("elevation"), MM_VREAL("linewidth"), MM_VREAL("glow"), MM_VINT("offwidth"),
  MM_VINT("offheight"), MM_VREAL("realtime"), MM_CHECK(MM_A_BOOL, "ellipsoidinertia", 1, 1),
  MM_CHECK(MM_A_BOOL, "bvactive", 1, 1)};
static const mm_attr mm__attrs_quality[] = {
  MM_VINT("shadowsize"), MM_VINT("offsamples"), MM_VINT("numslices"), MM_VINT("numstacks"),
  MM_VINT("numquads")};
static const mm_attr mm__attrs_headlight[] = {
  MM_CHECK(MM_A_REAL, "ambient", 3, 3), MM_CHECK(MM_A_REAL, "diffuse", 3, 3),
  MM_CHECK(MM_A_REAL, "specular", 3, 3), MM_VINT("active")};
#define MM_T mm_spec
static const mm_attr mm__attrs_map[] = {
  MM_VREAL("stiffness"), MM_VREAL("stiffnessrot"), MM_VREAL("force"), MM_VREAL("torque"), MM_VREAL("alpha"),
  MM_VREAL("fogstart"), MM_VREAL("fogend"), MM_REAL("znear", znear, 1, 1), MM_VREAL("zfar"), MM_VREAL("haze"),
  MM_VREAL("shadowclip"), MM_VREAL("shadowscale"), MM_VREAL("actuatortendon")};
#undef MM_T
static const mm_attr mm__attrs_scale[] = {
  MM_VREAL("forcewidth"), MM_VREAL("contactwidth"), MM_VREAL("contactheight"), MM_VREAL("connect"),
  MM_VREAL("com"), MM_VREAL("camera"), MM_VREAL("light"), MM_VREAL("selectpoint"), MM_VREAL("jointlength"),
  MM_VREAL("jointwidth"), MM_VREAL("actuatorlength"), MM_VREAL("actuatorwidth"), MM_VREAL("framelength"),
  MM_VREAL("framewidth"), MM_VREAL("constraint"), MM_VREAL("slidercrank"), MM_VREAL("frustum")};
static const mm_attr mm__attrs_rgba[] = {
  MM_VRGBA("fog"), MM_VRGBA("haze"), MM_VRGBA("force"), MM_VRGBA("inertia"), MM_VRGBA("joint"),
  MM_VRGBA("actuator"), MM_VRGBA("actuatornegative"), MM_VRGBA("actuatorpositive"), MM_VRGBA("com"),
  MM_VRGBA("camera"), MM_VRGBA("light"), MM_VRGBA("selectpoint"), MM_VRGBA("connect"),
  MM_VRGBA("contactpoint"), MM_VRGBA("contactforce"), MM_VRGBA("contactfriction"), MM_VRGBA("contacttorque"),
  MM_VRGBA("contactgap"), MM_VRGBA("rangefinder"), MM_VRGBA("constraint"), MM_VRGBA("slidercrank"),
  MM_VRGBA("crankbroken"), MM_VRGBA("frustum"), MM_VRGBA("bv"), MM_VRGBA("bvactive")};

/* ---- assets ---- */

static const mm_attr mm__attrs_default[] = {MM_AT_NONE(MM_A_CLASS, "class", 1, 1, 0, 0, NULL)};

#define MM_T mm_spec_mesh
static const mm_attr mm__attrs_mesh[] = {
  MM_NAME(0), MM_CLASS_NAME("class"),
  MM_AT_NONE(MM_A_WORD, "content_type", 1, 1, MM_AF_NODEFAULT, 0, mm__words_stl_only),
  MM_STRING("file", path, MM_AF_NODEFAULT), MM_NUMBERS("vertex", vertex, MM_AF_NODEFAULT),
  MM_NUMBERS("face", face, MM_AF_NODEFAULT), MM_AT_NONE(MM_A_REALS, "normal", 0, 0, MM_AF_NODEFAULT, 0, NULL),
  MM_AT_NONE(MM_A_REALS, "texcoord", 0, 0, MM_AF_NODEFAULT, 0, NULL),
  MM_AT(MM_A_REAL, "refpos", refpos, 3, 3, MM_AF_NODEFAULT, 0, NULL),
  MM_AT(MM_A_REAL, "refquat", refquat, 4, 4, MM_AF_NODEFAULT, 0, NULL), MM_REAL("scale", scale, 3, 3),
  MM_AT_NONE(MM_A_BOOL, "smoothnormal", 1, 1, MM_AF_NODEFAULT, 0, NULL), MM_REFUSE("maxhullvert"),
  MM_KEYWORD("inertia", inertia, mm__words_mesh_inertia),
  MM_AT_NONE(MM_A_WORD, "builtin", 1, 1, MM_AF_NODEFAULT, 0, mm__words_mesh_builtin), MM_REFUSE("params"),
  MM_STRING("material", material, MM_AF_NODEFAULT)};
#undef MM_T

#define MM_T mm_spec_texture
static const mm_attr mm__attrs_texture[] = {
  MM_NAME(0), MM_CLASS_NAME("class"), MM_KEYWORD("type", type, mm__words_texture),
  MM_AT_NONE(MM_A_WORD, "colorspace", 1, 1, 0, 0, mm__words_colorspace),
  MM_CHECK(MM_A_TEXT, "content_type", 1, 1), MM_STRING("file", path, 0), MM_CHECK(MM_A_INT, "gridsize", 2, 2),
  MM_CHECK(MM_A_TEXT, "gridlayout", 1, 1), MM_CHECK(MM_A_TEXT, "fileright", 1, 1),
  MM_CHECK(MM_A_TEXT, "fileleft", 1, 1), MM_CHECK(MM_A_TEXT, "fileup", 1, 1),
  MM_CHECK(MM_A_TEXT, "filedown", 1, 1), MM_CHECK(MM_A_TEXT, "filefront", 1, 1),
  MM_CHECK(MM_A_TEXT, "fileback", 1, 1), MM_KEYWORD("builtin", builtin, mm__words_pattern),
  MM_REAL("rgb1", rgb1, 3, 3), MM_REAL("rgb2", rgb2, 3, 3), MM_KEYWORD("mark", mark, mm__words_mark),
  MM_REAL("markrgb", markrgb, 3, 3), MM_REAL("random", random, 1, 1), MM_WHOLE("width", width, 1, 1),
  MM_WHOLE("height", height, 1, 1), MM_CHECK(MM_A_BOOL, "hflip", 1, 1), MM_CHECK(MM_A_BOOL, "vflip", 1, 1),
  MM_CHECK(MM_A_INT, "nchannel", 1, 1)};
#undef MM_T

#define MM_T mm_spec_material
static const mm_attr mm__attrs_material[] = {
  MM_NAME(0), MM_CLASS_NAME("class"), MM_STRING("texture", texture[1], 0),
  MM_REAL("texrepeat", texrepeat, 2, 2), MM_BOOLEAN("texuniform", texuniform),
  MM_REAL("emission", emission, 1, 1), MM_REAL("specular", specular, 1, 1),
  MM_REAL("shininess", shininess, 1, 1), MM_REAL("reflectance", reflectance, 1, 1),
  MM_REAL("metallic", metallic, 1, 1), MM_REAL("roughness", roughness, 1, 1), MM_REAL("rgba", rgba, 4, 4)};
#undef MM_T

typedef struct mm_layer { const char *texture; int role; } mm_layer;
#define MM_T mm_layer
static const mm_attr mm__attrs_layer[] = {
  MM_STRING("texture", texture, MM_AF_REQUIRED),
  MM_AT(MM_A_WORD, "role", role, 1, 1, MM_AF_REQUIRED, 0, mm__words_role)};
#undef MM_T

/* ---- bodies and what they hold ---- */

#define MM_T mm_spec_body
static const mm_attr mm__attrs_body[] = {
  MM_NAME(0), MM_CLASS_NAME("childclass"), MM_REAL("pos", pos, 3, 3), MM_ORIENTATION(orient),
  MM_BOOLEAN("mocap", mocap), MM_REAL("gravcomp", gravcomp, 1, 1),
  MM_AT_NONE(MM_A_WORD, "sleep", 1, 1, 0, 0, mm__words_sleep),
  MM_AT_NONE(MM_A_WORD, "simple", 1, 1, 0, 0, mm__words_simple), MM_USER};
static const mm_attr mm__attrs_inertial[] = {
  MM_AT(MM_A_REAL, "pos", ipos, 3, 3, MM_AF_REQUIRED, 0, NULL), MM_ORIENTATION(iorient),
  MM_AT(MM_A_REAL, "mass", mass, 1, 1, MM_AF_REQUIRED, 0, NULL), MM_REAL("diaginertia", inertia, 3, 3),
  MM_REAL("fullinertia", fullinertia, 6, 6)};
#undef MM_T

#define MM_T mm_spec_frame
static const mm_attr mm__attrs_frame[] = {
  MM_NAME(0), MM_CLASS_NAME("childclass"), MM_REAL("pos", pos, 3, 3), MM_ORIENTATION(orient)};
#undef MM_T

#define MM_T mm_spec_joint
static const mm_attr mm__attrs_joint[] = {
  MM_PART_NAME, MM_CLASS_NAME("class"), MM_KEYWORD("type", type, mm__words_joint),
  MM_WHOLE("group", group, 1, 1), MM_REAL("pos", pos, 3, 3), MM_REAL("axis", axis, 3, 3),
  MM_REAL("springdamper", springdamper, 2, 2), MM_KEYWORD("limited", limited, mm__words_limited),
  MM_KEYWORD("actuatorfrclimited", actfrclimited, mm__words_limited),
  MM_REAL("solreflimit", solref_limit, 1, 2), MM_REAL("solimplimit", solimp_limit, 1, 5),
  MM_REAL("solreffriction", solref_friction, 1, 2), MM_REAL("solimpfriction", solimp_friction, 1, 5),
  MM_POLY("stiffness", stiffness), MM_REAL("range", range, 2, 2),
  MM_REAL("actuatorfrcrange", actfrcrange, 2, 2), MM_BOOLEAN("actuatorgravcomp", actgravcomp),
  MM_REAL("margin", margin, 1, 1), MM_REAL("ref", ref, 1, 1), MM_REAL("springref", springref, 1, 1),
  MM_REAL("armature", armature, 1, 1), MM_POLY("damping", damping),
  MM_REAL("frictionloss", frictionloss, 1, 1), MM_USER};
static const mm_attr mm__attrs_freejoint[] = {
  MM_PART_NAME, MM_WHOLE("group", group, 1, 1), MM_KEYWORD("align", align, mm__words_limited)};
#undef MM_T

#define MM_T mm_spec_geom
static const mm_attr mm__attrs_geom[] = {
  MM_PART_NAME, MM_CLASS_NAME("class"), MM_KEYWORD("type", type, mm__words_geom),
  MM_WHOLE("contype", contype, 1, 1), MM_WHOLE("conaffinity", conaffinity, 1, 1),
  MM_WHOLE("condim", condim, 1, 1), MM_WHOLE("group", group, 1, 1), MM_WHOLE("priority", priority, 1, 1),
  MM_REAL("size", size, 1, 3), MM_STRING("material", material, 0), MM_REAL("friction", friction, 1, 3),
  MM_REAL("mass", mass, 1, 1), MM_REAL("density", density, 1, 1), MM_BOOLEAN("shellinertia", shellinertia),
  MM_REAL("solmix", solmix, 1, 1), MM_REAL("solref", solref, 1, 2), MM_REAL("solimp", solimp, 1, 5),
  MM_REAL("margin", margin, 1, 1), MM_REAL("gap", gap, 1, 1), MM_ZERO("surfacevel", 6),
  MM_ZERO("adhesion", 1), MM_REAL("fromto", fromto, 6, 6), MM_REAL("pos", pos, 3, 3), MM_ORIENTATION(orient),
  MM_REFUSE("hfield"), MM_STRING("mesh", mesh, 0), MM_REAL("fitscale", fitscale, 1, 1),
  MM_REAL("rgba", rgba, 4, 4), MM_AT_NONE(MM_A_WORD, "fluidshape", 1, 1, 0, 0, mm__words_fluid),
  MM_CHECK(MM_A_REAL, "fluidcoef", 1, 5), MM_USER};
#undef MM_T

#define MM_T mm_spec_site
static const mm_attr mm__attrs_site[] = {
  MM_PART_NAME, MM_CLASS_NAME("class"), MM_KEYWORD("type", type, mm__words_geom),
  MM_WHOLE("group", group, 1, 1), MM_REAL("pos", pos, 3, 3), MM_ORIENTATION(orient),
  MM_STRING("material", material, 0), MM_REAL("size", size, 1, 3), MM_REAL("fromto", fromto, 6, 6),
  MM_REAL("rgba", rgba, 4, 4), MM_USER};
#undef MM_T

#define MM_T mm_spec_camera
static const mm_attr mm__attrs_camera[] = {
  MM_PART_NAME, MM_CLASS_NAME("class"), MM_KEYWORD("projection", projection, mm__words_projection),
  MM_REAL("fovy", fovy, 1, 1), MM_REAL("ipd", ipd, 1, 1), MM_WHOLE("resolution", resolution, 2, 2),
  MM_CHECK(MM_A_TEXT, "output", 1, 1), MM_REAL("pos", pos, 3, 3), MM_ORIENTATION(orient),
  MM_KEYWORD("mode", mode, mm__words_tracking), MM_STRING("target", target, MM_AF_NODEFAULT),
  MM_REAL("focal", focal, 2, 2), MM_REAL("focalpixel", focalpixel, 2, 2),
  MM_REAL("principal", principal, 2, 2), MM_REAL("principalpixel", principalpixel, 2, 2),
  MM_REAL("sensorsize", sensorsize, 2, 2), MM_USER};
#undef MM_T

#define MM_T mm_spec_light
static const mm_attr mm__attrs_light[] = {
  MM_PART_NAME, MM_CLASS_NAME("class"), MM_KEYWORD("directional", type, mm__words_light_directional),
  MM_KEYWORD("type", type, mm__words_light), MM_BOOLEAN("castshadow", castshadow),
  MM_BOOLEAN("active", active), MM_REAL("pos", pos, 3, 3), MM_REAL("dir", dir, 3, 3),
  MM_REAL("bulbradius", bulbradius, 1, 1), MM_REAL("intensity", intensity, 1, 1),
  MM_REAL("range", range, 1, 1), MM_REAL("attenuation", attenuation, 3, 3), MM_REAL("cutoff", cutoff, 1, 1),
  MM_REAL("softness", softness, 1, 1), MM_REAL("exponent", exponent, 1, 1), MM_REAL("ambient", ambient, 3, 3),
  MM_REAL("diffuse", diffuse, 3, 3), MM_REAL("specular", specular, 3, 3),
  MM_KEYWORD("mode", mode, mm__words_tracking), MM_STRING("target", target, MM_AF_NODEFAULT),
  MM_AT_NONE(MM_A_TEXT, "texture", 1, 1, MM_AF_NODEFAULT, 0, NULL)};
#undef MM_T

/* ---- contact, tendon, equality ---- */

#define MM_T mm_spec_pair
static const mm_attr mm__attrs_pair[] = {
  MM_NAME(0), MM_CLASS_NAME("class"), MM_STRING("geom1", geom1, MM_AF_NODEFAULT | MM_AF_REQUIRED),
  MM_STRING("geom2", geom2, MM_AF_NODEFAULT | MM_AF_REQUIRED), MM_WHOLE("condim", condim, 1, 1),
  MM_REAL("friction", friction, 1, 5), MM_REAL("solref", solref, 1, 2),
  MM_REAL("solreffriction", solreffriction, 1, 2), MM_REAL("solimp", solimp, 1, 5), MM_REAL("gap", gap, 1, 1),
  MM_REAL("margin", margin, 1, 1), MM_ZERO("adhesion", 1)};
#undef MM_T

#define MM_T mm_spec_exclude
static const mm_attr mm__attrs_exclude[] = {
  MM_NAME(0), MM_CLASS_NAME("class"), MM_STRING("body1", body1, MM_AF_REQUIRED),
  MM_STRING("body2", body2, MM_AF_REQUIRED)};
#undef MM_T

enum { MM_TAG_SPATIAL = 1, MM_TAG_FIXED = 2 };
#define MM_T mm_spec_tendon
static const mm_attr mm__attrs_tendon[] = {
  MM_NAME(0), MM_CLASS_NAME("class"), MM_WHOLE("group", group, 1, 1),
  MM_KEYWORD("limited", limited, mm__words_limited),
  MM_KEYWORD("actuatorfrclimited", actfrclimited, mm__words_limited), MM_REAL("range", range, 2, 2),
  MM_REAL("actuatorfrcrange", actfrcrange, 2, 2), MM_REAL("solreflimit", solref_limit, 1, 2),
  MM_REAL("solimplimit", solimp_limit, 1, 5), MM_REAL("solreffriction", solref_friction, 1, 2),
  MM_REAL("solimpfriction", solimp_friction, 1, 5), MM_REAL("frictionloss", frictionloss, 1, 1),
  MM_REAL("springlength", springlength, 1, 2),
  MM_AT(MM_A_REAL, "width", width, 1, 1, 0, MM_TAG_SPATIAL, NULL),
  MM_AT(MM_A_TEXT, "material", material, 1, 1, 0, MM_TAG_SPATIAL, NULL), MM_REAL("margin", margin, 1, 1),
  MM_POLY("stiffness", stiffness), MM_POLY("damping", damping), MM_REAL("armature", armature, 1, 1),
  MM_AT(MM_A_REAL, "rgba", rgba, 4, 4, 0, MM_TAG_SPATIAL, NULL), MM_USER};
#undef MM_T

#define MM_T mm_spec_wrap
static const mm_attr mm__attrs_wrap_site[] = {MM_STRING("site", object, MM_AF_REQUIRED)};
static const mm_attr mm__attrs_wrap_geom[] = {
  MM_STRING("geom", object, MM_AF_REQUIRED), MM_STRING("sidesite", sidesite, 0)};
static const mm_attr mm__attrs_wrap_pulley[] = {
  MM_AT(MM_A_REAL, "divisor", number, 1, 1, MM_AF_REQUIRED, 0, NULL)};
static const mm_attr mm__attrs_wrap_joint[] = {
  MM_STRING("joint", object, MM_AF_REQUIRED),
  MM_AT(MM_A_REAL, "coef", number, 1, 1, MM_AF_REQUIRED, 0, NULL)};
#undef MM_T

enum {
  MM_TAG_CONNECT = 1, MM_TAG_WELD = 2, MM_TAG_EQ_JOINT = 4, MM_TAG_EQ_TENDON = 8, MM_TAG_EQ_DEFAULT = 16
};
typedef struct mm_equality_reading {
  mm_spec_equality q;
  const char *body1, *body2, *site1, *site2, *joint1, *joint2, *tendon1, *tendon2;
  double anchor[3], relpose[7], torquescale, polycoef[5];
} mm_equality_reading;
#define MM_T mm_equality_reading
#define MM_EQ_TEXT(name, tags, flags) MM_AT(MM_A_TEXT, #name, name, 1, 1, flags, tags, NULL)
static const mm_attr mm__attrs_equality[] = {
  MM_AT(MM_A_TEXT, "name", q.e.name, 1, 1, MM_AF_NODEFAULT, 0, NULL), MM_CLASS_NAME("class"),
  MM_BOOLEAN("active", q.active), MM_REAL("solref", q.solref, 1, 2), MM_REAL("solimp", q.solimp, 1, 5),
  MM_EQ_TEXT(body1, MM_TAG_CONNECT | MM_TAG_WELD, 0), MM_EQ_TEXT(body2, MM_TAG_CONNECT | MM_TAG_WELD, 0),
  MM_EQ_TEXT(site1, MM_TAG_CONNECT | MM_TAG_WELD, 0), MM_EQ_TEXT(site2, MM_TAG_CONNECT | MM_TAG_WELD, 0),
  MM_AT(MM_A_REAL, "anchor", anchor, 3, 3, 0, MM_TAG_CONNECT | MM_TAG_WELD, NULL),
  MM_AT(MM_A_REAL, "relpose", relpose, 7, 7, 0, MM_TAG_WELD, NULL),
  MM_AT(MM_A_REAL, "torquescale", torquescale, 1, 1, 0, MM_TAG_WELD, NULL),
  MM_EQ_TEXT(joint1, MM_TAG_EQ_JOINT, MM_AF_REQUIRED), MM_EQ_TEXT(joint2, MM_TAG_EQ_JOINT, 0),
  MM_EQ_TEXT(tendon1, MM_TAG_EQ_TENDON, MM_AF_REQUIRED), MM_EQ_TEXT(tendon2, MM_TAG_EQ_TENDON, 0),
  MM_AT(MM_A_REAL, "polycoef", polycoef, 1, 5, 0, MM_TAG_EQ_JOINT | MM_TAG_EQ_TENDON, NULL)};
#undef MM_T

/* ---- actuators: one table for all, and what only the shortcuts have ---- */

enum {
  MM_TAG_GENERAL = 1, MM_TAG_MOTOR = 2, MM_TAG_POSITION = 4, MM_TAG_VELOCITY = 8, MM_TAG_INTVELOCITY = 16,
  MM_TAG_DAMPER = 32, MM_TAG_CYLINDER = 64, MM_TAG_MUSCLE = 128
};
typedef struct mm_actuator_reading {
  mm_spec_actuator a;
  const char *joint, *jointinparent, *tendon, *site;
  double kp, kv, dampratio, timeconst, area, diameter, bias[3]; /* NaN: not given */
  double muscle_timeconst[2], tausmooth, range[2], force, scale, lmin, lmax, vmax, fpmax, fvmax;
} mm_actuator_reading;

#define MM_T mm_actuator_reading
#define MM_SERVO_TAGS (MM_TAG_POSITION | MM_TAG_VELOCITY | MM_TAG_INTVELOCITY)
#define MM_NOT_DAMPER (MM_TAG_GENERAL | MM_TAG_MOTOR | MM_SERVO_TAGS | MM_TAG_CYLINDER | MM_TAG_MUSCLE)
#define MM_NOT_MUSCLE (MM_TAG_GENERAL | MM_TAG_MOTOR | MM_SERVO_TAGS | MM_TAG_CYLINDER | MM_TAG_DAMPER)
#define MM_ACT_REAL(name, member, n, tags) MM_AT(MM_A_REAL, name, member, n, n, 0, tags, NULL)
static const mm_attr mm__attrs_actuator[] = {
  MM_AT(MM_A_TEXT, "name", a.e.name, 1, 1, MM_AF_NODEFAULT, 0, NULL), MM_CLASS_NAME("class"),
  MM_WHOLE("group", a.group, 1, 1), MM_ZERO("nsample", 1),
  MM_AT_NONE(MM_A_WORD, "interp", 1, 1, 0, 0, mm__words_interp), MM_ZERO("delay", 1),
  MM_REAL("ctrlrange", a.ctrlrange, 2, 2), MM_USER,
  MM_AT(MM_A_WORD, "ctrllimited", a.ctrllimited, 1, 1, 0, MM_NOT_DAMPER, mm__words_limited),
  MM_KEYWORD("forcelimited", a.forcelimited, mm__words_limited), MM_REAL("forcerange", a.forcerange, 2, 2),
  MM_AT(MM_A_WORD, "actlimited", a.actlimited, 1, 1, 0, MM_TAG_GENERAL | MM_TAG_INTVELOCITY,
        mm__words_limited),
  MM_ACT_REAL("actrange", a.actrange, 2, MM_TAG_GENERAL | MM_TAG_INTVELOCITY),
  MM_AT(MM_A_REAL, "lengthrange", a.lengthrange, 2, 2, MM_AF_NODEFAULT, 0, NULL),
  MM_REAL("gear", a.gear, 1, 6), MM_ZERO("damping", 3), MM_ZERO("armature", 1), MM_REFUSE("cranklength"),
  MM_REFUSE("slidersite"), MM_REFUSE("cranksite"), MM_STRING("joint", joint, MM_AF_NODEFAULT),
  MM_STRING("jointinparent", jointinparent, MM_AF_NODEFAULT), MM_STRING("tendon", tendon, MM_AF_NODEFAULT),
  MM_AT(MM_A_TEXT, "site", site, 1, 1, MM_AF_NODEFAULT, MM_NOT_MUSCLE, NULL),
  MM_AT(MM_A_TEXT, "refsite", a.refsite, 1, 1, MM_AF_NODEFAULT, MM_NOT_MUSCLE, NULL),
  MM_AT_NONE(MM_A_REFUSED, "body", 1, 1, 0, MM_TAG_GENERAL, NULL),
  MM_AT_NONE(MM_A_REFUSED, "input", 1, 1, 0, MM_TAG_GENERAL, NULL),
  MM_AT_NONE(MM_A_REFUSED, "velrange", 1, 1, 0, MM_TAG_GENERAL, NULL),
  MM_AT_NONE(MM_A_REFUSED, "ffrange", 1, 1, 0, MM_TAG_GENERAL, NULL),
  MM_AT(MM_A_INT, "actdim", a.actdim, 1, 1, 0, MM_TAG_GENERAL, NULL),
  MM_AT(MM_A_WORD, "dyntype", a.dyntype, 1, 1, 0, MM_TAG_GENERAL, mm__words_dyn),
  MM_AT(MM_A_WORD, "gaintype", a.gaintype, 1, 1, 0, MM_TAG_GENERAL, mm__words_gain),
  MM_AT(MM_A_WORD, "biastype", a.biastype, 1, 1, 0, MM_TAG_GENERAL, mm__words_bias),
  MM_AT(MM_A_REAL, "dynprm", a.dynprm, 1, 10, 0, MM_TAG_GENERAL, NULL),
  MM_AT(MM_A_REAL, "gainprm", a.gainprm, 1, 10, 0, MM_TAG_GENERAL, NULL),
  MM_AT(MM_A_REAL, "biasprm", a.biasprm, 1, 10, 0, MM_TAG_GENERAL, NULL),
  MM_AT(MM_A_BOOL, "actearly", a.actearly, 1, 1, 0, MM_TAG_GENERAL, NULL),
  MM_ACT_REAL("inheritrange", a.inheritrange, 1, MM_TAG_POSITION | MM_TAG_INTVELOCITY),
  MM_ACT_REAL("kp", kp, 1, MM_TAG_POSITION | MM_TAG_INTVELOCITY),
  MM_ACT_REAL("kv", kv, 1, MM_TAG_POSITION | MM_TAG_INTVELOCITY | MM_TAG_VELOCITY | MM_TAG_DAMPER),
  MM_ACT_REAL("dampratio", dampratio, 1, MM_TAG_POSITION | MM_TAG_INTVELOCITY),
  MM_ACT_REAL("timeconst", timeconst, 1, MM_TAG_POSITION | MM_TAG_CYLINDER),
  MM_ACT_REAL("area", area, 1, MM_TAG_CYLINDER), MM_ACT_REAL("diameter", diameter, 1, MM_TAG_CYLINDER),
  MM_ACT_REAL("bias", bias, 3, MM_TAG_CYLINDER), MM_ACT_REAL("timeconst", muscle_timeconst, 2, MM_TAG_MUSCLE),
  MM_AT(MM_A_REAL, "tausmooth", tausmooth, 1, 1, MM_AF_NODEFAULT, MM_TAG_MUSCLE, NULL),
  MM_ACT_REAL("range", range, 2, MM_TAG_MUSCLE), MM_ACT_REAL("force", force, 1, MM_TAG_MUSCLE),
  MM_ACT_REAL("scale", scale, 1, MM_TAG_MUSCLE), MM_ACT_REAL("lmin", lmin, 1, MM_TAG_MUSCLE),
  MM_ACT_REAL("lmax", lmax, 1, MM_TAG_MUSCLE), MM_ACT_REAL("vmax", vmax, 1, MM_TAG_MUSCLE),
  MM_ACT_REAL("fpmax", fpmax, 1, MM_TAG_MUSCLE), MM_ACT_REAL("fvmax", fvmax, 1, MM_TAG_MUSCLE)};
#undef MM_T

/* ---- sensors ---- */

enum {
  MM_TAG_S_SITE = 1, MM_TAG_S_JOINT = 2, MM_TAG_S_TENDON = 4, MM_TAG_S_ACTUATOR = 8, MM_TAG_S_BODY = 16,
  MM_TAG_S_FRAME = 32, MM_TAG_S_FRAME_IN = 64, MM_TAG_S_NONE = 128, MM_TAG_S_RAY = 256, MM_TAG_S_CAMERA = 512,
  MM_TAG_S_INSIDE = 1024, MM_TAG_S_CONTACT = 2048
};

typedef struct mm_sensor_kind {
  const char *tag;
  int type, objtype, dim; /* dim 0: it depends */
  int datatype; /* 0 real, 1 positive, 2 axis, 3 quaternion */
  int stage;    /* 1 position, 2 velocity, 3 acceleration */
  unsigned attrs;
} mm_sensor_kind;

static const mm_sensor_kind mm__sensor_kinds[] = {
  {"touch", MM_SENS_TOUCH, MM_OBJ_SITE, 1, 1, 3, MM_TAG_S_SITE},
  {"accelerometer", MM_SENS_ACCELEROMETER, MM_OBJ_SITE, 3, 0, 3, MM_TAG_S_SITE},
  {"velocimeter", MM_SENS_VELOCIMETER, MM_OBJ_SITE, 3, 0, 2, MM_TAG_S_SITE},
  {"gyro", MM_SENS_GYRO, MM_OBJ_SITE, 3, 0, 2, MM_TAG_S_SITE},
  {"force", MM_SENS_FORCE, MM_OBJ_SITE, 3, 0, 3, MM_TAG_S_SITE},
  {"torque", MM_SENS_TORQUE, MM_OBJ_SITE, 3, 0, 3, MM_TAG_S_SITE},
  {"magnetometer", MM_SENS_MAGNETOMETER, MM_OBJ_SITE, 3, 0, 1, MM_TAG_S_SITE},
  {"rangefinder", MM_SENS_RANGEFINDER, MM_OBJ_SITE, 1, 0, 1, MM_TAG_S_SITE | MM_TAG_S_RAY},
  {"camprojection", MM_SENS_CAMPROJECTION, MM_OBJ_SITE, 2, 0, 1, MM_TAG_S_SITE | MM_TAG_S_CAMERA},
  {"jointpos", MM_SENS_JOINTPOS, MM_OBJ_JOINT, 1, 0, 1, MM_TAG_S_JOINT},
  {"jointvel", MM_SENS_JOINTVEL, MM_OBJ_JOINT, 1, 0, 2, MM_TAG_S_JOINT},
  {"tendonpos", MM_SENS_TENDONPOS, MM_OBJ_TENDON, 1, 0, 1, MM_TAG_S_TENDON},
  {"tendonvel", MM_SENS_TENDONVEL, MM_OBJ_TENDON, 1, 0, 2, MM_TAG_S_TENDON},
  {"actuatorpos", MM_SENS_ACTUATORPOS, MM_OBJ_ACTUATOR, 1, 0, 1, MM_TAG_S_ACTUATOR},
  {"actuatorvel", MM_SENS_ACTUATORVEL, MM_OBJ_ACTUATOR, 1, 0, 2, MM_TAG_S_ACTUATOR},
  {"actuatorfrc", MM_SENS_ACTUATORFRC, MM_OBJ_ACTUATOR, 1, 0, 3, MM_TAG_S_ACTUATOR},
  {"jointactuatorfrc", MM_SENS_JOINTACTFRC, MM_OBJ_JOINT, 1, 0, 3, MM_TAG_S_JOINT},
  {"tendonactuatorfrc", MM_SENS_TENDONACTFRC, MM_OBJ_TENDON, 1, 0, 3, MM_TAG_S_TENDON},
  {"ballquat", MM_SENS_BALLQUAT, MM_OBJ_JOINT, 4, 3, 1, MM_TAG_S_JOINT},
  {"ballangvel", MM_SENS_BALLANGVEL, MM_OBJ_JOINT, 3, 0, 2, MM_TAG_S_JOINT},
  {"jointlimitpos", MM_SENS_JOINTLIMITPOS, MM_OBJ_JOINT, 1, 0, 1, MM_TAG_S_JOINT},
  {"jointlimitvel", MM_SENS_JOINTLIMITVEL, MM_OBJ_JOINT, 1, 0, 2, MM_TAG_S_JOINT},
  {"jointlimitfrc", MM_SENS_JOINTLIMITFRC, MM_OBJ_JOINT, 1, 0, 3, MM_TAG_S_JOINT},
  {"tendonlimitpos", MM_SENS_TENDONLIMITPOS, MM_OBJ_TENDON, 1, 0, 1, MM_TAG_S_TENDON},
  {"tendonlimitvel", MM_SENS_TENDONLIMITVEL, MM_OBJ_TENDON, 1, 0, 2, MM_TAG_S_TENDON},
  {"tendonlimitfrc", MM_SENS_TENDONLIMITFRC, MM_OBJ_TENDON, 1, 0, 3, MM_TAG_S_TENDON},
  {"framepos", MM_SENS_FRAMEPOS, 0, 3, 0, 1, MM_TAG_S_FRAME_IN},
  {"framequat", MM_SENS_FRAMEQUAT, 0, 4, 3, 1, MM_TAG_S_FRAME_IN},
  {"framexaxis", MM_SENS_FRAMEXAXIS, 0, 3, 2, 1, MM_TAG_S_FRAME_IN},
  {"frameyaxis", MM_SENS_FRAMEYAXIS, 0, 3, 2, 1, MM_TAG_S_FRAME_IN},
  {"framezaxis", MM_SENS_FRAMEZAXIS, 0, 3, 2, 1, MM_TAG_S_FRAME_IN},
  {"framelinvel", MM_SENS_FRAMELINVEL, 0, 3, 0, 2, MM_TAG_S_FRAME_IN},
  {"frameangvel", MM_SENS_FRAMEANGVEL, 0, 3, 0, 2, MM_TAG_S_FRAME_IN},
  {"framelinacc", MM_SENS_FRAMELINACC, 0, 3, 0, 3, MM_TAG_S_FRAME},
  {"frameangacc", MM_SENS_FRAMEANGACC, 0, 3, 0, 3, MM_TAG_S_FRAME},
  {"subtreecom", MM_SENS_SUBTREECOM, MM_OBJ_BODY, 3, 0, 1, MM_TAG_S_BODY},
  {"subtreelinvel", MM_SENS_SUBTREELINVEL, MM_OBJ_BODY, 3, 0, 2, MM_TAG_S_BODY},
  {"subtreeangmom", MM_SENS_SUBTREEANGMOM, MM_OBJ_BODY, 3, 0, 2, MM_TAG_S_BODY},
  {"insidesite", MM_SENS_INSIDESITE, 0, 1, 1, 1, MM_TAG_S_INSIDE},
  {"contact", MM_SENS_CONTACT, 0, 0, 0, 3, MM_TAG_S_CONTACT},
  {"e_potential", MM_SENS_E_POTENTIAL, 0, 1, 0, 1, MM_TAG_S_NONE},
  {"e_kinetic", MM_SENS_E_KINETIC, 0, 1, 0, 1, MM_TAG_S_NONE},
  {"clock", MM_SENS_CLOCK, 0, 1, 0, 1, MM_TAG_S_NONE}};

/* the objects that choose the contacts of a contact sensor: at most one for each side */
typedef struct mm_contact_side { const char *attr; int kind; } mm_contact_side;
static const mm_contact_side mm__contact_first[] = {
  {"site", MM_OBJ_SITE}, {"body1", MM_OBJ_BODY}, {"subtree1", MM_OBJ_XBODY}, {"geom1", MM_OBJ_GEOM}};
static const mm_contact_side mm__contact_second[] = {
  {"body2", MM_OBJ_BODY}, {"subtree2", MM_OBJ_XBODY}, {"geom2", MM_OBJ_GEOM}};

#define MM_T mm_spec_sensor
#define MM_S_TEXT(name, member, tags) MM_AT(MM_A_TEXT, name, member, 1, 1, MM_AF_REQUIRED, tags, NULL)
#define MM_S_CONTACT(kind, name, member, words) MM_AT(kind, name, member, 1, 1, 0, MM_TAG_S_CONTACT, words)
static const mm_attr mm__attrs_sensor[] = {
  MM_NAME(0), MM_ZERO("nsample", 1), MM_AT_NONE(MM_A_WORD, "interp", 1, 1, 0, 0, mm__words_interp),
  MM_ZERO("delay", 1), MM_ZERO("interval", 2), MM_REAL("cutoff", cutoff, 1, 1), MM_REAL("noise", noise, 1, 1),
  MM_USER, MM_S_TEXT("site", object, MM_TAG_S_SITE), MM_S_TEXT("joint", object, MM_TAG_S_JOINT),
  MM_S_TEXT("tendon", object, MM_TAG_S_TENDON), MM_S_TEXT("actuator", object, MM_TAG_S_ACTUATOR),
  MM_S_TEXT("body", object, MM_TAG_S_BODY),
  MM_S_TEXT("camera", reference, MM_TAG_S_CAMERA), MM_S_TEXT("site", reference, MM_TAG_S_INSIDE),
  MM_AT_NONE(MM_A_REFUSED, "camera", 1, 1, 0, MM_TAG_S_RAY, NULL),
  MM_AT_NONE(MM_A_WORD, "data", 1, 1, 0, MM_TAG_S_RAY, mm__words_raydata),
  MM_AT(MM_A_WORD, "objtype", objtype, 1, 1, MM_AF_REQUIRED, MM_TAG_S_FRAME | MM_TAG_S_FRAME_IN | MM_TAG_S_INSIDE,
        mm__words_frame),
  MM_S_TEXT("objname", object, MM_TAG_S_FRAME | MM_TAG_S_FRAME_IN | MM_TAG_S_INSIDE),
  MM_AT(MM_A_WORD, "reftype", reftype, 1, 1, 0, MM_TAG_S_FRAME_IN, mm__words_frame),
  MM_AT(MM_A_TEXT, "refname", reference, 1, 1, 0, MM_TAG_S_FRAME_IN, NULL),
  MM_S_CONTACT(MM_A_TEXT, "site", first[0], NULL), MM_S_CONTACT(MM_A_TEXT, "body1", first[1], NULL),
  MM_S_CONTACT(MM_A_TEXT, "subtree1", first[2], NULL), MM_S_CONTACT(MM_A_TEXT, "geom1", first[3], NULL),
  MM_S_CONTACT(MM_A_TEXT, "body2", second[0], NULL), MM_S_CONTACT(MM_A_TEXT, "subtree2", second[1], NULL),
  MM_S_CONTACT(MM_A_TEXT, "geom2", second[2], NULL), MM_S_CONTACT(MM_A_TEXT, "data", data, NULL),
  MM_S_CONTACT(MM_A_WORD, "reduce", intprm[1], mm__words_reduce), MM_S_CONTACT(MM_A_INT, "num", intprm[2], NULL)};
#undef MM_S_CONTACT
#undef MM_S_TEXT
#undef MM_T

/* ---- custom and keyframes ---- */

#define MM_T mm_spec_numeric
static const mm_attr mm__attrs_numeric[] = {
  MM_STRING("name", e.name, MM_AF_REQUIRED), MM_WHOLE("size", size, 1, 1), MM_NUMBERS("data", data, 0)};
#undef MM_T
#define MM_T mm_spec_text
static const mm_attr mm__attrs_text[] = {
  MM_STRING("name", e.name, MM_AF_REQUIRED), MM_STRING("data", data, MM_AF_REQUIRED)};
#undef MM_T
#define MM_T mm_spec_tuple
static const mm_attr mm__attrs_tuple[] = {MM_STRING("name", e.name, MM_AF_REQUIRED)};
#undef MM_T
#define MM_T mm_spec_tuple_entry
static const mm_attr mm__attrs_tuple_entry[] = {
  MM_STRING("objtype", objtype, MM_AF_REQUIRED), MM_STRING("objname", objname, MM_AF_REQUIRED),
  MM_REAL("prm", prm, 1, 1)};
#undef MM_T
#define MM_T mm_spec_key
static const mm_attr mm__attrs_key[] = {
  MM_NAME(0), MM_REAL("time", time, 1, 1), MM_NUMBERS("qpos", qpos, 0), MM_NUMBERS("qvel", qvel, 0),
  MM_NUMBERS("act", act, 0), MM_NUMBERS("mpos", mpos, 0), MM_NUMBERS("mquat", mquat, 0),
  MM_NUMBERS("ctrl", ctrl, 0)};
#undef MM_T

/* elements of MJCF that are not read, with the element they stand in */
typedef struct mm_refused { const char *parent, *tag; } mm_refused;
static const mm_refused mm__refused[] = {
  {"mujoco", "extension"}, {"mujoco", "deformable"}, {"asset", "hfield"}, {"asset", "skin"},
  {"asset", "model"}, {"mesh", "plugin"}, {"body", "replicate"}, {"body", "attach"}, {"body", "composite"},
  {"body", "flexcomp"}, {"body", "plugin"}, {"geom", "plugin"}, {"equality", "flex"},
  {"equality", "flexvert"}, {"equality", "flexstrain"}, {"equality", "distance"}, {"actuator", "orientation"},
  {"actuator", "pid"}, {"actuator", "adhesion"}, {"actuator", "dcmotor"}, {"actuator", "plugin"},
  {"default", "orientation"}, {"default", "pid"}, {"default", "adhesion"}, {"default", "dcmotor"},
  {"sensor", "distance"}, {"sensor", "normal"}, {"sensor", "fromto"}, {"sensor", "tactile"}, {"sensor", "user"},
  {"sensor", "plugin"}};

#undef MM_AT
#undef MM_AT_NONE
#undef MM_REAL
#undef MM_WHOLE
#undef MM_BOOLEAN
#undef MM_KEYWORD
#undef MM_STRING
#undef MM_NUMBERS
#undef MM_POLY
#undef MM_NAME
#undef MM_PART_NAME
#undef MM_CLASS_NAME
#undef MM_CHECK
#undef MM_USER
#undef MM_ZERO
#undef MM_REFUSE
#undef MM_ORIENTATION
#undef MM_VREAL
#undef MM_VRGBA
#undef MM_VINT
#undef MM_EQ_TEXT
#undef MM_SERVO_TAGS
#undef MM_NOT_DAMPER
#undef MM_NOT_MUSCLE
#undef MM_ACT_REAL
#undef MM_S_TEXT
