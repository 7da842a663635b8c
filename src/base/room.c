/* >>room: how much memory is left, on this machine and on a device */

/* the number after name in a file of the system such as /proc/meminfo ("": the first word), times unit */
static size_t mm__system_number(const char *path, const char *name, size_t unit) {
  char line[256];
  unsigned long long value = 0;
  size_t found = SIZE_MAX;
  FILE *file = fopen(path, "r");
  if (!file) return SIZE_MAX;
  while (found == SIZE_MAX && fgets(line, sizeof line, file))
    if (!strncmp(line, name, strlen(name)) && sscanf(line + strlen(name), "%llu", &value) == 1 && value < SIZE_MAX / unit)
      found = (size_t)value * unit;
  fclose(file);
  return found;
}

/* the least of what is free, what a container may still take and what the process may take in all */
MM_PRIVATE size_t mm__memory_left(void) {
  size_t left = mm__system_number("/proc/meminfo", "MemAvailable:", 1024);
  const size_t most = mm__system_number("/sys/fs/cgroup/memory.max", "", 1);
  const size_t taken = mm__system_number("/sys/fs/cgroup/memory.current", "", 1);
  const size_t reclaimable = mm__system_number("/sys/fs/cgroup/memory.stat", "inactive_file ", 1);
  struct rlimit limit;
  if (most != SIZE_MAX && taken != SIZE_MAX) {
    const size_t held = reclaimable != SIZE_MAX && reclaimable < taken ? taken - reclaimable : taken;
    const size_t room = held < most ? most - held : 0;
    if (room < left) left = room;
  }
  if (!getrlimit(RLIMIT_AS, &limit) && limit.rlim_cur != RLIM_INFINITY) {
    const size_t mapped = mm__system_number("/proc/self/statm", "", (size_t)sysconf(_SC_PAGESIZE)), all = (size_t)limit.rlim_cur;
    const size_t room = mapped == SIZE_MAX ? all : mapped < all ? all - mapped : 0;
    if (room < left) left = room;
  }
  return left;
}

MM_PRIVATE const char *mm__bytes_text(size_t bytes, char text[32]) {
  static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
  double value = (double)bytes;
  int unit = 0;
  for (; value >= 1000 && unit < 5; unit++) value /= 1000;
  snprintf(text, 32, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
  return text;
}

/* the buffers of a CPU device are in the machine's own memory, where others may have taken more than the device knows */
static size_t mm__device_left(const mm_device *device) {
  const size_t left = device->used < device->info.memory ? device->info.memory - device->used : 0;
  const size_t here = device->info.is_cpu ? mm__memory_left() : SIZE_MAX;
  return left < here ? left : here;
}

MM_PRIVATE mm_status mm__device_room(mm_device *device, size_t bytes) {
  const size_t left = mm__device_left(device);
  char need[32], have[32];
  if (bytes <= left && bytes <= device->info.max_alloc) return MM_OK;
  if (bytes <= left)
    return mm__fail(device->ctx, MM_E_MEMORY, "%s: a buffer of %s is needed and the device gives at most %s in one: use fewer environments",
                    device->info.name, mm__bytes_text(bytes, need), mm__bytes_text(device->info.max_alloc, have));
  return mm__fail(device->ctx, MM_E_MEMORY, "%s: %s more memory is needed and %s is left: use fewer environments", device->info.name,
                  mm__bytes_text(bytes, need), mm__bytes_text(left, have));
}

MM_PRIVATE mm_status mm__device_room_for(mm_device *device, int environments, size_t bytes, size_t largest, size_t host) {
  const size_t left = mm__device_left(device), here = mm__memory_left();
  const size_t device_needs = device->info.is_cpu ? bytes + host : bytes;
  char need[32], have[32], each[32];
  mm__bytes_text(device_needs / (size_t)environments, each);
  if (device_needs > left)
    return mm__fail(device->ctx, MM_E_MEMORY, "%s: %d environments need %s (%s each) and %s of memory is left: use fewer environments",
                    device->info.name, environments, mm__bytes_text(device_needs, need), each, mm__bytes_text(left, have));
  if (largest > device->info.max_alloc)
    return mm__fail(device->ctx, MM_E_MEMORY, "%s: %d environments need a buffer of %s and the device gives at most %s in one: "
                    "use fewer environments", device->info.name, environments, mm__bytes_text(largest, need),
                    mm__bytes_text(device->info.max_alloc, have));
  if (host > here)
    return mm__fail(device->ctx, MM_E_MEMORY, "%d environments need %s of this machine's memory and %s is left: use fewer environments",
                    environments, mm__bytes_text(host, need), mm__bytes_text(here, have));
  return MM_OK;
}
