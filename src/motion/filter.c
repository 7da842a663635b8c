/* >>filter: signals freed of what is above a frequency, without delay

   A Butterworth filter of second order runs forwards and then backwards, so that phases cancel; it is designed so that both
   passes together let a half of the power at the cutoff through (D. A. Winter, Biomechanics and Motor Control of Human
   Movement, 2.2.4.4). Beyond its ends a signal goes on turned about its end point, as long as the filter remembers. */

typedef struct mm_filter { double x0, x1, x2, y1, y2; } mm_filter;

static mm_filter mm__filter_design(double cutoff, double frequency) {
  const double w = tan(MM_PI * cutoff / frequency) / pow(sqrt(2.0) - 1, 0.25), scale = 1 / (1 + sqrt(2.0) * w + w * w);
  mm_filter f;
  f.x0 = w * w * scale;
  f.x1 = 2 * f.x0;
  f.x2 = f.x0;
  f.y1 = 2 * (1 - w * w) * scale;
  f.y2 = -(1 - sqrt(2.0) * w + w * w) * scale;
  return f;
}

/* in place, step 1 or -1 from first; begins as if it had always been what it is first */
static void mm__filter_pass(const mm_filter *f, double *first, int count, int step) {
  double x1 = *first, x2 = x1, y1 = x1, y2 = x1, *at = first;
  for (int i = 0; i < count; i++, at += step) {
    const double x = *at, y = f->x0 * x + f->x1 * x1 + f->x2 * x2 + f->y1 * y1 + f->y2 * y2;
    x2 = x1;
    x1 = x;
    y2 = y1;
    y1 = y;
    *at = y;
  }
}

MM_PRIVATE mm_status mm__filter_low_pass(mm_context *ctx, double *x, int count, int stride, double cutoff, double frequency) {
  const mm_filter f = mm__filter_design(cutoff, frequency);
  const double memory = 3 * frequency / cutoff;
  const int pad = memory < count - 1 ? (int)memory : count - 1, whole = count + 2 * pad;
  double *own = MM_NEW(ctx, double, whole);
  if (!own) return MM_E_MEMORY;
  for (int i = 0; i < count; i++) own[pad + i] = x[(size_t)i * (size_t)stride];
  for (int i = 1; i <= pad; i++) {
    own[pad - i] = 2 * own[pad] - own[pad + i];
    own[pad + count - 1 + i] = 2 * own[pad + count - 1] - own[pad + count - 1 - i];
  }
  mm__filter_pass(&f, own, whole, 1);
  mm__filter_pass(&f, own + whole - 1, whole, -1);
  for (int i = 0; i < count; i++) x[(size_t)i * (size_t)stride] = own[pad + i];
  mm__free(ctx, own);
  return MM_OK;
}
