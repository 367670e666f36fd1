/* join.c: tensors put side by side. */
#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/families.h"

#include <stdlib.h>

/* PyTorch's exception: a 1-d tensor of no elements goes with everything, and adds nothing. */
static bool is_nothing(int ndim, const int64_t *shape) { return ndim == 1 && shape[0] == 0; }

static nm_status result_shape(const nm_op_call *c, int *dim, nm_dims *out) {
  const nm_value_arg *a = &c->args[0];
  char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
  const nm_tensor *first = NULL;
  if (a->n == 0) return nm__op_error(c, NM_EINVAL, "an empty list of tensors");
  for (int k = 0; k < a->n; k++) {
    const nm_tensor *t = a->as.tensors[k];
    if (t->ndim == 0)
      return nm__op_error(c, NM_EINVAL,
                          "tensor %d is 0-d, it has no dim to be joined along: use stack",
                          k + c->ctx->base);
    if (is_nothing(t->ndim, t->shape)) continue;
    if (!first) {
      first = t;
      *out = nm__dims_of(t);
      NM_TRY(nm__dim_of(c, nm__int_arg(c, 1, 0), t->ndim, dim));
      continue;
    }
    bool fits = t->ndim == out->ndim;
    for (int d = 0; d < t->ndim && fits; d++) fits = d == *dim || t->shape[d] == first->shape[d];
    if (!fits)
      return nm__op_error(c, NM_EINVAL,
                          "tensor %d has shape %s, the first %s: they may only differ in dim %d",
                          k + c->ctx->base, nm__shape_text(t->ndim, t->shape, one),
                          nm__shape_text(first->ndim, first->shape, two), *dim + c->ctx->base);
    out->dim[*dim] += t->shape[*dim];
  }
  if (!first) {
    *out = (nm_dims){.ndim = 1, .dim = {0}};
    NM_TRY(nm__dim_of(c, nm__int_arg(c, 1, 0), 1, dim));
  }
  return NM_OK;
}

static nm_status cat_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  const nm_value_arg *a = &c->args[0];
  nm_device *dev;
  nm_dims s = {.ndim = 0};
  int dim = 0;
  NM_TRY(nm__same_device(c, &dev));
  NM_TRY(result_shape(c, &dim, &s));
  nm_dtype dtype = (nm_dtype)a->as.tensors[0]->dtype;
  for (int k = 1; k < a->n; k++) dtype = nm__promote(dtype, (nm_dtype)a->as.tensors[k]->dtype);
  int mark = nm__scope(ctx);
  nm_tensor *y = nm__t_empty_of(ctx, dev, dtype, s.ndim, s.dim);
  int64_t at = 0;
  for (int k = 0; k < a->n && y; k++) { /* a program per slice */
    nm_tensor *t = a->as.tensors[k];
    if (is_nothing(t->ndim, t->shape)) continue;
    nm_tensor *place =
        nm__temp(ctx, nm__tensor_view(ctx, y, t->ndim, t->shape, y->stride, at * y->stride[dim]));
    at += t->shape[dim];
    if (!place || nm__store(ctx, place, t, false) != NM_OK) y = NULL;
  }
  return nm__result(c, mark, y);
}

static nm_tensor *cat_backward(nm_grad_call *b, int i) {
  const nm_edge *e = b->node->edges;
  int64_t at = 0, dim = b->args[1].kind == NM_ARG_NONE ? 0 : b->args[1].as.integer;
  if (dim < 0) dim += b->g[0]->ndim;
  if (is_nothing(e[i].shape.ndim, e[i].shape.dim)) return NULL;
  for (int k = 0; k < i; k++)
    if (!is_nothing(e[k].shape.ndim, e[k].shape.dim)) at += e[k].shape.dim[dim];
  return nm__gradient(b, nm__t_narrow(b->ctx, b->g[0], (int)dim, at, e[i].shape.dim[dim]));
}

static nm_status stack_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  const nm_value_arg *a = &c->args[0];
  char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
  int dim = 0;
  if (a->n == 0) return nm__op_error(c, NM_EINVAL, "an empty list of tensors");
  const nm_tensor *first = a->as.tensors[0];
  for (int k = 1; k < a->n; k++) {
    const nm_tensor *t = a->as.tensors[k];
    if (!nm__same_shape(t, first->ndim, first->shape))
      return nm__op_error(c, NM_EINVAL, "tensor %d has shape %s, the first %s: they must be equal",
                          k + ctx->base, nm__shape_text(t->ndim, t->shape, one),
                          nm__shape_text(first->ndim, first->shape, two));
  }
  NM_TRY(nm__dim_of(c, nm__int_arg(c, 1, 0), first->ndim + 1, &dim));
  nm_tensor **list = malloc((size_t)a->n * sizeof *list), *r = NULL;
  if (!list) return nm__op_error(c, NM_ENOMEM, "out of memory");
  int mark = nm__scope(ctx), n = 0;
  for (; n < a->n; n++) {
    nm_value_arg args[2] = {nm__arg_t(a->as.tensors[n]), nm__arg_int(dim)};
    if (!(list[n] = nm__t(ctx, nm__known(ctx, NM_OP_unsqueeze), args))) break;
  }
  if (n == a->n) r = nm__t_cat(ctx, n, list, dim);
  free(list);
  return nm__result(c, mark, r);
}

/* hstack, vstack, dstack: cat of tensors with 1, 2, 3 dims at least; of columns, where vectors
 * stand upright. */
static nm_status side_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  const nm_value_arg *a = &c->args[0];
  char side = c->op->name[0];
  nm_known raise = side == 'h'   ? NM_OP_atleast_1d
                   : side == 'd' ? NM_OP_atleast_3d
                                 : NM_OP_atleast_2d;
  int dim = side == 'v' ? 0 : side == 'd' ? 2 : 1;
  if (a->n == 0) return nm__op_error(c, NM_EINVAL, "an empty list of tensors");
  if (side == 'h' && a->as.tensors[0]->ndim < 2) dim = 0;
  nm_tensor **list = malloc((size_t)a->n * sizeof *list), *r = NULL;
  if (!list) return nm__op_error(c, NM_ENOMEM, "out of memory");
  int mark = nm__scope(ctx), n = 0;
  for (; n < a->n; n++) {
    nm_tensor *t = a->as.tensors[n];
    int64_t upright[2] = {nm_numel(t), 1};
    nm_value_arg args[1] = {nm__arg_t(t)};
    list[n] = side == 'c' && t->ndim < 2 ? nm__t_reshape(ctx, t, 2, upright)
              : side == 'c'              ? t
                                         : nm__t(ctx, nm__known(ctx, raise), args);
    if (!list[n]) break;
  }
  if (n == a->n) r = nm__t_cat(ctx, n, list, dim);
  free(list);
  return nm__result(c, mark, r);
}

#define TENSORS                                                                                    \
  { "tensors", NM_P_TENSORS, 0, NULL }
#define DIM                                                                                        \
  { "dim", NM_P_DIM, NM_OPTIONAL, "1" }
#define RANGE .lo = -3, .hi = 3
/* clang-format off */
static const nm_op ops[] = {
  {.name = "cat", NM_PARAMS(TENSORS, DIM),
   .doc = "the tensors one after another along dim, in the dtype that they are promoted to",
   .shapes = "{(..., M, ...), (..., N, ...)} -> (..., M + N, ...)",
   .errors = "0-d tensors; shapes that differ in another dim",
   .flags = NM_FUNCTION | NM_OUT, .forward = cat_forward, .backward = cat_backward, .dtypes = "fib",
   .example = "nm.cat({nm.zeros(2, 3), nm.ones(2, 3)}, 1)"},
  {.name = "stack", NM_PARAMS(TENSORS, DIM),
   .doc = "the tensors one after another along a new dim",
   .shapes = "a list of K (..., ...) -> (..., K, ...)", .errors = "shapes that differ",
   .flags = NM_FUNCTION | NM_OUT | NM_COMPOSED, .forward = stack_forward, .dtypes = "fib",
   .example = "nm.stack({nm.zeros(2, 3), nm.ones(2, 3)}, 2)"},
  {.name = "hstack", NM_PARAMS(TENSORS),
   .doc = "the tensors side by side: along dim 2, vectors along dim 1",
   .shapes = "{(A, M, ...), (A, N, ...)} -> (A, M + N, ...)",
   .errors = "shapes that differ in another dim",
   .flags = NM_FUNCTION | NM_OUT | NM_COMPOSED, .forward = side_forward, .dtypes = "fib", RANGE,
   .example = "nm.hstack{nm.zeros(2), nm.ones(3)}"},
  {.name = "vstack", NM_PARAMS(TENSORS),
   .doc = "the tensors one below another: along dim 1, vectors as rows",
   .shapes = "{(M, A, ...), (N, A, ...)} -> (M + N, A, ...)",
   .errors = "shapes that differ in another dim",
   .flags = NM_FUNCTION | NM_OUT | NM_COMPOSED, .forward = side_forward, .dtypes = "fib", RANGE,
   .example = "nm.vstack{nm.zeros(2), nm.ones(2)}"},
  {.name = "dstack", NM_PARAMS(TENSORS),
   .doc = "the tensors one behind another: along dim 3, after atleast_3d",
   .shapes = "{(A, B, M, ...), (A, B, N, ...)} -> (A, B, M + N, ...)",
   .errors = "shapes that differ in another dim",
   .flags = NM_FUNCTION | NM_OUT | NM_COMPOSED, .forward = side_forward, .dtypes = "fib", RANGE,
   .example = "nm.dstack{nm.zeros(2), nm.ones(2)}"},
  {.name = "column_stack", NM_PARAMS(TENSORS),
   .doc = "the tensors side by side, vectors as columns",
   .shapes = "{(A), (A, N)} -> (A, 1 + N)", .errors = "shapes that differ in another dim",
   .flags = NM_FUNCTION | NM_OUT | NM_COMPOSED, .forward = side_forward, .dtypes = "fib", RANGE,
   .example = "nm.column_stack{nm.zeros(2), nm.ones(2)}"},
};
/* clang-format on */
NM_FAMILY(join);
