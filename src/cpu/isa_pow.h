/* isa_pow.h: powers of float32, CHECKED elements at a time.  With AVX-512 the logarithm begins with
 * tables that registers hold, in the place of power_f32's division. */

#if defined(__AVX512F__)

/* By the first 5 bits of the fraction of m, 1 <= m < 2: 64 c, where c is near 1 / m and so short
 * that m c - 1 is exact, and -log c in two parts; of the first, sums with multiples of LN2_16 are
 * exact. */
/* clang-format off */
#define POW_TABLE \
  ROW(64, 0.0f, 0.0f) ROW(61, 0x1.894p-5f, 0x1.54294p-18f) \
  ROW(59, 0x1.4d3p-4f, 0x1.15d208p-20f) ROW(58, 0x1.933p-4f, 0x1.797566p-18f) \
  ROW(56, 0x1.1178p-3f, 0x1.d044fcp-20f) ROW(55, 0x1.366p-3f, -0x1.a7f538p-22f) \
  ROW(53, 0x1.824p-3f, -0x1.f4d572p-18f) ROW(52, 0x1.a94p-3f, -0x1.2c3752p-19f) \
  ROW(51, 0x1.d1p-3f, 0x1.bf932ap-18f) ROW(49, 0x1.1178p-2f, 0x1.d044fcp-19f) \
  ROW(48, 0x1.2698p-2f, -0x1.deecb2p-18f) ROW(47, 0x1.3c24p-2f, 0x1.277334p-18f) \
  ROW(46, 0x1.522cp-2f, -0x1.1f8c76p-18f) ROW(45, 0x1.68acp-2f, 0x1.07d38ep-19f) \
  ROW(44, 0x1.7fbp-2f, -0x1.7109fap-20f) ROW(43, 0x1.973cp-2f, -0x1.cbcecap-18f) \
  ROW(42, 0x1.af54p-2f, -0x1.6adb74p-18f) ROW(41, 0x1.c8p-2f, -0x1.8e2eaap-20f) \
  ROW(41, 0x1.c8p-2f, -0x1.8e2eaap-20f) ROW(40, 0x1.e148p-2f, 0x1.4344e4p-19f) \
  ROW(39, 0x1.fb34p-2f, 0x1.8af7a4p-18f) ROW(38, 0x1.0ae8p-1f, -0x1.23a5f6p-18f) \
  ROW(38, 0x1.0ae8p-1f, -0x1.23a5f6p-18f) ROW(37, 0x1.188ep-1f, 0x1.c81e48p-18f) \
  ROW(36, 0x1.2696p-1f, 0x1.089a6ep-20f) ROW(36, 0x1.2696p-1f, 0x1.089a6ep-20f) \
  ROW(35, 0x1.3502p-1f, 0x1.15b3b2p-18f) ROW(34, 0x1.43dap-1f, -0x1.a0db88p-26f) \
  ROW(34, 0x1.43dap-1f, -0x1.a0db88p-26f) ROW(33, 0x1.5322p-1f, 0x1.c4d0dp-18f) \
  ROW(33, 0x1.5322p-1f, 0x1.c4d0dp-18f) ROW(32, 0x1.62e4p-1f, 0x1.7f7d1cp-20f)
/* clang-format on */
#define ROW(c64, high, low) c64 / 64.0f,
static const float pow_over[32] = {POW_TABLE};
#undef ROW
#define ROW(c64, high, low) high,
static const float pow_high[32] = {POW_TABLE};
#undef ROW
#define ROW(c64, high, low) low,
static const float pow_low[32] = {POW_TABLE};
#undef ROW
#define LN2_16 0x1.62e4p-1f /* log 2 to 16 bits, and what it lacks */
#define LN2_16_LOW 0x1.7f7d1cp-20f

static inline __m512 all_16(float x) { return _mm512_set1_ps(x); }
static inline __m512 madd_16(__m512 a, __m512 b, __m512 c) { return _mm512_fmadd_ps(a, b, c); }
static inline __m512 look_up_32(const float *table, __m512i at) { /* by the low 5 bits */
  return _mm512_permutex2var_ps(_mm512_loadu_ps(table), at, _mm512_loadu_ps(table + 16));
}

/* log x = high + low: n log 2 - log c + log(1 + r), r = m c - 1.  Of 0 and infinities `high` is
 * infinite, below 0 it is NaN. */
static inline __m512 log_pair_16(__m512 x, __m512 *low) {
  __m512 n = _mm512_getexp_ps(x);
  __m512 m = _mm512_getmant_ps(x, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_nan);
  __m512i at = _mm512_srli_epi32(_mm512_castps_si512(m), 23 - 5);
  __m512 r = _mm512_fmsub_ps(m, look_up_32(pow_over, at), all_16(1));
  __m512 whole = madd_16(n, all_16(LN2_16), look_up_32(pow_high, at));
  __m512 rest = madd_16(n, all_16(LN2_16_LOW), look_up_32(pow_low, at));
  __m512 q = all_16(-0x1.51cac2p-3f); /* (log(1 + r) - r + r^2 / 2) / r^3, 2^-26 */
  q = madd_16(q, r, all_16(0x1.99d502p-3f));
  q = madd_16(q, r, all_16(-0x1.000028p-2f));
  q = madd_16(q, r, all_16(0x1.555554p-2f));
  rest = madd_16(_mm512_mul_ps(_mm512_mul_ps(r, r), r), q, rest);
  /* w = r - r^2 / 2, and what it loses */
  __m512 half = _mm512_mul_ps(r, all_16(-0.5f)), w = madd_16(half, r, r);
  rest = _mm512_add_ps(rest, madd_16(half, r, _mm512_sub_ps(r, w)));
  __m512 high = _mm512_add_ps(whole, w);
  *low = _mm512_add_ps(_mm512_add_ps(_mm512_sub_ps(whole, high), w), rest);
  return high;
}
/* p + low = b log x, of n elements, a multiple of 16.  Says whether |p| <= 2^20 everywhere, which
 * zeros, infinities, NaN and an x below 0 don't give; if `limited`, p is made so where it isn't. */
static inline bool exponents(int n, const float *x, const float *b, float *p, float *low,
                             bool limited) {
  const __m512 most = all_16(0x1p20f), least = all_16(-0x1p20f);
  __mmask16 fit = 0xffff;
  for (int i = 0; i < n; i += 16) {
    __m512 v = _mm512_loadu_ps(b + i), l, h = log_pair_16(_mm512_loadu_ps(x + i), &l);
    __m512 q = _mm512_mul_ps(v, h), rest = madd_16(v, l, _mm512_fmsub_ps(v, h, q));
    __mmask16 fits = _mm512_cmp_ps_mask(_mm512_abs_ps(q), most, _CMP_LE_OQ);
    if (limited) {
      q = _mm512_max_ps(_mm512_min_ps(q, most), least);
      rest = _mm512_maskz_mov_ps(fits, rest);
    }
    fit &= fits;
    _mm512_storeu_ps(p + i, q);
    _mm512_storeu_ps(low + i, rest);
  }
  return fit == 0xffff;
}
/* e^(p + low); |p| <= 2^20 needs no limits, as 2^n saturates */
static inline __m512 exp_pair_16(__m512 p, __m512 low) {
  __m512 t = madd_16(p, all_16(LOG2E), all_16(ROUNDER)), n = _mm512_sub_ps(t, all_16(ROUNDER));
  __m512 r = madd_16(n, all_16(-LN2_HIGH), p); /* exact */
  r = _mm512_add_ps(r, madd_16(n, all_16(-LN2_LOW), low));
  __m512 y = all_16(0x1.6d544ep-10f); /* as exp_near */
  y = madd_16(y, r, all_16(0x1.122a66p-7f));
  y = madd_16(y, r, all_16(0x1.5554e2p-5f));
  y = madd_16(y, r, all_16(0x1.5554acp-3f));
  y = madd_16(y, r, all_16(0.5f));
  y = madd_16(y, r, all_16(1));
  return _mm512_scalef_ps(madd_16(y, r, all_16(1)), n);
}
static inline void exponentials(int n, float *y, const float *p, const float *low) {
  for (int i = 0; i < n; i += 16)
    _mm512_storeu_ps(y + i, exp_pair_16(_mm512_loadu_ps(p + i), _mm512_loadu_ps(low + i)));
}
static void any_powers(int n, float *y, const float *a, const float *b) {
  float x[CHECKED], e[CHECKED], p[CHECKED], low[CHECKED];
  int whole = (n + 15) / 16 * 16;
  for (int i = n; i < whole; i++) x[i] = 1, e[i] = 0;
  EACH(n) {
    x[i] = __builtin_fabsf(a[i]);
    e[i] = power_is_finite(a[i], b[i]) ? b[i] : 0.0f;
  }
  exponents(whole, x, e, p, low, true);
  exponentials(whole, x, p, low);
  EACH(n) y[i] = power_ends(a[i], b[i], x[i]);
}
/* In two loops, since a vector's chain of instructions is so long that the processor doesn't look
 * far enough ahead to begin enough others. */
static void quick_pow_f32(int n, void *y_, const void *a_, const void *b_, const void *c) {
  float *y = y_, p[CHECKED], low[CHECKED];
  const float *a = a_, *b = b_;
  (void)c;
  for (; n >= CHECKED; n -= CHECKED, y += CHECKED, a += CHECKED, b += CHECKED)
    if (exponents(CHECKED, a, b, p, low, false))
      exponentials(CHECKED, y, p, low);
    else
      any_powers(CHECKED, y, a, b);
  if (n) any_powers(n, y, a, b);
}

#else

static void quick_pow_f32(int n, void *y_, const void *a_, const void *b_, const void *c) {
  float *y = y_;
  const float *a = a_, *b = b_;
  (void)c;
  for (int k; n > 0; n -= k, y += k, a += k, b += k) {
    k = n < CHECKED ? n : CHECKED;
    if (all_normal(k, a) && all_within(k, b, 0x1p14f)) {
      EACH(k) y[i] = pow_f32_quick(a[i], b[i]);
    } else {
      EACH(k) y[i] = pow_f32(a[i], b[i]);
    }
  }
}

#endif
