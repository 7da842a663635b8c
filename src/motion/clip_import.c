/* >>clip-import: a recording with its own skeleton becomes a clip in SMPL form

   Let G_j be the orientation of the recording's joint j in a frame, G'_j that in the reference pose, a T-pose. In the reference
   pose the body's axes (left, up, forward) lie in the world as the columns of B. SMPL's joint that j stands for then has
     S_j = G_j G'_j^-1 B A_j,
   where A_j, in the body's axes, lays SMPL's bone along the recording's in the reference pose by the shortest way: the pose at
   rest need not have level arms and straight legs. Trunk, neck, head and feet are alike in all of them: A = 1. The clip's
   skeleton has the recording's joints, turned back by B A of their parents, so that S_j puts every joint where it was.
   Joints of SMPL that the recording has none for turn with their parents. */

typedef struct mm_import {
  const mm_motion *motion;
  mm_body_map map;
  mm_skeleton mean;            /* neutral body */
  double *place, *turn;        /* [joints, 3], [joints, 4] of the recording, of one frame */
  double *rest_place, *rest_turn; /* in the reference pose */
  double basis[4];             /* B */
  double align[MM_SMPL_JOINTS][4];   /* A */
  double constant[MM_SMPL_JOINTS][4]; /* G'^-1 B A */
  double at[MM_SMPL_JOINTS][3];      /* SMPL's joints in the reference pose, in the world */
  double unit;
  mm_skeleton skeleton;
  const char *rest;
} mm_import;

static double mm__dot3(const double *a, const double *b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

static void mm__difference3(const double *a, const double *b, double *out) {
  for (int k = 0; k < 3; k++) out[k] = a[k] - b[k];
}

static double mm__unit3(double *v) {
  const double length = sqrt(mm__dot3(v, v));
  for (int k = 0; k < 3 && length > 0; k++) v[k] /= length;
  return length;
}

static void mm__cross3(const double *a, const double *b, double *out) {
  const double x = a[1] * b[2] - a[2] * b[1], y = a[2] * b[0] - a[0] * b[2], z = a[0] * b[1] - a[1] * b[0];
  out[0] = x;
  out[1] = y;
  out[2] = z;
}

/* the shortest rotation of direction a to direction b; opposite ones turn about any axis across */
static void mm__shortest(const double *a, const double *b, double *q) {
  double u[3], v[3], axis[3], half;
  memcpy(u, a, sizeof u);
  memcpy(v, b, sizeof v);
  q[0] = 1;
  q[1] = q[2] = q[3] = 0;
  if (mm__unit3(u) == 0 || mm__unit3(v) == 0) return;
  half = 1 + mm__dot3(u, v);
  mm__cross3(u, v, axis);
  if (half < 1e-9) {
    const double other[3] = {fabs(u[0]) < 0.7 ? 1.0 : 0.0, fabs(u[0]) < 0.7 ? 0.0 : 1.0, 0};
    mm__cross3(u, other, axis);
    half = 0;
  }
  q[0] = half;
  memcpy(q + 1, axis, sizeof axis);
  mm__rot_normalize(q);
}

static const double *mm__import_at(const mm_import *im, const double *place, int smpl) { return place + 3 * im->map.joint[smpl]; }

/* left, up and forward of a body from its hips, shoulders and the way between them; 0: they span nothing */
static int mm__import_axes(const mm_import *im, const double *place, double axes[3][3]) {
  const double *hip[2], *shoulder[2];
  double across[3], up[3], length;
  for (int s = 0; s < 2; s++) {
    hip[s] = mm__import_at(im, place, MM_SMPL_L_HIP + s);
    shoulder[s] = mm__import_at(im, place, MM_SMPL_L_SHOULDER + s);
  }
  mm__difference3(hip[0], hip[1], axes[0]);
  mm__difference3(shoulder[0], shoulder[1], across);
  if (mm__unit3(axes[0]) == 0 || mm__unit3(across) == 0) return 0;
  for (int k = 0; k < 3; k++) {
    axes[0][k] += across[k];
    up[k] = shoulder[0][k] + shoulder[1][k] - hip[0][k] - hip[1][k];
  }
  if (mm__unit3(axes[0]) == 0 || mm__unit3(up) == 0) return 0;
  length = mm__dot3(up, axes[0]);
  if (fabs(length) > 0.7) return 0;
  for (int k = 0; k < 3; k++) axes[1][k] = up[k] - length * axes[0][k];
  mm__unit3(axes[1]);
  mm__cross3(axes[0], axes[1], axes[2]);
  return 1;
}

/* does the body stand, its arms between hanging and level (strict: level)? */
static int mm__import_stands(const mm_import *im, const double *place, int strict) {
  double axes[3][3], leg[3], arm[3];
  if (!mm__import_axes(im, place, axes)) return 0;
  for (int s = 0; s < 2; s++) {
    const double side = s ? -1 : 1;
    mm__difference3(mm__import_at(im, place, MM_SMPL_L_ANKLE + s), mm__import_at(im, place, MM_SMPL_L_HIP + s), leg);
    mm__difference3(mm__import_at(im, place, MM_SMPL_L_WRIST + s), mm__import_at(im, place, MM_SMPL_L_SHOULDER + s), arm);
    if (mm__unit3(leg) == 0 || mm__unit3(arm) == 0) return 0;
    if (mm__dot3(leg, axes[1]) > (strict ? -0.9 : -0.7)) return 0;
    if (strict ? side * mm__dot3(arm, axes[0]) < 0.85 : mm__dot3(arm, axes[1]) > 0.5 || side * mm__dot3(arm, axes[0]) < -0.3) return 0;
  }
  return 1;
}

/* In LAFAN1's skeletons each bone lies along its joint's x at rest, so that the rest pose is none. The joints' axes in a T-pose,
   in the body's axes: as the published GMR configurations for LAFAN1 and SMPL-X imply when compared (YanjieZe/GMR, MIT). */
static int mm__import_is_lafan(const mm_import *im) {
  static const int bones[] = {MM_SMPL_L_KNEE, MM_SMPL_L_ANKLE, MM_SMPL_L_ELBOW, MM_SMPL_L_WRIST};
  for (int i = 0; i < MM_COUNT(bones); i++)
    for (int s = 0; s < 2; s++) {
      const double *o = im->motion->offset + 3 * im->map.joint[bones[i] + s];
      if (!(o[0] > 0.98 * sqrt(mm__dot3(o, o)))) return 0;
    }
  return 1;
}

static void mm__import_lafan_turn(int smpl, const double *foot, double *q) {
  /* local x y z as columns, in left up forward: trunk, legs, toes, left arm, right arm */
  static const double axes[5][9] = {{0, 0, 1, 1, 0, 0, 0, 1, 0}, {0, 0, -1, -1, 0, 0, 0, 1, 0}, {0, 0, -1, 0, 1, 0, 1, 0, 0},
                                    {1, 0, 0, 0, 0, 1, 0, -1, 0}, {-1, 0, 0, 0, 0, -1, 0, -1, 0}};
  double pitch[3] = {0, 0, 0}, turn[4];
  int kind = 0;
  switch (smpl) {
    case MM_SMPL_L_HIP: case MM_SMPL_R_HIP: case MM_SMPL_L_KNEE: case MM_SMPL_R_KNEE: kind = 1; break;
    case MM_SMPL_L_ANKLE: case MM_SMPL_R_ANKLE: case MM_SMPL_L_FOOT: case MM_SMPL_R_FOOT: kind = 2; break;
    case MM_SMPL_L_COLLAR: case MM_SMPL_L_SHOULDER: case MM_SMPL_L_ELBOW: case MM_SMPL_L_WRIST: kind = 3; break;
    case MM_SMPL_R_COLLAR: case MM_SMPL_R_SHOULDER: case MM_SMPL_R_ELBOW: case MM_SMPL_R_WRIST: kind = 4; break;
    default: break;
  }
  mm__rot_from_matrix(axes[kind], q);
  if (smpl != MM_SMPL_L_ANKLE && smpl != MM_SMPL_R_ANKLE) return;
  /* the ankle's bone falls towards the toes as SMPL's does */
  pitch[0] = atan2(-foot[1], foot[2]);
  mm__rot_from_vector(pitch, turn);
  mm__rot_multiply(turn, q, q);
}

static void mm__import_lafan_pose(mm_import *im) {
  const mm_motion *m = im->motion;
  double foot[3];
  mm__difference3(im->mean.joint[MM_SMPL_L_FOOT], im->mean.joint[MM_SMPL_L_ANKLE], foot);
  for (int j = 0; j < m->joint_count; j++) {
    const int parent = m->parent[j];
    const double still[4] = {1, 0, 0, 0};
    double moved[3];
    memcpy(im->rest_turn + 4 * j, parent < 0 ? still : im->rest_turn + 4 * parent, sizeof still);
    for (int s = 0; s < MM_SMPL_JOINTS; s++)
      if (im->map.joint[s] == j) mm__import_lafan_turn(s, foot, im->rest_turn + 4 * j);
    if (parent < 0) continue;
    mm__rot_apply(im->rest_turn + 4 * parent, m->offset + 3 * j, moved);
    for (int k = 0; k < 3; k++) im->rest_place[3 * j + k] = im->rest_place[3 * parent + k] + moved[k];
  }
}

/* the reference pose: a frame that was named, the skeleton at rest, LAFAN1's, or the first frame */
static mm_status mm__import_reference(mm_import *im, int rest_frame) {
  const mm_motion *m = im->motion;
  if (rest_frame > 0) {
    if (rest_frame > m->frame_count)
      return mm__fail(m->ctx, MM_E_ARGUMENT, "%s: has %d frames, so the T-pose cannot be in frame %d", m->name, m->frame_count, rest_frame);
    mm_motion_pose(m, rest_frame - 1, im->rest_place, im->rest_turn);
    im->rest = "the frame that was named";
    if (mm__import_stands(im, im->rest_place, 0)) return MM_OK;
    return mm__fail(m->ctx, MM_E_DATA, "%s: does not stand in frame %d", m->name, rest_frame);
  }
  mm_motion_pose(m, -1, im->rest_place, im->rest_turn);
  im->rest = "the skeleton at rest";
  if (mm__import_stands(im, im->rest_place, 0)) return MM_OK;
  if (mm__import_is_lafan(im)) {
    mm__import_lafan_pose(im);
    im->rest = "that of LAFAN1's skeletons";
    return MM_OK;
  }
  mm_motion_pose(m, 0, im->rest_place, im->rest_turn);
  im->rest = "the first frame";
  if (mm__import_stands(im, im->rest_place, 1)) return MM_OK;
  return mm__fail(m->ctx, MM_E_DATA, "%s: stands in a T-pose neither at rest nor in its first frame; say in which frame it does "
                  "(--rest-frame N)", m->name);
}

/* B; axes that are nearly the world's are taken to be the world's */
static mm_status mm__import_basis(mm_import *im) {
  double axes[3][3], m[9], snapped[3][3], across[3];
  if (!mm__import_axes(im, im->rest_place, axes))
    return mm__fail(im->motion->ctx, MM_E_DATA, "%s: hips and shoulders span no body", im->motion->name);
  memset(snapped, 0, sizeof snapped);
  for (int a = 0; a < 3; a++)
    for (int k = 0; k < 3; k++)
      if (fabs(axes[a][k]) > 0.966) snapped[a][k] = axes[a][k] > 0 ? 1 : -1;
  mm__cross3(snapped[0], snapped[1], across);
  if (mm__dot3(across, snapped[2]) == 1) memcpy(axes, snapped, sizeof axes);
  for (int k = 0; k < 9; k++) m[k] = axes[k % 3][k / 3];
  mm__rot_from_matrix(m, im->basis);
  return MM_OK;
}

/* the place of SMPL's joint s where the recording has none */
static void mm__import_invent(mm_import *im, int s, double scale) {
  double *at = im->at[s], bone[3], length;
  const int parent = mm__smpl_parents[s];
  if (s == MM_SMPL_L_COLLAR || s == MM_SMPL_R_COLLAR || s == MM_SMPL_NECK) {
    const int tip = s == MM_SMPL_NECK ? MM_SMPL_HEAD : s + MM_SMPL_L_SHOULDER - MM_SMPL_L_COLLAR;
    const double *goal = mm__import_at(im, im->rest_place, tip);
    for (int k = 0; k < 3; k++) at[k] = im->at[parent][k] + (s == MM_SMPL_NECK ? 0.6 : 0.3) * (goal[k] - im->at[parent][k]);
    return;
  }
  if (s == MM_SMPL_SPINE1 || s == MM_SMPL_SPINE2 || s == MM_SMPL_SPINE3) { /* evenly up to the neck */
    const int above = im->map.joint[MM_SMPL_NECK] >= 0 ? MM_SMPL_NECK : MM_SMPL_HEAD;
    const double *goal = mm__import_at(im, im->rest_place, above), part = s == MM_SMPL_SPINE1 ? 0.25 : s == MM_SMPL_SPINE2 ? 0.33 : 0.25;
    for (int k = 0; k < 3; k++) at[k] = im->at[parent][k] + part * (goal[k] - im->at[parent][k]);
    return;
  }
  /* hands and feet: where the bone ends, if that is where a hand or a foot may end, else as SMPL's */
  memcpy(bone, im->motion->end + 3 * im->map.joint[parent], sizeof bone);
  length = im->unit * sqrt(mm__dot3(bone, bone));
  if (length > 0.04 && length < 0.25) mm__rot_apply(im->rest_turn + 4 * im->map.joint[parent], bone, bone);
  else {
    mm__difference3(im->mean.joint[s], im->mean.joint[parent], bone);
    for (int k = 0; k < 3; k++) bone[k] *= scale;
    mm__rot_apply(im->align[parent], bone, bone);
    mm__rot_apply(im->basis, bone, bone);
  }
  for (int k = 0; k < 3; k++) at[k] = im->at[parent][k] + bone[k];
}

/* the bone of SMPL's joint s that A lays along the recording's: to the joint s + 3, or that of the arm; -1: A = 1; -2: its parent's */
static int mm__import_bone(int s) {
  switch (s) {
    case MM_SMPL_L_HIP: case MM_SMPL_R_HIP: case MM_SMPL_L_KNEE: case MM_SMPL_R_KNEE: case MM_SMPL_L_ANKLE: case MM_SMPL_R_ANKLE:
      return s + 3;
    case MM_SMPL_L_SHOULDER: case MM_SMPL_R_SHOULDER: case MM_SMPL_L_ELBOW: case MM_SMPL_R_ELBOW: return s + 2;
    case MM_SMPL_L_FOOT: case MM_SMPL_R_FOOT: case MM_SMPL_L_WRIST: case MM_SMPL_R_WRIST: case MM_SMPL_L_HAND: case MM_SMPL_R_HAND:
      return -2;
    default: return -1;
  }
}

static void mm__import_align(mm_import *im, int s) {
  const int tip = mm__import_bone(s);
  double bone[3], own[3], back[4], cosine;
  im->align[s][0] = 1;
  if (tip == -2) memcpy(im->align[s], im->align[mm__smpl_parents[s]], sizeof im->align[s]);
  if (tip < 0 || im->map.joint[tip] < 0) return;
  mm__difference3(im->mean.joint[tip], im->mean.joint[s], bone);
  mm__difference3(mm__import_at(im, im->rest_place, tip), mm__import_at(im, im->rest_place, s), own);
  mm__rot_conjugate(im->basis, back);
  mm__rot_apply(back, own, own);
  cosine = mm__dot3(bone, own) / sqrt(mm__dot3(bone, bone) * mm__dot3(own, own));
  if ((s == MM_SMPL_L_ANKLE || s == MM_SMPL_R_ANKLE) && cosine > 0.7) return; /* soles lie flat in every T-pose */
  mm__shortest(bone, own, im->align[s]);
}

static double mm__import_leg(const mm_import *im, const double *place) {
  static const int joints[3] = {MM_SMPL_L_HIP, MM_SMPL_L_KNEE, MM_SMPL_L_ANKLE};
  double sum = 0, bone[3];
  for (int s = 0; s < 2; s++)
    for (int k = 0; k < 2; k++) {
      mm__difference3(mm__import_at(im, place, joints[k + 1] + s), mm__import_at(im, place, joints[k] + s), bone);
      sum += 0.5 * sqrt(mm__dot3(bone, bone));
    }
  return sum;
}

static mm_status mm__import_unit(mm_import *im, const mm_clip_def *def, int *detected) {
  static const double units[] = {1, 0.01, 0.001, 0.0254, 0.0254 / 0.45};
  const double leg = mm__import_leg(im, im->rest_place), person = 0.8;
  double best = 1.5;
  *detected = 0;
  im->unit = def && def->unit > 0 ? def->unit : im->motion->unit;
  if (im->unit > 0) {
    if (!(leg * im->unit > 0.3 && leg * im->unit < 1.4))
      mm__log(im->motion->ctx, MM_LOG_WARNING, "%s: legs of %.3g m; is the unit of length right?", im->motion->name, leg * im->unit);
    return MM_OK;
  }
  *detected = 1;
  for (int i = 0; i < MM_COUNT(units); i++) {
    const double ratio = leg * units[i] > person ? leg * units[i] / person : person / (leg * units[i]);
    if (ratio < best) {
      best = ratio;
      im->unit = units[i];
    }
  }
  if (im->unit > 0) return MM_OK;
  return mm__fail(im->motion->ctx, MM_E_DATA, "%s: legs %g units long are a person's in no usual unit; say how many metres one is (--unit)",
                  im->motion->name, leg);
}

/* places, alignments and the skeleton, parents first */
static mm_status mm__import_skeleton(mm_import *im) {
  const double scale = mm__import_leg(im, im->rest_place) / 0.8;
  im->skeleton = im->mean;
  im->skeleton.source = MM_SKELETON_RECORDED;
  for (int s = 0; s < MM_SMPL_JOINTS; s++) {
    const int parent = mm__smpl_parents[s], joint = im->map.joint[s];
    double turn[4], bone[3];
    if (joint >= 0) memcpy(im->at[s], im->rest_place + 3 * joint, sizeof im->at[s]);
    else mm__import_invent(im, s, scale);
    mm__import_align(im, s);
    if (joint >= 0) {
      mm__rot_conjugate(im->rest_turn + 4 * joint, turn);
      mm__rot_multiply(turn, im->basis, turn);
      mm__rot_multiply(turn, im->align[s], im->constant[s]);
    }
    if (parent < 0) continue;
    mm__rot_multiply(im->basis, im->align[parent], turn);
    mm__rot_conjugate(turn, turn);
    mm__difference3(im->at[s], im->at[parent], bone);
    mm__rot_apply(turn, bone, bone);
    for (int k = 0; k < 3; k++) {
      im->skeleton.joint[s][k] = im->skeleton.joint[parent][k] + im->unit * bone[k];
      if (!(fabs(im->skeleton.joint[s][k]) < 100))
        return mm__fail(im->motion->ctx, MM_E_DATA, "%s: %s would be %g m from the middle of the body", im->motion->name,
                        mm__smpl_names[s], im->skeleton.joint[s][k]);
    }
  }
  return MM_OK;
}

/* the next joint along a limb, the spine or the neck; -1: none, or several */
static int mm__import_next(int s) {
  switch (s) {
    case MM_SMPL_SPINE1: case MM_SMPL_SPINE2: case MM_SMPL_NECK: case MM_SMPL_L_COLLAR: case MM_SMPL_R_COLLAR: return s + 3;
    default: return mm__import_bone(s) < 0 ? -1 : mm__import_bone(s);
  }
}

/* where joints that SMPL does not have turn between two that it has (a second neck joint), the nearer one is turned on, so that it
   points at the farther one */
static void mm__import_point(const mm_import *im, int s, double *turn) {
  const int next = mm__import_next(s);
  double bone[3], goal[3], swing[4];
  if (next < 0 || im->map.joint[next] < 0 || im->motion->parent[im->map.joint[next]] == im->map.joint[s]) return;
  mm__difference3(im->skeleton.joint[next], im->skeleton.joint[s], bone);
  mm__rot_apply(turn, bone, bone);
  mm__difference3(mm__import_at(im, im->place, next), mm__import_at(im, im->place, s), goal);
  mm__shortest(bone, goal, swing);
  mm__rot_multiply(swing, turn, turn);
}

static void mm__import_frame(mm_import *im, int frame, mm_clip *clip, mm_clip_report *report) {
  double turn[MM_SMPL_JOINTS][4], at[MM_SMPL_JOINTS][3], local[4], bone[3];
  mm_motion_pose(im->motion, frame, im->place, im->turn);
  for (int s = 0; s < MM_SMPL_JOINTS; s++) {
    const int joint = im->map.joint[s], parent = mm__smpl_parents[s];
    double *pose = clip->poses + ((size_t)frame * MM_SMPL_JOINTS + (size_t)s) * 3, error = 0;
    if (joint >= 0) {
      mm__rot_multiply(im->turn + 4 * joint, im->constant[s], turn[s]);
      mm__import_point(im, s, turn[s]);
    } else {
      memcpy(turn[s], turn[parent], sizeof turn[s]);
    }
    mm__rot_normalize(turn[s]);
    if (parent < 0) {
      mm__rot_to_vector(turn[s], pose);
      for (int k = 0; k < 3; k++) {
        at[s][k] = im->unit * im->place[3 * joint + k];
        clip->trans[3 * (size_t)frame + (size_t)k] = at[s][k] - im->skeleton.root[k];
      }
      continue;
    }
    mm__rot_conjugate(turn[parent], local);
    mm__rot_multiply(local, turn[s], local);
    mm__rot_to_vector(local, pose);
    mm__difference3(im->skeleton.joint[s], im->skeleton.joint[parent], bone);
    mm__rot_apply(turn[parent], bone, bone);
    for (int k = 0; k < 3; k++) at[s][k] = at[parent][k] + bone[k];
    if (joint < 0) continue;
    for (int k = 0; k < 3; k++) error += pow(at[s][k] - im->unit * im->place[3 * joint + k], 2);
    report->mean_error += sqrt(error) / ((double)clip->frame_count * report->matched);
    report->max_error = fmax(report->max_error, sqrt(error));
  }
}

static mm_status mm__import_run(mm_import *im, const mm_clip_def *def, mm_clip **clip, mm_clip_report *report) {
  const mm_motion *m = im->motion;
  MM_TRY(mm__body_match(m, def ? def->joints : NULL, &im->map));
  MM_TRY(mm_skeleton_make(m->ctx, MM_BODY_SMPL, MM_GENDER_NEUTRAL, 0, NULL, &im->mean));
  im->place = MM_NEW(m->ctx, double, 14 * (size_t)m->joint_count);
  if (!im->place) return MM_E_MEMORY;
  im->turn = im->place + 3 * m->joint_count;
  im->rest_place = im->turn + 4 * m->joint_count;
  im->rest_turn = im->rest_place + 3 * m->joint_count;
  MM_TRY(mm__import_reference(im, def ? def->rest_frame : 0));
  MM_TRY(mm__import_basis(im));
  MM_TRY(mm__import_unit(im, def, &report->unit_detected));
  MM_TRY(mm__import_skeleton(im));
  for (int s = 0; s < MM_SMPL_JOINTS; s++) report->matched += im->map.joint[s] >= 0;
  report->joints = m->joint_count;
  report->names = im->map.style->title;
  report->rest = im->rest;
  report->unit = im->unit;
  MM_TRY(mm__clip_new(m->ctx, m->name, m->frame_count, MM_SMPL_JOINTS, 0, clip));
  (*clip)->frequency = m->frequency;
  MM_TRY(mm__clip_set_skeleton(*clip, &im->skeleton));
  for (int f = 0; f < m->frame_count; f++) mm__import_frame(im, f, *clip, report);
  MM_TRY(mm__clip_check(*clip, m->name));
  (*clip)->up_detected = !def || def->up == MM_UP_AUTO;
  (*clip)->up = (*clip)->up_detected ? mm__clip_detect_up(*clip) : def->up;
  if (m->stretch * im->unit > 0.01)
    mm__log(m->ctx, MM_LOG_WARNING, "%s: joints move on their parents by up to %.3g m; their mean places are taken", m->name, m->stretch * im->unit);
  return MM_OK;
}

mm_status mm_clip_from_motion(const mm_motion *motion, const mm_clip_def *def, mm_clip **clip, mm_clip_report *report) {
  mm_import im;
  mm_clip_report own;
  mm_status status;
  memset(&im, 0, sizeof im);
  if (!report) report = &own;
  memset(report, 0, sizeof *report);
  *clip = NULL;
  im.motion = motion;
  status = mm__import_run(&im, def, clip, report);
  mm__free(motion->ctx, im.place);
  mm__free(motion->ctx, im.map.plain);
  if (status != MM_OK) {
    mm_clip_destroy(*clip);
    *clip = NULL;
  }
  return status;
}
