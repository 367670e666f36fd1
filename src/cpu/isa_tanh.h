/* isa_tanh.h: the hyperbolic tangent of float32 with AVX-512: a polynomial for each quarter of a
 * power of two, its coefficients found by tables that registers hold: no division. */
#if defined(__AVX512F__)

/* By the last 3 bits of the exponent and the first 2 of the fraction: a point b in the middle, so
 * chosen that tanh b is nearly a float, and the coefficients of tanh(b + d), 2^-26 (relative).
 * Row 15 is for all below 1/8, around 0; rows 9 to 14 are for none. */
/* clang-format off */
static const float tanh_table[7][32] = {
    { /* b */
     0x1.1f52p1f, 0x1.5f52cp1f, 0x1.a033p1f, 0x1.e03d4p1f, 0x1.1fd18p2f, 0x1.5f91cp2f, 0x1.9f84p2f,
     0x1.e0afp2f, 0x1.10ab2cp3f, 0, 0, 0, 0, 0, 0, 0, 0x1.1f728p-3f, 0x1.5f538p-3f, 0x1.a0118p-3f,
     0x1.dfbc8p-3f, 0x1.2056cp-2f, 0x1.6041cp-2f, 0x1.9fcbcp-2f, 0x1.e029p-2f, 0x1.20ae4p-1f,
     0x1.608a4p-1f, 0x1.9ffd4p-1f, 0x1.e09e4p-1f, 0x1.1f554p0f, 0x1.60824p0f, 0x1.9fddp0f,
     0x1.dfe98p0f},
    { /* tanh b */
     0x1.f4a16ep-1f, 0x1.fbc9bep-1f, 0x1.fe77b2p-1f, 0x1.ff6fa2p-1f, 0x1.ffdf78p-1f, 0x1.fffb9p-1f,
     0x1.ffff66p-1f, 0x1.ffffecp-1f, 0x1.fffffep-1f, 0, 0, 0, 0, 0, 0, 0, 0x1.1d9312p-3f,
     0x1.5beb84p-3f, 0x1.9a6fe8p-3f, 0x1.d7267p-3f, 0x1.18f3d4p-2f, 0x1.52fd52p-2f, 0x1.8a5b62p-2f,
     0x1.bfcf94p-2f, 0x1.05894ep-1f, 0x1.31b0e6p-1f, 0x1.57877cp-1f, 0x1.782122p-1f,
     0x1.9de6a2p-1f, 0x1.c2b364p-1f, 0x1.d9bceap-1f, 0x1.e87494p-1f},
    { /* d */
     0x1.67c81cp-5f, 0x1.0c74ap-6f, 0x1.87b7c4p-8f, 0x1.209358p-9f, 0x1.04393cp-11f,
     0x1.1bffa4p-14f, 0x1.340142p-17f, 0x1.41849ap-20f, 0x1.55519cp-23f, 0, 0, 0, 0, 0, 0, 0x1p0f,
     0x1.f60b7ap-1f, 0x1.f1393ep-1f, 0x1.eb6faap-1f, 0x1.e4e70cp-1f, 0x1.d97538p-1f,
     0x1.c7e3c4p-1f, 0x1.b41052p-1f, 0x1.9e152ep-1f, 0x1.7a675ep-1f, 0x1.497c8p-1f, 0x1.1981d6p-1f,
     0x1.d75ea8p-2f, 0x1.62ce0ap-2f, 0x1.cd09acp-3f, 0x1.26a8b8p-3f, 0x1.700d5ap-4f},
    { /* d^2 */
     -0x1.5fc85ep-5f, -0x1.0a3b72p-6f, -0x1.8684c2p-8f, -0x1.203c96p-9f, -0x1.03d64p-11f,
     -0x1.1ba308p-14f, -0x1.33a5d6p-17f, -0x1.596a4ep-20f, -0x1.9d3a46p-21f, 0, 0, 0, 0, 0, 0, 0,
     -0x1.180562p-3f, -0x1.51e12ap-3f, -0x1.89f3e6p-3f, -0x1.be36fep-3f, -0x1.03cd92p-2f,
     -0x1.2dd716p-2f, -0x1.4fde5p-2f, -0x1.6a2b54p-2f, -0x1.829646p-2f, -0x1.8970f4p-2f,
     -0x1.79c1f8p-2f, -0x1.5a480ep-2f, -0x1.1ed388p-2f, -0x1.95d7a4p-3f, -0x1.10a3dp-3f,
     -0x1.5f209ap-4f},
    { /* d^3 */
     0x1.c0226ap-6f, 0x1.5d29a2p-7f, 0x1.02c702p-8f, 0x1.7f73b4p-10f, 0x1.5a57bp-12f,
     0x1.7a5f3ep-15f, 0x1.9a6f08p-18f, 0x1.a81c8ep-21f, 0x1.cac6d8p-25f, 0, 0, 0, 0, 0, 0,
     -0x1.5553dcp-2f, -0x1.3b544ep-2f, -0x1.2f06e4p-2f, -0x1.1fbc14p-2f, -0x1.0fcac8p-2f,
     -0x1.e8f33ap-3f, -0x1.983b52p-3f, -0x1.428d8ep-3f, -0x1.d6a43p-4f, -0x1.b636c6p-5f,
     0x1.e8a8c8p-7f, 0x1.0707dp-4f, 0x1.850d1p-4f, 0x1.c663dcp-4f, 0x1.9728d4p-4f, 0x1.3416dep-4f,
     0x1.a89914p-5f},
    { /* d^4 */
     -0x1.994ecep-7f, -0x1.54a9e2p-8f, -0x1.0273cap-9f, -0x1.822122p-11f, -0x1.6aa1cep-13f,
     -0x1.8c7436p-16f, -0x1.adb7bcp-19f, -0x1.da6666p-25f, 0x1.352b1ep-19f, 0, 0, 0, 0, 0, 0, 0,
     0x1.628348p-4f, 0x1.b1eac8p-4f, 0x1.efc5e8p-4f, 0x1.12ccdap-3f, 0x1.332b66p-3f,
     0x1.52dd62p-3f, 0x1.5b810cp-3f, 0x1.57e72cp-3f, 0x1.3943a4p-3f, 0x1.e7baf4p-4f,
     0x1.4758c2p-4f, 0x1.609f4ap-5f, 0x1.0be5c6p-8f, -0x1.5b79c2p-6f, -0x1.9bc392p-6f,
     -0x1.55bc82p-6f},
    { /* d^5 */
     0x1.04a12cp-8f, 0x1.f63762p-10f, 0x1.94656cp-11f, 0x1.33249ep-12f, 0x1.1fbc72p-14f,
     0x1.38b29cp-17f, 0x1.529754p-20f, 0x1.ec6b26p-23f, 0x1.c1c0c6p-22f, 0, 0, 0, 0, 0, 0,
     0x1.0eaddap-3f, 0x1.3ecd5ap-1f, 0x1.caeb96p-1f, -0x1.4175a2p0f, -0x1.a27098p-2f,
     0x1.3d4ccep-3f, 0x1.1bddb4p-3f, -0x1.0294ep-4f, -0x1.c40072p-6f, -0x1.859eap-5f,
     -0x1.0e392cp-4f, -0x1.d0959cp-5f, -0x1.af54bp-5f, -0x1.06c6fap-5f, -0x1.39a34cp-7f,
     0x1.749798p-10f, 0x1.2c2bd6p-8f}};
/* clang-format on */

static inline __m512 tanh_16(__m512 x) { /* 1.1 */
  const __m512 sign = all_16(-0.0f);
  __m512 a = _mm512_min_ps(all_16(9.02f), _mm512_andnot_ps(sign, x)); /* there it is 1; or NaN */
  __m512i at = _mm512_max_epi32(_mm512_castps_si512(a), _mm512_set1_epi32(0x3dffffff));
  at = _mm512_srli_epi32(at, 23 - 2);
  __m512 d = _mm512_sub_ps(a, look_up_32(tanh_table[0], at)), y = look_up_32(tanh_table[6], at);
  for (int k = 5; k > 0; k--) y = madd_16(y, d, look_up_32(tanh_table[k], at));
  return _mm512_or_ps(y, _mm512_and_ps(sign, x)); /* y is not below 0 */
}
static inline __mmask16 first_of_16(int n) {
  return n >= 16 ? 0xffff : n > 0 ? (__mmask16)((1u << n) - 1) : 0;
}
static void quick_tanh_f32(int n, void *y_, const void *a_, const void *b, const void *c) {
  float *y = y_;
  const float *a = a_;
  (void)b, (void)c;
  for (; n > 0; n -= 16, y += 16, a += 16) {
    __mmask16 m = first_of_16(n);
    _mm512_mask_storeu_ps(y, m, tanh_16(_mm512_maskz_loadu_ps(m, a)));
  }
}

#endif
