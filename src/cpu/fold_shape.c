/* fold_shape.c: the shape of a reduction: which dims count as one, in which order they are gone
 * through, and how the work is cut; see reduce.c. */
#include "cpu/fold.h"

typedef struct dims { /* those that are longer than 1: sizes, steps in the input, in the output */
  int n;
  int64_t size[NM_MAX_DIMS], step[NM_MAX_DIMS], out[NM_MAX_DIMS];
  bool reduced[NM_MAX_DIMS];
} dims;

static void move_dim(dims *d, int to, int from) {
  d->size[to] = d->size[from], d->step[to] = d->step[from];
  d->out[to] = d->out[from], d->reduced[to] = d->reduced[from];
}

/* Puts what lies closest in memory last; expanded dims go first. */
static void sort_dims(dims *d) {
  for (int i = 1; i < d->n; i++) {
    move_dim(d, d->n, i);
    int64_t step = d->step[i];
    int j = i;
    for (; j > 0 && d->step[j - 1] && (!step || d->step[j - 1] < step); j--) move_dim(d, j, j - 1);
    move_dim(d, j, d->n);
  }
}

/* Steps are those of the program's index, or of its input's memory where that is read. */
static void list_dims(const fold *f, dims *d) {
  const nm_program *p = f->r->program;
  const nm_operand *o = f->base && f->r->src < p->nin ? &p->in[f->r->src] : NULL;
  int64_t flat = 1, out = 1;
  int reduced = 0;
  d->n = 0;
  for (int i = p->ndim - 1; i >= 0; i--) {
    bool is = f->r->reduced >> i & 1;
    int64_t step = !f->base || (o && o->layout == NM_FLAT) ? flat
                   : o && o->layout == NM_STRIDED          ? o->stride[i]
                                                           : 0;
    flat *= p->shape[i];
    if (p->shape[i] == 1) continue;
    int at = NM_MAX_DIMS - 1 - d->n++; /* from behind, as they come */
    d->size[at] = p->shape[i], d->step[at] = step, d->out[at] = is ? 0 : out, d->reduced[at] = is;
    reduced += is;
    if (!is) out *= p->shape[i];
  }
  for (int i = 0; i < d->n; i++) move_dim(d, i, NM_MAX_DIMS - d->n + i);
  /* positions are counted in the program's order */
  if (f->base && d->n < NM_MAX_DIMS && (!f->arg || reduced <= 1)) sort_dims(d);
}

static void group_dims(fold *f, dims *d) {
  int n = 0;
  int64_t out = 1;
  for (int i = 0; i < d->n; i++) {
    if (n && d->reduced[n - 1] == d->reduced[i] && d->step[n - 1] == d->step[i] * d->size[i] &&
        d->out[n - 1] == d->out[i] * d->size[i]) {
      d->size[n - 1] *= d->size[i], d->step[n - 1] = d->step[i], d->out[n - 1] = d->out[i];
    } else {
      move_dim(d, n++, i);
    }
  }
  f->kept = f->reduced = (groups){.count = 1};
  f->rows = n == 0 || d->reduced[n - 1];
  f->inner = n ? d->size[n - 1] : 1;
  f->inner_step = n ? d->step[n - 1] : 1;
  f->inner_out = n ? d->out[n - 1] : 1;
  for (int i = 0; i < n - 1; i++) {
    groups *g = d->reduced[i] ? &f->reduced : &f->kept;
    g->size[g->n] = d->size[i], g->step[g->n] = d->step[i], g->out[g->n++] = d->out[i];
    g->count *= d->size[i];
  }
  f->as_program = true;
  for (int i = n - 1; i >= 0; i--) {
    if (d->reduced[i]) continue;
    f->as_program &= d->out[i] == out;
    out *= d->size[i];
  }
}

void nm__fold_measure(fold *f) {
  dims d;
  list_dims(f, &d);
  group_dims(f, &d);
  f->fan = 1;
  f->row_parts = 1;
  if (!f->rows) {
    const groups *g = &f->reduced;
    if (g->n && f->inner < NM_FOLD_WIDE && g->step[g->n - 1] == f->inner * f->inner_step) {
      int64_t rows = g->size[g->n - 1], most = (2 * NM_FOLD_WIDE - 1) / f->inner,
              deep = rows / NM_DEEP;
      f->fan = deep < 1 ? 1 : most < deep ? most : deep; /* fanned rows are joined one by one */
      while (g->n > 1 && rows % f->fan) f->fan--;        /* what is left over comes last */
    }
    f->width = f->inner < NM_FOLD_WIDTH ? f->inner : NM_FOLD_WIDTH;
    f->units = f->kept.count * ((f->inner + NM_FOLD_WIDTH - 1) / NM_FOLD_WIDTH);
    f->part_rows = f->fan * NM_FOLD_DEPTH;
    f->parts = (g->count + f->part_rows - 1) / f->part_rows;
    return;
  }
  int64_t most = f->inner < NM_FOLD_PART ? NM_FOLD_PART / f->inner : 1;
  if (most > NM_TILE) most = NM_TILE;
  f->width = most < f->kept.count ? most : f->kept.count;
  f->units = (f->kept.count + f->width - 1) / f->width;
  f->part_rows = f->width * f->inner < NM_FOLD_PART ? NM_FOLD_PART / (f->width * f->inner) : 1;
  if (f->inner > NM_FOLD_PART) {
    f->part_rows = 0;
    f->row_parts = (f->inner + NM_FOLD_PART - 1) / NM_FOLD_PART;
    f->parts = f->reduced.count * f->row_parts;
  } else {
    if (f->part_rows > NM_FOLD_DEPTH) f->part_rows = NM_FOLD_DEPTH;
    f->parts = (f->reduced.count + f->part_rows - 1) / f->part_rows;
  }
}
