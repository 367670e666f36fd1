/* pick.c: elements picked and placed by positions along one dim: the kernels gather and scatter as
 * ops.
 *
 * Their positions count from 0 and are known to be inside, so that they, and the derivatives made
 * of them, read nothing back from the device.  The public ops check positions once and are composed
 * of them, in gather.c, select.c and index.c. */
#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/families.h"

/* A 0-d tensor is seen as one of a single element. */
static nm_view at_least_1d(nm_view v) {
  if (v.ndim) return v;
  v.ndim = 1;
  v.shape[0] = v.stride[0] = 1;
  return v;
}

/* The device's gather, see there for `inside`; a temporary. */
static nm_tensor *gathered(nm_context *ctx, nm_tensor *x, int dim, nm_tensor *at, bool *inside) {
  nm_device *dev = nm__device_of(x);
  nm_view vx, vi, vy;
  nm_tensor *y = nm__t_empty(ctx, x, at->ndim, at->shape);
  if (!y || nm__view_of(ctx, x, &vx) != NM_OK || nm__view_of(ctx, at, &vi) != NM_OK ||
      nm__view_of(ctx, y, &vy) != NM_OK)
    return NULL;
  vx = at_least_1d(vx), vi = at_least_1d(vi), vy = at_least_1d(vy);
  return dev->cls->gather(dev, &vx, dim, &vi, &vy, inside) == NM_OK ? y : NULL;
}

static nm_status pick_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *at = nm__tensor_arg(c, 2);
  int mark = nm__scope(ctx);
  return nm__result(c, mark, gathered(ctx, x, (int)c->args[1].as.integer, at, NULL));
}

static const nm_op *put_op(nm_context *ctx, nm_scatter_mode mode) {
  return nm__known(ctx, mode == NM_SCATTER_SET   ? NM_OP_put_set
                        : mode == NM_SCATTER_ADD ? NM_OP_put_add
                                                 : NM_OP_put_fold);
}

nm_tensor *nm__t_pick(nm_context *ctx, nm_tensor *x, int dim, nm_tensor *at) {
  if (!x || !at) return NULL;
  nm_value_arg args[3] = {nm__arg_t(x), nm__arg_int(dim), nm__arg_t(at)};
  return nm__t(ctx, nm__known(ctx, NM_OP_pick), args);
}

nm_tensor *nm__pick_given(nm_op_call *c, nm_tensor *x, int dim, nm_tensor *index) {
  enum { LONG_ROW = 64 }; /* shorter ones are better checked many at a time */
  nm_context *ctx = c->ctx;
  if (!x || !index) return NULL;
  bool saved = ctx->grad_enabled && nm__tracks(x), inside = false;
  if (!saved && index->dtype == NM_INT64 && index->ndim &&
      index->shape[index->ndim - 1] >= LONG_ROW && nm__device_of(x)->cls->place) {
    nm_tensor *y = gathered(ctx, x, dim, index, &inside);
    if (!y || inside) return y;
  }
  return nm__t_pick(ctx, x, dim, nm__index_values(c, index, x->ndim ? x->shape[dim] : 1));
}

nm_tensor *nm__t_put(nm_context *ctx, nm_tensor *x, int dim, nm_tensor *at, nm_tensor *src,
                     nm_scatter_mode mode) {
  if (!x || !at || !src) return NULL;
  nm_value_arg args[5] = {nm__arg_t(x), nm__arg_int(dim), nm__arg_t(at), nm__arg_t(src),
                          nm__arg_int(mode)};
  return nm__t(ctx, put_op(ctx, mode), args);
}

nm_status nm__put_inplace(nm_context *ctx, nm_tensor *x, int dim, nm_tensor *at, nm_tensor *src,
                          nm_scatter_mode mode) {
  if (!x || !at || !src) return ctx->status;
  nm_value_arg args[5] = {nm__arg_t(x), nm__arg_int(dim), nm__arg_t(at), nm__arg_t(src),
                          nm__arg_int(mode)};
  return nm__apply_inplace(ctx, put_op(ctx, mode), args);
}

/* One number everywhere, in the shape and dtype of `like`, in the memory of one element. */
static nm_tensor *one_number(nm_context *ctx, nm_tensor *like, nm_dtype dtype, double number) {
  if (!like) return NULL;
  nm_tensor *t = nm__t_full(ctx, nm__device_of(like), dtype, 0, NULL, number);
  return nm__t_expand(ctx, t, like->ndim, like->shape);
}

static nm_tensor *zeros_of(nm_grad_call *b, const nm_dims *s) {
  return nm__t_full(b->ctx, b->node->dev, (nm_dtype)b->g[0]->dtype, s->ndim, s->dim, 0);
}

static nm_tensor *pick_backward(nm_grad_call *b, int i) {
  nm_tensor *zeros = zeros_of(b, &b->node->edges[i].shape);
  int dim = (int)b->args[1].as.integer;
  return nm__gradient(b, nm__t_put(b->ctx, zeros, dim, b->x[1], b->g[0], NM_SCATTER_ADD));
}

static nm_status put(nm_op_call *c, bool inplace) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *at = nm__tensor_arg(c, 2), *src = nm__tensor_arg(c, 3);
  nm_device *dev = nm__device_of(x);
  nm_view vi, vs, vy;
  int mark = nm__scope(ctx);
  NM_TRY(nm__view_of(ctx, at, &vi));
  NM_TRY(nm__view_of(ctx, src, &vs));
  nm_tensor *y = inplace ? x : nm__t_clone(ctx, x);
  if (y && (nm__writable(ctx, y) != NM_OK || nm__view_of(ctx, y, &vy) != NM_OK)) y = NULL;
  if (y && nm_numel(at)) {
    vy = at_least_1d(vy), vi = at_least_1d(vi), vs = at_least_1d(vs);
    if (dev->cls->scatter(dev, &vy, (int)c->args[1].as.integer, &vi, &vs,
                          (nm_scatter_mode)c->args[4].as.integer) != NM_OK)
      y = NULL;
  }
  nm_status s = y ? NM_OK : ctx->status;
  c->out[0] = nm__unscope(ctx, mark, inplace ? NULL : y);
  return s;
}

static nm_status put_forward(nm_op_call *c) { return put(c, false); }
static nm_status put_inplace(nm_op_call *c) { return put(c, true); }

/* Of equal positions along dim the last one counts: 1 where src was kept. */
static nm_tensor *kept(nm_grad_call *b, int dim, nm_tensor *at) {
  nm_context *ctx = b->ctx;
  const nm_dims *s = &b->node->edges[0].shape;
  int64_t shape[NM_MAX_DIMS];
  if (!at || !at->ndim) return nm__t_full(ctx, b->node->dev, NM_BOOL, 0, NULL, 1);
  for (int d = 0; d < at->ndim; d++) shape[d] = d == dim ? at->shape[d] : 1;
  nm_tensor *turn = nm__t_counting(ctx, b->node->dev, at->shape[dim]);
  turn = nm__t_expand(ctx, nm__t_reshape(ctx, turn, at->ndim, shape), at->ndim, at->shape);
  nm_tensor *last = nm__t_full(ctx, b->node->dev, NM_INT64, s->ndim, s->dim, 0);
  last = nm__t_put(ctx, last, dim, at, turn, NM_SCATTER_SET);
  return nm__t2(ctx, NM_I_eq, nm__t_pick(ctx, last, dim, at), turn);
}

static nm_tensor *put_backward(nm_grad_call *b, int i) {
  nm_context *ctx = b->ctx;
  nm_tensor *at = b->x[1], *g = b->g[0];
  int dim = (int)b->args[1].as.integer;
  bool add = b->args[4].as.integer == NM_SCATTER_ADD;
  if (i == 0 && add) return g;
  if (i == 0)
    return nm__gradient(
        b, nm__t_put(ctx, g, dim, at, one_number(ctx, at, (nm_dtype)g->dtype, 0), NM_SCATTER_SET));
  g = nm__t_pick(ctx, g, dim, at);
  if (add || !g) return nm__gradient(b, g);
  nm_tensor *zero = nm__t_full(ctx, b->node->dev, (nm_dtype)g->dtype, 0, NULL, 0);
  return nm__gradient(b, nm__t3(ctx, NM_I_where, kept(b, dim, at), g, zero));
}

/* d y / d src of a product: what the others at that place give.  They are told from the product of
 * all but the zeros, and from how many zeros there are. */
static nm_tensor *product_without(nm_grad_call *b, int dim) {
  nm_context *ctx = b->ctx;
  nm_tensor *x = b->x[0], *at = b->x[1], *src = b->x[2], *g = b->g[0];
  nm_dtype dtype = (nm_dtype)g->dtype;
  nm_tensor *one = nm__t_full(ctx, b->node->dev, dtype, 0, NULL, 1);
  nm_tensor *none = nm__t_full(ctx, b->node->dev, dtype, 0, NULL, 0);
  nm_tensor *is_zero = nm__t2s(ctx, NM_I_eq, src, 0);
  nm_tensor *others = nm__t3(ctx, NM_I_where, is_zero, one, src);
  nm_tensor *zeros = nm__t_put(ctx, zeros_of(b, &b->node->edges[0].shape), dim, at,
                               nm__t_cast(ctx, is_zero, dtype), NM_SCATTER_ADD);
  nm_tensor *product =
      nm__t_pick(ctx, nm__t_put(ctx, x, dim, at, others, NM_SCATTER_PROD), dim, at);
  zeros = nm__t_pick(ctx, zeros, dim, at);
  nm_tensor *of_zero = nm__t3(ctx, NM_I_where, nm__t2s(ctx, NM_I_eq, zeros, 1), product, none);
  nm_tensor *of_other = nm__t3(ctx, NM_I_where, nm__t2s(ctx, NM_I_eq, zeros, 0),
                               nm__t2(ctx, NM_I_div, product, others), none);
  return nm__t2(ctx, NM_I_mul, nm__t_pick(ctx, g, dim, at),
                nm__t3(ctx, NM_I_where, is_zero, of_zero, of_other));
}

/* Of an extreme: g is shared by all that are the extreme. */
static nm_tensor *extreme_share(nm_grad_call *b, int i, int dim) {
  nm_context *ctx = b->ctx;
  nm_tensor *x = b->x[0], *at = b->x[1], *src = b->x[2], *g = b->g[0];
  nm_dtype dtype = (nm_dtype)g->dtype;
  nm_tensor *is_x = nm__t_cast(ctx, nm__t2(ctx, NM_I_eq, x, b->y), dtype);
  nm_tensor *is_src = nm__t2(ctx, NM_I_eq, src, nm__t_pick(ctx, b->y, dim, at));
  is_src = nm__t_cast(ctx, is_src, dtype);
  nm_tensor *many = nm__t_put(ctx, is_x, dim, at, is_src, NM_SCATTER_ADD);
  g = nm__t2(ctx, NM_I_div, g, many);
  return i == 0 ? nm__t2(ctx, NM_I_mul, g, is_x)
                : nm__t2(ctx, NM_I_mul, nm__t_pick(ctx, g, dim, at), is_src);
}

static nm_tensor *fold_backward(nm_grad_call *b, int i) {
  nm_context *ctx = b->ctx;
  int dim = (int)b->args[1].as.integer;
  if (b->args[4].as.integer != NM_SCATTER_PROD) return nm__gradient(b, extreme_share(b, i, dim));
  if (i == 2) return nm__gradient(b, product_without(b, dim));
  const nm_dims *s = &b->node->edges[0].shape;
  nm_tensor *ones = nm__t_full(ctx, b->node->dev, (nm_dtype)b->g[0]->dtype, s->ndim, s->dim, 1);
  nm_tensor *factor = nm__t_put(ctx, ones, dim, b->x[1], b->x[2], NM_SCATTER_PROD);
  return nm__gradient(b, nm__t2(ctx, NM_I_mul, b->g[0], factor));
}

#define SRC                                                                                        \
  { "src", NM_P_TENSOR, 0, NULL }
#define MODE                                                                                       \
  { "mode", NM_P_INT, 0, NULL }
/* clang-format off */
static const nm_op ops[] = {
  {.name = "pick", NM_PARAMS(NM_ALONG),
   .doc = "gather, with positions that were checked and count from 0",
   .flags = 0, .forward = pick_forward, .backward = pick_backward, .uses = {2}, .dtypes = "fib"},
  {.name = "put_set", NM_PARAMS(NM_ALONG, SRC, MODE),
   .doc = "scatter, with positions that were checked and count from 0; src has the index's shape",
   .flags = 0, .forward = put_forward, .backward = put_backward, .inplace = put_inplace,
   .uses = {2, 0, 2}, .dtypes = "fib"},
  {.name = "put_add", NM_PARAMS(NM_ALONG, SRC, MODE),
   .doc = "as put_set, adding",
   .flags = 0, .forward = put_forward, .backward = put_backward, .inplace = put_inplace,
   .uses = {0, 0, 2}, .dtypes = "fib"},
  {.name = "put_fold", NM_PARAMS(NM_ALONG, SRC, MODE),
   .doc = "as put_set, with the product, maximum or minimum of the old and the new",
   .flags = 0, .forward = put_forward, .backward = fold_backward, .inplace = put_inplace,
   .uses = {NM_USE_RESULT | 7, 0, NM_USE_RESULT | 7}, .dtypes = "fib"},
};
/* clang-format on */
NM_FAMILY(pick);
