/* value.c: life and death of values and storages. */
#include "core/tensor.h"

static inline nm_value *make(nm_device *dev, nm_dtype dtype, int64_t n, bool recorded) {
  nm_value *v = nm__struct_new(dev->ctx, nm__value_size(recorded));
  if (v)
    nm__value_init(v, dev, dtype, n, recorded);
  else
    nm__error(dev->ctx, NM_ENOMEM, "out of memory");
  return v;
}

nm_value *nm__value_make(nm_device *dev, nm_dtype dtype, int64_t n, bool recorded) {
  return make(dev, dtype, n, recorded);
}

nm_status nm__value_new(nm_device *dev, nm_dtype dtype, int64_t n, nm_value **out) {
  nm_value *v = make(dev, dtype, n, false);
  if (!v) return NM_ENOMEM;
  nm_status s = nm__value_alloc(v);
  if (s != NM_OK) return nm__struct_free(dev->ctx, v, nm__value_size(false)), s;
  *out = v;
  return NM_OK;
}

void nm__value_drop_args(nm_context *ctx, nm_value *v) {
  int n = v->nargs;
  v->nargs = 0;
  for (int i = 0; i < n; i++) {
    nm_source *s = &v->args[i];
    if (!s->value) continue;
    *s->link = s->next;
    if (s->next) s->next->link = s->link;
    nm__value_unref(ctx, s->value);
  }
}

void nm__value_free(nm_context *ctx, nm_value *v) {
  if (v->nargs) nm__value_drop_args(ctx, v);
  if (v->ready) {
    if (v->release) {
      v->release(v->release_arg);
    } else if (v->mem.size) {
      v->dev->cls->release(v->dev, &v->mem);
    }
  }
  if (v->joint)
    nm__trio_leave(ctx, (nm_trio *)((char *)v - offsetof(nm_trio, value)));
  else if (v->recorded) /* two calls, whose sizes the compiler knows */
    nm__struct_free(ctx, v, nm__value_size(true));
  else
    nm__struct_free(ctx, v, nm__value_size(false));
}

void nm__storage_set(nm_context *ctx, nm_storage *s, nm_value *v) {
  nm_value *old = s->value;
  old->saved -= s->saved;
  v->saved += s->saved;
  s->value = v;
  s->version++;
  nm__value_unref(ctx, old);
}
