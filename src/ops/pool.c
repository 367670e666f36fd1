/* pool.c: one value for each window of the spatial dims.
 *
 * The leading dims are one, B, and a tensor is (B, S...).  Maxima come from the device's pooling
 * with the places where they were found, if these are asked for or a gradient will be: it is put
 * there (`picked`).  Adaptive windows of different sizes are made by picking.  Averages are sums of
 * windows, whose gradient spreads over them (`pool_sum`, `pool_spread`: each is the derivative of
 * the other), or sums over parts of a reshaped input where adaptive windows do not overlap. */
#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/window.h"

#include <math.h>

/* ---- maxima ---- */

/* Where the elements of the windows are in (S...): (1, O * K), K being those of the longest; a
 * shorter window repeats its last element. */
static nm_tensor *adaptive_places(nm_context *ctx, nm_device *dev, const nm_windows *w) {
  nm_tensor *at = NULL;
  int64_t stride[3], flat[2] = {1, 1};
  nm__row_major(w->dims, w->in, stride);
  for (int d = 0; d < w->dims; d++) {
    nm_tensor *o = nm__counting_along(ctx, dev, 2 * w->dims, d, w->out[d]);
    nm_tensor *k = nm__counting_along(ctx, dev, 2 * w->dims, w->dims + d, w->size[d]);
    nm_tensor *last = nm__whole(ctx, NM_I_sub, nm__window_lengths(ctx, w, d, o), 1);
    k = nm__t2(ctx, NM_I_add, nm__window_starts(ctx, w, d, o), nm__t2(ctx, NM_I_minimum, k, last));
    k = nm__whole(ctx, NM_I_mul, k, stride[d]);
    at = d ? nm__t2(ctx, NM_I_add, at, k) : k;
    flat[1] *= w->out[d] * w->size[d];
  }
  return nm__t_reshape(ctx, at, 2, flat);
}

/* Positions in (S...), from 0, of the first largest element of each adaptive window: (B, O...). */
static nm_tensor *adaptive_largest(nm_context *ctx, nm_tensor *x, const nm_windows *w) {
  nm_device *dev = nm__device_of(x);
  int64_t shape[7] = {w->batch}, in_stride[3], k_stride[3];
  int64_t from[2] = {w->batch, nm__count(w->dims, w->in)}, to[2] = {w->batch, 0};
  uint32_t mask = ((1u << w->dims) - 1) << (1 + w->dims);
  nm__row_major(w->dims, w->in, in_stride);
  nm__row_major(w->dims, w->size, k_stride);
  for (int d = 0; d < w->dims; d++) {
    shape[1 + d] = w->out[d];
    shape[1 + w->dims + d] = w->size[d];
  }
  nm_tensor *places = adaptive_places(ctx, dev, w), *at = NULL;
  if (!places) return NULL;
  to[1] = places->shape[1];
  places = nm__t_expand(ctx, places, 2, to);
  nm_tensor *v = nm__t_reshape(ctx, nm__t_pick(ctx, nm__t_reshape(ctx, x, 2, from), 1, places),
                               1 + 2 * w->dims, shape);
  nm_tensor *rest = v ? nm__temp(ctx, nm__reduce(ctx, NM_R_ARGMAX, v, mask, NM_INT64)) : NULL;
  for (int d = 0; d < w->dims && rest; d++) {
    nm_tensor *o = nm__counting_along(ctx, dev, 1 + w->dims, 1 + d, w->out[d]), *k = rest;
    if (d + 1 < w->dims) {
      k = nm__whole(ctx, NM_I_floor_divide, rest, k_stride[d]);
      rest = nm__t2(ctx, NM_I_sub, rest, nm__whole(ctx, NM_I_mul, k, k_stride[d]));
    }
    k = nm__t2(ctx, NM_I_minimum, k, nm__whole(ctx, NM_I_sub, nm__window_lengths(ctx, w, d, o), 1));
    k = nm__whole(ctx, NM_I_mul, nm__t2(ctx, NM_I_add, k, nm__window_starts(ctx, w, d, o)),
                  in_stride[d]);
    at = d ? nm__t2(ctx, NM_I_add, at, k) : k;
  }
  return at;
}

/* The device's pooling of x (B, X...) into (B, out...); the maxima's places too, if asked for, or
 * for spreading from them. */
static nm_tensor *pooled(nm_context *ctx, nm_tensor *x, const nm_pooling *pool, const int64_t *out,
                         nm_tensor **places) {
  nm_view vx, vy, vi;
  if (!x) return NULL;
  int64_t shape[4] = {x->shape[0]};
  nm_device *dev = nm__device_of(x);
  for (int d = 0; d < pool->dims; d++) shape[1 + d] = out[d];
  nm_tensor *y = nm__t_empty(ctx, x, 1 + pool->dims, shape);
  if (!y || nm__view_of(ctx, x, &vx) != NM_OK || nm__view_of(ctx, y, &vy) != NM_OK) return NULL;
  if (places && pool->kind == NM_POOL_SPREAD) {
    nm_tensor *at = nm__contiguous(ctx, *places);
    if (!at || nm__view_of(ctx, at, &vi) != NM_OK) return NULL;
  } else if (places) {
    *places = nm__t_empty_of(ctx, dev, NM_INT64, 1 + pool->dims, shape);
    if (!*places || nm__view_of(ctx, *places, &vi) != NM_OK) return NULL;
  }
  return dev->cls->pool(dev, pool, &vx, &vy, places ? &vi : NULL) == NM_OK ? y : NULL;
}

static nm_pooling pool_of(const nm_windows *w, nm_pool_kind kind, double divisor) {
  nm_pooling p = {.kind = kind, .dims = w->dims, .divisor = divisor};
  for (int d = 0; d < w->dims; d++) {
    p.size[d] = w->size[d], p.step[d] = w->step[d];
    p.pad[d] = w->pad[d], p.dilation[d] = w->dilation[d];
  }
  return p;
}

/* ---- picked, pool_sum, pool_spread ---- */

/* Parameters of these: picked has `values` (B, O...), known to be x's (B, X...) at `at`. */
enum { P_AT = 1, P_VALUES, P_SIZE, P_STEP, P_PAD, P_DILATION, P_OUT, P_DIVISOR, P_ARGS };

static void window_args(const nm_windows *w, double divisor, nm_value_arg *args) {
  args[P_AT] = args[P_VALUES] = nm__arg_none();
  args[P_SIZE] = nm__arg_ints(w->dims, w->size);
  args[P_STEP] = nm__arg_ints(w->dims, w->step);
  args[P_PAD] = nm__arg_ints(w->dims, w->pad);
  args[P_DILATION] = nm__arg_ints(w->dims, w->dilation);
  args[P_OUT] = nm__arg_ints(w->dims, w->out);
  args[P_DIVISOR] = nm__arg_float(divisor);
}

/* One of them with the same windows as `like`. */
static nm_tensor *like(nm_context *ctx, nm_known op, nm_tensor *x, nm_tensor *at,
                       const nm_value_arg *like, int dims, const int64_t *out) {
  nm_value_arg args[P_ARGS];
  for (int i = P_SIZE; i < P_ARGS; i++) args[i] = like[i];
  args[0] = nm__arg_t(x);
  args[P_AT] = at ? nm__arg_t(at) : nm__arg_none();
  args[P_VALUES] = nm__arg_none();
  args[P_OUT] = nm__arg_ints(dims, out);
  return x ? nm__t(ctx, nm__known(ctx, op), args) : NULL;
}

/* Everything was checked by those who apply them. */
static nm_status sums_forward(nm_op_call *c) {
  nm_tensor *x = nm__tensor_arg(c, 0), *at = nm__tensor_arg(c, P_AT);
  bool sum = c->op == nm__known(c->ctx, NM_OP_pool_sum);
  nm_pooling p = {.kind = sum ? NM_POOL_SUM : NM_POOL_SPREAD,
                  .dims = x->ndim - 1,
                  .divisor = c->args[P_DIVISOR].as.number};
  for (int d = 0; d < p.dims; d++) {
    p.size[d] = c->args[P_SIZE].as.ints[d], p.step[d] = c->args[P_STEP].as.ints[d];
    p.pad[d] = c->args[P_PAD].as.ints[d], p.dilation[d] = c->args[P_DILATION].as.ints[d];
  }
  int mark = nm__scope(c->ctx);
  return nm__result(c, mark, pooled(c->ctx, x, &p, c->args[P_OUT].as.ints, at ? &at : NULL));
}

static nm_status picked_forward(nm_op_call *c) {
  int mark = nm__scope(c->ctx);
  return nm__result(c, mark, nm__t_clone(c->ctx, nm__tensor_arg(c, P_VALUES)));
}

/* Picks x's (B, X...) elements at places (B, O...). */
static nm_tensor *pick_places(nm_context *ctx, nm_tensor *x, nm_tensor *at) {
  if (!x || !at) return NULL;
  int64_t from[2] = {x->shape[0], nm__count(x->ndim - 1, x->shape + 1)};
  int64_t to[2] = {at->shape[0], nm__count(at->ndim - 1, at->shape + 1)};
  nm_tensor *y = nm__t_pick(ctx, nm__t_reshape(ctx, x, 2, from), 1, nm__t_reshape(ctx, at, 2, to));
  return nm__t_reshape(ctx, y, at->ndim, at->shape);
}

static nm_tensor *sums_backward(nm_grad_call *b, int i) {
  const nm_dims *in = &b->node->edges[0].shape;
  bool spread = b->node->op == nm__known(b->ctx, NM_OP_pool_spread);
  (void)i;
  if (spread && b->x[1]) return nm__gradient(b, pick_places(b->ctx, b->g[0], b->x[1]));
  return nm__gradient(b, like(b->ctx, spread ? NM_OP_pool_sum : NM_OP_pool_spread, b->g[0],
                              spread ? NULL : b->x[1], b->args, in->ndim - 1, in->dim + 1));
}

/* The values, and with `indices` where they are. */
static nm_status maxima(nm_op_call *c, const nm_windows *w, bool indices) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *y = NULL, *at = NULL;
  bool recording = ctx->grad_enabled, traced = recording && nm__tracks(x);
  nm_pooling pool = pool_of(w, NM_POOL_MAX, 1);
  int mark = nm__scope(ctx);
  x = nm__flattened(ctx, x, w, w->in);
  if (!x) return nm__result(c, mark, NULL);
  ctx->grad_enabled = false; /* places have no gradient */
  if (w->adaptive)
    at = adaptive_largest(ctx, x, w);
  else
    y = pooled(ctx, x, &pool, w->out, indices || traced ? &at : NULL);
  ctx->grad_enabled = recording;
  if (w->adaptive) {
    y = pick_places(ctx, x, at);
  } else if (y && traced) {
    nm_value_arg args[P_ARGS];
    window_args(w, 1, args);
    args[0] = nm__arg_t(x), args[P_AT] = nm__arg_t(at), args[P_VALUES] = nm__arg_t(y);
    y = nm__t(ctx, nm__known(ctx, NM_OP_picked), args);
  }
  y = nm__unflattened(ctx, y, w, w->out);
  if (y && indices) {
    at = nm__unflattened(ctx, ctx->base ? nm__whole(ctx, NM_I_add, at, ctx->base) : at, w, w->out);
    if (!at) return nm__result(c, mark, NULL);
    nm_retain(at);
    c->out[1] = at;
    c->nout = 2;
  }
  return nm__result(c, mark, y);
}

static nm_status max_pool_forward(nm_op_call *c) {
  nm_windows w = {0};
  NM_TRY(nm__read_pooled(c, &w));
  NM_TRY(nm__each_arg(c, 4, w.dims, 1, 1, w.dilation));
  NM_TRY(nm__read_windows(c, &w, nm__bool_arg(c, 5, false)));
  return maxima(c, &w, nm__bool_arg(c, 6, false));
}

static nm_status adaptive_max_forward(nm_op_call *c) {
  nm_windows w = {0};
  NM_TRY(nm__read_pooled(c, &w));
  NM_TRY(nm__read_adaptive(c, &w));
  return maxima(c, &w, nm__bool_arg(c, 2, false));
}

/* Zeros with input at the places of indices: what max_pool took away is put back. */
static nm_status max_unpool_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *index = nm__tensor_arg(c, 1);
  const nm_value_arg *size = &c->args[5];
  nm_windows w = {0};
  nm_device *dev;
  int64_t k[3], step[3], pad[3];
  char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
  NM_TRY(nm__read_pooled(c, &w));
  NM_TRY(nm__same_device(c, &dev));
  if (!nm__same_shape(index, x->ndim, x->shape))
    return nm__op_error(c, NM_EINVAL, "indices of shape %s for input of shape %s",
                        nm__shape_text(index->ndim, index->shape, one),
                        nm__shape_text(x->ndim, x->shape, two));
  NM_TRY(nm__each_arg(c, 2, w.dims, 0, 1, k));
  NM_TRY(nm__each_arg(c, 3, w.dims, 1, 1, step));
  NM_TRY(nm__each_arg(c, 4, w.dims, 0, 0, pad));
  int given = nm__each_given(c, 5) ? size->n : 0;
  if (given && given != w.dims && given != x->ndim)
    return nm__op_error(c, NM_EINVAL, "output_size has %d elements: one for each of the %d dims",
                        given, w.dims);
  for (int d = 0; d < w.dims; d++) {
    if (!nm__each_given(c, 3)) step[d] = k[d];
    int64_t usual = (w.in[d] - 1) * step[d] - 2 * pad[d] + k[d];
    w.out[d] = given ? size->as.ints[given - w.dims + d] : usual;
    if (w.out[d] < 1 || w.out[d] <= usual - step[d] || w.out[d] >= usual + step[d])
      return nm__op_error(c, NM_EINVAL,
                          "output size %lld of dim %d: it must be between %lld and %lld",
                          (long long)w.out[d], w.lead.ndim + d + ctx->base,
                          (long long)(usual - step[d] + 1), (long long)(usual + step[d] - 1));
  }
  int64_t from[2] = {w.batch, nm__count(w.dims, w.in)};
  int64_t to[2] = {w.batch, nm__count(w.dims, w.out)};
  int mark = nm__scope(ctx);
  nm_tensor *at = nm__t_reshape(ctx, nm__index_values(c, index, to[1]), 2, from);
  nm_tensor *zeros = nm__t_full(ctx, dev, (nm_dtype)x->dtype, 2, to, 0);
  nm_tensor *y = nm__t_put(ctx, zeros, 1, at, nm__t_reshape(ctx, x, 2, from), NM_SCATTER_SET);
  return nm__result(c, mark, nm__unflattened(ctx, y, &w, w.out));
}

/* ---- averages ---- */

/* Sums over windows, divided. */
static nm_tensor *window_sums(nm_context *ctx, nm_tensor *x, const nm_windows *w, double divisor) {
  nm_value_arg args[P_ARGS];
  window_args(w, divisor, args);
  return like(ctx, NM_OP_pool_sum, nm__flattened(ctx, x, w, w->in), NULL, args, w->dims, w->out);
}

/* How many elements each window has: with `padding`, of the padding of both sides too. */
static nm_tensor *window_counts(nm_context *ctx, nm_device *dev, const nm_windows *w,
                                bool padding) {
  nm_tensor *product = NULL;
  for (int d = 0; d < w->dims; d++) {
    nm_tensor *low =
        nm__window_starts(ctx, w, d, nm__counting_along(ctx, dev, w->dims, d, w->out[d]));
    int64_t last = w->in[d] + (padding ? w->pad[d] : 0);
    nm_tensor *high = nm__whole(ctx, NM_I_minimum, nm__whole(ctx, NM_I_add, low, w->size[d]), last);
    if (!padding) low = nm__whole(ctx, NM_I_maximum, low, 0);
    nm_tensor *n = nm__t2(ctx, NM_I_sub, high, low);
    product = d ? nm__t2(ctx, NM_I_mul, product, n) : n;
  }
  return product;
}

/* Whether every window is one of kernel_size, with `padding` counting the padding of both sides. */
static bool all_full(const nm_windows *w, bool padding) {
  bool full = true;
  for (int d = 0; d < w->dims; d++) {
    int64_t end = (w->out[d] - 1) * w->step[d] - w->pad[d] + w->size[d];
    full &= padding ? end <= w->in[d] + w->pad[d] : end <= w->in[d] && !w->pad[d];
  }
  return full;
}

/* The averages of x in windows; `divisor`: what sums are divided by instead of their number, 0:
 * none. */
static nm_tensor *averages(nm_context *ctx, nm_tensor *x, const nm_windows *w, bool padding,
                           int64_t divisor) {
  if (!divisor && all_full(w, padding)) divisor = nm__count(w->dims, w->size);
  nm_tensor *sum = window_sums(ctx, x, w, divisor ? (double)divisor : 1);
  sum = nm__unflattened(ctx, sum, w, w->out);
  if (!sum || divisor) return sum;
  nm_tensor *n = window_counts(ctx, nm__device_of(x), w, padding);
  return nm__t2(ctx, NM_I_div, sum, nm__t_cast(ctx, n, (nm_dtype)sum->dtype));
}

static nm_status avg_pool_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  nm_dtype dtype = (nm_dtype)x->dtype;
  nm_windows w = {.dilation = {1, 1, 1}};
  bool override = c->nargs > 6 && nm__given(c, 6);
  int64_t divisor = override ? c->args[6].as.integer : 0;
  NM_TRY(nm__read_pooled(c, &w));
  NM_TRY(nm__read_windows(c, &w, nm__bool_arg(c, 4, false)));
  if (override && !divisor) return nm__op_error(c, NM_EINVAL, "divisor_override is 0");
  int mark = nm__scope(ctx);
  x = nm__t_cast(ctx, x, nm__computed_in(dtype));
  nm_tensor *y = averages(ctx, x, &w, nm__bool_arg(c, 5, true), divisor);
  return nm__result(c, mark, nm__t_cast(ctx, y, dtype));
}

/* Dim d of x (B, S...) in windows of w: (..., O, K, ...), 0 behind the end of a shorter one. */
static nm_tensor *in_windows(nm_context *ctx, nm_tensor *x, const nm_windows *w, int d) {
  nm_device *dev = x ? nm__device_of(x) : NULL;
  int64_t shape[NM_MAX_DIMS], flat[NM_MAX_DIMS], place[NM_MAX_DIMS];
  if (!x) return NULL;
  int n = x->ndim;
  for (int k = 0; k <= n; k++) shape[k] = k < d ? x->shape[k] : k > d + 1 ? x->shape[k - 1] : 0;
  shape[d] = w->out[d - 1], shape[d + 1] = w->size[d - 1];
  if (!w->adaptive) return nm__t_reshape(ctx, x, n + 1, shape);
  for (int k = 0; k < n; k++) {
    place[k] = k == d ? shape[d] * shape[d + 1] : 1;
    flat[k] = k == d ? shape[d] * shape[d + 1] : x->shape[k];
  }
  nm_tensor *o = nm__counting_along(ctx, dev, 2, 0, shape[d]),
            *k = nm__counting_along(ctx, dev, 2, 1, shape[d + 1]);
  nm_tensor *length = nm__window_lengths(ctx, w, d - 1, o),
            *inside = nm__t2(ctx, NM_I_lt, k, length);
  nm_tensor *last = nm__whole(ctx, NM_I_sub, length, 1);
  nm_tensor *at = nm__t2(ctx, NM_I_add, nm__window_starts(ctx, w, d - 1, o),
                         nm__t2(ctx, NM_I_minimum, k, last));
  at = nm__t_expand(ctx, nm__t_reshape(ctx, at, n, place), n, flat);
  x = nm__t_reshape(ctx, nm__t_pick(ctx, x, d, at), n + 1, shape);
  for (int i = 0; i <= n; i++) shape[i] = i == d || i == d + 1 ? shape[i] : 1;
  inside = nm__t_reshape(ctx, inside, n + 1, shape);
  return x ? nm__t3(ctx, NM_I_where, inside, x, nm__t_full_like(ctx, x, 0)) : NULL;
}

/* Windows are products of intervals, so the sums are taken dim by dim. */
static nm_status adaptive_avg_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  nm_dtype dtype = (nm_dtype)x->dtype;
  nm_windows w = {0};
  NM_TRY(nm__read_pooled(c, &w));
  NM_TRY(nm__read_adaptive(c, &w));
  int mark = nm__scope(ctx);
  nm_device *dev = nm__device_of(x);
  nm_tensor *sum = nm__flattened(ctx, nm__t_cast(ctx, x, nm__computed_in(dtype)), &w, w.in);
  if (w.adaptive) {
    nm_tensor *count = NULL;
    for (int d = 0; d < w.dims; d++) {
      nm_tensor *n =
          nm__window_lengths(ctx, &w, d, nm__counting_along(ctx, dev, w.dims, d, w.out[d]));
      count = d ? nm__t2(ctx, NM_I_mul, count, n) : n;
      sum = nm__t_sum(ctx, in_windows(ctx, sum, &w, 1 + d), 1u << (2 + d), false);
    }
    sum = sum ? nm__t2(ctx, NM_I_div, sum, nm__t_cast(ctx, count, (nm_dtype)sum->dtype)) : NULL;
  } else {
    uint32_t parts = 0;
    for (int d = w.dims - 1; d >= 0; d--) {
      sum = in_windows(ctx, sum, &w, 1 + d);
      parts |= 1u << (2 + 2 * d);
    }
    sum = nm__t2s(ctx, NM_I_div, nm__t_sum(ctx, sum, parts, false),
                  (double)nm__count(w.dims, w.size));
  }
  return nm__result(c, mark, nm__t_cast(ctx, nm__unflattened(ctx, sum, &w, w.out), dtype));
}

/* The p-th root of the sum of p-th powers; as in PyTorch, a window that the end cuts is scaled as
 * if it were whole. */
static nm_status lp_pool_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  nm_dtype dtype = (nm_dtype)x->dtype;
  nm_windows w = {.dilation = {1, 1, 1}};
  double p = nm__float_arg(c, 1, 2);
  NM_TRY(nm__read_pooled(c, &w));
  if (!(p != 0)) return nm__op_error(c, NM_EINVAL, "norm_type %g: there is no such root", p);
  nm_value_arg args[4] = {c->args[0], c->args[2], c->args[3], nm__arg_none()};
  nm_op_call sizes = *c;
  sizes.args = args; /* as read_windows counts them */
  NM_TRY(nm__read_windows(&sizes, &w, nm__bool_arg(c, 4, false)));
  int mark = nm__scope(ctx);
  x = nm__t_cast(ctx, x, nm__computed_in(dtype));
  nm_tensor *mean = averages(ctx, nm__t2s(ctx, NM_I_pow, x, p), &w, true, 0);
  nm_tensor *sum = nm__t2s(ctx, NM_I_mul, mean, (double)nm__count(w.dims, w.size));
  return nm__result(c, mark, nm__t_cast(ctx, nm__t2s(ctx, NM_I_pow, sum, 1 / p), dtype));
}

#define X                                                                                          \
  { "input", NM_P_TENSOR, 0, NULL }
#define EACH(name, standard)                                                                       \
  { name, NM_P_EACH, NM_OPTIONAL, standard }
#define SIZE(name)                                                                                 \
  { name, NM_P_EACH, 0, NULL }
#define FLAG(name, standard)                                                                       \
  { name, NM_P_BOOL, NM_OPTIONAL, standard }
#define EVERYWHERE (NM_FUNCTION | NM_OUT | NM_COMPOSED)
#define SIZES                                                                                      \
  "(N, C, size...) -> (N, C, (size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride + "  \
  "1...); or without N"
/* clang-format off */
#define POOL(n, average, in, small, kernel)                                                                        \
  {.name = "nn.functional.max_pool" n "d",                                                         \
   NM_PARAMS(X, SIZE("kernel_size"), EACH("stride", "kernel_size"), EACH("padding", "0"),          \
             EACH("dilation", "1"), FLAG("ceil_mode", "false"), FLAG("return_indices", "false")),  \
   .doc = "the largest element of each window of the last " n " dims, NaN counting as the largest, "\
          "and with return_indices its place, counted in row-major order of these dims; the first "\
          "of equal ones gets the gradient; with ceil_mode windows may reach over the end",        \
   .shapes = SIZES, .errors = "padding above half of kernel_size; windows larger than the input",  \
   .flags = NM_FUNCTION | NM_COMPOSED, .forward = max_pool_forward, .dtypes = "f", .lo = -3,       \
   .hi = 3, .example = "nm.nn.functional.max_pool" n "d(nm.arange(16.0):reshape(" in "), " kernel ")"},\
  {.name = "nn.functional.avg_pool" n "d",                                                         \
   NM_PARAMS(X, SIZE("kernel_size"), EACH("stride", "kernel_size"), EACH("padding", "0"),          \
             FLAG("ceil_mode", "false"), FLAG("count_include_pad", "true") average),               \
   .doc = "the mean of each window of the last " n " dims; the zeros of the padding count, unless "\
          "count_include_pad is false",                                                            \
   .shapes = SIZES, .errors = "padding above half of kernel_size; windows larger than the input",  \
   .flags = EVERYWHERE, .forward = avg_pool_forward, .dtypes = "f", .lo = -3, .hi = 3,             \
   .example = "nm.nn.functional.avg_pool" n "d(nm.arange(16.0):reshape(" in "), " kernel ")"},     \
  {.name = "nn.functional.adaptive_max_pool" n "d",                                                \
   NM_PARAMS(X, SIZE("output_size"), FLAG("return_indices", "false")),                             \
   .doc = "the largest elements of output_size windows, as even as can be, and with "              \
          "return_indices their places: window o reaches from floor(o * S / O) to "                \
          "ceil((o + 1) * S / O), counted from 0",                                                 \
   .shapes = "(N, C, S...) -> (N, C, output_size...); or without N",                               \
   .flags = NM_FUNCTION | NM_COMPOSED, .forward = adaptive_max_forward, .dtypes = "f", .lo = -3,   \
   .hi = 3,                                                                                        \
   .example = "nm.nn.functional.adaptive_max_pool" n "d(nm.arange(16.0):reshape(" in "), 1)"},     \
  {.name = "nn.functional.adaptive_avg_pool" n "d", NM_PARAMS(X, SIZE("output_size")),             \
   .doc = "the means of output_size windows, as even as can be: window o reaches from "            \
          "floor(o * S / O) to ceil((o + 1) * S / O), counted from 0",                             \
   .shapes = "(N, C, S...) -> (N, C, output_size...); or without N",                               \
   .flags = EVERYWHERE, .forward = adaptive_avg_forward, .dtypes = "f", .lo = -3, .hi = 3,         \
   .example = "nm.nn.functional.adaptive_avg_pool" n "d(nm.arange(16.0):reshape(" in "), 1)"},     \
  {.name = "nn.functional.max_unpool" n "d",                                                       \
   NM_PARAMS(X, {"indices", NM_P_TENSOR, 0, NULL}, SIZE("kernel_size"),                            \
             EACH("stride", "kernel_size"), EACH("padding", "0"),                                  \
             {"output_size", NM_P_INTS, NM_OPTIONAL, NULL}),                                       \
   .doc = "zeros with input at the places that max_pool" n "d gave as indices",                    \
   .shapes = "(N, C, O...), (N, C, O...) -> (N, C, (O - 1) * stride - 2 * padding + "              \
             "kernel_size...); or without N",                                                      \
   .errors = "indices outside of the output; output_size not within a stride of the usual one",    \
   .flags = EVERYWHERE, .forward = max_unpool_forward, .dtypes = "f", .lo = -3, .hi = 3,           \
   .example = "nm.nn.functional.max_unpool" n "d(nm.ones(" small "), nm.full({" small "}, 2), 2)"}
#define LP(n, in, kernel)                                                                          \
  {.name = "nn.functional.lp_pool" n "d",                                                          \
   NM_PARAMS(X, {"norm_type", NM_P_FLOAT, 0, NULL}, SIZE("kernel_size"),                           \
             EACH("stride", "kernel_size"), FLAG("ceil_mode", "false")),                           \
   .doc = "the p-th root of the sum of the p-th powers of each window, p being norm_type; with "  \
          "ceil_mode a window that the end cuts is scaled as if it were whole",                     \
   .shapes = "(N, C, size...) -> (N, C, (size - kernel_size) / stride + 1...); or without N",      \
   .errors = "norm_type 0; windows larger than the input",                                         \
   .flags = EVERYWHERE, .forward = lp_pool_forward, .dtypes = "f", .lo = 0.5, .hi = 3,             \
   .example = "nm.nn.functional.lp_pool" n "d(nm.arange(16.0):reshape(" in "), 2, " kernel ")"}
#define NOTHING
#define DIVISOR , {"divisor_override", NM_P_INT, NM_OPTIONAL, NULL}
#define WINDOWS(name_, doc_, forward_)                                                             \
  {.name = name_,                                                                                  \
   NM_PARAMS(X, {"at", NM_P_TENSOR, NM_OPTIONAL, NULL}, {"values", NM_P_TENSOR, NM_OPTIONAL, NULL},\
             {"size", NM_P_INTS, 0, NULL}, {"step", NM_P_INTS, 0, NULL},                           \
             {"pad", NM_P_INTS, 0, NULL}, {"dilation", NM_P_INTS, 0, NULL},                        \
             {"out", NM_P_INTS, 0, NULL}, {"divisor", NM_P_FLOAT, 0, NULL}),                       \
   .doc = doc_, .forward = forward_, .backward = sums_backward, .uses = {2}, .dtypes = "f"}
static const nm_op ops[] = {
  WINDOWS("picked", "values, which are the largest of windows, at places of input", picked_forward),
  WINDOWS("pool_sum", "sums of windows, see nm_pooling", sums_forward),
  WINDOWS("pool_spread", "the sums of the windows that an element is in, with `at` of those that it "
          "stands for", sums_forward),
  POOL("1", NOTHING, "1, 1, 16", "1, 1, 1", "4"),
  POOL("2", DIVISOR, "1, 1, 4, 4", "1, 1, 1, 1", "2"),
  POOL("3", DIVISOR, "1, 1, 2, 2, 4", "1, 1, 1, 1, 1", "2"),
  LP("1", "1, 1, 16", "4"),
  LP("2", "1, 1, 4, 4", "2"),
};
/* clang-format on */
NM_FAMILY(pool);
