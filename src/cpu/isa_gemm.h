/* isa_gemm.h: the inner loops of matrix products: the registers of this instruction set, the loops
 * of gemm_body.h in them for the four classes, and the packing of panels.
 *
 * A tile has MR rows and two registers of columns, which is what fills the registers there are. */

#if defined(__AVX512F__)
enum { MR = 12, KC_4 = 512, KC_8 = 256 };
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
#define UNROLL_LANES _Pragma("GCC unroll 16")
#define ALWAYS_INLINE inline __attribute__((always_inline))

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
      for (int l = 0; l < k; l++, x += cs, y += r) EACH(rows) {                                    \
          M a = x[i];                                                                              \
          y[i] = widened;                                                                          \
        }                                                                                          \
    } else {                                                                                       \
      for (int l = 0; l < k; l++, x += cs, y += r) EACH(rows) {                                    \
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
