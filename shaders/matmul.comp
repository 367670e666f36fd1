#version 460
#extension GL_GOOGLE_include_directive : require
// matmul.comp: y[b] = a[b] @ x[b], a (B, M, K) and x (B, K, N) through any strides, y (B, M, N) in
// order.  A work-group makes a tile of 16 ROWS x 16 COLUMNS outputs, an invocation ROWS x COLUMNS,
// from slices of 16 of K in shared memory.  A slice is read along the dim with stride one.  A long K
// comes in pieces, whose sums are added to y.
// variant: matmul_f32 -DF32
// variant: matmul_f64 -DF64
// variant: matmul_i32 -DI32
// variant: matmul_i64 -DI64
#include "kernel.glsl"

layout(constant_id = 0) const uint DTYPE = 0u;
layout(constant_id = 1) const uint ROWS = 4u;
layout(constant_id = 2) const uint COLUMNS = 4u;
layout(constant_id = 3) const uint A_ALONG_K = 1u;
layout(constant_id = 4) const uint X_ALONG_N = 1u;
layout(local_size_x = 256) in;

layout(push_constant, std430) uniform Push {
  Words a, x, y;
  uint m, n, k;
  uint a_b, a_m, a_k, x_b, x_k, x_n; // strides
  uint a_at, x_at, y_at;
  uint first_tile, first_batch;      // of this dispatch: tiles of rows, matrices
  uint add;                          // not the first piece of K
} p;

const uint SLICE = 16u, TILE_M = 16u * ROWS, TILE_N = 16u * COLUMNS;
// a column more than needed: invocations that walk along k meet different banks
shared T a_slice[SLICE * (TILE_M + 1u)];
shared T x_slice[SLICE * (TILE_N + 1u)];

void main() {
  uint t = gl_LocalInvocationIndex, tm = t / 16u, tn = t % 16u;
  uint batch = p.first_batch + gl_WorkGroupID.z;
  uint m0 = (p.first_tile + gl_WorkGroupID.y) * TILE_M, n0 = gl_WorkGroupID.x * TILE_N;
  uint a_base = p.a_at + batch * p.a_b, x_base = p.x_at + batch * p.x_b;
  T sum[ROWS * COLUMNS];
  for (uint i = 0u; i < ROWS * COLUMNS; i++) sum[i] = T(0);

  for (uint k0 = 0u; k0 < p.k; k0 += SLICE) {
    for (uint i = t; i < TILE_M * SLICE; i += 256u) {
      uint k = A_ALONG_K != 0u ? i % SLICE : i / TILE_M;
      uint m = A_ALONG_K != 0u ? i / SLICE : i % TILE_M;
      bool inside = m0 + m < p.m && k0 + k < p.k;
      T v = T(0);
      if (inside) v = load_as(DTYPE, p.a, a_base + (m0 + m) * p.a_m + (k0 + k) * p.a_k);
      a_slice[k * (TILE_M + 1u) + m] = v;
    }
    for (uint i = t; i < TILE_N * SLICE; i += 256u) {
      uint k = X_ALONG_N != 0u ? i / TILE_N : i % SLICE;
      uint n = X_ALONG_N != 0u ? i % TILE_N : i / SLICE;
      bool inside = n0 + n < p.n && k0 + k < p.k;
      T v = T(0);
      if (inside) v = load_as(DTYPE, p.x, x_base + (k0 + k) * p.x_k + (n0 + n) * p.x_n);
      x_slice[k * (TILE_N + 1u) + n] = v;
    }
    barrier(); // the slices are complete
    for (uint k = 0u; k < min(SLICE, p.k - k0); k++) {
      T av[ROWS], xv[COLUMNS];
      for (uint i = 0u; i < ROWS; i++) av[i] = a_slice[k * (TILE_M + 1u) + tm + 16u * i];
      for (uint j = 0u; j < COLUMNS; j++) xv[j] = x_slice[k * (TILE_N + 1u) + tn + 16u * j];
      for (uint i = 0u; i < ROWS; i++)
        for (uint j = 0u; j < COLUMNS; j++) sum[i * COLUMNS + j] += av[i] * xv[j];
    }
    barrier(); // all have read them before the next ones are written
  }
  for (uint i = 0u; i < ROWS; i++) {
    for (uint j = 0u; j < COLUMNS; j++) {
      uint m = m0 + tm + 16u * i, n = n0 + tn + 16u * j;
      uint at = p.y_at + (batch * p.m + m) * p.n + n;
      if (m >= p.m || n >= p.n) continue;
      T v = sum[i * COLUMNS + j];
      if (p.add != 0u) v += load_as(DTYPE, p.y, at);
      store_as(DTYPE, p.y, at, v);
    }
  }
}
