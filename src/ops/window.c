/* window.c: windows over the spatial dims: their arguments, where they lie, and inputs that are
 * padded for them.  Tensors are (B, S...), the leading dims being one. */
#include "fuse/fuse.h"
#include "ops/window.h"

nm_tensor *nm__whole(nm_context *ctx, nm_opcode op, nm_tensor *x, int64_t n) {
  nm_value_arg args[2] = {nm__arg_t(x), nm__arg_int(n)};
  return x ? nm__t(ctx, nm__op_of(op), args) : NULL;
}

/* 0, 1, ..., n - 1 along dim d of `ndim`, the others of size 1. */
nm_tensor *nm__counting_along(nm_context *ctx, nm_device *dev, int ndim, int d, int64_t n) {
  int64_t shape[NM_MAX_DIMS];
  for (int k = 0; k < ndim; k++) shape[k] = k == d ? n : 1;
  return nm__t_reshape(ctx, nm__t_counting(ctx, dev, n), ndim, shape);
}

/* ceil(x / n) */
static nm_tensor *divided_up(nm_context *ctx, nm_tensor *x, int64_t n) {
  return nm__whole(ctx, NM_I_floor_divide, nm__whole(ctx, NM_I_add, x, n - 1), n);
}

/* Where window o of dim d starts and how many elements an adaptive one has; o as counting gives it.
 */
nm_tensor *nm__window_starts(nm_context *ctx, const nm_windows *w, int d, nm_tensor *o) {
  if (!w->adaptive)
    return nm__whole(ctx, NM_I_sub, nm__whole(ctx, NM_I_mul, o, w->step[d]), w->pad[d]);
  return nm__whole(ctx, NM_I_floor_divide, nm__whole(ctx, NM_I_mul, o, w->in[d]), w->out[d]);
}

nm_tensor *nm__window_lengths(nm_context *ctx, const nm_windows *w, int d, nm_tensor *o) {
  nm_tensor *next = nm__whole(ctx, NM_I_mul, nm__whole(ctx, NM_I_add, o, 1), w->in[d]);
  return nm__t2(ctx, NM_I_sub, divided_up(ctx, next, w->out[d]), nm__window_starts(ctx, w, d, o));
}

/* ---- reading the arguments ---- */

nm_status nm__read_pooled(const nm_op_call *c, nm_windows *w) {
  const nm_tensor *x = nm__tensor_arg(c, 0);
  char text[NM_SHAPE_TEXT];
  int dims = w->dims = nm__spatial_dims(c->op), lead = x->ndim - dims;
  if (!nm__is_float((nm_dtype)x->dtype))
    return nm__op_error(c, NM_EINVAL, "not defined for %s: convert with :to(\"float32\")",
                        nm__dtype_name(x->dtype));
  nm__shape_text(x->ndim, x->shape, text);
  if (lead != 1 && lead != 2)
    return nm__op_error(c, NM_EINVAL,
                        "input of shape %s: it must have %d dims, (N, C, ...), or %d without N",
                        text, dims + 2, dims + 1);
  w->lead = (nm_dims){.ndim = lead};
  w->batch = 1;
  for (int d = 0; d < lead; d++) w->batch *= w->lead.dim[d] = x->shape[d];
  for (int d = 0; d < dims; d++)
    if ((w->in[d] = x->shape[lead + d]) == 0)
      return nm__op_error(c, NM_EINVAL, "input of shape %s: dim %d has no elements", text,
                          lead + d + c->ctx->base);
  return NM_OK;
}

enum { KERNEL = 1, STRIDE, PADDING }; /* parameters of pooling */

/* kernel_size, stride, padding; ceil: windows may start within input and its low padding and end
 * behind. */
nm_status nm__read_windows(const nm_op_call *c, nm_windows *w, bool ceil) {
  const nm_tensor *x = nm__tensor_arg(c, 0);
  char text[NM_SHAPE_TEXT];
  NM_TRY(nm__each_arg(c, KERNEL, w->dims, 0, 1, w->size));
  NM_TRY(nm__each_arg(c, STRIDE, w->dims, 1, 1, w->step));
  if (!nm__each_given(c, STRIDE))
    for (int d = 0; d < w->dims; d++) w->step[d] = w->size[d];
  NM_TRY(nm__each_arg(c, PADDING, w->dims, 0, 0, w->pad));
  for (int d = 0; d < w->dims; d++) {
    int64_t span = w->dilation[d] * (w->size[d] - 1) + 1, all = w->in[d] + 2 * w->pad[d];
    if (w->pad[d] > w->size[d] / 2)
      return nm__op_error(c, NM_EINVAL, "padding %lld is more than half of the kernel's size %lld",
                          (long long)w->pad[d], (long long)w->size[d]);
    int64_t room = all - span + (ceil ? w->step[d] - 1 : 0);
    w->out[d] = room < 0 ? 0 : room / w->step[d] + 1;
    if (ceil && (w->out[d] - 1) * w->step[d] >= w->in[d] + w->pad[d]) w->out[d]--;
    if (w->out[d] < 1)
      return nm__op_error(c, NM_EINVAL,
                          "a kernel that spans %lld elements reaches beyond input of shape %s with "
                          "padding %lld",
                          (long long)span, nm__shape_text(x->ndim, x->shape, text),
                          (long long)w->pad[d]);
  }
  return NM_OK;
}

/* output_size.  Where it divides the input's, windows are of one size. */
nm_status nm__read_adaptive(const nm_op_call *c, nm_windows *w) {
  bool even = true;
  NM_TRY(nm__each_arg(c, 1, w->dims, 0, 1, w->out));
  for (int d = 0; d < w->dims; d++) {
    even &= w->in[d] % w->out[d] == 0;
    w->size[d] = w->step[d] = w->in[d] / w->out[d];
    w->pad[d] = 0, w->dilation[d] = 1;
  }
  w->adaptive = !even;
  for (int d = 0; d < w->dims && !even; d++) { /* a window is cut at both of its ends at most */
    w->size[d] = 1;
    for (int64_t o = 0; o < w->out[d]; o++) {
      int64_t n = ((o + 1) * w->in[d] + w->out[d] - 1) / w->out[d] - o * w->in[d] / w->out[d];
      if (n > w->size[d]) w->size[d] = n;
    }
  }
  return NM_OK;
}

/* ---- shapes ---- */

nm_tensor *nm__flattened(nm_context *ctx, nm_tensor *x, const nm_windows *w, const int64_t *sizes) {
  int64_t shape[4] = {w->batch};
  for (int d = 0; d < w->dims; d++) shape[1 + d] = sizes[d];
  return nm__t_reshape(ctx, x, 1 + w->dims, shape);
}

/* (B, O...) in any shape, with the leading dims again. */
nm_tensor *nm__unflattened(nm_context *ctx, nm_tensor *y, const nm_windows *w,
                           const int64_t *sizes) {
  int64_t shape[NM_MAX_DIMS];
  for (int d = 0; d < w->lead.ndim; d++) shape[d] = w->lead.dim[d];
  for (int d = 0; d < w->dims; d++) shape[w->lead.ndim + d] = sizes[d];
  return nm__t_reshape(ctx, y, w->lead.ndim + w->dims, shape);
}

/* x (B, S...) in the middle of a number: padded below by w->pad, and above as far as the windows
 * reach. */
nm_tensor *nm__surrounded(nm_context *ctx, nm_tensor *x, const nm_windows *w, double number) {
  int64_t shape[4] = {w->batch}, stride[4], offset = 0;
  bool same = true;
  if (!x) return NULL;
  for (int d = 0; d < w->dims; d++) {
    int64_t reach = (w->out[d] - 1) * w->step[d] + w->dilation[d] * (w->size[d] - 1) + 1;
    int64_t least = w->pad[d] + w->in[d];
    shape[1 + d] = reach > least ? reach : least;
    same &= shape[1 + d] == w->in[d];
  }
  if (same) return nm__contiguous(ctx, x);
  nm__row_major(1 + w->dims, shape, stride);
  for (int d = 0; d < w->dims; d++) offset += w->pad[d] * stride[1 + d];
  nm_tensor *all =
      nm__t_full(ctx, nm__device_of(x), (nm_dtype)x->dtype, 1 + w->dims, shape, number);
  nm_value_arg args[5] = {nm__arg_t(all), nm__arg_t(x), nm__arg_ints(x->ndim, x->shape),
                          nm__arg_ints(x->ndim, stride), nm__arg_int(offset)};
  return all ? nm__t(ctx, nm__known(ctx, NM_OP_write), args) : NULL;
}
