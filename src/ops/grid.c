/* grid.c: sampling at places that a tensor gives: grid_sample, affine_grid.
 *
 * Written in tensor ops throughout, so that gradients flow to the grid as to the input: the places'
 * whole parts pick the neighbours, their fractions weigh them. */
#include "fuse/fuse.h"
#include "ops/families.h"

#include <math.h>
#include <string.h>

typedef enum padding { ZEROS, BORDER, REFLECTION } padding;
typedef enum mode { BILINEAR, NEAREST, BICUBIC } mode;

typedef struct sampling {
  nm_context *ctx;
  int dims; /* spatial: 2 or 3 */
  padding padding;
  bool corners;
  nm_tensor *input; /* (N, C, places) */
  int64_t size[3];  /* of input, the last dim first, as the grid counts */
  int64_t samples, channels, outputs;
  nm_tensor *place[3]; /* (N, outputs), in elements */
} sampling;

#define OP1(name, x) nm__t1(ctx, NM_I_##name, x)
#define OP2(name, x, y) nm__t2(ctx, NM_I_##name, x, y)
#define OP2S(name, x, k) nm__t2s(ctx, NM_I_##name, x, k)
#define WHERE(p, x, y) nm__t3(ctx, NM_I_where, p, x, y)
#define FULL(x, k) nm__t_full_like(ctx, x, k)

/* x thrown back at low and high as often as it takes. */
static nm_tensor *reflect(nm_context *ctx, nm_tensor *x, double low, double high) {
  double span = high - low;
  if (span <= 0) return FULL(x, 0);
  nm_tensor *d = OP1(abs, OP2S(sub, x, low)), *rest = OP2S(fmod, d, span);
  nm_tensor *odd = OP2S(ne, OP2S(remainder, OP1(floor, OP2S(div, d, span)), 2), 0);
  return OP2S(add, WHERE(odd, nm__ts2(ctx, NM_I_sub, span, rest), rest), low);
}

/* A place as the padding mode moves it inside; ZEROS leaves it. */
static nm_tensor *padded(const sampling *s, nm_tensor *x, int d) {
  nm_context *ctx = s->ctx;
  double last = (double)s->size[d] - 1;
  if (s->padding == ZEROS) return x;
  if (s->padding == REFLECTION)
    x = reflect(ctx, x, s->corners ? 0 : -0.5, s->corners ? last : last + 0.5);
  return nm__t_between(ctx, x, 0, last);
}

/* Elements at whole places at[d] (N, outputs), 0 outside: (N, C, outputs). */
static nm_tensor *fetch(const sampling *s, nm_tensor *const *at) {
  nm_context *ctx = s->ctx;
  nm_tensor *flat = NULL, *valid = NULL;
  for (int d = s->dims - 1; d >= 0; d--) {
    double last = (double)s->size[d] - 1;
    nm_tensor *in = OP2(logical_and, OP2S(ge, at[d], 0), OP2S(le, at[d], last));
    nm_tensor *i = nm__t_cast(ctx, nm__t_between(ctx, at[d], 0, last), NM_INT64);
    valid = valid ? OP2(logical_and, valid, in) : in;
    flat = flat ? OP2(add, OP2S(mul, flat, (double)s->size[d]), i) : i;
  }
  int64_t one[3] = {s->samples, 1, s->outputs}, all[3] = {s->samples, s->channels, s->outputs};
  flat = nm__t_expand(ctx, nm__t_reshape(ctx, flat, 3, one), 3, all);
  nm_tensor *v = flat ? nm__t_pick(ctx, s->input, 2, flat) : NULL;
  if (!v || s->padding != ZEROS) return v;
  return WHERE(nm__t_reshape(ctx, valid, 3, one), v, FULL(v, 0));
}

static nm_tensor *weighted(const sampling *s, nm_tensor *v, nm_tensor *w) {
  int64_t one[3] = {s->samples, 1, s->outputs};
  return nm__t2(s->ctx, NM_I_mul, v, nm__t_reshape(s->ctx, w, 3, one));
}

static nm_tensor *plus(nm_context *ctx, nm_tensor *sum, nm_tensor *v) {
  return sum ? OP2(add, sum, v) : v;
}

static nm_tensor *sample_nearest(const sampling *s) {
  nm_tensor *at[3];
  for (int d = 0; d < s->dims; d++) at[d] = nm__t1(s->ctx, NM_I_round, padded(s, s->place[d], d));
  return fetch(s, at);
}

static nm_tensor *sample_linear(const sampling *s) {
  nm_context *ctx = s->ctx;
  nm_tensor *low[3], *part[3], *sum = NULL;
  for (int d = 0; d < s->dims; d++) {
    nm_tensor *x = padded(s, s->place[d], d);
    low[d] = OP1(floor, x);
    part[d] = OP2(sub, x, low[d]);
  }
  for (int corner = 0; corner < 1 << s->dims; corner++) {
    nm_tensor *at[3], *w = NULL;
    for (int d = 0; d < s->dims; d++) {
      bool high = corner >> d & 1;
      nm_tensor *u = high ? part[d] : nm__ts2(ctx, NM_I_sub, 1, part[d]);
      at[d] = high ? OP2S(add, low[d], 1) : low[d];
      w = w ? OP2(mul, w, u) : u;
    }
    sum = plus(ctx, sum, weighted(s, fetch(s, at), w));
  }
  return sum;
}

/* Keys' weights of the four neighbours at t - 1, t, t + 1, t + 2 before, a = -3/4, by Horner. */
static nm_tensor *cubic(nm_context *ctx, nm_tensor *t, int k) {
  const double a = -0.75;
  nm_tensor *d = k == 0 ? OP2S(add, t, 1) : k == 1 ? t : nm__ts2(ctx, NM_I_sub, k - 1, t);
  if (k == 1 || k == 2)
    return OP2S(add, OP2(mul, OP2(mul, OP2S(sub, OP2S(mul, d, a + 2), a + 3), d), d), 1);
  nm_tensor *p = OP2S(add, OP2(mul, OP2S(sub, OP2S(mul, d, a), 5 * a), d), 8 * a);
  return OP2S(sub, OP2(mul, p, d), 4 * a);
}

static nm_tensor *sample_cubic(const sampling *s) {
  nm_context *ctx = s->ctx;
  nm_tensor *w[2][4], *tap[2][4], *sum = NULL;
  for (int d = 0; d < 2; d++) {
    nm_tensor *low = OP1(floor, s->place[d]), *t = OP2(sub, s->place[d], low);
    for (int k = 0; k < 4; k++) {
      w[d][k] = cubic(ctx, t, k);
      tap[d][k] = padded(s, OP2S(add, low, k - 1), d);
    }
  }
  for (int k = 0; k < 16; k++) {
    nm_tensor *at[2] = {tap[0][k % 4], tap[1][k / 4]};
    sum = plus(ctx, sum, weighted(s, fetch(s, at), OP2(mul, w[0][k % 4], w[1][k / 4])));
  }
  return sum;
}

/* The grid runs from -1 to 1, between the centres of the corner elements or between their edges. */
static nm_tensor *place_of(const sampling *s, nm_tensor *grid, int d) {
  nm_context *ctx = s->ctx;
  double n = (double)s->size[d];
  int64_t shape[2] = {s->samples, s->outputs};
  nm_value_arg args[3] = {nm__arg_t(grid), nm__arg_int(-1), nm__arg_int(d)};
  nm_tensor *g = grid ? nm__t(ctx, nm__known(ctx, NM_OP_select), args) : NULL;
  g = OP2S(add, nm__t_reshape(ctx, g, 2, shape), 1);
  return s->corners ? OP2S(mul, g, (n - 1) / 2) : OP2S(div, OP2S(sub, OP2S(mul, g, n), 1), 2);
}

static int word_of(const nm_op_call *c, int i, const char *standard, const char *const *words) {
  const char *word = nm__given(c, i) ? c->args[i].as.string : standard;
  for (int k = 0; k < 3; k++)
    if (!strcmp(word, words[k])) return k;
  return -1;
}

static nm_status check_grid(const nm_op_call *c, const nm_tensor *x, const nm_tensor *g) {
  char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
  nm_device *dev;
  NM_TRY(nm__same_device(c, &dev));
  nm__shape_text(x->ndim, x->shape, one);
  nm__shape_text(g->ndim, g->shape, two);
  if (!nm__is_float((nm_dtype)x->dtype) || x->dtype != g->dtype)
    return nm__op_error(c, NM_EINVAL,
                        "input is %s, grid %s: both must be of one floating-point dtype",
                        nm__dtype_name(x->dtype), nm__dtype_name(g->dtype));
  if (x->ndim < 4 || x->ndim > 5 || g->ndim != x->ndim || g->shape[g->ndim - 1] != x->ndim - 2 ||
      g->shape[0] != x->shape[0])
    return nm__op_error(
        c, NM_EINVAL,
        "input of shape %s, grid of shape %s: they must be (N, C, H, W) and (N, H', "
        "W', 2), or (N, C, D, H, W) and (N, D', H', W', 3)",
        one, two);
  for (int d = 2; d < x->ndim; d++)
    if (!x->shape[d])
      return nm__op_error(c, NM_EINVAL, "input of shape %s has no elements to sample", one);
  return NM_OK;
}

static nm_status grid_sample_forward(nm_op_call *c) {
  static const char *const modes[] = {"bilinear", "nearest", "bicubic"}, *const paddings[] = {
                                                                             "zeros", "border",
                                                                             "reflection"};
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *grid = nm__tensor_arg(c, 1);
  int m = word_of(c, 2, "bilinear", modes), p = word_of(c, 3, "zeros", paddings);
  if (m < 0)
    return nm__op_error(c, NM_EINVAL, "no mode \"%s\": there are bilinear, nearest and bicubic",
                        c->args[2].as.string);
  if (p < 0)
    return nm__op_error(c, NM_EINVAL,
                        "no padding_mode \"%s\": there are zeros, border and reflection",
                        c->args[3].as.string);
  NM_TRY(check_grid(c, x, grid));
  if (m == BICUBIC && x->ndim == 5)
    return nm__op_error(c, NM_EINVAL, "mode \"bicubic\" takes input (N, C, H, W), not of 5 dims");
  int mark = nm__scope(ctx);
  nm_dtype dtype = (nm_dtype)x->dtype;
  nm_dtype wide = nm__computed_in(dtype);
  sampling s = {.ctx = ctx,
                .dims = x->ndim - 2,
                .padding = (padding)p,
                .corners = nm__bool_arg(c, 4, false),
                .samples = x->shape[0],
                .channels = x->shape[1],
                .outputs = 1};
  int64_t shape[NM_MAX_DIMS] = {s.samples, s.channels}, flat[3] = {s.samples, s.channels, 1};
  for (int d = 0; d < s.dims; d++) {
    s.size[d] = x->shape[x->ndim - 1 - d];
    flat[2] *= s.size[d];
    shape[2 + d] = grid->shape[1 + d];
    s.outputs *= grid->shape[1 + d];
  }
  s.input = nm__t_reshape(ctx, nm__t_cast(ctx, x, wide), 3, flat);
  grid = nm__t_cast(ctx, grid, wide);
  for (int d = 0; d < s.dims; d++) s.place[d] = place_of(&s, grid, d);
  nm_tensor *y = m == NEAREST    ? sample_nearest(&s)
                 : m == BILINEAR ? sample_linear(&s)
                                 : sample_cubic(&s);
  return nm__result(c, mark, nm__t_cast(ctx, nm__t_reshape(ctx, y, x->ndim, shape), dtype));
}

/* ---- affine_grid ---- */

/* Coordinate d (the last dim first) of all places, as a tensor of `dims` dims. */
static nm_tensor *coordinate(nm_context *ctx, nm_tensor *like, int dims, const int64_t *size, int d,
                             bool corners) {
  int64_t n = size[dims - 1 - d], shape[3] = {1, 1, 1};
  shape[dims - 1 - d] = n;
  nm_tensor *i =
      nm__t_cast(ctx, nm__t_counting(ctx, nm__device_of(like), n), (nm_dtype)like->dtype);
  i = nm__t_reshape(ctx, i, dims, shape);
  if (corners && n == 1)
    i = OP2S(mul, i, 0);
  else if (corners)
    i = OP2S(sub, OP2S(mul, i, 2.0 / (double)(n - 1)), 1);
  else
    i = OP2S(add, OP2S(mul, i, 2.0 / (double)n), 1.0 / (double)n - 1);
  return nm__t_expand(ctx, i, dims, size);
}

static nm_status affine_grid_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *theta = nm__tensor_arg(c, 0), *parts[4];
  const nm_value_arg *size = &c->args[1];
  char text[NM_SHAPE_TEXT];
  int dims = size->n - 2;
  nm_dims wanted;
  NM_TRY(nm__sizes_arg(c, 1, &wanted));
  if (!nm__is_float((nm_dtype)theta->dtype) || (dims != 2 && dims != 3) || theta->ndim != 3 ||
      theta->shape[0] != size->as.ints[0] || theta->shape[1] != dims || theta->shape[2] != dims + 1)
    return nm__op_error(
        c, NM_EINVAL,
        "theta of shape %s, %s, and size of %d elements: they must be (N, 2, 3) and "
        "{N, C, H, W}, or (N, 3, 4) and {N, C, D, H, W}, in floating point",
        nm__shape_text(theta->ndim, theta->shape, text), nm__dtype_name(theta->dtype), size->n);
  for (int d = 0; d < size->n; d++)
    if (wanted.dim[d] < 1)
      return nm__op_error(c, NM_EINVAL, "size %s: there must be at least one of each",
                          nm__shape_text(wanted.ndim, wanted.dim, text));
  int mark = nm__scope(ctx);
  const int64_t *spatial = wanted.dim + 2;
  for (int d = 0; d < dims; d++)
    parts[d] = coordinate(ctx, theta, dims, spatial, d, nm__bool_arg(c, 2, false));
  parts[dims] = nm__t_full(ctx, nm__device_of(theta), (nm_dtype)theta->dtype, dims, spatial, 1);
  for (int d = 0; d <= dims; d++)
    if (!parts[d]) return nm__result(c, mark, NULL);
  nm_value_arg args[2] = {nm__arg_tensors(dims + 1, parts), nm__arg_int(-1)};
  int64_t places = 1, shape[NM_MAX_DIMS] = {theta->shape[0]};
  for (int d = 0; d < dims; d++) places *= shape[1 + d] = spatial[d];
  int64_t rows[2] = {places, dims + 1};
  shape[1 + dims] = dims;
  nm_tensor *base = nm__t_reshape(ctx, nm__t(ctx, nm__known(ctx, NM_OP_stack), args), 2, rows);
  nm_tensor *y = nm__t_matmul(ctx, base, nm__t_transpose(ctx, theta, 1, 2)); /* (N, places, dims) */
  return nm__result(c, mark, nm__t_reshape(ctx, y, dims + 2, shape));
}

/* clang-format off */
static const nm_op ops[] = {
  {.name = "nn.functional.grid_sample",
   NM_PARAMS({"input", NM_P_TENSOR, 0, NULL}, {"grid", NM_P_TENSOR, 0, NULL},
             {"mode", NM_P_STRING, NM_OPTIONAL, "bilinear"},
             {"padding_mode", NM_P_STRING, NM_OPTIONAL, "zeros"},
             {"align_corners", NM_P_BOOL, NM_OPTIONAL, "false"}),
   .doc = "input at the places of grid, whose last dim counts (x, y) or (x, y, z) from -1 to 1: by "
          "\"bilinear\" (of 8 neighbours for 5 dims), \"nearest\" or \"bicubic\"; outside \"zeros\", the "
          "\"border\" or the \"reflection\"; gradients go to the grid too [Jaderberg et al. 2015]",
   .shapes = "(N, C, H, W), (N, H', W', 2) -> (N, C, H', W'); (N, C, D, H, W), (N, D', H', W', 3) -> "
             "(N, C, D', H', W')",
   .errors = "shapes or dtypes that do not fit; bicubic for 5 dims",
   .flags = NM_FUNCTION | NM_OUT | NM_COMPOSED, .forward = grid_sample_forward, .dtypes = "f",
   .lo = -0.9, .hi = 0.9,
   .example = "nm.nn.functional.grid_sample(nm.tensor{{{{1, 2.0}}}}, nm.zeros(1, 1, 1, 2))"},
  {.name = "nn.functional.affine_grid",
   NM_PARAMS({"theta", NM_P_TENSOR, 0, NULL}, {"size", NM_P_INTS, 0, NULL},
             {"align_corners", NM_P_BOOL, NM_OPTIONAL, "false"}),
   .doc = "the grid of an affine map, for grid_sample: theta times (x, y, 1) or (x, y, z, 1) of each place "
          "of an output of that size [Jaderberg et al. 2015]",
   .shapes = "(N, 2, 3), {N, C, H, W} -> (N, H, W, 2); (N, 3, 4), {N, C, D, H, W} -> (N, D, H, W, 3)",
   .errors = "sizes that do not fit theta",
   .flags = NM_FUNCTION | NM_OUT | NM_COMPOSED, .forward = affine_grid_forward, .dtypes = "f",
   .lo = -2, .hi = 2,
   .example = "nm.nn.functional.affine_grid(nm.tensor{{{1, 0, 0}, {0, 1, 0.0}}}, {1, 1, 2, 2})"},
};
/* clang-format on */
NM_FAMILY(grid);
