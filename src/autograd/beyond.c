/* beyond.c: gradients that skip nodes which only multiply by a number.
 *
 * A derivative that goes over its result anyway takes the number in, where a pass over memory of
 * its own would: scores are divided by a root on their way to softmax, and so are their gradients
 * on the way back. */
#include <math.h>

#include "autograd/node.h"

static bool number_of(const nm_value_arg *a, double *out) {
  if (a->kind != NM_ARG_INT && a->kind != NM_ARG_FLOAT) return false;
  *out = a->kind == NM_ARG_INT ? (double)a->as.integer : a->as.number;
  return true;
}

/* The only edge of n that is wanted, if what its result's gradient is multiplied by on the way
 * there is a number: *scale takes it in. */
static const nm_edge *only_scales(const nm_node *n, double *scale) {
  if (n->function || n->hooks || n->nslots != 2 || n->edges[0].wanted == n->edges[1].wanted)
    return NULL;
  int k = n->edges[1].wanted;
  const nm_edge *e = &n->edges[k];
  const nm_outcome *r = &n->result[0];
  double number = 1;
  bool same = e->dtype == r->dtype && e->shape.ndim == r->shape.ndim,
       known = number_of(&n->args[1 - k], &number);
  for (int d = 0; same && d < r->shape.ndim; d++) same = e->shape.dim[d] == r->shape.dim[d];
  if (!same) return NULL;
  if (n->op == nm__op_of(NM_I_add) || (n->op == nm__op_of(NM_I_sub) && k == 0)) return e;
  if (n->op == nm__op_of(NM_I_mul) && known) return *scale *= number, e;
  if (n->op == nm__op_of(NM_I_div) && known && k == 0) return *scale /= number, e;
  return NULL;
}

double nm__gradient_scale(nm_grad_call *b, int i) {
  double scale = 1;
  const nm_edge *e = &b->node->edges[i], *next;
  if (b->ctx->grad_enabled || !b->unwatched) return 1;
  while (e->node && (next = only_scales(e->node, &scale))) e = next;
  /* what is far from 1 could leave the range where division doesn't */
  if (scale == 1 || !(fabs(scale) > 0x1p-60 && fabs(scale) < 0x1p60)) return 1;
  b->beyond = e;
  return scale;
}
