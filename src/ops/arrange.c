/* arrange.c: the elements in another arrangement: reversed, turned, repeated, triangles.  Views,
 * picks along a dim and copies backwards do all of it, so the derivatives are theirs. */
#include "fuse/fuse.h"
#include "ops/families.h"

#include <stdlib.h>

/* ---- reversed and turned ---- */

/* x[n - 1 - k] along a dim, where the device has no loop for it. */
static nm_tensor *picked_backwards(nm_context *ctx, nm_tensor *x, int dim) {
  if (!x) return NULL;
  int64_t shape[NM_MAX_DIMS];
  for (int d = 0; d < x->ndim; d++) shape[d] = d == dim ? x->shape[d] : 1;
  nm_value_arg args[2] = {nm__arg_int(x->shape[dim] - 1),
                          nm__arg_t(nm__t_counting(ctx, nm__device_of(x), x->shape[dim]))};
  nm_tensor *at = args[1].as.tensor ? nm__t(ctx, nm__op_of(NM_I_sub), args) : NULL;
  at = nm__t_expand(ctx, nm__t_reshape(ctx, at, x->ndim, shape), x->ndim, x->shape);
  return nm__t_pick(ctx, x, dim, at);
}

static nm_tensor *device_reverse(nm_context *ctx, nm_tensor *x, uint32_t dims) {
  nm_device *dev = nm__device_of(x);
  nm_view vx, vy;
  nm_tensor *y = nm__t_empty(ctx, x, x->ndim, x->shape);
  if (!y || nm__view_of(ctx, x, &vx) != NM_OK || nm__view_of(ctx, y, &vy) != NM_OK) return NULL;
  return dev->cls->reverse(dev, &vx, dims, &vy) == NM_OK ? y : NULL;
}

/* Strides are never negative, so it is a copy. */
static nm_status reverse_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *y = x;
  uint32_t dims = (uint32_t)c->args[1].as.integer;
  int mark = nm__scope(ctx);
  if (nm__device_of(x)->cls->reverse)
    y = device_reverse(ctx, x, dims);
  else
    for (int d = 0; d < x->ndim; d++)
      if (dims >> d & 1) y = picked_backwards(ctx, y, d);
  return nm__result(c, mark, y);
}

/* x backwards along dims, a bit for each. */
static nm_tensor *reversed(nm_context *ctx, nm_tensor *x, uint32_t dims) {
  if (!x || !dims) return nm__t_clone(ctx, x);
  nm_value_arg args[2] = {nm__arg_t(x), nm__arg_int(dims)};
  return nm__t(ctx, nm__known(ctx, NM_OP_reverse), args);
}

static nm_tensor *reverse_backward(nm_grad_call *b, int i) {
  (void)i;
  return nm__gradient(b, reversed(b->ctx, b->g[0], (uint32_t)b->args[1].as.integer));
}

static nm_status flip_forward(nm_op_call *c) {
  nm_tensor *x = nm__tensor_arg(c, 0);
  uint32_t dims = 0;
  if (c->args[1].n) NM_TRY(nm__dims_arg(c, 1, x->ndim, &dims));
  int mark = nm__scope(c->ctx);
  return nm__result(c, mark, reversed(c->ctx, x, dims));
}

/* fliplr, flipud */
static nm_status flip_side_forward(nm_op_call *c) {
  nm_tensor *x = nm__tensor_arg(c, 0);
  int dim = c->op->name[4] == 'l';
  if (x->ndim <= dim)
    return nm__op_error(c, NM_EINVAL, "%d dims: there must be %d at least", x->ndim, dim + 1);
  int mark = nm__scope(c->ctx);
  return nm__result(c, mark, reversed(c->ctx, x, 1u << dim));
}

/* The last elements of a dim go to its front. */
static nm_tensor *rolled(nm_context *ctx, nm_tensor *x, int dim, int64_t shift) {
  int64_t n = x && x->ndim ? x->shape[dim] : 1;
  shift = n ? shift % n : 0;
  if (shift < 0) shift += n;
  if (!shift) return nm__t_clone(ctx, x);
  nm_tensor *parts[2] = {nm__t_narrow(ctx, x, dim, n - shift, shift),
                         nm__t_narrow(ctx, x, dim, 0, n - shift)};
  return nm__t_cat(ctx, 2, parts, dim);
}

static nm_status roll_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *y = x;
  const nm_value_arg *shifts = &c->args[1], *dims = &c->args[2];
  int64_t flat[1] = {nm_numel(x)};
  int n = nm__given(c, 2) ? dims->n : 0, dim = 0;
  if (shifts->n != (n ? n : 1))
    return nm__op_error(c, NM_EINVAL, "%d shifts for %d dims: there must be one for each",
                        shifts->n, n);
  for (int i = 0; i < n; i++) NM_TRY(nm__dim_of(c, dims->as.ints[i], x->ndim, &dim));
  int mark = nm__scope(ctx);
  if (!n) {
    y = rolled(ctx, nm__t_reshape(ctx, x, 1, flat), 0, shifts->as.ints[0]);
    return nm__result(c, mark, nm__t_reshape(ctx, y, x->ndim, x->shape));
  }
  for (int i = 0; i < n && nm__dim_of(c, dims->as.ints[i], x->ndim, &dim) == NM_OK; i++)
    y = rolled(ctx, y, dim, shifts->as.ints[i]);
  return nm__result(c, mark, y);
}

/* From the first of the two dims towards the second, k times. */
static nm_status rot90_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *y;
  static const int64_t first_two[2] = {0, 1};
  const int64_t *dims = nm__given(c, 2) ? c->args[2].as.ints : first_two;
  int a = 0, b = 0, n = nm__given(c, 2) ? c->args[2].n : 2;
  int k = (int)(nm__int_arg(c, 1, 1) % 4);
  if (k < 0) k += 4;
  if (x->ndim < 2 || n != 2)
    return nm__op_error(c, NM_EINVAL, "%d dims of a tensor of %d: it turns in a plane of two", n,
                        x->ndim);
  NM_TRY(nm__dim_of(c, dims[0], x->ndim, &a));
  NM_TRY(nm__dim_of(c, dims[1], x->ndim, &b));
  if (a == b) return nm__op_error(c, NM_EINVAL, "dim %d is named twice", a + ctx->base);
  int mark = nm__scope(ctx);
  if (k == 0) return nm__result(c, mark, nm__t_clone(ctx, x));
  y = reversed(ctx, x, k == 2 ? 1u << a | 1u << b : 1u << (k == 3 ? a : b));
  if (k != 2) y = y ? nm__t_transpose(ctx, y, a, b) : NULL;
  return nm__result(c, mark, y);
}

/* ---- triangles ---- */

/* Where column - row is at most k (lower) or at least k. */
static nm_tensor *triangle(nm_context *ctx, nm_device *dev, int64_t rows, int64_t columns,
                           int64_t k, bool lower) {
  int64_t down[2] = {rows, 1}, across[2] = {1, columns};
  nm_tensor *row = nm__t_reshape(ctx, nm__t_counting(ctx, dev, rows), 2, down);
  nm_tensor *column = nm__t_reshape(ctx, nm__t_counting(ctx, dev, columns), 2, across);
  nm_value_arg args[2] = {nm__arg_t(nm__t2(ctx, NM_I_sub, column, row)), nm__arg_int(k)};
  return args[0].as.tensor ? nm__t(ctx, nm__op_of(lower ? NM_I_le : NM_I_ge), args) : NULL;
}

static nm_status triangle_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  if (x->ndim < 2) return nm__op_error(c, NM_EINVAL, "%d dims: a triangle is of matrices", x->ndim);
  int mark = nm__scope(ctx);
  nm_tensor *inside = triangle(ctx, nm__device_of(x), x->shape[x->ndim - 2], x->shape[x->ndim - 1],
                               nm__int_arg(c, 1, 0), c->op->name[3] == 'l');
  nm_tensor *zero = nm__t_full(ctx, nm__device_of(x), (nm_dtype)x->dtype, 0, NULL, 0);
  return nm__result(c, mark, nm__t3(ctx, NM_I_where, inside, x, zero));
}

static nm_status triangle_indices_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_dims s = {.ndim = 2, .dim = {c->args[0].as.integer, c->args[1].as.integer}};
  nm_dtype dtype;
  nm_device *dev;
  NM_TRY(nm__dtype_arg(c, 3, NM_INT64, &dtype));
  NM_TRY(nm__device_arg(c, 4, ctx->default_device, &dev));
  if (nm__checked_count(&s) < 0)
    return nm__op_error(c, NM_EINVAL, "%lld rows and %lld columns", (long long)s.dim[0],
                        (long long)s.dim[1]);
  if (nm__dtypes[dtype].kind != 'i')
    return nm__op_error(c, NM_EINVAL, "positions are integers, not %s", nm__dtype_name((int)dtype));
  int mark = nm__scope(ctx);
  nm_value_arg args[1] = {nm__arg_t(
      triangle(ctx, dev, s.dim[0], s.dim[1], nm__int_arg(c, 2, 0), c->op->name[3] == 'l'))};
  nm_tensor *at = args[0].as.tensor ? nm__t(ctx, nm__known(ctx, NM_OP_argwhere), args) : NULL;
  at = at ? nm__t_clone(ctx, nm__t_transpose(ctx, at, 0, 1)) : NULL;
  return nm__result(c, mark, nm__t_cast(ctx, at, dtype));
}

/* ---- repeated ---- */

/* Each run of `inner` elements `times` times over; flat. */
static nm_tensor *repeated(nm_context *ctx, nm_tensor *x, int64_t inner, int64_t times) {
  if (!x) return NULL;
  int64_t shape[3] = {inner ? nm_numel(x) / inner : 0, 1, inner};
  x = nm__t_reshape(ctx, x, 3, shape);
  shape[1] = times;
  x = nm__t_expand(ctx, x, 3, shape);
  int64_t flat[1] = {shape[0] * times * inner};
  return nm__t_reshape(ctx, x, 1, flat);
}

static nm_status tile_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *y;
  nm_dims times, s = {.ndim = 0};
  NM_TRY(nm__sizes_arg(c, 1, &times));
  s.ndim = x->ndim > times.ndim ? x->ndim : times.ndim;
  int64_t rep[NM_MAX_DIMS], inner = 1;
  for (int d = 0; d < s.ndim; d++) { /* missing ones are 1, in front */
    int r = d - (s.ndim - times.ndim), n = d - (s.ndim - x->ndim);
    rep[d] = r < 0 ? 1 : times.dim[r];
    if (__builtin_mul_overflow(n < 0 ? 1 : x->shape[n], rep[d], &s.dim[d])) s.dim[d] = -1;
  }
  if (nm__countable(ctx, s.ndim, s.dim) < 0) return ctx->status;
  int mark = nm__scope(ctx);
  y = nm__t_clone(ctx, x);
  if (nm__count(s.ndim, s.dim) == 0)
    return nm__result(c, mark,
                      nm__t_full(ctx, nm__device_of(x), (nm_dtype)x->dtype, s.ndim, s.dim, 0));
  for (int d = s.ndim - 1; d >= 0; d--) {
    int n = d - (s.ndim - x->ndim);
    inner *= n < 0 ? 1 : x->shape[n];
    if (rep[d] != 1) y = repeated(ctx, y, inner, rep[d]);
    inner *= rep[d];
  }
  return nm__result(c, mark, nm__t_reshape(ctx, y, s.ndim, s.dim));
}

/* Position i as often as the i-th of `repeats` says, from 0. */
static nm_tensor *repeated_positions(nm_op_call *c, nm_tensor *repeats) {
  nm_context *ctx = c->ctx;
  int64_t n = nm_numel(repeats), total = 0;
  int64_t *times = malloc(n ? (size_t)n * sizeof *times : 1), *list = NULL;
  nm_tensor *t = NULL;
  repeats = nm__t_cast(ctx, repeats, NM_INT64);
  if (!times) nm__error(ctx, NM_ENOMEM, "out of memory");
  if (!times || !repeats) goto out;
  if (nm_read(ctx, repeats, times, (size_t)n * sizeof *times) != NM_OK) goto out;
  for (int64_t i = 0; i < n; i++) {
    if (times[i] < 0) {
      nm__op_error(c, NM_EINVAL, "repeats has %lld: it must not be negative", (long long)times[i]);
      goto out;
    }
    if (__builtin_add_overflow(total, times[i], &total)) total = INT64_MAX / 2;
  }
  if (nm__countable(ctx, 1, &total) < 0) goto out;
  list = malloc(total ? (size_t)total * sizeof *list : 1);
  if (!list) {
    nm__error(ctx, NM_ENOMEM, "out of memory");
    goto out;
  }
  for (int64_t i = 0, k = 0; i < n; i++)
    for (int64_t j = 0; j < times[i]; j++) list[k++] = i;
  t = nm__t_empty_of(ctx, nm__device_of(repeats), NM_INT64, 1, &total);
  if (t && nm_write(ctx, t, list, (size_t)total * sizeof *list) != NM_OK) t = NULL;
out:
  free(times);
  free(list);
  return t;
}

/* repeat_interleave(repeats): the positions themselves. */
static nm_status positions_forward(nm_op_call *c, nm_tensor *repeats) {
  nm_context *ctx = c->ctx;
  int mark = nm__scope(ctx);
  nm_tensor *at = repeated_positions(c, repeats);
  if (ctx->base) at = nm__t2s(ctx, NM_I_add, at, (double)ctx->base);
  return nm__result(c, mark, nm__t_cast(ctx, at, (nm_dtype)repeats->dtype));
}

static nm_status check_repeats(nm_op_call *c, const nm_tensor *repeats, int64_t n) {
  if (repeats->dtype != NM_INT64 && repeats->dtype != NM_INT32)
    return nm__op_error(c, NM_EINVAL, "repeats is %s: it must be int64 or int32",
                        nm__dtype_name(repeats->dtype));
  if (repeats->ndim > 1 || (n >= 0 && nm_numel(repeats) != n && nm_numel(repeats) != 1))
    return nm__op_error(c, NM_EINVAL, "repeats is a number, or a list as long as the dim, %lld",
                        (long long)n);
  return NM_OK;
}

/* Each part of a dim as often as its number says. */
static nm_tensor *repeated_each(nm_op_call *c, nm_tensor *x, int dim, nm_tensor *repeats) {
  int64_t shape[NM_MAX_DIMS];
  nm_dims s = nm__dims_of(x);
  nm_tensor *at = repeated_positions(c, repeats);
  if (!at) return NULL;
  for (int d = 0; d < s.ndim; d++) shape[d] = 1;
  s.dim[dim] = shape[dim] = nm_numel(at);
  if (nm__countable(c->ctx, s.ndim, s.dim) < 0) return NULL;
  at = nm__t_expand(c->ctx, nm__t_reshape(c->ctx, at, s.ndim, shape), s.ndim, s.dim);
  return nm__t_pick(c->ctx, x, dim, at);
}

/* All of them as often. */
static nm_tensor *repeated_all(nm_op_call *c, nm_tensor *x, int dim, int64_t times) {
  nm_context *ctx = c->ctx;
  nm_dims s = nm__dims_of(x);
  int64_t inner = nm__count(s.ndim - dim - 1, s.dim + dim + 1);
  if (times < 0) {
    nm__op_error(c, NM_EINVAL, "repeats is %lld: it must not be negative", (long long)times);
    return NULL;
  }
  if (__builtin_mul_overflow(s.dim[dim], times, &s.dim[dim])) s.dim[dim] = -1;
  if (nm__countable(ctx, s.ndim, s.dim) < 0) return NULL;
  if (nm__count(s.ndim, s.dim) == 0)
    return nm__t_full(ctx, nm__device_of(x), (nm_dtype)x->dtype, s.ndim, s.dim, 0);
  x = times == 1 ? nm__t_clone(ctx, x) : repeated(ctx, x, inner, times);
  return nm__t_reshape(ctx, x, s.ndim, s.dim);
}

static nm_status repeat_interleave_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *repeats = nm__tensor_arg(c, 1), *y = NULL;
  nm_device *dev;
  int64_t times = 0;
  int dim = 0;
  NM_TRY(nm__same_device(c, &dev));
  if (!nm__given(c, 1)) {
    NM_TRY(check_repeats(c, x, -1));
    return positions_forward(c, x);
  }
  nm_dims s = nm__dims_of(x);
  if (nm__given(c, 2)) NM_TRY(nm__dim_arg(c, 2, x->ndim, &dim));
  if (!nm__given(c, 2) || !s.ndim) s = (nm_dims){.ndim = 1, .dim = {nm_numel(x)}};
  if (repeats) NM_TRY(check_repeats(c, repeats, s.dim[dim]));
  if (!repeats && c->args[1].kind != NM_ARG_INT)
    return nm__op_error(c, NM_EINVAL, "repeats is a whole number, or a tensor of them");
  int mark = nm__scope(ctx);
  x = nm__t_reshape(ctx, x, s.ndim, s.dim);
  if (x && repeats && nm_numel(repeats) != 1) {
    y = repeated_each(c, x, dim, repeats);
  } else if (x) {
    nm_tensor *one = nm__t_cast(ctx, repeats, NM_INT64);
    if (!repeats) times = c->args[1].as.integer;
    if (!one || nm_read(ctx, one, &times, sizeof times) == NM_OK)
      y = repeats && !one ? NULL : repeated_all(c, x, dim, times);
  }
  return nm__result(c, mark, y);
}

#define X                                                                                          \
  { "input", NM_P_TENSOR, 0, NULL }
#define DIAGONAL                                                                                   \
  { "diagonal", NM_P_INT, NM_OPTIONAL, "0" }
#define TRIANGLE                                                                                   \
  {"row", NM_P_INT, 0, NULL}, {"col", NM_P_INT, 0, NULL}, {"offset", NM_P_INT, NM_OPTIONAL, "0"},  \
      {"dtype", NM_P_DTYPE, NM_NAMED, "int64"}, {                                                  \
    "device", NM_P_DEVICE, NM_NAMED, NULL                                                          \
  }
#define COPIES (NM_ANYWHERE | NM_COMPOSED)
#define RANGE .lo = -3, .hi = 3
/* clang-format off */
static const nm_op ops[] = {
  {.name = "reverse", NM_PARAMS(X, {"dims", NM_P_INT, 0, NULL}),
   .doc = "flip, of the dims whose bits are set",
   .flags = 0, .forward = reverse_forward, .backward = reverse_backward, .dtypes = "fib"},
  {.name = "flip", NM_PARAMS(X, {"dims", NM_P_DIMS, 0, NULL}),
   .doc = "a copy with the elements of dims in reverse order",
   .shapes = "(...) -> (...)",
   .flags = COPIES, .forward = flip_forward, .dtypes = "fib", RANGE,
   .example = "nm.arange(6):reshape(2, 3):flip(2)"},
  {.name = "fliplr", NM_PARAMS(X),
   .doc = "a copy with the columns in reverse order: flip(2)",
   .shapes = "(M, N, ...) -> (M, N, ...)", .errors = "fewer than two dims",
   .flags = COPIES, .forward = flip_side_forward, .dtypes = "fib", RANGE,
   .example = "nm.arange(6):reshape(2, 3):fliplr()"},
  {.name = "flipud", NM_PARAMS(X),
   .doc = "a copy with the rows in reverse order: flip(1)",
   .shapes = "(M, ...) -> (M, ...)", .errors = "a 0-d tensor",
   .flags = COPIES, .forward = flip_side_forward, .dtypes = "fib", RANGE,
   .example = "nm.arange(6):reshape(2, 3):flipud()"},
  {.name = "roll",
   NM_PARAMS(X, {"shifts", NM_P_EACH, 0, NULL}, {"dims", NM_P_DIMS, NM_OPTIONAL, NULL}),
   .doc = "a copy with the elements of dims moved on by shifts, the last ones to the front; "
          "without dims, as if they stood in one row",
   .shapes = "(...) -> (...)", .errors = "other than one shift for each dim",
   .flags = COPIES, .forward = roll_forward, .dtypes = "fib", RANGE,
   .example = "nm.arange(5):roll(2)"},
  {.name = "rot90",
   NM_PARAMS(X, {"k", NM_P_INT, NM_OPTIONAL, "1"}, {"dims", NM_P_DIMS, NM_OPTIONAL, "{1, 2}"}),
   .doc = "a copy turned k times by 90 degrees in the plane of two dims, from the first towards "
          "the second",
   .shapes = "(M, N, ...) -> (N, M, ...) for odd k", .errors = "other than two dims",
   .flags = COPIES, .forward = rot90_forward, .dtypes = "fib", RANGE,
   .example = "nm.rot90(nm.arange(6):reshape(2, 3))"},
  {.name = "tril", NM_PARAMS(X, DIAGONAL),
   .doc = "the lower triangle of matrices, zeros above diagonal: y[i][j] = j - i <= diagonal and "
          "input[i][j] or 0",
   .shapes = "(..., M, N) -> (..., M, N)", .errors = "fewer than two dims",
   .flags = COPIES | NM_INPLACE | NM_OUT, .forward = triangle_forward, .dtypes = "fib", RANGE,
   .example = "nm.ones(3, 3):tril()"},
  {.name = "triu", NM_PARAMS(X, DIAGONAL),
   .doc = "the upper triangle of matrices, zeros below diagonal: y[i][j] = j - i >= diagonal and "
          "input[i][j] or 0",
   .shapes = "(..., M, N) -> (..., M, N)", .errors = "fewer than two dims",
   .flags = COPIES | NM_INPLACE | NM_OUT, .forward = triangle_forward, .dtypes = "fib", RANGE,
   .example = "nm.ones(3, 3):triu(1)"},
  {.name = "tril_indices", NM_PARAMS(TRIANGLE),
   .doc = "the positions of the lower triangle of a matrix, row by row: first the rows, then the "
          "columns",
   .shapes = "-> (2, K)", .errors = "a dtype that is no integer",
   .flags = NM_FUNCTION | NM_COMPOSED, .forward = triangle_indices_forward, .dtypes = "i",
   .example = "nm.tril_indices(3, 3)"},
  {.name = "triu_indices", NM_PARAMS(TRIANGLE),
   .doc = "the positions of the upper triangle of a matrix, row by row: first the rows, then the "
          "columns",
   .shapes = "-> (2, K)", .errors = "a dtype that is no integer",
   .flags = NM_FUNCTION | NM_COMPOSED, .forward = triangle_indices_forward, .dtypes = "i",
   .example = "nm.triu_indices(3, 3, 1)"},
  {.name = "tile", NM_PARAMS(X, {"dims", NM_P_SIZES, 0, NULL}),
   .doc = "input as often as dims say, side by side; where dims are fewer than input's they count "
          "from its last, where they are more, it is repeated along new ones in front. It is "
          "PyTorch's repeat too, a name that Lua keeps for itself; expand repeats without a copy",
   .shapes = "(N, ...) -> (dims[1] * N, ...)",
   .flags = COPIES, .forward = tile_forward, .dtypes = "fib", RANGE,
   .example = "nm.tensor{{1, 2}}:tile(2, 2)"},
  {.name = "repeat_interleave",
   NM_PARAMS(X, {"repeats", NM_P_OPERAND, NM_OPTIONAL, NULL}, {"dim", NM_P_DIM, NM_OPTIONAL, NULL}),
   .doc = "each element of dim as often as repeats says, a number or a list of them; without dim, "
          "as if they stood in one row. Of a list of numbers alone: position i as often as the "
          "i-th says",
   .shapes = "(..., N, ...) -> (..., repeats * N, ...)",
   .errors = "repeats that are no int64 or int32, or negative",
   .flags = COPIES, .forward = repeat_interleave_forward, .dtypes = "fib", RANGE,
   .example = "nm.tensor{1, 2, 3}:repeat_interleave(2)"},
};
/* clang-format on */
NM_FAMILY(arrange);
