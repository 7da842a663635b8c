/* >>retarget-plan: what inverse kinematics needs to know of a model, found once for all clips */

typedef struct mm_fit_site {
  int site, joint, parent;       /* of the model, of SMPL, of this list (-1: the reference) */
  int middle;                    /* SMPL joint that turns what the chain from the parent does not explain */
  int turner;                    /* SMPL joint that turns the site: its own, but the ankle for the toes of a rigid foot */
  int bone;                      /* SMPL joint at the end of the bone that the site's body is, -1: none */
  double weight[3][2];           /* [stage][position, rotation]; the third is the refinement's */
  double pos[3], quat[4];        /* at rest, the model facing +x */
  double shift[3];               /* from there to where it is on average while the arms are up and down */
} mm_fit_site;

typedef struct mm_fit_coupling {
  int joint, master;             /* joints; master -1: constant */
  double poly[5];
  int loose;                     /* 1: the dependent's own range contradicts the coupling and is not kept */
} mm_fit_coupling;

typedef struct mm_fit_plan {
  mm_context *ctx;
  const mm_model *model;
  mm_arena arena;
  mm_pose *pose;
  int site_count, free_count, coupling_count, free_root, fixed_root;
  mm_fit_site *sites;
  mm_fit_coupling *couplings;
  int *coupling_of;              /* of a joint, -1: none [njnt] */
  int *free_of;                  /* of a degree of freedom, -1: none [nv] */
  int *free_dof;                 /* [free_count] */
  double *lower, *upper;         /* [free_count] */
  double *rest;                  /* qpos of the rest pose [nq] */
  double facing[4];              /* turns the rest pose to face +x */
  double leg, arm;               /* m, hip to knee to ankle, shoulder to elbow to hand; 0: none */
  int *floor_geoms, floor_count; /* geoms that may touch the floor */
  int floor;                     /* plane, -1: none */
  int height_qpos;               /* coordinate that lifts the whole model, -1: none */
  double height_sign;
  int *ints, int_count, int_room, failed;
  double *reals;
  int real_count;
} mm_fit_plan;

/* names without _mimic, the joints they stand for, and weights as published for GMR-Fit: stage, then position and rotation;
   left and right alike, in the values of the side that tracks more; the last four are the published left side */
typedef struct mm_fit_name { const char *name; int joint; double weight[4], left[4]; } mm_fit_name;
static const mm_fit_name mm__fit_names[] = {
  {"pelvis", MM_SMPL_PELVIS, {100, 10, 100, 5}, {100, 10, 100, 5}},
  {"upper_body", MM_SMPL_SPINE1, {100, 10, 40, 5}, {100, 10, 40, 5}},
  {"head", MM_SMPL_HEAD, {100, 10, 45, 5}, {100, 10, 45, 5}},
  {"left_shoulder", MM_SMPL_L_SHOULDER, {1, 10, 0, 5}, {1, 10, 0, 5}},
  {"right_shoulder", MM_SMPL_R_SHOULDER, {1, 10, 0, 5}, {1, 10, 0, 5}},
  {"left_elbow", MM_SMPL_L_ELBOW, {50, 10, 40, 5}, {40, 10, 0, 5}},
  {"right_elbow", MM_SMPL_R_ELBOW, {50, 10, 40, 5}, {50, 10, 40, 5}},
  {"left_hand", MM_SMPL_L_WRIST, {50, 10, 40, 5}, {40, 10, 0, 5}},
  {"right_hand", MM_SMPL_R_WRIST, {50, 10, 40, 5}, {50, 10, 40, 5}},
  {"left_hip", MM_SMPL_L_HIP, {0, 10, 0, 5}, {0, 10, 0, 5}},
  {"right_hip", MM_SMPL_R_HIP, {0, 10, 0, 5}, {0, 10, 0, 5}},
  {"left_knee", MM_SMPL_L_KNEE, {0, 10, 0, 5}, {0, 10, 0, 5}},
  {"right_knee", MM_SMPL_R_KNEE, {0, 10, 0, 5}, {0, 10, 0, 5}},
  {"left_ankle", MM_SMPL_L_ANKLE, {50, 10, 50, 5}, {50, 10, 50, 5}},
  {"right_ankle", MM_SMPL_R_ANKLE, {50, 10, 50, 5}, {50, 10, 50, 5}},
  {"left_toes", MM_SMPL_L_FOOT, {50, 10, 50, 5}, {50, 10, 50, 5}},
  {"right_toes", MM_SMPL_R_FOOT, {50, 10, 50, 5}, {50, 10, 50, 5}}};

static void mm__fit_plan_destroy(mm_fit_plan *plan) {
  if (!plan) return;
  mm__pose_destroy(plan->pose);
  mm__free(plan->ctx, plan->ints);
  mm__arena_free(&plan->arena);
  mm__free(plan->ctx, plan);
}

/* appends to the integer tables; a failure is kept and tested once at the end */
static void mm__fit_push(mm_fit_plan *plan, int value) {
  if (plan->int_count == plan->int_room) {
    const size_t room = plan->int_room ? 2 * (size_t)plan->int_room : 4096;
    int *grown = plan->failed ? NULL : (int *)mm__grow(plan->ctx, plan->ints, (size_t)plan->int_count, room, sizeof(int));
    if (!grown) {
      plan->failed = 1;
      return;
    }
    plan->ints = grown;
    plan->int_room = (int)room;
  }
  plan->ints[plan->int_count++] = value;
}

/* sites, in the order of the skeleton so that parents come first, with the reference where it was */
static mm_status mm__fit_sites(mm_fit_plan *plan, const mm_retarget_def *def) {
  const mm_model *m = plan->model;
  mm_context *ctx = plan->ctx;
  int *ids = MM_ARENA_NEW(&plan->arena, int, m->nsite), has_pelvis = 0;
  if (!ids) return MM_E_MEMORY;
  plan->site_count = mm_mimic_sites(m, ids, m->nsite);
  if (plan->site_count == 0)
    return mm__fail(ctx, MM_E_MODEL, "%s: has no mimic sites (names that end in _mimic), so nothing can follow a clip; "
                    "mm_spec_add_mimic_sites adds those of the published models", m->name ? m->name : "the model");
  plan->sites = MM_ARENA_NEW(&plan->arena, mm_fit_site, plan->site_count);
  if (!plan->sites) return MM_E_MEMORY;
  for (int i = 0; i < plan->site_count; i++) {
    const char *name = mm_model_name(m, MM_OBJ_SITE, ids[i]);
    const size_t length = strlen(name) - strlen("_mimic");
    const mm_fit_name *known = NULL;
    mm_fit_site *site = &plan->sites[i];
    for (int k = 0; k < MM_COUNT(mm__fit_names); k++)
      if (strlen(mm__fit_names[k].name) == length && !strncmp(mm__fit_names[k].name, name, length)) known = &mm__fit_names[k];
    if (!known) return mm__fail(ctx, MM_E_MODEL, "site %s stands for no joint of the SMPL skeleton", name);
    site->site = ids[i];
    site->joint = known->joint;
    for (int w = 0; w < 4; w++)
      site->weight[w / 2][w % 2] = def && def->asymmetric_weights ? known->left[w] : known->weight[w];
    /* refined motions come as near to every site as the body can, wherever it is */
    site->weight[2][0] = 50;
    site->weight[2][1] = 2.5;
    if (known->joint == MM_SMPL_PELVIS) has_pelvis = 1;
  }
  for (int i = 0; i < plan->site_count && !has_pelvis; i++)
    if (plan->sites[i].joint == MM_SMPL_SPINE1) plan->sites[i].joint = MM_SMPL_SPINE3;
  return MM_OK;
}

/* the bones of the limbs: thighs, shanks, upper arms, forearms */
static const int mm__fit_bones[][2] = {
  {MM_SMPL_L_HIP, MM_SMPL_L_KNEE}, {MM_SMPL_R_HIP, MM_SMPL_R_KNEE}, {MM_SMPL_L_KNEE, MM_SMPL_L_ANKLE},
  {MM_SMPL_R_KNEE, MM_SMPL_R_ANKLE}, {MM_SMPL_L_SHOULDER, MM_SMPL_L_ELBOW}, {MM_SMPL_R_SHOULDER, MM_SMPL_R_ELBOW},
  {MM_SMPL_L_ELBOW, MM_SMPL_L_WRIST}, {MM_SMPL_R_ELBOW, MM_SMPL_R_WRIST}};

static int mm__fit_body(const mm_fit_plan *plan, int site) { return plan->model->body_weldid[plan->model->site_bodyid[site]]; }

/* the nearest ancestor of a site's joint that has a site, and the joint that turns the segment between them */
static void mm__fit_parents(mm_fit_plan *plan) {
  for (int i = 0; i < plan->site_count; i++) {
    mm_fit_site *site = &plan->sites[i];
    const int above = mm__smpl_parents[site->joint];
    /* one whose ancestors have none is measured from the reference */
    site->parent = i ? 0 : -1;
    for (int joint = above, found = 0; i && joint >= 0 && !found; joint = mm__smpl_parents[joint])
      for (int k = 0; k < plan->site_count; k++)
        if (plan->sites[k].joint == joint) {
          site->parent = k;
          found = 1;
        }
    site->middle = above < 0 ? MM_SMPL_PELVIS : above;
    site->turner = site->joint;
    if ((site->joint == MM_SMPL_L_FOOT || site->joint == MM_SMPL_R_FOOT) && i &&
        mm__fit_body(plan, site->site) == mm__fit_body(plan, plan->sites[site->parent].site)) site->turner = above;
    site->bone = -1;
    for (int k = 0; k < MM_COUNT(mm__fit_bones); k++)
      if (mm__fit_bones[k][0] == site->joint) site->bone = mm__fit_bones[k][1];
    /* what neck and collars carry hangs on the chest */
    if (above == MM_SMPL_NECK || above == MM_SMPL_L_COLLAR || above == MM_SMPL_R_COLLAR) site->middle = MM_SMPL_SPINE3;
  }
}

/* joint equalities become couplings: dependent = polynomial of the master */
static mm_status mm__fit_couplings(mm_fit_plan *plan) {
  const mm_model *m = plan->model;
  mm_context *ctx = plan->ctx;
  plan->couplings = MM_ARENA_NEW(&plan->arena, mm_fit_coupling, m->neq);
  plan->coupling_of = MM_ARENA_NEW(&plan->arena, int, m->njnt);
  if (!plan->couplings || !plan->coupling_of) return MM_E_MEMORY;
  for (int j = 0; j < m->njnt; j++) plan->coupling_of[j] = -1;
  for (int i = 0; i < m->neq; i++) {
    mm_fit_coupling *c = &plan->couplings[plan->coupling_count];
    const char *name = mm_model_name(m, MM_OBJ_EQUALITY, i);
    if (!m->eq_active0[i]) continue;
    if (m->eq_type[i] != MM_EQ_JOINT)
      return mm__fail(ctx, MM_E_UNSUPPORTED, "equality %d (%s): retargeting holds couplings of joints, not connect, weld or "
                      "tendon equalities; make it inactive or remove it", i, name);
    c->joint = m->eq_obj1id[i];
    c->master = m->eq_obj2id[i];
    memcpy(c->poly, m->eq_data + 11 * i, sizeof c->poly);
    if (plan->coupling_of[c->joint] >= 0)
      return mm__fail(ctx, MM_E_UNSUPPORTED, "equality %d (%s): joint %s follows two couplings", i, name,
                      mm_model_name(m, MM_OBJ_JOINT, c->joint));
    plan->coupling_of[c->joint] = plan->coupling_count++;
  }
  for (int i = 0; i < plan->coupling_count; i++) {
    const int master = plan->couplings[i].master;
    if (master >= 0 && plan->coupling_of[master] >= 0)
      return mm__fail(ctx, MM_E_UNSUPPORTED, "joint %s follows %s, which itself follows another joint",
                      mm_model_name(m, MM_OBJ_JOINT, plan->couplings[i].joint), mm_model_name(m, MM_OBJ_JOINT, master));
  }
  return MM_OK;
}

static double mm__fit_dependent(const mm_fit_plan *plan, const mm_fit_coupling *c, double master) {
  const mm_model *m = plan->model;
  const double x = c->master < 0 ? 0 : master - m->qpos0[m->jnt_qposadr[c->master]];
  return m->qpos0[m->jnt_qposadr[c->joint]] + c->poly[0] + x * (c->poly[1] + x * (c->poly[2] + x * (c->poly[3] + x * c->poly[4])));
}

/* sets every dependent coordinate of a pose from its master */
static void mm__fit_project(const mm_fit_plan *plan, double *qpos) {
  const mm_model *m = plan->model;
  for (int i = 0; i < plan->coupling_count; i++) {
    const mm_fit_coupling *c = &plan->couplings[i];
    qpos[m->jnt_qposadr[c->joint]] = mm__fit_dependent(plan, c, c->master < 0 ? 0 : qpos[m->jnt_qposadr[c->master]]);
  }
}

/* whether a dependent stays within its own limits when its master is at x */
static int mm__fit_inside(const mm_fit_plan *plan, const mm_fit_coupling *c, double x, double slack) {
  const double *range = plan->model->jnt_range + 2 * c->joint, value = mm__fit_dependent(plan, c, x);
  return !plan->model->jnt_limited[c->joint] || (value >= range[0] - slack && value <= range[1] + slack);
}

/* Published models give dependents ranges that their couplings leave: by rounding, or with the wrong sign. Where the range
   is left by less than a thousandth, or keeping it would cost more than half of the master's range, the coupling counts. */
static void mm__fit_loosen(mm_fit_plan *plan) {
  const mm_model *m = plan->model;
  const int steps = 1000;
  for (int i = 0; i < plan->coupling_count; i++) {
    mm_fit_coupling *c = &plan->couplings[i];
    int inside = 0, nearly = 0;
    for (int k = 0; k <= steps; k++) {
      const double *range = c->master < 0 ? NULL : m->jnt_range + 2 * c->master;
      const double x = range && m->jnt_limited[c->master] ? range[0] + (range[1] - range[0]) * k / steps
                       : range ? m->qpos0[m->jnt_qposadr[c->master]] + 0.001 * (k - steps / 2) : 0;
      inside += mm__fit_inside(plan, c, x, 0);
      nearly += mm__fit_inside(plan, c, x, 1e-3);
    }
    c->loose = inside <= steps && (nearly > steps || 2 * inside < steps);
    if (c->loose && nearly <= steps)
      mm__log(plan->ctx, MM_LOG_WARNING, "joint %s: its range contradicts the equality that it follows; retargeting keeps the "
              "equality", mm_model_name(m, MM_OBJ_JOINT, c->joint));
  }
}

/* whether all that follows a joint stays within its limits when the joint is at x */
static int mm__fit_allows(const mm_fit_plan *plan, int joint, double x) {
  for (int i = 0; i < plan->coupling_count; i++) {
    const mm_fit_coupling *c = &plan->couplings[i];
    if (c->master == joint && !c->loose && !mm__fit_inside(plan, c, x, 0)) return 0;
  }
  return 1;
}

/* the part of a joint's range around its start in which everything that follows it is within its limits too */
static double mm__fit_limit(const mm_fit_plan *plan, int joint, double start, double end) {
  const int steps = 2000;
  for (int i = 1; i <= steps; i++) {
    double good = start + (end - start) * (i - 1) / steps, bad = start + (end - start) * i / steps;
    if (mm__fit_allows(plan, joint, bad)) continue;
    for (int k = 0; k < 60; k++) {
      const double middle = 0.5 * (good + bad);
      if (mm__fit_allows(plan, joint, middle)) good = middle;
      else bad = middle;
    }
    return good;
  }
  return end;
}

/* independent coordinates with their limits */
static mm_status mm__fit_free(mm_fit_plan *plan) {
  const mm_model *m = plan->model;
  plan->free_of = MM_ARENA_NEW(&plan->arena, int, m->nv);
  plan->free_dof = MM_ARENA_NEW(&plan->arena, int, m->nv);
  plan->lower = MM_ARENA_NEW(&plan->arena, double, m->nv);
  plan->upper = MM_ARENA_NEW(&plan->arena, double, m->nv);
  if (!plan->free_of || !plan->free_dof || !plan->lower || !plan->upper) return MM_E_MEMORY;
  for (int d = 0; d < m->nv; d++) {
    const int joint = m->dof_jntid[d], type = m->jnt_type[joint], f = plan->free_count;
    plan->free_of[d] = -1;
    if (plan->coupling_of[joint] >= 0) continue;
    plan->lower[f] = -1e30;
    plan->upper[f] = 1e30;
    if (type == MM_JNT_BALL && m->jnt_limited[joint])
      return mm__fail(plan->ctx, MM_E_UNSUPPORTED, "joint %s: the limit of a ball joint is not kept by retargeting",
                      mm_model_name(m, MM_OBJ_JOINT, joint));
    if (m->jnt_limited[joint] && (type == MM_JNT_HINGE || type == MM_JNT_SLIDE)) {
      const double *range = m->jnt_range + 2 * joint, rest = m->qpos0[m->jnt_qposadr[joint]];
      double start = rest < range[0] || rest > range[1] ? 0.5 * (range[0] + range[1]) : rest;
      /* if the start will not do, the middle of what does */
      for (int k = 1; k < 100 && !mm__fit_allows(plan, joint, start); k++)
        start = range[0] + (range[1] - range[0]) * (k % 2 ? 50 + k / 2 : 50 - k / 2) / 100;
      plan->lower[f] = mm__fit_limit(plan, joint, start, range[0]);
      plan->upper[f] = mm__fit_limit(plan, joint, start, range[1]);
    }
    plan->free_of[d] = f;
    plan->free_dof[f] = d;
    plan->free_count++;
  }
  return MM_OK;
}

/* sets the elevation of the arms in a pose, and what follows it */
static void mm__fit_raise(const mm_fit_plan *plan, double angle, double *qpos) {
  static const char *const raised[] = {"shoulder_elv", "shoulder_elv_r", "shoulder_elv_l"};
  const mm_model *m = plan->model;
  for (int i = 0; i < MM_COUNT(raised); i++) {
    const int joint = mm_model_id(m, MM_OBJ_JOINT, raised[i]);
    if (joint >= 0) qpos[m->jnt_qposadr[joint]] = angle;
  }
  mm__fit_project(plan, qpos);
}

/* qpos0 with the arms raised to the sides, joints within their limits, couplings held */
static mm_status mm__fit_rest(mm_fit_plan *plan) {
  const mm_model *m = plan->model;
  plan->rest = MM_ARENA_NEW(&plan->arena, double, m->nq);
  if (!plan->rest) return MM_E_MEMORY;
  memcpy(plan->rest, m->qpos0, sizeof(double) * (size_t)m->nq);
  mm__fit_raise(plan, MM_PI / 2, plan->rest);
  for (int f = 0; f < plan->free_count; f++) {
    const int joint = m->dof_jntid[plan->free_dof[f]];
    double *q = plan->rest + m->jnt_qposadr[joint];
    if (m->jnt_type[joint] != MM_JNT_HINGE && m->jnt_type[joint] != MM_JNT_SLIDE) continue;
    if (*q < plan->lower[f]) *q = plan->lower[f];
    if (*q > plan->upper[f]) *q = plan->upper[f];
  }
  mm__fit_project(plan, plan->rest);
  return MM_OK;
}

static const mm_fit_site *mm__fit_find(const mm_fit_plan *plan, int joint) {
  for (int i = 0; i < plan->site_count; i++)
    if (plan->sites[i].joint == joint) return &plan->sites[i];
  return NULL;
}

/* length from site to site along three joints, averaged over those sides that have all of them; 0: none */
static double mm__fit_length(const mm_fit_plan *plan, const int joints[2][3]) {
  double sum = 0;
  int sides = 0;
  for (int side = 0; side < 2; side++) {
    double length = 0;
    int found = 0;
    for (int k = 0; k < 3; k++) {
      const mm_fit_site *site = mm__fit_find(plan, joints[side][k]), *last = k ? mm__fit_find(plan, joints[side][k - 1]) : NULL;
      if (!site) break;
      if (last) length += sqrt(pow(site->pos[0] - last->pos[0], 2) + pow(site->pos[1] - last->pos[1], 2) +
                               pow(site->pos[2] - last->pos[2], 2));
      found++;
    }
    if (found < 3) continue;
    sum += length;
    sides++;
  }
  return sides ? sum / sides : 0;
}

static const int mm__fit_legs[2][3] = {{MM_SMPL_L_HIP, MM_SMPL_L_KNEE, MM_SMPL_L_ANKLE}, {MM_SMPL_R_HIP, MM_SMPL_R_KNEE, MM_SMPL_R_ANKLE}};
static const int mm__fit_arms[2][3] = {{MM_SMPL_L_SHOULDER, MM_SMPL_L_ELBOW, MM_SMPL_L_WRIST},
                                       {MM_SMPL_R_SHOULDER, MM_SMPL_R_ELBOW, MM_SMPL_R_WRIST}};

/* where the sites are at rest, turned so that the line from the right hip (or shoulder) to the left points to +y */
static mm_status mm__fit_face(mm_fit_plan *plan) {
  static const int pairs[2][2] = {{MM_SMPL_L_HIP, MM_SMPL_R_HIP}, {MM_SMPL_L_SHOULDER, MM_SMPL_R_SHOULDER}};
  double turn[3] = {0, 0, 0};
  int found = 0;
  mm__pose_set(plan->pose, plan->rest);
  for (int i = 0; i < plan->site_count; i++) {
    double mat[9];
    mm__pose_site(plan->pose, plan->sites[i].site, plan->sites[i].pos, mat);
    mm__rot_from_matrix(mat, plan->sites[i].quat);
  }
  for (int p = 0; p < 2 && !found; p++) {
    const mm_fit_site *left = mm__fit_find(plan, pairs[p][0]), *right = mm__fit_find(plan, pairs[p][1]);
    if (!left || !right) continue;
    turn[2] = atan2(left->pos[0] - right->pos[0], left->pos[1] - right->pos[1]);
    found = 1;
  }
  if (!found) return mm__fail(plan->ctx, MM_E_MODEL, "the mimic sites include neither both hips nor both shoulders");
  mm__rot_from_vector(turn, plan->facing);
  for (int i = 0; i < plan->site_count; i++) {
    mm__rot_apply(plan->facing, plan->sites[i].pos, plan->sites[i].pos);
    mm__rot_multiply(plan->facing, plan->sites[i].quat, plan->sites[i].quat);
  }
  /* a shoulder girdle that follows the arm carries the shoulder down with it; clips have arms in all heights */
  mm__fit_raise(plan, 10 * MM_DEGREE, plan->rest);
  mm__pose_set(plan->pose, plan->rest);
  for (int i = 0; i < plan->site_count; i++) {
    mm_fit_site *site = &plan->sites[i];
    double pos[3], mat[9];
    if (site->joint != MM_SMPL_L_SHOULDER && site->joint != MM_SMPL_R_SHOULDER) continue;
    mm__pose_site(plan->pose, site->site, pos, mat);
    mm__rot_apply(plan->facing, pos, pos);
    for (int k = 0; k < 3; k++) site->shift[k] = 0.5 * (pos[k] - site->pos[k]);
  }
  mm__fit_raise(plan, MM_PI / 2, plan->rest);
  mm__pose_set(plan->pose, plan->rest);
  plan->leg = mm__fit_length(plan, mm__fit_legs);
  plan->arm = mm__fit_length(plan, mm__fit_arms);
  if (plan->leg <= 0 && plan->arm <= 0)
    return mm__fail(plan->ctx, MM_E_MODEL, "the mimic sites hold neither a whole leg (hip, knee, ankle) nor a whole arm "
                    "(shoulder, elbow, hand), so there is no scale");
  return MM_OK;
}

/* whether two geoms may touch, by an explicit pair or by their collision bits */
static int mm__fit_may_touch(const mm_model *m, int a, int b) {
  const int body_a = m->body_weldid[m->geom_bodyid[a]], body_b = m->body_weldid[m->geom_bodyid[b]];
  for (int p = 0; p < m->npair; p++)
    if ((m->pair_geom1[p] == a && m->pair_geom2[p] == b) || (m->pair_geom1[p] == b && m->pair_geom2[p] == a)) return 1;
  if (body_a == body_b) return 0;
  for (int x = 0; x < m->nexclude; x++) {
    const int first = m->exclude_signature[x] >> 16, second = m->exclude_signature[x] & 65535;
    if ((first == m->geom_bodyid[a] && second == m->geom_bodyid[b]) || (first == m->geom_bodyid[b] && second == m->geom_bodyid[a]))
      return 0;
  }
  return (m->geom_contype[a] & m->geom_conaffinity[b]) || (m->geom_contype[b] & m->geom_conaffinity[a]);
}

/* the floor, what touches it, and the coordinate that lifts the model from it */
static mm_status mm__fit_floor(mm_fit_plan *plan) {
  const mm_model *m = plan->model;
  const int root = m->body_rootid[m->site_bodyid[plan->sites[0].site]];
  plan->floor = plan->height_qpos = -1;
  plan->floor_geoms = MM_ARENA_NEW(&plan->arena, int, m->ngeom);
  if (!plan->floor_geoms) return MM_E_MEMORY;
  for (int g = 0; g < m->ngeom && plan->floor < 0; g++)
    if (m->geom_type[g] == MM_GEOM_PLANE && m->body_weldid[m->geom_bodyid[g]] == 0) plan->floor = g;
  for (int g = 0; g < m->ngeom && plan->floor >= 0; g++)
    if (m->body_weldid[m->geom_bodyid[g]] != 0 && mm__fit_may_touch(m, plan->floor, g)) plan->floor_geoms[plan->floor_count++] = g;
  for (int j = m->body_jntadr[root]; j >= 0 && j < m->body_jntadr[root] + m->body_jntnum[root]; j++) {
    if (m->jnt_type[j] == MM_JNT_FREE) {
      plan->free_root = 1;
      plan->height_qpos = m->jnt_qposadr[j] + 2;
      plan->height_sign = 1;
    } else if (m->jnt_type[j] == MM_JNT_SLIDE && fabs(plan->pose->data.xaxis[3 * j + 2]) > 0.999) {
      plan->height_qpos = m->jnt_qposadr[j];
      plan->height_sign = plan->pose->data.xaxis[3 * j + 2];
    }
  }
  plan->fixed_root = m->body_weldid[m->site_bodyid[plan->sites[0].site]] == 0;
  return MM_OK;
}

/* tables of the kernel */

/* what moves each of some bodies: links of its chain, and columns, one for each free coordinate. first_link and first_column
   [count + 1], columns [2 each: coordinate, owner], links [3 each: degree of freedom, column, coupling or -1] */
static void mm__fit_chains(const mm_fit_plan *plan, const int *bodies, int count, int *first_link, int *first_column, int *columns, int *links) {
  const mm_model *m = plan->model;
  int link = 0, column = 0;
  for (int s = 0; s < count; s++) {
    const int body = m->body_weldid[bodies[s]];
    int dof = m->body_dofnum[body] ? m->body_dofadr[body] + m->body_dofnum[body] - 1 : -1;
    first_link[s] = link;
    first_column[s] = column;
    for (; dof >= 0; dof = m->dof_parentid[dof]) {
      const int joint = m->dof_jntid[dof], coupling = plan->coupling_of[joint];
      const int master = coupling < 0 ? -1 : plan->couplings[coupling].master;
      int own = plan->free_of[dof], at;
      if (coupling >= 0) own = master < 0 ? -1 : plan->free_of[m->jnt_dofadr[master]];
      if (own < 0) continue;
      for (at = first_column[s]; at < column && columns[2 * at] != own; at++) continue;
      if (at == column) {
        columns[2 * column] = own;
        columns[2 * column + 1] = s;
        column++;
      }
      links[3 * link] = dof;
      links[3 * link + 1] = at;
      links[3 * link + 2] = coupling;
      link++;
    }
  }
  first_link[count] = link;
  first_column[count] = column;
}

static void mm__fit_table(mm_fit_plan *plan, int table, const int *values, int count) {
  const int at = plan->int_count;
  for (int i = 0; i < count; i++) mm__fit_push(plan, values[i]);
  if (!plan->failed) plan->ints[table] = at;
}

/* for each entry of the normal equations the pairs of columns of one owner that make it: adr [n (n + 1) / 2 + 1] is the first
   pair of an entry, *pairs (to be freed) has two columns each */
static mm_status mm__fit_pairs(mm_context *ctx, int n, int owners, const int *first_column, const int *columns, int *adr, int **pairs, int *count) {
  int room = 0, entry = 0;
  for (int s = 0; s < owners; s++) {
    const int own = first_column[s + 1] - first_column[s];
    room += own * (own + 1) / 2;
  }
  *count = 0;
  *pairs = MM_NEW(ctx, int, 2 * room);
  if (!*pairs) return MM_E_MEMORY;
  for (int i = 0; i < n; i++)
    for (int j = 0; j <= i; j++, entry++) {
      adr[entry] = *count;
      for (int s = 0; s < owners; s++) {
        int a = -1, b = -1;
        for (int c = first_column[s]; c < first_column[s + 1]; c++) {
          if (columns[2 * c] == i) a = c;
          if (columns[2 * c] == j) b = c;
        }
        if (a < 0 || b < 0) continue;
        (*pairs)[2 * *count] = a;
        (*pairs)[2 * (*count)++ + 1] = b;
      }
    }
  adr[entry] = *count;
  return MM_OK;
}

static mm_status mm__fit_ints(mm_fit_plan *plan, int iterations) {
  const mm_model *m = plan->model;
  mm_arena *arena = &plan->arena;
  const int sites = plan->site_count, n = plan->free_count, most = sites * m->nv;
  int *first_link = MM_ARENA_NEW(arena, int, sites + 1), *first_column = MM_ARENA_NEW(arena, int, sites + 1);
  int *columns = MM_ARENA_NEW(arena, int, 2 * most), *links = MM_ARENA_NEW(arena, int, 3 * most);
  int *adr = MM_ARENA_NEW(arena, int, n * (n + 1) / 2 + 1), *list = MM_ARENA_NEW(arena, int, most + m->neq * 3 + m->nv);
  int dependents = 0, *pairs, pair_count;
  if (!first_link || !first_column || !columns || !links || !adr || !list) return MM_E_MEMORY;
  for (int i = 0; i < MM_IK_HEADER; i++) mm__fit_push(plan, 0);
  if (plan->failed) return MM_E_MEMORY;
  for (int s = 0; s < sites; s++) list[s] = m->site_bodyid[plan->sites[s].site];
  mm__fit_chains(plan, list, sites, first_link, first_column, columns, links);
  mm__fit_table(plan, MM_IK_SITE_BODY, list, sites);
  mm__fit_table(plan, MM_IK_SITE_CHAIN, first_link, sites + 1);
  mm__fit_table(plan, MM_IK_SITE_COLUMN, first_column, sites + 1);
  mm__fit_table(plan, MM_IK_CHAIN, links, 3 * first_link[sites]);
  for (int c = 0; c < first_column[sites]; c++) list[c] = columns[2 * c + 1];
  mm__fit_table(plan, MM_IK_COLUMN_SITE, list, first_column[sites]);
  for (int c = 0; c < first_column[sites]; c++) list[c] = columns[2 * c];
  mm__fit_table(plan, MM_IK_COLUMN_FREE, list, first_column[sites]);
  for (int f = 0; f < n; f++) {
    const int dof = plan->free_dof[f], joint = m->dof_jntid[dof], at = dof - m->jnt_dofadr[joint], type = m->jnt_type[joint];
    const int turn = type == MM_JNT_FREE ? at - 3 : type == MM_JNT_BALL ? at : -1;
    list[f] = m->jnt_qposadr[joint] + (turn >= 0 ? (type == MM_JNT_FREE ? 3 : 0) : at);
    list[n + f] = turn < 0 ? MM_IK_SCALAR : turn == 0 ? MM_IK_TURN_FIRST : MM_IK_TURN_OTHER;
  }
  mm__fit_table(plan, MM_IK_FREE_QPOS, list, n);
  mm__fit_table(plan, MM_IK_FREE_KIND, list + n, n);
  for (int c = 0; c < plan->coupling_count; c++) {
    const mm_fit_coupling *coupling = &plan->couplings[c];
    list[3 * c] = m->jnt_qposadr[coupling->joint];
    list[3 * c + 1] = m->jnt_qposadr[coupling->master < 0 ? coupling->joint : coupling->master];
    list[3 * c + 2] = c;
    dependents++;
  }
  mm__fit_table(plan, MM_IK_DEP, list, 3 * dependents);
  MM_TRY(mm__fit_pairs(plan->ctx, n, sites, first_column, columns, adr, &pairs, &pair_count));
  mm__fit_table(plan, MM_IK_PAIR_ADR, adr, n * (n + 1) / 2 + 1);
  mm__fit_table(plan, MM_IK_PAIR, pairs, 2 * pair_count);
  mm__free(plan->ctx, pairs);
  if (plan->failed) return MM_E_MEMORY;
  plan->ints[MM_IK_SITES] = sites;
  plan->ints[MM_IK_FREE] = n;
  plan->ints[MM_IK_DEPENDENT] = dependents;
  plan->ints[MM_IK_COLUMNS] = first_column[sites];
  plan->ints[MM_IK_ITERATIONS] = iterations;
  plan->ints[MM_IK_COLD_ITERATIONS] = 100;
  plan->ints[MM_IK_WORK_SIZE] = 16 * sites + 6 * first_column[sites] + n * (n + 1) / 2 + 3 * n + 2 * m->nq;
  return MM_OK;
}

static mm_status mm__fit_reals(mm_fit_plan *plan, double tolerance) {
  const mm_model *m = plan->model;
  const int sites = plan->site_count, n = plan->free_count, deps = plan->coupling_count;
  double *r;
  int at = MM_IK_REALS;
  plan->real_count = MM_IK_REALS + 13 * sites + 2 * n + 7 * deps;
  plan->reals = r = MM_ARENA_NEW(&plan->arena, double, plan->real_count);
  if (!r) return MM_E_MEMORY;
  r[MM_IK_TOLERANCE] = tolerance;
  r[MM_IK_DAMPING] = 0.5;
  r[MM_IK_LAMBDA] = 1e-4;
  r[MM_IK_CALM] = 1.0;
  r[MM_IK_PLACE] = at;
  for (int s = 0; s < sites; s++)
    for (int k = 0; k < 3; k++) r[at++] = m->site_pos[3 * plan->sites[s].site + k];
  r[MM_IK_TURN] = at;
  for (int s = 0; s < sites; s++)
    for (int k = 0; k < 4; k++) r[at++] = m->site_quat[4 * plan->sites[s].site + k];
  r[MM_IK_WEIGHT] = at;
  for (int stage = 0; stage < 3; stage++)
    for (int s = 0; s < sites; s++)
      for (int k = 0; k < 2; k++) r[at++] = plan->sites[s].weight[stage][k];
  r[MM_IK_LOWER] = at;
  for (int f = 0; f < n; f++) r[at++] = plan->lower[f];
  r[MM_IK_UPPER] = at;
  for (int f = 0; f < n; f++) r[at++] = plan->upper[f];
  r[MM_IK_POLY] = at;
  for (int d = 0; d < deps; d++) {
    const mm_fit_coupling *c = &plan->couplings[d];
    for (int k = 0; k < 5; k++) r[at++] = c->master < 0 && k ? 0 : c->poly[k];
    r[at++] = m->qpos0[m->jnt_qposadr[c->joint]];
    r[at++] = m->qpos0[m->jnt_qposadr[c->master < 0 ? c->joint : c->master]];
  }
  return MM_OK;
}

static mm_status mm__fit_plan_create(mm_context *ctx, const mm_model *model, const mm_retarget_def *def, mm_fit_plan **made) {
  mm_fit_plan *plan = MM_NEW(ctx, mm_fit_plan, 1);
  mm_status status;
  *made = NULL;
  if (!plan) return MM_E_MEMORY;
  plan->ctx = plan->arena.ctx = ctx;
  plan->model = model;
  status = mm__pose_create(ctx, model, &plan->pose);
  if (status == MM_OK) status = mm__fit_sites(plan, def);
  if (status == MM_OK) mm__fit_parents(plan);
  if (status == MM_OK) status = mm__fit_couplings(plan);
  if (status == MM_OK) mm__fit_loosen(plan);
  if (status == MM_OK) status = mm__fit_free(plan);
  if (status == MM_OK) status = mm__fit_rest(plan);
  if (status == MM_OK) status = mm__fit_face(plan);
  if (status == MM_OK) status = mm__fit_floor(plan);
  if (status == MM_OK) status = mm__fit_ints(plan, def && def->iterations > 0 ? def->iterations : 20);
  if (status == MM_OK) status = mm__fit_reals(plan, 1e-5);
  if (status != MM_OK) {
    mm__fit_plan_destroy(plan);
    return status;
  }
  *made = plan;
  return MM_OK;
}
