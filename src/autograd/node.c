/* node.c: making and freeing nodes of the tape. */
#include "autograd/node.h"

#include <stdlib.h>
#include <string.h>

/* Not t itself, unless it is a leaf: t may be overwritten later by something that was computed from
 * this node, and they would hold each other. */
nm_status nm__node_save(nm_context *ctx, nm_saved *s, nm_tensor *t, nm_node *node,
                        uint32_t output) {
  if (t->storage->inference)
    return nm__error(ctx, NM_EINVAL,
                     "a tensor made in inference_mode can't be saved for backward: use a clone() "
                     "that is made outside of it");
  if (t->requires_grad && !t->node) {
    nm_retain(t);
  } else {
    t = nm__tensor_view(ctx, t, t->ndim, t->shape, t->stride, t->offset);
    if (!t) return ctx->status;
    t->node = node;
    t->output = output;
    if (node) node->refs++;
  }
  s->tensor = t;
  s->version = t->storage->version;
  s->output = -1;
  t->storage->saved++;
  t->storage->value->saved++;
  return NM_OK;
}

static void forget(nm_context *ctx, nm_saved *s) {
  if (!s->tensor) return;
  s->tensor->storage->saved--;
  s->tensor->storage->value->saved--;
  nm_release(ctx, s->tensor);
  s->tensor = NULL;
}

void nm__node_forget(nm_context *ctx, nm_node *n) {
  for (uint32_t i = 0; i < n->nsaved; i++) forget(ctx, &n->saved[i]);
}

nm_status nm__node_saved(nm_context *ctx, nm_node *n, uint32_t i, bool history, nm_tensor **out) {
  const nm_saved *s = &n->saved[i];
  nm_tensor *t = s->tensor;
  *out = NULL;
  if (n->spent)
    return nm__error(ctx, NM_EINVAL,
                     "backward: the graph was freed by an earlier backward (at op %s): give "
                     "retain_graph = true to the first one",
                     nm__node_name(n));
  if (!t) return NM_OK;
  if (t->storage->version != s->version)
    return nm__error(ctx, NM_EINVAL,
                     "backward: a tensor that the derivative of %s needs was changed in place "
                     "after it was used (%u writes since): write to a clone() instead",
                     nm__node_name(n), t->storage->version - s->version);
  if (s->output < 0 || !history) return nm_retain(t), *out = t, NM_OK;
  *out = nm__tensor_view(ctx, t, t->ndim, t->shape, t->stride, t->offset);
  if (!*out) return ctx->status;
  (*out)->node = n;
  (*out)->output = (uint32_t)s->output;
  n->refs++;
  return NM_OK;
}

static void node_free(nm_context *ctx, nm_node *n) {
  nm__node_forget(ctx, n);
  nm__hooks_leave_node(ctx, n);
  for (uint32_t i = 0; i < n->nslots; i++) {
    nm_edge *e = &n->edges[i];
    if (e->leaf) nm_release(ctx, e->leaf);
    if (e->node) nm__node_unref(ctx, e->node);
  }
  for (uint32_t i = 0; i < n->nout; i++)
    if (n->result[i].grad) nm_release(ctx, n->result[i].grad);
  for (int i = 0; i < n->nargs; i++) {
    if (n->args[i].kind == NM_ARG_INTS || n->args[i].kind == NM_ARG_FLOATS)
      free((void *)(uintptr_t)n->args[i].as.ints);
    if (n->args[i].kind == NM_ARG_STRING) free((void *)(uintptr_t)n->args[i].as.string);
  }
  if (n->function) nm__function_free(n->function);
  free(n->where);
  nm__struct_free(ctx, n, n->bytes);
}

/* Freeing a node may free the one below it, and so on: the list keeps the C stack flat. */
void nm__node_unref(nm_context *ctx, nm_node *n) {
  if (--n->refs) return;
  n->next = ctx->dying;
  ctx->dying = n;
  if (ctx->reaping) return;
  ctx->reaping = true;
  while (ctx->dying) {
    nm_node *d = ctx->dying;
    ctx->dying = d->next;
    node_free(ctx, d);
  }
  ctx->reaping = false;
}

static int count_slots(const nm_op_call *c) {
  int n = 0;
  for (int i = 0; i < c->op->nparams; i++) {
    switch (c->op->params[i].kind) {
    case NM_P_TENSOR:
    case NM_P_OPERAND: n++; break;
    case NM_P_TENSORS: n += c->args[i].n; break;
    default: break;
    }
  }
  return n;
}

/* One allocation: the node, its edges, saved tensors, arguments and results. */
nm_node *nm__node_new(nm_context *ctx, const nm_op *op, int nargs, int nslots, int nsaved,
                      int nout) {
  size_t edges = (size_t)nslots * sizeof(nm_edge), saved = (size_t)nsaved * sizeof(nm_saved);
  size_t args = (size_t)nargs * sizeof(nm_value_arg), result = (size_t)nout * sizeof(nm_outcome);
  size_t bytes = sizeof(nm_node) + edges + saved + args + result;
  char *p = nm__struct_new(ctx, bytes);
  if (!p) {
    nm__error(ctx, NM_ENOMEM, "out of memory");
    return NULL;
  }
  memset(p, 0, bytes);
  nm_node *n = (nm_node *)(void *)p;
  n->refs = 1;
  n->bytes = bytes;
  n->nslots = (uint32_t)nslots;
  n->nsaved = (uint32_t)nsaved;
  n->nout = (uint32_t)nout;
  n->nargs = (uint8_t)nargs;
  n->op = op;
  n->edges = (nm_edge *)(void *)(p + sizeof *n);
  n->saved = (nm_saved *)(void *)(p + sizeof *n + edges);
  n->args = (nm_value_arg *)(void *)(p + sizeof *n + edges + saved);
  n->result = (nm_outcome *)(void *)(p + sizeof *n + edges + saved + args);
  if (ctx->anomaly.on && ctx->anomaly.locate) {
    const char *where = ctx->anomaly.locate(ctx->anomaly.user);
    n->where = where ? strdup(where) : NULL;
  }
  return n;
}

nm_status nm__node_connect(nm_context *ctx, nm_edge *e, nm_tensor *t) {
  if (t->base) NM_TRY(nm__view_refresh(ctx, t));
  if (t->made == NM_MADE_BY_FUNCTION && t->view_version != t->storage->version)
    return nm__error(ctx, NM_EINVAL,
                     "a view that a Function returned was written through another tensor since: "
                     "its history is lost");
  e->shape = nm__dims_of(t);
  e->dtype = t->dtype;
  e->dev = nm__device_of(t);
  e->wanted = nm__is_float((nm_dtype)t->dtype) && (t->node || t->requires_grad);
  if (!e->wanted) return NM_OK;
  if (t->node) {
    e->node = t->node;
    e->node->refs++;
    e->output = t->output;
  } else {
    nm_retain(t);
    e->leaf = t;
  }
  return NM_OK;
}

void nm__node_result(nm_node *n, int k, nm_tensor *t) {
  n->refs++;
  t->node = n;
  t->output = (uint32_t)k;
}

/* Keeps a copy of an argument; tensors are in the edges and in `saved`. */
static nm_status keep_arg(nm_context *ctx, nm_value_arg *to, const nm_value_arg *from) {
  *to = *from;
  if (from->kind == NM_ARG_TENSOR) to->as.tensor = NULL;
  if (from->kind == NM_ARG_TENSORS) to->as.tensors = NULL;
  if (from->kind == NM_ARG_INTS || from->kind == NM_ARG_FLOATS) { /* both of 8 bytes */
    size_t bytes = (size_t)from->n * sizeof(int64_t);
    int64_t *copy = malloc(bytes ? bytes : 1);
    to->as.ints = copy;
    if (!copy) return to->kind = NM_ARG_NONE, nm__error(ctx, NM_ENOMEM, "out of memory");
    if (bytes) memcpy(copy, from->as.ints, bytes);
  }
  if (from->kind == NM_ARG_STRING) {
    to->as.string = strdup(from->as.string);
    if (!to->as.string) return to->kind = NM_ARG_NONE, nm__error(ctx, NM_ENOMEM, "out of memory");
  }
  return NM_OK;
}

/* The tensor in a slot, or NULL for a number. */
static nm_status connect_all(nm_node *n, nm_op_call *c, nm_tensor **slot) {
  int k = 0;
  for (int i = 0; i < c->nargs; i++) {
    const nm_value_arg *a = &c->args[i];
    int kind = c->op->params[i].kind;
    NM_TRY(keep_arg(c->ctx, &n->args[i], a));
    if (kind == NM_P_TENSORS) {
      for (int j = 0; j < a->n; j++) slot[k++] = a->as.tensors[j];
    } else if (kind == NM_P_TENSOR || kind == NM_P_OPERAND) {
      slot[k++] = a->kind == NM_ARG_TENSOR ? a->as.tensor : NULL;
    }
  }
  for (int i = 0; i < k; i++)
    if (slot[i]) NM_TRY(nm__node_connect(c->ctx, &n->edges[i], slot[i]));
  return NM_OK;
}

/* Saves what the derivatives of the wanted slots read. */
static nm_status save_needed(nm_node *n, nm_op_call *c, nm_tensor *const *slot) {
  unsigned uses = 0;
  for (uint32_t i = 0; i < n->nslots; i++)
    if (n->edges[i].wanted) uses |= c->op->uses[i < NM_USES ? i : NM_USES - 1];
  for (uint32_t i = 0; i < n->nslots && i < 7; i++)
    if (slot[i] && uses >> i & 1)
      NM_TRY(nm__node_save(c->ctx, &n->saved[i], slot[i], slot[i]->node, slot[i]->output));
  if (!(uses & NM_USE_RESULT)) return NM_OK;
  /* the result is saved without its node, which would hold itself */
  nm_saved *y = &n->saved[n->nslots];
  NM_TRY(nm__node_save(c->ctx, y, c->out[0], NULL, 0));
  y->output = 0;
  return NM_OK;
}

nm_status nm__node_record(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  bool tracked = false;
  for (int i = 0; i < c->nout; i++) tracked |= nm__is_float((nm_dtype)c->out[i]->dtype);
  if (!tracked) return NM_OK;
  int nslots = count_slots(c);
  nm_tensor *few[16], **slot = few;
  nm_node *n = nm__node_new(ctx, c->op, c->nargs, nslots, nslots + 1, c->nout);
  if (!n) return NM_ENOMEM;
  nm_status s = NM_OK;
  if (nslots > 16 && !(slot = malloc((size_t)nslots * sizeof *slot)))
    s = nm__error(ctx, NM_ENOMEM, "out of memory");
  if (s == NM_OK) s = connect_all(n, c, slot);
  n->sequence = ++ctx->sequence; /* younger than the nodes that views were just given */
  bool wanted = false;
  for (int i = 0; i < nslots; i++) wanted |= n->edges[i].wanted;
  if (s == NM_OK && wanted) s = save_needed(n, c, slot);
  if (s == NM_OK && wanted) {
    n->dev = nm__device_of(c->out[0]);
    for (int i = 0; i < c->nout; i++) {
      nm_tensor *y = c->out[i];
      nm_outcome *r = &n->result[i]; /* its gradient is NULL already */
      r->shape = nm__dims_of(y), r->dtype = y->dtype, r->dev = n->dev;
      if (nm__is_float((nm_dtype)y->dtype)) nm__node_result(n, i, y);
    }
    if (!nm__is_contiguous(c->out[0])) n->result[0].order = nm__order_of(c->out[0]); /* a view */
  }
  if (slot != few) free(slot);
  nm__node_unref(ctx, n);
  return s;
}
