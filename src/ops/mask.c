/* mask.c: elements picked by masks, and where elements are not zero. */
#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/families.h"

static nm_tensor *flat(nm_context *ctx, nm_tensor *t) {
  int64_t shape[1] = {t ? nm_numel(t) : 0};
  return nm__t_reshape(ctx, t, 1, shape);
}

/* ---- where elements are true ---- */

/* What the device picks: of x (NULL: positions) where a mask of as many elements is true. */
static nm_tensor *compressed(nm_context *ctx, nm_tensor *x, nm_tensor *mask) {
  nm_device *dev = nm__device_of(mask);
  nm_view from, where;
  nm_mem mem;
  int64_t n = 0;
  nm_value *v;
  x = x ? nm__contiguous(ctx, x) : NULL;
  mask = nm__contiguous(ctx, mask);
  if (!mask || nm__view_of(ctx, mask, &where) != NM_OK) return NULL;
  if (x && nm__view_of(ctx, x, &from) != NM_OK) return NULL;
  if (dev->cls->compress(dev, x ? &from : NULL, &where, &mem, &n) != NM_OK) return NULL;
  if (nm__value_new(dev, x ? (nm_dtype)x->dtype : NM_INT64, 0, &v) != NM_OK) {
    dev->cls->release(dev, &mem);
    return NULL;
  }
  dev->cls->release(dev, &v->mem);
  v->mem = mem;
  v->numel = n;
  return nm__temp(ctx, nm__tensor_new(ctx, v, 1, &n));
}

static nm_view as_line(nm_view v) {
  v.ndim = 2;
  v.shape[1] = v.shape[0], v.stride[1] = v.stride[0];
  v.shape[0] = 1, v.stride[0] = 0;
  return v;
}

/* On a device that cannot compress: the k-th true element is the first up to which
 * k are true.  Only their number is read back. */
static nm_tensor *nonzero_by_search(nm_context *ctx, nm_tensor *mask) {
  nm_device *dev = nm__device_of(mask);
  nm_view from, so_far, nth, to;
  int64_t n = nm_numel(mask), count = 0;
  nm_tensor *ones = nm__t_cast(ctx, mask, NM_INT64);
  nm_tensor *sum = nm__t_empty_of(ctx, dev, NM_INT64, 1, &n);
  if (!ones || !sum || nm__view_of(ctx, ones, &from) != NM_OK ||
      nm__view_of(ctx, sum, &so_far) != NM_OK)
    return NULL;
  if (n && (dev->cls->scan(dev, NM_SCAN_SUM, &from, 0, &so_far, NULL) != NM_OK ||
            dev->cls->read(dev, so_far.mem, (size_t)(n - 1) * 8, 8, &count) != NM_OK))
    return NULL;
  nm_tensor *number = nm__t2s(ctx, NM_I_add, nm__t_counting(ctx, dev, count), 1);
  nm_tensor *t = nm__t_empty_of(ctx, dev, NM_INT64, 1, &count);
  if (!count || !t || !number) return number ? t : NULL;
  if (nm__view_of(ctx, number, &nth) != NM_OK || nm__view_of(ctx, t, &to) != NM_OK) return NULL;
  so_far = as_line(so_far), nth = as_line(nth), to = as_line(to);
  return dev->cls->search(dev, &so_far, &nth, false, &to) == NM_OK ? t : NULL;
}

nm_tensor *nm__nonzero(nm_context *ctx, nm_tensor *t) {
  int64_t flat[1] = {nm_numel(t)};
  if (t->dtype != NM_BOOL) t = nm__t2s(ctx, NM_I_ne, t, 0);
  t = nm__t_reshape(ctx, t, 1, flat);
  if (!t) return NULL;
  return nm__device_of(t)->cls->compress ? compressed(ctx, NULL, t) : nonzero_by_search(ctx, t);
}

/* Coordinate d of linear positions in t, counting from ctx->base. */
static nm_tensor *coordinate(nm_context *ctx, nm_tensor *at, const nm_tensor *t, int d) {
  int64_t stride[NM_MAX_DIMS], size = t->ndim ? t->shape[d] : 1;
  nm__row_major(t->ndim, t->shape, stride);
  nm_value_arg by[2] = {nm__arg_t(at), nm__arg_int(t->ndim ? stride[d] : 1)};
  if (at && t->ndim && stride[d] != 1) at = nm__t(ctx, nm__op_of(NM_I_floor_divide), by);
  nm_value_arg of[2] = {nm__arg_t(at), nm__arg_int(size ? size : 1)};
  if (at && d > 0) at = nm__t(ctx, nm__op_of(NM_I_remainder), of);
  return ctx->base ? nm__t2s(ctx, NM_I_add, at, ctx->base) : at;
}

/* A row of coordinates for each element that is not zero: (n, ndim). */
static nm_tensor *coordinates(nm_context *ctx, nm_tensor *t) {
  nm_tensor *at = nm__nonzero(ctx, t), *column[NM_MAX_DIMS];
  if (!at) return NULL;
  int64_t shape[2] = {nm_numel(at), 0};
  if (!t->ndim) return nm__t_full(ctx, nm__device_of(t), NM_INT64, 2, shape, 0);
  shape[1] = 1;
  for (int d = 0; d < t->ndim; d++)
    if (!(column[d] = nm__t_reshape(ctx, coordinate(ctx, at, t, d), 2, shape))) return NULL;
  return nm__t_cat(ctx, t->ndim, column, 1);
}

static nm_status nonzero_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *t = nm__tensor_arg(c, 0);
  if (!c->list) { /* out = */
    int mark = nm__scope(ctx);
    if (nm__bool_arg(c, 1, false))
      return nm__op_error(c, NM_EINVAL, "as_tuple gives a list, which is not written into out");
    return nm__result(c, mark, coordinates(ctx, t));
  }
  if (!nm__bool_arg(c, 1, false)) {
    c->list->single = true;
    return nm__list_add(ctx, c->list, coordinates(ctx, t));
  }
  nm_tensor *at = nm__nonzero(ctx, t);
  for (int d = 0; d < (t->ndim ? t->ndim : 1); d++) {
    nm_tensor *list = coordinate(ctx, at, t, d);
    if (list) nm__announce(list);
    NM_TRY(nm__list_add(ctx, c->list, list));
  }
  return NM_OK;
}

static nm_status argwhere_forward(nm_op_call *c) {
  int mark = nm__scope(c->ctx);
  return nm__result(c, mark, coordinates(c->ctx, nm__tensor_arg(c, 0)));
}

/* ---- masks ---- */

static nm_status compress_forward(nm_op_call *c) {
  int mark = nm__scope(c->ctx);
  return nm__result(c, mark, compressed(c->ctx, nm__tensor_arg(c, 0), nm__tensor_arg(c, 1)));
}

static nm_tensor *compress_backward(nm_grad_call *b, int i) {
  nm_context *ctx = b->ctx;
  const nm_dims *s = &b->node->edges[i].shape;
  nm_tensor *zeros = nm__t_full(ctx, b->node->dev, (nm_dtype)b->g[0]->dtype, s->ndim, s->dim, 0);
  nm_tensor *at = nm__nonzero(ctx, b->x[1]);
  return nm__gradient(b, nm__t_put(ctx, zeros, 0, at, b->g[0], NM_SCATTER_ADD));
}


/* input and mask broadcast together. */
static nm_status check_mask(nm_op_call *c, nm_dims *s) {
  const nm_tensor *mask = nm__tensor_arg(c, 1);
  nm_device *dev;
  *s = nm__dims_of(nm__tensor_arg(c, 0));
  NM_TRY(nm__same_device(c, &dev));
  if (mask->dtype != NM_BOOL)
    return nm__op_error(c, NM_EINVAL, "the mask is %s, it must be bool: use mask:ne(0)",
                        nm__dtype_name(mask->dtype));
  return nm__broadcast_arg(c, s, mask);
}

static nm_tensor *true_places(nm_context *ctx, nm_tensor *mask, const nm_dims *s) {
  mask = nm__t_expand(ctx, mask, s->ndim, s->dim);
  return mask ? nm__nonzero(ctx, mask) : NULL;
}

nm_tensor *nm__masked(nm_context *ctx, nm_tensor *x, nm_tensor *mask, const nm_dims *s) {
  if (nm__device_of(x)->cls->compress) {
    x = flat(ctx, nm__t_expand(ctx, x, s->ndim, s->dim));
    mask = flat(ctx, nm__t_expand(ctx, mask, s->ndim, s->dim));
    nm_value_arg args[2] = {nm__arg_t(x), nm__arg_t(mask)};
    return x && mask ? nm__t(ctx, nm__known(ctx, NM_OP_compress), args) : NULL;
  }
  nm_tensor *at = true_places(ctx, mask, s);
  return nm__t_pick(ctx, flat(ctx, nm__t_expand(ctx, x, s->ndim, s->dim)), 0, at);
}

static nm_status masked_select_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_dims s;
  NM_TRY(check_mask(c, &s));
  int mark = nm__scope(ctx);
  return nm__result(c, mark, nm__masked(ctx, nm__tensor_arg(c, 0), nm__tensor_arg(c, 1), &s));
}

static nm_status masked_scatter_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *src = nm__tensor_arg(c, 2);
  nm_dims s;
  NM_TRY(check_mask(c, &s));
  NM_TRY(nm__same_dtype(c, "source", src, x));
  int mark = nm__scope(ctx);
  nm_tensor *at = true_places(ctx, nm__tensor_arg(c, 1), &s);
  if (at && nm_numel(src) < nm_numel(at)) {
    nm__op_error(c, NM_EINVAL, "source has %lld elements, the mask takes %lld",
                 (long long)nm_numel(src), (long long)nm_numel(at));
    at = NULL;
  }
  src = at ? nm__t_narrow(ctx, flat(ctx, src), 0, 0, nm_numel(at)) : NULL;
  x = flat(ctx, nm__t_expand(ctx, x, s.ndim, s.dim));
  nm_tensor *y = nm__t_put(ctx, x, 0, at, src, NM_SCATTER_SET);
  return nm__result(c, mark, nm__t_reshape(ctx, y, s.ndim, s.dim));
}

#define X                                                                                          \
  { "input", NM_P_TENSOR, 0, NULL }
#define MASK                                                                                       \
  { "mask", NM_P_TENSOR, 0, NULL }
#define RANGE .lo = -3, .hi = 3
/* clang-format off */
static const nm_op ops[] = {
  {.name = "compress", NM_PARAMS(X, MASK),
   .doc = "the elements of a row where a mask of as many is true, on devices that can",
   .flags = 0, .forward = compress_forward, .backward = compress_backward, .uses = {2},
   .dtypes = "fib"},
  {.name = "masked_select", NM_PARAMS(X, MASK),
   .doc = "the elements where mask is true, as one row; their number is read back from the device",
   .shapes = "(...), (...) -> (K)", .errors = "a mask that is not bool",
   .flags = NM_ANYWHERE | NM_OUT | NM_COMPOSED, .forward = masked_select_forward, .dtypes = "fib", RANGE,
   .example = "nm.masked_select(nm.tensor{3, 1, 4}, nm.tensor{true, false, true})"},
  {.name = "masked_scatter", NM_PARAMS(X, MASK, {"source", NM_P_TENSOR, 0, NULL}),
   .doc = "input with the elements of source, in their order, where mask is true",
   .shapes = "(...), (...), (K or more) -> (...)",
   .errors = "a mask that is not bool; a source of another dtype, or with too few elements",
   .flags = NM_ANYWHERE | NM_INPLACE | NM_COMPOSED, .forward = masked_scatter_forward,
   .dtypes = "fib", RANGE,
   .example = "nm.zeros(3):masked_scatter(nm.tensor{true, false, true}, nm.ones(2))"},
  {.name = "nonzero", NM_PARAMS(X, {"as_tuple", NM_P_BOOL, NM_NAMED, "false"}),
   .doc = "the coordinates of the elements that are not zero, a row for each; as_tuple gives a "
          "list with a tensor for each dim, which is an index: x[mask:nonzero{as_tuple = true}]. "
          "Their number is read back from the device",
   .shapes = "(...) -> (K, ndim), or a list of (K)",
   .flags = NM_ANYWHERE | NM_OUT | NM_LIST | NM_COMPOSED, .forward = nonzero_forward,
   .dtypes = "fib",
   .example = "nm.eye(2):nonzero()"},
  {.name = "argwhere", NM_PARAMS(X),
   .doc = "the coordinates of the elements that are not zero, a row for each",
   .shapes = "(...) -> (K, ndim)",
   .flags = NM_ANYWHERE | NM_COMPOSED, .forward = argwhere_forward, .dtypes = "fib",
   .example = "nm.eye(2):argwhere()"},
};
/* clang-format on */
NM_FAMILY(mask);
