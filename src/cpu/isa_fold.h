/* isa_fold.h: the loops of reductions.
 *
 * A row of at most NM_BLOCK bytes becomes one accumulator through ROW_LANES partial results side by
 * side, which is both what vector registers do and the first levels of a pairwise sum; the lanes
 * are then folded in halves.  Columns take in DEEP rows at a time, which are joined as a tree.  So
 * no sum is a longer chain in the class of its elements than NM_BLOCK / LANE_BYTES; beyond a block all
 * floats go on in double. */

enum { LANE_BYTES = 256, FEW = 16 };
/* of a row x: 64 or 32; more streams would be read slower */
#define ROW_LANES ((int)(LANE_BYTES / sizeof *x))

/* NaN wins.  In this form both steps are vector instructions: a maximum as x86 has it, which takes
 * its second operand where one is NaN, and a blend. */
#define EXTREMES(t, T)                                                                             \
  static inline T most_##t(T v, T w) {                                                             \
    T m = w > v ? w : v;                                                                           \
    return w != w ? w : m;                                                                         \
  }                                                                                                \
  static inline T least_##t(T v, T w) {                                                            \
    T m = w < v ? w : v;                                                                           \
    return w != w ? w : m;                                                                         \
  }
EXTREMES(f32, float)
EXTREMES(f64, double)
EXTREMES(i32, int32_t)
EXTREMES(i64, int64_t)

/* how an element x enters (as a lane of type L), and how two of them are joined */
#define LIFT_SUM(x) ((L)(x))
#define LIFT_PROD(x) ((L)(x))
#define LIFT_MAX(x) (x)
#define LIFT_MIN(x) (x)
#define LIFT_ANY(x) ((L)((x) != 0))
#define LIFT_ALL(x) ((L)((x) != 0))
#define JOIN_SUM(v, w) ((v) + (w))
#define JOIN_PROD(v, w) ((v) * (w))
#define JOIN_MAX(v, w)                                                                             \
  _Generic(v, float: most_f32, double: most_f64, int32_t: most_i32, int64_t: most_i64)(v, w)
#define JOIN_MIN(v, w)                                                                             \
  _Generic(v, float: least_f32, double: least_f64, int32_t: least_i32, int64_t: least_i64)(v, w)
#define JOIN_ANY(v, w) ((v) | (w))
#define JOIN_ALL(v, w) ((v) & (w))

/* lane[j] takes in the elements of a row that are a multiple of `width` from element j */
#define INTO_LANES(width, kind)                                                                    \
  for (; n >= (width); n -= (width), x += (width))                                                 \
    for (int j = 0; j < (width); j++) lane[j] = JOIN_##kind(lane[j], LIFT_##kind(x[j]));           \
  for (int j = 0; j < n; j++) lane[j] = JOIN_##kind(lane[j], LIFT_##kind(x[j]));
#define HALVE(lane, half, kind)                                                                    \
  for (int j = 0; j < (half); j++) lane[j] = JOIN_##kind(lane[j], lane[j + (half)]);
#define HALVE_MANY(lane, kind)                                                                     \
  HALVE(lane, ROW_LANES > 32 ? 32 : 0, kind)                                                           \
  HALVE(lane, 16, kind)
#define HALVE_FEW(lane, kind)                                                                      \
  HALVE(lane, 8, kind) HALVE(lane, 4, kind) HALVE(lane, 2, kind) HALVE(lane, 1, kind)
#define HALVE_ALL(lane, kind) HALVE_MANY(lane, kind) HALVE_FEW(lane, kind)

/* FOLD(kind, class t, C type T, C type of a lane, C type A and field of the accumulator,
 * identity) */
#define FOLD(kind, t, T, LANE, A, field, identity)                                                 \
  static nm_acc row_##kind##_##t(int n, const void *x_) {                                          \
    typedef LANE L;                                                                                \
    const T *x = x_;                                                                               \
    L lane[ROW_LANES];                                                                                 \
    if (n < FEW) { /* a short row is not worth the folding */                                      \
      L v = identity;                                                                              \
      for (int i = 0; i < n; i++) v = JOIN_##kind(v, LIFT_##kind(x[i]));                           \
      return (nm_acc){.field = v};                                                                 \
    }                                                                                              \
    for (int j = 0; j < ROW_LANES; j++) lane[j] = identity;                                            \
    if (n < ROW_LANES) {                                                                               \
      INTO_LANES(FEW, kind)                                                                        \
    } else {                                                                                       \
      INTO_LANES(ROW_LANES, kind)                                                                      \
      HALVE_MANY(lane, kind)                                                                       \
    }                                                                                              \
    HALVE_FEW(lane, kind)                                                                          \
    return (nm_acc){.field = lane[0]};                                                             \
  }                                                                                                \
  static void columns_##kind##_##t(int n, int m, nm_acc *acc_, const void *x_, int64_t pitch) {    \
    typedef LANE L;                                                                                \
    A *acc = &acc_->field;                                                                         \
    const T *x = x_;                                                                               \
    for (; m >= NM_DEEP; m -= NM_DEEP, x += NM_DEEP * pitch) {                                     \
      const T *x1 = x + pitch, *x2 = x1 + pitch, *x3 = x2 + pitch, *x4 = x3 + pitch,               \
              *x5 = x4 + pitch, *x6 = x5 + pitch, *x7 = x6 + pitch;                                \
      EACH (n) {                                                                                   \
        L a = LIFT_##kind(x[i]), b = LIFT_##kind(x2[i]), c = LIFT_##kind(x4[i]),                   \
          d = LIFT_##kind(x6[i]), a1 = LIFT_##kind(x1[i]), b1 = LIFT_##kind(x3[i]),                \
          c1 = LIFT_##kind(x5[i]), d1 = LIFT_##kind(x7[i]);                                        \
        a = JOIN_##kind(a, a1), b = JOIN_##kind(b, b1);                                            \
        c = JOIN_##kind(c, c1), d = JOIN_##kind(d, d1);                                            \
        a = JOIN_##kind(a, b), c = JOIN_##kind(c, d);                                              \
        a = JOIN_##kind(a, c);                                                                     \
        acc[i] = JOIN_##kind(acc[i], (A)a);                                                        \
      }                                                                                            \
    }                                                                                              \
    for (; m > 0; m--, x += pitch)                                                                 \
      EACH (n) {                                                                                   \
        L a = LIFT_##kind(x[i]);                                                                   \
        acc[i] = JOIN_##kind(acc[i], (A)a);                                                        \
      }                                                                                            \
  }

/* v, which stands at k, or w, which stands at p, if it comes before: NaN before all but NaN */
#define TAKE(T, P, w_, p, before)                                                                  \
  {                                                                                                \
    T w = w_, most = w before v ? w : v;                                                           \
    P at_most = w before v ? p : k;                                                                \
    most = w != w ? w : most, at_most = w != w ? p : at_most;                                      \
    k = v != v ? k : at_most, v = v != v ? v : most;                                               \
  }

/* ARG(kind, class t, C type T, C type P of a position, comparison) */
#define ARG(kind, t, T, P, before)                                                       \
  static void arg_columns_##kind##_##t(int n, int m, void *best_, void *at_, int64_t first,        \
                                       int64_t step, const void *x_, int64_t pitch) {              \
    T *best = best_;                                                                               \
    P *at = at_, p = (P)first, one = (P)step;                                                      \
    const T *x = x_;                                                                               \
    for (; m >= 4; m -= 4, x += 4 * pitch, p += 4 * one) {                                         \
      const T *x1 = x + pitch, *x2 = x1 + pitch, *x3 = x2 + pitch;                                 \
      P p1 = p + one, p2 = p1 + one, p3 = p2 + one;                                                \
      EACH (n) {                                                                                   \
        T v = best[i];                                                                             \
        P k = at[i];                                                                               \
        TAKE(T, P, x[i], p, before)                                                                \
        TAKE(T, P, x1[i], p1, before)                                                              \
        TAKE(T, P, x2[i], p2, before)                                                              \
        TAKE(T, P, x3[i], p3, before)                                                              \
        best[i] = v, at[i] = k;                                                                    \
      }                                                                                            \
    }                                                                                              \
    for (; m > 0; m--, x += pitch, p += one)                                                       \
      EACH (n) {                                                                                   \
        T v = best[i];                                                                             \
        P k = at[i];                                                                               \
        TAKE(T, P, x[i], p, before)                                                                \
        best[i] = v, at[i] = k;                                                                    \
      }                                                                                            \
  }

/* The extreme of a row and its place, in one pass, see nm_arg_row.  Of each block of ROW_LANES
 * elements a lane takes four, and keeps the first block that has its extreme; the row's stands in
 * the first block of those that have it.  NaN are only noticed, in two elements at once.  Memory is
 * fetched, as the end of each row holds the next one's loads up. */
#define HALVE_LANES(lane, kind)                                                                    \
  HALVE(lane, LANES > 8 ? 8 : 0, kind)                                                             \
  HALVE(lane, 4, kind) HALVE(lane, 2, kind) HALVE(lane, 1, kind)
#define ODD_f32(v, w) __builtin_isunordered(v, w)
#define ODD_f64(v, w) __builtin_isunordered(v, w)
#define ODD_i32(v, w) 0
#define ODD_i64(v, w) 0
#define ARG_ROW(kind, t, T, P, field, identity, before)                                            \
  static int block_##kind##_##t(int n, const T *x, T *v) { /* or the place of the first NaN */     \
    enum { LANES = LANE_BYTES / 4 / sizeof(T), AHEAD = 4096 };                                     \
    T best[LANES], most[LANES];                                                                    \
    P at[LANES], odd[LANES];                                                                       \
    for (int j = 0; j < LANES; j++) best[j] = identity, at[j] = odd[j] = 0;                        \
    for (P i = 0;; i = n - i < 2 * ROW_LANES ? n - ROW_LANES : i + ROW_LANES) {                    \
      for (int k = AHEAD; k < AHEAD + LANE_BYTES; k += 64)                                         \
        __builtin_prefetch((const char *)(x + i) + k);                                             \
      for (int j = 0; j < LANES; j++) {                                                            \
        const T *y = x + i + j;                                                                    \
        T a = y[0], b = y[LANES], c = y[2 * LANES], d = y[3 * LANES];                              \
        odd[j] |= ODD_##t(a, b) | ODD_##t(c, d);                                                   \
        a = b before a ? b : a, c = d before c ? d : c, a = c before a ? c : a;                    \
        P k = a before best[j] ? i : 0; /* and the larger: GCC would jump around a choice */       \
        at[j] = k > at[j] ? k : at[j], best[j] = a before best[j] ? a : best[j];                   \
      }                                                                                            \
      if (i == n - ROW_LANES) break;                                                               \
    }                                                                                              \
    HALVE_LANES(odd, ANY)                                                                          \
    if (odd[0])                                                                                    \
      for (int i = 0;; i++)                                                                        \
        if (x[i] != x[i]) return *v = x[i], i;                                                     \
    for (int j = 0; j < LANES; j++) most[j] = best[j];                                             \
    HALVE_LANES(most, kind)                                                                        \
    for (int j = 0; j < LANES; j++) at[j] = best[j] == most[0] ? at[j] : n;                        \
    HALVE_LANES(at, MIN)                                                                           \
    *v = most[0];                                                                                  \
    return (int)at[0];                                                                             \
  }                                                                                                \
  static nm_acc arg_row_##kind##_##t(int n, const void *x_, int *at) {                             \
    const T *x = x_;                                                                               \
    T v;                                                                                           \
    int i = 0;                                                                                     \
    if (n >= ROW_LANES) {                                                                          \
      i = block_##kind##_##t(n, x, &v);                                                            \
      if (v == v) i += first_##t(x + i, v);                                                        \
    } else {                                                                                       \
      v = (T)row_##kind##_##t(n, x).field;                                                         \
      while (i < n - 1 && (v == v ? x[i] != v : x[i] == x[i])) i++;                                \
    }                                                                                              \
    *at = i;                                                                                       \
    return (nm_acc){.field = v};                                                                   \
  }

#define FOLD_CLASS(t, T, W, P, field, low, high)                                                   \
  FOLD(SUM, t, T, SUM_LANE_##t, W, field, 0)                                                       \
  FOLD(PROD, t, T, W, W, field, 1)                                                                 \
  FOLD(MAX, t, T, T, W, field, low)                                                                \
  FOLD(MIN, t, T, T, W, field, high)                                                               \
  FOLD(ANY, t, T, P, int64_t, i, 0)                                                                \
  FOLD(ALL, t, T, P, int64_t, i, 1)                                                                \
  ARG(MAX, t, T, P, >)                                                                   \
  ARG(MIN, t, T, P, <)                                                                   \
  static int first_##t(const T *x, T v) { /* of ROW_LANES elements, one of which is v */           \
    P at = ROW_LANES;                                                                              \
    for (P j = 0; j < ROW_LANES; j++) {                                                            \
      P k = x[j] == v ? j : ROW_LANES;                                                             \
      at = k < at ? k : at;                                                                        \
    }                                                                                              \
    return (int)at;                                                                                \
  }                                                                                                \
  ARG_ROW(MAX, t, T, P, field, low, >)                                                             \
  ARG_ROW(MIN, t, T, P, field, high, <)
#define SUM_LANE_f32 float
#define SUM_LANE_f64 double
#define SUM_LANE_i32 int64_t
#define SUM_LANE_i64 int64_t
FOLD_CLASS(f32, float, double, int32_t, f, -(float)INFINITY, (float)INFINITY)
FOLD_CLASS(f64, double, double, int64_t, f, -INFINITY, INFINITY)
FOLD_CLASS(i32, int32_t, int64_t, int32_t, i, INT32_MIN, INT32_MAX)
FOLD_CLASS(i64, int64_t, int64_t, int64_t, i, INT64_MIN, INT64_MAX)

/* Mean and sum of squared distances from it, of a block.  Distances are first taken from c, the
 * mean but for rounding; what that leaves, the sum of the distances, corrects both [Chan, Golub,
 * LeVeque 1983, the corrected two-pass algorithm].  A block is joined to the n elements before it by
 * their pairwise formula. */
static inline void join_squares(double n, double *mean, double *squares, double m, double mean_m,
                                double squares_m) {
  double share = m / (n + m), d = mean_m - *mean;
  *squares += squares_m + d * d * (n * share);
  *mean = *mean * (1 - share) + mean_m * share;
}
/* Sums over a row of n elements: `start` for those of lane j, `take` for its element, `next` to go
 * `by` elements on, `halve` to join the lanes.  A short row has one lane. */
#define SUMS_OF_ROW(n, start, take, next, halve)                                                   \
  int left = n;                                                                                    \
  if (left < FEW) {                                                                                \
    const int j = 0, by = 1;                                                                       \
    start;                                                                                         \
    for (; left > 0; left--, next) take;                                                           \
  } else {                                                                                         \
    const int by = ROW_LANES;                                                                      \
    for (int j = 0; j < by; j++) start;                                                            \
    for (; left >= by; left -= by, next)                                                           \
      for (int j = 0; j < by; j++) take;                                                           \
    for (int j = 0; j < left; j++) take;                                                           \
    halve                                                                                          \
  }
#define SQUARES(t, T)                                                                              \
  static void squares_row_##t(int n, const void *x_, double before, double *mean,                  \
                              double *squares) {                                                   \
    const T *x = x_;                                                                               \
    T c = (T)(row_SUM_##t(n, x).f / n), sum[ROW_LANES], square[ROW_LANES];                                 \
    SUMS_OF_ROW(n, sum[j] = square[j] = 0,                                                         \
                (sum[j] += x[j] - c, square[j] += (x[j] - c) * (x[j] - c)), x += by,               \
                HALVE_ALL(sum, SUM) HALVE_ALL(square, SUM))                                        \
    double rest = (double)sum[0] / n, q = (double)square[0] - rest * sum[0];                       \
    rest = c - c == 0 ? rest : 0; /* an infinite mean stays one */                                 \
    join_squares(before, mean, squares, n, c + rest, q < 0 ? 0 : q);                               \
  }                                                                                                \
  static void squares_columns_##t(int n, int m, double before, nm_acc *mean_, nm_acc *squares_,    \
                                  const void *x_, int64_t pitch) {                                 \
    double *mean = &mean_->f, *squares = &squares_->f;                                             \
    const T *x = x_;                                                                               \
    for (; m >= NM_DEEP; m -= NM_DEEP, x += NM_DEEP * pitch, before += NM_DEEP) {                  \
      const T *x1 = x + pitch, *x2 = x1 + pitch, *x3 = x2 + pitch, *x4 = x3 + pitch,               \
              *x5 = x4 + pitch, *x6 = x5 + pitch, *x7 = x6 + pitch;                                \
      double share = NM_DEEP / (before + NM_DEEP), weight = before * share;                        \
      EACH (n) {                                                                                   \
        T c = (((x[i] + x1[i]) + (x2[i] + x3[i])) + ((x4[i] + x5[i]) + (x6[i] + x7[i]))) *         \
              ((T)1 / NM_DEEP);                                                                    \
        T a = x[i] - c, b = x1[i] - c, d = x2[i] - c, e = x3[i] - c, f = x4[i] - c, g = x5[i] - c, \
          h = x6[i] - c, k = x7[i] - c;                                                            \
        T sum = ((a + b) + (d + e)) + ((f + g) + (h + k));                                         \
        T square = ((a * a + b * b) + (d * d + e * e)) + ((f * f + g * g) + (h * h + k * k));      \
        sum = c - c == 0 ? sum : 0;                                                                \
        double rest = (double)sum / NM_DEEP, block = c + rest, q = square - rest * sum;            \
        double far = block - mean[i];                                                              \
        squares[i] += (q < 0 ? 0 : q) + far * far * weight;                                        \
        mean[i] = mean[i] * (1 - share) + block * share;                                           \
      }                                                                                            \
    }                                                                                              \
    for (; m > 0; m--, x += pitch, before++) {                                                     \
      double share = 1 / (before + 1), weight = before * share;                                    \
      EACH (n) {                                                                                   \
        double v = x[i], far = v - mean[i];                                                        \
        squares[i] += far * far * weight + (v - v);                                                \
        mean[i] = mean[i] * (1 - share) + v * share;                                               \
      }                                                                                            \
    }                                                                                              \
  }
SQUARES(f32, float)
SQUARES(f64, double)
