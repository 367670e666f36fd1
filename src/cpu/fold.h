/* fold.h: inside cpu/: a reduction as reduce.c runs it, its shape (fold_shape.c) and its
 * accumulators. */
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

/* ---- accumulators: fold_acc.c ---- */
nm_acc nm__fold_identity(nm_reduction kind, bool real);
/* n accumulators v take in w; the first `count` elements are in v, the next `more` in w. */
void nm__fold_join(const fold *f, int64_t n, nm_acc *v, nm_acc *v2, const nm_acc *w,
                   const nm_acc *w2, int64_t count, int64_t more);
/* Stores n results whose places are `step` apart from `at` on. */
void nm__fold_store(const fold *f, int64_t at, int n, int64_t step, const nm_acc *acc,
                    const nm_acc *also);

static inline bool is_max(nm_reduction kind) { return kind == NM_R_MAX || kind == NM_R_ARGMAX; }

/* Whether w comes before v as an extreme; NaN comes before all but NaN. */
static inline bool before(const fold *f, nm_acc w, nm_acc v) {
  bool max = is_max(f->r->kind);
  if (!f->real) return max ? w.i > v.i : w.i < v.i;
  if (w.f != w.f) return v.f == v.f;
  return max ? w.f > v.f : w.f < v.f;
}

static inline nm_acc join(const fold *f, nm_acc v, nm_acc w) {
  switch (f->r->kind) {
  case NM_R_SUM: return f->real ? (nm_acc){.f = v.f + w.f} : (nm_acc){.i = v.i + w.i};
  case NM_R_PROD: return f->real ? (nm_acc){.f = v.f * w.f} : (nm_acc){.i = v.i * w.i};
  case NM_R_ANY: return (nm_acc){.i = v.i | w.i};
  case NM_R_ALL: return (nm_acc){.i = v.i & w.i};
  default: return before(f, w, v) ? w : v;
  }
}

#endif
