/* split.c: lists of views: a tensor in parts, tensors broadcast together. */
#include "ops/families.h"

#include <string.h>

/* Appends views of `sizes[i]` elements each along dim, one behind the other. */
static nm_status add_parts(nm_op_call *c, nm_tensor *x, int dim, int64_t n, const int64_t *sizes,
                           int64_t every) {
  int64_t first = 0;
  for (int64_t i = 0; i < n; i++) {
    int64_t size = sizes ? sizes[i] : every;
    if (!sizes && size > x->shape[dim] - first) size = x->shape[dim] - first;
    NM_TRY(nm__list_add(c->ctx, c->list, nm__t_narrow(c->ctx, x, dim, first, size)));
    first += size;
  }
  return NM_OK;
}

static nm_status no_dims(const nm_op_call *c) {
  return nm__op_error(c, NM_EINVAL, "a 0-d tensor has no dim to be split along");
}

static nm_status split_forward(nm_op_call *c) {
  nm_tensor *x = nm__tensor_arg(c, 0);
  const nm_value_arg *sizes = &c->args[1];
  int dim = 0;
  NM_TRY(nm__dim_of(c, nm__int_arg(c, 2, 0), x->ndim, &dim));
  if (!x->ndim) return no_dims(c);
  int64_t n = x->shape[dim], sum = 0;
  if (sizes->kind == NM_ARG_INT) {
    int64_t size = sizes->as.integer;
    if (size < 0 || (size == 0 && n > 0))
      return nm__op_error(c, NM_EINVAL, "parts of %lld elements: there must be at least one",
                          (long long)size);
    return add_parts(c, x, dim, n ? (n - 1) / size + 1 : 1, NULL, size);
  }
  for (int i = 0; i < sizes->n; i++) {
    int64_t size = sizes->as.ints[i];
    if (size < 0)
      return nm__op_error(c, NM_EINVAL, "size %lld of part %d is negative", (long long)size,
                          i + c->ctx->base);
    sum = size > n - sum ? n + 1 : sum + size;
    if (sum > n) break;
  }
  if (sum != n)
    return nm__op_error(c, NM_EINVAL,
                        "the sizes of the parts must add up to %lld, the size of dim %d",
                        (long long)n, dim + c->ctx->base);
  return add_parts(c, x, dim, sizes->n, sizes->as.ints, 0);
}

static nm_status chunk_forward(nm_op_call *c) {
  nm_tensor *x = nm__tensor_arg(c, 0);
  int64_t chunks = c->args[1].as.integer;
  int dim = 0;
  NM_TRY(nm__dim_of(c, nm__int_arg(c, 2, 0), x->ndim, &dim));
  if (!x->ndim) return no_dims(c);
  if (chunks < 1)
    return nm__op_error(c, NM_EINVAL, "%lld chunks: there must be at least one", (long long)chunks);
  int64_t n = x->shape[dim], size = n ? (n - 1) / chunks + 1 : 0;
  if (size == 0 && chunks > 1 << 20)
    return nm__op_error(c, NM_EINVAL, "%lld chunks of a dim without elements: at most %d",
                        (long long)chunks, 1 << 20);
  return add_parts(c, x, dim, size ? (n - 1) / size + 1 : chunks, NULL, size);
}

/* Into so many parts, the first ones perhaps longer by one; or at the positions in a list. */
static nm_status tensor_split_forward(nm_op_call *c) {
  nm_tensor *x = nm__tensor_arg(c, 0);
  const nm_value_arg *at = &c->args[1];
  int dim = 0, base = c->ctx->base;
  NM_TRY(nm__dim_of(c, nm__int_arg(c, 2, 0), x->ndim, &dim));
  if (!x->ndim) return no_dims(c);
  int64_t n = x->shape[dim], first = 0;
  if (at->kind == NM_ARG_INT) {
    int64_t parts = at->as.integer;
    if (parts < 1 || parts > 1 << 20)
      return nm__op_error(c, NM_EINVAL, "%lld parts: there must be at least one", (long long)parts);
    for (int64_t i = 0; i < parts; i++) {
      int64_t size = n / parts + (i < n % parts);
      NM_TRY(nm__list_add(c->ctx, c->list, nm__t_narrow(c->ctx, x, dim, first, size)));
      first += size;
    }
    return NM_OK;
  }
  for (int i = 0; i < at->n; i++)
    if (base && at->as.ints[i] == 0)
      return nm__op_error(c, NM_EINVAL,
                          "position 0: positions count from 1, or from the end from "
                          "-1");
  for (int i = 0; i <= at->n; i++) { /* positions are clamped, parts may be empty */
    int64_t end = i == at->n ? n : at->as.ints[i] < 0 ? at->as.ints[i] + n : at->as.ints[i] - base;
    end = end < 0 ? 0 : end > n ? n : end;
    int64_t size = end > first ? end - first : 0;
    NM_TRY(nm__list_add(c->ctx, c->list, nm__t_narrow(c->ctx, x, dim, first, size)));
    first = end;
  }
  return NM_OK;
}

static nm_status unbind_forward(nm_op_call *c) {
  nm_tensor *x = nm__tensor_arg(c, 0);
  int dim = 0;
  NM_TRY(nm__dim_of(c, nm__int_arg(c, 1, 0), x->ndim, &dim));
  if (!x->ndim) return no_dims(c);
  for (int64_t i = 0; i < x->shape[dim]; i++) {
    nm_value_arg args[3] = {nm__arg_t(x), nm__arg_int(dim), nm__arg_int(i)};
    NM_TRY(nm__list_add(c->ctx, c->list, nm__t(c->ctx, nm__known(c->ctx, NM_OP_select), args)));
  }
  return NM_OK;
}

/* ---- tensors together ---- */

static nm_status broadcast_tensors_forward(nm_op_call *c) {
  const nm_value_arg *a = &c->args[0];
  nm_dims s = {.ndim = 0};
  nm_device *dev;
  NM_TRY(nm__same_device(c, &dev));
  for (int i = 0; i < a->n; i++) NM_TRY(nm__broadcast_arg(c, &s, a->as.tensors[i]));
  for (int i = 0; i < a->n; i++) {
    nm_value_arg args[2] = {nm__arg_t(a->as.tensors[i]), nm__arg_ints(s.ndim, s.dim)};
    NM_TRY(nm__list_add(c->ctx, c->list, nm__t(c->ctx, nm__known(c->ctx, NM_OP_expand), args)));
  }
  return NM_OK;
}

/* Coordinates of a grid: tensor i varies along dim i; with "xy" the first two dims are exchanged.
 */
static nm_status meshgrid_forward(nm_op_call *c) {
  const nm_value_arg *a = &c->args[0];
  nm_context *ctx = c->ctx;
  nm_dims s = {.ndim = a->n};
  nm_device *dev;
  const char *order = nm__given(c, 1) ? c->args[1].as.string : "ij";
  bool xy = strcmp(order, "xy") == 0;
  int place[NM_MAX_DIMS];
  char text[NM_SHAPE_TEXT];
  NM_TRY(nm__same_device(c, &dev));
  if (!xy && strcmp(order, "ij") != 0)
    return nm__op_error(c, NM_EINVAL, "indexing is \"ij\" or \"xy\", not \"%s\"", order);
  if (a->n < 1 || a->n > NM_MAX_DIMS)
    return nm__op_error(c, NM_EINVAL, "%d tensors: a grid has 1 to %d dims", a->n, NM_MAX_DIMS);
  for (int i = 0; i < a->n; i++) {
    const nm_tensor *t = a->as.tensors[i];
    if (t->ndim > 1)
      return nm__op_error(c, NM_EINVAL, "tensor %d has shape %s: it is a list of coordinates",
                          i + ctx->base, nm__shape_text(t->ndim, t->shape, text));
    if (t->dtype != a->as.tensors[0]->dtype)
      return nm__op_error(c, NM_EINVAL, "tensor %d is %s, the first %s: they must be equal",
                          i + ctx->base, nm__dtype_name(t->dtype),
                          nm__dtype_name(a->as.tensors[0]->dtype));
    place[i] = xy && a->n > 1 && i < 2 ? 1 - i : i;
    s.dim[place[i]] = nm_numel(t);
  }
  if (nm__countable(ctx, s.ndim, s.dim) < 0) return ctx->status;
  for (int i = 0; i < a->n; i++) {
    int64_t shape[NM_MAX_DIMS];
    for (int d = 0; d < s.ndim; d++) shape[d] = d == place[i] ? s.dim[d] : 1;
    nm_tensor *t = nm__t_reshape(ctx, a->as.tensors[i], s.ndim, shape);
    nm_value_arg args[2] = {nm__arg_t(t), nm__arg_ints(s.ndim, s.dim)};
    NM_TRY(nm__list_add(ctx, c->list, t ? nm__t(ctx, nm__known(ctx, NM_OP_expand), args) : NULL));
  }
  return NM_OK;
}

#define X                                                                                          \
  { "input", NM_P_TENSOR, 0, NULL }
#define DIM                                                                                        \
  { "dim", NM_P_DIM, NM_OPTIONAL, "1" }
/* clang-format off */
static const nm_op ops[] = {
  {.name = "split", NM_PARAMS(X, {"split_size", NM_P_PARTS, 0, NULL}, DIM),
   .doc = "a list of views of so many elements each along dim, the last perhaps shorter; or of the "
          "sizes in a list",
   .shapes = "(..., N, ...) -> a list of (..., split_size, ...)",
   .errors = "sizes that do not add up to the dim's",
   .flags = NM_ANYWHERE | NM_LIST | NM_COMPOSED, .forward = split_forward, .dtypes = "fib",
   .lo = -3, .hi = 3, .example = "nm.arange(5):split(2)"},
  {.name = "chunk", NM_PARAMS(X, {"chunks", NM_P_INT, 0, NULL}, DIM),
   .doc = "a list of at most so many views of equal size along dim, the last perhaps shorter",
   .shapes = "(..., N, ...) -> a list of (..., ceil(N / chunks), ...)",
   .errors = "fewer chunks than one",
   .flags = NM_ANYWHERE | NM_LIST | NM_COMPOSED, .forward = chunk_forward, .dtypes = "fib",
   .lo = -3, .hi = 3, .example = "nm.arange(5):chunk(2)"},
  {.name = "tensor_split", NM_PARAMS(X, {"indices_or_sections", NM_P_PARTS, 0, NULL}, DIM),
   .doc = "a list of so many views along dim, of sizes that differ by one at most, the larger ones "
          "first; or of the parts that begin at the positions in a list",
   .shapes = "(..., N, ...) -> a list of (..., about N / sections, ...)",
   .errors = "fewer parts than one; position 0",
   .flags = NM_ANYWHERE | NM_LIST | NM_COMPOSED, .forward = tensor_split_forward, .dtypes = "fib",
   .lo = -3, .hi = 3, .example = "nm.arange(7):tensor_split(3)"},
  {.name = "unbind", NM_PARAMS(X, DIM),
   .doc = "a list of the views along dim, without that dim",
   .shapes = "(..., N, ...) -> a list of N (..., ...)", .errors = "a 0-d tensor",
   .flags = NM_ANYWHERE | NM_LIST | NM_COMPOSED, .forward = unbind_forward, .dtypes = "fib",
   .lo = -3, .hi = 3, .example = "nm.eye(2):unbind()"},
  {.name = "broadcast_tensors", NM_PARAMS({"tensors", NM_P_TENSORS, 0, NULL}),
   .doc = "a list of views of the tensors, expanded to the shape that they broadcast to",
   .shapes = "{(3, 1), (4)} -> {(3, 4), (3, 4)}", .errors = "shapes that do not broadcast",
   .flags = NM_FUNCTION | NM_LIST | NM_COMPOSED, .forward = broadcast_tensors_forward,
   .dtypes = "fib", .lo = -3, .hi = 3,
   .example = "nm.broadcast_tensors{nm.zeros(3, 1), nm.ones(4)}"},
  {.name = "meshgrid",
   NM_PARAMS({"tensors", NM_P_TENSORS, 0, NULL}, {"indexing", NM_P_STRING, NM_NAMED, "ij"}),
   .doc = "a list of the coordinates of a grid, views of the tensors: the i-th is expanded along "
          "all dims but the i-th; with indexing \"xy\" the first two dims change places",
   .shapes = "{(M), (N)} -> {(M, N), (M, N)}",
   .errors = "tensors of more than one dim; dtypes that differ",
   .flags = NM_FUNCTION | NM_LIST | NM_COMPOSED, .forward = meshgrid_forward, .dtypes = "fib",
   .lo = -3, .hi = 3, .example = "nm.meshgrid(nm.arange(2), nm.arange(3))"},
};
/* clang-format on */
NM_FAMILY(split);
