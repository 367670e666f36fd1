/* isa_move.h: loops that move elements and don't look into them, by their size: copies past the
 * caches, and blocks turned. */

/* Stores that go around the caches: memory need not be read first to be overwritten, and what lies
 * in the caches stays there.  They pay where more is written than the caches hold. */
#if defined(__AVX512F__)
typedef __m512i stream_unit;
#define STREAM(to, from) _mm512_stream_si512((stream_unit *)(to), _mm512_loadu_si512(from))
#elif defined(__AVX2__)
typedef __m256i stream_unit;
#define STREAM(to, from)                                                                           \
  _mm256_stream_si256((stream_unit *)(to), _mm256_loadu_si256((const stream_unit *)(from)))
#elif defined(__SSE2__)
typedef __m128i stream_unit;
#define STREAM(to, from)                                                                           \
  _mm_stream_si128((stream_unit *)(to), _mm_loadu_si128((const stream_unit *)(from)))
#endif

#if defined(STREAM)
enum { LINE = 64, UNIT = sizeof(stream_unit) };
static void stream(size_t bytes, void *to, const void *from) {
  char *y = to;
  const char *x = from;
  size_t head = -(uintptr_t)y % LINE;
  if (bytes < head + LINE) head = bytes;
  if (head) memcpy(y, x, head);
  y += head, x += head, bytes -= head;
  for (; bytes >= LINE; y += LINE, x += LINE, bytes -= LINE)
    for (int i = 0; i < LINE; i += UNIT) STREAM((void *)(y + i), (const void *)(x + i));
  if (bytes) memcpy(y, x, bytes);
}
static void stream_end(void) { _mm_sfence(); } /* such stores are not ordered otherwise */
#undef STREAM
#else
static void stream(size_t bytes, void *to, const void *from) { memcpy(to, from, bytes); }
static void stream_end(void) {}
#endif

/* TURN(bits of an element, lanes n): blocks of n x n are turned in registers.  Interleaving the
 * lanes of rows i and i + n/2 into rows 2i and 2i + 1 moves a bit of the row's number to the
 * lane's; done log2 n times it exchanges the two.  What is left over is turned in a block that
 * begins earlier. */
#define TURN(bits, n, LOW, HIGH)                                                                   \
  typedef uint##bits##_t lanes_##bits                                                              \
      __attribute__((vector_size((n) * (bits) / 8), aligned((bits) / 8), may_alias));              \
  static inline void turn_block_##bits(const uint##bits##_t *x, int64_t xs, uint##bits##_t *y,     \
                                       int64_t ys) {                                               \
    lanes_##bits a[n], b[n];                                                                       \
    _Pragma("GCC unroll 16") for (int i = 0; i < (n); i++) a[i] =                                  \
        *(const lanes_##bits *)(x + i * xs);                                                       \
    _Pragma("GCC unroll 4") for (int k = 1; k < (n); k *= 2) {                                     \
      _Pragma("GCC unroll 8") for (int i = 0; i < (n) / 2; i++) {                                  \
        b[2 * i] = __builtin_shufflevector(a[i], a[i + (n) / 2], LOW);                             \
        b[2 * i + 1] = __builtin_shufflevector(a[i], a[i + (n) / 2], HIGH);                        \
      }                                                                                            \
      _Pragma("GCC unroll 16") for (int i = 0; i < (n); i++) a[i] = b[i];                          \
    }                                                                                              \
    _Pragma("GCC unroll 16") for (int i = 0; i < (n); i++) * (lanes_##bits *)(y + i * ys) = a[i];  \
  }                                                                                                \
  static void turn_##bits(int rows, int columns, const void *from, int64_t xs, void *to,           \
                          int64_t ys) {                                                            \
    const uint##bits##_t *x = from;                                                                \
    uint##bits##_t *y = to;                                                                        \
    if (rows < (n) || columns < (n)) {                                                             \
      for (int r = 0; r < rows; r++)                                                               \
        for (int c = 0; c < columns; c++) y[r * ys + c] = x[c * xs + r];                           \
      return;                                                                                      \
    }                                                                                              \
    for (int r = 0;; r = r + 2 * (n) <= rows ? r + (n) : rows - (n)) {                             \
      for (int c = 0;; c = c + 2 * (n) <= columns ? c + (n) : columns - (n)) {                     \
        turn_block_##bits(x + c * xs + r, xs, y + r * ys + c, ys);                                 \
        if (c == columns - (n)) break;                                                             \
      }                                                                                            \
      if (r == rows - (n)) break;                                                                  \
    }                                                                                              \
  }
#define LOW_2 0, 2
#define HIGH_2 1, 3
#define LOW_4 0, 4, 1, 5
#define HIGH_4 2, 6, 3, 7
#define LOW_8 0, 8, 1, 9, 2, 10, 3, 11
#define HIGH_8 4, 12, 5, 13, 6, 14, 7, 15
#define LOW_16 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGH_16 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
TURN(8, 16, LOW_16, HIGH_16)
TURN(16, 8, LOW_8, HIGH_8)
#if defined(__AVX512F__)
TURN(32, 16, LOW_16, HIGH_16)
TURN(64, 8, LOW_8, HIGH_8)
#elif defined(__AVX2__)
TURN(32, 8, LOW_8, HIGH_8)
TURN(64, 4, LOW_4, HIGH_4)
#else
TURN(32, 4, LOW_4, HIGH_4)
TURN(64, 2, LOW_2, HIGH_2)
#endif

/* REVERSE(bits of an element, lanes of a vector as turned blocks have, and these backwards) */
#define REVERSE(bits, BACK)                                                                        \
  static void reverse_##bits(int64_t n, void *to, const void *from) {                              \
    enum { LANES = sizeof(lanes_##bits) / sizeof(uint##bits##_t) };                                \
    const uint##bits##_t *x = (const uint##bits##_t *)from + n;                                    \
    uint##bits##_t *y = to;                                                                        \
    for (; n >= LANES; n -= LANES, y += LANES) {                                                   \
      lanes_##bits v = *(const lanes_##bits *)(x -= LANES);                                        \
      *(lanes_##bits *)y = __builtin_shufflevector(v, v, BACK);                                    \
    }                                                                                              \
    while (n-- > 0) *y++ = *--x;                                                                   \
  }
#define BACK_2 1, 0
#define BACK_4 3, 2, 1, 0
#define BACK_8 7, 6, 5, 4, BACK_4
#define BACK_16 15, 14, 13, 12, 11, 10, 9, 8, BACK_8
REVERSE(8, BACK_16)
REVERSE(16, BACK_8)
#if defined(__AVX512F__)
REVERSE(32, BACK_16)
REVERSE(64, BACK_8)
#elif defined(__AVX2__)
REVERSE(32, BACK_8)
REVERSE(64, BACK_4)
#else
REVERSE(32, BACK_4)
REVERSE(64, BACK_2)
#endif

/* ---- positions ---- */

static bool place(int64_t many, const int64_t *index, int64_t n, int64_t base, int64_t *at) {
  int64_t outside = 0;
  for (int64_t k = 0; k < many; k++) {
    int64_t i = index[k] + (index[k] < 0 ? n : -base);
    outside |= i | (n - 1 - i); /* the sign of either */
    at[k] = i;
  }
  return outside >= 0;
}

/* ---- masks ---- */

typedef int8_t bytes_vector __attribute__((vector_size(16), aligned(1), may_alias));
static int64_t count_true(int64_t n, const uint8_t *mask) {
  enum { EACH_TIME = 120 * 16 }; /* a lane counts to 127 */
  int64_t total = 0, i = 0;
  while (n - i >= 16) {
    int64_t end = n - i < EACH_TIME ? i + (n - i) / 16 * 16 : i + EACH_TIME;
    bytes_vector lanes = {0};
    for (; i < end; i += 16) lanes -= *(const bytes_vector *)(mask + i) != 0;
    for (int k = 0; k < 16; k++) total += lanes[k];
  }
  for (; i < n; i++) total += mask[i] != 0;
  return total;
}

/* A whole vector is written, of which the first ones count, while that much room is left; what is
 * true in the rest of a chunk is few. */
#if defined(__AVX512F__)
static inline uint64_t true_bits(const uint8_t *mask) {
  __m512i m = _mm512_loadu_si512(mask);
  return _mm512_test_epi8_mask(m, m);
}
#define WHILE_ROOM for (; n - i >= 64 && many - k >= 64; i += 64)
#define COMPRESS_BITS(lanes, vector, element)                                                      \
  WHILE_ROOM {                                                                                     \
    uint64_t bits = true_bits(mask + i);                                                           \
    for (int64_t j = i; j < i + 64; j += (lanes), bits >>= (lanes)) {                              \
      uint64_t some = bits & (((uint64_t)1 << (lanes)) - 1);                                       \
      vector;                                                                                      \
      k += __builtin_popcountll(some);                                                             \
    }                                                                                              \
  }                                                                                                \
  for (; n - i >= 64 && k < many; i += 64)                                                         \
    for (uint64_t bits = true_bits(mask + i); bits; bits &= bits - 1) {                            \
      int64_t j = i + __builtin_ctzll(bits);                                                       \
      y[k++] = element;                                                                            \
    }
#define FAST_32                                                                                    \
  COMPRESS_BITS(16,                                                                                \
                _mm512_storeu_si512(y + k, _mm512_maskz_compress_epi32(                            \
                                               (__mmask16)some, _mm512_loadu_si512(x + j))),       \
                x[j])
#define FAST_64                                                                                    \
  COMPRESS_BITS(8,                                                                                 \
                _mm512_storeu_si512(y + k, _mm512_maskz_compress_epi64(                            \
                                               (__mmask8)some, _mm512_loadu_si512(x + j))),        \
                x[j])
#define FAST_POSITIONS                                                                             \
  const __m512i ramp = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);                                   \
  COMPRESS_BITS(                                                                                   \
      8,                                                                                           \
      _mm512_storeu_si512(                                                                         \
          y + k, _mm512_maskz_compress_epi64(                                                      \
                     (__mmask8)some, _mm512_add_epi64(ramp, _mm512_set1_epi64(start + j)))),       \
      start + j)
#elif defined(__AVX2__)
/* The lanes that stay, as a permutation: their numbers, a byte each, are packed by pext. */
#define FAST_32                                                                                    \
  for (; n - i >= 8 && many - k >= 8; i += 8) {                                                    \
    __m128i zero = _mm_cmpeq_epi8(_mm_loadl_epi64((const __m128i *)(const void *)(mask + i)),      \
                                  _mm_setzero_si128());                                            \
    unsigned bits = ~(unsigned)_mm_movemask_epi8(zero) & 0xff;                                     \
    uint64_t bytes = _pdep_u64(bits, 0x0101010101010101) * 0xff;                                   \
    __m128i lanes = _mm_cvtsi64_si128((int64_t)_pext_u64(0x0706050403020100, bytes));              \
    __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(x + i));                        \
    v = _mm256_permutevar8x32_epi32(v, _mm256_cvtepu8_epi32(lanes));                               \
    _mm256_storeu_si256((__m256i *)(void *)(y + k), v);                                            \
    k += __builtin_popcount(bits);                                                                 \
  }
#define FAST_64
#define FAST_POSITIONS
#else
#define FAST_32
#define FAST_64
#define FAST_POSITIONS
#endif
#define FAST_8
#define FAST_16

/* The rest: each element is written, and stays if the next one goes elsewhere; no branch depends on
 * the mask. */
#define COMPRESS(bits)                                                                             \
  static void compress_##bits(int64_t n, int64_t many, const uint8_t *mask, const void *from,      \
                              void *to) {                                                          \
    const uint##bits##_t *x = from;                                                                \
    uint##bits##_t *y = to;                                                                        \
    int64_t i = 0, k = 0;                                                                          \
    (void)n;                                                                                       \
    FAST_##bits;                                                                                   \
    for (; k < many; i++) y[k] = x[i], k += mask[i] != 0;                                          \
  }
COMPRESS(8)
COMPRESS(16)
COMPRESS(32)
COMPRESS(64)
static void positions(int64_t n, int64_t many, const uint8_t *mask, int64_t start, int64_t *y) {
  int64_t i = 0, k = 0;
  (void)n;
  FAST_POSITIONS;
  for (; k < many; i++) y[k] = start + i, k += mask[i] != 0;
}
