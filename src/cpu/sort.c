/* sort.c: stable sorting of lines, and the first few of each.
 *
 * A line's elements become items: keys (order.h) with positions behind them, narrow ones in one
 * 64-bit word.  Sorted items say where the elements come from.  The elements are made of the keys
 * again, unless some are 0 or NaN, whose keys stand for several: they are copied then, so that all
 * stay what they are.
 *
 * Narrow items are parted by pivots until the loops of isa_sort.h order a part in registers; those
 * of a long line are spread into buckets before. */
#include <string.h>

#include "cpu/cpu.h"
#include "cpu/order.h"

typedef struct wide_item {
  uint64_t key, at;
} wide_item;

#define ITEM uint64_t
#define NAME(f) narrow_##f
#define BEFORE(a, b) ((a) < (b))
#define DIGIT(a, k) ((uint8_t)((a) >> (NM_ITEM_PLACE + 8 * (k))))
#include "cpu/sort_body.h"
#undef ITEM
#undef NAME
#undef BEFORE
#undef DIGIT

#define ITEM wide_item
#define NAME(f) wide_##f
#define BEFORE(a, b) (((a).key < (b).key) | (((a).key == (b).key) & ((a).at < (b).at)))
#define DIGIT(a, k) ((uint8_t)((a).key >> (8 * (k))))
#include "cpu/sort_body.h"
#undef ITEM
#undef NAME
#undef BEFORE
#undef DIGIT

/* Items of the elements first .. end - 1, `stride` apart; flip: the bits of the keys to invert. */
typedef void load_items(int64_t first, int64_t end, const void *from, int64_t stride, uint64_t flip,
                        wide_item *a);
#define LOAD_WIDE(dtype, T, key, ...)                                                              \
  static void wide_items_##dtype(int64_t first, int64_t end, const void *from, int64_t stride,     \
                                 uint64_t flip, wide_item *a) {                                    \
    const T *x = from;                                                                             \
    for (int64_t i = first; i < end; i++) {                                                        \
      T v = x[i * stride];                                                                         \
      *a++ = (wide_item){(key) ^ flip, (uint64_t)i};                                               \
    }                                                                                              \
  }
NM_ORDER_NARROW(LOAD_WIDE)
NM_ORDER_WIDE(LOAD_WIDE)
#define ROW(dtype, ...) [dtype] = wide_items_##dtype,
static load_items *const wide_items[NM_NDTYPES] = {NM_ORDER_NARROW(ROW) NM_ORDER_WIDE(ROW)};
#undef ROW

/* ---- narrow items ---- */

/* Where the i-th of `many` samples of n stands: one of every so many, at uneven distances. */
static int64_t sample_place(int64_t n, int64_t many, int64_t i) {
  int64_t step = n / many;
  uint32_t uneven = (uint32_t)i * 0x9e3779b9u;
  return i * step + (int64_t)((uint64_t)uneven * (uint64_t)step >> 32);
}

static inline uint64_t middle_of(const uint64_t *a) {
  uint64_t low = a[0] < a[1] ? a[0] : a[1], high = a[0] < a[1] ? a[1] : a[0];
  high = high < a[2] ? high : a[2];
  return low < high ? high : low;
}
/* The middle of the middles of nine items: three at least lie on either side [Tukey 1978]. */
static uint64_t pivot_of(const uint64_t *a, int64_t n) {
  uint64_t some[9], middle[3];
  for (int i = 0; i < 9; i++) some[i] = a[sample_place(n, 9, i)];
  for (int i = 0; i < 3; i++) middle[i] = middle_of(some + 3 * i);
  return middle_of(middle);
}

enum { DEEP = 64 }; /* parts of parts, beyond which pivots are taken to be bad */

static bool in_order(const uint64_t *a, int64_t n) {
  int64_t i = 1;
  while (i < n && a[i - 1] < a[i]) i++;
  return i >= n;
}

/* Sorts a into `to`, which is a, or is t: as much room as a has. */
static void quick_sort(const nm_sort_loops *loops, uint64_t *a, uint64_t *t, int64_t n,
                       uint64_t *to, int depth) {
  while (n > loops->most) {
    const uint64_t *sorted = in_order(a, n) ? a : !depth ? narrow_merge_sort(a, t, n) : NULL;
    if (sorted) {
      if (sorted != to) memcpy(to, sorted, (size_t)n * sizeof *to);
      return;
    }
    int64_t low = loops->part(n, a, t, pivot_of(a, n));
    uint64_t *high = t + low;
    quick_sort(loops, a, t, low, to, --depth);
    t = a + low, a = high, to += low, n -= low;
  }
  loops->order((int)n, a, to);
}

static uint64_t *narrow_sorted(const nm_sort_loops *loops, uint64_t *a, uint64_t *t, int64_t n,
                               int bytes) {
  if (bytes <= 2 && n > 8 * loops->most) return narrow_radix_sort(a, t, n, bytes);
  quick_sort(loops, a, t, n, a, DEEP);
  return a;
}

/* y[i] = x[(at[i] - base) * stride], for elements of 1, 2, 4 and 8 bytes */
typedef void pick_loop(int64_t n, void *y, const void *x, int64_t stride, const int64_t *at,
                       int64_t base);
#define PICK(bits)                                                                                 \
  static void pick_##bits(int64_t n, void *y, const void *x, int64_t stride, const int64_t *at,    \
                          int64_t base) {                                                          \
    const uint##bits##_t *from = x;                                                                \
    uint##bits##_t *to = y;                                                                        \
    for (int64_t i = 0; i < n; i++) to[i] = from[(at[i] - base) * stride];                         \
  }
PICK(8)
PICK(16)
PICK(32)
PICK(64)
static pick_loop *const pick_of[] = {[1] = pick_8, [2] = pick_16, [4] = pick_32, [8] = pick_64};

typedef struct sort_job {
  const nm_view *x, *y, *index;
  const nm_sort_loops *loops;
  bool wide;
  uint64_t flip;
  int64_t lines, lines_per_task, length, step, n, base;
  char *scratch; /* of each worker: two lines of items and one of positions */
  size_t item, per_worker;
} sort_job;

static void load(const sort_job *s, int64_t first, int64_t end, const char *x, void *to) {
  if (s->wide)
    wide_items[s->x->dtype](first, end, x, s->step, s->flip, to);
  else
    s->loops->items[s->x->dtype](first, end, x, s->step, s->flip, to);
}
static void *sorted_items(const sort_job *s, void *a, void *t, int64_t n) {
  int bytes = (int)nm__dtype_size(s->x->dtype);
  if (!s->wide) return narrow_sorted(s->loops, a, t, n, bytes);
  return n < 64 * bytes ? wide_merge_sort(a, t, n) : wide_radix_sort(a, t, n, bytes);
}
/* The elements and places of n sorted items. */
static void results(const sort_job *s, const void *sorted, int64_t n, const char *x, char *y,
                    int64_t *index) {
  const wide_item *wide = sorted;
  if (s->wide)
    for (int64_t i = 0; i < n; i++) index[i] = (int64_t)wide[i].at + s->base;
  else
    s->loops->places(n, sorted, s->base, index);
  if (!y) return;
  if (s->wide || !s->loops->elements[s->x->dtype](n, sorted, s->flip, y))
    pick_of[nm__dtype_size(s->x->dtype)](n, y, x, s->step, index, s->base);
}

/* The first few items of a line, in order: pieces that the caches hold are made into items behind
 * the first few so far. */
enum { FEW_PIECE = 1 << 14 };
static void *first_items(const sort_job *s, const char *x, void *a, void *t) {
  int64_t have = 0;
  void *best = a;
  for (int64_t i = 0; i < s->length; i += FEW_PIECE) {
    int64_t end = i + FEW_PIECE < s->length ? i + FEW_PIECE : s->length;
    load(s, i, end, x, (char *)a + (size_t)have * s->item);
    have += end - i;
    int64_t m = s->n < have ? s->n : have;
    best = s->wide ? (void *)wide_first(a, t, have, m) : (void *)narrow_first(a, t, have, m);
    have = m;
    if (end < s->length && best != a) memcpy(a, best, (size_t)have * s->item);
  }
  return best;
}

static void sort_line(const sort_job *s, const char *x, char *y, int64_t *index, char *scratch) {
  int64_t length = s->length, n = s->n;
  void *a = scratch, *t = scratch + (size_t)length * s->item, *sorted;
  if (!index) index = (int64_t *)(scratch + 2 * (size_t)length * s->item);
  if (n < length / 8) {
    sorted = first_items(s, x, a, t);
  } else {
    load(s, 0, length, x, a);
    sorted = sorted_items(s, a, t, length);
  }
  results(s, sorted, n, x, y, index);
}

typedef struct sort_place { /* of a line */
  const char *x;
  char *y;        /* NULL: not wanted */
  int64_t *index; /* likewise */
} sort_place;

static sort_place place_of(const sort_job *s, int64_t line) {
  const nm_view *x = s->x;
  int64_t size = (int64_t)nm__dtype_size(x->dtype), rest = line, at = x->offset;
  for (int d = x->ndim - 2; d >= 0; d--) {
    at += rest % x->shape[d] * x->stride[d];
    rest /= x->shape[d];
  }
  return (sort_place){(const char *)x->mem->ptr + at * size,
                      s->y ? (char *)s->y->mem->ptr + (s->y->offset + line * s->n) * size : NULL,
                      s->index ? (int64_t *)s->index->mem->ptr + s->index->offset + line * s->n
                               : NULL};
}

static void sort_work(void *arg, nm_job *job, int worker) {
  const sort_job *s = arg;
  int64_t task;
  while ((task = nm__next_task(job)) >= 0) {
    int64_t i = task * s->lines_per_task,
            end = i + s->lines_per_task < s->lines ? i + s->lines_per_task : s->lines;
    for (; i < end; i++) {
      sort_place p = place_of(s, i);
      sort_line(s, p.x, p.y, p.index, s->scratch + (size_t)worker * s->per_worker);
    }
  }
}

/* ---- a long line: its items are spread into buckets, each of which the caches hold, by keys that
 * stand between those of a sample; then the buckets are sorted.  No two items are equal, so that
 * the result depends neither on the sample nor on which worker does what. ---- */

enum {
  LONG_LINE = 1 << 16,
  PIECES = 64, /* parts of a line that are spread side by side */
  SAMPLE = 8 * NM_BUCKETS,
  CHUNK = 1024, /* items between memory and buckets */
};

typedef struct long_line {
  const sort_job *s;
  sort_place place;
  uint64_t low; /* of wide keys (key - low) >> shift tells buckets apart */
  int shift;
  int32_t tree[NM_BUCKETS];
  int64_t piece;                 /* elements */
  uint8_t *bucket;               /* of each element */
  int64_t (*at)[NM_BUCKETS];     /* of each piece: how many, then where the next goes */
  int64_t start[NM_BUCKETS + 1]; /* of buckets */
  char *items, *spare;           /* buckets, and as much again */
  char *near;                    /* of each worker: room that stays in its caches */
  int64_t room;                  /* items of it, which most buckets fit into */
  int64_t *index;                /* where positions go */
} long_line;

/* Numbers in the order of the keys of elements i .. i + n - 1, n <= CHUNK. */
static void split_keys(const long_line *l, int64_t i, int n, int32_t *key) {
  const sort_job *s = l->s;
  wide_item items[CHUNK];
  if (!s->wide) {
    s->loops->keys[s->x->dtype](i, i + n, l->place.x, s->step, s->flip, key);
    return;
  }
  load(s, i, i + n, l->place.x, items);
  for (int j = 0; j < n; j++) {
    uint64_t k = items[j].key < l->low ? 0 : (items[j].key - l->low) >> l->shift;
    key[j] = k < INT32_MAX ? (int32_t)k : INT32_MAX;
  }
}

/* Wide keys are told apart by 31 bits, from the highest in which those of a sample differ. */
static void find_split_bits(long_line *l) {
  wide_item item;
  uint64_t high = 0;
  l->low = UINT64_MAX;
  for (int64_t i = 0; i < SAMPLE; i++) {
    int64_t at = sample_place(l->s->length, SAMPLE, i);
    load(l->s, at, at + 1, l->place.x, &item);
    l->low = item.key < l->low ? item.key : l->low;
    high = item.key > high ? item.key : high;
  }
  l->shift = (high - l->low) >> 31 ? 33 - __builtin_clzll(high - l->low) : 0;
}

/* A tree of keys that split a sample evenly: below node i are 2 i and 2 i + 1.  A key that splits
 * it several times gets a bucket for itself, which is in order then. */
static void plant_tree(long_line *l) {
  uint64_t sample[SAMPLE], spare[SAMPLE];
  int32_t key, split[NM_BUCKETS + 1];
  if (l->s->wide) find_split_bits(l);
  for (int64_t i = 0; i < SAMPLE; i++) {
    split_keys(l, sample_place(l->s->length, SAMPLE, i), 1, &key);
    sample[i] = NM_ITEM((uint32_t)key ^ 1u << 31, i);
  }
  quick_sort(l->s->loops, sample, spare, SAMPLE, sample, DEEP);
  for (int b = 0; b <= NM_BUCKETS; b++) {
    uint64_t item = sample[nm__least(b * (SAMPLE / NM_BUCKETS), SAMPLE - 1)];
    split[b] = (int32_t)((uint32_t)(item >> NM_ITEM_PLACE) ^ 1u << 31);
  }
  for (int b = 2; b < NM_BUCKETS; b++)
    split[b] += split[b] == split[b - 1] && split[b] < split[b + 1];
  for (int level = 1, i = 1; level < NM_BUCKETS; level *= 2)
    for (int k = 0; k < level; k++, i++) l->tree[i] = split[(2 * k + 1) * (NM_BUCKETS / 2 / level)];
}

static void count_work(void *arg, nm_job *job, int worker) {
  const long_line *l = arg;
  const sort_job *s = l->s;
  int32_t key[CHUNK];
  int64_t task;
  while ((task = nm__near_task(job, worker)) >= 0) {
    int64_t end = nm__least((task + 1) * l->piece, s->length), *at = l->at[task];
    memset(at, 0, sizeof *l->at);
    for (int64_t i = task * l->piece; i < end; i += CHUNK) {
      int n = (int)nm__least(CHUNK, end - i);
      split_keys(l, i, n, key);
      s->loops->buckets(n, key, l->tree, l->bucket + i);
      for (int k = 0; k < n; k++) at[l->bucket[i + k]]++;
    }
  }
}

/* Counts become places: buckets are one behind the other, in each are the pieces' parts of it. */
static void place_buckets(long_line *l) {
  int64_t next = 0;
  for (int b = 0; b < NM_BUCKETS; b++) {
    l->start[b] = next;
    for (int p = 0; p < PIECES; p++) {
      int64_t many = l->at[p][b];
      l->at[p][b] = next;
      next += many;
    }
  }
  l->start[NM_BUCKETS] = next;
}

static void spread_work(void *arg, nm_job *job, int worker) {
  const long_line *l = arg;
  const sort_job *s = l->s;
  union {
    uint64_t narrow[CHUNK];
    wide_item wide[CHUNK];
  } items;
  int64_t task;
  while ((task = nm__near_task(job, worker)) >= 0) {
    int64_t end = nm__least((task + 1) * l->piece, s->length), *at = l->at[task];
    for (int64_t i = task * l->piece; i < end; i += CHUNK) {
      int n = (int)nm__least(CHUNK, end - i);
      const uint8_t *bucket = l->bucket + i;
      load(s, i, i + n, l->place.x, &items);
      if (s->wide)
        wide_spread(items.wide, n, bucket, at, (wide_item *)l->items);
      else
        narrow_spread(items.narrow, n, bucket, at, (uint64_t *)l->items);
    }
  }
}

static void bucket_work(void *arg, nm_job *job, int worker) {
  const long_line *l = arg;
  const sort_job *s = l->s;
  int64_t size = (int64_t)nm__dtype_size(s->x->dtype), b;
  while ((b = nm__near_task(job, worker)) >= 0) {
    int64_t i = l->start[b], n = l->start[b + 1] - i, wanted = nm__least(n, s->n - i);
    if (wanted <= 0) continue;
    char *spare = n <= l->room ? l->near + (size_t)(worker * l->room) * s->item
                               : l->spare + (size_t)i * s->item;
    void *sorted = sorted_items(s, l->items + (size_t)i * s->item, spare, n);
    results(s, sorted, wanted, l->place.x, l->place.y ? l->place.y + i * size : NULL, l->index + i);
  }
}

static nm_status sort_long_lines(nm_cpu *cpu, const sort_job *s) {
  size_t line = nm__align64((size_t)s->length * s->item),
         index = s->index ? 0 : nm__align64((size_t)s->length * sizeof(int64_t)),
         counts = PIECES * NM_BUCKETS * sizeof(int64_t);
  int workers = nm__workers(cpu, PIECES, (double)s->length * 32);
  int64_t room = 4 * nm__parts(s->length, NM_BUCKETS);
  size_t near = nm__align64((size_t)room * s->item) * (size_t)workers;
  nm_mem scratch;
  NM_TRY(cpu->dev.cls->alloc(&cpu->dev, 2 * line + index + counts + near + (size_t)s->length,
                             &scratch));
  char *p = scratch.ptr;
  for (int64_t i = 0; i < s->lines; i++) {
    long_line l = {.s = s, .place = place_of(s, i), .items = p, .spare = p + line};
    l.piece = nm__parts(s->length, PIECES);
    l.index = l.place.index ? l.place.index : (int64_t *)(p + 2 * line);
    l.at = (void *)(p + 2 * line + index);
    l.near = p + 2 * line + index + counts;
    l.room = room;
    l.bucket = (uint8_t *)l.near + near;
    plant_tree(&l);
    nm__parallel(cpu, workers, PIECES, count_work, &l);
    place_buckets(&l);
    nm__parallel(cpu, workers, PIECES, spread_work, &l);
    nm__parallel(cpu, workers, NM_BUCKETS, bucket_work, &l);
  }
  cpu->dev.cls->release(&cpu->dev, &scratch);
  return NM_OK;
}

nm_status nm__cpu_sort(nm_device *dev, const nm_view *x, bool descending, int64_t n,
                       const nm_view *y, const nm_view *index, int base) {
  nm_cpu *cpu = (nm_cpu *)dev;
  size_t size = nm__dtype_size(x->dtype);
  sort_job s = {.x = x, .y = y, .index = index, .lines = 1, .length = 1, .n = n, .base = base};
  s.loops = &cpu->isa->sort;
  for (int d = 0; d < x->ndim - 1; d++) s.lines *= x->shape[d];
  if (x->ndim) s.length = x->shape[x->ndim - 1], s.step = x->stride[x->ndim - 1];
  if (!s.lines || !s.length || !n) return NM_OK;
  s.wide = size == 8 || s.length > (int64_t)NM_ITEM_PLACES;
  s.item = s.wide ? sizeof(wide_item) : sizeof(uint64_t);
  s.flip = descending ? UINT64_MAX >> (64 - 8 * size) : 0;
  s.per_worker = ((size_t)s.length * (2 * s.item + sizeof(int64_t)) + 63) & ~(size_t)63;
  s.lines_per_task = s.length < 8192 ? 8192 / s.length : 1;
  int64_t tasks = (s.lines + s.lines_per_task - 1) / s.lines_per_task;
  if (s.length >= LONG_LINE && n >= s.length / 8) return sort_long_lines(cpu, &s);
  int workers = nm__workers(cpu, tasks, (double)s.lines * (double)s.length * 32);
  nm_mem scratch;
  NM_TRY(dev->cls->alloc(dev, (size_t)workers * s.per_worker, &scratch));
  s.scratch = scratch.ptr;
  nm__parallel(cpu, workers, tasks, sort_work, &s);
  dev->cls->release(dev, &scratch);
  return NM_OK;
}
