/* record.c: appending instructions to pending values.
 *
 * An argument is fused (stays pending) when its elements are wanted one for one; it is computed
 * first when it is wanted through strides, or when the program would outgrow the caps. */
#include "fuse/fuse.h"
#include "fuse/run.h"

#include <string.h>

/* The dtype's own rounding of a constant that is held in its class. */
static nm_bits round_bits(nm_dtype dtype, nm_bits b) {
  switch (dtype) {
  case NM_FLOAT16: b.f32 = nm__half_to_float(nm__float_to_half(b.f32)); break;
  case NM_BFLOAT16: b.f32 = nm__bfloat_to_float(nm__float_to_bfloat(b.f32)); break;
  case NM_INT16: b.i32 = (int16_t)b.i32; break;
  case NM_INT8: b.i32 = (int8_t)b.i32; break;
  case NM_UINT8: b.i32 = (uint8_t)b.i32; break;
  case NM_BOOL: b.i32 = b.i32 != 0; break;
  default: break;
  }
  return b;
}

/* How t is read over the owner's shape. */
static void set_layout(nm_source *s, const nm_tensor *t, const nm_value *owner) {
  int64_t n = nm_numel(t);
  s->offset = t->offset;
  if (n == 1 && owner->numel != 1) {
    s->layout = NM_SINGLE;
  } else if (n == owner->numel && nm__is_contiguous(t)) {
    s->layout = NM_FLAT;
  } else {
    s->layout = NM_STRIDED;
    nm__broadcast_strides(t, owner->ndim, owner->shape, s->stride);
  }
}

/* Whether the pending value that s will read may become part of the owner's program. */
static bool fuses(const nm_source *s, const nm_value *arg, const nm_value *owner) {
  if (s->layout != NM_FLAT || s->offset || arg->numel != owner->numel) return false;
  if (!arg->strided) return true;
  return arg->ndim == owner->ndim &&
         !memcmp(arg->shape, owner->shape, (size_t)arg->ndim * sizeof *arg->shape);
}

typedef struct load { /* what a program would hold */
  int weight, nin, nconst;
} load;

static load load_of(const nm_value *owner, int n, nm_value *const *arg) {
  load l = {1 + nm__is_narrow((nm_dtype)owner->dtype), 0, 0};
  for (int i = 0; i < n; i++) {
    if (!arg[i]) {
      l.nconst++;
      continue;
    }
    l.weight++; /* a cast, perhaps */
    if (arg[i]->ready) {
      l.nin++;
    } else {
      l.weight += arg[i]->weight;
      l.nin += arg[i]->nin;
      l.nconst += arg[i]->nconst;
    }
  }
  return l;
}

static bool is_over(load l) {
  return l.weight > NM_WEIGHT_CAP || l.nin > NM_PROG_IN || l.nconst > NM_PROG_CONST;
}

static void count(load *l, const nm_value *owner, nm_value *const *arg, uint32_t epoch);

/* Counts value v, the argument i of its owner, unless it is counted already. */
static void count_argument(load *l, const nm_value *owner, int i, nm_value *v, uint32_t epoch) {
  const nm_source *s = &owner->args[i];
  nm_class want = nm__operand_class((nm_opcode)owner->op, (nm_class)owner->cls, i);
  bool met = v->epoch == epoch, flat = s->layout == NM_FLAT && !s->offset;
  l->weight += nm__dtype_class((nm_dtype)v->dtype) != want; /* a cast */
  if (v->ready) l->nin += !(flat && met);
  if (v->ready && !flat) return; /* perhaps another input of the same value */
  v->epoch = epoch;
  if (v->ready || met) return;
  nm_value *const below[3] = {v->args[0].value, v->args[1].value, v->args[2].value};
  count(l, v, below, epoch);
}

static void count(load *l, const nm_value *owner, nm_value *const *arg, uint32_t epoch) {
  l->weight += 1 + nm__is_narrow((nm_dtype)owner->dtype);
  for (int i = 0; i < owner->nargs; i++)
    if (arg[i])
      count_argument(l, owner, i, arg[i], epoch);
    else
      l->nconst++;
}

/* As load_of, but what is read in several places is counted once.  That takes longer, and is asked
 * where the arguments' bounds, added up, pass a cap.  It is no bound of the inputs that there will
 * be: of several values that are computed of one input, each may become an input itself. */
static load exact_load(nm_context *ctx, const nm_value *owner, nm_value *const *arg) {
  load l = {0, 0, 0};
  count(&l, owner, arg, ++ctx->epoch);
  return l;
}

static nm_value *heaviest(int n, nm_value *const *arg) {
  nm_value *most = NULL;
  for (int i = 0; i < n; i++)
    if (arg[i] && !arg[i]->ready && (!most || arg[i]->weight > most->weight)) most = arg[i];
  return most;
}

/* Computes arguments, the heaviest first, until the program fits. */
static nm_status fit(nm_context *ctx, nm_value *owner, int n, nm_value *const *arg) {
  load l = load_of(owner, n, arg);
  for (; is_over(l); l = load_of(owner, n, arg)) {
    l = exact_load(ctx, owner, arg);
    owner->shares = !is_over(l);
    if (owner->shares) break;
    NM_TRY(nm__materialize(ctx, heaviest(n, arg)));
  }
  for (int i = 0; i < n; i++) owner->shares |= arg[i] && !arg[i]->ready && arg[i]->shares;
  owner->weight = (uint16_t)l.weight;
  owner->nin = (uint8_t)l.nin;
  owner->nconst = (uint8_t)l.nconst;
  return NM_OK;
}

nm_status nm__fit_inputs(nm_context *ctx, const nm_value *v) {
  while (v->shares) {
    nm_value *const arg[3] = {v->args[0].value, v->args[1].value, v->args[2].value};
    if (exact_load(ctx, v, arg).nin <= NM_PROG_IN) break;
    NM_TRY(nm__materialize(ctx, heaviest(v->nargs, arg)));
  }
  return NM_OK;
}

static nm_status connect(nm_context *ctx, nm_value *v, int n, const nm_input *in) {
  nm_value *arg[3] = {NULL, NULL, NULL};
  for (int i = 0; i < n; i++) {
    nm_source *s = &v->args[i];
    nm_class want = nm__operand_class((nm_opcode)v->op, (nm_class)v->cls, i);
    s->value = NULL;
    s->owner = v;
    if (!in[i].tensor) {
      s->bits = in[i].bits;
      continue;
    }
    nm_value *a = in[i].tensor->storage->value;
    nm_bits bits;
    if (nm__constant(a, &bits)) {
      s->bits = nm__bits_cast(bits, nm__dtype_class((nm_dtype)a->dtype), want);
      continue;
    }
    set_layout(s, in[i].tensor, v);
    if (!a->ready && !fuses(s, a, v)) NM_TRY(nm__materialize(ctx, a));
    arg[i] = a;
  }
  v->nargs = (uint8_t)n;
  NM_TRY(fit(ctx, v, n, arg));
  for (int i = 0; i < n; i++) {
    if (!arg[i]) continue;
    if (v->args[i].layout == NM_STRIDED || (!arg[i]->ready && arg[i]->strided)) v->strided = true;
    nm__source_link(&v->args[i], arg[i], v);
  }
  if (v->op == NM_I_copy && !arg[0])
    v->args[0].bits = round_bits((nm_dtype)v->dtype, v->args[0].bits);
  return NM_OK;
}

nm_tensor *nm__record_pending(nm_device *dev, nm_opcode op, nm_dtype dtype, nm_class cls, int ndim,
                              const int64_t *shape, int n, const nm_input *in) {
  nm_context *ctx = dev->ctx;
  const char *feature;
  nm_input number = {.tensor = NULL};
  if (nm__compute_number(dev, op, dtype, cls, n, in, &number.bits)) {
    op = NM_I_copy, cls = nm__dtype_class(dtype);
    n = 1, in = &number;
  }
  if (!dev->cls->holds(dev, dtype, &feature)) {
    nm__error(ctx, NM_ENOTSUP, "%s cannot hold %s: it lacks %s", dev->name, nm__dtypes[dtype].name,
              feature);
    return NULL;
  }
  int64_t numel = nm__countable(ctx, ndim, shape);
  if (numel < 0) return NULL;
  nm_value *v = nm__value_make(dev, dtype, numel, true);
  if (!v) return NULL;
  v->op = (uint8_t)op;
  v->cls = (uint8_t)cls;
  v->ndim = (uint8_t)ndim;
  for (int d = 0; d < ndim; d++) v->shape[d] = shape[d];
  nm_tensor *t = NULL;
  if (connect(ctx, v, n, in) != NM_OK) {
    nm__value_unref(ctx, v);
  } else if ((t = nm__tensor_new(ctx, v, ndim, shape)) && (!ctx->fusion || !v->numel)) {
    if (nm__materialize(ctx, v) != NM_OK) {
      nm_release(ctx, t);
      t = NULL;
    }
  }
  return t;
}

nm_tensor *nm__record_cast(nm_tensor *t, nm_dtype dtype, int ndim, const int64_t *shape) {
  nm_device *dev = nm__device_of(t);
  nm_input in[2] = {{.tensor = t}, {.bits = {.u64 = 0}}};
  if (dtype == NM_BOOL && t->dtype != NM_BOOL) /* true is what is not zero */
    return nm__record(dev, NM_I_ne, NM_BOOL, nm__dtype_class((nm_dtype)t->dtype), ndim, shape, 2,
                      in);
  return nm__record(dev, NM_I_copy, dtype, nm__dtype_class(dtype), ndim, shape, 1, in);
}
