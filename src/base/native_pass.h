/* >>native-pass: the kernels as C, in double and in float. This header includes itself for that: a program that
   renamed it defines MUSCLEMIMIC_HEADER as its new name in quotes. The double form is always there, because the
   model compiler computes with it. */
#ifndef MUSCLEMIMIC_HEADER
#define MUSCLEMIMIC_HEADER "musclemimic.h"
#endif
#define MM_NATIVE_PASS
#define scalar double
#define MM_REAL_NAME_(name) name##_f64
#define MM_REAL_NAME(name) MM_REAL_NAME_(name)
#include MUSCLEMIMIC_HEADER
#undef scalar
#undef MM_REAL_NAME_
#undef MM_REAL_NAME
#ifndef MUSCLEMIMIC_NO_NATIVE
#define MM_REAL_IS_FLOAT
#define scalar float
#define MM_REAL_NAME_(name) name##_f32
#define MM_REAL_NAME(name) MM_REAL_NAME_(name)
#include MUSCLEMIMIC_HEADER
#undef scalar
#undef MM_REAL_NAME_
#undef MM_REAL_NAME
#undef MM_REAL_IS_FLOAT
#endif
#undef MM_NATIVE_PASS
