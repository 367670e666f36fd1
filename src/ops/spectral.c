/* spectral.c: singular values, eigenvalues, QR, least squares and the pseudoinverse as ops.
 *
 * Derivatives: Giles 2008 ("An extended collection of matrix derivative results"), Townsend 2016
 * (the SVD), Seeger et al. 2017 (QR), Golub & Pereyra 1973 (the pseudoinverse).  Where values are
 * repeated their vectors have no derivative: quotients of 0 by 0 count as 0, so that functions
 * of the values, or of what does not depend on the choice of vectors, keep theirs. */
#include "fuse/fuse.h"
#include "ops/linalg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static nm_tensor *mul(nm_context *ctx, nm_tensor *a, nm_tensor *b) {
  return nm__t2(ctx, NM_I_mul, a, b);
}
static nm_tensor *add(nm_context *ctx, nm_tensor *a, nm_tensor *b) {
  return nm__t2(ctx, NM_I_add, a, b);
}
static nm_tensor *sub(nm_context *ctx, nm_tensor *a, nm_tensor *b) {
  return nm__t2(ctx, NM_I_sub, a, b);
}
static nm_tensor *mm(nm_context *ctx, nm_tensor *a, nm_tensor *b) {
  return nm__t_matmul(ctx, a, b);
}
static nm_tensor *mT(nm_context *ctx, nm_tensor *x) { return nm__t_mT(ctx, x); }
static nm_tensor *as_row(nm_context *ctx, nm_tensor *x) {
  return x ? nm__t_unsqueeze(ctx, x, -2) : NULL;
}
static nm_tensor *as_column(nm_context *ctx, nm_tensor *x) {
  return x ? nm__t_unsqueeze(ctx, x, -1) : NULL;
}
static nm_tensor *skew(nm_context *ctx, nm_tensor *x) { return sub(ctx, x, mT(ctx, x)); }

static int64_t rows(const nm_dims *s) { return s->dim[s->ndim - 2]; }
static int64_t cols(const nm_dims *s) { return s->dim[s->ndim - 1]; }
static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* Runs a task that fills `packed` (host matrices); the result is it, on x's device. */
static nm_tensor *filled(nm_op_call *c, nm_lapack_call *l, nm_tensor *x, nm_tensor *packed) {
  nm_context *ctx = c->ctx;
  int n = packed ? packed->ndim : 0;
  if (!packed) return NULL;
  l->b = nm__host_memory(ctx, packed);
  l->b_step = n == x->ndim ? packed->shape[n - 2] * packed->shape[n - 1] : packed->shape[n - 1];
  if (nm_numel(packed) && nm__run_lapack(c, l) != NM_OK) return NULL;
  return nm__to_device(ctx, packed, nm__device_of(x));
}

/* ---- singular values ---- */

static nm_status svd_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  bool full = nm__bool_arg(c, 1, false);
  int mark = nm__scope(ctx);
  nm_lapack_call l = nm__lapack_of(NM_LA_SVD, x);
  int64_t m = l.m, n = l.n, k = least(m, n), most = full ? m + n - k : k;
  l.k = (int)most;
  nm_tensor *a = nm__by_columns(ctx, x);
  l.a = nm__host_memory(ctx, a);
  return nm__result(c, mark,
                    a ? filled(c, &l, x, nm__host_matrices(ctx, x, most, m + n + 1)) : NULL);
}

/* U [(skew(U^T gU) / E) S + S (skew(V^T gV) / E) + gS] V^T, E_ij = S_j^2 - S_i^2; and of what lies
 * outside the spaces of U and V, divided by S. */
static nm_tensor *svd_backward(nm_grad_call *b, int i) {
  nm_context *ctx = b->ctx;
  const nm_dims *shape = &b->node->edges[i].shape;
  int64_t m = rows(shape), n = cols(shape), k = least(m, n);
  nm_tensor *y = b->y, *g = b->g[0];
  nm_tensor *u = mT(ctx, nm__t_block(ctx, y, 0, k, 0, m)), *vt = nm__t_block(ctx, y, 0, k, m, n),
            *s = nm__t_column(ctx, y, 0, k, m + n);
  nm_tensor *gu = mT(ctx, nm__t_block(ctx, g, 0, k, 0, m)), *gvt = nm__t_block(ctx, g, 0, k, m, n),
            *gs = nm__t_column(ctx, g, 0, k, m + n);
  nm_tensor *row = as_row(ctx, s), *column = as_column(ctx, s);
  nm_tensor *e = mul(ctx, sub(ctx, row, column), add(ctx, row, column));
  nm_tensor *ugu = mm(ctx, mT(ctx, u), gu), *vgv = mm(ctx, vt, mT(ctx, gvt));
  nm_tensor *core = add(ctx, mul(ctx, nm__t_quotient(ctx, skew(ctx, ugu), e), row),
                        mul(ctx, column, nm__t_quotient(ctx, skew(ctx, vgv), e)));
  core = add(ctx, core, gs ? nm__t_diag(ctx, gs) : NULL);
  nm_tensor *ga = mm(ctx, u, mm(ctx, core, vt));
  if (m > k) {
    nm_tensor *out = sub(ctx, gu, mm(ctx, u, ugu));
    ga = add(ctx, ga, mm(ctx, nm__t_quotient(ctx, out, row), vt));
  }
  if (n > k) {
    nm_tensor *out = sub(ctx, gvt, mm(ctx, mm(ctx, gvt, mT(ctx, vt)), vt));
    ga = add(ctx, ga, mm(ctx, u, nm__t_quotient(ctx, out, column)));
  }
  return nm__gradient(b, ga);
}

/* Singular values, or eigenvalues of symmetric matrices, alone. */
static nm_status values_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  bool eigen = c->op->name[7] == 'e';
  int mark = nm__scope(ctx);
  nm_lapack_call l = nm__lapack_of(eigen ? NM_LA_EIGH_VALUES : NM_LA_SVD_VALUES, x);
  nm_dims s = nm__dims_of(x);
  s.dim[--s.ndim - 1] = least(l.m, l.n);
  l.upper = nm__bool_arg(c, 1, false);
  nm_tensor *a = nm__by_columns(ctx, x);
  l.a = nm__host_memory(ctx, a);
  nm_tensor *y = nm__t_empty_of(ctx, ctx->cpu, (nm_dtype)x->dtype, s.ndim, s.dim);
  return nm__result(c, mark, a ? filled(c, &l, x, y) : NULL);
}

/* ---- eigenvalues ---- */

static nm_status eigh_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  int mark = nm__scope(ctx);
  nm_lapack_call l = nm__lapack_of(NM_LA_EIGH, x);
  int64_t n = l.n, count = l.count;
  size_t size = nm__dtype_size((nm_dtype)x->dtype);
  nm_tensor *a = nm__by_columns(ctx, x), *p = a ? nm__host_matrices(ctx, x, n, n + 1) : NULL;
  char *from = nm__host_memory(ctx, a), *to = nm__host_memory(ctx, p);
  l.upper = nm__bool_arg(c, 1, false);
  for (int64_t j = 0; p && j < count * n; j++)
    memcpy(to + (size_t)(j * (n + 1)) * size, from + (size_t)(j * n) * size, (size_t)n * size);
  return nm__result(c, mark, filled(c, &l, x, p));
}

/* V (skew(V^T gV) / 2E + gw) V^T, E_ij = w_j - w_i: symmetric, as the matrix is. */
static nm_tensor *eigh_backward(nm_grad_call *b, int i) {
  nm_context *ctx = b->ctx;
  int64_t n = cols(&b->node->edges[i].shape);
  nm_tensor *v = mT(ctx, nm__t_block(ctx, b->y, 0, n, 0, n)), *w = nm__t_column(ctx, b->y, 0, n, n);
  nm_tensor *gv = mT(ctx, nm__t_block(ctx, b->g[0], 0, n, 0, n)),
            *gw = nm__t_column(ctx, b->g[0], 0, n, n);
  nm_tensor *e = sub(ctx, as_row(ctx, w), as_column(ctx, w));
  nm_tensor *k = nm__t2s(ctx, NM_I_mul, skew(ctx, mm(ctx, mT(ctx, v), gv)), 0.5);
  nm_tensor *core = add(ctx, nm__t_quotient(ctx, k, e), gw ? nm__t_diag(ctx, gw) : NULL);
  return nm__gradient(b, mm(ctx, v, mm(ctx, core, mT(ctx, v))));
}

static nm_status eig_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  int mark = nm__scope(ctx);
  nm_lapack_call l = nm__lapack_of(NM_LA_EIG, x);
  nm_tensor *a = nm__by_columns(ctx, x);
  l.a = nm__host_memory(ctx, a);
  return nm__result(c, mark, a ? filled(c, &l, x, nm__host_matrices(ctx, x, l.n, l.n + 1)) : NULL);
}

/* V^-T (gw + (V^T gV - V^T V diag(V^T gV)) / E) V^T, as the columns of V have length 1. */
static nm_tensor *eig_backward(nm_grad_call *b, int i) {
  nm_context *ctx = b->ctx;
  int64_t n = cols(&b->node->edges[i].shape);
  nm_tensor *vt = nm__t_block(ctx, b->y, 0, n, 0, n), *w = nm__t_column(ctx, b->y, 0, n, n);
  nm_tensor *gvt = nm__t_block(ctx, b->g[0], 0, n, 0, n), *gw = nm__t_column(ctx, b->g[0], 0, n, n);
  nm_tensor *e = sub(ctx, as_row(ctx, w), as_column(ctx, w));
  nm_tensor *k = mm(ctx, vt, mT(ctx, gvt)), *on = k ? nm__t_diagonal(ctx, k, -2, -1) : NULL;
  k = sub(ctx, k, mul(ctx, mm(ctx, vt, mT(ctx, vt)), as_row(ctx, on)));
  k = mul(ctx, k, nm__ts2(ctx, NM_I_sub, 1, nm__t_eye_like(ctx, b->y, n)));
  nm_tensor *core = add(ctx, nm__t_quotient(ctx, k, e), gw ? nm__t_diag(ctx, gw) : NULL);
  core = mm(ctx, core, vt);
  return nm__gradient(b, core ? nm__t_solve(ctx, vt, core) : NULL);
}

/* ---- QR ---- */

static nm_status qr_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  int mark = nm__scope(ctx);
  nm_lapack_call l = nm__lapack_of(NM_LA_QR, x);
  l.k = nm__bool_arg(c, 1, false) ? l.m : (int)least(l.m, l.n);
  nm_tensor *a = nm__by_columns(ctx, x);
  l.a = nm__host_memory(ctx, a);
  return nm__result(
      c, mark, a ? filled(c, &l, x, nm__host_matrices(ctx, x, l.k, (int64_t)l.m + l.n)) : NULL);
}

/* m >= n: (gQ + Q M) R^-T, M the upper triangle of gR R^T - Q^T gQ made symmetric.  Else the first
 * m columns are such a matrix, and the others are Q R2, through which Q has another gradient. */
static nm_tensor *qr_backward(nm_grad_call *b, int i) {
  nm_context *ctx = b->ctx;
  const nm_dims *shape = &b->node->edges[i].shape;
  int64_t m = rows(shape), n = cols(shape), k = b->y->shape[b->y->ndim - 2], r = least(m, n);
  if (k > r) {
    b->status = nm__error(ctx, NM_EINVAL,
                          "linalg.qr: Q of mode \"complete\" has no derivative for matrices with "
                          "more rows than columns: use \"reduced\"");
    return NULL;
  }
  nm_tensor *q = mT(ctx, nm__t_block(ctx, b->y, 0, k, 0, m)),
            *gq = mT(ctx, nm__t_block(ctx, b->g[0], 0, k, 0, m)), *rest = NULL;
  nm_tensor *r1 = nm__t_block(ctx, b->y, 0, k, m, r), *gr = nm__t_block(ctx, b->g[0], 0, k, m, r);
  if (n > r) {
    nm_tensor *r2 = nm__t_block(ctx, b->y, 0, k, m + r, n - r),
              *gr2 = nm__t_block(ctx, b->g[0], 0, k, m + r, n - r);
    gq = add(ctx, gq, mm(ctx, mm(ctx, q, r2), mT(ctx, gr2)));
    rest = mm(ctx, q, gr2);
    if (!rest) return nm__gradient(b, NULL);
  }
  nm_tensor *core = sub(ctx, mm(ctx, gr, mT(ctx, r1)), mm(ctx, mT(ctx, q), gq));
  core = core ? nm__t_triangle(ctx, core, true, 0) : NULL;
  core = add(ctx, core, core ? mT(ctx, nm__t_triangle(ctx, core, true, 1)) : NULL);
  nm_tensor *x = add(ctx, gq, mm(ctx, q, core)); /* x R^-T = (R^-1 x^T)^T */
  x = x ? mT(ctx, nm__t_triangular(ctx, r1, mT(ctx, x), true, false)) : NULL;
  if (!rest || !x) return nm__gradient(b, x);
  nm_tensor *both[2] = {x, rest};
  return nm__gradient(b, nm__t_cat(ctx, 2, both, -1));
}

/* ---- the pseudoinverse and least squares ---- */

/* V S^-1 U^T, without the singular values that are at most rtol times the largest, or atol. */
static nm_status pinv_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  nm_dims shape = nm__dims_of(x);
  int64_t m = rows(&shape), n = cols(&shape), k = least(m, n), last[1] = {-1};
  int mark = nm__scope(ctx);
  if (k == 0) {
    shape.dim[shape.ndim - 2] = n, shape.dim[shape.ndim - 1] = m;
    return nm__result(
        c, mark, nm__t_full(ctx, nm__device_of(x), (nm_dtype)x->dtype, shape.ndim, shape.dim, 0));
  }
  nm_tensor *p = nm__t_factor(ctx, NM_OP_factor_svd, x, false);
  nm_tensor *ut = nm__t_block(ctx, p, 0, k, 0, m), *v = mT(ctx, nm__t_block(ctx, p, 0, k, m, n)),
            *s = nm__t_column(ctx, p, 0, k, m + n);
  nm_value_arg args[3] = {nm__arg_t(s), nm__arg_ints(1, last), nm__arg_bool(true)};
  nm_tensor *bound = nm__t(ctx, nm__known(ctx, NM_OP_amax), args);
  bound = nm__t2s(ctx, NM_I_maximum, nm__t2s(ctx, NM_I_mul, bound, nm__float_arg(c, 2, 0)),
                  nm__float_arg(c, 1, 0));
  nm_tensor *in = nm__t2(ctx, NM_I_gt, s, bound), *one = s ? nm__t_full_like(ctx, s, 1) : NULL,
            *none = s ? nm__t_full_like(ctx, s, 0) : NULL;
  s = nm__t3(ctx, NM_I_where, in, nm__t2(ctx, NM_I_div, one, nm__t3(ctx, NM_I_where, in, s, one)),
             none);
  return nm__result(c, mark, mm(ctx, mul(ctx, v, as_row(ctx, s)), ut));
}

/* For matrices of constant rank: -(Y K)^T + (1 - A Y)^T ... [Golub & Pereyra 1973], the form with
 * the smaller products. */
static nm_tensor *pinv_backward(nm_grad_call *b, int i) {
  nm_context *ctx = b->ctx;
  const nm_dims *shape = &b->node->edges[i].shape;
  nm_tensor *a = b->x[0], *y = b->y, *yt = mT(ctx, y), *gt = mT(ctx, b->g[0]), *r;
  if (rows(shape) <= cols(shape)) {
    nm_tensor *k = mm(ctx, gt, y), *kyt = mm(ctx, k, yt);
    r = sub(ctx, kyt, mT(ctx, mm(ctx, y, k)));
    r = sub(ctx, r, mm(ctx, mm(ctx, a, y), kyt));
    r = add(ctx, r, mm(ctx, mm(ctx, yt, y), sub(ctx, gt, mm(ctx, k, a))));
  } else {
    nm_tensor *k = mm(ctx, y, gt), *ytk = mm(ctx, yt, k);
    r = sub(ctx, ytk, mT(ctx, mm(ctx, k, y)));
    r = add(ctx, r, mm(ctx, mm(ctx, sub(ctx, gt, mm(ctx, a, k)), y), yt));
    r = sub(ctx, r, mm(ctx, mm(ctx, ytk, y), a));
  }
  return nm__gradient(b, r);
}

/* The solution, the rank, and the singular values of the drivers that compute them. */
static nm_status lstsq_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *right = nm__tensor_arg(c, 1), *y[3] = {NULL};
  nm_device *dev = nm__device_of(x);
  int mark = nm__scope(ctx);
  nm_lapack_call l = nm__lapack_of(NM_LA_LSTSQ, x);
  int64_t m = l.m, n = l.n, k = right->shape[right->ndim - 1], most = m > n ? m : n;
  nm_dims s = nm__dims_of(x);
  l.driver = (nm_lapack_driver)nm__int_arg(c, 3, 0);
  l.rcond = nm__float_arg(c, 2, 0);
  l.k = (int)k;
  nm_tensor *a = nm__by_columns(ctx, x), *b = a ? nm__host_matrices(ctx, x, k, most) : NULL;
  nm_tensor *zeros = b ? nm__t_full_like(ctx, b, 0) : NULL, *from = nm__by_columns(ctx, right);
  if (!from || !zeros || nm__store(ctx, b, zeros, false) != NM_OK) return nm__result(c, mark, NULL);
  nm_tensor *place = nm__t_narrow(ctx, b, b->ndim - 1, 0, m);
  if (!place || nm__store(ctx, place, from, false) != NM_OK) return nm__result(c, mark, NULL);
  s.ndim -= 2;
  nm_tensor *rank = nm__t_empty_of(ctx, ctx->cpu, NM_INT32, s.ndim, s.dim);
  s.dim[s.ndim++] = least(m, n);
  nm_tensor *values = nm__t_empty_of(ctx, ctx->cpu, (nm_dtype)x->dtype, s.ndim, s.dim);
  if (!rank || !values || nm__writable(ctx, b) != NM_OK) return nm__result(c, mark, NULL);
  l.a = nm__host_memory(ctx, a);
  l.b = nm__host_memory(ctx, b), l.b_step = most * k;
  l.c = nm__host_memory(ctx, values), l.c_step = least(m, n);
  l.pivots = nm__host_memory(ctx, rank), l.pivots_step = 1;
  for (int64_t i = 0; i < l.count; i++) l.pivots[i] = 0;
  if (m && n && k && nm__run_lapack(c, &l) != NM_OK) return nm__result(c, mark, NULL);
  y[0] = nm__from_columns(ctx, nm__t_narrow(ctx, b, b->ndim - 1, 0, n), dev);
  y[1] = nm__to_device(ctx, nm__t_cast(ctx, rank, NM_INT64), dev);
  y[2] = nm__to_device(ctx, values, dev);
  return nm__results(c, mark, 3, y);
}

/* The solution is A^+ B, for matrices of constant rank. */
static nm_tensor *lstsq_backward(nm_grad_call *b, int i) {
  nm_context *ctx = b->ctx;
  if (!b->g[0]) return NULL;
  nm_value_arg args[3] = {nm__arg_t(b->x[0]), nm__arg_float(0), b->args[2]};
  nm_tensor *y = nm__t(ctx, nm__known(ctx, NM_OP_factor_pinv), args);
  if (i == 1) return nm__gradient(b, mm(ctx, mT(ctx, y), b->g[0]));
  nm_grad_call of_pinv = *b;
  of_pinv.y = y;
  of_pinv.g[0] = mm(ctx, b->g[0], mT(ctx, b->x[1]));
  nm_tensor *r = of_pinv.g[0] && y ? pinv_backward(&of_pinv, 0) : NULL;
  return nm__gradient(b, r);
}

#define MATRIX                                                                                     \
  { "input", NM_P_TENSOR, 0, NULL }
#define FLAG(name)                                                                                 \
  { name, NM_P_BOOL, 0, NULL }
#define Y NM_USE_RESULT
/* clang-format off */
static const nm_op ops[] = {
  {.name = "factor_svd", NM_PARAMS(MATRIX, FLAG("full")), .doc = "U, V and S, see linalg.h",
   .forward = svd_forward, .backward = svd_backward, .uses = {Y}, .dtypes = "f"},
  {.name = "factor_svdvals", NM_PARAMS(MATRIX, FLAG("unused")), .doc = "singular values",
   .forward = values_forward, .dtypes = "f"},
  {.name = "factor_eigvalsh", NM_PARAMS(MATRIX, FLAG("upper")),
   .doc = "eigenvalues of symmetric matrices", .forward = values_forward, .dtypes = "f"},
  {.name = "factor_eigh", NM_PARAMS(MATRIX, FLAG("upper")), .doc = "V and w, see linalg.h",
   .forward = eigh_forward, .backward = eigh_backward, .uses = {Y}, .dtypes = "f"},
  {.name = "factor_eig", NM_PARAMS(MATRIX, FLAG("unused")), .doc = "V and w, see linalg.h",
   .forward = eig_forward, .backward = eig_backward, .uses = {Y}, .dtypes = "f"},
  {.name = "factor_qr", NM_PARAMS(MATRIX, FLAG("complete")), .doc = "Q and R, see linalg.h",
   .forward = qr_forward, .backward = qr_backward, .uses = {Y}, .dtypes = "f"},
  {.name = "factor_pinv",
   NM_PARAMS(MATRIX, {"atol", NM_P_FLOAT, 0, NULL}, {"rtol", NM_P_FLOAT, 0, NULL}),
   .doc = "the pseudoinverse", .forward = pinv_forward, .backward = pinv_backward, .uses = {Y | 1},
   .dtypes = "f"},
  {.name = "factor_lstsq",
   NM_PARAMS(MATRIX, {"other", NM_P_TENSOR, 0, NULL}, {"rcond", NM_P_FLOAT, 0, NULL},
             {"driver", NM_P_INT, 0, NULL}),
   .doc = "the solution, the rank, singular values", .forward = lstsq_forward,
   .backward = lstsq_backward, .uses = {3, 3}, .dtypes = "f"},
};
/* clang-format on */
NM_FAMILY(spectral);
