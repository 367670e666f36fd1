/* product.h: inside src/cpu: a batch of matrix products, as matmul.c takes it apart. */
#ifndef NM_CPU_PRODUCT_H
#define NM_CPU_PRODUCT_H

#include <limits.h>

#include "cpu/cpu.h"

enum { NM_IN_PLACE_COLUMNS = 128 }; /* up to which packing rows of a costs more than it brings */

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
  int64_t pieces, group;     /* each product is cut into pieces, of which a task takes a group, */
  work_on *run;              /* and computes them so */
  bool gathers_a, gathers_x; /* in place, but for these, which are copied to dense rows first */
  bool fetches;              /* the next product's while one is multiplied */
};

typedef struct one { /* of the products */
  matrix a, x;
  int64_t k;
  char *y;
} one;

/* Matrix b of a batch. */
static inline matrix matrix_of(const product *p, const nm_view *v, int64_t b) {
  int64_t at = v->offset + b * v->stride[0];
  if (p->inner > 1) at = v->offset + b / p->inner * v->stride[0] + b % p->inner * v->stride[1];
  return (matrix){(const char *)v->mem->ptr + at * (int64_t)p->size, v->stride[v->ndim - 2],
                  v->stride[v->ndim - 1]};
}
static inline const char *element(const product *p, matrix m, int64_t i, int64_t j) {
  return m.at + (i * m.rs + j * m.cs) * (int64_t)p->size;
}

/* Product i of all chunks of all the batch. */
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

static inline double products_of(const product *p) {
  return (double)p->batch * (double)p->m * (double)p->n * (double)p->k;
}

/* In element operations, as nm__workers counts: products with a vector wait for memory. */
static inline double work_of(const product *p) {
  return products_of(p) / (p->m == 1 || p->n == 1 ? 2 : 8);
}

/* Workers that all products together deserve, however they are cut. */
static inline int workers_for(const product *p) { return nm__workers(p->cpu, INT_MAX, work_of(p)); }

/* Piece i of `pieces` of n things that come in units: where it begins. */
static inline int64_t cut(int64_t n, int64_t unit, int64_t i, int64_t pieces) {
  if (pieces == 1) return i ? n : 0;
  return nm__least(n, nm__parts(n, unit) * i / pieces * unit);
}

/* Workers for all products cut into pieces; sets how many of these a task takes. */
int nm__product_share(product *p, int64_t pieces);
/* Computes all pieces. */
void nm__product_run(product *p, int workers, work_on *run);
/* Up to how many columns of x packing a costs more than it brings. */
int64_t nm__product_columns(const product *p, matrix a);
/* matmul_packed.c: the way of factors that the caches don't hold. */
nm_status nm__product_packed(product *p);

#endif
