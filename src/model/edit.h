/* >>model-edit: an MJCF model that is read, changed and then compiled */

/* What an MJCF file says, before it is compiled. Loading checks elements, attributes and numbers;
   references by name and everything that depends on two elements are checked by mm_spec_compile.
   Checked and not kept: <visual>, <size> (but nkey), user numbers, custom texts and tuples. */
typedef struct mm_spec mm_spec;

/* Reads path and every file that it includes. Errors name file, line, element and attribute. */
mm_status mm_spec_load(mm_context *ctx, const char *path, mm_spec **spec);
void mm_spec_destroy(mm_spec *spec);

/* Makes a model as MuJoCo 3 does. The spec is kept: it may be changed further and compiled again. */
mm_status mm_spec_compile(mm_spec *spec, mm_model **model);

/* Removes every element of the kind whose name matches, and what cannot exist without it: the equalities,
   contact pairs, sensors, actuators and tendons that refer to it, and its numbers in keyframes. The pattern is a
   name in which * stands for any text, ? for one character and [abc] [a-z] [!abc] for one of a set. *count (may be
   NULL) is the number of elements that matched; none is an error only when the pattern has no wildcard.
   kind: MM_OBJ_JOINT, _GEOM, _SITE, _CAMERA, _LIGHT, _PAIR, _EXCLUDE, _EQUALITY, _TENDON, _ACTUATOR, _SENSOR, _KEY. */
mm_status mm_spec_remove(mm_spec *spec, mm_object kind, const char *pattern, int *count);

typedef struct mm_site_def {
  const char *body, *name;
  mm_geom_type type; /* default: sphere */
  double size[3];    /* m, type-specific; 0 0 0: 0.005 each */
  double pos[3];     /* m, body frame */
  double quat[4];    /* 0 0 0 0: identity */
  double rgba[4];    /* 0 0 0 0: 0.5 0.5 0.5 1 */
  int group;
} mm_site_def;

/* Adds a site after those that the body has. */
mm_status mm_spec_add_site(mm_spec *spec, const mm_site_def *def);

/* Sets an attribute of <option> ("timestep", "gravity", ...) or of its <flag> ("contact", "eulerdamp", ...)
   or of <compiler> ("settotalmass", ...) from text as it would stand in the file. */
mm_status mm_spec_set_option(mm_spec *spec, const char *name, const char *value);

/* How many elements of the kind the spec has. */
int mm_spec_count(const mm_spec *spec, mm_object kind);

/* The published variant of MyoFullBody and MyoBimanualArm with rigid fingers: removes the 20 finger joints, the
   31 finger muscles and their tendons of each hand. */
mm_status mm_spec_remove_fingers(mm_spec *spec);
/* The sites that imitation follows: 17 on MyoFullBody, 7 on a model without legs. The first is the reference:
   pelvis_mimic or upper_body_mimic. */
mm_status mm_spec_add_mimic_sites(mm_spec *spec);
/* A puppet for MM_RETARGET_MOCAP: for each site NAME_mimic a mocap body NAME_mimic_mocap and a weld of both, as published
   with Mocap-Body (shoulders hold their orientation half as strongly). */
mm_status mm_spec_add_mocap(mm_spec *spec);
