/* >>model-spec: an MJCF model as it was written, before it is compiled */

/* ---- the text: elements of an XML file, with those of included files in their places ---- */

typedef struct mm_xml_file { const char *path, *dir; } mm_xml_file; /* dir is "" or ends with a slash */

typedef struct mm_xml_attr {
  const char *name, *value;
  struct mm_xml_attr *next;
} mm_xml_attr;

typedef struct mm_xml {
  const char *tag;
  mm_xml_attr *attrs;
  struct mm_xml *parent, *first, *last, *next;
  const mm_xml_file *file;
  int line;
} mm_xml;

#define MM_XML_DEPTH 256
#define MM_XML_ELEMENTS (1 << 22)
#define MM_XML_FILES 1024
#define MM_XML_BYTES ((size_t)1 << 28) /* of all files together; also of one mesh */

/* ---- lists and what every element begins with ---- */

typedef struct mm_list { void **item; int count, room; } mm_list;
typedef struct mm_reals { double *value; int count; } mm_reals;

#define MM_ITEM(list, type, i) ((type *)(list).item[i])

typedef struct mm_element {
  const char *name; /* NULL or "" if it has none */
  const char *tag, *file;
  int line;
  int id;           /* place in the compiled model, set by the compiler */
} mm_element;

/* orientation: the quaternion, unless one of the other forms was given */
typedef enum mm_orient_form {
  MM_ORIENT_QUAT, MM_ORIENT_AXISANGLE, MM_ORIENT_XYAXES, MM_ORIENT_ZAXIS, MM_ORIENT_EULER
} mm_orient_form;
typedef struct mm_orient {
  int form;
  double quat[4], axisangle[4], xyaxes[6], zaxis[3], euler[3];
} mm_orient;

/* what a keyword attribute can be */
typedef enum mm_limited { MM_LIMITED_FALSE, MM_LIMITED_TRUE, MM_LIMITED_AUTO } mm_limited;
typedef enum mm_mesh_inertia { MM_MESH_CONVEX, MM_MESH_EXACT, MM_MESH_LEGACY, MM_MESH_SHELL } mm_mesh_inertia;

/* ---- elements. A number that was not given is NaN where that differs from every number ---- */

typedef struct mm_spec_body {
  mm_element e;
  struct mm_spec_body *parent;
  struct mm_spec_frame *frame;
  const struct mm_class *childclass;
  double pos[3];
  mm_orient orient;
  int mocap;
  double gravcomp;
  int has_inertial;
  double ipos[3], mass, inertia[3], fullinertia[6];
  mm_orient iorient;
} mm_spec_body;

typedef struct mm_spec_frame {
  mm_element e;
  mm_spec_body *body;
  struct mm_spec_frame *frame;
  const struct mm_class *childclass;
  double pos[3];
  mm_orient orient;
  double total_pos[3], total_quat[4]; /* in the body, through the frames above; set by the compiler */
} mm_spec_frame;

/* what joints, geoms, sites, cameras and lights begin with */
typedef struct mm_spec_part {
  mm_element e;
  mm_spec_body *body;
  mm_spec_frame *frame; /* innermost, or NULL */
} mm_spec_part;

typedef struct mm_spec_joint {
  mm_spec_part p;
  int type, group, limited, actfrclimited, actgravcomp, align;
  double pos[3], axis[3], springdamper[2], stiffness, range[2], actfrcrange[2], margin, ref, springref;
  double armature, damping, frictionloss;
  double solref_limit[2], solimp_limit[5], solref_friction[2], solimp_friction[5];
} mm_spec_joint;

typedef struct mm_spec_geom {
  mm_spec_part p;
  int type, contype, conaffinity, condim, group, priority, shellinertia;
  double size[3], friction[3], mass, density, solmix, solref[2], solimp[5], margin, gap, fromto[6], pos[3];
  double fitscale, rgba[4];
  mm_orient orient;
  const char *mesh, *material;
} mm_spec_geom;

typedef struct mm_spec_site {
  mm_spec_part p;
  int type, group;
  double pos[3], size[3], fromto[6], rgba[4];
  mm_orient orient;
  const char *material;
} mm_spec_site;

typedef struct mm_spec_camera {
  mm_spec_part p;
  int mode, projection, resolution[2];
  double pos[3], fovy, ipd, focal[2], focalpixel[2], principal[2], principalpixel[2], sensorsize[2];
  mm_orient orient;
  const char *target;
} mm_spec_camera;

typedef struct mm_spec_light {
  mm_spec_part p;
  int mode, type, castshadow, active;
  double pos[3], dir[3], bulbradius, intensity, range, attenuation[3], cutoff, exponent, softness;
  double ambient[3], diffuse[3], specular[3];
  const char *target;
} mm_spec_light;

typedef struct mm_spec_mesh {
  mm_element e;
  const mm_xml_file *origin;
  const char *path; /* as written */
  const char *material;
  double scale[3], refpos[3], refquat[4];
  int inertia;
  mm_reals vertex;
  mm_reals face;
} mm_spec_mesh;

typedef struct mm_spec_texture {
  mm_element e;
  const mm_xml_file *origin;
  const char *path;
  int type, builtin, mark, width, height;
  double rgb1[3], rgb2[3], markrgb[3], random;
} mm_spec_texture;

#define MM_TEXTURE_ROLES 10
typedef struct mm_spec_material {
  mm_element e;
  const char *texture[MM_TEXTURE_ROLES];
  int texuniform;
  double texrepeat[2], emission, specular, shininess, reflectance, metallic, roughness, rgba[4];
} mm_spec_material;

typedef struct mm_spec_pair {
  mm_element e;
  const char *geom1, *geom2;
  int condim;
  double friction[5], solref[2], solreffriction[2], solimp[5], gap, margin;
} mm_spec_pair;

typedef struct mm_spec_exclude {
  mm_element e;
  const char *body1, *body2;
} mm_spec_exclude;

typedef struct mm_spec_equality {
  mm_element e;
  int type, objtype, active;
  const char *name1, *name2; /* name2 NULL: the world, or none */
  double solref[2], solimp[5], data[11];
} mm_spec_equality;

typedef struct mm_spec_wrap {
  mm_element e;
  int type; /* spheres and cylinders: MM_WRAP_SPHERE until compiled */
  const char *object, *sidesite;
  double number; /* joint coefficient or pulley divisor */
} mm_spec_wrap;

typedef struct mm_spec_tendon {
  mm_element e;
  int spatial, group, limited, actfrclimited;
  double range[2], actfrcrange[2], frictionloss, springlength[2], width, margin, stiffness, damping;
  double armature, rgba[4];
  double solref_limit[2], solimp_limit[5], solref_friction[2], solimp_friction[5];
  const char *material;
  mm_list wraps;
} mm_spec_tendon;

#define MM_TRN_UNDEFINED (-1)
typedef struct mm_spec_actuator {
  mm_element e;
  int group, ctrllimited, forcelimited, actlimited, trntype, dyntype, gaintype, biastype, actdim, actearly;
  double ctrlrange[2], forcerange[2], actrange[2], lengthrange[2], gear[6], inheritrange;
  double dynprm[10], gainprm[10], biasprm[10];
  const char *target, *refsite;
} mm_spec_actuator;

typedef struct mm_spec_sensor {
  mm_element e;
  int type, objtype, reftype;
  const char *object, *reference;
  double cutoff, noise;
  int intprm[3]; /* contact: mm_condata bits, mm_conreduce, most contacts */
  const char *data, *first[4], *second[3]; /* contact: what is told, which contacts count (mm__contact_sides) */
} mm_spec_sensor;

typedef struct mm_spec_key {
  mm_element e;
  double time;
  mm_reals qpos, qvel, act, ctrl, mpos, mquat;
} mm_spec_key;

typedef struct mm_spec_numeric {
  mm_element e;
  int size;
  mm_reals data;
} mm_spec_numeric;

typedef struct mm_spec_text { mm_element e; const char *data; } mm_spec_text;

typedef struct mm_spec_tuple_entry { mm_element e; const char *objtype, *objname; double prm; } mm_spec_tuple_entry;
typedef struct mm_spec_tuple { mm_element e; mm_list entries; } mm_spec_tuple;

/* a default class: what its elements have when nothing is given */
typedef struct mm_class {
  const char *name;
  mm_spec_joint joint;
  mm_spec_geom geom;
  mm_spec_site site;
  mm_spec_camera camera;
  mm_spec_light light;
  mm_spec_mesh mesh;
  mm_spec_material material;
  mm_spec_pair pair;
  mm_spec_equality equality;
  mm_spec_tendon tendon;
  mm_spec_actuator actuator;
} mm_class;

typedef struct mm_compiler {
  int autolimits, balanceinertia, strippath, degree, fitaabb, alignfree, inertiafromgeom;
  int inertiagrouprange[2];
  double boundmass, boundinertia, settotalmass;
  const char *eulerseq, *meshdir, *texturedir;
} mm_compiler;

typedef struct mm_statistic { double meaninertia, meanmass, meansize, extent, center[3]; } mm_statistic;

struct mm_spec {
  mm_context *ctx;
  mm_arena arena;
  const char *name, *dir; /* dir of the main file */
  mm_compiler compiler;
  mm_option option;
  mm_lengthrange_option lengthrange;
  mm_statistic statistic;
  int nkey;
  double znear;
  mm_list classes, bodies, frames, joints, geoms, sites, cameras, lights, meshes, textures, materials;
  mm_list pairs, excludes, equalities, tendons, actuators, sensors, keys, numerics, texts, tuples;
};

/* What the other parts of the model do when the arrays are filled: derived tables, then constants at qpos0. */
MM_PRIVATE mm_status mm__model_plan(mm_model *model);
MM_PRIVATE mm_status mm__model_set_constants(mm_model *model);
/* the axes of a geom with orientation q as the kernels of collision take them */
MM_PRIVATE void mm__contact_axes(const double *q, double *r);

MM_PRIVATE mm_status mm__list_add(mm_arena *arena, mm_list *list, void *item);
/* "file:line: <tag name>: what", with the status given */
MM_PRIVATE mm_status mm__element_fail(mm_context *ctx, mm_status status, const mm_element *e,
                                      const char *format, ...) MM_PRINTF(4, 5);
