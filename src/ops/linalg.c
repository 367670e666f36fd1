/* linalg.c: QR, singular values, eigenvalues, rank and pseudoinverse of any matrices: dtypes,
 * shapes and options around the ops of spectral.c. */
#include "ops/linalg.h"

#include <math.h>
#include <string.h>

/* LAPACK counts its workspace in 32 bits, and it grows with the square of the smaller size. */
enum { MOST_SMALLER = 20000, MOST_LARGER = 1 << 24 };

nm_status nm__check_sizes(const nm_op_call *c, const nm_tensor *x, int64_t m, int64_t n) {
  char text[NM_SHAPE_TEXT];
  if ((m < n ? m : n) <= MOST_SMALLER && (m > n ? m : n) <= MOST_LARGER) return NM_OK;
  return nm__op_error(c, NM_EINVAL,
                      "shape %s: the smaller size of a matrix is at most %d, the larger %d",
                      nm__shape_text(x->ndim, x->shape, text), MOST_SMALLER, MOST_LARGER);
}

nm_status nm__check_matrices(const nm_op_call *c, const nm_tensor *x, bool square) {
  char text[NM_SHAPE_TEXT];
  if (!nm__is_float((nm_dtype)x->dtype))
    return nm__op_error(c, NM_EINVAL, "not defined for %s: convert with :to(\"float32\")",
                        nm__dtype_name(x->dtype));
  const char *shape = nm__shape_text(x->ndim, x->shape, text);
  if (x->ndim < 2)
    return nm__op_error(c, NM_EINVAL, "shape %s: a matrix, or a batch of them, has 2 dims or more",
                        shape);
  int64_t m = x->shape[x->ndim - 2], n = x->shape[x->ndim - 1];
  if (square && m != n)
    return nm__op_error(c, NM_EINVAL, "shape %s: the matrices must be square", shape);
  return nm__check_sizes(c, x, m, n);
}

static int64_t rows(const nm_tensor *x) { return x->shape[x->ndim - 2]; }
static int64_t cols(const nm_tensor *x) { return x->shape[x->ndim - 1]; }
static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* In x's dtype again, a tensor of its own. */
nm_tensor *nm__narrowed(nm_context *ctx, nm_tensor *y, const nm_tensor *x) {
  return y ? nm__contiguous(ctx, nm__t_cast(ctx, y, (nm_dtype)x->dtype)) : NULL;
}

/* Ends a forward with several results, all temporaries. */
nm_status nm__results(nm_op_call *c, int mark, int n, nm_tensor **y) {
  for (int r = 0; r < n; r++)
    if (!y[r]) return nm__result(c, mark, NULL);
  for (int r = 1; r < n; r++) {
    nm_retain(y[r]);
    c->out[r] = y[r];
  }
  c->nout = n;
  return nm__result(c, mark, y[0]);
}

/* All results of an op, as temporaries. */
bool nm__apply_all(nm_context *ctx, nm_known op, const nm_value_arg *args, nm_tensor **y) {
  nm_tensor *out[NM_MAX_RESULTS];
  int n;
  if (args[0].as.tensor == NULL || nm__apply(ctx, nm__known(ctx, op), args, &n, out) != NM_OK)
    return false;
  bool all = true;
  for (int r = 0; r < n; r++) all = (y[r] = nm__temp(ctx, out[r])) != NULL && all;
  return all;
}

/* ---- orthogonal factors ---- */

static nm_status qr_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *y[2];
  const char *mode = nm__given(c, 1) ? c->args[1].as.string : "reduced";
  NM_TRY(nm__check_matrices(c, x, false));
  if (strcmp(mode, "reduced") != 0 && strcmp(mode, "complete") != 0 && strcmp(mode, "r") != 0)
    return nm__op_error(c, NM_EINVAL, "mode is \"reduced\", \"complete\" or \"r\", not \"%s\"",
                        mode);
  bool complete = *mode == 'c';
  int64_t m = rows(x), n = cols(x), k = complete ? m : least(m, n), none[1] = {0};
  int mark = nm__scope(ctx);
  nm_tensor *p = nm__t_factor(ctx, NM_OP_factor_qr, nm__t_wide(ctx, x), complete);
  y[0] = !mode[1] ? nm__t_full(ctx, nm__device_of(x), (nm_dtype)x->dtype, 1, none, 0)
                  : nm__narrowed(ctx, p ? nm__t_mT(ctx, nm__t_block(ctx, p, 0, k, 0, m)) : NULL, x);
  y[1] = nm__narrowed(ctx, nm__t_block(ctx, p, 0, k, m, n), x);
  return nm__results(c, mark, 2, y);
}

static nm_status svd_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *y[3];
  bool full = nm__bool_arg(c, 1, true);
  NM_TRY(nm__check_matrices(c, x, false));
  int64_t m = rows(x), n = cols(x), k = least(m, n), nu = full ? m : k, nv = full ? n : k;
  int mark = nm__scope(ctx);
  nm_tensor *p = nm__t_factor(ctx, NM_OP_factor_svd, nm__t_wide(ctx, x), full);
  if (!p) return nm__result(c, mark, NULL);
  nm_tensor *u = nm__t_narrow(ctx, nm__t_narrow(ctx, p, p->ndim - 2, 0, nu), p->ndim - 1, 0, m);
  nm_tensor *v = nm__t_narrow(ctx, nm__t_narrow(ctx, p, p->ndim - 2, 0, nv), p->ndim - 1, m, n);
  y[0] = nm__narrowed(ctx, nm__t_mT(ctx, u), x);
  y[1] = nm__narrowed(ctx, nm__t_column(ctx, p, 0, k, m + n), x);
  y[2] = nm__narrowed(ctx, v, x);
  return nm__results(c, mark, 3, y);
}

nm_tensor *nm__singular_values(nm_context *ctx, nm_tensor *x) {
  nm_tensor *wide = nm__t_wide(ctx, x);
  if (!wide) return NULL;
  if (!nm__tracked(ctx, x)) return nm__t_factor(ctx, NM_OP_factor_svdvals, wide, false);
  nm_tensor *p = nm__t_factor(ctx, NM_OP_factor_svd, wide, false);
  return nm__t_column(ctx, p, 0, least(rows(x), cols(x)), rows(x) + cols(x));
}

static nm_status svdvals_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  NM_TRY(nm__check_matrices(c, x, false));
  int mark = nm__scope(ctx);
  return nm__result(c, mark, nm__narrowed(ctx, nm__singular_values(ctx, x), x));
}

/* ---- eigenvalues ---- */

static nm_status triangle_arg(const nm_op_call *c, int i, bool *upper) {
  const char *t = nm__given(c, i) ? c->args[i].as.string : "L";
  *upper = !strcmp(t, "U") || !strcmp(t, "u");
  if (*upper || !strcmp(t, "L") || !strcmp(t, "l")) return NM_OK;
  return nm__op_error(c, NM_EINVAL, "UPLO is \"L\" or \"U\", not \"%s\"", t);
}

static nm_status eigh_forward(nm_op_call *c) { /* eigh, eigvalsh */
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *y[2];
  bool upper = false, vectors = c->op->name[10] == 'h'; /* linalg.eigh */
  NM_TRY(nm__check_matrices(c, x, true));
  NM_TRY(triangle_arg(c, 1, &upper));
  int mark = nm__scope(ctx);
  int64_t n = rows(x);
  nm_tensor *wide = nm__t_wide(ctx, x);
  if (!vectors && !nm__tracked(ctx, x))
    return nm__result(c, mark,
                      nm__narrowed(ctx, nm__t_factor(ctx, NM_OP_factor_eigvalsh, wide, upper), x));
  nm_tensor *p = nm__t_factor(ctx, NM_OP_factor_eigh, wide, upper);
  y[0] = nm__narrowed(ctx, nm__t_column(ctx, p, 0, n, n), x);
  if (!vectors) return nm__result(c, mark, y[0]);
  y[1] = p ? nm__narrowed(ctx, nm__t_mT(ctx, nm__t_narrow(ctx, p, p->ndim - 1, 0, n)), x) : NULL;
  return nm__results(c, mark, 2, y);
}

static nm_status eig_forward(nm_op_call *c) { /* eig, eigvals */
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *y[2];
  NM_TRY(nm__check_matrices(c, x, true));
  int mark = nm__scope(ctx);
  int64_t n = rows(x);
  nm_tensor *p = nm__t_factor(ctx, NM_OP_factor_eig, nm__t_wide(ctx, x), false);
  y[0] = nm__narrowed(ctx, nm__t_column(ctx, p, 0, n, n), x);
  if (!strcmp(c->op->name, "linalg.eigvals")) return nm__result(c, mark, y[0]);
  y[1] = p ? nm__narrowed(ctx, nm__t_mT(ctx, nm__t_narrow(ctx, p, p->ndim - 1, 0, n)), x) : NULL;
  return nm__results(c, mark, 2, y);
}

/* ---- rank, pseudoinverse, least squares ---- */

/* The machine epsilon of what is computed in, times the larger size. */
double nm__standard_rtol(const nm_tensor *x) {
  double epsilon = x->dtype == NM_FLOAT64 ? 0x1p-52 : 0x1p-23;
  return epsilon * (double)(rows(x) > cols(x) ? rows(x) : cols(x));
}

/* Singular values up to atol, or rtol times the largest, count as 0. */
static nm_status bounds_args(const nm_op_call *c, const nm_tensor *x, int rtol, int atol, double *r,
                             double *a) {
  *a = nm__float_arg(c, atol, 0);
  *r = nm__given(c, rtol) ? nm__float_arg(c, rtol, 0) : *a > 0 ? 0 : nm__standard_rtol(x);
  if (*a >= 0 && *r >= 0) return NM_OK;
  return nm__op_error(c, NM_EINVAL, "atol and rtol can't be negative");
}

static nm_status rank_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  double rtol = 0, atol = 0;
  NM_TRY(nm__check_matrices(c, x, false));
  NM_TRY(bounds_args(c, x, 1, 2, &rtol, &atol));
  int mark = nm__scope(ctx);
  if (nm_numel(x) == 0)
    return nm__result(c, mark,
                      nm__t_full(ctx, nm__device_of(x), NM_INT64, x->ndim - 2, x->shape, 0));
  nm_tensor *s = nm__t_factor(ctx, NM_OP_factor_svdvals, nm__t_wide(ctx, x), false);
  if (!s) return nm__result(c, mark, NULL);
  uint32_t last = 1u << (s->ndim - 1);
  nm_tensor *most = nm__t2s(ctx, NM_I_mul, nm__t_extreme(ctx, s, last, true, true), rtol);
  nm_tensor *in = nm__t2(ctx, NM_I_gt, s, nm__t2s(ctx, NM_I_maximum, most, atol));
  return nm__result(c, mark, nm__t_sum(ctx, in, last, false));
}

static nm_status pinv_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  double rtol = 0, atol = 0;
  NM_TRY(nm__check_matrices(c, x, false));
  NM_TRY(bounds_args(c, x, 1, 2, &rtol, &atol));
  int mark = nm__scope(ctx);
  nm_value_arg args[3] = {nm__arg_t(nm__t_wide(ctx, x)), nm__arg_float(atol), nm__arg_float(rtol)};
  return nm__result(c, mark,
                    nm__narrowed(ctx, nm__t(ctx, nm__known(ctx, NM_OP_factor_pinv), args), x));
}

#define A                                                                                          \
  { "A", NM_P_TENSOR, 0, NULL }
#define TOLERANCES                                                                                 \
  {"rtol", NM_P_FLOAT, NM_OPTIONAL, "the larger size times epsilon"}, {                            \
    "atol", NM_P_FLOAT, NM_OPTIONAL, "0"                                                           \
  }
#define UPLO                                                                                       \
  { "UPLO", NM_P_STRING, NM_OPTIONAL, "L" }
#define HOST "  It runs on the host"
#define ONE (NM_FUNCTION | NM_OUT | NM_COMPOSED)
#define MANY (NM_FUNCTION | NM_COMPOSED)
#define TOP (NM_ANYWHERE | NM_COMPOSED)
#define RANGE .dtypes = "f", .lo = -2, .hi = 2
/* clang-format off */
static const nm_op ops[] = {
  {.name = "linalg.qr", NM_PARAMS(A, {"mode", NM_P_STRING, NM_OPTIONAL, "reduced"}),
   .doc = "Q and R: A = Q R, Q with orthonormal columns, R upper triangular; mode \"complete\" "
          "gives a square Q, \"r\" only R (and a Q without elements); signs are LAPACK's." HOST,
   .shapes = "(..., M, N) -> (..., M, K), (..., K, N), K = min(M, N)",
   .flags = MANY, .forward = qr_forward, RANGE,
   .example = "nm.linalg.qr(nm.tensor{{3.0, 1.0}, {4.0, 2.0}})"},
  {.name = "linalg.svd", NM_PARAMS(A, {"full_matrices", NM_P_BOOL, NM_OPTIONAL, "true"}),
   .doc = "U, S and V^T: A = U diag(S) V^T, S descending; full_matrices = false leaves out columns "
          "without singular value; signs are LAPACK's.  Vectors have no derivative where values "
          "are repeated." HOST,
   .shapes = "(..., M, N) -> (..., M, M), (..., K), (..., N, N), K = min(M, N)",
   .errors = "NaN and infinities",
   .flags = MANY, .forward = svd_forward, RANGE,
   .example = "nm.linalg.svd(nm.tensor{{3.0, 0.0}, {0.0, 2.0}})"},
  {.name = "linalg.svdvals", NM_PARAMS(A),
   .doc = "the singular values, descending." HOST, .shapes = "(..., M, N) -> (..., min(M, N))",
   .errors = "NaN and infinities",
   .flags = ONE, .forward = svdvals_forward, RANGE,
   .example = "nm.linalg.svdvals(nm.tensor{{3.0, 0.0}, {0.0, 2.0}})"},
  {.name = "linalg.eigh", NM_PARAMS(A, UPLO),
   .doc = "the eigenvalues of symmetric matrices, ascending, and the eigenvectors as columns; only "
          "the triangle UPLO is read, and the gradient is symmetric; signs are LAPACK's.  Vectors "
          "have no derivative where values are repeated." HOST,
   .shapes = "(..., N, N) -> (..., N), (..., N, N)", .errors = "NaN and infinities",
   .flags = MANY, .forward = eigh_forward, RANGE,
   .example = "nm.linalg.eigh(nm.tensor{{2.0, 0.0}, {0.0, 3.0}})"},
  {.name = "linalg.eigvalsh", NM_PARAMS(A, UPLO),
   .doc = "the eigenvalues of symmetric matrices, ascending." HOST,
   .shapes = "(..., N, N) -> (..., N)", .errors = "NaN and infinities",
   .flags = ONE, .forward = eigh_forward, RANGE,
   .example = "nm.linalg.eigvalsh(nm.tensor{{2.0, 1.0}, {1.0, 2.0}})"},
  {.name = "linalg.eig", NM_PARAMS(A),
   .doc = "the eigenvalues of matrices whose eigenvalues are real, in LAPACK's order, and the "
          "eigenvectors as columns of length 1." HOST,
   .shapes = "(..., N, N) -> (..., N), (..., N, N)",
   .errors = "complex eigenvalues, NaN and infinities",
   .flags = MANY, .forward = eig_forward, RANGE,
   .example = "nm.linalg.eig(nm.tensor{{2.0, 1.0}, {0.0, 3.0}})"},
  {.name = "linalg.eigvals", NM_PARAMS(A),
   .doc = "the eigenvalues of matrices whose eigenvalues are real, in LAPACK's order." HOST,
   .shapes = "(..., N, N) -> (..., N)", .errors = "complex eigenvalues, NaN and infinities",
   .flags = ONE, .forward = eig_forward, RANGE,
   .example = "nm.linalg.eigvals(nm.tensor{{2.0, 1.0}, {0.0, 3.0}})"},
  {.name = "linalg.matrix_rank", NM_PARAMS(A, TOLERANCES),
   .doc = "the number of singular values above rtol times the largest one, and above atol." HOST,
   .shapes = "(..., M, N) -> (...)", .errors = "negative tolerances",
   .flags = ONE, .forward = rank_forward, RANGE, .example = "nm.linalg.matrix_rank(nm.ones(3, 3))"},
  {.name = "linalg.pinv", NM_PARAMS(A, TOLERANCES),
   .doc = "the pseudoinverse, through singular values: those up to rtol times the largest one, or "
          "up to atol, count as 0; the gradient is that of matrices of constant rank [Golub & "
          "Pereyra 1973]",
   .shapes = "(..., M, N) -> (..., N, M)", .errors = "negative tolerances",
   .flags = ONE, .forward = pinv_forward, RANGE, .example = "nm.linalg.pinv(nm.ones(3, 2))"},
  {.name = "pinverse", NM_PARAMS({"input", NM_P_TENSOR, 0, NULL}, TOLERANCES),
   .doc = "linalg.pinv", .shapes = "(..., M, N) -> (..., N, M)", .errors = "negative tolerances",
   .flags = TOP, .forward = pinv_forward, RANGE, .example = "nm.ones(3, 2):pinverse()"},
};
/* clang-format on */
NM_FAMILY(linalg);
