/* lapack.h: factorizations of batches of matrices in host memory, by the system's LAPACK.
 *
 * The library is opened when it is first needed (liblapack.so.3, or OpenBLAS with its own LAPACK),
 * so that numoon runs where there is none.  Matrices are stored by columns, as Fortran does. */
#ifndef NM_LAPACK_H
#define NM_LAPACK_H

#include "core/context.h"

typedef enum nm_lapack_task {
  NM_LA_LU,          /* a (m, n) becomes L and U; pivots (min(m, n)), counting from 1 */
  NM_LA_INVERSE,     /* a (n, n) becomes its inverse */
  NM_LA_SOLVE,       /* a (n, n) is destroyed, b (n, k) becomes the solution */
  NM_LA_TRIANGULAR,  /* the same of the triangle of a that `upper` says; unit: ones on its diagonal
                      */
  NM_LA_CHOLESKY,    /* a (n, n), its lower triangle, becomes L, 0 above */
  NM_LA_QR,          /* a (m, n) is destroyed; b is k columns of m + n: one of Q, and a row of R */
  NM_LA_SVD,         /* a (m, n) is destroyed; b is max of both k columns of m + n + 1: one of U,
                        one of V, the singular value; k: columns of U and V, min(m, n) or all */
  NM_LA_SVD_VALUES,  /* a (m, n) is destroyed; b (min(m, n)) */
  NM_LA_EIGH,        /* b is n columns of n + 1: the matrix (its triangle `upper` is read) and room,
                        becomes an eigenvector each and its eigenvalue, ascending */
  NM_LA_EIGH_VALUES, /* a (n, n) is destroyed; b (n) */
  NM_LA_EIG,         /* a (n, n) is destroyed; b as EIGH's result, not sorted */
  NM_LA_LSTSQ, /* a (m, n) is destroyed; b (max(m, n), k) becomes the solution and below it, for
                  m > n, what is left; c (min(m, n)): singular values; pivots (1): the rank */
} nm_lapack_task;

typedef enum nm_lapack_driver {
  NM_LA_GELSY,
  NM_LA_GELS,
  NM_LA_GELSD,
  NM_LA_GELSS
} nm_lapack_driver;

enum { /* besides LAPACK's own numbers above 0 */
       NM_LA_NO_MEMORY = -1000,
       NM_LA_NOT_FINITE = -1001, /* the matrix has NaN or infinities */
       NM_LA_COMPLEX = -1002     /* eigenvalues are not real */
};

typedef struct nm_lapack_call {
  nm_lapack_task task;
  bool wide; /* float64, else float32 */
  bool upper, unit;
  nm_lapack_driver driver;
  double rcond;
  int m, n, k;
  int64_t count; /* matrices, */
  void *a, *b, *c;
  int32_t *pivots;
  int64_t a_step, b_step, c_step, pivots_step; /* so many elements apart */
  int *info;                                   /* of each, the caller's */
} nm_lapack_call;

/* Runs the task on every matrix, several at a time; NM_ENOTSUP, with a message, without LAPACK. */
nm_status nm__lapack(nm_context *ctx, const nm_lapack_call *c);

#endif
