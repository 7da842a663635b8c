/* >>cblas: matrix products on the host's cores, by whichever CBLAS the program is linked with */

#ifdef MUSCLEMIMIC_NO_CBLAS

MM_PRIVATE int mm__cblas_gemm(mm_precision precision, const mm_gemm *gemm, const void *a, const void *b, void *c) {
  (void)precision;
  (void)gemm;
  (void)a;
  (void)b;
  (void)c;
  return 0;
}

#else

MM_PRIVATE int mm__cblas_gemm(mm_precision precision, const mm_gemm *gemm, const void *a, const void *b, void *c) {
  const CBLAS_TRANSPOSE ta = gemm->transpose_a ? CblasTrans : CblasNoTrans;
  const CBLAS_TRANSPOSE tb = gemm->transpose_b ? CblasTrans : CblasNoTrans;
  if (precision == MM_PRECISION_F64)
    cblas_dgemm(CblasRowMajor, ta, tb, gemm->m, gemm->n, gemm->k, gemm->alpha, (const double *)a, gemm->lda,
                (const double *)b, gemm->ldb, gemm->beta, (double *)c, gemm->ldc);
  else
    cblas_sgemm(CblasRowMajor, ta, tb, gemm->m, gemm->n, gemm->k, (float)gemm->alpha, (const float *)a, gemm->lda,
                (const float *)b, gemm->ldb, (float)gemm->beta, (float *)c, gemm->ldc);
  return 1;
}

#endif /* MUSCLEMIMIC_NO_CBLAS */
