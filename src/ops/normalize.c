/* normalize.c: elements brought to mean 0 and variance 1 over some dims, then scaled and shifted by
 * what is learned.  Mean and variance come from one pass over the elements; the rest is elementwise
 * and fuses.  Halves are computed in float32 and rounded once. */
#include "fuse/fuse.h"
#include "ops/families.h"
#include "ops/reduction.h"

/* (squares / n + eps)^(-1/2), computed now: it is one number for many elements. */
static nm_tensor *inverse_root(nm_context *ctx, nm_tensor *squares, double n, double eps) {
  nm_tensor *v = nm__t2s(ctx, NM_I_add, nm__t2s(ctx, NM_I_div, squares, n), eps);
  v = nm__t1(ctx, NM_I_rsqrt, v);
  return v && nm__ready(ctx, v) == NM_OK ? v : NULL;
}

static nm_tensor *normalized(nm_context *ctx, nm_tensor *x, uint32_t dims, double eps) {
  nm_tensor *squares, *mean = nm__t_spread(ctx, x, dims, &squares);
  nm_tensor *scale = x ? inverse_root(ctx, squares, (double)nm__reduced_count(x, dims), eps) : NULL;
  return nm__t2(ctx, NM_I_mul, nm__t2(ctx, NM_I_sub, x, mean), scale);
}

/* y times the weight in slot `weight`, plus the bias behind it if there is such a parameter; in the
 * dtype of the input. */
static nm_tensor *learned(const nm_op_call *c, nm_tensor *y, int weight, bool has_bias, int ndim,
                          const int64_t *shape) {
  nm_context *ctx = c->ctx;
  nm_dtype dtype = (nm_dtype)nm__tensor_arg(c, 0)->dtype;
  nm_tensor *w = nm__tensor_arg(c, weight), *b = has_bias ? nm__tensor_arg(c, weight + 1) : NULL;
  for (int i = 0; i < 2; i++) {
    nm_tensor *t = i ? b : w;
    if (!t || !y) continue;
    if (ndim) t = nm__t_reshape(ctx, t, ndim, shape);
    t = nm__t_cast(ctx, t, nm__computed_in(dtype));
    y = nm__t2(ctx, i ? NM_I_add : NM_I_mul, y, t);
  }
  return nm__t_cast(ctx, y, dtype);
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

/* The dims of normalized_shape, of which the parameters up to number `last` are too. */
static nm_status last_dims(const nm_op_call *c, int last, uint32_t *dims) {
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
  *dims = ((1u << x->ndim) - 1) & ~((1u << (x->ndim - a->n)) - 1);
  return check(c, 2, last, a->n, a->as.ints);
}

static nm_status layer_norm_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  uint32_t dims = 0;
  NM_TRY(last_dims(c, 3, &dims));
  int mark = nm__scope(ctx);
  x = nm__t_cast(ctx, x, nm__computed_in((nm_dtype)x->dtype));
  nm_tensor *y = normalized(ctx, x, dims, nm__float_arg(c, 4, 1e-5));
  return nm__result(c, mark, learned(c, y, 2, true, 0, NULL));
}

static nm_status rms_norm_forward(nm_op_call *c) {
  static const double epsilon[] = {[NM_FLOAT32] = 0x1p-23,
                                   [NM_FLOAT64] = 0x1p-52,
                                   [NM_FLOAT16] = 0x1p-10,
                                   [NM_BFLOAT16] = 0x1p-7};
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  uint32_t dims = 0;
  NM_TRY(last_dims(c, 2, &dims));
  int mark = nm__scope(ctx);
  double n = (double)nm__reduced_count(x, dims), eps = nm__float_arg(c, 3, epsilon[x->dtype]);
  x = nm__t_cast(ctx, x, nm__computed_in((nm_dtype)x->dtype));
  nm_tensor *squares = nm__t_sum(ctx, nm__t1(ctx, NM_I_square, x), dims, true);
  nm_tensor *y = nm__t2(ctx, NM_I_mul, x, inverse_root(ctx, squares, n, eps));
  return nm__result(c, mark, learned(c, y, 2, false, 0, NULL));
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
  int mark = nm__scope(ctx);
  nm_tensor *wide = nm__t_cast(ctx, x, nm__computed_in((nm_dtype)x->dtype));
  nm_tensor *y = normalized(ctx, wide ? nm__t_reshape(ctx, wide, 3, parted) : NULL, 1u << 2,
                            nm__float_arg(c, 4, 1e-5));
  y = y ? nm__t_reshape(ctx, y, x->ndim, x->shape) : NULL;
  return nm__result(c, mark, learned(c, y, 2, true, x->ndim - 1, lone));
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
