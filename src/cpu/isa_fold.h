/* isa_fold.h: the loops of reductions over tiles.
 *
 * A row of elements becomes one accumulator through LANES partial results side by side, which is
 * both what vector registers do and the first levels of a pairwise sum; the lanes are then folded
 * in halves. A grid of elements, m for each of n accumulators side by side, serves columns and
 * short rows.  Beyond a row in a tile all floats go on in double. */

enum { LANES = 32 };

/* how an element x joins what there is, v; two lanes join in the same way */
#define JOIN_SUM(v, x) ((v) + (x))
#define JOIN_PROD(v, x) ((v) * (x))
#define JOIN_MAX(v, x) ((((x) > (v)) | ((x) != (x))) ? (x) : (v)) /* NaN wins */
#define JOIN_MIN(v, x) ((((x) < (v)) | ((x) != (x))) ? (x) : (v))
#define JOIN_ANY(v, x) ((v) | ((x) != 0))
#define JOIN_ALL(v, x) ((v) & ((x) != 0))

/* FOLD(kind, class t, C type T, C type L of a lane, C type A and field of the accumulator,
 * identity) */
#define FOLD(kind, t, T, L, A, field, identity)                                                    \
  static nm_acc row_##kind##_##t(int n, const void *x_) {                                          \
    const T *x = x_;                                                                               \
    L lane[LANES];                                                                                 \
    if (n < LANES) { /* a short row is not worth the folding */                                    \
      L v = identity;                                                                              \
      for (int i = 0; i < n; i++) v = JOIN_##kind(v, x[i]);                                        \
      return (nm_acc){.field = v};                                                                 \
    }                                                                                              \
    for (int j = 0; j < LANES; j++) lane[j] = identity;                                            \
    for (; n >= LANES; n -= LANES, x += LANES)                                                     \
      for (int j = 0; j < LANES; j++) lane[j] = JOIN_##kind(lane[j], x[j]);                        \
    for (int j = 0; j < n; j++) lane[j] = JOIN_##kind(lane[j], x[j]);                              \
    for (int half = LANES / 2; half; half /= 2)                                                    \
      for (int j = 0; j < half; j++) lane[j] = JOIN_##kind(lane[j], lane[j + half]);               \
    return (nm_acc){.field = lane[0]};                                                             \
  }                                                                                                \
  static void grid_##kind##_##t(int n, int m, nm_acc *acc_, const void *x_, int64_t across,        \
                                int64_t along) {                                                   \
    A *acc = &acc_->field;                                                                         \
    for (int k = 0; k < m; k++) {                                                                  \
      const T *x = (const T *)x_ + k * along;                                                      \
      if (across == 1)                                                                             \
        EACH (n) acc[i] = JOIN_##kind(acc[i], x[i]);                                               \
      else                                                                                         \
        EACH (n) acc[i] = JOIN_##kind(acc[i], x[i * across]);                                      \
    }                                                                                              \
  }

/* ARG(kind, class t, C type T, type and field of the accumulator, comparison) */
#define ARG(kind, t, T, W, field, before)                                                          \
  static int arg_row_##kind##_##t(int n, const void *x_, nm_acc *value) {                          \
    const T *x = x_;                                                                               \
    *value = row_##kind##_##t(n, x_);                                                              \
    T v = (T)value->field;                                                                         \
    int i = 0;                                                                                     \
    if (v == v) {                                                                                  \
      while (i < n - 1 && x[i] != v) i++;                                                          \
    } else {                                                                                       \
      while (i < n - 1 && x[i] == x[i]) i++;                                                       \
    }                                                                                              \
    return i;                                                                                      \
  }                                                                                                \
  static void arg_grid_##kind##_##t(int n, int m, nm_acc *acc_, int64_t *where, int64_t at,        \
                                    const void *x_, int64_t across, int64_t along) {               \
    W *acc = &acc_->field;                                                                         \
    for (int k = 0; k < m; k++) {                                                                  \
      const T *x = (const T *)x_ + k * along;                                                      \
      EACH (n) {                                                                                   \
        W v = acc[i], w = x[i * across];                                                           \
        bool take = (w before v) | ((w != w) & (v == v));                                          \
        acc[i] = take ? w : v;                                                                     \
        where[i] = take ? at + k : where[i];                                                       \
      }                                                                                            \
    }                                                                                              \
  }

#define FOLD_CLASS(t, T, W, field, low, high)                                                      \
  FOLD(SUM, t, T, SUM_LANE_##t, W, field, 0)                                                       \
  FOLD(PROD, t, T, W, W, field, 1)                                                                 \
  FOLD(MAX, t, T, T, W, field, low)                                                                \
  FOLD(MIN, t, T, T, W, field, high)                                                               \
  FOLD(ANY, t, T, int64_t, int64_t, i, 0)                                                          \
  FOLD(ALL, t, T, int64_t, int64_t, i, 1)                                                          \
  ARG(MAX, t, T, W, field, >)                                                                      \
  ARG(MIN, t, T, W, field, <)
#define SUM_LANE_f32 float
#define SUM_LANE_f64 double
#define SUM_LANE_i32 int64_t
#define SUM_LANE_i64 int64_t
FOLD_CLASS(f32, float, double, f, -(float)INFINITY, (float)INFINITY)
FOLD_CLASS(f64, double, double, f, -INFINITY, INFINITY)
FOLD_CLASS(i32, int32_t, int64_t, i, INT32_MIN, INT32_MAX)
FOLD_CLASS(i64, int64_t, int64_t, i, INT64_MIN, INT64_MAX)

/* softmax over rows of floats, whose greatest element m has been found.  Partial sums in float are
 * of a tile at most; beyond, in double. */
#define SOFTMAX(t, T)                                                                              \
  static double exp_sum_##t(int n, void *y_, const void *x_, double m_) {                          \
    T *y = y_, m = (T)m_;                                                                          \
    const T *x = x_;                                                                               \
    double sum = 0;                                                                                \
    for (int at = 0; at < n; at += NM_TILE) {                                                      \
      int k = n - at < NM_TILE ? n - at : NM_TILE;                                                 \
      EACH (k) y[at + i] = exp_##t(x[at + i] - m);                                                 \
      sum += row_SUM_##t(k, y + at).f;                                                             \
    }                                                                                              \
    return sum;                                                                                    \
  }                                                                                                \
  static double shifted_sum_##t(int n, const void *x_, double m_) {                                \
    T y[NM_TILE];                                                                                  \
    const T *x = x_;                                                                               \
    double sum = 0;                                                                                \
    for (int at = 0; at < n; at += NM_TILE)                                                        \
      sum += exp_sum_##t(n - at < NM_TILE ? n - at : NM_TILE, y, x + at, m_);                      \
    return sum;                                                                                    \
  }                                                                                                \
  static void scale_##t(int n, void *y_, double s_) {                                              \
    T *y = y_, s = (T)s_;                                                                          \
    EACH (n) y[i] *= s;                                                                            \
  }                                                                                                \
  static void shift_##t(int n, void *y_, double m_, double s_) {                                   \
    T *y = y_, m = (T)m_, s = (T)s_;                                                               \
    EACH (n) y[i] = (y[i] - m) - s;                                                                \
  }                                                                                                \
  /* short rows, as many as fit a tile: everything over all their elements at once */              \
  static void short_rows_##t(int rows, int length, void *y_, bool log_) {                          \
    T *y = y_, e[NM_TILE], each[NM_TILE];                                                          \
    nm_acc acc[NM_TILE];                                                                           \
    int n = rows * length;                                                                         \
    for (int r = 0; r < rows; r++) acc[r].f = -(double)INFINITY;                                   \
    grid_MAX_##t(rows, length, acc, y, length, 1);                                                 \
    for (int i = 0, r = 0; r < rows; r++)                                                          \
      for (int j = 0; j < length; j++, i++) each[i] = (T)acc[r].f;                                 \
    EACH (n) y[i] -= each[i];                                                                      \
    EACH (n) e[i] = exp_##t(y[i]);                                                                 \
    for (int r = 0; r < rows; r++) acc[r].f = 0;                                                   \
    grid_SUM_##t(rows, length, acc, e, length, 1);                                                 \
    for (int r = 0; r < rows; r++) acc[r].f = log_ ? log(acc[r].f) : 1.0 / acc[r].f;               \
    for (int i = 0, r = 0; r < rows; r++)                                                          \
      for (int j = 0; j < length; j++, i++) each[i] = (T)acc[r].f;                                 \
    if (log_)                                                                                      \
      EACH (n) y[i] -= each[i];                                                                    \
    else                                                                                           \
      EACH (n) y[i] = e[i] * each[i];                                                              \
  }
SOFTMAX(f32, float)
SOFTMAX(f64, double)
