/* call.c: calling ops: as functions and methods, in place, into `out`, as operators.
 *
 * A result's box is made before the result, so that running out of memory in Lua loses nothing;
 * further results wait in the context's list of temporaries until their boxes are made. */
#include "lua/binding.h"

#include <stdio.h>
#include <string.h>

const nm_op *nml_op(lua_State *L, const char *name) {
  const nm_op *op = nm__op_find(name);
  if (!op) nml_error(L, "numoon: this build has no op '%s'", name);
  return op;
}

/* Lists of tensors are anchored by their tables, which a finalizer could change. */
static void hold(nm_context *ctx, const nm_op *op, const nm_value_arg *args) {
  for (int k = 0; k < op->nparams; k++) {
    int n = args[k].kind == NM_ARG_TENSOR ? 1 : args[k].kind == NM_ARG_TENSORS ? args[k].n : 0;
    nm_tensor *const *t = args[k].kind == NM_ARG_TENSOR ? &args[k].as.tensor : args[k].as.tensors;
    for (int i = 0; i < n; i++) {
      nm_retain(t[i]);
      nm__temp(ctx, t[i]);
    }
  }
}

typedef enum form { CALL, INPLACE, OUT } form;

static inline nm_status once(nm_context *ctx, form how, const nm_op *op, const nm_value_arg *args,
                             nm_tensor *y, int *nout, nm_tensor **out) {
  switch (how) {
    case CALL: return nm__apply(ctx, op, args, nout, out);
    case INPLACE: return nm__apply_inplace(ctx, op, args);
    default: return nm__apply_out(ctx, op, args, y);
  }
}

/* Applies, and when memory runs out collects everything and tries once more. */
static inline nm_status apply(lua_State *L, nml_state *s, form how, const nm_op *op,
                              const nm_value_arg *args, nm_tensor *y, int *nout, nm_tensor **out) {
  nm_context *ctx = s->ctx;
  bool tried = false;
  nm_status status = once(ctx, how, op, args, y, nout, out);
  if (status != NM_ENOMEM) return status;
  int mark = nm__scope(ctx);
  hold(ctx, op, args);
  nml_again(L, status, &tried);
  status = once(ctx, how, op, args, y, nout, out);
  nm__unscope(ctx, mark, NULL);
  return status;
}

nm_status nml_try(lua_State *L, nml_state *s, const nm_op *op, const nm_value_arg *args,
                  nml_box *box) {
  int nout = 1;
  nm_tensor *out[NM_MAX_RESULTS];
  NM_TRY(apply(L, s, CALL, op, args, NULL, &nout, out));
  box->t = out[0];
  for (int i = 1; i < nout; i++) nm_release(s->ctx, out[i]);
  return NM_OK;
}

void nml_apply(lua_State *L, nml_state *s, const nm_op *op, const nm_value_arg *args,
               nml_box *box) {
  if (nml_try(L, s, op, args, box) != NM_OK) nml_fail(L, s);
}

/* Pushes the results from the second on. */
static void push_others(lua_State *L, nml_state *s, int nout, nm_tensor **out) {
  nm_context *ctx = s->ctx;
  int mark = nm__scope(ctx);
  for (int i = 1; i < nout; i++)
    if (!nm__temp(ctx, out[i])) out[i] = NULL;
  for (int i = 1; i < nout; i++) {
    if (out[i]) nml_push(L, s, out[i]);
    else lua_pushnil(L);
  }
  nm__unscope(ctx, mark, NULL);
}

static int call_out(lua_State *L, nml_state *s, const nml_args *a) {
  if (apply(L, s, OUT, a->op, a->arg, a->out, NULL, NULL) != NM_OK) return nml_fail(L, s);
  lua_getfield(L, a->options, "out");
  return 1;
}

/* The results wait in the list until their boxes are made. */
int nml_l_list(lua_State *L) {
  nml_state *s = nml_enter(L);
  nm_context *ctx = s->ctx;
  nml_args a;
  nml_parse(L, lua_touserdata(L, lua_upvalueindex(NML_SELF)), lua_gettop(L), &a);
  if (a.out) return call_out(L, s, &a);
  nm_list list = {0};
  bool tried = false, single;
  nm_status status;
  int mark = nm__scope(ctx);
  for (;;) {
    status = nm__apply_list(ctx, a.op, a.arg, &list);
    for (int i = 0; i < list.n && status == NM_OK; i++) {
      nm_retain(list.t[i]);
      if (!nm__temp(ctx, list.t[i])) status = ctx->status;
    }
    single = list.single;
    nm__list_free(ctx, &list);
    if (status == NM_OK) break;
    nm__unscope(ctx, mark, NULL);
    if (!nml_again(L, status, &tried)) return nml_fail(L, s);
    mark = nm__scope(ctx);
  }
  int n = ctx->temps.n - mark;
  if (!single) lua_createtable(L, n, 0);
  for (int i = 0; i < n; i++) {
    nml_push(L, s, ctx->temps.list[mark + i]);
    if (!single) lua_rawseti(L, -2, i + 1);
  }
  nm__unscope(ctx, mark, NULL);
  return 1;
}

int nml_l_op(lua_State *L) {
  nml_state *s = nml_enter(L);
  const nm_op *op = lua_touserdata(L, lua_upvalueindex(NML_SELF));
  int n = lua_gettop(L), nout = 1;
  nm_tensor *out[NM_MAX_RESULTS];
  nml_args a;
  nml_box *box = nml_new(L, s);
  nml_parse(L, op, n, &a);
  if (a.out) return call_out(L, s, &a);
  if (apply(L, s, CALL, op, a.arg, NULL, &nout, out) != NM_OK) return nml_fail(L, s);
  box->t = out[0];
  if (lua_gettop(L) > n + 1) lua_settop(L, n + 1);
  if (nout > 1) push_others(L, s, nout, out);
  return nout;
}

/* x:squeeze_(): a view has its shape for good, so x becomes another view. */
static nm_status become_view(lua_State *L, nml_state *s, const nml_args *a) {
  nml_box *box = nml_box_at(L, 1);
  nm_tensor *view;
  NM_TRY(nm__apply_inplace_view(s->ctx, a->op, a->arg, &view));
  nm_release(s->ctx, box->t);
  box->t = view;
  return NM_OK;
}

int nml_l_inplace(lua_State *L) {
  nml_state *s = nml_enter(L);
  const nm_op *op = lua_touserdata(L, lua_upvalueindex(NML_SELF));
  nml_args a;
  nml_parse(L, op, lua_gettop(L), &a);
  if (a.arg[0].kind != NM_ARG_TENSOR || !nml_box_at(L, 1))
    return nml_error(L, "%s_: there must be a tensor before ':'", op->name);
  if (a.out) return nml_error(L, "%s_: works in place and takes no option 'out'", op->name);
  nm_status status = op->flags & NM_VIEW ? become_view(L, s, &a)
                                         : apply(L, s, INPLACE, op, a.arg, NULL, NULL, NULL);
  if (status != NM_OK) return nml_fail(L, s);
  lua_pushvalue(L, 1);
  return 1;
}

int nml_l_function(lua_State *L) {
  nml_state *s = nml_enter(L);
  const nml_function *f = lua_touserdata(L, lua_upvalueindex(NML_SELF));
  nml_args a;
  nml_parse(L, &f->op, lua_gettop(L), &a);
  return f->call(L, s, &a);
}

/* ---- operators ---- */
/* What an event stands for, and how many operands it has.  Each has a function of its own, which
 * knows its op and finds the state in an operand: upvalues take longer to read than those. */
#define OPERATORS(X)                                                                               \
  X(add, add, 2) X(sub, sub, 2) X(mul, mul, 2) X(div, div, 2) X(idiv, floor_divide, 2)             \
  X(pow, pow, 2) X(mod, matmul, 2) X(unm, neg, 1) X(band, bitwise_and, 2) X(bor, bitwise_or, 2)    \
  X(bxor, bitwise_xor, 2) X(bnot, bitwise_not, 1) X(shl, bitwise_left_shift, 2)                    \
  X(shr, bitwise_right_shift, 2)

enum {
#define X(event, op, arity) OPERATOR_##event,
  OPERATORS(X)
#undef X
  NOPERATORS
};
_Static_assert((int)NOPERATORS == (int)NML_OPERATORS, "binding.h: nml_state.operators");

/* Of the ops that operators stand for, the matrix product alone takes no numbers: the operand of an
 * unary one is a tensor, or its metamethod would not be called. */
static inline void operand(lua_State *L, const nml_box *x, int i, const nm_op *op,
                           nm_value_arg *v) {
  if (x) {
    v->kind = NM_ARG_TENSOR;
    v->as.tensor = nml_tensor_in(L, x);
  } else if (op->params[i - 1].kind == NM_P_TENSOR) {
    nml_error(L, "matmul: %% is matrix multiplication and takes two tensors, got %s; "
                 "the remainder of a division is x:remainder(y)", nml_describe(L, i));
  } else if (!nml_number_at(L, i, v)) {
    nml_error(L, "%s: an operand must be a tensor or a number, got %s", op->name,
              nml_describe(L, i));
  }
}

static inline int l_operator(lua_State *L, int which, int arity) {
  const nml_box *x = nml_box_at(L, 1), *z = arity == 2 ? nml_box_at(L, 2) : NULL;
  nml_state *s = x ? x->s : z ? z->s : lua_touserdata(L, lua_upvalueindex(NML_STATE));
  nml_enter_state(L, s);
  const nm_op *op = s->operators[which];
  nm_value_arg args[2];
  nml_box *box = nml_new(L, s);
  operand(L, x, 1, op, &args[0]);
  if (arity == 2) operand(L, z, 2, op, &args[1]);
  nml_apply(L, s, op, args, box);
  return 1;
}

#define X(event, op, arity)                                                                        \
  static int l_##event(lua_State *L) { return l_operator(L, OPERATOR_##event, arity); }
OPERATORS(X)
#undef X

static int l_equal(lua_State *L) {
  nml_state *s = nml_enter(L);
  nml_box *a = nml_box_at(L, 1), *b = nml_box_at(L, 2);
  bool equal = false;
  if (a && b && a->t && b->t && nm__equal(s->ctx, a->t, b->t, &equal) != NM_OK) equal = false;
  lua_pushboolean(L, equal);
  return 1;
}

static int l_less(lua_State *L) {
  return nml_error(L, "tensors have no order: for elements use x:lt(y), x:gt(y)");
}

static int l_less_equal(lua_State *L) {
  return nml_error(L, "tensors have no order: for elements use x:le(y), x:ge(y)");
}

static int l_length(lua_State *L) {
  nml_enter(L);
  nm_tensor *t = nml_tensor_at(L, 1);
  if (!t) return nml_error(L, "#: not a tensor");
  if (t->ndim == 0) return nml_error(L, "#: a 0-d tensor has no length; its value is t:item()");
  lua_pushinteger(L, (lua_Integer)t->shape[0]);
  return 1;
}

static const luaL_Reg events[] = {
  {"__eq", l_equal}, {"__lt", l_less}, {"__le", l_less_equal}, {"__len", l_length},
  {"__concat", nml_l_concat},
#define X(event, op, arity) {"__" #event, l_##event},
  OPERATORS(X)
#undef X
  {NULL, NULL}};

void nml_set_operators(lua_State *L, int nup) {
  nml_state *s = lua_touserdata(L, -nup - 1 + NML_STATE);
#define X(event, op, arity) s->operators[OPERATOR_##event] = nml_op(L, #op);
  OPERATORS(X)
#undef X
  luaL_setfuncs(L, events, nup);
}

/* ---- the registry as data ---- */
/* ORDER nm_param_kind */
static const char *const kind_names[] = {
  "tensor", "operand", "tensors", "number", "int", "float", "bool", "dim", "dims", "index", "sizes",
  "ints", "each", "floats", "parts", "pair", "word", "padding", "dtype", "device", "string"};
_Static_assert(sizeof kind_names / sizeof *kind_names == NM_P_STRING + 1, "ORDER nm_param_kind");

static void set_string(lua_State *L, const char *key, const char *value) {
  if (!value) return;
  lua_pushstring(L, value);
  lua_setfield(L, -2, key);
}

static void set_flag(lua_State *L, const char *key, bool value) {
  lua_pushboolean(L, value);
  lua_setfield(L, -2, key);
}

const char *nml_inplace_name(char buffer[NML_NAME], const nm_op *op) {
  size_t n = strlen(op->name);
  snprintf(buffer, NML_NAME, "%s%s", op->name, n && op->name[n - 1] == '_' ? "" : "_");
  return buffer;
}

void nml_push_op(lua_State *L, const nm_op *op) {
  char inplace[NML_NAME];
  lua_createtable(L, 0, 16);
  set_string(L, "name", op->name);
  set_string(L, "doc", op->doc);
  set_string(L, "shapes", op->shapes);
  set_string(L, "errors", op->errors);
  set_string(L, "dtypes", op->dtypes);
  set_string(L, "example", op->example);
  set_flag(L, "func", op->flags & NM_FUNCTION);
  set_flag(L, "method", op->flags & NM_METHOD);
  if (op->flags & NM_INPLACE) set_string(L, "inplace", nml_inplace_name(inplace, op));
  else set_flag(L, "inplace", false);
  set_flag(L, "out", op->flags & NM_OUT);
  set_flag(L, "composed", op->flags & NM_COMPOSED);
  set_flag(L, "view", op->flags & NM_VIEW);
  set_flag(L, "list", op->flags & NM_LIST);
  set_flag(L, "elementwise", nm__op_of((nm_opcode)op->opcode) == op);
  set_flag(L, "differentiable", op->backward || (op->flags & NM_COMPOSED));
  if (op->lo < op->hi) {
    lua_pushnumber(L, op->lo);
    lua_setfield(L, -2, "lo");
    lua_pushnumber(L, op->hi);
    lua_setfield(L, -2, "hi");
  }
  lua_createtable(L, op->nparams, 0);
  for (int k = 0; k < op->nparams; k++) {
    const nm_param *p = &op->params[k];
    lua_createtable(L, 0, 5);
    set_string(L, "name", p->name);
    set_string(L, "kind", p->kind == NML_P_ANY ? "any" : kind_names[p->kind]);
    set_string(L, "default", p->standard);
    set_flag(L, "optional", p->flags & (NM_OPTIONAL | NM_NAMED));
    set_flag(L, "named", p->flags & NM_NAMED);
    lua_rawseti(L, -2, k + 1);
  }
  lua_setfield(L, -2, "params");
}

int nml_l_ops(lua_State *L) {
  lua_createtable(L, 0, nm__op_count());
  for (int i = 0; i < nm__op_count(); i++) {
    nml_push_op(L, nm__op_at(i));
    set_string(L, "family", nm__op_family(i));
    lua_setfield(L, -2, nm__op_at(i)->name);
  }
  return 1;
}
