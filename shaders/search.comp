#version 460
#extension GL_GOOGLE_include_directive : require
// search.comp: the number of elements of a sorted line that are below x (RIGHT: not above it), an
// invocation for each x.
// variant: search_narrow
// variant: search_wide -DWIDE
#include "order.glsl"

const uint GROUP = 128u;
layout(constant_id = 0) const uint DTYPE = 0u;
layout(constant_id = 1) const uint RIGHT = 0u;
layout(local_size_x = GROUP) in;

layout(push_constant, std430) uniform Push {
  Words sorted, x, index;     // index: int64
  uint sorted_line, sorted_step, n;
  uint x_line, x_step, m;
  uint sorted_at, x_at, index_at;
  uint first, end;            // of all x
} p;

void main() {
  for (uint i = p.first + gl_GlobalInvocationID.x; i < p.end; i += gl_NumWorkGroups.x * GROUP) {
    uint line = i / p.m, from = p.sorted_at + line * p.sorted_line, low = 0u, n = p.n;
    KEY k = key_of(DTYPE, p.x, p.x_at + line * p.x_line + i % p.m * p.x_step, false);
    while (n > 0u) {
      uint half_ = n / 2u;
      KEY at = key_of(DTYPE, p.sorted, from + (low + half_) * p.sorted_step, false);
      bool up = RIGHT != 0u ? !below(k, at) : below(at, k);
      low = up ? low + half_ + 1u : low;
      n = up ? n - half_ - 1u : half_;
    }
    p.index.w[2u * (p.index_at + i)] = low;
    p.index.w[2u * (p.index_at + i) + 1u] = 0u;
  }
}
