/* reference.h: what devices are compared with: values, dtypes and instructions written again,
 * plainly, one element at a time in double, long double and int64, sharing nothing with src/cpu. */
#ifndef NM_REFERENCE_H
#define NM_REFERENCE_H

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/program.h"

typedef struct val { /* an element: f of the float dtypes, i of the others */
  double f;
  int64_t i;
} val;

/* ---- random numbers for inputs (splitmix64) ---- */
static uint64_t ref_seed = 1;
static inline uint64_t ref_bits(void) {
  uint64_t z = (ref_seed += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}
static inline int ref_below(int n) { return (int)(ref_bits() % (uint64_t)n); }
static inline double ref_unit(void) { return (double)(ref_bits() >> 11) * 0x1p-53; }

/* ---- dtypes ---- */

/* x rounded to `digits` binary digits with the exponent range of a dtype, ties to even */
static inline double ref_round(double x, int digits, int least, double most) {
  if (x == 0 || isnan(x) || isinf(x)) return x;
  int e;
  frexp(x, &e);
  if (e < least) e = least;
  double q = ldexp(1, e - digits), y = nearbyint(x / q) * q;
  return fabs(y) > most ? copysign(INFINITY, x) : copysign(y, x);
}

/* A value of the dtype's class as the dtype can hold it. */
static inline val ref_narrow(nm_dtype d, val v) {
  switch (d) {
  case NM_FLOAT32: v.f = ref_round(v.f, 24, -125, FLT_MAX); break;
  case NM_FLOAT16: v.f = ref_round(v.f, 11, -13, 65504); break;
  case NM_BFLOAT16: v.f = ref_round(v.f, 8, -125, 0x1.fep127); break;
  case NM_INT32: v.i = (int32_t)v.i; break;
  case NM_INT16: v.i = (int16_t)v.i; break;
  case NM_INT8: v.i = (int8_t)v.i; break;
  case NM_UINT8: v.i = (uint8_t)v.i; break;
  case NM_BOOL: v.i = v.i != 0; break;
  default: break;
  }
  return v;
}

static inline val ref_load(nm_dtype d, const void *mem, int64_t at) {
  const char *p = (const char *)mem + at * (int64_t)nm__dtype_size(d);
  val v = {0, 0};
  uint8_t raw[8] = {0};
  memcpy(raw, p, nm__dtype_size(d));
  uint16_t h;
  memcpy(&h, raw, 2);
  switch (d) {
  case NM_FLOAT32: {
    float f;
    memcpy(&f, raw, 4);
    v.f = f;
    break;
  }
  case NM_FLOAT64: memcpy(&v.f, raw, 8); break;
  case NM_FLOAT16: {
    int e = h >> 10 & 31, m = h & 1023;
    v.f = e == 31 ? (m ? NAN : INFINITY) : e ? ldexp(1024 + m, e - 25) : ldexp(m, -24);
    if (h >> 15) v.f = -v.f;
    break;
  }
  case NM_BFLOAT16: {
    uint32_t u = (uint32_t)h << 16;
    float f;
    memcpy(&f, &u, 4);
    v.f = f;
    break;
  }
  case NM_INT64: memcpy(&v.i, raw, 8); break;
  case NM_INT32: {
    int32_t i;
    memcpy(&i, raw, 4);
    v.i = i;
    break;
  }
  case NM_INT16: {
    int16_t i;
    memcpy(&i, raw, 2);
    v.i = i;
    break;
  }
  case NM_INT8: v.i = (int8_t)raw[0]; break;
  default: v.i = raw[0]; break;
  }
  return v;
}

static inline void ref_store(nm_dtype d, void *mem, int64_t at, val v) {
  char *p = (char *)mem + at * (int64_t)nm__dtype_size(d);
  float f = (float)v.f;
  uint16_t h = d == NM_FLOAT16 ? nm__float_to_half(f) : nm__float_to_bfloat(f);
  switch (d) {
  case NM_FLOAT32: memcpy(p, &f, 4); break;
  case NM_FLOAT64: memcpy(p, &v.f, 8); break;
  case NM_FLOAT16:
  case NM_BFLOAT16: memcpy(p, &h, 2); break;
  default: memcpy(p, &v.i, nm__dtype_size(d)); break; /* little endian */
  }
}

/* A test value: mostly in [lo, hi], with the awkward ones in between. */
static inline val ref_random(nm_dtype d, double lo, double hi, bool awkward) {
  static const double odd[] = {0.0,     -0.0,     1,         -1,    0.5,   -0.5, 2.5,  -2.5,
                               3,       1e30,     -1e30,     1e-30, 1e-42, 88.5, -100, 0x1p31,
                               -0x1p31, 3e9,      1e19,      -1e19, 65520, 7e4,  1e-7, 1e300,
                               1e-310,  INFINITY, -INFINITY, NAN,   33,    20000};
  static const int64_t odd_int[] = {0,         1,   -1,    2,     -2,        255,       256,
                                    -128,      127, 32767, 65536, INT32_MAX, INT32_MIN, INT64_MAX,
                                    INT64_MIN, 3,   31,    32,    63,        64,        1000000007};
  val v = {lo + (hi - lo) * ref_unit(), 0};
  v.i = (int64_t)floor(v.f + 0.5);
  if (awkward && ref_below(4) == 0) {
    v.f = odd[ref_below((int)(sizeof odd / sizeof *odd))];
    v.i = odd_int[ref_below((int)(sizeof odd_int / sizeof *odd_int))];
  }
  if (awkward && ref_below(8) == 0) v.f = floor(v.f);
  return ref_narrow(d, v);
}

/* ---- instructions ---- */

static inline double ref_remainder(double a, double b) { /* Python's, by PyTorch */
  double r = fmod(a, b);
  return r != 0 && (b < 0) != (r < 0) ? r + b : r;
}

static inline double ref_floor_divide(double a, double b) {
  if (b == 0) return a / b;
  long double r = fmodl(a, b), q = ((long double)a - r) / b;
  if (r != 0 && (b < 0) != (r < 0)) q -= 1;
  if (q == 0) return copysign(0, a / b);
  return (double)rintl(q);
}

/* psi and Hurwitz's zeta, raised to 30 and summed there (Abramowitz & Stegun 6.3.18, 23.2) */
static const long double ref_bernoulli[] = {
    1.0L / 6,       -1.0L / 30, 1.0L / 42,      -1.0L / 30,     5.0L / 66,
    -691.0L / 2730, 7.0L / 6,   -3617.0L / 510, 43867.0L / 798, -174611.0L / 330};

static inline long double ref_digamma(long double x) {
  long double sum = 0, pi = acosl(-1);
  if (x == 0) return -copysignl(INFINITY, x);
  if (x < 0 && x == floorl(x)) return NAN;
  if (x < 0) return ref_digamma(1 - x) - pi / tanl(pi * (x - rintl(x)));
  for (; x < 30; x += 1) sum -= 1 / x;
  if (x > 1e30L) return logl(x);
  long double w = 1 / (x * x), power = w;
  sum += logl(x) - 0.5L / x;
  for (int k = 1; k <= 10; k++, power *= w) sum -= ref_bernoulli[k - 1] * power / (2 * k);
  return sum;
}

static inline long double ref_zeta(long double s, long double q) {
  long double sum = 0, factor;
  if (s == 1) return INFINITY;
  if (!(s > 1)) return NAN;
  if (isnan((double)q)) return q;
  if (q <= 0 && q == floorl(q)) return INFINITY;
  if (q < 0) return NAN;
  for (; q < 30; q += 1) sum += powl(q, -s);
  if (isinf((double)s) || isinf((double)q)) return sum + powl(q, -s);
  sum += powl(q, 1 - s) / (s - 1) + powl(q, -s) / 2;
  factor = s * powl(q, -s - 1);
  for (int k = 1; k <= 10; k++) { /* B_2k / (2k)! times s (s + 1) .. (s + 2k - 2) q^(1 - s - 2k) */
    long double f = 1;
    for (int i = 2; i <= 2 * k; i++) f *= i;
    sum += ref_bernoulli[k - 1] / f * factor;
    factor *= (s + 2 * k - 1) * (s + 2 * k) / (q * q);
  }
  return sum;
}

/* Newton's steps from a start by bisection; the complement keeps the digits near 1 */
static inline long double ref_erfinv(long double y) {
  long double u = fabsl(y), low = 0, high = 7;
  if (!(u < 1)) return u == 1 ? copysignl(INFINITY, y) : NAN;
  if (u == 0) return y;
  for (int i = 0; i < 20; i++) {
    long double m = (low + high) / 2;
    if (erfcl(m) > 1 - u)
      low = m;
    else
      high = m;
  }
  long double x = u < 1e-4L ? u * sqrtl(acosl(-1)) / 2 : (low + high) / 2;
  for (int i = 0; i < 6; i++) {
    long double f = u < 0.5L ? erfl(x) - u : (1 - u) - erfcl(x);
    x -= f * expl(x * x) * sqrtl(acosl(-1)) / 2;
  }
  return copysignl(x, y);
}

static inline long double ref_float(nm_opcode op, nm_class cls, double a, double b) {
  long double x = a;
  int sign;
  switch (op) {
  case NM_I_add: return a + b;
  case NM_I_sub: return a - b;
  case NM_I_mul: return a * b;
  case NM_I_div: return a / b;
  case NM_I_floor_divide: return ref_floor_divide(a, b);
  case NM_I_remainder: return ref_remainder(a, b);
  case NM_I_fmod: return fmod(a, b);
  case NM_I_pow: return powl(a, b);
  case NM_I_maximum: return isnan(a) || isnan(b) ? NAN : a > b ? a : b;
  case NM_I_minimum: return isnan(a) || isnan(b) ? NAN : a < b ? a : b;
  case NM_I_neg: return -a;
  case NM_I_abs: return fabs(a);
  case NM_I_sign: return a > 0 ? 1 : a < 0 ? -1 : 0;
  case NM_I_square: return a * a;
  case NM_I_relu: return isnan(a) ? a : a > 0 ? a : 0;
  case NM_I_sqrt: return sqrt(a);
  case NM_I_rsqrt: return 1 / sqrtl(x);
  case NM_I_reciprocal: return 1 / a;
  case NM_I_exp: return expl(x);
  case NM_I_log: return logl(x);
  case NM_I_sin: return sinl(x);
  case NM_I_cos: return cosl(x);
  case NM_I_tanh: return tanhl(x);
  case NM_I_sigmoid: return x < 0 ? expl(x) / (1 + expl(x)) : 1 / (1 + expl(-x));
  case NM_I_floor: return floor(a);
  case NM_I_ceil: return ceil(a);
  case NM_I_trunc: return trunc(a);
  case NM_I_round: return nearbyint(a);
  case NM_I_exp2: return exp2l(x);
  case NM_I_expm1: return expm1l(x);
  case NM_I_log2: return log2l(x);
  case NM_I_log10: return log10l(x);
  case NM_I_log1p: return log1pl(x);
  case NM_I_tan: return tanl(x);
  case NM_I_asin: return asinl(x);
  case NM_I_acos: return acosl(x);
  case NM_I_atan: return atanl(x);
  case NM_I_atan2: return atan2l(x, b);
  case NM_I_sinh: return sinhl(x);
  case NM_I_cosh: return coshl(x);
  case NM_I_asinh: return asinhl(x);
  case NM_I_acosh: return acoshl(x);
  case NM_I_atanh: return atanhl(x);
  case NM_I_erf: return erfl(x);
  case NM_I_erfc: return erfcl(x);
  case NM_I_erfinv: return ref_erfinv(x);
  case NM_I_lgamma: return lgammal_r(x, &sign);
  case NM_I_digamma: return ref_digamma(x);
  case NM_I_zeta: return ref_zeta(x, b);
  case NM_I_hypot: return hypotl(x, b);
  case NM_I_copysign: return copysign(a, b);
  case NM_I_nextafter:
    return cls == NM_F32 ? (double)nextafterf((float)a, (float)b) : nextafter(a, b);
  case NM_I_frac: return a - trunc(a);
  case NM_I_fmax: return fmax(a, b);
  case NM_I_fmin: return fmin(a, b);
  case NM_I_heaviside: return a == 0 ? b : a > 0;
  default: return NAN;
  }
}

static inline int64_t ref_compare(nm_opcode op, bool real, val a, val b) {
  bool x = real ? a.f != 0 : a.i != 0, y = real ? b.f != 0 : b.i != 0;
  switch (op) {
  case NM_I_eq: return real ? a.f == b.f : a.i == b.i;
  case NM_I_ne: return real ? a.f != b.f : a.i != b.i;
  case NM_I_lt: return real ? a.f < b.f : a.i < b.i;
  case NM_I_le: return real ? a.f <= b.f : a.i <= b.i;
  case NM_I_gt: return real ? a.f > b.f : a.i > b.i;
  case NM_I_ge: return real ? a.f >= b.f : a.i >= b.i;
  case NM_I_isnan: return real && isnan(a.f);
  case NM_I_isinf: return real && isinf(a.f);
  case NM_I_isfinite: return !real || isfinite(a.f);
  case NM_I_logical_not: return !x;
  case NM_I_logical_and: return x && y;
  case NM_I_logical_or: return x || y;
  default: return x != y;
  }
}

/* bits: 32 or 64; the result wraps when it is narrowed to that */
static inline int64_t ref_int(nm_opcode op, int bits, int64_t a, int64_t b) {
  uint64_t u = (uint64_t)a, v = (uint64_t)b;
  switch (op) {
  case NM_I_add: return (int64_t)(u + v);
  case NM_I_sub: return (int64_t)(u - v);
  case NM_I_mul:
  case NM_I_square: return (int64_t)(u * (op == NM_I_mul ? v : u));
  case NM_I_floor_divide:
    if (b == 0) return 0;
    if (b == -1) return (int64_t)(0 - u);
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
  case NM_I_remainder: {
    int64_t r = b == 0 || b == -1 ? 0 : a % b;
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
  }
  case NM_I_fmod: return b == 0 || b == -1 ? 0 : a % b;
  case NM_I_pow: {
    uint64_t y = 1;
    if (b < 0) return a == 1 ? 1 : a == -1 ? (b % 2 ? -1 : 1) : 0;
    for (uint64_t e = v; e; e >>= 1, u *= u)
      if (e & 1) y *= u;
    return (int64_t)y;
  }
  case NM_I_maximum:
  case NM_I_fmax: return a > b ? a : b;
  case NM_I_minimum:
  case NM_I_fmin: return a < b ? a : b;
  case NM_I_heaviside: return a == 0 ? b : a > 0;
  case NM_I_neg: return (int64_t)(0 - u);
  case NM_I_abs: return a < 0 ? (int64_t)(0 - u) : a;
  case NM_I_sign: return (a > 0) - (a < 0);
  case NM_I_relu: return a > 0 ? a : 0;
  case NM_I_bitwise_and: return a & b;
  case NM_I_bitwise_or: return a | b;
  case NM_I_bitwise_xor: return a ^ b;
  case NM_I_bitwise_not: return ~a;
  case NM_I_bitwise_left_shift: return b >= 0 && b < bits ? (int64_t)(u << b) : 0;
  case NM_I_bitwise_right_shift: return b >= 0 && b < bits ? a >> b : a < 0 ? -1 : 0;
  default: return a; /* floor, ceil, trunc, round */
  }
}

static inline val ref_cast(nm_class to, bool real, val v) {
  val y = {0, 0};
  if (to == NM_F32 || to == NM_F64) {
    y.f = real ? v.f : (double)v.i;
    if (to == NM_F32) y.f = real ? ref_narrow(NM_FLOAT32, v).f : (double)(float)v.i;
  } else if (!real) {
    y.i = to == NM_I32 ? (int32_t)v.i : v.i;
  } else { /* out of range saturates, NaN gives 0 */
    double top = to == NM_I32 ? 0x1p31 : 0x1p63, t = trunc(v.f);
    int64_t most = to == NM_I32 ? INT32_MAX : INT64_MAX;
    y.i = isnan(v.f) ? 0 : t >= top ? most : t < -top ? -most - 1 : (int64_t)t;
  }
  return y;
}

/* ---- comparing ---- */

/* How many units in the last place of `digits` binary digits lie between got and the true value. */
static inline double ref_ulps(nm_class cls, double got, long double want) {
  int digits = cls == NM_F32 ? 24 : 53, least = cls == NM_F32 ? -125 : -1021, e;
  long double most = cls == NM_F32 ? (long double)FLT_MAX : (long double)DBL_MAX;
  if (isnan(got) || isnan((double)want)) return isnan(got) && isnan((double)want) ? 0 : INFINITY;
  if (isinf(got)) {
    bool near = fabsl(want) > most * (1 - ldexpl(1, -digits)) && (got > 0) == (want > 0);
    return !near ? INFINITY : fabsl(want) > most ? 0 : 1;
  }
  if (isinf(want)) return INFINITY;
  frexpl(want, &e);
  if (want == 0 || e < least) e = least;
  return (double)(fabsl((long double)got - want) / ldexpl(1, e - digits));
}

#endif
