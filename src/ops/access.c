/* access.c: elements in and out: whole tensors as host arrays, and single elements as numbers. */
#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/families.h"

#include <string.h>

nm_status nm_empty(nm_context *ctx, int ndim, const int64_t *shape, nm_dtype dtype,
                   const char *device, nm_tensor **out) {
  nm_device *dev;
  nm_dims s = {.ndim = ndim};
  if (ndim < 0 || ndim > NM_MAX_DIMS)
    return nm__error(ctx, NM_EINVAL, "empty: %d dims: a tensor has at most %d", ndim, NM_MAX_DIMS);
  for (int d = 0; d < ndim; d++) s.dim[d] = shape[d];
  if (nm__checked_count(&s) < 0)
    return nm__error(ctx, NM_EINVAL,
                     "empty: sizes must not be negative, nor their product overflow");
  NM_TRY(nm__device_get(ctx, device, &dev));
  *out = nm__tensor_empty(ctx, dev, dtype, ndim, shape);
  return *out ? NM_OK : ctx->status;
}

static nm_status check_bytes(nm_context *ctx, const nm_tensor *t, size_t bytes) {
  size_t want = (size_t)nm_numel(t) * nm__dtype_size((nm_dtype)t->dtype);
  if (bytes == want) return NM_OK;
  return nm__error(ctx, NM_EINVAL, "%zu bytes for a tensor of %zu", bytes, want);
}

static nm_status read_all(nm_context *ctx, nm_tensor *t, void *to, size_t bytes) {
  NM_TRY(check_bytes(ctx, t, bytes));
  if (!bytes) return NM_OK;
  int mark = nm__scope(ctx);
  bool grad = nm_set_grad_enabled(ctx, false);
  nm_view v;
  nm_tensor *c = nm__contiguous(ctx, t);
  nm_status s = c ? nm__view_of(ctx, c, &v) : ctx->status;
  nm_device *dev = nm__device_of(t);
  if (s == NM_OK)
    s = dev->cls->read(dev, v.mem, (size_t)v.offset * nm__dtype_size(v.dtype), bytes, to);
  ctx->grad_enabled = grad;
  nm__unscope(ctx, mark, NULL);
  return s;
}

nm_status nm_read(nm_context *ctx, nm_tensor *t, void *to, size_t bytes) {
  const char *outer = nm__begin(ctx, "read");
  return nm__end(ctx, outer, read_all(ctx, t, to, bytes));
}

static nm_status write_all(nm_context *ctx, nm_tensor *t, const void *from, size_t bytes) {
  NM_TRY(check_bytes(ctx, t, bytes));
  NM_TRY(nm__inplace_check(ctx, t));
  if (!bytes) return NM_OK;
  nm_device *dev = nm__device_of(t);
  nm_view v;
  if (nm__is_contiguous(t)) {
    NM_TRY(nm__writable(ctx, t));
    NM_TRY(nm__view_of(ctx, t, &v));
    return dev->cls->write(dev, v.mem, (size_t)v.offset * nm__dtype_size(v.dtype), bytes, from);
  }
  nm_tensor *c = nm__tensor_empty(ctx, dev, (nm_dtype)t->dtype, t->ndim, t->shape);
  if (!c) return ctx->status;
  nm_status s = dev->cls->write(dev, &c->storage->value->mem, 0, bytes, from);
  if (s == NM_OK) s = nm__store(ctx, t, c, true);
  nm_release(ctx, c);
  return s;
}

nm_status nm_write(nm_context *ctx, nm_tensor *t, const void *from, size_t bytes) {
  const char *outer = nm__begin(ctx, "write");
  return nm__end(ctx, outer, write_all(ctx, t, from, bytes));
}

/* The element's place, counted from the start of the storage. */
static nm_status locate(nm_context *ctx, const nm_tensor *t, int n, const int64_t *at,
                        int64_t *out) {
  if (n != t->ndim)
    return nm__error(ctx, NM_EINVAL, "%d positions for a tensor of %d dims", n, t->ndim);
  *out = t->offset;
  for (int d = 0; d < n; d++) {
    int64_t i = at[d], size = t->shape[d];
    if (i < -size || i >= size)
      return nm__error(ctx, NM_EINVAL, "index %lld is out of range for dim %d of size %lld",
                       (long long)(i < 0 ? i : i + ctx->base), d + ctx->base, (long long)size);
    *out += (i < 0 ? i + size : i) * t->stride[d];
  }
  return NM_OK;
}

static nm_value_arg number_at(nm_dtype dtype, const void *p) {
  union {
    uint16_t h;
    float f;
    double d;
    int64_t l;
    int32_t i;
    int16_t s;
    int8_t c;
    uint8_t b;
  } v;
  memcpy(&v, p, nm__dtype_size(dtype));
  switch (dtype) {
  case NM_FLOAT32: return nm__arg_float((double)v.f);
  case NM_FLOAT64: return nm__arg_float(v.d);
  case NM_FLOAT16: return nm__arg_float((double)nm__half_to_float(v.h));
  case NM_BFLOAT16: return nm__arg_float((double)nm__bfloat_to_float(v.h));
  case NM_INT64: return nm__arg_int(v.l);
  case NM_INT32: return nm__arg_int(v.i);
  case NM_INT16: return nm__arg_int(v.s);
  case NM_INT8: return nm__arg_int(v.c);
  case NM_UINT8: return nm__arg_int(v.b);
  default: return nm__arg_bool(v.b != 0);
  }
}

static void number_to(nm_dtype dtype, const nm_value_arg *a, void *p) {
  nm_bits b = nm__bits_of(a, nm__dtype_class(dtype));
  union {
    uint16_t h;
    int16_t s;
    int8_t c;
    uint8_t b;
  } v;
  switch (dtype) {
  case NM_FLOAT16: v.h = nm__float_to_half(b.f32); break;
  case NM_BFLOAT16: v.h = nm__float_to_bfloat(b.f32); break;
  case NM_INT16: v.s = (int16_t)b.i32; break;
  case NM_INT8: v.c = (int8_t)b.i32; break;
  case NM_UINT8: v.b = (uint8_t)b.i32; break;
  case NM_BOOL: v.b = a->kind == NM_ARG_FLOAT ? a->as.number != 0 : b.i32 != 0; break;
  default: memcpy(p, &b, nm__dtype_size(dtype)); return; /* a dtype that fills its class */
  }
  memcpy(p, &v, nm__dtype_size(dtype));
}

static nm_status get(nm_context *ctx, nm_tensor *t, int n, const int64_t *at, nm_value_arg *out) {
  int64_t place = 0;
  char bytes[8];
  NM_TRY(locate(ctx, t, n, at, &place));
  NM_TRY(nm__ready(ctx, t));
  const nm_mem *mem = &t->storage->value->mem;
  nm_device *dev = nm__device_of(t);
  size_t size = nm__dtype_size((nm_dtype)t->dtype);
  if (dev != ctx->cpu) NM_TRY(dev->cls->read(dev, mem, (size_t)place * size, size, bytes));
  *out = number_at((nm_dtype)t->dtype,
                   dev != ctx->cpu ? bytes : (char *)mem->ptr + (size_t)place * size);
  return NM_OK;
}

nm_status nm__get_element(nm_context *ctx, nm_tensor *t, int n, const int64_t *at,
                          nm_value_arg *out) {
  const char *outer = nm__begin(ctx, "get");
  return nm__end(ctx, outer, get(ctx, t, n, at, out));
}

static nm_status set(nm_context *ctx, nm_tensor *t, int n, const int64_t *at,
                     const nm_value_arg *value) {
  int64_t place = 0;
  char bytes[8];
  NM_TRY(locate(ctx, t, n, at, &place));
  NM_TRY(nm__inplace_check(ctx, t));
  if (ctx->grad_enabled && nm__tracks(t)) { /* on the tape, as any write */
    nm_index ix[NM_MAX_DIMS];
    for (int d = 0; d < n; d++) ix[d] = (nm_index){.kind = NM_IX_INT, .first = at[d]};
    return nm__index_set(ctx, t, n, ix, value);
  }
  nm_device *dev = nm__device_of(t);
  size_t size = nm__dtype_size((nm_dtype)t->dtype);
  NM_TRY(nm__writable(ctx, t));
  number_to((nm_dtype)t->dtype, value, bytes);
  return dev->cls->write(dev, &t->storage->value->mem, (size_t)place * size, size, bytes);
}

nm_status nm__set_element(nm_context *ctx, nm_tensor *t, int n, const int64_t *at,
                          const nm_value_arg *value) {
  const char *outer = nm__begin(ctx, "set");
  return nm__end(ctx, outer, set(ctx, t, n, at, value));
}

nm_status nm__equal(nm_context *ctx, nm_tensor *a, nm_tensor *b, bool *out) {
  *out = nm__same_shape(a, b->ndim, b->shape) && nm__device_of(a) == nm__device_of(b);
  if (!*out || !nm_numel(a)) return NM_OK;
  int mark = nm__scope(ctx);
  bool grad = nm_set_grad_enabled(ctx, false);
  uint8_t differ = 0;
  nm_tensor *ne = nm__t2(ctx, NM_I_ne, a, b);
  ne = ne ? nm__temp(ctx, nm__reduce(ctx, NM_R_ANY, ne, (1u << ne->ndim) - 1, NM_BOOL)) : NULL;
  nm_status s = ne ? nm_read(ctx, ne, &differ, 1) : ctx->status;
  ctx->grad_enabled = grad;
  nm__unscope(ctx, mark, NULL);
  *out = !differ;
  return s;
}

nm_status nm_set_fusion(nm_context *ctx, bool on) {
  ctx->fusion = on;
  return NM_OK;
}
