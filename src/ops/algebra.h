/* algebra.h: inside ops/: shape ops as C functions, for what is composed of products. */
#ifndef NM_ALGEBRA_H
#define NM_ALGEBRA_H

#include "ops/families.h"

nm_tensor *nm__t_unsqueeze(nm_context *ctx, nm_tensor *x, int dim);
nm_tensor *nm__t_squeeze(nm_context *ctx, nm_tensor *x, int dim);
/* The elements at equal positions of two dims, as the last dim. */
nm_tensor *nm__t_diagonal(nm_context *ctx, nm_tensor *x, int dim1, int dim2);
/* The sum over dims in the dtype of x (sum itself gives int64 for integers). */
nm_tensor *nm__t_sum_as(nm_context *ctx, nm_tensor *x, uint32_t dims);
/* The last two dims swapped. */
static inline nm_tensor *nm__t_mT(nm_context *ctx, nm_tensor *x) {
  return x ? nm__t_transpose(ctx, x, -2, -1) : NULL;
}
/* What a product refuses: other dtypes than one that is no bool, and shapes that do not fit. */
nm_status nm__check_product_dtypes(const nm_op_call *c, const nm_tensor *a, const nm_tensor *b);
nm_status nm__check_product(const nm_op_call *c, const nm_tensor *a, const nm_tensor *b);
/* A result is no argument and no view of one: then it is a copy. */
nm_tensor *nm__t_own(const nm_op_call *c, nm_tensor *x);
/* x times a number that keeps its type; x itself for 1. */
nm_tensor *nm__t_times(nm_context *ctx, nm_tensor *x, const nm_value_arg *number);
/* s ^ (1 / p), with the gradient 0 at 0. */
nm_tensor *nm__t_root(nm_context *ctx, nm_tensor *s, double p);
/* (sum |x|^p)^(1/p) over dims, none for a 0-d tensor; p = 0 counts, infinities take the extreme. */
nm_tensor *nm__t_norm(nm_context *ctx, nm_tensor *x, double p, uint32_t dims, bool keepdim);
nm_tensor *nm__t_extreme(nm_context *ctx, nm_tensor *x, uint32_t dims, bool keepdim, bool max);

#endif
