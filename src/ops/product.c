/* product.c: matrix products. */
#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/algebra.h"

#include <string.h>

nm_tensor *nm__t_unsqueeze(nm_context *ctx, nm_tensor *x, int dim) {
  nm_value_arg args[2] = {nm__arg_t(x), nm__arg_int(dim)};
  return nm__t(ctx, nm__known(ctx, NM_OP_unsqueeze), args);
}

nm_tensor *nm__t_squeeze(nm_context *ctx, nm_tensor *x, int dim) {
  int64_t list[1] = {dim};
  nm_value_arg args[2] = {nm__arg_t(x), nm__arg_ints(1, list)};
  return nm__t(ctx, nm__known(ctx, NM_OP_squeeze), args);
}

nm_tensor *nm__t_diagonal(nm_context *ctx, nm_tensor *x, int dim1, int dim2) {
  nm_value_arg args[4] = {nm__arg_t(x), nm__arg_int(0), nm__arg_int(dim1), nm__arg_int(dim2)};
  return nm__t(ctx, nm__known(ctx, NM_OP_diagonal), args);
}

nm_tensor *nm__t_sum_as(nm_context *ctx, nm_tensor *x, uint32_t dims) {
  return x ? nm__t_cast(ctx, nm__t_sum(ctx, x, dims, false), (nm_dtype)x->dtype) : NULL;
}

nm_tensor *nm__t_own(const nm_op_call *c, nm_tensor *x) {
  for (int i = 0; x && i < c->nargs; i++) {
    const nm_value_arg *a = &c->args[i];
    bool given = a->kind == NM_ARG_TENSOR && a->as.tensor->storage == x->storage;
    for (int k = 0; a->kind == NM_ARG_TENSORS && k < a->n; k++)
      given |= a->as.tensors[k]->storage == x->storage;
    if (given) return nm__t_clone(c->ctx, x);
  }
  return x;
}

/* x as matrices: a vector becomes a row (left) or a column (right); strides are kept. */
typedef struct matrices {
  nm_tensor *t;
  int nbatch;
  int64_t batch[NM_MAX_DIMS], bstride[NM_MAX_DIMS], rows, cols, rstride, cstride;
} matrices;

static matrices as_matrices(nm_tensor *t, bool left) {
  matrices m = {.t = t};
  int n = t->ndim;
  if (n == 1) {
    m.rows = left ? 1 : t->shape[0];
    m.cols = left ? t->shape[0] : 1;
    m.rstride = left ? 0 : t->stride[0];
    m.cstride = left ? t->stride[0] : 0;
    return m;
  }
  m.nbatch = n - 2;
  for (int d = 0; d < n - 2; d++) {
    m.batch[d] = t->shape[d];
    m.bstride[d] = t->stride[d];
  }
  m.rows = t->shape[n - 2];
  m.rstride = t->stride[n - 2];
  m.cols = t->shape[n - 1];
  m.cstride = t->stride[n - 1];
  return m;
}

/* The stride of a batch index that runs over all batch dims, or -1 if there is none. */
static int64_t batch_stride(const matrices *m, const nm_dims *batch) {
  int64_t step = 0, expected = -1;
  int shift = batch->ndim - m->nbatch;
  for (int d = batch->ndim - 1; d >= 0; d--) {
    if (batch->dim[d] == 1) continue;
    int64_t s = d < shift || m->batch[d - shift] == 1 ? 0 : m->bstride[d - shift];
    if (expected < 0)
      step = s;
    else if (s != expected)
      return -1;
    expected = s * batch->dim[d];
  }
  return step;
}

/* The batch expanded and copied, where the strides of its dims can't be one. */
static bool batch_view(nm_context *ctx, matrices *m, const nm_dims *batch, bool left,
                       int64_t *step) {
  *step = batch_stride(m, batch);
  if (*step >= 0) return true;
  nm_dims s = *batch;
  s.dim[s.ndim++] = m->rows;
  s.dim[s.ndim++] = m->cols;
  nm_tensor *t = nm__contiguous(ctx, nm__t_expand(ctx, m->t, s.ndim, s.dim));
  if (!t) return false;
  *m = as_matrices(t, left);
  *step = batch_stride(m, batch);
  return true;
}

static nm_status check_dtypes(const nm_op_call *c, const nm_tensor *a, const nm_tensor *b) {
  if (a->dtype != b->dtype)
    return nm__op_error(c, NM_EINVAL, "dtypes %s and %s differ: convert one with :to(\"%s\")",
                        nm__dtype_name(a->dtype), nm__dtype_name(b->dtype),
                        nm__dtype_name((int)nm__promote((nm_dtype)a->dtype, (nm_dtype)b->dtype)));
  if (a->dtype == NM_BOOL)
    return nm__op_error(c, NM_EINVAL,
                        "not defined for bool: convert with :to(\"int64\") or :to(\"float32\")");
  return NM_OK;
}

static nm_status check_shapes(const nm_op_call *c, const nm_tensor *a, const nm_tensor *b) {
  char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
  if (a->ndim == 0 || b->ndim == 0)
    return nm__op_error(c, NM_EINVAL, "shapes %s and %s: a 0-d tensor is no matrix, use *",
                        nm__shape_text(a->ndim, a->shape, one),
                        nm__shape_text(b->ndim, b->shape, two));
  NM_TRY(check_dtypes(c, a, b));
  int64_t k = a->shape[a->ndim - 1], rows = b->shape[b->ndim == 1 ? 0 : b->ndim - 2];
  if (k != rows)
    return nm__op_error(c, NM_EINVAL,
                        "shapes %s and %s do not fit: the last size of the first, %lld, must be "
                        "the %s of the second, %lld",
                        nm__shape_text(a->ndim, a->shape, one),
                        nm__shape_text(b->ndim, b->shape, two), (long long)k,
                        b->ndim == 1 ? "size" : "last but one", (long long)rows);
  return NM_OK;
}

static nm_view kernel_view(const nm_view *of, int64_t batch, int64_t bstep, const matrices *m) {
  nm_view v = *of;
  v.ndim = 3;
  v.shape[0] = batch, v.shape[1] = m->rows, v.shape[2] = m->cols;
  v.stride[0] = bstep, v.stride[1] = m->rstride, v.stride[2] = m->cstride;
  return v;
}

static nm_status matmul_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *a = nm__tensor_arg(c, 0), *b = nm__tensor_arg(c, 1);
  nm_device *dev;
  nm_dims batch = {.ndim = 0}, s;
  char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
  NM_TRY(nm__same_device(c, &dev));
  NM_TRY(check_shapes(c, a, b));
  matrices ma = as_matrices(a, true), mb = as_matrices(b, false);
  nm__broadcast(&batch, ma.nbatch, ma.batch);
  if (!nm__broadcast(&batch, mb.nbatch, mb.batch))
    return nm__op_error(c, NM_EINVAL, "the batch dims of shapes %s and %s do not broadcast",
                        nm__shape_text(a->ndim, a->shape, one),
                        nm__shape_text(b->ndim, b->shape, two));
  s = batch;
  if (a->ndim > 1) s.dim[s.ndim++] = ma.rows;
  if (b->ndim > 1) s.dim[s.ndim++] = mb.cols;
  if (nm__checked_count(&s) < 0)
    return nm__op_error(c, NM_EINVAL, "the result would have too many elements");

  int mark = nm__scope(ctx);
  if (ma.cols == 0)
    return nm__result(c, mark, nm__t_full(ctx, dev, (nm_dtype)a->dtype, s.ndim, s.dim, 0));
  int64_t count = nm__count(batch.ndim, batch.dim), sa, sb;
  nm_view va, vb, vy;
  nm_tensor *y = NULL;
  if (batch_view(ctx, &ma, &batch, true, &sa) && batch_view(ctx, &mb, &batch, false, &sb) &&
      nm__view_of(ctx, ma.t, &va) == NM_OK && nm__view_of(ctx, mb.t, &vb) == NM_OK &&
      (y = nm__temp(ctx, nm__tensor_empty(ctx, dev, (nm_dtype)a->dtype, s.ndim, s.dim)))) {
    if (count > 1 && sb == 0 &&
        (sa == ma.rows * ma.rstride ||
         ma.rows == 1)) { /* one matrix on the right: one tall product */
      if (ma.rows == 1) ma.rstride = sa;
      ma.rows *= count;
      count = 1;
    }
    matrices my = {.rows = ma.rows, .cols = mb.cols, .rstride = mb.cols, .cstride = 1};
    va = kernel_view(&va, count, sa, &ma);
    vb = kernel_view(&vb, count, sb, &mb);
    if (nm__view_of(ctx, y, &vy) != NM_OK) y = NULL;
    if (y) vy = kernel_view(&vy, count, ma.rows * mb.cols, &my);
    if (y && nm_numel(y) && dev->cls->matmul(dev, &va, &vb, &vy) != NM_OK) y = NULL;
  }
  return nm__result(c, mark, y);
}

/* All but the last dim as one. */
static nm_tensor *rows_of(nm_context *ctx, nm_tensor *t) {
  if (!t || t->ndim == 2) return t;
  int64_t shape[2] = {nm__count(t->ndim - 1, t->shape), t->shape[t->ndim - 1]};
  return nm__t_reshape(ctx, t, 2, shape);
}

/* y = a b: the gradient of a is g b^T, that of b is a^T g; batches that were broadcast are summed.
 */
static nm_tensor *matmul_backward(nm_grad_call *n, int i) {
  nm_context *ctx = n->ctx;
  const nm_dims *sa = &n->node->edges[0].shape, *sb = &n->node->edges[1].shape;
  nm_tensor *g = n->g[0], *a = n->x[0], *b = n->x[1], *r;
  if (sb->ndim == 1) g = nm__t_unsqueeze(ctx, g, -1);
  if (sa->ndim == 1) g = nm__t_unsqueeze(ctx, g, -2);
  if (i == 0) {
    nm_tensor *bt = sb->ndim == 1 ? nm__t_unsqueeze(ctx, b, 0) : nm__t_transpose(ctx, b, -2, -1);
    r = nm__t_matmul(ctx, g, bt);
    if (r && sa->ndim == 1) r = nm__t_sum(ctx, r, (1u << (r->ndim - 1)) - 1, false);
  } else {
    if (sa->ndim == 1) a = nm__t_unsqueeze(ctx, a, 0);
    if (sb->ndim <= 2) { /* one matrix on the right: the batch is part of the sum */
      a = rows_of(ctx, a);
      g = rows_of(ctx, g);
    }
    r = a ? nm__t_matmul(ctx, nm__t_transpose(ctx, a, -2, -1), g) : NULL;
    if (r && sb->ndim == 1) r = nm__t_reshape(ctx, r, 1, sb->dim);
  }
  return nm__gradient(n, r);
}

/* mm, bmm, mv, dot: matmul of tensors with these numbers of dims. */
static nm_status strict_forward(nm_op_call *c) {
  static const struct {
    const char *name;
    int a, b;
  } want[] = {{"mm", 2, 2}, {"bmm", 3, 3}, {"mv", 2, 1}, {"dot", 1, 1}};
  nm_tensor *a = nm__tensor_arg(c, 0), *b = nm__tensor_arg(c, 1);
  for (size_t i = 0; i < sizeof want / sizeof *want; i++)
    if (!strcmp(want[i].name, c->op->name) && (a->ndim != want[i].a || b->ndim != want[i].b))
      return nm__op_error(c, NM_EINVAL,
                          "tensors of %d and %d dims: it takes %d and %d; matmul takes any",
                          a->ndim, b->ndim, want[i].a, want[i].b);
  NM_TRY(check_shapes(c, a, b));
  if (c->op->name[0] == 'b' && a->shape[0] != b->shape[0])
    return nm__op_error(c, NM_EINVAL, "batches of %lld and %lld; matmul broadcasts",
                        (long long)a->shape[0], (long long)b->shape[0]);
  int mark = nm__scope(c->ctx);
  return nm__result(c, mark, nm__t_matmul(c->ctx, a, b));
}

/* vdot, inner, outer: products of vectors, or of the last dims. */
static nm_status vdot_forward(nm_op_call *c) {
  nm_tensor *a = nm__tensor_arg(c, 0), *b = nm__tensor_arg(c, 1);
  if (a->ndim != 1 || b->ndim != 1)
    return nm__op_error(c, NM_EINVAL, "tensors of %d and %d dims: it takes vectors", a->ndim,
                        b->ndim);
  NM_TRY(check_shapes(c, a, b));
  int mark = nm__scope(c->ctx);
  return nm__result(c, mark, nm__t_matmul(c->ctx, a, b));
}

static nm_status inner_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *a = nm__tensor_arg(c, 0), *b = nm__tensor_arg(c, 1);
  char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
  int mark = nm__scope(ctx);
  NM_TRY(check_dtypes(c, a, b));
  if (!a->ndim || !b->ndim) return nm__result(c, mark, nm__t2(ctx, NM_I_mul, a, b));
  nm_dims s = {.ndim = 0};
  int64_t k = a->shape[a->ndim - 1];
  if (k != b->shape[b->ndim - 1])
    return nm__op_error(c, NM_EINVAL, "shapes %s and %s: the last sizes must be equal",
                        nm__shape_text(a->ndim, a->shape, one),
                        nm__shape_text(b->ndim, b->shape, two));
  if (a->ndim + b->ndim - 2 > NM_MAX_DIMS)
    return nm__op_error(c, NM_EINVAL, "the result would have %d dims: a tensor has at most %d",
                        a->ndim + b->ndim - 2, NM_MAX_DIMS);
  for (int d = 0; d < a->ndim - 1; d++) s.dim[s.ndim++] = a->shape[d];
  for (int d = 0; d < b->ndim - 1; d++) s.dim[s.ndim++] = b->shape[d];
  int64_t sa[2] = {nm__count(a->ndim - 1, a->shape), k},
          sb[2] = {nm__count(b->ndim - 1, b->shape), k};
  nm_tensor *y =
      nm__t_matmul(ctx, nm__t_reshape(ctx, a, 2, sa), nm__t_mT(ctx, nm__t_reshape(ctx, b, 2, sb)));
  return nm__result(c, mark, nm__t_reshape(ctx, y, s.ndim, s.dim));
}

static nm_status outer_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *a = nm__tensor_arg(c, 0), *b = nm__tensor_arg(c, 1);
  if (a->ndim != 1 || b->ndim != 1)
    return nm__op_error(c, NM_EINVAL, "tensors of %d and %d dims: it takes vectors", a->ndim,
                        b->ndim);
  int mark = nm__scope(ctx);
  return nm__result(c, mark, nm__t2(ctx, NM_I_mul, nm__t_unsqueeze(ctx, a, 1), b));
}

/* ---- beta * input + alpha * product ---- */

typedef struct added_product {
  const char *name;
  int a, b; /* dims of the factors */
  bool sum; /* of the batch */
} added_product;

static const added_product added_products[] = {{"addmm", 2, 2, false},
                                               {"addmv", 2, 1, false},
                                               {"baddbmm", 3, 3, false},
                                               {"addbmm", 3, 3, true},
                                               {"addr", 1, 1, false}};

static bool whole(const nm_value_arg *v) { return v->kind != NM_ARG_FLOAT; }

static nm_status check_added(const nm_op_call *c, const added_product *p, nm_dims *s) {
  nm_tensor *x = nm__tensor_arg(c, 0), *a = nm__tensor_arg(c, 1), *b = nm__tensor_arg(c, 2);
  char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
  nm_device *dev;
  NM_TRY(nm__same_device(c, &dev));
  if (a->ndim != p->a || b->ndim != p->b)
    return nm__op_error(c, NM_EINVAL, "factors of %d and %d dims: it takes %d and %d", a->ndim,
                        b->ndim, p->a, p->b);
  bool outer = p->a == 1;
  NM_TRY(outer ? check_dtypes(c, a, b) : check_shapes(c, a, b));
  NM_TRY(nm__same_dtype(c, "the product", a, x));
  if (p->a == 3 && a->shape[0] != b->shape[0])
    return nm__op_error(c, NM_EINVAL, "batches of %lld and %lld", (long long)a->shape[0],
                        (long long)b->shape[0]);
  if (!nm__is_float((nm_dtype)x->dtype) && !(whole(&c->args[3]) && whole(&c->args[4])))
    return nm__op_error(c, NM_EINVAL, "beta and alpha must be integers for %s",
                        nm__dtype_name(x->dtype));
  s->ndim = 0;
  if (p->a == 3 && !p->sum) s->dim[s->ndim++] = a->shape[0];
  s->dim[s->ndim++] = a->shape[outer ? 0 : a->ndim - 2];
  if (p->b != 1 || outer) s->dim[s->ndim++] = b->shape[b->ndim - 1];
  nm_dims fit = *s;
  if (!nm__broadcast(&fit, x->ndim, x->shape) || fit.ndim != s->ndim ||
      nm__count(fit.ndim, fit.dim) != nm__count(s->ndim, s->dim))
    return nm__op_error(c, NM_EINVAL, "input of shape %s does not broadcast to the product's, %s",
                        nm__shape_text(x->ndim, x->shape, one),
                        nm__shape_text(s->ndim, s->dim, two));
  return NM_OK;
}

static bool is_number(const nm_value_arg *v, double number) {
  if (v->kind == NM_ARG_NONE) return number == 1;
  return v->kind == NM_ARG_FLOAT ? v->as.number == number
         : v->kind == NM_ARG_INT ? (double)v->as.integer == number
                                 : v->as.boolean == (number != 0);
}

nm_tensor *nm__t_times(nm_context *ctx, nm_tensor *x, const nm_value_arg *number) {
  if (!x || is_number(number, 1)) return x;
  nm_value_arg args[2] = {nm__arg_t(x), *number};
  return nm__t(ctx, nm__op_of(NM_I_mul), args);
}

/* With beta = 0 the input's values do not matter, NaN neither. */
static nm_status added_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  const added_product *p = added_products;
  nm_dims s = {.ndim = 0};
  while (strcmp(p->name, c->op->name) != 0) p++;
  NM_TRY(check_added(c, p, &s));
  int mark = nm__scope(ctx);
  nm_tensor *x = nm__tensor_arg(c, 0), *a = nm__tensor_arg(c, 1), *b = nm__tensor_arg(c, 2), *y;
  if (p->sum) { /* the batch is a part of the sum */
    int64_t order[3] = {1, 0, 2};
    int64_t sa[2] = {a->shape[1], a->shape[0] * a->shape[2]},
            sb[2] = {b->shape[0] * b->shape[1], b->shape[2]};
    a = nm__t_reshape(ctx, nm__t_permute(ctx, a, 3, order), 2, sa);
    b = nm__t_reshape(ctx, b, 2, sb);
  }
  y = p->a == 1 ? nm__t2(ctx, NM_I_mul, nm__t_unsqueeze(ctx, a, 1), b) : nm__t_matmul(ctx, a, b);
  y = nm__t_times(ctx, y, &c->args[4]);
  if (!is_number(&c->args[3], 0)) y = nm__t2(ctx, NM_I_add, nm__t_times(ctx, x, &c->args[3]), y);
  return nm__result(c, mark, y);
}

#define PAIR                                                                                       \
  {"input", NM_P_TENSOR, 0, NULL}, { "other", NM_P_TENSOR, 0, NULL }
#define ADDED(one, two)                                                                            \
  {"input", NM_P_TENSOR, 0, NULL}, {one, NM_P_TENSOR, 0, NULL}, {two, NM_P_TENSOR, 0, NULL},       \
      {"beta", NM_P_NUMBER, NM_NAMED, "1"}, {                                                      \
    "alpha", NM_P_NUMBER, NM_NAMED, "1"                                                            \
  }
#define OUT (NM_ANYWHERE | NM_OUT | NM_COMPOSED)
/* clang-format off */
static const nm_op ops[] = {
  {.name = "matmul", NM_PARAMS(PAIR),
   .doc = "the matrix product over the last two dims, the dims before broadcast; vectors as rows "
          "and columns",
   .shapes = "(..., M, K), (..., K, N) -> (..., M, N)", .errors = "bool, or two dtypes",
   .flags = NM_ANYWHERE | NM_OUT, .forward = matmul_forward, .backward = matmul_backward,
   .uses = {2, 1}, .dtypes = "fi", .lo = -2, .hi = 2,
   .example = "nm.ones(2, 3):matmul(nm.ones(3, 4))"},
  {.name = "mm", NM_PARAMS(PAIR),
   .doc = "the product of two matrices",
   .shapes = "(M, K), (K, N) -> (M, N)", .errors = "bool, or two dtypes",
   .flags = OUT, .forward = strict_forward, .dtypes = "fi",
   .lo = -2, .hi = 2, .example = "nm.ones(2, 3):mm(nm.ones(3, 4))"},
  {.name = "bmm", NM_PARAMS(PAIR),
   .doc = "the products of two batches of matrices",
   .shapes = "(B, M, K), (B, K, N) -> (B, M, N)", .errors = "bool, or two dtypes",
   .flags = OUT, .forward = strict_forward, .dtypes = "fi",
   .lo = -2, .hi = 2, .example = "nm.ones(5, 2, 3):bmm(nm.ones(5, 3, 4))"},
  {.name = "mv", NM_PARAMS(PAIR),
   .doc = "the product of a matrix and a vector",
   .shapes = "(M, K), (K) -> (M)", .errors = "bool, or two dtypes",
   .flags = OUT, .forward = strict_forward, .dtypes = "fi",
   .lo = -2, .hi = 2, .example = "nm.ones(2, 3):mv(nm.ones(3))"},
  {.name = "dot", NM_PARAMS(PAIR),
   .doc = "the sum of the products of two vectors' elements",
   .shapes = "(N), (N) -> ()", .errors = "bool, or two dtypes",
   .flags = OUT, .forward = strict_forward, .dtypes = "fi",
   .lo = -2, .hi = 2, .example = "nm.ones(3):dot(nm.ones(3))"},
  {.name = "vdot", NM_PARAMS(PAIR),
   .doc = "the sum of the products of two vectors' elements; of real numbers the same as dot",
   .shapes = "(N), (N) -> ()", .errors = "bool, or two dtypes",
   .flags = OUT, .forward = vdot_forward, .dtypes = "fi",
   .lo = -2, .hi = 2, .example = "nm.ones(3):vdot(nm.ones(3))"},
  {.name = "inner", NM_PARAMS(PAIR),
   .doc = "the sum of products over the last dim of both, for each pair of rows",
   .shapes = "(..., K), (*, K) -> (..., *)", .errors = "bool, or two dtypes",
   .flags = OUT, .forward = inner_forward, .dtypes = "fi",
   .lo = -2, .hi = 2, .example = "nm.ones(2, 3):inner(nm.ones(4, 3))"},
  {.name = "outer", NM_PARAMS({"input", NM_P_TENSOR, 0, NULL}, {"vec2", NM_P_TENSOR, 0, NULL}),
   .doc = "the product of each element of one vector with each of another: y[i][j] = input[i] * "
          "vec2[j]",
   .shapes = "(M), (N) -> (M, N)",
   .flags = OUT, .forward = outer_forward, .dtypes = "fib",
   .lo = -2, .hi = 2, .example = "nm.arange(3):outer(nm.ones(2))"},
  {.name = "addmm", NM_PARAMS(ADDED("mat1", "mat2")),
   .doc = "a matrix product added to a tensor: beta * input + alpha * (mat1 % mat2); with beta = 0 "
          "input's values do not matter",
   .shapes = "(M, N), (M, K), (K, N) -> (M, N)", .errors = "bool, or two dtypes",
   .flags = OUT | NM_INPLACE, .forward = added_forward, .dtypes = "fi", .lo = -2, .hi = 2,
   .example = "nm.ones(4):addmm(nm.ones(2, 3), nm.ones(3, 4), {alpha = 0.5})"},
  {.name = "addmv", NM_PARAMS(ADDED("mat", "vec")),
   .doc = "a matrix times a vector, added to a tensor: beta * input + alpha * (mat % vec)",
   .shapes = "(M), (M, K), (K) -> (M)", .errors = "bool, or two dtypes",
   .flags = OUT | NM_INPLACE, .forward = added_forward, .dtypes = "fi", .lo = -2, .hi = 2,
   .example = "nm.ones(2):addmv(nm.ones(2, 3), nm.ones(3))"},
  {.name = "baddbmm", NM_PARAMS(ADDED("batch1", "batch2")),
   .doc = "a batch of matrix products added to a tensor: beta * input + alpha * (batch1 % batch2)",
   .shapes = "(B, M, N), (B, M, K), (B, K, N) -> (B, M, N)", .errors = "bool, or two dtypes",
   .flags = OUT | NM_INPLACE, .forward = added_forward, .dtypes = "fi", .lo = -2, .hi = 2,
   .example = "nm.ones(5, 2, 4):baddbmm(nm.ones(5, 2, 3), nm.ones(5, 3, 4))"},
  {.name = "addbmm", NM_PARAMS(ADDED("batch1", "batch2")),
   .doc = "the sum of a batch of matrix products, added to a tensor: beta * input + alpha * "
          "sum_b(batch1[b] % batch2[b])",
   .shapes = "(M, N), (B, M, K), (B, K, N) -> (M, N)", .errors = "bool, or two dtypes",
   .flags = OUT | NM_INPLACE, .forward = added_forward, .dtypes = "fi", .lo = -2, .hi = 2,
   .example = "nm.ones(2, 4):addbmm(nm.ones(5, 2, 3), nm.ones(5, 3, 4))"},
  {.name = "addr", NM_PARAMS(ADDED("vec1", "vec2")),
   .doc = "an outer product added to a tensor: beta * input + alpha * outer(vec1, vec2)",
   .shapes = "(M, N), (M), (N) -> (M, N)", .errors = "bool, or two dtypes",
   .flags = OUT | NM_INPLACE, .forward = added_forward, .dtypes = "fi", .lo = -2, .hi = 2,
   .example = "nm.ones(2, 3):addr(nm.ones(2), nm.ones(3))"},
};
/* clang-format on */
NM_FAMILY(product);
