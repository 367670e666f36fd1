/* reduce.c: reductions over any dims of what a program computes.
 *
 * Neighbouring dims that are both kept or both reduced count as one; what remains alternates.  Seen
 * from the innermost such group there are two shapes of work:
 *   rows     it is reduced: each output is made of whole rows of `inner` neighbours;
 *   columns  it is kept: `inner` neighbouring outputs take in an element each, row after row; of a
 *            short one `fan` rows side by side count as one row, and come together at the end.
 * What a program only reads is read where it lies, its dims in the order of its memory; anything
 * else is computed tile by tile.  Either way the loops see blocks of neighbours.
 *
 * The outputs are cut into units of neighbours, and what is reduced into parts.  Unit and part
 * depend on the shape alone; a task is one part of one unit.  The parts of an output are joined
 * pairwise at the end, so that no sum is a long chain. */
#include <math.h>
#include <string.h>

#include "cpu/fold.h"

enum {
  SHORT = 32, /* rows of fewer elements are folded side by side */
  BLOCK = NM_DEEP * NM_TILE,
  MOST = 16 * NM_TILE /* elements of a row at a time, if they are read in place and not rounded */
};

typedef struct state { /* of a worker */
  nm_machine machine;
  const fold *f;
  char *block, *turned; /* BLOCK elements each */
  nm_acc *acc, *also;   /* of a unit */
  char *best, *at;      /* ARGMAX, ARGMIN of columns: elements and positions as long as they */
} state;

/* ---- what is reduced, as blocks of neighbours ---- */

static bool in_place(const fold *f) {
  return f->base && f->inner_step == 1 && !nm__is_narrow(f->dtype);
}

/* n <= BLOCK elements from `start` on, or any number that are read in place. */
static const char *row_block(state *s, int64_t start, int n) {
  const fold *f = s->f;
  if (f->base) {
    const char *at = f->base + start * (int64_t)nm__dtype_size(f->dtype);
    if (in_place(f)) return at;
    f->cpu->isa->load[f->dtype](n, s->block, at, f->inner_step);
    return s->block;
  }
  return nm__machine_block(&s->machine, f->r->src, nm__class_size[f->cls], start, n, s->block);
}

/* m <= NM_DEEP rows of n neighbours, `step` apart from `start` on; how far apart they are comes
 * back in *pitch.  n <= NM_TILE unless they are read in place. */
static const char *column_block(state *s, int64_t start, int n, int m, int64_t step,
                                int64_t *pitch) {
  const fold *f = s->f;
  int64_t size = (int64_t)nm__class_size[f->cls];
  const nm_place *place = &f->plan.place[f->r->src];
  if (in_place(f)) {
    *pitch = step;
    return f->base + start * size;
  }
  if (step == n * f->inner_step) { /* the rows are neighbours */
    *pitch = n;
    return row_block(s, start, n * m);
  }
  *pitch = n;
  for (int k = 0; k < m; k++) {
    char *to = s->block + k * n * size;
    int64_t at = start + k * step;
    if (f->base) {
      f->cpu->isa->load[f->dtype](n, to, f->base + at * (int64_t)nm__dtype_size(f->dtype),
                                  f->inner_step);
      continue;
    }
    nm__machine_block(&s->machine, f->r->src, (size_t)size, at, n, to);
  }
  if (f->base || !place->base) return s->block;
  *pitch = step;
  return place->base + start * place->scale;
}

/* ---- the extremes of columns, as elements and positions that are as long ---- */

/* From elements to accumulators. */
static void open_best(state *s, int64_t n, int64_t first) {
  const fold *f = s->f;
  for (int64_t i = 0; i < n; i++) {
    switch (f->cls) {
    case NM_F32: s->acc[i].f = ((float *)(void *)s->best)[i]; break;
    case NM_F64: s->acc[i].f = ((double *)(void *)s->best)[i]; break;
    case NM_I32: s->acc[i].i = ((int32_t *)(void *)s->best)[i]; break;
    default: s->acc[i].i = ((int64_t *)(void *)s->best)[i]; break;
    }
    s->also[i].i = first + (nm__class_size[f->cls] == 4 ? ((int32_t *)(void *)s->at)[i]
                                                        : ((int64_t *)(void *)s->at)[i]);
  }
}

static void start_best(state *s, int64_t n) {
  const fold *f = s->f;
  bool max = is_max(f->r->kind);
  for (int64_t i = 0; i < n; i++) {
    switch (f->cls) {
    case NM_F32: ((float *)(void *)s->best)[i] = max ? -(float)INFINITY : (float)INFINITY; break;
    case NM_F64: ((double *)(void *)s->best)[i] = max ? -INFINITY : INFINITY; break;
    case NM_I32: ((int32_t *)(void *)s->best)[i] = max ? INT32_MIN : INT32_MAX; break;
    default: ((int64_t *)(void *)s->best)[i] = max ? INT64_MIN : INT64_MAX; break;
    }
  }
  memset(s->at, 0, (size_t)n * nm__class_size[f->cls]);
}

/* ---- rows ---- */

/* Folds a block of n neighbours into output j.  `at` is the position of the first among the
 * reduced, `first` that of the part's first. */
static void fold_block(state *s, int64_t j, const char *x, int n, int64_t at, int64_t first) {
  const fold *f = s->f;
  const nm_isa *isa = f->cpu->isa;
  if (f->r->kind == NM_R_SQUARES) {
    isa->squares_row[f->cls](n, x, (double)(at - first), &s->also[j].f, &s->acc[j].f);
  } else if (f->arg) {
    int k;
    nm_acc v = isa->arg_row[!is_max(f->r->kind)][f->cls](n, x, &k);
    if (before(f, v, s->acc[j])) s->acc[j] = v, s->also[j].i = at + k;
  } else {
    s->acc[j] = join(f, s->acc[j], isa->fold_row[f->r->kind][f->cls](n, x));
  }
}

/* Folds n neighbours from `start` on into output j.  Blocks are joined as a binary counter carries:
 * two of a size make one of twice the size. */
static void fold_long_row(state *s, int64_t j, int64_t start, int64_t n, int64_t at,
                          int64_t first) {
  const fold *f = s->f;
  nm_acc stack[16];
  int depth = 0;
  int64_t most = f->exact && in_place(f) ? MOST : f->block;
  for (int64_t i = 0, blocks = 1; i < n; i += most, blocks++) {
    int k = (int)(n - i < most ? n - i : most);
    const char *x = row_block(s, start + i * f->inner_step, k);
    if (f->pairs || f->exact) {
      fold_block(s, j, x, k, at + i, first);
      continue;
    }
    stack[depth++] = f->cpu->isa->fold_row[f->r->kind][f->cls](k, x);
    for (int64_t t = blocks; !(t & 1); t >>= 1, depth--)
      stack[depth - 2] = join(f, stack[depth - 2], stack[depth - 1]);
  }
  while (depth > 0) s->acc[j] = join(f, s->acc[j], stack[--depth]);
}

/* m rows of n columns at x go into the accumulators from `column` on; `row` is the position of the
 * first of them in the part. */
static void fold_deep(state *s, int64_t column, int n, int m, int64_t row, const void *x,
                      int64_t pitch) {
  const fold *f = s->f;
  const nm_isa *isa = f->cpu->isa;
  size_t at = (size_t)column * nm__class_size[f->cls];
  if (f->arg)
    isa->arg_columns[!is_max(f->r->kind)][f->cls](n, m, s->best + at, s->at + at, row, f->fan, x,
                                                  pitch);
  else if (f->r->kind == NM_R_SQUARES)
    isa->squares_columns[f->cls](n, m, (double)(row / f->fan), s->also + column, s->acc + column, x,
                                 pitch);
  else
    isa->fold_columns[f->r->kind][f->cls](n, m, s->acc + column, x, pitch);
}

/* Folds a whole row for each of the outputs j .. j + n - 1, whose rows are neighbours and fit a
 * block; `row` is the position of their first elements in the part.  Short ones are turned into
 * columns. */
static void fold_short_rows(state *s, int64_t j, int n, int64_t start, int64_t row, int64_t first) {
  const fold *f = s->f;
  const nm_isa *isa = f->cpu->isa;
  int length = (int)f->inner;
  size_t step = (size_t)length * nm__class_size[f->cls];
  const char *x = row_block(s, start, n * length);
  if (length >= SHORT) {
    for (int i = 0; i < n; i++, x += step) fold_block(s, j + i, x, length, first + row, first);
    return;
  }
  isa->turn[nm__class_size[f->cls] == 4 ? 2 : 3](length, n, x, length, s->turned, n);
  fold_deep(s, j, n, length, row, s->turned, n);
}

static void fold_rows(state *s, int64_t output, int64_t part, int64_t n) {
  const fold *f = s->f;
  int64_t first = part_start(f, part);
  if (!f->part_rows) {
    int64_t row = part / f->row_parts, at = part % f->row_parts * NM_FOLD_PART;
    int64_t length = f->inner - at < NM_FOLD_PART ? f->inner - at : NM_FOLD_PART;
    fold_long_row(s, 0,
                  position(&f->kept, f->kept.step, output) +
                      position(&f->reduced, f->reduced.step, row) + at * f->inner_step,
                  length, first, first);
    return;
  }
  int64_t row = part * f->part_rows;
  int64_t end = row + f->part_rows < f->reduced.count ? row + f->part_rows : f->reduced.count;
  const groups *g = &f->kept;
  bool dense = g->n && g->step[g->n - 1] == f->inner * f->inner_step;
  int64_t most = dense && f->inner < f->block ? f->block / f->inner : 1; /* rows at a time */
  for (; row < end; row++) {
    int64_t base = position(&f->reduced, f->reduced.step, row);
    for (int64_t j = 0, k; j < n; j += k) {
      int64_t start = base + position(g, g->step, output + j);
      k = neighbours(g, output + j, n - j < most ? n - j : most);
      if (f->inner > f->block)
        fold_long_row(s, j, start, f->inner, row * f->inner, first);
      else
        fold_short_rows(s, j, (int)k, start, row * f->inner - first, first);
    }
  }
}

/* ---- columns ---- */

/* The accumulators of the fanned rows become one row; the last row had `last` of them. */
static void close_fan(state *s, int64_t rows) {
  const fold *f = s->f;
  int64_t n = f->inner;
  int64_t count = (rows + f->fan - 1) / f->fan; /* elements that have been joined */
  for (int64_t q = 1; q < f->fan && q < rows; q++) {
    nm_acc *acc = s->acc + q * n, *also = s->also + q * n;
    int64_t more = (rows - q + f->fan - 1) / f->fan;
    for (int64_t i = 0; f->arg && i < n; i++) also[i].i += q;
    nm__fold_join(f, n, s->acc, s->also, acc, also, count, more);
    count += more;
  }
}

static void fold_columns(state *s, int64_t start, int n, int64_t part) {
  const fold *f = s->f;
  const groups *g = &f->reduced;
  int64_t first = part * f->part_rows, row = first, wide = n * f->fan;
  int64_t end = row + f->part_rows < g->count ? row + f->part_rows : g->count;
  int most = in_place(f) ? NM_FOLD_WIDTH : NM_TILE;
  int64_t deepest = f->fan > 1 ? BLOCK / wide / NM_DEEP * NM_DEEP * f->fan : NM_DEEP; /* rows */
  for (int64_t k; row < end; row += k) {
    int64_t at = start + position(g, g->step, row), step = g->n ? g->step[g->n - 1] : 0;
    k = neighbours(g, row, end - row < deepest ? end - row : deepest);
    int64_t deep = k / f->fan;
    if (!deep)
      wide = k * n, deep = 1; /* the rest of a fanned group */
    else
      k = deep * f->fan, wide = n * f->fan;
    for (int64_t i = 0, pitch; i < wide; i += most) {
      int width = wide - i < most ? (int)(wide - i) : most;
      const char *x =
          column_block(s, at + i * f->inner_step, width, (int)deep, step * f->fan, &pitch);
      fold_deep(s, i, width, (int)deep, row - first, x, pitch);
    }
  }
}

/* ---- all of it ---- */

/* The outputs of a unit: the first, in the order of the kept groups, and how many. */
static int unit_outputs(const fold *f, int64_t unit, int64_t *output) {
  int64_t left;
  if (f->rows) {
    *output = unit * f->width;
    left = f->kept.count - *output;
  } else {
    int64_t chunks = (f->inner + NM_FOLD_WIDTH - 1) / NM_FOLD_WIDTH,
            column = unit % chunks * NM_FOLD_WIDTH;
    *output = unit / chunks * f->inner + column;
    left = f->inner - column;
  }
  return (int)(left < f->width ? left : f->width);
}

static void finish_unit(const fold *f, int64_t output, int n, const nm_acc *acc,
                        const nm_acc *also) {
  const groups *g = &f->kept;
  if (f->as_program) {
    nm__fold_store(f, output, n, 1, acc, also);
  } else if (!f->rows) {
    nm__fold_store(f, position(g, g->out, output / f->inner) + output % f->inner * f->inner_out, n,
                   f->inner_out, acc, also);
  } else {
    for (int k, i = 0; i < n; i += k) {
      k = (int)neighbours(g, output + i, n - i);
      nm__fold_store(f, position(g, g->out, output + i), k, g->n ? g->out[g->n - 1] : 1, acc + i,
                     also + i);
    }
  }
}

/* Room for a worker: the block, the accumulators of a unit, elements and positions. */
static size_t state_size(const fold *f) {
  size_t width = (size_t)(f->width * f->fan), size = nm__class_size[f->cls];
  return (2 * BLOCK + 2 * width) * size + 2 * width * sizeof(nm_acc) + nm__plan_scratch(&f->plan);
}

static void start_state(state *s, const fold *f, char *scratch) {
  size_t width = (size_t)(f->width * f->fan), size = nm__class_size[f->cls];
  s->f = f;
  s->block = scratch;
  s->turned = scratch + BLOCK * size;
  s->acc = (nm_acc *)(void *)(scratch + 2 * BLOCK * size);
  s->also = s->acc + width;
  s->best = (char *)(s->also + width);
  s->at = s->best + width * size;
  if (!f->base)
    nm__machine_start(&s->machine, &f->plan, scratch + state_size(f) - nm__plan_scratch(&f->plan));
}

static void reduce_work(void *arg, nm_job *job, int worker) {
  const fold *f = arg;
  int64_t task, output;
  state s;
  start_state(&s, f, f->cpu->scratch[worker]);
  while ((task = nm__near_task(job, worker)) >= 0) {
    int64_t unit = task / f->parts, part = task % f->parts;
    int n = unit_outputs(f, unit, &output);
    /* where the extreme is if nothing comes before the identity; a mean of nothing is 0 */
    nm_acc none = f->arg ? (nm_acc){.i = part_start(f, part)} : (nm_acc){.f = 0};
    const nm_acc start = f->identity;
    for (int64_t i = 0; i < n * f->fan; i++) s.acc[i] = start;
    for (int64_t i = 0; i < n * f->fan && f->pairs; i++) s.also[i] = none;
    if (f->best) start_best(&s, n * f->fan);
    if (f->rows)
      fold_rows(&s, output, part, n);
    else
      fold_columns(&s,
                   position(&f->kept, f->kept.step, output / f->inner) +
                       output % f->inner * f->inner_step,
                   n, part);
    if (f->best) open_best(&s, n * f->fan, part_start(f, part));
    if (f->fan > 1) close_fan(&s, part_end(f, part) - part_start(f, part));
    if (f->parts == 1) {
      finish_unit(f, output, n, s.acc, s.also);
      continue;
    }
    memcpy(f->acc + task * f->width, s.acc, (size_t)n * sizeof *s.acc);
    if (f->pairs) memcpy(f->also + task * f->width, s.also, (size_t)n * sizeof *s.also);
  }
}

static void join_parts(const fold *f) {
  for (int64_t unit = 0; unit < f->units; unit++) {
    int64_t output, parts = f->parts, at = unit * parts * f->width;
    int n = unit_outputs(f, unit, &output);
    for (int64_t step = 1; step < parts; step *= 2)
      for (int64_t p = 0; p + step < parts; p += 2 * step) {
        int64_t v = at + p * f->width, w = v + step * f->width;
        int64_t middle = part_start(f, p + step),
                last = p + 2 * step < parts ? p + 2 * step : parts;
        nm__fold_join(f, n, f->acc + v, f->also + v, f->acc + w, f->also + w,
                      middle - part_start(f, p), part_end(f, last - 1) - middle);
      }
    finish_unit(f, output, n, f->acc + at, f->also + at);
  }
}

static void fill_identity(const fold *f) {
  nm_acc acc[NM_TILE];
  for (int i = 0; i < NM_TILE; i++) acc[i] = f->identity;
  for (int64_t at = 0; at < f->r->out_numel; at += NM_TILE)
    nm__fold_store(f, at, f->r->out_numel - at < NM_TILE ? (int)(f->r->out_numel - at) : NM_TILE, 1,
                   acc, acc);
}

/* Sees whether the elements are only read, and where.  Then what the program stores besides has
 * nothing to do with them. */
static nm_status find_source(fold *f) {
  const nm_program *p = f->r->program;
  int src = f->r->src;
  f->base = NULL;
  if (src >= p->nin + p->nconst) return NM_OK;
  f->dtype = src < p->nin ? (nm_dtype)p->in[src].dtype : nm__class_dtype[f->cls];
  f->base = src < p->nin ? p->in[src].ptr : (const char *)&p->konst[src - p->nin];
  return p->nout ? nm__cpu_run(&f->cpu->dev, p) : NM_OK;
}

/* What is one unit of columns, one part, dense and not fanned needs none of the above: it is its
 * loop.  False, and nothing was done, for all else. */
static bool fold_at_once(const fold *f) {
  const nm_reduce *r = f->r;
  const nm_program *p = r->program;
  nm_acc acc[NM_TILE];
  int64_t rows = 1, n = 1;
  int d = 0;
  if (!f->base || f->pairs || r->src >= p->nin || p->in[r->src].layout != NM_FLAT) return false;
  if (nm__is_narrow(f->dtype)) return false;
  for (; d < p->ndim && r->reduced >> d & 1; d++) rows *= p->shape[d];
  for (; d < p->ndim && !(r->reduced >> d & 1); d++) n *= p->shape[d];
  if (d < p->ndim || n < NM_FOLD_WIDE || n > NM_TILE || rows > NM_FOLD_DEPTH) return false;
  for (int64_t i = 0; i < n; i++) acc[i] = f->identity;
  f->cpu->isa->fold_columns[r->kind][f->cls]((int)n, (int)rows, acc, f->base, n);
  nm__fold_store(f, 0, (int)n, 1, acc, acc);
  return true;
}

nm_status nm__cpu_reduce(nm_device *dev, const nm_reduce *r) {
  nm_cpu *cpu = (nm_cpu *)dev;
  fold f;
  f.r = r, f.cpu = cpu, f.cls = nm__dtype_class(r->src_dtype);
  f.block = NM_BLOCK / (int64_t)nm__class_size[f.cls];
  f.arg = r->kind == NM_R_ARGMAX || r->kind == NM_R_ARGMIN;
  f.real = nm__is_float(r->src_dtype) && r->kind != NM_R_ANY && r->kind != NM_R_ALL;
  f.exact = f.arg || !f.real || r->kind == NM_R_MAX || r->kind == NM_R_MIN;
  f.pairs = f.arg || r->kind == NM_R_SQUARES;
  f.identity = nm__fold_identity(r->kind, f.real);
  if (r->program->numel == 0) {
    if (!f.pairs) fill_identity(&f);
    return NM_OK;
  }
  NM_TRY(find_source(&f));
  if (fold_at_once(&f)) return NM_OK;
  if (f.base)
    f.plan.nslots = f.plan.npanels = 0, f.plan.nsteps = 1;
  else
    nm__plan(&f.plan, cpu->isa, r->program, r->src);
  nm__fold_measure(&f);
  f.best = f.arg && (!f.rows || f.inner < SHORT);
  int64_t tasks = f.units * f.parts;
  int workers = nm__workers(cpu, tasks, (double)r->program->numel * (f.plan.nsteps + 1));
  NM_TRY(nm__scratch(cpu, workers, state_size(&f)));
  nm_mem partial = {.ptr = NULL};
  if (f.parts > 1) {
    size_t each = (size_t)(tasks * f.width);
    NM_TRY(nm__cpu_alloc(dev, each * sizeof(nm_acc) * (f.pairs ? 2 : 1), &partial));
    f.acc = partial.ptr;
    f.also = f.pairs ? f.acc + each : f.acc;
  }
  nm__parallel(cpu, workers, tasks, reduce_work, &f);
  if (f.parts > 1) join_parts(&f);
  nm__cpu_release(dev, &partial);
  return NM_OK;
}
