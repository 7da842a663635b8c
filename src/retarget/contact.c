/* >>retarget-contact: what touches the floor, when, and where it stands

   Every geom that may touch the floor is one or more points: the ends of a capsule, the centre of a sphere or an ellipsoid,
   the corners of a box, the outermost vertices of a mesh, each with what lies below it. A point is in contact while it is
   low and slow. What is slow is its lowest material: a ball that rolls does not slide, though its centre moves, so the
   track of a point is its centre's path with the rolling taken out. While in contact the track should stay where it is on
   average, and the height at zero; elsewhere, well above. */

#define MM_FIT_GEOM_POINTS 26

typedef struct mm_fit_point {
  int geom, body, ellipsoid;
  double centre[3], size[3], turn[4]; /* in the body */
} mm_fit_point;

typedef struct mm_fit_floor {
  int count;                  /* points that come near the floor in some frame */
  mm_fit_point *points;
  double origin[3], axes[9];  /* of the floor; by rows two axes in it and its normal */
  double *spot;               /* [frame, point, 3] on both axes, and height of the lowest part */
  double *track;              /* [frame, point, 2] material on both axes */
  int row;                    /* numbers of a frame's row, MM_RF_ROW */
  double *rows;               /* [frame, row] */
} mm_fit_floor;

/* how contact begins and ends */
static const double mm__fit_touch_height = 0.03, mm__fit_leave_height = 0.045; /* m */
static const double mm__fit_touch_speed = 0.25, mm__fit_leave_speed = 0.45;    /* m/s */

static void mm__fit_point_make(const mm_model *m, int geom, const double *local, double radius, mm_fit_point *point) {
  memset(point, 0, sizeof *point);
  point->geom = geom;
  point->body = m->geom_bodyid[geom];
  mm__rot_apply(m->geom_quat + 4 * geom, local, point->centre);
  for (int k = 0; k < 3; k++) point->centre[k] += m->geom_pos[3 * geom + k];
  point->size[0] = point->size[1] = point->size[2] = radius;
  memcpy(point->turn, m->geom_quat + 4 * geom, sizeof point->turn);
}

/* the vertices that reach farthest in 26 directions */
static int mm__fit_mesh_points(const mm_model *m, int geom, mm_fit_point *points) {
  const int mesh = m->geom_dataid[geom], count = m->mesh_vertnum[mesh];
  int found = 0, taken[MM_FIT_GEOM_POINTS];
  for (int d = 0; d < 27; d++) {
    const double way[3] = {d % 3 - 1.0, d / 3 % 3 - 1.0, d / 9 - 1.0};
    double best = -1e30;
    int at = 0, known = d == 13;
    for (int v = 0; v < count && d != 13; v++) {
      const double *x = m->mesh_vert + 3 * (m->mesh_vertadr[mesh] + v), reach = way[0] * x[0] + way[1] * x[1] + way[2] * x[2];
      if (reach > best) {
        best = reach;
        at = v;
      }
    }
    for (int i = 0; i < found; i++) known |= taken[i] == at;
    if (known) continue;
    taken[found] = at;
    mm__fit_point_make(m, geom, m->mesh_vert + 3 * (m->mesh_vertadr[mesh] + at), 0, &points[found++]);
  }
  return found;
}

static int mm__fit_geom_points(const mm_model *m, int geom, mm_fit_point *points) {
  const double *size = m->geom_size + 3 * geom;
  const int type = m->geom_type[geom];
  double local[3] = {0, 0, 0};
  int count = 0;
  if (type == MM_GEOM_SPHERE || type == MM_GEOM_ELLIPSOID) {
    mm__fit_point_make(m, geom, local, size[0], points);
    points->ellipsoid = type == MM_GEOM_ELLIPSOID;
    if (points->ellipsoid) memcpy(points->size, size, sizeof points->size);
    return 1;
  }
  if (type == MM_GEOM_MESH) return mm__fit_mesh_points(m, geom, points);
  /* the ends of a capsule, four on each rim of a cylinder, the corners of a box */
  for (int i = 0; i < 8; i++) {
    const int end = i & 1, corner = i >> 1;
    static const double rim[4][2] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
    if (type == MM_GEOM_CAPSULE && corner) break;
    local[2] = (end ? 1 : -1) * (type == MM_GEOM_BOX ? size[2] : size[1]);
    if (type == MM_GEOM_BOX) {
      local[0] = (corner & 1 ? 1 : -1) * size[0];
      local[1] = (corner & 2 ? 1 : -1) * size[1];
    } else if (type == MM_GEOM_CYLINDER) {
      local[0] = rim[corner][0] * size[0];
      local[1] = rim[corner][1] * size[0];
    } else if (type != MM_GEOM_CAPSULE) break;
    mm__fit_point_make(m, geom, local, type == MM_GEOM_CAPSULE ? size[0] : 0, &points[count++]);
  }
  return count;
}

/* where a point is over the floor, in the pose that is set; lever: from its centre to its lowest part */
static void mm__fit_point_at(const mm_fit_plan *plan, const mm_fit_floor *floor, const mm_fit_point *point, double *spot, double *lever) {
  const double *pos = plan->pose->data.xpos + 3 * point->body, *quat = plan->pose->data.xquat + 4 * point->body;
  const double *up = floor->axes + 6;
  double at[3], down[3];
  mm__rot_apply(quat, point->centre, at);
  for (int k = 0; k < 3; k++) {
    at[k] += pos[k] - floor->origin[k];
    down[k] = -point->size[0] * up[k];
  }
  if (point->ellipsoid) {
    double turn[4], back[4], along[3], norm = 0;
    mm__rot_multiply(quat, point->turn, turn);
    mm__rot_conjugate(turn, back);
    mm__rot_apply(back, up, along);
    for (int k = 0; k < 3; k++) norm += pow(along[k] * point->size[k], 2);
    norm = sqrt(norm > 1e-12 ? norm : 1e-12);
    for (int k = 0; k < 3; k++) down[k] = -along[k] * point->size[k] * point->size[k] / norm;
    mm__rot_apply(turn, down, down);
  }
  for (int i = 0; i < 3; i++) {
    spot[i] = 0;
    for (int k = 0; k < 3; k++) spot[i] += floor->axes[3 * i + k] * (at[k] + (i == 2 ? down[k] : 0));
  }
  memcpy(lever, down, sizeof down);
}

/* the floor, and which points come near it in any frame; ignored: none do */
static mm_status mm__fit_floor_open(const mm_fit_plan *plan, const mm_fit_batch *batch, int ignored, mm_arena *arena, mm_fit_floor *floor) {
  const size_t nq = (size_t)plan->model->nq, frames = (size_t)batch->frame_count;
  mm_fit_point *all = MM_ARENA_NEW(arena, mm_fit_point, MM_FIT_GEOM_POINTS * (size_t)plan->floor_count);
  unsigned char *near_floor = NULL;
  double mat[9], spot[3], lever[3];
  int count = 0;
  memset(floor, 0, sizeof *floor);
  if (!all) return MM_E_MEMORY;
  for (int i = 0; i < plan->floor_count && !ignored; i++) count += mm__fit_geom_points(plan->model, plan->floor_geoms[i], all + count);
  near_floor = MM_ARENA_NEW(arena, unsigned char, count);
  floor->points = MM_ARENA_NEW(arena, mm_fit_point, count);
  if (!near_floor || !floor->points) return MM_E_MEMORY;
  for (size_t f = 0; f < frames && count; f++) {
    mm__pose_set(plan->pose, batch->qpos + f * nq);
    if (f == 0) {
      mm__pose_geom(plan->pose, plan->floor, floor->origin, mat);
      for (int i = 0; i < 9; i++) floor->axes[i] = mat[3 * (i % 3) + i / 3];
    }
    for (int p = 0; p < count; p++) {
      if (near_floor[p]) continue;
      mm__fit_point_at(plan, floor, &all[p], spot, lever);
      near_floor[p] = spot[2] < 0.06;
    }
  }
  for (int p = 0; p < count; p++)
    if (near_floor[p]) floor->points[floor->count++] = all[p];
  floor->spot = MM_ARENA_NEW(arena, double, frames * (size_t)floor->count * 3);
  floor->track = MM_ARENA_NEW(arena, double, frames * (size_t)floor->count * 2);
  floor->row = MM_RF_ROW(floor->count, plan->free_count);
  floor->rows = MM_ARENA_NEW(arena, double, frames * (size_t)floor->row);
  return floor->spot && floor->track && floor->rows ? MM_OK : MM_E_MEMORY;
}

/* spots and tracks of a clip's frames from its poses */
static mm_status mm__fit_floor_follow(const mm_fit_plan *plan, const mm_fit_batch *batch, int clip, mm_fit_floor *floor) {
  const int begin = batch->first[clip], end = batch->first[clip + 1], points = floor->count;
  double *last = MM_NEW(plan->ctx, double, 7 * points); /* quaternion of the body, lever */
  if (!last) return MM_E_MEMORY;
  for (int f = begin; f < end && points; f++) {
    mm__pose_set(plan->pose, batch->qpos + (size_t)f * (size_t)plan->model->nq);
    for (int p = 0; p < points; p++) {
      const size_t at = (size_t)f * (size_t)points + (size_t)p;
      const double *quat = plan->pose->data.xquat + 4 * floor->points[p].body;
      double *spot = floor->spot + 3 * at, *track = floor->track + 2 * at, *before = last + 7 * p, lever[3], turn[4], w[3], roll[3];
      mm__fit_point_at(plan, floor, &floor->points[p], spot, lever);
      if (f == begin) memcpy(track, spot, 2 * sizeof *track);
      else {
        /* the turn since the frame before, times half of both levers: what the material moved more than the centre */
        mm__rot_conjugate(before, turn);
        mm__rot_multiply(quat, turn, turn);
        mm__rot_to_vector(turn, w);
        for (int k = 0; k < 3; k++) before[4 + k] = 0.5 * (before[4 + k] + lever[k]);
        roll[0] = w[1] * before[6] - w[2] * before[5];
        roll[1] = w[2] * before[4] - w[0] * before[6];
        roll[2] = w[0] * before[5] - w[1] * before[4];
        for (int i = 0; i < 2; i++) {
          track[i] = (track - 2 * points)[i] + spot[i] - (spot - 3 * points)[i];
          for (int k = 0; k < 3; k++) track[i] += floor->axes[3 * i + k] * roll[k];
        }
      }
      memcpy(before, quat, 4 * sizeof *before);
      memcpy(before + 4, lever, sizeof lever);
    }
  }
  mm__free(plan->ctx, last);
  return MM_OK;
}

/* m/s of the material of a point, over the frames on either side */
static double mm__fit_point_speed(const mm_fit_batch *batch, const mm_fit_floor *floor, int clip, int frame, int point) {
  const int begin = batch->first[clip], end = batch->first[clip + 1];
  const int a = frame > begin ? frame - 1 : frame, b = frame < end - 1 ? frame + 1 : frame;
  const double *x = floor->track + 2 * ((size_t)a * (size_t)floor->count + (size_t)point);
  const double *y = floor->track + 2 * ((size_t)b * (size_t)floor->count + (size_t)point);
  return b > a ? hypot(y[0] - x[0], y[1] - x[1]) * batch->frequency / (b - a) : 0;
}

/* moves a pose, as far as its root can, and its targets */
static void mm__fit_shift(const mm_fit_plan *plan, double *qpos, double *targets, const double *move) {
  if (plan->free_root)
    for (int k = 0; k < 2; k++) qpos[plan->height_qpos - 2 + k] += move[k];
  qpos[plan->height_qpos] += plan->height_sign * move[2];
  for (int s = 0; s < plan->site_count; s++)
    for (int k = 0; k < 3; k++) targets[7 * s + k] += move[k];
}

/* Lays a clip on the floor: lifts or lowers all of it, targets too, so that what is slow and low stands on it in the middle
   of the cases. */
static mm_status mm__fit_ground(const mm_fit_plan *plan, mm_fit_batch *batch, int clip, mm_fit_floor *floor) {
  const int begin = batch->first[clip], end = batch->first[clip + 1], points = floor->count;
  const size_t nq = (size_t)plan->model->nq, sites = (size_t)plan->site_count;
  double *heights, shift, low;
  int count = 0;
  if (plan->height_qpos < 0 || !points) return MM_OK;
  heights = MM_NEW(plan->ctx, double, 2 * (end - begin));
  if (!heights) return MM_E_MEMORY;
  for (int f = begin; f < end; f++) {
    int lowest = 0;
    for (int p = 1; p < points; p++)
      if (floor->spot[3 * ((size_t)f * (size_t)points + (size_t)p) + 2] < floor->spot[3 * ((size_t)f * (size_t)points + (size_t)lowest) + 2])
        lowest = p;
    heights[end - begin + f - begin] = floor->spot[3 * ((size_t)f * (size_t)points + (size_t)lowest) + 2];
    if (mm__fit_point_speed(batch, floor, clip, f, lowest) < mm__fit_leave_speed) heights[count++] = heights[end - begin + f - begin];
  }
  /* a clip that never stands is laid on the lowest tenth of its frames */
  qsort(heights + (end - begin), (size_t)(end - begin), sizeof *heights, mm__fit_ascending);
  low = shift = heights[end - begin + (end - begin) / 10];
  if (count >= (end - begin) / 10 + 1) {
    int within = 0;
    qsort(heights, (size_t)count, sizeof *heights, mm__fit_ascending);
    low = heights[count / 10];
    while (within < count && heights[within] < low + 0.05) within++;
    shift = heights[within / 2];
  }
  for (int f = begin; f < end; f++) {
    double move[3] = {0, 0, 0};
    move[2] = -shift;
    mm__fit_shift(plan, batch->qpos + (size_t)f * nq, batch->targets + (size_t)f * 7 * sites, move);
    for (int p = 0; p < points; p++) floor->spot[3 * ((size_t)f * (size_t)points + (size_t)p) + 2] -= shift;
  }
  mm__free(plan->ctx, heights);
  return MM_OK;
}

/* What bears the body in a frame: the lowest point that hardly moves, if little lies deeper. Gives its height, and the mean
   velocity of all that bears; 0: nothing does. */
static int mm__fit_bearing(const mm_fit_batch *batch, const mm_fit_floor *floor, int clip, int frame, double *support) {
  const size_t points = (size_t)floor->count;
  const double *spot = floor->spot + 3 * (size_t)frame * points, *track = floor->track + 2 * (size_t)frame * points;
  const int begin = batch->first[clip], end = batch->first[clip + 1];
  const size_t back = frame > begin ? 2 * points : 0, on = frame < end - 1 ? 2 * points : 0;
  const size_t back3 = back / 2 * 3, on3 = on / 2 * 3;
  double lowest = 1e30, height = 1e30, sum = 0;
  for (size_t p = 0; p < points; p++) {
    const double rise = (spot[3 * p + 2 + on3] - (spot - back3)[3 * p + 2]) * batch->frequency / (back && on ? 2 : 1);
    if (spot[3 * p + 2] < lowest) lowest = spot[3 * p + 2];
    if (spot[3 * p + 2] >= height || fabs(rise) > mm__fit_touch_speed) continue;
    if (mm__fit_point_speed(batch, floor, clip, frame, (int)p) < mm__fit_touch_speed) height = spot[3 * p + 2];
  }
  if (height > lowest + 0.03 || back + on == 0) return 0;
  support[0] = support[1] = 0;
  support[2] = height;
  for (size_t p = 0; p < points; p++) {
    const double *before = track + 2 * p - back, *after = track + 2 * p + on;
    const double speed = mm__fit_point_speed(batch, floor, clip, frame, (int)p);
    if (spot[3 * p + 2] > height + 0.02 || speed > mm__fit_leave_speed) continue;
    for (int k = 0; k < 2; k++) support[k] += (after[k] - before[k]) * batch->frequency / (back && on ? 2 : 1);
    sum++;
  }
  for (int k = 0; k < 2; k++) support[k] /= sum;
  return 1;
}

/* averages with bell-shaped weights over reach frames on either side; beyond the ends the track goes on as it ends */
static void mm__fit_bell(const double *from, int frames, int stride, int reach, double *to) {
  for (int f = 0; f < frames; f++) {
    double mean = 0;
    for (int k = -reach; k <= reach; k++) {
      const int at = f + k < 0 ? 0 : f + k > frames - 1 ? frames - 1 : f + k;
      mean += from[at * stride] * (1 + cos(MM_PI * k / (reach + 1))) / (2 * (reach + 1));
    }
    to[f * stride] = mean;
  }
}

/* The skeleton's feet slide and float, because its legs are not the recorded person's, and the model's are others again. The
   path of the whole body gives way: it is shifted so that what bears it stays at its height, zero, and in its place. Between
   supports the shift goes on evenly. Heights stay as they are where the body is borne by more than lies within reach of the
   floor (uneven). Returns the largest shift against the clip's first frame. */
static double mm__fit_path(const mm_fit_plan *plan, mm_fit_batch *batch, int clip, mm_fit_floor *floor, double *work, unsigned char *bears,
                           int *uneven) {
  const int begin = batch->first[clip], frames = batch->first[clip + 1] - begin, points = floor->count;
  const size_t nq = (size_t)plan->model->nq, sites = (size_t)plan->site_count;
  double *shift = work + 3 * frames, sum[2] = {0, 0}, most = 0;
  int last = -1, since;
  for (int f = 0; f < frames; f++) bears[f] = (unsigned char)mm__fit_bearing(batch, floor, clip, begin + f, work + 3 * f);
  /* what bears for less than a tenth of a second, as at the top of a leap, does not */
  for (int f = since = 0; f <= frames; f++) {
    if (f < frames && bears[f]) continue;
    if (f - since < batch->frequency / 10)
      for (int k = since; k < f; k++) bears[k] = 0;
    since = f + 1;
  }
  for (int f = 0; f < frames; f++) {
    if (!bears[f]) continue;
    /* heights in between lie on a line, velocities are zero */
    for (int k = last + 1; k < f; k++) {
      work[3 * k] = work[3 * k + 1] = 0;
      work[3 * k + 2] = last < 0 ? work[3 * f + 2] : work[3 * last + 2] + (work[3 * f + 2] - work[3 * last + 2]) * (k - last) / (f - last);
    }
    last = f;
  }
  if (last < 0) return 0;
  for (int k = last + 1; k < frames; k++) {
    work[3 * k] = work[3 * k + 1] = 0;
    work[3 * k + 2] = work[3 * last + 2];
  }
  for (int k = 0; k < 3; k++) mm__fit_bell(work + k, frames, 3, (int)(0.15 * batch->frequency + 0.5), shift + k);
  for (int f = 0; f < frames; f++)
    if (fabs(shift[3 * f + 2]) > 0.1) *uneven = 1;
  for (int f = 0; f < frames; f++) {
    double move[3];
    for (int k = 0; k < 2; k++) {
      sum[k] -= shift[3 * f + k] / batch->frequency;
      move[k] = plan->free_root ? sum[k] : 0;
    }
    move[2] = *uneven ? 0 : -shift[3 * f + 2];
    mm__fit_shift(plan, batch->qpos + (size_t)(begin + f) * nq, batch->targets + (size_t)(begin + f) * 7 * sites, move);
    for (int p = 0; p < points; p++)
      for (int k = 0; k < 3; k++) {
        const size_t at = (size_t)(begin + f) * (size_t)points + (size_t)p;
        floor->spot[3 * at + (size_t)k] += move[k];
        if (k < 2) floor->track[2 * at + (size_t)k] += move[k];
      }
    if (sqrt(move[0] * move[0] + move[1] * move[1] + move[2] * move[2]) > most)
      most = sqrt(move[0] * move[0] + move[1] * move[1] + move[2] * move[2]);
  }
  return most;
}

/* whether a body is another or hangs on it */
static int mm__fit_hangs(const mm_model *m, int body, int on) {
  while (body > 0 && body != on) body = m->body_parentid[body];
  return body == on && on > 0;
}

/* whether all of a foot that comes near the floor is low and still in a frame */
static int mm__fit_foot_stands(const mm_fit_plan *plan, const mm_fit_batch *batch, const mm_fit_floor *floor, int clip, int frame, int foot) {
  double height = 0;
  int count = 0;
  for (int p = 0; p < floor->count; p++) {
    if (!mm__fit_hangs(plan->model, floor->points[p].body, foot)) continue;
    if (mm__fit_point_speed(batch, floor, clip, frame, p) > 0.2) return 0;
    height += floor->spot[3 * ((size_t)frame * (size_t)floor->count + (size_t)p) + 2];
    count++;
  }
  return count && height / count < 0.05;
}

/* the mean of a direction over the frames in which the foot stands: up, as a site's target sees it; what is more than 20
   degrees from it counts no more in the second pass. Returns how many frames counted. */
static int mm__fit_mean_up(const mm_fit_batch *batch, int clip, const unsigned char *stands, size_t row, size_t at, double *up) {
  static const double vertical[3] = {0, 0, 1};
  int count = 0;
  double mean[3] = {0, 0, 0};
  for (int pass = 0; pass < 2; pass++) {
    double sum[3] = {0, 0, 0}, norm;
    count = 0;
    for (int f = batch->first[clip]; f < batch->first[clip + 1]; f++) {
      double back[4], v[3];
      if (!stands[f - batch->first[clip]]) continue;
      mm__rot_conjugate(batch->targets + (size_t)f * row + at + 3, back);
      mm__rot_apply(back, vertical, v);
      if (pass && v[0] * mean[0] + v[1] * mean[1] + v[2] * mean[2] < cos(20 * MM_DEGREE)) continue;
      for (int k = 0; k < 3; k++) sum[k] += v[k];
      count++;
    }
    norm = sqrt(sum[0] * sum[0] + sum[1] * sum[1] + sum[2] * sum[2]);
    for (int k = 0; k < 3 && norm > 0; k++) mean[k] = sum[k] / norm;
  }
  memcpy(up, mean, sizeof mean);
  return count;
}

/* the turn after which a site's target stands upright on average; the angle, or -1 where there is too little to tell by */
static double mm__fit_level_turn(const mm_fit_plan *plan, const mm_fit_batch *batch, int clip, const unsigned char *stands, int site, double *turn) {
  static const double vertical[3] = {0, 0, 1};
  const size_t row = 7 * (size_t)plan->site_count;
  double back[4], sole[3], up[3], vector[3], norm;
  if (mm__fit_mean_up(batch, clip, stands, row, 7 * (size_t)site, up) < (int)(0.1 * batch->frequency)) return -1;
  mm__rot_conjugate(plan->sites[site].quat, back);
  mm__rot_apply(back, vertical, sole);
  /* (1 + a . b, a x b) takes a to b by the shortest way */
  turn[0] = 1 + sole[0] * up[0] + sole[1] * up[1] + sole[2] * up[2];
  turn[1] = sole[1] * up[2] - sole[2] * up[1];
  turn[2] = sole[2] * up[0] - sole[0] * up[2];
  turn[3] = sole[0] * up[1] - sole[1] * up[0];
  mm__rot_normalize(turn);
  mm__rot_to_vector(turn, vector);
  norm = sqrt(vector[0] * vector[0] + vector[1] * vector[1] + vector[2] * vector[2]);
  return norm < 30 * MM_DEGREE ? norm : -1;
}

/* Feet of the skeleton need not be level when they stand: how its foot lies to its ankle is a convention. Turns the targets
   of feet and toes, by the same all through the clip, so that they are level on average while they stand. */
static double mm__fit_level(const mm_fit_plan *plan, mm_fit_batch *batch, int clip, const mm_fit_floor *floor, unsigned char *stands) {
  static const int feet[2][2] = {{MM_SMPL_L_ANKLE, MM_SMPL_L_FOOT}, {MM_SMPL_R_ANKLE, MM_SMPL_R_FOOT}};
  const size_t row = 7 * (size_t)plan->site_count;
  double most = 0;
  for (int side = 0; side < 2; side++) {
    const mm_fit_site *ankle = mm__fit_find(plan, feet[side][0]), *toes = mm__fit_find(plan, feet[side][1]);
    double turn[2][4], angle, toe_angle;
    if (!ankle || !toes) continue;
    for (int f = batch->first[clip]; f < batch->first[clip + 1]; f++)
      stands[f - batch->first[clip]] =
        (unsigned char)mm__fit_foot_stands(plan, batch, floor, clip, f, plan->model->site_bodyid[ankle->site]);
    angle = mm__fit_level_turn(plan, batch, clip, stands, (int)(ankle - plan->sites), turn[0]);
    toe_angle = mm__fit_level_turn(plan, batch, clip, stands, (int)(toes - plan->sites), turn[1]);
    if (angle < 0 || toe_angle < 0) continue;
    if (angle > most) most = angle;
    for (int f = batch->first[clip]; f < batch->first[clip + 1]; f++) {
      double *a = batch->targets + (size_t)f * row + 7 * (size_t)(ankle - plan->sites);
      double *t = batch->targets + (size_t)f * row + 7 * (size_t)(toes - plan->sites), back[4], whole[4], bone[3];
      /* what turns the foot in the world turns the way to the toes */
      mm__rot_conjugate(a + 3, back);
      mm__rot_multiply(a + 3, turn[0], a + 3);
      mm__rot_multiply(a + 3, back, whole);
      for (int k = 0; k < 3; k++) bone[k] = t[k] - a[k];
      mm__rot_apply(whole, bone, bone);
      for (int k = 0; k < 3; k++) t[k] = a[k] + bone[k];
      mm__rot_multiply(t + 3, turn[1], t + 3);
    }
  }
  return most;
}

/* 1 while in contact: [frames of the clip] */
static void mm__fit_phases(const mm_fit_batch *batch, const mm_fit_floor *floor, int clip, int point, unsigned char *touch) {
  const int begin = batch->first[clip], frames = batch->first[clip + 1] - begin;
  const int shortest = (int)(0.05 * batch->frequency + 0.5), gap = (int)(0.03 * batch->frequency + 0.5);
  unsigned char *stays = touch + frames;
  int start = -1;
  for (int f = 0; f < frames; f++) {
    const double height = floor->spot[3 * ((size_t)(begin + f) * (size_t)floor->count + (size_t)point) + 2];
    const double speed = mm__fit_point_speed(batch, floor, clip, begin + f, point);
    touch[f] = height < mm__fit_touch_height && speed < mm__fit_touch_speed;
    stays[f] = height < mm__fit_leave_height && speed < mm__fit_leave_speed;
  }
  for (int f = 1; f < frames; f++)
    if (touch[f - 1] && stays[f]) touch[f] = 1;
  for (int f = frames - 2; f >= 0; f--)
    if (touch[f + 1] && stays[f]) touch[f] = 1;
  /* short gaps close, then short contacts go */
  for (int pass = 0; pass < 2; pass++) {
    const int state = pass, limit = pass ? shortest : gap + 1;
    start = -1;
    for (int f = 0; f <= frames; f++) {
      if (f < frames && touch[f] == state) {
        if (start < 0) start = f;
        continue;
      }
      if (start >= 0 && f - start < limit && (pass || (start > 0 && f < frames)))
        for (int k = start; k < f; k++) touch[k] = (unsigned char)!state;
      start = -1;
    }
  }
}

/* 0 below 0, 1 above 1, smooth between */
static double mm__fit_ramp(double x) {
  if (x <= 0) return 0;
  return x >= 1 ? 1 : x * x * (3 - 2 * x);
}

/* one contact of a point: frames first to last stay where their track is on average */
static void mm__fit_stand(const mm_fit_batch *batch, mm_fit_floor *floor, int clip, int point, int first, int last) {
  const int begin = batch->first[clip], end = batch->first[clip + 1];
  const double reach = 0.06 * batch->frequency + 1;
  const size_t points = (size_t)floor->count, row = (size_t)floor->row;
  double mean[2] = {0, 0}, sum = 0;
  for (int pass = 0; pass < 2; pass++)
    for (int f = first; f <= last; f++) {
      const size_t at = (size_t)f * points + (size_t)point;
      const double up = first == begin ? 1 : mm__fit_ramp((f - first + 1) / reach), down = last == end - 1 ? 1 : mm__fit_ramp((last - f + 1) / reach);
      /* what is slow but still high is let go */
      const double weight = (up < down ? up : down) * mm__fit_ramp((0.035 - floor->spot[3 * at + 2]) / 0.02);
      double *to = floor->rows + (size_t)f * row + 1 + 6 * (size_t)point;
      if (!pass) {
        sum += weight;
        if (f == last && sum <= 0) return;
        for (int i = 0; i < 2; i++) mean[i] += weight * floor->track[2 * at + (size_t)i];
        continue;
      }
      to[0] = 300 * weight;
      to[3] = 100 * weight;
      for (int i = 0; i < 2; i++) to[1 + i] = mean[i] / sum + floor->spot[3 * at + (size_t)i] - floor->track[2 * at + (size_t)i];
    }
}

/* a contact whose track wanders is several */
static void mm__fit_stands(const mm_fit_batch *batch, mm_fit_floor *floor, int clip, int point, int first, int last) {
  const double *track = floor->track + 2 * (size_t)point;
  const size_t row = 2 * (size_t)floor->count;
  double low[2] = {1e30, 1e30}, high[2] = {-1e30, -1e30};
  int from = first;
  for (int f = first; f <= last; f++)
    for (int i = 0; i < 2; i++) {
      const double x = track[(size_t)f * row + (size_t)i];
      if (x < low[i]) low[i] = x;
      if (x > high[i]) high[i] = x;
      if (high[i] - low[i] < 0.06) continue;
      mm__fit_stand(batch, floor, clip, point, from, f - 1 > from ? f - 1 : from);
      from = f;
      for (int k = 0; k < 2; k++) low[k] = high[k] = track[(size_t)f * row + (size_t)k];
    }
  mm__fit_stand(batch, floor, clip, point, from, last);
}

/* the rows of a clip: smoothness within it, contacts, and clearance elsewhere */
static mm_status mm__fit_floor_rows(const mm_fit_plan *plan, const mm_fit_batch *batch, int clip, mm_fit_floor *floor) {
  const int begin = batch->first[clip], end = batch->first[clip + 1], frames = end - begin, reach = (int)(0.03 * batch->frequency + 0.5);
  const size_t row = (size_t)floor->row;
  const double clearance = 0.008;
  unsigned char *touch = MM_NEW(plan->ctx, unsigned char, 2 * frames);
  if (!touch) return MM_E_MEMORY;
  for (int f = begin; f < end; f++) {
    memset(floor->rows + (size_t)f * row, 0, (size_t)MM_RF_RATES(floor->count) * sizeof(double));
    floor->rows[(size_t)f * row] = f > begin && f < end - 1;
  }
  for (int p = 0; p < floor->count; p++) {
    int start = -1, since = reach;
    mm__fit_phases(batch, floor, clip, p, touch);
    for (int f = 0; f <= frames; f++) {
      if (f < frames && touch[f]) {
        if (start < 0) start = f;
        continue;
      }
      if (start >= 0) mm__fit_stands(batch, floor, clip, p, begin + start, begin + f - 1);
      start = -1;
    }
    for (int pass = 0; pass < 2; pass++) {
      since = reach;
      for (int i = 0; i < frames; i++) {
        const int f = pass ? frames - 1 - i : i;
        const double speed = mm__fit_point_speed(batch, floor, clip, begin + f, p);
        double *to = floor->rows + (size_t)(begin + f) * row + 1 + 6 * (size_t)p + 5, margin;
        since = touch[f] ? 0 : since + 1;
        /* what swings passes over the floor, not along it */
        margin = clearance * mm__fit_ramp((double)since / reach) * mm__fit_ramp((speed - mm__fit_touch_speed) / mm__fit_touch_speed);
        if (!pass || margin < *to) *to = margin;
      }
    }
  }
  mm__free(plan->ctx, touch);
  return MM_OK;
}
