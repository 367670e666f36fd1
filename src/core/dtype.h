/* dtype.h: element types and the four classes they are computed in.
 *
 * Memory holds ten dtypes; arithmetic happens in four *classes*.  A load widens an element to its
 * class, a store narrows it.  A value of a narrow dtype is rounded after every instruction (see
 * NM_I_narrow in elementwise.def), so a fused program and single ops give the same bits. */
#ifndef NM_DTYPE_H
#define NM_DTYPE_H

#include <stdbool.h>
#include <stdint.h>
#include "numoon.h"

typedef enum nm_class { NM_F32, NM_F64, NM_I32, NM_I64, NM_NCLASSES } nm_class;

/* NM_DTYPES(X): X(constant, name, alias, bytes, class, kind, C type) -- in the order of nm_dtype.
 * kind: 'f' floating, 'i' integer, 'b' bool. */
/* clang-format off */
#define NM_DTYPES(X)                                                \
  X(NM_FLOAT32, "float32", "float", 4, NM_F32, 'f', float)          \
  X(NM_FLOAT64, "float64", "double", 8, NM_F64, 'f', double)        \
  X(NM_FLOAT16, "float16", "half", 2, NM_F32, 'f', uint16_t)        \
  X(NM_BFLOAT16, "bfloat16", NULL, 2, NM_F32, 'f', uint16_t)        \
  X(NM_INT64, "int64", "long", 8, NM_I64, 'i', int64_t)             \
  X(NM_INT32, "int32", "int", 4, NM_I32, 'i', int32_t)              \
  X(NM_INT16, "int16", "short", 2, NM_I32, 'i', int16_t)            \
  X(NM_INT8, "int8", NULL, 1, NM_I32, 'i', int8_t)                  \
  X(NM_UINT8, "uint8", NULL, 1, NM_I32, 'i', uint8_t)               \
  X(NM_BOOL, "bool", NULL, 1, NM_I32, 'b', uint8_t)
/* clang-format on */

typedef struct nm_dtype_info {
  const char *name, *alias;
  uint8_t size;
  uint8_t cls; /* nm_class */
  char kind;
} nm_dtype_info;

extern const nm_dtype_info nm__dtypes[NM_NDTYPES];
extern const uint8_t nm__class_size[NM_NCLASSES];   /* bytes of an element of a class */
extern const nm_dtype nm__class_dtype[NM_NCLASSES]; /* the dtype that fills its class */

static inline size_t nm__dtype_size(nm_dtype d) { return nm__dtypes[d].size; }
static inline nm_class nm__dtype_class(nm_dtype d) { return (nm_class)nm__dtypes[d].cls; }
static inline bool nm__is_float(nm_dtype d) { return nm__dtypes[d].kind == 'f'; }
static inline bool nm__is_integral(nm_dtype d) { return nm__dtypes[d].kind != 'f'; }
/* true when a value of this dtype needs NM_I_narrow after arithmetic in its class */
static inline bool nm__is_narrow(nm_dtype d) { return d != nm__class_dtype[nm__dtypes[d].cls]; }

nm_dtype nm__promote(nm_dtype a, nm_dtype b); /* PyTorch's promotion of two tensors' dtypes */
nm_dtype nm__dtype_of_name(const char *name); /* by name or alias; NM_NDTYPES if there is none */

/* Conversions of one element, exact to the loops: round to nearest even, NaN kept. */
float nm__half_to_float(uint16_t h);
uint16_t nm__float_to_half(float f);
static inline float nm__bfloat_to_float(uint16_t h) {
  union {
    uint32_t u;
    float f;
  } x = {(uint32_t)h << 16};
  return x.f;
}
static inline uint16_t nm__float_to_bfloat(float f) {
  union {
    float f;
    uint32_t u;
  } x = {f};
  if ((x.u & 0x7fffffffu) > 0x7f800000u) return (uint16_t)((x.u >> 16) | 0x40u); /* quiet NaN */
  return (uint16_t)((x.u + 0x7fffu + ((x.u >> 16) & 1u)) >> 16);
}

#endif
