/* sort.c: sorting, and the first of what is sorted.  A kernel gives positions; elements are picked
 * by them, so that gradients go back to where elements came from. */
#include "ops/order.h"

#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/families.h"

/* ---- what the families share ---- */

nm_tensor *nm__t_turned(nm_context *ctx, nm_tensor *t, int dim) {
  int last = t ? t->ndim - 1 : 0;
  if (!t || last < 1 || dim == last) return t;
  int64_t shape[NM_MAX_DIMS], stride[NM_MAX_DIMS];
  for (int d = 0; d <= last; d++) {
    int from = d == dim ? last : d == last ? dim : d;
    shape[d] = t->shape[from];
    stride[d] = t->stride[from];
  }
  return nm__temp(ctx, nm__tensor_view(ctx, t, t->ndim, shape, stride, t->offset));
}

nm_tensor *nm__t_order(nm_context *ctx, nm_tensor *x, int dim, bool descending, int64_t n,
                       nm_tensor **values, int base) {
  nm_device *dev = nm__device_of(x);
  nm_view vx, vy, vi;
  x = nm__t_turned(ctx, x, dim);
  if (!x) return NULL;
  int64_t shape[NM_MAX_DIMS];
  for (int d = 0; d < x->ndim; d++) shape[d] = d == x->ndim - 1 ? n : x->shape[d];
  nm_tensor *at = nm__t_empty_of(ctx, dev, NM_INT64, x->ndim, shape), *y = NULL;
  if (!at || nm__view_of(ctx, x, &vx) != NM_OK || nm__view_of(ctx, at, &vi) != NM_OK) return NULL;
  if (values) {
    y = nm__t_empty(ctx, x, x->ndim, shape);
    if (!y || nm__view_of(ctx, y, &vy) != NM_OK) return NULL;
    *values = y;
  }
  if (nm_numel(at) && dev->cls->sort(dev, &vx, descending, n, y ? &vy : NULL, &vi, base) != NM_OK)
    return NULL;
  return at;
}

nm_tensor *nm__t_search(nm_context *ctx, nm_tensor *sorted, nm_tensor *x, bool right) {
  if (!sorted || !x) return NULL;
  nm_device *dev = nm__device_of(x);
  nm_view vs, vx, vi;
  nm_tensor *at = nm__t_empty_of(ctx, dev, NM_INT64, 2, x->shape);
  if (!at || nm__view_of(ctx, sorted, &vs) != NM_OK || nm__view_of(ctx, x, &vx) != NM_OK ||
      nm__view_of(ctx, at, &vi) != NM_OK)
    return NULL;
  if (nm_numel(at) && dev->cls->search(dev, &vs, &vx, right, &vi) != NM_OK) return NULL;
  return at;
}

nm_tensor *nm__t_positions(nm_context *ctx, nm_tensor *at) {
  if (!at) return NULL;
  return ctx->base ? nm__t2s(ctx, NM_I_add, at, ctx->base) : nm__contiguous(ctx, at);
}

/* Ends a forward whose results are values and what is handed out as their positions. */
static nm_status two_results(nm_op_call *c, int mark, nm_tensor *values, nm_tensor *index) {
  if (!values || !index) return nm__result(c, mark, NULL);
  nm_retain(index);
  c->out[1] = index;
  c->nout = 2;
  return nm__result(c, mark, values);
}

nm_status nm__ordered_results(nm_op_call *c, int mark, nm_tensor *values, nm_tensor *at) {
  return two_results(c, mark, values, values ? nm__t_positions(c->ctx, at) : NULL);
}

nm_status nm__chosen_results(nm_op_call *c, int mark, nm_tensor *x, int dim, nm_tensor *at,
                             bool keepdim) {
  nm_context *ctx = c->ctx;
  int64_t shape[NM_MAX_DIMS];
  int n = 0;
  at = nm__t_turned(ctx, at, dim);
  nm_tensor *values = nm__t_pick(ctx, x, dim, at);
  for (int d = 0; d < x->ndim; d++)
    if (d != dim || keepdim) shape[n++] = d == dim ? 1 : x->shape[d];
  if (values) {
    values = nm__t_reshape(ctx, values, n, shape);
    at = nm__t_reshape(ctx, at, n, shape);
  }
  return nm__ordered_results(c, mark, values, at);
}

nm_status nm__nonempty_dim(const nm_op_call *c, const nm_tensor *x, int dim) {
  char text[NM_SHAPE_TEXT];
  if (nm__dim_size(x, dim)) return NM_OK;
  return nm__op_error(c, NM_EINVAL,
                      "shape %s: dim %d has no elements, and there is no result for none",
                      nm__shape_text(x->ndim, x->shape, text), dim + c->ctx->base);
}

/* ---- pick_once, put_once: the elements of each line of the last dim at positions of which none
 * comes twice, and back.  Nothing is added up there, so that all places are written at once. ----
 */

static nm_tensor *pick_once(nm_context *ctx, nm_tensor *x, nm_tensor *at) {
  nm_value_arg args[2] = {nm__arg_t(x), nm__arg_t(at)};
  return nm__t(ctx, nm__known(ctx, NM_OP_pick_once), args);
}

static nm_status pick_once_forward(nm_op_call *c) {
  nm_tensor *x = nm__tensor_arg(c, 0);
  int mark = nm__scope(c->ctx);
  return nm__result(c, mark, nm__t_pick(c->ctx, x, x->ndim - 1, nm__tensor_arg(c, 1)));
}

static nm_tensor *pick_once_backward(nm_grad_call *b, int i) {
  const nm_dims *s = &b->node->edges[i].shape;
  nm_value_arg args[3] = {nm__arg_t(b->g[0]), nm__arg_t(b->x[1]), nm__arg_int(s->dim[s->ndim - 1])};
  return nm__gradient(b, nm__t(b->ctx, nm__known(b->ctx, NM_OP_put_once), args));
}

static nm_view as_3d(nm_view v, const int64_t *shape, const int64_t *stride) {
  v.ndim = 3;
  for (int d = 0; d < 3; d++) v.shape[d] = shape[d], v.stride[d] = stride[d];
  return v;
}

/* put_once(src, at, n): zeros, n to a line, with src at the positions.  To the kernel, which goes
 * along a dim in order, each position is a line of its own. */
static nm_status put_once_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *src = nm__tensor_arg(c, 0), *at = nm__tensor_arg(c, 1);
  nm_device *dev = nm__device_of(src);
  int64_t k = at->shape[at->ndim - 1], n = c->args[2].as.integer, shape[NM_MAX_DIMS];
  nm_view vs, vi, vy;
  int mark = nm__scope(ctx);
  for (int d = 0; d < at->ndim; d++) shape[d] = d == at->ndim - 1 ? n : at->shape[d];
  nm_tensor *y = nm__t_full(ctx, dev, (nm_dtype)src->dtype, at->ndim, shape, 0);
  src = nm__contiguous(ctx, src);
  at = nm__contiguous(ctx, at);
  if (!y || !src || !at || nm__view_of(ctx, src, &vs) != NM_OK ||
      nm__view_of(ctx, at, &vi) != NM_OK || nm__writable(ctx, y) != NM_OK ||
      nm__view_of(ctx, y, &vy) != NM_OK)
    return nm__result(c, mark, NULL);
  if (nm_numel(at)) {
    int64_t lines = nm_numel(at) / k, positions[3] = {lines, 1, k}, step[3] = {k, k, 1};
    vi = as_3d(vi, positions, step);
    vs = as_3d(vs, positions, step);
    vy = as_3d(vy, (const int64_t[]){lines, n, k}, (const int64_t[]){n, 1, 0});
    if (dev->cls->scatter(dev, &vy, 1, &vi, &vs, NM_SCATTER_SET) != NM_OK) y = NULL;
  }
  return nm__result(c, mark, y);
}

static nm_tensor *put_once_backward(nm_grad_call *b, int i) {
  (void)i;
  return nm__gradient(b, pick_once(b->ctx, b->g[0], b->x[1]));
}

/* ---- the ops ---- */

static nm_status sorted_results(nm_op_call *c, nm_tensor *x, int dim, bool descending, int64_t n) {
  nm_context *ctx = c->ctx;
  int mark = nm__scope(ctx);
  nm_tensor *values = NULL;
  bool last = dim >= x->ndim - 1, direct = last && !(ctx->grad_enabled && nm__tracks(x));
  if (direct) {
    nm_tensor *index = nm__t_order(ctx, x, dim, descending, n, &values, ctx->base);
    return two_results(c, mark, values, index);
  }
  nm_tensor *at = nm__t_turned(ctx, nm__t_order(ctx, x, dim, descending, n, NULL, 0), dim);
  if (at) values = last && x->ndim ? pick_once(ctx, x, at) : nm__t_pick(ctx, x, dim, at);
  return nm__ordered_results(c, mark, values, at);
}

static nm_status sort_forward(nm_op_call *c) {
  nm_tensor *x = nm__tensor_arg(c, 0);
  int dim = 0;
  NM_TRY(nm__dim_of(c, nm__int_arg(c, 1, -1), x->ndim, &dim));
  return sorted_results(c, x, dim, nm__bool_arg(c, 2, false), nm__dim_size(x, dim));
}

static nm_status argsort_forward(nm_op_call *c) {
  nm_tensor *x = nm__tensor_arg(c, 0);
  int dim = 0;
  NM_TRY(nm__dim_of(c, nm__int_arg(c, 1, -1), x->ndim, &dim));
  int mark = nm__scope(c->ctx);
  bool descending = nm__bool_arg(c, 2, false);
  nm_tensor *at = nm__t_order(c->ctx, x, dim, descending, nm__dim_size(x, dim), NULL, c->ctx->base);
  at = nm__t_turned(c->ctx, at, dim);
  return nm__result(c, mark, at ? nm__contiguous(c->ctx, at) : NULL);
}

static nm_status msort_forward(nm_op_call *c) {
  nm_tensor *x = nm__tensor_arg(c, 0);
  NM_TRY(sorted_results(c, x, 0, false, nm__dim_size(x, 0)));
  nm_release(c->ctx, c->out[1]);
  c->nout = 1;
  return NM_OK;
}

static nm_status check_k(const nm_op_call *c, const nm_tensor *x, int dim, int64_t least) {
  int64_t k = c->args[1].as.integer, n = nm__dim_size(x, dim);
  if (x->ndim == 0) least = 1;
  if (k >= least && k <= n) return NM_OK;
  return nm__op_error(c, NM_EINVAL, "k is %lld, it must be from %lld to %lld, the size of dim %d",
                      (long long)k, (long long)least, (long long)n, dim + c->ctx->base);
}

static nm_status topk_forward(nm_op_call *c) {
  nm_tensor *x = nm__tensor_arg(c, 0);
  int dim = 0;
  NM_TRY(nm__dim_of(c, nm__int_arg(c, 2, -1), x->ndim, &dim));
  NM_TRY(check_k(c, x, dim, 0));
  if (x->dtype == NM_BOOL)
    return nm__op_error(c, NM_EINVAL, "not defined for bool: convert with :to(\"uint8\")");
  return sorted_results(c, x, dim, nm__bool_arg(c, 3, true), c->args[1].as.integer);
}

static nm_status kthvalue_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  int64_t k = c->args[1].as.integer;
  int dim = 0;
  NM_TRY(nm__dim_of(c, nm__int_arg(c, 2, -1), x->ndim, &dim));
  NM_TRY(nm__nonempty_dim(c, x, dim));
  NM_TRY(check_k(c, x, dim, 1));
  if (x->dtype == NM_BOOL)
    return nm__op_error(c, NM_EINVAL, "not defined for bool: convert with :to(\"uint8\")");
  int mark = nm__scope(ctx);
  nm_tensor *at = nm__t_order(ctx, x, dim, false, k, NULL, 0);
  if (at && at->ndim) at = nm__t_narrow(ctx, at, at->ndim - 1, k - 1, 1);
  return nm__chosen_results(c, mark, x, dim, at, nm__bool_arg(c, 3, false));
}

#define X                                                                                          \
  { "input", NM_P_TENSOR, 0, NULL }
#define DIM                                                                                        \
  { "dim", NM_P_DIM, NM_OPTIONAL, "-1" }
#define DESCENDING                                                                                 \
  { "descending", NM_P_BOOL, NM_OPTIONAL, "false" }
#define STABLE                                                                                     \
  { "stable", NM_P_BOOL, NM_OPTIONAL, "true" }
/* clang-format off */
static const nm_op ops[] = {
  {.name = "pick_once", NM_PARAMS(X, {"at", NM_P_TENSOR, 0, NULL}),
   .doc = "the elements of each line at positions that differ",
   .flags = 0, .forward = pick_once_forward, .backward = pick_once_backward, .uses = {2},
   .dtypes = "fib"},
  {.name = "put_once",
   NM_PARAMS({"src", NM_P_TENSOR, 0, NULL}, {"at", NM_P_TENSOR, 0, NULL}, {"n", NM_P_INT, 0, NULL}),
   .doc = "lines of n zeros with src at positions that differ",
   .flags = 0, .forward = put_once_forward, .backward = put_once_backward, .uses = {2},
   .dtypes = "fib"},
  {.name = "sort", NM_PARAMS(X, DIM, DESCENDING, STABLE),
   .doc = "the elements sorted along dim, and the positions they came from; "
          "NaN counts as the largest, and equal elements keep their order, whatever stable says",
   .shapes = "(..., N, ...) -> (..., N, ...), (..., N, ...)",
   .flags = NM_ANYWHERE | NM_OUT | NM_COMPOSED, .forward = sort_forward, .dtypes = "fib",
   .lo = -3, .hi = 3, .example = "nm.tensor{3, 1, 2}:sort()"},
  {.name = "argsort", NM_PARAMS(X, DIM, DESCENDING, STABLE),
   .doc = "the positions that sort the elements along dim; "
          "NaN counts as the largest, and equal elements keep their order, whatever stable says",
   .shapes = "(..., N, ...) -> (..., N, ...)",
   .flags = NM_ANYWHERE | NM_COMPOSED, .forward = argsort_forward, .dtypes = "fib",
   .lo = -3, .hi = 3, .example = "nm.tensor{3, 1, 2}:argsort()"},
  {.name = "msort", NM_PARAMS(X),
   .doc = "the elements sorted along the first dim, NaN last",
   .shapes = "(N, ...) -> (N, ...)",
   .flags = NM_ANYWHERE | NM_OUT | NM_COMPOSED, .forward = msort_forward, .dtypes = "fib",
   .lo = -3, .hi = 3, .example = "nm.tensor{{3, 1}, {1, 2}}:msort()"},
  {.name = "topk",
   NM_PARAMS(X, {"k", NM_P_INT, 0, NULL}, DIM, {"largest", NM_P_BOOL, NM_OPTIONAL, "true"},
             {"sorted", NM_P_BOOL, NM_OPTIONAL, "true"}),
   .doc = "the k largest elements along dim, or the smallest, and their positions; "
          "they come sorted in any case, NaN counts as the largest, and of equal ones the first "
          "comes first",
   .shapes = "(..., N, ...) -> (..., k, ...), (..., k, ...)", .errors = "k above the dim's size",
   .flags = NM_ANYWHERE | NM_OUT | NM_COMPOSED, .forward = topk_forward, .dtypes = "fi",
   .lo = -3, .hi = 3, .example = "nm.tensor{3, 1, 4, 1, 5}:topk(2)"},
  {.name = "kthvalue",
   NM_PARAMS(X, {"k", NM_P_INT, 0, NULL}, DIM, {"keepdim", NM_P_BOOL, NM_OPTIONAL, "false"}),
   .doc = "the k-th smallest element along dim, and its position; "
          "NaN counts as the largest, and of equal ones the first comes first",
   .shapes = "(..., N, ...) -> (..., ...), (..., ...)",
   .errors = "k below 1 or above the dim's size",
   .flags = NM_ANYWHERE | NM_OUT | NM_COMPOSED, .forward = kthvalue_forward, .dtypes = "fi",
   .lo = -3, .hi = 3, .example = "nm.tensor{3, 1, 2}:kthvalue(2)"},
};
/* clang-format on */
NM_FAMILY(sort);
