/* leaf.c: what a tensor says of its gradient: whether it collects one, what it is; and the modes
 * that tapes know. */
#include "autograd/node.h"
#include "ops/args.h"

nm_tensor *nm_grad(const nm_tensor *t) { return t->grad; }

nm_status nm_set_grad(nm_context *ctx, nm_tensor *t, nm_tensor *grad) {
  char a[NM_SHAPE_TEXT], b[NM_SHAPE_TEXT];
  if (grad && !nm__same_shape(grad, t->ndim, t->shape))
    return nm__error(ctx, NM_EINVAL, "grad: a gradient of shape %s for a tensor of shape %s",
                     nm__shape_text(grad->ndim, grad->shape, a),
                     nm__shape_text(t->ndim, t->shape, b));
  if (grad && (grad->dtype != t->dtype || nm__device_of(grad) != nm__device_of(t)))
    return nm__error(ctx, NM_EINVAL,
                     "grad: a gradient of dtype %s on %s for a tensor of dtype %s on %s",
                     nm__dtype_name(grad->dtype), nm__device_of(grad)->name,
                     nm__dtype_name(t->dtype), nm__device_of(t)->name);
  if (grad) nm_retain(grad);
  if (t->grad) nm_release(ctx, t->grad);
  t->grad = grad;
  return NM_OK;
}

nm_status nm_set_requires_grad(nm_context *ctx, nm_tensor *t, bool on) {
  if (on && !nm__is_float((nm_dtype)t->dtype))
    return nm__error(ctx, NM_EINVAL, "requires_grad: %s has no gradients: only floating dtypes do",
                     nm__dtype_name(t->dtype));
  if (!on && t->node)
    return nm__error(
        ctx, NM_EINVAL,
        "requires_grad: the tensor was computed from others that require a gradient: use detach()");
  if (on && t->storage->inference && !ctx->inference)
    return nm__error(ctx, NM_EINVAL,
                     "requires_grad: a tensor made in inference_mode can't require a gradient: use "
                     "a clone() that is made outside of it");
  if (!t->node) t->requires_grad = on;
  return NM_OK;
}

bool nm_is_inference(const nm_tensor *t) { return t->storage->inference; }

nm_anomaly nm_set_anomaly(nm_context *ctx, nm_anomaly how) {
  nm_anomaly was = ctx->anomaly;
  ctx->anomaly = how;
  return was;
}
