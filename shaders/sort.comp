#version 460
#extension GL_GOOGLE_include_directive : require
// sort.comp: stable sorting of lines, as merge sort does it.  Items are keys (order.glsl) with the
// positions they came from, so that no two are equal.  First each tile of items is sorted in shared
// memory, by bitonic exchanges; a tile is a part of a line, or several short lines, each padded to
// `segment` items that stand behind all others.  Then each pass merges neighbouring runs: an
// invocation finds by halving where its part of the merged run begins in both, and merges from
// there.  Only the first `wanted` items of a run go on.  The last step writes the results.
// variant: sort_tiles_narrow
// variant: sort_tiles_wide -DWIDE
// variant: sort_merge_narrow -DMERGE
// variant: sort_merge_wide -DMERGE -DWIDE
#include "order.glsl"

const uint GROUP = 256u, TILE = 512u, PART = 8u;
layout(constant_id = 0) const uint DTYPE = 0u;
layout(constant_id = 1) const uint DIMS = 1u;    // of lines_of
layout(constant_id = 2) const uint RESULTS = 0u; // bit 0: this is the last step; 1: y; 2: index
layout(local_size_x = GROUP) in;

struct Item {
  KEY key;
  uint at;
};
layout(buffer_reference, std430, buffer_reference_align = 4) buffer Items { uint w[]; };

layout(push_constant, std430) uniform Push {
  Words x, y, index;  // index: int64
  Items from, to;     // of lines * count items, where the line's own would be
  DimsRef lines_of;   // of x, without the last dim
  uint stride;        // of the last dim
  uint x_at, y_at, index_at;
  uint count, lines;  // how long, and how many
  uint wanted;        // of each line's results
  uint segment;       // items of a line in a tile, a power of two
  uint run;           // items of the runs that are merged
  uint descending;
  uint base;          // positions count from it
  uint first, end;    // tiles, or parts of merged runs, of this dispatch
} p;

#ifdef WIDE
const uint WORDS = 3u;
#else
const uint WORDS = 2u;
#endif

Item load_item(Items a, const uint i) {
#ifdef WIDE
  return Item(uvec2(a.w[3u * i], a.w[3u * i + 1u]), a.w[3u * i + 2u]);
#else
  return Item(a.w[2u * i], a.w[2u * i + 1u]);
#endif
}

void store_item(Items a, const uint i, const Item v) {
#ifdef WIDE
  a.w[3u * i] = v.key.x;
  a.w[3u * i + 1u] = v.key.y;
#else
  a.w[2u * i] = v.key;
#endif
  a.w[WORDS * i + WORDS - 1u] = v.at;
}

bool before(const Item a, const Item b) {
  return below(a.key, b.key) || (a.key == b.key && a.at < b.at);
}

uint line_base(const uint line) {
  const Dims lines_of = p.lines_of.d;
  return p.x_at + position(lines_of, DIMS, line);
}

// Item j of the sorted line is known.
void finish(const uint line, const uint base, const uint j, const Item v) {
  if ((RESULTS & 1u) == 0u) {
    store_item(p.to, line * p.count + j, v);
    return;
  }
  if (j >= p.wanted) return;
  uint to = line * p.wanted + j;
  if ((RESULTS & 4u) != 0u) {
    p.index.w[2u * (p.index_at + to)] = v.at + p.base;
    p.index.w[2u * (p.index_at + to) + 1u] = 0u;
  }
  if ((RESULTS & 2u) == 0u) return;
  uint from = base + v.at * p.stride;
  to += p.y_at;
#ifdef WIDE
  p.y.w[2u * to] = p.x.w[2u * from];
  p.y.w[2u * to + 1u] = p.x.w[2u * from + 1u];
#else
  if (DTYPE == FLOAT32 || DTYPE == INT32) {
    p.y.w[to] = p.x.w[from];
  } else {
    uint width = DTYPE == INT8 || DTYPE == UINT8 || DTYPE == BOOL ? 8u : 16u;
    store_bits(p.y, to, width, load_bits(p.x, from, width));
  }
#endif
}

#ifndef MERGE

shared KEY keys[TILE];
shared uint places[TILE];

void main() {
  const uint t = gl_LocalInvocationIndex, lines_per_tile = TILE / p.segment;
  const uint tiles_per_line = (p.count + TILE - 1u) / TILE; // 1 unless p.segment is TILE
  for (uint tile = p.first + gl_WorkGroupID.x; tile < p.end; tile += gl_NumWorkGroups.x) {
    uint line0 = tile / tiles_per_line * lines_per_tile, part = tile % tiles_per_line * TILE;
    for (uint i = t; i < TILE; i += GROUP) {
      uint line = line0 + i / p.segment, at = part + i % p.segment;
      bool there = line < p.lines && at < p.count;
      KEY nothing = KEY(~0u);
      keys[i] = nothing;
      if (there) keys[i] = key_of(DTYPE, p.x, line_base(line) + at * p.stride, p.descending != 0u);
      places[i] = there ? at : ~0u;
    }
    for (uint k = 2u; k <= p.segment; k *= 2u) {
      for (uint j = k / 2u; j > 0u; j /= 2u) {
        barrier(); // what the step before exchanged, or what was loaded, is there
        uint low = t / j * 2u * j + t % j, high = low + j;
        bool up = k == p.segment || (low & k) == 0u;
        Item a = Item(keys[low], places[low]), b = Item(keys[high], places[high]);
        if (before(b, a) == up) {
          keys[low] = b.key, places[low] = b.at;
          keys[high] = a.key, places[high] = a.at;
        }
      }
    }
    barrier(); // the last exchanges are there
    for (uint i = t; i < TILE; i += GROUP) {
      uint line = line0 + i / p.segment, at = part + i % p.segment;
      if (line < p.lines && at < p.count)
        finish(line, line_base(line), at, Item(keys[i], places[i]));
    }
    barrier(); // all is written before the next tile is loaded
  }
}

#else

void main() {
  const uint pairs = (p.count + 2u * p.run - 1u) / (2u * p.run);
  const uint most = min(p.wanted, 2u * p.run), parts = (most + PART - 1u) / PART;
  uint i = p.first + gl_GlobalInvocationID.x;
  for (; i < p.end; i += gl_NumWorkGroups.x * GROUP) {
    uint line = i / (pairs * parts), rest = i % (pairs * parts);
    uint begin = rest / parts * 2u * p.run, skip = rest % parts * PART;
    uint left = p.count - begin, base = line_base(line);
    uint n = min(min(left, p.run), p.wanted);
    uint m = left > p.run ? min(min(left - p.run, p.run), p.wanted) : 0u;
    uint end = min(min(n + m, p.wanted), skip + PART);
    if (skip >= end) continue;
    uint a = line * p.count + begin, b = a + p.run;
    // of the first `skip` merged items, how many come from a
    uint low = skip > m ? skip - m : 0u, high = min(skip, n);
    while (low < high) {
      uint half_ = (low + high) / 2u;
      bool up = before(load_item(p.from, a + half_), load_item(p.from, b + skip - 1u - half_));
      if (up)
        low = half_ + 1u;
      else
        high = half_;
    }
    uint from_a = low, from_b = skip - low;
    Item x, y;
    if (from_a < n) x = load_item(p.from, a + from_a);
    if (from_b < m) y = load_item(p.from, b + from_b);
    for (uint j = skip; j < end; j++) {
      bool first = from_b >= m || (from_a < n && before(x, y));
      if (first) {
        finish(line, base, begin + j, x);
        if (++from_a < n) x = load_item(p.from, a + from_a);
      } else {
        finish(line, base, begin + j, y);
        if (++from_b < m) y = load_item(p.from, b + from_b);
      }
    }
  }
}

#endif
