/* histogram.c: how many elements there are of each kind: bincount, histc, histogram.  Elements
 * become numbers of bins, and what they weigh is added up there. */
#include "ops/order.h"

#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/families.h"

#include <math.h>

/* The sums (bins) of weights (n) by bin at (n), int64 from 0.  Parts of the elements are summed on
 * their own first, at once and in any case the same ones, as far as that takes less memory than
 * the elements do. */
static nm_tensor *sum_by_bin(nm_context *ctx, nm_tensor *at, nm_tensor *weights, int64_t bins) {
  if (!at || !weights) return NULL;
  int64_t n = nm_numel(at), parts = n / (4 * (bins > 16 ? bins : 16));
  if (parts > 256) parts = 256;
  nm_device *dev = nm__device_of(at);
  nm_dtype dtype = (nm_dtype)weights->dtype;
  if (parts < 2)
    return nm__t_put(ctx, nm__t_full(ctx, dev, dtype, 1, &bins, 0), 0, at, weights, NM_SCATTER_ADD);
  int64_t length = n / parts, whole = parts * length, shape[2] = {parts, length};
  int64_t table[2] = {parts, bins};
  nm_tensor *y = nm__t_put(ctx, nm__t_full(ctx, dev, dtype, 2, table, 0), 1,
                           nm__t_reshape(ctx, nm__t_narrow(ctx, at, 0, 0, whole), 2, shape),
                           nm__t_reshape(ctx, nm__t_narrow(ctx, weights, 0, 0, whole), 2, shape),
                           NM_SCATTER_ADD);
  y = nm__t_sum(ctx, y, 1, false);
  return nm__t_put(ctx, y, 0, nm__t_narrow(ctx, at, 0, whole, n - whole),
                   nm__t_narrow(ctx, weights, 0, whole, n - whole), NM_SCATTER_ADD);
}

/* 1 (n), in the memory of one element. */
static nm_tensor *ones(nm_context *ctx, nm_device *dev, nm_dtype dtype, int64_t n) {
  return nm__t_expand(ctx, nm__t_full(ctx, dev, dtype, 0, NULL, 1), 1, &n);
}

static nm_status extreme(nm_context *ctx, nm_reduction kind, nm_tensor *x, void *out, size_t size) {
  nm_tensor *r = nm__temp(ctx, nm__reduce(ctx, kind, x, 1, (nm_dtype)x->dtype));
  return r ? nm_read(ctx, r, out, size) : ctx->status;
}

/* ---- bincount ---- */

static nm_status bincount_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *w = nm__tensor_arg(c, 1);
  int64_t least = nm__int_arg(c, 2, 0), base = ctx->base, n = nm_numel(x), low = base, high = -1;
  nm_device *dev;
  char text[NM_SHAPE_TEXT];
  NM_TRY(nm__same_device(c, &dev));
  if (x->ndim != 1 || !nm__is_integral((nm_dtype)x->dtype) || x->dtype == NM_BOOL)
    return nm__op_error(c, NM_EINVAL, "counts integers in one dim, not %s of shape %s",
                        nm__dtype_name(x->dtype), nm__shape_text(x->ndim, x->shape, text));
  if (w && !nm__same_shape(w, 1, x->shape))
    return nm__op_error(c, NM_EINVAL, "weights have shape %s, there are %lld elements",
                        nm__shape_text(w->ndim, w->shape, text), (long long)n);
  if (least < 0) return nm__op_error(c, NM_EINVAL, "minlength %lld is negative", (long long)least);
  int mark = nm__scope(ctx);
  nm_tensor *at = nm__t_cast(ctx, x, NM_INT64);
  nm_status s = at ? NM_OK : ctx->status;
  if (s == NM_OK && n) s = extreme(ctx, NM_R_MIN, at, &low, sizeof low);
  if (s == NM_OK && n) s = extreme(ctx, NM_R_MAX, at, &high, sizeof high);
  if (s == NM_OK && low < base)
    s = nm__op_error(c, NM_EINVAL, "%lld is counted nowhere: bins begin at %lld", (long long)low,
                     (long long)base);
  int64_t bins = n && high - base >= least ? high - base + 1 : least;
  if (s == NM_OK && nm__countable(ctx, 1, &bins) < 0) s = ctx->status;
  nm_tensor *y = NULL;
  if (s == NM_OK) {
    if (base) at = nm__t2s(ctx, NM_I_sub, at, (double)base);
    if (w && w->dtype != NM_FLOAT32) w = nm__t_cast(ctx, w, NM_FLOAT64);
    y = sum_by_bin(ctx, at, nm__given(c, 1) ? w : ones(ctx, dev, NM_INT64, n), bins);
  }
  return nm__result(c, mark, y);
}

/* ---- histc, histogram ---- */

/* The bounds of a line of float32 or float64.  Bounds that are equal are those of the elements; if
 * these are too, `margin` goes to both sides of them. */
static nm_status range_of(const nm_op_call *c, nm_tensor *line, double margin, double *low,
                          double *high) {
  nm_context *ctx = c->ctx;
  if (*low == *high && nm_numel(line)) {
    float ends[2];
    if (line->dtype == NM_FLOAT64) {
      NM_TRY(extreme(ctx, NM_R_MIN, line, low, sizeof *low));
      NM_TRY(extreme(ctx, NM_R_MAX, line, high, sizeof *high));
    } else {
      NM_TRY(extreme(ctx, NM_R_MIN, line, &ends[0], sizeof *ends));
      NM_TRY(extreme(ctx, NM_R_MAX, line, &ends[1], sizeof *ends));
      *low = (double)ends[0], *high = (double)ends[1];
    }
  }
  if (!isfinite(*low) || !isfinite(*high))
    return nm__op_error(c, NM_EINVAL, "the elements reach from %g to %g: give a finite range", *low,
                        *high);
  if (*low > *high) return nm__op_error(c, NM_EINVAL, "max %g is below min %g", *high, *low);
  if (*low == *high) *low -= margin, *high += margin;
  return NM_OK;
}

static nm_status check_bins(const nm_op_call *c, int64_t bins) {
  if (bins >= 1) return nm__countable(c->ctx, 1, &bins) < 0 ? c->ctx->status : NM_OK;
  return nm__op_error(c, NM_EINVAL, "%lld bins: there must be at least one", (long long)bins);
}

static nm_status check_float(const nm_op_call *c, const nm_tensor *x) {
  if (nm__is_float((nm_dtype)x->dtype)) return NM_OK;
  return nm__op_error(c, NM_EINVAL, "not defined for %s: convert with :to(\"float32\")",
                      nm__dtype_name(x->dtype));
}

static nm_dtype computed_in(nm_dtype dtype) {
  return nm__dtype_size(dtype) == 2 ? NM_FLOAT32 : dtype;
}

static nm_status histc_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  int64_t bins = nm__int_arg(c, 1, 100), n = nm_numel(x);
  double low = nm__float_arg(c, 2, 0), high = nm__float_arg(c, 3, 0);
  nm_dtype dtype = (nm_dtype)x->dtype, wide = computed_in(dtype);
  NM_TRY(check_float(c, x));
  NM_TRY(check_bins(c, bins));
  int mark = nm__scope(ctx);
  nm_tensor *line = nm__t_reshape(ctx, nm__t_cast(ctx, x, wide), 1, &n), *y = NULL;
  if (line && range_of(c, line, 1, &low, &high) == NM_OK) {
    if (wide == NM_FLOAT32) low = (float)low, high = (float)high;
    double span = wide == NM_FLOAT32 ? (float)high - (float)low : high - low;
    nm_tensor *inside = nm__t2(ctx, NM_I_logical_and, nm__t2s(ctx, NM_I_ge, line, low),
                               nm__t2s(ctx, NM_I_le, line, high));
    nm_tensor *at = nm__t2s(ctx, NM_I_mul, nm__t2s(ctx, NM_I_sub, line, low), (double)bins);
    at = nm__t_cast(ctx, nm__t2s(ctx, NM_I_div, at, span), NM_INT64);
    at = nm__t2s(ctx, NM_I_maximum, nm__t2s(ctx, NM_I_minimum, at, (double)(bins - 1)), 0);
    y = sum_by_bin(ctx, at, nm__t_cast(ctx, inside, NM_INT64), bins);
  }
  return nm__result(c, mark, nm__t_cast(ctx, y, dtype));
}

/* bins + 1 edges, at equal distances. */
static nm_tensor *equal_edges(nm_context *ctx, nm_tensor *x, nm_dtype dtype, int64_t bins,
                              double low, double high) {
  nm_tensor *k = nm__t_cast(ctx, nm__t_counting(ctx, nm__device_of(x), bins + 1), dtype);
  double step = (high - low) / (double)bins;
  if (dtype == NM_FLOAT32) step = (float)step;
  nm_tensor *up = nm__t2s(ctx, NM_I_add, nm__t2s(ctx, NM_I_mul, k, step), low);
  nm_tensor *down = nm__ts2(ctx, NM_I_sub, high,
                            nm__t2s(ctx, NM_I_mul, nm__ts2(ctx, NM_I_sub, (double)bins, k), step));
  return nm__t3(ctx, NM_I_where, nm__t2s(ctx, NM_I_lt, k, (double)((bins + 1) / 2)), up, down);
}

static nm_status histogram_edges(nm_op_call *c, nm_tensor *line, nm_dtype dtype, nm_tensor **out) {
  nm_context *ctx = c->ctx;
  nm_tensor *edges = nm__tensor_arg(c, 1);
  const nm_value_arg *range = &c->args[2];
  char text[NM_SHAPE_TEXT];
  double low = 0, high = nm_numel(line) ? 0 : 1;
  if (edges) {
    if (edges->ndim != 1 || edges->shape[0] < 2 || edges->dtype != c->args[0].as.tensor->dtype)
      return nm__op_error(c, NM_EINVAL,
                          "the edges of bins are two or more in one dim, and of the "
                          "elements' dtype, not %s of shape %s",
                          nm__dtype_name(edges->dtype),
                          nm__shape_text(edges->ndim, edges->shape, text));
    if (nm__given(c, 2))
      return nm__op_error(c, NM_EINVAL, "range is given, and so are the edges of bins: give one");
    *out = nm__t_cast(ctx, edges, dtype);
    return *out ? NM_OK : ctx->status;
  }
  if (c->args[1].kind != NM_ARG_INT)
    return nm__op_error(c, NM_EINVAL, "bins is an integer, or the edges as a tensor");
  int64_t bins = c->args[1].as.integer;
  NM_TRY(check_bins(c, bins));
  if (nm__given(c, 2)) {
    if (range->n != 2) return nm__op_error(c, NM_EINVAL, "range is {min, max}");
    low = range->as.floats[0], high = range->as.floats[1];
  }
  NM_TRY(range_of(c, line, 0.5, &low, &high));
  *out = equal_edges(ctx, line, dtype, bins, low, high);
  return *out ? NM_OK : ctx->status;
}

/* Element x is in the bin whose lower edge is the last one not above it; the last edge is in the
 * last bin. */
static nm_tensor *fill_bins(nm_op_call *c, nm_tensor *line, nm_tensor *edges, nm_tensor *weights) {
  nm_context *ctx = c->ctx;
  int64_t n = nm_numel(line), bins = edges->shape[0] - 1, of_x[2] = {1, n},
          of_edges[2] = {1, bins + 1};
  nm_tensor *at = nm__t_search(ctx, nm__t_reshape(ctx, edges, 2, of_edges),
                               nm__t_reshape(ctx, line, 2, of_x), true);
  at = at ? nm__t_reshape(ctx, at, 1, &n) : NULL;
  nm_tensor *last = nm__t2(ctx, NM_I_eq, line, nm__t_narrow(ctx, edges, 0, bins, 1));
  nm_tensor *inside = nm__t2(ctx, NM_I_logical_or, last,
                             nm__t2(ctx, NM_I_logical_and, nm__t2s(ctx, NM_I_ge, at, 1),
                                    nm__t2s(ctx, NM_I_le, at, (double)bins)));
  at = nm__t2s(ctx, NM_I_maximum,
               nm__t2s(ctx, NM_I_minimum, nm__t2s(ctx, NM_I_sub, at, 1), (double)(bins - 1)), 0);
  weights = weights
                ? nm__t3(ctx, NM_I_where, inside, weights,
                         nm__t_full(ctx, nm__device_of(line), (nm_dtype)weights->dtype, 0, NULL, 0))
                : nm__t_cast(ctx, inside, NM_INT64);
  return sum_by_bin(ctx, at, weights, bins);
}

static nm_status histogram_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *w = nm__tensor_arg(c, 3), *edges = NULL, *y = NULL;
  int64_t n = nm_numel(x);
  nm_dtype dtype = (nm_dtype)x->dtype, wide = computed_in(dtype);
  nm_device *dev;
  char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
  NM_TRY(nm__same_device(c, &dev));
  NM_TRY(check_float(c, x));
  if (w && (!nm__same_shape(w, x->ndim, x->shape) || w->dtype != x->dtype))
    return nm__op_error(c, NM_EINVAL, "weight is %s of shape %s, the elements are %s of shape %s",
                        nm__dtype_name(w->dtype), nm__shape_text(w->ndim, w->shape, one),
                        nm__dtype_name(x->dtype), nm__shape_text(x->ndim, x->shape, two));
  int mark = nm__scope(ctx);
  nm_tensor *line = nm__t_reshape(ctx, nm__t_cast(ctx, x, wide), 1, &n);
  if (w) w = nm__t_reshape(ctx, nm__t_cast(ctx, w, wide), 1, &n);
  if (line && histogram_edges(c, line, wide, &edges) == NM_OK)
    y = nm__t_cast(ctx, fill_bins(c, line, edges, w), wide);
  if (y && nm__bool_arg(c, 4, false)) { /* so that the area is 1 */
    int64_t bins = edges->shape[0] - 1;
    nm_tensor *widths = nm__t2(ctx, NM_I_sub, nm__t_narrow(ctx, edges, 0, 1, bins),
                               nm__t_narrow(ctx, edges, 0, 0, bins));
    y = nm__t2(ctx, NM_I_div, nm__t2(ctx, NM_I_div, y, nm__t_sum(ctx, y, 1, false)), widths);
  }
  edges = y ? nm__t_cast(ctx, edges, dtype) : NULL;
  if (!edges) return nm__result(c, mark, NULL);
  nm_retain(edges);
  c->out[1] = edges;
  c->nout = 2;
  return nm__result(c, mark, nm__t_cast(ctx, y, dtype));
}

#define X                                                                                          \
  { "input", NM_P_TENSOR, 0, NULL }
/* clang-format off */
static const nm_op ops[] = {
  {.name = "bincount",
   NM_PARAMS(X, {"weights", NM_P_TENSOR, NM_OPTIONAL, NULL},
             {"minlength", NM_P_INT, NM_OPTIONAL, "0"}),
   .doc = "how often each integer comes: y[v] counts the value v, from 1 on; or the sum of the "
          "weights of what is v; a GPU is waited for, since the size depends on the elements",
   .shapes = "(N), (N) -> (max(largest element, minlength))", .errors = "integers below 1",
   .flags = NM_ANYWHERE, .forward = bincount_forward, .dtypes = "i", .lo = 1, .hi = 9,
   .example = "nm.tensor{1, 3, 3}:bincount()"},
  {.name = "histc",
   NM_PARAMS(X, {"bins", NM_P_INT, NM_OPTIONAL, "100"}, {"min", NM_P_FLOAT, NM_OPTIONAL, "0"},
             {"max", NM_P_FLOAT, NM_OPTIONAL, "0"}),
   .doc = "how many elements are in each of equally wide bins from min to max; "
          "others are not counted; when min equals max, they are the elements' own, and a GPU is "
          "waited for",
   .shapes = "(...) -> (bins)", .errors = "max below min, a range that is not finite",
   .flags = NM_ANYWHERE | NM_OUT, .forward = histc_forward, .dtypes = "f", .lo = -3, .hi = 3,
   .example = "nm.randn(100):histc(5, -2, 2)"},
  {.name = "histogram",
   NM_PARAMS(X, {"bins", NM_P_OPERAND, 0, NULL}, {"range", NM_P_FLOATS, NM_NAMED, NULL},
             {"weight", NM_P_TENSOR, NM_NAMED, NULL}, {"density", NM_P_BOOL, NM_NAMED, "false"}),
   .doc = "how many elements are in each bin, or the sum of their weights, and the edges of the "
          "bins; density: divided so that the area is 1; "
          "bins: how many, equally wide, over range = {min, max} or over the elements (then a GPU "
          "is waited for), or their edges in rising order; all bins but the last are without their "
          "upper edge, and what is outside is not counted",
   .shapes = "(...), () -> (bins), (bins + 1)",
   .errors = "max below min, a range that is not finite",
   .flags = NM_ANYWHERE, .forward = histogram_forward, .dtypes = "f", .lo = -3, .hi = 3,
   .example = "nm.randn(100):histogram(5)"},
};
/* clang-format on */
NM_FAMILY(histogram);
