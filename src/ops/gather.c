/* gather.c: elements picked and placed by an index tensor along one dim. */
#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/families.h"

/* The smallest and largest value of an index tensor. */
static nm_status bounds(nm_context *ctx, nm_tensor *t, int64_t *low, int64_t *high) {
  int mark = nm__scope(ctx);
  uint32_t all = (1u << t->ndim) - 1;
  t = nm__t_cast(ctx, t, NM_INT64);
  nm_tensor *a = t ? nm__temp(ctx, nm__reduce(ctx, NM_R_MIN, t, all, NM_INT64)) : NULL;
  nm_tensor *b = a ? nm__temp(ctx, nm__reduce(ctx, NM_R_MAX, t, all, NM_INT64)) : NULL;
  nm_status s = b ? nm_read(ctx, a, low, sizeof *low) : ctx->status;
  if (s == NM_OK) s = nm_read(ctx, b, high, sizeof *high);
  nm__unscope(ctx, mark, NULL);
  return s;
}

nm_tensor *nm__index_values(nm_op_call *c, nm_tensor *index, int64_t n) {
  nm_context *ctx = c->ctx;
  int64_t low = ctx->base, high = ctx->base, base = ctx->base;
  if (index->dtype != NM_INT64 && index->dtype != NM_INT32) {
    nm__op_error(c, NM_EINVAL, "an index tensor is int64 or int32, not %s",
                 nm__dtype_name(index->dtype));
    return NULL;
  }
  if (nm_numel(index) && bounds(ctx, index, &low, &high) != NM_OK) return NULL;
  if (nm_numel(index) &&
      (high >= n + base || low < -n || (base && low <= 0 && high >= 0 && low > -1))) {
    int64_t wrong = high >= n + base ? high : low;
    nm__op_error(c, NM_EINVAL,
                 wrong == 0 && base
                     ? "index %lld: positions count from 1 (here to %lld), or from the end from -1"
                     : "index %lld is out of range for size %lld",
                 (long long)wrong, (long long)n);
    return NULL;
  }
  index = nm__t_cast(ctx, index, NM_INT64);
  if (low >= base) return base ? nm__t2s(ctx, NM_I_sub, index, (double)base) : index;
  if (base) { /* both kinds: 0 must not be among them */
    nm_tensor *zero = nm__t2s(ctx, NM_I_eq, index, 0);
    uint8_t bad = 0;
    zero = zero ? nm__temp(ctx, nm__reduce(ctx, NM_R_ANY, zero, (1u << zero->ndim) - 1, NM_BOOL))
                : NULL;
    if (!zero || nm_read(ctx, zero, &bad, 1) != NM_OK) return NULL;
    if (bad) {
      nm__op_error(c, NM_EINVAL,
                   "index 0: positions count from 1 (here to %lld), or from the end from -1",
                   (long long)n);
      return NULL;
    }
  }
  nm_value_arg wrap[2] = {nm__arg_t(index), nm__arg_int(n)},
               shift[2] = {nm__arg_t(index), nm__arg_int(base)};
  nm_tensor *from_end = index ? nm__t(ctx, nm__op_of(NM_I_add), wrap) : NULL;
  nm_tensor *from_start = index ? nm__t(ctx, nm__op_of(NM_I_sub), shift) : NULL;
  return nm__t3(ctx, NM_I_where, nm__t2s(ctx, NM_I_lt, index, 0), from_end, from_start);
}

/* Index, and src if there is one, must fit into x in all dims but the one. */
static nm_status check(const nm_op_call *c, int *dim, const nm_tensor *x, const nm_tensor *index) {
  char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
  NM_TRY(nm__dim_arg(c, 1, x->ndim, dim));
  bool fits = x->ndim == index->ndim;
  for (int d = 0; d < x->ndim && fits; d++) fits = d == *dim || index->shape[d] <= x->shape[d];
  if (fits) return NM_OK;
  return nm__op_error(c, NM_EINVAL,
                      "an index of shape %s for a tensor of shape %s: it needs as many dims, and "
                      "no larger size but in dim %d",
                      nm__shape_text(index->ndim, index->shape, one),
                      nm__shape_text(x->ndim, x->shape, two), *dim + c->ctx->base);
}

/* A 0-d tensor is seen as one of a single element. */
static nm_view at_least_1d(nm_view v) {
  if (v.ndim) return v;
  v.ndim = 1;
  v.shape[0] = v.stride[0] = 1;
  return v;
}

static nm_status gather_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *index = nm__tensor_arg(c, 2), *y = NULL;
  nm_device *dev;
  int dim = 0;
  NM_TRY(nm__same_device(c, &dev));
  NM_TRY(check(c, &dim, x, index));
  int mark = nm__scope(ctx);
  nm_view vx, vi, vy;
  nm_tensor *at = nm__index_values(c, index, x->ndim ? x->shape[dim] : 1);
  if (at && nm__view_of(ctx, x, &vx) == NM_OK && nm__view_of(ctx, at, &vi) == NM_OK)
    y = nm__temp(ctx, nm__tensor_empty(ctx, dev, (nm_dtype)x->dtype, index->ndim, index->shape));
  if (y && nm__view_of(ctx, y, &vy) != NM_OK) y = NULL;
  if (y && nm_numel(y)) {
    vx = at_least_1d(vx), vi = at_least_1d(vi), vy = at_least_1d(vy);
    if (dev->cls->gather(dev, &vx, dim, &vi, &vy) != NM_OK) y = NULL;
  }
  return nm__result(c, mark, y);
}

static nm_tensor *gather_backward(nm_grad_call *b, int i) {
  const nm_dims *s = &b->node->edges[i].shape;
  nm_tensor *zeros = nm__t_full(b->ctx, b->node->dev, (nm_dtype)b->g[0]->dtype, s->ndim, s->dim, 0);
  nm_value_arg args[4] = {nm__arg_t(zeros), b->args[1], nm__arg_t(b->x[1]), nm__arg_t(b->g[0])};
  return nm__gradient(b, nm__t(b->ctx, nm__known(b->ctx, NM_OP_scatter_add), args));
}

static nm_status scatter(nm_op_call *c, bool inplace) { /* scatter, scatter_add */
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *index = nm__tensor_arg(c, 2), *src = nm__tensor_arg(c, 3),
            *y = NULL;
  nm_device *dev;
  int dim = 0;
  char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
  bool add = c->op->name[7] == '_';
  NM_TRY(nm__same_device(c, &dev));
  NM_TRY(check(c, &dim, x, index));
  bool fits = !src || src->ndim == index->ndim;
  for (int d = 0; src && d < src->ndim && fits; d++) fits = index->shape[d] <= src->shape[d];
  if (!fits)
    return nm__op_error(
        c, NM_EINVAL, "src has shape %s, the index %s: src needs as many dims, and no smaller size",
        nm__shape_text(src->ndim, src->shape, one), nm__shape_text(index->ndim, index->shape, two));
  if (src && src->dtype != x->dtype)
    return nm__op_error(c, NM_EINVAL, "src is %s, the tensor %s: convert with :to(\"%s\")",
                        nm__dtype_name(src->dtype), nm__dtype_name(x->dtype),
                        nm__dtype_name(x->dtype));
  if (add && x->dtype == NM_BOOL) return nm__op_error(c, NM_EINVAL, "not defined for bool");
  int mark = nm__scope(ctx);
  nm_view vi, vs, vy;
  nm_value_arg copy[1] = {nm__arg_t(x)};
  if (!src) {
    nm_value_arg full[5] = {nm__arg_t(index), c->args[3], nm__arg_str(nm__dtype_name(x->dtype)),
                            nm__arg_none(), nm__arg_none()};
    src = nm__t(ctx, nm__known(ctx, NM_OP_full_like), full);
  }
  nm_tensor *at = src ? nm__index_values(c, index, x->ndim ? x->shape[dim] : 1) : NULL;
  if (at && nm__view_of(ctx, at, &vi) == NM_OK && nm__view_of(ctx, src, &vs) == NM_OK)
    y = inplace ? x : nm__t(ctx, nm__known(ctx, NM_OP_clone), copy);
  if (y && (nm__writable(ctx, y) != NM_OK || nm__view_of(ctx, y, &vy) != NM_OK)) y = NULL;
  if (y && nm_numel(index)) {
    vy = at_least_1d(vy), vi = at_least_1d(vi), vs = at_least_1d(vs);
    for (int d = 0; d < vi.ndim; d++) vs.shape[d] = vi.shape[d];
    if (dev->cls->scatter(dev, &vy, dim, &vi, &vs, add ? NM_SCATTER_ADD : NM_SCATTER_SET) != NM_OK)
      y = NULL;
  }
  nm_status s = y ? NM_OK : ctx->status;
  c->out[0] = nm__unscope(ctx, mark, inplace ? NULL : y);
  return s;
}

static nm_status scatter_forward(nm_op_call *c) { return scatter(c, false); }
static nm_status scatter_inplace(nm_op_call *c) { return scatter(c, true); }

static nm_tensor *scatter_backward(nm_grad_call *b, int i) {
  nm_context *ctx = b->ctx;
  bool add = b->node->op->name[7] == '_';
  nm_tensor *r = b->g[0];
  if (i == 0 && !add) {
    nm_value_arg args[4] = {nm__arg_t(r), b->args[1], nm__arg_t(b->x[1]), nm__arg_float(0)};
    r = nm__t(ctx, nm__known(ctx, NM_OP_scatter), args);
  } else if (i == 2) { /* src may be larger than the index: what was not used has no gradient */
    const nm_dims *s = &b->node->edges[2].shape;
    nm_value_arg args[3] = {nm__arg_t(r), b->args[1], nm__arg_t(b->x[1])};
    r = nm__t(ctx, nm__known(ctx, NM_OP_gather), args);
    if (r && !nm__same_shape(r, s->ndim, s->dim)) {
      int64_t stride[NM_MAX_DIMS];
      nm__row_major(s->ndim, s->dim, stride);
      nm_tensor *zeros = nm__t_full(ctx, b->node->dev, (nm_dtype)r->dtype, s->ndim, s->dim, 0);
      nm_value_arg place[5] = {nm__arg_t(zeros), nm__arg_t(r), nm__arg_ints(r->ndim, r->shape),
                               nm__arg_ints(s->ndim, stride), nm__arg_int(0)};
      r = nm__t(ctx, nm__known(ctx, NM_OP_write), place);
    }
  }
  return nm__gradient(b, r);
}

#define X                                                                                          \
  { "input", NM_P_TENSOR, 0, NULL }
#define DIM                                                                                        \
  { "dim", NM_P_DIM, 0, NULL }
#define INDEX                                                                                      \
  { "index", NM_P_TENSOR, 0, NULL }
/* clang-format off */
static const nm_op ops[] = {
  {.name = "gather", NM_PARAMS(X, DIM, INDEX),
   .doc = "y[i][j] = input[index[i][j]][j] for dim 1, and likewise for others",
   .flags = NM_ANYWHERE | NM_OUT, .forward = gather_forward, .backward = gather_backward,
   .uses = {2}, .dtypes = "fib", .lo = -3, .hi = 3,
   .example = "nm.randn(3, 4):gather(2, nm.tensor{{1}, {2}, {4}})"},
  {.name = "scatter", NM_PARAMS(X, DIM, INDEX, {"src", NM_P_OPERAND, 0, NULL}),
   .doc = "input with y[index[i][j]][j] = src[i][j] for dim 1, and likewise for others; src may "
          "be a number",
   .flags = NM_ANYWHERE | NM_INPLACE | NM_OUT, .forward = scatter_forward,
   .backward = scatter_backward,
   .inplace = scatter_inplace, .uses = {2, 0, 2}, .dtypes = "fib", .lo = -3, .hi = 3,
   .example = "nm.zeros(3, 4):scatter(2, nm.tensor{{1}, {2}, {4}}, 1.0)"},
  {.name = "scatter_add", NM_PARAMS(X, DIM, INDEX, {"src", NM_P_TENSOR, 0, NULL}),
   .doc = "input with src[i][j] added to y[index[i][j]][j] for dim 1, and likewise for others",
   .flags = NM_ANYWHERE | NM_INPLACE | NM_OUT, .forward = scatter_forward,
   .backward = scatter_backward,
   .inplace = scatter_inplace, .uses = {0, 0, 2}, .dtypes = "fi", .lo = -3, .hi = 3,
   .example = "nm.zeros(3):scatter_add(1, nm.tensor{1, 1, 3}, nm.ones(3))"},
};
/* clang-format on */
NM_FAMILY(gather);
