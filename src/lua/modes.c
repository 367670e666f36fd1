/* modes.c: what holds for a whole Lua state: defaults, random numbers, threads, gradients, devices.
 */
#include "fuse/fuse.h"
#include "lua/binding.h"

#include <string.h>

#define GIVEN(i) (a->arg[i].kind != NM_ARG_NONE)

/* ---- evaluation ---- */
static void announce(lua_State *L, nml_state *s, int i) {
  nm_tensor *t = nml_tensor_at(L, s, i);
  if (t) nm__announce(t);
}

static void evaluate(lua_State *L, nml_state *s, int i) {
  bool tried = false;
  nm_status status;
  nm_tensor *t = nml_tensor_at(L, s, i);
  if (!t) nml_error(L, "eval: takes tensors and lists of them, got %s", nml_describe(L, s, i));
  do status = nm_eval(s->ctx, t);
  while (nml_again(L, status, &tried));
  if (status != NM_OK) nml_fail(L, s);
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
  nml_state *s = nml_enter(L);
  int n = lua_gettop(L);
  if (n != 1 || lua_istable(L, 1)) for_each(L, s, n, announce);
  for_each(L, s, n, evaluate);
  return n;
}

static int f_set_fusion(lua_State *L, nml_state *s, const nml_args *a) {
  if (nm_set_fusion(s->ctx, a->arg[0].as.boolean) != NM_OK) return nml_fail(L, s);
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

/* ---- gradients ---- */
static int f_grad_mode(lua_State *L, nml_state *s, const nml_args *a) {
  lua_pushboolean(L, nm_set_grad_enabled(s->ctx, a->arg[0].as.boolean));
  return 1;
}

static int f_is_grad_enabled(lua_State *L, nml_state *s, const nml_args *a) {
  (void)a;
  lua_pushboolean(L, s->ctx->grad_enabled);
  return 1;
}

/* The tensors of a tensor or a list, in memory on the stack; NULL where `holes` and the list has
 * false. */
static nm_tensor **read_tensors(lua_State *L, nml_state *s, const char *what, int i, bool holes,
                                int *n) {
  enum { LONGEST = 1 << 20 };
  bool list = lua_istable(L, i);
  size_t length = list ? lua_rawlen(L, i) : 1;
  if (length > LONGEST) nml_error(L, "grad: %s is a list of more than %d", what, LONGEST);
  nm_tensor **t = lua_newuserdatauv(L, (length + 1) * sizeof *t, 0);
  *n = (int)length;
  for (int k = 0; k < *n; k++) {
    if (list) lua_rawgeti(L, i, k + 1);
    else lua_pushvalue(L, i);
    t[k] = nml_tensor_at(L, s, lua_gettop(L));
    if (!t[k] && !(holes && !lua_toboolean(L, -1)))
      nml_error(L, "grad: %s must be a tensor or a list of tensors, got %s", what,
                nml_describe(L, s, lua_gettop(L)));
    lua_pop(L, 1);
  }
  return t;
}

/* Pushes the box of each gradient in a list, so that nothing can be lost later. */
static nml_box **new_boxes(lua_State *L, nml_state *s, int n) {
  nml_box **box = lua_newuserdatauv(L, ((size_t)n + 1) * sizeof *box, 0);
  lua_createtable(L, n, 0);
  for (int k = 0; k < n; k++) {
    box[k] = nml_new(L, s);
    lua_rawseti(L, -2, k + 1);
  }
  return box;
}

static int f_grad(lua_State *L, nml_state *s, const nml_args *a) {
  int nout, nin, ngrads = 0, inputs = (int)a->arg[1].as.integer;
  luaL_checkstack(L, 12, NULL);
  nm_tensor **out = read_tensors(L, s, "outputs", (int)a->arg[0].as.integer, false, &nout),
            **grads = NULL;
  nm_tensor **in = read_tensors(L, s, "inputs", inputs, false, &nin);
  if (GIVEN(2)) {
    grads = read_tensors(L, s, "grad_outputs", (int)a->arg[2].as.integer, true, &ngrads);
    if (ngrads != nout) return nml_error(L, "grad: %d outputs, but %d grad_outputs", nout, ngrads);
  }
  bool create = GIVEN(4) && a->arg[4].as.boolean, retain = GIVEN(3) ? a->arg[3].as.boolean : create;
  nm_tensor **result = lua_newuserdatauv(L, ((size_t)nin + 1) * sizeof *result, 0);
  memset(result, 0, ((size_t)nin + 1) * sizeof *result);
  nml_box **box = new_boxes(L, s, nin);
  if (nm_gradients(s->ctx, nout, out, grads, nin, in, retain, create,
                   GIVEN(5) && a->arg[5].as.boolean, result) != NM_OK)
    return nml_fail(L, s);
  for (int k = 0; k < nin; k++) box[k]->t = result[k];
  for (int k = 0; k < nin; k++) {
    if (result[k]) continue;
    lua_pushboolean(L, false); /* no gradient: nil would cut the list */
    lua_rawseti(L, -2, k + 1);
  }
  if (lua_istable(L, inputs)) return 1;
  lua_rawgeti(L, -1, 1);
  if (!lua_toboolean(L, -1)) lua_pushnil(L);
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
static const nm_param grad_params[] = {{"outputs", NML_P_ANY, 0, NULL},
                                       {"inputs", NML_P_ANY, 0, NULL},
                                       {"grad_outputs", NML_P_ANY, NM_OPTIONAL, NULL},
                                       {"retain_graph", NM_P_BOOL, NM_OPTIONAL, "create_graph"},
                                       {"create_graph", NM_P_BOOL, NM_OPTIONAL, "false"},
                                       {"allow_unused", NM_P_BOOL, NM_OPTIONAL, "false"}};

#define ROW(f, p, count, where, text) \
  {{.name = #f, .doc = text, .params = p, .nparams = count, .flags = where}, f_##f}

const nml_function nml_mode_functions[] = {
  ROW(set_fusion, on_params, 1, NM_FUNCTION, "off: every op runs at once"),
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
  ROW(is_grad_enabled, none, 0, NM_FUNCTION, "whether ops are put on the tape"),
  ROW(grad, grad_params, 6, NM_FUNCTION,
      "gradients of outputs with respect to inputs, without touching any grad"),
  ROW(memory_stats, device_params, 1, NM_FUNCTION,
      "bytes in use, the most so far, and kept for reuse"),
  ROW(empty_cache, device_params, 1, NM_FUNCTION, "gives back the memory that is kept for reuse"),
  ROW(grad_mode, on_params, 1, 0, "sets whether ops are put on the tape, and returns what it was"),
  ROW(synchronize, device_params, 1, 0, "waits for a device"),
  ROW(vulkan_devices, none, 0, 0, "the Vulkan devices"),
  {{.name = NULL}, NULL}};
