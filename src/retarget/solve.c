/* >>retarget-solve: the frames of all clips on the device, many pieces at once

   Clips are cut into pieces, one to an environment. Inverse kinematics of a body has more than one answer, and which one is
   found depends on where it starts. So there are three tracks, each a pose for every frame:

     alone     every piece from the rest pose, so that a bad answer ends with its piece
     back      every piece backwards in time, from the first pose of the next one alone: good answers reach into the past
     joined    every piece from the last pose of the one before, again and again until all meet

   In most clips all are the same. Where they are not, the cheapest way through them is taken: what a pose misses by, and
   how far its sites jump from one frame to the next (dynamic programming). */

typedef struct mm_fit_batch {
  int clip_count, frame_count;
  int *first;           /* first frame of a clip [clip_count + 1] */
  double *targets;      /* [frame, site, 7] position and orientation */
  double *qpos;         /* [frame, nq] */
  double frequency;     /* Hz */
} mm_fit_batch;

typedef struct mm_fit_job {
  int first, count, step; /* the first frame, how many, and 1 or -1 to the next */
  int from;               /* frame whose pose is the start, -1: rest */
  int clip;
} mm_fit_job;

typedef struct mm_fit_solver {
  mm_context *ctx;
  const mm_fit_plan *plan;
  const mm_fit_batch *batch;
  const mm_retarget_def *def;
  mm_device *device;
  mm_layout layout;
  mm_pack pack;
  mm_program *program;
  mm_buffer *tables, *layout_buffer, *ints, *reals, *state, *scratch, *work, *targets, *result;
  int pieces, tiles, groups;
  size_t real;          /* bytes of a number on the device */
  int jobs_at;          /* where the jobs begin among the integers */
  int *jobs;            /* [places, 3], [tiles] */
  void *host;           /* the largest transfer */
  size_t host_bytes;
  double done, whole;   /* for progress */
} mm_fit_solver;

static void mm__fit_to_device(const mm_fit_solver *s, const double *from, size_t count, void *to) {
  if (s->real == sizeof(double)) memcpy(to, from, count * sizeof(double));
  else
    for (size_t i = 0; i < count; i++) ((float *)to)[i] = (float)from[i];
}

static double mm__fit_from_device(const mm_fit_solver *s, const void *from, size_t i) {
  return s->real == sizeof(double) ? ((const double *)from)[i] : (double)((const float *)from)[i];
}

static mm_status mm__fit_progress(mm_fit_solver *s, double more) {
  const mm_retarget_def *def = s->def;
  s->done += more;
  if (def && def->progress && def->progress(s->done < s->whole ? s->done / s->whole : 1, def->user))
    return mm__fail(s->ctx, MM_E_INTERRUPTED, "retargeting was stopped");
  return MM_OK;
}

static void mm__fit_solver_close(mm_fit_solver *s) {
  if (s->device) {
    mm_buffer *buffers[9];
    mm__device_settle(s->device);
    buffers[0] = s->tables;
    buffers[1] = s->layout_buffer;
    buffers[2] = s->ints;
    buffers[3] = s->reals;
    buffers[4] = s->state;
    buffers[5] = s->scratch;
    buffers[6] = s->work;
    buffers[7] = s->targets;
    buffers[8] = s->result;
    for (int i = 0; i < 9; i++)
      if (buffers[i]) s->device->backend->buffer_destroy(s->device, buffers[i]);
    if (s->program) s->device->backend->program_destroy(s->device, s->program);
  }
  mm__pack_free(s->ctx, &s->pack);
  mm__free(s->ctx, s->jobs);
  mm__free(s->ctx, s->host);
}

static mm_status mm__fit_program(mm_fit_solver *s) {
  static const char *const parts[] = {"types", "ik", "rf", "port", "math", "kinematics", "retarget", "refine", NULL};
  char *prelude;
  mm_status status;
  MM_TRY(mm__prelude_make(s->device, s->plan->model, &s->layout, &prelude));
  status = s->device->backend->program_create(s->device, prelude, parts, &s->program);
  mm__free(s->ctx, prelude);
  return status;
}

static mm_status mm__fit_buffers(mm_fit_solver *s) {
  const mm_fit_plan *plan = s->plan;
  const mm_backend *b = s->device->backend;
  const size_t frames = (size_t)s->batch->frame_count, places = (size_t)(s->tiles * s->device->width);
  const size_t tile = s->real * (size_t)s->device->width, kept = (size_t)s->layout.kept_size * (size_t)s->tiles * tile;
  const size_t targets = frames * 7 * (size_t)plan->site_count * s->real;
  const size_t result = frames * (size_t)plan->model->nq * s->real;
  const size_t reals = (size_t)plan->real_count * s->real;
  size_t host = kept / (size_t)s->tiles > targets ? kept / (size_t)s->tiles : targets;
  if (result > host) host = result;
  if (reals > host) host = reals;
  s->host_bytes = host;
  s->jobs_at = plan->int_count;
  MM_TRY(b->tables_create(s->device, plan->model, &s->layout, &s->pack, &s->tables, &s->layout_buffer));
  MM_TRY(b->buffer_create(s->device, ((size_t)plan->int_count + 3 * places + (size_t)s->tiles) * sizeof(int), &s->ints));
  MM_TRY(b->buffer_create(s->device, reals, &s->reals));
  MM_TRY(b->buffer_create(s->device, kept, &s->state));
  MM_TRY(b->buffer_create(s->device, (size_t)s->layout.work_size * (size_t)s->groups * tile, &s->scratch));
  MM_TRY(b->buffer_create(s->device, (size_t)plan->ints[MM_IK_WORK_SIZE] * (size_t)s->groups * tile, &s->work));
  MM_TRY(b->buffer_create(s->device, targets, &s->targets));
  MM_TRY(b->buffer_create(s->device, result, &s->result));
  s->jobs = MM_NEW(s->ctx, int, 3 * places + (size_t)s->tiles);
  s->host = mm__alloc(s->ctx, host, 1);
  return s->jobs && s->host ? MM_OK : MM_E_MEMORY;
}

static mm_status mm__fit_put_targets(mm_fit_solver *s) {
  const size_t count = (size_t)s->batch->frame_count * 7 * (size_t)s->plan->site_count;
  mm__fit_to_device(s, s->batch->targets, count, s->host);
  return s->device->backend->write(s->device, s->targets, 0, s->host, count * s->real);
}

/* A start costs as much as dozens of frames, and the device has so many places: pieces are as long as fills them, but no
   longer than keeps tracks apart short. */
static int mm__fit_piece_count(const mm_fit_solver *s, int clip) {
  const int frames = s->batch->first[clip + 1] - s->batch->first[clip], places = s->device->width * s->device->groups;
  int length = s->batch->frame_count / places, count;
  if (s->def && s->def->pieces > 0) count = s->def->pieces < frames ? s->def->pieces : frames;
  else {
    if (length < 12) length = 12;
    if (length > 128) length = 128;
    count = (frames + length - 1) / length;
  }
  return count < 1 ? 1 : count;
}

static mm_status mm__fit_solver_open(mm_fit_solver *s, const mm_fit_plan *plan, const mm_fit_batch *batch, const mm_retarget_def *def) {
  unsigned char wanted[MM_FIELD_COUNT];
  mm_context *ctx = plan->ctx;
  memset(s, 0, sizeof *s);
  s->ctx = ctx;
  s->plan = plan;
  s->batch = batch;
  s->def = def;
  MM_TRY(mm__device_open(ctx));
  s->device = ctx->device;
  for (int c = 0; c < batch->clip_count; c++) s->pieces += mm__fit_piece_count(s, c);
  s->tiles = (s->pieces + s->device->width - 1) / s->device->width;
  s->groups = s->tiles < s->device->groups ? s->tiles : s->device->groups;
  s->real = s->device->precision == MM_PRECISION_F64 ? sizeof(double) : sizeof(float);
  memset(wanted, 0, sizeof wanted);
  mm__layout_make(plan->model, wanted, &s->layout);
  MM_TRY(mm__pack_make(ctx, plan->model, s->device->precision, &s->pack));
  MM_TRY(mm__fit_program(s));
  MM_TRY(mm__fit_buffers(s));
  mm__fit_to_device(s, plan->reals, (size_t)plan->real_count, s->host);
  MM_TRY(s->device->backend->write(s->device, s->reals, 0, s->host, (size_t)plan->real_count * s->real));
  return mm__fit_put_targets(s);
}

/* the rest pose, carried to where the reference shall be */
static void mm__fit_start(const mm_fit_plan *plan, const double *target, double *qpos) {
  const mm_model *m = plan->model;
  const int root = m->body_rootid[m->site_bodyid[plan->sites[0].site]], joint = m->body_jntadr[root];
  double back[4], turn[4], at[3], site[3], quat[4];
  int p;
  memcpy(qpos, plan->rest, sizeof(double) * (size_t)m->nq);
  if (!plan->free_root || joint < 0 || m->jnt_type[joint] != MM_JNT_FREE) return;
  /* the reference at rest without the turn to +x */
  mm__rot_conjugate(plan->facing, back);
  mm__rot_apply(back, plan->sites[0].pos, site);
  mm__rot_multiply(back, plan->sites[0].quat, quat);
  mm__rot_conjugate(quat, quat);
  mm__rot_multiply(target + 3, quat, turn);
  p = m->jnt_qposadr[joint];
  for (int k = 0; k < 3; k++) at[k] = plan->rest[p + k] - site[k];
  mm__rot_apply(turn, at, at);
  for (int k = 0; k < 3; k++) qpos[p + k] = target[k] + at[k];
  mm__rot_multiply(turn, plan->rest + p + 3, qpos + p + 3);
  mm__rot_normalize(qpos + p + 3);
}

/* the state of all environments: start poses, and bodies that mocap would move where they are */
static mm_status mm__fit_put_state(mm_fit_solver *s, mm_buffer *state, const mm_fit_job *jobs, int count, const double *qpos, double *row) {
  const mm_model *m = s->plan->model;
  const int width = s->device->width, places = (count + width - 1) / width * width;
  const size_t bytes = (size_t)s->layout.kept_size * (size_t)width * s->real;
  for (int i = 0; i < places; i++) {
    const mm_fit_job *job = &jobs[i < count ? i : count - 1];
    const size_t lane = (size_t)(i % width);
    if (!lane) memset(s->host, 0, bytes);
    if (job->from < 0) mm__fit_start(s->plan, s->batch->targets + (size_t)job->first * 7 * (size_t)s->plan->site_count, row);
    else memcpy(row, qpos + (size_t)job->from * (size_t)m->nq, sizeof(double) * (size_t)m->nq);
    for (int pass = 0; pass < 3; pass++) {
      const mm_field_place place = mm__layout_place(&s->layout, pass == 0 ? MM_QPOS : pass == 1 ? MM_MOCAP_POS : MM_MOCAP_QUAT);
      for (int b = 0; b < m->nbody && pass; b++)
        if (m->body_mocapid[b] >= 0)
          memcpy(row + (pass == 1 ? 3 : 4) * m->body_mocapid[b], pass == 1 ? m->body_pos + 3 * b : m->body_quat + 4 * b,
                 (pass == 1 ? 3 : 4) * sizeof(double));
      for (size_t k = 0; k < (size_t)place.size; k++) {
        const size_t at = ((size_t)place.offset + k) * (size_t)width + lane;
        if (s->real == sizeof(double)) ((double *)s->host)[at] = row[k];
        else ((float *)s->host)[at] = (float)row[k];
      }
    }
    if (i % width == width - 1)
      MM_TRY(s->device->backend->write(s->device, state, (size_t)(i / width) * bytes, s->host, bytes));
  }
  return MM_OK;
}

/* runs one piece an environment; qpos takes the frames that were solved */
static mm_status mm__fit_run(mm_fit_solver *s, const mm_fit_job *jobs, int count, int cold, double *qpos, double *row) {
  const mm_backend *b = s->device->backend;
  const size_t nq = (size_t)s->plan->model->nq, frames = (size_t)s->batch->frame_count;
  const int width = s->device->width, tiles = (count + width - 1) / width, places = tiles * width;
  int header[MM_IK_HEADER];
  mm_arg args[10];
  MM_TRY(mm__fit_put_state(s, s->state, jobs, count, qpos, row));
  for (int t = 0; t < tiles; t++) s->jobs[3 * places + t] = 0;
  for (int i = 0; i < places; i++) {
    const mm_fit_job *job = &jobs[i < count ? i : count - 1];
    int *most = &s->jobs[3 * places + i / width];
    s->jobs[3 * i] = job->first;
    s->jobs[3 * i + 1] = job->count;
    s->jobs[3 * i + 2] = job->step;
    if (job->count > *most) *most = job->count;
  }
  memcpy(header, s->plan->ints, sizeof header);
  header[MM_IK_COLD] = cold;
  header[MM_IK_JOB] = s->jobs_at;
  header[MM_IK_TILE_FRAMES] = s->jobs_at + 3 * places;
  MM_TRY(b->write(s->device, s->ints, 0, s->plan->ints, (size_t)s->plan->int_count * sizeof(int)));
  MM_TRY(b->write(s->device, s->ints, 0, header, sizeof header));
  MM_TRY(b->write(s->device, s->ints, (size_t)s->jobs_at * sizeof(int), s->jobs, (size_t)(3 * places + tiles) * sizeof(int)));
  args[0] = mm__arg_buffer(s->tables);
  args[1] = mm__arg_buffer(s->layout_buffer);
  args[2] = mm__arg_buffer(s->state);
  args[3] = mm__arg_buffer(s->scratch);
  args[4] = mm__arg_buffer(s->ints);
  args[5] = mm__arg_buffer(s->reals);
  args[6] = mm__arg_buffer(s->work);
  args[7] = mm__arg_buffer(s->targets);
  args[8] = mm__arg_buffer(s->result);
  args[9] = mm__arg_int(tiles);
  MM_TRY(b->launch(s->device, s->program, "mmk_retarget", tiles < s->groups ? tiles : s->groups, args, 10));
  MM_TRY(b->finish(s->device));
  MM_TRY(b->read(s->device, s->result, 0, s->host, frames * nq * s->real));
  for (int i = 0; i < count; i++)
    for (int f = 0; f < jobs[i].count; f++) {
      const size_t at = (size_t)(jobs[i].first + f * jobs[i].step) * nq;
      for (size_t k = 0; k < nq; k++) qpos[at + k] = mm__fit_from_device(s, s->host, at + k);
    }
  return MM_OK;
}

/* the same in launches of a limited number of frames, so that a device that also draws a screen is not held for long */
static mm_status mm__fit_sweep(mm_fit_solver *s, const mm_fit_job *pieces, mm_fit_job *jobs, int count, int cold, double *qpos,
                               double *row) {
  const int stride = 64;
  int longest = 0;
  for (int i = 0; i < count; i++)
    if (pieces[i].count > longest) longest = pieces[i].count;
  for (int done = 0; done < longest; done += stride) {
    int running = 0, frames = 0;
    for (int i = 0; i < count; i++) {
      mm_fit_job *job = &jobs[running];
      if (pieces[i].count <= done) continue;
      *job = pieces[i];
      job->first = pieces[i].first + done * pieces[i].step;
      job->count = pieces[i].count - done < stride ? pieces[i].count - done : stride;
      if (done) job->from = job->first - job->step;
      frames += job->count;
      running++;
    }
    MM_TRY(mm__fit_run(s, jobs, running, cold && !done, qpos, row));
    MM_TRY(mm__fit_progress(s, frames));
  }
  return MM_OK;
}

/* the largest difference of two poses in a coordinate that is a number */
static double mm__fit_gap(const mm_fit_plan *plan, const double *a, const double *b) {
  const mm_model *m = plan->model;
  double gap = 0;
  for (int f = 0; f < plan->free_count; f++) {
    const int joint = m->dof_jntid[plan->free_dof[f]], p = m->jnt_qposadr[joint];
    if (m->jnt_type[joint] != MM_JNT_HINGE && m->jnt_type[joint] != MM_JNT_SLIDE) continue;
    if (fabs(a[p] - b[p]) > gap) gap = fabs(a[p] - b[p]);
  }
  return gap;
}

/* solves again from the frame before what does not meet it; *open is how many pieces that were */
static mm_status mm__fit_join(mm_fit_solver *s, const mm_fit_job *pieces, mm_fit_job *jobs, mm_fit_job *work, double *qpos,
                              double *trial, double *row, int *restarts, int *open) {
  const size_t nq = (size_t)s->plan->model->nq;
  int count = 0;
  *open = 0;
  for (int i = 1; i < s->pieces; i++) {
    if (pieces[i].clip != pieces[i - 1].clip) continue;
    jobs[count] = pieces[i];
    jobs[count].count = 1;
    jobs[count].from = pieces[i].first - 1;
    count++;
  }
  if (!count) return MM_OK;
  memcpy(trial, qpos, sizeof(double) * nq * (size_t)s->batch->frame_count);
  MM_TRY(mm__fit_run(s, jobs, count, 0, trial, row));
  count = 0;
  for (int i = 1; i < s->pieces; i++) {
    const size_t at = (size_t)pieces[i].first * nq;
    const double gap = pieces[i].clip == pieces[i - 1].clip ? mm__fit_gap(s->plan, trial + at, qpos + at) : 0;
    if (gap < 1e-4) continue;
    jobs[count] = pieces[i];
    jobs[count].from = pieces[i].first - 1;
    /* the same answer, but for what a frame remembers of those before it: that is forgotten in a few frames */
    if (gap < 0.01 && jobs[count].count > 12) jobs[count].count = 12;
    else restarts[pieces[i].clip]++;
    count++;
  }
  *open = count;
  return mm__fit_sweep(s, jobs, work, count, 0, qpos, row);
}

/* where the sites are [site, 7] */
static void mm__fit_sites_at(const mm_fit_plan *plan, const double *qpos, double *places) {
  mm__pose_set(plan->pose, qpos);
  for (int s = 0; s < plan->site_count; s++) {
    double mat[9];
    mm__pose_site(plan->pose, plan->sites[s].site, places + 7 * s, mat);
    mm__rot_from_matrix(mat, places + 7 * s + 3);
  }
}

/* weighted squares of what separates sites from other places, as inverse kinematics counts it in its last stage */
static double mm__fit_apart(const mm_fit_plan *plan, const double *a, const double *b) {
  double sum = 0;
  for (int s = 0; s < plan->site_count; s++) {
    const double *weight = plan->sites[s].weight[1], *x = a + 7 * s, *y = b + 7 * s;
    double turn[4], v[3];
    mm__rot_conjugate(y + 3, turn);
    mm__rot_multiply(x + 3, turn, turn);
    mm__rot_to_vector(turn, v);
    for (int k = 0; k < 3; k++) sum += pow(weight[0] * (x[k] - y[k]), 2) + pow(weight[1] * v[k], 2);
  }
  return sum;
}

enum { MM_FIT_TRACKS = 3 };

/* The cheapest way through the tracks of frames first to last; the first track takes it. work: [frames, tracks] choices. */
static void mm__fit_choose(const mm_fit_plan *plan, const double *targets, double *const *tracks, int first, int last, double *cost,
                           int *came, double *places) {
  const size_t nq = (size_t)plan->model->nq, row = 7 * (size_t)plan->site_count;
  const double jump = 10, move = 5; /* what sites jump by counts tenfold; 1/rad^2 of a coordinate */
  int at = 0;
  for (int f = first; f <= last; f++)
    for (int t = 0; t < MM_FIT_TRACKS; t++) {
      double *here = places + (size_t)((f % 2) * MM_FIT_TRACKS + t) * row;
      const double *before = places + (size_t)((1 - f % 2) * MM_FIT_TRACKS) * row;
      double best = 0;
      int from = t;
      mm__fit_sites_at(plan, tracks[t] + (size_t)f * nq, here);
      for (int u = 0; u < MM_FIT_TRACKS && f > first; u++) {
        const double gap = mm__fit_gap(plan, tracks[t] + (size_t)f * nq, tracks[u] + (size_t)(f - 1) * nq);
        const double whole = cost[(size_t)(f - 1 - first) * MM_FIT_TRACKS + (size_t)u] + move * gap * gap +
                             jump * mm__fit_apart(plan, here, before + (size_t)u * row);
        if (u == 0 || whole < best) {
          best = whole;
          from = u;
        }
      }
      cost[(size_t)(f - first) * MM_FIT_TRACKS + (size_t)t] = best + mm__fit_apart(plan, here, targets + (size_t)f * row);
      came[(size_t)(f - first) * MM_FIT_TRACKS + (size_t)t] = from;
    }
  for (int t = 1; t < MM_FIT_TRACKS; t++)
    if (cost[(size_t)(last - first) * MM_FIT_TRACKS + (size_t)t] < cost[(size_t)(last - first) * MM_FIT_TRACKS + (size_t)at]) at = t;
  for (int f = last; f >= first; f--) {
    const int next = came[(size_t)(f - first) * MM_FIT_TRACKS + (size_t)at];
    if (at) memcpy(tracks[0] + (size_t)f * nq, tracks[at] + (size_t)f * nq, nq * sizeof(double));
    at = next;
  }
}

/* chooses where the tracks of a clip differ, and a frame on either side */
static mm_status mm__fit_choose_clip(mm_fit_solver *s, int clip, double *const *tracks) {
  const mm_fit_batch *batch = s->batch;
  const size_t nq = (size_t)s->plan->model->nq;
  const int begin = batch->first[clip], end = batch->first[clip + 1];
  mm_arena arena = {NULL, NULL};
  const size_t choices = (size_t)(end - begin) * MM_FIT_TRACKS;
  double *cost, *places;
  int *came, from = -1;
  arena.ctx = s->ctx;
  cost = MM_ARENA_NEW(&arena, double, choices);
  came = MM_ARENA_NEW(&arena, int, choices);
  places = MM_ARENA_NEW(&arena, double, 2 * MM_FIT_TRACKS * 7 * (size_t)s->plan->site_count);
  for (int f = begin; cost && came && places && f <= end; f++) {
    int differs = 0;
    for (int t = 1; t < MM_FIT_TRACKS && f < end; t++)
      if (mm__fit_gap(s->plan, tracks[0] + (size_t)f * nq, tracks[t] + (size_t)f * nq) > 0.02) differs = 1;
    if (differs && from < 0) from = f > begin ? f - 1 : f;
    if (differs || from < 0) continue;
    mm__fit_choose(s->plan, batch->targets, tracks, from, f < end ? f : end - 1, cost, came, places);
    from = -1;
  }
  mm__arena_free(&arena);
  return cost && came && places ? MM_OK : MM_E_MEMORY;
}

typedef struct mm_fit_tracks {
  mm_fit_job *pieces, *jobs, *work;
  double *row, *trial, *alone, *back;
} mm_fit_tracks;

static mm_status mm__fit_tracks_make(mm_fit_solver *s, mm_arena *arena, mm_fit_tracks *k) {
  const mm_fit_batch *batch = s->batch;
  const size_t nq = (size_t)s->plan->model->nq, numbers = nq * (size_t)batch->frame_count;
  int piece = 0;
  k->pieces = MM_ARENA_NEW(arena, mm_fit_job, s->pieces);
  k->jobs = MM_ARENA_NEW(arena, mm_fit_job, s->pieces);
  k->work = MM_ARENA_NEW(arena, mm_fit_job, s->pieces);
  k->row = MM_ARENA_NEW(arena, double, nq + 4 * (size_t)s->plan->model->nmocap);
  k->trial = MM_ARENA_NEW(arena, double, numbers);
  k->alone = MM_ARENA_NEW(arena, double, numbers);
  k->back = MM_ARENA_NEW(arena, double, numbers);
  if (!k->pieces || !k->jobs || !k->work || !k->row || !k->trial || !k->alone || !k->back) return MM_E_MEMORY;
  for (int c = 0; c < batch->clip_count; c++) {
    const int begin = batch->first[c], frames = batch->first[c + 1] - begin, count = mm__fit_piece_count(s, c);
    for (int i = 0; i < count; i++, piece++) {
      mm_fit_job *job = &k->pieces[piece];
      job->first = begin + (int)((int64_t)frames * i / count);
      job->count = begin + (int)((int64_t)frames * (i + 1) / count) - job->first;
      job->step = 1;
      job->from = -1;
      job->clip = c;
    }
  }
  return MM_OK;
}

/* each piece backwards from the first frame of the one after it */
static mm_status mm__fit_backwards(mm_fit_solver *s, mm_fit_tracks *k) {
  int count = 0;
  memcpy(k->back, k->alone, sizeof(double) * (size_t)s->plan->model->nq * (size_t)s->batch->frame_count);
  for (int i = 0; i + 1 < s->pieces; i++) {
    if (k->pieces[i].clip != k->pieces[i + 1].clip) continue;
    k->jobs[count] = k->pieces[i];
    k->jobs[count].first = k->pieces[i + 1].first - 1;
    k->jobs[count].from = k->pieces[i + 1].first;
    k->jobs[count].step = -1;
    count++;
  }
  return count ? mm__fit_sweep(s, k->jobs, k->work, count, 0, k->back, k->row) : MM_OK;
}

/* batch->qpos, and how it went in the clips' reports */
static mm_status mm__fit_solve(mm_fit_solver *s, mm_fit_batch *batch, mm_retarget_report *reports) {
  mm_arena arena = {NULL, NULL};
  mm_fit_tracks k;
  mm_status status;
  int *restarts, passes = 2;
  const size_t bytes = sizeof(double) * (size_t)s->plan->model->nq * (size_t)batch->frame_count;
  arena.ctx = s->ctx;
  restarts = MM_ARENA_NEW(&arena, int, batch->clip_count);
  status = restarts ? mm__fit_tracks_make(s, &arena, &k) : MM_E_MEMORY;
  if (status == MM_OK) status = mm__fit_sweep(s, k.pieces, k.work, s->pieces, 1, k.alone, k.row);
  if (status == MM_OK) status = mm__fit_backwards(s, &k);
  if (status == MM_OK) memcpy(batch->qpos, k.alone, bytes);
  for (int open = 1; status == MM_OK && open && passes <= s->pieces + 3; passes++)
    status = mm__fit_join(s, k.pieces, k.jobs, k.work, batch->qpos, k.trial, k.row, restarts, &open);
  for (int c = 0; status == MM_OK && c < batch->clip_count; c++) {
    double *tracks[MM_FIT_TRACKS];
    tracks[0] = batch->qpos;
    tracks[1] = k.alone;
    tracks[2] = k.back;
    status = mm__fit_choose_clip(s, c, tracks);
    reports[c].passes = passes;
    reports[c].restarts = restarts[c];
  }
  mm__arena_free(&arena);
  return status;
}
