/* conv_outs.c: convolution with outputs, not places of y, along the vectors.
 *
 * A tile is a few neighbouring places by two vectors of outputs.  Each element of x is read by
 * itself where it lies in the planes, so what is between the rows of y isn't computed, and the
 * weights pass by in one stream.  The sums of a stretch of a row, each part's in their places, meet
 * in the first cache as (places, outputs) and are turned into rows of y. */
#include "cpu/conv.h"

enum { PARTS = 4 }; /* of a row, at most: each has some tiles in a stretch */

bool nm__conv_outs_pay(const conv_call *c, const conv_planes *l) {
  enum { STEP = 32 }; /* products that storing with steps takes as long as */
  int64_t width = c->loops->width, depth = c->in * c->taps, step = l->axis[2].parts;
  depth /= l->axis[0].parts * l->axis[1].parts * step;
  if (c->size != c->wide || step > PARTS) return false;
  int64_t flat = (l->block[1] - 1) * l->pitch + l->block[2];
  double places =
      (double)(nm__parts(flat, width) * width * c->out) * (double)(step > 1 ? depth + STEP : depth);
  double outs = (double)(l->block[1] * l->block[2]) * conv_across(c, depth);
  return outs < places;
}

typedef struct strip { /* of outputs */
  const conv_columns *j;
  int64_t first; /* of all groups' in panels */
  int rows, vectors;
  const char *bias;
  char *y, *sums;
  nm_ahead *next; /* what is laid out next */
} strip;

/* Places j = from .. to - 1 of a part: their sums, `pitch` apart. */
static void multiply(const strip *s, const conv_part *p, int64_t from, int64_t to, const char *x,
                     char *sums, int64_t pitch, nm_ahead *y) {
  const conv_call *c = s->j->c;
  int64_t tiles = nm__parts(to - from, c->loops->places);
  const char *w = p->panels + (size_t)(s->first * p->depth) * c->wide;
  for (int64_t n = 0; n < tiles; n++) {
    int64_t k = (to - from) * n / tiles, end = (to - from) * (n + 1) / tiles;
    c->loops->outs((int)(end - k), s->vectors, (int)p->depth, w, x + (size_t)(from + k) * c->wide,
                   p->offset, s->bias, sums + (size_t)(k * pitch) * c->wide, pitch, s->next, y);
  }
}

/* A row of y that parts share, from place `at` on; part k of it has count[k] places.  y's lines
 * come while the sums are computed. */
static void row(const strip *s, const conv_part *parts, const int64_t count[], const char *x,
                int64_t at) {
  const conv_call *c = s->j->c;
  int64_t step = s->j->planes->axis[2].parts, pitch = 2 * c->loops->width;
  int64_t stretches = nm__parts(count[0], NM_CONV_STRETCH / step), all = 0, depth = 0;
  for (int k = 0; k < step; k++) all += count[k], depth += parts[k].depth;
  for (int64_t n = 0; n < stretches; n++) {
    int64_t from = count[0] * n / stretches, to = count[0] * (n + 1) / stretches;
    int64_t places = nm__least(all, to * step) - from * step;
    char *y = s->y + (at + from * step) * (int64_t)c->size;
    nm_ahead lines = nm__ahead(y, s->rows, places, c->places, 1, (int64_t)c->size,
                               depth * nm__parts(to - from, c->loops->places) + 1);
    for (int k = 0; k < step; k++)
      multiply(s, &parts[k], from, nm__least(to, count[k]), x,
               s->sums + (size_t)(k * pitch) * c->wide, step * pitch, &lines);
    c->cpu->isa->turn[c->size == 8 ? 3 : 2](s->rows, (int)places, s->sums, pitch, y, c->places);
  }
}

/* The rows of a slab that have the same parts: as many as a row has. */
static void rows(const strip *s, const conv_part *parts, const int64_t first[3], const char *x) {
  const conv_call *c = s->j->c;
  const conv_planes *l = s->j->planes;
  int64_t block[3], place[3], count[PARTS] = {0};
  for (int k = (int)l->axis[2].parts - 1; k >= 0; k--)
    count[k] = nm__conv_block(l, parts[k].at, first, block, place) ? block[2] : 0;
  if (count[0] == 0) return;
  for (int64_t d = 0; d < block[0]; d++)
    for (int64_t r = 0; r < block[1]; r++) {
      int64_t y0 = place[0] + d * l->axis[0].parts, y1 = place[1] + r * l->axis[1].parts;
      row(s, parts, count, x + (size_t)((d * l->rows[1] + r) * l->pitch) * c->wide,
          (y0 * c->y[1] + y1) * c->y[2] + place[2]);
    }
}

void nm__conv_outs(const conv_columns *j, int64_t group, const int64_t first[3], const char *x,
                   char *y, char *sums, nm_ahead *next) {
  const conv_call *c = j->c;
  int64_t width = c->loops->width;
  for (int64_t r = 0; r < c->out; r += 2 * width) { /* its weights stay in the second cache */
    strip s = {.j = j,
               .first = group * j->outs + r,
               .rows = (int)nm__least(c->out - r, 2 * width),
               .bias = j->bias + (size_t)(group * c->out + r) * c->wide,
               .y = y + r * c->places * (int64_t)c->size,
               .sums = sums,
               .next = next};
    s.vectors = (int)nm__parts(s.rows, width);
    for (int n = 0; n < j->nparts; n += (int)j->planes->axis[2].parts)
      rows(&s, &j->parts[n], first, x);
  }
}
