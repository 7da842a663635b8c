/* >>factor: sparse factorisation of symmetric positive definite matrices of a fixed pattern, A = L' L

   A matrix keeps its lower triangle by rows, columns ascending, the diagonal last; the pattern is closed under
   elimination from the last row up, so L has the pattern of A and may take its place. The diagonal of L is kept inverted. */

typedef struct mm_pattern {
  int n;
  MM_GLOBAL const int *rowadr, *rownnz, *colind;
} mm_pattern;

MM_FN mm_pattern mm_pattern_mass(mm_env e) {
  mm_pattern p;
  p.n = N(nv);
  p.rowadr = M(M_rowadr);
  p.rownnz = M(M_rownnz);
  p.colind = M(M_colind);
  return p;
}

/* L of A + scale * diag(shift), one shift a row; L may be A. A pivot that is not positive is raised to a tiny number. */
MM_FN void mm_factor(mm_pattern p, MM_GLOBAL const mm_v *A, MM_GLOBAL const scalar *shift, scalar scale, MM_GLOBAL mm_v *L) {
  MM_ONE {
    const int size = p.rowadr[p.n - 1] + p.rownnz[p.n - 1];
    for (int i = 0; i < size; i++) L[i] = A[i];
    for (int k = p.n - 1; k >= 0; k--) {
      const int adr = p.rowadr[k], last = adr + p.rownnz[k] - 1;
      const mm_v pivot = L[last] + (mm_v)(scale * shift[k]);
      const mm_v inverse = V(1.0) / mm_sqrt(mm_max(pivot, (mm_v)(MM_TINY)));
      L[last] = inverse;
      for (int i = adr; i < last; i++) L[i] *= inverse;
      for (int i = adr; i < last; i++) {
        int to = p.rowadr[p.colind[i]];
        for (int j = adr; j <= i; j++) {
          while (p.colind[to] != p.colind[j]) to++;
          L[to] -= L[i] * L[j];
        }
      }
    }
  }
  MM_BARRIER;
}

/* x becomes inv(A) x */
MM_FN void mm_solve(mm_pattern p, MM_GLOBAL const mm_v *L, MM_GLOBAL mm_v *x) {
  MM_ONE {
    for (int k = p.n - 1; k >= 0; k--) {
      const int adr = p.rowadr[k], last = adr + p.rownnz[k] - 1;
      x[k] *= L[last];
      for (int i = adr; i < last; i++) x[p.colind[i]] -= L[i] * x[k];
    }
    for (int k = 0; k < p.n; k++) {
      const int adr = p.rowadr[k], last = adr + p.rownnz[k] - 1;
      mm_v sum = x[k];
      for (int i = adr; i < last; i++) sum -= L[i] * x[p.colind[i]];
      x[k] = sum * L[last];
    }
  }
  MM_BARRIER;
}

/* y becomes A x */
MM_FN void mm_multiply(mm_pattern p, MM_GLOBAL const mm_v *A, MM_GLOBAL const mm_v *x, MM_GLOBAL mm_v *y) {
  MM_ONE {
    for (int k = 0; k < p.n; k++) {
      const int adr = p.rowadr[k], last = adr + p.rownnz[k] - 1;
      mm_v sum = A[last] * x[k];
      for (int i = adr; i < last; i++) {
        sum += A[i] * x[p.colind[i]];
        y[p.colind[i]] += A[i] * x[k];
      }
      y[k] = sum;
    }
  }
  MM_BARRIER;
}
