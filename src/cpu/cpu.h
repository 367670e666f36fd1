/* cpu.h: the CPU device inside: its state, its threads, and the table of loops for an instruction
 * set.
 *
 * The work is cut in two.  The loops (isa_*.h) are plain C over a few hundred elements or over
 * packed panels; they are compiled once per instruction set (isa_baseline.c, isa_avx2.c,
 * isa_avx512.c) into tables of type nm_isa, of which a device picks one when it opens.  What
 * surrounds them (machine.c, reduce.c, matmul.c, softmax.c, index.c) walks shapes and shares work
 * among threads, and is compiled once.
 *
 * Invariant: how work is cut into pieces depends on shapes only, never on the number of threads,
 * so results do not either. */
#ifndef NM_CPU_H
#define NM_CPU_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/context.h"

enum {
  NM_TILE = NM_SHORT,      /* elements that an instruction handles at a time */
  NM_CHUNK = 32 * NM_TILE, /* elements of a task of a program */
  NM_OPERANDS = NM_PROG_IN + NM_PROG_CONST + NM_PROG_CODE,
  NM_STEPS = NM_PROG_IN + NM_PROG_CODE + NM_PROG_OUT,
  NM_MAX_THREADS = 256,
  NM_SMALL_CLASSES = 64, /* size classes of the allocator, see memory.c */
};

/* Elements of a dtype in memory `stride` apart, to and from a dense tile of the dtype's class. */
typedef void nm_load_loop(int n, void *tile, const void *mem, int64_t stride);
typedef void nm_store_loop(int n, void *mem, int64_t stride, const void *tile);
/* Copies bytes, past the caches where the processor can: for results that don't fit into them.  A
 * thread ends with stream_end before others may see what it wrote. */
typedef void nm_stream_loop(size_t bytes, void *to, const void *from);
/* y[i * ys + j] = x[j * xs + i] for i < rows, j < columns; strides in elements, of one size. */
typedef void nm_turn_loop(int rows, int columns, const void *x, int64_t xs, void *y, int64_t ys);
/* y[i] = x[n - 1 - i], of elements of one size */
typedef void nm_reverse_loop(int64_t n, void *y, const void *x);
/* at = index, plus n where it is negative, else less base; whether all are in 0 .. n - 1. */
typedef bool nm_place_loop(int64_t many, const int64_t *index, int64_t n, int64_t base,
                           int64_t *at);
/* How many of n bytes are not zero; the elements of x beside those; and their positions, from
 * `start` on.  `many` are not zero, and no more is written. */
typedef int64_t nm_count_loop(int64_t n, const uint8_t *mask);
typedef void nm_compress_loop(int64_t n, int64_t many, const uint8_t *mask, const void *x, void *y);
typedef void nm_positions_loop(int64_t n, int64_t many, const uint8_t *mask, int64_t start,
                               int64_t *y);
/* Elements start .. start + n - 1 of a random tensor. */
typedef void nm_random_loop(int n, void *y, int64_t start, uint64_t key, uint64_t counter);

/* What a reduction has gathered so far: f for sums, products and extremes of floats, else i. */
typedef union nm_acc {
  double f;
  int64_t i;
} nm_acc;
enum {
  NM_NFOLDS = NM_R_ALL + 1,
  NM_BLOCK = 8 * NM_TILE, /* bytes of a block of neighbours in a row */
  NM_DEEP = 8,            /* rows that columns take in together */
};
/* One accumulator for n >= 1 elements; of more than a block, sums and products of floats would be
 * long chains. */
typedef nm_acc nm_fold_row(int n, const void *x);
/* acc[i] takes in x[i + k * pitch] for i < n, k < m. */
typedef void nm_fold_columns(int n, int m, nm_acc *acc, const void *x, int64_t pitch);
/* The extreme of n >= 1 elements, and where it stands first; NaN before anything else. */
typedef nm_acc nm_arg_row(int n, const void *x, int *at);
/* As fold_columns, but best holds elements of the class and at their positions, int32_t or int64_t
 * as they are long; row k is at position first + k * step. */
typedef void nm_arg_columns(int n, int m, void *best, void *at, int64_t first, int64_t step,
                            const void *x, int64_t pitch);
/* Mean and sum of squared distances from it take in n elements, `before` others being in them. */
typedef void nm_squares_row(int n, const void *x, double before, double *mean, double *squares);
typedef void nm_squares_columns(int n, int m, double before, nm_acc *mean, nm_acc *squares,
                                const void *x, int64_t pitch);

/* Memory that is used next: runs of lines that are fetched while something is multiplied, `each` of
 * them for every NM_AHEAD steps of a tile's sums. */
enum { NM_AHEAD = 8 };
typedef struct nm_ahead {
  const char *at;
  int64_t gap; /* from the end of a run to the next one */
  int lines, left, runs, each;
} nm_ahead;
/* A matrix (strides in elements of `size` bytes), fetched in so many steps; nothing where its
 * elements don't lie in runs. */
nm_ahead nm__ahead(const char *at, int64_t rows, int64_t columns, int64_t rs, int64_t cs,
                   int64_t size, int64_t steps);

/* The same of products: for each NM_AHEAD steps of a tile's sums a line or two, or one at each step;
 * in runs, and then what `then` says. */
enum { NM_FETCH_LINES = 2 };
typedef struct nm_fetch {
  const char *at;
  int64_t step, pitch, gap; /* bytes of a step (0: none), of NM_AHEAD, and behind a run */
  int length, left, runs;   /* of a run, in NM_AHEAD steps; of this one; that are left */
  struct nm_fetch *then;
} nm_fetch;
/* A matrix (strides in elements of `size` bytes), fetched in about so many steps; nothing where its
 * elements don't lie in runs. */
nm_fetch nm__fetch(const char *at, int64_t rows, int64_t columns, int64_t rs, int64_t cs,
                   int64_t size, int64_t steps);

/* Matrix products of one class, see isa_gemm.h.  Strides in elements. */
typedef struct nm_gemm {
  int mr, nr, kc; /* size of the register tile, depth of a packed panel */
  /* c (m x n of at most mr x nr, rows ldc apart) = or += a panel x b panel, kc deep */
  void (*kernel)(int kc, const void *a, const void *b, void *c, int64_t ldc, int m, int n, bool add,
                 nm_fetch *ahead);
  /* y (m x n, rows ldy apart) = or += a x, both read where they are; rows of x are dense; `last`,
   * which may be NULL, is fetched on the way */
  void (*product)(int64_t m, int64_t n, int k, const void *a, int64_t ars, int64_t acs,
                  const void *x, int64_t xrs, void *y, int64_t ldy, bool add, nm_fetch *last);
  /* whether it fetches strip after strip of a itself */
  bool (*fetches)(int64_t m, int64_t n, int k);
  /* y[i] = sum of a[i * rs + l] x[l] for i < m */
  void (*dots)(int64_t m, int64_t k, const void *a, int64_t rs, const void *x, void *y);
  /* y[i] = sum of x[l] a[l * cs + i] for i < n */
  void (*columns)(int n, int64_t k, const void *a, int64_t cs, const void *x, void *y);
} nm_gemm;
/* Packs `rows` vectors of length k into slices of r, r * k elements apart: element j of vector i
 * of a slice goes to its place j * r + i, from mem[i * rs + j * cs] in the first. */
typedef void nm_pack_loop(int rows, int r, int k, const void *mem, int64_t rs, int64_t cs,
                          void *panel);

typedef struct nm_conv_piece { /* of a tile's columns, n that lie side by side in y */
  int column, n;
  int64_t to; /* where in y, in elements */
} nm_conv_piece;
typedef struct nm_conv_rows { /* of x, that a sum runs over: `length` elements of each */
  int pieces, rows, length;
  int64_t step, pitch; /* from piece to piece, from row to row */
} nm_conv_rows;
enum { NM_CONV_AHEAD = 6 }; /* rows of x that are fetched ahead */
/* Convolutions of one float class, see isa_conv.h. */
typedef struct nm_conv_loops {
  int rows, width, vectors, dot_rows, dot_columns; /* of tiles; width: elements of a vector */
  int places;                                      /* of a tile of `outs` and of `meets` */
  /* tile (rows x vectors of the full `vectors`) = or += a (depth x rows) times rows of vectors,
   * the k-th at x + at[k]; `at` has NM_CONV_AHEAD more; what is read next, and y's lines, are
   * fetched on the way */
  void (*columns)(int rows, int vectors, int depth, const void *a, const void *x, const int32_t *at,
                  void *tile, bool add, nm_ahead *next, nm_ahead *y);
  /* the same of one row, with any number of vectors; they are dense in the tile */
  void (*line)(int vectors, int depth, const void *a, const void *x, const int32_t *at, void *tile,
               bool add);
  /* to[i * pitch + o] = bias[o] + sum of w[k, o] x[at[k] + i] for i < n places and o in one or two
   * vectors; w is depth x vectors; what is read next, and y's lines, are fetched on the way */
  void (*outs)(int n, int vectors, int depth, const void *w, const void *x, const int32_t *at,
               const void *bias, void *to, int64_t pitch, nm_ahead *next, nm_ahead *y);
  /* y[r * pitch + piece.to + i * step] = tile[r, piece.column + i] + bias[r] */
  void (*put)(int rows, const void *tile, int pieces, const nm_conv_piece *piece, const void *bias,
              void *y, int64_t pitch, int64_t step);
  /* sums[i * dot_columns + j] = or += a[i * pitch + l] x[at[j] + l] over l < n, a multiple of
   * width, and so on for further pieces, `step` behind each other */
  void (*dots)(int rows, int columns, int pieces, int64_t n, int64_t step, const void *a,
               int64_t pitch, const void *x, const int32_t *at, void *sums, bool add);
  /* sums[i, o] (in rows of two vectors) = or += w[l, o] x[at[i] + l] over the l of `over`, for
   * i < n places and o in one or two vectors; w is dense */
  void (*meets)(int n, int vectors, const nm_conv_rows *over, const void *w, const void *x,
                const int32_t *at, void *sums, bool add);
} nm_conv_loops;
/* Rows `pitch` apart: `before` of zeros, `rows` of n elements cs apart, each with `head` zeros
 * before it and zeros behind; then `after` elements of zeros, and less than a vector of more.
 * Where `odd` is given, the elements between those, `odds` of them (n or n - 1, cs is 2), go there
 * in the same way: both are read in one pass. */
typedef struct nm_lay {
  int before, rows, after, head, n, odds, pitch;
  int64_t rs, cs;
} nm_lay;
typedef void nm_lay_loop(const nm_lay *l, const void *mem, void *to, void *odd);
typedef struct nm_carried { /* what came before, of neighbouring lines that are scanned */
  nm_acc acc[NM_TILE];
  int64_t at[NM_TILE]; /* where the extremes are */
} nm_carried;
/* m <= NM_TILE steps of `width` neighbouring lines: x joins t, and y, no part of x, is the result
 * where `before` is given: of what came before the chunk and t.  Else y is scratch.  The steps'
 * positions count from `first`; they go to index, which may be NULL, `pitch` apart. */
typedef void nm_scan_loop(int m, int width, void *y, const void *x, nm_carried *t,
                          const nm_carried *before, int64_t first, int64_t *index, int64_t pitch);
/* The same of n elements of one line, in memory; y is aligned to 64 bytes, and is written past the
 * caches. */
typedef void nm_scan_past_loop(int64_t n, void *y, const void *x, nm_acc *t, nm_acc before);

/* y[i] = the largest, or the sum, of x[i * step + k * dilation] over k < taps. */
typedef void nm_pool_loop(int n, int taps, int64_t step, int64_t dilation, const void *x, void *y);
typedef struct nm_pool_loops { /* of one float class, see pool_body.h */
  nm_pool_loop *max, *sum;
  /* the largest, with the positions of x's elements and of y's */
  void (*max_at)(int n, int taps, int64_t step, int64_t dilation, const void *x, const int32_t *xat,
                 void *y, int32_t *yat);
  void (*row_at)(int n, bool first, const void *x, int32_t from, void *y, int32_t *at);
} nm_pool_loops;

/* Keys less 2^31, and items (order.h), of elements first .. end - 1 of a narrow dtype; and the
 * elements of sorted items.  flip: the bits of the keys to invert. */
typedef void nm_keys_loop(int64_t first, int64_t end, const void *x, int64_t stride, uint64_t flip,
                          int32_t *key);
typedef void nm_items_loop(int64_t first, int64_t end, const void *x, int64_t stride, uint64_t flip,
                           uint64_t *a);
typedef bool nm_elements_loop(int64_t n, const uint64_t *a, uint64_t flip, void *y);
enum { NM_BUCKETS = 256 };
typedef struct nm_sort_loops { /* of items, see isa_sort.h */
  nm_keys_loop *keys[NM_NDTYPES];
  nm_items_loop *items[NM_NDTYPES];
  nm_elements_loop *elements[NM_NDTYPES]; /* false where an item may stand for several */
  void (*places)(int64_t n, const uint64_t *a, int64_t base, int64_t *index);
  int most;
  void (*order)(int n, const uint64_t *a, uint64_t *to); /* sorts n <= most items */
  /* Moves the items below the pivot to the front of a, the others to the end of t, which is as
   * long; how many are below. */
  int64_t (*part)(int64_t n, uint64_t *a, uint64_t *t, uint64_t pivot);
  /* Which bucket each key falls into, from node 1 down a tree of NM_BUCKETS - 1 keys: to node
   * 2 i + 1 below node i if it is not less. */
  void (*buckets)(int n, const int32_t *key, const int32_t *tree, uint8_t *bucket);
} nm_sort_loops;

typedef enum nm_softmax_form { /* how elements become results */
  NM_SOFTMAX_EXP,               /* e^(x - m) s */
  NM_SOFTMAX_LOG,               /* (x - m) - s */
  NM_SOFTMAX_SCALE              /* x s */
} nm_softmax_form;
typedef struct nm_softmax_row { /* whose sum is known: to = (from - less) - by, or from by */
  const void *from;             /* `left` elements */
  void *to;                     /* aligned to 64 bytes */
  double less, by;
  int64_t left;
} nm_softmax_row;
typedef struct nm_softmax_loops { /* of one float class; m is the greatest element of a row */
  /* All of it for a row that the caches hold; y may be x.  What lies `ahead` of x is read next: it
   * is brought to the caches while there is much to compute. */
  void (*row)(int n, void *y, const void *x, bool log, int64_t ahead);
  /* The same of n elements, a multiple of 16, past the caches, so that reading, computing and writing
   * go on together: *row, the row before (none: 0 left), is written while this one's exponentials
   * go to e, and is then this one, with `to` to be filled in.  n = 0: there is none.  May be NULL. */
  void (*row_past)(int n, void *e, const void *x, bool log, int64_t ahead, nm_softmax_row *row);
  int least; /* elements of a row that is not worked on better in columns */
  /* y = e^(x - m), unless y is NULL; returns the sum */
  double (*exp_sum)(int n, void *y, const void *x, double m, int64_t ahead);
  void (*finish)(int n, void *y, const void *x, double m, double s, nm_softmax_form form);
  /* The same for n <= NM_TILE columns, with m and s of each; x's rows are `pitch` apart, y's dense
   * here, and y may be NULL. */
  void (*columns_exp_sum)(int n, int rows, double *sum, void *y, const void *m, const void *x,
                          int64_t pitch);
  /* sums of e^(x - m) become those for `more` in the place of m */
  void (*columns_change)(int n, double *sum, void *m, const nm_acc *more);
  void (*columns_finish)(int n, int rows, void *y, int64_t to, const void *x, int64_t from,
                         const void *m, const void *s, nm_softmax_form form);
} nm_softmax_loops;

/* Of one float class, over rows of n elements, see isa_rows.h.  `mean` and `scale` are of the row:
 * its elements come to (x - mean) scale. */
typedef struct nm_row_loops {
  void (*stats)(int n, const void *x, double *mean, double *squares);
  double (*total)(int n, const void *x);
  double (*dot)(int n, const void *x, const void *z);
  /* y = (x - mean) scale w + b */
  void (*normalize)(int n, void *y, const void *x, double mean, double scale, const void *w,
                    const void *b);
  /* the sums of g w, and of g w (x - mean) scale; y's lines, and those `ahead` of g's and x's, are
   * fetched meanwhile */
  void (*normalize_sums)(int n, const void *g, const void *x, double mean, double scale,
                         const void *w, double *sum, double *dot, const void *y, int64_t ahead);
  /* y = scale (g w - sum - (x - mean) scale dot) */
  void (*normalize_back)(int n, void *y, const void *g, const void *x, double mean, double scale,
                         const void *w, double sum, double dot);
  /* of `rows` rows behind each other: dw += g (x - mean) scale, db += g */
  void (*normalize_columns)(int n, int rows, double *dw, double *db, const void *g, const void *x,
                            const double *mean, const double *scale);
  /* y = (g - sum) x, and g - x sum */
  void (*softmax_back)(int n, void *y, const void *g, const void *x, double sum, double factor);
  void (*log_softmax_back)(int n, void *y, const void *g, const void *x, double sum);
} nm_row_loops;

/* Instructions that two of are done in one pass; reversed: of c and the first's result. */
typedef enum nm_pair {
  NM_PAIR_ADD,
  NM_PAIR_SUB,
  NM_PAIR_MUL,
  NM_PAIR_DIV,
  NM_FIRSTS,
  NM_PAIR_RSUB = NM_FIRSTS,
  NM_PAIR_RDIV,
  NM_PAIRS
} nm_pair;

typedef struct nm_isa {
  const char *name;
  nm_loop *ew[NM_NCLASSES][NM_NOPCODES]; /* NULL where the class has no such instruction */
  nm_loop *quick[2][NM_NOPCODES];        /* NULL where ew's loop is as good, see isa_quick.h */
  nm_loop *pair[2][NM_FIRSTS][NM_PAIRS]; /* y = second(first(a, b), c), of floats */
  nm_loop *cast[NM_NCLASSES][NM_NCLASSES];
  nm_loop *narrow[NM_NDTYPES]; /* from its class to its class */
  nm_load_loop *load[NM_NDTYPES];
  nm_store_loop *store[NM_NDTYPES];
  nm_stream_loop *stream;
  void (*stream_end)(void);
  nm_turn_loop *turn[4];       /* of elements of 1, 2, 4, 8 bytes */
  nm_reverse_loop *reverse[4]; /* likewise */
  nm_place_loop *place;
  nm_count_loop *count_true;
  nm_compress_loop *compress[4]; /* likewise */
  nm_positions_loop *positions;
  nm_random_loop *rand[2], *randn[2]; /* by class: NM_F32, NM_F64 */
  nm_fold_row *fold_row[NM_NFOLDS][NM_NCLASSES];
  nm_fold_columns *fold_columns[NM_NFOLDS][NM_NCLASSES];
  nm_arg_row *arg_row[2][NM_NCLASSES];         /* maximum, minimum */
  nm_arg_columns *arg_columns[2][NM_NCLASSES]; /* likewise */
  nm_squares_row *squares_row[2];
  nm_squares_columns *squares_columns[2];
  nm_gemm gemm[NM_NCLASSES];
  nm_pack_loop *pack[NM_NDTYPES];
  nm_softmax_loops softmax[2];
  nm_row_loops rows[2];
  nm_conv_loops conv[2];
  nm_lay_loop *lay[NM_NDTYPES]; /* of floats */
  nm_pool_loops pool[2];
  nm_scan_loop *scan[NM_SCAN_KINDS][NM_NCLASSES];
  nm_scan_past_loop *scan_past[NM_SCAN_KINDS][NM_NCLASSES]; /* NULL where there is none */
  nm_sort_loops sort;
} nm_isa;

/* NULL where the build has no such table */
const nm_isa *nm__isa_baseline(void);
const nm_isa *nm__isa_avx2(void);
const nm_isa *nm__isa_avx512(void);

typedef struct nm_block { /* a free block of memory that is too big for a size class, see memory.c
                           */
  void *ptr;
  size_t capacity;
} nm_block;

typedef struct nm_pool {         /* memory.c */
  void *small[NM_SMALL_CLASSES]; /* free lists, linked through the first word */
  nm_block *big;                 /* in the order in which they were released */
  int nbig, big_capacity;
} nm_pool;

typedef struct nm_team nm_team; /* threads.c */

typedef struct nm_cpu {
  nm_device dev;
  const nm_isa *isa;
  nm_pool pool;
  size_t most;  /* bytes of a block of memory */
  size_t cache; /* bytes of a core's second cache */
  nm_team *team;
  void *scratch[NM_MAX_THREADS]; /* of each worker */
  size_t scratch_size[NM_MAX_THREADS];
} nm_cpu;

static inline int64_t nm__least(int64_t a, int64_t b) { return a < b ? a : b; }
/* Into how many parts of `part` elements n elements go. */
static inline int64_t nm__parts(int64_t n, int64_t part) { return (n + part - 1) / part; }
static inline size_t nm__align64(size_t bytes) { return (bytes + 63) & ~(size_t)63; }

/* ---- memory.c ---- */
nm_status nm__cpu_alloc(nm_device *dev, size_t bytes, nm_mem *out);
void nm__cpu_release(nm_device *dev, nm_mem *mem);
void nm__cpu_trim(nm_cpu *cpu, size_t limit); /* frees cached blocks until `limit` bytes are left */
void nm__cpu_pool_close(nm_cpu *cpu);

/* ---- threads.c ---- */
typedef struct nm_job nm_job;
/* Runs on each worker that takes part: a loop over nm__next_task until it gives -1. */
typedef void nm_work(void *arg, nm_job *job, int worker);
/* The next of the tasks 0 .. n-1, each handed out once; -1 when there is none left. */
int64_t nm__next_task(nm_job *job);
/* The same, but each worker begins with a range of its own, the same one every time: what it has
 * read or written lies in the caches near it.  For tasks that don't wait for each other. */
int64_t nm__near_task(nm_job *job, int worker);
/* How many workers a job of `tasks` tasks and about `work` element operations deserves. */
int nm__workers(const nm_cpu *cpu, int64_t tasks, double work);
/* Gives each of the workers at least `bytes` of scratch, aligned to 64. */
nm_status nm__scratch(nm_cpu *cpu, int workers, size_t bytes);
/* Runs the job on `workers` threads, this one among them as worker 0, and waits. */
void nm__parallel(nm_cpu *cpu, int workers, int64_t tasks, nm_work *work, void *arg);
void nm__team_close(nm_cpu *cpu);

/* ---- machine.c: programs made ready to run, a tile at a time ---- */
typedef struct nm_walk { /* the elements of a strided view in order, its dims merged where they can
                            be */
  int ndim;
  int64_t shape[NM_MAX_DIMS], stride[NM_MAX_DIMS];
} nm_walk;

enum { NM_PANEL_ROWS = 16, NM_PANEL_TILES = 16, NM_PANEL_PITCH = NM_TILE + 16 };

typedef struct nm_cursor { /* where a walk stands; or, of a transposed input, which rows its panels
                              hold */
  union {
    struct {
      int64_t at, offset, index[NM_MAX_DIMS];
    };
    int64_t held[NM_PANEL_TILES];
  };
} nm_cursor;

void nm__walk_make(nm_walk *w, int ndim, const int64_t *shape, const int64_t *stride);
void nm__walk_seek(const nm_walk *w, nm_cursor *c, int64_t at);
/* The next at most n elements that are `stride[ndim - 1]` apart: how many, and the offset of the
 * first. */
int nm__walk_next(const nm_walk *w, nm_cursor *c, int n, int64_t *offset);

typedef struct nm_place { /* where an operand's elements are */
  char *base;             /* NULL: in a tile */
  uint8_t scale;          /* bytes per element of the index space when in memory, else 0 */
  uint8_t slot;           /* the tile's number */
} nm_place;

typedef enum nm_step_kind {
  S_LOOP,
  S_LOAD,
  S_LOAD_STRIDED,
  S_LOAD_RUNS, /* strided, and read in memory where a tile's elements are neighbours there */
  S_LOAD_TURNED,
  S_STORE,
  S_STORE_STRIDED,
  S_STREAM,
  S_RANDOM,
  S_INDEX
} nm_step_kind;

typedef struct nm_step {
  union {
    nm_loop *loop;
    nm_load_loop *load;
    nm_pack_loop *pack;
    nm_store_loop *store;
    nm_random_loop *random;
  } run;
  uint8_t kind;       /* nm_step_kind */
  uint8_t y, a, b, c; /* operands */
  uint8_t at;         /* number of the input or output */
  int panel;          /* S_LOAD_TURNED: number of its first panel */
} nm_step;

typedef struct nm_plan {
  const nm_program *program;
  const nm_isa *isa;
  int nsteps, nslots, ndirect, nfetched, nfixed, npanels;
  int bounce;   /* slot in which narrow elements are made before they are streamed, or -1 */
  bool streams; /* some output */
  size_t slot_size, panel_size;
  int64_t chunk; /* elements of a task */
  nm_step step[NM_STEPS];
  uint8_t direct[NM_PROG_IN + NM_PROG_OUT];  /* operands read or written in place */
  uint8_t fetched[NM_PROG_IN + NM_PROG_OUT]; /* those that are fetched into the caches ahead */
  uint8_t fixed[NM_PROG_IN + NM_PROG_CONST]; /* operands that are the same everywhere */
  nm_place place[NM_OPERANDS];
  nm_walk walk[NM_PROG_IN + NM_PROG_OUT]; /* of strided inputs, then outputs */
} nm_plan;

typedef struct nm_machine { /* a plan as one worker runs it */
  const nm_plan *plan;
  char *where[NM_OPERANDS], *tiles, *panels, *bounce;
  nm_cursor cursor[NM_PROG_IN + NM_PROG_OUT];
} nm_machine;

/* Loops can read or write it where it is. */
static inline bool nm__in_place(const nm_operand *o) {
  return o->layout == NM_FLAT && !nm__is_narrow((nm_dtype)o->dtype);
}
/* y = op(a, b, c); for one or two operands the rest of the addresses are those of others. */
static inline nm_loop *nm__ew_loop(const nm_isa *isa, nm_opcode op, nm_class cls) {
  nm_loop *quick = cls <= NM_F64 ? isa->quick[cls][op] : NULL;
  return quick ? quick : isa->ew[cls][op];
}
nm_loop *nm__loop_of(const nm_isa *isa, const nm_instr *in);
/* keep: an operand whose elements can be read after each tile, or -1. */
void nm__plan(nm_plan *plan, const nm_isa *isa, const nm_program *p, int keep);
static inline size_t nm__plan_scratch(const nm_plan *plan) {
  return (size_t)plan->nslots * plan->slot_size + (size_t)plan->npanels * plan->panel_size;
}
/* scratch holds nm__plan_scratch bytes. */
void nm__machine_start(nm_machine *m, const nm_plan *plan, void *scratch);
/* Computes elements start .. start + n - 1, n <= NM_TILE. */
void nm__machine_run(nm_machine *m, int64_t start, int n);
/* Runs n elements, tile by tile.  Gives where those of operand `src`, which the plan keeps, are side
 * by side: in `to`, each `size` bytes of its class, or where they lie. */
const char *nm__machine_block(nm_machine *m, uint8_t src, size_t size, int64_t start, int64_t n,
                              char *to);

/* Whether so many bytes, which are written to a block of memory, should go past the caches. */
bool nm__past_caches(const nm_mem *mem, size_t bytes);
/* The same of output `o`. */
bool nm__streams(const nm_program *p, int o);

/* ---- copy.c: programs that move elements and don't look into them ---- */
bool nm__only_copies(const nm_program *p);
nm_status nm__cpu_copy(nm_cpu *cpu, const nm_program *p);
nm_status nm__cpu_reverse(nm_device *dev, const nm_view *x, uint32_t dims, const nm_view *y);

nm_status nm__cpu_run(nm_device *dev, const nm_program *p);
nm_status nm__cpu_reduce(nm_device *dev, const nm_reduce *r);
nm_status nm__cpu_matmul(nm_device *dev, const nm_view *a, const nm_view *x, const nm_view *y);
nm_status nm__cpu_softmax(nm_device *dev, const nm_view *x, int dim, const nm_view *y, bool log);
nm_status nm__cpu_softmax_of(nm_device *dev, const nm_program *p, uint8_t src, const nm_view *y,
                             bool log);
nm_status nm__cpu_rows(nm_device *dev, const nm_rows *r);
nm_status nm__cpu_place(nm_device *dev, const nm_view *index, int64_t n, int64_t base,
                        const nm_view *at, bool *inside);
nm_status nm__cpu_gather(nm_device *dev, const nm_view *x, int dim, const nm_view *index,
                         const nm_view *y, bool *inside);
nm_status nm__cpu_scatter(nm_device *dev, const nm_view *y, int dim, const nm_view *index,
                          const nm_view *src, nm_scatter_mode mode);
nm_status nm__cpu_compress(nm_device *dev, const nm_view *x, const nm_view *mask, nm_mem *out,
                           int64_t *n);
nm_status nm__cpu_conv(nm_device *dev, const nm_conv *conv, const nm_view *x, const nm_view *w,
                       const nm_view *bias, const nm_view *y);
nm_status nm__cpu_pool(nm_device *dev, const nm_pooling *pool, const nm_view *x, const nm_view *y,
                       const nm_view *index);
nm_status nm__cpu_scan(nm_device *dev, nm_scan_kind kind, const nm_view *x, int dim,
                       const nm_view *y, const nm_view *index);
nm_status nm__cpu_sort(nm_device *dev, const nm_view *x, bool descending, int64_t n,
                       const nm_view *y, const nm_view *index, int base);
nm_status nm__cpu_search(nm_device *dev, const nm_view *sorted, const nm_view *x, bool right,
                         const nm_view *index);

#endif
