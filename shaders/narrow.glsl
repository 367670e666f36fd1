// narrow.glsl: the bits of narrow dtypes in words, and rounding to what they can hold.
// Exact as core/dtype.h's conversions, whatever rounding and subnormals the hardware has.

float nm_load_float16(const uint h) {
  uint sign = (h & 0x8000u) << 16, rest = h & 0x7fffu;
  uint bits = rest >= 0x7c00u ? 0x7f800000u | (rest & 0x3ffu) << 13 : (rest << 13) + 0x38000000u;
  if (rest < 0x400u) bits = floatBitsToUint(float(rest) * 5.9604644775390625e-8);
  return uintBitsToFloat(sign | bits);
}

uint nm_store_float16(const float a) {
  uint bits = floatBitsToUint(a), sign = (bits >> 16) & 0x8000u, rest = bits & 0x7fffffffu;
  if (rest > 0x7f800000u) return sign | 0x7e00u | ((rest >> 13) & 0x1ffu);
  if (rest >= 0x47800000u) return sign | 0x7c00u;
  if (rest < 0x38800000u) { // adding 1/2 aligns the last bit to 2^-24 and rounds once
    precise float y = uintBitsToFloat(rest) + 0.5;
    return sign | (floatBitsToUint(y) - 0x3f000000u);
  }
  rest += 0xfffu + ((rest >> 13) & 1u);
  return sign | ((rest - 0x38000000u) >> 13);
}

float nm_load_bfloat16(const uint h) { return uintBitsToFloat(h << 16); }

uint nm_store_bfloat16(const float a) {
  uint bits = floatBitsToUint(a);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return (bits >> 16) | 0x40u;
  return (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
}

int nm_load_int16(const uint h) { return int(h << 16) >> 16; }
int nm_load_int8(const uint h) { return int(h << 24) >> 24; }
int nm_load_uint8(const uint h) { return int(h); }
int nm_load_bool(const uint h) { return int(h); }
uint nm_store_int16(const int a) { return uint(a) & 0xffffu; }
uint nm_store_int8(const int a) { return uint(a) & 0xffu; }
uint nm_store_uint8(const int a) { return uint(a) & 0xffu; }
uint nm_store_bool(const int a) { return uint(a != 0); }
