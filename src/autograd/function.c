/* function.c: derivatives of the host's own, such as nm.autograd.Function.
 *
 * The results were computed with the tape off; here they get a node whose derivative is a call of
 * the host.  A result that shares an input's elements without having been declared dirty becomes a
 * tensor that can't be written in place, as the input's history would not know. */
#include "autograd/node.h"
#include "ops/args.h"

#include <stdlib.h>
#include <string.h>

static const nm_op function_op = {.name = "Function"};

void nm__function_free(nm_function *f) {
  if (f->release) f->release(f->user);
  free(f);
}

/* One allocation, with the name behind. */
static nm_function *function_copy(nm_context *ctx, const nm_function *f) {
  size_t n = strlen(f->name) + 1;
  nm_function *copy = malloc(sizeof *copy + n);
  if (!copy) {
    nm__error(ctx, NM_ENOMEM, "out of memory");
    return NULL;
  }
  *copy = *f;
  copy->name = memcpy(copy + 1, f->name, n);
  return copy;
}

static int position(nm_tensor *const *list, int n, const nm_tensor *t) {
  for (int i = 0; i < n; i++)
    if (list[i] == t) return i;
  return -1;
}

/* A leaf can't have been written on the tape, nor a view of one. */
static nm_status check_dirty(nm_context *ctx, const char *name, int noutputs,
                             nm_tensor *const *outputs, const uint8_t *flags, int ninputs,
                             nm_tensor *const *inputs) {
  for (int k = 0; k < noutputs; k++) {
    const nm_tensor *t = outputs[k], *base = t->base ? t->base : t;
    if (!(flags[k] & NM_RESULT_DIRTY)) continue;
    if (position(inputs, ninputs, t) < 0)
      return nm__error(ctx, NM_EINVAL, "%s: mark_dirty: result %d is none of the inputs", name,
                       k + ctx->base);
    if (base->requires_grad && !base->node)
      return nm__error(ctx, NM_EINVAL,
                       "%s: a leaf that requires a gradient, or a view of one, can't be written in "
                       "place: write to a clone()",
                       name);
  }
  return NM_OK;
}

static nm_status save_all(nm_context *ctx, nm_node *n, int nsaved, nm_tensor *const *saved,
                          int noutputs, nm_tensor *const *outputs) {
  for (int i = 0; i < nsaved; i++) {
    nm_tensor *t = saved[i];
    if (!t) continue;
    int k = position(outputs, noutputs, t);
    if (k < 0 && t->base) NM_TRY(nm__view_refresh(ctx, t));
    NM_TRY(nm__node_save(ctx, &n->saved[i], t, k < 0 ? t->node : NULL, k < 0 ? t->output : 0));
    n->saved[i].output = k;
  }
  return NM_OK;
}

/* The same elements as t's, with no ties to what t is a view of. */
static nm_tensor *untied(nm_context *ctx, nm_tensor *t) {
  nm_tensor *v = nm__tensor_view(ctx, t, t->ndim, t->shape, t->stride, t->offset);
  if (v) v->made = NM_MADE_BY_FUNCTION;
  return v;
}

/* A written input becomes result k of n; views of the same elements will look for their history
 * again. */
static nm_status attach_dirty(nm_context *ctx, nm_node *n, int k, nm_tensor *t, int ninputs,
                              nm_tensor *const *inputs) {
  nm_tensor *now = nm__tensor_view(ctx, t, t->ndim, t->shape, t->stride, t->offset);
  if (!now) return ctx->status;
  nm__node_result(n, k, now);
  nm_status s = nm__rebase(ctx, t, now);
  nm_release(ctx, now);
  for (int i = 0; i < ninputs; i++)
    if (inputs[i]->storage == t->storage && inputs[i]->base)
      inputs[i]->view_version = t->storage->version - 1;
  return s;
}

/* Makes outputs[k] result k of n. */
static nm_status attach(nm_context *ctx, nm_node *n, int k, nm_tensor **output, unsigned flags,
                        bool is_input) {
  nm_tensor *t = *output;
  bool constant = flags & NM_RESULT_CONSTANT || !nm__is_float((nm_dtype)t->dtype);
  if (is_input || t->base || nm__tracks(t)) {
    *output = untied(ctx, t);
    if (!*output) return *output = t, ctx->status;
    nm_release(ctx, t);
    t = *output;
  }
  if (!constant) nm__node_result(n, k, t);
  return NM_OK;
}

nm_status nm_record(nm_context *ctx, const nm_function *f, int ninputs, nm_tensor *const *inputs,
                    int noutputs, nm_tensor **outputs, const uint8_t *flags, int nsaved,
                    nm_tensor *const *saved, nm_node **node) {
  bool tracked = false, wanted = false;
  *node = NULL;
  if (!ctx->grad_enabled) return NM_OK;
  for (int i = 0; i < ninputs; i++) tracked |= nm__tracks(inputs[i]);
  if (!tracked) return NM_OK;
  NM_TRY(check_dirty(ctx, f->name, noutputs, outputs, flags, ninputs, inputs));
  nm_node *n = nm__node_new(ctx, &function_op, 0, ninputs, nsaved, noutputs);
  if (!n) return ctx->status;
  nm_status s = NM_OK;
  for (int i = 0; i < ninputs && s == NM_OK; i++)
    s = nm__node_connect(ctx, &n->edges[i], inputs[i]);
  for (int i = 0; i < ninputs; i++) wanted |= n->edges[i].wanted;
  if (s != NM_OK || !wanted) return nm__node_unref(ctx, n), s;
  n->sequence = ++ctx->sequence;
  n->dev = noutputs ? nm__device_of(outputs[0]) : ctx->cpu;
  for (int k = 0; k < noutputs; k++)
    n->result[k] = (nm_outcome){.shape = nm__dims_of(outputs[k]),
                                .dtype = outputs[k]->dtype,
                                .dev = nm__device_of(outputs[k])};
  for (int k = 0; k < noutputs; k++) /* what is a view of it, or has saved it, shall notice */
    if (flags[k] & NM_RESULT_DIRTY) outputs[k]->storage->version++;
  nm_function *copy = function_copy(ctx, f);
  s = copy ? NM_OK : ctx->status;
  if (s == NM_OK) s = save_all(ctx, n, nsaved, saved, noutputs, outputs);
  if (s != NM_OK) {
    free(copy); /* not released: the host keeps what it has */
    nm__node_unref(ctx, n);
    return s;
  }
  n->function = copy;
  *node = n;
  for (int k = 0; k < noutputs && s == NM_OK; k++)
    s = flags[k] & NM_RESULT_DIRTY
            ? attach_dirty(ctx, n, k, outputs[k], ninputs, inputs)
            : attach(ctx, n, k, &outputs[k], flags[k], position(inputs, ninputs, outputs[k]) >= 0);
  if (s == NM_OK && n->refs == 1) { /* no result has a gradient */
    free(copy);
    n->function = NULL;
    *node = NULL;
  }
  nm__node_unref(ctx, n);
  return s;
}

nm_status nm_saved_tensor(nm_context *ctx, nm_node *node, int k, nm_tensor **out) {
  *out = NULL;
  if (k < 0 || (uint32_t)k >= node->nsaved)
    return nm__error(ctx, NM_EINVAL, "%s saved %u tensors, there is no number %d",
                     nm__node_name(node), node->nsaved, k + ctx->base);
  return nm__node_saved(ctx, node, (uint32_t)k, ctx->grad_enabled, out);
}

/* A gradient that the host gave must sum to the input's shape. */
static nm_status check_gradient(nm_context *ctx, const nm_node *n, int i, const nm_tensor *g) {
  const nm_edge *e = &n->edges[i];
  char a[NM_SHAPE_TEXT], b[NM_SHAPE_TEXT];
  int extra = g->ndim - e->shape.ndim;
  bool fits = extra >= 0;
  for (int d = 0; d < e->shape.ndim && fits; d++)
    fits = e->shape.dim[d] == 1 || e->shape.dim[d] == g->shape[extra + d];
  if (!fits)
    return nm__error(ctx, NM_EINVAL,
                     "backward: %s gave a gradient of shape %s for input %d, which has shape %s",
                     nm__node_name(n), nm__shape_text(g->ndim, g->shape, a), i + ctx->base,
                     nm__shape_text(e->shape.ndim, e->shape.dim, b));
  if (!nm__is_float((nm_dtype)g->dtype))
    return nm__error(ctx, NM_EINVAL, "backward: %s gave a gradient of dtype %s for input %d",
                     nm__node_name(n), nm__dtype_name(g->dtype), i + ctx->base);
  if (nm__device_of(g) != e->dev)
    return nm__error(ctx, NM_EINVAL,
                     "backward: %s gave a gradient on %s for input %d, which is on %s",
                     nm__node_name(n), nm__device_of(g)->name, i + ctx->base, e->dev->name);
  return NM_OK;
}

nm_status nm__function_backward(nm_context *ctx, nm_node *n, const bool *wanted, nm_tensor ***out) {
  int nslots = (int)n->nslots;
  nm_tensor **list = calloc((size_t)nslots + n->nout + 1, sizeof *list), **g = list + nslots;
  *out = list;
  if (!list) return nm__error(ctx, NM_ENOMEM, "out of memory");
  for (uint32_t k = 0; k < n->nout; k++) g[k] = n->result[k].grad;
  n->refs++; /* the host may let go of the graph */
  nm_status s =
      n->function->backward(ctx, n->function->user, n, (int)n->nout, g, nslots, wanted, list);
  for (int i = 0; i < nslots; i++) {
    if (!list[i] || nm__temp(ctx, list[i])) continue;
    list[i] = NULL;
    s = ctx->status;
  }
  for (int i = 0; i < nslots && s == NM_OK; i++)
    if (list[i] && wanted[i]) s = check_gradient(ctx, n, i, list[i]);
  nm__node_unref(ctx, n);
  return s;
}
