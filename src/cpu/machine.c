/* machine.c: the block machine, which runs elementwise programs tile by tile.
 *
 * A plan turns a program into steps: loads, loops over a tile, stores.  What lies flat in memory in
 * the dtype of its class is read and written there; everything else passes through tiles of NM_TILE
 * elements, reused as soon as their last reader has run, so that the working set stays in the first
 * caches.  Inputs are loaded just before their first use and outputs stored right after they are
 * computed; the root is the last instruction, so all loads of a tile come before it is written. */
#include <string.h>

#include "cpu/cpu.h"

enum {
  S_LOOP,
  S_LOAD,
  S_LOAD_STRIDED,
  S_LOAD_TURNED,
  S_STORE,
  S_STORE_STRIDED,
  S_STREAM,
  S_RANDOM,
  S_INDEX
}; /* nm_step.kind */
enum { CHUNK = 32 * NM_TILE, KEPT = 255 };
enum {
  STREAM_FROM = 24 << 20,  /* bytes of a block of memory that the caches don't hold for long, */
  STREAM_LEAST = 512 << 10 /* and as much of it that is written at once */
};

/* ---- walks ---- */

void nm__walk_make(nm_walk *w, int ndim, const int64_t *shape, const int64_t *stride) {
  int n = 0;
  for (int d = 0; d < ndim; d++) {
    if (shape[d] == 1) continue;
    if (n && w->stride[n - 1] == stride[d] * shape[d]) {
      w->shape[n - 1] *= shape[d];
      w->stride[n - 1] = stride[d];
    } else {
      w->shape[n] = shape[d];
      w->stride[n++] = stride[d];
    }
  }
  if (!n) {
    w->shape[0] = 1;
    w->stride[n++] = 0;
  }
  w->ndim = n;
}

void nm__walk_seek(const nm_walk *w, nm_cursor *c, int64_t at) {
  if (c->at == at) return;
  c->at = at;
  c->offset = 0;
  for (int d = w->ndim - 1; d > 0; d--) {
    int64_t rest = at / w->shape[d];
    c->index[d] = at - rest * w->shape[d];
    c->offset += c->index[d] * w->stride[d];
    at = rest;
  }
  c->index[0] = at;
  c->offset += at * w->stride[0];
}

int nm__walk_next(const nm_walk *w, nm_cursor *c, int n, int64_t *offset) {
  int d = w->ndim - 1;
  int64_t left = w->shape[d] - c->index[d];
  int k = n < left ? n : (int)left;
  *offset = c->offset;
  c->at += k;
  c->index[d] += k;
  c->offset += k * w->stride[d];
  for (; d > 0 && c->index[d] == w->shape[d]; d--) {
    c->offset += w->stride[d - 1] - w->shape[d] * w->stride[d];
    c->index[d] = 0;
    c->index[d - 1]++;
  }
  return k;
}

/* ---- plans ---- */

typedef struct builder {
  nm_plan *plan;
  const nm_program *p;
  int keep;  /* see nm__plan */
  int first; /* operand number of the first instruction's result */
  int nfree;
  uint8_t free[NM_OPERANDS]; /* slots */
  uint8_t
      last[NM_OPERANDS]; /* instruction that reads an operand last; KEPT: to the end of the tile */
  uint8_t out[NM_OPERANDS];  /* number of the output that a result is computed into, plus 1 */
  uint8_t same[NM_OPERANDS]; /* the operand whose elements an operand has */
  bool placed[NM_OPERANDS];
} builder;

static nm_class operand_class(const builder *b, int r) {
  const nm_program *p = b->p;
  if (r < p->nin) return nm__dtype_class((nm_dtype)p->in[r].dtype);
  if (r < b->first) return (nm_class)p->konst_class[r - p->nin];
  return nm__instr_class(&p->code[r - b->first]);
}

static bool in_place(const nm_operand *o) {
  return o->layout == NM_FLAT && !nm__is_narrow((nm_dtype)o->dtype);
}

static void place_direct(builder *b, int r, const nm_operand *o) {
  nm_plan *plan = b->plan;
  plan->place[r] = (nm_place){.base = o->ptr, .scale = (uint8_t)nm__dtype_size((nm_dtype)o->dtype)};
  plan->direct[plan->ndirect++] = (uint8_t)r;
  b->placed[r] = true;
}

static void place_tile(builder *b, int r, bool fixed) {
  nm_plan *plan = b->plan;
  /* what is filled once needs a tile that nothing else was in */
  int slot = b->nfree && !fixed ? b->free[--b->nfree] : plan->nslots++;
  plan->place[r] = (nm_place){.slot = (uint8_t)slot};
  b->placed[r] = true;
  if (!fixed) return;
  plan->fixed[plan->nfixed++] = (uint8_t)r;
  b->last[r] = KEPT;
}

static nm_step *add_step(builder *b, int kind) {
  nm_step *s = &b->plan->step[b->plan->nsteps++];
  *s = (nm_step){.kind = (uint8_t)kind};
  return s;
}

/* Whether some output lies where the input does. */
static bool is_written(const nm_program *p, const nm_operand *in) {
  for (int o = 0; o < p->nout; o++)
    if (p->out[o].mem->ptr == in->mem->ptr) return true;
  return false;
}

/* A transposed input is one whose neighbours in memory lie along the last dim but one.  Read row by
 * row it would cost a cache line per element; instead NM_PANEL_ROWS rows at a time are read and
 * turned, into a panel for each NM_TILE columns, from which the rows are then served. */
static void plan_turn(builder *b, nm_step *s, const nm_walk *w) {
  nm_plan *plan = b->plan;
  const nm_program *p = b->p;
  int64_t columns = w->shape[w->ndim - 1], tiles = (columns + NM_TILE - 1) / NM_TILE;
  if (w->ndim < 2 || w->stride[w->ndim - 2] != 1 || w->shape[w->ndim - 2] < NM_PANEL_ROWS ||
      w->stride[w->ndim - 1] < NM_PANEL_ROWS || columns < NM_PANEL_ROWS ||
      plan->npanels + tiles > NM_PANEL_TILES)
    return;
  if (is_written(p, &p->in[s->at])) return; /* panels read what another task may be writing */
  s->kind = S_LOAD_TURNED;
  s->run.pack = plan->isa->pack[p->in[s->at].dtype];
  s->panel = plan->npanels;
  plan->npanels += (int)tiles;
  int64_t rows = columns * NM_PANEL_ROWS; /* a task should use all rows of its panels */
  if (plan->chunk % rows) plan->chunk = (CHUNK + rows - 1) / rows * rows;
}

static void add_load(builder *b, int input, int y) {
  const nm_operand *o = &b->p->in[input];
  nm_step *s = add_step(b, o->layout == NM_FLAT ? S_LOAD : S_LOAD_STRIDED);
  s->run.load = b->plan->isa->load[o->dtype];
  s->y = (uint8_t)y;
  s->at = (uint8_t)input;
  if (o->layout == NM_FLAT) return;
  nm__walk_make(&b->plan->walk[input], b->p->ndim, b->p->shape, o->stride);
  plan_turn(b, s, &b->plan->walk[input]);
}

bool nm__streams(const nm_program *p, int o) {
  const nm_operand *out = &p->out[o];
  size_t bytes = (size_t)p->numel * nm__dtype_size((nm_dtype)out->dtype);
  for (int i = 0; i < p->nin; i++)
    if (p->in[i].mem->ptr == out->mem->ptr) return false; /* it is in the caches already */
  return out->mem->size >= STREAM_FROM && bytes >= STREAM_LEAST;
}

/* Reductions write little of the memory that they go through. */
static bool streams(const builder *b, int o) { return b->keep < 0 && nm__streams(b->p, o); }

static void add_store(builder *b, int output) {
  const nm_operand *o = &b->p->out[output];
  nm_step *s = add_step(b, o->layout == NM_FLAT ? S_STORE : S_STORE_STRIDED);
  s->run.store = b->plan->isa->store[o->dtype];
  s->a = b->same[o->reg];
  s->at = (uint8_t)output;
  if (o->layout == NM_STRIDED) {
    nm__walk_make(&b->plan->walk[NM_PROG_IN + output], b->p->ndim, b->p->shape, o->stride);
  } else if (streams(b, output)) {
    s->kind = S_STREAM;
    b->plan->streams = true;
    if (!in_place(o) && b->plan->bounce < 0) b->plan->bounce = b->plan->nslots++;
  }
}

/* Sees to it that an operand has a place where a loop can read it. */
static void need(builder *b, int r) {
  if (b->placed[r]) return;
  const nm_operand *o = r < b->p->nin ? &b->p->in[r] : NULL;
  if (!o || o->layout == NM_SINGLE) {
    place_tile(b, r, true);
  } else if (in_place(o)) {
    place_direct(b, r, o);
  } else {
    place_tile(b, r, false);
    add_load(b, r, r);
  }
}

/* Frees the tile of an operand that instruction i was the last to read. */
static void drop(builder *b, int r, int i) {
  if (b->last[r] != i || !b->placed[r]) return;
  b->last[r] = KEPT; /* it may be named twice */
  if (!b->plan->place[r].base) b->free[b->nfree++] = b->plan->place[r].slot;
}

static void place_result(builder *b, int r) {
  if (b->out[r])
    place_direct(b, r, &b->p->out[b->out[r] - 1]);
  else
    place_tile(b, r, false);
}

static nm_loop *loop_of(const nm_isa *isa, const nm_instr *in) {
  if (in->op == NM_I_cast) return isa->cast[in->cls][in->aux];
  if (in->op == NM_I_narrow) return isa->narrow[in->aux];
  return isa->ew[in->cls][in->op];
}

static void add_instr(builder *b, int i) {
  const nm_instr *in = &b->p->code[i];
  const nm_isa *isa = b->plan->isa;
  int r = b->first + i;
  if (b->same[r] != r) {
    need(b, b->same[r]);
    return;
  }
  if (in->op == NM_I_rand || in->op == NM_I_randn || in->op == NM_I_index) {
    place_result(b, r);
    nm_step *s = add_step(b, in->op == NM_I_index ? S_INDEX : S_RANDOM);
    s->y = (uint8_t)r, s->a = in->a, s->b = in->b;
    if (s->kind == S_RANDOM)
      s->run.random = in->op == NM_I_rand ? isa->rand[in->cls] : isa->randn[in->cls];
    return;
  }
  int arity = nm__instrs[in->op].arity;
  const uint8_t operand[3] = {b->same[in->a], b->same[in->b], b->same[in->c]};
  const nm_operand *from = operand[0] < b->p->nin ? &b->p->in[operand[0]] : NULL;
  if (in->op == NM_I_copy && from && !b->placed[operand[0]] && b->last[operand[0]] == i &&
      from->layout != NM_SINGLE && !in_place(from)) {
    place_result(b, r); /* a copy of what has to be loaded anyway: load it there */
    add_load(b, operand[0], r);
    return;
  }
  size_t size = nm__class_size[nm__instr_class(in)];
  for (int k = 0; k < arity; k++) need(b, operand[k]);
  /* a result may overwrite an operand that ends here, if their elements are equally long */
  for (int k = 0; k < arity; k++)
    if (nm__class_size[operand_class(b, operand[k])] == size) drop(b, operand[k], i);
  place_result(b, r);
  for (int k = 0; k < arity; k++) drop(b, operand[k], i);
  nm_step *s = add_step(b, S_LOOP);
  s->run.loop = loop_of(isa, in);
  s->y = (uint8_t)r;
  s->a = operand[0];
  s->b = arity > 1 ? operand[1] : operand[0]; /* loops may look at all three addresses */
  s->c = arity > 2 ? operand[2] : operand[0];
}

/* Which results are those of another instruction, so that nothing has to be done for them: copies
 * that are not made right into an output, nor of what is written over meanwhile; and what is
 * narrowed only to be stored, as stores do. */
static void find_same(builder *b) {
  const nm_program *p = b->p;
  bool read[NM_OPERANDS] = {false};
  for (int i = 0; i < p->ncode; i++) {
    const uint8_t operand[3] = {p->code[i].a, p->code[i].b, p->code[i].c};
    for (int k = 0; k < nm__instrs[p->code[i].op].arity; k++) read[operand[k]] = true;
  }
  for (int r = 0; r < b->first; r++) b->same[r] = (uint8_t)r;
  for (int i = 0; i < p->ncode; i++) {
    int r = b->first + i;
    int a = p->code[i].a < p->nin ? p->code[i].a : -1;
    bool copy = p->code[i].op == NM_I_copy && !b->out[r] && !(a >= 0 && is_written(p, &p->in[a]));
    bool narrow = p->code[i].op == NM_I_narrow && !read[r];
    b->same[r] = (copy || narrow) && r != b->keep ? b->same[p->code[i].a] : (uint8_t)r;
  }
}

/* The instruction that reads each operand last. */
static void find_last(builder *b) {
  const nm_program *p = b->p;
  memset(b->last, KEPT, (size_t)(b->first + p->ncode));
  for (int i = 0; i < p->ncode; i++) {
    const uint8_t operand[3] = {p->code[i].a, p->code[i].b, p->code[i].c};
    for (int k = 0; k < nm__instrs[p->code[i].op].arity; k++)
      b->last[b->same[operand[k]]] = (uint8_t)i;
    b->last[b->same[b->first + i]] = (uint8_t)i; /* until someone reads it */
  }
  for (int o = 0; o < p->nout; o++)
    if (p->out[o].reg < b->first) b->last[p->out[o].reg] = KEPT;
  if (b->keep >= 0) b->last[b->keep] = KEPT;
}

static size_t widest_class(const builder *b) {
  for (int r = 0; r < b->first + b->p->ncode; r++)
    if (nm__class_size[operand_class(b, r)] == 8) return 8;
  return 4;
}

void nm__plan(nm_plan *plan, const nm_isa *isa, const nm_program *p, int keep) {
  builder b;
  b.plan = plan, b.p = p, b.keep = keep, b.nfree = 0, b.first = p->nin + p->nconst;
  size_t operands = (size_t)(b.first + p->ncode), widest = widest_class(&b);
  memset(b.out, 0, operands);
  memset(b.placed, 0, operands);
  memset(plan->place, 0, operands * sizeof *plan->place);
  plan->program = p, plan->isa = isa;
  plan->nsteps = plan->nslots = plan->ndirect = plan->nfixed = plan->npanels = 0;
  plan->bounce = -1, plan->streams = false;
  plan->chunk = CHUNK;
  plan->slot_size =
      NM_TILE * widest + 64; /* not a power of two: tiles fall into different cache sets */
  plan->panel_size = NM_PANEL_ROWS * NM_PANEL_PITCH * widest;
  for (int o = 0; o < p->nout; o++) {
    int r = p->out[o].reg;
    if (r >= b.first && in_place(&p->out[o]) && !b.out[r] && !streams(&b, o))
      b.out[r] = (uint8_t)(o + 1);
  }
  find_same(&b);
  find_last(&b);

  for (int i = 0; i < p->ncode; i++) {
    int r = b.first + i;
    add_instr(&b, i);
    for (int o = 0; o < p->nout; o++)
      if (p->out[o].reg == r && b.out[r] != o + 1) add_store(&b, o);
    drop(&b, b.same[r], i);
  }
  for (int o = 0; o < p->nout; o++) {
    if (p->out[o].reg >= b.first) continue;
    need(&b, p->out[o].reg);
    add_store(&b, o);
  }
  if (keep >= 0) need(&b, keep);
}

/* ---- running ---- */

void nm__machine_start(nm_machine *m, const nm_plan *plan, void *scratch) {
  const nm_program *p = plan->program;
  int operands = p->nin + p->nconst + p->ncode;
  int n = p->numel < NM_TILE ? (int)p->numel : NM_TILE;
  m->plan = plan;
  m->panels = (char *)scratch + (size_t)plan->nslots * plan->slot_size;
  m->bounce = (char *)scratch + (size_t)(plan->bounce < 0 ? 0 : plan->bounce) * plan->slot_size;
  for (int r = 0; r < operands; r++)
    m->where[r] = plan->place[r].base ? plan->place[r].base
                                      : (char *)scratch + plan->place[r].slot * plan->slot_size;
  for (int i = 0; i < p->nin; i++)
    for (int k = 0; k < NM_PANEL_TILES; k++) m->cursor[i].held[k] = -1; /* `at` among them */
  for (int o = 0; o < p->nout; o++) m->cursor[NM_PROG_IN + o].at = -1;
  for (int f = 0; f < plan->nfixed; f++) {
    int r = plan->fixed[f];
    nm_dtype dtype =
        r < p->nin ? (nm_dtype)p->in[r].dtype : nm__class_dtype[p->konst_class[r - p->nin]];
    plan->isa->load[dtype](n, m->where[r],
                           r < p->nin ? (const void *)p->in[r].ptr : &p->konst[r - p->nin], 0);
  }
}

static char *element(const nm_operand *flat, int64_t i) {
  return flat->ptr + i * (int64_t)nm__dtype_size((nm_dtype)flat->dtype);
}

static void load_strided(nm_machine *m, const nm_step *s, int64_t start, int n) {
  const nm_operand *o = &m->plan->program->in[s->at];
  const nm_walk *w = &m->plan->walk[s->at];
  nm_cursor *c = &m->cursor[s->at];
  size_t size = nm__dtype_size((nm_dtype)o->dtype), step = nm__class_size[nm__dtypes[o->dtype].cls];
  int64_t stride = w->stride[w->ndim - 1], offset;
  char *tile = m->where[s->y];
  nm__walk_seek(w, c, start);
  while (n > 0) {
    int k = nm__walk_next(w, c, n, &offset);
    s->run.load(k, tile, o->ptr + offset * (int64_t)size, stride);
    tile += (size_t)k * step;
    n -= k;
  }
}

/* Row `row` of the outer dims, as an offset. */
static int64_t row_offset(const nm_walk *w, int64_t row) {
  int64_t offset = 0;
  for (int d = w->ndim - 2; d >= 0; d--) {
    offset += row % w->shape[d] * w->stride[d];
    row /= w->shape[d];
  }
  return offset;
}

static void load_turned(nm_machine *m, const nm_step *s, int64_t start, int n) {
  const nm_operand *o = &m->plan->program->in[s->at];
  const nm_walk *w = &m->plan->walk[s->at];
  int64_t columns = w->shape[w->ndim - 1], size = (int64_t)nm__dtype_size((nm_dtype)o->dtype);
  size_t wide = nm__class_size[nm__dtypes[o->dtype].cls];
  char *tile = m->where[s->y];
  while (n > 0) {
    int64_t row = start / columns, column = start % columns, t = column / NM_TILE,
            at = column % NM_TILE;
    int64_t inside = row % w->shape[w->ndim - 2], above = inside % NM_PANEL_ROWS,
            first = row - above;
    int64_t width = columns - t * NM_TILE < NM_TILE ? columns - t * NM_TILE : NM_TILE;
    char *panel = m->panels + (size_t)(s->panel + t) * m->plan->panel_size;
    if (m->cursor[s->at].held[t] != first) {
      int64_t left = w->shape[w->ndim - 2] - inside + above;
      const char *from =
          o->ptr + (row_offset(w, first) + t * NM_TILE * w->stride[w->ndim - 1]) * size;
      s->run.pack((int)width, NM_PANEL_PITCH, left < NM_PANEL_ROWS ? (int)left : NM_PANEL_ROWS,
                  from, w->stride[w->ndim - 1], 1, panel);
      m->cursor[s->at].held[t] = first;
    }
    int k = n < width - at ? n : (int)(width - at);
    memcpy(tile, panel + (size_t)(above * NM_PANEL_PITCH + at) * wide, (size_t)k * wide);
    tile += (size_t)k * wide;
    start += k;
    n -= k;
  }
}

static void store_strided(nm_machine *m, const nm_step *s, int64_t start, int n) {
  const nm_operand *o = &m->plan->program->out[s->at];
  const nm_walk *w = &m->plan->walk[NM_PROG_IN + s->at];
  nm_cursor *c = &m->cursor[NM_PROG_IN + s->at];
  size_t size = nm__dtype_size((nm_dtype)o->dtype), step = nm__class_size[nm__dtypes[o->dtype].cls];
  int64_t stride = w->stride[w->ndim - 1], offset;
  const char *tile = m->where[s->a];
  nm__walk_seek(w, c, start);
  while (n > 0) {
    int k = nm__walk_next(w, c, n, &offset);
    s->run.store(k, o->ptr + offset * (int64_t)size, stride, tile);
    tile += (size_t)k * step;
    n -= k;
  }
}

static void store_past_caches(nm_machine *m, const nm_step *s, int64_t start, int n) {
  const nm_operand *o = &m->plan->program->out[s->at];
  const char *from = m->where[s->a];
  if (!in_place(o)) s->run.store(n, m->bounce, 1, from), from = m->bounce;
  m->plan->isa->stream((size_t)n * nm__dtype_size((nm_dtype)o->dtype), element(o, start), from);
}

static void other_step(nm_machine *m, const nm_step *s, int64_t start, int n) {
  const nm_program *p = m->plan->program;
  switch (s->kind) {
  case S_LOAD: s->run.load(n, m->where[s->y], element(&p->in[s->at], start), 1); break;
  case S_LOAD_STRIDED: load_strided(m, s, start, n); break;
  case S_LOAD_TURNED: load_turned(m, s, start, n); break;
  case S_STORE: s->run.store(n, element(&p->out[s->at], start), 1, m->where[s->a]); break;
  case S_STORE_STRIDED: store_strided(m, s, start, n); break;
  case S_STREAM: store_past_caches(m, s, start, n); break;
  case S_RANDOM:
    s->run.random(n, m->where[s->y], start, p->konst[s->a - p->nin].u64,
                  p->konst[s->b - p->nin].u64);
    break;
  case S_INDEX:
    for (int i = 0; i < n; i++) ((int64_t *)(void *)m->where[s->y])[i] = start + i;
    break;
  }
}

void nm__machine_run(nm_machine *m, int64_t start, int n) {
  const nm_plan *plan = m->plan;
  for (int d = 0; d < plan->ndirect; d++) {
    const nm_place *place = &plan->place[plan->direct[d]];
    m->where[plan->direct[d]] = place->base + start * place->scale;
  }
  for (const nm_step *s = plan->step, *end = s + plan->nsteps; s < end; s++) {
    if (s->kind == S_LOOP)
      s->run.loop(n, m->where[s->y], m->where[s->a], m->where[s->b], m->where[s->c]);
    else
      other_step(m, s, start, n);
  }
}

typedef struct run_job {
  nm_cpu *cpu;
  const nm_plan *plan;
} run_job;

static void run_work(void *arg, nm_job *job, int worker) {
  const run_job *r = arg;
  int64_t numel = r->plan->program->numel, task;
  nm_machine m;
  nm__machine_start(&m, r->plan, r->cpu->scratch[worker]);
  while ((task = nm__next_task(job)) >= 0) {
    int64_t at = task * r->plan->chunk,
            end = at + r->plan->chunk < numel ? at + r->plan->chunk : numel;
    for (; at < end; at += NM_TILE)
      nm__machine_run(&m, at, end - at < NM_TILE ? (int)(end - at) : NM_TILE);
  }
  if (r->plan->streams) r->plan->isa->stream_end();
}

/* A short program of one instruction whose operands are read and written where they are needs no
 * plan: it is that loop.  False, and nothing was done, for any other. */
static bool run_loop(const nm_isa *isa, const nm_program *p) {
  const nm_instr *in = &p->code[0];
  char *at[3] = {NULL, NULL, NULL};
  if (p->ncode != 1 || p->nout != 1 || p->nconst || p->numel > NM_TILE) return false;
  if (in->op == NM_I_index || p->out[0].reg != p->nin || !in_place(&p->out[0])) return false;
  const uint8_t operand[3] = {in->a, in->b, in->c};
  for (int k = 0; k < nm__instrs[in->op].arity; k++) {
    const nm_operand *o = &p->in[operand[k]];
    if (!in_place(o)) return false;
    at[k] = o->ptr;
  }
  loop_of(isa, in)((int)p->numel, p->out[0].ptr, at[0], at[1] ? at[1] : at[0],
                   at[2] ? at[2] : at[0]);
  return true;
}

nm_status nm__cpu_run(nm_device *dev, const nm_program *p) {
  nm_cpu *cpu = (nm_cpu *)dev;
  if (p->numel == 0 || run_loop(cpu->isa, p)) return NM_OK;
  if (nm__only_copies(p)) return nm__cpu_copy(cpu, p);
  nm_plan plan;
  nm__plan(&plan, cpu->isa, p, -1);
  int64_t tasks = (p->numel + plan.chunk - 1) / plan.chunk;
  int workers = nm__workers(cpu, tasks, (double)p->numel * (plan.nsteps + 1));
  NM_TRY(nm__scratch(cpu, workers, nm__plan_scratch(&plan)));
  run_job r = {cpu, &plan};
  nm__parallel(cpu, workers, tasks, run_work, &r);
  return NM_OK;
}
