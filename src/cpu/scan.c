/* scan.c: running sums, products, extremes and log-sums-exp along a dim.
 *
 * The dims before the scanned one count as `outer`, those behind it as `inner`; a strip is up to
 * NM_TILE neighbouring lines of one outer index.  Strips are worked on row after row of neighbours,
 * and a strip of one line tile after tile.  A scan of n elements is cut into chunks of CHUNK rows,
 * by the shape alone: each has a running result t of its own, from the identity on, and what came
 * before the chunk is joined to it.  With several workers a first pass finds what the chunks come
 * to, with one it is known when a chunk is done; the arithmetic is the same.  Floats are carried in
 * double. */
#include <math.h>

#include "cpu/cpu.h"

enum { CHUNK = 1 << 16 };

/* Of equal ones the later counts, and a NaN rather than anything: whether b is taken. */
#define LATER(a, b, compare) (((b)compare(a)) | ((b) != (b))) & !(((a) != (a)) & ((b) == (b)))

static double log_add(double a, double b) {
  if (a == b) return a + 0.69314718055994530942;
  double most = a > b ? a : b;
  return most + log1p(exp(-fabs(a - b)));
}

static nm_acc identity_of(nm_scan_kind kind, nm_class cls) {
  bool real = cls == NM_F32 || cls == NM_F64, wide = cls == NM_I64;
  switch (kind) {
  case NM_SCAN_PROD: return real ? (nm_acc){.f = 1} : (nm_acc){.i = 1};
  case NM_SCAN_MAX:
    return real ? (nm_acc){.f = -(double)INFINITY} : (nm_acc){.i = wide ? INT64_MIN : INT32_MIN};
  case NM_SCAN_MIN:
    return real ? (nm_acc){.f = (double)INFINITY} : (nm_acc){.i = wide ? INT64_MAX : INT32_MAX};
  case NM_SCAN_LOGSUMEXP: return (nm_acc){.f = -(double)INFINITY};
  default: return real ? (nm_acc){.f = 0} : (nm_acc){.i = 0};
  }
}

typedef struct scan_job {
  nm_cpu *cpu;
  nm_scan_kind kind;
  const nm_view *x, *y, *index;
  nm_walk walk; /* of x */
  nm_scan_loop *loop;
  nm_scan_past_loop *past; /* or NULL */
  nm_acc identity;
  bool real, stream;
  int64_t n, inner;        /* the length of a line, and how far apart its elements are in y */
  int64_t strips, chunks;  /* how many: strips of all outer indices, chunks of a line */
  int64_t per_outer;       /* strips of an outer index */
  int64_t strips_per_task; /* when a line is one chunk */
  bool totals;             /* the first of two passes */
  nm_carried *total;       /* of two passes: of each chunk of each strip */
} scan_job;

static int strip_width(const scan_job *s, int64_t strip) {
  int64_t left = s->inner - strip % s->per_outer * NM_TILE;
  return left < NM_TILE ? (int)left : NM_TILE;
}

static void start(const scan_job *s, nm_carried *c, int width, int64_t first) {
  for (int j = 0; j < width; j++) c->acc[j] = s->identity, c->at[j] = first;
}

/* a = a joined with b. */
static void join(const scan_job *s, nm_carried *a, const nm_carried *b, int width) {
  for (int j = 0; j < width; j++) {
    nm_acc *v = &a->acc[j];
    nm_acc w = b->acc[j];
    bool later;
    switch (s->kind) {
    case NM_SCAN_SUM:
      if (s->real)
        v->f += w.f;
      else
        v->i += w.i;
      continue;
    case NM_SCAN_PROD:
      if (s->real)
        v->f *= w.f;
      else
        v->i *= w.i;
      continue;
    case NM_SCAN_LOGSUMEXP: v->f = log_add(v->f, w.f); continue;
    case NM_SCAN_MAX: later = s->real ? LATER(v->f, w.f, >=) : w.i >= v->i; break;
    default: later = s->real ? LATER(v->f, w.f, <=) : w.i <= v->i; break;
    }
    if (later) *v = w, a->at[j] = b->at[j];
  }
}

/* n elements of x from `at` on in its order: where they lie, or in the tile. */
static const void *load(const scan_job *s, nm_cursor *cursor, int64_t at, int n, void *tile) {
  const nm_isa *isa = s->cpu->isa;
  nm_dtype dtype = s->x->dtype;
  int64_t size = (int64_t)nm__dtype_size(dtype), step = s->walk.stride[s->walk.ndim - 1], offset;
  const char *base = (const char *)s->x->mem->ptr + s->x->offset * size;
  char *row = tile;
  nm__walk_seek(&s->walk, cursor, at);
  while (n > 0) {
    int k = nm__walk_next(&s->walk, cursor, n, &offset);
    if (k == n && row == tile && step == 1 && !nm__is_narrow(dtype)) return base + offset * size;
    isa->load[dtype](k, row, base + offset * size, step);
    row += (size_t)k * nm__class_size[nm__dtypes[dtype].cls];
    n -= k;
  }
  return tile;
}

/* n elements of one line from `at` on, if they lie side by side: past the caches, they are fetched
 * while there is much to compute.  Else NULL. */
static const char *fetched_line(const scan_job *s, nm_cursor *cursor, int64_t at, int64_t n) {
  int64_t offset, size = (int64_t)nm__dtype_size(s->x->dtype);
  if (!s->stream || s->inner > 1 || s->walk.stride[s->walk.ndim - 1] != 1) return NULL;
  nm__walk_seek(&s->walk, cursor, at);
  if (nm__walk_next(&s->walk, cursor, (int)n, &offset) < n) return NULL;
  return (const char *)s->x->mem->ptr + (s->x->offset + offset) * size;
}

/* One chunk of a strip.  t is left as what it comes to; before: NULL in a pass for totals. */
static void scan_chunk(const scan_job *s, nm_cursor *cursor, int64_t strip, int64_t chunk,
                       nm_carried *t, const nm_carried *before) {
  nm_dtype dtype = s->x->dtype;
  int64_t size = (int64_t)nm__dtype_size(dtype), column = strip % s->per_outer * NM_TILE;
  int64_t begin = strip / s->per_outer * s->n * s->inner + column;
  int width = strip_width(s, strip);
  int64_t k = chunk * CHUNK, end = s->n - k < CHUNK ? s->n : k + CHUNK;
  char *y = (char *)s->y->mem->ptr + (s->y->offset + begin + k * s->inner) * size;
  int64_t *index = s->index ? (int64_t *)s->index->mem->ptr + s->index->offset + begin : NULL;
  int64_t tile[NM_TILE], result[NM_TILE];             /* of any class */
  int most = width == s->inner ? NM_TILE / width : 1; /* steps that are neighbours in y */
  bool in_place = before && !s->stream && !nm__is_narrow(dtype);
  const char *line = fetched_line(s, cursor, begin + k, end - k);
  start(s, t, width, k);
  if (line && before && s->past && (uintptr_t)y % 64 == 0) {
    s->past(end - k, y, line, t->acc, *before->acc);
    return;
  }
  for (int m; k < end; k += m, y += m * s->inner * size) {
    m = end - k < most ? (int)(end - k) : most;
    const void *x = load(s, cursor, begin + k * s->inner, m * width, tile);
    for (int i = 0; line && i < m * size; i += 64)
      __builtin_prefetch((const char *)x + 2 * NM_TILE * size + i);
    s->loop(m, width, in_place ? (void *)y : result, x, t, before, k,
            index ? index + k * s->inner : NULL, s->inner);
    if (!before || in_place) continue;
    if (s->stream)
      s->cpu->isa->stream((size_t)(m * width * size), y, result);
    else
      s->cpu->isa->store[dtype](m * width, y, 1, result);
  }
}

static void scan_work(void *arg, nm_job *job, int worker) {
  const scan_job *s = arg;
  nm_cursor cursor = {.at = -1};
  nm_carried t, before;
  int64_t task;
  while ((task = nm__near_task(job, worker)) >= 0) {
    if (s->total) {
      int64_t strip = task / s->chunks, chunk = task % s->chunks;
      nm_carried *total = &s->total[task];
      scan_chunk(s, &cursor, strip, chunk, s->totals ? total : &t, s->totals ? NULL : total);
      continue;
    }
    int64_t end = (task + 1) * s->strips_per_task;
    for (int64_t i = task * s->strips_per_task; i < end && i < s->strips; i++) {
      int width = strip_width(s, i);
      start(s, &before, width, 0);
      for (int64_t chunk = 0; chunk < s->chunks; chunk++) {
        scan_chunk(s, &cursor, i, chunk, &t, &before);
        if (s->chunks > 1) join(s, &before, &t, width);
      }
    }
  }
  if (s->stream) s->cpu->isa->stream_end();
}

/* Totals become what came before. */
static void shift_totals(const scan_job *s) {
  nm_carried before, next;
  for (int64_t strip = 0; strip < s->strips; strip++) {
    int width = strip_width(s, strip);
    start(s, &before, width, 0);
    for (int64_t chunk = 0; chunk < s->chunks; chunk++) {
      nm_carried *total = &s->total[strip * s->chunks + chunk];
      next = before;
      join(s, &next, total, width);
      *total = before;
      before = next;
    }
  }
}

nm_status nm__cpu_scan(nm_device *dev, nm_scan_kind kind, const nm_view *x, int dim,
                       const nm_view *y, const nm_view *index) {
  nm_cpu *cpu = (nm_cpu *)dev;
  int64_t outer = 1;
  scan_job s = {.cpu = cpu, .kind = kind, .x = x, .y = y, .index = index, .inner = 1};
  for (int d = 0; d < dim && d < x->ndim; d++) outer *= x->shape[d];
  for (int d = dim + 1; d < x->ndim; d++) s.inner *= x->shape[d];
  s.n = x->ndim ? x->shape[dim] : 1;
  if (outer == 0 || s.n == 0 || s.inner == 0) return NM_OK;
  s.real = nm__is_float(x->dtype);
  s.loop = cpu->isa->scan[kind][nm__dtypes[x->dtype].cls];
  s.past = cpu->isa->scan_past[kind][nm__dtypes[x->dtype].cls];
  s.identity = identity_of(kind, nm__dtypes[x->dtype].cls);
  s.per_outer = (s.inner + NM_TILE - 1) / NM_TILE;
  s.strips = outer * s.per_outer;
  s.chunks = (s.n + CHUNK - 1) / CHUNK;
  s.stream = !nm__is_narrow(x->dtype) &&
             nm__past_caches(y->mem, (size_t)(outer * s.n * s.inner) * nm__dtype_size(x->dtype));
  nm__walk_make(&s.walk, x->ndim, x->shape, x->stride);
  double work =
      (double)s.strips * (double)s.n * (double)(s.inner < NM_TILE ? s.inner : NM_TILE) * 4;
  int64_t each = s.n * (s.inner < NM_TILE ? s.inner : NM_TILE);
  s.strips_per_task = each < 8192 ? 8192 / each : 1;
  int64_t tasks = (s.strips + s.strips_per_task - 1) / s.strips_per_task;
  int workers = nm__workers(cpu, s.strips * s.chunks, work);
  if (workers == 1 || s.chunks == 1 || tasks >= workers) {
    nm__parallel(cpu, tasks < workers ? (int)tasks : workers, tasks, scan_work, &s);
    return NM_OK;
  }
  nm_mem totals;
  tasks = s.strips * s.chunks;
  NM_TRY(nm__cpu_alloc(dev, (size_t)tasks * sizeof(nm_carried), &totals));
  s.total = totals.ptr;
  s.totals = true;
  nm__parallel(cpu, workers, tasks, scan_work, &s);
  shift_totals(&s);
  s.totals = false;
  nm__parallel(cpu, workers, tasks, scan_work, &s);
  nm__cpu_release(dev, &totals);
  return NM_OK;
}
