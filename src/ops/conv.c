/* conv.c: convolutions and their transposes, 1-d to 3-d.
 *
 * All are `convolution`, the general one of core/device.h (nm_conv), whose own two derivatives are
 * convolutions too: so there is one kernel, and derivatives of any order.  It sees groups as a dim
 * of their own, so what changes places in the derivatives is a view. */
#include "fuse/fuse.h"
#include "ops/window.h"

#include <string.h>

typedef struct conv_shape { /* per spatial dim, as nm_conv of core/device.h, and y's sizes */
  int64_t stride[3], low[3], lhs[3], rhs[3], out[3];
} conv_shape;

/* Parameters of `convolution`. */
enum { C_STRIDE = 3, C_LOW, C_LHS, C_RHS, C_OUT, C_ARGS };

/* t (A, G * B, ...) or (G * A, B, ...) with the groups as a dim of their own. */
static nm_tensor *split(nm_context *ctx, nm_tensor *t, int dim, int64_t groups) {
  int64_t shape[NM_MAX_DIMS];
  if (!t) return NULL;
  for (int d = 0; d < t->ndim; d++) shape[d + (d > dim)] = t->shape[d];
  shape[dim] = groups, shape[dim + 1] = t->shape[dim] / groups;
  return nm__t_reshape(ctx, t, t->ndim + 1, shape);
}

/* x (N, G, C, X...), w (G, O, C, K...), bias (G, O) or NULL -> (N, G, O, Y...) */
static nm_tensor *convolved(nm_context *ctx, nm_tensor *x, nm_tensor *w, nm_tensor *bias, int dims,
                            const conv_shape *s) {
  nm_value_arg args[C_ARGS] = {nm__arg_t(x),
                               nm__arg_t(w),
                               bias ? nm__arg_t(bias) : nm__arg_none(),
                               nm__arg_ints(dims, s->stride),
                               nm__arg_ints(dims, s->low),
                               nm__arg_ints(dims, s->lhs),
                               nm__arg_ints(dims, s->rhs),
                               nm__arg_ints(dims, s->out)};
  return x && w ? nm__t(ctx, nm__known(ctx, NM_OP_convolution), args) : NULL;
}

/* Of x (N, G * C, X...) with w (G, O, C, K...) and bias (G * O): (N, G * O, Y...). */
static nm_tensor *joined(nm_context *ctx, nm_tensor *x, nm_tensor *w, nm_tensor *bias, int dims,
                         const conv_shape *s) {
  int64_t shape[NM_MAX_DIMS];
  if (!x || !w) return NULL;
  x = split(ctx, x, 1, w->shape[0]);
  if (bias && !(bias = split(ctx, bias, 0, w->shape[0]))) return NULL;
  nm_tensor *y = convolved(ctx, x, w, bias, dims, s);
  if (!y) return NULL;
  shape[0] = y->shape[0], shape[1] = y->shape[1] * y->shape[2];
  memcpy(shape + 2, y->shape + 3, (size_t)dims * sizeof *shape);
  return nm__t_reshape(ctx, y, dims + 2, shape);
}

static conv_shape shape_of(const nm_value_arg *args, int dims) {
  conv_shape s;
  for (int d = 0; d < dims; d++) {
    s.stride[d] = args[C_STRIDE].as.ints[d];
    s.low[d] = args[C_LOW].as.ints[d];
    s.lhs[d] = args[C_LHS].as.ints[d];
    s.rhs[d] = args[C_RHS].as.ints[d];
    s.out[d] = args[C_OUT].as.ints[d];
  }
  return s;
}

/* Everything was checked by those who apply it. */
static nm_status convolution_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *w = nm__tensor_arg(c, 1), *bias = nm__tensor_arg(c, 2);
  int dims = x->ndim - 3;
  conv_shape s = shape_of(c->args, dims);
  nm_conv conv = {.dims = dims};
  nm_dims out = {.ndim = x->ndim, .dim = {x->shape[0], w->shape[0], w->shape[1]}};
  for (int d = 0; d < dims; d++) {
    conv.stride[d] = s.stride[d];
    conv.low[d] = s.low[d];
    conv.lhs[d] = s.lhs[d];
    conv.rhs[d] = s.rhs[d];
    out.dim[3 + d] = s.out[d];
  }
  nm_view vx, vw, vb, vy;
  int mark = nm__scope(ctx);
  nm_device *dev = nm__device_of(x);
  nm_tensor *y = NULL;
  if (bias && (!(bias = nm__contiguous(ctx, bias)) || nm__view_of(ctx, bias, &vb) != NM_OK))
    return nm__result(c, mark, NULL);
  if (nm__view_of(ctx, x, &vx) == NM_OK && nm__view_of(ctx, w, &vw) == NM_OK)
    y = nm__t_empty(ctx, x, out.ndim, out.dim);
  if (y && (nm__view_of(ctx, y, &vy) != NM_OK ||
            dev->cls->conv(dev, &conv, &vx, &vw, bias ? &vb : NULL, &vy) != NM_OK))
    y = NULL;
  return nm__result(c, mark, y);
}

/* The first three dims of t in another order. */
static nm_tensor *reordered(nm_context *ctx, nm_tensor *t, int a, int b, int c) {
  int64_t order[NM_MAX_DIMS] = {a, b, c};
  for (int d = 3; t && d < t->ndim; d++) order[d] = d;
  return t ? nm__t_permute(ctx, t, t->ndim, order) : NULL;
}

/* With y[i] = sum of w[k] x[m] over i * stride + k * rhs - low = m * lhs: the gradient of x[m] is
 * that of y, dilated by stride, met by w backwards; the gradient of w[k] that of y as a kernel
 * dilated by stride which goes over x in steps of rhs, samples and channels in each other's place.
 */
static nm_tensor *convolution_backward(nm_grad_call *b, int i) {
  nm_context *ctx = b->ctx;
  const nm_dims *xs = &b->node->edges[0].shape, *ws = &b->node->edges[1].shape;
  int dims = xs->ndim - 3;
  conv_shape s = shape_of(b->args, dims), t;
  if (i == 2)
    return nm__gradient(b, nm__t_sum(ctx, b->g[0], ~(uint32_t)6 & ((1u << xs->ndim) - 1), false));
  for (int d = 0; d < dims; d++) {
    if (i == 0)
      t.stride[d] = s.lhs[d], t.lhs[d] = s.stride[d], t.rhs[d] = -s.rhs[d],
      t.out[d] = xs->dim[3 + d], t.low[d] = -s.low[d];
    else
      t.stride[d] = s.rhs[d], t.lhs[d] = s.lhs[d], t.rhs[d] = s.stride[d],
      t.out[d] = ws->dim[3 + d], t.low[d] = s.low[d];
    if (t.lhs[d] < 0)
      t.lhs[d] = -t.lhs[d], t.stride[d] = -t.stride[d], t.rhs[d] = -t.rhs[d], t.low[d] = -t.low[d];
  }
  if (i == 0) /* w (G, C, O, K...) */
    return nm__gradient(b,
                        convolved(ctx, b->g[0], reordered(ctx, b->x[1], 0, 2, 1), NULL, dims, &t));
  nm_tensor *x = reordered(ctx, b->x[0], 2, 1, 0); /* (C, G, N, X...) */
  nm_tensor *g = reordered(ctx, b->g[0], 1, 2, 0); /* (G, O, N, Y...) */
  /* (C, G, O, K...) */
  return nm__gradient(b, reordered(ctx, convolved(ctx, x, g, NULL, dims, &t), 1, 2, 0));
}

/* ---- the public ones ---- */

enum { INPUT, WEIGHT, BIAS, STRIDE, PADDING };

/* One integer for all, or one for each dim. */
nm_status nm__each_arg(const nm_op_call *c, int i, int dims, int64_t standard, int64_t least,
                       int64_t out[3]) {
  const nm_value_arg *a = &c->args[i];
  bool given = nm__each_given(c, i);
  const int64_t most = (int64_t)1 << 30;
  if (given && a->n != 1 && a->n != dims)
    return nm__op_error(c, NM_EINVAL, "%s has %d elements: one, or one for each of the %d dims",
                        c->op->params[i].name, a->n, dims);
  for (int d = 0; d < dims; d++) {
    out[d] = given ? a->as.ints[a->n == 1 ? 0 : d] : standard;
    if (out[d] < least || out[d] > most)
      return nm__op_error(c, NM_EINVAL, "%s %lld: it must be from %lld to 2^30",
                          c->op->params[i].name, (long long)out[d], (long long)least);
  }
  return NM_OK;
}

static nm_status check_tensors(const nm_op_call *c, int dims, bool transposed, int64_t groups) {
  nm_tensor *x = nm__tensor_arg(c, INPUT), *w = nm__tensor_arg(c, WEIGHT),
            *bias = nm__tensor_arg(c, BIAS);
  char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
  nm_device *dev;
  NM_TRY(nm__same_device(c, &dev));
  if (!nm__is_float((nm_dtype)x->dtype) || x->dtype != w->dtype ||
      (bias && bias->dtype != x->dtype))
    return nm__op_error(c, NM_EINVAL,
                        "input is %s, weight %s, bias %s: all must be of one floating-point dtype",
                        nm__dtype_name(x->dtype), nm__dtype_name(w->dtype),
                        bias ? nm__dtype_name(bias->dtype) : "none");
  nm__shape_text(x->ndim, x->shape, one);
  nm__shape_text(w->ndim, w->shape, two);
  if (x->ndim != dims + 1 && x->ndim != dims + 2)
    return nm__op_error(c, NM_EINVAL,
                        "input of shape %s: it must have %d dims, (N, C, ...), or %d without N",
                        one, dims + 2, dims + 1);
  if (w->ndim != dims + 2)
    return nm__op_error(c, NM_EINVAL, "weight of shape %s must have %d dims", two, dims + 2);
  int64_t channels = x->shape[x->ndim - dims - 1], in = w->shape[transposed ? 0 : 1];
  int64_t out = transposed ? w->shape[1] * groups : w->shape[0];
  if (groups < 1 || w->shape[0] % groups)
    return nm__op_error(c, NM_EINVAL, "groups %lld: it must divide the %lld channels of weight %s",
                        (long long)groups, (long long)w->shape[0], two);
  if (channels != (transposed ? in : in * groups))
    return nm__op_error(
        c, NM_EINVAL,
        "input of shape %s has %lld channels, weight of shape %s with groups = %lld "
        "takes %lld",
        one, (long long)channels, two, (long long)groups,
        (long long)(transposed ? in : in * groups));
  if (bias && (bias->ndim != 1 || bias->shape[0] != out))
    return nm__op_error(c, NM_EINVAL,
                        "bias of shape %s must be {%lld}, one for each output channel",
                        nm__shape_text(bias->ndim, bias->shape, one), (long long)out);
  return NM_OK;
}

static nm_status check_output(const nm_op_call *c, const conv_shape *s, int dims) {
  char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
  const nm_tensor *x = nm__tensor_arg(c, INPUT), *w = nm__tensor_arg(c, WEIGHT);
  for (int d = 0; d < dims; d++)
    if (s->out[d] < 1 || w->shape[2 + d] < 1)
      return nm__op_error(
          c, NM_EINVAL, "weight of shape %s reaches beyond input of shape %s with its padding",
          nm__shape_text(w->ndim, w->shape, two), nm__shape_text(x->ndim, x->shape, one));
  return NM_OK;
}

/* The convolution with w (G, O, C, K...), for input with or without the dim N. */
static nm_status finish(nm_op_call *c, int mark, nm_tensor *w, int dims, const conv_shape *s) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, INPUT), *y;
  int64_t shape[NM_MAX_DIMS];
  bool single = x->ndim == dims + 1;
  if (single) {
    shape[0] = 1;
    memcpy(shape + 1, x->shape, (size_t)x->ndim * sizeof *shape);
    x = nm__t_reshape(ctx, x, dims + 2, shape);
  }
  y = joined(ctx, x, w, nm__tensor_arg(c, BIAS), dims, s);
  if (y && single) {
    memcpy(shape, y->shape + 1, (size_t)(y->ndim - 1) * sizeof *shape);
    y = nm__t_reshape(ctx, y, y->ndim - 1, shape);
  }
  return nm__result(c, mark, y);
}

int nm__spatial_dims(const nm_op *op) { return op->name[strlen(op->name) - 2] - '0'; }

/* "same": as many output places as input places, the odd one of the padding at the end. */
static nm_status padding_arg(const nm_op_call *c, int dims, conv_shape *s, const int64_t *span,
                             int64_t high[3]) {
  const nm_value_arg *a = &c->args[PADDING];
  if (a->kind != NM_ARG_STRING) {
    NM_TRY(nm__each_arg(c, PADDING, dims, 0, 0, s->low));
    memcpy(high, s->low, 3 * sizeof *high);
    return NM_OK;
  }
  bool same = !strcmp(a->as.string, "same");
  if (!same && strcmp(a->as.string, "valid") != 0)
    return nm__op_error(c, NM_EINVAL,
                        "padding is \"%s\": it may be \"same\", \"valid\", or integers",
                        a->as.string);
  for (int d = 0; d < dims; d++) {
    if (same && s->stride[d] != 1)
      return nm__op_error(c, NM_EINVAL, "padding = \"same\" needs stride 1, not %lld",
                          (long long)s->stride[d]);
    s->low[d] = same ? (span[d] - 1) / 2 : 0;
    high[d] = same ? span[d] - 1 - s->low[d] : 0;
  }
  return NM_OK;
}

static nm_status conv_forward(nm_op_call *c) {
  nm_tensor *x = nm__tensor_arg(c, INPUT), *w = nm__tensor_arg(c, WEIGHT);
  int dims = nm__spatial_dims(c->op);
  int64_t groups = nm__int_arg(c, 6, 1), span[3], high[3];
  conv_shape s;
  NM_TRY(check_tensors(c, dims, false, groups));
  NM_TRY(nm__each_arg(c, STRIDE, dims, 1, 1, s.stride));
  NM_TRY(nm__each_arg(c, 5, dims, 1, 1, s.rhs));
  for (int d = 0; d < dims; d++) span[d] = (w->shape[2 + d] - 1) * s.rhs[d] + 1;
  NM_TRY(padding_arg(c, dims, &s, span, high));
  for (int d = 0; d < dims; d++) {
    int64_t room = x->shape[x->ndim - dims + d] + s.low[d] + high[d] - span[d];
    s.lhs[d] = 1;
    s.out[d] = room < 0 ? 0 : room / s.stride[d] + 1;
  }
  NM_TRY(check_output(c, &s, dims));
  int mark = nm__scope(c->ctx);
  return finish(c, mark, split(c->ctx, w, 0, groups), dims, &s);
}

static nm_status conv_transpose_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, INPUT), *w = nm__tensor_arg(c, WEIGHT);
  int dims = nm__spatial_dims(c->op);
  int64_t groups = nm__int_arg(c, 6, 1), extra[3], padding[3], dilation[3];
  conv_shape s;
  NM_TRY(check_tensors(c, dims, true, groups));
  NM_TRY(nm__each_arg(c, STRIDE, dims, 1, 1, s.lhs));
  NM_TRY(nm__each_arg(c, PADDING, dims, 0, 0, padding));
  NM_TRY(nm__each_arg(c, 5, dims, 0, 0, extra));
  NM_TRY(nm__each_arg(c, 7, dims, 1, 1, dilation));
  for (int d = 0; d < dims; d++) {
    if (extra[d] >= s.lhs[d] && extra[d] >= dilation[d])
      return nm__op_error(c, NM_EINVAL,
                          "output_padding %lld must be below the stride %lld or the dilation %lld",
                          (long long)extra[d], (long long)s.lhs[d], (long long)dilation[d]);
    int64_t span = (w->shape[2 + d] - 1) * dilation[d], n = x->shape[x->ndim - dims + d];
    s.stride[d] = 1;
    s.rhs[d] = -dilation[d];
    s.low[d] = -padding[d];
    s.out[d] = n < 1 ? 0 : (n - 1) * s.lhs[d] - 2 * padding[d] + span + extra[d] + 1;
  }
  NM_TRY(check_output(c, &s, dims));
  int mark = nm__scope(ctx);
  /* w (G, C, O, K...), backwards */
  return finish(c, mark, reordered(ctx, split(ctx, w, 0, groups), 0, 2, 1), dims, &s);
}

#define X                                                                                          \
  {"input", NM_P_TENSOR, 0, NULL}, {"weight", NM_P_TENSOR, 0, NULL}, {                             \
    "bias", NM_P_TENSOR, NM_OPTIONAL, NULL                                                         \
  }
/* clang-format off */
#define EACH(name, standard) {name, NM_P_EACH, NM_OPTIONAL, standard}
#define GROUPS {"groups", NM_P_INT, NM_OPTIONAL, "1"}
#define CONV(n, sizes, example_)                                                                   \
  {.name = "nn.functional.conv" n,                                                                 \
   NM_PARAMS(X, EACH("stride", "1"), {"padding", NM_P_PADDING, NM_OPTIONAL, "0"},                  \
             EACH("dilation", "1"), GROUPS),                                                       \
   .doc = "the cross-correlation of input with weight, over its last " n " dims: y[n, o, i] = "    \
          "bias[o] + the sum over c, k of weight[o, c, k] * input[n, c, i * stride + k * dilation "\
          "- padding]; padding may be \"same\" or \"valid\"; with groups, output channels see "    \
          "their group of input channels only",                                                    \
   .shapes = "(N, C, " sizes "), (O, C / groups, K...), (O) -> (N, O, ...); or without N",         \
   .errors = "channels that do not fit; a kernel that reaches beyond the padded input",            \
   .flags = NM_FUNCTION | NM_OUT | NM_COMPOSED, .forward = conv_forward, .dtypes = "f",            \
   .lo = -2, .hi = 2, .example = example_}
#define TRANSPOSE(n, sizes, example_)                                                              \
  {.name = "nn.functional.conv_transpose" n,                                                       \
   NM_PARAMS(X, EACH("stride", "1"), EACH("padding", "0"), EACH("output_padding", "0"), GROUPS,    \
             EACH("dilation", "1")),                                                               \
   .doc = "the gradient of conv" n " with respect to its input, as an op: each element of input "  \
          "adds weight, times itself, to the output places that it reaches [Dumoulin & Visin 2016]",\
   .shapes = "(N, C, " sizes "), (C, O / groups, K...), (O) -> (N, O, ...), of (size - 1) * stride "\
             "- 2 * padding + dilation * (K - 1) + output_padding + 1; or without N",              \
   .errors = "channels that do not fit; output_padding not below stride or dilation",              \
   .flags = NM_FUNCTION | NM_OUT | NM_COMPOSED, .forward = conv_transpose_forward, .dtypes = "f",  \
   .lo = -2, .hi = 2, .example = example_}
static const nm_op ops[] = {
  {.name = "convolution",
   NM_PARAMS({"input", NM_P_TENSOR, 0, NULL}, {"weight", NM_P_TENSOR, 0, NULL},
             {"bias", NM_P_TENSOR, NM_OPTIONAL, NULL}, {"stride", NM_P_INTS, 0, NULL},
             {"low", NM_P_INTS, 0, NULL}, {"lhs", NM_P_INTS, 0, NULL}, {"rhs", NM_P_INTS, 0, NULL},
             {"out", NM_P_INTS, 0, NULL}),
   .doc = "the general dilated convolution, see nm_conv", .forward = convolution_forward,
   .backward = convolution_backward, .uses = {2, 1, 0}, .dtypes = "f"},
  CONV("1d", "L", "nm.nn.functional.conv1d(nm.ones(1, 1, 5), nm.ones(1, 1, 3), {padding = \"same\"})"),
  CONV("2d", "H, W", "nm.nn.functional.conv2d(nm.ones(1, 1, 3, 3), nm.ones(1, 1, 2, 2))"),
  CONV("3d", "D, H, W", "nm.nn.functional.conv3d(nm.ones(1, 1, 2, 2, 2), nm.ones(1, 1, 2, 2, 2))"),
  TRANSPOSE("1d", "L",
            "nm.nn.functional.conv_transpose1d(nm.ones(1, 1, 2), nm.ones(1, 1, 3), nil, 2)"),
  TRANSPOSE("2d", "H, W",
            "nm.nn.functional.conv_transpose2d(nm.ones(1, 1, 2, 2), nm.ones(1, 1, 2, 2))"),
  TRANSPOSE("3d", "D, H, W",
            "nm.nn.functional.conv_transpose3d(nm.ones(1, 1, 1, 1, 1), nm.ones(1, 1, 2, 2, 2))"),
};
/* clang-format on */
NM_FAMILY(conv);
