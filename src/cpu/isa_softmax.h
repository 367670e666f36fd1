/* isa_softmax.h: the loops of softmax, in rows and in columns; see nm_softmax_loops.  Sums in the
 * class of the elements are of a block of a row, or of NM_DEEP rows, at most; beyond, in double. */

#define SOFTMAX(t, T)                                                                              \
  /* y = e^(x - m) of a block, and the sum of these, as row_SUM has it */                          \
  static double exp_block_##t(int n, T *y, const T *x, T m, int64_t ahead) {                       \
    T lane[ROW_LANES];                                                                             \
    for (int j = 0; j < ROW_LANES; j++) lane[j] = 0;                                               \
    for (; n >= ROW_LANES; n -= ROW_LANES, x += ROW_LANES, y += ROW_LANES) {                       \
      for (int j = 0; j < ROW_LANES; j += 64 / (int)sizeof(T)) __builtin_prefetch(x + ahead + j);  \
      for (int j = 0; j < ROW_LANES; j++) y[j] = exp_##t(x[j] - m);                                \
      for (int j = 0; j < ROW_LANES; j++) lane[j] += y[j];                                         \
    }                                                                                              \
    EACH(n) y[i] = exp_##t(x[i] - m);                                                              \
    for (int j = 0; j < n; j++) lane[j] += y[j];                                                   \
    HALVE_ALL(lane, SUM)                                                                           \
    return (double)lane[0];                                                                        \
  }                                                                                                \
  static double exp_sum_##t(int n, void *y_, const void *x_, double m, int64_t ahead) {            \
    T *y = y_, dropped[NM_BLOCK / sizeof(T)];                                                      \
    const T *x = x_;                                                                               \
    double sum = 0;                                                                                \
    for (int k; n > 0; n -= k, x += k) {                                                           \
      k = n < (int)(NM_BLOCK / sizeof(T)) ? n : (int)(NM_BLOCK / sizeof(T));                       \
      sum += exp_block_##t(k, y ? y : dropped, x, (T)m, ahead);                                    \
      if (y) y += k;                                                                               \
    }                                                                                              \
    return sum;                                                                                    \
  }                                                                                                \
  static void finish_##t(int n, void *y_, const void *x_, double m_, double s_,                    \
                         nm_softmax_form form) {                                                   \
    T *y = y_, m = (T)m_, s = (T)s_;                                                               \
    const T *x = x_;                                                                               \
    if (form == NM_SOFTMAX_LOG)                                                                    \
      EACH(n) y[i] = (x[i] - m) - s;                                                               \
    else if (form == NM_SOFTMAX_EXP)                                                               \
      EACH(n) y[i] = exp_##t(x[i] - m) * s;                                                        \
    else                                                                                           \
      EACH(n) y[i] = x[i] * s;                                                                     \
  }                                                                                                \
  static inline void row_##t(int n, void *y_, const void *x_, bool log_, int64_t ahead) {          \
    double m = row_MAX_##t(n, x_).f, sum = exp_sum_##t(n, log_ ? NULL : y_, x_, m, ahead);         \
    if (log_)                                                                                      \
      finish_##t(n, y_, x_, m, log(sum), NM_SOFTMAX_LOG);                                          \
    else                                                                                           \
      finish_##t(n, y_, y_, m, 1 / sum, NM_SOFTMAX_SCALE);                                         \
  }                                                                                                \
  static void columns_exp_sum_##t(int n, int rows, double *sum, void *y_, const void *m_,          \
                                  const void *x_, int64_t pitch) {                                 \
    const T *m = m_, *x = x_;                                                                      \
    T part[NM_TILE], *y = y_ ? y_ : part, e[NM_TILE];                                              \
    for (int k, last; rows > 0; rows -= k) {                                                       \
      k = rows < NM_DEEP ? rows : NM_DEEP;                                                         \
      EACH(n) part[i] = 0;                                                                         \
      for (last = k; last > 0; last--, x += pitch) {                                               \
        T *to = y_ ? y : e;                                                                        \
        EACH(n) {                                                                                  \
          T v = exp_##t(x[i] - m[i]);                                                              \
          to[i] = v;                                                                               \
          part[i] += v;                                                                            \
        }                                                                                          \
        if (y_) y += n;                                                                            \
      }                                                                                            \
      EACH(n) sum[i] += (double)part[i];                                                           \
    }                                                                                              \
  }                                                                                                \
  static void columns_change_##t(int n, double *sum, void *m_, const nm_acc *more) {               \
    T *m = m_;                                                                                     \
    EACH(n) {                                                                                      \
      double old = m[i], most = more[i].f, by = exp_f64(old - most), v = sum[i];                   \
      v = old == most ? v : v * by;                                                                \
      sum[i] = old == -INFINITY ? 0 : v; /* so far there were only e^-infinity */                  \
      m[i] = (T)most;                                                                              \
    }                                                                                              \
  }                                                                                                \
  static void columns_finish_##t(int n, int rows, void *y_, int64_t to, const void *x_,            \
                                 int64_t from, const void *m_, const void *s_,                     \
                                 nm_softmax_form form) {                                           \
    T *y = y_;                                                                                     \
    const T *m = m_, *s = s_, *x = x_;                                                             \
    for (; rows > 0; rows--, x += from, y += to) {                                                 \
      if (form == NM_SOFTMAX_LOG)                                                                  \
        EACH(n) y[i] = (x[i] - m[i]) - s[i];                                                       \
      else if (form == NM_SOFTMAX_EXP)                                                             \
        EACH(n) y[i] = exp_##t(x[i] - m[i]) * s[i];                                                \
      else                                                                                         \
        EACH(n) y[i] = x[i] * s[i];                                                                \
    }                                                                                              \
  }
SOFTMAX(f32, float)
SOFTMAX(f64, double)

#if defined(__AVX512F__)
/* A row of floats in full vectors, the rest of it under a mask: of short rows, too. */
static inline __m512 exp_below(__m512 x) {    /* e^x, x <= 0: exp_f32, but 2^n is put in at once */
  x = _mm512_max_ps(_mm512_set1_ps(-105), x); /* keeps NaN */
  __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(0x1.715476p+0f)), 8);
  __m512 r = _mm512_fmadd_ps(n, _mm512_set1_ps(-0x1.63p-1f), x);
  r = _mm512_fmadd_ps(n, _mm512_set1_ps(0x1.bd0106p-13f), r);
  __m512 p = _mm512_set1_ps(0x1.a1c10ap-13f); /* (e^r - 1 - r) / r^2, 2^-34 */
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0x1.6d9e22p-10f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0x1.111076p-7f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0x1.555478p-5f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0x1.555556p-3f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.5f));
  p = _mm512_fmadd_ps(_mm512_mul_ps(p, r), r, r);
  return _mm512_scalef_ps(_mm512_add_ps(p, _mm512_set1_ps(1)), n);
}
static inline float greatest_512(int n, const float *x) {
  const __m512 none = _mm512_set1_ps(-(float)INFINITY);
  __m512 a = none, b = none, c = none, d = none;
  __mmask16 nan = 0;
#define MOST(v, w) v = _mm512_max_ps(v, w), nan |= _mm512_cmp_ps_mask(w, w, _CMP_UNORD_Q)
  for (; n >= 64; n -= 64, x += 64) {
    __m512 e = _mm512_loadu_ps(x), f = _mm512_loadu_ps(x + 16), g = _mm512_loadu_ps(x + 32),
           h = _mm512_loadu_ps(x + 48);
    MOST(a, e), MOST(b, f), MOST(c, g), MOST(d, h);
  }
  for (; n > 0; n -= 16, x += 16) {
    __mmask16 in = n < 16 ? (__mmask16)((1u << n) - 1) : 0xffff;
    __m512 e = _mm512_mask_loadu_ps(none, in, x);
    MOST(a, e);
  }
#undef MOST
  if (nan) return NAN;
  return _mm512_reduce_max_ps(_mm512_max_ps(_mm512_max_ps(a, b), _mm512_max_ps(c, d)));
}
/* What elements, or their exponentials, become when the sum is known. */
static ALWAYS_INLINE __m512 finished_512(__m512 v, __m512 less, __m512 by, bool log_) {
  return log_ ? _mm512_sub_ps(_mm512_sub_ps(v, less), by) : _mm512_mul_ps(v, by);
}
/* Takes 16 or 64 elements further what is left of a row whose sum is known: past the caches. */
static ALWAYS_INLINE void finish_512(int n, nm_softmax_row *r, bool log_) {
  const __m512 less = _mm512_set1_ps((float)r->less), by = _mm512_set1_ps((float)r->by);
  const float *x = r->from;
  float *y = r->to;
  for (int j = 0; j < n; j += 16)
    _mm512_stream_ps(y + j, finished_512(_mm512_loadu_ps(x + j), less, by, log_));
  r->from = x + n, r->to = y + n, r->left -= n;
}
static ALWAYS_INLINE double exp_sum_512(int n, float *y, const float *x, float greatest,
                                        int64_t ahead, nm_softmax_row *before, bool log_) {
  const __m512 m = _mm512_set1_ps(greatest);
  double sum = 0;
  for (int k; n > 0; n -= k) {
    __m512 a = _mm512_setzero_ps(), b = a, c = a, d = a;
    int left = k = n < NM_BLOCK / 4 ? n : NM_BLOCK / 4;
    for (; left >= 64; left -= 64, x += 64) {
      for (int j = 0; j < 64; j += 16) __builtin_prefetch(x + ahead + j);
      __m512 e = exp_below(_mm512_sub_ps(_mm512_loadu_ps(x), m)),
             f = exp_below(_mm512_sub_ps(_mm512_loadu_ps(x + 16), m)),
             g = exp_below(_mm512_sub_ps(_mm512_loadu_ps(x + 32), m)),
             h = exp_below(_mm512_sub_ps(_mm512_loadu_ps(x + 48), m));
      if (y) {
        _mm512_storeu_ps(y, e), _mm512_storeu_ps(y + 16, f);
        _mm512_storeu_ps(y + 32, g), _mm512_storeu_ps(y + 48, h);
        y += 64;
      }
      a = _mm512_add_ps(a, e), b = _mm512_add_ps(b, f);
      c = _mm512_add_ps(c, g), d = _mm512_add_ps(d, h);
      if (before && before->left >= 64) finish_512(64, before, log_);
    }
    for (; left > 0; left -= 16, x += 16) {
      __mmask16 in = left < 16 ? (__mmask16)((1u << left) - 1) : 0xffff;
      __m512 e = exp_below(_mm512_sub_ps(_mm512_maskz_loadu_ps(in, x), m));
      if (y) _mm512_mask_storeu_ps(y, in, e), y += 16;
      b = _mm512_mask_add_ps(b, in, b, e);
    }
    sum += (double)_mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(a, b), _mm512_add_ps(c, d)));
  }
  return sum;
}
static void row_512(int n, void *y_, const void *x_, bool log_, int64_t ahead) {
  float *y = y_, m = greatest_512(n, x_);
  const float *x = log_ ? x_ : y_;
  double sum = exp_sum_512(n, log_ ? NULL : y, x_, m, ahead, NULL, log_);
  const __m512 less = _mm512_set1_ps(m), by = _mm512_set1_ps((float)(log_ ? log(sum) : 1 / sum));
  for (; n > 0; n -= 16, x += 16, y += 16) {
    __mmask16 in = n < 16 ? (__mmask16)((1u << n) - 1) : 0xffff;
    __m512 v = _mm512_maskz_loadu_ps(in, x);
    _mm512_mask_storeu_ps(y, in, finished_512(v, less, by, log_));
  }
}
static void row_past_512(int n, void *e, const void *x, bool log_, int64_t ahead,
                         nm_softmax_row *row) {
  nm_softmax_row before = *row;
  if (n) {
    float m = greatest_512(n, x);
    double sum = exp_sum_512(n, log_ ? NULL : e, x, m, ahead, &before, log_);
    *row = (nm_softmax_row){log_ ? x : e, NULL, m, log_ ? log(sum) : 1 / sum, n};
  }
  while (before.left) finish_512(16, &before, log_);
}
#define ROW_f32 row_512
#define ROW_PAST_f32 row_past_512
#define LEAST_f32 1
#else
#define ROW_f32 row_f32
#define ROW_PAST_f32 NULL
#define LEAST_f32 64
#endif
#define ROW_PAST_f64 NULL
#define ROW_f64 row_f64
#define LEAST_f64 64
