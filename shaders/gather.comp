#version 460
#extension GL_GOOGLE_include_directive : require
// gather.comp: y[i, j, k] = x[i, index[i, j, k], k], for elements of 8, 16, 32 and 64 bits alike.
// variant: gather
#include "kernel.glsl"

layout(constant_id = 0) const uint BYTES = 4u; // of an element
layout(constant_id = 1) const uint X_DIMS = 1u;
layout(constant_id = 2) const uint INDEX_DIMS = 1u;
layout(local_size_x = 128) in;

layout(push_constant, std430) uniform Push {
  Words x, index, y;    // index: int64, of which the low word is enough
  DimsRef x_of, index_of; // over index's shape; x's own stride along the dim is 0 there
  uint stride;          // x's, along the dim
  uint x_at, index_at, y_at;
  uint first, end;
} p;

void main() {
  const Dims x_of = p.x_of.d, index_of = p.index_of.d;
  for (uint i = p.first + gl_GlobalInvocationID.x; i < p.end; i += gl_NumWorkGroups.x * 128u) {
    uint j = p.index.w[2u * (p.index_at + position(index_of, INDEX_DIMS, i))];
    uint from = p.x_at + position(x_of, X_DIMS, i) + j * p.stride, to = p.y_at + i;
    if (BYTES == 4u) {
      p.y.w[to] = p.x.w[from];
    } else if (BYTES == 8u) {
      p.y.w[2u * to] = p.x.w[2u * from];
      p.y.w[2u * to + 1u] = p.x.w[2u * from + 1u];
    } else {
      store_bits(p.y, to, 8u * BYTES, load_bits(p.x, from, 8u * BYTES));
    }
  }
}
