/* short.c: results too short to be worth recording.
 *
 * Recording an instruction, and later planning and running the program that it ends up in, costs
 * more than a loop over a few tiles does, and fusing saves little where all operands stay in the
 * first cache.  So an instruction over at most SHORT elements whose inputs are ready runs at once,
 * where the device has a loop for it (device.h).  The result has the same bits: it is the same
 * loop. */
#include "fuse/run.h"

#include <string.h>

enum {
  SHORT = 2 * NM_SHORT,     /* above, chains of four and more are faster as programs */
  IN_PLACE = 16 * NM_SHORT, /* elements of a result that is added to where it lies */
};

typedef union buffer { /* a dense operand */
  float f32[NM_SHORT];
  double f64[NM_SHORT];
  int32_t i32[NM_SHORT];
  int64_t i64[NM_SHORT];
} buffer;

typedef struct operand { /* of a loop over tiles of NM_SHORT elements */
  const char *at;
  size_t step; /* bytes from tile to tile; 0: all tiles are the same */
} operand;

static void fill(buffer *to, int n, size_t size, nm_bits b) {
  if (size == 4)
    for (int i = 0; i < n; i++) to->i32[i] = b.i32;
  else
    for (int i = 0; i < n; i++) to->i64[i] = b.i64;
}

/* The first n elements of t over the shape that it broadcasts to. */
static void spread(buffer *to, const nm_tensor *t, int n, size_t size, int ndim,
                   const int64_t *shape) {
  int64_t stride[NM_MAX_DIMS], index[NM_MAX_DIMS] = {0}, offset = t->offset;
  const char *from = t->storage->value->mem.ptr;
  char *at = (char *)to;
  nm__broadcast_strides(t, ndim, shape, stride);
  for (; n > 0; n--, at += size) {
    memcpy(at, from + offset * (int64_t)size, size);
    for (int d = ndim - 1; d >= 0; d--) {
      offset += stride[d];
      if (++index[d] < shape[d]) break;
      offset -= stride[d] * shape[d];
      index[d] = 0;
    }
  }
}

/* t's elements again and again. */
static void repeat(buffer *to, const nm_tensor *t, int n, size_t size) {
  size_t bytes = (size_t)t->numel * size, left = (size_t)n * size;
  const char *from = (const char *)t->storage->value->mem.ptr + t->offset * (int64_t)size;
  for (char *at = (char *)to; left; at += bytes, left -= bytes) memcpy(at, from, bytes);
}

/* Whether a tensor is repeated over the first dims alone: n elements are whole repetitions of it.
 */
static bool repeats(const nm_tensor *t, int n, int ndim, const int64_t *shape) {
  int same = 0;
  while (same < t->ndim && t->shape[t->ndim - 1 - same] == shape[ndim - 1 - same]) same++;
  for (int d = 0; d < t->ndim - same; d++)
    if (t->shape[d] != 1) return false;
  return t->contiguous && n % t->numel == 0;
}

/* Where the loop reads operand i: the tensor's own memory, or the buffer.  at == NULL: it can't. */
static operand place(const nm_input *in, nm_class want, buffer *b, int n, int ndim,
                     const int64_t *shape) {
  size_t size = nm__class_size[want];
  int first = n < NM_SHORT ? n : NM_SHORT;
  operand o = {(const char *)b, 0};
  const nm_tensor *t = in->tensor;
  if (!t) return fill(b, first, size, in->bits), o;
  const nm_value *v = t->storage->value;
  nm_bits bits;
  if (nm__constant(v, &bits)) {
    fill(b, first, size, nm__bits_cast(bits, nm__dtype_class((nm_dtype)v->dtype), want));
    return o;
  }
  if (!v->ready || t->dtype != nm__class_dtype[want]) return (operand){NULL, 0};
  const char *at = (const char *)v->mem.ptr + t->offset * (int64_t)size;
  if (t->numel == n && t->contiguous) return (operand){at, NM_SHORT * size};
  if (t->numel == 1) {
    memcpy(&bits, at, size);
    return fill(b, first, size, bits), o;
  }
  if (repeats(t, first, ndim, shape)) return repeat(b, t, first, size), o;
  if (n > NM_SHORT) return (operand){NULL, 0};
  return spread(b, t, n, size, ndim, shape), o;
}

static void run_tiles(nm_loop *loop, int n, char *y, size_t size, operand o[3]) {
  for (; n > 0; n -= NM_SHORT, y += NM_SHORT * size) {
    loop(n < NM_SHORT ? n : NM_SHORT, y, o[0].at, o[1].at, o[2].at);
    for (int i = 0; i < 3; i++) o[i].at += o[i].step;
  }
}

static bool reads_memory(int n, const nm_input *in) {
  nm_bits bits;
  for (int i = 0; i < n; i++)
    if (in[i].tensor && !nm__constant(in[i].tensor->storage->value, &bits)) return true;
  return false;
}

/* The number of elements, or 0 when it is not 1 to SHORT. */
static int short_count(int ndim, const int64_t *shape) {
  int64_t n = 1;
  for (int d = 0; d < ndim; d++) {
    if (shape[d] < 1 || shape[d] > SHORT) return 0;
    if ((n *= shape[d]) > SHORT) return 0;
  }
  return (int)n;
}

/* The loop that may run at once; NULL where there is none, or everything is to be recorded. */
static nm_loop *loop_at_once(nm_device *dev, nm_opcode op, nm_dtype dtype, nm_class cls) {
  if (!dev->cls->loop || dev->ctx->records_short || nm__is_narrow(dtype)) return NULL;
  return dev->cls->loop(dev, op, cls);
}

nm_status nm__compute_short(nm_device *dev, nm_opcode op, nm_dtype dtype, nm_class cls, int ndim,
                            const int64_t *shape, int n, const nm_input *in, nm_value **out) {
  int numel = short_count(ndim, shape);
  nm_loop *loop = numel ? loop_at_once(dev, op, dtype, cls) : NULL;
  *out = NULL;
  /* a constant stays one: programs and derivatives make use of it */
  if (!loop || !reads_memory(n, in)) return NM_OK;
  buffer b[3];
  operand o[3];
  for (int i = 0; i < n; i++) {
    o[i] = place(&in[i], nm__operand_class(op, cls, i), &b[i], numel, ndim, shape);
    if (!o[i].at) return NM_OK;
  }
  for (int i = n; i < 3; i++) o[i] = o[0]; /* loops may look at all three addresses */
  NM_TRY(nm__value_new(dev, dtype, numel, out));
  run_tiles(loop, numel, (*out)->mem.ptr, nm__dtype_size(dtype), o);
  return NM_OK;
}

bool nm__short_rows(nm_opcode op, nm_tensor *y, nm_tensor *row) {
  nm_dtype dtype = (nm_dtype)y->dtype;
  nm_class cls = nm__dtype_class(dtype);
  const nm_value *v = y->storage->value;
  bool fits = v->ready && y->numel >= 1 && y->numel <= IN_PLACE;
  nm_loop *loop = fits ? loop_at_once(v->dev, op, dtype, cls) : NULL;
  if (!loop) return false;
  buffer b;
  nm_input in = {.tensor = row};
  operand o[3] = {{v->mem.ptr, NM_SHORT * nm__dtype_size(dtype)}};
  o[1] = o[2] = place(&in, cls, &b, (int)y->numel, y->ndim, y->shape);
  if (!o[1].at) return false;
  run_tiles(loop, (int)y->numel, v->mem.ptr, nm__dtype_size(dtype), o);
  return true;
}
