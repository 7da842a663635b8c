/* >>test-reversed: the kernels once more, with each loop over lanes run backwards, and groups from the last to the first */
#ifndef MM_TEST_REVERSED_H
#define MM_TEST_REVERSED_H

#include "kernels.h"

#define MM_NATIVE_PASS
#define MUSCLEMIMIC_REVERSE_LANES
#define scalar double
#define MM_REAL_NAME_(name) name##_r64
#define MM_REAL_NAME(name) MM_REAL_NAME_(name)
#include "musclemimic.h"
#undef scalar
#undef MM_REAL_NAME_
#define MM_REAL_IS_FLOAT
#define scalar float
#define MM_REAL_NAME_(name) name##_r32
#include "musclemimic.h"
#undef scalar
#undef MM_REAL_IS_FLOAT
#undef MM_REAL_NAME_
#undef MM_REAL_NAME
#undef MM_NATIVE_PASS

static mm_status reversed_launch(mm_device *base, mm_program *program, const char *name, int groups, const mm_arg *args, int count) {
  call c;
  (void)program;
  MM_TRY(find_kernel(base, base->precision == MM_PRECISION_F64 ? mm__kernels_r64 : mm__kernels_r32, name, args, count, &c));
  for (int g = groups - 1; g >= 0; g--) c.kernel(c.args, g, groups);
  return MM_OK;
}

#endif
