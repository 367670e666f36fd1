/* isa_elementwise.h: a loop for each row of elementwise.def and class, and the conversions. */

/* y may be one of the operands, which never makes an element depend on another one. */
#if defined(__clang__)
#define EACH(n) _Pragma("clang loop vectorize(assume_safety)") for (int i = 0; i < (n); i++)
#else
#define EACH(n) _Pragma("GCC ivdep") for (int i = 0; i < (n); i++)
#endif

/* Which loops a row has in the float and in the integer classes: LOOP(name, class t, C type of the
 * result, C type of a, expression), where T is the C type of the class. */
#define FLOAT_ARITH(name, t, cf, ci) LOOP(name, t, T, T, cf)
#define FLOAT_FLOAT(name, t, cf, ci) LOOP(name, t, T, T, cf)
#define FLOAT_INT(name, t, cf, ci)
#define FLOAT_COMPARE(name, t, cf, ci) LOOP(name, t, int32_t, T, cf)
#define FLOAT_SELECT(name, t, cf, ci) LOOP(name, t, T, int32_t, cf)
#define FLOAT_SPECIAL(name, t, cf, ci)
#define INT_ARITH(name, t, cf, ci) LOOP(name, t, T, T, ci)
#define INT_FLOAT(name, t, cf, ci)
#define INT_INT(name, t, cf, ci) LOOP(name, t, T, T, ci)
#define INT_COMPARE(name, t, cf, ci) LOOP(name, t, int32_t, T, ci)
#define INT_SELECT(name, t, cf, ci) LOOP(name, t, T, int32_t, ci)
#define INT_SPECIAL(name, t, cf, ci)

#define LOOP(name, t, R, A, expression)                                                            \
  static void loop_##name##_##t(int n, void *y_, const void *a_, const void *b_, const void *c_) { \
    R *y = y_;                                                                                     \
    const A *pa = a_;                                                                              \
    const T *pb = b_, *pc = c_;                                                                    \
    EACH(n) {                                                                                      \
      A a = pa[i];                                                                                 \
      T b = pb[i], c = pc[i];                                                                      \
      (void)a, (void)b, (void)c;                                                                   \
      y[i] = expression;                                                                           \
    }                                                                                              \
  }
#define F(f) f##_f32
#define T float
#define NM_EW(name, n, kind, cf, ci, ...) FLOAT_##kind(name, f32, cf, ci)
#include "core/elementwise.def"
#undef NM_EW
#undef T
#undef F
#define F(f) f##_f64
#define T double
#define NM_EW(name, n, kind, cf, ci, ...) FLOAT_##kind(name, f64, cf, ci)
#include "core/elementwise.def"
#undef NM_EW
#undef T
#undef F
#define F(f) f##_i32
#define T int32_t
#define NM_EW(name, n, kind, cf, ci, ...) INT_##kind(name, i32, cf, ci)
#include "core/elementwise.def"
#undef NM_EW
#undef T
#undef F
#define F(f) f##_i64
#define T int64_t
#define NM_EW(name, n, kind, cf, ci, ...) INT_##kind(name, i64, cf, ci)
#include "core/elementwise.def"
#undef NM_EW
#undef T
#undef F
#undef LOOP

/* Two instructions in one pass, y = second(first(a, b), c), each of them rounded. */
#define PAIR(t, first, second, x_, y_of_x)                                                         \
  static void pair_##first##_##second##_##t(int n, void *y_, const void *a_, const void *b_,       \
                                            const void *c_) {                                      \
    T *y = y_;                                                                                     \
    const T *a = a_, *b = b_, *c = c_;                                                             \
    EACH (n) {                                                                                     \
      T x = x_;                                                                                    \
      y[i] = y_of_x;                                                                               \
    }                                                                                              \
  }
#define SECONDS(t, first, of)                                                                      \
  PAIR(t, first, add, of, x + c[i])                                                                 \
  PAIR(t, first, sub, of, x - c[i])                                                                 \
  PAIR(t, first, mul, of, x * c[i])                                                                 \
  PAIR(t, first, div, of, x / c[i])                                                                 \
  PAIR(t, first, rsub, of, c[i] - x)                                                                \
  PAIR(t, first, rdiv, of, c[i] / x)
#define PAIRS(t)                                                                                   \
  SECONDS(t, add, a[i] + b[i])                                                                     \
  SECONDS(t, sub, a[i] - b[i])                                                                     \
  SECONDS(t, mul, a[i] * b[i])                                                                     \
  SECONDS(t, div, a[i] / b[i])
#define T float
PAIRS(f32)
#undef T
#define T double
PAIRS(f64)
#undef T
#undef PAIR
#undef SECONDS
#undef PAIRS

/* The rest are MAP(name, result, operand, expression in a): conversions between and inside classes.
 */
#define MAP(name, R, A, expression)                                                                \
  static void name(int n, void *y_, const void *a_, const void *b_, const void *c_) {              \
    R *y = y_;                                                                                     \
    const A *pa = a_;                                                                              \
    (void)b_, (void)c_;                                                                            \
    EACH(n) {                                                                                      \
      A a = pa[i];                                                                                 \
      y[i] = expression;                                                                           \
    }                                                                                              \
  }
MAP(same_4, uint32_t, uint32_t, a)
MAP(same_8, uint64_t, uint64_t, a)
MAP(cast_f32_f64, double, float, (double)a)
MAP(cast_f32_i32, int32_t, float, f32_to_i32(a))
MAP(cast_f32_i64, int64_t, float, f32_to_i64(a))
MAP(cast_f64_f32, float, double, (float)a)
MAP(cast_f64_i32, int32_t, double, f64_to_i32(a))
MAP(cast_f64_i64, int64_t, double, f64_to_i64(a))
MAP(cast_i32_f32, float, int32_t, (float)a)
MAP(cast_i32_f64, double, int32_t, (double)a)
MAP(cast_i32_i64, int64_t, int32_t, a)
MAP(cast_i64_f32, float, int64_t, (float)a)
MAP(cast_i64_f64, double, int64_t, (double)a)
MAP(cast_i64_i32, int32_t, int64_t, (int32_t)a)
MAP(narrow_float16, float, float, from_float16(to_float16(a)))
MAP(narrow_bfloat16, float, float, from_bfloat16(to_bfloat16(a)))
MAP(narrow_int16, int32_t, int32_t, (int16_t)a)
MAP(narrow_int8, int32_t, int32_t, (int8_t)a)
MAP(narrow_uint8, int32_t, int32_t, (uint8_t)a)
MAP(narrow_bool, int32_t, int32_t, a != 0)
#undef MAP

/* Loads and stores of a dtype: MEM(name, C type in memory, C type of the class, widened a, narrowed
 * a). Neighbours and a single element have loops of their own; other strides step. */
#define MEM(name, M, C, widened, narrowed)                                                         \
  static void load_##name(int n, void *tile, const void *mem, int64_t stride) {                    \
    C *y = tile;                                                                                   \
    const M *x = mem;                                                                              \
    if (stride == 1) {                                                                             \
      EACH(n) {                                                                                    \
        M a = x[i];                                                                                \
        y[i] = widened;                                                                            \
      }                                                                                            \
    } else if (stride == 0) {                                                                      \
      M a = n ? x[0] : 0;                                                                          \
      C value = widened;                                                                           \
      EACH(n) y[i] = value;                                                                        \
    } else {                                                                                       \
      EACH(n) {                                                                                    \
        M a = x[i * stride];                                                                       \
        y[i] = widened;                                                                            \
      }                                                                                            \
    }                                                                                              \
  }                                                                                                \
  static void store_##name(int n, void *mem, int64_t stride, const void *tile) {                   \
    M *y = mem;                                                                                    \
    const C *x = tile;                                                                             \
    if (stride == 1) {                                                                             \
      EACH(n) {                                                                                    \
        C a = x[i];                                                                                \
        y[i] = narrowed;                                                                           \
      }                                                                                            \
    } else {                                                                                       \
      EACH(n) {                                                                                    \
        C a = x[i];                                                                                \
        y[i * stride] = narrowed;                                                                  \
      }                                                                                            \
    }                                                                                              \
  }
MEM(float32, float, float, a, a)
MEM(float64, double, double, a, a)
MEM(any_float16, uint16_t, float, from_float16(a), to_float16(a))
MEM(bfloat16, uint16_t, float, from_bfloat16(a), to_bfloat16(a))
MEM(int64, int64_t, int64_t, a, a)
MEM(int32, int32_t, int32_t, a, a)
MEM(int16, int16_t, int32_t, a, (int16_t)a)
MEM(int8, int8_t, int32_t, a, (int8_t)a)
MEM(uint8, uint8_t, int32_t, a, (uint8_t)a)
MEM(bool, uint8_t, int32_t, a != 0, a != 0)
#undef MEM

/* x86 processors narrow neighbours a vector at a time, to the same bits as to_float16.  The way
 * back is not theirs: they quieten a signalling NaN, which from_float16 keeps. */
static void load_float16(int n, void *tile, const void *mem, int64_t stride) {
  load_any_float16(n, tile, mem, stride);
}
static void store_float16(int n, void *mem, int64_t stride, const void *tile) {
  uint16_t *y = mem;
  const float *x = tile;
  int i = 0;
#if defined(__AVX512F__)
  for (; stride == 1 && i + 16 <= n; i += 16)
    _mm256_storeu_si256((__m256i *)(y + i),
                        _mm512_cvtps_ph(_mm512_loadu_ps(x + i), _MM_FROUND_TO_NEAREST_INT));
#elif defined(__F16C__)
  for (; stride == 1 && i + 8 <= n; i += 8)
    _mm_storeu_si128((__m128i *)(y + i),
                     _mm256_cvtps_ph(_mm256_loadu_ps(x + i), _MM_FROUND_TO_NEAREST_INT));
#endif
  store_any_float16(n - i, y + i * stride, stride, x + i);
}
