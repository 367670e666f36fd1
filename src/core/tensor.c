/* tensor.c: making tensors and working with shapes. */
#include "core/tensor.h"
#include "autograd/node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t nm__count(int ndim, const int64_t *shape) {
  int64_t n = 1;
  for (int d = 0; d < ndim; d++) n *= shape[d];
  return n;
}

static inline int64_t checked_count(int ndim, const int64_t *shape) {
  int64_t n = 1;
  bool zero = false;
  for (int d = 0; d < ndim; d++) {
    if (shape[d] < 0) return -1;
    if (shape[d] == 0)
      zero = true;
    else if (__builtin_mul_overflow(n, shape[d], &n))
      return -1;
  }
  return zero ? 0 : n > INT64_MAX / 8 ? -1 : n;
}

int64_t nm__checked_count(const nm_dims *s) { return checked_count(s->ndim, s->dim); }

int64_t nm__countable(nm_context *ctx, int ndim, const int64_t *shape) {
  char text[NM_SHAPE_TEXT];
  int64_t n = checked_count(ndim, shape);
  if (n < 0)
    nm__error(ctx, NM_EINVAL, "shape %s has too many elements", nm__shape_text(ndim, shape, text));
  return n;
}

static bool is_row_major(int ndim, const int64_t *shape, const int64_t *stride, int64_t numel) {
  int64_t expected = 1;
  if (numel == 0) return true;
  for (int d = ndim - 1; d >= 0; d--) {
    if (shape[d] != 1 && stride[d] != expected) return false;
    expected *= shape[d];
  }
  return true;
}

bool nm__is_whole(const nm_tensor *t) {
  return t->offset == 0 && t->storage->value->numel == t->numel &&
         t->storage->value->dtype == t->dtype && nm__is_contiguous(t);
}

/* Sorted by stride, each dim must step over all that the ones before it reach. */
bool nm__overlaps(int ndim, const int64_t *shape, const int64_t *stride) {
  int order[NM_MAX_DIMS], n = 0;
  for (int d = 0; d < ndim; d++) {
    if (shape[d] == 0) return false;
    if (shape[d] == 1) continue;
    int k = n++;
    for (; k > 0 && stride[order[k - 1]] > stride[d]; k--) order[k] = order[k - 1];
    order[k] = d;
  }
  int64_t reach = 0;
  for (int k = 0; k < n; k++) {
    if (stride[order[k]] <= reach) return true;
    reach += (shape[order[k]] - 1) * stride[order[k]];
  }
  return false;
}

void nm__row_major(int ndim, const int64_t *shape, int64_t *stride) {
  int64_t step = 1;
  for (int d = ndim - 1; d >= 0; d--) {
    stride[d] = step;
    step *= shape[d] > 0 ? shape[d] : 1;
  }
}

bool nm__broadcast(nm_dims *s, int ndim, const int64_t *shape) {
  if (ndim > s->ndim) {
    int shift = ndim - s->ndim;
    memmove(s->dim + shift, s->dim, (size_t)s->ndim * sizeof *s->dim);
    for (int d = 0; d < shift; d++) s->dim[d] = 1;
    s->ndim = ndim;
  }
  for (int d = 0; d < ndim; d++) {
    int64_t *have = &s->dim[s->ndim - ndim + d];
    if (*have == shape[d] || shape[d] == 1) continue;
    if (*have != 1) return false;
    *have = shape[d];
  }
  return true;
}

void nm__broadcast_strides(const nm_tensor *t, int ndim, const int64_t *shape, int64_t *stride) {
  int shift = ndim - t->ndim;
  for (int d = 0; d < ndim; d++)
    stride[d] = d < shift || (t->shape[d - shift] == 1 && shape[d] != 1) ? 0 : t->stride[d - shift];
}

const char *nm__shape_text(int ndim, const int64_t *shape, char buffer[NM_SHAPE_TEXT]) {
  char *p = buffer;
  *p++ = '{';
  for (int d = 0; d < ndim; d++) p += sprintf(p, d ? ", %lld" : "%lld", (long long)shape[d]);
  strcpy(p, "}");
  return buffer;
}

/* Without shape and strides. */
static inline void init(nm_tensor *t, nm_storage *s, nm_dtype dtype, int ndim, int64_t numel) {
  t->refs = 1;
  t->dtype = (uint8_t)dtype;
  t->ndim = (uint8_t)ndim;
  t->requires_grad = t->retains_grad = t->joint = false;
  t->storage = s;
  t->offset = 0;
  t->numel = numel;
  t->node = NULL;
  t->output = t->view_version = 0;
  t->base = t->grad = NULL;
  t->made = NM_MADE_TRACKED;
  t->hooks = NULL;
}

static inline nm_tensor *tensor_over(nm_context *ctx, nm_storage *s, nm_dtype dtype, int ndim,
                                     int64_t numel) {
  nm_tensor *t = nm__struct_new(ctx, sizeof *t);
  if (t)
    init(t, s, dtype, ndim, numel);
  else
    nm__error(ctx, NM_ENOMEM, "out of memory");
  return t;
}

/* With nm__row_major's strides, in one loop: every small result passes here. */
static inline nm_tensor *row_major(nm_tensor *t, const int64_t *shape) {
  int64_t step = 1;
  for (int d = t->ndim - 1; d >= 0; d--) {
    t->stride[d] = step;
    t->shape[d] = shape[d];
    step *= shape[d] > 0 ? shape[d] : 1;
  }
  t->contiguous = true;
  return t;
}

nm_tensor *nm__tensor_new(nm_context *ctx, nm_value *v, int ndim, const int64_t *shape) {
  nm_storage *s = nm__storage_new(ctx, v);
  if (!s) {
    nm__error(ctx, NM_ENOMEM, "out of memory");
    return NULL;
  }
  nm_tensor *t = tensor_over(ctx, s, (nm_dtype)v->dtype, ndim, v->numel);
  if (!t) return nm__storage_unref(ctx, s), NULL;
  return row_major(t, shape);
}

nm_tensor *nm__tensor_ready(nm_device *dev, nm_dtype dtype, int64_t n, int ndim,
                            const int64_t *shape) {
  nm_context *ctx = dev->ctx;
  nm_trio *all = nm__struct_new(ctx, NM_TRIO_SIZE);
  if (!all) {
    nm__error(ctx, NM_ENOMEM, "out of memory");
    return NULL;
  }
  nm__value_init(&all->value, dev, dtype, n, false);
  all->value.joint = true;
  if (nm__value_alloc(&all->value) != NM_OK) {
    nm__struct_free(ctx, all, NM_TRIO_SIZE);
    return NULL;
  }
  all->storage =
      (nm_storage){.refs = 1, .inference = ctx->inference, .parts = 3, .value = &all->value};
  init(&all->tensor, &all->storage, dtype, ndim, n);
  all->tensor.joint = true;
  return row_major(&all->tensor, shape);
}

nm_tensor *nm__tensor_empty(nm_context *ctx, nm_device *dev, nm_dtype dtype, int ndim,
                            const int64_t *shape) {
  const char *feature;
  if (!dev->cls->holds(dev, dtype, &feature)) {
    nm__error(ctx, NM_ENOTSUP, "%s cannot hold %s: it lacks %s", dev->name, nm__dtypes[dtype].name,
              feature);
    return NULL;
  }
  int64_t n = nm__countable(dev->ctx, ndim, shape);
  return n < 0 ? NULL : nm__tensor_ready(dev, dtype, n, ndim, shape);
}

nm_tensor *nm__tensor_view(nm_context *ctx, nm_tensor *t, int ndim, const int64_t *shape,
                           const int64_t *stride, int64_t offset) {
  nm_tensor *v = tensor_over(ctx, t->storage, (nm_dtype)t->dtype, ndim, nm__count(ndim, shape));
  if (!v) return NULL;
  t->storage->refs++;
  v->view_version = t->storage->version;
  v->offset = offset;
  for (int d = 0; d < ndim; d++) v->shape[d] = shape[d], v->stride[d] = stride[d];
  v->contiguous = is_row_major(ndim, shape, stride, v->numel);
  return v;
}

void nm_retain(nm_tensor *t) { t->refs++; }

void nm_release(nm_context *ctx, nm_tensor *t) {
  if (!t || --t->refs) return;
  if (t->hooks) nm__hooks_leave_tensor(ctx, t);
  if (t->node) nm__node_unref(ctx, t->node);
  if (t->grad) nm_release(ctx, t->grad);
  if (t->base) nm_release(ctx, t->base);
  nm__storage_unref(ctx, t->storage);
  if (t->joint)
    nm__trio_leave(ctx, (nm_trio *)t);
  else
    nm__struct_free(ctx, t, sizeof *t);
}

nm_dtype nm_dtype_of(const nm_tensor *t) { return (nm_dtype)t->dtype; }
int nm_ndim(const nm_tensor *t) { return t->ndim; }
const int64_t *nm_shape(const nm_tensor *t) { return t->shape; }
const int64_t *nm_strides(const nm_tensor *t) { return t->stride; }
int64_t nm_numel(const nm_tensor *t) { return t->numel; }

nm_tensor *nm__temp(nm_context *ctx, nm_tensor *t) {
  nm_temps *l = &ctx->temps;
  if (!t) return NULL;
  if (l->n == l->capacity) {
    int capacity = l->capacity ? l->capacity * 2 : 64;
    nm_tensor **list = realloc(l->list, (size_t)capacity * sizeof *list);
    if (!list) {
      nm_release(ctx, t);
      nm__error(ctx, NM_ENOMEM, "out of memory");
      return NULL;
    }
    l->list = list;
    l->capacity = capacity;
  }
  return l->list[l->n++] = t;
}

nm_tensor *nm__unscope(nm_context *ctx, int mark, nm_tensor *keep) {
  nm_temps *l = &ctx->temps;
  if (keep && l->n > mark && l->list[l->n - 1] == keep)
    l->n--; /* its reference is the caller's */
  else if (keep)
    keep->refs++;
  while (l->n > mark) nm_release(ctx, l->list[--l->n]);
  return keep;
}
