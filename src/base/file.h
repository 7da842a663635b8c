/* >>file: a file that appears whole or not at all */

/* Makes an empty file beside path and locks it against other writers. *part is its name, *lock holds the lock. */
MM_PRIVATE mm_status mm__part_begin(mm_context *ctx, const char *path, char **part, int *lock);
/* Writes part through to the disk, renames it to path, and releases part and lock. On an error part is removed. */
MM_PRIVATE mm_status mm__part_commit(mm_context *ctx, const char *path, char **part, int *lock);
/* Removes part. Does nothing when it is NULL. */
MM_PRIVATE void mm__part_discard(mm_context *ctx, char **part, int *lock);
