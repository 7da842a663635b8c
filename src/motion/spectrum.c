/* >>spectrum: how smooth motions are, from the spectra of their velocities

   Each degree of freedom gives two signals, its velocity and its speed, padded with zeros to a power of two at least 16
   times as long, so that the arc of the spectrum is smooth itself. All are transformed at once. */

enum { MM_SPECTRUM_ROWS = 32, MM_SPECTRUM_NUMBERS = 1 << 23, MM_SPECTRUM_PADDING = 4, MM_SPECTRUM_FRAMES = 1 << 18 };
static const double mm__sparc_most_hz = 10, mm__sparc_threshold = 0.05;

/* length a power of two; z [length] complex, in place */
static void mm__fft_host(double *z, int length) {
  for (int i = 1, j = 0; i < length; i++) {
    int bit = length >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j)
      for (int k = 0; k < 2; k++) {
        const double swap = z[2 * i + k];
        z[2 * i + k] = z[2 * j + k];
        z[2 * j + k] = swap;
      }
  }
  for (int span = 1; span < length; span *= 2)
    for (int k = 0; k < span; k++) {
      const double c = cos(MM_PI * k / span), s = -sin(MM_PI * k / span);
      for (int i = k; i < length; i += 2 * span) {
        double *a = z + 2 * (size_t)i, *b = z + 2 * (size_t)(i + span);
        const double re = b[0] * c - b[1] * s, im = b[0] * s + b[1] * c;
        b[0] = a[0] - re;
        b[1] = a[1] - im;
        a[0] += re;
        a[1] += im;
      }
    }
}

static void mm__spectrum_on_host(double *rows, double *magnitude, double *complex_row, int count, int length) {
  const int half = length / 2 + 1;
  for (int r = 0; r < count; r++) {
    for (int i = 0; i < length; i++) {
      complex_row[2 * i] = rows[(size_t)r * (size_t)length + (size_t)i];
      complex_row[2 * i + 1] = 0;
    }
    mm__fft_host(complex_row, length);
    for (int i = 0; i < half; i++) magnitude[(size_t)r * (size_t)half + (size_t)i] = hypot(complex_row[2 * i], complex_row[2 * i + 1]);
  }
}

/* *done = 0: the device has no transforms, or is the host itself. scratch [count, length + 2] */
static mm_status mm__spectrum_on_device(mm_device *device, const double *rows, double *magnitude, double *scratch, int count, int length,
                                        int *done) {
  const size_t numbers = (size_t)count * (size_t)length, results = (size_t)count * (size_t)(length / 2 + 1);
  const int is_double = device->precision == MM_PRECISION_F64;
  const size_t size = is_double ? sizeof(double) : sizeof(float);
  const mm_backend *backend = device->backend;
  float *narrow = (float *)(void *)scratch;
  mm_status status;
  mm_fft fft;
  memset(&fft, 0, sizeof fft);
  fft.length = length;
  fft.count = count;
  *done = 0;
  if (!backend->fft || device->info.is_cpu) return MM_OK;
  if (!is_double)
    for (size_t i = 0; i < numbers; i++) narrow[i] = (float)rows[i];
  status = backend->buffer_create(device, numbers * size, &fft.in);
  if (status == MM_OK) status = backend->buffer_create(device, 2 * results * size, &fft.out);
  if (status == MM_OK) status = backend->write(device, fft.in, 0, is_double ? (const void *)rows : (const void *)narrow, numbers * size);
  if (status == MM_OK) status = backend->fft(device, &fft, done);
  if (status == MM_OK && *done) status = backend->read(device, fft.out, 0, scratch, 2 * results * size);
  if (fft.in) backend->buffer_destroy(device, fft.in);
  if (fft.out) backend->buffer_destroy(device, fft.out);
  for (size_t i = 0; status == MM_OK && *done && i < results; i++)
    magnitude[i] = is_double ? hypot(scratch[2 * i], scratch[2 * i + 1]) : hypot((double)narrow[2 * i], (double)narrow[2 * i + 1]);
  return status;
}

/* of a speed's spectrum up to step * (count - 1) Hz */
static double mm__sparc(const double *magnitude, int count, double step) {
  double most = 0, arc = 0;
  int last = 0, limit = (int)(mm__sparc_most_hz / step * (1 + 1e-12));
  if (limit > count - 1) limit = count - 1;
  for (int i = 0; i < count; i++)
    if (magnitude[i] > most) most = magnitude[i];
  if (!(most > 0)) return NAN;
  for (int i = 0; i <= limit; i++)
    if (magnitude[i] >= mm__sparc_threshold * most) last = i;
  for (int i = 0; i < last; i++) arc += hypot(1.0 / last, (magnitude[i + 1] - magnitude[i]) / most);
  return -arc;
}

/* from the spectrum of a velocity and of its size */
static mm_smoothness mm__smoothness_of(const double *velocity, const double *speed, int half, double step, double cutoff) {
  mm_smoothness s;
  double whole = 0, sum = 0, above = 0;
  int at = 0;
  /* a frequency between the ends stands for its negative, too */
  for (int i = 0; i < half; i++) whole += (i == 0 || i == half - 1 ? 1 : 2) * velocity[i] * velocity[i];
  for (int i = 0; i < half; i++) {
    const double power = (i == 0 || i == half - 1 ? 1 : 2) * velocity[i] * velocity[i];
    sum += power;
    if (i * step > cutoff) above += power;
    if (sum < 0.95 * whole) at = i + 1;
  }
  s.arc_length = mm__sparc(speed, half, step);
  s.bandwidth = at * step;
  s.share_above = whole > 0 ? above / whole : 0;
  return s;
}

typedef struct mm_spectra { double *rows, *magnitude, *scratch; int length, half, dofs; } mm_spectra;

static mm_status mm__spectra_batch(const mm_trajectory *t, int clip, int first, int dofs, double cutoff, mm_spectra *s, mm_smoothness *out) {
  const int begin = t->split_points[clip], frames = t->split_points[clip + 1] - begin;
  int done = 0;
  memset(s->rows, 0, sizeof(double) * 2 * (size_t)dofs * (size_t)s->length);
  for (int d = 0; d < dofs; d++)
    for (int f = 0; f < frames; f++) {
      const double v = t->qvel[(size_t)(begin + f) * (size_t)t->nv + (size_t)(first + d)];
      s->rows[2 * (size_t)d * (size_t)s->length + (size_t)f] = v;
      s->rows[(2 * (size_t)d + 1) * (size_t)s->length + (size_t)f] = fabs(v);
    }
  MM_TRY(mm__spectrum_on_device(t->ctx->device, s->rows, s->magnitude, s->scratch, 2 * dofs, s->length, &done));
  if (!done) mm__spectrum_on_host(s->rows, s->magnitude, s->scratch, 2 * dofs, s->length);
  for (int d = 0; d < dofs; d++) {
    const double *velocity = s->magnitude + 2 * (size_t)d * (size_t)s->half;
    out[first + d] = mm__smoothness_of(velocity, velocity + s->half, s->half, t->frequency / s->length, cutoff);
  }
  return MM_OK;
}

mm_status mm_trajectory_smoothness(const mm_trajectory *t, int clip, double cutoff, mm_smoothness *dofs) {
  mm_spectra s;
  mm_arena arena = {NULL, NULL};
  mm_status status = MM_OK;
  int frames, rows;
  arena.ctx = t->ctx;
  if (clip < 0 || clip >= t->clip_count) return mm__fail(t->ctx, MM_E_ARGUMENT, "mm_trajectory_smoothness: clip %d of %d", clip, t->clip_count);
  frames = t->split_points[clip + 1] - t->split_points[clip];
  if (frames > MM_SPECTRUM_FRAMES)
    return mm__fail(t->ctx, MM_E_DATA, "clip '%s' has %d frames: no more than %d make one spectrum", t->clip_names[clip], frames, (int)MM_SPECTRUM_FRAMES);
  MM_TRY(mm__device_open(t->ctx));
  for (s.length = 2; s.length < frames; s.length *= 2) {}
  s.length <<= MM_SPECTRUM_PADDING;
  s.half = s.length / 2 + 1;
  rows = MM_SPECTRUM_NUMBERS / s.length < MM_SPECTRUM_ROWS ? MM_SPECTRUM_NUMBERS / s.length : (int)MM_SPECTRUM_ROWS;
  s.dofs = rows / 2;
  s.rows = MM_ARENA_NEW(&arena, double, (size_t)rows * (size_t)s.length);
  s.magnitude = MM_ARENA_NEW(&arena, double, (size_t)rows * (size_t)s.half);
  s.scratch = MM_ARENA_NEW(&arena, double, (size_t)rows * ((size_t)s.length + 2));
  if (!s.rows || !s.magnitude || !s.scratch) status = MM_E_MEMORY;
  for (int first = 0; status == MM_OK && first < t->nv; first += s.dofs)
    status = mm__spectra_batch(t, clip, first, t->nv - first < s.dofs ? t->nv - first : s.dofs, cutoff, &s, dofs);
  mm__arena_free(&arena);
  return status;
}
