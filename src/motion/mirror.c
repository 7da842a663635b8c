/* >>clip-mirror: left and right exchanged

   S = diag(-1, 1, 1) reflects the body at its own median plane (x is the body's left) and the world at the plane x = 0, which
   stands upright whether z or y is up. The image of a rotation R is S R S: about the same angle, and of its axis, which is a
   pseudovector, the parts y and z change their signs. So each joint gets the vector (x, -y, -z) of its partner, the pelvis'
   rotation from the world included; the place of the pelvis, trans + root, becomes S trans + S root. */

/* the joint on the other side: bodies of 24, 52 and 55 joints have the first 22 in common */
static int mm__mirror_partner(int joint, int joint_count) {
  static const int body[MM_SMPL_JOINTS] = {0, 2, 1, 3, 5, 4, 6, 8, 7, 9, 11, 10, 12, 14, 13, 15, 17, 16, 19, 18, 21, 20, 23, 22};
  const int hand = joint_count == 55 ? 25 : 22, fingers = 15; /* joints of a hand; the left hand's first one */
  if (joint < MM_SMPL_L_HAND || joint_count == MM_SMPL_JOINTS) return body[joint];
  if (joint < hand) return joint == 23 ? 24 : joint == 24 ? 23 : joint; /* SMPL-X: jaw, left and right eye */
  return joint < hand + fingers ? joint + fingers : joint - fingers;
}

static void mm__mirror_point(const double *from, double *to) {
  to[0] = -from[0];
  to[1] = from[1];
  to[2] = from[2];
}

static void mm__mirror_skeleton(mm_skeleton *skeleton) {
  const mm_skeleton old = *skeleton;
  for (int j = 0; j < MM_SMPL_JOINTS; j++) mm__mirror_point(old.joint[mm__mirror_partner(j, MM_SMPL_JOINTS)], skeleton->joint[j]);
  mm__mirror_point(old.root, skeleton->root);
}

mm_status mm_clip_mirror(const mm_clip *clip, mm_clip **out) {
  const size_t joints = (size_t)clip->joint_count;
  mm_skeleton skeleton;
  mm_clip *c;
  mm_status status;
  *out = NULL;
  MM_TRY(mm_clip_skeleton(clip, &skeleton));
  MM_TRY(mm__clip_new(clip->ctx, clip->name, clip->frame_count, clip->joint_count, clip->beta_count, &c));
  mm__mirror_skeleton(&skeleton);
  status = mm__clip_set_skeleton(c, &skeleton);
  if (status != MM_OK) {
    mm_clip_destroy(c);
    return status;
  }
  c->kind = clip->kind;
  c->gender = clip->gender;
  c->up = clip->up;
  c->up_detected = clip->up_detected;
  c->frequency = clip->frequency;
  memcpy(c->betas, clip->betas, sizeof(double) * (size_t)clip->beta_count);
  for (size_t f = 0; f < (size_t)clip->frame_count; f++) {
    mm__mirror_point(clip->trans + 3 * f, c->trans + 3 * f);
    for (size_t j = 0; j < joints; j++) {
      const double *from = clip->poses + 3 * (f * joints + (size_t)mm__mirror_partner((int)j, clip->joint_count));
      double *to = c->poses + 3 * (f * joints + j);
      to[0] = from[0];
      to[1] = -from[1];
      to[2] = -from[2];
    }
  }
  *out = c;
  return MM_OK;
}

mm_status mm_clip_rename(mm_clip *clip, const char *name) {
  char *copy = mm__strdup(clip->ctx, name);
  if (!copy) return MM_E_MEMORY;
  mm__free(clip->ctx, clip->name);
  clip->name = copy;
  return MM_OK;
}

uint64_t mm_clip_hash(const mm_clip *clip) {
  const size_t real = sizeof(double), frames = (size_t)clip->frame_count;
  int sizes[6];
  uint64_t hash;
  sizes[0] = (int)clip->kind;
  sizes[1] = (int)clip->gender;
  sizes[2] = (int)clip->up;
  sizes[3] = clip->frame_count;
  sizes[4] = clip->joint_count;
  sizes[5] = clip->beta_count;
  hash = mm__hash(MM_HASH_SEED, sizes, sizeof sizes);
  hash = mm__hash(hash, &clip->frequency, real);
  hash = mm__hash(hash, clip->poses, frames * (size_t)clip->joint_count * 3 * real);
  hash = mm__hash(hash, clip->trans, frames * 3 * real);
  hash = mm__hash(hash, clip->betas, (size_t)clip->beta_count * real);
  if (!clip->skeleton) return hash;
  hash = mm__hash(hash, clip->skeleton->parent, sizeof clip->skeleton->parent);
  hash = mm__hash(hash, clip->skeleton->joint, sizeof clip->skeleton->joint);
  return mm__hash(hash, clip->skeleton->root, sizeof clip->skeleton->root);
}
