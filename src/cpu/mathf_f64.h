/* mathf_f64.h: inside mathf.h: the functions of double, as mathf_f32.h has float's.  The largest
 * errors found: 1.1 ulp for exp, exp2, log and hypot, 2 for log2, log10, log1p, expm1, sin, cos,
 * the arcs and tanh, 3.3 for the rest. */
#ifndef NM_MATHF_F64_H
#define NM_MATHF_F64_H

/* ---- exponentials ---- */

#define ROUNDER_F64 0x1.8p52

/* p 2^n, n the whole number in t, from -1078 to 1025: in halves, so that subnormal results and the
 * largest ones come out right.  The numbers are moved above 0, where a plain shift halves them. */
static inline double scaled_f64(double p, double t) {
  uint64_t i = bits_f64(t) - bits_f64(ROUNDER_F64) + 2048u, half = i >> 1, rest = i - half;
  return p * from_bits_f64((half - 1u) << 52) * from_bits_f64((rest - 1u) << 52); /* 1023 - 1024 */
}
/* e^r - 1 for |r| <= ln 2 / 2 */
static inline double expm1_near_f64(double r) {
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
  return madd_f64(p, r * r, r);
}
static inline double exp_rest_f64(double x, double t) { /* x less the multiple of ln 2 in t */
  double n = t - ROUNDER_F64;
  return madd_f64(n, -0x1.a39ef35793c76p-33, madd_f64(n, -0x1.62e42fee00000p-1, x));
}
static inline double rounded_ln2_f64(double x) { /* x / ln 2, ready for the above */
  return madd_f64(x, 0x1.71547652b82fep+0, ROUNDER_F64);
}
/* for |x| <= 708 */
static inline double exp_f64_quick(double x) {
  double t = rounded_ln2_f64(x), e = expm1_near_f64(exp_rest_f64(x, t)) + 1.0;
  return from_bits_f64(bits_f64(e) + (bits_f64(t) << 52));
}
static inline double exp_f64(double x) {
  x = x > 710.0 ? 710.0 : x;
  x = x < -746.0 ? -746.0 : x;
  double t = rounded_ln2_f64(x);
  return scaled_f64(expm1_near_f64(exp_rest_f64(x, t)) + 1.0, t);
}
static inline double exp2_f64(double x) {
  x = x > 1025.0 ? 1025.0 : x;
  x = x < -1078.0 ? -1078.0 : x;
  double t = x + ROUNDER_F64, r = x - (t - ROUNDER_F64), v = r * 0x1.62e42fefa39efp-1;
  double low = madd_f64(r, 0x1.62e42fefa39efp-1, -v) + r * 0x1.abc9e3b39803fp-56;
  return scaled_f64(expm1_near_f64(v) + low + 1.0, t);
}
/* 2^n (e^r - 1) + (2^n - 1), exact near 0 where n = 0; twice the half of it, as 2^1024 is none */
static inline double expm1_f64(double a) {
  double x = a > 710.0 ? 710.0 : a;
  x = x < -40.0 ? -40.0 : x;
  double t = rounded_ln2_f64(x), half = from_bits_f64((bits_f64(t) << 52) + (1022ull << 52));
  double e = madd_f64(half, expm1_near_f64(exp_rest_f64(x, t)), half - 0.5);
  return __builtin_fabs(a) < 0x1p-54 ? a : e + e; /* -0, and what half of is not there */
}
/* of a quarter of e^a - 1, a <= 710.5: (e^a - e^-a) / 2 = 2 (e + e / 4 / (e + 1/4)) */
static inline double sinh_f64(double x) {
  double a = __builtin_fabs(x);
  a = a > 710.5 ? 710.5 : a;
  double t = rounded_ln2_f64(a), s = from_bits_f64((bits_f64(t) << 52) + (1021ull << 52));
  double e = madd_f64(s, expm1_near_f64(exp_rest_f64(a, t)), s - 0.25);
  double y = madd_f64(e, 0.25 / (e + 0.25), e);
  return __builtin_copysign(a < 0x1p-27 ? a : y + y, x);
}
static inline double cosh_f64(double x) {
  double a = __builtin_fabs(x);
  a = a > 711.0 ? 711.0 : a;
  double t = rounded_ln2_f64(a);
  double e = scaled_f64(expm1_near_f64(exp_rest_f64(a, t)) + 1.0, t - 1.0);
  return e + 0.25 / e;
}
/* e^-|a| is at most 1, so that neither tail overflows or cancels */
static inline double sigmoid_f64(double a) {
  double e = exp_f64(-__builtin_fabs(a));
  return (a < 0 ? e : 1) / (1 + e);
}

/* ---- logarithms: x = 2^n (1 + f), 1 + f in [sqrt(1/2), sqrt(2)) ---- */

#define ROOT_HALF 0x3fe6a09e667f3bcdu /* its bits */
typedef struct log_parts_f64 {
  double n, f, low; /* log(1 + f) = f - low */
} log_parts_f64;

/* log(1 + f) = 2 s + s^3 R(s^2), s = f / (2 + f), and 2 s = f - s f */
static inline double log_low_f64(double f) {
  double s = f / (2.0 + f), z = s * s, h = 0.5 * f * f;
  double p = 0x1.2f5723cd59b19p-3; /* (log((1 + s) / (1 - s)) - 2 s) / s^3, 2^-59 */
  p = madd_f64(p, z, 0x1.3999f70840165p-3);
  p = madd_f64(p, z, 0x1.7466884a6ea3bp-3);
  p = madd_f64(p, z, 0x1.c71c50b688ef1p-3);
  p = madd_f64(p, z, 0x1.2492494379623p-2);
  p = madd_f64(p, z, 0x1.999999997e3e2p-2);
  p = madd_f64(p, z, 0x1.5555555555597p-1);
  return h - s * madd_f64(p, z, h); /* log(1 + f) = f - f^2 / 2 + s (f^2 / 2 + ..) */
}
static inline double log_exponent_f64(uint64_t u) { /* of bits, less those of sqrt(1/2) */
  return from_bits_f64(((u + (1023ull << 52)) >> 52) | 0x4330000000000000u) - (0x1p52 + 1023.0);
}
static inline double log_natural_f64(log_parts_f64 l) {
  double low = madd_f64(l.n, 0x1.a39ef35793c76p-33, -l.low);
  return madd_f64(l.n, 0x1.62e42fee00000p-1, l.f + low);
}
static inline double log_binary_f64(log_parts_f64 l) {
  double low = madd_f64(l.f, 0x1.777d0ffda0d24p-56, -l.low * 0x1.71547652b82fep+0);
  return madd_f64(l.f, 0x1.71547652b82fep+0, low) + l.n;
}
static inline double log_decimal_f64(log_parts_f64 l) {
  double low = madd_f64(l.f, 0x1.95355baaafad3p-57, -l.low * 0x1.bcb7b1526e50ep-2);
  low = madd_f64(l.n, 0x1.fef311f12b358p-46, low); /* log10 2, low and high part */
  return madd_f64(l.n, 0x1.34413509f7800p-2, madd_f64(l.f, 0x1.bcb7b1526e50ep-2, low));
}
#define LOGARITHM(name, of)                                                                        \
  static inline double name##_f64(double x) {                                                      \
    bool tiny = x < 0x1p-1022;                                                                     \
    uint64_t u = bits_f64(tiny ? x * 0x1p52 : x) - ROOT_HALF;                                      \
    double f = from_bits_f64((u & 0xfffffffffffffu) + ROOT_HALF) - 1.0;                            \
    double n = log_exponent_f64(u) - (tiny ? 52.0 : 0.0);                                          \
    double y = of((log_parts_f64){n, f, log_low_f64(f)});                                          \
    y = x == INFINITY ? x : y;                                                                     \
    y = x == 0 ? -INFINITY : y;                                                                    \
    return ((x < 0) | (x != x)) ? (double)NAN : y;                                                 \
  }
LOGARITHM(log, log_natural_f64)
LOGARITHM(log2, log_binary_f64)
LOGARITHM(log10, log_decimal_f64)
#undef LOGARITHM
/* f = 2^-n x + (2^-n - 1), with n of the rounded 1 + x; large x is brought down by 2^256 first */
static inline double log1p_f64(double a) {
  bool large = a > 0x1p500;
  double x = large ? a * 0x1p-256 : a;
  uint64_t u = bits_f64(1.0 + x) - ROOT_HALF;
  double s = from_bits_f64((1023ull << 52) - (u & 0xfff0000000000000u));
  double f = madd_f64(x, s, s - 1.0), n = log_exponent_f64(u) + (large ? 256.0 : 0.0);
  double y = log_natural_f64((log_parts_f64){n, f, log_low_f64(f)});
  y = a == INFINITY ? a : y;
  y = a == -1 ? -INFINITY : y;
  y = a == 0 ? a : y;
  return ((a < -1) | (a != a)) ? (double)NAN : y;
}

/* Beyond 2^500, where squares are too large, what is added to a is a. */
static inline double asinh_f64(double a) {
  double x = __builtin_fabs(a), s = x * x;
  bool large = x > 0x1p500;
  double y = log1p_f64(large ? x : x + s / (1 + __builtin_sqrt(s + 1)));
  return __builtin_copysign(large ? y + 0x1.62e42fefa39efp-1 : y, a);
}
static inline double acosh_f64(double a) {
  double t = a - 1;
  bool large = a > 0x1p500;
  double y = log1p_f64(large ? a : t + __builtin_sqrt(t * (t + 2)));
  return t < 0 ? (double)NAN : large ? y + 0x1.62e42fefa39efp-1 : y;
}
static inline double atanh_f64(double a) {
  double x = __builtin_fabs(a);
  return __builtin_copysign(0.5 * log1p_f64(2 * x / (1 - x)), a);
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

/* sin r and cos r for |r| <= pi / 4 */
static inline void sincos_near_f64(double r, double *sine, double *cosine) {
  double z = r * r, s = 0x1.5e109968ccc4ep-33, c = -0x1.9072ef8c4bc98p-37;
  s = madd_f64(s, z, -0x1.ae601e69dd1cap-26); /* (sin r - r) / r^3, 2^-56 */
  s = madd_f64(s, z, 0x1.71de37af64ecep-19);
  s = madd_f64(s, z, -0x1.a01a019e9f793p-13);
  s = madd_f64(s, z, 0x1.1111111110c7dp-7);
  s = madd_f64(s, z, -0x1.5555555555555p-3);
  c = madd_f64(c, z, 0x1.1eeb57182ff72p-29); /* (cos r - 1 + r^2 / 2) / r^4, 2^-60 */
  c = madd_f64(c, z, -0x1.27e4fa024983p-22);
  c = madd_f64(c, z, 0x1.a01a019f37dadp-16);
  c = madd_f64(c, z, -0x1.6c16c16c168c9p-10);
  c = madd_f64(c, z, 0x1.5555555555555p-5);
  *sine = madd_f64(s, z * r, r);
  double h = 0.5 * z, w = 1 - h; /* cos r = 1 - z / 2 + z^2 P, with what 1 - z / 2 loses */
  *cosine = w + madd_f64(c, z * z, (1 - w) - h);
}

/* x less the multiple of pi / 2 in t, |x| <= 2^20: the first two parts have 33 bits, so that whole
 * numbers times them are exact */
static inline double turned_f64(double x, double t) {
  double n = t - ROUNDER_F64, r = madd_f64(n, -0x1.921fb54400000p+0, x);
  return madd_f64(n, -0x1.3198a2e037073p-69, madd_f64(n, -0x1.0b4611a600000p-34, r));
}
static inline double quadrant_f64(double x, uint64_t quarter) {
  double t = madd_f64(x, 0x1.45f306dc9c883p-1, ROUNDER_F64), s, c;
  sincos_near_f64(turned_f64(x, t), &s, &c);
  uint64_t q = bits_f64(t) + quarter;
  return from_bits_f64(bits_f64(q & 1 ? c : s) ^ (q & 2) << 62);
}
static inline double sin_f64_quick(double x) { return x == 0 ? x : quadrant_f64(x, 0); }
static inline double cos_f64_quick(double x) { return quadrant_f64(x, 1); }
static inline double tan_f64_quick(double x) {
  double t = madd_f64(x, 0x1.45f306dc9c883p-1, ROUNDER_F64), s, c;
  sincos_near_f64(turned_f64(x, t), &s, &c);
  bool odd = bits_f64(t) & 1;
  double y = (odd ? -c : s) / (odd ? s : c);
  return x == 0 ? x : y;
}
static inline bool turns_fit_f64(double x) { return __builtin_fabs(x) <= 0x1p20; }
static inline double sin_f64(double x) { return turns_fit_f64(x) ? sin_f64_quick(x) : sin(x); }
static inline double cos_f64(double x) { return turns_fit_f64(x) ? cos_f64_quick(x) : cos(x); }
static inline double tan_f64(double x) { return turns_fit_f64(x) ? tan_f64_quick(x) : tan(x); }

/* atan v for |v| <= tan(pi / 8), less v; 2^-60 */
static inline double atan_low_f64(double v) {
  double z = v * v, p = 0x1.fb77452fd21c1p-7;
  p = madd_f64(p, z, -0x1.14bb282e57ef3p-5);
  p = madd_f64(p, z, 0x1.7215bbf56abcep-5);
  p = madd_f64(p, z, -0x1.abcc0e19a8a61p-5);
  p = madd_f64(p, z, 0x1.e17f36a17f424p-5);
  p = madd_f64(p, z, -0x1.110d2ed968d44p-4);
  p = madd_f64(p, z, 0x1.3b137c20cbacbp-4);
  p = madd_f64(p, z, -0x1.745d1567ee976p-4);
  p = madd_f64(p, z, 0x1.c71c71bca8866p-4);
  p = madd_f64(p, z, -0x1.2492492481cb9p-3);
  p = madd_f64(p, z, 0x1.9999999999815p-3);
  p = madd_f64(p, z, -0x1.5555555555555p-2);
  return p * (z * v);
}
#define HALF_PI_F64 0x1.921fb54442d18p+0 /* and what it lacks: */
#define HALF_PI_LOW_F64 0x1.1a62633145c07p-54
/* atan(y / x) for 0 <= y <= x: from tan(pi / 8) on turned by pi / 4 */
static inline double atan_ratio_f64(double y, double x) {
  bool far = y > 0x1.a827999fcef32p-2 * x;
  double v = (far ? y - x : y) / (far ? y + x : x), t = atan_low_f64(v);
  return far ? HALF_PI_F64 / 2 + (v + (t + HALF_PI_LOW_F64 / 2)) : v + t;
}
static inline double atan_f64(double a) {
  double x = __builtin_fabs(a);
  bool over = x > 1;
  double u = x > 0x1p1000 ? 0x1p1000 : x; /* so that no infinities are divided */
  double t = atan_ratio_f64(over ? 1 : u, over ? u : 1);
  t = over ? HALF_PI_F64 - (t - HALF_PI_LOW_F64) : t;
  return a != a ? a : __builtin_copysign(t, a);
}
/* The angle of (x, y), from the smaller of |x|, |y| over the larger; C's rules for 0 and infinity.
 * Both are brought near 1 first: their sum could be too large, their quotient's parts too small. */
static inline double atan2_f64(double y, double x) {
  double u = __builtin_fabs(x), v = __builtin_fabs(y);
  double high = v > u ? v : u, low = v > u ? u : v;
  double by = high > 0x1p500 ? 0x1p-100 : high < 0x1p-500 ? 0x1p500 : 1;
  bool same = low == high, none = high == 0;
  double t = atan_ratio_f64(same ? (none ? 0.0 : 1.0) : low * by, same ? 1.0 : high * by);
  t = (high == INFINITY) & !same ? 0.0 : t;
  t = v > u ? HALF_PI_F64 - (t - HALF_PI_LOW_F64) : t;
  t = bits_f64(x) >> 63 ? 2 * HALF_PI_F64 - (t - 2 * HALF_PI_LOW_F64) : t;
  double r = __builtin_copysign(t, y);
  return ((x != x) | (y != y)) ? x + y : r;
}
/* (asin v - v) / v^3 for z = v^2 <= 1/4, 2^-58 */
static inline double asin_low_f64(double z) {
  double p = 0x1.dc6905434ddcdp-6;
  p = madd_f64(p, z, -0x1.f6744bcdc13b3p-7);
  p = madd_f64(p, z, 0x1.224dcb3a3601dp-6);
  p = madd_f64(p, z, 0x1.5dc12cbedf1a3p-8);
  p = madd_f64(p, z, 0x1.5336524f28db7p-7);
  p = madd_f64(p, z, 0x1.77ff42ab32fa6p-7);
  p = madd_f64(p, z, 0x1.c9d336dfb817cp-7);
  p = madd_f64(p, z, 0x1.1c4d0fc1b660ep-6);
  p = madd_f64(p, z, 0x1.6e8bb383c0f08p-6);
  p = madd_f64(p, z, 0x1.f1c71c1187edcp-6);
  p = madd_f64(p, z, 0x1.6db6db6e48dffp-5);
  p = madd_f64(p, z, 0x1.3333333332d9ep-4);
  return madd_f64(p, z, 0x1.5555555555556p-3);
}
/* beyond 1/2: asin x = pi / 2 - 2 asin sqrt((1 - x) / 2) */
static inline double asin_f64(double a) {
  double x = __builtin_fabs(a), far = 0.5 - 0.5 * x;
  bool near = x < 0.5;
  double z = near ? x * x : far, v = near ? x : __builtin_sqrt(far);
  double t = madd_f64(asin_low_f64(z), z * v, v);
  return __builtin_copysign(near ? t : madd_f64(t, -2.0, HALF_PI_LOW_F64) + HALF_PI_F64, a);
}
static inline double acos_f64(double a) {
  double x = __builtin_fabs(a), far = 0.5 - 0.5 * x;
  bool near = x < 0.5;
  double z = near ? x * x : far, v = near ? a : __builtin_copysign(__builtin_sqrt(far), a);
  double t = madd_f64(asin_low_f64(z), z * v, v);
  double side = HALF_PI_F64 - (t - HALF_PI_LOW_F64), end = a < 0 ? 2 * HALF_PI_F64 : 0.0;
  return near ? side : end + (t + t);
}

/* ---- the error function: x + x P(x^2) near 0; from 3/4 on its complement, e^(-a^2) G(t) / (1 +
 * 2 a), t = (a - 3) / (a + 3) ---- */

static inline double erf_near_f64(double x) {
  double z = x * x, p = 0x1.91aea81d12cdcp-27; /* erf x / x - 1, 2^-56 */
  p = madd_f64(p, z, -0x1.57b0f7052fc6fp-23);
  p = madd_f64(p, z, 0x1.b946a8baf3a43p-20);
  p = madd_f64(p, z, -0x1.f4cacef7e21cdp-17);
  p = madd_f64(p, z, 0x1.f9a2f425b5c01p-14);
  p = madd_f64(p, z, -0x1.c02db379ebc88p-11);
  p = madd_f64(p, z, 0x1.565bcd103fe3bp-8);
  p = madd_f64(p, z, -0x1.b82ce312abf0fp-6);
  p = madd_f64(p, z, 0x1.ce2f21a0437e7p-4);
  p = madd_f64(p, z, -0x1.812746b037ap-2);
  p = madd_f64(p, z, 0x1.06eba8214db69p-3);
  return madd_f64(p, x, x);
}
static inline double erfc_far_f64(double x) { /* x >= 3/4; from 27.3 on it is 0 */
  double a = x > 27.3 ? 27.3 : x;
  double v = (a - 3) / (a + 3), p = 0x1.68c53cea26039p-24; /* 2^-54 */
  p = madd_f64(p, v, -0x1.27aec582acca8p-24);
  p = madd_f64(p, v, -0x1.4935e3ffa8b35p-21);
  p = madd_f64(p, v, 0x1.3be918d85349ap-22);
  p = madd_f64(p, v, 0x1.d30aa224a1f27p-19);
  p = madd_f64(p, v, -0x1.781ed64123bbp-21);
  p = madd_f64(p, v, -0x1.5155579dac0a8p-16);
  p = madd_f64(p, v, 0x1.4b86cbdb63068p-18);
  p = madd_f64(p, v, 0x1.065b5d9e51dbap-13);
  p = madd_f64(p, v, -0x1.b910941cd89cap-14);
  p = madd_f64(p, v, -0x1.98db5f48fd2b8p-11);
  p = madd_f64(p, v, 0x1.ef1bd9c610edep-10);
  p = madd_f64(p, v, 0x1.4b884ea62da46p-9);
  p = madd_f64(p, v, -0x1.8574c407fee66p-6);
  p = madd_f64(p, v, 0x1.17ca2877c49c8p-4);
  p = madd_f64(p, v, -0x1.e88b803a51bf9p-4);
  p = madd_f64(p, v, 0x1.098366a5b4fb4p-3);
  p = madd_f64(p, v, -0x1.85a15c58aa203p-5);
  p = madd_f64(p, v, -0x1.15c084bb9e903p-3);
  p = madd_f64(p, v, 0x1.40c522d7e4987p0) / (1 + 2 * a);
  double high = from_bits_f64(bits_f64(a) & 0xfffffffff8000000u); /* its square is exact */
  double z = high * high, t = rounded_ln2_f64(-z), rest = (a - high) * (a + high);
  double e = expm1_near_f64(exp_rest_f64(-z, t) - rest);
  return scaled_f64(madd_f64(e, p, p), t);
}
static inline double erf_f64(double x) {
  double a = __builtin_fabs(x), far = 1 - erfc_far_f64(a);
  return __builtin_copysign(a < 0.75 ? erf_near_f64(a) : far, x);
}
static inline double erfc_f64(double x) {
  double a = __builtin_fabs(x), far = erfc_far_f64(a);
  return a < 0.75 ? 1 - erf_near_f64(x) : x < 0 ? 2 - far : far;
}

/* The root of erf(x) = y, by Halley's steps (f'' / f' = -2 x), each of which trebles the digits;
 * far out of erfc(x) = 1 - y, which is exact.  The start is within 7 % (Winitzki 2008). */
static inline double erfinv_step(double x, double u) {
  double e = erf_near_f64(x), c = x < 0.75 ? 1 - e : erfc_far_f64(x);
  double f = u < 0.5 ? e - u : (1 - u) - c;
  double step = f * exp_f64(x * x) * 0x1.c5bf891b4ef6bp-1; /* sqrt(pi) / 2 */
  return x - step / (1 + x * step);
}
static inline double erfinv_f64(double y) {
  double u = __builtin_fabs(y), l = log_f64((1 - u) * (1 + u)), b = 0x1.152af46b7c65ep+2 + l / 2;
  double x = u < 0.5 ? u * 0.93 : __builtin_sqrt(__builtin_sqrt(b * b - l / 0.147) - b);
  x = erfinv_step(erfinv_step(erfinv_step(x, u), u), u);
  x = u < 0x1p-30 ? u * 0x1.c5bf891b4ef6bp-1 : x;
  x = u == 1 ? INFINITY : x;
  return __builtin_copysign(u <= 1 ? x : (double)NAN, y);
}

/* ---- remainders: as float's, while the quotient has at most 50 bits; without a fused
 * multiply-add there is no quick form ---- */

static inline double fmod_f64_quick(double a, double b) {
#ifdef NM_FMA
  double x = __builtin_fabs(a), y = __builtin_fabs(b), q = __builtin_trunc(x / y);
  double r = madd_f64(-q, y, x);
  return __builtin_copysign(r < 0 ? r + y : r, a);
#else
  return fmod(a, b);
#endif
}
static inline bool quotient_fits_f64(double a, double b) {
  int64_t x = (int64_t)(bits_f64(a) & INT64_MAX), y = (int64_t)(bits_f64(b) & INT64_MAX);
  int64_t inf = 0x7ffll << 52;
  return (x - y < 50ll << 52) & (x < inf) & (y < inf) & (y >= 1ll << 52);
}
static inline double fmod_f64(double a, double b) {
  return quotient_fits_f64(a, b) ? fmod_f64_quick(a, b) : fmod(a, b);
}
REMAINDERS(f64, double)

/* ---- and the rest ---- */

/* whose squares are normal numbers, or both 0 */
static inline bool squares_fit_f64(double a, double b) {
  double x = __builtin_fabs(a), y = __builtin_fabs(b), high = x > y ? x : y;
  return (x < 0x1p500) & (y < 0x1p500) & ((high > 0x1p-450) | (high == 0));
}
static inline double hypot_f64_quick(double a, double b) {
  return __builtin_sqrt(madd_f64(a, a, b * b));
}
static inline double hypot_f64(double a, double b) {
  return squares_fit_f64(a, b) ? hypot_f64_quick(a, b) : hypot(a, b);
}
static inline double nextafter_f64(double a, double b) {
  uint64_t u = bits_f64(a), least = (bits_f64(b) & (1ull << 63)) | 1u;
  uint64_t y = a == 0 ? least : (a < b) == (a > 0) ? u + 1u : u - 1u;
  y = a == b ? bits_f64(b) : y;
  return ((a != a) | (b != b)) ? a + b : from_bits_f64(y);
}

#endif
