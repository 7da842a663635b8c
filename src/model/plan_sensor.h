/* >>plan-sensor: sensors sorted by what they need, and what each of them reads, derived from the model */

/* Sensors are sorted by family, so that the kernel runs only through families that a model has, and computes only what
   these need. */
#define MM_PLAN_SENSOR_SIZES(X)                                                       \
  X(nsenseplain, "sensors that read what a step has: joints, tendons, actuators, subtree_com, clock") \
  X(nsenselimit, "sensors of limits")                                                 \
  X(nsenseframe, "sensors of frames: where they are and how they move")               \
  X(nsenseray, "rangefinders")                                                        \
  X(nsensesubtree, "sensors of the momentum of subtrees")                             \
  X(nsenseenergy, "sensors of energy")                                                \
  X(nsensetouch, "touch sensors")                                                     \
  X(nsensecontact, "contact sensors")                                                 \
  X(nsenseacc, "sensors of the acceleration of frames")                               \
  X(nsenseforce, "sensors of the force between a body and its parent")                \
  X(nsenseitem, "entries of the lists of what sensors read")                          \
  X(nloadbody, "bodies with a list of their loads: all if a sensor of force needs it, else none") \
  X(nload, "room in these lists")

/* A frame is fixed in a body, whatever object it is of. */
#define MM_PLAN_SENSOR_FIELDS(X)                                                      \
  X(DEV, int, sense_id, nsensor, 1, "", "sensors sorted by family, then by index")    \
  X(DEV, int, sense_body, nsensor, 2, "", "body that carries the object's frame, and the reference's; -1: none") \
  X(DEV, real, sense_pos, nsensor, 6, "m", "origins of these frames in their bodies") \
  X(DEV, real, sense_quat, nsensor, 8, "", "their orientations")                      \
  X(DEV, int, sense_shape, nsensor, 1, "", "mm_geom_type of the site whose volume counts, -1: none") \
  X(DEV, real, sense_size, nsensor, 3, "m", "its sizes")                              \
  X(DEV, real, sense_lens, nsensor, 4, "px", "camera projection: focal lengths, middle of the image") \
  X(DEV, int, sense_adr, nsensor, 1, "", "limit: first constraint row; others: first entry of a sensor in sense_item") \
  X(DEV, int, sense_num, nsensor, 1, "", "rows, or entries; insidesite: 1 where a body without mass stands for its subtree") \
  X(DEV, int, sense_item, nsenseitem, 1, "", "touch, contact: 2 * slot, + 1 if the normal points at the object; rangefinder: geom") \
  X(DEV, int, load_adr, nloadbody, 1, "", "first entry of a body in load_item")       \
  X(DEV, int, load_num, nloadbody, 1, "", "entries of a body")                        \
  X(DEV, int, load_item, nload, 1, "", "4 * contact slot, or 4 * first row of a connect or weld + 2; + 1: this is the second body")
