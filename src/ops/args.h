/* args.h: inside ops/ and autograd/: reading the arguments of a call, and ops as C functions.
 *
 * The t_ functions apply an op and put the result on the context's list of temporaries.  NULL in
 * gives NULL out, so expressions can be nested and checked once, at the end. */
#ifndef NM_ARGS_H
#define NM_ARGS_H

#include "ops/ops.h"

/* Sets a message that begins with the op's name; returns `code`. */
__attribute__((format(printf, 3, 4))) nm_status nm__op_error(const nm_op_call *c, nm_status code,
                                                             const char *format, ...);

static inline bool nm__given(const nm_op_call *c, int i) { return c->args[i].kind != NM_ARG_NONE; }
static inline nm_tensor *nm__tensor_arg(const nm_op_call *c, int i) {
  return c->args[i].kind == NM_ARG_TENSOR ? c->args[i].as.tensor : NULL;
}
static inline int64_t nm__int_arg(const nm_op_call *c, int i, int64_t standard) {
  return nm__given(c, i) ? c->args[i].as.integer : standard;
}
static inline bool nm__bool_arg(const nm_op_call *c, int i, bool standard) {
  return nm__given(c, i) ? c->args[i].as.boolean : standard;
}
double nm__float_arg(const nm_op_call *c, int i, double standard);
nm_status nm__dtype_arg(const nm_op_call *c, int i, nm_dtype standard, nm_dtype *out);
nm_status nm__device_arg(const nm_op_call *c, int i, nm_device *standard, nm_device **out);
/* Sizes of a new tensor: none negative, product bounded, at most 8 dims. */
nm_status nm__sizes_arg(const nm_op_call *c, int i, nm_dims *out);
/* A dim of a tensor with n dims (a 0-d tensor counts as 1-d), from the end when negative. */
nm_status nm__dim_of(const nm_op_call *c, int64_t dim, int n, int *out);
static inline nm_status nm__dim_arg(const nm_op_call *c, int i, int n, int *out) {
  return nm__dim_of(c, c->args[i].as.integer, n, out);
}
/* A set of dims as a mask; all dims when left out or empty. */
nm_status nm__dims_arg(const nm_op_call *c, int i, int n, uint32_t *out);
/* All tensors of the call are on one device; *out is it (NULL without tensors). */
nm_status nm__same_device(const nm_op_call *c, nm_device **out);
/* What that comes to for two, mostly. */
static inline bool nm__on_one_device(const nm_tensor *x, const nm_tensor *z) {
  const nm_device *dev = nm__device_of(x);
  return dev == nm__device_of(z) && !dev->lost;
}
/* Both broadcast into *s, or an error with both shapes. */
nm_status nm__broadcast_arg(const nm_op_call *c, nm_dims *s, const nm_tensor *t);
/* What a float dtype is computed in: halves in float32.  Other dtypes are left as they are. */
static inline nm_dtype nm__computed_in(nm_dtype dtype) {
  return dtype == NM_FLOAT16 || dtype == NM_BFLOAT16 ? NM_FLOAT32 : dtype;
}
/* A number as a class holds it (a bool counts as 0 or 1). */
nm_bits nm__bits_of(const nm_value_arg *a, nm_class cls);
/* The dtype of an op on these operands: PyTorch's promotion; dims beat 0-d tensors, those beat
 * numbers. */
nm_dtype nm__result_type(const nm_context *ctx, int n, const nm_value_arg *args);
static inline const char *nm__dtype_name(int d) { return nm__dtypes[d].name; }

/* Arguments for nm__apply. */
static inline nm_value_arg nm__arg_none(void) { return (nm_value_arg){.kind = NM_ARG_NONE}; }
static inline nm_value_arg nm__arg_t(nm_tensor *t) {
  return (nm_value_arg){.kind = NM_ARG_TENSOR, .as.tensor = t};
}
static inline nm_value_arg nm__arg_int(int64_t v) {
  return (nm_value_arg){.kind = NM_ARG_INT, .as.integer = v};
}
static inline nm_value_arg nm__arg_float(double v) {
  return (nm_value_arg){.kind = NM_ARG_FLOAT, .as.number = v};
}
static inline nm_value_arg nm__arg_bool(bool v) {
  return (nm_value_arg){.kind = NM_ARG_BOOL, .as.boolean = v};
}
static inline nm_value_arg nm__arg_ints(int n, const int64_t *v) {
  return (nm_value_arg){.kind = NM_ARG_INTS, .n = n, .as.ints = v};
}
static inline nm_value_arg nm__arg_tensors(int n, nm_tensor *const *t) {
  return (nm_value_arg){.kind = NM_ARG_TENSORS, .n = n, .as.tensors = t};
}
static inline nm_value_arg nm__arg_str(const char *v) {
  return (nm_value_arg){.kind = NM_ARG_STRING, .as.string = v};
}

/* The first result of an op, on the list of temporaries. */
nm_tensor *nm__t(nm_context *ctx, const nm_op *op, const nm_value_arg *args);
nm_tensor *nm__t1(nm_context *ctx, nm_opcode op, nm_tensor *x);
nm_tensor *nm__t2(nm_context *ctx, nm_opcode op, nm_tensor *x, nm_tensor *y);
nm_tensor *nm__t2s(nm_context *ctx, nm_opcode op, nm_tensor *x, double number);
nm_tensor *nm__ts2(nm_context *ctx, nm_opcode op, double number, nm_tensor *x);
nm_tensor *nm__t3(nm_context *ctx, nm_opcode op, nm_tensor *a, nm_tensor *b, nm_tensor *c);
nm_tensor *nm__t_sum(nm_context *ctx, nm_tensor *x, uint32_t dims, bool keepdim);
nm_tensor *nm__t_cast(nm_context *ctx, nm_tensor *x, nm_dtype dtype);
nm_tensor *nm__t_reshape(nm_context *ctx, nm_tensor *x, int ndim, const int64_t *shape);
nm_tensor *nm__t_expand(nm_context *ctx, nm_tensor *x, int ndim, const int64_t *shape);
/* x[start + k * step] in each dim; size elements of each. */
nm_tensor *nm__t_slice(nm_context *ctx, nm_tensor *x, const int64_t *start, const int64_t *step,
                       const int64_t *size);
nm_tensor *nm__t_narrow(nm_context *ctx, nm_tensor *x, int dim, int64_t first, int64_t n);
nm_tensor *nm__t_transpose(nm_context *ctx, nm_tensor *x, int a, int b);
nm_tensor *nm__t_permute(nm_context *ctx, nm_tensor *x, int n, const int64_t *dims);
nm_tensor *nm__t_matmul(nm_context *ctx, nm_tensor *x, nm_tensor *y);
nm_tensor *nm__t_clone(nm_context *ctx, nm_tensor *x);
nm_tensor *nm__t_cat(nm_context *ctx, int n, nm_tensor *const *list, int dim);
/* A tensor of one number everywhere; it costs no memory until it is written or read through a
 * kernel. */
nm_tensor *nm__t_full(nm_context *ctx, nm_device *dev, nm_dtype dtype, int ndim,
                      const int64_t *shape, double number);
/* A new one for a kernel to write; and one of the dtype and on the device of another. */
static inline nm_tensor *nm__t_empty_of(nm_context *ctx, nm_device *dev, nm_dtype dtype, int ndim,
                                        const int64_t *shape) {
  return nm__temp(ctx, nm__tensor_empty(ctx, dev, dtype, ndim, shape));
}
static inline nm_tensor *nm__t_empty(nm_context *ctx, const nm_tensor *like, int ndim,
                                     const int64_t *shape) {
  return nm__t_empty_of(ctx, nm__device_of(like), (nm_dtype)like->dtype, ndim, shape);
}
static inline nm_tensor *nm__t_full_like(nm_context *ctx, nm_tensor *x, double number) {
  return x ? nm__t_full(ctx, nm__device_of(x), (nm_dtype)x->dtype, x->ndim, x->shape, number)
           : NULL;
}

/* Ends a forward that made temporaries since `mark`: `result` becomes the first result. */
static inline nm_status nm__result(nm_op_call *c, int mark, nm_tensor *result) {
  nm_status s = result ? NM_OK : c->ctx->status;
  c->out[0] = nm__unscope(c->ctx, mark, result);
  return s;
}

#endif
