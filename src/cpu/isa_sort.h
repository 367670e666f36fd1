/* isa_sort.h: loops of sorting narrow items, see sort.c.
 *
 * As numbers of type double the items are normal, positive and all different, and are ordered as
 * their bits are: every processor has the lesser and the greater of vectors of those in one
 * instruction each. */

/* ---- elements to keys and items, and back ---- */

#define FROM_ELEMENTS(name, Y, dtype, T, y)                                                        \
  static void name##_##dtype(int64_t first, int64_t end, const void *from, int64_t stride,         \
                             uint64_t flip, Y *to) {                                               \
    const T *x = from;                                                                             \
    if (stride == 1) {                                                                             \
      for (int64_t i = first; i < end; i++) {                                                      \
        T v = x[i];                                                                                \
        *to++ = y;                                                                                 \
      }                                                                                            \
      return;                                                                                      \
    }                                                                                              \
    for (int64_t i = first; i < end; i++) {                                                        \
      T v = x[i * stride];                                                                         \
      *to++ = y;                                                                                   \
    }                                                                                              \
  }
#define ITEMS_OF_ELEMENTS(dtype, T, key, ...)                                                      \
  FROM_ELEMENTS(items, uint64_t, dtype, T, NM_ITEM((key) ^ flip, i))
#define KEYS_OF_ELEMENTS(dtype, T, key, ...)                                                       \
  FROM_ELEMENTS(keys, int32_t, dtype, T, (int32_t)((uint32_t)(key) ^ (uint32_t)flip ^ 1u << 31))
#define ELEMENTS_OF_ITEMS(dtype, T, key, bits, several)                                            \
  static bool elements_##dtype(int64_t n, const uint64_t *a, uint64_t flip, void *to) {            \
    T *y = to;                                                                                     \
    uint32_t unsure = 0;                                                                           \
    for (int64_t i = 0; i < n; i++) {                                                              \
      uint32_t k = (uint32_t)(a[i] >> NM_ITEM_PLACE) ^ (uint32_t)flip;                             \
      unsure |= (several);                                                                         \
      y[i] = (T)(bits);                                                                            \
    }                                                                                              \
    return !unsure;                                                                                \
  }
NM_ORDER_NARROW(ITEMS_OF_ELEMENTS)
NM_ORDER_NARROW(KEYS_OF_ELEMENTS)
NM_ORDER_NARROW(ELEMENTS_OF_ITEMS)

static void places(int64_t n, const uint64_t *a, int64_t base, int64_t *index) {
  for (int64_t i = 0; i < n; i++) index[i] = (int64_t)(a[i] & NM_ITEM_PLACES) + base;
}

/* ---- vectors of items ---- */

#if defined(__AVX512F__)
enum { ITEM_LANES = 8 };
#define ITEM_MIN _mm512_min_pd
#define ITEM_MAX _mm512_max_pd
#elif defined(__AVX2__)
enum { ITEM_LANES = 4 };
#define ITEM_MIN _mm256_min_pd
#define ITEM_MAX _mm256_max_pd
#else
enum { ITEM_LANES = 2 };
#if defined(__SSE2__)
#define ITEM_MIN _mm_min_pd
#define ITEM_MAX _mm_max_pd
#elif defined(__aarch64__)
#define ITEM_MIN(a, b) (items_vector) vminq_f64((float64x2_t)(a), (float64x2_t)(b))
#define ITEM_MAX(a, b) (items_vector) vmaxq_f64((float64x2_t)(a), (float64x2_t)(b))
#else
#define ITEM_MIN(a, b)                                                                             \
  (items_vector) { (a)[0] < (b)[0] ? (a)[0] : (b)[0], (a)[1] < (b)[1] ? (a)[1] : (b)[1] }
#define ITEM_MAX(a, b)                                                                             \
  (items_vector) { (a)[0] < (b)[0] ? (b)[0] : (a)[0], (a)[1] < (b)[1] ? (b)[1] : (a)[1] }
#endif
#endif
typedef double items_vector __attribute__((vector_size(8 * ITEM_LANES), may_alias));
typedef double items_memory __attribute__((vector_size(8 * ITEM_LANES), aligned(8), may_alias));

/* of loops whose bounds are known: what they work on is in registers then */
#define UNROLL _Pragma("GCC unroll 32")

static ALWAYS_INLINE void exchange(items_vector *v, int i, int j) {
  items_vector least = ITEM_MIN(v[i], v[j]);
  v[j] = ITEM_MAX(v[i], v[j]);
  v[i] = least;
}

/* Puts the columns of rows of vectors in order: Batcher's merge exchange (Knuth, algorithm 5.2.2M).
 * Runs of p become runs of 2 p by comparing what is k apart, for k = p, p / 2 .. 1. */
static ALWAYS_INLINE void exchange_columns(items_vector *v, int rows, int p, int k) {
  UNROLL for (int i = k % p; i + k < rows; i++) {
    if (!((i - k % p) / k & 1) && i / (2 * p) == (i + k) / (2 * p)) exchange(v, i, i + k);
  }
}
static ALWAYS_INLINE void order_columns(items_vector *v, int rows) {
#define APART(p, k)                                                                                \
  if ((p) < rows) exchange_columns(v, rows, p, k)
  /* clang-format off */
  APART(1, 1);
  APART(2, 2); APART(2, 1);
  APART(4, 4); APART(4, 2); APART(4, 1);
  APART(8, 8); APART(8, 4); APART(8, 2); APART(8, 1);
  APART(16, 16); APART(16, 8); APART(16, 4); APART(16, 2); APART(16, 1);
  /* clang-format on */
#undef APART
}

/* The same of columns that rise and then fall, or fall and then rise. */
static ALWAYS_INLINE void halve_columns(items_vector *v, int rows, int d) {
  UNROLL for (int i = 0; i < rows; i++) {
    if (!(i & d)) exchange(v, i, i + d);
  }
}
static ALWAYS_INLINE void order_bitonic(items_vector *v, int rows) {
  if (rows > 16) halve_columns(v, rows, 16);
  if (rows > 8) halve_columns(v, rows, 8);
  if (rows > 4) halve_columns(v, rows, 4);
  if (rows > 2) halve_columns(v, rows, 2);
  halve_columns(v, rows, 1);
}

/* Groups of w lanes hold two sorted halves, column by column; they become one.  The greater half
 * is read from its end, so that all of it is first one that rises and falls.
 * TURN_w: the lanes of a group from its end; UPPER_w: of two vectors, the upper halves of groups
 * from the second. */
#if defined(__AVX512F__)
#define TURN_2(v) __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6)
#define TURN_4(v) __builtin_shufflevector(v, v, 3, 2, 1, 0, 7, 6, 5, 4)
#define TURN_8(v) __builtin_shufflevector(v, v, 7, 6, 5, 4, 3, 2, 1, 0)
#define SWAP_4(v) __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5)
#define SWAP_8(v) __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3)
#define UPPER_2(a, b) _mm512_mask_blend_pd(0xaa, a, b)
#define UPPER_4(a, b) _mm512_mask_blend_pd(0xcc, a, b)
#define UPPER_8(a, b) _mm512_mask_blend_pd(0xf0, a, b)
#elif defined(__AVX2__)
#define TURN_2(v) __builtin_shufflevector(v, v, 1, 0, 3, 2)
#define TURN_4(v) __builtin_shufflevector(v, v, 3, 2, 1, 0)
#define SWAP_4(v) __builtin_shufflevector(v, v, 2, 3, 0, 1)
#define UPPER_2(a, b) _mm256_blend_pd(a, b, 0xa)
#define UPPER_4(a, b) _mm256_blend_pd(a, b, 0xc)
#else
#define TURN_2(v) __builtin_shufflevector(v, v, 1, 0)
#define UPPER_2(a, b) __builtin_shufflevector(a, b, 0, 3)
#endif
#define SWAP_2 TURN_2

#define TURNED(w)                                                                                  \
  UNROLL for (int i = 0; i < rows / 2; i++) {                                                      \
    items_vector a = v[i], b = TURN_##w(v[rows - 1 - i]);                                          \
    items_vector least = ITEM_MIN(a, b), most = ITEM_MAX(a, b);                                    \
    v[i] = UPPER_##w(least, most);                                                                 \
    v[rows - 1 - i] = TURN_##w(UPPER_##w(most, least));                                            \
  }
#define ACROSS(w)                                                                                  \
  UNROLL for (int i = 0; i < rows; i++) {                                                          \
    items_vector other = SWAP_##w(v[i]);                                                           \
    v[i] = UPPER_##w(ITEM_MIN(v[i], other), ITEM_MAX(v[i], other));                                \
  }

/* In order, column after column. */
static ALWAYS_INLINE void order_rows(items_vector *v, int rows) {
  order_columns(v, rows);
  TURNED(2)
  order_bitonic(v, rows);
#if defined(TURN_4)
  TURNED(4)
  ACROSS(2)
  order_bitonic(v, rows);
#endif
#if defined(TURN_8)
  TURNED(8)
  ACROSS(4)
  ACROSS(2)
  order_bitonic(v, rows);
#endif
}

enum { ITEM_ROWS = 32, ITEMS_MOST = ITEM_ROWS * ITEM_LANES };
#define ORDER_ITEMS(rows)                                                                          \
  static void order_items_##rows(int n, const uint64_t *a, uint64_t *to) {                         \
    enum { MANY = (rows)*ITEM_LANES };                                                             \
    items_vector v[rows], in[rows];                                                                \
    uint64_t *rest = (uint64_t *)in;                                                               \
    if (n < MANY) {                                                                                \
      memcpy(rest, a, (size_t)n * sizeof *a);                                                      \
      for (int i = n; i < MANY; i++) rest[i] = NM_ITEM_LAST;                                       \
      a = rest;                                                                                    \
    }                                                                                              \
    UNROLL for (int i = 0; i < (rows); i++) v[i] = *(const items_memory *)(a + i * ITEM_LANES);    \
    order_rows(v, rows);                                                                           \
    turn_64(ITEM_LANES, rows, v, ITEM_LANES, n < MANY ? rest : to, rows);                          \
    if (n < MANY) memcpy(to, rest, (size_t)n * sizeof *a);                                         \
  }
ORDER_ITEMS(2)
ORDER_ITEMS(4)
ORDER_ITEMS(8)
ORDER_ITEMS(16)
ORDER_ITEMS(32)
static void order_items(int n, const uint64_t *a, uint64_t *to) {
  if (n <= 2 * ITEM_LANES)
    order_items_2(n, a, to);
  else if (n <= 4 * ITEM_LANES)
    order_items_4(n, a, to);
  else if (n <= 8 * ITEM_LANES)
    order_items_8(n, a, to);
  else if (n <= 16 * ITEM_LANES)
    order_items_16(n, a, to);
  else
    order_items_32(n, a, to);
}

/* ---- two parts ---- */

/* The lanes of a vector, those of `some` first, a byte for each 64 or 32 bits. */
/* clang-format off */
#define LANES_BEFORE(some, lane) __builtin_popcount((some) & ((1u << (lane)) - 1))
#define PLACE_OF(some, lane)                                                                       \
  ((some) & 1u << (lane) ? LANES_BEFORE(some, lane)                                                \
                         : __builtin_popcount(some) + (lane) - LANES_BEFORE(some, lane))
#define LANE_64(some, lane) (uint64_t)(lane) << 8 * PLACE_OF(some, lane)
#define LANE_32(some, lane) (uint64_t)(0x0202 * (lane) + 0x0100) << 16 * PLACE_OF(some, lane)
#define LANES_4(LANE, some) LANE(some, 0) | LANE(some, 1) | LANE(some, 2) | LANE(some, 3)
#define LANES_8(LANE, some) LANES_4(LANE, some) | \
  LANE(some, 4) | LANE(some, 5) | LANE(some, 6) | LANE(some, 7)
#define EACH_4(OF, some) OF((some)), OF((some) + 1u), OF((some) + 2u), OF((some) + 3u)
#define EACH_16(OF, some) \
  EACH_4(OF, some), EACH_4(OF, (some) + 4u), EACH_4(OF, (some) + 8u), EACH_4(OF, (some) + 12u)
#define EACH_64(OF, some) \
  EACH_16(OF, some), EACH_16(OF, (some) + 16u), EACH_16(OF, (some) + 32u), EACH_16(OF, (some) + 48u)
#if defined(__AVX512F__)
#define LANES_OF(some) LANES_8(LANE_64, some)
static const uint64_t lanes_first[256] = {EACH_64(LANES_OF, 0u), EACH_64(LANES_OF, 64u),
                                          EACH_64(LANES_OF, 128u), EACH_64(LANES_OF, 192u)};
#elif defined(__AVX2__)
#define LANES_OF(some) LANES_4(LANE_32, some)
static const uint64_t lanes_first[16] = {EACH_16(LANES_OF, 0u)};
#endif
/* clang-format on */

/* Whole vectors are stored at the end of either part, where there is room for as many items as are
 * still to be read. */
static int64_t part_items(int64_t n, uint64_t *a, uint64_t *t, uint64_t pivot) {
  int64_t low = 0, i = 0;
#if defined(__AVX512F__)
  __m512i p = _mm512_set1_epi64((int64_t)pivot);
  for (; i + 8 <= n; i += 8) {
    __m512i v = _mm512_loadu_si512(a + i);
    unsigned below = _mm512_cmplt_epi64_mask(v, p);
    __m128i order = _mm_loadl_epi64((const __m128i *)(const void *)&lanes_first[below]);
    v = _mm512_permutexvar_epi64(_mm512_cvtepu8_epi64(order), v);
    _mm512_storeu_si512(a + low, v);
    _mm512_storeu_si512(t + (n - 8 - (i - low)), v);
    low += __builtin_popcount(below);
  }
#elif defined(__AVX2__)
  __m256i p = _mm256_set1_epi64x((int64_t)pivot);
  for (; i + 4 <= n; i += 4) {
    __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(a + i));
    unsigned below = (unsigned)_mm256_movemask_pd((__m256d)_mm256_cmpgt_epi64(p, v));
    __m128i order = _mm_loadl_epi64((const __m128i *)(const void *)&lanes_first[below]);
    v = _mm256_permutevar8x32_epi32(v, _mm256_cvtepu8_epi32(order));
    _mm256_storeu_si256((__m256i *)(void *)(a + low), v);
    _mm256_storeu_si256((__m256i *)(void *)(t + (n - 4 - (i - low))), v);
    low += __builtin_popcount(below);
  }
#endif
  for (; i < n; i++) {
    uint64_t item = a[i];
    a[low] = t[n - 1 - (i - low)] = item;
    low += item < pivot;
  }
  return low;
}

/* ---- many parts ---- */

#if defined(__AVX512F__)
static inline __m512i node_below(__m512i node, __m512i key, __m512i at_node) {
  __mmask16 right = _mm512_cmpge_epi32_mask(key, at_node);
  node = _mm512_add_epi32(node, node);
  return _mm512_mask_add_epi32(node, right, node, _mm512_set1_epi32(1));
}
#endif

static void buckets(int n, const int32_t *key, const int32_t *tree, uint8_t *bucket) {
  int i = 0;
#if defined(__AVX512F__)
  /* The tree lies in registers: the nodes of a level are looked up by the low bits of their
   * numbers, in two registers at a time. */
  __m512i t[NM_BUCKETS / 16];
  UNROLL for (int j = 0; j < NM_BUCKETS / 16; j++) t[j] = _mm512_loadu_si512(tree + 16 * j);
#define OF_16(j) _mm512_permutexvar_epi32(node, t[j])
#define OF_32(j) _mm512_permutex2var_epi32(t[j], node, t[(j) + 1])
#define EITHER(bit, a, b)                                                                          \
  _mm512_mask_blend_epi32(_mm512_test_epi32_mask(node, _mm512_set1_epi32(bit)), a, b)
#define OF_64(j) EITHER(32, OF_32(j), OF_32((j) + 2))
#define OF_128(j) EITHER(64, OF_64(j), OF_64((j) + 4))
  for (; i + 16 <= n; i += 16) {
    __m512i k = _mm512_loadu_si512(key + i), node = _mm512_set1_epi32(1);
    for (int level = 0; level < 4; level++) node = node_below(node, k, OF_16(0));
    node = node_below(node, k, OF_16(1));
    node = node_below(node, k, OF_32(2));
    node = node_below(node, k, OF_64(4));
    node = node_below(node, k, OF_128(8));
    _mm_storeu_si128((__m128i *)(void *)(bucket + i), _mm512_cvtepi32_epi8(node));
  }
#undef OF_16
#undef OF_32
#undef EITHER
#undef OF_64
#undef OF_128
#endif
  for (; i < n; i++) {
    int node = 1;
    for (int level = 1; level < NM_BUCKETS; level *= 2) node = 2 * node + (key[i] >= tree[node]);
    bucket[i] = (uint8_t)node;
  }
}
