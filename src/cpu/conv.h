/* conv.h: inside src/cpu: a convolution taken apart.
 *
 * In each spatial dim an element of x meets pairs of positions, one of many side by side (`along`:
 * places of y, or of w where the kernel is the larger) and one of few (`across`: the other's):
 *   along * step_along + across * step_across - low = m * lhs, where x has m = 0 .. x - 1.
 * Positions along split into `parts` (along = parts * j + part) and x into `phases` (m = phases * q
 * + phase) such that for a part and a tap across, q = j + shift: neighbours in j are neighbours in
 * a phase of x, whatever the stride and the dilations. */
#ifndef NM_CPU_CONV_H
#define NM_CPU_CONV_H

#include "cpu/cpu.h"

enum {
  NM_CONV_PHASES = 64, /* of x in a dim at most; beyond, patches are gathered */
  NM_CONV_PARTS = 64,
  NM_CONV_SLAB = 512 << 10, /* bytes of x laid out at a time, about */
};

typedef struct conv_axis {
  int64_t x, along, across, step_along, step_across, low, lhs;
  int64_t parts, phases, least, most; /* shifts go from least to most */
} conv_axis;

/* A convolution as the CPU sees it: always three spatial dims, the missing ones first. */
typedef struct conv_call {
  nm_cpu *cpu;
  const nm_conv_loops *loops;
  const nm_view *xv, *wv, *bias, *yv;
  nm_dtype dtype;
  nm_class cls;
  size_t size, wide;                              /* bytes of an element in memory, in its class */
  int64_t samples, groups, out, in, taps, places; /* N, G, O and C of a group, K, Y */
  int64_t x[3], w[3], y[3];                       /* spatial sizes, and strides of x and w */
  int64_t xs[3], ws[3], x_n, x_g, x_c, w_g, w_o, w_c;
  int64_t stride[3], low[3], lhs[3], rhs[3];
} conv_call;

/* Slabs of x in planes: for each pair of a channel and a used phase rows of `pitch` elements, with
 * zeros where x has none.  Rows share the zeros between them. */
typedef struct conv_planes {
  conv_axis axis[3];
  int64_t block[3];       /* positions j of a slab */
  int64_t rows[2], pitch; /* of a plane: rows[0] * rows[1] rows */
  int64_t plane;          /* elements of one, with what is read and written behind its rows */
  int64_t full;           /* elements of a row that are read */
  int slots[3];           /* used phases */
  uint8_t slot[3][NM_CONV_PHASES], phase[3][NM_CONV_PHASES]; /* number of a phase; of a number */
  int nslots;
} conv_planes;

typedef struct conv_channels { /* that are laid out: how many, elements from one to the next */
  int64_t n, from, to;         /* in memory, in planes */
} conv_channels;

typedef struct conv_part { /* places of y that read x in the same way */
  int64_t at[3];           /* the first of them */
  int taps;                /* how many of the kernel's they meet */
  int64_t depth;           /* C * taps */
  int32_t *offset;         /* of each row of the patches, and again of the first few */
  char *panels;            /* of all groups: (G, O, depth) in panels of a few outputs */
} conv_part;

typedef struct conv_columns {
  const conv_call *c;
  const conv_planes *planes; /* NULL: gathered */
  int nparts;
  conv_part parts[NM_CONV_PARTS];
  char *bias;                /* (G, O) of the class, zeros where there is none */
  int64_t slabs[3], channel; /* elements of x's channel as it is laid out */
  int64_t tile;              /* gathered: columns of a task */
  bool across;               /* vectors hold outputs, not places */
  int64_t outs;              /* of a group, in panels */
} conv_columns;

static inline int64_t conv_most(int64_t a, int64_t b) { return a > b ? a : b; }

/* What vectors of outputs take for a place: `depth` products of each lane, and turning, which takes
 * as long as a few; one vector by itself takes a load for each product. */
static inline double conv_across(const conv_call *c, int64_t depth) {
  enum { TURN = 10 };
  int64_t width = c->loops->width, vectors = nm__parts(c->out, width);
  double lone = vectors % 2 ? 0.25 : 0;
  return ((double)vectors + lone) * (double)width * (double)(depth + TURN);
}

/* ---- conv_planes.c ---- */
/* Whether tap `across` reads x for positions of `part`, and where: q = j + *shift of *phase. */
bool nm__conv_tap(const conv_axis *a, int64_t part, int64_t across, int64_t *phase, int64_t *shift);
/* Fills in the axes, `dots`: w's positions side by side, else y's.  False where there are too many
 * parts or phases, or neighbours go backwards. */
bool nm__conv_axes(const conv_call *c, conv_planes *p, bool dots);
/* Sizes of rows and planes for the blocks that were chosen. */
void nm__conv_size_planes(conv_planes *p, int width);
/* Where a tap's element for position j = 0 of a slab is, from its channel's first slot on. */
int64_t nm__conv_offset(const conv_planes *p, const int64_t phase[3], const int64_t shift[3],
                        int64_t slot_pitch);
/* Lays out channels of x, the first at `mem`: a slab from j = first on, a channel's slots
 * slot_pitch elements apart. */
void nm__conv_lay_x(const conv_call *c, const conv_planes *p, const int64_t first[3],
                    const conv_channels *many, const char *mem, char *to, int64_t slot_pitch);
/* Lays out a part of w (its positions are along): `block` positions, zeros around them. */
void nm__conv_lay_w(const conv_call *c, const conv_planes *p, const int64_t part[3],
                    const int64_t first[3], const int64_t block[3], const conv_channels *many,
                    const char *mem, char *to);

/* Positions of a slab that are a part's, and the place of the first.  False where there are none.
 */
bool nm__conv_block(const conv_planes *p, const int64_t part[3], const int64_t first[3],
                    int64_t block[3], int64_t place[3]);

/* ---- conv_outs.c ---- */
enum { NM_CONV_STRETCH = 64 }; /* places of a row whose sums are turned at a time, at most */
/* Whether vectors of outputs are less work than vectors of places. */
bool nm__conv_outs_pay(const conv_call *c, const conv_planes *p);
/* All places of a slab whose x lies at x; y is the group's, sums scratch for a stretch of places by
 * two vectors, `next` what is laid out next. */
void nm__conv_outs(const conv_columns *j, int64_t group, const int64_t first[3], const char *x,
                   char *y, char *sums, nm_ahead *next);

/* ---- the ways ---- */
/* Columns of y side by side; `planes` NULL: patches are gathered. */
nm_status nm__conv_columns(const conv_call *c, conv_planes *planes);
/* w's rows and x's met element by element, for kernels larger than y. */
nm_status nm__conv_dots(const conv_call *c, conv_planes *planes, bool *strict);

#endif
