/* >>retarget-solve: the frames of a clip on the device, many pieces at once

   A clip is cut into pieces, one to an environment. In the first pass each piece starts from the rest pose. Inverse
   kinematics of a body has more than one answer, so neighbours may settle on different ones: then the clip would jump where
   they meet. So each piece is asked what its first frame would be when it starts from the last frame of the piece before;
   where that differs, the piece is solved again from there, until all meet. */

typedef struct mm_fit_job { int first, count, from; } mm_fit_job; /* from: frame whose pose is the start, -1: rest */

typedef struct mm_fit_solver {
  mm_context *ctx;
  const mm_fit_plan *plan;
  mm_device *device;
  mm_layout layout;
  mm_pack pack;
  mm_program *program;
  mm_buffer *tables, *layout_buffer, *ints, *reals, *state, *scratch, *work, *targets, *result;
  int environments, tiles, groups, frames;
  size_t real;          /* bytes of a number on the device */
  int jobs_at;          /* where the jobs begin among the integers */
  int *jobs;            /* [2 environments + tiles] */
  void *host;           /* the largest transfer */
} mm_fit_solver;

static void mm__fit_to_device(const mm_fit_solver *s, const double *from, size_t count, void *to) {
  if (s->real == sizeof(double)) memcpy(to, from, count * sizeof(double));
  else
    for (size_t i = 0; i < count; i++) ((float *)to)[i] = (float)from[i];
}

static double mm__fit_from_device(const mm_fit_solver *s, const void *from, size_t i) {
  return s->real == sizeof(double) ? ((const double *)from)[i] : (double)((const float *)from)[i];
}

static void mm__fit_solver_close(mm_fit_solver *s) {
  if (s->device) {
    mm_buffer *buffers[9];
    s->device->backend->finish(s->device);
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
  static const char *const parts[] = {"types", "ik", "port", "math", "kinematics", "retarget", NULL};
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
  const size_t tile = s->real * (size_t)s->device->width, kept = (size_t)s->layout.kept_size * (size_t)s->tiles * tile;
  const size_t targets = (size_t)s->frames * 7 * (size_t)plan->site_count * s->real;
  const size_t result = (size_t)s->frames * (size_t)plan->model->nq * s->real;
  const size_t reals = (size_t)plan->real_count * s->real;
  size_t host = kept > targets ? kept : targets;
  if (result > host) host = result;
  if (reals > host) host = reals;
  s->jobs_at = plan->int_count;
  MM_TRY(b->tables_create(s->device, plan->model, &s->layout, &s->pack, &s->tables, &s->layout_buffer));
  MM_TRY(b->buffer_create(s->device, (size_t)(plan->int_count + 2 * s->tiles * s->device->width + s->tiles) * sizeof(int), &s->ints));
  MM_TRY(b->buffer_create(s->device, reals, &s->reals));
  MM_TRY(b->buffer_create(s->device, kept, &s->state));
  MM_TRY(b->buffer_create(s->device, (size_t)s->layout.work_size * (size_t)s->groups * tile, &s->scratch));
  MM_TRY(b->buffer_create(s->device, (size_t)plan->ints[MM_IK_WORK_SIZE] * (size_t)s->groups * tile, &s->work));
  MM_TRY(b->buffer_create(s->device, targets, &s->targets));
  MM_TRY(b->buffer_create(s->device, result, &s->result));
  s->jobs = MM_NEW(s->ctx, int, (size_t)(2 * s->tiles * s->device->width + s->tiles));
  s->host = mm__alloc(s->ctx, host, 1);
  return s->jobs && s->host ? MM_OK : MM_E_MEMORY;
}

static mm_status mm__fit_solver_open(mm_fit_solver *s, const mm_fit_plan *plan, const mm_fit_clip *clip, int pieces) {
  unsigned char wanted[MM_FIELD_COUNT];
  mm_context *ctx = plan->ctx;
  memset(s, 0, sizeof *s);
  s->ctx = ctx;
  s->plan = plan;
  MM_TRY(mm__device_open(ctx));
  s->device = ctx->device;
  s->frames = clip->clip->frame_count;
  /* a piece of fewer than a dozen frames spends more on its start than on its frames */
  s->environments = pieces > 0 ? pieces : s->device->width * s->device->groups;
  if (!pieces && s->environments > s->frames / 12) s->environments = s->frames / 12;
  if (s->environments > s->frames) s->environments = s->frames;
  if (s->environments < 1) s->environments = 1;
  s->tiles = (s->environments + s->device->width - 1) / s->device->width;
  s->groups = s->tiles < s->device->groups ? s->tiles : s->device->groups;
  s->real = s->device->precision == MM_PRECISION_F64 ? sizeof(double) : sizeof(float);
  memset(wanted, 0, sizeof wanted);
  mm__layout_make(plan->model, wanted, &s->layout);
  MM_TRY(mm__pack_make(ctx, plan->model, s->device->precision, &s->pack));
  MM_TRY(mm__fit_program(s));
  MM_TRY(mm__fit_buffers(s));
  mm__fit_to_device(s, plan->reals, (size_t)plan->real_count, s->host);
  MM_TRY(s->device->backend->write(s->device, s->reals, 0, s->host, (size_t)plan->real_count * s->real));
  mm__fit_to_device(s, clip->targets, (size_t)s->frames * 7 * (size_t)plan->site_count, s->host);
  return s->device->backend->write(s->device, s->targets, 0, s->host, (size_t)s->frames * 7 * (size_t)plan->site_count * s->real);
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
static mm_status mm__fit_put_state(mm_fit_solver *s, const mm_fit_clip *clip, const mm_fit_job *jobs, int count, const double *qpos, double *row) {
  const mm_model *m = s->plan->model;
  const int width = s->device->width, places = s->tiles * width;
  const size_t bytes = (size_t)s->layout.kept_size * (size_t)places * s->real;
  memset(s->host, 0, bytes);
  for (int i = 0; i < places; i++) {
    const mm_fit_job *job = &jobs[i < count ? i : count - 1];
    const size_t tile = (size_t)(i / width) * (size_t)s->layout.kept_size, lane = (size_t)(i % width);
    if (job->from < 0) mm__fit_start(s->plan, clip->targets + (size_t)job->first * 7 * (size_t)s->plan->site_count, row);
    else memcpy(row, qpos + (size_t)job->from * (size_t)m->nq, sizeof(double) * (size_t)m->nq);
    for (int pass = 0; pass < 3; pass++) {
      const mm_field_place place = mm__layout_place(&s->layout, pass == 0 ? MM_QPOS : pass == 1 ? MM_MOCAP_POS : MM_MOCAP_QUAT);
      for (int b = 0; b < m->nbody && pass; b++)
        if (m->body_mocapid[b] >= 0)
          memcpy(row + (pass == 1 ? 3 : 4) * m->body_mocapid[b], pass == 1 ? m->body_pos + 3 * b : m->body_quat + 4 * b,
                 (pass == 1 ? 3 : 4) * sizeof(double));
      for (size_t k = 0; k < (size_t)place.size; k++) {
        const size_t at = (tile + (size_t)place.offset + k) * (size_t)width + lane;
        if (s->real == sizeof(double)) ((double *)s->host)[at] = row[k];
        else ((float *)s->host)[at] = (float)row[k];
      }
    }
  }
  return s->device->backend->write(s->device, s->state, 0, s->host, bytes);
}

/* runs one piece an environment; qpos takes the frames that were solved */
static mm_status mm__fit_run(mm_fit_solver *s, const mm_fit_clip *clip, const mm_fit_job *jobs, int count, int cold, double *qpos, double *row) {
  const mm_backend *b = s->device->backend;
  const size_t nq = (size_t)s->plan->model->nq;
  const int width = s->device->width, tiles = (count + width - 1) / width, places = tiles * width;
  int header[MM_IK_HEADER];
  mm_arg args[10];
  MM_TRY(mm__fit_put_state(s, clip, jobs, count, qpos, row));
  for (int t = 0; t < tiles; t++) s->jobs[2 * places + t] = 0;
  for (int i = 0; i < places; i++) {
    const mm_fit_job *job = &jobs[i < count ? i : count - 1];
    int *most = &s->jobs[2 * places + i / width];
    s->jobs[2 * i] = job->first;
    s->jobs[2 * i + 1] = job->count;
    if (job->count > *most) *most = job->count;
  }
  memcpy(header, s->plan->ints, sizeof header);
  header[MM_IK_COLD] = cold;
  header[MM_IK_JOB] = s->jobs_at;
  header[MM_IK_TILE_FRAMES] = s->jobs_at + 2 * places;
  MM_TRY(b->write(s->device, s->ints, 0, s->plan->ints, (size_t)s->plan->int_count * sizeof(int)));
  MM_TRY(b->write(s->device, s->ints, 0, header, sizeof header));
  MM_TRY(b->write(s->device, s->ints, (size_t)s->jobs_at * sizeof(int), s->jobs, (size_t)(2 * places + tiles) * sizeof(int)));
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
  MM_TRY(b->read(s->device, s->result, 0, s->host, (size_t)s->frames * nq * s->real));
  for (int i = 0; i < count; i++)
    for (size_t k = (size_t)jobs[i].first * nq; k < (size_t)(jobs[i].first + jobs[i].count) * nq; k++)
      qpos[k] = mm__fit_from_device(s, s->host, k);
  return MM_OK;
}

/* the same in launches of a limited number of frames, so that a device that also draws a screen is not held for long */
static mm_status mm__fit_sweep(mm_fit_solver *s, const mm_fit_clip *clip, const mm_fit_job *pieces, mm_fit_job *jobs, int count,
                               int cold, const mm_retarget_def *def, double *qpos, double *row) {
  const int step = 64;
  int longest = 0;
  for (int i = 0; i < count; i++)
    if (pieces[i].count > longest) longest = pieces[i].count;
  for (int done = 0; done < longest; done += step) {
    int running = 0;
    for (int i = 0; i < count; i++) {
      if (pieces[i].count <= done) continue;
      jobs[running].first = pieces[i].first + done;
      jobs[running].count = pieces[i].count - done < step ? pieces[i].count - done : step;
      jobs[running].from = done ? jobs[running].first - 1 : pieces[i].from;
      running++;
    }
    MM_TRY(mm__fit_run(s, clip, jobs, running, cold && !done, qpos, row));
    if (def && def->progress && def->progress((double)(done + step < longest ? done + step : longest) / longest, def->user))
      return mm__fail(s->ctx, MM_E_INTERRUPTED, "retargeting of %s was stopped", clip->clip->name);
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

/* solves again from the frame before what does not meet it; *restarts counts the pieces */
static mm_status mm__fit_join(mm_fit_solver *s, const mm_fit_clip *clip, const mm_fit_job *pieces, mm_fit_job *jobs,
                              mm_fit_job *work, double *qpos, double *trial, double *row, int *restarts, int *open) {
  const size_t nq = (size_t)s->plan->model->nq;
  int count = 0;
  *open = 0;
  for (int i = 1; i < s->environments; i++) {
    jobs[count].first = pieces[i].first;
    jobs[count].count = 1;
    jobs[count].from = pieces[i].first - 1;
    count++;
  }
  if (!count) return MM_OK;
  memcpy(trial, qpos, sizeof(double) * nq * (size_t)s->frames);
  MM_TRY(mm__fit_run(s, clip, jobs, count, 0, trial, row));
  count = 0;
  for (int i = 1; i < s->environments; i++) {
    const size_t at = (size_t)pieces[i].first * nq;
    const double gap = mm__fit_gap(s->plan, trial + at, qpos + at);
    if (gap < 1e-4) continue;
    jobs[count] = pieces[i];
    jobs[count].from = pieces[i].first - 1;
    /* the same answer, but for what a frame remembers of those before it: that is forgotten in a few frames */
    if (gap < 0.01 && jobs[count].count > 12) jobs[count].count = 12;
    else ++*restarts;
    count++;
  }
  *open = count;
  return mm__fit_sweep(s, clip, jobs, work, count, 0, NULL, qpos, row);
}

/* qpos [frame, nq] of the whole clip */
static mm_status mm__fit_solve(const mm_fit_plan *plan, const mm_fit_clip *clip, const mm_retarget_def *def, double *qpos,
                               mm_retarget_report *report) {
  mm_arena arena = {NULL, NULL};
  mm_fit_solver s;
  mm_status status = mm__fit_solver_open(&s, plan, clip, def ? def->pieces : 0);
  mm_fit_job *pieces, *jobs, *work;
  double *row, *trial;
  const size_t nq = (size_t)plan->model->nq;
  arena.ctx = plan->ctx;
  pieces = MM_ARENA_NEW(&arena, mm_fit_job, s.environments);
  jobs = MM_ARENA_NEW(&arena, mm_fit_job, s.environments);
  work = MM_ARENA_NEW(&arena, mm_fit_job, s.environments);
  row = MM_ARENA_NEW(&arena, double, nq + 4 * (size_t)plan->model->nmocap);
  trial = MM_ARENA_NEW(&arena, double, nq * (size_t)s.frames);
  if (status == MM_OK && (!pieces || !jobs || !work || !row || !trial)) status = MM_E_MEMORY;
  for (int i = 0; status == MM_OK && i < s.environments; i++) {
    pieces[i].first = (int)((int64_t)s.frames * i / s.environments);
    pieces[i].count = (int)((int64_t)s.frames * (i + 1) / s.environments) - pieces[i].first;
    pieces[i].from = -1;
  }
  if (status == MM_OK) status = mm__fit_sweep(&s, clip, pieces, work, s.environments, 1, def, qpos, row);
  report->passes = 1;
  for (int open = 1; status == MM_OK && open && report->passes <= s.environments + 2; report->passes++)
    status = mm__fit_join(&s, clip, pieces, jobs, work, qpos, trial, row, &report->restarts, &open);
  mm__fit_solver_close(&s);
  mm__arena_free(&arena);
  return status;
}
