// order.glsl: the order of elements, from their bits alone, so that no feature is needed.  An
// element becomes an unsigned key, ordered as elements are: 0 and -0 have the same one, NaNs the
// largest.  With WIDE keys are of 64 bits, as two words, the high one in y; else of one word.
#include "kernel.glsl"

#ifdef WIDE
#define KEY uvec2
bool below(const KEY a, const KEY b) { return a.y < b.y || (a.y == b.y && a.x < b.x); }

KEY key_of(const uint dtype, Words p, const uint i, const bool flip) {
  KEY v = uvec2(p.w[2u * i], p.w[2u * i + 1u]);
  if (dtype == FLOAT64) {
    uint high = v.y & 0x7fffffffu;
    bool nan = high > 0x7ff00000u || (high == 0x7ff00000u && v.x != 0u);
    if ((high | v.x) == 0u) v.y = 0u;
    v = (v.y >> 31) != 0u ? ~v : uvec2(v.x, v.y | 0x80000000u);
    if (nan) v = uvec2(~0u);
  } else {
    v.y ^= 0x80000000u;
  }
  return flip ? ~v : v;
}
#else
#define KEY uint
bool below(const KEY a, const KEY b) { return a < b; }

KEY key_of(const uint dtype, Words p, const uint i, const bool flip) {
  bool half_ = dtype == FLOAT16 || dtype == BFLOAT16;
  uint width = half_ || dtype == INT16 ? 16u : dtype == FLOAT32 || dtype == INT32 ? 32u : 8u;
  uint v = width == 32u ? p.w[i] : load_bits(p, i, width), sign = 1u << (width - 1u);
  if (half_ || dtype == FLOAT32) {
    uint inf = dtype == FLOAT32 ? 0x7f800000u : dtype == FLOAT16 ? 0x7c00u : 0x7f80u;
    bool nan = (v & ~sign) > inf;
    if (v == sign) v = 0u;
    v = (v & sign) != 0u ? ~v & (sign | (sign - 1u)) : v | sign;
    if (nan) v = ~0u;
  } else if (dtype != UINT8 && dtype != BOOL) {
    v ^= sign;
  }
  return flip ? ~v : v;
}
#endif
