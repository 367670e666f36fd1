/* run.c: building programs from pending values, and running them.
 *
 * One walk collects everything below the root that is not ready; the recursion is as deep as a
 * program is long (NM_WEIGHT_CAP).  What the walk meets and somebody else still holds is stored by
 * the same pass if the tape saved it, or if it has been computed on the way once before: a name
 * that is only garbage not yet collected costs nothing, a value used twice is computed twice at
 * most. */
#include "fuse/run.h"

#include <string.h>

/* While a program is built, operand numbers are kind-tagged; finish() makes them consecutive. */
enum { TAG_CONST = 0x20, TAG_CODE = 0x40 };

typedef struct build {
  nm_context *ctx;
  nm_program *p;
  nm_value *input[NM_PROG_IN];      /* whose memory in[k] reads */
  uint32_t input_reads[NM_PROG_IN]; /* sources in this program that read in[k] */
  nm_value *owner[NM_PROG_CODE];    /* the value that instruction k finishes, or NULL */
  uint32_t reads[NM_PROG_CODE];     /* sources in this program that read it */
  bool survives[NM_PROG_CODE];      /* it is still pending after the run */
  bool stores[NM_PROG_CODE];        /* it is an intermediate that is stored */
  bool kept[NM_PROG_IN];            /* in[k] is read by a survivor, or written over already */
  int last_read[NM_PROG_IN];        /* the last instruction that reads in[k] */
  nm_value *stored[NM_PROG_OUT];    /* what is stored: intermediates, then the root */
  nm_value *over[NM_PROG_OUT];      /* the input whose memory it takes, or NULL */
} build;

static void begin(build *b, nm_context *ctx, int ndim, const int64_t *shape, int64_t numel) {
  nm_program *p = &ctx->program;
  b->ctx = ctx;
  b->p = p;
  p->ndim = ndim;
  p->numel = numel;
  for (int d = 0; d < ndim; d++) p->shape[d] = shape[d];
  p->nin = p->nconst = p->ncode = p->nout = 0;
  ctx->epoch++;
}

static uint8_t add_const(build *b, nm_bits bits, nm_class cls) {
  nm_program *p = b->p;
  p->konst[p->nconst] = bits;
  p->konst_class[p->nconst] = (uint8_t)cls;
  return (uint8_t)(TAG_CONST + p->nconst++);
}

static void set_memory(nm_operand *o, const nm_value *v, int64_t offset) {
  size_t size = nm__dtype_size((nm_dtype)v->dtype);
  o->dtype = v->dtype;
  o->mem = &v->mem;
  o->ptr = v->mem.ptr ? (char *)v->mem.ptr + (size_t)offset * size : NULL;
  o->addr = v->mem.addr ? v->mem.addr + (uint64_t)offset * size : 0;
}

static uint8_t add_input(build *b, nm_value *v, uint8_t layout, int64_t offset,
                         const int64_t *stride) {
  nm_program *p = b->p;
  nm_operand want;
  want.layout = layout;
  set_memory(&want, v, offset);
  for (int k = 0; k < p->nin; k++) {
    nm_operand *o = &p->in[k];
    if (b->input[k] != v || o->layout != layout || o->ptr != want.ptr || o->addr != want.addr)
      continue;
    if (layout == NM_STRIDED && memcmp(o->stride, stride, (size_t)p->ndim * sizeof *stride))
      continue;
    b->input_reads[k]++;
    return (uint8_t)k;
  }
  nm_operand *o = &p->in[p->nin];
  o->layout = layout;
  set_memory(o, v, offset);
  if (layout == NM_STRIDED) memcpy(o->stride, stride, (size_t)p->ndim * sizeof *stride);
  b->input[p->nin] = v;
  b->input_reads[p->nin] = 1;
  b->kept[p->nin] = false;
  b->last_read[p->nin] = -1;
  return (uint8_t)p->nin++;
}

static uint8_t add_code(build *b, nm_opcode op, nm_class cls, int aux, uint8_t x, uint8_t y,
                        uint8_t z) {
  nm_program *p = b->p;
  p->code[p->ncode] = (nm_instr){(uint8_t)op, (uint8_t)cls, (uint8_t)aux, x, y, z};
  b->owner[p->ncode] = NULL;
  b->reads[p->ncode] = 0;
  b->survives[p->ncode] = false;
  return (uint8_t)(TAG_CODE + p->ncode++);
}

static uint8_t add_value(build *b, nm_value *v);

static uint8_t add_source(build *b, const nm_source *s, nm_class want) {
  nm_value *v = s->value;
  if (!v) return add_const(b, s->bits, want);
  uint8_t r = v->ready ? add_input(b, v, s->layout, s->offset, s->stride) : add_value(b, v);
  if (!v->ready) b->reads[r - TAG_CODE]++;
  nm_class have = nm__dtype_class((nm_dtype)v->dtype);
  return have == want ? r : add_code(b, NM_I_cast, have, want, r, 0, 0);
}

/* The instructions of a pending value, once; the last of them is its operand. */
static uint8_t add_value(build *b, nm_value *v) {
  if (v->epoch == b->ctx->epoch) return v->reg;
  const nm_instr_info *info = &nm__instrs[v->op];
  nm_class cls = (nm_class)v->cls;
  uint8_t r[3] = {0, 0, 0};
  for (int i = 0; i < v->nargs; i++)
    r[i] = add_source(b, &v->args[i], nm__operand_class((nm_opcode)v->op, cls, i));
  uint8_t x = add_code(b, (nm_opcode)v->op, cls, v->aux, r[0], r[1], r[2]);
  if (nm__is_narrow((nm_dtype)v->dtype) && info->kind != NM_K_COMPARE)
    x = add_code(b, NM_I_narrow, cls, v->dtype, x, 0, 0);
  v->epoch = b->ctx->epoch;
  v->reg = x;
  b->owner[x - TAG_CODE] = v;
  return x;
}

/* What stays pending keeps its arguments: marks the inputs that may not be written over. */
static void mark_survivors(build *b) {
  const nm_program *p = b->p;
  for (int k = p->ncode - 1; k >= 0; k--) {
    const nm_value *v = b->owner[k];
    if (!v || !b->survives[k]) continue;
    for (int i = 0; i < v->nargs; i++) {
      const nm_value *a = v->args[i].value;
      if (!a) continue;
      if (!a->ready)
        b->survives[a->reg - TAG_CODE] = !b->stores[a->reg - TAG_CODE];
      else
        for (int j = 0; j < p->nin; j++) b->kept[j] |= b->input[j] == a;
    }
  }
}

static void mark_reads(build *b) {
  const nm_program *p = b->p;
  for (int k = 0; k < p->ncode; k++) {
    const nm_instr *in = &p->code[k];
    const uint8_t r[3] = {in->a, in->b, in->c};
    for (int i = 0; i < nm__instrs[in->op].arity; i++)
      if (r[i] < TAG_CONST) b->last_read[r[i]] = k;
  }
}

/* An input that nobody else needs and that v, the result of instruction k, may be written over; or
 * -1.  Later instructions must not read it. */
static int reusable_input(const build *b, const nm_value *v, int k) {
  const nm_program *p = b->p;
  for (int j = 0; j < p->nin; j++) {
    const nm_value *in = b->input[j];
    if (b->kept[j] || in->refs != b->input_reads[j] || b->last_read[j] > k || in->pinned ||
        in->release || in->dtype != v->dtype || in->numel != v->numel || p->in[j].layout != NM_FLAT)
      continue;
    return j; /* all its reads are this input, so they are flat and from its first element */
  }
  return -1;
}

/* v, which instruction k finishes, becomes the next output, over an input if `steal` allows it. */
static nm_status add_output(build *b, nm_value *v, int k, bool steal) {
  nm_program *p = b->p;
  int reuse = steal ? reusable_input(b, v, k) : -1;
  if (reuse >= 0) {
    v->mem = b->input[reuse]->mem;
    b->kept[reuse] = true;
  } else {
    NM_TRY(nm__mem_alloc(v->dev, (size_t)v->numel * nm__dtype_size((nm_dtype)v->dtype), &v->mem));
  }
  nm_operand *o = &p->out[p->nout];
  o->layout = NM_FLAT;
  o->reg = (uint8_t)(TAG_CODE + k);
  set_memory(o, v, 0);
  b->over[p->nout] = reuse >= 0 ? b->input[reuse] : NULL;
  b->stored[p->nout++] = v;
  return NM_OK;
}

/* Gives memory to the intermediates that are worth storing. */
static nm_status store_intermediates(build *b, const nm_value *root, bool steal) {
  const nm_program *p = b->p;
  int n = 0;
  for (int k = 0; k < p->ncode; k++) {
    nm_value *v = b->owner[k];
    bool wanted = v && v != root && v->refs != b->reads[k];
    b->stores[k] = wanted && (v->saved || v->seen) && n < NM_PROG_OUT - 1;
    n += b->stores[k];
    if (wanted && !b->stores[k]) v->seen = b->survives[k] = true;
  }
  if (steal) {
    mark_survivors(b);
    mark_reads(b);
  }
  for (int k = 0; k < p->ncode; k++)
    if (b->stores[k]) NM_TRY(add_output(b, b->owner[k], k, steal));
  return NM_OK;
}

/* After a failure: what was to be stored stays pending, and inputs keep their memory. */
static void drop_stored(build *b, int n) {
  for (int k = 0; k < n; k++) {
    nm_value *v = b->stored[k];
    if (!b->over[k]) v->dev->cls->release(v->dev, &v->mem);
    v->mem = (nm_mem){0};
  }
}

static uint8_t untag(const nm_program *p, uint8_t r) {
  if (r >= TAG_CODE) return (uint8_t)(r - TAG_CODE + p->nin + p->nconst);
  return r >= TAG_CONST ? (uint8_t)(r - TAG_CONST + p->nin) : r;
}

static void finish(build *b) {
  nm_program *p = b->p;
  for (int k = 0; k < p->ncode; k++) {
    nm_instr *i = &p->code[k];
    int n = nm__instrs[i->op].arity;
    if (n > 0) i->a = untag(p, i->a);
    if (n > 1) i->b = untag(p, i->b);
    if (n > 2) i->c = untag(p, i->c);
  }
  for (int k = 0; k < p->nout; k++) p->out[k].reg = untag(p, p->out[k].reg);
}

static void become_ready(nm_context *ctx, nm_value *v) {
  v->ready = true;
  nm__value_drop_args(ctx, v);
}

/* After a run: what was stored is ready, and what was written over has no memory any more. */
static void keep_stored(build *b, int n) {
  for (int k = 0; k < n; k++)
    if (b->over[k]) b->over[k]->mem = (nm_mem){0};
  for (int k = 0; k < n; k++) become_ready(b->ctx, b->stored[k]);
}

/* After a pass that stored what the program does, or failed to. */
static nm_status settle(build *b, nm_status s) {
  if (s == NM_OK)
    keep_stored(b, b->p->nout);
  else
    drop_stored(b, b->p->nout);
  return s;
}

nm_status nm__materialize(nm_context *ctx, nm_value *v) {
  if (v->ready) return NM_OK;
  if (v->numel == 0) return become_ready(ctx, v), NM_OK;
  NM_TRY(nm__fit_inputs(ctx, v));
  build b;
  begin(&b, ctx, v->ndim, v->shape, v->numel);
  int root = add_value(&b, v) - TAG_CODE;
  nm_status s = store_intermediates(&b, v, true);
  if (s == NM_OK) s = add_output(&b, v, root, true);
  int nstored = b.p->nout;
  if (s == NM_OK) {
    finish(&b);
    s = v->dev->cls->run(v->dev, b.p);
  }
  if (s != NM_OK) return drop_stored(&b, nstored), s;
  keep_stored(&b, nstored);
  return NM_OK;
}

/* Whether input k reads the destination's memory just where an element is about to be written. */
static bool same_place(const build *b, int k, const nm_operand *dst, const nm_tensor *t) {
  const nm_operand *in = &b->p->in[k];
  if (in->ptr != dst->ptr || in->addr != dst->addr || in->layout != dst->layout) return false;
  return dst->layout != NM_STRIDED ||
         !memcmp(in->stride, t->stride, (size_t)t->ndim * sizeof *t->stride);
}

nm_status nm__materialize_into(nm_context *ctx, nm_value *v, nm_tensor *dst, bool consumed,
                               bool *done) {
  build b;
  nm_value *to = dst->storage->value;
  *done = true;
  if (v->numel == 0) return NM_OK;
  NM_TRY(nm__fit_inputs(ctx, v));
  begin(&b, ctx, v->ndim, v->shape, v->numel);
  uint8_t root = add_value(&b, v);
  nm_operand out = {.layout = nm__is_contiguous(dst) ? NM_FLAT : NM_STRIDED, .reg = root};
  set_memory(&out, to, dst->offset);
  for (int k = 0; k < b.p->nin; k++)
    if (b.input[k] == to && !(consumed && same_place(&b, k, &out, dst)))
      return *done = false, NM_OK;
  if (out.layout == NM_STRIDED)
    memcpy(out.stride, dst->stride, (size_t)dst->ndim * sizeof *dst->stride);
  /* what others hold of v is kept as an intermediate is: the second time that it is computed */
  nm_status s = store_intermediates(&b, consumed ? v : NULL, false);
  int nstored = b.p->nout;
  if (s == NM_OK) {
    b.p->out[b.p->nout++] = out;
    finish(&b);
    s = v->dev->cls->run(v->dev, b.p);
  }
  if (s != NM_OK) return drop_stored(&b, nstored), s;
  keep_stored(&b, nstored);
  return NM_OK;
}

/* Whether a pass over t's elements may compute t's pending value itself. */
static bool computes_pending(const nm_tensor *t) {
  const nm_value *v = t->storage->value;
  if (v->ready || !nm__is_whole(t)) return false;
  return !v->strided || nm__same_shape(t, v->ndim, v->shape);
}

/* The reduction of nothing. */
static nm_tensor *identity(nm_device *dev, nm_reduction kind, nm_dtype dtype, int ndim,
                           const int64_t *shape) {
  nm_class cls = nm__dtype_class(dtype);
  nm_bits one = {.i64 = kind == NM_R_PROD || kind == NM_R_ALL};
  nm_input in = {.bits = nm__bits_cast(one, NM_I64, cls)};
  return nm__record(dev, NM_I_copy, dtype, cls, ndim, shape, 1, &in);
}

/* Reduces t's elements, of which there are some, into new values. */
static nm_status reduce_into(nm_context *ctx, nm_reduction kind, nm_tensor *t, uint32_t dims,
                             nm_value *out, nm_value *also) {
  nm_value *v = t->storage->value;
  bool fused = v->dev->cls->fuses_reductions && computes_pending(t);
  NM_TRY(fused ? nm__fit_inputs(ctx, v) : nm__materialize(ctx, v));
  build b;
  begin(&b, ctx, t->ndim, t->shape, nm_numel(t));
  nm_reduce r = {.kind = kind,
                 .program = b.p,
                 .src_dtype = (nm_dtype)t->dtype,
                 .reduced = dims,
                 .out = &out->mem,
                 .also = also ? &also->mem : NULL,
                 .out_dtype = (nm_dtype)out->dtype,
                 .out_numel = out->numel};
  uint8_t src = fused                  ? add_value(&b, v)
                : nm__is_contiguous(t) ? add_input(&b, v, NM_FLAT, t->offset, NULL)
                                       : add_input(&b, v, NM_STRIDED, t->offset, t->stride);
  nm_status s = fused ? store_intermediates(&b, NULL, false) : NM_OK; /* a kernel may read twice */
  if (s == NM_OK) {
    finish(&b);
    r.src = untag(b.p, src);
    s = v->dev->cls->reduce(v->dev, &r);
  }
  return settle(&b, s);
}

nm_tensor *nm__reduce_pair(nm_context *ctx, nm_reduction kind, nm_tensor *t, uint32_t dims,
                           nm_dtype dtype, nm_tensor **also) {
  nm_device *dev = t->storage->value->dev;
  nm_value *out = NULL, *second = NULL;
  int64_t shape[NM_MAX_DIMS], n = 1;
  int ndim = 0;
  for (int d = 0; d < t->ndim; d++)
    if (!(dims >> d & 1)) n *= shape[ndim++] = t->shape[d];
  if (nm_numel(t) == 0) return identity(dev, kind, dtype, ndim, shape);
  nm_dtype beside = kind == NM_R_SQUARES ? dtype : (nm_dtype)t->dtype;
  nm_status s = nm__value_new(dev, dtype, n, &out);
  if (s == NM_OK && also) s = nm__value_new(dev, beside, n, &second);
  if (s == NM_OK) s = reduce_into(ctx, kind, t, dims, out, second);
  if (s != NM_OK) {
    if (out) nm__value_unref(ctx, out);
    if (second) nm__value_unref(ctx, second);
    return NULL;
  }
  if (also) *also = nm__tensor_new(ctx, second, ndim, shape);
  return nm__tensor_new(ctx, out, ndim, shape);
}

nm_tensor *nm__reduce(nm_context *ctx, nm_reduction kind, nm_tensor *t, uint32_t dims,
                      nm_dtype dtype) {
  return nm__reduce_pair(ctx, kind, t, dims, dtype, NULL);
}

nm_status nm__softmax_pending(nm_context *ctx, nm_tensor *t, const nm_view *y, bool log,
                              bool *done) {
  nm_value *v = t->storage->value;
  *done = v->dev->cls->softmax_of && !nm__is_narrow((nm_dtype)t->dtype) && t->ndim &&
          t->shape[t->ndim - 1] <= NM_LONGEST_ROW && nm_numel(t) && computes_pending(t);
  if (!*done) return NM_OK;
  NM_TRY(nm__fit_inputs(ctx, v));
  build b;
  begin(&b, ctx, t->ndim, t->shape, nm_numel(t));
  uint8_t src = add_value(&b, v);
  nm_status s = store_intermediates(&b, NULL, false);
  if (s == NM_OK) {
    finish(&b);
    s = v->dev->cls->softmax_of(v->dev, b.p, untag(b.p, src), y, log);
  }
  return settle(&b, s);
}

nm_status nm_eval(nm_context *ctx, nm_tensor *t) { return nm__ready(ctx, t); }

nm_status nm__view_of(nm_context *ctx, nm_tensor *t, nm_view *out) {
  NM_TRY(nm__ready(ctx, t));
  out->mem = &t->storage->value->mem;
  out->dtype = (nm_dtype)t->dtype;
  out->ndim = t->ndim;
  out->offset = t->offset;
  for (int d = 0; d < t->ndim; d++) {
    out->shape[d] = t->shape[d];
    out->stride[d] = t->stride[d];
  }
  return NM_OK;
}
