/* matmul.c: the matrix product and the layer that is made of it, the two ops that call the device's
 * `matmul`.  Operands are read through their strides, so a transposed view costs no copy. */
#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/algebra.h"

/* x as matrices: a vector becomes a row (left) or a column (right); strides are kept. */
typedef struct matrices {
  nm_tensor *t;
  int nbatch;
  int64_t rows, cols, rstride, cstride;
} matrices;

static matrices as_matrices(nm_tensor *t, bool left) {
  int n = t->ndim;
  if (n == 1)
    return left ? (matrices){t, 0, 1, t->shape[0], 0, t->stride[0]}
                : (matrices){t, 0, t->shape[0], 1, t->stride[0], 0};
  return (matrices){t, n - 2, t->shape[n - 2], t->shape[n - 1], t->stride[n - 2], t->stride[n - 1]};
}

static matrices turned(matrices m) {
  return (matrices){m.t, m.nbatch, m.cols, m.rows, m.cstride, m.rstride};
}

/* The batch dims that are left when those that lie one behind the other, in both factors, are one;
 * the last comes first. */
typedef struct batches {
  int n;
  int64_t size[NM_MAX_DIMS], a[NM_MAX_DIMS], b[NM_MAX_DIMS]; /* and the factors' strides */
} batches;

static int64_t batch_stride(const matrices *m, const nm_dims *batch, int d) {
  int own = d - (batch->ndim - m->nbatch);
  return own < 0 || m->t->shape[own] == 1 ? 0 : m->t->stride[own];
}

static void merge(batches *m, const matrices *a, const matrices *b, const nm_dims *batch) {
  m->n = 0;
  m->size[0] = 1;
  for (int d = batch->ndim - 1; d >= 0; d--) {
    int64_t size = batch->dim[d], sa = batch_stride(a, batch, d), sb = batch_stride(b, batch, d);
    int k = m->n - 1;
    if (size == 1) continue;
    if (m->n && sa == m->a[k] * m->size[k] && sb == m->b[k] * m->size[k]) {
      m->size[k] *= size;
    } else {
      m->size[m->n] = size;
      m->a[m->n] = sa, m->b[m->n++] = sb;
    }
  }
}

/* Whether one matrix is met by the whole batch. */
static bool is_single(const matrices *m, const nm_dims *batch) {
  for (int d = 0; d < batch->ndim; d++)
    if (batch->dim[d] != 1 && batch_stride(m, batch, d)) return false;
  return true;
}

/* The batch expanded and copied, where its dims aren't one. */
static bool copy_batch(nm_context *ctx, matrices *m, const nm_dims *batch) {
  batches own;
  merge(&own, m, m, batch);
  if (own.n <= 1) return true;
  nm_dims s = *batch;
  s.dim[s.ndim++] = m->rows;
  s.dim[s.ndim++] = m->cols;
  nm_tensor *t = nm__contiguous(ctx, nm__t_expand(ctx, m->t, s.ndim, s.dim));
  if (t) *m = as_matrices(t, true);
  return t;
}

nm_status nm__check_product_dtypes(const nm_op_call *c, const nm_tensor *a, const nm_tensor *b) {
  if (a->dtype != b->dtype)
    return nm__op_error(c, NM_EINVAL, "dtypes %s and %s differ: convert one with :to(\"%s\")",
                        nm__dtype_name(a->dtype), nm__dtype_name(b->dtype),
                        nm__dtype_name((int)nm__promote((nm_dtype)a->dtype, (nm_dtype)b->dtype)));
  if (a->dtype == NM_BOOL)
    return nm__op_error(c, NM_EINVAL,
                        "not defined for bool: convert with :to(\"int64\") or :to(\"float32\")");
  return NM_OK;
}

nm_status nm__check_product(const nm_op_call *c, const nm_tensor *a, const nm_tensor *b) {
  char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
  if (a->ndim == 0 || b->ndim == 0)
    return nm__op_error(c, NM_EINVAL, "shapes %s and %s: a 0-d tensor is no matrix, use *",
                        nm__shape_text(a->ndim, a->shape, one),
                        nm__shape_text(b->ndim, b->shape, two));
  NM_TRY(nm__check_product_dtypes(c, a, b));
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

/* The dims before the matrices, broadcast. */
static nm_status join_batches(const nm_op_call *c, const matrices *a, const matrices *b,
                              nm_dims *batch) {
  char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
  batch->ndim = 0;
  if (!a->nbatch && !b->nbatch) return NM_OK;
  if (a->nbatch) nm__broadcast(batch, a->nbatch, a->t->shape);
  if (!b->nbatch || nm__broadcast(batch, b->nbatch, b->t->shape)) return NM_OK;
  return nm__op_error(c, NM_EINVAL, "the batch dims of shapes %s and %s do not broadcast",
                      nm__shape_text(a->t->ndim, a->t->shape, one),
                      nm__shape_text(b->t->ndim, b->t->shape, two));
}

/* Matrices in as many batch dims as there are, one at least. */
static void kernel_view(nm_view *v, const matrices *m, int n, const int64_t *size,
                        const int64_t *stride) {
  const nm_tensor *t = m->t;
  int d = n ? n : 1;
  v->mem = &t->storage->value->mem;
  v->dtype = (nm_dtype)t->dtype;
  v->offset = t->offset;
  v->ndim = d + 2;
  v->shape[0] = 1, v->stride[0] = 0;
  for (int k = 0; k < n; k++) v->shape[n - 1 - k] = size[k], v->stride[n - 1 - k] = stride[k];
  v->shape[d] = m->rows, v->stride[d] = m->rstride;
  v->shape[d + 1] = m->cols, v->stride[d + 1] = m->cstride;
}

/* y = a b, whose sizes fit, of n elements in shape s: a reference, and perhaps temporaries. */
static nm_tensor *multiply(nm_context *ctx, matrices *a, matrices *b, const nm_dims *batch,
                           const nm_dims *s, int64_t n) {
  nm_device *dev = nm__device_of(a->t);
  nm_dtype dtype = (nm_dtype)a->t->dtype;
  if (a->cols == 0) {
    nm_tensor *zeros = nm__t_full(ctx, dev, dtype, s->ndim, s->dim, 0);
    if (zeros) nm_retain(zeros);
    return zeros;
  }
  batches m;
  merge(&m, a, b, batch);
  bool single = is_single(b, batch);
  if (m.n > (dev->cls->nests_batches && !single ? 2 : 1)) {
    if (!copy_batch(ctx, a, batch) || !copy_batch(ctx, b, batch)) return NULL;
    merge(&m, a, b, batch);
  }
  if (nm__ready(ctx, a->t) != NM_OK || nm__ready(ctx, b->t) != NM_OK) return NULL;
  nm_tensor *y = nm__tensor_ready(dev, dtype, n, s->ndim, s->dim);
  if (!y || n == 0) return y;
  /* one matrix on the right: one tall product */
  if (m.n && single && (m.a[0] == a->rows * a->rstride || a->rows == 1)) {
    if (a->rows == 1) a->rstride = m.a[0];
    a->rows *= m.size[0];
    m.n = 0;
  }
  matrices my = {y, 0, a->rows, b->cols, b->cols, 1};
  int64_t each = a->rows * b->cols, to[2] = {each, each * m.size[0]};
  nm_view va, vb, vy;
  kernel_view(&va, a, m.n, m.size, m.a);
  kernel_view(&vb, b, m.n, m.size, m.b);
  kernel_view(&vy, &my, m.n, m.size, to);
  if (dev->cls->matmul(dev, &va, &vb, &vy) == NM_OK) return y;
  nm_release(ctx, y);
  return NULL;
}

/* The batch, and the result's shape and number of elements; a vector has no dim in it. */
static nm_status product_shape(const nm_op_call *c, const matrices *a, const matrices *b,
                               nm_dims *batch, nm_dims *s, int64_t *n) {
  NM_TRY(join_batches(c, a, b, batch));
  s->ndim = batch->ndim;
  for (int d = 0; d < s->ndim; d++) s->dim[d] = batch->dim[d];
  if (a->t->ndim > 1) s->dim[s->ndim++] = a->rows;
  if (b->t->ndim > 1) s->dim[s->ndim++] = b->cols;
  *n = nm__checked_count(s);
  if (*n >= 0) return NM_OK;
  return nm__op_error(c, NM_EINVAL, "the result would have too many elements");
}

/* As nm__result, where the result is no temporary. */
static nm_status given(nm_op_call *c, int mark, nm_tensor *y) {
  if (nm__scope(c->ctx) > mark) nm__unscope(c->ctx, mark, NULL);
  c->out[0] = y;
  return y ? NM_OK : c->ctx->status;
}

static nm_status matmul_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *a = nm__tensor_arg(c, 0), *b = nm__tensor_arg(c, 1);
  nm_device *dev;
  nm_dims batch, s;
  int64_t n;
  if (!nm__on_one_device(a, b)) NM_TRY(nm__same_device(c, &dev));
  NM_TRY(nm__check_product(c, a, b));
  matrices ma = as_matrices(a, true), mb = as_matrices(b, false);
  NM_TRY(product_shape(c, &ma, &mb, &batch, &s, &n));
  int mark = nm__scope(ctx);
  nm_tensor *y = multiply(ctx, &ma, &mb, &batch, &s, n);
  return given(c, mark, y);
}

/* All but the last dim as one. */
static nm_tensor *rows_of(nm_context *ctx, nm_tensor *t) {
  if (!t || t->ndim == 2) return t;
  int64_t shape[2] = {nm__count(t->ndim - 1, t->shape), t->ndim ? t->shape[t->ndim - 1] : 1};
  return nm__t_reshape(ctx, t, 2, shape);
}

/* Whether the columns of an input's matrices lie behind one another, as the rows of others do. */
static bool lies_turned(const nm_edge *e) {
  uint32_t order = e->node ? e->node->result[e->output].order : 0;
  int n = e->shape.ndim, last = 0, other = 0;
  for (int k = 0; k < n; k++) {
    int d = nm__order_dim(order, k);
    if (d == n - 1) last = k;
    if (d == n - 2) other = k;
  }
  return order && n > 1 && last < other;
}

/* y = a b: the gradient of a is g b^T, that of b is a^T g; batches that were broadcast are summed.
 * Of what lies turned it is computed turned, so that it lies the same way. */
static nm_tensor *matmul_backward(nm_grad_call *n, int i) {
  nm_context *ctx = n->ctx;
  const nm_dims *sa = &n->node->edges[0].shape, *sb = &n->node->edges[1].shape;
  nm_tensor *g = n->g[0], *a = n->x[0], *b = n->x[1], *r;
  if (sb->ndim == 1) g = nm__t_unsqueeze(ctx, g, -1);
  if (sa->ndim == 1) g = nm__t_unsqueeze(ctx, g, -2);
  bool turned = sb->ndim > 1 && (i == 0 ? sa->ndim == sb->ndim : sa->ndim > 1) &&
                lies_turned(&n->node->edges[i]);
  if (i == 0 && turned) {
    r = nm__t_mT(ctx, nm__t_matmul(ctx, b, nm__t_mT(ctx, g)));
  } else if (i == 0) {
    r = nm__t_matmul(ctx, g, sb->ndim == 1 ? nm__t_unsqueeze(ctx, b, 0) : nm__t_mT(ctx, b));
    if (r && sa->ndim == 1) r = nm__t_sum(ctx, r, (1u << (r->ndim - 1)) - 1, false);
  } else {
    if (sa->ndim == 1) a = nm__t_unsqueeze(ctx, a, 0);
    if (sb->ndim <= 2) { /* one matrix on the right: the batch is part of the sum */
      a = rows_of(ctx, a);
      g = rows_of(ctx, g);
    }
    if (a && turned)
      r = nm__t_mT(ctx, nm__t_matmul(ctx, nm__t_mT(ctx, g), a));
    else
      r = a ? nm__t_matmul(ctx, nm__t_mT(ctx, a), g) : NULL;
    if (r && sb->ndim == 1) r = nm__t_reshape(ctx, r, 1, sb->dim);
  }
  return nm__gradient(n, r);
}

static nm_status check_linear(const nm_op_call *c, const nm_tensor *x, const nm_tensor *w,
                              const nm_tensor *bias) {
  char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
  if (w->ndim != 2)
    return nm__op_error(c, NM_EINVAL, "the weight has shape %s, it must be (out, in)",
                        nm__shape_text(w->ndim, w->shape, one));
  if (x->ndim == 0 || x->shape[x->ndim - 1] != w->shape[1])
    return nm__op_error(c, NM_EINVAL,
                        "shapes %s and %s do not fit: the last size of the input must be the last "
                        "of the weight (out, in), %lld",
                        nm__shape_text(x->ndim, x->shape, one),
                        nm__shape_text(w->ndim, w->shape, two), (long long)w->shape[1]);
  NM_TRY(nm__check_product_dtypes(c, x, w));
  if (!bias) return NM_OK;
  NM_TRY(nm__check_product_dtypes(c, x, bias));
  if (bias->ndim == 1 && bias->shape[0] == w->shape[0]) return NM_OK;
  return nm__op_error(c, NM_EINVAL, "the bias has shape %s, it must be {%lld}",
                      nm__shape_text(bias->ndim, bias->shape, one), (long long)w->shape[0]);
}

/* The bias is added to a short product where it lies, else by an instruction, which fuses with what
 * follows. */
static nm_status linear_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *w = nm__tensor_arg(c, 1), *bias = nm__tensor_arg(c, 2);
  nm_device *dev;
  nm_dims batch, s;
  int64_t n;
  if (!nm__on_one_device(x, w) || !nm__on_one_device(x, bias ? bias : w))
    NM_TRY(nm__same_device(c, &dev));
  NM_TRY(check_linear(c, x, w, bias));
  matrices mx = as_matrices(x, true), mw = turned(as_matrices(w, false));
  NM_TRY(product_shape(c, &mx, &mw, &batch, &s, &n));
  int mark = nm__scope(ctx);
  nm_tensor *y = multiply(ctx, &mx, &mw, &batch, &s, n);
  if (!y || !bias || nm__short_rows(NM_I_add, y, bias)) return given(c, mark, y);
  return nm__result(c, mark, nm__t2(ctx, NM_I_add, nm__temp(ctx, y), bias));
}

/* y = x w^T + b: the gradients are g w, g^T x, and g, which the walk sums over all but the last
 * dim. */
static nm_tensor *linear_backward(nm_grad_call *n, int i) {
  nm_context *ctx = n->ctx;
  nm_tensor *g = n->g[0];
  if (i == 0) return nm__gradient(n, nm__t_matmul(ctx, g, n->x[1]));
  if (i == 2) return nm__gradient(n, g);
  nm_tensor *x = n->x[0];
  if (x->ndim == 1) x = nm__t_unsqueeze(ctx, x, 0), g = nm__t_unsqueeze(ctx, g, 0);
  return nm__gradient(n, nm__t_matmul(ctx, nm__t_mT(ctx, rows_of(ctx, g)), rows_of(ctx, x)));
}

/* clang-format off */
static const nm_op ops[] = {
  {.name = "matmul", NM_PARAMS({"input", NM_P_TENSOR, 0, NULL}, {"other", NM_P_TENSOR, 0, NULL}),
   .doc = "the matrix product over the last two dims, the dims before broadcast; vectors as rows "
          "and columns",
   .shapes = "(..., M, K), (..., K, N) -> (..., M, N)", .errors = "bool, or two dtypes",
   .flags = NM_ANYWHERE | NM_OUT, .forward = matmul_forward, .backward = matmul_backward,
   .uses = {2, 1}, .dtypes = "fi", .lo = -2, .hi = 2,
   .example = "nm.ones(2, 3):matmul(nm.ones(3, 4))"},
  {.name = "nn.functional.linear",
   NM_PARAMS({"input", NM_P_TENSOR, 0, NULL}, {"weight", NM_P_TENSOR, 0, NULL},
             {"bias", NM_P_TENSOR, NM_OPTIONAL, NULL}),
   .doc = "a layer of weighted sums: input % weight.T + bias",
   .shapes = "(..., in), (out, in), (out) -> (..., out)", .errors = "bool, or two dtypes",
   .flags = NM_FUNCTION, .forward = linear_forward, .backward = linear_backward, .uses = {2, 1, 0},
   .dtypes = "fi", .lo = -2, .hi = 2,
   .example = "nm.nn.functional.linear(nm.ones(2, 3), nm.ones(4, 3), nm.zeros(4))"},
};
/* clang-format on */
NM_FAMILY(matmul);
