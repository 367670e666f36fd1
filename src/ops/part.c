/* part.c: views of some of the elements, and the writing of some: slice, diagonal, unfold and
 * strided read what write puts, so they are each other's derivatives; where windows overlap, what
 * comes back to one place is added up. */
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

/* Positions offset + sum of i[d] * stride[d], one behind the other. */
static nm_tensor *positions(nm_grad_call *b, int n, const int64_t *size, const int64_t *stride,
                            int64_t offset) {
  nm_context *ctx = b->ctx;
  nm_tensor *sum = nm__t_full(ctx, b->node->dev, NM_INT64, 0, NULL, (double)offset);
  for (int d = 0; d < n; d++) {
    int64_t shape[NM_MAX_DIMS];
    for (int k = 0; k < n; k++) shape[k] = k == d ? size[d] : 1;
    nm_tensor *i = nm__t_reshape(ctx, nm__t_counting(ctx, b->node->dev, size[d]), n, shape);
    nm_value_arg by[2] = {nm__arg_t(i), nm__arg_int(stride[d])};
    sum = nm__t2(ctx, NM_I_add, sum, i ? nm__t(ctx, nm__op_of(NM_I_mul), by) : NULL);
  }
  int64_t count[1] = {nm__count(n, size)};
  return nm__t_reshape(ctx, nm__t_expand(ctx, sum, n, size), 1, count);
}

/* g added to a place of `sum`, a gradient that is the walk's alone. */
static nm_status add_at(nm_context *ctx, nm_tensor *sum, nm_tensor *g, const int64_t *stride,
                        int64_t offset) {
  nm_tensor *place =
      nm__temp(ctx, nm__tensor_view(ctx, sum, g->ndim, g->shape, stride, sum->offset + offset));
  nm_tensor *total = place ? nm__t2(ctx, NM_I_add, place, g) : NULL;
  return total ? nm__store(ctx, place, total, true) : ctx->status;
}

/* The gradient of what reads a place of the input's elements, which lie as `sum` does if that is
 * given, else row-major: zeros with g added there.  sum is what has come in of other parts: g is
 * added to it in place. */
static nm_tensor *write_to(nm_grad_call *b, nm_tensor *sum, int n, const int64_t *stride,
                           int64_t offset) {
  nm_context *ctx = b->ctx;
  const nm_dims *s = &b->node->edges[0].shape;
  nm_tensor *g = b->g[0];
  int64_t size[NM_MAX_DIMS], flat[1] = {nm__count(s->ndim, s->dim)}, count[1];
  uint32_t repeated = 0;
  for (int d = 0; d < n; d++) {
    size[d] = g->shape[d];
    if (stride[d] == 0 && size[d] > 1) repeated |= 1u << d, size[d] = 1;
  }
  g = nm__t_sum(ctx, g, repeated, true);
  if (!g) return nm__gradient(b, NULL);
  if (nm__overlaps(n, size, stride)) {
    nm_tensor *at = positions(b, n, size, stride, offset);
    nm_tensor *zeros = nm__t_full(ctx, b->node->dev, (nm_dtype)g->dtype, 1, flat, 0);
    count[0] = nm_numel(g);
    g = nm__t_put(ctx, zeros, 0, at, nm__t_reshape(ctx, g, 1, count), NM_SCATTER_ADD);
    return nm__gradient(b, nm__t_reshape(ctx, g, s->ndim, s->dim));
  }
  if (sum) {
    b->status = add_at(ctx, sum, g, stride, offset);
    return NULL;
  }
  nm_tensor *zeros = nm__t_full(ctx, b->node->dev, (nm_dtype)g->dtype, s->ndim, s->dim, 0);
  nm_value_arg args[5] = {nm__arg_t(zeros), nm__arg_t(g), nm__arg_ints(n, size),
                          nm__arg_ints(n, stride), nm__arg_int(offset)};
  return nm__gradient(b, nm__t(ctx, nm__known(ctx, NM_OP_write), args));
}

/* The same, of row-major elements. */
static nm_tensor *write_at(nm_grad_call *b, int n, const int64_t *stride, int64_t offset) {
  nm_tensor *sum = nm__gradient_so_far(b, 0);
  return write_to(b, sum && nm__is_contiguous(sum) ? sum : NULL, n, stride, offset);
}

static nm_tensor *slice_backward(nm_grad_call *b, int i) {
  const nm_dims *s = &b->node->edges[i].shape;
  const int64_t *start = b->args[1].as.ints, *step = b->args[2].as.ints;
  int64_t stride[NM_MAX_DIMS], offset = 0;
  nm_tensor *g = b->g[0], *sum;
  bool dense = true;
  for (int d = 0; d < s->ndim; d++) dense &= step[d] == 1 || g->shape[d] == 1;
  if (nm__same_shape(g, s->ndim, s->dim)) return nm__gradient(b, g);
  if (dense && nm__gradient_part(b, i, start, g)) return NULL;
  sum = nm__gradient_so_far(b, i);
  nm__row_major(s->ndim, s->dim, stride);
  for (int d = 0; d < s->ndim; d++) {
    if (sum) stride[d] = sum->stride[d];
    if (g->shape[d] > 0) offset += start[d] * stride[d];
    stride[d] *= step[d];
  }
  return write_to(b, sum, s->ndim, stride, offset);
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

/* ---- diagonals and windows ---- */

typedef struct diagonal {
  int dim1, dim2;
  int64_t n, first; /* elements; of the first one, the place in dim2 (or, negative, in dim1) */
} diagonal;

static nm_status diagonal_of(nm_op_call *c, const nm_tensor *t, diagonal *out) {
  NM_TRY(nm__dim_of(c, nm__int_arg(c, 2, 0), t->ndim, &out->dim1));
  NM_TRY(nm__dim_of(c, nm__int_arg(c, 3, 1), t->ndim, &out->dim2));
  if (out->dim1 == out->dim2)
    return nm__op_error(c, NM_EINVAL, "dim1 and dim2 are the same dim, %d",
                        out->dim1 + c->ctx->base);
  int64_t k = out->first = nm__int_arg(c, 1, 0);
  int64_t rows = t->shape[out->dim1], columns = t->shape[out->dim2];
  out->n = 0; /* k may be as large as an integer gets */
  if (k >= 0 ? k < columns : k > -rows) {
    rows += k < 0 ? k : 0;
    columns -= k > 0 ? k : 0;
    out->n = rows < columns ? rows : columns;
  }
  if (!out->n) out->first = 0;
  return NM_OK;
}

/* The strides and the offset of a diagonal among those of a tensor; returns the number of dims. */
static int diagonal_strides(const diagonal *p, int ndim, const int64_t *from, int64_t *stride,
                            int64_t *offset) {
  int n = 0;
  for (int d = 0; d < ndim; d++)
    if (d != p->dim1 && d != p->dim2) stride[n++] = from[d];
  stride[n++] = from[p->dim1] + from[p->dim2];
  *offset += p->first >= 0 ? p->first * from[p->dim2] : -p->first * from[p->dim1];
  return n;
}

static nm_status diagonal_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0);
  int64_t shape[NM_MAX_DIMS], stride[NM_MAX_DIMS], offset = t->offset;
  diagonal p;
  int n = 0;
  if (t->ndim < 2)
    return nm__op_error(c, NM_EINVAL, "%d dims: a diagonal runs through two", t->ndim);
  NM_TRY(diagonal_of(c, t, &p));
  for (int d = 0; d < t->ndim; d++)
    if (d != p.dim1 && d != p.dim2) shape[n++] = t->shape[d];
  shape[n] = p.n;
  n = diagonal_strides(&p, t->ndim, t->stride, stride, &offset);
  return nm__view_result(c, t, n, shape, stride, offset);
}

static nm_tensor *diagonal_backward(nm_grad_call *b, int i) {
  const nm_dims *s = &b->node->edges[i].shape;
  nm_op_call call = {.ctx = b->ctx, .op = b->node->op, .nargs = 4, .args = b->args};
  nm_tensor like = {.ndim = (uint8_t)s->ndim};
  int64_t all[NM_MAX_DIMS], stride[NM_MAX_DIMS], offset = 0;
  diagonal p;
  for (int d = 0; d < s->ndim; d++) like.shape[d] = s->dim[d];
  if (diagonal_of(&call, &like, &p) != NM_OK) return nm__gradient(b, NULL);
  nm__row_major(s->ndim, s->dim, all);
  int n = diagonal_strides(&p, s->ndim, all, stride, &offset);
  return write_at(b, n, stride, offset);
}

/* Zeros with the last dim of input on a diagonal of two dims: what diagonal reads. */
static nm_status diag_embed_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  int64_t k = nm__int_arg(c, 1, 0), all[NM_MAX_DIMS], stride[NM_MAX_DIMS], offset = 0;
  diagonal p = {.first = k};
  nm_dims s = {.ndim = x->ndim + 1};
  if (x->ndim == 0)
    return nm__op_error(c, NM_EINVAL, "a 0-d tensor has no dim to become a diagonal");
  if (s.ndim > NM_MAX_DIMS)
    return nm__op_error(c, NM_EINVAL, "the tensor has %d dims already", NM_MAX_DIMS);
  NM_TRY(nm__dim_of(c, nm__int_arg(c, 2, -2), s.ndim, &p.dim1));
  NM_TRY(nm__dim_of(c, nm__int_arg(c, 3, -1), s.ndim, &p.dim2));
  if (p.dim1 == p.dim2)
    return nm__op_error(c, NM_EINVAL, "dim1 and dim2 are the same dim, %d", p.dim1 + ctx->base);
  int64_t size = x->shape[x->ndim - 1];
  if (k < -((int64_t)1 << 40) || k > (int64_t)1 << 40 || size > (int64_t)1 << 40)
    return nm__op_error(c, NM_EINVAL, "offset %lld is too far out", (long long)k);
  for (int d = 0, from = 0; d < s.ndim; d++)
    s.dim[d] = d == p.dim1 || d == p.dim2 ? size + (k < 0 ? -k : k) : x->shape[from++];
  if (nm__countable(ctx, s.ndim, s.dim) < 0) return ctx->status;
  nm__row_major(s.ndim, s.dim, all);
  int n = diagonal_strides(&p, s.ndim, all, stride, &offset);
  int mark = nm__scope(ctx);
  nm_tensor *zeros = nm__t_full(ctx, nm__device_of(x), (nm_dtype)x->dtype, s.ndim, s.dim, 0);
  nm_value_arg args[5] = {nm__arg_t(zeros), nm__arg_t(x), nm__arg_ints(n, x->shape),
                          nm__arg_ints(n, stride), nm__arg_int(offset)};
  return nm__result(c, mark, zeros ? nm__t(ctx, nm__known(ctx, NM_OP_write), args) : NULL);
}

/* A vector as the diagonal of a matrix, or a matrix' diagonal as a vector. */
static nm_status diag_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  if (x->ndim != 1 && x->ndim != 2)
    return nm__op_error(c, NM_EINVAL, "%d dims: diag takes a vector or a matrix", x->ndim);
  nm_value_arg args[4] = {nm__arg_t(x), c->args[1], nm__arg_none(), nm__arg_none()};
  int mark = nm__scope(ctx);
  if (x->ndim == 1) return nm__result(c, mark, nm__t(ctx, nm__known(ctx, NM_OP_diag_embed), args));
  return nm__result(c, mark, nm__t_clone(ctx, nm__t(ctx, nm__known(ctx, NM_OP_diagonal), args)));
}

/* Strides of windows of dim d, which come last. */
static void window_strides(int ndim, const int64_t *from, int d, int64_t step, int64_t *stride) {
  for (int k = 0; k < ndim; k++) stride[k] = k == d ? from[k] * step : from[k];
  stride[ndim] = ndim ? from[d] : 1;
}

static nm_status unfold_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0);
  int64_t size = c->args[2].as.integer, step = c->args[3].as.integer;
  int64_t shape[NM_MAX_DIMS], stride[NM_MAX_DIMS + 1];
  int dim = 0;
  NM_TRY(nm__dim_arg(c, 1, t->ndim, &dim));
  int64_t have = t->ndim ? t->shape[dim] : 1;
  if (t->ndim == NM_MAX_DIMS)
    return nm__op_error(c, NM_EINVAL, "the tensor has %d dims already", NM_MAX_DIMS);
  if (size < 0 || size > have)
    return nm__op_error(c, NM_EINVAL, "windows of %lld elements of dim %d, which has size %lld",
                        (long long)size, dim + c->ctx->base, (long long)have);
  if (step < 1)
    return nm__op_error(c, NM_EINVAL, "step %lld: it must be positive", (long long)step);
  for (int d = 0; d < t->ndim; d++) shape[d] = t->shape[d];
  if (t->ndim) shape[dim] = (have - size) / step + 1;
  shape[t->ndim] = size;
  if (step > have) step = have ? have : 1; /* one window */
  window_strides(t->ndim, t->stride, dim, step, stride);
  return nm__view_result(c, t, t->ndim + 1, shape, stride, t->offset);
}

static nm_tensor *unfold_backward(nm_grad_call *b, int i) {
  const nm_dims *s = &b->node->edges[i].shape;
  int64_t all[NM_MAX_DIMS], stride[NM_MAX_DIMS + 1];
  int64_t dim = b->args[1].as.integer, step = b->args[3].as.integer;
  if (dim < 0) dim += s->ndim ? s->ndim : 1;
  if (s->ndim && step > s->dim[dim]) step = s->dim[dim] ? s->dim[dim] : 1;
  nm__row_major(s->ndim, s->dim, all);
  window_strides(s->ndim, all, (int)dim, step, stride);
  return write_at(b, s->ndim + 1, stride, 0);
}

/* ---- any view of a storage ---- */

/* strided(x, size, stride, offset): a view of a row-major x, its place counted from x's first
 * element. */
static nm_status strided_forward(nm_op_call *c) {
  nm_tensor *x = nm__tensor_arg(c, 0);
  return nm__view_result(c, x, c->args[1].n, c->args[1].as.ints, c->args[2].as.ints,
                         x->offset + c->args[3].as.integer);
}

static nm_tensor *strided_backward(nm_grad_call *b, int i) {
  (void)i;
  return write_at(b, b->args[1].n, b->args[2].as.ints, b->args[3].as.integer);
}

/* Gradients go to the tensor that all views of the storage are views of, or to a leaf. */
static nm_status as_strided_forward(nm_op_call *c) {
  nm_tensor *x = nm__tensor_arg(c, 0), *from = x->base && !x->requires_grad ? x->base : x;
  const nm_value_arg *size = &c->args[1], *stride = &c->args[2];
  int64_t offset = nm__int_arg(c, 3, x->offset), have = x->storage->value->numel;
  nm_dims s;
  NM_TRY(nm__sizes_arg(c, 1, &s));
  if (size->n != stride->n)
    return nm__op_error(c, NM_EINVAL, "%d sizes and %d strides", size->n, stride->n);
  bool inside = offset >= 0, any = nm__count(s.ndim, s.dim) > 0;
  int64_t last = offset;
  for (int d = 0; d < s.ndim; d++) {
    int64_t reach;
    if (stride->as.ints[d] < 0)
      return nm__op_error(c, NM_EINVAL, "stride %lld of dim %d is negative: flip reverses",
                          (long long)stride->as.ints[d], d + c->ctx->base);
    inside &= !__builtin_mul_overflow(any ? s.dim[d] - 1 : 0, stride->as.ints[d], &reach) &&
              !__builtin_add_overflow(last, reach, &last);
  }
  if (!inside || (any ? last >= have : offset > have))
    return nm__op_error(c, NM_EINVAL, "the view reaches out of the %lld elements of the storage",
                        (long long)have);
  bool holds = nm__is_contiguous(from) &&
               (!any || (offset >= from->offset && last < from->offset + nm_numel(from)));
  if (c->ctx->grad_enabled && nm__tracks(x) && !holds)
    return nm__op_error(c, NM_EINVAL,
                        "the tensor is a part of a storage, and the view reaches out of it: where "
                        "its gradient goes is not known; clone() it first");
  nm_value_arg args[4] = {nm__arg_t(from), *size, *stride, nm__arg_int(offset - from->offset)};
  int mark = nm__scope(c->ctx);
  return nm__result(c, mark, nm__t(c->ctx, nm__known(c->ctx, NM_OP_strided), args));
}

/* write(x, src, size, stride, offset): x with src written at a place of its row-major elements. */
static nm_status write_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *src = nm__tensor_arg(c, 1);
  int mark = nm__scope(ctx);
  nm_tensor *y = nm__t_clone(ctx, x);
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
    r = nm__t(b->ctx, nm__known(b->ctx, NM_OP_strided), args);
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
   .doc = "a view of length elements of a dim from start on",
   .shapes = "(..., N, ...) -> (..., length, ...)", .errors = "elements beyond the dim",
   .flags = VIEWS | NM_COMPOSED, .forward = narrow_forward, .dtypes = "fib",
   .example = "nm.arange(10):narrow(1, 3, 2)"},
  {.name = "select", NM_PARAMS(X, {"dim", NM_P_DIM, 0, NULL}, {"index", NM_P_INDEX, 0, NULL}),
   .doc = "a view of one element of a dim, without the dim",
   .shapes = "(..., N, ...) -> (..., ...)", .errors = "a 0-d tensor",
   .flags = VIEWS | NM_COMPOSED, .forward = select_forward, .dtypes = "fib",
   .example = "nm.zeros(2, 3):select(2, 1)"},
  {.name = "slice",
   NM_PARAMS(X, {"start", NM_P_INTS, 0, NULL}, {"step", NM_P_INTS, 0, NULL},
             {"size", NM_P_INTS, 0, NULL}),
   .doc = "elements start + k * step of each dim",
   .flags = NM_VIEW, .forward = slice_forward, .backward = slice_backward, .dtypes = "fib"},
  {.name = "diagonal",
   NM_PARAMS(X, {"offset", NM_P_INT, NM_OPTIONAL, "0"}, {"dim1", NM_P_DIM, NM_OPTIONAL, "1"},
             {"dim2", NM_P_DIM, NM_OPTIONAL, "2"}),
   .doc = "a view of the diagonal of dims dim1 and dim2, as the last dim: y[k] = input[k][k + "
          "offset]",
   .shapes = "(..., M, N) -> (..., K), K the length of the diagonal",
   .errors = "fewer than two dims; dim1 the same as dim2",
   .flags = VIEWS, .forward = diagonal_forward, .backward = diagonal_backward, .dtypes = "fib",
   .lo = -3, .hi = 3, .example = "nm.eye(3):diagonal()"},
  {.name = "diag_embed",
   NM_PARAMS(X, {"offset", NM_P_INT, NM_OPTIONAL, "0"}, {"dim1", NM_P_DIM, NM_OPTIONAL, "-2"},
             {"dim2", NM_P_DIM, NM_OPTIONAL, "-1"}),
   .doc = "zeros with the last dim of input on the diagonal of dims dim1 and dim2",
   .shapes = "(..., K) -> (..., K + |offset|, K + |offset|)",
   .errors = "a 0-d tensor; dim1 the same as dim2",
   .flags = NM_ANYWHERE | NM_COMPOSED, .forward = diag_embed_forward, .dtypes = "fib",
   .lo = -3, .hi = 3, .example = "nm.diag_embed(nm.tensor{{1, 2}, {3, 4}})"},
  {.name = "diag", NM_PARAMS(X, {"diagonal", NM_P_INT, NM_OPTIONAL, "0"}),
   .doc = "a vector as the diagonal of a matrix, or a copy of the diagonal of a matrix",
   .shapes = "(K) -> (K + |diagonal|, K + |diagonal|); (M, N) -> (K)",
   .errors = "other than one or two dims",
   .flags = NM_ANYWHERE | NM_OUT | NM_COMPOSED, .forward = diag_forward, .dtypes = "fib",
   .lo = -3, .hi = 3, .example = "nm.diag(nm.tensor{1, 2, 3})"},
  {.name = "unfold",
   NM_PARAMS(X, {"dimension", NM_P_DIM, 0, NULL}, {"size", NM_P_INT, 0, NULL},
             {"step", NM_P_INT, 0, NULL}),
   .doc = "a view of the windows of size elements of a dim, each step behind the one before; "
          "windows that overlap share memory",
   .shapes = "(..., N, ...) -> (..., (N - size) // step + 1, ..., size)",
   .errors = "windows larger than the dim; a step below 1",
   .flags = NM_METHOD | NM_VIEW, .forward = unfold_forward, .backward = unfold_backward,
   .dtypes = "fib", .lo = -3, .hi = 3, .example = "nm.arange(7):unfold(1, 3, 2)"},
  {.name = "strided",
   NM_PARAMS(X, {"size", NM_P_INTS, 0, NULL}, {"stride", NM_P_INTS, 0, NULL},
             {"storage_offset", NM_P_INT, 0, NULL}),
   .doc = "as_strided of a row-major tensor, counted from its first element",
   .flags = NM_VIEW, .forward = strided_forward, .backward = strided_backward, .dtypes = "fib"},
  {.name = "as_strided",
   NM_PARAMS(X, {"size", NM_P_INTS, 0, NULL}, {"stride", NM_P_INTS, 0, NULL},
             {"storage_offset", NM_P_INT, NM_OPTIONAL, "input's"}),
   .doc = "a view of the storage: element (i, j, ...) lies storage_offset + i * stride[1] + j * "
          "stride[2] + ... elements behind its start; the gradients of elements that lie in the "
          "same place add up",
   .shapes = "(...) -> size",
   .errors = "a negative stride; a view that reaches out of the storage",
   .flags = VIEWS | NM_INPLACE | NM_COMPOSED, .forward = as_strided_forward, .dtypes = "fib",
   .lo = -3, .hi = 3,
   .example = "nm.arange(6):as_strided({2, 3}, {1, 2})"},
  {.name = "write",
   NM_PARAMS(X, {"src", NM_P_TENSOR, 0, NULL}, {"size", NM_P_INTS, 0, NULL},
             {"stride", NM_P_INTS, 0, NULL}, {"storage_offset", NM_P_INT, 0, NULL}),
   .doc = "a copy with another tensor written at a place of it",
   .flags = 0, .forward = write_forward, .backward = write_backward, .dtypes = "fib"},
};
/* clang-format on */
NM_FAMILY(part);
