/* philox.h: the counter-based random numbers of numoon, identical on every device.
 *
 * Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
 * A block of four 32-bit words is a pure function of a 64-bit key (the seed) and a 64-bit counter:
 * key words (lo, hi) of the key; counter words (lo, hi, 0, 0).
 *
 * A random tensor starts at counter `b`; element i of it comes from these words w[] of a block:
 *   rand  float32: block b + i/4, u = (w[i%4] >> 8) * 2^-24
 *   rand  float64: block b + i/2, u = ((w[2j] << 21) ^ (w[2j+1] >> 11)) * 2^-53, j = i%2
 *         where w[2j] << 21 is taken in 64 bits: the 53 bits (w[2j] : w[2j+1]) >> 11
 *   randn float32: block b + i/4; with j = 2 * ((i%4) / 2):
 *         u1 = ((w[j] >> 8) + 1) * 2^-24 in (0, 1], u2 = (w[j+1] >> 8) * 2^-24
 *         r = sqrt(-2 log u1); even i: r cos(2 pi u2), odd i: r sin(2 pi u2)
 *   randn float64: block b + i/2; u1 = (bits(w[0], w[1]) + 1) * 2^-53, u2 = bits(w[2], w[3]) *
 * 2^-53 with bits as in rand float64; even i: cos, odd i: sin float16 and bfloat16 are float32's
 * numbers, narrowed. A tensor of n elements uses nm__philox_blocks(n) counters. */
#ifndef NM_PHILOX_H
#define NM_PHILOX_H

#include <stdint.h>

static inline void nm__philox(uint64_t key, uint64_t counter, uint32_t w[4]) {
  uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
  uint32_t c0 = (uint32_t)counter, c1 = (uint32_t)(counter >> 32), c2 = 0, c3 = 0;
  for (int round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
    uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c1 = (uint32_t)p1, c3 = (uint32_t)p0, c0 = n0, c2 = n2;
    k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
  }
  w[0] = c0, w[1] = c1, w[2] = c2, w[3] = c3;
}

/* Counters used by a random tensor of n elements (enough for float64, the hungriest). */
static inline uint64_t nm__philox_blocks(int64_t n) { return ((uint64_t)n + 1) / 2; }

#endif
