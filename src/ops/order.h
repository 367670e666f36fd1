/* order.h: inside ops/: what the families that sort and search share.
 *
 * Kernels sort along the last dim.  A tensor is *turned* when its dim was exchanged with the last
 * one; turning it again brings it back.  Positions are int64 and count from 0 in here. */
#ifndef NM_ORDER_OPS_H
#define NM_ORDER_OPS_H

#include "ops/args.h"

/* A view of t with dim and the last dim exchanged, on the tape of no one. */
nm_tensor *nm__t_turned(nm_context *ctx, nm_tensor *t, int dim);
/* The positions, counted from base, of the first n of x sorted along dim, turned; values may be
 * NULL, or gets the elements there, turned too and on no tape.  NULL on failure. */
nm_tensor *nm__t_order(nm_context *ctx, nm_tensor *x, int dim, bool descending, int64_t n,
                       nm_tensor **values, int base);
/* For each of x (B, M) how many of sorted (B or 1, N) are below it; right: not above it. */
nm_tensor *nm__t_search(nm_context *ctx, nm_tensor *sorted, nm_tensor *x, bool right);
/* Positions as they are handed out: counted from ctx->base, row-major. */
nm_tensor *nm__t_positions(nm_context *ctx, nm_tensor *at);
/* Ends a forward whose results are values and positions. */
nm_status nm__ordered_results(nm_op_call *c, int mark, nm_tensor *values, nm_tensor *at);
/* The same with x's elements at one position along dim each: `at` turned, 1 long. */
nm_status nm__chosen_results(nm_op_call *c, int mark, nm_tensor *x, int dim, nm_tensor *at,
                             bool keepdim);
/* Refuses a dim without elements. */
nm_status nm__nonempty_dim(const nm_op_call *c, const nm_tensor *x, int dim);

static inline int64_t nm__dim_size(const nm_tensor *x, int dim) {
  return x->ndim ? x->shape[dim] : 1;
}

#endif
