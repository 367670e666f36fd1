/* store.c: writing elements of tensors, whole and in part.
 *
 * Writing a whole storage gives it another value, and nothing has to be run.  Writing a part of it,
 * or memory whose address the host knows, changes the memory: pending values that read it are run
 * first. */
#include "fuse/fuse.h"
#include "fuse/run.h"

#include <string.h>

/* Runs the pending values that read v, except `but`. */
static nm_status run_readers(nm_context *ctx, nm_value *v, const nm_value *but) {
  for (nm_source *s = v->readers; s;) {
    if (s->owner == but) {
      s = s->next;
      continue;
    }
    NM_TRY(nm__materialize(ctx, s->owner)); /* takes its sources off the list */
    s = v->readers;
  }
  return NM_OK;
}

/* A ready copy of v's memory that nobody else holds becomes the storage's value. */
static nm_status unshare(nm_context *ctx, nm_storage *st) {
  nm_value *v = st->value;
  nm_tensor whole = {.dtype = v->dtype,
                     .ndim = 1,
                     .storage = st,
                     .contiguous = true,
                     .numel = v->numel,
                     .shape = {v->numel},
                     .stride = {1}};
  nm_dtype dtype = (nm_dtype)v->dtype;
  nm_tensor *copy = nm__record_cast(&whole, dtype, 1, whole.shape);
  if (!copy) return ctx->status;
  nm_status s = nm__ready(ctx, copy);
  if (s == NM_OK) {
    copy->storage->value->refs++;
    nm__storage_set(ctx, st, copy->storage->value);
    st->version--; /* the elements are the same */
  }
  nm_release(ctx, copy);
  return s;
}

/* A storage that holds a number shared with others gets one of its own, which costs nothing yet. */
static nm_status unshare_number(nm_context *ctx, nm_storage *st) {
  nm_value *v = st->value;
  nm_dtype dtype = (nm_dtype)v->dtype;
  nm_input in = {.tensor = NULL};
  if (v->refs == 1 || !nm__constant(v, &in.bits)) return NM_OK;
  nm_tensor *own =
      nm__record(v->dev, NM_I_copy, dtype, nm__dtype_class(dtype), 1, &v->numel, 1, &in);
  if (!own) return ctx->status;
  own->storage->value->refs++;
  nm__storage_set(ctx, st, own->storage->value);
  st->version--; /* the elements are the same */
  nm_release(ctx, own);
  return NM_OK;
}

/* Makes the storage's value ready and its own, with no pending readers but `but`. */
static nm_status prepare(nm_context *ctx, nm_storage *st, const nm_value *but) {
  NM_TRY(unshare_number(ctx, st));
  NM_TRY(nm__materialize(ctx, st->value));
  NM_TRY(run_readers(ctx, st->value, but));
  uint32_t read = 0;
  for (nm_source *s = st->value->readers; s; s = s->next) read++;
  return st->value->refs - read > 1 ? unshare(ctx, st) : NM_OK;
}

nm_status nm__writable(nm_context *ctx, nm_tensor *t) {
  NM_TRY(prepare(ctx, t->storage, NULL));
  t->storage->version++;
  return NM_OK;
}

/* src as dst wants it: its shape and dtype, as a value of its own. */
static nm_tensor *conform(nm_tensor *dst, nm_tensor *src) {
  nm_dtype dtype = (nm_dtype)dst->dtype;
  const nm_value *v = src->storage->value;
  bool same =
      src->dtype == dtype && nm__same_shape(src, dst->ndim, dst->shape) && nm__is_whole(src);
  if (same && !v->pinned && !v->release) return nm_retain(src), src;
  return nm__record_cast(src, dtype, dst->ndim, dst->shape);
}

/* Runs src straight into dst's memory where that is safe, else through a temporary. */
static nm_status store_part(nm_context *ctx, nm_tensor *dst, nm_tensor *src, bool consumed) {
  nm_value *v = src->storage->value;
  bool done = false, same_index = nm__same_shape(dst, v->ndim, v->shape) ||
                                  (!v->strided && nm__is_contiguous(dst));
  NM_TRY(prepare(ctx, dst->storage, consumed ? v : NULL));
  if (!v->ready && same_index) NM_TRY(nm__materialize_into(ctx, v, dst, consumed, &done));
  if (done) return NM_OK;
  NM_TRY(nm__materialize(ctx, v));
  nm_value *to = dst->storage->value;
  nm_value copy = {.refs = 1,
                   .dtype = dst->dtype,
                   .op = NM_I_copy,
                   .cls = (uint8_t)nm__dtype_class((nm_dtype)dst->dtype),
                   .nargs = 1,
                   .ndim = dst->ndim,
                   .dev = to->dev,
                   .numel = nm_numel(dst)};
  for (int d = 0; d < dst->ndim; d++) copy.shape[d] = dst->shape[d];
  copy.args[0] = (nm_source){.value = v, .owner = &copy, .layout = NM_FLAT};
  NM_TRY(nm__materialize_into(ctx, &copy, dst, true, &done));
  return NM_OK;
}

/* Whether the caller of nm__store, and conform, are all that hold s and its value: what another
 * tensor, a saved one or a pending value will read must be kept, and not only be written. */
static bool is_alone(const nm_tensor *s) {
  return s->refs == 2 && s->storage->refs == 1 && s->storage->value->refs == 1;
}

nm_status nm__store(nm_context *ctx, nm_tensor *dst, nm_tensor *src, bool consumed) {
  nm_value *old = dst->storage->value;
  nm_tensor *s = conform(dst, src);
  if (!s) return ctx->status;
  nm_status status = NM_OK;
  if (nm__is_whole(dst) && !old->pinned && !old->release) {
    s->storage->value->refs++;
    nm__announce(s); /* what is written in place is state: it will be wanted again */
    nm__storage_set(ctx, dst->storage, s->storage->value);
  } else if (nm_numel(dst)) {
    status = store_part(ctx, dst, s, s != src || (consumed && is_alone(s)));
    if (status == NM_OK) dst->storage->version++;
  }
  nm_release(ctx, s);
  return status;
}

nm_status nm_data(nm_context *ctx, nm_tensor *t, void **out) {
  nm_device *dev = nm__device_of(t);
  if (dev != ctx->cpu)
    return nm__error(
        ctx, NM_EINVAL,
        "data_ptr: the tensor is on %s and shares no memory with the host: use :cpu() first",
        dev->name);
  NM_TRY(prepare(ctx, t->storage, NULL));
  t->storage->value->pinned = true;
  *out = t->storage->value->mem.ptr ? (char *)t->storage->value->mem.ptr +
                                          (size_t)t->offset * nm__dtype_size((nm_dtype)t->dtype)
                                    : NULL;
  return NM_OK;
}

static void keep(void *arg) { (void)arg; } /* memory that is let go without a word */

nm_status nm_from_blob(nm_context *ctx, void *data, int ndim, const int64_t *shape, nm_dtype dtype,
                       void (*release)(void *arg), void *arg, nm_tensor **out) {
  nm_dims s = {.ndim = ndim};
  if (ndim < 0 || ndim > NM_MAX_DIMS)
    return nm__error(ctx, NM_EINVAL, "from_blob: %d dims: there are at most %d", ndim, NM_MAX_DIMS);
  for (int d = 0; d < ndim; d++) s.dim[d] = shape[d];
  int64_t n = nm__checked_count(&s);
  if (n < 0)
    return nm__error(ctx, NM_EINVAL,
                     "from_blob: sizes must not be negative, nor their product overflow");
  nm_value *v;
  NM_TRY(nm__value_new(ctx->cpu, dtype, 0, &v));
  v->numel = n;
  v->mem = (nm_mem){.ptr = data, .size = (size_t)n * nm__dtype_size(dtype)};
  v->pinned = true;
  nm_tensor *t = nm__tensor_new(ctx, v, ndim, shape);
  if (!t) return NM_ENOMEM;
  v->release = release ? release : keep;
  v->release_arg = arg;
  *out = t;
  return NM_OK;
}
