/* reduce.c: reductions over any dims of what a program computes.
 *
 * Neighbouring dims that are both kept or both reduced count as one; what remains alternates.  Seen
 * from the innermost such group there are two shapes of work: rows     it is reduced: each output
 * is made of whole rows of `inner` neighbours; columns  it is kept: `inner` neighbouring outputs
 * take in an element each, row after row. The outputs are cut into units of at most NM_TILE
 * neighbours, and what is reduced into parts of about PART elements per unit.  Unit and part depend
 * on the shape alone; a task is one part of one unit.  The parts of an output are joined pairwise
 * at the end, so no sum is a longer chain than MOST_ROWS. */
#include <math.h>
#include <string.h>

#include "cpu/cpu.h"

enum { PART = 64 * NM_TILE, MOST_ROWS = 256, SHORT = 32 /* rows that are folded side by side */ };

typedef struct groups { /* outer groups of dims, in order: sizes and steps in the program's index */
  int n;
  int64_t size[NM_MAX_DIMS], step[NM_MAX_DIMS], count;
} groups;

typedef struct fold {
  const nm_reduce *r;
  nm_cpu *cpu;
  nm_plan plan;
  nm_class cls;
  bool arg, real; /* real: accumulators are nm_acc.f */
  nm_acc identity;
  groups kept, reduced; /* without the innermost group */
  bool rows;
  int64_t inner; /* size of the innermost group */
  int64_t width, units, parts;
  int64_t part_rows; /* rows of a part, or 0: a part is PART elements of one row, */
  int64_t row_parts; /* of which a row has so many */
  nm_acc *acc;       /* of parts > 1: units x parts x width */
  int64_t *where;    /* ARGMAX, ARGMIN: likewise */
} fold;

/* ---- accumulators ---- */

static nm_acc identity_of(nm_reduction kind, bool real) {
  switch (kind) {
  case NM_R_PROD: return real ? (nm_acc){.f = 1} : (nm_acc){.i = 1};
  case NM_R_ALL: return (nm_acc){.i = 1};
  case NM_R_MAX:
  case NM_R_ARGMAX: return real ? (nm_acc){.f = -(double)INFINITY} : (nm_acc){.i = INT64_MIN};
  case NM_R_MIN:
  case NM_R_ARGMIN: return real ? (nm_acc){.f = (double)INFINITY} : (nm_acc){.i = INT64_MAX};
  default: return real ? (nm_acc){.f = 0} : (nm_acc){.i = 0};
  }
}

/* Whether w comes before v as an extreme; NaN comes before all but NaN. */
static bool before(const fold *f, nm_acc w, nm_acc v) {
  bool max = f->r->kind == NM_R_MAX || f->r->kind == NM_R_ARGMAX;
  if (!f->real) return max ? w.i > v.i : w.i < v.i;
  if (w.f != w.f) return v.f == v.f;
  return max ? w.f > v.f : w.f < v.f;
}

static nm_acc join(const fold *f, nm_acc v, nm_acc w) {
  switch (f->r->kind) {
  case NM_R_SUM: return f->real ? (nm_acc){.f = v.f + w.f} : (nm_acc){.i = v.i + w.i};
  case NM_R_PROD: return f->real ? (nm_acc){.f = v.f * w.f} : (nm_acc){.i = v.i * w.i};
  case NM_R_ANY: return (nm_acc){.i = v.i | w.i};
  case NM_R_ALL: return (nm_acc){.i = v.i & w.i};
  default: return before(f, w, v) ? w : v;
  }
}

/* Joins accumulators `step` apart, and the positions that go with them, pairwise. */
static nm_acc join_all(const fold *f, int64_t n, int64_t step, const nm_acc *acc,
                       const int64_t *where, int64_t *found) {
  if (n == 1) {
    if (where) *found = *where;
    return *acc;
  }
  int64_t half = n / 2, other = 0;
  nm_acc v = join_all(f, half, step, acc, where, found);
  nm_acc w =
      join_all(f, n - half, step, acc + half * step, where ? where + half * step : NULL, &other);
  if (!where) return join(f, v, w);
  if (!before(f, w, v)) return v;
  *found = other;
  return w;
}

/* Stores n results from output `at` on. */
static void finish(const fold *f, int64_t at, int n, const nm_acc *acc, const int64_t *where) {
  union {
    float f32[NM_TILE];
    double f64[NM_TILE];
    int32_t i32[NM_TILE];
    int64_t i64[NM_TILE];
  } tile;
  const nm_reduce *r = f->r;
  for (int i = 0; i < n; i++) {
    nm_acc v = f->arg ? (nm_acc){.i = where[i]} : acc[i];
    bool real = f->real && !f->arg;
    switch (nm__dtype_class(r->out_dtype)) {
    case NM_F32: tile.f32[i] = real ? (float)v.f : (float)v.i; break;
    case NM_F64: tile.f64[i] = real ? v.f : (double)v.i; break;
    case NM_I32: tile.i32[i] = (int32_t)v.i; break;
    default: tile.i64[i] = v.i; break;
    }
  }
  char *out = (char *)r->out->ptr + (size_t)at * nm__dtype_size(r->out_dtype);
  f->cpu->isa->store[r->out_dtype](n, out, 1, &tile);
}

/* ---- geometry ---- */

static int64_t position(const groups *g, int64_t index) {
  int64_t at = 0;
  for (int i = g->n - 1; i > 0; i--) {
    int64_t rest = index / g->size[i];
    at += (index - rest * g->size[i]) * g->step[i];
    index = rest;
  }
  return g->n ? at + index * g->step[0] : 0;
}

/* How many indices from this one on follow each other in the innermost group, at most n. */
static int64_t neighbours(const groups *g, int64_t index, int64_t n) {
  int64_t left = g->n ? g->size[g->n - 1] - index % g->size[g->n - 1] : 1;
  return n < left ? n : left;
}

static void add_group(groups *g, int64_t size, int64_t step) {
  g->size[g->n] = size;
  g->step[g->n++] = step;
  g->count *= size;
}

static void measure(fold *f) {
  const nm_program *p = f->r->program;
  int64_t size[NM_MAX_DIMS];
  bool reduced[NM_MAX_DIMS];
  int n = 0;
  for (int d = 0; d < p->ndim; d++) {
    bool is = f->r->reduced >> d & 1;
    if (p->shape[d] == 1) continue;
    if (n && reduced[n - 1] == is) {
      size[n - 1] *= p->shape[d];
    } else {
      size[n] = p->shape[d];
      reduced[n++] = is;
    }
  }
  f->kept = f->reduced = (groups){.count = 1};
  f->rows = n == 0 || reduced[n - 1];
  f->inner = n ? size[n - 1] : 1;
  int64_t step[NM_MAX_DIMS], total = 1;
  for (int i = n - 1; i >= 0; i--) {
    step[i] = total;
    total *= size[i];
  }
  for (int i = 0; i < n - 1; i++) add_group(reduced[i] ? &f->reduced : &f->kept, size[i], step[i]);

  int64_t per_row; /* elements of a unit in one row */
  if (!f->rows) {
    f->width = f->inner < NM_TILE ? f->inner : NM_TILE;
    f->units = f->kept.count * ((f->inner + NM_TILE - 1) / NM_TILE);
    per_row = f->width;
  } else {
    int64_t most = f->inner < NM_TILE ? PART / f->inner : 1;
    if (most > NM_TILE) most = NM_TILE;
    f->width = most < f->kept.count ? most : f->kept.count;
    f->units = (f->kept.count + f->width - 1) / f->width;
    per_row = f->width * f->inner;
  }
  if (f->rows && f->inner > PART) {
    f->part_rows = 0;
    f->row_parts = (f->inner + PART - 1) / PART;
    f->parts = f->reduced.count * f->row_parts;
  } else {
    f->part_rows = per_row < PART ? PART / per_row : 1;
    if (f->part_rows > MOST_ROWS) f->part_rows = MOST_ROWS;
    f->parts = (f->reduced.count + f->part_rows - 1) / f->part_rows;
  }
}

/* ---- rows ---- */

typedef struct state { /* of a worker */
  nm_machine machine;
  const fold *f;
  nm_acc acc[NM_TILE];
  int64_t where[NM_TILE];
} state;

static const char *source(const state *s) { return s->machine.where[s->f->r->src]; }

/* Folds n neighbours from `start` on into output j; `first` is their position among the reduced.
 * Tiles are joined as a binary counter carries: two of a size make one of twice the size. */
static void fold_long_row(state *s, int j, int64_t start, int64_t n, int64_t first) {
  const fold *f = s->f;
  nm_acc stack[16];
  int depth = 0;
  for (int64_t at = 0, tiles = 1; at < n; at += NM_TILE, tiles++) {
    int k = n - at < NM_TILE ? (int)(n - at) : NM_TILE;
    nm__machine_run(&s->machine, start + at, k);
    if (f->arg) {
      nm_acc v;
      int i = f->cpu->isa->arg_row[f->r->kind == NM_R_ARGMIN][f->cls](k, source(s), &v);
      if (before(f, v, s->acc[j])) s->acc[j] = v, s->where[j] = first + at + i;
      continue;
    }
    stack[depth++] = f->cpu->isa->fold_row[f->r->kind][f->cls](k, source(s));
    for (int64_t t = tiles; !(t & 1); t >>= 1, depth--)
      stack[depth - 2] = join(f, stack[depth - 2], stack[depth - 1]);
  }
  while (depth > 0) s->acc[j] = join(f, s->acc[j], stack[--depth]);
}

/* Folds a whole row for each of the outputs j .. j + n - 1, whose rows are neighbours and fit a
 * tile. */
static void fold_short_rows(state *s, int j, int n, int64_t start, int64_t first) {
  const fold *f = s->f;
  const nm_isa *isa = f->cpu->isa;
  int length = (int)f->inner;
  size_t step = (size_t)length * nm__class_size[f->cls];
  nm__machine_run(&s->machine, start, n * length);
  const char *x = source(s);
  if (length < SHORT && f->arg) {
    isa->arg_grid[f->r->kind == NM_R_ARGMIN][f->cls](n, length, s->acc + j, s->where + j, first, x,
                                                     length, 1);
  } else if (length < SHORT) {
    isa->fold_grid[f->r->kind][f->cls](n, length, s->acc + j, x, length, 1);
  } else if (f->arg) {
    for (int i = j; i < j + n; i++, x += step) {
      nm_acc v;
      int at = isa->arg_row[f->r->kind == NM_R_ARGMIN][f->cls](length, x, &v);
      if (before(f, v, s->acc[i])) s->acc[i] = v, s->where[i] = first + at;
    }
  } else {
    for (int i = j; i < j + n; i++, x += step)
      s->acc[i] = join(f, s->acc[i], isa->fold_row[f->r->kind][f->cls](length, x));
  }
}

static void fold_rows(state *s, int64_t output, int64_t part, int n) {
  const fold *f = s->f;
  if (!f->part_rows) {
    int64_t row = part / f->row_parts, at = part % f->row_parts * PART;
    int64_t length = f->inner - at < PART ? f->inner - at : PART;
    fold_long_row(s, 0, position(&f->kept, output) + position(&f->reduced, row) + at, length,
                  row * f->inner + at);
    return;
  }
  int64_t row = part * f->part_rows;
  int64_t end = row + f->part_rows < f->reduced.count ? row + f->part_rows : f->reduced.count;
  for (; row < end; row++) {
    int64_t base = position(&f->reduced, row);
    for (int j = 0, k; j < n; j += k) {
      int64_t start = base + position(&f->kept, output + j);
      k = 1;
      if (f->inner > NM_TILE) {
        fold_long_row(s, j, start, f->inner, row * f->inner);
      } else {
        k = (int)neighbours(&f->kept, output + j,
                            n - j < NM_TILE / f->inner ? n - j : NM_TILE / f->inner);
        fold_short_rows(s, j, k, start, row * f->inner);
      }
    }
  }
}

/* ---- columns ---- */

static void fold_columns(state *s, int64_t start, int n, int64_t part) {
  const fold *f = s->f;
  const nm_isa *isa = f->cpu->isa;
  int64_t row = part * f->part_rows;
  int64_t end = row + f->part_rows < f->reduced.count ? row + f->part_rows : f->reduced.count;
  for (int64_t k; row < end; row += k) {
    k = f->inner <= NM_TILE / 2 ? NM_TILE / f->inner
                                : 1; /* rows that fit a tile, if they are neighbours */
    k = neighbours(&f->reduced, row, end - row < k ? end - row : k);
    nm__machine_run(&s->machine, start + position(&f->reduced, row),
                    k > 1 ? (int)(k * f->inner) : n);
    const char *x = source(s);
    if (f->arg)
      isa->arg_grid[f->r->kind == NM_R_ARGMIN][f->cls](n, (int)k, s->acc, s->where, row, x, 1,
                                                       f->inner);
    else isa->fold_grid[f->r->kind][f->cls](n, (int)k, s->acc, x, 1, f->inner);
  }
}

/* Position among the reduced of the first element of a part. */
static int64_t part_start(const fold *f, int64_t part) {
  if (!f->rows) return part * f->part_rows;
  if (f->part_rows) return part * f->part_rows * f->inner;
  return part / f->row_parts * f->inner + part % f->row_parts * PART;
}

/* ---- all of it ---- */

/* The outputs of a unit: the first, and how many. */
static int unit_outputs(const fold *f, int64_t unit, int64_t *output) {
  int64_t left;
  if (f->rows) {
    *output = unit * f->width;
    left = f->kept.count - *output;
  } else {
    int64_t chunks = (f->inner + NM_TILE - 1) / NM_TILE, column = unit % chunks * NM_TILE;
    *output = unit / chunks * f->inner + column;
    left = f->inner - column;
  }
  return (int)(left < f->width ? left : f->width);
}

static void reduce_work(void *arg, nm_job *job, int worker) {
  const fold *f = arg;
  int64_t task, output;
  state s;
  s.f = f;
  nm__machine_start(&s.machine, &f->plan, f->cpu->scratch[worker]);
  while ((task = nm__next_task(job)) >= 0) {
    int64_t unit = task / f->parts, part = task % f->parts;
    int n = unit_outputs(f, unit, &output);
    int64_t first =
        part_start(f, part); /* where the extreme is if nothing comes before the identity */
    for (int i = 0; i < n; i++) s.acc[i] = f->identity;
    for (int i = 0; f->arg && i < n; i++) s.where[i] = first;
    if (f->rows) fold_rows(&s, output, part, n);
    else fold_columns(&s, position(&f->kept, output / f->inner) + output % f->inner, n, part);
    if (f->parts == 1) {
      finish(f, output, n, s.acc, s.where);
      continue;
    }
    memcpy(f->acc + task * f->width, s.acc, (size_t)n * sizeof *s.acc);
    if (f->arg) memcpy(f->where + task * f->width, s.where, (size_t)n * sizeof *s.where);
  }
}

static void join_parts(const fold *f) {
  nm_acc acc[NM_TILE];
  int64_t where[NM_TILE], output;
  for (int64_t unit = 0; unit < f->units; unit++) {
    int n = unit_outputs(f, unit, &output);
    for (int i = 0; i < n; i++) {
      int64_t at = unit * f->parts * f->width + i;
      acc[i] =
          join_all(f, f->parts, f->width, f->acc + at, f->arg ? f->where + at : NULL, &where[i]);
    }
    finish(f, output, n, acc, where);
  }
}

static void fill_identity(const fold *f) {
  nm_acc acc[NM_TILE];
  for (int i = 0; i < NM_TILE; i++) acc[i] = f->identity;
  for (int64_t at = 0; at < f->r->out_numel; at += NM_TILE)
    finish(f, at, f->r->out_numel - at < NM_TILE ? (int)(f->r->out_numel - at) : NM_TILE, acc,
           NULL);
}

nm_status nm__cpu_reduce(nm_device *dev, const nm_reduce *r) {
  nm_cpu *cpu = (nm_cpu *)dev;
  fold f;
  f.r = r, f.cpu = cpu, f.cls = nm__dtype_class(r->src_dtype);
  f.arg = r->kind == NM_R_ARGMAX || r->kind == NM_R_ARGMIN;
  f.real = nm__is_float(r->src_dtype) && r->kind != NM_R_ANY && r->kind != NM_R_ALL;
  f.identity = identity_of(r->kind, f.real);
  if (r->program->numel == 0) {
    if (!f.arg) fill_identity(&f);
    return NM_OK;
  }
  nm__plan(&f.plan, cpu->isa, r->program, r->src);
  measure(&f);
  int64_t tasks = f.units * f.parts;
  int workers = nm__workers(cpu, tasks, (double)r->program->numel * (f.plan.nsteps + 1));
  NM_TRY(nm__scratch(cpu, workers, nm__plan_scratch(&f.plan)));
  nm_mem partial = {.ptr = NULL};
  if (f.parts > 1) {
    size_t each = (size_t)(tasks * f.width) * sizeof(nm_acc);
    NM_TRY(nm__cpu_alloc(dev, each * (f.arg ? 2 : 1), &partial));
    f.acc = partial.ptr;
    f.where = f.arg ? (int64_t *)(void *)((char *)partial.ptr + each) : NULL;
  }
  nm__parallel(cpu, workers, tasks, reduce_work, &f);
  if (f.parts > 1) join_parts(&f);
  nm__cpu_release(dev, &partial);
  return NM_OK;
}
