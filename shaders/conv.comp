#version 460
#extension GL_GOOGLE_include_directive : require
// conv.comp: y = the convolution of x with w, as nm_conv of core/device.h says.  An invocation makes
// OUT outputs of neighbouring channels at one place, so that an element of x is read once for them.
// variant: conv_f32 -DF32
// variant: conv_f64 -DF64
#include "kernel.glsl"

const uint GROUP = 128u, OUT = 4u;
layout(constant_id = 0) const uint DTYPE = 0u;
layout(constant_id = 1) const uint SPATIAL = 2u; // dims
layout(constant_id = 2) const uint BIAS = 0u;
layout(local_size_x = GROUP) in;

struct Geometry { // of each spatial dim
  uint x[3], w[3], y[3], x_stride[3], w_stride[3];
  int stride[3], low[3], lhs[3], rhs[3];
};
layout(buffer_reference, std430, buffer_reference_align = 4) readonly buffer GeometryRef {
  Geometry g;
};

layout(push_constant, std430) uniform Push {
  Words x, w, y, bias;
  GeometryRef geometry;
  uint samples, in_, out_, groups;  // N; C, O of a group
  uint x_n, x_g, x_c, w_g, w_o, w_c; // strides of x and w
  uint taps, places;                // of w and y
  uint x_at, w_at, y_at, bias_at;
  uint first, end;                  // of all blocks of OUT outputs
} p;

void main() {
  Geometry g = p.geometry.g;
  uint blocks = (p.out_ + OUT - 1u) / OUT; // of a group
  for (uint i = p.first + gl_GlobalInvocationID.x; i < p.end; i += gl_NumWorkGroups.x * GROUP) {
    uint place = i % p.places, rest = i / p.places, block = rest % blocks;
    rest /= blocks;
    uint group = rest % p.groups, n = rest / p.groups, o = block * OUT;
    uint count = min(OUT, p.out_ - o);
    int start[3];
    uint q = place;
    for (uint d = SPATIAL; d-- > 0u;) {
      start[d] = int(q % g.y[d]) * g.stride[d] - g.low[d];
      q /= g.y[d];
    }
    T sum[OUT];
    for (uint k = 0u; k < OUT; k++) sum[k] = T(0);
    uint x0 = p.x_at + n * p.x_n + group * p.x_g;
    uint w0 = p.w_at + group * p.w_g + o * p.w_o;
    for (uint tap = 0u; tap < p.taps; tap++) {
      uint left = tap, at = x0, w_at = w0;
      bool inside = true;
      for (uint d = SPATIAL; d-- > 0u;) {
        int m = start[d] + int(left % g.w[d]) * g.rhs[d];
        w_at += left % g.w[d] * g.w_stride[d];
        left /= g.w[d];
        inside = inside && m >= 0 && m % g.lhs[d] == 0 && uint(m / g.lhs[d]) < g.x[d];
        if (inside) at += uint(m / g.lhs[d]) * g.x_stride[d];
      }
      if (!inside) continue;
      for (uint c = 0u; c < p.in_; c++) {
        T v = load_as(DTYPE, p.x, at + c * p.x_c);
        for (uint k = 0u; k < count; k++)
          sum[k] += v * load_as(DTYPE, p.w, w_at + k * p.w_o + c * p.w_c);
      }
    }
    if (BIAS != 0u)
      for (uint k = 0u; k < count; k++)
        sum[k] += load_as(DTYPE, p.bias, p.bias_at + group * p.out_ + o + k);
    for (uint k = 0u; k < count; k++)
      store_as(DTYPE, p.y, p.y_at + ((n * p.groups + group) * p.out_ + o + k) * p.places + place,
               sum[k]);
  }
}
