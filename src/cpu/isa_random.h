/* isa_random.h: the instructions rand and randn, exactly as philox.h says.
 *
 * A loop over blocks makes the words, in four arrays so that it vectorises over blocks; a second one
 * turns them into numbers.  A range may begin and end inside a block. */

enum { BLOCKS = NM_TILE / 2 + 1 }; /* of two elements; the first and the last may be used in part */
typedef struct words { uint32_t w[4][BLOCKS]; } words;

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

/* cos and sin of 2 pi u for u in [0, 1): the quarter turns are taken off first, which is exact. */
static inline float cos_turn(float u, uint32_t quarter) {
  float t = madd_f32(u, 4.0f, 0x1.8p23f), n = t - 0x1.8p23f;
  return quadrant_f32((u - n * 0.25f) * 0x1.921fb6p+2f, bits_f32(t) + quarter);
}
static inline double turn_f64(double u, bool sine) {
  double n = rint(u * 4.0), r = (u - n * 0.25) * 0x1.921fb54442d18p+2;
  int q = ((int)n + !sine) & 3; /* cos x = sin (x + a quarter) */
  double y = q & 1 ? cos(r) : sin(r);
  return q & 2 ? -y : y;
}

static void rand_f32(int n, void *y_, int64_t start, uint64_t key, uint64_t counter) {
  float *y = y_;
  words ws;
  int skip = (int)(start & 3), blocks = (skip + n + 3) / 4;
  philox_blocks(blocks, &ws, key, counter + (uint64_t)start / 4);
  for (int i = 0; i < n; i++) y[i] = unit_f32(ws.w[(skip + i) & 3][(skip + i) >> 2]);
}

static void rand_f64(int n, void *y_, int64_t start, uint64_t key, uint64_t counter) {
  double *y = y_;
  words ws;
  int skip = (int)(start & 1), blocks = (skip + n + 1) / 2;
  philox_blocks(blocks, &ws, key, counter + (uint64_t)start / 2);
  for (int i = 0; i < n; i++) {
    int block = (skip + i) >> 1, j = (skip + i) & 1;
    y[i] = unit_f64(ws.w[2 * j][block], ws.w[2 * j + 1][block]);
  }
}

static void randn_f32(int n, void *y_, int64_t start, uint64_t key, uint64_t counter) {
  float *y = y_, normal[4][BLOCKS];
  words ws;
  int skip = (int)(start & 3), blocks = (skip + n + 3) / 4;
  philox_blocks(blocks, &ws, key, counter + (uint64_t)start / 4);
  for (int j = 0; j < 4; j += 2)
    for (int i = 0; i < blocks; i++) {
      float u1 = unit_f32(ws.w[j][i]) + 0x1p-24f, u2 = unit_f32(ws.w[j + 1][i]);
      float r = sqrt_f32(-2.0f * log_f32(u1));
      normal[j][i] = r * cos_turn(u2, 1);
      normal[j + 1][i] = r * cos_turn(u2, 0);
    }
  for (int i = 0; i < n; i++) y[i] = normal[(skip + i) & 3][(skip + i) >> 2];
}

static void randn_f64(int n, void *y_, int64_t start, uint64_t key, uint64_t counter) {
  double *y = y_;
  words ws;
  int skip = (int)(start & 1), blocks = (skip + n + 1) / 2;
  philox_blocks(blocks, &ws, key, counter + (uint64_t)start / 2);
  for (int i = 0; i < n; i++) {
    int block = (skip + i) >> 1;
    double u1 = unit_f64(ws.w[0][block], ws.w[1][block]) + 0x1p-53;
    double r = sqrt(-2.0 * log_f64(u1));
    y[i] = r * turn_f64(unit_f64(ws.w[2][block], ws.w[3][block]), (skip + i) & 1);
  }
}
