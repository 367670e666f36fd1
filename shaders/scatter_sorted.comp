#version 460
#extension GL_GOOGLE_include_directive : require
// scatter_sorted.comp: scatter.comp for lines whose index is sorted: y[i, key[i, j], k] =
// src[i, from[i, j], k], or their sum and so on.  What meets in one place stands in a row of equal
// keys, in the order in which it takes effect; the invocation of its first one walks it.
// variant: scatter_sorted_f32 -DF32
// variant: scatter_sorted_f64 -DF64
// variant: scatter_sorted_i32 -DI32
// variant: scatter_sorted_i64 -DI64
#include "kernel.glsl"

layout(constant_id = 0) const uint DTYPE = 0u;
layout(constant_id = 1) const uint MODE = 0u; // ORDER nm_scatter_mode
layout(constant_id = 2) const uint Y_DIMS = 1u;
layout(constant_id = 3) const uint KEY_DIMS = 1u;
layout(constant_id = 4) const uint SRC_DIMS = 1u;
layout(local_size_x = 128) in;

layout(push_constant, std430) uniform Push {
  Words y, key, from, src;             // key, from: int64, of which the low words are enough
  DimsRef y_of, key_of, src_of;        // over the lines
  uint lines, count;                  // count: of elements in a line
  uint y_stride, src_stride;           // along the dim
  uint y_at, src_at;
  uint first, end;                     // neighbours are neighbouring lines
} p;

void main() {
  const Dims y_of = p.y_of.d, key_of = p.key_of.d, src_of = p.src_of.d;
  for (uint i = p.first + gl_GlobalInvocationID.x; i < p.end; i += gl_NumWorkGroups.x * 128u) {
    uint j = i / p.lines, line = i - j * p.lines;
    uint keys = position(key_of, KEY_DIMS, line), at = p.key.w[2u * (keys + j)];
    if (j > 0u && p.key.w[2u * (keys + j - 1u)] == at) continue;
    uint to = p.y_at + position(y_of, Y_DIMS, line) + at * p.y_stride;
    uint s = p.src_at + position(src_of, SRC_DIMS, line);
    do {
      T v = load_as(DTYPE, p.src, s + p.from.w[2u * (keys + j)] * p.src_stride);
      store_as(DTYPE, p.y, to, MODE == 0u ? v : folded(MODE, load_as(DTYPE, p.y, to), v));
      j++;
    } while (j < p.count && p.key.w[2u * (keys + j)] == at);
  }
}
