/* isa_gemm.h: the inner loops of matrix products.
 *
 * The micro-kernel multiplies a packed panel of MR rows by a packed panel of NR columns, with the
 * MR x NR results in vector registers: two vectors wide, as many rows as registers allow.  It is
 * written once in GCC's vector extensions for the four classes; VECTOR is the width of a register
 * in bytes. */

#if defined(__AVX512F__)
enum { VECTOR = 64, MR = 12, KC_4 = 512, KC_8 = 256 };
#define UNROLL_ROWS _Pragma("GCC unroll 12")
#elif defined(__AVX2__)
enum { VECTOR = 32, MR = 6, KC_4 = 256, KC_8 = 256 };
#define UNROLL_ROWS _Pragma("GCC unroll 6")
#else
enum { VECTOR = 16, MR = 4, KC_4 = 256, KC_8 = 256 };
#define UNROLL_ROWS _Pragma("GCC unroll 4")
#endif

typedef float vec_f32 __attribute__((vector_size(VECTOR)));
typedef double vec_f64 __attribute__((vector_size(VECTOR)));
typedef int32_t vec_i32 __attribute__((vector_size(VECTOR)));
typedef int64_t vec_i64 __attribute__((vector_size(VECTOR)));

/* a * b + c of vectors: the compiler is told not to fuse, so this is where it is asked to */
#if defined(__AVX512F__)
static inline vec_f32 vmadd_f32(vec_f32 a, vec_f32 b, vec_f32 c) {
  return (vec_f32)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
}
static inline vec_f64 vmadd_f64(vec_f64 a, vec_f64 b, vec_f64 c) {
  return (vec_f64)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
}
#elif defined(__AVX2__)
static inline vec_f32 vmadd_f32(vec_f32 a, vec_f32 b, vec_f32 c) {
  return (vec_f32)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
}
static inline vec_f64 vmadd_f64(vec_f64 a, vec_f64 b, vec_f64 c) {
  return (vec_f64)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
}
#else
static inline vec_f32 vmadd_f32(vec_f32 a, vec_f32 b, vec_f32 c) { return a * b + c; }
static inline vec_f64 vmadd_f64(vec_f64 a, vec_f64 b, vec_f64 c) { return a * b + c; }
#endif
static inline vec_i32 vmadd_i32(vec_i32 a, vec_i32 b, vec_i32 c) { return a * b + c; }
static inline vec_i64 vmadd_i64(vec_i64 a, vec_i64 b, vec_i64 c) { return a * b + c; }
static inline int32_t madd_i32(int32_t a, int32_t b, int32_t c) { return a * b + c; }
static inline int64_t madd_i64(int64_t a, int64_t b, int64_t c) { return a * b + c; }

#define GEMM(t, T)                                                                                 \
  enum { W_##t = VECTOR / sizeof(T), NR_##t = 2 * W_##t };                                         \
  typedef T place_##t __attribute__((vector_size(VECTOR), aligned(sizeof(T)), may_alias));         \
  static void kernel_##t(int kc, const void *a_, const void *b_, void *c_, int64_t ldc, int m,     \
                         int n, bool add) {                                                        \
    const T *a = a_;                                                                               \
    const vec_##t *b = b_;                                                                         \
    vec_##t acc[MR][2];                                                                            \
    UNROLL_ROWS for (int i = 0; i < MR; i++) acc[i][0] = acc[i][1] = (vec_##t){0};                 \
    for (int k = 0; k < kc; k++, a += MR, b += 2) {                                                \
      vec_##t b0 = b[0], b1 = b[1];                                                                \
      UNROLL_ROWS for (int i = 0; i < MR; i++) {                                                   \
        vec_##t ai = a[i] - (vec_##t){0}; /* splat */                                              \
        acc[i][0] = vmadd_##t(ai, b0, acc[i][0]);                                                  \
        acc[i][1] = vmadd_##t(ai, b1, acc[i][1]);                                                  \
      }                                                                                            \
    }                                                                                              \
    T tile[MR * NR_##t] __attribute__((aligned(64)));                                              \
    T *c = c_;                                                                                     \
    if (m == MR && n == NR_##t) {                                                                  \
      UNROLL_ROWS for (int i = 0; i < MR; i++) {                                                   \
        place_##t *row = (place_##t *)(c + i * ldc);                                               \
        row[0] = add ? (vec_##t)row[0] + acc[i][0] : acc[i][0];                                    \
        row[1] = add ? (vec_##t)row[1] + acc[i][1] : acc[i][1];                                    \
      }                                                                                            \
      return;                                                                                      \
    }                                                                                              \
    UNROLL_ROWS for (int i = 0; i < MR; i++) {                                                     \
      ((vec_##t *)tile)[2 * i] = acc[i][0];                                                        \
      ((vec_##t *)tile)[2 * i + 1] = acc[i][1];                                                    \
    }                                                                                              \
    for (int i = 0; i < m; i++)                                                                    \
      for (int j = 0; j < n; j++) {                                                                \
        T v = tile[i * NR_##t + j];                                                                \
        c[i * ldc + j] = add ? c[i * ldc + j] + v : v;                                             \
      }                                                                                            \
  }                                                                                                \
  /* ROWS x NV vectors of y = a x b, straight from memory; rows and nv are constants where it is   \
   * inlined */                                                                                    \
  static inline __attribute__((always_inline)) void strip_##t(                                     \
      int rows, int nv, int k, const T *a, int64_t ars, int64_t acs, const T *b, int64_t brs,      \
      T *y, int64_t n) {                                                                           \
    vec_##t acc[4][2];                                                                             \
    for (int i = 0; i < rows; i++)                                                                 \
      for (int v = 0; v < nv; v++) acc[i][v] = (vec_##t){0};                                       \
    for (int l = 0; l < k; l++, a += acs, b += brs)                                                \
      for (int i = 0; i < rows; i++) {                                                             \
        vec_##t ai = a[i * ars] - (vec_##t){0};                                                    \
        for (int v = 0; v < nv; v++)                                                               \
          acc[i][v] = vmadd_##t(ai, (vec_##t)((const place_##t *)b)[v], acc[i][v]);                \
      }                                                                                            \
    for (int i = 0; i < rows; i++)                                                                 \
      for (int v = 0; v < nv; v++) ((place_##t *)(y + i * n))[v] = acc[i][v];                      \
  }                                                                                                \
  static inline __attribute__((always_inline)) void strips_##t(                                    \
      int rows, int n, int k, const T *a, int64_t ars, int64_t acs, const T *b, int64_t brs,       \
      int64_t bcs, T *y) {                                                                         \
    int j = 0;                                                                                     \
    if (bcs == 1) {                                                                                \
      for (; n - j >= 2 * W_##t; j += 2 * W_##t)                                                   \
        strip_##t(rows, 2, k, a, ars, acs, b + j, brs, y + j, n);                                  \
      for (; n - j >= W_##t; j += W_##t) strip_##t(rows, 1, k, a, ars, acs, b + j, brs, y + j, n); \
      if (j < n && n >= W_##t) { /* the last columns, some of them once more */                    \
        j = n - W_##t;                                                                             \
        strip_##t(rows, 1, k, a, ars, acs, b + j, brs, y + j, n);                                  \
        return;                                                                                    \
      }                                                                                            \
    }                                                                                              \
    for (; j < n; j++) {                                                                           \
      T acc[4] = {0};                                                                              \
      for (int l = 0; l < k; l++)                                                                  \
        for (int i = 0; i < rows; i++)                                                             \
          acc[i] = madd_##t(a[i * ars + l * acs], b[l * brs + j * bcs], acc[i]);                   \
      for (int i = 0; i < rows; i++) y[i * (int64_t)n + j] = acc[i];                               \
    }                                                                                              \
  }                                                                                                \
  static void small_##t(int m, int n, int k, const void *a_, int64_t ars, int64_t acs,             \
                        const void *b, int64_t brs, int64_t bcs, void *y_) {                       \
    const T *a = a_;                                                                               \
    T *y = y_;                                                                                     \
    for (; m >= 4; m -= 4, a += 4 * ars, y += 4 * (int64_t)n)                                      \
      strips_##t(4, n, k, a, ars, acs, b, brs, bcs, y);                                            \
    if (m & 2) {                                                                                   \
      strips_##t(2, n, k, a, ars, acs, b, brs, bcs, y);                                            \
      a += 2 * ars, y += 2 * (int64_t)n;                                                           \
    }                                                                                              \
    if (m & 1) strips_##t(1, n, k, a, ars, acs, b, brs, bcs, y);                                   \
  }                                                                                                \
  static void dot_##t(int64_t k, const void *a_, const void *b_, void *y_) {                       \
    const T *a = a_, *b = b_;                                                                      \
    T lane[LANES] = {0};                                                                           \
    for (; k >= LANES; k -= LANES, a += LANES, b += LANES)                                         \
      for (int j = 0; j < LANES; j++) lane[j] = madd_##t(a[j], b[j], lane[j]);                     \
    for (int j = 0; j < (int)k; j++) lane[j] = madd_##t(a[j], b[j], lane[j]);                      \
    for (int half = LANES / 2; half; half /= 2)                                                    \
      for (int j = 0; j < half; j++) lane[j] += lane[j + half];                                    \
    *(T *)y_ = lane[0];                                                                            \
  }                                                                                                \
  static void columns_##t(int n, int64_t k, const void *a_, int64_t cs, const void *x_,            \
                          void *y_) {                                                              \
    const T *a = a_, *x = x_;                                                                      \
    T *y = y_;                                                                                     \
    int64_t l = 0;                                                                                 \
    for (; l + 4 <= k; l += 4) { /* four at a time: y passes through registers less often */       \
      const T *a0 = a + l * cs, *a1 = a0 + cs, *a2 = a1 + cs, *a3 = a2 + cs;                       \
      T x0 = x[l], x1 = x[l + 1], x2 = x[l + 2], x3 = x[l + 3];                                    \
      EACH (n) {                                                                                   \
        T v = madd_##t(a1[i], x1, madd_##t(a0[i], x0, y[i]));                                      \
        y[i] = madd_##t(a3[i], x3, madd_##t(a2[i], x2, v));                                        \
      }                                                                                            \
    }                                                                                              \
    for (; l < k; l++)                                                                             \
      EACH (n) y[i] = madd_##t(a[l * cs + i], x[l], y[i]);                                         \
  }
GEMM(f32, float)
GEMM(f64, double)
GEMM(i32, int32_t)
GEMM(i64, int64_t)

/* Four rows, k long and rs apart, into columns r apart: blocks of 4 x 4 are turned in registers.
 * Single elements would be what packing spends its time on. */
static inline void turn_4_rows(int k, int r, const float *x, int64_t rs, float *y) {
  typedef float quad __attribute__((vector_size(16), aligned(4), may_alias));
  for (; k >= 4; k -= 4, x += 4, y += 4 * r) {
    quad a = *(const quad *)x, b = *(const quad *)(x + rs), c = *(const quad *)(x + 2 * rs),
         d = *(const quad *)(x + 3 * rs);
    quad ab = __builtin_shufflevector(a, b, 0, 4, 1, 5),
         ab2 = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    quad cd = __builtin_shufflevector(c, d, 0, 4, 1, 5),
         cd2 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    *(quad *)y = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
    *(quad *)(y + r) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
    *(quad *)(y + 2 * r) = __builtin_shufflevector(ab2, cd2, 0, 1, 4, 5);
    *(quad *)(y + 3 * r) = __builtin_shufflevector(ab2, cd2, 2, 3, 6, 7);
  }
  for (; k > 0; k--, x++, y += r) y[0] = x[0], y[1] = x[rs], y[2] = x[2 * rs], y[3] = x[3 * rs];
}
static inline int turn_float(int rows, int r, int k, const float *x, int64_t rs, float *y) {
  int j = 0;
  for (; rows - j >= 4; j += 4) turn_4_rows(k, r, x + j * rs, rs, y + j);
  return j;
}
#define TURN_NONE(rows, r, k, x, rs, y) 0

/* PACK(name, C type in memory, C type of the class, widened a, how many rows a faster way has
 * done): see nm_pack_loop.  Reads along whichever of the two strides is 1, if one is. */
#define PACK(name, M, C, widened, TURN)                                                            \
  static void pack_##name(int rows, int r, int k, const void *mem, int64_t rs, int64_t cs,         \
                          void *panel) {                                                           \
    const M *x = mem;                                                                              \
    C *y = panel;                                                                                  \
    if (cs == 1 && rs != 1) {                                                                      \
      for (int j = TURN(rows, r, k, x, rs, y); j < rows; j++)                                      \
        for (int l = 0; l < k; l++) {                                                              \
          M a = x[j * rs + l];                                                                     \
          y[l * r + j] = widened;                                                                  \
        }                                                                                          \
    } else if (rs == 1) {                                                                          \
      for (int l = 0; l < k; l++, x += cs, y += r)                                                 \
        EACH (rows) {                                                                              \
          M a = x[i];                                                                              \
          y[i] = widened;                                                                          \
        }                                                                                          \
    } else {                                                                                       \
      for (int l = 0; l < k; l++, x += cs, y += r)                                                 \
        EACH (rows) {                                                                              \
          M a = x[i * rs];                                                                         \
          y[i] = widened;                                                                          \
        }                                                                                          \
    }                                                                                              \
  }
PACK(float32, float, float, a, turn_float)
PACK(float64, double, double, a, TURN_NONE)
PACK(float16, uint16_t, float, from_float16(a), TURN_NONE)
PACK(bfloat16, uint16_t, float, from_bfloat16(a), TURN_NONE)
PACK(int64, int64_t, int64_t, a, TURN_NONE)
PACK(int32, int32_t, int32_t, a, TURN_NONE)
PACK(int16, int16_t, int32_t, a, TURN_NONE)
PACK(int8, int8_t, int32_t, a, TURN_NONE)
PACK(uint8, uint8_t, int32_t, a, TURN_NONE)
PACK(bool, uint8_t, int32_t, a, TURN_NONE)
