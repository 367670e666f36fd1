/* fold.h: inside cpu/: a reduction as reduce.c runs it, and its shape (fold_shape.c). */
#ifndef NM_FOLD_H
#define NM_FOLD_H

#include "cpu/cpu.h"

enum {
  NM_FOLD_PART = 64 * NM_TILE, /* elements of a part of rows, about */
  NM_FOLD_DEPTH = 256,         /* rows of a part of columns */
  NM_FOLD_WIDTH = 4 * NM_TILE, /* columns of a unit at most */
  NM_FOLD_WIDE = 64,           /* rows of fewer columns are fanned */
};

/* outer groups of dims, in order: sizes, steps in the input, in the output */
typedef struct groups {
  int n;
  int64_t size[NM_MAX_DIMS], step[NM_MAX_DIMS], out[NM_MAX_DIMS], count;
} groups;

typedef struct fold {
  const nm_reduce *r;
  nm_cpu *cpu;
  nm_plan plan;
  nm_class cls;
  bool arg, real;  /* real: accumulators are nm_acc.f */
  bool exact;      /* nothing is rounded on the way */
  bool best;       /* ARGMAX, ARGMIN: not by blocks, but in columns */
  bool pairs;      /* accumulators have a second half: a position or a mean */
  bool as_program; /* outputs come in the program's order */
  int64_t block;   /* elements of a block of a row */
  nm_acc identity;
  const char *base;     /* what is read in memory, else NULL */
  nm_dtype dtype;       /* of that */
  groups kept, reduced; /* without the innermost group */
  bool rows;
  int64_t inner, inner_step, inner_out; /* the innermost group */
  int64_t fan, width, units, parts;
  int64_t part_rows;  /* rows of a part, or 0: a part is NM_FOLD_PART elements of one row, */
  int64_t row_parts;  /* of which a row has so many */
  nm_acc *acc, *also; /* of parts > 1: units x parts x width; also: of pairs */
} fold;

/* Cuts the work into units and parts: fills in `as_program` and everything from `kept` on but acc
 * and also. */
void nm__fold_measure(fold *f);

/* Where the element or output with this index of the groups is; step: of the input or the output.
 */
static inline int64_t position(const groups *g, const int64_t *step, int64_t index) {
  int64_t at = 0;
  for (int i = g->n - 1; i > 0; i--) {
    int64_t rest = index / g->size[i];
    at += (index - rest * g->size[i]) * step[i];
    index = rest;
  }
  return g->n ? at + index * step[0] : 0;
}

/* How many indices from this one on follow each other in the innermost group, at most n. */
static inline int64_t neighbours(const groups *g, int64_t index, int64_t n) {
  int64_t left = g->n ? g->size[g->n - 1] - index % g->size[g->n - 1] : 1;
  return n < left ? n : left;
}

/* Position among the reduced of the first element of a part. */
static inline int64_t part_start(const fold *f, int64_t part) {
  if (!f->rows) return part * f->part_rows;
  if (f->part_rows) return part * f->part_rows * f->inner;
  return part / f->row_parts * f->inner + part % f->row_parts * NM_FOLD_PART;
}

static inline int64_t part_end(const fold *f, int64_t part) {
  return part + 1 < f->parts ? part_start(f, part + 1)
                             : f->reduced.count * (f->rows ? f->inner : 1);
}

#endif
