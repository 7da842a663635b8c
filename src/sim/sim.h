/* >>sim: N environments of one model on one device */

typedef struct mm_sim mm_sim;

/* Zero means default. */
typedef struct mm_sim_def {
  int environments;      /* default 1 */
  const mm_field *keep;  /* WORK and LAZY fields that mm_sim_get shall be able to read [keep_count] */
  int keep_count;
} mm_sim_def;

/* What a simulation runs on and takes. */
typedef struct mm_sim_info {
  const char *backend, *device;
  mm_precision precision;
  int environments, width, lanes, groups;
  size_t kept_bytes;     /* device memory an environment */
  size_t scratch_bytes;  /* device memory in all for the environments in flight */
  size_t model_bytes;    /* device memory of the model's tables */
} mm_sim_info;

/* One device as mm_device_list sees it. */
typedef struct mm_device_info {
  mm_backend_kind backend;
  char name[128], vendor[128], driver[128], platform[128];
  int units;             /* compute units or cores */
  int is_cpu, has_f64;
  int width, lanes;      /* what a simulation would use */
  size_t memory, max_alloc, local_memory; /* bytes */
} mm_device_info;

/* All OpenCL devices, then the native backend. At most limit are written; *count is how many there are. */
mm_status mm_device_list(mm_context *ctx, mm_device_info *list, int limit, int *count);

/* The model must outlive the simulation. All environments start at qpos0 (or mm_sim_reset to a keyframe). */
mm_status mm_sim_create(mm_context *ctx, const mm_model *model, const mm_sim_def *def, mm_sim **sim);
void mm_sim_destroy(mm_sim *sim);
mm_status mm_sim_get_info(const mm_sim *sim, mm_sim_info *info);

/* Arrays are [environments, rows * columns] of the field, in the order of the host. Set takes STATE and INPUT fields
   and refuses numbers that are not finite, naming environment and index. Get waits for the device. */
mm_status mm_sim_set(mm_sim *sim, mm_field field, const double *values);
mm_status mm_sim_get(mm_sim *sim, mm_field field, double *values);
mm_status mm_sim_setf(mm_sim *sim, mm_field field, const float *values);
mm_status mm_sim_getf(mm_sim *sim, mm_field field, float *values);

/* Puts environments back to qpos0 (key < 0) or to a keyframe: all (which == NULL) or those with which[i] != 0. */
mm_status mm_sim_reset(mm_sim *sim, const unsigned char *which, int key);

/* Computes everything up to qacc from the state, and sensordata if it is kept, without moving it. */
mm_status mm_sim_forward(mm_sim *sim);
/* Moves every environment by count time steps. Does not wait for the device. What follows from the state, sensordata
   too, is then that of the state before the last step, as after MuJoCo's mj_step. */
mm_status mm_sim_step(mm_sim *sim, int count);
mm_status mm_sim_finish(mm_sim *sim);

/* Environments that were in trouble since their last reset, by the first quantity that was not finite or beyond 1e10. */
typedef struct mm_sim_fault {
  mm_warning bit;
  const char *quantity;     /* by the name of its field */
  int environments, first;  /* how many, and the first of them */
} mm_sim_fault;
/* Writes at most limit, none if all is well; *count is how many kinds there are. Waits for the device. */
mm_status mm_sim_faults(mm_sim *sim, mm_sim_fault *faults, int limit, int *count);

/* Where the time of a step goes. */
typedef struct mm_stage_time {
  const char *name;
  double seconds; /* an environment and step, on the whole device */
} mm_stage_time;

/* Measures each stage by running it several times within the step, and the whole step with what is left of it
   (integration) as the last two entries; at most limit are written, *count is how many there are. Moves the environments
   by several times steps. */
mm_status mm_sim_profile(mm_sim *sim, int steps, mm_stage_time *times, int limit, int *count);

/* Numbers an environment has of a field; its MuJoCo name, unit and meaning; the field of a name (MM_FIELD_COUNT: none). */
int mm_field_size(const mm_model *model, mm_field field);
const char *mm_field_name(mm_field field);
const char *mm_field_unit(mm_field field);
const char *mm_field_meaning(mm_field field);
int mm_field_settable(mm_field field);
mm_field mm_field_find(const char *name);
