/* select.c: elements picked by lists of positions and by masks.  All of it is pick and put. */
#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/families.h"

#include <stdlib.h>
#include <string.h>

/* ---- where elements are not zero ---- */

/* On the host: one pass counts, one writes. */
static nm_tensor *nonzero_on_host(nm_context *ctx, nm_tensor *mask) {
  int64_t n = nm_numel(mask), count = 0;
  uint8_t *bits = malloc(n ? (size_t)n : 1);
  int64_t *list = NULL;
  nm_tensor *t = NULL;
  if (!bits) {
    nm__error(ctx, NM_ENOMEM, "out of memory");
    return NULL;
  }
  if (nm_read(ctx, mask, bits, (size_t)n) == NM_OK) {
    for (int64_t i = 0; i < n; i++) count += bits[i] != 0;
    list = malloc(((size_t)count + 1) * sizeof *list); /* one more: each is written, then kept */
    if (list) {
      for (int64_t i = 0, k = 0; i < n; i++) {
        list[k] = i;
        k += bits[i] != 0;
      }
      t = nm__temp(ctx, nm__tensor_empty(ctx, nm__device_of(mask), NM_INT64, 1, &count));
      if (t && nm_write(ctx, t, list, (size_t)count * sizeof *list) != NM_OK) t = NULL;
    } else {
      nm__error(ctx, NM_ENOMEM, "out of memory");
    }
  }
  free(list);
  free(bits);
  return t;
}

nm_tensor *nm__nonzero(nm_context *ctx, nm_tensor *t) {
  int64_t flat[1] = {nm_numel(t)};
  if (t->dtype != NM_BOOL) t = nm__t2s(ctx, NM_I_ne, t, 0);
  t = nm__t_reshape(ctx, t, 1, flat);
  return t ? nonzero_on_host(ctx, t) : NULL;
}
static const nm_op ops[] = {};
NM_FAMILY(select);
