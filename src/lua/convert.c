/* convert.c: tensors from Lua's numbers, tables, strings and addresses, and back to tables.
 *
 * A nested table is walked twice: the lengths first, then the values into one buffer of 8-byte
 * words, integers until the first float is met, doubles from then on; at the end the words are
 * narrowed in place to the dtype. */
#include "lua/binding.h"

#include <math.h>
#include <string.h>

typedef union word {
  int64_t i;
  double f;
} word;

typedef struct builder {
  lua_State *L;
  nml_state *s;
  const char *name; /* of the function, for messages */
  int ndim;
  int64_t shape[NM_MAX_DIMS], path[NM_MAX_DIMS]; /* path: where the walk is, from 1 */
  char kind;  /* 'b', 'i' or 'f': the widest met so far */
  word *data; /* NULL while the lengths are checked */
  int64_t n;
} builder;

/* `[2][1]`: a place `depth` levels down. */
static const char *place(builder *b, int depth) {
  luaL_Buffer text;
  luaL_buffinit(b->L, &text);
  for (int d = 0; d < depth; d++) {
    lua_pushfstring(b->L, "[%I]", (LUAI_UACINT)b->path[d]);
    luaL_addvalue(&text);
  }
  luaL_pushresult(&text);
  return lua_tostring(b->L, -1);
}

static void put_integer(builder *b, int64_t i, char kind) {
  if (b->kind == 'f') b->data[b->n++].f = (double)i;
  else b->data[b->n++].i = i;
  if (b->kind == 'b') b->kind = kind;
}

static void put_float(builder *b, double f) {
  if (b->kind != 'f')
    for (int64_t k = 0; k < b->n; k++) b->data[k].f = (double)b->data[k].i;
  b->kind = 'f';
  b->data[b->n++].f = f;
}

static void put_number(builder *b, const nm_value_arg *v) {
  if (v->kind == NM_ARG_FLOAT) put_float(b, v->as.number);
  else if (v->kind == NM_ARG_BOOL) put_integer(b, v->as.boolean, 'b');
  else put_integer(b, v->as.integer, 'i');
}

/* The value on top of the stack, at the place `path`. */
static void put_value(builder *b) {
  lua_State *L = b->L;
  nm_value_arg v;
  nm_tensor *t;
  int top = lua_gettop(L);
  if (nml_number_at(L, top, &v)) {
    put_number(b, &v);
  } else if (lua_istable(L, top)) {
    nml_error(L, "%s: ragged table: %s is a table, where others are numbers", b->name,
              place(b, b->ndim));
  } else if ((t = nml_tensor_at(L, top)) != NULL && t->ndim == 0) {
    if (nm__get_element(b->s->ctx, t, 0, NULL, &v) != NM_OK) nml_fail(L, b->s);
    put_number(b, &v);
  } else {
    const char *given = nml_describe(L, top);
    nml_error(L, "%s: %s must be a number or a boolean, got %s%s", b->name, place(b, b->ndim),
              given, t ? "; nm.stack joins tensors" : "");
  }
}

/* The table on top of the stack, `level` levels down. */
static void walk(builder *b, int level) {
  lua_State *L = b->L;
  size_t n = lua_rawlen(L, -1);
  bool leaf = level == b->ndim - 1;
  if ((int64_t)n != b->shape[level])
    nml_error(L, "%s: ragged table: %s has length %d, where %d was expected", b->name,
              level ? place(b, level) : "it", (int)n, (int)b->shape[level]);
  if (leaf && !b->data) return;
  for (int64_t i = 1; i <= b->shape[level]; i++) {
    b->path[level] = i;
    int type = lua_rawgeti(L, -1, (lua_Integer)i);
    if (leaf && type == LUA_TNUMBER) { /* what big tables hold */
      if (lua_isinteger(L, -1)) put_integer(b, (int64_t)lua_tointeger(L, -1), 'i');
      else put_float(b, (double)lua_tonumber(L, -1));
    } else if (leaf) {
      put_value(b);
    } else if (type == LUA_TTABLE) {
      walk(b, level + 1);
    } else {
      const char *given = nml_describe(L, lua_gettop(L));
      nml_error(L, "%s: ragged table: %s is %s, where others are tables", b->name,
                place(b, level + 1), given);
    }
    lua_pop(L, 1);
  }
}

/* The shape that the first elements have. */
static void find_shape(builder *b, int i) {
  lua_State *L = b->L;
  int top = lua_gettop(L);
  lua_pushvalue(L, i);
  while (lua_istable(L, -1)) {
    if (b->ndim == NM_MAX_DIMS)
      nml_error(L, "%s: the table is nested deeper than %d levels, the most dims of a tensor",
                b->name, NM_MAX_DIMS);
    size_t n = lua_rawlen(L, -1);
    b->shape[b->ndim++] = (int64_t)n;
    if (n == 0) break;
    lua_rawgeti(L, -1, 1);
  }
  lua_settop(L, top);
}

static void no_fit(builder *b, const char *value, nm_dtype dtype) {
  nml_error(b->L, "%s: %s does not fit %s", b->name, value, nm__dtypes[dtype].name);
}

/* Narrows integer words to integers from low to high. */
#define NARROW(type, low, high)                                                            \
  for (int64_t k = 0; k < b->n; k++) {                                                     \
    int64_t i = w[k].i;                                                                    \
    if (i < (low) || i > (high))                                                           \
      no_fit(b, lua_pushfstring(b->L, "%I", (LUAI_UACINT)i), dtype);                       \
    type v = (type)i;                                                                      \
    memcpy(to + (size_t)k * sizeof v, &v, sizeof v);                                       \
  }                                                                                        \
  break
#define CONVERT(type, expression)                                                          \
  for (int64_t k = 0; k < b->n; k++) {                                                     \
    type v = (type)(expression);                                                           \
    memcpy(to + (size_t)k * sizeof v, &v, sizeof v);                                       \
  }                                                                                        \
  break

/* Doubles become integers, without a fraction. */
static void truncate_words(builder *b, nm_dtype dtype) {
  word *w = b->data;
  for (int64_t k = 0; k < b->n; k++) {
    double f = w[k].f;
    if (!(f >= -0x1p63 && f < 0x1p63))
      no_fit(b, lua_pushfstring(b->L, "%f", (LUAI_UACNUMBER)f), dtype);
    w[k].i = (int64_t)f;
  }
}

/* Brings the words to the dtype's size, in place: none is wider than a word. */
static void narrow(builder *b, nm_dtype dtype) {
  word *w = b->data;
  char *to = (char *)b->data;
  bool floats = b->kind == 'f';
  if (floats && nm__dtypes[dtype].kind == 'i') truncate_words(b, dtype);
  switch (dtype) {
    case NM_FLOAT64: CONVERT(double, floats ? w[k].f : (double)w[k].i);
    case NM_FLOAT32: CONVERT(float, floats ? (float)w[k].f : (float)w[k].i);
    case NM_FLOAT16: CONVERT(uint16_t, nm__float_to_half(floats ? (float)w[k].f : (float)w[k].i));
    case NM_BFLOAT16:
      CONVERT(uint16_t, nm__float_to_bfloat(floats ? (float)w[k].f : (float)w[k].i));
    case NM_BOOL: CONVERT(uint8_t, floats ? w[k].f != 0 : w[k].i != 0);
    case NM_INT32: NARROW(int32_t, INT32_MIN, INT32_MAX);
    case NM_INT16: NARROW(int16_t, INT16_MIN, INT16_MAX);
    case NM_INT8: NARROW(int8_t, INT8_MIN, INT8_MAX);
    case NM_UINT8: NARROW(uint8_t, 0, UINT8_MAX);
    default: break; /* int64: as it is */
  }
}

/* A new tensor with these bytes; checks that they are as many as it needs. */
static void make(lua_State *L, nml_state *s, const nm_dims *shape, nm_dtype dtype,
                 const char *device, const void *data, nml_box *box) {
  bool tried = false;
  nm_status status;
  do status = nm_empty(s->ctx, shape->ndim, shape->dim, dtype, device, &box->t);
  while (nml_again(L, status, &tried));
  if (status != NM_OK) {
    box->t = NULL;
    nml_fail(L, s);
  }
  size_t bytes = (size_t)nm_numel(box->t) * nm__dtype_size(dtype);
  if (bytes && nm_write(s->ctx, box->t, data, bytes) != NM_OK) nml_fail(L, s);
}

void nml_from_value(lua_State *L, nml_state *s, const char *name, int i, nm_dtype dtype,
                    const char *device, nml_box *box) {
  builder b = {.L = L, .s = s, .name = name, .kind = 'b'};
  nm_dims shape = {.ndim = 0};
  i = lua_absindex(L, i);
  luaL_checkstack(L, NM_MAX_DIMS + 16, NULL);
  find_shape(&b, i);
  lua_pushvalue(L, i);
  if (b.ndim) walk(&b, 0);
  shape.ndim = b.ndim;
  memcpy(shape.dim, b.shape, sizeof b.shape);
  int64_t count = nm__checked_count(&shape); /* bounded by the tables' lengths */
  b.data = lua_newuserdatauv(L, (size_t)(count > 0 ? count : 1) * sizeof(word), 0);
  lua_insert(L, -2);
  if (b.ndim) walk(&b, 0);
  else put_value(&b);
  if (dtype == NM_NDTYPES)
    dtype = b.kind == 'f' || b.n == 0 ? s->ctx->default_dtype : b.kind == 'i' ? NM_INT64 : NM_BOOL;
  narrow(&b, dtype);
  make(L, s, &shape, dtype, device, b.data, box);
  lua_pop(L, 2);
}

/* ---- the functions ---- */
nm_status nml_try_to(lua_State *L, nml_state *s, nm_tensor *t, const char *dtype,
                     const char *device, nml_box *box) {
  const nm_op *op = nml_op(L, "to");
  nm_value_arg args[NM_MAX_ARGS] = {{.kind = NM_ARG_TENSOR, .as.tensor = t}};
  for (int k = 1; k < op->nparams; k++) {
    int kind = op->params[k].kind;
    const char *text = kind == NM_P_DTYPE ? dtype : kind == NM_P_DEVICE ? device : NULL;
    if (text) args[k] = (nm_value_arg){.kind = NM_ARG_STRING, .as.string = text};
  }
  return nml_try(L, s, op, args, box);
}

/* A copy that the tape does not know of. */
static void copy_tensor(lua_State *L, nml_state *s, nm_tensor *t, const char *dtype,
                        const char *device, nml_box *box) {
  const nm_op *clone = nml_op(L, "clone");
  nml_box *same = nml_new(L, s);
  nm_value_arg args[NM_MAX_ARGS] = {{.kind = NM_ARG_TENSOR, .as.tensor = t}};
  bool was = nm_set_grad_enabled(s->ctx, false);
  nm_status status = nml_try(L, s, clone, args, same);
  if (status == NM_OK) status = nml_try_to(L, s, same->t, dtype, device, box);
  nm_set_grad_enabled(s->ctx, was);
  if (status != NM_OK) nml_fail(L, s);
  lua_pop(L, 1);
}

static const char *text_of(const nm_value_arg *v) {
  return v->kind == NM_ARG_STRING ? v->as.string : NULL;
}

static nm_dtype dtype_of(const nm_value_arg *v, nm_dtype standard) {
  return v->kind == NM_ARG_STRING ? nm__dtype_of_name(v->as.string) : standard;
}

/* The last parameter is requires_grad. */
static int finish(lua_State *L, nml_state *s, const nml_args *a, const nml_box *box) {
  const nm_value_arg *on = &a->arg[a->op->nparams - 1];
  if (on->kind == NM_ARG_BOOL && on->as.boolean &&
      nm_set_requires_grad(s->ctx, box->t, true) != NM_OK)
    return nml_fail(L, s);
  return 1;
}

static int f_tensor(lua_State *L, nml_state *s, const nml_args *a) {
  int i = (int)a->arg[0].as.integer;
  nm_tensor *t = nml_tensor_at(L, i);
  nml_box *box = nml_new(L, s);
  nm_value_arg v;
  if (t) {
    copy_tensor(L, s, t, text_of(&a->arg[1]), text_of(&a->arg[2]), box);
  } else if (lua_istable(L, i) || nml_number_at(L, i, &v)) {
    nml_from_value(L, s, a->op->name, i, dtype_of(&a->arg[1], NM_NDTYPES), text_of(&a->arg[2]),
                   box);
  } else {
    return nml_error(
      L, "%s: the values must be numbers, booleans, nested tables of them or a tensor, got %s",
      a->op->name, nml_describe(L, i));
  }
  return finish(L, s, a, box);
}

/* The shape among the arguments; without one {count}. */
static void shape_of(lua_State *L, const nm_op *op, const nm_value_arg *v, int64_t count,
                     nm_dims *shape) {
  *shape = (nm_dims){.ndim = 1, .dim = {count}};
  if (v->kind != NM_ARG_INTS) return;
  if (v->n > NM_MAX_DIMS)
    nml_error(L, "%s: %d dims: a tensor has at most %d", op->name, v->n, NM_MAX_DIMS);
  shape->ndim = v->n;
  for (int d = 0; d < v->n; d++) shape->dim[d] = v->as.ints[d];
  if (nm__checked_count(shape) < 0) {
    char text[NM_SHAPE_TEXT];
    nml_error(L, "%s: shape %s is negative or too large", op->name,
              nm__shape_text(v->n, shape->dim, text));
  }
}

static int f_frombuffer(lua_State *L, nml_state *s, const nml_args *a) {
  size_t bytes;
  nm_dims shape;
  nm_dtype dtype = dtype_of(&a->arg[1], s->ctx->default_dtype);
  int64_t size = (int64_t)nm__dtype_size(dtype);
  if (lua_type(L, (int)a->arg[0].as.integer) != LUA_TSTRING)
    return nml_error(L, "frombuffer: the buffer must be a string, got %s",
                     nml_describe(L, (int)a->arg[0].as.integer));
  const char *data = lua_tolstring(L, (int)a->arg[0].as.integer, &bytes);
  if ((int64_t)bytes % size != 0)
    return nml_error(L, "frombuffer: %I bytes are no whole number of %s, %d bytes each",
                     (LUAI_UACINT)bytes, nm__dtypes[dtype].name, (int)size);
  shape_of(L, a->op, &a->arg[2], (int64_t)bytes / size, &shape);
  if (nm__checked_count(&shape) != (int64_t)bytes / size) {
    char text[NM_SHAPE_TEXT];
    return nml_error(L, "frombuffer: the buffer holds %I values of %s, shape %s needs %I",
                     (LUAI_UACINT)((int64_t)bytes / size), nm__dtypes[dtype].name,
                     nm__shape_text(shape.ndim, shape.dim, text),
                     (LUAI_UACINT)nm__checked_count(&shape));
  }
  if (dtype == NM_BOOL)
    for (size_t k = 0; k < bytes; k++)
      if ((unsigned char)data[k] > 1)
        return nml_error(L, "frombuffer: byte %I is no bool: 0 or 1", (LUAI_UACINT)k + 1);
  nml_box *box = nml_new(L, s);
  make(L, s, &shape, dtype, text_of(&a->arg[3]), data, box);
  return finish(L, s, a, box);
}

static void leave(void *memory) { (void)memory; }

static int f_from_blob(lua_State *L, nml_state *s, const nml_args *a) {
  int i = (int)a->arg[0].as.integer;
  nm_dims shape;
  nm_dtype dtype = dtype_of(&a->arg[2], s->ctx->default_dtype);
  void *data = lua_touserdata(L, i);
  if (lua_type(L, i) != LUA_TLIGHTUSERDATA)
    return nml_error(L, "from_blob: the address must be a light userdata, got %s",
                     nml_describe(L, i));
  shape_of(L, a->op, &a->arg[1], 0, &shape);
  if ((!data && nm__checked_count(&shape)) || (uintptr_t)data % nm__dtype_size(dtype))
    return nml_error(L, "from_blob: the address is not one of a %s", nm__dtypes[dtype].name);
  nml_box *box = nml_new(L, s);
  if (nm_from_blob(s->ctx, data, shape.ndim, shape.dim, dtype, leave, NULL, &box->t) != NM_OK) {
    box->t = NULL;
    return nml_fail(L, s);
  }
  return 1;
}

/* ---- back to Lua ---- */
void nml_push_number(lua_State *L, const nm_value_arg *v) {
  switch (v->kind) {
    case NM_ARG_INT: lua_pushinteger(L, (lua_Integer)v->as.integer); break;
    case NM_ARG_BOOL: lua_pushboolean(L, v->as.boolean); break;
    default: lua_pushnumber(L, (lua_Number)v->as.number); break;
  }
}

#define READ(type) type v; memcpy(&v, p, sizeof v)

void nml_push_element(lua_State *L, nm_dtype dtype, const void *p) {
  switch (dtype) {
    case NM_FLOAT32: { READ(float); lua_pushnumber(L, (lua_Number)v); break; }
    case NM_FLOAT64: { READ(double); lua_pushnumber(L, (lua_Number)v); break; }
    case NM_FLOAT16: { READ(uint16_t); lua_pushnumber(L, (lua_Number)nm__half_to_float(v)); break; }
    case NM_BFLOAT16: { READ(uint16_t); lua_pushnumber(L, nm__bfloat_to_float(v)); break; }
    case NM_INT64: { READ(int64_t); lua_pushinteger(L, (lua_Integer)v); break; }
    case NM_INT32: { READ(int32_t); lua_pushinteger(L, v); break; }
    case NM_INT16: { READ(int16_t); lua_pushinteger(L, v); break; }
    case NM_INT8: { READ(int8_t); lua_pushinteger(L, v); break; }
    case NM_UINT8: { READ(uint8_t); lua_pushinteger(L, v); break; }
    default: { READ(uint8_t); lua_pushboolean(L, v); break; }
  }
}

static const char *push_nested(lua_State *L, const nm_tensor *t, int level, const char *p) {
  if (level == t->ndim) {
    nml_push_element(L, (nm_dtype)t->dtype, p);
    return p + nm__dtype_size((nm_dtype)t->dtype);
  }
  int64_t n = t->shape[level];
  lua_createtable(L, n < INT32_MAX ? (int)n : 0, 0);
  for (int64_t i = 1; i <= n; i++) {
    p = push_nested(L, t, level + 1, p);
    lua_rawseti(L, -2, (lua_Integer)i);
  }
  return p;
}

static int f_totable(lua_State *L, nml_state *s, const nml_args *a) {
  nm_tensor *t = a->arg[0].as.tensor;
  size_t bytes = (size_t)nm_numel(t) * nm__dtype_size((nm_dtype)t->dtype);
  char *data = lua_newuserdatauv(L, bytes, 0);
  if (bytes && nm_read(s->ctx, t, data, bytes) != NM_OK) return nml_fail(L, s);
  luaL_checkstack(L, NM_MAX_DIMS + 4, NULL);
  push_nested(L, t, 0, data);
  return 1;
}

/* The elements as they lie in memory, row-major: what frombuffer takes. */
static int f_tobytes(lua_State *L, nml_state *s, const nml_args *a) {
  nm_tensor *t = a->arg[0].as.tensor;
  luaL_Buffer b;
  size_t bytes = (size_t)nm_numel(t) * nm__dtype_size((nm_dtype)t->dtype);
  char *data = luaL_buffinitsize(L, &b, bytes);
  if (bytes && nm_read(s->ctx, t, data, bytes) != NM_OK) return nml_fail(L, s);
  luaL_pushresultsize(&b, bytes);
  return 1;
}

static const nm_param tensor_params[] = {{"value", NML_P_ANY, 0, NULL},
                                         {"dtype", NM_P_DTYPE, NM_NAMED, NULL},
                                         {"device", NM_P_DEVICE, NM_NAMED, NULL},
                                         {"requires_grad", NM_P_BOOL, NM_NAMED, "false"}};
static const nm_param buffer_params[] = {{"buffer", NML_P_ANY, 0, NULL},
                                         {"dtype", NM_P_DTYPE, NM_OPTIONAL, "the default dtype"},
                                         {"shape", NM_P_INTS, NM_OPTIONAL, NULL},
                                         {"device", NM_P_DEVICE, NM_NAMED, NULL},
                                         {"requires_grad", NM_P_BOOL, NM_NAMED, "false"}};
static const nm_param blob_params[] = {{"address", NML_P_ANY, 0, NULL},
                                       {"shape", NM_P_INTS, 0, NULL},
                                       {"dtype", NM_P_DTYPE, NM_OPTIONAL, "the default dtype"}};
static const nm_param self_params[] = {{"input", NM_P_TENSOR, 0, NULL}};

const nml_function nml_convert_functions[] = {
  {{.name = "tensor", .params = tensor_params, .nparams = 4, .flags = NM_FUNCTION,
    .doc = "a tensor of a number, a boolean, a nested table, or a copy of a tensor"}, f_tensor},
  {{.name = "from_table", .params = tensor_params, .nparams = 4, .flags = NM_FUNCTION,
    .doc = "the same as tensor"}, f_tensor},
  {{.name = "frombuffer", .params = buffer_params, .nparams = 5, .flags = NM_FUNCTION,
    .doc = "a tensor of the bytes of a string, which are copied"}, f_frombuffer},
  {{.name = "from_blob", .params = blob_params, .nparams = 3, .flags = NM_FUNCTION,
    .doc = "a CPU tensor over memory of the host program, which must outlive it"}, f_from_blob},
  {{.name = "totable", .params = self_params, .nparams = 1, .flags = NM_METHOD,
    .doc = "the values as nested tables; of a 0-d tensor the value"}, f_totable},
  {{.name = "tobytes", .params = self_params, .nparams = 1, .flags = NM_METHOD,
    .doc = "the elements as a string, row-major"}, f_tobytes},
  {{.name = NULL}, NULL}};
