/* plan.c: the plan of an elementwise program, which the block machine (machine.c) runs.
 *
 * A plan turns a program into steps: loads, loops over a tile, stores.  What lies flat in memory in
 * the dtype of its class is read and written there; everything else passes through tiles of NM_TILE
 * elements, reused as soon as their last reader has run, so that the working set stays in the first
 * caches.  Inputs are loaded just before their first use and outputs stored right after they are
 * computed; what an output lies over has been read by then.  Two instructions of which the second
 * alone reads the first's result are one loop. */
#include <string.h>

#include "cpu/cpu.h"

enum { KEPT = 255 };
enum { FETCH_FROM = 128 << 10, FETCH_STEPS = 3 }; /* a program whose memory is fetched ahead */
enum {
  STREAM_FROM = 24 << 20,  /* bytes of a block of memory that the caches don't hold for long, */
  STREAM_LEAST = 512 << 10 /* and as much of it that is written at once */
};

typedef struct builder {
  nm_plan *plan;
  const nm_program *p;
  int keep;         /* see nm__plan */
  int first_result; /* operand number of the first instruction's result */
  int nfree;
  uint8_t free[NM_OPERANDS]; /* slots */
  uint8_t
      last[NM_OPERANDS]; /* instruction that reads an operand last; KEPT: to the end of the tile */
  uint8_t out[NM_OPERANDS];    /* number of the output that a result is computed into, plus 1 */
  uint8_t same[NM_OPERANDS];   /* the operand whose elements an operand has */
  uint8_t first[NM_PROG_CODE]; /* number of the instruction that is done in the same pass, before
                                  this one, plus 1 */
  uint8_t done[NM_PROG_CODE];  /* the instruction in whose pass this one is done */
  bool placed[NM_OPERANDS];
} builder;

static nm_class operand_class(const builder *b, int r) {
  const nm_program *p = b->p;
  if (r < p->nin) return nm__dtype_class((nm_dtype)p->in[r].dtype);
  if (r < b->first_result) return (nm_class)p->konst_class[r - p->nin];
  return nm__instr_class(&p->code[r - b->first_result]);
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
  if (plan->chunk % rows) plan->chunk = (NM_CHUNK + rows - 1) / rows * rows;
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

bool nm__past_caches(const nm_mem *mem, size_t bytes) {
  return mem->size >= STREAM_FROM && bytes >= STREAM_LEAST;
}

bool nm__streams(const nm_program *p, int o) {
  const nm_operand *out = &p->out[o];
  size_t bytes = (size_t)p->numel * nm__dtype_size((nm_dtype)out->dtype);
  for (int i = 0; i < p->nin; i++)
    if (p->in[i].mem->ptr == out->mem->ptr) return false; /* it is in the caches already */
  return nm__past_caches(out->mem, bytes);
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
    if (!nm__in_place(o) && b->plan->bounce < 0) b->plan->bounce = b->plan->nslots++;
  }
}

/* Sees to it that an operand has a place where a loop can read it. */
static void need(builder *b, int r) {
  if (b->placed[r]) return;
  const nm_operand *o = r < b->p->nin ? &b->p->in[r] : NULL;
  if (!o || o->layout == NM_SINGLE) {
    place_tile(b, r, true);
  } else if (nm__in_place(o)) {
    place_direct(b, r, o);
  } else {
    place_tile(b, r, false);
    add_load(b, r, r);
    /* what `keep` names is filled in where the reader wants it */
    nm_step *s = &b->plan->step[b->plan->nsteps - 1];
    const nm_walk *w = &b->plan->walk[r];
    if (s->kind == S_LOAD_STRIDED && w->stride[w->ndim - 1] == 1 && r != b->keep &&
        !nm__is_narrow((nm_dtype)o->dtype) && !is_written(b->p, o))
      s->kind = S_LOAD_RUNS;
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

nm_loop *nm__loop_of(const nm_isa *isa, const nm_instr *in) {
  if (in->op == NM_I_cast) return isa->cast[in->cls][in->aux];
  if (in->op == NM_I_narrow) return isa->narrow[in->aux];
  return nm__ew_loop(isa, (nm_opcode)in->op, (nm_class)in->cls);
}

/* The loop that finishes instruction i. */
static void add_loop(builder *b, int i, nm_loop *loop, int arity, const uint8_t operand[3]) {
  size_t size = nm__class_size[nm__instr_class(&b->p->code[i])];
  int r = b->first_result + i;
  for (int k = 0; k < arity; k++) need(b, operand[k]);
  /* a result may overwrite an operand that ends here, if their elements are equally long */
  for (int k = 0; k < arity; k++)
    if (nm__class_size[operand_class(b, operand[k])] == size) drop(b, operand[k], i);
  place_result(b, r);
  for (int k = 0; k < arity; k++) drop(b, operand[k], i);
  nm_step *s = add_step(b, S_LOOP);
  s->run.loop = loop;
  s->y = (uint8_t)r;
  s->a = operand[0];
  s->b = arity > 1 ? operand[1] : operand[0]; /* loops may look at all three addresses */
  s->c = arity > 2 ? operand[2] : operand[0];
}

/* ---- two instructions in one pass ---- */

/* What an instruction is in a pair, or -1. */
static int pair_of(const nm_instr *in) {
  if (in->cls > NM_F64) return -1;
  switch (in->op) {
  case NM_I_add: return NM_PAIR_ADD;
  case NM_I_sub: return NM_PAIR_SUB;
  case NM_I_mul:
  case NM_I_square: return NM_PAIR_MUL;
  case NM_I_div: return NM_PAIR_DIV;
  default: return -1;
  }
}

static uint8_t second_operand(const nm_instr *in) { return in->op == NM_I_square ? in->a : in->b; }

static bool is_output(const builder *b, int r) {
  for (int o = 0; o < b->p->nout; o++)
    if (b->same[b->p->out[o].reg] == b->same[r]) return true;
  return r == b->keep;
}

/* Pairs an instruction with the one that alone reads its result, which then need not be written and
 * read again.  Nothing may be stored between the two: it could lie over what the first one reads.
 */
static void find_pairs(builder *b) {
  const nm_program *p = b->p;
  uint8_t reads[NM_OPERANDS] = {0};
  for (int i = 0; i < p->ncode; i++) {
    const uint8_t operand[3] = {p->code[i].a, p->code[i].b, p->code[i].c};
    for (int k = 0; k < nm__instrs[p->code[i].op].arity; k++) reads[b->same[operand[k]]]++;
  }
  int stored = -1; /* the last instruction so far whose result is an output */
  for (int j = 0; j < p->ncode; j++) {
    const nm_instr *in = &p->code[j];
    const uint8_t operand[2] = {b->same[in->b], b->same[in->a]};
    b->first[j] = 0;
    b->done[j] = (uint8_t)j;
    for (int k = 0; k < 2 && !b->first[j]; k++) {
      int i = operand[k] - b->first_result;
      if (in->op == NM_I_square || pair_of(in) < 0 || i <= stored || pair_of(&p->code[i]) < 0 ||
          b->first[i] || reads[operand[k]] != 1 || is_output(b, operand[k]))
        continue;
      b->first[j] = (uint8_t)(i + 1);
      b->done[i] = (uint8_t)j;
    }
    if (is_output(b, b->first_result + j)) stored = j;
  }
}

static void add_pair(builder *b, int j) {
  const nm_instr *second = &b->p->code[j], *first = &b->p->code[b->first[j] - 1];
  uint8_t result = (uint8_t)(b->first_result + b->first[j] - 1);
  int how = pair_of(second);
  uint8_t other = b->same[second->b];
  if (b->same[second->b] == result) {
    other = b->same[second->a];
    how = how == NM_PAIR_SUB ? NM_PAIR_RSUB : how == NM_PAIR_DIV ? NM_PAIR_RDIV : how;
  }
  const uint8_t operand[3] = {b->same[first->a], b->same[second_operand(first)], other};
  add_loop(b, j, b->plan->isa->pair[second->cls][pair_of(first)][how], 3, operand);
}

static void add_instr(builder *b, int i) {
  const nm_instr *in = &b->p->code[i];
  const nm_isa *isa = b->plan->isa;
  int r = b->first_result + i;
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
  if (b->done[i] != i) return;
  if (b->first[i]) {
    add_pair(b, i);
    return;
  }
  int arity = nm__instrs[in->op].arity;
  const uint8_t operand[3] = {b->same[in->a], b->same[in->b], b->same[in->c]};
  const nm_operand *from = operand[0] < b->p->nin ? &b->p->in[operand[0]] : NULL;
  if (in->op == NM_I_copy && from && !b->placed[operand[0]] && b->last[operand[0]] == i &&
      from->layout != NM_SINGLE && !nm__in_place(from)) {
    place_result(b, r); /* a copy of what has to be loaded anyway: load it there */
    add_load(b, operand[0], r);
    return;
  }
  add_loop(b, i, nm__loop_of(isa, in), arity, operand);
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
  for (int r = 0; r < b->first_result; r++) b->same[r] = (uint8_t)r;
  for (int i = 0; i < p->ncode; i++) {
    int r = b->first_result + i;
    int a = p->code[i].a < p->nin ? p->code[i].a : -1;
    bool copy = p->code[i].op == NM_I_copy && !b->out[r] && !(a >= 0 && is_written(p, &p->in[a]));
    bool narrow = p->code[i].op == NM_I_narrow && !read[r];
    b->same[r] = (copy || narrow) && r != b->keep ? b->same[p->code[i].a] : (uint8_t)r;
  }
}

static void read_until(builder *b, int r, uint8_t i) {
  uint8_t *last = &b->last[b->same[r]];
  if (*last == KEPT || *last < i) *last = i;
}

/* The instruction in whose pass each operand is read last. */
static void find_last(builder *b) {
  const nm_program *p = b->p;
  memset(b->last, KEPT, (size_t)(b->first_result + p->ncode));
  for (int i = 0; i < p->ncode; i++) {
    const uint8_t operand[3] = {p->code[i].a, p->code[i].b, p->code[i].c};
    for (int k = 0; k < nm__instrs[p->code[i].op].arity; k++) read_until(b, operand[k], b->done[i]);
    read_until(b, b->first_result + i, b->done[i]); /* until someone reads it */
  }
  for (int o = 0; o < p->nout; o++)
    if (p->out[o].reg < b->first_result) b->last[p->out[o].reg] = KEPT;
  if (b->keep >= 0) b->last[b->keep] = KEPT;
}

static size_t widest_class(const builder *b) {
  for (int r = 0; r < b->first_result + b->p->ncode; r++)
    if (nm__class_size[operand_class(b, r)] == 8) return 8;
  return 4;
}

/* What is read or written in place is fetched ahead; once, where an output lies over an input. */
static void find_fetched(nm_plan *plan) {
  for (int d = 0; d < plan->ndirect; d++) {
    int r = plan->direct[d], e = 0;
    while (e < d && plan->place[plan->direct[e]].base != plan->place[r].base) e++;
    if (e == d) plan->fetched[plan->nfetched++] = (uint8_t)r;
  }
}

void nm__plan(nm_plan *plan, const nm_isa *isa, const nm_program *p, int keep) {
  builder b;
  b.plan = plan, b.p = p, b.keep = keep, b.nfree = 0, b.first_result = p->nin + p->nconst;
  size_t operands = (size_t)(b.first_result + p->ncode), widest = widest_class(&b);
  memset(b.out, 0, operands);
  memset(b.placed, 0, operands);
  memset(plan->place, 0, operands * sizeof *plan->place);
  plan->program = p, plan->isa = isa;
  plan->nsteps = plan->nslots = plan->ndirect = plan->nfetched = plan->nfixed = plan->npanels = 0;
  plan->bounce = -1, plan->streams = false;
  plan->chunk = NM_CHUNK;
  plan->slot_size =
      NM_TILE * widest + 64; /* not a power of two: tiles fall into different cache sets */
  plan->panel_size = NM_PANEL_ROWS * NM_PANEL_PITCH * widest;
  for (int o = 0; o < p->nout; o++) {
    int r = p->out[o].reg;
    if (r >= b.first_result && nm__in_place(&p->out[o]) && !b.out[r] && !streams(&b, o))
      b.out[r] = (uint8_t)(o + 1);
  }
  find_same(&b);
  find_pairs(&b);
  find_last(&b);

  for (int i = 0; i < p->ncode; i++) {
    int r = b.first_result + i;
    add_instr(&b, i);
    for (int o = 0; o < p->nout; o++)
      if (p->out[o].reg == r && b.out[r] != o + 1) add_store(&b, o);
    drop(&b, b.same[r], i);
  }
  for (int o = 0; o < p->nout; o++) {
    if (p->out[o].reg >= b.first_result) continue;
    need(&b, p->out[o].reg);
    add_store(&b, o);
  }
  if (keep >= 0) need(&b, keep);
  if (p->numel >= FETCH_FROM && plan->nsteps >= FETCH_STEPS) find_fetched(plan);
}
