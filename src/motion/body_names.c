/* >>body-names: which joint of a recording stands for which of SMPL

   Limbs and head are known by name; a table gives each family of names. Pelvis, chest, spine, neck and collars follow from the
   tree: the pelvis is where legs and arms meet, the chest where arms and head meet, the spine what lies between. */

enum { MM_LIMB_HIP, MM_LIMB_KNEE, MM_LIMB_ANKLE, MM_LIMB_FOOT, MM_LIMB_SHOULDER, MM_LIMB_ELBOW, MM_LIMB_WRIST, MM_LIMBS };

/* left joints of SMPL; the right ones follow them */
static const int mm__limb_joint[MM_LIMBS] = {MM_SMPL_L_HIP, MM_SMPL_L_KNEE, MM_SMPL_L_ANKLE, MM_SMPL_L_FOOT,
                                             MM_SMPL_L_SHOULDER, MM_SMPL_L_ELBOW, MM_SMPL_L_WRIST};

/* % is the side; | parts alternatives, the likeliest first. Names are compared in small letters and digits only. */
typedef struct mm_name_style {
  const char *title, *side[2], *limb[MM_LIMBS];
} mm_name_style;

static const mm_name_style mm__name_styles[] = {
  {"MotionBuilder, Mixamo, LAFAN1", {"left", "right"}, {"%upleg", "%leg", "%foot", "%toebase|%toe", "%arm", "%forearm", "%hand"}},
  {"CMU", {"l", "r"}, {"%femur", "%tibia", "%foot", "%toes", "%humerus", "%radius", "%hand|%wrist"}},
  {"SMPL", {"left", "right"}, {"%hip", "%knee", "%ankle", "%toe|%toebase|%foot", "%shoulder", "%elbow", "%wrist"}},
  {"SMPL", {"l", "r"}, {"%hip", "%knee", "%ankle", "%toe|%foot", "%shoulder", "%elbow", "%wrist"}},
  {"Biped", {"l", "r"}, {"%thigh", "%calf", "%foot", "%toe0|%toe", "%upperarm", "%forearm", "%hand"}},
  {"Unreal", {"l", "r"}, {"thigh%", "calf%", "foot%", "ball%|toe%", "upperarm%", "lowerarm%", "hand%"}},
  {"VRM", {"left", "right"}, {"%upperleg", "%lowerleg", "%foot", "%toes|%toe", "%upperarm", "%lowerarm", "%hand"}}};

#define MM_NAME_MAX 64
typedef struct mm_body_map {
  const mm_motion *motion;
  const mm_name_style *style;
  char (*plain)[MM_NAME_MAX];       /* [joints] names in small letters and digits, without their family's prefix */
  int joint[MM_SMPL_JOINTS];        /* -1: none */
  int spine_count;                  /* joints between the pelvis and the chest, the chest with them */
} mm_body_map;

static void mm__plain_name(const char *name, char *plain) {
  static const char *const prefixes[] = {"mixamorig", "character1", "character", "bip001", "bip01", "valvebiped"};
  const char *colon = strrchr(name, ':');
  size_t used = 0, cut = 0;
  for (const char *c = colon && colon[1] ? colon + 1 : name; *c && used < MM_NAME_MAX - 1; c++) {
    const char l = (char)mm__lower(*c);
    if ((l >= 'a' && l <= 'z') || (l >= '0' && l <= '9')) plain[used++] = l;
  }
  plain[used] = 0;
  for (int i = 0; i < MM_COUNT(prefixes) && !cut; i++) {
    const size_t length = strlen(prefixes[i]);
    if (!strncmp(plain, prefixes[i], length) && plain[length]) cut = length;
  }
  memmove(plain, plain + cut, used + 1 - cut);
}

static int mm__find_plain(const mm_body_map *map, const char *plain) {
  for (int j = 0; j < map->motion->joint_count; j++)
    if (!strcmp(map->plain[j], plain)) return j;
  return -1;
}

/* the joint that a pattern names on a side; -1: none */
static int mm__find_pattern(const mm_body_map *map, const char *pattern, const char *side) {
  char name[MM_NAME_MAX];
  size_t used = 0;
  for (const char *c = pattern;; c++) {
    if (*c == '%') used += (size_t)snprintf(name + used, sizeof name - used, "%s", side);
    else if (*c && *c != '|') name[used++] = *c;
    else {
      int found;
      name[used] = 0;
      found = mm__find_plain(map, name);
      if (found >= 0 || !*c) return found;
      used = 0;
    }
  }
}

/* how many limb joints the names of a style find; they go into joint */
static int mm__try_style(const mm_body_map *map, const mm_name_style *style, int *joint) {
  int count = 0;
  for (int limb = 0; limb < MM_LIMBS; limb++)
    for (int side = 0; side < 2; side++) {
      const int found = mm__find_pattern(map, style->limb[limb], style->side[side]);
      joint[mm__limb_joint[limb] + side] = found;
      count += found >= 0;
    }
  return count;
}

/* "L_Wrist=hand_l" */
static mm_status mm__body_pair(mm_body_map *map, const char *pair) {
  const char *equal = strchr(pair, '=');
  mm_slice name;
  name.text = pair;
  name.length = equal ? (size_t)(equal - pair) : 0;
  for (int s = 0; equal && s < MM_SMPL_JOINTS; s++) {
    if (!mm__slice_is(name, mm__smpl_names[s])) continue;
    for (int j = 0; j < map->motion->joint_count; j++)
      if (!strcmp(map->motion->joint_names[j], equal + 1)) {
        map->joint[s] = j;
        return MM_OK;
      }
    return mm__fail(map->motion->ctx, MM_E_ARGUMENT, "%s: has no joint '%s' to stand for %s", map->motion->name, equal + 1, mm__smpl_names[s]);
  }
  return mm__fail(map->motion->ctx, MM_E_ARGUMENT, "'%s' is no pair of a joint of SMPL and one of the recording (L_Wrist=hand_l)", pair);
}

/* names one after another, as many as fit; returns how many there were */
static int mm__list_names(char *text, size_t size, int count, const char *const *names, const unsigned char *wanted) {
  size_t used = 0;
  int listed = 0;
  text[0] = 0;
  for (int i = 0; i < count; i++) {
    if (!wanted[i]) continue;
    listed++;
    if (used + strlen(names[i]) + 8 < size) used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "", names[i]);
    else if (used + 5 < size && text[used - 1] != '.') used += (size_t)snprintf(text + used, size - used, ", ...");
  }
  return listed;
}

/* what is missing, and what of the recording is left over */
static mm_status mm__body_complete(const mm_body_map *map) {
  const mm_motion *m = map->motion;
  unsigned char missing[MM_SMPL_JOINTS], *left = MM_NEW(m->ctx, unsigned char, m->joint_count);
  char lacks[256], others[512];
  int count;
  if (!left) return MM_E_MEMORY;
  memset(missing, 0, sizeof missing);
  memset(left, 1, (size_t)m->joint_count);
  for (int limb = 0; limb < MM_LIMBS; limb++)
    for (int side = 0; side < 2; side++)
      if (limb != MM_LIMB_FOOT) missing[mm__limb_joint[limb] + side] = map->joint[mm__limb_joint[limb] + side] < 0;
  missing[MM_SMPL_HEAD] = map->joint[MM_SMPL_HEAD] < 0;
  for (int s = 0; s < MM_SMPL_JOINTS; s++)
    if (map->joint[s] >= 0) left[map->joint[s]] = 0;
  count = mm__list_names(lacks, sizeof lacks, MM_SMPL_JOINTS, mm__smpl_names, missing);
  (void)mm__list_names(others, sizeof others, m->joint_count, (const char *const *)m->joint_names, left);
  mm__free(m->ctx, left);
  if (!count) return MM_OK;
  return mm__fail(m->ctx, MM_E_DATA, "%s: no joint is known to stand for %s; its joints without a match are %s (say which is which: "
                  "--joints L_Wrist=NAME)", m->name, lacks, others[0] ? others : "none");
}

static int mm__is_above(const mm_motion *m, int ancestor, int joint) {
  for (; joint >= 0; joint = m->parent[joint])
    if (joint == ancestor) return 1;
  return 0;
}

static int mm__meet(const mm_motion *m, int a, int b) {
  while (a >= 0 && !mm__is_above(m, a, b)) a = m->parent[a];
  return a;
}

/* the joint just below `top` on the way to `joint` */
static int mm__below(const mm_motion *m, int top, int joint) {
  while (joint >= 0 && m->parent[joint] != top) joint = m->parent[joint];
  return joint;
}

static mm_status mm__body_limbs_hang(const mm_body_map *map) {
  static const int chains[2][4] = {{MM_LIMB_HIP, MM_LIMB_KNEE, MM_LIMB_ANKLE, -1}, {MM_LIMB_SHOULDER, MM_LIMB_ELBOW, MM_LIMB_WRIST, -1}};
  const mm_motion *m = map->motion;
  for (int chain = 0; chain < 2; chain++)
    for (int side = 0; side < 2; side++)
      for (int k = 1; k < 3; k++) {
        const int a = map->joint[mm__limb_joint[chains[chain][k - 1]] + side], b = map->joint[mm__limb_joint[chains[chain][k]] + side];
        if (a == b || !mm__is_above(m, a, b))
          return mm__fail(m->ctx, MM_E_DATA, "%s: joint '%s' (%s) does not hang on '%s' (%s)", m->name, m->joint_names[b],
                          mm__smpl_names[mm__limb_joint[chains[chain][k]] + side], m->joint_names[a],
                          mm__smpl_names[mm__limb_joint[chains[chain][k - 1]] + side]);
      }
  return MM_OK;
}

/* pelvis, spine, neck, collars and toes, from where they stand in the tree */
static mm_status mm__body_trunk(mm_body_map *map) {
  const mm_motion *m = map->motion;
  int *joint = map->joint;
  const int arms = mm__meet(m, joint[MM_SMPL_L_SHOULDER], joint[MM_SMPL_R_SHOULDER]);
  const int legs = mm__meet(m, joint[MM_SMPL_L_HIP], joint[MM_SMPL_R_HIP]);
  const int chest = arms < 0 ? -1 : mm__meet(m, arms, joint[MM_SMPL_HEAD]);
  const int pelvis = chest < 0 || legs < 0 ? -1 : mm__meet(m, legs, chest);
  int spine[64], neck;
  if (pelvis < 0) return mm__fail(m->ctx, MM_E_DATA, "%s: legs, arms and head do not hang together", m->name);
  for (int s = 0; s < 2; s++) {
    if (joint[MM_SMPL_L_HIP + s] == pelvis || joint[MM_SMPL_L_SHOULDER + s] == chest)
      return mm__fail(m->ctx, MM_E_DATA, "%s: a hip or a shoulder is where the trunk is ('%s')", m->name, m->joint_names[pelvis]);
    if (joint[MM_SMPL_L_COLLAR + s] < 0) joint[MM_SMPL_L_COLLAR + s] = mm__below(m, chest, joint[MM_SMPL_L_SHOULDER + s]);
    if (joint[MM_SMPL_L_COLLAR + s] == joint[MM_SMPL_L_SHOULDER + s]) joint[MM_SMPL_L_COLLAR + s] = -1;
    for (int j = 0; j < m->joint_count && joint[MM_SMPL_L_FOOT + s] < 0; j++)
      if (m->parent[j] == joint[MM_SMPL_L_ANKLE + s] && m->offset[3 * j] * m->offset[3 * j] + m->offset[3 * j + 1] * m->offset[3 * j + 1] > 0)
        joint[MM_SMPL_L_FOOT + s] = j;
  }
  joint[MM_SMPL_PELVIS] = pelvis;
  map->spine_count = 0;
  for (int j = chest; j != pelvis && map->spine_count < 64; j = m->parent[j]) spine[map->spine_count++] = j; /* chest first */
  if (map->spine_count) joint[MM_SMPL_SPINE1] = spine[map->spine_count - 1];
  if (map->spine_count == 2) joint[MM_SMPL_SPINE2] = spine[0];
  if (map->spine_count > 2) {
    joint[MM_SMPL_SPINE2] = spine[map->spine_count / 2];
    joint[MM_SMPL_SPINE3] = spine[0];
  }
  neck = mm__below(m, chest, joint[MM_SMPL_HEAD]);
  if (neck >= 0 && neck != joint[MM_SMPL_HEAD]) joint[MM_SMPL_NECK] = neck;
  return MM_OK;
}

/* map->plain is the caller's to free, also on errors */
static mm_status mm__body_match(const mm_motion *m, const char *const *pairs, mm_body_map *map) {
  int best = 0;
  memset(map, 0, sizeof *map);
  map->motion = m;
  for (int s = 0; s < MM_SMPL_JOINTS; s++) map->joint[s] = -1;
  map->plain = (char (*)[MM_NAME_MAX])mm__alloc(m->ctx, (size_t)m->joint_count, MM_NAME_MAX);
  if (!map->plain) return MM_E_MEMORY;
  for (int j = 0; j < m->joint_count; j++) mm__plain_name(m->joint_names[j], map->plain[j]);
  map->style = &mm__name_styles[0];
  for (int i = 0; i < MM_COUNT(mm__name_styles); i++) {
    int joint[MM_SMPL_JOINTS];
    const int count = mm__try_style(map, &mm__name_styles[i], joint);
    if (count > best) {
      best = count;
      map->style = &mm__name_styles[i];
    }
  }
  (void)mm__try_style(map, map->style, map->joint);
  map->joint[MM_SMPL_HEAD] = mm__find_plain(map, "head");
  for (; pairs && *pairs; pairs++) MM_TRY(mm__body_pair(map, *pairs));
  MM_TRY(mm__body_complete(map));
  MM_TRY(mm__body_limbs_hang(map));
  return mm__body_trunk(map);
}
