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
 * lane's; done log2 n times it exchanges the two. */
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
    int r = 0, c;                                                                                  \
    for (; r + (n) <= rows; r += (n)) {                                                            \
      for (c = 0; c + (n) <= columns; c += (n))                                                    \
        turn_block_##bits(x + c * xs + r, xs, y + r * ys + c, ys);                                 \
      for (; c < columns; c++)                                                                     \
        for (int i = r; i < r + (n); i++) y[i * ys + c] = x[c * xs + i];                           \
    }                                                                                              \
    for (; r < rows; r++)                                                                          \
      for (c = 0; c < columns; c++) y[r * ys + c] = x[c * xs + r];                                 \
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
