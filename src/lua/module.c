/* module.c: the module numoon.core: the context of a Lua state, what it holds, and the pace of the
 * garbage collector.
 *
 * Lifetime: the nml_state is the first object with a finalizer, so lua_close closes the context
 * after the tensors; a tensor that is finalized later (it can be resurrected) finds ctx == NULL.
 *
 * Memory: Lua sees a tensor as a few bytes.  What tensors take is told to the collector in
 * proportion: when `budget` bytes have been taken, the collector has been given what it needs for
 * one full cycle.  What a cycle costs is proportional to Lua's own heap, and so is the budget: with
 * the small heaps of most programs a cycle takes microseconds, and blocks come back while they are
 * in the caches.  It is never more than what lives, like Lua's own pause of 200%, or BUDGET_MOST. */
#include "lua/binding.h"

#include "io/io.h"

#include <stdlib.h>
#include <string.h>

enum {
  BUDGET_SHARE = 4, /* see above */
  BUDGET_LEAST = 512 << 10,
  BUDGET_MOST = 8 << 20,
  SLACK = 16 << 20, /* over twice what lived after the last one, everything is collected; this
                       reaches what a generational collector has declared old, and what Lua
                       5.4.4's incremental one passes over for many cycles */
};

static char core_key, guard_key; /* of the registry, by address */

static size_t live_bytes(const nm_context *ctx) {
  size_t n = ctx->structs + ctx->cpu->live;
  for (int i = 0; i < NM_MAX_DEVICES; i++)
    if (ctx->vulkan[i]) n += ctx->vulkan[i]->live;
  return n;
}

void nml_collect(lua_State *L, nml_state *s) {
  const double cycle = 1.25; /* a pause of one heap, and the work of the cycle itself */
  nml_hooks_sweep(L, s);
  size_t debt = s->ctx->debt, live = live_bytes(s->ctx);
  s->ctx->debt = 0;
  if (lua_gc(L, LUA_GCISRUNNING, 0) != 1)
    return; /* stopped by the user, or we are in a finalizer */
  if (live < s->low) s->low = live;
  if (live > 2 * s->low + SLACK) {
    lua_gc(L, LUA_GCCOLLECT, 0);
    s->low = live_bytes(s->ctx);
    return;
  }
  double heap = lua_gc(L, LUA_GCCOUNT, 0), most = live > BUDGET_MOST ? (double)live : BUDGET_MOST;
  double budget = 1024 * BUDGET_SHARE * heap;
  budget = budget < BUDGET_LEAST ? BUDGET_LEAST : budget > most ? most : budget;
  s->owed += (double)debt / budget * cycle * heap;
  if (s->owed > cycle * heap) s->owed = cycle * heap; /* one cycle is all that a step can do */
  if (s->owed < 1) return;
  int kb = (int)s->owed;
  s->owed -= kb;
  lua_gc(L, LUA_GCSTEP, kb);
}

static int l_close(lua_State *L) {
  nml_state *s = lua_touserdata(L, 1);
  nm_context *ctx = s->ctx;
  s->ctx = NULL;
  if (!ctx) return 0;
  nm__unscope(ctx, 0, NULL);
  nm_close(ctx);
  nml_hooks_end(s);
  return 0;
}

/* core.set_prefix(text): what the sources of numoon's own Lua files begin with. */
static int l_set_prefix(lua_State *L) {
  nml_state *s = nml_enter(L);
  luaL_checkstring(L, 1);
  lua_settop(L, 1);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, lua_upvalueindex(NML_STATE), 1);
  s->prefix = lua_tostring(L, 1);
  return 0;
}

/* ---- files and the clock ---- */
static int l_free_guard(lua_State *L) {
  void **p = lua_touserdata(L, 1);
  free(*p);
  *p = NULL;
  return 0;
}

/* Pushes a cell; what is stored in it is freed when it is collected. */
static void **push_guard(lua_State *L) {
  void **p = lua_newuserdatauv(L, sizeof *p, 0);
  *p = NULL;
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &guard_key) == LUA_TNIL) {
    lua_pop(L, 1);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, l_free_guard);
    lua_setfield(L, -2, "__gc");
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &guard_key);
  }
  lua_setmetatable(L, -2);
  return p;
}

static int f_read_file(lua_State *L, nml_state *s, const nml_args *a) {
  void **guard = push_guard(L);
  unsigned char *data = NULL;
  size_t size = 0;
  if (nm__read_file(s->ctx, a->arg[0].as.string, &data, &size) != NM_OK) return nml_fail(L, s);
  *guard = data;
  lua_pushlstring(L, (const char *)data, size);
  free(data);
  *guard = NULL;
  return 1;
}

static int f_write_png(lua_State *L, nml_state *s, const nml_args *a) {
  nm_tensor *t = a->arg[4].as.tensor;
  int64_t w = a->arg[1].as.integer, h = a->arg[2].as.integer, channels = a->arg[3].as.integer;
  if (w < 1 || w > 65535 || h < 1 || h > 65535 || channels < 1 || channels > 4)
    return nml_error(L, "write_png: width and height must be 1 to 65535, channels 1 to 4");
  if (t->dtype != NM_UINT8 || nm_numel(t) != w * h * channels)
    return nml_error(L, "write_png: pixels must be %I uint8 values, got %s",
                     (LUAI_UACINT)(w * h * channels), nml_describe(L, 5));
  uint8_t *pixels = lua_newuserdatauv(L, (size_t)nm_numel(t), 0);
  if (nm_read(s->ctx, t, pixels, (size_t)nm_numel(t)) != NM_OK ||
      nm__write_png(s->ctx, a->arg[0].as.string, (int)w, (int)h, (int)channels, pixels) != NM_OK)
    return nml_fail(L, s);
  return 0;
}

static int f_clock(lua_State *L, nml_state *s, const nml_args *a) {
  (void)s, (void)a;
  lua_pushnumber(L, nm__clock());
  return 1;
}

static const nm_param read_file_params[] = {{"path", NM_P_STRING, 0, NULL}};
static const nm_param write_png_params[] = {{"path", NM_P_STRING, 0, NULL},
                                            {"width", NM_P_INT, 0, NULL},
                                            {"height", NM_P_INT, 0, NULL},
                                            {"channels", NM_P_INT, 0, NULL},
                                            {"pixels", NM_P_TENSOR, 0, NULL}};
static const nml_function file_functions[] = {
    {{.name = "read_file",
      .params = read_file_params,
      .nparams = 1,
      .doc = "the contents of a file as a string, inflated when it is gzip"},
     f_read_file},
    {{.name = "write_png",
      .params = write_png_params,
      .nparams = 5,
      .doc = "writes 8-bit pixels as a PNG file"},
     f_write_png},
    {{.name = "clock", .doc = "seconds since some moment in the past, for measuring"}, f_clock},
    {{.name = NULL}, NULL}};

/* ---- opening ---- */
/* Sets t[name] = closure of f over the state, the metatable and `self`; t at index -1. */
static void set_closure(lua_State *L, int t, int state, int meta, const char *name, lua_CFunction f,
                        const void *self) {
  t = lua_absindex(L, t);
  lua_pushvalue(L, state);
  lua_pushvalue(L, meta);
  lua_pushlightuserdata(L, (void *)(uintptr_t)self);
  lua_pushcclosure(L, f, 3);
  lua_setfield(L, t, name);
}

typedef struct tables { /* stack indices */
  int state, meta, core, functions, methods;
} tables;

/* The binding's own functions, in the order of the reference. */
static const nml_function *const own_functions[] = {nml_convert_functions, nml_tensor_functions,
                                                    nml_mode_functions, nml_autograd_functions,
                                                    nml_hook_functions, nml_tape_functions,
                                                    nml_scope_functions, nml_optim_functions,
                                                    file_functions};
enum { NOWN = sizeof own_functions / sizeof *own_functions };

/* Those that read their arguments themselves, as they take any number of them. */
static const nm_param eval_params[] = {{"...", NM_P_TENSOR, 0, NULL}};
static const nm_param get_params[] = {{"input", NM_P_TENSOR, 0, NULL}, {"...", NM_P_INT, 0, NULL}};
static const nm_param set_params[] = {
    {"input", NM_P_TENSOR, 0, NULL}, {"...", NM_P_INT, 0, NULL}, {"value", NM_P_NUMBER, 0, NULL}};
static const struct {
  nm_op op;
  lua_CFunction f;
} variadic[] = {
    {{.name = "eval",
      .params = eval_params,
      .nparams = 1,
      .flags = NM_FUNCTION,
      .doc = "computes pending tensors now, all together, and returns them"},
     nml_l_eval},
    {{.name = "get",
      .params = get_params,
      .nparams = 2,
      .flags = NM_METHOD,
      .doc = "one element as a number or boolean, by its position in each dim"},
     nml_l_get},
    {{.name = "set",
      .params = set_params,
      .nparams = 3,
      .flags = NM_METHOD,
      .doc = "writes one element, by its position in each dim"},
     nml_l_set},
};
enum { NVARIADIC = sizeof variadic / sizeof *variadic };

/* core.own(): a list of the public ones, as core.ops() has them. */
static int l_own(lua_State *L) {
  lua_newtable(L);
  int n = 0;
  for (int i = 0; i < NOWN; i++) {
    for (const nml_function *f = own_functions[i]; f->op.name; f++) {
      if (!(f->op.flags & NM_ANYWHERE)) continue;
      nml_push_op(L, &f->op);
      lua_rawseti(L, -2, ++n);
    }
  }
  for (int i = 0; i < NVARIADIC; i++) {
    nml_push_op(L, &variadic[i].op);
    lua_rawseti(L, -2, ++n);
  }
  return 1;
}

/* FUNCTION goes to nm, METHOD to tensors, neither to the core table alone. */
static void add_functions(lua_State *L, const tables *t, const nml_function *f) {
  for (; f->op.name; f++) {
    if (f->op.flags & NM_FUNCTION)
      set_closure(L, t->functions, t->state, t->meta, f->op.name, nml_l_function, f);
    if (f->op.flags & NM_METHOD)
      set_closure(L, t->methods, t->state, t->meta, f->op.name, nml_l_function, f);
    if (!(f->op.flags & NM_ANYWHERE))
      set_closure(L, t->core, t->state, t->meta, f->op.name, nml_l_function, f);
  }
}

static lua_CFunction caller(const nm_op *op) { return op->flags & NM_LIST ? nml_l_list : nml_l_op; }

/* "linalg.inv" goes into the table `linalg` of the functions, "nn.functional.pad" into the table
 * core["nn.functional"], where the module of that name finds it. */
static void add_in_module(lua_State *L, const tables *t, const nm_op *op, const char *dot) {
  lua_pushlstring(L, op->name, (size_t)(dot - op->name));
  const char *module = lua_tostring(L, -1);
  if (lua_getfield(L, t->core, module) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_createtable(L, 0, 32);
    lua_pushvalue(L, -1);
    lua_setfield(L, t->core, module);
  }
  set_closure(L, -1, t->state, t->meta, dot + 1, caller(op), op);
  lua_pop(L, 2);
}

static void add_ops(lua_State *L, const tables *t) {
  for (int i = 0; i < nm__op_count(); i++) {
    const nm_op *op = nm__op_at(i);
    const char *dot = strrchr(op->name, '.');
    if (dot) {
      add_in_module(L, t, op, dot);
      continue;
    }
    if (op->flags & NM_FUNCTION)
      set_closure(L, t->functions, t->state, t->meta, op->name, caller(op), op);
    if (op->flags & NM_METHOD)
      set_closure(L, t->methods, t->state, t->meta, op->name, caller(op), op);
    if (op->flags & NM_INPLACE) {
      char name[NML_NAME];
      set_closure(L, t->methods, t->state, t->meta, nml_inplace_name(name, op), nml_l_inplace, op);
    }
  }
}

static void push_state(lua_State *L) {
  nml_state *s = lua_newuserdatauv(L, sizeof *s, 1);
  *s = (nml_state){.ctx = NULL};
  lua_createtable(L, 0, 2);
  lua_pushcfunction(L, l_close);
  lua_setfield(L, -2, "__gc");
  lua_pushliteral(L, "numoon");
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
  s->ctx = nm_open();
  if (!s->ctx) luaL_error(L, "numoon: out of memory");
  s->ctx->base = 1;
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
  s->main = lua_tothread(L, -1);
  lua_pop(L, 1);
}

/* dtypes: name and alias -> name. */
static void push_dtypes(lua_State *L) {
  lua_newtable(L);
  for (int d = 0; d < NM_NDTYPES; d++) {
    lua_pushstring(L, nm__dtypes[d].name);
    lua_setfield(L, -2, nm__dtypes[d].name);
    if (!nm__dtypes[d].alias) continue;
    lua_pushstring(L, nm__dtypes[d].name);
    lua_setfield(L, -2, nm__dtypes[d].alias);
  }
}

static int new_table(lua_State *L) {
  lua_newtable(L);
  return lua_gettop(L);
}

__attribute__((visibility("default"))) int luaopen_numoon_core(lua_State *L);

int luaopen_numoon_core(lua_State *L) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &core_key) == LUA_TTABLE) return 1;
  lua_settop(L, 0);
  luaL_checkstack(L, 16, NULL);
  push_state(L);
  tables t = {.state = 1,
              .meta = new_table(L),
              .core = new_table(L),
              .functions = new_table(L),
              .methods = new_table(L)};
  void (*const openers[])(lua_State *) = {nml_hooks_open, nml_tape_open};
  for (int i = 0; i < 2; i++) {
    lua_pushvalue(L, t.state);
    lua_pushvalue(L, t.meta);
    openers[i](L);
  }
  add_ops(L, &t);
  /* after the ops: "to" takes more forms than the op of that name */
  for (int i = 0; i < NOWN; i++) add_functions(L, &t, own_functions[i]);
  for (int i = 0; i < NVARIADIC; i++) {
    bool is_method = variadic[i].op.flags & NM_METHOD;
    set_closure(L, is_method ? t.methods : t.functions, t.state, t.meta, variadic[i].op.name,
                variadic[i].f, NULL);
  }
  set_closure(L, t.core, t.state, t.meta, "own", l_own, NULL);
  set_closure(L, t.core, t.state, t.meta, "ops", nml_l_ops, NULL);
  set_closure(L, t.core, t.state, t.meta, "raise", nml_l_raise, NULL);
  set_closure(L, t.core, t.state, t.meta, "nearest", nml_l_nearest, NULL);
  set_closure(L, t.core, t.state, t.meta, "scope_keep", nml_l_scope_keep, NULL);
  set_closure(L, t.core, t.state, t.meta, "set_prefix", l_set_prefix, NULL);

  lua_settop(L, t.methods);
  lua_pushvalue(L, t.meta); /* the metamethods: upvalues state, meta, methods */
  lua_pushvalue(L, t.state);
  lua_pushvalue(L, t.meta);
  lua_pushvalue(L, t.methods);
  nml_set_tensor_fields(L, 3);
  lua_pushvalue(L, t.state);
  lua_pushvalue(L, t.meta);
  nml_set_operators(L, 2);

  lua_pushvalue(L, t.functions);
  lua_setfield(L, t.core, "functions");
  lua_pushvalue(L, t.methods);
  lua_setfield(L, t.core, "methods");
  lua_pushvalue(L, t.meta);
  lua_setfield(L, t.core, "meta");
  push_dtypes(L);
  lua_setfield(L, t.core, "dtypes");
  lua_pushlightuserdata(L, (void *)(uintptr_t)nml_newaxis);
  lua_setfield(L, t.core, "newaxis");
  lua_pushliteral(L, NM_VERSION);
  lua_setfield(L, t.core, "version");
  lua_settop(L, t.core);
  lua_pushvalue(L, t.core);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &core_key);
  return 1;
}
