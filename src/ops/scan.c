/* scan.c: running sums, products and extremes along a dim. */
#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/families.h"
#include "ops/order.h"

#include <math.h>

/* The kernel's result; with `index` the positions too, from 0. */
static nm_tensor *scanned(nm_context *ctx, nm_scan_kind kind, nm_tensor *x, int dim,
                          nm_tensor **index) {
  if (!x) return NULL;
  nm_device *dev = nm__device_of(x);
  nm_view vx, vy, vi;
  nm_tensor *y = nm__t_empty(ctx, x, x->ndim, x->shape);
  if (!y || nm__view_of(ctx, x, &vx) != NM_OK || nm__view_of(ctx, y, &vy) != NM_OK) return NULL;
  if (index) {
    *index = nm__t_empty_of(ctx, dev, NM_INT64, x->ndim, x->shape);
    if (!*index || nm__view_of(ctx, *index, &vi) != NM_OK) return NULL;
  }
  if (nm_numel(y) && dev->cls->scan(dev, kind, &vx, dim, &vy, index ? &vi : NULL) != NM_OK)
    return NULL;
  return y;
}

static nm_tensor *scan_op(nm_context *ctx, nm_known op, nm_tensor *x, int64_t dim) {
  nm_value_arg args[3] = {nm__arg_t(x), nm__arg_int(dim), nm__arg_none()};
  return x ? nm__t(ctx, nm__known(ctx, op), args) : NULL;
}

/* The scan from the end of dim back to its start. */
static nm_tensor *backwards(nm_context *ctx, nm_known op, nm_tensor *x, int64_t dim) {
  if (!x || !x->ndim) return scan_op(ctx, op, x, dim);
  const nm_op *flip = nm__known(ctx, NM_OP_flip);
  nm_value_arg args[2] = {nm__arg_t(x), nm__arg_ints(1, &dim)};
  args[0].as.tensor = scan_op(ctx, op, nm__t(ctx, flip, args), dim);
  return args[0].as.tensor ? nm__t(ctx, flip, args) : NULL;
}

/* ---- cumsum, cumprod ---- */

static nm_status cumulative_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  nm_dtype dtype;
  int dim = 0;
  NM_TRY(nm__dim_arg(c, 1, x->ndim, &dim));
  NM_TRY(nm__dtype_arg(c, 2, nm__is_float((nm_dtype)x->dtype) ? (nm_dtype)x->dtype : NM_INT64,
                       &dtype));
  if (dtype == NM_BOOL)
    return nm__op_error(c, NM_EINVAL, "bool holds no sums or products: give another dtype");
  int mark = nm__scope(ctx);
  nm_dtype wide = nm__is_float(dtype) ? dtype : NM_INT64;
  nm_scan_kind kind = c->op->name[3] == 's' ? NM_SCAN_SUM : NM_SCAN_PROD;
  x = nm__t_cast(ctx, nm__t_cast(ctx, x, dtype), wide);
  return nm__result(c, mark, nm__t_cast(ctx, scanned(ctx, kind, x, dim, NULL), dtype));
}

static nm_tensor *cumsum_backward(nm_grad_call *b, int i) {
  (void)i;
  return nm__gradient(b, backwards(b->ctx, NM_OP_cumsum, b->g[0], b->args[1].as.integer));
}

/* sum over i >= k of g_i y_i / x_k.  Where x_k is 0 the product of the others is that of x with 1
 * in its place; it is not 0 for the first zero of a line only.  The second one's is 0, but its
 * derivative with respect to the first is not, so it is there when the tape is on; a third one's
 * is 0 and has the derivative 0. */
static nm_tensor *cumprod_backward(nm_grad_call *b, int i) {
  (void)i;
  nm_context *ctx = b->ctx;
  nm_tensor *x = b->x[0], *g = b->g[0], *y = b->y;
  int64_t dim = b->args[1].as.integer;
  if (!nm__is_float((nm_dtype)x->dtype)) x = nm__t_cast(ctx, x, (nm_dtype)g->dtype);
  nm_tensor *zero = nm__t2s(ctx, NM_I_eq, x, 0);
  nm_tensor *one = x ? nm__t_full(ctx, b->node->dev, (nm_dtype)x->dtype, 0, NULL, 1) : NULL;
  nm_tensor *none = x ? nm__t_full(ctx, b->node->dev, (nm_dtype)x->dtype, 0, NULL, 0) : NULL;
  nm_tensor *count = scan_op(ctx, NM_OP_cumsum, zero, dim), *d = none;
  for (int nth = ctx->grad_enabled ? 2 : 1; nth >= 1; nth--) {
    nm_tensor *here =
        nm__t2(ctx, NM_I_logical_and, zero, nm__t2s(ctx, NM_I_eq, count, (double)nth));
    nm_tensor *others = scan_op(ctx, NM_OP_cumprod, nm__t3(ctx, NM_I_where, here, one, x), dim);
    nm_tensor *sum = backwards(ctx, NM_OP_cumsum, nm__t2(ctx, NM_I_mul, g, others), dim);
    d = nm__t3(ctx, NM_I_where, here, sum, d);
  }
  nm_tensor *sum = backwards(ctx, NM_OP_cumsum, nm__t2(ctx, NM_I_mul, g, y), dim);
  nm_tensor *plain = nm__t2(ctx, NM_I_div, sum, nm__t3(ctx, NM_I_where, zero, one, x));
  return nm__gradient(b, nm__t3(ctx, NM_I_where, zero, d, plain));
}

/* ---- cummax, cummin ---- */

/* Where a gradient flows, elements are picked by their positions, so that it goes back there. */
static nm_status extremes_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *at = NULL;
  int dim = 0;
  NM_TRY(nm__dim_arg(c, 1, x->ndim, &dim));
  int mark = nm__scope(ctx);
  bool grad = ctx->grad_enabled;
  ctx->grad_enabled = false;
  nm_tensor *y = scanned(ctx, c->op->name[4] == 'a' ? NM_SCAN_MAX : NM_SCAN_MIN, x, dim, &at);
  ctx->grad_enabled = grad;
  if (y && grad && nm__tracks(x)) y = nm__t_pick(ctx, x, dim, at);
  return nm__ordered_results(c, mark, y, at);
}

/* ---- logcumsumexp ---- */

static nm_status logcumsumexp_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  int dim = 0;
  NM_TRY(nm__dim_arg(c, 1, x->ndim, &dim));
  if (!nm__is_float((nm_dtype)x->dtype))
    return nm__op_error(c, NM_EINVAL, "not defined for %s: convert with :to(\"float32\")",
                        nm__dtype_name(x->dtype));
  int mark = nm__scope(ctx);
  return nm__result(c, mark, scanned(ctx, NM_SCAN_LOGSUMEXP, x, dim, NULL));
}

/* sum over i >= k of g_i e^(x_k - y_i), where each factor alone may overflow.  Positive and
 * negative g_i are summed apart, as logarithms: e^(x_k + logcumsumexp(log |g_i| - y_i)). */
static nm_tensor *logcumsumexp_backward(nm_grad_call *b, int i) {
  (void)i;
  nm_context *ctx = b->ctx;
  nm_tensor *x = b->x[0], *g = b->g[0], *y = b->y, *sum[2];
  nm_dtype dtype = (nm_dtype)g->dtype;
  nm_tensor *one = nm__t_full(ctx, b->node->dev, dtype, 0, NULL, 1);
  nm_tensor *least = nm__t_full(ctx, b->node->dev, dtype, 0, NULL, -(double)INFINITY);
  /* where nothing has come yet, the terms are 0 */
  nm_tensor *empty = nm__t2(ctx, NM_I_eq, y, least);
  y = nm__t3(ctx, NM_I_where, empty, one, y);
  for (int sign = 0; sign < 2; sign++) {
    nm_tensor *has = nm__t2s(ctx, sign ? NM_I_lt : NM_I_gt, g, 0);
    has = nm__t2(ctx, NM_I_logical_and, has, nm__t1(ctx, NM_I_logical_not, empty));
    nm_tensor *size = nm__t3(ctx, NM_I_where, has, nm__t1(ctx, NM_I_abs, g), one);
    nm_tensor *term = nm__t2(ctx, NM_I_sub, nm__t1(ctx, NM_I_log, size), y);
    nm_tensor *logs = backwards(ctx, NM_OP_logcumsumexp, nm__t3(ctx, NM_I_where, has, term, least),
                                b->args[1].as.integer);
    sum[sign] = nm__t1(ctx, NM_I_exp, nm__t2(ctx, NM_I_add, x, logs));
  }
  return nm__gradient(b, nm__t2(ctx, NM_I_sub, sum[0], sum[1]));
}

#define X                                                                                          \
  { "input", NM_P_TENSOR, 0, NULL }
#define DIM                                                                                        \
  { "dim", NM_P_DIM, 0, NULL }
#define DTYPE                                                                                      \
  { "dtype", NM_P_DTYPE, NM_NAMED, NULL }
#define SAME_SHAPE .shapes = "(..., N, ...) -> (..., N, ...)"
#define TWO_SHAPES .shapes = "(..., N, ...) -> (..., N, ...), (..., N, ...)"
/* clang-format off */
static const nm_op ops[] = {
  {.name = "cumsum", NM_PARAMS(X, DIM, DTYPE),
   .doc = "the running sum along dim: y[k] = x[1] + ... + x[k]; of integers and bools in int64",
   SAME_SHAPE, .errors = "dtype = \"bool\"",
   .flags = NM_ANYWHERE | NM_INPLACE | NM_OUT, .forward = cumulative_forward,
   .backward = cumsum_backward, .dtypes = "fib", .lo = -3, .hi = 3,
   .example = "nm.arange(1, 6):cumsum(1)"},
  {.name = "cumprod", NM_PARAMS(X, DIM, DTYPE),
   .doc = "the running product along dim: y[k] = x[1] * ... * x[k]; of integers and bools in int64",
   SAME_SHAPE, .errors = "dtype = \"bool\"",
   .flags = NM_ANYWHERE | NM_INPLACE | NM_OUT, .forward = cumulative_forward,
   .backward = cumprod_backward, .uses = {1 | NM_USE_RESULT}, .dtypes = "fib", .lo = 0.5, .hi = 2,
   .example = "nm.arange(1, 6):cumprod(1)"},
  {.name = "cummax", NM_PARAMS(X, DIM),
   .doc = "the largest element so far along dim, and its position: of equal ones the last; "
          "NaN wins",
   TWO_SHAPES,
   .flags = NM_ANYWHERE | NM_COMPOSED, .forward = extremes_forward, .dtypes = "fib",
   .lo = -3, .hi = 3, .example = "nm.tensor{3, 1, 4, 1, 5}:cummax(1)"},
  {.name = "cummin", NM_PARAMS(X, DIM),
   .doc = "the smallest element so far along dim, and its position: of equal ones the last; "
          "NaN wins",
   TWO_SHAPES,
   .flags = NM_ANYWHERE | NM_COMPOSED, .forward = extremes_forward, .dtypes = "fib",
   .lo = -3, .hi = 3, .example = "nm.tensor{3, 1, 4, 1, 5}:cummin(1)"},
  {.name = "logcumsumexp", NM_PARAMS(X, DIM),
   .doc = "the logarithm of the running sum of exponentials along dim, which may overflow: "
          "y[k] = log(exp(x[1]) + ... + exp(x[k]))",
   SAME_SHAPE, .errors = "integers and bools",
   .flags = NM_ANYWHERE | NM_OUT, .forward = logcumsumexp_forward,
   .backward = logcumsumexp_backward, .uses = {1 | NM_USE_RESULT}, .dtypes = "f",
   .lo = -3, .hi = 3, .example = "nm.tensor{0.0, 1000.0, 0.0}:logcumsumexp(1)"},
};
/* clang-format on */
NM_FAMILY(scan);
