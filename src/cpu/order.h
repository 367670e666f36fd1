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

/* X(dtype, C type of the bits, the key of bits v) */
/* clang-format off */
#define NM_ORDER_NARROW(X)                                                    \
  X(NM_FLOAT32, uint32_t, (uint64_t)order_narrow_float(v, 32, 0x7f800000u))   \
  X(NM_FLOAT16, uint16_t, (uint64_t)order_narrow_float(v, 16, 0x7c00u))       \
  X(NM_BFLOAT16, uint16_t, (uint64_t)order_narrow_float(v, 16, 0x7f80u))      \
  X(NM_INT32, uint32_t, order_signed(v, 32))                                  \
  X(NM_INT16, uint16_t, order_signed(v, 16))                                  \
  X(NM_INT8, uint8_t, order_signed(v, 8))                                     \
  X(NM_UINT8, uint8_t, v)                                                     \
  X(NM_BOOL, uint8_t, v)
#define NM_ORDER_WIDE(X)                                                      \
  X(NM_FLOAT64, uint64_t, order_float(v, 64, 0x7ffull << 52))                 \
  X(NM_INT64, uint64_t, order_signed(v, 64))
/* clang-format on */

#endif
