/* >>walk: a walking clip, made from normative joint angles

   The angles of Bovi et al. (2011) Gait Posture 33:6, twenty adults at their own speed, are given each 10 % of the gait
   cycle. They are angles between segments, measured on many bodies; on one skeleton they let the feet slide and sink. So
   the walk is the periodic motion nearest to them whose stance foot rolls on the floor without slipping:

     unknown   hip, knee and ankle angle as Fourier series of phase x, the pelvis' path (constant speed, second and
               fourth harmonics: left and right do the same half a cycle apart), and the place of the foot
     smallest  squares of (angle - published angle) / 5 degrees  +  squares of the errors of contact / 2.5 mm
               +  squares of (surge of the pelvis - that of the published forces) / 1 mm

   Heel and ball of the foot are spheres. One that touches keeps its centre at its radius above the floor and, rolling,
   moves forward by radius times the change of pitch. In swing both stay above a low arch. The problem is nearly linear:
   Gauss-Newton steps with analytic derivatives settle in a few rounds. All of it happens in the sagittal plane.
   Arms swing as in Murray et al. (1967) Phys Ther 47:272, first harmonic. */

#define MM_WALK_HARMONICS 9
#define MM_WALK_SERIES (2 * MM_WALK_HARMONICS + 1)
#define MM_WALK_UNKNOWNS (3 * MM_WALK_SERIES + 9)
#define MM_WALK_SAMPLES 100
#define MM_DEGREE (MM_PI / 180)

/* flexion of hip and knee and dorsiflexion of the ankle, degrees, at 0, 10, … 90 % of the cycle from heel strike */
static const double mm__walk_table[3][10] = {
  {33.0, 29.9, 19.7, 7.5, -2.9, -8.2, -2.3, 16.7, 30.9, 32.8},
  {7.9, 19.0, 16.2, 10.2, 7.3, 14.1, 37.2, 62.4, 54.2, 18.7},
  {-22.3, -22.5, -15.6, -11.4, -8.0, -10.6, -35.3, -30.7, -18.6, -20.0}};

/* The published hip angle counts from a pelvis that tilts forward; the zero of the published ankle is 20 degrees off.
   With these two the foot is level where it must be, from 15 to 35 % of the cycle. Degrees. */
static const double mm__walk_tilt = 8, mm__walk_ankle_zero = 21;

/* Forward force of both feet together over body weight, second harmonic (cosine, sine) of what the same source gives for one
   foot. It brakes after heel strike and pushes before the other's, which angles alone, on a skeleton in one plane, do not tell. */
static const double mm__walk_push[2] = {0.0885, -0.0688};

/* phases of contact: heel until, ball from and until; toe-off at 61 % in the same source */
static const double mm__walk_heel_off = 0.33, mm__walk_ball_on = 0.13, mm__walk_ball_off = 0.58, mm__walk_toe_off = 0.61;

/* a leg in the sagittal plane, forward and up: lengths and resting inclinations of thigh and shank, the ankle's height
   over a level sole, and the spheres of heel and ball from the ankle */
typedef struct mm_walk_leg {
  double thigh, shank, thigh_rest, shank_rest;
  double heel[2], ball[2], heel_radius, ball_radius;
} mm_walk_leg;

typedef struct mm_walk {
  mm_walk_leg leg;
  double table[3][MM_WALK_SAMPLES];      /* published angles, rad, with the two zeros taken out */
  double unknown[MM_WALK_UNKNOWNS];      /* three series; stride, first x, mean height; x: cos sin 2nd; z: 2nd, 4th */
  double surge[2];                       /* m, cosine and sine of twice the phase in the path of the pelvis */
} mm_walk;

/* what one instant of one leg looks like, all in the frame of the level foot of this stance */
typedef struct mm_walk_pose {
  double angle[3], thigh, shank, pitch;  /* inclinations: thigh and shank forward, foot toe-down */
  double hip[2], ankle[2], heel[2], ball[2];
} mm_walk_pose;

static void mm__walk_measure(const mm_skeleton *s, mm_walk_leg *leg) {
  const double *hip = s->joint[MM_SMPL_L_HIP], *knee = s->joint[MM_SMPL_L_KNEE], *ankle = s->joint[MM_SMPL_L_ANKLE];
  const double *foot = s->joint[MM_SMPL_L_FOOT];
  leg->thigh = hypot(knee[2] - hip[2], knee[1] - hip[1]);
  leg->shank = hypot(ankle[2] - knee[2], ankle[1] - knee[1]);
  leg->thigh_rest = atan2(knee[2] - hip[2], hip[1] - knee[1]);
  leg->shank_rest = atan2(ankle[2] - knee[2], knee[1] - ankle[1]);
  leg->ball_radius = 0.025;
  leg->heel_radius = 0.035;
  leg->ball[0] = foot[2] - ankle[2];
  leg->ball[1] = foot[1] - ankle[1];
  leg->heel[0] = -0.03;
  leg->heel[1] = leg->ball[1] - leg->ball_radius + leg->heel_radius;
}

/* periodic cubic spline through the table: second derivatives by relaxation, which for ten points settles at once */
static void mm__walk_tabulate(mm_walk *walk) {
  for (int a = 0; a < 3; a++) {
    const double *y = mm__walk_table[a];
    const double zero = a == 0 ? -mm__walk_tilt : a == 2 ? mm__walk_ankle_zero : 0;
    double m[10] = {0};
    for (int round = 0; round < 60; round++)
      for (int i = 0; i < 10; i++) {
        const int before = (i + 9) % 10, after = (i + 1) % 10;
        m[i] = (6 * (y[before] - 2 * y[i] + y[after]) - m[before] - m[after]) / 4;
      }
    for (int s = 0; s < MM_WALK_SAMPLES; s++) {
      const int i = s / 10, next = (i + 1) % 10;
      const double u = (s % 10) / 10.0;
      const double value = (1 - u) * y[i] + u * y[next] - u * (1 - u) * ((2 - u) * m[i] + (1 + u) * m[next]) / 6;
      walk->table[a][s] = (value + zero) * MM_DEGREE;
    }
  }
}

/* The path of the pelvis that gives the centre of mass the acceleration which the published forces give it: the legs swing,
   and the rest of the body goes with the pelvis. Masses and centres of mass of the segments: de Leva (1996). */
static void mm__walk_surge(mm_walk *walk, double stride_time) {
  const double thigh = walk->leg.thigh, shank = walk->leg.shank;
  for (int k = 0; k < 2; k++) {
    /* force over weight is acceleration over g; a harmonic's acceleration is minus its place times (4 pi / T) squared */
    walk->surge[k] = -9.81 * mm__walk_push[k] * pow(stride_time / (4 * MM_PI), 2);
    for (int s = 0; s < MM_WALK_SAMPLES; s++) {
      const double phase = 4 * MM_PI * s / MM_WALK_SAMPLES, hip = walk->table[0][s], knee = hip - walk->table[1][s];
      const double moment = (0.1416 * 0.4095 + 0.0433 + 0.0137) * thigh * sin(hip) + (0.0433 * 0.4459 + 0.0137) * shank * sin(knee);
      /* twice, for the other leg is half a cycle on, where the second harmonic is the same */
      walk->surge[k] -= 2 * moment * (k ? sin(phase) : cos(phase)) * 2 / MM_WALK_SAMPLES;
    }
  }
}

static void mm__walk_basis(double x, double *basis) {
  basis[0] = 1;
  for (int k = 1; k <= MM_WALK_HARMONICS; k++) {
    basis[2 * k - 1] = cos(2 * MM_PI * k * x);
    basis[2 * k] = sin(2 * MM_PI * k * x);
  }
}

/* a point of the foot turns with its pitch */
static void mm__walk_point(const double *ankle, const double *offset, double pitch, double *out) {
  const double c = cos(pitch), s = sin(pitch);
  out[0] = ankle[0] + c * offset[0] + s * offset[1];
  out[1] = ankle[1] - s * offset[0] + c * offset[1];
}

/* x counts cycles, and may be beyond 1: then the foot is where it treads next */
static void mm__walk_at(const mm_walk *walk, double x, mm_walk_pose *pose) {
  const double *u = walk->unknown, *path = u + 3 * MM_WALK_SERIES;
  const mm_walk_leg *leg = &walk->leg;
  double basis[MM_WALK_SERIES];
  mm__walk_basis(x, basis);
  for (int a = 0; a < 3; a++) {
    pose->angle[a] = 0;
    for (int k = 0; k < MM_WALK_SERIES; k++) pose->angle[a] += basis[k] * u[a * MM_WALK_SERIES + k];
  }
  pose->thigh = pose->angle[0];
  pose->shank = pose->thigh - pose->angle[1];
  pose->pitch = -pose->shank - pose->angle[2];
  pose->hip[0] = path[1] + path[0] * x + path[3] * basis[3] + path[4] * basis[4];
  pose->hip[1] = path[2] + path[5] * basis[3] + path[6] * basis[4] + path[7] * basis[7] + path[8] * basis[8];
  pose->ankle[0] = pose->hip[0] + leg->thigh * sin(pose->thigh) + leg->shank * sin(pose->shank);
  pose->ankle[1] = pose->hip[1] - leg->thigh * cos(pose->thigh) - leg->shank * cos(pose->shank);
  mm__walk_point(pose->ankle, leg->heel, pose->pitch, pose->heel);
  mm__walk_point(pose->ankle, leg->ball, pose->pitch, pose->ball);
}

/* adds weight * (derivative . change + error) squared to the normal equations; the derivative is given by its entries for
   the three angles and the two coordinates of the hip, and the basis spreads them over the unknowns */
static void mm__walk_add(double *normal, double *right, const double *basis, double x, const double *local, double error, double weight) {
  double row[MM_WALK_UNKNOWNS];
  for (int a = 0; a < 3; a++)
    for (int k = 0; k < MM_WALK_SERIES; k++) row[a * MM_WALK_SERIES + k] = local[a] * basis[k];
  {
    double *path = row + 3 * MM_WALK_SERIES;
    path[0] = local[3] * x;
    path[1] = local[3];
    path[2] = local[4];
    path[3] = local[3] * basis[3];
    path[4] = local[3] * basis[4];
    path[5] = local[4] * basis[3];
    path[6] = local[4] * basis[4];
    path[7] = local[4] * basis[7];
    path[8] = local[4] * basis[8];
  }
  for (int i = 0; i < MM_WALK_UNKNOWNS; i++) {
    if (row[i] == 0) continue;
    right[i] -= weight * row[i] * error;
    for (int j = 0; j <= i; j++) normal[i * MM_WALK_UNKNOWNS + j] += weight * row[i] * row[j];
  }
}

/* contact of one sphere: it rolls in stance (both coordinates), stays above the arch in swing (height only) */
static void mm__walk_add_sphere(const mm_walk *walk, const mm_walk_pose *pose, double x, int ball, double *normal, double *right) {
  const mm_walk_leg *leg = &walk->leg;
  const double weight = 1 / (0.0025 * 0.0025);
  const double *offset = ball ? leg->ball : leg->heel, *centre = ball ? pose->ball : pose->heel;
  const double radius = ball ? leg->ball_radius : leg->heel_radius;
  const int touches = ball ? x >= mm__walk_ball_on && x <= mm__walk_ball_off : x <= mm__walk_heel_off;
  const double turn_x = centre[1] - pose->ankle[1], turn_z = -(centre[0] - pose->ankle[0]); /* by a change of pitch */
  const double thigh_x = leg->thigh * cos(pose->thigh), thigh_z = leg->thigh * sin(pose->thigh);
  const double shank_x = leg->shank * cos(pose->shank), shank_z = leg->shank * sin(pose->shank);
  double basis[MM_WALK_SERIES], dx[5], dz[5];
  const double roll = turn_x - radius;
  mm__walk_basis(x, basis);
  /* pitch = knee - hip - ankle */
  dx[0] = thigh_x + shank_x - roll;
  dx[1] = -shank_x + roll;
  dx[2] = -roll;
  dx[3] = 1;
  dx[4] = 0;
  dz[0] = thigh_z + shank_z - turn_z;
  dz[1] = -shank_z + turn_z;
  dz[2] = -turn_z;
  dz[3] = 0;
  dz[4] = 1;
  if (touches) {
    mm__walk_add(normal, right, basis, x, dx, centre[0] - offset[0] - radius * pose->pitch, weight);
    mm__walk_add(normal, right, basis, x, dz, centre[1] - radius, weight);
  } else if (x > mm__walk_ball_off) {
    const double rise = (x - mm__walk_toe_off) / 0.08, fall = (1 - x) / 0.06;
    const double arch = 0.012 * (rise < 0 ? 0 : rise < fall ? (rise < 1 ? rise : 1) : (fall < 1 ? fall : 1));
    if (centre[1] < radius + arch) mm__walk_add(normal, right, basis, x, dz, centre[1] - radius - arch, weight);
  }
}

/* in place by Cholesky: normal (lower triangle) becomes its factor, right the solution */
static void mm__walk_solve(double *normal, double *right) {
  enum { N = MM_WALK_UNKNOWNS };
  for (int j = 0; j < N; j++) {
    for (int k = 0; k < j; k++)
      for (int i = j; i < N; i++) normal[i * N + j] -= normal[i * N + k] * normal[j * N + k];
    const double pivot = sqrt(normal[j * N + j]);
    for (int i = j; i < N; i++) normal[i * N + j] /= pivot;
  }
  for (int i = 0; i < N; i++) {
    for (int k = 0; k < i; k++) right[i] -= normal[i * N + k] * right[k];
    right[i] /= normal[i * N + i];
  }
  for (int i = N - 1; i >= 0; i--) {
    for (int k = i + 1; k < N; k++) right[i] -= normal[k * N + i] * right[k];
    right[i] /= normal[i * N + i];
  }
}

/* one Gauss-Newton step; work holds the normal equations */
static void mm__walk_improve(mm_walk *walk, double *work) {
  double *normal = work, *right = work + MM_WALK_UNKNOWNS * MM_WALK_UNKNOWNS;
  const double weight = 1 / (25 * MM_DEGREE * MM_DEGREE);
  memset(work, 0, sizeof(double) * MM_WALK_UNKNOWNS * (MM_WALK_UNKNOWNS + 1));
  for (int s = 0; s < MM_WALK_SAMPLES; s++) {
    const double x = (double)s / MM_WALK_SAMPLES;
    double basis[MM_WALK_SERIES];
    mm_walk_pose pose;
    mm__walk_basis(x, basis);
    mm__walk_at(walk, x, &pose);
    for (int a = 0; a < 3; a++) {
      double local[5] = {0, 0, 0, 0, 0};
      local[a] = 1;
      mm__walk_add(normal, right, basis, x, local, pose.angle[a] - walk->table[a][s], weight);
    }
    for (int ball = 0; ball < 2; ball++) mm__walk_add_sphere(walk, &pose, x, ball, normal, right);
  }
  /* the surge of the pelvis is what the published forces say; a weak pull keeps the rest of the path definite */
  for (int i = 3 * MM_WALK_SERIES; i < MM_WALK_UNKNOWNS; i++) {
    const int harmonic = i - 3 * MM_WALK_SERIES - 3;
    const double pull = harmonic == 0 || harmonic == 1 ? 1e6 : 1e-3;
    normal[i * MM_WALK_UNKNOWNS + i] += pull;
    if (harmonic == 0 || harmonic == 1) right[i] -= pull * (walk->unknown[i] - walk->surge[harmonic]);
  }
  mm__walk_solve(normal, right);
  for (int i = 0; i < MM_WALK_UNKNOWNS; i++) walk->unknown[i] += right[i];
}

static void mm__walk_fit(mm_walk *walk, double *work) {
  const double reach = walk->leg.thigh + walk->leg.shank;
  double *path = walk->unknown + 3 * MM_WALK_SERIES;
  for (int a = 0; a < 3; a++)
    for (int s = 0; s < MM_WALK_SAMPLES; s++) {
      double basis[MM_WALK_SERIES];
      mm__walk_basis((double)s / MM_WALK_SAMPLES, basis);
      for (int k = 0; k < MM_WALK_SERIES; k++)
        walk->unknown[a * MM_WALK_SERIES + k] += (k ? 2.0 : 1.0) * basis[k] * walk->table[a][s] / MM_WALK_SAMPLES;
    }
  path[0] = 1.6 * reach;
  path[1] = -0.35 * reach;
  path[2] = 0.97 * reach - walk->leg.ball[1] + walk->leg.ball_radius;
  for (int round = 0; round < 12; round++) mm__walk_improve(walk, work);
}

static void mm__walk_judge(mm_walk *walk, double stride_time, mm_walk_report *report) {
  const double h = 1e-4;
  double deviation[3] = {0, 0, 0}, slip = 0;
  int count = 0;
  for (int s = 0; s < MM_WALK_SAMPLES; s++) {
    const double x = (double)s / MM_WALK_SAMPLES;
    mm_walk_pose at, after;
    mm__walk_at(walk, x, &at);
    mm__walk_at(walk, x + h, &after);
    for (int a = 0; a < 3; a++) deviation[a] += pow(at.angle[a] - walk->table[a][s], 2) / MM_WALK_SAMPLES;
    if (x <= mm__walk_heel_off) {
      slip += fabs(after.heel[0] - at.heel[0] - walk->leg.heel_radius * (after.pitch - at.pitch));
      count++;
    }
    if (x >= mm__walk_ball_on && x <= mm__walk_ball_off) {
      slip += fabs(after.ball[0] - at.ball[0] - walk->leg.ball_radius * (after.pitch - at.pitch));
      count++;
    }
  }
  report->stride_length = walk->unknown[3 * MM_WALK_SERIES];
  report->speed = report->stride_length / stride_time;
  report->slip = slip / (count * h * stride_time);
  for (int a = 0; a < 3; a++) report->deviation[a] = sqrt(deviation[a]);
}

/* a rotation about SMPL's x axis (to the left): positive swings a hanging segment back */
static void mm__walk_turn(double *poses, int joint, double angle) { poses[3 * joint] = angle; }

/* the arm hangs (about the forward axis), swings (about the left axis) and bends at the elbow (about the long axis' normal) */
static void mm__walk_arm(double *poses, double x, int left) {
  const double side = left ? 1 : -1, swing = (-8 - 16 * cos(2 * MM_PI * x)) * MM_DEGREE;
  const double bend = (25 - 10 * cos(2 * MM_PI * x)) * MM_DEGREE;
  double hang[4], turn[4], v[3] = {0, 0, 0};
  v[2] = -side * 78 * MM_DEGREE;
  mm__rot_from_vector(v, hang);
  v[2] = 0;
  v[0] = -swing;
  mm__rot_from_vector(v, turn);
  mm__rot_multiply(turn, hang, turn);
  mm__rot_to_vector(turn, poses + 3 * (left ? MM_SMPL_L_SHOULDER : MM_SMPL_R_SHOULDER));
  poses[3 * (left ? MM_SMPL_L_ELBOW : MM_SMPL_R_ELBOW) + 1] = -side * bend;
}

/* the toes stay level while the heel rises, as far as they can, and straighten in the first half of swing */
static double mm__walk_toes(double x, double pitch) {
  const double most = 40 * MM_DEGREE, rise = pitch > 0 ? pitch : 0;
  const double u = x < mm__walk_toe_off ? 0 : x > 0.8 ? 1 : (x - mm__walk_toe_off) / (0.8 - mm__walk_toe_off);
  return most * tanh(rise / most) * (1 - u * u * (3 - 2 * u));
}

static void mm__walk_leg_pose(const mm_walk *walk, const mm_walk_pose *pose, double x, double *poses, int left) {
  const mm_walk_leg *leg = &walk->leg;
  const double toes = mm__walk_toes(x, pose->pitch);
  const double thigh = leg->thigh_rest - pose->thigh, shank = leg->shank_rest - pose->shank;
  mm__walk_turn(poses, left ? MM_SMPL_L_HIP : MM_SMPL_R_HIP, thigh);
  mm__walk_turn(poses, left ? MM_SMPL_L_KNEE : MM_SMPL_R_KNEE, shank - thigh);
  mm__walk_turn(poses, left ? MM_SMPL_L_ANKLE : MM_SMPL_R_ANKLE, pose->pitch - shank);
  mm__walk_turn(poses, left ? MM_SMPL_L_FOOT : MM_SMPL_R_FOOT, -toes);
}

/* one frame: the right foot treads at whole cycles, the left at halves; the world is x forward, y left, z up */
static void mm__walk_frame(const mm_walk *walk, const mm_skeleton *skeleton, double cycle, double *poses, double *trans) {
  static const double stand[4] = {0.5, 0.5, 0.5, 0.5}; /* SMPL's axes to the world's */
  const double right = cycle - floor(cycle), left = cycle + 0.5 - floor(cycle + 0.5);
  const double stride = walk->unknown[3 * MM_WALK_SERIES];
  const double *pelvis = skeleton->joint[0], *hip = skeleton->joint[MM_SMPL_L_HIP];
  mm_walk_pose pose, start;
  mm__rot_to_vector(stand, poses);
  mm__walk_at(walk, left, &pose);
  mm__walk_leg_pose(walk, &pose, left, poses, 1);
  mm__walk_arm(poses, left, 1);
  mm__walk_at(walk, right, &pose);
  mm__walk_leg_pose(walk, &pose, right, poses, 0);
  mm__walk_arm(poses, right, 0);
  mm__walk_at(walk, 0, &start);
  trans[0] = pose.hip[0] - start.hip[0] + floor(cycle) * stride - skeleton->root[0];
  trans[1] = -skeleton->root[1];
  trans[2] = pose.hip[1] - (hip[1] - pelvis[1]) - skeleton->root[2];
}

/* the right leg of the mean bodies differs from the left by a few millimetres; the walk is even, so the left serves both */
static void mm__walk_symmetric(mm_skeleton *s) {
  static const int pairs[][2] = {{MM_SMPL_L_HIP, MM_SMPL_R_HIP}, {MM_SMPL_L_KNEE, MM_SMPL_R_KNEE},
                                 {MM_SMPL_L_ANKLE, MM_SMPL_R_ANKLE}, {MM_SMPL_L_FOOT, MM_SMPL_R_FOOT}};
  for (int p = 0; p < MM_COUNT(pairs); p++)
    for (int k = 1; k < 3; k++) {
      const double mean = 0.5 * (s->joint[pairs[p][0]][k] + s->joint[pairs[p][1]][k]);
      s->joint[pairs[p][0]][k] = s->joint[pairs[p][1]][k] = mean;
    }
}

mm_status mm_clip_walk(mm_context *ctx, const mm_walk_def *def, mm_walk_report *report, mm_clip **clip) {
  const int strides = def && def->strides ? def->strides : 5;
  const double stride_time = def && def->stride_time > 0 ? def->stride_time : 1.08;
  const double frequency = def && def->frequency > 0 ? def->frequency : 120;
  const mm_gender gender = def ? def->gender : MM_GENDER_NEUTRAL;
  mm_walk_report found;
  mm_skeleton skeleton;
  mm_walk walk;
  double *work;
  int frames;
  *clip = NULL;
  if (strides < 1 || strides > 10000 || !(stride_time >= 0.5 && stride_time <= 3) || !(frequency >= 10 && frequency <= 1000))
    return mm__fail(ctx, MM_E_ARGUMENT, "mm_clip_walk: %d strides of %g s at %g Hz; 1 to 10000 strides of 0.5 to 3 s at 10 to "
                    "1000 Hz can be made", strides, stride_time, frequency);
  MM_TRY(mm_skeleton_make(ctx, MM_BODY_SMPL, gender, 0, NULL, &skeleton));
  work = MM_NEW(ctx, double, MM_WALK_UNKNOWNS * (MM_WALK_UNKNOWNS + 1));
  if (!work) return MM_E_MEMORY;
  mm__walk_symmetric(&skeleton);
  memset(&walk, 0, sizeof walk);
  mm__walk_measure(&skeleton, &walk.leg);
  mm__walk_tabulate(&walk);
  mm__walk_surge(&walk, stride_time);
  mm__walk_fit(&walk, work);
  mm__free(ctx, work);
  mm__walk_judge(&walk, stride_time, &found);
  if (report) *report = found;
  frames = (int)(strides * stride_time * frequency) + 1;
  MM_TRY(mm__clip_new(ctx, "walk", frames, MM_SMPL_JOINTS, 10, clip));
  (*clip)->gender = gender;
  (*clip)->frequency = frequency;
  for (int f = 0; f < frames; f++)
    mm__walk_frame(&walk, &skeleton, f / (frequency * stride_time), (*clip)->poses + (size_t)f * 3 * MM_SMPL_JOINTS,
                   (*clip)->trans + 3 * (size_t)f);
  return MM_OK;
}
