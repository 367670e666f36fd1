/* window.h: inside ops/: what convolution, pooling and unfolding share. */
#ifndef NM_WINDOW_H
#define NM_WINDOW_H

#include "ops/families.h"

typedef struct nm_conv_shape { /* per spatial dim, as nm_conv of core/device.h, and y's sizes */
  int64_t stride[3], low[3], lhs[3], rhs[3], out[3];
} nm_conv_shape;

/* The general convolution of x with w; a temporary. */
nm_tensor *nm__t_conv(nm_context *ctx, nm_tensor *x, nm_tensor *w, int dims, const nm_conv_shape *s,
                      int64_t groups);
/* Whether parameter i is given; an empty list says nothing (in Lua it may be empty options). */
static inline bool nm__each_given(const nm_op_call *c, int i) {
  return nm__given(c, i) && c->args[i].n > 0;
}
/* Parameter i: one integer for all spatial dims, or one for each; `standard` where it is left out.
 */
nm_status nm__each_arg(const nm_op_call *c, int i, int dims, int64_t standard, int64_t least,
                       int64_t out[3]);
/* The number of spatial dims, which is the last digit of the op's name but for "d". */
int nm__spatial_dims(const nm_op *op);

#endif
