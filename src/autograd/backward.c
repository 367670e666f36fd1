/* backward.c: the walk over the tape.
 *
 * Nodes are visited newest first: every node is younger than what computed its inputs, so when its
 * turn comes all of its results' gradients have arrived.  No recursion: the nodes are collected
 * into a list and sorted.  Gradients are brought to the shape and dtype of the inputs here and
 * nowhere else. */
#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct hooked { /* a leaf with hooks, which are called with its whole gradient */
  nm_tensor *leaf, *sum;
} hooked;

typedef struct aside { /* what a node was in the middle of when a walk inside a walk came by */
  nm_node *node;
  struct walk *walk;
  bool needed;
  nm_tensor **grad;
} aside;

typedef struct walk {
  nm_context *ctx;
  nm_node **node; /* all that the outputs depend on */
  size_t n, capacity;
  hooked *leaf;
  size_t nleaves, leaf_capacity;
  aside *aside;
  size_t naside, aside_capacity;
  int ninputs; /* what is asked for; 0: leaves accumulate */
  nm_tensor *const *input;
  nm_tensor **result;
  bool retain, create;
} walk;

/* Room for one more in a list. */
static void *grown(nm_context *ctx, void *list, size_t n, size_t *capacity, size_t size) {
  if (n < *capacity) return list;
  size_t more = *capacity ? 2 * *capacity : 64;
  void *longer = realloc(list, more * size);
  if (!longer) {
    nm__error(ctx, NM_ENOMEM, "backward: out of memory");
    return NULL;
  }
  *capacity = more;
  return longer;
}

/* Hooks and functions of the host may walk the same nodes again, inside of this walk. */
static nm_status put_aside(walk *w, nm_node *n) {
  aside *list = grown(w->ctx, w->aside, w->naside, &w->aside_capacity, sizeof *list);
  if (!list) return NM_ENOMEM;
  w->aside = list;
  NM_TRY(nm__gradients_whole(w->ctx, n));
  nm_tensor **grad = malloc((n->nout + 1) * sizeof *grad);
  if (!grad) return nm__error(w->ctx, NM_ENOMEM, "backward: out of memory");
  for (uint32_t k = 0; k < n->nout; k++) {
    grad[k] = n->result[k].grad;
    n->result[k].grad = NULL;
  }
  w->aside[w->naside++] = (aside){.node = n, .walk = n->walk, .needed = n->needed, .grad = grad};
  return NM_OK;
}

static void take_back(const walk *w) {
  for (size_t i = 0; i < w->naside; i++) {
    const aside *a = &w->aside[i];
    for (uint32_t k = 0; k < a->node->nout; k++) a->node->result[k].grad = a->grad[k];
    a->node->walk = a->walk;
    a->node->needed = a->needed;
    free(a->grad);
  }
}

static nm_status visit(walk *w, nm_node *n) {
  if (!n || n->walk == w) return NM_OK;
  nm_node **list = grown(w->ctx, w->node, w->n, &w->capacity, sizeof *list);
  if (!list) return NM_ENOMEM;
  w->node = list;
  if (n->walk) NM_TRY(put_aside(w, n));
  n->walk = w;
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

/* Whether n computed the only input, so that nothing below it is asked for. */
static bool ends(const walk *w, const nm_node *n) {
  return w->ninputs == 1 && n == w->input[0]->node;
}

/* Marks the nodes on the way to what is asked for; the others are neither run nor spent. */
static void find_needed(walk *w) {
  for (size_t i = w->n; i-- > 0;) { /* what is below comes first */
    nm_node *n = w->node[i];
    n->needed = false;
    for (uint32_t k = 0; k < n->nslots && !n->needed && !ends(w, n); k++)
      n->needed = leads(w, &n->edges[k]);
  }
}

static nm_status collect(walk *w) {
  for (size_t i = 0; i < w->n; i++) {
    const nm_node *n = w->node[i];
    for (uint32_t k = 0; k < n->nslots && !ends(w, n); k++)
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

nm_status nm__accumulate(nm_context *ctx, nm_tensor **sum, nm_tensor *g, bool create) {
  int mark = nm__scope(ctx);
  nm_status s;
  if (*sum && !create && !(*sum)->storage->inference) {
    nm_tensor *total = nm__t2(ctx, NM_I_add, *sum, g);
    s = total ? nm__store(ctx, *sum, total, false) : ctx->status;
  } else {
    nm_value_arg args[1] = {nm__arg_t(g)};
    /* a storage of its own: g may be the gradient of other tensors too */
    if (!*sum) g = nm__t(ctx, nm__known(ctx, NM_OP_clone), args);
    s = g ? add_to(ctx, sum, g) : ctx->status;
  }
  nm__unscope(ctx, mark, NULL);
  return s;
}

static bool asked_for(const walk *w, const nm_tensor *leaf) {
  for (int i = 0; i < w->ninputs; i++)
    if (w->input[i] == leaf) return true;
  return !w->ninputs;
}

/* The gradient of a leaf goes where it was asked for. */
static nm_status arrive(walk *w, nm_tensor *leaf, nm_tensor *g) {
  if (!w->ninputs) return nm__accumulate(w->ctx, &leaf->grad, g, w->create);
  for (int i = 0; i < w->ninputs; i++)
    if (w->input[i] == leaf) NM_TRY(add_to(w->ctx, &w->result[i], g));
  return NM_OK;
}

/* The gradient of a leaf with hooks waits until it is whole. */
static nm_status hold(walk *w, nm_tensor *leaf, nm_tensor *g) {
  for (size_t i = 0; i < w->nleaves; i++)
    if (w->leaf[i].leaf == leaf) return add_to(w->ctx, &w->leaf[i].sum, g);
  hooked *list = grown(w->ctx, w->leaf, w->nleaves, &w->leaf_capacity, sizeof *list);
  if (!list) return NM_ENOMEM;
  w->leaf = list;
  nm_retain(leaf);
  nm_retain(g);
  w->leaf[w->nleaves++] = (hooked){.leaf = leaf, .sum = g};
  return NM_OK;
}

static nm_status arrive_whole(walk *w) {
  for (size_t i = 0; i < w->nleaves; i++) {
    NM_TRY(nm__hooks_of_leaf(w->ctx, w->leaf[i].leaf, &w->leaf[i].sum));
    NM_TRY(arrive(w, w->leaf[i].leaf, w->leaf[i].sum));
  }
  return NM_OK;
}

static nm_status deliver(walk *w, const nm_edge *e, nm_tensor *g) {
  nm_context *ctx = w->ctx;
  g = fit(ctx, g, &e->shape, (nm_dtype)e->dtype);
  if (!g) return ctx->status;
  if (e->node) {
    NM_TRY(nm__gradients_whole(ctx, e->node));
    return add_to(ctx, &e->node->result[e->output].grad, g);
  }
  if (e->leaf->hooks && asked_for(w, e->leaf)) return hold(w, e->leaf, g);
  return arrive(w, e->leaf, g);
}

/* Fills in what the derivative reads. */
static nm_status unpack(const walk *w, nm_node *n, nm_grad_call *b) {
  nm_context *ctx = w->ctx;
  for (uint32_t i = 0; i <= n->nslots; i++) {
    nm_tensor *t;
    NM_TRY(nm__node_saved(ctx, n, i, w->create, &t));
    if (t && !nm__temp(ctx, t)) return ctx->status;
    if (i == n->nslots)
      b->y = t;
    else if (i < NM_MAX_ARGS)
      b->x[i] = t;
  }
  for (uint32_t i = 0; i < n->nargs && i < n->nslots; i++) /* a number in a tensor's place */
    if (n->op->params[i].kind == NM_P_OPERAND && n->args[i].kind != NM_ARG_TENSOR &&
        n->args[i].kind != NM_ARG_NONE) {
      nm_op_call c = {.ctx = ctx, .op = n->op, .args = n->args};
      b->x[i] = nm__t_full(ctx, n->dev, (nm_dtype)n->result[0].dtype, 0, NULL,
                           nm__float_arg(&c, (int)i, 0));
      if (!b->x[i]) return ctx->status;
    }
  return NM_OK;
}

/* An error unless g is free of NaN. */
static nm_status check_nan(nm_context *ctx, const nm_node *n, uint32_t slot, nm_tensor *g) {
  static const int64_t at[1];
  nm_value_arg count;
  bool grad = nm_set_grad_enabled(ctx, false);
  nm_tensor *sum =
      nm__t_sum(ctx, nm__t_cast(ctx, nm__t2(ctx, NM_I_ne, g, g), NM_INT64), ~0u, false);
  nm_status s = sum ? nm__get_element(ctx, sum, 0, at, &count) : ctx->status;
  ctx->grad_enabled = grad;
  if (s != NM_OK || !count.as.integer) return s;
  return nm__error(ctx, NM_EINVAL, "backward: the derivative of %s has %lld NaN for its input %d",
                   nm__node_name(n), (long long)count.as.integer, (int)slot + ctx->base);
}

/* The derivatives of an op of the registry, slot by slot. */
static nm_status step_op(walk *w, nm_node *n) {
  nm_context *ctx = w->ctx;
  nm_grad_call b;
  memset(&b, 0, sizeof b);
  b.ctx = ctx;
  b.node = n;
  b.args = n->args;
  b.unwatched = !w->ninputs && !ctx->anomaly.on;
  for (uint32_t k = 0; k < n->nout; k++) b.g[k] = n->result[k].grad;
  NM_TRY(unpack(w, n, &b));
  for (uint32_t i = 0; i < n->nslots && i < NM_MAX_ARGS; i++)
    b.wanted |= (uint32_t)leads(w, &n->edges[i]) << i;
  for (uint32_t i = 0; i < n->nslots; i++) {
    if (!(i < NM_MAX_ARGS ? b.wanted >> i & 1 : leads(w, &n->edges[i]))) continue;
    bool ready = i < NM_MAX_ARGS && b.ready[i];
    nm_tensor *g = ready ? b.ready[i] : n->op->backward(&b, (int)i);
    if (b.status != NM_OK) return b.status;
    if (g && ctx->anomaly.check_nan) NM_TRY(check_nan(ctx, n, i, g));
    const nm_edge *to = &n->edges[i];
    if (b.beyond) to = b.beyond, b.beyond = NULL;
    if (g) NM_TRY(deliver(w, to, g));
  }
  return NM_OK;
}

/* The host's derivative, of all slots at once. */
static nm_status step_function(walk *w, nm_node *n) {
  nm_context *ctx = w->ctx;
  nm_tensor **g = NULL;
  bool *wanted = calloc(n->nslots + 1, sizeof *wanted);
  if (!wanted) return nm__error(ctx, NM_ENOMEM, "backward: out of memory");
  for (uint32_t i = 0; i < n->nslots; i++) wanted[i] = leads(w, &n->edges[i]);
  nm_status s = nm__function_backward(ctx, n, wanted, &g);
  for (uint32_t i = 0; i < n->nslots && s == NM_OK; i++) {
    if (!g[i] || !wanted[i]) continue;
    if (ctx->anomaly.check_nan) s = check_nan(ctx, n, i, g[i]);
    if (s == NM_OK) s = deliver(w, &n->edges[i], g[i]);
  }
  free(wanted);
  free(g);
  return s;
}

/* The gradients of n's results are whole: hooks see them, and inputs that are no leaves. */
static nm_status arrive_at(walk *w, nm_node *n) {
  for (uint32_t k = 0; k < n->nout && n->hooks; k++)
    if (n->result[k].grad) NM_TRY(nm__hooks_of_result(w->ctx, n, k, &n->result[k].grad));
  for (int i = 0; i < w->ninputs; i++) {
    const nm_tensor *t = w->input[i];
    if (t->node == n && n->result[t->output].grad)
      NM_TRY(add_to(w->ctx, &w->result[i], n->result[t->output].grad));
  }
  return NM_OK;
}

/* Adds the place of the op whose derivative failed to the message. */
static nm_status blame(nm_context *ctx, const nm_node *n, nm_status s) {
  char message[sizeof ctx->message];
  memcpy(message, ctx->message, sizeof message);
  snprintf(ctx->blamed, sizeof ctx->blamed, "%.50s was called at %.100s", nm__node_name(n),
           n->where);
  return nm__error(ctx, s, "%.590s (%s)", message, ctx->blamed);
}

static nm_status step(walk *w, nm_node *n) {
  bool any = false;
  for (uint32_t k = 0; k < n->nout; k++) any |= n->result[k].grad != NULL;
  if (!any) return NM_OK;
  NM_TRY(nm__gradients_whole(w->ctx, n));
  NM_TRY(arrive_at(w, n));
  if (!n->needed) return NM_OK;
  nm_context *ctx = w->ctx;
  nm_status s = n->function ? step_function(w, n) : step_op(w, n);
  return s == NM_OK || !n->where || !ctx->anomaly.on ? s : blame(ctx, n, s);
}

static void drop_gradients(nm_context *ctx, nm_node *n) {
  for (uint32_t k = 0; k < n->nout; k++) {
    if (n->result[k].grad) nm_release(ctx, n->result[k].grad);
    n->result[k].grad = NULL;
  }
}

static nm_status step_and_clean(walk *w, nm_node *n) {
  int mark = nm__scope(w->ctx);
  nm_status s = step(w, n);
  nm__unscope(w->ctx, mark, NULL);
  drop_gradients(w->ctx, n);
  if (s == NM_OK && n->needed && !w->retain) {
    for (uint32_t i = 0; i < n->nsaved; i++) n->spent |= n->saved[i].tensor != NULL;
    nm__node_forget(w->ctx, n);
  }
  return s;
}

/* The gradient that an output starts from. */
static nm_status seed(walk *w, nm_tensor *t, nm_tensor *g) {
  nm_context *ctx = w->ctx;
  char a[NM_SHAPE_TEXT], b[NM_SHAPE_TEXT];
  if (t->base) NM_TRY(nm__view_refresh(ctx, t));
  if (!t->node && !t->requires_grad)
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

static nm_status keep_alive(nm_context *ctx, int n, nm_tensor *const *t) {
  for (int i = 0; i < n && t; i++) {
    if (!t[i]) continue;
    nm_retain(t[i]);
    if (!nm__temp(ctx, t[i])) return ctx->status;
  }
  return NM_OK;
}

static nm_status run_walk(walk *w, int n, nm_tensor *const *t, nm_tensor *const *g) {
  nm_context *ctx = w->ctx;
  bool grad = nm_set_grad_enabled(ctx, w->create);
  int mark = nm__scope(ctx);
  ctx->blamed[0] = 0;
  nm_status s = keep_alive(ctx, n, t); /* from hooks, which may let go of them */
  if (s == NM_OK) s = keep_alive(ctx, n, g);
  if (s == NM_OK) s = keep_alive(ctx, w->ninputs, w->input);
  for (int i = 0; i < n && s == NM_OK; i++) s = seed(w, t[i], g ? g[i] : NULL);
  if (s == NM_OK) s = collect(w);
  for (size_t i = 0; i < w->n && s == NM_OK; i++) s = step_and_clean(w, w->node[i]);
  if (s == NM_OK) s = arrive_whole(w);
  for (size_t i = 0; i < w->n; i++) {
    drop_gradients(ctx, w->node[i]);
    w->node[i]->walk = NULL;
  }
  take_back(w);
  for (size_t i = 0; i < w->n; i++) nm__node_unref(ctx, w->node[i]);
  for (size_t i = 0; i < w->nleaves; i++) {
    nm_release(ctx, w->leaf[i].sum);
    nm_release(ctx, w->leaf[i].leaf);
  }
  nm__unscope(ctx, mark, NULL);
  free(w->node);
  free(w->leaf);
  free(w->aside);
  ctx->grad_enabled = grad;
  return s;
}

/* The inputs' histories are up to date, and each has one. */
static nm_status check_inputs(nm_context *ctx, const char *name, int n, nm_tensor *const *inputs) {
  for (int i = 0; i < n; i++) {
    if (inputs[i]->base) NM_TRY(nm__view_refresh(ctx, inputs[i]));
    if (!nm__tracks(inputs[i]))
      return nm__error(ctx, NM_EINVAL, "%s: input %d does not require a gradient", name,
                       i + ctx->base);
  }
  return NM_OK;
}

/* Whether inputs[i] has got its gradient already: it is named twice, or retains it. */
static bool filled(nm_tensor *const *inputs, int i) {
  for (int k = 0; k < i; k++)
    if (inputs[k] == inputs[i]) return true;
  return inputs[i]->retains_grad;
}

nm_status nm_backward_all(nm_context *ctx, int n, nm_tensor *const *t, nm_tensor *const *grads,
                          int ninputs, nm_tensor *const *inputs, bool retain_graph,
                          bool create_graph) {
  walk w = {.ctx = ctx,
            .retain = retain_graph || create_graph,
            .create = create_graph,
            .ninputs = ninputs,
            .input = inputs};
  NM_TRY(check_inputs(ctx, "backward", ninputs, inputs));
  nm_tensor **result = calloc((size_t)ninputs + 1, sizeof *result);
  if (!result) return nm__error(ctx, NM_ENOMEM, "backward: out of memory");
  w.result = result;
  nm_status s = run_walk(&w, n, t, grads);
  bool grad = nm_set_grad_enabled(ctx, create_graph);
  for (int i = 0; i < ninputs; i++) {
    if (!result[i]) continue;
    if (s == NM_OK && !filled(inputs, i))
      s = nm__accumulate(ctx, &inputs[i]->grad, result[i], create_graph);
    nm_release(ctx, result[i]);
  }
  ctx->grad_enabled = grad;
  free(result);
  return s;
}

nm_status nm_backward(nm_context *ctx, nm_tensor *t, nm_tensor *grad, bool retain_graph,
                      bool create_graph) {
  return nm_backward_all(ctx, 1, &t, &grad, 0, NULL, retain_graph, create_graph);
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
  for (int i = 0; i < ninputs; i++) out[i] = NULL;
  NM_TRY(check_inputs(ctx, "grad", ninputs, inputs));
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
