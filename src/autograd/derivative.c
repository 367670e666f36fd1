/* derivative.c: the derivatives of elementwise ops, made from the column of elementwise.def.
 *
 * In the table's expressions g is the gradient of the result y, and a, b, c are the operands; the
 * t_ functions are ops, so a derivative runs on any device, fuses, and can be differentiated again.
 */
#include "autograd/derivative.h"
#include "fuse/fuse.h"

#define t_neg(x) nm__t1(ctx, NM_I_neg, x)
#define t_sign(x) nm__t1(ctx, NM_I_sign, x)
#define t_square(x) nm__t1(ctx, NM_I_square, x)
#define t_sin(x) nm__t1(ctx, NM_I_sin, x)
#define t_cos(x) nm__t1(ctx, NM_I_cos, x)
#define t_exp(x) nm__t1(ctx, NM_I_exp, x)
#define t_sinh(x) nm__t1(ctx, NM_I_sinh, x)
#define t_cosh(x) nm__t1(ctx, NM_I_cosh, x)
#define t_rsqrt(x) nm__t1(ctx, NM_I_rsqrt, x)
#define t_digamma(x) nm__t1(ctx, NM_I_digamma, x)
#define t_zeta(s, x) nm__ts2(ctx, NM_I_zeta, s, x)
#define t_zeta_next(s, x) nm__t2(ctx, NM_I_zeta, nm__t2s(ctx, NM_I_add, s, 1), x)
#define t_fmax_first(x, z) first(ctx, NM_I_ge, x, z)
#define t_fmin_first(x, z) first(ctx, NM_I_le, x, z)
#define t_copysign_da(x, y) copysign_da(ctx, x, y)
#define t_adds(x, k) nm__t2s(ctx, NM_I_add, x, k)
#define t_trunc(x) nm__t1(ctx, NM_I_trunc, x)
#define t_add(x, z) nm__t2(ctx, NM_I_add, x, z)
#define t_mul(x, z) times(ctx, x, z)
#define t_div(x, z) nm__t2(ctx, NM_I_div, x, z)
#define t_floor_divide(x, z) nm__t2(ctx, NM_I_floor_divide, x, z)
#define t_muls(x, k) nm__t2s(ctx, NM_I_mul, x, k)
#define t_rsubs(x, k) nm__ts2(ctx, NM_I_sub, k, x)
#define t_where(p, x, z) nm__t3(ctx, NM_I_where, p, x, z)
#define t_zero(x) nm__t_full_like(ctx, x, 0)
#define t_gt0(x) nm__t2s(ctx, NM_I_gt, x, 0)
#define t_pick(x, z) pick(ctx, x, z)
#define t_pow_da(x, z) pow_da(ctx, x, z)
#define t_pow_db(x, z, r) pow_db(ctx, x, z, r)
#define NONE NULL

/* x z; where x, as the gradient of a sum, is one everywhere, z itself. */
static NM_APART nm_tensor *times_pending(nm_context *ctx, nm_tensor *x, nm_tensor *z) {
  nm_bits n;
  bool unit = !ctx->grad_enabled && nm__constant(x->storage->value, &n) &&
              nm__bits_cast(n, nm__dtype_class((nm_dtype)x->dtype), NM_F64).f64 == 1;
  if (unit && z && x->dtype == z->dtype && nm__same_shape(x, z->ndim, z->shape))
    return nm__t_clone(ctx, z);
  return nm__t2(ctx, NM_I_mul, x, z);
}

static nm_tensor *times(nm_context *ctx, nm_tensor *x, nm_tensor *z) {
  bool cheap = !x || x->numel <= NM_SHORT || x->storage->value->ready;
  return cheap ? nm__t2(ctx, NM_I_mul, x, z) : times_pending(ctx, x, z);
}

/* 1 where x > z, 1/2 where they are equal, else 0 (1 where x is NaN: then the result is x). */
static nm_tensor *pick(nm_context *ctx, nm_tensor *x, nm_tensor *z) {
  if (!x || !z) return NULL;
  nm_dtype dtype = nm__is_float((nm_dtype)x->dtype) ? (nm_dtype)x->dtype : (nm_dtype)z->dtype;
  nm_tensor *above =
      nm__t_cast(ctx, nm__t1(ctx, NM_I_logical_not, nm__t2(ctx, NM_I_le, x, z)), dtype);
  nm_tensor *equal = nm__t_cast(ctx, nm__t2(ctx, NM_I_eq, x, z), dtype);
  return t_add(above, t_muls(equal, 0.5));
}

/* Whether x is the result of fmax or fmin: it compares so, or z is NaN. */
static nm_tensor *first(nm_context *ctx, nm_opcode compare, nm_tensor *x, nm_tensor *z) {
  return nm__t2(ctx, NM_I_logical_or, nm__t2(ctx, compare, x, z), nm__t1(ctx, NM_I_isnan, z));
}

/* y / x, which is 1 or -1; 0 where x is 0. */
static nm_tensor *copysign_da(nm_context *ctx, nm_tensor *x, nm_tensor *y) {
  nm_tensor *d = t_div(y, x);
  return t_where(nm__t2s(ctx, NM_I_eq, x, 0), t_zero(d), d);
}

/* d(a^b)/da = b a^(b-1), and 0 where b is 0 (also at a = 0). */
static nm_tensor *pow_da(nm_context *ctx, nm_tensor *a, nm_tensor *b) {
  nm_bits n;
  if (a && b &&
      nm__constant(b->storage->value,
                   &n)) { /* a number: small powers have instructions of their own */
    double e = nm__bits_cast(n, nm__dtype_class((nm_dtype)b->dtype), NM_F64).f64;
    return e == 0 ? t_zero(a) : t_muls(nm__t2s(ctx, NM_I_pow, a, e - 1), e);
  }
  nm_tensor *d = t_mul(b, nm__t2(ctx, NM_I_pow, a, nm__t2s(ctx, NM_I_sub, b, 1)));
  return t_where(nm__t2s(ctx, NM_I_eq, b, 0), t_zero(d), d);
}

/* d(a^b)/db = a^b log a, and 0 where a is 0 and b is not negative. */
static nm_tensor *pow_db(nm_context *ctx, nm_tensor *a, nm_tensor *b, nm_tensor *y) {
  nm_tensor *d = t_mul(y, nm__t1(ctx, NM_I_log, a));
  nm_tensor *zero =
      nm__t2(ctx, NM_I_logical_and, nm__t2s(ctx, NM_I_eq, a, 0), nm__t2s(ctx, NM_I_ge, b, 0));
  return t_where(zero, t_zero(d), d);
}

/* clang-format off */
#define G1(da) case 0: return da;
#define G2(da, db) case 0: return da; case 1: return db;
#define G3(da, db, dc) case 0: return da; case 1: return db; case 2: return dc;
#define NOGRAD
#define NM_EW(name, arity, kind, cf, ci, sf, si, grads, lo, hi, doc)                               \
  static nm_tensor *grad_##name(nm_context *ctx, int i, nm_tensor *g, nm_tensor *a, nm_tensor *b,  \
                                nm_tensor *c, nm_tensor *y) {                                      \
    (void)ctx, (void)g, (void)a, (void)b, (void)c, (void)y;                                        \
    switch (i) { grads default: return NULL; }                                                     \
  }
#include "core/elementwise.def"
#undef NM_EW
/* clang-format on */

typedef nm_tensor *grad_function(nm_context *, int, nm_tensor *, nm_tensor *, nm_tensor *,
                                 nm_tensor *, nm_tensor *);
static grad_function *const table[NM_NOPCODES] = {
#define NM_EW(name, ...) grad_##name,
#include "core/elementwise.def"
#undef NM_EW
};

nm_tensor *nm__elementwise_backward(nm_grad_call *b, int i) {
  nm_tensor *g = table[b->node->op->opcode](b->ctx, i, b->g[0], b->x[0], b->x[1], b->x[2], b->y);
  if (!g) b->status = b->ctx->status;
  return g;
}
