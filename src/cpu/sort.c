/* sort.c: stable sorting of lines, and the first few of each.
 *
 * A line's elements become items: keys (order.h) with positions behind them, in one 64-bit word
 * where both fit into 32 bits.  Sorted items say where the elements come from; the elements
 * themselves are copied from there, so that 0, -0 and NaNs stay what they are. */
#include <string.h>

#include "cpu/cpu.h"
#include "cpu/order.h"

typedef struct wide_item {
  uint64_t key, at;
} wide_item;

#define ITEM uint64_t
#define NAME(f) narrow_##f
#define BEFORE(a, b) ((a) < (b))
#define DIGIT(a, k) ((uint8_t)((a) >> (32 + 8 * (k))))
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
                        void *to);
#define LOAD_NARROW(dtype, T, key)                                                                 \
  static void narrow_items_##dtype(int64_t first, int64_t end, const void *from, int64_t stride,   \
                                   uint64_t flip, void *to) {                                      \
    const T *x = from;                                                                             \
    uint64_t *a = to;                                                                              \
    for (int64_t i = first; i < end; i++) {                                                        \
      T v = x[i * stride];                                                                         \
      *a++ = ((key) ^ flip) << 32 | (uint64_t)i;                                                   \
    }                                                                                              \
  }
#define LOAD_WIDE(dtype, T, key)                                                                   \
  static void wide_items_##dtype(int64_t first, int64_t end, const void *from, int64_t stride,     \
                                 uint64_t flip, void *to) {                                        \
    const T *x = from;                                                                             \
    wide_item *a = to;                                                                             \
    for (int64_t i = first; i < end; i++) {                                                        \
      T v = x[i * stride];                                                                         \
      *a++ = (wide_item){(key) ^ flip, (uint64_t)i};                                               \
    }                                                                                              \
  }
NM_ORDER_NARROW(LOAD_NARROW)
NM_ORDER_NARROW(LOAD_WIDE)
NM_ORDER_WIDE(LOAD_WIDE)
#define ROW(dtype, T, key) [dtype] = narrow_items_##dtype,
static load_items *const narrow_items[NM_NDTYPES] = {NM_ORDER_NARROW(ROW)};
#undef ROW
#define ROW(dtype, T, key) [dtype] = wide_items_##dtype,
static load_items *const wide_items[NM_NDTYPES] = {NM_ORDER_NARROW(ROW) NM_ORDER_WIDE(ROW)};
#undef ROW

/* y[i] = x[at[i] * stride], for elements of 1, 2, 4 and 8 bytes */
typedef void pick_loop(int64_t n, void *y, const void *x, int64_t stride, const int64_t *at);
#define PICK(bits)                                                                                 \
  static void pick_##bits(int64_t n, void *y, const void *x, int64_t stride, const int64_t *at) {  \
    const uint##bits##_t *from = x;                                                                \
    uint##bits##_t *to = y;                                                                        \
    for (int64_t i = 0; i < n; i++) to[i] = from[at[i] * stride];                                  \
  }
PICK(8)
PICK(16)
PICK(32)
PICK(64)
static pick_loop *const pick_of[] = {[1] = pick_8, [2] = pick_16, [4] = pick_32, [8] = pick_64};

typedef struct sort_job {
  const nm_view *x, *y, *index;
  bool wide;
  uint64_t flip;
  int64_t lines, lines_per_task, length, step, n;
  char *scratch; /* of each worker: two lines of items and one of positions */
  size_t item, per_worker;
} sort_job;

static void load(const sort_job *s, int64_t first, int64_t end, const char *x, void *to) {
  (s->wide ? wide_items : narrow_items)[s->x->dtype](first, end, x, s->step, s->flip, to);
}
static void *sorted_items(const sort_job *s, void *a, void *t, int64_t n) {
  int bytes = (int)nm__dtype_size(s->x->dtype);
  return s->wide ? (void *)wide_sort(a, t, n, bytes) : (void *)narrow_sort(a, t, n, bytes);
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
  for (int64_t i = 0; i < n; i++)
    index[i] =
        s->wide ? (int64_t)((wide_item *)sorted)[i].at : (int64_t)(uint32_t)((uint64_t *)sorted)[i];
  if (y) pick_of[nm__dtype_size(s->x->dtype)](n, y, x, s->step, index);
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

/* ---- a long line by several workers: pieces are sorted, then merged; no two items are equal, so
 * that the result does not depend on how many pieces there are ---- */

enum { LONG_LINE = 1 << 17 };

typedef struct long_job {
  const sort_job *s;
  sort_place place;
  void *a, *t;          /* items, and where they go next */
  int64_t *index;       /* where positions go */
  int64_t piece, width; /* items of a task, of what is sorted */
} long_job;

static void piece_work(void *arg, nm_job *job, int worker) {
  const long_job *l = arg;
  const sort_job *s = l->s;
  int64_t task;
  (void)worker;
  while ((task = nm__next_task(job)) >= 0) {
    int64_t i = task * l->piece, rest = s->length - i, n = rest < l->piece ? rest : l->piece;
    char *a = (char *)l->a + (size_t)i * s->item, *t = (char *)l->t + (size_t)i * s->item;
    load(s, i, i + n, l->place.x, a);
    void *sorted = sorted_items(s, a, t, n);
    if (sorted != a) memcpy(a, sorted, (size_t)n * s->item);
  }
}

static void merge_work(void *arg, nm_job *job, int worker) {
  const long_job *l = arg;
  const sort_job *s = l->s;
  int64_t task;
  (void)worker;
  while ((task = nm__next_task(job)) >= 0) {
    int64_t i = task * l->piece, end = i + l->piece < s->length ? i + l->piece : s->length;
    int64_t pair = i / (2 * l->width) * (2 * l->width), rest = s->length - pair;
    int64_t n = rest < l->width ? rest : l->width, m = rest - n < l->width ? rest - n : l->width;
    if (s->wide) {
      const wide_item *a = (const wide_item *)l->a + pair;
      wide_merge_part(a, n, a + n, m, i - pair, end - pair, (wide_item *)l->t + pair);
    } else {
      const uint64_t *a = (const uint64_t *)l->a + pair;
      narrow_merge_part(a, n, a + n, m, i - pair, end - pair, (uint64_t *)l->t + pair);
    }
  }
}

static void result_work(void *arg, nm_job *job, int worker) {
  const long_job *l = arg;
  const sort_job *s = l->s;
  int64_t size = (int64_t)nm__dtype_size(s->x->dtype), task;
  (void)worker;
  while ((task = nm__next_task(job)) >= 0) {
    int64_t first = task * l->piece, end = first + l->piece < s->n ? first + l->piece : s->n;
    if (s->wide)
      for (int64_t i = first; i < end; i++) l->index[i] = (int64_t)((wide_item *)l->a)[i].at;
    else
      for (int64_t i = first; i < end; i++) l->index[i] = (int64_t)(uint32_t)((uint64_t *)l->a)[i];
    if (l->place.y && first < end)
      pick_of[size](end - first, l->place.y + first * size, l->place.x, s->step, l->index + first);
  }
}

static void sort_long_lines(nm_cpu *cpu, const sort_job *s, int workers) {
  int64_t pieces = 1;
  while (pieces < workers) pieces *= 2;
  for (int64_t i = 0; i < s->lines; i++) {
    long_job l = {.s = s,
                  .place = place_of(s, i),
                  .a = s->scratch,
                  .t = s->scratch + (size_t)s->length * s->item,
                  .piece = (s->length + pieces - 1) / pieces};
    l.index =
        l.place.index ? l.place.index : (int64_t *)(s->scratch + 2 * (size_t)s->length * s->item);
    nm__parallel(cpu, workers, pieces, piece_work, &l);
    for (l.width = l.piece; l.width < s->length; l.width *= 2) {
      nm__parallel(cpu, workers, pieces, merge_work, &l);
      void *was = l.a;
      l.a = l.t;
      l.t = was;
    }
    nm__parallel(cpu, workers, pieces, result_work, &l);
  }
}

nm_status nm__cpu_sort(nm_device *dev, const nm_view *x, bool descending, int64_t n,
                       const nm_view *y, const nm_view *index) {
  nm_cpu *cpu = (nm_cpu *)dev;
  size_t size = nm__dtype_size(x->dtype);
  sort_job s = {.x = x, .y = y, .index = index, .lines = 1, .length = 1, .n = n};
  for (int d = 0; d < x->ndim - 1; d++) s.lines *= x->shape[d];
  if (x->ndim) s.length = x->shape[x->ndim - 1], s.step = x->stride[x->ndim - 1];
  if (!s.lines || !s.length || !n) return NM_OK;
  s.wide = size == 8 || s.length > UINT32_MAX;
  s.item = s.wide ? sizeof(wide_item) : sizeof(uint64_t);
  s.flip = descending ? UINT64_MAX >> (64 - 8 * size) : 0;
  s.per_worker = ((size_t)s.length * (2 * s.item + sizeof(int64_t)) + 63) & ~(size_t)63;
  s.lines_per_task = s.length < 8192 ? 8192 / s.length : 1;
  int64_t tasks = (s.lines + s.lines_per_task - 1) / s.lines_per_task;
  double work = (double)s.lines * (double)s.length * 32;
  bool within = s.length >= LONG_LINE && n >= s.length / 8; /* else it is passed over once */
  int workers = nm__workers(cpu, within ? s.length / (LONG_LINE / 8) : tasks, work);
  nm_mem scratch;
  NM_TRY(dev->cls->alloc(dev, (size_t)(within ? 1 : workers) * s.per_worker, &scratch));
  s.scratch = scratch.ptr;
  if (within && workers > 1)
    sort_long_lines(cpu, &s, workers);
  else
    nm__parallel(cpu, workers, tasks, sort_work, &s);
  dev->cls->release(dev, &scratch);
  return NM_OK;
}
