/* softmax.c: softmax and log_softmax over rows.  A row is brought into the class of its dtype, in y
 * itself where that has it, and worked on there: its greatest element, the exponentials and their
 * sum in double, the quotients.  Rows with NaN or without a finite greatest element come out as
 * NaN. */
#include <limits.h>
#include <math.h>

#include "cpu/cpu.h"

enum { SHORT = 64 }; /* rows of less are worked on side by side */

typedef struct softmax_job {
  nm_cpu *cpu;
  const nm_view *x, *y;
  nm_walk walk; /* of x */
  bool log;
  int64_t rows, rows_per_task;
  int length;
} softmax_job;

/* Reads n elements of x from `at` on in its order. */
static void load_rows(const softmax_job *s, nm_cursor *c, int64_t at, int n, char *row) {
  const nm_isa *isa = s->cpu->isa;
  size_t size = nm__dtype_size(s->x->dtype), step = nm__class_size[nm__dtypes[s->x->dtype].cls];
  const char *base = (const char *)s->x->mem->ptr + s->x->offset * (int64_t)size;
  int64_t offset;
  nm__walk_seek(&s->walk, c, at);
  while (n > 0) {
    int k = nm__walk_next(&s->walk, c, n, &offset);
    isa->load[s->x->dtype](k, row, base + offset * (int64_t)size, s->walk.stride[s->walk.ndim - 1]);
    row += (size_t)k * step;
    n -= k;
  }
}

/* Rows i .. i + n - 1, loaded into `row`. */
static void softmax_rows(const softmax_job *s, int n, char *row) {
  const nm_isa *isa = s->cpu->isa;
  nm_class cls = nm__dtype_class(s->y->dtype);
  const nm_softmax_loops *loops = &isa->softmax[cls];
  if (s->length < SHORT) {
    loops->short_rows(n, s->length, row, s->log);
    return;
  }
  for (; n > 0; n--, row += (size_t)s->length * nm__class_size[cls]) {
    double m = isa->fold_row[NM_R_MAX][cls](s->length, row).f;
    if (s->log) loops->shift(s->length, row, m, log(loops->shifted_sum(s->length, row, m)));
    else loops->scale(s->length, row, 1.0 / loops->exp_sum(s->length, row, row, m));
  }
}

static void softmax_work(void *arg, nm_job *job, int worker) {
  const softmax_job *s = arg;
  nm_dtype dtype = s->y->dtype;
  size_t pitch = (size_t)s->length * nm__dtype_size(dtype);
  char *y = (char *)s->y->mem->ptr + (size_t)s->y->offset * nm__dtype_size(dtype);
  nm_cursor cursor = {.at = -1};
  int64_t task;
  while ((task = nm__next_task(job)) >= 0) {
    int64_t i = task * s->rows_per_task,
            end = i + s->rows_per_task < s->rows ? i + s->rows_per_task : s->rows;
    for (int n; i < end; i += n) {
      n = s->length < NM_TILE ? NM_TILE / s->length : 1; /* rows at a time */
      if (n > end - i) n = (int)(end - i);
      char *out = y + (size_t)i * pitch,
           *row = nm__is_narrow(dtype) ? s->cpu->scratch[worker] : out;
      load_rows(s, &cursor, i * s->length, n * s->length, row);
      softmax_rows(s, n, row);
      if (row != out) s->cpu->isa->store[dtype](n * s->length, out, 1, row);
    }
  }
}

nm_status nm__cpu_softmax(nm_device *dev, const nm_view *x, const nm_view *y, bool log) {
  nm_cpu *cpu = (nm_cpu *)dev;
  int64_t length = y->ndim ? y->shape[y->ndim - 1] : 1, rows = 1;
  for (int d = 0; d < y->ndim - 1; d++) rows *= y->shape[d];
  if (rows == 0 || length == 0) return NM_OK;
  if (length > INT_MAX - NM_TILE)
    return nm__error(dev->ctx, NM_ENOTSUP, "softmax: rows of %lld elements are too long",
                     (long long)length);
  softmax_job s = {.cpu = cpu, .x = x, .y = y, .log = log, .rows = rows, .length = (int)length};
  nm__walk_make(&s.walk, x->ndim, x->shape, x->stride);
  s.rows_per_task = length < 8192 ? 8192 / length : 1;
  int64_t tasks = (rows + s.rows_per_task - 1) / s.rows_per_task;
  int workers = nm__workers(cpu, tasks, (double)rows * (double)length * 8);
  if (nm__is_narrow(y->dtype))
    NM_TRY(
        nm__scratch(cpu, workers, (size_t)(length < NM_TILE ? NM_TILE : length) * sizeof(float)));
  nm__parallel(cpu, workers, tasks, softmax_work, &s);
  return NM_OK;
}
