/* normalize.c: elements brought to mean 0 and variance 1 over some dims, then scaled and shifted by
 * what is learned.
 *
 * All are `normalized`, over the last dims.  A device that has `rows` does it and its derivative in
 * one pass; otherwise, and for derivatives of higher order, mean and variance are reductions and
 * the rest is elementwise and fuses.  Halves are computed in float32 and rounded once. */
#include "fuse/fuse.h"
#include "ops/families.h"
#include "ops/reduction.h"
#include "ops/rows.h"

/* ---- normalized ---- */

enum { N_STATS, N_RESULT }; /* results: what the derivative reads by rows, else empty, and y */
enum { N_X, N_WEIGHT, N_BIAS, N_DIMS, N_EPS, N_CENTERED, N_ARGS };

typedef struct norm {
  uint32_t dims; /* that are normalized: the last */
  int64_t n;     /* elements in them */
  double eps;
  bool centered;
} norm;

static norm norm_of(const nm_value_arg *args, int ndim, const int64_t *shape) {
  int last = (int)args[N_DIMS].as.integer;
  return (norm){.dims = ((1u << ndim) - 1) & ~((1u << (ndim - last)) - 1),
                .n = nm__count(last, shape + ndim - last),
                .eps = args[N_EPS].as.number,
                .centered = args[N_CENTERED].as.boolean};
}

/* (squares / n + eps)^(-1/2), computed now: it is one number for many elements. */
static nm_tensor *inverse_root(nm_context *ctx, nm_tensor *squares, const norm *k) {
  nm_tensor *v = nm__t2s(ctx, NM_I_add, nm__t2s(ctx, NM_I_div, squares, (double)k->n), k->eps);
  v = nm__t1(ctx, NM_I_rsqrt, v);
  return v && nm__ready(ctx, v) == NM_OK ? v : NULL;
}

/* (x - mean) times *scale. */
static nm_tensor *standard(nm_context *ctx, nm_tensor *x, const norm *k, nm_tensor **scale) {
  nm_tensor *squares, *mean;
  *scale = NULL;
  if (!x) return NULL;
  if (k->centered) {
    mean = nm__t_spread(ctx, x, k->dims, &squares);
    *scale = inverse_root(ctx, squares, k);
    x = nm__t2(ctx, NM_I_sub, x, mean);
  } else {
    squares = nm__t_sum(ctx, nm__t1(ctx, NM_I_square, x), k->dims, true);
    *scale = inverse_root(ctx, squares, k);
  }
  return nm__t2(ctx, NM_I_mul, x, *scale);
}

static nm_tensor *composed(const nm_op_call *c, const norm *k) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, N_X), *w = nm__tensor_arg(c, N_WEIGHT),
            *b = nm__tensor_arg(c, N_BIAS), *scale;
  nm_dtype dtype = (nm_dtype)x->dtype, wide = nm__computed_in(dtype);
  nm_tensor *y = standard(ctx, nm__t_cast(ctx, x, wide), k, &scale);
  if (w) y = nm__t2(ctx, NM_I_mul, y, nm__t_cast(ctx, w, wide));
  if (b) y = nm__t2(ctx, NM_I_add, y, nm__t_cast(ctx, b, wide));
  return nm__t_cast(ctx, y, dtype);
}

static nm_rows rows_of(const norm *k, nm_row_kind kind) {
  return (nm_rows){.kind = kind, .centered = k->centered, .eps = k->eps, .n = k->n};
}

static nm_status normalized_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, N_X);
  norm k = norm_of(c->args, x->ndim, x->shape);
  int mark = nm__scope(ctx);
  bool by_rows = nm__takes_rows(x, k.n);
  int64_t kept[2] = {by_rows ? nm_numel(x) / k.n : 0, 2};
  nm_row_tensors t = {.x = x, .w = nm__tensor_arg(c, N_WEIGHT), .b = nm__tensor_arg(c, N_BIAS)};
  t.stats = nm__t_empty_of(ctx, nm__device_of(x), nm__computed_in((nm_dtype)x->dtype), 2, kept);
  t.y = by_rows ? nm__t_empty(ctx, x, x->ndim, x->shape) : composed(c, &k);
  bool done = t.stats && t.y;
  if (done && by_rows) done = nm__run_rows(ctx, rows_of(&k, NM_ROWS_NORM), &t) == NM_OK;
  c->nout = 2;
  if (done) nm_retain(c->out[N_STATS] = t.stats);
  c->out[N_RESULT] = nm__unscope(ctx, mark, done ? t.y : NULL);
  return done ? NM_OK : ctx->status;
}

/* With z = (x - mean) scale and h = g weight, the gradients are scale (h - mean(h) - z mean(h z)),
 * without mean(h) where it is not centered; g z; and g. */
static nm_tensor *composed_backward(nm_grad_call *b, int i, const norm *k) {
  nm_context *ctx = b->ctx;
  nm_dtype wide = nm__computed_in((nm_dtype)b->x[N_X]->dtype);
  nm_tensor *scale, *z = standard(ctx, nm__t_cast(ctx, b->x[N_X], wide), k, &scale);
  nm_tensor *g = nm__t_cast(ctx, b->g[N_RESULT], wide), *w = b->x[N_WEIGHT];
  if (i == N_WEIGHT) return nm__t2(ctx, NM_I_mul, g, z);
  if (w) g = nm__t2(ctx, NM_I_mul, g, nm__t_cast(ctx, w, wide));
  nm_tensor *dot = nm__t_sum(ctx, nm__t2(ctx, NM_I_mul, g, z), k->dims, true);
  nm_tensor *d = nm__t2(ctx, NM_I_mul, z, nm__t2s(ctx, NM_I_div, dot, (double)k->n));
  if (k->centered) {
    nm_tensor *sum = nm__t_sum(ctx, g, k->dims, true);
    d = nm__t2(ctx, NM_I_add, d, nm__t2s(ctx, NM_I_div, sum, (double)k->n));
  }
  return nm__t2(ctx, NM_I_mul, nm__t2(ctx, NM_I_sub, g, d), scale);
}

/* One pass gives all the gradients that are wanted. */
static nm_tensor *normalized_backward(nm_grad_call *b, int i) {
  nm_context *ctx = b->ctx;
  const nm_edge *edges = b->node->edges;
  if (i == N_BIAS) return nm__gradient(b, b->g[N_RESULT]);
  nm_tensor *x = b->x[N_X];
  norm k = norm_of(b->args, x->ndim, x->shape);
  if (ctx->grad_enabled || !nm__takes_rows(x, k.n))
    return nm__gradient(b, composed_backward(b, i, &k));
  nm_row_tensors t = {.x = x, .g = b->g[N_RESULT], .w = b->x[N_WEIGHT], .stats = b->y};
  nm_tensor **to[] = {&t.y, &t.dw, &t.db};
  for (int slot = i; slot <= N_BIAS; slot++) {
    const nm_dims *s = &edges[slot].shape;
    if (!(b->wanted >> slot & 1)) continue;
    if (!(*to[slot] = nm__t_empty(ctx, x, s->ndim, s->dim))) return nm__gradient(b, NULL);
  }
  if (nm__run_rows(ctx, rows_of(&k, NM_ROWS_NORM_BACK), &t) != NM_OK) return nm__gradient(b, NULL);
  for (int slot = i + 1; slot <= N_BIAS; slot++) b->ready[slot] = *to[slot];
  return *to[i];
}

/* x over its last dims, times w, plus b, both of these dims and optional. */
static nm_tensor *normalized(nm_context *ctx, nm_tensor *x, nm_tensor *w, nm_tensor *b, int last,
                             double eps, bool centered) {
  nm_value_arg args[N_ARGS] = {nm__arg_t(x),
                               w ? nm__arg_t(w) : nm__arg_none(),
                               b ? nm__arg_t(b) : nm__arg_none(),
                               nm__arg_int(last),
                               nm__arg_float(eps),
                               nm__arg_bool(centered)};
  nm_tensor *out[NM_MAX_RESULTS];
  int nout = 0;
  if (!x || nm__apply(ctx, nm__known(ctx, NM_OP_normalized), args, &nout, out) != NM_OK)
    return NULL;
  nm_release(ctx, out[N_STATS]);
  return nm__temp(ctx, out[N_RESULT]);
}

/* A float input, and parameters of its dtype, on its device and of one shape. */
static nm_status check(const nm_op_call *c, int first, int last, int ndim, const int64_t *shape) {
  const nm_tensor *x = nm__tensor_arg(c, 0);
  char got[NM_SHAPE_TEXT], wanted[NM_SHAPE_TEXT];
  nm_device *dev;
  if (!nm__is_float((nm_dtype)x->dtype))
    return nm__op_error(c, NM_EINVAL, "not defined for %s: convert with :to(\"float32\")",
                        nm__dtype_name(x->dtype));
  NM_TRY(nm__same_device(c, &dev));
  for (int i = first; i <= last; i++) {
    const nm_tensor *t = nm__tensor_arg(c, i);
    if (!t) continue;
    NM_TRY(nm__same_dtype(c, c->op->params[i].name, t, x));
    if (!nm__same_shape(t, ndim, shape))
      return nm__op_error(c, NM_EINVAL, "%s has shape %s: it must be %s", c->op->params[i].name,
                          nm__shape_text(t->ndim, t->shape, got),
                          nm__shape_text(ndim, shape, wanted));
  }
  return NM_OK;
}

/* ---- layer_norm, rms_norm: over the last dims ---- */

/* Checks that the input ends in normalized_shape, which the parameters up to number `last` have. */
static nm_status check_last(const nm_op_call *c, int last) {
  const nm_tensor *x = nm__tensor_arg(c, 0);
  const nm_value_arg *a = &c->args[1];
  char got[NM_SHAPE_TEXT], wanted[NM_SHAPE_TEXT];
  bool fits = a->n >= 1 && a->n <= x->ndim;
  for (int d = 0; fits && d < a->n; d++) fits = x->shape[x->ndim - a->n + d] == a->as.ints[d];
  if (!fits)
    return nm__op_error(c, NM_EINVAL,
                        "normalized_shape %s is not what the input's shape %s ends in",
                        nm__shape_text(a->n < NM_MAX_DIMS ? a->n : NM_MAX_DIMS, a->as.ints, wanted),
                        nm__shape_text(x->ndim, x->shape, got));
  return check(c, 2, last, a->n, a->as.ints);
}

static nm_status layer_norm_forward(nm_op_call *c) {
  NM_TRY(check_last(c, 3));
  int mark = nm__scope(c->ctx);
  nm_tensor *y = normalized(c->ctx, nm__tensor_arg(c, 0), nm__tensor_arg(c, 2),
                            nm__tensor_arg(c, 3), c->args[1].n, nm__float_arg(c, 4, 1e-5), true);
  return nm__result(c, mark, y);
}

static nm_status rms_norm_forward(nm_op_call *c) {
  static const double epsilon[] = {[NM_FLOAT32] = 0x1p-23,
                                   [NM_FLOAT64] = 0x1p-52,
                                   [NM_FLOAT16] = 0x1p-10,
                                   [NM_BFLOAT16] = 0x1p-7};
  nm_tensor *x = nm__tensor_arg(c, 0);
  NM_TRY(check_last(c, 2));
  int mark = nm__scope(c->ctx);
  nm_tensor *y = normalized(c->ctx, x, nm__tensor_arg(c, 2), NULL, c->args[1].n,
                            nm__float_arg(c, 3, epsilon[x->dtype]), false);
  return nm__result(c, mark, y);
}

/* ---- group_norm: over groups of channels ---- */

static nm_status group_norm_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  int64_t groups = c->args[1].as.integer, channels = x->ndim > 1 ? x->shape[1] : 0;
  if (x->ndim < 2)
    return nm__op_error(c, NM_EINVAL, "the input has %d dims: it takes (N, C, ...)", x->ndim);
  if (groups < 1 || channels % groups)
    return nm__op_error(c, NM_EINVAL, "%lld channels are not %lld groups", (long long)channels,
                        (long long)groups);
  NM_TRY(check(c, 2, 3, 1, &channels));
  int64_t parted[3] = {x->shape[0], groups, channels / groups}, lone[NM_MAX_DIMS];
  for (int d = 2; d < x->ndim; d++) parted[2] *= x->shape[d];
  for (int d = 0; d < x->ndim - 1; d++) lone[d] = d ? 1 : channels;
  nm_dtype dtype = (nm_dtype)x->dtype, wide = nm__computed_in(dtype);
  int mark = nm__scope(ctx);
  nm_tensor *y = nm__t_reshape(ctx, nm__t_cast(ctx, x, wide), 3, parted);
  y = normalized(ctx, y, NULL, NULL, 1, nm__float_arg(c, 4, 1e-5), true);
  y = nm__t_reshape(ctx, y, x->ndim, x->shape);
  for (int i = 2; i <= 3; i++) { /* weight and bias, of each channel */
    nm_tensor *t = nm__tensor_arg(c, i);
    if (!t) continue;
    t = nm__t_cast(ctx, nm__t_reshape(ctx, t, x->ndim - 1, lone), wide);
    y = nm__t2(ctx, i == 2 ? NM_I_mul : NM_I_add, y, t);
  }
  return nm__result(c, mark, nm__t_cast(ctx, y, dtype));
}

#define X                                                                                          \
  { "input", NM_P_TENSOR, 0, NULL }
#define SHAPE                                                                                      \
  { "normalized_shape", NM_P_INTS, 0, NULL }
#define WEIGHT                                                                                     \
  { "weight", NM_P_TENSOR, NM_OPTIONAL, NULL }
#define BIAS                                                                                       \
  { "bias", NM_P_TENSOR, NM_OPTIONAL, NULL }
#define EPS(standard)                                                                              \
  { "eps", NM_P_FLOAT, NM_OPTIONAL, standard }
/* clang-format off */
static const nm_op ops[] = {
  {.name = "normalized",
   NM_PARAMS(X, WEIGHT, BIAS, {"last", NM_P_INT, 0, NULL}, {"eps", NM_P_FLOAT, 0, NULL},
             {"centered", NM_P_BOOL, 0, NULL}),
   .doc = "the last dims with mean 0, or as they are, and mean square 1, times weight, plus bias",
   .flags = 0, .forward = normalized_forward, .backward = normalized_backward,
   .uses = {1 | 2 | NM_USE_RESULT, 1 | NM_USE_RESULT, 0}},
  {.name = "nn.functional.layer_norm", NM_PARAMS(X, SHAPE, WEIGHT, BIAS, EPS("1e-5")),
   .doc = "the last dims, which are of normalized_shape, with mean 0 and variance 1, times weight, "
          "plus bias: (x - mean) / sqrt(var + eps) * weight + bias",
   .shapes = "(..., *), (*), (*) -> (..., *)",
   .errors = "integers and bools; a normalized_shape that the input's shape doesn't end in",
   .flags = NM_FUNCTION | NM_COMPOSED, .forward = layer_norm_forward, .dtypes = "f",
   .lo = -3, .hi = 3, .example = "nm.nn.functional.layer_norm(nm.tensor{{1, 2, 3.0}}, {3})"},
  {.name = "nn.functional.rms_norm", NM_PARAMS(X, SHAPE, WEIGHT, EPS("the dtype's epsilon")),
   .doc = "the last dims, which are of normalized_shape, over the root of their mean square, times "
          "weight: x / sqrt(mean(x^2) + eps) * weight",
   .shapes = "(..., *), (*) -> (..., *)",
   .errors = "integers and bools; a normalized_shape that the input's shape doesn't end in",
   .flags = NM_FUNCTION | NM_COMPOSED, .forward = rms_norm_forward, .dtypes = "f",
   .lo = -3, .hi = 3, .example = "nm.nn.functional.rms_norm(nm.tensor{{3, 4.0}}, {2})"},
  {.name = "nn.functional.group_norm",
   NM_PARAMS(X, {"num_groups", NM_P_INT, 0, NULL}, WEIGHT, BIAS, EPS("1e-5")),
   .doc = "each of num_groups groups of channels with mean 0 and variance 1, times the channel's "
          "weight, plus its bias",
   .shapes = "(N, C, ...), (C), (C) -> (N, C, ...)",
   .errors = "integers and bools; channels that num_groups doesn't divide",
   .flags = NM_FUNCTION | NM_COMPOSED, .forward = group_norm_forward, .dtypes = "f",
   .lo = -3, .hi = 3, .example = "nm.nn.functional.group_norm(nm.ones(1, 4, 2), 2)"},
};
/* clang-format on */
NM_FAMILY(normalize);
