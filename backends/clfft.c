/* >>clfft: Fourier transforms on OpenCL devices, by clFFT */

#ifndef MUSCLEMIMIC_NO_OPENCL
#ifdef MUSCLEMIMIC_NO_CLFFT

static mm_status mm__cl_fft(mm_device *device, const mm_fft *fft, int *done) {
  (void)device;
  (void)fft;
  *done = 0;
  return MM_OK;
}

#else

static clfftStatus mm__cl_fft_plan(mm_cl_device *device, const mm_fft *fft, clfftPlanHandle *plan) {
  const size_t length = (size_t)fft->length;
  const clfftPrecision precision = device->base.precision == MM_PRECISION_F64 ? CLFFT_DOUBLE : CLFFT_SINGLE;
  clfftStatus code = clfftCreateDefaultPlan(plan, device->context, CLFFT_1D, &length);
  if (code == CLFFT_SUCCESS) code = clfftSetPlanPrecision(*plan, precision);
  if (code == CLFFT_SUCCESS) code = clfftSetLayout(*plan, CLFFT_REAL, CLFFT_HERMITIAN_INTERLEAVED);
  if (code == CLFFT_SUCCESS) code = clfftSetResultLocation(*plan, CLFFT_OUTOFPLACE);
  if (code == CLFFT_SUCCESS) code = clfftSetPlanBatchSize(*plan, (size_t)fft->count);
  if (code == CLFFT_SUCCESS) code = clfftSetPlanDistance(*plan, length, length / 2 + 1);
  if (code == CLFFT_SUCCESS) code = clfftBakePlan(*plan, 1, &device->queue, NULL, NULL);
  return code;
}

/* clFFT keeps tables for the whole process: they are there from the first setup to the last teardown, which it counts */
static mm_status mm__cl_fft(mm_device *base, const mm_fft *fft, int *done) {
  mm_cl_device *device = (mm_cl_device *)base;
  cl_mem in = ((mm_cl_buffer *)fft->in)->memory, out = ((mm_cl_buffer *)fft->out)->memory;
  clfftPlanHandle plan = 0;
  clfftSetupData setup;
  clfftStatus code;
  *done = 1;
  memset(&setup, 0, sizeof setup); /* clfftInitSetupData has no definition to link with in C99 */
  setup.major = clfftVersionMajor;
  setup.minor = clfftVersionMinor;
  setup.patch = clfftVersionPatch;
  code = clfftSetup(&setup);
  if (code == CLFFT_SUCCESS) code = mm__cl_fft_plan(device, fft, &plan);
  if (code == CLFFT_SUCCESS) code = clfftEnqueueTransform(plan, CLFFT_FORWARD, 1, &device->queue, 0, NULL, NULL, &in, &out, NULL);
  if (code == CLFFT_SUCCESS) code = (clfftStatus)clFinish(device->queue);
  if (plan) clfftDestroyPlan(&plan);
  clfftTeardown();
  if (code == CLFFT_SUCCESS) return MM_OK;
  return mm__fail(base->ctx, MM_E_DEVICE, "%s (driver %s): clFFT error %d in %d transforms of length %d", base->info.name,
                  base->info.driver, (int)code, fft->count, fft->length);
}

#endif
#endif /* MUSCLEMIMIC_NO_OPENCL */
