/* run.h: inside fuse/: from a pending value to a program, and the running of it. */
#ifndef NM_RUN_H
#define NM_RUN_H

#include "fuse/fuse.h"

/* As nm__materialize, but v's elements go to the elements of the ready tensor dst (same shape,
 * dtype and device), and v stays pending.  consumed: v will not be read again.  *done is false, and
 * nothing was run, when v's program reads dst's memory in a way that the writing would disturb. */
nm_status nm__materialize_into(nm_context *ctx, nm_value *v, nm_tensor *dst, bool consumed,
                               bool *done);

/* Makes arguments of a pending value ready until its program has no more inputs than it may. */
nm_status nm__fit_inputs(nm_context *ctx, const nm_value *v);

/* nm__record of what is not computed at once. */
nm_tensor *nm__record_pending(nm_device *dev, nm_opcode op, nm_dtype dtype, nm_class cls, int ndim,
                              const int64_t *shape, int n, const nm_input *in);
/* Computes an instruction over numbers alone, which is one in the class of `dtype`; false where it
 * has to be recorded. */
bool nm__compute_number(nm_device *dev, nm_opcode op, nm_dtype dtype, nm_class cls, int n,
                        const nm_input *in, nm_bits *out);

#endif
