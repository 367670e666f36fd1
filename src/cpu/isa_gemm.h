/* isa_gemm.h: the inner loops of matrix products: the registers of this instruction set, the loops
 * of gemm_body.h in them for the four classes, and the packing of panels.
 *
 * A tile has MR rows and two registers of columns, which is what fills the registers there are. */

#include <limits.h>

#if defined(__AVX512F__)
enum { MR = 12, KC_4 = 512, KC_8 = 512 };
#define VECTOR 64
#define HALF 32
#define HALVES 1 /* half a register takes half the time, or no more than a whole one */
#define UNROLL_ROWS _Pragma("GCC unroll 12")
#define EACH_ROWS(R) R(1) R(2) R(3) R(4) R(5) R(6) R(7) R(8) R(9) R(10) R(11) R(12)
#elif defined(__AVX2__)
enum { MR = 6, KC_4 = 256, KC_8 = 256 };
#define VECTOR 32
#define HALVES 0
#define UNROLL_ROWS _Pragma("GCC unroll 6")
#define EACH_ROWS(R) R(1) R(2) R(3) R(4) R(5) R(6)
#elif defined(__aarch64__)
enum { MR = 8, KC_4 = 256, KC_8 = 256 };
#define VECTOR 16
#define HALVES 0
#define UNROLL_ROWS _Pragma("GCC unroll 8")
#define EACH_ROWS(R) R(1) R(2) R(3) R(4) R(5) R(6) R(7) R(8)
#else
enum { MR = 4, KC_4 = 256, KC_8 = 256 };
#define VECTOR 16
#define HALVES 0
#define UNROLL_ROWS _Pragma("GCC unroll 4")
#define EACH_ROWS(R) R(1) R(2) R(3) R(4)
#endif
enum { FIRST_CACHE = 32 << 10 }; /* bytes, about */
#define UNROLL_LANES _Pragma("GCC unroll 16")

/* a * b + c of vectors: the compiler is told not to fuse, so this is where it is asked to */
#define MADD(class, bytes, T, expression)                                                          \
  typedef T reg_##class##_##bytes __attribute__((vector_size(bytes)));                             \
  static ALWAYS_INLINE reg_##class##_##bytes madd_##class##_##bytes(                               \
      reg_##class##_##bytes a, reg_##class##_##bytes b, reg_##class##_##bytes c) {                 \
    return (reg_##class##_##bytes)(expression);                                                    \
  }
#if defined(__AVX512F__)
MADD(f32, 64, float, _mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c))
MADD(f64, 64, double, _mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c))
MADD(i32, 64, int32_t, a *b + c)
MADD(i64, 64, int64_t, a *b + c)
#endif
#if defined(__AVX2__)
MADD(f32, 32, float, _mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c))
MADD(f64, 32, double, _mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c))
MADD(i32, 32, int32_t, a *b + c)
MADD(i64, 32, int64_t, a *b + c)
#elif defined(__aarch64__)
MADD(f32, 16, float, vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b))
MADD(f64, 16, double, vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b))
MADD(i32, 16, int32_t, a *b + c)
MADD(i64, 16, int64_t, a *b + c)
#else
MADD(f32, 16, float, a *b + c)
MADD(f64, 16, double, a *b + c)
MADD(i32, 16, int32_t, a *b + c)
MADD(i64, 16, int64_t, a *b + c)
#endif
#undef MADD

/* The first n lanes of a register: what of it is loaded, the others being 0, and stored.  Nothing
 * is touched in memory beside them.  size: bytes of an element, 4 or 8. */
#if defined(__AVX512F__)
typedef __mmask16 lanes;
typedef __m512i bits_64;
typedef __m256i bits_32;
static ALWAYS_INLINE lanes some_lanes_64(int size, int n) {
  (void)size;
  return (lanes)((1u << n) - 1);
}
static ALWAYS_INLINE bits_64 load_lanes_64(int size, lanes some, const void *p) {
  return size == 4 ? _mm512_maskz_loadu_epi32(some, p)
                   : _mm512_maskz_loadu_epi64((__mmask8)some, p);
}
static ALWAYS_INLINE void store_lanes_64(int size, lanes some, void *p, bits_64 v) {
  if (size == 4)
    _mm512_mask_storeu_epi32(p, some, v);
  else
    _mm512_mask_storeu_epi64(p, (__mmask8)some, v);
}
static ALWAYS_INLINE lanes some_lanes_32(int size, int n) { return some_lanes_64(size, n); }
static ALWAYS_INLINE bits_32 load_lanes_32(int size, lanes some, const void *p) {
  return size == 4 ? _mm256_maskz_loadu_epi32((__mmask8)some, p)
                   : _mm256_maskz_loadu_epi64((__mmask8)some, p);
}
static ALWAYS_INLINE void store_lanes_32(int size, lanes some, void *p, bits_32 v) {
  if (size == 4)
    _mm256_mask_storeu_epi32(p, (__mmask8)some, v);
  else
    _mm256_mask_storeu_epi64(p, (__mmask8)some, v);
}
#elif defined(__AVX2__)
typedef __m256i lanes;
typedef __m256i bits_32;
static ALWAYS_INLINE lanes some_lanes_32(int size, int n) {
  static const int32_t ones[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  return _mm256_loadu_si256((const __m256i *)(ones + 8 - n * size / 4));
}
static ALWAYS_INLINE bits_32 load_lanes_32(int size, lanes some, const void *p) {
  return size == 4 ? _mm256_maskload_epi32(p, some) : _mm256_maskload_epi64(p, some);
}
static ALWAYS_INLINE void store_lanes_32(int size, lanes some, void *p, bits_32 v) {
  if (size == 4)
    _mm256_maskstore_epi32(p, some, v);
  else
    _mm256_maskstore_epi64(p, some, v);
}
#else
typedef size_t lanes; /* bytes */
typedef uint8_t bits_16 __attribute__((vector_size(16)));
static ALWAYS_INLINE lanes some_lanes_16(int size, int n) { return (size_t)(size * n); }
static ALWAYS_INLINE bits_16 load_lanes_16(int size, lanes some, const void *p) {
  bits_16 v = {0};
  if (some == 16) memcpy(&v, p, 16);
  for (size_t at = 0; at < 16 && some < 16; at += (size_t)size)
    if (at < some) memcpy((char *)&v + at, (const char *)p + at, (size_t)size);
  return v;
}
static ALWAYS_INLINE void store_lanes_16(int size, lanes some, void *p, bits_16 v) {
  if (some == 16) memcpy(p, &v, 16);
  for (size_t at = 0; at < 16 && some < 16; at += (size_t)size)
    if (at < some) memcpy((char *)p + at, (const char *)&v + at, (size_t)size);
}
#endif

/* The next few lines, to the second cache. */
static ALWAYS_INLINE void fetch_ahead(nm_ahead *h) {
  for (int i = 0; i < h->each; i++) {
    __builtin_prefetch(h->at, 0, 2);
    h->at += 64;
    if (--h->left > 0) continue;
    h->at += h->gap, h->left = h->lines;
    if (--h->runs == 0) h->each = 0;
  }
}

/* The next run that is fetched ahead. */
static ALWAYS_INLINE nm_fetch *next_run(nm_fetch *h) {
  h->at += h->gap, h->left = h->length;
  if (--h->runs == 0) h->step = h->pitch = 0, h->left = INT_MAX;
  while (h->runs == 0 && h->then) h = h->then;
  return h;
}

#if HALVES
#define T float
#define CLASS f32
#define BYTES HALF
#include "cpu/gemm_body.h"
#endif
#define T float
#define CLASS f32
#define BYTES VECTOR
#include "cpu/gemm_body.h"
#if HALVES
#define T double
#define CLASS f64
#define BYTES HALF
#include "cpu/gemm_body.h"
#endif
#define T double
#define CLASS f64
#define BYTES VECTOR
#include "cpu/gemm_body.h"
#if HALVES
#define T int32_t
#define CLASS i32
#define BYTES HALF
#include "cpu/gemm_body.h"
#endif
#define T int32_t
#define CLASS i32
#define BYTES VECTOR
#include "cpu/gemm_body.h"
#if HALVES
#define T int64_t
#define CLASS i64
#define BYTES HALF
#include "cpu/gemm_body.h"
#endif
#define T int64_t
#define CLASS i64
#define BYTES VECTOR
#include "cpu/gemm_body.h"

/* ---- packing ---- */

/* Four rows, k long and rs apart, become columns r apart, in blocks that are turned in registers:
 * single elements would be what packing spends its time on. */
typedef uint32_t u32x4 __attribute__((vector_size(16), aligned(4), may_alias));
typedef uint64_t u64x2 __attribute__((vector_size(16), aligned(8), may_alias));
static inline void turn_rows_4(int k, int r, const void *from, int64_t rs, void *to) {
  const uint32_t *x = from;
  uint32_t *y = to;
  for (; k >= 4; k -= 4, x += 4, y += 4 * r) {
    u32x4 a = *(const u32x4 *)x, b = *(const u32x4 *)(x + rs), c = *(const u32x4 *)(x + 2 * rs),
          d = *(const u32x4 *)(x + 3 * rs);
    u32x4 ab = __builtin_shufflevector(a, b, 0, 4, 1, 5),
          ab2 = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    u32x4 cd = __builtin_shufflevector(c, d, 0, 4, 1, 5),
          cd2 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    *(u32x4 *)y = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
    *(u32x4 *)(y + r) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
    *(u32x4 *)(y + 2 * r) = __builtin_shufflevector(ab2, cd2, 0, 1, 4, 5);
    *(u32x4 *)(y + 3 * r) = __builtin_shufflevector(ab2, cd2, 2, 3, 6, 7);
  }
  for (; k > 0; k--, x++, y += r) *(u32x4 *)y = (u32x4){x[0], x[rs], x[2 * rs], x[3 * rs]};
}
static inline void turn_rows_8(int k, int r, const void *from, int64_t rs, void *to) {
  const uint64_t *x = from;
  uint64_t *y = to;
  for (; k >= 2; k -= 2, x += 2, y += 2 * r) {
    u64x2 a = *(const u64x2 *)x, b = *(const u64x2 *)(x + rs), c = *(const u64x2 *)(x + 2 * rs),
          d = *(const u64x2 *)(x + 3 * rs);
    *(u64x2 *)y = __builtin_shufflevector(a, b, 0, 2);
    *(u64x2 *)(y + 2) = __builtin_shufflevector(c, d, 0, 2);
    *(u64x2 *)(y + r) = __builtin_shufflevector(a, b, 1, 3);
    *(u64x2 *)(y + r + 2) = __builtin_shufflevector(c, d, 1, 3);
  }
  if (k > 0) y[0] = x[0], y[1] = x[rs], y[2] = x[2 * rs], y[3] = x[3 * rs];
}

/* Of `rows` rows as many as fill registers: sixteen at a time, and twelve.  How many they are. */
#if defined(__AVX512F__)
static ALWAYS_INLINE void turn_block(int rows, int k, int r, const int32_t *x, int64_t rs,
                                     int32_t *y) {
  __mmask16 some = (__mmask16)((1 << rows) - 1);
  for (; k >= 4; k -= 4, x += 4, y += 4 * r) {
    __m512i v[4]; /* v[i]: four columns of rows i, i + 4, i + 8, i + 12 */
    UNROLL_LANES for (int i = 0; i < 4; i++) {
      const int32_t *from = x + i * rs;
      v[i] = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)from));
      v[i] = _mm512_inserti32x4(v[i], _mm_loadu_si128((const __m128i *)(from + 4 * rs)), 1);
      v[i] = _mm512_inserti32x4(v[i], _mm_loadu_si128((const __m128i *)(from + 8 * rs)), 2);
      if (rows > 12)
        v[i] = _mm512_inserti32x4(v[i], _mm_loadu_si128((const __m128i *)(from + 12 * rs)), 3);
    }
    __m512i ab = _mm512_unpacklo_epi32(v[0], v[1]), ab2 = _mm512_unpackhi_epi32(v[0], v[1]);
    __m512i cd = _mm512_unpacklo_epi32(v[2], v[3]), cd2 = _mm512_unpackhi_epi32(v[2], v[3]);
    _mm512_mask_storeu_epi32(y, some, _mm512_unpacklo_epi64(ab, cd));
    _mm512_mask_storeu_epi32(y + r, some, _mm512_unpackhi_epi64(ab, cd));
    _mm512_mask_storeu_epi32(y + 2 * r, some, _mm512_unpacklo_epi64(ab2, cd2));
    _mm512_mask_storeu_epi32(y + 3 * r, some, _mm512_unpackhi_epi64(ab2, cd2));
  }
  for (; k > 0; k--, x++, y += r)
    for (int i = 0; i < rows; i++) y[i] = x[i * rs];
}
static inline int turn_many_4(int rows, int k, int r, const void *from, int64_t rs, void *to) {
  const int32_t *x = from;
  int32_t *y = to;
  int j = 0;
  for (; rows - j >= 16; j += 16) turn_block(16, k, r, x + j * rs, rs, y + j);
  if (rows - j >= 12) turn_block(12, k, r, x + j * rs, rs, y + j), j += 12;
  return j;
}
#else
#define turn_many_4(...) 0
#endif
#define turn_many_8(...) 0

enum { ACROSS = 8 }; /* lines of x that are packed for one slice after the other */

/* PACK(name, C type in memory, C type of the class and its bytes, widened a): see nm_pack_loop.
 * Reads along whichever of the two strides is 1, if one is. */
#define PACK(name, M, C, bytes, widened)                                                           \
  static inline void widen_##name(int n, C *y, const M *x, int64_t stride) {                       \
    EACH(n) {                                                                                      \
      M a = x[i * stride];                                                                         \
      y[i] = widened;                                                                              \
    }                                                                                              \
  }                                                                                                \
  static ALWAYS_INLINE void dense_##name(int n, C *y, const M *x) {                                \
    if (sizeof(M) == sizeof(C))                                                                    \
      memcpy(y, x, (size_t)n * sizeof *y);                                                         \
    else                                                                                           \
      widen_##name(n, y, x, 1);                                                                    \
  }                                                                                                \
  static void pack_rows_##name(int rows, int r, int k, const M *x, int64_t rs, C *y) {             \
    C wide[4][64];                                                                                 \
    for (int n; k > 0; k -= n, x += n, y += n * r) { /* a part of the panel in the first cache */  \
      n = k < 64 ? k : 64;                                                                         \
      int j = sizeof(M) == sizeof(C) ? turn_many_##bytes(rows, n, r, x, rs, y) : 0;                \
      for (; rows - j >= 4; j += 4) {                                                              \
        for (int i = 0; i < 4 && sizeof(M) != sizeof(C); i++)                                      \
          widen_##name(n, wide[i], x + (j + i) * rs, 1);                                           \
        if (sizeof(M) == sizeof(C))                                                                \
          turn_rows_##bytes(n, r, x + j * rs, rs, y + j);                                          \
        else                                                                                       \
          turn_rows_##bytes(n, r, wide, 64, y + j);                                                \
      }                                                                                            \
      for (; j < rows; j++)                                                                        \
        for (int l = 0; l < n; l++) widen_##name(1, y + l * r + j, x + j * rs + l, 1);             \
    }                                                                                              \
  }                                                                                                \
  static void pack_slice_##name(int rows, int r, int k, const M *x, int64_t rs, int64_t cs, C *y) {\
    if (rs != 1)                                                                                   \
      for (; k > 0; k--, x += cs, y += r) widen_##name(rows, y, x, rs);                            \
    else if (rows == 2 * VECTOR / bytes)                                                           \
      for (; k > 0; k--, x += cs, y += r) dense_##name(2 * VECTOR / bytes, y, x);                  \
    else if (rows == MR)                                                                           \
      for (; k > 0; k--, x += cs, y += r) dense_##name(MR, y, x);                                  \
    else                                                                                           \
      for (; k > 0; k--, x += cs, y += r) widen_##name(rows, y, x, 1);                             \
  }                                                                                                \
  /* a few lines for all slices: x is read along them, and a slice is written in runs */           \
  static void pack_columns_##name(int rows, int r, int k, const M *x, int64_t rs, int64_t cs,      \
                                  C *y) {                                                          \
    for (int l = 0; l < k; l += ACROSS)                                                            \
      for (int j = 0; j < rows; j += r)                                                            \
        pack_slice_##name(rows - j < r ? rows - j : r, r, k - l < ACROSS ? k - l : ACROSS,         \
                          x + j * rs + l * cs, rs, cs, y + (int64_t)j * k + l * r);                \
  }                                                                                                \
  static void pack_##name(int rows, int r, int k, const void *mem, int64_t rs, int64_t cs,         \
                          void *panel) {                                                           \
    const M *x = mem;                                                                              \
    C *y = panel;                                                                                  \
    if (cs != 1 || rs == 1) { /* across the vectors, not along them */                             \
      pack_columns_##name(rows, r, k, x, rs, cs, y);                                               \
      return;                                                                                      \
    }                                                                                              \
    for (; rows > 0; rows -= r, x += r * rs, y += (int64_t)r * k)                                  \
      pack_rows_##name(rows < r ? rows : r, r, k, x, rs, y);                                       \
  }
PACK(float32, float, float, 4, a)
PACK(float64, double, double, 8, a)
PACK(float16, uint16_t, float, 4, from_float16(a))
PACK(bfloat16, uint16_t, float, 4, from_bfloat16(a))
PACK(int64, int64_t, int64_t, 8, a)
PACK(int32, int32_t, int32_t, 4, a)
PACK(int16, int16_t, int32_t, 4, a)
PACK(int8, int8_t, int32_t, 4, a)
PACK(uint8, uint8_t, int32_t, 4, a)
PACK(bool, uint8_t, int32_t, 4, a)
