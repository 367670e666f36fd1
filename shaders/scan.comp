#version 460
#extension GL_GOOGLE_include_directive : require
// scan.comp: running sums, products, extremes and log-sums-exp along lines.  A group goes along a
// chunk of a line in steps of GROUP * RUN elements: each invocation folds a run of its own, the
// runs' results are scanned in shared memory, and what came before is carried on.  When there are
// few lines, they are cut into chunks: a first dispatch finds what each comes to, and in a second
// one a group begins with what the chunks before its own come to.
// variant: scan_f32 -DF32
// variant: scan_f64 -DF64
// variant: scan_i32 -DI32
// variant: scan_i64 -DI64
#include "kernel.glsl"

const uint GROUP = 128u, RUN = 8u;
const uint SUM = 0u, PROD = 1u, MAXIMUM = 2u, MINIMUM = 3u; // ORDER nm_scan_kind
layout(constant_id = 0) const uint DTYPE = 0u;
layout(constant_id = 1) const uint KIND = 0u;
layout(constant_id = 2) const uint INDEX = 0u;
layout(constant_id = 3) const uint DIMS = 1u; // of lines_of
layout(constant_id = 4) const uint TOTALS = 0u; // 1: this dispatch finds totals
layout(local_size_x = GROUP) in;

layout(push_constant, std430) uniform Push {
  Words x, y, index; // index: int64
  Words total, place; // of each chunk of each line: of type T, and where extremes are
  DimsRef lines_of;   // of x, without the scanned dim
  uint count;         // the length of a line
  uint stride;        // of the scanned dim in x
  uint inner;         // and in y
  uint chunk, chunks; // how long, and how many in a line
  uint x_at, y_at, index_at;
  uint first, end; // chunks of this dispatch
} p;

struct Item {
  T v;
  uint at;
};
shared T values[GROUP];
shared uint places[GROUP];

#if defined F32 || defined F64
T log_add(const T a, const T b) {
  if (a == b) return a + nm_log(T(2));
  return larger(a, b) + nm_log1p(nm_exp(-abs(a - b)));
}
#else
T log_add(const T a, const T b) { return a; } // there is none
#endif

// Of extremes the later one where they are equal, and a NaN rather than anything.
Item join(const Item a, const Item b) {
  if (KIND == SUM) return Item(a.v + b.v, 0u);
  if (KIND == PROD) return Item(a.v * b.v, 0u);
  if (KIND > MINIMUM) return Item(log_add(a.v, b.v), 0u);
  bool later = is_nan(b.v) || (!is_nan(a.v) && (KIND == MAXIMUM ? b.v >= a.v : b.v <= a.v));
  return later ? b : a;
}

void main() {
  const Dims lines_of = p.lines_of.d;
  uint t = gl_LocalInvocationIndex;
  for (uint c = p.first + gl_WorkGroupID.x; c < p.end; c += gl_NumWorkGroups.x) {
    uint line = c / p.chunks, part = c % p.chunks;
    uint base = p.x_at + position(lines_of, DIMS, line);
    uint to = line / p.inner * p.count * p.inner + line % p.inner;
    uint start = part * p.chunk, end = min(start + p.chunk, p.count);
    Item carry = Item(T(0), 0u);
    bool any = false; // whether carry holds something
    for (uint k = 0u; TOTALS == 0u && k < part; k++) {
      uint i = line * p.chunks + k;
      Item total = Item(load_full(p.total, i), INDEX != 0u ? p.place.w[i] : 0u);
      carry = any ? join(carry, total) : total;
      any = true;
    }
    // every invocation goes round equally often: there are barriers inside
    for (uint step = start; step < end; step += GROUP * RUN) {
      uint from = step + t * RUN, n = from < end ? min(RUN, end - from) : 0u;
      Item run = Item(T(0), 0u);
      for (uint k = 0u; k < n; k++) {
        Item x = Item(load_as(DTYPE, p.x, base + (from + k) * p.stride), from + k);
        run = k == 0u ? x : join(run, x);
      }
      uint used = min(GROUP, (end - step + RUN - 1u) / RUN); // invocations that have elements
      Item mine = run;
      barrier(); // what the step before left has been read
      values[t] = mine.v, places[t] = mine.at;
      for (uint d = 1u; d < GROUP; d *= 2u) {
        barrier(); // what others wrote is read
        Item other = mine;
        if (t >= d) other = Item(values[t - d], places[t - d]);
        barrier(); // all have read, and may write
        if (t >= d && t < used) mine = join(other, mine);
        values[t] = mine.v, places[t] = mine.at;
      }
      barrier(); // the scanned runs are read
      Item before = carry;
      bool has = any;
      if (t > 0u) {
        Item left = Item(values[t - 1u], places[t - 1u]);
        before = any ? join(carry, left) : left;
        has = true;
      }
      Item last = Item(values[used - 1u], places[used - 1u]);
      carry = any ? join(carry, last) : last;
      any = true;
      for (uint k = 0u; TOTALS == 0u && k < n; k++) {
        Item x = Item(load_as(DTYPE, p.x, base + (from + k) * p.stride), from + k);
        before = has ? join(before, x) : x;
        has = true;
        uint i = to + (from + k) * p.inner;
        store_as(DTYPE, p.y, p.y_at + i, before.v);
        if (INDEX != 0u) {
          p.index.w[2u * (p.index_at + i)] = before.at;
          p.index.w[2u * (p.index_at + i) + 1u] = 0u;
        }
      }
    }
    if (TOTALS == 0u || t != 0u) continue;
    store_full(p.total, c, carry.v);
    if (INDEX != 0u) p.place.w[c] = carry.at;
  }
}
