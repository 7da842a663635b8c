/* >>trajectory-select: some clips of a trajectory, by name or by chance */

/* names and the frames of the clips that are kept; t has its sizes */
static mm_status mm__pick_fill(mm_trajectory *t, const mm_trajectory *from, const char *keep) {
  int clip = 0;
  MM_TRAJECTORY_SIZES(from)
  t->model_name = mm__strdup(t->ctx, from->model_name);
  if (!t->model_name) return MM_E_MEMORY;
  MM_TRY(mm__texts_copy(t->ctx, t->joint_names, from->joint_names, from->joint_count));
  MM_TRY(mm__texts_copy(t->ctx, t->site_names, from->site_names, from->site_count));
  if (from->clip_splits && !(t->clip_splits = MM_NEW(t->ctx, char *, t->clip_count))) return MM_E_MEMORY;
  for (int i = 0; i < from->clip_count; i++) {
    const size_t at = (size_t)t->split_points[clip], first = (size_t)from->split_points[i];
    const size_t frames = (size_t)from->split_points[i + 1] - first;
    if (!keep[i]) continue;
    t->clip_names[clip] = mm__strdup(t->ctx, from->clip_names[i]);
    if (!t->clip_names[clip]) return MM_E_MEMORY;
    if (from->clip_splits && !(t->clip_splits[clip] = mm__strdup(t->ctx, from->clip_splits[i]))) return MM_E_MEMORY;
#define MM_PICK_COPY(name, columns, unit, frame, meaning) \
    memcpy(t->name + at * (size_t)(columns), from->name + first * (size_t)(columns), frames * (size_t)(columns) * sizeof(double));
    MM_TRAJECTORY_FIELDS(MM_PICK_COPY)
#undef MM_PICK_COPY
    t->split_points[++clip] = (int)(at + frames);
  }
  return MM_OK;
}

/* keep: a flag for each clip, at least one of them set */
static mm_status mm__trajectory_pick(const mm_trajectory *from, const char *keep, mm_trajectory **picked) {
  mm_trajectory *t = MM_NEW(from->ctx, mm_trajectory, 1);
  mm_status status;
  if (!t) return MM_E_MEMORY;
  t->ctx = from->ctx;
  t->model_hash = from->model_hash;
  t->frequency = from->frequency;
  t->nq = from->nq;
  t->nv = from->nv;
  t->joint_count = from->joint_count;
  t->site_count = from->site_count;
  for (int i = 0; i < from->clip_count; i++) {
    if (!keep[i]) continue;
    t->clip_count++;
    t->frame_count += from->split_points[i + 1] - from->split_points[i];
  }
  status = mm__trajectory_allocate(t);
  if (status == MM_OK) status = mm__pick_fill(t, from, keep);
  if (status != MM_OK) {
    mm_trajectory_destroy(t);
    return status;
  }
  *picked = t;
  return MM_OK;
}

/* a pattern of names, or @ and the name of a split */
static int mm__select_fits(const mm_trajectory *t, const char *pattern, int clip) {
  if (pattern[0] != '@') return mm__glob(pattern, t->clip_names[clip]);
  return t->clip_splits && mm__glob(pattern + 1, t->clip_splits[clip]);
}

mm_status mm_trajectory_select(const mm_trajectory *trajectory, const char *const *patterns, int count, mm_trajectory **selected) {
  mm_context *ctx = trajectory->ctx;
  char *keep = MM_NEW(ctx, char, trajectory->clip_count);
  mm_status status = keep ? MM_OK : MM_E_MEMORY;
  int kept = 0;
  *selected = NULL;
  for (int i = 0; keep && i < trajectory->clip_count; i++) keep[i] = count == 0 || patterns[0][0] == '!';
  for (int p = 0; p < count && status == MM_OK; p++) {
    const int leaves_out = patterns[p][0] == '!';
    int matches = 0;
    for (int i = 0; i < trajectory->clip_count; i++)
      if (mm__select_fits(trajectory, patterns[p] + leaves_out, i)) {
        keep[i] = !leaves_out;
        matches++;
      }
    if (!matches && patterns[p][leaves_out] == '@')
      status = mm__fail(ctx, MM_E_ARGUMENT, "no clip belongs to the split '%s'%s", patterns[p] + leaves_out + 1,
                        trajectory->clip_splits ? "" : "; the trajectory has no splits");
    else if (!matches)
      status = mm__fail(ctx, MM_E_ARGUMENT, "no clip is called '%s'; the first of %d is '%s'", patterns[p] + leaves_out,
                        trajectory->clip_count, trajectory->clip_names[0]);
  }
  for (int i = 0; status == MM_OK && i < trajectory->clip_count; i++) kept += keep[i];
  if (status == MM_OK && !kept) status = mm__fail(ctx, MM_E_ARGUMENT, "the patterns leave none of %d clips", trajectory->clip_count);
  if (status == MM_OK) status = mm__trajectory_pick(trajectory, keep, selected);
  mm__free(ctx, keep);
  return status;
}

/* Clips are ranked by a number of their names; equal names by their places. The places of a clip do not depend on how
   the list is ordered. */
static int mm__split_before(const mm_trajectory *t, const uint64_t *hashes, int a, int b) {
  if (hashes[a] != hashes[b]) return hashes[a] < hashes[b];
  return strcmp(t->clip_names[a], t->clip_names[b]) < 0 || (!strcmp(t->clip_names[a], t->clip_names[b]) && a < b);
}

static mm_status mm__split_flags(const mm_trajectory *t, int wanted, uint64_t *hashes, char *held, char *kept) {
  for (int i = 0; i < t->clip_count; i++)
    hashes[i] = mm__hash(mm__hash(MM_HASH_SEED, "held out", 8), t->clip_names[i], strlen(t->clip_names[i]));
  for (int i = 0; i < t->clip_count; i++) {
    int rank = 0;
    for (int k = 0; k < t->clip_count; k++) rank += mm__split_before(t, hashes, k, i);
    held[i] = rank < wanted;
    kept[i] = !held[i];
  }
  return MM_OK;
}

mm_status mm_trajectory_split(const mm_trajectory *trajectory, double fraction, mm_trajectory **kept, mm_trajectory **held_out) {
  mm_context *ctx = trajectory->ctx;
  const size_t n = (size_t)trajectory->clip_count;
  const int wanted = (int)floor(fraction * trajectory->clip_count + 0.5);
  uint64_t *hashes = MM_NEW(ctx, uint64_t, n);
  char *flags = MM_NEW(ctx, char, 2 * n);
  mm_status status = hashes && flags ? MM_OK : MM_E_MEMORY;
  *kept = *held_out = NULL;
  if (status == MM_OK && (!(fraction > 0 && fraction < 1) || wanted < 1 || wanted >= trajectory->clip_count))
    status = mm__fail(ctx, MM_E_ARGUMENT, "%g of %d clips cannot be held out: some must be, and some must stay", fraction, trajectory->clip_count);
  if (status == MM_OK) status = mm__split_flags(trajectory, wanted, hashes, flags, flags + n);
  if (status == MM_OK) status = mm__trajectory_pick(trajectory, flags, held_out);
  if (status == MM_OK) status = mm__trajectory_pick(trajectory, flags + n, kept);
  if (status != MM_OK) {
    mm_trajectory_destroy(*held_out);
    *held_out = NULL;
  }
  mm__free(ctx, hashes);
  mm__free(ctx, flags);
  return status;
}
