/* tensor.c: the tensor as a Lua object: its box, and the methods that are no ops. */
#include "lua/binding.h"

#include "fuse/fuse.h"

#include <string.h>

/* ---- boxes ---- */
const char nml_tag[] = "a tensor";

nml_box *nml_new(lua_State *L, nml_state *s) {
  nml_box *box = lua_newuserdatauv(L, sizeof *box, 0);
  box->t = NULL;
  box->tag = nml_tag;
  box->s = s;
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

/* Hooks of the tensor may have to live on when the box is dead, and may themselves name the box:
 * then it stays. */
int nml_l_gc(lua_State *L) {
  nml_box *box = nml_box_at(L, 1);
  if (!box || !box->t) return 0;
  nml_state *s = box->s;
  if (s->ctx && box->t->hooks && nml_hooks_survive(L, s, 1)) return 0;
  if (s->ctx && s->kept) s->ctx->debt += NML_DEBT / 64; /* see now and then what is kept in vain */
  let_go(s, box);
  return 0;
}

void nml_close_box(lua_State *L, nml_state *s, int i) {
  nml_box *box = nml_box_at(L, i);
  if (!box || !box->t) return;
  if (s->ctx && box->t->hooks) nml_hooks_unbox(L, i);
  let_go(s, box);
}

int nml_l_close(lua_State *L) {
  nml_close_box(L, lua_touserdata(L, lua_upvalueindex(NML_STATE)), 1);
  return 0;
}

/* A finalizer that runs inside one of our calls must not take away what the call works on: there
 * the tensor is left to the collector. */
static int f_free(lua_State *L, nml_state *s, const nml_args *a) {
  int i = (int)a->arg[0].as.integer;
  if (!nml_box_at(L, i)) return nml_error(L, "%s: not a tensor", a->op->name);
  if (lua_gc(L, LUA_GCISRUNNING, 0) >= 0) nml_close_box(L, s, i);
  return 0;
}

/* ---- methods that are no ops ---- */
/* A list of numbers, one for each dim, or the number of the dim that was asked for. */
static int per_dim(lua_State *L, const nml_args *a, const int64_t *list) {
  int ndim = a->arg[0].as.tensor->ndim;
  int64_t dim = a->arg[1].as.integer, d = dim < 0 ? dim + ndim : dim;
  if (d < 0 || d >= ndim)
    return nml_error(L, "%s: there is no dim %I in a tensor of %d dims", a->op->name,
                     (LUAI_UACINT)(dim < 0 ? dim : dim + 1), ndim);
  lua_pushinteger(L, (lua_Integer)list[d]);
  return 1;
}

static int f_size(lua_State *L, nml_state *s, const nml_args *a) {
  (void)s;
  const nm_tensor *t = a->arg[0].as.tensor;
  if (a->arg[1].kind != NM_ARG_NONE) return per_dim(L, a, t->shape);
  return nml_push_shape(L, t), 1;
}

static int f_stride(lua_State *L, nml_state *s, const nml_args *a) {
  (void)s;
  const nm_tensor *t = a->arg[0].as.tensor;
  if (a->arg[1].kind != NM_ARG_NONE) return per_dim(L, a, t->stride);
  return nml_push_integers(L, t->ndim, t->stride), 1;
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
  (void)s, (void)a;
  lua_pushboolean(L, nml_box_at(L, 1) != NULL);
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
    nm_tensor *like = nml_tensor_at(L, i);
    if (like) {
      dtype = nm__dtypes[like->dtype].name;
      device = nm__device_of(like)->name;
    } else if (lua_type(L, i) != LUA_TSTRING) {
      return nml_error(L, "to: argument %d must be a dtype, a device or a tensor, got %s", k,
                       nml_describe(L, i));
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
static const nm_param index_params[] = {SELF, {"index", NM_P_INT, NM_OPTIONAL, "0"}};
static const nm_param where_params[] = {
    SELF, {"condition", NM_P_OPERAND, 0, NULL}, {"other", NM_P_OPERAND, 0, NULL}};
static const nm_param to_params[] = {SELF,
                                     {"target", NML_P_ANY, NM_OPTIONAL, NULL},
                                     {"second", NML_P_ANY, NM_OPTIONAL, NULL},
                                     {"dtype", NM_P_DTYPE, NM_NAMED, NULL},
                                     {"device", NM_P_DEVICE, NM_NAMED, NULL}};

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
