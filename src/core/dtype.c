/* dtype.c: the dtype tables, promotion, and conversion of single half-precision numbers. */
#include "core/dtype.h"
#include "core/program.h"

#include <string.h>

const nm_dtype_info nm__dtypes[NM_NDTYPES] = {
#define ROW(constant, name, alias, bytes, cls, kind, type)                                         \
  [constant] = {name, alias, bytes, cls, kind},
    NM_DTYPES(ROW)
#undef ROW
};

const uint8_t nm__class_size[NM_NCLASSES] = {
    [NM_F32] = 4, [NM_F64] = 8, [NM_I32] = 4, [NM_I64] = 8};
const nm_dtype nm__class_dtype[NM_NCLASSES] = {
    [NM_F32] = NM_FLOAT32, [NM_F64] = NM_FLOAT64, [NM_I32] = NM_INT32, [NM_I64] = NM_INT64};

const nm_instr_info nm__instrs[NM_NOPCODES] = {
#define NM_EW(name, arity, kind, cf, ci, sf, si, grads, lo, hi, doc)                               \
  [NM_I_##name] = {#name, doc, arity, NM_K_##kind, lo, hi},
#include "core/elementwise.def"
#undef NM_EW
};

/* Within a kind the wider one; a float beats an integer beats a bool.  Two that do not contain each
 * other meet in the next one that holds both: float16 with bfloat16 in float32, uint8 with int8 in
 * int16 (PyTorch's table). */
nm_dtype nm__promote(nm_dtype a, nm_dtype b) {
  if (a == b) return a;
  char ka = nm__dtypes[a].kind, kb = nm__dtypes[b].kind;
  if (ka != kb) {
    if (ka == 'f') return a;
    if (kb == 'f') return b;
    return ka == 'i' ? a : b;
  }
  size_t sa = nm__dtype_size(a), sb = nm__dtype_size(b);
  if (sa == sb) return ka == 'f' ? NM_FLOAT32 : NM_INT16;
  return sa > sb ? a : b;
}

nm_dtype nm__dtype_of_name(const char *name) {
  for (int d = 0; d < NM_NDTYPES; d++) {
    const nm_dtype_info *i = &nm__dtypes[d];
    if (!strcmp(name, i->name) || (i->alias && !strcmp(name, i->alias))) return (nm_dtype)d;
  }
  return NM_NDTYPES;
}

float nm__half_to_float(uint16_t h) {
  union {
    uint32_t u;
    float f;
  } x;
  uint32_t sign = (uint32_t)(h & 0x8000u) << 16, rest = h & 0x7fffu;
  if (rest >= 0x7c00u) {
    x.u = sign | 0x7f800000u | ((rest & 0x3ffu) << 13);
  } else if (rest >= 0x400u) {
    x.u = sign | ((rest << 13) + 0x38000000u);
  } else { /* zero and subnormals: rest * 2^-24 */
    x.f = (float)rest * 0x1p-24f;
    x.u |= sign;
  }
  return x.f;
}

uint16_t nm__float_to_half(float f) {
  union {
    float f;
    uint32_t u;
  } x = {f};
  uint32_t sign = (x.u >> 16) & 0x8000u, rest = x.u & 0x7fffffffu;
  if (rest > 0x7f800000u) return (uint16_t)(sign | 0x7e00u | ((rest >> 13) & 0x1ffu));
  if (rest >= 0x47800000u) return (uint16_t)(sign | 0x7c00u); /* 65536 and above, infinity */
  if (rest <
      0x38800000u) { /* below 2^-14: adding 2^-1 aligns the last bit to 2^-24, rounding once */
    union {
      float f;
      uint32_t u;
    } y = {.u = rest};
    y.f += 0.5f;
    return (uint16_t)(sign | (y.u - 0x3f000000u));
  }
  rest += 0xfffu + ((rest >> 13) & 1u); /* ties to even; may carry into infinity, as it should */
  return (uint16_t)(sign | ((rest - 0x38000000u) >> 13));
}

/* Truncates; NaN gives 0 and what is out of range the nearest end, as the cast instruction does. */
static int64_t to_integer(double x, int64_t low, int64_t high) {
  if (x != x) return 0;
  if (x <= (double)low) return low;
  return x >= (double)high ? high : (int64_t)x;
}

nm_bits nm__bits_cast(nm_bits b, nm_class from, nm_class to) {
  nm_bits r = {.u64 = 0};
  bool integral = from == NM_I32 || from == NM_I64;
  int64_t i = from == NM_I32 ? b.i32 : b.i64;
  double x = integral ? (double)i : from == NM_F32 ? (double)b.f32 : b.f64;
  if (from == to) return b;
  switch (to) {
  case NM_F32: r.f32 = integral ? (float)i : (float)x; break;
  case NM_F64: r.f64 = x; break;
  case NM_I32: r.i32 = integral ? (int32_t)i : (int32_t)to_integer(x, INT32_MIN, INT32_MAX); break;
  default: r.i64 = integral ? i : to_integer(x, INT64_MIN, INT64_MAX); break;
  }
  return r;
}
