/* >>fields: names, units and sizes of data fields */

typedef struct mm_field_info { const char *name, *unit, *meaning; int settable; } mm_field_info;

static const mm_field_info *mm__field_info(mm_field field) {
  enum { STATE = 1, INPUT = 1, WORK = 0, LAZY = 0, EXTRA = 1 };
#define MM_FIELD_INFO(kind, upper, name, rows, columns, unit, meaning) {#name, unit, meaning, kind},
  static const mm_field_info table[] = {MM_DATA_FIELDS(MM_FIELD_INFO) {"", "", "", 0}};
#undef MM_FIELD_INFO
  return &table[field >= 0 && field < MM_FIELD_COUNT ? field : MM_FIELD_COUNT];
}

const char *mm_field_name(mm_field field) { return mm__field_info(field)->name; }
const char *mm_field_unit(mm_field field) { return mm__field_info(field)->unit; }
const char *mm_field_meaning(mm_field field) { return mm__field_info(field)->meaning; }
int mm_field_settable(mm_field field) { return mm__field_info(field)->settable; }

mm_field mm_field_find(const char *name) {
  int field = 0;
  while (field < MM_FIELD_COUNT && strcmp(mm_field_name((mm_field)field), name)) field++;
  return (mm_field)field;
}

int mm_field_size(const mm_model *model, mm_field field) {
  MM_SIZES_AS_LOCALS
#define MM_FIELD_SIZE(kind, upper, name, rows, columns, unit, meaning) if (field == MM_##upper) return (rows) * (columns);
  MM_DATA_FIELDS(MM_FIELD_SIZE)
#undef MM_FIELD_SIZE
  return 0;
}
