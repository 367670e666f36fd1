#version 460
#extension GL_GOOGLE_include_directive : require
// softmax.comp: softmax or log_softmax of lines along a dim, the rows here: e^(x - max) / sum, or
// x - max - log sum.  A group takes ROWS rows at a time, each shared by 256 / ROWS invocations.
// variant: softmax_f32 -DF32
// variant: softmax_f64 -DF64
#include "kernel.glsl"

const uint GROUP = 256u, RUN = 32u;
layout(constant_id = 0) const uint DTYPE = 0u;
layout(constant_id = 1) const uint LOG = 0u;
layout(constant_id = 2) const uint ROWS = 1u; // a power of two
layout(constant_id = 3) const uint DIMS = 1u; // of rows_of
layout(local_size_x = 256) in;

layout(push_constant, std430) uniform Push {
  Words x, y;
  DimsRef rows_of;  // of x, without the dim
  uint rows, count; // how many, and their length
  uint stride;      // of the dim, in x
  uint inner;       // and in y, where the dims behind it are so many elements
  uint x_at, y_at;
  uint first, end;  // rows of this dispatch
} p;

shared T values[GROUP];

// The sum or the maximum over the invocations of a row; all of them get it.
T share(const T mine, const bool sum, const uint lane) {
  const uint lanes = GROUP / ROWS;
  uint t = gl_LocalInvocationIndex;
  T v = mine;
  if (lanes == 1u) return v;
  barrier(); // what an earlier call left has been read
  values[t] = v;
  for (uint half_ = lanes / 2u; half_ > 0u; half_ /= 2u) {
    barrier(); // what the other half wrote is read
    if (lane < half_) {
      T w = values[t + half_];
      v = sum ? v + w : larger(v, w);
      values[t] = v;
    }
  }
  barrier(); // the first of the row has the result
  return values[t - lane];
}

void main() {
  const uint lanes = GROUP / ROWS;
  const Dims rows_of = p.rows_of.d;
  uint t = gl_LocalInvocationIndex, lane = t % lanes;
  // every invocation goes round equally often: there are barriers inside
  uint step = gl_NumWorkGroups.x * ROWS;
  for (uint tile = p.first + gl_WorkGroupID.x * ROWS; tile < p.end; tile += step) {
    uint row = tile + t / lanes, count = row < p.end ? p.count : 0u;
    uint base = row < p.end ? p.x_at + position(rows_of, DIMS, row) : 0u, to = p.y_at + row / p.inner * p.count * p.inner + row % p.inner;
    T most = nm_log(T(0)); // minus infinity
    for (uint i = lane; i < count; i += lanes)
      most = larger(most, load_as(DTYPE, p.x, base + i * p.stride));
    most = share(most, false, lane);
    T sum = T(0);
    for (uint i = lane; i < count;) {
      T run = T(0);
      for (uint k = 0u; k < RUN && i < count; k++, i += lanes)
        run += nm_exp(load_as(DTYPE, p.x, base + i * p.stride) - most);
      sum += run;
    }
    sum = share(sum, true, lane);
    T log_sum = LOG != 0u ? nm_log(sum) : T(0);
    for (uint i = lane; i < count; i += lanes) {
      T d = load_as(DTYPE, p.x, base + i * p.stride) - most;
      store_as(DTYPE, p.y, to + i * p.inner, LOG != 0u ? d - log_sum : nm_exp(d) / sum);
    }
  }
}
