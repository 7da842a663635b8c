/* >>retarget-refine: the whole motion at once, window by window on the device (what is made small: cl/refine.cl) */

typedef struct mm_rf_window { int first, count, keep_first, keep_count, clip; } mm_rf_window;

typedef struct mm_fit_refiner {
  mm_fit_solver *s;
  mm_fit_batch *batch;
  mm_retarget_report *reports;
  mm_fit_floor floor;
  mm_arena arena;
  mm_rf_window *windows;
  int window_count, tiles, groups, span;
  int *ints, int_count, int_room, failed, jobs_at, *jobs;
  double *reals;
  int real_count;
  mm_buffer *int_buffer, *real_buffer, *state, *scratch, *poses[3], *contacts, *band, *sums;
  double *cost, *step;        /* of the clips, in the last launch */
  double *last;               /* what the sum was before */
  int *damping;               /* powers of four, of the clips */
  mm_fit_leaps leaps;
  double *tendons;            /* scratch of looking at tendons */
  unsigned char *drawn;       /* clips whose rates are drawn somewhere */
} mm_fit_refiner;

enum { MM_RF_INTERIOR = 96, MM_RF_OVERLAP = 32 };

static int mm__rf_window_count(const mm_fit_solver *s, int frames) {
  if (s->def && s->def->pieces > 0) return s->def->pieces < frames ? s->def->pieces : frames;
  return frames <= MM_RF_INTERIOR + 2 * MM_RF_OVERLAP ? 1 : (frames + MM_RF_INTERIOR - 1) / MM_RF_INTERIOR;
}

static int mm__rf_longer(const void *a, const void *b) {
  const mm_rf_window *x = (const mm_rf_window *)a, *y = (const mm_rf_window *)b;
  if (x->count != y->count) return x->count < y->count ? 1 : -1;
  return x->first < y->first ? -1 : x->first > y->first;
}

/* windows of a clip, longest first so that those of a tile end together */
static mm_status mm__rf_windows(mm_fit_refiner *r) {
  const mm_fit_batch *batch = r->batch;
  int at = 0;
  for (int c = 0; c < batch->clip_count; c++) r->window_count += mm__rf_window_count(r->s, batch->first[c + 1] - batch->first[c]);
  r->windows = MM_ARENA_NEW(&r->arena, mm_rf_window, r->window_count);
  if (!r->windows) return MM_E_MEMORY;
  for (int c = 0; c < batch->clip_count; c++) {
    const int begin = batch->first[c], end = batch->first[c + 1], count = mm__rf_window_count(r->s, end - begin);
    for (int i = 0; i < count; i++, at++) {
      mm_rf_window *w = &r->windows[at];
      const int first = begin + (int)((int64_t)(end - begin) * i / count), last = begin + (int)((int64_t)(end - begin) * (i + 1) / count);
      w->clip = c;
      w->keep_first = first;
      w->keep_count = last - first;
      w->first = first - MM_RF_OVERLAP > begin ? first - MM_RF_OVERLAP : begin;
      w->count = (last + MM_RF_OVERLAP < end ? last + MM_RF_OVERLAP : end) - w->first;
      if (w->count > r->span) r->span = w->count;
    }
  }
  qsort(r->windows, (size_t)r->window_count, sizeof *r->windows, mm__rf_longer);
  r->tiles = (r->window_count + r->s->device->width - 1) / r->s->device->width;
  r->groups = r->tiles < r->s->device->groups ? r->tiles : r->s->device->groups;
  return MM_OK;
}

static void mm__rf_push(mm_fit_refiner *r, int value) {
  if (r->int_count == r->int_room) {
    const size_t room = r->int_room ? 2 * (size_t)r->int_room : 4096;
    int *grown = r->failed ? NULL : (int *)mm__grow(r->s->ctx, r->ints, (size_t)r->int_count, room, sizeof(int));
    if (!grown) {
      r->failed = 1;
      return;
    }
    r->ints = grown;
    r->int_room = (int)room;
  }
  r->ints[r->int_count++] = value;
}

static void mm__rf_table(mm_fit_refiner *r, int table, const int *values, int count) {
  const int at = r->int_count;
  for (int i = 0; i < count; i++) mm__rf_push(r, values[i]);
  if (!r->failed) r->ints[table] = at;
}

/* what moves the points, as for sites */
static mm_status mm__rf_ints(mm_fit_refiner *r) {
  const mm_fit_plan *plan = r->s->plan;
  const int points = r->floor.count, n = plan->free_count, most = points * plan->model->nv, nq = plan->model->nq;
  int *bodies = MM_ARENA_NEW(&r->arena, int, points), *list = MM_ARENA_NEW(&r->arena, int, points + most);
  int *first_link = MM_ARENA_NEW(&r->arena, int, points + 1), *first_column = MM_ARENA_NEW(&r->arena, int, points + 1);
  int *columns = MM_ARENA_NEW(&r->arena, int, 2 * most), *links = MM_ARENA_NEW(&r->arena, int, 3 * most);
  if (!bodies || !list || !first_link || !first_column || !columns || !links) return MM_E_MEMORY;
  for (int p = 0; p < points; p++) bodies[p] = r->floor.points[p].body;
  mm__fit_chains(plan, bodies, points, first_link, first_column, columns, links);
  for (int i = 0; i < MM_RF_HEADER; i++) mm__rf_push(r, 0);
  mm__rf_table(r, MM_RF_POINT_BODY, bodies, points);
  for (int p = 0; p < points; p++) list[p] = r->floor.points[p].ellipsoid;
  mm__rf_table(r, MM_RF_POINT_KIND, list, points);
  mm__rf_table(r, MM_RF_POINT_LINK, first_link, points + 1);
  mm__rf_table(r, MM_RF_POINT_COLUMN, first_column, points + 1);
  mm__rf_table(r, MM_RF_LINK, links, 3 * first_link[points]);
  for (int c = 0; c < first_column[points]; c++) list[c] = columns[2 * c + 1];
  mm__rf_table(r, MM_RF_COLUMN_POINT, list, first_column[points]);
  {
    int *adr = MM_ARENA_NEW(&r->arena, int, n * (n + 1) / 2 + 1), *pairs;
    int count;
    if (!adr) return MM_E_MEMORY;
    MM_TRY(mm__fit_pairs(plan->ctx, n, points, first_column, columns, adr, &pairs, &count));
    mm__rf_table(r, MM_RF_PAIR_ADR, adr, n * (n + 1) / 2 + 1);
    mm__rf_table(r, MM_RF_PAIR, pairs, 2 * count);
    mm__free(plan->ctx, pairs);
  }
  if (r->failed) return MM_E_MEMORY;
  r->ints[MM_RF_POINTS] = points;
  r->ints[MM_RF_COLUMNS] = first_column[points];
  r->ints[MM_RF_TOTAL] = r->batch->frame_count;
  r->ints[MM_RF_SPAN] = r->span;
  r->ints[MM_RF_WORK_SIZE] = plan->ints[MM_IK_WORK_SIZE] + r->floor.row + 3 + 10 * n + 2 * nq + 11 * points + 3 * first_column[points] +
                             n * n + 4;
  return MM_OK;
}

/* the diagonal of the sites' equations in a pose, added to what is there */
static void mm__rf_stiffness(const mm_fit_plan *plan, const double *qpos, double *diagonal) {
  const int *t = plan->ints, sites = plan->site_count;
  double *column = diagonal + plan->free_count;
  mm__pose_set(plan->pose, qpos);
  for (int s = 0; s < sites; s++) {
    const int *first = t + t[MM_IK_SITE_CHAIN], *start = t + t[MM_IK_SITE_COLUMN];
    double pos[3], mat[9];
    memset(column, 0, 6 * sizeof *column * (size_t)plan->free_count);
    mm__pose_site(plan->pose, plan->sites[s].site, pos, mat);
    for (int i = first[s]; i < first[s + 1]; i++) {
      const int *link = t + t[MM_IK_CHAIN] + 3 * i;
      const mm_fit_coupling *c = link[2] < 0 ? NULL : &plan->couplings[link[2]];
      double motion[6], share = 1;
      if (c) {
        const double x = c->master < 0 ? 0 : qpos[plan->model->jnt_qposadr[c->master]];
        share = (mm__fit_dependent(plan, c, x + 1e-6) - mm__fit_dependent(plan, c, x)) / 1e-6;
      }
      mm__pose_motion(plan->pose, link[0], pos, motion);
      for (int k = 0; k < 6; k++) column[6 * (link[1] - start[s]) + k] += share * motion[k];
    }
    for (int c = start[s]; c < start[s + 1]; c++) {
      const int own = t[t[MM_IK_COLUMN_FREE] + c];
      for (int k = 0; k < 6; k++) diagonal[own] += pow(plan->sites[s].weight[2][k < 3] * column[6 * (c - start[s]) + k], 2);
    }
  }
}

/* Weights of second differences. Against a stiffness h they let pass 1 / (1 + (w / w0)^4) of a motion at w if they are
   h / (w0 dt)^4; h is taken at rest and in the middle of all ranges. */
static mm_status mm__rf_smooth(mm_fit_refiner *r, double *smooth) {
  const mm_fit_plan *plan = r->s->plan;
  const mm_model *m = plan->model;
  const mm_retarget_def *def = r->s->def;
  const int n = plan->free_count;
  const double cutoff = def && def->cutoff > 0 ? def->cutoff : 10;
  double *work = MM_ARENA_NEW(&r->arena, double, 7 * n), *pose = MM_ARENA_NEW(&r->arena, double, m->nq);
  if (!work || !pose) return MM_E_MEMORY;
  mm__rf_stiffness(plan, plan->rest, work);
  memcpy(pose, plan->rest, sizeof(double) * (size_t)m->nq);
  for (int i = 0; i < n; i++) {
    const int joint = m->dof_jntid[plan->free_dof[i]], type = m->jnt_type[joint];
    if ((type == MM_JNT_HINGE || type == MM_JNT_SLIDE) && m->jnt_limited[joint])
      pose[m->jnt_qposadr[joint]] = 0.5 * (plan->lower[i] + plan->upper[i]);
  }
  mm__fit_project(plan, pose);
  mm__rf_stiffness(plan, pose, work);
  for (int i = 0; i < n; i++)
    smooth[i] = (work[i] > 2 ? 0.5 * work[i] : 1) / pow(2 * MM_PI * cutoff / r->batch->frequency, 4);
  return MM_OK;
}

static mm_status mm__rf_reals(mm_fit_refiner *r) {
  const int points = r->floor.count, n = r->s->plan->free_count;
  double *x;
  int at = MM_RF_REALS;
  r->real_count = MM_RF_REALS + 12 + 10 * points + n;
  r->reals = x = MM_ARENA_NEW(&r->arena, double, r->real_count);
  if (!x) return MM_E_MEMORY;
  x[MM_RF_FLOOR] = at;
  for (int i = 0; i < 3; i++) x[at++] = r->floor.origin[i];
  for (int i = 0; i < 9; i++) x[at++] = r->floor.axes[i];
  x[MM_RF_CENTRE] = at;
  for (int p = 0; p < points; p++)
    for (int k = 0; k < 3; k++) x[at++] = r->floor.points[p].centre[k];
  x[MM_RF_SIZE] = at;
  for (int p = 0; p < points; p++)
    for (int k = 0; k < 3; k++) x[at++] = r->floor.points[p].size[k];
  x[MM_RF_TURN] = at;
  for (int p = 0; p < points; p++)
    for (int k = 0; k < 4; k++) x[at++] = r->floor.points[p].turn[k];
  x[MM_RF_SMOOTH] = at;
  return mm__rf_smooth(r, x + at);
}

static mm_status mm__rf_buffers(mm_fit_refiner *r) {
  mm_fit_solver *s = r->s;
  mm_device *d = s->device;
  const mm_backend *b = d->backend;
  const size_t frames = (size_t)r->batch->frame_count, places = (size_t)(r->tiles * d->width), tile = s->real * (size_t)d->width;
  const size_t n = (size_t)s->plan->free_count, record = n * (n + 1) / 2 + n * n + 2 * n, groups = (size_t)r->groups;
  const size_t jobs = (size_t)MM_RF_JOB_SIZE * places + (size_t)r->tiles;
  r->jobs_at = r->int_count;
  r->jobs = MM_ARENA_NEW(&r->arena, int, jobs);
  if (!r->jobs) return MM_E_MEMORY;
  MM_TRY(b->buffer_create(d, ((size_t)r->int_count + jobs) * sizeof(int), &r->int_buffer));
  MM_TRY(b->buffer_create(d, (size_t)r->real_count * s->real, &r->real_buffer));
  MM_TRY(b->buffer_create(d, (size_t)s->layout.kept_size * (size_t)r->tiles * tile, &r->state));
  MM_TRY(b->buffer_create(d, (size_t)r->ints[MM_RF_WORK_SIZE] * groups * tile, &r->scratch));
  MM_TRY(b->buffer_create(d, record * (size_t)r->span * groups * tile, &r->band));
  MM_TRY(b->buffer_create(d, frames * (size_t)r->floor.row * s->real, &r->contacts));
  MM_TRY(b->buffer_create(d, 2 * frames * s->real, &r->sums));
  for (int i = 0; i < 3; i++) MM_TRY(b->buffer_create(d, frames * (size_t)s->plan->model->nq * s->real, &r->poses[i]));
  return MM_OK;
}

static void mm__rf_close(mm_fit_refiner *r) {
  mm_device *d = r->s->device;
  mm_buffer *buffers[10];
  buffers[0] = r->int_buffer;
  buffers[1] = r->real_buffer;
  buffers[2] = r->state;
  buffers[3] = r->scratch;
  buffers[4] = r->contacts;
  buffers[5] = r->band;
  buffers[6] = r->sums;
  for (int i = 0; i < 3; i++) buffers[7 + i] = r->poses[i];
  mm__device_settle(d);
  for (int i = 0; i < 10; i++)
    if (buffers[i]) d->backend->buffer_destroy(d, buffers[i]);
  mm__free(r->s->ctx, r->ints);
  mm__free(r->s->ctx, r->leaps.list);
  mm__arena_free(&r->arena);
}

/* numbers of the host's precision, in pieces that the solver's transfer block holds */
static mm_status mm__rf_write(mm_fit_refiner *r, mm_buffer *buffer, const double *from, size_t count) {
  mm_fit_solver *s = r->s;
  const size_t most = s->host_bytes / s->real;
  for (size_t done = 0; done < count; done += most) {
    const size_t piece = count - done < most ? count - done : most;
    mm__fit_to_device(s, from + done, piece, s->host);
    MM_TRY(s->device->backend->write(s->device, buffer, done * s->real, s->host, piece * s->real));
  }
  return MM_OK;
}

static mm_status mm__rf_read(mm_fit_refiner *r, mm_buffer *buffer, size_t first, size_t count, double *to) {
  mm_fit_solver *s = r->s;
  const size_t most = s->host_bytes / s->real;
  for (size_t done = 0; done < count; done += most) {
    const size_t piece = count - done < most ? count - done : most;
    MM_TRY(s->device->backend->read(s->device, buffer, (first + done) * s->real, s->host, piece * s->real));
    for (size_t i = 0; i < piece; i++) to[done + i] = mm__fit_from_device(s, s->host, i);
  }
  return MM_OK;
}

static mm_status mm__rf_put_jobs(mm_fit_refiner *r) {
  const int places = r->tiles * r->s->device->width, width = r->s->device->width;
  int *most = r->jobs + MM_RF_JOB_SIZE * places;
  mm_device *d = r->s->device;
  memset(most, 0, sizeof(int) * (size_t)r->tiles);
  for (int i = 0; i < places; i++) {
    const mm_rf_window *w = &r->windows[i < r->window_count ? i : r->window_count - 1];
    int *job = r->jobs + MM_RF_JOB_SIZE * i;
    job[0] = w->first;
    job[1] = w->count;
    job[2] = w->keep_first;
    job[3] = i < r->window_count ? w->keep_count : 0;
    job[4] = r->damping[w->clip];
    if (w->count > most[i / width]) most[i / width] = w->count;
  }
  r->ints[MM_RF_JOB] = r->jobs_at;
  r->ints[MM_RF_TILE_FRAMES] = r->jobs_at + MM_RF_JOB_SIZE * places;
  MM_TRY(d->backend->write(d, r->int_buffer, 0, r->ints, sizeof(int) * (size_t)r->int_count));
  return d->backend->write(d, r->int_buffer, sizeof(int) * (size_t)r->jobs_at, r->jobs,
                           sizeof(int) * (size_t)(MM_RF_JOB_SIZE * places + r->tiles));
}

/* one step of every clip, from poses[0] to poses[1]; cost is of the former */
static mm_status mm__rf_launch(mm_fit_refiner *r, double *sums) {
  mm_fit_solver *s = r->s;
  const size_t frames = (size_t)r->batch->frame_count;
  mm_arg args[16];
  MM_TRY(mm__rf_put_jobs(r));
  args[0] = mm__arg_buffer(s->tables);
  args[1] = mm__arg_buffer(s->layout_buffer);
  args[2] = mm__arg_buffer(r->state);
  args[3] = mm__arg_buffer(s->scratch);
  args[4] = mm__arg_buffer(s->ints);
  args[5] = mm__arg_buffer(s->reals);
  args[6] = mm__arg_buffer(r->int_buffer);
  args[7] = mm__arg_buffer(r->real_buffer);
  args[8] = mm__arg_buffer(r->scratch);
  args[9] = mm__arg_buffer(s->targets);
  args[10] = mm__arg_buffer(r->poses[0]);
  args[11] = mm__arg_buffer(r->poses[1]);
  args[12] = mm__arg_buffer(r->contacts);
  args[13] = mm__arg_buffer(r->band);
  args[14] = mm__arg_buffer(r->sums);
  args[15] = mm__arg_int(r->tiles);
  MM_TRY(s->device->backend->launch(s->device, s->program, "mmk_refine", r->groups, args, 16));
  MM_TRY(s->device->backend->finish(s->device));
  MM_TRY(mm__rf_read(r, r->sums, 0, 2 * frames, sums));
  for (int c = 0; c < r->batch->clip_count; c++) {
    r->cost[c] = r->step[c] = 0;
    for (int f = r->batch->first[c]; f < r->batch->first[c + 1]; f++) {
      r->cost[c] += sums[f];
      if (sums[frames + (size_t)f] > r->step[c]) r->step[c] = sums[frames + (size_t)f];
    }
  }
  return MM_OK;
}

/* a clip whose sum has grown goes back to where it was, poses[2], and will step less far */
static mm_status mm__rf_judge(mm_fit_refiner *r) {
  const size_t nq = (size_t)r->s->plan->model->nq;
  mm_buffer *keep;
  for (int c = 0; c < r->batch->clip_count; c++) {
    const size_t first = (size_t)r->batch->first[c] * nq, count = (size_t)(r->batch->first[c + 1] - r->batch->first[c]) * nq;
    mm_device *d = r->s->device;
    /* sums that are not finite are worse than all */
    if (r->cost[c] <= r->last[c] * (1 + 1e-5)) {
      r->last[c] = r->cost[c];
      if (r->damping[c] > 0) r->damping[c]--;
      continue;
    }
    if (r->damping[c] < 12) r->damping[c] += 3;
    for (size_t done = 0; done < count; done += r->s->host_bytes / r->s->real) {
      const size_t piece = count - done < r->s->host_bytes / r->s->real ? count - done : r->s->host_bytes / r->s->real;
      MM_TRY(d->backend->read(d, r->poses[2], (first + done) * r->s->real, r->s->host, piece * r->s->real));
      MM_TRY(d->backend->write(d, r->poses[1], (first + done) * r->s->real, r->s->host, piece * r->s->real));
    }
  }
  keep = r->poses[2];
  r->poses[2] = r->poses[0];
  r->poses[0] = r->poses[1];
  r->poses[1] = keep;
  return MM_OK;
}

/* lays a clip on the floor, levels its feet, and lets its path follow them */
static mm_status mm__rf_ground(mm_fit_refiner *r, int clip) {
  const int frames = r->batch->first[clip + 1] - r->batch->first[clip];
  mm_retarget_report *report = &r->reports[clip];
  unsigned char *stands;
  double *work;
  if (!r->floor.count || r->s->plan->height_qpos < 0) return MM_OK;
  MM_TRY(mm__fit_ground(r->s->plan, r->batch, clip, &r->floor));
  stands = MM_NEW(r->s->ctx, unsigned char, frames);
  work = MM_NEW(r->s->ctx, double, 6 * frames);
  if (stands && work) {
    report->path_shift = mm__fit_path(r->s->plan, r->batch, clip, &r->floor, work, stands, &report->uneven);
    report->foot_turn = mm__fit_level(r->s->plan, r->batch, clip, &r->floor, stands);
  }
  mm__free(r->s->ctx, stands);
  mm__free(r->s->ctx, work);
  return stands && work ? MM_OK : MM_E_MEMORY;
}

/* Rates of what moves tendons too fast, from the poses as they are. Clips that once had none are not looked at again. */
static mm_status mm__rf_draw(mm_fit_refiner *r) {
  const mm_fit_plan *plan = r->s->plan;
  const size_t n = (size_t)plan->free_count;
  const double *smooth = r->reals + (int)r->reals[MM_RF_SMOOTH];
  for (int c = 0; c < r->batch->clip_count && plan->model->ntendon; c++) {
    const int begin = r->batch->first[c], end = r->batch->first[c + 1];
    if (!r->drawn[c]) continue;
    MM_TRY(mm__fit_leaps_find(plan, r->batch->qpos, begin, end, MM_FIT_TENDON_MOST, r->tendons, &r->leaps));
    r->drawn[c] = (unsigned char)(r->leaps.count > 0);
    for (int k = 0; k < r->leaps.count; k++) {
      const mm_fit_leap *leap = &r->leaps.list[k];
      double *pull = r->floor.rows + (size_t)leap->frame * (size_t)r->floor.row + MM_RF_RATES(r->floor.count);
      if (leap->frame < end - 1) mm__fit_leap_draw(plan, r->batch->qpos, leap, smooth, r->tendons, pull, pull + n);
    }
  }
  return MM_OK;
}

/* Contacts from the poses as they are; first: the clips are laid on the floor before. guard: what depth below the floor
   weighs; it is small at first, for steps that are still long would else be refused whenever something meets the floor. */
static mm_status mm__rf_contacts(mm_fit_refiner *r, int first, double guard) {
  const mm_fit_plan *plan = r->s->plan;
  const size_t numbers = (size_t)r->batch->frame_count * (size_t)plan->model->nq;
  r->reals[MM_RF_GUARD] = guard;
  MM_TRY(mm__rf_write(r, r->real_buffer, r->reals, (size_t)r->real_count));
  if (!first) MM_TRY(mm__rf_read(r, r->poses[0], 0, numbers, r->batch->qpos));
  for (int c = 0; c < r->batch->clip_count; c++) {
    MM_TRY(mm__fit_floor_follow(plan, r->batch, c, &r->floor));
    if (first) MM_TRY(mm__rf_ground(r, c));
    MM_TRY(mm__fit_floor_rows(plan, r->batch, c, &r->floor));
    r->last[c] = 1e300;
  }
  if (!first) MM_TRY(mm__rf_draw(r));
  MM_TRY(mm__rf_write(r, r->contacts, r->floor.rows, (size_t)r->batch->frame_count * (size_t)r->floor.row));
  if (!first) return MM_OK;
  MM_TRY(mm__fit_put_targets(r->s));
  return mm__rf_write(r, r->poses[0], r->batch->qpos, numbers);
}

/* bodies that mocap would move stay where the model has them */
static mm_status mm__rf_put_state(mm_fit_refiner *r) {
  const int places = r->tiles * r->s->device->width;
  mm_fit_job *jobs = MM_ARENA_NEW(&r->arena, mm_fit_job, places);
  double *row = MM_ARENA_NEW(&r->arena, double, r->s->plan->model->nq + 4 * r->s->plan->model->nmocap);
  if (!jobs || !row) return MM_E_MEMORY;
  return mm__fit_put_state(r->s, r->state, jobs, places, r->batch->qpos, row);
}

static mm_status mm__rf_run(mm_fit_refiner *r) {
  const mm_retarget_def *def = r->s->def;
  const int steps = def && def->refinements > 0 ? def->refinements : 10;
  double *sums = MM_ARENA_NEW(&r->arena, double, 2 * (size_t)r->batch->frame_count);
  if (!sums) return MM_E_MEMORY;
  for (int i = 0; i < steps; i++) {
    double step = 0, cost = 0;
    int damped = 0;
    /* places of contact follow the first steps */
    if (i == 2 || i == 4 || i == 7) MM_TRY(mm__rf_contacts(r, 0, i == 2 ? 300 : 1000));
    MM_TRY(mm__rf_launch(r, sums));
    MM_TRY(mm__rf_judge(r));
    MM_TRY(mm__fit_progress(r->s, r->batch->frame_count));
    for (int c = 0; c < r->batch->clip_count; c++) {
      if (r->step[c] > step) step = r->step[c];
      cost += r->last[c];
      damped += r->damping[c] > 1;
    }
    mm__log(r->s->ctx, MM_LOG_DEBUG, "refinement, step %d: sum %g, largest change %g, %d clips damped", i + 1, cost, step, damped);
    if (i > 5 && step < 5e-4) break;
  }
  return mm__rf_read(r, r->poses[0], 0, (size_t)r->batch->frame_count * (size_t)r->s->plan->model->nq, r->batch->qpos);
}

/* everything up to the first step; to be closed in any case */
static mm_status mm__rf_open(mm_fit_refiner *r, mm_fit_solver *s, mm_fit_batch *batch, mm_retarget_report *reports) {
  const size_t clips = (size_t)batch->clip_count;
  memset(r, 0, sizeof *r);
  r->s = s;
  r->batch = batch;
  r->reports = reports;
  r->arena.ctx = s->ctx;
  r->cost = MM_ARENA_NEW(&r->arena, double, 3 * clips);
  r->damping = MM_ARENA_NEW(&r->arena, int, clips);
  r->drawn = MM_ARENA_NEW(&r->arena, unsigned char, clips);
  r->tendons = MM_ARENA_NEW(&r->arena, double, 3 * s->plan->model->ntendon + s->plan->model->nq + s->plan->free_count);
  if (!r->cost || !r->damping || !r->drawn || !r->tendons) return MM_E_MEMORY;
  memset(r->drawn, 1, clips);
  r->step = r->cost + clips;
  r->last = r->step + clips;
  MM_TRY(mm__fit_floor_open(s->plan, batch, s->def && s->def->keep_height, &r->arena, &r->floor));
  MM_TRY(mm__rf_windows(r));
  MM_TRY(mm__rf_ints(r));
  MM_TRY(mm__rf_reals(r));
  MM_TRY(mm__rf_buffers(r));
  MM_TRY(mm__rf_put_state(r));
  return mm__rf_contacts(r, 1, 100);
}

/* batch->qpos and batch->targets after inverse kinematics in, refined out */
static mm_status mm__fit_refine(mm_fit_solver *s, mm_fit_batch *batch, mm_retarget_report *reports) {
  mm_fit_refiner r;
  mm_status status = mm__rf_open(&r, s, batch, reports);
  if (status == MM_OK) status = mm__rf_run(&r);
  for (int c = 0; status == MM_OK && s->plan->model->ntendon && c < batch->clip_count; c++)
    status = mm__fit_steer(s->plan, batch, c, r.reals + (int)r.reals[MM_RF_SMOOTH], &r.leaps);
  mm__rf_close(&r);
  return status;
}
