/* modes.c: what holds for a whole Lua state: defaults, random numbers, threads, devices. */
#include "fuse/fuse.h"
#include "lua/binding.h"

#include <string.h>

/* ---- evaluation ---- */
static void announce(lua_State *L, nml_state *s, int i) {
  (void)s;
  nm_tensor *t = nml_tensor_at(L, i);
  if (t) nm__announce(t);
}

void nml_compute(lua_State *L, nml_state *s, nm_tensor *t) {
  bool tried = false;
  nm_status status;
  do status = nm__ready(s->ctx, t);
  while (nml_again(L, status, &tried));
  if (status != NM_OK) nml_fail(L, s);
}

static void evaluate(lua_State *L, nml_state *s, int i) {
  nm_tensor *t = nml_tensor_at(L, i);
  if (!t) nml_error(L, "eval: takes tensors and lists of them, got %s", nml_describe(L, i));
  nml_compute(L, s, t);
}

/* Calls f with the stack index of each of n arguments, and of each element of those that are
 * lists. */
static void for_each(lua_State *L, nml_state *s, int n, void (*f)(lua_State *, nml_state *, int)) {
  for (int i = 1; i <= n; i++) {
    if (!lua_istable(L, i)) {
      f(L, s, i);
      continue;
    }
    for (lua_Integer k = 1; lua_rawgeti(L, i, k) != LUA_TNIL; k++) {
      f(L, s, n + 1);
      lua_pop(L, 1);
    }
    lua_settop(L, n);
  }
}

/* nm.eval(...): computes what is pending in the tensors, also in lists of them, and returns its
 * arguments.  What is computed on the way to an earlier one is stored by the same pass. */
int nml_l_eval(lua_State *L) {
  int n = lua_gettop(L);
  const nml_box *alone = n == 1 ? nml_box_at(L, 1) : NULL;
  nml_state *s = alone ? nml_enter_state(L, alone->s) : nml_enter(L);
  if (alone) return nml_compute(L, s, nml_tensor_in(L, alone)), 1;
  for_each(L, s, n, announce);
  for_each(L, s, n, evaluate);
  return n;
}

static int f_set_fusion(lua_State *L, nml_state *s, const nml_args *a) {
  if (nm_set_fusion(s->ctx, a->arg[0].as.boolean) != NM_OK) return nml_fail(L, s);
  return 0;
}

/* core.record_short(on): for tests, whose tensors are small. */
static int f_record_short(lua_State *L, nml_state *s, const nml_args *a) {
  (void)L;
  s->ctx->records_short = a->arg[0].as.boolean;
  return 0;
}

static int f_set_num_threads(lua_State *L, nml_state *s, const nml_args *a) {
  int64_t n = a->arg[0].as.integer;
  if (n < 1 || n > 4096)
    return nml_error(L, "set_num_threads: the number must be 1 or more, got %I", (LUAI_UACINT)n);
  nm_set_num_threads(s->ctx, (int)n);
  return 0;
}

static int f_get_num_threads(lua_State *L, nml_state *s, const nml_args *a) {
  (void)a;
  lua_pushinteger(L, nm_get_num_threads(s->ctx));
  return 1;
}

/* ---- random numbers ---- */
static int f_manual_seed(lua_State *L, nml_state *s, const nml_args *a) {
  (void)L;
  nm_manual_seed(s->ctx, (uint64_t)a->arg[0].as.integer);
  return 0;
}

static int f_initial_seed(lua_State *L, nml_state *s, const nml_args *a) {
  (void)a;
  lua_pushinteger(L, (lua_Integer)s->ctx->seed);
  return 1;
}

static int f_get_rng_state(lua_State *L, nml_state *s, const nml_args *a) {
  (void)a;
  lua_createtable(L, 0, 2);
  lua_pushinteger(L, (lua_Integer)s->ctx->seed);
  lua_setfield(L, -2, "seed");
  lua_pushinteger(L, (lua_Integer)s->ctx->counter);
  lua_setfield(L, -2, "counter");
  return 1;
}

static int f_set_rng_state(lua_State *L, nml_state *s, const nml_args *a) {
  s->ctx->seed = (uint64_t)a->arg[0].as.integer;
  s->ctx->counter = (uint64_t)a->arg[1].as.integer;
  (void)L;
  return 0;
}

/* ---- defaults ---- */
static int f_set_default_dtype(lua_State *L, nml_state *s, const nml_args *a) {
  nm_dtype dtype = nm__dtype_of_name(a->arg[0].as.string);
  if (!nm__is_float(dtype))
    return nml_error(
      L, "set_default_dtype: must be a float type, got %s: integers stay int64 and booleans bool",
      nm__dtypes[dtype].name);
  s->ctx->default_dtype = dtype;
  return 0;
}

static int f_get_default_dtype(lua_State *L, nml_state *s, const nml_args *a) {
  (void)a;
  lua_pushstring(L, nm__dtypes[s->ctx->default_dtype].name);
  return 1;
}

/* The device of an optional argument. */
static nm_device *device_of(lua_State *L, nml_state *s, const nm_value_arg *v,
                            const char *standard) {
  nm_device *dev;
  if (nm__device_get(s->ctx, v->kind == NM_ARG_STRING ? v->as.string : standard, &dev) != NM_OK)
    nml_fail(L, s);
  return dev;
}

static int f_set_default_device(lua_State *L, nml_state *s, const nml_args *a) {
  s->ctx->default_device = device_of(L, s, &a->arg[0], NULL);
  return 0;
}

static int f_get_default_device(lua_State *L, nml_state *s, const nml_args *a) {
  (void)a;
  lua_pushstring(L, s->ctx->default_device->name);
  return 1;
}

/* ---- devices ---- */
static void set_count(lua_State *L, const char *key, size_t n) {
  lua_pushinteger(L, (lua_Integer)n);
  lua_setfield(L, -2, key);
}

static int f_memory_stats(lua_State *L, nml_state *s, const nml_args *a) {
  const nm_device *dev = device_of(L, s, &a->arg[0], "cpu");
  lua_createtable(L, 0, 3);
  set_count(L, "allocated", dev->live);
  set_count(L, "peak", dev->peak);
  set_count(L, "cached", dev->cached);
  return 1;
}

/* A device drops what it keeps beyond its limit whenever something is released. */
static int f_empty_cache(lua_State *L, nml_state *s, const nml_args *a) {
  nm_device *dev = device_of(L, s, &a->arg[0], "cpu");
  size_t limit = dev->cache_limit;
  nm_mem mem = {0};
  nm_status status = dev->cls->sync(dev);
  if (status == NM_OK) status = dev->cls->alloc(dev, 1, &mem);
  if (status != NM_OK) return nml_fail(L, s);
  dev->cache_limit = 0;
  dev->cls->release(dev, &mem);
  dev->cache_limit = limit;
  return 0;
}

static int f_synchronize(lua_State *L, nml_state *s, const nml_args *a) {
  nm_device *dev = device_of(L, s, &a->arg[0], "cpu");
  if (dev->cls->sync(dev) != NM_OK) return nml_fail(L, s);
  return 0;
}

static int vulkan_devices(nm_vulkan_info *list, int max) {
#ifdef NUMOON_VULKAN
  return nm__vulkan_devices(list, max);
#else
  (void)list, (void)max;
  return 0;
#endif
}

static int f_vulkan_devices(lua_State *L, nml_state *s, const nml_args *a) {
  (void)s, (void)a;
  nm_vulkan_info *list = lua_newuserdatauv(L, NM_MAX_DEVICES * sizeof *list, 0);
  memset(list, 0, NM_MAX_DEVICES * sizeof *list);
  int n = vulkan_devices(list, NM_MAX_DEVICES);
  if (n > NM_MAX_DEVICES) n = NM_MAX_DEVICES;
  lua_createtable(L, n, 0);
  for (int k = 0; k < n; k++) {
    lua_createtable(L, 0, 6);
    lua_pushfstring(L, k ? "vulkan:%d" : "vulkan", k);
    lua_setfield(L, -2, "device");
    lua_pushstring(L, list[k].name);
    lua_setfield(L, -2, "name");
    lua_pushstring(L, list[k].type);
    lua_setfield(L, -2, "type");
    lua_pushstring(L, list[k].driver);
    lua_setfield(L, -2, "driver");
    lua_pushstring(L, list[k].api);
    lua_setfield(L, -2, "api");
    set_count(L, "memory", (size_t)list[k].memory);
    lua_rawseti(L, -2, k + 1);
  }
  return 1;
}

static const nm_param on_params[] = {{"on", NM_P_BOOL, 0, NULL}};
static const nm_param n_params[] = {{"n", NM_P_INT, 0, NULL}};
static const nm_param seed_params[] = {{"seed", NM_P_INT, 0, NULL}};
static const nm_param state_params[] = {{"seed", NM_P_INT, 0, NULL},
                                        {"counter", NM_P_INT, 0, NULL}};
static const nm_param dtype_params[] = {{"dtype", NM_P_DTYPE, 0, NULL}};
static const nm_param name_params[] = {{"device", NM_P_STRING, 0, NULL}};
static const nm_param device_params[] = {{"device", NM_P_STRING, NM_OPTIONAL, NULL}};
static const nm_param none[1];

#define ROW(f, p, count, where, text) \
  {{.name = #f, .doc = text, .params = p, .nparams = count, .flags = where}, f_##f}

const nml_function nml_mode_functions[] = {
  ROW(set_fusion, on_params, 1, NM_FUNCTION, "off: every op runs at once"),
  ROW(record_short, on_params, 1, 0, "on: short ops are recorded too, and not run at once"),
  ROW(set_num_threads, n_params, 1, NM_FUNCTION, "threads that the CPU uses at most"),
  ROW(get_num_threads, none, 0, NM_FUNCTION, "threads that the CPU uses at most"),
  ROW(manual_seed, seed_params, 1, NM_FUNCTION, "begins the random stream of a seed"),
  ROW(initial_seed, none, 0, NM_FUNCTION, "the seed of the random stream"),
  ROW(get_rng_state, none, 0, NM_FUNCTION, "where the random stream is, a table for set_rng_state"),
  ROW(set_rng_state, state_params, 2, NM_FUNCTION, "takes the random stream to where it was"),
  ROW(set_default_dtype, dtype_params, 1, NM_FUNCTION, "the dtype of new float tensors"),
  ROW(get_default_dtype, none, 0, NM_FUNCTION, "the dtype of new float tensors"),
  ROW(set_default_device, name_params, 1, NM_FUNCTION, "the device of new tensors"),
  ROW(get_default_device, none, 0, NM_FUNCTION, "the device of new tensors"),
  ROW(memory_stats, device_params, 1, NM_FUNCTION,
      "bytes in use, the most so far, and kept for reuse"),
  ROW(empty_cache, device_params, 1, NM_FUNCTION, "gives back the memory that is kept for reuse"),
  ROW(synchronize, device_params, 1, 0, "waits for a device"),
  ROW(vulkan_devices, none, 0, 0, "the Vulkan devices"),
  {{.name = NULL}, NULL}};
