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
#define SECONDS_F32 SECONDS_16
#define SECONDS_F64 SECONDS_8
#elif VECTOR == 32
#define SECONDS_F32 SECONDS_8
#define SECONDS_F64 SECONDS_4
#else
#define SECONDS_F32 SECONDS_4
#define SECONDS_F64 SECONDS_2
#endif

#define CLASS f32
#define T float
#define SECONDS SECONDS_F32
#include "cpu/conv_body.h"
#define CLASS f64
#define T double
#define SECONDS SECONDS_F64
#include "cpu/conv_body.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options /* a few vectors of zeros are to be no call of memset */
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif
/* LAY(name, type in memory, type of the class, class, widened a): see nm_lay_loop.  Long dense rows
 * of the class's own type go a vector at a time, as they are put. */
#define LAY(name, M, C, class, widened, COPY_ROW, HALVE_ROW)                                       \
  static void lay_##name(int before, int rows, int after, int head, int n, int pitch,              \
                         const void *mem, int64_t rs, int64_t cs, void *to) {                      \
    const M *x = mem;                                                                              \
    C *row = (C *)to + (ptrdiff_t)before * pitch;                                                  \
    put_zeros_##class(to, row);                                                                    \
    for (int r = 0; r < rows; r++, row += pitch, x += rs) {                                        \
      C *y = row + head;                                                                           \
      put_zeros_##class(row, y);                                                                   \
      if (cs == 1 && COPY_ROW(n, x, y)) {                                                          \
      } else if (cs == 1) {                                                                        \
        EACH(n) {                                                                                  \
          M a = x[i];                                                                              \
          y[i] = widened;                                                                          \
        }                                                                                          \
      } else if (cs == 2 && HALVE_ROW(n, x, y)) {                                                  \
      } else if (cs == 2) {                                                                        \
        EACH(n) {                                                                                  \
          M a = x[2 * i];                                                                          \
          y[i] = widened;                                                                          \
        }                                                                                          \
      } else {                                                                                     \
        EACH(n) {                                                                                  \
          M a = x[i * cs];                                                                         \
          y[i] = widened;                                                                          \
        }                                                                                          \
      }                                                                                            \
      put_zeros_##class(y + n, row + pitch);                                                       \
    }                                                                                              \
    put_zeros_##class(row, row + after);                                                           \
  }
#define NEVER(n, x, y) false
LAY(float32, float, float, f32, a, copy_row_f32, halve_row_f32)
LAY(float64, double, double, f64, a, copy_row_f64, halve_row_f64)
LAY(float16, uint16_t, float, f32, from_float16(a), NEVER, NEVER)
LAY(bfloat16, uint16_t, float, f32, from_bfloat16(a), NEVER, NEVER)
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif
