#version 460
#extension GL_GOOGLE_include_directive : require
// pool.comp: the largest element or the sum of each window of x, or sums spread over their windows,
// as nm_pooling of core/device.h says.  An invocation for each element of y.
// variant: pool_f32 -DF32
// variant: pool_f64 -DF64
#include "kernel.glsl"

const uint GROUP = 128u, MAX = 0u, SUM = 1u, SPREAD = 2u;
layout(constant_id = 0) const uint DTYPE = 0u;
layout(constant_id = 1) const uint KIND = MAX;
layout(constant_id = 2) const uint INDEX = 0u;
layout(local_size_x = GROUP) in;

struct Windows { // of each spatial dim, the missing ones first
  uint x[3], y[3], x_stride[3];
  int size[3], step[3], pad[3], dilation[3];
};
layout(buffer_reference, std430, buffer_reference_align = 4) readonly buffer WindowsRef {
  Windows w;
};

layout(push_constant, std430) uniform Push {
  Words x, y, index;
  WindowsRef windows;
#ifdef F64
  double divisor;
#else
  float divisor, unused;
#endif
  uint x_b, x_at, y_at, index_at;
  uint first, end;  // of all elements of y
} p;

// Where element k of the window, or window k of the element, at `place` of dim d is; or -1.
int position(const Windows w, const uint d, const int place, const int k) {
  int at;
  if (KIND == SPREAD) {
    at = place + w.pad[d] - k * w.dilation[d];
    if (at < 0 || at % w.step[d] != 0) return -1;
    at /= w.step[d];
  } else {
    at = place * w.step[d] + k * w.dilation[d] - w.pad[d];
  }
  return at < 0 || uint(at) >= w.x[d] ? -1 : at;
}

void main() {
  Windows w = p.windows.w;
  for (uint i = p.first + gl_GlobalInvocationID.x; i < p.end; i += gl_NumWorkGroups.x * GROUP) {
    int place[3];
    uint q = i, where = 0u, self = i % (w.y[0] * w.y[1] * w.y[2]);
    for (uint d = 3u; d-- > 0u;) {
      place[d] = int(q % w.y[d]);
      q /= w.y[d];
    }
    T best = T(0);
    bool none = true;
    for (int a = 0; a < w.size[0]; a++) {
      int m0 = position(w, 0u, place[0], a);
      if (m0 < 0) continue;
      for (int b = 0; b < w.size[1]; b++) {
        int m1 = position(w, 1u, place[1], b);
        if (m1 < 0) continue;
        for (int c = 0; c < w.size[2]; c++) {
          int m2 = position(w, 2u, place[2], c);
          if (m2 < 0) continue;
          uint o = ((q * w.x[0] + uint(m0)) * w.x[1] + uint(m1)) * w.x[2] + uint(m2);
          if (KIND == SPREAD && INDEX != 0u && p.index.w[2u * (p.index_at + o)] != self) continue;
          T v = load_as(DTYPE, p.x, p.x_at + q * p.x_b + uint(m0) * w.x_stride[0] +
                                        uint(m1) * w.x_stride[1] + uint(m2) * w.x_stride[2]);
          if (KIND != MAX) {
            best += v;
          } else if (none || v > best || (is_nan(v) && !is_nan(best))) {
            best = v;
            where = (uint(m0) * w.x[1] + uint(m1)) * w.x[2] + uint(m2);
          }
          none = false;
        }
      }
    }
    if (KIND != MAX) best /= p.divisor;
    store_as(DTYPE, p.y, p.y_at + i, best);
    if (KIND == MAX && INDEX != 0u) {
      p.index.w[2u * (p.index_at + i)] = where;
      p.index.w[2u * (p.index_at + i) + 1u] = 0u;
    }
  }
}
