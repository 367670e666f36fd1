#version 460
#extension GL_GOOGLE_include_directive : require
// reduce.comp: a reduction over any dims.  A work-group makes COLUMNS outputs; a long reduction is
// shared by several, whose results (of the accumulator's own type) another pass reduces.  Sums are
// added in runs of 32, then run to run, then by halves: the error grows about like a tree's.
// variant: reduce_f32 -DF32
// variant: reduce_f64 -DF64
// variant: reduce_i32 -DI32
// variant: reduce_i64 -DI64
#include "kernel.glsl"

// ORDER nm_reduction
const uint SUM = 0u, PROD = 1u, MAX = 2u, MIN = 3u, ARGMAX = 4u, ARGMIN = 5u, ANY = 6u, ALL = 7u;
const uint GROUP = 256u, RUN = 32u, NONE = 0xffffffffu;

layout(constant_id = 0) const uint KIND = 0u;
layout(constant_id = 1) const uint SRC = 0u;     // dtype of x
layout(constant_id = 2) const uint OUT = 0u;     // dtype of y
layout(constant_id = 3) const uint COLUMNS = 1u; // outputs of a work-group, a power of two
layout(constant_id = 4) const uint STAGE = 0u;   // bit 0: x is the results of a pass; bit 1: y is
layout(constant_id = 5) const uint KEPT = 1u;    // how many dims
layout(constant_id = 6) const uint REDUCED = 1u;
layout(local_size_x = 256) in;

layout(push_constant, std430) uniform Push {
  Words x, y, x_index, y_index; // the indices go with the partial results of ARGMAX and ARGMIN
  DimsRef kept, reduced;
  uint outputs, count; // elements of y without the chunks, elements reduced for each
  uint chunk, chunks;  // a work-group's share of count, and how many there are
  uint x_at, y_at;
  uint first_tile, end_tile, first_chunk; // of this dispatch; a tile is COLUMNS outputs
} p;

shared T values[GROUP];
shared uint places[GROUP];

const bool ARG = KIND == ARGMAX || KIND == ARGMIN;

T identity() {
  if (KIND == PROD || KIND == ALL) return T(1);
#if defined I32
  if (KIND == MAX) return -2147483647 - 1;
  if (KIND == MIN) return 2147483647;
#elif defined I64
  if (KIND == MAX) return NM_LEAST_I64;
  if (KIND == MIN) return ~NM_LEAST_I64;
#elif defined F64
  if (KIND == MAX) return -packDouble2x32(uvec2(0u, 0x7ff00000u));
  if (KIND == MIN) return packDouble2x32(uvec2(0u, 0x7ff00000u));
#else
  if (KIND == MAX) return -uintBitsToFloat(0x7f800000u);
  if (KIND == MIN) return uintBitsToFloat(0x7f800000u);
#endif
  return T(0);
}

// Whether b at place j is to be taken instead of a at place i: the more extreme one, NaN most of
// all; of equals the first.
bool wins(const T a, const uint i, const T b, const uint j) {
  if (i == NONE || j == NONE) return i == NONE;
  if (is_nan(a) || is_nan(b)) return is_nan(b) && (!is_nan(a) || j < i);
  if (a == b) return j < i;
  return KIND == ARGMAX ? b > a : b < a;
}

void combine(inout T a, inout uint i, const T b, const uint j) {
  if (ARG) {
    if (wins(a, i, b, j)) a = b, i = j;
  } else if (KIND == SUM) {
    a += b;
  } else if (KIND == PROD) {
    a *= b;
  } else if (KIND == MAX || KIND == ANY) {
    a = larger(a, b);
  } else {
    a = smaller(a, b);
  }
}

void main() {
  const uint rows = GROUP / COLUMNS;
  uint t = gl_LocalInvocationIndex, row = t / COLUMNS, column = t % COLUMNS;
  const Dims kept = p.kept.d, reduced = p.reduced.d;
  uint part = p.first_chunk + gl_WorkGroupID.y;
  uint first = part * p.chunk, end = min(first + p.chunk, p.count);
  // every invocation goes round equally often: there are barriers inside
  for (uint tile = p.first_tile + gl_WorkGroupID.x; tile < p.end_tile; tile += gl_NumWorkGroups.x) {
    uint o = tile * COLUMNS + column;
    T sum = identity();
    uint place = NONE;
    if (o < p.outputs) {
      uint base = p.x_at + position(kept, KEPT, o);
      for (uint r = first + row; r < end;) {
        T run = identity();
        uint run_place = NONE;
        for (uint k = 0u; k < RUN && r < end; k++, r += rows) {
          uint at = base + position(reduced, REDUCED, r);
          T v = load_as(SRC, p.x, at);
          if ((KIND == ANY || KIND == ALL) && (STAGE & 1u) == 0u) v = T(v != T(0) ? 1 : 0);
          combine(run, run_place, v, ARG && (STAGE & 1u) != 0u ? p.x_index.w[at] : r);
        }
        combine(sum, place, run, run_place);
      }
    }
    if (rows > 1u) {
      values[t] = sum;
      if (ARG) places[t] = place;
      for (uint half_ = rows / 2u; half_ > 0u; half_ /= 2u) {
        barrier(); // what the other half wrote is read
        if (row < half_) {
          uint other = t + half_ * COLUMNS;
          combine(sum, place, values[other], ARG ? places[other] : 0u);
          values[t] = sum;
          if (ARG) places[t] = place;
        }
      }
      barrier(); // all have read before the next tile writes
    }
    if (row > 0u || o >= p.outputs) continue;
    uint at = p.y_at + o * p.chunks + part;
    if (!ARG) {
      store_as(OUT, p.y, at, sum);
    } else if ((STAGE & 2u) != 0u) {
      store_full(p.y, at, sum);
      p.y_index.w[at] = place;
    } else {
      p.y.w[2u * at] = place;
      p.y.w[2u * at + 1u] = 0u;
    }
  }
}
