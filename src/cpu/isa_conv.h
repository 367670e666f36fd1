/* isa_conv.h: the inner loops of convolutions: the sizes of their tiles in the registers of this
 * instruction set, the loops of conv_body.h for the float classes, and the laying out of rows.
 *
 * `columns` is the tile of a matrix product whose right factor is not packed: row k of it lies
 * anywhere, at x + at[k], so the same elements of an image serve all taps of a kernel that read
 * them.  `outs` is that tile turned: outputs along the vectors, x an element at a time.  `dots` is
 * the tile for long rows that meet element by element, as weights' gradients do: each of its
 * results is a vector of partial sums until the end; `meets` does the same with outputs along the
 * vectors and the places' elements of x one at a time.  A tile has just the rows and vectors that
 * are asked for. */

#if defined(__AVX512F__)
enum { CONV_ROWS = 9, CONV_VECTORS = 3, OUT_PLACES = 14, DOT_ROWS = 6, DOT_COLUMNS = 4 };
#define EACH_CONV_ROWS(R) R(1) R(2) R(3) R(4) R(5) R(6) R(7) R(8) R(9)
#define EACH_DOT_ROWS(R) R(1) R(2) R(3) R(4) R(5) R(6)
#define EACH_OUT_PLACES(R)                                                                         \
  R(1) R(2) R(3) R(4) R(5) R(6) R(7) R(8) R(9) R(10) R(11) R(12) R(13) R(14)
#elif defined(__AVX2__)
enum { CONV_ROWS = 4, CONV_VECTORS = 3, OUT_PLACES = 6, DOT_ROWS = 3, DOT_COLUMNS = 4 };
#define EACH_CONV_ROWS(R) R(1) R(2) R(3) R(4)
#define EACH_DOT_ROWS(R) R(1) R(2) R(3)
#define EACH_OUT_PLACES(R) R(1) R(2) R(3) R(4) R(5) R(6)
#elif defined(__aarch64__)
enum { CONV_ROWS = 6, CONV_VECTORS = 4, OUT_PLACES = 12, DOT_ROWS = 6, DOT_COLUMNS = 4 };
#define EACH_CONV_ROWS(R) R(1) R(2) R(3) R(4) R(5) R(6)
#define EACH_DOT_ROWS(R) R(1) R(2) R(3) R(4) R(5) R(6)
#define EACH_OUT_PLACES(R) R(1) R(2) R(3) R(4) R(5) R(6) R(7) R(8) R(9) R(10) R(11) R(12)
#else
enum { CONV_ROWS = 4, CONV_VECTORS = 2, OUT_PLACES = 4, DOT_ROWS = 2, DOT_COLUMNS = 4 };
#define EACH_CONV_ROWS(R) R(1) R(2) R(3) R(4)
#define EACH_DOT_ROWS(R) R(1) R(2)
#define EACH_OUT_PLACES(R) R(1) R(2) R(3) R(4)
#endif
#define UNROLL_CONV _Pragma("GCC unroll 9")
#define UNROLL_PLACES _Pragma("GCC unroll 14")
#define UNROLL_SUMS _Pragma("GCC unroll 24")
#define UNROLL_FOUR _Pragma("GCC unroll 4")

/* Every second element of a register and of the one that begins where this ends, or one before. */
#define SECONDS_2 0, 3
#define SECONDS_4 0, 2, 5, 7
#define SECONDS_8 0, 2, 4, 6, 9, 11, 13, 15
#define SECONDS_16 0, 2, 4, 6, 8, 10, 12, 14, 17, 19, 21, 23, 25, 27, 29, 31
#if VECTOR == 64
#define LANES_F32(of) of##_16
#define LANES_F64(of) of##_8
#elif VECTOR == 32
#define LANES_F32(of) of##_8
#define LANES_F64(of) of##_4
#else
#define LANES_F32(of) of##_4
#define LANES_F64(of) of##_2
#endif

/* Every second element of two registers, and those between. */
#define EVEN_2 0, 2
#define EVEN_4 0, 2, 4, 6
#define EVEN_8 EVEN_4, 8, 10, 12, 14
#define EVEN_16 EVEN_8, 16, 18, 20, 22, 24, 26, 28, 30
#define ODD_2 1, 3
#define ODD_4 1, 3, 5, 7
#define ODD_8 ODD_4, 9, 11, 13, 15
#define ODD_16 ODD_8, 17, 19, 21, 23, 25, 27, 29, 31
#define CLASS f32
#define T float
#define SECONDS LANES_F32(SECONDS)
#define EVEN LANES_F32(EVEN)
#define ODD LANES_F32(ODD)
#include "cpu/conv_body.h"
#define CLASS f64
#define T double
#define SECONDS LANES_F64(SECONDS)
#define EVEN LANES_F64(EVEN)
#define ODD LANES_F64(ODD)
#include "cpu/conv_body.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options /* a few vectors of zeros are to be no call of memset */
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif
/* LAY(name, type in memory, type of the class, class, widened a): see nm_lay_loop.  Long rows of
 * the class's own type go a vector at a time, as they are put. */
#define LAY(name, M, C, class, widened, COPY_ROW, HALVE_ROW, SPLIT_ROW)                            \
  static ALWAYS_INLINE void lay_row_##name(int n, const M *x, int64_t cs, C *y) {                  \
    if (cs == 1 && COPY_ROW(n, x, y)) {                                                            \
    } else if (cs == 1) {                                                                          \
      EACH(n) {                                                                                    \
        M a = x[i];                                                                                \
        y[i] = widened;                                                                            \
      }                                                                                            \
    } else if (cs == 2 && HALVE_ROW(n, x, y)) {                                                    \
    } else if (cs == 2) {                                                                          \
      EACH(n) {                                                                                    \
        M a = x[2 * i];                                                                            \
        y[i] = widened;                                                                            \
      }                                                                                            \
    } else {                                                                                       \
      EACH(n) {                                                                                    \
        M a = x[i * cs];                                                                           \
        y[i] = widened;                                                                            \
      }                                                                                            \
    }                                                                                              \
  }                                                                                                \
  static void lay_##name(const nm_lay *l, const void *mem, void *to, void *odd) {                  \
    const M *x = mem;                                                                              \
    ptrdiff_t apart = odd ? (C *)odd - (C *)to : 0;                                                \
    C *row = (C *)to + (ptrdiff_t)l->before * l->pitch;                                            \
    put_zeros_##class(to, row, apart);                                                             \
    for (int r = 0; r < l->rows; r++, row += l->pitch, x += l->rs) {                               \
      C *y = row + l->head;                                                                        \
      put_zeros_##class(row, y, apart);                                                            \
      put_zeros_##class(y + (odd ? l->odds : l->n), row + l->pitch, apart);                        \
      if (odd && SPLIT_ROW(l->n, l->odds, x, y, y + apart)) continue;                              \
      lay_row_##name(l->n, x, l->cs, y);                                                           \
      if (odd) lay_row_##name(l->odds, x + 1, l->cs, y + apart);                                   \
    }                                                                                              \
    put_zeros_##class(row, row + l->after, apart);                                                 \
  }
#define NEVER(...) false
LAY(float32, float, float, f32, a, copy_row_f32, halve_row_f32, split_row_f32)
LAY(float64, double, double, f64, a, copy_row_f64, halve_row_f64, split_row_f64)
LAY(float16, uint16_t, float, f32, from_float16(a), NEVER, NEVER, NEVER)
LAY(bfloat16, uint16_t, float, f32, from_bfloat16(a), NEVER, NEVER, NEVER)
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif
