/* >>clblast: matrix products on OpenCL devices: CLBlast, and on CPUs, whose buffers are host memory, CBLAS

   On a CPU the buffers are mapped, which waits for the kernels before, and unmapped, which the kernels after wait for. */

#ifndef MUSCLEMIMIC_NO_OPENCL

#ifndef MUSCLEMIMIC_NO_CBLAS

static void *mm__cl_map(mm_cl_device *device, const mm_buffer *buffer, cl_map_flags flags, cl_int *code) {
  const cl_mem memory = ((const mm_cl_buffer *)buffer)->memory;
  size_t size = 0;
  void *bytes;
  *code = clGetMemObjectInfo(memory, CL_MEM_SIZE, sizeof size, &size, NULL);
  if (*code != CL_SUCCESS) return NULL;
  bytes = clEnqueueMapBuffer(device->queue, memory, CL_TRUE, flags, 0, size, 0, NULL, NULL, code);
  return *code == CL_SUCCESS ? bytes : NULL;
}

static mm_status mm__cl_product_mapped(mm_cl_device *device, const mm_gemm *g) {
  const size_t size = device->base.precision == MM_PRECISION_F64 ? sizeof(double) : sizeof(float);
  const mm_buffer *buffers[3];
  void *bytes[3] = {NULL, NULL, NULL};
  cl_int code = CL_SUCCESS;
  buffers[0] = g->a;
  buffers[1] = g->b;
  buffers[2] = g->c;
  for (int i = 0; i < 3 && code == CL_SUCCESS; i++)
    bytes[i] = mm__cl_map(device, buffers[i], i == 2 ? CL_MAP_READ | CL_MAP_WRITE : CL_MAP_READ, &code);
  if (code == CL_SUCCESS)
    mm__cblas_gemm(device->base.pool, device->base.precision, g, (const char *)bytes[0] + g->a_at * size, (const char *)bytes[1] + g->b_at * size,
                   (char *)bytes[2] + g->c_at * size);
  for (int i = 0; i < 3; i++)
    if (bytes[i]) {
      cl_int left = clEnqueueUnmapMemObject(device->queue, ((const mm_cl_buffer *)buffers[i])->memory, bytes[i], 0, NULL, NULL);
      if (code == CL_SUCCESS) code = left;
    }
  return code == CL_SUCCESS ? MM_OK : mm__cl_fail(device, code, "a matrix product");
}

#endif /* MUSCLEMIMIC_NO_CBLAS */

#ifndef MUSCLEMIMIC_NO_CLBLAST

static mm_status mm__cl_product_clblast(mm_cl_device *device, const mm_gemm *g) {
  const CLBlastTranspose ta = g->transpose_a ? CLBlastTransposeYes : CLBlastTransposeNo;
  const CLBlastTranspose tb = g->transpose_b ? CLBlastTransposeYes : CLBlastTransposeNo;
  const cl_mem a = ((const mm_cl_buffer *)g->a)->memory, b = ((const mm_cl_buffer *)g->b)->memory;
  const cl_mem c = ((const mm_cl_buffer *)g->c)->memory;
  const size_t m = (size_t)g->m, n = (size_t)g->n, k = (size_t)g->k;
  const size_t lda = (size_t)g->lda, ldb = (size_t)g->ldb, ldc = (size_t)g->ldc;
  CLBlastStatusCode code;
  if (device->base.precision == MM_PRECISION_F64)
    code = CLBlastDgemm(CLBlastLayoutRowMajor, ta, tb, m, n, k, g->alpha, a, g->a_at, lda, b, g->b_at, ldb, g->beta, c,
                        g->c_at, ldc, &device->queue, NULL);
  else
    code = CLBlastSgemm(CLBlastLayoutRowMajor, ta, tb, m, n, k, (float)g->alpha, a, g->a_at, lda, b, g->b_at, ldb,
                        (float)g->beta, c, g->c_at, ldc, &device->queue, NULL);
  if (code == CLBlastSuccess) return MM_OK;
  return mm__fail(device->base.ctx, MM_E_DEVICE, "%s (driver %s): CLBlast error %d in a product of %d x %d x %d",
                  device->base.info.name, device->base.info.driver, (int)code, g->m, g->n, g->k);
}

#endif /* MUSCLEMIMIC_NO_CLBLAST */

static mm_status mm__cl_gemm(mm_device *base, const mm_gemm *gemm, int *done) {
  mm_cl_device *device = (mm_cl_device *)base;
  *done = 1;
#ifndef MUSCLEMIMIC_NO_CBLAS
  if (base->info.is_cpu) return mm__cl_product_mapped(device, gemm);
#endif
#ifndef MUSCLEMIMIC_NO_CLBLAST
  return mm__cl_product_clblast(device, gemm);
#else
  (void)device;
  (void)gemm;
  *done = 0;
  return MM_OK;
#endif
}

#endif /* MUSCLEMIMIC_NO_OPENCL */
