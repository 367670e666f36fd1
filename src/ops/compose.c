/* compose.c: elementwise ops that are a line or two of others. */
#include "fuse/fuse.h"
#include "ops/families.h"

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

/* uniform_(from, to), normal_(mean, std): a draw, scaled and shifted. */
static nm_status draw_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  bool uniform = c->op->name[0] == 'u';
  double a = nm__float_arg(c, 1, 0), b = nm__float_arg(c, 2, 1), span = uniform ? b - a : b;
  if (span < 0)
    return nm__op_error(c, NM_EINVAL,
                        uniform ? "from %g is above to %g" : "mean %g, std %g: std is negative", a,
                        b);
  int mark = nm__scope(ctx);
  nm_value_arg args[4] = {c->args[0], nm__arg_none(), nm__arg_none(), nm__arg_none()};
  nm_tensor *r = nm__t(ctx, nm__known(ctx, uniform ? NM_OP_rand_like : NM_OP_randn_like), args);
  return nm__result(c, mark, nm__t2s(ctx, NM_I_add, nm__t2s(ctx, NM_I_mul, r, span), a));
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

#define X                                                                                          \
  { "input", NM_P_TENSOR, 0, NULL }
/* clang-format off */
static const nm_op ops[] = {
  {.name = "clamp",
   NM_PARAMS(X, {"min", NM_P_OPERAND, NM_OPTIONAL, NULL}, {"max", NM_P_OPERAND, NM_OPTIONAL, NULL}),
   .doc = "min(max(input, min), max); either bound may be left out",
   .flags = NM_ANYWHERE | NM_INPLACE | NM_OUT | NM_COMPOSED, .forward = clamp_forward,
   .dtypes = "fi", .lo = -3, .hi = 3, .example = "nm.tensor{-2, 0.5, 3}:clamp(0, 1)"},
  {.name = "masked_fill",
   NM_PARAMS(X, {"mask", NM_P_TENSOR, 0, NULL}, {"value", NM_P_OPERAND, 0, NULL}),
   .doc = "value where mask is true, else input",
   .flags = NM_ANYWHERE | NM_INPLACE | NM_OUT | NM_COMPOSED, .forward = masked_fill_forward,
   .dtypes = "fib", .lo = -3, .hi = 3,
   .example = "nm.ones(3):masked_fill(nm.tensor{true, false, true}, 0)"},
  {.name = "zero", NM_PARAMS(X),
   .doc = "0 everywhere",
   .flags = NM_INPLACE | NM_COMPOSED, .forward = zero_forward, .dtypes = "fib",
   .example = "nm.ones(3):zero_()"},
  {.name = "fill", NM_PARAMS(X, {"value", NM_P_OPERAND, 0, NULL}),
   .doc = "value everywhere",
   .flags = NM_INPLACE | NM_COMPOSED, .forward = fill_forward, .dtypes = "fib",
   .example = "nm.ones(3):fill_(2)"},
  {.name = "uniform",
   NM_PARAMS(X, {"from", NM_P_FLOAT, NM_OPTIONAL, "0"}, {"to", NM_P_FLOAT, NM_OPTIONAL, "1"}),
   .doc = "uniform random numbers in [from, to)",
   .flags = NM_INPLACE | NM_COMPOSED, .forward = draw_forward, .dtypes = "f",
   .example = "nm.ones(3):uniform_(-1, 1)"},
  {.name = "normal",
   NM_PARAMS(X, {"mean", NM_P_FLOAT, NM_OPTIONAL, "0"}, {"std", NM_P_FLOAT, NM_OPTIONAL, "1"}),
   .doc = "random numbers of the normal distribution",
   .flags = NM_INPLACE | NM_COMPOSED, .forward = draw_forward, .dtypes = "f",
   .example = "nm.ones(3):normal_(0, 0.02)"},
  {.name = "addcmul",
   NM_PARAMS(X, {"tensor1", NM_P_TENSOR, 0, NULL}, {"tensor2", NM_P_TENSOR, 0, NULL},
             {"value", NM_P_NUMBER, NM_OPTIONAL, "1"}),
   .doc = "input + value * tensor1 * tensor2",
   .flags = NM_ANYWHERE | NM_INPLACE | NM_OUT | NM_COMPOSED, .forward = addc_forward, .dtypes = "f",
   .lo = 0.5, .hi = 3, .example = "nm.ones(3):addcmul(nm.ones(3), nm.ones(3), {value = 0.1})"},
  {.name = "addcdiv",
   NM_PARAMS(X, {"tensor1", NM_P_TENSOR, 0, NULL}, {"tensor2", NM_P_TENSOR, 0, NULL},
             {"value", NM_P_NUMBER, NM_OPTIONAL, "1"}),
   .doc = "input + value * tensor1 / tensor2",
   .flags = NM_ANYWHERE | NM_INPLACE | NM_OUT | NM_COMPOSED, .forward = addc_forward, .dtypes = "f",
   .lo = 0.5, .hi = 3, .example = "nm.ones(3):addcdiv(nm.ones(3), nm.ones(3), {value = 0.1})"},
  {.name = "lerp", NM_PARAMS(X, {"end", NM_P_TENSOR, 0, NULL}, {"weight", NM_P_OPERAND, 0, NULL}),
   .doc = "input + weight * (end - input)",
   .flags = NM_ANYWHERE | NM_INPLACE | NM_OUT | NM_COMPOSED, .forward = lerp_forward, .dtypes = "f",
   .lo = -3, .hi = 3, .example = "nm.zeros(3):lerp(nm.ones(3), 0.5)"},
};
/* clang-format on */
NM_FAMILY(compose);
