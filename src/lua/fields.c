/* fields.c: reading and writing fields of tensors: t.shape, t.grad, t:method(), t[i]. */
#include "lua/binding.h"

#include "autograd/node.h"

#include <string.h>

static char shape_key; /* of the shapes' metatable in the registry */

/* ---- shapes ---- */
static int l_shape_text(lua_State *L) {
  luaL_Buffer b;
  luaL_checktype(L, 1, LUA_TTABLE);
  int n = (int)lua_rawlen(L, 1);
  luaL_buffinit(L, &b);
  luaL_addchar(&b, '{');
  for (int d = 1; d <= n; d++) {
    if (d > 1) luaL_addstring(&b, ", ");
    lua_rawgeti(L, 1, d);
    luaL_tolstring(L, -1, NULL);
    lua_remove(L, -2);
    luaL_addvalue(&b);
  }
  luaL_addchar(&b, '}');
  luaL_pushresult(&b);
  return 1;
}

static int l_shape_equal(lua_State *L) {
  bool equal = lua_istable(L, 1) && lua_istable(L, 2) && lua_rawlen(L, 1) == lua_rawlen(L, 2);
  int n = equal ? (int)lua_rawlen(L, 1) : 0;
  for (int d = 1; equal && d <= n; d++) {
    lua_rawgeti(L, 1, d);
    lua_rawgeti(L, 2, d);
    equal = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
  }
  lua_pushboolean(L, equal);
  return 1;
}

/* shape[-1] is the last size. */
static int l_shape_index(lua_State *L) {
  int64_t i;
  luaL_checktype(L, 1, LUA_TTABLE);
  if (!nml_integer_at(L, 2, &i) || i >= 0) return 0;
  lua_rawgeti(L, 1, (lua_Integer)lua_rawlen(L, 1) + i + 1);
  return 1;
}

int nml_l_concat(lua_State *L) {
  luaL_tolstring(L, 1, NULL);
  luaL_tolstring(L, 2, NULL);
  lua_concat(L, 2);
  return 1;
}

void nml_push_integers(lua_State *L, int n, const int64_t *list) {
  lua_createtable(L, n, 0);
  for (int d = 0; d < n; d++) {
    lua_pushinteger(L, (lua_Integer)list[d]);
    lua_rawseti(L, -2, d + 1);
  }
}

void nml_push_shape(lua_State *L, const nm_tensor *t) {
  static const luaL_Reg fields[] = {{"__tostring", l_shape_text},
                                    {"__eq", l_shape_equal},
                                    {"__index", l_shape_index},
                                    {"__concat", nml_l_concat},
                                    {NULL, NULL}};
  nml_push_integers(L, t->ndim, t->shape);
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &shape_key) == LUA_TNIL) {
    lua_pop(L, 1);
    luaL_newlib(L, fields);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &shape_key);
  }
  lua_setmetatable(L, -2);
}

/* ---- fields ---- */
static void get_shape(lua_State *L, nml_state *s, nm_tensor *t) { (void)s, nml_push_shape(L, t); }
static void get_ndim(lua_State *L, nml_state *s, nm_tensor *t) {
  (void)s, lua_pushinteger(L, t->ndim);
}
static void get_dtype(lua_State *L, nml_state *s, nm_tensor *t) {
  (void)s;
  lua_pushstring(L, nm__dtypes[t->dtype].name);
}
static void get_device(lua_State *L, nml_state *s, nm_tensor *t) {
  (void)s;
  lua_pushstring(L, nm__device_of(t)->name);
}

static void transpose(lua_State *L, nml_state *s, nm_tensor *t, int64_t a, int64_t b) {
  nml_box *box = nml_new(L, s);
  nm_value_arg args[NM_MAX_ARGS] = {{.kind = NM_ARG_TENSOR, .as.tensor = t},
                                    {.kind = NM_ARG_INT, .as.integer = a},
                                    {.kind = NM_ARG_INT, .as.integer = b}};
  nml_apply(L, s, nml_op(L, "transpose"), args, box);
}

/* As NumPy's: all dims in reverse order. */
static void get_T(lua_State *L, nml_state *s, nm_tensor *t) {
  if (t->ndim < 2) {
    nml_push(L, s, t);
  } else if (t->ndim == 2) {
    transpose(L, s, t, 0, 1);
  } else {
    int64_t dims[NM_MAX_DIMS];
    for (int d = 0; d < t->ndim; d++) dims[d] = t->ndim - 1 - d;
    nml_box *box = nml_new(L, s);
    nm_value_arg args[NM_MAX_ARGS] = {{.kind = NM_ARG_TENSOR, .as.tensor = t},
                                      {.kind = NM_ARG_INTS, .n = t->ndim, .as.ints = dims}};
    nml_apply(L, s, nml_op(L, "permute"), args, box);
  }
}

static void get_mT(lua_State *L, nml_state *s, nm_tensor *t) {
  if (t->ndim < 2) nml_error(L, "mT: the tensor must have two dims or more, got %d", t->ndim);
  transpose(L, s, t, -2, -1);
}

static void get_grad(lua_State *L, nml_state *s, nm_tensor *t) {
  if (t->grad) nml_push(L, s, t->grad);
  else lua_pushnil(L);
}

static void set_grad(lua_State *L, nml_state *s, nm_tensor *t) {
  nm_tensor *g = nml_tensor_at(L, 3);
  if (!g && !lua_isnil(L, 3))
    nml_error(L, "grad: must be a tensor or nil, got %s", nml_describe(L, 3));
  if (nm_set_grad(s->ctx, t, g) != NM_OK) nml_fail(L, s);
}

/* What computed the tensor, after in-place writes to what it is a view of; of a view made with the
 * tape off nothing, whatever came of its base. */
static const nm_node *node_of(lua_State *L, nml_state *s, nm_tensor *t) {
  if (t->base && t->made == NM_MADE_TRACKED && nm__view_refresh(s->ctx, t) != NM_OK) nml_fail(L, s);
  return t->node;
}

static void get_requires_grad(lua_State *L, nml_state *s, nm_tensor *t) {
  lua_pushboolean(L, t->requires_grad || node_of(L, s, t) != NULL);
}

static void set_requires_grad(lua_State *L, nml_state *s, nm_tensor *t) {
  if (!lua_isboolean(L, 3))
    nml_error(L, "requires_grad: must be true or false, got %s", nml_describe(L, 3));
  if (nm_set_requires_grad(s->ctx, t, lua_toboolean(L, 3)) != NM_OK) nml_fail(L, s);
}

static void get_is_leaf(lua_State *L, nml_state *s, nm_tensor *t) {
  lua_pushboolean(L, node_of(L, s, t) == NULL);
}

static void get_retains_grad(lua_State *L, nml_state *s, nm_tensor *t) {
  (void)s;
  lua_pushboolean(L, t->retains_grad);
}

static void get_grad_fn(lua_State *L, nml_state *s, nm_tensor *t) {
  const nm_node *n = node_of(L, s, t);
  if (n) lua_pushfstring(L, "<%s>", nm__node_name(n));
  else lua_pushnil(L);
}

typedef struct field {
  const char *name;
  void (*get)(lua_State *L, nml_state *s, nm_tensor *t); /* pushes the value */
  /* the value is at index 3; NULL: read only */
  void (*set)(lua_State *L, nml_state *s, nm_tensor *t);
} field;

static const field fields[] = {
  {"shape", get_shape, NULL},
  {"ndim", get_ndim, NULL},
  {"dtype", get_dtype, NULL},
  {"device", get_device, NULL},
  {"T", get_T, NULL},
  {"mT", get_mT, NULL},
  {"grad", get_grad, set_grad},
  {"requires_grad", get_requires_grad, set_requires_grad},
  {"is_leaf", get_is_leaf, NULL},
  {"grad_fn", get_grad_fn, NULL},
  {"retains_grad", get_retains_grad, NULL},
};

static const field *find_field(const char *name) {
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
    if (!strcmp(fields[i].name, name)) return &fields[i];
  return NULL;
}

enum { METHODS = 3 }; /* upvalue of the two functions below: name -> function, or the field's row */

static int unknown_field(lua_State *L, const char *name, bool setting) {
  nml_nearest n = {.word = name};
  for (lua_pushnil(L); lua_next(L, lua_upvalueindex(METHODS)); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING) continue;
    const field *f = lua_touserdata(L, -1);
    if (!setting || (f && f->set)) nml_nearest_try(&n, lua_tostring(L, -2));
  }
  const char *hint = nml_did_you_mean(L, &n);
  if (!setting) return nml_error(L, "a tensor has no field or method '%s'%s", name, hint);
  if (find_field(name)) return nml_error(L, "a tensor's %s can't be assigned", name);
  return nml_error(L, "a tensor has no field '%s' to assign%s", name, hint);
}

/* A method is found without a look at the tensor. */
static int l_index(lua_State *L) {
  const field *f = NULL;
  if (lua_type(L, 2) == LUA_TSTRING) {
    lua_pushvalue(L, 2);
    int kind = lua_rawget(L, lua_upvalueindex(METHODS));
    if (kind == LUA_TNIL) return unknown_field(L, lua_tostring(L, 2), false);
    if (kind != LUA_TLIGHTUSERDATA) return 1;
    f = lua_touserdata(L, -1);
  }
  nml_state *s = nml_enter(L);
  nm_tensor *t = nml_tensor_at(L, 1);
  if (!t) return nml_error(L, "not a tensor");
  if (!f) return nml_index_get(L, s, t);
  f->get(L, s, t);
  return 1;
}

static int l_newindex(lua_State *L) {
  nml_state *s = nml_enter(L);
  nm_tensor *t = nml_tensor_at(L, 1);
  if (!t) return nml_error(L, "not a tensor");
  if (lua_type(L, 2) != LUA_TSTRING) return nml_index_set(L, s, t);
  const field *f = find_field(lua_tostring(L, 2));
  if (!f || !f->set) return unknown_field(L, lua_tostring(L, 2), true);
  f->set(L, s, t);
  return 0;
}

void nml_set_tensor_fields(lua_State *L, int nup) {
  static const luaL_Reg events[] = {{"__index", l_index},
                                    {"__newindex", l_newindex},
                                    {"__gc", nml_l_gc},
                                    {"__close", nml_l_close},
                                    {NULL, NULL}};
  int methods = lua_absindex(L, -1);
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
    lua_pushlightuserdata(L, (void *)(uintptr_t)&fields[i]);
    lua_setfield(L, methods, fields[i].name);
  }
  luaL_setfuncs(L, events, nup);
  lua_pushliteral(L, "numoon.tensor");
  lua_setfield(L, -2, "__name");
  lua_pushliteral(L, "numoon.tensor");
  lua_setfield(L, -2, "__metatable");
}
