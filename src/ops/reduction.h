/* reduction.h: inside ops/: what the families that reduce share. */
#ifndef NM_REDUCTION_H
#define NM_REDUCTION_H

#include "ops/args.h"

/* How many elements become one. */
static inline int64_t nm__reduced_count(const nm_tensor *x, uint32_t dims) {
  int64_t n = 1;
  for (int d = 0; d < x->ndim; d++)
    if (dims >> d & 1) n *= x->shape[d];
  return n;
}

/* A set of dims as a list: how many. */
static inline int nm__dims_list(int ndim, uint32_t dims, int64_t *list) {
  int n = 0;
  for (int d = 0; d < ndim; d++)
    if (dims >> d & 1) list[n++] = d;
  return n;
}

/* Puts the reduced dims back with size 1; t is new and nobody else's. */
static inline void nm__keep_dims(nm_tensor *t, const nm_tensor *x, uint32_t dims) {
  t->ndim = x->ndim;
  for (int d = 0; d < x->ndim; d++) t->shape[d] = dims >> d & 1 ? 1 : x->shape[d];
  nm__row_major(t->ndim, t->shape, t->stride);
}

/* The mean of floats over dims, which are kept with size 1, and in *squares the sum of the squared
 * distances from it. */
nm_tensor *nm__t_spread(nm_context *ctx, nm_tensor *x, uint32_t dims, nm_tensor **squares);

#endif
