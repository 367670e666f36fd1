/* window.h: inside ops/: what convolution, pooling and unfolding share. */
#ifndef NM_WINDOW_H
#define NM_WINDOW_H

#include "ops/families.h"

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
