/* split.c: one tensor as a list of views: split, chunk, unbind. */
#include "ops/families.h"

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
  if (sizes->n == 1) {
    int64_t size = sizes->as.ints[0];
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

#define X                                                                                          \
  { "input", NM_P_TENSOR, 0, NULL }
#define DIM                                                                                        \
  { "dim", NM_P_DIM, NM_OPTIONAL, "1" }
/* clang-format off */
static const nm_op ops[] = {
  {.name = "split", NM_PARAMS(X, {"split_size", NM_P_EACH, 0, NULL}, DIM),
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
  {.name = "unbind", NM_PARAMS(X, DIM),
   .doc = "a list of the views along dim, without that dim",
   .shapes = "(..., N, ...) -> a list of N (..., ...)", .errors = "a 0-d tensor",
   .flags = NM_ANYWHERE | NM_LIST | NM_COMPOSED, .forward = unbind_forward, .dtypes = "fib",
   .lo = -3, .hi = 3, .example = "nm.eye(2):unbind()"},
};
/* clang-format on */
NM_FAMILY(split);
