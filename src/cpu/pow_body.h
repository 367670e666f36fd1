/* pow_body.h: powers with AVX-512 of a float type T, by the tables and names that isa_pow.h defines
 * before it includes this. */
#define LANES (64 / (int)sizeof(T))
#define ALL_OF(x) OP(set1)(x)

#define ROW(c, high, low) (T)(c) / 256,
static const T NAME(pow_half)[] = {POW_TABLE};
#undef ROW
#define ROW(c, high, low) high,
static const T NAME(pow_high)[] = {POW_TABLE};
#undef ROW
#define ROW(c, high, low) low,
static const T NAME(pow_low)[] = {POW_TABLE};
#undef ROW
static const T NAME(pow_cubic)[] = {POW_CUBIC};

/* log2 x = high + low: n - log2 c + log2(1 + 2 r), 2 r = m c - 1.  In halves, log(1 + 2 r) is
 * r - r^2 + .. with no factor but 1, so that one multiply-add finds what r - r^2 loses, and the
 * factor 2 / log 2 comes once, in the sum with the whole part.  Of 0 and infinities `high` is
 * infinite, below 0 it is NaN. */
static inline VEC NAME(log2_pair)(VEC x, VEC *low) {
  const VEC factor = ALL_OF(FACTOR);
  VEC n = OP(getexp)(x), m = OP(getmant)(x, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_nan);
  __m512i at = BITS(OP(fmadd)(m, ALL_OF((T)31.25), ALL_OF(WHOLE_ROUNDER)));
  VEC r = OP(fmsub)(m, LOOK_UP(NAME(pow_half), at), ALL_OF((T)0.5));
  VEC whole = OP(add)(n, LOOK_UP(NAME(pow_high), at));
  VEC w = OP(fnmadd)(r, r, r), high = OP(fmadd)(w, factor, whole);
  VEC q = ALL_OF(NAME(pow_cubic)[0]);
  for (int k = 1; k < (int)(sizeof NAME(pow_cubic) / sizeof(T)); k++)
    q = OP(fmadd)(q, r, ALL_OF(NAME(pow_cubic)[k]));
  q = OP(fmadd)(q, r, ALL_OF(-POW_LACKS));
  q = OP(fmadd)(q, r, ALL_OF(POW_LACKS));
  VEC rest = OP(fmadd)(q, r, OP(fnmadd)(r, r, OP(sub)(r, w)));
  VEC lost = OP(fmadd)(w, factor, OP(sub)(whole, high));
  *low = OP(fmadd)(rest, factor, OP(add)(lost, LOOK_UP(NAME(pow_low), at)));
  return high;
}
/* n + r = b log2 x, n whole and |r| about 1/2 at most, of `count` elements, a multiple of LANES.
 * Says whether all are so, which zeros, infinities, NaN, an x below 0 and large results aren't:
 * their sums with POW_ROUNDER have bits of POW_OUTSIDE.  (Of small results some have; those of the
 * others, too, become 0.)  If `limited`, |r| <= 1 also where n is too large to be near. */
static inline bool NAME(exponents)(int count, const T *x, const T *b, T *n, T *r, bool limited) {
  __m512i seen = _mm512_setzero_si512();
  /* Unrolled whole, GCC takes all sums first and has no registers left. */
#pragma GCC unroll 2
  for (int i = 0; i < count; i += LANES) {
    VEC v = OP(loadu)(b + i), l, h = NAME(log2_pair)(OP(loadu)(x + i), &l);
    VEC t = OP(fmadd)(v, POW_SUM(h, l), ALL_OF(POW_ROUNDER));
    VEC k = OP(sub)(t, ALL_OF(POW_ROUNDER));
    VEC rest = OP(fmadd)(v, l, OP(fmsub)(v, h, k));
    if (limited) rest = OP(max)(OP(min)(rest, ALL_OF(1)), ALL_OF(-1));
    seen = _mm512_or_si512(seen, BITS(t));
    OP(storeu)(n + i, k);
    OP(storeu)(r + i, rest);
  }
  return !_mm512_test_epi32_mask(seen, POW_OUTSIDE);
}
static inline void NAME(exponentials)(int count, T *y, const T *n, const T *r) {
  for (int i = 0; i < count; i += LANES)
    OP(storeu)(y + i, EXP2_SUM(OP(loadu)(n + i), OP(loadu)(r + i)));
}
static void NAME(any_powers)(int n, T *y, const T *a, const T *b) {
  const T most = (T)(sizeof(T) == 4 ? 0x1p32 : 0x1p64); /* beyond, |a|^b is 0, 1 or infinite */
  T x[CHECKED], e[CHECKED], whole[CHECKED], rest[CHECKED];
  int count = (n + LANES - 1) / LANES * LANES;
  for (int i = n; i < count; i++) x[i] = 1, e[i] = 0;
  EACH(n) {
    T limit = b[i] > most ? most : b[i] < -most ? -most : b[i];
    x[i] = NAME(abs)(a[i]);
    e[i] = NAME(power_is_finite)(a[i], b[i]) ? limit : 0;
  }
  NAME(exponents)(count, x, e, whole, rest, true);
  NAME(exponentials)(count, x, whole, rest);
  EACH(n) y[i] = NAME(power_ends)(a[i], b[i], x[i]);
}
static void NAME(quick_pow)(int n, void *y_, const void *a_, const void *b_, const void *c) {
  T *y = y_;
  _Alignas(64) T whole[CHECKED], rest[CHECKED];
  const T *a = a_, *b = b_;
  (void)c;
  for (; n >= CHECKED; n -= CHECKED, y += CHECKED, a += CHECKED, b += CHECKED)
    if (NAME(exponents)(CHECKED, a, b, whole, rest, false))
      NAME(exponentials)(CHECKED, y, whole, rest);
    else
      NAME(any_powers)(CHECKED, y, a, b);
  if (n) NAME(any_powers)(n, y, a, b);
}

#undef LANES
#undef ALL_OF
#undef POW_TABLE
#undef POW_CUBIC
#undef POW_LACKS
#undef POW_ROUNDER
#undef POW_SUM
#undef POW_OUTSIDE
#undef T
#undef VEC
#undef OP
#undef NAME
#undef BITS
#undef LOOK_UP
#undef EXP2_SUM
#undef FACTOR
#undef WHOLE_ROUNDER
