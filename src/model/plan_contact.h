/* >>plan-contact: every candidate geom pair and its contact slots, derived from the model */

/* Pairs are sorted by family (planes; spheres and capsules; boxes; general convex), then by the types of their geoms.
   Slots are in the order in which MuJoCo lists contacts. A pair has as many slots as it can have contacts. */
#define MM_PLAN_CONTACT_SIZES(X)                                                      \
  X(ncollide, "geom pairs that can collide")                                          \
  X(ncollideplane, "of them with a plane")                                            \
  X(ncollideround, "of them sphere or capsule with sphere, capsule or cylinder, by formula") \
  X(ncollidebox, "of them sphere, capsule or box with a box")                         \
  X(ncollideconvex, "of them by the general convex method")                           \
  X(nconmax, "contact slots")

/* The parameters of a contact are those of its pair, combined from its geoms as MuJoCo combines them. A contact is
   found within collide_reach = margin + gap, and acts within collide_margin = margin. */
#define MM_PLAN_CONTACT_FIELDS(X)                                                     \
  X(DEV, int, collide_geom, ncollide, 2, "", "the geoms, the lower type first: the normal points from first to second") \
  X(DEV, int, collide_slotadr, ncollide, 1, "", "first contact slot")                 \
  X(DEV, int, collide_slotnum, ncollide, 1, "", "contact slots")                      \
  X(DEV, int, collide_dim, ncollide, 1, "", "contact dimension 1, 3, 4 or 6")         \
  X(HOST, int, collide_pairid, ncollide, 1, "", "explicit pair, -1: found by the filters") \
  X(DEV, real, collide_margin, ncollide, 1, "m", "distance within which a contact acts") \
  X(DEV, real, collide_reach, ncollide, 1, "m", "distance within which a contact is found") \
  X(DEV, real, collide_bound, ncollide, 1, "m", "reach and the radii of the bounding spheres together") \
  X(DEV, real, collide_friction, ncollide, 5, "1, 1, m, m, m", "sliding 1, 2, torsional, rolling 1, 2") \
  X(DEV, real, collide_solref, ncollide, 2, "s, 1", "contact reference, normal")      \
  X(DEV, real, collide_solreffriction, ncollide, 2, "s, 1", "contact reference, friction; 0 0: as normal") \
  X(DEV, real, collide_solimp, ncollide, 5, "", "contact impedance")                  \
  X(DEV, int, contact_collide, nconmax, 1, "", "the pair of a contact slot")          \
  X(DEV, real, geom_axes, ngeom, 9, "", "geom orientations in the body frame as matrices by rows")
