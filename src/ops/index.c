/* index.c: t[{...}], reading and writing.
 *
 * Integers, slices, new axes and the ellipsis give a view.  Index tensors and masks then pick from
 * it: the dims that they pick from are made one, the index tensors become one linear index into it,
 * and pick and put along it do the work; so all of it is composed of ops with derivatives.  The
 * dims of the index tensors stand where those dims were; in front, where they were not side by side
 * (NumPy's rule, as in PyTorch: an integer is no index tensor). */
#include "autograd/node.h"
#include "ops/families.h"

typedef struct pick { /* an index tensor and the dims of the view that it picks from */
  nm_tensor *index;
  int dim, width;
  bool checked; /* linear positions in those dims, which count from 0: of a mask */
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

/* Whether an item is a mask of all of t's elements. */
static bool covers(const nm_tensor *t, const nm_index *x) {
  return is_mask(x) && t->ndim && nm__same_shape(t, x->tensor->ndim, x->tensor->shape) &&
         nm__device_of(t) == nm__device_of(x->tensor);
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

static nm_tensor *with_dim(nm_context *ctx, nm_known op, nm_tensor *t, int dim) {
  if (!t) return NULL;
  int64_t list[1] = {dim};
  nm_value_arg args[2] = {nm__arg_t(t),
                          op == NM_OP_squeeze ? nm__arg_ints(1, list) : nm__arg_int(dim)};
  return nm__t(ctx, nm__known(ctx, op), args);
}

/* A mask picks from as many dims as it has. */
static nm_status add_mask(nm_context *ctx, plan *p, nm_tensor *mask, int dim) {
  char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
  nm_op_call call = {.ctx = ctx};
  for (int d = 0; d < mask->ndim; d++)
    if (mask->shape[d] != p->view->shape[dim + d])
      return nm__op_error(
          &call, NM_EINVAL, "a mask of shape %s does not cover dims %d to %d of shape %s",
          nm__shape_text(mask->ndim, mask->shape, one), dim + ctx->base,
          dim + mask->ndim - 1 + ctx->base, nm__shape_text(p->view->ndim, p->view->shape, two));
  nm_tensor *at = nm__nonzero(ctx, mask);
  if (!at) return ctx->status;
  p->pick[p->n++] = (pick){at, dim, mask->ndim, true};
  return NM_OK;
}

/* A 0-d index tensor is an integer, as in PyTorch: it gives a view. */
static nm_status read_integer(nm_context *ctx, nm_index *x) {
  int64_t i = 0;
  nm_tensor *t = nm__t_cast(ctx, x->tensor, NM_INT64);
  if (!t || nm_read(ctx, t, &i, sizeof i) != NM_OK) return ctx->status;
  if (ctx->base && i == 0)
    return fail(ctx, "index 0: positions count from 1, or from the end from -1");
  *x = (nm_index){.kind = NM_IX_INT, .first = i < 0 ? i : i - ctx->base};
  return NM_OK;
}

static nm_status read_integers(nm_context *ctx, int n, const nm_index *from, nm_index *to) {
  for (int k = 0; k < n; k++) {
    to[k] = from[k];
    bool tensor = from[k].kind == NM_IX_TENSOR && from[k].tensor->ndim == 0;
    if (tensor && nm__dtypes[from[k].tensor->dtype].kind == 'i') NM_TRY(read_integer(ctx, &to[k]));
  }
  return NM_OK;
}

/* The view of all that is no tensor; then the tensors, dim by dim. */
static nm_status make_plan(nm_context *ctx, nm_tensor *t, int n, const nm_index *given, plan *p) {
  nm_index ix[NM_MAX_INDEX];
  int64_t start[NM_MAX_DIMS], step[NM_MAX_DIMS], count[NM_MAX_DIMS];
  const nm_index *of[NM_MAX_DIMS] = {NULL};
  int used = 0, ellipsis = -1, d = 0;
  p->n = 0;
  NM_TRY(read_integers(ctx, n, given, ix));
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
        p->pick[p->n++] = (pick){ix[k].tensor, at, 1, false};
      at += width(&ix[k]);
      break;
    default: at++; break;
    }
  }
  return p->view ? NM_OK : ctx->status;
}

/* ---- picking ---- */

typedef struct picking { /* see the top of the file */
  nm_tensor *x;          /* the view with the picked dims as one, */
  int dim;               /* this one */
  nm_tensor *at;         /* linear positions, in the shape of what is picked from x */
  nm_dims result;        /* the shape of t[...] */
  bool permuted;         /* the picked dims were brought to the front: of x's dims, before they were
                            made one, dim d is dim order[d] of the view */
  int order[NM_MAX_DIMS];
} picking;

static nm_tensor *permuted(nm_context *ctx, nm_tensor *t, int n, const int *order) {
  if (!t) return NULL;
  int64_t list[NM_MAX_DIMS];
  for (int d = 0; d < n; d++) list[d] = order[d];
  return nm__t_permute(ctx, t, n, list);
}

/* The index tensors as one, flat: positions in the picked dims, row-major. */
static nm_tensor *linear_index(nm_context *ctx, const plan *p, const nm_dims *broadcast,
                               int64_t span) {
  nm_op_call call = {.ctx = ctx};
  nm_tensor *sum = NULL;
  for (int i = 0; i < p->n; i++) {
    const pick *k = &p->pick[i];
    int64_t size = nm__count(k->width, p->view->shape + k->dim);
    span = size ? span / size : 0;
    nm_tensor *values = k->checked ? k->index : nm__index_values(&call, k->index, size);
    if (values && span != 1) {
      nm_value_arg by[2] = {nm__arg_t(values), nm__arg_int(span)};
      values = nm__t(ctx, nm__op_of(NM_I_mul), by);
    }
    sum = i ? nm__t2(ctx, NM_I_add, sum, values) : values;
    if (!sum) return NULL;
  }
  int64_t flat[1] = {nm__count(broadcast->ndim, broadcast->dim)};
  sum = nm__t_expand(ctx, sum, broadcast->ndim, broadcast->dim);
  return nm__t_reshape(ctx, sum, 1, flat);
}

/* Which dims are picked, and the shape that the index tensors broadcast to. */
static nm_status survey(nm_context *ctx, const plan *p, picking *k, bool *picked,
                        nm_dims *broadcast) {
  nm_op_call call = {.ctx = ctx};
  for (int i = 0; i < p->n; i++) {
    const pick *one = &p->pick[i];
    if (one->index->dtype != NM_INT64 && one->index->dtype != NM_INT32)
      return nm__op_error(&call, NM_EINVAL,
                          "an index tensor is int64, int32 or a bool mask, not %s",
                          nm__dtype_name(one->index->dtype));
    NM_TRY(nm__broadcast_arg(&call, broadcast, one->index));
    for (int d = one->dim; d < one->dim + one->width; d++) picked[d] = true;
    k->permuted |= i > 0 && one->dim != p->pick[i - 1].dim + p->pick[i - 1].width;
  }
  return NM_OK;
}

static nm_status prepare(nm_context *ctx, const plan *p, picking *k) {
  const nm_tensor *v = p->view;
  bool picked[NM_MAX_DIMS] = {false};
  nm_dims broadcast = {.ndim = 0}, x = {.ndim = 0}, at;
  *k = (picking){.dim = p->pick[0].dim};
  NM_TRY(survey(ctx, p, k, picked, &broadcast));
  if (k->permuted) k->dim = 0;
  int n = 0, width = 0;
  for (int d = 0; d < v->ndim; d++)
    if (picked[d]) width++, k->order[n++] = d;
  if (broadcast.ndim + v->ndim - width > NM_MAX_DIMS)
    return fail(ctx, "the result would have %d dims, a tensor has at most %d",
                broadcast.ndim + v->ndim - width, NM_MAX_DIMS);
  if (k->permuted) {
    for (int d = 0; d < v->ndim; d++)
      if (!picked[d]) k->order[n++] = d;
    k->x = permuted(ctx, p->view, v->ndim, k->order);
  } else {
    k->x = p->view;
  }
  if (!k->x) return ctx->status;
  int64_t span = nm__count(width, k->x->shape + k->dim);
  for (int d = 0; d <= k->x->ndim; d++) {
    if (d == k->dim) {
      x.dim[x.ndim++] = span;
      for (int b = 0; b < broadcast.ndim; b++) k->result.dim[k->result.ndim++] = broadcast.dim[b];
      d += width;
    }
    if (d < k->x->ndim) x.dim[x.ndim++] = k->result.dim[k->result.ndim++] = k->x->shape[d];
  }
  k->x = nm__t_reshape(ctx, k->x, x.ndim, x.dim);
  nm_tensor *flat = k->x ? linear_index(ctx, p, &broadcast, span) : NULL;
  if (!flat) return ctx->status;
  at = x;
  at.dim[k->dim] = nm_numel(flat);
  for (int d = 0; d < x.ndim; d++) x.dim[d] = d == k->dim ? at.dim[d] : 1;
  k->at = nm__t_expand(ctx, nm__t_reshape(ctx, flat, x.ndim, x.dim), at.ndim, at.dim);
  return k->at ? NM_OK : ctx->status;
}

static nm_tensor *picked(nm_context *ctx, const plan *p) {
  picking k;
  if (prepare(ctx, p, &k) != NM_OK) return NULL;
  return nm__t_reshape(ctx, nm__t_pick(ctx, k.x, k.dim, k.at), k.result.ndim, k.result.dim);
}

/* Puts value (a tensor of its dtype and device) at what is picked of the view: straight into it
 * where its memory can be seen with the picked dims as one, else through a copy. */
static nm_status put(nm_context *ctx, const plan *p, nm_tensor *value, nm_scatter_mode mode) {
  picking k;
  nm_tensor *view = p->view;
  NM_TRY(prepare(ctx, p, &k));
  value = nm__t_expand(ctx, value, k.result.ndim, k.result.dim);
  value = nm__t_reshape(ctx, value, k.at->ndim, k.at->shape);
  if (!value) return ctx->status;
  if (k.x->storage == view->storage) return nm__put_inplace(ctx, k.x, k.dim, k.at, value, mode);
  nm_tensor *y = nm__t_put(ctx, k.x, k.dim, k.at, value, mode);
  if (k.permuted) {
    int64_t shape[NM_MAX_DIMS];
    int inverse[NM_MAX_DIMS];
    for (int d = 0; d < view->ndim; d++) {
      shape[d] = view->shape[k.order[d]];
      inverse[k.order[d]] = d;
    }
    y = permuted(ctx, nm__t_reshape(ctx, y, view->ndim, shape), view->ndim, inverse);
  } else {
    y = nm__t_reshape(ctx, y, view->ndim, view->shape);
  }
  nm_value_arg copy[2] = {nm__arg_t(view), nm__arg_t(y)};
  return y ? nm__apply_inplace(ctx, nm__known(ctx, NM_OP_copy), copy) : ctx->status;
}

nm_status nm__index_get(nm_context *ctx, nm_tensor *t, int n, const nm_index *ix, nm_tensor **out) {
  plan p;
  const char *outer = nm__begin(ctx, "index");
  int mark = nm__scope(ctx);
  bool masked = n == 1 && covers(t, &ix[0]);
  nm_dims shape = nm__dims_of(t);
  nm_status s = masked ? NM_OK : make_plan(ctx, t, n, ix, &p);
  nm_tensor *r = s != NM_OK ? NULL
                 : masked   ? nm__masked(ctx, t, ix[0].tensor, &shape)
                 : p.n      ? picked(ctx, &p)
                            : p.view;
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

/* A value as a tensor of t's dtype and device.  A tensor loses no fraction on the way. */
static nm_tensor *value_like(nm_context *ctx, nm_tensor *t, const nm_value_arg *value) {
  if (value->kind != NM_ARG_TENSOR) return nm__number_tensor(ctx, t, value);
  char from = nm__dtypes[value->as.tensor->dtype].kind, to = nm__dtypes[t->dtype].kind;
  if (to != 'f' && from != 'b' && !(to == 'i' && from == 'i')) {
    fail(ctx, "values of dtype %s do not go into a tensor of dtype %s: use :to(\"%s\")",
         nm__dtype_name(value->as.tensor->dtype), nm__dtype_name(t->dtype),
         nm__dtype_name(t->dtype));
    return NULL;
  }
  nm_value_arg args[3] = {*value, nm__arg_str(nm__dtype_name(t->dtype)),
                          nm__arg_str(nm__device_of(t)->name)};
  return nm__t(ctx, nm__known(ctx, NM_OP_to), args);
}

nm_status nm__index_put(nm_context *ctx, nm_tensor *t, int n, const nm_index *ix,
                        const nm_value_arg *value, nm_scatter_mode mode) {
  plan p;
  bool sets = mode == NM_SCATTER_SET;
  NM_TRY(nm__inplace_check(ctx, t));
  if (sets && fills_mask(n, ix, value)) return fill_mask(ctx, t, ix[0].tensor, value);
  NM_TRY(make_plan(ctx, t, n, ix, &p));
  if (p.n) {
    nm_tensor *v = value_like(ctx, t, value);
    return v ? put(ctx, &p, v, mode) : ctx->status;
  }
  nm_value_arg args[3] = {nm__arg_t(p.view), *value, nm__arg_none()};
  nm_known writes = value->kind == NM_ARG_TENSOR ? NM_OP_copy : NM_OP_fill;
  return nm__apply_inplace(ctx, nm__known(ctx, writes), args);
}

nm_status nm__index_set(nm_context *ctx, nm_tensor *t, int n, const nm_index *ix,
                        const nm_value_arg *value) {
  const char *outer = nm__begin(ctx, "index");
  int mark = nm__scope(ctx);
  nm_status s = nm__index_put(ctx, t, n, ix, value, NM_SCATTER_SET);
  nm__unscope(ctx, mark, NULL);
  return nm__end(ctx, outer, s);
}
