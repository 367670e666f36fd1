/* mathf_f64.h: inside mathf.h: the functions of double: 1 ulp for exp and log, 2.5 for tanh and
 * sigmoid; sin, cos, pow and the remainders are the C library's. */
#ifndef NM_MATHF_F64_H
#define NM_MATHF_F64_H

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

/* e^-|a| is at most 1, so that neither tail overflows or cancels */
static inline double sigmoid_f64(double a) {
  double e = exp_f64(-__builtin_fabs(a));
  return (a < 0 ? e : 1) / (1 + e);
}

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

static inline double sin_f64(double x) { return sin(x); }
static inline double cos_f64(double x) { return cos(x); }
static inline double pow_f64(double a, double b) { return pow(a, b); }
static inline double fmod_f64(double a, double b) { return fmod(a, b); }
static inline double remainder_f64(double a, double b) { return floored_f64(fmod(a, b), b); }
static inline double floordiv_f64(double a, double b) {
  return b == 0 ? a / b : quotient_f64(a, b, fmod(a, b));
}

#endif
