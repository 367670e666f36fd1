/* norms.c: norms, condition numbers, powers and chains of matrices. */
#include "ops/linalg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static nm_tensor *own(const nm_op_call *c, nm_tensor *x, nm_dtype dtype) {
  return nm__t_own(c, nm__t_cast(c->ctx, x, dtype));
}

/* The dtype of a norm. */
static nm_status norm_input(const nm_op_call *c, int dtype_at, nm_dtype *dtype) {
  const nm_tensor *t = nm__tensor_arg(c, 0);
  NM_TRY(nm__dtype_arg(c, dtype_at, (nm_dtype)t->dtype, dtype));
  if (!nm__is_float((nm_dtype)t->dtype) || !nm__is_float(*dtype))
    return nm__op_error(c, NM_EINVAL, "not defined for %s: convert with :to(\"float32\")",
                        nm__dtype_name(nm__is_float((nm_dtype)t->dtype) ? (int)*dtype : t->dtype));
  return NM_OK;
}

static nm_tensor *computed_in(nm_context *ctx, nm_tensor *x, nm_dtype dtype) {
  return nm__t_wide(ctx, nm__t_cast(ctx, x, dtype));
}

static nm_status check_extreme(const nm_op_call *c, const nm_tensor *x, double p, uint32_t dims) {
  bool none = false;
  for (int d = 0; d < x->ndim; d++) none |= dims >> d & 1 && x->shape[d] == 0;
  if (!none || (p >= 0 && !isinf(p))) return NM_OK;
  char text[NM_SHAPE_TEXT];
  return nm__op_error(c, NM_EINVAL, "shape %s: there is no norm of order %g of no elements",
                      nm__shape_text(x->ndim, x->shape, text), p);
}

static nm_status vector_norm_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  nm_dtype dtype = NM_FLOAT32;
  uint32_t dims = 0;
  double p = nm__float_arg(c, 1, 2);
  NM_TRY(norm_input(c, 4, &dtype));
  NM_TRY(nm__dims_arg(c, 2, x->ndim, &dims));
  NM_TRY(check_extreme(c, x, p, dims));
  int mark = nm__scope(ctx);
  nm_tensor *y = nm__t_norm(ctx, computed_in(ctx, x, dtype), p, dims, nm__bool_arg(c, 3, false));
  return nm__result(c, mark, own(c, y, dtype));
}

/* ---- norms of matrices ---- */

typedef enum order { FROBENIUS, NUCLEAR, SUMS, VALUES, NOTHING } order;

/* ord as a kind of norm: SUMS of |x| (1, -1: the columns', infinities: the rows'), or singular
 * VALUES (2, -2); *p keeps its sign and size. */
static nm_status read_order(const nm_op_call *c, int i, double standard, order *kind, double *p) {
  const nm_value_arg *v = &c->args[i];
  *p = standard, *kind = FROBENIUS;
  if (v->kind == NM_ARG_STRING) {
    const char *name = v->as.string;
    if (!strcmp(name, "nuc")) *kind = NUCLEAR;
    if (*kind == NUCLEAR || !strcmp(name, "fro")) return NM_OK;
    return nm__op_error(c, NM_EINVAL, "ord is \"fro\", \"nuc\" or a number, not \"%s\"", name);
  }
  if (!nm__given(c, i) && standard == 0) return NM_OK;
  *p = nm__float_arg(c, i, standard);
  double size = fabs(*p);
  if (size != 1 && size != 2 && !isinf(size))
    return nm__op_error(c, NM_EINVAL,
                        "ord %g: of matrices there are 1, 2, infinity, their negatives, "
                        "\"fro\" and \"nuc\"",
                        *p);
  *kind = size == 2 ? VALUES : SUMS;
  return NM_OK;
}

/* x's dims as they were, with 1 in place of the two that are gone. */
static nm_tensor *kept(nm_context *ctx, nm_tensor *y, const nm_tensor *x, int row, int col) {
  nm_dims s = nm__dims_of(x);
  s.dim[row] = s.dim[col] = 1;
  return nm__t_reshape(ctx, y, s.ndim, s.dim);
}

static nm_tensor *matrix_norm(nm_context *ctx, nm_tensor *x, order kind, double p, int row, int col,
                              bool keepdim) {
  if (!x) return NULL;
  if (kind == FROBENIUS) return nm__t_norm(ctx, x, 2, 1u << row | 1u << col, keepdim);
  nm_tensor *y;
  if (kind == SUMS) {
    int over = isinf(p) ? col : row, of = isinf(p) ? row : col;
    y = nm__t_sum(ctx, nm__t1(ctx, NM_I_abs, x), 1u << over, true);
    y = nm__t_extreme(ctx, y, 1u << of, true, p > 0);
    if (keepdim || !y) return y;
    nm_dims s = {.ndim = 0};
    for (int d = 0; d < x->ndim; d++)
      if (d != row && d != col) s.dim[s.ndim++] = x->shape[d];
    return nm__t_reshape(ctx, y, s.ndim, s.dim);
  }
  int64_t dims[NM_MAX_DIMS];
  int n = 0;
  for (int d = 0; d < x->ndim; d++)
    if (d != row && d != col) dims[n++] = d;
  dims[n++] = row, dims[n++] = col;
  nm_tensor *s = nm__singular_values(ctx, nm__t_permute(ctx, x, n, dims));
  if (!s) return NULL;
  uint32_t last = 1u << (s->ndim - 1);
  y = kind == NUCLEAR ? nm__t_sum(ctx, s, last, false) : nm__t_extreme(ctx, s, last, false, p > 0);
  return keepdim ? kept(ctx, y, x, row, col) : y;
}

static nm_status two_dims(const nm_op_call *c, int i, const nm_tensor *x, int *row, int *col) {
  const nm_value_arg *v = &c->args[i];
  bool given = nm__given(c, i) && v->n > 0;
  if (x->ndim < 2 || (given && v->n != 2)) {
    char text[NM_SHAPE_TEXT];
    return nm__op_error(c, NM_EINVAL, "shape %s, %d dims: a matrix has 2",
                        nm__shape_text(x->ndim, x->shape, text), given ? v->n : x->ndim);
  }
  NM_TRY(nm__dim_of(c, given ? v->as.ints[0] : -2, x->ndim, row));
  NM_TRY(nm__dim_of(c, given ? v->as.ints[1] : -1, x->ndim, col));
  if (*row == *col) return nm__op_error(c, NM_EINVAL, "dim %d is given twice", *row + c->ctx->base);
  return NM_OK;
}

static nm_status check_matrix_norm(const nm_op_call *c, const nm_tensor *x, order kind, double p,
                                   int row, int col) {
  char text[NM_SHAPE_TEXT];
  bool none = kind == VALUES ? x->shape[row] == 0 || x->shape[col] == 0
              : kind == SUMS ? x->shape[isinf(p) ? row : col] == 0
                             : false;
  if (none)
    return nm__op_error(c, NM_EINVAL, "shape %s: there is no norm of order %g of no elements",
                        nm__shape_text(x->ndim, x->shape, text), p);
  bool values = kind == VALUES || kind == NUCLEAR;
  return values ? nm__check_sizes(c, x, x->shape[row], x->shape[col]) : NM_OK;
}

static nm_status finish_matrix_norm(nm_op_call *c, nm_tensor *x, nm_dtype dtype, double standard,
                                    int dims_at) {
  nm_context *ctx = c->ctx;
  order kind;
  double p;
  int row = 0, col = 0;
  NM_TRY(read_order(c, 1, standard, &kind, &p));
  NM_TRY(two_dims(c, dims_at, x, &row, &col));
  NM_TRY(check_matrix_norm(c, x, kind, p, row, col));
  int mark = nm__scope(ctx);
  nm_tensor *y =
      matrix_norm(ctx, computed_in(ctx, x, dtype), kind, p, row, col, nm__bool_arg(c, 3, false));
  return nm__result(c, mark, own(c, y, dtype));
}

static nm_status matrix_norm_forward(nm_op_call *c) {
  nm_tensor *x = nm__tensor_arg(c, 0);
  nm_dtype dtype = NM_FLOAT32;
  NM_TRY(norm_input(c, 4, &dtype));
  return finish_matrix_norm(c, x, dtype, 0, 2);
}

/* Of vectors without ord, or with one dim, or for 1-d tensors; else of matrices. */
static nm_status norm_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  nm_dtype dtype = NM_FLOAT32;
  uint32_t dims = 0;
  const nm_value_arg *ord = &c->args[1];
  bool given = nm__given(c, 2) && c->args[2].n > 0;
  NM_TRY(norm_input(c, 4, &dtype));
  NM_TRY(nm__dims_arg(c, 2, x->ndim, &dims));
  int n = given ? c->args[2].n : x->ndim;
  bool word = ord->kind == NM_ARG_STRING;
  if (nm__given(c, 1) && (n == 2 || word)) return finish_matrix_norm(c, x, dtype, 2, 2);
  if (nm__given(c, 1) && n != 1)
    return nm__op_error(c, NM_EINVAL,
                        "ord is given for %d dims: it takes 1 for vectors, 2 for "
                        "matrices; linalg.vector_norm takes any",
                        n);
  double p = nm__float_arg(c, 1, 2);
  NM_TRY(check_extreme(c, x, p, dims));
  int mark = nm__scope(ctx);
  nm_tensor *y = nm__t_norm(ctx, computed_in(ctx, x, dtype), p, dims, nm__bool_arg(c, 3, false));
  return nm__result(c, mark, own(c, y, dtype));
}

/* ---- condition numbers ---- */

/* |A| |A^-1|, infinite for singular matrices: of order 2 and -2 from the singular values. */
static nm_status cond_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  order kind;
  double p;
  NM_TRY(read_order(c, 1, 2, &kind, &p));
  NM_TRY(nm__check_matrices(c, x, kind != VALUES));
  if (nm_numel(x) == 0 && nm__count(x->ndim - 2, x->shape) > 0) {
    int row = x->ndim - 2;
    NM_TRY(check_matrix_norm(c, x, kind == VALUES ? VALUES : SUMS, p, row, row + 1));
  }
  int mark = nm__scope(ctx), row = x->ndim - 2, col = x->ndim - 1;
  nm_tensor *wide = nm__t_wide(ctx, x), *y;
  if (kind == VALUES) {
    nm_tensor *s = nm__singular_values(ctx, wide);
    if (!s) return nm__result(c, mark, NULL);
    int64_t k = s->shape[s->ndim - 1];
    int last = s->ndim - 1;
    nm_tensor *first = nm__t_squeeze(ctx, nm__t_narrow(ctx, s, last, 0, 1), -1),
              *end = nm__t_squeeze(ctx, nm__t_narrow(ctx, s, last, k - 1, 1), -1);
    y = nm__t2(ctx, NM_I_div, p > 0 ? first : end, p > 0 ? end : first);
    return nm__result(c, mark, own(c, y, (nm_dtype)x->dtype));
  }
  /* singular matrices are replaced by the identity before they are inverted */
  nm_tensor *det = nm__t_factor(ctx, NM_OP_factor_det, wide, false);
  nm_tensor *singular = nm__t2s(ctx, NM_I_eq, det, 0);
  nm_tensor *wider = nm__t_unsqueeze(ctx, nm__t_unsqueeze(ctx, singular, -1), -1);
  nm_tensor *eye = nm__t_eye_like(ctx, wide, x->shape[col]);
  nm_tensor *inverse =
      nm__t_factor(ctx, NM_OP_factor_inv, nm__t3(ctx, NM_I_where, wider, eye, wide), false);
  y = nm__t2(ctx, NM_I_mul, matrix_norm(ctx, wide, kind, p, row, col, false),
             matrix_norm(ctx, inverse, kind, p, row, col, false));
  nm_tensor *none = y ? nm__t_full_like(ctx, y, INFINITY) : NULL;
  y = nm__t3(ctx, NM_I_where, singular, none, y);
  return nm__result(c, mark, own(c, y, (nm_dtype)x->dtype));
}

/* ---- powers and chains ---- */

static nm_status power_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *y = NULL;
  int64_t n = c->args[1].as.integer;
  bool floats = nm__is_float((nm_dtype)x->dtype);
  char text[NM_SHAPE_TEXT];
  if (floats) NM_TRY(nm__check_matrices(c, x, true));
  if (x->ndim < 2 || x->shape[x->ndim - 1] != x->shape[x->ndim - 2])
    return nm__op_error(c, NM_EINVAL, "shape %s: the matrices must be square",
                        nm__shape_text(x->ndim, x->shape, text));
  if (x->dtype == NM_BOOL) return nm__op_error(c, NM_EINVAL, "not defined for bool");
  if (n < 0 && !floats)
    return nm__op_error(c, NM_EINVAL, "power %lld of integers: the inverse is no integer matrix",
                        (long long)n);
  int mark = nm__scope(ctx);
  nm_tensor *base = floats ? nm__t_wide(ctx, x) : x;
  if (n == 0) {
    y = nm__t_eye_like(ctx, base, x->shape[x->ndim - 1]);
    y = y ? nm__contiguous(ctx, nm__t_expand(ctx, y, x->ndim, x->shape)) : NULL;
  }
  if (n < 0) base = nm__t_factor(ctx, NM_OP_factor_inv, base, false);
  for (uint64_t k = n < 0 ? 0 - (uint64_t)n : (uint64_t)n; k && base; k >>= 1) {
    if (k & 1) y = y ? nm__t_matmul(ctx, y, base) : base;
    if (k > 1) base = nm__t_matmul(ctx, base, base);
  }
  return nm__result(c, mark, base ? own(c, y, (nm_dtype)x->dtype) : NULL);
}

/* The order of the products that costs fewest multiplications, by dynamic programming over the
 * parts [i, j] of the chain: split[i][j] is where the last product cuts it. */
static void find_splits(int n, const double *size, double *cost, int *split) {
  for (int i = 0; i < n; i++) cost[i * n + i] = 0;
  for (int length = 1; length < n; length++)
    for (int i = 0; i + length < n; i++) {
      int j = i + length;
      cost[i * n + j] = INFINITY;
      for (int k = i; k < j; k++) {
        double v = cost[i * n + k] + cost[(k + 1) * n + j] + size[i] * size[k + 1] * size[j + 1];
        if (v < cost[i * n + j] || k == i) cost[i * n + j] = v, split[i * n + j] = k;
      }
    }
}

static nm_tensor *chain(nm_context *ctx, nm_tensor *const *t, int n, const int *split, int i,
                        int j) {
  if (i == j) return t[i];
  int k = split[i * n + j];
  nm_tensor *a = chain(ctx, t, n, split, i, k), *b = a ? chain(ctx, t, n, split, k + 1, j) : NULL;
  return b ? nm__t_matmul(ctx, a, b) : NULL;
}

static nm_status multi_dot_forward(nm_op_call *c) {
  enum { LONGEST = 200 }; /* chain's recursion is as deep */
  nm_context *ctx = c->ctx;
  nm_device *dev;
  const nm_value_arg *list = &c->args[0];
  int n = list->n;
  char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
  NM_TRY(nm__same_device(c, &dev));
  if (n < 2 || n > LONGEST)
    return nm__op_error(c, NM_EINVAL, "%d tensors: it takes 2 to %d", n, LONGEST);
  for (int i = 0; i < n; i++) {
    nm_tensor *t = list->as.tensors[i], *before = i ? list->as.tensors[i - 1] : NULL;
    bool end = i == 0 || i == n - 1;
    NM_TRY(nm__same_dtype(c, "a tensor", t, list->as.tensors[0]));
    if (t->ndim != 2 && !(end && t->ndim == 1))
      return nm__op_error(c, NM_EINVAL,
                          "tensor %d has %d dims: it takes matrices, and vectors at the ends",
                          i + ctx->base, t->ndim);
    if (before && before->shape[before->ndim - 1] != t->shape[0])
      return nm__op_error(c, NM_EINVAL, "shapes %s and %s, tensors %d and %d, do not fit",
                          nm__shape_text(before->ndim, before->shape, one),
                          nm__shape_text(t->ndim, t->shape, two), i - 1 + ctx->base, i + ctx->base);
  }
  if (list->as.tensors[0]->dtype == NM_BOOL)
    return nm__op_error(c, NM_EINVAL, "not defined for bool");
  double *size = malloc(sizeof *size * (size_t)(n + 1 + n * n));
  int *split = malloc(sizeof *split * (size_t)(n * n));
  int mark = nm__scope(ctx);
  nm_tensor *y = NULL;
  if (size && split) {
    for (int i = 0; i < n; i++) {
      const nm_tensor *t = list->as.tensors[i];
      size[i] = t->ndim == 1 && i == 0 ? 1 : (double)t->shape[0];
      if (i == n - 1) size[n] = t->ndim == 1 ? 1 : (double)t->shape[1];
    }
    find_splits(n, size, size + n + 1, split);
    y = chain(ctx, list->as.tensors, n, split, 0, n - 1);
  } else {
    nm__op_error(c, NM_ENOMEM, "out of memory");
  }
  free(size);
  free(split);
  return nm__result(c, mark, y);
}

#define A                                                                                          \
  { "A", NM_P_TENSOR, 0, NULL }
#define KEEP                                                                                       \
  {"keepdim", NM_P_BOOL, NM_OPTIONAL, "false"}, { "dtype", NM_P_DTYPE, NM_NAMED, NULL }
#define ONE (NM_FUNCTION | NM_OUT | NM_COMPOSED)
/* clang-format off */
static const nm_op ops[] = {
  {.name = "linalg.vector_norm",
   NM_PARAMS({"input", NM_P_TENSOR, 0, NULL}, {"ord", NM_P_FLOAT, NM_OPTIONAL, "2"},
             {"dim", NM_P_DIMS, NM_OPTIONAL, "all"}, KEEP),
   .doc = "the norm over dims: sum(|x|^ord)^(1/ord); 0 counts what is not 0, infinity takes the "
          "largest, -infinity the smallest size; the gradient at 0 is 0",
   .shapes = "(...) -> ()", .errors = "infinite and negative orders of no elements",
   .flags = ONE, .forward = vector_norm_forward, .dtypes = "f", .lo = 0.5, .hi = 3,
   .example = "nm.linalg.vector_norm(nm.tensor{3.0, 4.0})"},
  {.name = "linalg.matrix_norm",
   NM_PARAMS(A, {"ord", NM_P_WORD, NM_OPTIONAL, "fro"},
             {"dim", NM_P_DIMS, NM_OPTIONAL, "{-2, -1}"}, KEEP),
   .doc = "the norm of matrices in two dims: \"fro\" the root of the sum of squares, \"nuc\" the "
          "sum of the singular values, 2 the largest of them, 1 the largest sum of a column's "
          "sizes, infinity of a row's; negative orders take the smallest",
   .shapes = "(..., M, N) -> (...)", .errors = "other orders than these",
   .flags = ONE, .forward = matrix_norm_forward, .dtypes = "f", .lo = 0.5, .hi = 3,
   .example = "nm.linalg.matrix_norm(nm.eye(3), \"nuc\")"},
  {.name = "linalg.norm",
   NM_PARAMS(A, {"ord", NM_P_WORD, NM_OPTIONAL, NULL}, {"dim", NM_P_DIMS, NM_OPTIONAL, "all"},
             KEEP),
   .doc = "a norm: with ord and two dims linalg.matrix_norm, else linalg.vector_norm, without ord "
          "of order 2 over all dims",
   .shapes = "(...) -> ()", .errors = "ord for more than two dims",
   .flags = ONE, .forward = norm_forward, .dtypes = "f", .lo = 0.5, .hi = 3,
   .example = "nm.linalg.norm(nm.ones(2, 2), 1)"},
  {.name = "linalg.cond", NM_PARAMS(A, {"p", NM_P_WORD, NM_OPTIONAL, "2"}),
   .doc = "the condition number: |A| |A^-1| in the norm p of linalg.matrix_norm; infinite for "
          "singular matrices",
   .shapes = "(..., N, N) -> (...); (..., M, N) for p = 2 and -2",
   .errors = "other orders than those",
   .flags = ONE, .forward = cond_forward, .dtypes = "f", .lo = -2, .hi = 2,
   .example = "nm.linalg.cond(nm.tensor{{2.0, 0.0}, {0.0, 1.0}})"},
  {.name = "linalg.matrix_power", NM_PARAMS(A, {"n", NM_P_INT, 0, NULL}),
   .doc = "the product of n matrices A, by repeated squaring; negative n: of its inverse",
   .shapes = "(..., N, N) -> (..., N, N)", .errors = "bool; singular matrices for negative n",
   .flags = ONE, .forward = power_forward, .dtypes = "fi", .lo = -2, .hi = 2,
   .example = "nm.linalg.matrix_power(nm.tensor{{1, 1}, {1, 0}}, 10)"},
  {.name = "matrix_power", NM_PARAMS({"input", NM_P_TENSOR, 0, NULL}, {"n", NM_P_INT, 0, NULL}),
   .doc = "linalg.matrix_power", .shapes = "(..., N, N) -> (..., N, N)",
   .errors = "bool; singular matrices for negative n",
   .flags = NM_ANYWHERE | NM_OUT | NM_COMPOSED, .forward = power_forward, .dtypes = "fi", .lo = -2,
   .hi = 2, .example = "nm.tensor{{1, 1}, {1, 0}}:matrix_power(10)"},
  {.name = "linalg.multi_dot", NM_PARAMS({"tensors", NM_P_TENSORS, 0, NULL}),
   .doc = "the product of a chain of matrices, in the order that takes the fewest multiplications; "
          "the first and the last may be vectors",
   .shapes = "(A, B), (B, C), ..., (Y, Z) -> (A, Z)", .errors = "bool, two dtypes",
   .flags = ONE, .forward = multi_dot_forward, .dtypes = "fi", .lo = -2, .hi = 2,
   .example = "nm.linalg.multi_dot{nm.ones(2, 3), nm.ones(3, 4), nm.ones(4, 1)}"},
};
/* clang-format on */
NM_FAMILY(norms);
