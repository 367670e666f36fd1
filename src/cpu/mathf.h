/* mathf.h: the functions that elementwise.def names F(f), for float, double, int32_t and int64_t.
 *
 * They are straight-line code, every choice a select, so that loops over them vectorise.  The
 * largest errors found: 1 ulp for exp and log, 1.6 for sin and cos, 2.5 for tanh and sigmoid; pow
 * only rounds.  Tails, infinities, NaN, -0 and subnormals are right.  Some float functions hold in
 * a domain (in_domain_f32 in isa_elementwise.h); f_careful covers the rest, one element at a time.
 * double leaves sin, cos, pow and the remainders to the C library.  Polynomials are minimax fits
 * (Remez) of the function named beside them, with their relative error.  Where the processor has
 * fused multiply-add it is used, explicitly: the compiler never contracts by itself, so scalar and
 * vector code give the same bits. */
#ifndef NM_MATHF_H
#define NM_MATHF_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/program.h"

#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
static inline float madd_f32(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
static inline double madd_f64(double a, double b, double c) { return __builtin_fma(a, b, c); }
#else
static inline float madd_f32(float a, float b, float c) { return a * b + c; }
static inline double madd_f64(double a, double b, double c) { return a * b + c; }
#endif

static inline uint32_t bits_f32(float x) {
  union {
    float f;
    uint32_t u;
  } v = {x};
  return v.u;
}
static inline float from_bits_f32(uint32_t x) {
  union {
    uint32_t u;
    float f;
  } v = {x};
  return v.f;
}
static inline uint64_t bits_f64(double x) {
  union {
    double f;
    uint64_t u;
  } v = {x};
  return v.u;
}
static inline double from_bits_f64(uint64_t x) {
  union {
    uint64_t u;
    double f;
  } v = {x};
  return v.f;
}

/* ---- for both float types: max and min let NaN win, relu keeps it ---- */
#define COMMON_FLOAT(t, T, s)                                                                      \
  static inline T abs_##t(T a) { return __builtin_fabs##s(a); }                                    \
  static inline T sqrt_##t(T a) { return __builtin_sqrt##s(a); }                                   \
  static inline T floor_##t(T a) { return __builtin_floor##s(a); }                                 \
  static inline T ceil_##t(T a) { return __builtin_ceil##s(a); }                                   \
  static inline T trunc_##t(T a) { return __builtin_trunc##s(a); }                                 \
  static inline T rint_##t(T a) { return __builtin_rint##s(a); }                                   \
  static inline T max_##t(T a, T b) { return ((a > b) | (a != a)) ? a : b; }                       \
  static inline T min_##t(T a, T b) { return ((a < b) | (a != a)) ? a : b; }                       \
  static inline T relu_##t(T a) { return a <= 0 ? 0 : a; }                                         \
  /* e^-|a| is at most 1, so that neither tail overflows or cancels */                             \
  static inline T sigmoid_##t(T a) {                                                               \
    T e = exp_##t(-abs_##t(a));                                                                    \
    return (a < 0 ? e : 1) / (1 + e);                                                              \
  }                                                                                                \
  /* from the remainder r that truncation leaves: the one with the sign of b */                    \
  static inline T floored_##t(T r, T b) { return ((r != 0) & ((b < 0) != (r < 0))) ? r + b : r; }  \
  /* (a - r) / b is whole but for rounding, with r the truncating remainder */                     \
  static inline T quotient_##t(T a, T b, T r) {                                                    \
    T q = (a - r) / b;                                                                             \
    q = ((r != 0) & ((b < 0) != (r < 0))) ? q - 1 : q;                                             \
    T whole = floor_##t(q);                                                                        \
    whole = q - whole > (T)0.5 ? whole + 1 : whole;                                                \
    return q == 0 ? __builtin_copysign##s((T)0, a / b) : whole;                                    \
  }

/* ---- float ---- */

/* e^x = 2^n e^r, |r| <= ln 2 / 2.  n is rounded by adding 1.5 * 2^23, whose low bits then hold it.
 * 2^n is applied in halves, so that subnormal results and the largest ones come out right. */
static inline float exp_f32(float x) {
  x = x > 89.0f ? 89.0f : x;
  x = x < -104.0f ? -104.0f : x;
  float t = madd_f32(x, 0x1.715476p+0f, 0x1.8p23f);
  float n = t - 0x1.8p23f;
  int32_t i = (int32_t)(bits_f32(t) - bits_f32(0x1.8p23f));
  float r = madd_f32(n, -0x1.63p-1f, x); /* ln 2, high part, 10 bits: n times it is exact */
  r = madd_f32(n, 0x1.bd0106p-13f, r);
  float p = 0x1.a1c10ap-13f; /* (e^r - 1 - r) / r^2, 2^-34 */
  p = madd_f32(p, r, 0x1.6d9e22p-10f);
  p = madd_f32(p, r, 0x1.111076p-7f);
  p = madd_f32(p, r, 0x1.555478p-5f);
  p = madd_f32(p, r, 0x1.555556p-3f);
  p = madd_f32(p, r, 0.5f);
  p = madd_f32(p, r * r, r) + 1.0f;
  int32_t half = i >> 1, rest = i - half;
  return p * from_bits_f32((uint32_t)(half + 127) << 23) *
         from_bits_f32((uint32_t)(rest + 127) << 23);
}

COMMON_FLOAT(f32, float, f)

/* x = 2^e (1 + f), 1 + f in [sqrt(1/2), sqrt(2)): log x = e ln 2 + f - f^2 / 2 + f^3 P(f). */
static inline float log_f32(float x) {
  bool tiny = x < 0x1p-126f;
  float s = tiny ? x * 0x1p23f : x;
  uint32_t u = bits_f32(s) - 0x3f3504f3u; /* the bits of sqrt(1/2) */
  int32_t e = (int32_t)u >> 23;
  float f = from_bits_f32((u & 0x7fffffu) + 0x3f3504f3u) - 1.0f;
  float n = (float)e - (tiny ? 23.0f : 0.0f);
  float p = 0x1.23079cp-4f; /* (log(1 + f) - f + f^2 / 2) / f^3, 2^-30 */
  p = madd_f32(p, f, -0x1.e9f81ap-4f);
  p = madd_f32(p, f, 0x1.e6ddf8p-4f);
  p = madd_f32(p, f, -0x1.fa393ap-4f);
  p = madd_f32(p, f, 0x1.231762p-3f);
  p = madd_f32(p, f, -0x1.5568a4p-3f);
  p = madd_f32(p, f, 0x1.99a6c4p-3f);
  p = madd_f32(p, f, -0x1.ffffdcp-3f);
  p = madd_f32(p, f, 0x1.555544p-2f);
  float z = f * f, low = madd_f32(n, -0x1.bd0106p-13f, p * (z * f)); /* ln 2, low part */
  low = madd_f32(z, -0.5f, low);
  float y = madd_f32(n, 0x1.63p-1f, f + low);
  y = s == (float)INFINITY ? s : y;
  y = s == 0 ? -(float)INFINITY : y;
  return ((s < 0) | (s != s)) ? (float)NAN : y;
}

/* tanh |x| = e / (e + 2) with e = exp(2|x|) - 1 = 2^n (e^r - 1) + (2^n - 1), exact near 0 where n =
 * 0. Beyond 10 it is 1 in float. */
static inline float tanh_f32(float x) {
  float a = __builtin_fabsf(x);
  a = a > 10.0f ? 10.0f : a;
  float b = a + a, t = madd_f32(b, 0x1.715476p+0f, 0x1.8p23f), n = t - 0x1.8p23f;
  float r = madd_f32(n, 0x1.bd0106p-13f, madd_f32(n, -0x1.63p-1f, b));
  float p = 0x1.a1c10ap-13f; /* as in exp */
  p = madd_f32(p, r, 0x1.6d9e22p-10f);
  p = madd_f32(p, r, 0x1.111076p-7f);
  p = madd_f32(p, r, 0x1.555478p-5f);
  p = madd_f32(p, r, 0x1.555556p-3f);
  p = madd_f32(p, r, 0.5f);
  p = madd_f32(p, r * r, r);
  float scale = from_bits_f32((bits_f32(t) << 23) + 0x3f800000u);
  float e = madd_f32(scale, p, scale - 1.0f);
  return __builtin_copysignf(e / (e + 2.0f), x);
}

/* sin r and cos r for |r| <= pi / 4, and what quadrant q makes of them */
static inline float quadrant_f32(float r, uint32_t q) {
  float z = r * r, s = 0x1.6ccbb2p-19f, c = -0x1.242188p-22f;
  s = madd_f32(s, z, -0x1.a00f68p-13f); /* (sin r - r) / r^3, 2^-37 */
  s = madd_f32(s, z, 0x1.111108p-7f);
  s = madd_f32(s, z, -0x1.555556p-3f);
  s = madd_f32(s, z * r, r);
  c = madd_f32(c, z, 0x1.a010f4p-16f); /* (cos r - 1 + r^2 / 2) / r^4, 2^-43 */
  c = madd_f32(c, z, -0x1.6c16b8p-10f);
  c = madd_f32(c, z, 0x1.555556p-5f);
  c = madd_f32(c, z * z, madd_f32(z, -0.5f, 1.0f));
  float y = q & 1 ? c : s;
  return from_bits_f32(bits_f32(y) ^ ((q & 2) << 30));
}

/* |x| <= 2^20.  The multiple of pi / 2 is taken off in double: its high part has 33 bits, and a
 * number of 20 bits times it is exact. */
static inline float turned_f32(float x, uint32_t quarter) {
  double d = x, t = d * 0x1.45f306dc9c883p-1 + 0x1.8p52, n = t - 0x1.8p52;
  double r = (d - n * 0x1.921fb544p+0) - n * 0x1.0b4611a626331p-34;
  return quadrant_f32((float)r, (uint32_t)bits_f64(t) + quarter);
}
/* -0 goes through the reduction as +0 */
static inline float sin_f32(float x) { return x == 0 ? x : turned_f32(x, 0); }
static inline float cos_f32(float x) { return turned_f32(x, 1); }
static inline float sin_f32_careful(float x) { return fabsf(x) <= 0x1p20f ? sin_f32(x) : sinf(x); }
static inline float cos_f32_careful(float x) { return fabsf(x) <= 0x1p20f ? cos_f32(x) : cosf(x); }

/* 2^(b log2 |a|) in double, with log2 m = (2 s + s^3 R(s^2)) / ln 2, s = (m - 1) / (m + 1), and the
 * special cases of C's pow.  2^b a of double's exponent range reaches all floats, so one rounding
 * does. */
static inline float pow_f32(float a, float b) {
  double x = __builtin_fabsf(a), y = b;
  uint64_t u = bits_f64(x) - 0x3fe6a09e667f3bcdu + (1023ull << 52); /* the bits of sqrt(1/2) */
  double e = from_bits_f64((u >> 52) | 0x4330000000000000u) - (0x1p52 + 1023.0);
  double m = from_bits_f64((u & 0xfffffffffffffu) + 0x3fe6a09e667f3bcdu);
  double s = (m - 1.0) / (m + 1.0), z = s * s;
  double p = 0x1.916223772ab79p-3; /* (log((1 + s) / (1 - s)) - 2 s) / s^3, 2^-45 */
  p = madd_f64(p, z, 0x1.c6261b64b3a54p-3);
  p = madd_f64(p, z, 0x1.2494200236ec2p-2);
  p = madd_f64(p, z, 0x1.9999968a5fb31p-2);
  p = madd_f64(p, z, 0x1.5555555628973p-1);
  double l = madd_f64(madd_f64(p, z, 2.0) * s, 0x1.71547652b82fep+0, e);
  l = x == 0 ? -INFINITY : l;
  l = ((x == INFINITY) | (x != x)) ? x : l;
  double t = ((l == 0) | (y == 0)) ? 0.0 : y * l;
  t = t > 200.0 ? 200.0 : t;
  t = t < -200.0 ? -200.0 : t;
  double r = t + 0x1.8p52, f = t - (r - 0x1.8p52);
  double q = 0x1.00f7a9c9f09d3p-16; /* 2^f, |f| <= 1/2, 2^-34 */
  q = madd_f64(q, f, 0x1.446c7d92ad6aep-13);
  q = madd_f64(q, f, 0x1.5d8715c3455dap-10);
  q = madd_f64(q, f, 0x1.3b29d8b5f8f4fp-7);
  q = madd_f64(q, f, 0x1.c6b08e06ddae4p-5);
  q = madd_f64(q, f, 0x1.ebfbe0aa0a82ap-3);
  q = madd_f64(q, f, 0x1.62e42fef6cdd9p-1);
  q = madd_f64(q, f, 1.0);
  float v = (float)(q * from_bits_f64((bits_f64(r) - bits_f64(0x1.8p52) + 1023u) << 52));
  bool whole = rint_f32(b) == b, odd = whole & (rint_f32(b * 0.5f) != b * 0.5f);
  v = odd ? __builtin_copysignf(v, a) : v;
  v = ((a < 0) & !whole & (x < INFINITY)) ? (float)NAN : v;
  v = b != b ? b : v;
  return ((a == 1) | (b == 0)) ? 1.0f : v;
}

/* The truncating remainder: exact in double while the quotient has at most 28 bits; its sign is
 * a's. */
static inline float fmod_f32(float a, float b) {
  double x = a, y = b;
  return __builtin_copysignf((float)(x - __builtin_trunc(x / y) * y), a);
}
static inline float fmod_f32_careful(float a, float b) {
  return fabsf(a / b) < 0x1p28f && fabsf(b) < INFINITY ? fmod_f32(a, b) : fmodf(a, b);
}
static inline float remainder_f32(float a, float b) { return floored_f32(fmod_f32(a, b), b); }
static inline float remainder_f32_careful(float a, float b) {
  return floored_f32(fmod_f32_careful(a, b), b);
}
static inline float floordiv_f32(float a, float b) { return quotient_f32(a, b, fmod_f32(a, b)); }
static inline float floordiv_f32_careful(float a, float b) {
  return b == 0 ? a / b : quotient_f32(a, b, fmod_f32_careful(a, b));
}

/* ---- double: the same formulas, longer ---- */

static inline double exp_f64(double x) {
  x = x > 710.0 ? 710.0 : x;
  x = x < -746.0 ? -746.0 : x;
  double t = madd_f64(x, 0x1.71547652b82fep+0, 0x1.8p52);
  double n = t - 0x1.8p52;
  uint64_t i =
      bits_f64(t) - bits_f64(0x1.8p52) + 2048u; /* above 0, so that a plain shift halves it */
  double r = madd_f64(n, -0x1.62e42fee00000p-1, x);
  r = madd_f64(n, -0x1.a39ef35793c76p-33, r);
  double p = 0x1.1fa1418e080dep-29; /* (e^r - 1 - r) / r^2, 2^-63 */
  p = madd_f64(p, r, 0x1.af721278ca5c8p-26);
  p = madd_f64(p, r, 0x1.27e4bce892e53p-22);
  p = madd_f64(p, r, 0x1.71ddec915e18ep-19);
  p = madd_f64(p, r, 0x1.a01a01b57c929p-16);
  p = madd_f64(p, r, 0x1.a01a01b4eda17p-13);
  p = madd_f64(p, r, 0x1.6c16c16c13166p-10);
  p = madd_f64(p, r, 0x1.111111110e8a1p-7);
  p = madd_f64(p, r, 0x1.555555555555ep-5);
  p = madd_f64(p, r, 0x1.555555555555cp-3);
  p = madd_f64(p, r, 0.5);
  p = madd_f64(p, r * r, r) + 1.0;
  uint64_t half = i >> 1, rest = i - half;
  return p * from_bits_f64((half - 1u) << 52) * from_bits_f64((rest - 1u) << 52); /* 1023 - 1024 */
}

COMMON_FLOAT(f64, double, )

/* log(1 + f) = 2 s + s^3 R(s^2), s = f / (2 + f), and 2 s = f - s f, where f is exact. */
static inline double log_f64(double x) {
  bool tiny = x < 0x1p-1022;
  double v = tiny ? x * 0x1p52 : x;
  uint64_t u = bits_f64(v) - 0x3fe6a09e667f3bcdu + (1023ull << 52);
  double n =
      from_bits_f64((u >> 52) | 0x4330000000000000u) - (0x1p52 + 1023.0) - (tiny ? 52.0 : 0.0);
  double f = from_bits_f64((u & 0xfffffffffffffu) + 0x3fe6a09e667f3bcdu) - 1.0;
  double s = f / (2.0 + f), z = s * s, h = 0.5 * f * f;
  double p = 0x1.2f5723cd59b19p-3; /* (log((1 + s) / (1 - s)) - 2 s) / s^3, 2^-59 */
  p = madd_f64(p, z, 0x1.3999f70840165p-3);
  p = madd_f64(p, z, 0x1.7466884a6ea3bp-3);
  p = madd_f64(p, z, 0x1.c71c50b688ef1p-3);
  p = madd_f64(p, z, 0x1.2492494379623p-2);
  p = madd_f64(p, z, 0x1.999999997e3e2p-2);
  p = madd_f64(p, z, 0x1.5555555555597p-1);
  double low =
      madd_f64(n, 0x1.a39ef35793c76p-33, s * madd_f64(p, z, h)); /* f - f^2/2 + s (f^2/2 + ..) */
  double y = madd_f64(n, 0x1.62e42fee00000p-1, f - (h - low));
  y = v == INFINITY ? v : y;
  y = v == 0 ? -INFINITY : y;
  return ((v < 0) | (v != v)) ? (double)NAN : y;
}

static inline double tanh_f64(double x) {
  double a = __builtin_fabs(x), z = x * x;
  double p = 0x1.da63a66e34600p-18; /* (tanh x - x) / x^3, |x| <= 0.57, 2^-64 */
  p = madd_f64(p, z, -0x1.0ed428785757dp-15);
  p = madd_f64(p, z, 0x1.87e5044c12cfep-14);
  p = madd_f64(p, z, -0x1.f3123527f2a56p-13);
  p = madd_f64(p, z, 0x1.3534fd3d61d20p-11);
  p = madd_f64(p, z, -0x1.7da0a2081c9ebp-10);
  p = madd_f64(p, z, 0x1.d6d3aada4f01fp-9);
  p = madd_f64(p, z, -0x1.226e34af0fc8bp-7);
  p = madd_f64(p, z, 0x1.664f487eb9088p-6);
  p = madd_f64(p, z, -0x1.ba1ba1ba0db51p-5);
  p = madd_f64(p, z, 0x1.1111111111050p-3);
  p = madd_f64(p, z, -0x1.5555555555555p-2);
  double near = madd_f64(p, z * x, x);
  double far = 1.0 - 2.0 / (exp_f64(a + a) + 1.0);
  return __builtin_copysign(a < 0.55 ? near : far, x); /* also -0 */
}

static inline double sin_f64(double x) { return sin(x); }
static inline double cos_f64(double x) { return cos(x); }
static inline double pow_f64(double a, double b) { return pow(a, b); }
static inline double fmod_f64(double a, double b) { return fmod(a, b); }
static inline double remainder_f64(double a, double b) { return floored_f64(fmod(a, b), b); }
static inline double floordiv_f64(double a, double b) {
  return b == 0 ? a / b : quotient_f64(a, b, fmod(a, b));
}

#include "cpu/special.h"

/* ---- integers: everything wraps; what is refused above (division by 0) must only not trap ---- */
#define COMMON_INT(t, T, U)                                                                        \
  static inline T abs_##t(T a) { return a < 0 ? -a : a; }                                          \
  static inline T max_##t(T a, T b) { return a > b ? a : b; }                                      \
  static inline T min_##t(T a, T b) { return a < b ? a : b; }                                      \
  static inline T relu_##t(T a) { return a > 0 ? a : 0; }                                          \
  static inline T fmod_##t(T a, T b) { return ((b == 0) | (b == -1)) ? 0 : a % b; }                \
  static inline T remainder_##t(T a, T b) {                                                        \
    T r = fmod_##t(a, b);                                                                          \
    return ((r != 0) & ((r ^ b) < 0)) ? r + b : r;                                                 \
  }                                                                                                \
  static inline T floordiv_##t(T a, T b) {                                                         \
    if (b == 0) return 0;                                                                          \
    if (b == -1) return -a; /* the smallest number wraps; idiv would trap */                       \
    T q = a / b;                                                                                   \
    return ((a % b != 0) & ((a ^ b) < 0)) ? q - 1 : q;                                             \
  }                                                                                                \
  static inline T shl_##t(T a, T b) {                                                              \
    return (U)b < sizeof(T) * 8 ? (T)((U)a << ((U)b & (sizeof(T) * 8 - 1))) : 0;                   \
  }                                                                                                \
  static inline T shr_##t(T a, T b) {                                                              \
    U most = sizeof(T) * 8 - 1; /* further than that only the sign is left */                      \
    return a >> ((U)b < most ? (U)b : most);                                                       \
  }                                                                                                \
  static inline T pow_##t(T a, T b) {                                                              \
    if (b < 0) return a == 1 ? 1 : a == -1 ? (b & 1 ? -1 : 1) : 0;                                 \
    T y = 1;                                                                                       \
    for (; b; b >>= 1, a *= a)                                                                     \
      if (b & 1) y *= a;                                                                           \
    return y;                                                                                      \
  }
COMMON_INT(i32, int32_t, uint32_t)
COMMON_INT(i64, int64_t, uint64_t)

/* ---- between the classes: out of range saturates, NaN gives 0 ---- */
#define TO_INT(f, F, i, I, LOW, HIGH, BELOW)                                                       \
  static inline I f##_to_##i(F a) {                                                                \
    F inside = a >= HIGH ? BELOW : a < LOW ? LOW : a;                                              \
    inside = a != a ? 0 : inside;                                                                  \
    return a >= HIGH ? (I) ~((I)1 << (sizeof(I) * 8 - 1)) : (I)inside;                             \
  }
TO_INT(f32, float, i32, int32_t, -0x1p31f, 0x1p31f, 0x1.fffffep30f)
TO_INT(f32, float, i64, int64_t, -0x1p63f, 0x1p63f, 0x1.fffffep62f)
TO_INT(f64, double, i32, int32_t, -0x1p31, 0x1p31, 0x1.fffffffcp30)
TO_INT(f64, double, i64, int64_t, -0x1p63, 0x1p63, 0x1.fffffffffffffp62)

/* ---- half precision, as nm__half_to_float and nm__float_to_half, without a branch ---- */
static inline float from_float16(uint16_t h) {
  uint32_t rest = (uint32_t)(h & 0x7fffu) << 13, sign = (uint32_t)(h & 0x8000u) << 16;
  uint32_t finite =
      bits_f32(from_bits_f32(rest) * 0x1p112f); /* moves the exponent's bias, normalises */
  return from_bits_f32(((h & 0x7c00u) == 0x7c00u ? rest | 0x7f800000u : finite) | sign);
}
static inline uint16_t to_float16(float f) {
  uint32_t u = bits_f32(f), sign = (u >> 16) & 0x8000u, rest = u & 0x7fffffffu;
  uint32_t normal = (rest + 0xfffu + ((rest >> 13) & 1u) - 0x38000000u) >> 13; /* ties to even */
  uint32_t small = bits_f32(from_bits_f32(rest) + 0.5f) - 0x3f000000u; /* the sum rounds to 2^-24 */
  uint32_t y = rest < 0x38800000u ? small : normal;
  y = rest >= 0x47800000u ? 0x7c00u : y;
  y = rest > 0x7f800000u ? 0x7e00u | ((rest >> 13) & 0x1ffu) : y;
  return (uint16_t)(sign | y);
}
static inline float from_bfloat16(uint16_t h) { return from_bits_f32((uint32_t)h << 16); }
static inline uint16_t to_bfloat16(float f) {
  uint32_t u = bits_f32(f);
  uint32_t y = (u + 0x7fffu + ((u >> 16) & 1u)) >> 16;
  return (uint16_t)((u & 0x7fffffffu) > 0x7f800000u ? (u >> 16) | 0x40u : y);
}

#endif
