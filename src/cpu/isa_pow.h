/* isa_pow.h: powers, CHECKED elements at a time.  In two loops, since a vector's chain of
 * instructions is so long that the processor doesn't look far enough ahead to begin enough others.
 * With AVX-512 the logarithm begins with tables that registers hold, in the place of a division. */

#if defined(__AVX512F__)

static inline __m512 all_16(float x) { return _mm512_set1_ps(x); }
static inline __m512 madd_16(__m512 a, __m512 b, __m512 c) { return _mm512_fmadd_ps(a, b, c); }
static inline __m512 look_up_32(const float *table, __m512i at) { /* by the low 5 bits */
  return _mm512_permutex2var_ps(_mm512_loadu_ps(table), at, _mm512_loadu_ps(table + 16));
}
static inline __m512d all_8(double x) { return _mm512_set1_pd(x); }
static inline __m512d madd_8(__m512d a, __m512d b, __m512d c) { return _mm512_fmadd_pd(a, b, c); }
static inline __m512d look_up_32_f64(const double *table, __m512i at) {
  __mmask8 second = _mm512_test_epi64_mask(at, _mm512_set1_epi64(16));
  const double *t = table;
  __m512d y = _mm512_permutex2var_pd(_mm512_loadu_pd(t), at, _mm512_loadu_pd(t + 8));
  __m512d z = _mm512_permutex2var_pd(_mm512_loadu_pd(t + 16), at, _mm512_loadu_pd(t + 24));
  return _mm512_mask_mov_pd(y, second, z);
}

/* 2^(n + r) for |r| about 1/2 at most; 2^n saturates */
static inline __m512 exp2_sum_16(__m512 n, __m512 r) {
  __m512 y = all_16(0x1.3fa206p-13f); /* 2^-28 */
  y = madd_16(y, r, all_16(0x1.5f0b82p-10f));
  y = madd_16(y, r, all_16(0x1.3b30ap-7f));
  y = madd_16(y, r, all_16(0x1.c6af76p-5f));
  y = madd_16(y, r, all_16(0x1.ebfbd8p-3f));
  y = madd_16(y, r, all_16(0x1.62e43p-1f));
  return _mm512_scalef_ps(madd_16(y, r, all_16(1)), n);
}
static inline __m512d exp2_sum_8(__m512d n, __m512d r) {
  const __m512d log_2 = all_8(0x1.62e42fefa39efp-1);
  __m512d p = all_8(0x1.e7c474947330dp-32); /* as exp2_near_f64 */
  p = madd_8(p, r, all_8(0x1.e617aac6e67f9p-28));
  p = madd_8(p, r, all_8(0x1.b52654782181ep-24));
  p = madd_8(p, r, all_8(0x1.62bfc9fbd8e3bp-20));
  p = madd_8(p, r, all_8(0x1.ffcbfbc701b5cp-17));
  p = madd_8(p, r, all_8(0x1.4309130dc287dp-13));
  p = madd_8(p, r, all_8(0x1.5d87fe78c39c2p-10));
  p = madd_8(p, r, all_8(0x1.3b2ab6fba07a3p-7));
  p = madd_8(p, r, all_8(0x1.c6b08d704a045p-5));
  p = madd_8(p, r, all_8(0x1.ebfbdff82c5a1p-3));
  p = madd_8(p, r, all_8(0x1.abc9e3b39803fp-56));
  __m512d y = madd_8(r, log_2, all_8(1)), low = madd_8(r, log_2, _mm512_sub_pd(all_8(1), y));
  return _mm512_scalef_pd(_mm512_add_pd(y, madd_8(p, r, low)), n);
}

/* By m, 1 <= m < 2, the row of which is round(31.25 m) modulo 32: 128 c, where c is near 1 / m and
 * so short that m c - 1 is exact, and -log2 c in two parts; to the first, whole numbers are added
 * exactly.  Beside 1, where the logarithm is near 0, c is 1 or 1/2 and the parts are whole. */
/* clang-format off */
#define POW_TABLE \
  ROW(126, 0x1.744p-6f, -0x1.179e0cp-22f) ROW(122, 0x1.1bbp-4f, 0x1.953002p-19f) \
  ROW(118, 0x1.e0bp-4f, 0x1.ae8f3p-20f) ROW(114, 0x1.564p-3f, -0x1.1eb002p-18f) \
  ROW(111, 0x1.a508p-3f, 0x1.4b54d2p-19f) ROW(108, 0x1.f6p-3f, -0x1.3ab7cep-18f) \
  ROW(105, 0x1.249cp-2f, 0x1.a5627ap-19f) ROW(102, 0x1.4f7p-2f, -0x1.134c4ep-20f) \
  ROW(100, 0x1.6cbp-2f, 0x1.ed0cbap-19f) ROW(98, 0x1.8a88p-2f, 0x1.80abfcp-18f) \
  ROW(95, 0x1.b878p-2f, -0x1.d42728p-21f) ROW(93, 0x1.d7e8p-2f, -0x1.3f543cp-18f) \
  ROW(91, 0x1.f804p-2f, 0x1.5d1a1ap-19f) ROW(89, 0x1.0c6cp-1f, 0x1.55e18ap-18f) \
  ROW(87, 0x1.1d36p-1f, 0x1.052d6ap-18f) ROW(85, 0x1.2e64p-1f, 0x1.3eb014p-19f) \
  ROW(83, 0x1.3ffap-1f, 0x1.a9ce9ep-18f) ROW(82, 0x1.48eep-1f, 0x1.e3263p-18f) \
  ROW(80, 0x1.5b2cp-1f, 0x1.ed0cbap-20f) ROW(78, 0x1.6dep-1f, -0x1.eac382p-20f) \
  ROW(77, 0x1.7768p-1f, -0x1.f6b4c2p-20f) ROW(75, 0x1.8ad8p-1f, 0x1.1b3cdap-19f) \
  ROW(74, 0x1.94c2p-1f, 0x1.0e9258p-18f) ROW(73, 0x1.9edp-1f, -0x1.5e8178p-18f) \
  ROW(71, 0x1.b354p-1f, 0x1.61d876p-19f) ROW(70, 0x1.bdcep-1f, 0x1.3b992cp-18f) \
  ROW(69, 0x1.c87p-1f, -0x1.0902b6p-18f) ROW(68, 0x1.d338p-1f, 0x1.20a6dep-21f) \
  ROW(67, 0x1.de2ap-1f, -0x1.c4fd14p-19f) ROW(66, 0x1.e946p-1f, -0x1.a6eb1ep-18f) \
  ROW(64, 0x1p0f, 0) ROW(128, 0, 0)
/* clang-format on */
/* (log(1 + 2 r) / 2 - r + r^2) / r^3 */
#define POW_CUBIC 0x1.965642p1f, -0x1.00108p1f, 0x1.55557p0f /* 2^-33 of the logarithm */
#define POW_LACKS 0x1.cab1b8p-27f                            /* of 1 / log 2, as part of it */
#define POW_ROUNDER 0x1.ap23f
#define POW_SUM(high, low) (high) /* 2^7 of it is within 1/100 of the whole */
#define POW_OUTSIDE _mm512_set1_epi32((int32_t)0xb4a00000u)
#define T float
#define VEC __m512
#define OP(name) _mm512_##name##_ps
#define NAME(name) name##_f32
#define BITS _mm512_castps_si512
#define LOOK_UP look_up_32
#define EXP2_SUM exp2_sum_16
#define FACTOR (2 * LOG2E)
#define WHOLE_ROUNDER ROUNDER
#include "cpu/pow_body.h"

/* clang-format off */
#define POW_TABLE \
  ROW(126, 0x1.743ee862p-6, -0x1.95539356f93dcp-43) \
  ROW(122, 0x1.1bb32a6008p-4, -0x1.5b1799ceaeb51p-43) \
  ROW(118, 0x1.e0b1ae8f3p-4, -0x1.54cda62d3926ep-47) \
  ROW(114, 0x1.563dc29ffcp-3, -0x1.34df378df21adp-43) \
  ROW(111, 0x1.a5094b54d4p-3, -0x1.7d7bfb12454c5p-43) \
  ROW(108, 0x1.f5fd8a9064p-3, -0x1.cb6f70109b0f1p-47) \
  ROW(105, 0x1.249cd2b13cp-2, 0x1.ad89a083e072ap-43) \
  ROW(102, 0x1.4f6fbb2cecp-2, 0x1.661e393a16b95p-44) \
  ROW(100, 0x1.6cb0f6865cp-2, 0x1.1d406db502403p-43) \
  ROW(98, 0x1.8a8980abfcp-2, -0x1.66cccab240e9p-45) \
  ROW(95, 0x1.b877c57b1cp-2, -0x1.f20203b3186a6p-43) \
  ROW(93, 0x1.d7e6c0abc4p-2, -0x1.50e785694a8c6p-43) \
  ROW(91, 0x1.f804ae8d0cp-2, 0x1.a0331af2e6feap-43) \
  ROW(89, 0x1.0c6caaf0c5p-1, 0x1.65be75cc3da17p-43) \
  ROW(87, 0x1.1d368296b5p-1, 0x1.2a606046ad444p-44) \
  ROW(85, 0x1.2e644fac05p-1, -0x1.4275f1035e5e8p-48) \
  ROW(83, 0x1.3ffad4e74fp-1, 0x1.d5e6a8a4fb059p-45) \
  ROW(82, 0x1.48eef19318p-1, -0x1.9bcaf1aa4168ap-43) \
  ROW(80, 0x1.5b2c3da197p-1, 0x1.1d406db502403p-44) \
  ROW(78, 0x1.6ddfc2a79p-1, -0x1.ce60916e52e91p-44) \
  ROW(77, 0x1.7767c12968p-1, -0x1.6eb9612e0b4f3p-43) \
  ROW(75, 0x1.8ad846cf37p-1, -0x1.96fc8f4b56502p-43) \
  ROW(74, 0x1.94c287492cp-1, 0x1.36c101ee1344p-43) \
  ROW(73, 0x1.9ecf50bf44p-1, -0x1.d97ee9124773bp-46) \
  ROW(71, 0x1.b35458761dp-1, 0x1.1e5e0ae0d3f8ap-43) \
  ROW(70, 0x1.bdce9dcc96p-1, 0x1.871a7610e40bdp-45) \
  ROW(69, 0x1.c86f7b7ea5p-1, -0x1.5dd31d962d373p-43) \
  ROW(68, 0x1.d338120a6ep-1, -0x1.3167ccc538261p-44) \
  ROW(67, 0x1.de298ec0bbp-1, -0x1.f9ab3cf74babap-44) \
  ROW(66, 0x1.e9452c8a71p-1, 0x1.3c6764fc87b4ap-48) \
  ROW(64, 0x1p0, 0) \
  ROW(128, 0, 0)
/* clang-format on */
#define POW_CUBIC /* 2^-67 */                                                                      \
  -0x1.8f4a7c9ecbee7p5, 0x1.c75895de20b16p4, -0x1.0000ec7895b8dp4, 0x1.2492479410158p3,            \
      -0x1.555555482962p2, 0x1.99999999a12c2p1, -0x1.00000000001c7p1, 0x1.5555555555555p0
#define POW_LACKS 0x1.0444d0e734faap-56
#define POW_ROUNDER 0x1.ap52
#define POW_SUM(high, low) _mm512_add_pd(high, low)
#define POW_OUTSIDE _mm512_set1_epi64((int64_t)0xbcc4000000000000u)
#define T double
#define VEC __m512d
#define OP(name) _mm512_##name##_pd
#define NAME(name) name##_f64
#define BITS _mm512_castpd_si512
#define LOOK_UP look_up_32_f64
#define EXP2_SUM exp2_sum_8
#define FACTOR 0x1.71547652b82fep1
#define WHOLE_ROUNDER ROUNDER_F64
#include "cpu/pow_body.h"

#else

#define QUICK_POW(t, T, inside)                                                                    \
  static void quick_pow_##t(int n, void *y_, const void *a_, const void *b_, const void *c) {      \
    T *y = y_, p[CHECKED], low[CHECKED];                                                           \
    const T *a = a_, *b = b_;                                                                      \
    (void)c;                                                                                       \
    for (int k; n > 0; n -= k, y += k, a += k, b += k) {                                           \
      k = n < CHECKED ? n : CHECKED;                                                               \
      if (inside) {                                                                                \
        EACH(k) p[i] = power_exponent_##t(a[i], 0, b[i], low + i);                                 \
        EACH(k) y[i] = power_value_##t(p[i], low[i]);                                              \
      } else {                                                                                     \
        EACH(k) y[i] = pow_##t(a[i], b[i]);                                                        \
      }                                                                                            \
    }                                                                                              \
  }
QUICK_POW(f32, float, all_normal(k, a) && all_within(k, b, 0x1p14f))
#ifdef NM_FMA
QUICK_POW(f64, double, all_powers_fit_f64(k, a, b))
#endif

#endif
