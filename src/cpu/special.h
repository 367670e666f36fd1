/* special.h: inside mathf.h: functions made from exp and log of double, for float too, where they
 * are rounded once; and the special functions of special.c. */
#ifndef NM_SPECIAL_H
#define NM_SPECIAL_H

/* ---- logarithms ---- */
/* near 0, where the difference cancels, the first terms of the series */
static inline double log1p_mid(double x) {
  double series = x * (1 - x * (0.5 - x * (0x1.5555555555555p-2 - x * 0.25)));
  return __builtin_fabs(x) < 1e-3 ? series : log_f64(1 + x);
}
/* ---- hyperbolic functions ---- */
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

/* ---- the gamma function ---- */
static inline double lgamma_f64(double a) {
  int sign; /* lgamma itself would write a global variable */
  return lgamma_r(a, &sign);
}
static inline double digamma_f64(double a) { return nm__digamma(a); }
static inline float zeta_f32(float s, float q) { return (float)nm__zeta(s, q); }
static inline double zeta_f64(double s, double q) { return nm__zeta(s, q); }

/* ---- and the rest ---- */
static inline float copysign_f32(float a, float b) { return __builtin_copysignf(a, b); }
static inline double copysign_f64(double a, double b) { return __builtin_copysign(a, b); }
static inline float frac_f32(float a) { return a - __builtin_truncf(a); }
static inline double frac_f64(double a) { return a - __builtin_trunc(a); }
/* a NaN loses against a number */
#define FMAX(t, T)                                                                                 \
  static inline T fmax_##t(T a, T b) { return ((a > b) | (b != b)) ? a : b; }                      \
  static inline T fmin_##t(T a, T b) { return ((a < b) | (b != b)) ? a : b; }
FMAX(f32, float)
FMAX(f64, double)

#endif
