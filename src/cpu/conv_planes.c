/* conv_planes.c: what a convolution reads, laid out so that neighbours are neighbours in memory.
 * See conv.h for the terms. */
#include <string.h>

#include "cpu/conv.h"

bool nm__conv_tap(const conv_axis *a, int64_t part, int64_t across, int64_t *phase,
                  int64_t *shift) {
  int64_t at = part * a->step_along + across * a->step_across - a->low;
  if (at % a->lhs) return false;
  at /= a->lhs;
  *phase = (at % a->phases + a->phases) % a->phases;
  *shift = (at - *phase) / a->phases;
  return true;
}

static int64_t common(int64_t a, int64_t b) {
  while (b) {
    int64_t r = a % b;
    a = b, b = r;
  }
  return a;
}

static bool fill_axis(conv_planes *p, int d) {
  conv_axis *a = &p->axis[d];
  if (a->step_along < 1) return false;
  int64_t g = common(a->step_along, a->lhs), phase, shift;
  a->parts = a->lhs / g, a->phases = a->step_along / g;
  if (a->parts > NM_CONV_PARTS || a->phases > NM_CONV_PHASES) return false;
  a->least = INT64_MAX, a->most = INT64_MIN;
  memset(p->slot[d], 0xff, sizeof p->slot[d]);
  p->slots[d] = 0;
  for (int64_t part = 0; part < a->parts; part++)
    for (int64_t b = 0; b < a->across; b++) {
      if (!nm__conv_tap(a, part, b, &phase, &shift)) continue;
      a->least = nm__least(a->least, shift), a->most = conv_most(a->most, shift);
      if (p->slot[d][phase] != 0xff) continue;
      p->phase[d][p->slots[d]] = (uint8_t)phase;
      p->slot[d][phase] = (uint8_t)p->slots[d]++;
    }
  return p->slots[d] > 0;
}

bool nm__conv_axes(const conv_call *c, conv_planes *p, bool dots) {
  int64_t parts = 1;
  p->nslots = 1;
  for (int d = 0; d < 3; d++) {
    p->axis[d] = (conv_axis){.x = c->x[d],
                             .along = dots ? c->w[d] : c->y[d],
                             .across = dots ? c->y[d] : c->w[d],
                             .step_along = dots ? c->rhs[d] : c->stride[d],
                             .step_across = dots ? c->stride[d] : c->rhs[d],
                             .low = c->low[d],
                             .lhs = c->lhs[d]};
    if (!fill_axis(p, d)) return false;
    parts *= p->axis[d].parts;
    p->nslots *= p->slots[d];
    p->block[d] = nm__parts(p->axis[d].along, p->axis[d].parts);
  }
  return parts <= NM_CONV_PARTS;
}

/* Rows of a slab that has all of a row may begin where the one before has only zeros left. */
void nm__conv_size_planes(conv_planes *p, int width) {
  for (int d = 0; d < 2; d++) p->rows[d] = p->block[d] + p->axis[d].most - p->axis[d].least;
  const conv_axis *a = &p->axis[2];
  p->full = p->block[2] + a->most - a->least;
  int64_t shared = 0;
  if (p->block[2] * a->parts >= a->along) {
    int64_t low = conv_most(0, -a->least);
    int64_t high = conv_most(0, a->least + p->full - nm__parts(a->x, a->phases));
    shared = nm__least(low, high);
  }
  p->pitch = conv_most(p->full - shared, p->block[2]);
  /* Behind the rows a vector is read and one more written.  An odd number of cache lines, so that
   * planes don't meet in the same sets. */
  p->plane = p->rows[0] * p->rows[1] * p->pitch + conv_most(0, p->full - p->pitch) + 2 * width;
  p->plane = (nm__parts(p->plane, 16) | 1) * 16;
}

int64_t nm__conv_offset(const conv_planes *p, const int64_t phase[3], const int64_t shift[3],
                        int64_t slot_pitch) {
  int64_t slot = 0, at = 0;
  for (int d = 0; d < 3; d++) {
    slot = slot * p->slots[d] + p->slot[d][phase[d]];
    at = at * (d == 1 ? p->rows[1] : d == 2 ? p->pitch : 1) + shift[d] - p->axis[d].least;
  }
  return slot * slot_pitch + at;
}

bool nm__conv_block(const conv_planes *p, const int64_t part[3], const int64_t first[3],
                    int64_t block[3], int64_t place[3]) {
  for (int d = 0; d < 3; d++) {
    const conv_axis *a = &p->axis[d];
    int64_t all = a->along > part[d] ? nm__parts(a->along - part[d], a->parts) : 0;
    block[d] = nm__least(p->block[d], all - first[d]);
    place[d] = part[d] + first[d] * a->parts;
    if (block[d] <= 0) return false;
  }
  return true;
}

typedef struct source { /* positions q of a phase or part, of those that x or w has */
  const char *mem;      /* element 0 */
  int64_t count[3];     /* how many there are */
  int64_t stride[3];    /* elements between neighbours */
  int64_t first[3];     /* the first of the slab, may be negative */
  int64_t take[3];      /* how many; the rest is zeros */
} source;

/* How many elements of a row there are, behind the zeros before it. */
static int taken(const conv_planes *p, const source *s, int64_t head) {
  int64_t n = nm__least(s->take[2], nm__least(p->pitch, s->count[2] - s->first[2])) - head;
  return (int)conv_most(n, 0);
}

/* Planes of channels, the first at `to`; where there is an `odd` one, `between` is what that takes,
 * beside s in memory. */
static void lay_planes(const conv_call *c, const conv_planes *p, const source *s,
                       const conv_channels *many, char *to, const source *between, char *odd) {
  nm_lay_loop *lay = c->cpu->isa->lay[c->dtype];
  int64_t head = nm__least(p->pitch, conv_most(0, -s->first[2]));
  nm_lay l = {.head = (int)head,
              .n = taken(p, s, head),
              .odds = odd ? taken(p, between, head) : 0,
              .pitch = (int)p->pitch,
              .rs = s->stride[1],
              .cs = s->stride[2]};
  int64_t behind = p->plane - c->loops->width - p->rows[0] * p->rows[1] * p->pitch;
  int64_t low = nm__least(p->rows[1], conv_most(0, -s->first[1]));
  int64_t high = nm__least(p->rows[1], nm__least(s->take[1], s->count[1] - s->first[1]));
  for (int64_t r = 0; r < p->rows[0]; r++) {
    int64_t q = s->first[0] + r, plane = r * p->rows[1] * p->pitch;
    bool inside = q >= 0 && q < s->count[0] && r < s->take[0] && l.n > 0 && high > low;
    int64_t from = inside ? low : p->rows[1], until = inside ? high : p->rows[1];
    int64_t after = (p->rows[1] - until) * p->pitch, mem = 0;
    if (r == p->rows[0] - 1) after += behind;
    if (inside)
      mem = q * s->stride[0] + (s->first[1] + from) * s->stride[1] +
            (s->first[2] + head) * s->stride[2];
    l.before = (int)from, l.rows = (int)(until - from), l.after = (int)after;
    for (int64_t i = 0; i < many->n; i++, mem += many->from, plane += many->to)
      lay(&l, s->mem + mem * (int64_t)c->size, to + plane * (int64_t)c->wide,
          odd ? odd + plane * (int64_t)c->wide : NULL);
  }
}

/* What is taken of x: the phases of these numbers, slab `first` on. */
static void take_x(source *s, const conv_call *c, const conv_planes *p, const int at[3],
                   const int64_t first[3], const char *mem) {
  s->mem = mem;
  for (int d = 0; d < 3; d++) {
    const conv_axis *a = &p->axis[d];
    int64_t phase = p->phase[d][at[d]];
    s->mem += phase * c->xs[d] * (int64_t)c->size;
    s->count[d] = a->x > phase ? nm__parts(a->x - phase, a->phases) : 0;
    s->stride[d] = a->phases * c->xs[d];
    s->first[d] = first[d] + a->least;
    s->take[d] = d == 2 ? p->full : INT64_MAX;
  }
}

/* Both phases of the columns, in one pass over them. */
static void lay_pair(const conv_call *c, const conv_planes *p, int at[3], const int64_t first[3],
                     const conv_channels *many, const char *mem, char *to, size_t slot) {
  at[2] = p->slot[2][1];
  char *odd = to + (size_t)at[2] * slot;
  source s, between;
  take_x(&between, c, p, at, first, mem);
  at[2] = p->slot[2][0];
  take_x(&s, c, p, at, first, mem);
  lay_planes(c, p, &s, many, to + (size_t)at[2] * slot, &between, odd);
}

void nm__conv_lay_x(const conv_call *c, const conv_planes *p, const int64_t first[3],
                    const conv_channels *many, const char *mem, char *to, int64_t slot_pitch) {
  size_t slot = (size_t)slot_pitch * c->wide;
  bool pairs = p->slots[2] == 2 && p->axis[2].phases == 2 && c->xs[2] == 1;
  int at[3];
  for (at[0] = 0; at[0] < p->slots[0]; at[0]++)
    for (at[1] = 0; at[1] < p->slots[1]; at[1]++, to += slot * (size_t)p->slots[2]) {
      if (pairs) {
        lay_pair(c, p, at, first, many, mem, to, slot);
        continue;
      }
      for (at[2] = 0; at[2] < p->slots[2]; at[2]++) {
        source s;
        take_x(&s, c, p, at, first, mem);
        lay_planes(c, p, &s, many, to + (size_t)at[2] * slot, NULL, NULL);
      }
    }
}

void nm__conv_lay_w(const conv_call *c, const conv_planes *p, const int64_t part[3],
                    const int64_t first[3], const int64_t block[3], const conv_channels *many,
                    const char *mem, char *to) {
  source s = {.mem = mem};
  for (int d = 0; d < 3; d++) {
    const conv_axis *a = &p->axis[d];
    s.mem += part[d] * c->ws[d] * (int64_t)c->size;
    s.count[d] = a->along > part[d] ? nm__parts(a->along - part[d], a->parts) : 0;
    s.stride[d] = a->parts * c->ws[d];
    s.first[d] = first[d];
    s.take[d] = block[d];
  }
  lay_planes(c, p, &s, many, to, NULL, NULL);
}
