/* rows.c: what makes a row from rows and a few sums over them: layer_norm and rms_norm, their
 * derivatives, softmax's derivative.
 *
 * Composed of reductions and programs these would read their rows from memory two to five times;
 * here a row is read once and worked on while it is in the caches.  Sums over the rows themselves
 * (the gradients of weight and bias) are gathered in double, eight rows at a time, in parts which
 * follow from the shape alone, and are then joined in their order. */
#include <math.h>
#include <string.h>

#include "cpu/cpu.h"

enum {
  CHUNK = 1 << 12, /* elements of a group of rows, if more than one */
  TASK = 1 << 15,  /* elements of a task at least */
  PARTS = 32       /* of the sums over rows, at most */
};

typedef struct rows_job {
  const nm_rows *r;
  nm_cpu *cpu;
  const nm_row_loops *loops;
  nm_dtype dtype;
  nm_class cls;
  bool narrow, stream;
  size_t size;         /* of an element of the class */
  int64_t group, task; /* rows that are worked on together, and of a task */
  const char *w, *b;   /* in the class, ones and zeros where there are none */
  double *parts;       /* of each task the sums of dw and of db, or NULL */
} rows_job;

typedef struct state { /* of a worker */
  const rows_job *s;
  char *x, *g, *y; /* rows of a group in their class, where they are not used in memory */
  double mean[NM_TILE], scale[NM_TILE];
} state;

static char *place(const nm_view *v, int64_t at) {
  return (char *)v->mem->ptr + (size_t)(v->offset + at) * nm__dtype_size(v->dtype);
}

static const char *source(const rows_job *s, const nm_view *v, int64_t at, int n, char *to) {
  if (!v || !s->narrow) return v ? place(v, at) : NULL;
  s->cpu->isa->load[v->dtype](n, to, place(v, at), 1);
  return to;
}

/* The mean of a row (0 if it is not to be taken off), and what brings its spread to 1. */
static void measure(const rows_job *s, const char *x, double *mean, double *scale) {
  int n = (int)s->r->n;
  double squares;
  *mean = 0;
  if (s->r->centered)
    s->loops->stats(n, x, mean, &squares);
  else
    squares = s->loops->dot(n, x, x);
  *scale = 1 / sqrt(squares / n + s->r->eps);
}

/* Both of row `row` as the class has them, to or from the tensor that keeps them. */
static void keep(const rows_job *s, int64_t row, double mean, double scale) {
  void *at = place(s->r->stats, 2 * row);
  if (s->cls == NM_F32)
    ((float *)at)[0] = (float)mean, ((float *)at)[1] = (float)scale;
  else
    ((double *)at)[0] = mean, ((double *)at)[1] = scale;
}
static void recall(const rows_job *s, int64_t row, double *mean, double *scale) {
  const void *at = place(s->r->stats, 2 * row);
  if (s->cls == NM_F32)
    *mean = ((const float *)at)[0], *scale = ((const float *)at)[1];
  else
    *mean = ((const double *)at)[0], *scale = ((const double *)at)[1];
}

static void norm_row(const rows_job *s, int64_t row, char *y, const char *x) {
  double mean, scale;
  measure(s, x, &mean, &scale);
  keep(s, row, mean, scale);
  s->loops->normalize((int)s->r->n, y, x, mean, scale, s->w, s->b);
}

static void norm_back_row(const rows_job *s, char *y, const char *x, const char *g, double mean,
                          double scale) {
  int n = (int)s->r->n;
  double sum, dot;
  s->loops->normalize_sums(n, g, x, mean, scale, s->w, &sum, &dot, y, s->narrow ? 0 : n);
  s->loops->normalize_back(n, y, g, x, mean, scale, s->w, s->r->centered ? sum / n : 0, dot / n);
}

/* The exponentials take time in which the next row can be fetched, if it lies behind this one. */
static void log_softmax_back_row(const rows_job *s, char *y, const char *x, const char *g,
                                 bool more) {
  int n = (int)s->r->n;
  nm_loop *exp_of = nm__ew_loop(s->cpu->isa, NM_I_exp, s->cls);
  double sum = s->loops->total(n, g);
  size_t row = more ? (size_t)n * s->size : 0, tile = NM_TILE * s->size;
  for (int m; n > 0; n -= m, x += tile, g += tile, y += tile) {
    m = n < NM_TILE ? n : NM_TILE;
    for (size_t i = 0; row && i < (size_t)m * s->size; i += 64) {
      __builtin_prefetch(x + row + i);
      __builtin_prefetch(g + row + i);
    }
    exp_of(m, y, x, x, x);
    s->loops->log_softmax_back(m, y, g, y, sum);
  }
}

static void one_row(state *w, int64_t row, int k, char *y, const char *x, const char *g) {
  const rows_job *s = w->s;
  int n = (int)s->r->n;
  switch (s->r->kind) {
  case NM_ROWS_NORM: norm_row(s, row, y, x); break;
  case NM_ROWS_NORM_BACK:
    recall(s, row, w->mean + k, w->scale + k);
    if (y) norm_back_row(s, y, x, g, w->mean[k], w->scale[k]);
    break;
  case NM_ROWS_SOFTMAX_BACK:
    s->loops->softmax_back(n, y, g, x, s->loops->dot(n, g, x), s->r->factor);
    break;
  case NM_ROWS_LOG_SOFTMAX_BACK:
    log_softmax_back_row(s, y, x, g, row + 1 < s->r->rows && !s->narrow);
  }
}

static void one_group(state *w, int64_t row, int rows, double *part) {
  const rows_job *s = w->s;
  const nm_rows *r = s->r;
  int all = rows * (int)r->n;
  int64_t at = row * r->n;
  const char *x = source(s, r->x, at, all, w->x), *g = source(s, r->g, at, all, w->g);
  char *y = !r->y ? NULL : s->narrow || s->stream ? w->y : place(r->y, at);
  for (int k = 0; k < rows; k++) {
    size_t to = (size_t)(k * r->n) * s->size;
    one_row(w, row + k, k, y ? y + to : NULL, x + to, g ? g + to : NULL);
  }
  if (y && s->narrow)
    s->cpu->isa->store[s->dtype](all, place(r->y, at), 1, y);
  else if (y && s->stream)
    s->cpu->isa->stream((size_t)all * s->size, place(r->y, at), y);
  if (part)
    s->loops->normalize_columns((int)r->n, rows, part, part + r->n, g, x, w->mean, w->scale);
}

static void rows_work(void *arg, nm_job *job, int worker) {
  const rows_job *s = arg;
  size_t bytes = (size_t)(s->group * s->r->n) * s->size;
  state w = {.s = s, .x = s->cpu->scratch[worker]};
  w.y = w.x + bytes, w.g = w.y + bytes;
  for (int64_t task; (task = nm__near_task(job, worker)) >= 0;) {
    int64_t row = task * s->task, end = nm__least(row + s->task, s->r->rows);
    double *part = s->parts ? s->parts + 2 * task * s->r->n : NULL;
    if (part) memset(part, 0, 2 * (size_t)s->r->n * sizeof *part);
    for (; row < end; row += s->group)
      one_group(&w, row, (int)nm__least(s->group, end - row), part);
  }
  if (s->stream) s->cpu->isa->stream_end();
}

/* A parameter in the class, or n times `otherwise`. */
static const char *parameter(const rows_job *s, const nm_view *v, double otherwise, char *to) {
  if (v) return source(s, v, 0, (int)s->r->n, to);
  for (int64_t i = 0; i < s->r->n; i++)
    if (s->size == sizeof(float))
      ((float *)to)[i] = (float)otherwise;
    else
      ((double *)to)[i] = otherwise;
  return to;
}

/* The sums of all tasks, into dw or db. */
static void join_parts(const rows_job *s, int64_t tasks, int64_t first, const nm_view *to) {
  int64_t n = s->r->n;
  double *sum = s->parts + first;
  for (int64_t t = 1; t < tasks; t++)
    for (int64_t i = 0; i < n; i++) sum[i] += sum[2 * t * n + i];
  if (s->size == sizeof(float)) s->cpu->isa->cast[NM_F64][NM_F32]((int)n, sum, sum, sum, sum);
  s->cpu->isa->store[s->dtype]((int)n, place(to, 0), 1, sum);
}

nm_status nm__cpu_rows(nm_device *dev, const nm_rows *r) {
  nm_cpu *cpu = (nm_cpu *)dev;
  nm_dtype dtype = r->x->dtype;
  nm_class cls = nm__dtype_class(dtype);
  rows_job s = {.r = r,
                .cpu = cpu,
                .loops = &cpu->isa->rows[cls],
                .dtype = dtype,
                .cls = cls,
                .narrow = nm__is_narrow(dtype),
                .size = nm__class_size[cls]};
  bool learned = r->kind == NM_ROWS_NORM || r->kind == NM_ROWS_NORM_BACK, sums = r->dw || r->db;
  s.stream = r->y && !s.narrow && nm__past_caches(r->y->mem, (size_t)(r->rows * r->n) * s.size);
  s.group = r->n >= CHUNK ? 1 : nm__least(CHUNK / r->n, NM_TILE);
  if (sums && s.group < NM_DEEP) s.group = NM_DEEP;
  int64_t least = nm__parts(TASK, r->n);
  if (sums && least < nm__parts(r->rows, PARTS)) least = nm__parts(r->rows, PARTS);
  s.task = nm__parts(least, s.group) * s.group;
  int64_t tasks = nm__parts(r->rows, s.task);
  int workers = nm__workers(cpu, tasks, (double)(r->rows * r->n) * 4);
  NM_TRY(nm__scratch(cpu, workers, 3 * (size_t)(s.group * r->n) * s.size));
  nm_mem shared = {.ptr = NULL};
  size_t each = nm__align64((size_t)r->n * s.size);
  size_t bytes = 2 * each + (sums ? 2 * (size_t)(tasks * r->n) * sizeof(double) : 0);
  if (learned) {
    NM_TRY(nm__cpu_alloc(dev, bytes, &shared));
    char *at = shared.ptr;
    s.w = parameter(&s, r->w, 1, at), s.b = parameter(&s, r->b, 0, at + each);
    if (sums) s.parts = (double *)(void *)(at + 2 * each);
  }
  nm__parallel(cpu, workers, tasks, rows_work, &s);
  if (r->dw) join_parts(&s, tasks, 0, r->dw);
  if (r->db) join_parts(&s, tasks, r->n, r->db);
  if (learned) nm__cpu_release(dev, &shared);
  return NM_OK;
}
