/* isa_pow.h: powers of float32, CHECKED elements at a time.  With AVX-512 the logarithm begins with
 * tables that registers hold, in the place of power_f32's division. */

#if defined(__AVX512F__)

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
#define ROW(c128, high, low) c128 / 256.0f,
static const float pow_half[32] = {POW_TABLE};
#undef ROW
#define ROW(c128, high, low) high,
static const float pow_high[32] = {POW_TABLE};
#undef ROW
#define ROW(c128, high, low) low,
static const float pow_low[32] = {POW_TABLE};
#undef ROW

static inline __m512 all_16(float x) { return _mm512_set1_ps(x); }
static inline __m512 madd_16(__m512 a, __m512 b, __m512 c) { return _mm512_fmadd_ps(a, b, c); }
static inline __m512 look_up_32(const float *table, __m512i at) { /* by the low 5 bits */
  return _mm512_permutex2var_ps(_mm512_loadu_ps(table), at, _mm512_loadu_ps(table + 16));
}

/* log2 x = high + low: n - log2 c + log2(1 + 2 r), 2 r = m c - 1.  In halves, log(1 + 2 r) is
 * r - r^2 + .. with no factor but 1, so that one multiply-add finds what r - r^2 loses, and the
 * factor 2 / log 2 comes once, in the sum with the whole part.  Of 0 and infinities `high` is
 * infinite, below 0 it is NaN. */
static inline __m512 log2_pair_16(__m512 x, __m512 *low) {
  const __m512 factor = all_16(2 * LOG2E);
  __m512 n = _mm512_getexp_ps(x);
  __m512 m = _mm512_getmant_ps(x, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_nan);
  __m512i at = _mm512_castps_si512(madd_16(m, all_16(31.25f), all_16(ROUNDER)));
  __m512 r = _mm512_fmsub_ps(m, look_up_32(pow_half, at), all_16(0.5f)), z = _mm512_mul_ps(r, r);
  __m512 whole = _mm512_add_ps(n, look_up_32(pow_high, at));
  __m512 w = _mm512_fnmadd_ps(r, r, r), high = madd_16(w, factor, whole);
  __m512 q = all_16(0x1.965642p1f); /* (log(1 + 2 r) / 2 - r + r^2) / r^3, 2^-33 of the log */
  q = madd_16(q, r, all_16(-0x1.00108p1f));
  q = madd_16(q, r, all_16(0x1.55557p0f));
  q = madd_16(q, z, all_16(0x1.cab1b8p-27f)); /* what LOG2E lacks, as part of it */
  __m512 rest = madd_16(q, r, _mm512_fnmadd_ps(r, r, _mm512_sub_ps(r, w)));
  __m512 lost = madd_16(w, factor, _mm512_sub_ps(whole, high));
  *low = madd_16(rest, factor, _mm512_add_ps(lost, look_up_32(pow_low, at)));
  return high;
}
/* Whole numbers below 2^20 and this have no bit of OUTSIDE; larger ones, infinities and NaN do.  So
 * have some below -2^20; the rest of those give 0, as they should. */
#define POW_ROUNDER 0x1.ap23f
#define OUTSIDE 0xb4a00000u

/* n + r = b log2 x, n whole and |r| about 1/2 at most, of `count` elements, a multiple of 16.  Says
 * whether all are as they should be, which zeros, infinities, NaN and an x below 0 aren't; if
 * `limited`, |b| <= 2^32 is enough for all n to be large and r small. */
static inline bool exponents(int count, const float *x, const float *b, float *n, float *r,
                             bool limited) {
  __m512i seen = _mm512_setzero_si512();
  for (int i = 0; i < count; i += 16) {
    __m512 v = _mm512_loadu_ps(b + i), l, h = log2_pair_16(_mm512_loadu_ps(x + i), &l);
    __m512 t = madd_16(v, h, all_16(POW_ROUNDER)), k = _mm512_sub_ps(t, all_16(POW_ROUNDER));
    __m512 rest = madd_16(v, l, _mm512_fmsub_ps(v, h, k));
    if (limited) rest = _mm512_max_ps(_mm512_min_ps(rest, all_16(1)), all_16(-1));
    seen = _mm512_or_si512(seen, _mm512_castps_si512(t));
    _mm512_storeu_ps(n + i, k);
    _mm512_storeu_ps(r + i, rest);
  }
  return !_mm512_test_epi32_mask(seen, _mm512_set1_epi32((int32_t)OUTSIDE));
}
/* 2^(n + r): 2^n saturates */
static inline __m512 exp2_pair_16(__m512 n, __m512 r) {
  __m512 y = all_16(0x1.3fa206p-13f); /* 2^-28 */
  y = madd_16(y, r, all_16(0x1.5f0b82p-10f));
  y = madd_16(y, r, all_16(0x1.3b30ap-7f));
  y = madd_16(y, r, all_16(0x1.c6af76p-5f));
  y = madd_16(y, r, all_16(0x1.ebfbd8p-3f));
  y = madd_16(y, r, all_16(0x1.62e43p-1f));
  return _mm512_scalef_ps(madd_16(y, r, all_16(1)), n);
}
static inline void exponentials(int count, float *y, const float *n, const float *r) {
  for (int i = 0; i < count; i += 16)
    _mm512_storeu_ps(y + i, exp2_pair_16(_mm512_loadu_ps(n + i), _mm512_loadu_ps(r + i)));
}
static void any_powers(int n, float *y, const float *a, const float *b) {
  float x[CHECKED], e[CHECKED], whole[CHECKED], rest[CHECKED];
  int count = (n + 15) / 16 * 16;
  for (int i = n; i < count; i++) x[i] = 1, e[i] = 0;
  EACH(n) {
    float limit = b[i] > 0x1p32f ? 0x1p32f : b[i] < -0x1p32f ? -0x1p32f : b[i];
    x[i] = __builtin_fabsf(a[i]);
    e[i] = power_is_finite(a[i], b[i]) ? limit : 0.0f;
  }
  exponents(count, x, e, whole, rest, true);
  exponentials(count, x, whole, rest);
  EACH(n) y[i] = power_ends(a[i], b[i], x[i]);
}
/* In two loops, since a vector's chain of instructions is so long that the processor doesn't look
 * far enough ahead to begin enough others. */
static void quick_pow_f32(int n, void *y_, const void *a_, const void *b_, const void *c) {
  float *y = y_;
  _Alignas(64) float whole[CHECKED], rest[CHECKED];
  const float *a = a_, *b = b_;
  (void)c;
  for (; n >= CHECKED; n -= CHECKED, y += CHECKED, a += CHECKED, b += CHECKED)
    if (exponents(CHECKED, a, b, whole, rest, false))
      exponentials(CHECKED, y, whole, rest);
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
