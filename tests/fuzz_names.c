/* >>fuzz-names: any text as a list of clip names
   clang -g -O1 -fsanitize=fuzzer,address,undefined -I. tests/fuzz_names.c $(pkg-config --cflags --libs hdf5) -lz -lexpat -lOpenCL -lm */
#define MUSCLEMIMIC_IMPLEMENTATION
#include "musclemimic.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mm_context *ctx = NULL;
  mm_name_list *list = NULL;
  mm_status status;
  if (mm_context_create(NULL, &ctx)) return 0;
  status = mm_name_list_parse(ctx, "fuzz.txt", data, size, &list);
  if (status && status != MM_E_MEMORY && !strstr(mm_error(ctx), "fuzz.txt")) __builtin_trap(); /* an error names the file */
  for (int i = 0; list && i < list->count; i++) {
    const char *name = list->names[i];
    /* a name stays below the folder that it is read in */
    if (!name[0] || name[0] == '/' || !strcmp(name, "..") || !strncmp(name, "../", 3) || strstr(name, "/../")) __builtin_trap();
  }
  mm_name_list_destroy(list);
  mm_context_destroy(ctx);
  return 0;
}
