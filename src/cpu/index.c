/* index.c: gather and scatter along a dim.
 *
 * Both walk the index tensor in order, row by row of its last dim; the address of an element in the
 * indexed tensor is that of its coordinates without `dim`, plus the index times the stride of
 * `dim`. A scatter runs on one thread, so that repeated indices take effect in order: the last one
 * is kept by SET, all are counted by ADD. */
#include <string.h>

#include "cpu/cpu.h"
#include "cpu/mathf.h"

typedef struct row { /* one row of the last dim */
  int64_t n;
  const int64_t *index;
  int64_t index_step;
  char *far;                  /* the indexed tensor, at this row's coordinates with 0 for `dim` */
  int64_t far_step, far_jump; /* bytes per element of the row; per unit of the index */
  char *near;                 /* the other tensor */
  int64_t near_step;          /* bytes */
} row;

typedef void row_loop(const row *r);

/* far -> near and near -> far, for elements of 1, 2, 4 and 8 bytes */
#define MOVES(bits)                                                                                \
  static void gather_##bits(const row *r) {                                                        \
    for (int64_t j = 0; j < r->n; j++)                                                             \
      memcpy(r->near + j * r->near_step,                                                           \
             r->far + j * r->far_step + r->index[j * r->index_step] * r->far_jump, bits / 8);      \
  }                                                                                                \
  static void set_##bits(const row *r) {                                                           \
    for (int64_t j = 0; j < r->n; j++)                                                             \
      memcpy(r->far + j * r->far_step + r->index[j * r->index_step] * r->far_jump,                 \
             r->near + j * r->near_step, bits / 8);                                                \
  }
MOVES(8)
MOVES(16)
MOVES(32)
MOVES(64)

/* The sum of elements d and s of a dtype, from C type M. */
#define ADD(name, M, sum)                                                                          \
  static void add_##name(const row *r) {                                                           \
    for (int64_t j = 0; j < r->n; j++) {                                                           \
      char *at = r->far + j * r->far_step + r->index[j * r->index_step] * r->far_jump;             \
      M d, s;                                                                                      \
      memcpy(&d, at, sizeof d);                                                                    \
      memcpy(&s, r->near + j * r->near_step, sizeof s);                                            \
      d = (M)(sum);                                                                                \
      memcpy(at, &d, sizeof d);                                                                    \
    }                                                                                              \
  }
ADD(float32, float, d + s)
ADD(float64, double, d + s)
ADD(float16, uint16_t, to_float16(from_float16(d) + from_float16(s)))
ADD(bfloat16, uint16_t, to_bfloat16(from_bfloat16(d) + from_bfloat16(s)))
ADD(int64, int64_t, d + s)
ADD(int32, int32_t, d + s)
ADD(int16, int16_t, d + s)
ADD(int8, int8_t, d + s)
ADD(uint8, uint8_t, d + s)
ADD(bool, uint8_t, d | s)

static row_loop *const gather_of[] = {
    [1] = gather_8, [2] = gather_16, [4] = gather_32, [8] = gather_64};
static row_loop *const set_of[] = {[1] = set_8, [2] = set_16, [4] = set_32, [8] = set_64};
static row_loop *const add_of[NM_NDTYPES] = {
    [NM_FLOAT32] = add_float32,   [NM_FLOAT64] = add_float64, [NM_FLOAT16] = add_float16,
    [NM_BFLOAT16] = add_bfloat16, [NM_INT64] = add_int64,     [NM_INT32] = add_int32,
    [NM_INT16] = add_int16,       [NM_INT8] = add_int8,       [NM_UINT8] = add_uint8,
    [NM_BOOL] = add_bool};

typedef struct index_job {
  const nm_view *far, *index, *near;
  int dim;
  row_loop *loop;
  int64_t rows, rows_per_task;
} index_job;

static void index_work(void *arg, nm_job *job, int worker) {
  const index_job *x = arg;
  const nm_view *index = x->index;
  int last = index->ndim - 1;
  int64_t size = (int64_t)nm__dtype_size(x->far->dtype), task;
  char *far = (char *)x->far->mem->ptr + x->far->offset * size;
  char *near = (char *)x->near->mem->ptr + x->near->offset * size;
  row r = {.n = index->shape[last],
           .index_step = index->stride[last],
           .near_step = x->near->stride[last] * size,
           .far_step = last == x->dim ? 0 : x->far->stride[last] * size,
           .far_jump = x->far->stride[x->dim] * size};
  (void)worker;
  while ((task = nm__next_task(job)) >= 0) {
    int64_t i = task * x->rows_per_task,
            end = i + x->rows_per_task < x->rows ? i + x->rows_per_task : x->rows;
    for (; i < end; i++) {
      int64_t rest = i, at_index = index->offset, at_far = 0, at_near = 0;
      for (int d = last - 1; d >= 0; d--) {
        int64_t c = rest % index->shape[d];
        rest /= index->shape[d];
        at_index += c * index->stride[d];
        at_near += c * x->near->stride[d];
        if (d != x->dim) at_far += c * x->far->stride[d];
      }
      r.index = (const int64_t *)index->mem->ptr + at_index;
      r.far = far + at_far * size;
      r.near = near + at_near * size;
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
                           const nm_view *near, row_loop *loop, bool serial) {
  nm_cpu *cpu = (nm_cpu *)dev;
  nm_view f = at_least_1d(far), ix = at_least_1d(index), n = at_least_1d(near);
  index_job x = {.far = &f, .index = &ix, .near = &n, .dim = dim, .loop = loop, .rows = 1};
  for (int d = 0; d < ix.ndim - 1; d++) x.rows *= ix.shape[d];
  int64_t length = ix.shape[ix.ndim - 1];
  if (x.rows == 0 || length == 0) return NM_OK;
  x.rows_per_task = length < 8192 ? 8192 / length : 1;
  int64_t tasks = (x.rows + x.rows_per_task - 1) / x.rows_per_task;
  int workers = serial ? 1 : nm__workers(cpu, tasks, (double)x.rows * (double)length * 2);
  nm__parallel(cpu, workers, tasks, index_work, &x);
  return NM_OK;
}

nm_status nm__cpu_gather(nm_device *dev, const nm_view *x, int dim, const nm_view *index,
                         const nm_view *y) {
  return run_index(dev, x, dim, index, y, gather_of[nm__dtype_size(x->dtype)], false);
}

nm_status nm__cpu_scatter(nm_device *dev, const nm_view *y, int dim, const nm_view *index,
                          const nm_view *src, nm_scatter_mode mode) {
  row_loop *loop = mode == NM_SCATTER_ADD ? add_of[y->dtype] : set_of[nm__dtype_size(y->dtype)];
  return run_index(dev, y, dim, index, src, loop, true);
}
