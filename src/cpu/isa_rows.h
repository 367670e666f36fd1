/* isa_rows.h: the loops of rows.c, over a row of any length; see nm_row_loops.  Sums in the class
 * of the elements are of a block of a row at most, as in isa_fold.h; beyond, in double. */

/* a row of `length` in blocks of n */
#define ROW_BLOCKS(length) for (int n; (n = NEXT_BLOCK(length)) > 0; (length) -= n)
#define NEXT_BLOCK(n) ((n) < NM_BLOCK / (int)sizeof *x ? (n) : NM_BLOCK / (int)sizeof *x)

/* A block's lines of g and x, `ahead` from here, and of y; one element by itself is no block. */
static ALWAYS_INLINE void fetch_block(int bytes, const void *g, const void *x, const void *y) {
  for (int j = 0; j <= bytes - 64; j += 64) {
    __builtin_prefetch((const char *)g + j);
    __builtin_prefetch((const char *)x + j);
    __builtin_prefetch((const char *)y + j, 1);
  }
}

#define ROWS(t, T)                                                                                 \
  static void row_stats_##t(int length, const void *x_, double *mean, double *squares) {           \
    const T *x = x_;                                                                               \
    double before = 0;                                                                             \
    *mean = *squares = 0;                                                                          \
    ROW_BLOCKS(length) {                                                                           \
      squares_row_##t(n, x, before, mean, squares);                                                \
      before += n, x += n;                                                                         \
    }                                                                                              \
  }                                                                                                \
  static double row_dot_##t(int length, const void *x_, const void *z_) {                          \
    const T *x = x_, *z = z_;                                                                      \
    double sum = 0;                                                                                \
    ROW_BLOCKS(length) {                                                                           \
      T lane[ROW_LANES];                                                                           \
      SUMS_OF_ROW(n, lane[j] = 0, lane[j] = madd_##t(x[j], z[j], lane[j]), (x += by, z += by),     \
                  HALVE_ALL(lane, SUM))                                                            \
      sum += (double)lane[0];                                                                      \
    }                                                                                              \
    return sum;                                                                                    \
  }                                                                                                \
  static double row_total_##t(int length, const void *x_) {                                        \
    const T *x = x_;                                                                               \
    double sum = 0;                                                                                \
    ROW_BLOCKS(length) {                                                                           \
      sum += row_SUM_##t(n, x).f;                                                                  \
      x += n;                                                                                      \
    }                                                                                              \
    return sum;                                                                                    \
  }                                                                                                \
  static void normalize_##t(int n, void *y_, const void *x_, double mean, double scale,            \
                            const void *w_, const void *b_) {                                      \
    T *y = y_, m = (T)mean, s = (T)scale;                                                          \
    const T *x = x_, *w = w_, *b = b_;                                                             \
    EACH(n) y[i] = madd_##t((x[i] - m) * s, w[i], b[i]);                                           \
  }                                                                                                \
  static void normalize_sums_##t(int length, const void *g_, const void *x_, double mean,          \
                                 double scale, const void *w_, double *sum, double *dot,           \
                                 const void *y_, int64_t ahead) {                                  \
    const T *g = g_, *x = x_, *w = w_, *y = y_;                                                    \
    T m = (T)mean, s = (T)scale;                                                                   \
    *sum = *dot = 0;                                                                               \
    ROW_BLOCKS(length) {                                                                           \
      T lane[ROW_LANES], other[ROW_LANES];                                                         \
      SUMS_OF_ROW(                                                                                 \
          n, lane[j] = other[j] = 0,                                                               \
          (lane[j] += g[j] * w[j], other[j] = madd_##t(g[j] * w[j], (x[j] - m) * s, other[j])),    \
          (fetch_block(by * (int)sizeof(T), g + ahead, x + ahead, y), x += by, g += by, w += by,   \
           y += by),                                                                               \
          HALVE_ALL(lane, SUM) HALVE_ALL(other, SUM))                                              \
      *sum += (double)lane[0], *dot += (double)other[0];                                           \
    }                                                                                              \
  }                                                                                                \
  static void normalize_back_##t(int n, void *y_, const void *g_, const void *x_, double mean,     \
                                 double scale, const void *w_, double sum, double dot) {           \
    T *y = y_, m = (T)mean, s = (T)scale, a = (T)sum, b = (T)dot;                                  \
    const T *g = g_, *x = x_, *w = w_;                                                             \
    EACH(n) y[i] = (madd_##t(g[i], w[i], -a) - ((x[i] - m) * s) * b) * s;                          \
  }                                                                                                \
  static void normalize_columns_##t(int n, int rows, double *dw, double *db, const void *g_,       \
                                    const void *x_, const double *mean, const double *scale) {     \
    const T *g = g_, *x = x_;                                                                      \
    for (; rows >= NM_DEEP; rows -= NM_DEEP, mean += NM_DEEP, scale += NM_DEEP) {                  \
      T m[NM_DEEP], s[NM_DEEP];                                                                    \
      for (int k = 0; k < NM_DEEP; k++) m[k] = (T)mean[k], s[k] = (T)scale[k];                     \
      EACH(n) {                                                                                    \
        const T *h = g + i, *z = x + i;                                                            \
        T sum = ((h[0] + h[n]) + (h[2 * n] + h[3 * n])) +                                          \
                ((h[4 * n] + h[5 * n]) + (h[6 * n] + h[7 * n]));                                   \
        T a = h[0] * ((z[0] - m[0]) * s[0]), b = h[2 * n] * ((z[2 * n] - m[2]) * s[2]),            \
          c = h[4 * n] * ((z[4 * n] - m[4]) * s[4]), d = h[6 * n] * ((z[6 * n] - m[6]) * s[6]);    \
        a = madd_##t(h[n], (z[n] - m[1]) * s[1], a);                                               \
        b = madd_##t(h[3 * n], (z[3 * n] - m[3]) * s[3], b);                                       \
        c = madd_##t(h[5 * n], (z[5 * n] - m[5]) * s[5], c);                                       \
        d = madd_##t(h[7 * n], (z[7 * n] - m[7]) * s[7], d);                                       \
        dw[i] += (double)((a + b) + (c + d)), db[i] += (double)sum;                                \
      }                                                                                            \
      g += NM_DEEP * n, x += NM_DEEP * n;                                                          \
    }                                                                                              \
    for (; rows > 0; rows--, g += n, x += n, mean++, scale++) {                                    \
      T m = (T)*mean, s = (T)*scale;                                                               \
      EACH(n) dw[i] += (double)(g[i] * ((x[i] - m) * s)), db[i] += (double)g[i];                   \
    }                                                                                              \
  }                                                                                                \
  static void softmax_back_##t(int n, void *y_, const void *g_, const void *x_, double sum,        \
                               double factor) {                                                    \
    T *y = y_, s = (T)sum, k = (T)factor;                                                          \
    const T *g = g_, *x = x_;                                                                      \
    EACH(n) y[i] = (g[i] - s) * x[i] * k;                                                          \
  }                                                                                                \
  static void log_softmax_back_##t(int n, void *y_, const void *g_, const void *x_, double sum) {  \
    T *y = y_, s = (T)sum;                                                                         \
    const T *g = g_, *x = x_;                                                                      \
    EACH(n) y[i] = madd_##t(x[i], -s, g[i]);                                                       \
  }
ROWS(f32, float)
ROWS(f64, double)
