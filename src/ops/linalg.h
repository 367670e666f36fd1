/* linalg.h: inside ops/: the factorizations as ops without names in Lua, and what they share.
 *
 * factor_* ops take float32 or float64 matrices of one batch shape, already checked, and run on the
 * host: a tensor on another device is copied there and the result back.  What has several factors
 * comes as one tensor, so that the derivative finds all of them in the saved result:
 *   factor_svd   (..., max, M + N + 1): row j holds column j of U, column j of V, and S[j]
 *   factor_eigh, factor_eig   (..., N, N + 1): row j holds eigenvector j and its eigenvalue
 *   factor_qr    (..., K, M + N): row j holds column j of Q and row j of R */
#ifndef NM_LINALG_H
#define NM_LINALG_H

#include "cpu/lapack.h"
#include "ops/algebra.h"

/* Memory of the host for matrices of so many rows and columns, with like's batch and dtype. */
nm_tensor *nm__host_matrices(nm_context *ctx, const nm_tensor *like, int64_t rows, int64_t cols);
nm_tensor *nm__to_device(nm_context *ctx, nm_tensor *x, nm_device *dev);
/* A copy of x on the host that nobody else sees, each matrix by columns. */
nm_tensor *nm__by_columns(nm_context *ctx, nm_tensor *x);
/* The other way: matrices by columns, as a tensor of its own on the device. */
nm_tensor *nm__from_columns(nm_context *ctx, nm_tensor *x, nm_device *dev);
void *nm__host_memory(nm_context *ctx, nm_tensor *t); /* of its first element */
/* A call with the sizes of x's matrices, and a_step; and its running, where a failure is an error
 * that names the matrix. */
nm_lapack_call nm__lapack_of(nm_lapack_task task, const nm_tensor *x);
nm_status nm__run_lapack(const nm_op_call *c, nm_lapack_call *l);

/* Refuses what is no matrix of floats (NM_EINVAL), or no square one. */
nm_status nm__check_matrices(const nm_op_call *c, const nm_tensor *x, bool square);
/* Refuses matrices of m rows and n columns that LAPACK can't hold the workspace for. */
nm_status nm__check_sizes(const nm_op_call *c, const nm_tensor *x, int64_t m, int64_t n);
/* Ends a forward with n results, all temporaries (NULL: it failed). */
nm_status nm__results(nm_op_call *c, int mark, int n, nm_tensor **y);
/* All results of an op, as temporaries. */
bool nm__apply_all(nm_context *ctx, nm_known op, const nm_value_arg *args, nm_tensor **y);
/* In x's dtype, a tensor of its own. */
nm_tensor *nm__narrowed(nm_context *ctx, nm_tensor *y, const nm_tensor *x);
/* Whether gradients may be asked for: then factors are computed that the values alone don't need.
 */
static inline bool nm__tracked(const nm_context *ctx, const nm_tensor *x) {
  return ctx->grad_enabled && nm__tracks(x);
}
nm_tensor *nm__singular_values(nm_context *ctx, nm_tensor *x);
/* Up to which part of the largest a singular value counts as 0: epsilon times the larger size. */
double nm__standard_rtol(const nm_tensor *x);
/* x in the dtype that it is computed in. */
nm_tensor *nm__t_wide(nm_context *ctx, nm_tensor *x);
/* An op of one matrix argument, and flags. */
nm_tensor *nm__t_factor(nm_context *ctx, nm_known op, nm_tensor *x, bool flag);
nm_tensor *nm__t_solve(nm_context *ctx, nm_tensor *a, nm_tensor *b);
nm_tensor *nm__t_triangular(nm_context *ctx, nm_tensor *a, nm_tensor *b, bool upper, bool unit);
/* `rows` rows from `first` of `cols` columns from `col` of the last two dims; of one column,
 * without its dim. */
nm_tensor *nm__t_block(nm_context *ctx, nm_tensor *x, int64_t first, int64_t rows, int64_t col,
                       int64_t cols);
nm_tensor *nm__t_column(nm_context *ctx, nm_tensor *x, int64_t first, int64_t rows, int64_t col);
/* num / den, and 0 where both are 0. */
nm_tensor *nm__t_quotient(nm_context *ctx, nm_tensor *num, nm_tensor *den);
nm_tensor *nm__t_diag(nm_context *ctx, nm_tensor *x); /* the last dim as the diagonal of matrices */
nm_tensor *nm__t_triangle(nm_context *ctx, nm_tensor *x, bool upper, int diagonal);
nm_tensor *nm__t_eye_like(nm_context *ctx, nm_tensor *x, int64_t n); /* (n, n) of x's dtype */

#endif
