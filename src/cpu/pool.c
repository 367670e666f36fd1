/* pool.c: the largest elements and sums of windows, and the spreading of sums over their windows.
 *
 * Windows are boxes, so a row of y takes two steps: the rows of x that its windows reach become
 * one, element by element, between as much of what joins without effect as windows reach over the
 * ends; and along that row windows are gathered.  Spreading goes the other way: for each residue of
 * the step it is a sum of shifted rows. */
#include <limits.h>
#include <math.h>
#include <string.h>

#include "cpu/conv.h"

enum { AT_ONCE = 2048 }; /* elements of joined rows, about */

typedef struct pool_call {
  nm_cpu *cpu;
  const nm_pool_loops *loops;
  const nm_view *x, *y, *index;
  nm_pool_kind kind;
  nm_dtype dtype;
  nm_class cls;
  size_t size, wide;
  bool direct;           /* x's rows can be read where they are, y's written */
  int64_t in[3], out[3]; /* spatial sizes of x and y, the missing ones first */
  int64_t xs[4];         /* strides of x: B and the spatial dims */
  int64_t k[3], step[3], pad[3], dilation[3];
  int64_t width;       /* of the joined row, with what is around it */
  int64_t rows, block; /* of y; of a task */
  int64_t at_once;     /* rows that are gathered together */
  double divisor;
} pool_call;

typedef struct pool_scratch {
  char *row;            /* of x in its class, where it can't be read directly */
  char *joined, *out;   /* a joined row; a row of y */
  int32_t *at, *out_at; /* their positions */
  char *plane;          /* of y, where it is spread by an index and can't be written directly */
} pool_scratch;

static bool chosen(const pool_call *p) { return p->kind == NM_POOL_SPREAD && p->index; }

static size_t lay_out(const pool_call *p, char *base, pool_scratch *s) {
  size_t at = 0, most = (size_t)conv_most(p->width * p->at_once, conv_most(p->out[2], p->in[2]));
#define PART(field, type, bytes) (s->field = (type)(void *)(base + at), at += nm__align64(bytes))
  PART(row, char *, most * p->wide);
  PART(joined, char *, most * p->wide);
  PART(out, char *, most * p->wide);
  PART(at, int32_t *, most * sizeof(int32_t));
  PART(out_at, int32_t *, most * sizeof(int32_t));
  if (chosen(p) && !p->direct)
    PART(plane, char *, (size_t)(p->out[0] * p->out[1] * p->out[2]) * p->wide);
#undef PART
  return at;
}

/* What joins without effect around the row; its position is behind all others. */
static void surround(const pool_call *p, const pool_scratch *s) {
  for (int64_t i = 0; i < p->width * p->at_once; i++) {
    if (p->cls == NM_F32)
      ((float *)(void *)s->joined)[i] = p->kind == NM_POOL_MAX ? -INFINITY : 0;
    else
      ((double *)(void *)s->joined)[i] = p->kind == NM_POOL_MAX ? -INFINITY : 0;
    s->at[i] = INT32_MAX;
  }
}

/* Joins a row of x, the first `n` elements of it, to the row so far. */
static void join_row(const pool_call *p, int n, bool first, int64_t b, int64_t i0, int64_t i1,
                     int64_t from, const pool_scratch *s) {
  const char *x = (const char *)p->x->mem->ptr +
                  (p->x->offset + b * p->xs[0] + i0 * p->xs[1] + i1 * p->xs[2]) * (int64_t)p->size;
  char *to = s->joined + (size_t)from * p->wide;
  if (!p->direct) {
    p->cpu->isa->load[p->dtype](n, s->row, x, p->xs[3]);
    x = s->row;
  }
  if (p->index)
    p->loops->row_at(n, first, x, (int32_t)((i0 * p->in[1] + i1) * p->in[2]), to, s->at + from);
  else if (first)
    memcpy(to, x, (size_t)n * p->wide);
  else
    p->cpu->isa->ew[p->cls][p->kind == NM_POOL_MAX ? NM_I_maximum : NM_I_add](n, to, to, x, x);
}

static void divide(const pool_call *p, int64_t n, void *y) {
  for (int64_t i = 0; i < n && p->divisor != 1; i++) {
    if (p->cls == NM_F32)
      ((float *)y)[i] /= (float)p->divisor;
    else
      ((double *)y)[i] /= p->divisor;
  }
}

/* Joins the rows of x that windows of y's row r reach; the joined row is at `from`. */
static void join_rows(const pool_call *p, int64_t r, int64_t from, const pool_scratch *s) {
  int64_t o1 = r % p->out[1], o0 = r / p->out[1] % p->out[0], b = r / p->out[1] / p->out[0];
  int n = (int)nm__least(p->in[2], p->width - p->pad[2]);
  bool first = true;
  from += p->pad[2];
  for (int64_t k0 = 0; k0 < p->k[0]; k0++) {
    int64_t i0 = o0 * p->step[0] + k0 * p->dilation[0] - p->pad[0];
    if (i0 < 0 || i0 >= p->in[0]) continue;
    for (int64_t k1 = 0; k1 < p->k[1]; k1++) {
      int64_t i1 = o1 * p->step[1] + k1 * p->dilation[1] - p->pad[1];
      if (i1 < 0 || i1 >= p->in[1]) continue;
      join_row(p, n, first, b, i0, i1, from, s);
      first = false;
    }
  }
  if (first) memset(s->joined + (size_t)from * p->wide, 0, (size_t)n * p->wide);
}

/* Rows r to `end` of y gathered from windows.  Joined rows stand so far apart that their windows
 * are in step, and all are gathered at once. */
static void window_rows(const pool_call *p, int64_t r, int64_t end, const pool_scratch *s) {
  int64_t wide = p->out[2], pitch = p->width / p->step[2], rows = end - r;
  char *y = (char *)p->y->mem->ptr + (p->y->offset + r * wide) * (int64_t)p->size;
  char *out = p->direct && pitch == wide ? y : s->out;
  for (int64_t i = 0; i < rows; i++) join_rows(p, r + i, i * p->width, s);
  int n = (int)((rows - 1) * pitch + wide), taps = (int)p->k[2];
  if (p->index) {
    int64_t *index = (int64_t *)p->index->mem->ptr + p->index->offset + r * wide;
    p->loops->max_at(n, taps, p->step[2], p->dilation[2], s->joined, s->at, out, s->out_at);
    for (int64_t i = 0; i < rows; i++)
      for (int64_t k = 0; k < wide; k++) index[i * wide + k] = s->out_at[i * pitch + k];
  } else {
    nm_pool_loop *gather = p->kind == NM_POOL_MAX ? p->loops->max : p->loops->sum;
    gather(n, taps, p->step[2], p->dilation[2], s->joined, out);
    divide(p, n, out);
  }
  for (int64_t i = 0; i < rows && out != y; i++)
    p->cpu->isa->store[p->dtype]((int)wide, y + i * wide * (int64_t)p->size, 1,
                                 out + (size_t)(i * pitch) * p->wide);
}

/* The sums' rows that y's row (m0, m1) has a share in, one after the other: false at the end. */
typedef struct shares {
  int64_t k0, k1, o0, o1;
} shares;
static bool next_share(const pool_call *p, int64_t m0, int64_t m1, shares *s) {
  for (; s->k0 < p->k[0]; s->k0++, s->k1 = 0) {
    int64_t at = m0 + p->pad[0] - s->k0 * p->dilation[0];
    if (at < 0 || at % p->step[0] || (s->o0 = at / p->step[0]) >= p->in[0]) continue;
    while (s->k1 < p->k[1]) {
      at = m1 + p->pad[1] - s->k1++ * p->dilation[1];
      if (at >= 0 && at % p->step[1] == 0 && (s->o1 = at / p->step[1]) < p->in[1]) return true;
    }
  }
  return false;
}

/* A row of y (B, X...) made of the rows of sums whose windows it is in. */
static void spread_row(const pool_call *p, int64_t b, int64_t m0, int64_t m1, char *y,
                       const pool_scratch *s) {
  bool first = true;
  int64_t before = (p->width - p->in[2]) / 2, step = p->step[2]; /* zeros before the joined row */
  char *joined = s->joined + (size_t)before * p->wide;
  for (shares k = {0}; next_share(p, m0, m1, &k); first = false)
    join_row(p, (int)p->in[2], first, b, k.o0, k.o1, before, s);
  if (first)
    memset(joined, 0, (size_t)p->in[2] * p->wide);
  else
    divide(p, p->in[2], joined);
  for (int64_t r = 0; r < step && r < p->out[2]; r++) { /* m = r, r + step, ... */
    int n = (int)nm__parts(p->out[2] - r, step);
    bool none = true;
    for (int64_t k = 0; k < p->k[2]; k++) {
      int64_t at = r + p->pad[2] - k * p->dilation[2]; /* of the first m, times step */
      if (at % step) continue;
      const char *from = joined + at / step * (int64_t)p->wide;
      if (none)
        memcpy(s->out, from, (size_t)n * p->wide);
      else
        p->cpu->isa->ew[p->cls][NM_I_add](n, s->out, s->out, from, from);
      none = false;
    }
    if (none) memset(s->out, 0, (size_t)n * p->wide);
    p->cpu->isa->store[p->dtype](n, y + r * (int64_t)p->size, step, s->out);
  }
}

/* y[index[i]] += x[i] */
#define ADD_AT(name, T)                                                                            \
  static void name(int64_t n, const void *x_, const int64_t *index, void *y_) {                    \
    const T *x = x_;                                                                               \
    T *y = y_;                                                                                     \
    for (int64_t i = 0; i < n; i++) y[index[i]] += x[i];                                           \
  }
ADD_AT(add_at_f32, float)
ADD_AT(add_at_f64, double)

/* A channel of y with the elements of x where the index says. */
static void chosen_plane(const pool_call *p, int64_t b, const pool_scratch *s) {
  int64_t plane = p->out[0] * p->out[1] * p->out[2];
  const int64_t *index =
      (const int64_t *)p->index->mem->ptr + p->index->offset + b * p->in[0] * p->in[1] * p->in[2];
  char *to = (char *)p->y->mem->ptr + (p->y->offset + b * plane) * (int64_t)p->size,
       *y = p->direct ? to : s->plane;
  memset(y, 0, (size_t)plane * p->wide);
  for (int64_t i0 = 0; i0 < p->in[0]; i0++)
    for (int64_t i1 = 0; i1 < p->in[1]; i1++, index += p->in[2]) {
      const char *x =
          (const char *)p->x->mem->ptr +
          (p->x->offset + b * p->xs[0] + i0 * p->xs[1] + i1 * p->xs[2]) * (int64_t)p->size;
      if (!p->direct) {
        p->cpu->isa->load[p->dtype]((int)p->in[2], s->row, x, p->xs[3]);
        x = s->row;
      }
      (p->cls == NM_F32 ? add_at_f32 : add_at_f64)(p->in[2], x, index, y);
    }
  for (int64_t at = 0; at < plane && !p->direct; at += 1 << 20)
    p->cpu->isa->store[p->dtype]((int)nm__least(plane - at, 1 << 20), to + at * (int64_t)p->size, 1,
                                 y + at * (int64_t)p->wide);
}

static void chosen_work(void *arg, nm_job *job, int worker) {
  const pool_call *p = arg;
  pool_scratch s;
  int64_t task;
  lay_out(p, p->cpu->scratch[worker], &s);
  while ((task = nm__near_task(job, worker)) >= 0)
    for (int64_t b = task * p->block; b < nm__least(p->rows, (task + 1) * p->block); b++)
      chosen_plane(p, b, &s);
}

static void pool_work(void *arg, nm_job *job, int worker) {
  const pool_call *p = arg;
  pool_scratch s;
  int64_t task;
  lay_out(p, p->cpu->scratch[worker], &s);
  surround(p, &s);
  while ((task = nm__near_task(job, worker)) >= 0) {
    int64_t r = task * p->block, end = nm__least(p->rows, r + p->block);
    for (; r < end && p->kind == NM_POOL_SPREAD; r++)
      spread_row(p, r / p->out[1] / p->out[0], r / p->out[1] % p->out[0], r % p->out[1],
                 (char *)p->y->mem->ptr + (p->y->offset + r * p->out[2]) * (int64_t)p->size, &s);
    for (; r < end; r += p->at_once) window_rows(p, r, nm__least(end, r + p->at_once), &s);
  }
}

nm_status nm__cpu_pool(nm_device *dev, const nm_pooling *pool, const nm_view *x, const nm_view *y,
                       const nm_view *index) {
  nm_cpu *cpu = (nm_cpu *)dev;
  nm_class cls = nm__dtype_class(y->dtype);
  pool_call p = {.cpu = cpu,
                 .loops = &cpu->isa->pool[cls],
                 .x = x,
                 .y = y,
                 .index = index,
                 .kind = pool->kind,
                 .dtype = y->dtype,
                 .cls = cls,
                 .size = nm__dtype_size(y->dtype),
                 .wide = nm__class_size[cls],
                 .rows = y->shape[0],
                 .divisor = pool->divisor,
                 .xs = {x->stride[0]}};
  int64_t plane = 1;
  for (int d = 0; d < 3; d++) {
    int from = d - (3 - pool->dims);
    bool there = from >= 0;
    p.in[d] = there ? x->shape[1 + from] : 1, p.out[d] = there ? y->shape[1 + from] : 1;
    p.xs[1 + d] = there ? x->stride[1 + from] : 0;
    p.k[d] = there ? pool->size[from] : 1, p.step[d] = there ? pool->step[from] : 1;
    p.pad[d] = there ? pool->pad[from] : 0, p.dilation[d] = there ? pool->dilation[from] : 1;
    plane *= p.in[d];
    if (d < 2) p.rows *= p.out[d];
  }
  if (!p.rows || !p.out[2]) return NM_OK;
  if (plane > INT32_MAX || p.out[2] > INT_MAX / 2)
    return nm__error(dev->ctx, NM_ENOTSUP, "pooling of more than 2^31 elements of a channel");
  int64_t reach = (p.k[2] - 1) * p.dilation[2];
  p.direct = p.size == p.wide && (p.xs[3] == 1 || p.in[2] == 1);
  p.width = pool->kind == NM_POOL_SPREAD
                ? p.in[2] + 2 * (reach + p.pad[2] + p.out[2] / p.step[2] + 1)
                : conv_most((p.out[2] - 1) * p.step[2] + reach + 1, p.pad[2]);
  if (pool->kind != NM_POOL_SPREAD) p.width = nm__parts(p.width, p.step[2]) * p.step[2];
  p.at_once = pool->kind == NM_POOL_SPREAD ? 1 : conv_most(1, AT_ONCE / p.width);
  int64_t elements = p.rows * p.out[2];
  p.block = conv_most(1, 16384 / (p.out[2] * p.step[2]));
  if (chosen(&p)) {
    p.rows = y->shape[0];
    p.block = conv_most(1, 16384 / (p.out[0] * p.out[1] * p.out[2]));
  }
  int64_t tasks = nm__parts(p.rows, p.block);
  double each = (double)(p.k[0] * p.k[1] + p.k[2]) / 2;
  int workers = nm__workers(cpu, tasks, (double)elements * each);
  pool_scratch layout;
  NM_TRY(nm__scratch(cpu, workers, lay_out(&p, NULL, &layout)));
  nm__parallel(cpu, workers, tasks, chosen(&p) ? chosen_work : pool_work, &p);
  return NM_OK;
}
