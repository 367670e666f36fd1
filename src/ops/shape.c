/* shape.c: views: another shape, order or part of the same elements, and copies of them. */
#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/families.h"

#include <string.h>

nm_status nm__view_result(nm_op_call *c, nm_tensor *t, int ndim, const int64_t *shape, const int64_t *stride, int64_t offset) {
  nm_tensor *v = nm__tensor_view(c->ctx, t, ndim, shape, stride, offset);
  if (!v) return c->ctx->status;
  v->base = t->base ? t->base : t;
  nm_retain(v->base);
  c->out[0] = v;
  return NM_OK;
}

nm_tensor *nm__contiguous(nm_context *ctx, nm_tensor *t) {
  if (!t || nm__is_contiguous(t)) return t;
  nm_value_arg args[1] = {nm__arg_t(t)};
  return nm__t(ctx, nm__known(ctx, NM_OP_clone), args);
}

/* ---- reshape and its kin ---- */

/* Fills in the one size that is -1, and checks the count. */
static nm_status infer(const nm_op_call *c, const nm_tensor *t, int param, nm_dims *out) {
  const nm_value_arg *a = &c->args[param];
  int64_t known = 1, n = nm_numel(t);
  int hole = -1;
  char want[NM_SHAPE_TEXT], have[NM_SHAPE_TEXT];
  if (a->n > NM_MAX_DIMS) return nm__op_error(c, NM_EINVAL, "%d dims: a tensor has at most %d", a->n, NM_MAX_DIMS);
  out->ndim = a->n;
  for (int d = 0; d < a->n; d++) {
    int64_t size = out->dim[d] = a->as.ints[d];
    if (size == -1 && hole < 0) hole = d;
    else if (size < 0)
      return nm__op_error(c, NM_EINVAL, size == -1 ? "only one size may be -1" : "size %lld is negative", (long long)size);
    else if (__builtin_mul_overflow(known, size, &known)) known = 0;
  }
  if (hole >= 0) {
    out->dim[hole] = known ? n / known : 0;
    if (!known) return nm__op_error(c, NM_EINVAL, "the size -1 could be anything, since another size is 0");
    known *= out->dim[hole];
  }
  if (known == n) return NM_OK;
  return nm__op_error(c, NM_EINVAL, "shape %s has %lld elements, it can't become %s", nm__shape_text(t->ndim, t->shape, have),
                      (long long)n, nm__shape_text(a->n, a->as.ints, want));
}

/* Strides that show t's elements in another shape without a copy; false if there are none.  Runs of
 * dims of t that lie one behind the other in memory are matched with runs of new dims. */
static bool view_strides(const nm_tensor *t, const nm_dims *to, int64_t *stride) {
  if (nm_numel(t) == 0 || nm__is_contiguous(t)) return nm__row_major(to->ndim, to->dim, stride), true;
  int k = to->ndim - 1;
  for (int d = t->ndim - 1; d >= 0;) {
    int64_t run = t->shape[d], step = t->stride[d];
    int first = d - 1;
    while (first >= 0 && (t->shape[first] == 1 || run == 1 || t->stride[first] == run * step)) {
      if (run == 1) step = t->stride[first];
      run *= t->shape[first--];
    }
    int64_t have = 1;
    while (k >= 0 && (have < run || to->dim[k] == 1)) {
      stride[k] = have * step;
      have *= to->dim[k--];
    }
    if (have != run) return false;
    d = first;
  }
  while (k >= 0) stride[k--] = 1;
  return true;
}

static nm_status reshape_to(nm_op_call *c, nm_tensor *t, const nm_dims *to, bool may_copy) {
  int64_t stride[NM_MAX_DIMS];
  char have[NM_SHAPE_TEXT], want[NM_SHAPE_TEXT];
  if (view_strides(t, to, stride)) return nm__view_result(c, t, to->ndim, to->dim, stride, t->offset);
  if (!may_copy)
    return nm__op_error(c, NM_EINVAL, "the elements of shape %s do not lie in memory so that they can be seen as %s: use reshape",
                        nm__shape_text(t->ndim, t->shape, have), nm__shape_text(to->ndim, to->dim, want));
  int mark = nm__scope(c->ctx);
  nm_tensor *copy = nm__contiguous(c->ctx, t), *r = NULL;
  if (copy) {
    nm__row_major(to->ndim, to->dim, stride);
    r = nm__temp(c->ctx, nm__tensor_view(c->ctx, copy, to->ndim, to->dim, stride, 0));
  }
  return nm__result(c, mark, r);
}

static nm_status view_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0);
  nm_dims to;
  NM_TRY(infer(c, t, 1, &to));
  return reshape_to(c, t, &to, false);
}

static nm_status reshape_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0);
  nm_dims to;
  NM_TRY(infer(c, t, 1, &to));
  return reshape_to(c, t, &to, true);
}

static nm_status flatten_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0);
  int first = 0, last = 0;
  NM_TRY(nm__dim_of(c, nm__int_arg(c, 1, 0), t->ndim, &first));
  NM_TRY(nm__dim_of(c, nm__int_arg(c, 2, -1), t->ndim, &last));
  if (first > last)
    return nm__op_error(c, NM_EINVAL, "start_dim %d comes after end_dim %d", first + c->ctx->base, last + c->ctx->base);
  nm_dims to = {.ndim = 0};
  for (int d = 0; d < first; d++) to.dim[to.ndim++] = t->shape[d];
  to.dim[to.ndim] = 1;
  for (int d = first; d <= last && d < t->ndim; d++) to.dim[to.ndim] *= t->shape[d];
  to.ndim++;
  for (int d = last + 1; d < t->ndim; d++) to.dim[to.ndim++] = t->shape[d];
  return reshape_to(c, t, &to, true);
}

static nm_status squeeze_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0);
  uint32_t dims = 0;
  int64_t shape[NM_MAX_DIMS], stride[NM_MAX_DIMS];
  int n = 0;
  NM_TRY(nm__dims_arg(c, 1, t->ndim, &dims));
  for (int d = 0; d < t->ndim; d++) {
    if (t->shape[d] == 1 && dims >> d & 1) continue;
    shape[n] = t->shape[d];
    stride[n++] = t->stride[d];
  }
  return nm__view_result(c, t, n, shape, stride, t->offset);
}

static nm_status unsqueeze_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0);
  int64_t shape[NM_MAX_DIMS], stride[NM_MAX_DIMS];
  int at = 0;
  if (t->ndim == NM_MAX_DIMS) return nm__op_error(c, NM_EINVAL, "the tensor has %d dims already", NM_MAX_DIMS);
  NM_TRY(nm__dim_arg(c, 1, t->ndim + 1, &at));
  for (int d = 0; d <= t->ndim; d++) {
    shape[d] = d == at ? 1 : t->shape[d - (d > at)];
    stride[d] = d == at ? (d < t->ndim ? t->shape[d] * t->stride[d] : 1) : t->stride[d - (d > at)];
  }
  return nm__view_result(c, t, t->ndim + 1, shape, stride, t->offset);
}

/* The gradient of every op that only changes the shape. */
static nm_tensor *reshape_backward(nm_grad_call *b, int i) {
  const nm_dims *s = &b->node->edges[i].shape;
  nm_tensor *r = nm__t_reshape(b->ctx, b->g[0], s->ndim, s->dim);
  if (!r) b->status = b->ctx->status;
  return r;
}

/* ---- order of dims ---- */

static nm_status permuted(nm_op_call *c, nm_tensor *t, const int *order) {
  int64_t shape[NM_MAX_DIMS], stride[NM_MAX_DIMS];
  for (int d = 0; d < t->ndim; d++) {
    shape[d] = t->shape[order[d]];
    stride[d] = t->stride[order[d]];
  }
  return nm__view_result(c, t, t->ndim, shape, stride, t->offset);
}

static nm_status transpose_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0);
  int order[NM_MAX_DIMS], a = 0, b = 0;
  NM_TRY(nm__dim_arg(c, 1, t->ndim, &a));
  NM_TRY(nm__dim_arg(c, 2, t->ndim, &b));
  for (int d = 0; d < t->ndim; d++) order[d] = d == a ? b : d == b ? a : d;
  return permuted(c, t, order);
}

static nm_tensor *transpose_backward(nm_grad_call *b, int i) {
  (void)i;
  nm_tensor *r = nm__t_transpose(b->ctx, b->g[0], (int)b->args[1].as.integer, (int)b->args[2].as.integer);
  if (!r) b->status = b->ctx->status;
  return r;
}

static nm_status t_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0);
  if (t->ndim > 2) return nm__op_error(c, NM_EINVAL, "%d dims: t takes at most 2; use transpose, permute or .mT", t->ndim);
  int mark = nm__scope(c->ctx);
  nm_tensor *r = t->ndim == 2 ? nm__t_transpose(c->ctx, t, 0, 1) : t;
  return nm__result(c, mark, r);
}

static nm_status permute_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0);
  const nm_value_arg *a = &c->args[1];
  int order[NM_MAX_DIMS];
  uint32_t seen = 0;
  if (a->n != t->ndim) return nm__op_error(c, NM_EINVAL, "%d dims for a tensor of %d: name each of its dims once", a->n, t->ndim);
  for (int d = 0; d < a->n; d++) {
    NM_TRY(nm__dim_of(c, a->as.ints[d], t->ndim, &order[d]));
    if (seen >> order[d] & 1) return nm__op_error(c, NM_EINVAL, "dim %d is named twice", order[d] + c->ctx->base);
    seen |= 1u << order[d];
  }
  return permuted(c, t, order);
}

static nm_tensor *permute_backward(nm_grad_call *b, int i) {
  (void)i;
  int64_t inverse[NM_MAX_DIMS];
  int n = b->args[1].n;
  for (int d = 0; d < n; d++) {
    int64_t from = b->args[1].as.ints[d];
    inverse[from < 0 ? from + n : from] = d;
  }
  nm_value_arg args[2] = {nm__arg_t(b->g[0]), nm__arg_ints(n, inverse)};
  nm_tensor *r = nm__t(b->ctx, nm__known(b->ctx, NM_OP_permute), args);
  if (!r) b->status = b->ctx->status;
  return r;
}

/* ---- repeating without copying ---- */

static nm_status expand_shape(nm_op_call *c, nm_tensor *t, int n, const int64_t *to) {
  int64_t shape[NM_MAX_DIMS], stride[NM_MAX_DIMS];
  char have[NM_SHAPE_TEXT], want[NM_SHAPE_TEXT];
  int extra = n - t->ndim;
  bool fits = extra >= 0;
  if (n > NM_MAX_DIMS) return nm__op_error(c, NM_EINVAL, "%d dims: a tensor has at most %d", n, NM_MAX_DIMS);
  for (int d = 0; d < n && fits; d++) {
    int64_t size = d < extra ? 1 : t->shape[d - extra];
    shape[d] = to[d] == -1 && d >= extra ? size : to[d];
    stride[d] = d < extra || (size == 1 && shape[d] != 1) ? 0 : t->stride[d - extra];
    fits = shape[d] >= 0 && (size == 1 || size == shape[d]);
  }
  if (fits) return nm__view_result(c, t, n, shape, stride, t->offset);
  return nm__op_error(c, NM_EINVAL, "shape %s can't be expanded to %s: only sizes of 1 (or new dims in front) grow",
                      nm__shape_text(t->ndim, t->shape, have), nm__shape_text(n, to, want));
}

static nm_status expand_forward(nm_op_call *c) {
  return expand_shape(c, nm__tensor_arg(c, 0), c->args[1].n, c->args[1].as.ints);
}

static nm_status expand_as_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0), *like = nm__tensor_arg(c, 1);
  int mark = nm__scope(c->ctx);
  nm_value_arg args[2] = {nm__arg_t(t), nm__arg_ints(like->ndim, like->shape)};
  return nm__result(c, mark, nm__t(c->ctx, nm__known(c->ctx, NM_OP_expand), args));
}

/* Summing over what was expanded is the walk's. */
static nm_tensor *same_backward(nm_grad_call *b, int i) {
  (void)i;
  return b->g[0];
}

/* ---- parts ---- */

/* slice(x, start, step, size): element k of dim d is element start[d] + k * step[d] of x. */
static nm_status slice_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0);
  const int64_t *start = c->args[1].as.ints, *step = c->args[2].as.ints, *size = c->args[3].as.ints;
  int64_t stride[NM_MAX_DIMS], offset = t->offset;
  for (int d = 0; d < t->ndim; d++) {
    stride[d] = t->stride[d] * step[d];
    if (size[d] > 0) offset += start[d] * t->stride[d];
  }
  return nm__view_result(c, t, t->ndim, size, stride, offset);
}

/* A tensor like `into` (0 when NULL: of `shape`) with g written at a place of its row-major elements. */
static nm_tensor *write_at(nm_grad_call *b, const nm_dims *shape, nm_tensor *g, int n, const int64_t *size,
                           const int64_t *stride, int64_t offset) {
  if (!g) return NULL;
  nm_tensor *zeros = nm__t_full(b->ctx, b->node->edges[0].dev, (nm_dtype)g->dtype, shape->ndim, shape->dim, 0);
  nm_value_arg args[5] = {nm__arg_t(zeros), nm__arg_t(g), nm__arg_ints(n, size), nm__arg_ints(n, stride), nm__arg_int(offset)};
  return nm__t(b->ctx, nm__known(b->ctx, NM_OP_write), args);
}

static nm_tensor *slice_backward(nm_grad_call *b, int i) {
  const nm_dims *s = &b->node->edges[i].shape;
  const int64_t *start = b->args[1].as.ints, *step = b->args[2].as.ints;
  int64_t stride[NM_MAX_DIMS], offset = 0;
  nm__row_major(s->ndim, s->dim, stride);
  for (int d = 0; d < s->ndim; d++) {
    if (b->g[0]->shape[d] > 0) offset += start[d] * stride[d];
    stride[d] *= step[d];
  }
  nm_tensor *r = write_at(b, s, b->g[0], s->ndim, b->g[0]->shape, stride, offset);
  if (!r) b->status = b->ctx->status;
  return r;
}

nm_tensor *nm__t_slice(nm_context *ctx, nm_tensor *t, const int64_t *start, const int64_t *step, const int64_t *size) {
  if (!t) return NULL;
  nm_value_arg args[4] = {nm__arg_t(t), nm__arg_ints(t->ndim, start), nm__arg_ints(t->ndim, step), nm__arg_ints(t->ndim, size)};
  return nm__t(ctx, nm__known(ctx, NM_OP_slice), args);
}

nm_tensor *nm__t_narrow(nm_context *ctx, nm_tensor *t, int dim, int64_t first, int64_t n) {
  if (!t) return NULL;
  int64_t start[NM_MAX_DIMS], step[NM_MAX_DIMS], size[NM_MAX_DIMS];
  for (int d = 0; d < t->ndim; d++) {
    start[d] = d == dim ? first : 0;
    step[d] = 1;
    size[d] = d == dim ? n : t->shape[d];
  }
  return nm__t_slice(ctx, t, start, step, size);
}

static nm_status narrow_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0);
  int64_t first = c->args[2].as.integer, n = c->args[3].as.integer;
  int dim = 0, base = c->ctx->base;
  if (t->ndim == 0) return nm__op_error(c, NM_EINVAL, "a 0-d tensor has no dim to narrow");
  NM_TRY(nm__dim_arg(c, 1, t->ndim, &dim));
  if (first < 0) first += t->shape[dim];
  if (n < 0 || first < 0 || first > t->shape[dim] || n > t->shape[dim] - first)
    return nm__op_error(c, NM_EINVAL, "start %lld and length %lld do not lie within dim %d, which has size %lld",
                        (long long)first + base, (long long)n, dim + base, (long long)t->shape[dim]);
  int mark = nm__scope(c->ctx);
  return nm__result(c, mark, nm__t_narrow(c->ctx, t, dim, first, n));
}

static nm_status select_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0), *r = NULL;
  int64_t at = c->args[2].as.integer;
  int dim = 0, base = c->ctx->base;
  if (t->ndim == 0) return nm__op_error(c, NM_EINVAL, "a 0-d tensor has no dim to select from");
  NM_TRY(nm__dim_arg(c, 1, t->ndim, &dim));
  if (at < -t->shape[dim] || at >= t->shape[dim])
    return nm__op_error(c, NM_EINVAL, "index %lld is out of range for dim %d of size %lld", (long long)(at < 0 ? at : at + base),
                        dim + base, (long long)t->shape[dim]);
  int mark = nm__scope(c->ctx);
  r = nm__t_narrow(c->ctx, t, dim, at < 0 ? at + t->shape[dim] : at, 1);
  if (r) {
    int64_t list[1] = {dim};
    nm_value_arg args[2] = {nm__arg_t(r), nm__arg_ints(1, list)};
    r = nm__t(c->ctx, nm__known(c->ctx, NM_OP_squeeze), args);
  }
  return nm__result(c, mark, r);
}

/* as_strided(x, size, stride, offset): a view of x's storage.  Its derivative takes x as row-major over its
 * storage, and elements as not overlapping, but for strides of 0. */
static nm_status as_strided_forward(nm_op_call *c) {
  return nm__view_result(c, nm__tensor_arg(c, 0), c->args[1].n, c->args[1].as.ints, c->args[2].as.ints, c->args[3].as.integer);
}

static nm_tensor *as_strided_backward(nm_grad_call *b, int i) {
  int n = b->args[1].n;
  int64_t size[NM_MAX_DIMS], offset = b->args[3].as.integer;
  const int64_t *stride = b->args[2].as.ints;
  uint32_t repeated = 0;
  for (int d = 0; d < n; d++) {
    size[d] = b->args[1].as.ints[d];
    if (stride[d] == 0 && size[d] > 1) repeated |= 1u << d, size[d] = 1;
  }
  nm_tensor *g = nm__t_sum(b->ctx, b->g[0], repeated, true);
  nm_tensor *r = write_at(b, &b->node->edges[i].shape, g, n, size, stride, offset);
  if (!r) b->status = b->ctx->status;
  return r;
}

/* write(x, src, size, stride, offset): x with src written at a place of its row-major elements. */
static nm_status write_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *src = nm__tensor_arg(c, 1);
  nm_value_arg args[1] = {nm__arg_t(x)};
  int mark = nm__scope(ctx);
  nm_tensor *y = nm__t(ctx, nm__known(ctx, NM_OP_clone), args);
  nm_tensor *place = y ? nm__temp(ctx, nm__tensor_view(ctx, y, c->args[2].n, c->args[2].as.ints, c->args[3].as.ints, c->args[4].as.integer)) : NULL;
  if (place && nm__store(ctx, place, src, false) != NM_OK) y = NULL;
  return nm__result(c, mark, place ? y : NULL);
}

static nm_tensor *write_backward(nm_grad_call *b, int i) {
  const nm_value_arg *a = b->args;
  nm_tensor *g = nm__contiguous(b->ctx, b->g[0]), *r = NULL;
  if (i == 0) {
    nm_tensor *zero = g ? nm__t_full(b->ctx, b->node->dev, (nm_dtype)g->dtype, 0, NULL, 0) : NULL;
    nm_value_arg args[5] = {nm__arg_t(g), nm__arg_t(zero), a[2], a[3], a[4]};
    r = nm__t(b->ctx, nm__known(b->ctx, NM_OP_write), args);
  } else if (g) {
    nm_value_arg args[4] = {nm__arg_t(g), a[2], a[3], a[4]};
    args[3].as.integer += g->offset;
    r = nm__t(b->ctx, nm__known(b->ctx, NM_OP_as_strided), args);
  }
  if (!r) b->status = b->ctx->status;
  return r;
}

/* ---- copies ---- */

static nm_tensor *copy_of(nm_tensor *t) {
  nm_input in = {.tensor = t};
  nm_dtype dtype = (nm_dtype)t->dtype;
  return nm__record(nm__device_of(t), NM_I_copy, dtype, nm__dtype_class(dtype), t->ndim, t->shape, 1, &in);
}

/* A whole tensor's value is shared: the first write to either gives that one a value of its own. */
static nm_status clone_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0);
  nm_value *v = t->storage->value;
  if (nm__is_whole(t) && !v->pinned && !v->release) {
    v->refs++;
    c->out[0] = nm__tensor_new(c->ctx, v, t->ndim, t->shape);
  } else {
    c->out[0] = copy_of(t);
  }
  return c->out[0] ? NM_OK : c->ctx->status;
}

static nm_status contiguous_forward(nm_op_call *c) {
  int mark = nm__scope(c->ctx);
  nm_tensor *t = nm__tensor_arg(c, 0);
  return nm__result(c, mark, nm__contiguous(c->ctx, t));
}

static nm_status detach_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0);
  c->out[0] = nm__tensor_view(c->ctx, t, t->ndim, t->shape, t->stride, t->offset);
  return c->out[0] ? NM_OK : c->ctx->status;
}

/* Moves t to another device: through the host, as it is there. */
static nm_tensor *moved(nm_context *ctx, nm_tensor *t, nm_device *dev) {
  int mark = nm__scope(ctx);
  nm_tensor *from = nm__contiguous(ctx, t), *r = NULL;
  nm_view v;
  size_t size = nm__dtype_size((nm_dtype)t->dtype), bytes = (size_t)nm_numel(t) * size;
  if (from && nm__view_of(ctx, from, &v) == NM_OK &&
      (r = nm__temp(ctx, nm__tensor_empty(ctx, dev, (nm_dtype)t->dtype, t->ndim, t->shape)))) {
    nm_device *src = nm__device_of(t);
    nm_mem *to = &r->storage->value->mem;
    nm_status s = NM_OK;
    size_t at = (size_t)v.offset * size;
    if (!bytes) s = NM_OK;
    else if (to->ptr) s = src->cls->read(src, v.mem, at, bytes, to->ptr);
    else if (v.mem->ptr) s = dev->cls->write(dev, to, 0, bytes, (char *)v.mem->ptr + at);
    else { /* from one GPU to another: by way of the host */
      nm_tensor *host = nm__temp(ctx, nm__tensor_empty(ctx, ctx->cpu, (nm_dtype)t->dtype, t->ndim, t->shape));
      void *p = host ? host->storage->value->mem.ptr : NULL;
      s = p ? src->cls->read(src, v.mem, at, bytes, p) : ctx->status;
      if (s == NM_OK) s = dev->cls->write(dev, to, 0, bytes, p);
    }
    if (s != NM_OK) r = NULL;
  } else {
    r = NULL;
  }
  return nm__unscope(ctx, mark, r);
}

static nm_tensor *cast(nm_context *ctx, nm_tensor *t, nm_dtype dtype) {
  (void)ctx;
  nm_device *dev = nm__device_of(t);
  nm_input in[2] = {{.tensor = t}, {.bits = {.u64 = 0}}};
  if (dtype == NM_BOOL) /* true is what is not zero */
    return nm__record(dev, NM_I_ne, NM_BOOL, nm__dtype_class((nm_dtype)t->dtype), t->ndim, t->shape, 2, in);
  return nm__record(dev, NM_I_copy, dtype, nm__dtype_class(dtype), t->ndim, t->shape, 1, in);
}

static nm_status to_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0), *r = t;
  nm_dtype dtype;
  nm_device *dev;
  NM_TRY(nm__dtype_arg(c, 1, (nm_dtype)t->dtype, &dtype));
  NM_TRY(nm__device_arg(c, 2, nm__device_of(t), &dev));
  int mark = nm__scope(c->ctx);
  bool widens = nm__dtype_size(dtype) > nm__dtype_size((nm_dtype)t->dtype);
  if (dtype != t->dtype && !widens) r = nm__temp(c->ctx, cast(c->ctx, r, dtype));
  if (r && dev != nm__device_of(t)) r = nm__temp(c->ctx, moved(c->ctx, r, dev));
  if (r && dtype != r->dtype) r = nm__temp(c->ctx, cast(c->ctx, r, dtype));
  if (r == t) { /* the tensor itself, as another name for it */
    nm__unscope(c->ctx, mark, NULL);
    return nm__view_result(c, t, t->ndim, t->shape, t->stride, t->offset);
  }
  return nm__result(c, mark, r);
}

static nm_tensor *to_backward(nm_grad_call *b, int i) {
  const nm_edge *e = &b->node->edges[i];
  nm_value_arg args[3] = {nm__arg_t(b->g[0]), nm__arg_str(nm__dtype_name(e->dtype)), nm__arg_str(e->dev->name)};
  nm_tensor *r = nm__t(b->ctx, nm__known(b->ctx, NM_OP_to), args);
  if (!r) b->status = b->ctx->status;
  return r;
}

static nm_status copy_forward(nm_op_call *c) { /* x:copy_(src): src as x's shape and dtype want it */
  nm_tensor *x = nm__tensor_arg(c, 0), *src = nm__tensor_arg(c, 1);
  int mark = nm__scope(c->ctx);
  nm_value_arg args[3] = {nm__arg_t(src), nm__arg_str(nm__dtype_name(x->dtype)), nm__arg_str(nm__device_of(x)->name)};
  nm_tensor *r = nm__t_expand(c->ctx, nm__t(c->ctx, nm__known(c->ctx, NM_OP_to), args), x->ndim, x->shape);
  return nm__result(c, mark, r);
}

#define VIEWS (NM_ANYWHERE | NM_VIEW)
#define X {"input", NM_P_TENSOR, 0, NULL}
static const nm_op ops[] = {
  {"view", "the same elements in another shape, sharing memory; one size may be -1", NM_PARAMS(X, {"shape", NM_P_SIZES, 0, NULL}), 0,
   NM_METHOD | NM_VIEW, view_forward, reshape_backward, {0}, "fib", 0, 0, "nm.arange(6):view(2, 3)"},
  {"reshape", "the same elements in another shape, sharing memory where they lie so; one size may be -1",
   NM_PARAMS(X, {"shape", NM_P_SIZES, 0, NULL}), 0, VIEWS, reshape_forward, reshape_backward, {0}, "fib", 0, 0, "nm.arange(6):reshape(3, -1)"},
  {"flatten", "dims start_dim to end_dim as one", NM_PARAMS(X, {"start_dim", NM_P_DIM, NM_OPTIONAL, "1"}, {"end_dim", NM_P_DIM, NM_OPTIONAL, "-1"}), 0,
   VIEWS, flatten_forward, reshape_backward, {0}, "fib", 0, 0, "nm.zeros(2, 3, 4):flatten(2)"},
  {"squeeze", "without the dims (all, or those given) of size 1", NM_PARAMS(X, {"dim", NM_P_DIMS, NM_OPTIONAL, "all"}), 0,
   VIEWS, squeeze_forward, reshape_backward, {0}, "fib", 0, 0, "nm.zeros(1, 3, 1):squeeze()"},
  {"unsqueeze", "with a new dim of size 1 at position dim", NM_PARAMS(X, {"dim", NM_P_DIM, 0, NULL}), 0,
   VIEWS, unsqueeze_forward, reshape_backward, {0}, "fib", 0, 0, "nm.zeros(3):unsqueeze(1)"},
  {"transpose", "dims dim0 and dim1 exchanged", NM_PARAMS(X, {"dim0", NM_P_DIM, 0, NULL}, {"dim1", NM_P_DIM, 0, NULL}), 0,
   VIEWS, transpose_forward, transpose_backward, {0}, "fib", 0, 0, "nm.zeros(2, 3, 4):transpose(1, 3)"},
  {"t", "the transpose of a matrix; 0-d and 1-d tensors as they are", NM_PARAMS(X), 0, VIEWS | NM_COMPOSED, t_forward, NULL, {0}, "fib", 0, 0,
   "nm.zeros(2, 3):t()"},
  {"permute", "the dims in another order", NM_PARAMS(X, {"dims", NM_P_DIMS, 0, NULL}), 0, VIEWS, permute_forward, permute_backward, {0}, "fib", 0, 0,
   "nm.zeros(2, 3, 4):permute(3, 1, 2)"},
  {"expand", "sizes of 1 repeated to the given ones, -1 leaves a size as it is; nothing is copied",
   NM_PARAMS(X, {"shape", NM_P_SIZES, 0, NULL}), 0, VIEWS, expand_forward, same_backward, {0}, "fib", 0, 0, "nm.zeros(3, 1):expand(3, 4)"},
  {"broadcast_to", "as expand, to a shape given as a table", NM_PARAMS(X, {"shape", NM_P_INTS, 0, NULL}), 0, VIEWS, expand_forward, same_backward, {0},
   "fib", 0, 0, "nm.zeros(3, 1):broadcast_to{3, 4}"},
  {"expand_as", "expanded to the shape of another tensor", NM_PARAMS(X, {"other", NM_P_TENSOR, 0, NULL}), 0, VIEWS | NM_COMPOSED, expand_as_forward, NULL,
   {0}, "fib", 0, 0, "nm.zeros(3, 1):expand_as(nm.zeros(3, 4))"},
  {"narrow", "length elements of a dim from start on", NM_PARAMS(X, {"dim", NM_P_DIM, 0, NULL}, {"start", NM_P_INDEX, 0, NULL}, {"length", NM_P_INT, 0, NULL}), 0,
   VIEWS | NM_COMPOSED, narrow_forward, NULL, {0}, "fib", 0, 0, "nm.arange(10):narrow(1, 3, 2)"},
  {"select", "one element of a dim, without the dim", NM_PARAMS(X, {"dim", NM_P_DIM, 0, NULL}, {"index", NM_P_INDEX, 0, NULL}), 0,
   VIEWS | NM_COMPOSED, select_forward, NULL, {0}, "fib", 0, 0, "nm.zeros(2, 3):select(2, 1)"},
  {"slice", "elements start + k * step of each dim", NM_PARAMS(X, {"start", NM_P_INTS, 0, NULL}, {"step", NM_P_INTS, 0, NULL}, {"size", NM_P_INTS, 0, NULL}), 0,
   NM_VIEW, slice_forward, slice_backward, {0}, "fib", 0, 0, NULL},
  {"as_strided", "a view of the storage", NM_PARAMS(X, {"size", NM_P_INTS, 0, NULL}, {"stride", NM_P_INTS, 0, NULL}, {"storage_offset", NM_P_INT, 0, NULL}), 0,
   NM_VIEW, as_strided_forward, as_strided_backward, {0}, "fib", 0, 0, NULL},
  {"write", "a copy with another tensor written at a place of it",
   NM_PARAMS(X, {"src", NM_P_TENSOR, 0, NULL}, {"size", NM_P_INTS, 0, NULL}, {"stride", NM_P_INTS, 0, NULL}, {"storage_offset", NM_P_INT, 0, NULL}), 0,
   0, write_forward, write_backward, {0}, "fib", 0, 0, NULL},
  {"clone", "a copy, row-major; the elements are copied when either is written to", NM_PARAMS(X), 0, NM_ANYWHERE, clone_forward, same_backward, {0}, "fib", 0, 0,
   "nm.zeros(2):clone()"},
  {"contiguous", "the tensor itself if it is row-major, else a copy that is", NM_PARAMS(X), 0, NM_METHOD | NM_COMPOSED, contiguous_forward, NULL, {0},
   "fib", 0, 0, "nm.zeros(2, 3).T:contiguous()"},
  {"detach", "the same elements, sharing memory, without history", NM_PARAMS(X), 0, NM_ANYWHERE | NM_VIEW, detach_forward, NULL, {0}, "fib", 0, 0,
   "nm.zeros(2):detach()"},
  {"to", "as another dtype, on another device; floats lose their fraction on the way to integers",
   NM_PARAMS(X, {"dtype", NM_P_DTYPE, NM_OPTIONAL, "input's"}, {"device", NM_P_DEVICE, NM_OPTIONAL, "input's"}), 0, NM_METHOD, to_forward, to_backward,
   {0}, "fib", 0, 0, "nm.zeros(2):to(\"int64\")"},
  {"copy", "src, cast and broadcast to input", NM_PARAMS(X, {"src", NM_P_TENSOR, 0, NULL}), 0, NM_INPLACE | NM_COMPOSED, copy_forward, NULL, {0}, "fib", 0, 0,
   "nm.zeros(2):copy_(nm.ones(2))"},
};
NM_FAMILY(shape);
