/* args.c: reading and checking the arguments of a call, promotion, and ops as C functions. */
#include "ops/args.h"

#include <stdarg.h>
#include <stdio.h>

nm_status nm__op_error(const nm_op_call *c, nm_status code, const char *format, ...) {
  char text[700];
  va_list ap;
  va_start(ap, format);
  vsnprintf(text, sizeof text, format, ap);
  va_end(ap);
  if (c->ctx->applying) return nm__error(c->ctx, code, "%s", text);
  return nm__error(c->ctx, code, "%s: %s", c->op->name, text);
}

double nm__float_arg(const nm_op_call *c, int i, double standard) {
  const nm_value_arg *a = &c->args[i];
  switch (a->kind) {
  case NM_ARG_INT: return (double)a->as.integer;
  case NM_ARG_FLOAT: return a->as.number;
  case NM_ARG_BOOL: return a->as.boolean;
  default: return standard;
  }
}

nm_status nm__dtype_arg(const nm_op_call *c, int i, nm_dtype standard, nm_dtype *out) {
  *out = standard;
  if (!nm__given(c, i)) return NM_OK;
  *out = nm__dtype_of_name(c->args[i].as.string);
  if (*out != NM_NDTYPES) return NM_OK;
  return nm__op_error(
      c, NM_EINVAL,
      "no dtype \"%s\": there are float32, float64, float16, bfloat16, int64, int32, int16, int8, "
      "uint8 and bool",
      c->args[i].as.string);
}

nm_status nm__device_arg(const nm_op_call *c, int i, nm_device *standard, nm_device **out) {
  *out = standard;
  return nm__given(c, i) ? nm__device_get(c->ctx, c->args[i].as.string, out) : NM_OK;
}

nm_status nm__sizes_arg(const nm_op_call *c, int i, nm_dims *out) {
  const nm_value_arg *a = &c->args[i];
  int n = nm__given(c, i) ? a->n : 0;
  if (n > NM_MAX_DIMS)
    return nm__op_error(c, NM_EINVAL, "%d dims: a tensor has at most %d", n, NM_MAX_DIMS);
  out->ndim = n;
  for (int d = 0; d < n; d++) {
    out->dim[d] = a->as.ints[d];
    if (out->dim[d] < 0)
      return nm__op_error(c, NM_EINVAL, "size %lld of dim %d is negative", (long long)out->dim[d],
                          d + c->ctx->base);
  }
  char text[NM_SHAPE_TEXT];
  if (nm__checked_count(out) < 0)
    return nm__op_error(c, NM_EINVAL, "shape %s has too many elements",
                        nm__shape_text(n, out->dim, text));
  return NM_OK;
}

nm_status nm__dim_of(const nm_op_call *c, int64_t dim, int n, int *out) {
  int limit = n ? n : 1, base = c->ctx->base;
  int64_t d = dim < 0 ? dim + limit : dim;
  if (d < 0 || d >= limit)
    return nm__op_error(c, NM_EINVAL,
                        "dim %lld is out of range for a tensor of %d dims: %d to %d, or -%d to -1",
                        (long long)(dim < 0 ? dim : dim + base), n, base, limit - 1 + base, limit);
  *out = (int)d;
  return NM_OK;
}

nm_status nm__dims_arg(const nm_op_call *c, int i, int n, uint32_t *out) {
  const nm_value_arg *a = &c->args[i];
  *out = (1u << n) - 1;
  if (!nm__given(c, i) || a->n == 0) return NM_OK;
  *out = 0;
  for (int k = 0; k < a->n; k++) {
    int d = 0;
    NM_TRY(nm__dim_of(c, a->as.ints[k], n, &d));
    if (*out >> d & 1) return nm__op_error(c, NM_EINVAL, "dim %d is given twice", d + c->ctx->base);
    *out |= 1u << d;
  }
  if (n == 0) *out = 0;
  return NM_OK;
}

static inline nm_status agree(const nm_op_call *c, nm_device **dev, const nm_tensor *t) {
  nm_device *d = nm__device_of(t);
  if (d == *dev) return NM_OK;
  if (d->lost) return nm__op_error(c, NM_EDEVICE, "device %s was lost", d->name);
  if (*dev)
    return nm__op_error(c, NM_EINVAL,
                        "tensors on two devices, %s and %s: bring them together with :to(\"%s\")",
                        (*dev)->name, d->name, (*dev)->name);
  *dev = d;
  return NM_OK;
}

nm_status nm__same_device(const nm_op_call *c, nm_device **out) {
  nm_device *dev = NULL;
  for (int i = 0; i < c->nargs; i++) {
    const nm_value_arg *a = &c->args[i];
    if (a->kind == NM_ARG_TENSOR) NM_TRY(agree(c, &dev, a->as.tensor));
    if (a->kind == NM_ARG_TENSORS)
      for (int k = 0; k < a->n; k++) NM_TRY(agree(c, &dev, a->as.tensors[k]));
  }
  *out = dev;
  return NM_OK;
}

nm_status nm__broadcast_arg(const nm_op_call *c, nm_dims *s, const nm_tensor *t) {
  nm_dims was = *s;
  char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
  if (nm__broadcast(s, t->ndim, t->shape)) {
    if (nm__checked_count(s) >= 0) return NM_OK;
    return nm__op_error(c, NM_EINVAL, "shape %s of the result has too many elements",
                        nm__shape_text(s->ndim, s->dim, one));
  }
  return nm__op_error(
      c, NM_EINVAL,
      "shapes %s and %s do not broadcast: counted from the last dim, sizes must be equal or 1",
      nm__shape_text(was.ndim, was.dim, one), nm__shape_text(t->ndim, t->shape, two));
}

nm_bits nm__bits_of(const nm_value_arg *a, nm_class cls) {
  if (a->kind == NM_ARG_FLOAT) return nm__bits_cast((nm_bits){.f64 = a->as.number}, NM_F64, cls);
  int64_t i = a->kind == NM_ARG_BOOL ? a->as.boolean : a->as.integer;
  return nm__bits_cast((nm_bits){.i64 = i}, NM_I64, cls);
}

/* A lower category only counts when it is of a higher kind: bool < integer < float. */
static int combine(int higher, int lower) {
  if (higher == NM_NDTYPES) return lower;
  if (lower == NM_NDTYPES) return higher;
  char kh = nm__dtypes[higher].kind, kl = nm__dtypes[lower].kind;
  bool rises = (kh == 'b' && kl != 'b') || (kh == 'i' && kl == 'f');
  return rises ? (int)nm__promote((nm_dtype)higher, (nm_dtype)lower) : higher;
}

nm_dtype nm__result_type(const nm_context *ctx, int n, const nm_value_arg *args) {
  int kind[3] = {NM_NDTYPES, NM_NDTYPES,
                 NM_NDTYPES}; /* of tensors with dims, 0-d tensors, numbers */
  for (int i = 0; i < n; i++) {
    const nm_value_arg *a = &args[i];
    int where = 2;
    nm_dtype d;
    switch (a->kind) {
    case NM_ARG_TENSOR:
      d = (nm_dtype)a->as.tensor->dtype, where = a->as.tensor->ndim ? 0 : 1;
      break;
    case NM_ARG_INT: d = NM_INT64; break;
    case NM_ARG_BOOL: d = NM_BOOL; break;
    case NM_ARG_FLOAT: d = ctx->default_dtype; break;
    default: continue;
    }
    kind[where] = kind[where] == NM_NDTYPES ? (int)d : (int)nm__promote((nm_dtype)kind[where], d);
  }
  return (nm_dtype)combine(kind[0], combine(kind[1], kind[2]));
}

/* ---- ops as C functions ---- */

nm_tensor *nm__t(nm_context *ctx, const nm_op *op, const nm_value_arg *args) {
  for (int i = 0; i < op->nparams; i++)
    if (args[i].kind == NM_ARG_TENSOR && !args[i].as.tensor) return NULL;
  nm_tensor *out[NM_MAX_RESULTS];
  int nout;
  if (nm__apply(ctx, op, args, &nout, out) != NM_OK) return NULL;
  for (int i = 1; i < nout; i++) nm_release(ctx, out[i]);
  return nm__temp(ctx, out[0]);
}

nm_tensor *nm__t1(nm_context *ctx, nm_opcode op, nm_tensor *x) {
  nm_value_arg args[1] = {nm__arg_t(x)};
  return nm__t(ctx, nm__op_of(op), args);
}

nm_tensor *nm__t2(nm_context *ctx, nm_opcode op, nm_tensor *x, nm_tensor *y) {
  nm_value_arg args[2] = {nm__arg_t(x), nm__arg_t(y)};
  return nm__t(ctx, nm__op_of(op), args);
}

/* Whole numbers are passed as such, so that they do not promote integer tensors. */
static nm_value_arg number(double v) {
  return v == (double)(int32_t)v ? nm__arg_int((int32_t)v) : nm__arg_float(v);
}

nm_tensor *nm__t2s(nm_context *ctx, nm_opcode op, nm_tensor *x, double v) {
  nm_value_arg args[2] = {nm__arg_t(x), number(v)};
  return nm__t(ctx, nm__op_of(op), args);
}

nm_tensor *nm__ts2(nm_context *ctx, nm_opcode op, double v, nm_tensor *x) {
  nm_value_arg args[2] = {number(v), nm__arg_t(x)};
  return nm__t(ctx, nm__op_of(op), args);
}

nm_tensor *nm__t3(nm_context *ctx, nm_opcode op, nm_tensor *a, nm_tensor *b, nm_tensor *c) {
  nm_value_arg args[3] = {nm__arg_t(a), nm__arg_t(b), nm__arg_t(c)};
  return nm__t(ctx, nm__op_of(op), args);
}

nm_tensor *nm__t_sum(nm_context *ctx, nm_tensor *x, uint32_t dims, bool keepdim) {
  if (!x || !dims) return x;
  int64_t list[NM_MAX_DIMS];
  int n = 0;
  for (int d = 0; d < x->ndim; d++)
    if (dims >> d & 1) list[n++] = d;
  nm_value_arg args[4] = {nm__arg_t(x), nm__arg_ints(n, list), nm__arg_bool(keepdim),
                          nm__arg_none()};
  return nm__t(ctx, nm__known(ctx, NM_OP_sum), args);
}

nm_tensor *nm__t_cast(nm_context *ctx, nm_tensor *x, nm_dtype dtype) {
  if (!x || x->dtype == dtype) return x;
  nm_value_arg args[3] = {nm__arg_t(x), nm__arg_str(nm__dtype_name((int)dtype)), nm__arg_none()};
  return nm__t(ctx, nm__known(ctx, NM_OP_to), args);
}

static nm_tensor *with_shape(nm_context *ctx, nm_known op, nm_tensor *x, int ndim,
                             const int64_t *shape) {
  if (!x || nm__same_shape(x, ndim, shape)) return x;
  nm_value_arg args[2] = {nm__arg_t(x), nm__arg_ints(ndim, shape)};
  return nm__t(ctx, nm__known(ctx, op), args);
}

nm_tensor *nm__t_reshape(nm_context *ctx, nm_tensor *x, int ndim, const int64_t *shape) {
  return with_shape(ctx, NM_OP_reshape, x, ndim, shape);
}

nm_tensor *nm__t_expand(nm_context *ctx, nm_tensor *x, int ndim, const int64_t *shape) {
  return with_shape(ctx, NM_OP_expand, x, ndim, shape);
}

nm_tensor *nm__t_transpose(nm_context *ctx, nm_tensor *x, int a, int b) {
  nm_value_arg args[3] = {nm__arg_t(x), nm__arg_int(a), nm__arg_int(b)};
  return nm__t(ctx, nm__known(ctx, NM_OP_transpose), args);
}

nm_tensor *nm__t_matmul(nm_context *ctx, nm_tensor *x, nm_tensor *y) {
  nm_value_arg args[2] = {nm__arg_t(x), nm__arg_t(y)};
  return nm__t(ctx, nm__known(ctx, NM_OP_matmul), args);
}

nm_tensor *nm__t_permute(nm_context *ctx, nm_tensor *x, int n, const int64_t *dims) {
  nm_value_arg args[2] = {nm__arg_t(x), nm__arg_ints(n, dims)};
  return nm__t(ctx, nm__known(ctx, NM_OP_permute), args);
}

nm_tensor *nm__t_clone(nm_context *ctx, nm_tensor *x) {
  nm_value_arg args[1] = {nm__arg_t(x)};
  return nm__t(ctx, nm__known(ctx, NM_OP_clone), args);
}

nm_tensor *nm__t_cat(nm_context *ctx, int n, nm_tensor *const *list, int dim) {
  for (int i = 0; i < n; i++)
    if (!list[i]) return NULL;
  nm_value_arg args[2] = {nm__arg_tensors(n, list), nm__arg_int(dim)};
  return nm__t(ctx, nm__known(ctx, NM_OP_cat), args);
}
