/* hooks.c: Lua functions that the tape calls, and who keeps them alive.
 *
 * The tape is not seen by Lua's collector: were a hook held by the tape alone, one that names its
 * tensor, as many do, would hold it for ever.  So a hook is held by the tensor's box, in a table
 * with the boxes as weak keys (`owned`), where such a cycle is garbage.  When a box dies while other
 * parts of a graph can still call its hooks, they are held for the tape (`held`, by id), and the box
 * gets another life: if no hook names it, it is let go of the next time it dies.  Else it stays, and
 * is looked at now and then (`kept`), until its hooks are its own again (nm__hooks_alone).
 *
 * An entry is {function, id}; the tape knows an nml_anchor with the id, and `entries` (weak values)
 * leads to the entry.  The tape lets go of anchors at any moment, also in a finalizer: they wait in
 * s->dead until Lua is called. */
#include "lua/binding.h"

#include "autograd/node.h"

#include <stdlib.h>

static char owned_key, kept_key, entries_key, held_key, error_key, handle_key, body_key;

/* ---- anchors ---- */
static void bury(lua_State *L, nml_state *s) {
  luaL_checkstack(L, 6, NULL);
  while (s->dead) {
    nml_anchor *a = s->dead;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &held_key);
    lua_pushnil(L);
    lua_rawseti(L, -2, a->id);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &entries_key);
    if (lua_rawgeti(L, -1, a->id) == LUA_TTABLE) { /* its box may hold it longer */
      lua_pushnil(L);
      lua_rawseti(L, -2, 1);
    }
    lua_pop(L, 3);
    s->dead = a->next;
    free(a);
  }
}

nml_anchor *nml_anchor_new(lua_State *L, nml_state *s) {
  bury(L, s);
  nml_anchor *a = malloc(sizeof *a);
  if (!a) nml_error(L, "out of memory");
  *a = (nml_anchor){.s = s, .id = ++s->anchors};
  return a;
}

void nml_anchor_release(void *anchor) {
  nml_anchor *a = anchor;
  if (a->node) *a->node = NULL;
  a->next = a->s->dead;
  a->s->dead = a;
}

void nml_hold(lua_State *L, const nml_anchor *a) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &held_key);
  lua_insert(L, -2);
  lua_rawseti(L, -2, a->id);
  lua_pop(L, 1);
}

void nml_push_held(lua_State *L, const nml_anchor *a) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &held_key);
  lua_rawgeti(L, -1, a->id);
  lua_remove(L, -2);
}

void nml_hooks_end(nml_state *s) {
  while (s->dead) {
    nml_anchor *a = s->dead;
    s->dead = a->next;
    free(a);
  }
}

/* ---- calling ---- */
nm_status nml_call_back(nml_state *s, const void *key, void *user, const char *what) {
  lua_State *L = s->walker ? s->walker : s->main; /* a C program may have called backward */
  if (!lua_checkstack(L, 8)) return nm__error(s->ctx, NM_ENOMEM, "%s: stack overflow", what);
  lua_rawgetp(L, LUA_REGISTRYINDEX, key);
  lua_pushlightuserdata(L, user);
  int failed = lua_pcall(L, 1, 0, 0);
  s->L = L;
  if (!failed) return s->ctx->blamed[0] = 0, NM_OK;
  const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "it raised an error";
  nm_status status = nm__error(s->ctx, NM_EINVAL, "%s: %.600s", what, text);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &error_key); /* the key is there: takes no memory */
  s->raised = true;
  return status;
}

int nml_fail_walk(lua_State *L, nml_state *s) {
  if (!s->raised) nml_fail(L, s);
  s->raised = false;
  luaL_checkstack(L, 4, NULL);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &error_key);
  lua_pushboolean(L, false);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &error_key);
  if (s->ctx->blamed[0] && lua_type(L, -1) == LUA_TSTRING) {
    lua_pushfstring(L, " (%s)", s->ctx->blamed);
    lua_concat(L, 2);
  }
  lua_error(L);
  abort(); /* lua_error does not return, but is not declared so */
}

typedef struct hook_call {
  const nml_anchor *anchor;
  nm_tensor *grad, **other;
} hook_call;

static int l_call_hook(lua_State *L) {
  nml_state *s = nml_enter(L);
  const hook_call *c = lua_touserdata(L, 1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &entries_key);
  if (lua_rawgeti(L, -1, c->anchor->id) != LUA_TTABLE) return 0;
  if (lua_rawgeti(L, -1, 1) == LUA_TNIL) return 0;
  nml_push(L, s, c->grad);
  lua_call(L, 1, 1);
  if (lua_isnil(L, -1)) return 0;
  nm_tensor *t = nml_tensor_at(L, -1);
  if (!t)
    return nml_error(L, "register_hook: a hook must return a tensor or nil, got %s",
                     nml_describe(L, -1));
  nm_retain(t);
  *c->other = t;
  return 0;
}

static nm_status call_hook(nm_context *ctx, void *user, nm_tensor *grad, nm_tensor **other) {
  (void)ctx;
  nml_anchor *a = user;
  hook_call c = {.anchor = a, .grad = grad, .other = other};
  return nml_call_back(a->s, &body_key, &c, "register_hook");
}

/* ---- who holds ---- */
/* Takes entries whose hooks are gone out of the list on top. */
static void compact(lua_State *L) {
  lua_Integer n = (lua_Integer)lua_rawlen(L, -1), to = 0;
  for (lua_Integer k = 1; k <= n; k++) {
    lua_rawgeti(L, -1, k);
    bool alive = lua_rawgeti(L, -1, 1) != LUA_TNIL;
    lua_pop(L, 1);
    if (alive) lua_rawseti(L, -2, ++to);
    else lua_pop(L, 1);
  }
  for (; n > to; n--) {
    lua_pushnil(L);
    lua_rawseti(L, -2, n);
  }
}

/* Appends the value on top to the list of the box at index i, and pops it. */
static void own(lua_State *L, int i) {
  int value = lua_gettop(L);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &owned_key);
  lua_pushvalue(L, i);
  if (lua_rawget(L, -2) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, i);
    lua_pushvalue(L, -2);
    lua_rawset(L, -4);
  }
  compact(L);
  lua_pushvalue(L, value);
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  lua_settop(L, value - 1);
}

/* Pushes what a table of the registry has for the box at index i, and takes it out. */
static bool take(lua_State *L, int i, const void *table) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, table);
  lua_pushvalue(L, i);
  if (lua_rawget(L, -2) == LUA_TNIL) {
    lua_pop(L, 2);
    return false;
  }
  lua_pushvalue(L, i);
  lua_pushnil(L);
  lua_rawset(L, -4);
  lua_remove(L, -2);
  return true;
}

/* Puts the entries of the list on top, or nil in place of them, into a table, by id. */
static void put_by_id(lua_State *L, const void *table, bool entries) {
  int list = lua_gettop(L);
  lua_rawgetp(L, LUA_REGISTRYINDEX, table);
  for (lua_Integer k = 1; lua_rawgeti(L, list, k) == LUA_TTABLE; k++) {
    lua_rawgeti(L, -1, 2);
    if (entries) lua_pushvalue(L, -2);
    else lua_pushnil(L);
    lua_rawset(L, list + 1);
    lua_pop(L, 1);
  }
  lua_settop(L, list);
}

/* Sets t[key] = value for a table of the registry and indices of the stack. */
static void put(lua_State *L, const void *table, int key, int value) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, table);
  lua_pushvalue(L, key);
  if (value) lua_pushvalue(L, value);
  else lua_pushnil(L);
  lua_rawset(L, -3);
  lua_pop(L, 1);
}

/* Entries that only a dying box holds have left the weak table already, but not the box's list. */
bool nml_hooks_survive(lua_State *L, nml_state *s, int i) {
  luaL_checkstack(L, 10, NULL);
  if (nm__hooks_alone(nml_box_at(L, i)->t) || !take(L, i, &owned_key)) return false;
  put_by_id(L, &entries_key, true);
  put_by_id(L, &held_key, true);
  put(L, &kept_key, lua_gettop(L), i);
  lua_pop(L, 1);
  s->kept++;
  lua_getmetatable(L, i);
  lua_setmetatable(L, i); /* it will be finalized again */
  return true;
}

void nml_hooks_unbox(lua_State *L, int i) {
  luaL_checkstack(L, 10, NULL);
  if (!take(L, lua_absindex(L, i), &owned_key)) return;
  put_by_id(L, &held_key, true);
  lua_pop(L, 1);
}

void nml_hooks_sweep(lua_State *L, nml_state *s) {
  bury(L, s);
  if (!s->kept) return;
  luaL_checkstack(L, 10, NULL);
  s->kept = 0;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &kept_key);
  for (lua_pushnil(L); lua_next(L, -2);) { /* list, box */
    int box = lua_gettop(L), list = box - 1;
    const nm_tensor *t = ((const nml_box *)lua_touserdata(L, box))->t;
    if (t && !nm__hooks_alone(t)) {
      s->kept++;
    } else {
      put(L, &kept_key, list, 0);
      if (t) {
        put(L, &owned_key, box, list);
        lua_pushvalue(L, list);
        put_by_id(L, &held_key, false);
        lua_pop(L, 1);
      }
    }
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

/* ---- handles ---- */
static int l_handle_remove(lua_State *L) {
  nm_hook **h = luaL_checkudata(L, 1, "numoon.hook");
  if (*h) nm_hook_remove(*h);
  return 0;
}

static int l_handle_gc(lua_State *L) {
  nm_hook **h = luaL_checkudata(L, 1, "numoon.hook");
  if (*h) nm_hook_release(*h);
  *h = NULL;
  return 0;
}

static nm_hook **push_handle(lua_State *L) {
  static const luaL_Reg methods[] = {{"remove", l_handle_remove}, {NULL, NULL}};
  nm_hook **h = lua_newuserdatauv(L, sizeof *h, 0);
  *h = NULL;
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &handle_key) == LUA_TNIL) {
    lua_pop(L, 1);
    luaL_newmetatable(L, "numoon.hook");
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, l_handle_gc);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, l_handle_remove);
    lua_setfield(L, -2, "__close");
    lua_pushliteral(L, "numoon.hook");
    lua_setfield(L, -2, "__metatable");
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &handle_key);
  }
  lua_setmetatable(L, -2);
  return h;
}

static int f_register_hook(lua_State *L, nml_state *s, const nml_args *a) {
  int f = (int)a->arg[1].as.integer;
  nm_tensor *t = a->arg[0].as.tensor;
  if (lua_type(L, f) != LUA_TFUNCTION && !luaL_getmetafield(L, f, "__call"))
    return nml_error(L, "register_hook: the hook must be a function, got %s",
                     nml_describe(L, f));
  luaL_checkstack(L, 16, NULL);
  nm_hook **handle = push_handle(L);
  int top = lua_gettop(L);
  lua_createtable(L, 2, 0); /* the entry */
  lua_rawgetp(L, LUA_REGISTRYINDEX, &entries_key);
  lua_pushvalue(L, f);
  lua_rawseti(L, top + 1, 1);
  nml_anchor *anchor = nml_anchor_new(L, s);
  if (nm_register_hook(s->ctx, t, call_hook, nml_anchor_release, anchor, handle) != NM_OK) {
    free(anchor);
    return nml_fail(L, s);
  }
  lua_pushinteger(L, anchor->id);
  lua_rawseti(L, top + 1, 2);
  lua_pushvalue(L, top + 1);
  lua_rawseti(L, top + 2, anchor->id);
  lua_settop(L, top + 1);
  own(L, 1);
  return 1;
}

static int f_retain_grad(lua_State *L, nml_state *s, const nml_args *a) {
  if (nm_retain_grad(s->ctx, a->arg[0].as.tensor) != NM_OK) return nml_fail(L, s);
  return 0;
}

static void new_table(lua_State *L, const void *key, const char *mode) {
  lua_newtable(L);
  if (mode) {
    lua_createtable(L, 0, 1);
    lua_pushstring(L, mode);
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
  }
  lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

void nml_hooks_open(lua_State *L) {
  lua_pushcclosure(L, l_call_hook, 2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &body_key);
  new_table(L, &owned_key, "k");
  new_table(L, &kept_key, "v"); /* a list of entries -> its box */
  new_table(L, &entries_key, "v");
  new_table(L, &held_key, NULL);
  lua_pushboolean(L, false);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &error_key);
}

static const nm_param self_params[] = {{"input", NM_P_TENSOR, 0, NULL}};
static const nm_param hook_params[] = {{"input", NM_P_TENSOR, 0, NULL},
                                       {"hook", NML_P_ANY, 0, NULL}};

const nml_function nml_hook_functions[] = {
  {{.name = "register_hook", .params = hook_params, .nparams = 2, .flags = NM_METHOD,
    .doc = "calls hook(g) in each backward with the whole gradient of the tensor; a tensor that it "
           "returns takes the gradient's place.  The handle's :remove() ends it"},
   f_register_hook},
  {{.name = "retain_grad", .params = self_params, .nparams = 1, .flags = NM_METHOD,
    .doc = "makes backward fill grad, though the tensor is no leaf"}, f_retain_grad},
  {{.name = NULL}, NULL}};
