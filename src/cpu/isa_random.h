/* isa_random.h: the instructions rand and randn, exactly as philox.h says.
 *
 * A loop over blocks makes the words, in four arrays so that it vectorises over blocks; a second
 * one turns them into numbers.  A range may begin and end inside a block: whole blocks are made. */

enum { BLOCKS = NM_TILE / 2 + 1 }; /* of two elements; the first and the last may be used in part */
typedef struct words {
  uint32_t w[4][BLOCKS];
} words;

static void philox_blocks(int n, words *out, uint64_t key, uint64_t counter) {
  for (int i = 0; i < n; i++) {
    uint32_t w[4];
    nm__philox(key, counter + (uint64_t)i, w);
    for (int j = 0; j < 4; j++) out->w[j][i] = w[j];
  }
}

/* 24 and 53 bits as numbers in [0, 1) */
static inline float unit_f32(uint32_t w) { return (float)(int32_t)(w >> 8) * 0x1p-24f; }
static inline double unit_f64(uint32_t high, uint32_t low) {
  return (double)(int64_t)((((uint64_t)high << 32) | low) >> 11) * 0x1p-53;
}

/* sin r and cos r for |r| <= pi / 4, and what quadrant q makes of them */
static inline float quadrant_f32(float r, uint32_t q) {
  float z = r * r, s = 0x1.6ccbb2p-19f, c = -0x1.242188p-22f;
  s = madd_f32(s, z, -0x1.a00f68p-13f); /* (sin r - r) / r^3, 2^-37 */
  s = madd_f32(s, z, 0x1.111108p-7f);
  s = madd_f32(s, z, -0x1.555556p-3f);
  s = madd_f32(s, z * r, r);
  c = madd_f32(c, z, 0x1.a010f4p-16f); /* (cos r - 1 + r^2 / 2) / r^4, 2^-43 */
  c = madd_f32(c, z, -0x1.6c16b8p-10f);
  c = madd_f32(c, z, 0x1.555556p-5f);
  c = madd_f32(c, z * z, madd_f32(z, -0.5f, 1.0f));
  float y = q & 1 ? c : s;
  return from_bits_f32(bits_f32(y) ^ ((q & 2) << 30));
}

/* sin (quarter 0) and cos (quarter 1) of 2 pi u, u in [0, 1): quarter turns are taken off first,
 * exactly. */
static inline float sin_turn(float u, uint32_t quarter) {
  float t = madd_f32(u, 4.0f, 0x1.8p23f), n = t - 0x1.8p23f;
  return quadrant_f32((u - n * 0.25f) * 0x1.921fb6p+2f, bits_f32(t) + quarter);
}
static inline double turn_f64(double u, bool sine) {
  double n = rint(u * 4.0), r = (u - n * 0.25) * 0x1.921fb54442d18p+2;
  int q = ((int)n + !sine) & 3; /* cos x = sin (x + a quarter) */
  double y = q & 1 ? cos(r) : sin(r);
  return q & 2 ? -y : y;
}

/* RANDOM(name, C type, elements of a block, step that makes block i of `all` from the words) */
#define RANDOM(name, T, each, fill)                                                                \
  static void name(int n, void *y, int64_t start, uint64_t key, uint64_t counter) {                \
    T all[each * BLOCKS];                                                                          \
    words ws;                                                                                      \
    int skip = (int)(start % each), blocks = (skip + n + each - 1) / each;                         \
    philox_blocks(blocks, &ws, key, counter + (uint64_t)(start / each));                           \
    for (int i = 0; i < blocks; i++) fill;                                                         \
    memcpy(y, all + skip, (size_t)n * sizeof(T));                                                  \
  }

static inline void fill_rand_f32(float *y, const words *ws, int i) {
  for (int j = 0; j < 4; j++) y[j] = unit_f32(ws->w[j][i]);
}
static inline void fill_rand_f64(double *y, const words *ws, int i) {
  for (int j = 0; j < 2; j++) y[j] = unit_f64(ws->w[2 * j][i], ws->w[2 * j + 1][i]);
}
static inline void fill_randn_f64(double *y, const words *ws, int i) {
  double r = sqrt(-2.0 * log_f64(unit_f64(ws->w[0][i], ws->w[1][i]) + 0x1p-53));
  double u = unit_f64(ws->w[2][i], ws->w[3][i]);
  y[0] = r * turn_f64(u, false);
  y[1] = r * turn_f64(u, true);
}
RANDOM(rand_f32, float, 4, fill_rand_f32(all + 4 * i, &ws, i))
RANDOM(rand_f64, double, 2, fill_rand_f64(all + 2 * i, &ws, i))
RANDOM(randn_f64, double, 2, fill_randn_f64(all + 2 * i, &ws, i))
#undef RANDOM

/* The numbers of all blocks in four arrays first: the roots and polynomials vectorise so,
 * interleaved not. */
static void randn_f32(int n, void *y, int64_t start, uint64_t key, uint64_t counter) {
  float all[4 * BLOCKS], normal[4][BLOCKS];
  words ws;
  int skip = (int)(start % 4), blocks = (skip + n + 3) / 4;
  philox_blocks(blocks, &ws, key, counter + (uint64_t)(start / 4));
  for (int j = 0; j < 4; j += 2)
    for (int i = 0; i < blocks; i++) {
      float u = unit_f32(ws.w[j + 1][i]);
      float r = sqrt_f32(-2.0f * log_f32(unit_f32(ws.w[j][i]) + 0x1p-24f));
      normal[j][i] = r * sin_turn(u, 1);
      normal[j + 1][i] = r * sin_turn(u, 0);
    }
  for (int i = 0; i < blocks; i++)
    for (int j = 0; j < 4; j++) all[4 * i + j] = normal[j][i];
  memcpy(y, all + skip, (size_t)n * sizeof(float));
}
