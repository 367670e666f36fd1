/* shape.c: views: another shape, order or part of the same elements, and copies of them. */
#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/families.h"

nm_status nm__view_result(nm_op_call *c, nm_tensor *t, int ndim, const int64_t *shape,
                          const int64_t *stride, int64_t offset) {
  nm_tensor *v = nm__tensor_view(c->ctx, t, ndim, shape, stride, offset);
  if (!v) return c->ctx->status;
  v->base = t->base ? t->base : t;
  v->made = t->made;
  nm_retain(v->base);
  c->out[0] = v;
  return NM_OK;
}

nm_tensor *nm__contiguous(nm_context *ctx, nm_tensor *t) {
  if (!t || nm__is_contiguous(t)) return t;
  return nm__t_clone(ctx, t);
}

/* ---- reshape and its kin ---- */

/* Fills in the one size that is -1, and checks the count. */
static nm_status infer(const nm_op_call *c, const nm_tensor *t, int param, nm_dims *out) {
  const nm_value_arg *a = &c->args[param];
  int64_t known = 1, n = nm_numel(t);
  int hole = -1;
  char want[NM_SHAPE_TEXT], have[NM_SHAPE_TEXT];
  if (a->n > NM_MAX_DIMS)
    return nm__op_error(c, NM_EINVAL, "%d dims: a tensor has at most %d", a->n, NM_MAX_DIMS);
  out->ndim = a->n;
  for (int d = 0; d < a->n; d++) {
    int64_t size = out->dim[d] = a->as.ints[d];
    if (size == -1 && hole < 0)
      hole = d;
    else if (size < 0)
      return nm__op_error(c, NM_EINVAL,
                          size == -1 ? "only one size may be -1" : "size %lld is negative",
                          (long long)size);
    else if (__builtin_mul_overflow(known, size, &known))
      known = 0;
  }
  if (hole >= 0) {
    out->dim[hole] = known ? n / known : 0;
    if (!known)
      return nm__op_error(c, NM_EINVAL, "the size -1 could be anything, since another size is 0");
    known *= out->dim[hole];
  }
  if (known == n) return NM_OK;
  return nm__op_error(c, NM_EINVAL, "shape %s has %lld elements, it can't become %s",
                      nm__shape_text(t->ndim, t->shape, have), (long long)n,
                      nm__shape_text(a->n, a->as.ints, want));
}

/* Strides that show t's elements in another shape without a copy; false if there are none.  Runs of
 * dims of t that lie one behind the other in memory are matched with runs of new dims. */
static bool view_strides(const nm_tensor *t, const nm_dims *to, int64_t *stride) {
  if (nm_numel(t) == 0 || nm__is_contiguous(t))
    return nm__row_major(to->ndim, to->dim, stride), true;
  int k = to->ndim - 1;
  for (int d = t->ndim - 1; d >= 0;) {
    int64_t run = t->shape[d], step = t->stride[d];
    int first = d - 1;
    while (first >= 0 && (t->shape[first] == 1 || run == 1 || t->stride[first] == run * step)) {
      if (run == 1) step = t->stride[first];
      run *= t->shape[first--];
    }
    int64_t have = 1;
    while (k >= 0 && (have < run || to->dim[k] == 1)) {
      stride[k] = have * step;
      have *= to->dim[k--];
    }
    if (have != run) return false;
    d = first;
  }
  while (k >= 0) stride[k--] = 1;
  return true;
}

static nm_status reshape_to(nm_op_call *c, nm_tensor *t, const nm_dims *to, bool may_copy) {
  int64_t stride[NM_MAX_DIMS];
  char have[NM_SHAPE_TEXT], want[NM_SHAPE_TEXT];
  if (view_strides(t, to, stride))
    return nm__view_result(c, t, to->ndim, to->dim, stride, t->offset);
  if (!may_copy)
    return nm__op_error(
        c, NM_EINVAL,
        "the elements of shape %s do not lie in memory so that they can be seen as %s: use reshape",
        nm__shape_text(t->ndim, t->shape, have), nm__shape_text(to->ndim, to->dim, want));
  int mark = nm__scope(c->ctx);
  nm_tensor *copy = nm__contiguous(c->ctx, t), *r = NULL;
  if (copy) {
    nm__row_major(to->ndim, to->dim, stride);
    r = nm__temp(c->ctx, nm__tensor_view(c->ctx, copy, to->ndim, to->dim, stride, 0));
  }
  return nm__result(c, mark, r);
}

static nm_status view_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0);
  nm_dims to;
  NM_TRY(infer(c, t, 1, &to));
  return reshape_to(c, t, &to, false);
}

static nm_status reshape_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0);
  nm_dims to;
  NM_TRY(infer(c, t, 1, &to));
  return reshape_to(c, t, &to, true);
}

static nm_status flatten_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0);
  int first = 0, last = 0;
  NM_TRY(nm__dim_of(c, nm__int_arg(c, 1, 0), t->ndim, &first));
  NM_TRY(nm__dim_of(c, nm__int_arg(c, 2, -1), t->ndim, &last));
  if (first > last)
    return nm__op_error(c, NM_EINVAL, "start_dim %d comes after end_dim %d", first + c->ctx->base,
                        last + c->ctx->base);
  nm_dims to = {.ndim = 0};
  for (int d = 0; d < first; d++) to.dim[to.ndim++] = t->shape[d];
  to.dim[to.ndim] = 1;
  for (int d = first; d <= last && d < t->ndim; d++) to.dim[to.ndim] *= t->shape[d];
  to.ndim++;
  for (int d = last + 1; d < t->ndim; d++) to.dim[to.ndim++] = t->shape[d];
  return reshape_to(c, t, &to, true);
}

static nm_status squeeze_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0);
  uint32_t dims = 0;
  int64_t shape[NM_MAX_DIMS], stride[NM_MAX_DIMS];
  int n = 0;
  NM_TRY(nm__dims_arg(c, 1, t->ndim, &dims));
  for (int d = 0; d < t->ndim; d++) {
    if (t->shape[d] == 1 && dims >> d & 1) continue;
    shape[n] = t->shape[d];
    stride[n++] = t->stride[d];
  }
  return nm__view_result(c, t, n, shape, stride, t->offset);
}

static nm_status unsqueeze_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0);
  int64_t shape[NM_MAX_DIMS], stride[NM_MAX_DIMS];
  int at = 0;
  if (t->ndim == NM_MAX_DIMS)
    return nm__op_error(c, NM_EINVAL, "the tensor has %d dims already", NM_MAX_DIMS);
  NM_TRY(nm__dim_arg(c, 1, t->ndim + 1, &at));
  for (int d = 0; d <= t->ndim; d++) {
    shape[d] = d == at ? 1 : t->shape[d - (d > at)];
    stride[d] = d == at ? (d < t->ndim ? t->shape[d] * t->stride[d] : 1) : t->stride[d - (d > at)];
  }
  return nm__view_result(c, t, t->ndim + 1, shape, stride, t->offset);
}

/* One dim as several; one of their sizes may be -1. */
static nm_status unflatten_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0);
  const nm_value_arg *sizes = &c->args[2];
  nm_dims to = {.ndim = 0};
  int64_t known = 1, hole = -1;
  int dim = 0;
  char text[NM_SHAPE_TEXT];
  NM_TRY(nm__dim_arg(c, 1, t->ndim, &dim));
  if (!t->ndim) return nm__op_error(c, NM_EINVAL, "a 0-d tensor has no dim to be split");
  if (t->ndim - 1 + sizes->n > NM_MAX_DIMS)
    return nm__op_error(c, NM_EINVAL, "%d dims: a tensor has at most %d", t->ndim - 1 + sizes->n,
                        NM_MAX_DIMS);
  bool fits = sizes->n > 0;
  for (int k = 0; k < sizes->n; k++) {
    int64_t size = sizes->as.ints[k];
    if (size == -1 && hole < 0)
      hole = k;
    else
      fits &= size >= 0 && !__builtin_mul_overflow(known, size, &known);
  }
  int64_t n = t->shape[dim];
  fits &= hole < 0 ? known == n : known > 0 && n % known == 0;
  if (!fits)
    return nm__op_error(c, NM_EINVAL, "dim %d has size %lld, it can't become %s",
                        dim + c->ctx->base, (long long)n,
                        nm__shape_text(sizes->n, sizes->as.ints, text));
  for (int d = 0; d < dim; d++) to.dim[to.ndim++] = t->shape[d];
  for (int k = 0; k < sizes->n; k++) to.dim[to.ndim++] = k == hole ? n / known : sizes->as.ints[k];
  for (int d = dim + 1; d < t->ndim; d++) to.dim[to.ndim++] = t->shape[d];
  return reshape_to(c, t, &to, false);
}

/* atleast_1d, atleast_2d, atleast_3d: of a matrix the new dim is the last, of a vector the middle
 * one. */
static nm_status atleast_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0);
  nm_dims to = nm__dims_of(t);
  int least = c->op->name[8] - '0';
  if (to.ndim == 0) to = (nm_dims){.ndim = 1, .dim = {1}};
  if (to.ndim == 1 && least > 1) to = (nm_dims){.ndim = 2, .dim = {1, to.dim[0]}};
  if (to.ndim == 2 && least > 2) to.dim[to.ndim++] = 1;
  return reshape_to(c, t, &to, false);
}

/* The gradient of every op that only changes the shape. */
static nm_tensor *reshape_backward(nm_grad_call *b, int i) {
  const nm_dims *s = &b->node->edges[i].shape;
  return nm__gradient(b, nm__t_reshape(b->ctx, b->g[0], s->ndim, s->dim));
}

/* ---- order of dims ---- */

static nm_status permuted(nm_op_call *c, nm_tensor *t, const int *order) {
  int64_t shape[NM_MAX_DIMS], stride[NM_MAX_DIMS];
  for (int d = 0; d < t->ndim; d++) {
    shape[d] = t->shape[order[d]];
    stride[d] = t->stride[order[d]];
  }
  return nm__view_result(c, t, t->ndim, shape, stride, t->offset);
}

static nm_status transpose_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0);
  int order[NM_MAX_DIMS], a = 0, b = 0;
  NM_TRY(nm__dim_arg(c, 1, t->ndim, &a));
  NM_TRY(nm__dim_arg(c, 2, t->ndim, &b));
  for (int d = 0; d < t->ndim; d++) order[d] = d == a ? b : d == b ? a : d;
  return permuted(c, t, order);
}

static nm_tensor *transpose_backward(nm_grad_call *b, int i) {
  (void)i;
  return nm__gradient(
      b, nm__t_transpose(b->ctx, b->g[0], (int)b->args[1].as.integer, (int)b->args[2].as.integer));
}

static nm_status t_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0);
  if (t->ndim > 2)
    return nm__op_error(c, NM_EINVAL, "%d dims: t takes at most 2; use transpose, permute or .mT",
                        t->ndim);
  int mark = nm__scope(c->ctx);
  nm_tensor *r = t->ndim == 2 ? nm__t_transpose(c->ctx, t, 0, 1) : t;
  return nm__result(c, mark, r);
}

static nm_status permute_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0);
  const nm_value_arg *a = &c->args[1];
  int order[NM_MAX_DIMS];
  uint32_t seen = 0;
  if (a->n != t->ndim)
    return nm__op_error(c, NM_EINVAL, "%d dims for a tensor of %d: name each of its dims once",
                        a->n, t->ndim);
  for (int d = 0; d < a->n; d++) {
    NM_TRY(nm__dim_of(c, a->as.ints[d], t->ndim, &order[d]));
    if (seen >> order[d] & 1)
      return nm__op_error(c, NM_EINVAL, "dim %d is named twice", order[d] + c->ctx->base);
    seen |= 1u << order[d];
  }
  return permuted(c, t, order);
}

/* Dims taken to other places; those not named keep their order. */
static nm_status movedim_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0);
  const nm_value_arg *from = &c->args[1], *to = &c->args[2];
  int64_t order[NM_MAX_DIMS];
  uint32_t taken = 0, filled = 0;
  if (from->n != to->n)
    return nm__op_error(c, NM_EINVAL, "%d dims to move, and %d places", from->n, to->n);
  for (int k = 0; k < from->n; k++) {
    int a = 0, b = 0;
    NM_TRY(nm__dim_of(c, from->as.ints[k], t->ndim, &a));
    NM_TRY(nm__dim_of(c, to->as.ints[k], t->ndim, &b));
    if (taken >> a & 1 || filled >> b & 1)
      return nm__op_error(c, NM_EINVAL, "dim %d is named twice",
                          (taken >> a & 1 ? a : b) + c->ctx->base);
    taken |= 1u << a, filled |= 1u << b;
    order[b] = a;
  }
  for (int b = 0, a = 0; b < t->ndim; b++) {
    if (filled >> b & 1) continue;
    while (taken >> a & 1) a++;
    order[b] = a++;
  }
  int mark = nm__scope(c->ctx);
  nm_value_arg args[2] = {nm__arg_t(t), nm__arg_ints(t->ndim, order)};
  return nm__result(c, mark, nm__t(c->ctx, nm__known(c->ctx, NM_OP_permute), args));
}

static nm_tensor *permute_backward(nm_grad_call *b, int i) {
  (void)i;
  int64_t inverse[NM_MAX_DIMS];
  int n = b->args[1].n;
  for (int d = 0; d < n; d++) {
    int64_t from = b->args[1].as.ints[d];
    inverse[from < 0 ? from + n : from] = d;
  }
  nm_value_arg args[2] = {nm__arg_t(b->g[0]), nm__arg_ints(n, inverse)};
  return nm__gradient(b, nm__t(b->ctx, nm__known(b->ctx, NM_OP_permute), args));
}

/* ---- repeating without copying ---- */

static nm_status expand_shape(nm_op_call *c, nm_tensor *t, int n, const int64_t *to) {
  int64_t shape[NM_MAX_DIMS], stride[NM_MAX_DIMS];
  char have[NM_SHAPE_TEXT], want[NM_SHAPE_TEXT];
  int extra = n - t->ndim;
  bool fits = extra >= 0;
  if (n > NM_MAX_DIMS)
    return nm__op_error(c, NM_EINVAL, "%d dims: a tensor has at most %d", n, NM_MAX_DIMS);
  for (int d = 0; d < n && fits; d++) {
    int64_t size = d < extra ? 1 : t->shape[d - extra];
    shape[d] = to[d] == -1 && d >= extra ? size : to[d];
    stride[d] = d < extra || (size == 1 && shape[d] != 1) ? 0 : t->stride[d - extra];
    fits = shape[d] >= 0 && (size == 1 || size == shape[d]);
  }
  if (fits && nm__countable(c->ctx, n, shape) < 0)
    return nm__op_error(c, NM_EINVAL, "shape %s has too many elements",
                        nm__shape_text(n, shape, want));
  if (fits) return nm__view_result(c, t, n, shape, stride, t->offset);
  return nm__op_error(
      c, NM_EINVAL, "shape %s can't be expanded to %s: only sizes of 1 (or new dims in front) grow",
      nm__shape_text(t->ndim, t->shape, have), nm__shape_text(n, to, want));
}

static nm_status expand_forward(nm_op_call *c) {
  return expand_shape(c, nm__tensor_arg(c, 0), c->args[1].n, c->args[1].as.ints);
}

static nm_status expand_as_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0), *like = nm__tensor_arg(c, 1);
  int mark = nm__scope(c->ctx);
  nm_value_arg args[2] = {nm__arg_t(t), nm__arg_ints(like->ndim, like->shape)};
  return nm__result(c, mark, nm__t(c->ctx, nm__known(c->ctx, NM_OP_expand), args));
}

nm_tensor *nm__same_backward(nm_grad_call *b, int i) {
  (void)i;
  return b->g[0];
}

#define VIEWS (NM_ANYWHERE | NM_VIEW)
#define X                                                                                          \
  { "input", NM_P_TENSOR, 0, NULL }
/* clang-format off */
static const nm_op ops[] = {
  {.name = "view", NM_PARAMS(X, {"shape", NM_P_SIZES, 0, NULL}),
   .doc = "a view of the same elements in another shape; one size may be -1",
   .shapes = "(...) -> shape", .errors = "elements that do not lie in memory as the shape asks",
   .flags = NM_METHOD | NM_VIEW, .forward = view_forward, .backward = reshape_backward,
   .dtypes = "fib", .example = "nm.arange(6):view(2, 3)"},
  {.name = "reshape", NM_PARAMS(X, {"shape", NM_P_SIZES, 0, NULL}),
   .doc = "the same elements in another shape, a view where they lie so, else a copy; one size may "
          "be -1",
   .shapes = "(...) -> shape", .errors = "a shape of another number of elements",
   .flags = VIEWS, .forward = reshape_forward, .backward = reshape_backward, .dtypes = "fib",
   .example = "nm.arange(6):reshape(3, -1)"},
  {.name = "flatten",
   NM_PARAMS(X, {"start_dim", NM_P_DIM, NM_OPTIONAL, "1"},
             {"end_dim", NM_P_DIM, NM_OPTIONAL, "-1"}),
   .doc = "dims start_dim to end_dim as one, a view where the elements lie so",
   .shapes = "(..., M, N, ...) -> (..., M * N, ...)", .errors = "start_dim after end_dim",
   .flags = VIEWS, .forward = flatten_forward, .backward = reshape_backward, .dtypes = "fib",
   .example = "nm.zeros(2, 3, 4):flatten(2)"},
  {.name = "unflatten", NM_PARAMS(X, {"dim", NM_P_DIM, 0, NULL}, {"sizes", NM_P_SIZES, 0, NULL}),
   .doc = "a view with a dim split into several, what flatten made one; one size may be -1",
   .shapes = "(..., M * N, ...) -> (..., M, N, ...)",
   .errors = "sizes whose product is not the dim's",
   .flags = VIEWS, .forward = unflatten_forward, .backward = reshape_backward, .dtypes = "fib",
   .lo = -3, .hi = 3, .example = "nm.zeros(2, 12):unflatten(2, {3, -1})"},
  {.name = "squeeze", NM_PARAMS(X, {"dim", NM_P_DIMS, NM_OPTIONAL, "all"}),
   .doc = "a view without the dims (all, or those given) of size 1",
   .shapes = "(..., 1, ...) -> (..., ...)",
   .flags = VIEWS | NM_INPLACE, .forward = squeeze_forward, .backward = reshape_backward,
   .dtypes = "fib",
   .example = "nm.zeros(1, 3, 1):squeeze()"},
  {.name = "unsqueeze", NM_PARAMS(X, {"dim", NM_P_DIM, 0, NULL}),
   .doc = "a view with a new dim of size 1 at position dim",
   .shapes = "(..., ...) -> (..., 1, ...)",
   .flags = VIEWS | NM_INPLACE, .forward = unsqueeze_forward, .backward = reshape_backward,
   .dtypes = "fib",
   .example = "nm.zeros(3):unsqueeze(1)"},
  {.name = "atleast_1d", NM_PARAMS(X),
   .doc = "a view with one dim at least",
   .shapes = "() -> (1)",
   .flags = VIEWS, .forward = atleast_forward, .backward = reshape_backward, .dtypes = "fib",
   .lo = -3, .hi = 3, .example = "nm.tensor(7):atleast_1d()"},
  {.name = "atleast_2d", NM_PARAMS(X),
   .doc = "a view with two dims at least, new ones in front",
   .shapes = "() -> (1, 1); (N) -> (1, N)",
   .flags = VIEWS, .forward = atleast_forward, .backward = reshape_backward, .dtypes = "fib",
   .lo = -3, .hi = 3, .example = "nm.arange(3):atleast_2d()"},
  {.name = "atleast_3d", NM_PARAMS(X),
   .doc = "a view with three dims at least, a vector along the second, a matrix along the first "
          "two",
   .shapes = "() -> (1, 1, 1); (N) -> (1, N, 1); (M, N) -> (M, N, 1)",
   .flags = VIEWS, .forward = atleast_forward, .backward = reshape_backward, .dtypes = "fib",
   .lo = -3, .hi = 3, .example = "nm.arange(3):atleast_3d()"},
  {.name = "transpose", NM_PARAMS(X, {"dim0", NM_P_DIM, 0, NULL}, {"dim1", NM_P_DIM, 0, NULL}),
   .doc = "a view with dims dim0 and dim1 exchanged",
   .shapes = "(..., M, ..., N, ...) -> (..., N, ..., M, ...)",
   .flags = VIEWS | NM_INPLACE, .forward = transpose_forward, .backward = transpose_backward,
   .dtypes = "fib",
   .example = "nm.zeros(2, 3, 4):transpose(1, 3)"},
  {.name = "t", NM_PARAMS(X),
   .doc = "a view of the transpose of a matrix; 0-d and 1-d tensors as they are",
   .shapes = "(M, N) -> (N, M)", .errors = "more than two dims",
   .flags = VIEWS | NM_INPLACE | NM_COMPOSED, .forward = t_forward, .dtypes = "fib",
   .example = "nm.zeros(2, 3):t()"},
  {.name = "permute", NM_PARAMS(X, {"dims", NM_P_DIMS, 0, NULL}),
   .doc = "a view with the dims in another order: dim d of it is dim dims[d] of input",
   .shapes = "(A, B, C) -> (C, A, B) for {3, 1, 2}",
   .errors = "dims that do not name each dim once",
   .flags = VIEWS, .forward = permute_forward, .backward = permute_backward, .dtypes = "fib",
   .example = "nm.zeros(2, 3, 4):permute(3, 1, 2)"},
  {.name = "movedim",
   NM_PARAMS(X, {"source", NM_P_DIMS, 0, NULL}, {"destination", NM_P_DIMS, 0, NULL}),
   .doc = "a view with dims taken to other places; the others keep their order",
   .shapes = "(A, B, C) -> (B, C, A) for 1 to 3", .errors = "a dim named twice",
   .flags = VIEWS | NM_COMPOSED, .forward = movedim_forward, .dtypes = "fib", .lo = -3, .hi = 3,
   .example = "nm.zeros(2, 3, 4):movedim(1, 3)"},
  {.name = "expand", NM_PARAMS(X, {"shape", NM_P_SIZES, 0, NULL}),
   .doc = "a view with sizes of 1 repeated to the given ones, -1 leaves a size as it is; nothing "
          "is copied",
   .shapes = "(..., 1, ...) -> (..., N, ...)",
   .errors = "a size that is neither 1 nor the given one",
   .flags = VIEWS, .forward = expand_forward, .backward = nm__same_backward, .dtypes = "fib",
   .example = "nm.zeros(3, 1):expand(3, 4)"},
  {.name = "broadcast_to", NM_PARAMS(X, {"shape", NM_P_INTS, 0, NULL}),
   .doc = "as expand, to a shape given as a table",
   .shapes = "(..., 1, ...) -> (..., N, ...)",
   .errors = "a size that is neither 1 nor the given one",
   .flags = VIEWS, .forward = expand_forward, .backward = nm__same_backward, .dtypes = "fib",
   .example = "nm.zeros(3, 1):broadcast_to{3, 4}"},
  {.name = "expand_as", NM_PARAMS(X, {"other", NM_P_TENSOR, 0, NULL}),
   .doc = "a view expanded to the shape of another tensor",
   .shapes = "(..., 1, ...), (..., N, ...) -> (..., N, ...)",
   .errors = "a size that is neither 1 nor the other's",
   .flags = VIEWS | NM_COMPOSED, .forward = expand_as_forward, .dtypes = "fib",
   .example = "nm.zeros(3, 1):expand_as(nm.zeros(3, 4))"},
};
/* clang-format on */
NM_FAMILY(shape);
