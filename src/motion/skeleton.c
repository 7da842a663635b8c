/* >>skeleton: the rest joints of SMPL, and what betas do to the lengths of its segments

   Joint positions: the published mean bodies, as MJCF of PHC (github.com/ZhengyiLuo/PHC, phc/data/assets/mjcf/
   smpl_{0,1,2}_humanoid.xml, BSD-3) and as the rest skeleton of CharacterAnimationTools (github.com/KosukeFukazawa,
   MIT), which agree to 0.05 mm. SMPL-H has the same joints 0 to 21. Loper et al. (2015) ACM Trans Graph 34:248.
   Betas: first-order change of segment lengths, measured on the published joint regressors (left side, mm a unit).
   The regressors themselves are under a licence that forbids copying, so shapes are exact only from a user's file. */

static const char *const mm__smpl_names[MM_SMPL_JOINTS] = {
  "Pelvis", "L_Hip", "R_Hip", "Spine1", "L_Knee", "R_Knee", "Spine2", "L_Ankle", "R_Ankle", "Spine3", "L_Foot", "R_Foot",
  "Neck", "L_Collar", "R_Collar", "Head", "L_Shoulder", "R_Shoulder", "L_Elbow", "R_Elbow", "L_Wrist", "R_Wrist",
  "L_Hand", "R_Hand"};

static const int mm__smpl_parents[MM_SMPL_JOINTS] = {-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8,
                                                     9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21};

/* [gender][joint] m, in the order neutral, male, female */
static const double mm__smpl_rest[3][MM_SMPL_JOINTS][3] = {
  {{-0.00180, -0.22333, 0.02822}, {0.06772, -0.31474, 0.02140}, {-0.06947, -0.31386, 0.02390},
   {-0.00433, -0.11437, 0.00152}, {0.10200, -0.68994, 0.01691}, {-0.10776, -0.69642, 0.01505},
   {0.00116, 0.02081, 0.00262}, {0.08841, -1.08790, -0.02679}, {-0.09198, -1.09484, -0.02726},
   {0.00262, 0.07373, 0.02804}, {0.11476, -1.14369, 0.09250}, {-0.11735, -1.14298, 0.09609},
   {-0.00016, 0.28760, -0.01482}, {0.08146, 0.19548, -0.00605}, {-0.07914, 0.19257, -0.01058},
   {0.00499, 0.35257, 0.03653}, {0.17244, 0.22595, -0.01492}, {-0.17516, 0.22512, -0.01972},
   {0.43205, 0.21318, -0.04237}, {-0.42890, 0.21179, -0.04112}, {0.68128, 0.22216, -0.04355},
   {-0.68420, 0.21956, -0.04668}, {0.76533, 0.21400, -0.05849}, {-0.76882, 0.21344, -0.05699}},
  {{-0.00217, -0.24079, 0.02858}, {0.05641, -0.32307, 0.01092}, {-0.06248, -0.33130, 0.01504},
   {0.00227, -0.11639, -0.00980}, {0.09986, -0.70954, 0.01896}, {-0.10574, -0.71499, 0.01020},
   {0.00675, 0.02157, 0.01702}, {0.08507, -1.13641, -0.01847}, {-0.08668, -1.13504, -0.02436},
   {0.00449, 0.07760, 0.01987}, {0.12612, -1.19670, 0.10357}, {-0.12152, -1.19714, 0.10596},
   {-0.00890, 0.28924, -0.01359}, {0.07619, 0.19160, 0.00098}, {-0.07846, 0.19008, -0.00383},
   {0.00121, 0.37818, 0.03682}, {0.19911, 0.23681, -0.01807}, {-0.19169, 0.23693, -0.01231},
   {0.45445, 0.22116, -0.04102}, {-0.45182, 0.22256, -0.04357}, {0.72015, 0.23386, -0.04839},
   {-0.72093, 0.22935, -0.04960}, {0.80685, 0.22322, -0.06399}, {-0.80968, 0.22070, -0.05971}},
  {{-0.00088, -0.21142, 0.02782}, {0.07048, -0.30100, 0.01977}, {-0.06989, -0.30038, 0.02303},
   {-0.00338, -0.10816, 0.00564}, {0.10115, -0.66521, 0.01309}, {-0.10604, -0.67103, 0.01384},
   {0.00020, 0.01950, 0.00392}, {0.08960, -1.04856, -0.03042}, {-0.09201, -1.05467, -0.02805},
   {0.00222, 0.06857, 0.03179}, {0.11294, -1.10321, 0.08395}, {-0.11406, -1.10108, 0.08985},
   {0.00026, 0.27681, -0.01798}, {0.07752, 0.18635, -0.00508}, {-0.07481, 0.18417, -0.01002},
   {0.00378, 0.33913, 0.03223}, {0.16284, 0.21809, -0.01238}, {-0.16401, 0.21696, -0.01982},
   {0.41409, 0.20612, -0.03990}, {-0.41000, 0.20381, -0.03998}, {0.65211, 0.21513, -0.03985},
   {-0.65518, 0.21243, -0.04352}, {0.73177, 0.20545, -0.05306}, {-0.73558, 0.20518, -0.05394}}};

/* the rest pelvis of SMPL-X v1.1, whose template lies elsewhere; neutral, male, female */
static const double mm__smplx_pelvis[3][3] = {
  {0.00312, -0.35141, 0.01204}, {0.00117, -0.36684, 0.01267}, {0.00056, -0.33825, 0.01353}};

/* segments whose length betas change: mm per unit of beta 0 to 5 for the male and the female body */
typedef enum mm_segment {
  MM_SEG_THIGH, MM_SEG_SHANK, MM_SEG_FOOT, MM_SEG_HIPS, MM_SEG_TRUNK, MM_SEG_HEAD, MM_SEG_SHOULDERS, MM_SEG_UPPER_ARM,
  MM_SEG_FOREARM, MM_SEG_COUNT
} mm_segment;

#define MM_SHAPE_BETAS 6
static const double mm__smpl_shape[2][MM_SEG_COUNT][MM_SHAPE_BETAS] = {
  {{-14.8, 13.1, -1.7, -4.1, -0.9, 0.8}, {-22.6, 8.1, -2.7, -5.9, -1.4, 0.9}, {-5.8, 1.3, -0.1, -0.3, -0.6, -0.1},
   {-5.1, -5.6, 1.2, -0.4, 1.1, 2.9}, {-23.2, -9.5, 12.0, 4.8, 1.0, -2.4}, {-3.5, 3.3, 1.8, 2.7, -2.6, 0.7},
   {-12.1, -14.8, -1.8, 4.4, 2.7, 1.5}, {-12.4, 4.6, -3.3, 0.1, 0.0, -0.5}, {-11.9, 1.9, -3.6, -0.8, -1.0, -0.5}},
  {{17.5, 7.7, -1.5, 5.1, 0.7, 0.2}, {21.6, 6.6, -2.0, 5.3, 1.3, -1.3}, {5.4, 0.7, -0.3, 0.3, 0.6, 0.1},
   {6.3, -9.4, 2.7, 2.0, -1.5, 2.5}, {17.8, -2.3, 10.5, -7.0, -0.6, -1.2}, {2.5, 3.0, 1.3, -1.7, 1.8, 1.3},
   {11.3, -13.1, -0.8, -4.5, -1.8, -0.2}, {12.0, 3.2, -3.6, 0.2, 0.4, -0.4}, {11.2, 3.2, -3.7, 0.9, 0.5, 0.5}}};

/* the joints between which a segment's length is measured, and the segment that moves each joint from its parent */
static const int mm__segment_ends[MM_SEG_COUNT][2] = {
  {MM_SMPL_L_HIP, MM_SMPL_L_KNEE}, {MM_SMPL_L_KNEE, MM_SMPL_L_ANKLE}, {MM_SMPL_L_ANKLE, MM_SMPL_L_FOOT},
  {MM_SMPL_L_HIP, MM_SMPL_R_HIP}, {MM_SMPL_PELVIS, MM_SMPL_NECK}, {MM_SMPL_NECK, MM_SMPL_HEAD},
  {MM_SMPL_L_SHOULDER, MM_SMPL_R_SHOULDER}, {MM_SMPL_L_SHOULDER, MM_SMPL_L_ELBOW}, {MM_SMPL_L_ELBOW, MM_SMPL_L_WRIST}};
static const int mm__joint_segment[MM_SMPL_JOINTS] = {
  -1, MM_SEG_HIPS, MM_SEG_HIPS, MM_SEG_TRUNK, MM_SEG_THIGH, MM_SEG_THIGH, MM_SEG_TRUNK, MM_SEG_SHANK, MM_SEG_SHANK,
  MM_SEG_TRUNK, MM_SEG_FOOT, MM_SEG_FOOT, MM_SEG_TRUNK, MM_SEG_SHOULDERS, MM_SEG_SHOULDERS, MM_SEG_HEAD, MM_SEG_SHOULDERS,
  MM_SEG_SHOULDERS, MM_SEG_UPPER_ARM, MM_SEG_UPPER_ARM, MM_SEG_FOREARM, MM_SEG_FOREARM, MM_SEG_FOREARM, MM_SEG_FOREARM};

const char *mm_skeleton_joint_name(int joint) {
  return joint >= 0 && joint < MM_SMPL_JOINTS ? mm__smpl_names[joint] : NULL;
}

const char *mm_gender_name(mm_gender gender) {
  return gender == MM_GENDER_MALE ? "male" : gender == MM_GENDER_FEMALE ? "female" : "neutral";
}

const char *mm_skeleton_source_text(mm_skeleton_source source) {
  switch (source) {
    case MM_SKELETON_SHAPED: return "the published mean body, its segments lengthened by betas to first order (approximate)";
    case MM_SKELETON_MODEL: return "the body model's own file";
    case MM_SKELETON_RECORDED: return "the recording's own skeleton";
    default: return "the published mean body";
  }
}

static double mm__skeleton_distance(const double rest[MM_SMPL_JOINTS][3], int a, int b) {
  double sum = 0;
  for (int k = 0; k < 3; k++) sum += (rest[a][k] - rest[b][k]) * (rest[a][k] - rest[b][k]);
  return sqrt(sum);
}

/* how many times longer each segment is than that of the mean body */
static mm_status mm__skeleton_stretch(mm_context *ctx, mm_gender gender, int beta_count, const double *betas, double *stretch) {
  const double (*rest)[3] = mm__smpl_rest[gender];
  const double (*shape)[MM_SHAPE_BETAS] = mm__smpl_shape[gender == MM_GENDER_FEMALE];
  for (int s = 0; s < MM_SEG_COUNT; s++) {
    const double length = mm__skeleton_distance(rest, mm__segment_ends[s][0], mm__segment_ends[s][1]);
    double change = 0;
    for (int b = 0; b < beta_count && b < MM_SHAPE_BETAS; b++) change += betas[b] * shape[s][b] * 1e-3;
    stretch[s] = 1 + change / length;
    if (!(stretch[s] > 0.5 && stretch[s] < 2))
      return mm__fail(ctx, MM_E_DATA, "betas: they make a segment %.2f times as long as that of the mean body; "
                      "betas are numbers of a few units", stretch[s]);
  }
  return MM_OK;
}

mm_status mm_skeleton_make(mm_context *ctx, mm_body_kind kind, mm_gender gender, int beta_count, const double *betas,
                           mm_skeleton *skeleton) {
  double stretch[MM_SEG_COUNT];
  int shaped = 0;
  for (int s = 0; s < MM_SEG_COUNT; s++) stretch[s] = 1;
  for (int b = 0; b < beta_count; b++) {
    if (!(betas[b] - betas[b] == 0)) return mm__fail(ctx, MM_E_DATA, "betas: number %d is not finite", b);
    if (betas[b] != 0) shaped = 1;
  }
  if (shaped && gender == MM_GENDER_NEUTRAL)
    return mm__fail(ctx, MM_E_UNSUPPORTED, "betas: no segment lengths are published for shapes of the neutral body; "
                    "give the gender of the person, or use the mean body (betas 0)");
  if (shaped) MM_TRY(mm__skeleton_stretch(ctx, gender, beta_count, betas, stretch));
  memset(skeleton, 0, sizeof *skeleton);
  skeleton->gender = gender;
  skeleton->shaped = shaped;
  skeleton->source = shaped ? MM_SKELETON_SHAPED : MM_SKELETON_MEAN;
  for (int j = 0; j < MM_SMPL_JOINTS; j++) {
    const int parent = mm__smpl_parents[j];
    const double *rest = mm__smpl_rest[gender][j];
    skeleton->parent[j] = parent;
    for (int k = 0; k < 3; k++)
      skeleton->joint[j][k] = parent < 0 ? rest[k] : skeleton->joint[parent][k] +
                              (rest[k] - mm__smpl_rest[gender][parent][k]) * stretch[mm__joint_segment[j]];
  }
  memcpy(skeleton->root, kind == MM_BODY_SMPLX ? mm__smplx_pelvis[gender] : skeleton->joint[0], sizeof skeleton->root);
  return MM_OK;
}

double mm_skeleton_height(const mm_skeleton *skeleton) {
  const double left = skeleton->joint[MM_SMPL_L_ANKLE][1], right = skeleton->joint[MM_SMPL_R_ANKLE][1];
  return skeleton->joint[MM_SMPL_HEAD][1] - (left < right ? left : right);
}
