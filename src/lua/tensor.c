/* tensor.c: the tensor as a Lua object: its box, fields, and the methods that are no ops. */
#include "lua/binding.h"

#include "autograd/node.h"
#include "fuse/fuse.h"

#include <string.h>

static char shape_key; /* of the shapes' metatable in the registry */

/* ---- boxes ---- */
nml_box *nml_new(lua_State *L, nml_state *s) {
  nml_box *box = lua_newuserdatauv(L, sizeof *box, 0);
  box->t = NULL;
  lua_pushvalue(L, lua_upvalueindex(NML_META));
  lua_setmetatable(L, -2);
  if (s->scoped) nml_scope_note(L);
  return box;
}

void nml_push(lua_State *L, nml_state *s, nm_tensor *t) {
  nml_box *box = nml_new(L, s);
  nm_retain(t);
  box->t = t;
}

int nml_closed(lua_State *L) {
  nml_error(L, "the tensor was closed: by :free(), at the end of its <close> block, or of nm.scope "
               "(which keeps what its function returns, and t:keep())");
}

static void let_go(nml_state *s, nml_box *box) {
  nm_tensor *t = box->t;
  box->t = NULL;
  if (t && s->ctx) nm_release(s->ctx, t);
}

static int l_gc(lua_State *L) {
  nml_state *s = lua_touserdata(L, lua_upvalueindex(NML_STATE));
  nml_box *box = nml_box_at(L, s, 1);
  if (box) let_go(s, box);
  return 0;
}

/* A finalizer that runs inside one of our calls must not take away what the call works on: there
 * the tensor is left to the collector. */
static int f_free(lua_State *L, nml_state *s, const nml_args *a) {
  nml_box *box = nml_box_at(L, s, (int)a->arg[0].as.integer);
  if (!box) return nml_error(L, "%s: not a tensor", a->op->name);
  if (lua_gc(L, LUA_GCISRUNNING, 0) >= 0) let_go(s, box);
  return 0;
}

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

static int l_shape_concat(lua_State *L) {
  luaL_tolstring(L, 1, NULL);
  luaL_tolstring(L, 2, NULL);
  lua_concat(L, 2);
  return 1;
}

static void push_integers(lua_State *L, int n, const int64_t *list) {
  lua_createtable(L, n, 0);
  for (int d = 0; d < n; d++) {
    lua_pushinteger(L, (lua_Integer)list[d]);
    lua_rawseti(L, -2, d + 1);
  }
}

static void push_shape(lua_State *L, const nm_tensor *t) {
  static const luaL_Reg fields[] = {{"__tostring", l_shape_text},
                                    {"__eq", l_shape_equal},
                                    {"__index", l_shape_index},
                                    {"__concat", l_shape_concat},
                                    {NULL, NULL}};
  push_integers(L, t->ndim, t->shape);
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &shape_key) == LUA_TNIL) {
    lua_pop(L, 1);
    luaL_newlib(L, fields);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &shape_key);
  }
  lua_setmetatable(L, -2);
}

/* ---- fields ---- */
static void get_shape(lua_State *L, nml_state *s, nm_tensor *t) { (void)s, push_shape(L, t); }
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
  nm_tensor *g = nml_tensor_at(L, s, 3);
  if (!g && !lua_isnil(L, 3))
    nml_error(L, "grad: must be a tensor or nil, got %s", nml_describe(L, s, 3));
  if (nm_set_grad(s->ctx, t, g) != NM_OK) nml_fail(L, s);
}

/* What computed the tensor, after in-place writes to what it is a view of. */
static const nm_node *node_of(lua_State *L, nml_state *s, nm_tensor *t) {
  if (t->base && nm__view_refresh(s->ctx, t) != NM_OK) nml_fail(L, s);
  return t->node;
}

static void get_requires_grad(lua_State *L, nml_state *s, nm_tensor *t) {
  lua_pushboolean(L, t->requires_grad || node_of(L, s, t) != NULL);
}

static void set_requires_grad(lua_State *L, nml_state *s, nm_tensor *t) {
  if (!lua_isboolean(L, 3))
    nml_error(L, "requires_grad: must be true or false, got %s", nml_describe(L, s, 3));
  if (nm_set_requires_grad(s->ctx, t, lua_toboolean(L, 3)) != NM_OK) nml_fail(L, s);
}

static void get_is_leaf(lua_State *L, nml_state *s, nm_tensor *t) {
  lua_pushboolean(L, node_of(L, s, t) == NULL);
}

static void get_grad_fn(lua_State *L, nml_state *s, nm_tensor *t) {
  const nm_node *n = node_of(L, s, t);
  if (n) lua_pushfstring(L, "<%s>", n->op->name);
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

static int l_index(lua_State *L) {
  nml_state *s = nml_enter(L);
  nm_tensor *t;
  if (lua_type(L, 2) != LUA_TSTRING) {
    t = nml_tensor_at(L, s, 1);
    return t ? nml_index_get(L, s, t) : nml_error(L, "not a tensor");
  }
  lua_pushvalue(L, 2);
  switch (lua_rawget(L, lua_upvalueindex(METHODS))) {
    case LUA_TLIGHTUSERDATA:
      t = nml_tensor_at(L, s, 1);
      if (!t) return nml_error(L, "not a tensor");
      ((const field *)lua_touserdata(L, -1))->get(L, s, t);
      return 1;
    case LUA_TNIL: return unknown_field(L, lua_tostring(L, 2), false);
    default: return 1;
  }
}

static int l_newindex(lua_State *L) {
  nml_state *s = nml_enter(L);
  nm_tensor *t = nml_tensor_at(L, s, 1);
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
                                    {"__gc", l_gc},
                                    {"__close", l_gc},
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

/* ---- methods that are no ops ---- */
static int f_size(lua_State *L, nml_state *s, const nml_args *a) {
  (void)s;
  const nm_tensor *t = a->arg[0].as.tensor;
  if (a->arg[1].kind == NM_ARG_NONE) return push_shape(L, t), 1;
  int64_t dim = a->arg[1].as.integer, d = dim < 0 ? dim + t->ndim : dim;
  if (d < 0 || d >= t->ndim)
    return nml_error(L, "size: there is no dim %I in a tensor of %d dims",
                     (LUAI_UACINT)(dim < 0 ? dim : dim + 1), t->ndim);
  lua_pushinteger(L, (lua_Integer)t->shape[d]);
  return 1;
}

static int f_stride(lua_State *L, nml_state *s, const nml_args *a) {
  (void)s;
  const nm_tensor *t = a->arg[0].as.tensor;
  if (a->arg[1].kind == NM_ARG_NONE) return push_integers(L, t->ndim, t->stride), 1;
  int64_t dim = a->arg[1].as.integer, d = dim < 0 ? dim + t->ndim : dim;
  if (d < 0 || d >= t->ndim)
    return nml_error(L, "stride: there is no dim %I in a tensor of %d dims",
                     (LUAI_UACINT)(dim < 0 ? dim : dim + 1), t->ndim);
  lua_pushinteger(L, (lua_Integer)t->stride[d]);
  return 1;
}

static int f_dim(lua_State *L, nml_state *s, const nml_args *a) {
  (void)s;
  lua_pushinteger(L, a->arg[0].as.tensor->ndim);
  return 1;
}

static int f_numel(lua_State *L, nml_state *s, const nml_args *a) {
  (void)s;
  lua_pushinteger(L, (lua_Integer)nm_numel(a->arg[0].as.tensor));
  return 1;
}

static int f_element_size(lua_State *L, nml_state *s, const nml_args *a) {
  (void)s;
  lua_pushinteger(L, (lua_Integer)nm__dtype_size((nm_dtype)a->arg[0].as.tensor->dtype));
  return 1;
}

static int f_storage_offset(lua_State *L, nml_state *s, const nml_args *a) {
  (void)s;
  lua_pushinteger(L, (lua_Integer)a->arg[0].as.tensor->offset);
  return 1;
}

static int f_is_contiguous(lua_State *L, nml_state *s, const nml_args *a) {
  (void)s;
  lua_pushboolean(L, nm__is_contiguous(a->arg[0].as.tensor));
  return 1;
}

static int f_is_floating_point(lua_State *L, nml_state *s, const nml_args *a) {
  (void)s;
  lua_pushboolean(L, nm__is_float((nm_dtype)a->arg[0].as.tensor->dtype));
  return 1;
}

static int f_is_tensor(lua_State *L, nml_state *s, const nml_args *a) {
  (void)a;
  lua_pushboolean(L, nml_box_at(L, s, 1) != NULL);
  return 1;
}

static int f_item(lua_State *L, nml_state *s, const nml_args *a) {
  static const int64_t at[NM_MAX_DIMS];
  nm_tensor *t = a->arg[0].as.tensor;
  nm_value_arg v;
  char shape[NM_SHAPE_TEXT];
  if (nm_numel(t) != 1)
    return nml_error(
      L, "item: the tensor must have one element, got shape %s; use t:get(i, ...) or t:totable()",
      nm__shape_text(t->ndim, t->shape, shape));
  if (nm__get_element(s->ctx, t, t->ndim, at, &v) != NM_OK) return nml_fail(L, s);
  nml_push_number(L, &v);
  return 1;
}

static int f_data_ptr(lua_State *L, nml_state *s, const nml_args *a) {
  void *p;
  if (nm_data(s->ctx, a->arg[0].as.tensor, &p) != NM_OK) return nml_fail(L, s);
  lua_pushlightuserdata(L, p);
  return 1;
}

static int f_requires_grad_(lua_State *L, nml_state *s, const nml_args *a) {
  bool on = a->arg[1].kind == NM_ARG_NONE || a->arg[1].as.boolean;
  if (nm_set_requires_grad(s->ctx, a->arg[0].as.tensor, on) != NM_OK) return nml_fail(L, s);
  lua_pushvalue(L, 1);
  return 1;
}

static int f_backward(lua_State *L, nml_state *s, const nml_args *a) {
  nm_tensor *grad = a->arg[1].kind == NM_ARG_TENSOR ? a->arg[1].as.tensor : NULL;
  bool create = a->arg[3].kind == NM_ARG_BOOL && a->arg[3].as.boolean;
  bool retain = a->arg[2].kind == NM_ARG_BOOL ? a->arg[2].as.boolean : create;
  if (nm_backward(s->ctx, a->arg[0].as.tensor, grad, retain, create) != NM_OK)
    return nml_fail(L, s);
  return 0;
}

static int convert(lua_State *L, nml_state *s, nm_tensor *t, const char *dtype,
                   const char *device) {
  if (nml_try_to(L, s, t, dtype, device, nml_new(L, s)) != NM_OK) return nml_fail(L, s);
  return 1;
}

/* to(dtype | device | tensor), to(device, dtype), to{dtype =, device =} */
static int f_to(lua_State *L, nml_state *s, const nml_args *a) {
  const char *dtype = NULL, *device = NULL;
  if (a->arg[3].kind == NM_ARG_STRING) dtype = a->arg[3].as.string;
  if (a->arg[4].kind == NM_ARG_STRING) device = a->arg[4].as.string;
  for (int k = 1; k <= 2; k++) {
    if (a->arg[k].kind == NM_ARG_NONE) continue;
    int i = (int)a->arg[k].as.integer;
    nm_tensor *like = nml_tensor_at(L, s, i);
    if (like) {
      dtype = nm__dtypes[like->dtype].name;
      device = nm__device_of(like)->name;
    } else if (lua_type(L, i) != LUA_TSTRING) {
      return nml_error(L, "to: argument %d must be a dtype, a device or a tensor, got %s", k,
                       nml_describe(L, s, i));
    } else {
      const char *text = lua_tostring(L, i);
      bool is_device = !strncmp(text, "cpu", 3) || !strncmp(text, "vulkan", 6);
      if (is_device) device = text;
      else if (nm__dtype_of_name(text) != NM_NDTYPES) dtype = text;
      else return nml_unknown_dtype(L, "to", text);
    }
  }
  return convert(L, s, a->arg[0].as.tensor, dtype, device);
}

static int f_cpu(lua_State *L, nml_state *s, const nml_args *a) {
  return convert(L, s, a->arg[0].as.tensor, NULL, "cpu");
}

static int f_vulkan(lua_State *L, nml_state *s, const nml_args *a) {
  if (a->arg[1].kind == NM_ARG_NONE) return convert(L, s, a->arg[0].as.tensor, NULL, "vulkan");
  const char *name = lua_pushfstring(L, "vulkan:%I", (LUAI_UACINT)a->arg[1].as.integer);
  return convert(L, s, a->arg[0].as.tensor, NULL, name);
}

/* PyTorch's method has another order of arguments than the function. */
static int f_where(lua_State *L, nml_state *s, const nml_args *a) {
  const nm_value_arg args[3] = {a->arg[1], a->arg[0], a->arg[2]};
  nml_apply(L, s, nml_op(L, "where"), args, nml_new(L, s));
  return 1;
}

/* x:double() and its like; the function's name is a dtype's or an alias. */
static int f_cast(lua_State *L, nml_state *s, const nml_args *a) {
  return convert(L, s, a->arg[0].as.tensor, a->op->name, NULL);
}

#define SELF {"input", NM_P_TENSOR, 0, NULL}
static const nm_param self_params[] = {SELF};
static const nm_param dim_params[] = {SELF, {"dim", NM_P_DIM, NM_OPTIONAL, NULL}};
static const nm_param box_params[] = {{"input", NML_P_ANY, 0, NULL}};
static const nm_param any_params[] = {{"value", NML_P_ANY, NM_OPTIONAL, NULL}};
static const nm_param flag_params[] = {SELF, {"requires_grad", NM_P_BOOL, NM_OPTIONAL, "true"}};
static const nm_param index_params[] = {SELF, {"index", NM_P_INT, NM_OPTIONAL, "0"}};
static const nm_param where_params[] = {
    SELF, {"condition", NM_P_OPERAND, 0, NULL}, {"other", NM_P_OPERAND, 0, NULL}};
static const nm_param to_params[] = {SELF,
                                     {"target", NML_P_ANY, NM_OPTIONAL, NULL},
                                     {"second", NML_P_ANY, NM_OPTIONAL, NULL},
                                     {"dtype", NM_P_DTYPE, NM_NAMED, NULL},
                                     {"device", NM_P_DEVICE, NM_NAMED, NULL}};
static const nm_param backward_params[] = {SELF,
                                           {"gradient", NM_P_TENSOR, NM_OPTIONAL, NULL},
                                           {"retain_graph", NM_P_BOOL, NM_OPTIONAL, "create_graph"},
                                           {"create_graph", NM_P_BOOL, NM_OPTIONAL, "false"}};

#define NAMED(name_, f, p, where, text) \
  {{.name = name_, .doc = text, .params = p, .nparams = sizeof p / sizeof *p, .flags = where}, f}
#define ROW(f, p, where, text) NAMED(#f, f_##f, p, where, text)
#define CAST(type) NAMED(#type, f_cast, self_params, NM_METHOD, "the tensor as this dtype")

const nml_function nml_tensor_functions[] = {
  ROW(size, dim_params, NM_METHOD, "the shape, or the size of one dim"),
  ROW(stride, dim_params, NM_METHOD, "the strides in elements, or the stride of one dim"),
  ROW(dim, self_params, NM_METHOD, "the number of dims"),
  ROW(numel, self_params, NM_ANYWHERE, "the number of elements"),
  ROW(element_size, self_params, NM_METHOD, "bytes of an element"),
  ROW(storage_offset, self_params, NM_METHOD,
      "where the first element is in its storage, in elements from 0"),
  ROW(is_contiguous, self_params, NM_METHOD, "whether the elements are row-major without gaps"),
  ROW(is_floating_point, self_params, NM_ANYWHERE, "whether the dtype is a float"),
  ROW(is_tensor, any_params, NM_FUNCTION, "whether a value is a tensor"),
  ROW(item, self_params, NM_METHOD, "the value of a tensor of one element"),
  ROW(data_ptr, self_params, NM_METHOD,
      "the host address of the first element, as a light userdata"),
  ROW(requires_grad_, flag_params, NM_METHOD, "says whether backward collects a gradient here"),
  ROW(backward, backward_params, NM_METHOD, "adds the gradients of the tensor to the leaves' grad"),
  ROW(free, box_params, NM_METHOD, "lets go of the memory now; the tensor can't be used any more"),
  NAMED("close", f_free, box_params, NM_METHOD, "the same as free"),
  ROW(to, to_params, NM_METHOD,
      "the tensor as another dtype or on another device; itself when it is that already"),
  ROW(where, where_params, NM_METHOD, "the tensor where condition is true, else other"),
  ROW(cpu, self_params, NM_METHOD, "the tensor on the CPU"),
  ROW(vulkan, index_params, NM_METHOD, "the tensor on a Vulkan device"),
  CAST(float), CAST(double), CAST(half), CAST(bfloat16), CAST(long), CAST(int), CAST(short),
  CAST(int8), CAST(uint8), CAST(bool),
  {{.name = NULL}, NULL}};
