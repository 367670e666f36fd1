/* conv.c: convolution as a matrix product whose right factor is never stored whole.
 *
 * For each group, y (O, N * Y) = w (O, C * K) @ patches (C * K, N * Y).  A task is a tile of
 * columns of y, which are output places of all samples.  Where each of its columns reads x for each
 * tap of the kernel is worked out once, as offsets into a channel (-1: in the padding or between
 * dilated elements); panels of patches are gathered by them and multiplied by the micro-kernel of
 * matmul.c.  Tiles follow from the shape alone, so the number of threads changes no bit. */
#include <limits.h>
#include <string.h>

#include "cpu/cpu.h"

enum {
  COLUMNS = 384,     /* of a tile: a multiple of every nr */
  ROWS = 240,        /* of w packed at a time: a multiple of every mr */
  OFFSETS = 1 << 20, /* of a tile at most, unless one slice of columns needs more */
};

/* Gathers a slice of r columns: panel[d * r + j] = plane[offset[d * pitch + j]], 0 for -1. */
typedef void gather_loop(int depth, int columns, int r, const void *x, const int64_t *plane,
                         const int32_t *const *offset, void *panel);
#define GATHER(name, M, T, widen)                                                                  \
  static void name(int depth, int columns, int r, const void *x_, const int64_t *plane,            \
                   const int32_t *const *offset, void *panel_) {                                   \
    T *panel = panel_;                                                                             \
    for (int d = 0; d < depth; d++, panel += r) {                                                  \
      const M *x = (const M *)x_ + plane[d];                                                       \
      const int32_t *at = offset[d];                                                               \
      int j = 0;                                                                                   \
      for (; j < columns; j++) panel[j] = at[j] < 0 ? (T)0 : widen(x[at[j]]);                      \
      for (; j < r; j++) panel[j] = 0;                                                             \
    }                                                                                              \
  }
#define SAME(v) (v)
GATHER(gather_f32, float, float, SAME)
GATHER(gather_f64, double, double, SAME)
GATHER(gather_f16, uint16_t, float, nm__half_to_float)
GATHER(gather_b16, uint16_t, float, nm__bfloat_to_float)

typedef struct conv_job {
  nm_cpu *cpu;
  const nm_conv *conv;
  const nm_gemm *gemm;
  gather_loop *gather;
  const nm_view *x, *w, *y;
  size_t size, wide;            /* bytes of an element in memory and in its class */
  int64_t out, in, taps, depth; /* O, C, K and C * K of a group */
  int64_t places, columns;      /* Y, N * Y */
  int64_t tile, tiles;          /* columns of a tile, tiles of a group */
} conv_job;

static int64_t at_most(int64_t n, int64_t most) { return n < most ? n : most; }
static size_t align64(size_t n) { return (n + 63) & ~(size_t)63; }

typedef struct conv_scratch { /* of a worker, in this order */
  int32_t *offsets;           /* taps x tile */
  char *tile;                 /* O x tile, results of the class */
  char *a_panel, *x_panel;
  int64_t *plane; /* for each of kc rows of a panel */
  const int32_t **rows;
} conv_scratch;

static size_t lay_out(const conv_job *j, char *base, conv_scratch *s) {
  size_t at = 0, kc = (size_t)at_most(j->depth, j->gemm->kc), tile = (size_t)j->tile;
#define PART(field, type, bytes) s->field = (type)(void *)(base + at), at += align64(bytes)
  PART(offsets, int32_t *, (size_t)j->taps * tile * sizeof(int32_t));
  PART(tile, char *, (size_t)j->out *tile * j->wide);
  PART(a_panel, char *, (size_t)(at_most(j->out, ROWS) + j->gemm->mr) * kc * j->wide);
  PART(x_panel, char *, (tile + (size_t)j->gemm->nr) * kc * j->wide);
  PART(plane, int64_t *, kc * sizeof(int64_t));
  PART(rows, const int32_t **, kc * sizeof(int32_t *));
#undef PART
  return at;
}

/* Offsets of column `column`, into a channel of sample 0, one for each tap, `pitch` apart. */
static void column_offsets(const conv_job *j, int64_t column, int64_t pitch, int32_t *to) {
  const nm_conv *c = j->conv;
  const nm_view *x = j->x, *w = j->w, *y = j->y;
  int64_t sample = column / j->places, place = column % j->places, start[3] = {0}, tap[3] = {0};
  for (int d = c->dims - 1; d >= 0; d--) {
    start[d] = place % y->shape[2 + d] * c->stride[d] - c->low[d];
    place /= y->shape[2 + d];
  }
  for (int64_t k = 0; k < j->taps; k++, to += pitch) {
    int64_t at = sample * x->stride[0];
    bool inside = true;
    for (int d = 0; d < c->dims; d++) {
      int64_t i = start[d] + tap[d] * c->rhs[d];
      inside = inside && i >= 0 && i % c->lhs[d] == 0 && i / c->lhs[d] < x->shape[2 + d];
      if (inside) at += i / c->lhs[d] * x->stride[2 + d];
    }
    *to = inside ? (int32_t)at : -1;
    for (int d = c->dims - 1; d >= 0 && ++tap[d] == w->shape[2 + d]; d--) tap[d] = 0;
  }
}

/* Rows k0 .. k0 + depth of the patches: which channel each reads, and the offsets of its tap. */
static void panel_rows(const conv_job *j, int64_t group, int64_t k0, int depth, conv_scratch *s) {
  for (int d = 0; d < depth; d++) {
    int64_t channel = group * j->in + (k0 + d) / j->taps;
    s->plane[d] = j->x->offset + channel * j->x->stride[1];
    s->rows[d] = s->offsets + (k0 + d) % j->taps * j->tile;
  }
}

static void multiply(const conv_job *j, int64_t group, int64_t columns, conv_scratch *s) {
  const nm_gemm *g = j->gemm;
  const char *w =
      (const char *)j->w->mem->ptr + (j->w->offset + group * j->out * j->depth) * (int64_t)j->size;
  for (int64_t k0 = 0; k0 < j->depth; k0 += g->kc) {
    int depth = (int)at_most(j->depth - k0, g->kc);
    size_t a_slice = (size_t)g->mr * (size_t)depth * j->wide,
           x_slice = (size_t)g->nr * (size_t)depth * j->wide;
    panel_rows(j, group, k0, depth, s);
    for (int64_t c = 0; c < columns; c += g->nr) {
      j->gather(depth, (int)at_most(columns - c, g->nr), g->nr, j->x->mem->ptr, s->plane, s->rows,
                s->x_panel + (size_t)(c / g->nr) * x_slice);
      for (int d = 0; d < depth; d++) s->rows[d] += g->nr;
    }
    for (int64_t r0 = 0; r0 < j->out; r0 += ROWS) {
      int64_t rows = at_most(j->out - r0, ROWS);
      for (int64_t r = 0; r < rows; r += g->mr) {
        int n = (int)at_most(rows - r, g->mr);
        char *to = s->a_panel + (size_t)(r / g->mr) * a_slice;
        if (n < g->mr) memset(to, 0, a_slice);
        j->cpu->isa->pack[j->w->dtype](
            n, g->mr, depth, w + ((r0 + r) * j->depth + k0) * (int64_t)j->size, j->depth, 1, to);
      }
      for (int64_t c = 0; c < columns; c += g->nr)
        for (int64_t r = 0; r < rows; r += g->mr)
          g->kernel(depth, s->a_panel + (size_t)(r / g->mr) * a_slice,
                    s->x_panel + (size_t)(c / g->nr) * x_slice,
                    s->tile + (size_t)((r0 + r) * j->tile + c) * j->wide, j->tile,
                    (int)at_most(rows - r, g->mr), (int)at_most(columns - c, g->nr), k0 > 0);
    }
  }
}

/* The tile's rows go to y, a piece for each sample. */
static void put_tile(const conv_job *j, int64_t group, int64_t first, int64_t columns,
                     const conv_scratch *s) {
  char *y = (char *)j->y->mem->ptr + j->y->offset * (int64_t)j->size;
  for (int64_t c = 0, n; c < columns; c += n) {
    int64_t sample = (first + c) / j->places, place = (first + c) % j->places;
    n = at_most(columns - c, j->places - place);
    int64_t to = (sample * j->y->shape[1] + group * j->out) * j->places + place;
    for (int64_t r = 0; r < j->out; r++)
      j->cpu->isa->store[j->y->dtype]((int)n, y + (to + r * j->places) * (int64_t)j->size, 1,
                                      s->tile + (size_t)(r * j->tile + c) * j->wide);
  }
}

static void conv_work(void *arg, nm_job *job, int worker) {
  const conv_job *j = arg;
  conv_scratch s;
  int64_t task, placed = -1;
  lay_out(j, j->cpu->scratch[worker], &s);
  while ((task = nm__next_task(job)) >= 0) {
    int64_t tile = task / j->conv->groups, group = task % j->conv->groups, first = tile * j->tile;
    int64_t columns = at_most(j->columns - first, j->tile);
    for (int64_t c = 0; c < columns && placed != tile; c++)
      column_offsets(j, first + c, j->tile, s.offsets + c);
    placed = tile; /* the offsets are those of all groups */
    multiply(j, group, columns, &s);
    put_tile(j, group, first, columns, &s);
  }
}

nm_status nm__cpu_conv(nm_device *dev, const nm_conv *conv, const nm_view *x, const nm_view *w,
                       const nm_view *y) {
  static gather_loop *const loops[NM_NDTYPES] = {[NM_FLOAT32] = gather_f32,
                                                 [NM_FLOAT64] = gather_f64,
                                                 [NM_FLOAT16] = gather_f16,
                                                 [NM_BFLOAT16] = gather_b16};
  nm_cpu *cpu = (nm_cpu *)dev;
  nm_class cls = nm__dtype_class(y->dtype);
  conv_job j = {.cpu = cpu,
                .conv = conv,
                .gemm = &cpu->isa->gemm[cls],
                .gather = loops[y->dtype],
                .x = x,
                .w = w,
                .y = y,
                .size = nm__dtype_size(y->dtype),
                .wide = nm__class_size[cls],
                .out = w->shape[0] / conv->groups,
                .in = w->shape[1],
                .taps = 1,
                .places = 1};
  int64_t reach = (x->shape[0] - 1) * x->stride[0]; /* the largest offset into a channel */
  for (int d = 0; d < conv->dims; d++) {
    j.taps *= w->shape[2 + d];
    j.places *= y->shape[2 + d];
    reach += (x->shape[2 + d] - 1) * x->stride[2 + d];
  }
  j.depth = j.in * j.taps;
  j.columns = y->shape[0] * j.places;
  int64_t numel = j.columns * y->shape[1];
  if (numel == 0) return NM_OK;
  if (j.depth == 0)
    return memset((char *)y->mem->ptr + y->offset * (int64_t)j.size, 0, (size_t)numel * j.size),
           NM_OK;
  if (reach > INT32_MAX || j.depth > INT_MAX / 2 || j.taps > INT_MAX / 1024)
    return nm__error(dev->ctx, NM_ENOTSUP, "a convolution over more than 2^31 elements of x");
  int64_t fit = OFFSETS / j.taps / j.gemm->nr * j.gemm->nr;
  j.tile = at_most(COLUMNS, fit > j.gemm->nr ? fit : j.gemm->nr);
  j.tiles = (j.columns + j.tile - 1) / j.tile;
  int64_t tasks = j.tiles * conv->groups;
  int workers = nm__workers(cpu, tasks, (double)numel * (double)j.depth / 8);
  conv_scratch layout;
  NM_TRY(nm__scratch(cpu, workers, lay_out(&j, NULL, &layout)));
  nm__parallel(cpu, workers, tasks, conv_work, &j);
  return NM_OK;
}
