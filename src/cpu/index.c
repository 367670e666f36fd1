/* index.c: gather and scatter along a dim, and the check of positions.
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

enum { SHORT_ROW = 256 }; /* bytes below which a row is not streamed */

/* The elements of a row: the j-th is read and written at `at` (in the indexed tensor) and `by`. The
 * common rows have loops of their own: one index for all (rows of a table), and neighbours, above
 * all when what they index are neighbours. */
#define EACH(size, body)                                                                           \
  do {                                                                                             \
    const row w = *r; /* a copy, which what is written cannot change */                            \
    if (w.index_step == 0 && w.far_step == (size) && w.near_step == (size)) {                      \
      char *at = w.far + *w.index * w.far_jump, *by = w.near;                                      \
      for (int64_t j = 0; j < w.n; j++, at += (size), by += (size)) body;                          \
    } else if (w.index_step == 1 && w.near_step == (size) && w.far_step == 0 &&                    \
               w.far_jump == (size)) {                                                             \
      char *at, *by = w.near;                                                                      \
      _Pragma("GCC unroll 4") for (int64_t j = 0; j < w.n; j++, by += (size)) {                    \
        at = w.far + w.index[j] * (size);                                                          \
        body;                                                                                      \
      }                                                                                            \
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
  static void gather_##bits(const row *r) {                                                        \
    if (r->index_step == 0 && r->far_step == bits / 8 && r->near_step == bits / 8)                 \
      memcpy(r->near, r->far + *r->index * r->far_jump, (size_t)r->n * (bits / 8));                \
    else                                                                                           \
      EACH(bits / 8, memcpy(by, at, bits / 8));                                                    \
  }                                                                                                \
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
  const nm_isa *isa;
  const nm_view *far, *index, *near;
  int dim;
  row_loop *loop;
  bool given, streams;    /* positions are as they were given; y goes past the caches */
  int64_t n, base;        /* of positions that were given */
  _Atomic bool outside;   /* one of them is */
  int64_t rows;           /* of the last dim, in all; */
  int64_t rows_together;  /* as many are walked in order by one thread, */
  int64_t columns, parts; /* or so many columns of them, where rows are cut into parts */
} index_job;

/* Asks for memory that will be read soon. */
static void fetch(const char *at, int64_t bytes) {
  enum { LINE = 64 };
  for (int64_t b = 0; b < bytes; b += LINE) __builtin_prefetch(at + b);
}

/* Positions of a part of a row as they were given: counted from 0 in `at`, if they are inside. */
static bool count_given(index_job *x, row *part, int64_t *at) {
  const int64_t *given = part->index;
  int64_t many = part->index_step ? part->n : 1;
  if (part->index_step > 1) {
    x->isa->load[NM_INT64]((int)many, at, given, part->index_step);
    given = at;
  }
  if (!x->isa->place(many, given, x->n, x->base, at)) x->outside = true;
  part->index = at;
  part->index_step = part->index_step != 0;
  return !x->outside;
}

/* A row in parts that the first cache holds: positions that were given are checked there, and what
 * goes past the caches is gathered there.  Of `next`, which is read after it, each part fetches its
 * share. */
static void index_row(index_job *x, const row *r, const char *next, int64_t bytes) {
  enum { PART = 512 };
  int64_t at[PART];
  _Alignas(64) char tile[PART * 8];
  for (int64_t j = 0; j < r->n; j += PART) {
    row part = *r;
    part.n = nm__least(PART, r->n - j);
    part.index += j * r->index_step;
    part.far += j * r->far_step;
    part.near += j * r->near_step;
    char *y = part.near;
    if (x->given && !count_given(x, &part, at)) return;
    if (next) fetch(next + j * bytes / r->n, part.n * bytes / r->n);
    if (x->streams) part.near = tile;
    x->loop(&part);
    if (x->streams) x->isa->stream((size_t)(part.n * r->near_step), y, tile);
  }
}

/* Rows i, i + 1, ... along the last dim but one, `count` of them. */
static void index_rows(index_job *x, row r, int64_t i, int64_t first, int64_t count) {
  const nm_view *index = x->index, *far = x->far, *near = x->near;
  int last = index->ndim - 1;
  int64_t size = (int64_t)nm__dtype_size(far->dtype), rest = i, at_index = index->offset,
          at_far = 0, at_near = 0, index_step = 0, far_step = 0, near_step = 0;
  for (int d = last - 1; d >= 0; d--) {
    int64_t c = rest % index->shape[d];
    rest /= index->shape[d];
    at_index += c * index->stride[d];
    at_near += c * near->stride[d];
    if (d != x->dim) at_far += c * far->stride[d];
  }
  if (last > 0) {
    index_step = index->stride[last - 1];
    near_step = near->stride[last - 1] * size;
    far_step = last - 1 == x->dim ? 0 : far->stride[last - 1] * size;
  }
  /* The processor sees no pattern in what is read.  Of a table it is told the row after some
   * others; of rows that are read in their entirety, but here and there, the next one. */
  enum { AHEAD = 6, MOST = 512, WHOLE = 64 * 1024 };
  int64_t row_bytes = r.n * size, line_bytes = far->shape[x->dim] * size;
  bool table = r.index_step == 0 && last - 1 == x->dim && !x->given,
       whole = last == x->dim && r.far_jump == size && line_bytes <= WHOLE &&
               4 * r.n >= far->shape[last];
  if (row_bytes > MOST) row_bytes = MOST;
  r.index = (const int64_t *)index->mem->ptr + at_index + first * r.index_step;
  r.far += at_far * size + first * r.far_step;
  r.near += at_near * size + first * r.near_step;
  for (int64_t k = 0; k < count; k++) {
    if (table && k + AHEAD < count)
      fetch(r.far + r.index[AHEAD * index_step] * r.far_jump, row_bytes);
    if (table && x->streams && r.far_step == size)
      x->isa->stream((size_t)(r.n * size), r.near, r.far + *r.index * r.far_jump);
    else if (x->given || x->streams || whole)
      index_row(x, &r, whole && k + 1 < count ? r.far + far_step : NULL, line_bytes);
    else
      x->loop(&r);
    r.index += index_step, r.far += far_step, r.near += near_step;
  }
}

static void index_work(void *arg, nm_job *job, int worker) {
  index_job *x = arg;
  const nm_view *index = x->index;
  int last = index->ndim - 1;
  int64_t size = (int64_t)nm__dtype_size(x->far->dtype), task,
          inner = last > 0 ? index->shape[last - 1] : 1;
  row r = {.index_step = index->stride[last],
           .near_step = x->near->stride[last] * size,
           .far_step = last == x->dim ? 0 : x->far->stride[last] * size,
           .far_jump = x->far->stride[x->dim] * size,
           .far = (char *)x->far->mem->ptr + x->far->offset * size,
           .near = (char *)x->near->mem->ptr + x->near->offset * size};
  while ((task = nm__near_task(job, worker)) >= 0) {
    int64_t i = task / x->parts * x->rows_together, first = task % x->parts * x->columns,
            end = i + x->rows_together < x->rows ? i + x->rows_together : x->rows, n;
    r.n = index->shape[last] - first < x->columns ? index->shape[last] - first : x->columns;
    for (; i < end; i += n) {
      n = inner - i % inner < end - i ? inner - i % inner : end - i;
      index_rows(x, r, i, first, n);
    }
  }
  if (x->streams) x->isa->stream_end();
}

/* Dims d and d + 1 become one where all three tensors allow it. */
static void merge_dims(nm_view *far, nm_view *index, nm_view *near, int *dim) {
  nm_view *const views[] = {far, index, near};
  for (int d = index->ndim - 2; d >= 0; d--) {
    bool fits = d != *dim && d + 1 != *dim;
    int64_t n = index->shape[d + 1];
    for (int v = 0; v < 3 && fits; v++) fits = views[v]->stride[d] == views[v]->stride[d + 1] * n;
    if (!fits) continue;
    for (int v = 0; v < 3; v++) {
      nm_view *t = views[v];
      t->shape[d] *= t->shape[d + 1]; /* only the index's is looked at */
      for (int e = d; e < t->ndim - 1; e++) {
        t->stride[e] = t->stride[e + 1];
        if (e > d) t->shape[e] = t->shape[e + 1];
      }
      t->ndim--;
    }
    if (*dim > d) --*dim;
  }
}

/* 0-d tensors are worked on as {1}. */
static nm_view at_least_1d(const nm_view *v) {
  nm_view w = *v;
  if (w.ndim == 0) w.ndim = 1, w.shape[0] = 1, w.stride[0] = 0;
  return w;
}

/* inside: NULL where positions were checked before, see nm_device_class.gather. */
static nm_status run_index(nm_device *dev, const nm_view *far, int dim, const nm_view *index,
                           const nm_view *near, row_loop *loop, bool writes, bool *inside) {
  enum { PER_TASK = 8192 };
  nm_cpu *cpu = (nm_cpu *)dev;
  nm_view f = at_least_1d(far), ix = at_least_1d(index), n = at_least_1d(near);
  merge_dims(&f, &ix, &n, &dim);
  int64_t length = ix.shape[ix.ndim - 1], meeting = 1; /* rows that may meet in one place */
  index_job x = {.isa = cpu->isa,
                 .far = &f,
                 .index = &ix,
                 .near = &n,
                 .dim = dim,
                 .loop = loop,
                 .given = inside,
                 .n = f.shape[dim],
                 .base = dev->ctx->base,
                 .rows = 1};
  for (int d = 0; d < ix.ndim - 1; d++) {
    x.rows *= ix.shape[d];
    if (writes && d >= dim) meeting *= ix.shape[d];
  }
  if (inside) *inside = true;
  if (x.rows == 0 || length == 0) return NM_OK;
  size_t row_bytes = (size_t)length * nm__dtype_size(near->dtype);
  x.streams =
      !writes && row_bytes >= SHORT_ROW && nm__past_caches(near->mem, (size_t)x.rows * row_bytes);
  x.columns = writes || length < 2 * PER_TASK ? length : 2 * PER_TASK;
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
  if (inside) *inside = !x.outside;
  return NM_OK;
}

/* ---- positions as they are given ---- */

typedef struct place_job {
  const nm_isa *isa;
  const int64_t *index;
  int64_t *at;
  int64_t numel, n, base;
  _Atomic bool outside;
} place_job;
enum { PLACES = 32 * 1024 }; /* of a task */

static void place_work(void *arg, nm_job *job, int worker) {
  place_job *p = arg;
  int64_t task;
  while ((task = nm__near_task(job, worker)) >= 0) {
    int64_t first = task * PLACES, many = p->numel - first < PLACES ? p->numel - first : PLACES;
    if (!p->isa->place(many, p->index + first, p->n, p->base, p->at + first)) p->outside = true;
  }
}

nm_status nm__cpu_place(nm_device *dev, const nm_view *index, int64_t n, int64_t base,
                        const nm_view *at, bool *inside) {
  nm_cpu *cpu = (nm_cpu *)dev;
  place_job p = {.isa = cpu->isa,
                 .index = (const int64_t *)index->mem->ptr + index->offset,
                 .at = (int64_t *)at->mem->ptr + at->offset,
                 .numel = 1,
                 .n = n,
                 .base = base};
  for (int d = 0; d < index->ndim; d++) p.numel *= index->shape[d];
  int64_t tasks = (p.numel + PLACES - 1) / PLACES;
  nm__parallel(cpu, nm__workers(cpu, tasks, (double)p.numel * 2), tasks, place_work, &p);
  *inside = !p.outside;
  return NM_OK;
}

nm_status nm__cpu_gather(nm_device *dev, const nm_view *x, int dim, const nm_view *index,
                         const nm_view *y, bool *inside) {
  return run_index(dev, x, dim, index, y, gather_of[nm__dtype_size(x->dtype)], false, inside);
}

nm_status nm__cpu_scatter(nm_device *dev, const nm_view *y, int dim, const nm_view *index,
                          const nm_view *src, nm_scatter_mode mode) {
  row_loop *loop =
      mode == NM_SCATTER_SET ? set_of[nm__dtype_size(y->dtype)] : fold_of[y->dtype][mode];
  return run_index(dev, y, dim, index, src, loop, true, NULL);
}
