/* special.h: the functions of elementwise.def that are made from exp, log and square root, and the
 * special ones.
 *
 * float: in double, rounded once, so within 0.51 ulp where the double is good to 2^-30 or so; in
 * straight-line code as mathf.h's, but for those that call special.c.  double: the C library's,
 * whose errors are within 2 ulp, or special.c's.  Polynomials interpolate at Chebyshev points. */
#ifndef NM_SPECIAL_H
#define NM_SPECIAL_H

/* special.c */
double nm__digamma(double x);
double nm__zeta(double s, double q);
double nm__erfinv(double y);

#define PI 0x1.921fb54442d18p+1
#define LN2 0x1.62e42fefa39efp-1

/* ---- exponentials and logarithms ---- */
static inline float exp2_f32(float a) { return (float)exp_f64((double)a * LN2); }
static inline float log2_f32(float a) { return (float)(log_f64(a) * 0x1.71547652b82fep+0); }
static inline float log10_f32(float a) { return (float)(log_f64(a) * 0x1.bcb7b1526e50ep-2); }
/* near 0, where the difference cancels, the first terms of the series */
static inline double expm1_mid(double x) {
  double series = x * (1 + x * (0.5 + x * (0x1.5555555555555p-3 + x * 0x1.5555555555555p-5)));
  return __builtin_fabs(x) < 1e-3 ? series : exp_f64(x) - 1;
}
static inline double log1p_mid(double x) {
  double series = x * (1 - x * (0.5 - x * (0x1.5555555555555p-2 - x * 0.25)));
  return __builtin_fabs(x) < 1e-3 ? series : log_f64(1 + x);
}
static inline float expm1_f32(float a) { return a == 0 ? a : (float)expm1_mid(a); }
static inline float log1p_f32(float a) { return a == 0 ? a : (float)log1p_mid(a); }

/* ---- trigonometry ---- */

/* Sine and cosine of r, |r| <= pi / 4, by the polynomials of quadrant_f32, and their quotient. */
static inline float tan_f32(float a) {
  double d = a, t = d * 0x1.45f306dc9c883p-1 + 0x1.8p52, n = t - 0x1.8p52;
  double r = (d - n * 0x1.921fb544p+0) - n * 0x1.0b4611a626331p-34, z = r * r;
  double s = 0x1.6ccbb2p-19, c = -0x1.242188p-22;
  s = madd_f64(s, z, -0x1.a00f68p-13);
  s = madd_f64(s, z, 0x1.111108p-7);
  s = madd_f64(s, z, -0x1.5555555555555p-3);
  s = madd_f64(s, z * r, r);
  c = madd_f64(c, z, 0x1.a010f4p-16);
  c = madd_f64(c, z, -0x1.6c16b8p-10);
  c = madd_f64(c, z, 0x1.5555555555555p-5);
  c = madd_f64(c, z * z, madd_f64(z, -0.5, 1.0));
  double y = bits_f64(t) & 1 ? -c / s : s / c;
  return a == 0 ? a : (float)y;
}
static inline float tan_f32_careful(float a) {
  return fabsf(a) <= 0x1p20f ? tan_f32(a) : (float)tan(a);
}

/* atan x for x >= 0: turned by pi / 4 or pi / 2 into |x| <= tan(pi / 8), where it is x + x^3
 * P(x^2), 2^-33 */
static inline double atan_mid(double x) {
  bool far = x > 0x1.3504f333f9de6p+1, near = x < 0x1.a827999fcef32p-2;
  double v = far ? -1 / x : near ? x : (x - 1) / (x + 1), z = v * v;
  double base = far ? PI / 2 : near ? 0.0 : PI / 4;
  double p = -0x1.4ae832bebeec2p-5;
  p = madd_f64(p, z, 0x1.24304146d333ep-4);
  p = madd_f64(p, z, -0x1.71d06451cf215p-4);
  p = madd_f64(p, z, 0x1.c6f641d0bea93p-4);
  p = madd_f64(p, z, -0x1.2491bf4aad4e1p-3);
  p = madd_f64(p, z, 0x1.9999982166776p-3);
  p = madd_f64(p, z, -0x1.5555555500f5cp-2);
  return base + madd_f64(p * z, v, v);
}
static inline float atan_f32(float a) {
  return __builtin_copysignf((float)atan_mid(__builtin_fabs((double)a)), a);
}
/* The angle of (x, y), from the smaller of |x|, |y| over the larger; C's rules for 0 and infinity.
 */
static inline float atan2_f32(float y, float x) {
  double u = __builtin_fabs((double)x), v = __builtin_fabs((double)y);
  double high = v > u ? v : u, low = v > u ? u : v;
  double q = low == high ? (high == 0 ? 0.0 : 1.0) : low / high, t = atan_mid(q);
  t = v > u ? PI / 2 - t : t;
  t = bits_f32(x) >> 31 ? PI - t : t;
  float r = __builtin_copysignf((float)t, y);
  return ((x != x) | (y != y)) ? x + y : r;
}
static inline float asin_f32(float a) {
  double x = __builtin_fabs((double)a), c = __builtin_sqrt((1 - x) * (1 + x));
  double t = x > c ? PI / 2 - atan_mid(c / x) : atan_mid(x / c);
  return __builtin_copysignf((float)t, a);
}
static inline float acos_f32(float a) {
  double x = __builtin_fabs((double)a), c = __builtin_sqrt((1 - x) * (1 + x));
  double t = x > c ? atan_mid(c / x) : PI / 2 - atan_mid(x / c);
  return (float)(a < 0 ? PI - t : t);
}

/* ---- hyperbolic functions ---- */
static inline float sinh_f32(float a) {
  double x = __builtin_fabs((double)a), e = expm1_mid(x);
  return __builtin_copysignf((float)(0.5 * (e + (x > 700 ? 1 : e / (e + 1)))), a);
}
static inline float cosh_f32(float a) {
  double e = exp_f64(__builtin_fabs((double)a));
  return (float)(0.5 * (e + 1 / e));
}
static inline float asinh_f32(float a) {
  double x = __builtin_fabs((double)a), s = x * x,
         y = log1p_mid(x + s / (1 + __builtin_sqrt(s + 1)));
  return __builtin_copysignf((float)(x == (double)INFINITY ? x : y), a);
}
static inline float acosh_f32(float a) {
  double t = (double)a - 1, y = log1p_mid(t + __builtin_sqrt(t * (t + 2)));
  return (float)(t < 0 ? (double)NAN : y);
}
static inline float atanh_f32(float a) {
  double x = __builtin_fabs((double)a);
  return __builtin_copysignf((float)(0.5 * log1p_mid(2 * x / (1 - x))), a);
}

/* ---- the error function: x + x P(x^2) up to 1; e^(-x^2) R(t) / (1 + 2 x), t = (x - 3) / (x + 3),
 * for the complement beyond ---- */
static inline double erf_near(double x) {
  double z = x * x;
  double p = -0x1.445f47d33ce77p-17;
  p = madd_f64(p, z, 0x1.d887505de36f2p-14);
  p = madd_f64(p, z, -0x1.bccf664d7f680p-11);
  p = madd_f64(p, z, 0x1.562a60ddba6d0p-8);
  p = madd_f64(p, z, -0x1.b829c897922e3p-6);
  p = madd_f64(p, z, 0x1.ce2f08fec14fcp-4);
  p = madd_f64(p, z, -0x1.81274665754c3p-2);
  p = madd_f64(p, z, 0x1.06eba82022eadp-3);
  return madd_f64(p, x, x);
}
static inline double erfc_far(double x) { /* 2^-29 */
  double z = (x - 3) / (x + 3);
  double p = -0x1.780ec56096db8p-11;
  p = madd_f64(p, z, 0x1.ddc31826d88f2p-10);
  p = madd_f64(p, z, 0x1.4a486df31401bp-9);
  p = madd_f64(p, z, -0x1.8536befddb97dp-6);
  p = madd_f64(p, z, 0x1.17ca61fa68fa7p-4);
  p = madd_f64(p, z, -0x1.e88cec137bfd0p-4);
  p = madd_f64(p, z, 0x1.09836be826902p-3);
  p = madd_f64(p, z, -0x1.85a144ec2bf88p-5);
  p = madd_f64(p, z, -0x1.15c084e98a3b7p-3);
  p = madd_f64(p, z, 0x1.40c522d6ecd6bp+0);
  return p * exp_f64(-x * x) / (1 + 2 * x);
}
static inline float erf_f32(float a) {
  double x = __builtin_fabs((double)a), far = 1 - erfc_far(x > 10 ? 10 : x);
  return a != a ? a : __builtin_copysignf((float)(x < 1 ? erf_near(x) : far), a);
}
static inline float erfc_f32(float a) {
  double x = __builtin_fabs((double)a), far = erfc_far(x > 11 ? 11 : x);
  double y = x < 1 ? 1 - erf_near(a) : a < 0 ? 2 - far : far;
  return a != a ? a : (float)y;
}
static inline float erfinv_f32(float a) { return (float)nm__erfinv(a); }
static inline double erfinv_f64(double a) { return nm__erfinv(a); }

/* ---- the gamma function ---- */
static inline double lgamma_f64(double a) {
  int sign; /* lgamma itself would write a global variable */
  return lgamma_r(a, &sign);
}
static inline float lgamma_f32(float a) { return (float)lgamma_f64(a); }
static inline float digamma_f32(float a) { return (float)nm__digamma(a); }
static inline double digamma_f64(double a) { return nm__digamma(a); }
static inline float zeta_f32(float s, float q) { return (float)nm__zeta(s, q); }
static inline double zeta_f64(double s, double q) { return nm__zeta(s, q); }

/* ---- and the rest ---- */
static inline float hypot_f32(float a, float b) {
  double x = a, y = b;
  float r = (float)__builtin_sqrt(x * x + y * y);
  bool infinite = (__builtin_fabsf(a) == INFINITY) | (__builtin_fabsf(b) == INFINITY);
  return infinite ? (float)INFINITY : r;
}
static inline float copysign_f32(float a, float b) { return __builtin_copysignf(a, b); }
static inline double copysign_f64(double a, double b) { return __builtin_copysign(a, b); }
static inline float nextafter_f32(float a, float b) { return nextafterf(a, b); }
static inline float frac_f32(float a) { return a - __builtin_truncf(a); }
static inline double frac_f64(double a) { return a - __builtin_trunc(a); }
/* a NaN loses against a number */
#define FMAX(t, T)                                                                                 \
  static inline T fmax_##t(T a, T b) { return ((a > b) | (b != b)) ? a : b; }                      \
  static inline T fmin_##t(T a, T b) { return ((a < b) | (b != b)) ? a : b; }
FMAX(f32, float)
FMAX(f64, double)

/* ---- double, by the C library ---- */
#define BY_LIBM(f)                                                                                 \
  static inline double f##_f64(double a) { return f(a); }
#define BY_LIBM_2(f)                                                                               \
  static inline double f##_f64(double a, double b) { return f(a, b); }
/* clang-format off */
BY_LIBM(exp2) BY_LIBM(log2) BY_LIBM(log10) BY_LIBM(expm1) BY_LIBM(log1p) BY_LIBM(tan)
BY_LIBM(atan) BY_LIBM(asin) BY_LIBM(acos) BY_LIBM(sinh) BY_LIBM(cosh) BY_LIBM(asinh)
BY_LIBM(acosh) BY_LIBM(atanh) BY_LIBM(erf) BY_LIBM(erfc)
BY_LIBM_2(atan2) BY_LIBM_2(hypot) BY_LIBM_2(nextafter)
/* clang-format on */

#undef PI
#undef LN2

#endif
