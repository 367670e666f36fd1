/* statistics.c: variances, norms, sums of exponentials, sums that skip NaN, counts.  All are
 * composed of sums and elementwise ops, so that they fuse and are differentiated as these are; but
 * where the device has a kernel that finds a mean and the squared distances from it in one pass,
 * variances are composed of that. */
#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/families.h"
#include "ops/reduction.h"

#include <math.h>
#include <string.h>

static nm_status two_results(nm_op_call *c, int mark, nm_tensor *first, nm_tensor *second) {
  if (!first || !second) return nm__result(c, mark, NULL);
  nm_retain(second);
  c->out[1] = second;
  c->nout = 2;
  return nm__result(c, mark, first);
}

static nm_status not_defined(const nm_op_call *c, nm_dtype dtype) {
  return nm__op_error(c, NM_EINVAL, "not defined for %s: convert with :to(\"float32\")",
                      nm__dtype_name((int)dtype));
}

/* f(v), with the value and the gradient 0 at 0: f is not differentiable there. */
static nm_tensor *zero_at_zero(nm_context *ctx, nm_tensor *v,
                               nm_tensor *(*f)(nm_context *, nm_tensor *, double), double p) {
  nm_tensor *zero = nm__t2s(ctx, NM_I_eq, v, 0);
  nm_tensor *safe = nm__t3(ctx, NM_I_where, zero, v ? nm__t_full_like(ctx, v, 1) : NULL, v);
  nm_tensor *none = safe ? nm__t_full_like(ctx, safe, p < 0 ? (double)INFINITY : 0) : NULL;
  return nm__t3(ctx, NM_I_where, zero, none, f(ctx, safe, p));
}

static nm_tensor *root(nm_context *ctx, nm_tensor *v, double p) {
  (void)p;
  return nm__t1(ctx, NM_I_sqrt, v);
}

static nm_tensor *power(nm_context *ctx, nm_tensor *v, double p) {
  return nm__t2s(ctx, NM_I_pow, v, p);
}

/* ---- var, std, var_mean, std_mean ---- */

/* Mean and sum of squared distances from it, by the device's kernel. */
static nm_status spread_forward(nm_op_call *c) {
  nm_tensor *x = nm__tensor_arg(c, 0), *mean = NULL;
  uint32_t dims = 0;
  NM_TRY(nm__dims_arg(c, 1, x->ndim, &dims));
  nm_tensor *squares = nm__reduce_pair(c->ctx, NM_R_SQUARES, x, dims, (nm_dtype)x->dtype, &mean);
  if (squares) nm__keep_dims(squares, x, dims);
  if (mean) nm__keep_dims(mean, x, dims);
  c->out[0] = mean;
  c->out[1] = squares;
  c->nout = 2;
  if (mean && squares) return NM_OK;
  if (mean) nm_release(c->ctx, mean);
  if (squares) nm_release(c->ctx, squares);
  return c->ctx->status;
}

/* 2 (x - mean) of what comes to the squares, 1 / n of what comes to the mean. */
static nm_tensor *spread_backward(nm_grad_call *b, int i) {
  (void)i;
  nm_context *ctx = b->ctx;
  nm_tensor *x = b->x[0], *mean = b->y, *g = NULL;
  if (b->g[1])
    g = nm__t2(ctx, NM_I_mul, nm__t2(ctx, NM_I_sub, x, mean), nm__t2s(ctx, NM_I_mul, b->g[1], 2));
  if (!b->g[0]) return nm__gradient(b, g);
  double n = (double)nm_numel(x) / (double)nm_numel(mean);
  nm_tensor *even = nm__t2s(ctx, NM_I_div, b->g[0], n);
  return nm__gradient(b, b->g[1] ? nm__t2(ctx, NM_I_add, g, even)
                                 : nm__t_expand(ctx, even, x->ndim, x->shape));
}

nm_tensor *nm__t_spread(nm_context *ctx, nm_tensor *x, uint32_t dims, nm_tensor **squares) {
  *squares = NULL;
  if (!x) return NULL;
  if (!nm__device_of(x)->cls->reduces_pairs || nm_numel(x) == 0) {
    nm_tensor *mean =
        nm__t2s(ctx, NM_I_div, nm__t_sum(ctx, x, dims, true), (double)nm__reduced_count(x, dims));
    nm_tensor *far = nm__t1(ctx, NM_I_square, nm__t2(ctx, NM_I_sub, x, mean));
    *squares = nm__t_sum(ctx, far, dims, true);
    return mean;
  }
  int64_t list[NM_MAX_DIMS];
  int nout = 0, n = nm__dims_list(x->ndim, dims, list);
  nm_value_arg args[2] = {nm__arg_t(x), nm__arg_ints(n, list)};
  nm_tensor *out[NM_MAX_RESULTS];
  if (nm__apply(ctx, nm__known(ctx, NM_OP_spread), args, &nout, out) != NM_OK) return NULL;
  *squares = nm__temp(ctx, out[1]);
  return nm__temp(ctx, out[0]);
}

/* The mean of squared distances from the mean, over n - correction. */
static nm_status var_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  nm_dtype dtype = (nm_dtype)x->dtype;
  uint32_t dims = 0;
  bool both = strchr(c->op->name, '_'), keepdim = nm__bool_arg(c, 2, false);
  NM_TRY(nm__dims_arg(c, 1, x->ndim, &dims));
  if (!nm__is_float(dtype)) return not_defined(c, dtype);
  if (nm__given(c, 3) && nm__given(c, 4))
    return nm__op_error(c, NM_EINVAL, "correction and unbiased say the same: give one of them");
  double over =
      (double)nm__reduced_count(x, dims) - nm__float_arg(c, 3, nm__bool_arg(c, 4, true) ? 1 : 0);
  int mark = nm__scope(ctx);
  x = nm__t_cast(ctx, x, nm__computed_in(dtype));
  nm_tensor *v, *mean = nm__t_spread(ctx, x, dims, &v);
  v = nm__t2s(ctx, NM_I_div, v, over > 0 ? over : 0);
  if (v && !keepdim) {
    int64_t shape[NM_MAX_DIMS];
    int kept = 0;
    for (int d = 0; d < v->ndim; d++)
      if (!(dims >> d & 1)) shape[kept++] = v->shape[d];
    v = nm__t_reshape(ctx, v, kept, shape);
  }
  if (c->op->name[0] == 's') v = zero_at_zero(ctx, v, root, 0.5);
  v = nm__t_cast(ctx, v, dtype);
  if (!both) return nm__result(c, mark, v);
  if (v) mean = nm__t_reshape(ctx, mean, v->ndim, v->shape);
  return two_results(c, mark, v, v ? nm__t_cast(ctx, mean, dtype) : NULL);
}

/* ---- aminmax ---- */

static nm_status aminmax_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  int64_t list[1];
  int dim = 0;
  nm_value_arg args[3] = {c->args[0], nm__arg_none(), c->args[2]};
  if (nm__given(c, 1)) {
    NM_TRY(nm__dim_arg(c, 1, x->ndim, &dim));
    list[0] = dim;
    if (x->ndim) args[1] = nm__arg_ints(1, list);
  }
  int mark = nm__scope(ctx);
  nm_tensor *least = nm__t(ctx, nm__known(ctx, NM_OP_amin), args);
  return two_results(c, mark, least, least ? nm__t(ctx, nm__known(ctx, NM_OP_amax), args) : NULL);
}

/* ---- norm ---- */

static nm_status order_arg(const nm_op_call *c, int i, double *p) {
  const nm_value_arg *a = &c->args[i];
  *p = 2;
  if (a->kind == NM_ARG_STRING && !strcmp(a->as.string, "nuc"))
    return nm__op_error(c, NM_EINVAL, "the nuclear norm is nm.linalg.norm(x, \"nuc\")");
  if (a->kind == NM_ARG_STRING && strcmp(a->as.string, "fro"))
    return nm__op_error(c, NM_EINVAL, "p is a number or \"fro\", not \"%s\"", a->as.string);
  if (a->kind == NM_ARG_INT || a->kind == NM_ARG_FLOAT) *p = nm__float_arg(c, i, 2);
  if (*p != *p) return nm__op_error(c, NM_EINVAL, "p is NaN");
  return NM_OK;
}

static nm_status norm_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *y;
  nm_dtype dtype = (nm_dtype)x->dtype;
  uint32_t dims = 0;
  double p;
  int64_t list[NM_MAX_DIMS];
  bool keepdim = nm__bool_arg(c, 3, false);
  NM_TRY(nm__dims_arg(c, 2, x->ndim, &dims));
  NM_TRY(nm__dtype_arg(c, 4, dtype, &dtype));
  NM_TRY(order_arg(c, 1, &p));
  if (!nm__is_float((nm_dtype)x->dtype) || !nm__is_float(dtype))
    return not_defined(c, nm__is_float(dtype) ? (nm_dtype)x->dtype : dtype);
  if (p < 0 && nm__reduced_count(x, dims) == 0)
    return nm__op_error(c, NM_EINVAL, "p is %g: there is no result for no elements", p);
  int mark = nm__scope(ctx);
  x = nm__t_cast(ctx, x, nm__computed_in(dtype));
  if (isinf(p)) {
    int n = nm__dims_list(x ? x->ndim : 0, dims, list);
    nm_value_arg args[3] = {nm__arg_t(nm__t1(ctx, NM_I_abs, x)), nm__arg_ints(n, list),
                            nm__arg_bool(keepdim)};
    y = args[0].as.tensor ? nm__t(ctx, nm__known(ctx, p > 0 ? NM_OP_amax : NM_OP_amin), args)
                          : NULL;
  } else if (p == 0) {
    y = nm__t_sum(ctx, nm__t2s(ctx, NM_I_ne, x, 0), dims, keepdim);
  } else if (p == 1) {
    y = nm__t_sum(ctx, nm__t1(ctx, NM_I_abs, x), dims, keepdim);
  } else if (p == 2) {
    y = zero_at_zero(ctx, nm__t_sum(ctx, nm__t1(ctx, NM_I_square, x), dims, keepdim), root, 0.5);
  } else {
    y = zero_at_zero(ctx, nm__t1(ctx, NM_I_abs, x), power, p);
    y = zero_at_zero(ctx, nm__t_sum(ctx, y, dims, keepdim), power, 1 / p);
  }
  return nm__result(c, mark, nm__t_cast(ctx, y, dtype));
}

/* ---- logsumexp ---- */

/* log(sum(exp(x - m))) + m with m the largest element; it is a number to the tape, as the result
 * does not depend on it.  An infinite one would give NaN: then m is 0. */
static nm_status logsumexp_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *m = NULL;
  nm_dtype dtype = nm__is_float((nm_dtype)x->dtype) ? (nm_dtype)x->dtype : ctx->default_dtype;
  uint32_t dims = 0;
  NM_TRY(nm__dims_arg(c, 1, x->ndim, &dims));
  int mark = nm__scope(ctx), n = 0;
  x = nm__t_cast(ctx, x, nm__computed_in(dtype));
  if (x && nm_numel(x)) {
    bool grad = ctx->grad_enabled;
    int64_t list[NM_MAX_DIMS];
    int count = nm__dims_list(x->ndim, dims, list);
    nm_value_arg args[3] = {nm__arg_t(x), nm__arg_ints(count, list), nm__arg_bool(true)};
    ctx->grad_enabled = false;
    m = nm__t(ctx, nm__known(ctx, NM_OP_amax), args);
    m = nm__t3(ctx, NM_I_where, nm__t1(ctx, NM_I_isinf, m), m ? nm__t_full_like(ctx, m, 0) : NULL,
               m);
    ctx->grad_enabled = grad;
    if (!m) return nm__result(c, mark, NULL);
  }
  nm_tensor *e = nm__t1(ctx, NM_I_exp, m ? nm__t2(ctx, NM_I_sub, x, m) : x);
  nm_tensor *y = nm__t1(ctx, NM_I_log, nm__t_sum(ctx, e, dims, true));
  if (m) y = nm__t2(ctx, NM_I_add, y, m);
  int64_t shape[NM_MAX_DIMS];
  for (int d = 0; y && d < y->ndim; d++)
    if (!(dims >> d & 1) || nm__bool_arg(c, 2, false)) shape[n++] = y->shape[d];
  return nm__result(c, mark, nm__t_cast(ctx, y ? nm__t_reshape(ctx, y, n, shape) : NULL, dtype));
}

/* ---- nansum, nanmean, count_nonzero ---- */

static nm_status nansum_forward(nm_op_call *c) { /* nansum, nanmean */
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *nan = NULL;
  bool mean = c->op->name[3] == 'm', keepdim = nm__bool_arg(c, 2, false);
  bool real = nm__is_float((nm_dtype)x->dtype);
  nm_dtype dtype;
  uint32_t dims = 0;
  NM_TRY(nm__dims_arg(c, 1, x->ndim, &dims));
  NM_TRY(nm__dtype_arg(c, 3, real ? (nm_dtype)x->dtype : NM_INT64, &dtype));
  if (mean && !(real && nm__is_float(dtype)))
    return not_defined(c, real ? dtype : (nm_dtype)x->dtype);
  int mark = nm__scope(ctx);
  if (real) {
    nan = nm__t1(ctx, NM_I_isnan, x);
    x = nm__t3(ctx, NM_I_where, nan, nm__t_full_like(ctx, x, 0), x);
  }
  nm_tensor *y = nm__t_cast(ctx, x, nm__is_float(dtype) ? nm__computed_in(dtype) : NM_INT64);
  y = nm__t_sum(ctx, y, dims, keepdim);
  if (mean)
    y = nm__t2(ctx, NM_I_div, y, nm__t_sum(ctx, nm__t1(ctx, NM_I_logical_not, nan), dims, keepdim));
  return nm__result(c, mark, nm__t_cast(ctx, y, dtype));
}

static nm_status count_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  uint32_t dims = 0;
  NM_TRY(nm__dims_arg(c, 1, x->ndim, &dims));
  int mark = nm__scope(ctx);
  nm_tensor *set = nm__t_cast(ctx, nm__t2s(ctx, NM_I_ne, x, 0), NM_INT64);
  return nm__result(c, mark, nm__t_sum(ctx, set, dims, false));
}

#define X                                                                                          \
  { "input", NM_P_TENSOR, 0, NULL }
#define KEEPDIM                                                                                    \
  { "keepdim", NM_P_BOOL, NM_OPTIONAL, "false" }
#define DIMS {"dim", NM_P_DIMS, NM_OPTIONAL, "all"}, KEEPDIM
#define SPREAD                                                                                     \
  DIMS, {"correction", NM_P_FLOAT, NM_OPTIONAL, "1"}, { "unbiased", NM_P_BOOL, NM_NAMED, "true" }
#define DTYPE                                                                                      \
  { "dtype", NM_P_DTYPE, NM_NAMED, NULL }
#define DIMS_SHAPES .shapes = "(*) -> (*) without dims, or with 1 in their place"
#define TWO_SHAPES .shapes = "(*) -> (*), (*) without dims, or with 1 in their place"
#define REAL .errors = "integers and bools"
/* clang-format off */
static const nm_op ops[] = {
  {.name = "spread", NM_PARAMS(X, {"dim", NM_P_DIMS, NM_OPTIONAL, "all"}),
   .doc = "the mean and the sum of squared distances from it over dims, which are kept",
   .flags = 0, .forward = spread_forward, .backward = spread_backward, .uses = {1 | NM_USE_RESULT},
   .dtypes = "f"},
  {.name = "var", NM_PARAMS(X, SPREAD),
   .doc = "the variance over dims: sum((x - mean)^2) / (n - correction); "
          "unbiased = false is correction = 0",
   DIMS_SHAPES, .errors = "integers and bools; correction and unbiased together",
   .flags = NM_ANYWHERE | NM_OUT | NM_COMPOSED, .forward = var_forward, .dtypes = "f",
   .lo = -3, .hi = 3, .example = "nm.randn(10):var()"},
  {.name = "std", NM_PARAMS(X, SPREAD),
   .doc = "the standard deviation over dims: the root of var",
   DIMS_SHAPES, .errors = "integers and bools; correction and unbiased together",
   .flags = NM_ANYWHERE | NM_OUT | NM_COMPOSED, .forward = var_forward, .dtypes = "f",
   .lo = -3, .hi = 3, .example = "nm.randn(10):std()"},
  {.name = "var_mean", NM_PARAMS(X, SPREAD),
   .doc = "the variance and the mean over dims",
   TWO_SHAPES, .errors = "integers and bools; correction and unbiased together",
   .flags = NM_ANYWHERE | NM_COMPOSED, .forward = var_forward, .dtypes = "f",
   .lo = -3, .hi = 3, .example = "nm.randn(10):var_mean()"},
  {.name = "std_mean", NM_PARAMS(X, SPREAD),
   .doc = "the standard deviation and the mean over dims",
   TWO_SHAPES, .errors = "integers and bools; correction and unbiased together",
   .flags = NM_ANYWHERE | NM_COMPOSED, .forward = var_forward, .dtypes = "f",
   .lo = -3, .hi = 3, .example = "nm.randn(10):std_mean()"},
  {.name = "aminmax", NM_PARAMS(X, {"dim", NM_P_DIM, NM_OPTIONAL, "all"}, KEEPDIM),
   .doc = "the smallest and the largest value along dim, or of all; NaN wins; equal ones share the "
          "gradient",
   .shapes = "(*) -> (), (); (..., N, ...) -> (..., ...), (..., ...)",
   .errors = "a dim without elements",
   .flags = NM_ANYWHERE | NM_COMPOSED, .forward = aminmax_forward, .dtypes = "fib",
   .lo = -3, .hi = 3, .example = "nm.tensor{3, 1, 2}:aminmax()"},
  {.name = "norm",
   NM_PARAMS(X, {"p", NM_P_WORD, NM_OPTIONAL, "\"fro\""}, DIMS, DTYPE),
   .doc = "the p-norm of the elements over dims: sum(abs(x)^p)^(1/p); \"fro\" is p = 2, nm.inf the "
          "largest magnitude, -nm.inf the smallest, and 0 counts what is not 0",
   DIMS_SHAPES, .errors = "integers and bools; a negative p over no elements; p = \"nuc\"",
   .flags = NM_ANYWHERE | NM_COMPOSED, .forward = norm_forward, .dtypes = "f",
   .lo = -3, .hi = 3, .example = "nm.tensor{3, 4.0}:norm()"},
  {.name = "logsumexp", NM_PARAMS(X, {"dim", NM_P_DIMS, 0, NULL}, KEEPDIM),
   .doc = "the logarithm of the sum of exponentials over dims, which may overflow: "
          "log(sum(exp(x))), computed from x - max(x)",
   DIMS_SHAPES,
   .flags = NM_ANYWHERE | NM_OUT | NM_COMPOSED, .forward = logsumexp_forward, .dtypes = "fib",
   .lo = -3, .hi = 3, .example = "nm.tensor{1000, 1000.0}:logsumexp(1)"},
  {.name = "nansum", NM_PARAMS(X, DIMS, DTYPE),
   .doc = "the sum over dims of what is no NaN; of integers and bools in int64",
   DIMS_SHAPES,
   .flags = NM_ANYWHERE | NM_OUT | NM_COMPOSED, .forward = nansum_forward, .dtypes = "fib",
   .lo = -3, .hi = 3, .example = "nm.tensor{1, nm.nan, 2}:nansum()"},
  {.name = "nanmean", NM_PARAMS(X, DIMS, DTYPE),
   .doc = "the mean over dims of what is no NaN; of none, NaN",
   DIMS_SHAPES, REAL,
   .flags = NM_ANYWHERE | NM_OUT | NM_COMPOSED, .forward = nansum_forward, .dtypes = "f",
   .lo = -3, .hi = 3, .example = "nm.tensor{1, nm.nan, 2}:nanmean()"},
  {.name = "count_nonzero", NM_PARAMS(X, {"dim", NM_P_DIMS, NM_OPTIONAL, "all"}),
   .doc = "how many elements over dims are not 0; NaN is not 0",
   .shapes = "(*) -> (*) without dims",
   .flags = NM_ANYWHERE | NM_COMPOSED, .forward = count_forward, .dtypes = "fib",
   .lo = -3, .hi = 3, .example = "nm.tensor{0, 1, 2}:count_nonzero()"},
};
/* clang-format on */
NM_FAMILY(statistics);
