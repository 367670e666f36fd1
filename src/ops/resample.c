/* resample.c: padding, interpolation, pixel_shuffle.
 *
 * Along each dim the result is a sum of a few picks of the input, at places that are worked out on
 * the host, times weights: so the derivative is that of picks, products and sums. */
#include "fuse/fuse.h"
#include "ops/families.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Where each of n outputs along a dim reads, and with what weights: tap t of output i is number
 * t * n + i.  weight NULL: 1. */
typedef struct taps {
  int64_t n, *at;
  double *weight;
  int count;
} taps;

static nm_status taps_new(nm_context *ctx, taps *t, int64_t n, int64_t count, bool weighted) {
  *t = (taps){.n = n, .count = (int)count};
  size_t all = (size_t)(n * count) + 1;
  t->at = malloc(all * sizeof *t->at);
  t->weight = weighted ? malloc(all * sizeof *t->weight) : NULL;
  if (t->at && (t->weight || !weighted)) return NM_OK;
  return nm__error(ctx, NM_ENOMEM, "out of memory: places along a dim of %lld", (long long)n);
}

static void taps_free(taps *t) {
  free(t->at);
  free(t->weight);
}

/* A tensor of n numbers from the host, as one dim of `ndim`. */
static nm_tensor *along(nm_context *ctx, nm_device *dev, nm_dtype dtype, const void *data,
                        int64_t n, int dim, int ndim) {
  int64_t shape[NM_MAX_DIMS];
  for (int d = 0; d < ndim; d++) shape[d] = d == dim ? n : 1;
  nm_tensor *t = nm__t_empty_of(ctx, dev, dtype, ndim, shape);
  if (t && nm_write(ctx, t, data, (size_t)n * nm__dtype_size(dtype)) != NM_OK) return NULL;
  return t;
}

/* The weights of a tap in the dtype of x, which is float32 or float64. */
static nm_tensor *weights(nm_context *ctx, nm_tensor *x, const taps *t, int tap, int dim) {
  const double *w = t->weight + tap * t->n;
  if (x->dtype == NM_FLOAT64)
    return along(ctx, nm__device_of(x), NM_FLOAT64, w, t->n, dim, x->ndim);
  float *narrow = malloc((size_t)t->n * sizeof *narrow + 1);
  if (!narrow) {
    nm__error(ctx, NM_ENOMEM, "out of memory: weights");
    return NULL;
  }
  for (int64_t i = 0; i < t->n; i++) narrow[i] = (float)w[i];
  nm_tensor *r = along(ctx, nm__device_of(x), NM_FLOAT32, narrow, t->n, dim, x->ndim);
  free(narrow);
  return r;
}

static nm_tensor *resampled(nm_context *ctx, nm_tensor *x, int dim, const taps *t) {
  nm_tensor *y = NULL;
  int64_t shape[NM_MAX_DIMS];
  if (!x) return NULL;
  for (int d = 0; d < x->ndim; d++) shape[d] = d == dim ? t->n : x->shape[d];
  for (int k = 0; k < t->count; k++) {
    nm_tensor *at = along(ctx, nm__device_of(x), NM_INT64, t->at + k * t->n, t->n, dim, x->ndim);
    nm_tensor *v = at ? nm__t_pick(ctx, x, dim, nm__t_expand(ctx, at, x->ndim, shape)) : NULL;
    if (t->weight) v = nm__t2(ctx, NM_I_mul, v, weights(ctx, x, t, k, dim));
    y = k ? nm__t2(ctx, NM_I_add, y, v) : v;
  }
  return y;
}

/* ---- pad ---- */

typedef enum pad_mode { PAD_CONSTANT, PAD_REFLECT, PAD_REPLICATE, PAD_CIRCULAR } pad_mode;

static nm_tensor *pad_constant(nm_context *ctx, nm_tensor *x, int dim, int64_t low, int64_t high,
                               double value) {
  if (!x) return NULL;
  int64_t n = x->shape[dim], cut = low < 0 ? -low : 0, shape[NM_MAX_DIMS];
  int64_t left = n - cut - (high < 0 ? -high : 0);
  if (low < 0 || high < 0) x = nm__t_narrow(ctx, x, dim, cut, left);
  nm_tensor *parts[3];
  int count = 0;
  for (int side = 0; side < 3 && x; side++) {
    int64_t size = side == 0 ? low : high;
    if (side == 1) {
      parts[count++] = x;
    } else if (size > 0) {
      for (int d = 0; d < x->ndim; d++) shape[d] = d == dim ? size : x->shape[d];
      parts[count++] = nm__t_full(ctx, nm__device_of(x), (nm_dtype)x->dtype, x->ndim, shape, value);
    }
  }
  return !x || count == 1 ? x : nm__t_cat(ctx, count, parts, dim);
}

/* Which element of n stands `p` places behind the first, outside too. */
static int64_t reflected(int64_t p, int64_t n, pad_mode mode) {
  switch (mode) {
  case PAD_REFLECT: p = p < 0 ? -p : p; return p >= n ? 2 * (n - 1) - p : p;
  case PAD_REPLICATE: return p < 0 ? 0 : p >= n ? n - 1 : p;
  default: return ((p % n) + n) % n;
  }
}

static nm_tensor *pad_by_picks(nm_context *ctx, nm_tensor *x, int dim, int64_t low, int64_t high,
                               pad_mode mode) {
  if (!x || (!low && !high)) return x;
  taps t;
  int64_t n = x->shape[dim];
  if (taps_new(ctx, &t, n + low + high, 1, false) != NM_OK) return NULL;
  for (int64_t i = 0; i < t.n; i++) t.at[i] = reflected(i - low, n, mode);
  nm_tensor *y = resampled(ctx, x, dim, &t);
  taps_free(&t);
  return y;
}

static nm_status check_pad(const nm_op_call *c, const nm_tensor *x, pad_mode mode) {
  const nm_value_arg *pad = &c->args[1];
  char text[NM_SHAPE_TEXT];
  const int64_t most = (int64_t)1 << 40;
  nm__shape_text(x->ndim, x->shape, text);
  if (pad->n % 2 || pad->n / 2 > x->ndim)
    return nm__op_error(
        c, NM_EINVAL, "pad has %d elements for input of shape %s: two for each dim, from the last",
        pad->n, text);
  for (int k = 0; k < pad->n; k += 2) {
    int dim = x->ndim - 1 - k / 2;
    int64_t low = pad->as.ints[k], high = pad->as.ints[k + 1], n = x->shape[dim];
    if (low > most || high > most || low < -most || high < -most || n + low + high < 0 ||
        (low < 0 && -low > n) || (high < 0 && -high > n))
      return nm__op_error(c, NM_EINVAL, "padding %lld and %lld of dim %d does not fit shape %s",
                          (long long)low, (long long)high, dim + c->ctx->base, text);
    int64_t room = mode == PAD_REFLECT ? n - 1 : mode == PAD_CIRCULAR ? n : n ? most : 0;
    if (mode != PAD_CONSTANT && (low > room || high > room))
      return nm__op_error(
          c, NM_EINVAL,
          "padding %lld and %lld of dim %d in shape %s: %s takes at most %lld elements",
          (long long)low, (long long)high, dim + c->ctx->base, text,
          mode == PAD_REFLECT    ? "reflect"
          : mode == PAD_CIRCULAR ? "circular"
                                 : "replicate",
          (long long)room);
  }
  return NM_OK;
}

static nm_status pad_forward(nm_op_call *c) {
  static const char *const modes[] = {"constant", "reflect", "replicate", "circular"};
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  const char *word = nm__given(c, 2) ? c->args[2].as.string : "constant";
  const nm_value_arg *pad = &c->args[1];
  int mode = 0;
  while (mode < 4 && strcmp(word, modes[mode]) != 0) mode++;
  if (mode == 4)
    return nm__op_error(
        c, NM_EINVAL, "no mode \"%s\": there are constant, reflect, replicate and circular", word);
  if (mode != PAD_CONSTANT && nm__given(c, 3))
    return nm__op_error(c, NM_EINVAL, "value is for mode \"constant\", not \"%s\"", word);
  NM_TRY(check_pad(c, x, (pad_mode)mode));
  int mark = nm__scope(ctx);
  nm_tensor *y = x;
  for (int k = 0; k < pad->n; k += 2) {
    int dim = x->ndim - 1 - k / 2;
    int64_t low = pad->as.ints[k], high = pad->as.ints[k + 1];
    y = mode == PAD_CONSTANT ? pad_constant(ctx, y, dim, low, high, nm__float_arg(c, 3, 0))
                             : pad_by_picks(ctx, y, dim, low, high, (pad_mode)mode);
  }
  return nm__result(c, mark, y == x ? nm__t_clone(ctx, x) : y);
}

/* ---- interpolate ---- */

typedef enum mode { NEAREST, NEAREST_EXACT, LINEAR, CUBIC, AREA } mode;
static const struct {
  const char *name;
  uint8_t mode, dims; /* dims: spatial ones, 0 for any */
} modes[] = {{"nearest", NEAREST, 0},  {"nearest-exact", NEAREST_EXACT, 0},
             {"linear", LINEAR, 1},    {"bilinear", LINEAR, 2},
             {"trilinear", LINEAR, 3}, {"bicubic", CUBIC, 2},
             {"area", AREA, 0}};
enum { NMODES = sizeof modes / sizeof *modes };

/* Keys' cubic convolution with a = -3/4: the weight of a point at distance d. */
static double cubic(double d) {
  const double a = -0.75;
  d = fabs(d);
  return d <= 1  ? ((a + 2) * d - (a + 3)) * d * d + 1
         : d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
                 : 0;
}

static int64_t inside(int64_t p, int64_t n) { return p < 0 ? 0 : p >= n ? n - 1 : p; }

/* The places and weights of a dim that goes from n to out elements; scale is n / out, or the
 * inverse of the factor that was given.  Places are computed in float where PyTorch does. */
static nm_status make_taps(nm_context *ctx, taps *t, mode m, int64_t n, int64_t out, double scale,
                           bool corners, bool narrow) {
  int64_t count = m == LINEAR ? 2 : m == CUBIC ? 4 : m == AREA ? (n + out - 1) / out + 1 : 1;
  NM_TRY(taps_new(ctx, t, out, count, m >= LINEAR));
  if (m >= LINEAR && m != AREA && corners)
    scale = out > 1 ? (double)(n - 1) / (double)(out - 1) : 0;
  for (int64_t i = 0; i < out; i++) {
    double place = corners ? scale * (double)i : scale * ((double)i + 0.5) - 0.5;
    if (narrow) {
      float s = (float)scale;
      place = (double)(corners ? s * (float)i : s * ((float)i + 0.5f) - 0.5f);
    }
    if (m <= NEAREST_EXACT) {
      float shift = m == NEAREST ? 0 : 0.5f;
      t->at[i] = inside((int64_t)floorf(((float)i + shift) * (float)scale), n);
    } else if (m == AREA) {
      int64_t first = i * n / out, end = ((i + 1) * n + out - 1) / out;
      for (int64_t k = 0; k < count; k++) {
        t->at[k * out + i] = inside(first + k, n);
        t->weight[k * out + i] = first + k < end ? 1.0 / (double)(end - first) : 0;
      }
    } else if (m == LINEAR) {
      place = place < 0 ? 0 : place;
      int64_t low = inside((int64_t)place, n);
      t->at[i] = low;
      t->at[out + i] = inside(low + 1, n);
      t->weight[out + i] = place - (double)low;
      t->weight[i] = 1 - t->weight[out + i];
    } else {
      double low = floor(place);
      for (int64_t k = 0; k < 4; k++) {
        t->at[k * out + i] = inside((int64_t)low + k - 1, n);
        t->weight[k * out + i] = cubic(place - low - (double)(k - 1));
      }
    }
  }
  return NM_OK;
}

typedef struct resizing {
  int dims, mode;
  bool corners;
  int64_t size[3];
  double scale[3];
} resizing;

static nm_status read_sizes(const nm_op_call *c, const nm_tensor *x, resizing *r) {
  const nm_value_arg *size = &c->args[1], *factor = &c->args[2];
  char text[NM_SHAPE_TEXT];
  if (nm__given(c, 1) == nm__given(c, 2))
    return nm__op_error(c, NM_EINVAL, "give either size or scale_factor");
  int given = nm__given(c, 1) ? size->n : factor->n;
  if (given != 1 && given != r->dims)
    return nm__op_error(c, NM_EINVAL, "%s has %d elements: one, or one for each of the %d dims",
                        nm__given(c, 1) ? "size" : "scale_factor", given, r->dims);
  for (int d = 0; d < r->dims; d++) {
    int64_t n = x->shape[2 + d];
    if (nm__given(c, 1)) {
      r->size[d] = size->as.ints[given == 1 ? 0 : d];
    } else {
      double f = factor->as.floats[given == 1 ? 0 : d], wide = floor((double)n * f);
      r->size[d] = wide >= 0 && wide < 1e15 ? (int64_t)wide : -1;
      r->scale[d] = 1 / f;
    }
    if (r->size[d] < 1 || n < 1 || r->size[d] > INT32_MAX)
      return nm__op_error(
          c, NM_EINVAL, "input of shape %s can't become %lld elements long in dim %d",
          nm__shape_text(x->ndim, x->shape, text), (long long)r->size[d], 2 + d + c->ctx->base);
    if (nm__given(c, 1) || nm__bool_arg(c, 5, false)) r->scale[d] = (double)n / (double)r->size[d];
  }
  return NM_OK;
}

static nm_status interpolate_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  const char *word = nm__given(c, 3) ? c->args[3].as.string : "nearest";
  char text[NM_SHAPE_TEXT];
  resizing r = {.dims = x->ndim - 2, .corners = nm__bool_arg(c, 4, false)};
  while (r.mode < NMODES && strcmp(word, modes[r.mode].name) != 0) r.mode++;
  if (r.mode == NMODES)
    return nm__op_error(c, NM_EINVAL,
                        "no mode \"%s\": there are nearest, nearest-exact, linear, bilinear, "
                        "trilinear, bicubic and area",
                        word);
  if (r.dims < 1 || r.dims > 3 || (modes[r.mode].dims && modes[r.mode].dims != r.dims))
    return nm__op_error(
        c, NM_EINVAL, "input of shape %s: it must be (N, C, ...) with %d spatial dims for \"%s\"",
        nm__shape_text(x->ndim, x->shape, text), modes[r.mode].dims ? modes[r.mode].dims : 1, word);
  mode m = (mode)modes[r.mode].mode;
  if (nm__given(c, 4) && r.corners && m != LINEAR && m != CUBIC)
    return nm__op_error(c, NM_EINVAL, "align_corners has no meaning for mode \"%s\"", word);
  if (m > NEAREST_EXACT && !nm__is_float((nm_dtype)x->dtype))
    return nm__op_error(c, NM_EINVAL,
                        "mode \"%s\" is not defined for %s: convert with :to(\"float32\")", word,
                        nm__dtype_name(x->dtype));
  NM_TRY(read_sizes(c, x, &r));
  int mark = nm__scope(ctx);
  nm_dtype dtype = (nm_dtype)x->dtype;
  nm_tensor *y = m > NEAREST_EXACT ? nm__t_cast(ctx, x, nm__computed_in(dtype)) : x;
  for (int d = r.dims - 1; d >= 0 && y; d--) {
    taps t;
    if (make_taps(ctx, &t, m, x->shape[2 + d], r.size[d], r.scale[d], r.corners,
                  dtype != NM_FLOAT64) == NM_OK)
      y = resampled(ctx, y, 2 + d, &t);
    else
      y = NULL;
    taps_free(&t);
  }
  return nm__result(c, mark, nm__t_cast(ctx, y, dtype));
}

/* ---- pixel_shuffle ---- */

static nm_status pixel_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  int64_t r = c->args[1].as.integer, n = x->ndim, shape[NM_MAX_DIMS + 2], order[NM_MAX_DIMS + 2];
  bool apart = c->op->name[strlen("nn.functional.pixel_")] == 'u';
  char text[NM_SHAPE_TEXT];
  nm__shape_text(x->ndim, x->shape, text);
  if (n < 3 || n > NM_MAX_DIMS - 2)
    return nm__op_error(c, NM_EINVAL,
                        "input of shape %s must be (..., C, H, W), of at most %d dims", text,
                        NM_MAX_DIMS - 2);
  int64_t channels = x->shape[n - 3], h = x->shape[n - 2], w = x->shape[n - 1];
  if (r < 1 || r > 1 << 15 || (apart ? h % r || w % r : channels % (r * r) != 0))
    return nm__op_error(c, NM_EINVAL, "factor %lld does not divide input of shape %s", (long long)r,
                        text);
  memcpy(shape, x->shape, (size_t)(n - 3) * sizeof *shape);
  int64_t *s = shape + n - 3, *o = order + n - 3;
  for (int64_t d = 0; d < n + 2; d++) order[d] = d;
  if (apart) {
    s[0] = channels, s[1] = h / r, s[2] = r, s[3] = w / r, s[4] = r;
    o[1] = n - 1, o[2] = n + 1, o[3] = n - 2, o[4] = n;
  } else {
    s[0] = channels / (r * r), s[1] = r, s[2] = r, s[3] = h, s[4] = w;
    o[1] = n, o[2] = n - 2, o[3] = n + 1, o[4] = n - 1;
  }
  int mark = nm__scope(ctx);
  nm_tensor *y = nm__t_permute(ctx, nm__t_reshape(ctx, x, (int)n + 2, shape), (int)n + 2, order);
  s[0] = apart ? channels * r * r : channels / (r * r);
  s[1] = apart ? h / r : h * r;
  s[2] = apart ? w / r : w * r;
  return nm__result(c, mark, nm__t_reshape(ctx, y, (int)n, shape));
}

#define X                                                                                          \
  { "input", NM_P_TENSOR, 0, NULL }
/* clang-format off */
#define INTERPOLATE                                                                                \
   NM_PARAMS(X, {"size", NM_P_EACH, NM_OPTIONAL, NULL},                                            \
             {"scale_factor", NM_P_FLOATS, NM_OPTIONAL, NULL},                                     \
             {"mode", NM_P_STRING, NM_OPTIONAL, "nearest"},                                        \
             {"align_corners", NM_P_BOOL, NM_OPTIONAL, "false"},                                   \
             {"recompute_scale_factor", NM_P_BOOL, NM_NAMED, "false"}),                            \
   .shapes = "(N, C, L), (N, C, H, W) or (N, C, D, H, W) -> (N, C, size...)",                      \
   .errors = "both size and scale_factor, or neither; a mode for other dims",                      \
   .flags = NM_FUNCTION | NM_OUT | NM_COMPOSED, .forward = interpolate_forward, .dtypes = "f",     \
   .lo = -2, .hi = 2
static const nm_op ops[] = {
  {.name = "nn.functional.pad",
   NM_PARAMS(X, {"pad", NM_P_INTS, 0, NULL}, {"mode", NM_P_STRING, NM_OPTIONAL, "constant"},
             {"value", NM_P_FLOAT, NM_OPTIONAL, "0"}),
   .doc = "input with elements before and behind it: pad is {before, behind} of the last dim, then of "
          "the one before it, and so on; value, or what \"reflect\", \"replicate\" and "
          "\"circular\" find inside; a negative number takes elements away",
   .shapes = "(..., N) -> (..., before + N + behind)",
   .errors = "reflect wider than the dim less one, circular wider than the dim",
   .flags = NM_FUNCTION | NM_OUT | NM_COMPOSED, .forward = pad_forward, .dtypes = "fib",
   .lo = -2, .hi = 2, .example = "nm.nn.functional.pad(nm.tensor{1, 2, 3}, {2, 1}, \"reflect\")"},
  {.name = "nn.functional.interpolate", INTERPOLATE,
   .doc = "input at other sizes: the nearest element, weights of its 2 neighbours in each dim "
          "(linear, bilinear, trilinear), of 4 (bicubic, a = -3/4), or the mean of an area; "
          "align_corners: the centres of the corner elements stay in place [Keys 1981]",
   .example = "nm.nn.functional.interpolate(nm.tensor{{{1, 2.0}}}, 4, nil, \"linear\")"},
  {.name = "nn.functional.upsample", INTERPOLATE,
   .doc = "the same as interpolate, under its older name",
   .example = "nm.nn.functional.upsample(nm.tensor{{{1, 2.0}}}, {scale_factor = 2})"},
  {.name = "nn.functional.pixel_shuffle", NM_PARAMS(X, {"upscale_factor", NM_P_INT, 0, NULL}),
   .doc = "r * r channels become an r times larger image [Shi et al. 2016]",
   .shapes = "(..., C * r^2, H, W) -> (..., C, H * r, W * r)",
   .errors = "channels that r^2 does not divide",
   .flags = NM_FUNCTION | NM_OUT | NM_COMPOSED, .forward = pixel_forward, .dtypes = "fib",
   .lo = -2, .hi = 2,
   .example = "nm.nn.functional.pixel_shuffle(nm.arange(4):reshape(1, 4, 1, 1), 2)"},
  {.name = "nn.functional.pixel_unshuffle", NM_PARAMS(X, {"downscale_factor", NM_P_INT, 0, NULL}),
   .doc = "the inverse of pixel_shuffle",
   .shapes = "(..., C, H * r, W * r) -> (..., C * r^2, H, W)",
   .errors = "sizes that r does not divide",
   .flags = NM_FUNCTION | NM_OUT | NM_COMPOSED, .forward = pixel_forward, .dtypes = "fib",
   .lo = -2, .hi = 2,
   .example = "nm.nn.functional.pixel_unshuffle(nm.arange(4):reshape(1, 1, 2, 2), 2)"},
};
/* clang-format on */
NM_FAMILY(resample);
