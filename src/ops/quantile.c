/* quantile.c: elements by their rank: medians, modes, quantiles.  Ranks are positions in the sorted
 * line; what is picked there has the gradient of a pick. */
#include "ops/order.h"

#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/families.h"

#include <math.h>
#include <string.h>

/* How many elements along the last dim are no NaN, that dim kept with size 1; int64. */
static nm_tensor *count_numbers(nm_context *ctx, nm_tensor *x) {
  nm_tensor *number = nm__t1(ctx, NM_I_logical_not, nm__t1(ctx, NM_I_isnan, x));
  return x->ndim ? nm__t_sum(ctx, number, 1u << (x->ndim - 1), true)
                 : nm__t_cast(ctx, number, NM_INT64);
}

/* ---- median, nanmedian ---- */

/* The position, turned, of the lower median along dim: of the numbers, or of a NaN if there is any
 * and it wins. */
static nm_tensor *median_position(nm_context *ctx, nm_tensor *x, int dim, bool nan_wins) {
  int64_t n = nm__dim_size(x, dim), middle = (n - 1) / 2;
  bool grad = ctx->grad_enabled;
  ctx->grad_enabled = false;
  nm_tensor *at = nm__t_order(ctx, x, dim, false, n, NULL, 0), *rank = NULL;
  nm_tensor *count = at ? count_numbers(ctx, nm__t_turned(ctx, x, dim)) : NULL;
  if (count && nan_wins) /* the first NaN stands behind the numbers */
    rank = nm__t3(ctx, NM_I_where, nm__t2s(ctx, NM_I_eq, count, (double)n),
                  nm__t_full(ctx, nm__device_of(x), NM_INT64, 0, NULL, (double)middle), count);
  else if (count)
    rank = nm__t2s(ctx, NM_I_floor_divide,
                   nm__t2s(ctx, NM_I_maximum, nm__t2s(ctx, NM_I_sub, count, 1), 0), 2);
  at = rank ? nm__t_pick(ctx, at, at->ndim ? at->ndim - 1 : 0, rank) : NULL;
  ctx->grad_enabled = grad;
  return at;
}

/* The element itself, off the tape: then it is told where the gradient goes. */
static nm_tensor *median_of_all(nm_context *ctx, nm_tensor *x, bool nan_wins) {
  int64_t flat[1] = {nm_numel(x)};
  if (flat[0] == 0)
    return nm__t_full(ctx, nm__device_of(x), (nm_dtype)x->dtype, 0, NULL, (double)NAN);
  bool grad = ctx->grad_enabled;
  ctx->grad_enabled = false;
  nm_tensor *line = nm__t_reshape(ctx, x, 1, flat);
  nm_tensor *y = line ? nm__t_pick(ctx, line, 0, median_position(ctx, line, 0, nan_wins)) : NULL;
  if (y) y = nm__t_reshape(ctx, y, 0, NULL);
  ctx->grad_enabled = grad;
  nm_value_arg args[2] = {nm__arg_t(x), nm__arg_t(y)};
  return nm__t(ctx, nm__known(ctx, NM_OP_one_of), args);
}

static nm_status median_forward(nm_op_call *c) { /* median, nanmedian */
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  bool nan_wins = c->op->name[0] == 'm', keepdim = nm__bool_arg(c, 2, false);
  int dim = 0, mark = nm__scope(ctx);
  if (x->dtype == NM_BOOL)
    return nm__op_error(c, NM_EINVAL, "not defined for bool: convert with :to(\"uint8\")");
  if (nm__given(c, 1)) {
    NM_TRY(nm__dim_arg(c, 1, x->ndim, &dim));
    NM_TRY(nm__nonempty_dim(c, x, dim));
    nm_tensor *at = median_position(ctx, x, dim, nan_wins);
    return nm__chosen_results(c, mark, x, dim, at, keepdim);
  }
  if (nm_numel(x) == 0 && !nm__is_float((nm_dtype)x->dtype))
    return nm__op_error(c, NM_EINVAL,
                        "the tensor has no elements, and there is no result for none");
  int64_t ones[NM_MAX_DIMS];
  for (int d = 0; d < x->ndim; d++) ones[d] = 1;
  nm_tensor *y = median_of_all(ctx, x, nan_wins);
  return nm__result(c, mark, keepdim ? nm__t_reshape(ctx, y, x->ndim, ones) : y);
}

/* one_of(x, y): y, which is one of x's elements; those that equal it share its gradient. */
static nm_status one_of_forward(nm_op_call *c) {
  int mark = nm__scope(c->ctx);
  return nm__result(c, mark, nm__t_clone(c->ctx, nm__tensor_arg(c, 1)));
}

static nm_tensor *one_of_backward(nm_grad_call *b, int i) {
  nm_context *ctx = b->ctx;
  nm_tensor *x = b->x[0], *y = b->x[1];
  if (i != 0) return NULL;
  nm_tensor *same =
      nm__t2(ctx, NM_I_logical_or, nm__t2(ctx, NM_I_eq, x, y),
             nm__t2(ctx, NM_I_logical_and, nm__t1(ctx, NM_I_isnan, x), nm__t1(ctx, NM_I_isnan, y)));
  nm_tensor *count = nm__t_sum(ctx, same, (1u << x->ndim) - 1, false);
  nm_tensor *share = nm__t2(ctx, NM_I_div, b->g[0], count);
  nm_tensor *none = nm__t_full(ctx, b->node->dev, (nm_dtype)b->g[0]->dtype, 0, NULL, 0);
  return nm__gradient(b, nm__t3(ctx, NM_I_where, same, share, none));
}

/* ---- mode ---- */

/* In a sorted line an element's distance from the first one like it says how many there were; the
 * first that is farthest ends the longest run of equal elements.  A NaN equals nothing. */
static nm_tensor *mode_position(nm_context *ctx, nm_tensor *x, int dim) {
  int64_t n = nm__dim_size(x, dim), lines[2] = {nm_numel(x) / n, n};
  nm_tensor *sorted = NULL, *at = nm__t_order(ctx, x, dim, false, n, &sorted, 0);
  nm_tensor *flat = at ? nm__t_reshape(ctx, sorted, 2, lines) : NULL;
  nm_tensor *begin = nm__t_search(ctx, flat, flat, false);
  nm_tensor *count = begin ? nm__t_counting(ctx, nm__device_of(x), n) : NULL;
  count = count ? nm__t2(ctx, NM_I_sub, count, begin) : NULL;
  if (count && nm__is_float((nm_dtype)x->dtype))
    count = nm__t3(ctx, NM_I_where, nm__t1(ctx, NM_I_isnan, flat),
                   nm__t_full(ctx, nm__device_of(x), NM_INT64, 0, NULL, 0), count);
  nm_tensor *best =
      count ? nm__temp(ctx, nm__reduce(ctx, NM_R_ARGMAX, count, 1u << 1, NM_INT64)) : NULL;
  if (!best) return NULL;
  int64_t shape[NM_MAX_DIMS];
  for (int d = 0; d < at->ndim; d++) shape[d] = d == at->ndim - 1 ? 1 : at->shape[d];
  best = nm__t_reshape(ctx, best, at->ndim, shape);
  return nm__t_pick(ctx, at, at->ndim ? at->ndim - 1 : 0, best);
}

static nm_status mode_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  int dim = 0;
  NM_TRY(nm__dim_of(c, nm__int_arg(c, 1, -1), x->ndim, &dim));
  NM_TRY(nm__nonempty_dim(c, x, dim));
  int mark = nm__scope(ctx);
  nm_tensor *at =
      nm_numel(x) ? mode_position(ctx, x, dim) : nm__t_order(ctx, x, dim, false, 1, NULL, 0);
  return nm__chosen_results(c, mark, x, dim, at, nm__bool_arg(c, 2, false));
}

/* ---- quantile, nanquantile ---- */

typedef enum interpolation { LINEAR, LOWER, HIGHER, MIDPOINT, NEAREST } interpolation;

static nm_status interpolation_arg(const nm_op_call *c, int i, interpolation *out) {
  static const char *const names[] = {"linear", "lower", "higher", "midpoint", "nearest"};
  const char *name = nm__given(c, i) ? c->args[i].as.string : names[0];
  for (int k = LINEAR; k <= NEAREST; k++)
    if (!strcmp(name, names[k])) return *out = (interpolation)k, NM_OK;
  return nm__op_error(
      c, NM_EINVAL,
      "interpolation is \"linear\", \"lower\", \"higher\", \"midpoint\" or \"nearest\", not \"%s\"",
      name);
}

/* q as a 1-d tensor of the dtype that is computed in; all of it must be from 0 to 1. */
static nm_tensor *fractions(nm_op_call *c, nm_tensor *x, nm_dtype dtype) {
  nm_context *ctx = c->ctx;
  nm_tensor *q = nm__tensor_arg(c, 1);
  int64_t n[1] = {1};
  uint8_t all = 1;
  if (!q) {
    double v = nm__float_arg(c, 1, 0);
    if (v >= 0 && v <= 1) return nm__t_full(ctx, nm__device_of(x), dtype, 1, n, v);
    nm__op_error(c, NM_EINVAL, "q is %g, it must be from 0 to 1", v);
    return NULL;
  }
  if (q->ndim > 1 || q->dtype != x->dtype) {
    nm__op_error(c, NM_EINVAL,
                 "q is a number, or a tensor of at most 1 dim and of dtype %s; it "
                 "has %d dims and is %s",
                 nm__dtype_name(x->dtype), q->ndim, nm__dtype_name(q->dtype));
    return NULL;
  }
  n[0] = nm_numel(q);
  nm_tensor *good =
      nm__t2(ctx, NM_I_logical_and, nm__t2s(ctx, NM_I_ge, q, 0), nm__t2s(ctx, NM_I_le, q, 1));
  good = good ? nm__temp(ctx, nm__reduce(ctx, NM_R_ALL, good, q->ndim ? 1 : 0, NM_BOOL)) : NULL;
  if (!good || nm_read(ctx, good, &all, 1) != NM_OK) return NULL;
  if (all) return nm__t_reshape(ctx, nm__t_cast(ctx, q, dtype), 1, n);
  nm__op_error(c, NM_EINVAL, "q has elements that are not from 0 to 1");
  return NULL;
}

/* The ranks (..., Q) of fractions q (Q) among the numbers of lines sorted (..., N); of all NaN
 * where there is one and it wins.  (Q) when they are the same for all lines. */
static nm_tensor *ranks_of(nm_context *ctx, nm_tensor *sorted, nm_tensor *q, bool nan_wins) {
  int last = sorted->ndim - 1;
  int64_t n = sorted->shape[last];
  if (!nan_wins) {
    nm_tensor *most = nm__t2s(ctx, NM_I_sub, count_numbers(ctx, sorted), 1);
    most = nm__t_cast(ctx, nm__t2s(ctx, NM_I_maximum, most, 0), (nm_dtype)q->dtype);
    return nm__t2(ctx, NM_I_mul, q, most);
  }
  nm_tensor *lost = nm__t1(ctx, NM_I_isnan, nm__t_narrow(ctx, sorted, last, n - 1, 1));
  nm_tensor *end = nm__t_full(ctx, nm__device_of(q), (nm_dtype)q->dtype, 0, NULL, (double)(n - 1));
  return nm__t3(ctx, NM_I_where, lost, end, nm__t2s(ctx, NM_I_mul, q, (double)(n - 1)));
}

/* Ranks are counted in the dtype of the elements, as far as that has all whole numbers. */
static nm_dtype rank_dtype(nm_device *dev, nm_dtype dtype, int64_t n) {
  const char *feature;
  return n > 1 << 24 && dev->cls->holds(dev, NM_FLOAT64, &feature) ? NM_FLOAT64 : dtype;
}

/* a + w (b - a), from the nearer side. */
static nm_tensor *between(nm_context *ctx, nm_tensor *a, nm_tensor *b, nm_tensor *w) {
  nm_tensor *d = nm__t2(ctx, NM_I_sub, b, a);
  nm_tensor *up = nm__t2(ctx, NM_I_add, a, nm__t2(ctx, NM_I_mul, w, d));
  nm_tensor *down =
      nm__t2(ctx, NM_I_sub, b, nm__t2(ctx, NM_I_mul, d, nm__ts2(ctx, NM_I_sub, 1, w)));
  return nm__t3(ctx, NM_I_where, nm__t2s(ctx, NM_I_lt, w, 0.5), up, down);
}

/* The elements at ranks that are whole; never behind the last one, however n was rounded. */
static nm_tensor *at_whole(nm_context *ctx, nm_tensor *sorted, nm_tensor *ranks) {
  int last = sorted->ndim - 1;
  nm_tensor *at = nm__t_cast(ctx, ranks, NM_INT64);
  at = nm__t2s(ctx, NM_I_minimum, at, (double)(sorted->shape[last] - 1));
  return nm__t_pick(ctx, sorted, last, at);
}

static nm_tensor *at_ranks(nm_context *ctx, nm_tensor *sorted, nm_tensor *ranks,
                           interpolation how) {
  static const nm_opcode whole[] = {NM_I_floor, NM_I_floor, NM_I_ceil, NM_I_floor, NM_I_round};
  nm_dtype dtype = (nm_dtype)sorted->dtype;
  nm_tensor *below = nm__t1(ctx, whole[how], ranks);
  nm_tensor *y = at_whole(ctx, sorted, below);
  if (how != LINEAR && how != MIDPOINT) return y;
  nm_tensor *above = at_whole(ctx, sorted, nm__t1(ctx, NM_I_ceil, ranks));
  nm_tensor *w = how == MIDPOINT ? nm__t_full(ctx, nm__device_of(sorted), dtype, 0, NULL, 0.5)
                                 : nm__t_cast(ctx, nm__t2(ctx, NM_I_sub, ranks, below), dtype);
  return between(ctx, y, above, w);
}

/* y (..., Q), turned, as (Q, ...) with dim gone or of size 1; without Q when q was one number. */
static nm_tensor *arranged(nm_context *ctx, nm_tensor *y, const nm_dims *kept, int dim, bool many) {
  if (!y) return NULL;
  int last = y->ndim - 1, n = 0;
  int64_t order[NM_MAX_DIMS], shape[NM_MAX_DIMS + 1];
  order[n++] = last;
  for (int d = 0; d <= last; d++)
    if (d != dim) order[n++] = d == last ? dim : d;
  nm_tensor *turned = nm__t_permute(ctx, y, n, order);
  n = 0;
  if (many) shape[n++] = y->shape[last];
  for (int d = 0; d < kept->ndim; d++) shape[n++] = kept->dim[d];
  return nm__t_reshape(ctx, turned, n, shape);
}

static nm_status quantile_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *q = nm__tensor_arg(c, 1), *y = NULL;
  nm_device *dev;
  interpolation how = LINEAR;
  int dim = 0;
  bool flat = !nm__given(c, 2), keepdim = nm__bool_arg(c, 3, false), many = q && q->ndim;
  nm_dtype dtype = (nm_dtype)x->dtype;
  char text[NM_SHAPE_TEXT];
  NM_TRY(nm__same_device(c, &dev));
  if (!flat) NM_TRY(nm__dim_arg(c, 2, x->ndim, &dim));
  NM_TRY(interpolation_arg(c, 4, &how));
  if (!nm__is_float(dtype))
    return nm__op_error(c, NM_EINVAL, "not defined for %s: convert with :to(\"float32\")",
                        nm__dtype_name(x->dtype));
  if (nm_numel(x) == 0)
    return nm__op_error(c, NM_EINVAL, "shape %s has no elements, and there is no result for none",
                        nm__shape_text(x->ndim, x->shape, text));
  nm_dims kept = {.ndim = 0};
  for (int d = 0; d < x->ndim; d++) {
    bool gone = flat || d == dim;
    if (!gone || keepdim) kept.dim[kept.ndim++] = gone ? 1 : x->shape[d];
  }
  if (kept.ndim + many > NM_MAX_DIMS)
    return nm__op_error(c, NM_EINVAL, "the result would have %d dims: a tensor has at most %d",
                        kept.ndim + 1, NM_MAX_DIMS);
  int mark = nm__scope(ctx);
  int64_t count[1] = {nm_numel(x)}, n = flat ? count[0] : nm__dim_size(x, dim);
  nm_dtype wide = nm__dtype_size(dtype) == 2 ? NM_FLOAT32 : dtype;
  q = fractions(c, x, rank_dtype(dev, wide, n));
  if (q && (flat || x->ndim == 0)) x = nm__t_reshape(ctx, x, 1, count);
  x = q ? nm__t_cast(ctx, x, wide) : NULL;
  nm_tensor *at = x ? nm__t_order(ctx, x, dim, false, n, NULL, 0) : NULL;
  if (at) { /* the elements in order, on the tape */
    nm_tensor *sorted = x;
    if (x->ndim > 1 && dim != x->ndim - 1) sorted = nm__t_transpose(ctx, x, dim, x->ndim - 1);
    sorted = nm__t_pick(ctx, sorted, x->ndim - 1, at);
    nm_tensor *ranks = sorted ? ranks_of(ctx, sorted, q, c->op->name[0] == 'q') : NULL;
    if (ranks) {
      int64_t shape[NM_MAX_DIMS];
      for (int d = 0; d < sorted->ndim; d++) shape[d] = sorted->shape[d];
      shape[sorted->ndim - 1] = q->shape[0];
      y = at_ranks(ctx, sorted, nm__t_expand(ctx, ranks, sorted->ndim, shape), how);
    }
  }
  y = arranged(ctx, y, &kept, dim, many);
  return nm__result(c, mark, nm__t_cast(ctx, y, dtype));
}

#define X                                                                                          \
  { "input", NM_P_TENSOR, 0, NULL }
#define KEEPDIM                                                                                    \
  { "keepdim", NM_P_BOOL, NM_OPTIONAL, "false" }
#define OVER                                                                                       \
  { "dim", NM_P_DIM, NM_OPTIONAL, "all" }
#define QUANTILE                                                                                   \
  NM_PARAMS(X, {"q", NM_P_OPERAND, 0, NULL}, OVER, KEEPDIM,                                        \
            {"interpolation", NM_P_STRING, NM_NAMED, "linear"})
/* clang-format off */
static const nm_op ops[] = {
  {.name = "median", NM_PARAMS(X, OVER, KEEPDIM),
   .doc = "the median, the lower one of two; with dim: the medians along it, and their positions; "
          "NaN wins; without dim all elements that equal the median share its gradient",
   .shapes = "(..., N, ...) -> (..., ...), (..., ...)",
   .errors = "a dim without elements",
   .flags = NM_ANYWHERE | NM_OUT | NM_COMPOSED, .forward = median_forward, .dtypes = "fi",
   .lo = -3, .hi = 3, .example = "nm.tensor{3, 1, 4, 1}:median()"},
  {.name = "nanmedian", NM_PARAMS(X, OVER, KEEPDIM),
   .doc = "the median of what is no NaN, the lower one of two; with dim: the medians along it, and "
          "their positions; NaN where there is nothing else",
   .shapes = "(..., N, ...) -> (..., ...), (..., ...)",
   .errors = "a dim without elements",
   .flags = NM_ANYWHERE | NM_OUT | NM_COMPOSED, .forward = median_forward, .dtypes = "fi",
   .lo = -3, .hi = 3, .example = "nm.tensor{3, nm.nan, 1}:nanmedian()"},
  {.name = "one_of", NM_PARAMS(X, {"y", NM_P_TENSOR, 0, NULL}),
   .doc = "y, one of input's elements: those that equal it share its gradient",
   .flags = 0, .forward = one_of_forward, .backward = one_of_backward, .uses = {1 | 2},
   .dtypes = "fi"},
  {.name = "mode", NM_PARAMS(X, {"dim", NM_P_DIM, NM_OPTIONAL, "-1"}, KEEPDIM),
   .doc = "the most frequent element along dim, the smallest of several, and where it stands "
          "last; a NaN equals nothing",
   .shapes = "(..., N, ...) -> (..., ...), (..., ...)",
   .errors = "a dim without elements",
   .flags = NM_ANYWHERE | NM_OUT | NM_COMPOSED, .forward = mode_forward, .dtypes = "fib",
   .lo = -3, .hi = 3, .example = "nm.tensor{3, 1, 4, 1}:mode()"},
  {.name = "quantile", QUANTILE,
   .doc = "the element at the rank q (n - 1) of the n sorted ones along dim, or of all: between "
          "two ranks linearly interpolated, the lower, the higher, the mean, or at the nearest "
          "rank; q is a number, or a tensor of several; NaN wins",
   .shapes = "(..., N, ...), () or (Q) -> (..., ...) or (Q, ..., ...)",
   .errors = "q outside of [0, 1], no elements",
   .flags = NM_ANYWHERE | NM_OUT | NM_COMPOSED, .forward = quantile_forward, .dtypes = "f",
   .lo = -3, .hi = 3, .example = "nm.tensor{1.0, 2.0, 4.0}:quantile(0.75)"},
  {.name = "nanquantile", QUANTILE,
   .doc = "quantile of what is no NaN; NaN where there is nothing else",
   .shapes = "(..., N, ...), () or (Q) -> (..., ...) or (Q, ..., ...)",
   .errors = "q outside of [0, 1], no elements",
   .flags = NM_ANYWHERE | NM_OUT | NM_COMPOSED, .forward = quantile_forward, .dtypes = "f",
   .lo = -3, .hi = 3, .example = "nm.tensor{1.0, nm.nan, 4.0}:nanquantile(0.75)"},
};
/* clang-format on */
NM_FAMILY(quantile);
