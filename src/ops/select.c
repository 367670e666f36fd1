/* select.c: elements picked by lists of positions.  All of it is pick and put. */
#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/families.h"


/* ---- a list of positions along one dim ---- */

typedef struct lines {
  nm_tensor *x, *at; /* at: expanded over the other dims of x */
  int dim;
  nm_dims s; /* x's shape with the length of the list in dim */
} lines;

static nm_status check_lines(nm_op_call *c, lines *p) {
  const nm_tensor *index = nm__tensor_arg(c, 2);
  nm_device *dev;
  char text[NM_SHAPE_TEXT];
  p->x = nm__tensor_arg(c, 0);
  NM_TRY(nm__same_device(c, &dev));
  NM_TRY(nm__dim_arg(c, 1, p->x->ndim, &p->dim));
  if (index->ndim > 1)
    return nm__op_error(c, NM_EINVAL, "an index of shape %s: it is a list, or one position",
                        nm__shape_text(index->ndim, index->shape, text));
  p->s = nm__dims_of(p->x);
  if (p->s.ndim)
    p->s.dim[p->dim] = nm_numel(index);
  else if (nm_numel(index) != 1)
    return nm__op_error(c, NM_EINVAL, "%lld positions in a 0-d tensor: it takes one",
                        (long long)nm_numel(index));
  return nm__countable(c->ctx, p->s.ndim, p->s.dim) < 0 ? c->ctx->status : NM_OK;
}

static nm_status place_lines(nm_op_call *c, lines *p) {
  int64_t shape[NM_MAX_DIMS], size = p->x->ndim ? p->x->shape[p->dim] : 1;
  for (int d = 0; d < p->s.ndim; d++) shape[d] = d == p->dim ? p->s.dim[d] : 1;
  nm_tensor *at = nm__index_values(c, nm__tensor_arg(c, 2), size);
  p->at = nm__t_expand(c->ctx, nm__t_reshape(c->ctx, at, p->s.ndim, shape), p->s.ndim, p->s.dim);
  return p->at ? NM_OK : c->ctx->status;
}

static nm_status index_select_forward(nm_op_call *c) {
  lines p;
  NM_TRY(check_lines(c, &p));
  int mark = nm__scope(c->ctx);
  nm_status s = place_lines(c, &p);
  return nm__result(c, mark, s == NM_OK ? nm__t_pick(c->ctx, p.x, p.dim, p.at) : NULL);
}

/* Ends an op whose result is x with src put into it, or which puts it there. */
static nm_status ended(nm_op_call *c, int mark, bool inplace, const lines *p, nm_tensor *src,
                       nm_scatter_mode mode) {
  if (!inplace) return nm__result(c, mark, nm__t_put(c->ctx, p->x, p->dim, p->at, src, mode));
  nm_status s = nm__put_inplace(c->ctx, p->x, p->dim, p->at, src, mode);
  nm__unscope(c->ctx, mark, NULL);
  return s;
}

/* index_add(x, dim, index, source, alpha), index_copy(x, dim, index, source). */
static nm_status index_source(nm_op_call *c, bool inplace) {
  nm_context *ctx = c->ctx;
  nm_tensor *src = nm__tensor_arg(c, 3);
  bool add = c->op->name[6] == 'a', scaled = add && nm__given(c, 4);
  char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
  lines p;
  NM_TRY(check_lines(c, &p));
  if (!nm__same_shape(src, p.s.ndim, p.s.dim))
    return nm__op_error(c, NM_EINVAL, "source has shape %s, with this index it must be %s",
                        nm__shape_text(src->ndim, src->shape, one),
                        nm__shape_text(p.s.ndim, p.s.dim, two));
  NM_TRY(nm__same_dtype(c, "source", src, p.x));
  if (scaled && c->args[4].kind == NM_ARG_FLOAT && !nm__is_float((nm_dtype)p.x->dtype))
    return nm__op_error(c, NM_EINVAL, "alpha is a fraction, the tensor %s",
                        nm__dtype_name(p.x->dtype));
  int mark = nm__scope(ctx);
  if (scaled) {
    nm_value_arg by[2] = {nm__arg_t(src), c->args[4]};
    src = nm__t_cast(ctx, nm__t(ctx, nm__op_of(NM_I_mul), by), (nm_dtype)p.x->dtype);
  }
  if (!src || place_lines(c, &p) != NM_OK) return nm__result(c, mark, NULL);
  return ended(c, mark, inplace, &p, src, add ? NM_SCATTER_ADD : NM_SCATTER_SET);
}

static nm_status index_source_forward(nm_op_call *c) { return index_source(c, false); }
static nm_status index_source_inplace(nm_op_call *c) { return index_source(c, true); }

static nm_status index_fill(nm_op_call *c, bool inplace) {
  nm_context *ctx = c->ctx;
  nm_tensor *value = nm__tensor_arg(c, 3);
  lines p;
  NM_TRY(check_lines(c, &p));
  if (value && value->ndim)
    return nm__op_error(c, NM_EINVAL, "value has %d dims: it is a number or a 0-d tensor",
                        value->ndim);
  int mark = nm__scope(ctx);
  value = value ? nm__t_cast(ctx, value, (nm_dtype)p.x->dtype)
                : nm__number_tensor(ctx, p.x, &c->args[3]);
  value = nm__t_expand(ctx, value, p.s.ndim, p.s.dim);
  if (!value || place_lines(c, &p) != NM_OK) return nm__result(c, mark, NULL);
  return ended(c, mark, inplace, &p, value, NM_SCATTER_SET);
}

static nm_status index_fill_forward(nm_op_call *c) { return index_fill(c, false); }
static nm_status index_fill_inplace(nm_op_call *c) { return index_fill(c, true); }

/* ---- index tensors for the first dims: t[{a, b}] as a function ---- */

static nm_status index_put(nm_op_call *c, nm_tensor *x) {
  const nm_value_arg *list = &c->args[1];
  nm_index ix[NM_MAX_DIMS];
  nm_device *dev;
  NM_TRY(nm__same_device(c, &dev));
  NM_TRY(nm__same_dtype(c, "values", nm__tensor_arg(c, 2), x));
  if (list->n < 1 || list->n > x->ndim)
    return nm__op_error(c, NM_EINVAL, "%d index tensors for a tensor of %d dims", list->n, x->ndim);
  for (int i = 0; i < list->n; i++)
    ix[i] = (nm_index){.kind = NM_IX_TENSOR, .tensor = list->as.tensors[i]};
  return nm__index_put(c->ctx, x, list->n, ix, &c->args[2],
                       nm__bool_arg(c, 3, false) ? NM_SCATTER_ADD : NM_SCATTER_SET);
}

static nm_status index_put_forward(nm_op_call *c) {
  int mark = nm__scope(c->ctx);
  nm_tensor *y = nm__t_clone(c->ctx, nm__tensor_arg(c, 0));
  return nm__result(c, mark, y && index_put(c, y) == NM_OK ? y : NULL);
}

static nm_status index_put_inplace(nm_op_call *c) {
  int mark = nm__scope(c->ctx);
  nm_status s = index_put(c, nm__tensor_arg(c, 0));
  nm__unscope(c->ctx, mark, NULL);
  return s;
}

/* ---- positions of other shapes ---- */

static nm_tensor *flat(nm_context *ctx, nm_tensor *t) {
  int64_t shape[1] = {t ? nm_numel(t) : 0};
  return nm__t_reshape(ctx, t, 1, shape);
}

static nm_status take_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *index = nm__tensor_arg(c, 1);
  nm_device *dev;
  NM_TRY(nm__same_device(c, &dev));
  int mark = nm__scope(ctx);
  nm_tensor *at = flat(ctx, nm__index_values(c, index, nm_numel(x)));
  nm_tensor *y = nm__t_pick(ctx, flat(ctx, x), 0, at);
  return nm__result(c, mark, nm__t_reshape(ctx, y, index->ndim, index->shape));
}

static nm_status take_along_dim_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *index = nm__tensor_arg(c, 1);
  nm_device *dev;
  int dim = 0;
  NM_TRY(nm__same_device(c, &dev));
  if (!nm__given(c, 2)) {
    int mark = nm__scope(ctx);
    nm_tensor *at = flat(ctx, nm__index_values(c, index, nm_numel(x)));
    return nm__result(c, mark, nm__t_pick(ctx, flat(ctx, x), 0, at));
  }
  NM_TRY(nm__dim_arg(c, 2, x->ndim, &dim));
  if (index->ndim != x->ndim)
    return nm__op_error(c, NM_EINVAL, "an index of %d dims for a tensor of %d: they must be equal",
                        index->ndim, x->ndim);
  int64_t n = x->ndim ? x->shape[dim] : 1, k = x->ndim ? index->shape[dim] : 1;
  nm_dims s = nm__dims_of(x);
  nm_tensor like = {.ndim = index->ndim};
  for (int d = 0; d < s.ndim; d++) like.shape[d] = d == dim ? n : index->shape[d];
  NM_TRY(nm__broadcast_arg(c, &s, &like));
  int mark = nm__scope(ctx);
  x = nm__t_expand(ctx, x, s.ndim, s.dim);
  if (s.ndim) s.dim[dim] = k;
  nm_tensor *at = nm__t_expand(ctx, nm__index_values(c, index, n), s.ndim, s.dim);
  return nm__result(c, mark, nm__t_pick(ctx, x, dim, at));
}

/* ---- classes ---- */

/* The smallest and largest label; for none, ctx->base and what comes before it. */
static nm_status labels(nm_context *ctx, nm_tensor *x, int64_t *low, int64_t *high) {
  uint32_t all = (1u << x->ndim) - 1;
  *low = ctx->base, *high = ctx->base - 1;
  if (!nm_numel(x)) return NM_OK;
  nm_tensor *a = nm__temp(ctx, nm__reduce(ctx, NM_R_MIN, x, all, NM_INT64));
  nm_tensor *b = a ? nm__temp(ctx, nm__reduce(ctx, NM_R_MAX, x, all, NM_INT64)) : NULL;
  if (!b) return ctx->status;
  NM_TRY(nm_read(ctx, a, low, sizeof *low));
  return nm_read(ctx, b, high, sizeof *high);
}

static nm_status one_hot_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  int64_t n = nm__int_arg(c, 1, -1), low, high, base = ctx->base;
  if (nm__dtypes[x->dtype].kind != 'i')
    return nm__op_error(c, NM_EINVAL, "labels are integers, not %s", nm__dtype_name(x->dtype));
  if (x->ndim == NM_MAX_DIMS)
    return nm__op_error(c, NM_EINVAL, "the tensor has %d dims already", NM_MAX_DIMS);
  int mark = nm__scope(ctx);
  x = nm__t_cast(ctx, x, NM_INT64);
  nm_status s = x ? labels(ctx, x, &low, &high) : ctx->status;
  if (s == NM_OK && low < base)
    s = nm__op_error(c, NM_EINVAL, "label %lld: classes count from %lld", (long long)low,
                     (long long)base);
  if (s == NM_OK && n < 0 && !nm_numel(x))
    s = nm__op_error(c, NM_EINVAL, "no labels: give num_classes");
  if (s == NM_OK && n < 0) n = high - base + 1;
  if (s == NM_OK && high - base >= n)
    s = nm__op_error(c, NM_EINVAL, "label %lld of %lld classes", (long long)high, (long long)n);
  if (s != NM_OK) return nm__unscope(ctx, mark, NULL), s;
  nm_dims to = nm__dims_of(x), one = to;
  to.dim[to.ndim++] = n, one.dim[one.ndim++] = 1;
  if (nm__countable(ctx, to.ndim, to.dim) < 0) return nm__result(c, mark, NULL);
  nm_tensor *classes =
      nm__t2s(ctx, NM_I_add, nm__t_counting(ctx, nm__device_of(x), n), (double)base);
  nm_tensor *on = nm__t2(ctx, NM_I_eq, nm__t_reshape(ctx, x, one.ndim, one.dim), classes);
  return nm__result(c, mark, nm__t_cast(ctx, on, NM_INT64));
}

#define X                                                                                          \
  { "input", NM_P_TENSOR, 0, NULL }
#define INDEX                                                                                      \
  { "index", NM_P_TENSOR, 0, NULL }
#define SOURCE                                                                                     \
  { "source", NM_P_TENSOR, 0, NULL }
#define RANGE .lo = -3, .hi = 3
#define CHANGES (NM_ANYWHERE | NM_INPLACE | NM_OUT | NM_COMPOSED)
#define PICKS (NM_ANYWHERE | NM_OUT | NM_COMPOSED)
/* clang-format off */
static const nm_op ops[] = {
  {.name = "index_select", NM_PARAMS(NM_ALONG),
   .doc = "the parts of dim that a list names, one after another: the rows of an embedding",
   .shapes = "(..., N, ...), (K) -> (..., K, ...)", .errors = "an index of more than one dim",
   .flags = PICKS, .forward = index_select_forward, .dtypes = "fib", RANGE,
   .example = "nm.eye(3):index_select(1, nm.tensor{3, 1})"},
  {.name = "index_add",
   NM_PARAMS(NM_ALONG, SOURCE, {"alpha", NM_P_NUMBER, NM_NAMED, "1"}),
   .doc = "input with alpha * source added to the parts of dim that a list names, as often as it "
          "names them",
   .shapes = "(..., N, ...), (K), (..., K, ...) -> (..., N, ...)",
   .errors = "a source of another shape or dtype",
   .flags = CHANGES, .forward = index_source_forward, .inplace = index_source_inplace,
   .dtypes = "fib", RANGE,
   .example = "nm.zeros(3, 2):index_add(1, nm.tensor{1, 3, 1}, nm.ones(3, 2))"},
  {.name = "index_copy", NM_PARAMS(NM_ALONG, SOURCE),
   .doc = "input with source in the parts of dim that a list names; of equal places the last one "
          "counts",
   .shapes = "(..., N, ...), (K), (..., K, ...) -> (..., N, ...)",
   .errors = "a source of another shape or dtype",
   .flags = CHANGES, .forward = index_source_forward, .inplace = index_source_inplace,
   .dtypes = "fib", RANGE,
   .example = "nm.zeros(3, 2):index_copy(1, nm.tensor{3, 1}, nm.eye(2))"},
  {.name = "index_fill", NM_PARAMS(NM_ALONG, {"value", NM_P_OPERAND, 0, NULL}),
   .doc = "input with value in the parts of dim that a list names",
   .shapes = "(..., N, ...), (K), () -> (..., N, ...)", .errors = "a value with dims",
   .flags = NM_ANYWHERE | NM_INPLACE | NM_COMPOSED, .forward = index_fill_forward,
   .inplace = index_fill_inplace, .dtypes = "fib", RANGE,
   .example = "nm.zeros(3, 2):index_fill(1, nm.tensor{3, 1}, 7)"},
  {.name = "index_put",
   NM_PARAMS(X, {"indices", NM_P_TENSORS, 0, NULL}, {"values", NM_P_OPERAND, 0, NULL},
             {"accumulate", NM_P_BOOL, NM_OPTIONAL, "false"}),
   .doc = "input with values at t[indices], which are index tensors or masks for its first dims; "
          "accumulate adds, as often as a place is named; else of equal places the last one counts",
   .shapes = "(N, ...), {(K...), ...}, (K..., ...) -> (N, ...)",
   .errors = "values of another dtype; more index tensors than dims",
   .flags = NM_ANYWHERE | NM_INPLACE | NM_COMPOSED, .forward = index_put_forward,
   .inplace = index_put_inplace, .dtypes = "fib", RANGE,
   .example = "nm.zeros(3, 3):index_put({nm.tensor{1, 3}, nm.tensor{2, 2}}, 5)"},
  {.name = "take", NM_PARAMS(X, INDEX),
   .doc = "the elements at positions in input, seen as one row",
   .shapes = "(...), (K...) -> (K...)",
   .flags = PICKS, .forward = take_forward, .dtypes = "fib", RANGE,
   .example = "nm.take(nm.tensor{{1, 2}, {3, 4}}, nm.tensor{4, 1})"},
  {.name = "take_along_dim",
   NM_PARAMS(X, {"indices", NM_P_TENSOR, 0, NULL}, {"dim", NM_P_DIM, NM_OPTIONAL, NULL}),
   .doc = "as gather, the other dims broadcast together; without dim as take, a list: what argsort "
          "and argmax name",
   .shapes = "(..., N, ...), (..., K, ...) -> (..., K, ...)", .errors = "unequal numbers of dims",
   .flags = PICKS, .forward = take_along_dim_forward, .dtypes = "fib", RANGE,
   .example = "nm.take_along_dim(nm.tensor{{1, 2}, {4, 3}}, nm.tensor{{2}, {1}}, 2)"},
  {.name = "one_hot", NM_PARAMS(X, {"num_classes", NM_P_INT, NM_OPTIONAL, "-1"}),
   .doc = "1 at the label, else 0, along a new last dim of num_classes, or of the largest label",
   .shapes = "(...) -> (..., num_classes)", .errors = "labels beyond num_classes",
   .flags = NM_ANYWHERE | NM_COMPOSED, .forward = one_hot_forward, .dtypes = "i",
   .example = "nm.one_hot(nm.tensor{1, 3, 2})"},
};
/* clang-format on */
NM_FAMILY(select);
