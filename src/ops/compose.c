/* compose.c: elementwise ops that are a line or two of others. */
#include "fuse/fuse.h"
#include "ops/families.h"

#include <math.h>

static nm_tensor *binary(nm_context *ctx, nm_opcode op, nm_tensor *x, const nm_value_arg *y) {
  if (!x) return NULL;
  nm_value_arg args[2] = {nm__arg_t(x), *y};
  return nm__t(ctx, nm__op_of(op), args);
}

static nm_status clamp_forward(nm_op_call *c) {
  nm_tensor *x = nm__tensor_arg(c, 0);
  if (!nm__given(c, 1) && !nm__given(c, 2))
    return nm__op_error(c, NM_EINVAL, "neither min nor max is given");
  int mark = nm__scope(c->ctx);
  if (nm__given(c, 1)) x = binary(c->ctx, NM_I_maximum, x, &c->args[1]);
  if (nm__given(c, 2)) x = binary(c->ctx, NM_I_minimum, x, &c->args[2]);
  return nm__result(c, mark, x);
}

static nm_status masked_fill_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *value = nm__tensor_arg(c, 2);
  if (value && value->ndim)
    return nm__op_error(c, NM_EINVAL, "value has %d dims: it is a number or a 0-d tensor",
                        value->ndim);
  nm_value_arg args[3] = {c->args[1], c->args[2], c->args[0]};
  int mark = nm__scope(ctx);
  return nm__result(c, mark,
                    nm__t_cast(ctx, nm__t(ctx, nm__op_of(NM_I_where), args), (nm_dtype)x->dtype));
}

static nm_status zero_forward(nm_op_call *c) {
  int mark = nm__scope(c->ctx);
  return nm__result(c, mark, nm__t_full_like(c->ctx, nm__tensor_arg(c, 0), 0));
}

static nm_status fill_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *value = nm__tensor_arg(c, 1);
  if (value && value->ndim)
    return nm__op_error(c, NM_EINVAL, "value has %d dims: it is a number or a 0-d tensor",
                        value->ndim);
  int mark = nm__scope(ctx);
  if (value)
    return nm__result(
        c, mark, nm__t_expand(ctx, nm__t_cast(ctx, value, (nm_dtype)x->dtype), x->ndim, x->shape));
  nm_value_arg args[5] = {c->args[0], c->args[1], nm__arg_none(), nm__arg_none(), nm__arg_none()};
  return nm__result(c, mark, nm__t(ctx, nm__known(ctx, NM_OP_full_like), args));
}

/* input + value * a * b, input + value * a / b. */
static nm_status addc_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_opcode op = c->op->name[4] == 'm' ? NM_I_mul : NM_I_div;
  int mark = nm__scope(ctx);
  nm_tensor *p = nm__t2(ctx, op, nm__tensor_arg(c, 1), nm__tensor_arg(c, 2));
  if (nm__given(c, 3)) p = binary(ctx, NM_I_mul, p, &c->args[3]);
  return nm__result(c, mark, nm__t2(ctx, NM_I_add, nm__tensor_arg(c, 0), p));
}

static nm_status lerp_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  int mark = nm__scope(ctx);
  nm_tensor *d = binary(ctx, NM_I_mul, nm__t2(ctx, NM_I_sub, nm__tensor_arg(c, 1), x), &c->args[2]);
  return nm__result(c, mark, nm__t2(ctx, NM_I_add, x, d));
}

/* An operand as a tensor: a number becomes a 0-d one on the device of the other. */
static nm_tensor *as_tensor(nm_op_call *c, int i, nm_device *dev) {
  if (nm__tensor_arg(c, i)) return nm__tensor_arg(c, i);
  bool whole = c->args[i].kind != NM_ARG_FLOAT;
  return nm__t_full(c->ctx, dev, whole ? NM_INT64 : c->ctx->default_dtype, 0, NULL,
                    nm__float_arg(c, i, 0));
}

/* x log y, and 0 where x is 0, unless y is NaN.  Where log y is not finite it is taken of 1 then, so
 * that 0 * inf is 0 and the gradient of x is 0; elsewhere that is log y. */
static nm_status xlogy_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_device *dev;
  NM_TRY(nm__same_device(c, &dev));
  if (!dev) return nm__op_error(c, NM_EINVAL, "no tensor among the arguments: use nm.tensor(x)");
  nm_dims s = {0};
  for (int i = 0; i < 2; i++)
    if (nm__tensor_arg(c, i)) NM_TRY(nm__broadcast_arg(c, &s, nm__tensor_arg(c, i)));
  int mark = nm__scope(ctx);
  nm_dtype dtype = nm__result_type(ctx, 2, c->args);
  if (!nm__is_float(dtype)) dtype = ctx->default_dtype;
  nm_dtype wide = nm__computed_in(dtype);
  nm_tensor *x = nm__t_cast(ctx, as_tensor(c, 0, dev), wide);
  nm_tensor *y = nm__t_cast(ctx, as_tensor(c, 1, dev), wide);
  nm_tensor *extreme = nm__t2(ctx, NM_I_logical_or, nm__t2s(ctx, NM_I_le, y, 0),
                              nm__t2s(ctx, NM_I_eq, y, INFINITY));
  nm_tensor *zero = nm__t2(ctx, NM_I_logical_and, nm__t2s(ctx, NM_I_eq, x, 0), extreme);
  nm_tensor *safe = nm__t3(ctx, NM_I_where, zero, y ? nm__t_full_like(ctx, y, 1) : NULL, y);
  return nm__result(c, mark,
                    nm__t_cast(ctx, nm__t2(ctx, NM_I_mul, x, nm__t1(ctx, NM_I_log, safe)), dtype));
}

/* log(x / (1 - x)), of x moved into [eps, 1 - eps] when eps is given. */
static nm_status logit_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  nm_dtype dtype = nm__is_float((nm_dtype)x->dtype) ? (nm_dtype)x->dtype : ctx->default_dtype;
  double eps = nm__float_arg(c, 1, 0);
  int mark = nm__scope(ctx);
  x = nm__t_cast(ctx, x, nm__computed_in(dtype));
  if (nm__given(c, 1)) {
    nm_tensor *low = nm__t2s(ctx, NM_I_lt, x, eps), *high = nm__t2s(ctx, NM_I_gt, x, 1 - eps);
    x = nm__t3(ctx, NM_I_where, low, nm__t_full_like(ctx, x, eps),
               nm__t3(ctx, NM_I_where, high, nm__t_full_like(ctx, x, 1 - eps), x));
  }
  nm_tensor *odds = nm__t2(ctx, NM_I_div, x, nm__ts2(ctx, NM_I_sub, 1, x));
  return nm__result(c, mark, nm__t_cast(ctx, nm__t1(ctx, NM_I_log, odds), dtype));
}

/* The largest finite number of a float dtype. */
static double largest(nm_dtype dtype) {
  switch (dtype) {
  case NM_FLOAT16: return 65504;
  case NM_BFLOAT16: return 0x1.fep127;
  case NM_FLOAT64: return 0x1.fffffffffffffp1023;
  default: return 0x1.fffffep127;
  }
}

static nm_status nan_to_num_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  int mark = nm__scope(ctx);
  if (!nm__is_float((nm_dtype)x->dtype)) return nm__result(c, mark, nm__t_clone(ctx, x));
  double most = largest((nm_dtype)x->dtype), inf = INFINITY;
  nm_tensor *y = nm__t3(ctx, NM_I_where, nm__t1(ctx, NM_I_isnan, x),
                        nm__t_full_like(ctx, x, nm__float_arg(c, 1, 0)), x);
  y = nm__t3(ctx, NM_I_where, nm__t2s(ctx, NM_I_eq, x, inf),
             nm__t_full_like(ctx, x, nm__float_arg(c, 2, most)), y);
  y = nm__t3(ctx, NM_I_where, nm__t2s(ctx, NM_I_eq, x, -inf),
             nm__t_full_like(ctx, x, nm__float_arg(c, 3, -most)), y);
  return nm__result(c, mark, y);
}

/* The n-th derivative of digamma: (-1)^(n + 1) n! zeta(n + 1, x). */
static nm_status polygamma_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  int64_t n = c->args[0].as.integer;
  nm_tensor *x = nm__tensor_arg(c, 1);
  if (n < 0 || n > 150)
    return nm__op_error(c, NM_EINVAL, "n is %lld, it must be from 0 to 150", (long long)n);
  nm_dtype dtype = nm__is_float((nm_dtype)x->dtype) ? (nm_dtype)x->dtype : ctx->default_dtype;
  int mark = nm__scope(ctx);
  x = nm__t_cast(ctx, x, nm__computed_in(dtype));
  double factor = n % 2 ? 1 : -1;
  for (int64_t k = 2; k <= n; k++) factor *= (double)k;
  nm_tensor *y = n == 0
                     ? nm__t1(ctx, NM_I_digamma, x)
                     : nm__t2s(ctx, NM_I_mul, nm__ts2(ctx, NM_I_zeta, (double)(n + 1), x), factor);
  return nm__result(c, mark, nm__t_cast(ctx, y, dtype));
}

#define X                                                                                          \
  { "input", NM_P_TENSOR, 0, NULL }
/* clang-format off */
static const nm_op ops[] = {
  {.name = "clamp",
   NM_PARAMS(X, {"min", NM_P_OPERAND, NM_OPTIONAL, NULL}, {"max", NM_P_OPERAND, NM_OPTIONAL, NULL}),
   .doc = "min(max(input, min), max); either bound may be left out",
   .shapes = "(*), bounds that broadcast to it -> (*)",
   .flags = NM_ANYWHERE | NM_INPLACE | NM_OUT | NM_COMPOSED, .forward = clamp_forward,
   .dtypes = "fi", .lo = -3, .hi = 3, .example = "nm.tensor{-2, 0.5, 3}:clamp(0, 1)"},
  {.name = "masked_fill",
   NM_PARAMS(X, {"mask", NM_P_TENSOR, 0, NULL}, {"value", NM_P_OPERAND, 0, NULL}),
   .doc = "value where mask is true, else input",
   .shapes = "(*), a mask that broadcasts with it -> (*)",
   .flags = NM_ANYWHERE | NM_INPLACE | NM_OUT | NM_COMPOSED, .forward = masked_fill_forward,
   .dtypes = "fib", .lo = -3, .hi = 3,
   .example = "nm.ones(3):masked_fill(nm.tensor{true, false, true}, 0)"},
  {.name = "zero", NM_PARAMS(X),
   .doc = "0 everywhere",
   .shapes = "(*)",
   .flags = NM_INPLACE | NM_COMPOSED, .forward = zero_forward, .dtypes = "fib",
   .example = "nm.ones(3):zero_()"},
  {.name = "fill", NM_PARAMS(X, {"value", NM_P_OPERAND, 0, NULL}),
   .doc = "value everywhere",
   .shapes = "(*)",
   .flags = NM_INPLACE | NM_COMPOSED, .forward = fill_forward, .dtypes = "fib",
   .example = "nm.ones(3):fill_(2)"},
  {.name = "addcmul",
   NM_PARAMS(X, {"tensor1", NM_P_TENSOR, 0, NULL}, {"tensor2", NM_P_TENSOR, 0, NULL},
             {"value", NM_P_NUMBER, NM_OPTIONAL, "1"}),
   .doc = "input + value * tensor1 * tensor2",
   .shapes = "(*), (*), (*) -> (*), broadcast",
   .flags = NM_ANYWHERE | NM_INPLACE | NM_OUT | NM_COMPOSED, .forward = addc_forward, .dtypes = "f",
   .lo = 0.5, .hi = 3, .example = "nm.ones(3):addcmul(nm.ones(3), nm.ones(3), {value = 0.1})"},
  {.name = "addcdiv",
   NM_PARAMS(X, {"tensor1", NM_P_TENSOR, 0, NULL}, {"tensor2", NM_P_TENSOR, 0, NULL},
             {"value", NM_P_NUMBER, NM_OPTIONAL, "1"}),
   .doc = "input + value * tensor1 / tensor2",
   .shapes = "(*), (*), (*) -> (*), broadcast",
   .flags = NM_ANYWHERE | NM_INPLACE | NM_OUT | NM_COMPOSED, .forward = addc_forward, .dtypes = "f",
   .lo = 0.5, .hi = 3, .example = "nm.ones(3):addcdiv(nm.ones(3), nm.ones(3), {value = 0.1})"},
  {.name = "lerp", NM_PARAMS(X, {"end", NM_P_TENSOR, 0, NULL}, {"weight", NM_P_OPERAND, 0, NULL}),
   .doc = "input + weight * (end - input)",
   .shapes = "(*), (*), (*) or a number -> (*), broadcast",
   .flags = NM_ANYWHERE | NM_INPLACE | NM_OUT | NM_COMPOSED, .forward = lerp_forward, .dtypes = "f",
   .lo = -3, .hi = 3, .example = "nm.zeros(3):lerp(nm.ones(3), 0.5)"},
  {.name = "xlogy", NM_PARAMS({"input", NM_P_OPERAND, 0, NULL}, {"other", NM_P_OPERAND, 0, NULL}),
   .doc = "input * log(other), and 0 where input is 0, unless other is NaN",
   .shapes = "(*), (*) -> (*), broadcast", .flags = NM_ANYWHERE | NM_INPLACE | NM_OUT | NM_COMPOSED,
   .forward = xlogy_forward, .dtypes = "fib", .lo = 0.5, .hi = 4,
   .example = "nm.tensor{0, 2.0}:xlogy(nm.tensor{0, 3.0})"},
  {.name = "logit", NM_PARAMS(X, {"eps", NM_P_FLOAT, NM_OPTIONAL, NULL}),
   .doc = "the inverse of sigmoid: log(input / (1 - input)); with eps, of input moved into "
          "[eps, 1 - eps]",
   .shapes = "(*) -> (*)", .flags = NM_ANYWHERE | NM_INPLACE | NM_OUT | NM_COMPOSED,
   .forward = logit_forward, .dtypes = "fib", .lo = 0.1, .hi = 0.9,
   .example = "nm.tensor{0, 0.5, 0.9}:logit(1e-6)"},
  {.name = "nan_to_num",
   NM_PARAMS(X, {"nan", NM_P_FLOAT, NM_OPTIONAL, "0"}, {"posinf", NM_P_FLOAT, NM_OPTIONAL, NULL},
             {"neginf", NM_P_FLOAT, NM_OPTIONAL, NULL}),
   .doc = "input with NaN replaced by nan, and infinities by posinf and neginf, which are the "
          "largest and lowest numbers of the dtype when they are left out",
   .shapes = "(*) -> (*)", .flags = NM_ANYWHERE | NM_INPLACE | NM_OUT | NM_COMPOSED,
   .forward = nan_to_num_forward, .dtypes = "fib", .lo = -3, .hi = 3,
   .example = "nm.tensor{nm.nan, nm.inf, 1}:nan_to_num(0, 9, -9)"},
  {.name = "polygamma", NM_PARAMS({"n", NM_P_INT, 0, NULL}, {"input", NM_P_TENSOR, 0, NULL}),
   .doc = "the n-th derivative of digamma: (-1)^(n + 1) n! zeta(n + 1, input)",
   .shapes = "(*) -> (*)", .errors = "n below 0 or above 150",
   .flags = NM_FUNCTION | NM_OUT | NM_COMPOSED, .forward = polygamma_forward, .dtypes = "fib",
   .lo = 0.5, .hi = 6, .example = "nm.polygamma(1, nm.tensor{1, 2.0})"},
};
/* clang-format on */
NM_FAMILY(compose);
