/* isa_scan.h: the loops of running sums, products, extremes and log-sums-exp; see nm_scan_loop.
 *
 * A row is scanned a vector at a time.  What the last SCAN_LANES elements of each place come to is
 * found by log2(lanes) steps, each of which joins what is twice as far before; then it joins the
 * results of the vector before: a chain of one step a vector, and nothing is spread over lanes. */

#define SCAN_SUM(a, b) ((a) + (b))
#define SCAN_PROD(a, b) ((a) * (b))
static inline double log_add(double a, double b) {
  double most = a > b ? a : b, d = a == b ? 0 : abs_f64(a - b); /* equal infinities, too */
  return most + log1p_f64(exp_f64(-d));
}
#define SCAN_LOG(a, b) log_add(a, b)
/* Of equal ones the later counts, and a NaN rather than anything: whether b is taken. */
#define LATER(a, b, compare) (((b)compare(a)) | ((b) != (b))) & !(((a) != (a)) & ((b) == (b)))

/* The lanes of `earlier` and v, moved up by one place; and the steps after the first, which leave
 * in v what SCAN_LANES elements come to. */
#if defined(__AVX2__)
enum { SCAN_LANES = 4 }; /* eight take a step more, and are no faster */
#define SCAN_UP(earlier, v) __builtin_shufflevector(earlier, v, 3, 4, 5, 6)
#define SCAN_STEPS(kind)                                                                           \
  w = v;                                                                                           \
  v = SCAN_##kind(__builtin_shufflevector(twos, w, 2, 3, 4, 5), w);                                \
  twos = w;
#define SCAN_PAST(stream) stream
#else
enum { SCAN_LANES = 2 };
#define SCAN_UP(earlier, v) __builtin_shufflevector(earlier, v, 1, 2)
#define SCAN_STEPS(kind) (void)twos, (void)w;
#define SCAN_PAST(stream) (void)0
#endif
typedef double scan_f __attribute__((vector_size(SCAN_LANES * 8)));
typedef int64_t scan_i __attribute__((vector_size(SCAN_LANES * 8)));
typedef double scan_f64 __attribute__((vector_size(SCAN_LANES * 8), aligned(8), may_alias));
typedef int64_t scan_i64 __attribute__((vector_size(SCAN_LANES * 8), aligned(8), may_alias));
typedef float scan_f32 __attribute__((vector_size(SCAN_LANES * 4), aligned(4), may_alias));

/* floats as doubles; where GCC has to find the instruction it takes four */
static inline scan_f widened_f32(const float *x) {
#if defined(__AVX2__)
  return (scan_f)_mm256_cvtps_pd(_mm_loadu_ps(x));
#else
  return __builtin_convertvector(*(const scan_f32 *)x, scan_f);
#endif
}
static inline scan_f widened_f64(const double *x) { return *(const scan_f64 *)x; }
static inline scan_i widened_i64(const int64_t *x) { return *(const scan_i64 *)x; }

/* Stores results as elements, past the caches where asked. */
#define PUT(t, T, M, V, stream)                                                                    \
  static inline void scan_put_##t(T *y, V v, bool past) {                                          \
    M m = __builtin_convertvector(v, M);                                                           \
    if (past)                                                                                      \
      SCAN_PAST(stream);                                                                           \
    else                                                                                           \
      *(M *)y = m;                                                                                 \
  }
PUT(f32, float, scan_f32, scan_f, _mm_stream_ps(y, (__m128)m))
PUT(f64, double, scan_f64, scan_f, _mm256_stream_pd(y, (__m256d)m))
PUT(i64, int64_t, scan_i64, scan_i, _mm256_stream_si256((void *)y, (__m256i)m))

/* SCAN_LANES elements from i on; before_each: those that stand one place before them */
#define SCAN_VECTOR(kind, t, before_each)                                                          \
  {                                                                                                \
    v = widened_##t(x + i);                                                                        \
    v = SCAN_##kind(before_each, v);                                                               \
    SCAN_STEPS(kind)                                                                               \
    run = SCAN_##kind(run, v);                                                                     \
    scan_put_##t(y + i, joined ? SCAN_##kind(base, run) : run, past);                              \
  }
/* ROW(kind, class t, C type T, vector V of accumulators, C type A and field of one, identity)
 * scans at most NM_TILE elements of a row; the running result starts from *acc and is left there.
 * y is no part of x.  past: y is aligned to vectors and written past the caches, and x is fetched
 * AHEAD bytes before its use. */
#define SCAN_ROW(kind, t, T, V, A, field, identity)                                                \
  static ALWAYS_INLINE void row_scan_##kind##_##t(int n, T *y, const T *x, nm_acc *acc,            \
                                                  nm_acc before_, bool past) {                     \
    enum { AHEAD = 4096, BLOCK = 64 / sizeof(T) };                                                 \
    A before = before_.field, last = acc->field;                                                   \
    bool joined = before != (identity);                                                            \
    const V none = (identity) - (V){0}, base = before - (V){0};                                    \
    V run = last - (V){0}, twos = none, w = none, v;                                               \
    int i = 0;                                                                                     \
    if (n >= SCAN_LANES) {                                                                         \
      SCAN_VECTOR(kind, t, SCAN_UP(none, v))                                                       \
      i = SCAN_LANES;                                                                              \
    }                                                                                              \
    while (i + BLOCK <= n) {                                                                       \
      if (past) __builtin_prefetch((const char *)(x + i) + AHEAD);                                 \
      _Pragma("GCC unroll 8") for (int j = 0; j < BLOCK; j += SCAN_LANES, i += SCAN_LANES) {       \
        SCAN_VECTOR(kind, t, widened_##t(x + i - 1))                                               \
      }                                                                                            \
    }                                                                                              \
    for (; i + SCAN_LANES <= n; i += SCAN_LANES) {                                                 \
      SCAN_VECTOR(kind, t, widened_##t(x + i - 1))                                                 \
    }                                                                                              \
    if (i) last = run[SCAN_LANES - 1];                                                             \
    for (; i < n; i++) {                                                                           \
      last = SCAN_##kind(last, (A)x[i]);                                                           \
      y[i] = (T)SCAN_##kind(before, last);                                                         \
    }                                                                                              \
    acc->field = last;                                                                             \
  }
/* A row of logarithms of sums is a row of sums of e^(x - m), with m the greatest, unless the first
 * of them would come to nothing beside it; then, and where there are infinities and NaN, it is
 * scanned step by step. */
#define SCAN_LOG_ROW(t, T)                                                                         \
  static void row_scan_LOG_##t(int n, T *y, const T *x, nm_acc *acc, nm_acc before, bool past) {   \
    double e[NM_TILE], s[NM_TILE], last = acc->f, m = last, first = last;                          \
    for (int i = 0; i < n; i++) m = x[i] > m ? x[i] : m;                                           \
    first = x[0] > first ? x[0] : first;                                                           \
    double all = 0;                                                                                \
    EACH (n) all += x[i] - x[i]; /* 0 if they are finite */                                        \
    if (n > NM_TILE || !(m - first < 600) || all != 0) {                                           \
      for (int i = 0; i < n; i++) {                                                                \
        last = log_add(last, x[i]);                                                                \
        y[i] = (T)log_add(before.f, last);                                                         \
      }                                                                                            \
      acc->f = last;                                                                               \
      return;                                                                                      \
    }                                                                                              \
    EACH (n) e[i] = exp_f64((double)x[i] - m);                                                     \
    nm_acc sum = {.f = exp_f64(last - m)}, none = {.f = 0};                                        \
    row_scan_SUM_f64(n, s, e, &sum, none, past);                                                   \
    EACH (n) s[i] = log_f64(s[i]) + m;                                                             \
    acc->f = s[n - 1];                                                                             \
    if (before.f == -INFINITY)                                                                     \
      EACH (n) y[i] = (T)s[i];                                                                     \
    else                                                                                           \
      EACH (n) y[i] = (T)log_add(before.f, s[i]);                                                  \
  }

#define SCAN(kind, t, T, A, field)                                                                 \
  static void scan_##kind##_##t(int m, int width, void *y_, const void *x_, nm_carried *run,       \
                                const nm_carried *before, int64_t first, int64_t *index,           \
                                int64_t pitch) {                                                   \
    T *y = y_;                                                                                     \
    const T *x = x_;                                                                               \
    A *acc = &run->acc->field;                                                                     \
    (void)first, (void)index, (void)pitch;                                                         \
    if (width == 1) {                                                                              \
      row_scan_##kind##_##t(m, y, x, run->acc, before ? *before->acc : (nm_acc){0}, false);        \
      return;                                                                                      \
    }                                                                                              \
    for (int k = 0; k < m; k++, x += width, y += width) {                                          \
      if (!before) {                                                                               \
        EACH (width) acc[i] = SCAN_##kind(acc[i], (A)x[i]);                                        \
        continue;                                                                                  \
      }                                                                                            \
      const A *old = &before->acc->field;                                                          \
      EACH (width) {                                                                               \
        acc[i] = SCAN_##kind(acc[i], (A)x[i]);                                                     \
        y[i] = (T)SCAN_##kind(old[i], acc[i]);                                                     \
      }                                                                                            \
    }                                                                                              \
  }
/* A long row, past the caches: the same results. */
#define SCAN_LONG(kind, t, T)                                                                      \
  static void scan_past_##kind##_##t(int64_t n, void *y_, const void *x_, nm_acc *acc,             \
                                     nm_acc before) {                                              \
    T *y = y_;                                                                                     \
    const T *x = x_;                                                                               \
    for (; n > 0; n -= NM_TILE, y += NM_TILE, x += NM_TILE)                                        \
      row_scan_##kind##_##t(n < NM_TILE ? (int)n : NM_TILE, y, x, acc, before, true);              \
  }

/* A row of extremes: most blocks of it have nothing new. */
#define EXTREME(kind, t, T, A, field, compare, below)                                              \
  static void row_scan_##kind##_##t(int n, T *y, const T *x, nm_acc *acc, int64_t *at_,            \
                                    int64_t first, int64_t *index) {                               \
    enum { BLOCK = 16 };                                                                           \
    T v = (T)acc->field;                                                                           \
    int64_t at = *at_;                                                                             \
    for (int i = 0, k; i < n; i += k) {                                                            \
      int32_t news = 0;                                                                            \
      k = n - i < BLOCK ? n - i : BLOCK;                                                           \
      for (int j = 0; j < k; j++) news |= !(x[i + j] below v);                                     \
      if (!news) {                                                                                 \
        for (int j = 0; j < k; j++) y[i + j] = v;                                                  \
        for (int j = 0; index && j < k; j++) index[i + j] = at;                                    \
        continue;                                                                                  \
      }                                                                                            \
      for (int j = i; j < i + k; j++) {                                                            \
        if (LATER(v, x[j], compare)) v = x[j], at = first + j;                                     \
        y[j] = v;                                                                                  \
        if (index) index[j] = at;                                                                  \
      }                                                                                            \
    }                                                                                              \
    acc->field = v, *at_ = at;                                                                     \
  }                                                                                                \
  static void scan_##kind##_##t(int m, int width, void *y_, const void *x_, nm_carried *run,       \
                                const nm_carried *before, int64_t first, int64_t *index,           \
                                int64_t pitch) {                                                   \
    T *y = y_;                                                                                     \
    const T *x = x_;                                                                               \
    A *acc = &run->acc->field;                                                                     \
    int64_t *at = run->at;                                                                         \
    if (before && width == 1 && pitch == 1) { /* going on from what came before is the same */     \
      A v = (&before->acc->field)[0], w = acc[0];                                                  \
      if (!(LATER(v, w, compare))) acc[0] = v, at[0] = before->at[0];                              \
      row_scan_##kind##_##t(m, y, x, run->acc, at, first, index);                                  \
      return;                                                                                      \
    }                                                                                              \
    for (int k = 0; k < m; k++, x += width, y += width, index += index ? pitch : 0) {              \
      EACH (width) {                                                                               \
        A v = acc[i], w = (A)x[i];                                                                 \
        int64_t p = at[i], q = first + k;                                                          \
        q = w compare v ? q : p;                                                                   \
        A most = w compare v ? w : v;                                                              \
        q = w != w ? first + k : q, most = w != w ? w : most;                                      \
        p = (v != v) & (w == w) ? p : q, v = (v != v) & (w == w) ? v : most;                       \
        acc[i] = v, at[i] = p;                                                                     \
      }                                                                                            \
      if (!before) continue;                                                                       \
      const A *old = &before->acc->field;                                                          \
      for (int i = 0; i < width; i++) {                                                            \
        bool take = LATER(old[i], acc[i], compare);                                                \
        y[i] = (T)(take ? acc[i] : old[i]);                                                        \
        if (index) index[i] = take ? at[i] : before->at[i];                                        \
      }                                                                                            \
    }                                                                                              \
  }
SCAN_ROW(SUM, f32, float, scan_f, double, f, 0.0)
SCAN_ROW(SUM, f64, double, scan_f, double, f, 0.0)
SCAN_ROW(SUM, i64, int64_t, scan_i, int64_t, i, (int64_t)0)
SCAN_ROW(PROD, f32, float, scan_f, double, f, 1.0)
SCAN_ROW(PROD, f64, double, scan_f, double, f, 1.0)
SCAN_ROW(PROD, i64, int64_t, scan_i, int64_t, i, (int64_t)1)
SCAN_LOG_ROW(f32, float)
SCAN_LOG_ROW(f64, double)
SCAN(SUM, f32, float, double, f)
SCAN(SUM, f64, double, double, f)
SCAN(SUM, i64, int64_t, int64_t, i)
SCAN(PROD, f32, float, double, f)
SCAN(PROD, f64, double, double, f)
SCAN(PROD, i64, int64_t, int64_t, i)
SCAN(LOG, f32, float, double, f)
SCAN(LOG, f64, double, double, f)
#if defined(__AVX2__)
SCAN_LONG(SUM, f32, float)
SCAN_LONG(SUM, f64, double)
SCAN_LONG(SUM, i64, int64_t)
SCAN_LONG(PROD, f32, float)
SCAN_LONG(PROD, f64, double)
SCAN_LONG(PROD, i64, int64_t)
#endif
EXTREME(MAX, f32, float, double, f, >=, <)
EXTREME(MAX, f64, double, double, f, >=, <)
EXTREME(MAX, i32, int32_t, int64_t, i, >=, <)
EXTREME(MAX, i64, int64_t, int64_t, i, >=, <)
EXTREME(MIN, f32, float, double, f, <=, >)
EXTREME(MIN, f64, double, double, f, <=, >)
EXTREME(MIN, i32, int32_t, int64_t, i, <=, >)
EXTREME(MIN, i64, int64_t, int64_t, i, <=, >)
