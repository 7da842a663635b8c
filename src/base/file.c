/* >>file-code: write beside, flush to the disk, rename */

/* The name of the part is fixed, so that what a killed process left is taken over and not collected. A lock keeps two
   living processes apart: it goes when its holder ends. File systems without locks are taken as they are. */

static int mm__part_is_current(int lock, const char *part) {
  struct stat mine, named;
  return !fstat(lock, &mine) && !stat(part, &named) && mine.st_dev == named.st_dev &&
         mine.st_ino == named.st_ino;
}

/* Another writer may rename the file between open and lock: then the lock is on the wrong file, so try again. */
static mm_status mm__part_lock(mm_context *ctx, const char *path, const char *part, int *lock) {
  for (int attempt = 0; attempt < 100; attempt++) {
    int file = open(part, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0) return mm__fail(ctx, MM_E_FILE, "%s: cannot be written: %s: %s", path, part, strerror(errno));
    if (flock(file, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) {
      close(file);
      return mm__fail(ctx, MM_E_FILE,
                      "%s: is being written by another process (%s is locked); wait for it or choose "
                      "another name",
                      path, part);
    }
    if (mm__part_is_current(file, part)) {
      *lock = file;
      return MM_OK;
    }
    close(file);
  }
  return mm__fail(ctx, MM_E_FILE, "%s: %s changes all the time", path, part);
}

MM_PRIVATE mm_status mm__part_begin(mm_context *ctx, const char *path, char **part, int *lock) {
  struct stat found;
  size_t size = strlen(path) + sizeof ".part";
  mm_status status;
  *part = NULL;
  *lock = -1;
  if (!path[0]) return mm__fail(ctx, MM_E_ARGUMENT, "the name of the file to write is empty");
  if (!stat(path, &found) && !S_ISREG(found.st_mode))
    return mm__fail(ctx, MM_E_FILE, "%s: cannot be written: there is something of that name that is not a file",
                    path);
  *part = MM_NEW(ctx, char, size);
  if (!*part) return MM_E_MEMORY;
  snprintf(*part, size, "%s.part", path);
  status = mm__part_lock(ctx, path, *part, lock);
  if (!status && ftruncate(*lock, 0)) {
    status = mm__fail(ctx, MM_E_FILE, "%s: %s: %s", path, *part, strerror(errno));
    mm__part_discard(ctx, part, lock);
  } else if (status) {
    mm__free(ctx, *part);
    *part = NULL;
  }
  return status;
}

/* The rename itself must reach the disk too. Some file systems cannot do that for a folder: no error. */
static void mm__folder_sync(mm_context *ctx, const char *path) {
  const char *slash = strrchr(path, '/');
  size_t length = slash ? (size_t)(slash - path) : 0;
  char *folder = MM_NEW(ctx, char, length + 2);
  int file;
  if (!folder) return;
  if (length) memcpy(folder, path, length);
  else folder[0] = slash ? '/' : '.';
  file = open(folder, O_RDONLY | O_CLOEXEC);
  if (file >= 0) {
    (void)fsync(file);
    close(file);
  }
  mm__free(ctx, folder);
}

MM_PRIVATE mm_status mm__part_commit(mm_context *ctx, const char *path, char **part, int *lock) {
  if (fsync(*lock) || rename(*part, path)) {
    mm_status status = mm__fail(ctx, MM_E_FILE, "%s: cannot be written: %s", path, strerror(errno));
    mm__part_discard(ctx, part, lock);
    return status;
  }
  close(*lock); /* at once: until then others cannot open the file under its new name */
  *lock = -1;
  mm__folder_sync(ctx, path);
  mm__free(ctx, *part);
  *part = NULL;
  return MM_OK;
}

MM_PRIVATE void mm__part_discard(mm_context *ctx, char **part, int *lock) {
  if (!*part) return;
  unlink(*part);
  if (*lock >= 0) close(*lock);
  *lock = -1;
  mm__free(ctx, *part);
  *part = NULL;
}
