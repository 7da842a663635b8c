/* >>fuzz-npz: any bytes as a .npz file
   clang -g -O1 -fsanitize=fuzzer,address,undefined -I. tests/fuzz_npz.c $(pkg-config --cflags --libs hdf5) -lz -lexpat -lOpenCL -lm */
#define MUSCLEMIMIC_IMPLEMENTATION
#include "musclemimic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mm_context *ctx = NULL;
  mm_npz *npz = NULL;
  if (mm_context_create(NULL, &ctx)) return 0;
  if (!mm_npz_parse(ctx, "fuzz", data, size, &npz)) {
    for (int i = 0; i < mm_npz_count(npz); i++) {
      const mm_npz_array *array;
      const double *reals;
      const char *text;
      int64_t shape[2] = {-1, -1};
      (void)mm_npz_get(npz, mm_npz_name(npz, i), &array);
      (void)mm_npz_reals(npz, mm_npz_name(npz, i), 2, shape, &reals);
      (void)mm_npz_text(npz, mm_npz_name(npz, i), &text);
    }
    mm_npz_close(npz);
  }
  mm_context_destroy(ctx);
  return 0;
}
