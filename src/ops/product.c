/* product.c: what is composed of matrix products: products of fixed numbers of dims, of vectors,
 * and products that are added to something. */
#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/algebra.h"

#include <string.h>

nm_tensor *nm__t_unsqueeze(nm_context *ctx, nm_tensor *x, int dim) {
  nm_value_arg args[2] = {nm__arg_t(x), nm__arg_int(dim)};
  return nm__t(ctx, nm__known(ctx, NM_OP_unsqueeze), args);
}

nm_tensor *nm__t_squeeze(nm_context *ctx, nm_tensor *x, int dim) {
  int64_t list[1] = {dim};
  nm_value_arg args[2] = {nm__arg_t(x), nm__arg_ints(1, list)};
  return nm__t(ctx, nm__known(ctx, NM_OP_squeeze), args);
}

nm_tensor *nm__t_diagonal(nm_context *ctx, nm_tensor *x, int dim1, int dim2) {
  nm_value_arg args[4] = {nm__arg_t(x), nm__arg_int(0), nm__arg_int(dim1), nm__arg_int(dim2)};
  return nm__t(ctx, nm__known(ctx, NM_OP_diagonal), args);
}

nm_tensor *nm__t_sum_as(nm_context *ctx, nm_tensor *x, uint32_t dims) {
  return x ? nm__t_cast(ctx, nm__t_sum(ctx, x, dims, false), (nm_dtype)x->dtype) : NULL;
}

nm_tensor *nm__t_own(const nm_op_call *c, nm_tensor *x) {
  for (int i = 0; x && i < c->nargs; i++) {
    const nm_value_arg *a = &c->args[i];
    bool given = a->kind == NM_ARG_TENSOR && a->as.tensor->storage == x->storage;
    for (int k = 0; a->kind == NM_ARG_TENSORS && k < a->n; k++)
      given |= a->as.tensors[k]->storage == x->storage;
    if (given) return nm__t_clone(c->ctx, x);
  }
  return x;
}

/* mm, bmm, mv, dot: matmul of tensors with these numbers of dims. */
static nm_status strict_forward(nm_op_call *c) {
  static const struct {
    const char *name;
    int a, b;
  } want[] = {{"mm", 2, 2}, {"bmm", 3, 3}, {"mv", 2, 1}, {"dot", 1, 1}};
  nm_tensor *a = nm__tensor_arg(c, 0), *b = nm__tensor_arg(c, 1);
  for (size_t i = 0; i < sizeof want / sizeof *want; i++)
    if (!strcmp(want[i].name, c->op->name) && (a->ndim != want[i].a || b->ndim != want[i].b))
      return nm__op_error(c, NM_EINVAL,
                          "tensors of %d and %d dims: it takes %d and %d; matmul takes any",
                          a->ndim, b->ndim, want[i].a, want[i].b);
  NM_TRY(nm__check_product(c, a, b));
  if (c->op->name[0] == 'b' && a->shape[0] != b->shape[0])
    return nm__op_error(c, NM_EINVAL, "batches of %lld and %lld; matmul broadcasts",
                        (long long)a->shape[0], (long long)b->shape[0]);
  int mark = nm__scope(c->ctx);
  return nm__result(c, mark, nm__t_matmul(c->ctx, a, b));
}

/* vdot, inner, outer: products of vectors, or of the last dims. */
static nm_status vdot_forward(nm_op_call *c) {
  nm_tensor *a = nm__tensor_arg(c, 0), *b = nm__tensor_arg(c, 1);
  if (a->ndim != 1 || b->ndim != 1)
    return nm__op_error(c, NM_EINVAL, "tensors of %d and %d dims: it takes vectors", a->ndim,
                        b->ndim);
  NM_TRY(nm__check_product(c, a, b));
  int mark = nm__scope(c->ctx);
  return nm__result(c, mark, nm__t_matmul(c->ctx, a, b));
}

static nm_status inner_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *a = nm__tensor_arg(c, 0), *b = nm__tensor_arg(c, 1);
  char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
  int mark = nm__scope(ctx);
  NM_TRY(nm__check_product_dtypes(c, a, b));
  if (!a->ndim || !b->ndim) return nm__result(c, mark, nm__t2(ctx, NM_I_mul, a, b));
  nm_dims s = {.ndim = 0};
  int64_t k = a->shape[a->ndim - 1];
  if (k != b->shape[b->ndim - 1])
    return nm__op_error(c, NM_EINVAL, "shapes %s and %s: the last sizes must be equal",
                        nm__shape_text(a->ndim, a->shape, one),
                        nm__shape_text(b->ndim, b->shape, two));
  if (a->ndim + b->ndim - 2 > NM_MAX_DIMS)
    return nm__op_error(c, NM_EINVAL, "the result would have %d dims: a tensor has at most %d",
                        a->ndim + b->ndim - 2, NM_MAX_DIMS);
  for (int d = 0; d < a->ndim - 1; d++) s.dim[s.ndim++] = a->shape[d];
  for (int d = 0; d < b->ndim - 1; d++) s.dim[s.ndim++] = b->shape[d];
  int64_t sa[2] = {nm__count(a->ndim - 1, a->shape), k},
          sb[2] = {nm__count(b->ndim - 1, b->shape), k};
  nm_tensor *y =
      nm__t_matmul(ctx, nm__t_reshape(ctx, a, 2, sa), nm__t_mT(ctx, nm__t_reshape(ctx, b, 2, sb)));
  return nm__result(c, mark, nm__t_reshape(ctx, y, s.ndim, s.dim));
}

static nm_status outer_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *a = nm__tensor_arg(c, 0), *b = nm__tensor_arg(c, 1);
  if (a->ndim != 1 || b->ndim != 1)
    return nm__op_error(c, NM_EINVAL, "tensors of %d and %d dims: it takes vectors", a->ndim,
                        b->ndim);
  int mark = nm__scope(ctx);
  return nm__result(c, mark, nm__t2(ctx, NM_I_mul, nm__t_unsqueeze(ctx, a, 1), b));
}

/* ---- beta * input + alpha * product ---- */

typedef struct added_product {
  const char *name;
  int a, b; /* dims of the factors */
  bool sum; /* of the batch */
} added_product;

static const added_product added_products[] = {{"addmm", 2, 2, false},
                                               {"addmv", 2, 1, false},
                                               {"baddbmm", 3, 3, false},
                                               {"addbmm", 3, 3, true},
                                               {"addr", 1, 1, false}};

static bool whole(const nm_value_arg *v) { return v->kind != NM_ARG_FLOAT; }

static nm_status check_added(const nm_op_call *c, const added_product *p, nm_dims *s) {
  nm_tensor *x = nm__tensor_arg(c, 0), *a = nm__tensor_arg(c, 1), *b = nm__tensor_arg(c, 2);
  char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
  nm_device *dev;
  NM_TRY(nm__same_device(c, &dev));
  if (a->ndim != p->a || b->ndim != p->b)
    return nm__op_error(c, NM_EINVAL, "factors of %d and %d dims: it takes %d and %d", a->ndim,
                        b->ndim, p->a, p->b);
  bool outer = p->a == 1;
  NM_TRY(outer ? nm__check_product_dtypes(c, a, b) : nm__check_product(c, a, b));
  NM_TRY(nm__same_dtype(c, "the product", a, x));
  if (p->a == 3 && a->shape[0] != b->shape[0])
    return nm__op_error(c, NM_EINVAL, "batches of %lld and %lld", (long long)a->shape[0],
                        (long long)b->shape[0]);
  if (!nm__is_float((nm_dtype)x->dtype) && !(whole(&c->args[3]) && whole(&c->args[4])))
    return nm__op_error(c, NM_EINVAL, "beta and alpha must be integers for %s",
                        nm__dtype_name(x->dtype));
  s->ndim = 0;
  if (p->a == 3 && !p->sum) s->dim[s->ndim++] = a->shape[0];
  s->dim[s->ndim++] = a->shape[outer ? 0 : a->ndim - 2];
  if (p->b != 1 || outer) s->dim[s->ndim++] = b->shape[b->ndim - 1];
  nm_dims fit = *s;
  if (!nm__broadcast(&fit, x->ndim, x->shape) || fit.ndim != s->ndim ||
      nm__count(fit.ndim, fit.dim) != nm__count(s->ndim, s->dim))
    return nm__op_error(c, NM_EINVAL, "input of shape %s does not broadcast to the product's, %s",
                        nm__shape_text(x->ndim, x->shape, one),
                        nm__shape_text(s->ndim, s->dim, two));
  return NM_OK;
}

static bool is_number(const nm_value_arg *v, double number) {
  if (v->kind == NM_ARG_NONE) return number == 1;
  return v->kind == NM_ARG_FLOAT ? v->as.number == number
         : v->kind == NM_ARG_INT ? (double)v->as.integer == number
                                 : v->as.boolean == (number != 0);
}

nm_tensor *nm__t_times(nm_context *ctx, nm_tensor *x, const nm_value_arg *number) {
  if (!x || is_number(number, 1)) return x;
  nm_value_arg args[2] = {nm__arg_t(x), *number};
  return nm__t(ctx, nm__op_of(NM_I_mul), args);
}

/* With beta = 0 the input's values do not matter, NaN neither. */
static nm_status added_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  const added_product *p = added_products;
  nm_dims s = {.ndim = 0};
  while (strcmp(p->name, c->op->name) != 0) p++;
  NM_TRY(check_added(c, p, &s));
  int mark = nm__scope(ctx);
  nm_tensor *x = nm__tensor_arg(c, 0), *a = nm__tensor_arg(c, 1), *b = nm__tensor_arg(c, 2), *y;
  if (p->sum) { /* the batch is a part of the sum */
    int64_t order[3] = {1, 0, 2};
    int64_t sa[2] = {a->shape[1], a->shape[0] * a->shape[2]},
            sb[2] = {b->shape[0] * b->shape[1], b->shape[2]};
    a = nm__t_reshape(ctx, nm__t_permute(ctx, a, 3, order), 2, sa);
    b = nm__t_reshape(ctx, b, 2, sb);
  }
  y = p->a == 1 ? nm__t2(ctx, NM_I_mul, nm__t_unsqueeze(ctx, a, 1), b) : nm__t_matmul(ctx, a, b);
  y = nm__t_times(ctx, y, &c->args[4]);
  if (!is_number(&c->args[3], 0)) y = nm__t2(ctx, NM_I_add, nm__t_times(ctx, x, &c->args[3]), y);
  return nm__result(c, mark, y);
}

#define PAIR                                                                                       \
  {"input", NM_P_TENSOR, 0, NULL}, { "other", NM_P_TENSOR, 0, NULL }
#define ADDED(one, two)                                                                            \
  {"input", NM_P_TENSOR, 0, NULL}, {one, NM_P_TENSOR, 0, NULL}, {two, NM_P_TENSOR, 0, NULL},       \
      {"beta", NM_P_NUMBER, NM_NAMED, "1"}, {                                                      \
    "alpha", NM_P_NUMBER, NM_NAMED, "1"                                                            \
  }
#define OUT (NM_ANYWHERE | NM_OUT | NM_COMPOSED)
/* clang-format off */
static const nm_op ops[] = {
  {.name = "mm", NM_PARAMS(PAIR),
   .doc = "the product of two matrices",
   .shapes = "(M, K), (K, N) -> (M, N)", .errors = "bool, or two dtypes",
   .flags = OUT, .forward = strict_forward, .dtypes = "fi",
   .lo = -2, .hi = 2, .example = "nm.ones(2, 3):mm(nm.ones(3, 4))"},
  {.name = "bmm", NM_PARAMS(PAIR),
   .doc = "the products of two batches of matrices",
   .shapes = "(B, M, K), (B, K, N) -> (B, M, N)", .errors = "bool, or two dtypes",
   .flags = OUT, .forward = strict_forward, .dtypes = "fi",
   .lo = -2, .hi = 2, .example = "nm.ones(5, 2, 3):bmm(nm.ones(5, 3, 4))"},
  {.name = "mv", NM_PARAMS(PAIR),
   .doc = "the product of a matrix and a vector",
   .shapes = "(M, K), (K) -> (M)", .errors = "bool, or two dtypes",
   .flags = OUT, .forward = strict_forward, .dtypes = "fi",
   .lo = -2, .hi = 2, .example = "nm.ones(2, 3):mv(nm.ones(3))"},
  {.name = "dot", NM_PARAMS(PAIR),
   .doc = "the sum of the products of two vectors' elements",
   .shapes = "(N), (N) -> ()", .errors = "bool, or two dtypes",
   .flags = OUT, .forward = strict_forward, .dtypes = "fi",
   .lo = -2, .hi = 2, .example = "nm.ones(3):dot(nm.ones(3))"},
  {.name = "vdot", NM_PARAMS(PAIR),
   .doc = "the sum of the products of two vectors' elements; of real numbers the same as dot",
   .shapes = "(N), (N) -> ()", .errors = "bool, or two dtypes",
   .flags = OUT, .forward = vdot_forward, .dtypes = "fi",
   .lo = -2, .hi = 2, .example = "nm.ones(3):vdot(nm.ones(3))"},
  {.name = "inner", NM_PARAMS(PAIR),
   .doc = "the sum of products over the last dim of both, for each pair of rows",
   .shapes = "(..., K), (*, K) -> (..., *)", .errors = "bool, or two dtypes",
   .flags = OUT, .forward = inner_forward, .dtypes = "fi",
   .lo = -2, .hi = 2, .example = "nm.ones(2, 3):inner(nm.ones(4, 3))"},
  {.name = "outer", NM_PARAMS({"input", NM_P_TENSOR, 0, NULL}, {"vec2", NM_P_TENSOR, 0, NULL}),
   .doc = "the product of each element of one vector with each of another: y[i][j] = input[i] * "
          "vec2[j]",
   .shapes = "(M), (N) -> (M, N)",
   .flags = OUT, .forward = outer_forward, .dtypes = "fib",
   .lo = -2, .hi = 2, .example = "nm.arange(3):outer(nm.ones(2))"},
  {.name = "addmm", NM_PARAMS(ADDED("mat1", "mat2")),
   .doc = "a matrix product added to a tensor: beta * input + alpha * (mat1 % mat2); with beta = 0 "
          "input's values do not matter",
   .shapes = "(M, N), (M, K), (K, N) -> (M, N)", .errors = "bool, or two dtypes",
   .flags = OUT | NM_INPLACE, .forward = added_forward, .dtypes = "fi", .lo = -2, .hi = 2,
   .example = "nm.ones(4):addmm(nm.ones(2, 3), nm.ones(3, 4), {alpha = 0.5})"},
  {.name = "addmv", NM_PARAMS(ADDED("mat", "vec")),
   .doc = "a matrix times a vector, added to a tensor: beta * input + alpha * (mat % vec)",
   .shapes = "(M), (M, K), (K) -> (M)", .errors = "bool, or two dtypes",
   .flags = OUT | NM_INPLACE, .forward = added_forward, .dtypes = "fi", .lo = -2, .hi = 2,
   .example = "nm.ones(2):addmv(nm.ones(2, 3), nm.ones(3))"},
  {.name = "baddbmm", NM_PARAMS(ADDED("batch1", "batch2")),
   .doc = "a batch of matrix products added to a tensor: beta * input + alpha * (batch1 % batch2)",
   .shapes = "(B, M, N), (B, M, K), (B, K, N) -> (B, M, N)", .errors = "bool, or two dtypes",
   .flags = OUT | NM_INPLACE, .forward = added_forward, .dtypes = "fi", .lo = -2, .hi = 2,
   .example = "nm.ones(5, 2, 4):baddbmm(nm.ones(5, 2, 3), nm.ones(5, 3, 4))"},
  {.name = "addbmm", NM_PARAMS(ADDED("batch1", "batch2")),
   .doc = "the sum of a batch of matrix products, added to a tensor: beta * input + alpha * "
          "sum_b(batch1[b] % batch2[b])",
   .shapes = "(M, N), (B, M, K), (B, K, N) -> (M, N)", .errors = "bool, or two dtypes",
   .flags = OUT | NM_INPLACE, .forward = added_forward, .dtypes = "fi", .lo = -2, .hi = 2,
   .example = "nm.ones(2, 4):addbmm(nm.ones(5, 2, 3), nm.ones(5, 3, 4))"},
  {.name = "addr", NM_PARAMS(ADDED("vec1", "vec2")),
   .doc = "an outer product added to a tensor: beta * input + alpha * outer(vec1, vec2)",
   .shapes = "(M, N), (M), (N) -> (M, N)", .errors = "bool, or two dtypes",
   .flags = OUT | NM_INPLACE, .forward = added_forward, .dtypes = "fi", .lo = -2, .hi = 2,
   .example = "nm.ones(2, 3):addr(nm.ones(2), nm.ones(3))"},
};
/* clang-format on */
NM_FAMILY(product);
