/* value.h: values and storages, the two levels under a tensor.
 *
 * A *value* is one flat array of elements, defined once and never changed while anyone else can see
 * it. It is pending (an instruction over other values, run when its elements are needed) or ready
 * (memory). A *storage* is the cell that tensors share: it holds the current value.  Writing a
 * whole storage gives it a new value, so programs that still read the old one stay right without
 * being run; writing a part of it changes the value's memory, after its pending readers have been
 * dealt with (fuse/).
 *
 * Invariants: a pending value is row-major over its shape.  refs counts the storages and the
 * arguments of pending values; an argument is also linked into `readers` of the value it reads. The
 * argument graph below a pending value is bounded (NM_WEIGHT_CAP), so walking it by recursion is
 * safe. */
#ifndef NM_VALUE_H
#define NM_VALUE_H

#include <stddef.h>

#include "core/context.h"

typedef struct nm_value nm_value;

typedef struct nm_source {        /* an argument of a pending value */
  nm_value *value;                /* NULL: the constant `bits` */
  nm_value *owner;                /* the pending value whose argument this is */
  struct nm_source *next, **link; /* in value->readers */
  uint8_t layout;                 /* nm_layout over the owner's shape */
  int64_t offset;
  union {
    int64_t stride[NM_MAX_DIMS];
    nm_bits bits;
  };
} nm_source;

struct nm_value {
  uint32_t refs;
  uint32_t
      saved; /* tape nodes that will want it: it is stored when a program computes it on the way */
  uint32_t epoch; /* of the program build that last met it, */
  uint8_t reg;    /* and its operand number there */
  uint8_t dtype, op, cls, aux, nargs, ndim;
  bool ready, seen; /* seen: was computed on the way once and not stored; next time it is stored */
  bool pinned;      /* its memory is known outside: it may not move */
  bool strided;     /* pending: its program's operands depend on its shape */
  bool shares;      /* pending: its bounds count once what it reads twice, see fuse/record.c */
  bool recorded;    /* was made by nm__record: it has the fields from `shape` on */
  bool joint;       /* is part of an nm_trio, see tensor.h */
  uint16_t weight;  /* pending: bounds of its program: instructions, */
  uint8_t nin, nconst; /* inputs and constants */
  nm_device *dev;
  nm_source *readers;
  int64_t numel;
  nm_mem mem;                 /* ready only */
  void (*release)(void *arg); /* of memory that is the host's */
  void *release_arg;
  int64_t shape[NM_MAX_DIMS]; /* pending only */
  nm_source args[3];          /* pending only */
};
/* What precedes the shape is all that a value needs that was ready from the start. */
static inline size_t nm__value_size(bool recorded) {
  return recorded ? sizeof(nm_value) : offsetof(nm_value, shape);
}

typedef struct nm_storage {
  uint32_t refs;
  uint32_t version; /* writes so far; saved tensors compare it */
  uint32_t saved;   /* tape nodes that saved a tensor of it: passed on to its value */
  bool inference;   /* was made in inference mode */
  uint8_t parts;    /* that are left of the nm_trio that it is part of; 0: of none */
  nm_value *value;
} nm_storage;

/* All fields zero but those that are given and one reference: one by one, as what a compiler makes
 * of a memset of this length takes longer than the rest. */
static inline void nm__value_init(nm_value *v, nm_device *dev, nm_dtype dtype, int64_t n,
                                  bool recorded) {
  v->refs = 1;
  v->saved = v->epoch = 0;
  v->reg = v->op = v->cls = v->aux = v->nargs = v->ndim = v->nin = v->nconst = 0;
  v->ready = v->seen = v->pinned = v->strided = v->shares = v->joint = false;
  v->weight = 0;
  v->dtype = (uint8_t)dtype;
  v->recorded = recorded;
  v->dev = dev;
  v->readers = NULL;
  v->numel = n;
  v->mem.ptr = v->mem.handle = NULL;
  v->mem.addr = v->mem.size = 0;
  v->release = NULL;
  v->release_arg = NULL;
}
/* Makes a new value ready, with memory for its elements. */
static inline nm_status nm__value_alloc(nm_value *v) {
  v->ready = true;
  if (v->numel == 0) return NM_OK;
  return nm__mem_alloc(v->dev, (size_t)v->numel * nm__dtype_size((nm_dtype)v->dtype), &v->mem);
}
/* A value as nm__value_init makes it; NULL when out of memory. */
nm_value *nm__value_make(nm_device *dev, nm_dtype dtype, int64_t n, bool recorded);
/* A ready value of n elements with undefined contents, one reference. */
nm_status nm__value_new(nm_device *dev, nm_dtype dtype, int64_t n, nm_value **out);
void nm__value_free(nm_context *ctx, nm_value *v);
static inline void nm__value_unref(nm_context *ctx, nm_value *v) {
  if (--v->refs == 0) nm__value_free(ctx, v);
}
/* Lets go of the arguments of a value that has become ready (or is dying). */
void nm__value_drop_args(nm_context *ctx, nm_value *v);
static inline void nm__source_link(nm_source *s, nm_value *v, nm_value *owner) {
  s->value = v;
  s->owner = owner;
  v->refs++;
  s->next = v->readers;
  if (s->next) s->next->link = &s->next;
  s->link = &v->readers;
  v->readers = s;
}

/* A storage around a value; takes over the caller's reference to it. */
static inline nm_storage *nm__storage_new(nm_context *ctx, nm_value *v) {
  nm_storage *s = nm__struct_new(ctx, sizeof *s);
  if (s)
    *s = (nm_storage){.refs = 1, .inference = ctx->inference, .value = v};
  else
    nm__value_unref(ctx, v);
  return s;
}
/* Gives the storage another value (takes over the reference) and counts the write. */
void nm__storage_set(nm_context *ctx, nm_storage *s, nm_value *v);

#endif
