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
#define BEFORE(a, b) ((a).key < (b).key || ((a).key == (b).key && (a).at < (b).at))
#define DIGIT(a, k) ((uint8_t)((a).key >> (8 * (k))))
#include "cpu/sort_body.h"
#undef ITEM
#undef NAME
#undef BEFORE
#undef DIGIT

/* Items of n elements `stride` apart; flip: the bits of the keys to invert. */
typedef void load_items(int64_t n, const void *from, int64_t stride, uint64_t flip, void *to);
#define LOAD_NARROW(dtype, T, key)                                                                 \
  static void narrow_items_##dtype(int64_t n, const void *from, int64_t stride, uint64_t flip,     \
                                   void *to) {                                                     \
    const T *x = from;                                                                             \
    uint64_t *a = to;                                                                              \
    for (int64_t i = 0; i < n; i++) {                                                              \
      T v = x[i * stride];                                                                         \
      a[i] = ((key) ^ flip) << 32 | (uint64_t)i;                                                   \
    }                                                                                              \
  }
#define LOAD_WIDE(dtype, T, key)                                                                   \
  static void wide_items_##dtype(int64_t n, const void *from, int64_t stride, uint64_t flip,       \
                                 void *to) {                                                       \
    const T *x = from;                                                                             \
    wide_item *a = to;                                                                             \
    for (int64_t i = 0; i < n; i++) {                                                              \
      T v = x[i * stride];                                                                         \
      a[i] = (wide_item){(key) ^ flip, (uint64_t)i};                                               \
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

static void sort_line(const sort_job *s, const char *x, char *y, int64_t *index, char *scratch) {
  int64_t length = s->length, n = s->n;
  int bytes = (int)nm__dtype_size(s->x->dtype);
  void *a = scratch, *t = scratch + (size_t)length * s->item;
  if (!index) index = (int64_t *)(scratch + 2 * (size_t)length * s->item);
  if (s->wide) {
    wide_items[s->x->dtype](length, x, s->step, s->flip, a);
    const wide_item *sorted = wide_sort(a, t, length, bytes, n);
    for (int64_t i = 0; i < n; i++) index[i] = (int64_t)sorted[i].at;
  } else {
    narrow_items[s->x->dtype](length, x, s->step, s->flip, a);
    const uint64_t *sorted = narrow_sort(a, t, length, bytes, n);
    for (int64_t i = 0; i < n; i++) index[i] = (int64_t)(uint32_t)sorted[i];
  }
  if (y) pick_of[bytes](n, y, x, s->step, index);
}

static void sort_work(void *arg, nm_job *job, int worker) {
  const sort_job *s = arg;
  const nm_view *x = s->x;
  int64_t size = (int64_t)nm__dtype_size(x->dtype), task;
  while ((task = nm__next_task(job)) >= 0) {
    int64_t i = task * s->lines_per_task,
            end = i + s->lines_per_task < s->lines ? i + s->lines_per_task : s->lines;
    for (; i < end; i++) {
      int64_t rest = i, at = x->offset;
      for (int d = x->ndim - 2; d >= 0; d--) {
        at += rest % x->shape[d] * x->stride[d];
        rest /= x->shape[d];
      }
      sort_line(s, (const char *)x->mem->ptr + at * size,
                s->y ? (char *)s->y->mem->ptr + (s->y->offset + i * s->n) * size : NULL,
                s->index ? (int64_t *)s->index->mem->ptr + s->index->offset + i * s->n : NULL,
                s->scratch + (size_t)worker * s->per_worker);
    }
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
  int workers = nm__workers(cpu, tasks, (double)s.lines * (double)s.length * 32);
  nm_mem scratch;
  NM_TRY(dev->cls->alloc(dev, (size_t)workers * s.per_worker, &scratch));
  s.scratch = scratch.ptr;
  nm__parallel(cpu, workers, tasks, sort_work, &s);
  dev->cls->release(dev, &scratch);
  return NM_OK;
}
