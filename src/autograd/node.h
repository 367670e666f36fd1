/* node.h: the tape.  A node remembers how tensors were computed: the op, its arguments, the edges
 * to what computed its inputs, and the tensors that the derivative will read.
 *
 * Invariants: an input's node is older (smaller sequence) than the node.  Nothing here recurses
 * over the graph: nodes are freed through ctx->dying, and the walk (backward.c) visits them newest
 * first. */
#ifndef NM_NODE_H
#define NM_NODE_H

#include "ops/ops.h"

typedef struct nm_edge { /* where the gradient of an input slot goes */
  struct nm_node *node;  /* what computed the input; NULL: nothing, or a leaf */
  nm_tensor *leaf;       /* a leaf that collects a gradient, else NULL */
  uint32_t output;       /* which result of `node` */
  nm_dims shape;         /* of the input, and its dtype: gradients are brought to these */
  uint8_t dtype;
  bool wanted;
  nm_device *dev;
} nm_edge;

typedef struct nm_saved {
  nm_tensor *tensor; /* NULL: not needed */
  uint32_t version;  /* of its storage when it was saved */
} nm_saved;

typedef struct nm_node {
  uint32_t refs;
  uint16_t nslots;
  uint8_t nout, nargs;
  bool spent;  /* what it saved was freed by a backward without retain_graph */
  bool needed; /* the walk that is going on has to go below it */
  bool marked; /* found by the walk that is going on */
  const nm_op *op;
  size_t bytes; /* of the node itself */
  uint64_t sequence;
  struct nm_node *next; /* in ctx->dying, or in the walk's list */
  nm_edge *edges;       /* nslots */
  nm_saved *saved;      /* nslots, and one for the first result */
  nm_value_arg *args;   /* nargs; tensors in them are NULL, see saved; ints and strings are owned */
  nm_tensor *grad[NM_MAX_RESULTS]; /* during a walk: what has come in so far */
  nm_dims shape[NM_MAX_RESULTS];   /* of the results */
  uint8_t dtype[NM_MAX_RESULTS];
  nm_device *dev;
} nm_node;

/* What a derivative sees. */
typedef struct nm_grad_call {
  nm_context *ctx;
  const nm_node *node;
  const nm_value_arg *args;     /* as they were given; tensors are NULL */
  nm_tensor *g[NM_MAX_RESULTS]; /* gradients of the results; NULL: zero */
  nm_tensor *x[NM_MAX_ARGS];    /* the saved tensors, by slot (the first NM_MAX_ARGS) */
  nm_tensor *y;                 /* the saved result */
  nm_status status;
} nm_grad_call;

/* Puts a node for `c` on the tape and makes its results point to it. */
nm_status nm__node_record(nm_op_call *c);
/* Lets go of the saved tensors. */
void nm__node_forget(nm_context *ctx, nm_node *n);
void nm__node_unref(nm_context *ctx, nm_node *n);
/* Whether a gradient flows through t: it collects one, or was computed from what does. */
static inline bool nm__tracks(const nm_tensor *t) {
  return t->requires_grad || t->node || (t->base && t->base->node);
}
/* Checks that t may be written in place now: elements of its own, and not a leaf that requires a
 * gradient while the tape is on. */
nm_status nm__inplace_check(nm_context *ctx, const nm_tensor *t);
/* What t is now, as a tensor that later writes to t do not change. */
nm_tensor *nm__alias(nm_context *ctx, nm_tensor *t);
/* t was overwritten by r: its history is r's, and if it is a view, its base's history is amended.
 */
nm_status nm__rebase(nm_context *ctx, nm_tensor *t, nm_tensor *r);
/* Brings the node of a view up to date after writes to its base or to another view of it. */
nm_status nm__view_refresh(nm_context *ctx, nm_tensor *t);

#endif
