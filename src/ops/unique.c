/* unique.c: what there is without repetitions.  Where groups of equal elements begin is read back
 * by the host, since the size of the result depends on it. */
#include "ops/order.h"

#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/families.h"

typedef struct groups { /* of n >= 1 elements or rows that stand in groups of equal ones */
  nm_device *dev;
  int64_t n, m;      /* of all, of groups */
  nm_tensor *begins; /* (m), of each group */
} groups;

/* differs (n - 1): whether an element is another one than that in front of it. */
static bool find_groups(nm_context *ctx, groups *g, nm_tensor *differs) {
  if (!differs) return false;
  nm_tensor *first = nm__t_full(ctx, g->dev, NM_BOOL, 1, (const int64_t[]){1}, 1);
  nm_tensor *both[2] = {first, differs};
  nm_tensor *mask = nm__t_cat(ctx, 2, both, 0);
  g->begins = mask ? nm__nonzero(ctx, mask) : NULL;
  g->m = g->begins ? nm_numel(g->begins) : 0;
  return g->begins;
}

static nm_tensor *sizes_of(nm_context *ctx, const groups *g) {
  nm_tensor *end = nm__t_full(ctx, g->dev, NM_INT64, 1, (const int64_t[]){1}, (double)g->n);
  nm_tensor *both[2] = {nm__t_narrow(ctx, g->begins, 0, 1, g->m - 1), end};
  return nm__t2(ctx, NM_I_sub, nm__t_cat(ctx, 2, both, 0), g->begins);
}

/* The number of each element's group, from 0. */
static nm_tensor *numbers_of(nm_context *ctx, const groups *g) {
  int64_t all[2] = {1, g->n}, some[2] = {1, g->m};
  nm_tensor *i = nm__t_counting(ctx, g->dev, g->n);
  i = i ? nm__t_search(ctx, nm__t_reshape(ctx, g->begins, 2, some), nm__t_reshape(ctx, i, 2, all),
                       true)
        : NULL;
  return i ? nm__t_reshape(ctx, nm__t2s(ctx, NM_I_sub, i, 1), 1, &all[1]) : NULL;
}

typedef struct unique_call {
  nm_op_call *c;
  bool sorts, inverse, counts;
  int dim; /* -1: all elements in one line */
} unique_call;

/* Ends the call: values, and what was asked for besides. */
static nm_status unique_results(const unique_call *u, int mark, nm_tensor *values,
                                nm_tensor *inverse, nm_tensor *counts) {
  nm_op_call *c = u->c;
  if (!values || (u->inverse && !inverse) || (u->counts && !counts))
    return nm__result(c, mark, NULL);
  if (u->inverse) {
    inverse = nm__t_positions(c->ctx, inverse);
    if (!inverse) return nm__result(c, mark, NULL);
    nm_retain(inverse);
    c->out[c->nout++] = inverse;
  }
  if (u->counts) {
    nm_retain(counts);
    c->out[c->nout++] = counts;
  }
  return nm__result(c, mark, values);
}

static nm_status unique_none(const unique_call *u, nm_tensor *x) {
  nm_op_call *c = u->c;
  nm_context *ctx = c->ctx;
  int64_t none[1] = {0};
  int mark = nm__scope(ctx);
  nm_device *dev = nm__device_of(x);
  bool flat = u->dim < 0;
  nm_tensor *values =
      nm__t_full(ctx, dev, (nm_dtype)x->dtype, flat ? 1 : x->ndim, flat ? none : x->shape, 0);
  nm_tensor *inverse =
      nm__t_full(ctx, dev, NM_INT64, flat ? x->ndim : 1, flat ? x->shape : none, 0);
  return unique_results(u, mark, values, inverse, nm__t_full(ctx, dev, NM_INT64, 1, none, 0));
}

/* Of all elements. */
static nm_status unique_elements(const unique_call *u, nm_tensor *x) {
  nm_op_call *c = u->c;
  nm_context *ctx = c->ctx;
  groups g = {.dev = nm__device_of(x), .n = nm_numel(x)};
  int mark = nm__scope(ctx);
  nm_tensor *line = nm__t_reshape(ctx, x, 1, &g.n), *values = NULL, *inverse = NULL, *counts = NULL;
  if (line && u->sorts && !nm__t_order(ctx, line, 0, false, g.n, &line, 0)) line = NULL;
  nm_tensor *differs = line ? nm__t2(ctx, NM_I_ne, nm__t_narrow(ctx, line, 0, 1, g.n - 1),
                                     nm__t_narrow(ctx, line, 0, 0, g.n - 1))
                            : NULL;
  if (find_groups(ctx, &g, differs)) values = nm__t_pick(ctx, line, 0, g.begins);
  if (values && u->counts) counts = sizes_of(ctx, &g);
  if (values && u->inverse && !u->sorts) inverse = numbers_of(ctx, &g);
  if (values && u->inverse && u->sorts) {
    int64_t all[2] = {1, g.n}, some[2] = {1, g.m};
    inverse = nm__t_search(ctx, nm__t_reshape(ctx, values, 2, some), nm__t_reshape(ctx, x, 2, all),
                           false);
  }
  if (inverse) inverse = nm__t_reshape(ctx, inverse, x->ndim, x->shape);
  return unique_results(u, mark, values, inverse, counts);
}

/* at (n) as positions of the rows of (n, rest). */
static nm_tensor *of_rows(nm_context *ctx, nm_tensor *at, int64_t rest) {
  int64_t column[2] = {at ? at->shape[0] : 0, 1}, both[2] = {column[0], rest};
  return at ? nm__t_expand(ctx, nm__t_reshape(ctx, at, 2, column), 2, both) : NULL;
}

/* The order of rows (n, rest), the first column counting most: stable sorts from the last one on.
 */
static nm_tensor *order_of_rows(nm_context *ctx, nm_tensor *rows) {
  int64_t n = rows->shape[0];
  nm_tensor *order = nm__t_counting(ctx, nm__device_of(rows), n);
  for (int64_t j = rows->shape[1] - 1; order && j >= 0; j--) {
    int mark = nm__scope(ctx);
    nm_tensor *column = nm__t_reshape(ctx, nm__t_narrow(ctx, rows, 1, j, 1), 1, &n);
    column = nm__t_pick(ctx, column, 0, order);
    nm_tensor *at = column ? nm__t_order(ctx, column, 0, false, n, NULL, 0) : NULL;
    order = nm__temp(ctx, nm__unscope(ctx, mark, nm__t_pick(ctx, order, 0, at)));
  }
  return order;
}

/* Of x's slices along a dim: as rows of a matrix. */
static nm_status unique_slices(const unique_call *u, nm_tensor *x) {
  nm_op_call *c = u->c;
  nm_context *ctx = c->ctx;
  groups g = {.dev = nm__device_of(x), .n = x->shape[u->dim]};
  int64_t order[NM_MAX_DIMS], shape[NM_MAX_DIMS], matrix[2] = {g.n, nm_numel(x) / g.n};
  int mark = nm__scope(ctx);
  for (int d = 0, k = 1; d < x->ndim; d++) order[d == u->dim ? 0 : k++] = d;
  nm_tensor *rows = nm__t_reshape(ctx, nm__t_permute(ctx, x, x->ndim, order), 2, matrix);
  for (int d = 0; d < x->ndim; d++) shape[d] = x->shape[order[d]];
  nm_tensor *at = NULL, *values = NULL, *inverse = NULL, *counts = NULL;
  if (rows && u->sorts) {
    at = order_of_rows(ctx, rows);
    rows = nm__t_pick(ctx, rows, 0, of_rows(ctx, at, matrix[1]));
  }
  nm_tensor *differs = rows ? nm__t2(ctx, NM_I_ne, nm__t_narrow(ctx, rows, 0, 1, g.n - 1),
                                     nm__t_narrow(ctx, rows, 0, 0, g.n - 1))
                            : NULL;
  if (differs) differs = nm__temp(ctx, nm__reduce(ctx, NM_R_ANY, differs, 1u << 1, NM_BOOL));
  if (find_groups(ctx, &g, differs))
    values = nm__t_pick(ctx, rows, 0, of_rows(ctx, g.begins, matrix[1]));
  if (values && u->counts) counts = sizes_of(ctx, &g);
  if (values && u->inverse) inverse = numbers_of(ctx, &g);
  if (inverse && at) inverse = nm__t_put(ctx, inverse, 0, at, inverse, NM_SCATTER_SET);
  if (values) {
    shape[0] = g.m;
    values = nm__t_reshape(ctx, values, x->ndim, shape);
    int64_t back[NM_MAX_DIMS];
    for (int d = 0; d < x->ndim; d++) back[order[d]] = d;
    values = nm__contiguous(ctx, nm__t_permute(ctx, values, x->ndim, back));
  }
  return unique_results(u, mark, values, inverse, counts);
}

static nm_status unique_forward(nm_op_call *c) { /* unique, unique_consecutive */
  nm_tensor *x = nm__tensor_arg(c, 0);
  bool sorts = c->op->name[6] == '\0'; /* else there is no parameter sorted */
  int at = sorts ? 2 : 1;
  unique_call u = {.c = c,
                   .sorts = sorts,
                   .inverse = nm__bool_arg(c, at, false),
                   .counts = nm__bool_arg(c, at + 1, false),
                   .dim = -1};
  char text[NM_SHAPE_TEXT];
  if (nm__given(c, at + 2)) {
    NM_TRY(nm__dim_arg(c, at + 2, x->ndim, &u.dim));
    if (!x->ndim) return nm__op_error(c, NM_EINVAL, "a 0-d tensor has no dim: leave dim out");
    if (nm_numel(x) == 0 && x->shape[u.dim])
      return nm__op_error(c, NM_EINVAL, "shape %s: the slices along dim %d have no elements",
                          nm__shape_text(x->ndim, x->shape, text), u.dim + c->ctx->base);
  }
  if (nm_numel(x) == 0) return unique_none(&u, x);
  return u.dim < 0 ? unique_elements(&u, x) : unique_slices(&u, x);
}

#define X                                                                                          \
  { "input", NM_P_TENSOR, 0, NULL }
#define BESIDES                                                                                    \
  {"return_inverse", NM_P_BOOL, NM_OPTIONAL, "false"},                                             \
      {"return_counts", NM_P_BOOL, NM_OPTIONAL, "false"}, {                                        \
    "dim", NM_P_DIM, NM_OPTIONAL, "all"                                                            \
  }
/* clang-format off */
static const nm_op ops[] = {
  {.name = "unique", NM_PARAMS(X, {"sorted", NM_P_BOOL, NM_OPTIONAL, "true"}, BESIDES),
   .doc = "the different elements, sorted in any case, or with dim the different slices along it; "
          "then, if asked for, the position of each element's value, and how often each "
          "comes; a NaN equals nothing; a GPU is waited for, since the size depends on the "
          "elements",
   .shapes = "(...) -> (M), (...), (M); with dim (..., N, ...) -> (..., M, ...), (N), (M)",
   .errors = "slices without elements",
   .flags = NM_ANYWHERE, .forward = unique_forward, .dtypes = "fib", .lo = -3, .hi = 3,
   .example = "nm.tensor{3, 1, 3}:unique{return_counts = true}"},
  {.name = "unique_consecutive", NM_PARAMS(X, BESIDES),
   .doc = "the elements, or with dim the slices along it, without those that equal the one in "
          "front; then, if asked for, the position of each element's value, and the lengths of the "
          "runs; a NaN equals nothing; a GPU is waited for, since the size depends on the elements",
   .shapes = "(...) -> (M), (...), (M); with dim (..., N, ...) -> (..., M, ...), (N), (M)",
   .errors = "slices without elements",
   .flags = NM_ANYWHERE, .forward = unique_forward, .dtypes = "fib", .lo = -3, .hi = 3,
   .example = "nm.tensor{1, 1, 2, 1}:unique_consecutive()"},
};
/* clang-format on */
NM_FAMILY(unique);
