/* backward.c: the walk over the tape.
 *
 * Nodes are visited newest first: every node is younger than what computed its inputs, so when its
 * turn comes all of its results' gradients have arrived.  No recursion: the nodes are collected
 * into a list and sorted.  Gradients are brought to the shape and dtype of the inputs here and
 * nowhere else. */
#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/args.h"

#include <stdlib.h>
#include <string.h>

typedef struct walk {
  nm_context *ctx;
  nm_node **node; /* all that the outputs depend on */
  size_t n, capacity;
  int ninputs; /* nm_gradients: what is asked for; 0: leaves accumulate */
  nm_tensor *const *input;
  nm_tensor **result;
  bool retain, create;
} walk;

static nm_status visit(walk *w, nm_node *n) {
  if (!n || n->marked) return NM_OK;
  if (w->n == w->capacity) {
    size_t capacity = w->capacity ? 2 * w->capacity : 256;
    nm_node **list = realloc(w->node, capacity * sizeof *list);
    if (!list) return nm__error(w->ctx, NM_ENOMEM, "backward: out of memory");
    w->node = list;
    w->capacity = capacity;
  }
  n->marked = true;
  n->refs++;
  w->node[w->n++] = n;
  return NM_OK;
}

static int newest_first(const void *a, const void *b) {
  uint64_t x = (*(nm_node *const *)a)->sequence, y = (*(nm_node *const *)b)->sequence;
  return x < y ? 1 : -1;
}

/* Whether the gradient that an edge takes on is asked for, there or below. */
static bool leads(const walk *w, const nm_edge *e) {
  if (!e->wanted || !w->ninputs) return e->wanted;
  if (e->node && e->node->needed) return true;
  for (int i = 0; i < w->ninputs; i++) {
    const nm_tensor *t = w->input[i];
    if (e->node ? t->node == e->node && t->output == e->output : t == e->leaf) return true;
  }
  return false;
}

/* Marks the nodes on the way to what is asked for; the others are neither run nor spent. */
static void find_needed(walk *w) {
  for (size_t i = w->n; i-- > 0;) { /* what is below comes first */
    nm_node *n = w->node[i];
    n->needed = false;
    for (int k = 0; k < n->nslots && !n->needed; k++) n->needed = leads(w, &n->edges[k]);
  }
}

static nm_status collect(walk *w) {
  for (size_t i = 0; i < w->n; i++) {
    const nm_node *n = w->node[i];
    for (int k = 0; k < n->nslots; k++)
      if (n->edges[k].wanted) NM_TRY(visit(w, n->edges[k].node));
  }
  if (w->n) qsort(w->node, w->n, sizeof *w->node, newest_first);
  find_needed(w);
  return NM_OK;
}

/* g as the input of an edge wants it: summed over what was broadcast, expanded from what was not
 * computed in full, cast. */
static nm_tensor *fit(nm_context *ctx, nm_tensor *g, const nm_dims *shape, nm_dtype dtype) {
  int extra = g->ndim - shape->ndim;
  uint32_t dims = 0;
  if (!nm__same_shape(g, shape->ndim, shape->dim)) {
    for (int d = 0; d < g->ndim; d++)
      if (d < extra || (shape->dim[d - extra] == 1 && g->shape[d] != 1)) dims |= 1u << d;
    g = nm__t_sum(ctx, g, dims, true);
    if (g && nm_numel(g) == nm__count(shape->ndim, shape->dim))
      g = nm__t_reshape(ctx, g, shape->ndim, shape->dim);
    else
      g = nm__t_expand(ctx, g, shape->ndim, shape->dim);
  }
  return nm__t_cast(ctx, g, dtype);
}

/* *sum += g, as a tensor of its own. */
static nm_status add_to(nm_context *ctx, nm_tensor **sum, nm_tensor *g) {
  nm_tensor *total = *sum ? nm__t2(ctx, NM_I_add, *sum, g) : g;
  if (!total) return ctx->status;
  nm_retain(total);
  if (*sum) nm_release(ctx, *sum);
  *sum = total;
  return NM_OK;
}

static nm_status accumulate(walk *w, nm_tensor *leaf, nm_tensor *g) {
  nm_context *ctx = w->ctx;
  if (leaf->grad && !w->create) {
    nm_tensor *total = nm__t2(ctx, NM_I_add, leaf->grad, g);
    return total ? nm__store(ctx, leaf->grad, total, false) : ctx->status;
  }
  if (!leaf->grad) { /* a storage of its own: g may be the gradient of other tensors too */
    nm_value_arg args[1] = {nm__arg_t(g)};
    g = nm__t(ctx, nm__known(ctx, NM_OP_clone), args);
    if (!g) return ctx->status;
  }
  return add_to(ctx, &leaf->grad, g);
}

static nm_status deliver(walk *w, const nm_edge *e, nm_tensor *g) {
  nm_context *ctx = w->ctx;
  g = fit(ctx, g, &e->shape, (nm_dtype)e->dtype);
  if (!g) return ctx->status;
  if (e->node) return add_to(ctx, &e->node->grad[e->output], g);
  if (!w->ninputs) return accumulate(w, e->leaf, g);
  for (int i = 0; i < w->ninputs; i++)
    if (w->input[i] == e->leaf) NM_TRY(add_to(ctx, &w->result[i], g));
  return NM_OK;
}

/* Fills in what the derivative reads. */
static nm_status unpack(walk *w, nm_node *n, nm_grad_call *b) {
  nm_context *ctx = w->ctx;
  if (n->spent)
    return nm__error(ctx, NM_EINVAL,
                     "backward: the graph was freed by an earlier backward (at op %s): give "
                     "retain_graph = true to the first one",
                     n->op->name);
  for (int i = 0; i <= n->nslots; i++) {
    const nm_saved *s = &n->saved[i];
    if (s->tensor && s->tensor->storage->version != s->version)
      return nm__error(ctx, NM_EINVAL,
                       "backward: a tensor that the derivative of %s needs was changed in place "
                       "after it was used (%u writes since): write to a clone() instead",
                       n->op->name, s->tensor->storage->version - s->version);
    if (i < n->nslots && i < NM_MAX_ARGS) b->x[i] = s->tensor;
  }
  nm_tensor *y = n->saved[n->nslots].tensor;
  b->y = y;
  if (y && w->create) { /* with its history, for the next derivative */
    b->y = nm__temp(ctx, nm__tensor_view(ctx, y, y->ndim, y->shape, y->stride, y->offset));
    if (!b->y) return ctx->status;
    b->y->node = n;
    n->refs++;
  }
  for (int i = 0; i < n->nargs && i < n->nslots; i++) /* a number where a tensor might have been */
    if (n->op->params[i].kind == NM_P_OPERAND && n->args[i].kind != NM_ARG_TENSOR &&
        n->args[i].kind != NM_ARG_NONE) {
      nm_op_call c = {.ctx = ctx, .op = n->op, .args = n->args};
      b->x[i] = nm__t_full(ctx, n->dev, (nm_dtype)n->dtype[0], 0, NULL, nm__float_arg(&c, i, 0));
      if (!b->x[i]) return ctx->status;
    }
  return NM_OK;
}

static nm_status step(walk *w, nm_node *n) {
  nm_context *ctx = w->ctx;
  nm_grad_call b;
  bool any = false;
  memset(&b, 0, sizeof b);
  b.ctx = ctx;
  b.node = n;
  b.args = n->args;
  for (int i = 0; i < n->nout; i++) any |= (b.g[i] = n->grad[i]) != NULL;
  if (!any) return NM_OK;
  for (int i = 0; i < w->ninputs; i++) /* an input that is no leaf */
    if (w->input[i]->node == n && b.g[w->input[i]->output])
      NM_TRY(add_to(ctx, &w->result[i], b.g[w->input[i]->output]));
  if (!n->needed) return NM_OK;
  NM_TRY(unpack(w, n, &b));
  for (int i = 0; i < n->nslots; i++) {
    if (!leads(w, &n->edges[i])) continue;
    nm_tensor *g = n->op->backward(&b, i);
    if (b.status != NM_OK) return b.status;
    if (g) NM_TRY(deliver(w, &n->edges[i], g));
  }
  return NM_OK;
}

static nm_status step_and_clean(walk *w, nm_node *n) {
  int mark = nm__scope(w->ctx);
  nm_status s = step(w, n);
  nm__unscope(w->ctx, mark, NULL);
  for (int i = 0; i < n->nout; i++)
    if (n->grad[i]) {
      nm_release(w->ctx, n->grad[i]);
      n->grad[i] = NULL;
    }
  if (s == NM_OK && n->needed && !w->retain) {
    bool had = false;
    for (int i = 0; i <= n->nslots; i++) had |= n->saved[i].tensor != NULL;
    n->spent = had;
    nm__node_forget(w->ctx, n);
  }
  return s;
}

/* The gradient that an output starts from. */
static nm_status seed(walk *w, nm_tensor *t, nm_tensor *g) {
  nm_context *ctx = w->ctx;
  char a[NM_SHAPE_TEXT], b[NM_SHAPE_TEXT];
  if (t->base) NM_TRY(nm__view_refresh(ctx, t));
  if (!nm__tracks(t))
    return nm__error(ctx, NM_EINVAL,
                     "backward: the tensor does not depend on any that requires a gradient "
                     "(requires_grad = true)");
  if (!g && nm_numel(t) != 1)
    return nm__error(ctx, NM_EINVAL,
                     "backward: shape %s has no single value to differentiate: give a gradient of "
                     "that shape, or sum() first",
                     nm__shape_text(t->ndim, t->shape, a));
  if (g && !nm__same_shape(g, t->ndim, t->shape))
    return nm__error(ctx, NM_EINVAL, "backward: the gradient has shape %s, the tensor %s",
                     nm__shape_text(g->ndim, g->shape, a), nm__shape_text(t->ndim, t->shape, b));
  if (g && nm__device_of(g) != nm__device_of(t))
    return nm__error(ctx, NM_EINVAL, "backward: the gradient is on %s, the tensor on %s",
                     nm__device_of(g)->name, nm__device_of(t)->name);
  if (!g) g = nm__t_full_like(ctx, t, 1);
  if (!g) return ctx->status;
  nm_edge e = {
      .node = t->node, .leaf = t, .output = t->output, .shape = nm__dims_of(t), .dtype = t->dtype};
  NM_TRY(visit(w, t->node));
  return deliver(w, &e, g);
}

static nm_status run_walk(walk *w, int n, nm_tensor *const *t, nm_tensor *const *g) {
  nm_context *ctx = w->ctx;
  bool grad = nm_set_grad_enabled(ctx, w->create);
  int mark = nm__scope(ctx);
  nm_status s = NM_OK;
  for (int i = 0; i < n && s == NM_OK; i++) s = seed(w, t[i], g ? g[i] : NULL);
  if (s == NM_OK) s = collect(w);
  for (size_t i = 0; i < w->n && s == NM_OK; i++) s = step_and_clean(w, w->node[i]);
  for (size_t i = 0; i < w->n; i++) {
    nm_node *d = w->node[i];
    for (int k = 0; k < d->nout; k++)
      if (d->grad[k]) {
        nm_release(ctx, d->grad[k]);
        d->grad[k] = NULL;
      }
    d->marked = false;
    nm__node_unref(ctx, d);
  }
  nm__unscope(ctx, mark, NULL);
  free(w->node);
  ctx->grad_enabled = grad;
  return s;
}

nm_status nm_backward(nm_context *ctx, nm_tensor *t, nm_tensor *grad, bool retain_graph,
                      bool create_graph) {
  walk w = {.ctx = ctx, .retain = retain_graph || create_graph, .create = create_graph};
  return run_walk(&w, 1, &t, &grad);
}

nm_status nm_gradients(nm_context *ctx, int noutputs, nm_tensor *const *outputs,
                       nm_tensor *const *grads, int ninputs, nm_tensor *const *inputs,
                       bool retain_graph, bool create_graph, bool allow_unused, nm_tensor **out) {
  walk w = {.ctx = ctx,
            .retain = retain_graph || create_graph,
            .create = create_graph,
            .ninputs = ninputs,
            .input = inputs,
            .result = out};
  for (int i = 0; i < ninputs; i++) {
    out[i] = NULL;
    if (inputs[i]->base) NM_TRY(nm__view_refresh(ctx, inputs[i]));
    if (!nm__tracks(inputs[i]))
      return nm__error(ctx, NM_EINVAL, "grad: input %d does not require a gradient", i + ctx->base);
  }
  if (!ninputs) return NM_OK;
  nm_status s = run_walk(&w, noutputs, outputs, grads);
  for (int i = 0; i < ninputs && s == NM_OK; i++)
    if (!out[i] && !allow_unused)
      s = nm__error(
          ctx, NM_EINVAL,
          "grad: the outputs do not depend on input %d: give allow_unused = true if that is right",
          i + ctx->base);
  for (int i = 0; i < ninputs && s != NM_OK; i++)
    if (out[i]) {
      nm_release(ctx, out[i]);
      out[i] = NULL;
    }
  return s;
}

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
  if (!t->node) t->requires_grad = on;
  return NM_OK;
}
