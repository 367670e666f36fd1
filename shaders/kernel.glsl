// kernel.glsl: what kernels share: elements of any dtype of a class, read and written by address.
//
// F32, F64, I32 or I64 is defined: the class, of type T.  The dtypes in memory are specialization
// constants.  Narrow elements are read from words by shifts, and written by atomic and/or on their
// word, since neighbours may belong to others: no feature is needed beyond the class's own.
// Addresses are those of words; an element's position counts from there.
#ifdef F64
#define NM_F64
#elif defined I64
#define NM_I64
#endif
#extension GL_EXT_buffer_reference : require
#include "math.glsl"

#ifdef F64
#define T double
#elif defined I64
#define T int64_t
#elif defined I32
#define T int
#else
#define T float
#endif

// ORDER nm_dtype
const uint FLOAT32 = 0u, FLOAT64 = 1u, FLOAT16 = 2u, BFLOAT16 = 3u, INT64 = 4u, INT32 = 5u,
           INT16 = 6u, INT8 = 7u, UINT8 = 8u, BOOL = 9u;

layout(buffer_reference, std430, buffer_reference_align = 4) buffer Words { uint w[]; };
layout(buffer_reference, std430, buffer_reference_align = 4) buffer Full { T v[]; };

uint load_bits(Words p, const uint i, const uint width) {
  uint per = 32u / width;
  return bitfieldExtract(p.w[i / per], int(i % per * width), int(width));
}

void store_bits(Words p, const uint i, const uint width, const uint bits) {
  uint per = 32u / width, shift = i % per * width;
  atomicAnd(p.w[i / per], ~(((1u << width) - 1u) << shift));
  atomicOr(p.w[i / per], bits << shift);
}

T load_full(Words p, const uint i) { return Full(p).v[i]; }
void store_full(Words p, const uint i, const T value) { Full(p).v[i] = value; }

#if defined F64 || defined I64
T load_as(const uint dtype, Words p, const uint i) { return load_full(p, i); }
#elif defined I32
T load_as(const uint dtype, Words p, const uint i) {
  if (dtype == INT16) return nm_load_int16(load_bits(p, i, 16u));
  if (dtype == INT8) return nm_load_int8(load_bits(p, i, 8u));
  if (dtype == UINT8 || dtype == BOOL) return int(load_bits(p, i, 8u));
  return load_full(p, i);
}
#else
T load_as(const uint dtype, Words p, const uint i) {
  if (dtype == FLOAT16) return nm_load_float16(load_bits(p, i, 16u));
  if (dtype == BFLOAT16) return nm_load_bfloat16(load_bits(p, i, 16u));
  return load_full(p, i);
}
#endif

void store_as(const uint dtype, Words p, const uint i, const T value) {
  if (dtype == BOOL) {
    store_bits(p, i, 8u, value != T(0) ? 1u : 0u);
    return;
  }
#ifdef I32
  if (dtype == INT16) { store_bits(p, i, 16u, nm_store_int16(value)); return; }
  if (dtype == INT8) { store_bits(p, i, 8u, nm_store_int8(value)); return; }
  if (dtype == UINT8) { store_bits(p, i, 8u, nm_store_uint8(value)); return; }
#elif !defined F64 && !defined I64
  if (dtype == FLOAT16) { store_bits(p, i, 16u, nm_store_float16(value)); return; }
  if (dtype == BFLOAT16) { store_bits(p, i, 16u, nm_store_bfloat16(value)); return; }
#endif
  store_full(p, i, value);
}

// Dims and strides of a view: in memory, since they can be more than push constants hold.  How many
// there are is a specialization constant of the kernel, so that nothing is left of the loop below.
struct Dims {
  uint shape[8], stride[8];
};
layout(buffer_reference, std430, buffer_reference_align = 4) readonly buffer DimsRef { Dims d; };

// Position of the element with row-major number i among n dims.
uint position(const Dims d, const uint n, const uint i) {
  uint rest = i, at = 0u;
  for (uint k = n; k > 1u; k--) {
    uint q = rest / d.shape[k - 1u];
    at += (rest - q * d.shape[k - 1u]) * d.stride[k - 1u];
    rest = q;
  }
  return n > 0u ? at + rest * d.stride[0] : 0u;
}

bool is_nan(const T v) {
#if defined I32 || defined I64
  return false;
#else
  return nm_isnan(v);
#endif
}

T larger(const T a, const T b) { return is_nan(a) || a > b ? a : b; }
T smaller(const T a, const T b) { return is_nan(a) || a < b ? a : b; }

// What a place holds after a scatter to it.  ORDER nm_scatter_mode
T folded(const uint mode, const T old, const T v) {
  return mode == 1u ? old + v : mode == 2u ? old * v : mode == 3u ? larger(old, v) : smaller(old, v);
}
