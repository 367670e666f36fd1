/* parts.c: gradients of tensors that are read in parts.
 *
 * The gradient of a part is written to its place in that of the whole, once; zeros are written only
 * where nothing comes in.  An interval of one dim says where something has: parts that lie one
 * behind the other make it grow, as those of chunk, split, unbind and of an index do.  What comes
 * in a second time is added.  The whole lies in memory as the tensor did, so that what follows,
 * back through the views that it was made by, are views again. */
#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/args.h"

_Static_assert(NM_MAX_DIMS <= 8, "nm_outcome.order has four bits a dim");

uint32_t nm__order_of(const nm_tensor *t) {
  int order[NM_MAX_DIMS];
  uint32_t all = 0;
  for (int d = 0; d < t->ndim; d++) {
    if (t->stride[d] == 0 && t->shape[d] > 1) return 0; /* expanded */
    int k = d;
    for (; k > 0 && t->stride[order[k - 1]] < t->stride[d]; k--) order[k] = order[k - 1];
    order[k] = d;
  }
  for (int k = 0; k < t->ndim; k++) all |= (uint32_t)order[k] << (4 * k);
  return all;
}

/* The gradient of r without contents, which lies as r did. */
static nm_status begin(nm_context *ctx, nm_outcome *r) {
  const nm_dims *s = &r->shape;
  int64_t stride[NM_MAX_DIMS], step = 1;
  nm_tensor *t =
      nm__tensor_ready(r->dev, (nm_dtype)r->dtype, nm__count(s->ndim, s->dim), s->ndim, s->dim);
  if (!t) return ctx->status;
  if (r->order) {
    for (int k = s->ndim - 1; k >= 0; k--) {
      int d = nm__order_dim(r->order, k);
      stride[d] = step;
      step *= s->dim[d];
    }
    nm_tensor *flat = t;
    t = nm__tensor_view(ctx, flat, s->ndim, s->dim, stride, 0);
    nm_release(ctx, flat);
    if (!t) return ctx->status;
  }
  r->grad = t;
  return NM_OK;
}

/* Elements lo to hi of dim r->along. */
static nm_tensor *place_of(nm_context *ctx, const nm_outcome *r, int64_t lo, int64_t hi) {
  nm_tensor *t = r->grad;
  nm_dims s = nm__dims_of(t);
  s.dim[r->along] = hi - lo;
  return nm__temp(
      ctx, nm__tensor_view(ctx, t, s.ndim, s.dim, t->stride, t->offset + lo * t->stride[r->along]));
}

static nm_status put(nm_context *ctx, nm_tensor *place, nm_tensor *g) {
  return place && g ? nm__store(ctx, place, g, true) : ctx->status;
}

static nm_status clear(nm_context *ctx, const nm_outcome *r, int64_t lo, int64_t hi) {
  if (lo >= hi) return NM_OK;
  nm_tensor *place = place_of(ctx, r, lo, hi);
  return put(ctx, place, place ? nm__t_full_like(ctx, place, 0) : NULL);
}

nm_status nm__gradients_fill(nm_context *ctx, nm_node *n) {
  for (nm_outcome *r = n->result; r < n->result + n->nout; r++) {
    if (r->grad && r->hi) { /* without: of a walk that failed */
      NM_TRY(clear(ctx, r, 0, r->lo));
      NM_TRY(clear(ctx, r, r->hi, r->shape.dim[r->along]));
    }
    r->hi = 0;
  }
  n->parted = false;
  return NM_OK;
}

/* The only dim in which a part with elements differs from the whole; -1: there are several. */
static int parted(const nm_tensor *part, const nm_dims *whole) {
  int along = 0, n = 0;
  for (int d = 0; d < whole->ndim; d++)
    if (part->shape[d] != whole->dim[d]) along = d, n++;
  return n > 1 || !whole->ndim || !nm_numel(part) ? -1 : along;
}

bool nm__gradient_part(nm_grad_call *b, int i, const int64_t *start, nm_tensor *g) {
  nm_context *ctx = b->ctx;
  const nm_edge *e = &b->node->edges[i];
  int along = parted(g, &e->shape);
  if (!e->node || ctx->grad_enabled || along < 0) return false;
  nm_outcome *r = &e->node->result[e->output];
  int64_t lo = start[along], hi = lo + g->shape[along];
  if (r->grad && (!r->hi || r->along != along || (lo < r->hi && r->lo < hi))) return false;
  if (!r->grad) {
    b->status = begin(ctx, r);
    e->node->parted = true;
    r->along = (uint8_t)along;
    r->lo = r->hi = lo;
  }
  if (b->status == NM_OK)
    b->status = hi <= r->lo ? clear(ctx, r, hi, r->lo) : clear(ctx, r, r->hi, lo);
  if (b->status == NM_OK) b->status = put(ctx, place_of(ctx, r, lo, hi), g);
  if (lo < r->lo) r->lo = lo;
  if (hi > r->hi) r->hi = hi;
  if (r->lo == 0 && r->hi == r->shape.dim[along]) r->hi = 0;
  return true;
}

bool nm__gradient_is_own(const nm_tensor *g) {
  const nm_value *v = g->storage->value;
  return g->refs == 1 && g->storage->refs == 1 && v->refs == 1 && !v->pinned && !v->release;
}

nm_tensor *nm__gradient_so_far(nm_grad_call *b, int i) {
  const nm_edge *e = &b->node->edges[i];
  nm_outcome *r = e->node && !b->ctx->grad_enabled ? &e->node->result[e->output] : NULL;
  if (!r || !r->grad) return NULL;
  b->status = nm__gradients_whole(b->ctx, e->node);
  nm_tensor *sum = r->grad;
  const nm_value *v = sum->storage->value;
  bool dense = sum->offset == 0 && v->numel == nm_numel(sum) && v->dtype == sum->dtype &&
               !nm__overlaps(sum->ndim, sum->shape, sum->stride);
  return dense && nm__gradient_is_own(sum) && b->status == NM_OK ? sum : NULL;
}
