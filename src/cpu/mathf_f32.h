/* mathf_f32.h: inside mathf.h: the functions of float.
 *
 * Straight-line code in float alone, so that a vector holds as many elements as it can.  The number
 * behind a function is the largest error found, in ulp.  r is what is left of the argument when the
 * nearest multiple of a period is taken off; multiples are rounded by adding ROUNDER, in whose low
 * bits the whole number then stands.  f_quick is f where most arguments lie, with the same bits;
 * loops over f check first whether a few together are there (isa_quick.h). */
#ifndef NM_MATHF_F32_H
#define NM_MATHF_F32_H

#define ROUNDER 0x1.8p23f
#define INF (float)INFINITY
#define LOG2E 0x1.715476p+0f
#define LN2_HIGH 0x1.63p-1f /* 10 bits: whole numbers times it are exact */
#define LN2_LOW -0x1.bd0106p-13f

/* p - a b exactly, where p is that product rounded */
static inline float product_error(float p, float a, float b) {
#ifdef NM_FMA
  return madd_f32(-a, b, p);
#else
  return (float)((double)p - (double)a * (double)b);
#endif
}

/* ---- exponentials ---- */

/* p 2^n, n the whole number in t, from -150 to 128: in halves, so that subnormal results and the
 * largest ones come out right. */
static inline float scaled_f32(float p, float t) {
  uint32_t n = bits_f32(t) << 23, half = (uint32_t)((int32_t)n >> 1) & 0xff800000u;
  return p * from_bits_f32(half + 0x3f800000u) * from_bits_f32(n - half + 0x3f800000u);
}
/* the same for normal results */
static inline float raised_f32(float p, float t) {
  return from_bits_f32(bits_f32(p) + (bits_f32(t) << 23));
}
/* e^r for |r| <= ln 2 / 2, 2^-27 */
static inline float exp_near(float r) {
  float p = 0x1.6d544ep-10f;
  p = madd_f32(p, r, 0x1.122a66p-7f);
  p = madd_f32(p, r, 0x1.5554e2p-5f);
  p = madd_f32(p, r, 0x1.5554acp-3f);
  p = madd_f32(p, r, 0.5f);
  p = madd_f32(p, r, 1.0f);
  return madd_f32(p, r, 1.0f);
}
/* e^r - 1 for the same, 2^-26 */
static inline float expm1_near(float r) {
  float p = 0x1.6cad1cp-10f;
  p = madd_f32(p, r, 0x1.120c86p-7f);
  p = madd_f32(p, r, 0x1.55556ap-5f);
  p = madd_f32(p, r, 0x1.5554dcp-3f);
  p = madd_f32(p, r, 0.5f);
  return madd_f32(p, r * r, r);
}
/* (2^r - 1) / r for |r| <= 1/2, 2^-27 */
static inline float exp2_slope(float r) {
  float p = 0x1.4427a4p-13f;
  p = madd_f32(p, r, 0x1.5ef7cp-10f);
  p = madd_f32(p, r, 0x1.3b2a46p-7f);
  p = madd_f32(p, r, 0x1.c6af9ap-5f);
  p = madd_f32(p, r, 0x1.ebfbep-3f);
  return madd_f32(p, r, 0x1.62e43p-1f);
}
/* Most numbers t that ROUNDER was added to, compared as integers: a NaN, too, becomes a number. */
static inline float at_most_f32(float t, float most) {
  int32_t u = (int32_t)bits_f32(t), m = (int32_t)bits_f32(most);
  return from_bits_f32((uint32_t)(u < m ? u : m));
}
static inline float exp_rest(float x, float t) { /* x less the multiple of ln 2 in t */
  float n = t - ROUNDER;
  return madd_f32(n, -LN2_LOW, madd_f32(n, -LN2_HIGH, x));
}

/* for |x| <= 87 */
static inline float exp_f32_quick(float x) { /* 0.9 */
  float t = madd_f32(x, LOG2E, ROUNDER);
  return raised_f32(exp_near(exp_rest(x, t)), t);
}
static inline float exp_f32(float x) {
  x = x < -104.0f ? -104.0f : x;
  float t = at_most_f32(madd_f32(x, LOG2E, ROUNDER), ROUNDER + 129.0f);
  return scaled_f32(exp_near(exp_rest(x, t)), t);
}
static inline float exp2_f32(float x) { /* 1.1 */
  x = x < -151.0f ? -151.0f : x;
  float t = at_most_f32(x + ROUNDER, ROUNDER + 129.0f), r = x - (t - ROUNDER);
  return scaled_f32(madd_f32(exp2_slope(r), r, 1.0f), t);
}
/* 2^n (e^r - 1) + (2^n - 1), exact near 0 where n = 0; twice the half of it, as 2^128 is none */
static inline float expm1_f32(float a) { /* 1.7 */
  float x = a < -20.0f ? -20.0f : a;
  float t = at_most_f32(madd_f32(x, LOG2E, ROUNDER), ROUNDER + 128.0f);
  float half = from_bits_f32((bits_f32(t) << 23) + 0x3f000000u);
  float e = madd_f32(half, expm1_near(exp_rest(x, t)), half - 0.5f);
  return __builtin_fabsf(a) < 0x1p-25f ? a : e + e; /* -0, and what half of is not there */
}
/* 1 / (1 + e^-x), for |x| <= 87 */
static inline float sigmoid_f32_quick(float x) { /* 2.3 */
  float t = madd_f32(x, -LOG2E, ROUNDER);
  return 1.0f / (1.0f + raised_f32(exp_near(exp_rest(-x, t)), t));
}
/* s / (s + s e^-x), s = 2^-n/2: so that neither tail overflows */
static inline float sigmoid_f32(float x) {
  x = x > 104.0f ? 104.0f : x;
  float t = at_most_f32(madd_f32(x, -LOG2E, ROUNDER), ROUNDER + 151.0f);
  float p = exp_near(exp_rest(-x, t));
  uint32_t n = bits_f32(t) << 23, half = (uint32_t)((int32_t)n >> 1) & 0xff800000u;
  float s = from_bits_f32(0x3f800000u - half);
  return s / madd_f32(p, from_bits_f32(n - half + 0x3f800000u), s);
}
/* tanh a = e / (e + 2), e = e^2a - 1; beyond 10 it is 1 in float.  r is half the rest: 2^-26 */
static inline float tanh_f32(float x) { /* 2.4 */
  float a = __builtin_fabsf(x);
  a = a > 10.0f ? 10.0f : a;
  float t = madd_f32(a, 2 * LOG2E, ROUNDER), r = madd_f32(t - ROUNDER, -0x1.62e43p-2f, a);
  float p = 0x1.6cad3ap-4f;
  p = madd_f32(p, r, 0x1.120c96p-2f);
  p = madd_f32(p, r, 0x1.55556ap-1f);
  p = madd_f32(p, r, 0x1.5554dcp0f);
  p = madd_f32(p, r, 2.0f);
  p = madd_f32(p, r * r, r + r);
  float scale = from_bits_f32((bits_f32(t) << 23) + 0x3f800000u);
  float e = madd_f32(scale, p, scale - 1.0f);
  return __builtin_copysignf(e / (e + 2.0f), x);
}
/* half of e^a for 0 <= a < 90, then the sum and the difference with its reciprocal; near 0 as
 * expm1 */
static inline float cosh_f32(float x) { /* 1.6 */
  float a = __builtin_fabsf(x);
  a = a > 90.0f ? 90.0f : a;
  float t = madd_f32(a, LOG2E, ROUNDER), e = scaled_f32(exp_near(exp_rest(a, t)), t - 1.0f);
  return e + 0.25f / e;
}
static inline float sinh_f32(float x) { /* 2.2 */
  float a = __builtin_fabsf(x);
  a = a > 89.5f ? 89.5f : a;
  float t = madd_f32(a, LOG2E, ROUNDER), p = expm1_near(exp_rest(a, t));
  float s = from_bits_f32((bits_f32(t) << 23) + 0x3e800000u); /* 2^n / 4 */
  float e = madd_f32(s, p, s - 0.25f);                        /* (e^a - 1) / 4 */
  float y = madd_f32(e, 0.25f / (e + 0.25f), e);
  return __builtin_copysignf(a < 0x1p-12f ? a : y + y, x);
}

/* ---- logarithms: x = 2^n (1 + f), 1 + f in [2/3, 4/3) ---- */

#define TWO_THIRDS 0x3f2aaaabu /* its bits */
typedef struct log_parts {
  float n, f, low; /* log(1 + f) = f + low */
} log_parts;

/* -f^2 / 2 + f^3 P(f), 2^-26 */
static inline float log_low(float f) {
  float p = -0x1.04ff46p-3f;
  p = madd_f32(p, f, 0x1.132ebp-3f);
  p = madd_f32(p, f, -0x1.f4c812p-4f);
  p = madd_f32(p, f, 0x1.211abap-3f);
  p = madd_f32(p, f, -0x1.558a74p-3f);
  p = madd_f32(p, f, 0x1.99addep-3f);
  p = madd_f32(p, f, -0x1.ffff74p-3f);
  p = madd_f32(p, f, 0x1.55554cp-2f);
  float z = f * f;
  return madd_f32(z, -0.5f, z * f * p);
}
/* of x 2^lift, a normal number above 0 */
static inline log_parts log_split(float x, float lift) {
  uint32_t u = bits_f32(x) - TWO_THIRDS;
  float f = from_bits_f32((u & 0x7fffffu) + TWO_THIRDS) - 1.0f;
  return (log_parts){(float)((int32_t)u >> 23) - lift, f, log_low(f)};
}
static inline float log_natural(log_parts l) {
  return madd_f32(l.n, LN2_HIGH, l.f + madd_f32(l.n, LN2_LOW, l.low));
}
static inline float log_binary(log_parts l) {
  float low = madd_f32(l.f, 0x1.4ae0cp-26f, l.low * LOG2E); /* what LOG2E lacks */
  return madd_f32(l.f, LOG2E, low) + l.n;
}
static inline float log_decimal(log_parts l) {
  float low = madd_f32(l.f, -0x1.5b235ep-27f, l.low * 0x1.bcb7b2p-2f);
  low = madd_f32(l.n, 0x1.04d428p-12f, low); /* log10 2, low and high part */
  return madd_f32(l.n, 0x1.34p-2f, madd_f32(l.f, 0x1.bcb7b2p-2f, low));
}
/* The quick ones are for normal numbers above 0. */
#define LOGARITHM(name, of)                                                                        \
  static inline float name##_f32_quick(float x) { return of(log_split(x, 0)); }                    \
  static inline float name##_f32(float x) {                                                        \
    bool tiny = x < 0x1p-126f;                                                                     \
    float y = of(log_split(tiny ? x * 0x1p24f : x, tiny ? 24.0f : 0.0f));                          \
    y = x == INF ? x : y;                                                                          \
    y = x == 0 ? -INF : y;                                                                         \
    return ((x < 0) | (x != x)) ? (float)NAN : y;                                                  \
  }
LOGARITHM(log, log_natural)                 /* 0.9 */
LOGARITHM(log2, log_binary)                 /* 1.5 */
LOGARITHM(log10, log_decimal)               /* 1.4 */
static inline bool is_normal_f32(float x) { /* and above 0 */
  return bits_f32(x) - 0x00800000u < 0x7f000000u;
}
/* f = 2^-n x + (2^-n - 1), with n of the rounded 1 + x; large x is brought down by 2^32 first */
static inline float log1p_f32(float a) { /* 1.7 */
  bool large = a > 0x1p60f;
  float x = large ? a * 0x1p-32f : a;
  uint32_t u = bits_f32(1.0f + x) - TWO_THIRDS;
  float s = from_bits_f32(0x3f800000u - (u & 0xff800000u)), f = madd_f32(x, s, s - 1.0f);
  float n = (float)((int32_t)u >> 23) + (large ? 32.0f : 0.0f);
  float y = log_natural((log_parts){n, f, log_low(f)});
  y = a == INF ? a : y;
  y = a == -1 ? -INF : y;
  y = a == 0 ? a : y;
  return ((a < -1) | (a != a)) ? (float)NAN : y;
}

/* ---- trigonometry ---- */

/* x - n (high + middle + low); high has 24 bits, and high n - x at most as many */
static inline float turned_f32(float x, float n, float high, float middle, float low) {
#ifdef NM_FMA
  return madd_f32(n, -low, madd_f32(n, -middle, madd_f32(n, -high, x)));
#else
  double rest = (double)x - (double)n * (double)high;
  return (float)(rest - (double)n * ((double)middle + (double)low));
#endif
}
/* sin r and cos r for |r| <= pi / 4 */
static inline void sincos_near_f32(float r, float *sine, float *cosine) {
  float z = r * r, s = 0x1.6ccbb2p-19f, c = -0x1.242188p-22f;
  s = madd_f32(s, z, -0x1.a00f68p-13f); /* (sin r - r) / r^3, 2^-37 */
  s = madd_f32(s, z, 0x1.111108p-7f);
  s = madd_f32(s, z, -0x1.555556p-3f);
  c = madd_f32(c, z, 0x1.a010f4p-16f); /* (cos r - 1 + r^2 / 2) / r^4, 2^-43 */
  c = madd_f32(c, z, -0x1.6c16b8p-10f);
  c = madd_f32(c, z, 0x1.555556p-5f);
  *sine = madd_f32(s, z * r, r);
  *cosine = madd_f32(c, z * z, madd_f32(z, -0.5f, 1.0f));
}
/* sin r for |r| <= pi / 2 and a little more, with its sign changed if the number in t is odd;
 * 2^-28. Rounding alone would take it above 1. */
static inline float sin_near(float r, float t) {
  float z = r * r, p = -0x1.de27d4p-26f;
  p = madd_f32(p, z, 0x1.746986p-19f);
  p = madd_f32(p, z, -0x1.a02e1cp-13f);
  p = madd_f32(p, z, 0x1.11114ap-7f);
  p = madd_f32(p, z, -0x1.555556p-3f);
  uint32_t y = bits_f32(madd_f32(p, z * r, r)), size = y & 0x7fffffffu;
  size = size < 0x3f800000u ? size : 0x3f800000u;
  return from_bits_f32(size | ((y ^ bits_f32(t) << 31) & 0x80000000u));
}
/* for |x| <= 2^16: the nearest multiple of pi taken off; -0 goes through as +0 */
static inline float sin_f32_quick(float x) { /* 1.8 */
  float t = madd_f32(x, 0x1.45f306p-2f, ROUNDER);
  float r = turned_f32(x, t - ROUNDER, 0x1.921fb6p+1f, -0x1.777a5cp-24f, -0x1.ee59dap-49f);
  return x == 0 ? x : sin_near(r, t);
}
/* the nearest odd multiple of pi / 2 */
static inline float cos_f32_quick(float x) { /* 1.8 */
  float t = madd_f32(x, 0x1.45f306p-2f, -0.5f) + ROUNDER, q = madd_f32(t - ROUNDER, 2.0f, 1.0f);
  float r = turned_f32(x, q, 0x1.921fb6p+0f, -0x1.777a5cp-25f, -0x1.ee59dap-50f);
  return sin_near(r, t + 1.0f);
}
/* tan r for |r| <= pi / 4, 2^-27; after an odd number of quarter turns -1 / tan r */
static inline float tan_f32_quick(float x) { /* 2.4 */
  float t = madd_f32(x, 0x1.45f306p-1f, ROUNDER);
  float r = turned_f32(x, t - ROUNDER, 0x1.921fb6p+0f, -0x1.777a5cp-25f, -0x1.ee59dap-50f);
  float z = r * r, p = 0x1.05acfp-8f;
  p = madd_f32(p, z, 0x1.e2e114p-11f);
  p = madd_f32(p, z, 0x1.4c2834p-7f);
  p = madd_f32(p, z, 0x1.615f66p-6f);
  p = madd_f32(p, z, 0x1.ba61dap-5f);
  p = madd_f32(p, z, 0x1.111056p-3f);
  p = madd_f32(p, z, 0x1.555556p-2f);
  p = madd_f32(p, z * r, r);
  bool odd = bits_f32(t) & 1;
  float y = (odd ? -1.0f : p) / (odd ? p : 1.0f);
  return x == 0 ? x : y;
}
static inline float sin_f32(float x) { return fabsf(x) <= 0x1p16f ? sin_f32_quick(x) : sinf(x); }
static inline float cos_f32(float x) { return fabsf(x) <= 0x1p16f ? cos_f32_quick(x) : cosf(x); }
static inline float tan_f32(float x) { return fabsf(x) <= 0x1p16f ? tan_f32_quick(x) : tanf(x); }

/* (atan v - v) / v for z = v^2, |v| <= 1, 2^-26 */
static inline float atan_low(float z) {
  float p = -0x1.449a16p-9f;
  p = madd_f32(p, z, 0x1.c62ea6p-7f);
  p = madd_f32(p, z, -0x1.2a759ap-5f);
  p = madd_f32(p, z, 0x1.01e514p-4f);
  p = madd_f32(p, z, -0x1.636df2p-4f);
  p = madd_f32(p, z, 0x1.c423eep-4f);
  p = madd_f32(p, z, -0x1.246f74p-3f);
  p = madd_f32(p, z, 0x1.99984cp-3f);
  p = madd_f32(p, z, -0x1.555554p-2f);
  return p * z;
}
#define HALF_PI 0x1.921fb6p+0f /* and what it lacks: */
#define HALF_PI_LOW -0x1.777a5cp-25f
/* atan x, or of 1 / x and taken from pi / 2 */
static inline float atan_f32(float a) { /* 1.3 */
  float x = __builtin_fabsf(a);
  bool far = x > 1;
  float v = far ? -1.0f / x : x, y = madd_f32(atan_low(v * v), v, far ? HALF_PI_LOW : 0.0f) + v;
  return __builtin_copysignf(far ? HALF_PI + y : y, a);
}
/* The angle of (x, y), from the smaller of |x|, |y| over the larger; C's rules for 0 and infinity.
 */
static inline float atan2_f32(float y, float x) { /* 1.5 */
  float u = __builtin_fabsf(x), v = __builtin_fabsf(y);
  float high = v > u ? v : u, low = v > u ? u : v;
  float q = low == high ? (high == 0 ? 0.0f : 1.0f) : low / high;
  float t = madd_f32(atan_low(q * q), q, q);
  t = v > u ? HALF_PI - (t - HALF_PI_LOW) : t;
  t = bits_f32(x) >> 31 ? 2 * HALF_PI - (t - 2 * HALF_PI_LOW) : t;
  float r = __builtin_copysignf(t, y);
  return ((x != x) | (y != y)) ? x + y : r;
}
/* (asin v - v) / v^3 for z = v^2 <= 1/4, 2^-26 */
static inline float asin_low(float z) {
  float p = 0x1.39fbbcp-5f;
  p = madd_f32(p, z, 0x1.b1164ap-6f);
  p = madd_f32(p, z, 0x1.70ce26p-5f);
  p = madd_f32(p, z, 0x1.332638p-4f);
  return madd_f32(p, z, 0x1.55555ep-3f);
}
/* beyond 1/2: asin x = pi / 2 - 2 asin sqrt((1 - x) / 2) */
static inline float asin_f32(float a) { /* 2.4 */
  float x = __builtin_fabsf(a), far = madd_f32(x, -0.5f, 0.5f);
  bool near = x < 0.5f;
  float z = near ? x * x : far, v = near ? x : __builtin_sqrtf(far);
  float t = madd_f32(asin_low(z), z * v, v);
  return __builtin_copysignf(near ? t : madd_f32(t, -2.0f, HALF_PI_LOW) + HALF_PI, a);
}
static inline float acos_f32(float a) { /* 1.3 */
  float x = __builtin_fabsf(a), far = madd_f32(x, -0.5f, 0.5f);
  bool near = x < 0.5f;
  float z = near ? x * x : far, v = near ? a : __builtin_copysignf(__builtin_sqrtf(far), a);
  float t = madd_f32(asin_low(z), z * v, v);
  float side = HALF_PI - (t - HALF_PI_LOW), end = a < 0 ? 2 * HALF_PI : 0.0f;
  return near ? side : end + (t + t);
}
/* ---- remainders ---- */

/* The truncating remainder while the quotient has at most 22 bits; its sign is a's.  The quotient
 * may be rounded up to a whole number, then it was one too many. */
static inline float fmod_f32_quick(float a, float b) {
  float x = __builtin_fabsf(a), y = __builtin_fabsf(b), q = __builtin_truncf(x / y);
#ifdef NM_FMA
  float r = madd_f32(-q, y, x);
#else
  float r = (float)((double)x - (double)q * (double)y);
#endif
  return __builtin_copysignf(r < 0 ? r + y : r, a);
}
static inline bool quotient_fits(float a, float b) {
  int32_t x = (int32_t)(bits_f32(a) & 0x7fffffffu), y = (int32_t)(bits_f32(b) & 0x7fffffffu);
  return (x - y < 22 << 23) & (x < 0x7f800000) & (y < 0x7f800000) & (y >= 0x00800000);
}
static inline float fmod_f32(float a, float b) {
  return quotient_fits(a, b) ? fmod_f32_quick(a, b) : fmodf(a, b);
}
REMAINDERS(f32, float)

/* ---- the error function ---- */

/* erf a = 1 - 2^-g, g = a Q(a); as expm1, so that it is exact near 0; beyond 3.93 it is 1 */
static inline float erf_f32(float x) { /* 2.6 */
  float a = __builtin_fabsf(x);
  a = a > 3.93f ? 3.93f : a;
  float p = -0x1.c015ap-17f; /* 2^-27 */
  p = madd_f32(p, a, 0x1.63edfp-13f);
  p = madd_f32(p, a, -0x1.deab7ap-11f);
  p = madd_f32(p, a, 0x1.3b3accp-9f);
  p = madd_f32(p, a, -0x1.e548fap-13f);
  p = madd_f32(p, a, -0x1.c4b924p-6f);
  p = madd_f32(p, a, 0x1.2fabe2p-3f);
  p = madd_f32(p, a, 0x1.d63ec4p-1f);
  p = madd_f32(p, a, 0x1.a0be84p0f);
  float g = -a * p, t = g + ROUNDER, r = g - (t - ROUNDER);
  float s = from_bits_f32((bits_f32(t) << 23) + 0x3f800000u);
  float e = madd_f32(s, exp2_slope(r) * r, s - 1.0f);
  return __builtin_copysignf(e, x);
}
/* e^(-a^2) F(t), t = (a - 3) / (a + 3); the square's rounding error is put back */
static inline float erfc_f32(float x) { /* 4.2 */
  float a = __builtin_fabsf(x);
  a = a > 10.1f ? 10.1f : a;
  float v = (a - 3.0f) / (a + 3.0f), p = 0x1.d49e16p-15f; /* 2^-26 */
  p = madd_f32(p, v, 0x1.e277d8p-16f);
  p = madd_f32(p, v, -0x1.37c162p-11f);
  p = madd_f32(p, v, 0x1.774746p-11f);
  p = madd_f32(p, v, 0x1.17c494p-8f);
  p = madd_f32(p, v, -0x1.8facdap-6f);
  p = madd_f32(p, v, 0x1.258b18p-4f);
  p = madd_f32(p, v, -0x1.336fe8p-3f);
  p = madd_f32(p, v, 0x1.f6ff2p-3f);
  p = madd_f32(p, v, -0x1.4e102cp-2f);
  p = madd_f32(p, v, 0x1.6e9828p-3f);
  float z = a * a, t = madd_f32(z, -LOG2E, ROUNDER), r = exp_rest(-z, t) + product_error(z, a, a);
  float far = scaled_f32(exp_near(r) * p, t);
  float q = 0x1.1c4634p-8f; /* erf x / x, |x| <= 1/2, 2^-24 */
  q = madd_f32(q, z, -0x1.b2c85ap-6f);
  q = madd_f32(q, z, 0x1.cdf864p-4f);
  q = madd_f32(q, z, -0x1.812666p-2f);
  q = madd_f32(q, z, 0x1.20dd74p0f);
  float y = x < 0 ? 2.0f - far : far;
  return a < 0.5f ? madd_f32(-x, q, 1.0f) : y;
}

/* a f(w), w = -log(1 - a^2): of w - 5/2 near the middle, of sqrt(w) - 3 beyond; 2^-24 */
static inline float erfinv_f32(float a) { /* 3.6 */
  float u = __builtin_fabsf(a), inside = (1.0f - u) * (1.0f + u);
  float w = -log_f32_quick(inside), m = w - 2.5f, t = __builtin_sqrtf(w) - 3.0f;
  float p = -0x1.2dfe9p-27f, q = -0x1.4e0e14p-13f;
  p = madd_f32(p, m, 0x1.8f123ap-26f);
  p = madd_f32(p, m, 0x1.f484aep-22f);
  p = madd_f32(p, m, -0x1.d0bfe6p-19f);
  p = madd_f32(p, m, -0x1.4d1372p-18f);
  p = madd_f32(p, m, 0x1.c9e6a4p-13f);
  p = madd_f32(p, m, -0x1.48661ap-10f);
  p = madd_f32(p, m, -0x1.11c4eap-8f);
  p = madd_f32(p, m, 0x1.f91e8ap-3f);
  q = madd_f32(q, t, 0x1.56747ep-14f);
  q = madd_f32(q, t, 0x1.52b4e4p-10f);
  q = madd_f32(q, t, -0x1.df26eep-9f);
  q = madd_f32(q, t, 0x1.79d71ap-8f);
  q = madd_f32(q, t, -0x1.f3cfbp-8f);
  q = madd_f32(q, t, 0x1.352b6cp-7f);
  q = madd_f32(q, t, 0x1.006dbap+0f);
  bool far = w > 5.0f;
  float y = madd_f32(u, far ? 0x1.6a9efep+1f : 0x1.805c5ep+0f, u * (far ? q * t : p * m));
  y = u == 1 ? INF : y;
  return __builtin_copysignf(u > 1 ? (float)NAN : y, a);
}

/* ---- the gamma function, for normal numbers above 0; in double, as it has roots there ---- */

/* Below 8 moved up by 8, from where on the first terms of Stirling's series do: lgamma a =
 * lgamma(a + 8) - log(a (a + 1) .. (a + 7)). */
static inline float lgamma_f32_quick(float a) {
  double x = a, y = a < 8 ? x + 8 : x, f = x;
  for (int k = 1; k < 8; k++) f *= x + k;
  double v = 1 / y, w = v * v, s = 1.0 / 156;
  s = madd_f64(s, w, -691.0 / 360360);
  s = madd_f64(s, w, 1.0 / 1188);
  s = madd_f64(s, w, -1.0 / 1680);
  s = madd_f64(s, w, 1.0 / 1260);
  s = madd_f64(s, w, -1.0 / 360);
  s = madd_f64(s, w, 1.0 / 12);
  s = madd_f64(s, v, 0x1.d67f1c864beb5p-1 - y); /* log(2 pi) / 2 */
  s = madd_f64(y - 0.5, log_f64(y), s);
  s = a < 8 ? s - log_f64(f) : s;
  return (a == 1) | (a == 2) ? 0.0f : (float)s;
}
static inline float lgamma_f32(float a) {
  int sign; /* lgamma itself would write a global variable */
  return is_normal_f32(a) ? lgamma_f32_quick(a) : (float)lgamma_r((double)a, &sign);
}
/* likewise: psi(a) = psi(a + 8) - (1 / a + .. + 1 / (a + 7)), the sum as a fraction */
static inline float digamma_f32_quick(float a) {
  double x = a, y = a < 8 ? x + 8 : x, above = 1, below = x;
  for (int k = 1; k < 8; k++) {
    above = madd_f64(above, x + k, below);
    below *= x + k;
  }
  double v = 1 / y, w = v * v, s = -1.0 / 12;
  s = madd_f64(s, w, 691.0 / 32760);
  s = madd_f64(s, w, -1.0 / 132);
  s = madd_f64(s, w, 1.0 / 240);
  s = madd_f64(s, w, -1.0 / 252);
  s = madd_f64(s, w, 1.0 / 120);
  s = madd_f64(s, w, -1.0 / 12);
  s = madd_f64(s, w, log_f64(y) - 0.5 * v);
  return (float)(a < 8 ? s - above / below : s);
}
static inline float digamma_f32(float a) {
  return is_normal_f32(a) ? digamma_f32_quick(a) : (float)nm__digamma((double)a);
}

/* ---- and the rest ---- */

/* whose squares are normal numbers, or both 0 */
static inline bool squares_fit(float a, float b) {
  uint32_t x = bits_f32(a) & 0x7fffffffu, y = bits_f32(b) & 0x7fffffffu, high = x > y ? x : y;
  return (high - bits_f32(0x1p-50f) < bits_f32(0x1p62f) - bits_f32(0x1p-50f)) | (high == 0);
}
static inline float hypot_f32_quick(float a, float b) {
  return __builtin_sqrtf(madd_f32(a, a, b * b));
}
static inline float hypot_f32(float a, float b) {
  double x = a, y = b;
  float r = squares_fit(a, b) ? hypot_f32_quick(a, b) : (float)__builtin_sqrt(x * x + y * y);
  bool infinite = (__builtin_fabsf(a) == INF) | (__builtin_fabsf(b) == INF);
  return infinite ? INF : r;
}
/* the bits of numbers of one sign are as their sizes */
static inline float nextafter_f32(float a, float b) {
  uint32_t u = bits_f32(a), least = (bits_f32(b) & 0x80000000u) | 1u;
  uint32_t y = a == 0 ? least : (a < b) == (a > 0) ? u + 1u : u - 1u;
  y = a == b ? bits_f32(b) : y;
  return ((a != a) | (b != b)) ? a + b : from_bits_f32(y);
}

#endif
