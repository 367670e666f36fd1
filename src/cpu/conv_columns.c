/* conv_columns.c: convolution as a matrix product, y (O, columns) = w (O, C * K) @ patches.
 *
 * The columns are places of y side by side.  The weights are packed once into panels of a few rows.
 * The patches are not made: a slab of x lies in planes (conv_planes.c) where row (c, k) of them is
 * the channel's plane, shifted.  What falls between the rows of y is computed in vain and left
 * out.  Where that would be much, as in small images, the patches of a tile are gathered instead,
 * columns of several samples side by side.  Results pass through a tile in the first cache, where
 * the sums of blocks of the depth meet and the bias is added.  Lines of y, and those of x that the
 * next slab is laid out from, are fetched a few at a time while sums are computed.
 *
 * Slabs and tiles follow from the shape alone, so the number of threads changes no bit. */
#include <limits.h>
#include <string.h>

#include "cpu/conv.h"

enum {
  DEPTH = 512,       /* products that are summed one after the other */
  GATHERED = 384,    /* columns of a task where patches are gathered */
  SPREAD = 32,       /* tasks that are worth having, should slabs be large enough to be cut */
  MAX_TILE = 4096,   /* bytes of a tile at most, of any instruction set and class */
  LINE = 24,         /* vectors of a tile with one row: depthwise convolutions */
  MAX_COLUMNS = 384, /* of a tile */
};

/* ---- weights ---- */

static int64_t w_offset(const conv_call *c, int64_t tap) {
  int64_t at = 0;
  for (int d = 2; d >= 0; d--) at += tap % c->w[d] * c->ws[d], tap /= c->w[d];
  return at;
}

/* rows x depth of w from row r on, depth-major, `wide` apart.  Taps that lie evenly are read a
 * channel, or all channels, at a time. */
static void pack_panel(const conv_call *c, const conv_part *p, const int64_t *taps, int64_t group,
                       int64_t r, int rows, int wide, char *to) {
  nm_pack_loop *pack = c->cpu->isa->pack[c->dtype];
  const char *w = (const char *)c->wv->mem->ptr +
                  (c->wv->offset + group * c->w_g + r * c->w_o) * (int64_t)c->size;
  int64_t step = p->taps > 1 ? taps[1] - taps[0] : 1;
  bool even = true;
  for (int t = 1; t < p->taps; t++) even &= taps[t] - taps[t - 1] == step;
  if (even && c->w_c == step * p->taps) {
    pack(rows, wide, (int)p->depth, w + taps[0] * (int64_t)c->size, c->w_o, step, to);
    return;
  }
  size_t row = (size_t)wide * c->wide;
  for (int64_t i = 0; i < c->in; i++, w += c->w_c * (int64_t)c->size)
    for (int t = 0; t < p->taps; t += even ? p->taps : 1)
      pack(rows, wide, even ? p->taps : 1, w + taps[t] * (int64_t)c->size, c->w_o, step,
           to + (size_t)(i * p->taps + t) * row);
}

/* The outputs of a group come in strips: two vectors, or rows of nearly equal height.  Where strip
 * n begins. */
static int64_t strips(const conv_columns *j) {
  return nm__parts(j->c->out, j->across ? 2 * j->c->loops->width : j->c->loops->rows);
}
static int64_t strip(const conv_columns *j, int64_t n) {
  return j->across ? nm__least(2 * j->c->loops->width * n, j->c->out) : j->c->out * n / strips(j);
}

static char *panel_of(const conv_columns *j, const conv_part *p, int64_t group, int64_t r) {
  return p->panels + (size_t)((group * j->outs + r) * p->depth) * j->c->wide;
}

typedef struct packing {
  const conv_columns *j;
  const conv_part *p;
  const int64_t *taps;
} packing;

static void pack_work(void *arg, nm_job *job, int worker) {
  const packing *k = arg;
  const conv_call *c = k->j->c;
  int64_t task, n = strips(k->j);
  while ((task = nm__near_task(job, worker)) >= 0) {
    int64_t group = task / n, r = strip(k->j, task % n);
    int rows = (int)(strip(k->j, task % n + 1) - r), wide = rows;
    char *panel = panel_of(k->j, k->p, group, r);
    if (k->j->across) wide = (int)nm__parts(rows, c->loops->width) * c->loops->width;
    if (wide > rows) memset(panel, 0, (size_t)(wide * k->p->depth) * c->wide);
    pack_panel(c, k->p, k->taps, group, r, rows, wide, panel);
  }
}

static void pack_part(const conv_columns *j, const conv_part *p, const int64_t *taps) {
  const conv_call *c = j->c;
  packing k = {j, p, taps};
  int64_t tasks = c->groups * strips(j);
  if (p->depth == 0) return;
  nm__parallel(c->cpu, nm__workers(c->cpu, tasks, (double)(c->groups * c->out * p->depth)), tasks,
               pack_work, &k);
}

/* ---- a tile ---- */

typedef struct tile_place { /* where a tile's columns go in y, from channel 0 of the group on */
  int pieces;
  nm_conv_piece piece[MAX_COLUMNS];
} tile_place;

static void put_slowly(const conv_call *c, int rows, char *tile, const tile_place *at,
                       const char *bias, char *y, int64_t stride) {
  size_t row = (size_t)(c->loops->vectors * c->loops->width) * c->wide;
  nm_loop *add = c->cpu->isa->ew[c->cls][NM_I_add];
  char same[MAX_COLUMNS * 8];
  for (int r = 0; r < rows; r++, tile += row, y += c->places * (int64_t)c->size)
    for (int k = 0; k < at->pieces; k++) {
      char *from = tile + (size_t)at->piece[k].column * c->wide;
      int n = at->piece[k].n;
      for (int i = 0; i < n; i++)
        memcpy(same + (size_t)i * c->wide, bias + (size_t)r * c->wide, c->wide);
      add(n, from, from, same, same);
      c->cpu->isa->store[c->dtype](n, y + at->piece[k].to * (int64_t)c->size, stride, from);
    }
}

static void fetch_places(const conv_call *c, const tile_place *at, int rows, const char *y) {
  for (int r = 0; r < rows; r++, y += c->places * (int64_t)c->size)
    for (int k = 0; k < at->pieces; k++) {
      const char *to = y + at->piece[k].to * (int64_t)c->size;
      const char *end = to + (size_t)at->piece[k].n * c->size;
      for (; to < end; to += 64) __builtin_prefetch(to, 1);
    }
}

/* y's lines, which come while the sums of a tile run over `depth`; all at once where it is one row
 * or pieces lie far from each other, as of several samples. */
static nm_ahead places_ahead(const conv_call *c, const tile_place *at, int rows, const char *y,
                             int64_t depth) {
  const nm_conv_piece *first = at->piece, *last = first + at->pieces - 1;
  int64_t n = at->pieces ? last->to + last->n - first->to : 0;
  if (n > 0 && n <= 2 * MAX_COLUMNS && c->out > 1)
    return nm__ahead(y + first->to * (int64_t)c->size, rows, n, c->places, 1, (int64_t)c->size,
                     depth + 1);
  fetch_places(c, at, rows, y);
  return (nm_ahead){.each = 0};
}

/* A tile's columns for all rows of a group: x has them at offset[k] for row k of the patches. */
static void multiply(const conv_columns *j, const conv_part *p, int64_t group, int vectors,
                     const char *x, const tile_place *at, char *y, int64_t stride, nm_ahead *next) {
  const conv_call *c = j->c;
  const nm_conv_loops *loops = c->loops;
  _Alignas(64) char tile[MAX_TILE];
  int64_t blocks = conv_most(1, nm__parts(p->depth, DEPTH)), block = nm__parts(p->depth, blocks);
  bool plain = c->size == c->wide;
  for (int64_t n = 0, r = 0, end; r < c->out; r = end) {
    end = strip(j, ++n);
    int rows = (int)(end - r);
    const char *panel = panel_of(j, p, group, r);
    const char *bias = j->bias + (size_t)(group * c->out + r) * c->wide;
    char *to = y + r * c->places * (int64_t)c->size;
    int64_t k = 0;
    nm_ahead lines = places_ahead(c, at, rows, to, p->depth);
    do {
      int depth = (int)nm__least(p->depth - k, block);
      const char *a = panel + (size_t)(k * rows) * c->wide;
      if (c->out == 1)
        loops->line(vectors, depth, a, x, p->offset + k, tile, k > 0);
      else
        loops->columns(rows, vectors, depth, a, x, p->offset + k, tile, k > 0, next, &lines);
    } while ((k += block) < p->depth);
    if (plain)
      loops->put(rows, tile, at->pieces, at->piece, bias, to, c->places, stride);
    else
      put_slowly(c, rows, tile, at, bias, to, stride);
  }
}

static char *y_of(const conv_call *c, int64_t sample, int64_t group) {
  int64_t channel = (sample * c->groups + group) * c->out;
  return (char *)c->yv->mem->ptr + (c->yv->offset + channel * c->places) * (int64_t)c->size;
}

/* ---- slabs of x in planes ---- */

/* Columns `column` .. of the flat rows of a slab, of which block[1] x block[2] are y's. */
static void place_columns(const conv_call *c, const conv_planes *l, const int64_t place[3],
                          const int64_t block[3], int64_t column, int columns, tile_place *to) {
  int pitch = (int)l->pitch, row = (int)(column / pitch), at = (int)(column % pitch);
  to->pieces = 0;
  for (int i = 0, n; i < columns && row < block[1]; i += n, at = 0, row++) {
    n = (int)nm__least(columns - i, pitch - at);
    if (at >= block[2]) continue;
    int64_t y1 = place[1] + row * l->axis[1].parts, y2 = place[2] + at * l->axis[2].parts;
    to->piece[to->pieces++] = (nm_conv_piece){i, (int)nm__least(n, block[2] - at),
                                              (place[0] * c->y[1] + y1) * c->y[2] + y2};
  }
}

static void slab_part(const conv_columns *j, const conv_part *p, int64_t group,
                      const int64_t first[3], const char *x, char *y, nm_ahead *next) {
  const conv_call *c = j->c;
  const conv_planes *l = j->planes;
  int64_t block[3], place[3];
  int width = c->loops->width, most = (c->out == 1 ? LINE : c->loops->vectors) * width;
  if (!nm__conv_block(l, p->at, first, block, place)) return;
  int64_t flat = (block[1] - 1) * l->pitch + block[2];
  for (int64_t d = 0; d < block[0]; d++, place[0] += l->axis[0].parts)
    for (int64_t column = 0; column < flat; column += most) {
      tile_place at;
      int columns = (int)nm__least(flat - column, most);
      place_columns(c, l, place, block, column, columns, &at);
      multiply(j, p, group, (columns + width - 1) / width,
               x + (size_t)(d * l->rows[1] * l->pitch + column) * c->wide, &at, y, l->axis[2].parts,
               next);
    }
}

static size_t x_bytes(const conv_columns *j) {
  return nm__align64((size_t)(j->c->in * j->channel + MAX_COLUMNS) * j->c->wide);
}

typedef struct slab { /* of a sample's x */
  int64_t sample, group, first[3];
  const char *x; /* channel 0 in memory */
} slab;

static slab find_slab(const conv_columns *j, int64_t task) {
  const conv_call *c = j->c;
  int64_t slabs = j->slabs[0] * j->slabs[1] * j->slabs[2], at = task % slabs;
  slab s = {.sample = task / slabs / c->groups, .group = task / slabs % c->groups};
  for (int d = 2; d >= 0; d--)
    s.first[d] = at % j->slabs[d] * j->planes->block[d], at /= j->slabs[d];
  s.x = (const char *)c->xv->mem->ptr +
        (c->xv->offset + s.sample * c->x_n + s.group * c->x_g) * (int64_t)c->size;
  return s;
}

/* Steps that a slab's sums take, of all tiles. */
static int64_t slab_steps(const conv_columns *j) {
  const conv_planes *l = j->planes;
  const nm_conv_loops *loops = j->c->loops;
  int64_t depth = 0, flat = (l->block[1] - 1) * l->pitch + l->block[2];
  int64_t tiles = j->across ? l->block[1] * nm__parts(l->block[2], loops->places)
                            : nm__parts(flat, loops->vectors * loops->width);
  for (int p = 0; p < j->nparts; p++) depth += j->parts[p].depth;
  return conv_most(1, l->block[0] * tiles * depth * strips(j));
}

/* What a slab is laid out from, to be fetched while another is multiplied; nothing where that
 * doesn't lie in one piece for each channel. */
static nm_ahead slab_ahead(const conv_columns *j, int64_t task) {
  const conv_call *c = j->c;
  const conv_planes *l = j->planes;
  slab s = find_slab(j, task);
  int64_t from = 0, n = 1, dense = 1;
  for (int d = 0; d < 3; d++) {
    const conv_axis *a = &l->axis[d];
    int64_t q = s.first[d] + a->least, rows = d == 2 ? l->full : l->rows[d];
    int64_t low = conv_most(0, q * a->phases), high = nm__least(a->x, (q + rows) * a->phases);
    if (high <= low || (n > 1 && high - low < a->x)) return (nm_ahead){.each = 0};
    from = from * a->x + low, n *= high - low;
  }
  for (int d = 2; d >= 0; dense *= c->x[d--])
    if (c->x[d] > 1 && c->xs[d] != dense) return (nm_ahead){.each = 0};
  return nm__ahead(s.x + from * (int64_t)c->size, c->in, n, c->x_c, 1, (int64_t)c->size,
                   slab_steps(j));
}

static void planes_work(void *arg, nm_job *job, int worker) {
  const conv_columns *j = arg;
  const conv_call *c = j->c;
  char *x = c->cpu->scratch[worker];
  int64_t task, tasks = c->samples * c->groups * j->slabs[0] * j->slabs[1] * j->slabs[2];
  while ((task = nm__near_task(job, worker)) >= 0) {
    slab s = find_slab(j, task);
    nm_ahead next = {.each = 0}; /* lines of one row are too short for it */
    if (c->out > 1 && task + 1 < tasks) next = slab_ahead(j, task + 1);
    nm__conv_lay_x(c, j->planes, s.first, &(conv_channels){c->in, c->x_c, j->channel}, s.x, x,
                   j->planes->plane);
    char *y = y_of(c, s.sample, s.group);
    if (j->across)
      nm__conv_outs(j, s.group, s.first, x, y, x + x_bytes(j), &next);
    else
      for (int p = 0; p < j->nparts; p++) slab_part(j, &j->parts[p], s.group, s.first, x, y, &next);
  }
}

static int64_t slab_bytes(const conv_call *c, conv_planes *l) {
  nm__conv_size_planes(l, c->loops->width);
  return c->in * l->nslots * l->plane * (int64_t)c->wide;
}

/* Cuts y into slabs for which x fits into the second cache, and more of them where tasks are few.
 */
static void choose_slabs(conv_columns *j, conv_planes *l) {
  const conv_call *c = j->c;
  int64_t all[3] = {l->block[0], l->block[1], l->block[2]};
  for (;;) {
    int64_t bytes = slab_bytes(c, l), tasks = c->samples * c->groups;
    for (int d = 0; d < 3; d++) tasks *= j->slabs[d] = nm__parts(all[d], l->block[d]);
    bool large = bytes > NM_CONV_SLAB, few = tasks < SPREAD;
    int64_t halo = l->axis[1].most - l->axis[1].least;
    if (l->block[0] > 1 && (large || few))
      l->block[0] = (l->block[0] + 1) / 2;
    else if (l->block[1] > 1 && (large || (few && l->block[1] >= 8 + 4 * halo)))
      l->block[1] = (l->block[1] + 1) / 2;
    else if (l->block[2] > 512 && (large || few))
      l->block[2] = (l->block[2] / 2 + 63) / 64 * 64;
    else
      break;
  }
  for (int d = 0; d < 3; d++) l->block[d] = nm__parts(all[d], j->slabs[d]);
  slab_bytes(c, l);
  for (int d = 0; d < 3; d++) j->slabs[d] = nm__parts(all[d], l->block[d]);
  j->channel = l->nslots * l->plane;
}

/* ---- gathered patches ---- */

/* panel[k * r + i] = plane[k][offset[k][i]] for i < columns, 0 where the offset is -1 and up to r
 */
#define GATHER(name, M, T, widen)                                                                  \
  static void name(int64_t depth, int columns, int r, const void *x_, int64_t channel, int taps,   \
                   const int32_t *offset, int64_t pitch, void *panel_) {                           \
    T *panel = panel_;                                                                             \
    const M *x = x_;                                                                               \
    for (int64_t k = 0; k < depth; k += taps, x += channel)                                        \
      for (int t = 0; t < taps; t++, panel += r) {                                                 \
        const int32_t *at = offset + t * pitch;                                                    \
        int i = 0;                                                                                 \
        for (; i < columns; i++) panel[i] = at[i] < 0 ? (T)0 : widen(x[at[i]]);                    \
        for (; i < r; i++) panel[i] = 0;                                                           \
      }                                                                                            \
  }
#define SAME(v) (v)
GATHER(gather_f32, float, float, SAME)
GATHER(gather_f64, double, double, SAME)
GATHER(gather_f16, uint16_t, float, nm__half_to_float)
GATHER(gather_b16, uint16_t, float, nm__bfloat_to_float)
typedef void gather_loop(int64_t depth, int columns, int r, const void *x, int64_t channel,
                         int taps, const int32_t *offset, int64_t pitch, void *panel);
static gather_loop *const gathers[NM_NDTYPES] = {[NM_FLOAT32] = gather_f32,
                                                 [NM_FLOAT64] = gather_f64,
                                                 [NM_FLOAT16] = gather_f16,
                                                 [NM_BFLOAT16] = gather_b16};

/* Where column `column` reads a channel of sample 0, for each tap, `pitch` apart. */
static void column_offsets(const conv_call *c, int64_t column, int64_t pitch, int32_t *to) {
  int64_t sample = column / c->places, place = column % c->places, start[3], tap[3] = {0};
  for (int d = 2; d >= 0; d--) {
    start[d] = place % c->y[d] * c->stride[d] - c->low[d];
    place /= c->y[d];
  }
  for (int64_t k = 0; k < c->taps; k++, to += pitch) {
    int64_t at = sample * c->x_n;
    bool inside = true;
    for (int d = 0; d < 3; d++) {
      int64_t i = start[d] + tap[d] * c->rhs[d];
      inside = inside && i >= 0 && i % c->lhs[d] == 0 && i / c->lhs[d] < c->x[d];
      if (inside) at += i / c->lhs[d] * c->xs[d];
    }
    *to = inside ? (int32_t)at : -1;
    for (int d = 2; d >= 0 && ++tap[d] == c->w[d]; d--) tap[d] = 0;
  }
}

/* Columns from `first` on, a piece for each sample, as offsets from sample 0. */
static void place_gathered(const conv_call *c, int64_t first, int columns, tile_place *to) {
  to->pieces = 0;
  for (int i = 0, n; i < columns; i += n) {
    int64_t sample = (first + i) / c->places, place = (first + i) % c->places;
    n = (int)nm__least(columns - i, c->places - place);
    to->piece[to->pieces++] =
        (nm_conv_piece){i, n, sample * c->groups * c->out * c->places + place};
  }
}

static void gathered_work(void *arg, nm_job *job, int worker) {
  const conv_columns *j = arg;
  const conv_call *c = j->c;
  const conv_part *p = &j->parts[0];
  int most = c->loops->vectors * c->loops->width;
  int64_t task, placed = -1, columns_of_y = c->samples * c->places;
  int32_t *offset = c->cpu->scratch[worker];
  char *panel = (char *)offset + nm__align64((size_t)(c->taps * j->tile) * sizeof *offset);
  while ((task = nm__near_task(job, worker)) >= 0) {
    int64_t first = task / c->groups * j->tile, group = task % c->groups;
    int64_t n = nm__least(columns_of_y - first, j->tile);
    for (int64_t i = 0; i < n && placed != first; i++)
      column_offsets(c, first + i, j->tile, offset + i);
    placed = first; /* the offsets are those of all groups */
    const char *x =
        (const char *)c->xv->mem->ptr + (c->xv->offset + group * c->x_g) * (int64_t)c->size;
    for (int64_t i = 0; i < n; i += most) {
      nm_ahead none = {.each = 0};
      tile_place at;
      int columns = (int)nm__least(n - i, most);
      gathers[c->dtype](p->depth, columns, most, x, c->x_c, (int)c->taps, offset + i, j->tile,
                        panel);
      place_gathered(c, first + i, columns, &at);
      multiply(j, p, group, (columns + c->loops->width - 1) / c->loops->width, panel, &at,
               y_of(c, 0, group), 1, &none);
    }
  }
}

/* ---- all together ---- */

/* The taps that a part meets, as offsets into w, and the offsets of the patches' rows. */
static void list_taps(conv_columns *j, conv_part *p, int64_t *taps) {
  const conv_call *c = j->c;
  int64_t phase[3], shift[3];
  int32_t *to = p->offset;
  p->taps = 0;
  for (int64_t k = 0; k < c->taps; k++) {
    int64_t left = k;
    bool meets = true;
    for (int d = 2; d >= 0 && j->planes; d--) {
      meets = meets &&
              nm__conv_tap(&j->planes->axis[d], p->at[d], left % c->w[d], &phase[d], &shift[d]);
      left /= c->w[d];
    }
    if (!meets) continue;
    taps[p->taps++] = w_offset(c, k);
    if (j->planes) *to++ = (int32_t)nm__conv_offset(j->planes, phase, shift, j->planes->plane);
  }
  p->depth = c->in * p->taps;
  if (j->planes)
    for (int64_t k = p->taps; k < p->depth; k++)
      p->offset[k] = p->offset[k - p->taps] + (int32_t)j->channel;
  int64_t row = c->loops->vectors * c->loops->width;
  for (int64_t k = 0; k < p->depth && !j->planes; k++) p->offset[k] = (int32_t)(k * row);
  for (int64_t k = 0; k < NM_CONV_AHEAD; k++)
    p->offset[p->depth + k] = p->depth ? p->offset[k % p->depth] : 0;
}

static nm_status run_job(conv_columns *j) {
  const conv_call *c = j->c;
  double work = (double)(c->samples * c->groups * c->out * c->places) * (double)(c->in * c->taps) /
                8 / (j->planes ? (double)j->nparts : 1);
  int64_t tasks;
  size_t bytes;
  if (j->planes) {
    tasks = c->samples * c->groups * j->slabs[0] * j->slabs[1] * j->slabs[2];
    bytes = x_bytes(j) + (size_t)(NM_CONV_STRETCH * 2 * c->loops->width) * c->wide;
  } else {
    int64_t all = c->samples * c->places, row = c->loops->vectors * c->loops->width;
    j->tile = nm__least(GATHERED, nm__parts(all, row) * row);
    tasks = nm__parts(all, j->tile) * c->groups;
    bytes = nm__align64((size_t)(c->taps * j->tile) * sizeof(int32_t)) +
            (size_t)(row * c->in * c->taps) * c->wide;
  }
  int workers = nm__workers(c->cpu, tasks, work);
  NM_TRY(nm__scratch(c->cpu, workers, bytes));
  nm__parallel(c->cpu, workers, tasks, j->planes ? planes_work : gathered_work, j);
  return NM_OK;
}

nm_status nm__conv_columns(const conv_call *c, conv_planes *planes) {
  conv_columns j = {.c = c, .planes = planes, .nparts = 1, .outs = c->out};
  int64_t depth = c->in * c->taps, width = c->loops->width;
  if (planes) {
    choose_slabs(&j, planes);
    j.across = nm__conv_outs_pay(c, planes);
    if (j.across) j.outs = nm__parts(c->out, width) * width;
    j.nparts = (int)(planes->axis[0].parts * planes->axis[1].parts * planes->axis[2].parts);
  }
  if (c->in * conv_most(j.channel, 0) > INT32_MAX / 2 || depth > INT_MAX / 1024)
    return nm__error(c->cpu->dev.ctx, NM_ENOTSUP, "a convolution of more than 2^30 elements");
  int64_t outs = c->groups * j.outs;
  /* of a dim's parts one at most meets a tap, so all parts' panels are no more than the weights */
  size_t ahead = NM_CONV_AHEAD * sizeof(int32_t), spare = (size_t)j.nparts * 64,
         bias = nm__align64((size_t)(c->groups * c->out + 2 * width) * c->wide),
         panels = nm__align64((size_t)(outs * depth) * c->wide + spare),
         offsets = nm__align64((size_t)depth * sizeof(int32_t) + (size_t)j.nparts * ahead + spare);
  nm_mem mem;
  NM_TRY(nm__cpu_alloc(&c->cpu->dev, bias + panels + offsets + (size_t)c->taps * sizeof(int64_t),
                       &mem));
  char *panel = (char *)mem.ptr + bias, *offset = panel + panels;
  int64_t *taps = (int64_t *)(void *)(offset + offsets);
  j.bias = memset(mem.ptr, 0, bias);
  if (c->bias)
    c->cpu->isa->load[c->dtype](
        (int)(c->groups * c->out), j.bias,
        (const char *)c->bias->mem->ptr + c->bias->offset * (int64_t)c->size, 1);
  for (int n = 0; n < j.nparts; n++) {
    conv_part *p = &j.parts[n];
    int64_t left = n;
    for (int d = 2; d >= 0 && planes; d--)
      p->at[d] = left % planes->axis[d].parts, left /= planes->axis[d].parts;
    p->panels = panel, p->offset = (int32_t *)(void *)offset;
    list_taps(&j, p, taps);
    pack_part(&j, p, taps);
    panel += nm__align64((size_t)(outs * p->depth) * c->wide);
    offset += nm__align64((size_t)p->depth * sizeof(int32_t) + ahead);
  }
  nm_status status = run_job(&j);
  nm__cpu_release(&c->cpu->dev, &mem);
  return status;
}
