/* conv_body.h: the inner loops of convolutions for class CLASS, whose elements are T.  isa_conv.h
 * includes it for each.  The functions with counts for parameters are inlined where those are
 * constants, so that what they hold stays in registers. */
#define JOIN(name, part) name##_##part
#define JOINED(name, part) JOIN(name, part)
#define OF_CLASS(name) JOINED(name, CLASS)
#define OF_VECTOR(name) JOINED(OF_CLASS(name), VECTOR)
#define V OF_VECTOR(reg)
#define AT OF_CLASS(conv_place)
#define MADD OF_VECTOR(madd)
#define BYTES VECTOR
#define OF_BYTES(name) JOINED(name, BYTES)
#define W (VECTOR / (int)sizeof(T))

typedef T AT __attribute__((vector_size(VECTOR), aligned(sizeof(T)), may_alias));

/* ---- products whose right factor lies anywhere ---- */

static ALWAYS_INLINE void OF_CLASS(conv_tile)(int rows, int vectors, int depth, const T *a,
                                              const T *x, const int32_t *at, T *tile, bool add,
                                              nm_ahead *next, nm_ahead *y) {
  V acc[CONV_ROWS][CONV_VECTORS], *to = (V *)tile;
  UNROLL_CONV for (int i = 0; i < rows; i++) for (int v = 0; v < vectors; v++) acc[i][v] =
      add ? to[i * CONV_VECTORS + v] : (V){0};
  for (int k = 0, stop; k < depth;) {
    fetch_ahead(next), fetch_ahead(y);
    stop = depth - k < NM_AHEAD ? depth : k + NM_AHEAD;
    for (; k < stop; k++, a += rows) {
      const T *p = x + at[k];
      V b[CONV_VECTORS];
      for (int v = 0; v < vectors; v++) b[v] = (V) * (const AT *)(p + v * W);
      for (int v = 0; v < vectors; v += 64 / VECTOR)
        __builtin_prefetch(x + at[k + NM_CONV_AHEAD] + v * W);
      UNROLL_CONV for (int i = 0; i < rows; i++) {
        V ai = a[i] - (V){0}; /* splat */
        for (int v = 0; v < vectors; v++) acc[i][v] = MADD(ai, b[v], acc[i][v]);
      }
    }
  }
  UNROLL_CONV for (int i = 0; i < rows; i++) for (int v = 0; v < vectors; v++)
      to[i * CONV_VECTORS + v] = acc[i][v];
}

static void OF_CLASS(conv)(int rows, int vectors, int depth, const void *a, const void *x,
                           const int32_t *at, void *tile, bool add, nm_ahead *next, nm_ahead *y) {
#define R(n)                                                                                       \
  case n:                                                                                          \
    if (vectors == 1)                                                                              \
      OF_CLASS(conv_tile)(n, 1, depth, a, x, at, tile, add, next, y);                              \
    else if (vectors == 2)                                                                         \
      OF_CLASS(conv_tile)(n, 2, depth, a, x, at, tile, add, next, y);                              \
    else                                                                                           \
      OF_CLASS(conv_tile)(n, CONV_VECTORS, depth, a, x, at, tile, add, next, y);                   \
    break;
  switch (rows) { EACH_CONV_ROWS(R) }
#undef R
}

/* One row of as many vectors as there are: eight at a time, each read where it is used. */
static ALWAYS_INLINE void OF_CLASS(line_tile)(int vectors, int depth, const T *a, const T *x,
                                              const int32_t *at, T *tile, bool add) {
  V acc[8], *to = (V *)tile;
  UNROLL_CONV for (int v = 0; v < vectors; v++) acc[v] = add ? to[v] : (V){0};
  for (int k = 0; k < depth; k++) {
    const T *p = x + at[k];
    V ak = a[k] - (V){0}; /* splat */
    UNROLL_CONV for (int v = 0; v < vectors; v++) acc[v] =
        MADD(ak, (V) * (const AT *)(p + v * W), acc[v]);
  }
  UNROLL_CONV for (int v = 0; v < vectors; v++) to[v] = acc[v];
}

static void OF_CLASS(conv_line)(int vectors, int depth, const void *a, const void *x_,
                                const int32_t *at, void *tile_, bool add) {
  const T *x = x_;
  T *tile = tile_;
  for (; vectors >= 8; vectors -= 8, x += 8 * W, tile += 8 * W)
    OF_CLASS(line_tile)(8, depth, a, x, at, tile, add);
#define R(n)                                                                                       \
  case n: OF_CLASS(line_tile)(n, depth, a, x, at, tile, add); break;
  switch (vectors) { R(1) R(2) R(3) R(4) R(5) R(6) R(7) }
#undef R
}

/* ---- outputs along the vectors ---- */

static ALWAYS_INLINE void OF_CLASS(outs_tile)(int n, int vectors, int depth, const T *w, const T *x,
                                              const int32_t *at, const T *bias, T *to,
                                              int64_t pitch, nm_ahead *next, nm_ahead *y) {
  V acc[OUT_PLACES][2];
  UNROLL_PLACES for (int i = 0; i < n; i++) for (int v = 0; v < vectors; v++) acc[i][v] =
      (V) * (const AT *)(bias + v * W);
  for (int k = 0, stop; k < depth;) {
    fetch_ahead(next), fetch_ahead(y);
    stop = depth - k < NM_AHEAD ? depth : k + NM_AHEAD;
    for (; k < stop; k++, w += vectors * W) {
      const T *p = x + at[k];
      V b[2];
      for (int v = 0; v < vectors; v++) b[v] = *(const V *)(w + v * W);
      __builtin_prefetch(x + at[k + NM_CONV_AHEAD]);
      UNROLL_PLACES for (int i = 0; i < n; i++) {
        V xi = p[i] - (V){0}; /* splat */
        for (int v = 0; v < vectors; v++) acc[i][v] = MADD(xi, b[v], acc[i][v]);
      }
    }
  }
  UNROLL_PLACES for (int i = 0; i < n; i++) {
    V *sums = (V *)(to + i * pitch);
    for (int v = 0; v < vectors; v++) sums[v] = acc[i][v];
  }
}

static void OF_CLASS(conv_outs)(int n, int vectors, int depth, const void *w, const void *x,
                                const int32_t *at, const void *bias, void *to, int64_t pitch,
                                nm_ahead *next, nm_ahead *y) {
#define R(k)                                                                                       \
  case k:                                                                                          \
    if (vectors == 1)                                                                              \
      OF_CLASS(outs_tile)(k, 1, depth, w, x, at, bias, to, pitch, next, y);                        \
    else                                                                                           \
      OF_CLASS(outs_tile)(k, 2, depth, w, x, at, bias, to, pitch, next, y);                        \
    break;
  switch (n) { EACH_OUT_PLACES(R) }
#undef R
}

/* to[i] = from[i] + bias: whole vectors, the last of them once more over some of those before. */
static ALWAYS_INLINE void OF_CLASS(put_piece)(int n, const T *from, T bias, T *to) {
  V b = bias - (V){0};
  if (n < W) {
    for (int i = 0; i < n; i++) to[i] = from[i] + bias;
    return;
  }
  for (int i = 0; i <= n - W; i += W) *(AT *)(to + i) = (V) * (const AT *)(from + i) + b;
  *(AT *)(to + n - W) = (V) * (const AT *)(from + n - W) + b;
}

static void OF_CLASS(put)(int rows, const void *tile_, int pieces, const nm_conv_piece *piece,
                          const void *bias_, void *y_, int64_t pitch, int64_t step) {
  const T *tile = tile_, *bias = bias_;
  T *y = y_;
  for (int r = 0; r < rows; r++, tile += CONV_VECTORS * W, y += pitch)
    for (int k = 0; k < pieces; k++) {
      const T *from = tile + piece[k].column;
      T *to = y + piece[k].to;
      if (step == 1)
        OF_CLASS(put_piece)(piece[k].n, from, bias[r], to);
      else
        for (int i = 0; i < piece[k].n; i++) to[i * step] = from[i] + bias[r];
    }
}

/* ---- long rows that meet ---- */

/* sums[i] = or += the sum of the lanes of v[i], for i < n and i < W. */
static ALWAYS_INLINE void OF_CLASS(put_sums)(int n, V v[], T *sums, bool add) {
  lanes some = OF_BYTES(some_lanes)((int)sizeof(T), n < W ? n : W);
  V sum = OF_CLASS(lane_sums)(n > W / 2 ? W : n > W / 4 ? W / 2 : W / 4, v);
  if (add) sum += (V)OF_BYTES(load_lanes)((int)sizeof(T), some, sums);
  OF_BYTES(store_lanes)((int)sizeof(T), some, sums, (OF_BYTES(bits))sum);
}

static ALWAYS_INLINE void OF_CLASS(dots_tile)(int rows, int columns, int pieces, int64_t n,
                                              int64_t step, const T *a, int64_t pitch, const T *x,
                                              const int32_t *at, T *sums, bool add) {
  V acc[DOT_ROWS * DOT_COLUMNS];
  const T *p[DOT_COLUMNS], *third[(DOT_ROWS + 2) / 3]; /* each third row of a, as in gemm_body.h */
  UNROLL_SUMS for (int i = 0; i < DOT_ROWS * DOT_COLUMNS; i++) acc[i] = (V){0};
  for (int j = 0; j < columns; j++) p[j] = x + at[j];
  UNROLL_CONV for (int i = 0; i < rows; i += 3) third[i / 3] = a + i * pitch;
  for (; pieces > 0; pieces--) {
    for (int64_t l = 0; l < n; l += W) {
      V b[DOT_COLUMNS];
      for (int j = 0; j < columns; j++) b[j] = (V) * (const AT *)(p[j] + l);
      UNROLL_CONV for (int i = 0; i < rows; i++) {
        V ai = (V) * (const AT *)(third[i / 3] + i % 3 * pitch + l);
        for (int j = 0; j < columns; j++) {
          V *sum = acc + i * DOT_COLUMNS + j;
          *sum = MADD(ai, b[j], *sum);
        }
      }
    }
    for (int j = 0; j < columns; j++) p[j] += step;
    UNROLL_CONV for (int i = 0; i < rows; i += 3) third[i / 3] += step;
  }
  UNROLL_SUMS for (int i = 0; i < rows * DOT_COLUMNS; i += W)
      OF_CLASS(put_sums)(rows * DOT_COLUMNS - i, acc + i, sums + i, add);
}

static void OF_CLASS(conv_dots)(int rows, int columns, int pieces, int64_t n, int64_t step,
                                const void *a, int64_t pitch, const void *x, const int32_t *at,
                                void *sums, bool add) {
#define R(k)                                                                                       \
  case k:                                                                                          \
    if (columns == 1)                                                                              \
      OF_CLASS(dots_tile)(k, 1, pieces, n, step, a, pitch, x, at, sums, add);                      \
    else if (columns == 2)                                                                         \
      OF_CLASS(dots_tile)(k, 2, pieces, n, step, a, pitch, x, at, sums, add);                      \
    else if (columns == 3)                                                                         \
      OF_CLASS(dots_tile)(k, 3, pieces, n, step, a, pitch, x, at, sums, add);                      \
    else                                                                                           \
      OF_CLASS(dots_tile)(k, DOT_COLUMNS, pieces, n, step, a, pitch, x, at, sums, add);            \
    break;
  switch (rows) { EACH_DOT_ROWS(R) }
#undef R
}

/* ---- the same with outputs along the vectors ---- */

/* Adds products of w's outputs in place u with x's elements of n places. */
static ALWAYS_INLINE void OF_CLASS(meet)(int n, int vectors, const T *w, const T *x,
                                         const int32_t *at, int u, V acc[][2]) {
  V b[2];
  for (int v = 0; v < vectors; v++) b[v] = *(const V *)(w + (u * vectors + v) * W);
  UNROLL_PLACES for (int i = 0; i < n; i++) {
    V xi = (x + at[i])[u] - (V){0}; /* splat */
    for (int v = 0; v < vectors; v++) acc[i][v] = MADD(xi, b[v], acc[i][v]);
  }
}

/* Four at a time, so that each place's address is found for four of its elements. */
static ALWAYS_INLINE void OF_CLASS(meets_tile)(int n, int vectors, const nm_conv_rows *over,
                                               const T *w, const T *x, const int32_t *at, T *sums,
                                               bool add) {
  V acc[OUT_PLACES][2];
  UNROLL_PLACES for (int i = 0; i < n; i++) for (int v = 0; v < vectors; v++) acc[i][v] = (V){0};
  for (int k = 0; k < over->pieces; k++)
    for (int r = 0; r < over->rows; r++) {
      const T *p = x + k * over->step + r * over->pitch;
      int l = over->length;
      for (; l >= 4; l -= 4, p += 4, w += 4 * vectors * W)
        UNROLL_FOUR for (int u = 0; u < 4; u++) OF_CLASS(meet)(n, vectors, w, p, at, u, acc);
      for (; l > 0; l--, p++, w += vectors * W) OF_CLASS(meet)(n, vectors, w, p, at, 0, acc);
    }
  UNROLL_PLACES for (int i = 0; i < n; i++) for (int v = 0; v < vectors; v++) {
    V *to = (V *)(sums + (i * 2 + v) * W);
    *to = add ? *to + acc[i][v] : acc[i][v];
  }
}

static void OF_CLASS(conv_meets)(int n, int vectors, const nm_conv_rows *over, const void *w,
                                 const void *x, const int32_t *at, void *sums, bool add) {
#define R(k)                                                                                       \
  case k:                                                                                          \
    if (vectors == 1)                                                                              \
      OF_CLASS(meets_tile)(k, 1, over, w, x, at, sums, add);                                       \
    else                                                                                           \
      OF_CLASS(meets_tile)(k, 2, over, w, x, at, sums, add);                                       \
    break;
  switch (n) { EACH_OUT_PLACES(R) }
#undef R
}

/* Whole vectors of zeros, so a few more than asked for, and `apart` from there, unless that is 0.
 */
static ALWAYS_INLINE void OF_CLASS(put_zeros)(T *y, const T *end, ptrdiff_t apart) {
  for (; y < end; y += W) {
    *(AT *)y = (AT){0};
    if (apart) *(AT *)(y + apart) = (AT){0};
  }
}

/* A row of n elements; false where it is too short for vectors. */
static ALWAYS_INLINE bool OF_CLASS(copy_row)(int n, const T *x, T *y) {
  if (n < W) return false;
  for (int i = 0; i <= n - W; i += W) *(AT *)(y + i) = *(const AT *)(x + i);
  *(AT *)(y + n - W) = *(const AT *)(x + n - W);
  return true;
}

/* The same of every second element, of which no others than these and those between are read. */
static ALWAYS_INLINE bool OF_CLASS(halve_row)(int n, const T *x, T *y) {
  if (n < W) return false;
  for (int i = 0;; i = i + 2 * W <= n ? i + W : n - W) {
    V a = (V) * (const AT *)(x + 2 * i), b = (V) * (const AT *)(x + 2 * i + W - 1);
    *(AT *)(y + i) = __builtin_shufflevector(a, b, SECONDS);
    if (i == n - W) return true;
  }
}

/* Both, those and what is between, from one read: n of them, m of these. */
static ALWAYS_INLINE bool OF_CLASS(split_row)(int n, int m, const T *x, T *y, T *z) {
  if (m < W) return false;
  for (int i = 0;; i = i + 2 * W <= m ? i + W : m - W) {
    V a = (V) * (const AT *)(x + 2 * i), b = (V) * (const AT *)(x + 2 * i + W);
    *(AT *)(y + i) = __builtin_shufflevector(a, b, EVEN);
    *(AT *)(z + i) = __builtin_shufflevector(a, b, ODD);
    if (i == m - W) break;
  }
  if (n > m) y[m] = x[2 * m];
  return true;
}

#undef EVEN
#undef ODD
#undef SECONDS
#undef JOIN
#undef JOINED
#undef OF_CLASS
#undef OF_BYTES
#undef BYTES
#undef OF_VECTOR
#undef V
#undef AT
#undef MADD
#undef W
#undef CLASS
#undef T
