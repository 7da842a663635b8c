/* >>plan-contact-make: which geoms can collide, with which parameters, in which slots */

/* MuJoCo's bit for several points of a general convex contact, which mm_disable does not name */
#define MM_CONTACT_MULTICCD (1 << 19)
#define MM_CONTACT_MIN_FRICTION 1e-5

enum { MM_COLLIDE_PLANE, MM_COLLIDE_ROUND, MM_COLLIDE_BOX, MM_COLLIDE_CONVEX, MM_COLLIDE_FAMILIES };

typedef struct mm_candidate {
  int geom1, geom2;   /* by type */
  int body1, body2;   /* by number */
  int pair;           /* explicit pair, -1: none */
  int family, types;  /* what is done */
  int slotadr, slots;
} mm_candidate;

typedef struct mm_candidates {
  mm_candidate *list; /* NULL: count only */
  int count, family[MM_COLLIDE_FAMILIES], slots;
} mm_candidates;

/* the bodies a pair of geoms belongs to move as one, never move, or are parent and child */
static int mm__contact_bodies_apart(const mm_model *m, int body1, int body2) {
  const int weld1 = m->body_weldid[body1], weld2 = m->body_weldid[body2];
  const int parent1 = m->body_weldid[m->body_parentid[weld1]], parent2 = m->body_weldid[m->body_parentid[weld2]];
  if (weld1 == weld2) return 0;
  if (m->body_dofnum[weld1] == 0 && m->body_dofnum[weld2] == 0) return 0;
  if ((m->opt.disableflags[0] & MM_DSBL_FILTERPARENT) || weld1 == 0 || weld2 == 0) return 1;
  return weld1 != parent2 && weld2 != parent1;
}

static int mm__contact_excluded(const mm_model *m, int body1, int body2) {
  const unsigned low = (unsigned)(body1 < body2 ? body1 : body2), high = (unsigned)(body1 < body2 ? body2 : body1);
  for (int i = 0; i < m->nexclude; i++)
    if ((unsigned)m->exclude_signature[i] == (low << 16) + high) return 1;
  return 0;
}

static int mm__contact_explicit(const mm_model *m, int geom1, int geom2) {
  for (int i = 0; i < m->npair; i++) {
    const int one = m->pair_geom1[i], other = m->pair_geom2[i];
    if ((one == geom1 && other == geom2) || (one == geom2 && other == geom1)) return 1;
  }
  return 0;
}

/* may these two meet without being named in a pair? */
static int mm__contact_dynamic(const mm_model *m, int geom1, int geom2) {
  const int body1 = m->geom_bodyid[geom1], body2 = m->geom_bodyid[geom2];
  const int offered = m->geom_contype[geom1] & m->geom_conaffinity[geom2];
  if (!offered && !(m->geom_contype[geom2] & m->geom_conaffinity[geom1])) return 0;
  return mm__contact_bodies_apart(m, body1, body2) && !mm__contact_excluded(m, body1, body2) &&
         !mm__contact_explicit(m, geom1, geom2);
}

/* family and most contacts of two types, low <= high; 0: no contacts between such geoms are defined */
static int mm__contact_slots(const mm_model *m, int low, int high, int *family) {
  const int several = (m->opt.disableflags[0] & MM_CONTACT_MULTICCD) ? 1 : 5;
  *family = MM_COLLIDE_PLANE;
  if (low == MM_GEOM_PLANE)
    switch (high) {
      case MM_GEOM_SPHERE: case MM_GEOM_ELLIPSOID: return 1;
      case MM_GEOM_CAPSULE: return 2;
      case MM_GEOM_CYLINDER: case MM_GEOM_BOX: return 4;
      default: return 0;
    }
  *family = MM_COLLIDE_ROUND;
  if (low == MM_GEOM_SPHERE && high != MM_GEOM_ELLIPSOID && high != MM_GEOM_BOX) return 1;
  if (low == MM_GEOM_CAPSULE && high == MM_GEOM_CAPSULE) return 2;
  *family = MM_COLLIDE_BOX;
  if (high == MM_GEOM_BOX && low == MM_GEOM_SPHERE) return 1;
  if (high == MM_GEOM_BOX && low == MM_GEOM_CAPSULE) return 2;
  if (high == MM_GEOM_BOX && low == MM_GEOM_BOX) return 8;
  *family = MM_COLLIDE_CONVEX;
  return low == MM_GEOM_SPHERE || low == MM_GEOM_ELLIPSOID || high == MM_GEOM_ELLIPSOID ? 1 : several;
}

static int mm__contact_primitive(int type) { return type != MM_GEOM_HFIELD && type < MM_GEOM_MESH; }

static mm_status mm__contact_refuse(const mm_model *m, int geom1, int geom2) {
  const int refused = mm__contact_primitive(m->geom_type[geom1]) ? geom2 : geom1, other = geom1 + geom2 - refused;
  return mm__fail(m->ctx, MM_E_UNSUPPORTED,
                  "geom %d '%s' is a %s and can collide with geom %d '%s': contacts are found between planes, spheres, "
                  "capsules, ellipsoids, cylinders and boxes; give it contype=\"0\" conaffinity=\"0\", and add a geom "
                  "of such a type where contact matters",
                  refused, mm_model_name(m, MM_OBJ_GEOM, refused),
                  m->geom_type[refused] == MM_GEOM_HFIELD ? "height field" : "mesh", other,
                  mm_model_name(m, MM_OBJ_GEOM, other));
}

static mm_status mm__contact_add(const mm_model *m, mm_candidates *all, int geom1, int geom2, int pair) {
  mm_candidate c;
  const int swap = m->geom_type[geom1] > m->geom_type[geom2];
  const int low = m->geom_type[swap ? geom2 : geom1], high = m->geom_type[swap ? geom1 : geom2];
  if (low <= MM_GEOM_HFIELD && high <= MM_GEOM_HFIELD) return MM_OK; /* planes and height fields never meet */
  if (!mm__contact_primitive(low) || !mm__contact_primitive(high)) return mm__contact_refuse(m, geom1, geom2);
  c.geom1 = swap ? geom2 : geom1;
  c.geom2 = swap ? geom1 : geom2;
  c.body1 = m->geom_bodyid[geom1];
  c.body2 = m->geom_bodyid[geom2];
  c.pair = pair;
  c.slotadr = 0;
  c.types = 16 * low + high;
  c.slots = mm__contact_slots(m, low, high, &c.family);
  if (all->list) all->list[all->count] = c;
  all->count++;
  all->family[c.family]++;
  all->slots += c.slots;
  return MM_OK;
}

static mm_status mm__contact_collect(const mm_model *m, mm_candidates *all) {
  memset(all->family, 0, sizeof all->family);
  all->count = all->slots = 0;
  if (m->opt.disableflags[0] & (MM_DSBL_CONSTRAINT | MM_DSBL_CONTACT)) return MM_OK;
  for (int i = 0; i < m->npair; i++) {
    const int one = m->pair_geom1[i], other = m->pair_geom2[i];
    const int swap = m->geom_bodyid[one] > m->geom_bodyid[other];
    MM_TRY(mm__contact_add(m, all, swap ? other : one, swap ? one : other, i));
  }
  for (int i = 0; i < m->ngeom; i++)
    for (int j = i + 1; j < m->ngeom; j++)
      if (mm__contact_dynamic(m, i, j)) MM_TRY(mm__contact_add(m, all, i, j, -1));
  return MM_OK;
}

/* bodies, then explicit pairs in their order, then geoms: MuJoCo's order of contacts */
static int mm__contact_by_bodies(const void *left, const void *right) {
  const mm_candidate *a = (const mm_candidate *)left, *b = (const mm_candidate *)right;
  if (a->body1 != b->body1) return a->body1 < b->body1 ? -1 : 1;
  if (a->body2 != b->body2) return a->body2 < b->body2 ? -1 : 1;
  if ((a->pair < 0) != (b->pair < 0)) return a->pair < 0 ? 1 : -1;
  if (a->pair != b->pair) return a->pair < b->pair ? -1 : 1;
  if (a->geom1 != b->geom1) return a->geom1 < b->geom1 ? -1 : 1;
  return a->geom2 < b->geom2 ? -1 : a->geom2 > b->geom2;
}

/* neighbours do the same work: family, types, then slots */
static int mm__contact_by_work(const void *left, const void *right) {
  const mm_candidate *a = (const mm_candidate *)left, *b = (const mm_candidate *)right;
  if (a->family != b->family) return a->family < b->family ? -1 : 1;
  if (a->types != b->types) return a->types < b->types ? -1 : 1;
  return a->slotadr < b->slotadr ? -1 : a->slotadr > b->slotadr;
}

static mm_status mm__plan_contact_sizes(mm_model *m) {
  mm_candidates all;
  all.list = NULL;
  MM_TRY(mm__contact_collect(m, &all));
  m->ncollide = all.count;
  m->ncollideplane = all.family[MM_COLLIDE_PLANE];
  m->ncollideround = all.family[MM_COLLIDE_ROUND];
  m->ncollidebox = all.family[MM_COLLIDE_BOX];
  m->ncollideconvex = all.family[MM_COLLIDE_CONVEX];
  m->nconmax = all.slots;
  return MM_OK;
}

/* rotation matrix by rows of a unit quaternion w x y z */
MM_PRIVATE void mm__contact_axes(const double *q, double *r) {
  const double w = q[0], x = q[1], y = q[2], z = q[3];
  r[0] = w * w + x * x - y * y - z * z, r[1] = 2 * (x * y - w * z), r[2] = 2 * (x * z + w * y);
  r[3] = 2 * (x * y + w * z), r[4] = w * w - x * x + y * y - z * z, r[5] = 2 * (y * z - w * x);
  r[6] = 2 * (x * z - w * y), r[7] = 2 * (y * z + w * x), r[8] = w * w - x * x - y * y + z * z;
}

static void mm__contact_set_explicit(mm_model *m, int i, int pair) {
  m->collide_dim[i] = m->pair_dim[pair];
  m->collide_margin[i] = m->pair_margin[pair];
  m->collide_reach[i] = m->pair_margin[pair] + m->pair_gap[pair];
  memcpy(m->collide_friction + 5 * i, m->pair_friction + 5 * pair, 5 * sizeof(double));
  memcpy(m->collide_solref + 2 * i, m->pair_solref + 2 * pair, 2 * sizeof(double));
  memcpy(m->collide_solreffriction + 2 * i, m->pair_solreffriction + 2 * pair, 2 * sizeof(double));
  memcpy(m->collide_solimp + 5 * i, m->pair_solimp + 5 * pair, 5 * sizeof(double));
}

static double mm__contact_mix(const mm_model *m, int geom1, int geom2) {
  const double mix1 = m->geom_solmix[geom1], mix2 = m->geom_solmix[geom2];
  const int some1 = mix1 >= 1e-15, some2 = mix2 >= 1e-15;
  if (some1 && some2) return mix1 / (mix1 + mix2);
  return some1 == some2 ? 0.5 : some1 ? 1 : 0;
}

/* the geom of higher priority rules; of two equal ones friction and dimension are the larger, the solver's parameters
   are mixed (negative references: the smaller) */
static void mm__contact_set_mixed(mm_model *m, int i, int geom1, int geom2) {
  const int p1 = m->geom_priority[geom1], p2 = m->geom_priority[geom2];
  const double mix = p1 > p2 ? 1 : p1 < p2 ? 0 : mm__contact_mix(m, geom1, geom2);
  const double *ref1 = m->geom_solref + 2 * geom1, *ref2 = m->geom_solref + 2 * geom2;
  const double *imp1 = m->geom_solimp + 5 * geom1, *imp2 = m->geom_solimp + 5 * geom2;
  const double *friction1 = m->geom_friction + 3 * geom1, *friction2 = m->geom_friction + 3 * geom2;
  const int direct = p1 == p2 && !(ref1[0] > 0 && ref2[0] > 0);
  static const int expand[5] = {0, 0, 1, 2, 2};
  const int dim1 = m->geom_condim[geom1], dim2 = m->geom_condim[geom2];
  m->collide_dim[i] = p1 > p2 || (p1 == p2 && dim1 > dim2) ? dim1 : dim2;
  m->collide_margin[i] = m->geom_margin[geom1] + m->geom_margin[geom2];
  m->collide_reach[i] = m->collide_margin[i] + m->geom_gap[geom1] + m->geom_gap[geom2];
  for (int k = 0; k < 2; k++) {
    const double least = ref1[k] < ref2[k] ? ref1[k] : ref2[k];
    m->collide_solref[2 * i + k] = direct ? least : mix * ref1[k] + (1 - mix) * ref2[k];
  }
  for (int k = 0; k < 5; k++) {
    const double f1 = friction1[expand[k]], f2 = friction2[expand[k]];
    m->collide_solimp[5 * i + k] = mix * imp1[k] + (1 - mix) * imp2[k];
    m->collide_friction[5 * i + k] = p1 > p2 || (p1 == p2 && f1 > f2) ? f1 : f2;
  }
}

static void mm__contact_set(mm_model *m, int i, const mm_candidate *c) {
  m->collide_geom[2 * i] = c->geom1;
  m->collide_geom[2 * i + 1] = c->geom2;
  m->collide_slotadr[i] = c->slotadr;
  m->collide_slotnum[i] = c->slots;
  m->collide_pairid[i] = c->pair;
  if (c->pair >= 0) mm__contact_set_explicit(m, i, c->pair);
  else mm__contact_set_mixed(m, i, c->geom1, c->geom2);
  m->collide_bound[i] = m->collide_reach[i] + m->geom_rbound[c->geom1] + m->geom_rbound[c->geom2];
  for (int k = 5 * i; k < 5 * i + 5; k++)
    if (m->collide_friction[k] < MM_CONTACT_MIN_FRICTION) m->collide_friction[k] = MM_CONTACT_MIN_FRICTION;
  for (int k = 0; k < c->slots; k++) m->contact_collide[c->slotadr + k] = i;
}

static mm_status mm__plan_contact_fill(mm_model *m) {
  mm_candidates all;
  int at = 0;
  all.list = MM_NEW(m->ctx, mm_candidate, m->ncollide);
  if (!all.list) return MM_E_MEMORY;
  mm_status status = mm__contact_collect(m, &all);
  qsort(all.list, (size_t)all.count, sizeof *all.list, mm__contact_by_bodies);
  for (int i = 0; i < all.count; i++) {
    all.list[i].slotadr = at;
    at += all.list[i].slots;
  }
  qsort(all.list, (size_t)all.count, sizeof *all.list, mm__contact_by_work);
  for (int i = 0; i < all.count; i++) mm__contact_set(m, i, &all.list[i]);
  for (int i = 0; i < m->ngeom; i++) mm__contact_axes(m->geom_quat + 4 * i, m->geom_axes + 9 * i);
  mm__free(m->ctx, all.list);
  return status;
}
