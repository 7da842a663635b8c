/* >>plan-tendon: tendon paths cut into spans, and who pulls whom along which line, derived from the model */

/* A span runs from site to site, straight or over a geom. Spans that cannot change (all on bodies that do not move
   against each other) are summed into tendon_rest. The others come in two groups, straight ones and arcs. A line is a
   screw between two bodies: the straight span itself, or an end of an arc, or what a site transmission does. It points
   from the body of the lower index to that of the higher one; lines of the same two bodies are a bundle. Bodies that
   are welded to another count as that one, so points are in the frame of the body that moves. */
#define MM_PLAN_TENDON_SIZES(X)                                                       \
  X(nspan, "spans of tendons whose length can change, straight ones first")           \
  X(nstraight, "of them straight")                                                    \
  X(narc, "of them over a geom")                                                      \
  X(nline, "lines of force, straight spans first")                                    \
  X(ntenline, "of them belonging to tendons")                                         \
  X(nbundle, "groups of lines between the same two bodies")                           \
  X(npull, "entries of the bodies' lists of bundles")                                 \
  X(ndofpull, "entries of the degrees of freedom's lists of what pulls on them directly") \
  X(ntenact, "actuators on tendons")                                                  \
  X(nsiteact, "actuators on sites")                                                   \
  X(ntenspring, "tendons with a spring or a damper")                                  \
  X(ngravdof, "degrees of freedom, if a body has gravity compensation, else 0")

/* Sources of force: a tendon is its index, an actuator that is not on a tendon is ntendon + its index. */
#define MM_PLAN_TENDON_FIELDS(X)                                                      \
  X(DEV, int, span_body, nspan, 3, "", "body of the first point, of the geom (straight: as first), of the last point") \
  X(DEV, int, span_line, nspan, 2, "", "lines of the two ends, -1: none (straight: its index twice)") \
  X(DEV, real, span_first, nspan, 3, "m", "first point in its body; in the geom's frame if that is of the same body") \
  X(DEV, real, span_last, nspan, 3, "m", "last point, likewise")                      \
  X(DEV, real, span_scale, nspan, 1, "", "1 / divisor of the pulley branch")          \
  X(DEV, int, arc_cylinder, narc, 1, "", "1: cylinder, 0: sphere")                    \
  X(DEV, int, arc_side, narc, 1, "", "mm_side_kind")                                  \
  X(DEV, int, arc_sidebody, narc, 1, "", "body of a side site on another body")       \
  X(DEV, real, arc_radius, narc, 1, "m", "radius of the geom")                        \
  X(DEV, real, arc_sidepos, narc, 3, "m", "side site in the geom's frame (cylinder: its unit direction from the axis), or in its body if that is another") \
  X(DEV, real, arc_pos, narc, 3, "m", "geom in the frame of its body")                \
  X(DEV, real, arc_mat, narc, 9, "", "orientation of the geom, by rows")              \
  X(DEV, int, line_body, nline, 2, "", "lower body, higher body")                     \
  X(DEV, int, line_source, nline, 1, "", "source of the force")                       \
  X(DEV, real, line_scale, nline, 1, "", "1 / divisor, negative where the line runs from higher to lower body") \
  X(DEV, int, bundle_adr, nbundle, 1, "", "first line of a bundle")                   \
  X(DEV, int, bundle_num, nbundle, 1, "", "lines of a bundle")                        \
  X(DEV, int, pull_adr, nbody, 1, "", "first entry of a body in pull_bundle")         \
  X(DEV, int, pull_num, nbody, 1, "", "entries of a body")                            \
  X(DEV, int, pull_bundle, npull, 1, "", "bundle times 2, plus 1 where the body is the higher one") \
  X(DEV, int, tendon_spanadr, ntendon, 1, "", "first entry of a tendon in tendon_span") \
  X(DEV, int, tendon_spannum, ntendon, 1, "", "spans of a tendon that can change")    \
  X(DEV, int, tendon_span, nspan, 1, "", "spans, tendon by tendon")                   \
  X(DEV, real, tendon_rest, ntendon, 1, "m", "length of the spans that cannot change") \
  X(DEV, int, tendon_lineadr, ntendon, 1, "", "first entry of a tendon in tendon_line") \
  X(DEV, int, tendon_linenum, ntendon, 1, "", "lines of a tendon")                    \
  X(DEV, int, tendon_line, ntenline, 1, "", "lines, tendon by tendon")                \
  X(DEV, int, tendon_actadr, ntendon, 1, "", "first entry of a tendon in tendon_actuator") \
  X(DEV, int, tendon_actnum, ntendon, 1, "", "actuators of a tendon")                 \
  X(DEV, int, tendon_actuator, ntenact, 1, "", "actuators, tendon by tendon")         \
  X(DEV, int, dofpull_adr, nv, 1, "", "first entry of a degree of freedom in dofpull_source") \
  X(DEV, int, dofpull_num, nv, 1, "", "entries of a degree of freedom")               \
  X(DEV, int, dofpull_source, ndofpull, 1, "", "source of the force")                 \
  X(DEV, real, dofpull_coef, ndofpull, 1, "", "force on the degree of freedom for a force 1") \
  X(DEV, int, dofpull_turn, ndofpull, 1, "", "component of the gear that is turned to the parent's frame, -1: none") \
  X(DEV, int, siteact_actuator, nsiteact, 1, "", "actuator")                          \
  X(DEV, int, siteact_line, nsiteact, 2, "", "lines of the site and of the reference site, -1: none") \
  X(DEV, real, actuator_period, nu, 1, "rad", "a servo's set point on a circle repeats after this, 0: no circle") \
  X(DEV, real, muscle_gain, nu, 11, "", "a muscle's L = [0] length + [1] and V = [2] velocity, force [3], lmin [4], lmax [5], scales of 1 - L and L - 1 [6 7], fvmax [8], fvmax - 1 [9] and its inverse [10]") \
  X(DEV, real, muscle_bias, nu, 4, "", "a muscle's L = [0] length + [1], scale of L - 1 [2], force at 2 [3]")
