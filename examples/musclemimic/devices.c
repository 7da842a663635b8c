/* >>program-devices: musclemimic devices */
#include "app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const arg_option options[] = {
  {"json", 0, ARG_FLAG, "", 0, 0, "as JSON"},
  {NULL, 0, ARG_FLAG, "", 0, 0, ""}
};
static const arg_option *const groups[] = {options, NULL};

static const char *backend_name(const mm_device_info *device) {
  return device->backend == MM_BACKEND_NATIVE ? "native" : "opencl";
}

/* devices are numbered from 1 within their backend, as --device takes them */
static int number_of(const mm_device_info *list, int index) {
  int number = 1;
  for (int i = 0; i < index; i++) number += list[i].backend == list[index].backend;
  return number;
}

static void print_table(const mm_device_info *list, int count) {
  static const char *const headings[] = {"backend",    ">device", "name", "kind",   ">units", ">memory",
                                         ">one block", ">local",  "f64",  ">width", ">lanes", "driver"};
  char memory[32], block[32], local[32];
  table t;
  table_begin(&t, 12, headings);
  for (int i = 0; i < count; i++) {
    const mm_device_info *d = list + i;
    table_cell(&t, "%s", backend_name(d));
    table_cell(&t, "%d", number_of(list, i));
    table_cell(&t, "%s", d->name);
    table_cell(&t, "%s", d->is_cpu ? "CPU" : "GPU");
    table_cell(&t, "%d", d->units);
    table_cell(&t, "%s", with_unit((double)d->memory, memory));
    table_cell(&t, "%s", with_unit((double)d->max_alloc, block));
    table_cell(&t, "%s", d->local_memory ? with_unit((double)d->local_memory, local) : "-");
    table_cell(&t, "%s", d->has_f64 ? "yes" : "no");
    table_cell(&t, "%d", d->width);
    table_cell(&t, "%d", d->lanes);
    table_cell(&t, "%s%s%s", d->platform, d->platform[0] && d->driver[0] ? ", " : "", d->driver);
  }
  table_end(&t, stdout);
}

static void print_json(const mm_device_info *list, int count) {
  json j;
  json_begin(&j, stdout);
  json_array(&j, "devices");
  for (int i = 0; i < count; i++) {
    const mm_device_info *d = list + i;
    json_object(&j, NULL);
    json_text(&j, "backend", backend_name(d));
    json_whole(&j, "device", number_of(list, i));
    json_text(&j, "name", d->name);
    json_text(&j, "vendor", d->vendor);
    json_text(&j, "platform", d->platform);
    json_text(&j, "driver", d->driver);
    json_flag(&j, "is_cpu", d->is_cpu);
    json_flag(&j, "has_f64", d->has_f64);
    json_whole(&j, "units", d->units);
    json_whole(&j, "width", d->width);
    json_whole(&j, "lanes", d->lanes);
    json_whole(&j, "memory", (long long)d->memory);
    json_whole(&j, "max_alloc", (long long)d->max_alloc);
    json_whole(&j, "local_memory", (long long)d->local_memory);
    json_close(&j);
  }
  json_end(&j);
}

/* what to do where something is missing */
static void print_advice(const mm_device_info *list, int count) {
  int opencl = 0;
  for (int i = 0; i < count; i++) opencl += list[i].backend == MM_BACKEND_OPENCL;
  if (count && !opencl)
    printf(
        "\nThere is no OpenCL device, so the native backend is used. It is the reference, not the fast one.\n"
        "On a CPU:    apt install pocl-opencl-icd\n"
        "On NVIDIA:   the driver brings OpenCL; where /etc/OpenCL/vendors/nvidia.icd is missing (containers), "
        "set\n"
        "             OCL_ICD_VENDORS=libnvidia-opencl.so.1, and NVIDIA_DRIVER_CAPABILITIES=compute,utility\n");
  if (!count)
    printf("There is no device: this program was built without OpenCL and without the native backend.\n");
}

static int run(const args *given) {
  app a;
  mm_device_info *list = NULL;
  int count = 0, code = app_begin(&a, given);
  if (code) return code;
  if (mm_device_list(a.ctx, NULL, 0, &count)) return app_end(&a, app_failed(&a));
  list = (mm_device_info *)need((size_t)count, sizeof *list);
  if (mm_device_list(a.ctx, list, count, &count)) code = app_failed(&a);
  else if (arg_count(given, "json")) print_json(list, count);
  else {
    if (count) print_table(list, count);
    print_advice(list, count);
  }
  free(list);
  return app_end(&a, code);
}

const command devices_command = {
  "devices", "every OpenCL device and the native backend", "", 0, 0,
  "Lists what simulations can run on: its kind, compute units, memory (in all, in one block, local), double "
  "precision, and the width of a tile (environments that move together) and lanes of a group that would be used.",
  "  musclemimic devices\n"
  "  musclemimic bench models/legs18.xml --backend opencl --device 1\n",
  groups, run
};
