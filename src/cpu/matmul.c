/* matmul.c: batched matrix products.
 *
 * Three ways lead to the loops of gemm_body.h.  Factors that the caches hold are multiplied where
 * they lie; others are packed and blocked (matmul_packed.c); products with a vector are dot
 * products or sums of columns.
 *
 * An element of y is the sum over k in the order of k, kc at a time, whichever way is taken and
 * however y is cut into tasks.  Where y is small and k long, chunks of k are products of their own,
 * which are added in pairs; how many follows from the shape. */
#include <stdlib.h>
#include <string.h>

#include "cpu/product.h"

enum {
  CHUNK = 4096,        /* length of k from twice which on chunks are products of their own, */
  FEW = 128 * 128,     /* if y has at most so many elements */
  TASK = 32 * 32 * 32, /* products of elements that are worth a task */
  IN_PLACE_ROWS = 512, /* from which packing x pays if its rows share a place */
  STRIP = 256,         /* lines of a that a strip may be spread over, */
  PAGES = 64,          /* and pages: the first TLB holds about as many */
  PAGE = 4096,         /* bytes of a page, after which lines share a place in the first cache */
  VECTOR = 16 << 10,   /* bytes of a vector y that the first cache holds beside its factors */
  DENSE = 32 << 10,    /* bytes of a factor that is copied to dense rows */
};

int nm__product_share(product *p, int64_t pieces) {
  int64_t all = p->batch * p->chunks * pieces;
  p->pieces = pieces;
  if (all == 1) return p->group = 1, 1; /* a small product is faster than the divisions below */
  double each = products_of(p) / (double)all;
  p->group = each < TASK ? (int64_t)(TASK / each) : 1;
  return nm__workers(p->cpu, nm__parts(all, p->group), work_of(p));
}

static void pieces_work(void *arg, nm_job *job, int worker) {
  const product *p = arg;
  int64_t task, all = p->batch * p->chunks * p->pieces;
  while ((task = nm__next_task(job)) >= 0)
    p->run(p, worker, task * p->group, nm__least((task + 1) * p->group, all));
}

/* One worker needs no job, and nothing that is counted between threads. */
void nm__product_run(product *p, int workers, work_on *run) {
  int64_t all = p->batch * p->chunks * p->pieces;
  p->run = run;
  if (workers == 1)
    run(p, 0, 0, all);
  else
    nm__parallel(p->cpu, workers, nm__parts(all, p->group), pieces_work, p);
}

/* Up to how many columns of x packing a costs more than it brings.  That is fewer if each of them
 * has to look for lines of a strip again: rows that share a place in the first cache, columns
 * that share few in the second, or that lie in more pages than are known at a time. */
int64_t nm__product_columns(const product *p, matrix a) {
  int64_t size = (int64_t)p->size, step = a.cs * size, depth = nm__least(p->chunk, p->gemm->kc);
  if (a.cs == 1) return a.rs * size % PAGE ? INT64_MAX : NM_IN_PLACE_COLUMNS;
  if (depth * (step & -step) >= (int64_t)p->cpu->cache) return p->gemm->nr;
  bool spread = a.rs == 1 ? depth * llabs(step) > PAGES * PAGE : depth * p->gemm->mr > STRIP;
  return spread ? NM_IN_PLACE_COLUMNS : 2 * NM_IN_PLACE_COLUMNS;
}

/* ---- in place ---- */

/* The product that piece i of all is of; *piece: which of its pieces. */
static int64_t product_at(const product *p, int64_t i, int64_t *piece) {
  if (p->pieces == 1) return *piece = 0, i;
  return *piece = i % p->pieces, i / p->pieces;
}

/* The factors of a product as they are multiplied: those that are gathered from memory are copied,
 * a as columns and x as rows that lie one behind the other. */
static one gathered(const product *p, one o, char *scratch) {
  nm_pack_loop *pack = p->cpu->isa->pack[p->dtype];
  if (p->gathers_a) {
    pack((int)p->m, (int)p->m, (int)o.k, o.a.at, o.a.rs, o.a.cs, scratch);
    o.a = (matrix){scratch, 1, p->m};
  }
  if (p->gathers_x) {
    scratch += DENSE;
    pack((int)p->n, (int)p->n, (int)o.k, o.x.at, o.x.cs, o.x.rs, scratch);
    o.x = (matrix){scratch, p->n, 1};
  }
  return o;
}

/* What product i reads, fetched while the one before is multiplied: x, and a, or its first strip if
 * the loops fetch strip after strip of it. */
static nm_fetch *fetched(const product *p, int64_t i, nm_fetch next[2]) {
  const nm_gemm *g = p->gemm;
  one o = product_of(p, i);
  int64_t size = (int64_t)p->size, steps = nm__parts(p->m, g->mr) * nm__parts(p->n, g->nr) * o.k;
  int64_t rows = g->fetches(p->m, p->n, (int)o.k) ? nm__least(p->m, g->mr) : p->m;
  next[0] = nm__fetch(o.x.at, o.k, p->n, o.x.rs, o.x.cs, size, steps / 2);
  next[1] = nm__fetch(o.a.at, rows, o.k, o.a.rs, o.a.cs, size, steps / 4);
  next[0].then = &next[1];
  return next;
}

static void in_place_pieces(const product *p, int worker, int64_t from, int64_t to) {
  const nm_gemm *g = p->gemm;
  one o = {.k = 0};
  for (int64_t at = -1, i, piece; from < to; from++) {
    i = product_at(p, from, &piece);
    if (i != at) o = product_of(p, i);
    if (i != at && (p->gathers_a || p->gathers_x)) o = gathered(p, o, p->cpu->scratch[worker]);
    at = i;
    nm_fetch next[2], *ahead = NULL;
    if (p->fetches && i + 1 < p->batch * p->chunks) ahead = fetched(p, i + 1, next);
    int64_t m = p->m, n = p->n, row = 0, column = 0;
    if (p->pieces > 1 && m >= n)
      row = cut(m, 4, piece, p->pieces), m = cut(m, 4, piece + 1, p->pieces) - row;
    else if (p->pieces > 1)
      column = cut(n, g->nr, piece, p->pieces), n = cut(n, g->nr, piece + 1, p->pieces) - column;
    char *y = o.y + (size_t)(row * p->n + column) * p->wide;
    for (int64_t l = 0; l < o.k; l += g->kc)
      g->product(m, n, (int)nm__least(o.k - l, g->kc), element(p, o.a, row, l), o.a.rs, o.a.cs,
                 element(p, o.x, l, column), o.x.rs, y, p->n, l > 0, ahead);
  }
}

/* Whether the next product's factors had better be fetched: the second cache doesn't hold all, and
 * they are more than y, for whose lines a product of short sums waits. */
static bool worth_fetching(const product *p) {
  double read = (double)(p->m + p->n) * (double)p->chunk, written = (double)p->m * (double)p->n;
  double bytes = (read + written) * (double)(p->batch * p->chunks) * (double)p->size;
  return read > written && bytes > (double)p->cpu->cache;
}

static nm_status in_place(product *p) {
  int workers = workers_for(p);
  int64_t products = p->batch * p->chunks, pieces = 1;
  if (workers > 1 && products < 4 * workers) {
    int64_t most = p->m >= p->n ? nm__parts(p->m, p->gemm->mr) : nm__parts(p->n, p->gemm->nr);
    pieces = nm__least(nm__parts(4 * workers, products), most);
  }
  workers = nm__product_share(p, pieces);
  p->fetches = products > 1 && p->pieces == 1 && worth_fetching(p);
  if (p->gathers_a || p->gathers_x) NM_TRY(nm__scratch(p->cpu, workers, 2 * DENSE));
  nm__product_run(p, workers, in_place_pieces);
  return NM_OK;
}

/* ---- by a vector ---- */

/* y = a x: rows i0 .. end - 1 of it.  The vector x is dense; there is room for a row of a. */
static void vector_piece(const product *p, matrix a, int64_t k, int64_t i0, int64_t end,
                         const char *x, char *row, char *y) {
  const nm_isa *isa = p->cpu->isa;
  bool narrow = nm__is_narrow(p->dtype);
  int n = (int)(end - i0);
  y += (size_t)i0 * p->wide;
  if (!narrow && a.cs == 1)
    p->gemm->dots(n, k, element(p, a, i0, 0), a.rs, x, y);
  else if (!narrow && a.rs == 1)
    p->gemm->columns(n, k, element(p, a, i0, 0), a.cs, x, y);
  else
    for (int64_t i = 0; i < n; i++) {
      isa->load[p->dtype]((int)k, row, element(p, a, i0 + i, 0), a.cs);
      p->gemm->dots(1, k, row, 0, x, y + (size_t)i * p->wide);
    }
}

static void vector_pieces(const product *p, int worker, int64_t from, int64_t to) {
  bool left = p->m == 1 && p->n != 1; /* the vector is a, and y = x^T a */
  char *vector = p->cpu->scratch[worker], *row = vector + nm__align64((size_t)p->chunk * p->wide);
  for (int64_t loaded = -1; from < to; from++) {
    int64_t piece, i = product_at(p, from, &piece);
    one o = product_of(p, i);
    matrix a = left ? (matrix){o.x.at, o.x.cs, o.x.rs} : o.a, v = left ? o.a : o.x;
    int64_t stride = left ? v.cs : v.rs;
    bool dense = stride == 1 && !nm__is_narrow(p->dtype);
    if (!dense && loaded != i) p->cpu->isa->load[p->dtype]((int)o.k, vector, v.at, stride);
    loaded = i;
    int64_t rows = left ? p->n : p->m;
    vector_piece(p, a, o.k, cut(rows, p->gemm->nr, piece, p->pieces),
                 cut(rows, p->gemm->nr, piece + 1, p->pieces), dense ? v.at : vector, row, o.y);
  }
}

static nm_status by_vector(product *p) {
  int64_t rows = p->m > p->n ? p->m : p->n, products = p->batch * p->chunks;
  int64_t pieces = nm__parts(rows * (int64_t)p->wide, VECTOR), workers = workers_for(p);
  if (workers > 1 && pieces * products < 2 * workers)
    pieces = nm__least(nm__parts(2 * workers, products), nm__parts(rows, p->gemm->nr));
  workers = nm__product_share(p, pieces);
  NM_TRY(nm__scratch(p->cpu, (int)workers, 2 * nm__align64((size_t)p->chunk * p->wide)));
  nm__product_run(p, (int)workers, vector_pieces);
  return NM_OK;
}

/* ---- all of it ---- */

/* y of each product is the sum of its chunks, added in pairs; they lie one behind the other. */
static void add_chunks(const product *p, char *y) {
  size_t bytes = (size_t)(p->m * p->n) * p->wide;
  int n = (int)(p->m * p->n);
  nm_class cls = nm__dtype_class(p->dtype);
  for (int64_t b = 0; b < p->batch; b++) {
    char *first = p->y + (size_t)(b * p->chunks) * bytes;
    for (int64_t step = 1; step < p->chunks; step *= 2)
      for (int64_t c = 0; c + step < p->chunks; c += 2 * step) {
        char *to = first + (size_t)c * bytes;
        const char *from = to + (size_t)step * bytes;
        p->cpu->isa->ew[cls][NM_I_add](n, to, to, from, from); /* loops may look at all three */
      }
    memmove(y + (size_t)b * bytes, first, bytes);
  }
}

/* Whether the first cache holds a dense copy of a factor, of so many rows or columns. */
static bool is_small(const product *p, int64_t vectors) {
  return (double)p->chunk * (double)vectors * (double)p->wide <= DENSE;
}

/* Whether a factor with this stride in k lies in more pages than are known at a time. */
static bool is_spread(const product *p, int64_t step) {
  return p->chunk * llabs(step) * (int64_t)p->size > PAGES * PAGE;
}

/* Whether both are read where they lie, or small ones from a dense copy: rows of x are dense, and
 * the second cache holds it. */
static bool fits_in_place(product *p) {
  matrix a = matrix_of(p, p->a, 0), x = matrix_of(p, p->x, 0);
  int64_t mr = p->gemm->mr;
  if (nm__is_narrow(p->dtype)) return false;
  p->gathers_a = a.rs == 1 && is_spread(p, a.cs) && is_small(p, p->m) && p->n > p->gemm->nr;
  if (!p->gathers_a && p->m >= mr && p->n > nm__product_columns(p, a)) return false;
  bool across = x.cs != 1 && p->n > 1, paged = x.rs * (int64_t)p->size % PAGE == 0;
  if (is_small(p, p->n)) {
    p->gathers_x = across || (p->m > 4 * mr && (paged || is_spread(p, x.rs)));
    return true;
  }
  if (across || (p->m >= IN_PLACE_ROWS && paged)) return false;
  return (double)p->chunk * (double)p->n * (double)p->size <= (double)p->cpu->cache;
}

nm_status nm__cpu_matmul(nm_device *dev, const nm_view *a, const nm_view *x, const nm_view *y) {
  nm_cpu *cpu = (nm_cpu *)dev;
  nm_dtype dtype = y->dtype;
  nm_class cls = nm__dtype_class(dtype);
  product p = {.cpu = cpu,
               .gemm = &cpu->isa->gemm[cls],
               .dtype = dtype,
               .a = a,
               .x = x,
               .size = nm__dtype_size(dtype),
               .wide = nm__class_size[cls],
               .batch = y->shape[0],
               .inner = 1,
               .m = y->shape[y->ndim - 2],
               .n = y->shape[y->ndim - 1],
               .k = a->shape[a->ndim - 1],
               .chunks = 1,
               .chunk = a->shape[a->ndim - 1],
               .y = NULL, /* all that there is, or gcc clears the whole struct first */
               .pieces = 1,
               .group = 1,
               .run = NULL,
               .gathers_a = false,
               .gathers_x = false,
               .fetches = false};
  if (y->ndim == 4) p.inner = y->shape[1], p.batch *= p.inner;
  int64_t numel = p.batch * p.m * p.n;
  char *to = (char *)y->mem->ptr + y->offset * (int64_t)p.size;
  if (numel == 0) return NM_OK;
  if (p.k == 0) return memset(to, 0, (size_t)numel * p.size), NM_OK;
  if (p.k > INT_MAX / 2 || p.m > INT_MAX / 2 || p.n > INT_MAX / 2)
    return nm__error(dev->ctx, NM_ENOTSUP, "matmul: a dim of more than 2^30 elements");
  if (p.k >= 2 * CHUNK && p.m * p.n <= FEW) {
    p.chunks = nm__parts(p.k, CHUNK);
    p.chunk = nm__parts(p.k, p.chunks);
    p.chunks = nm__parts(p.k, p.chunk);
  }
  bool narrow = nm__is_narrow(dtype), apart = narrow || p.chunks > 1;
  nm_mem other = {.ptr = NULL};
  if (apart) NM_TRY(nm__cpu_alloc(dev, (size_t)(numel * p.chunks) * p.wide, &other));
  p.y = apart ? other.ptr : to;
  nm_status status = (p.m == 1 || p.n == 1) && p.k > 1 ? by_vector(&p)
                     : fits_in_place(&p)               ? in_place(&p)
                                                       : nm__product_packed(&p);
  if (status == NM_OK && p.chunks > 1) add_chunks(&p, narrow ? p.y : to);
  if (status == NM_OK && narrow)
    for (int64_t at = 0; at < numel; at += 1 << 20)
      cpu->isa->store[dtype]((int)nm__least(numel - at, 1 << 20), to + (size_t)at * p.size, 1,
                             p.y + (size_t)at * p.wide);
  if (apart) nm__cpu_release(dev, &other);
  return status;
}
