/* short.c: results too short to be worth recording.
 *
 * Recording an instruction, and later planning and running the program that it ends up in, costs
 * several times what a loop over a tile does, and fusing saves nothing where all operands stay in
 * the first cache.  So an instruction over at most NM_SHORT elements whose inputs are ready runs
 * at once, where the device has a loop for it (device.h).  The result has the same bits: it is the
 * same loop. */
#include "fuse/run.h"

#include <string.h>

typedef union buffer { /* a dense operand */
  float f32[NM_SHORT];
  double f64[NM_SHORT];
  int32_t i32[NM_SHORT];
  int64_t i64[NM_SHORT];
} buffer;

static void fill(buffer *to, int n, size_t size, nm_bits b) {
  if (size == 4)
    for (int i = 0; i < n; i++) to->i32[i] = b.i32;
  else
    for (int i = 0; i < n; i++) to->i64[i] = b.i64;
}

/* t's elements over the shape that it broadcasts to, row by row. */
static void spread(buffer *to, const nm_tensor *t, size_t size, int ndim, const int64_t *shape) {
  int64_t stride[NM_MAX_DIMS], index[NM_MAX_DIMS] = {0}, offset = t->offset;
  const char *from = t->storage->value->mem.ptr;
  char *at = (char *)to;
  int last = ndim - 1;
  nm__broadcast_strides(t, ndim, shape, stride);
  for (;;) {
    const char *row = from + offset * (int64_t)size;
    for (int64_t i = 0; i < shape[last]; i++, at += size)
      memcpy(at, row + i * stride[last] * (int64_t)size, size);
    int d = last - 1;
    for (; d >= 0; d--) {
      offset += stride[d];
      if (++index[d] < shape[d]) break;
      offset -= stride[d] * shape[d];
      index[d] = 0;
    }
    if (d < 0) return;
  }
}

/* Where the loop reads operand i: the tensor's own memory, or the buffer.  NULL: it can't yet. */
static const void *place(const nm_input *in, nm_class want, buffer *b, int n, int ndim,
                         const int64_t *shape) {
  size_t size = nm__class_size[want];
  const nm_tensor *t = in->tensor;
  if (!t) return fill(b, n, size, in->bits), b;
  const nm_value *v = t->storage->value;
  nm_bits bits;
  if (nm__constant(v, &bits))
    return fill(b, n, size, nm__bits_cast(bits, nm__dtype_class((nm_dtype)v->dtype), want)), b;
  if (!v->ready || t->dtype != nm__class_dtype[want]) return NULL;
  const char *first = (const char *)v->mem.ptr + t->offset * (int64_t)size;
  if (t->numel == n && t->contiguous) return first;
  if (t->numel == 1) {
    memcpy(&bits, first, size);
    return fill(b, n, size, bits), b;
  }
  return spread(b, t, size, ndim, shape), b;
}

static bool reads_memory(int n, const nm_input *in) {
  nm_bits bits;
  for (int i = 0; i < n; i++)
    if (in[i].tensor && !nm__constant(in[i].tensor->storage->value, &bits)) return true;
  return false;
}

/* The number of elements, or 0 when it is not 1 to NM_SHORT. */
static int short_count(int ndim, const int64_t *shape) {
  int64_t n = 1;
  for (int d = 0; d < ndim; d++) {
    if (shape[d] < 1 || shape[d] > NM_SHORT) return 0;
    if ((n *= shape[d]) > NM_SHORT) return 0;
  }
  return (int)n;
}

nm_status nm__compute_short(nm_device *dev, nm_opcode op, nm_dtype dtype, nm_class cls, int ndim,
                            const int64_t *shape, int n, const nm_input *in, nm_value **out) {
  int numel = dev->cls->loop && !dev->ctx->records_short ? short_count(ndim, shape) : 0;
  nm_loop *loop = numel ? dev->cls->loop(dev, op, cls) : NULL;
  *out = NULL;
  /* a constant stays one: programs and derivatives make use of it */
  if (!loop || nm__is_narrow(dtype) || !reads_memory(n, in)) return NM_OK;
  buffer b[3];
  const void *at[3];
  for (int i = 0; i < n; i++) {
    at[i] = place(&in[i], nm__operand_class(op, cls, i), &b[i], numel, ndim, shape);
    if (!at[i]) return NM_OK;
  }
  for (int i = n; i < 3; i++) at[i] = at[0]; /* loops may look at all three addresses */
  NM_TRY(nm__value_new(dev, dtype, numel, out));
  loop(numel, (*out)->mem.ptr, at[0], at[1], at[2]);
  return NM_OK;
}

bool nm__short_rows(nm_opcode op, nm_tensor *y, const nm_tensor *row) {
  const nm_value *v = y->storage->value, *r = row->storage->value;
  nm_dtype dtype = (nm_dtype)y->dtype;
  const nm_device *dev = v->dev;
  if (y->numel > NM_SHORT || !row->numel || !dev->cls->loop || dev->ctx->records_short ||
      !v->ready || !r->ready || !row->contiguous || row->dtype != dtype || nm__is_narrow(dtype))
    return false;
  nm_loop *loop = dev->cls->loop(v->dev, op, nm__dtype_class(dtype));
  size_t size = nm__dtype_size(dtype), bytes = (size_t)row->numel * size;
  const char *x = (const char *)r->mem.ptr + row->offset * (int64_t)size;
  char *at = v->mem.ptr;
  for (int64_t i = 0; i < y->numel; i += row->numel, at += bytes)
    loop((int)row->numel, at, at, x, x);
  return true;
}
