/* >>bvh: Biovision hierarchies, read and written

   HIERARCHY: joints, each with its offset from its parent and a list of channels; MOTION: the number of frames, the time of
   one, and the channels' numbers, joint after joint, frame after frame. A joint turns by its rotation channels in the order in
   which they stand, R = R1 R2 R3. Position channels replace the offset, as the programs that write them mean it. */

enum { MM_BVH_X, MM_BVH_Y, MM_BVH_Z, MM_BVH_RX, MM_BVH_RY, MM_BVH_RZ };

typedef struct mm_bvh_joint {
  mm_slice name;
  int parent, children, channel_count, channels[6];
  double offset[3], end[3];
  int has_offset;
} mm_bvh_joint;

typedef struct mm_bvh {
  mm_scan scan;
  mm_bvh_joint *joints;
  int count, room, roots, channels;
} mm_bvh;

static mm_status mm__bvh_add(mm_bvh *b, int parent) {
  if (b->count == b->room) {
    const int room = b->room ? 2 * b->room : 64;
    mm_bvh_joint *grown;
    if (room > MM_MOTION_JOINTS) return mm__scan_fail(&b->scan, MM_E_UNSUPPORTED, "more than %d joints", MM_MOTION_JOINTS);
    grown = (mm_bvh_joint *)mm__grow(b->scan.ctx, b->joints, (size_t)b->room, (size_t)room, sizeof *grown);
    if (!grown) return MM_E_MEMORY;
    b->joints = grown;
    b->room = room;
  }
  memset(&b->joints[b->count], 0, sizeof *b->joints);
  b->joints[b->count].parent = parent;
  if (parent >= 0) b->joints[parent].children++;
  b->count++;
  return MM_OK;
}

/* a name is the rest of its line, up to the brace where that follows on the same line */
static mm_status mm__bvh_name(mm_bvh *b) {
  mm_slice name = mm__scan_rest(&b->scan);
  if (name.length && name.text[name.length - 1] == '{') {
    b->scan.at = name.text + name.length - 1;
    name.length--;
    while (name.length && mm__is_blank(name.text[name.length - 1])) name.length--;
  }
  if (!name.length) return mm__scan_fail(&b->scan, MM_E_PARSE, "a joint has no name");
  for (int j = 0; j < b->count - 1; j++)
    if (b->joints[j].name.length == name.length && !memcmp(b->joints[j].name.text, name.text, name.length))
      return mm__scan_fail(&b->scan, MM_E_PARSE, "there are two joints '%.*s'", MM_SLICE(name));
  b->joints[b->count - 1].name = name;
  return mm__scan_expect(&b->scan, "{");
}

static mm_status mm__bvh_channels(mm_bvh *b, mm_bvh_joint *joint) {
  static const char *const names[] = {"Xposition", "Yposition", "Zposition", "Xrotation", "Yrotation", "Zrotation"};
  long count;
  if (joint->channel_count) return mm__scan_fail(&b->scan, MM_E_PARSE, "'%.*s' has channels twice", MM_SLICE(joint->name));
  MM_TRY(mm__scan_whole(&b->scan, "the number of channels", 0, 6, &count));
  for (int i = 0; i < (int)count; i++) {
    mm_slice word;
    int found = -1;
    if (!mm__scan_word(&b->scan, &word)) return mm__scan_fail(&b->scan, MM_E_PARSE, "the file ends in the channels of a joint");
    for (int k = 0; k < 6; k++)
      if (mm__slice_is(word, names[k])) found = k;
    if (found < 0) return mm__scan_fail(&b->scan, MM_E_PARSE, "'%.*s' is no channel; Xposition to Zrotation are", MM_SLICE(word));
    for (int k = 0; k < i; k++)
      if (joint->channels[k] == found) return mm__scan_fail(&b->scan, MM_E_PARSE, "channel %s stands twice", names[found]);
    joint->channels[i] = found;
  }
  joint->channel_count = (int)count;
  b->channels += (int)count;
  return MM_OK;
}

/* End Site { OFFSET x y z }; more than one: the first counts */
static mm_status mm__bvh_end(mm_bvh *b, int joint) {
  double end[3], size = 0;
  MM_TRY(mm__scan_expect(&b->scan, "Site"));
  MM_TRY(mm__scan_expect(&b->scan, "{"));
  MM_TRY(mm__scan_expect(&b->scan, "OFFSET"));
  MM_TRY(mm__scan_reals(&b->scan, "the offset of an End Site", 3, end));
  MM_TRY(mm__scan_expect(&b->scan, "}"));
  for (int k = 0; k < 3; k++) size += fabs(b->joints[joint].end[k]);
  if (size == 0) memcpy(b->joints[joint].end, end, sizeof end);
  return MM_OK;
}

/* what stands between the braces of the joint `at`, which moves to its child or back to its parent */
static mm_status mm__bvh_item(mm_bvh *b, int *at) {
  mm_bvh_joint *joint = &b->joints[*at];
  mm_slice word;
  if (!mm__scan_word(&b->scan, &word))
    return mm__scan_fail(&b->scan, MM_E_PARSE, "the file ends within joint '%.*s'", MM_SLICE(joint->name));
  if (mm__slice_is(word, "OFFSET")) {
    joint->has_offset = 1;
    return mm__scan_reals(&b->scan, "an offset", 3, joint->offset);
  }
  if (mm__slice_is(word, "CHANNELS")) return mm__bvh_channels(b, joint);
  if (mm__slice_is(word, "End")) return mm__bvh_end(b, *at);
  if (mm__slice_is(word, "JOINT")) {
    MM_TRY(mm__bvh_add(b, *at));
    *at = b->count - 1;
    return mm__bvh_name(b);
  }
  if (mm__slice_is(word, "}")) {
    if (!joint->has_offset) return mm__scan_fail(&b->scan, MM_E_PARSE, "joint '%.*s' has no OFFSET", MM_SLICE(joint->name));
    *at = joint->parent;
    return MM_OK;
  }
  return mm__scan_fail(&b->scan, MM_E_PARSE, "'%.*s' stands where OFFSET, CHANNELS, JOINT, End Site or } should be", MM_SLICE(word));
}

static mm_status mm__bvh_hierarchy(mm_bvh *b) {
  mm_slice word;
  int at = 0;
  MM_TRY(mm__scan_expect(&b->scan, "HIERARCHY"));
  MM_TRY(mm__scan_expect(&b->scan, "ROOT"));
  MM_TRY(mm__bvh_add(b, -1));
  MM_TRY(mm__bvh_name(b));
  while (at >= 0) MM_TRY(mm__bvh_item(b, &at));
  if (mm__scan_peek(&b->scan, &word) && mm__slice_is(word, "ROOT")) {
    b->scan.told = b->scan.line;
    return mm__scan_fail(&b->scan, MM_E_UNSUPPORTED, "a second ROOT; files of one body are read");
  }
  if (!b->channels) return mm__scan_fail(&b->scan, MM_E_PARSE, "no joint has channels");
  return MM_OK;
}

static mm_status mm__bvh_make(mm_bvh *b, const char *path, mm_motion **motion) {
  long frames;
  double time;
  MM_TRY(mm__scan_expect(&b->scan, "MOTION"));
  MM_TRY(mm__scan_expect(&b->scan, "Frames:"));
  MM_TRY(mm__scan_whole(&b->scan, "the number of frames", 1, 10000000, &frames));
  MM_TRY(mm__scan_expect(&b->scan, "Frame"));
  MM_TRY(mm__scan_expect(&b->scan, "Time:"));
  MM_TRY(mm__scan_real(&b->scan, "the time of a frame", &time));
  if (!(time >= 1e-4 && time <= 10)) return mm__scan_fail(&b->scan, MM_E_DATA, "a frame takes %g s; 0.0001 to 10 are possible", time);
  MM_TRY(mm__motion_new(&b->scan, path, frames, b->count, motion));
  (*motion)->frequency = mm__round_rate(1 / time);
  for (int j = 0; j < b->count; j++) {
    (*motion)->parent[j] = b->joints[j].parent;
    memcpy((*motion)->offset + 3 * j, b->joints[j].offset, sizeof b->joints[j].offset);
    if (!b->joints[j].children) memcpy((*motion)->end + 3 * j, b->joints[j].end, sizeof b->joints[j].end);
    (*motion)->joint_names[j] = mm__slice_copy(b->scan.ctx, b->joints[j].name);
    if (!(*motion)->joint_names[j]) return MM_E_MEMORY;
  }
  return MM_OK;
}

/* one joint of one frame; *moved: where its position channels put it */
static mm_status mm__bvh_pose(mm_bvh *b, const mm_bvh_joint *joint, double *rotation, double *moved) {
  int axes[3], turns = 0;
  double degrees[3];
  memcpy(moved, joint->offset, sizeof joint->offset);
  for (int c = 0; c < joint->channel_count; c++) {
    double value;
    MM_TRY(mm__scan_real(&b->scan, "a channel", &value));
    if (joint->channels[c] < MM_BVH_RX) {
      if (!(fabs(value) < 1e7)) return mm__scan_fail(&b->scan, MM_E_DATA, "joint '%.*s' is at %g", MM_SLICE(joint->name), value);
      moved[joint->channels[c]] = value;
    } else {
      axes[turns] = joint->channels[c] - MM_BVH_RX;
      degrees[turns++] = fmod(value, 360);
    }
  }
  mm__rot_from_euler(axes, degrees, turns, rotation);
  return MM_OK;
}

/* joints that move on their parents get their mean place as offset; how far they stray is kept */
static mm_status mm__bvh_frames(mm_bvh *b, mm_motion *m) {
  const size_t joints = (size_t)m->joint_count, frames = (size_t)m->frame_count;
  double *sum = MM_NEW(m->ctx, double, 9 * joints); /* of places, then their least and largest */
  mm_status status = sum ? MM_OK : MM_E_MEMORY;
  double *low = sum ? sum + 3 * joints : NULL, *high = sum ? sum + 6 * joints : NULL;
  for (size_t f = 0; f < frames && status == MM_OK; f++)
    for (size_t j = 0; j < joints && status == MM_OK; j++) {
      double moved[3];
      mm_slice word;
      if (!mm__scan_peek(&b->scan, &word))
        status = mm__scan_fail(&b->scan, MM_E_PARSE, "the file ends in frame %lu of %lu", (unsigned long)f + 1, (unsigned long)frames);
      else status = mm__bvh_pose(b, &b->joints[j], m->rotations + 4 * (f * joints + j), moved);
      for (size_t k = 3 * j; status == MM_OK && k < 3 * j + 3; k++) {
        const double x = moved[k - 3 * j];
        sum[k] += x / (double)frames;
        if (f == 0 || x < low[k]) low[k] = x;
        if (f == 0 || x > high[k]) high[k] = x;
        if (j == 0) m->translations[3 * f + k] = x;
      }
    }
  for (size_t k = 3; k < 3 * joints && status == MM_OK; k++) {
    m->stretch = fmax(m->stretch, fmax(high[k] - sum[k], sum[k] - low[k]));
    if (high[k] != low[k] || high[k] != m->offset[k]) m->offset[k] = sum[k];
  }
  mm__free(m->ctx, sum);
  return status;
}

static mm_status mm__bvh_read(mm_bvh *b, const char *path, mm_motion **motion) {
  mm_slice word;
  mm_status status = mm__bvh_hierarchy(b);
  if (status == MM_OK) status = mm__bvh_make(b, path, motion);
  if (status == MM_OK) status = mm__bvh_frames(b, *motion);
  if (status == MM_OK && mm__scan_peek(&b->scan, &word))
    mm__log(b->scan.ctx, MM_LOG_WARNING, "%s:%d: what follows the last of the %d frames is left out", path, b->scan.line,
            (*motion)->frame_count);
  mm__free(b->scan.ctx, b->joints);
  mm__scan_close(&b->scan);
  if (status != MM_OK) {
    mm_motion_destroy(*motion);
    *motion = NULL;
  }
  return status;
}

mm_status mm_bvh_load(mm_context *ctx, const char *path, mm_motion **motion) {
  mm_bvh b;
  *motion = NULL;
  memset(&b, 0, sizeof b);
  MM_TRY(mm__scan_load(ctx, path, &b.scan));
  return mm__bvh_read(&b, path, motion);
}

mm_status mm_bvh_parse(mm_context *ctx, const char *label, const void *bytes, size_t size, mm_motion **motion) {
  mm_bvh b;
  *motion = NULL;
  memset(&b, 0, sizeof b);
  MM_TRY(mm__scan_open(ctx, label, bytes, size, &b.scan));
  return mm__bvh_read(&b, label, motion);
}

/* writing */

static int mm__bvh_last_child(const mm_motion *m, int joint) {
  int last = -1;
  for (int j = joint + 1; j < m->joint_count; j++)
    if (m->parent[j] == joint) last = j;
  return last;
}

static void mm__bvh_write_offset(mm_printer *out, int indent, double scale, const double *offset) {
  mm__print_add(out, "%*sOFFSET", indent, "");
  for (int k = 0; k < 3; k++) mm__print_real(out, " ", 6, 'f', scale * offset[k]);
  mm__print_add(out, "\n");
}

/* Joints are written in the order of a walk over the tree, which need not be the motion's own; order receives it. */
static void mm__bvh_write_joint(const mm_motion *m, double scale, mm_printer *out, int joint, int depth, int *order, int *count) {
  const double *o = m->offset + 3 * joint, *end = m->end + 3 * joint;
  const int indent = 2 * depth;
  order[(*count)++] = joint;
  mm__print_add(out, "%*s%s %s\n%*s{\n", indent, "", depth ? "JOINT" : "ROOT", m->joint_names[joint], indent, "");
  mm__bvh_write_offset(out, indent + 2, scale, o);
  mm__print_add(out, "%*s  CHANNELS %s\n", indent, "",
               joint ? "3 Zrotation Xrotation Yrotation" : "6 Xposition Yposition Zposition Zrotation Xrotation Yrotation");
  if (mm__bvh_last_child(m, joint) >= 0) return;
  mm__print_add(out, "%*s  End Site\n%*s  {\n", indent, "", indent, "");
  mm__bvh_write_offset(out, indent + 4, scale, end);
  mm__print_add(out, "%*s  }\n", indent, "");
}

static void mm__bvh_write_tree(const mm_motion *m, double scale, mm_printer *out, int *order) {
  int count = 0, at = 0, depth = 0, next = 1;
  mm__bvh_write_joint(m, scale, out, 0, 0, order, &count);
  while (at >= 0) {
    while (next < m->joint_count && m->parent[next] != at) next++;
    if (next < m->joint_count) {
      at = next;
      next = at + 1;
      mm__bvh_write_joint(m, scale, out, at, ++depth, order, &count);
    } else {
      mm__print_add(out, "%*s}\n", 2 * depth--, "");
      next = at + 1;
      at = m->parent[at];
    }
  }
}

static void mm__bvh_write_frame(const mm_motion *m, double scale, mm_printer *out, const int *order, int frame) {
  const double *x = m->translations + 3 * (size_t)frame;
  for (int k = 0; k < 3; k++) mm__print_real(out, k ? " " : "", 6, 'f', scale * x[k]);
  for (int i = 0; i < m->joint_count; i++) {
    double degrees[3];
    mm__rot_to_zxy(m->rotations + ((size_t)frame * (size_t)m->joint_count + (size_t)order[i]) * 4, degrees);
    for (int k = 0; k < 3; k++) mm__print_real(out, " ", 6, 'f', degrees[k]);
  }
  mm__print_add(out, "\n");
}

mm_status mm_bvh_save(const mm_motion *m, double unit, const char *path) {
  mm_context *ctx = m->ctx;
  int *order;
  double scale = 1;
  mm_printer out;
  mm_status status;
  if (unit > 0 && !(m->unit > 0))
    return mm__fail(ctx, MM_E_ARGUMENT, "%s: cannot be written in units of %g m: its own unit is not known", m->name, unit);
  if (unit > 0) scale = m->unit / unit;
  for (int j = 1; j < m->joint_count; j++)
    if (m->parent[j] < 0) return mm__fail(ctx, MM_E_UNSUPPORTED, "%s: joint '%s' is a second root", m->name, m->joint_names[j]);
  order = MM_NEW(ctx, int, m->joint_count);
  if (!order) return MM_E_MEMORY;
  status = mm__print_begin(ctx, path, &out);
  if (status == MM_OK) {
    mm__print_add(&out, "HIERARCHY\n");
    mm__bvh_write_tree(m, scale, &out, order);
    mm__print_add(&out, "MOTION\nFrames: %d\n", m->frame_count);
    mm__print_real(&out, "Frame Time: ", 9, 'g', 1 / m->frequency);
    mm__print_add(&out, "\n");
    for (int f = 0; f < m->frame_count; f++) mm__bvh_write_frame(m, scale, &out, order, f);
    status = mm__print_commit(&out);
  }
  mm__free(ctx, order);
  return status;
}
