/* matmul.c: batched matrix products.
 *
 * Three ways lead to the loops of gemm_body.h.  Factors that the caches hold are multiplied where
 * they lie.  Others are packed and blocked: a group of columns of x, kc deep, is packed into slices
 * of nr columns that stay in the second cache while strips of a pass by, mr rows each, which the
 * first cache holds beside the slices that come to it.  One worker packs a group or strip when it
 * is met; several pack panels first, together.  While a strip is multiplied the next one is fetched
 * to the second cache, so that nothing waits for memory.  Packing reads through strides and widens
 * narrow dtypes, so views of any kind cost no copy.  Products with a vector are dot products or
 * sums of columns.
 *
 * An element of y is the sum over k in the order of k, kc at a time, whichever way is taken and
 * however y is cut into tasks.  Where y is small and k long, chunks of k are products of their own,
 * which are added in pairs; how many follows from the shape. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/cpu.h"

enum {
  NC = 3072,              /* columns of a packed panel of x: a multiple of every nr, */
  MC = 3072,              /* rows of one of a: a multiple of every mr */
  CHUNK = 4096,           /* length of k from twice which on chunks are products of their own, */
  FEW = 128 * 128,        /* if y has at most so many elements */
  TASK = 32 * 32 * 32,    /* products of elements that are worth a task */
  IN_PLACE_COLUMNS = 128, /* up to which packing rows of a costs more than it brings */
  IN_PLACE_ROWS = 512,    /* from which packing x pays if its rows share a place */
  STRIP = 256,            /* lines of a that a strip may be spread over, */
  PAGES = 64,             /* and pages: the first TLB holds about as many */
  LINE = 64,              /* bytes of a line of the caches */
  PAGE = 4096,            /* bytes of a page, after which lines share a place in the first cache */
  PACK_RUN = 1024,        /* bytes of each row of memory that a task packs */
  TASK_ROWS = 256,        /* of a packed panel */
  VECTOR = 16 << 10,      /* bytes of a vector y that the first cache holds beside its factors */
};

typedef struct matrix { /* in memory */
  const char *at;
  int64_t rs, cs; /* strides of rows and columns, in elements */
} matrix;

typedef struct product product;
/* Computes pieces from .. to - 1 of all products' as a worker. */
typedef void work_on(const product *p, int worker, int64_t from, int64_t to);

struct product {
  nm_cpu *cpu;
  const nm_gemm *gemm;
  nm_dtype dtype;
  size_t size, wide; /* bytes of an element in memory and in its class */
  const nm_view *a, *x;
  char *y;                       /* dense elements of the class: the result or a temporary */
  int64_t batch, inner, m, n, k; /* inner: of batches of batches, how many each holds, else 1 */
  int64_t chunks, chunk;         /* of k: products of their own */
  int64_t pieces, group; /* each product is cut into pieces, of which a task takes a group, */
  work_on *run;          /* and computes them so */
};

typedef struct one { /* of the products */
  matrix a, x;
  int64_t k;
  char *y;
} one;

nm_ahead nm__ahead(const char *at, int64_t rows, int64_t columns, int64_t rs, int64_t cs,
                   int64_t size, int64_t steps) {
  if (cs != 1 && rs != 1) return (nm_ahead){.each = 0};
  int64_t runs = cs == 1 ? rows : columns, bytes = (cs == 1 ? columns : rows) * size;
  int64_t pitch = (cs == 1 ? rs : cs) * size, lines = nm__parts(bytes, LINE);
  return (nm_ahead){.at = at + (bytes - 1) % LINE, /* the last line of each run is among them */
                    .gap = pitch - lines * LINE,
                    .lines = (int)lines,
                    .left = (int)lines,
                    .runs = (int)runs,
                    .each = (int)nm__parts(runs * lines, nm__parts(steps, NM_AHEAD))};
}

static matrix matrix_of(const product *p, const nm_view *v, int64_t b) {
  int64_t at = v->offset + b * v->stride[0];
  if (p->inner > 1) at = v->offset + b / p->inner * v->stride[0] + b % p->inner * v->stride[1];
  return (matrix){(const char *)v->mem->ptr + at * (int64_t)p->size, v->stride[v->ndim - 2],
                  v->stride[v->ndim - 1]};
}
static const char *element(const product *p, matrix m, int64_t i, int64_t j) {
  return m.at + (i * m.rs + j * m.cs) * (int64_t)p->size;
}

static inline one product_of(const product *p, int64_t i) {
  int64_t b = p->chunks == 1 ? i : i / p->chunks;
  one o = {.a = matrix_of(p, p->a, b), .x = matrix_of(p, p->x, b), .k = p->k};
  o.y = p->y + (size_t)(i * p->m * p->n) * p->wide;
  if (p->chunks == 1) return o;
  int64_t k0 = i % p->chunks * p->chunk;
  o.a.at = element(p, o.a, 0, k0);
  o.x.at = element(p, o.x, k0, 0);
  o.k = nm__least(p->k - k0, p->chunk);
  return o;
}

static double products_of(const product *p) {
  return (double)p->batch * (double)p->m * (double)p->n * (double)p->k;
}

/* In element operations, as nm__workers counts: products with a vector wait for memory. */
static double work_of(const product *p) {
  return products_of(p) / (p->m == 1 || p->n == 1 ? 2 : 8);
}

/* Workers for all products cut into pieces; sets how many of these a task takes. */
static int share(product *p, int64_t pieces) {
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
static void run_pieces(product *p, int workers, work_on *run) {
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
static int64_t columns_in_place(const product *p, matrix a) {
  int64_t size = (int64_t)p->size, step = a.cs * size, depth = nm__least(p->chunk, p->gemm->kc);
  if (a.cs == 1) return a.rs * size % PAGE ? INT64_MAX : IN_PLACE_COLUMNS;
  if (depth * (step & -step) >= (int64_t)p->cpu->cache) return p->gemm->nr;
  bool spread = a.rs == 1 ? depth * llabs(step) > PAGES * PAGE : depth * p->gemm->mr > STRIP;
  return spread ? IN_PLACE_COLUMNS : 2 * IN_PLACE_COLUMNS;
}

/* ---- in place ---- */

/* The product that piece i of all is of; *piece: which of its pieces. */
static int64_t product_at(const product *p, int64_t i, int64_t *piece) {
  if (p->pieces == 1) return *piece = 0, i;
  return *piece = i % p->pieces, i / p->pieces;
}

/* Piece i of `pieces` of n things that come in units: where it begins. */
static int64_t cut(int64_t n, int64_t unit, int64_t i, int64_t pieces) {
  if (pieces == 1) return i ? n : 0;
  return nm__least(n, nm__parts(n, unit) * i / pieces * unit);
}

static void in_place_pieces(const product *p, int worker, int64_t from, int64_t to) {
  const nm_gemm *g = p->gemm;
  (void)worker;
  for (; from < to; from++) {
    int64_t m = p->m, n = p->n, piece;
    one o = product_of(p, product_at(p, from, &piece));
    if (p->pieces > 1) {
      int64_t i = 0, j = 0;
      if (m >= n)
        i = cut(m, 4, piece, p->pieces), m = cut(m, 4, piece + 1, p->pieces) - i;
      else
        j = cut(n, g->nr, piece, p->pieces), n = cut(n, g->nr, piece + 1, p->pieces) - j;
      o.a.at = element(p, o.a, i, 0);
      o.x.at = element(p, o.x, 0, j);
      o.y += (size_t)(i * p->n + j) * p->wide;
    }
    for (int64_t l = 0; l < o.k; l += g->kc)
      g->product(m, n, (int)nm__least(o.k - l, g->kc), element(p, o.a, 0, l), o.a.rs, o.a.cs,
                 element(p, o.x, l, 0), o.x.rs, o.y, p->n, l > 0, NULL);
  }
}

/* Workers that all products together deserve, however they are cut. */
static int workers_for(const product *p) { return nm__workers(p->cpu, INT_MAX, work_of(p)); }

static nm_status in_place(product *p) {
  int workers = workers_for(p);
  int64_t products = p->batch * p->chunks, pieces = 1;
  if (workers > 1 && products < 4 * workers) {
    int64_t most = p->m >= p->n ? nm__parts(p->m, p->gemm->mr) : nm__parts(p->n, p->gemm->nr);
    pieces = nm__least(nm__parts(4 * workers, products), most);
  }
  workers = share(p, pieces);
  run_pieces(p, workers, in_place_pieces);
  return NM_OK;
}

/* ---- packed ---- */

typedef struct panel { /* what is multiplied at a time: factors as deep as is packed */
  const product *p;
  const one *o;
  int64_t i0, m, j0, n, k0; /* rows i0 .. i0 + m - 1 of a, columns j0 .. j0 + n - 1 of x */
  int depth;
  int64_t row_parts, column_parts; /* in which y is cut into tasks */
  bool a_first, x_first;           /* packed by all workers before; else each part when it is met */
  char *a, *x;                     /* where to; a is NULL if it is read in place */
} panel;

/* Bytes of what is packed of n rows of a or columns of x, in slices of r, at most `most`. */
static size_t packed_size(const product *p, int64_t n, int r, int64_t most) {
  return nm__align64((size_t)nm__least(n + r, most) * (size_t)nm__least(p->k, p->gemm->kc) *
                     p->wide);
}
static size_t scratch_size(const product *p) {
  return packed_size(p, p->m, p->gemm->mr, MC) + packed_size(p, p->n, p->gemm->nr, NC);
}
static char *place(const panel *q, char *packed, int64_t i) {
  return packed + (size_t)(i * q->depth) * q->p->wide;
}

static void pack_a(const panel *q, int64_t i, int64_t rows, char *to) {
  const product *p = q->p;
  p->cpu->isa->pack[p->dtype]((int)rows, p->gemm->mr, q->depth,
                              element(p, q->o->a, q->i0 + i, q->k0), q->o->a.rs, q->o->a.cs, to);
}
static void pack_x(const panel *q, int64_t j, int64_t columns, char *to) {
  const product *p = q->p;
  p->cpu->isa->pack[p->dtype]((int)columns, p->gemm->nr, q->depth,
                              element(p, q->o->x, q->k0, q->j0 + j), q->o->x.cs, q->o->x.rs, to);
}

/* Vectors that a task packs: slices of r, of which memory has a run of some lines. */
static int64_t pack_task(const product *p, int r) {
  return nm__parts(PACK_RUN, r * (int64_t)p->size) * r;
}

static int64_t tasks_of_x(const panel *q) {
  return q->x_first ? nm__parts(q->n, pack_task(q->p, q->p->gemm->nr)) : 0;
}
static int64_t tasks_of_a(const panel *q) {
  return q->a_first ? nm__parts(q->m, pack_task(q->p, q->p->gemm->mr)) : 0;
}

static void pack_work(void *arg, nm_job *job, int worker) {
  const panel *q = arg;
  int64_t columns = pack_task(q->p, q->p->gemm->nr), rows = pack_task(q->p, q->p->gemm->mr);
  int64_t task, of_x = tasks_of_x(q);
  (void)worker;
  while ((task = nm__next_task(job)) >= 0) {
    int64_t j = task * columns, i = (task - of_x) * rows;
    if (task < of_x)
      pack_x(q, j, nm__least(q->n - j, columns), place(q, q->x, j));
    else
      pack_a(q, i, nm__least(q->m - i, rows), place(q, q->a, i));
  }
}

/* Columns of a panel so deep that take a quarter of the second cache. */
static int64_t near_columns(const product *p, int depth) {
  int64_t slice = (int64_t)p->gemm->nr * depth * (int64_t)p->wide;
  int64_t slices = (int64_t)p->cpu->cache / 4 / slice;
  return (slices > 1 ? slices : 1) * p->gemm->nr;
}

/* A strip of y, rows i .. i + m - 1, by columns j .. j + columns - 1, of which x is packed;
 * packed: that strip of a, or NULL if it is read in place. */
static void multiply_strip(const panel *q, int64_t i, int m, int64_t j, int64_t columns,
                           const char *packed, char *x, nm_ahead *next) {
  const product *p = q->p;
  const nm_gemm *g = p->gemm;
  matrix a = q->o->a;
  char *y = q->o->y + (size_t)((q->i0 + i) * p->n + q->j0 + j) * p->wide;
  for (int n; columns > 0; columns -= n, x = place(q, x, n), y += (size_t)n * p->wide) {
    n = (int)nm__least(columns, g->nr);
    if (packed)
      g->kernel(q->depth, packed, x, y, p->n, m, n, q->k0 > 0, next);
    else
      g->product(m, n, q->depth, element(p, a, q->i0 + i, q->k0), a.rs, a.cs, x, g->nr, y, p->n,
                 q->k0 > 0, next);
  }
}

typedef struct part { /* of y, what a task computes */
  int64_t i, end, j, j_end;
} part;

/* What is used next: strip i of a, that is packed there, or will be read from memory. */
static nm_ahead next_strip(const panel *q, int64_t i, int64_t rows, const char *packed,
                           int64_t columns) {
  const product *p = q->p;
  matrix a = q->o->a;
  int64_t mr = p->gemm->mr, steps = nm__parts(columns, p->gemm->nr) * q->depth;
  if (rows <= 0) return (nm_ahead){.each = 0};
  if (packed) return nm__ahead(packed, 1, mr * q->depth, 0, 1, (int64_t)p->wide, steps);
  return nm__ahead(element(p, a, q->i0 + i, q->k0), rows, q->depth, a.rs, a.cs, (int64_t)p->size,
                   steps);
}

/* Rows of a that are packed at a time: a strip; or, where memory has runs of rows, blocks of about
 * equal size that take half of the second cache. */
static int64_t rows_met(const panel *q, int64_t rows) {
  const product *p = q->p;
  int64_t mr = p->gemm->mr, most = (int64_t)p->cpu->cache / 2 / (q->depth * (int64_t)p->wide);
  if (q->o->a.cs == 1 || most < mr) return mr;
  int64_t blocks = (rows + most / 2) / most;
  return blocks > 1 ? nm__parts(nm__parts(rows, blocks), mr) * mr : rows;
}

/* A part, group after group of as many columns of x as the second cache holds beside what passes
 * by.  Rows of a are packed by the first group, over the last ones if there is no other group. */
static void multiply_part(const panel *q, part t) {
  const product *p = q->p;
  int64_t group = near_columns(p, q->depth), rows = t.end - t.i, met = rows_met(q, rows);
  int64_t height = q->a ? p->gemm->mr : nm__parts(rows, nm__parts(rows, p->gemm->mr));
  bool over = !q->a_first && t.j_end - t.j <= group;
  for (int64_t j = t.j; j < t.j_end; j += group) {
    int64_t columns = nm__least(t.j_end - j, group);
    bool meets = q->a && !q->a_first && j == t.j;
    char *x = q->x_first ? place(q, q->x, j) : q->x;
    if (!q->x_first) pack_x(q, j, columns, x);
    for (int64_t i = t.i, m; i < t.end; i += m) {
      int64_t in = (i - t.i) % met, there = nm__least(t.end - i, met - in);
      char *packed = q->a ? place(q, q->a, over ? t.i + in : i) : NULL;
      if (meets && in == 0) pack_a(q, i, there, packed);
      m = nm__least(t.end - i, height);
      bool known = packed && (!meets || there > m);
      nm_ahead next = next_strip(q, i + m, nm__least(t.end - i - m, height),
                                 known ? place(q, packed, m) : NULL, columns);
      multiply_strip(q, i, (int)m, j, columns, packed, x, &next);
    }
  }
}

static void multiply_work(void *arg, nm_job *job, int worker) {
  const panel *q = arg;
  int64_t task, nr = q->p->gemm->nr, unit = q->a ? q->p->gemm->mr : 4;
  (void)worker;
  while ((task = nm__next_task(job)) >= 0) {
    int64_t row = task / q->column_parts, column = task % q->column_parts;
    multiply_part(q,
                  (part){cut(q->m, unit, row, q->row_parts), cut(q->m, unit, row + 1, q->row_parts),
                         cut(q->n, nr, column, q->column_parts),
                         cut(q->n, nr, column + 1, q->column_parts)});
  }
}

/* Whether rows of a had better be packed than read in place: always if that widens them; else if
 * they are read often. */
static bool worth_packing(const product *p, matrix a) {
  if (nm__is_narrow(p->dtype)) return true;
  return p->n > nm__least(columns_in_place(p, a), 2 * IN_PLACE_COLUMNS);
}

/* Cuts y into tasks for several workers: rows, or columns where there are more of those. */
static void share_panel(panel *q, int workers) {
  int64_t strips = nm__parts(q->m, q->p->gemm->mr), slices = nm__parts(q->n, q->p->gemm->nr);
  q->row_parts = q->column_parts = 1;
  if (workers > 1 && strips >= slices)
    q->row_parts = nm__least(strips, workers * nm__parts(q->m, workers * TASK_ROWS));
  else if (workers > 1)
    q->column_parts = nm__least(slices, 2 * workers);
}

/* One product by so many workers, in this scratch. */
static void multiply_packed(const product *p, const one *o, char *scratch, int workers) {
  bool packs = worth_packing(p, o->a);
  panel q = {.p = p, .o = o, .x_first = workers > 1};
  q.x = scratch + packed_size(p, p->m, p->gemm->mr, MC);
  if (packs) q.a = scratch;
  for (q.j0 = 0; q.j0 < p->n; q.j0 += q.n) {
    q.n = nm__least(p->n - q.j0, NC);
    for (q.i0 = 0; q.i0 < p->m; q.i0 += q.m) {
      q.m = packs ? nm__least(p->m - q.i0, MC) : p->m;
      share_panel(&q, workers);
      q.a_first = packs && q.column_parts > 1;
      for (q.k0 = 0; q.k0 < o->k; q.k0 += q.depth) {
        q.depth = (int)nm__least(o->k - q.k0, p->gemm->kc);
        int64_t tasks = tasks_of_x(&q) + tasks_of_a(&q);
        if (tasks) nm__parallel(p->cpu, workers, tasks, pack_work, &q);
        nm__parallel(p->cpu, workers, q.row_parts * q.column_parts, multiply_work, &q);
      }
    }
  }
}

static void packed_pieces(const product *p, int worker, int64_t from, int64_t to) {
  for (; from < to; from++) {
    one o = product_of(p, from);
    multiply_packed(p, &o, p->cpu->scratch[worker], 1);
  }
}

static nm_status packed(product *p) {
  int64_t products = p->batch * p->chunks;
  int workers = share(p, 1), all = workers_for(p);
  bool together = products < 4 * all; /* all workers at one product after the other */
  NM_TRY(nm__scratch(p->cpu, together ? 1 : workers, scratch_size(p)));
  if (!together) return run_pieces(p, workers, packed_pieces), NM_OK;
  for (int64_t i = 0; i < products; i++) {
    one o = product_of(p, i);
    multiply_packed(p, &o, p->cpu->scratch[0], all);
  }
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
  workers = share(p, pieces);
  NM_TRY(nm__scratch(p->cpu, (int)workers, 2 * nm__align64((size_t)p->chunk * p->wide)));
  run_pieces(p, (int)workers, vector_pieces);
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

/* Whether both are read where they lie: rows of x are dense, and the second cache holds it. */
static bool fits_in_place(const product *p) {
  matrix a = matrix_of(p, p->a, 0), x = matrix_of(p, p->x, 0);
  if (p->m >= p->gemm->mr && p->n > columns_in_place(p, a)) return false;
  if (nm__is_narrow(p->dtype) || (x.cs != 1 && p->n > 1)) return false;
  if (p->m >= IN_PLACE_ROWS && x.rs * (int64_t)p->size % PAGE == 0) return false;
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
               .run = NULL};
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
                                                       : packed(&p);
  if (status == NM_OK && p.chunks > 1) add_chunks(&p, narrow ? p.y : to);
  if (status == NM_OK && narrow)
    for (int64_t at = 0; at < numel; at += 1 << 20)
      cpu->isa->store[dtype]((int)nm__least(numel - at, 1 << 20), to + (size_t)at * p.size, 1,
                             p.y + (size_t)at * p.wide);
  if (apart) nm__cpu_release(dev, &other);
  return status;
}
