/* rows.c: softmax and its logarithm, along any dim; what is computed by rows. */
#include "ops/rows.h"

#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/families.h"

bool nm__takes_rows(const nm_tensor *x, int64_t n) {
  return nm__device_of(x)->cls->rows && n <= NM_LONGEST_ROW && nm_numel(x) > 0;
}

nm_status nm__run_rows(nm_context *ctx, nm_rows r, nm_row_tensors *t) {
  struct {
    nm_tensor *t;
    const nm_view **to;
    nm_view view;
  } all[] = {{t->x, &r.x, {0}},   {t->g, &r.g, {0}},        {t->w, &r.w, {0}},
             {t->b, &r.b, {0}},   {t->y, &r.y, {0}},        {t->dw, &r.dw, {0}},
             {t->db, &r.db, {0}}, {t->stats, &r.stats, {0}}};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    if (!all[i].t) continue;
    nm_tensor *dense = nm__contiguous(ctx, all[i].t);
    if (!dense) return ctx->status;
    NM_TRY(nm__view_of(ctx, dense, &all[i].view));
    *all[i].to = &all[i].view;
  }
  r.rows = nm_numel(t->x) / r.n;
  nm_device *dev = nm__device_of(t->x);
  return dev->cls->rows(dev, &r);
}

/* Into y, which is ready; x is computed by the same pass where that can be. */
static nm_status softmax_into(nm_context *ctx, nm_tensor *x, int dim, nm_tensor *y, bool log) {
  nm_device *dev = nm__device_of(x);
  nm_view vx, vy;
  bool done = nm_numel(y) == 0;
  NM_TRY(nm__view_of(ctx, y, &vy));
  if (!done && dim == x->ndim - 1) NM_TRY(nm__softmax_pending(ctx, x, &vy, log, &done));
  if (done) return NM_OK;
  NM_TRY(nm__view_of(ctx, x, &vx));
  return dev->cls->softmax(dev, &vx, dim, &vy, log);
}

static nm_status softmax_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *y = NULL;
  nm_dtype dtype;
  int dim = 0;
  NM_TRY(nm__dtype_arg(c, 2, (nm_dtype)x->dtype, &dtype));
  if (!nm__is_float(dtype))
    return nm__op_error(
        c, NM_EINVAL,
        "not defined for %s: convert with :to(\"float32\"), or give dtype = \"float32\"",
        nm__dtype_name((int)dtype));
  NM_TRY(nm__dim_arg(c, 1, x->ndim, &dim));
  int mark = nm__scope(ctx);
  x = nm__t_cast(ctx, x, dtype);
  y = x ? nm__t_empty(ctx, x, x->ndim, x->shape) : NULL;
  if (y && softmax_into(ctx, x, dim, y, c->op->name[0] == 'l') != NM_OK) y = NULL;
  return nm__result(c, mark, y);
}

/* In one pass, which writes over g if nobody else sees that, and takes in what scaled the input. */
static nm_tensor *back_by_rows(nm_grad_call *b, int64_t n, bool log) {
  nm_context *ctx = b->ctx;
  nm_tensor *y = b->y, *g = nm__contiguous(ctx, b->g[0]);
  if (!g || nm__ready(ctx, g) != NM_OK) return NULL;
  bool over = !log && nm__is_whole(g) && nm__gradient_is_own(g);
  nm_row_tensors t = {.x = y, .g = g, .y = over ? g : nm__t_empty(ctx, y, y->ndim, y->shape)};
  nm_rows how = {.kind = log ? NM_ROWS_LOG_SOFTMAX_BACK : NM_ROWS_SOFTMAX_BACK,
                 .n = n,
                 .factor = log ? 1 : nm__gradient_scale(b, 0)};
  return t.y && nm__run_rows(ctx, how, &t) == NM_OK ? t.y : NULL;
}

/* softmax: y (g - sum(g y)).  log_softmax: g - exp(y) sum(g). */
static nm_tensor *softmax_backward(nm_grad_call *b, int i) {
  (void)i;
  nm_context *ctx = b->ctx;
  nm_tensor *g = b->g[0], *y = b->y, *r;
  int dim = (int)b->args[1].as.integer;
  bool log = b->node->op->name[0] == 'l';
  if (dim < 0) dim += y->ndim;
  if (!ctx->grad_enabled && y->ndim && dim == y->ndim - 1 && nm__takes_rows(y, y->shape[dim])) {
    return nm__gradient(b, back_by_rows(b, y->shape[dim], log));
  }
  uint32_t dims = y->ndim ? 1u << dim : 0;
  if (log) {
    r = nm__t2(ctx, NM_I_sub, g,
               nm__t2(ctx, NM_I_mul, nm__t1(ctx, NM_I_exp, y), nm__t_sum(ctx, g, dims, true)));
  } else {
    nm_tensor *gy = nm__t2(ctx, NM_I_mul, g, y);
    r = nm__t2(ctx, NM_I_sub, gy, nm__t2(ctx, NM_I_mul, y, nm__t_sum(ctx, gy, dims, true)));
  }
  return nm__gradient(b, r);
}

#define PARAMS                                                                                     \
  NM_PARAMS({"input", NM_P_TENSOR, 0, NULL}, {"dim", NM_P_DIM, 0, NULL},                           \
            {"dtype", NM_P_DTYPE, NM_NAMED, NULL})
/* clang-format off */
static const nm_op ops[] = {
  {.name = "softmax", PARAMS,
   .doc = "positive weights with the sum 1 along dim: exp(x) / sum(exp(x)), computed from x - max(x)",
   .shapes = "(..., N, ...) -> (..., N, ...)",
   .errors = "integers and bools, unless a floating dtype is given",
   .flags = NM_ANYWHERE | NM_OUT, .forward = softmax_forward, .backward = softmax_backward,
   .uses = {NM_USE_RESULT}, .dtypes = "f", .lo = -3, .hi = 3,
   .example = "nm.ones(2, 4):softmax(2)"},
  {.name = "log_softmax", PARAMS,
   .doc = "the logarithm of softmax along dim: x - log(sum(exp(x))), computed from x - max(x)",
   .shapes = "(..., N, ...) -> (..., N, ...)",
   .errors = "integers and bools, unless a floating dtype is given",
   .flags = NM_ANYWHERE | NM_OUT, .forward = softmax_forward, .backward = softmax_backward,
   .uses = {NM_USE_RESULT}, .dtypes = "f", .lo = -3, .hi = 3,
   .example = "nm.ones(2, 4):log_softmax(2)"},
};
/* clang-format on */
NM_FAMILY(rows);
