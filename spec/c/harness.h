/* harness.h: what the device tests share: counting, messages, and tensors on a device with a copy
 * on the host in every layout. */
#ifndef NM_HARNESS_H
#define NM_HARNESS_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/context.h"
#include "core/philox.h"
#include "reference.h"

static nm_context *ctx;
static nm_device *dev;
static bool is_cpu;
static int passed, failed; /* cases */
static int complaints;     /* in the case that is going on */
static char about[256];    /* what it tests */

/* Ends a case and begins the next. */
#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
static void
testing(const char *format, ...) {
  if (*about) (*(complaints ? &failed : &passed))++;
  complaints = 0;
  va_list ap;
  va_start(ap, format);
  vsnprintf(about, sizeof about, format, ap);
  va_end(ap);
}

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static bool
check(bool ok, const char *format, ...) {
  if (ok) return true;
  complaints++;
  if (failed > 60) return false;
  va_list ap;
  va_start(ap, format);
  printf("FAIL %s: ", about);
  vprintf(format, ap);
  printf("\n");
  va_end(ap);
  return false;
}

static void call(nm_status s) { check(s == NM_OK, "status %d: %s", (int)s, nm_message(ctx)); }

/* How far a result may be from the true value, in units of the last place of its class: on the CPU
 * in float32 and float64, elsewhere likewise.  Instructions that are not here are exact.  GLSL
 * leaves division and roots loose (2.5 ulp and what follows from it). */
static const struct {
  uint8_t op, cpu32, cpu64, gpu32, gpu64;
} bounds[] = {
    {NM_I_div, 0, 0, 3, 1},     {NM_I_reciprocal, 0, 0, 3, 1}, {NM_I_sqrt, 0, 0, 3, 1},
    {NM_I_rsqrt, 2, 2, 4, 3},   {NM_I_exp, 1, 1, 4, 2},        {NM_I_log, 2, 1, 4, 2},
    {NM_I_sin, 2, 2, 4, 2},     {NM_I_cos, 2, 2, 4, 2},        {NM_I_tanh, 3, 2, 4, 4},
    {NM_I_sigmoid, 3, 3, 4, 4}, {NM_I_pow, 2, 1, 4, 4},        {NM_I_floor_divide, 1, 1, 1, 1},
    {NM_I_exp2, 1, 2, 4, 2},    {NM_I_expm1, 2, 2, 4, 4},      {NM_I_log2, 2, 2, 4, 4},
    {NM_I_log10, 2, 2, 4, 4},   {NM_I_log1p, 2, 2, 4, 4},      {NM_I_tan, 3, 3, 4, 4},
    {NM_I_asin, 3, 3, 4, 4},    {NM_I_acos, 2, 2, 4, 4},       {NM_I_atan, 2, 2, 4, 4},
    {NM_I_atan2, 2, 2, 4, 4},   {NM_I_sinh, 3, 3, 4, 4},       {NM_I_cosh, 2, 2, 4, 4},
    {NM_I_asinh, 1, 3, 4, 4},   {NM_I_acosh, 1, 3, 4, 4},      {NM_I_atanh, 1, 3, 4, 4},
    {NM_I_erf, 3, 3, 4, 4},     {NM_I_erfc, 4, 4, 4, 4},       {NM_I_erfinv, 4, 4, 4, 4},
    {NM_I_lgamma, 2, 4, 4, 4},  {NM_I_digamma, 1, 4, 4, 4},    {NM_I_zeta, 1, 8, 8, 8},
    {NM_I_hypot, 2, 2, 4, 4},
};
static double bound_of(int op, nm_class cls) {
  for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
    if (bounds[i].op == op)
      return is_cpu ? (cls == NM_F64 ? bounds[i].cpu64 : bounds[i].cpu32)
                    : (cls == NM_F64 ? bounds[i].gpu64 : bounds[i].gpu32);
  return 0;
}

/* ---- tensors on the device, with a copy on the host ---- */

typedef struct array {
  nm_dtype dtype;
  nm_mem mem;
  int64_t n; /* elements in memory */
  char *host;
  int layout; /* nm_layout over the shape */
  int64_t offset;
  int64_t stride[NM_MAX_DIMS];
  int ndim;
  int64_t shape[NM_MAX_DIMS];
} array;

enum { L_FLAT, L_SINGLE, L_PADDED, L_SWAPPED, L_EXPANDED, L_STEPPED, L_COUNT };
static const char *const layout_name[L_COUNT] = {"flat",    "single",   "padded",
                                                 "swapped", "expanded", "stepped"};

static bool holds(nm_dtype d) {
  const char *missing;
  return dev->cls->holds(dev, d, &missing);
}

static int64_t count(int ndim, const int64_t *shape) {
  int64_t n = 1;
  for (int d = 0; d < ndim; d++) n *= shape[d];
  return n;
}

/* An array of a layout over a shape: memory, strides and a filled host copy, which is also
 * uploaded. */
static array make(nm_dtype dtype, int layout, int ndim, const int64_t *shape, double lo, double hi,
                  bool awkward) {
  array a = {.dtype = dtype, .ndim = ndim, .layout = NM_STRIDED, .offset = ref_below(3)};
  int64_t extent = 1, pad = layout == L_PADDED, step = layout == L_STEPPED ? 2 : 1;
  int order[NM_MAX_DIMS];
  memcpy(a.shape, shape, sizeof *shape * (size_t)ndim);
  for (int d = 0; d < ndim; d++) order[d] = d;
  if (layout == L_SWAPPED && ndim > 1) order[ndim - 1] = ndim - 2, order[ndim - 2] = ndim - 1;
  for (int d = ndim - 1; d >= 0; d--) {
    int o = order[d];
    bool expand = layout == L_EXPANDED && (o + ndim) % 2 == 0;
    a.stride[o] = expand ? 0 : extent * step;
    if (!expand) extent *= (shape[o] > 0 ? shape[o] : 1) * step + pad;
  }
  if (layout == L_FLAT) a.layout = NM_FLAT;
  if (layout == L_SINGLE) {
    a.layout = NM_SINGLE;
    memset(a.stride, 0, sizeof a.stride);
    extent = 1;
  }
  a.n = a.offset + extent + 1;
  size_t size = nm__dtype_size(dtype), bytes = (size_t)a.n * size;
  a.host = malloc(bytes);
  if (!a.host) exit(2);
  for (int64_t i = 0; i < a.n; i++) ref_store(dtype, a.host, i, ref_random(dtype, lo, hi, awkward));
  call(nm__mem_alloc(dev, bytes, &a.mem));
  call(dev->cls->write(dev, &a.mem, 0, bytes, a.host));
  return a;
}

static void drop(array *a) {
  dev->cls->release(dev, &a->mem);
  free(a->host);
}

/* Brings the device's contents to the host. */
static void fetch(array *a) {
  call(dev->cls->read(dev, &a->mem, 0, (size_t)a->n * nm__dtype_size(a->dtype), a->host));
}

/* Where element i, row-major over the shape, lies. */
static int64_t place(const array *a, int64_t i) {
  int64_t at = a->offset;
  for (int d = a->ndim - 1; d >= 0; d--) {
    at += i % a->shape[d] * a->stride[d];
    i /= a->shape[d];
  }
  return at;
}
static val at(const array *a, int64_t i) { return ref_load(a->dtype, a->host, place(a, i)); }

/* All of the array's elements, row-major over its shape, for a reference that reads them often. */
static val *elements(const array *a) {
  int64_t n = count(a->ndim, a->shape), from = a->offset, index[NM_MAX_DIMS] = {0};
  val *v = malloc(sizeof *v * (size_t)(n + 1));
  if (!v) exit(2);
  for (int64_t i = 0; i < n; i++) {
    v[i] = ref_load(a->dtype, a->host, from);
    for (int d = a->ndim - 1; d >= 0; d--) {
      from += a->stride[d];
      if (++index[d] < a->shape[d]) break;
      from -= index[d] * a->stride[d], index[d] = 0;
    }
  }
  return v;
}

static nm_operand operand(const array *a, int reg) {
  int64_t bytes = a->offset * (int64_t)nm__dtype_size(a->dtype);
  nm_operand o = {.dtype = (uint8_t)a->dtype,
                  .layout = (uint8_t)a->layout,
                  .reg = (uint8_t)reg,
                  .mem = &a->mem,
                  .ptr = a->mem.ptr ? (char *)a->mem.ptr + bytes : NULL,
                  .addr = a->mem.addr ? a->mem.addr + (uint64_t)bytes : 0};
  memcpy(o.stride, a->stride, sizeof o.stride);
  return o;
}

static nm_view view(const array *a) {
  nm_view v = {.mem = &a->mem, .dtype = a->dtype, .ndim = a->ndim, .offset = a->offset};
  memcpy(v.shape, a->shape, sizeof v.shape);
  memcpy(v.stride, a->stride, sizeof v.stride);
  return v;
}

static void start(nm_program *p, int ndim, const int64_t *shape) {
  memset(p, 0, sizeof *p);
  p->ndim = ndim;
  p->numel = count(ndim, shape);
  memcpy(p->shape, shape, sizeof *shape * (size_t)ndim);
}
static int add(nm_program *p, nm_opcode op, nm_class cls, int aux, int a, int b, int c) {
  p->code[p->ncode] =
      (nm_instr){(uint8_t)op, (uint8_t)cls, (uint8_t)aux, (uint8_t)a, (uint8_t)b, (uint8_t)c};
  return p->nin + p->nconst + p->ncode++;
}

static bool tiny(double x, nm_class cls) {
  return x != 0 && fabs(x) < (cls == NM_F32 ? 0x1p-126 : 0x1p-1022);
}

/* got against the true value; what the device rounds to a narrow dtype is allowed half a unit of
 * that */
static bool close(nm_dtype d, nm_class cls, val got, long double want, double ulps,
                  bool signed_zero) {
  if (d != NM_FLOAT32 &&
      d != NM_FLOAT64) { /* narrow: the neighbours of want, rounded, bound the result */
    val lo = ref_narrow(
        d,
        (val){.f = ref_narrow(NM_FLOAT32, (val){.f = (double)(want - fabsl(want) * 0x1p-22L)}).f});
    val hi = ref_narrow(
        d,
        (val){.f = ref_narrow(NM_FLOAT32, (val){.f = (double)(want + fabsl(want) * 0x1p-22L)}).f});
    val exact = ref_narrow(d, (val){.f = ref_narrow(NM_FLOAT32, (val){.f = (double)want}).f});
    if (isnan(exact.f)) return isnan(got.f);
    return got.f == exact.f || (ulps > 0 && got.f >= lo.f && got.f <= hi.f);
  }
  if (ulps > 0) {
    double e = ref_ulps(cls, got.f, want);
    return e <= ulps || (!is_cpu && tiny((double)want, cls) && fabs(got.f) < 0x1p-125);
  }
  double w = cls == NM_F32 ? ref_narrow(NM_FLOAT32, (val){.f = (double)want}).f : (double)want;
  if (isnan(w)) return isnan(got.f);
  if (!is_cpu && tiny(w, cls)) return fabs(got.f - w) <= fabs(w);
  return got.f == w && (!signed_zero || w != 0 || signbit(got.f) == signbit(w));
}

#endif
