/* part.c: views of some of the elements, and the writing of some: slice and as_strided read what
 * write puts, so they are each other's derivatives. */
#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/families.h"

/* slice(x, start, step, size): element k of dim d is element start[d] + k * step[d] of x. */
static nm_status slice_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0);
  const int64_t *start = c->args[1].as.ints, *step = c->args[2].as.ints, *size = c->args[3].as.ints;
  int64_t stride[NM_MAX_DIMS], offset = t->offset;
  for (int d = 0; d < t->ndim; d++) {
    stride[d] = t->stride[d] * step[d];
    if (size[d] > 0) offset += start[d] * t->stride[d];
  }
  return nm__view_result(c, t, t->ndim, size, stride, offset);
}

/* Zeros of a shape with g written at a place of their row-major elements. */
static nm_tensor *write_at(nm_grad_call *b, const nm_dims *shape, nm_tensor *g, int n,
                           const int64_t *size, const int64_t *stride, int64_t offset) {
  if (!g) return NULL;
  nm_tensor *zeros =
      nm__t_full(b->ctx, b->node->edges[0].dev, (nm_dtype)g->dtype, shape->ndim, shape->dim, 0);
  nm_value_arg args[5] = {nm__arg_t(zeros), nm__arg_t(g), nm__arg_ints(n, size),
                          nm__arg_ints(n, stride), nm__arg_int(offset)};
  return nm__t(b->ctx, nm__known(b->ctx, NM_OP_write), args);
}

static nm_tensor *slice_backward(nm_grad_call *b, int i) {
  const nm_dims *s = &b->node->edges[i].shape;
  const int64_t *start = b->args[1].as.ints, *step = b->args[2].as.ints;
  int64_t stride[NM_MAX_DIMS], offset = 0;
  nm__row_major(s->ndim, s->dim, stride);
  for (int d = 0; d < s->ndim; d++) {
    if (b->g[0]->shape[d] > 0) offset += start[d] * stride[d];
    stride[d] *= step[d];
  }
  return nm__gradient(b, write_at(b, s, b->g[0], s->ndim, b->g[0]->shape, stride, offset));
}

nm_tensor *nm__t_slice(nm_context *ctx, nm_tensor *t, const int64_t *start, const int64_t *step,
                       const int64_t *size) {
  if (!t) return NULL;
  nm_value_arg args[4] = {nm__arg_t(t), nm__arg_ints(t->ndim, start), nm__arg_ints(t->ndim, step),
                          nm__arg_ints(t->ndim, size)};
  return nm__t(ctx, nm__known(ctx, NM_OP_slice), args);
}

nm_tensor *nm__t_narrow(nm_context *ctx, nm_tensor *t, int dim, int64_t first, int64_t n) {
  if (!t) return NULL;
  int64_t start[NM_MAX_DIMS], step[NM_MAX_DIMS], size[NM_MAX_DIMS];
  for (int d = 0; d < t->ndim; d++) {
    start[d] = d == dim ? first : 0;
    step[d] = 1;
    size[d] = d == dim ? n : t->shape[d];
  }
  return nm__t_slice(ctx, t, start, step, size);
}

static nm_status narrow_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0);
  int64_t first = c->args[2].as.integer, n = c->args[3].as.integer;
  int dim = 0, base = c->ctx->base;
  if (t->ndim == 0) return nm__op_error(c, NM_EINVAL, "a 0-d tensor has no dim to narrow");
  NM_TRY(nm__dim_arg(c, 1, t->ndim, &dim));
  if (first < 0) first += t->shape[dim];
  if (n < 0 || first < 0 || first > t->shape[dim] || n > t->shape[dim] - first)
    return nm__op_error(
        c, NM_EINVAL, "start %lld and length %lld do not lie within dim %d, which has size %lld",
        (long long)first + base, (long long)n, dim + base, (long long)t->shape[dim]);
  int mark = nm__scope(c->ctx);
  return nm__result(c, mark, nm__t_narrow(c->ctx, t, dim, first, n));
}

static nm_status select_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0), *r = NULL;
  int64_t at = c->args[2].as.integer;
  int dim = 0, base = c->ctx->base;
  if (t->ndim == 0) return nm__op_error(c, NM_EINVAL, "a 0-d tensor has no dim to select from");
  NM_TRY(nm__dim_arg(c, 1, t->ndim, &dim));
  if (at < -t->shape[dim] || at >= t->shape[dim])
    return nm__op_error(c, NM_EINVAL, "index %lld is out of range for dim %d of size %lld",
                        (long long)(at < 0 ? at : at + base), dim + base, (long long)t->shape[dim]);
  int mark = nm__scope(c->ctx);
  r = nm__t_narrow(c->ctx, t, dim, at < 0 ? at + t->shape[dim] : at, 1);
  if (r) {
    int64_t list[1] = {dim};
    nm_value_arg args[2] = {nm__arg_t(r), nm__arg_ints(1, list)};
    r = nm__t(c->ctx, nm__known(c->ctx, NM_OP_squeeze), args);
  }
  return nm__result(c, mark, r);
}

/* as_strided(x, size, stride, offset): a view of x's storage.  Its derivative takes x as row-major
 * over its storage, and elements as not overlapping, but for strides of 0. */
static nm_status as_strided_forward(nm_op_call *c) {
  return nm__view_result(c, nm__tensor_arg(c, 0), c->args[1].n, c->args[1].as.ints,
                         c->args[2].as.ints, c->args[3].as.integer);
}

static nm_tensor *as_strided_backward(nm_grad_call *b, int i) {
  int n = b->args[1].n;
  int64_t size[NM_MAX_DIMS], offset = b->args[3].as.integer;
  const int64_t *stride = b->args[2].as.ints;
  uint32_t repeated = 0;
  for (int d = 0; d < n; d++) {
    size[d] = b->args[1].as.ints[d];
    if (stride[d] == 0 && size[d] > 1) repeated |= 1u << d, size[d] = 1;
  }
  nm_tensor *g = nm__t_sum(b->ctx, b->g[0], repeated, true);
  return nm__gradient(b, write_at(b, &b->node->edges[i].shape, g, n, size, stride, offset));
}

/* write(x, src, size, stride, offset): x with src written at a place of its row-major elements. */
static nm_status write_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *src = nm__tensor_arg(c, 1);
  nm_value_arg args[1] = {nm__arg_t(x)};
  int mark = nm__scope(ctx);
  nm_tensor *y = nm__t(ctx, nm__known(ctx, NM_OP_clone), args);
  nm_tensor *place = y ? nm__temp(ctx, nm__tensor_view(ctx, y, c->args[2].n, c->args[2].as.ints,
                                                       c->args[3].as.ints, c->args[4].as.integer))
                       : NULL;
  if (place && nm__store(ctx, place, src, false) != NM_OK) y = NULL;
  return nm__result(c, mark, place ? y : NULL);
}

static nm_tensor *write_backward(nm_grad_call *b, int i) {
  const nm_value_arg *a = b->args;
  nm_tensor *g = nm__contiguous(b->ctx, b->g[0]), *r = NULL;
  if (i == 0) {
    nm_tensor *zero = g ? nm__t_full(b->ctx, b->node->dev, (nm_dtype)g->dtype, 0, NULL, 0) : NULL;
    nm_value_arg args[5] = {nm__arg_t(g), nm__arg_t(zero), a[2], a[3], a[4]};
    r = nm__t(b->ctx, nm__known(b->ctx, NM_OP_write), args);
  } else if (g) {
    nm_value_arg args[4] = {nm__arg_t(g), a[2], a[3], a[4]};
    args[3].as.integer += g->offset;
    r = nm__t(b->ctx, nm__known(b->ctx, NM_OP_as_strided), args);
  }
  return nm__gradient(b, r);
}

#define VIEWS (NM_ANYWHERE | NM_VIEW)
#define X                                                                                          \
  { "input", NM_P_TENSOR, 0, NULL }
/* clang-format off */
static const nm_op ops[] = {
  {.name = "narrow",
   NM_PARAMS(X, {"dim", NM_P_DIM, 0, NULL}, {"start", NM_P_INDEX, 0, NULL},
             {"length", NM_P_INT, 0, NULL}),
   .doc = "length elements of a dim from start on",
   .flags = VIEWS | NM_COMPOSED, .forward = narrow_forward, .dtypes = "fib",
   .example = "nm.arange(10):narrow(1, 3, 2)"},
  {.name = "select", NM_PARAMS(X, {"dim", NM_P_DIM, 0, NULL}, {"index", NM_P_INDEX, 0, NULL}),
   .doc = "one element of a dim, without the dim",
   .flags = VIEWS | NM_COMPOSED, .forward = select_forward, .dtypes = "fib",
   .example = "nm.zeros(2, 3):select(2, 1)"},
  {.name = "slice",
   NM_PARAMS(X, {"start", NM_P_INTS, 0, NULL}, {"step", NM_P_INTS, 0, NULL},
             {"size", NM_P_INTS, 0, NULL}),
   .doc = "elements start + k * step of each dim",
   .flags = NM_VIEW, .forward = slice_forward, .backward = slice_backward, .dtypes = "fib"},
  {.name = "as_strided",
   NM_PARAMS(X, {"size", NM_P_INTS, 0, NULL}, {"stride", NM_P_INTS, 0, NULL},
             {"storage_offset", NM_P_INT, 0, NULL}),
   .doc = "a view of the storage",
   .flags = NM_VIEW, .forward = as_strided_forward, .backward = as_strided_backward,
   .dtypes = "fib"},
  {.name = "write",
   NM_PARAMS(X, {"src", NM_P_TENSOR, 0, NULL}, {"size", NM_P_INTS, 0, NULL},
             {"stride", NM_P_INTS, 0, NULL}, {"storage_offset", NM_P_INT, 0, NULL}),
   .doc = "a copy with another tensor written at a place of it",
   .flags = 0, .forward = write_forward, .backward = write_backward, .dtypes = "fib"},
};
/* clang-format on */
NM_FAMILY(part);
