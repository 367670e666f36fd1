/* isa_random.h: the instructions rand and randn, exactly as philox.h says.
 *
 * A register holds as many counters as it has 64-bit lanes, and each word of their blocks in the
 * low half of a lane; what the upper half holds is never looked at.  So the products of 32 bits
 * need no unpacking.  The words of two neighbours then share a lane, and lanes are put into the
 * order of elements.  A range may begin and end inside a block: whole blocks are made. */

#if defined(__AVX512F__)
enum { COUNTERS = 8, RUNS = 4 };
#define WORD_PRODUCT(a, b) (counters) _mm512_mul_epu32((__m512i)(a), (__m512i)(b))
#elif defined(__AVX2__)
enum { COUNTERS = 4, RUNS = 2 };
#define WORD_PRODUCT(a, b) (counters) _mm256_mul_epu32((__m256i)(a), (__m256i)(b))
#else
enum { COUNTERS = 2, RUNS = 2 };
#if defined(__SSE2__)
#define WORD_PRODUCT(a, b) (counters) _mm_mul_epu32((__m128i)(a), (__m128i)(b))
#elif defined(__ARM_NEON)
#define WORD_PRODUCT(a, b)                                                                         \
  (counters) vmull_u32(vmovn_u64((uint64x2_t)(a)), vmovn_u64((uint64x2_t)(b)))
#else
#define WORD_PRODUCT(a, b) (((a)&0xffffffffu) * (b))
#endif
#endif
typedef uint64_t counters __attribute__((vector_size(8 * COUNTERS)));
typedef uint64_t counters_at __attribute__((vector_size(8 * COUNTERS), aligned(8), may_alias));

typedef struct philox_keys { /* of each round */
  uint64_t low[10], high[10];
} philox_keys;
static philox_keys philox_rounds(uint64_t key) {
  philox_keys k;
  uint32_t low = (uint32_t)key, high = (uint32_t)(key >> 32);
  for (int round = 0; round < 10; round++, low += 0x9E3779B9u, high += 0xBB67AE85u)
    k.low[round] = low, k.high[round] = high;
  return k;
}
/* The words of blocks counter, counter + 1, ..: of several registers by turns, as each product
 * waits for the one before it. */
static inline void philox_words(counters w[4][RUNS], const philox_keys *k, uint64_t counter) {
  static const uint64_t steps[8] = {0, 1, 2, 3, 4, 5, 6, 7};
  const counters zero = {0};
  counters m0 = zero + 0xD2511F53u, m1 = zero + 0xCD9E8D57u;
  counters c0[RUNS], c1[RUNS], c2[RUNS], c3[RUNS];
  for (int r = 0; r < RUNS; r++) {
    c0[r] = *(const counters_at *)steps + (counter + (uint64_t)(r * COUNTERS));
    c1[r] = c0[r] >> 32, c2[r] = c3[r] = zero;
  }
#pragma GCC unroll 10
  for (int round = 0; round < 10; round++)
#pragma GCC unroll 4
    for (int r = 0; r < RUNS; r++) {
      counters p0 = WORD_PRODUCT(c0[r], m0), p1 = WORD_PRODUCT(c2[r], m1);
      c0[r] = (p1 >> 32) ^ c1[r] ^ (zero + k->low[round]), c1[r] = p1;
      c2[r] = (p0 >> 32) ^ c3[r] ^ (zero + k->high[round]), c3[r] = p0;
    }
  for (int r = 0; r < RUNS; r++) w[0][r] = c0[r], w[1][r] = c1[r], w[2][r] = c2[r], w[3][r] = c3[r];
}
/* lane by lane b : a */
static inline counters paired(counters a, counters b) { return (a & 0xffffffffu) | (b << 32); }
/* The lanes of a and b by turns: the first register of them, and the second. */
#if defined(__AVX512F__)
static inline counters turns_low(counters a, counters b) {
  return __builtin_shuffle(a, b, (counters){0, 8, 1, 9, 2, 10, 3, 11});
}
static inline counters turns_high(counters a, counters b) {
  return __builtin_shuffle(a, b, (counters){4, 12, 5, 13, 6, 14, 7, 15});
}
#elif defined(__AVX2__)
static inline counters turns_low(counters a, counters b) {
  return __builtin_shuffle(a, b, (counters){0, 4, 1, 5});
}
static inline counters turns_high(counters a, counters b) {
  return __builtin_shuffle(a, b, (counters){2, 6, 3, 7});
}
#else
static inline counters turns_low(counters a, counters b) { return (counters){a[0], b[0]}; }
static inline counters turns_high(counters a, counters b) { return (counters){a[1], b[1]}; }
#endif

/* ---- what the words become ---- */

/* 24 and 53 bits as numbers in [0, 1) */
static inline float unit_f32(uint32_t w) { return (float)(int32_t)(w >> 8) * 0x1p-24f; }
/* the first word in the upper half; each half becomes the low digits of a double that it fits */
static inline double unit_f64(uint64_t w) {
  double high = from_bits_f64(w >> 43 | 0x4530000000000000u) - (0x1p84 + 0x1p52);
  return (high + from_bits_f64((w >> 11 & 0xffffffffu) | 0x4330000000000000u)) * 0x1p-53;
}

/* Box-Muller: r cos and r sin of 2 pi v, r = sqrt(-2 log u), u in (0, 1], v in [0, 1).  Quarter
 * turns are taken off v first, exactly. */
#define NORMAL(t, T, B, rounder, log)                                                              \
  static inline void normal_##t(T u, T v, T *even, T *odd) {                                       \
    T turns = madd_##t(v, 4, rounder), s, c;                                                       \
    sincos_near_##t(madd_##t(turns - rounder, (T)-0.25, v) * (T)0x1.921fb54442d18p+2, &s, &c);     \
    B q = bits_##t(turns);                                                                         \
    T x = q & 1 ? s : c, y = q & 1 ? c : s, r = sqrt_##t(-2 * log(u));                             \
    *even = from_bits_##t(bits_##t(r * x) ^ ((q + 1) & 2) << (8 * sizeof(T) - 2));                 \
    *odd = from_bits_##t(bits_##t(r * y) ^ (q & 2) << (8 * sizeof(T) - 2));                        \
  }
NORMAL(f32, float, uint32_t, 0x1.8p23f, log_f32_quick)
NORMAL(f64, double, uint64_t, 0x1.8p52, log_f64)
#undef NORMAL

/* ---- the loops: `blocks` blocks, rounded up to whole turns, are made at `all` ---- */

enum { TURN = COUNTERS * RUNS, BLOCKS = NM_TILE / 2 + 1 + TURN }; /* of two elements */
static inline int whole_turns(int blocks) { return (blocks + TURN - 1) / TURN * TURN; }

typedef uint32_t word_lanes __attribute__((vector_size(8 * COUNTERS)));
typedef int32_t int_lanes __attribute__((vector_size(8 * COUNTERS)));
typedef float float_lanes __attribute__((vector_size(8 * COUNTERS)));
typedef float float_lanes_at __attribute__((vector_size(8 * COUNTERS), aligned(4), may_alias));

static inline float_lanes unit_lanes(counters words) {
  return __builtin_convertvector((int_lanes)((word_lanes)words >> 8), float_lanes) * 0x1p-24f;
}
static void make_rand_f32(int blocks, float *all, uint64_t key, uint64_t counter) {
  philox_keys k = philox_rounds(key);
  for (int i = 0; i < blocks; i += TURN, all += 4 * TURN) {
    counters w[4][RUNS];
    philox_words(w, &k, counter + (uint64_t)i);
    for (int r = 0; r < RUNS; r++) {
      counters a = paired(w[0][r], w[1][r]), b = paired(w[2][r], w[3][r]);
      float_lanes_at *to = (float_lanes_at *)(all + 4 * COUNTERS * r);
      to[0] = unit_lanes(turns_low(a, b));
      to[1] = unit_lanes(turns_high(a, b));
    }
  }
}
static void make_rand_f64(int blocks, double *all, uint64_t key, uint64_t counter) {
  uint64_t bits[2 * BLOCKS];
  philox_keys k = philox_rounds(key);
  for (int i = 0; i < blocks; i += TURN) {
    counters w[4][RUNS];
    philox_words(w, &k, counter + (uint64_t)i);
    for (int r = 0; r < RUNS; r++) {
      counters a = paired(w[1][r], w[0][r]), b = paired(w[3][r], w[2][r]);
      counters_at *to = (counters_at *)(bits + 2 * (i + COUNTERS * r));
      to[0] = turns_low(a, b);
      to[1] = turns_high(a, b);
    }
  }
  int n = 2 * whole_turns(blocks);
  EACH(n)
  all[i] = unit_f64(bits[i]);
}
/* u and v of all pairs first, so that what is computed of them fills registers */
static void make_randn_f32(int blocks, float *all, uint64_t key, uint64_t counter) {
  enum { PAIRS = 2 * (NM_TILE / 4 + 1 + TURN) };
  uint32_t u[PAIRS], v[PAIRS];
  philox_keys k = philox_rounds(key);
  for (int i = 0; i < blocks; i += TURN) {
    counters w[4][RUNS];
    philox_words(w, &k, counter + (uint64_t)i);
    for (int r = 0; r < RUNS; r++) {
      int at = 2 * (i + COUNTERS * r);
      *(counters_at *)(u + at) = paired(w[0][r], w[2][r]);
      *(counters_at *)(v + at) = paired(w[1][r], w[3][r]);
    }
  }
  int n = 2 * whole_turns(blocks);
  EACH(n) {
    float one = madd_f32((float)(int32_t)(u[i] >> 8), 0x1p-24f, 0x1p-24f);
    normal_f32(one, unit_f32(v[i]), &all[2 * i], &all[2 * i + 1]);
  }
}
static void make_randn_f64(int blocks, double *all, uint64_t key, uint64_t counter) {
  uint64_t u[BLOCKS], v[BLOCKS];
  philox_keys k = philox_rounds(key);
  for (int i = 0; i < blocks; i += TURN) {
    counters w[4][RUNS];
    philox_words(w, &k, counter + (uint64_t)i);
    for (int r = 0; r < RUNS; r++) {
      *(counters_at *)(u + i + COUNTERS * r) = paired(w[1][r], w[0][r]);
      *(counters_at *)(v + i + COUNTERS * r) = paired(w[3][r], w[2][r]);
    }
  }
  int n = whole_turns(blocks);
  EACH(n) { normal_f64(unit_f64(u[i]) + 0x1p-53, unit_f64(v[i]), &all[2 * i], &all[2 * i + 1]); }
}

/* RANDOM(instruction, class, C type, elements of a block): where a range is whole turns of
 * blocks it is made in place. */
#define RANDOM(name, t, T, each)                                                                   \
  static void name##_##t(int n, void *y, int64_t start, uint64_t key, uint64_t counter) {          \
    T all[each * BLOCKS];                                                                          \
    int skip = (int)(start % each), blocks = (skip + n + each - 1) / each;                         \
    bool whole = !skip && n % (each * TURN) == 0;                                                  \
    make_##name##_##t(blocks, whole ? y : all, key, counter + (uint64_t)(start / each));           \
    if (!whole) memcpy(y, all + skip, (size_t)n * sizeof(T));                                      \
  }
RANDOM(rand, f32, float, 4)
RANDOM(rand, f64, double, 2)
RANDOM(randn, f32, float, 4)
RANDOM(randn, f64, double, 2)
#undef RANDOM
