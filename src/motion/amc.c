/* >>amc: Acclaim skeletons (ASF) and motions (AMC)

   A bone points along `direction` (in the world, at rest) for `length` from its near end, and turns there: with the axes of its
   own frame C = Rz Ry Rx(axis) and the rotations of its degrees of freedom M = Rz Ry Rx(values), in the world's axes at rest by
   C M C^-1. Here a bone is the joint at its near end, which lies at the far end of the bone before it. The first rotation
   listed is applied first, so with the usual "rx ry rz" it stands last in the product. */

enum { MM_AMC_TX, MM_AMC_TY, MM_AMC_TZ, MM_AMC_RX, MM_AMC_RY, MM_AMC_RZ, MM_AMC_LENGTH };

typedef struct mm_amc_bone {
  mm_slice name;
  int parent, has_children, dofs, dof[7];
  double direction[3], length, frame[4]; /* frame: C */
  long seen;                             /* the frame of the motion in which it was last given */
} mm_amc_bone;

typedef struct mm_amc {
  mm_scan asf, amc;
  mm_amc_bone *bones; /* bone 0: the root */
  int count, room, *order, *rank; /* joints in the order parents first: order[joint] = bone, rank[bone] = joint */
  double inch, degree;            /* in one unit of length; in one unit of angle of the skeleton */
  double position[3], orientation[4];
  int dofs;
} mm_amc;

static mm_status mm__amc_new_bone(mm_amc *a) {
  if (a->count == a->room) {
    const int room = a->room ? 2 * a->room : 64;
    mm_amc_bone *grown;
    if (room > MM_MOTION_JOINTS) return mm__scan_fail(&a->asf, MM_E_UNSUPPORTED, "more than %d bones", MM_MOTION_JOINTS);
    grown = (mm_amc_bone *)mm__grow(a->asf.ctx, a->bones, (size_t)a->room, (size_t)room, sizeof *grown);
    if (!grown) return MM_E_MEMORY;
    a->bones = grown;
    a->room = room;
  }
  memset(&a->bones[a->count], 0, sizeof *a->bones);
  a->bones[a->count].parent = -1;
  a->bones[a->count++].frame[0] = 1;
  return MM_OK;
}

static int mm__amc_find(const mm_amc *a, mm_slice name) {
  for (int i = 0; i < a->count; i++)
    if (a->bones[i].name.length == name.length && !memcmp(a->bones[i].name.text, name.text, name.length)) return i;
  return -1;
}

/* the number of a degree of freedom; -1: none */
static int mm__amc_dof(mm_slice word) {
  static const char *const names[] = {"tx", "ty", "tz", "rx", "ry", "rz", "l"};
  for (int k = 0; k < MM_COUNT(names); k++)
    if (mm__slice_is(word, names[k])) return k;
  return -1;
}

/* the words of the rest of a line as degrees of freedom */
static mm_status mm__amc_dofs(mm_amc *a, mm_amc_bone *bone) {
  const mm_slice line = mm__scan_rest(&a->asf);
  const char *at = line.text;
  mm_slice word;
  bone->dofs = 0;
  while (mm__slice_word(line, &at, &word)) {
    const int dof = mm__amc_dof(word);
    if (dof < 0) return mm__scan_fail(&a->asf, MM_E_PARSE, "'%.*s' is no degree of freedom", MM_SLICE(word));
    if (bone != a->bones && (dof < MM_AMC_RX || dof == MM_AMC_LENGTH))
      return mm__scan_fail(&a->asf, MM_E_UNSUPPORTED, "bone '%.*s' changes its length or place ('%.*s'); only turning bones are read",
                           MM_SLICE(bone->name), MM_SLICE(word));
    for (int k = 0; k < bone->dofs; k++)
      if (bone->dof[k] == dof) return mm__scan_fail(&a->asf, MM_E_PARSE, "'%.*s' stands twice", MM_SLICE(word));
    bone->dof[bone->dofs++] = dof;
    a->dofs++;
  }
  return MM_OK;
}

/* the rotations among count degrees of freedom, the first applied first */
static void mm__amc_turn(const int *dof, const double *values, int count, double degree, double *q) {
  int axes[7], turns = 0;
  double degrees[7];
  for (int k = count - 1; k >= 0; k--)
    if (dof[k] >= MM_AMC_RX && dof[k] <= MM_AMC_RZ) {
      axes[turns] = dof[k] - MM_AMC_RX;
      degrees[turns++] = fmod(values[k] * degree, 360);
    }
  mm__rot_from_euler(axes, degrees, turns, q);
}

/* "XYZ": the order of three angles as degrees of freedom */
static mm_status mm__amc_axis_order(mm_amc *a, int *dof) {
  mm_slice word;
  int seen = 0;
  if (!mm__scan_word(&a->asf, &word)) return mm__scan_fail(&a->asf, MM_E_PARSE, "the file ends in an axis");
  for (int k = 0; k < 3 && word.length == 3; k++) {
    const int axis = mm__lower(word.text[k]) - 'x';
    if (axis < 0 || axis > 2) break;
    dof[k] = MM_AMC_RX + axis;
    seen |= 1 << axis;
  }
  if (seen != 7) return mm__scan_fail(&a->asf, MM_E_PARSE, "'%.*s' is no order of axes (XYZ)", MM_SLICE(word));
  return MM_OK;
}

static mm_status mm__asf_units(mm_amc *a) {
  mm_slice word;
  while (mm__scan_peek(&a->asf, &word) && word.text[0] != ':') {
    (void)mm__scan_word(&a->asf, &word);
    if (mm__slice_is(word, "length")) {
      MM_TRY(mm__scan_real(&a->asf, "the unit of length", &a->inch));
      if (!(a->inch > 1e-6 && a->inch < 1e6)) return mm__scan_fail(&a->asf, MM_E_DATA, "a unit of length of %g", a->inch);
    } else if (mm__slice_is(word, "angle")) {
      mm_slice unit = mm__scan_rest(&a->asf);
      if (mm__slice_is(unit, "deg")) a->degree = 1;
      else if (mm__slice_is(unit, "rad")) a->degree = 180 / MM_PI;
      else return mm__scan_fail(&a->asf, MM_E_PARSE, "angles in '%.*s'; deg and rad are known", MM_SLICE(unit));
    } else {
      (void)mm__scan_rest(&a->asf); /* mass, and what nobody uses */
    }
  }
  return MM_OK;
}

static mm_status mm__asf_root(mm_amc *a) {
  int axis[3] = {MM_AMC_RX, MM_AMC_RY, MM_AMC_RZ};
  double angles[3] = {0, 0, 0};
  mm_slice word;
  while (mm__scan_peek(&a->asf, &word) && word.text[0] != ':') {
    (void)mm__scan_word(&a->asf, &word);
    if (mm__slice_is(word, "order")) MM_TRY(mm__amc_dofs(a, a->bones));
    else if (mm__slice_is(word, "axis")) MM_TRY(mm__amc_axis_order(a, axis));
    else if (mm__slice_is(word, "position")) MM_TRY(mm__scan_reals(&a->asf, "the root's position", 3, a->position));
    else if (mm__slice_is(word, "orientation")) MM_TRY(mm__scan_reals(&a->asf, "the root's orientation", 3, angles));
    else return mm__scan_fail(&a->asf, MM_E_PARSE, "'%.*s' stands where order, axis, position or orientation should be", MM_SLICE(word));
  }
  mm__amc_turn(axis, angles, 3, a->degree, a->orientation);
  return MM_OK;
}

static mm_status mm__asf_bone(mm_amc *a) {
  mm_amc_bone *bone;
  mm_slice word;
  double norm = 0;
  MM_TRY(mm__amc_new_bone(a));
  bone = &a->bones[a->count - 1];
  for (;;) {
    if (!mm__scan_word(&a->asf, &word)) return mm__scan_fail(&a->asf, MM_E_PARSE, "the file ends within a bone");
    if (mm__slice_is(word, "end")) break;
    if (mm__slice_is(word, "name")) {
      mm_slice name = mm__scan_rest(&a->asf);
      if (!name.length || mm__amc_find(a, name) >= 0)
        return mm__scan_fail(&a->asf, MM_E_PARSE, "the bone's name '%.*s' is empty or stands twice", MM_SLICE(name));
      bone->name = name;
    } else if (mm__slice_is(word, "direction")) {
      MM_TRY(mm__scan_reals(&a->asf, "a direction", 3, bone->direction));
    } else if (mm__slice_is(word, "length")) {
      MM_TRY(mm__scan_real(&a->asf, "a length", &bone->length));
      if (!(bone->length >= 0 && bone->length < 1e6)) return mm__scan_fail(&a->asf, MM_E_DATA, "a bone's length is %g", bone->length);
    } else if (mm__slice_is(word, "axis")) {
      int order[3];
      double angles[3];
      MM_TRY(mm__scan_reals(&a->asf, "an axis", 3, angles));
      MM_TRY(mm__amc_axis_order(a, order));
      mm__amc_turn(order, angles, 3, a->degree, bone->frame);
    } else if (mm__slice_is(word, "dof")) {
      MM_TRY(mm__amc_dofs(a, bone));
    } else {
      (void)mm__scan_rest(&a->asf); /* id, limits with their further lines, bodymass, cofmass */
    }
  }
  if (!bone->name.length) return mm__scan_fail(&a->asf, MM_E_PARSE, "a bone has no name");
  for (int k = 0; k < 3; k++) norm += bone->direction[k] * bone->direction[k];
  if (!(fabs(norm - 1) < 0.05)) return mm__scan_fail(&a->asf, MM_E_DATA, "the direction of '%.*s' is no unit vector", MM_SLICE(bone->name));
  for (int k = 0; k < 3; k++) bone->direction[k] /= sqrt(norm);
  return MM_OK;
}

static mm_status mm__asf_bones(mm_amc *a) {
  mm_slice word;
  while (mm__scan_peek(&a->asf, &word) && word.text[0] != ':') {
    MM_TRY(mm__scan_expect(&a->asf, "begin"));
    MM_TRY(mm__asf_bone(a));
  }
  return MM_OK;
}

/* a line: a bone and its children */
static mm_status mm__asf_family(mm_amc *a, mm_slice first) {
  const mm_slice line = mm__scan_rest(&a->asf);
  const char *at = line.text;
  const int parent = mm__amc_find(a, first);
  mm_slice word;
  if (parent < 0) return mm__scan_fail(&a->asf, MM_E_PARSE, "there is no bone '%.*s'", MM_SLICE(first));
  while (mm__slice_word(line, &at, &word)) {
    const int child = mm__amc_find(a, word);
    if (child < 1) return mm__scan_fail(&a->asf, MM_E_PARSE, "there is no bone '%.*s'", MM_SLICE(word));
    if (a->bones[child].parent >= 0) return mm__scan_fail(&a->asf, MM_E_PARSE, "bone '%.*s' has two parents", MM_SLICE(word));
    a->bones[child].parent = parent;
    a->bones[parent].has_children = 1;
  }
  return MM_OK;
}

static mm_status mm__asf_hierarchy(mm_amc *a) {
  mm_slice word;
  MM_TRY(mm__scan_expect(&a->asf, "begin"));
  for (;;) {
    if (!mm__scan_word(&a->asf, &word)) return mm__scan_fail(&a->asf, MM_E_PARSE, "the file ends within the hierarchy");
    if (mm__slice_is(word, "end")) return MM_OK;
    MM_TRY(mm__asf_family(a, word));
  }
}

/* bones in an order in which parents come first; what cannot be reached from the root is an error */
static mm_status mm__asf_sort(mm_amc *a) {
  int placed = 1;
  a->order = MM_NEW(a->asf.ctx, int, 2 * (size_t)a->count);
  if (!a->order) return MM_E_MEMORY;
  a->rank = a->order + a->count;
  for (int at = 0; at < placed; at++)
    for (int b = 1; b < a->count; b++)
      if (a->bones[b].parent == a->order[at]) {
        a->rank[b] = placed;
        a->order[placed++] = b;
      }
  for (int b = 1; b < a->count; b++)
    if (!a->rank[b])
      return mm__fail(a->asf.ctx, MM_E_PARSE, "%s: the hierarchy does not lead from the root to bone '%.*s'", a->asf.label,
                      MM_SLICE(a->bones[b].name));
  return MM_OK;
}

static mm_status mm__asf_read(mm_amc *a) {
  static const char root[] = "root";
  mm_slice word;
  int seen = 0;
  a->inch = a->degree = 1;
  MM_TRY(mm__amc_new_bone(a));
  a->bones[0].name.text = root;
  a->bones[0].name.length = sizeof root - 1;
  a->orientation[0] = 1;
  while (mm__scan_word(&a->asf, &word)) {
    if (word.text[0] == '#') (void)mm__scan_rest(&a->asf);
    else if (mm__slice_is(word, ":units")) MM_TRY(mm__asf_units(a));
    else if (mm__slice_is(word, ":root")) MM_TRY(mm__asf_root(a));
    else if (mm__slice_is(word, ":bonedata")) MM_TRY(mm__asf_bones(a));
    else if (mm__slice_is(word, ":hierarchy")) {
      MM_TRY(mm__asf_hierarchy(a));
      seen = 1;
    } else if (word.text[0] == ':') { /* version, name, documentation: up to the next */
      while (mm__scan_peek(&a->asf, &word) && word.text[0] != ':') {
        (void)mm__scan_word(&a->asf, &word);
        (void)mm__scan_rest(&a->asf);
      }
    } else {
      return mm__scan_fail(&a->asf, MM_E_PARSE, "'%.*s' stands where a section (:bonedata, :hierarchy ...) should begin", MM_SLICE(word));
    }
  }
  if (!seen) return mm__fail(a->asf.ctx, MM_E_PARSE, "%s: has no :hierarchy; is it an .asf file?", a->asf.label);
  return mm__asf_sort(a);
}

/* the motion */

/* # comments, :FULLY-SPECIFIED, :DEGREES; *degree: in one unit of angle */
static mm_status mm__amc_head(mm_amc *a, double *degree) {
  mm_slice word;
  *degree = a->degree;
  while (mm__scan_peek(&a->amc, &word) && (word.text[0] == '#' || word.text[0] == ':')) {
    (void)mm__scan_word(&a->amc, &word);
    if (mm__slice_is(word, ":degrees")) *degree = 1;
    if (mm__slice_is(word, ":radians")) *degree = 180 / MM_PI;
    (void)mm__scan_rest(&a->amc);
  }
  return MM_OK;
}

static void mm__amc_pose(const mm_amc *a, const mm_amc_bone *bone, const double *values, double degree, double *q) {
  double inverse[4];
  mm__amc_turn(bone->dof, values, bone->dofs, degree, q);
  if (bone == a->bones) {
    mm__rot_multiply(q, a->orientation, q);
    return;
  }
  mm__rot_conjugate(bone->frame, inverse);
  mm__rot_multiply(bone->frame, q, q);
  mm__rot_multiply(q, inverse, q);
}

/* one frame; first: its number. The frame ends where the next number stands. */
static mm_status mm__amc_frame(mm_amc *a, mm_motion *m, int frame, double degree) {
  double *rotations = m->rotations + (size_t)frame * (size_t)m->joint_count * 4;
  mm_slice word;
  double number, values[7];
  while (mm__scan_peek(&a->amc, &word) && !mm__slice_real(word, &number)) {
    mm_amc_bone *bone;
    const int b = mm__amc_find(a, word);
    (void)mm__scan_word(&a->amc, &word);
    if (b < 0) return mm__scan_fail(&a->amc, MM_E_PARSE, "'%.*s' is no bone of %s", MM_SLICE(word), a->asf.label);
    bone = &a->bones[b];
    if (bone->seen == frame + 1) return mm__scan_fail(&a->amc, MM_E_PARSE, "'%.*s' stands twice in a frame", MM_SLICE(word));
    bone->seen = frame + 1;
    MM_TRY(mm__scan_reals(&a->amc, "a degree of freedom", bone->dofs, values));
    mm__amc_pose(a, bone, values, degree, rotations + 4 * a->rank[b]);
    for (int k = 0; k < bone->dofs && b == 0; k++)
      if (bone->dof[k] < MM_AMC_RX) {
        if (!(fabs(values[k]) < 1e7)) return mm__scan_fail(&a->amc, MM_E_DATA, "the root is at %g", values[k]);
        m->translations[3 * (size_t)frame + (size_t)bone->dof[k]] = a->position[bone->dof[k]] + values[k];
      }
  }
  for (int b = 0; b < a->count; b++)
    if (a->bones[b].dofs && a->bones[b].seen != frame + 1)
      return mm__scan_fail(&a->amc, MM_E_PARSE, "frame %d ends without bone '%.*s'", frame + 1, MM_SLICE(a->bones[b].name));
  return MM_OK;
}

/* frames are counted first: lines that hold nothing but a whole number, each the one after that before */
static mm_status mm__amc_count(mm_amc *a, long *frames) {
  mm_scan ahead = a->amc;
  mm_slice line, word;
  const char *at;
  double number, last = 0;
  *frames = 0;
  while (mm__scan_line(&ahead, &line)) {
    at = line.text;
    if (!mm__slice_word(line, &at, &word) || !mm__slice_real(word, &number)) continue;
    if (number != floor(number) || (*frames && number != last + 1))
      return mm__scan_fail(&ahead, MM_E_PARSE, "'%.*s' stands where the number of a frame should be%s", MM_SLICE(word),
                           *frames ? ", one more than that before" : "");
    last = number;
    ++*frames;
  }
  if (!*frames) return mm__fail(a->amc.ctx, MM_E_PARSE, "%s: holds no frames; is it an .amc file?", a->amc.label);
  return MM_OK;
}

static mm_status mm__amc_skeleton(mm_amc *a, mm_motion *m) {
  for (int j = 0; j < m->joint_count; j++) {
    const mm_amc_bone *bone = &a->bones[a->order[j]];
    m->parent[j] = bone->parent < 0 ? -1 : a->rank[bone->parent];
    m->joint_names[j] = mm__slice_copy(m->ctx, bone->name);
    if (!m->joint_names[j]) return MM_E_MEMORY;
    for (int k = 0; k < 3; k++) {
      if (j) m->offset[3 * j + k] = a->bones[bone->parent].direction[k] * a->bones[bone->parent].length;
      if (!bone->has_children) m->end[3 * j + k] = bone->direction[k] * bone->length;
    }
  }
  m->unit = 0.0254 / a->inch;
  return MM_OK;
}

static mm_status mm__amc_motion(mm_amc *a, double frequency, mm_motion **motion) {
  long frames, number;
  double degree;
  MM_TRY(mm__asf_read(a));
  MM_TRY(mm__amc_head(a, &degree));
  MM_TRY(mm__amc_count(a, &frames));
  if (!a->dofs) return mm__fail(a->asf.ctx, MM_E_PARSE, "%s: no bone has degrees of freedom", a->asf.label);
  MM_TRY(mm__motion_new(&a->amc, a->amc.label, frames, a->count, motion));
  (*motion)->frequency = frequency > 0 ? frequency : 120;
  MM_TRY(mm__amc_skeleton(a, *motion));
  for (int f = 0; f < (int)frames; f++) {
    MM_TRY(mm__scan_whole(&a->amc, "the number of a frame", -1000000000, 1000000000, &number));
    MM_TRY(mm__amc_frame(a, *motion, f, degree));
  }
  return MM_OK;
}

static mm_status mm__amc_finish(mm_amc *a, mm_status status, double frequency, mm_motion **motion) {
  if (status == MM_OK) status = mm__amc_motion(a, frequency, motion);
  mm__free(a->asf.ctx, a->bones);
  mm__free(a->asf.ctx, a->order);
  mm__scan_close(&a->asf);
  mm__scan_close(&a->amc);
  if (status != MM_OK) {
    mm_motion_destroy(*motion);
    *motion = NULL;
  }
  return status;
}

mm_status mm_amc_load(mm_context *ctx, const char *asf_path, const char *amc_path, double frequency, mm_motion **motion) {
  mm_amc a;
  mm_status status;
  *motion = NULL;
  memset(&a, 0, sizeof a);
  status = mm__scan_load(ctx, asf_path, &a.asf);
  if (status == MM_OK) status = mm__scan_load(ctx, amc_path, &a.amc);
  return mm__amc_finish(&a, status, frequency, motion);
}

mm_status mm_amc_parse(mm_context *ctx, const char *asf_label, const void *asf, size_t asf_size, const char *amc_label,
                       const void *amc, size_t amc_size, double frequency, mm_motion **motion) {
  mm_amc a;
  mm_status status;
  *motion = NULL;
  memset(&a, 0, sizeof a);
  status = mm__scan_open(ctx, asf_label, asf, asf_size, &a.asf);
  if (status == MM_OK) status = mm__scan_open(ctx, amc_label, amc, amc_size, &a.amc);
  return mm__amc_finish(&a, status, frequency, motion);
}
