/* elementwise.c: the forward of every row of elementwise.def, and its registry entry. */
#include "autograd/derivative.h"
#include "fuse/fuse.h"
#include "ops/families.h"

/* Instructions that have a meaning on bools; the rest of ARITH refuses them, as PyTorch does. */
#define TAKES_BOOL(op)                                                                             \
  ((op) == NM_I_add || (op) == NM_I_mul || (op) == NM_I_maximum || (op) == NM_I_minimum ||         \
   (op) == NM_I_fmax || (op) == NM_I_fmin || (op) == NM_I_heaviside || (op) == NM_I_sign ||        \
   (op) == NM_I_square)

#define IS_SHIFT(op) ((op) == NM_I_bitwise_left_shift || (op) == NM_I_bitwise_right_shift)
#define DIVIDES(op) ((op) == NM_I_floor_divide || (op) == NM_I_remainder || (op) == NM_I_fmod)

static nm_status check_bool(const nm_op_call *c) {
  switch (c->op->opcode) {
  case NM_I_sub:
    return nm__op_error(c, NM_EINVAL,
                        "a bool can't be subtracted: use a ~ b, or logical_xor; or convert with "
                        ":to(\"int64\")");
  case NM_I_neg:
    return nm__op_error(c, NM_EINVAL, "a bool has no negative: use ~x, or logical_not");
  default:
    return nm__op_error(c, NM_EINVAL,
                        "not defined for bool: convert with :to(\"int64\") or :to(\"float32\")");
  }
}

/* Computes whether any element of t satisfies `op` with the number. */
static nm_status any_element(nm_context *ctx, nm_tensor *t, nm_opcode op, double number,
                             bool *out) {
  int mark = nm__scope(ctx);
  nm_tensor *r = nm__temp(
      ctx, nm__reduce(ctx, NM_R_ANY, nm__t2s(ctx, op, t, number), (1u << t->ndim) - 1, NM_BOOL));
  uint8_t bit = 0;
  nm_status s = r ? nm_read(ctx, r, &bit, 1) : ctx->status;
  nm__unscope(ctx, mark, NULL);
  *out = bit;
  return s;
}

static bool number_is_zero(const nm_value_arg *a) {
  return a->kind == NM_ARG_FLOAT  ? a->as.number == 0
         : a->kind == NM_ARG_BOOL ? !a->as.boolean
                                  : a->as.integer == 0;
}

/* What integers can't do: divide by zero, be raised to a negative power. */
static nm_status check_integer(const nm_op_call *c) {
  const nm_value_arg *b = &c->args[1];
  bool bad = false;
  switch (c->op->opcode) {
  case NM_I_floor_divide:
  case NM_I_remainder:
  case NM_I_fmod:
    if (b->kind != NM_ARG_TENSOR)
      bad = number_is_zero(b);
    else if (nm_numel(b->as.tensor))
      NM_TRY(any_element(c->ctx, b->as.tensor, NM_I_eq, 0, &bad));
    return bad ? nm__op_error(c, NM_EINVAL, "integer division by zero") : NM_OK;
  case NM_I_pow:
    if (b->kind == NM_ARG_INT && b->as.integer < 0)
      return nm__op_error(
          c, NM_EINVAL,
          "integers can't be raised to the negative power %lld: convert with :to(\"float32\")",
          (long long)b->as.integer);
    return NM_OK;
  default: return NM_OK;
  }
}

static bool is_bool(const nm_op_call *c, int i) {
  const nm_tensor *t = nm__tensor_arg(c, i);
  return t ? t->dtype == NM_BOOL : c->args[i].kind == NM_ARG_BOOL;
}

/* A number that narrow integers must be widened for, to be compared with it. */
static bool is_beyond_int32(const nm_value_arg *a) {
  return a->kind == NM_ARG_INT && (a->as.integer < INT32_MIN || a->as.integer > INT32_MAX);
}

/* The dtype that the op computes in, and that of its result. */
static nm_status types(const nm_op_call *c, nm_dtype *compute, nm_dtype *result) {
  int kind = nm__instrs[c->op->opcode].kind, first = kind == NM_K_SELECT ? 1 : 0;
  nm_dtype t = nm__result_type(c->ctx, c->nargs - first, c->args + first);
  bool floats = nm__is_float(t);
  switch (kind) {
  case NM_K_FLOAT:
    if (!floats) t = c->ctx->default_dtype;
    break;
  case NM_K_INT:
    if (floats)
      return nm__op_error(c, NM_EINVAL, "not defined for %s: bitwise ops take integers and bools",
                          nm__dtype_name((int)t));
    if (t == NM_BOOL && IS_SHIFT(c->op->opcode)) return check_bool(c);
    break;
  case NM_K_ARITH:
    if (t == NM_BOOL && !TAKES_BOOL(c->op->opcode)) return check_bool(c);
    if (c->op->opcode == NM_I_sub && (is_bool(c, 0) || is_bool(c, 1))) return check_bool(c);
    if (t == NM_BOOL && c->op->opcode == NM_I_square) t = NM_INT64; /* as a power, which counts */
    if (!floats) NM_TRY(check_integer(c));
    break;
  case NM_K_SELECT: {
    const nm_tensor *p = nm__tensor_arg(c, 0);
    if (p && p->dtype != NM_BOOL)
      return nm__op_error(c, NM_EINVAL, "the condition is %s, it must be bool: use x:ne(0)",
                          nm__dtype_name(p->dtype));
    break;
  }
  case NM_K_COMPARE:
    if (nm__dtype_class(t) == NM_I32 &&
        (is_beyond_int32(&c->args[0]) || is_beyond_int32(&c->args[c->nargs - 1])))
      t = NM_INT64;
    break;
  default: break;
  }
  *compute = t;
  *result = kind == NM_K_COMPARE ? NM_BOOL : t;
  return NM_OK;
}

/* x to a power that is a small number, in the instructions that are made for it; NM_I_pow if there
 * are none. */
static nm_opcode power_of(double e, bool floats) {
  if (e == 2) return NM_I_square;
  if (e == 1) return NM_I_copy;
  if (!floats) return NM_I_pow;
  return e == 0.5 ? NM_I_sqrt : e == -1 ? NM_I_reciprocal : e == -0.5 ? NM_I_rsqrt : NM_I_pow;
}

typedef struct frame { /* of a call: where, what shape, in which dtype, giving which */
  nm_device *dev;
  int ndim;
  const int64_t *shape; /* of an argument, or in s */
  nm_dims s;
  nm_dtype compute, result;
} frame;

static nm_tensor *record_power(nm_op_call *c, const frame *f, const nm_input *in) {
  nm_class cls = nm__dtype_class(f->result);
  double e = nm__float_arg(c, 1, 0);
  nm_opcode op = c->args[1].kind == NM_ARG_TENSOR ? NM_I_pow : power_of(e, nm__is_float(f->result));
  if (c->args[1].kind == NM_ARG_TENSOR || e != 3)
    return nm__record(f->dev, op, f->result, cls, f->ndim, f->shape, op == NM_I_pow ? 2 : 1, in);
  nm_input cube[2] = {{.tensor = nm__record(f->dev, NM_I_square, nm__class_dtype[cls], cls, f->ndim,
                                            f->shape, 1, in)},
                      in[0]};
  if (!cube[0].tensor) return NULL;
  nm_tensor *y = nm__record(f->dev, NM_I_mul, f->result, cls, f->ndim, f->shape, 2, cube);
  nm_release(c->ctx, cube[0].tensor);
  return y;
}

static bool is_number(const nm_value_arg *a) {
  return a->kind == NM_ARG_INT || a->kind == NM_ARG_FLOAT;
}

/* The common case needs no promotion and no broadcasting: floats of one dtype, shape and device,
 * or one such tensor and a number. */
static bool alike(const nm_op_call *c, frame *f) {
  int kind = nm__instrs[c->op->opcode].kind;
  const nm_tensor *x = nm__tensor_arg(c, 0), *z = nm__tensor_arg(c, c->nargs - 1);
  if (c->nargs > 2 || kind == NM_K_INT) return false;
  if (!x && is_number(&c->args[0])) x = z;
  if (!z && is_number(&c->args[1])) z = x;
  if (!x || !z || x->dtype != z->dtype || !nm__is_float((nm_dtype)x->dtype)) return false;
  if (!nm__on_one_device(x, z) || !nm__same_shape(x, z->ndim, z->shape)) return false;
  f->dev = nm__device_of(x);
  f->ndim = x->ndim;
  f->shape = x->shape;
  f->compute = (nm_dtype)x->dtype;
  f->result = kind == NM_K_COMPARE ? NM_BOOL : f->compute;
  return true;
}

static nm_status examine(const nm_op_call *c, frame *f) {
  if (alike(c, f)) return NM_OK;
  NM_TRY(nm__same_device(c, &f->dev));
  if (!f->dev) return nm__op_error(c, NM_EINVAL, "no tensor among the arguments: use nm.tensor(x)");
  f->s.ndim = 0;
  for (int i = 0; i < c->nargs; i++) {
    nm_tensor *t = nm__tensor_arg(c, i);
    if (!nm__given(c, i))
      return nm__op_error(c, NM_EINVAL, "argument '%s' is missing", c->op->params[i].name);
    if (t) NM_TRY(nm__broadcast_arg(c, &f->s, t));
  }
  f->ndim = f->s.ndim;
  f->shape = f->s.dim;
  return types(c, &f->compute, &f->result);
}

nm_status nm__elementwise_forward(nm_op_call *c) {
  frame f;
  nm_input in[3];
  NM_TRY(examine(c, &f));
  nm_class cls = nm__dtype_class(f.compute);
  for (int i = 0; i < c->nargs; i++) {
    in[i].tensor = nm__tensor_arg(c, i);
    if (!in[i].tensor)
      in[i].bits = nm__bits_of(&c->args[i], nm__operand_class((nm_opcode)c->op->opcode, cls, i));
  }
  nm_opcode op = (nm_opcode)c->op->opcode;
  if (op == NM_I_bitwise_not && f.compute == NM_BOOL) op = NM_I_logical_not;
  c->out[0] = op == NM_I_pow ? record_power(c, &f, in)
                             : nm__record(f.dev, op, f.result, cls, f.ndim, f.shape, c->nargs, in);
  return c->out[0] ? NM_OK : c->ctx->status;
}

/* ---- what each gradient reads: the expressions of the table, evaluated as sets ---- */

enum { a = 1, b = 2, c = 4, y = NM_USE_RESULT, g = 0, NONE = 0 };
#define t_neg(x) (x)
#define t_sign(x) (x)
#define t_square(x) (x)
#define t_sin(x) (x)
#define t_cos(x) (x)
#define t_exp(x) (x)
#define t_sinh(x) (x)
#define t_cosh(x) (x)
#define t_rsqrt(x) (x)
#define t_digamma(x) (x)
#define t_zeta(s, x) (x)
#define t_zeta_next(s, x) ((s) | (x))
#define t_fmax_first(x, z) ((x) | (z))
#define t_fmin_first(x, z) ((x) | (z))
#define t_copysign_da(x, r) ((x) | (r))
#define t_adds(x, k) (x)
#define t_trunc(x) (x)
#define t_add(x, z) ((x) | (z))
#define t_mul(x, z) ((x) | (z))
#define t_div(x, z) ((x) | (z))
#define t_floor_divide(x, z) ((x) | (z))
#define t_muls(x, k) (x)
#define t_rsubs(x, k) (x)
#define t_where(p, x, z) ((p) | (x) | (z))
#define t_zero(x) (x)
#define t_gt0(x) (x)
#define t_pick(x, z) ((x) | (z))
#define t_pow_da(x, z) ((x) | (z))
#define t_pow_db(x, z, r) ((x) | (z) | (r))

/* clang-format off */
#define OPERAND(name) {name, NM_P_OPERAND, 0, NULL}
static const nm_param unary[] = {{"input", NM_P_TENSOR, 0, NULL}};
static const nm_param binary[] = {OPERAND("input"), OPERAND("other")};
static const nm_param ternary[] = {OPERAND("condition"), OPERAND("input"), OPERAND("other")};
static const nm_param none[] = {{NULL, 0, 0, NULL}};
#define SHAPES(arity)                                                                              \
  ((arity) == 1 ? "(*) -> (*)" : (arity) == 2 ? "(*), (*) -> (*), broadcast"                       \
                                              : "(*), (*), (*) -> (*), broadcast")
#define PARAMS(arity) ((arity) == 1 ? unary : (arity) == 2 ? binary : (arity) == 3 ? ternary : none)
#define G1(da) .backward = nm__elementwise_backward, .uses = {da, 0, 0}
#define G2(da, db) .backward = nm__elementwise_backward, .uses = {da, db, 0}
#define G3(da, db, dc) .backward = nm__elementwise_backward, .uses = {da, db, dc}
#define NOGRAD .backward = NULL
#define FLAGS_ARITH(op) (NM_ANYWHERE | NM_INPLACE | NM_OUT)
/* zeta is for derivatives: polygamma is the op of that kind */
#define FLAGS_FLOAT(op) ((op) == NM_I_zeta ? 0 : FLAGS_ARITH(op))
#define FLAGS_INT(op) FLAGS_ARITH(op)
#define FLAGS_COMPARE(op) FLAGS_ARITH(op)
#define FLAGS_SELECT(op) (NM_FUNCTION | NM_OUT) /* x:where(condition, other) has another order */
#define FLAGS_SPECIAL(op) 0
#define DTYPES_ARITH(name) (TAKES_BOOL(NM_I_##name) ? "fib" : "fi")
#define DTYPES_FLOAT(name) "fib"
#define DTYPES_INT(name) (IS_SHIFT(NM_I_##name) ? "i" : "ib")
#define DTYPES_COMPARE(name) "fib"
#define DTYPES_SELECT(name) "b"
#define DTYPES_SPECIAL(name) "fib"
#define ERRORS_ARITH(op)                                                                           \
  (DIVIDES(op)        ? "integers divided by 0"                                                    \
   : (op) == NM_I_pow ? "integers to a negative power"                                             \
   : (op) == NM_I_sub ? "a bool on either side" : NULL)
#define ERRORS_FLOAT(op) NULL
#define ERRORS_INT(op) NULL
#define ERRORS_COMPARE(op) NULL
#define ERRORS_SELECT(op) "a condition that is not bool"
#define ERRORS_SPECIAL(op) NULL
#define EXAMPLE(name, arity, lo, hi)                                                               \
  ((arity) == 1 ? "nm.tensor{" lo ", " hi "}:" name "()"                                           \
   : (arity) == 2 ? "nm.tensor{" lo ", " hi "}:" name "(" hi ")"                                   \
                  : "nm." name "(nm.tensor{true, false}, " lo ", " hi ")")

const nm_op nm__elementwise_ops[NM_NOPCODES] = {
#define NM_EW(name_, arity, kind, cf, ci, sf, si, grads, lo_, hi_, doc_)                           \
  [NM_I_##name_] = {.name = #name_, .doc = doc_, .params = PARAMS(arity), .nparams = arity,        \
                    .opcode = NM_I_##name_, .flags = FLAGS_##kind(NM_I_##name_),                   \
                    .forward = nm__elementwise_forward, grads, .shapes = SHAPES(arity),            \
                    .errors = ERRORS_##kind(NM_I_##name_), .dtypes = DTYPES_##kind(name_),         \
                    .lo = lo_, .hi = hi_, .example = EXAMPLE(#name_, arity, #lo_, #hi_)},
#include "core/elementwise.def"
#undef NM_EW
};
/* clang-format on */
