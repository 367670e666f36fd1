/* scan.c: running sums, products and extremes along lines.
 *
 * A line is brought into the class of its dtype a tile at a time, and worked on there; sums and
 * products of floats are carried in double.  Lines are shared among threads, one is never split, so
 * the order of operations is always the same. */
#include "cpu/cpu.h"

typedef union carried { /* along a line */
  double f;
  int64_t i;
} carried;

/* Works on n elements of `row` in place, of which the first is element `first` of its line; index
 * (may be NULL) gets the places of the extremes, *at is that of the one so far. */
typedef void scan_loop(int n, void *row, carried *c, int64_t first, int64_t *index, int64_t *at);

#define SUMMED(name, T, member, start, op)                                                         \
  static void name(int n, void *row_, carried *c, int64_t first, int64_t *index, int64_t *at) {    \
    T *row = row_;                                                                                 \
    (void)index, (void)at;                                                                         \
    if (first == 0) c->member = start;                                                             \
    for (int k = 0; k < n; k++) row[k] = (T)(c->member = c->member op row[k]);                     \
  }
SUMMED(sum_f32, float, f, 0, +)
SUMMED(sum_f64, double, f, 0, +)
SUMMED(sum_i64, int64_t, i, 0, +)
SUMMED(prod_f32, float, f, 1, *)
SUMMED(prod_f64, double, f, 1, *)
SUMMED(prod_i64, int64_t, i, 1, *)

/* The later of equal ones is taken, and a NaN from anything. */
#define EXTREME(name, T, member, compare)                                                          \
  static void name(int n, void *row_, carried *c, int64_t first, int64_t *index, int64_t *at) {    \
    T *row = row_;                                                                                 \
    for (int k = 0; k < n; k++) {                                                                  \
      T best = (T)c->member;                                                                       \
      if (first + k == 0 || row[k] compare best || row[k] != row[k]) {                             \
        c->member = row[k];                                                                        \
        *at = first + k;                                                                           \
      } else {                                                                                     \
        row[k] = best;                                                                             \
      }                                                                                            \
      if (index) index[k] = *at;                                                                   \
    }                                                                                              \
  }
EXTREME(max_f32, float, f, >=)
EXTREME(max_f64, double, f, >=)
EXTREME(max_i32, int32_t, i, >=)
EXTREME(max_i64, int64_t, i, >=)
EXTREME(min_f32, float, f, <=)
EXTREME(min_f64, double, f, <=)
EXTREME(min_i32, int32_t, i, <=)
EXTREME(min_i64, int64_t, i, <=)

static scan_loop *const loops[4][NM_NCLASSES] = {
    [NM_SCAN_SUM] = {[NM_F32] = sum_f32, [NM_F64] = sum_f64, [NM_I64] = sum_i64},
    [NM_SCAN_PROD] = {[NM_F32] = prod_f32, [NM_F64] = prod_f64, [NM_I64] = prod_i64},
    [NM_SCAN_MAX] =
        {[NM_F32] = max_f32, [NM_F64] = max_f64, [NM_I32] = max_i32, [NM_I64] = max_i64},
    [NM_SCAN_MIN] =
        {[NM_F32] = min_f32, [NM_F64] = min_f64, [NM_I32] = min_i32, [NM_I64] = min_i64},
};

typedef struct scan_job {
  nm_cpu *cpu;
  const nm_view *x, *y, *index;
  nm_walk walk; /* of x */
  scan_loop *loop;
  int64_t lines, length, lines_per_task;
} scan_job;

static void scan_line(const scan_job *s, nm_cursor *cursor, int64_t line) {
  const nm_isa *isa = s->cpu->isa;
  nm_dtype dtype = s->x->dtype;
  int64_t size = (int64_t)nm__dtype_size(dtype), offset, at = 0;
  const char *x = (const char *)s->x->mem->ptr + s->x->offset * size;
  char *y = (char *)s->y->mem->ptr + (s->y->offset + line * s->length) * size;
  int64_t *index =
      s->index ? (int64_t *)s->index->mem->ptr + s->index->offset + line * s->length : NULL;
  int64_t row[NM_TILE]; /* of any class */
  carried c = {.i = 0};
  nm__walk_seek(&s->walk, cursor, line * s->length);
  for (int64_t i = 0; i < s->length;) {
    int64_t left = s->length - i;
    int n = nm__walk_next(&s->walk, cursor, left < NM_TILE ? (int)left : NM_TILE, &offset);
    isa->load[dtype](n, row, x + offset * size, s->walk.stride[s->walk.ndim - 1]);
    s->loop(n, row, &c, i, index ? index + i : NULL, &at);
    isa->store[dtype](n, y + i * size, 1, row);
    i += n;
  }
}

static void scan_work(void *arg, nm_job *job, int worker) {
  const scan_job *s = arg;
  nm_cursor cursor = {.at = -1};
  int64_t task;
  (void)worker;
  while ((task = nm__next_task(job)) >= 0) {
    int64_t end = (task + 1) * s->lines_per_task;
    for (int64_t i = task * s->lines_per_task; i < end && i < s->lines; i++)
      scan_line(s, &cursor, i);
  }
}

nm_status nm__cpu_scan(nm_device *dev, nm_scan_kind kind, const nm_view *x, const nm_view *y,
                       const nm_view *index) {
  nm_cpu *cpu = (nm_cpu *)dev;
  int64_t length = y->ndim ? y->shape[y->ndim - 1] : 1, lines = 1;
  for (int d = 0; d < y->ndim - 1; d++) lines *= y->shape[d];
  if (lines == 0 || length == 0) return NM_OK;
  scan_job s = {.cpu = cpu,
                .x = x,
                .y = y,
                .index = index,
                .loop = loops[kind][nm__dtypes[x->dtype].cls],
                .lines = lines,
                .length = length};
  nm__walk_make(&s.walk, x->ndim, x->shape, x->stride);
  s.lines_per_task = length < 8192 ? 8192 / length : 1;
  int64_t tasks = (lines + s.lines_per_task - 1) / s.lines_per_task;
  nm__parallel(cpu, nm__workers(cpu, tasks, (double)lines * (double)length * 4), tasks, scan_work,
               &s);
  return NM_OK;
}
