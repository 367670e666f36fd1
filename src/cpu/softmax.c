/* softmax.c: softmax and log_softmax along a dim.
 *
 * The dims before it count as `outer`, those behind it as `inner`.  Without inner ones its lines
 * are rows: the greatest element, the exponentials and their sum in double, the quotients, while
 * the row is in the caches; rows that are too long for that are cut into chunks of their own tasks,
 * and read twice.  Short rows are turned into columns, many at a time.  Otherwise up to NM_TILE
 * neighbouring lines are worked on side by side, in columns, chunk after chunk of their rows.  How
 * chunks are joined follows from the shape alone.  Lines with NaN, or without a finite greatest
 * element, come out as NaN. */
#include <math.h>
#include <string.h>

#include "cpu/cpu.h"

enum {
  CHUNK = 1 << 15, /* elements that are worked on at a time */
  LEAST = 64,      /* columns side by side that are worth it */
  LONG = 2 * CHUNK /* rows of more are cut */
};

typedef struct softmax_job {
  nm_cpu *cpu;
  const nm_softmax_loops *loops;
  const nm_view *x, *y;
  nm_walk walk;  /* of x */
  nm_plan *plan; /* or, where x is what a program computes, that program's, */
  uint8_t src;   /* and which operand it is */
  bool log, narrow, stream;
  nm_class cls;
  size_t size;             /* of an element of the class */
  int64_t n, outer, inner; /* n: the length of a line */
  int64_t per_task;        /* rows of a task, or of columns: how many are side by side */
  int64_t chunks;          /* of a long row */
  nm_acc *most, *sum;      /* of each chunk of each long row */
  bool totals;             /* the first of their two passes */
} softmax_job;

typedef struct state { /* of a worker; each buffer holds CHUNK + NM_TILE elements at least */
  const softmax_job *s;
  nm_cursor cursor;
  nm_machine machine; /* of the plan */
  char *x, *e, *tile;
} state;

static size_t buffer_size(const softmax_job *s) {
  int64_t row = s->inner == 1 && s->n <= LONG ? s->n : 0;
  return (size_t)(row > CHUNK ? row : CHUNK) * s->size + NM_TILE * s->size;
}

/* n elements of x from `at` on in its order, in their class: where they lie, or in `to`. */
static const char *source(state *w, int64_t at, int64_t n, char *to) {
  const softmax_job *s = w->s;
  if (s->plan) return nm__machine_block(&w->machine, s->src, s->size, at, n, to);
  nm_dtype dtype = s->x->dtype;
  int64_t size = (int64_t)nm__dtype_size(dtype), stride = s->walk.stride[s->walk.ndim - 1], offset;
  const char *base = (const char *)s->x->mem->ptr + s->x->offset * size;
  char *begin = to;
  nm__walk_seek(&s->walk, &w->cursor, at);
  while (n > 0) {
    int k = nm__walk_next(&s->walk, &w->cursor, (int)n, &offset);
    if (to == begin && k == n && stride == 1 && !s->narrow) return base + offset * size;
    s->cpu->isa->load[dtype](k, to, base + offset * size, stride);
    to += (size_t)k * s->size;
    n -= k;
  }
  return begin;
}

static char *result(const softmax_job *s, int64_t at) {
  return (char *)s->y->mem->ptr + (size_t)(s->y->offset + at) * nm__dtype_size(s->y->dtype);
}

/* Where up to NM_TILE results for element `at` of y are best computed, and what brings them there.
 */
static char *target(state *w, int64_t at) {
  return w->s->narrow || w->s->stream ? w->tile : result(w->s, at);
}
static void deliver(state *w, int64_t at, int n) {
  const softmax_job *s = w->s;
  if (s->narrow)
    s->cpu->isa->store[s->y->dtype](n, result(s, at), 1, w->tile);
  else if (s->stream)
    s->cpu->isa->stream((size_t)n * s->size, result(s, at), w->tile);
}

/* ---- rows ---- */

static void finish_row(state *w, int64_t at, int64_t n, const char *x, double m, double v,
                       nm_softmax_form form) {
  for (int k; n > 0; n -= k, at += k, x += (size_t)k * w->s->size) {
    k = n < NM_TILE ? (int)n : NM_TILE;
    w->s->loops->finish(k, target(w, at), x, m, v, form);
    deliver(w, at, k);
  }
}

/* Rows from `row` on, n of them, whose results go to their place together. */
static void softmax_rows(state *w, int64_t row, int n) {
  const softmax_job *s = w->s;
  int length = (int)s->n;
  int64_t at = row * length, all = (int64_t)n * length;
  const char *x = source(w, at, all, w->x);
  bool direct = !s->narrow && !s->stream;
  int64_t ahead = s->stream && x != w->x && row + 2 * n <= s->outer ? all : 0;
  char *y = direct ? result(s, at) : w->e, *out = y;
  for (int i = 0; i < n; i++, x += (size_t)length * s->size, out += (size_t)length * s->size)
    s->loops->row(length, out, x, s->log, ahead);
  if (s->narrow)
    s->cpu->isa->store[s->y->dtype]((int)all, result(s, at), 1, y);
  else if (s->stream)
    s->cpu->isa->stream((size_t)all * s->size, result(s, at), y);
}

/* Whether rows go one after the other past the caches; they are read where they lie. */
static bool rows_go_past(const softmax_job *s) {
  return s->stream && !s->plan && s->loops->row_past && (size_t)s->n * s->size % 64 == 0 &&
         s->n >= NM_TILE && (uintptr_t)result(s, 0) % 64 == 0 && s->walk.ndim == 1 &&
         s->walk.stride[0] == 1;
}

static void softmax_rows_past(state *w, int64_t row, int64_t end) {
  const softmax_job *s = w->s;
  nm_softmax_row before = {.left = 0};
  int64_t ahead = s->n;
  for (char *e = w->e, *other = w->x, *swap; row < end; row++) {
    const char *x = source(w, row * s->n, s->n, NULL);
    if (row + 1 == s->outer) ahead = 0;
    s->loops->row_past((int)s->n, e, x, s->log, ahead, &before);
    before.to = result(s, row * s->n);
    swap = e, e = other, other = swap;
  }
  s->loops->row_past(0, NULL, NULL, s->log, 0, &before);
}

static void softmax_long_row(state *w, int64_t task) {
  const softmax_job *s = w->s;
  int64_t row = task / s->chunks, first = task % s->chunks * CHUNK;
  int64_t n = s->n - first < CHUNK ? s->n - first : CHUNK;
  const char *x = source(w, row * s->n + first, n, w->x);
  if (!s->totals) {
    double m = s->most[row * s->chunks].f, sum = s->sum[row * s->chunks].f;
    finish_row(w, row * s->n + first, n, x, m, s->log ? log(sum) : 1 / sum,
               s->log ? NM_SOFTMAX_LOG : NM_SOFTMAX_EXP);
    return;
  }
  double m = s->cpu->isa->fold_row[NM_R_MAX][s->cls]((int)n, x).f;
  s->most[task].f = m;
  s->sum[task].f = s->loops->exp_sum((int)n, NULL, x, m, 0);
}

/* The greatest element and the sum of each long row, in the place of its first chunk. */
static void join_chunks(const softmax_job *s) {
  for (int64_t row = 0; row < s->outer; row++) {
    nm_acc *most = s->most + row * s->chunks, *sum = s->sum + row * s->chunks;
    double m = -INFINITY, total = 0;
    for (int64_t i = 0; i < s->chunks; i++)
      m = m < most[i].f || most[i].f != most[i].f ? most[i].f : m;
    for (int64_t i = 0; i < s->chunks; i++)
      total += most[i].f == m           ? sum[i].f
               : most[i].f == -INFINITY ? 0
                                        : sum[i].f * exp(most[i].f - m);
    most->f = m, sum->f = total;
  }
}

/* ---- columns ---- */

typedef struct columns { /* of up to NM_TILE lines */
  nm_acc most[NM_TILE];
  double sum[NM_TILE];
  double m[NM_TILE], v[NM_TILE]; /* of the class: the greatest, and what finishes a line */
} columns;

static void start_columns(const softmax_job *s, columns *c, int width) {
  for (int i = 0; i < width; i++) {
    c->most[i].f = -INFINITY;
    c->sum[i] = 0;
    if (s->cls == NM_F32)
      ((float *)c->m)[i] = -(float)INFINITY;
    else
      c->m[i] = -INFINITY;
  }
}

/* Takes in `rows` rows of x; e, if it is given, gets the exponentials. */
static void sum_columns(const softmax_job *s, columns *c, int width, int rows, const char *x,
                        int64_t pitch, char *e) {
  s->cpu->isa->fold_columns[NM_R_MAX][s->cls](width, rows, c->most, x, pitch);
  s->loops->columns_change(width, c->sum, c->m, c->most);
  s->loops->columns_exp_sum(width, rows, c->sum, e, c->m, x, pitch);
}

static void close_columns(const softmax_job *s, columns *c, int width) {
  for (int i = 0; i < width; i++) {
    double v = s->log ? log(c->sum[i]) : 1 / c->sum[i];
    if (s->cls == NM_F32)
      ((float *)c->v)[i] = (float)v;
    else
      c->v[i] = v;
  }
}

/* Short rows from `row` on, n of them. */
static void softmax_short_rows(state *w, int64_t row, int n) {
  const softmax_job *s = w->s;
  nm_turn_loop *turn = s->cpu->isa->turn[s->cls == NM_F32 ? 2 : 3];
  int length = (int)s->n;
  columns c;
  const char *x = source(w, row * length, (int64_t)n * length, w->x);
  char *turned = w->e;
  turn(length, n, x, length, turned, n);
  start_columns(s, &c, n);
  sum_columns(s, &c, n, length, turned, n, s->log ? NULL : w->x); /* x is no longer needed */
  close_columns(s, &c, n);
  char *y = s->log ? turned : w->x;
  s->loops->columns_finish(n, length, y, n, y, n, c.m, c.v,
                           s->log ? NM_SOFTMAX_LOG : NM_SOFTMAX_SCALE);
  for (int64_t at = row * length, left = (int64_t)n * length, k; left > 0; left -= k, at += k) {
    int rows = left < NM_TILE ? (int)(left / length) : NM_TILE / length;
    k = rows * length;
    turn(rows, length, y, n, target(w, at), length);
    deliver(w, at, (int)k);
    y += (size_t)rows * s->size;
  }
}

/* Rows k .. k + rows - 1 of `width` columns, the first of which is element `at` of x. */
static const char *column_rows(state *w, int64_t at, int width, int rows, int64_t *pitch) {
  const softmax_job *s = w->s;
  if (s->walk.ndim == 1 && s->walk.stride[0] == 1 && !s->narrow) {
    *pitch = s->inner;
    return source(w, at, 1, w->x);
  }
  *pitch = width;
  for (int k = 0; k < rows; k++) {
    char *to = w->x + (size_t)(k * width) * s->size;
    const char *x = source(w, at + k * s->inner, width, to);
    if (x != to) memcpy(to, x, (size_t)width * s->size);
  }
  return w->x;
}

static void finish_columns(state *w, const columns *c, int64_t at, int width, int rows,
                           const char *x, int64_t pitch, nm_softmax_form form) {
  const softmax_job *s = w->s;
  if (!s->narrow && !s->stream) {
    s->loops->columns_finish(width, rows, result(s, at), s->inner, x, pitch, c->m, c->v, form);
    return;
  }
  for (int k = 0; k < rows; k++, at += s->inner, x += (size_t)pitch * s->size) {
    s->loops->columns_finish(width, 1, w->tile, width, x, pitch, c->m, c->v, form);
    deliver(w, at, width);
  }
}

static void softmax_columns(state *w, int64_t task) {
  const softmax_job *s = w->s;
  int64_t per_outer = (s->inner + s->per_task - 1) / s->per_task;
  int64_t column = task % per_outer * s->per_task,
          first = task / per_outer * s->n * s->inner + column;
  int width = (int)(s->inner - column < s->per_task ? s->inner - column : s->per_task);
  int64_t most = CHUNK / width, pitch, rows;
  bool held = s->n <= most; /* the exponentials of all rows */
  const char *x = NULL;
  columns c;
  start_columns(s, &c, width);
  for (int64_t k = 0; k < s->n; k += rows) {
    rows = s->n - k < most ? s->n - k : most;
    x = column_rows(w, first + k * s->inner, width, (int)rows, &pitch);
    sum_columns(s, &c, width, (int)rows, x, pitch, held && !s->log ? w->e : NULL);
  }
  close_columns(s, &c, width);
  if (held && !s->log) {
    finish_columns(w, &c, first, width, (int)s->n, w->e, width, NM_SOFTMAX_SCALE);
    return;
  }
  for (int64_t k = 0; k < s->n; k += rows) {
    rows = s->n - k < most ? s->n - k : most;
    if (!held) x = column_rows(w, first + k * s->inner, width, (int)rows, &pitch);
    finish_columns(w, &c, first + k * s->inner, width, (int)rows, x, pitch,
                   s->log ? NM_SOFTMAX_LOG : NM_SOFTMAX_EXP);
  }
}

/* ---- all of it ---- */

static void softmax_work(void *arg, nm_job *job, int worker) {
  const softmax_job *s = arg;
  size_t size = buffer_size(s);
  state w;
  w.s = s, w.cursor.at = -1, w.x = s->cpu->scratch[worker];
  w.e = w.x + size, w.tile = w.e + size;
  if (s->plan) nm__machine_start(&w.machine, s->plan, w.tile + NM_TILE * s->size);
  for (int64_t task; (task = nm__near_task(job, worker)) >= 0;) {
    int64_t row = task * s->per_task, end = row + s->per_task;
    if (end > s->outer) end = s->outer;
    if (s->inner > 1) {
      softmax_columns(&w, task);
    } else if (s->chunks) {
      softmax_long_row(&w, task);
    } else if (rows_go_past(s)) {
      softmax_rows_past(&w, row, end);
    } else {
      bool turned = s->n < s->loops->least;
      int64_t block = s->plan ? NM_TILE : CHUNK / 8;
      int64_t most = s->n < block ? block / s->n : 1; /* rows at a time */
      if (turned && most > NM_TILE) most = NM_TILE;
      for (; row < end; row += most) {
        int n = (int)(end - row < most ? end - row : most);
        if (turned)
          softmax_short_rows(&w, row, n);
        else
          softmax_rows(&w, row, n);
      }
    }
  }
  if (s->stream) s->cpu->isa->stream_end();
}

/* How many tasks. */
static int64_t cut(softmax_job *s) {
  if (s->inner > 1) {
    int64_t width = CHUNK / s->n / 16 * 16; /* as many columns as the exponentials can be held of */
    s->per_task = width < LEAST || width > NM_TILE ? NM_TILE : width;
    if (s->per_task > s->inner) s->per_task = s->inner;
    return s->outer * ((s->inner + s->per_task - 1) / s->per_task);
  }
  s->per_task = s->n < CHUNK ? CHUNK / s->n : 1;
  if (s->n <= LONG) return (s->outer + s->per_task - 1) / s->per_task;
  s->chunks = (s->n + CHUNK - 1) / CHUNK;
  return s->outer * s->chunks;
}

/* y's elements, along dim. */
static softmax_job job_of(nm_device *dev, int dim, const nm_view *y, bool log) {
  nm_cpu *cpu = (nm_cpu *)dev;
  nm_class cls = nm__dtype_class(y->dtype);
  softmax_job s = {.cpu = cpu,
                   .loops = &cpu->isa->softmax[cls],
                   .y = y,
                   .log = log,
                   .narrow = nm__is_narrow(y->dtype),
                   .cls = cls,
                   .size = nm__class_size[cls],
                   .n = y->ndim ? y->shape[dim] : 1,
                   .outer = 1,
                   .inner = 1};
  for (int d = 0; d < dim; d++) s.outer *= y->shape[d];
  for (int d = dim + 1; d < y->ndim; d++) s.inner *= y->shape[d];
  return s;
}

static nm_status run(softmax_job *s) {
  nm_cpu *cpu = s->cpu;
  int64_t numel = s->outer * s->n * s->inner;
  if (numel == 0) return NM_OK;
  s->stream = !s->narrow && nm__past_caches(s->y->mem, (size_t)numel * s->size);
  int64_t tasks = cut(s);
  int workers = nm__workers(cpu, tasks, (double)numel * (s->plan ? 8 + s->plan->nsteps : 8));
  NM_TRY(nm__scratch(cpu, workers,
                     2 * buffer_size(s) + NM_TILE * s->size +
                         (s->plan ? nm__plan_scratch(s->plan) : 0)));
  nm_mem chunks = {.ptr = NULL};
  if (s->chunks) {
    NM_TRY(nm__cpu_alloc(&cpu->dev, 2 * (size_t)tasks * sizeof(nm_acc), &chunks));
    s->most = chunks.ptr;
    s->sum = s->most + tasks;
    s->totals = true;
    nm__parallel(cpu, workers, tasks, softmax_work, s);
    join_chunks(s);
    s->totals = false;
  }
  nm__parallel(cpu, workers, tasks, softmax_work, s);
  nm__cpu_release(&cpu->dev, &chunks);
  return NM_OK;
}

nm_status nm__cpu_softmax(nm_device *dev, const nm_view *x, int dim, const nm_view *y, bool log) {
  softmax_job s = job_of(dev, dim, y, log);
  s.x = x;
  nm__walk_make(&s.walk, x->ndim, x->shape, x->stride);
  return run(&s);
}

nm_status nm__cpu_softmax_of(nm_device *dev, const nm_program *p, uint8_t src, const nm_view *y,
                             bool log) {
  softmax_job s = job_of(dev, y->ndim - 1, y, log);
  nm_plan plan;
  nm__plan(&plan, s.cpu->isa, p, src);
  s.plan = &plan, s.src = src;
  return run(&s);
}
