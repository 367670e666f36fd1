/* copy.c: the same elements elsewhere: copies, other dtypes, other devices. */
#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/families.h"

/* A whole tensor's value is shared: the first write to either gives that one a value of its own. */
static nm_status clone_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0);
  nm_value *v = t->storage->value;
  if (nm__is_whole(t) && !v->pinned && !v->release) {
    v->refs++;
    c->out[0] = nm__tensor_new(c->ctx, v, t->ndim, t->shape);
  } else {
    c->out[0] = nm__record_cast(t, (nm_dtype)t->dtype, t->ndim, t->shape);
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
      (r = nm__t_empty_of(ctx, dev, (nm_dtype)t->dtype, t->ndim, t->shape))) {
    nm_device *src = nm__device_of(t);
    nm_mem *to = &r->storage->value->mem;
    nm_status s = NM_OK;
    size_t at = (size_t)v.offset * size;
    if (!bytes)
      s = NM_OK;
    else if (to->ptr)
      s = src->cls->read(src, v.mem, at, bytes, to->ptr);
    else if (v.mem->ptr)
      s = dev->cls->write(dev, to, 0, bytes, (char *)v.mem->ptr + at);
    else { /* from one GPU to another: by way of the host */
      nm_tensor *host = nm__t_empty_of(ctx, ctx->cpu, (nm_dtype)t->dtype, t->ndim, t->shape);
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

static nm_status to_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0), *r = t;
  nm_dtype dtype;
  nm_device *dev;
  NM_TRY(nm__dtype_arg(c, 1, (nm_dtype)t->dtype, &dtype));
  NM_TRY(nm__device_arg(c, 2, nm__device_of(t), &dev));
  int mark = nm__scope(c->ctx);
  bool widens = nm__dtype_size(dtype) > nm__dtype_size((nm_dtype)t->dtype);
  if (dtype != t->dtype && !widens)
    r = nm__temp(c->ctx, nm__record_cast(r, dtype, r->ndim, r->shape));
  if (r && dev != nm__device_of(t)) r = nm__temp(c->ctx, moved(c->ctx, r, dev));
  if (r && dtype != r->dtype) r = nm__temp(c->ctx, nm__record_cast(r, dtype, r->ndim, r->shape));
  if (r == t) { /* the tensor itself, as another name for it */
    nm__unscope(c->ctx, mark, NULL);
    return nm__view_result(c, t, t->ndim, t->shape, t->stride, t->offset);
  }
  return nm__result(c, mark, r);
}

static nm_tensor *to_backward(nm_grad_call *b, int i) {
  const nm_edge *e = &b->node->edges[i];
  nm_value_arg args[3] = {nm__arg_t(b->g[0]), nm__arg_str(nm__dtype_name(e->dtype)),
                          nm__arg_str(e->dev->name)};
  return nm__gradient(b, nm__t(b->ctx, nm__known(b->ctx, NM_OP_to), args));
}

static nm_status
copy_forward(nm_op_call *c) { /* x:copy_(src): src as x's shape and dtype want it */
  nm_tensor *x = nm__tensor_arg(c, 0), *src = nm__tensor_arg(c, 1);
  int mark = nm__scope(c->ctx);
  nm_value_arg args[3] = {nm__arg_t(src), nm__arg_str(nm__dtype_name(x->dtype)),
                          nm__arg_str(nm__device_of(x)->name)};
  nm_tensor *r =
      nm__t_expand(c->ctx, nm__t(c->ctx, nm__known(c->ctx, NM_OP_to), args), x->ndim, x->shape);
  return nm__result(c, mark, r);
}

#define X                                                                                          \
  { "input", NM_P_TENSOR, 0, NULL }
/* clang-format off */
static const nm_op ops[] = {
  {.name = "clone", NM_PARAMS(X),
   .doc = "a copy, row-major; the elements are copied when either is written to",
   .shapes = "(...) -> (...)",
   .flags = NM_ANYWHERE, .forward = clone_forward, .backward = nm__same_backward, .dtypes = "fib",
   .example = "nm.zeros(2):clone()"},
  {.name = "contiguous", NM_PARAMS(X),
   .doc = "the tensor itself if it is row-major, else a copy that is",
   .shapes = "(...) -> (...)",
   .flags = NM_METHOD | NM_COMPOSED, .forward = contiguous_forward, .dtypes = "fib",
   .example = "nm.arange(6):view(2, 3).T:contiguous()"},
  {.name = "detach", NM_PARAMS(X),
   .doc = "the same elements, sharing memory, without history",
   .shapes = "(...) -> (...)",
   .flags = NM_ANYWHERE | NM_VIEW, .forward = detach_forward, .dtypes = "fib",
   .example = "nm.zeros(2):detach()"},
  {.name = "to",
   NM_PARAMS(X, {"dtype", NM_P_DTYPE, NM_OPTIONAL, "input's"},
             {"device", NM_P_DEVICE, NM_OPTIONAL, "input's"}),
   .doc = "as another dtype, on another device; floats lose their fraction on the way to integers",
   .shapes = "(...) -> (...)", .errors = "a dtype that the device cannot hold",
   .flags = NM_METHOD, .forward = to_forward, .backward = to_backward, .dtypes = "fib",
   .example = "nm.tensor{1.5, -1.5}:to(\"int64\")"},
  {.name = "copy", NM_PARAMS(X, {"src", NM_P_TENSOR, 0, NULL}),
   .doc = "src, cast and broadcast to input",
   .shapes = "(...), (...) -> (...) of the first", .errors = "a src that does not broadcast to input",
   .flags = NM_INPLACE | NM_COMPOSED, .forward = copy_forward, .dtypes = "fib",
   .example = "nm.zeros(2, 2):copy_(nm.tensor{1, 2})"},
};
/* clang-format on */
NM_FAMILY(copy);
