/* algebra.c: what is composed of products: tensordot, kron, cross, cdist, trace. */
#include "ops/algebra.h"

#include <math.h>
#include <string.h>

/* ---- tensordot ---- */

typedef struct contraction { /* of dims a[k] of the one with dims b[k] of the other */
  int n, a[NM_MAX_DIMS], b[NM_MAX_DIMS];
} contraction;

static nm_status read_contraction(const nm_op_call *c, const nm_tensor *a, const nm_tensor *b,
                                  contraction *p) {
  const nm_value_arg *v = &c->args[2];
  uint32_t seen[2] = {0, 0};
  char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
  if (v->kind != NM_ARG_INTS) {
    int64_t n = nm__int_arg(c, 2, 2);
    if (n < 0 || n > a->ndim || n > b->ndim)
      return nm__op_error(c, NM_EINVAL, "%lld dims of tensors of %d and %d dims", (long long)n,
                          a->ndim, b->ndim);
    p->n = (int)n;
    for (int k = 0; k < p->n; k++) p->a[k] = a->ndim - p->n + k, p->b[k] = k;
  } else {
    int64_t n = v->n / 2;
    if (n > a->ndim || n > b->ndim)
      return nm__op_error(c, NM_EINVAL, "%lld dims of tensors of %d and %d dims", (long long)n,
                          a->ndim, b->ndim);
    p->n = (int)n;
    for (int k = 0; k < p->n; k++) {
      NM_TRY(nm__dim_of(c, v->as.ints[k], a->ndim, &p->a[k]));
      NM_TRY(nm__dim_of(c, v->as.ints[p->n + k], b->ndim, &p->b[k]));
      if (seen[0] >> p->a[k] & 1 || seen[1] >> p->b[k] & 1)
        return nm__op_error(c, NM_EINVAL, "pair %d of dims: one of them is given twice",
                            k + c->ctx->base);
      seen[0] |= 1u << p->a[k], seen[1] |= 1u << p->b[k];
    }
  }
  for (int k = 0; k < p->n; k++) {
    int64_t m = a->shape[p->a[k]], n = b->shape[p->b[k]];
    if (m != n && m != 1 && n != 1)
      return nm__op_error(c, NM_EINVAL, "shapes %s and %s: size %lld of dim %d and %lld of dim %d",
                          nm__shape_text(a->ndim, a->shape, one),
                          nm__shape_text(b->ndim, b->shape, two), (long long)m,
                          p->a[k] + c->ctx->base, (long long)n, p->b[k] + c->ctx->base);
  }
  return NM_OK;
}

/* The contracted dims of x last (or first, in the order of the pairs) and as one, the others as
 * one; these are appended to s. */
static nm_tensor *folded(nm_context *ctx, nm_tensor *x, int n, const int *dims, bool last,
                         nm_dims *s) {
  int64_t order[NM_MAX_DIMS], size[2] = {1, 1};
  uint32_t gone = 0;
  int free = 0, at = last ? x->ndim - n : 0;
  for (int k = 0; k < n; k++) {
    gone |= 1u << dims[k];
    order[at + k] = dims[k];
    size[last] *= x->shape[dims[k]];
  }
  at = last ? 0 : n;
  for (int d = 0; d < x->ndim; d++) {
    if (gone >> d & 1) continue;
    order[at + free++] = d;
    size[!last] *= x->shape[d];
    s->dim[s->ndim++] = x->shape[d];
  }
  return nm__t_reshape(ctx, nm__t_permute(ctx, x, x->ndim, order), 2, size);
}

static nm_status tensordot_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *a = nm__tensor_arg(c, 0), *b = nm__tensor_arg(c, 1);
  contraction p = {0};
  nm_device *dev;
  nm_dims s = {.ndim = 0};
  uint32_t ones[2] = {0, 0};
  NM_TRY(nm__same_device(c, &dev));
  NM_TRY(nm__same_dtype(c, "other", b, a));
  if (a->dtype == NM_BOOL) return nm__op_error(c, NM_EINVAL, "not defined for bool");
  NM_TRY(read_contraction(c, a, b, &p));
  if (a->ndim + b->ndim - 2 * p.n > NM_MAX_DIMS)
    return nm__op_error(c, NM_EINVAL, "the result would have %d dims: a tensor has at most %d",
                        a->ndim + b->ndim - 2 * p.n, NM_MAX_DIMS);
  int mark = nm__scope(ctx);
  for (int k = 0; k < p.n; k++) { /* what meets a size of 1 is summed first */
    int64_t m = a->shape[p.a[k]], n = b->shape[p.b[k]];
    if (m == 1 && n != 1) ones[1] |= 1u << p.b[k];
    if (n == 1 && m != 1) ones[0] |= 1u << p.a[k];
  }
  nm_tensor *x = a, *y = b;
  if (ones[0]) x = nm__t_cast(ctx, nm__t_sum(ctx, a, ones[0], true), (nm_dtype)a->dtype);
  if (ones[1]) y = nm__t_cast(ctx, nm__t_sum(ctx, b, ones[1], true), (nm_dtype)b->dtype);
  if (!x || !y) return nm__result(c, mark, NULL);
  x = folded(ctx, x, p.n, p.a, true, &s);
  y = folded(ctx, y, p.n, p.b, false, &s);
  return nm__result(c, mark, nm__t_reshape(ctx, nm__t_matmul(ctx, x, y), s.ndim, s.dim));
}

/* ---- kron ---- */

static nm_status kron_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *a = nm__tensor_arg(c, 0), *b = nm__tensor_arg(c, 1);
  nm_dims sa = {.ndim = 0}, sb = {.ndim = 0}, s = {.ndim = 0};
  int n = a->ndim > b->ndim ? a->ndim : b->ndim;
  for (int d = 0; d < n; d++) { /* dims in which one of them has one element need no second dim */
    int64_t p = d < n - a->ndim ? 1 : a->shape[d - (n - a->ndim)],
            q = d < n - b->ndim ? 1 : b->shape[d - (n - b->ndim)];
    int extra = p != 1 && q != 1 ? 2 : 1;
    if (sa.ndim + extra > NM_MAX_DIMS)
      return nm__op_error(c, NM_EINVAL, "more than %d dims of which both sizes are not 1",
                          NM_MAX_DIMS / 2);
    s.dim[s.ndim++] = p * q;
    if (extra == 2) {
      sa.dim[sa.ndim++] = p, sa.dim[sa.ndim++] = 1;
      sb.dim[sb.ndim++] = 1, sb.dim[sb.ndim++] = q;
    } else {
      sa.dim[sa.ndim++] = p, sb.dim[sb.ndim++] = q;
    }
  }
  int mark = nm__scope(ctx);
  nm_tensor *y = nm__t2(ctx, NM_I_mul, nm__t_reshape(ctx, a, sa.ndim, sa.dim),
                        nm__t_reshape(ctx, b, sb.ndim, sb.dim));
  return nm__result(c, mark, nm__t_reshape(ctx, y, s.ndim, s.dim));
}

/* ---- cross ---- */

static nm_status cross_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *a = nm__tensor_arg(c, 0), *b = nm__tensor_arg(c, 1), *part[3], *x[2][3];
  bool strict =
      strchr(c->op->name, '.') != NULL; /* linalg.cross: the last dim where none is given */
  nm_dims s = {.ndim = 0};
  nm_device *dev;
  int dim = -1;
  char one[NM_SHAPE_TEXT];
  NM_TRY(nm__same_device(c, &dev));
  nm__broadcast(&s, a->ndim, a->shape);
  NM_TRY(nm__broadcast_arg(c, &s, b));
  if (nm__given(c, 2) || strict)
    NM_TRY(nm__dim_of(c, nm__int_arg(c, 2, -1), s.ndim, &dim));
  else
    for (int d = s.ndim - 1; d >= 0; d--)
      if (s.dim[d] == 3) dim = d;
  if (dim < 0 || !s.ndim || s.dim[dim] != 3)
    return nm__op_error(c, NM_EINVAL, "shape %s: %s has 3 elements",
                        nm__shape_text(s.ndim, s.dim, one),
                        dim < 0 ? "no dim" : "the dim of the vectors must be one that");
  if (a->dtype == NM_BOOL && b->dtype == NM_BOOL)
    return nm__op_error(c, NM_EINVAL, "not defined for bool");
  int mark = nm__scope(ctx);
  a = nm__t_expand(ctx, a, s.ndim, s.dim);
  b = nm__t_expand(ctx, b, s.ndim, s.dim);
  if (!a || !b) return nm__result(c, mark, NULL);
  for (int k = 0; k < 3; k++) {
    x[0][k] = nm__t_narrow(ctx, a, dim, k, 1);
    x[1][k] = nm__t_narrow(ctx, b, dim, k, 1);
  }
  for (int k = 0; k < 3; k++) {
    int i = (k + 1) % 3, j = (k + 2) % 3;
    part[k] = nm__t2(ctx, NM_I_sub, nm__t2(ctx, NM_I_mul, x[0][i], x[1][j]),
                     nm__t2(ctx, NM_I_mul, x[0][j], x[1][i]));
  }
  return nm__result(c, mark, nm__t_cat(ctx, 3, part, dim));
}

/* ---- cdist ---- */

nm_tensor *nm__t_root(nm_context *ctx, nm_tensor *s, double p) {
  nm_tensor *zero = nm__t2s(ctx, NM_I_eq, s, 0);
  nm_tensor *safe = nm__t3(ctx, NM_I_where, zero, nm__t_full_like(ctx, s, 1), s);
  nm_tensor *y = p == 2 ? nm__t1(ctx, NM_I_sqrt, safe) : nm__t2s(ctx, NM_I_pow, safe, 1 / p);
  return nm__t3(ctx, NM_I_where, zero, nm__t_full_like(ctx, s, 0), y);
}

/* |x|^p has the gradient 0 at 0, also for p <= 1. */
static nm_tensor *power(nm_context *ctx, nm_tensor *x, double p) {
  nm_tensor *zero = nm__t2s(ctx, NM_I_eq, x, 0);
  nm_tensor *safe = nm__t3(ctx, NM_I_where, zero, x ? nm__t_full_like(ctx, x, 1) : NULL, x);
  nm_tensor *y = nm__t2s(ctx, NM_I_pow, safe, p);
  if (p < 0) return nm__t2s(ctx, NM_I_pow, x, p);
  return nm__t3(ctx, NM_I_where, zero, x ? nm__t_full_like(ctx, x, 0) : NULL, y);
}

nm_tensor *nm__t_norm(nm_context *ctx, nm_tensor *x, double p, uint32_t dims, bool keepdim) {
  if (!x) return NULL;
  if (!dims && x->ndim == 0) /* of one number */
    return p == 0 ? nm__t_cast(ctx, nm__t2s(ctx, NM_I_ne, x, 0), (nm_dtype)x->dtype)
                  : nm__t1(ctx, NM_I_abs, x);
  if (p == 0)
    return nm__t_sum(ctx, nm__t_cast(ctx, nm__t2s(ctx, NM_I_ne, x, 0), (nm_dtype)x->dtype), dims,
                     keepdim);
  if (p == 2) return nm__t_root(ctx, nm__t_sum(ctx, nm__t1(ctx, NM_I_square, x), dims, keepdim), 2);
  x = nm__t1(ctx, NM_I_abs, x);
  if (p == 1) return nm__t_sum(ctx, x, dims, keepdim);
  if (isinf(p)) return nm__t_extreme(ctx, x, dims, keepdim, p > 0);
  return nm__t_root(ctx, nm__t_sum(ctx, power(ctx, x, p), dims, keepdim), p);
}

nm_tensor *nm__t_extreme(nm_context *ctx, nm_tensor *x, uint32_t dims, bool keepdim, bool max) {
  if (!x || !dims) return x;
  int64_t list[NM_MAX_DIMS];
  int n = 0;
  for (int d = 0; d < x->ndim; d++)
    if (dims >> d & 1) list[n++] = d;
  nm_value_arg args[3] = {nm__arg_t(x), nm__arg_ints(n, list), nm__arg_bool(keepdim)};
  return nm__t(ctx, nm__known(ctx, max ? NM_OP_amax : NM_OP_amin), args);
}

/* From |x|^2 + |y|^2 - 2 x y: fast, and exact only to within rounding of the squares. */
static nm_tensor *euclid(nm_context *ctx, nm_tensor *a, nm_tensor *b) {
  if (!a || !b) return NULL;
  uint32_t la = 1u << (a->ndim - 1), lb = 1u << (b->ndim - 1);
  nm_tensor *aa = nm__t_sum(ctx, nm__t1(ctx, NM_I_square, a), la, true);
  nm_tensor *bb = nm__t_mT(ctx, nm__t_sum(ctx, nm__t1(ctx, NM_I_square, b), lb, true));
  nm_tensor *ab = nm__t_matmul(ctx, a, nm__t_mT(ctx, b));
  nm_tensor *s =
      nm__t2(ctx, NM_I_sub, nm__t2(ctx, NM_I_add, aa, bb), nm__t2s(ctx, NM_I_mul, ab, 2));
  return nm__t_root(ctx, nm__t2s(ctx, NM_I_maximum, s, 0), 2);
}

static nm_tensor *distances(nm_context *ctx, nm_tensor *a, nm_tensor *b, double p) {
  nm_tensor *d = nm__t2(ctx, NM_I_sub, nm__t_unsqueeze(ctx, a, -2), nm__t_unsqueeze(ctx, b, -3));
  if (!d) return NULL;
  uint32_t last = 1u << (d->ndim - 1);
  return nm__t_norm(ctx, d, p, last, false);
}

static nm_status cdist_forward(nm_op_call *c) {
  static const char *const modes[] = {"use_mm_for_euclid_dist_if_necessary",
                                      "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist"};
  nm_context *ctx = c->ctx;
  nm_tensor *a = nm__tensor_arg(c, 0), *b = nm__tensor_arg(c, 1);
  double p = nm__float_arg(c, 2, 2);
  nm_device *dev;
  nm_dims s = {.ndim = 0};
  int mode = 0;
  NM_TRY(nm__same_device(c, &dev));
  NM_TRY(nm__same_dtype(c, "x2", b, a));
  while (nm__given(c, 3) && mode < 3 && strcmp(modes[mode], c->args[3].as.string) != 0) mode++;
  if (mode == 3)
    return nm__op_error(c, NM_EINVAL, "compute_mode is \"%s\", \"%s\" or \"%s\", not \"%s\"",
                        modes[0], modes[1], modes[2], c->args[3].as.string);
  if (!nm__is_float((nm_dtype)a->dtype))
    return nm__op_error(c, NM_EINVAL, "not defined for %s: convert with :to(\"float32\")",
                        nm__dtype_name(a->dtype));
  if (!(p >= 0)) return nm__op_error(c, NM_EINVAL, "p is %g: it can't be negative", p);
  if (a->ndim < 2 || b->ndim < 2 || a->shape[a->ndim - 1] != b->shape[b->ndim - 1]) {
    char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
    return nm__op_error(
        c, NM_EINVAL, "shapes %s and %s: both need 2 dims or more, and equal last sizes",
        nm__shape_text(a->ndim, a->shape, one), nm__shape_text(b->ndim, b->shape, two));
  }
  nm__broadcast(&s, a->ndim - 2, a->shape);
  nm_tensor batch = *b;
  batch.ndim = (uint8_t)(b->ndim - 2);
  NM_TRY(nm__broadcast_arg(c, &s, &batch));
  int64_t m = a->shape[a->ndim - 2], n = b->shape[b->ndim - 2], k = a->shape[a->ndim - 1];
  s.dim[s.ndim++] = m, s.dim[s.ndim++] = n;
  if (nm__checked_count(&s) < 0)
    return nm__op_error(c, NM_EINVAL, "the result would have too many elements");
  int mark = nm__scope(ctx);
  if (k == 0)
    return nm__result(c, mark, nm__t_full(ctx, dev, (nm_dtype)a->dtype, s.ndim, s.dim, 0));
  bool products = p == 2 && (mode == 1 || (mode == 0 && (m > 25 || n > 25)));
  if (!products && s.ndim == NM_MAX_DIMS)
    return nm__op_error(c, NM_EINVAL, "tensors of %d dims: at most %d", s.ndim, NM_MAX_DIMS - 1);
  nm_dtype dtype = (nm_dtype)a->dtype, wide = dtype == NM_FLOAT64 ? NM_FLOAT64 : NM_FLOAT32;
  a = nm__t_cast(ctx, a, wide);
  b = nm__t_cast(ctx, b, wide);
  nm_tensor *y = products ? euclid(ctx, a, b) : distances(ctx, a, b, p);
  return nm__result(c, mark, nm__t_cast(ctx, y, dtype));
}

/* ---- trace ---- */

static nm_status trace_forward(nm_op_call *c) {
  nm_tensor *x = nm__tensor_arg(c, 0);
  if (x->ndim != 2)
    return nm__op_error(c, NM_EINVAL, "a tensor of %d dims: it takes a matrix", x->ndim);
  int mark = nm__scope(c->ctx);
  return nm__result(c, mark, nm__t_sum(c->ctx, nm__t_diagonal(c->ctx, x, 0, 1), 1, false));
}

#define OUT (NM_ANYWHERE | NM_OUT | NM_COMPOSED)
#define PAIR                                                                                       \
  {"input", NM_P_TENSOR, 0, NULL}, { "other", NM_P_TENSOR, 0, NULL }
/* clang-format off */
static const nm_op ops[] = {
  {.name = "tensordot",
   NM_PARAMS({"a", NM_P_TENSOR, 0, NULL}, {"b", NM_P_TENSOR, 0, NULL},
             {"dims", NM_P_PAIR, NM_OPTIONAL, "2"}),
   .doc = "the sum of products over pairs of dims: the last so many of a with the first of b, or "
          "those in two lists",
   .shapes = "(..., K), (K, *) -> (..., *)", .errors = "bool, two dtypes, sizes that differ",
   .flags = OUT, .forward = tensordot_forward, .dtypes = "fi",
   .lo = -2, .hi = 2,
   .example = "nm.tensordot(nm.ones(3, 4, 5), nm.ones(4, 3, 2), {{2, 1}, {1, 2}})"},
  {.name = "kron", NM_PARAMS(PAIR),
   .doc = "the Kronecker product: each element of input times all of other, as blocks",
   .shapes = "(A, B), (C, D) -> (A C, B D)",
   .errors = "more than 4 dims of which both sizes are not 1",
   .flags = OUT, .forward = kron_forward, .dtypes = "fib", .lo = -2, .hi = 2,
   .example = "nm.eye(2):kron(nm.ones(2, 2))"},
  {.name = "cross", NM_PARAMS(PAIR, {"dim", NM_P_DIM, NM_OPTIONAL, "the first of size 3"}),
   .doc = "the cross product of vectors of 3 elements along dim",
   .shapes = "(..., 3, ...), (..., 3, ...) -> (..., 3, ...)",
   .errors = "another size of dim than 3",
   .flags = OUT, .forward = cross_forward, .dtypes = "fi", .lo = -2, .hi = 2,
   .example = "nm.tensor{1, 0, 0}:cross(nm.tensor{0, 1, 0})"},
  {.name = "linalg.cross", NM_PARAMS(PAIR, {"dim", NM_P_DIM, NM_OPTIONAL, "-1"}),
   .doc = "the cross product of vectors of 3 elements along dim",
   .shapes = "(..., 3), (..., 3) -> (..., 3)", .errors = "another size of dim than 3",
   .flags = NM_FUNCTION | NM_OUT | NM_COMPOSED, .forward = cross_forward, .dtypes = "fi",
   .lo = -2, .hi = 2, .example = "nm.linalg.cross(nm.tensor{1, 0, 0}, nm.tensor{0, 1, 0})"},
  {.name = "cdist",
   NM_PARAMS({"x1", NM_P_TENSOR, 0, NULL}, {"x2", NM_P_TENSOR, 0, NULL},
             {"p", NM_P_FLOAT, NM_OPTIONAL, "2"},
             {"compute_mode", NM_P_STRING, NM_OPTIONAL, "use_mm_for_euclid_dist_if_necessary"}),
   .doc = "the distances between all pairs of rows: sum(|x1[i] - x2[j]|^p)^(1/p); p = 0 counts "
          "unequal elements, p = math.huge takes the largest difference; for p = 2 and more than "
          "25 rows through a matrix product, unless compute_mode forbids it, which rounds at the "
          "size of the rows' squares; the gradient at distance 0 is 0",
   .shapes = "(..., P, M), (..., R, M) -> (..., P, R)", .errors = "integers, p < 0",
   .flags = NM_ANYWHERE | NM_COMPOSED, .forward = cdist_forward, .dtypes = "f", .lo = -2, .hi = 2,
   .example = "nm.cdist(nm.randn(3, 2), nm.randn(4, 2))"},
  {.name = "trace", NM_PARAMS({"input", NM_P_TENSOR, 0, NULL}),
   .doc = "the sum of the diagonal; of integers in int64",
   .shapes = "(M, N) -> ()",
   .flags = NM_ANYWHERE | NM_COMPOSED, .forward = trace_forward, .dtypes = "fib", .lo = -2, .hi = 2,
   .example = "nm.eye(3):trace()"},
};
/* clang-format on */
NM_FAMILY(algebra);
