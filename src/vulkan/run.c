/* run.c: runs elementwise programs: the way to each operand, pipeline, parameters, dispatches. */
#include <stdlib.h>
#include <string.h>

#include "vulkan/emit.h"

enum { MAX_GRID = 16384 }; /* work-groups; invocations stride over the rest */

/* ---- the plan ---- */

typedef struct operands { /* those that are strided */
  int n;
  const nm_operand *operand[NM_PROG_IN + NM_PROG_OUT];
  vulkan_way *way[NM_PROG_IN + NM_PROG_OUT];
} operands;

static void collect(const nm_program *p, vulkan_plan *plan, operands *o) {
  o->n = 0;
  for (int i = 0; i < p->nin + p->nout; i++) {
    const nm_operand *x = i < p->nin ? &p->in[i] : &p->out[i - p->nin];
    vulkan_way *w = i < p->nin ? &plan->in[i] : &plan->out[i - p->nin];
    w->strided = x->layout == NM_STRIDED;
    if (!w->strided) continue;
    o->operand[o->n] = x;
    o->way[o->n++] = w;
  }
}

/* Drops dims of size one and merges dims that follow each other alike in every strided operand. */
static void merge_dims(const nm_program *p, vulkan_plan *plan, const operands *o) {
  int n = 0;
  for (int d = 0; o->n && d < p->ndim; d++) {
    if (p->shape[d] == 1) continue;
    bool merge = n > 0;
    for (int k = 0; k < o->n && merge; k++)
      merge = o->way[k]->stride[n - 1] == o->operand[k]->stride[d] * p->shape[d];
    if (!merge) plan->shape[n++] = 1;
    plan->shape[n - 1] *= p->shape[d];
    for (int k = 0; k < o->n; k++) o->way[k]->stride[n - 1] = o->operand[k]->stride[d];
  }
  if (!n && o->n) plan->shape[n++] = 1; /* strides stay 0 */
  plan->ndim = n;
}

static int64_t last_position(const vulkan_plan *plan, const vulkan_way *w) {
  int64_t at = 0;
  for (int d = 0; d < plan->ndim; d++) at += (plan->shape[d] - 1) * w->stride[d];
  return at;
}

/* How the lanes of a group reach the operand. */
static vulkan_touch touch_of(const vulkan_plan *plan, const nm_operand *x, const vulkan_way *w,
                             bool output) {
  bool aligned = x->addr % (VULKAN_LANES * nm__dtype_size((nm_dtype)x->dtype)) == 0;
  if (!w->strided) {
    if (x->layout == NM_SINGLE && !output) return VULKAN_SPLAT;
    return plan->lanes > 1 && aligned ? VULKAN_VECTOR : VULKAN_EACH;
  }
  if (plan->lanes == 1) return VULKAN_EACH;
  int64_t inner = w->stride[plan->ndim - 1];
  if (inner == 0 && !output) return VULKAN_SPLAT;
  for (int d = 0; d < plan->ndim - 1; d++) aligned &= w->stride[d] % VULKAN_LANES == 0;
  return aligned && inner == 1 ? VULKAN_VECTOR : VULKAN_EACH;
}

static nm_status make_plan(nm_vulkan *d, const nm_program *p, vulkan_plan *plan) {
  memset(plan, 0, sizeof *plan);
  operands o;
  collect(p, plan, &o);
  merge_dims(p, plan, &o);
  bool fours = !o.n || plan->shape[plan->ndim - 1] % VULKAN_LANES == 0;
  plan->lanes = fours ? VULKAN_LANES : 1;
  plan->tail = p->numel % plan->lanes != 0;
  plan->wide = p->numel > INT32_MAX || !d->has.index32;
  for (int k = 0; k < o.n; k++) plan->wide |= last_position(plan, o.way[k]) > INT32_MAX;
  if (plan->wide && !d->has.int64)
    return nm__error(d->base.ctx, NM_ENOTSUP,
                     "device '%s' has no shaderInt64, which more than %d elements need",
                     d->base.name, INT32_MAX);
  for (int i = 0; i < p->nin; i++)
    plan->in[i].touch = (uint8_t)touch_of(plan, &p->in[i], &plan->in[i], false);
  for (int i = 0; i < p->nout; i++)
    plan->out[i].touch = (uint8_t)touch_of(plan, &p->out[i], &plan->out[i], true);
  for (int i = 0; i < p->ncode; i++) { /* rand and randn take their words as they are */
    const nm_instr *c = &p->code[i];
    if (c->op == NM_I_rand || c->op == NM_I_randn) continue;
    const uint8_t regs[3] = {c->a, c->b, c->c};
    for (int k = 0; k < nm__instrs[c->op].arity; k++)
      if (regs[k] >= p->nin && regs[k] < p->nin + p->nconst) plan->used[regs[k] - p->nin] = true;
  }
  for (int i = 0; i < p->nout; i++)
    if (p->out[i].reg >= p->nin && p->out[i].reg < p->nin + p->nconst)
      plan->used[p->out[i].reg - p->nin] = true;
  return NM_OK;
}

/* ---- the pipeline ---- */

enum { KEY_BYTES = 8 + 2 * NM_PROG_IN + 3 * NM_PROG_OUT + NM_PROG_CONST + 6 * NM_PROG_CODE };

/* All that the emitter looks at.  The first byte is never 255; see vulkan_kernel. */
static size_t make_key(const nm_program *p, const vulkan_plan *plan, uint8_t key[KEY_BYTES]) {
  size_t n = 0;
  key[n++] = plan->lanes;
  key[n++] = (uint8_t)(plan->wide | plan->tail << 1);
  key[n++] = (uint8_t)plan->ndim;
  key[n++] = (uint8_t)p->nin;
  key[n++] = (uint8_t)p->nconst;
  key[n++] = (uint8_t)p->ncode;
  key[n++] = (uint8_t)p->nout;
  for (int i = 0; i < p->nin; i++) {
    key[n++] = p->in[i].dtype;
    key[n++] = (uint8_t)(plan->in[i].strided << 4 | plan->in[i].touch);
  }
  for (int i = 0; i < p->nout; i++) {
    key[n++] = p->out[i].dtype;
    key[n++] = (uint8_t)(plan->out[i].strided << 4 | plan->out[i].touch);
    key[n++] = p->out[i].reg;
  }
  for (int i = 0; i < p->nconst; i++) key[n++] = p->konst_class[i];
  for (int i = 0; i < p->ncode; i++) {
    const nm_instr *c = &p->code[i];
    const uint8_t bytes[6] = {c->op, c->cls, c->aux, c->a, c->b, c->c};
    const int arity = nm__instrs[c->op].arity;
    memcpy(key + n, bytes, 6);
    for (int k = arity; k < 3; k++) key[n + 3 + (size_t)k] = 0; /* not read, so not part of it */
    n += 6;
  }
  return n;
}

static nm_status find_pipeline(nm_vulkan *d, const nm_program *p, const vulkan_plan *plan,
                               vulkan_pipeline **out) {
  uint8_t key[KEY_BYTES];
  size_t size = make_key(p, plan, key);
  *out = vulkan_pipeline_find(d, key, size);
  if (*out) return NM_OK;
  spirv_words code;
  NM_TRY(vulkan_emit(d, p, plan, &code));
  nm_status status = vulkan_pipeline_new(d, key, size, code.w, code.n, 0, NULL, out);
  free(code.w);
  return status;
}

/* ---- parameters ---- */

static void put_index(const vulkan_plan *plan, uint32_t *at, int64_t value) {
  at[0] = (uint32_t)value;
  if (plan->wide) at[1] = (uint32_t)((uint64_t)value >> 32);
}
static void put_address(uint32_t *at, uint64_t addr) {
  at[0] = (uint32_t)addr;
  at[1] = (uint32_t)(addr >> 32);
}

/* Size, multiplier and shift of a division; see emit.c. */
static void put_divisor(const vulkan_plan *plan, uint32_t *at, int64_t size) {
  put_index(plan, at, size);
  if (plan->wide) return;
  uint32_t shift = 0;
  while ((1ull << shift) < (uint64_t)size) shift++;
  at[1] = (uint32_t)(((1ull << 32) * ((1ull << shift) - (uint64_t)size)) / (uint64_t)size + 1);
  at[2] = shift;
}

static void put_strides(const vulkan_plan *plan, const vulkan_way *w, int words, uint32_t *at) {
  if (!w->strided) return;
  for (int k = 0; k < plan->ndim; k++) put_index(plan, at + k * words, w->stride[k]);
}

static void fill_block(const nm_program *p, const vulkan_plan *plan, const vulkan_layout *l,
                       uint32_t *block) {
  put_index(plan, block + l->numel, p->numel);
  for (int i = 0; i < p->nin; i++) put_address(block + l->in[i], p->in[i].addr);
  for (int i = 0; i < p->nout; i++) put_address(block + l->out[i], p->out[i].addr);
  for (int i = 0; i < p->nconst; i++)
    memcpy(block + l->konst[i], &p->konst[i], nm__class_size[p->konst_class[i]]);
  for (int k = 1; k < plan->ndim; k++) put_divisor(plan, block + l->dim[k], plan->shape[k]);
  for (int i = 0; i < p->nin; i++)
    put_strides(plan, &plan->in[i], l->index_words, block + l->in_stride[i]);
  for (int i = 0; i < p->nout; i++)
    put_strides(plan, &plan->out[i], l->index_words, block + l->out_stride[i]);
}

/* ---- dispatches ---- */

static vulkan_access access_of(const nm_program *p, const vulkan_plan *plan, const nm_operand *x,
                               const vulkan_way *w, bool write) {
  int64_t last = w->strided ? last_position(plan, w) : x->layout == NM_SINGLE ? 0 : p->numel - 1;
  uint64_t bytes = (uint64_t)(last + 1) * nm__dtype_size((nm_dtype)x->dtype);
  return (vulkan_access){x->addr & ~3ull, (x->addr + bytes - 1) | 3u,
                         write}; /* whole words are touched */
}

static void order(nm_vulkan *d, const nm_program *p, const vulkan_plan *plan) {
  vulkan_access a[NM_PROG_IN + NM_PROG_OUT];
  for (int i = 0; i < p->nin; i++) a[i] = access_of(p, plan, &p->in[i], &plan->in[i], false);
  for (int i = 0; i < p->nout; i++)
    a[p->nin + i] = access_of(p, plan, &p->out[i], &plan->out[i], true);
  vulkan_order(d, p->nin + p->nout, a);
}

static void note_use(nm_vulkan *d, const nm_program *p) {
  uint64_t value = vulkan_recording(d);
  for (int i = 0; i < p->nin; i++) ((vulkan_segment *)p->in[i].mem->handle)->last_use = value;
  for (int i = 0; i < p->nout; i++) ((vulkan_segment *)p->out[i].mem->handle)->last_use = value;
}

/* One dispatch, of groups first to end-1. */
static nm_status dispatch(nm_vulkan *d, const nm_program *p, const vulkan_plan *plan,
                          const vulkan_layout *l, vulkan_pipeline *pipeline, const uint32_t *block,
                          int64_t first, int64_t end, uint64_t cost) {
  uint32_t push[VULKAN_PUSH_WORDS];
  uint32_t *rest = push + 2 * l->index_words;
  size_t bytes = (size_t)l->block_words * 4;
  VkCommandBuffer cmd;
  uint64_t at;
  NM_TRY(vulkan_begin(d, l->spilled ? bytes : 0, &cmd, &at));
  put_index(plan, push, first);
  put_index(plan, push + l->index_words, end);
  if (l->spilled) {
    const vulkan_buffer *host = vulkan_host_buffer(d);
    memcpy(host->map + at, block, bytes);
    put_address(rest, host->addr + at);
  } else {
    memcpy(rest, block, bytes);
  }
  if (first == 0) order(d, p, plan); /* the parts of a program do not depend on each other */
  note_use(d, p);
  int64_t grid = (end - first + VULKAN_GROUP - 1) / VULKAN_GROUP;
  vulkan_dispatch(d, cmd, pipeline, push, l->pushed_words * 4u,
                  (uint32_t)(grid < MAX_GRID ? grid : MAX_GRID), 1, 1);
  return vulkan_recorded(d, cost);
}

nm_status vulkan_run(nm_device *dev, const nm_program *p) {
  nm_vulkan *d = vulkan_of(dev);
  vulkan_plan plan;
  vulkan_layout layout;
  vulkan_pipeline *pipeline;
  NM_TRY(vulkan_usable(d));
  if (!p->numel || !p->nout) return NM_OK;
  NM_TRY(make_plan(d, p, &plan));
  NM_TRY(find_pipeline(d, p, &plan, &pipeline));
  vulkan_lay_out(p, &plan, &layout);
  uint32_t block[2 * (1 + NM_PROG_IN + NM_PROG_OUT + NM_PROG_CONST +
                      (NM_PROG_IN + NM_PROG_OUT) * NM_MAX_DIMS) +
                 3 * NM_MAX_DIMS];
  fill_block(p, &plan, &layout, block);
  int64_t groups = (p->numel + plan.lanes - 1) / plan.lanes;
  uint64_t each = (uint64_t)plan.lanes * (uint64_t)(p->nin + p->nout + 4 * p->ncode);
  int64_t most = (int64_t)(d->stream.cost_cap / each) + 1;
  for (int64_t first = 0; first < groups; first += most) {
    int64_t end = groups - first < most ? groups : first + most;
    NM_TRY(dispatch(d, p, &plan, &layout, pipeline, block, first, end,
                    (uint64_t)(end - first) * each));
  }
  return NM_OK;
}
