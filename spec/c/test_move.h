/* test_move.h: what the CPU moves without looking into it: the loops of each instruction set,
 * copies in every order of the dims, results too large for the caches. */
#ifndef NM_TEST_MOVE_H
#define NM_TEST_MOVE_H

#include "cpu/cpu.h"
#include "harness.h"
#include "test_programs.h"

static void test_stream(const nm_isa *isa) {
  enum { MOST = 300, ROOM = MOST + 200 };
  testing("stream");
  _Alignas(64) unsigned char from[ROOM], to[ROOM], want[ROOM];
  for (int i = 0; i < ROOM; i++) from[i] = (unsigned char)ref_bits();
  for (int head = 0; head < 67; head++)
    for (int n = 0; n <= MOST; n += n < 140 ? 1 : 37) {
      int skip = ref_below(64);
      memset(to, 7, ROOM);
      memset(want, 7, ROOM);
      memcpy(want + head, from + skip, (size_t)n);
      isa->stream((size_t)n, to + head, from + skip);
      isa->stream_end();
      check(!memcmp(to, want, ROOM), "%d bytes to offset %d, from %d", n, head, skip);
    }
}

static void test_turn(const nm_isa *isa, int log) {
  enum { MOST = 37, XS = MOST + 2, YS = MOST + 5 };
  size_t size = (size_t)1 << log;
  testing("turned blocks of %d bytes", (int)size);
  static char from[MOST * XS * 8], to[MOST * YS * 8], want[MOST * YS * 8];
  for (size_t i = 0; i < sizeof from; i++) from[i] = (char)ref_bits();
  for (int rows = 0; rows <= MOST; rows++)
    for (int columns = 0; columns <= MOST; columns++) {
      memset(to, 7, sizeof to);
      memset(want, 7, sizeof want);
      for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++)
          memcpy(want + (size_t)(i * YS + j) * size, from + (size_t)(j * XS + i) * size, size);
      isa->turn[log](rows, columns, from, XS, to, YS);
      if (!check(!memcmp(to, want, sizeof to), "%d x %d", rows, columns)) return;
    }
}

static void test_reverse(const nm_isa *isa, int log) {
  enum { MOST = 77 };
  size_t size = (size_t)1 << log;
  testing("reversed elements of %d bytes", (int)size);
  char from[MOST * 8], to[MOST * 8], want[MOST * 8];
  for (size_t i = 0; i < sizeof from; i++) from[i] = (char)ref_bits();
  for (size_t n = 0; n <= MOST; n++) {
    memset(to, 7, sizeof to);
    memset(want, 7, sizeof want);
    for (size_t i = 0; i < n; i++) memcpy(want + i * size, from + (n - 1 - i) * size, size);
    isa->reverse[log]((int64_t)n, to, from);
    check(!memcmp(to, want, sizeof to), "%d of them", (int)n);
  }
}

/* Moves an array into a block of memory so large that what is written there goes past the caches,
 * if it has as much as that takes. */
enum { WRITTEN_PAST = 512 << 10 };
static void make_room(array *a) {
  size_t bytes = (size_t)a->n * nm__dtype_size(a->dtype);
  dev->cls->release(dev, &a->mem);
  call(nm__mem_alloc(dev, (size_t)25 << 20, &a->mem));
  call(dev->cls->write(dev, &a->mem, 0, bytes, a->host));
}

/* The dims of a tensor in another order, from `order` in memory to row-major, and back. */
static void test_permuted(nm_dtype dtype, const int64_t *shape, const int *order, bool back) {
  testing("copy of %s, dims %d %d %d%s", nm__dtypes[dtype].name, order[0], order[1], order[2],
          back ? ", back" : "");
  array in = make(dtype, L_FLAT, 3, shape, -9, 9, false),
        out = make(dtype, L_FLAT, 3, shape, -9, 9, false), *permuted = back ? &out : &in;
  int64_t extent = 1;
  for (int d = 2; d >= 0; d--) permuted->stride[order[d]] = extent, extent *= shape[order[d]];
  permuted->layout = NM_STRIDED;
  size_t size = nm__dtype_size(dtype);
  if (is_cpu && (size_t)extent * size >= WRITTEN_PAST) make_room(&out);
  nm_program p;
  start(&p, 3, shape);
  p.in[p.nin++] = operand(&in, 0);
  p.out[p.nout++] = operand(&out, add(&p, NM_I_copy, nm__dtype_class(dtype), 0, 0, 0, 0));
  call(dev->cls->run(dev, &p));
  fetch(&out);
  for (int64_t i = 0; i < p.numel; i++)
    if (!check(!memcmp(out.host + (size_t)place(&out, i) * size,
                       in.host + (size_t)place(&in, i) * size, size),
               "element %d", (int)i))
      break;
  drop(&in);
  drop(&out);
}

/* Three dims backwards, those whose bits are set. */
static void test_reversed(nm_dtype dtype, int layout, const int64_t *shape, uint32_t dims) {
  testing("%s backwards along %d, %s", nm__dtypes[dtype].name, (int)dims, layout_name[layout]);
  array x = make(dtype, layout, 3, shape, -9, 9, false),
        y = make(dtype, L_FLAT, 3, shape, -9, 9, false);
  int64_t total = shape[0] * shape[1] * shape[2];
  size_t size = nm__dtype_size(dtype);
  if (is_cpu && (size_t)total * size >= WRITTEN_PAST) make_room(&y);
  nm_view vx = view(&x), vy = view(&y);
  call(dev->cls->reverse(dev, &vx, dims, &vy));
  fetch(&y);
  for (int64_t i = 0; i < total; i++) {
    int64_t rest = i, from = 0, unit = 1;
    for (int d = 2; d >= 0; unit *= shape[d], d--) {
      int64_t c = rest % shape[d];
      rest /= shape[d];
      from += (dims >> d & 1 ? shape[d] - 1 - c : c) * unit;
    }
    if (!check(!memcmp(y.host + (size_t)place(&y, i) * size,
                       x.host + (size_t)place(&x, from) * size, size),
               "element %d", (int)i))
      break;
  }
  drop(&x);
  drop(&y);
}

/* To the middle of a cache line of a large block. */
static void test_large(int64_t n) {
  testing("%d elements, added and narrowed", (int)n);
  array x = make(NM_FLOAT32, L_FLAT, 1, &n, -9, 9, false),
        y = make(NM_FLOAT32, L_FLAT, 1, &n, 0, 0, false),
        z = make(NM_BFLOAT16, L_FLAT, 1, &n, 0, 0, false);
  make_room(&y);
  make_room(&z);
  nm_program p;
  start(&p, 1, &n);
  p.in[p.nin++] = operand(&x, 0);
  int twice = add(&p, NM_I_add, NM_F32, 0, 0, 0, 0);
  p.out[p.nout++] = operand(&y, twice);
  p.out[p.nout++] = operand(&z, add(&p, NM_I_narrow, NM_F32, NM_BFLOAT16, twice, 0, 0));
  call(dev->cls->run(dev, &p));
  fetch(&y);
  fetch(&z);
  for (int64_t i = 0; i < n; i++) {
    val want = {.f = 2 * at(&x, i).f};
    if (!check(at(&y, i).f == want.f && at(&z, i).f == ref_narrow(NM_BFLOAT16, want).f,
               "element %d", (int)i))
      break;
  }
  drop(&x);
  drop(&y);
  drop(&z);
}

static void test_place(int64_t many, int64_t n, int64_t base, int wrong) {
  testing("places of %d positions in %d from %d, %d outside", (int)many, (int)n, (int)base, wrong);
  array index = make(NM_INT64, L_FLAT, 1, &many, 0, 1, false),
        at = make(NM_INT64, L_FLAT, 1, &many, 0, 1, false);
  int64_t *given = (int64_t *)(void *)index.host + index.offset;
  for (int64_t i = 0; i < many; i++) {
    int64_t p = ref_below((int)n);
    given[i] = ref_below(2) ? p - n : p + base;
  }
  const int64_t outside[] = {-n - 1, n + base, INT64_MIN, INT64_MAX};
  for (int w = 0; w < wrong; w++) given[ref_below((int)many)] = outside[ref_below(4)];
  call(dev->cls->write(dev, &index.mem, 0, (size_t)index.n * 8, index.host));
  nm_view vi = view(&index), va = view(&at);
  bool inside = wrong > 0;
  call(dev->cls->place(dev, &vi, n, base, &va, &inside));
  check(inside == !wrong, "inside: %d", inside);
  fetch(&at);
  const int64_t *got = (const int64_t *)(const void *)at.host + at.offset;
  for (int64_t i = 0; i < many && !wrong; i++)
    if (!check(got[i] == (given[i] < 0 ? given[i] + n : given[i] - base), "position %d", (int)i))
      break;
  drop(&index);
  drop(&at);
}

static void test_places(void) {
  static const int64_t sizes[] = {1, 5, 64, 70001};
  for (int s = 0; s < 4; s++)
    for (int base = 0; base < 2; base++) {
      test_place(sizes[s], 7, base, 0);
      test_place(sizes[s], 1000, base, 0);
      for (int k = 0; k < 4; k++) test_place(sizes[s], 1000, base, 1);
    }
}

/* A copy of an input outlives it, when a result is written over that. */
static void test_kept_copy(void) {
  int64_t n = 2000;
  testing("a copy of what is written over");
  array x = make(NM_FLOAT32, L_FLAT, 1, &n, 1, 9, false),
        y = make(NM_FLOAT32, L_FLAT, 1, &n, 0, 0, false);
  nm_program p;
  start(&p, 1, &n);
  p.in[p.nin++] = operand(&x, 0);
  int copy = add(&p, NM_I_copy, NM_F32, 0, 0, 0, 0), twice = add(&p, NM_I_add, NM_F32, 0, 0, 0, 0);
  p.out[p.nout++] = operand(&x, twice);
  p.out[p.nout++] = operand(&y, add(&p, NM_I_add, NM_F32, 0, copy, twice, 0));
  call(dev->cls->run(dev, &p));
  fetch(&y);
  for (int64_t i = 0; i < n; i++) {
    float once = (float)at(&x, i).f, want = once + (once + once);
    if (!check((float)at(&y, i).f == want, "element %d", (int)i)) break;
  }
  drop(&x);
  drop(&y);
}

/* mask: of this many in 100; x NULL: positions. */
static void test_compress(nm_dtype dtype, bool positions, int64_t n, int density) {
  testing("compress %s%s, %d elements, %d %%", nm__dtypes[dtype].name,
          positions ? " to positions" : "", (int)n, density);
  array x = make(dtype, L_FLAT, 1, &n, -9, 9, false),
        mask = make(NM_BOOL, L_FLAT, 1, &n, 0, 1, false);
  for (int64_t i = 0; i < n; i++)
    mask.host[mask.offset + i] = (char)(ref_below(100) < density ? 1 + 127 * (i % 2) : 0);
  call(dev->cls->write(dev, &mask.mem, 0, (size_t)mask.n, mask.host));
  nm_view vx = view(&x), vm = view(&mask);
  nm_mem out;
  int64_t many = -1, k = 0;
  call(dev->cls->compress(dev, positions ? NULL : &vx, &vm, &out, &many));
  size_t size = positions ? 8 : nm__dtype_size(dtype);
  const char *got = out.ptr, *from = x.host + (size_t)x.offset * size;
  for (int64_t i = 0; i < n; i++) {
    if (!mask.host[mask.offset + i]) continue;
    if (k < many && !check(!memcmp(positions ? (const char *)&i : from + (size_t)i * size,
                                   got + (size_t)k * size, size),
                           "element %d", (int)k))
      break;
    k++;
  }
  check(k == many, "%d found of %d", (int)many, (int)k);
  dev->cls->release(dev, &out);
  drop(&x);
  drop(&mask);
}

static void test_compressions(void) {
  static const nm_dtype dtypes[] = {NM_BOOL, NM_FLOAT16, NM_FLOAT32, NM_FLOAT64};
  static const int64_t sizes[] = {0, 1, 7, 63, 64, 65, 1000, 16384, 50001};
  static const int densities[] = {0, 1, 50, 100};
  for (int d = 0; d < 5; d++)
    for (int s = 0; s < 9; s++)
      for (int p = 0; p < 4; p++)
        test_compress(d < 4 ? dtypes[d] : NM_INT64, d == 4, sizes[s], densities[p]);
}

static void test_moves(void) {
  static const int order[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  int64_t shapes[][3] = {{3, 70, 300}, {40, 5, 33}, {2, 3, 4}, {2, 403, 0}, {37, 203, 0}};
  static const nm_dtype dtypes[] = {NM_INT8, NM_FLOAT16, NM_FLOAT32, NM_INT64};
  if (is_cpu) {
    const nm_isa *isa = ((const nm_cpu *)dev)->isa;
    test_stream(isa);
    for (int log = 0; log < 4; log++) test_turn(isa, log), test_reverse(isa, log);
    test_large(300001);
  }
  test_kept_copy();
  if (dev->cls->place) test_places();
  if (dev->cls->compress) test_compressions();
  for (int d = 0; d < 4; d++) {
    if (!holds(dtypes[d])) continue;
    shapes[3][2] = 700 / (int64_t)nm__dtype_size(dtypes[d]); /* enough to be written past */
    shapes[4][2] = 104 / (int64_t)nm__dtype_size(dtypes[d]); /* and rows that are fetched */
    for (int s = 0; s < 5; s++)
      for (int o = 0; o < 6; o++) {
        test_permuted(dtypes[d], shapes[s], order[o], false);
        test_permuted(dtypes[d], shapes[s], order[o], true);
      }
    for (uint32_t dims = 0; dev->cls->reverse && dims < 8; dims++)
      for (int s = 0; s < 4; s++)
        for (int layout = L_FLAT; layout < L_COUNT; layout++)
          if (s < 3 || layout == L_FLAT || layout == L_SWAPPED)
            test_reversed(dtypes[d], layout, shapes[s], dims);
  }
}

#endif
