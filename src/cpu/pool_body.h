/* pool_body.h: what pooling does along a row, for elements T of class CLASS; isa_pool.h includes it
 * for each.  A row of x, or what rows of x have become, is `x`; y[i] is made of x[i * step + k *
 * dilation] for k < taps.  Positions in a plane go with their elements: `at`. */
#define JOIN(name, part) name##_##part
#define JOINED(name, part) JOIN(name, part)
#define OF_CLASS(name) JOINED(name, CLASS)

static ALWAYS_INLINE void OF_CLASS(join_max)(int n, bool first, int64_t step, const T *x, T *y) {
  if (first)
    EACH(n) y[i] = x[i * step];
  else
    EACH(n) {
      T v = x[i * step], m = y[i];
      y[i] = ((v > m) | (v != v)) ? v : m; /* NaN wins */
    }
}

static ALWAYS_INLINE void OF_CLASS(join_sum)(int n, bool first, int64_t step, const T *x, T *y) {
  if (first)
    EACH(n) y[i] = x[i * step];
  else
    EACH(n) y[i] += x[i * step];
}

/* Of equal ones, NaN among them, the position that comes first. */
static ALWAYS_INLINE void OF_CLASS(join_max_at)(int n, bool first, int64_t step, const T *x,
                                                const int32_t *xat, T *y, int32_t *yat) {
  if (first)
    EACH(n) y[i] = x[i * step], yat[i] = xat[i * step];
  else
    EACH(n) {
      T v = x[i * step], m = y[i];
      int32_t p = xat[i * step], q = yat[i];
      bool same = (v == m) | ((v != v) & (m != m));
      bool take = (v > m) | ((v != v) & (m == m)) | (same & (p < q));
      y[i] = take ? v : m;
      yat[i] = take ? p : q;
    }
}

#define STEPS(name, ...)                                                                           \
  for (int k = 0; k < taps; k++, x += dilation) {                                                  \
    if (step == 1)                                                                                 \
      OF_CLASS(name)(n, k == 0, 1, x, __VA_ARGS__);                                                \
    else if (step == 2)                                                                            \
      OF_CLASS(name)(n, k == 0, 2, x, __VA_ARGS__);                                                \
    else                                                                                           \
      OF_CLASS(name)(n, k == 0, step, x, __VA_ARGS__);                                             \
  }
static void OF_CLASS(pool_max)(int n, int taps, int64_t step, int64_t dilation, const void *x_,
                               void *y) {
  const T *x = x_;
  STEPS(join_max, y)
}
static void OF_CLASS(pool_sum)(int n, int taps, int64_t step, int64_t dilation, const void *x_,
                               void *y) {
  const T *x = x_;
  STEPS(join_sum, y)
}
static void OF_CLASS(pool_max_at)(int n, int taps, int64_t step, int64_t dilation, const void *x_,
                                  const int32_t *xat, void *y, int32_t *yat) {
  const T *x = x_;
  for (int k = 0; k < taps; k++, x += dilation, xat += dilation) {
    if (step == 1)
      OF_CLASS(join_max_at)(n, k == 0, 1, x, xat, y, yat);
    else if (step == 2)
      OF_CLASS(join_max_at)(n, k == 0, 2, x, xat, y, yat);
    else
      OF_CLASS(join_max_at)(n, k == 0, step, x, xat, y, yat);
  }
}

/* The row whose elements stand at `from`, from + 1, ..., joined to y, whose rows came before. */
static void OF_CLASS(pool_row_at)(int n, bool first, const void *x_, int32_t from, void *y_,
                                  int32_t *at) {
  const T *x = x_;
  T *y = y_;
  if (first)
    EACH(n) y[i] = x[i], at[i] = from + i;
  else
    EACH(n) {
      T v = x[i], m = y[i];
      bool take = (v > m) | ((v != v) & (m == m));
      y[i] = take ? v : m;
      at[i] = take ? from + i : at[i];
    }
}

#undef STEPS
#undef JOIN
#undef JOINED
#undef OF_CLASS
#undef CLASS
#undef T
