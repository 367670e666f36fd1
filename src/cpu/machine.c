/* machine.c: the block machine, which runs the plans of elementwise programs (plan.c) tile by tile.
 */
#include <string.h>

#include "cpu/cpu.h"

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

/* ---- running ---- */

void nm__machine_start(nm_machine *m, const nm_plan *plan, void *scratch) {
  const nm_program *p = plan->program;
  int operands = p->nin + p->nconst + p->ncode;
  int n = p->numel < NM_TILE ? (int)p->numel : NM_TILE;
  m->plan = plan;
  m->tiles = scratch;
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

static void load_runs(nm_machine *m, const nm_step *s, int64_t start, int n) {
  const nm_plan *plan = m->plan;
  const nm_operand *o = &plan->program->in[s->at];
  const nm_walk *w = &plan->walk[s->at];
  nm_cursor *c = &m->cursor[s->at];
  int64_t offset;
  nm__walk_seek(w, c, start);
  if (w->shape[w->ndim - 1] - c->index[w->ndim - 1] >= n) {
    nm__walk_next(w, c, n, &offset);
    m->where[s->y] = o->ptr + offset * (int64_t)nm__dtype_size((nm_dtype)o->dtype);
    return;
  }
  m->where[s->y] = m->tiles + plan->place[s->y].slot * plan->slot_size;
  load_strided(m, s, start, n);
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
  if (!nm__in_place(o)) s->run.store(n, m->bounce, 1, from), from = m->bounce;
  m->plan->isa->stream((size_t)n * nm__dtype_size((nm_dtype)o->dtype), element(o, start), from);
}

static void other_step(nm_machine *m, const nm_step *s, int64_t start, int n) {
  const nm_program *p = m->plan->program;
  switch (s->kind) {
  case S_LOAD: s->run.load(n, m->where[s->y], element(&p->in[s->at], start), 1); break;
  case S_LOAD_STRIDED: load_strided(m, s, start, n); break;
  case S_LOAD_RUNS: load_runs(m, s, start, n); break;
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

/* Lines of memory that the tile after the next will read or write.  A step asks for its share of
 * them: all at once they would wait for each other, and a tile is too short for the hardware's own
 * prefetching to catch on. */
typedef struct ahead {
  struct {
    const char *at;
    int apart; /* a line, or of elements of 8 bytes two: the hardware fetches pairs */
  } stream[NM_PROG_IN + NM_PROG_OUT];
  int n, share;
} ahead;

static void ahead_start(ahead *h, const nm_machine *m) {
  const nm_plan *plan = m->plan;
  enum { LINE = 64, LINES = NM_TILE * 4 / LINE };
  h->n = plan->nfetched;
  h->share = (LINES + plan->nsteps - 1) / plan->nsteps;
  for (int k = 0; k < h->n; k++) {
    int r = plan->fetched[k], scale = plan->place[r].scale;
    h->stream[k].at = m->where[r] + 2 * NM_TILE * scale;
    h->stream[k].apart = LINE / 4 * scale;
  }
}

static inline void ahead_fetch(ahead *h) {
  for (int k = 0; k < h->n; k++) {
    const char *at = h->stream[k].at;
    for (int i = 0; i < h->share; i++, at += h->stream[k].apart) __builtin_prefetch(at);
    h->stream[k].at = at;
  }
}

void nm__machine_run(nm_machine *m, int64_t start, int n) {
  const nm_plan *plan = m->plan;
  ahead h;
  for (int d = 0; d < plan->ndirect; d++) {
    const nm_place *place = &plan->place[plan->direct[d]];
    m->where[plan->direct[d]] = place->base + start * place->scale;
  }
  ahead_start(&h, m);
  for (const nm_step *s = plan->step, *end = s + plan->nsteps; s < end; s++) {
    ahead_fetch(&h);
    if (s->kind == S_LOOP)
      s->run.loop(n, m->where[s->y], m->where[s->a], m->where[s->b], m->where[s->c]);
    else
      other_step(m, s, start, n);
  }
}

const char *nm__machine_block(nm_machine *m, uint8_t src, size_t size, int64_t start, int64_t n,
                              char *to) {
  const nm_place *place = &m->plan->place[src];
  for (int64_t i = 0; i < n; i += NM_TILE) {
    if (!place->base) m->where[src] = to + (size_t)i * size;
    nm__machine_run(m, start + i, (int)nm__least(n - i, NM_TILE));
  }
  return place->base ? place->base + start * place->scale : to;
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
  while ((task = nm__near_task(job, worker)) >= 0) {
    int64_t at = task * r->plan->chunk,
            end = at + r->plan->chunk < numel ? at + r->plan->chunk : numel;
    for (; at < end; at += NM_TILE)
      nm__machine_run(&m, at, end - at < NM_TILE ? (int)(end - at) : NM_TILE);
  }
  if (r->plan->streams) r->plan->isa->stream_end();
}

/* A program of one instruction and one task, whose operands are read and written where they are,
 * needs no plan: it is that loop.  False, and nothing was done, for any other. */
static bool run_loop(const nm_isa *isa, const nm_program *p) {
  const nm_instr *in = &p->code[0];
  char *at[3] = {NULL, NULL, NULL}, *y = p->out[0].ptr;
  size_t step[3] = {0}, size = nm__dtype_size((nm_dtype)p->out[0].dtype);
  if (p->ncode != 1 || p->nout != 1 || p->nconst || p->numel > NM_CHUNK) return false;
  if (in->op == NM_I_index || p->out[0].reg != p->nin || !nm__in_place(&p->out[0])) return false;
  const uint8_t operand[3] = {in->a, in->b, in->c};
  int arity = nm__instrs[in->op].arity;
  for (int k = 0; k < arity; k++) {
    const nm_operand *o = &p->in[operand[k]];
    if (!nm__in_place(o)) return false;
    at[k] = o->ptr, step[k] = NM_TILE * nm__dtype_size((nm_dtype)o->dtype);
  }
  for (int k = arity; k < 3; k++)
    at[k] = at[0], step[k] = step[0]; /* loops may look at all three */
  nm_loop *loop = nm__loop_of(isa, in);
  for (int64_t n = p->numel; n > 0; n -= NM_TILE, y += NM_TILE * size) {
    loop((int)(n < NM_TILE ? n : NM_TILE), y, at[0], at[1], at[2]);
    for (int k = 0; k < 3; k++) at[k] += step[k];
  }
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
