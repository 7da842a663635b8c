/* >>port: the words that make one kernel text run as OpenCL C 1.2 and as C

   A group of MM_LANES work-items owns a tile of MM_W environments. What differs from one environment
   to the next has type mm_v (one scalar, or a vector of MM_W of them) or mm_m (the mask that comparisons
   of mm_v give). What the model fixes stays scalar: int and scalar. Only these words express parallelism:

     MM_FOR(i, lo, hi) { ... }   the lanes share the indices; iterations are independent of each other
     MM_OWN(i, lo, hi) { ... }   the same in one fixed direction, for a lane that sums into a variable of its own
     MM_BARRIER;               what other lanes wrote before is visible after
     MM_ONE { ... }              one lane alone
     mm_lane_sum(e, x)         sum of x over the lanes, in fixed order, the same in every lane

   The environment e is the first argument of every function. Through it are reached the model's tables
   M(body_mass)[i], sizes and integer options N(nbody) N(opt_cone), a tile's data D(xpos)[3 * i + k],
   and whether a data field exists HAS(site_xpos).

   Masks are combined with & | and mm_not, chosen with mm_select, tested for the whole tile with mm_any.
   A constant is R(0.5) where a scalar is meant and V(0.5) where an mm_v is meant. */

#ifdef MM_OPENCL

#ifdef __clang__ /* sizes and options are constants of the model: in conditions too, and on purpose */
#pragma clang diagnostic ignored "-Wconstant-logical-operand"
#endif

#if MM_DOUBLE
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
typedef double scalar;
#define R(x) (x)
#else
typedef float scalar;
#define R(x) ((scalar)(x##f))
#endif

#define MM_PASTE_(a, b) a##b
#define MM_PASTE(a, b) MM_PASTE_(a, b)
#if MM_W == 1
typedef scalar mm_v;
typedef int mm_m;
#elif MM_DOUBLE
typedef MM_PASTE(double, MM_W) mm_v;
typedef MM_PASTE(long, MM_W) mm_m;
#else
typedef MM_PASTE(float, MM_W) mm_v;
typedef MM_PASTE(int, MM_W) mm_m;
#endif

#define MM_FN
#define MM_HOT __attribute__((always_inline))
#define MM_GLOBAL __global
#define MM_RESTRICT restrict
#define MM_GROUP_ID ((int)get_group_id(0))
#define MM_GROUP_COUNT ((int)get_num_groups(0))
#if MM_LANES == 1
#define MM_FOR(i, lo, hi) for (int i = (lo); i < (hi); i++)
#define MM_OWN MM_FOR
#define MM_BARRIER
#define MM_ONE
#else
#define MM_LANE ((int)get_local_id(0))
#define MM_FOR(i, lo, hi) for (int i = (lo) + MM_LANE; i < (hi); i += MM_LANES)
#define MM_OWN MM_FOR
#define MM_BARRIER barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)
#define MM_ONE if (MM_LANE == 0)
#endif
#define M(name) MM_M_##name
#define N(name) MM_N_##name
#define D(name) MM_D_##name
#define HAS(name) MM_HAS_##name

/* the model's tables, a tile's kept data, and the scratch of the group */
typedef struct mm_env {
  __global const int *mi;
  __global const scalar *mr;
  __global mm_v *kept;
  __global mm_v *work;
#if MM_LANES > 1
  __local mm_v *lane;
#endif
} mm_env;

/* kernels that step tiles: name, then arguments (mi, mr, kept, work) and more; they begin with MM_ENV */
#if MM_LANES > 1
#define MM_ENV(e) __local mm_v mm_lane[MM_LANES]; mm_env e; e.mi = mi; e.mr = mr; e.kept = kept; e.lane = mm_lane; \
  e.work = work + (size_t)MM_GROUP_ID * MM_WORK_SIZE
#else
#define MM_ENV(e) mm_env e; e.mi = mi; e.mr = mr; e.kept = kept; e.work = work + (size_t)MM_GROUP_ID * MM_WORK_SIZE
#endif
#define MM_ENV_TILE(e, tile) e.kept = kept + (size_t)(tile) * MM_KEPT_SIZE

#define MM_KIND_TABLES __global const int *MM_RESTRICT
#define MM_KIND_LAYOUT __global const scalar *MM_RESTRICT
#define MM_KIND_CINTS __global const int *MM_RESTRICT
#define MM_KIND_CREALS __global const scalar *MM_RESTRICT
#define MM_KIND_INTS __global int *
#define MM_KIND_REALS __global scalar *
#define MM_KIND_TILES __global mm_v *
#define MM_KIND_INT int
#define MM_KIND_REAL scalar
#define MM_KERNEL_HEAD(name) __kernel __attribute__((reqd_work_group_size(MM_LANES, 1, 1))) void name
#define MM_KERNEL1(n, A, a) MM_KERNEL_HEAD(n)(MM_KIND_##A a)
#define MM_KERNEL2(n, A, a, B, b) MM_KERNEL_HEAD(n)(MM_KIND_##A a, MM_KIND_##B b)
#define MM_KERNEL3(n, A, a, B, b, C, c) MM_KERNEL_HEAD(n)(MM_KIND_##A a, MM_KIND_##B b, MM_KIND_##C c)
#define MM_KERNEL4(n, A, a, B, b, C, c, D_, d) MM_KERNEL_HEAD(n)(MM_KIND_##A a, MM_KIND_##B b, MM_KIND_##C c, MM_KIND_##D_ d)
#define MM_KERNEL5(n, A, a, B, b, C, c, D_, d, E, e_) \
  MM_KERNEL_HEAD(n)(MM_KIND_##A a, MM_KIND_##B b, MM_KIND_##C c, MM_KIND_##D_ d, MM_KIND_##E e_)
#define MM_KERNEL6(n, A, a, B, b, C, c, D_, d, E, e_, F, f) \
  MM_KERNEL_HEAD(n)(MM_KIND_##A a, MM_KIND_##B b, MM_KIND_##C c, MM_KIND_##D_ d, MM_KIND_##E e_, MM_KIND_##F f)
#define MM_KERNEL7(n, A, a, B, b, C, c, D_, d, E, e_, F, f, G, g)                                                  \
  MM_KERNEL_HEAD(n)                                                                                                \
  (MM_KIND_##A a, MM_KIND_##B b, MM_KIND_##C c, MM_KIND_##D_ d, MM_KIND_##E e_, MM_KIND_##F f, MM_KIND_##G g)
#define MM_KERNEL8(n, A, a, B, b, C, c, D_, d, E, e_, F, f, G, g, H, h)                                            \
  MM_KERNEL_HEAD(n)                                                                                                \
  (MM_KIND_##A a, MM_KIND_##B b, MM_KIND_##C c, MM_KIND_##D_ d, MM_KIND_##E e_, MM_KIND_##F f, MM_KIND_##G g, MM_KIND_##H h)
#define MM_KERNEL10(n, A, a, B, b, C, c, D_, d, E, e_, F, f, G, g, H, h, I, i, J, j)                               \
  MM_KERNEL_HEAD(n)                                                                                                \
  (MM_KIND_##A a, MM_KIND_##B b, MM_KIND_##C c, MM_KIND_##D_ d, MM_KIND_##E e_, MM_KIND_##F f, MM_KIND_##G g,      \
   MM_KIND_##H h, MM_KIND_##I i, MM_KIND_##J j)
#define MM_KERNEL9(n, A, a, B, b, C, c, D_, d, E, e_, F, f, G, g, H, h, I, i)                                      \
  MM_KERNEL_HEAD(n)                                                                                                \
  (MM_KIND_##A a, MM_KIND_##B b, MM_KIND_##C c, MM_KIND_##D_ d, MM_KIND_##E e_, MM_KIND_##F f, MM_KIND_##G g,      \
   MM_KIND_##H h, MM_KIND_##I i)
#define MM_KERNEL11(n, A, a, B, b, C, c, D_, d, E, e_, F, f, G, g, H, h, I, i, J, j, K, k)                         \
  MM_KERNEL_HEAD(n)                                                                                                \
  (MM_KIND_##A a, MM_KIND_##B b, MM_KIND_##C c, MM_KIND_##D_ d, MM_KIND_##E e_, MM_KIND_##F f, MM_KIND_##G g,      \
   MM_KIND_##H h, MM_KIND_##I i, MM_KIND_##J j, MM_KIND_##K k)
#define MM_KERNEL12(n, A, a, B, b, C, c, D_, d, E, e_, F, f, G, g, H, h, I, i, J, j, K, k, L, l)                   \
  MM_KERNEL_HEAD(n)                                                                                                \
  (MM_KIND_##A a, MM_KIND_##B b, MM_KIND_##C c, MM_KIND_##D_ d, MM_KIND_##E e_, MM_KIND_##F f, MM_KIND_##G g,      \
   MM_KIND_##H h, MM_KIND_##I i, MM_KIND_##J j, MM_KIND_##K k, MM_KIND_##L l)
#define MM_KERNEL13(n, A, a, B, b, C, c, D_, d, E, e_, F, f, G, g, H, h, I, i, J, j, K, k, L, l, O, o)             \
  MM_KERNEL_HEAD(n)                                                                                                \
  (MM_KIND_##A a, MM_KIND_##B b, MM_KIND_##C c, MM_KIND_##D_ d, MM_KIND_##E e_, MM_KIND_##F f, MM_KIND_##G g,      \
   MM_KIND_##H h, MM_KIND_##I i, MM_KIND_##J j, MM_KIND_##K k, MM_KIND_##L l, MM_KIND_##O o)
#define MM_KERNEL14(n, A, a, B, b, C, c, D_, d, E, e_, F, f, G, g, H, h, I, i, J, j, K, k, L, l, O, o, P, p)       \
  MM_KERNEL_HEAD(n)                                                                                                \
  (MM_KIND_##A a, MM_KIND_##B b, MM_KIND_##C c, MM_KIND_##D_ d, MM_KIND_##E e_, MM_KIND_##F f, MM_KIND_##G g,      \
   MM_KIND_##H h, MM_KIND_##I i, MM_KIND_##J j, MM_KIND_##K k, MM_KIND_##L l, MM_KIND_##O o, MM_KIND_##P p)
#define MM_KERNEL15(n, A, a, B, b, C, c, D_, d, E, e_, F, f, G, g, H, h, I, i, J, j, K, k, L, l, O, o, P, p,       \
                  Q, q)                                                                                            \
  MM_KERNEL_HEAD(n)                                                                                                \
  (MM_KIND_##A a, MM_KIND_##B b, MM_KIND_##C c, MM_KIND_##D_ d, MM_KIND_##E e_, MM_KIND_##F f, MM_KIND_##G g,      \
   MM_KIND_##H h, MM_KIND_##I i, MM_KIND_##J j, MM_KIND_##K k, MM_KIND_##L l, MM_KIND_##O o, MM_KIND_##P p,        \
   MM_KIND_##Q q)
#define MM_KERNEL16(n, A, a, B, b, C, c, D_, d, E, e_, F, f, G, g, H, h, I, i, J, j, K, k, L, l, O, o, P, p,       \
                  Q, q, S, s)                                                                                      \
  MM_KERNEL_HEAD(n)                                                                                                \
  (MM_KIND_##A a, MM_KIND_##B b, MM_KIND_##C c, MM_KIND_##D_ d, MM_KIND_##E e_, MM_KIND_##F f, MM_KIND_##G g,      \
   MM_KIND_##H h, MM_KIND_##I i, MM_KIND_##J j, MM_KIND_##K k, MM_KIND_##L l, MM_KIND_##O o, MM_KIND_##P p,        \
   MM_KIND_##Q q, MM_KIND_##S s)

#else /* plain C, one pass for each precision: one lane, one environment a tile, scalar is double or float */

#define MM_W 1
typedef scalar mm_v;
typedef int mm_m;
#define R(x) ((scalar)(x))
#define MM_FN static MM_UNUSED
#define MM_HOT
#define MM_GLOBAL
#define MM_GROUP_ID mm_group
#define MM_GROUP_COUNT mm_groups
#ifdef MUSCLEMIMIC_LANES /* for a test: so many threads are the work-items of a group; lane and barrier are the test's */
#define MM_LANES MUSCLEMIMIC_LANES
#define MM_LANE mm_test_lane()
#define MM_LANE_MEMORY(e) e.lane = (scalar *)mm_test_lane_memory()
#define MM_FOR(i, lo, hi) for (int i = (lo) + MM_LANE; i < (hi); i += MM_LANES)
#define MM_OWN MM_FOR
#define MM_BARRIER mm_test_barrier(__LINE__)
#define MM_ONE if (MM_LANE == 0)
#else
#define MM_LANES 1
#define MM_LANE_MEMORY(e) (void)0
#ifdef MUSCLEMIMIC_REVERSE_LANES /* for a test: where lanes depend on their order the result differs */
#define MM_FOR(i, lo, hi) for (int i = (hi) - 1, mm_lo_##i = (lo); i >= mm_lo_##i; i--)
#else
#define MM_FOR(i, lo, hi) for (int i = (lo); i < (hi); i++)
#endif
#define MM_OWN(i, lo, hi) for (int i = (lo); i < (hi); i++)
#define MM_BARRIER
#define MM_ONE
#endif
#define M(name) (e.m->name)
#define N(name) (e.m->name)
#define D(name) (e.d->name)
#define HAS(name) (e.d->name != NULL)

/* the model's tables with their sizes */
typedef struct mm_tables {
#define MM_TABLE_SIZE(name, meaning) int name;
  MM_ALL_MODEL_SIZES(MM_TABLE_SIZE)
#undef MM_TABLE_SIZE
#define MM_REAL_int int
#define MM_REAL_real scalar
#define MM_TABLE_OPTION_int(name) int opt_##name;
#define MM_TABLE_OPTION_real(name) const scalar *opt_##name;
#define MM_TABLE_OPTION(type, name, count, unit, meaning) MM_TABLE_OPTION_##type(name)
  MM_MODEL_OPTIONS(MM_TABLE_OPTION)
#undef MM_TABLE_OPTION
#undef MM_TABLE_OPTION_int
#undef MM_TABLE_OPTION_real
#define MM_TABLE_DEV(type, name) const MM_REAL_##type *name;
#define MM_TABLE_HOST(type, name)
#define MM_TABLE(kind, type, name, rows, columns, unit, meaning) MM_TABLE_##kind(type, name)
  MM_ALL_MODEL_FIELDS(MM_TABLE)
#undef MM_TABLE
#undef MM_TABLE_DEV
#undef MM_TABLE_HOST
#undef MM_REAL_int
#undef MM_REAL_real
} mm_tables;

/* points into the packed arrays, in the order in which mm__pack_walk laid them down */
MM_FN void mm_tables_fill(mm_tables *t, const mm_model *model, const mm_pack *pack) {
  const int *ints = pack->ints;
  const scalar *reals = (const scalar *)pack->reals;
  MM_SIZES_AS_LOCALS
#define MM_FILL_SIZE(name, meaning) t->name = model->name;
  MM_ALL_MODEL_SIZES(MM_FILL_SIZE)
#undef MM_FILL_SIZE
#define MM_FILL_int(name, count) t->opt_##name = model->opt.name[0];
#define MM_FILL_real(name, count) t->opt_##name = reals, reals += count;
#define MM_FILL_OPTION(type, name, count, unit, meaning) MM_FILL_##type(name, count)
  MM_MODEL_OPTIONS(MM_FILL_OPTION)
#undef MM_FILL_OPTION
#undef MM_FILL_int
#undef MM_FILL_real
#define MM_FILL_int(name, count) t->name = ints, ints += count;
#define MM_FILL_real(name, count) t->name = reals, reals += count;
#define MM_FILL_DEV(type, name, count) MM_FILL_##type(name, count)
#define MM_FILL_HOST(type, name, count)
#define MM_FILL(kind, type, name, rows, columns, unit, meaning) MM_FILL_##kind(type, name, (model->rows) * (columns))
  MM_ALL_MODEL_FIELDS(MM_FILL)
#undef MM_FILL
#undef MM_FILL_DEV
#undef MM_FILL_HOST
#undef MM_FILL_int
#undef MM_FILL_real
}

/* a tile's data: NULL where a field is not wanted */
typedef struct mm_data {
#define MM_DATA_MEMBER(kind, upper, name, rows, columns, unit, meaning) scalar *name;
  MM_DATA_FIELDS(MM_DATA_MEMBER)
#undef MM_DATA_MEMBER
} mm_data;

typedef struct mm_env {
  const mm_tables *m;
  mm_data *d;
#if MM_LANES > 1
  mm_v *lane;
#endif
} mm_env;

MM_FN void mm_data_bind(mm_data *d, const mm_layout *layout, scalar *kept, scalar *work) {
#define MM_DATA_BIND(kind, upper, name, rows, columns, unit, meaning) \
  d->name = layout->name.place == MM_PLACE_NONE ? NULL                \
          : (layout->name.place == MM_PLACE_KEPT ? kept : work) + layout->name.offset;
  MM_DATA_FIELDS(MM_DATA_BIND)
#undef MM_DATA_BIND
}

#define MM_ENV(e) mm_data mm_tile_data; mm_env e; e.m = mi; e.d = &mm_tile_data; MM_LANE_MEMORY(e)
#define MM_ENV_TILE(e, tile)                                                       \
  mm_data_bind(&mm_tile_data, mr, kept + (size_t)(tile) * (size_t)mr->kept_size, \
               work + (size_t)mm_group * (size_t)mr->work_size)

#define MM_KIND_TABLES const mm_tables *
#define MM_KIND_LAYOUT const mm_layout *
#define MM_KIND_CINTS const int *
#define MM_KIND_CREALS const scalar *
#define MM_KIND_INTS int *
#define MM_KIND_REALS scalar *
#define MM_KIND_TILES mm_v *
#define MM_KIND_INT int
#define MM_KIND_REAL scalar
#define MM_GET_TABLES(arg) (const mm_tables *)(arg).pointer
#define MM_GET_LAYOUT(arg) (const mm_layout *)(arg).pointer
#define MM_GET_CINTS(arg) (const int *)(arg).pointer
#define MM_GET_CREALS(arg) (const scalar *)(arg).pointer
#define MM_GET_INTS(arg) (int *)(arg).pointer
#define MM_GET_REALS(arg) (scalar *)(arg).pointer
#define MM_GET_TILES(arg) (mm_v *)(arg).pointer
#define MM_GET_INT(arg) (arg).integer
#define MM_GET_REAL(arg) (scalar)(arg).number
#define MM_KERNEL_BODY(name) static void MM_REAL_NAME(name##_body)
#define MM_KERNEL_ENTRY(name) static void MM_REAL_NAME(name)(const mm_arg *arg, int mm_group, int mm_groups)
#define MM_KERNEL_CALL(name) MM_REAL_NAME(name##_body)
#define MM_GROUP_ARGS int mm_group MM_UNUSED, int mm_groups MM_UNUSED
#define MM_KERNEL_(name, kinds, values)                                 \
  MM_KERNEL_BODY(name) kinds;                                           \
  MM_KERNEL_ENTRY(name) { MM_KERNEL_CALL(name) values; }                \
  MM_KERNEL_BODY(name) kinds
#define MM_KERNEL1(n, A, a) MM_KERNEL_(n, (MM_GROUP_ARGS, MM_KIND_##A a), (mm_group, mm_groups, MM_GET_##A(arg[0])))
#define MM_KERNEL2(n, A, a, B, b)                                   \
  MM_KERNEL_(n, (MM_GROUP_ARGS, MM_KIND_##A a, MM_KIND_##B b),      \
             (mm_group, mm_groups, MM_GET_##A(arg[0]), MM_GET_##B(arg[1])))
#define MM_KERNEL3(n, A, a, B, b, C, c)                                              \
  MM_KERNEL_(n, (MM_GROUP_ARGS, MM_KIND_##A a, MM_KIND_##B b, MM_KIND_##C c),        \
             (mm_group, mm_groups, MM_GET_##A(arg[0]), MM_GET_##B(arg[1]), MM_GET_##C(arg[2])))
#define MM_KERNEL4(n, A, a, B, b, C, c, D_, d)                                                        \
  MM_KERNEL_(n, (MM_GROUP_ARGS, MM_KIND_##A a, MM_KIND_##B b, MM_KIND_##C c, MM_KIND_##D_ d),         \
             (mm_group, mm_groups, MM_GET_##A(arg[0]), MM_GET_##B(arg[1]), MM_GET_##C(arg[2]), MM_GET_##D_(arg[3])))
#define MM_KERNEL5(n, A, a, B, b, C, c, D_, d, E, e_)                                                           \
  MM_KERNEL_(n, (MM_GROUP_ARGS, MM_KIND_##A a, MM_KIND_##B b, MM_KIND_##C c, MM_KIND_##D_ d, MM_KIND_##E e_),   \
             (mm_group, mm_groups, MM_GET_##A(arg[0]), MM_GET_##B(arg[1]), MM_GET_##C(arg[2]), MM_GET_##D_(arg[3]), \
              MM_GET_##E(arg[4])))
#define MM_KERNEL6(n, A, a, B, b, C, c, D_, d, E, e_, F, f)                                                     \
  MM_KERNEL_(n, (MM_GROUP_ARGS, MM_KIND_##A a, MM_KIND_##B b, MM_KIND_##C c, MM_KIND_##D_ d, MM_KIND_##E e_,    \
                 MM_KIND_##F f),                                                                                \
             (mm_group, mm_groups, MM_GET_##A(arg[0]), MM_GET_##B(arg[1]), MM_GET_##C(arg[2]), MM_GET_##D_(arg[3]), \
              MM_GET_##E(arg[4]), MM_GET_##F(arg[5])))
#define MM_KERNEL7(n, A, a, B, b, C, c, D_, d, E, e_, F, f, G, g)                                               \
  MM_KERNEL_(n, (MM_GROUP_ARGS, MM_KIND_##A a, MM_KIND_##B b, MM_KIND_##C c, MM_KIND_##D_ d, MM_KIND_##E e_,    \
                 MM_KIND_##F f, MM_KIND_##G g),                                                                 \
             (mm_group, mm_groups, MM_GET_##A(arg[0]), MM_GET_##B(arg[1]), MM_GET_##C(arg[2]), MM_GET_##D_(arg[3]), \
              MM_GET_##E(arg[4]), MM_GET_##F(arg[5]), MM_GET_##G(arg[6])))
#define MM_KERNEL8(n, A, a, B, b, C, c, D_, d, E, e_, F, f, G, g, H, h)                                         \
  MM_KERNEL_(n, (MM_GROUP_ARGS, MM_KIND_##A a, MM_KIND_##B b, MM_KIND_##C c, MM_KIND_##D_ d, MM_KIND_##E e_,    \
                 MM_KIND_##F f, MM_KIND_##G g, MM_KIND_##H h),                                                  \
             (mm_group, mm_groups, MM_GET_##A(arg[0]), MM_GET_##B(arg[1]), MM_GET_##C(arg[2]), MM_GET_##D_(arg[3]), \
              MM_GET_##E(arg[4]), MM_GET_##F(arg[5]), MM_GET_##G(arg[6]), MM_GET_##H(arg[7])))
#define MM_KERNEL10(n, A, a, B, b, C, c, D_, d, E, e_, F, f, G, g, H, h, I, i, J, j)                            \
  MM_KERNEL_(n, (MM_GROUP_ARGS, MM_KIND_##A a, MM_KIND_##B b, MM_KIND_##C c, MM_KIND_##D_ d, MM_KIND_##E e_,    \
                 MM_KIND_##F f, MM_KIND_##G g, MM_KIND_##H h, MM_KIND_##I i, MM_KIND_##J j),                    \
             (mm_group, mm_groups, MM_GET_##A(arg[0]), MM_GET_##B(arg[1]), MM_GET_##C(arg[2]), MM_GET_##D_(arg[3]), \
              MM_GET_##E(arg[4]), MM_GET_##F(arg[5]), MM_GET_##G(arg[6]), MM_GET_##H(arg[7]), MM_GET_##I(arg[8]),   \
              MM_GET_##J(arg[9])))
#define MM_KERNEL9(n, A, a, B, b, C, c, D_, d, E, e_, F, f, G, g, H, h, I, i)                                      \
  MM_KERNEL_(n, (MM_GROUP_ARGS, MM_KIND_##A a, MM_KIND_##B b, MM_KIND_##C c, MM_KIND_##D_ d, MM_KIND_##E e_,       \
                 MM_KIND_##F f, MM_KIND_##G g, MM_KIND_##H h, MM_KIND_##I i),                                      \
             (mm_group, mm_groups, MM_GET_##A(arg[0]), MM_GET_##B(arg[1]), MM_GET_##C(arg[2]),                     \
              MM_GET_##D_(arg[3]), MM_GET_##E(arg[4]), MM_GET_##F(arg[5]), MM_GET_##G(arg[6]),                     \
              MM_GET_##H(arg[7]), MM_GET_##I(arg[8])))
#define MM_KERNEL11(n, A, a, B, b, C, c, D_, d, E, e_, F, f, G, g, H, h, I, i, J, j, K, k)                         \
  MM_KERNEL_(n, (MM_GROUP_ARGS, MM_KIND_##A a, MM_KIND_##B b, MM_KIND_##C c, MM_KIND_##D_ d, MM_KIND_##E e_,       \
                 MM_KIND_##F f, MM_KIND_##G g, MM_KIND_##H h, MM_KIND_##I i, MM_KIND_##J j, MM_KIND_##K k),        \
             (mm_group, mm_groups, MM_GET_##A(arg[0]), MM_GET_##B(arg[1]), MM_GET_##C(arg[2]),                     \
              MM_GET_##D_(arg[3]), MM_GET_##E(arg[4]), MM_GET_##F(arg[5]), MM_GET_##G(arg[6]),                     \
              MM_GET_##H(arg[7]), MM_GET_##I(arg[8]), MM_GET_##J(arg[9]), MM_GET_##K(arg[10])))
#define MM_KERNEL12(n, A, a, B, b, C, c, D_, d, E, e_, F, f, G, g, H, h, I, i, J, j, K, k, L, l)                   \
  MM_KERNEL_(n, (MM_GROUP_ARGS, MM_KIND_##A a, MM_KIND_##B b, MM_KIND_##C c, MM_KIND_##D_ d, MM_KIND_##E e_,       \
                 MM_KIND_##F f, MM_KIND_##G g, MM_KIND_##H h, MM_KIND_##I i, MM_KIND_##J j, MM_KIND_##K k,         \
                 MM_KIND_##L l),                                                                                   \
             (mm_group, mm_groups, MM_GET_##A(arg[0]), MM_GET_##B(arg[1]), MM_GET_##C(arg[2]),                     \
              MM_GET_##D_(arg[3]), MM_GET_##E(arg[4]), MM_GET_##F(arg[5]), MM_GET_##G(arg[6]),                     \
              MM_GET_##H(arg[7]), MM_GET_##I(arg[8]), MM_GET_##J(arg[9]), MM_GET_##K(arg[10]),                     \
              MM_GET_##L(arg[11])))
#define MM_KERNEL13(n, A, a, B, b, C, c, D_, d, E, e_, F, f, G, g, H, h, I, i, J, j, K, k, L, l, O, o)             \
  MM_KERNEL_(n, (MM_GROUP_ARGS, MM_KIND_##A a, MM_KIND_##B b, MM_KIND_##C c, MM_KIND_##D_ d, MM_KIND_##E e_,       \
                 MM_KIND_##F f, MM_KIND_##G g, MM_KIND_##H h, MM_KIND_##I i, MM_KIND_##J j, MM_KIND_##K k,         \
                 MM_KIND_##L l, MM_KIND_##O o),                                                                    \
             (mm_group, mm_groups, MM_GET_##A(arg[0]), MM_GET_##B(arg[1]), MM_GET_##C(arg[2]),                     \
              MM_GET_##D_(arg[3]), MM_GET_##E(arg[4]), MM_GET_##F(arg[5]), MM_GET_##G(arg[6]),                     \
              MM_GET_##H(arg[7]), MM_GET_##I(arg[8]), MM_GET_##J(arg[9]), MM_GET_##K(arg[10]),                     \
              MM_GET_##L(arg[11]), MM_GET_##O(arg[12])))
#define MM_KERNEL14(n, A, a, B, b, C, c, D_, d, E, e_, F, f, G, g, H, h, I, i, J, j, K, k, L, l, O, o, P, p)       \
  MM_KERNEL_(n, (MM_GROUP_ARGS, MM_KIND_##A a, MM_KIND_##B b, MM_KIND_##C c, MM_KIND_##D_ d, MM_KIND_##E e_,       \
                 MM_KIND_##F f, MM_KIND_##G g, MM_KIND_##H h, MM_KIND_##I i, MM_KIND_##J j, MM_KIND_##K k,         \
                 MM_KIND_##L l, MM_KIND_##O o, MM_KIND_##P p),                                                     \
             (mm_group, mm_groups, MM_GET_##A(arg[0]), MM_GET_##B(arg[1]), MM_GET_##C(arg[2]),                     \
              MM_GET_##D_(arg[3]), MM_GET_##E(arg[4]), MM_GET_##F(arg[5]), MM_GET_##G(arg[6]),                     \
              MM_GET_##H(arg[7]), MM_GET_##I(arg[8]), MM_GET_##J(arg[9]), MM_GET_##K(arg[10]),                     \
              MM_GET_##L(arg[11]), MM_GET_##O(arg[12]), MM_GET_##P(arg[13])))
#define MM_KERNEL15(n, A, a, B, b, C, c, D_, d, E, e_, F, f, G, g, H, h, I, i, J, j, K, k, L, l, O, o, P, p,       \
                  Q, q)                                                                                            \
  MM_KERNEL_(n, (MM_GROUP_ARGS, MM_KIND_##A a, MM_KIND_##B b, MM_KIND_##C c, MM_KIND_##D_ d, MM_KIND_##E e_,       \
                 MM_KIND_##F f, MM_KIND_##G g, MM_KIND_##H h, MM_KIND_##I i, MM_KIND_##J j, MM_KIND_##K k,         \
                 MM_KIND_##L l, MM_KIND_##O o, MM_KIND_##P p, MM_KIND_##Q q),                                      \
             (mm_group, mm_groups, MM_GET_##A(arg[0]), MM_GET_##B(arg[1]), MM_GET_##C(arg[2]),                     \
              MM_GET_##D_(arg[3]), MM_GET_##E(arg[4]), MM_GET_##F(arg[5]), MM_GET_##G(arg[6]),                     \
              MM_GET_##H(arg[7]), MM_GET_##I(arg[8]), MM_GET_##J(arg[9]), MM_GET_##K(arg[10]),                     \
              MM_GET_##L(arg[11]), MM_GET_##O(arg[12]), MM_GET_##P(arg[13]), MM_GET_##Q(arg[14])))
#define MM_KERNEL16(n, A, a, B, b, C, c, D_, d, E, e_, F, f, G, g, H, h, I, i, J, j, K, k, L, l, O, o, P, p,       \
                  Q, q, S, s)                                                                                      \
  MM_KERNEL_(n, (MM_GROUP_ARGS, MM_KIND_##A a, MM_KIND_##B b, MM_KIND_##C c, MM_KIND_##D_ d, MM_KIND_##E e_,       \
                 MM_KIND_##F f, MM_KIND_##G g, MM_KIND_##H h, MM_KIND_##I i, MM_KIND_##J j, MM_KIND_##K k,         \
                 MM_KIND_##L l, MM_KIND_##O o, MM_KIND_##P p, MM_KIND_##Q q, MM_KIND_##S s),                       \
             (mm_group, mm_groups, MM_GET_##A(arg[0]), MM_GET_##B(arg[1]), MM_GET_##C(arg[2]),                     \
              MM_GET_##D_(arg[3]), MM_GET_##E(arg[4]), MM_GET_##F(arg[5]), MM_GET_##G(arg[6]),                     \
              MM_GET_##H(arg[7]), MM_GET_##I(arg[8]), MM_GET_##J(arg[9]), MM_GET_##K(arg[10]),                     \
              MM_GET_##L(arg[11]), MM_GET_##O(arg[12]), MM_GET_##P(arg[13]), MM_GET_##Q(arg[14]),                  \
              MM_GET_##S(arg[15])))
#endif

#define V(x) ((mm_v)(R(x)))
