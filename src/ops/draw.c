/* draw.c: random draws: distributions and samples.  All are made of the two streams, rand's and
 * randn's, by ops that are the same on every device. */
#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/families.h"
#include "ops/order.h"
#include "ops/reduction.h"

#include <math.h>

/* New numbers of rand or randn, of t's shape and device. */
static nm_tensor *drawn(nm_context *ctx, nm_known op, nm_tensor *t, nm_dtype dtype) {
  nm_value_arg args[4] = {nm__arg_t(t), nm__arg_str(nm__dtype_name((int)dtype)), nm__arg_none(),
                          nm__arg_none()};
  return t ? nm__t(ctx, nm__known(ctx, op), args) : NULL;
}

/* Uniform numbers in (0, 1): 0 becomes half of what comes next. */
static nm_tensor *positive(nm_context *ctx, nm_tensor *t, nm_dtype dtype) {
  nm_tensor *u = drawn(ctx, NM_OP_rand_like, t, dtype);
  return nm__t2s(ctx, NM_I_maximum, u, dtype == NM_FLOAT64 ? 0x1p-54 : 0x1p-25);
}

/* Numbers of the exponential distribution: -log(1 - u). */
static nm_tensor *exponential(nm_context *ctx, nm_tensor *t, nm_dtype dtype) {
  nm_tensor *u = nm__t1(ctx, NM_I_neg, positive(ctx, t, dtype));
  return nm__t1(ctx, NM_I_neg, nm__t1(ctx, NM_I_log1p, u));
}

/* What numbers for a tensor of `dtype` are computed in. */
static nm_dtype computed_in(nm_dtype dtype) {
  return dtype == NM_FLOAT64 ? NM_FLOAT64 : NM_FLOAT32;
}

static nm_dtype widest_float(nm_device *dev) {
  const char *feature;
  return dev->cls->holds(dev, NM_FLOAT64, &feature) ? NM_FLOAT64 : NM_FLOAT32;
}

/* Whether any element of a bool tensor is true; reads it back. */
static nm_status any_true(nm_context *ctx, nm_tensor *t, bool *out) {
  uint8_t any = 0;
  *out = false;
  if (t && !nm_numel(t)) return NM_OK;
  nm_tensor *r =
      t ? nm__temp(ctx, nm__reduce(ctx, NM_R_ANY, t, (1u << t->ndim) - 1, NM_BOOL)) : NULL;
  if (!r || nm_read(ctx, r, &any, 1) != NM_OK) return ctx->status;
  *out = any;
  return NM_OK;
}

static nm_status only_floats(const nm_op_call *c, const nm_tensor *x) {
  if (nm__is_float((nm_dtype)x->dtype)) return NM_OK;
  return nm__op_error(c, NM_EINVAL, "not defined for %s: convert with :to(\"float32\")",
                      nm__dtype_name(x->dtype));
}

/* ---- in place ---- */

static nm_status uniform_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  double from = nm__float_arg(c, 1, 0), to = nm__float_arg(c, 2, 1);
  NM_TRY(only_floats(c, x));
  if (!(from <= to)) return nm__op_error(c, NM_EINVAL, "from %g is above to %g", from, to);
  int mark = nm__scope(ctx);
  nm_tensor *u = drawn(ctx, NM_OP_rand_like, x, (nm_dtype)x->dtype);
  return nm__result(c, mark, nm__t2s(ctx, NM_I_add, nm__t2s(ctx, NM_I_mul, u, to - from), from));
}

static nm_status normal_forward(nm_op_call *c) { /* normal_, log_normal_ */
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  bool log = c->op->name[0] == 'l';
  double mean = nm__float_arg(c, 1, log ? 1 : 0), std = nm__float_arg(c, 2, log ? 2 : 1);
  NM_TRY(only_floats(c, x));
  if (!(std >= 0)) return nm__op_error(c, NM_EINVAL, "mean %g, std %g: std is negative", mean, std);
  int mark = nm__scope(ctx);
  nm_dtype dtype = (nm_dtype)x->dtype;
  nm_tensor *r = drawn(ctx, NM_OP_randn_like, x, log ? computed_in(dtype) : dtype);
  r = nm__t2s(ctx, NM_I_add, nm__t2s(ctx, NM_I_mul, r, std), mean);
  return nm__result(c, mark, log ? nm__t_cast(ctx, nm__t1(ctx, NM_I_exp, r), dtype) : r);
}

static nm_status exponential_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  double rate = nm__float_arg(c, 1, 1);
  NM_TRY(only_floats(c, x));
  if (!(rate > 0)) return nm__op_error(c, NM_EINVAL, "lambd is %g, it must be above 0", rate);
  int mark = nm__scope(ctx);
  nm_tensor *e = exponential(ctx, x, computed_in((nm_dtype)x->dtype));
  e = nm__t2s(ctx, NM_I_div, e, rate);
  return nm__result(c, mark, nm__t_cast(ctx, e, (nm_dtype)x->dtype));
}

/* How often one tries until the first success: ceil(log(1 - u) / log(1 - p)). */
static nm_status geometric_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  double p = nm__float_arg(c, 1, 0);
  if (!(p > 0 && p < 1))
    return nm__op_error(c, NM_EINVAL, "p is %g, it must be between 0 and 1", p);
  int mark = nm__scope(ctx);
  nm_tensor *e = exponential(ctx, x, computed_in((nm_dtype)x->dtype));
  e = nm__t1(ctx, NM_I_ceil, nm__t2s(ctx, NM_I_div, e, -log1p(-p)));
  return nm__result(c, mark, nm__t_cast(ctx, e, (nm_dtype)x->dtype));
}

static nm_status cauchy_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  double median = nm__float_arg(c, 1, 0), sigma = nm__float_arg(c, 2, 1);
  NM_TRY(only_floats(c, x));
  if (!(sigma > 0)) return nm__op_error(c, NM_EINVAL, "sigma is %g, it must be above 0", sigma);
  int mark = nm__scope(ctx);
  nm_tensor *u = positive(ctx, x, computed_in((nm_dtype)x->dtype));
  u = nm__t2s(ctx, NM_I_mul, nm__t2s(ctx, NM_I_sub, u, 0.5), 3.14159265358979323846);
  u = nm__t2s(ctx, NM_I_mul, nm__t1(ctx, NM_I_tan, u), sigma);
  return nm__result(c, mark,
                    nm__t_cast(ctx, nm__t2s(ctx, NM_I_add, u, median), (nm_dtype)x->dtype));
}

/* One past the largest whole number up to which a dtype has all; of int64 that one itself. */
static int64_t past_whole(nm_dtype dtype) {
  switch (dtype) {
  case NM_FLOAT64: return ((int64_t)1 << 53) + 1;
  case NM_FLOAT32: return (1 << 24) + 1;
  case NM_FLOAT16: return (1 << 11) + 1;
  case NM_BFLOAT16: return (1 << 8) + 1;
  case NM_INT64: return INT64_MAX;
  case NM_INT32: return (int64_t)1 << 31;
  case NM_INT16: return 1 << 15;
  case NM_INT8: return 1 << 7;
  case NM_UINT8: return 1 << 8;
  default: return 2;
  }
}

static nm_status random_forward(nm_op_call *c) { /* random_(), random_(to), random_(from, to) */
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  int64_t most = past_whole((nm_dtype)x->dtype), from = 0, to = nm__int_arg(c, 1, most);
  if (nm__given(c, 2)) from = nm__int_arg(c, 1, 0), to = nm__int_arg(c, 2, most);
  if (from >= to)
    return nm__op_error(c, NM_EINVAL, "no whole number is at least %lld and below %lld",
                        (long long)from, (long long)to);
  bool reached = nm__is_float((nm_dtype)x->dtype) ||
                 (from >= (x->dtype == NM_UINT8 || x->dtype == NM_BOOL ? 0 : -most) && to <= most);
  if (!reached)
    return nm__op_error(c, NM_EINVAL, "%lld to %lld is not within %s", (long long)from,
                        (long long)to - 1, nm__dtype_name(x->dtype));
  int mark = nm__scope(ctx);
  nm_value_arg args[6] = {nm__arg_t(x),   nm__arg_int(from), nm__arg_int(to),
                          nm__arg_none(), nm__arg_none(),    nm__arg_none()};
  return nm__result(c, mark, nm__t(ctx, nm__known(ctx, NM_OP_randint_like), args));
}

/* ---- bernoulli ---- */

/* u < p, where u has 48 bits: 24 decide unless they are p's own, then 24 more.  All steps are exact
 * in p's dtype, and need no wider one. */
static nm_tensor *below(nm_context *ctx, nm_tensor *like, nm_tensor *p) {
  if (!p) return NULL;
  nm_dtype dtype = computed_in((nm_dtype)p->dtype);
  p = nm__t_cast(ctx, p, dtype);
  nm_tensor *scaled = nm__t2s(ctx, NM_I_mul, p, 0x1p24);
  nm_tensor *high = nm__t1(ctx, NM_I_floor, scaled), *low = nm__t2(ctx, NM_I_sub, scaled, high);
  high = nm__t2s(ctx, NM_I_mul, high, 0x1p-24);
  nm_tensor *u = drawn(ctx, NM_OP_rand_like, like, NM_FLOAT32);
  nm_tensor *v = drawn(ctx, NM_OP_rand_like, like, NM_FLOAT32);
  nm_tensor *close =
      nm__t2(ctx, NM_I_logical_and, nm__t2(ctx, NM_I_eq, u, high), nm__t2(ctx, NM_I_lt, v, low));
  return nm__t2(ctx, NM_I_logical_or, nm__t2(ctx, NM_I_lt, u, high), close);
}

static nm_status bernoulli_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *p = nm__given(c, 1) ? nm__tensor_arg(c, 1) : x;
  double number = p ? 0 : nm__float_arg(c, 1, 0);
  char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
  bool wrong = false;
  if (!(number >= 0 && number <= 1))
    return nm__op_error(c, NM_EINVAL, "p is %g, a probability lies in 0 to 1", number);
  if (p && !nm__is_float((nm_dtype)p->dtype))
    return nm__op_error(c, NM_EINVAL, "the probabilities are %s, they must be of a floating dtype",
                        nm__dtype_name(p->dtype));
  if (p && p != x) {
    nm_device *dev;
    nm_dims s = nm__dims_of(x);
    NM_TRY(nm__same_device(c, &dev));
    NM_TRY(nm__broadcast_arg(c, &s, p));
    if (s.ndim != x->ndim || nm__count(s.ndim, s.dim) != nm_numel(x))
      return nm__op_error(c, NM_EINVAL, "probabilities of shape %s for a tensor of shape %s",
                          nm__shape_text(p->ndim, p->shape, one),
                          nm__shape_text(x->ndim, x->shape, two));
  }
  int mark = nm__scope(ctx);
  if (p) {
    nm_tensor *good =
        nm__t2(ctx, NM_I_logical_and, nm__t2s(ctx, NM_I_ge, p, 0), nm__t2s(ctx, NM_I_le, p, 1));
    nm_status s = any_true(ctx, nm__t1(ctx, NM_I_logical_not, good), &wrong);
    if (s == NM_OK && wrong)
      s = nm__op_error(c, NM_EINVAL, "a probability lies in 0 to 1, and some do not");
    if (s != NM_OK) {
      nm__unscope(ctx, mark, NULL);
      return s;
    }
  } else {
    p = nm__t_full(ctx, nm__device_of(x), widest_float(nm__device_of(x)), 0, NULL, number);
  }
  return nm__result(c, mark, nm__t_cast(ctx, below(ctx, x, p), (nm_dtype)x->dtype));
}

/* ---- normal ---- */

static nm_status normal_of_tensors(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_device *dev;
  nm_dims s = {0};
  bool wrong = false;
  NM_TRY(nm__same_device(c, &dev));
  if (nm__given(c, 2) || nm__given(c, 3) || nm__given(c, 4))
    return nm__op_error(c, NM_EINVAL, "tensors say the size, dtype and device: leave these out");
  nm_value_arg operands[2] = {c->args[0], c->args[1]};
  if (!nm__given(c, 0)) operands[0] = nm__arg_float(0);
  if (!nm__given(c, 1)) operands[1] = nm__arg_float(1);
  for (int i = 0; i < 2; i++)
    if (nm__tensor_arg(c, i)) NM_TRY(nm__broadcast_arg(c, &s, nm__tensor_arg(c, i)));
  nm_dtype dtype = nm__result_type(ctx, 2, operands);
  for (int i = 0; i < 2; i++)
    if (nm__tensor_arg(c, i)) NM_TRY(only_floats(c, nm__tensor_arg(c, i)));
  nm_tensor *std = nm__tensor_arg(c, 1);
  int mark = nm__scope(ctx);
  nm_status status = std ? any_true(ctx, nm__t2s(ctx, NM_I_lt, std, 0), &wrong) : NM_OK;
  if (status == NM_OK && wrong) status = nm__op_error(c, NM_EINVAL, "an std is negative");
  if (status != NM_OK) {
    nm__unscope(ctx, mark, NULL);
    return status;
  }
  nm_tensor *r = drawn(ctx, NM_OP_randn_like, nm__t_full(ctx, dev, dtype, s.ndim, s.dim, 0), dtype);
  nm_value_arg times[2] = {nm__arg_t(r), operands[1]};
  nm_value_arg plus[2] = {nm__arg_t(r ? nm__t(ctx, nm__op_of(NM_I_mul), times) : NULL),
                          operands[0]};
  r = plus[0].as.tensor ? nm__t(ctx, nm__op_of(NM_I_add), plus) : NULL;
  return nm__result(c, mark, r);
}

static nm_status normal_function_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  double mean = nm__float_arg(c, 0, 0), std = nm__float_arg(c, 1, 1);
  nm_dtype dtype;
  nm_device *dev;
  nm_dims s;
  const char *feature;
  if (nm__tensor_arg(c, 0) || nm__tensor_arg(c, 1)) return normal_of_tensors(c);
  if (!nm__given(c, 2))
    return nm__op_error(c, NM_EINVAL, "give a size, or a tensor as mean or std");
  NM_TRY(nm__sizes_arg(c, 2, &s));
  NM_TRY(nm__dtype_arg(c, 3, ctx->default_dtype, &dtype));
  NM_TRY(nm__device_arg(c, 4, ctx->default_device, &dev));
  if (!nm__is_float(dtype))
    return nm__op_error(c, NM_EINVAL, "not defined for %s: give a floating dtype",
                        nm__dtype_name((int)dtype));
  if (!dev->cls->holds(dev, dtype, &feature))
    return nm__op_error(c, NM_ENOTSUP, "%s cannot hold %s: it lacks %s", dev->name,
                        nm__dtype_name((int)dtype), feature);
  if (!(std >= 0)) return nm__op_error(c, NM_EINVAL, "mean %g, std %g: std is negative", mean, std);
  int mark = nm__scope(ctx);
  nm_tensor *r = drawn(ctx, NM_OP_randn_like, nm__t_full(ctx, dev, dtype, s.ndim, s.dim, 0), dtype);
  NM_TRY(nm__result(c, mark, nm__t2s(ctx, NM_I_add, nm__t2s(ctx, NM_I_mul, r, std), mean)));
  c->out[0]->requires_grad = nm__bool_arg(c, 5, false);
  return NM_OK;
}

/* ---- multinomial ---- */

/* The weights (B, N) must be numbers, none below 0, and at least `least` of each row above 0. */
static nm_status check_weights(nm_op_call *c, nm_tensor *w, int64_t least) {
  nm_context *ctx = c->ctx;
  bool wrong = false;
  if (!w) return ctx->status;
  nm_tensor *good =
      nm__t2(ctx, NM_I_logical_and, nm__t1(ctx, NM_I_isfinite, w), nm__t2s(ctx, NM_I_ge, w, 0));
  NM_TRY(any_true(ctx, nm__t1(ctx, NM_I_logical_not, good), &wrong));
  if (wrong)
    return nm__op_error(c, NM_EINVAL,
                        "a weight is a number that is not negative, and some are not");
  nm_tensor *count = nm__t_cast(ctx, nm__t2s(ctx, NM_I_gt, w, 0), NM_INT64);
  count = nm__t_sum(ctx, count, 1u << 1, false);
  NM_TRY(any_true(ctx, nm__t2s(ctx, NM_I_lt, count, (double)least), &wrong));
  if (wrong)
    return nm__op_error(c, NM_EINVAL, "fewer than %lld of the weights are above 0%s",
                        (long long)least,
                        least > 1 ? ": draw fewer, or with replacement = true" : "");
  return NM_OK;
}

/* With replacement: the weights become whole numbers of k bits, the largest of a row 2^k, which add
 * up without rounding and alike on every device; a draw is a place below their sum, found among the
 * running sums by halving. */
static nm_tensor *with_replacement(nm_context *ctx, nm_tensor *w, int64_t samples) {
  int64_t rows = w->shape[0], n = w->shape[1], shape[2] = {rows, samples}, one[1] = {1};
  int bits = 62;
  while (bits > 1 && n > (int64_t)1 << (62 - bits)) bits--;
  nm_dtype wide = (nm_dtype)w->dtype;
  nm_value_arg most[3] = {nm__arg_t(w), nm__arg_ints(1, one), nm__arg_bool(true)};
  w = nm__t2(ctx, NM_I_div, w, nm__t(ctx, nm__known(ctx, NM_OP_amax), most));
  w = nm__t_cast(ctx, nm__t2s(ctx, NM_I_mul, w, ldexp(1, bits)), NM_INT64);
  nm_value_arg along[3] = {nm__arg_t(w), nm__arg_int(1), nm__arg_none()};
  nm_tensor *sums = w ? nm__t(ctx, nm__known(ctx, NM_OP_cumsum), along) : NULL;
  nm_tensor *total = sums ? nm__t_narrow(ctx, sums, 1, n - 1, 1) : NULL;
  nm_tensor *u = drawn(ctx, NM_OP_rand_like,
                       nm__t_full(ctx, nm__device_of(most[0].as.tensor), wide, 2, shape, 0), wide);
  nm_tensor *at = nm__t2(ctx, NM_I_mul, u, nm__t_cast(ctx, total, wide));
  at = nm__t_cast(ctx, nm__t1(ctx, NM_I_floor, at), NM_INT64);
  at = nm__t2(ctx, NM_I_minimum, at, nm__t2s(ctx, NM_I_sub, total, 1)); /* as total was rounded */
  return nm__t_search(ctx, sums, at, true);
}

/* Without: each element waits for an exponential time with its weight as the rate, and the first
 * ones are drawn, in their order: as if they were drawn one after another, each from those left
 * [Efraimidis & Spirakis 2006]. */
static nm_tensor *without_replacement(nm_context *ctx, nm_tensor *w, int64_t samples) {
  nm_tensor *time = nm__t2(ctx, NM_I_div, exponential(ctx, w, (nm_dtype)w->dtype), w);
  return time ? nm__t_order(ctx, time, 1, false, samples, NULL, 0) : NULL;
}

static nm_status multinomial_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  int64_t samples = c->args[1].as.integer;
  bool replacement = nm__bool_arg(c, 2, false);
  char text[NM_SHAPE_TEXT];
  NM_TRY(only_floats(c, x));
  if (x->ndim < 1 || x->ndim > 2 || x->shape[x->ndim - 1] == 0)
    return nm__op_error(c, NM_EINVAL, "weights of shape %s: they have 1 or 2 dims, the last not 0",
                        nm__shape_text(x->ndim, x->shape, text));
  int64_t n = x->shape[x->ndim - 1], rows = x->ndim == 2 ? x->shape[0] : 1, two[2] = {rows, n};
  if (samples < 1 || (!replacement && samples > n))
    return nm__op_error(c, NM_EINVAL, "%lld samples of %lld elements%s", (long long)samples,
                        (long long)n, samples < 1 ? "" : ": replacement = true allows that");
  if (samples > ((int64_t)1 << 50) / (rows + 1))
    return nm__op_error(c, NM_EINVAL, "%lld samples are too many", (long long)samples);
  int mark = nm__scope(ctx);
  nm_tensor *w = nm__t_cast(ctx, x, widest_float(nm__device_of(x))), *at = NULL;
  w = nm__t_reshape(ctx, w, 2, two);
  nm_status status = rows ? check_weights(c, w, replacement ? 1 : samples) : NM_OK;
  if (status == NM_OK && w)
    at = !rows         ? nm__t_full(ctx, nm__device_of(x), NM_INT64, 2, (int64_t[]){0, samples}, 0)
         : replacement ? with_replacement(ctx, w, samples)
                       : without_replacement(ctx, w, samples);
  at = at ? nm__t_positions(ctx, at) : NULL;
  if (at && x->ndim == 1) at = nm__t_reshape(ctx, at, 1, &samples);
  return nm__result(c, mark, at);
}

#define X                                                                                          \
  { "input", NM_P_TENSOR, 0, NULL }
#define OPTIONS                                                                                    \
  {"dtype", NM_P_DTYPE, NM_NAMED, NULL}, {"device", NM_P_DEVICE, NM_NAMED, NULL}, {                \
    "requires_grad", NM_P_BOOL, NM_NAMED, "false"                                                  \
  }
#define SAME_SHAPE .shapes = "(*) -> (*)"
/* clang-format off */
static const nm_op ops[] = {
  {.name = "bernoulli", NM_PARAMS(X, {"p", NM_P_OPERAND, NM_OPTIONAL, "input"}),
   .doc = "1 with probability p, else 0; without p, with the probabilities in input",
   .shapes = "(*), a p that broadcasts to it -> (*)",
   .errors = "a probability outside of 0 to 1; probabilities of no floating dtype",
   .flags = NM_ANYWHERE | NM_INPLACE | NM_OUT, .forward = bernoulli_forward, .dtypes = "f",
   .lo = 0.1, .hi = 0.9, .example = "nm.bernoulli(nm.full({3}, 0.5))"},
  {.name = "multinomial",
   NM_PARAMS(X, {"num_samples", NM_P_INT, 0, NULL}, {"replacement", NM_P_BOOL, NM_OPTIONAL, "false"}),
   .doc = "positions, drawn with probabilities that are proportional to the weights in input; "
          "without replacement none comes twice [Efraimidis & Spirakis 2006]",
   .shapes = "(N) -> (num_samples); (B, N) -> (B, num_samples)",
   .errors = "weights that are negative or infinite; without replacement, fewer weights above 0 than "
             "samples",
   .flags = NM_ANYWHERE | NM_OUT, .forward = multinomial_forward, .dtypes = "f",
   .lo = 0.1, .hi = 3, .example = "nm.tensor{0.1, 0.2, 0.7}:multinomial(2)"},
  {.name = "normal",
   NM_PARAMS({"mean", NM_P_OPERAND, NM_OPTIONAL, "0"}, {"std", NM_P_OPERAND, NM_OPTIONAL, "1"},
             {"size", NM_P_INTS, NM_OPTIONAL, NULL}, OPTIONS),
   .doc = "random numbers of the normal distribution with these means and standard deviations: "
          "numbers with a size, or tensors",
   .shapes = "(*), (*) -> (*), broadcast; -> size", .errors = "a negative std",
   .flags = NM_FUNCTION | NM_OUT, .forward = normal_function_forward, .dtypes = "f",
   .lo = 0.1, .hi = 3, .example = "nm.normal(0, 0.5, {2, 3})"},
  {.name = "normal_",
   NM_PARAMS(X, {"mean", NM_P_FLOAT, NM_OPTIONAL, "0"}, {"std", NM_P_FLOAT, NM_OPTIONAL, "1"}),
   .doc = "random numbers of the normal distribution",
   SAME_SHAPE, .errors = "a negative std",
   .flags = NM_INPLACE | NM_COMPOSED, .forward = normal_forward, .dtypes = "f",
   .example = "nm.ones(3):normal_(0, 0.02)"},
  {.name = "log_normal",
   NM_PARAMS(X, {"mean", NM_P_FLOAT, NM_OPTIONAL, "1"}, {"std", NM_P_FLOAT, NM_OPTIONAL, "2"}),
   .doc = "random numbers whose logarithms have the normal distribution",
   SAME_SHAPE, .errors = "a negative std",
   .flags = NM_INPLACE | NM_COMPOSED, .forward = normal_forward, .dtypes = "f",
   .example = "nm.ones(3):log_normal_(0, 0.5)"},
  {.name = "uniform",
   NM_PARAMS(X, {"from", NM_P_FLOAT, NM_OPTIONAL, "0"}, {"to", NM_P_FLOAT, NM_OPTIONAL, "1"}),
   .doc = "uniform random numbers in [from, to)",
   SAME_SHAPE, .errors = "a from above to",
   .flags = NM_INPLACE | NM_COMPOSED, .forward = uniform_forward, .dtypes = "f",
   .example = "nm.ones(3):uniform_(-1, 1)"},
  {.name = "exponential", NM_PARAMS(X, {"lambd", NM_P_FLOAT, NM_OPTIONAL, "1"}),
   .doc = "random numbers of the exponential distribution with the rate lambd, above 0",
   SAME_SHAPE, .errors = "a lambd that is not above 0",
   .flags = NM_INPLACE | NM_COMPOSED, .forward = exponential_forward, .dtypes = "f",
   .example = "nm.ones(3):exponential_(2)"},
  {.name = "geometric", NM_PARAMS(X, {"p", NM_P_FLOAT, 0, NULL}),
   .doc = "random numbers of the geometric distribution: of the try, from 1 on, that succeeds first",
   SAME_SHAPE, .errors = "a p that is not between 0 and 1",
   .flags = NM_INPLACE | NM_COMPOSED, .forward = geometric_forward, .dtypes = "fi",
   .example = "nm.ones(3):geometric_(0.5)"},
  {.name = "cauchy",
   NM_PARAMS(X, {"median", NM_P_FLOAT, NM_OPTIONAL, "0"}, {"sigma", NM_P_FLOAT, NM_OPTIONAL, "1"}),
   .doc = "random numbers of the Cauchy distribution",
   SAME_SHAPE, .errors = "a sigma that is not above 0",
   .flags = NM_INPLACE | NM_COMPOSED, .forward = cauchy_forward, .dtypes = "f",
   .example = "nm.ones(3):cauchy_()"},
  {.name = "random",
   NM_PARAMS(X, {"from", NM_P_INT, NM_OPTIONAL, "0"}, {"to", NM_P_INT, NM_OPTIONAL, NULL}),
   .doc = "random whole numbers from `from` to to - 1; with one number it is to; with none, up to the "
          "last that the dtype holds with all before it (of int64, up to the one before)",
   SAME_SHAPE, .errors = "a to that is not above from; numbers that the dtype does not hold",
   .flags = NM_INPLACE | NM_COMPOSED, .forward = random_forward, .dtypes = "fib",
   .example = "nm.zeros(3):random_(1, 7)"},
};
/* clang-format on */
NM_FAMILY(draw);
