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
  int32_t output;    /* which result of the node it is, -1: none */
} nm_saved;

typedef struct nm_outcome { /* a result of a node */
  nm_tensor *grad;          /* during a walk: what has come in so far */
  nm_dims shape;
  uint8_t dtype;
  uint8_t along;  /* during a walk: only elements lo to hi of this dim of grad are defined yet; */
  uint32_t order; /* the dims as they lie in memory, outermost first, four bits each from the lowest
                     on; 0: row-major */
  nm_device *dev;
  int64_t lo, hi; /* hi 0: all are; see nm_node.parted */
} nm_outcome;

struct nm_node {
  uint32_t refs;
  uint32_t nslots, nsaved, nout;
  uint8_t nargs;
  bool spent;        /* what it saved was freed by a backward without retain_graph */
  bool needed;       /* the walk has to go below it */
  bool parted;       /* during a walk: perhaps gradients of its results are not defined all over */
  struct walk *walk; /* the innermost that is going on and has found it */
  const nm_op *op;
  size_t bytes; /* of the node itself */
  uint64_t sequence;
  struct nm_node *next; /* in ctx->dying */
  nm_edge *edges;       /* nslots */
  nm_saved *saved;      /* nslots, and one for the first result; of a function: nsaved */
  nm_value_arg *args;   /* nargs; tensors in them are NULL, see saved; ints and strings are owned */
  nm_outcome *result;   /* nout */
  nm_function *function; /* a derivative of the host's, see function.c; else NULL */
  nm_hook *hooks;        /* of its results, see hooks.c */
  char *where;           /* with anomaly detection: the line that called the op, else NULL */
  nm_device *dev;
};

/* What a derivative sees. */
typedef struct nm_grad_call {
  nm_context *ctx;
  const nm_node *node;
  const nm_value_arg *args;     /* as they were given; tensors are NULL */
  nm_tensor *g[NM_MAX_RESULTS]; /* gradients of the results; NULL: zero */
  nm_tensor *x[NM_MAX_ARGS];    /* the saved tensors, by slot (the first NM_MAX_ARGS) */
  nm_tensor *y;                 /* the saved result */
  uint32_t wanted; /* bit i: the gradient of slot i, of the first NM_MAX_ARGS, is asked for */
  nm_tensor *ready[NM_MAX_ARGS]; /* a derivative that has the gradients of later slots too leaves
                                    them here */
  bool unwatched;                /* nobody asks for gradients in between, by name or for NaN */
  const nm_edge *beyond; /* where the gradient that is given goes, if not to the slot's input */
  nm_status status;
} nm_grad_call;

/* Puts a node for `c` on the tape and makes its results point to it. */
nm_status nm__node_record(nm_op_call *c);
/* A node without edges yet, one reference; NULL when out of memory. */
nm_node *nm__node_new(nm_context *ctx, const nm_op *op, int nargs, int nslots, int nsaved,
                      int nout);
/* Fills in where the gradient of an input goes. */
nm_status nm__node_connect(nm_context *ctx, nm_edge *e, nm_tensor *t);
/* Makes t result k of n. */
void nm__node_result(nm_node *n, int k, nm_tensor *t);
/* Saves what t is now, with the history `node`. */
nm_status nm__node_save(nm_context *ctx, nm_saved *s, nm_tensor *t, nm_node *node, uint32_t output);
/* What was saved, as a derivative may read it: an error when it was freed or changed.  With
 * `history`, a saved result of n has n for its history.  A reference; *out is NULL where nothing
 * was saved. */
nm_status nm__node_saved(nm_context *ctx, nm_node *n, uint32_t i, bool history, nm_tensor **out);
static inline const char *nm__node_name(const nm_node *n) {
  return n->function ? n->function->name : n->op->name;
}
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
/* The same for a write that goes on the tape: t's history is known. */
nm_status nm__tracked_write_check(nm_context *ctx, const nm_tensor *t);
/* What t is now, as a tensor that later writes to t do not change. */
nm_tensor *nm__alias(nm_context *ctx, nm_tensor *t);
/* t was overwritten by r: its history is r's, and if it is a view, its base's history is amended.
 */
nm_status nm__rebase(nm_context *ctx, nm_tensor *t, nm_tensor *r);
/* Brings the node of a view up to date after writes to its base or to another view of it. */
nm_status nm__view_refresh(nm_context *ctx, nm_tensor *t);
/* Gives t the history of `like`, and takes what retains its gradient along. */
nm_status nm__set_history(nm_context *ctx, nm_tensor *t, const nm_tensor *like);

/* ---- parts.c ---- */
/* What has come in so far of the gradient that slot i's input, which isn't a leaf, will have, dense
 * in any order of its dims: a derivative may add to it in place instead of giving a gradient.
 * NULL: nothing yet, or others see it. */
nm_tensor *nm__gradient_so_far(nm_grad_call *b, int i);
/* Writes g into the gradient that slot i's input will have, where g is that of the elements from
 * `start` on; false, and nothing is done, where that is not possible, or something has come in
 * there before. */
bool nm__gradient_part(nm_grad_call *b, int i, const int64_t *start, nm_tensor *g);
/* Zeros where nothing has come in of the gradients of n's results, if only parts have. */
nm_status nm__gradients_fill(nm_context *ctx, nm_node *n);
static inline nm_status nm__gradients_whole(nm_context *ctx, nm_node *n) {
  return n->parted ? nm__gradients_fill(ctx, n) : NM_OK;
}
/* How t, which isn't row-major, lies in memory, as nm_outcome.order says it. */
uint32_t nm__order_of(const nm_tensor *t);
/* The dim that is the k-th from outside. */
static inline int nm__order_dim(uint32_t order, int k) { return (int)(order >> (4 * k) & 15); }

/* Whether nobody else sees the elements of g, a whole gradient that a derivative was given: it may
 * write over them. */
bool nm__gradient_is_own(const nm_tensor *g);
/* The number that the gradient of slot i's input will be multiplied by, and by nothing else, on its
 * way to what that was computed of: the derivative gives it multiplied already, and it skips that
 * way.  1: there is none. */
double nm__gradient_scale(nm_grad_call *b, int i);

/* ---- function.c ---- */
void nm__function_free(nm_function *f);
/* Calls n's derivative: *out, nslots tensors of the list of temporaries or NULL, to be freed. */
nm_status nm__function_backward(nm_context *ctx, nm_node *n, const bool *wanted, nm_tensor ***out);

/* ---- hooks.c ---- */
/* A hook stands in two lists: of the tensor it was registered on, and of the node that computed
 * the tensor then.  One of a leaf stands in the first alone. */
struct nm_hook {
  uint32_t refs, output;
  bool dead;               /* was removed, or can never be called again */
  nm_hook_function *call;  /* NULL: fills `retains`' gradient */
  void (*release)(void *); /* of user, may be NULL */
  void *user;
  nm_node *node;                       /* NULL: of a leaf */
  nm_tensor *retains;                  /* not a reference: its tensor takes it back when it goes */
  struct nm_hook *of_tensor, *of_node; /* the next in each list */
};
/* Calls the hooks of a leaf, or of a node's result, in their order: *g, a reference, may become
 * another. */
nm_status nm__hooks_of_leaf(nm_context *ctx, nm_tensor *leaf, nm_tensor **g);
nm_status nm__hooks_of_result(nm_context *ctx, nm_node *n, uint32_t output, nm_tensor **g);
/* What goes lets go of its hooks. */
void nm__hooks_leave_tensor(nm_context *ctx, nm_tensor *t);
void nm__hooks_leave_node(nm_context *ctx, nm_node *n);
/* t's gradient is not filled any more. */
void nm__hooks_stop_retaining(nm_context *ctx, nm_tensor *t);
/* *sum += g, as a tensor of its own; in place where nothing has to be recorded. */
nm_status nm__accumulate(nm_context *ctx, nm_tensor **sum, nm_tensor *g, bool create);
/* Whether nobody but t can have its hooks called: t is held once, and so is what computed it. */
bool nm__hooks_alone(const nm_tensor *t);

#endif
