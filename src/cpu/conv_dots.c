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
  int64_t row, sample;   /* elements of a row; of x's for a sample */
  int64_t length;        /* of a channel's row, which ends before the plane does */
  int64_t numel;         /* of y */
  int64_t results;       /* elements of a task's results: tile after tile */
  char *sums, *bias, *y; /* results of all tasks; of the class */
  _Atomic bool nan;
} dots_job;

/* Lays out unit `unit` for a tile of channels of w and samples of x; returns how many channels
 * there are. */
static int lay_unit(const dots_job *j, int64_t unit, int64_t group, const int64_t tile[4], char *w,
                    char *x) {
  const conv_call *c = j->c;
  const conv_planes *l = j->planes;
  int64_t first[3];
  for (int d = 2; d >= 0; d--) {
    first[d] = unit % j->slabs[d] * l->block[d];
    unit /= j->slabs[d];
  }
  int64_t c0 = unit * j->channels, n = nm__least(c->in - c0, j->channels);
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
  return (int)n;
}

static void multiply_unit(const dots_job *j, const int64_t tile[4], int channels, const char *w,
                          const char *x, char *sums) {
  const conv_call *c = j->c;
  const nm_conv_loops *loops = c->loops;
  int64_t rows = tile[1] - tile[0], samples = tile[3] - tile[2];
  size_t results = (size_t)(loops->dot_rows * loops->dot_columns) * c->wide;
  for (int p = 0; p < j->nparts; p++) {
    const dots_part *part = &j->parts[p];
    int64_t columns = samples * part->columns;
    for (int64_t r = 0; r < rows; r += loops->dot_rows)
      for (int64_t k = 0; k < columns; k += loops->dot_columns, sums += results)
        loops->dots((int)nm__least(rows - r, loops->dot_rows),
                    (int)nm__least(columns - k, loops->dot_columns), channels, j->length,
                    j->planes->plane, w + (size_t)((r * j->nparts + p) * j->row) * c->wide,
                    j->nparts * j->row, x, part->offset + k, sums);
  }
}

/* The tile of channels of w and samples of x with number t. */
static void tile_of(const dots_job *j, int64_t t, int64_t tile[4]) {
  tile[0] = t % j->tiles_o * j->side_o, tile[2] = t / j->tiles_o * j->side_n;
  tile[1] = nm__least(tile[0] + j->side_o, j->c->out);
  tile[3] = nm__least(tile[2] + j->side_n, j->c->samples);
}

static void dots_work(void *arg, nm_job *job, int worker) {
  const dots_job *j = arg;
  const conv_call *c = j->c;
  int64_t task, tile[4];
  char *w = c->cpu->scratch[worker], *x = w + (size_t)(j->side_o * j->nparts * j->row) * c->wide;
  memset(x + (size_t)(j->side_n * j->sample) * c->wide, 0,
         (size_t)j->planes->plane * c->wide); /* is read behind the last row */
  while ((task = nm__near_task(job, worker)) >= 0) {
    int64_t chunk = task % j->chunks, group = task / j->chunks % c->groups;
    tile_of(j, task / j->chunks / c->groups, tile);
    int64_t each = nm__parts(j->units, j->chunks), end = nm__least(j->units, (chunk + 1) * each);
    for (int64_t u = chunk * each; u < end; u++) {
      int channels = lay_unit(j, u, group, tile, w, x);
      multiply_unit(j, tile, channels, w, x, j->sums + (size_t)(task * j->results) * c->wide);
    }
  }
}

/* Rows of about LENGTH elements: parts of a plane, or planes of several channels. */
static void choose_units(dots_job *j, conv_planes *l) {
  const conv_call *c = j->c;
  int64_t all[3] = {l->block[0], l->block[1], l->block[2]};
  nm__conv_size_planes(l, c->loops->width);
  if (l->pitch > LENGTH) {
    l->block[2] = nm__parts(l->block[2], nm__parts(l->block[2], LENGTH));
    nm__conv_size_planes(l, c->loops->width);
  }
  int64_t rows = conv_most(1, LENGTH / l->pitch);
  l->block[1] = nm__parts(all[1], nm__parts(all[1], rows));
  l->block[0] = conv_most(1, nm__least(all[0], rows / (l->block[1] + l->rows[1] - all[1])));
  nm__conv_size_planes(l, c->loops->width);
  j->length =
      nm__parts(((l->block[0] - 1) * l->rows[1] + l->block[1]) * l->pitch, c->loops->width) *
      c->loops->width;
  j->channels = conv_most(1, nm__least(c->in, LENGTH / j->length));
  j->units = nm__parts(c->in, j->channels);
  for (int d = 0; d < 3; d++) j->units *= j->slabs[d] = nm__parts(all[d], l->block[d]);
  j->row = j->channels * l->plane;
  j->sample = l->nslots * j->row;
  int64_t chunks = conv_most(1, nm__least(nm__least(CHUNKS, j->units), PARTIAL / j->numel));
  j->chunks = nm__parts(j->units, nm__parts(j->units, chunks)); /* of one size, but for the last */
  j->side_o = nm__least(c->out, SIDE), j->side_n = nm__least(c->samples, SIDE);
  j->tiles_o = nm__parts(c->out, j->side_o), j->tiles_n = nm__parts(c->samples, j->side_n);
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

/* Adds up what the chunks have for a tile, and the bias; says whether there is a NaN. */
#define FINISH_TILE(name, T)                                                                       \
  static bool name(const dots_job *j, int64_t group, int64_t t, const void *bias_, void *y_) {     \
    const conv_call *c = j->c;                                                                     \
    const T *bias = bias_, *sums = (const T *)(const void *)j->sums;                               \
    int64_t tile[4], rows = c->loops->dot_rows, columns = c->loops->dot_columns;                   \
    bool nan = false;                                                                              \
    tile_of(j, t, tile);                                                                           \
    sums += (t * c->groups + group) * j->chunks * j->results;                                      \
    for (int p = 0; p < j->nparts; p++) {                                                          \
      const dots_part *part = &j->parts[p];                                                        \
      int64_t n = (tile[3] - tile[2]) * part->columns;                                             \
      for (int64_t r = tile[0]; r < tile[1]; r += rows)                                            \
        for (int64_t k = 0; k < n; k += columns, sums += rows * columns)                           \
          for (int64_t i = 0; i < rows && r + i < tile[1]; i++) {                                  \
            int64_t o = group * c->out + r + i;                                                    \
            T *y = (T *)y_ + (tile[2] * c->groups * c->out + o) * c->places;                       \
            for (int64_t l = 0; l < columns && k + l < n; l++) {                                   \
              T sum = 0;                                                                           \
              for (int64_t chunk = 0; chunk < j->chunks; chunk++)                                  \
                sum += sums[chunk * j->results + i * columns + l];                                 \
              nan |= sum != sum;                                                                   \
              y[part->to[k + l]] = bias ? sum + bias[o] : sum;                                     \
            }                                                                                      \
          }                                                                                        \
    }                                                                                              \
    return nan;                                                                                    \
  }
FINISH_TILE(finish_tile_f32, float)
FINISH_TILE(finish_tile_f64, double)

static void finish_work(void *arg, nm_job *job, int worker) {
  dots_job *j = arg;
  int64_t task;
  while ((task = nm__near_task(job, worker)) >= 0)
    if ((j->c->cls == NM_F32 ? finish_tile_f32 : finish_tile_f64)(
            j, task % j->c->groups, task / j->c->groups, j->bias, j->y))
      atomic_store_explicit(&j->nan, true, memory_order_relaxed);
}

/* Runs the job and stores y. */
static nm_status run_job(dots_job *j) {
  const conv_call *c = j->c;
  int64_t tiles = c->groups * j->tiles_o * j->tiles_n;
  int workers =
      nm__workers(c->cpu, tiles * j->chunks, (double)j->numel * (double)(c->in * c->taps) / 8);
  NM_TRY(nm__scratch(
      c->cpu, workers,
      (size_t)(j->side_o * j->nparts * j->row + j->side_n * j->sample + j->planes->plane) *
          c->wide));
  nm__parallel(c->cpu, workers, tiles * j->chunks, dots_work, j);
  workers = nm__workers(c->cpu, tiles, (double)(j->numel * (j->chunks + 4)));
  nm__parallel(c->cpu, workers, tiles, finish_work, j);
  if (j->nan || c->size == c->wide) return NM_OK;
  char *y = (char *)c->yv->mem->ptr + c->yv->offset * (int64_t)c->size;
  for (int64_t i = 0; i < j->numel; i += 1 << 20)
    c->cpu->isa->store[c->dtype]((int)nm__least(j->numel - i, 1 << 20), y + i * (int64_t)c->size, 1,
                                 j->y + (size_t)i * c->wide);
  return NM_OK;
}

/* Rows' offsets and places, for every part; and the room that a tile's results take. */
static void list_parts(dots_job *j, char *offset, char *to) {
  const conv_planes *l = j->planes;
  int64_t rows = nm__parts(j->side_o, j->c->loops->dot_rows) * j->c->loops->dot_rows;
  for (int n = 0; n < j->nparts; n++) {
    dots_part *p = &j->parts[n];
    int64_t left = n;
    for (int d = 2; d >= 0; d--) p->at[d] = left % l->axis[d].parts, left /= l->axis[d].parts;
    p->offset = (int32_t *)(void *)offset, p->to = (int64_t *)(void *)to;
    list_columns(j, p);
    int64_t columns = j->side_n * p->columns, step = j->c->loops->dot_columns;
    offset += nm__align64((size_t)columns * sizeof(int32_t));
    to += nm__align64((size_t)columns * sizeof(int64_t));
    j->results += rows * nm__parts(columns, step) * step;
  }
}

nm_status nm__conv_dots(const conv_call *c, conv_planes *planes, bool *strict) {
  dots_job j = {.c = c,
                .planes = planes,
                .numel = c->samples * c->groups * c->out * c->places,
                .nparts =
                    (int)(planes->axis[0].parts * planes->axis[1].parts * planes->axis[2].parts)};
  choose_units(&j, planes);
  if (j.side_n * j.sample > INT32_MAX / 2)
    return nm__error(c->cpu->dev.ctx, NM_ENOTSUP, "a convolution of more than 2^30 elements");
  size_t each = (size_t)(j.side_n * c->places), spare = (size_t)j.nparts * 64;
  size_t offsets = nm__align64(each * sizeof(int32_t) + spare),
         places = nm__align64(each * sizeof(int64_t) + spare),
         bias = nm__align64((size_t)(c->groups * c->out) * c->wide),
         y = c->size == c->wide ? 0 : (size_t)j.numel * c->wide;
  nm_mem mem, sums = {.ptr = NULL};
  nm_device *dev = &c->cpu->dev;
  NM_TRY(nm__cpu_alloc(dev, offsets + places + bias + y, &mem));
  char *at = mem.ptr;
  list_parts(&j, at, at + offsets);
  at += offsets + places;
  j.y = y ? at + bias : (char *)c->yv->mem->ptr + c->yv->offset * (int64_t)c->size;
  if (c->bias) {
    const char *from = (const char *)c->bias->mem->ptr + c->bias->offset * (int64_t)c->size;
    c->cpu->isa->load[c->dtype]((int)(c->groups * c->out), at, from, 1);
    j.bias = at;
  }
  size_t bytes = (size_t)(j.chunks * c->groups * j.tiles_o * j.tiles_n * j.results) * c->wide;
  nm_status status = nm__cpu_alloc(dev, bytes, &sums);
  if (status == NM_OK) {
    j.sums = memset(sums.ptr, 0, bytes);
    status = run_job(&j);
  }
  *strict = j.nan;
  nm__cpu_release(dev, &sums);
  nm__cpu_release(dev, &mem);
  return status;
}
