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
  SHORT = 4 * NM_SHORT,     /* above, chains of four and more are faster as programs */
  IN_PLACE = 16 * NM_SHORT, /* elements of a result that is added to where it lies */
};

typedef union buffer { /* a dense operand */
  float f32[NM_SHORT];
  double f64[NM_SHORT];
  int32_t i32[NM_SHORT];
  int64_t i64[NM_SHORT];
} buffer;

typedef struct operands { /* of a loop over tiles of NM_SHORT elements */
  const char *at[3];
  size_t step[3]; /* bytes from tile to tile; 0: all tiles are the same */
} operands;

/* Operand i is a tile of n elements, or the first of more, that are all the same. */
static void fill(operands *o, int i, buffer *to, int n, size_t size, nm_bits b) {
  if (n > NM_SHORT) n = NM_SHORT;
  if (size == 4)
    for (int k = 0; k < n; k++) to->i32[k] = b.i32;
  else
    for (int k = 0; k < n; k++) to->i64[k] = b.i64;
  o->at[i] = (const char *)to;
  o->step[i] = 0;
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

/* The number that an operand is everywhere, in the class that is wanted. */
static bool number_of(const nm_input *in, nm_class want, nm_bits *out) {
  if (!in->tensor) return *out = in->bits, true;
  const nm_value *v = in->tensor->storage->value;
  if (!nm__constant(v, out)) return false;
  *out = nm__bits_cast(*out, nm__dtype_class((nm_dtype)v->dtype), want);
  return true;
}

enum { NEITHER, NUMBER, MEMORY }; /* what an operand of the loop is; NEITHER: it can't be one */

/* Operand i does not lie as the loop reads: the buffer. */
NM_APART static int copy_in(operands *o, int i, const nm_input *in, nm_class want, buffer *b, int n,
                            int ndim, const int64_t *shape) {
  const nm_tensor *t = in->tensor;
  size_t size = nm__class_size[want];
  int first = n < NM_SHORT ? n : NM_SHORT;
  nm_bits bits;
  if (number_of(in, want, &bits)) return fill(o, i, b, n, size, bits), NUMBER;
  if (!t->storage->value->ready || t->dtype != nm__class_dtype[want]) return NEITHER;
  o->at[i] = (const char *)b;
  o->step[i] = 0;
  if (t->numel == 1) {
    memcpy(&bits, (const char *)t->storage->value->mem.ptr + t->offset * (int64_t)size, size);
    return fill(o, i, b, n, size, bits), MEMORY;
  }
  if (repeats(t, first, ndim, shape)) return repeat(b, t, first, size), MEMORY;
  if (n > NM_SHORT) return NEITHER;
  return spread(b, t, n, size, ndim, shape), MEMORY;
}

/* Whether t's elements are n in a row of the dtype, and nothing has to be computed first. */
static inline bool lies_dense(const nm_tensor *t, nm_dtype dtype, int64_t n) {
  return t->storage->value->ready && t->dtype == dtype && t->contiguous && t->numel == n;
}

/* Puts operand i where the loop reads it. */
static inline int place(operands *o, int i, const nm_input *in, nm_class want, buffer *b, int n,
                        int ndim, const int64_t *shape) {
  const nm_tensor *t = in->tensor;
  size_t size = nm__class_size[want];
  if (!t || !lies_dense(t, nm__class_dtype[want], n))
    return copy_in(o, i, in, want, b, n, ndim, shape);
  o->at[i] = (const char *)t->storage->value->mem.ptr + t->offset * (int64_t)size;
  o->step[i] = NM_SHORT * size;
  return MEMORY;
}

static inline void run_tiles(nm_loop *loop, int n, char *y, size_t size, operands *o) {
  for (; n > NM_SHORT; n -= NM_SHORT, y += NM_SHORT * size) {
    loop(NM_SHORT, y, o->at[0], o->at[1], o->at[2]);
    for (int i = 0; i < 3; i++) o->at[i] += o->step[i];
  }
  loop(n, y, o->at[0], o->at[1], o->at[2]);
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
static inline nm_loop *loop_at_once(nm_device *dev, nm_opcode op, nm_dtype dtype, nm_class cls) {
  if (!dev->cls->loop || dev->ctx->records_short || nm__is_narrow(dtype)) return NULL;
  return dev->cls->loop(dev, op, cls);
}

nm_tensor *nm__record(nm_device *dev, nm_opcode op, nm_dtype dtype, nm_class cls, int ndim,
                      const int64_t *shape, int n, const nm_input *in) {
  int numel = short_count(ndim, shape), what = MEMORY, reads = 0;
  nm_loop *loop = numel ? loop_at_once(dev, op, dtype, cls) : NULL;
  buffer b[3];
  operands o;
  for (int i = 0; i < n && loop && what; i++) {
    what = place(&o, i, &in[i], nm__operand_class(op, cls, i), &b[i], numel, ndim, shape);
    reads |= what;
  }
  /* what reads no memory is a constant, which it stays: nm__compute_number */
  if (!loop || !what || !(reads & MEMORY))
    return nm__record_pending(dev, op, dtype, cls, ndim, shape, n, in);
  for (int i = n; i < 3; i++) { /* loops may look at all three addresses */
    o.at[i] = o.at[0];
    o.step[i] = o.step[0];
  }
  nm_tensor *y = nm__tensor_ready(dev, dtype, numel, ndim, shape);
  if (y) run_tiles(loop, numel, y->storage->value->mem.ptr, nm__dtype_size(dtype), &o);
  return y;
}

bool nm__compute_number(nm_device *dev, nm_opcode op, nm_dtype dtype, nm_class cls, int n,
                        const nm_input *in, nm_bits *out) {
  nm_loop *loop = n ? loop_at_once(dev, op, dtype, cls) : NULL;
  nm_bits number[3];
  *out = (nm_bits){.u64 = 0};
  if (!loop) return false;
  for (int i = 0; i < n; i++)
    if (!number_of(&in[i], nm__operand_class(op, cls, i), &number[i])) return false;
  for (int i = n; i < 3; i++) number[i] = number[0];
  loop(1, out, &number[0], &number[1], &number[2]);
  return true;
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
  int n = (int)y->numel;
  size_t size = nm__dtype_size(dtype);
  operands o = {.at = {v->mem.ptr}, .step = {NM_SHORT * size}};
  if (!place(&o, 1, &in, cls, &b, n, y->ndim, y->shape)) return false;
  o.at[2] = o.at[1], o.step[2] = o.step[1];
  run_tiles(loop, n, v->mem.ptr, size, &o);
  return true;
}

/* to = join(to, scale(from, k)), n elements of so many bytes, dense. */
static void run_scaled(nm_loop *scale, nm_loop *join, int64_t n, size_t size, char *to,
                       const char *from, nm_bits k) {
  buffer factor, scaled;
  operands o;
  fill(&o, 0, &factor, (int)n, size, k);
  for (; n > 0; n -= NM_SHORT, from += NM_SHORT * size, to += NM_SHORT * size) {
    int some = n < NM_SHORT ? (int)n : NM_SHORT;
    scale(some, &scaled, from, o.at[0], o.at[0]);
    join(some, to, to, &scaled, &scaled);
  }
}

bool nm__short_scaled(nm_opcode op, nm_tensor *y, const nm_tensor *x, double k) {
  nm_dtype dtype = (nm_dtype)y->dtype;
  nm_class cls = nm__dtype_class(dtype);
  const nm_value *v = y->storage->value, *w = x->storage->value;
  if (y->numel < 1 || y->numel > IN_PLACE || !lies_dense(y, dtype, y->numel) ||
      !lies_dense(x, dtype, y->numel) || !nm__same_shape(x, y->ndim, y->shape))
    return false;
  if (v->refs > 1 || v->readers || v == w || v->dev != w->dev) return false;
  nm_loop *scale = loop_at_once(v->dev, NM_I_mul, dtype, cls);
  nm_loop *join = loop_at_once(v->dev, op, dtype, cls);
  if (!scale || !join) return false;
  size_t size = nm__dtype_size(dtype);
  run_scaled(scale, join, y->numel, size, (char *)v->mem.ptr + y->offset * (int64_t)size,
             (const char *)w->mem.ptr + x->offset * (int64_t)size,
             nm__bits_cast((nm_bits){.f64 = k}, NM_F64, cls));
  y->storage->version++;
  return true;
}
