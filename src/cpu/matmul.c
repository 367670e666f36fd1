/* matmul.c: batched matrix products.
 *
 * Large ones are packed and blocked after Goto and van de Geijn (BLIS's loops): a panel of x, kc
 * deep, is packed once into slices of nr columns, blocks of a into slices of mr rows, and the
 * micro-kernel multiplies slice by slice.  Packing reads through strides and widens narrow dtypes,
 * so views of any kind cost no copy.  Small products are not packed; products with a vector go
 * through dot products or sums of columns.  The path follows from the shape alone, and each
 * element's sum is the same wherever the product is cut into tasks. */
#include <limits.h>
#include <string.h>

#include "cpu/cpu.h"

enum {
  MC = 240,  /* rows of a packed block of a: a multiple of every mr; mc x kc stays in the second
                cache */
  NC = 3072, /* columns of a packed panel of x: a multiple of every nr */
  SMALL = 64 * 64 * 64, /* products of m, n, k up to here are not packed if rows of x are dense, */
  TINY = 8 * 8 * 8,     /* and up to here whatever their strides */
};

typedef struct matrix { /* one of a batch, in memory */
  const char *at;
  int64_t rs, cs; /* strides of rows and columns, in elements */
} matrix;

typedef struct product {
  nm_cpu *cpu;
  const nm_gemm *gemm;
  nm_dtype dtype;
  nm_class cls;
  size_t size, wide; /* bytes of an element in memory and in its class */
  const nm_view *a, *x, *y;
  char *y_at; /* dense elements of the class: y itself or a temporary */
  int64_t batch, m, n, k;
  int64_t tile_m, tile_n, tiles_m, tiles_n; /* a task: one tile of one product */
} product;

static matrix matrix_of(const product *p, const nm_view *v, int64_t b) {
  return (matrix){(const char *)v->mem->ptr + (v->offset + b * v->stride[0]) * (int64_t)p->size,
                  v->stride[1], v->stride[2]};
}
static const char *element(const product *p, matrix m, int64_t i, int64_t j) {
  return m.at + (i * m.rs + j * m.cs) * (int64_t)p->size;
}
static int64_t at_most(int64_t n, int64_t most) { return n < most ? n : most; }
static size_t align64(size_t n) { return (n + 63) & ~(size_t)63; }

/* ---- packed ---- */

static size_t packed_scratch(const product *p) {
  size_t kc = (size_t)at_most(p->k, p->gemm->kc);
  size_t mc = (size_t)at_most(p->tile_m, MC) + (size_t)p->gemm->mr;
  size_t nc = (size_t)at_most(p->tile_n, NC) + (size_t)p->gemm->nr;
  return align64(mc * kc * p->wide) + align64(nc * kc * p->wide);
}

/* Packs `count` vectors of a matrix into slices of r; what the last slice lacks is zero. */
static void pack_slices(const product *p, int64_t count, int r, int depth, const char *from,
                        int64_t rs, int64_t cs, char *panel) {
  size_t slice = (size_t)r * (size_t)depth * p->wide;
  for (int64_t i = 0; i < count; i += r, panel += slice) {
    int rows = (int)at_most(count - i, r);
    if (rows < r) memset(panel, 0, slice);
    p->cpu->isa->pack[p->dtype](rows, r, depth, from + i * rs * (int64_t)p->size, rs, cs, panel);
  }
}

/* A tile of y from row i0 and column j0 on. */
static void packed_tile(const product *p, matrix a, matrix x, char *y, int64_t i0, int64_t j0,
                        char *scratch) {
  const nm_gemm *g = p->gemm;
  int64_t i1 = at_most(i0 + p->tile_m, p->m), j1 = at_most(j0 + p->tile_n, p->n);
  char *a_panel = scratch;
  size_t a_size =
      ((size_t)at_most(p->tile_m, MC) + (size_t)g->mr) * (size_t)at_most(p->k, g->kc) * p->wide;
  char *x_panel = scratch + align64(a_size);
  for (int64_t jc = j0; jc < j1; jc += NC) {
    int64_t nc = at_most(j1 - jc, NC);
    for (int64_t kc = 0; kc < p->k; kc += g->kc) {
      int depth = (int)at_most(p->k - kc, g->kc);
      size_t a_slice = (size_t)g->mr * (size_t)depth * p->wide,
             x_slice = (size_t)g->nr * (size_t)depth * p->wide;
      pack_slices(p, nc, g->nr, depth, element(p, x, kc, jc), x.cs, x.rs, x_panel);
      for (int64_t ic = i0; ic < i1; ic += MC) {
        int64_t mc = at_most(i1 - ic, MC);
        pack_slices(p, mc, g->mr, depth, element(p, a, ic, kc), a.rs, a.cs, a_panel);
        for (int64_t j = 0; j < nc; j += g->nr)
          for (int64_t i = 0; i < mc; i += g->mr)
            g->kernel(depth, a_panel + (size_t)(i / g->mr) * a_slice,
                      x_panel + (size_t)(j / g->nr) * x_slice,
                      y + (size_t)((ic + i) * p->n + jc + j) * p->wide, p->n,
                      (int)at_most(mc - i, g->mr), (int)at_most(nc - j, g->nr), kc > 0);
      }
    }
  }
}

static void packed_work(void *arg, nm_job *job, int worker) {
  const product *p = arg;
  int64_t task, per_product = p->tiles_m * p->tiles_n;
  while ((task = nm__next_task(job)) >= 0) {
    int64_t b = task / per_product, tile = task % per_product;
    packed_tile(p, matrix_of(p, p->a, b), matrix_of(p, p->x, b),
                p->y_at + (size_t)(b * p->m * p->n) * p->wide, tile / p->tiles_n * p->tile_m,
                tile % p->tiles_n * p->tile_n, p->cpu->scratch[worker]);
  }
}

static int64_t round_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

/* Cuts each product into about as many tiles as there are workers for it. */
static nm_status packed(product *p) {
  int workers = nm__workers(p->cpu, INT_MAX,
                            (double)p->batch * (double)p->m * (double)p->n * (double)p->k / 8);
  int64_t pieces = p->batch >= workers ? 1 : workers;
  p->tile_m = p->m, p->tile_n = p->n;
  if (pieces > 1 && p->n >= p->m) p->tile_n = round_up((p->n + pieces - 1) / pieces, p->gemm->nr);
  else if (pieces > 1) p->tile_m = round_up((p->m + pieces - 1) / pieces, p->gemm->mr);
  p->tiles_m = (p->m + p->tile_m - 1) / p->tile_m;
  p->tiles_n = (p->n + p->tile_n - 1) / p->tile_n;
  int64_t tasks = p->batch * p->tiles_m * p->tiles_n;
  if (tasks < workers) workers = (int)tasks;
  NM_TRY(nm__scratch(p->cpu, workers, packed_scratch(p)));
  nm__parallel(p->cpu, workers, tasks, packed_work, p);
  return NM_OK;
}

/* ---- unpacked ---- */

static void small_work(void *arg, nm_job *job, int worker) {
  const product *p = arg;
  int64_t task;
  (void)worker;
  while ((task = nm__next_task(job)) >= 0) {
    int64_t b = task * p->tile_m, end = at_most(b + p->tile_m, p->batch);
    for (; b < end; b++) {
      matrix a = matrix_of(p, p->a, b), x = matrix_of(p, p->x, b);
      p->gemm->small((int)p->m, (int)p->n, (int)p->k, a.at, a.rs, a.cs, x.at, x.rs, x.cs,
                     p->y_at + (size_t)(b * p->m * p->n) * p->wide);
    }
  }
}

static nm_status small(product *p) {
  int64_t each = p->m * p->n * p->k;
  p->tile_m = each < 4096 ? 4096 / each : 1; /* products of a task */
  int64_t tasks = (p->batch + p->tile_m - 1) / p->tile_m;
  int workers = tasks == 1 ? 1 : nm__workers(p->cpu, tasks, (double)p->batch * (double)each);
  nm__parallel(p->cpu, workers, tasks, small_work, p);
  return NM_OK;
}

/* y (rows) = a x: a piece of at most NM_TILE rows is a task.  The vector x is dense in the scratch,
 * where there is also room for a row of a. */
static void vector_piece(const product *p, matrix a, int64_t i0, int64_t rows, const char *x,
                         char *row, char *y) {
  const nm_isa *isa = p->cpu->isa;
  bool wide = !nm__is_narrow(p->dtype);
  int n = (int)at_most(rows - i0, NM_TILE);
  if (a.rs == 1 && a.cs != 1 && wide) {
    memset(y + (size_t)i0 * p->wide, 0, (size_t)n * p->wide);
    p->gemm->columns(n, p->k, element(p, a, i0, 0), a.cs, x, y + (size_t)i0 * p->wide);
    return;
  }
  for (int64_t i = i0; i < i0 + n; i++) {
    const char *from = element(p, a, i, 0);
    if (a.cs != 1 || !wide) {
      isa->load[p->dtype]((int)p->k, row, from, a.cs);
      from = row;
    }
    p->gemm->dot(p->k, from, x, y + (size_t)i * p->wide);
  }
}

static void vector_work(void *arg, nm_job *job, int worker) {
  const product *p = arg;
  bool left = p->m == 1 && p->n != 1; /* the vector is a, and y = x^T a */
  int64_t rows = left ? p->n : p->m, pieces = (rows + NM_TILE - 1) / NM_TILE, task, loaded = -1;
  char *vector = p->cpu->scratch[worker], *row = vector + align64((size_t)p->k * p->wide);
  while ((task = nm__next_task(job)) >= 0) {
    int64_t b = task / pieces;
    matrix a = matrix_of(p, left ? p->x : p->a, b), v = matrix_of(p, left ? p->a : p->x, b);
    if (left) a = (matrix){a.at, a.cs, a.rs};
    if (loaded != b) p->cpu->isa->load[p->dtype]((int)p->k, vector, v.at, left ? v.cs : v.rs);
    loaded = b;
    vector_piece(p, a, task % pieces * NM_TILE, rows, vector, row,
                 p->y_at + (size_t)(b * rows) * p->wide);
  }
}

static nm_status by_vector(product *p) {
  int64_t rows = p->m > p->n ? p->m : p->n, tasks = p->batch * ((rows + NM_TILE - 1) / NM_TILE);
  int workers = nm__workers(p->cpu, tasks, (double)p->batch * (double)rows * (double)p->k);
  NM_TRY(nm__scratch(p->cpu, workers, 2 * align64((size_t)p->k * p->wide)));
  nm__parallel(p->cpu, workers, tasks, vector_work, p);
  return NM_OK;
}

nm_status nm__cpu_matmul(nm_device *dev, const nm_view *a, const nm_view *x, const nm_view *y) {
  nm_cpu *cpu = (nm_cpu *)dev;
  nm_dtype dtype = y->dtype;
  nm_class cls = nm__dtype_class(dtype);
  product p = {.cpu = cpu,
               .gemm = &cpu->isa->gemm[cls],
               .dtype = dtype,
               .cls = cls,
               .a = a,
               .x = x,
               .y = y,
               .size = nm__dtype_size(dtype),
               .wide = nm__class_size[cls],
               .batch = y->shape[0],
               .m = y->shape[1],
               .n = y->shape[2],
               .k = a->shape[2]};
  int64_t numel = p.batch * p.m * p.n;
  char *to = (char *)y->mem->ptr + y->offset * (int64_t)p.size;
  if (numel == 0) return NM_OK;
  if (p.k == 0) return memset(to, 0, (size_t)numel * p.size), NM_OK;
  if (p.k > INT_MAX / 2 || p.m > INT_MAX / 2 || p.n > INT_MAX / 2)
    return nm__error(dev->ctx, NM_ENOTSUP, "matmul: a dim of more than 2^30 elements");
  bool narrow = nm__is_narrow(dtype);
  nm_mem wide = {.ptr = NULL};
  if (narrow) NM_TRY(nm__cpu_alloc(dev, (size_t)numel * p.wide, &wide));
  p.y_at = narrow ? wide.ptr : to;
  nm_status status;
  if ((p.m == 1 || p.n == 1) && p.k > 1) status = by_vector(&p);
  else if (!narrow && p.m * p.n <= SMALL && p.m * p.n * p.k <= (x->stride[2] == 1 ? SMALL : TINY))
    status = small(&p);
  else status = packed(&p);
  if (narrow && status == NM_OK)
    for (int64_t at = 0; at < numel; at += 1 << 20)
      cpu->isa->store[dtype]((int)at_most(numel - at, 1 << 20), to + (size_t)at * p.size, 1,
                             p.y_at + (size_t)at * p.wide);
  nm__cpu_release(dev, &wide);
  return status;
}
