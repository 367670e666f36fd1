/* conv_dots.c: convolutions whose kernel is larger than y, as weights' gradients are.
 *
 * A result is the sum over channels and kernel positions of w's elements times those of x that they
 * meet: two long rows.  Slabs of both are laid out alike (conv_planes.c), with zeros in w where a
 * row of x has none for it, and multiplied as they lie, a few rows of w by a few places of y at a
 * time.  Rows that lie in memory as they would be laid out, as those of 1x1 convolutions do, are
 * read there.  The sum is cut into chunks that the shape determines; each has partial results of
 * its own, and these are added in order, so the number of threads changes no bit.
 *
 * Where that is less work, vectors hold outputs instead, two at a time: w is turned once and met by
 * x's elements one at a time; nothing lies between w's rows and no lanes are summed.
 *
 * A zero between w's rows meets some element of x; if that is infinite, the result is a NaN that
 * should perhaps not be.  Where there is a NaN, the caller computes it all in the other way. */
#include <limits.h>
#include <string.h>

#include "cpu/conv.h"

enum {
  LENGTH = 1152,       /* of rows, about: a tile's of w and a few of x's stay in the first cache */
  DEPTH = 128,         /* products that vectors of outputs add up in one go, at most */
  CHUNKS = 16,         /* at most */
  PARTIAL = 1 << 20,   /* elements of all partial results, about, unless one has more */
  SIDE = 128,          /* channels of w that are laid out at a time */
  X_BYTES = 256 << 10, /* of x that are laid out at a time, about: they stay in the second cache */
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
  bool across;                       /* vectors hold outputs */
  int rows, columns;                 /* of a tile of results */
  int64_t channels, slabs[3], units; /* units of the sum: channels at a time, slabs */
  int64_t chunks, side_o, side_n, tiles_o, tiles_n;
  int64_t row, sample;   /* elements of a row; of x's for a sample */
  int32_t *in_place;     /* where samples start in memory, NULL unless rows may be read there */
  int64_t numel;         /* of y */
  int64_t strip;         /* results of a few rows of w, of all parts and samples of a tile */
  int64_t strips;        /* of a tile */
  int64_t results;       /* elements of a task's results: strip after strip, tile after tile */
  char *sums, *bias, *y; /* results of all tasks; of the class */
  _Atomic bool nan;
} dots_job;

typedef struct dots_unit {
  int64_t first[3], block[3]; /* positions of the slab */
  int64_t length;             /* of a channel's row, which ends before the plane does */
  int channels;
  const char *w, *x; /* of the first channel, in memory */
  bool in_place;
} dots_unit;

static dots_unit find_unit(const dots_job *j, int64_t unit, int64_t group) {
  const conv_call *c = j->c;
  const conv_planes *l = j->planes;
  dots_unit u;
  int64_t width = c->loops->width;
  for (int d = 2; d >= 0; d--) {
    int64_t all = nm__parts(l->axis[d].along, l->axis[d].parts);
    u.first[d] = unit % j->slabs[d] * l->block[d];
    u.block[d] = nm__least(l->block[d], all - u.first[d]);
    unit /= j->slabs[d];
  }
  u.length = ((u.block[0] - 1) * l->rows[1] + u.block[1]) * l->pitch;
  if (j->in_place) u.length = nm__least(u.length, l->axis[2].along - u.first[2]);
  u.in_place = j->in_place && u.length % width == 0;
  u.length = nm__parts(u.length, width) * width;
  int64_t channel = unit * j->channels;
  u.channels = (int)nm__least(c->in - channel, j->channels);
  u.w = (const char *)c->wv->mem->ptr +
        (c->wv->offset + group * c->w_g + channel * c->w_c) * (int64_t)c->size;
  u.x = (const char *)c->xv->mem->ptr +
        (c->xv->offset + group * c->x_g + channel * c->x_c) * (int64_t)c->size;
  return u;
}

/* Rows of a unit, for channels of w `from` .. `to`: the first of them. */
static const char *rows_of_w(const dots_job *j, const dots_unit *u, int64_t from, int64_t to,
                             char *w) {
  const conv_call *c = j->c;
  const conv_planes *l = j->planes;
  const conv_channels many = {u->channels, c->w_c, l->plane};
  const char *laid = w;
  if (u->in_place) return u->w + (from * c->w_o + u->first[2]) * (int64_t)c->size;
  for (int64_t o = from; o < to; o++)
    for (int p = 0; p < j->nparts; p++, w += (size_t)j->row * c->wide)
      nm__conv_lay_w(c, l, j->parts[p].at, u->first, l->block, &many,
                     u->w + o * c->w_o * (int64_t)c->size, w);
  return laid;
}

/* A strip of outputs from r on: (places, vectors of them), rows of w turned, those of all channels
 * for each position of dim 0. */
static void turn_strip(const dots_job *j, const dots_unit *u, int64_t r, int outs, char *to) {
  const conv_call *c = j->c;
  nm_pack_loop *pack = c->cpu->isa->pack[c->dtype];
  int64_t rows = u->block[1], n = u->block[2];
  int wide = (int)nm__parts(outs, c->loops->width) * c->loops->width;
  if (c->ws[1] == n * c->ws[2]) n *= rows, rows = 1;
  size_t row = (size_t)(n * wide) * c->wide;
  if (wide > outs) memset(to, 0, row * (size_t)(u->block[0] * u->channels * rows));
  for (int64_t d = u->first[0]; d < u->first[0] + u->block[0]; d++)
    for (int64_t i = 0; i < u->channels; i++)
      for (int64_t k = 0; k < rows; k++, to += row) {
        int64_t at = r * c->w_o + i * c->w_c + d * c->ws[0] + (u->first[1] + k) * c->ws[1] +
                     u->first[2] * c->ws[2];
        pack(outs, wide, (int)n, u->w + at * (int64_t)c->size, c->w_o, c->ws[2], to);
      }
}

/* Elements of a strip of two vectors. */
static int64_t turned(const dots_job *j, const dots_unit *u) {
  return u->block[0] * u->block[1] * u->block[2] * u->channels * j->rows;
}

static const char *turned_w(const dots_job *j, const dots_unit *u, int64_t from, int64_t to,
                            char *w) {
  const char *laid = w;
  for (int64_t r = from; r < to; r += j->rows, w += (size_t)turned(j, u) * j->c->wide)
    turn_strip(j, u, r, (int)nm__least(to - r, j->rows), w);
  return laid;
}

/* The same of x, for samples `from` .. `to`. */
static const char *rows_of_x(const dots_job *j, const dots_unit *u, int64_t from, int64_t to,
                             char *x) {
  const conv_call *c = j->c;
  const conv_planes *l = j->planes;
  const conv_channels many = {u->channels, c->x_c, l->plane};
  const char *laid = x;
  if (u->in_place) return u->x + (from * c->x_n + u->first[2]) * (int64_t)c->size;
  for (int64_t s = from; s < to; s++, x += (size_t)j->sample * c->wide)
    nm__conv_lay_x(c, l, u->first, &many, u->x + s * c->x_n * (int64_t)c->size, x, j->row);
  return laid;
}

/* Rows of w by those of x: sums += or = their products. */
static void multiply_unit(const dots_job *j, const dots_unit *u, int64_t rows, int64_t samples,
                          const char *w, const char *x, char *sums, bool add) {
  const conv_call *c = j->c;
  const nm_conv_loops *loops = c->loops;
  int64_t pitch = u->in_place ? c->w_o : j->row;
  size_t results = (size_t)(loops->dot_rows * loops->dot_columns) * c->wide;
  for (int64_t r = 0; r < rows; r += loops->dot_rows, sums += (size_t)j->strip * c->wide) {
    char *to = sums;
    for (int p = 0; p < j->nparts; p++) {
      const dots_part *part = &j->parts[p];
      const int32_t *at = u->in_place ? j->in_place : part->offset;
      int64_t columns = samples * part->columns;
      for (int64_t k = 0; k < columns; k += loops->dot_columns, to += results)
        loops->dots((int)nm__least(rows - r, loops->dot_rows),
                    (int)nm__least(columns - k, loops->dot_columns), u->channels, u->length,
                    j->planes->plane, w + (size_t)((r * j->nparts + p) * pitch) * c->wide,
                    j->nparts * pitch, x, at + k, to, add);
    }
  }
}

/* Of w, as a task has it laid out. */
static int64_t w_elements(const dots_job *j) {
  return nm__parts(j->side_o, j->rows) * j->rows * j->nparts * j->row;
}

/* A few rows of w, turned, by those of x: tiles of nearly equal height. */
static void multiply_rows(const dots_job *j, const nm_conv_rows *over, int vectors, int64_t columns,
                          const char *w, const char *x, char *sums, bool add) {
  const conv_call *c = j->c;
  const int32_t *at = j->parts[0].offset;
  int64_t tiles = nm__parts(columns, c->loops->places);
  for (int64_t n = 0; n < tiles; n++) {
    int64_t k = columns * n / tiles, end = columns * (n + 1) / tiles;
    c->loops->meets((int)(end - k), vectors, over, w, x, at + k,
                    sums + (size_t)(k * j->rows) * c->wide, add);
  }
}

/* Parts of nearly equal size, of `most` at most. */
static int even_part(int64_t all, int64_t most) {
  return (int)nm__parts(all, nm__parts(all, conv_most(1, most)));
}

/* A strip of w, DEPTH places at a time: parts of a row, rows, or those of several channels. */
static void multiply_strip(const dots_job *j, const dots_unit *u, int vectors, int64_t columns,
                           const char *w, const char *x, char *sums, bool add) {
  const conv_call *c = j->c;
  const conv_planes *l = j->planes;
  const int64_t *all = u->block;
  int n = even_part(all[2], DEPTH), rows = n < all[2] ? 1 : even_part(all[1], DEPTH / n),
      pieces = rows < all[1] ? 1 : even_part(u->channels, DEPTH / (rows * n));
  for (int64_t d = 0; d < all[0]; d++)
    for (int64_t i = 0; i < u->channels; i += pieces)
      for (int64_t r = 0; r < all[1]; r += rows)
        for (int64_t k = 0; k < all[2]; k += n, add = true) {
          nm_conv_rows over = {.pieces = (int)nm__least(pieces, u->channels - i),
                               .rows = (int)nm__least(rows, all[1] - r),
                               .length = (int)nm__least(n, all[2] - k),
                               .step = l->plane,
                               .pitch = l->pitch};
          int64_t at = i * l->plane + (d * l->rows[1] + r) * l->pitch + k;
          multiply_rows(j, &over, vectors, columns, w, x + (size_t)at * c->wide, sums, add);
          w +=
              (size_t)(over.pieces * over.rows * over.length * vectors * c->loops->width) * c->wide;
        }
}

/* All strips of a tile, a strip for each two vectors of outputs. */
static void multiply_outs(const dots_job *j, const dots_unit *u, int64_t outs, int64_t samples,
                          const char *w, const char *x, char *sums, bool add) {
  const conv_call *c = j->c;
  for (int64_t r = 0; r < outs; r += j->rows) {
    int vectors = (int)nm__parts(nm__least(outs - r, j->rows), c->loops->width);
    multiply_strip(j, u, vectors, samples * j->parts[0].columns, w, x, sums, add);
    w += (size_t)turned(j, u) * c->wide, sums += (size_t)j->strip * c->wide;
  }
}

static void dots_work(void *arg, nm_job *job, int worker) {
  const dots_job *j = arg;
  const conv_call *c = j->c;
  int64_t task;
  char *w = c->cpu->scratch[worker], *x = w + (size_t)w_elements(j) * c->wide;
  memset(x + (size_t)(j->side_n * j->sample) * c->wide, 0,
         (size_t)j->planes->plane * c->wide); /* is read behind the last row */
  while ((task = nm__near_task(job, worker)) >= 0) {
    int64_t chunk = task % j->chunks, group = task / j->chunks % c->groups;
    int64_t o = task / j->chunks / c->groups * j->side_o, to = nm__least(o + j->side_o, c->out);
    int64_t each = nm__parts(j->units, j->chunks), end = nm__least(j->units, (chunk + 1) * each);
    for (int64_t k = chunk * each; k < end; k++) {
      dots_unit u = find_unit(j, k, group);
      const char *wr = (j->across ? turned_w : rows_of_w)(j, &u, o, to, w);
      char *sums = j->sums + (size_t)(task * j->tiles_n * j->results) * c->wide;
      for (int64_t s = 0; s < c->samples; s += j->side_n, sums += (size_t)j->results * c->wide) {
        int64_t until = nm__least(s + j->side_n, c->samples);
        const char *xr = rows_of_x(j, &u, s, until, x);
        (j->across ? multiply_outs : multiply_unit)(j, &u, to - o, until - s, wr, xr, sums,
                                                    k > chunk * each);
      }
    }
  }
}

/* Whether rows of w and x in memory are as they would be laid out: no step, no zeros, one row of
 * positions. */
static bool dense(const dots_job *j) {
  const conv_call *c = j->c;
  for (int d = 0; d < 3; d++) {
    const conv_axis *a = &j->planes->axis[d];
    if (a->across != 1 || a->along != a->x || a->step_along != 1 || a->lhs != 1 || a->low)
      return false;
  }
  return c->w[0] == 1 && c->w[1] == 1 && c->xs[2] == 1 && c->ws[2] == 1 && c->size == c->wide;
}

/* Whether they may be read there, one channel at a time. */
static bool lies(const dots_job *j) {
  int64_t step = j->c->x_n;
  return dense(j) && j->channels == 1 && step >= 0 && step <= INT32_MAX / 2 / j->side_n;
}

/* Whether vectors of outputs are less work: of positions without those between rows, on more lanes
 * perhaps, with w to be turned but without lanes to sum, which take a twelfth of the products.
 * Whole vectors that are read where they lie stay there. */
static bool outs_pay(const dots_job *j, conv_planes *l) {
  const conv_call *c = j->c;
  int64_t columns = c->samples * c->places;
  if (j->nparts > 1 || (dense(j) && c->w[2] % c->loops->width == 0)) return false;
  nm__conv_size_planes(l, c->loops->width);
  double dots = (double)(l->block[1] * l->pitch) * (double)(c->out * columns) * 13 / 12;
  double outs = (double)(l->block[1] * l->block[2]) * conv_across(c, columns);
  return outs < dots;
}

/* Rows of about LENGTH elements: parts of a plane, or planes of several channels. */
static void choose_units(dots_job *j, conv_planes *l) {
  const conv_call *c = j->c;
  int64_t all[3] = {l->block[0], l->block[1], l->block[2]};
  nm__conv_size_planes(l, c->loops->width);
  if (l->pitch > LENGTH) {
    int64_t width = c->loops->width;
    l->block[2] = nm__parts(l->block[2], nm__parts(l->block[2], LENGTH));
    l->block[2] = nm__parts(l->block[2], width) * width;
    nm__conv_size_planes(l, c->loops->width);
  }
  int64_t rows = conv_most(1, LENGTH / l->pitch);
  l->block[1] = nm__parts(all[1], nm__parts(all[1], rows));
  l->block[0] = conv_most(1, nm__least(all[0], rows / (l->block[1] + l->rows[1] - all[1])));
  nm__conv_size_planes(l, c->loops->width);
  int64_t length = ((l->block[0] - 1) * l->rows[1] + l->block[1]) * l->pitch;
  j->channels = conv_most(1, nm__least(c->in, LENGTH / length));
  j->units = nm__parts(c->in, j->channels);
  for (int d = 0; d < 3; d++) j->units *= j->slabs[d] = nm__parts(all[d], l->block[d]);
  j->row = j->channels * l->plane;
  j->sample = l->nslots * j->row;
  int64_t chunks = conv_most(1, nm__least(nm__least(CHUNKS, j->units), PARTIAL / j->numel));
  j->chunks = nm__parts(j->units, nm__parts(j->units, chunks)); /* of one size, but for the last */
  j->side_o = nm__least(c->out, SIDE), j->tiles_o = nm__parts(c->out, j->side_o);
  int64_t columns = j->columns; /* which samples of a tile fill, however many each has */
  j->side_n = conv_most(columns, X_BYTES / (j->sample * (int64_t)c->wide) / columns * columns);
  j->side_n = nm__parts(c->samples, nm__parts(c->samples, j->side_n));
  j->side_n = nm__least(c->samples, nm__parts(j->side_n, columns) * columns);
  j->tiles_n = nm__parts(c->samples, j->side_n);
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

/* Adds up what the chunks have for a strip, into the first's. */
static char *add_chunks(const dots_job *j, int64_t group, int64_t tile_o, int64_t at) {
  const conv_call *c = j->c;
  nm_loop *add = c->cpu->isa->ew[c->cls][NM_I_add];
  size_t chunk = (size_t)(j->tiles_n * j->results) * c->wide;
  char *sums =
      j->sums + (size_t)((tile_o * c->groups + group) * j->chunks) * chunk + (size_t)at * c->wide;
  for (int64_t k = 1; k < j->chunks; k++)
    add((int)j->strip, sums, sums, sums + (size_t)k * chunk, sums);
  return sums;
}

/* Puts a strip's sums where they belong, with the bias; says whether there is a NaN.  They are
 * those of rows r .. and of samples s ... */
#define PUT_STRIP(name, T)                                                                         \
  static bool name(const dots_job *j, const void *sums_, int64_t group, int64_t r, int64_t s) {    \
    const conv_call *c = j->c;                                                                     \
    const T *bias = (const T *)(const void *)j->bias, *sums = sums_;                               \
    int64_t rows = nm__least(j->rows, c->out - r), columns = j->columns;                           \
    T *y = (T *)(void *)j->y + (s * c->groups * c->out + group * c->out + r) * c->places;          \
    bool nan = false;                                                                              \
    for (int p = 0; p < j->nparts; p++) {                                                          \
      const dots_part *part = &j->parts[p];                                                        \
      int64_t n = nm__least(j->side_n, c->samples - s) * part->columns;                            \
      for (int64_t k = 0; k < n; k += columns, sums += j->rows * columns)                          \
        for (int64_t i = 0; i < rows; i++)                                                         \
          for (int64_t l = 0; l < columns && k + l < n; l++) {                                     \
            T sum = sums[i * columns + l];                                                         \
            nan |= sum != sum;                                                                     \
            y[i * c->places + part->to[k + l]] = bias ? sum + bias[group * c->out + r + i] : sum;  \
          }                                                                                        \
    }                                                                                              \
    return nan;                                                                                    \
  }
PUT_STRIP(put_strip_f32, float)
PUT_STRIP(put_strip_f64, double)

static void finish_work(void *arg, nm_job *job, int worker) {
  dots_job *j = arg;
  const conv_call *c = j->c;
  int64_t task;
  while ((task = nm__near_task(job, worker)) >= 0) {
    int64_t strip = task % j->strips, n = task / j->strips % j->tiles_n,
            tile = task / j->strips / j->tiles_n, group = tile % c->groups, o = tile / c->groups;
    int64_t r = o * j->side_o + strip * j->rows;
    if (r >= c->out) continue; /* the last tile has fewer */
    const char *sums = add_chunks(j, group, o, n * j->results + strip * j->strip);
    bool nan = (c->cls == NM_F32 ? put_strip_f32 : put_strip_f64)(j, sums, group, r, n * j->side_n);
    if (nan && !j->across) /* which has no zeros between rows */
      atomic_store_explicit(&j->nan, true, memory_order_relaxed);
  }
}

/* Runs the job and stores y. */
static nm_status run_job(dots_job *j) {
  const conv_call *c = j->c;
  int64_t tasks = c->groups * j->tiles_o * j->chunks;
  int workers = nm__workers(c->cpu, tasks, (double)j->numel * (double)(c->in * c->taps) / 8);
  NM_TRY(nm__scratch(c->cpu, workers,
                     (size_t)(w_elements(j) + j->side_n * j->sample + j->planes->plane) * c->wide));
  nm__parallel(c->cpu, workers, tasks, dots_work, j);
  tasks = c->groups * j->tiles_o * j->tiles_n * j->strips;
  workers = nm__workers(c->cpu, tasks, (double)(j->numel * (j->chunks + 4)));
  nm__parallel(c->cpu, workers, tasks, finish_work, j);
  if (j->nan || c->size == c->wide) return NM_OK;
  char *y = (char *)c->yv->mem->ptr + c->yv->offset * (int64_t)c->size;
  for (int64_t i = 0; i < j->numel; i += 1 << 20)
    c->cpu->isa->store[c->dtype]((int)nm__least(j->numel - i, 1 << 20), y + i * (int64_t)c->size, 1,
                                 j->y + (size_t)i * c->wide);
  return NM_OK;
}

/* Columns' offsets and places, for every part; and the room that results take. */
static void list_parts(dots_job *j, char *offset, char *to) {
  const conv_planes *l = j->planes;
  for (int n = 0; n < j->nparts; n++) {
    dots_part *p = &j->parts[n];
    int64_t left = n;
    for (int d = 2; d >= 0; d--) p->at[d] = left % l->axis[d].parts, left /= l->axis[d].parts;
    p->offset = (int32_t *)(void *)offset, p->to = (int64_t *)(void *)to;
    list_columns(j, p);
    int64_t columns = j->side_n * p->columns;
    offset += nm__align64((size_t)columns * sizeof(int32_t));
    to += nm__align64((size_t)columns * sizeof(int64_t));
    j->strip += j->rows * nm__parts(columns, j->columns) * j->columns;
  }
  j->strips = nm__parts(j->side_o, j->rows);
  j->results = j->strips * j->strip;
}

nm_status nm__conv_dots(const conv_call *c, conv_planes *planes, bool *strict) {
  dots_job j = {.c = c,
                .planes = planes,
                .numel = c->samples * c->groups * c->out * c->places,
                .nparts =
                    (int)(planes->axis[0].parts * planes->axis[1].parts * planes->axis[2].parts)};
  j.across = outs_pay(&j, planes);
  j.rows = j.across ? 2 * c->loops->width : c->loops->dot_rows;
  j.columns = j.across ? 1 : c->loops->dot_columns;
  choose_units(&j, planes);
  if (j.side_n * j.sample > INT32_MAX / 2 || j.side_n * c->places > INT_MAX / 32)
    return nm__error(c->cpu->dev.ctx, NM_ENOTSUP, "a convolution of more than 2^30 elements");
  size_t each = (size_t)(j.side_n * c->places), spare = (size_t)j.nparts * 64;
  size_t offsets = nm__align64(each * sizeof(int32_t) + spare),
         places = nm__align64(each * sizeof(int64_t) + spare),
         bias = nm__align64((size_t)(c->groups * c->out) * c->wide),
         y = c->size == c->wide ? 0 : (size_t)j.numel * c->wide;
  nm_mem mem, sums = {.ptr = NULL};
  nm_device *dev = &c->cpu->dev;
  size_t samples = nm__align64((size_t)j.side_n * sizeof(int32_t));
  NM_TRY(nm__cpu_alloc(dev, samples + offsets + places + bias + y, &mem));
  char *at = mem.ptr;
  if (!j.across && lies(&j)) {
    j.in_place = mem.ptr;
    for (int64_t n = 0; n < j.side_n; n++) j.in_place[n] = (int32_t)(n * c->x_n);
  }
  at += samples;
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
  j.sums = sums.ptr;
  if (status == NM_OK) status = run_job(&j);
  *strict = j.nan;
  nm__cpu_release(dev, &sums);
  nm__cpu_release(dev, &mem);
  return status;
}
