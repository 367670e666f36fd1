/* mathf.h: the functions that elementwise.def names F(f), for float, double, int32_t and int64_t.
 *
 * They are straight-line code, every choice a select, so that loops over them vectorise; float's
 * are in mathf_f32.h, double's in mathf_f64.h and special.h, powers in mathf_pow.h.  Tails,
 * infinities, NaN, -0 and subnormals are right.  Polynomials are minimax fits of the function named
 * beside them, with their relative error.  Where the processor has fused multiply-add it is used,
 * explicitly: the compiler never contracts, so scalar and vector code give the same bits. */
#ifndef NM_MATHF_H
#define NM_MATHF_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/program.h"

/* A call would keep a loop from becoming vector code. */
#define ALWAYS_INLINE inline __attribute__((always_inline))

#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define NM_FMA
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

/* The floored remainder and quotient, of the truncating remainder of a class. */
#define REMAINDERS(t, T)                                                                           \
  static inline T remainder_##t##_quick(T a, T b) {                                                \
    return floored_##t(fmod_##t##_quick(a, b), b);                                                 \
  }                                                                                                \
  static inline T remainder_##t(T a, T b) { return floored_##t(fmod_##t(a, b), b); }               \
  static inline T floordiv_##t##_quick(T a, T b) {                                                 \
    return quotient_##t(a, b, fmod_##t##_quick(a, b));                                             \
  }                                                                                                \
  static inline T floordiv_##t(T a, T b) {                                                         \
    return b == 0 ? a / b : quotient_##t(a, b, fmod_##t(a, b));                                    \
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
  /* from the remainder r that truncation leaves: the one with the sign of b */                    \
  static inline T floored_##t(T r, T b) { return ((r != 0) & ((b < 0) != (r < 0))) ? r + b : r; }  \
  /* (a - r) / b is whole but for rounding, with r the truncating remainder */                     \
  static inline T quotient_##t(T a, T b, T r) {                                                    \
    T q = (a - r) / b;                                                                             \
    q = ((r != 0) & ((b < 0) != (r < 0))) ? q - 1 : q;                                             \
    T whole = floor_##t(q);                                                                        \
    whole = q - whole > (T)0.5 ? whole + 1 : whole;                                                \
    return q == 0 ? __builtin_copysign##s((T)0, a / b) : whole;                                    \
  }                                                                                                \
  static inline bool power_is_finite_##t(T a, T b) {                                               \
    T x = __builtin_fabs##s(a);                                                                    \
    return (x > 0) & (x < (T)INFINITY) & (__builtin_fabs##s(b) < (T)INFINITY);                     \
  }                                                                                                \
  /* the special cases of C's pow; else v, which is |a|^b */                                       \
  static inline T power_ends_##t(T a, T b, T v) {                                                  \
    T x = __builtin_fabs##s(a);                                                                    \
    bool grows = (x > 1) == (b > 0); /* of infinite and zero ones */                               \
    T end = x == 1 ? (T)1 : grows ? (T)INFINITY : (T)0;                                            \
    v = power_is_finite_##t(a, b) ? v : end;                                                       \
    bool whole = rint_##t(b) == b, odd = whole & (rint_##t(b * (T)0.5) != b * (T)0.5);             \
    v = odd ? __builtin_copysign##s(v, a) : v;                                                     \
    v = ((a < 0) & !whole & (x < (T)INFINITY)) ? (T)NAN : v;                                       \
    v = ((a != a) | (b != b)) ? a + b : v;                                                         \
    return ((a == 1) | (b == 0)) ? (T)1 : v;                                                       \
  }

/* special.c */
double nm__digamma(double x);
double nm__zeta(double s, double q);

COMMON_FLOAT(f32, float, f)
COMMON_FLOAT(f64, double, )

#include "cpu/mathf_f64.h"
#include "cpu/special.h"

#include "cpu/mathf_f32.h"

#include "cpu/mathf_pow.h"

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
