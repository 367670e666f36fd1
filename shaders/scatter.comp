#version 460
#extension GL_GOOGLE_include_directive : require
// scatter.comp: y[i, index[i, j, k], k] = src[i, j, k], or their sum, product, maximum or minimum.  An
// invocation owns a line, all j for one (i, k), so that repeated indices meet in one place, in
// order: of several the last is set, and sums are the same in every run.
// variant: scatter_f32 -DF32
// variant: scatter_f64 -DF64
// variant: scatter_i32 -DI32
// variant: scatter_i64 -DI64
#include "kernel.glsl"

layout(constant_id = 0) const uint DTYPE = 0u;
layout(constant_id = 1) const uint MODE = 0u; // ORDER nm_scatter_mode
layout(constant_id = 2) const uint Y_DIMS = 1u;
layout(constant_id = 3) const uint INDEX_DIMS = 1u;
layout(constant_id = 4) const uint SRC_DIMS = 1u;
layout(local_size_x = 64) in;

layout(push_constant, std430) uniform Push {
  Words y, index, src;
  DimsRef y_of, index_of, src_of;          // over index's shape without the dim
  uint lines;
  uint y_stride, index_stride, src_stride; // along the dim
  uint y_at, index_at, src_at;
  uint first, end;                         // of j
} p;

void main() {
  const Dims y_of = p.y_of.d, index_of = p.index_of.d, src_of = p.src_of.d;
  for (uint i = gl_GlobalInvocationID.x; i < p.lines; i += gl_NumWorkGroups.x * 64u) {
    uint y = p.y_at + position(y_of, Y_DIMS, i), s = p.src_at + position(src_of, SRC_DIMS, i);
    uint x = p.index_at + position(index_of, INDEX_DIMS, i);
    for (uint j = p.first; j < p.end; j++) {
      uint to = y + p.index.w[2u * (x + j * p.index_stride)] * p.y_stride;
      T v = load_as(DTYPE, p.src, s + j * p.src_stride);
      store_as(DTYPE, p.y, to, MODE == 0u ? v : folded(MODE, load_as(DTYPE, p.y, to), v));
    }
  }
}
