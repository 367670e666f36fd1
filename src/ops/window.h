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

typedef struct nm_windows { /* in each spatial dim */
  int dims;
  bool adaptive; /* window o is [floor(o in / out), ceil((o + 1) in / out)) */
  int64_t in[3], out[3];
  int64_t size[3], step[3], pad[3], dilation[3]; /* size: of the longest, when adaptive */
  nm_dims lead;                                  /* the dims before them */
  int64_t batch;                                 /* elements of these */
} nm_windows;

nm_tensor *nm__whole(nm_context *ctx, nm_opcode op, nm_tensor *x, int64_t n); /* x op n */
/* 0, 1, ..., n - 1 along dim d of `ndim`, the others of size 1. */
nm_tensor *nm__counting_along(nm_context *ctx, nm_device *dev, int ndim, int d, int64_t n);
/* Where window o of dim d starts and how many elements an adaptive one has; o as
 * nm__counting_along gives it. */
nm_tensor *nm__window_starts(nm_context *ctx, const nm_windows *w, int d, nm_tensor *o);
nm_tensor *nm__window_lengths(nm_context *ctx, const nm_windows *w, int d, nm_tensor *o);
/* The input's sizes. */
nm_status nm__read_pooled(const nm_op_call *c, nm_windows *w);
/* kernel_size, stride, padding; ceil: windows may start within input and its low padding and end
 * behind. */
nm_status nm__read_windows(const nm_op_call *c, nm_windows *w, bool ceil);
/* output_size.  Where it divides the input's, windows are of one size. */
nm_status nm__read_adaptive(const nm_op_call *c, nm_windows *w);
nm_tensor *nm__flattened(nm_context *ctx, nm_tensor *x, const nm_windows *w, const int64_t *sizes);
/* (B, O...) in any shape, with the leading dims again. */
nm_tensor *nm__unflattened(nm_context *ctx, nm_tensor *y, const nm_windows *w,
                           const int64_t *sizes);
/* x (B, S...) in the middle of a number: padded below by w->pad, and above as far as the windows
 * reach. */
nm_tensor *nm__surrounded(nm_context *ctx, nm_tensor *x, const nm_windows *w, double number);

#endif
