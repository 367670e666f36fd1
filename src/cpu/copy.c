/* copy.c: the same elements in another order: what a program that only copies is.
 *
 * The dims of both sides are put into the order in which they lie in the result, and merged where
 * that makes longer ones.  Then it is one of four: rows that are contiguous on both sides; such
 * rows whose source is read backwards; blocks that are turned, where neighbours of the source lie
 * along another dim; or single steps.  Turned blocks go through a small buffer, so that the source
 * is read in whole cache lines, and the result written in several neighbouring ones. */
#include <string.h>

#include "cpu/cpu.h"

enum {
  PIECE = 64 * 1024,        /* bytes of a task, about */
  SHORT_ROW = 512,          /* bytes below which a row is not streamed */
  LINE = 64,                /* bytes that are fetched at once */
  AHEAD = 16,               /* rows that are fetched while as many others are copied */
  FAR = 512 * 1024,         /* bytes above which that pays */
  BACKWARDS = 2048,         /* bytes that are reversed before they are streamed */
  TURN_FROM = 64,           /* bytes of a line of the source, */
  TURN_TO = 256,            /* and of a row of the result that a block has */
  TURN_PITCH = TURN_TO + 64 /* bytes from row to row in the buffer */
};

typedef struct mover {
  const nm_isa *isa;
  const char *x;
  char *y;
  int64_t size; /* bytes of an element */
  int ndim;
  int64_t shape[NM_MAX_DIMS], from[NM_MAX_DIMS], to[NM_MAX_DIMS]; /* strides in bytes */
  int turn;         /* the dim along which the source is contiguous, or -1 */
  bool streams;     /* past the caches */
  bool fetches;     /* lines of short rows, ahead */
  int64_t outer;    /* rows, or panels of blocks, in all */
  int64_t piece;    /* elements of the last dim that a task takes, */
  int64_t pieces;   /* how many of these there are, */
  int64_t together; /* and rows that one takes */
} mover;

/* ---- geometry ---- */

static void take_dims(mover *m, const nm_program *p) {
  const nm_operand *in = &p->in[0], *out = &p->out[0];
  int64_t flat = m->size;
  m->ndim = 0;
  for (int d = p->ndim - 1; d >= 0; flat *= p->shape[d], d--) {
    if (p->shape[d] == 1) continue;
    int64_t to = out->layout == NM_FLAT ? flat : out->stride[d] * m->size;
    int64_t from = in->layout == NM_FLAT     ? flat
                   : in->layout == NM_SINGLE ? 0
                                             : in->stride[d] * m->size;
    int at = m->ndim++; /* the inner dims come last */
    for (; at > 0 && m->to[at - 1] < to; at--) {
      m->shape[at] = m->shape[at - 1], m->from[at] = m->from[at - 1], m->to[at] = m->to[at - 1];
    }
    m->shape[at] = p->shape[d], m->from[at] = from, m->to[at] = to;
  }
}

static void merge_dims(mover *m) {
  int n = 0;
  for (int d = 0; d < m->ndim; d++) {
    if (n && m->to[n - 1] == m->to[d] * m->shape[d] && m->from[n - 1] == m->from[d] * m->shape[d])
      m->shape[n - 1] *= m->shape[d];
    else
      m->shape[n++] = m->shape[d];
    m->to[n - 1] = m->to[d], m->from[n - 1] = m->from[d];
  }
  if (!n) m->shape[n] = 1, m->to[n] = m->from[n] = m->size, n++;
  m->ndim = n;
}

/* Along which dim the source is contiguous, if the result is along the last. */
static int turned_dim(const mover *m) {
  int last = m->ndim - 1;
  if (m->to[last] != m->size || m->from[last] == m->size || m->from[last] == 0) return -1;
  for (int d = 0; d < last; d++)
    if (m->from[d] == m->size) return d;
  return -1;
}

static void share_out(mover *m) {
  int64_t length = m->shape[m->ndim - 1], all = 1;
  for (int d = 0; d < m->ndim - 1; d++)
    if (d != m->turn) all *= m->shape[d];
  int64_t deep = m->turn < 0 ? 1 : m->shape[m->turn], bytes = deep * m->size;
  m->outer = all;
  m->piece = m->turn < 0 ? PIECE / m->size : TURN_TO / m->size;
  if (m->piece > length) m->piece = length;
  m->pieces = (length + m->piece - 1) / m->piece;
  m->together = m->pieces > 1 ? 1 : PIECE / (length * bytes);
  if (m->together < 1) m->together = 1;
}

/* Whether the rows are some lines each, dense, far apart on one side, and many. */
static bool fetches(const mover *m, int64_t numel) {
  int last = m->ndim - 1;
  int64_t bytes = m->shape[last] * m->size;
  return m->turn < 0 && last && bytes >= LINE && bytes < SHORT_ROW && numel * m->size >= FAR &&
         m->from[last] == m->size && m->to[last] == m->size;
}

/* Offsets of row `row` of the outer dims. */
static void seek(const mover *m, int64_t row, int64_t *from, int64_t *to) {
  *from = *to = 0;
  for (int d = m->ndim - 2; d >= 0; d--) {
    if (d == m->turn) continue;
    int64_t c = row % m->shape[d];
    row /= m->shape[d];
    *from += c * m->from[d];
    *to += c * m->to[d];
  }
}

/* ---- moving ---- */

#define STEPS(bits)                                                                                \
  static void steps_##bits(int64_t n, char *y, int64_t ys, const char *x, int64_t xs) {            \
    typedef uint##bits##_t T;                                                                      \
    if (xs == 0 && ys == (int64_t)sizeof(T)) {                                                     \
      T a;                                                                                         \
      memcpy(&a, x, sizeof a);                                                                     \
      for (int64_t i = 0; i < n; i++) memcpy(y + i * (int64_t)sizeof(T), &a, sizeof a);            \
    } else {                                                                                       \
      for (int64_t i = 0; i < n; i++, x += xs, y += ys) memcpy(y, x, sizeof(T));                   \
    }                                                                                              \
  }
STEPS(8)
STEPS(16)
STEPS(32)
STEPS(64)

/* x: the first element of the result's, behind which the others lie in front of it */
static void move_backwards(const mover *m, int64_t n, char *y, const char *x) {
  nm_reverse_loop *reverse = m->isa->reverse[__builtin_ctz((unsigned)m->size)];
  int64_t most = BACKWARDS / m->size;
  if (!m->streams || n * m->size < SHORT_ROW) {
    reverse(n, y, x - (n - 1) * m->size);
    return;
  }
  _Alignas(64) char buffer[BACKWARDS];
  for (int64_t k; n > 0; n -= k, y += k * m->size, x -= k * m->size) {
    k = nm__least(n, most);
    reverse(k, buffer, x - (k - 1) * m->size);
    m->isa->stream((size_t)(k * m->size), y, buffer);
  }
}

static void move_row(const mover *m, int64_t n, char *y, const char *x) {
  int last = m->ndim - 1;
  int64_t xs = m->from[last], ys = m->to[last], bytes = n * m->size;
  if (xs == m->size && ys == m->size) {
    if (m->streams && bytes >= SHORT_ROW)
      m->isa->stream((size_t)bytes, y, x);
    else
      memcpy(y, x, (size_t)bytes);
    return;
  }
  if (xs == -m->size && ys == m->size) {
    move_backwards(m, n, y, x);
    return;
  }
  switch (m->size) {
  case 1: steps_8(n, y, ys, x, xs); break;
  case 2: steps_16(n, y, ys, x, xs); break;
  case 4: steps_32(n, y, ys, x, xs); break;
  default: steps_64(n, y, ys, x, xs); break;
  }
}

typedef struct run { /* of rows, a step of the last dim but one apart */
  char *y;
  const char *x;
  int64_t count;
} run;

/* Rows of `bytes`, dense on both sides, while the lines of the next ones are fetched: where rows
 * are short and far apart, the hardware doesn't foresee them. */
static void move_fetching(const mover *m, const run *r, int64_t bytes, const run *next) {
  int64_t xs = m->from[m->ndim - 2], ys = m->to[m->ndim - 2];
  for (int64_t k = 0; k < r->count; k++) {
    for (int64_t b = 0; b < bytes && k < next->count; b += LINE) {
      __builtin_prefetch(next->x + k * xs + b);
      __builtin_prefetch(next->y + k * ys + b, 1);
    }
    memcpy(r->y + k * ys, r->x + k * xs, (size_t)bytes);
  }
}

/* Short rows without a call for each. */
#define SHORT_ROWS(bytes)                                                                          \
  for (int64_t k = 0; k < r->count; k++) memcpy(r->y + k * ys, r->x + k * xs, bytes)
static void move_rows(const mover *m, const run *r, int64_t n, const run *next) {
  int last = m->ndim - 1;
  int64_t xs = last ? m->from[last - 1] : 0, ys = last ? m->to[last - 1] : 0;
  bool dense = m->from[last] == m->size && m->to[last] == m->size;
  if (m->fetches) {
    move_fetching(m, r, n * m->size, next);
    return;
  }
  switch (dense ? n * m->size : 0) {
  case 4: SHORT_ROWS(4); break;
  case 8: SHORT_ROWS(8); break;
  case 16: SHORT_ROWS(16); break;
  case 32: SHORT_ROWS(32); break;
  default:
    for (int64_t k = 0; k < r->count; k++) move_row(m, n, r->y + k * ys, r->x + k * xs);
  }
}

/* Columns of the result, at most TURN_TO bytes of them, along all of the turned dim. */
static void move_turned(const mover *m, int64_t columns, char *y, const char *x) {
  int64_t rows = m->shape[m->turn], xs = m->from[m->ndim - 1], ys = m->to[m->turn],
          most = TURN_FROM / m->size;
  size_t bytes = (size_t)(columns * m->size);
  nm_turn_loop *turn = m->isa->turn[__builtin_ctz((unsigned)m->size)];
  if (columns == m->shape[m->ndim - 1] && bytes < TURN_FROM) { /* rows too short to be copied */
    for (int64_t r = 0; r < rows; r += PIECE) {
      int n = (int)(rows - r < PIECE ? rows - r : PIECE);
      turn(n, (int)columns, x + r * m->size, xs / m->size, y + r * ys, ys / m->size);
    }
    return;
  }
  _Alignas(64) char buffer[TURN_FROM * TURN_PITCH];
  for (int64_t r = 0; r < rows; r += most) {
    int n = (int)(rows - r < most ? rows - r : most);
    turn(n, (int)columns, x + r * m->size, xs / m->size, buffer, TURN_PITCH / m->size);
    for (int i = 0; i < n; i++) {
      char *to = y + (r + i) * ys;
      if (m->streams)
        m->isa->stream(bytes, to, buffer + i * TURN_PITCH);
      else
        memcpy(to, buffer + i * TURN_PITCH, bytes);
    }
  }
}

/* The rows from `row` on that lie one step apart, before `end`; `first` is the element of each that
 * is copied first. */
static run rows_at(const mover *m, int64_t row, int64_t end, int64_t first) {
  int last = m->ndim - 1;
  int64_t inner = m->turn < 0 && last ? m->shape[last - 1] : 1, from, to;
  int64_t count = nm__least(inner - row % inner, end - row);
  if (count <= 0) return (run){.count = 0};
  if (m->fetches) count = nm__least(count, AHEAD);
  seek(m, row, &from, &to);
  return (run){m->y + to + first * m->to[last], m->x + from + first * m->from[last], count};
}

static void move_work(void *arg, nm_job *job, int worker) {
  const mover *m = arg;
  int64_t task, length = m->shape[m->ndim - 1];
  while ((task = nm__near_task(job, worker)) >= 0) {
    int64_t row = task / m->pieces * m->together, first = task % m->pieces * m->piece,
            end = nm__least(row + m->together, m->outer), n = nm__least(length - first, m->piece);
    for (run r = rows_at(m, row, end, first), next; r.count; r = next) {
      row += r.count;
      next = rows_at(m, row, end, first);
      if (m->turn >= 0)
        move_turned(m, n, r.y, r.x);
      else
        move_rows(m, &r, n, &next);
    }
  }
  if (m->streams) m->isa->stream_end();
}

bool nm__only_copies(const nm_program *p) {
  const nm_instr *c = p->code;
  if (p->nin != 1 || p->nconst || p->nout != 1 || p->in[0].dtype != p->out[0].dtype) return false;
  bool copies = p->ncode > 0 && c[0].op == NM_I_copy && p->out[0].reg == p->nin + p->ncode - 1;
  return copies && (p->ncode == 1 || (p->ncode == 2 && c[1].op == NM_I_narrow && c[1].a == p->nin));
}

nm_status nm__cpu_copy(nm_cpu *cpu, const nm_program *p) {
  const nm_operand *in = &p->in[0], *out = &p->out[0];
  mover m = {.isa = cpu->isa,
             .x = in->ptr,
             .y = out->ptr,
             .size = (int64_t)nm__dtype_size((nm_dtype)in->dtype),
             .streams = nm__streams(p, 0)};
  take_dims(&m, p);
  merge_dims(&m);
  m.turn = turned_dim(&m);
  share_out(&m);
  m.fetches = fetches(&m, p->numel);
  int64_t tasks = (m.outer + m.together - 1) / m.together * m.pieces;
  nm__parallel(cpu, nm__workers(cpu, tasks, (double)p->numel * 2), tasks, move_work, &m);
  return NM_OK;
}

nm_status nm__cpu_reverse(nm_device *dev, const nm_view *x, uint32_t dims, const nm_view *y) {
  int64_t size = (int64_t)nm__dtype_size(x->dtype), first = x->offset;
  nm_program p = {.ndim = x->ndim, .numel = 1, .nin = 1, .nout = 1};
  nm_operand in = {.dtype = (uint8_t)x->dtype, .layout = NM_STRIDED, .mem = x->mem},
             out = {.dtype = (uint8_t)x->dtype, .layout = NM_FLAT, .mem = y->mem};
  for (int d = 0; d < x->ndim; d++) {
    bool back = dims >> d & 1;
    p.numel *= p.shape[d] = x->shape[d];
    in.stride[d] = back ? -x->stride[d] : x->stride[d];
    if (back) first += (x->shape[d] - 1) * x->stride[d];
  }
  if (p.numel == 0) return NM_OK; /* there may be no memory either */
  in.ptr = (char *)x->mem->ptr + first * size;
  out.ptr = (char *)y->mem->ptr + y->offset * size;
  p.in[0] = in, p.out[0] = out;
  return nm__cpu_copy((nm_cpu *)dev, &p);
}
