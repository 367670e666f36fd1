/* factor.c: factorizations as ops: the host's LAPACK, and the derivatives in tensor ops. */
#include "fuse/fuse.h"
#include "ops/linalg.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- matrices on the host ---- */

nm_tensor *nm__to_device(nm_context *ctx, nm_tensor *x, nm_device *dev) {
  if (!x || nm__device_of(x) == dev) return x;
  nm_value_arg args[3] = {nm__arg_t(x), nm__arg_none(), nm__arg_str(dev->name)};
  return nm__t(ctx, nm__known(ctx, NM_OP_to), args);
}

/* Memory of the host for matrices of so many rows and columns, stored by rows; a temporary. */
nm_tensor *nm__host_matrices(nm_context *ctx, const nm_tensor *like, int64_t rows, int64_t cols) {
  nm_dims s = nm__dims_of(like);
  s.dim[s.ndim - 2] = rows, s.dim[s.ndim - 1] = cols;
  return nm__t_empty_of(ctx, ctx->cpu, (nm_dtype)like->dtype, s.ndim, s.dim);
}

/* A copy of x on the host that nobody else sees, each matrix by columns. */
nm_tensor *nm__by_columns(nm_context *ctx, nm_tensor *x) {
  nm_tensor *t = nm__t_mT(ctx, nm__to_device(ctx, x, ctx->cpu));
  nm_tensor *y = t ? nm__host_matrices(ctx, t, t->shape[t->ndim - 2], t->shape[t->ndim - 1]) : NULL;
  bool done = y && nm__store(ctx, y, t, false) == NM_OK && nm__writable(ctx, y) == NM_OK;
  return done ? y : NULL;
}

/* The other way: matrices by columns, as a tensor of its own on the device. */
nm_tensor *nm__from_columns(nm_context *ctx, nm_tensor *x, nm_device *dev) {
  return nm__to_device(ctx, nm__contiguous(ctx, nm__t_mT(ctx, x)), dev);
}

void *nm__host_memory(nm_context *ctx, nm_tensor *t) {
  nm_view v;
  if (!t || nm__view_of(ctx, t, &v) != NM_OK) return NULL;
  return (char *)v.mem->ptr + (size_t)v.offset * nm__dtype_size(v.dtype);
}

static int64_t batches(const nm_tensor *x) { return nm__count(x->ndim - 2, x->shape); }
static int64_t rows_of(const nm_tensor *x) { return x->shape[x->ndim - 2]; }
static int64_t cols_of(const nm_tensor *x) { return x->shape[x->ndim - 1]; }

static nm_status failure(const nm_op_call *c, const nm_lapack_call *l, int64_t matrix, int info) {
  char which[48] = "";
  int base = c->ctx->base;
  if (l->count > 1) snprintf(which, sizeof which, " of matrix %lld", (long long)(matrix + base));
  long long place = info - 1 + base;
  switch (info) {
  case NM_LA_NO_MEMORY: return nm__op_error(c, NM_ENOMEM, "out of memory");
  case NM_LA_NOT_FINITE:
    return nm__op_error(c, NM_EINVAL, "an element%s is NaN or infinite", which);
  case NM_LA_COMPLEX:
    return nm__op_error(c, NM_EINVAL,
                        "eigenvalues%s are complex, and there are no complex dtypes: "
                        "linalg.eigh is for symmetric matrices, linalg.svd for any",
                        which);
  default: break;
  }
  if (info < 0) return nm__op_error(c, NM_EINVAL, "LAPACK refuses argument %d%s", -info, which);
  switch (l->task) {
  case NM_LA_CHOLESKY:
    return nm__op_error(c, NM_EINVAL,
                        "the matrix is not positive definite: its leading minor of order %d%s is "
                        "not positive",
                        info, which);
  case NM_LA_INVERSE:
  case NM_LA_SOLVE:
  case NM_LA_TRIANGULAR:
    return nm__op_error(c, NM_EINVAL, "the matrix is singular: pivot %lld%s is 0", place, which);
  case NM_LA_LSTSQ:
    return nm__op_error(c, NM_EINVAL, "the matrix%s has not full rank, which driver \"gels\" needs",
                        which);
  default: return nm__op_error(c, NM_EINVAL, "the iteration%s did not converge", which);
  }
}

/* Runs a task on the host's memory; sets the steps from the sizes of one matrix. */
nm_status nm__run_lapack(const nm_op_call *c, nm_lapack_call *l) {
  if (!l->count) return NM_OK;
  l->info = calloc((size_t)l->count, sizeof *l->info);
  if (!l->info) return nm__op_error(c, NM_ENOMEM, "out of memory");
  nm_status s = nm__lapack(c->ctx, l);
  for (int64_t i = 0; s == NM_OK && i < l->count; i++)
    if (l->info[i]) s = failure(c, l, i, l->info[i]);
  free(l->info);
  return s;
}

nm_lapack_call nm__lapack_of(nm_lapack_task task, const nm_tensor *x) {
  nm_lapack_call l = {.task = task,
                      .wide = x->dtype == NM_FLOAT64,
                      .m = (int)rows_of(x),
                      .n = (int)cols_of(x),
                      .count = batches(x)};
  l.a_step = rows_of(x) * cols_of(x);
  return l;
}

/* ---- helpers of the families ---- */

nm_tensor *nm__t_wide(nm_context *ctx, nm_tensor *x) {
  return x ? nm__t_cast(ctx, x, nm__computed_in((nm_dtype)x->dtype)) : NULL;
}

nm_tensor *nm__t_factor(nm_context *ctx, nm_known op, nm_tensor *x, bool flag) {
  nm_value_arg args[2] = {nm__arg_t(x), nm__arg_bool(flag)};
  return nm__t(ctx, nm__known(ctx, op), args);
}

nm_tensor *nm__t_solve(nm_context *ctx, nm_tensor *a, nm_tensor *b) {
  nm_value_arg args[2] = {nm__arg_t(a), nm__arg_t(b)};
  return nm__t(ctx, nm__known(ctx, NM_OP_factor_solve), args);
}

nm_tensor *nm__t_triangular(nm_context *ctx, nm_tensor *a, nm_tensor *b, bool upper, bool unit) {
  nm_value_arg args[4] = {nm__arg_t(a), nm__arg_t(b), nm__arg_bool(upper), nm__arg_bool(unit)};
  return nm__t(ctx, nm__known(ctx, NM_OP_factor_triangular), args);
}

nm_tensor *nm__t_block(nm_context *ctx, nm_tensor *x, int64_t first, int64_t rows, int64_t col,
                       int64_t cols) {
  nm_tensor *y = x ? nm__t_narrow(ctx, x, x->ndim - 2, first, rows) : NULL;
  return y ? nm__t_narrow(ctx, y, x->ndim - 1, col, cols) : NULL;
}

nm_tensor *nm__t_column(nm_context *ctx, nm_tensor *x, int64_t first, int64_t rows, int64_t col) {
  return nm__t_squeeze(ctx, nm__t_block(ctx, x, first, rows, col, 1), -1);
}

nm_tensor *nm__t_quotient(nm_context *ctx, nm_tensor *num, nm_tensor *den) {
  nm_tensor *none =
      nm__t2(ctx, NM_I_logical_and, nm__t2s(ctx, NM_I_eq, num, 0), nm__t2s(ctx, NM_I_eq, den, 0));
  nm_tensor *one =
      none ? nm__t_full(ctx, nm__device_of(num), (nm_dtype)num->dtype, 0, NULL, 1) : NULL;
  return nm__t2(ctx, NM_I_div, num, nm__t3(ctx, NM_I_where, none, one, den));
}

nm_tensor *nm__t_diag(nm_context *ctx, nm_tensor *x) {
  nm_value_arg args[4] = {nm__arg_t(x), nm__arg_none(), nm__arg_none(), nm__arg_none()};
  return nm__t(ctx, nm__known(ctx, NM_OP_diag_embed), args);
}

nm_tensor *nm__t_triangle(nm_context *ctx, nm_tensor *x, bool upper, int diagonal) {
  nm_value_arg args[2] = {nm__arg_t(x), nm__arg_int(diagonal)};
  return nm__t(ctx, nm__known(ctx, upper ? NM_OP_triu : NM_OP_tril), args);
}

nm_tensor *nm__t_eye_like(nm_context *ctx, nm_tensor *x, int64_t n) {
  if (!x) return NULL;
  int64_t shape[1] = {n};
  return nm__t_diag(ctx, nm__t_full(ctx, nm__device_of(x), (nm_dtype)x->dtype, 1, shape, 1));
}

static nm_tensor *mul(nm_context *ctx, nm_tensor *a, nm_tensor *b) {
  return nm__t2(ctx, NM_I_mul, a, b);
}
static nm_tensor *scaled(nm_context *ctx, nm_tensor *a, double s) {
  return nm__t2s(ctx, NM_I_mul, a, s);
}

/* ---- inverse and solve ---- */

/* What LAPACK leaves where x was. */
static nm_status in_place(nm_op_call *c, nm_lapack_task task) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  int mark = nm__scope(ctx);
  nm_lapack_call l = nm__lapack_of(task, x);
  nm_tensor *a = nm__by_columns(ctx, x);
  l.a = nm__host_memory(ctx, a);
  bool done = a && (!l.n || nm__run_lapack(c, &l) == NM_OK);
  return nm__result(c, mark, done ? nm__from_columns(ctx, a, nm__device_of(x)) : NULL);
}

static nm_status inverse_forward(nm_op_call *c) { return in_place(c, NM_LA_INVERSE); }

/* Y = A^-1: -Y^T g Y^T */
static nm_tensor *inverse_backward(nm_grad_call *b, int i) {
  (void)i;
  nm_context *ctx = b->ctx;
  nm_tensor *t = nm__t_mT(ctx, b->y);
  return nm__gradient(b,
                      nm__t1(ctx, NM_I_neg, nm__t_matmul(ctx, nm__t_matmul(ctx, t, b->g[0]), t)));
}

static nm_status solve_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *right = nm__tensor_arg(c, 1);
  bool triangular = c->op->nparams > 2;
  int mark = nm__scope(ctx);
  nm_lapack_call l = nm__lapack_of(triangular ? NM_LA_TRIANGULAR : NM_LA_SOLVE, x);
  l.k = (int)cols_of(right);
  l.b_step = rows_of(right) * cols_of(right);
  if (triangular) l.upper = nm__bool_arg(c, 2, false), l.unit = nm__bool_arg(c, 3, false);
  nm_tensor *a = nm__by_columns(ctx, x), *b = nm__by_columns(ctx, right);
  l.a = nm__host_memory(ctx, a);
  l.b = nm__host_memory(ctx, b);
  bool done = a && b && (!l.n || !l.k || nm__run_lapack(c, &l) == NM_OK);
  return nm__result(c, mark, done ? nm__from_columns(ctx, b, nm__device_of(x)) : NULL);
}

/* A X = B: gB = A^-T g, gA = -gB X^T */
static nm_tensor *solve_backward(nm_grad_call *b, int i) {
  nm_context *ctx = b->ctx;
  nm_tensor *g = nm__t_solve(ctx, nm__t_mT(ctx, b->x[0]), b->g[0]);
  if (i == 0) g = nm__t1(ctx, NM_I_neg, nm__t_matmul(ctx, g, nm__t_mT(ctx, b->y)));
  return nm__gradient(b, g);
}

static nm_tensor *triangular_backward(nm_grad_call *b, int i) {
  nm_context *ctx = b->ctx;
  bool upper = b->args[2].as.boolean, unit = b->args[3].as.boolean;
  nm_tensor *g = nm__t_triangular(ctx, nm__t_mT(ctx, b->x[0]), b->g[0], !upper, unit);
  if (i == 0) {
    g = nm__t1(ctx, NM_I_neg, nm__t_matmul(ctx, g, nm__t_mT(ctx, b->y)));
    g = nm__t_triangle(ctx, g, upper, unit ? (upper ? 1 : -1) : 0);
  }
  return nm__gradient(b, g);
}

/* ---- determinants ---- */

/* The product of the diagonal of U, with the sign of the row exchanges; or its sign and logarithm.
 * NaN where the matrix has NaN. */
static void determinant(const nm_lapack_call *l, int64_t i, double *sign, double *logarithm,
                        double *product) {
  int negative = 0;
  *logarithm = 0, *product = 1, *sign = 1;
  for (int k = 0; k < l->n; k++) {
    size_t at = (size_t)(i * l->a_step) + (size_t)k * (size_t)(l->n + 1);
    double u = l->wide ? ((double *)l->a)[at] : (double)((float *)l->a)[at];
    negative ^= (l->pivots[i * l->n + k] != k + 1) ^ (u < 0);
    *product *= u < 0 ? -u : u;
    *logarithm += log(u < 0 ? -u : u);
    if (u == 0) *sign = 0;
    if (u != u) *sign = u;
  }
  if (negative) *sign = -*sign, *product = -*product;
  if (*sign == 0) *sign = 0;
}

static nm_status determinant_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *y[2] = {NULL, NULL};
  nm_device *dev = nm__device_of(x);
  bool logarithm = nm__bool_arg(c, 1, false);
  int mark = nm__scope(ctx), nout = logarithm ? 2 : 1;
  nm_lapack_call l = nm__lapack_of(NM_LA_LU, x);
  nm_tensor *a = nm__by_columns(ctx, x);
  void *to[2] = {NULL, NULL};
  l.a = nm__host_memory(ctx, a);
  l.pivots_step = l.n;
  l.pivots = malloc(((size_t)(l.count * l.n) + 1) * sizeof *l.pivots);
  bool done = a && l.pivots && (!l.n || nm__run_lapack(c, &l) == NM_OK);
  for (int k = 0; done && k < nout; k++) {
    y[k] = nm__t_empty_of(ctx, ctx->cpu, (nm_dtype)x->dtype, x->ndim - 2, x->shape);
    to[k] = nm__host_memory(ctx, y[k]);
    done = y[k] && (to[k] || !l.count);
  }
  for (int64_t i = 0; done && i < l.count; i++) {
    double sign, size, product;
    determinant(&l, i, &sign, &size, &product);
    double v[2] = {logarithm ? sign : product, size};
    for (int k = 0; k < nout; k++) {
      if (l.wide)
        ((double *)to[k])[i] = v[k];
      else
        ((float *)to[k])[i] = (float)v[k];
    }
  }
  free(l.pivots);
  if (!done) return nm__result(c, mark, NULL);
  for (int k = 0; k < nout; k++) y[k] = nm__to_device(ctx, y[k], dev);
  return nm__results(c, mark, nout, y);
}

static nm_tensor *two_dims_more(nm_context *ctx, nm_tensor *x) {
  return nm__t_unsqueeze(ctx, nm__t_unsqueeze(ctx, x, -1), -1);
}

/* The transposed cofactors: det(U) det(V) U diag(prod of the other singular values) V^T, which also
 * holds for singular matrices. */
static nm_tensor *cofactors(nm_context *ctx, nm_tensor *x) {
  if (!x) return NULL;
  int64_t n = cols_of(x), list[1] = {-1};
  nm_tensor *p = nm__t_factor(ctx, NM_OP_factor_svd, x, false);
  nm_tensor *u = nm__t_mT(ctx, nm__t_block(ctx, p, 0, n, 0, n)),
            *vt = nm__t_block(ctx, p, 0, n, n, n), *s = nm__t_column(ctx, p, 0, n, 2 * n);
  nm_tensor *eye = nm__t_eye_like(ctx, x, n), *one = eye ? nm__t_full_like(ctx, eye, 1) : NULL;
  nm_tensor *others = nm__t3(ctx, NM_I_where, nm__t2s(ctx, NM_I_ne, eye, 0), one,
                             s ? nm__t_unsqueeze(ctx, s, -2) : NULL);
  nm_value_arg args[4] = {nm__arg_t(others), nm__arg_ints(1, list), nm__arg_none(), nm__arg_none()};
  nm_tensor *d = nm__t(ctx, nm__known(ctx, NM_OP_prod), args);
  nm_tensor *sign = mul(ctx, nm__t_factor(ctx, NM_OP_factor_det, u, false),
                        nm__t_factor(ctx, NM_OP_factor_det, vt, false));
  if (!d || !sign) return NULL;
  nm_tensor *y = nm__t_matmul(ctx, mul(ctx, u, nm__t_unsqueeze(ctx, d, -2)), vt);
  return mul(ctx, two_dims_more(ctx, sign), y);
}

static bool any_zero(nm_context *ctx, nm_tensor *x) {
  nm_value_arg v = {.kind = NM_ARG_BOOL};
  nm_tensor *zero = nm__t2s(ctx, NM_I_eq, x, 0);
  if (!zero || nm_numel(x) == 0) return false;
  nm_tensor *any = nm__temp(ctx, nm__reduce(ctx, NM_R_ANY, zero, (1u << x->ndim) - 1, NM_BOOL));
  int64_t at[1] = {0};
  if (any && nm__get_element(ctx, any, any->ndim, at, &v) != NM_OK) return false;
  return v.as.boolean;
}

/* det: g det A^-T, and through the cofactors where a determinant is 0; log |det|: g A^-T. */
static nm_tensor *determinant_backward(nm_grad_call *b, int i) {
  (void)i;
  nm_context *ctx = b->ctx;
  bool logarithm = b->args[1].as.boolean;
  nm_tensor *g = logarithm ? b->g[1] : b->g[0];
  if (!g) return NULL;
  if (!logarithm && any_zero(ctx, b->y))
    return nm__gradient(b, mul(ctx, two_dims_more(ctx, g), cofactors(ctx, b->x[0])));
  nm_tensor *inverse = nm__t_factor(ctx, NM_OP_factor_inv, b->x[0], false);
  if (!logarithm) g = mul(ctx, g, b->y);
  return nm__gradient(b, g ? mul(ctx, two_dims_more(ctx, g), nm__t_mT(ctx, inverse)) : NULL);
}

/* ---- Cholesky ---- */

static nm_status cholesky_forward(nm_op_call *c) { return in_place(c, NM_LA_CHOLESKY); }

/* The lower triangle with its diagonal halved. */
static nm_tensor *half_triangle(nm_context *ctx, nm_tensor *x) {
  nm_tensor *below = nm__t_triangle(ctx, x, false, -1), *on = nm__t_triangle(ctx, x, false, 0);
  return scaled(ctx, nm__t2(ctx, NM_I_add, below, on), 0.5);
}

/* L^-T phi(L^T g) L^-1, made symmetric; phi: the lower triangle with its diagonal halved. */
static nm_tensor *cholesky_backward(nm_grad_call *b, int i) {
  (void)i;
  nm_context *ctx = b->ctx;
  nm_tensor *lt = nm__t_mT(ctx, b->y), *phi = half_triangle(ctx, nm__t_matmul(ctx, lt, b->g[0]));
  nm_tensor *s = phi ? nm__t_triangular(ctx, lt, phi, true, false) : NULL;
  s = s ? nm__t_triangular(ctx, lt, nm__t_mT(ctx, s), true, false) : NULL;
  return nm__gradient(b, s ? scaled(ctx, nm__t2(ctx, NM_I_add, s, nm__t_mT(ctx, s)), 0.5) : NULL);
}

/* ---- LU ---- */

/* Rows of A in the order that the exchanges of rows leave: row i of the result is A's order[i]. */
static void order_of(const int32_t *pivots, int k, int m, int64_t *order) {
  for (int i = 0; i < m; i++) order[i] = i;
  for (int i = 0; i < k; i++) {
    int64_t other = order[pivots[i] - 1];
    order[pivots[i] - 1] = order[i];
    order[i] = other;
  }
}

/* L and U in one; the exchanges, counting from ctx->base; the order of the rows, from 0. */
static nm_status lu_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *y[3];
  nm_device *dev = nm__device_of(x);
  int mark = nm__scope(ctx);
  nm_lapack_call l = nm__lapack_of(NM_LA_LU, x);
  int k = l.m < l.n ? l.m : l.n;
  nm_dims s = nm__dims_of(x);
  nm_tensor *a = nm__by_columns(ctx, x);
  s.dim[--s.ndim - 1] = k;
  nm_tensor *pivots = nm__t_empty_of(ctx, ctx->cpu, NM_INT32, s.ndim, s.dim);
  s.dim[s.ndim - 1] = l.m;
  nm_tensor *order = nm__t_empty_of(ctx, ctx->cpu, NM_INT64, s.ndim, s.dim);
  if (!a || !pivots || !order) return nm__result(c, mark, NULL);
  int64_t *to = nm__host_memory(ctx, order);
  l.a = nm__host_memory(ctx, a);
  l.pivots = nm__host_memory(ctx, pivots), l.pivots_step = k;
  if (k && nm__run_lapack(c, &l) != NM_OK) return nm__result(c, mark, NULL);
  for (int64_t i = 0; i < l.count; i++) {
    order_of(l.pivots + i * k, k, l.m, to + i * l.m);
    for (int j = 0; j < k; j++) l.pivots[i * k + j] += ctx->base - 1;
  }
  y[0] = nm__from_columns(ctx, a, dev);
  y[1] = nm__to_device(ctx, pivots, dev);
  y[2] = nm__to_device(ctx, order, dev);
  return nm__results(c, mark, 3, y);
}

/* The factors of a square matrix whose rows are in order, which are known: it gives the tape what
 * they came from. */
static nm_status lu_of_forward(nm_op_call *c) {
  int mark = nm__scope(c->ctx);
  return nm__result(c, mark, nm__t_clone(c->ctx, nm__tensor_arg(c, 1)));
}

/* L^-T (below(L^T gL) + upper(gU U^T)) U^-T */
static nm_tensor *lu_of_backward(nm_grad_call *b, int i) {
  nm_context *ctx = b->ctx;
  if (i == 1) return NULL;
  nm_tensor *lt = nm__t_mT(ctx, b->y), *u = b->y;
  nm_tensor *eye = nm__t_eye_like(ctx, u, cols_of(u));
  nm_tensor *low = nm__t_triangle(ctx, u, false, -1);
  nm_tensor *l = low && eye ? nm__t2(ctx, NM_I_add, low, eye) : NULL;
  nm_tensor *gl = nm__t_triangle(ctx, b->g[0], false, -1),
            *gu = nm__t_triangle(ctx, b->g[0], true, 0);
  nm_tensor *ut = nm__t_mT(ctx, nm__t_triangle(ctx, u, true, 0));
  nm_tensor *core = nm__t_matmul(ctx, nm__t_mT(ctx, l), gl), *other = nm__t_matmul(ctx, gu, ut);
  if (!core || !other) return nm__gradient(b, NULL);
  core = nm__t2(ctx, NM_I_add, nm__t_triangle(ctx, core, false, -1),
                nm__t_triangle(ctx, other, true, 0));
  core = core ? nm__t_triangular(ctx, lt, core, true, true) : NULL;
  core = core ? nm__t_triangular(ctx, u, nm__t_mT(ctx, core), true, false) : NULL;
  return nm__gradient(b, nm__t_mT(ctx, core));
}

#define MATRIX                                                                                     \
  { "input", NM_P_TENSOR, 0, NULL }
#define FLAG(name)                                                                                 \
  { name, NM_P_BOOL, 0, NULL }
#define Y NM_USE_RESULT
/* clang-format off */
static const nm_op ops[] = {
  {.name = "factor_inv", NM_PARAMS(MATRIX, FLAG("unused")), .doc = "the inverse",
   .forward = inverse_forward, .backward = inverse_backward, .uses = {Y}, .dtypes = "f"},
  {.name = "factor_solve", NM_PARAMS(MATRIX, {"other", NM_P_TENSOR, 0, NULL}), .doc = "A^-1 B",
   .forward = solve_forward, .backward = solve_backward, .uses = {Y | 1, 1}, .dtypes = "f"},
  {.name = "factor_triangular",
   NM_PARAMS(MATRIX, {"other", NM_P_TENSOR, 0, NULL}, FLAG("upper"), FLAG("unit")),
   .doc = "A^-1 B for a triangle of A",
   .forward = solve_forward, .backward = triangular_backward, .uses = {Y | 1, 1}, .dtypes = "f"},
  {.name = "factor_det", NM_PARAMS(MATRIX, FLAG("log")),
   .doc = "the determinant, or its sign and the logarithm of its size",
   .forward = determinant_forward, .backward = determinant_backward, .uses = {Y | 1},
   .dtypes = "f"},
  {.name = "factor_cholesky", NM_PARAMS(MATRIX, FLAG("unused")), .doc = "L, where A = L L^T",
   .forward = cholesky_forward, .backward = cholesky_backward, .uses = {Y}, .dtypes = "f"},
  {.name = "factor_lu", NM_PARAMS(MATRIX),
   .doc = "L and U in one, the exchanges, the order of rows",
   .forward = lu_forward, .dtypes = "f"},
  {.name = "factor_lu_of", NM_PARAMS(MATRIX, {"factors", NM_P_TENSOR, 0, NULL}),
   .doc = "the known factors of a square matrix", .forward = lu_of_forward,
   .backward = lu_of_backward, .uses = {Y, 0}, .dtypes = "f"},
};
/* clang-format on */
NM_FAMILY(factor);
