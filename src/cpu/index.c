/* index.c: gather and scatter along a dim.
 *
 * Both walk the index tensor in order, row by row of its last dim; the address of an element in the
 * indexed tensor is that of its coordinates without `dim`, plus the index times the stride of
 * `dim`.  Repeated indices of a scatter take effect in order: the last one is kept by SET, all are
 * counted by the others.  So what meets in one place is walked by one thread: threads share out the
 * dims before `dim` and parts of the rows, and the result is the same for any number of them. */
#include <string.h>

#include "cpu/cpu.h"
#include "cpu/mathf.h"

typedef struct row { /* a row of the last dim, or a part of one */
  int64_t n;
  const int64_t *index;
  int64_t index_step;
  char *far;                  /* the indexed tensor, at this row's coordinates with 0 for `dim` */
  int64_t far_step, far_jump; /* bytes per element of the row; per unit of the index */
  char *near;                 /* the other tensor */
  int64_t near_step;          /* bytes */
} row;

typedef void row_loop(const row *r);

/* The elements of a row: the j-th is read and written at `at` (in the indexed tensor) and `by`. The
 * common rows have loops of their own: one index for all (rows of a table), and neighbours. */
#define EACH(size, body)                                                                           \
  do {                                                                                             \
    const row w = *r; /* a copy, which what is written cannot change */                            \
    if (w.index_step == 0 && w.far_step == (size) && w.near_step == (size)) {                      \
      char *at = w.far + *w.index * w.far_jump, *by = w.near;                                      \
      for (int64_t j = 0; j < w.n; j++, at += (size), by += (size)) body;                          \
    } else if (w.index_step == 1 && w.near_step == (size)) {                                       \
      char *at, *by = w.near, *far = w.far;                                                        \
      for (int64_t j = 0; j < w.n; j++, far += w.far_step, by += (size)) {                         \
        at = far + w.index[j] * w.far_jump;                                                        \
        body;                                                                                      \
      }                                                                                            \
    } else {                                                                                       \
      for (int64_t j = 0; j < w.n; j++) {                                                          \
        char *at = w.far + j * w.far_step + w.index[j * w.index_step] * w.far_jump;                \
        char *by = w.near + j * w.near_step;                                                       \
        body;                                                                                      \
      }                                                                                            \
    }                                                                                              \
  } while (0)

/* far -> near and near -> far, for elements of 1, 2, 4 and 8 bytes */
#define MOVES(bits)                                                                                \
  static void gather_##bits(const row *r) { EACH(bits / 8, memcpy(by, at, bits / 8)); }            \
  static void set_##bits(const row *r) { EACH(bits / 8, memcpy(at, by, bits / 8)); }
MOVES(8)
MOVES(16)
MOVES(32)
MOVES(64)

/* d = f(d, s) of elements of a dtype: M in memory, C to compute with. */
#define FOLD(name, M, C, from, to, expression)                                                     \
  static inline void one_##name(char *at, const char *by) {                                        \
    M m, k;                                                                                        \
    memcpy(&m, at, sizeof m);                                                                      \
    memcpy(&k, by, sizeof k);                                                                      \
    C d = from(m), s = from(k);                                                                    \
    m = (M)to(expression);                                                                         \
    memcpy(at, &m, sizeof m);                                                                      \
  }                                                                                                \
  static void name(const row *r) { EACH((int64_t)sizeof(M), one_##name(at, by)); }
#define FOLDS(dtype, M, C, from, to, max, min)                                                     \
  FOLD(add_##dtype, M, C, from, to, d + s)                                                         \
  FOLD(prod_##dtype, M, C, from, to, d *s)                                                         \
  FOLD(max_##dtype, M, C, from, to, max(d, s))                                                     \
  FOLD(min_##dtype, M, C, from, to, min(d, s))
#define LARGER(d, s) ((d) > (s) ? (d) : (s))
#define SMALLER(d, s) ((d) < (s) ? (d) : (s))
#define SAME(v) (v)
#define BOOL(v) ((v) != 0)
FOLDS(float32, float, float, SAME, SAME, max_f32, min_f32)
FOLDS(float64, double, double, SAME, SAME, max_f64, min_f64)
FOLDS(float16, uint16_t, float, from_float16, to_float16, max_f32, min_f32)
FOLDS(bfloat16, uint16_t, float, from_bfloat16, to_bfloat16, max_f32, min_f32)
FOLDS(int64, int64_t, int64_t, SAME, SAME, LARGER, SMALLER)
FOLDS(int32, int32_t, int32_t, SAME, SAME, LARGER, SMALLER)
FOLDS(int16, int16_t, int32_t, SAME, SAME, LARGER, SMALLER)
FOLDS(int8, int8_t, int32_t, SAME, SAME, LARGER, SMALLER)
FOLDS(uint8, uint8_t, int32_t, SAME, SAME, LARGER, SMALLER)
FOLDS(bool, uint8_t, int32_t, SAME, BOOL, LARGER, SMALLER)

static row_loop *const gather_of[] = {
    [1] = gather_8, [2] = gather_16, [4] = gather_32, [8] = gather_64};
static row_loop *const set_of[] = {[1] = set_8, [2] = set_16, [4] = set_32, [8] = set_64};
#define FOLD_OF(dtype)                                                                             \
  {                                                                                                \
    [NM_SCATTER_ADD] = add_##dtype, [NM_SCATTER_PROD] = prod_##dtype,                              \
    [NM_SCATTER_MAX] = max_##dtype, [NM_SCATTER_MIN] = min_##dtype                                 \
  }
static row_loop *const fold_of[NM_NDTYPES][NM_SCATTER_MIN + 1] = {
    [NM_FLOAT32] = FOLD_OF(float32), [NM_FLOAT64] = FOLD_OF(float64),
    [NM_FLOAT16] = FOLD_OF(float16), [NM_BFLOAT16] = FOLD_OF(bfloat16),
    [NM_INT64] = FOLD_OF(int64),     [NM_INT32] = FOLD_OF(int32),
    [NM_INT16] = FOLD_OF(int16),     [NM_INT8] = FOLD_OF(int8),
    [NM_UINT8] = FOLD_OF(uint8),     [NM_BOOL] = FOLD_OF(bool)};

typedef struct index_job {
  const nm_view *far, *index, *near;
  int dim;
  row_loop *loop;
  int64_t rows;           /* of the last dim, in all; */
  int64_t rows_together;  /* as many are walked in order by one thread, */
  int64_t columns, parts; /* or so many columns of them, where rows are cut into parts */
} index_job;

static void index_work(void *arg, nm_job *job, int worker) {
  const index_job *x = arg;
  const nm_view *index = x->index;
  int last = index->ndim - 1;
  int64_t size = (int64_t)nm__dtype_size(x->far->dtype), task;
  char *far = (char *)x->far->mem->ptr + x->far->offset * size;
  char *near = (char *)x->near->mem->ptr + x->near->offset * size;
  row r = {.index_step = index->stride[last],
           .near_step = x->near->stride[last] * size,
           .far_step = last == x->dim ? 0 : x->far->stride[last] * size,
           .far_jump = x->far->stride[x->dim] * size};
  (void)worker;
  while ((task = nm__next_task(job)) >= 0) {
    int64_t i = task / x->parts * x->rows_together, first = task % x->parts * x->columns,
            end = i + x->rows_together < x->rows ? i + x->rows_together : x->rows;
    r.n = index->shape[last] - first < x->columns ? index->shape[last] - first : x->columns;
    for (; i < end; i++) {
      int64_t rest = i, at_index = index->offset, at_far = 0, at_near = 0;
      for (int d = last - 1; d >= 0; d--) {
        int64_t c = rest % index->shape[d];
        rest /= index->shape[d];
        at_index += c * index->stride[d];
        at_near += c * x->near->stride[d];
        if (d != x->dim) at_far += c * x->far->stride[d];
      }
      r.index = (const int64_t *)index->mem->ptr + at_index + first * r.index_step;
      r.far = far + at_far * size + first * r.far_step;
      r.near = near + at_near * size + first * r.near_step;
      x->loop(&r);
    }
  }
}

/* 0-d tensors are worked on as {1}. */
static nm_view at_least_1d(const nm_view *v) {
  nm_view w = *v;
  if (w.ndim == 0) w.ndim = 1, w.shape[0] = 1, w.stride[0] = 0;
  return w;
}

static nm_status run_index(nm_device *dev, const nm_view *far, int dim, const nm_view *index,
                           const nm_view *near, row_loop *loop, bool writes) {
  enum { PER_TASK = 8192 };
  nm_cpu *cpu = (nm_cpu *)dev;
  nm_view f = at_least_1d(far), ix = at_least_1d(index), n = at_least_1d(near);
  int64_t length = ix.shape[ix.ndim - 1], meeting = 1; /* rows that may meet in one place */
  index_job x = {.far = &f, .index = &ix, .near = &n, .dim = dim, .loop = loop, .rows = 1};
  for (int d = 0; d < ix.ndim - 1; d++) {
    x.rows *= ix.shape[d];
    if (writes && d >= dim) meeting *= ix.shape[d];
  }
  if (x.rows == 0 || length == 0) return NM_OK;
  x.columns = length;
  if (meeting > 1) { /* no columns meet: they are cut into some parts for each thread */
    int64_t threads = cpu->dev.ctx->num_threads, cuts = threads > 1 ? 4 * threads : 1;
    int64_t narrow = (length + cuts - 1) / cuts > 64 ? (length + cuts - 1) / cuts : 64;
    if (narrow < length) x.columns = narrow;
  }
  x.parts = (length + x.columns - 1) / x.columns;
  int64_t most = x.parts > 1 ? 1 : PER_TASK / (meeting * length);
  x.rows_together = meeting * (most > 1 ? most : 1);
  int64_t tasks = (x.rows + x.rows_together - 1) / x.rows_together * x.parts;
  int workers = nm__workers(cpu, tasks, (double)x.rows * (double)length * 2);
  nm__parallel(cpu, workers, tasks, index_work, &x);
  return NM_OK;
}

nm_status nm__cpu_gather(nm_device *dev, const nm_view *x, int dim, const nm_view *index,
                         const nm_view *y) {
  return run_index(dev, x, dim, index, y, gather_of[nm__dtype_size(x->dtype)], false);
}

nm_status nm__cpu_scatter(nm_device *dev, const nm_view *y, int dim, const nm_view *index,
                          const nm_view *src, nm_scatter_mode mode) {
  row_loop *loop =
      mode == NM_SCATTER_SET ? set_of[nm__dtype_size(y->dtype)] : fold_of[y->dtype][mode];
  return run_index(dev, y, dim, index, src, loop, true);
}
