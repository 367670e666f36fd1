/* index.c: t[{...}], reading and writing.
 *
 * Integers, slices, new axes and the ellipsis give a view.  Index tensors and masks then pick from
 * it: their dims are brought to the front and made one, the index tensors become one linear index
 * into it, and gather and scatter along it do the work; so all of it is composed of ops with
 * derivatives. */
#include "autograd/node.h"
#include "ops/families.h"

#include <stdlib.h>
#include <string.h>

typedef struct pick { /* an index tensor and the dim of the view that it picks from */
  nm_tensor *index;
  int dim;
} pick;

typedef struct plan {
  nm_tensor *view;
  int n; /* picks */
  pick pick[NM_MAX_DIMS];
} plan;

#define fail(ctx, ...) nm__error(ctx, NM_EINVAL, __VA_ARGS__)

static bool is_mask(const nm_index *x) {
  return x->kind == NM_IX_TENSOR && x->tensor->dtype == NM_BOOL;
}

/* How many dims of the tensor an item stands for. */
static int width(const nm_index *x) {
  if (x->kind == NM_IX_NEWAXIS || x->kind == NM_IX_ELLIPSIS) return 0;
  return is_mask(x) ? x->tensor->ndim : 1;
}

static nm_status slice_dim(nm_context *ctx, const nm_index *x, int d, int64_t size, int64_t *start,
                           int64_t *step, int64_t *count) {
  int64_t first = x->first, last = x->last;
  *start = 0, *step = 1, *count = size;
  if (x->kind == NM_IX_INT) {
    if (first < -size || first >= size)
      return fail(ctx, "position %lld is out of range for dim %d of size %lld",
                  (long long)(first < 0 ? first : first + ctx->base), d + ctx->base,
                  (long long)size);
    *start = first < 0 ? first + size : first;
    *count = 1;
  } else if (x->kind == NM_IX_SLICE) {
    if (x->step <= 0)
      return fail(ctx, "step %lld of a slice: it must be positive; flip(%d) reverses",
                  (long long)x->step, d + ctx->base);
    if (first < 0) first += size;
    if (last < 0) last += size;
    if (first < 0) first = 0;
    if (last >= size) last = size - 1;
    *start = first;
    *step = x->step;
    *count = first > last ? 0 : (last - first) / x->step + 1;
    if (*count == 0) *start = 0;
  }
  return NM_OK;
}

/* Positions along dim d of the true elements, in row-major order, counting from ctx->base. */
static nm_tensor *positions(nm_context *ctx, const nm_tensor *mask, const uint8_t *bits,
                            int64_t count, int d) {
  int64_t n = nm_numel(mask), stride[NM_MAX_DIMS];
  int64_t *list = malloc(count ? (size_t)count * sizeof *list : 1);
  if (!list) return nm__error(ctx, NM_ENOMEM, "out of memory"), NULL;
  nm__row_major(mask->ndim, mask->shape, stride);
  for (int64_t i = 0, k = 0; i < n; i++)
    if (bits[i]) list[k++] = i / stride[d] % mask->shape[d] + ctx->base;
  nm_tensor *t = nm__temp(ctx, nm__tensor_empty(ctx, nm__device_of(mask), NM_INT64, 1, &count));
  if (t && nm_write(ctx, t, list, (size_t)count * sizeof *list) != NM_OK) t = NULL;
  free(list);
  return t;
}

static nm_tensor *with_dim(nm_context *ctx, nm_known op, nm_tensor *t, int dim) {
  if (!t) return NULL;
  int64_t list[1] = {dim};
  nm_value_arg args[2] = {nm__arg_t(t),
                          op == NM_OP_squeeze ? nm__arg_ints(1, list) : nm__arg_int(dim)};
  return nm__t(ctx, nm__known(ctx, op), args);
}

/* A mask stands for as many index tensors as it has dims. */
static nm_status add_mask(nm_context *ctx, plan *p, nm_tensor *mask, int dim) {
  char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
  nm_op_call call = {.ctx = ctx};
  for (int d = 0; d < mask->ndim; d++)
    if (mask->shape[d] != p->view->shape[dim + d])
      return nm__op_error(
          &call, NM_EINVAL, "a mask of shape %s does not cover dims %d to %d of shape %s",
          nm__shape_text(mask->ndim, mask->shape, one), dim + ctx->base,
          dim + mask->ndim - 1 + ctx->base, nm__shape_text(p->view->ndim, p->view->shape, two));
  int64_t n = nm_numel(mask), count = 0;
  uint8_t *bits = malloc(n ? (size_t)n : 1);
  nm_status s =
      bits ? nm_read(ctx, mask, bits, (size_t)n) : nm__error(ctx, NM_ENOMEM, "out of memory");
  for (int64_t i = 0; s == NM_OK && i < n; i++) count += bits[i] != 0;
  for (int d = 0; d < mask->ndim && s == NM_OK; d++) {
    nm_tensor *at = positions(ctx, mask, bits, count, d);
    if (at)
      p->pick[p->n++] = (pick){at, dim + d};
    else
      s = ctx->status;
  }
  free(bits);
  return s;
}

/* The view of all that is no tensor; then the tensors, dim by dim. */
static nm_status make_plan(nm_context *ctx, nm_tensor *t, int n, const nm_index *ix, plan *p) {
  int64_t start[NM_MAX_DIMS], step[NM_MAX_DIMS], count[NM_MAX_DIMS];
  const nm_index *of[NM_MAX_DIMS] = {NULL};
  int used = 0, ellipsis = -1, d = 0;
  p->n = 0;
  for (int k = 0; k < n; k++) {
    if (ix[k].kind == NM_IX_ELLIPSIS && ellipsis >= 0) return fail(ctx, "more than one \"...\"");
    if (ix[k].kind == NM_IX_ELLIPSIS) ellipsis = k;
    if (is_mask(&ix[k]) && ix[k].tensor->ndim == 0)
      return fail(ctx, "a mask of no dims: use where");
    if (ix[k].kind == NM_IX_TENSOR && nm__device_of(ix[k].tensor) != nm__device_of(t)) {
      nm_op_call call = {.ctx = ctx};
      return nm__op_error(&call, NM_EINVAL,
                          "an index on %s for a tensor on %s: bring them together with :to(\"%s\")",
                          nm__device_of(ix[k].tensor)->name, nm__device_of(t)->name,
                          nm__device_of(t)->name);
    }
    used += width(&ix[k]);
  }
  if (used > t->ndim) return fail(ctx, "%d dims are indexed, the tensor has %d", used, t->ndim);
  for (int k = 0; k < n; k++) {
    if (k == ellipsis) d += t->ndim - used;
    for (int w = width(&ix[k]); w > 0; w--) of[d++] = &ix[k];
  }
  bool whole = true;
  static const nm_index all = {.kind = NM_IX_ALL};
  for (d = 0; d < t->ndim; d++) {
    NM_TRY(slice_dim(ctx, of[d] ? of[d] : &all, d, t->shape[d], &start[d], &step[d], &count[d]));
    whole &= count[d] == t->shape[d] && step[d] == 1;
  }
  p->view = whole ? t : nm__t_slice(ctx, t, start, step, count);
  int at = 0; /* dim of the view */
  for (int k = 0; k < n && p->view; k++) {
    switch (ix[k].kind) {
    case NM_IX_ELLIPSIS: at += t->ndim - used; break;
    case NM_IX_INT: p->view = with_dim(ctx, NM_OP_squeeze, p->view, at); break;
    case NM_IX_NEWAXIS: p->view = with_dim(ctx, NM_OP_unsqueeze, p->view, at++); break;
    case NM_IX_TENSOR:
      if (is_mask(&ix[k]))
        NM_TRY(add_mask(ctx, p, ix[k].tensor, at));
      else
        p->pick[p->n++] = (pick){ix[k].tensor, at};
      at += width(&ix[k]);
      break;
    default: at++; break;
    }
  }
  return p->view ? NM_OK : ctx->status;
}

/* ---- picking ---- */

typedef struct picking {                        /* see the top of the file */
  nm_dims broadcast;                            /* of the index tensors */
  nm_dims rest;                                 /* the other dims of the view */
  int order[NM_MAX_DIMS], inverse[NM_MAX_DIMS]; /* of the view's dims: picked ones first */
  int64_t span;                                 /* of the picked dims, made one */
  int front;     /* dims of `rest` before those of `broadcast` in the result */
  nm_tensor *at; /* linear, counting from ctx->base, shape: broadcast's count and `rest` expanded */
} picking;

static nm_tensor *permuted(nm_context *ctx, nm_tensor *t, int n, const int *order) {
  if (!t) return NULL;
  int64_t list[NM_MAX_DIMS];
  for (int d = 0; d < n; d++) list[d] = order[d];
  nm_value_arg args[2] = {nm__arg_t(t), nm__arg_ints(n, list)};
  return nm__t(ctx, nm__known(ctx, NM_OP_permute), args);
}

static nm_tensor *linear_index(nm_context *ctx, const plan *p, const picking *k) {
  nm_op_call call = {.ctx = ctx};
  nm_tensor *sum = NULL;
  if (p->n == 1) return p->pick[0].index; /* gather and scatter check it */
  int64_t stride = k->span;
  for (int i = 0; i < p->n; i++) {
    int64_t size = p->view->shape[p->pick[i].dim];
    stride = size ? stride / size : 0;
    nm_tensor *values = nm__index_values(&call, p->pick[i].index, size);
    nm_value_arg args[2] = {nm__arg_t(values), nm__arg_int(stride)};
    values = values ? nm__t(ctx, nm__op_of(NM_I_mul), args) : NULL;
    if (!values) return NULL;
    sum = sum ? nm__t2(ctx, NM_I_add, sum, values) : values;
  }
  return nm__t2s(ctx, NM_I_add, sum, ctx->base);
}

static nm_status prepare(nm_context *ctx, const plan *p, picking *k) {
  const nm_tensor *v = p->view;
  nm_op_call call = {.ctx = ctx};
  bool picked[NM_MAX_DIMS] = {false}, adjacent = true;
  int n = 0;
  *k = (picking){.span = 1};
  for (int i = 0; i < p->n; i++) {
    const nm_tensor *index = p->pick[i].index;
    if (index->dtype != NM_INT64 && index->dtype != NM_INT32)
      return nm__op_error(&call, NM_EINVAL,
                          "an index tensor is int64, int32 or a bool mask, not %s",
                          nm__dtype_name(index->dtype));
    NM_TRY(nm__broadcast_arg(&call, &k->broadcast, index));
    k->order[n++] = p->pick[i].dim;
    k->span *= v->shape[p->pick[i].dim];
    picked[p->pick[i].dim] = true;
    adjacent &= i == 0 || p->pick[i].dim == p->pick[i - 1].dim + 1;
  }
  for (int d = 0; d < v->ndim; d++)
    if (!picked[d]) {
      k->order[n++] = d;
      k->rest.dim[k->rest.ndim++] = v->shape[d];
    }
  for (int d = 0; d < n; d++) k->inverse[k->order[d]] = d;
  k->front = adjacent ? p->pick[0].dim : 0;
  if (k->broadcast.ndim + k->rest.ndim > NM_MAX_DIMS)
    return fail(ctx, "the result would have %d dims, a tensor has at most %d",
                k->broadcast.ndim + k->rest.ndim, NM_MAX_DIMS);
  nm_tensor *at = nm__t_expand(ctx, linear_index(ctx, p, k), k->broadcast.ndim, k->broadcast.dim);
  nm_dims s = {.ndim = 1, .dim = {nm__count(k->broadcast.ndim, k->broadcast.dim)}};
  at = nm__t_reshape(ctx, at, 1, s.dim);
  for (int d = 0; d < k->rest.ndim && at; d++) at = with_dim(ctx, NM_OP_unsqueeze, at, -1);
  for (int d = 0; d < k->rest.ndim; d++) s.dim[s.ndim++] = k->rest.dim[d];
  k->at = nm__t_expand(ctx, at, s.ndim, s.dim);
  return k->at ? NM_OK : ctx->status;
}

/* The view with the picked dims in front, as one. */
static nm_tensor *picked_first(nm_context *ctx, const plan *p, const picking *k) {
  nm_dims s = {.ndim = 1, .dim = {k->span}};
  for (int d = 0; d < k->rest.ndim; d++) s.dim[s.ndim++] = k->rest.dim[d];
  return nm__t_reshape(ctx, permuted(ctx, p->view, p->view->ndim, k->order), s.ndim, s.dim);
}

/* Order of the result's dims from (broadcast, rest), and back. */
static void result_order(const picking *k, int *order, int *inverse) {
  int nb = k->broadcast.ndim, n = 0;
  for (int d = 0; d < k->front; d++) order[n++] = nb + d;
  for (int d = 0; d < nb; d++) order[n++] = d;
  for (int d = k->front; d < k->rest.ndim; d++) order[n++] = nb + d;
  for (int d = 0; d < n; d++) inverse[order[d]] = d;
}

static nm_dims result_dims(const picking *k) {
  nm_dims s = k->broadcast;
  for (int d = 0; d < k->rest.ndim; d++) s.dim[s.ndim++] = k->rest.dim[d];
  return s;
}

static nm_tensor *picked(nm_context *ctx, const plan *p) {
  picking k;
  int order[NM_MAX_DIMS], inverse[NM_MAX_DIMS];
  if (prepare(ctx, p, &k) != NM_OK) return NULL;
  nm_tensor *x = picked_first(ctx, p, &k);
  nm_value_arg args[3] = {nm__arg_t(x), nm__arg_int(0), nm__arg_t(k.at)};
  nm_tensor *y = x ? nm__t(ctx, nm__known(ctx, NM_OP_gather), args) : NULL;
  nm_dims s = result_dims(&k);
  y = nm__t_reshape(ctx, y, s.ndim, s.dim);
  result_order(&k, order, inverse);
  return k.front ? permuted(ctx, y, s.ndim, order) : y;
}

/* Puts value (a tensor of its dtype and device) at what is picked of the view: straight into it
 * where its memory can be seen with the picked dims as one, else through a copy. */
static nm_status put(nm_context *ctx, const plan *p, nm_tensor *value) {
  picking k;
  int order[NM_MAX_DIMS], inverse[NM_MAX_DIMS];
  int64_t shape[NM_MAX_DIMS];
  NM_TRY(prepare(ctx, p, &k));
  nm_dims s = result_dims(&k);
  result_order(&k, order, inverse);
  for (int d = 0; d < s.ndim; d++) shape[d] = s.dim[order[d]];
  value = permuted(ctx, nm__t_expand(ctx, value, s.ndim, shape), s.ndim, inverse);
  value = nm__t_reshape(ctx, value, k.at->ndim, k.at->shape);
  nm_tensor *x = value ? picked_first(ctx, p, &k) : NULL;
  if (!x) return ctx->status;
  const nm_op *scatter = nm__known(ctx, NM_OP_scatter);
  nm_value_arg args[4] = {nm__arg_t(x), nm__arg_int(0), nm__arg_t(k.at), nm__arg_t(value)};
  if (x->storage == p->view->storage) return nm__apply_inplace(ctx, scatter, args);
  nm_tensor *y = nm__t(ctx, scatter, args);
  for (int d = 0; d < p->view->ndim; d++) shape[d] = p->view->shape[k.order[d]];
  y = permuted(ctx, nm__t_reshape(ctx, y, p->view->ndim, shape), p->view->ndim, k.inverse);
  nm_value_arg copy[2] = {nm__arg_t(p->view), nm__arg_t(y)};
  return y ? nm__apply_inplace(ctx, nm__known(ctx, NM_OP_copy), copy) : ctx->status;
}

nm_status nm__index_get(nm_context *ctx, nm_tensor *t, int n, const nm_index *ix, nm_tensor **out) {
  plan p;
  const char *outer = nm__begin(ctx, "index");
  int mark = nm__scope(ctx);
  nm_status s = make_plan(ctx, t, n, ix, &p);
  nm_tensor *r = s != NM_OK ? NULL : p.n ? picked(ctx, &p) : p.view;
  if (r == t) { /* another name for the same elements */
    nm_value_arg args[2] = {nm__arg_t(t), nm__arg_ints(t->ndim, t->shape)};
    r = nm__t(ctx, nm__known(ctx, NM_OP_expand), args);
  }
  if (s == NM_OK && !r) s = ctx->status;
  *out = nm__unscope(ctx, mark, r);
  return nm__end(ctx, outer, s);
}

/* ---- writing ---- */

/* A value that is one number goes where a mask is true by a fill, without positions. */
static bool fills_mask(int n, const nm_index *ix, const nm_value_arg *value) {
  return n == 1 && is_mask(ix) && (value->kind != NM_ARG_TENSOR || value->as.tensor->ndim == 0);
}

static nm_status fill_mask(nm_context *ctx, nm_tensor *t, nm_tensor *mask,
                           const nm_value_arg *value) {
  plan p = {.view = t};
  if (mask->ndim > t->ndim)
    return fail(ctx, "%d dims are indexed, the tensor has %d", mask->ndim, t->ndim);
  nm_op_call call = {.ctx = ctx};
  char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
  for (int d = 0; d < mask->ndim; d++)
    if (mask->shape[d] != p.view->shape[d])
      return nm__op_error(
          &call, NM_EINVAL, "a mask of shape %s does not cover the first dims of shape %s",
          nm__shape_text(mask->ndim, mask->shape, one), nm__shape_text(t->ndim, t->shape, two));
  for (int d = mask->ndim; d < t->ndim && mask; d++)
    mask = with_dim(ctx, NM_OP_unsqueeze, mask, -1);
  if (!mask) return ctx->status;
  nm_value_arg args[3] = {nm__arg_t(t), nm__arg_t(mask), *value};
  return nm__apply_inplace(ctx, nm__known(ctx, NM_OP_masked_fill), args);
}

/* A value as a tensor of t's dtype and device. */
static nm_tensor *value_like(nm_context *ctx, nm_tensor *t, const nm_value_arg *value) {
  nm_value_arg to[3] = {*value, nm__arg_str(nm__dtype_name(t->dtype)),
                        nm__arg_str(nm__device_of(t)->name)};
  if (value->kind == NM_ARG_TENSOR) return nm__t(ctx, nm__known(ctx, NM_OP_to), to);
  nm_tensor *v = nm__t_full(ctx, nm__device_of(t), (nm_dtype)t->dtype, 0, NULL, 0);
  nm_value_arg fill[2] = {nm__arg_t(v), *value};
  if (!v || nm__apply_inplace(ctx, nm__known(ctx, NM_OP_fill), fill) != NM_OK) return NULL;
  return v;
}

nm_status nm__index_set(nm_context *ctx, nm_tensor *t, int n, const nm_index *ix,
                        const nm_value_arg *value) {
  plan p;
  const char *outer = nm__begin(ctx, "index");
  int mark = nm__scope(ctx);
  nm_status s = nm__inplace_check(ctx, t);
  if (s == NM_OK && fills_mask(n, ix, value)) {
    s = fill_mask(ctx, t, ix[0].tensor, value);
  } else if (s == NM_OK && (s = make_plan(ctx, t, n, ix, &p)) == NM_OK) {
    if (p.n) {
      nm_tensor *v = value_like(ctx, t, value);
      s = v ? put(ctx, &p, v) : ctx->status;
    } else {
      nm_value_arg args[2] = {nm__arg_t(p.view), *value};
      bool copies = value->kind == NM_ARG_TENSOR;
      s = nm__apply_inplace(ctx, nm__known(ctx, copies ? NM_OP_copy : NM_OP_fill), args);
    }
  }
  nm__unscope(ctx, mark, NULL);
  return nm__end(ctx, outer, s);
}
