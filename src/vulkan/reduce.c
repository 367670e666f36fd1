/* reduce.c: reductions.  The program's operand becomes a view in memory of the accumulator's class,
 * which shaders/reduce.comp reduces in as many passes as the length asks for. */
#include <string.h>

#include "vulkan/launch.h"

enum { GROUP = 256, SERIAL = 1024, LEAST = 16, GROUPS = 1024 };

/* shaders/reduce.comp: ORDER Push */
typedef struct reduce_push {
  uint64_t x, y, x_index, y_index, kept, reduced;
  uint32_t outputs, count, chunk, chunks, x_at, y_at, first_tile, end_tile, first_chunk;
} reduce_push;

typedef struct source {      /* what is reduced: kept and reduced dims over memory */
  const nm_mem *mem, *index; /* index: places that go with partial results, or NULL */
  uint64_t addr;
  nm_dtype dtype;
  int64_t last;
  kernel_dims kept, reduced;
  int64_t outputs, count;
} source;

typedef struct target {
  const nm_mem *mem, *index;
  nm_dtype dtype;
} target;

static const nm_shader shaders[NM_NCLASSES] = {[NM_F32] = NM_SHADER_reduce_f32,
                                               [NM_F64] = NM_SHADER_reduce_f64,
                                               [NM_I32] = NM_SHADER_reduce_i32,
                                               [NM_I64] = NM_SHADER_reduce_i64};

static bool is_arg(nm_reduction k) { return k == NM_R_ARGMAX || k == NM_R_ARGMIN; }

/* How a pass is cut up: outputs side by side in a work-group, and the length into chunks. */
typedef struct cut {
  uint32_t columns, rows, chunks;
  int64_t chunk, tiles;
} cut;

static cut cut_up(const source *s) {
  cut c;
  uint32_t rows = kernel_power(s->count / 8, GROUP), columns = GROUP / rows;
  const kernel_dims *k = &s->kept, *r = &s->reduced;
  uint32_t inner_kept = k->n ? k->stride[k->n - 1] : UINT32_MAX,
           inner = r->n ? r->stride[r->n - 1] : UINT32_MAX;
  if (inner_kept < inner && columns < 32)
    columns = kernel_power(s->outputs, 32); /* neighbours read neighbours */
  c.columns = columns;
  c.rows = GROUP / columns;
  c.tiles = (s->outputs + columns - 1) / columns;
  int64_t least = (int64_t)c.rows * LEAST, most = (int64_t)c.rows * SERIAL;
  int64_t chunks = GROUPS / c.tiles, enough = (s->count + least - 1) / least,
          need = (s->count + most - 1) / most;
  if (chunks > enough) chunks = enough;
  if (chunks < need) chunks = need;
  if (chunks > 65535) chunks = 65535;
  if (chunks < 1) chunks = 1;
  c.chunk = (s->count + chunks - 1) / chunks;
  if (c.chunk < 1) c.chunk = 1;
  c.chunks = s->count ? (uint32_t)((s->count + c.chunk - 1) / c.chunk) : 1;
  return c;
}

static nm_status run_pass(nm_vulkan *d, nm_reduction kind, nm_class cls, const source *s,
                          const cut *c, const target *t, uint32_t stage) {
  kernel_launch k = {.d = d};
  const uint32_t spec[] = {kind, s->dtype, t->dtype, c->columns, stage, s->kept.n, s->reduced.n};
  NM_TRY(vulkan_kernel(d, shaders[cls], 7, spec, &k.pipeline));
  kernel_place x = kernel_place_of(s->addr, s->dtype);
  reduce_push p = {.x = x.words,
                   .x_at = x.at,
                   .y = t->mem->addr,
                   .x_index = s->index ? s->index->addr : 0,
                   .y_index = t->index ? t->index->addr : 0,
                   .outputs = (uint32_t)s->outputs,
                   .count = (uint32_t)s->count,
                   .chunk = (uint32_t)c->chunk,
                   .chunks = c->chunks};
  uint64_t results = (uint64_t)s->outputs * c->chunks;
  kernel_touch(&k, s->mem, s->addr, (uint64_t)(s->last + 1) * nm__dtype_size(s->dtype), false);
  kernel_touch(&k, t->mem, t->mem->addr, results * nm__dtype_size(t->dtype), true);
  if (s->index) kernel_touch(&k, s->index, s->index->addr, (uint64_t)(s->last + 1) * 4, false);
  if (t->index) kernel_touch(&k, t->index, t->index->addr, results * 4, true);
  kernel_use_dims(&k, &s->kept, &p.kept);
  kernel_use_dims(&k, &s->reduced, &p.reduced);
  /* one dispatch, unless it would take long: then some chunks, or some tiles, at a time */
  uint64_t each = (uint64_t)c->columns * (uint64_t)c->chunk * 16 + GROUP,
           groups = d->stream.cost_cap / each + 1;
  int64_t tiles = kernel_min(c->tiles, (int64_t)groups),
          chunks = kernel_min(c->chunks, (int64_t)groups / tiles);
  for (int64_t i = 0; i < c->tiles; i += tiles) {
    for (int64_t j = 0; j < c->chunks; j += chunks) {
      int64_t ni = kernel_min(tiles, c->tiles - i), nj = kernel_min(chunks, c->chunks - j);
      p.first_tile = (uint32_t)i;
      p.end_tile = (uint32_t)(i + ni);
      p.first_chunk = (uint32_t)j;
      NM_TRY(kernel_dispatch(&k, &p, sizeof p, kernel_grid((uint64_t)ni, 1), (uint32_t)nj, 1,
                             (uint64_t)(ni * nj) * each));
    }
  }
  return NM_OK;
}

/* Reduces s into out, through partial results as long as one pass leaves several for each output.
 */
static nm_status reduce_source(nm_vulkan *d, nm_reduction kind, nm_class cls, source s,
                               const target *out) {
  nm_device *dev = &d->base;
  nm_mem held[2] = {{0}, {0}}; /* partial results that the next pass reads, and their places */
  nm_status status = NM_OK;
  for (;;) {
    cut c = cut_up(&s);
    if (c.chunks == 1) {
      status = run_pass(d, kind, cls, &s, &c, out, s.index || held[0].handle ? 1 : 0);
      break;
    }
    nm_mem part[2] = {{0}, {0}};
    uint64_t n = (uint64_t)s.outputs * c.chunks;
    target t = {&part[0], NULL, nm__class_dtype[cls]};
    status = vulkan_alloc(dev, n * nm__class_size[cls], &part[0]);
    if (status == NM_OK && is_arg(kind)) {
      status = vulkan_alloc(dev, n * 4, &part[1]);
      t.index = &part[1];
    }
    if (status == NM_OK) status = run_pass(d, kind, cls, &s, &c, &t, held[0].handle ? 3 : 2);
    for (int i = 0; i < 2; i++) { /* what was read is free for later work */
      if (held[i].handle) vulkan_release(dev, &held[i]);
      held[i] = part[i];
    }
    if (status != NM_OK) break;
    s = (source){.mem = &held[0],
                 .index = is_arg(kind) ? &held[1] : NULL,
                 .addr = held[0].addr,
                 .dtype = t.dtype,
                 .last = (int64_t)n - 1,
                 .outputs = s.outputs,
                 .count = c.chunks};
    s.kept = (kernel_dims){{(uint32_t)s.outputs}, {c.chunks}, 1};
    s.reduced = (kernel_dims){{c.chunks}, {1}, 1};
  }
  for (int i = 0; i < 2; i++)
    if (held[i].handle) vulkan_release(dev, &held[i]);
  return status;
}

/* ---- from the program to a source ---- */

static nm_status finish(nm_vulkan *d, const nm_reduce *r, nm_class cls, const nm_mem *mem,
                        uint64_t addr, nm_dtype dtype, const int64_t *stride) {
  const nm_program *p = r->program;
  source s = {.mem = mem, .addr = addr, .dtype = dtype, .outputs = r->out_numel, .count = 1};
  for (int i = 0; i < p->ndim; i++) {
    if (r->reduced >> i & 1) s.count *= p->shape[i];
    if (p->shape[i] > 1) s.last += (p->shape[i] - 1) * stride[i];
  }
  NM_TRY(kernel_check_size(d, s.last));
  NM_TRY(kernel_check_size(d, s.count));
  NM_TRY(kernel_check_size(d, s.outputs));
  kernel_dims_of(&s.kept, p->ndim, p->shape, stride, ~r->reduced);
  kernel_dims_of(&s.reduced, p->ndim, p->shape, stride, r->reduced);
  target out = {r->out, NULL, r->out_dtype};
  if (is_arg(r->kind) || nm__dtype_class(r->out_dtype) == cls || r->out_dtype == NM_BOOL)
    return reduce_source(d, r->kind, cls, s, &out);
  /* accumulated in float64, wanted narrower: rounded once, at the end */
  nm_mem wide;
  NM_TRY(vulkan_alloc(&d->base, (size_t)r->out_numel * nm__class_size[cls], &wide));
  target t = {&wide, NULL, nm__class_dtype[cls]};
  nm_status status = reduce_source(d, r->kind, cls, s, &t);
  nm_program q = {.ndim = 1, .numel = r->out_numel, .shape = {r->out_numel}, .nin = 1, .nout = 1};
  nm_class to = nm__dtype_class(r->out_dtype);
  q.in[0] =
      (nm_operand){.dtype = (uint8_t)t.dtype, .layout = NM_FLAT, .mem = &wide, .addr = wide.addr};
  q.code[q.ncode++] = (nm_instr){NM_I_cast, (uint8_t)cls, (uint8_t)to, 0, 0, 0};
  if (nm__is_narrow(r->out_dtype))
    q.code[q.ncode++] = (nm_instr){NM_I_narrow, (uint8_t)to, (uint8_t)r->out_dtype, 1, 0, 0};
  q.out[0] = (nm_operand){.dtype = (uint8_t)r->out_dtype,
                          .layout = NM_FLAT,
                          .reg = (uint8_t)q.ncode,
                          .mem = r->out,
                          .addr = r->out->addr};
  if (status == NM_OK) status = vulkan_run(&d->base, &q);
  vulkan_release(&d->base, &wide);
  return status;
}

/* The class in which it is accumulated. */
static nm_class class_of(const nm_reduce *r) {
  nm_class from = nm__dtype_class(r->src_dtype), to = nm__dtype_class(r->out_dtype);
  if (r->kind != NM_R_SUM && r->kind != NM_R_PROD) return from;
  return from == NM_F64 && to == NM_F32 ? NM_F64 : to;
}

/* Runs the program with one more output, the operand cast to `cls`, and reduces that. */
static nm_status through_memory(nm_vulkan *d, const nm_reduce *r, nm_class cls) {
  nm_program p = *r->program;
  nm_class from = nm__dtype_class(r->src_dtype);
  nm_dtype dtype = from == cls ? r->src_dtype : nm__class_dtype[cls];
  nm_mem mem;
  if (p.nout >= NM_PROG_OUT || (from != cls && p.ncode >= NM_PROG_CODE))
    return nm__error(d->base.ctx, NM_ENOTSUP, "device '%s': a program too long to be reduced",
                     d->base.name);
  NM_TRY(vulkan_alloc(&d->base, (size_t)p.numel * nm__dtype_size(dtype), &mem));
  uint8_t reg = r->src;
  if (from != cls) {
    p.code[p.ncode] = (nm_instr){NM_I_cast, (uint8_t)from, (uint8_t)cls, r->src, 0, 0};
    reg = (uint8_t)(p.nin + p.nconst + p.ncode++);
  }
  p.out[p.nout++] = (nm_operand){
      .dtype = (uint8_t)dtype, .layout = NM_FLAT, .reg = reg, .mem = &mem, .addr = mem.addr};
  nm_status status = vulkan_run(&d->base, &p);
  int64_t stride[NM_MAX_DIMS], step = 1;
  for (int i = p.ndim - 1; i >= 0; i--) {
    stride[i] = step;
    step *= p.shape[i];
  }
  if (status == NM_OK) status = finish(d, r, cls, &mem, mem.addr, dtype, stride);
  vulkan_release(&d->base, &mem);
  return status;
}

nm_status vulkan_reduce(nm_device *dev, const nm_reduce *r) {
  nm_vulkan *d = vulkan_of(dev);
  NM_TRY(vulkan_usable(d));
  if (!r->out_numel) return NM_OK;
  const nm_program *p = r->program;
  nm_class cls = class_of(r);
  if (p->nout || r->src >= p->nin || nm__dtype_class(r->src_dtype) != cls ||
      p->in[r->src].dtype != r->src_dtype)
    return through_memory(d, r, cls);
  const nm_operand *x = &p->in[r->src];
  int64_t stride[NM_MAX_DIMS] = {0}, step = 1;
  for (int i = p->ndim - 1; i >= 0; i--) {
    if (x->layout != NM_SINGLE) stride[i] = x->layout == NM_STRIDED ? x->stride[i] : step;
    step *= p->shape[i];
  }
  return finish(d, r, cls, x->mem, x->addr, r->src_dtype, stride);
}
