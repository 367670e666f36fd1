/* order.h: inside cpu/: the order of elements.  An element's bits become an unsigned key of the
 * same width; keys are ordered as elements are: 0 and -0 have the same one, NaNs the largest. */
#ifndef NM_ORDER_H
#define NM_ORDER_H

#include <stdint.h>

/* inf: the bits of infinity.  The bits of negative numbers grow as they fall. */
static inline uint64_t order_float(uint64_t v, int width, uint64_t inf) {
  uint64_t sign = 1ull << (width - 1), all = sign | (sign - 1), size = v & ~sign;
  uint64_t key = v > sign ? ~v & all : size | sign;
  return size > inf ? all : key;
}
/* the same where 32 bits hold it, of which a register holds more */
static inline uint32_t order_narrow_float(uint32_t v, int width, uint32_t inf) {
  uint32_t sign = 1u << (width - 1), all = sign | (sign - 1), size = v & ~sign;
  uint32_t key = v > sign ? ~v & all : size | sign;
  return size > inf ? all : key;
}

static inline uint64_t order_signed(uint64_t v, int width) { return v ^ 1ull << (width - 1); }

/* what order_narrow_float made a key of, but for 0 and NaNs, of which each has several */
static inline uint32_t narrow_float_of(uint32_t key, int width) {
  uint32_t sign = 1u << (width - 1), all = sign | (sign - 1);
  return key & sign ? key ^ sign : ~key & all;
}

/* X(dtype, C type of the bits, the key of bits v); and of narrow ones the bits of key k, and whether
 * it is that of several elements */
/* clang-format off */
#define NM_ORDER_FLOAT(X, dtype, width, inf)                                  \
  X(dtype, uint##width##_t, (uint64_t)order_narrow_float(v, width, inf),      \
    narrow_float_of(k, width),                                                \
    (k == 1u << (width - 1)) | (k == UINT32_MAX >> (32 - width)))
#define NM_ORDER_NARROW(X)                                                    \
  NM_ORDER_FLOAT(X, NM_FLOAT32, 32, 0x7f800000u)                              \
  NM_ORDER_FLOAT(X, NM_FLOAT16, 16, 0x7c00u)                                  \
  NM_ORDER_FLOAT(X, NM_BFLOAT16, 16, 0x7f80u)                                 \
  X(NM_INT32, uint32_t, order_signed(v, 32), order_signed(k, 32), 0)          \
  X(NM_INT16, uint16_t, order_signed(v, 16), order_signed(k, 16), 0)          \
  X(NM_INT8, uint8_t, order_signed(v, 8), order_signed(k, 8), 0)              \
  X(NM_UINT8, uint8_t, v, k, 0)                                               \
  X(NM_BOOL, uint8_t, v, k, 0)
#define NM_ORDER_WIDE(X)                                                      \
  X(NM_FLOAT64, uint64_t, order_float(v, 64, 0x7ffull << 52))                 \
  X(NM_INT64, uint64_t, order_signed(v, 64))
/* clang-format on */

/* A narrow item: a bit that all have, 32 bits of a key, 29 of a place.  As a double it is a normal
 * number; isa_sort.h compares such. */
#define NM_ITEM_PLACE 29
#define NM_ITEM_PLACES ((1ull << NM_ITEM_PLACE) - 1)
#define NM_ITEM(key, place) (1ull << 61 | (uint64_t)(key) << NM_ITEM_PLACE | (uint64_t)(place))
#define NM_ITEM_LAST (1ull << 62) /* behind all items */

#endif
