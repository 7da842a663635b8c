/* >>random: random bits and uniform numbers that depend on nothing but what they are asked for */

/* Counter-based random bits: Philox 4x32 with 10 rounds (Salmon et al. 2011, Parallel random numbers: as easy as
   1, 2, 3). The same key and counter give the same bits, whoever asks and in whatever order. */
typedef unsigned mm_u32;
typedef struct mm_bits { mm_u32 w[4]; } mm_bits;
#ifdef MM_OPENCL
#define MM_MUL_HI(a, b) mul_hi(a, b)
#else
#define MM_MUL_HI(a, b) ((mm_u32)(((uint64_t)(a) * (uint64_t)(b)) >> 32))
#endif

MM_FN mm_bits mm_philox(int key0, int key1, int c0, int c1, int c2, int c3) {
  mm_u32 k0 = (mm_u32)key0, k1 = (mm_u32)key1;
  mm_u32 w0 = (mm_u32)c0, w1 = (mm_u32)c1, w2 = (mm_u32)c2, w3 = (mm_u32)c3;
  mm_bits bits;
  for (int i = 0; i < 10; i++) {
    const mm_u32 high0 = MM_MUL_HI(0xD2511F53u, w0), low0 = 0xD2511F53u * w0;
    const mm_u32 high1 = MM_MUL_HI(0xCD9E8D57u, w2), low1 = 0xCD9E8D57u * w2;
    w0 = high1 ^ w1 ^ k0;
    w1 = low1;
    w2 = high0 ^ w3 ^ k1;
    w3 = low0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  bits.w[0] = w0;
  bits.w[1] = w1;
  bits.w[2] = w2;
  bits.w[3] = w3;
  return bits;
}

/* between 0 and 1, neither included: 2^23 values */
MM_FN scalar mm_random_uniform(mm_u32 bits) { return ((scalar)(bits >> 9) + R(0.5)) * R(1.1920928955078125e-7); }
