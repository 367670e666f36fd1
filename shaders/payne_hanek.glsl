// payne_hanek.glsl: the argument of sin and cos modulo pi/2 when it is large, in 32-bit words.
// Payne and Hanek, "Radian reduction for trigonometric functions", SIGNUM Newsletter 1983.

const float HALF_PI_F32 = 1.57079637050628662109375;
#ifdef NM_F64
const double HALF_PI_F64 = 1.57079632679489655800lf;
#endif

// 2/pi, enough for any double; the binary point is after the first word
const uint TWO_OVER_PI[40] = uint[](
  0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu,
  0xdebbc561u, 0xb7246e3au, 0x424dd2e0u, 0x06492eeau, 0x09d1921cu, 0xfe1deb1cu, 0xb129a73eu,
  0xe88235f5u, 0x2ebb4484u, 0xe99c7026u, 0xb45f7e41u, 0x3991d639u, 0x835339f4u, 0x9c845f8bu,
  0xbdf9283bu, 0x1ff897ffu, 0xde05980fu, 0xef2f118bu, 0x5a0a6d1fu, 0x6d367ecfu, 0x27cb09b7u,
  0x4f463f66u, 0x9e5fea2du, 0x7527bac7u, 0xebe5f17bu, 0x3d0739f7u, 0x8a5292eau, 0x6bfb5fb1u,
  0x1f8d5d08u, 0x56033046u, 0xfc7b6babu, 0xf0cfbc20u);

// For x = (m / 2^64) * 2^e, with the top bit of m set and e >= 2: the product x * 2/pi modulo 4,
// its whole part rounded to nearest returned, what is left in f as a signed fixed-point number of
// 2 + 126 bits (f[0] the highest word).
int nm_payne_hanek(const uvec2 m, const int e, out uint f[4]) {
  // The words of 2/pi from bit e - 2 on: times m.x, what comes before gives multiples of 4 only.
  int skip = e - 2;
  int i = skip >> 5, s = skip & 31;
  uint acc[6] = uint[](0u, 0u, 0u, 0u, 0u, 0u);
  for (int j = 5; j >= 0; j--) { // window word j times m.x goes to word j, times m.y to word j + 1
    uint w = TWO_OVER_PI[i + j] << s;
    if (s != 0) w |= TWO_OVER_PI[i + j + 1] >> (32 - s);
    for (int part = 0; part < 2; part++) {
      int at = j + part;
      if (at > 5) continue;
      uint hi, lo, carry;
      umulExtended(w, m[part], hi, lo);
      acc[at] = uaddCarry(acc[at], lo, carry);
      if (at == 0) continue;
      uint more;
      hi += carry; // cannot overflow: hi is at most 2^32 - 2
      acc[at - 1] = uaddCarry(acc[at - 1], hi, more);
      for (int k = at - 2; k >= 0 && more != 0u; k--) acc[k] = uaddCarry(acc[k], more, more);
    }
  }
  if (i > 0) // m.y counts 32 bits lower, so it meets one word before those
    acc[0] += (TWO_OVER_PI[i - 1] << s | (s != 0 ? TWO_OVER_PI[i] >> (32 - s) : 0u)) * m.y;
  for (int k = 0; k < 4; k++) f[k] = acc[k];
  int q = int(f[0] >> 30);
  f[0] &= 0x3fffffffu;
  return q;
}

// Replaces a fraction of half or more by its distance to one; true if it did: then the quadrant is
// one more.
bool nm_magnitude(inout uint f[4]) {
  if ((f[0] & 0x20000000u) == 0u) return false;
  uint borrow = 0u;
  for (int k = 3; k >= 0; k--) {
    uint b0, b1, d = usubBorrow(k == 0 ? 0x40000000u : 0u, f[k], b0);
    f[k] = usubBorrow(d, borrow, b1);
    borrow = b0 | b1;
  }
  return true;
}

// Shifts left until the top bit is set; returns by how many bits.
int nm_normalize(inout uint f[4]) {
  int shift = 0;
  for (int k = 0; k < 3 && f[0] == 0u; k++, shift += 32)
    f[0] = f[1], f[1] = f[2], f[2] = f[3], f[3] = 0u;
  int s = 31 - findMSB(f[0] | 1u);
  if (s > 0) {
    f[0] = f[0] << s | f[1] >> (32 - s);
    f[1] = f[1] << s | f[2] >> (32 - s);
  }
  return shift + s;
}
