/* loss.c: losses that are ops of their own: the binary cross entropies, which written from others
 * would not be exact, and the mean squared error, which would be five nodes of the tape. */
#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/families.h"

#include <string.h>

#define OP1(name, x) nm__t1(ctx, NM_I_##name, x)
#define OP2(name, x, y) nm__t2(ctx, NM_I_##name, x, y)
#define OP2S(name, x, k) nm__t2s(ctx, NM_I_##name, x, k)
#define WHERE(p, x, y) nm__t3(ctx, NM_I_where, p, x, y)

/* What argument i says of bringing the losses together. */
static const char *reduction_of(const nm_value_arg *args, int i) {
  return args[i].kind == NM_ARG_NONE ? "mean" : args[i].as.string;
}

/* Of a dtype that has losses; input and target of one shape; the reduction. */
static nm_status check_pair(const nm_op_call *c, nm_dtype dtype, int reduction) {
  const nm_tensor *x = nm__tensor_arg(c, 0), *t = nm__tensor_arg(c, 1);
  char a[NM_SHAPE_TEXT], b[NM_SHAPE_TEXT];
  nm_device *dev;
  if (!nm__is_float(dtype))
    return nm__op_error(c, NM_EINVAL, "not defined for %s: convert with :to(\"float32\")",
                        nm__dtype_name((int)dtype));
  NM_TRY(nm__same_device(c, &dev));
  if (!nm__same_shape(x, t->ndim, t->shape))
    return nm__op_error(c, NM_EINVAL, "input has shape %s and target %s: they must be the same",
                        nm__shape_text(x->ndim, x->shape, a), nm__shape_text(t->ndim, t->shape, b));
  const char *r = reduction_of(c->args, reduction);
  if (strcmp(r, "mean") != 0 && strcmp(r, "sum") != 0 && strcmp(r, "none") != 0)
    return nm__op_error(c, NM_EINVAL, "reduction is \"mean\", \"sum\" or \"none\", got \"%s\"", r);
  return NM_OK;
}

/* input and target alike; weights (from slot 2 on) that broadcast to them; the reduction. */
static nm_status check(const nm_op_call *c, int nweights, int reduction) {
  const nm_tensor *x = nm__tensor_arg(c, 0), *t = nm__tensor_arg(c, 1);
  char a[NM_SHAPE_TEXT], b[NM_SHAPE_TEXT];
  NM_TRY(check_pair(c, (nm_dtype)x->dtype, reduction));
  NM_TRY(nm__same_dtype(c, "target", t, x));
  for (int i = 2; i < 2 + nweights; i++) {
    const nm_tensor *w = nm__tensor_arg(c, i);
    if (!w) continue;
    NM_TRY(nm__same_dtype(c, c->op->params[i].name, w, x));
    nm_dims s = nm__dims_of(x);
    NM_TRY(nm__broadcast_arg(c, &s, w));
    if (!nm__same_shape(x, s.ndim, s.dim))
      return nm__op_error(c, NM_EINVAL, "%s has shape %s, which does not broadcast to %s",
                          c->op->params[i].name, nm__shape_text(w->ndim, w->shape, a),
                          nm__shape_text(x->ndim, x->shape, b));
  }
  return NM_OK;
}

static nm_tensor *wide(nm_context *ctx, nm_tensor *t) {
  return t ? nm__t_cast(ctx, t, nm__computed_in((nm_dtype)t->dtype)) : NULL;
}
static nm_tensor *widened(const nm_op_call *c, int i) { return wide(c->ctx, nm__tensor_arg(c, i)); }

static nm_status finish(nm_op_call *c, int mark, nm_tensor *losses, int reduction, nm_dtype dtype) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  nm_tensor *w = widened(c, 2);
  const char *r = reduction_of(c->args, reduction);
  if (w) losses = OP2(mul, losses, w);
  if (r[0] != 'n') losses = nm__t_sum(ctx, losses, (1u << x->ndim) - 1, false);
  if (r[0] == 'm') losses = OP2S(div, losses, (double)nm_numel(x));
  return nm__result(c, mark, nm__t_cast(ctx, losses, dtype));
}

/* -(p t log s(x) + (1 - t) log s(-x)), s the sigmoid.  With l = log(1 + e^-|x|), -log s(x) is
 * l + max(-x, 0): nothing overflows or cancels, and each side of 0 has its own slope. */
static nm_status with_logits_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  NM_TRY(check(c, 2, 4));
  int mark = nm__scope(ctx);
  nm_tensor *x = widened(c, 0), *t = widened(c, 1), *p = widened(c, 3);
  nm_tensor *left = OP2S(lt, x, 0), *zero = nm__t_full_like(ctx, x, 0), *minus = OP1(neg, x);
  nm_tensor *l = OP1(log1p, OP1(exp, WHERE(left, x, minus)));
  nm_tensor *one = OP2(mul, t, OP2(add, l, WHERE(left, minus, zero)));
  if (p) one = OP2(mul, one, p);
  nm_tensor *other = OP2(mul, nm__ts2(ctx, NM_I_sub, 1, t), OP2(add, l, WHERE(left, zero, x)));
  return finish(c, mark, OP2(add, one, other), 4, (nm_dtype)nm__tensor_arg(c, 0)->dtype);
}

/* max(log x, -100) and max(log(1 - x), -100), so that a sure and wrong answer costs no infinity. */
static nm_tensor *log_of(nm_context *ctx, nm_tensor *x) { return OP2S(maximum, OP1(log, x), -100); }
static nm_tensor *log_of_rest(nm_context *ctx, nm_tensor *x) {
  return OP2S(maximum, OP1(log1p, OP1(neg, x)), -100);
}

static nm_status terms_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *t = nm__tensor_arg(c, 1);
  int mark = nm__scope(ctx);
  nm_tensor *one = OP2(mul, t, log_of(ctx, x));
  nm_tensor *other = OP2(mul, nm__ts2(ctx, NM_I_sub, 1, t), log_of_rest(ctx, x));
  return nm__result(c, mark, OP1(neg, OP2(add, one, other)));
}

/* (x - t) / (x (1 - x)), with a divisor that is never 0; log(1 - x) - log x. */
static nm_tensor *terms_backward(nm_grad_call *b, int i) {
  nm_context *ctx = b->ctx;
  nm_tensor *x = b->x[0], *d;
  if (i == 1) {
    d = OP2(sub, log_of_rest(ctx, x), log_of(ctx, x));
  } else {
    nm_tensor *v = OP2S(maximum, OP2(mul, x, nm__ts2(ctx, NM_I_sub, 1, x)), 1e-12);
    d = OP2(div, OP2(sub, x, b->x[1]), v);
  }
  return nm__gradient(b, OP2(mul, b->g[0], d));
}

static nm_status cross_entropy_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  NM_TRY(check(c, 1, 3));
  int mark = nm__scope(ctx);
  nm_tensor *x = widened(c, 0), *t = widened(c, 1);
  if (!x || !t) return nm__result(c, mark, NULL);
  nm_value_arg args[2] = {nm__arg_t(x), nm__arg_t(t)};
  return finish(c, mark, nm__t(ctx, nm__known(ctx, NM_OP_cross_terms), args), 3,
                (nm_dtype)nm__tensor_arg(c, 0)->dtype);
}

static nm_status squared_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_dtype dtype = nm__result_type(ctx, 2, c->args);
  NM_TRY(check_pair(c, dtype, 2));
  int mark = nm__scope(ctx);
  return finish(c, mark, OP1(square, OP2(sub, widened(c, 0), widened(c, 1))), 2, dtype);
}

/* 2 (x - t), and the other way round. */
static nm_tensor *squared_backward(nm_grad_call *b, int i) {
  nm_context *ctx = b->ctx;
  const nm_dims *s = &b->node->edges[0].shape;
  int64_t n = reduction_of(b->args, 2)[0] == 'm' ? nm__count(s->ndim, s->dim) : 1;
  nm_tensor *d = OP2(sub, wide(ctx, b->x[0]), wide(ctx, b->x[1]));
  nm_tensor *g = OP2S(mul, wide(ctx, b->g[0]), (i ? -2.0 : 2.0) / (double)(n ? n : 1));
  return nm__gradient(b, OP2(mul, d, g));
}

#define X                                                                                          \
  { "input", NM_P_TENSOR, 0, NULL }
#define TARGET                                                                                     \
  { "target", NM_P_TENSOR, 0, NULL }
#define WEIGHT                                                                                     \
  { "weight", NM_P_TENSOR, NM_OPTIONAL, NULL }
#define REDUCTION                                                                                  \
  { "reduction", NM_P_STRING, NM_OPTIONAL, "mean" }
/* clang-format off */
static const nm_op ops[] = {
  {.name = "nn.functional.binary_cross_entropy_with_logits",
   NM_PARAMS(X, TARGET, WEIGHT, {"pos_weight", NM_P_TENSOR, NM_OPTIONAL, NULL}, REDUCTION),
   .doc = "how far the probabilities sigmoid(input) are from target: -(pos_weight * target * "
          "log(sigmoid(input)) + (1 - target) * log(1 - sigmoid(input))) * weight, exact for large "
          "inputs too; the mean, the sum, or (\"none\") each",
   .shapes = "(*), (*), weights that broadcast -> () or (*)",
   .errors = "a target of another shape or dtype, weights that don't broadcast to input",
   .flags = NM_FUNCTION | NM_COMPOSED, .forward = with_logits_forward, .dtypes = "f",
   .lo = 0.1, .hi = 0.9,
   .example = "nm.nn.functional.binary_cross_entropy_with_logits(nm.tensor{-1000, 2.0}, "
              "nm.tensor{0, 1.0})"},
  {.name = "nn.functional.binary_cross_entropy", NM_PARAMS(X, TARGET, WEIGHT, REDUCTION),
   .doc = "how far the probabilities input are from target: -(target * log(input) + (1 - target) * "
          "log(1 - input)) * weight, no logarithm below -100; the mean, the sum, or (\"none\") each",
   .shapes = "(*), (*), a weight that broadcasts -> () or (*)",
   .errors = "a target of another shape or dtype, a weight that doesn't broadcast to input",
   .flags = NM_FUNCTION | NM_COMPOSED, .forward = cross_entropy_forward, .dtypes = "f",
   .lo = 0.1, .hi = 0.9,
   .example = "nm.nn.functional.binary_cross_entropy(nm.tensor{0.1, 0.9}, nm.tensor{0, 1.0})"},
  {.name = "nn.functional.mse_loss", NM_PARAMS(X, TARGET, REDUCTION),
   .doc = "the squared differences, (input - target)^2: the mean, the sum, or (\"none\") each",
   .shapes = "(*), (*) -> () or (*)",
   .errors = "a target of another shape, integers and bools without a float among them",
   .flags = NM_FUNCTION, .forward = squared_forward, .backward = squared_backward,
   .uses = {1 | 2, 1 | 2}, .dtypes = "f", .lo = -3, .hi = 3,
   .example = "nm.nn.functional.mse_loss(nm.tensor{1.0, 2.0}, nm.tensor{0.0, 4.0})"},
  {.name = "cross_terms", NM_PARAMS(X, TARGET),
   .doc = "-(target * log(input) + (1 - target) * log(1 - input)), no logarithm below -100",
   .shapes = "(*), (*) -> (*)", .forward = terms_forward, .backward = terms_backward,
   .uses = {1 | 2, 1}, .dtypes = "f"},
};
/* clang-format on */
NM_FAMILY(loss);
