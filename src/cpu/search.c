/* search.c: where elements belong in sorted lines. */
#include "cpu/cpu.h"
#include "cpu/order.h"

typedef struct search_line {
  int64_t n, step; /* of the sorted line */
  const void *sorted;
  int64_t m, x_step; /* of what is looked for */
  const void *x;
  bool right;
  int64_t *index;
} search_line;

/* The number of elements below x (right: not above it), by halving what is left.  How that shrinks
 * does not depend on x, so that nothing is to be predicted, and several x go side by side, so that
 * their elements are fetched at the same time. */
enum { ABREAST = 8 };
typedef void search_loop(const search_line *s);
#define SEARCH(dtype, T, key, ...)                                                                 \
  static inline uint64_t key_##dtype(T v) { return key; }                                          \
  static void search_##dtype(const search_line *s) {                                               \
    const T *sorted = s->sorted, *x = s->x;                                                        \
    for (int64_t i = 0; i < s->m; i += ABREAST) {                                                  \
      int m = s->m - i < ABREAST ? (int)(s->m - i) : ABREAST;                                      \
      uint64_t k[ABREAST];                                                                         \
      int64_t low[ABREAST] = {0};                                                                  \
      for (int j = 0; j < ABREAST; j++) k[j] = key_##dtype(x[(i + (j < m ? j : 0)) * s->x_step]);  \
      for (int64_t n = s->n, half; n > 0; n -= half) {                                             \
        half = (n + 1) / 2;                                                                        \
        for (int j = 0; j < ABREAST; j++) {                                                        \
          uint64_t at = key_##dtype(sorted[(low[j] + half - 1) * s->step]);                        \
          low[j] += half & -(int64_t)((at < k[j]) | (s->right & (at == k[j])));                    \
        }                                                                                          \
      }                                                                                            \
      for (int j = 0; j < m; j++) s->index[i + j] = low[j];                                        \
    }                                                                                              \
  }
NM_ORDER_NARROW(SEARCH)
NM_ORDER_WIDE(SEARCH)
#define ROW(dtype, ...) [dtype] = search_##dtype,
static search_loop *const search_of[NM_NDTYPES] = {NM_ORDER_NARROW(ROW) NM_ORDER_WIDE(ROW)};
#undef ROW

enum { SEARCH_PIECE = 2048 }; /* elements of a task, of one line */

typedef struct search_job {
  const nm_view *sorted, *x, *index;
  bool right;
  int64_t pieces; /* of a line */
} search_job;

static void search_work(void *arg, nm_job *job, int worker) {
  const search_job *s = arg;
  const nm_view *sorted = s->sorted, *x = s->x;
  int64_t size = (int64_t)nm__dtype_size(x->dtype), m = x->shape[1], task;
  (void)worker;
  while ((task = nm__next_task(job)) >= 0) {
    int64_t b = task / s->pieces, first = task % s->pieces * SEARCH_PIECE,
            row = sorted->shape[0] == 1 ? 0 : b;
    search_line line = {.n = sorted->shape[1],
                        .step = sorted->stride[1],
                        .sorted = (const char *)sorted->mem->ptr +
                                  (sorted->offset + row * sorted->stride[0]) * size,
                        .m = m - first < SEARCH_PIECE ? m - first : SEARCH_PIECE,
                        .x_step = x->stride[1],
                        .x = (const char *)x->mem->ptr +
                             (x->offset + b * x->stride[0] + first * x->stride[1]) * size,
                        .right = s->right,
                        .index = (int64_t *)s->index->mem->ptr + s->index->offset + b * m + first};
    search_of[x->dtype](&line);
  }
}

nm_status nm__cpu_search(nm_device *dev, const nm_view *sorted, const nm_view *x, bool right,
                         const nm_view *index) {
  nm_cpu *cpu = (nm_cpu *)dev;
  search_job s = {.sorted = sorted, .x = x, .index = index, .right = right};
  s.pieces = (x->shape[1] + SEARCH_PIECE - 1) / SEARCH_PIECE;
  int64_t tasks = x->shape[0] * s.pieces;
  if (!tasks) return NM_OK;
  int workers = nm__workers(cpu, tasks, (double)x->shape[0] * (double)x->shape[1] * 64);
  nm__parallel(cpu, workers, tasks, search_work, &s);
  return NM_OK;
}
