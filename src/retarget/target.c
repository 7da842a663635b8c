/* >>retarget-target: where the sites shall go, from the joints of the skeleton */

typedef struct mm_fit_clip {
  const mm_clip *clip;           /* at the trajectory's rate */
  mm_skeleton skeleton;          /* whose joints the positions are */
  mm_fit fit;
  double scale, stand;           /* of the path; m, height of the reference joint over the sole of the clip's own body */
  double size;                   /* of the skeleton, where it is scaled as a whole */
  double offset[MM_MIMIC_MAX][3]; /* m, from joint to site then */
  double *positions, *rotations; /* [frame, 24, 3], [frame, 24, 4] */
  double *targets;               /* [frame, site, 7] position and orientation */
} mm_fit_clip;

/* SMPL's axes to a world in which the body stands and faces +x */
static const double mm__fit_upright[4] = {0.5, 0.5, 0.5, 0.5};

static void mm__fit_rest_joint(const mm_fit_clip *c, int joint, double *out) {
  mm__rot_apply(mm__fit_upright, c->skeleton.joint[joint], out);
}

static double mm__fit_skeleton_length(const mm_skeleton *skeleton, const int joints[2][3]) {
  double sum = 0;
  for (int side = 0; side < 2; side++)
    for (int k = 1; k < 3; k++) {
      double square = 0;
      for (int i = 0; i < 3; i++)
        square += pow(skeleton->joint[joints[side][k]][i] - skeleton->joint[joints[side][k - 1]][i], 2);
      sum += 0.5 * sqrt(square);
    }
  return sum;
}

/* how a joint has turned from rest, in the world: R S^-1 */
static void mm__fit_turn(const mm_fit_clip *c, int frame, int joint, double *turn) {
  double inverse[4];
  mm__rot_conjugate(mm__fit_upright, inverse);
  mm__rot_multiply(c->rotations + ((size_t)frame * MM_SMPL_JOINTS + (size_t)joint) * 4, inverse, turn);
}

static const double *mm__fit_joint(const mm_fit_clip *c, int frame, int joint) {
  return c->positions + ((size_t)frame * MM_SMPL_JOINTS + (size_t)joint) * 3;
}

/* what lays the model's bone at rest along the skeleton's, by the shortest way: knees and elbows of the skeleton are a little
   bent at rest, and its legs apart. For a model that moves in one plane only what lies in that plane counts. */
static void mm__fit_bone(const mm_fit_plan *plan, const mm_fit_clip *c, int s, double *turn) {
  const mm_fit_site *site = &plan->sites[s], *end = site->bone < 0 ? NULL : mm__fit_find(plan, site->bone);
  double from[3], to[3], at[3], norm = 0;
  turn[0] = 1;
  turn[1] = turn[2] = turn[3] = 0;
  if (!end || c->fit != MM_FIT_SEGMENTS) return;
  mm__fit_rest_joint(c, site->joint, at);
  mm__fit_rest_joint(c, end->joint, to);
  for (int k = 0; k < 3; k++) {
    from[k] = end->pos[k] - site->pos[k];
    to[k] -= at[k];
  }
  if (!plan->free_root && !plan->fixed_root) from[1] = to[1] = 0;
  /* the quaternion (|a| |b| + a . b, a x b) is twice the angle's half */
  for (int k = 0; k < 3; k++) norm += from[k] * to[k];
  turn[0] = norm + sqrt((from[0] * from[0] + from[1] * from[1] + from[2] * from[2]) * (to[0] * to[0] + to[1] * to[1] + to[2] * to[2]));
  turn[1] = from[1] * to[2] - from[2] * to[1];
  turn[2] = from[2] * to[0] - from[0] * to[2];
  turn[3] = from[0] * to[1] - from[1] * to[0];
  mm__rot_normalize(turn);
}

/* from the parent's target to that of a site. Along a limb: the model's bone, laid along the skeleton's and turned with it.
   Elsewhere: the skeleton's chain scaled to the model's length, and what is left of the model's own direction turned with
   the joint in its middle. */
static void mm__fit_segment(const mm_fit_plan *plan, const mm_fit_clip *c, int frame, int s, double *out) {
  const mm_fit_site *site = &plan->sites[s], *parent = &plan->sites[site->parent];
  const double *tip = mm__fit_joint(c, frame, site->joint), *root = mm__fit_joint(c, frame, parent->joint);
  double rest_tip[3], rest_root[3], rest[3], own[3], turn[4], bone[4], length = 0, model_length = 0, ratio;
  mm__fit_rest_joint(c, site->joint, rest_tip);
  mm__fit_rest_joint(c, parent->joint, rest_root);
  for (int k = 0; k < 3; k++) {
    rest[k] = rest_tip[k] - rest_root[k];
    own[k] = site->pos[k] - parent->pos[k];
    length += rest[k] * rest[k];
    model_length += own[k] * own[k];
  }
  ratio = length > 0 ? sqrt(model_length / length) : 0;
  mm__fit_turn(c, frame, site->middle, turn);
  if (parent->bone == site->joint) {
    mm__fit_bone(plan, c, site->parent, bone);
    mm__rot_multiply(turn, bone, turn);
    mm__rot_apply(turn, own, out);
    return;
  }
  for (int k = 0; k < 3; k++) own[k] += site->shift[k] - ratio * rest[k];
  mm__rot_apply(turn, own, out);
  for (int k = 0; k < 3; k++) out[k] += ratio * (tip[k] - root[k]);
}

/* the same for a skeleton that is scaled as a whole: from the reference's joint to the site's, and on to the site */
static void mm__fit_uniform(const mm_fit_clip *c, int frame, int s, int joint, int first, double *out) {
  const double *tip = mm__fit_joint(c, frame, joint), *root = mm__fit_joint(c, frame, first);
  double turn[4], lift[3] = {0, 0, 0};
  mm__fit_turn(c, frame, joint, turn);
  mm__rot_apply(turn, c->offset[s], out);
  /* the reference is as high over its joint as at rest when it stands upright */
  lift[2] = -c->offset[0][2];
  for (int k = 0; k < 3; k++) out[k] += c->size * (tip[k] - root[k]) + lift[k];
}

/* the heading of the pelvis on average: the angle of its forward axis about the vertical */
static double mm__fit_heading(const mm_fit_clip *c, int joint) {
  static const double forward[3] = {1, 0, 0};
  double x = 0, y = 0;
  for (int f = 0; f < c->clip->frame_count; f++) {
    double turn[4], v[3];
    mm__fit_turn(c, f, joint, turn);
    mm__rot_apply(turn, forward, v);
    x += v[0];
    y += v[1];
  }
  return atan2(y, x);
}

/* what turns the clip's world into the model's: nothing where the root is free; the mean heading to the model's where the
   root moves but cannot turn; and where it is fixed, whatever keeps the reference as it is at rest */
static void mm__fit_align(const mm_fit_plan *plan, const mm_fit_clip *c, int frame, double heading, double *align) {
  double back[4], v[3] = {0, 0, 0}, turn[4];
  align[0] = 1;
  align[1] = align[2] = align[3] = 0;
  if (plan->free_root) return;
  mm__rot_conjugate(plan->facing, back);
  if (plan->fixed_root) {
    mm__fit_turn(c, frame, plan->sites[0].joint, turn);
    mm__rot_conjugate(turn, turn);
  } else {
    v[2] = -heading;
    mm__rot_from_vector(v, turn);
  }
  mm__rot_multiply(back, turn, align);
}

/* the scale of the clip's path, and how high its reference is when it stands */
static void mm__fit_proportions(const mm_fit_plan *plan, const mm_skeleton *own, mm_fit_clip *c) {
  const double *left = own->joint[MM_SMPL_L_FOOT], *right = own->joint[MM_SMPL_R_FOOT];
  const double sole = 0.025; /* the foot joint over the sole, in AMASS as well as in its derivatives */
  c->scale = plan->leg > 0 ? plan->leg / mm__fit_skeleton_length(own, mm__fit_legs)
                           : plan->arm / mm__fit_skeleton_length(own, mm__fit_arms);
  c->size = c->scale;
  c->stand = own->joint[plan->sites[0].joint][1] - (left[1] < right[1] ? left[1] : right[1]) + sole;
}

static void mm__fit_target_frame(const mm_fit_plan *plan, const mm_fit_clip *c, int frame, const double *root, const double *align) {
  double *target = c->targets + (size_t)frame * 7 * (size_t)plan->site_count;
  for (int joint = 0; joint < MM_SMPL_JOINTS; joint++) /* parents come before children */
    for (int s = 0; s < plan->site_count; s++) {
      const mm_fit_site *site = &plan->sites[s];
      double turn[4], bone[4], offset[3];
      if (site->joint != joint && !(s == 0 && joint == 0)) continue;
      if (s == 0 && joint) continue;
      mm__fit_turn(c, frame, site->turner, turn);
      mm__rot_multiply(align, turn, turn);
      mm__fit_bone(plan, c, s, bone);
      mm__rot_multiply(turn, bone, turn);
      mm__rot_multiply(turn, site->quat, target + 7 * s + 3);
      mm__rot_normalize(target + 7 * s + 3);
      memcpy(target + 7 * s, root, 3 * sizeof *root);
      if (c->fit != MM_FIT_SEGMENTS) mm__fit_uniform(c, frame, s, site->joint, plan->sites[0].joint, offset);
      else if (s == 0) continue;
      else {
        mm__fit_segment(plan, c, frame, s, offset);
        memcpy(target + 7 * s, target + 7 * site->parent, 3 * sizeof *root);
      }
      mm__rot_apply(align, offset, offset);
      for (int k = 0; k < 3; k++) target[7 * s + k] += offset[k];
    }
}

/* the targets of all frames; lowest: of the model's parts in its rest pose */
static void mm__fit_targets(const mm_fit_plan *plan, mm_fit_clip *c, double lowest) {
  const int joint = plan->sites[0].joint, frames = c->clip->frame_count;
  const double heading = mm__fit_heading(c, joint);
  const double left[3] = {0, 1, 0};
  const size_t row = 7 * (size_t)plan->site_count;
  double back[4], rest[3], across[3], side = 0;
  mm__rot_conjugate(plan->facing, back);
  mm__rot_apply(back, plan->sites[0].pos, rest);
  mm__rot_apply(back, left, across);
  for (int f = 0; f < frames; f++) {
    const double *x = mm__fit_joint(c, f, joint);
    double align[4], root[3];
    mm__fit_align(plan, c, f, heading, align);
    root[0] = c->scale * x[0];
    root[1] = c->scale * x[1];
    root[2] = plan->sites[0].pos[2] - lowest + c->scale * (x[2] - c->stand);
    if (plan->fixed_root) memcpy(root, rest, sizeof root);
    else mm__rot_apply(align, root, root);
    mm__fit_target_frame(plan, c, f, root, align);
    for (int k = 0; k < 3; k++) side += across[k] * (rest[k] - c->targets[(size_t)f * row + (size_t)k]) / frames;
  }
  /* a root that cannot turn moves in one plane; the clip is laid into it */
  for (size_t i = 0; i < (size_t)frames * (size_t)plan->site_count && !plan->free_root && !plan->fixed_root; i++)
    for (size_t k = 0; k < 3; k++) c->targets[7 * i + k] += across[k] * side;
}
