/* activation.c: activations, each a few instructions that fuse by themselves.
 *
 * On the tape an activation is one node that keeps its input alone.  The derivative, unless it is
 * written out, runs the formula again and asks the tape for its gradient: all of that is one
 * program, and what it saves is a store and a load of every step in between.
 *
 * A branch that is not taken must not reach the gradient: where(c, f(x), ...) is written with the
 * operand of f set to a harmless number where c is false, as 0 * inf would be NaN.  Halves are
 * computed in float32 and rounded once. */
#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/families.h"

#include <string.h>

typedef struct activation {
  nm_context *ctx;
  nm_tensor *x;
  double p[2];      /* the numbers that the op takes, or their defaults */
  const char *text; /* and its word, NULL if none */
} activation;

#define OP1(name, x) nm__t1(ctx, NM_I_##name, x)
#define OP2(name, x, y) nm__t2(ctx, NM_I_##name, x, y)
#define OP2S(name, x, k) nm__t2s(ctx, NM_I_##name, x, k)
#define WHERE(p, x, y) nm__t3(ctx, NM_I_where, p, x, y)
#define FULL(k) nm__t_full_like(ctx, x, k)
#define BEGIN                                                                                      \
  nm_context *ctx = a->ctx;                                                                        \
  nm_tensor *x = a->x

nm_tensor *nm__t_between(nm_context *ctx, nm_tensor *x, double min, double max) {
  return WHERE(OP2S(le, x, min), FULL(min), WHERE(OP2S(ge, x, max), FULL(max), x));
}

static nm_tensor *hardtanh(const activation *a) {
  return nm__t_between(a->ctx, a->x, a->p[0], a->p[1]);
}
static nm_tensor *relu6(const activation *a) { return nm__t_between(a->ctx, a->x, 0, 6); }

static nm_tensor *leaky_relu(const activation *a) {
  BEGIN;
  return WHERE(OP2S(gt, x, 0), x, OP2S(mul, x, a->p[0]));
}

/* scale * (x where x > 0, else alpha * (e^(x / width) - 1)) */
static nm_tensor *exponential_unit(const activation *a, double alpha, double scale, double width) {
  BEGIN;
  nm_tensor *positive = OP2S(gt, x, 0), *low = WHERE(positive, FULL(0), x);
  if (width != 1) low = OP2S(div, low, width);
  nm_tensor *y = OP1(expm1, low);
  if (alpha * scale != 1) y = OP2S(mul, y, alpha * scale);
  return WHERE(positive, scale == 1 ? x : OP2S(mul, x, scale), y);
}

static nm_tensor *elu(const activation *a) { return exponential_unit(a, a->p[0], 1, 1); }
static nm_tensor *celu(const activation *a) { return exponential_unit(a, a->p[0], 1, a->p[0]); }
static nm_tensor *selu(const activation *a) {
  return exponential_unit(a, 1.6732632423543772848170429916717, 1.0507009873554804934193349852946,
                          1);
}

#define ROOT_HALF 0.70710678118654752440
#define ROOT_2_PI 0.79788456080286535588 /* sqrt(2 / pi) */
#define CUBIC 0.044715

static bool is_exact(const activation *a) { return !a->text || a->text[0] == 'n'; }

/* tanh(sqrt(2 / pi) (x + 0.044715 x^3)), for x^2 */
static nm_tensor *gelu_tanh(const activation *a, nm_tensor *square) {
  BEGIN;
  nm_tensor *k = OP2S(add, OP2S(mul, square, ROOT_2_PI * CUBIC), ROOT_2_PI);
  return OP1(tanh, OP2(mul, x, k));
}

/* x Phi(x): with the complement of the error function the left tail keeps its digits. */
static nm_tensor *gelu(const activation *a) {
  BEGIN;
  nm_tensor *half = OP2S(mul, x, 0.5);
  if (is_exact(a)) return OP2(mul, half, OP1(erfc, OP2S(mul, x, -ROOT_HALF)));
  return OP2(mul, half, OP2S(add, gelu_tanh(a, OP1(square, x)), 1));
}

/* Its derivative, Phi(x) + x phi(x); written out: two thirds of the instructions that the tape
 * makes of the formula. */
static nm_tensor *gelu_slope(const activation *a) {
  BEGIN;
  nm_tensor *square = OP1(square, x);
  if (is_exact(a)) {
    nm_tensor *density = OP2S(mul, OP1(exp, OP2S(mul, square, -0.5)), ROOT_2_PI / 2);
    nm_tensor *below = OP2S(mul, OP1(erfc, OP2S(mul, x, -ROOT_HALF)), 0.5);
    return OP2(add, OP2(mul, x, density), below);
  }
  nm_tensor *t = gelu_tanh(a, square), *inside = OP1(square, t);
  nm_tensor *k = OP2S(add, OP2S(mul, square, 1.5 * ROOT_2_PI * CUBIC), ROOT_2_PI / 2);
  nm_tensor *rise = OP2(mul, OP2(mul, OP2(sub, FULL(1), inside), x), k);
  return OP2(add, rise, OP2S(add, OP2S(mul, t, 0.5), 0.5));
}

static nm_tensor *silu(const activation *a) {
  BEGIN;
  return OP2(mul, x, OP1(sigmoid, x));
}

/* log(1 + e^(beta x)) / beta; x itself where beta x is over the threshold. */
static nm_tensor *smooth_relu(nm_context *ctx, nm_tensor *x, double beta, double threshold) {
  nm_tensor *z = beta == 1 ? x : OP2S(mul, x, beta), *linear = OP2S(gt, z, threshold);
  nm_tensor *y = OP1(log1p, OP1(exp, WHERE(linear, FULL(0), z)));
  return WHERE(linear, x, beta == 1 ? y : OP2S(div, y, beta));
}

static nm_tensor *softplus(const activation *a) {
  return smooth_relu(a->ctx, a->x, a->p[0], a->p[1]);
}

static nm_tensor *mish(const activation *a) {
  BEGIN;
  return OP2(mul, x, OP1(tanh, smooth_relu(ctx, x, 1, 20)));
}

static nm_tensor *softsign(const activation *a) {
  BEGIN;
  return OP2(div, x, OP2S(add, OP1(abs, x), 1));
}

/* min(x, 0) - log(1 + e^-|x|); |x| is a choice, as its slope at 0 must be that of a side. */
static nm_tensor *logsigmoid(const activation *a) {
  BEGIN;
  nm_tensor *left = OP2S(lt, x, 0), *tail = OP1(log1p, OP1(exp, WHERE(left, x, OP1(neg, x))));
  return OP2(sub, WHERE(left, x, FULL(0)), tail);
}

static nm_tensor *hardsigmoid(const activation *a) {
  BEGIN;
  return OP2S(div, nm__t_between(ctx, OP2S(add, x, 3), 0, 6), 6);
}

static nm_tensor *hardswish(const activation *a) {
  BEGIN;
  nm_tensor *y = WHERE(OP2S(lt, x, -3), FULL(0), x);
  return OP2(mul, y, WHERE(OP2S(ge, x, 3), FULL(1), OP2S(div, OP2S(add, y, 3), 6)));
}

static nm_tensor *hardshrink(const activation *a) {
  BEGIN;
  return WHERE(OP2S(le, OP1(abs, x), a->p[0]), FULL(0), x);
}

static nm_tensor *softshrink(const activation *a) {
  BEGIN;
  double k = a->p[0];
  nm_tensor *outer = WHERE(OP2S(lt, x, -k), OP2S(add, x, k), OP2S(mul, x, 0));
  return WHERE(OP2S(gt, x, k), OP2S(sub, x, k), outer);
}

static nm_tensor *tanhshrink(const activation *a) {
  BEGIN;
  return OP2(sub, x, OP1(tanh, x));
}

static nm_tensor *threshold(const activation *a) {
  BEGIN;
  return WHERE(OP2S(le, x, a->p[0]), FULL(a->p[1]), x);
}

static nm_status forward(nm_op_call *c);
static nm_tensor *backward(nm_grad_call *b, int i);

/* input where it is positive, else weight * input; a weight for all, or one for each index of the
 * second dim. */
static nm_status prelu_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *w = nm__tensor_arg(c, 1);
  int64_t shape[NM_MAX_DIMS], n = nm_numel(w), channels = x->ndim > 1 ? x->shape[1] : 1;
  char text[NM_SHAPE_TEXT];
  if (!nm__is_float((nm_dtype)x->dtype))
    return nm__op_error(c, NM_EINVAL, "not defined for %s: convert with :to(\"float32\")",
                        nm__dtype_name(x->dtype));
  NM_TRY(nm__same_dtype(c, "weight", w, x));
  nm_device *dev;
  NM_TRY(nm__same_device(c, &dev));
  if (w->ndim > 1 || (n != 1 && n != channels))
    return nm__op_error(c, NM_EINVAL,
                        "weight has shape %s: it must have 1 element, or %lld, one for each "
                        "channel of the input",
                        nm__shape_text(w->ndim, w->shape, text), (long long)channels);
  for (int d = 0; d < x->ndim; d++) shape[d] = d == 1 ? n : 1;
  int mark = nm__scope(ctx), ndim = n == 1 ? 0 : x->ndim;
  nm_tensor *low = OP2(mul, nm__t_reshape(ctx, w, ndim, shape), x);
  return nm__result(c, mark, WHERE(OP2S(gt, x, 0), x, low));
}

/* The first half along dim, times sigmoid of the second. */
static nm_status glu_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  nm_dtype dtype = (nm_dtype)x->dtype;
  int dim = x->ndim - 1;
  char text[NM_SHAPE_TEXT];
  if (!nm__is_float(dtype))
    return nm__op_error(c, NM_EINVAL, "not defined for %s: convert with :to(\"float32\")",
                        nm__dtype_name(x->dtype));
  if (x->ndim == 0) return nm__op_error(c, NM_EINVAL, "a 0-d tensor has no halves");
  if (nm__given(c, 1)) NM_TRY(nm__dim_arg(c, 1, x->ndim, &dim));
  if (x->shape[dim] % 2)
    return nm__op_error(c, NM_EINVAL, "shape %s: dim %d must have an even size",
                        nm__shape_text(x->ndim, x->shape, text), dim + ctx->base);
  int64_t half = x->shape[dim] / 2;
  int mark = nm__scope(ctx);
  x = nm__t_cast(ctx, x, nm__computed_in(dtype));
  nm_tensor *a = nm__t_narrow(ctx, x, dim, 0, half), *b = nm__t_narrow(ctx, x, dim, half, half);
  return nm__result(c, mark, nm__t_cast(ctx, OP2(mul, a, OP1(sigmoid, b)), dtype));
}

#define X                                                                                          \
  { "input", NM_P_TENSOR, 0, NULL }
#define P(name, standard)                                                                          \
  { name, NM_P_FLOAT, NM_OPTIONAL, standard }
/* clang-format off */
/* FORMS(op, parameters, defaults, doc, example): one line of each table below. */
#define FORMS(ROW)                                                                                 \
  ROW(relu6, NM_PARAMS(X), (0, 0), "min(max(input, 0), 6)", "nm.tensor{-1, 3, 8.0}:relu6()")       \
  ROW(leaky_relu, NM_PARAMS(X, P("negative_slope", "0.01")), (0.01, 0),                            \
      "input where it is positive, else negative_slope * input [Maas et al. 2013]",                \
      "nm.tensor{-1, 2.0}:leaky_relu(0.1)")                                                        \
  ROW(elu, NM_PARAMS(X, P("alpha", "1")), (1, 0),                                                  \
      "input where it is positive, else alpha * (exp(input) - 1) [Clevert et al. 2016]",           \
      "nm.tensor{-1, 2.0}:elu()")                                                                  \
  ROW(selu, NM_PARAMS(X), (0, 0),                                                                  \
      "elu, scaled so that mean and variance settle: 1.0507 * elu(input, 1.6733) "                 \
      "[Klambauer et al. 2017]", "nm.tensor{-1, 2.0}:selu()")                                      \
  ROW(celu, NM_PARAMS(X, P("alpha", "1")), (1, 0),                                                 \
      "input where it is positive, else alpha * (exp(input / alpha) - 1) [Barron 2017]",           \
      "nm.tensor{-1, 2.0}:celu(0.5)")                                                              \
  ROW(gelu, NM_PARAMS(X, {"approximate", NM_P_STRING, NM_OPTIONAL, "none"}), (0, 0),               \
      "input times the normal distribution's probability of less: input * Phi(input), or with "    \
      "approximate = \"tanh\" input / 2 * (1 + tanh(sqrt(2 / pi) * (input + 0.044715 * input^3))) "\
      "[Hendrycks & Gimpel 2016]", "nm.tensor{-1, 2.0}:gelu()")                                    \
  ROW(silu, NM_PARAMS(X), (0, 0), "input * sigmoid(input) [Elfwing et al. 2018]",                  \
      "nm.tensor{-1, 2.0}:silu()")                                                                 \
  ROW(mish, NM_PARAMS(X), (0, 0), "input * tanh(softplus(input)) [Misra 2019]",                    \
      "nm.tensor{-1, 2.0}:mish()")                                                                 \
  ROW(softplus, NM_PARAMS(X, P("beta", "1"), P("threshold", "20")), (1, 20),                       \
      "a smooth relu: log(1 + exp(beta * input)) / beta; input itself where beta * input is over " \
      "threshold [Dugas et al. 2001]", "nm.tensor{-1000, 0, 1000.0}:softplus()")                   \
  ROW(softsign, NM_PARAMS(X), (0, 0), "input / (1 + |input|)", "nm.tensor{-1, 2.0}:softsign()")    \
  ROW(logsigmoid, NM_PARAMS(X), (0, 0), "log(sigmoid(input)), also where sigmoid is 0 or 1",       \
      "nm.tensor{-1000, 0, 1000.0}:logsigmoid()")                                                  \
  ROW(hardtanh, NM_PARAMS(X, P("min_val", "-1"), P("max_val", "1")), (-1, 1),                      \
      "min(max(input, min_val), max_val)", "nm.tensor{-2, 0.5}:hardtanh()")                        \
  ROW(hardsigmoid, NM_PARAMS(X), (0, 0), "relu6(input + 3) / 6", "nm.tensor{-4, 0.5}:hardsigmoid()")\
  ROW(hardswish, NM_PARAMS(X), (0, 0), "input * relu6(input + 3) / 6 [Howard et al. 2019]",        \
      "nm.tensor{-4, 0.5}:hardswish()")                                                            \
  ROW(hardshrink, NM_PARAMS(X, P("lambd", "0.5")), (0.5, 0),                                       \
      "input where |input| is over lambd, else 0", "nm.tensor{-0.4, 0.6}:hardshrink()")            \
  ROW(softshrink, NM_PARAMS(X, P("lambd", "0.5")), (0.5, 0),                                       \
      "input moved by lambd towards 0, 0 where it would pass it", "nm.tensor{-0.4, 0.6}:softshrink()")\
  ROW(tanhshrink, NM_PARAMS(X), (0, 0), "input - tanh(input)", "nm.tensor{-1, 2.0}:tanhshrink()")  \
  ROW(threshold, NM_PARAMS(X, {"threshold", NM_P_FLOAT, 0, NULL}, {"value", NM_P_FLOAT, 0, NULL}), \
      (0, 0), "input where it is over threshold, else value",                                      \
      "nm.tensor{-1, 2.0}:threshold(0, 9)")

#define ROW(op, params_, defaults, doc_, example_)                                                 \
  {.name = #op, params_, .doc = doc_, .shapes = "(*) -> (*)",                                      \
   .flags = NM_ANYWHERE | NM_INPLACE | NM_OUT, .forward = forward, .backward = backward,           \
   .uses = {1}, .dtypes = "f", .lo = -2.9, .hi = 2.9, .example = example_},
static const nm_op ops[] = {
  FORMS(ROW)
  {.name = "prelu", NM_PARAMS(X, {"weight", NM_P_TENSOR, 0, NULL}),
   .doc = "input where it is positive, else weight * input, with a weight for each channel or one "
          "for all [He et al. 2015]",
   .shapes = "(N, C, *), (C) or (1) -> (N, C, *)", .errors = "a weight of another size or dtype",
   .flags = NM_ANYWHERE | NM_OUT | NM_COMPOSED, .forward = prelu_forward, .dtypes = "f",
   .lo = -2.9, .hi = 2.9, .example = "nm.tensor{{-1, 2.0}}:prelu(nm.tensor{0.1, 0.2})"},
  {.name = "glu", NM_PARAMS(X, {"dim", NM_P_DIM, NM_OPTIONAL, "-1"}),
   .doc = "the first half of input along dim, times sigmoid of the second half "
          "[Dauphin et al. 2017]",
   .shapes = "(*, 2 N, *) -> (*, N, *)", .errors = "an odd size",
   .flags = NM_ANYWHERE | NM_OUT | NM_COMPOSED, .forward = glu_forward, .dtypes = "f",
   .lo = -2.9, .hi = 2.9, .example = "nm.ones(2, 4):glu()"},
};
#undef ROW

typedef struct formula {
  nm_tensor *(*f)(const activation *);
  double standard[2];
} formula;
#define PAIR(a, b) {a, b}
#define ROW(op, params_, defaults, doc_, example_) {op, PAIR defaults},
static const formula formulas[] = {FORMS(ROW)}; /* as `ops` */
#undef ROW
/* clang-format on */

static nm_status check(const nm_op_call *c, const nm_tensor *x, const activation *a) {
  if (!nm__is_float((nm_dtype)x->dtype))
    return nm__op_error(c, NM_EINVAL, "not defined for %s: convert with :to(\"float32\")",
                        nm__dtype_name(x->dtype));
  nm_tensor *(*f)(const activation *) = formulas[c->op - ops].f;
  if ((f == celu || f == softplus) && !(a->p[0] != 0))
    return nm__op_error(c, NM_EINVAL, "%s is 0, which is divided by", c->op->params[1].name);
  if (f == softshrink && !(a->p[0] >= 0))
    return nm__op_error(c, NM_EINVAL, "lambd %g is negative", a->p[0]);
  if (f == hardtanh && !(a->p[0] <= a->p[1]))
    return nm__op_error(c, NM_EINVAL, "min_val %g is above max_val %g", a->p[0], a->p[1]);
  if (a->text && strcmp(a->text, "none") != 0 && strcmp(a->text, "tanh") != 0)
    return nm__op_error(c, NM_EINVAL, "approximate is \"none\" or \"tanh\", got \"%s\"", a->text);
  return NM_OK;
}

/* What the op was called with. */
static activation activation_of(const nm_op_call *c) {
  const formula *f = &formulas[c->op - ops];
  activation a = {.ctx = c->ctx, .p = {f->standard[0], f->standard[1]}};
  for (int i = 1; i < c->nargs; i++) {
    if (c->args[i].kind == NM_ARG_STRING)
      a.text = c->args[i].as.string;
    else
      a.p[i - 1] = nm__float_arg(c, i, f->standard[i - 1]);
  }
  return a;
}

static nm_tensor *activated(const nm_op_call *c, activation *a, nm_tensor *x) {
  nm_dtype dtype = (nm_dtype)x->dtype;
  a->x = nm__t_cast(c->ctx, x, nm__computed_in(dtype));
  return nm__t_cast(c->ctx, a->x ? formulas[c->op - ops].f(a) : NULL, dtype);
}

static nm_status forward(nm_op_call *c) {
  activation a = activation_of(c);
  nm_tensor *x = nm__tensor_arg(c, 0);
  NM_TRY(check(c, x, &a));
  int mark = nm__scope(c->ctx);
  return nm__result(c, mark, activated(c, &a, x));
}

/* g times the slope, rounded once. */
static nm_tensor *sloped(activation *a, nm_tensor *(*slope)(const activation *), nm_tensor *x,
                         nm_tensor *g) {
  nm_context *ctx = a->ctx;
  nm_dtype dtype = (nm_dtype)x->dtype, wide = nm__computed_in(dtype);
  a->x = nm__t_cast(ctx, x, wide);
  nm_tensor *d = a->x ? slope(a) : NULL;
  return nm__t_cast(ctx, d ? OP2(mul, d, nm__t_cast(ctx, g, wide)) : NULL, dtype);
}

/* Of a leaf that stands for the input, unless the gradient is to be differentiated again. */
static nm_tensor *backward(nm_grad_call *b, int i) {
  nm_context *ctx = b->ctx;
  bool create = ctx->grad_enabled;
  nm_op_call c = {.ctx = ctx, .op = b->node->op, .nargs = b->node->nargs, .args = b->args};
  activation a = activation_of(&c);
  nm_tensor *x = b->x[i], *g = b->g[0], *dx = NULL;
  if (formulas[c.op - ops].f == gelu && !create)
    return nm__gradient(b, sloped(&a, gelu_slope, x, g));
  if (!create) {
    x = nm__temp(ctx, nm__tensor_view(ctx, x, x->ndim, x->shape, x->stride, x->offset));
    if (!x) return nm__gradient(b, NULL);
    x->requires_grad = true;
  }
  nm_set_grad_enabled(ctx, true);
  nm_tensor *y = activated(&c, &a, x);
  nm_set_grad_enabled(ctx, create);
  if (y) nm_gradients(ctx, 1, &y, &g, 1, &x, create, create, false, &dx);
  return nm__gradient(b, nm__temp(ctx, dx));
}
NM_FAMILY(activation);
