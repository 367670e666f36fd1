/* gemm_body.h: matrix products in registers of BYTES bytes of class CLASS, whose elements are T.
 * isa_gemm.h includes it for each pair of the two.
 *
 * A tile of y, at most MR rows by two registers of columns, stays in registers while the sum over k
 * runs; both factors are read where they lie.  Packed panels are no other case: a's rows are then 1
 * and its columns MR elements apart, x's rows as many as a tile has columns.  An element of y is
 * the same sum in the same order in whatever tile it falls. */
#define JOIN(name, part) name##_##part
#define JOINED(name, part) JOIN(name, part)
#define OF_CLASS(name) JOINED(name, CLASS)
#define OF_BYTES(name) JOINED(name, BYTES)
#define OF_BOTH(name) JOINED(OF_CLASS(name), BYTES)
#define V OF_BOTH(vec)
#define AT OF_BOTH(place)
#define W (BYTES / (int)sizeof(T))

typedef T V __attribute__((vector_size(BYTES)));
typedef T AT __attribute__((vector_size(BYTES), aligned(sizeof(T)), may_alias));

/* Takes n steps of sums in, rows of x by columns of a, of which third[] are each third row, as
 * instructions add ars and 2 ars for free.  A line is fetched at each step, or none.  The next row
 * of x is returned. */
static ALWAYS_INLINE const T *OF_BOTH(sums)(int rows, int nv, bool cut, lanes some, int n,
                                            const T *third[], int64_t ars, int64_t acs, const T *x,
                                            int64_t xrs, V acc[][2], bool each, const char *fetch,
                                            int64_t step) {
  const int last = cut ? nv - 1 : nv;
  _Pragma("GCC unroll 1") for (; n > 0; n--, x += xrs) {
    V xl[2];
    if (each) __builtin_prefetch(fetch, 0, 2), fetch += step;
    for (int v = 0; v < last; v++) xl[v] = (V) * (const AT *)(x + v * W);
    if (cut) xl[last] = (V)OF_BYTES(load_lanes)((int)sizeof(T), some, x + last * W);
    UNROLL_ROWS for (int i = 0; i < rows; i++) {
      V ai = third[i / 3][i % 3 * ars] - (V){0}; /* splat */
      for (int v = 0; v < nv; v++) acc[i][v] = OF_BOTH(madd)(ai, xl[v], acc[i][v]);
    }
    UNROLL_ROWS for (int i = 0; i < rows; i += 3) third[i / 3] += acs;
  }
  return x;
}

/* rows x nv registers of y = or += a x; if the tile is cut, only the columns in `some` of its last
 * register.  rows, nv and cut are constants wherever this is inlined.  What is used next and the
 * lines of y are fetched on the way, a few at a time: in one burst, they would fill what a core can
 * wait for, and the loads of a and x wait behind them.  Nothing is, if `ahead` is NULL; where not
 * `each`, it says so for whole NM_AHEAD steps, and the inner loop is as if there were none. */
static ALWAYS_INLINE void OF_BOTH(tile)(int rows, int nv, bool cut, lanes some, int k, const T *a,
                                        int64_t ars, int64_t acs, const T *x, int64_t xrs, T *y,
                                        int64_t ldy, bool add, bool each, nm_fetch *ahead) {
  const int size = sizeof(T), last = cut ? nv - 1 : nv;
  V acc[MR][2];
  const T *third[(MR + 2) / 3];
  UNROLL_ROWS for (int i = 0; i < rows; i += 3) third[i / 3] = a + i * ars;
  UNROLL_ROWS for (int i = 0; i < rows; i++) for (int v = 0; v < nv; v++) acc[i][v] = (V){0};
  if (!ahead) OF_BOTH(sums)(rows, nv, cut, some, k, third, ars, acs, x, xrs, acc, false, NULL, 0);
  for (int l = 0; ahead && l < k; l += NM_AHEAD) {
    int n = k - l < NM_AHEAD ? k - l : NM_AHEAD;
    for (int v = 0; v < nv && l < rows * NM_AHEAD; v++)
      __builtin_prefetch(y + l / NM_AHEAD * ldy + v * W, 1);
    if (--ahead->left == 0) ahead = next_run(ahead);
    const char *line = ahead->at;
    ahead->at += ahead->pitch;
    for (int i = 0; i < NM_FETCH_LINES; i++) __builtin_prefetch(line + i * 64, 0, 2);
    /* a line of the first cache where nothing is left: cheaper than a branch */
    const char *fetch = ahead->step ? line : (const char *)ahead;
    x = OF_BOTH(sums)(rows, nv, cut, some, n, third, ars, acs, x, xrs, acc, each, fetch,
                      ahead->step);
  }
  UNROLL_ROWS for (int i = 0; i < rows; i++, y += ldy) {
    for (int v = 0; v < last; v++)
      *(AT *)(y + v * W) = add ? (V) * (AT *)(y + v * W) + acc[i][v] : acc[i][v];
    if (!cut) continue;
    if (add) acc[i][last] += (V)OF_BYTES(load_lanes)(size, some, y + last * W);
    OF_BYTES(store_lanes)(size, some, y + last * W, (OF_BYTES(bits))acc[i][last]);
  }
}

/* The tiles of a strip of so many rows: two registers of columns each, and one for the rest; or, if
 * they are half registers, one tile of up to one of them. */
static ALWAYS_INLINE void OF_BOTH(tiles)(int rows, int64_t n, int k, const T *a, int64_t ars,
                                         int64_t acs, const T *x, int64_t xrs, T *y, int64_t ldy,
                                         bool add, bool each, nm_fetch *ahead) {
  int rest = (int)((size_t)n % (2 * W));
  lanes some = OF_BYTES(some_lanes)((int)sizeof(T), rest > W ? rest - W : rest);
  for (; BYTES == VECTOR && n >= 2 * W; n -= 2 * W, x += 2 * W, y += 2 * W) {
    OF_BOTH(tile)(rows, 2, false, some, k, a, ars, acs, x, xrs, y, ldy, add, each, ahead);
    if (ahead && ahead->runs == 0 && ahead->then) ahead = ahead->then;
  }
  if (BYTES == VECTOR && n > W)
    OF_BOTH(tile)(rows, 2, true, some, k, a, ars, acs, x, xrs, y, ldy, add, each, ahead);
  else if (n > 0)
    OF_BOTH(tile)(rows, 1, true, some, k, a, ars, acs, x, xrs, y, ldy, add, each, ahead);
}

/* The same, and what is used next fetched.  A function for each height, as gcc has too few
 * registers for the pointers of all in one. */
#define ROWS(rows)                                                                                 \
  static NM_APART void OF_BOTH(fetching_##rows)(int64_t n, int k, const T *a, int64_t ars,         \
                                                int64_t acs, const T *x, int64_t xrs, T *y,        \
                                                int64_t ldy, bool add, nm_fetch *ahead) {          \
    OF_BOTH(tiles)(rows, n, k, a, ars, acs, x, xrs, y, ldy, add, true, ahead);                     \
  }
EACH_ROWS(ROWS)
#undef ROWS

/* A strip of up to MR rows.  The height is looked up once for all of its tiles, so that the
 * multiplications of one begin while those of the last one end. */
static void OF_BOTH(strip)(int m, int64_t n, int k, const T *a, int64_t ars, int64_t acs,
                           const T *x, int64_t xrs, T *y, int64_t ldy, bool add, nm_fetch *ahead) {
#define ROWS(rows)                                                                                 \
  case rows:                                                                                       \
    if (ahead)                                                                                     \
      OF_BOTH(fetching_##rows)(n, k, a, ars, acs, x, xrs, y, ldy, add, ahead);                     \
    else                                                                                           \
      OF_BOTH(tiles)(rows, n, k, a, ars, acs, x, xrs, y, ldy, add, false, NULL);                   \
    break;
  switch (m) { EACH_ROWS(ROWS) }
#undef ROWS
}

#if BYTES == VECTOR

/* Columns that fill less than a register are one of half the width, where that is faster. */
static void OF_CLASS(block)(int m, int64_t n, int k, const T *a, int64_t ars, int64_t acs,
                            const T *x, int64_t xrs, T *y, int64_t ldy, bool add, nm_fetch *ahead) {
#if HALVES
  int rest = (int)((size_t)n % W);
  if (rest > 0 && rest <= W / 2) {
    n -= rest;
    if (n > 0) OF_BOTH(strip)(m, n, k, a, ars, acs, x, xrs, y, ldy, add, ahead);
    JOINED(OF_CLASS(strip), HALF)(m, rest, k, a, ars, acs, x + n, xrs, y + n, ldy, add, ahead);
    return;
  }
#endif
  OF_BOTH(strip)(m, n, k, a, ars, acs, x, xrs, y, ldy, add, ahead);
}

static void OF_CLASS(kernel)(int kc, const void *a, const void *b, void *c, int64_t ldc, int m,
                             int n, bool add, nm_fetch *ahead) {
  if (m == MR && n == 2 * W && ahead->step == 0) {
    lanes none = OF_BYTES(some_lanes)((int)sizeof(T), 0);
    OF_BOTH(tile)(MR, 2, false, none, kc, a, 1, MR, b, 2 * W, c, ldc, add, false, ahead);
  } else {
    OF_CLASS(block)(m, n, kc, a, 1, MR, b, 2 * W, c, ldc, add, ahead);
  }
}

/* Whether the next strip of a had better be fetched: few columns use a as fast as it comes. */
static bool OF_CLASS(fetches)(int64_t m, int64_t n, int k) {
  return n <= 8 * W && m * k * (int64_t)sizeof(T) > FIRST_CACHE;
}

/* What `last` says is fetched in what the strips leave of their steps; the last one has all. */
static void OF_CLASS(product)(int64_t m, int64_t n, int k, const void *a_, int64_t ars, int64_t acs,
                              const void *x_, int64_t xrs, void *y_, int64_t ldy, bool add,
                              nm_fetch *last) {
  const T *a = a_, *x = x_;
  T *y = y_;
  bool far = OF_CLASS(fetches)(m, n, k);
  int64_t steps = nm__parts(n, 2 * W) * k;
  if (last) steps -= steps / 4;
  for (int64_t strips = (m + MR - 1) / MR; strips > 0; strips--) { /* of nearly equal height */
    int rows = strips == 1 ? (int)m : m == strips * MR ? MR : (int)((m + strips - 1) / strips);
    nm_fetch next, *ahead = last;
    m -= rows;
    if (m > 0 && far) {
      next = nm__fetch((const char *)(a + rows * ars), rows, k, ars, acs, sizeof(T), steps);
      next.then = last, ahead = &next;
    }
    OF_CLASS(block)(rows, n, k, a, ars, acs, x, xrs, y, ldy, add, ahead);
    a += rows * ars, y += rows * ldy;
  }
}

/* ---- products with a vector ---- */

/* Sums of products of `rows` rows of a with x, lane by lane: two registers of partial sums for each
 * row, so that the order of a sum does not depend on its neighbours. */
static ALWAYS_INLINE void OF_CLASS(dot_rows)(int rows, int64_t k, const T *a, int64_t rs,
                                             const T *x, V *sum) {
  V acc[4][2];
  for (int i = 0; i < rows; i++) acc[i][0] = acc[i][1] = (V){0};
  int64_t l = 0;
  for (; k - l >= 2 * W; l += 2 * W)
    for (int v = 0; v < 2; v++) {
      V xl = (V) * (const AT *)(x + l + v * W);
      for (int i = 0; i < rows; i++)
        acc[i][v] = OF_BOTH(madd)((V) * (const AT *)(a + i * rs + l + v * W), xl, acc[i][v]);
    }
  for (; l < k; l += W) {
    lanes some = OF_BYTES(some_lanes)((int)sizeof(T), k - l < W ? (int)(k - l) : W);
    V xl = (V)OF_BYTES(load_lanes)((int)sizeof(T), some, x + l);
    for (int i = 0; i < rows; i++)
      acc[i][0] = OF_BOTH(madd)((V)OF_BYTES(load_lanes)((int)sizeof(T), some, a + i * rs + l), xl,
                                acc[i][0]);
  }
  for (int i = 0; i < rows; i++) sum[i] = acc[i][0] + acc[i][1];
}

typedef __typeof__(__builtin_choose_expr(sizeof(T) == 4, (int32_t)0, (int64_t)0)) OF_CLASS(number);
typedef OF_CLASS(number) OF_CLASS(numbers) __attribute__((vector_size(BYTES), may_alias));

/* Of two registers, the lower halves of each group of 2 s lanes, alternately; then the upper ones.
 */
#define LANE(s, i, half) ((i) / (s) % 2 * W + (i) / (2 * (s)) * 2 * (s) + (i) % (s) + (half) * (s))
#define LANES(s, h)                                                                                \
  {                                                                                                \
    LANE(s, 0, h), LANE(s, 1, h), LANE(s, 2, h), LANE(s, 3, h), LANE(s, 4, h), LANE(s, 5, h),      \
        LANE(s, 6, h), LANE(s, 7, h), LANE(s, 8, h), LANE(s, 9, h), LANE(s, 10, h),                \
        LANE(s, 11, h), LANE(s, 12, h), LANE(s, 13, h), LANE(s, 14, h), LANE(s, 15, h)             \
  }
static const OF_CLASS(number) OF_CLASS(halves)[4][2][16]
    __attribute__((aligned(64))) = {{LANES(1, 0), LANES(1, 1)},
                                    {LANES(2, 0), LANES(2, 1)},
                                    {LANES(4, 0), LANES(4, 1)},
                                    {LANES(8, 0), LANES(8, 1)}};
#undef LANES
#undef LANE

/* Adds the halves of each group of 2^(round + 1) lanes: a's become the even groups of half as many,
 * b's the odd ones. */
static ALWAYS_INLINE V OF_CLASS(add_halves)(int round, V a, V b) {
  const OF_CLASS(numbers) *from = (const OF_CLASS(numbers) *)OF_CLASS(halves)[round];
  return __builtin_shuffle(a, b, from[0]) + __builtin_shuffle(a, b, from[16 / W]);
}

/* The sums of the lanes of n registers, a power of two up to W: that of v[i] in lane i. */
static ALWAYS_INLINE V OF_CLASS(lane_sums)(int n, V v[]) {
  UNROLL_LANES for (int r = 3; r >= 0; r--)
      UNROLL_LANES for (int i = 0; i < 1 << r; i++) if (2 << r <= n) v[i] =
          OF_CLASS(add_halves)(r, v[i], v[i + (1 << r)]);
  UNROLL_LANES for (int r = 3; r >= 0; r--) if (2 << r > n && 2 << r <= W) v[0] =
      OF_CLASS(add_halves)(r, v[0], v[0]);
  return v[0];
}

static void OF_CLASS(dots)(int64_t m, int64_t k, const void *a_, int64_t rs, const void *x,
                           void *y_) {
  const T *a = a_;
  T *y = y_;
  for (; m > 0; m -= W, y += W) {
    V sum[W] = {{0}};
    int n = m < W ? (int)m : W, i = 0;
    for (; i + 4 <= n; i += 4, a += 4 * rs) OF_CLASS(dot_rows)(4, k, a, rs, x, sum + i);
    for (; i < n; i++, a += rs) OF_CLASS(dot_rows)(1, k, a, rs, x, sum + i);
    OF_BYTES(store_lanes)
    ((int)sizeof(T), OF_BYTES(some_lanes)((int)sizeof(T), n), y,
     (OF_BYTES(bits))OF_CLASS(lane_sums)(W, sum));
  }
}

/* y[i] = or += the sum of x[l] a[l * cs + i] over `count` columns of a. */
static ALWAYS_INLINE void OF_CLASS(add_columns)(int count, int n, const T *a, int64_t cs,
                                                const T *x, T *y, bool add) {
  V xl[8];
  for (int l = 0; l < count; l++) xl[l] = x[l] - (V){0};
  int i = 0;
  for (; i + W <= n; i += W) {
    V sum = add ? (V) * (AT *)(y + i) : (V){0};
    for (int l = 0; l < count; l++)
      sum = OF_BOTH(madd)((V) * (const AT *)(a + l * cs + i), xl[l], sum);
    *(AT *)(y + i) = sum;
  }
  if (i == n) return;
  lanes some = OF_BYTES(some_lanes)((int)sizeof(T), n - i);
  V sum = add ? (V)OF_BYTES(load_lanes)((int)sizeof(T), some, y + i) : (V){0};
  for (int l = 0; l < count; l++)
    sum = OF_BOTH(madd)((V)OF_BYTES(load_lanes)((int)sizeof(T), some, a + l * cs + i), xl[l], sum);
  OF_BYTES(store_lanes)((int)sizeof(T), some, y + i, (OF_BYTES(bits))sum);
}

static void OF_CLASS(columns)(int n, int64_t k, const void *a_, int64_t cs, const void *x_,
                              void *y) {
  const T *a = a_, *x = x_;
  int64_t l = 0; /* eight at a time, as y passes through registers for each group */
  for (; l + 8 <= k; l += 8) OF_CLASS(add_columns)(8, n, a + l * cs, cs, x + l, y, l > 0);
  for (; l < k; l++) OF_CLASS(add_columns)(1, n, a + l * cs, cs, x + l, y, l > 0);
}

#endif

#undef JOIN
#undef JOINED
#undef OF_CLASS
#undef OF_BYTES
#undef OF_BOTH
#undef V
#undef AT
#undef W
#undef T
#undef CLASS
#undef BYTES
