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

#endif
