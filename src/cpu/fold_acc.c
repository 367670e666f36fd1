/* fold_acc.c: the accumulators of reductions: what they begin with, how those of two parts come
 * together, and how they are stored as results. */
#include <math.h>

#include "cpu/fold.h"

nm_acc nm__fold_identity(nm_reduction kind, bool real) {
  switch (kind) {
  case NM_R_PROD: return real ? (nm_acc){.f = 1} : (nm_acc){.i = 1};
  case NM_R_ALL: return (nm_acc){.i = 1};
  case NM_R_MAX:
  case NM_R_ARGMAX: return real ? (nm_acc){.f = -(double)INFINITY} : (nm_acc){.i = INT64_MIN};
  case NM_R_MIN:
  case NM_R_ARGMIN: return real ? (nm_acc){.f = (double)INFINITY} : (nm_acc){.i = INT64_MAX};
  default: return real ? (nm_acc){.f = 0} : (nm_acc){.i = 0};
  }
}

void nm__fold_join(const fold *f, int64_t n, nm_acc *v, nm_acc *v2, const nm_acc *w,
                   const nm_acc *w2, int64_t count, int64_t more) {
  if (f->r->kind == NM_R_SQUARES) {
    double share = (double)more / (double)(count + more), weight = (double)count * share;
    for (int64_t i = 0; i < n; i++) {
      double far = w2[i].f - v2[i].f;
      v[i].f += w[i].f + far * far * weight;
      v2[i].f = v2[i].f * (1 - share) + w2[i].f * share;
    }
  } else if (f->arg) {
    for (int64_t i = 0; i < n; i++) {
      bool same = !before(f, v[i], w[i]) && w2[i].i < v2[i].i;
      if (same || before(f, w[i], v[i])) v[i] = w[i], v2[i] = w2[i];
    }
  } else { /* w is a row of elements of the widest class */
    f->cpu->isa->fold_columns[f->r->kind][f->real ? NM_F64 : NM_I64]((int)n, 1, v, w, n);
  }
}

static void store(const fold *f, const nm_mem *mem, nm_dtype dtype, bool real, int64_t at, int n,
                  int64_t step, const nm_acc *v) {
  union {
    float f32[NM_TILE];
    double f64[NM_TILE];
    int32_t i32[NM_TILE];
    int64_t i64[NM_TILE];
  } tile;
  size_t size = nm__dtype_size(dtype);
  for (int k; n > 0; n -= k, v += k, at += k * step) {
    k = n < NM_TILE ? n : NM_TILE;
    switch (nm__dtype_class(dtype)) {
    case NM_F32:
      for (int i = 0; i < k; i++) tile.f32[i] = real ? (float)v[i].f : (float)v[i].i;
      break;
    case NM_F64:
      for (int i = 0; i < k; i++) tile.f64[i] = real ? v[i].f : (double)v[i].i;
      break;
    case NM_I32:
      for (int i = 0; i < k; i++) tile.i32[i] = (int32_t)v[i].i;
      break;
    default:
      for (int i = 0; i < k; i++) tile.i64[i] = v[i].i;
      break;
    }
    f->cpu->isa->store[dtype](k, (char *)mem->ptr + (size_t)at * size, step, &tile);
  }
}

void nm__fold_store(const fold *f, int64_t at, int n, int64_t step, const nm_acc *acc,
                    const nm_acc *also) {
  const nm_reduce *r = f->r;
  store(f, r->out, r->out_dtype, f->real && !f->arg, at, n, step, f->arg ? also : acc);
  if (!r->also) return;
  store(f, r->also, f->arg ? r->src_dtype : r->out_dtype, f->real, at, n, step,
        f->arg ? acc : also);
}
