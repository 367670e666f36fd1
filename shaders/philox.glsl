// philox.glsl: core/philox.h in GLSL.  The numbers of the elements i & ~3 to i | 3 at a time.

uvec4 nm_philox(const uvec2 key, const uvec2 counter) {
  uvec2 k = key;
  uvec4 c = uvec4(counter, 0u, 0u);
  for (int i = 0; i < 10; i++) {
    uint h0, l0, h1, l1;
    umulExtended(0xD2511F53u, c.x, h0, l0);
    umulExtended(0xCD9E8D57u, c.z, h1, l1);
    c = uvec4(h1 ^ c.y ^ k.x, l1, h0 ^ c.w ^ k.y, l0);
    k += uvec2(0x9E3779B9u, 0xBB67AE85u);
  }
  return c;
}

uvec2 nm_add64(const uvec2 a, const uvec2 b) {
  uint carry, low = uaddCarry(a.x, b.x, carry);
  return uvec2(low, a.y + b.y + carry);
}

uvec2 nm_shift64(const uvec2 a, const int by) {
  return uvec2(a.x >> by | a.y << (32 - by), a.y >> by);
}

uvec4 nm_words_f32(const uvec2 key, const uvec2 counter, const uvec2 i) {
  return nm_philox(key, nm_add64(counter, nm_shift64(i, 2)));
}

vec4 nm_rand_f32(const uvec2 key, const uvec2 counter, const uvec2 i) {
  return vec4(nm_words_f32(key, counter, i) >> 8) * 5.9604644775390625e-8;
}

vec4 nm_randn_f32(const uvec2 key, const uvec2 counter, const uvec2 i) {
  uvec4 w = nm_words_f32(key, counter, i) >> 8;
  float u = float(w.x + 1u) * 5.9604644775390625e-8, v = float(w.y) * 5.9604644775390625e-8;
  float s = float(w.z + 1u) * 5.9604644775390625e-8, t = float(w.w) * 5.9604644775390625e-8;
  return vec4(nm_normal(u, v, false), nm_normal(u, v, true),
              nm_normal(s, t, false), nm_normal(s, t, true));
}

#ifdef NM_F64
// 53 bits of two words as a whole number
double nm_bits53(const uint hi, const uint lo) {
  return double(hi) * 2097152.0lf + double(lo >> 11);
}
const double NM_2M53 = 1.1102230246251565404e-16lf;

dvec4 nm_rand_f64(const uvec2 key, const uvec2 counter, const uvec2 i) {
  uvec2 b = nm_add64(counter, nm_shift64(uvec2(i.x & ~3u, i.y), 1));
  uvec4 w = nm_philox(key, b), x = nm_philox(key, nm_add64(b, uvec2(1u, 0u)));
  return NM_2M53 * dvec4(nm_bits53(w.x, w.y), nm_bits53(w.z, w.w),
                         nm_bits53(x.x, x.y), nm_bits53(x.z, x.w));
}

dvec4 nm_randn_f64(const uvec2 key, const uvec2 counter, const uvec2 i) {
  uvec2 b = nm_add64(counter, nm_shift64(uvec2(i.x & ~3u, i.y), 1));
  uvec4 w = nm_philox(key, b), x = nm_philox(key, nm_add64(b, uvec2(1u, 0u)));
  double u = (nm_bits53(w.x, w.y) + 1.0lf) * NM_2M53, v = nm_bits53(w.z, w.w) * NM_2M53;
  double s = (nm_bits53(x.x, x.y) + 1.0lf) * NM_2M53, t = nm_bits53(x.z, x.w) * NM_2M53;
  return dvec4(nm_normal(u, v, false), nm_normal(u, v, true),
               nm_normal(s, t, false), nm_normal(s, t, true));
}
#endif
