/* >>plan-constraint: every constraint row that can be active, and the sparsity of the Newton Hessian, derived from the model */

/* Rows of the constraint Jacobian that are not of contacts have a fixed place each, in MuJoCo's order: equalities,
   friction losses, limits. Contacts have none: what the solver needs of a slot follows from its frame and the motion
   of its two bodies. */
#define MM_PLAN_CONSTRAINT_SIZES(X)                                                   \
  X(nefc, "constraint rows of equalities, friction losses and limits")                \
  X(nefceq, "of them of equalities")                                                  \
  X(nefcfriction, "of them of friction losses")                                       \
  X(nefctendon, "of them of tendons, in any of the three classes")                    \
  X(nefcJ, "entries of their Jacobian")                                               \
  X(ncontactdim, "dimensions of all contact slots together")                          \
  X(ntouch, "contact slots counted at each moving body")                              \
  X(ncross, "pairs of moving bodies with contact slots")                              \
  X(ncrossslot, "contact slots between moving bodies")                                \
  X(nH, "entries of the Newton Hessian if all contacts are active")                   \
  X(nsolveindex, "integers that the solver keeps of a tile")                          \
  X(nsolver, "parameters of the solver")

/* An impedance is prepared as d(x) = dmin + range y, y = a x^p up to the midpoint and 1 - b (1 - x)^p beyond, of
   x = |distance| / width clipped to 1. Its table: dmin, 1 - dmax, range, 1 / width, midpoint, p, a, b.
   The Hessian's row i holds the path of dof i to the root of an elimination tree, i last; H_parent is that tree
   while no two moving bodies touch, and each pair of them that does joins two branches of it to one. */
#define MM_PLAN_CONSTRAINT_FIELDS(X)                                                                        \
  X(DEV, int, efc_kind, nefc, 1, "", "mm_efc_kind")                                                         \
  X(DEV, int, efc_id, nefc, 1, "", "equality, dof, joint or tendon")                                        \
  X(DEV, int, efc_rowadr, nefc, 1, "", "first entry of a row in efc_J")                                     \
  X(DEV, int, efc_rownnz, nefc, 1, "", "entries of a row")                                                  \
  X(DEV, int, efc_colind, nefcJ, 1, "", "degrees of freedom of the entries, ascending in a row")            \
  X(DEV, int, efc_dofadr, nv, 1, "", "first of a dof's entries in efc_dofentry")                            \
  X(DEV, int, efc_dofnum, nv, 1, "", "entries of a dof")                                                    \
  X(DEV, int, efc_dofentry, nefcJ, 1, "", "entries sorted by dof, then by row")                             \
  X(DEV, int, efc_dofrow, nefcJ, 1, "", "their rows")                                                       \
  X(DEV, real, efc_impedance, nefc, 8, "", "impedance, prepared")                                           \
  X(DEV, real, efc_stiffness, nefc, 1, "1/s^2", "aref = - damping velocity - stiffness impedance distance") \
  X(DEV, real, efc_damping, nefc, 1, "1/s", "likewise")                                                     \
  X(DEV, real, efc_diagapprox, nefc, 1, "1/kg, 1/(kg m^2)", "J inv(M) J' as estimated at qpos0")            \
  X(DEV, real, efc_margin, nefc, 1, "m, rad", "distance at which the row becomes active")                   \
  X(DEV, real, efc_frictionloss, nefc, 1, "N, N m", "most force of a friction loss")                        \
  X(DEV, real, collide_impedance, ncollide, 8, "", "impedance of a geom pair, prepared")                    \
  X(DEV, real, collide_stiffness, ncollide, 1, "1/s^2", "as efc_stiffness, along the normal")               \
  X(DEV, real, collide_damping, ncollide, 2, "1/s", "as efc_damping: normal, friction of elliptic cones")   \
  X(DEV, real, collide_diagapprox, ncollide, 1, "1/kg", "of a frictionless or elliptic contact's normal")   \
  X(DEV, int, contact_dimadr, nconmax, 1, "", "first number of a slot in contact_jar")                      \
  X(DEV, int, body_lastdof, nbody, 1, "", "last dof that moves the body, -1: none")                         \
  X(DEV, int, touch_adr, nbody, 1, "", "first of a body's entries in touch_side")                           \
  X(DEV, int, touch_num, nbody, 1, "", "contact slots of the body")                                         \
  X(DEV, int, touch_side, ntouch, 1, "", "4 * slot, + 2 if the other body moves too, + 1 if this is the second") \
  X(DEV, int, cross_body, ncross, 2, "", "two moving bodies, in the order of the contact")                  \
  X(DEV, int, cross_common, ncross, 1, "", "last dof that moves both, -1: none")                            \
  X(DEV, int, cross_adr, ncross, 1, "", "first of their slots in cross_slot")                               \
  X(DEV, int, cross_num, ncross, 1, "", "contact slots between them")                                       \
  X(DEV, int, cross_slot, ncrossslot, 1, "", "slots sorted by pair of bodies")                              \
  X(DEV, int, H_parent, nv, 1, "", "elimination tree of mass matrix and constraint rows, -1: root")         \
  X(DEV, int, H_rowadr, nv, 1, "", "first entry of a row of the Hessian; has room for all contacts") \
  X(DEV, real, solver_scale, nsolver, 1, "", "1 / (mean inertia * nv): makes cost and gradient comparable with the tolerance")
