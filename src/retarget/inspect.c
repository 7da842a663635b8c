/* >>clip-inspect: what makes a clip bad, before and after retargeting */

const char *mm_clip_limit_name(mm_clip_limit limit) {
  static const char *const names[] = {
#define MM_CLIP_LIMIT_NAME(upper, name, normal, scale, digits, unit, meaning) #name,
    MM_CLIP_LIMITS(MM_CLIP_LIMIT_NAME)
#undef MM_CLIP_LIMIT_NAME
  };
  return (int)limit >= 0 && limit < MM_LIMIT_COUNT ? names[limit] : NULL;
}

void mm_clip_limits_default(double limits[MM_LIMIT_COUNT]) {
#define MM_CLIP_LIMIT_VALUE(upper, name, normal, scale, digits, unit, meaning) limits[MM_LIMIT_##upper] = (normal);
  MM_CLIP_LIMITS(MM_CLIP_LIMIT_VALUE)
#undef MM_CLIP_LIMIT_VALUE
}

/* from a frame to the next; 0 beyond the ends */
static double mm__inspect_way(const double *positions, int frames, int frame, int joint) {
  if (frame < 0 || frame + 1 >= frames) return 0;
  const double *a = positions + 3 * ((size_t)frame * MM_SMPL_JOINTS + (size_t)joint), *b = a + 3 * MM_SMPL_JOINTS;
  return sqrt((b[0] - a[0]) * (b[0] - a[0]) + (b[1] - a[1]) * (b[1] - a[1]) + (b[2] - a[2]) * (b[2] - a[2]));
}

/* A leap is the way of a joint from one frame to the next, less what it moves in the frames around it: what is merely fast is
   fast there, too. Of the two frames beside it the slower one counts, because a spike goes back where it came from. */
static void mm__inspect_leaps(const double *positions, int frames, mm_clip_verdict *v) {
  for (int f = 0; f + 1 < frames; f++)
    for (int j = 0; j < MM_SMPL_JOINTS; j++) {
      const double beside = fmin(mm__inspect_way(positions, frames, f - 1, j), mm__inspect_way(positions, frames, f + 1, j));
      const double around = fmax(mm__inspect_way(positions, frames, f - 2, j), mm__inspect_way(positions, frames, f + 2, j));
      const double leap = mm__inspect_way(positions, frames, f, j) - fmax(beside, around);
      if (leap <= v->value[MM_LIMIT_TELEPORT]) continue;
      v->value[MM_LIMIT_TELEPORT] = leap;
      v->frame = f + 1;
      v->joint = j;
    }
}

mm_status mm_clip_inspect(const mm_clip *clip, mm_clip_verdict *v) {
  const size_t frames = (size_t)clip->frame_count;
  mm_skeleton skeleton;
  double *positions, *rotations;
  memset(v, 0, sizeof *v);
  v->frame = v->joint = -1;
  MM_TRY(mm_clip_skeleton(clip, &skeleton));
  positions = MM_NEW(clip->ctx, double, frames * 7 * MM_SMPL_JOINTS);
  if (!positions) return MM_E_MEMORY;
  rotations = positions + frames * 3 * MM_SMPL_JOINTS;
  mm_clip_joints(clip, &skeleton, positions, rotations);
  mm__inspect_leaps(positions, clip->frame_count, v);
  for (int f = 0; f + 1 < clip->frame_count; f++) {
    const double speed = mm__inspect_way(positions, clip->frame_count, f, MM_SMPL_PELVIS) * clip->frequency;
    if (speed > v->value[MM_LIMIT_SPEED]) v->value[MM_LIMIT_SPEED] = speed;
  }
  mm__free(clip->ctx, positions);
  return MM_OK;
}

void mm_retarget_inspect(const mm_retarget_report *report, mm_clip_verdict *v) {
  v->value[MM_LIMIT_REACH] = report->site_rmse;
  v->value[MM_LIMIT_JOINTS] = report->limit_violation;
  v->value[MM_LIMIT_PENETRATION] = report->penetration_depth;
  v->value[MM_LIMIT_FLOATING] = report->floating;
  v->value[MM_LIMIT_AIRBORNE] = report->airborne;
}

mm_clip_limit mm_clip_exceeds(const mm_clip_verdict *v, const double limits[MM_LIMIT_COUNT]) {
  int i = 0;
  while (i < MM_LIMIT_COUNT && v->value[i] <= limits[i]) i++; /* what is no number exceeds every limit */
  return (mm_clip_limit)i;
}
