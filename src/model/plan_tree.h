/* >>plan-tree: body levels and the sparsity of the mass matrix, derived from the model */

#define MM_PLAN_TREE_SIZES(X)                                                         \
  X(nlevel, "levels of the body tree, the world included")                            \
  X(nM, "entries of the lower triangle of the mass matrix")                           \
  X(nMgroup, "groups of rows with the same columns, see pattern.c, likewise below")   \
  X(nMtask, "blocks of the factor")                                                   \
  X(nMpair, "products of blocks")                                                     \
  X(nMbelow, "products of diagonal blocks")                                           \
  X(nMwave, "waves of groups")                                                        \
  X(nMwaveadr, "waves of groups and one")                                             \
  X(ndamped, "degrees of freedom with damping")

/* The mass matrix keeps its lower triangle by rows; row i holds the ancestors of dof i in ascending order, i last. */
#define MM_PLAN_TREE_FIELDS(X)                                                        \
  X(DEV, int, level_adr, nlevel, 1, "", "first entry of a level in level_bodyid")     \
  X(DEV, int, level_num, nlevel, 1, "", "bodies of a level")                          \
  X(DEV, int, level_bodyid, nbody, 1, "", "bodies sorted by level, then by index")    \
  X(DEV, int, child_adr, nbody, 1, "", "first entry of a body in child_bodyid")       \
  X(DEV, int, child_num, nbody, 1, "", "children of a body")                          \
  X(DEV, int, child_bodyid, nbody, 1, "", "children of body after body, ascending")   \
  X(DEV, int, M_rownnz, nv, 1, "", "entries of a row")                                \
  X(DEV, int, M_rowadr, nv, 1, "", "first entry of a row")                            \
  X(DEV, int, M_colind, nM, 1, "", "columns of the entries")                             \
  X(DEV, int, M_group, nMgroup, 8, "", "groups")                                      \
  X(DEV, int, M_task, nMtask, 4, "", "blocks of the factor")                          \
  X(DEV, int, M_pair, nMpair, 2, "", "products of blocks")                            \
  X(DEV, int, M_below, nMbelow, 1, "", "rows of the products of diagonal blocks")     \
  X(DEV, int, M_wave, nMgroup, 1, "", "groups, leaves first")                         \
  X(DEV, int, M_waveadr, nMwaveadr, 1, "", "first group of a wave")
