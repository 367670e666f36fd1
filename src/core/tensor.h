/* tensor.h: the tensor, a typed view of a storage, and the geometry of views.
 *
 * A tensor's shape, strides and offset never change.  What an op returns is row-major over a
 * storage of its own; a view shares its base's storage.  Strides are never negative. */
#ifndef NM_TENSOR_H
#define NM_TENSOR_H

#include "core/value.h"

struct nm_tensor {
  uint32_t refs;
  uint8_t dtype, ndim;
  bool requires_grad; /* a leaf that collects a gradient */
  bool retains_grad;  /* not a leaf, but wants .grad filled */
  uint8_t made;       /* nm_made, of a view */
  bool contiguous;    /* row-major from its first element on */
  bool joint;         /* is part of an nm_trio */
  nm_storage *storage;
  int64_t offset, numel;
  /* autograd */
  struct nm_node *node;  /* what computed it; NULL: a leaf, or not tracked */
  uint32_t output;       /* which of the node's results it is */
  uint32_t view_version; /* of the storage when `node` was made for this view */
  nm_tensor *base;       /* the tensor this is a view of, itself no view */
  nm_tensor *grad;
  nm_hook *hooks;                                  /* see autograd/hooks.c */
  int64_t shape[NM_MAX_DIMS], stride[NM_MAX_DIMS]; /* in elements */
};
/* A view that the tape cannot follow: writing into it would lose what was there from the history.
 */
enum nm_made { NM_MADE_TRACKED, NM_MADE_UNTRACKED /* with the tape off */, NM_MADE_BY_FUNCTION };

/* A tensor with a storage and a value of its own that was never pending is made in one block.  Its
 * parts may go in any order, and the block goes with the last. */
typedef struct nm_trio {
  nm_tensor tensor;
  nm_storage storage;
  nm_value value; /* nm__value_size(false) of it */
} nm_trio;
enum { NM_TRIO_SIZE = offsetof(nm_trio, value) + offsetof(nm_value, shape) };
static inline void nm__trio_leave(nm_context *ctx, nm_trio *t) {
  if (--t->storage.parts == 0) nm__struct_free(ctx, t, NM_TRIO_SIZE);
}

static inline void nm__storage_unref(nm_context *ctx, nm_storage *s) {
  if (--s->refs) return;
  nm__value_unref(ctx, s->value);
  if (s->parts)
    nm__trio_leave(ctx, (nm_trio *)((char *)s - offsetof(nm_trio, storage)));
  else
    nm__struct_free(ctx, s, sizeof *s);
}

typedef struct nm_dims {
  int ndim;
  int64_t dim[NM_MAX_DIMS];
} nm_dims;

static inline nm_dims nm__dims_of(const nm_tensor *t) {
  nm_dims s = {.ndim = t->ndim};
  memcpy(s.dim, t->shape, sizeof s.dim); /* all: of a size that the compiler knows */
  return s;
}
static inline nm_device *nm__device_of(const nm_tensor *t) { return t->storage->value->dev; }
int64_t nm__count(int ndim, const int64_t *shape); /* the product */
static inline bool nm__same_shape(const nm_tensor *t, int ndim, const int64_t *shape) {
  if (t->ndim != ndim) return false;
  for (int d = 0; d < ndim; d++)
    if (t->shape[d] != shape[d]) return false;
  return true;
}
static inline bool nm__is_contiguous(const nm_tensor *t) { return t->contiguous; }
/* Row-major and exactly its storage: such a tensor may stand for the storage's value. */
bool nm__is_whole(const nm_tensor *t);
/* Whether two elements may lie in the same place; sure when it says no. */
bool nm__overlaps(int ndim, const int64_t *shape, const int64_t *stride);
void nm__row_major(int ndim, const int64_t *shape, int64_t *stride);
/* Adds `shape` to `s` by NumPy's broadcasting; false if they do not fit. */
bool nm__broadcast(nm_dims *s, int ndim, const int64_t *shape);
/* Number of elements, or -1 when their bytes would overflow or a size is negative. */
int64_t nm__checked_count(const nm_dims *s);
/* The same, with a message for -1. */
int64_t nm__countable(nm_context *ctx, int ndim, const int64_t *shape);
/* Strides that read a tensor over a shape it broadcasts to. */
void nm__broadcast_strides(const nm_tensor *t, int ndim, const int64_t *shape, int64_t *stride);
/* Writes "{2, 3}" for messages; returns buffer. */
enum { NM_SHAPE_TEXT = 8 * 22 + 4 };
const char *nm__shape_text(int ndim, const int64_t *shape, char buffer[NM_SHAPE_TEXT]);

/* A row-major tensor over a new storage, of all of v's elements; takes over the reference to v,
 * also when it fails. */
nm_tensor *nm__tensor_new(nm_context *ctx, nm_value *v, int ndim, const int64_t *shape);
/* A ready tensor with undefined contents, of n elements, which is the product of the shape, and a
 * dtype that the device holds; and one of which neither is known yet. */
nm_tensor *nm__tensor_ready(nm_device *dev, nm_dtype dtype, int64_t n, int ndim,
                            const int64_t *shape);
nm_tensor *nm__tensor_empty(nm_context *ctx, nm_device *dev, nm_dtype dtype, int ndim,
                            const int64_t *shape);
/* Another view of t's storage, not tracked by autograd unless ops do it. */
nm_tensor *nm__tensor_view(nm_context *ctx, nm_tensor *t, int ndim, const int64_t *shape,
                           const int64_t *stride, int64_t offset);

/* Scopes.  C code that computes with tensors keeps its temporaries in the context's list:
 *   int mark = nm__scope(ctx);  ... nm__temp(ctx, t) ...;  nm__unscope(ctx, mark, result);
 * releases all of them but `result` (which may be NULL), whose reference goes to the caller. */
static inline int nm__scope(const nm_context *ctx) { return ctx->temps.n; }
nm_tensor *nm__temp(nm_context *ctx, nm_tensor *t); /* NULL passes through */
nm_tensor *nm__unscope(nm_context *ctx, int mark, nm_tensor *keep);

#endif
