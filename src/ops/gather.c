/* gather.c: elements picked and placed by an index tensor along one dim.
 *
 * pick and put_* are the kernels as ops: their positions count from 0 and are known to be inside,
 * so that they, and the derivatives made of them, read nothing back from the device.  The public
 * ops check positions once and are composed of them, here, in select.c and index.c. */
#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/families.h"

#include <math.h>
#include <string.h>

/* The message about a position that is not there: the first extreme of those. */
static void report(nm_op_call *c, nm_tensor *index, nm_tensor *bad, int64_t n) {
  nm_context *ctx = c->ctx;
  int64_t low = 0, high = 0;
  uint32_t all = (1u << index->ndim) - 1;
  nm_value_arg args[3] = {nm__arg_t(bad), nm__arg_t(index), nm__arg_int(0)};
  nm_tensor *t = nm__t_cast(ctx, nm__t(ctx, nm__op_of(NM_I_where), args), NM_INT64);
  nm_tensor *a = t ? nm__temp(ctx, nm__reduce(ctx, NM_R_MIN, t, all, NM_INT64)) : NULL;
  nm_tensor *b = a ? nm__temp(ctx, nm__reduce(ctx, NM_R_MAX, t, all, NM_INT64)) : NULL;
  if (!b || nm_read(ctx, a, &low, sizeof low) != NM_OK ||
      nm_read(ctx, b, &high, sizeof high) != NM_OK)
    return;
  int64_t wrong = high ? high : low;
  nm__op_error(c, NM_EINVAL,
               wrong || !ctx->base
                   ? "index %lld is out of range for size %lld"
                   : "index %lld: positions count from 1 (here to %lld), or from the end from -1",
               (long long)wrong, (long long)n);
}

/* What is given where the device has no loop for it: pending values, and what of them is outside.
 */
static nm_tensor *composed_places(nm_context *ctx, nm_tensor *index, int64_t n, nm_tensor **bad) {
  int64_t base = ctx->base;
  nm_tensor *from_end = nm__t2s(ctx, NM_I_lt, index, 0);
  nm_value_arg plus[2] = {nm__arg_t(index), nm__arg_int(n)};
  nm_tensor *wrapped = nm__t(ctx, nm__op_of(NM_I_add), plus);
  nm_tensor *at = nm__t3(ctx, NM_I_where, from_end, wrapped,
                         base ? nm__t2s(ctx, NM_I_sub, index, (double)base) : index);
  nm_value_arg past[2] = {nm__arg_t(at), nm__arg_int(n)};
  nm_tensor *high = at ? nm__t(ctx, nm__op_of(NM_I_ge), past) : NULL;
  *bad = nm__t2(ctx, NM_I_logical_or, nm__t2s(ctx, NM_I_lt, at, 0), high);
  return *bad ? at : NULL;
}

/* In the device's own loop. */
static nm_tensor *placed(nm_context *ctx, nm_tensor *index, int64_t n, bool *inside) {
  nm_device *dev = nm__device_of(index);
  nm_view from, to;
  index = nm__contiguous(ctx, index);
  if (!index) return NULL;
  nm_tensor *at = nm__t_empty_of(ctx, dev, NM_INT64, index->ndim, index->shape);
  if (!at || nm__view_of(ctx, index, &from) != NM_OK || nm__view_of(ctx, at, &to) != NM_OK)
    return NULL;
  return dev->cls->place(dev, &from, n, ctx->base, &to, inside) == NM_OK ? at : NULL;
}

/* Reading the verdict back waits for the device: an index out of bounds must be an error here, not
 * a read of memory that is not the tensor's. */
nm_tensor *nm__index_values(nm_op_call *c, nm_tensor *index, int64_t n) {
  nm_context *ctx = c->ctx;
  uint8_t any = 0;
  bool inside = true;
  nm_tensor *bad = NULL, *at;
  if (!index) return NULL;
  if (index->dtype != NM_INT64 && index->dtype != NM_INT32) {
    nm__op_error(c, NM_EINVAL, "an index tensor is int64 or int32, not %s",
                 nm__dtype_name(index->dtype));
    return NULL;
  }
  index = nm__t_cast(ctx, index, NM_INT64);
  if (!index || !nm_numel(index)) return index;
  if (nm__device_of(index)->cls->place) {
    at = placed(ctx, index, n, &inside);
    if (!at || inside) return at;
  }
  at = composed_places(ctx, index, n, &bad);
  if (!at) return NULL;
  nm__announce(at);
  nm_tensor *verdict =
      nm__temp(ctx, nm__reduce(ctx, NM_R_ANY, bad, (1u << bad->ndim) - 1, NM_BOOL));
  if (!verdict || nm_read(ctx, verdict, &any, 1) != NM_OK) return NULL;
  if (any) report(c, index, bad, n);
  return any ? NULL : at;
}

nm_status nm__same_dtype(const nm_op_call *c, const char *name, const nm_tensor *t,
                         const nm_tensor *x) {
  if (!t || t->dtype == x->dtype) return NM_OK;
  return nm__op_error(c, NM_EINVAL, "%s is %s, the tensor %s: convert with :to(\"%s\")", name,
                      nm__dtype_name(t->dtype), nm__dtype_name(x->dtype), nm__dtype_name(x->dtype));
}

nm_tensor *nm__number_tensor(nm_context *ctx, nm_tensor *like, const nm_value_arg *number) {
  if (!like) return NULL;
  nm_value_arg args[5] = {nm__arg_ints(0, NULL), *number, nm__arg_str(nm__dtype_name(like->dtype)),
                          nm__arg_str(nm__device_of(like)->name), nm__arg_none()};
  return nm__t(ctx, nm__known(ctx, NM_OP_full), args);
}

/* ---- pick and put: what the kernels do, with positions that were checked ---- */

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

/* ---- gather and scatter ---- */

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

static nm_status gather_forward(nm_op_call *c) {
  nm_tensor *x = nm__tensor_arg(c, 0), *index = nm__tensor_arg(c, 2);
  nm_device *dev;
  int dim = 0;
  NM_TRY(nm__same_device(c, &dev));
  NM_TRY(check(c, &dim, x, index));
  int mark = nm__scope(c->ctx);
  return nm__result(c, mark, nm__pick_given(c, x, dim, index));
}

/* What scatter, scatter_add and scatter_reduce have in common. */
typedef struct scattered {
  nm_tensor *x, *at, *src; /* src: in the shape of at */
  int dim;
} scattered;

static nm_status check_scatter(nm_op_call *c, scattered *p) {
  nm_tensor *index = nm__tensor_arg(c, 2), *src = nm__tensor_arg(c, 3);
  nm_device *dev;
  char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
  p->x = nm__tensor_arg(c, 0);
  NM_TRY(nm__same_device(c, &dev));
  NM_TRY(check(c, &p->dim, p->x, index));
  bool fits = !src || src->ndim == index->ndim;
  for (int d = 0; src && d < src->ndim && fits; d++) fits = index->shape[d] <= src->shape[d];
  if (!fits)
    return nm__op_error(
        c, NM_EINVAL, "src has shape %s, the index %s: src needs as many dims, and no smaller size",
        nm__shape_text(src->ndim, src->shape, one), nm__shape_text(index->ndim, index->shape, two));
  return nm__same_dtype(c, "src", src, p->x);
}

/* Src is cut to the index's shape, a number expanded to it. */
static nm_status prepare(nm_op_call *c, scattered *p) {
  nm_context *ctx = c->ctx;
  nm_tensor *index = nm__tensor_arg(c, 2);
  p->src = nm__tensor_arg(c, 3);
  if (!p->src) p->src = nm__number_tensor(ctx, p->x, &c->args[3]);
  if (p->src && nm__given(c, 3) && c->args[3].kind != NM_ARG_TENSOR)
    p->src = nm__t_expand(ctx, p->src, index->ndim, index->shape);
  else if (p->src && !nm__same_shape(p->src, index->ndim, index->shape)) {
    int64_t start[NM_MAX_DIMS] = {0}, step[NM_MAX_DIMS];
    for (int d = 0; d < index->ndim; d++) step[d] = 1;
    p->src = nm__t_slice(ctx, p->src, start, step, index->shape);
  }
  p->at = p->src ? nm__index_values(c, index, p->x->ndim ? p->x->shape[p->dim] : 1) : NULL;
  return p->at ? NM_OK : ctx->status;
}

static nm_status scatter_mode(const nm_op_call *c, nm_scatter_mode *mode) {
  *mode = c->op->name[7] == '_' ? NM_SCATTER_ADD : NM_SCATTER_SET;
  if (c->nargs > 4 && nm__given(c, 4)) {
    const char *reduce = c->args[4].as.string;
    if (strcmp(reduce, "add") != 0 && strcmp(reduce, "multiply") != 0)
      return nm__op_error(c, NM_EINVAL, "reduce is \"add\" or \"multiply\", not \"%s\"", reduce);
    *mode = *reduce == 'a' ? NM_SCATTER_ADD : NM_SCATTER_PROD;
  }
  if (*mode != NM_SCATTER_SET && nm__tensor_arg(c, 0)->dtype == NM_BOOL)
    return nm__op_error(c, NM_EINVAL, "not defined for bool");
  return NM_OK;
}

static nm_status scatter_forward(nm_op_call *c) {
  scattered p = {0};
  nm_scatter_mode mode;
  NM_TRY(check_scatter(c, &p));
  NM_TRY(scatter_mode(c, &mode));
  int mark = nm__scope(c->ctx);
  nm_tensor *y = prepare(c, &p) == NM_OK ? nm__t_put(c->ctx, p.x, p.dim, p.at, p.src, mode) : NULL;
  return nm__result(c, mark, y);
}

static nm_status scatter_inplace(nm_op_call *c) {
  scattered p = {0};
  nm_scatter_mode mode;
  NM_TRY(check_scatter(c, &p));
  NM_TRY(scatter_mode(c, &mode));
  int mark = nm__scope(c->ctx);
  nm_status s = prepare(c, &p);
  if (s == NM_OK) s = nm__put_inplace(c->ctx, p.x, p.dim, p.at, p.src, mode);
  nm__unscope(c->ctx, mark, NULL);
  return s;
}

typedef enum reducing { R_SUM, R_PROD, R_MEAN, R_AMAX, R_AMIN, R_COUNT } reducing;

/* x with what the index names set to the number from which the reduction starts. */
static nm_tensor *started(nm_context *ctx, const scattered *p, reducing how) {
  nm_dtype dtype = (nm_dtype)p->x->dtype;
  nm_value_arg start = nm__arg_int(how == R_PROD);
  int bits = 8 * (int)nm__dtype_size(dtype);
  bool low = how == R_AMAX;
  if (how == R_AMAX || how == R_AMIN) {
    if (nm__is_float(dtype))
      start = nm__arg_float(low ? -INFINITY : INFINITY);
    else if (dtype == NM_UINT8)
      start = nm__arg_int(low ? 0 : 255);
    else
      start = nm__arg_int(low ? INT64_MIN >> (64 - bits) : INT64_MAX >> (64 - bits));
  }
  nm_tensor *t = nm__number_tensor(ctx, p->x, &start);
  t = nm__t_expand(ctx, t, p->at->ndim, p->at->shape);
  return nm__t_put(ctx, p->x, p->dim, p->at, t, NM_SCATTER_SET);
}

/* sum / count, in integers rounded down; what nothing was added to stays. */
static nm_tensor *averaged(nm_context *ctx, const scattered *p, nm_tensor *sum, bool include) {
  if (!sum) return NULL;
  nm_tensor *n = nm__t_full(ctx, nm__device_of(p->x), NM_INT64, p->x->ndim, p->x->shape, include);
  n = nm__t_put(ctx, n, p->dim, p->at, one_number(ctx, p->at, NM_INT64, 1), NM_SCATTER_ADD);
  n = nm__t2s(ctx, NM_I_maximum, n, 1);
  bool floats = nm__is_float((nm_dtype)sum->dtype);
  return nm__t_cast(ctx, nm__t2(ctx, floats ? NM_I_div : NM_I_floor_divide, sum, n),
                    (nm_dtype)sum->dtype);
}

static nm_status scatter_reduce_forward(nm_op_call *c) {
  static const char *const names[] = {"sum", "prod", "mean", "amax", "amin"};
  static const nm_scatter_mode modes[] = {NM_SCATTER_ADD, NM_SCATTER_PROD, NM_SCATTER_ADD,
                                          NM_SCATTER_MAX, NM_SCATTER_MIN};
  nm_context *ctx = c->ctx;
  scattered p = {0};
  reducing how = R_SUM;
  bool include = nm__bool_arg(c, 5, true);
  while (how < R_COUNT && strcmp(c->args[4].as.string, names[how]) != 0) how++;
  if (how == R_COUNT)
    return nm__op_error(c, NM_EINVAL,
                        "reduce is \"sum\", \"prod\", \"mean\", \"amax\" or \"amin\", not \"%s\"",
                        c->args[4].as.string);
  NM_TRY(check_scatter(c, &p));
  if (p.x->dtype == NM_BOOL) return nm__op_error(c, NM_EINVAL, "not defined for bool");
  int mark = nm__scope(ctx);
  nm_tensor *y = prepare(c, &p) != NM_OK ? NULL : include ? p.x : started(ctx, &p, how);
  y = nm__t_put(ctx, y, p.dim, p.at, p.src, modes[how]);
  if (how == R_MEAN) y = averaged(ctx, &p, y, include);
  return nm__result(c, mark, y);
}

#define X                                                                                          \
  { "input", NM_P_TENSOR, 0, NULL }
#define DIM                                                                                        \
  { "dim", NM_P_DIM, 0, NULL }
#define INDEX                                                                                      \
  { "index", NM_P_TENSOR, 0, NULL }
#define SRC                                                                                        \
  { "src", NM_P_TENSOR, 0, NULL }
#define MODE                                                                                       \
  { "mode", NM_P_INT, 0, NULL }
#define EVERYWHERE (NM_ANYWHERE | NM_INPLACE | NM_OUT | NM_COMPOSED)
/* clang-format off */
static const nm_op ops[] = {
  {.name = "pick", NM_PARAMS(X, DIM, INDEX),
   .doc = "gather, with positions that were checked and count from 0",
   .flags = 0, .forward = pick_forward, .backward = pick_backward, .uses = {2}, .dtypes = "fib"},
  {.name = "put_set", NM_PARAMS(X, DIM, INDEX, SRC, MODE),
   .doc = "scatter, with positions that were checked and count from 0; src has the index's shape",
   .flags = 0, .forward = put_forward, .backward = put_backward, .inplace = put_inplace,
   .uses = {2, 0, 2}, .dtypes = "fib"},
  {.name = "put_add", NM_PARAMS(X, DIM, INDEX, SRC, MODE),
   .doc = "as put_set, adding",
   .flags = 0, .forward = put_forward, .backward = put_backward, .inplace = put_inplace,
   .uses = {0, 0, 2}, .dtypes = "fib"},
  {.name = "put_fold", NM_PARAMS(X, DIM, INDEX, SRC, MODE),
   .doc = "as put_set, with the product, maximum or minimum of the old and the new",
   .flags = 0, .forward = put_forward, .backward = fold_backward, .inplace = put_inplace,
   .uses = {NM_USE_RESULT | 7, 0, NM_USE_RESULT | 7}, .dtypes = "fib"},

  {.name = "gather", NM_PARAMS(X, DIM, INDEX),
   .doc = "elements picked along dim: y[i][j] = input[index[i][j]][j] for dim 1, and likewise for "
          "others",
   .shapes = "(..., N, ...), (..., K, ...) -> (..., K, ...)",
   .errors = "an index with fewer or more dims, or larger than input in another dim than dim",
   .flags = NM_ANYWHERE | NM_OUT | NM_COMPOSED, .forward = gather_forward,
   .dtypes = "fib", .lo = -3, .hi = 3,
   .example = "nm.randn(3, 4):gather(2, nm.tensor{{1}, {2}, {4}})"},
  {.name = "scatter",
   NM_PARAMS(X, DIM, INDEX, {"src", NM_P_OPERAND, 0, NULL},
             {"reduce", NM_P_STRING, NM_NAMED, NULL}),
   .doc = "input with elements placed along dim: y[index[i][j]][j] = src[i][j] for dim 1, and "
          "likewise for others; src may be a number; of equal places the last one counts; reduce "
          "\"add\" or \"multiply\" does that instead of replacing",
   .shapes = "(..., N, ...), (..., K, ...), (..., K or more, ...) -> (..., N, ...)",
   .errors = "a src of another dtype, or smaller than the index",
   .flags = EVERYWHERE, .forward = scatter_forward, .inplace = scatter_inplace, .dtypes = "fib",
   .lo = -3, .hi = 3, .example = "nm.zeros(3, 4):scatter(2, nm.tensor{{1}, {2}, {4}}, 1.0)"},
  {.name = "scatter_add", NM_PARAMS(X, DIM, INDEX, SRC),
   .doc = "input with elements added along dim: src[i][j] to y[index[i][j]][j] for dim 1, and "
          "likewise for others",
   .shapes = "(..., N, ...), (..., K, ...), (..., K or more, ...) -> (..., N, ...)",
   .errors = "a src of another dtype, or smaller than the index",
   .flags = EVERYWHERE, .forward = scatter_forward, .inplace = scatter_inplace, .dtypes = "fi",
   .lo = -3, .hi = 3, .example = "nm.zeros(3):scatter_add(1, nm.tensor{1, 1, 3}, nm.ones(3))"},
  {.name = "scatter_reduce",
   NM_PARAMS(X, DIM, INDEX, SRC, {"reduce", NM_P_STRING, 0, NULL},
             {"include_self", NM_P_BOOL, NM_OPTIONAL, "true"}),
   .doc = "input with the sum, prod, mean, amax or amin of what src places there, and of what was "
          "there if include_self; the mean of integers is rounded down; the gradient of an extreme "
          "is shared by all that are it",
   .shapes = "(..., N, ...), (..., K, ...), (..., K or more, ...) -> (..., N, ...)",
   .errors = "a src of another dtype, or smaller than the index",
   .flags = EVERYWHERE, .forward = scatter_reduce_forward, .dtypes = "fi", .lo = 0.5, .hi = 3,
   .example = "nm.zeros(3):scatter_reduce(1, nm.tensor{1, 1, 3}, nm.arange(3.0), \"amax\")"},
};
/* clang-format on */
NM_FAMILY(gather);
