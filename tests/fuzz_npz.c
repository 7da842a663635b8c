/* >>fuzz-npz: any bytes as a .npz file */
#include "fuzz.h"

static void fuzz(const uint8_t *data, size_t size) {
  mm_npz *npz = NULL;
  must_name(mm_npz_parse(ctx, "fuzz.npz", data, size, &npz), "fuzz.npz");
  for (int i = 0; npz && i < mm_npz_count(npz); i++) {
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
