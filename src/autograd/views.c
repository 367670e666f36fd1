/* views.c: in-place writes and the tape.
 *
 * A write to a tensor that is no view gives it the history of what was written.  A write to a view
 * amends the history of its base by a node `write`: the base's elements, but for the view's place,
 * which holds the written tensor's.  The base and all its views see one storage, so views remember
 * the version for which their node was made, and are brought up to date when their history is asked
 * for: as a view of what the base is now. */
#include "autograd/node.h"
#include "ops/args.h"

nm_status nm__inplace_check(nm_context *ctx, const nm_tensor *t) {
  for (int d = 0; d < t->ndim; d++)
    if (t->stride[d] == 0 && t->shape[d] > 1)
      return nm__error(ctx, NM_EINVAL,
                       "dim %d of the tensor is expanded, its elements share memory: clone() "
                       "it before writing",
                       d + ctx->base);
  if (nm__overlaps(t->ndim, t->shape, t->stride))
    return nm__error(ctx, NM_EINVAL,
                     "elements of the tensor share memory, as windows that overlap do: clone() it "
                     "before writing");
  if (t->storage->inference && !ctx->inference)
    return nm__error(ctx, NM_EINVAL,
                     "a tensor made in inference_mode can't be written in place outside of it: "
                     "write to a clone()");
  if (!ctx->grad_enabled) return NM_OK;
  if (t->requires_grad && !t->node)
    return nm__error(ctx, NM_EINVAL,
                     "a leaf that requires a gradient can't be written in place: use "
                     "nm.no_grad, or write to a clone()");
  if (t->base && t->base->requires_grad && !t->base->node)
    return nm__error(ctx, NM_EINVAL,
                     "a view of a leaf that requires a gradient can't be written in place: use "
                     "nm.no_grad, or write to a clone()");
  return NM_OK;
}

nm_status nm__tracked_write_check(nm_context *ctx, const nm_tensor *t) {
  if (t->made == NM_MADE_UNTRACKED)
    return nm__error(ctx, NM_EINVAL,
                     "a view that was made in no_grad can't be written in place while the tape is "
                     "on: it does not know the history of what it shows; make the view outside, or "
                     "write in no_grad too");
  if (t->made == NM_MADE_BY_FUNCTION)
    return nm__error(ctx, NM_EINVAL,
                     "what a Function returns can't be written in place where it is one of its "
                     "inputs, or a view of one: write to a clone()");
  return NM_OK;
}

nm_tensor *nm__alias(nm_context *ctx, nm_tensor *t) {
  if (t->base && nm__view_refresh(ctx, t) != NM_OK) return NULL;
  nm_value_arg args[1] = {nm__arg_t(t)};
  nm_tensor *out[NM_MAX_RESULTS];
  int nout;
  bool grad = nm_set_grad_enabled(ctx, false);
  nm_status s = nm__apply(ctx, nm__known(ctx, NM_OP_clone), args, &nout, out);
  ctx->grad_enabled = grad;
  if (s != NM_OK) return NULL;
  out[0]->node = t->node;
  out[0]->output = t->output;
  if (t->node) t->node->refs++;
  return out[0];
}

nm_status nm__set_history(nm_context *ctx, nm_tensor *t, const nm_tensor *like) {
  nm_node *old = t->node;
  bool retains = t->retains_grad;
  t->node = like->node;
  t->output = like->output;
  if (t->node) t->node->refs++;
  if (old) nm__node_unref(ctx, old);
  if (!retains) return NM_OK;
  nm__hooks_stop_retaining(ctx, t);
  return t->node ? nm_retain_grad(ctx, t) : NM_OK;
}

/* The arguments that describe t's place in its row-major base.  A base that was detached from a
 * part of something may be row-major in that part, or not at all. */
static nm_status geometry(nm_context *ctx, const nm_tensor *t, nm_value_arg *args) {
  args[0] = nm__arg_ints(t->ndim, t->shape);
  args[1] = nm__arg_ints(t->ndim, t->stride);
  args[2] = nm__arg_int(t->offset - t->base->offset);
  if (nm__is_contiguous(t->base)) return NM_OK;
  return nm__error(ctx, NM_EINVAL,
                   "writes to views of a detached tensor that is not contiguous are not tracked: "
                   "clone() it first");
}

/* Records `op` on args without running it, as the history of t. */
static nm_status set_node(nm_context *ctx, nm_tensor *t, nm_known op, const nm_value_arg *args) {
  nm_tensor *stand_in = nm__tensor_view(ctx, t, t->ndim, t->shape, t->stride, t->offset);
  if (!stand_in) return ctx->status;
  nm_op_call c = {.ctx = ctx, .op = nm__known(ctx, op), .args = args, .nout = 1, .out = {stand_in}};
  c.nargs = c.op->nparams;
  nm_status s = nm__node_record(&c);
  if (s == NM_OK) s = nm__set_history(ctx, t, stand_in);
  nm_release(ctx, stand_in);
  return s;
}

nm_status nm__rebase(nm_context *ctx, nm_tensor *t, nm_tensor *r) {
  int mark = nm__scope(ctx);
  nm_status s = NM_OK;
  r = nm__t_cast(ctx, r, (nm_dtype)t->dtype);
  if (!r) {
    s = ctx->status;
  } else if (!t->base) {
    nm_value_arg args[1] = {nm__arg_t(r)};
    if (r->requires_grad && !r->node)
      r = nm__t(ctx, nm__known(ctx, NM_OP_clone), args); /* a leaf */
    s = r ? nm__set_history(ctx, t, r) : ctx->status;
  } else {
    nm_value_arg args[5] = {nm__arg_t(t->base), nm__arg_t(r)};
    s = geometry(ctx, t, args + 2);
    if (s == NM_OK) s = set_node(ctx, t->base, NM_OP_write, args);
  }
  nm__unscope(ctx, mark, NULL);
  return s;
}

nm_status nm__view_refresh(nm_context *ctx, nm_tensor *t) {
  if (t->view_version == t->storage->version) return NM_OK;
  if (t->made == NM_MADE_UNTRACKED && nm__tracks(t->base))
    return nm__error(
        ctx, NM_EINVAL,
        "a view that was made in no_grad has been written through its base since: "
        "whether it has a history now is not known; make the view outside, or detach() "
        "it");
  if (!nm__tracks(t->base)) {
    NM_TRY(nm__set_history(ctx, t, &(nm_tensor){.node = NULL}));
  } else {
    nm_value_arg args[4] = {nm__arg_t(t->base)};
    NM_TRY(geometry(ctx, t, args + 1));
    NM_TRY(set_node(ctx, t, NM_OP_strided, args));
  }
  t->view_version = t->storage->version;
  return NM_OK;
}
