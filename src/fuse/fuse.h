/* fuse.h: pending programs: recording instructions, and running them when the elements are needed.
 *
 * nm__record makes a pending value; nm__ready runs what a tensor needs.  A program never reads a
 * value that is not ready, and never writes memory that a pending value reads: writers deal with
 * the readers first (nm__store).  Whoever asks for elements asks here. */
#ifndef NM_FUSE_H
#define NM_FUSE_H

#include "core/tensor.h"

enum { NM_WEIGHT_CAP = 48 }; /* instructions of a pending value at most */

typedef struct nm_input { /* of an instruction */
  nm_tensor *tensor;      /* read over the shape it broadcasts to; NULL: the constant */
  nm_bits bits;           /* in the class that the instruction wants here */
} nm_input;

/* A tensor whose elements are `op` of the inputs, computed in class `cls` (SELECT: the class of b
 * and c), rounded to `dtype`.  All tensors are on `dev` and broadcast to the shape.  NULL on
 * failure. */
nm_tensor *nm__record(nm_device *dev, nm_opcode op, nm_dtype dtype, nm_class cls, int ndim,
                      const int64_t *shape, int n, const nm_input *in);
/* A copy of t's elements, broadcast to the shape and cast to the dtype. */
nm_tensor *nm__record_cast(nm_tensor *t, nm_dtype dtype, int ndim, const int64_t *shape);

/* y[..., j] = op(y[..., j], row[j]) at once, of a row-major result that nobody has seen yet; false,
 * and nothing is done, where y is not short or that can't be.  */
bool nm__short_rows(nm_opcode op, nm_tensor *y, nm_tensor *row);
/* y = op(y, x * k) at once and in place, each result rounded, and counts the write; false, and
 * nothing is done, where they are not short floats of one shape, or others see y's elements. */
bool nm__short_scaled(nm_opcode op, nm_tensor *y, const nm_tensor *x, double k);

/* Makes v ready: builds its program, runs it, and keeps what the pass has computed for others. */
nm_status nm__materialize(nm_context *ctx, nm_value *v);
/* Computes what t needs, so that its storage's value is ready. */
static inline nm_status nm__ready(nm_context *ctx, nm_tensor *t) {
  nm_value *v = t->storage->value;
  return v->ready ? NM_OK : nm__materialize(ctx, v);
}
/* Says that the elements of t will be asked for: a program that computes them on its way stores
 * them. */
static inline void nm__announce(nm_tensor *t) { t->storage->value->seen = true; }
/* The memory of a ready tensor as a view for kernels. */
nm_status nm__view_of(nm_context *ctx, nm_tensor *t, nm_view *out);
/* Writes src (which broadcasts to dst's shape and is cast to its dtype) into dst's elements, and
 * counts the write.  consumed: the caller will let src go without reading it again. */
nm_status nm__store(nm_context *ctx, nm_tensor *dst, nm_tensor *src, bool consumed);
/* Runs every pending reader of the tensor's storage and makes its memory the storage's own, so that
 * a kernel may write into it; counts the write. */
nm_status nm__writable(nm_context *ctx, nm_tensor *t);
/* Reduces the elements of t over the dims in the mask, into a new flat tensor of the kept dims. */
nm_tensor *nm__reduce(nm_context *ctx, nm_reduction kind, nm_tensor *t, uint32_t dims,
                      nm_dtype dtype);
/* The same of a kind with a second result, see nm_reduce, on a device that reduces_pairs; t has
 * elements. */
nm_tensor *nm__reduce_pair(nm_context *ctx, nm_reduction kind, nm_tensor *t, uint32_t dims,
                           nm_dtype dtype, nm_tensor **also);
/* y = softmax or log_softmax of t over its last dim, in the pass that computes t if t is pending
 * and the device can; *done: whether. */
nm_status nm__softmax_pending(nm_context *ctx, nm_tensor *t, const nm_view *y, bool log,
                              bool *done);
/* If v is one number everywhere, gives it (in the class of v's dtype). */
static inline bool nm__constant(const nm_value *v, nm_bits *out) {
  if (v->ready || v->op != NM_I_copy || v->args[0].value) return false;
  *out = v->args[0].bits;
  return true;
}

#endif
