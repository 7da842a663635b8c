/* >>t-import: recordings with any names, rest poses, units and axes become the same clip */
#define MUSCLEMIMIC_PRIVATE
#include "support.h"

#define FRAMES 12
#define J MM_SMPL_JOINTS

/* a body that walks off, arms and head moving too, in a y-up or z-up world; rest: the T-pose of SMPL's neutral body */
static mm_clip *moving_body(mm_up_axis up) {
  mm_clip *clip;
  mm_skeleton s;
  ok(mm__clip_new(ctx, "body", FRAMES, J, 0, &clip));
  ok(mm_skeleton_make(ctx, MM_BODY_SMPL, MM_GENDER_NEUTRAL, 0, NULL, &s));
  ok(mm__clip_set_skeleton(clip, &s));
  clip->frequency = 50;
  clip->up = up;
  for (int f = 0; f < FRAMES; f++) {
    double heading[3] = {0, 0, 0}, stand[3] = {0, 0, 0}, a[4], b[4];
    for (int j = 1; j < MM_SMPL_L_HAND; j++)
      for (int k = 0; k < 3; k++) clip->poses[(f * J + j) * 3 + k] = 0.5 * sin(0.4 * f + 1.7 * j + 2.1 * k);
    heading[up == MM_UP_Y ? 1 : 2] = 0.7 + 0.05 * f;
    stand[0] = up == MM_UP_Y ? 0.1 : MM_PI / 2 + 0.1;
    mm__rot_from_vector(heading, a);
    mm__rot_from_vector(stand, b);
    mm__rot_multiply(a, b, a);
    mm__rot_to_vector(a, clip->poses + f * J * 3);
    clip->trans[3 * f] = 0.02 * f;
    clip->trans[3 * f + 1] = up == MM_UP_Y ? 1.2 : 0.3;
    clip->trans[3 * f + 2] = up == MM_UP_Y ? 0.3 : 1.2;
  }
  return clip;
}

/* joints of both at the same places and, where asked for, turned alike */
static void same_motion(const mm_clip *a, const mm_clip *b, double tolerance, double angle) {
  mm_skeleton sa, sb;
  static double xa[FRAMES * J * 3], qa[FRAMES * J * 4], xb[FRAMES * J * 3], qb[FRAMES * J * 4];
  assert_int_equal(a->frame_count, FRAMES);
  assert_int_equal(b->frame_count, FRAMES);
  ok(mm_clip_skeleton(a, &sa));
  ok(mm_clip_skeleton(b, &sb));
  mm_clip_joints(a, &sa, xa, qa);
  mm_clip_joints(b, &sb, xb, qb);
  for (int f = 0; f < FRAMES; f++)
    for (int j = 0; j < MM_SMPL_L_HAND; j++) {
      double dot = 0;
      for (int k = 0; k < 3; k++)
        if (!(fabs(xa[(f * J + j) * 3 + k] - xb[(f * J + j) * 3 + k]) <= tolerance))
          fail_msg("frame %d, %s, %c: %.6g and %.6g m", f, mm_skeleton_joint_name(j), 'x' + k, xa[(f * J + j) * 3 + k], xb[(f * J + j) * 3 + k]);
      for (int k = 0; k < 4; k++) dot += qa[(f * J + j) * 4 + k] * qb[(f * J + j) * 4 + k];
      if (!(acos(fmin(1, fabs(dot))) * 2 <= angle)) fail_msg("frame %d, %s is %.4g rad away", f, mm_skeleton_joint_name(j), acos(fmin(1, fabs(dot))) * 2);
    }
}

static mm_motion *body_motion(mm_up_axis up) {
  mm_clip *clip = moving_body(up);
  mm_motion *m;
  ok(mm_motion_from_clip(clip, &m));
  mm_clip_destroy(clip);
  return m;
}

static void rename_joint(mm_motion *m, int j, const char *name) {
  mm__free(ctx, m->joint_names[j]);
  m->joint_names[j] = mm__strdup(ctx, name);
}

static mm_clip *import(const mm_motion *m, const mm_clip_def *def, mm_clip_report *report) {
  mm_clip *clip;
  ok(mm_clip_from_motion(m, def, &clip, report));
  return clip;
}

static void t_import_clip_comes_back_through_bvh(void **state) {
  (void)state;
  for (int axis = 0; axis < 2; axis++) {
    const mm_up_axis up = axis ? MM_UP_Y : MM_UP_Z;
    mm_clip *clip = moving_body(up), *back;
    mm_clip_report report;
    mm_motion *m;
    ok(mm_motion_from_clip(clip, &m));
    ok(mm_bvh_save(m, 0.01, in_folder("body.bvh")));
    keep_seed("bvh", in_folder("body.bvh"));
    ok(mm_clip_open(ctx, in_folder("body.bvh"), NULL, &back, &report));
    assert_int_equal(back->up, up);
    assert_int_equal(back->up_detected, 1);
    assert_string_equal(report.format, "BVH");
    assert_string_equal(report.names, "SMPL");
    near_to(report.unit, 0.01, 1e-15, "unit");
    assert_int_equal(report.unit_detected, 1);
    near_to(report.max_error, 0, 1e-9, "error");
    assert_int_equal(back->skeleton->source, MM_SKELETON_RECORDED);
    same_motion(clip, back, 1e-6, 1e-6);
    mm_clip_destroy(back);
    mm_clip_destroy(clip);
    mm_motion_destroy(m);
  }
}

/* the same body under the names of each family; * stands for the side */
static void t_import_families_of_names_are_known(void **state) {
  static const char *const families[][10] = {
    /* pelvis, spine, neck, head, then hip knee ankle toe collar shoulder … as lists of two letters */
    {"Hips", "Spine", "Neck", "Head", "Left|Right", "*UpLeg *Leg *Foot *ToeBase *Shoulder *Arm *ForeArm *Hand", "", "MotionBuilder"},
    {"mixamorig:Hips", "mixamorig:Spine", "mixamorig:Neck", "mixamorig:Head", "Left|Right",
     "*UpLeg *Leg *Foot *ToeBase *Shoulder *Arm *ForeArm *Hand", "mixamorig:", "MotionBuilder"},
    {"Hips", "Spine", "Neck", "Head", "Left|Right", "*UpLeg *Leg *Foot *Toe *Shoulder *Arm *ForeArm *Hand", "", "MotionBuilder"},
    {"root", "back", "lowerneck", "head", "l|r", "*femur *tibia *foot *toes *clavicle *humerus *radius *hand", "", "CMU"},
    {"Hips", "Chest", "Neck", "Head", "Left|Right", "*Hip *Knee *Ankle *Toe *Collar *Shoulder *Elbow *Wrist", "", "SMPL"},
    {"pelvis", "spine", "neck", "head", "left_|right_", "*hip *knee *ankle *foot *collar *shoulder *elbow *wrist", "", "SMPL"},
    {"Bip01 Pelvis", "Bip01 Spine", "Bip01 Neck", "Bip01 Head", "L |R ",
     "*Thigh *Calf *Foot *Toe0 *Clavicle *UpperArm *Forearm *Hand", "Bip01 ", "Biped"},
    {"pelvis", "spine_0", "neck_01", "head", "_l|_r", "thigh* calf* foot* ball* clavicle* upperarm* lowerarm* hand*", "", "Unreal"},
    {"hips", "spine", "neck", "head", "left|right", "*UpperLeg *LowerLeg *Foot *Toes *Shoulder *UpperArm *LowerArm *Hand", "", "VRM"}};
  static const int limbs[8] = {MM_SMPL_L_HIP, MM_SMPL_L_KNEE, MM_SMPL_L_ANKLE, MM_SMPL_L_FOOT, MM_SMPL_L_COLLAR, MM_SMPL_L_SHOULDER,
                               MM_SMPL_L_ELBOW, MM_SMPL_L_WRIST};
  mm_clip *original = moving_body(MM_UP_Z);
  (void)state;
  for (int i = 0; i < MM_COUNT(families); i++) {
    mm_motion *m = body_motion(MM_UP_Z);
    mm_clip_report report;
    mm_clip *clip;
    char name[64];
    static const int spine[3] = {MM_SMPL_SPINE1, MM_SMPL_SPINE2, MM_SMPL_SPINE3};
    rename_joint(m, MM_SMPL_PELVIS, families[i][0]);
    for (int k = 0; k < 3; k++) {
      snprintf(name, sizeof name, "%s%d", families[i][1], k);
      rename_joint(m, spine[k], name);
    }
    rename_joint(m, MM_SMPL_NECK, families[i][2]);
    rename_joint(m, MM_SMPL_HEAD, families[i][3]);
    for (int side = 0; side < 2; side++) {
      const char *sides = families[i][4], *bar = strchr(sides, '|'), *pattern = families[i][5];
      for (int limb = 0; limb < 8; limb++) {
        char word[64];
        int used = 0;
        for (; *pattern && *pattern != ' '; pattern++)
          if (*pattern == '*') used += snprintf(word + used, sizeof word - (size_t)used, "%.*s", side ? 9 : (int)(bar - sides), side ? bar + 1 : sides);
          else word[used++] = *pattern;
        if (*pattern) pattern++;
        word[used] = 0;
        snprintf(name, sizeof name, "%s%s", families[i][6], word);
        rename_joint(m, limbs[limb] + side, name);
      }
      rename_joint(m, MM_SMPL_L_HAND + side, side ? "tip r" : "tip l");
    }
    clip = import(m, NULL, &report);
    if (!strstr(report.names, families[i][7])) fail_msg("family %d is taken for %s", i, report.names);
    assert_int_equal(report.matched, 22);
    same_motion(original, clip, 1e-9, 1e-6);
    mm_clip_destroy(clip);
    mm_motion_destroy(m);
  }
  mm_clip_destroy(original);
}

/* turns the frame of every joint by its own rotation, keeping the motion: the rest pose becomes another */
static void regard(mm_motion *m, double (*frame)[4]) {
  for (int j = m->joint_count - 1; j >= 0; j--) {
    const int parent = m->parent[j];
    double back[4], own[4] = {1, 0, 0, 0}, local[4];
    if (parent >= 0) {
      mm__rot_conjugate(frame[parent], own);
      mm__rot_apply(own, m->offset + 3 * j, m->offset + 3 * j);
    }
    memcpy(back, own, sizeof back);
    for (int f = 0; f < m->frame_count; f++) {
      double *q = m->rotations + (f * m->joint_count + j) * 4;
      mm__rot_multiply(back, q, local);
      mm__rot_multiply(local, frame[j], q);
    }
  }
}

static void random_frames(double (*frame)[4], unsigned seed) {
  for (int j = 0; j < J; j++) {
    double v[3];
    for (int k = 0; k < 3; k++) {
      seed = seed * 1664525u + 1013904223u;
      v[k] = 3.0 * (double)(seed >> 8) / 16777216.0 - 1.5;
    }
    mm__rot_from_vector(v, frame[j]);
  }
}

/* the skeleton at rest is a heap of bones; the first frame, or one that is named, is a T-pose */
static void t_import_t_pose_may_be_a_frame(void **state) {
  mm_clip *original = moving_body(MM_UP_Y), *clip;
  mm_motion *m;
  mm_clip_def def;
  mm_clip_report report;
  double frame[J][4];
  (void)state;
  memset(&def, 0, sizeof def);
  for (int where = 0; where < FRAMES; where += 5) {
    memset(original->poses + where * J * 3, 0, sizeof(double) * J * 3);
    ok(mm_motion_from_clip(original, &m));
    random_frames(frame, 7);
    regard(m, frame);
    def.rest_frame = where ? where + 1 : 0;
    clip = import(m, &def, &report);
    assert_string_equal(report.rest, where ? "the frame that was named" : "the first frame");
    same_motion(original, clip, 1e-9, 1e-6);
    mm_clip_destroy(clip);
    def.rest_frame = 99;
    fails(mm_clip_from_motion(m, &def, &clip, NULL), MM_E_ARGUMENT, "frame 99");
    def.rest_frame = 0;
    if (where) {
      mm_clip *next = moving_body(MM_UP_Y);
      memcpy(original->poses, next->poses, sizeof(double) * J * 3); /* no T-pose in the first frame any more */
      mm_clip_destroy(next);
      mm_motion_destroy(m);
      ok(mm_motion_from_clip(original, &m));
      regard(m, frame);
      fails(mm_clip_from_motion(m, &def, &clip, NULL), MM_E_DATA, "--rest-frame");
    }
    mm_motion_destroy(m);
  }
  mm_clip_destroy(original);
}

/* arms that hang at 45 degrees at rest: the upper arm is measured from level all the same */
static void t_import_arms_need_not_be_level_at_rest(void **state) {
  mm_clip *original = moving_body(MM_UP_Z), *clip;
  mm_motion *m;
  double frame[J][4];
  (void)state;
  ok(mm_motion_from_clip(original, &m));
  for (int j = 0; j < J; j++) {
    const int left = j == 16 || j == 18 || j == 20 || j == 22, right = j == 17 || j == 19 || j == 21 || j == 23;
    /* a frame turned up by 45 degrees has its bone hanging when it stands straight */
    const double v[3] = {0, 0, left ? 0.785 : right ? -0.785 : 0};
    mm__rot_from_vector(v, frame[j]);
  }
  regard(m, frame);
  clip = import(m, NULL, NULL);
  same_motion(original, clip, 1e-9, 0.1); /* the shortest way down is not quite about the forward axis */
  mm_clip_destroy(clip);
  mm_motion_destroy(m);
  mm_clip_destroy(original);
}

/* LAFAN1: joints' frames as its data have them: x along the bone; trunk y forward; legs y forward; arms y back; toes y up */
static void t_import_lafan_frames_are_known(void **state) {
  static const char *const names[22] = {
    "Hips", "LeftUpLeg", "RightUpLeg", "Spine", "LeftLeg", "RightLeg", "Spine1", "LeftFoot", "RightFoot", "Spine2", "LeftToe",
    "RightToe", "Neck", "LeftShoulder", "RightShoulder", "Head", "LeftArm", "RightArm", "LeftForeArm", "RightForeArm", "LeftHand", "RightHand"};
  const double left[3] = {1, 0, 0}, up[3] = {0, 1, 0}, forward[3] = {0, 0, 1};
  mm_clip *original = moving_body(MM_UP_Y), *clip;
  mm_motion *m;
  mm_clip_report report;
  mm_skeleton *s = original->skeleton;
  double frame[J][4], foot[3];
  (void)state;
  /* bones that lie along the axes: legs straight down, arms straight out, the foot as it is */
  for (int side = 0; side < 2; side++) {
    for (int k = 0; k < 3; k++) foot[k] = k ? s->joint[10][k] - s->joint[7][k] : 0;
    for (int j = 4; j <= 7; j += 3)
      for (int k = 0; k < 3; k++) s->joint[j + side][k] = s->joint[j - 3 + side][k] - (k == 1 ? 0.42 : 0);
    for (int k = 0; k < 3; k++) s->joint[10 + side][k] = s->joint[7 + side][k] + foot[k];
    for (int j = 18; j <= 22; j += 2)
      for (int k = 0; k < 3; k++) s->joint[j + side][k] = s->joint[j - 2 + side][k] + (k == 0 ? (side ? -0.26 : 0.26) : 0);
  }
  ok(mm_motion_from_clip(original, &m));
  for (int j = 0; j < J; j++) {
    const double *x = up, *y = forward;
    double matrix[9], z[3], pitch[3] = {0, 0, 0}, turn[4];
    const int side = mm_skeleton_joint_name(j)[0] == 'R', leg = j == 1 || j == 2 || j == 4 || j == 5, arm = j == 13 || j == 14 || j > 15;
    double sx = 1, sy = 1;
    if (leg) sx = -1;
    if (j == 7 || j == 8 || j == 10 || j == 11) {
      x = forward;
      y = up;
    }
    if (arm) {
      x = left;
      sx = side ? -1 : 1;
      sy = -1;
    }
    z[0] = sx * sy * (x[1] * y[2] - x[2] * y[1]);
    z[1] = sx * sy * (x[2] * y[0] - x[0] * y[2]);
    z[2] = sx * sy * (x[0] * y[1] - x[1] * y[0]);
    for (int k = 0; k < 3; k++) {
      matrix[3 * k] = sx * x[k];
      matrix[3 * k + 1] = sy * y[k];
      matrix[3 * k + 2] = z[k];
    }
    mm__rot_from_matrix(matrix, frame[j]);
    if (j == 7 || j == 8) {
      pitch[0] = atan2(-foot[1], foot[2]);
      mm__rot_from_vector(pitch, turn);
      mm__rot_multiply(turn, frame[j], frame[j]);
    }
    if (j < 22) rename_joint(m, j, names[j]);
  }
  regard(m, frame);
  clip = import(m, NULL, &report);
  assert_string_equal(report.rest, "that of LAFAN1's skeletons");
  /* straight limbs against the mean body's, which are a few degrees bent; places are exact */
  same_motion(original, clip, 2e-3, 0.13);
  mm_clip_destroy(clip);
  mm_motion_destroy(m);
  mm_clip_destroy(original);
}

static void scale_motion(mm_motion *m, double scale) {
  for (int k = 0; k < 3 * m->joint_count; k++) m->offset[k] *= scale;
  for (int k = 0; k < 3 * m->frame_count; k++) m->translations[k] *= scale;
}

static void t_import_units_are_told_by_the_legs(void **state) {
  static const double units[] = {1, 0.01, 0.001, 0.0254, 0.0254 / 0.45};
  mm_clip *original = moving_body(MM_UP_Z), *clip;
  mm_clip_report report;
  mm_clip_def def;
  (void)state;
  memset(&def, 0, sizeof def);
  for (int i = 0; i < MM_COUNT(units); i++) {
    mm_motion *m = body_motion(MM_UP_Z);
    scale_motion(m, 1 / units[i]);
    m->unit = 0;
    clip = import(m, NULL, &report);
    near_to(report.unit, units[i], 1e-12, "unit");
    same_motion(original, clip, 1e-9, 1e-6);
    mm_clip_destroy(clip);
    scale_motion(m, 5.3);
    if (i == 0) {
      fails(mm_clip_from_motion(m, &def, &clip, NULL), MM_E_DATA, "--unit");
      def.unit = 1 / 5.3;
      clip = import(m, &def, &report);
      same_motion(original, clip, 1e-9, 1e-6);
      assert_int_equal(report.unit_detected, 0);
      mm_clip_destroy(clip);
    }
    mm_motion_destroy(m);
  }
  mm_clip_destroy(original);
}

static void t_import_unknown_joints_are_listed_and_can_be_named(void **state) {
  static const char *const pairs[] = {"L_Wrist=paw", "R_Wrist=claw", NULL}, *const wrong[] = {"L_Wrist=nose", NULL};
  static const char *const nonsense[] = {"Tail=paw", NULL};
  mm_motion *m = body_motion(MM_UP_Z);
  mm_clip *original = moving_body(MM_UP_Z), *clip;
  mm_clip_def def;
  (void)state;
  memset(&def, 0, sizeof def);
  rename_joint(m, MM_SMPL_L_WRIST, "paw");
  rename_joint(m, MM_SMPL_R_WRIST, "claw");
  fails(mm_clip_from_motion(m, NULL, &clip, NULL), MM_E_DATA, "stand for L_Wrist, R_Wrist;");
  assert_non_null(strstr(mm_error(ctx), "paw"));
  assert_null(strstr(mm_error(ctx), "L_Knee"));
  def.joints = pairs;
  clip = import(m, &def, NULL);
  same_motion(original, clip, 1e-9, 1e-6);
  mm_clip_destroy(clip);
  def.joints = wrong;
  fails(mm_clip_from_motion(m, &def, &clip, NULL), MM_E_ARGUMENT, "no joint 'nose'");
  def.joints = nonsense;
  fails(mm_clip_from_motion(m, &def, &clip, NULL), MM_E_ARGUMENT, "Tail=paw");
  mm_motion_destroy(m);
  mm_clip_destroy(original);
}

/* limbs that hang on each other, a head on its feet, hips without width: said, not computed with */
static void t_import_impossible_bodies_are_refused(void **state) {
  mm_motion *m = body_motion(MM_UP_Z);
  mm_clip *clip;
  (void)state;
  rename_joint(m, MM_SMPL_L_KNEE, "R_Knee_");
  rename_joint(m, MM_SMPL_R_KNEE, "L_Knee");
  rename_joint(m, MM_SMPL_L_KNEE, "R_Knee");
  fails(mm_clip_from_motion(m, NULL, &clip, NULL), MM_E_DATA, "does not hang on");
  mm_motion_destroy(m);
  m = body_motion(MM_UP_Z);
  for (int k = 0; k < 3 * m->joint_count; k++) m->offset[k] = 0;
  fails(mm_clip_from_motion(m, NULL, &clip, NULL), MM_E_DATA, "body");
  mm_motion_destroy(m);
}

/* a second neck joint, which SMPL does not have: the neck points at the head */
static void t_import_joints_between_are_bridged(void **state) {
  mm_motion *m = body_motion(MM_UP_Z);
  mm_clip *clip;
  mm_clip_report report;
  (void)state;
  /* the left hand's joint is made a part of the neck, between it and the head */
  m->parent[MM_SMPL_L_HAND] = MM_SMPL_NECK;
  rename_joint(m, MM_SMPL_L_HAND, "neck1");
  for (int k = 0; k < 3; k++) m->offset[3 * MM_SMPL_L_HAND + k] = 0.5 * m->offset[3 * MM_SMPL_HEAD + k];
  for (int k = 0; k < 3; k++) m->offset[3 * MM_SMPL_HEAD + k] *= 0.5;
  m->parent[MM_SMPL_HEAD] = MM_SMPL_L_HAND;
  /* parents must come first: the two change places */
  for (int k = 0; k < 3; k++) {
    const double t = m->offset[3 * MM_SMPL_HEAD + k];
    m->offset[3 * MM_SMPL_HEAD + k] = m->offset[3 * MM_SMPL_L_HAND + k];
    m->offset[3 * MM_SMPL_L_HAND + k] = t;
  }
  m->parent[MM_SMPL_HEAD] = MM_SMPL_NECK;
  m->parent[MM_SMPL_L_HAND] = MM_SMPL_HEAD;
  rename_joint(m, MM_SMPL_HEAD, "neck1");
  rename_joint(m, MM_SMPL_L_HAND, "head");
  for (int f = 0; f < FRAMES; f++) m->rotations[(f * J + MM_SMPL_HEAD) * 4] = sqrt(0.75), m->rotations[(f * J + MM_SMPL_HEAD) * 4 + 1] = 0.5,
                                   m->rotations[(f * J + MM_SMPL_HEAD) * 4 + 2] = m->rotations[(f * J + MM_SMPL_HEAD) * 4 + 3] = 0;
  clip = import(m, NULL, &report);
  /* half a neck of 7 cm, bent by 60 degrees, is shorter by 1 cm: only that is lost */
  assert_true(report.max_error > 1e-3 && report.max_error < 0.012);
  mm_clip_destroy(clip);
  mm_motion_destroy(m);
}

/* clips that were made from the same recordings apart from this program: trunk and head turn alike, limbs but for the few
   degrees between the bodies that they were measured on */
static void t_import_recordings_agree_with_clips_made_elsewhere(void **state) {
  static const struct { const char *recording, *clip; } known[] = {
    {"motion/cmu_asfamc/02_01.amc", "motion/smpl/cmu/CMU_02_01_walk_poses.npz"},
    {"motion/cmu_asfamc/02_05.amc", "motion/smpl/cmu/CMU_02_05_punch_strike_poses.npz"},
    {"motion/mass_bvh/dance.bvh", "motion/smpl/mass/MASS_dance_poses.npz"},
    {"motion/mass_bvh/kick.bvh", "motion/smpl/mass/MASS_kick_poses.npz"}};
  static const int exact[] = {MM_SMPL_PELVIS, MM_SMPL_SPINE1, MM_SMPL_SPINE3, MM_SMPL_HEAD, MM_SMPL_L_COLLAR};
  static const int limbs[] = {MM_SMPL_L_HIP, MM_SMPL_R_HIP, MM_SMPL_L_KNEE, MM_SMPL_R_KNEE, MM_SMPL_L_SHOULDER, MM_SMPL_R_SHOULDER,
                              MM_SMPL_L_ELBOW, MM_SMPL_R_ELBOW};
  (void)state;
  for (int i = 0; i < MM_COUNT(known); i++) {
    mm_clip *a, *b;
    mm_skeleton sa, sb;
    mm_clip_report report;
    size_t frames;
    double *x, *qa, *qb, worst = 0, limb = 0;
    ok(mm_clip_open(ctx, shared(known[i].recording), NULL, &a, &report));
    ok(mm_clip_open(ctx, shared(known[i].clip), NULL, &b, NULL));
    assert_true(report.max_error < 0.025);
    frames = (size_t)b->frame_count;
    assert_int_equal(a->frame_count, b->frame_count);
    ok(mm_clip_skeleton(a, &sa));
    ok(mm_clip_skeleton(b, &sb));
    x = (double *)malloc(sizeof(double) * frames * J * 3);
    qa = (double *)malloc(sizeof(double) * frames * J * 4);
    qb = (double *)malloc(sizeof(double) * frames * J * 4);
    mm_clip_joints(a, &sa, x, qa);
    mm_clip_joints(b, &sb, x, qb);
    for (size_t f = 0; f < frames; f++) {
      for (int n = 0; n < MM_COUNT(exact) + MM_COUNT(limbs); n++) {
        const int is_limb = n >= MM_COUNT(exact), j = is_limb ? limbs[n - MM_COUNT(exact)] : exact[n];
        double dot = 0, angle;
        for (size_t k = 0; k < 4; k++) dot += qa[(f * J + (size_t)j) * 4 + k] * qb[(f * J + (size_t)j) * 4 + k];
        angle = 2 * acos(fmin(1, fabs(dot)));
        if (is_limb) limb = fmax(limb, angle);
        else worst = fmax(worst, angle);
      }
    }
    if (worst > 1e-3 || limb > 0.05) fail_msg("%s: trunk %.4g, limbs %.4g rad away", known[i].recording, worst, limb);
    free(x);
    free(qa);
    free(qb);
    mm_clip_destroy(a);
    mm_clip_destroy(b);
  }
}

static void t_import_other_files_say_what_to_do(void **state) {
  static const struct { const char *name, *word; } files[] = {
    {"clip.pkl", "numpy.savez"}, {"x.asf", ".amc"}, {"x.c3d", "markers"}, {"x.fbx", ".bvh"}};
  mm_clip *clip;
  (void)state;
  for (int i = 0; i < MM_COUNT(files); i++) fails(mm_clip_open(ctx, files[i].name, NULL, &clip, NULL), MM_E_UNSUPPORTED, files[i].word);
}

/* from the file to the clip and back to a file */
static mm_status attempt(mm_context *poor, const void *user) {
  mm_clip *clip = NULL;
  mm_motion *motion = NULL;
  mm_status status = mm_clip_open(poor, (const char *)user, NULL, &clip, NULL);
  if (status == MM_OK) status = mm_motion_from_clip(clip, &motion);
  if (status == MM_OK) status = mm_bvh_save(motion, 0.01, in_folder("poor2.bvh"));
  mm_motion_destroy(motion);
  mm_clip_destroy(clip);
  return status;
}

static void t_import_failed_allocations_leave_nothing(void **state) {
  mm_motion *m = body_motion(MM_UP_Z);
  (void)state;
  ok(mm_bvh_save(m, 0.01, in_folder("poor.bvh")));
  survives_scarcity(attempt, in_folder("poor.bvh"));
  mm_motion_destroy(m);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(t_import_clip_comes_back_through_bvh),
    cmocka_unit_test(t_import_families_of_names_are_known),
    cmocka_unit_test(t_import_t_pose_may_be_a_frame),
    cmocka_unit_test(t_import_arms_need_not_be_level_at_rest),
    cmocka_unit_test(t_import_lafan_frames_are_known),
    cmocka_unit_test(t_import_units_are_told_by_the_legs),
    cmocka_unit_test(t_import_unknown_joints_are_listed_and_can_be_named),
    cmocka_unit_test(t_import_impossible_bodies_are_refused),
    cmocka_unit_test(t_import_joints_between_are_bridged),
    cmocka_unit_test(t_import_recordings_agree_with_clips_made_elsewhere),
    cmocka_unit_test(t_import_other_files_say_what_to_do),
    cmocka_unit_test(t_import_failed_allocations_leave_nothing)};
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
