/* gather.c: elements gathered and scattered by an index tensor along one dim: positions are checked
 * once and handed to pick and put. */
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
  nm_tensor *one = nm__t_full(ctx, nm__device_of(p->x), NM_INT64, 0, NULL, 1);
  one = nm__t_expand(ctx, one, p->at->ndim, p->at->shape);
  n = nm__t_put(ctx, n, p->dim, p->at, one, NM_SCATTER_ADD);
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

#define SRC                                                                                        \
  { "src", NM_P_TENSOR, 0, NULL }
#define EVERYWHERE (NM_ANYWHERE | NM_INPLACE | NM_OUT | NM_COMPOSED)
/* clang-format off */
static const nm_op ops[] = {
  {.name = "gather", NM_PARAMS(NM_ALONG),
   .doc = "elements picked along dim: y[i][j] = input[index[i][j]][j] for dim 1, and likewise for "
          "others",
   .shapes = "(..., N, ...), (..., K, ...) -> (..., K, ...)",
   .errors = "an index with fewer or more dims, or larger than input in another dim than dim",
   .flags = NM_ANYWHERE | NM_OUT | NM_COMPOSED, .forward = gather_forward,
   .dtypes = "fib", .lo = -3, .hi = 3,
   .example = "nm.randn(3, 4):gather(2, nm.tensor{{1}, {2}, {4}})"},
  {.name = "scatter",
   NM_PARAMS(NM_ALONG, {"src", NM_P_OPERAND, 0, NULL},
             {"reduce", NM_P_STRING, NM_NAMED, NULL}),
   .doc = "input with elements placed along dim: y[index[i][j]][j] = src[i][j] for dim 1, and "
          "likewise for others; src may be a number; of equal places the last one counts; reduce "
          "\"add\" or \"multiply\" does that instead of replacing",
   .shapes = "(..., N, ...), (..., K, ...), (..., K or more, ...) -> (..., N, ...)",
   .errors = "a src of another dtype, or smaller than the index",
   .flags = EVERYWHERE, .forward = scatter_forward, .inplace = scatter_inplace, .dtypes = "fib",
   .lo = -3, .hi = 3, .example = "nm.zeros(3, 4):scatter(2, nm.tensor{{1}, {2}, {4}}, 1.0)"},
  {.name = "scatter_add", NM_PARAMS(NM_ALONG, SRC),
   .doc = "input with elements added along dim: src[i][j] to y[index[i][j]][j] for dim 1, and "
          "likewise for others",
   .shapes = "(..., N, ...), (..., K, ...), (..., K or more, ...) -> (..., N, ...)",
   .errors = "a src of another dtype, or smaller than the index",
   .flags = EVERYWHERE, .forward = scatter_forward, .inplace = scatter_inplace, .dtypes = "fi",
   .lo = -3, .hi = 3, .example = "nm.zeros(3):scatter_add(1, nm.tensor{1, 1, 3}, nm.ones(3))"},
  {.name = "scatter_reduce",
   NM_PARAMS(NM_ALONG, SRC, {"reduce", NM_P_STRING, 0, NULL},
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
