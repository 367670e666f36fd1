/* equations.c: linear equations: inverses, determinants, triangular factors and least squares:
 * dtypes, shapes and options around the ops of factor.c. */
#include "ops/linalg.h"

#include <math.h>
#include <string.h>

static int64_t rows(const nm_tensor *x) { return x->shape[x->ndim - 2]; }
static int64_t cols(const nm_tensor *x) { return x->shape[x->ndim - 1]; }
static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* ---- inverse, determinants ---- */

static nm_status of_square(nm_op_call *c, nm_known factor) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  NM_TRY(nm__check_matrices(c, x, true));
  int mark = nm__scope(ctx);
  nm_tensor *y = nm__t_factor(ctx, factor, nm__t_wide(ctx, x), false);
  return nm__result(c, mark, nm__narrowed(ctx, y, x));
}

static nm_status inv_forward(nm_op_call *c) { return of_square(c, NM_OP_factor_inv); }
static nm_status det_forward(nm_op_call *c) { return of_square(c, NM_OP_factor_det); }

static nm_status slogdet_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *y[2] = {NULL, NULL};
  NM_TRY(nm__check_matrices(c, x, true));
  int mark = nm__scope(ctx);
  nm_value_arg args[2] = {nm__arg_t(nm__t_wide(ctx, x)), nm__arg_bool(true)};
  if (!nm__apply_all(ctx, NM_OP_factor_det, args, y)) return nm__result(c, mark, NULL);
  if (!strcmp(c->op->name, "logdet")) {
    nm_tensor *bad = nm__t2s(ctx, NM_I_lt, y[0], 0);
    nm_tensor *r = nm__t3(ctx, NM_I_where, bad, nm__t_full_like(ctx, y[1], NAN), y[1]);
    return nm__result(c, mark, nm__narrowed(ctx, r, x));
  }
  y[0] = nm__narrowed(ctx, y[0], x);
  y[1] = nm__narrowed(ctx, y[1], x);
  return nm__results(c, mark, 2, y);
}

/* ---- linear equations ---- */

typedef struct equations { /* A X = B, both expanded to one batch, in float32 or float64 */
  nm_tensor *a, *b;
  bool vector; /* B was a vector, or a batch of them */
} equations;

static nm_status equal_parts(const nm_op_call *c, const nm_tensor *a, const nm_tensor *b,
                             bool fit) {
  char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
  if (fit) return NM_OK;
  return nm__op_error(c, NM_EINVAL, "shapes %s and %s do not fit: B needs as many rows as A",
                      nm__shape_text(a->ndim, a->shape, one),
                      nm__shape_text(b->ndim, b->shape, two));
}

/* left: A X = B, else X A = B, which is solved transposed. */
static nm_status read_equations(nm_op_call *c, nm_tensor *a, nm_tensor *b, bool vectors, bool left,
                                bool square, equations *e) {
  nm_context *ctx = c->ctx;
  nm_device *dev;
  nm_dims batch = {.ndim = 0}, s;
  NM_TRY(nm__same_device(c, &dev));
  NM_TRY(nm__check_matrices(c, a, square));
  NM_TRY(nm__same_dtype(c, "B", b, a));
  e->vector = vectors && (b->ndim == 1 ||
                          (b->ndim == a->ndim - 1 && nm__same_shape(b, a->ndim - 1, a->shape)));
  if (!e->vector) NM_TRY(nm__check_matrices(c, b, false));
  int nb = b->ndim - (e->vector ? 1 : 2);
  NM_TRY(equal_parts(c, a, b,
                     (e->vector || left ? b->shape[nb] : cols(b)) == (left ? rows(a) : cols(a))));
  if (e->vector && !left)
    return nm__op_error(c, NM_EINVAL, "left = false is for matrices, and B is a vector");
  nm__broadcast(&batch, a->ndim - 2, a->shape);
  if (!nm__broadcast(&batch, nb, b->shape)) {
    char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
    return nm__op_error(c, NM_EINVAL, "the batch dims of shapes %s and %s do not broadcast",
                        nm__shape_text(a->ndim, a->shape, one),
                        nm__shape_text(b->ndim, b->shape, two));
  }
  if (batch.ndim > NM_MAX_DIMS - 2) return nm__op_error(c, NM_EINVAL, "too many dims");
  e->a = nm__t_wide(ctx, a);
  e->b = nm__t_wide(ctx, b);
  if (e->vector) e->b = e->b ? nm__t_unsqueeze(ctx, e->b, -1) : NULL;
  if (!e->a || !e->b) return ctx->status;
  s = batch;
  s.dim[s.ndim++] = rows(e->a), s.dim[s.ndim++] = cols(e->a);
  e->a = nm__t_expand(ctx, e->a, s.ndim, s.dim);
  s = batch;
  s.dim[s.ndim++] = rows(e->b), s.dim[s.ndim++] = cols(e->b);
  e->b = nm__t_expand(ctx, e->b, s.ndim, s.dim);
  if (!left) e->a = nm__t_mT(ctx, e->a), e->b = nm__t_mT(ctx, e->b);
  return e->a && e->b ? NM_OK : ctx->status;
}

static nm_tensor *solution(nm_context *ctx, const equations *e, nm_tensor *x, bool left,
                           const nm_tensor *like) {
  if (!left) x = nm__t_mT(ctx, x);
  if (e->vector && x) x = nm__t_squeeze(ctx, x, -1);
  return nm__narrowed(ctx, x, like);
}

static nm_status solve_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *a = nm__tensor_arg(c, 0), *b = nm__tensor_arg(c, 1), *y = NULL;
  bool left = nm__bool_arg(c, 2, true);
  equations e = {0};
  int mark = nm__scope(ctx);
  nm_status s = read_equations(c, a, b, true, left, true, &e);
  if (s == NM_OK) y = solution(ctx, &e, nm__t_solve(ctx, e.a, e.b), left, a);
  return nm__result(c, mark, y);
}

static nm_status triangular_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *a = nm__tensor_arg(c, 0), *b = nm__tensor_arg(c, 1), *y = NULL;
  bool upper = nm__bool_arg(c, 2, false), left = nm__bool_arg(c, 3, true),
       unit = nm__bool_arg(c, 4, false);
  equations e = {0};
  int mark = nm__scope(ctx);
  nm_status s = read_equations(c, a, b, false, left, true, &e);
  if (s == NM_OK) /* the transposed triangle is the other one */
    y = solution(ctx, &e, nm__t_triangular(ctx, e.a, e.b, left ? upper : !upper, unit), left, a);
  return nm__result(c, mark, y);
}

/* ---- LU ---- */

/* L and U in one, with the history of both: of the square part from A with its rows in order, of
 * what is beside or below it from the equations that it solves. */
static nm_tensor *tracked_lu(nm_context *ctx, nm_tensor *x, nm_tensor *lu, nm_tensor *order) {
  int64_t m = rows(x), n = cols(x), k = least(m, n);
  nm_tensor *at = nm__t_expand(ctx, nm__t_unsqueeze(ctx, order, -1), x->ndim, x->shape);
  nm_tensor *a = nm__t_pick(ctx, x, x->ndim - 2, at), *both[2];
  nm_value_arg args[2] = {nm__arg_t(nm__t_block(ctx, a, 0, k, 0, k)),
                          nm__arg_t(nm__t_block(ctx, lu, 0, k, 0, k))};
  nm_tensor *y = nm__t(ctx, nm__known(ctx, NM_OP_factor_lu_of), args);
  if (m == n || !y) return y;
  both[0] = y;
  if (m > n) { /* L2 = A2 U^-1 */
    nm_tensor *rest = nm__t_mT(ctx, nm__t_block(ctx, a, k, m - k, 0, k));
    both[1] =
        rest ? nm__t_mT(ctx, nm__t_triangular(ctx, nm__t_mT(ctx, y), rest, false, false)) : NULL;
  } else { /* U2 = L^-1 A2 */
    nm_tensor *rest = nm__t_block(ctx, a, 0, k, k, n - k);
    both[1] = rest ? nm__t_triangular(ctx, y, rest, false, true) : NULL;
  }
  return nm__t_cat(ctx, 2, both, m > n ? -2 : -1);
}

static nm_status lu_forward(nm_op_call *c) { /* lu, lu_factor */
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *f[3] = {NULL}, *y[3];
  NM_TRY(nm__check_matrices(c, x, false));
  int mark = nm__scope(ctx);
  nm_tensor *wide = nm__t_wide(ctx, x);
  nm_value_arg args[1] = {nm__arg_t(wide)};
  if (!nm__apply_all(ctx, NM_OP_factor_lu, args, f)) return nm__result(c, mark, NULL);
  int64_t m = rows(x), n = cols(x), k = least(m, n);
  nm_tensor *lu = nm__tracked(ctx, x) && k ? tracked_lu(ctx, wide, f[0], f[2]) : f[0];
  if (!strcmp(c->op->name, "linalg.lu_factor")) {
    y[0] = nm__narrowed(ctx, lu, x);
    y[1] = f[1];
    return nm__results(c, mark, 2, y);
  }
  nm_dims s = nm__dims_of(x);
  s.dim[s.ndim - 1] = m;
  nm_tensor *eye = nm__t_eye_like(ctx, x, m); /* its rows in that order are P^T */
  eye = eye ? nm__t_expand(ctx, eye, s.ndim, s.dim) : NULL;
  nm_tensor *at = nm__t_expand(ctx, nm__t_unsqueeze(ctx, f[2], -1), s.ndim, s.dim);
  nm_tensor *p = eye && at ? nm__t_pick(ctx, eye, s.ndim - 2, at) : NULL;
  y[0] = p ? nm__contiguous(ctx, nm__t_mT(ctx, p)) : NULL;
  nm_tensor *low = lu ? nm__t_triangle(ctx, nm__t_block(ctx, lu, 0, m, 0, k), false, -1) : NULL;
  nm_tensor *one = nm__t_eye_like(ctx, wide, m);
  one = one ? nm__t_block(ctx, one, 0, m, 0, k) : NULL;
  y[1] = low && one ? nm__narrowed(ctx, nm__t2(ctx, NM_I_add, low, one), x) : NULL;
  y[2] = lu ? nm__narrowed(ctx, nm__t_triangle(ctx, nm__t_block(ctx, lu, 0, k, 0, n), true, 0), x)
            : NULL;
  return nm__results(c, mark, 3, y);
}

/* ---- Cholesky ---- */

static nm_status cholesky_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  bool upper = nm__bool_arg(c, 1, false);
  NM_TRY(nm__check_matrices(c, x, true));
  int mark = nm__scope(ctx);
  nm_tensor *wide = nm__t_wide(ctx, x); /* upper: that triangle of the matrix is read */
  if (upper) wide = nm__t_mT(ctx, wide);
  nm_tensor *y = nm__t_factor(ctx, NM_OP_factor_cholesky, wide, false);
  return nm__result(c, mark, nm__narrowed(ctx, upper ? nm__t_mT(ctx, y) : y, x));
}

/* L (L^T X) = B */
static nm_tensor *by_cholesky(nm_context *ctx, nm_tensor *factor, nm_tensor *b, bool upper) {
  nm_tensor *l = upper ? nm__t_mT(ctx, factor) : factor;
  nm_tensor *y = l && b ? nm__t_triangular(ctx, l, b, false, false) : NULL;
  return y ? nm__t_triangular(ctx, nm__t_mT(ctx, l), y, true, false) : NULL;
}

static nm_status cholesky_solve_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *b = nm__tensor_arg(c, 0), *l = nm__tensor_arg(c, 1), *y = NULL;
  equations e = {0};
  int mark = nm__scope(ctx);
  nm_status s = read_equations(c, l, b, false, true, true, &e);
  if (s == NM_OK) y = nm__narrowed(ctx, by_cholesky(ctx, e.a, e.b, nm__bool_arg(c, 2, false)), b);
  return nm__result(c, mark, y);
}

static nm_status cholesky_inverse_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  NM_TRY(nm__check_matrices(c, x, true));
  int mark = nm__scope(ctx);
  nm_tensor *wide = nm__t_wide(ctx, x), *eye = nm__t_eye_like(ctx, wide, rows(x));
  eye = eye ? nm__t_expand(ctx, eye, x->ndim, x->shape) : NULL;
  return nm__result(c, mark,
                    nm__narrowed(ctx, by_cholesky(ctx, wide, eye, nm__bool_arg(c, 1, false)), x));
}

/* ---- least squares ---- */

/* What is left over, squared and summed, where all matrices have full rank and more rows than
 * columns; else a tensor of no elements, as PyTorch's. */
static nm_tensor *leftover(nm_context *ctx, const equations *e, nm_tensor *x, nm_tensor *rank) {
  int64_t none[1] = {0}, at[NM_MAX_DIMS] = {0}, m = rows(e->a), n = cols(e->a);
  bool full = m > n && nm_numel(rank) > 0;
  if (full) {
    nm_value_arg v = {.kind = NM_ARG_INT};
    nm_tensor *fewest = nm__t_extreme(ctx, rank, (1u << rank->ndim) - 1, false, false);
    if (!fewest || nm__get_element(ctx, fewest, 0, at, &v) != NM_OK) return NULL;
    full = v.as.integer == n;
  }
  if (!full) return nm__t_full(ctx, nm__device_of(x), (nm_dtype)x->dtype, 1, none, 0);
  nm_tensor *d = nm__t2(ctx, NM_I_sub, nm__t_matmul(ctx, e->a, x), e->b);
  return d ? nm__t_sum(ctx, nm__t1(ctx, NM_I_square, d), 1u << (d->ndim - 2), false) : NULL;
}

static nm_status lstsq_forward(nm_op_call *c) {
  static const char *const names[] = {"gelsy", "gels", "gelsd", "gelss"};
  nm_context *ctx = c->ctx;
  nm_tensor *a = nm__tensor_arg(c, 0), *b = nm__tensor_arg(c, 1), *y[4], *r[3] = {NULL};
  const char *driver = nm__given(c, 3) ? c->args[3].as.string : names[0];
  equations e = {0};
  int which = 0;
  while (which < 4 && strcmp(names[which], driver) != 0) which++;
  if (which == 4)
    return nm__op_error(
        c, NM_EINVAL, "driver is \"gelsy\", \"gels\", \"gelsd\" or \"gelss\", not \"%s\"", driver);
  int mark = nm__scope(ctx);
  if (read_equations(c, a, b, true, true, false, &e) != NM_OK) return nm__result(c, mark, NULL);
  nm_value_arg args[4] = {nm__arg_t(e.a), nm__arg_t(e.b),
                          nm__arg_float(nm__float_arg(c, 2, nm__standard_rtol(e.a))),
                          nm__arg_int(which)};
  if (!nm__apply_all(ctx, NM_OP_factor_lstsq, args, r)) return nm__result(c, mark, NULL);
  int64_t none[1] = {0};
  bool values = which == NM_LA_GELSD || which == NM_LA_GELSS;
  y[0] = solution(ctx, &e, r[0], true, a);
  y[1] = nm__narrowed(ctx, leftover(ctx, &e, r[0], r[1]), a);
  y[2] = r[1];
  if (values && nm__tracked(ctx, a)) r[2] = nm__singular_values(ctx, e.a);
  y[3] = values ? nm__narrowed(ctx, r[2], a)
                : nm__t_full(ctx, nm__device_of(a), (nm_dtype)a->dtype, 1, none, 0);
  return nm__results(c, mark, 4, y);
}

#define A                                                                                          \
  { "A", NM_P_TENSOR, 0, NULL }
#define B                                                                                          \
  { "B", NM_P_TENSOR, 0, NULL }
#define UPPER                                                                                      \
  { "upper", NM_P_BOOL, NM_OPTIONAL, "false" }
#define HOST "  It runs on the host"
#define SQUARE "(..., N, N) -> (..., N, N)"
#define ONE (NM_FUNCTION | NM_OUT | NM_COMPOSED)
#define MANY (NM_FUNCTION | NM_COMPOSED)
#define TOP (NM_ANYWHERE | NM_COMPOSED)
#define RANGE .dtypes = "f", .lo = -2, .hi = 2
/* clang-format off */
static const nm_op ops[] = {
  {.name = "linalg.inv", NM_PARAMS(A),
   .doc = "the inverse of square matrices." HOST, .shapes = SQUARE, .errors = "singular matrices",
   .flags = ONE, .forward = inv_forward, RANGE,
   .example = "nm.linalg.inv(nm.tensor{{2.0, 0.0}, {0.0, 4.0}})"},
  {.name = "inverse", NM_PARAMS({"input", NM_P_TENSOR, 0, NULL}),
   .doc = "linalg.inv", .shapes = SQUARE, .errors = "singular matrices",
   .flags = TOP | NM_OUT, .forward = inv_forward, RANGE, .example = "nm.eye(2):inverse()"},
  {.name = "linalg.det", NM_PARAMS(A),
   .doc = "the determinant of square matrices, through LU with row exchanges." HOST,
   .shapes = "(..., N, N) -> (...)",
   .flags = ONE, .forward = det_forward, RANGE,
   .example = "nm.linalg.det(nm.tensor{{2.0, 0.0}, {0.0, 4.0}})"},
  {.name = "det", NM_PARAMS({"input", NM_P_TENSOR, 0, NULL}),
   .doc = "linalg.det", .shapes = "(..., N, N) -> (...)",
   .flags = TOP, .forward = det_forward, RANGE, .example = "nm.eye(2):det()"},
  {.name = "linalg.slogdet", NM_PARAMS(A),
   .doc = "the sign of the determinant, and the logarithm of its size, which does not overflow; 0 "
          "and -inf for singular matrices, which have no gradient." HOST,
   .shapes = "(..., N, N) -> (...), (...)",
   .flags = MANY, .forward = slogdet_forward, RANGE, .example = "nm.linalg.slogdet(nm.eye(2) * 3)"},
  {.name = "slogdet", NM_PARAMS({"input", NM_P_TENSOR, 0, NULL}),
   .doc = "linalg.slogdet", .shapes = "(..., N, N) -> (...), (...)",
   .flags = TOP, .forward = slogdet_forward, RANGE, .example = "nm.eye(2):slogdet()"},
  {.name = "logdet", NM_PARAMS({"input", NM_P_TENSOR, 0, NULL}),
   .doc = "the logarithm of the determinant; NaN where that is negative." HOST,
   .shapes = "(..., N, N) -> (...)",
   .flags = TOP, .forward = slogdet_forward, RANGE, .example = "nm.eye(2):logdet()"},
  {.name = "linalg.solve", NM_PARAMS(A, B, {"left", NM_P_BOOL, NM_NAMED, "true"}),
   .doc = "X of A X = B, or of X A = B with left = false; batches broadcast; B may be a vector, or "
          "as many vectors as A has matrices." HOST,
   .shapes = "(..., N, N), (..., N, K) -> (..., N, K); (..., N, N), (..., N) -> (..., N)",
   .errors = "singular matrices, two dtypes",
   .flags = ONE, .forward = solve_forward, RANGE,
   .example = "nm.linalg.solve(nm.tensor{{2.0, 0.0}, {0.0, 4.0}}, nm.ones(2))"},
  {.name = "linalg.solve_triangular",
   NM_PARAMS(A, B, {"upper", NM_P_BOOL, NM_NAMED, "false"}, {"left", NM_P_BOOL, NM_NAMED, "true"},
             {"unitriangular", NM_P_BOOL, NM_NAMED, "false"}),
   .doc = "X of A X = B (of X A = B with left = false), where only the lower or upper triangle of "
          "A is read; unitriangular: its diagonal counts as ones." HOST,
   .shapes = "(..., N, N), (..., N, K) -> (..., N, K)",
   .errors = "a 0 on the diagonal, two dtypes",
   .flags = ONE, .forward = triangular_forward, RANGE,
   .example = "nm.linalg.solve_triangular(nm.ones(2, 2), nm.ones(2, 1))"},
  {.name = "linalg.lu", NM_PARAMS(A),
   .doc = "P, L and U: A = P L U, L lower triangular with ones on the diagonal, U upper "
          "triangular, P the exchanges of rows." HOST,
   .shapes = "(..., M, N) -> (..., M, M), (..., M, K), (..., K, N), K = min(M, N)",
   .flags = MANY, .forward = lu_forward, RANGE,
   .example = "nm.linalg.lu(nm.tensor{{0.0, 2.0}, {4.0, 2.0}})"},
  {.name = "linalg.lu_factor", NM_PARAMS(A),
   .doc = "L and U of linalg.lu in one matrix, without L's diagonal, and the exchanges: row i with "
          "row pivots[i], in order." HOST,
   .shapes = "(..., M, N) -> (..., M, N), (..., min(M, N))",
   .flags = MANY, .forward = lu_forward, RANGE,
   .example = "nm.linalg.lu_factor(nm.tensor{{0.0, 2.0}, {4.0, 2.0}})"},
  {.name = "linalg.cholesky", NM_PARAMS(A, {"upper", NM_P_BOOL, NM_NAMED, "false"}),
   .doc = "the lower triangular L of symmetric positive definite matrices: A = L L^T; or its "
          "transpose; only that triangle of A is read, and the gradient is symmetric." HOST,
   .shapes = SQUARE, .errors = "matrices that are not positive definite",
   .flags = ONE, .forward = cholesky_forward, RANGE,
   .example = "nm.linalg.cholesky(nm.tensor{{4.0, 2.0}, {2.0, 2.0}})"},
  {.name = "cholesky_solve",
   NM_PARAMS({"input", NM_P_TENSOR, 0, NULL}, {"input2", NM_P_TENSOR, 0, NULL}, UPPER),
   .doc = "X of A X = input, where input2 is the Cholesky factor of A." HOST,
   .shapes = "(..., N, K), (..., N, N) -> (..., N, K)", .errors = "two dtypes",
   .flags = TOP | NM_OUT, .forward = cholesky_solve_forward, RANGE,
   .example = "nm.ones(2, 1):cholesky_solve(nm.eye(2) * 2)"},
  {.name = "cholesky_inverse", NM_PARAMS({"input", NM_P_TENSOR, 0, NULL}, UPPER),
   .doc = "the inverse of the matrix whose Cholesky factor input is." HOST, .shapes = SQUARE,
   .flags = TOP | NM_OUT, .forward = cholesky_inverse_forward, RANGE,
   .example = "(nm.eye(2) * 2):cholesky_inverse()"},
  {.name = "linalg.lstsq",
   NM_PARAMS(A, B, {"rcond", NM_P_FLOAT, NM_OPTIONAL, "the larger size times epsilon"},
             {"driver", NM_P_STRING, NM_NAMED, "gelsy"}),
   .doc = "X that minimises |A X - B|; the squared residuals, if all matrices have full rank and "
          "more rows than columns; the rank; the singular values, with driver \"gelsd\" or "
          "\"gelss\".  Singular values up to rcond times the largest count as 0; \"gels\" takes "
          "full rank for granted." HOST,
   .shapes = "(..., M, N), (..., M, K) -> (..., N, K), (..., K), (...), (..., min(M, N))",
   .errors = "two dtypes, NaN and infinities",
   .flags = MANY, .forward = lstsq_forward, RANGE,
   .example = "nm.linalg.lstsq(nm.ones(3, 1), nm.arange(3.0))"},
};
/* clang-format on */
NM_FAMILY(equations);
