/* >>fuzz-names: any text as a list of clip names */
#include "fuzz.h"

static void fuzz(const uint8_t *data, size_t size) {
  mm_name_list *list = NULL;
  must_name(mm_name_list_parse(ctx, "fuzz.txt", data, size, &list), "fuzz.txt");
  for (int i = 0; list && i < list->count; i++) {
    const char *name = list->names[i];
    /* a name stays below the folder that it is read in */
    must(name[0] && name[0] != '/' && strcmp(name, "..") && strncmp(name, "../", 3) && !strstr(name, "/../"));
  }
  mm_name_list_destroy(list);
}
