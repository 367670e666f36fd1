/* rows.h: inside ops/: what is computed by rows, where the device does that (core/device.h,
 * nm_rows). */
#ifndef NM_OPS_ROWS_H
#define NM_OPS_ROWS_H

#include "ops/args.h"

typedef struct nm_row_tensors { /* as in nm_rows; the results are new, and none is NULL by failure
                                 */
  nm_tensor *x, *g, *w, *b, *stats, *y, *dw, *db;
} nm_row_tensors;

/* Whether rows of n elements of x are what its device takes. */
bool nm__takes_rows(const nm_tensor *x, int64_t n);
/* `how` says the kind, n and the numbers. */
nm_status nm__run_rows(nm_context *ctx, nm_rows how, nm_row_tensors *t);

#endif
