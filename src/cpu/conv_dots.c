/* conv_dots.c: convolutions whose kernel is larger than y, as weights' gradients are.
 *
 * A result is the sum over channels and kernel positions of w's elements times those of x that they
 * meet: two long rows.  Slabs of both are laid out alike (conv_planes.c), with zeros in w where a
 * row of x has none for it, and multiplied as they lie, a few rows of w by a few places of y at a
 * time.  The sum is cut into chunks that the shape determines; each has partial results of its own,
 * and these are added in order, so the number of threads changes no bit.
 *
 * A zero between w's rows meets some element of x; if that is infinite, the result is a NaN that
 * should perhaps not be.  Where there is a NaN, the caller computes it all in the other way. */
#include <limits.h>
#include <string.h>

#include "cpu/conv.h"

enum {
  LENGTH = 1536,     /* of rows, about: four of them and a few of x's stay in the first cache */
  CHUNKS = 16,       /* at most */
  PARTIAL = 1 << 20, /* elements of all partial results, about, unless one has more */
  SIDE = 128,        /* channels of w and samples of x that are laid out at a time */
};

typedef struct dots_part {
  int64_t at[3];
  int columns;     /* of a sample */
  int32_t *offset; /* of each column (samples of a tile, taps): where its row of x starts */
  int64_t *to;     /* where its result goes, from row 0 on */
} dots_part;

typedef struct dots_job {
  const conv_call *c;
  const conv_planes *planes;
  int nparts;
  dots_part parts[NM_CONV_PARTS];
  int64_t channels, slabs[3], units; /* units of the sum: channels at a time, slabs */
  int64_t chunks, side_o, side_n, tiles_o, tiles_n;
  int64_t row, sample; /* elements of a row; of x's for a sample */
  int64_t numel;       /* of y */
  char *partial;
} dots_job;

/* Lays out unit `unit` for a tile of channels of w and samples of x; returns the rows' length. */
static int64_t lay_unit(const dots_job *j, int64_t unit, int64_t group, const int64_t tile[4],
                        char *w, char *x) {
  const conv_call *c = j->c;
  const conv_planes *l = j->planes;
  int64_t first[3];
  for (int d = 2; d >= 0; d--) {
    first[d] = unit % j->slabs[d] * l->block[d];
    unit /= j->slabs[d];
  }
  int64_t c0 = unit * j->channels, n = conv_least(c->in - c0, j->channels);
  const char *wm = (const char *)c->wv->mem->ptr +
                   (c->wv->offset + group * c->w_g + c0 * c->w_c) * (int64_t)c->size;
  const char *xm = (const char *)c->xv->mem->ptr +
                   (c->xv->offset + group * c->x_g + c0 * c->x_c) * (int64_t)c->size;
  size_t plane = (size_t)l->plane * c->wide;
  for (int64_t s = tile[2]; s < tile[3]; s++, x += (size_t)j->sample * c->wide)
    for (int64_t i = 0; i < n; i++)
      nm__conv_lay_x(c, l, first, xm + (s * c->x_n + i * c->x_c) * (int64_t)c->size,
                     x + (size_t)i * plane, j->row);
  for (int64_t o = tile[0]; o < tile[1]; o++)
    for (int p = 0; p < j->nparts; p++, w += (size_t)j->row * c->wide)
      for (int64_t i = 0; i < n; i++) {
        nm__conv_lay_w(c, l, j->parts[p].at, first, l->block,
                       wm + (o * c->w_o + i * c->w_c) * (int64_t)c->size, w + (size_t)i * plane);
      }
  return n * l->plane;
}

#define ADD_TILE(name, T)                                                                          \
  static void name(int rows, int columns, const void *sums_, int pitch, const int64_t *to,         \
                   int64_t step, void *y_) {                                                       \
    const T *sums = sums_;                                                                         \
    T *y = y_;                                                                                     \
    for (int i = 0; i < rows; i++, sums += pitch, y += step)                                       \
      for (int k = 0; k < columns; k++) y[to[k]] += sums[k];                                       \
  }
ADD_TILE(add_tile_f32, float)
ADD_TILE(add_tile_f64, double)

static void multiply_unit(const dots_job *j, const int64_t tile[4], int64_t length, const char *w,
                          const char *x, char *y) {
  const conv_call *c = j->c;
  const nm_conv_loops *loops = c->loops;
  _Alignas(64) char sums[512];
  int64_t rows = tile[1] - tile[0], samples = tile[3] - tile[2];
  for (int p = 0; p < j->nparts; p++) {
    const dots_part *part = &j->parts[p];
    int64_t columns = samples * part->columns;
    for (int64_t r = 0; r < rows; r += loops->dot_rows)
      for (int64_t k = 0; k < columns; k += loops->dot_columns) {
        int m = (int)conv_least(rows - r, loops->dot_rows),
            n = (int)conv_least(columns - k, loops->dot_columns);
        loops->dots(m, n, length, w + (size_t)((r * j->nparts + p) * j->row) * c->wide,
                    j->nparts * j->row, x, part->offset + k, sums);
        (c->cls == NM_F32 ? add_tile_f32 : add_tile_f64)(m, n, sums, loops->dot_columns,
                                                         part->to + k, c->places,
                                                         y + (size_t)(r * c->places) * c->wide);
      }
  }
}

static void dots_work(void *arg, nm_job *job, int worker) {
  const dots_job *j = arg;
  const conv_call *c = j->c;
  int64_t task;
  char *w = c->cpu->scratch[worker];
  size_t w_size = (size_t)(j->side_o * j->nparts * j->row) * c->wide,
         x_size = (size_t)(j->side_n * j->sample) * c->wide;
  char *x = w + w_size;
  memset(x + x_size, 0, (size_t)j->planes->plane * c->wide); /* is read behind the last row */
  while ((task = nm__next_task(job)) >= 0) {
    int64_t chunk = task % j->chunks, group = task / j->chunks % c->groups;
    int64_t at = task / j->chunks / c->groups, o = at % j->tiles_o * j->side_o,
            n = at / j->tiles_o * j->side_n;
    int64_t tile[4] = {o, conv_least(o + j->side_o, c->out), n,
                       conv_least(n + j->side_n, c->samples)};
    char *y =
        j->partial +
        (size_t)(chunk * j->numel + ((n * c->groups + group) * c->out + o) * c->places) * c->wide;
    for (int64_t u = j->units * chunk / j->chunks; u < j->units * (chunk + 1) / j->chunks; u++) {
      int64_t length = lay_unit(j, u, group, tile, w, x);
      multiply_unit(j, tile, length, w, x, y);
    }
  }
}

/* Rows of about LENGTH elements: parts of a plane, or planes of several channels. */
static void choose_units(dots_job *j, conv_planes *l) {
  const conv_call *c = j->c;
  int64_t all[3] = {l->block[0], l->block[1], l->block[2]};
  for (nm__conv_size_planes(l, c->loops->width); l->plane > LENGTH;
       nm__conv_size_planes(l, c->loops->width)) {
    int64_t halo = l->axis[1].most - l->axis[1].least;
    if (l->block[0] > 1)
      l->block[0] = (l->block[0] + 1) / 2;
    else if (l->block[1] > 1 + halo)
      l->block[1] = (l->block[1] + 1) / 2;
    else if (l->block[2] > LENGTH)
      l->block[2] = (l->block[2] / 2 + 63) / 64 * 64;
    else
      break;
  }
  for (int d = 0; d < 3; d++) l->block[d] = conv_over(all[d], conv_over(all[d], l->block[d]));
  nm__conv_size_planes(l, c->loops->width);
  j->units = j->channels = conv_most(1, conv_least(c->in, LENGTH / l->plane));
  j->units = conv_over(c->in, j->channels);
  for (int d = 0; d < 3; d++) j->units *= j->slabs[d] = conv_over(all[d], l->block[d]);
  j->row = j->channels * l->plane;
  j->sample = l->nslots * j->row;
  j->chunks = conv_most(1, conv_least(conv_least(CHUNKS, j->units), PARTIAL / j->numel));
  j->side_o = conv_least(c->out, SIDE), j->side_n = conv_least(c->samples, SIDE);
  j->tiles_o = conv_over(c->out, j->side_o), j->tiles_n = conv_over(c->samples, j->side_n);
}

/* The places of y that a part's rows meet, for every sample of a tile. */
static void list_columns(dots_job *j, dots_part *p) {
  const conv_call *c = j->c;
  int64_t phase[3], shift[3];
  p->columns = 0;
  for (int64_t b = 0; b < c->places; b++) {
    int64_t left = b;
    bool meets = true;
    for (int d = 2; d >= 0; d--) {
      meets = meets &&
              nm__conv_tap(&j->planes->axis[d], p->at[d], left % c->y[d], &phase[d], &shift[d]);
      left /= c->y[d];
    }
    if (!meets) continue;
    p->offset[p->columns] = (int32_t)nm__conv_offset(j->planes, phase, shift, j->row);
    p->to[p->columns++] = b;
  }
  for (int64_t k = p->columns; k < j->side_n * p->columns; k++) {
    p->offset[k] = p->offset[k - p->columns] + (int32_t)j->sample;
    p->to[k] = p->to[k - p->columns] + c->groups * c->out * c->places;
  }
}

/* Adds the chunks up into the first, and the bias; says whether there is a NaN. */
#define GATHER_CHUNKS(name, T)                                                                     \
  static bool name(const dots_job *j, const T *bias) {                                             \
    const conv_call *c = j->c;                                                                     \
    T *y = (T *)(void *)j->partial;                                                                \
    bool nan = false;                                                                              \
    for (int64_t k = 1; k < j->chunks; k++)                                                        \
      for (int64_t i = 0; i < j->numel; i++) y[i] += y[k * j->numel + i];                          \
    for (int64_t i = 0; i < j->numel; i++) nan |= y[i] != y[i];                                    \
    for (int64_t i = 0; bias && i < j->numel; i++)                                                 \
      y[i] += bias[i / c->places % (c->groups * c->out)];                                          \
    return nan;                                                                                    \
  }
GATHER_CHUNKS(gather_chunks_f32, float)
GATHER_CHUNKS(gather_chunks_f64, double)

static bool finish(const dots_job *j, void *bias) {
  const conv_call *c = j->c;
  int64_t outs = c->groups * c->out;
  if (c->bias)
    c->cpu->isa->load[c->dtype](
        (int)outs, bias, (const char *)c->bias->mem->ptr + c->bias->offset * (int64_t)c->size, 1);
  else
    bias = NULL;
  if (c->cls == NM_F32 ? gather_chunks_f32(j, bias) : gather_chunks_f64(j, bias)) return true;
  char *y = (char *)c->yv->mem->ptr + c->yv->offset * (int64_t)c->size;
  for (int64_t i = 0; i < j->numel; i += 1 << 20)
    c->cpu->isa->store[c->dtype]((int)conv_least(j->numel - i, 1 << 20), y + i * (int64_t)c->size,
                                 1, j->partial + (size_t)i * c->wide);
  return false;
}

nm_status nm__conv_dots(const conv_call *c, conv_planes *planes, bool *strict) {
  dots_job j = {.c = c,
                .planes = planes,
                .numel = c->samples * c->groups * c->out * c->places,
                .nparts =
                    (int)(planes->axis[0].parts * planes->axis[1].parts * planes->axis[2].parts)};
  choose_units(&j, planes);
  *strict = false;
  if (j.side_n * j.sample > INT32_MAX / 2)
    return nm__error(c->cpu->dev.ctx, NM_ENOTSUP, "a convolution of more than 2^30 elements");
  size_t each = (size_t)(j.side_n * c->places), spare = (size_t)j.nparts * 64,
         partial = conv_align((size_t)(j.chunks * j.numel) * c->wide),
         bias = conv_align((size_t)(c->groups * c->out) * c->wide),
         offsets = conv_align(each * sizeof(int32_t) + spare);
  nm_mem mem;
  NM_TRY(
      nm__cpu_alloc(&c->cpu->dev, partial + bias + offsets + each * sizeof(int64_t) + spare, &mem));
  j.partial = memset(mem.ptr, 0, partial);
  char *offset = j.partial + partial + bias, *to = offset + offsets;
  for (int n = 0; n < j.nparts; n++) {
    dots_part *p = &j.parts[n];
    int64_t left = n;
    for (int d = 2; d >= 0; d--)
      p->at[d] = left % planes->axis[d].parts, left /= planes->axis[d].parts;
    p->offset = (int32_t *)(void *)offset, p->to = (int64_t *)(void *)to;
    list_columns(&j, p);
    offset += conv_align((size_t)(j.side_n * p->columns) * sizeof(int32_t));
    to += conv_align((size_t)(j.side_n * p->columns) * sizeof(int64_t));
  }
  int64_t tasks = j.chunks * c->groups * j.tiles_o * j.tiles_n;
  int workers = nm__workers(c->cpu, tasks, (double)j.numel * (double)(c->in * c->taps) / 8);
  nm_status status = nm__scratch(
      c->cpu, workers,
      (size_t)(j.side_o * j.nparts * j.row + j.side_n * j.sample + planes->plane) * c->wide);
  if (status == NM_OK) {
    nm__parallel(c->cpu, workers, tasks, dots_work, &j);
    *strict = finish(&j, j.partial + partial);
  }
  nm__cpu_release(&c->cpu->dev, &mem);
  return status;
}
