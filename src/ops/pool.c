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

typedef struct windows { /* in each spatial dim */
  int dims;
  bool adaptive; /* window o is [floor(o in / out), ceil((o + 1) in / out)) */
  int64_t in[3], out[3];
  int64_t size[3], step[3], pad[3], dilation[3]; /* size: of the longest, when adaptive */
  nm_dims lead;                                  /* the dims before them */
  int64_t batch;                                 /* elements of these */
} windows;

static nm_tensor *whole(nm_context *ctx, nm_opcode op, nm_tensor *x, int64_t n) {
  nm_value_arg args[2] = {nm__arg_t(x), nm__arg_int(n)};
  return x ? nm__t(ctx, nm__op_of(op), args) : NULL;
}

/* 0, 1, ..., n - 1 along dim d of `ndim`, the others of size 1. */
static nm_tensor *counting(nm_context *ctx, nm_device *dev, int ndim, int d, int64_t n) {
  int64_t shape[NM_MAX_DIMS];
  for (int k = 0; k < ndim; k++) shape[k] = k == d ? n : 1;
  return nm__t_reshape(ctx, nm__t_counting(ctx, dev, n), ndim, shape);
}

/* ceil(x / n) */
static nm_tensor *divided_up(nm_context *ctx, nm_tensor *x, int64_t n) {
  return whole(ctx, NM_I_floor_divide, whole(ctx, NM_I_add, x, n - 1), n);
}

/* Where window o of dim d starts and how many elements an adaptive one has; o as counting gives it.
 */
static nm_tensor *starts(nm_context *ctx, const windows *w, int d, nm_tensor *o) {
  if (!w->adaptive) return whole(ctx, NM_I_sub, whole(ctx, NM_I_mul, o, w->step[d]), w->pad[d]);
  return whole(ctx, NM_I_floor_divide, whole(ctx, NM_I_mul, o, w->in[d]), w->out[d]);
}

static nm_tensor *lengths(nm_context *ctx, const windows *w, int d, nm_tensor *o) {
  nm_tensor *next = whole(ctx, NM_I_mul, whole(ctx, NM_I_add, o, 1), w->in[d]);
  return nm__t2(ctx, NM_I_sub, divided_up(ctx, next, w->out[d]), starts(ctx, w, d, o));
}

/* ---- reading the arguments ---- */

static nm_status read_input(const nm_op_call *c, windows *w) {
  const nm_tensor *x = nm__tensor_arg(c, 0);
  char text[NM_SHAPE_TEXT];
  int dims = w->dims = nm__spatial_dims(c->op), lead = x->ndim - dims;
  if (!nm__is_float((nm_dtype)x->dtype))
    return nm__op_error(c, NM_EINVAL, "not defined for %s: convert with :to(\"float32\")",
                        nm__dtype_name(x->dtype));
  nm__shape_text(x->ndim, x->shape, text);
  if (lead != 1 && lead != 2)
    return nm__op_error(c, NM_EINVAL,
                        "input of shape %s: it must have %d dims, (N, C, ...), or %d without N",
                        text, dims + 2, dims + 1);
  w->lead = (nm_dims){.ndim = lead};
  w->batch = 1;
  for (int d = 0; d < lead; d++) w->batch *= w->lead.dim[d] = x->shape[d];
  for (int d = 0; d < dims; d++)
    if ((w->in[d] = x->shape[lead + d]) == 0)
      return nm__op_error(c, NM_EINVAL, "input of shape %s: dim %d has no elements", text,
                          lead + d + c->ctx->base);
  return NM_OK;
}

enum { KERNEL = 1, STRIDE, PADDING }; /* parameters */

/* kernel_size, stride, padding; ceil: windows may start within input and its low padding and end
 * behind. */
static nm_status read_windows(const nm_op_call *c, windows *w, bool ceil) {
  const nm_tensor *x = nm__tensor_arg(c, 0);
  char text[NM_SHAPE_TEXT];
  NM_TRY(nm__each_arg(c, KERNEL, w->dims, 0, 1, w->size));
  NM_TRY(nm__each_arg(c, STRIDE, w->dims, 1, 1, w->step));
  if (!nm__each_given(c, STRIDE))
    for (int d = 0; d < w->dims; d++) w->step[d] = w->size[d];
  NM_TRY(nm__each_arg(c, PADDING, w->dims, 0, 0, w->pad));
  for (int d = 0; d < w->dims; d++) {
    int64_t span = w->dilation[d] * (w->size[d] - 1) + 1, all = w->in[d] + 2 * w->pad[d];
    if (w->pad[d] > w->size[d] / 2)
      return nm__op_error(c, NM_EINVAL, "padding %lld is more than half of the kernel's size %lld",
                          (long long)w->pad[d], (long long)w->size[d]);
    int64_t room = all - span + (ceil ? w->step[d] - 1 : 0);
    w->out[d] = room < 0 ? 0 : room / w->step[d] + 1;
    if (ceil && (w->out[d] - 1) * w->step[d] >= w->in[d] + w->pad[d]) w->out[d]--;
    if (w->out[d] < 1)
      return nm__op_error(c, NM_EINVAL,
                          "a kernel that spans %lld elements reaches beyond input of shape %s with "
                          "padding %lld",
                          (long long)span, nm__shape_text(x->ndim, x->shape, text),
                          (long long)w->pad[d]);
  }
  return NM_OK;
}

/* output_size.  Where it divides the input's, windows are of one size. */
static nm_status read_adaptive(const nm_op_call *c, windows *w) {
  bool even = true;
  NM_TRY(nm__each_arg(c, 1, w->dims, 0, 1, w->out));
  for (int d = 0; d < w->dims; d++) {
    even &= w->in[d] % w->out[d] == 0;
    w->size[d] = w->step[d] = w->in[d] / w->out[d];
    w->pad[d] = 0, w->dilation[d] = 1;
  }
  w->adaptive = !even;
  for (int d = 0; d < w->dims && !even; d++) { /* a window is cut at both of its ends at most */
    w->size[d] = 1;
    for (int64_t o = 0; o < w->out[d]; o++) {
      int64_t n = ((o + 1) * w->in[d] + w->out[d] - 1) / w->out[d] - o * w->in[d] / w->out[d];
      if (n > w->size[d]) w->size[d] = n;
    }
  }
  return NM_OK;
}

/* ---- shapes ---- */

static nm_tensor *flattened(nm_context *ctx, nm_tensor *x, const windows *w, const int64_t *sizes) {
  int64_t shape[4] = {w->batch};
  for (int d = 0; d < w->dims; d++) shape[1 + d] = sizes[d];
  return nm__t_reshape(ctx, x, 1 + w->dims, shape);
}

/* (B, O...) in any shape, with the leading dims again. */
static nm_tensor *unflattened(nm_context *ctx, nm_tensor *y, const windows *w,
                              const int64_t *sizes) {
  int64_t shape[NM_MAX_DIMS];
  for (int d = 0; d < w->lead.ndim; d++) shape[d] = w->lead.dim[d];
  for (int d = 0; d < w->dims; d++) shape[w->lead.ndim + d] = sizes[d];
  return nm__t_reshape(ctx, y, w->lead.ndim + w->dims, shape);
}

/* x (B, S...) in the middle of a number: padded below by w->pad, and above as far as the windows
 * reach. */
static nm_tensor *surrounded(nm_context *ctx, nm_tensor *x, const windows *w, double number) {
  int64_t shape[4] = {w->batch}, stride[4], offset = 0;
  bool same = true;
  if (!x) return NULL;
  for (int d = 0; d < w->dims; d++) {
    int64_t reach = (w->out[d] - 1) * w->step[d] + w->dilation[d] * (w->size[d] - 1) + 1;
    int64_t least = w->pad[d] + w->in[d];
    shape[1 + d] = reach > least ? reach : least;
    same &= shape[1 + d] == w->in[d];
  }
  if (same) return nm__contiguous(ctx, x);
  nm__row_major(1 + w->dims, shape, stride);
  for (int d = 0; d < w->dims; d++) offset += w->pad[d] * stride[1 + d];
  nm_tensor *all =
      nm__t_full(ctx, nm__device_of(x), (nm_dtype)x->dtype, 1 + w->dims, shape, number);
  nm_value_arg args[5] = {nm__arg_t(all), nm__arg_t(x), nm__arg_ints(x->ndim, x->shape),
                          nm__arg_ints(x->ndim, stride), nm__arg_int(offset)};
  return all ? nm__t(ctx, nm__known(ctx, NM_OP_write), args) : NULL;
}

/* ---- maxima ---- */

/* Where the elements of the windows are in (S...): (1, O * K), K being those of the longest; a
 * shorter window repeats its last element. */
static nm_tensor *adaptive_places(nm_context *ctx, nm_device *dev, const windows *w) {
  nm_tensor *at = NULL;
  int64_t stride[3], flat[2] = {1, 1};
  nm__row_major(w->dims, w->in, stride);
  for (int d = 0; d < w->dims; d++) {
    nm_tensor *o = counting(ctx, dev, 2 * w->dims, d, w->out[d]);
    nm_tensor *k = counting(ctx, dev, 2 * w->dims, w->dims + d, w->size[d]);
    nm_tensor *last = whole(ctx, NM_I_sub, lengths(ctx, w, d, o), 1);
    k = nm__t2(ctx, NM_I_add, starts(ctx, w, d, o), nm__t2(ctx, NM_I_minimum, k, last));
    k = whole(ctx, NM_I_mul, k, stride[d]);
    at = d ? nm__t2(ctx, NM_I_add, at, k) : k;
    flat[1] *= w->out[d] * w->size[d];
  }
  return nm__t_reshape(ctx, at, 2, flat);
}

/* Positions in (S...), from 0, of the first largest element of each adaptive window: (B, O...). */
static nm_tensor *adaptive_largest(nm_context *ctx, nm_tensor *x, const windows *w) {
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
    nm_tensor *o = counting(ctx, dev, 1 + w->dims, 1 + d, w->out[d]), *k = rest;
    if (d + 1 < w->dims) {
      k = whole(ctx, NM_I_floor_divide, rest, k_stride[d]);
      rest = nm__t2(ctx, NM_I_sub, rest, whole(ctx, NM_I_mul, k, k_stride[d]));
    }
    k = nm__t2(ctx, NM_I_minimum, k, whole(ctx, NM_I_sub, lengths(ctx, w, d, o), 1));
    k = whole(ctx, NM_I_mul, nm__t2(ctx, NM_I_add, k, starts(ctx, w, d, o)), in_stride[d]);
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
  nm_tensor *y =
      nm__temp(ctx, nm__tensor_empty(ctx, dev, (nm_dtype)x->dtype, 1 + pool->dims, shape));
  if (!y || nm__view_of(ctx, x, &vx) != NM_OK || nm__view_of(ctx, y, &vy) != NM_OK) return NULL;
  if (places && pool->kind == NM_POOL_SPREAD) {
    nm_tensor *at = nm__contiguous(ctx, *places);
    if (!at || nm__view_of(ctx, at, &vi) != NM_OK) return NULL;
  } else if (places) {
    *places = nm__temp(ctx, nm__tensor_empty(ctx, dev, NM_INT64, 1 + pool->dims, shape));
    if (!*places || nm__view_of(ctx, *places, &vi) != NM_OK) return NULL;
  }
  return dev->cls->pool(dev, pool, &vx, &vy, places ? &vi : NULL) == NM_OK ? y : NULL;
}

static nm_pooling pool_of(const windows *w, nm_pool_kind kind, double divisor) {
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

static void window_args(const windows *w, double divisor, nm_value_arg *args) {
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
static nm_status maxima(nm_op_call *c, const windows *w, bool indices) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *y = NULL, *at = NULL;
  bool recording = ctx->grad_enabled, traced = recording && nm__tracks(x);
  nm_pooling pool = pool_of(w, NM_POOL_MAX, 1);
  int mark = nm__scope(ctx);
  x = flattened(ctx, x, w, w->in);
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
  y = unflattened(ctx, y, w, w->out);
  if (y && indices) {
    at = unflattened(ctx, ctx->base ? whole(ctx, NM_I_add, at, ctx->base) : at, w, w->out);
    if (!at) return nm__result(c, mark, NULL);
    nm_retain(at);
    c->out[1] = at;
    c->nout = 2;
  }
  return nm__result(c, mark, y);
}

static nm_status max_pool_forward(nm_op_call *c) {
  windows w = {0};
  NM_TRY(read_input(c, &w));
  NM_TRY(nm__each_arg(c, 4, w.dims, 1, 1, w.dilation));
  NM_TRY(read_windows(c, &w, nm__bool_arg(c, 5, false)));
  return maxima(c, &w, nm__bool_arg(c, 6, false));
}

static nm_status adaptive_max_forward(nm_op_call *c) {
  windows w = {0};
  NM_TRY(read_input(c, &w));
  NM_TRY(read_adaptive(c, &w));
  return maxima(c, &w, nm__bool_arg(c, 2, false));
}

/* Zeros with input at the places of indices: what max_pool took away is put back. */
static nm_status max_unpool_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *index = nm__tensor_arg(c, 1);
  const nm_value_arg *size = &c->args[5];
  windows w = {0};
  nm_device *dev;
  int64_t k[3], step[3], pad[3];
  char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
  NM_TRY(read_input(c, &w));
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
  return nm__result(c, mark, unflattened(ctx, y, &w, w.out));
}

/* ---- averages ---- */

/* Sums over windows, divided. */
static nm_tensor *window_sums(nm_context *ctx, nm_tensor *x, const windows *w, double divisor) {
  nm_value_arg args[P_ARGS];
  window_args(w, divisor, args);
  return like(ctx, NM_OP_pool_sum, flattened(ctx, x, w, w->in), NULL, args, w->dims, w->out);
}

/* How many elements each window has: with `padding`, of the padding of both sides too. */
static nm_tensor *window_counts(nm_context *ctx, nm_device *dev, const windows *w, bool padding) {
  nm_tensor *product = NULL;
  for (int d = 0; d < w->dims; d++) {
    nm_tensor *low = starts(ctx, w, d, counting(ctx, dev, w->dims, d, w->out[d]));
    int64_t last = w->in[d] + (padding ? w->pad[d] : 0);
    nm_tensor *high = whole(ctx, NM_I_minimum, whole(ctx, NM_I_add, low, w->size[d]), last);
    if (!padding) low = whole(ctx, NM_I_maximum, low, 0);
    nm_tensor *n = nm__t2(ctx, NM_I_sub, high, low);
    product = d ? nm__t2(ctx, NM_I_mul, product, n) : n;
  }
  return product;
}

/* Whether every window is one of kernel_size, with `padding` counting the padding of both sides. */
static bool all_full(const windows *w, bool padding) {
  bool full = true;
  for (int d = 0; d < w->dims; d++) {
    int64_t end = (w->out[d] - 1) * w->step[d] - w->pad[d] + w->size[d];
    full &= padding ? end <= w->in[d] + w->pad[d] : end <= w->in[d] && !w->pad[d];
  }
  return full;
}

/* The averages of x in windows; `divisor`: what sums are divided by instead of their number, 0:
 * none. */
static nm_tensor *averages(nm_context *ctx, nm_tensor *x, const windows *w, bool padding,
                           int64_t divisor) {
  if (!divisor && all_full(w, padding)) divisor = nm__count(w->dims, w->size);
  nm_tensor *sum = window_sums(ctx, x, w, divisor ? (double)divisor : 1);
  sum = unflattened(ctx, sum, w, w->out);
  if (!sum || divisor) return sum;
  nm_tensor *n = window_counts(ctx, nm__device_of(x), w, padding);
  return nm__t2(ctx, NM_I_div, sum, nm__t_cast(ctx, n, (nm_dtype)sum->dtype));
}

static nm_status avg_pool_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  nm_dtype dtype = (nm_dtype)x->dtype;
  windows w = {.dilation = {1, 1, 1}};
  bool override = c->nargs > 6 && nm__given(c, 6);
  int64_t divisor = override ? c->args[6].as.integer : 0;
  NM_TRY(read_input(c, &w));
  NM_TRY(read_windows(c, &w, nm__bool_arg(c, 4, false)));
  if (override && !divisor) return nm__op_error(c, NM_EINVAL, "divisor_override is 0");
  int mark = nm__scope(ctx);
  x = nm__t_cast(ctx, x, nm__computed_in(dtype));
  nm_tensor *y = averages(ctx, x, &w, nm__bool_arg(c, 5, true), divisor);
  return nm__result(c, mark, nm__t_cast(ctx, y, dtype));
}

/* Dim d of x (B, S...) in windows of w: (..., O, K, ...), 0 behind the end of a shorter one. */
static nm_tensor *in_windows(nm_context *ctx, nm_tensor *x, const windows *w, int d) {
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
  nm_tensor *o = counting(ctx, dev, 2, 0, shape[d]), *k = counting(ctx, dev, 2, 1, shape[d + 1]);
  nm_tensor *length = lengths(ctx, w, d - 1, o), *inside = nm__t2(ctx, NM_I_lt, k, length);
  nm_tensor *last = whole(ctx, NM_I_sub, length, 1);
  nm_tensor *at =
      nm__t2(ctx, NM_I_add, starts(ctx, w, d - 1, o), nm__t2(ctx, NM_I_minimum, k, last));
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
  windows w = {0};
  NM_TRY(read_input(c, &w));
  NM_TRY(read_adaptive(c, &w));
  int mark = nm__scope(ctx);
  nm_device *dev = nm__device_of(x);
  nm_tensor *sum = flattened(ctx, nm__t_cast(ctx, x, nm__computed_in(dtype)), &w, w.in);
  if (w.adaptive) {
    nm_tensor *count = NULL;
    for (int d = 0; d < w.dims; d++) {
      nm_tensor *n = lengths(ctx, &w, d, counting(ctx, dev, w.dims, d, w.out[d]));
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
  return nm__result(c, mark, nm__t_cast(ctx, unflattened(ctx, sum, &w, w.out), dtype));
}

/* The p-th root of the sum of p-th powers; as in PyTorch, a window that the end cuts is scaled as
 * if it were whole. */
static nm_status lp_pool_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  nm_dtype dtype = (nm_dtype)x->dtype;
  windows w = {.dilation = {1, 1, 1}};
  double p = nm__float_arg(c, 1, 2);
  NM_TRY(read_input(c, &w));
  if (!(p != 0)) return nm__op_error(c, NM_EINVAL, "norm_type %g: there is no such root", p);
  nm_value_arg args[4] = {c->args[0], c->args[2], c->args[3], nm__arg_none()};
  nm_op_call sizes = *c;
  sizes.args = args; /* as read_windows counts them */
  NM_TRY(read_windows(&sizes, &w, nm__bool_arg(c, 4, false)));
  int mark = nm__scope(ctx);
  x = nm__t_cast(ctx, x, nm__computed_in(dtype));
  nm_tensor *mean = averages(ctx, nm__t2s(ctx, NM_I_pow, x, p), &w, true, 0);
  nm_tensor *sum = nm__t2s(ctx, NM_I_mul, mean, (double)nm__count(w.dims, w.size));
  return nm__result(c, mark, nm__t_cast(ctx, nm__t2s(ctx, NM_I_pow, sum, 1 / p), dtype));
}

/* ---- unfold and fold ---- */

/* Parameters from `first` on: kernel_size, dilation, padding, stride. */
static nm_status read_blocks(const nm_op_call *c, int first, windows *w) {
  const nm_tensor *x = nm__tensor_arg(c, 0);
  char text[NM_SHAPE_TEXT];
  NM_TRY(nm__each_arg(c, first, 2, 0, 1, w->size));
  NM_TRY(nm__each_arg(c, first + 1, 2, 1, 1, w->dilation));
  NM_TRY(nm__each_arg(c, first + 2, 2, 0, 0, w->pad));
  NM_TRY(nm__each_arg(c, first + 3, 2, 1, 1, w->step));
  for (int d = 0; d < 2; d++) {
    int64_t room = w->in[d] + 2 * w->pad[d] - w->dilation[d] * (w->size[d] - 1) - 1;
    w->out[d] = room < 0 ? 0 : room / w->step[d] + 1;
    if (w->out[d] < 1)
      return nm__op_error(c, NM_EINVAL,
                          "the kernel reaches beyond an image of %lld x %lld with its "
                          "padding (input has shape %s)",
                          (long long)w->in[0], (long long)w->in[1],
                          nm__shape_text(x->ndim, x->shape, text));
  }
  return NM_OK;
}

/* Where the elements of the blocks are in the padded image: (B, K * O), and its size. */
static nm_tensor *block_places(nm_context *ctx, nm_device *dev, const windows *w, int64_t *height,
                               int64_t *width) {
  nm_tensor *at = NULL;
  int64_t shape[2] = {1, 1}, size[2];
  for (int d = 0; d < 2; d++) {
    size[d] = w->in[d] + 2 * w->pad[d];
    shape[1] *= w->size[d] * w->out[d];
  }
  for (int d = 0; d < 2; d++) {
    nm_tensor *k = whole(ctx, NM_I_mul, counting(ctx, dev, 4, d, w->size[d]), w->dilation[d]);
    nm_tensor *o = whole(ctx, NM_I_mul, counting(ctx, dev, 4, 2 + d, w->out[d]), w->step[d]);
    k = whole(ctx, NM_I_mul, nm__t2(ctx, NM_I_add, k, o), d ? 1 : size[1]);
    at = d ? nm__t2(ctx, NM_I_add, at, k) : k;
  }
  *height = size[0], *width = size[1];
  at = nm__t_reshape(ctx, at, 2, shape);
  shape[0] = w->batch;
  return nm__t_expand(ctx, at, 2, shape);
}

static nm_status unfold_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  windows w = {0}, all;
  int64_t h, width, shape[3];
  char text[NM_SHAPE_TEXT];
  if ((x->ndim != 3 && x->ndim != 4) || !nm__count(3, x->shape + x->ndim - 3))
    return nm__op_error(c, NM_EINVAL, "input of shape %s must be (N, C, H, W) or (C, H, W)",
                        nm__shape_text(x->ndim, x->shape, text));
  int lead = x->ndim - 2;
  w.dims = 2, w.batch = 1;
  for (int d = 0; d < lead; d++) w.batch *= x->shape[d];
  w.in[0] = x->shape[lead], w.in[1] = x->shape[lead + 1];
  NM_TRY(read_blocks(c, 1, &w));
  int mark = nm__scope(ctx);
  nm_tensor *at = block_places(ctx, nm__device_of(x), &w, &h, &width);
  all = w; /* the whole padded image, as one window of its size */
  for (int d = 0; d < 2; d++) all.out[d] = all.dilation[d] = all.step[d] = 1;
  all.size[0] = h, all.size[1] = width;
  int64_t flat[2] = {w.batch, h * width};
  x = surrounded(ctx, flattened(ctx, x, &w, w.in), &all, 0);
  nm_tensor *y = nm__t_pick(ctx, nm__t_reshape(ctx, x, 2, flat), 1, at);
  const int64_t *lead_size = nm__tensor_arg(c, 0)->shape;
  for (int d = 0; d < lead; d++) shape[d] = lead_size[d];
  shape[lead - 1] *= w.size[0] * w.size[1];
  shape[lead] = w.out[0] * w.out[1];
  return nm__result(c, mark, nm__t_reshape(ctx, y, lead + 1, shape));
}

static nm_status fold_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  windows w = {.dims = 2};
  int64_t h, width, shape[4];
  char text[NM_SHAPE_TEXT];
  nm__shape_text(x->ndim, x->shape, text);
  if ((x->ndim != 2 && x->ndim != 3) || !nm__count(2, x->shape + x->ndim - 2))
    return nm__op_error(c, NM_EINVAL, "input of shape %s must be (N, C * K, L) or (C * K, L)",
                        text);
  int lead = x->ndim - 1;
  NM_TRY(nm__each_arg(c, 1, 2, 0, 1, w.in));
  NM_TRY(read_blocks(c, 2, &w));
  int64_t taps = w.size[0] * w.size[1], places = w.out[0] * w.out[1];
  if (x->shape[lead - 1] % taps || x->shape[lead] != places)
    return nm__op_error(c, NM_EINVAL,
                        "input of shape %s: for these sizes it must be (N, C * %lld, %lld)", text,
                        (long long)taps, (long long)places);
  w.batch = nm_numel(x) / (taps * places);
  int mark = nm__scope(ctx);
  nm_tensor *at = block_places(ctx, nm__device_of(x), &w, &h, &width);
  int64_t flat[2] = {w.batch, h * width}, blocks[2] = {w.batch, taps * places};
  int64_t image[3] = {w.batch, h, width}, start[3] = {0, w.pad[0], w.pad[1]}, one[3] = {1, 1, 1},
          inner[3] = {w.batch, w.in[0], w.in[1]};
  nm_tensor *zeros = nm__t_full(ctx, nm__device_of(x), (nm_dtype)x->dtype, 2, flat, 0);
  nm_tensor *y = nm__t_put(ctx, zeros, 1, at, nm__t_reshape(ctx, x, 2, blocks), NM_SCATTER_ADD);
  y = nm__t_slice(ctx, nm__t_reshape(ctx, y, 3, image), start, one, inner);
  for (int d = 0; d < lead; d++) shape[d] = x->shape[d];
  shape[lead - 1] /= taps;
  shape[lead] = w.in[0], shape[lead + 1] = w.in[1];
  return nm__result(c, mark, nm__t_reshape(ctx, y, lead + 2, shape));
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
#define BLOCKS SIZE("kernel_size"), EACH("dilation", "1"), EACH("padding", "0"), EACH("stride", "1")
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
  {.name = "nn.functional.unfold", NM_PARAMS(X, BLOCKS),
   .doc = "the blocks of kernel_size of images, each as a column",
   .shapes = "(N, C, H, W) -> (N, C * K1 * K2, L), L blocks; or without N",
   .errors = "a kernel that reaches beyond the padded image",
   .flags = EVERYWHERE, .forward = unfold_forward, .dtypes = "f", .lo = -3, .hi = 3,
   .example = "nm.nn.functional.unfold(nm.arange(9.0):reshape(1, 1, 3, 3), 2)"},
  {.name = "nn.functional.fold", NM_PARAMS(X, SIZE("output_size"), BLOCKS),
   .doc = "images of output_size, each element the sum of what the blocks have for it: the gradient "
          "of unfold as an op",
   .shapes = "(N, C * K1 * K2, L) -> (N, C, H, W); or without N",
   .errors = "a number of rows or blocks that the sizes do not give",
   .flags = EVERYWHERE, .forward = fold_forward, .dtypes = "f", .lo = -3, .hi = 3,
   .example = "nm.nn.functional.fold(nm.ones(1, 4, 4), {3, 3}, 2)"},
};
/* clang-format on */
NM_FAMILY(pool);
