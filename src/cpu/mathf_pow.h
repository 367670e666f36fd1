/* mathf_pow.h: inside mathf.h: powers of float and double, a^b = 2^(b log2 a), the logarithm in two
 * numbers.  In two steps, between which loops keep what belongs to many elements (isa_pow.h). */
#ifndef NM_MATHF_POW_H
#define NM_MATHF_POW_H

/* a^b; x below `normal` is taken times 2^lift. */
#define POWER(t, T, s, normal, lift)                                                               \
  static inline T pow_##t(T a, T b) {                                                              \
    T x = __builtin_fabs##s(a);                                                                    \
    bool tiny = x < normal;                                                                        \
    x = tiny ? x * (T)(1ll << lift) : x;                                                           \
    T e = power_is_finite_##t(a, b) ? b : (T)0, low;                                               \
    T p = power_exponent_##t(x, tiny ? (T)lift : (T)0, e, &low);                                   \
    return power_ends_##t(a, b, power_value_##t(p, low));                                          \
  }

/* ---- of float: the logarithm to 2^-40 ---- */

/* b log2 (x 2^-lift) = p + low for a normal x above 0: log2 m = s (C1 + C3 s^2 + C5 s^4 + ..),
 * s = f / (2 + f); C1 = 2 / ln 2, C3 a third of it */
static ALWAYS_INLINE float power_exponent_f32(float x, float lift, float b, float *low) {
  uint32_t u = bits_f32(x) - TWO_THIRDS;
  float f = from_bits_f32((u & 0x7fffffu) + TWO_THIRDS) - 1.0f,
        n = (float)((int32_t)u >> 23) - lift;
  float t = f + 2.0f, over = 1.0f / t, s = f * over;
  float s_low = (product_error(f, s, t) - s * (f - (t - 2.0f))) * over;
  float z = s * s, z_low = madd_f32(s + s, s_low, -product_error(z, s, s));
  float q = 0x1.23a9c4p-2f;
  q = madd_f32(q, z, 0x1.47881ep-2f);
  q = madd_f32(q, z, 0x1.a619ccp-2f);
  q = madd_f32(q, z, 0x1.2776c4p-1f) * z;
  float c = 0x1.ec709ep-1f + q, c_low = (0x1.ec709ep-1f - c + q) - 0x1.e2fe02p-28f;
  float w = z * c, w_low = madd_f32(z, c_low, z_low * c) - product_error(w, z, c);
  float v = 0x1.715476p+1f + w, v_low = (0x1.715476p+1f - v + w) + (w_low + 0x1.4ae0cp-25f);
  float l = s * v, l_low = madd_f32(s, v_low, s_low * v) - product_error(l, s, v);
  float h = n + l, h_low = (n - h + l) + l_low;
  float p = b * h;
  *low = madd_f32(b, h_low, -product_error(p, b, h));
  return p;
}
/* 2^(p + low) */
static ALWAYS_INLINE float power_value_f32(float p, float low) {
  low = __builtin_fabsf(p) < 160.0f ? low : 0.0f;
  p = p < -160.0f ? -160.0f : p;
  float t = at_most_f32(p + ROUNDER, ROUNDER + 129.0f), r = p - (t - ROUNDER) + low;
  return scaled_f32(madd_f32(exp2_slope(r), r, 1.0f), t);
}
POWER(f32, float, f, 0x1p-126f, 24) /* 1.2 */

/* ---- of double: the logarithm to 2^-65; without a fused multiply-add, of which each product's
 * error takes one, they are the C library's ---- */

#ifdef NM_FMA
/* 2^r for |r| <= 1/2 and a little more, 2^-58 */
static inline double exp2_near_f64(double r) {
  double p = 0x1.e7c474947330dp-32;
  p = madd_f64(p, r, 0x1.e617aac6e67f9p-28);
  p = madd_f64(p, r, 0x1.b52654782181ep-24);
  p = madd_f64(p, r, 0x1.62bfc9fbd8e3bp-20);
  p = madd_f64(p, r, 0x1.ffcbfbc701b5cp-17);
  p = madd_f64(p, r, 0x1.4309130dc287dp-13);
  p = madd_f64(p, r, 0x1.5d87fe78c39c2p-10);
  p = madd_f64(p, r, 0x1.3b2ab6fba07a3p-7);
  p = madd_f64(p, r, 0x1.c6b08d704a045p-5);
  p = madd_f64(p, r, 0x1.ebfbdff82c5a1p-3);
  double y = madd_f64(r, 0x1.62e42fefa39efp-1, 1.0); /* and what it loses */
  double low = madd_f64(r, 0x1.62e42fefa39efp-1, 1.0 - y);
  return y + madd_f64(madd_f64(p, r, 0x1.abc9e3b39803fp-56), r, low);
}
#define POWER_C1 0x1.71547652b82fep1
#define POWER_C3 0x1.ec709dc3a03fdp-1
/* b log2 (x 2^-lift) = p + low for a normal x above 0: log2 m = s (C1 + C3 s^2 + C5 s^4 + ..), s =
 * f / (2 + f); C1 = 2 / ln 2, C3 a third of it */
static ALWAYS_INLINE double power_exponent_f64(double x, double lift, double b, double *low) {
  uint64_t u = bits_f64(x) - ROOT_HALF;
  double f = from_bits_f64((u & 0xfffffffffffffu) + ROOT_HALF) - 1.0;
  double n = log_exponent_f64(u) - lift;
  double t = f + 2.0, over = 1.0 / t, s = f * over;
  double s_low = (madd_f64(-s, t, f) - s * (f - (t - 2.0))) * over;
  double z = s * s, z_low = madd_f64(s + s, s_low, madd_f64(s, s, -z));
  double q = 0x1.60390dd76cb98p-3;
  q = madd_f64(q, z, 0x1.593b5fa7948cap-3);
  q = madd_f64(q, z, 0x1.8a061d05d2addp-3);
  q = madd_f64(q, z, 0x1.c68f050bcc799p-3);
  q = madd_f64(q, z, 0x1.0c9a84fff8e6ep-2);
  q = madd_f64(q, z, 0x1.484b13d735f46p-2);
  q = madd_f64(q, z, 0x1.a61762a7ae41dp-2);
  q = madd_f64(q, z, 0x1.2776c50ef9bfep-1);
  double c = madd_f64(q, z, POWER_C3);
  double c_low = madd_f64(q, z, POWER_C3 - c) + 0x1.d27f05548af0cp-55; /* what C3 lacks */
  double v = madd_f64(z, c, POWER_C1), v_low = madd_f64(z, c, POWER_C1 - v);
  v_low += madd_f64(z, c_low, madd_f64(z_low, c, 0x1.777d0ffda0d24p-55));
  double h = madd_f64(s, v, n);
  double h_low = madd_f64(s, v, n - h) + madd_f64(s, v_low, s_low * v);
  double p = b * h;
  *low = madd_f64(b, h_low, madd_f64(b, h, -p));
  return p;
}
/* 2^(p + low) */
static ALWAYS_INLINE double power_value_f64(double p, double low) {
  low = __builtin_fabs(p) < 1078.0 ? low : 0.0;
  p = p > 1025.0 ? 1025.0 : p;
  p = p < -1078.0 ? -1078.0 : p;
  double t = p + ROUNDER_F64;
  return scaled_f64(exp2_near_f64(p - (t - ROUNDER_F64) + low), t);
}
POWER(f64, double, , 0x1p-1022, 52) /* 1.1 */
#else
static inline double pow_f64(double a, double b) { return pow(a, b); }
#endif
/* a normal a above 0 and a finite b */
static inline bool power_fits_f64(double a, double b) {
  return (a >= 0x1p-1022) & (a < INFINITY) & (__builtin_fabs(b) < INFINITY);
}
#undef POWER

#endif
