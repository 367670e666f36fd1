/* matmul_packed.c: products of factors that the caches don't hold, packed and blocked.
 *
 * A group of columns of x, kc deep, is packed into slices of nr columns that stay in the second
 * cache while strips of a pass by, mr rows each, which the first cache holds beside the slices that
 * come to it.  One worker packs a group or strip when it is met; several pack panels first,
 * together.  While a strip is multiplied the next one is fetched to the second cache, so that
 * nothing waits for memory.  Packing reads through strides and widens narrow dtypes, so views of
 * any kind cost no copy. */
#include "cpu/product.h"

enum {
  NC = 3072,       /* columns of a packed panel of x: a multiple of every nr, */
  MC = 3072,       /* rows of one of a: a multiple of every mr */
  LINE = 64,       /* bytes of a line of the caches */
  PACK_RUN = 1024, /* bytes of each row of memory that a task packs */
  TASK_ROWS = 256, /* of a packed panel */
};

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

nm_fetch nm__fetch(const char *at, int64_t rows, int64_t columns, int64_t rs, int64_t cs,
                   int64_t size, int64_t steps) {
  nm_fetch none = {.at = at, .left = INT_MAX};
  int64_t runs = cs == 1 ? rows : columns, pitch = (cs == 1 ? rs : cs) * size;
  int64_t bytes = (cs == 1 ? columns : rows) * size, units = steps / NM_AHEAD;
  if (runs <= 0 || bytes <= 0 || units == 0 || (cs != 1 && rs != 1)) return none;
  if (pitch == bytes) bytes *= runs, runs = 1;
  int64_t before = (intptr_t)at % LINE;
  bytes += before;
  int64_t lines = nm__parts(bytes, LINE), length = nm__parts(lines, NM_AHEAD);
  nm_fetch h = {.at = at - before};
  if (units * NM_FETCH_LINES >= runs * lines) {
    int64_t many = units >= runs * lines ? 1 : NM_FETCH_LINES;
    length = nm__parts(lines, many), h.pitch = many * LINE;
  } else if (lines * nm__parts(runs, NM_AHEAD) < runs * length) { /* last lines first */
    length = nm__parts(runs, NM_AHEAD), runs = lines;
    h.at += (lines - 1) * LINE, h.step = pitch, pitch = -LINE;
  } else {
    if (units / runs > length) length = units / runs;
    h.step = nm__parts(bytes, length * NM_AHEAD);
  }
  if (h.step) h.pitch = NM_AHEAD * h.step;
  h.gap = pitch - length * h.pitch;
  h.length = (int)length, h.left = (int)length + 1, h.runs = (int)runs;
  return h;
}

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
                           const char *packed, char *x, nm_fetch *next) {
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
static nm_fetch next_strip(const panel *q, int64_t i, int64_t rows, const char *packed,
                           int64_t columns) {
  const product *p = q->p;
  matrix a = q->o->a;
  int64_t mr = p->gemm->mr, steps = nm__parts(columns, p->gemm->nr) * q->depth;
  if (packed) return nm__fetch(packed, 1, mr * q->depth, 0, 1, (int64_t)p->wide, steps);
  return nm__fetch(element(p, a, q->i0 + i, q->k0), rows, q->depth, a.rs, a.cs, (int64_t)p->size,
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
      nm_fetch next = next_strip(q, i + m, nm__least(t.end - i - m, height),
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
  return p->n > nm__least(nm__product_columns(p, a), 2 * NM_IN_PLACE_COLUMNS);
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

nm_status nm__product_packed(product *p) {
  int64_t products = p->batch * p->chunks;
  int workers = nm__product_share(p, 1), all = workers_for(p);
  bool together = products < 4 * all; /* all workers at one product after the other */
  NM_TRY(nm__scratch(p->cpu, together ? 1 : workers, scratch_size(p)));
  if (!together) return nm__product_run(p, workers, packed_pieces), NM_OK;
  for (int64_t i = 0; i < products; i++) {
    one o = product_of(p, i);
    multiply_packed(p, &o, p->cpu->scratch[0], all);
  }
  return NM_OK;
}
