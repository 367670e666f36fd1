/* hooks.c: what is called with a gradient on its way, and gradients kept of tensors that are no
 * leaves.
 *
 * A hook belongs to what a tensor was when it was registered: of a leaf to the leaf, else to the
 * node's result, so that writing the tensor in place later does not move it.  What retains a
 * gradient moves along with its tensor.  Hooks are held by their lists and by whoever registered
 * them; removing one only marks it, as its list may be walked. */
#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/args.h"

#include <stdlib.h>

void nm_hook_remove(nm_hook *h) {
  if (h->dead) return;
  h->dead = true;
  if (h->release) h->release(h->user);
}

void nm_hook_release(nm_hook *h) {
  if (--h->refs) return;
  nm_hook_remove(h);
  free(h);
}

/* Takes the dead out of the lists, unless they may be walked now. */
static void prune(const nm_context *ctx, nm_hook **link, bool node) {
  if (ctx->hooking) return;
  while (*link) {
    nm_hook *h = *link;
    nm_hook **next = node ? &h->of_node : &h->of_tensor;
    if (h->dead) {
      *link = *next;
      nm_hook_release(h);
    } else {
      link = next;
    }
  }
}

static void append(nm_hook **link, nm_hook *h, bool node) {
  while (*link) link = node ? &(*link)->of_node : &(*link)->of_tensor;
  *link = h;
  h->refs++;
}

/* A hook of t in its lists, with no reference for anyone else. */
static nm_hook *add(nm_context *ctx, nm_tensor *t) {
  nm_hook *h = calloc(1, sizeof *h);
  if (!h) {
    nm__error(ctx, NM_ENOMEM, "out of memory");
    return NULL;
  }
  prune(ctx, &t->hooks, false);
  append(&t->hooks, h, false);
  if (!t->node) return h;
  h->node = t->node;
  h->output = t->output;
  prune(ctx, &t->node->hooks, true);
  append(&t->node->hooks, h, true);
  return h;
}

nm_status nm_register_hook(nm_context *ctx, nm_tensor *t, nm_hook_function *call,
                           void (*release)(void *user), void *user, nm_hook **out) {
  if (t->base) NM_TRY(nm__view_refresh(ctx, t));
  if (!t->node && !t->requires_grad)
    return nm__error(ctx, NM_EINVAL,
                     "register_hook: the tensor does not require a gradient: there will be none to "
                     "call the hook with");
  nm_hook *h = add(ctx, t);
  if (!h) return ctx->status;
  h->call = call;
  h->release = release;
  h->user = user;
  if (out) h->refs++, *out = h;
  return NM_OK;
}

nm_status nm_retain_grad(nm_context *ctx, nm_tensor *t) {
  if (t->base) NM_TRY(nm__view_refresh(ctx, t));
  if (!t->node && !t->requires_grad)
    return nm__error(ctx, NM_EINVAL,
                     "retain_grad: the tensor does not require a gradient: there will be none");
  if (!t->node || t->retains_grad) return NM_OK; /* a leaf's is kept anyhow */
  nm_hook *h = add(ctx, t);
  if (!h) return ctx->status;
  h->retains = t;
  t->retains_grad = true;
  return NM_OK;
}

void nm__hooks_stop_retaining(nm_context *ctx, nm_tensor *t) {
  t->retains_grad = false;
  for (nm_hook *h = t->hooks; h; h = h->of_tensor)
    if (h->retains == t) nm_hook_remove(h);
  prune(ctx, &t->hooks, false);
}

void nm__hooks_leave_tensor(nm_context *ctx, nm_tensor *t) {
  (void)ctx;
  for (nm_hook *h = t->hooks, *next; h; h = next) {
    next = h->of_tensor;
    if (!h->node || h->retains) nm_hook_remove(h);
    nm_hook_release(h);
  }
  t->hooks = NULL;
}

void nm__hooks_leave_node(nm_context *ctx, nm_node *n) {
  (void)ctx;
  for (nm_hook *h = n->hooks, *next; h; h = next) {
    next = h->of_node;
    nm_hook_remove(h);
    nm_hook_release(h);
  }
  n->hooks = NULL;
}

bool nm__hooks_alone(const nm_tensor *t) {
  if (t->refs > 1) return false;
  for (const nm_hook *h = t->hooks; h; h = h->of_tensor)
    if (!h->dead && h->node && (h->node != t->node || h->node->refs > 1)) return false;
  return true;
}

/* *g becomes what the hook says. */
static nm_status call(nm_context *ctx, nm_hook *h, nm_tensor **g) {
  char a[NM_SHAPE_TEXT], b[NM_SHAPE_TEXT];
  nm_tensor *other = NULL;
  NM_TRY(h->call(ctx, h->user, *g, &other));
  if (!other) return NM_OK;
  nm_status s = NM_OK;
  if (!nm__same_shape(other, (*g)->ndim, (*g)->shape))
    s = nm__error(ctx, NM_EINVAL, "register_hook: a hook turned a gradient of shape %s into %s",
                  nm__shape_text((*g)->ndim, (*g)->shape, a),
                  nm__shape_text(other->ndim, other->shape, b));
  else if (other->dtype != (*g)->dtype || nm__device_of(other) != nm__device_of(*g))
    s = nm__error(ctx, NM_EINVAL,
                  "register_hook: a hook turned a gradient of dtype %s on %s into %s on %s",
                  nm__dtype_name((*g)->dtype), nm__device_of(*g)->name,
                  nm__dtype_name(other->dtype), nm__device_of(other)->name);
  nm_tensor *old = s == NM_OK ? *g : other;
  if (s == NM_OK) *g = other;
  nm_release(ctx, old);
  return s;
}

nm_status nm__hooks_of_leaf(nm_context *ctx, nm_tensor *leaf, nm_tensor **g) {
  nm_status s = NM_OK;
  ctx->hooking++;
  for (nm_hook *h = leaf->hooks; h && s == NM_OK; h = h->of_tensor)
    if (!h->dead && !h->node && h->call) s = call(ctx, h, g);
  ctx->hooking--;
  return s;
}

nm_status nm__hooks_of_result(nm_context *ctx, nm_node *n, uint32_t output, nm_tensor **g) {
  nm_status s = NM_OK;
  ctx->hooking++;
  for (nm_hook *h = n->hooks; h && s == NM_OK; h = h->of_node)
    if (!h->dead && h->output == output && h->call) s = call(ctx, h, g);
  for (nm_hook *h = n->hooks; h && s == NM_OK; h = h->of_node) /* last, whenever it was asked for */
    if (!h->dead && h->output == output && h->retains)
      s = nm__accumulate(ctx, &h->retains->grad, *g, ctx->grad_enabled);
  ctx->hooking--;
  return s;
}
