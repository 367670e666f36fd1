/* apply.c: the one way to apply an op, and the writing of results in place and into `out`. */
#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/args.h"

#include <stdlib.h>
#include <string.h>

nm_status nm__list_add(nm_context *ctx, nm_list *list, nm_tensor *t) {
  if (!t) return ctx->status;
  if (list->n == list->capacity) {
    int capacity = list->capacity ? 2 * list->capacity : 16;
    nm_tensor **grown = realloc(list->t, (size_t)capacity * sizeof *grown);
    if (!grown) return nm__error(ctx, NM_ENOMEM, "out of memory: a list of %d tensors", capacity);
    list->t = grown;
    list->capacity = capacity;
  }
  nm_retain(t);
  list->t[list->n++] = t;
  return NM_OK;
}

void nm__list_free(nm_context *ctx, nm_list *list) {
  for (int i = 0; i < list->n; i++) nm_release(ctx, list->t[i]);
  free(list->t);
  *list = (nm_list){0};
}

NM_APART static bool any_of(int n, nm_tensor *const *list) {
  for (int k = 0; k < n; k++)
    if (nm__tracks(list[k])) return true;
  return false;
}

static inline bool any_tracks(const nm_op_call *c) {
  for (const nm_value_arg *a = c->args, *end = a + c->nargs; a < end; a++) {
    if (a->kind == NM_ARG_TENSOR && nm__tracks(a->as.tensor)) return true;
    if (a->kind == NM_ARG_TENSORS && any_of(a->n, a->as.tensors)) return true;
  }
  return false;
}

static nm_status apply(nm_context *ctx, const nm_op *op, const nm_value_arg *args, int *nout,
                       nm_tensor *out[NM_MAX_RESULTS]) {
  nm_op_call c;
  c.ctx = ctx;
  c.op = op;
  c.nargs = op->nparams;
  c.args = args;
  c.nout = 1;
  c.list = NULL;
  bool composed = op->flags & NM_COMPOSED, grad = ctx->grad_enabled;
  if (!composed) ctx->grad_enabled = false;
  nm_status s = op->forward(&c);
  ctx->grad_enabled = grad;
  if (s != NM_OK) return s;
  if (!composed && grad && op->backward && any_tracks(&c)) {
    s = nm__node_record(&c);
    if (s != NM_OK) {
      for (int i = 0; i < c.nout; i++) nm_release(ctx, c.out[i]);
      return s;
    }
  }
  *nout = c.nout;
  out[0] = c.out[0];
  for (int i = 1; i < c.nout; i++) out[i] = c.out[i];
  if (op->flags & NM_VIEW && !grad && c.out[0]->base) c.out[0]->made = NM_MADE_UNTRACKED;
  return NM_OK;
}

nm_status nm__apply(nm_context *ctx, const nm_op *op, const nm_value_arg *args, int *nout,
                    nm_tensor *out[NM_MAX_RESULTS]) {
  const char *outer = nm__begin(ctx, op->name);
  return nm__end(ctx, outer, apply(ctx, op, args, nout, out));
}

nm_status nm__apply_list(nm_context *ctx, const nm_op *op, const nm_value_arg *args,
                         nm_list *list) {
  nm_op_call c = {.ctx = ctx, .op = op, .nargs = op->nparams, .args = args, .list = list};
  const char *outer = nm__begin(ctx, op->name);
  int mark = nm__scope(ctx);
  nm_status s = op->forward(&c);
  nm__unscope(ctx, mark, NULL);
  return nm__end(ctx, outer, s);
}

/* Whether another argument lies in the storage that is written. */
static bool reads_itself(const nm_op_call *c) {
  const nm_storage *x = c->args[0].as.tensor->storage;
  for (int i = 1; i < c->nargs; i++)
    if (c->args[i].kind == NM_ARG_TENSOR && c->args[i].as.tensor->storage == x) return true;
  return false;
}

/* Whether a result of dtype `from` may be written into a tensor of dtype `to`. */
static bool castable(nm_dtype from, nm_dtype to) {
  char f = nm__dtypes[from].kind, t = nm__dtypes[to].kind;
  return t == 'f' || f == 'b' || (f == 'i' && t == 'i');
}

nm_status nm__replace(nm_context *ctx, nm_tensor *y, nm_tensor *r) {
  char a[NM_SHAPE_TEXT], b[NM_SHAPE_TEXT];
  nm_status s;
  if (!nm__same_shape(r, y->ndim, y->shape)) {
    s = nm__error(ctx, NM_EINVAL, "the result has shape %s, what it is written to has %s",
                  nm__shape_text(r->ndim, r->shape, a), nm__shape_text(y->ndim, y->shape, b));
  } else if (nm__device_of(y) != nm__device_of(r)) {
    s = nm__error(ctx, NM_EINVAL, "the result is on %s, what it is written to on %s",
                  nm__device_of(r)->name, nm__device_of(y)->name);
  } else if (!castable((nm_dtype)r->dtype, (nm_dtype)y->dtype)) {
    s = nm__error(ctx, NM_EINVAL,
                  "the result is %s, which is not cast to %s by writing: use :to(\"%s\")",
                  nm__dtype_name(r->dtype), nm__dtype_name(y->dtype), nm__dtype_name(y->dtype));
  } else {
    s = nm__store(ctx, y, r, true);
    if (s == NM_OK && ctx->grad_enabled && (nm__tracks(r) || nm__tracks(y)))
      s = nm__rebase(ctx, y, r);
  }
  nm_release(ctx, r);
  return s;
}

/* Applies an op and writes its first result into y. */
static nm_status apply_into(nm_context *ctx, const nm_op *op, const nm_value_arg *args,
                            nm_tensor *y) {
  nm_tensor *out[NM_MAX_RESULTS];
  int nout;
  NM_TRY(apply(ctx, op, args, &nout, out));
  for (int i = 1; i < nout; i++) nm_release(ctx, out[i]);
  return nm__replace(ctx, y, out[0]);
}

static nm_status apply_inplace(nm_context *ctx, const nm_op *op, const nm_value_arg *args) {
  nm_value_arg copy[NM_MAX_ARGS];
  nm_tensor *x = args[0].as.tensor;
  NM_TRY(nm__inplace_check(ctx, x));
  nm_op_call c = {.ctx = ctx, .op = op, .nargs = op->nparams, .args = args};
  if (!ctx->grad_enabled || !any_tracks(&c))
    return op->inplace && !reads_itself(&c) ? op->inplace(&c) : apply_into(ctx, op, args, x);
  NM_TRY(nm__tracked_write_check(ctx, x));
  nm_tensor *before = nm__alias(ctx, x); /* the tape keeps what x was before */
  if (!before) return ctx->status;
  for (int i = 0; i < op->nparams; i++) {
    copy[i] = args[i];
    if (args[i].kind == NM_ARG_TENSOR && args[i].as.tensor == x) copy[i].as.tensor = before;
  }
  nm_status s = apply_into(ctx, op, copy, x);
  nm_release(ctx, before);
  return s;
}

/* As nm__begin, with the name of the in-place form. */
static const char *begin_inplace(nm_context *ctx, const nm_op *op, char name[64]) {
  size_t n = strlen(op->name);
  memcpy(name, op->name, n);
  memcpy(name + n, "_", 2);
  return nm__begin(ctx, name);
}

nm_status nm__apply_inplace(nm_context *ctx, const nm_op *op, const nm_value_arg *args) {
  char name[64];
  const char *outer = begin_inplace(ctx, op, name);
  return nm__end(ctx, outer, apply_inplace(ctx, op, args));
}

nm_status nm__apply_inplace_view(nm_context *ctx, const nm_op *op, const nm_value_arg *args,
                                 nm_tensor **out) {
  char name[64];
  nm_tensor *results[NM_MAX_RESULTS];
  int nout;
  const char *outer = begin_inplace(ctx, op, name);
  nm_status s = nm__inplace_check(ctx, args[0].as.tensor);
  if (s == NM_OK) s = apply(ctx, op, args, &nout, results);
  if (s == NM_OK) *out = results[0];
  return nm__end(ctx, outer, s);
}

/* What is made from nothing has the dtype and device of where it goes. */
static const nm_value_arg *made_for(const nm_op *op, const nm_value_arg *args, nm_tensor *y,
                                    nm_value_arg *copy) {
  for (int i = 0; i < op->nparams; i++) {
    copy[i] = args[i];
    if (args[i].kind == NM_ARG_TENSOR || args[i].kind == NM_ARG_TENSORS) return args;
    if (args[i].kind != NM_ARG_NONE) continue;
    if (op->params[i].kind == NM_P_DTYPE) copy[i] = nm__arg_str(nm__dtype_name(y->dtype));
    if (op->params[i].kind == NM_P_DEVICE) copy[i] = nm__arg_str(nm__device_of(y)->name);
  }
  return copy;
}

static nm_status apply_out(nm_context *ctx, const nm_op *op, const nm_value_arg *args,
                           nm_tensor *y) {
  nm_value_arg copy[NM_MAX_ARGS];
  args = made_for(op, args, y, copy);
  nm_op_call c = {.ctx = ctx, .op = op, .nargs = op->nparams, .args = args};
  if (ctx->grad_enabled && (nm__tracks(y) || any_tracks(&c)))
    return nm__op_error(&c, NM_EINVAL,
                        "out = is not tracked, and a tensor here requires a gradient: leave out = "
                        "away, or use nm.no_grad");
  NM_TRY(nm__inplace_check(ctx, y));
  return apply_into(ctx, op, args, y);
}

nm_status nm__apply_out(nm_context *ctx, const nm_op *op, const nm_value_arg *args, nm_tensor *y) {
  const char *outer = nm__begin(ctx, op->name);
  return nm__end(ctx, outer, apply_out(ctx, op, args, y));
}
