/* run.h: inside fuse/: from a pending value to a program, and the running of it. */
#ifndef NM_RUN_H
#define NM_RUN_H

#include "fuse/fuse.h"

/* Makes v ready: builds its program, runs it, and keeps what the pass has computed for others. */
nm_status nm__materialize(nm_context *ctx, nm_value *v);
/* The same, but v's elements go to the elements of the ready tensor dst (same shape, dtype and
 * device), and v stays pending.  consumed: v will not be read again.  *done is false, and nothing
 * was run, when v's program reads dst's memory in a way that the writing would disturb. */
nm_status nm__materialize_into(nm_context *ctx, nm_value *v, nm_tensor *dst, bool consumed,
                               bool *done);

#endif
