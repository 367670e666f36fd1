/* reduce.c: one value from many, over any set of dims. */
#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/families.h"
#include "ops/reduction.h"

static nm_tensor *reduced(nm_context *ctx, nm_reduction kind, nm_tensor *x, uint32_t dims,
                          nm_dtype dtype, bool keepdim) {
  nm_tensor *y = nm__reduce(ctx, kind, x, dims, dtype);
  if (y && keepdim) nm__keep_dims(y, x, dims);
  return y;
}

static nm_status check_nonempty(const nm_op_call *c, const nm_tensor *x, uint32_t dims) {
  char text[NM_SHAPE_TEXT];
  for (int d = 0; d < x->ndim; d++)
    if (dims >> d & 1 && x->shape[d] == 0)
      return nm__op_error(c, NM_EINVAL,
                          "shape %s: dim %d has no elements, and there is no result for none",
                          nm__shape_text(x->ndim, x->shape, text), d + c->ctx->base);
  return NM_OK;
}

/* g, as it was before a reduction took dims away. */
static nm_tensor *unreduce(nm_grad_call *b, nm_tensor *g, uint32_t dims, bool keepdim) {
  const nm_dims *s = &b->node->edges[0].shape;
  nm_dims kept = *s;
  if (keepdim) return g;
  for (int d = 0; d < s->ndim; d++)
    if (dims >> d & 1) kept.dim[d] = 1;
  return nm__t_reshape(b->ctx, g, kept.ndim, kept.dim);
}

static uint32_t node_dims(const nm_grad_call *b) {
  const nm_value_arg *a = &b->args[1];
  int n = b->node->edges[0].shape.ndim;
  uint32_t dims = 0;
  if (a->kind == NM_ARG_NONE || a->n == 0) return (1u << n) - 1;
  for (int k = 0; k < a->n; k++) {
    int64_t d = a->as.ints[k] < 0 ? a->as.ints[k] + n : a->as.ints[k];
    if (n) dims |= 1u << d;
  }
  return dims;
}

static bool node_keepdim(const nm_grad_call *b) {
  return b->args[2].kind != NM_ARG_NONE && b->args[2].as.boolean;
}

/* ---- sum and prod ---- */

static nm_status sum_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  uint32_t dims = 0;
  nm_dtype dtype = NM_FLOAT32;
  bool given = nm__given(c, 3);
  NM_TRY(nm__dims_arg(c, 1, x->ndim, &dims));
  NM_TRY(nm__dtype_arg(c, 3, nm__is_float((nm_dtype)x->dtype) ? (nm_dtype)x->dtype : NM_INT64,
                       &dtype));
  nm_reduction kind = c->op->name[0] == 's' ? NM_R_SUM : NM_R_PROD;
  int mark = nm__scope(ctx);
  bool narrow = nm__is_integral(dtype) && dtype != NM_INT64;
  nm_dtype wide = narrow ? NM_INT64 : dtype;
  if (given || (nm__is_float(dtype) && x->dtype != dtype)) x = nm__t_cast(ctx, x, wide);
  nm_tensor *y =
      x ? nm__temp(ctx, reduced(ctx, kind, x, dims, wide, nm__bool_arg(c, 2, false))) : NULL;
  return nm__result(c, mark, narrow ? nm__t_cast(ctx, y, dtype) : y);
}

static nm_tensor *sum_backward(nm_grad_call *b, int i) {
  const nm_dims *s = &b->node->edges[i].shape;
  return nm__gradient(b, nm__t_expand(b->ctx, unreduce(b, b->g[0], node_dims(b), node_keepdim(b)),
                                      s->ndim, s->dim));
}

/* The product of the others: y / x.  Of a factor 0 it is what the other ones give, if it is the
 * only one; of two, it is the other one, which is 0 but has a derivative, times what the rest
 * gives. */
static nm_tensor *prod_backward(nm_grad_call *b, int i) {
  (void)i;
  nm_context *ctx = b->ctx;
  uint32_t dims = node_dims(b);
  bool keepdim = node_keepdim(b);
  nm_tensor *x = b->x[0], *g = unreduce(b, b->g[0], dims, keepdim),
            *y = unreduce(b, b->y, dims, keepdim);
  nm_tensor *zero = nm__t2s(ctx, NM_I_eq, x, 0), *count = nm__t_sum(ctx, zero, dims, true);
  nm_tensor *none = nm__t_full_like(ctx, x, 0);
  nm_tensor *filled = nm__t3(ctx, NM_I_where, zero, nm__t_full_like(ctx, x, 1), x);
  int64_t list[NM_MAX_DIMS];
  int n = nm__dims_list(x->ndim, dims, list);
  nm_value_arg args[4] = {nm__arg_t(filled), nm__arg_ints(n, list), nm__arg_bool(true),
                          nm__arg_none()};
  nm_tensor *rest = n && filled ? nm__t(ctx, nm__known(ctx, NM_OP_prod), args) : filled;
  nm_tensor *zeros = nm__t3(ctx, NM_I_where, zero, x, none);
  nm_tensor *other = nm__t2(ctx, NM_I_sub, nm__t_sum(ctx, zeros, dims, true), zeros);
  nm_tensor *second = nm__t3(ctx, NM_I_where, nm__t2s(ctx, NM_I_eq, count, 2),
                             nm__t2(ctx, NM_I_mul, other, rest), none);
  nm_tensor *first = nm__t3(ctx, NM_I_where, nm__t2s(ctx, NM_I_eq, count, 1), rest, second);
  nm_tensor *d = nm__t3(ctx, NM_I_where, zero, first, nm__t2(ctx, NM_I_div, y, filled));
  return nm__gradient(b, nm__t2(ctx, NM_I_mul, g, d));
}

static nm_status mean_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  uint32_t dims = 0;
  nm_dtype dtype = (nm_dtype)x->dtype;
  NM_TRY(nm__dims_arg(c, 1, x->ndim, &dims));
  NM_TRY(nm__dtype_arg(c, 3, dtype, &dtype));
  if (!nm__is_float(dtype))
    return nm__op_error(
        c, NM_EINVAL,
        "the mean of %s is no %s: give dtype = \"float32\", or convert with :to(\"float32\")",
        nm__dtype_name((int)dtype), nm__dtype_name((int)dtype));
  int mark = nm__scope(ctx);
  nm_tensor *s =
      nm__t_sum(ctx, nm__t_cast(ctx, x, nm__computed_in(dtype)), dims, nm__bool_arg(c, 2, false));
  s = nm__t_cast(ctx, nm__t2s(ctx, NM_I_div, s, (double)nm__reduced_count(x, dims)), dtype);
  return nm__result(c, mark, s);
}

/* ---- extremes ---- */

static nm_status extreme_forward(nm_op_call *c) { /* amax, amin */
  nm_tensor *x = nm__tensor_arg(c, 0);
  uint32_t dims = 0;
  NM_TRY(nm__dims_arg(c, 1, x->ndim, &dims));
  NM_TRY(check_nonempty(c, x, dims));
  nm_reduction kind = c->op->name[2] == 'a' ? NM_R_MAX : NM_R_MIN;
  c->out[0] = reduced(c->ctx, kind, x, dims, (nm_dtype)x->dtype, nm__bool_arg(c, 2, false));
  return c->out[0] ? NM_OK : c->ctx->status;
}

/* Shared evenly by all that are as extreme. */
static nm_tensor *extreme_backward(nm_grad_call *b, int i) {
  (void)i;
  nm_context *ctx = b->ctx;
  uint32_t dims = node_dims(b);
  nm_tensor *y = unreduce(b, b->y, dims, node_keepdim(b)),
            *g = unreduce(b, b->g[0], dims, node_keepdim(b));
  nm_tensor *hit = nm__t_cast(ctx, nm__t2(ctx, NM_I_eq, b->x[0], y), (nm_dtype)b->x[0]->dtype);
  return nm__gradient(
      b, nm__t2(ctx, NM_I_mul, hit, nm__t2(ctx, NM_I_div, g, nm__t_sum(ctx, hit, dims, true))));
}

static nm_status arg_forward(nm_op_call *c) { /* argmax, argmin */
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  uint32_t dims = (1u << x->ndim) - 1;
  int dim = 0;
  if (nm__given(c, 1)) {
    NM_TRY(nm__dim_arg(c, 1, x->ndim, &dim));
    dims = x->ndim ? 1u << dim : 0;
  }
  if (x->dtype == NM_BOOL)
    return nm__op_error(c, NM_EINVAL, "not defined for bool: convert with :to(\"uint8\")");
  NM_TRY(check_nonempty(c, x, dims));
  int mark = nm__scope(ctx);
  nm_reduction kind = c->op->name[4] == 'a' ? NM_R_ARGMAX : NM_R_ARGMIN;
  nm_tensor *r = nm__temp(ctx, reduced(ctx, kind, x, dims, NM_INT64, nm__bool_arg(c, 2, false)));
  return nm__result(c, mark, ctx->base ? nm__t2s(ctx, NM_I_add, r, ctx->base) : r);
}

/* Values and positions of one pass, where no gradient has to go back to these. */
static nm_status extreme_pair(nm_op_call *c, nm_tensor *x, int dim, nm_reduction kind) {
  nm_context *ctx = c->ctx;
  bool keepdim = nm__bool_arg(c, 2, false);
  NM_TRY(check_nonempty(c, x, 1u << dim));
  int mark = nm__scope(ctx);
  nm_tensor *values = NULL, *index = NULL;
  if (nm_numel(x)) {
    index = nm__temp(ctx, nm__reduce_pair(ctx, kind, x, 1u << dim, NM_INT64, &values));
    values = nm__temp(ctx, values);
  } else {
    index = nm__temp(ctx, nm__reduce(ctx, NM_R_SUM, x, 1u << dim, NM_INT64));
    values = nm__temp(ctx, nm__reduce(ctx, NM_R_SUM, x, 1u << dim, (nm_dtype)x->dtype));
  }
  if (!values || !index) return nm__result(c, mark, NULL);
  if (keepdim) nm__keep_dims(values, x, 1u << dim), nm__keep_dims(index, x, 1u << dim);
  if (ctx->base) index = nm__t2s(ctx, NM_I_add, index, ctx->base);
  if (!index) return nm__result(c, mark, NULL);
  nm_retain(index);
  c->out[1] = index;
  c->nout = 2;
  return nm__result(c, mark, values);
}

/* max(x) is amax over everything; max(x, dim) gives values and index positions. */
static nm_status max_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  bool max = c->op->name[1] == 'a';
  int mark = nm__scope(ctx), dim = 0;
  nm_value_arg args[3] = {nm__arg_t(x), nm__arg_none(), nm__arg_none()};
  if (!nm__given(c, 1)) { /* of all */
    if (nm_numel(x) == 0)
      return nm__op_error(c, NM_EINVAL,
                          "the tensor has no elements, and there is no result for none");
    args[2] = c->args[2];
    return nm__result(c, mark, nm__t(ctx, nm__known(ctx, max ? NM_OP_amax : NM_OP_amin), args));
  }
  NM_TRY(nm__dim_arg(c, 1, x->ndim, &dim));
  if (x->ndim && x->dtype != NM_BOOL && nm__device_of(x)->cls->reduces_pairs &&
      !(ctx->grad_enabled && nm__tracks(x)))
    return extreme_pair(c, x, dim, max ? NM_R_ARGMAX : NM_R_ARGMIN);
  if (x->dtype == NM_BOOL) args[0] = nm__arg_t(nm__t_cast(ctx, x, NM_UINT8));
  args[1] = nm__arg_int(dim);
  args[2] = nm__arg_bool(true);
  nm_tensor *values = NULL,
            *index = args[0].as.tensor
                         ? nm__t(ctx, nm__known(ctx, max ? NM_OP_argmax : NM_OP_argmin), args)
                         : NULL;
  if (index && x->ndim) {
    nm_value_arg pick[3] = {nm__arg_t(x), nm__arg_int(dim), nm__arg_t(index)};
    values = nm__t(ctx, nm__known(ctx, NM_OP_gather), pick);
  } else if (index) {
    values = nm__t_clone(ctx, x);
  }
  if (values && x->ndim && !nm__bool_arg(c, 2, false)) {
    int64_t list[1] = {dim};
    nm_value_arg a[2] = {nm__arg_t(values), nm__arg_ints(1, list)},
                 b[2] = {nm__arg_t(index), nm__arg_ints(1, list)};
    values = nm__t(ctx, nm__known(ctx, NM_OP_squeeze), a);
    index = nm__t(ctx, nm__known(ctx, NM_OP_squeeze), b);
  }
  if (!values || !index) return nm__result(c, mark, NULL);
  nm_retain(index);
  c->out[1] = index;
  c->nout = 2;
  return nm__result(c, mark, values);
}

/* any, all: bool, but of uint8 uint8, as in PyTorch */
static nm_status logic_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  uint32_t dims = 0;
  NM_TRY(nm__dims_arg(c, 1, x->ndim, &dims));
  int mark = nm__scope(ctx);
  nm_tensor *y = nm__temp(ctx, reduced(ctx, c->op->name[1] == 'n' ? NM_R_ANY : NM_R_ALL, x, dims,
                                       NM_BOOL, nm__bool_arg(c, 2, false)));
  return nm__result(c, mark, x->dtype == NM_UINT8 ? nm__t_cast(ctx, y, NM_UINT8) : y);
}

#define X                                                                                          \
  { "input", NM_P_TENSOR, 0, NULL }
#define DIMS                                                                                       \
  {"dim", NM_P_DIMS, NM_OPTIONAL, "all"}, { "keepdim", NM_P_BOOL, NM_OPTIONAL, "false" }
#define DIM                                                                                        \
  {"dim", NM_P_DIM, NM_OPTIONAL, "all"}, { "keepdim", NM_P_BOOL, NM_OPTIONAL, "false" }
#define DTYPE                                                                                      \
  { "dtype", NM_P_DTYPE, NM_NAMED, NULL }
#define Y NM_USE_RESULT
#define DIMS_SHAPES .shapes = "(*) -> (*) without dims, or with 1 in their place"
/* clang-format off */
static const nm_op ops[] = {
  {.name = "sum", NM_PARAMS(X, DIMS, DTYPE),
   .doc = "the sum over dims; of integers and bools in int64",
   DIMS_SHAPES,
   .flags = NM_ANYWHERE | NM_OUT, .forward = sum_forward, .backward = sum_backward, .dtypes = "fib",
   .lo = -3, .hi = 3, .example = "nm.ones(2, 3):sum(1)"},
  {.name = "prod", NM_PARAMS(X, DIMS, DTYPE),
   .doc = "the product over dims; of integers and bools in int64",
   DIMS_SHAPES,
   .flags = NM_ANYWHERE | NM_OUT, .forward = sum_forward, .backward = prod_backward, .uses = {1 | Y},
   .dtypes = "fib", .lo = 0.5, .hi = 2, .example = "nm.full({3}, 2.0):prod()"},
  {.name = "mean", NM_PARAMS(X, DIMS, DTYPE),
   .doc = "the arithmetic mean over dims",
   DIMS_SHAPES, .errors = "integers and bools, unless a floating dtype is given",
   .flags = NM_ANYWHERE | NM_OUT | NM_COMPOSED, .forward = mean_forward, .dtypes = "f",
   .lo = -3, .hi = 3, .example = "nm.ones(2, 3):mean()"},
  {.name = "amax", NM_PARAMS(X, DIMS),
   .doc = "the largest value over dims; NaN wins; equal ones share the gradient",
   DIMS_SHAPES, .errors = "a dim without elements",
   .flags = NM_ANYWHERE | NM_OUT, .forward = extreme_forward, .backward = extreme_backward,
   .uses = {1 | Y}, .dtypes = "fib", .lo = -3, .hi = 3, .example = "nm.randn(2, 3):amax(2)"},
  {.name = "amin", NM_PARAMS(X, DIMS),
   .doc = "the smallest value over dims; NaN wins; equal ones share the gradient",
   DIMS_SHAPES, .errors = "a dim without elements",
   .flags = NM_ANYWHERE | NM_OUT, .forward = extreme_forward, .backward = extreme_backward,
   .uses = {1 | Y}, .dtypes = "fib", .lo = -3, .hi = 3, .example = "nm.randn(2, 3):amin(2)"},
  {.name = "max", NM_PARAMS(X, DIM),
   .doc = "the largest value; with dim: the largest along it, and their positions",
   .shapes = "(*) -> (); (..., N, ...) -> (..., ...), (..., ...)",
   .errors = "a dim without elements",
   .flags = NM_ANYWHERE | NM_COMPOSED, .forward = max_forward, .dtypes = "fib", .lo = -3, .hi = 3,
   .example = "nm.randn(2, 3):max(2)"},
  {.name = "min", NM_PARAMS(X, DIM),
   .doc = "the smallest value; with dim: the smallest along it, and their positions",
   .shapes = "(*) -> (); (..., N, ...) -> (..., ...), (..., ...)",
   .errors = "a dim without elements",
   .flags = NM_ANYWHERE | NM_COMPOSED, .forward = max_forward, .dtypes = "fib", .lo = -3, .hi = 3,
   .example = "nm.randn(2, 3):min(2)"},
  {.name = "argmax", NM_PARAMS(X, DIM),
   .doc = "the position of the first largest value along dim, or in row-major order",
   .shapes = "(*) -> (); (..., N, ...) -> (..., ...)",
   .errors = "a dim without elements; bool",
   .flags = NM_ANYWHERE, .forward = arg_forward, .dtypes = "fi", .lo = -3, .hi = 3,
   .example = "nm.randn(2, 3):argmax(2)"},
  {.name = "argmin", NM_PARAMS(X, DIM),
   .doc = "the position of the first smallest value along dim, or in row-major order",
   .shapes = "(*) -> (); (..., N, ...) -> (..., ...)",
   .errors = "a dim without elements; bool",
   .flags = NM_ANYWHERE, .forward = arg_forward, .dtypes = "fi", .lo = -3, .hi = 3,
   .example = "nm.randn(2, 3):argmin(2)"},
  {.name = "any", NM_PARAMS(X, DIMS),
   .doc = "whether any element over dims is not 0; of uint8 in uint8",
   DIMS_SHAPES,
   .flags = NM_ANYWHERE | NM_OUT, .forward = logic_forward, .dtypes = "fib", .lo = -3, .hi = 3,
   .example = "nm.zeros(2, 3):any()"},
  {.name = "all", NM_PARAMS(X, DIMS),
   .doc = "whether all elements over dims are not 0; of uint8 in uint8",
   DIMS_SHAPES,
   .flags = NM_ANYWHERE | NM_OUT, .forward = logic_forward, .dtypes = "fib", .lo = -3, .hi = 3,
   .example = "nm.zeros(2, 3):all()"},
};
/* clang-format on */
NM_FAMILY(reduce);
