/* >>compile-path: contact pairs and excludes, equalities, tendons */

/* ---- pairs ---- */

static int mm__signature(int body1, int body2) { return (body1 << 16) + body2; }

typedef struct mm_signed {
  int signature, order;
  void *item;
} mm_signed;

static int mm__signed_order(const void *a, const void *b) {
  const mm_signed *x = (const mm_signed *)a, *y = (const mm_signed *)b;
  if (x->signature != y->signature) return x->signature < y->signature ? -1 : 1;
  return x->order - y->order;
}

/* pairs and excludes stand in the order of their bodies; equal ones in the order of the text */
static mm_status mm__sort_signed(mm_compile *c, const mm_list *from, const int *signature, mm_list *to) {
  mm_signed *s = MM_ARENA_NEW(&c->arena, mm_signed, from->count);
  to->item = MM_ARENA_NEW(&c->arena, void *, from->count);
  if (!s || !to->item) return MM_E_MEMORY;
  for (int i = 0; i < from->count; i++) {
    s[i].signature = signature[i];
    s[i].order = i;
    s[i].item = from->item[i];
  }
  if (from->count) qsort(s, (size_t)from->count, sizeof *s, mm__signed_order);
  for (int i = 0; i < from->count; i++) to->item[i] = s[i].item;
  to->count = to->room = from->count;
  mm__number(to);
  return MM_OK;
}

/* the order of pairs and excludes; bodies and geoms have their places already */
static mm_status mm__sort_pairs(mm_compile *c) {
  int *signature = MM_ARENA_NEW(&c->arena, int, c->spec->pairs.count + c->spec->excludes.count);
  if (!signature) return MM_E_MEMORY;
  for (int i = 0; i < c->spec->pairs.count; i++) {
    const mm_spec_pair *p = MM_ITEM(c->spec->pairs, mm_spec_pair, i);
    const mm_element *g1, *g2;
    int b1, b2;
    MM_TRY(mm__resolve(c, &p->e, "geom1", MM_OBJ_GEOM, p->geom1, &g1));
    MM_TRY(mm__resolve(c, &p->e, "geom2", MM_OBJ_GEOM, p->geom2, &g2));
    b1 = ((const mm_spec_geom *)g1)->p.body->e.id;
    b2 = ((const mm_spec_geom *)g2)->p.body->e.id;
    signature[i] = b1 < b2 ? mm__signature(b1, b2) : mm__signature(b2, b1);
  }
  MM_TRY(mm__sort_signed(c, &c->spec->pairs, signature, &c->pairs));
  for (int i = 0; i < c->spec->excludes.count; i++) {
    const mm_spec_exclude *x = MM_ITEM(c->spec->excludes, mm_spec_exclude, i);
    int b1, b2;
    MM_TRY(mm__require_id(c, &x->e, "body1", MM_OBJ_BODY, x->body1, &b1));
    MM_TRY(mm__require_id(c, &x->e, "body2", MM_OBJ_BODY, x->body2, &b2));
    signature[i] = b1 < b2 ? mm__signature(b1, b2) : mm__signature(b2, b1);
  }
  return mm__sort_signed(c, &c->spec->excludes, signature, &c->excludes);
}

/* All numbers of a pair are its own: what is not given comes from the default class, not from the geoms. The geom of
   the lower body comes first. */
static mm_status mm__compile_pair(mm_compile *c, int i) {
  mm_model *m = c->m;
  const mm_spec_pair *p = MM_ITEM(c->pairs, mm_spec_pair, i);
  int g1, g2;
  MM_TRY(mm__require_id(c, &p->e, "geom1", MM_OBJ_GEOM, p->geom1, &g1));
  MM_TRY(mm__require_id(c, &p->e, "geom2", MM_OBJ_GEOM, p->geom2, &g2));
  if (p->condim != 1 && p->condim != 3 && p->condim != 4 && p->condim != 6)
    return MM_WRONG(c, &p->e, "condim: must be 1, 3, 4 or 6, not %d", p->condim);
  if (m->geom_bodyid[g1] > m->geom_bodyid[g2]) {
    int swap = g1;
    g1 = g2;
    g2 = swap;
  }
  m->pair_dim[i] = p->condim;
  m->pair_geom1[i] = g1;
  m->pair_geom2[i] = g2;
  m->pair_margin[i] = p->margin;
  m->pair_gap[i] = p->gap;
  mm__row(m->pair_solref, i, 2, p->solref);
  mm__row(m->pair_solreffriction, i, 2, p->solreffriction);
  mm__row(m->pair_solimp, i, 5, p->solimp);
  mm__row(m->pair_friction, i, 5, p->friction);
  return MM_OK;
}

static mm_status mm__compile_exclude(mm_compile *c, int i) {
  const mm_spec_exclude *x = MM_ITEM(c->excludes, mm_spec_exclude, i);
  int b1, b2;
  MM_TRY(mm__require_id(c, &x->e, "body1", MM_OBJ_BODY, x->body1, &b1));
  MM_TRY(mm__require_id(c, &x->e, "body2", MM_OBJ_BODY, x->body2, &b2));
  c->m->exclude_signature[i] = b1 < b2 ? mm__signature(b1, b2) : mm__signature(b2, b1);
  return MM_OK;
}

/* ---- equalities ---- */

static const char *mm__equality_attr(const mm_spec_equality *s, int second) {
  if (s->objtype == MM_OBJ_SITE) return second ? "site2" : "site1";
  if (s->type == MM_EQ_JOINT) return second ? "joint2" : "joint1";
  if (s->type == MM_EQ_TENDON) return second ? "tendon2" : "tendon1";
  return second ? "body2" : "body1";
}

static mm_object mm__equality_kind(const mm_spec_equality *s) {
  return s->type == MM_EQ_JOINT    ? MM_OBJ_JOINT
         : s->type == MM_EQ_TENDON ? MM_OBJ_TENDON
                                   : (mm_object)s->objtype;
}

static mm_status mm__compile_equality(mm_compile *c, int i) {
  mm_model *m = c->m;
  const mm_spec_equality *s = MM_ITEM(c->spec->equalities, mm_spec_equality, i);
  const mm_element *found[2] = {NULL, NULL};
  mm_object kind = mm__equality_kind(s);
  MM_TRY(mm__resolve(c, &s->e, mm__equality_attr(s, 0), kind, s->name1, &found[0]));
  if (s->name2 && *s->name2)
    MM_TRY(mm__resolve(c, &s->e, mm__equality_attr(s, 1), kind, s->name2, &found[1]));
  m->eq_type[i] = s->type;
  m->eq_objtype[i] = s->objtype;
  m->eq_active0[i] = s->active;
  m->eq_obj1id[i] = found[0]->id;
  m->eq_obj2id[i] = found[1] ? found[1]->id : kind == MM_OBJ_BODY ? 0 : -1;
  if (m->eq_obj1id[i] == m->eq_obj2id[i])
    return MM_WRONG(c, &s->e, "%s: is the same as %s", mm__equality_attr(s, 1), mm__equality_attr(s, 0));
  for (int k = 0; k < 2 && kind == MM_OBJ_JOINT; k++)
    if (found[k] && ((const mm_spec_joint *)found[k])->type < MM_JNT_SLIDE)
      return MM_WRONG(c, &s->e, "%s: must be a slide or a hinge", mm__equality_attr(s, k));
  mm__row(m->eq_solref, i, 2, s->solref);
  mm__row(m->eq_solimp, i, 5, s->solimp);
  mm__row(m->eq_data, i, 11, s->data);
  return MM_OK;
}

/* ---- tendons ---- */

/* place and type of one element of a path */
static mm_status mm__compile_wrap(mm_compile *c, int at, const mm_spec_wrap *w) {
  mm_model *m = c->m;
  const mm_element *found;
  int side = -1;
  m->wrap_type[at] = w->type;
  m->wrap_objid[at] = -1;
  m->wrap_prm[at] = w->number;
  switch (w->type) {
    case MM_WRAP_JOINT: return mm__require_id(c, &w->e, "joint", MM_OBJ_JOINT, w->object, &m->wrap_objid[at]);
    case MM_WRAP_SITE: return mm__require_id(c, &w->e, "site", MM_OBJ_SITE, w->object, &m->wrap_objid[at]);
    case MM_WRAP_SPHERE:
      MM_TRY(mm__resolve(c, &w->e, "geom", MM_OBJ_GEOM, w->object, &found));
      MM_TRY(mm__resolve_id(c, &w->e, "sidesite", MM_OBJ_SITE, w->sidesite, &side));
      m->wrap_objid[at] = found->id;
      m->wrap_prm[at] = side;
      if (m->geom_type[found->id] == MM_GEOM_CYLINDER)
        m->wrap_type[at] = MM_WRAP_CYLINDER;
      else if (m->geom_type[found->id] != MM_GEOM_SPHERE)
        return MM_WRONG(c, &w->e, "geom: \"%s\" is neither a sphere nor a cylinder", w->object);
      return MM_OK;
    default: return MM_OK;
  }
}

/* Two sites make a segment, a geom stands between two sites, a pulley starts a new branch. */
static mm_status mm__check_path(const mm_compile *c, const mm_spec_tendon *t, int adr) {
  const int *type = c->m->wrap_type + adr, *id = c->m->wrap_objid + adr, n = t->wraps.count;
  for (int i = 0; i < n; i++) {
    const mm_element *e = MM_ITEM(t->wraps, mm_element, i);
    int before = i > 0 ? type[i - 1] : MM_WRAP_PULLEY, after = i < n - 1 ? type[i + 1] : MM_WRAP_PULLEY;
    if (!t->spatial) {
      int joint = ((const mm_spec_joint *)c->joints.item[id[i]])->type;
      if (joint == MM_JNT_FREE || joint == MM_JNT_BALL)
        return MM_WRONG(c, e, "joint: must be a slide or a hinge");
    } else if (type[i] == MM_WRAP_PULLEY) {
      if (i > 0 && before == MM_WRAP_PULLEY) return MM_WRONG(c, e, "follows another pulley");
      if (i == n - 1) return MM_WRONG(c, e, "ends the path");
    } else if (type[i] == MM_WRAP_SITE) {
      if (before == MM_WRAP_PULLEY && after == MM_WRAP_PULLEY)
        return MM_WRONG(c, e, "site: needs a neighbour that is not a pulley");
      if (after == MM_WRAP_SITE && id[i] == id[i + 1]) return MM_WRONG(c, e, "site: is repeated");
    } else {
      if (before != MM_WRAP_SITE || after != MM_WRAP_SITE)
        return MM_WRONG(c, e, "geom: must stand between two sites");
      if (t->armature > 0) return MM_WRONG(c, e, "geom: a tendon with armature cannot wrap");
    }
  }
  return MM_OK;
}

static mm_status mm__check_tendon(const mm_compile *c, const mm_spec_tendon *t) {
  const mm_element *e = &t->e;
  if (!t->wraps.count) return MM_WRONG(c, e, "the path is empty");
  if (t->spatial && t->wraps.count < 2) return MM_WRONG(c, e, "the path needs two sites at least");
  if (t->spatial && t->width <= 0) return MM_WRONG(c, e, "width: must be positive");
  if (t->spatial && t->armature < 0) return MM_WRONG(c, e, "armature: must not be negative");
  if (t->springlength[0] > t->springlength[1])
    return MM_WRONG(c, e, "springlength: the first must not exceed the second");
  return MM_OK;
}

/* tendon_lengthspring -1 -1 means: the length at qpos_spring, which the constants fill in */
static mm_status mm__compile_tendon(mm_compile *c, int i, int adr) {
  mm_model *m = c->m;
  const mm_spec_tendon *t = MM_ITEM(c->spec->tendons, mm_spec_tendon, i);
  const double *force = t->actfrcrange;
  MM_TRY(mm__check_tendon(c, t));
  for (int k = 0; k < t->wraps.count; k++)
    MM_TRY(mm__compile_wrap(c, adr + k, MM_ITEM(t->wraps, mm_spec_wrap, k)));
  MM_TRY(mm__check_path(c, t, adr));
  MM_TRY(mm__limit_ordered(c, &t->e, "range", t->limited, t->range, &m->tendon_limited[i]));
  MM_TRY(
      mm__limit_ordered(c, &t->e, "actuatorfrcrange", t->actfrclimited, force, &m->tendon_actfrclimited[i]));
  if (m->tendon_actfrclimited[i] && (force[0] > 0 || force[1] < 0))
    return MM_WRONG(c, &t->e, "actuatorfrcrange: must contain 0");
  m->tendon_adr[i] = adr;
  m->tendon_num[i] = t->wraps.count;
  m->tendon_group[i] = t->group;
  m->tendon_width[i] = t->width;
  m->tendon_margin[i] = t->margin;
  m->tendon_stiffness[i] = t->stiffness;
  m->tendon_damping[i] = t->damping;
  m->tendon_armature[i] = t->armature;
  m->tendon_frictionloss[i] = t->frictionloss;
  mm__row(m->tendon_solref_lim, i, 2, t->solref_limit);
  mm__row(m->tendon_solimp_lim, i, 5, t->solimp_limit);
  mm__row(m->tendon_solref_fri, i, 2, t->solref_friction);
  mm__row(m->tendon_solimp_fri, i, 5, t->solimp_friction);
  mm__row(m->tendon_range, i, 2, t->range);
  mm__row(m->tendon_actfrcrange, i, 2, force);
  mm__row(m->tendon_lengthspring, i, 2, t->springlength);
  mm__row(m->tendon_rgba, i, 4, t->rgba);
  return mm__resolve_id(c, &t->e, "material", MM_OBJ_MATERIAL, t->material, &m->tendon_matid[i]);
}

static mm_status mm__compile_paths(mm_compile *c) {
  int adr = 0;
  for (int i = 0; i < c->m->npair; i++) MM_TRY(mm__compile_pair(c, i));
  for (int i = 0; i < c->m->nexclude; i++) MM_TRY(mm__compile_exclude(c, i));
  for (int i = 0; i < c->m->neq; i++) MM_TRY(mm__compile_equality(c, i));
  for (int i = 0; i < c->m->ntendon; i++) {
    MM_TRY(mm__compile_tendon(c, i, adr));
    adr += c->m->tendon_num[i];
  }
  return MM_OK;
}
